"""Looking back over a record: which cycles there were, and whether they were on time."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, Field

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.rules import ProtocolShelf, RuleBook
from botox_schedule.engine.session import usual_window
from botox_schedule.engine.windows import held_window
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.findings import Finding, about
from botox_schedule.records.history import Group, read_history, read_track
from botox_schedule.records.model import IntervalOverride, PatientRecord, TreatmentSession
from botox_schedule.terms import CycleTiming, FindingCode

__all__ = ["TreatmentCycle", "previous_products", "prior_cycles", "treatment_cycles"]

_NO_PRODUCT = "unknown"


class TreatmentCycle(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """One cycle: the session that opened it, and how it compares with the cycle before.

    Attributes:
        number: Its number in the course; cycles given elsewhere count.
        session_ids: The ids of its sessions, touch-ups included, as far as they have one.
        first_on: The day of its first part.
        anchored_on: The day of its last part, from which the next dates count.
        units: Units by product; None where a session's units are not known. The key of an
            unknown product is ``unknown``.
        interval_days: Days from the previous anchor to the first part, or None for the first.
        timing: How it compares with the cycle before; None where nothing says what on time is.
        short_by_days: Days before the minimum, or 0.
        late_by_days: Days after the end of the usual range where the timing is late, or 0.
        is_open: Whether no later cycle has begun.
        held: Whether a hold touched the days from the previous due day to the first part.
        findings: What a person should look at.
    """

    number: int
    session_ids: tuple[str, ...] = Field(repr=False)
    first_on: Day
    anchored_on: Day
    units: dict[str, Decimal | None]
    interval_days: int | None
    timing: CycleTiming | None
    short_by_days: int
    late_by_days: int
    is_open: bool
    held: bool
    findings: tuple[Finding, ...]


class _Judgment(NamedTuple):
    timing: CycleTiming | None
    short_by_days: int = 0
    late_by_days: int = 0
    held: bool = False


def treatment_cycles(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
) -> tuple[TreatmentCycle, ...]:
    """Return the cycles of the protocol's track up to *as_of*, each judged.

    Args:
        record: What happened.
        protocol: The track, and the rules of its own indication and product.
        as_of: The day for which the question is asked; later records are left out.
        policy: What the clinic or payer chose.
        other_protocols: Older versions, other products' and other indications' protocols.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[
    ...     {"administered_on": day, "indication": "chronic-migraine", "product": "Botox"}
    ...     for day in ("2026-01-05", "2026-03-29", "2026-07-06")
    ... ])
    >>> cycles = treatment_cycles(record, find_protocol("chronic-migraine"), as_of="2026-07-06")
    >>> [(str(c.timing), c.interval_days, c.short_by_days, c.late_by_days) for c in cycles]
    [('first', None, 0, 0), ('early', 83, 1, 0), ('late', 99, 0, 15)]
    """
    day = as_day(as_of, "as_of")
    policy = policy_or_default(policy)
    shelf = ProtocolShelf(protocol, other_protocols)
    history = read_history(record, day)
    groups = read_track(history, protocol.clock, policy.group_within_days).groups
    judge = CycleJudge(record, shelf, policy, day)
    before = prior_cycles(record, protocol.clock)
    return tuple(
        judge.cycle(
            groups[i - 1] if i else None, group, before + i + 1, is_open=i + 1 == len(groups)
        )
        for i, group in enumerate(groups)
    )


def prior_cycles(record: PatientRecord, clock: frozenset[str]) -> int:
    """Return how many cycles of the clock were given elsewhere."""
    return sum(prior.cycles for prior in record.prior_treatments if prior.indication in clock)


class CycleJudge:
    """Judges cycles of one track by the protocol, override and product in force on their day."""

    __slots__ = ("holds", "overrides", "policy", "shelf")

    def __init__(
        self, record: PatientRecord, shelf: ProtocolShelf, policy: SchedulingPolicy, as_of: date
    ) -> None:
        clock = shelf.given.clock
        self.shelf = shelf
        self.policy = policy
        self.holds = HoldCalendar(record.holds, clock, as_of)
        self.overrides: list[IntervalOverride] = [
            override for override in record.overrides if override.indication in clock
        ]

    def cycle(
        self, previous: Group | None, group: Group, number: int, *, is_open: bool
    ) -> TreatmentCycle:
        """Return the cycle of *group*, compared with *previous*."""
        judgment, findings = self._weighed(previous, group)
        sessions = group.sessions
        return TreatmentCycle(
            number=number,
            session_ids=tuple(s.id for s in sessions if s.id is not None),
            first_on=group.first_on,
            anchored_on=group.anchored_on,
            units=_units(sessions),
            interval_days=None
            if previous is None
            else (group.first_on - previous.anchored_on).days,
            timing=judgment.timing,
            short_by_days=judgment.short_by_days,
            late_by_days=judgment.late_by_days,
            is_open=is_open,
            held=judgment.held,
            findings=tuple(findings),
        )

    def findings(self, previous: Group | None, group: Group) -> list[Finding]:
        """Return what is to be looked at about the cycle of *group*."""
        return self._weighed(previous, group)[1]

    def _weighed(self, previous: Group | None, group: Group) -> tuple[_Judgment, list[Finding]]:
        findings = [*_data_findings(group, self.holds)]
        if previous is None:
            return _Judgment(CycleTiming.FIRST), findings
        return self._judged(previous, group, findings), findings

    def _judged(self, previous: Group, group: Group, findings: list[Finding]) -> _Judgment:
        day, anchor = group.first_on, previous.anchored_on
        counted_from = previous.counted_from(touch_ups_count=self.policy.touch_up_moves_earliest)
        book = RuleBook(
            self._own_protocols(group, findings),
            previous_products(previous, {s.product for s in group.parts}, self.shelf, findings),
            self.overrides,
            self.policy,
            counted_from,
        )
        rules = book.on(day)
        if day not in rules.protocol.in_force:
            findings.append(_judged_by_another(group.parts))
        deciding = rules.deciding
        if deciding is None:
            return _Judgment(None)
        short_by = max(0, (deciding.gives - day).days)
        late_by, due = 0, deciding.gives
        if rules.usual is not None:
            kind = rules.protocol.retreatment.kind
            usual = usual_window(rules.usual, kind, anchor, deciding.gives, self.policy)
            window = held_window(usual, self.holds)
            due = usual.due
            if window.overdue_from is not None and window.last and day >= window.overdue_from:
                late_by = self.holds.free_days(window.last, day)
        if short_by:
            return _Judgment(self._early(deciding.gives, group, findings), short_by)
        held = self.holds.touches(due, day)
        timing = CycleTiming.LATE if late_by else CycleTiming.ON_TIME
        return _Judgment(timing, late_by_days=late_by, held=held)

    def _early(self, allowed_from: date, group: Group, findings: list[Finding]) -> CycleTiming:
        tolerated_from = self.policy.validity_tolerance.before(
            allowed_from, short_month=self.policy.short_month
        )
        if group.first_on >= tolerated_from:
            return CycleTiming.EARLY_WITHIN_TOLERANCE
        message = "the session came before the minimum after the one before; it counts"
        findings.append(about(FindingCode.EARLY_SESSION, message, group.parts[:1]))
        return CycleTiming.EARLY

    def _own_protocols(
        self, group: Group, findings: list[Finding]
    ) -> list[list[TreatmentProtocol]]:
        """The protocols of the cycle's own indications and products."""
        given = self.shelf.given
        kinds = {(s.indication, s.product or given.product) for s in group.parts}
        found = [self.shelf.find(*kind) for kind in sorted(kinds)]
        if all(found):
            return found
        findings.append(_judged_by_another(group.parts))
        return [versions or self.shelf.versions for versions in found]


def _judged_by_another(sessions: list[TreatmentSession]) -> Finding:
    message = "the protocol that was in force is not among those given; another one judges"
    return about(FindingCode.JUDGED_BY_ANOTHER_PROTOCOL, message, sessions)


def previous_products(
    previous: Group, planned: set[object], shelf: ProtocolShelf, findings: list[Finding]
) -> list[list[TreatmentProtocol]]:
    """Return the protocols of the products given before a switch to the *planned* ones."""
    if None in planned:
        return []
    switched = {
        (s.indication, s.product)
        for s in previous.parts
        if s.product is not None and s.product not in planned
    }
    found = []
    for indication, product in sorted(switched):
        versions = shelf.find(indication, product)
        if versions:
            found.append(versions)
        else:
            message = "the previous product's protocol is not among those given; it sets no minimum"
            findings.append(about(FindingCode.JUDGED_BY_ANOTHER_PROTOCOL, message, previous.parts))
    return found


def _units(sessions: list[TreatmentSession]) -> dict[str, Decimal | None]:
    totals: dict[str, Decimal | None] = {}
    for session in sessions:
        name = _NO_PRODUCT if session.product is None else session.product.value
        total = totals.get(name, Decimal(0))
        if total is None or session.units is None:
            totals[name] = None
        else:
            totals[name] = total + session.units
    return totals


def _data_findings(group: Group, holds: HoldCalendar) -> Iterable[Finding]:
    """Yield what is odd about a cycle by itself."""
    sessions = group.sessions
    if group.promoted:
        message = "a touch-up has no full session before it; it counts as one"
        yield about(FindingCode.TOUCH_UP_WITHOUT_SESSION, message, group.parts[:1])
    if unknown := [s for s in sessions if s.units is None]:
        message = "a session's units are not known; totals are a lower bound"
        yield about(FindingCode.UNKNOWN_UNITS, message, unknown)
    if unknown := [s for s in sessions if s.product is None]:
        message = "a session's product is not known; every product's total is a lower bound"
        yield about(FindingCode.UNKNOWN_PRODUCT, message, unknown)
    if len({s.product for s in sessions} - {None}) > 1:
        message = "one cycle has several products; their units are never added"
        yield about(FindingCode.MIXED_PRODUCTS, message, sessions)
    if held := [s for s in sessions if holds.covers(s.administered_on)]:
        message = "a session lies in a hold"
        yield about(FindingCode.SESSION_DURING_HOLD, message, held)
    if len(sessions) > 1:
        yield from _probable_duplicates(group)


def _probable_duplicates(group: Group) -> Iterable[Finding]:
    for sessions in _alike(group.sessions, by_day=True):
        message = "equal product and units on one day; both count, they may be one"
        yield about(FindingCode.PROBABLE_DUPLICATE, message, sessions)
    for sessions in _alike(group.parts, by_day=False):
        if sessions[0].administered_on != sessions[-1].administered_on:
            message = "equal product and units a few days apart; both count, they may be one"
            yield about(FindingCode.PROBABLE_DUPLICATE_ACROSS_DAYS, message, sessions)


def _alike(sessions: list[TreatmentSession], *, by_day: bool) -> list[list[TreatmentSession]]:
    """Return the sessions with equal, known units of one product, where there are several."""
    alike: dict[tuple[object, ...], list[TreatmentSession]] = {}
    for session in sessions:
        if session.units is not None:
            day = session.administered_on if by_day else None
            alike.setdefault((day, session.product, session.units), []).append(session)
    return [same for same in alike.values() if len(same) > 1]
