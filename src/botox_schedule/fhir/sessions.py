"""Reads one MedicationAdministration or Procedure as a session, or says why not."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from botox_schedule.fhir.bundle import Entry
from botox_schedule.fhir.days import days_of
from botox_schedule.fhir.elements import (
    STATUSES,
    UNIT_CODES,
    codings,
    is_taken_back,
    listed,
    may_be_given,
    text_of,
    units_in,
)
from botox_schedule.fhir.mentions import Dictionary
from botox_schedule.fhir.people import People
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode, Fault, Remark
from botox_schedule.fhir.validity import modifiers_of
from botox_schedule.records import TreatmentSession
from botox_schedule.terms import Product, SessionStatus

UNKNOWN_INDICATION = "unknown-indication"
"""The indication of a session whose codes name none or several; dose limits still count it."""

DOSE, PROCEDURE = "MedicationAdministration", "Procedure"
_ORIGINS = {
    "request": "MedicationRequest",
    "basedOn": "ServiceRequest",
    "context": "Encounter",
    "encounter": "Encounter",
}
"""Which resource of a session is told by which element: its order or its visit."""
_ORDERS = frozenset({"MedicationRequest", "ServiceRequest"})
"""What says why something was given, where the session does not."""
_AS_ORDERED = "/reason-medication-given"
"""Codes of FHIR for the reason of a dose, such as "given as ordered"; they name no treatment."""
_TIMES = {DOSE: "effective", PROCEDURE: "performed"}


Fate = Literal["patient", "session", "merged", "left out", "ignored"]
"""What becomes of a resource."""


class Outcome(NamedTuple):
    """What became of one resource.

    Attributes:
        fate: Where it is counted.
        problems: What a person should review.
        key: The id of the record that its session belongs to; empty without a session.
        session: The session that it became, or None.
        used: Other resources that were read for it.
    """

    fate: Fate
    problems: tuple[BundleProblem, ...] = ()
    key: str = ""
    session: TreatmentSession | None = None
    used: tuple[Entry, ...] = ()


class _Draft(NamedTuple):
    """What a resource says about a session.

    Attributes:
        entry: The resource.
        key: The id of the record of the person that it is about.
        status: The status of the session.
        days: The clinic's local first day and last day.
        units: Units of the product, or None where unknown.
        products: The products that it names, else the default product if there is one.
        indications: The indications that it and its procedures name; without a reason of
            theirs also those of the orders that it carried out.
        used: The medications, reasons, orders and visits that it refers to.
        has_strangers: Whether it refers to a condition or procedure of another patient.
    """

    entry: Entry
    key: str
    status: SessionStatus
    days: tuple[date, date]
    units: Decimal | None
    products: set[Product]
    indications: set[str]
    used: tuple[Entry, ...]
    has_strangers: bool


class SessionReader(NamedTuple):
    """Reads resources as sessions.

    Attributes:
        people: The patients of the bundle.
        dictionary: What codes and words name.
        product: The product where a resource does not name one.
    """

    people: People
    dictionary: Dictionary
    product: Product | None

    def read(self, entry: Entry, procedures: Sequence[Entry]) -> Outcome:
        """Return the session of a resource, or the problem that prevents one.

        Args:
            entry: The resource.
            procedures: The procedures that a dose belongs to; they may name its indication.
        """
        try:
            draft = self._draft(entry, procedures)
            session = self._session(draft)
        except Fault as fault:
            keys = self.people.keys_about(entry)
            is_lost = fault.is_session and may_be_given(entry.resource)
            told = [entry.problem(fault.remark, key, left_out=is_lost) for key in keys]
            return Outcome("left out", tuple(told))
        key, used = draft.key, draft.used
        doubts = (*_doubts(draft, is_absent=self.people.is_absent(key)), *self._repeated(draft))
        told = [entry.problem(d, key, left_out=_may_be_missing(draft, d[0])) for d in doubts]
        told += [one.problem(remark, key) for one in used for remark in modifiers_of(one)]
        return Outcome("session", tuple(told), key, session, used)

    def _draft(self, entry: Entry, procedures: Sequence[Entry]) -> _Draft:
        if faults := self.people.validator.faults(entry):
            raise Fault(BundleProblemCode.INVALID_RESOURCE, "", "; ".join(faults))
        days = days_of(entry.resource, _TIMES[entry.kind], self.people.zone)
        medications, key = self._medications(entry), self.people.subject(entry)
        own, status = self._own(procedures, key), _status(entry)
        told, is_given = [entry, *own], status is SessionStatus.COMPLETED
        origins = self._own(self._origins(told), key) if is_given else []
        treated = self._treated(told, key)
        if not any(map(_has_reason, told)):
            orders = [o for o in origins if o.kind in _ORDERS and may_be_given(o.resource)]
            ordered = self._treated([*told, *orders], key)
            # An order for several treatments takes nothing from what the procedure names.
            if len(ordered[0]) == 1 or not treated[0]:
                treated = ordered
        indications, reasons, has_strangers = treated
        return _Draft(
            entry=entry,
            key=key,
            status=status,
            days=days,
            units=units_in(_dosage(entry).get("dose")),
            products=self._products(entry, medications),
            indications=indications,
            used=(*medications, *reasons, *origins),
            has_strangers=has_strangers or len(own) < len(procedures),
        )

    def _treated(self, entries: Sequence[Entry], key: str) -> tuple[set[str], list[Entry], bool]:
        """The indications that entries name, their reasons, and whether some are of others."""
        stated = self._reasons(entries)
        reasons = self._own(stated, key)
        concepts = [*_concepts_of(entries), *(r.resource.get("code") for r in reasons)]
        return self.dictionary.indications_in(concepts), reasons, len(reasons) < len(stated)

    def _own(self, entries: Sequence[Entry], key: str) -> list[Entry]:
        """The resources that are about the same person, or do not say about which."""
        about = ((one, self.people.keys_about(one)) for one in entries)
        return [one for one, (first, *others) in about if others or first in {None, key}]

    def _products(self, entry: Entry, medications: Sequence[Entry]) -> set[Product]:
        """The products that the medications name, or else their ingredients.

        Raises:
            Fault: When a dose does not name a botulinum toxin: a tablet for the same migraine
                must not move a date.
        """
        concepts = [*_drugs_of(entry), *(m.resource.get("code") for m in medications)]
        ingredients = [i for m in medications for i in listed(m.resource, "ingredient")]
        inner = [i.get("itemCodeableConcept") for i in ingredients]
        named = self.dictionary.products_in(concepts) or self.dictionary.products_in(inner)
        if not named and entry.kind == DOSE and not self.dictionary.names_toxin([concepts, inner]):
            message = "no known botulinum toxin; if it is one, name its code in products"
            may_be = not self.dictionary.is_other_drug([*concepts, *inner])
            code = BundleProblemCode.UNKNOWN_PRODUCT
            raise Fault(code, "medication", message, is_session=may_be)
        return named or ({self.product} if self.product is not None else set())

    def _medications(self, entry: Entry) -> list[Entry]:
        """The medications that a resource refers to, and those that are their ingredients."""
        resource, find = entry.resource, partial(self.people.directory.found, kind="Medication")
        own = [resource.get("medicationReference"), *listed(resource, "usedReference")]
        told = find(entry, own)
        parts = ((m, listed(m.resource, "ingredient")) for m in told)
        inner = (find(m, [part.get("itemReference") for part in found]) for m, found in parts)
        return [*told, *chain.from_iterable(inner)]

    def _reasons(self, entries: Iterable[Entry]) -> list[Entry]:
        found = self._pointed_at(entries, "Condition", "reasonReference")
        return [each for each in found if not is_taken_back(each.resource)]

    def _origins(self, entries: Sequence[Entry]) -> list[Entry]:
        """The orders that were carried out, and the visits at which they were."""
        found = (self._pointed_at(entries, kind, name) for name, kind in _ORIGINS.items())
        return [each for each in chain.from_iterable(found) if each.kind in _ORIGINS.values()]

    def _repeated(self, draft: _Draft) -> Iterator[Remark]:
        """What is recorded as a whole and in parts, such as the dose of each muscle."""
        wholes = self._pointed_at([draft.entry], DOSE, "partOf")
        if draft.units is not None and any(whole.kind == DOSE for whole in wholes):
            message = "a part of another dose, and both count: its units may be in that one"
            yield BundleProblemCode.UNKNOWN_UNITS, "partOf", message

    def _pointed_at(self, entries: Iterable[Entry], kind: str, element: str) -> Iterator[Entry]:
        for entry in entries:
            yield from self.people.directory.found(entry, listed(entry.resource, element), kind)

    def _session(self, draft: _Draft) -> TreatmentSession:
        identity = self.people.directory.identity(draft.entry)
        is_named = identity != draft.entry.where  # else it has neither an id nor an address
        try:
            return TreatmentSession(
                id=self.people.directory.key_of(identity) if is_named else None,
                administered_on=draft.days[0],
                indication=_only(draft.indications) or UNKNOWN_INDICATION,
                product=_only(draft.products),
                units=draft.units,
                status=draft.status,
            )
        except ValidationError:
            message = "expected an id of at most 200 characters and a slug as indication"
            raise Fault(BundleProblemCode.INVALID_RESOURCE, "", message) from None


def _drugs_of(entry: Entry) -> Iterator[Any]:
    """The concepts of what was given; the display of a reference may name it too."""
    resource = entry.resource
    yield from (resource.get("medicationCodeableConcept"), resource.get("medicationReference"))
    yield from (*listed(resource, "usedCode"), *listed(resource, "usedReference"))
    if entry.kind == PROCEDURE:
        yield resource.get("code")


def _has_reason(entry: Entry) -> bool:
    """Whether it says what for; that it was given as ordered leaves it to the order."""
    stated = listed(entry.resource, "reasonCode")
    own = [c for c in stated if not any(s.endswith(_AS_ORDERED) for s, _ in codings(c))]
    return bool(own or entry.resource.get("reasonReference"))


def _concepts_of(entries: Iterable[Entry]) -> Iterator[Any]:
    """The concepts of what was treated: reasons and the codes of procedures."""
    for entry in entries:
        yield from listed(entry.resource, "reasonCode")
        yield from listed(entry.resource, "reasonReference")
        if entry.kind == PROCEDURE:
            yield entry.resource.get("code")


def _doubts(draft: _Draft, *, is_absent: bool) -> Iterator[Remark]:
    """What a person should review in a session that counts."""
    yield from modifiers_of(draft.entry)
    yield from _doubts_of_days(draft)
    if is_absent:
        message = "this patient is not in the bundle; birth date and death are unknown"
        yield BundleProblemCode.UNKNOWN_SUBJECT, "subject", message
    if begun := _BEGUN.get(text_of(draft.entry.resource, "status") or ""):
        yield BundleProblemCode.PARTLY_GIVEN, "status", begun
    elif draft.status is SessionStatus.COMPLETED and draft.entry.resource.get("statusReason"):
        yield BundleProblemCode.PARTLY_GIVEN, "statusReason", _DENIED
    if len(draft.products) > 1:
        message = "the codes name several products; it counts as unknown"
        yield BundleProblemCode.AMBIGUOUS_PRODUCT, "medication", message
    elif not draft.products:
        yield BundleProblemCode.UNKNOWN_PRODUCT, *_UNNAMED[draft.entry.kind]
    if draft.has_strangers:
        message = "refers to a condition or a procedure of another patient, which is not used"
        yield BundleProblemCode.CONFLICTING_PATIENTS, "subject", message
    if len(draft.indications) != 1:
        code, message = BundleProblemCode.UNKNOWN_INDICATION, "no code names a known indication"
        if draft.indications:
            code, message = BundleProblemCode.AMBIGUOUS_INDICATION, "the codes name several"
        message += "; the session counts for no track, and dose limits still count its units"
        yield code, "reasonCode", message
    if not _AMOUNTS.isdisjoint(_dosage(draft.entry)) and draft.units is None:
        message = f"expected a number above 0 in one of {', '.join(sorted(UNIT_CODES))}"
        yield BundleProblemCode.UNKNOWN_UNITS, "dosage.dose", message


def _may_be_missing(draft: _Draft, code: BundleProblemCode) -> bool:
    """Whether a doubt means that the right record lacks the session, or one that was given."""
    if code is BundleProblemCode.PARTLY_GIVEN:
        return draft.status is SessionStatus.DRAFT
    return code is BundleProblemCode.UNKNOWN_SUBJECT


def _doubts_of_days(draft: _Draft) -> Iterator[Remark]:
    """Where the session may be of another day; a program may have made midnight of a day."""
    resource, name = draft.entry.resource, _TIMES[draft.entry.kind]
    stated = text_of(resource, f"{name}DateTime") or text_of(resource.get(f"{name}Period"), "start")
    day, _, time = (stated or "").partition("T")
    first, last = draft.days
    if time.startswith("00:00:00") and day != str(first):
        message = "midnight, and another day in the clinic's zone: it may stand for its own day"
        yield BundleProblemCode.PARTIAL_DAY, name, message
    if (last - first).days > 1:
        message = "the period lasts several days; the session counts on its first"
        yield BundleProblemCode.PARTIAL_DAY, "period", message


_OPEN = "the session has begun and is not completed: it moves nothing, and may have been given"
_BEGUN = {
    "stopped": "the session was stopped: it counts, and its units need a look",
    "in-progress": _OPEN,
    "on-hold": _OPEN,
}
_DENIED = (
    "the session is completed, and says why it was not: it counts, and may not have been given"
)
_AMOUNTS = frozenset({"dose", "rateQuantity", "rateRatio", "text"})
_UNNAMED = {
    DOSE: ("medication", "a botulinum toxin whose product is unknown"),
    PROCEDURE: ("", "a procedure names no product; product and units are unknown"),
}


def _status(entry: Entry) -> SessionStatus:
    table = STATUSES[entry.kind]
    status = table.get(text_of(entry.resource, "status") or "")
    if status is None:
        message = f"expected one of {', '.join(sorted(table))}"
        raise Fault(BundleProblemCode.UNKNOWN_STATUS, "status", message)
    return status


def _only(found: set[Any]) -> Any:
    return next(iter(found)) if len(found) == 1 else None


def _dosage(entry: Entry) -> dict[str, Any]:
    stated = entry.resource.get("dosage") or {}
    return {name: value for name, value in stated.items() if value is not None}
