"""Where tracks stand, as flat rows without sentences, for lists of many patients.

A situation that many patients are in is judged once.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from botox_schedule.dates.days import Period, age_on, is_within, joined, near, open_end
from botox_schedule.engine.cycles import (
    CycleJudgment,
    judge_cycle,
    last_cycle_findings,
    last_judgment,
)
from botox_schedule.engine.dates import first_allowed, unbroken
from botox_schedule.engine.findings import later_sessions, next_look, track_findings
from botox_schedule.engine.limits import is_clear, limit_answers, touch_up_findings
from botox_schedule.engine.reading import Reading, read_record
from botox_schedule.engine.response import phase_after
from botox_schedule.engine.track import (
    AnyTrack,
    Asked,
    Track,
    day_in_question,
    last_treatment,
    tracks_of,
)
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import ProtocolSet, age_cuts
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.history import NO_DECISIONS, CycleSessions, History, cycles_of
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import (
    DueStatus,
    FindingCode,
    FindingNeeds,
    Population,
    Product,
    ResponsePhase,
    SessionKind,
)

_AHEAD_DAYS = 3650
"""An age that changes what holds so many days ahead is a situation of its own."""
_Course = tuple[tuple[date, Product | None, SessionKind, Decimal | None], ...]


class Standing(NamedTuple):
    """Where a track stands on a day; the fields mean what a forecast's do.

    Attributes:
        indication: What is treated.
        product: The planned product; None where no protocol is known.
        protocol_id: The protocol of the planned treatment.
        protocol_version: Its version.
        status: Where the day falls among the four dates, or what precedes them.
        phase: What is expected of the response.
        earliest: First allowed day.
        due: First allowed day of the usual range.
        overdue_from: First overdue day.
        lapsed_from: First day on which the patient counts as lapsed.
        typical_on: The day of one statistic or duration; it makes nobody due.
        last_chance_on: The last day before a hold, a discharge, a stricter rule or the end of an
            authorization that is known; None where nothing ends.
        resumes_on: First day after the hold that the track is on.
        review_on: When somebody should review that hold.
        not_before: The day before which a minimum forbids a track that has no dates; None where it
            has dates, and from that day on.
        last_session_on: The day that the dates count from.
        cycle_number: The cycle that the last session opened.
        booked_on: The next booked day.
        codes: The codes of the findings; those about limits only if limits were checked.
        acknowledged: Those of them whose findings somebody has acknowledged.
        judgment: How the last recorded cycle compares with the one before.
        today_keys: The keys of findings that need a person today and are not acknowledged.
    """

    indication: str
    product: Product | None
    protocol_id: str | None
    protocol_version: str | None
    status: DueStatus
    phase: ResponsePhase | None
    earliest: date | None
    due: date | None
    overdue_from: date | None
    lapsed_from: date | None
    typical_on: date | None
    last_chance_on: date | None
    resumes_on: date | None
    review_on: date | None
    not_before: date | None
    last_session_on: date | None
    cycle_number: int | None
    booked_on: date | None
    codes: frozenset[FindingCode]
    acknowledged: frozenset[FindingCode] = frozenset()
    judgment: CycleJudgment | None = None
    today_keys: tuple[str, ...] = ()

    @property
    def pressing(self) -> frozenset[FindingCode]:
        """The codes of findings that need a person today and are not acknowledged."""
        return today_of(self.codes - self.acknowledged)


_TODAY = frozenset(code for code in FindingCode if code.needs is FindingNeeds.TODAY)


def today_of(codes: Iterable[FindingCode]) -> frozenset[FindingCode]:
    """Return the codes that need a person today."""
    return _TODAY.intersection(codes)


def standing_of(
    found: Asked[AnyTrack],
    acknowledged: frozenset[str] = frozenset(),
    *,
    with_limits: bool = False,
) -> Standing:
    """Return where a track of a record stands on its day.

    Args:
        found: The track.
        acknowledged: The keys of findings that somebody has acknowledged.
        with_limits: Whether the booked units are checked against the limits.
    """
    track = found.track
    protocol = track.protocol if isinstance(track, Track) else None
    dates, booked, judgment = track.dates, track.next_booking, last_judgment(track)
    earliest, due, overdue_from, lapsed_from = dates.boundaries if dates else (None,) * 4
    told = track_findings(track, last_cycle_findings(track, judgment))
    limits = _about_limits(track) if with_limits else ()
    return Standing(
        indication=track.indication,
        product=None if protocol is None else protocol.product,
        protocol_id=None if protocol is None else protocol.id,
        protocol_version=None if protocol is None else protocol.version,
        status=track.status,
        phase=_phase(track),
        earliest=earliest,
        due=due,
        overdue_from=overdue_from,
        lapsed_from=lapsed_from,
        typical_on=None if dates is None else dates.typical_on,
        last_chance_on=last_chance_on(track),
        resumes_on=track.resumes_on,
        review_on=next_look(track),
        not_before=_not_before(track),
        last_session_on=track.anchor,
        cycle_number=track.cycle_number,
        booked_on=None if booked is None else booked.administered_on,
        judgment=judgment,
        **found_in((*found.findings, *told, *limits), acknowledged),
    )


def clear_of(
    track: AnyTrack, planned: TreatmentSession | None = None, *, with_limits: bool = True
) -> bool | None:
    """Return whether the day of what is planned, else the next day in question, is clear.

    Args:
        track: The track.
        planned: What is planned; by default the next booking.
        with_limits: Whether limits are checked; without them no day is clear.
    """
    booked = planned or track.next_booking
    day = day_in_question(track, booked)
    checks = limit_answers(track, day, None)[0] if with_limits else ()
    return is_clear(track, day, checks)


def found_in(findings: Sequence[Finding], acknowledged: frozenset[str]) -> dict[str, Any]:
    """Return what a standing says of its findings."""
    codes = frozenset(finding.code for finding in findings)
    open_ = [finding for finding in findings if finding.key not in acknowledged]
    today = {finding.key for finding in open_ if finding.needs is FindingNeeds.TODAY}
    return {
        "codes": codes,
        "acknowledged": codes.difference(finding.code for finding in open_),
        "today_keys": tuple(sorted(today)),
    }


def _phase(track: AnyTrack) -> ResponsePhase | None:
    """What is expected of the response; None without a session or a protocol."""
    given = last_treatment(track)
    return given and phase_after(*given, track.policy, track.as_of)


def _about_limits(track: AnyTrack) -> tuple[Finding, ...]:
    booked, told = track.next_booking, touch_up_findings(track)
    return told if booked is None else told + limit_answers(track, booked.administered_on, None)[1]


def _not_before(track: AnyTrack) -> date | None:
    if track.rules is None or track.status is not DueStatus.NO_INTERVAL:
        return None
    deciding = track.rules.on(track.as_of).deciding
    return None if deciding is None or deciding.gives <= track.as_of else deciding.gives


def last_chance_on(track: AnyTrack) -> date | None:
    """Return the last day of the next unbroken run of days on which the patient may come.

    A known hold, a discharge, a stricter rule, or the end of the authorization ends it; None
    where nothing does, or no day is allowed.
    """
    if track.rules is None or track.dates is None or track.dates.earliest is None:
        return None
    earliest = track.dates.earliest
    # The run of days that gives the earliest one has a free day from as_of on.
    first = first_allowed(track.rules, track.holds, max(track.as_of, earliest)) or earliest
    ends = [unbroken(track.rules, track.holds, first, date.max, first).last]
    # A renewal that begins on the day after continues what it renews.
    approved = [a.valid for a in track.rules.facts.approved]
    covered = joined(Period(days.first, open_end(days.last)) for days in approved)
    ends += [end for begin, end in covered if end is not None and is_within(begin, first, end)]
    return None if min(ends) == date.max else min(ends)


class Placed(NamedTuple):
    """Where a track stands.

    Attributes:
        standing: Where it stands, without keys: many tracks share it.
        clear: Whether the next day in question is clear.
        today_keys: The keys of findings that need a person today and are not acknowledged.
    """

    standing: Standing
    clear: bool | None
    today_keys: tuple[str, ...]


class _Shared(NamedTuple):
    """What is the same for all tracks in a situation; the rest by what tells them apart."""

    track: Track
    findings: tuple[Finding, ...]
    standing: Standing
    clear: bool | None
    judged: dict[_Course, CycleJudgment]
    standings: dict[tuple[object, ...], Standing]

    def judgment(self, cycles: Sequence[CycleSessions]) -> CycleJudgment:
        """How the last of some cycles compares with the one before."""
        previous = cycles[-2] if len(cycles) > 1 else None
        course = () if previous is None else _course(previous.sessions)
        if (known := self.judged.get(course)) is not None:
            return known
        found = judge_cycle(self.track, previous, cycles[-1])
        # Findings name the rows of one patient.
        return found if found.findings else self.judged.setdefault(course, found)


class Standings:
    """Where the tracks of records stand on a day.

    The tracks of a plain course depend on its last cycle, on what limits still count, and on the
    age; how that cycle compares with the one before is judged for each.
    """

    def __init__(
        self,
        as_of: date,
        policy: SchedulingPolicy,
        known: ProtocolSet,
        region: str,
        population: Population | None,
    ) -> None:
        self._as_of, self._policy, self._known = as_of, policy, known
        self._where = region, population
        self._far = near(as_of, _AHEAD_DAYS)
        self._shared: dict[tuple[object, str, _Course], _Shared | None] = {}
        self._cuts = age_cuts(known)
        windows = [w.window for p in known for limit in p.limits for w in limit.windows]
        self._longest = max((window.day_bounds[1] for window in windows), default=0)
        self._ages: dict[date, object] = {}

    def of(self, record: PatientRecord, acknowledged: frozenset[str]) -> list[Placed]:
        """Return where each track of a record stands, in order of their indications.

        Args:
            record: What happened.
            acknowledged: The keys of findings that somebody has acknowledged.
        """
        reading = read_record(record, self._as_of, self._policy, self._known)
        cycles = _plain_course(reading)
        shared = self._shared_by(reading, cycles) if cycles else None
        if shared is None:
            tracks = tracks_of(reading, *self._where)
            return [_alone(found, acknowledged) for found in tracks]
        judgment = shared.judgment(cycles)
        later = later_sessions(reading, shared.track.clock) if reading.history.later else ()
        findings = (*shared.findings, *judgment.findings, *later)
        own = found_in(findings, acknowledged)
        keys, own["today_keys"] = own["today_keys"], ()
        key = len(cycles), judgment, *own.values()
        if key not in shared.standings:
            own |= {"cycle_number": len(cycles), "judgment": judgment}
            shared.standings[key] = shared.standing._replace(**own)
        return [Placed(shared.standings[key], shared.clear, keys)]

    def followed(self, record: PatientRecord, indication: str) -> Asked[AnyTrack]:
        """Return the track of a patient that :meth:`of` names so."""
        reading = read_record(record, self._as_of, self._policy, self._known)
        tracks = tracks_of(reading, *self._where)
        return next(found for found in tracks if found.track.indication == indication)

    def _shared_by(self, reading: Reading, cycles: Sequence[CycleSessions]) -> _Shared | None:
        recent = self._recent(reading.history.completed, cycles)
        born_on = reading.record.born_on
        age = None if born_on is None else self._age(born_on)
        key = age, recent[0].indication, _course(recent)
        if key not in self._shared:
            self._shared[key] = self._judged(reading, recent)
        return self._shared[key]

    def _recent(
        self, given: list[TreatmentSession], cycles: Sequence[CycleSessions]
    ) -> list[TreatmentSession]:
        """The sessions of the last cycle, and of the cycles that a limit may still count."""
        first = len(cycles) - 1
        while first and (self._as_of - cycles[first - 1].last_injected_on).days < self._longest:
            first -= 1
        return given[-sum(len(cycle.sessions) for cycle in cycles[first:]) :]

    def _judged(self, reading: Reading, recent: list[TreatmentSession]) -> _Shared | None:
        """The answer for all tracks with these sessions; None where it names rows."""
        history = History(recent, [], [], [], [], [], [], [], [], [], ())
        reading = reading._replace(history=history)
        (found,) = tracks_of(reading, *self._where)
        track = found.track
        if not isinstance(track, Track):
            return None
        findings = (
            *found.findings,
            *track_findings(track, last_cycle_findings(track, None)),
        )
        if any(each.key != make_finding(each.code, each.message).key for each in findings):
            return None
        if day_in_question(track, None) > self._far:
            return None
        return _Shared(track, findings, standing_of(found), clear_of(track), {}, {})

    def _age(self, born_on: date) -> object:
        """The ages that no protocol tells apart, or the day of birth where another age is near."""
        if born_on not in self._ages:
            ages = age_on(born_on, self._as_of), age_on(born_on, self._far)
            group, later = (bisect_right(self._cuts, age) for age in ages)
            self._ages[born_on] = group if group == later else born_on
        return self._ages[born_on]


def _alone(found: Asked[AnyTrack], acknowledged: frozenset[str]) -> Placed:
    standing = standing_of(found, acknowledged, with_limits=True)
    return Placed(standing._replace(today_keys=()), clear_of(found.track), standing.today_keys)


def _course(sessions: Iterable[TreatmentSession]) -> _Course:
    """What rules can read of sessions of one indication: all but their ids."""
    return tuple([(s.administered_on, s.product, s.kind, s.units) for s in sessions])


def _plain_course(reading: Reading) -> list[CycleSessions]:
    """The cycles of a record that has completed sessions of one indication and nothing else."""
    record, history = reading.record, reading.history
    given = history.completed
    is_plain = (
        given
        and len(given) + len(history.later) == len(record.sessions)
        and len({session.indication for session in record.sessions}) == 1
        and reading.decisions is NO_DECISIONS
        and not (history.findings or record.prior_treatments or record.weights)
    )
    return cycles_of(given, reading.policy.group_within_days) if is_plain else []
