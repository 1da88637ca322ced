"""From a bundle to patients' records; what cannot be read becomes a problem, never a guess."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from botox_schedule import (
    CareEnd,
    CareEndKind,
    PatientRecord,
    Product,
    SessionStatus,
    TreatmentSession,
    find_indication,
    find_product,
)
from botox_schedule.fhir.bundle import (
    Entry,
    codings,
    entries_of,
    faults_of,
    reference_in,
    resolve,
)
from botox_schedule.fhir.days import NotADay, check_zone, day_of, first_day
from botox_schedule.fhir.elements import listed, texts_in, units_in
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode
from botox_schedule.fhir.tables import (
    MEDICATION_ADMINISTRATION_STATUSES,
    PROCEDURE_STATUSES,
    UNIT_CODES,
)
from botox_schedule.protocols import find_product_by_code, names_toxin
from botox_schedule.values import Value

UNKNOWN_INDICATION = "unknown-indication"
"""The indication of a session whose codes name none; its units still count."""

_LONGEST_ID = 200
_MEDICATION, _PROCEDURE = "MedicationAdministration", "Procedure"
_Codes = Mapping[tuple[str, str], str]


class BundleReading(Value, frozen=True):
    """What a bundle holds.

    Attributes:
        records: One record for each patient, in the order of the bundle.
        problems: What could not be read as it stands.
        ignored: How many resources of each type were not asked for sessions.
    """

    records: tuple[PatientRecord, ...]
    problems: tuple[BundleProblem, ...]
    ignored: dict[str, int] = Field(default_factory=dict)

    def problems_of(self, record: PatientRecord) -> tuple[BundleProblem, ...]:
        """Return the problems that concern one record."""
        return tuple(problem for problem in self.problems if problem.patient == record.id)


def records_from_bundle(
    bundle: bytes | str | Mapping[str, Any] | BaseModel,
    *,
    zone: str | tzinfo,
    indications: _Codes | None = None,
    products: _Codes | None = None,
) -> BundleReading:
    """Return the records of the patients of a bundle, and what could not be read.

    Sessions come from MedicationAdministration, and from Procedure where its code is one of the
    known procedures; the two are one session where one is ``partOf`` the other. Birth date and
    death come from Patient.

    Args:
        bundle: A Bundle of FHIR R4: its JSON, its content, or a model of fhir.resources.
        zone: The clinic's time zone, such as ``America/New_York``: it decides on which day an
            instant falls.
        indications: Further codes of indications, by system and code.
        products: Further codes of products, by system and code.

    Raises:
        ExchangeError: When it is not a bundle in JSON; the message says where.
        DayError: When the zone is unknown.

    >>> reading = records_from_bundle({"resourceType": "Bundle", "type": "collection", "entry": [{
    ...     "resource": {
    ...         "resourceType": "MedicationAdministration", "id": "m1", "status": "completed",
    ...         "subject": {"reference": "Patient/1"},
    ...         "medicationCodeableConcept": {"text": "Botox"},
    ...         "reasonCode": [{"coding": [
    ...             {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G43.709"}]}],
    ...         "effectiveDateTime": "2026-01-06T01:30:00Z",
    ...         "dosage": {"dose": {"value": 155, "code": "U", "system": "http://unitsofmeasure.org"}},
    ...     },
    ... }]}, zone="America/New_York")
    >>> session = reading.records[0].sessions[0]
    >>> str(session.administered_on), session.indication, session.units
    ('2026-01-05', 'chronic-migraine', Decimal('155'))
    """
    check_zone(zone)
    problems: list[BundleProblem] = []
    entries = entries_of(bundle, problems)
    reader = _Reader(entries, zone, indications or {}, products or {}, problems)
    return reader.reading()


class _Part(NamedTuple):
    """What one MedicationAdministration or Procedure says of a session."""

    entry: Entry
    patient: str
    status: SessionStatus
    day: date


class _Reader:
    """Reads the entries of one bundle."""

    def __init__(
        self,
        entries: list[Entry],
        zone: str | tzinfo,
        indications: _Codes,
        products: _Codes,
        problems: list[BundleProblem],
    ) -> None:
        self.zone = zone
        self.indications = indications
        self.products = products
        self.problems = problems
        self.all_entries = entries
        self.named = resolve(entries)
        self.ignored: Counter[str] = Counter()
        self.sessions: dict[str, list[TreatmentSession]] = {}

    def reading(self) -> BundleReading:
        """Return the records and the problems."""
        joined = self._joined_procedures()
        for entry in self.all_entries:
            if entry.kind == "Patient":
                self.sessions.setdefault(self._key(entry), [])
            elif entry.kind == _MEDICATION:
                self._add(entry, joined.get(id(entry.resource)))
            elif entry.kind == _PROCEDURE and self._is_own_session(entry, joined):
                self._add(entry, None)
            elif entry.kind not in {_PROCEDURE, "Medication", "Condition"}:
                self.ignored[entry.kind] += 1
        people = {self._key(e): e for e in self.all_entries if e.kind == "Patient"}
        records = [
            self._record(key, sessions, people.get(key)) for key, sessions in self.sessions.items()
        ]
        return BundleReading(
            records=tuple(records),
            problems=tuple(self.problems),
            ignored=dict(self.ignored),
        )

    def _key(self, entry: Entry) -> str:
        name = entry.name or entry.address or entry.where
        return name if len(name) <= _LONGEST_ID else entry.where

    def _report(
        self,
        code: BundleProblemCode,
        entry: Entry,
        element: str,
        message: str,
        *,
        left_out: bool = False,
    ) -> None:
        where = f"{entry.where}.{element}" if element else entry.where
        problem = BundleProblem(
            code=code,
            where=where,
            message=message,
            session_left_out=left_out,
            patient=self._patient_of(entry),
        )
        self.problems.append(problem)

    def _patient_of(self, entry: Entry) -> str | None:
        if entry.kind == "Patient":
            return self._key(entry)
        target = reference_in(entry.resource.get("subject"))
        if target is None:
            return None
        found = self.named.get(target)
        if found is not None:
            return self._key(found)
        return target if len(target) <= _LONGEST_ID else None

    def _joined_procedures(self) -> dict[int, Entry]:
        """The procedure that belongs to a medication's entry, and the other way round."""
        joined: dict[int, Entry] = {}
        for entry in self.all_entries:
            for part in listed(entry.resource, "partOf"):
                whole = self.named.get(reference_in(part) or "")
                if whole is not None and {entry.kind, whole.kind} == {_MEDICATION, _PROCEDURE}:
                    joined[id(entry.resource)] = whole
                    joined[id(whole.resource)] = entry
        return joined

    def _is_own_session(self, entry: Entry, joined: Mapping[int, Entry]) -> bool:
        """A procedure by itself is a session where its code is one of the known procedures."""
        if id(entry.resource) in joined:
            return False
        if any(self._indication_of(coding) for coding in codings(entry.resource.get("code"))):
            return True
        self.ignored[_PROCEDURE] += 1
        return False

    def _add(self, entry: Entry, procedure: Entry | None) -> None:
        part = self._part(entry)
        if part is None:
            return
        product: Product | None = None
        if entry.kind == _MEDICATION:
            is_toxin, product = self._product(entry)
            if not is_toxin:
                return
        else:
            message = "a procedure names no product; its units are not known"
            self._report(BundleProblemCode.UNKNOWN_PRODUCT, entry, "", message)
        indication = self._indication(entry, procedure)
        units = self._units(entry) if entry.kind == _MEDICATION else None
        try:
            session = TreatmentSession(
                id=entry.name,
                administered_on=part.day,
                indication=indication,
                product=product,
                units=units,
                status=part.status,
            )
        except ValidationError:
            message = "expected an id of at most 200 characters and a slug as indication"
            self._report(BundleProblemCode.INVALID_RESOURCE, entry, "", message, left_out=True)
            return
        self.sessions.setdefault(part.patient, []).append(session)

    def _part(self, entry: Entry) -> _Part | None:
        """The frame of a session; None where one cannot be made."""
        faults = list(faults_of(entry))
        if faults:
            code = BundleProblemCode.INVALID_RESOURCE
            self._report(code, entry, "", "; ".join(faults), left_out=True)
            return None
        patient = self._patient_of(entry)
        if patient is None:
            message = "expected a reference to the patient, of at most 200 characters"
            self._report(BundleProblemCode.NO_SUBJECT, entry, "subject", message, left_out=True)
            return None
        status = self._status(entry)
        if status is None:
            return None
        name = "effective" if entry.kind == _MEDICATION else "performed"
        try:
            day = first_day(entry.resource, name, self.zone)
        except NotADay as fault:
            self._report(fault.code, entry, fault.element, fault.message, left_out=True)
            return None
        return _Part(entry, patient, status, day)

    def _status(self, entry: Entry) -> SessionStatus | None:
        medication = entry.kind == _MEDICATION
        table = MEDICATION_ADMINISTRATION_STATUSES if medication else PROCEDURE_STATUSES
        given = entry.resource.get("status")
        status = table.get(given) if isinstance(given, str) else None
        if status is None:
            message = f"expected one of {', '.join(sorted(table))}"
            code = BundleProblemCode.UNKNOWN_STATUS
            self._report(code, entry, "status", message, left_out=True)
        elif given == "stopped":
            message = "the session was stopped: it counts, and its units need a look"
            self._report(BundleProblemCode.PARTLY_GIVEN, entry, "status", message)
        return status

    def _product(self, entry: Entry) -> tuple[bool, Product | None]:
        """Whether the medication is a botulinum toxin, and which."""
        concept = self._medication(entry)
        known = {self._product_of(coding) for coding in codings(concept)} - {None}
        texts = list(texts_in(concept))
        if not known:
            known = {find_product(text) for text in texts} - {None}
        if len(known) == 1:
            return True, known.pop()
        if known:
            message = "the codes name several products; it counts as unknown"
            self._report(BundleProblemCode.AMBIGUOUS_PRODUCT, entry, "medication", message)
            return True, None
        is_toxin = any(names_toxin(*coding) for coding in codings(concept)) or any(
            "botulinum" in text.lower() for text in texts
        )
        message = "a botulinum toxin whose product is not known"
        if not is_toxin:
            message = "not known as a botulinum toxin; if it is one, name its code in products"
        self._report(
            BundleProblemCode.UNKNOWN_PRODUCT, entry, "medication", message, left_out=not is_toxin
        )
        return is_toxin, None

    def _medication(self, entry: Entry) -> Any:
        if "medicationCodeableConcept" in entry.resource:
            return entry.resource["medicationCodeableConcept"]
        target = reference_in(entry.resource.get("medicationReference")) or ""
        if target.startswith("#"):
            inner = [c for c in listed(entry.resource, "contained") if c.get("id") == target[1:]]
            return inner[0].get("code") if inner else None
        found = self.named.get(target)
        return None if found is None else found.resource.get("code")

    def _product_of(self, coding: tuple[str, str]) -> Product | None:
        own = self.products.get(coding)
        return find_product(own) if own is not None else find_product_by_code(*coding)

    def _indication_of(self, coding: tuple[str, str]) -> str | None:
        return self.indications.get(coding) or find_indication(*coding)

    def _indication(self, entry: Entry, procedure: Entry | None) -> str:
        concepts = list(self._reasons(entry))
        if procedure is not None:
            concepts += [*self._reasons(procedure), procedure.resource.get("code")]
        if entry.kind == _PROCEDURE:
            concepts.append(entry.resource.get("code"))
        found = {self._indication_of(c) for concept in concepts for c in codings(concept)} - {None}
        if len(found) == 1:
            return str(found.pop())
        code, message = BundleProblemCode.UNKNOWN_INDICATION, "no code names a known indication"
        if found:
            code = BundleProblemCode.AMBIGUOUS_INDICATION
            message = "the codes name several indications"
        self._report(code, entry, "reasonCode", f"{message}; its units count, its day for no track")
        return UNKNOWN_INDICATION

    def _reasons(self, entry: Entry) -> Iterator[Any]:
        yield from listed(entry.resource, "reasonCode")
        for reference in listed(entry.resource, "reasonReference"):
            found = self.named.get(reference_in(reference) or "")
            if found is not None:
                yield found.resource.get("code")

    def _units(self, entry: Entry) -> Decimal | None:
        dosage = entry.resource.get("dosage")
        dose = dosage.get("dose") if isinstance(dosage, Mapping) else None
        if not isinstance(dose, Mapping):
            return None
        units = units_in(dose)
        if units is None:
            message = f"expected a number above 0 in one of {', '.join(sorted(UNIT_CODES))}"
            self._report(BundleProblemCode.UNKNOWN_UNITS, entry, "dosage.dose", message)
        return units

    def _record(
        self, key: str, sessions: list[TreatmentSession], person: Entry | None
    ) -> PatientRecord:
        born_on: date | None = None
        ends: tuple[CareEnd, ...] = ()
        if person is not None:
            for fault in faults_of(person):
                code = BundleProblemCode.INVALID_RESOURCE
                self._report(code, person, "", f"{fault}; birth date and death may be missing")
            born_on = self._day(person, "birthDate")
            ends = tuple(self._death(person, sessions, born_on))
        return PatientRecord(id=key, sessions=tuple(sessions), born_on=born_on, care_ends=ends)

    def _day(self, person: Entry, element: str) -> date | None:
        if element not in person.resource:
            return None
        try:
            return day_of(person.resource[element], element, self.zone)
        except NotADay as fault:
            self._report(fault.code, person, element, fault.message)
            return None

    def _death(
        self, person: Entry, sessions: Iterable[TreatmentSession], born_on: date | None
    ) -> Iterator[CareEnd]:
        """The end of care; without its day, the last day on which the patient was seen."""
        died_on = self._day(person, "deceasedDateTime")
        if died_on is not None:
            yield CareEnd(on=died_on, kind=CareEndKind.DECEASED)
            return
        if "deceasedDateTime" not in person.resource and not person.resource.get("deceasedBoolean"):
            return
        given = [s.administered_on for s in sessions if s.status is SessionStatus.COMPLETED]
        message = "the patient has died; every date is silenced from the last known day on"
        self._report(BundleProblemCode.DECEASED_WITHOUT_DAY, person, "deceased", message)
        yield CareEnd(on=max(given, default=born_on or date.min), kind=CareEndKind.DECEASED)
