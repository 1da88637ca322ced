"""Which minimums and which usual range are in force on a day."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import zip_longest
from operator import attrgetter
from typing import Any, NamedTuple, Protocol, TypeVar

from botox_schedule.dates.days import Period, is_within, joined, shifted
from botox_schedule.dates.intervals import Interval, IntervalRange
from botox_schedule.policy import PayerRule, SchedulingPolicy
from botox_schedule.protocols.collection import ProtocolSet, Versions, general_protocols, version_on
from botox_schedule.protocols.model import SourceRef, TreatmentProtocol
from botox_schedule.records.model import IntervalOverride, PriorAuthorization
from botox_schedule.terms import Authority, MinimumKind, Product, RetreatmentKind, UsualOwner

Treatment = tuple[str, Product | None]
"""An indication and a product; None is an unknown product."""


class LabelRule(NamedTuple):
    """Protocols that may state minimums for the next session.

    Attributes:
        kind: What kind of minimum they state.
        tiers: On each day the first of these groups that has a version counts: the protocols of
            the treatment itself, those of its indication, those of the clock.
        binds: Whether they bind as far as their sources do, or advise only.
    """

    kind: MinimumKind
    tiers: tuple[tuple[Versions, ...], ...]
    binds: bool

    def on(self, day: date) -> list[TreatmentProtocol]:
        """Return the versions that count on *day*."""
        for tier in self.tiers:
            found = [v for versions in tier if (v := version_on(versions, day)) is not None]
            if found:
                return found
        return []


@dataclass(frozen=True, eq=False)
class LabelRules:
    """The protocols that bear on the next session; those of one question are one object.

    Attributes:
        own: Those of the planned treatment.
        others: Those of other treatments in the last cycle.
        substituted: Whether a treatment has no protocol of its own, so that others judge it.
    """

    own: tuple[Versions, ...]
    others: tuple[LabelRule, ...]
    substituted: bool = False

    @cached_property
    def changes(self) -> frozenset[date]:
        """The days on which another version comes into force, or one ends."""
        families = [*self.own, *(v for other in self.others for tier in other.tiers for v in tier)]
        return frozenset(_bounds(v.in_force for versions in families for v in versions))


class Minimum(NamedTuple):
    """A minimum, counted from the last session."""

    kind: MinimumKind
    interval: Interval
    gives: date
    binds: bool = True
    protocol: TreatmentProtocol | None = None

    @property
    def source(self) -> SourceRef | None:
        """Where it is stated; None where clinic, payer or record state it."""
        return None if self.protocol is None else self.protocol.retreatment.minimum_source


class UsualRange(NamedTuple):
    """The usual range in force, and who states it."""

    interval: IntervalRange
    owner: UsualOwner
    kind: RetreatmentKind


class RulesOn(NamedTuple):
    """What is in force on one day.

    Attributes:
        protocol: The version in force, the strictest where several judge; None before the first.
        minimums: The minimums in force, binding and advisory.
        replaced: The minimums that an override replaces.
        usual: The usual range, or None.
        deciding: The binding minimum that gives the latest day.
        advising: The advisory minimum that gives an even later day, or None.
        states_own: Whether the planned treatment has a minimum of its own.
        doubtful_until: Before this day a session under an unknown indication may have been one
            of the track; ``date.max`` where no day ends the doubt, None without such a session.
        opens_on: The first day that these rules allow; None where they never do.
    """

    protocol: TreatmentProtocol | None
    minimums: tuple[Minimum, ...]
    replaced: tuple[Minimum, ...]
    usual: UsualRange | None
    deciding: Minimum | None
    advising: Minimum | None
    states_own: bool
    doubtful_until: date | None
    opens_on: date | None

    @property
    def latest(self) -> Minimum | None:
        """The minimum, binding or advisory, that gives the latest day."""
        return self.advising or self.deciding


class UsualWindow(NamedTuple):
    """The days of a usual range after an anchor, before holds and slides move them."""

    usual: UsualRange
    grace: Interval
    first: date
    last: date
    overdue_from: date
    lapsed_from: date


class StatedMinimum(NamedTuple):
    """An interval, and the days on which it is in force; both ends are included."""

    first: date | None
    last: date | None
    interval: Interval


class Doubts(NamedTuple):
    """What entries under an unknown indication leave open.

    Attributes:
        minimums: What decisions and payer's rules state.
        since: The days from which sessions count.
        always: Whether a course elsewhere has no last day.
        longest: The minimums of all known protocols: one of them may count from such a session.
    """

    minimums: tuple[StatedMinimum, ...] = ()
    since: tuple[date, ...] = ()
    always: bool = False
    longest: tuple[Interval, ...] = ()

    def end_on(self, intervals: Iterable[Interval], policy: SchedulingPolicy) -> date | None:
        """The first day that no session leaves open, where *intervals* too may count from one.

        It is ``date.max`` where no day ends the doubt; None where there is none.
        """
        if self.always:
            return date.max
        if not self.since:
            return None
        counting = {*intervals, *self.longest}
        ends = (i.added_to(day, policy.short_month) for day in self.since for i in counting)
        return max(ends, default=None)


NO_DOUBTS = Doubts()


class Overriding(NamedTuple):
    """What the winning overrides of a day state: each authority's minimum, and a usual range."""

    clinician: Interval | None
    payer: Interval | None
    usual: IntervalRange | None


_NO_OVERRIDES = Overriding(None, None, None)


class RuleFacts(NamedTuple):
    """Everything that the rules of one clock depend on, after one anchor.

    Attributes:
        labels: The protocols that bear on the next session.
        policy: What clinic or payer chose.
        anchor: The day of the last part of the last cycle.
        counted_from: The day that minimums count from.
        first_on: The day of the first part of the last cycle; None where nothing can join it.
        overrides: The overrides of the clock.
        payer: The payer's rules about the track.
        approved: The authorizations of the clock for the planned product.
        doubts: What entries under an unknown indication leave open.
        ends_on: The first day of a known discharge; None without one.
        clinic_usual: The clinic's own usual range.
        kind: The given protocol's kind of retreatment, where no version is in force.
    """

    labels: LabelRules
    policy: SchedulingPolicy
    anchor: date
    counted_from: date
    first_on: date | None = None
    overrides: tuple[IntervalOverride, ...] = ()
    payer: tuple[PayerRule, ...] = ()
    approved: tuple[PriorAuthorization, ...] = ()
    doubts: Doubts = NO_DOUBTS
    ends_on: date | None = None
    clinic_usual: IntervalRange | None = None
    kind: RetreatmentKind = RetreatmentKind.SCHEDULED


class IntervalRules:
    """The rules of one clock after one anchor: they change only on a few days."""

    def __init__(self, facts: RuleFacts) -> None:
        self.facts: RuleFacts = facts
        ahead = [day for day in _changes(facts) if day > facts.anchor]
        self._starts = [facts.anchor, *sorted(ahead)]
        self._overriding = _overriding_from(facts, self._starts)
        self._payers = _in_force(_payers(facts), self._starts)
        self._doubtful = _in_force(_doubtful_minimums(facts), self._starts)
        self._on: dict[date, RulesOn] = {}
        self.windows: dict[int, UsualWindow | None] = {}

    def on(self, day: date) -> RulesOn:
        """Return what is in force on *day*; days before the anchor have the anchor's rules."""
        return self._from(self._starts[bisect_right(self._starts, day, 1) - 1])

    def _from(self, start: date) -> RulesOn:
        if start not in self._on:
            overriding = self._overriding.get(start, _NO_OVERRIDES)
            payers, doubtful = self._payers.get(start, []), self._doubtful.get(start, [])
            self._on[start] = _rules_on(self.facts, start, overriding, payers, doubtful)
        return self._on[start]

    @property
    def last_change(self) -> date:
        """The last day on which other rules come into force, before the anchor or after it."""
        return max(_changes(self.facts), default=date.min)

    def usual_from(self, day: date) -> Iterator[UsualRange]:
        """Yield the usual ranges in force on *day* and later, in order."""
        current = bisect_right(self._starts, day, 1) - 1
        found = (self._from(start).usual for start in self._starts[current:])
        return (usual for usual in found if usual is not None)

    def is_part_of_last_session(self, day: date) -> bool:
        """Whether a session on *day* would belong to the last cycle."""
        first_on, within = self.facts.first_on, self.facts.policy.group_within_days
        return first_on is not None and (day - first_on).days <= within

    def period_of(self, day: date) -> Period | None:
        """Return the run of allowed days that *day* lies in; None where it is not allowed."""
        return next((p for p in self.allowed_periods if is_within(p.first, day, p.last)), None)

    @cached_property
    def allowed_periods(self) -> list[Period]:
        """The runs of days from the anchor on that the rules allow, in order; holds are ignored."""
        return joined(self._allowed())

    def _allowed(self) -> Iterator[Period]:
        """Yield the days that the rules from each start on allow, until other rules begin."""
        for start, following in zip_longest(self._starts, self._starts[1:]):
            opens_on = self._from(start).opens_on
            if opens_on is None or opens_on == date.max:
                continue
            first = max(start, opens_on)
            ends_on = min(filter(None, (following, self.facts.ends_on)), default=None)
            if ends_on is None or first < ends_on:
                yield Period(first, None if ends_on is None else shifted(ends_on, -1))

    def expired(self, earliest: date | None) -> list[Minimum]:
        """Return the minimums of ended overrides that would have given an earlier day."""
        ended = [
            _counted(self.facts, MinimumKind.EXPIRED_OVERRIDE, override.minimum)
            for override in self.facts.overrides
            if override.minimum is not None
            and override.last is not None
            and self.facts.anchor <= override.last
            and (earliest is None or override.last < earliest)
            # A payer's minimum, say, can overrule it all the same.
            and (earliest is None or (self.on(override.last).opens_on or earliest) < earliest)
        ]
        return [m for m in ended if earliest is None or m.gives < earliest]


def interval_rules(facts: RuleFacts) -> IntervalRules:
    """Return the rules of some facts; tracks without decisions of their own share them."""
    return IntervalRules(facts) if facts.overrides or facts.approved else _shared_rules(facts)


_shared_rules = lru_cache(maxsize=4096)(IntervalRules)


def _overriding_from(facts: RuleFacts, starts: Sequence[date]) -> dict[date, Overriding]:
    """What the overrides state that are in force from each start on; empty without overrides."""
    if not facts.overrides:
        return {}
    clinician, payer = (
        _winners(facts, [(o, o.minimum) for o in facts.overrides if o.authority is who], starts)
        for who in (Authority.CLINICIAN, Authority.PAYER)
    )
    usual = _winners(facts, [(o, o.usual) for o in facts.overrides], starts)
    return dict(zip(starts, map(Overriding, clinician, payer, usual), strict=True))


_T = TypeVar("_T", Interval, IntervalRange)


def _winners(
    facts: RuleFacts, stated: Iterable[tuple[IntervalOverride, _T | None]], starts: Sequence[date]
) -> list[_T | None]:
    """For each start, what the override of the highest rank states that is valid then."""
    stating = [(override, wanted) for override, wanted in stated if wanted is not None]
    won: list[_T | None] = [None] * len(starts)
    # An override overwrites those of a lower rank, so no start has to compare them all.
    for override, wanted in sorted(stating, key=lambda pair: _rank(facts, *pair)):
        valid = _within(starts, override.first, override.last)
        won[valid] = [wanted] * len(starts[valid])
    return won


def _rank(
    facts: RuleFacts, override: IntervalOverride, stated: Interval | IntervalRange
) -> tuple[Any, ...]:
    """The override that starts last, then the longer, then the clinician's."""
    bounds = (stated.first, stated.last) if isinstance(stated, IntervalRange) else (stated,)
    lengths = [_days(facts, bound) for bound in bounds]
    # The text comes last: it breaks ties between equal lengths, so that row order never does.
    return override.first, lengths, override.authority is Authority.CLINICIAN, str(stated)


def _within(starts: Sequence[date], first: date | None, last: date | None) -> slice:
    """Where the starts from *first* to *last* are, both included; None is no end."""
    begin = 0 if first is None else bisect_left(starts, first)
    return slice(begin, len(starts) if last is None else bisect_right(starts, last))


_Stated = tuple[date | None, date | None, Minimum]
"""A minimum, and the first and last day on which it is in force."""


def _in_force(stated: Iterable[_Stated], starts: Sequence[date]) -> dict[date, list[Minimum]]:
    """The minimums in force from each start on, in their order; nothing where there is none."""
    found: dict[date, list[Minimum]] = {}
    for first, last, minimum in stated:
        for start in starts[_within(starts, first, last)]:
            found.setdefault(start, []).append(minimum)
    return found


def _rules_on(
    facts: RuleFacts,
    day: date,
    overriding: Overriding,
    payers: list[Minimum],
    doubtful: list[Minimum],
) -> RulesOn:
    own = [v for versions in facts.labels.own if (v := version_on(versions, day)) is not None]
    labels = list(_labels(facts, MinimumKind.LABEL, own))
    protocol = _judging(own, labels)
    states_own = bool(labels)
    for other in facts.labels.others:
        labels += _labels(facts, other.kind, other.on(day), binds=other.binds)
    minimums, replaced, overridden = _overridden(facts, overriding, labels, payers)
    minimums, usual = (*minimums, *doubtful), _usual(facts, overriding, protocol)
    states_own = states_own or overridden
    return _weighed(facts, protocol, minimums, replaced, usual, states_own=states_own)


def _weighed(
    facts: RuleFacts,
    protocol: TreatmentProtocol | None,
    minimums: tuple[Minimum, ...],
    replaced: tuple[Minimum, ...],
    usual: UsualRange | None,
    *,
    states_own: bool,
) -> RulesOn:
    """Weigh the minimums against each other, and say when they open."""
    deciding = _latest(minimums, binding=True)
    advising = _latest(minimums, binding=False)
    if advising is not None and deciding is not None and advising.gives <= deciding.gives:
        advising = None
    stated = (m.interval for m in minimums)
    doubtful_until = facts.doubts.end_on(stated, facts.policy)
    days = [m.gives for m in (deciding, advising) if m is not None]
    if doubtful_until is not None:
        days.append(doubtful_until)
    opens_on = _opens_on(facts, usual, days, states_own=states_own)
    return RulesOn(
        protocol,
        minimums,
        replaced,
        usual,
        deciding,
        advising,
        states_own,
        doubtful_until,
        opens_on,
    )


_GIVES = attrgetter("gives")


def _latest(minimums: Iterable[Minimum], *, binding: bool) -> Minimum | None:
    weighed = [minimum for minimum in minimums if minimum.binds is binding]
    return max(weighed, key=_GIVES, default=None)


def _judging(
    own: Sequence[TreatmentProtocol], labels: Sequence[Minimum]
) -> TreatmentProtocol | None:
    """The strictest of the versions in force; among equals, one with a usual range."""
    if len(own) <= 1:
        return own[0] if own else None
    gives = {id(m.protocol): m.gives for m in labels}
    stating = [version for version in own if id(version) in gives] or own
    return max(stating, key=lambda v: (gives.get(id(v), date.max), v.retreatment.usual is not None))


def _counted(
    facts: RuleFacts,
    kind: MinimumKind,
    interval: Interval,
    *,
    binds: bool = True,
    protocol: TreatmentProtocol | None = None,
) -> Minimum:
    gives = interval.added_to(facts.counted_from, facts.policy.short_month)
    return Minimum(kind, interval, gives, binds, protocol)


def _labels(
    facts: RuleFacts,
    kind: MinimumKind,
    versions: Iterable[TreatmentProtocol],
    *,
    binds: bool = True,
) -> Iterator[Minimum]:
    """Yield the minimums of the versions that state one; what a source advises never binds."""
    for version in versions:
        rule = version.retreatment
        if rule.minimum is not None:
            required = binds and not rule.minimum_is_advisory
            yield _counted(facts, kind, rule.minimum, binds=required, protocol=version)


def _payers(facts: RuleFacts) -> Iterator[_Stated]:
    for rule in facts.payer:
        if rule.minimum is not None:
            yield rule.first, rule.last, _counted(facts, MinimumKind.PAYER, rule.minimum)
    for approved in facts.approved:
        if approved.minimum_interval is not None:
            minimum = _counted(facts, MinimumKind.AUTHORIZATION, approved.minimum_interval)
            yield approved.valid.first, approved.valid.last, minimum


def _doubtful_minimums(facts: RuleFacts) -> Iterator[_Stated]:
    """What would bind under a known indication is advice on every clock."""

    def length(stated: StatedMinimum) -> tuple[date, str]:
        # Row order must not matter: the longest comes first, and the text breaks ties.
        return _days(facts, stated.interval), str(stated.interval)

    for stated in sorted(facts.doubts.minimums, key=length, reverse=True):
        minimum = _counted(facts, MinimumKind.UNRECOGNIZED, stated.interval, binds=False)
        yield stated.first, stated.last, minimum


def _overridden(
    facts: RuleFacts, overriding: Overriding, labels: list[Minimum], payers: list[Minimum]
) -> tuple[tuple[Minimum, ...], tuple[Minimum, ...], bool]:
    """Return the minimums in force, those replaced, and whether an override states one.

    A clinician's override replaces the labels'; a payer's replaces the payer's, and the labels'
    only where no clinician's is valid.
    """
    chosen = [i for i in (overriding.clinician, overriding.payer) if i is not None]
    if not chosen:
        return (*labels, *payers), (), False
    own = [_counted(facts, MinimumKind.OVERRIDE, interval) for interval in chosen]
    if overriding.payer is None:
        return (*payers, *own), tuple(labels), True
    return tuple(own), (*labels, *payers), True


def _days(facts: RuleFacts, interval: Interval) -> date:
    """How long an interval is, as the day it gives from the anchor."""
    return interval.added_to(facts.anchor, facts.policy.short_month)


def _usual(
    facts: RuleFacts, overriding: Overriding, protocol: TreatmentProtocol | None
) -> UsualRange | None:
    """A valid override's usual range, else the clinic's own, else the version's in force."""
    kind = facts.kind if protocol is None else protocol.retreatment.kind
    if overriding.usual is not None:
        return UsualRange(overriding.usual, UsualOwner.OVERRIDE, kind)
    if facts.clinic_usual is not None:
        return UsualRange(facts.clinic_usual, UsualOwner.CLINIC, kind)
    if protocol is None or protocol.retreatment.usual is None:
        return None
    return UsualRange(protocol.retreatment.usual, UsualOwner.LABEL, kind)


def _opens_on(
    facts: RuleFacts, usual: UsualRange | None, days: list[date], *, states_own: bool
) -> date | None:
    """The first day that is neither forbidden nor left open by the rules of one day.

    A treatment without a minimum of its own opens on the first usual day, and never without one.
    """
    if not states_own:
        if usual is None:
            return None
        days = [*days, _days(facts, usual.interval.first)]
    if facts.first_on is not None:
        days = [*days, shifted(facts.first_on, facts.policy.group_within_days + 1)]
    return max(days)


class _Dated(Protocol):
    @property
    def first(self) -> date | None: ...
    @property
    def last(self) -> date | None: ...


def _changes(facts: RuleFacts) -> Iterable[date]:
    """The days on which other rules come into force."""
    valid = [approved.valid for approved in facts.approved]
    dated: tuple[_Dated, ...] = (*facts.overrides, *facts.payer, *facts.doubts.minimums, *valid)
    return facts.labels.changes.union(_bounds(dated))


def _bounds(dated: Iterable[_Dated]) -> Iterator[date]:
    """The first day of each period, and the day after it."""
    for each in dated:
        if each.first is not None:
            yield each.first
        if each.last is not None and each.last < date.max:
            yield shifted(each.last, 1)


@lru_cache(maxsize=256)
def longest_minimums(known: ProtocolSet) -> tuple[Interval, ...]:
    """Return the minimums of all known protocols that can be the longest one."""
    minimums = (protocol.retreatment.minimum for protocol in known)
    stated = {minimum for minimum in minimums if minimum is not None}
    most = max((interval.day_bounds[0] for interval in stated), default=0)
    return tuple(interval for interval in stated if interval.day_bounds[1] >= most)


@lru_cache(maxsize=256)
def label_rules(
    known: ProtocolSet,
    protocol: TreatmentProtocol,
    planned: frozenset[Treatment],
    last: frozenset[Treatment],
) -> LabelRules:
    """Return the protocols that bear on the next session.

    Args:
        known: All known protocols.
        protocol: The given protocol; its population and region hold for all.
        planned: What is planned, or was given in the cycle that is judged.
        last: What the cycle before used.
    """
    if planned == {(protocol.indication, protocol.product)}:
        own, substituted = [known.versions(protocol)], False
    else:
        found = {each: _tiers(known, protocol, each) for each in _sorted(planned)}
        own = [versions for tiers in found.values() for versions in tiers[0]]
        substituted = not all(_is_own(tiers, each) for each, tiers in found.items())
    others: list[LabelRule] = []
    for treatment in _sorted(last - planned):
        for rule in _label_rules_of(known, protocol, treatment, planned):
            others.append(rule)
            is_other = rule.kind is MinimumKind.PREVIOUS_PRODUCT
            substituted |= is_other and not _is_own(rule.tiers, treatment)
    return LabelRules(tuple(own), tuple(dict.fromkeys(others)), substituted)


def _sorted(treatments: Iterable[Treatment]) -> list[Treatment]:
    return sorted(treatments, key=lambda treatment: (treatment[0], treatment[1] or ""))


def _tiers(
    known: ProtocolSet, protocol: TreatmentProtocol, treatment: Treatment
) -> tuple[tuple[Versions, ...], ...]:
    """The protocols of a treatment, those of its indication, those of the clock.

    An unknown product counts as every product known for the indication.
    """
    indication, product = treatment
    people, region = protocol.population, protocol.region
    clock = known.clock(protocol.indication, people, region)
    own = () if product is None else known.find(indication, product, people, region)
    tiers = (
        own,
        known.of_indications([indication], people, region),
        known.of_indications(clock, people, region),
    )
    return tuple(tier for tier in tiers if tier)


def _is_own(tiers: tuple[tuple[Versions, ...], ...], treatment: Treatment) -> bool:
    """Whether the treatment has a protocol; an unknown product has those of its indication."""
    indication, product = treatment
    first = tiers[0][0][0]
    return first.indication == indication and product in {None, first.product}


def _label_rules_of(
    known: ProtocolSet,
    protocol: TreatmentProtocol,
    treatment: Treatment,
    planned: frozenset[Treatment],
) -> Iterator[LabelRule]:
    """Yield the rules from a treatment of the last cycle that is not the planned one.

    Another product binds, and so does an unknown one; the planned product for another
    indication of the clock advises, and its protocol for the clock in general binds.
    """
    indication, product = treatment
    same_product = product in {planned_product for _, planned_product in planned}
    kind = MinimumKind.OTHER_INDICATION if same_product else MinimumKind.PREVIOUS_PRODUCT
    yield LabelRule(kind, _tiers(known, protocol, treatment), binds=not same_product)
    other_indication = indication not in {planned_indication for planned_indication, _ in planned}
    if other_indication and (same_product or product is None):
        clock = known.clock(protocol.indication, protocol.population, protocol.region)
        general = general_protocols(known, protocol, clock)
        if general:
            yield LabelRule(MinimumKind.IN_GENERAL, (general,), binds=True)
