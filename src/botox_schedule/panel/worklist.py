"""Who to call, and where everybody else is: every track is in one section."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Unpack

import polars as pl

from botox_schedule.dates.days import DayInput, OpenDay, opening_days
from botox_schedule.engine.standing import today_of
from botox_schedule.engine.worklist import (
    Waiting,
    WorklistReason,
    WorklistSection,
    call_by,
    is_long_ago,
    place_of,
)
from botox_schedule.panel.asking import Asking, whole
from botox_schedule.panel.columns import mapped
from botox_schedule.panel.forecast import words_of
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, Rules, RulesAndCare, ask
from botox_schedule.panel.situations import answered, codes_of
from botox_schedule.panel.standings import population_of, standings
from botox_schedule.panel.tables import read_table
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.terms import DueStatus

WORKLIST = (
    "section", "reason", "patient", "indication", "product", "status", "findings", "acknowledged",
    "last_session_on", "typical_on", "due", "overdue_from", "days_since_due", "booked_on", "call_by",
    "last_chance_on", "next_look_on", "contacted_on", "outcome", "next_try_on",
)  # fmt: skip
"""The columns of a worklist."""
_WAITING = (
    *("_status", "_open", "_is_booked", "_has_due", "_is_soon", "_typical_passed", "_is_long"),
    "session_left_out",
)


def worklist(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    holds: Any,
    care_ends: Any,
    lead_days: int = 7,
    is_open: OpenDay | None = None,
    acknowledged: Any = None,
    contacts: Any = None,
    **rules: Unpack[Rules],
) -> Frame:
    """Return every track in the section of the day's work that it belongs to.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day on which calls are made.
        holds: A frame as for ``forecast``, or None to say that there are none.
        care_ends: A frame as for ``forecast``, or None to say that there are none: nobody calls
            the dead.
        lead_days: How many days before the due day a patient is called.
        is_open: Whether the clinic calls on a day; ``call_by`` is such a day.
        acknowledged: A frame with ``patient`` and ``key``, the keys of findings that somebody has
            acknowledged.
        contacts: A frame with ``patient``, ``day``, and ``outcome``, ``next_try_on``; the last
            one on or before *as_of* is shown, of several on one day each outcome and the
            earliest next try.
        rules: What clinic or payer chose, and further tables, as for ``forecast``.

    Returns:
        A frame of the same kind, one row per track, in the order of the sections. ``findings`` has
        the codes that need a person today, ``call_by`` the day to call unless a visit is
        booked, ``last_chance_on`` the last day before a known hold, discharge, stricter rule or
        end of an authorization, ``next_look_on`` the day to look at a hold.

    Raises:
        CountError: When *lead_days* is not a whole number from 0 on.
        PanelError: When a column is missing or of another type.
        DayError: When *as_of* is not a calendar day.
        TypeError: When *is_open* cannot be asked for a day, or answers neither True nor False.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-2", "p-3"],
    ...     "administered_on": ["2026-01-05", "2026-01-20", "2026-03-20"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> found = worklist(sessions, as_of="2026-04-10", holds=None, care_ends=None)
    >>> found.select("patient", "section", "reason").rows()
    [('p-1', 'to_call', 'overdue'), ('p-2', 'to_call', 'due_soon'), ('p-3', 'too_early', 'too_early')]
    """
    whole(lead_days, "lead_days")
    opens = opening_days(is_open, "is_open")

    def answer(frames: Frames, asking: Asking) -> pl.DataFrame:
        population = population_of(frames, asking)
        found = _with_days(standings(population), asking.as_of, lead_days, opens)
        calls = read_table(frames, "contacts", population.happened.done)
        return _in_order(_with_contacts(found, calls, asking)).select(WORKLIST)

    own = {"acknowledged": acknowledged, "contacts": contacts}
    care: RulesAndCare = {**rules, "holds": holds, "care_ends": care_ends}
    return ask(sessions, protocols, as_of, answer, own=own, **care)


def _with_days(
    found: pl.DataFrame, as_of: date, lead_days: int, opens: OpenDay | None
) -> pl.DataFrame:
    """Add by when to call, and what places a track in its section."""
    since = (pl.lit(as_of) - pl.col("due")).dt.total_days()
    calls = mapped(found["due"], lambda due: call_by(due, lead_days, opens), pl.Date)
    long_ago = mapped(found["last_session_on"], lambda day: is_long_ago(day, as_of), pl.Boolean)
    waits = pl.col("booked_on").is_null() & (pl.col("status") != DueStatus.ON_HOLD.value)
    return found.with_columns(
        call_by=pl.when(waits).then(pl.lit(calls)),
        next_look_on=pl.coalesce("review_on", "resumes_on", "not_before"),
        days_since_due=pl.when(since >= 0).then(since),
        # As waiting_of has it: a minimum forbids the day although nothing is dated.
        _status=pl.when(pl.col("not_before").is_null())
        .then("status")
        .otherwise(pl.lit(DueStatus.TOO_EARLY.value)),
        _open=pl.col("codes") & ~pl.col("acknowledged").fill_null(0),
        _is_booked=pl.col("booked_on").is_not_null(),
        _has_due=pl.col("due").is_not_null(),
        _is_soon=pl.lit(calls <= as_of).fill_null(value=False),
        _typical_passed=(pl.col("typical_on") < as_of).fill_null(value=False),
        _is_long=pl.lit(long_ago).fill_null(value=False),
    )


def _with_contacts(
    found: pl.DataFrame, contacts: pl.DataFrame | None, asking: Asking
) -> pl.DataFrame:
    columns = {"day": pl.Date, "outcome": pl.String, "next_try_on": pl.Date}
    none = pl.DataFrame(schema={"patient": found.schema["patient"], **columns})
    every = none if contacts is None else pl.concat([none, contacts], how="diagonal")
    every = every.filter(pl.col("day") <= asking.as_of)
    last = every.filter(pl.col("day") == pl.col("day").max().over("patient"))
    outcomes = pl.col("outcome").drop_nulls().unique().sort().str.join("; ").replace("", None)
    last = last.group_by("patient", "day").agg(outcomes, pl.col("next_try_on").min())
    return found.join(last.rename({"day": "contacted_on"}), on="patient", how="left")


def _placed(status: str | None, bits: int, *facts: bool) -> tuple[str, str]:
    known = None if status is None else DueStatus(status)
    place = place_of(Waiting(known, today_of(codes_of(bits)), *facts))
    return place.section.value, place.reason.value


def _in_order(found: pl.DataFrame) -> pl.DataFrame:
    """Add section and reason; the sections in their order, in each the most urgent first."""
    order = {
        "section": pl.Enum([section.value for section in WorklistSection]),
        "reason": pl.Enum([reason.value for reason in WorklistReason]),
    }
    found = answered(found, _WAITING, order, _placed)
    day = pl.coalesce("next_look_on", "due", "typical_on", "earliest")
    found = found.sort("section", "reason", day, "patient", "indication", nulls_last=True)
    return found.with_columns(
        pl.col("section", "reason").cast(pl.String),
        findings=words_of(found["_open"], today=True),
        acknowledged=words_of(found["acknowledged"].fill_null(0)),
    )
