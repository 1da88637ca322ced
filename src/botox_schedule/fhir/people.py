"""The patients of a bundle: who is the same person, born when and dead since when."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from botox_schedule.fhir.bundle import Entry
from botox_schedule.fhir.days import day_of, is_placeholder
from botox_schedule.fhir.deaths import is_dead, place_of_death
from botox_schedule.fhir.elements import listed, text_of, within
from botox_schedule.fhir.identity import Directory, address_of, grouped, identifiers_of, subject_of
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode, Fault, Remark
from botox_schedule.fhir.validity import Validator, modifiers_of
from botox_schedule.records import CareEnd, PatientRecord, TreatmentSession
from botox_schedule.terms import CareEndKind

LONGEST_ID = 200
PATIENT = "Patient"
_LINKS = {PATIENT: ("link", "other"), "Person": ("link", "target"), "Linkage": ("item", "resource")}
"""The resources that say which patients are the same person, and in which elements."""
_DAYS = {
    "birthDate": BundleProblemCode.NO_DAY,
    "deceasedDateTime": BundleProblemCode.MAY_BE_DECEASED,
}
"""What a placeholder for a day of a patient is."""


class _Link(NamedTuple):
    """One ``Patient.link`` or similar element: two resources about the same person."""

    entry: Entry
    where: str
    own: str
    other: str | None
    is_found: bool
    type: str | None


class People:
    """The patients; linked patients are one person.

    Attributes:
        directory: The resources of the bundle.
        validator: Checks resources against FHIR R4.
        zone: The clinic's time zone.
        keys: The ids of the patients' records, in the order of the bundle.
    """

    def __init__(self, directory: Directory, validator: Validator, zone: str | tzinfo) -> None:
        self.directory = directory
        self.validator = validator
        self.zone = zone
        self._all = [entry for entry in directory.every if entry.kind == PATIENT]
        own = [entry for entry in self._all if entry.container is None]
        linking = (entry for entry in directory.every if entry.kind in _LINKS)
        self._links = [link for entry in linking for link in _links_of(entry, directory)]
        self._leaders = _leaders_of(self._links, directory)
        self._members = grouped((self.key_of(directory.identity(e)), e) for e in self._all)
        self.keys: list[str] = list(dict.fromkeys(self.key_of(directory.identity(e)) for e in own))

    def key_of(self, identity: str) -> str:
        """Return the id of the record of the person that a patient is."""
        leader = self._leaders.get(identity, identity)
        key = self.directory.key_of(leader)
        entries = self.directory.entries(leader)
        return entries[0].where if len(key) > LONGEST_ID and entries else key

    def leads(self, entry: Entry) -> bool:
        """Return whether it is the person's first Patient; the others are merged into it."""
        key = self.key_of(self.directory.identity(entry))
        return next(e for e in self._members[key] if e.container is None) is entry

    def subject(self, entry: Entry) -> str:
        """Return the id of the record of the person that a resource is about.

        Raises:
            Fault: When it names nobody, several patients or something other than a patient, or
                its reference is too long.
        """
        return self._named(entry, subject_of(entry))

    def is_absent(self, key: str) -> bool:
        """Return whether the bundle contains patients, but not this one."""
        return PATIENT in self.directory.kinds and key not in self._members

    def _named(self, entry: Entry, reference: Any) -> str:
        found = self.directory.find(entry, reference, PATIENT)
        found = found or [self._absent(entry, reference)]
        if any(e.kind != PATIENT for one in found for e in self.directory.entries(one)):
            raise _other_subject()
        key, *others = dict.fromkeys(map(self.key_of, found))
        if others:
            message = "several patients may be meant; expected their server, and one identifier"
            code = BundleProblemCode.AMBIGUOUS_SUBJECT
            raise Fault(code, "subject", message, [key, *others])
        if len(key) > LONGEST_ID:
            message = f"expected a reference of at most {LONGEST_ID} characters"
            raise Fault(BundleProblemCode.NO_SUBJECT, "subject", message)
        return key

    def keys_about(self, entry: Entry) -> Sequence[str | None]:
        """Return the ids of all records that it may be about; None alone where it names nobody."""
        if entry.kind in _LINKS:
            key = self.key_of(self.directory.identity(entry))
            return [key if entry.kind == PATIENT or key in self._members else None]
        # An appointment has participants, and some of them are patients.
        actors = (within(one, "actor") for one in listed(entry.resource, "participant"))
        keys: dict[str | None, None] = {}
        for reference in (subject_of(entry), *actors):
            try:
                keys[self._named(entry, reference)] = None
            except Fault as fault:
                keys |= dict.fromkeys(fault.patients)
        if not keys and entry.container is not None:
            return self.keys_about(entry.container)
        return [*keys] or [None]

    def _absent(self, entry: Entry, reference: Any) -> str:
        at = address_of(text_of(reference, "reference"))
        kind = at.kind if at is not None else text_of(reference, "type") or PATIENT
        if kind != PATIENT:
            raise _other_subject()
        identity = self.directory.absent(entry, reference, PATIENT)
        if identity is not None and not identity.startswith("#"):
            return identity
        message = "expected a reference to the patient, or an identifier with its system"
        if text_of(reference, "display"):
            message = f"a display alone names nobody; {message}"
        value = text_of(within(reference, "identifier"), "value") or ""
        raise Fault(BundleProblemCode.NO_SUBJECT, "subject", message, self._bearers.get(value, ()))

    @cached_property
    def _bearers(self) -> dict[str | None, list[str]]:
        """The ids of the records of all whose identifiers have a value, in whatever system."""
        given = ((listed(e.resource, "identifier"), key) for e, key in self._persons(self._members))
        return grouped((text_of(one, "value"), key) for several, key in given for one in several)

    def _persons(self, keys: Iterable[str]) -> Iterator[tuple[Entry, str]]:
        """The patients of these records, each with the id of the record."""
        return ((person, key) for key in keys for person in self._members.get(key, []))

    def record(self, key: str, sessions: Sequence[TreatmentSession]) -> PatientRecord:
        """Return the record of one person."""
        members = self._members.get(key, [])
        born = {day for person in members if (day := self._day(person, "birthDate")) is not None}
        return PatientRecord(
            id=key,
            sessions=tuple(sessions),
            born_on=born.pop() if len(born) == 1 else None,
            care_ends=tuple(self._deaths(members)),
        )

    def _deaths(self, members: Sequence[Entry]) -> Iterator[CareEnd]:
        """The deaths; one without a stated day has none, and suppresses all dates."""
        days = {day for person in members if (day := self._day(person, "deceasedDateTime"))}
        if any(map(is_dead, members)):
            for day in (*sorted(days),) or (None,):
                yield CareEnd(on=day, kind=CareEndKind.DECEASED)

    def _day(self, person: Entry, element: str) -> date | None:
        stated = person.resource.get(element)
        # A birth date is a day wherever somebody is; an instant would be another day elsewhere.
        if is_placeholder(stated) or (element == "birthDate" and "T" in str(stated)):
            return None
        try:
            return day_of(stated, element, self.zone)
        except Fault:
            return None

    def problems(self, keys: Iterable[str]) -> Iterator[BundleProblem]:
        """Yield the problems with the patients of these records."""
        for key in keys:
            for person, remark in self._doubts(self._members.get(key, [])):
                yield person.problem(remark, key)
        yield from self._possible_deaths(keys)
        yield from self._broken_links()
        yield from self._shared_identifiers(keys)

    def _faults(self, person: Entry) -> Iterator[Remark]:
        yield from modifiers_of(person)
        for fault in self.validator.faults(person):
            message = f"{fault}; birth date and death may be missing"
            yield BundleProblemCode.INVALID_RESOURCE, "", message
        is_unused = str(person.resource.get("active")).lower() == "false"
        if is_unused and not listed(person.resource, "link"):
            message = "not in use: the patient may have another record, or have left"
            yield BundleProblemCode.UNKNOWN_MODIFIER, "active", message
        for element, code in _DAYS.items():
            if is_placeholder(person.resource.get(element)):
                yield code, element, "a placeholder for a missing day; find out"
            try:
                day_of(person.resource.get(element, "2000-01-01"), element, self.zone)
            except Fault as fault:
                if person.resource[element] is not None:
                    yield fault.remark

    def _doubts(self, members: Sequence[Entry]) -> Iterator[tuple[Entry, Remark]]:
        yield from ((person, remark) for person in members for remark in self._faults(person))
        if len({day for person in members if (day := self._day(person, "birthDate"))}) > 1:
            message = "resources of one person state several birth dates; none is taken"
            yield members[-1], (BundleProblemCode.CONFLICTING_PATIENTS, "birthDate", message)
        if any(end.on is None for end in self._deaths(members)):
            message = "the patient has died on an unknown day; every date is suppressed"
            dead = next(filter(is_dead, members))
            yield dead, (BundleProblemCode.DECEASED_WITHOUT_DAY, "deceased", message)

    def _possible_deaths(self, keys: Iterable[str]) -> Iterator[BundleProblem]:
        """Report deaths that anything but a Patient's own elements states, unless these do too."""
        living = {key for key in keys if not any(map(is_dead, self._members.get(key, ())))}
        message = "the patient may have died: find out; no death is taken from here"
        for entry in self.directory.every:
            if place := place_of_death(entry):
                for key in self.keys_about(entry):
                    if key is None or key in living or self.is_absent(key):
                        remark = BundleProblemCode.MAY_BE_DECEASED, place, message
                        yield entry.problem(remark, key)

    def _broken_links(self) -> Iterator[BundleProblem]:
        message = "the bundle does not hold the patient that the link names"
        for link in self._links:
            if not link.is_found:
                remark = BundleProblemCode.LINKED_PATIENT, link.where, message
                yield link.entry.problem(remark, self.key_of(link.own), left_out=True)

    def _shared_identifiers(self, keys: Iterable[str]) -> Iterator[BundleProblem]:
        persons = self._persons(keys)
        bearers = grouped((one, key) for person, key in persons for one in identifiers_of(person))
        message = "another patient has the same identifier; they may be one person"
        remark = BundleProblemCode.SHARED_IDENTIFIER, "identifier", message
        for key in {key: None for shared in bearers.values() if len(shared) > 1 for key in shared}:
            yield self._members[key][0].problem(remark, key, left_out=True)


def _other_subject() -> Fault:
    message = "the subject is no patient, such as a group or a device"
    return Fault(BundleProblemCode.OTHER_SUBJECT, "subject", message)


def _links_of(entry: Entry, directory: Directory) -> Iterator[_Link]:
    name, target = _LINKS[entry.kind]
    for number, link in enumerate(listed(entry.resource, name)):
        reference = within(link, target)
        found = directory.find(entry, reference, PATIENT)
        other = found[0] if len(found) == 1 else directory.absent(entry, reference, PATIENT)
        at = address_of(other)
        kinds = {known.kind for one in found for known in directory.entries(one)}
        # A link to a RelatedPerson is ignored: it is the same person in another role.
        if (kinds or {PATIENT if at is None else at.kind}) == {PATIENT}:
            own, type_ = directory.identity(entry), text_of(link, "type")
            yield _Link(entry, f"{name}[{number}]", own, other, len(found) == 1, type_)


def _leaders_of(links: Iterable[_Link], directory: Directory) -> dict[str, str]:
    """For each linked patient the one whose key counts: not replaced, and in the bundle."""
    pairs = [(link.own, link.other, link.type) for link in links if link.other is not None]
    replaced = {own for own, _, kind in pairs if kind in {"replaced-by", "refer"}}
    replaced |= {other for _, other, kind in pairs if kind == "replaces"}
    leaders: dict[str, str] = {}
    for group in _connected([(own, other) for own, other, _ in pairs]):
        # Sorted, so that the id of a record does not depend on the order of the bundle.
        present = sorted(
            (not known, any(one.container is not None for one in known), identity)
            for identity, known in ((one, directory.entries(one)) for one in group)
            if all(one.kind == PATIENT for one in known)
        )
        # No record can have the name of an absent patient that is too long for an id.
        named = ((gone, len(directory.key_of(one)), one) for gone, _, one in present)
        fits = (one for gone, length, one in named if not gone or length <= LONGEST_ID)
        standing = [one for one in fits if one not in replaced]
        leaders |= dict.fromkeys(group, (standing or [present[0][2]])[0])
    return leaders


def _connected(pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """The groups of patients that the pairs connect."""
    neighbors = grouped([*pairs, *((other, one) for one, other in pairs)])
    seen: set[str] = set()
    for start in neighbors:
        if start not in seen:
            group = [start]
            seen.add(start)
            for one in group:
                found = dict.fromkeys(n for n in neighbors[one] if n not in seen)
                group += found
                seen.update(found)
            yield group
