"""Which minimums and which usual range are in force on a day."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from botox_schedule.dates.intervals import Interval, IntervalRange
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.model import IntervalOverride
from botox_schedule.terms import Authority, Product

__all__ = ["Minimum", "ProtocolShelf", "RuleBook", "RulesInForce", "Stretch"]

_ONE_DAY = timedelta(days=1)


class Minimum(NamedTuple):
    """A minimum and who states it: the label, a payer's policy or an override."""

    rule: str
    interval: Interval
    gives: date
    protocol: TreatmentProtocol | None = None


class RulesInForce(NamedTuple):
    """What binds on one day.

    Attributes:
        protocol: The version in force, the strictest where several judge.
        minimums: The minimums that bind; the latest day that one gives is the first allowed.
        replaced: The minimums that an override replaces.
        usual: The usual range, or None.
        usual_override: The override that states it, where one does.
    """

    protocol: TreatmentProtocol
    minimums: tuple[Minimum, ...]
    replaced: tuple[Minimum, ...]
    usual: IntervalRange | None
    usual_override: IntervalOverride | None

    @property
    def deciding(self) -> Minimum | None:
        """The minimum that gives the latest day."""
        return max(self.minimums, key=lambda minimum: minimum.gives, default=None)


class Stretch(NamedTuple):
    """An unbroken run of days that the rules allow; without *last* it does not end."""

    first: date
    last: date | None


class RuleBook:
    """The rules of one clock after one anchor.

    Args:
        planned: The versions of each protocol that judges the next session.
        previous: The versions of each protocol of the products given before a switch.
        overrides: The overrides of the clock.
        policy: What clinic or payer chose.
        counted_from: The day that minimums count from.
    """

    __slots__ = ("counted_from", "overrides", "planned", "policy", "previous")

    def __init__(
        self,
        planned: Sequence[Sequence[TreatmentProtocol]],
        previous: Sequence[Sequence[TreatmentProtocol]],
        overrides: Sequence[IntervalOverride],
        policy: SchedulingPolicy,
        counted_from: date,
    ) -> None:
        self.planned = planned
        self.previous = previous
        self.overrides = overrides
        self.policy = policy
        self.counted_from = counted_from

    def on(self, day: date) -> RulesInForce:
        """Return what binds on *day*."""
        own = [_version_on(versions, day) for versions in self.planned]
        labels = [
            self._minimum("label", protocol.retreatment.minimum, protocol)
            for protocol in own
            if protocol.retreatment.minimum is not None
        ]
        strictest = max(labels, key=lambda minimum: minimum.gives, default=None)
        protocol = own[0] if strictest is None else strictest.protocol or own[0]
        for versions in self.previous:
            before = _version_on(versions, day)
            if before.retreatment.minimum is not None:
                labels.append(self._minimum("previous product", before.retreatment.minimum, before))
        payers = []
        if self.policy.payer_minimum is not None:
            payers.append(self._minimum("payer", self.policy.payer_minimum))
        minimums, replaced = self._overridden(day, labels, payers)
        usual, override = protocol.retreatment.usual, None
        if self.overrides:
            override = self._valid(day, "usual")
            usual = usual if override is None else override.usual
        return RulesInForce(protocol, minimums, replaced, usual, override)

    def _minimum(
        self,
        rule: str,
        interval: Interval,
        protocol: TreatmentProtocol | None = None,
    ) -> Minimum:
        gives = interval.after(self.counted_from, short_month=self.policy.short_month)
        return Minimum(rule, interval, gives, protocol)

    def _overridden(
        self, day: date, labels: list[Minimum], payers: list[Minimum]
    ) -> tuple[tuple[Minimum, ...], tuple[Minimum, ...]]:
        override = self._valid(day, "minimum") if self.overrides else None
        if override is None or override.minimum is None:
            return (*labels, *payers), ()
        own = self._minimum("override", override.minimum)
        if override.authority is Authority.CLINICIAN:
            return (own, *payers), tuple(labels)
        return (own,), (*labels, *payers)

    def _valid(self, day: date, name: str) -> IntervalOverride | None:
        """The override valid on *day*: the one that starts last, then the longer."""
        valid = [
            override
            for override in self.overrides
            if getattr(override, name) is not None
            and override.first <= day
            and (override.last is None or day <= override.last)
        ]
        return max(valid, key=lambda override: self._strictness(override, name), default=None)

    def _strictness(self, override: IntervalOverride, name: str) -> tuple[object, ...]:
        """What comes last decides only between overrides that say the same."""
        interval = override.minimum
        if name == "usual" and override.usual is not None:
            interval = override.usual.first
        gives = interval.after(self.counted_from) if interval is not None else date.min
        tie = (override.authority, str(override.usual), str(override.minimum), override.reason)
        return override.first, gives, override.last or date.max, *tie

    def expired(self, earliest: date | None, anchored_on: date) -> list[Minimum]:
        """Return the minimums of ended overrides that would have given an earlier day."""
        ended = [
            self._minimum("expired override", override.minimum)
            for override in self.overrides
            if override.minimum is not None
            and override.last is not None
            and anchored_on <= override.last
            and (earliest is None or override.last < earliest)
        ]
        return [m for m in ended if earliest is None or m.gives < earliest]

    def stretches(self, anchor: date) -> list[Stretch]:
        """Return the runs of days from *anchor* on that the rules allow, in order."""
        starts = [anchor, *sorted(day for day in self._changes() if day > anchor)]
        found: list[Stretch] = []
        for index, start in enumerate(starts):
            deciding = self.on(start).deciding
            if deciding is None:
                continue
            following = starts[index + 1] if index + 1 < len(starts) else None
            last = None if following is None else following - _ONE_DAY
            first = max(start, deciding.gives)
            if last is not None and first > last:
                continue
            if first == start and found and found[-1].last == start - _ONE_DAY:
                found[-1] = Stretch(found[-1].first, last)
            else:
                found.append(Stretch(first, last))
        return found

    def _changes(self) -> set[date]:
        """The days on which other rules come into force."""
        periods: list[tuple[date | None, date | None]] = [
            (override.first, override.last) for override in self.overrides
        ]
        for versions in (*self.planned, *self.previous):
            periods += [
                (version.in_force.first, version.in_force.last)
                for version in versions
                if version.in_force.first or version.in_force.last
            ]
        days = {first for first, _ in periods if first is not None}
        return days | {last + _ONE_DAY for _, last in periods if last and last < date.max}


def _version_on(versions: Sequence[TreatmentProtocol], day: date) -> TreatmentProtocol:
    """The version in force on *day*, the newest of several; the first where none is."""
    if len(versions) == 1:
        return versions[0]
    in_force = [version for version in versions if day in version.in_force]
    return max(in_force, key=_newness, default=versions[0])


def _newness(version: TreatmentProtocol) -> tuple[str, str]:
    return str(version.in_force.first or ""), version.version


class ProtocolShelf:
    """The given protocol, and the others that history may need."""

    __slots__ = ("_found", "_others", "given")

    def __init__(
        self, protocol: TreatmentProtocol, others: Iterable[TreatmentProtocol] = ()
    ) -> None:
        self.given = protocol
        self._others = tuple(others)
        self._found: dict[tuple[str, Product], list[TreatmentProtocol]] = {}

    @property
    def versions(self) -> list[TreatmentProtocol]:
        """The versions of the given protocol, itself first."""
        return self.find(self.given.indication, self.given.product)

    def find(self, indication: str, product: Product) -> list[TreatmentProtocol]:
        """Return the versions for the same people and region; empty where none is known."""
        key = (indication, product)
        if key not in self._found:
            self._found[key] = self._search(indication, product)
        return self._found[key]

    def _search(self, indication: str, product: Product) -> list[TreatmentProtocol]:
        given = self.given
        if indication == given.indication and product is given.product:
            versions = {p.version: p for p in self._others if p.id == given.id}
            versions.pop(given.version, None)
            return [given, *versions.values()]
        alike = [
            other
            for other in self._others
            if other.indication == indication
            and other.product is product
            and other.population is given.population
            and other.region == given.region
        ]
        return [other for other in alike if other.id == alike[0].id]

    def other_clocks(self) -> list[frozenset[str]]:
        """Return the clocks of tracks outside the given one, of the same people and product."""
        given = self.given
        return [
            other.clock
            for other in self._others
            if other.indication not in given.clock
            and other.product is given.product
            and other.population is given.population
            and other.region == given.region
        ]
