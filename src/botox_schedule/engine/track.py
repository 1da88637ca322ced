"""A track: one patient, one clock, one day. Every answer about a record comes from one."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from botox_schedule.dates.days import is_within, open_end
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.dates import TrackDates, status_on, track_dates
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.engine.rules import (
    IntervalRules,
    RuleFacts,
    StatedMinimum,
    Treatment,
    interval_rules,
    label_rules,
    longest_minimums,
)
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import ProtocolSet, version_on
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.records.decisions import Decisions, known_decisions
from botox_schedule.records.history import CycleSessions, History, cycles_of, read_history
from botox_schedule.records.model import CareEnd, PatientRecord, PriorTreatment, TreatmentSession
from botox_schedule.terms import DayReasonCode, DueStatus, Product, SessionKind
from botox_schedule.values import of_kind

UNRESOLVED_AFTER_DAYS = 2
"""A past booking makes a finding only after more than so many days: results come in late."""


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
        return self.known.recognizes(indication) or indication in self.policy.other_indications

    def is_known_name(self, indication: str | None) -> bool:
        """Whether a policy rule names a known indication, even one without a known protocol."""
        return indication is None or self.recognizes(indication)


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


class Care(NamedTuple):
    """Whether and when care ends.

    Attributes:
        status: ``deceased`` or ``discontinued``, or None while care goes on.
        ends_on: The first day of a discharge ahead, or None.
        ended_on: The day care ended, or None while it goes on or the day is unknown.
        resumed_by: The session that reopened care and is the last one, or None.
    """

    status: DueStatus | None
    ends_on: date | None
    ended_on: date | None
    resumed_by: TreatmentSession | None


_NO_COURSE = PriorCourse(0, None, (), is_undated=False, undated_from=None, counted_once=False)
_IN_CARE = Care(None, None, None, None)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnyTrack:
    """One patient, one clock, one day, whether or not a protocol is known.

    Attributes:
        reading: What is known of the patient on the day.
        clock: The indications whose sessions count from one anchor.
        cycles: The cycles that are recorded here.
        prior: The cycles given elsewhere.
        holds: The days on hold.
        care: Whether and when care ends.
        last: The cycle that the dates count from; None without history.
        rules: The rules after it; None without history or protocol.
        dates: The dates; None without history or protocol, or after the end of care.
        status: Where the day falls among the dates, or what precedes them.
    """

    reading: Reading
    clock: frozenset[str]
    cycles: list[CycleSessions]
    prior: PriorCourse
    holds: HoldCalendar
    care: Care
    last: CycleSessions | None
    rules: IntervalRules | None
    dates: TrackDates | None
    status: DueStatus

    @property
    def record(self) -> PatientRecord:
        """What happened to the patient."""
        return self.reading.record

    @property
    def as_of(self) -> date:
        """The day of the question."""
        return self.reading.as_of

    @property
    def policy(self) -> SchedulingPolicy:
        """What clinic or payer chose."""
        return self.reading.policy

    @property
    def known(self) -> ProtocolSet:
        """The known protocols."""
        return self.reading.known

    @property
    def history(self) -> History:
        """The sessions that count, of all clocks."""
        return self.reading.history

    @property
    def anchor(self) -> date | None:
        """The day the dates count from."""
        return None if self.last is None else self.last.anchored_on

    @property
    def resumes_on(self) -> date | None:
        """The first day after the hold that the track is on; None off hold or on an open hold."""
        on_hold = self.status is DueStatus.ON_HOLD
        return self.holds.next_free(self.as_of) if on_hold else None

    @property
    def cycle_number(self) -> int | None:
        """The number of the cycle that the last session opened, those elsewhere included."""
        return None if self.last is None else self.prior.cycles + len(self.cycles)

    @property
    def booked_visits(self) -> list[TreatmentSession]:
        """The booked visits of the clock, touch-ups too, except one recorded as given on its day."""
        booked = self.history.booked
        if not booked:
            return booked
        booked = [s for s in booked if s.indication in self.clock]
        if not self.cycles:
            return booked
        last = self.cycles[-1]
        opened, given = (
            {visit for s in sessions for visit in fulfilled_by(s)}
            for sessions in (last.full_sessions, last.sessions)
        )
        # A touch-up does not stand for the full session that was booked for its day.
        return [s for s in booked if visit_of(s) not in (opened if opens_cycle(s) else given)]

    @property
    def bookings(self) -> list[TreatmentSession]:
        """The booked visits that open a cycle: a booked touch-up is not the next session."""
        return [s for s in self.booked_visits if opens_cycle(s)]

    @property
    def next_booking(self) -> TreatmentSession | None:
        """The next booked session, from the day of the question on."""
        return next(filter(opens_cycle, visits_ahead(self)), None)


Visit = tuple[date, str, Product | None]
"""The day, the indication and the product of a session."""


def visits_ahead(track: AnyTrack) -> list[TreatmentSession]:
    """Return the booked visits from the day of the question on, touch-ups too."""
    return [s for s in track.booked_visits if s.administered_on >= track.as_of]


def opens_cycle(planned: TreatmentSession) -> bool:
    """Return whether a planned visit would open a cycle: a touch-up would not."""
    return planned.kind is SessionKind.FULL


def visit_of(session: TreatmentSession) -> Visit:
    """Return what tells one booked or given session from another."""
    return session.administered_on, session.indication, session.product


def fulfilled_by(given: TreatmentSession) -> tuple[Visit, Visit]:
    """Return the bookings that a session fulfills: not every one names its product."""
    return visit_of(given), (given.administered_on, given.indication, None)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Track(AnyTrack):
    """A track whose protocol is known.

    Attributes:
        protocol: The protocol of the planned treatment.
    """

    protocol: TreatmentProtocol


def ref_of(track: AnyTrack) -> ProtocolRef | None:
    """Return the short form of a track's protocol; None where none is known."""
    return track.protocol.ref if isinstance(track, Track) else None


def read_record(
    record: PatientRecord, as_of: date, policy: SchedulingPolicy, known: ProtocolSet
) -> Reading:
    """Return what is known of a patient on a day.

    Raises:
        TypeError: When *record* is anything but a record.
    """
    advice = "record: give a PatientRecord, such as PatientRecord(sessions=[...])"
    of_kind(record, PatientRecord, advice)
    decisions = known_decisions(record, as_of)
    others = policy.other_indications

    def recognizes(indication: str) -> bool:
        return known.recognizes(indication) or indication in others

    history = read_history(record, as_of, died_on=decisions.died_on, recognizes=recognizes)
    return Reading(record, as_of, policy, known, decisions, history)


def track_in(reading: Reading, protocol: TreatmentProtocol) -> Track:
    """Return the track of a protocol: history, cycles, holds, care, rules, dates, status."""
    clock = reading.known.clock(protocol.indication, protocol.population, protocol.region)
    cycles = _cycles(reading, clock)
    prior = _prior_course(reading, clock)
    holds = _holds(reading, clock)
    care = _care(reading, clock, cycles)
    last = _last_cycle(cycles, prior)
    rules = (
        None if last is None else interval_rules(rule_facts(reading, protocol, clock, last, care))
    )
    dates = None
    if rules is not None and care.status is None:
        dates = track_dates(rules, holds, reading.as_of)
    status = _status(reading, holds, care, rules, dates)
    return Track(reading, clock, cycles, prior, holds, care, last, rules, dates, status, protocol)


def is_held_open(track: AnyTrack) -> bool:
    """Return whether a track is on hold without a known end: then nothing is dated."""
    return track.status is DueStatus.ON_HOLD and track.resumes_on is None


def is_second_part(track: AnyTrack, day: date) -> bool:
    """Return whether a session on a day would belong to the last one, not open a cycle."""
    return track.rules is not None and track.rules.is_part_of_last_session(day)


def refusals(track: AnyTrack, day: date) -> Iterator[DayReasonCode]:
    """Yield why a day is forbidden; nothing where it is not."""
    ends_on = track.care.ends_on
    if track.care.status is not None or (ends_on is not None and day >= ends_on):
        yield DayReasonCode.CARE_ENDED
    if track.holds.covers(day):
        yield DayReasonCode.IN_HOLD
    if track.rules is None or track.rules.is_part_of_last_session(day):
        return
    deciding = track.rules.on(day).deciding
    if deciding is not None and day < deciding.gives:
        yield DayReasonCode.TOO_EARLY


def protocol_of_session(track: Track, session: TreatmentSession) -> TreatmentProtocol:
    """Return the version that was in force for a session, else the track's protocol."""
    given = track.protocol
    families = track.known.find(
        session.indication, session.product or given.product, given.population, given.region
    )
    versions = families[0] if families else track.known.versions(given)
    return version_on(versions, session.administered_on) or given


def planned_otherwise(track: Track, booked: TreatmentSession) -> list[Track]:
    """Return the track as planned for a booking of another treatment; empty for the planned one.

    Where that treatment has no protocol, all those of its indication judge.
    """
    given, indication = track.protocol, booked.indication
    product = booked.product or given.product
    if (indication, product) == (given.indication, given.product):
        return []
    known, where = track.known, (given.population, given.region)
    own = known.find(indication, product, *where) or known.of_indications([indication], *where)
    return [track_in(track.reading, versions[-1]) for versions in own]


def without_protocol(reading: Reading, indication: str) -> AnyTrack:
    """Return the track of an indication without a known protocol: it has no rules and no dates."""
    clock = frozenset({indication})
    cycles = _cycles(reading, clock)
    prior, holds = _prior_course(reading, clock), _holds(reading, clock)
    care = _care(reading, clock, cycles)
    held = DueStatus.ON_HOLD if holds.covers(reading.as_of) else DueStatus.NO_INTERVAL
    last, status = _last_cycle(cycles, prior), care.status or held
    return AnyTrack(reading, clock, cycles, prior, holds, care, last, None, None, status)


def _cycles(reading: Reading, clock: frozenset[str]) -> list[CycleSessions]:
    """The cycles of a clock, or of an unknown indication alone."""
    given = (*reading.history.completed, *reading.history.unrecognized)
    own = [session for session in given if session.indication in clock]
    return cycles_of(own, reading.policy.group_within_days)


def _holds(reading: Reading, clock: frozenset[str]) -> HoldCalendar:
    known = reading.decisions.holds
    if not known:
        return NO_HOLDS
    return HoldCalendar(hold for hold in known if concerns(reading, hold.indication, clock))


def last_full_sessions(reading: Reading, clock: frozenset[str]) -> list[TreatmentSession]:
    """Return the full sessions of the last cycle of a clock, here or elsewhere."""
    last = _last_cycle(_cycles(reading, clock), _prior_course(reading, clock))
    return [] if last is None else last.full_sessions


def concerns(reading: Reading, indication: str | None, clock: frozenset[str]) -> bool:
    """Whether a hold or care end binds a clock; under an unknown indication it binds all."""
    return indication is None or indication in clock or not reading.recognizes(indication)


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
        cycles=sum(course.cycles for course in courses),
        started_on=None if None in starts else min(day for day in starts if day is not None),
        last_sessions=tuple(
            TreatmentSession(administered_on=latest, indication=p.indication, product=p.product)
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


def _care(reading: Reading, clock: frozenset[str], cycles: list[CycleSessions]) -> Care:
    decisions, as_of = reading.decisions, reading.as_of
    if not decisions.discharges and not decisions.deaths:
        return _IN_CARE
    ends = [e for e in decisions.discharges if concerns(reading, e.indication, clock)]
    ahead = min((e.on for e in ends if e.on is not None and e.on > as_of), default=None)
    if decisions.deaths:
        return Care(DueStatus.DECEASED, ahead, decisions.died_on, None)
    past = [end for end in ends if end.on is not None and end.on <= as_of]
    last = max(past, key=_end_day, default=None)
    if last is None:
        return Care(None, ahead, None, None)
    resumed = [s for cycle in cycles for s in cycle.sessions if s.administered_on > _end_day(last)]
    if not resumed:
        return Care(DueStatus.DISCONTINUED, ahead, last.on, None)
    since = [cycle for cycle in cycles if cycle.anchored_on > _end_day(last)]
    first = min(resumed, key=lambda s: s.administered_on)
    return Care(None, ahead, None, first if len(since) <= 1 else None)


def _end_day(end: CareEnd) -> date:
    return end.on or date.min


def rule_facts(
    reading: Reading,
    protocol: TreatmentProtocol,
    clock: frozenset[str],
    last: CycleSessions,
    care: Care,
) -> RuleFacts:
    """Return what the rules after the last cycle of a track depend on."""
    planned: frozenset[Treatment] = frozenset({(protocol.indication, protocol.product)})
    doubtful_from = _doubtful_from(reading, last)
    return facts_after(reading, protocol, clock, last, planned)._replace(
        first_on=None if last.is_elsewhere else last.first_on,
        doubtful=tuple(_doubtful_minimums(reading)),
        doubtful_from=doubtful_from,
        always_doubtful=_always_doubtful(reading),
        longest=longest_minimums(reading.known) if doubtful_from else (),
        ends_on=care.ends_on,
        clinic_usual=reading.policy.usual_for(protocol.indication),
    )


def treatments_of(sessions: Iterable[TreatmentSession]) -> frozenset[Treatment]:
    """Return what was given in some sessions."""
    return frozenset([(s.indication, s.product) for s in sessions])


def facts_after(
    reading: Reading,
    protocol: TreatmentProtocol,
    clock: frozenset[str],
    last: CycleSessions,
    planned: frozenset[Treatment],
) -> RuleFacts:
    """Return what the rules after a cycle depend on, for the treatments that come next."""
    policy = reading.policy
    facts = RuleFacts(
        labels=label_rules(reading.known, protocol, planned, treatments_of(last.sessions)),
        policy=policy,
        anchor=last.anchored_on,
        counted_from=last.counted_from(touch_ups_count=policy.touch_up_moves_earliest),
        kind=protocol.retreatment.kind,
    )
    return _with_decisions(facts, reading, clock, planned)


def _with_decisions(
    facts: RuleFacts, reading: Reading, clock: frozenset[str], planned: frozenset[Treatment]
) -> RuleFacts:
    """Add what is decided about a clock, and what payers say about it and what is planned.

    An unknown product counts as every product.
    """
    decisions, policy = reading.decisions, reading.policy
    if not (
        decisions.overrides or decisions.authorizations or policy.payer or policy.payer_minimum
    ):
        return facts
    products = {product for _, product in planned}
    meant = [product for product in Product if product in products or None in products]
    rules = (rule for product in meant for rule in policy.payer_rules(clock, product))
    return facts._replace(
        overrides=tuple(o for o in decisions.overrides if o.indication in clock),
        payer=tuple(dict.fromkeys(rules)),
        approved=tuple(
            a for a in decisions.authorizations if a.indication in clock and a.product in meant
        ),
    )


def _doubtful_minimums(reading: Reading) -> Iterator[StatedMinimum]:
    """Yield the minimums of decisions and payer's rules under an unknown indication."""
    for override in reading.decisions.overrides:
        if not reading.recognizes(override.indication):
            # A usual range can open days where nothing states a minimum: its first day counts too.
            first_usual = None if override.usual is None else override.usual.first
            for interval in filter(None, (override.minimum, first_usual)):
                yield StatedMinimum(override.first, override.last, interval)
    for approved in reading.decisions.authorizations:
        if approved.minimum_interval and not reading.recognizes(approved.indication):
            valid = approved.valid
            yield StatedMinimum(valid.first, valid.last, approved.minimum_interval)
    for rule in reading.policy.payer:
        if rule.minimum and not reading.is_known_name(rule.indication):
            yield StatedMinimum(rule.first, rule.last, rule.minimum)


def doubtful_days(reading: Reading) -> list[date]:
    """Return the days of sessions, here or elsewhere, under an unknown indication.

    The last day of a course elsewhere counts even where it lies ahead: it is a latest day.
    """
    elsewhere = [
        day
        for prior in reading.record.prior_treatments
        if (day := open_end(prior.last_on)) is not None and not reading.recognizes(prior.indication)
    ]
    return sorted([*(s.administered_on for s in reading.history.unrecognized), *elsewhere])


def doubt_ends_on(track: Track, day: date) -> date:
    """Return the first day that no session under an unknown indication leaves open.

    Nothing else is known of such a session, so any known minimum may count from it, and any that
    a decision in force on *day* states.
    """
    reading, policy = track.reading, track.policy
    if _always_doubtful(reading):
        return date.max
    longest = [*longest_minimums(reading.known), *_stated_minimums(track, day)]
    days = doubtful_days(reading)
    ends = (i.added_to(day, policy.short_month) for i in longest for day in days)
    return max(ends, default=date.min)


def _stated_minimums(track: Track, day: date) -> Iterator[Interval]:
    """Yield the minimums of payer's rules, and those of decisions about the clock on a day."""
    policy, decisions = track.policy, track.reading.decisions
    stated = [policy.payer_minimum, *(rule.minimum for rule in policy.payer)]
    stated += [
        override.minimum
        for override in decisions.overrides
        if is_within(override.first, day, override.last)
        and concerns(track.reading, override.indication, track.clock)
    ]
    stated += [
        approved.minimum_interval
        for approved in decisions.authorizations
        if day in approved.valid and concerns(track.reading, approved.indication, track.clock)
    ]
    yield from filter(None, stated)


def _doubtful_from(reading: Reading, last: CycleSessions) -> tuple[date, ...]:
    """The days from which sessions under an unknown indication count.

    Such a session may have been the last of the track, and touch-ups after it may belong to it:
    it counts from the last injection where no full session came clearly after it.
    """
    # A touch-up that only counts as a full session says nothing about what came before it.
    is_full = last.full_sessions[-1].kind is SessionKind.FULL
    within = reading.policy.group_within_days
    return tuple(
        day
        if is_full and (last.anchored_on - day).days > within
        else max(day, last.last_injected_on)
        for day in doubtful_days(reading)
    )


def _always_doubtful(reading: Reading) -> bool:
    """Whether a course elsewhere under an unknown indication has no last day in the calendar."""
    return any(
        prior.was_given
        and open_end(prior.last_on) is None
        and not reading.recognizes(prior.indication)
        for prior in reading.record.prior_treatments
    )


def _status(
    reading: Reading,
    holds: HoldCalendar,
    care: Care,
    rules: IntervalRules | None,
    dates: TrackDates | None,
) -> DueStatus:
    as_of = reading.as_of
    if care.status is not None:
        return care.status
    if holds.covers(as_of):
        return DueStatus.ON_HOLD
    if rules is None or dates is None:
        return DueStatus.NO_HISTORY
    decided = _without_what_lies_ahead(rules, holds, dates, as_of)
    return status_on(decided.boundaries, as_of)


def _without_what_lies_ahead(
    rules: IntervalRules, holds: HoldCalendar, dates: TrackDates, as_of: date
) -> TrackDates:
    """The dates that decide the status: a hold or discharge ahead does not change it."""
    begun = [hold for hold in holds.known if hold.first <= as_of]
    if rules.facts.ends_on is None and len(begun) == len(holds.known):
        return dates
    open_ended = interval_rules(rules.facts._replace(ends_on=None))
    return track_dates(open_ended, HoldCalendar(begun), as_of)
