"""Which sessions and decisions of a record count on a day, and how sessions form cycles."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from botox_schedule.dates.days import is_placeholder_day, shifted, stated_day
from botox_schedule.dates.intervals import Window
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.model import (
    CareEnd,
    Decision,
    Hold,
    IntervalOverride,
    PatientRecord,
    PriorAuthorization,
    TreatmentSession,
    is_known,
    known_from,
)
from botox_schedule.terms import CareEndKind, FindingCode, SessionKind, SessionStatus
from botox_schedule.values import in_order

_D = TypeVar("_D", bound=Decision)
_UNKNOWN = Decimal(-1)
_DAY = attrgetter("administered_on")
_COMPLETED = SessionStatus.COMPLETED
_MISSED = frozenset({SessionStatus.CANCELLED, SessionStatus.NO_SHOW})
_PLANNED = {SessionStatus.BOOKED: "booked", **dict.fromkeys(_MISSED, "missed")}
"""In which list of a history rows of a status are; the others are in ``other``."""
_DATED = _MISSED | {_COMPLETED, SessionStatus.BOOKED}
"""Where the day matters; a draft, or an entry in error, may have any."""
_PRECEDENCE = {SessionStatus.ENTERED_IN_ERROR: 2, SessionStatus.COMPLETED: 1}
"""Which of several rows under one id wins before their days are compared; the others rank 0."""
_SAME_DAY_PRECEDENCE = dict.fromkeys(_MISSED, 2) | {SessionStatus.BOOKED: 1}
"""Which of several rows of one day wins where nothing was completed; a draft ranks 0."""


class CycleSessions(NamedTuple):
    """The sessions of one cycle, in order of their days.

    Attributes:
        full_sessions: The full sessions; the last one anchors the cycle.
        touch_ups: The touch-ups before the next cycle.
        opened_by_touch_up: Whether the cycle opens with a touch-up, with no full session before.
        is_elsewhere: Whether the cycle represents the last session given elsewhere.
    """

    full_sessions: list[TreatmentSession]
    touch_ups: list[TreatmentSession]
    opened_by_touch_up: bool = False
    is_elsewhere: bool = False

    @property
    def first_on(self) -> date:
        """The day of the first full session."""
        return self.full_sessions[0].administered_on

    @property
    def anchored_on(self) -> date:
        """The day of the last full session."""
        return self.full_sessions[-1].administered_on

    @property
    def last_injected_on(self) -> date:
        """The day of the last injection, touch-ups included."""
        if self.touch_ups:
            return max(self.anchored_on, self.touch_ups[-1].administered_on)
        return self.anchored_on

    @property
    def sessions(self) -> list[TreatmentSession]:
        """All sessions of the cycle, touch-ups included."""
        return self.full_sessions + self.touch_ups

    def counted_from(self, *, touch_ups_count: bool) -> date:
        """The day from which the next minimum counts."""
        return self.last_injected_on if touch_ups_count else self.anchored_on


class History(NamedTuple):
    """What is known about a patient's sessions on a day; each session is in exactly one list.

    Attributes:
        completed: Completed sessions for known indications, in order of their days.
        unrecognized: Completed sessions for unknown indications, in order of their days.
        booked: Booked sessions, in order of their days.
        missed: Cancelled sessions and no-shows.
        other: Other rows that are not completed: drafts, entries in error, rows recorded later.
        undated: Sessions and visits whose day is one that systems write where they have none.
        later: Completed sessions after the day, which do not count yet.
        after_death: Completed sessions after the death, which are not used.
        merged: Rows replaced by another row with the same id.
        copies: Identical copies of another row with the same id.
        findings: Problems with the rows.
    """

    completed: list[TreatmentSession]
    unrecognized: list[TreatmentSession]
    booked: list[TreatmentSession]
    missed: list[TreatmentSession]
    other: list[TreatmentSession]
    undated: list[TreatmentSession]
    later: list[TreatmentSession]
    after_death: list[TreatmentSession]
    merged: list[TreatmentSession]
    copies: list[TreatmentSession]
    findings: tuple[Finding, ...]

    @property
    def undated_sessions(self) -> list[TreatmentSession]:
        """The completed sessions without a day."""
        return [s for s in self.undated if s.status is _COMPLETED]

    @property
    def undated_visits(self) -> list[TreatmentSession]:
        """The booked or missed visits without a day."""
        return [s for s in self.undated if s.status is not _COMPLETED]


def read_history(
    record: PatientRecord,
    as_of: date,
    *,
    died_on: date | None = None,
    recognizes: Callable[[str], bool] = lambda _: True,
) -> History:
    """Return which sessions of *record* count on *as_of*; their order in it does not matter.

    Args:
        record: What happened.
        as_of: The last day on which completed sessions count, included.
        died_on: The day of death if known on *as_of*; sessions on that day still count.
        recognizes: Returns whether an indication is known.
    """
    history = History([], [], [], [], [], [], [], [], [], [], ())
    rows: list[TreatmentSession] = []
    # Later sessions go first: otherwise one could replace an earlier row with the same id.
    for row in record.sessions:
        if row.status is _COMPLETED:
            (history.later if row.administered_on > as_of else rows).append(row)
        else:
            (rows if is_known(row, as_of) else history.other).append(row)
    conflicting: list[TreatmentSession] = []
    kept = _one_for_each_id(rows, history, conflicting)
    given = {
        name: history.completed if recognizes(name) else history.unrecognized
        for name in {session.indication for session in kept}
    }
    for session in kept:
        if session.status in _DATED and is_placeholder_day(session.administered_on):
            history.undated.append(session)
        elif session.status is not _COMPLETED:
            getattr(history, _PLANNED.get(session.status, "other")).append(session)
        elif died_on is not None and session.administered_on > died_on:
            history.after_death.append(session)
        else:
            given[session.indication].append(session)
    findings = tuple(_findings(record, history, conflicting))
    return history._replace(findings=findings) if findings else history


def _findings(
    record: PatientRecord, history: History, conflicting: Sequence[TreatmentSession]
) -> Iterable[Finding]:
    if conflicting:
        message = "one id stands for different completed sessions; check which of them happened"
        yield make_finding(FindingCode.CONFLICTING_RECORDS, message, conflicting)
    for what, undated in (
        ("a completed session", history.undated_sessions),
        ("a booked or missed visit", history.undated_visits),
    ):
        if undated:
            message = f"{what} has a placeholder for its day; give the day"
            yield make_finding(FindingCode.SESSION_DAY_UNKNOWN, message, undated)
    if history.after_death:
        message = "a completed session is dated after the patient's death; it is not used"
        yield make_finding(FindingCode.SESSION_AFTER_DEATH, message, history.after_death)
    if record.born_on is not None:
        # Forms have the day of the visit in every field of a day until somebody changes it.
        unborn = [s for s in history.completed if s.administered_on <= record.born_on]
        if unborn:
            message = "a session is dated on or before the day of birth; one of the days is wrong"
            yield make_finding(FindingCode.SESSION_BEFORE_BIRTH, message, unborn)


def _one_for_each_id(
    sessions: Sequence[TreatmentSession], history: History, conflicting: list[TreatmentSession]
) -> list[TreatmentSession]:
    """Merge copies, and pick the rows that count among those with the same id."""
    kept = [session for session in sessions if session.id is None]
    by_id: dict[str, list[TreatmentSession]] = {}
    for session in sessions:
        if session.id is not None:
            by_id.setdefault(session.id, []).append(session)
    for rows in by_id.values():
        kept += rows if len(rows) == 1 else _settled(rows, history, conflicting)
    kept.sort(key=_DAY)
    if len({session.administered_on for session in kept}) < len(kept):
        kept.sort(key=_place)
    return kept


def _settled(
    rows: Sequence[TreatmentSession], history: History, conflicting: list[TreatmentSession]
) -> list[TreatmentSession]:
    """Return those rows with one id that count, and put the others where they belong."""
    distinct: dict[tuple[Any, ...], TreatmentSession] = {}
    for row in sorted(rows, key=known_from, reverse=True):
        if distinct.setdefault(_contents(row), row) is not row:
            history.copies.append(row)
    contents = list(distinct.values())
    rank = max(_PRECEDENCE.get(row.status, 0) for row in contents)
    first = [row for row in contents if _PRECEDENCE.get(row.status, 0) == rank]
    completed = rank == _PRECEDENCE[SessionStatus.COMPLETED]
    winners = _completed_winners(first) if completed else [max(first, key=_latest)]
    history.merged.extend(row for row in contents if all(row is not won for won in winners))
    if completed and len(first) > 1:
        conflicting.extend(first)
    return winners


def _completed_winners(rows: Iterable[TreatmentSession]) -> list[TreatmentSession]:
    """Rows that differ in indication, product or kind all count.

    Of the others the later day does, then the larger units.
    """
    ranked = sorted(rows, key=_contents)
    return list({(row.indication, row.product, row.kind): row for row in ranked}.values())


def _latest(session: TreatmentSession) -> tuple[Any, ...]:
    same_day = _SAME_DAY_PRECEDENCE.get(session.status, 0)
    return (known_from(session), session.administered_on, same_day, *_contents(session))


def _place(session: TreatmentSession) -> tuple[Any, ...]:
    """Sort key: the day, then full sessions before touch-ups."""
    return (session.administered_on, *_contents(session), session.id or "")


def _contents(session: TreatmentSession) -> tuple[Any, ...]:
    return (
        session.kind is SessionKind.TOUCH_UP,
        session.administered_on,
        session.status,
        session.indication,
        session.product or "",
        _UNKNOWN if session.units is None else session.units,
        _UNKNOWN if session.units_discarded is None else session.units_discarded,
    )


def cycles_of(sessions: Iterable[TreatmentSession], within_days: int) -> list[CycleSessions]:
    """Return the cycles of one clock; *sessions* must be in order of their days.

    A full session at most *within_days* days after the first session of a cycle belongs to it.
    The days always count from the first session. A touch-up belongs to the latest cycle that
    began on or before its day; without one it opens a cycle.
    """
    cycles: list[CycleSessions] = []
    joins_until = 0
    for session in sessions:
        day = session.administered_on.toordinal()
        touch_up = session.kind is SessionKind.TOUCH_UP
        if cycles and touch_up:
            cycles[-1].touch_ups.append(session)
        elif cycles and day <= joins_until:
            cycles[-1].full_sessions.append(session)
        else:
            cycles.append(CycleSessions([session], [], touch_up))
            joins_until = day + within_days
    return cycles


class Decisions(NamedTuple):
    """The decisions of a record that are known on a day, with withdrawals applied.

    Attributes:
        holds: The holds. A withdrawn care end counts as a hold until the day before.
        overrides: The interval overrides.
        authorizations: The prior authorizations.
        discharges: Care ends of the kind ``discontinued``.
        deaths: Care ends of the kind ``deceased``.
        findings: Conflicts between decisions with the same id.
    """

    holds: tuple[Hold, ...]
    overrides: tuple[IntervalOverride, ...]
    authorizations: tuple[PriorAuthorization, ...]
    discharges: tuple[CareEnd, ...]
    deaths: tuple[CareEnd, ...]
    findings: tuple[Finding, ...]

    @property
    def died_on(self) -> date | None:
        """The earliest stated day of death, or None where none is stated."""
        return min((end.on for end in self.deaths if end.on is not None), default=None)

    @property
    def about_clocks(self) -> tuple[Hold | IntervalOverride | PriorAuthorization | CareEnd, ...]:
        """All decisions except deaths, which concern every clock."""
        return (*self.holds, *self.overrides, *self.authorizations, *self.discharges)


NO_DECISIONS = Decisions((), (), (), (), (), ())


def known_decisions(record: PatientRecord, as_of: date) -> Decisions:
    """Return the decisions known on *as_of*, whatever days they cover.

    Of several decisions with the same id, the one recorded last counts; of several recorded last
    on the same day, all do. Identical copies are one. From its ``withdrawn_on`` on, a decision
    counts as ended the day before.
    """
    if not (record.holds or record.overrides or record.authorizations or record.care_ends):
        return NO_DECISIONS
    conflicts: list[Decision] = []
    holds = _current(record.holds, as_of, conflicts)
    overrides = _current(record.overrides, as_of, conflicts)
    authorizations = _current(record.authorizations, as_of, conflicts)
    ends = _current(record.care_ends, as_of, conflicts)
    standing = [end for end in ends if not _withdrawn_on(end, as_of)]
    holds += [_as_hold(end, end.on) for end in ends if end.on and _withdrawn_on(end, as_of)]
    code = FindingCode.CONFLICTING_DECISIONS
    message = "two decisions under one id were recorded on one day; both count"
    return Decisions(
        holds=tuple(_shortened(holds, as_of)),
        overrides=tuple(_shortened(overrides, as_of)),
        authorizations=tuple(_shortened(authorizations, as_of)),
        discharges=tuple(end for end in standing if end.kind is CareEndKind.DISCONTINUED),
        deaths=tuple(end for end in standing if end.kind is CareEndKind.DECEASED),
        findings=(make_finding(code, message, conflicts),) if conflicts else (),
    )


def _current(rows: Iterable[_D], as_of: date, conflicts: list[Decision]) -> list[_D]:
    groups: dict[object, list[_D]] = {}
    for row in rows:
        if is_known(row, as_of):
            # Rows without an id are one decision only where they are copies.
            groups.setdefault(row.id or row, []).append(row)
    found: list[_D] = []
    for same in groups.values():
        latest = max(map(known_from, same))
        last = [row for row in same if known_from(row) == latest]
        distinct = list(dict.fromkeys(last))
        conflicts += distinct if len(distinct) > 1 else []
        found += distinct
    return in_order(found)


def _withdrawn_on(decision: Decision, as_of: date) -> date | None:
    """The day it was taken back; a day that systems write for none takes nothing back."""
    on = stated_day(decision.withdrawn_on)
    return on if on is not None and on <= as_of else None


_Period = TypeVar("_Period", Hold, IntervalOverride, PriorAuthorization)


def _shortened(periods: Iterable[_Period], as_of: date) -> Iterable[_Period]:
    """Yield what stands: what was withdrawn ended the day before, or never was."""
    for period in periods:
        on = _withdrawn_on(period, as_of)
        days = period.valid if isinstance(period, PriorAuthorization) else period
        if on is None:
            yield period
        elif on > days.first:
            last = min(days.last or date.max, shifted(on, -1))
            ended = (
                {"last": last} if days is period else {"valid": Window(first=days.first, last=last)}
            )
            yield period.model_copy(update=ended)


def _as_hold(end: CareEnd, first: date) -> Hold:
    """A withdrawn care end as a hold: the patient could not be treated on its days."""
    return Hold(
        first=first,
        reason="care had ended",
        indication=end.indication,
        id=end.id,
        withdrawn_on=end.withdrawn_on,
    )
