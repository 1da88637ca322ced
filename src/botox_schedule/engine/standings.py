"""Where the tracks of many records stand; a situation that many patients are in is judged once."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from botox_schedule.dates.days import age_on, near
from botox_schedule.engine.cycles import CycleJudgment, judge_cycle, last_cycle_findings
from botox_schedule.engine.findings import later_sessions, track_findings
from botox_schedule.engine.reading import Reading, read_record
from botox_schedule.engine.standing import Phases, Standing, clear_of, found_in, standing_of
from botox_schedule.engine.track import Track
from botox_schedule.engine.tracks import RecordTrack, tracks_of
from botox_schedule.engine.verdict import day_in_question
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import ProtocolSet, age_cuts
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.history import NO_DECISIONS, CycleSessions, History, cycles_of
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import Population, Product, SessionKind

_AHEAD_DAYS = 3650
"""An age that changes what holds so many days ahead is a situation of its own."""
_Course = tuple[tuple[date, Product | None, SessionKind, Decimal | None], ...]


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
        self._phases = Phases()
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
            return [self._alone(reading, found, acknowledged) for found in tracks]
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

    def _alone(self, reading: Reading, found: RecordTrack, acknowledged: frozenset[str]) -> Placed:
        standing = standing_of(reading, found, self._phases, acknowledged, with_limits=True)
        clear = clear_of(found.track)
        return Placed(standing._replace(today_keys=()), clear, standing.today_keys)

    def followed(self, record: PatientRecord, indication: str) -> tuple[Reading, RecordTrack]:
        """Return what is known of a patient, and the track that :meth:`of` names so."""
        reading = read_record(record, self._as_of, self._policy, self._known)
        tracks = tracks_of(reading, *self._where)
        return reading, next(found for found in tracks if found.indication == indication)

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
        if found.track is None:
            return None
        findings = (
            *found.findings,
            *track_findings(found.track, last_cycle_findings(found.track, None)),
        )
        if any(each.key != make_finding(each.code, each.message).key for each in findings):
            return None
        if day_in_question(found.track, None) > self._far:
            return None
        standing = standing_of(reading, found, self._phases)
        return _Shared(found.track, findings, standing, clear_of(found.track), {}, {})

    def _age(self, born_on: date) -> object:
        """The ages that no protocol tells apart, or the day of birth where another age is near."""
        if born_on not in self._ages:
            ages = age_on(born_on, self._as_of), age_on(born_on, self._far)
            group, later = (bisect_right(self._cuts, age) for age in ages)
            self._ages[born_on] = group if group == later else born_on
        return self._ages[born_on]


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
