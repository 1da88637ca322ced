"""Everything that bears on one track of one patient on a day, read once for all questions."""

from collections.abc import Iterable
from datetime import date

from botox_schedule.engine.cycles import CycleJudge, previous_products, prior_cycles
from botox_schedule.engine.limits import KnownTrack
from botox_schedule.engine.rules import ProtocolShelf, RuleBook
from botox_schedule.engine.session import DueDates
from botox_schedule.engine.windows import TrackDates, track_dates
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.findings import Finding, about
from botox_schedule.records.history import Track, read_history, read_track
from botox_schedule.records.model import CareEnd, PatientRecord, TreatmentSession
from botox_schedule.terms import CareEndKind, DueStatus, FindingCode

__all__ = ["SILENT", "Situation"]

SILENT = frozenset({DueStatus.DECEASED, DueStatus.DISCONTINUED, DueStatus.ON_HOLD})


class Situation:
    """One track as of one day: its cycles, its rules, its holds, whether care has ended.

    Attributes:
        silence: The status that leaves every date away, or None.
        found: The dates of the track, or None while there are none to give.
    """

    def __init__(
        self,
        record: PatientRecord,
        protocol: TreatmentProtocol,
        as_of: date,
        policy: SchedulingPolicy,
        other_protocols: Iterable[TreatmentProtocol],
    ) -> None:
        self.record = record
        self.protocol = protocol
        self.as_of = as_of
        self.policy = policy
        self.shelf = ProtocolShelf(protocol, other_protocols)
        self.history = read_history(record, as_of)
        self.findings: list[Finding] = []
        self.track: Track = read_track(self.history, protocol.clock, policy.group_within_days)
        self.judge = CycleJudge(record, self.shelf, policy, as_of)
        self.holds = self.judge.holds
        self.prior_cycles = prior_cycles(record, protocol.clock)
        self.ended = self._care_end()
        self.book = self._rule_book()
        self.silence = self._silence()
        self.found = self._dates()
        self.known = KnownTrack(record, self.history, self.track, policy, as_of)

    @property
    def anchor(self) -> date | None:
        """The day the dates count from."""
        groups = self.track.groups
        return groups[-1].anchored_on if groups else None

    def _silence(self) -> DueStatus | None:
        if self.ended is not None:
            deceased = self.ended.kind is CareEndKind.DECEASED
            return DueStatus.DECEASED if deceased else DueStatus.DISCONTINUED
        if self.holds.covers(self.as_of):
            return DueStatus.ON_HOLD
        return DueStatus.NO_HISTORY if self.book is None else None

    def _dates(self) -> TrackDates | None:
        if self.silence is not None or self.book is None or self.anchor is None:
            return None
        return track_dates(self.book, self.holds, self.anchor, self.as_of)

    def due_dates(self) -> DueDates:
        """Return the four dates, with the protocol and the unverified figures they rest on."""
        found = self.found
        if found is None or found.earliest is None:
            return DueDates(protocol=self.protocol.ref)
        return DueDates(
            earliest=found.earliest,
            due=found.held.due,
            overdue_from=found.held.overdue_from,
            lapsed_from=found.held.lapsed_from,
            protocol=found.rules.protocol.ref,
            unverified=_unverified(found),
        )

    @property
    def next_booking(self) -> TreatmentSession | None:
        """The next booked session, from the day of the question on."""
        ahead = (s for s in self.track.booked if s.administered_on >= self.as_of)
        return next(ahead, None)

    def last_findings(self) -> list[Finding]:
        """Return what is to be looked at about the cycle that the last session opened."""
        groups = self.track.groups
        if not groups:
            return []
        return self.judge.findings(groups[-2] if len(groups) > 1 else None, groups[-1])

    def _care_end(self) -> CareEnd | None:
        """The end of care in force: a death, else a discontinuation that nothing reopened."""
        clock = self.protocol.clock
        ends = [
            end
            for end in self.record.care_ends
            if end.on <= self.as_of and (end.indication is None or end.indication in clock)
        ]
        deaths = [end for end in ends if end.kind is CareEndKind.DECEASED]
        if deaths:
            return min(deaths, key=lambda end: end.on)
        last = max(ends, key=lambda end: end.on, default=None)
        if last is None:
            return None
        resumed = [
            session
            for group in self.track.groups
            for session in group.sessions
            if session.administered_on > last.on
        ]
        if not resumed:
            return last
        message = "a completed session lies after care was discontinued; it reopens care"
        self.findings.append(about(FindingCode.CARE_RESUMED, message, resumed[:1]))
        return None

    def _rule_book(self) -> RuleBook | None:
        if not self.track.groups:
            return None
        last = self.track.groups[-1]
        planned = {self.protocol.product}
        missing: list[Finding] = []
        previous = previous_products(last, set(planned), self.shelf, missing)
        self.findings += missing
        switched = [s for s in last.parts if s.product is not None and s.product not in planned]
        if switched:
            message = "the planned product is not the one given last; the stricter minimum counts"
            self.findings.append(about(FindingCode.PRODUCT_SWITCH, message, switched))
        return RuleBook(
            [self.shelf.versions],
            previous,
            self.judge.overrides,
            self.policy,
            last.counted_from(touch_ups_count=self.policy.touch_up_moves_earliest),
        )


def _unverified(found: TrackDates) -> tuple[str, ...]:
    """The unverified figures that the dates rest on: not those that an override replaces."""
    rules = found.rules
    labels = [m.protocol for m in rules.minimums if m.protocol is not None]
    rests = any("minimum" in protocol.unverified_retreatment for protocol in labels)
    own_usual = rules.usual is not None and rules.usual_override is None
    usual = own_usual and "usual" in rules.protocol.unverified_retreatment
    return ("minimum",) * rests + ("usual",) * usual
