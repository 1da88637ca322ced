"""Which protocol each track of a patient follows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from botox_schedule import (
    PatientRecord,
    Product,
    SessionStatus,
    TreatmentProtocol,
    TreatmentSession,
)
from botox_schedule.dates.days import age_on
from botox_schedule.terms import Population


class Shelf:
    """The protocols at hand, by what a row says; a clinic's own come first."""

    def __init__(self, protocols: Iterable[TreatmentProtocol], region: str) -> None:
        self._by_key: dict[tuple[str, str], list[TreatmentProtocol]] = {}
        for protocol in protocols:
            if protocol.region == region:
                key = (protocol.indication, protocol.product.value)
                self._by_key.setdefault(key, []).append(protocol)
        self._indications = {indication for indication, _ in self._by_key}
        self._alike: dict[tuple[str, str, str], list[TreatmentProtocol]] = {}

    def knows(self, indication: str) -> bool:
        """Whether any product has a protocol for *indication*."""
        return indication in self._indications

    def find(
        self, indication: str, product: str, age: int | None, on: date
    ) -> TreatmentProtocol | None:
        """Return the protocol for a person of that age; an adult's where the age is unknown."""
        known = self._by_key.get((indication, product), [])
        fitting = [p for p in known if _fits(p, age)]
        in_force = [p for p in fitting if on in p.in_force]
        return next(iter(in_force or fitting), None)

    def others(self, protocol: TreatmentProtocol) -> Sequence[TreatmentProtocol]:
        """Return what history may need beside *protocol*: its versions, clock and products."""
        key = (protocol.indication, protocol.product.value, protocol.population.value)
        if key not in self._alike:
            self._alike[key] = [
                other
                for protocols in self._by_key.values()
                for other in protocols
                if other.indication in protocol.clock and other.population is protocol.population
            ]
        return self._alike[key]

    def of(self, population: Population) -> list[TreatmentProtocol]:
        """Return the protocols of a population."""
        every = (p for protocols in self._by_key.values() for p in protocols)
        return [p for p in every if p.population is population]

    def has_one_each(self) -> bool:
        """Whether no treatment has several protocols, or versions, between which a day decides."""
        kinds = Counter(
            (*key, protocol.population)
            for key, protocols in self._by_key.items()
            for protocol in protocols
        )
        return max(kinds.values(), default=1) == 1


def _fits(protocol: TreatmentProtocol, age: int | None) -> bool:
    if age is None:
        return protocol.population is Population.ADULT
    return protocol.ages is None or age in protocol.ages


class PlannedTrack(NamedTuple):
    """A track: its latest session, the product given last, and the protocol for both."""

    session: TreatmentSession
    product: Product | None
    protocol: TreatmentProtocol | None


def planned_tracks(
    record: PatientRecord, shelf: Shelf, as_of: date, planned: Product | None = None
) -> Iterable[PlannedTrack]:
    """Yield each clock on which a completed session or a booking lies.

    Without a *planned* product it is the one given last.
    """
    age = None if record.born_on is None else age_on(record.born_on, as_of)
    covered: set[str] = set()
    concerned = _latest_first(record.sessions, as_of)
    for session in concerned:
        indication = session.indication
        if indication in covered or not shelf.knows(indication):
            continue
        product = planned or _last_product(concerned, indication)
        protocol = shelf.find(indication, product.value if product else "", age, as_of)
        covered |= {indication} if protocol is None else protocol.clock
        yield PlannedTrack(session, product, protocol)


def _latest_first(sessions: Iterable[TreatmentSession], as_of: date) -> list[TreatmentSession]:
    """Completed sessions up to *as_of*, the latest first; bookings where there is nothing else."""
    concerned = [
        (s.status is SessionStatus.COMPLETED, s.administered_on, s.indication, s)
        for s in sessions
        if s.status is SessionStatus.BOOKED
        or (s.status is SessionStatus.COMPLETED and s.administered_on <= as_of)
    ]
    if len(concerned) > 1:
        concerned.sort(key=lambda item: item[:3], reverse=True)
    return [session for *_, session in concerned]


def last_product(record: PatientRecord, indication: str, as_of: date) -> Product | None:
    """Return the product given last for an indication, as far as it is known."""
    return _last_product(_latest_first(record.sessions, as_of), indication)


def _last_product(latest_first: Iterable[TreatmentSession], indication: str) -> Product | None:
    known = (s.product for s in latest_first if s.indication == indication)
    return next((product for product in known if product is not None), None)
