"""Which sessions of a record count, and which of them belong to one cycle."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from botox_schedule.records.findings import Finding, about
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import (
    PRECEDENCE,
    CareEndKind,
    FindingCode,
    SessionKind,
    SessionStatus,
)

__all__ = ["Group", "History", "Track", "read_history", "read_track"]

_UNKNOWN = Decimal(-1)
_DAY = attrgetter("administered_on")


class Group(NamedTuple):
    """The sessions of one cycle, in order of their days.

    Attributes:
        parts: The full sessions; the cycle is anchored on the last.
        touch_ups: Touch-ups that came before the next cycle.
        promoted: Whether the first part is a touch-up that had no full session before it.
    """

    parts: list[TreatmentSession]
    touch_ups: list[TreatmentSession]
    promoted: bool

    @property
    def first_on(self) -> date:
        """The day of the first part."""
        return self.parts[0].administered_on

    @property
    def anchored_on(self) -> date:
        """The day of the last part."""
        return self.parts[-1].administered_on

    @property
    def sessions(self) -> list[TreatmentSession]:
        """All sessions of the cycle, touch-ups included."""
        return self.parts + self.touch_ups

    def counted_from(self, *, touch_ups_count: bool) -> date:
        """The day the next minimum counts from."""
        if touch_ups_count and self.touch_ups:
            return max(self.anchored_on, self.touch_ups[-1].administered_on)
        return self.anchored_on


class History(NamedTuple):
    """What is known of a patient's sessions on a day.

    Attributes:
        completed: Completed sessions of all tracks, in order of their days.
        later: Completed sessions after the day, which count for nothing yet.
        booked: Booked sessions, in order of their days.
        findings: What was wrong with the records.
    """

    completed: list[TreatmentSession]
    later: list[TreatmentSession]
    booked: list[TreatmentSession]
    findings: list[Finding]


class Track(NamedTuple):
    """The cycles and bookings of one clock."""

    groups: list[Group]
    booked: list[TreatmentSession]
    later: list[TreatmentSession]


def read_history(record: PatientRecord, as_of: date) -> History:
    """Return what counts of *record* on *as_of*, whatever the order of the sessions."""
    findings: list[Finding] = []
    sessions = _merged(record.sessions, findings)
    died_on = _day_of_death(record, as_of)
    completed: list[TreatmentSession] = []
    later: list[TreatmentSession] = []
    booked: list[TreatmentSession] = []
    after_death: list[TreatmentSession] = []
    for session in sessions:
        if session.status is SessionStatus.BOOKED:
            booked.append(session)
        elif session.status is SessionStatus.COMPLETED:
            if died_on is not None and session.administered_on > died_on:
                after_death.append(session)
            else:
                (completed if session.administered_on <= as_of else later).append(session)
    if after_death:
        message = "a completed session lies after the patient's death; it is not used"
        findings.append(about(FindingCode.SESSION_AFTER_DEATH, message, after_death))
    _check_birth(record, completed, findings)
    return History(completed, later, booked, findings)


def _day_of_death(record: PatientRecord, as_of: date) -> date | None:
    days = [end.on for end in record.care_ends if end.kind is CareEndKind.DECEASED]
    return min((day for day in days if day <= as_of), default=None)


def _check_birth(
    record: PatientRecord, completed: list[TreatmentSession], findings: list[Finding]
) -> None:
    if record.born_on is None:
        return
    unborn = [s for s in completed if s.administered_on < record.born_on]
    if unborn:
        message = "a session lies before the patient's birth; one of the two days is wrong"
        findings.append(about(FindingCode.SESSION_BEFORE_BIRTH, message, unborn))


def _merged(
    sessions: Iterable[TreatmentSession], findings: list[Finding]
) -> list[TreatmentSession]:
    """Merge copies, and let one of several contents under one id win."""
    kept: list[TreatmentSession] = []
    by_id: dict[str, TreatmentSession] = {}
    conflicts: set[str] = set()
    for session in sessions:
        if session.id is None:
            kept.append(session)
        elif (known := by_id.setdefault(session.id, session)) is not session and known != session:
            conflicts.add(session.id)
            by_id[session.id] = max(known, session, key=_precedence)
    for key in sorted(conflicts):
        message = "one id stands for different contents; the one that takes precedence is used"
        findings.append(about(FindingCode.CONFLICTING_RECORDS, message, [by_id[key]]))
    kept += by_id.values()
    kept.sort(key=_DAY)
    if any(one.administered_on == other.administered_on for one, other in pairwise(kept)):
        kept.sort(key=_place)
    return kept


def _precedence(session: TreatmentSession) -> tuple[Any, ...]:
    units = _UNKNOWN if session.units is None else session.units
    return (PRECEDENCE[session.status], session.administered_on, units, *_contents(session))


def _place(session: TreatmentSession) -> tuple[Any, ...]:
    units = _UNKNOWN if session.units is None else session.units
    return (session.administered_on, units, *_contents(session), session.id or "")


def _contents(session: TreatmentSession) -> tuple[Any, ...]:
    discarded = _UNKNOWN if session.units_discarded is None else session.units_discarded
    return (
        session.kind.value,
        session.status.value,
        session.indication,
        session.product or "",
        discarded,
    )


def read_track(history: History, clock: frozenset[str], within_days: int) -> Track:
    """Return the cycles of one clock; sessions of other clocks move nothing here."""
    return Track(
        _groups([s for s in history.completed if s.indication in clock], within_days),
        [session for session in history.booked if session.indication in clock],
        [session for session in history.later if session.indication in clock],
    )


def _groups(sessions: list[TreatmentSession], within_days: int) -> list[Group]:
    groups: list[Group] = []
    joins_until = 0
    for session in sessions:
        day = session.administered_on.toordinal()
        touch_up = session.kind is SessionKind.TOUCH_UP
        if groups and touch_up:
            groups[-1].touch_ups.append(session)
        elif groups and day <= joins_until:
            groups[-1].parts.append(session)
        else:
            groups.append(Group([session], [], touch_up))
            joins_until = day + within_days
    return groups
