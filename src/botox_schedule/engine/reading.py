"""What is known of a patient on a day, and the course of each clock: here, elsewhere, and last."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import NamedTuple

from botox_schedule.dates.days import stated_day
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import ProtocolSet
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.history import (
    CycleSessions,
    Decisions,
    History,
    cycles_of,
    known_decisions,
    read_history,
)
from botox_schedule.records.model import PatientRecord, PriorTreatment, TreatmentSession
from botox_schedule.values import of_kind


class Reading(NamedTuple):
    """What is known of a patient on a day, whatever the track.

    Attributes:
        record: What happened.
        as_of: The day up to which it is known.
        policy: What clinic or payer chose.
        known: The known protocols.
        decisions: The decisions known on the day.
        history: The sessions that count.
    """

    record: PatientRecord
    as_of: date
    policy: SchedulingPolicy
    known: ProtocolSet
    decisions: Decisions
    history: History

    def recognizes(self, indication: str) -> bool:
        """Whether an indication is known, or the policy names it."""
        return _recognizes(self.known, self.policy, indication)


def read_record(
    record: PatientRecord, as_of: date, policy: SchedulingPolicy, known: ProtocolSet
) -> Reading:
    """Return what is known of a patient on a day.

    Raises:
        TypeError: When *record* is anything but a record.
    """
    advice = "record: give a PatientRecord, such as PatientRecord(sessions=[...])"
    of_kind(record, PatientRecord, advice)
    record = _without_placeholders(record, as_of)
    decisions = known_decisions(record, as_of)
    recognizes = partial(_recognizes, known, policy)
    history = read_history(record, as_of, died_on=decisions.died_on, recognizes=recognizes)
    if history.undated_sessions:
        # Such a session was given on an unknown day, as the last one of a course elsewhere may be.
        given = [
            PriorTreatment(indication=s.indication, cycles=1, product=s.product)
            for s in history.undated_sessions
        ]
        priors = (*record.prior_treatments, *given)
        record = record.model_copy(update={"prior_treatments": priors})
    return Reading(record, as_of, policy, known, decisions, history)


def _without_placeholders(record: PatientRecord, as_of: date) -> PatientRecord:
    """Leave out a day of birth, or of a last session elsewhere, that systems write for none."""
    born_on = stated_day(record.born_on)
    priors = tuple(_with_stated_end(prior, as_of) for prior in record.prior_treatments)
    if born_on == record.born_on and priors == record.prior_treatments:
        return record
    return record.model_copy(update={"born_on": born_on, "prior_treatments": priors})


def _with_stated_end(prior: PriorTreatment, as_of: date) -> PriorTreatment:
    is_lost = prior.last_on is not None and prior.last_on <= as_of and not stated_day(prior.last_on)
    return prior.model_copy(update={"last_on": None}) if is_lost else prior


def _recognizes(known: ProtocolSet, policy: SchedulingPolicy, indication: str) -> bool:
    return known.recognizes(indication) or indication in policy.other_indications


def concerns(reading: Reading, indication: str | None, clock: frozenset[str]) -> bool:
    """Whether a row or rule is about a clock; under an unknown indication it may be about any."""
    return indication is None or indication in clock or not reading.recognizes(indication)


def session_on(day: date, what: PriorTreatment | TreatmentProtocol) -> TreatmentSession:
    """Return a session of which nothing is known but the day, the indication and the product."""
    return TreatmentSession(administered_on=day, indication=what.indication, product=what.product)


class PriorCourse(NamedTuple):
    """What is known of cycles of one clock given elsewhere.

    Attributes:
        cycles: How many.
        started_on: The first day, or None where unknown.
        last_sessions: Sessions on the latest day the last one can have been: one for each account
            of that day, in any order of the accounts.
        is_undated: Whether the day of the last one of a course is unknown.
        undated_from: The first day of the latest course whose last day is unknown, or None.
        counted_once: Whether several accounts of one course were counted once.
    """

    cycles: int
    started_on: date | None
    last_sessions: tuple[TreatmentSession, ...]
    is_undated: bool
    undated_from: date | None
    counted_once: bool


class Course(NamedTuple):
    """The treatment of one clock, here and elsewhere.

    Attributes:
        clock: The indications whose sessions count from one anchor.
        cycles: The cycles that are recorded here.
        prior: The cycles given elsewhere.
        last: The cycle that the dates count from; None without history.
    """

    clock: frozenset[str]
    cycles: list[CycleSessions]
    prior: PriorCourse
    last: CycleSessions | None


_NO_COURSE = PriorCourse(0, None, (), is_undated=False, undated_from=None, counted_once=False)


def course_of(reading: Reading, clock: frozenset[str]) -> Course:
    """Return the treatment of a clock, or of an unknown indication alone."""
    given = (*reading.history.completed, *reading.history.unrecognized)
    own = [session for session in given if session.indication in clock]
    cycles = cycles_of(own, reading.policy.group_within_days)
    prior = _prior_course(reading, clock)
    return Course(clock, cycles, prior, _last_cycle(cycles, prior))


def _prior_course(reading: Reading, clock: frozenset[str]) -> PriorCourse:
    given = (p for p in reading.record.prior_treatments if p.indication in clock and p.was_given)
    rows = list(dict.fromkeys(given))
    if not rows:
        return _NO_COURSE
    courses = _courses(rows)
    starts = [course.started_on for course in courses]
    days = [p.last_on for p in rows if p.last_on is not None and p.last_on <= reading.as_of]
    latest = max(days, default=None)
    undated = [p for p in rows if p.last_on is None or p.last_on > reading.as_of]
    began = [p.started_on for p in undated if p.started_on and p.started_on <= reading.as_of]
    return PriorCourse(
        cycles=sum(max(course.cycles, 1) for course in courses),  # each was given
        started_on=None if None in starts else min(day for day in starts if day is not None),
        last_sessions=tuple(
            session_on(latest, p)
            for p in sorted(rows, key=lambda p: (p.indication, p.product or ""))
            if latest is not None and p.last_on == latest
        ),
        is_undated=bool(undated),
        undated_from=max(began, default=None),
        counted_once=len(courses) < len(rows),
    )


def _courses(rows: Iterable[PriorTreatment]) -> list[PriorTreatment]:
    """The largest account of each course; accounts whose days may overlap are one course."""
    courses: list[PriorTreatment] = []  # in order, since they do not overlap
    for row in sorted(rows, key=lambda p: (-p.cycles, str(p.started_on), str(p.last_on))):
        place = bisect_right(courses, _last_day(row), key=_first_day)
        if not place or _last_day(courses[place - 1]) < _first_day(row):
            courses.insert(place, row)
    return courses


def _first_day(course: PriorTreatment) -> date:
    return course.started_on or date.min


def _last_day(course: PriorTreatment) -> date:
    return course.last_on or date.max


def _last_cycle(cycles: list[CycleSessions], prior: PriorCourse) -> CycleSessions | None:
    """The cycle that the dates count from: the last one here or, where later, elsewhere."""
    last = cycles[-1] if cycles else None
    if prior.last_sessions:
        day = prior.last_sessions[0].administered_on
        if last is None or last.anchored_on < day:
            later = [s for s in (last.touch_ups if last else ()) if s.administered_on >= day]
            last = CycleSessions([*prior.last_sessions], later, is_elsewhere=True)
    if last is None or prior.undated_from is None or prior.undated_from <= last.anchored_on:
        return last
    return None  # A later course has no last day: the day that the dates count from is unknown.
