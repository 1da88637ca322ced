"""A track: one patient, one clock, one day. Every answer about a record comes from its tracks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from botox_schedule.dates.days import LAST_PLACEHOLDER, is_placeholder_day
from botox_schedule.engine.dates import TrackDates, first_allowed, status_on, track_dates
from botox_schedule.engine.doubts import doubt_ends_on, doubts_after
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.engine.reading import Course, PriorCourse, Reading, concerns, course_of
from botox_schedule.engine.rules import (
    IntervalRules,
    RuleFacts,
    RulesOn,
    Treatment,
    interval_rules,
    label_rules,
)
from botox_schedule.errors import UnknownProtocolError
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import Followed, ProtocolSet, version_on
from botox_schedule.protocols.model import ExpectedResponse, ProtocolRef, TreatmentProtocol
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.history import CycleSessions, History
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import (
    DayReasonCode,
    DueStatus,
    FindingCode,
    Population,
    Product,
    SessionKind,
)

UNRESOLVED_AFTER_DAYS = 2
"""A past booking makes a finding only after more than so many days: results come in late."""


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


_IN_CARE = Care(None, None, None, None)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnyTrack:
    """One patient, one clock, one day, whether or not a protocol is known.

    Attributes:
        reading: What is known of the patient on the day.
        indication: What is treated.
        clock: The indications whose sessions count from one anchor.
        cycles: The cycles that are recorded here.
        prior: The cycles given elsewhere.
        last: The cycle that the dates count from; None without history.
        holds: The days on hold.
        care: Whether and when care ends.
        rules: The rules after it; None without history or protocol.
        dates: The dates; None without history or protocol, or after the end of care.
        status: Where the day falls among the dates, or what precedes them.
    """

    reading: Reading
    indication: str
    clock: frozenset[str]
    cycles: list[CycleSessions]
    prior: PriorCourse
    last: CycleSessions | None
    holds: HoldCalendar
    care: Care
    rules: IntervalRules | None
    dates: TrackDates | None
    status: DueStatus

    @property
    def ref(self) -> ProtocolRef | None:
        """The short form of the protocol; None where none is known."""
        return None

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

    @property
    def ref(self) -> ProtocolRef:
        """The short form of the protocol."""
        return self.protocol.ref


def track_in(reading: Reading, protocol: TreatmentProtocol, course: Course | None = None) -> Track:
    """Return the track of a protocol: history, cycles, holds, care, rules, dates, status.

    Args:
        reading: What is known of the patient.
        protocol: The protocol.
        course: The treatment of its clock, where it was found already.
    """
    if course is None:
        clock = reading.known.clock(protocol.indication, protocol.population, protocol.region)
        course = course_of(reading, clock)
    clock, last = course.clock, course.last
    holds, care = _holds(reading, clock), _care(reading, clock, course.cycles)
    rules = dates = None
    if last is not None:
        rules = interval_rules(rule_facts(reading, protocol, clock, last, care))
        dates = track_dates(rules, holds, reading.as_of) if care.status is None else None
    status = _status(reading, holds, care, rules, dates)
    return Track(reading, protocol.indication, *course, holds, care, rules, dates, status, protocol)


def is_held_open(track: AnyTrack) -> bool:
    """Return whether a track is on hold without a known end: then nothing is dated."""
    return track.status is DueStatus.ON_HOLD and track.resumes_on is None


def is_second_part(track: AnyTrack, day: date) -> bool:
    """Return whether a session on a day would belong to the last one, not open a cycle."""
    return track.rules is not None and track.rules.is_part_of_last_session(day)


def opens_next(track: AnyTrack, booked: TreatmentSession) -> bool:
    """Return whether a booked visit is to be the next session, which another day may replace."""
    return opens_cycle(booked) and not is_second_part(track, booked.administered_on)


def protocol_of_session(track: Track, session: TreatmentSession) -> TreatmentProtocol:
    """Return the version that was in force for a session, else the track's protocol.

    Where that is for another product, it says nothing of the response.
    """
    given, product = track.protocol, session.product or track.protocol.product
    families = track.known.find(session.indication, product, given.population, given.region)
    versions = families[0] if families else track.known.versions(given)
    found = version_on(versions, session.administered_on) or given
    return found if found.product is product else _without_response(found)


@lru_cache(maxsize=256)
def _without_response(protocol: TreatmentProtocol) -> TreatmentProtocol:
    return protocol.model_copy(update={"response": ExpectedResponse()})


def last_treatment(track: AnyTrack) -> tuple[date, TreatmentProtocol] | None:
    """Return the day of the last session, and its protocol in the version in force on that day.

    None without a session or without a known protocol, and after a death.
    """
    if not isinstance(track, Track) or track.last is None or track.status is DueStatus.DECEASED:
        return None
    return track.last.anchored_on, protocol_of_session(track, track.last.full_sessions[-1])


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
    course = course_of(reading, frozenset({indication}))
    holds = _holds(reading, course.clock)
    care = _care(reading, course.clock, course.cycles)
    held = DueStatus.ON_HOLD if holds.covers(reading.as_of) else DueStatus.NO_INTERVAL
    return AnyTrack(reading, indication, *course, holds, care, None, None, care.status or held)


def _holds(reading: Reading, clock: frozenset[str]) -> HoldCalendar:
    known = reading.decisions.holds
    if not known:
        return NO_HOLDS
    return HoldCalendar(hold for hold in known if concerns(reading, hold.indication, clock))


def _care(reading: Reading, clock: frozenset[str], cycles: list[CycleSessions]) -> Care:
    decisions, as_of = reading.decisions, reading.as_of
    if not decisions.discharges and not decisions.deaths:
        return _IN_CARE
    ends = [e.on for e in decisions.discharges if concerns(reading, e.indication, clock)]
    # A placeholder of the year 9999 is no day ahead: care has ended, on an unknown day.
    days = [LAST_PLACEHOLDER if is_placeholder_day(day) else day for day in ends if day is not None]
    ahead = min((day for day in days if day > as_of), default=None)
    if decisions.deaths:
        return Care(DueStatus.DECEASED, ahead, decisions.died_on, None)
    ended_on = max((day for day in days if day <= as_of), default=None)
    if ended_on is None:
        return Care(None, ahead, None, None)
    resumed = [s for cycle in cycles for s in cycle.sessions if s.administered_on > ended_on]
    if not resumed:
        return Care(DueStatus.DISCONTINUED, ahead, ended_on, None)
    since = [cycle for cycle in cycles if cycle.anchored_on > ended_on]
    first = min(resumed, key=lambda s: s.administered_on)
    is_news = len(since) <= 1 or is_placeholder_day(ended_on)
    return Care(None, ahead, None, first if is_news else None)


def rule_facts(
    reading: Reading,
    protocol: TreatmentProtocol,
    clock: frozenset[str],
    last: CycleSessions,
    care: Care,
) -> RuleFacts:
    """Return what the rules after the last cycle of a track depend on."""
    planned: frozenset[Treatment] = frozenset({(protocol.indication, protocol.product)})
    return facts_after(reading, protocol, clock, last, planned)._replace(
        first_on=None if last.is_elsewhere else last.first_on,
        doubts=doubts_after(reading, last),
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


class DayVerdict(NamedTuple):
    """What the rules say about one day, without the words.

    Attributes:
        allowed: Whether they allow it; None where a person must decide.
        codes: Why.
        rules: What is in force on the day; None without history.
    """

    allowed: bool | None
    codes: tuple[DayReasonCode, ...]
    rules: RulesOn | None


def judge_day(track: Track, day: date) -> DayVerdict:
    """Return what the rules in force on *day* say about it."""
    in_force = None if track.rules is None else track.rules.on(day)
    if forbids := tuple(refusals(track, day)):
        return DayVerdict(allowed=False, codes=forbids, rules=in_force)
    if doubts := tuple(_doubts(track, day, in_force)):
        return DayVerdict(allowed=None, codes=doubts, rules=in_force)
    return DayVerdict(allowed=True, codes=(DayReasonCode.ALLOWED,), rules=in_force)


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


def _doubts(track: Track, day: date, in_force: RulesOn | None) -> Iterable[DayReasonCode]:
    """Why a day that nothing forbids is not simply allowed."""
    if in_force is None or track.rules is None:
        yield DayReasonCode.NO_HISTORY
        if day < doubt_ends_on(track.reading, track.clock, day):
            yield DayReasonCode.UNRECOGNIZED_SESSION
        return
    if track.rules.is_part_of_last_session(day):
        yield DayReasonCode.SAME_SESSION
    if in_force.doubtful_until is not None and day < in_force.doubtful_until:
        yield DayReasonCode.UNRECOGNIZED_SESSION
    if in_force.advising is not None and day < in_force.advising.gives:
        yield DayReasonCode.ADVISORY
    if in_force.opens_on is None or (not in_force.states_own and day < in_force.opens_on):
        yield DayReasonCode.NO_INTERVAL


def booking_verdict(track: AnyTrack, day: date) -> bool | None:
    """Return whether a day is allowed, by the rules of everything that is booked for it too."""
    if not isinstance(track, Track):
        return None
    booked = [session for session in track.booked_visits if session.administered_on == day]
    others = [other for session in booked for other in planned_otherwise(track, session)]
    verdicts = {judge_day(each, day).allowed for each in (track, *others)}
    return False if False in verdicts else None if None in verdicts else True


def next_allowed(track: Track, day: date) -> date | None:
    """Return the first allowed day on or after *day*; None where none is known."""
    if track.care.status is not None or track.rules is None:
        return None
    return first_allowed(track.rules, track.holds, day)


def day_in_question(track: AnyTrack, booked: TreatmentSession | None) -> date:
    """The booking's day, else the due day, else the earliest, never before the question's."""
    if booked is not None:
        return booked.administered_on
    dates = track.dates
    next_on = None if dates is None else dates.due or dates.earliest
    return max(track.as_of, next_on or track.as_of)


_T_co = TypeVar("_T_co", bound=AnyTrack, covariant=True)


class Asked(NamedTuple, Generic[_T_co]):
    """A track of a record, and findings about how its protocol was chosen."""

    track: _T_co
    findings: tuple[Finding, ...] = ()


def tracks_of(
    reading: Reading, region: str, population: Population | None
) -> list[Asked[AnyTrack]]:
    """Return all tracks of a record, in order of their indications."""
    # Of each clock, the last of its names in :func:`_indications`.
    names = {clock_of(reading, n, region, population): n for n in _indications(reading)}
    return [_track(reading, name, region, population) for name in sorted(names.values())]


def _track(
    reading: Reading, name: str, region: str, population: Population | None
) -> Asked[AnyTrack]:
    if _first_protocol(reading, name, region, population) is None:
        return Asked(without_protocol(reading, name))
    return track_named(reading, name, reading.as_of, region, population)


def track_named(
    reading: Reading, name: str, on: date, region: str, population: Population | None = None
) -> Asked[Track]:
    """Return the track of an indication with the protocol for the product given last.

    Args:
        reading: What is known of the patient.
        name: A slug, title or alias.
        on: The day whose age and versions decide.
        region: The region of the protocol.
        population: Decides instead of the age.

    Raises:
        UnknownProtocolError: When no protocol is known for the indication.
    """
    known, born_on = reading.known, reading.record.born_on
    slug = known.indication_named(name)
    asked = {"born_on": born_on, "on": on, "region": region, "population": population}
    first = _followed(known, slug, (), **asked)
    course = course_of(reading, known.clock(slug, first.protocol.population, region))
    last = [] if course.last is None else course.last.full_sessions
    followed = _followed(known, slug, tuple([session.product for session in last]), **asked)
    return track_by(reading, followed, course)


def track_by(reading: Reading, followed: Followed, course: Course | None = None) -> Asked[Track]:
    """Return the track of a protocol that was chosen, as :func:`track_in`, and how it was chosen."""
    found = tuple(_followed_findings(followed))
    return Asked(track_in(reading, followed.protocol, course), found)


_followed = lru_cache(maxsize=4096)(ProtocolSet.followed)


def _followed_findings(followed: Followed) -> Iterator[Finding]:
    """Yield the findings about how a protocol was chosen."""
    if not followed.is_own:
        message = "no protocol is known for the product given last; the strictest other one judges"
        yield make_finding(FindingCode.JUDGED_BY_ANOTHER_PROTOCOL, message)
    if followed.age_decides:
        message = (
            "the age, which decides between protocols, is unknown; the patient counts as adult"
        )
        yield make_finding(FindingCode.AGE_UNKNOWN, message)


def _indications(reading: Reading) -> list[str]:
    """The indications of a record's rows; what was completed last comes last."""
    history, others = reading.history, reading.policy.other_indications
    # Row order must not matter.
    unused = (*history.missed, *history.other, *history.later, *history.undated_visits)
    planned = sorted((s.administered_on, s.indication) for s in unused)
    priors = [prior for prior in reading.record.prior_treatments if prior.was_given]
    dated = [(p.last_on, p.indication) for p in priors if p.last_on and p.last_on <= reading.as_of]
    given = sorted(dated) + [(s.administered_on, s.indication) for s in history.completed]
    rows = [
        *sorted(prior.indication for prior in priors),
        *(indication for _, indication in planned),
        *(s.indication for s in history.booked),
        *(s.indication for s in (*history.after_death, *history.unrecognized)),
        # A session here comes after a course elsewhere that ended on its day.
        *(indication for _, indication in sorted(given, key=itemgetter(0))),
    ]
    # A declared indication has no track of its own, unless it is known or there is no other.
    own = [name for name in rows if name not in others or reading.known.recognizes(name)]
    return own or [*_decided(reading), *rows]


def _decided(reading: Reading) -> list[str]:
    """The indications that decisions name: a patient who was never treated has no other."""
    decided = [row.indication for row in reading.decisions.about_clocks if row.indication]
    return sorted([*decided, *(prior.indication for prior in reading.record.prior_treatments)])


def clock_of(
    reading: Reading, name: str, region: str, population: Population | None
) -> frozenset[str]:
    """Return the clock of an indication for the patient; without a protocol the indication alone."""
    first = _first_protocol(reading, name, region, population)
    if first is None:
        return frozenset({name})
    return reading.known.clock(name, first.population, region)


def _first_protocol(
    reading: Reading, name: str, region: str, population: Population | None
) -> TreatmentProtocol | None:
    """A protocol for the indication of a row, whatever was given; None where none is known."""
    if not reading.known.recognizes(name):
        return None  # An alias in a row is no known name: its sessions belong to no clock.
    on, born_on = reading.as_of, reading.record.born_on
    asked = {"born_on": born_on, "on": on, "region": region, "population": population}
    try:
        return _followed(reading.known, name, (), **asked).protocol
    except UnknownProtocolError:
        return None
