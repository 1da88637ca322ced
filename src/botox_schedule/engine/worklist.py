"""Which section of a worklist a track is in, and why; every track is in exactly one."""

from datetime import date
from enum import StrEnum, unique
from functools import lru_cache
from typing import NamedTuple

from botox_schedule.dates.days import OpenDay, near
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.standing import Standing
from botox_schedule.errors import CalendarRangeError
from botox_schedule.terms import DueStatus, FindingCode

_LONG = Interval(months=12)
_LONGEST_CLOSURE = 366


@unique
class WorklistSection(StrEnum):
    """The sections of a worklist, in their order."""

    TO_CALL = "to_call"
    CHECK_THE_RECORD = "check_the_record_first"
    WITHOUT_DUE_DAY = "may_be_treated_without_a_due_day"
    BOOKED = "booked"
    TOO_EARLY = "too_early"
    ON_HOLD = "on_hold"
    LAPSED = "lapsed"
    LONG_LAPSED = "lapsed_over_12_months"
    ENDED = "ended"

    @property
    def words(self) -> str:
        """The section in words, such as ``check the record first``."""
        return self.value.replace("_", " ")


@unique
class WorklistReason(StrEnum):
    """Why a track is in its section; within a section the most urgent comes first."""

    OVERDUE = "overdue"
    BOOKED_AFTER_OVERDUE = "booked_after_overdue"
    NOT_REBOOKED = "not_rebooked"
    HOLD_ENDED = "hold_ended"
    DUE = "due"
    DUE_SOON = "due_soon"
    FINDINGS = "findings"
    ROWS_LEFT_OUT = "rows_left_out"
    TYPICAL_DAY_PASSED = "typical_day_passed"
    NO_DUE_DAY = "no_due_day"
    NO_INTERVAL = "no_interval"
    NO_HISTORY = "no_history"
    BOOKED = "booked"
    ALLOWED_BEFORE_DUE = "allowed_before_due"
    TOO_EARLY = "too_early"
    HOLD_NEEDS_REVIEW = "hold_needs_review"
    ON_HOLD = "on_hold"
    LAPSED = "lapsed"
    DISCONTINUED = "discontinued"
    DECEASED = "deceased"


class Place(NamedTuple):
    """The place of a track in a worklist."""

    section: WorklistSection
    reason: WorklistReason

    @property
    def rank(self) -> tuple[int, int]:
        """The number of the section, and that of the reason."""
        return _SECTIONS[self.section], _REASONS[self.reason]


_SECTIONS = {section: number for number, section in enumerate(WorklistSection)}
_REASONS = {reason: number for number, reason in enumerate(WorklistReason)}
UNREAD = Place(WorklistSection.CHECK_THE_RECORD, WorklistReason.ROWS_LEFT_OUT)
"""The place of a patient with rows that could not be read."""


class Waiting(NamedTuple):
    """What places a track in a worklist.

    Attributes:
        status: Its status, ``too_early`` also where only a minimum is known and it has not passed;
            None where all rows of the patient were left out.
        pressing: The codes of findings that need a person today.
        is_booked: Whether a visit is booked ahead.
        has_due: Whether a due day is known.
        is_soon: Whether the day to call has come, though the due day has not.
        typical_passed: Whether the typical day is known and has passed.
        is_long: Whether the last session is more than 12 months ago.
        left_out: Whether rows of the patient could not be read.
    """

    status: DueStatus | None
    pressing: frozenset[FindingCode]
    is_booked: bool = False
    has_due: bool = False
    is_soon: bool = False
    typical_passed: bool = False
    is_long: bool = False
    left_out: bool = False


_CALLS = {
    FindingCode.BOOKING_AFTER_OVERDUE: WorklistReason.BOOKED_AFTER_OVERDUE,
    FindingCode.NOT_REBOOKED: WorklistReason.NOT_REBOOKED,
    FindingCode.HOLD_ENDED: WorklistReason.HOLD_ENDED,
}
"""Findings that need a person today and that a call settles."""
_WAITS = {
    DueStatus.TOO_EARLY: WorklistReason.TOO_EARLY,
    DueStatus.ALLOWED: WorklistReason.ALLOWED_BEFORE_DUE,
}
_UNDATED = {
    DueStatus.ALLOWED: WorklistReason.NO_DUE_DAY,
    DueStatus.NO_INTERVAL: WorklistReason.NO_INTERVAL,
    DueStatus.NO_HISTORY: WorklistReason.NO_HISTORY,
}


def place_of(waiting: Waiting) -> Place:
    """Return the section and the reason of a track.

    >>> place_of(Waiting(DueStatus.OVERDUE, frozenset(), has_due=True)).section
    <WorklistSection.TO_CALL: 'to_call'>
    """
    if waiting.left_out or waiting.status is None:
        return UNREAD
    on_hold = waiting.status is DueStatus.ON_HOLD
    review = FindingCode.HOLD_NEEDS_REVIEW in waiting.pressing
    if waiting.pressing - _CALLS.keys() - ({FindingCode.HOLD_NEEDS_REVIEW} if on_hold else set()):
        return Place(WorklistSection.CHECK_THE_RECORD, WorklistReason.FINDINGS)
    if waiting.status.ends_care:
        return Place(WorklistSection.ENDED, WorklistReason(waiting.status))
    if on_hold:
        reason = WorklistReason.HOLD_NEEDS_REVIEW if review else WorklistReason.ON_HOLD
        return Place(WorklistSection.ON_HOLD, reason)
    return _of_open(waiting, waiting.status)


def _of_open(waiting: Waiting, status: DueStatus) -> Place:
    """The place of a track that is neither on hold nor ended."""
    call = _why_to_call(waiting, status)
    if call is not None:
        return Place(WorklistSection.TO_CALL, call)
    if waiting.is_booked:
        return Place(WorklistSection.BOOKED, WorklistReason.BOOKED)
    if status is DueStatus.LAPSED:
        long = WorklistSection.LONG_LAPSED if waiting.is_long else WorklistSection.LAPSED
        return Place(long, WorklistReason.LAPSED)
    if status in _UNDATED and not waiting.has_due:
        passed = waiting.typical_passed
        reason = WorklistReason.TYPICAL_DAY_PASSED if passed else _UNDATED[status]
        return Place(WorklistSection.WITHOUT_DUE_DAY, reason)
    return Place(WorklistSection.TOO_EARLY, _WAITS[status])


def _why_to_call(waiting: Waiting, status: DueStatus) -> WorklistReason | None:
    unbooked = not waiting.is_booked
    if status is DueStatus.OVERDUE and unbooked:
        return WorklistReason.OVERDUE
    for code, reason in _CALLS.items():
        if code in waiting.pressing and (unbooked or code is not FindingCode.HOLD_ENDED):
            return reason
    if status is DueStatus.DUE and unbooked:
        return WorklistReason.DUE
    soon = waiting.is_soon and status in _WAITS and unbooked
    return WorklistReason.DUE_SOON if soon else None


def placed(standing: Standing, as_of: date, call_on: date | None, *, left_out: bool) -> Place:
    """Return the section and the reason of a track in the worklist of a day.

    Args:
        standing: Where the track stands.
        as_of: The day of the worklist.
        call_on: The day to call by.
        left_out: Whether rows of the patient could not be read.
    """
    return UNREAD if left_out else place_of(waiting_of(standing, as_of, call_on))


def waiting_of(standing: Standing, as_of: date, call_by: date | None) -> Waiting:
    """Return what places a track in the worklist of a day."""
    typical = standing.typical_on
    return Waiting(
        status=DueStatus.TOO_EARLY if standing.not_before else standing.status,
        pressing=standing.pressing,
        is_booked=standing.booked_on is not None,
        has_due=standing.due is not None,
        is_soon=call_by is not None and call_by <= as_of,
        typical_passed=typical is not None and typical < as_of,
        is_long=is_long_ago(standing.last_session_on, as_of),
    )


@lru_cache(maxsize=4096)
def is_long_ago(day: date | None, as_of: date) -> bool:
    """Return whether a day is more than 12 months ago."""
    return day is not None and _LONG.added_to(day) < as_of


def call_by(due: date | None, lead_days: int, opens: OpenDay | None) -> date | None:
    """Return the day to call by: the last open day that is at least *lead_days* before *due*.

    If none of the 366 days up to then is open, or *opens* does not know their year, it is that
    day itself: a hold until 2999 costs nobody the list.

    >>> call_by(date(2026, 3, 30), 7, None)
    datetime.date(2026, 3, 23)
    """
    if due is None:
        return None
    day = near(due, -lead_days)
    if opens is None:
        return day
    days = (near(day, -back) for back in range(_LONGEST_CLOSURE))
    try:
        return next((earlier for earlier in days if opens(earlier)), day)
    except CalendarRangeError:
        return day
