"""A set of protocols: find one, its version in force, its clock, and the one a track follows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from botox_schedule.dates.days import age_on
from botox_schedule.errors import UnknownProtocolError
from botox_schedule.protocols.indications import (
    bundled_indications,
    find_indication_name,
    general_indication,
    nearest_indications,
    slug_of,
)
from botox_schedule.protocols.model import (
    DoseLimit,
    TreatmentKey,
    TreatmentProtocol,
    VersionKey,
    treatment_of,
)
from botox_schedule.terms import LimitScope, Population, Product

Versions = tuple[TreatmentProtocol, ...]
"""All versions of one protocol: they share an id."""


class Followed(NamedTuple):
    """The protocol that a track follows.

    Attributes:
        protocol: The protocol.
        is_own: Whether it is for the product given last.
        age_decides: Whether the choice depends on the patient's age, which is unknown.
    """

    protocol: TreatmentProtocol
    is_own: bool
    age_decides: bool


class ProtocolSet:
    """The protocols that an answer can use; their order does not matter.

    Args:
        protocols: All versions of all protocols.

    >>> from botox_schedule import bundled_protocols
    >>> known = ProtocolSet(bundled_protocols())
    >>> sorted(known.clock("overactive-bladder", Population.ADULT, "us"))
    ['neurogenic-detrusor-overactivity', 'overactive-bladder']
    """

    def __init__(self, protocols: Iterable[TreatmentProtocol]) -> None:
        self._families = _families(protocols)
        families = chain.from_iterable(self._families[key] for key in sorted(self._families))
        self._protocols = tuple(chain.from_iterable(families))
        self._is_dated = any(p.in_force.first or p.in_force.last for p in self._protocols)
        named = {i for p in self._protocols for i in (p.indication, *p.shares_clock_with)}
        _refuse_other_names(named)
        self.indications: frozenset[str] = frozenset(named) | bundled_indications()
        self.regions: frozenset[str] = frozenset(p.region for p in self._protocols)

    def __iter__(self) -> Iterator[TreatmentProtocol]:
        return iter(self._protocols)

    def __len__(self) -> int:
        return len(self._protocols)

    def with_given(self, protocol: TreatmentProtocol) -> "ProtocolSet":
        """Return the set plus a given protocol, which hides others for the same treatment.

        Other versions with its id stay. Protocols with another id for the same indication,
        product, population and region are removed.
        """
        return _with_given(self, protocol)

    def _plus(self, given: TreatmentProtocol) -> "ProtocolSet":
        families = self.find(*treatment_of(given))
        if len(families) == 1 and given in families[0]:
            return self
        others = (
            known
            for known in self
            if (known.id, known.version) != (given.id, given.version)
            and (known.id == given.id or treatment_of(known) != treatment_of(given))
        )
        return ProtocolSet([given, *others])

    def find(
        self, indication: str, product: Product, population: Population, region: str
    ) -> tuple[Versions, ...]:
        """Return the protocols for a treatment, each with all its versions."""
        return self._families.get((indication, product, population, region), ())

    def of_indications(
        self, indications: Iterable[str], population: Population, region: str
    ) -> tuple[Versions, ...]:
        """Return the protocols for any of *indications*, whatever the product."""
        names = sorted(indications)
        found = (self.find(name, each, population, region) for name in names for each in Product)
        return tuple(chain.from_iterable(found))

    def clock(self, indication: str, population: Population, region: str) -> frozenset[str]:
        """Return the indications that share a clock with *indication*, itself included.

        ``shares_clock_with`` connects them, across all known protocols for the population and
        region, whatever the product.
        """
        return _clocks(self, population, region).get(indication, frozenset((indication,)))

    def recognizes(self, indication: str) -> bool:
        """Whether an indication is known, for any region or population."""
        return indication in self.indications

    def limits(self, protocol: TreatmentProtocol, day: date) -> tuple[DoseLimit, ...]:
        """Return the limits to check for *protocol* on *day*.

        These are its own limits, plus limits from the product's other protocols that cover the
        whole product, or several indications including this one.
        """
        # Where no version has a first or a last day, one day stands for all.
        return _limits(self, protocol, day if self._is_dated else date.min)

    def _limits_on(self, protocol: TreatmentProtocol, day: date) -> tuple[DoseLimit, ...]:
        own = version_on(self.versions(protocol), day) or protocol
        about = treatment_of(protocol)[1:]
        alike = (self._families[each] for each in sorted(self._families) if each[1:] == about)
        others = (version_on(versions, day) for versions in chain.from_iterable(alike))
        limits = (limit for p in others if p is not None and p.id != own.id for limit in p.limits)
        further = (each for each in limits if _reaches(each, protocol))
        return tuple(dict.fromkeys((*own.limits, *further)))

    def versions(self, protocol: TreatmentProtocol) -> Versions:
        """Return all known versions of *protocol*, itself included."""
        families = self.find(*treatment_of(protocol))
        return next((family for family in families if family[0].id == protocol.id), (protocol,))

    def followed(
        self,
        indication: str,
        given: Sequence[Product | None],
        *,
        born_on: date | None,
        on: date,
        region: str,
        population: Population | None = None,
    ) -> Followed:
        """Return the protocol that a track follows: the one for the product given last.

        Args:
            indication: A slug, title or alias.
            given: The products of the last cycle's full sessions, None for an unknown product;
                empty without a session.
            born_on: The day of birth, or None where unknown.
            on: The day in question.
            region: The region of the protocol.
            population: Overrides the population that the age gives.

        Raises:
            UnknownProtocolError: When no protocol is known for the indication.
        """
        slug = self.indication_named(indication)
        people = self._population(slug, born_on, on, region) if population is None else population
        families = self.of_indications([slug], people, region)
        if not families:
            raise UnknownProtocolError(self.why_none(slug, people, region))
        products = set(given) or {Product.ONABOTULINUMTOXIN_A}
        # An unknown product may be any of them.
        own = [family for family in families if None in products or family[0].product in products]
        versions = (version_on(family, on) or family[-1] for family in own or families)
        chosen = max(versions, key=_strictness)
        both = all(self.of_indications([slug], each, region) for each in Population)
        age_decides = population is None and born_on is None and both
        return Followed(chosen, is_own=bool(own) or not given, age_decides=age_decides)

    def _population(self, slug: str, born_on: date | None, on: date, region: str) -> Population:
        """The first population with a protocol for the patient's age, else with any; else adult.

        Who is younger than every protocol for adults is a child, also where no protocol for
        children is for that age.
        """
        ages = {
            people: [family[-1].ages for family in families]
            for people in Population
            if (families := self.of_indications([slug], people, region))
        }
        if born_on is not None:
            years = age_on(born_on, on)
            for people, stated in ages.items():
                if any(each is not None and years in each for each in stated):
                    return people
            adult = ages.get(Population.ADULT, ())
            is_child = all(each is not None and years < (each.first or 0) for each in adult)
            if is_child and Population.PEDIATRIC in ages:
                return Population.PEDIATRIC
        return next(iter(ages), Population.ADULT)

    def indication_named(self, text: str) -> str:
        """Return the slug of an indication given by slug, title or alias in any case.

        Raises:
            UnknownProtocolError: When it is unknown; the message names the closest known ones.
        """
        if isinstance(text, str) and text in self.indications:
            return text
        named = find_indication_name(text, self.indications)
        if named is None:
            near = ", ".join(nearest_indications(text, self.indications))
            hint = f"did you mean {near}?" if near else "botox-schedule protocols lists them"
            raise UnknownProtocolError(f"no indication has that name; {hint}")
        return named

    def why_none(
        self, slug: str, people: Population, region: str, product: Product | None = None
    ) -> str:
        """Return why no protocol is known for an indication, and the closest ones."""
        own = {f"{p.product} ({p.population}, {p.region})" for p in self if p.indication == slug}
        here = [p for p in self if (p.population, p.region) == (people, region)]
        alike = {p.indication for p in here if product in {None, p.product}}
        given = ", ".join(filter(None, (product, people, region)))
        return (
            f"no protocol is known for {slug} with {given}; "
            f"for {slug} there are: {', '.join(sorted(own)) or 'none'}; "
            f"for {given} there are: {', '.join(sorted(alike)) or 'none'}"
        )


_with_given = lru_cache(maxsize=256)(ProtocolSet._plus)  # noqa: SLF001 - of this module
_limits = lru_cache(maxsize=256)(ProtocolSet._limits_on)  # noqa: SLF001 - of this module


@lru_cache(maxsize=256)
def _clocks(known: ProtocolSet, people: Population, region: str) -> dict[str, frozenset[str]]:
    """The clock of each indication that a protocol for the population and region names."""
    found: dict[str, frozenset[str]] = {}
    for protocol in known:
        if (protocol.population, protocol.region) == (people, region):
            group = frozenset((protocol.indication, *protocol.shares_clock_with))
            joined = group.union(*(found[member] for member in group if member in found))
            found |= dict.fromkeys(joined, joined)
    return found


def age_cuts(known: ProtocolSet) -> list[int]:
    """Return the ages from which another protocol or limit may hold, in order."""
    stated = [p.ages for p in known] + [limit.ages for p in known for limit in p.limits]
    ages = [each for each in stated if each is not None]
    lasts = [each.last for each in ages if each.last is not None]
    cuts = {each.first for each in ages} | {last + 1 for last in lasts}
    return sorted(cut for cut in cuts if cut)


def version_on(versions: Versions, day: date) -> TreatmentProtocol | None:
    """Return the version in force on *day*, the newest of several.

    Where none is in force, the last one that was; None where there is no earlier one. A version
    is never used before its first day.
    """
    if len(versions) == 1 and versions[0].in_force.first is None:
        return versions[0]
    in_force = [version for version in versions if day in version.in_force]
    if in_force:
        return max(in_force, key=newness)
    past = [v for v in versions if v.in_force.last is not None and v.in_force.last < day]
    return max(past, key=lambda v: (v.in_force.last or date.max, newness(v)), default=None)


def newness(version: TreatmentProtocol) -> tuple[date, VersionKey, int]:
    """Return the sort key of versions: first day in force, version as numbers, minimum in days.

    The minimum matters only where one version number has several texts: the stricter one wins.
    """
    minimum = version.retreatment.minimum
    days = 0 if minimum is None else minimum.day_bounds[1]
    return version.in_force.first or date.min, version.version_key, days


def general_protocols(
    known: ProtocolSet, protocol: TreatmentProtocol, clock: Iterable[str]
) -> tuple[Versions, ...]:
    """Return the product's protocols for the clock's general indication, such as ``spasticity``."""
    names = sorted({*filter(None, map(general_indication, clock))})
    found = (known.find(name, *treatment_of(protocol)[1:]) for name in names)
    return tuple(chain.from_iterable(found))


def _families(protocols: Iterable[TreatmentProtocol]) -> dict[TreatmentKey, tuple[Versions, ...]]:
    by_id: dict[TreatmentKey, dict[str, list[TreatmentProtocol]]] = {}
    for protocol in protocols if isinstance(protocols, Iterable) else (protocols,):
        if not isinstance(protocol, TreatmentProtocol):
            told = "give protocols, such as find_protocol returns, not names"
            raise UnknownProtocolError(f"protocols: {told}")
        versions = by_id.setdefault(treatment_of(protocol), {}).setdefault(protocol.id, [])
        if protocol not in versions:
            versions.append(protocol)
    return {
        treatment: tuple(tuple(sorted(ids[key], key=newness)) for key in sorted(ids))
        for treatment, ids in by_id.items()
    }


def _refuse_other_names(indications: Iterable[str]) -> None:
    """Refuse another name of a known indication: its sessions would count on a clock of their own."""
    for name in sorted(indications):
        if (slug := slug_of(name)) != name:
            raise UnknownProtocolError(f"protocols: {name} is another name of {slug}; give {slug}")


def _reaches(limit: DoseLimit, protocol: TreatmentProtocol) -> bool:
    return limit.scope is LimitScope.PRODUCT or protocol.indication in limit.indications


def _strictness(protocol: TreatmentProtocol) -> tuple[bool, int, str, VersionKey]:
    """Sort key: no minimum is the strictest, then the longest one; ties go by id and version."""
    minimum = protocol.retreatment.minimum
    days = 0 if minimum is None else minimum.day_bounds[1]
    return minimum is None, days, protocol.id, protocol.version_key
