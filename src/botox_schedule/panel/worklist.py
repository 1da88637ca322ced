"""Whom to call: tracks that wait for a session, sorted, each with its reason."""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.answers import forecasts
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import answered
from botox_schedule.panel.forecast import SILENT
from botox_schedule.panel.frames import Frame, Source, dated
from botox_schedule.panel.protocols import chosen
from botox_schedule.panel.tables import Tables

REASONS = (
    "booking_unresolved",
    "booking_in_hold",
    "booking_too_early",
    "overdue_unbooked",
    "due_unbooked",
    "due_soon_unbooked",
    "lapsed_unbooked",
)
_COLUMNS = (
    "section",
    "reason",
    "patient",
    "indication",
    "product",
    "status",
    "last_session_on",
    "due",
    "overdue_from",
    "days_since_due",
    "days_to_due",
    "booked_on",
)
_DAYS = ("last_session_on", "due", "overdue_from", "booked_on")


def worklist(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    holds: Any,
    care_ends: Any,
    ahead_days: int = 7,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    overrides: Any = None,
) -> Any:
    """Return whom to call, the most urgent first.

    A track is listed when a booking is to be looked at, when it is due or overdue without a
    booking ahead, or becomes due within *ahead_days*. Lapsed tracks stand in a section of their
    own. Who is on hold, has been discharged or has died is not listed.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols of one population in one region.
        as_of: The day on which calls are made.
        holds: A frame as for ``forecast``, or None to say that there are none.
        care_ends: A frame as for ``forecast``, or None to say that there are none: nobody calls
            the dead.
        ahead_days: How many days before the due day a track is listed.
        policy: What the clinic or payer chose.
        policies: The same by ``policy_key``.
        overrides: A frame as for ``forecast``.

    Returns:
        A frame of the same kind with ``section`` (``call`` or ``lapsed``) and ``reason`` (the
        first that holds of ``REASONS``), sorted by section, reason, due day and patient.

    Raises:
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-2"], "administered_on": ["2026-01-05", "2026-01-20"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> found = worklist(sessions, [find_protocol("chronic-migraine")], as_of="2026-04-10",
    ...                  holds=None, care_ends=None)
    >>> found.select("patient", "reason").rows()
    [('p-1', 'overdue_unbooked'), ('p-2', 'due_soon_unbooked')]
    """
    known, day = tuple(protocols), as_day(as_of, "as_of")
    tables = Tables(holds, care_ends, overrides)

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, policies, tables)
        frame = forecasts(population)[0].frame
        unbooked = nw.col("booked_on").is_null()
        silent = nw.col("status").is_in(SILENT)
        soon = (nw.col("days_to_due") <= ahead_days).fill_null(value=False)
        holds_when = [
            nw.col("booking_unresolved"),
            nw.col("booking_in_hold"),
            nw.col("booking_too_early"),
            (nw.col("status") == "overdue") & unbooked,
            (nw.col("status") == "due") & unbooked,
            soon & unbooked,
            (nw.col("status") == "lapsed") & unbooked,
        ]
        frame = frame.with_columns(
            _rank=chosen([(condition, rank) for rank, condition in enumerate(holds_when)])
        )
        frame = frame.filter(~nw.col("_rank").is_null() & ~silent)
        lapsed = nw.col("status") == "lapsed"
        frame = frame.with_columns(
            reason=chosen([(nw.col("_rank") == at, word) for at, word in enumerate(REASONS)]),
            section=nw.when(lapsed).then(nw.lit("lapsed")).otherwise(nw.lit("call")),
        )
        return dated(Source(frame.select(*_COLUMNS, "_rank"), population.engine), _DAYS)

    return answered(sessions, tables, compute, _sorted)


def _sorted(frame: Frame) -> Frame:
    order = ("section", "_rank", "due", "patient", "indication")
    return frame.sort(*order, nulls_last=True).select(*_COLUMNS)
