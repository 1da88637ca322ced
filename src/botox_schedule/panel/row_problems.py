"""Which rows of a caller's sessions cannot be read, and what became of every row."""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, SessionStatus, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.cohort import usable
from botox_schedule.panel.dispatch import answered, summed_up
from botox_schedule.panel.frames import Frame, Source
from botox_schedule.panel.protocols import Book
from botox_schedule.panel.reading import COMPLETED, PRODUCTS, Policies, read_sessions
from botox_schedule.panel.tables import Tables, deaths, read_table

_GIVEN = ("administered_on", "indication", "product")
_READ, _KEPT = "_read", "_kept"


def findings(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    policies: Mapping[str, SchedulingPolicy] | None = None,
) -> Any:
    """Return the rows that cannot be read as they stand, with their keys and one code each.

    Left out of every answer: ``no_patient``, ``not_a_day``, ``no_indication``,
    ``unknown_status``, ``unknown_indication`` (none of the protocols knows it; its units count
    for limits), ``unknown_policy_key``; the patient's other rows are answered with the flag
    ``session_left_out``. Used all the same, because leaving a session out
    would date the next one too early: ``unknown_kind`` (it counts as full), ``not_units`` and
    ``unknown_product`` (units and product count as not known), ``product_not_stated`` (it is null;
    a track whose products are all unknown has no row), ``no_protocol`` (none was given for
    indication and product; the planned one judges).

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols that the answer is to rest on.
        policies: The policies by ``policy_key``, where the answer is to use them.

    Returns:
        A frame of the same kind with ``patient``, ``session_id`` where there is one, the day,
        indication and product as they were given, ``code`` and ``left_out``.

    Raises:
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-2"], "administered_on": ["2026-02-30", "2026-03-30"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox", "Botoks"],
    ... })
    >>> found = findings(sessions, [find_protocol("chronic-migraine")])
    >>> found.select("patient", "code", "left_out").sort("patient").rows()
    [('p-1', 'not_a_day', True), ('p-2', 'unknown_product', False)]
    """
    known = tuple(protocols)

    def compute(native: Any, _: Tables) -> Source:
        book = Book(known)
        reading = read_sessions(
            native, book.indications, Policies.given(None, policies), keep=_GIVEN
        )
        unknown = nw.col("product_number") == len(PRODUCTS)
        unstated = nw.when(nw.col("product").is_null()).then(nw.lit("product_not_stated"))
        unheard = nw.when(unknown).then(unstated.otherwise(nw.lit("unknown_product")))
        placed = reading.frame.with_columns(prod=book.product("product_number", PRODUCTS))
        unjudged = book.family("ind", "prod").is_null() & ~unknown
        code = unheard.otherwise(nw.when(unjudged).then(nw.lit("no_protocol")))
        problem = nw.col("problem")
        doubt = nw.when(~nw.col("doubt").is_null()).then(nw.col("doubt")).otherwise(code)
        frame = placed.with_columns(
            code=nw.when(~problem.is_null()).then(problem).otherwise(doubt),
            left_out=~problem.is_null(),
        )
        frame = frame.filter(~nw.col("code").is_null())
        ids = [name for name in ("session_id",) if name in reading.columns]
        return Source(frame.select("patient", *ids, *_GIVEN, "code", "left_out"), reading.engine)

    return answered(sessions, Tables(), compute)


def tally(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    care_ends: Any = None,
) -> Any:
    """Return what became of every row: the counts add up to the rows that came in.

    An outcome is ``used``, ``after_as_of``, ``after_death``, ``copy`` (another row with its id
    was taken), the status of a session that is not completed, or the code of a row that was
    left out.

    Raises:
        PanelError: When a column is missing or of another type.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"] * 3, "administered_on": ["2026-01-05", "2026-03-30", "soon"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> tally(sessions, [find_protocol("chronic-migraine")], as_of="2026-02-01").rows()
    [('after_as_of', 1), ('not_a_day', 1), ('used', 1)]
    """
    known = tuple(protocols)
    day = as_day(as_of, "as_of").toordinal()

    def compute(native: Any, tables: Tables) -> Source:
        reading = read_sessions(native, Book(known).indications, Policies.given(None, policies))
        kept = usable(reading)
        outcome = nw.lit("used")
        if tables.care_ends is not None:
            ends = read_table(tables.care_ends, "care_ends", reading)
            kept = kept.join(deaths(ends, day), on=["patient"], how="left")
            dead = nw.col("day") > nw.col("died_on")
            outcome = nw.when(dead).then(nw.lit("after_death")).otherwise(outcome)
        later = nw.when(nw.col("day") > day).then(nw.lit("after_as_of")).otherwise(outcome)
        for number, status in enumerate(SessionStatus):
            if number != COMPLETED:
                is_it = nw.col("status") == number
                later = nw.when(is_it).then(nw.lit(status.value)).otherwise(later)
        counted = [
            _counted(kept, later),
            _counted(reading.frame, nw.col("problem").fill_null(_READ)),
            _counted(kept, nw.lit(_KEPT)),
        ]
        return Source(nw.concat(counted, how="vertical"), reading.engine)

    return summed_up(sessions, Tables(care_ends=care_ends), compute, _tallied)


def _counted(frame: Frame, outcome: nw.Expr) -> Frame:
    counts = frame.with_columns(outcome=outcome).group_by("outcome").agg(nw.len().alias("sessions"))
    return counts.with_columns(nw.col("sessions").cast(nw.Int64))


def _tallied(counts: Any) -> Any:
    """Return how many rows each outcome has; of those that were read and not kept, copies."""
    import polars as pl  # noqa: PLC0415 - small answers are made with it

    totals = dict(counts.group_by("outcome").sum().rows())
    copies = totals.pop(_READ, 0) - totals.pop(_KEPT, 0)
    if copies:
        totals["copy"] = copies
    schema = {"outcome": pl.String, "sessions": pl.Int64}
    return pl.DataFrame(sorted(totals.items()), schema=schema, orient="row")
