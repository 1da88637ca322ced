"""The cycles of a track, and whether each was on time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import Field

from botox_schedule.dates.days import Day
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.dates import overdue_after, usual_window
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.rules import IntervalRules, Minimum, RulesOn, UsualWindow, interval_rules
from botox_schedule.engine.track import AnyTrack, Track, facts_after, treatments_of
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.history import CycleSessions
from botox_schedule.records.model import TreatmentSession
from botox_schedule.terms import CycleTiming, FindingCode, ShortMonth
from botox_schedule.values import Value, notebook_html

_NO_PRODUCT = "unknown"


class TreatmentCycle(Value, frozen=True):
    """One cycle: the session that opened it, and how it compares with the cycle before.

    Attributes:
        number: Its number in the course; cycles given elsewhere count.
        session_ids: The ids of its sessions, touch-ups included, as far as they have one.
        first_on: The day of its first part.
        anchored_on: The day of its last part, from which the next dates count.
        units: Units by product; None where a session's units are unknown. The key of an unknown
            product is ``unknown``.
        interval_days: Days from the previous anchor to the first part, or None for the first.
        timing: How it compares with the cycle before; None where no rule says what is on time.
        short_by_days: Days before the minimum, or 0.
        late_by_days: Days after the end of the usual range where the timing is late, days on hold
            not counted; else 0.
        is_open: Whether no later cycle has begun.
        held: Whether a hold touched the days from the previous due day to the first part.
        advice: The words of an advisory minimum that the cycle came before, or None.
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
    advice: str | None = None
    findings: tuple[Finding, ...]

    def __hash__(self) -> int:
        """Equal cycles have one hash; a table of units has none."""
        return hash((self.number, self.session_ids, self.first_on, self.anchored_on))

    def _repr_html_(self) -> str:
        """Return the cycle as a table for a notebook."""
        return notebook_html("cycle_html", self)


class CycleJudgment(NamedTuple):
    """How a cycle compares with the one before; the fields mean what a cycle's do."""

    timing: CycleTiming | None
    short_by_days: int = 0
    late_by_days: int = 0
    held: bool = False
    advice: str | None = None
    findings: tuple[Finding, ...] = ()


FIRST_CYCLE = CycleJudgment(CycleTiming.FIRST)


def judged_cycles(track: Track) -> tuple[TreatmentCycle, ...]:
    """Return the cycles of a track, each compared with the one before."""
    pairs = zip([None, *track.cycles], track.cycles, strict=False)
    return tuple(
        _cycle(track, previous, cycle, track.prior.cycles + number)
        for number, (previous, cycle) in enumerate(pairs, start=1)
    )


def last_judgment(track: AnyTrack) -> CycleJudgment | None:
    """Return how the last recorded cycle compares with the one before.

    None without a cycle or without a known protocol.
    """
    if not track.cycles or not isinstance(track, Track):
        return None
    previous = track.cycles[-2] if len(track.cycles) > 1 else None
    return judge_cycle(track, previous, track.cycles[-1])


def last_cycle_findings(track: AnyTrack, judgment: CycleJudgment | None) -> tuple[Finding, ...]:
    """Return the findings about the last recorded cycle, with those of its judgment."""
    if not track.cycles:
        return ()
    timing = () if judgment is None else judgment.findings
    return (*data_findings(track.cycles[-1], track.holds), *timing)


def judged_findings(track: AnyTrack) -> tuple[Finding, ...]:
    """Return the findings about the last recorded cycle, where its judgment is not known yet."""
    return last_cycle_findings(track, last_judgment(track))


def _cycle(
    track: Track, previous: CycleSessions | None, cycle: CycleSessions, number: int
) -> TreatmentCycle:
    judgment = judge_cycle(track, previous, cycle)
    found = (*data_findings(cycle, track.holds), *judgment.findings)
    return TreatmentCycle(
        number=number,
        session_ids=tuple(s.id for s in cycle.sessions if s.id is not None),
        first_on=cycle.first_on,
        anchored_on=cycle.anchored_on,
        units=_units(cycle.sessions),
        interval_days=interval_days(previous, cycle),
        is_open=cycle is track.cycles[-1],
        **judgment._replace(findings=found)._asdict(),
    )


def interval_days(previous: CycleSessions | None, cycle: CycleSessions) -> int | None:
    """Return the days from the anchor of the cycle before to the first part of a cycle."""
    return None if previous is None else (cycle.first_on - previous.anchored_on).days


def judge_cycle(
    track: Track, previous: CycleSessions | None, cycle: CycleSessions
) -> CycleJudgment:
    """Return how a cycle compares with the one before, for the clock of a track."""
    if previous is None:
        return FIRST_CYCLE
    day, rules = cycle.first_on, _rules_between(track, previous, cycle)
    in_force = rules.on(day)
    deciding, early = in_force.deciding, _early_timing(track, in_force.deciding, day)
    findings = tuple(_timing_findings(rules, in_force, early, cycle))
    if deciding is not None and early is not None:
        return CycleJudgment(early, (deciding.gives - day).days, findings=findings)
    window = usual_window(rules, in_force)
    if deciding is None and in_force.advising is None and window is None:
        return CycleJudgment(None, findings=findings)
    due, late_by = _lateness(track, in_force, window, day)
    return CycleJudgment(
        CycleTiming.LATE if late_by else CycleTiming.ON_TIME,
        late_by_days=late_by,
        held=due is not None and track.holds.touches(due, day),
        advice=_advice(in_force, day),
        findings=findings,
    )


def _rules_between(track: Track, previous: CycleSessions, cycle: CycleSessions) -> IntervalRules:
    """Return the rules after one cycle for the treatment that the next cycle gave."""
    given = treatments_of(cycle.full_sessions)
    facts = facts_after(track.reading, track.protocol, track.clock, previous, given)
    return interval_rules(facts)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What decides, next to the days between two cycles, how they compare.

    Attributes:
        since: The day from which on the same rules are in force; ``date.max`` where a decision
            about the patient, or an interval in months after another one, bears on it too.
        in_months: The intervals in months: how many days they span depends on the day.
        short_month: What becomes of a day that the target month does not have.
    """

    since: date
    in_months: tuple[Interval, ...]
    short_month: ShortMonth
    _spans: dict[date, tuple[int, ...]] = field(default_factory=dict)

    def distances(self, on: date, last_on: date, first_on: date) -> tuple[Any, ...]:
        """Return what is equal for pairs of cycles that compare alike.

        Args:
            on: The anchor of the cycle before.
            last_on: The last day of the cycle before.
            first_on: The first day of the cycle.
        """
        if on < self.since:
            return on, last_on, first_on
        counted_from = (on,) if last_on == on else (on, last_on)
        return first_on - on, last_on - on, *map(self._spans_from, counted_from)

    def _spans_from(self, day: date) -> tuple[int, ...]:
        if day not in self._spans:
            ends = [interval.added_to(day, self.short_month) for interval in self.in_months]
            self._spans[day] = tuple((end - day).days for end in ends)
        return self._spans[day]


def comparison_of(track: Track, previous: CycleSessions, cycle: CycleSessions) -> Comparison:
    """Return what decides how cycles with the treatments of these two compare."""
    rules = _rules_between(track, previous, cycle)
    in_force, policy = rules.on(date.max), track.policy
    counted, chained = [m.interval for m in in_force.minimums], [policy.validity_tolerance]
    # From another day another one of these can be the strictest.
    versions = (in_force.protocol, *(m.protocol for m in in_force.minimums))
    for rule in [v.retreatment for v in versions if v is not None]:
        chained.append(policy.grace_for(rule.kind))
        if rule.usual is not None:
            counted += [rule.usual.first, rule.usual.last]
    decided = rules.facts.overrides or track.holds.known
    if decided or any(interval.months for interval in chained):
        return Comparison(date.max, (), policy.short_month)
    in_months = tuple(interval for interval in counted if interval.months)
    return Comparison(rules.last_change, in_months, policy.short_month)


def _early_timing(track: Track, deciding: Minimum | None, day: date) -> CycleTiming | None:
    """How a day before the minimum counts; None from the minimum on."""
    if deciding is None or day >= deciding.gives:
        return None
    policy = track.policy
    tolerated_from = policy.validity_tolerance.added_to(deciding.gives, policy.short_month, -1)
    return CycleTiming.EARLY_WITHIN_TOLERANCE if day >= tolerated_from else CycleTiming.EARLY


def _timing_findings(
    rules: IntervalRules, in_force: RulesOn, early: CycleTiming | None, cycle: CycleSessions
) -> Iterable[Finding]:
    """Yield the findings about the timing of a cycle.

    Args:
        rules: The rules after the cycle before.
        in_force: What they say on the cycle's first day.
        early: How that day counts if it lies before the minimum.
        cycle: The cycle.
    """
    version = in_force.protocol
    if rules.facts.labels.substituted or version is None or cycle.first_on not in version.in_force:
        message = "the protocol that was in force is not among those given; another one judges"
        code = FindingCode.JUDGED_BY_ANOTHER_PROTOCOL
        yield make_finding(code, message, cycle.full_sessions)
    if early is CycleTiming.EARLY:
        message = "the session came before the minimum after the one before; it counts"
        yield make_finding(FindingCode.EARLY_SESSION, message, cycle.full_sessions[:1])


def _lateness(
    track: Track, in_force: RulesOn, window: UsualWindow | None, day: date
) -> tuple[date | None, int]:
    """Return the due day, holds ignored, and how many days off hold the cycle was late."""
    holds, latest = track.holds, in_force.latest
    if window is None:
        return (None if latest is None else latest.gives), 0
    due = window.first if latest is None else max(window.first, latest.gives)
    overdue_from = overdue_after(due, window, holds, track.policy.short_month)
    last = holds.advance(due, (window.last - window.first).days)
    if overdue_from is None or last is None or day < overdue_from:
        return due, 0
    return due, holds.free_days(last, day)


def _advice(in_force: RulesOn, day: date) -> str | None:
    """The words of an advisory minimum that the day came before."""
    advising = in_force.advising
    if advising is None or day >= advising.gives or advising.protocol is None:
        return None
    source = advising.source
    words = "" if source is None else f": {source.quote or source.strength or source.basis}"
    return f"before the {advising.interval} that its source advises{words}"


def data_findings(cycle: CycleSessions, holds: HoldCalendar) -> Iterable[Finding]:
    """Yield the findings about the rows of a cycle."""
    sessions = cycle.sessions
    if cycle.opened_by_touch_up:
        message = "a touch-up has no full session before it; it counts as one"
        code = FindingCode.TOUCH_UP_WITHOUT_SESSION
        yield make_finding(code, message, cycle.full_sessions[:1])
    if unknown := [s for s in sessions if s.units is None]:
        message = "a session's units are unknown; totals are a lower bound"
        yield make_finding(FindingCode.UNKNOWN_UNITS, message, unknown)
    if unknown := [s for s in sessions if s.product is None]:
        message = "a session's product is unknown; every product's total is a lower bound"
        yield make_finding(FindingCode.UNKNOWN_PRODUCT, message, unknown)
    if len({s.product for s in sessions} - {None}) > 1:
        message = "one cycle has several products; their units are never added"
        yield make_finding(FindingCode.MIXED_PRODUCTS, message, sessions)
    if held := [s for s in sessions if holds.covers(s.administered_on)]:
        message = "a session was given during a hold"
        yield make_finding(FindingCode.SESSION_DURING_HOLD, message, held)
    for alike in _alike(cycle.full_sessions):
        message = "equal product and units a few days apart; both count, they may be one"
        code = FindingCode.PROBABLE_DUPLICATE_ACROSS_DAYS
        yield make_finding(code, message, alike)


def _alike(sessions: Iterable[TreatmentSession]) -> list[list[TreatmentSession]]:
    """Return the sessions of several days with equal, known units of one product."""
    alike: dict[tuple[object, ...], list[TreatmentSession]] = {}
    for session in sessions:
        if session.units is not None:
            alike.setdefault((session.product, session.units), []).append(session)
    return [s for s in alike.values() if s[0].administered_on != s[-1].administered_on]


def _units(sessions: Iterable[TreatmentSession]) -> dict[str, Decimal | None]:
    totals: dict[str, Decimal | None] = {}
    for session in sessions:
        name = _NO_PRODUCT if session.product is None else session.product.value
        total = totals.get(name, Decimal(0))
        known = total is not None and session.units is not None
        totals[name] = total + session.units if known else None  # type: ignore[operator]
    return totals
