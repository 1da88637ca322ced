"""The answers about tracks and cycles, as frames of the caller's kind."""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import answered
from botox_schedule.panel.flags import put_flags
from botox_schedule.panel.forecast import FORECAST_DAYS, forecast_sheet
from botox_schedule.panel.frames import Frame, Source, dated
from botox_schedule.panel.judged import cycle_frame
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.reading import PRODUCTS
from botox_schedule.panel.tables import Tables, known_priors

_FORECAST = (
    "cycle_number",
    "last_session_on",
    "days_since_last",
    "status",
    "earliest",
    "due",
    "overdue_from",
    "lapsed_from",
    "days_to_due",
    "days_since_due",
    "booked_on",
    "phase",
    "interval_days",
    "timing",
    "short_by_days",
    "late_by_days",
    "held",
    "unverified",
)
_CYCLES = (
    "first_on",
    "anchored_on",
    "sessions",
    "units",
    "interval_days",
    "timing",
    "short_by_days",
    "late_by_days",
    "held",
    "is_open",
)
_CYCLE_DAYS = ("first_on", "anchored_on")


def named(population: Population, frame: Frame) -> Frame:
    """Add the words that the numbers of clock and family stand for."""
    book = population.book
    return frame.with_columns(
        indication=book.word("family", lambda protocol: protocol.indication),
        product=book.word("family", lambda protocol: protocol.product.value),
        protocol_id=book.word("family", lambda protocol: protocol.id),
        protocol_version=book.word("family", lambda protocol: protocol.version),
    )


_NAMES = ("patient", "indication", "product", "protocol_id", "protocol_version")


def forecasts(population: Population) -> tuple[Sheet, tuple[str, ...]]:
    """Return one row a track, days as numbers, and the names of the columns that answer."""
    sheet = forecast_sheet(population)
    _put_number(population, sheet)
    flags = put_flags(population, sheet)
    sheet.frame = named(population, sheet.frame)
    return sheet, (*_NAMES, *_FORECAST, *flags)


def _put_number(population: Population, sheet: Sheet) -> None:
    priors = population.table("prior_treatments")
    if priors is None:
        sheet.put(cycle_number=nw.col("number"))
        return
    sheet.meet(known_priors(priors, population.tracks, population.book), on=TRACK)
    sheet.put(cycle_number=nw.col("number") + nw.col("prior_cycles").fill_null(0))


def forecast(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    holds: Any = None,
    care_ends: Any = None,
    overrides: Any = None,
    births: Any = None,
    weights: Any = None,
    prior_treatments: Any = None,
) -> Any:
    """Return where every track of a population stands on a day.

    The rules are those of ``botox_schedule.forecast``. A track is a patient and the clock of the
    protocol of the last session; of sessions whose product has no protocol here, the one before
    decides, and a patient without any has no row (see ``findings``).

    Args:
        sessions: A frame with the columns ``patient``, ``administered_on``, ``indication``,
            ``product``, and where there are such ``session_id``, ``units``, ``status``
            (``completed`` without the column), ``kind`` (``full``), ``policy_key``. Rows that
            cannot be read are left out; ``findings`` names them.
        protocols: The protocols of one population in one region, each in all its versions.
        as_of: The day for which the question is asked.
        policy: What the clinic or payer chose.
        policies: The same by ``policy_key``; a track has the one of its last session.
        holds: A frame with ``patient``, ``first``, and ``last``, ``indication``, ``review_on``.
        care_ends: A frame with ``patient``, ``on``, ``kind``, and ``indication``.
        overrides: A frame with ``patient``, ``indication``, ``first``, ``authority``, and
            ``last``, ``minimum``, ``usual``, ``reason``.
        births: A frame with ``patient`` and ``born_on``: ages are judged.
        weights: A frame with ``patient``, ``measured_on``, ``kilograms``: the units given are
            judged against the protocols' limits, on the booking's day, else on the due day. For
            limits that need no weight a frame without rows will do.
        prior_treatments: A frame with ``patient``, ``indication``, ``cycles``.

    Returns:
        A frame of the same kind as *sessions*, rows in no order; of a lazy Polars frame a lazy one. Its days
        are inclusive as in a forecast: ``overdue_from`` is the first overdue day.

    Raises:
        PanelError: When a frame or a column is not what is expected, or the protocols are of
            several populations.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-1"], "administered_on": ["2026-01-05", "2026-03-30"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> answer = forecast(sessions, [find_protocol("chronic-migraine")], as_of="2026-07-01")
    >>> answer.select("cycle_number", "due", "status").rows()
    [(2, datetime.date(2026, 6, 22), 'overdue')]
    """
    tables = Tables(holds, care_ends, overrides, births, prior_treatments, weights)
    day = as_day(as_of, "as_of")
    known = tuple(protocols)

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, policies, tables)
        sheet, columns = forecasts(population)
        return dated(Source(sheet.frame.select(*columns), population.engine), FORECAST_DAYS)

    return answered(sessions, tables, compute)


def judged_cycles(population: Population) -> Sheet:
    """Return one row a cycle, days as numbers."""
    sheet = cycle_frame(population, population.sessions_done())
    one = (nw.col("product_min") == nw.col("product_max")) & (nw.col("open_units") == 0)
    known = one & (nw.col("product_max") < len(PRODUCTS))
    sheet.put(units=nw.when(known).then(nw.col("milli") / 1000))
    sheet.put(is_open=nw.col("number") == nw.col("count"))
    _put_number(population, sheet)
    sheet.frame = named(population, sheet.frame)
    return sheet


def cycles(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    holds: Any = None,
    care_ends: Any = None,
    overrides: Any = None,
    prior_treatments: Any = None,
) -> Any:
    """Return every cycle of a population up to a day, each judged.

    The rules are those of ``botox_schedule.treatment_cycles``; the arguments are those of
    ``forecast``. ``units`` is null where a session's units are not known, or where a cycle has
    several products.

    Raises:
        PanelError: When a frame or a column is not what is expected.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"] * 3, "administered_on": ["2026-01-05", "2026-03-29", "2026-07-06"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> answer = cycles(sessions, [find_protocol("chronic-migraine")], as_of="2026-07-06")
    >>> answer.sort("cycle_number").select("timing", "short_by_days", "late_by_days").rows()
    [('first', 0, 0), ('early', 1, 0), ('late', 0, 15)]
    """
    tables = Tables(holds, care_ends, overrides, prior_treatments=prior_treatments)
    day = as_day(as_of, "as_of")
    known = tuple(protocols)

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, policies, tables)
        sheet = judged_cycles(population)
        columns = (*_NAMES, "cycle_number", *_CYCLES)
        return dated(Source(sheet.frame.select(*columns), population.engine), _CYCLE_DAYS)

    return answered(sessions, tables, compute)
