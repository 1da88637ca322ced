"""One session and a protocol: the four dates, the status of a day, the projection."""

from bisect import bisect_right
from datetime import date, timedelta
from typing import NamedTuple, Self

from pydantic import BaseModel, Field, model_validator

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.dates.intervals import Interval, IntervalRange, Window
from botox_schedule.errors import CalendarRangeError
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.terms import DueStatus, RetreatmentKind

__all__ = [
    "DueDates",
    "ProjectedSession",
    "UsualWindow",
    "due_dates",
    "due_status",
    "project_dates",
    "projected",
    "usual_window",
]

_ONE_DAY = timedelta(days=1)


class DueDates(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """The four dates that decide when the next session should be.

    Attributes:
        earliest: First day the minimum allows, or None where no minimum is in force.
        due: First day of the usual range, or None where no usual range is stated.
        overdue_from: First day after the usual range and its grace.
        lapsed_from: First day on which the patient counts as lapsed.
        protocol: The protocol that the dates rest on.
        unverified: The figures of the protocol that were not read in a source.
    """

    earliest: Day | None = None
    due: Day | None = None
    overdue_from: Day | None = None
    lapsed_from: Day | None = None
    protocol: ProtocolRef | None = None
    unverified: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        days = [day for day in self.boundaries if day is not None]
        if days != sorted(days):
            raise ValueError("give earliest <= due <= overdue_from <= lapsed_from")
        return self

    @property
    def boundaries(self) -> tuple[date | None, date | None, date | None, date | None]:
        """The four dates in their order."""
        return self.earliest, self.due, self.overdue_from, self.lapsed_from

    def __str__(self) -> str:
        names = ("earliest", "due", "overdue from", "lapsed from")
        dates = zip(names, self.boundaries, strict=True)
        return ", ".join(f"{name} {day or 'not dated'}" for name, day in dates)


_STATUSES = (DueStatus.ALLOWED, DueStatus.DUE, DueStatus.OVERDUE, DueStatus.LAPSED)


def due_status(dates: DueDates, *, as_of: DayInput) -> DueStatus:
    """Return where *as_of* falls among *dates*; each day has exactly one status.

    Without any date the status is ``no_interval``.

    >>> dates = DueDates(earliest="2026-03-30", due="2026-03-30", overdue_from="2026-04-07")
    >>> due_status(dates, as_of="2026-03-29"), due_status(dates, as_of="2026-04-06")
    (<DueStatus.TOO_EARLY: 'too_early'>, <DueStatus.DUE: 'due'>)
    >>> due_status(dates, as_of="2026-04-07")
    <DueStatus.OVERDUE: 'overdue'>
    """
    day = as_day(as_of, "as_of")
    known = [
        (boundary, status)
        for boundary, status in zip(dates.boundaries, _STATUSES, strict=True)
        if boundary is not None
    ]
    if not known:
        return DueStatus.NO_INTERVAL
    passed = bisect_right([boundary for boundary, _ in known], day)
    return known[passed - 1][1] if passed else DueStatus.TOO_EARLY


class UsualWindow(NamedTuple):
    """The usual range after an anchor, as the days it means."""

    due: date
    last: date
    overdue_from: date
    lapsed_from: date
    slide: int


def usual_window(
    usual: IntervalRange,
    kind: RetreatmentKind,
    anchor: date,
    earliest: date,
    policy: SchedulingPolicy,
) -> UsualWindow:
    """Return the usual range after *anchor*, slid so that it does not begin before *earliest*."""
    short_month = policy.short_month
    first = usual.first.after(anchor, short_month=short_month)
    last = first if usual.first is usual.last else usual.last.after(anchor, short_month=short_month)
    slide = max(0, (earliest - first).days)
    scheduled = kind is RetreatmentKind.SCHEDULED
    grace = policy.scheduled_grace if scheduled else policy.as_needed_grace
    lapse = policy.lapsed_after or usual.last.times(2)
    try:
        by = timedelta(days=slide)
        overdue_from = grace.after(last, short_month=short_month) + _ONE_DAY + by
        lapsed_from = lapse.after(anchor, short_month=short_month) + by
        return UsualWindow(
            first + by, last + by, overdue_from, max(lapsed_from, overdue_from), slide
        )
    except OverflowError:
        raise CalendarRangeError(
            "the date would leave the calendar; it must lie in the years 1 to 9999"
        ) from None


def due_dates(
    administered_on: DayInput, protocol: TreatmentProtocol, policy: SchedulingPolicy | None = None
) -> DueDates:
    """Return the four dates after a session.

    Args:
        administered_on: The day the session really happened.
        protocol: What label and literature say.
        policy: What the clinic or payer chose; by default nothing beyond the graces.

    Raises:
        DayError: When *administered_on* is not a calendar day.
        CalendarRangeError: When a date would leave the years 1 to 9999.

    >>> from botox_schedule import find_protocol
    >>> print(due_dates("2026-01-05", find_protocol("chronic-migraine")))
    earliest 2026-03-30, due 2026-03-30, overdue from 2026-04-07, lapsed from 2026-06-22
    """
    anchor = as_day(administered_on, "administered_on")
    policy = policy_or_default(policy)
    rule = protocol.retreatment
    minimums = [m for m in (rule.minimum, policy.payer_minimum) if m is not None]
    if not minimums:
        return DueDates(protocol=protocol.ref)
    earliest = max(m.after(anchor, short_month=policy.short_month) for m in minimums)
    unverified = protocol.unverified_retreatment
    if rule.usual is None:
        return DueDates(earliest=earliest, protocol=protocol.ref, unverified=unverified)
    window = usual_window(rule.usual, rule.kind, anchor, earliest, policy)
    return DueDates(
        earliest=earliest,
        due=window.due,
        overdue_from=window.overdue_from,
        lapsed_from=window.lapsed_from,
        protocol=protocol.ref,
        unverified=unverified,
    )


class ProjectedSession(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """A later session, if every one before it comes on its target.

    Attributes:
        number: 1 is the next session.
        target: The day to aim for.
        window: The days that fit; both ends belong to it.
    """

    number: int = Field(ge=1)
    target: Day
    window: Window


def project_dates(
    administered_on: DayInput,
    protocol: TreatmentProtocol,
    count: int = 5,
    policy: SchedulingPolicy | None = None,
) -> tuple[ProjectedSession, ...]:
    """Return the next sessions, counted from this one and never chained.

    Empty where the protocol states no usual range.

    Args:
        administered_on: The anchor of all of them.
        protocol: What label and literature say.
        count: How many.
        policy: What the clinic or payer chose.

    >>> from botox_schedule import find_protocol
    >>> sessions = project_dates("2026-01-05", find_protocol("chronic-migraine"), count=3)
    >>> [str(session.target) for session in sessions]
    ['2026-03-30', '2026-06-22', '2026-09-14']
    """
    anchor = as_day(administered_on, "administered_on")
    policy = policy_or_default(policy)
    rule = protocol.retreatment
    if rule.usual is None or rule.minimum is None:
        return ()
    minimums = [m for m in (rule.minimum, policy.payer_minimum) if m is not None]
    return tuple(
        ProjectedSession(number=k, target=target, window=Window(first=first, last=last))
        for k, (first, target, last) in (
            (k, projected(anchor, k, minimums, rule.usual, policy)) for k in range(1, count + 1)
        )
    )


def projected(
    anchor: date,
    number: int,
    minimums: list[Interval],
    usual: IntervalRange,
    policy: SchedulingPolicy,
) -> tuple[date, date, date]:
    """Return first day, target and last day of the session *number* after *anchor*."""
    short_month = policy.short_month
    first = max(m.times(number).after(anchor, short_month=short_month) for m in minimums)
    target = max(first, usual.first.times(number).after(anchor, short_month=short_month))
    last = max(target, usual.last.times(number).after(anchor, short_month=short_month))
    return first, target, last
