"""Which rows of a caller's sessions cannot be read, and what became of every row."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Unpack, cast

import polars as pl

from botox_schedule.dates.days import DayInput
from botox_schedule.panel.asking import Asking, Policies
from botox_schedule.panel.door import answered
from botox_schedule.panel.frames import Frames, Given
from botox_schedule.panel.given import Frame, RulesAndCare, ask
from botox_schedule.panel.sessions import (
    COLUMNS,
    STATUSES,
    Doubt,
    Problem,
    Sessions,
    doubts_of,
    read_sessions,
)
from botox_schedule.panel.standings import Population, population_of
from botox_schedule.panel.tables import TABLES, read_table
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.history import History

_GIVEN = ("administered_on", "indication", "product")
_USED = "used"
_MEETS_NOBODY = "meets_nobody"
UNRECOGNIZED = "unrecognized_indication"
"""The code of a row whose indication is unknown; it counts, and leaves days open."""


def row_problems(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    policies: Mapping[str, SchedulingPolicy] | None = None,
) -> Frame:
    """Return the rows that cannot be read as they stand, with their keys and one code each.

    Left out of every answer: ``no_patient``, ``not_a_day``, ``not_an_indication``,
    ``unknown_status``, ``unknown_policy_key``; the patient's other rows are answered with
    ``session_left_out``. Used all the same, because leaving a session out would date the next
    one too early: ``unknown_kind`` (it counts as full), ``not_units`` and ``unknown_product``
    (units and product count as unknown), ``product_not_stated``, ``recorded_on_not_a_day``
    (the row counts as always known), ``unrecognized_indication``.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        policies: The policies by ``policy_key``, where the answer is to use them.

    Returns:
        A frame of the same kind with ``patient``, ``session_id`` where there is one, the day,
        indication and product as they were given, ``code`` and ``left_out``.

    Raises:
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-2"], "administered_on": ["2026-02-30", "2026-03-30"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox", "Botoks"],
    ... })
    >>> found = row_problems(sessions)
    >>> found.select("patient", "code", "left_out").sort("patient").rows()
    [('p-1', 'not_a_day', True), ('p-2', 'unknown_product', False)]
    """
    known, keys = known_protocols(protocols), Policies.given(None, policies)
    others = {name for policy in keys.each for name in policy.other_indications}

    def answer(frames: Frames) -> pl.DataFrame:
        frame = frames["sessions"]
        read = read_sessions(frame, keys)
        read = read._replace(rows=read.rows.with_columns(doubts_of(frame, read.rows)))
        code = _codes(read, [known.recognizes(name) or name in others for name in read.names])
        found = frame.select("patient", "^session_id$", *_GIVEN).with_columns(
            code=code, left_out=read.rows["problem"] > 0
        )
        return found.filter(pl.col("code").is_not_null())

    return cast("Frame", answered([Given("sessions", sessions, COLUMNS)], answer))


def _codes(read: Sessions, recognized: list[bool]) -> pl.Series:
    problems = {int(problem): problem.name.lower() for problem in Problem}
    doubts = {int(doubt): doubt.name.lower() for doubt in Doubt}
    unheard = [number for number, known in enumerate(recognized) if not known]
    return read.rows.select(
        pl.coalesce(
            pl.col("problem").replace_strict(problems, default=None, return_dtype=pl.String),
            pl.when(pl.col("indication").is_in(unheard)).then(pl.lit(UNRECOGNIZED)),
            pl.col("doubt").replace_strict(doubts, default=None, return_dtype=pl.String),
        )
    ).to_series()


def row_counts(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    acknowledged: Any = None,
    contacts: Any = None,
    **rules: Unpack[RulesAndCare],
) -> Frame:
    """Return what became of every row: the counts of a table add up to the rows that came in.

    An outcome of a session is ``used``, ``unrecognized_indication``, ``after_as_of``,
    ``after_death``, ``day_unknown``, ``copy`` or ``gave_way`` (another row with its id was
    taken), the status of one that is not completed, or the code of a row that was left out. A
    row of a table next to the sessions is ``used``, or ``meets_nobody`` if no session has its
    key.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day of the question.
        acknowledged: A frame as for ``worklist``.
        contacts: A frame as for ``worklist``.
        rules: As for ``forecast``.

    Returns:
        A frame of the same kind with ``table``, ``outcome`` and ``rows``.

    Raises:
        PanelError: When a column is missing or of another type.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"] * 3, "administered_on": ["2026-01-05", "2026-03-30", "soon"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> holds = pl.DataFrame({"patient": ["p1"], "first": ["2026-01-05"]})
    >>> for row in row_counts(sessions, as_of="2026-02-01", holds=holds).rows():
    ...     print(*row)
    holds meets_nobody 1
    sessions after_as_of 1
    sessions not_a_day 1
    sessions used 1
    """
    own = {"acknowledged": acknowledged, "contacts": contacts}
    return ask(sessions, protocols, as_of, _counts, _summed, own=own, **rules)


def _counts(frames: Frames, asking: Asking) -> pl.DataFrame:
    population = population_of(frames, asking)
    found, what = _of_sessions(population), population.happened
    known = [rows.select("patient") for rows in (what.done, what.waiting, what.apart)]
    patients = pl.concat([*known, what.unread.patients.to_frame()]).unique()
    for name in TABLES:
        if (table := read_table(frames, name, patients)) is not None:
            met = table.join(patients, on="patient", how="semi").height
            found |= {(name, _USED): met, (name, _MEETS_NOBODY): table.height - met}
    rows = [(*key, count) for key, count in found.items() if count]
    schema = {"table": pl.String, "outcome": pl.String, "rows": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _summed(counts: pl.DataFrame) -> pl.DataFrame:
    return counts.group_by("table", "outcome").agg(pl.col("rows").sum()).sort("table", "outcome")


def _of_sessions(population: Population) -> dict[tuple[str, str], int]:
    what = population.happened
    found = Counter({problem.name.lower(): n for problem, n in what.unread.counts.items()})
    found[_USED] += what.done.height
    for status, count in what.waiting["status"].value_counts().iter_rows():
        found[STATUSES[status].value] += count
    for _, reading in population.records.readings(population.asking):
        found += _of_history(reading.history)
    # Identical copies of plain patients' rows were merged before they could be counted.
    found["copy"] += what.unread.height - found.total()
    return {("sessions", outcome): count for outcome, count in found.items()}


def _of_history(history: History) -> Counter[str]:
    found = Counter(
        {
            _USED: len(history.completed),
            UNRECOGNIZED: len(history.unrecognized),
            "after_as_of": len(history.later),
            "after_death": len(history.after_death),
            "day_unknown": len(history.undated),
            "gave_way": len(history.merged),
            "copy": len(history.copies),
        }
    )
    found.update(s.status.value for s in (*history.booked, *history.missed, *history.other))
    return found
