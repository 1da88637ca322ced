"""Reads a bundle into patients' records; what it cannot read becomes a problem."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import product as pairs
from typing import Any

from botox_schedule.errors import ExchangeError
from botox_schedule.fhir.bundle import BundleContent, Contents, Entry, contents_of
from botox_schedule.fhir.days import check_zone
from botox_schedule.fhir.elements import listed, may_be_given, within
from botox_schedule.fhir.identity import Directory, grouped
from botox_schedule.fhir.mentions import Codes, Dictionary
from botox_schedule.fhir.people import PATIENT, People
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode
from botox_schedule.fhir.sessions import DOSE, PROCEDURE, Outcome, SessionReader
from botox_schedule.fhir.validity import Validator
from botox_schedule.garbage import uncollected
from botox_schedule.protocols.indications import product_named
from botox_schedule.records import PatientRecord
from botox_schedule.terms import Product, SessionStatus
from botox_schedule.values import Value

_SESSIONS = frozenset({DOSE, PROCEDURE})
# None of these states that something was given to a patient.
_NO_EVENTS = frozenset(
    {"ActivityDefinition", "AllergyIntolerance", "AuditEvent", "CareTeam", "CodeSystem"}
    | {"ConceptMap", "Consent", "Contract", "Coverage", "CoverageEligibilityRequest"}
    | {"CoverageEligibilityResponse", "FamilyMemberHistory", "Goal", "Group", "HealthcareService"}
    | {"InsurancePlan", "Library", "Location", "Measure", "Medication", "MedicationKnowledge"}
    | {"Organization", "PlanDefinition", "Practitioner", "PractitionerRole", "Provenance"}
    | {"Questionnaire", "ResearchStudy", "Schedule", "Slot", "Substance", "ValueSet"}
)
_MERGED = Outcome("merged")
_UNCERTAIN = "nothing says which version is the newest; each of them counts"
_UNCERTAIN_DELETION = "nothing says that the deletion is the newest version; it is taken so"
_CONTRADICTED = "an older version was changed later; the highest number is taken as the newest"


class BundleCounts(Value, frozen=True):
    """What became of each resource: the other numbers add up to *resources*.

    Resources in nested bundles count; the bundles themselves and contained resources do not.

    Attributes:
        resources: The number of resources.
        patients: Patient resources that have a record; linked ones are merged.
        sessions: Resources that became a session.
        merged: Resources that belong to another one: the procedure of a dose, a medication, a
            reason, an order or a visit that a session refers to, a linked patient, an older
            version, a copy, and deleted resources.
        left_out: Resources that were not read; each has a problem.
        ignored: How many resources of each type have nothing to do with sessions.
    """

    resources: int
    patients: int
    sessions: int
    merged: int
    left_out: int
    ignored: dict[str, int]

    def __str__(self) -> str:
        counted = ("patients", "sessions", "merged", "left_out")
        parts = [f"{name.replace('_', ' ')} {getattr(self, name)}" for name in counted]
        types = ", ".join(f"{kind} {count}" for kind, count in sorted(self.ignored.items()))
        parts.append(f"ignored {sum(self.ignored.values())}" + (f" ({types})" if types else ""))
        return f"resources {self.resources}: {', '.join(parts)}"


class BundleReading(Value, frozen=True):
    """The records of a bundle, and its problems.

    Attributes:
        records: One record for each patient in the order of the bundle, then one for each other
            subject of a session.
        problems: What could not be read, and what a person should review.
        counts: What became of each resource.
    """

    records: tuple[PatientRecord, ...]
    problems: tuple[BundleProblem, ...]
    counts: BundleCounts

    @property
    def ignored(self) -> dict[str, int]:
        """How many resources of each type have nothing to do with sessions."""
        return self.counts.ignored

    def problems_of(self, record: PatientRecord) -> tuple[BundleProblem, ...]:
        """Return the problems that concern one record; an incomplete bundle concerns all."""
        incomplete = BundleProblemCode.INCOMPLETE
        return tuple(p for p in self.problems if p.patient == record.id or p.code is incomplete)

    @property
    def unreadable(self) -> frozenset[str]:
        """The patients with a session that may be missing, or who may have died.

        Of an incomplete bundle all patients.
        """
        died = BundleProblemCode.MAY_BE_DECEASED
        lost = {p.patient for p in self.problems if p.session_left_out or p.code is died}
        if any(problem.code is BundleProblemCode.INCOMPLETE for problem in self.problems):
            lost.update(record.id for record in self.records)
        return frozenset(patient for patient in lost if patient is not None)


def records_from_bundle(
    bundle: BundleContent,
    *,
    zone: str | tzinfo,
    indications: Codes | None = None,
    products: Codes | None = None,
    product: Product | str | None = None,
) -> BundleReading:
    """Return the records of a bundle's patients, and what could not be read.

    Sessions come from MedicationAdministration, and from Procedure where its code is a known one.
    Where one is ``partOf`` the other, both are one session. Birth date and death come from
    Patient. Any other resource that names a botulinum toxin is a problem.

    Args:
        bundle: Resources of FHIR R4: a Bundle, a single resource, or lines with one resource
            each (NDJSON). Pass JSON as text or bytes, also in gzip, of at most 512 MiB unpacked;
            a mapping; or a model of fhir.resources.
        zone: The clinic's time zone, such as ``America/New_York``. It decides the local day of an
            instant.
        indications: The clinic's own codes: a name of an indication by system and code.
        products: The clinic's own codes: a name of a product by system and code.
        product: The product of sessions whose resources do not name one.

    Raises:
        ExchangeError: When the input is not FHIR in JSON, or the product is unknown; the message
            says why.
        FileLimitError: When bytes are larger than 512 MiB once unpacked, or are damaged gzip.
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
    >>> print(reading.counts)
    resources 1: patients 0, sessions 1, merged 0, left out 0, ignored 0
    """
    check_zone(zone)
    dictionary = Dictionary(indications or {}, products or {})
    with uncollected():
        try:
            contents = contents_of(bundle)
            default = None if product is None else product_named(product, ExchangeError)
            people = People(Directory(contents.entries), Validator(), zone)
            return _Reader(contents, SessionReader(people, dictionary, default)).reading()
        except RecursionError:
            # What the parser of JSON still accepts may be too deep for what reads it later.
            raise ExchangeError("the bundle is nested too deeply") from None


class _Reader:
    """Reads the entries of one bundle."""

    def __init__(self, contents: Contents, sessions: SessionReader) -> None:
        self._contents = contents
        self._sessions = sessions
        self._dictionary = sessions.dictionary
        self._people = sessions.people
        self._directory = sessions.people.directory
        self._partners = _partners(self._directory)
        # Doses come first: a procedure gives way to a dose only if that became a session.
        doses = (entry for entry in self._directory.whole if entry.kind == DOSE)
        self._doses = {id(e): sessions.read(e, self._partners.get(id(e), [])) for e in doses}

    def reading(self) -> BundleReading:
        """Return the records, the problems and the counts."""
        outcomes = self._outcomes()
        sessions = grouped((o.key, o.session) for _, o in outcomes if o.session is not None)
        keys = tuple(dict.fromkeys([*self._people.keys, *sessions]))
        counted = {id(e) for e, o in outcomes if o.session is not None or e.kind == PATIENT}
        problems = (
            *self._contents.problems,
            *(problem for _, outcome in outcomes for problem in outcome.problems),
            *self._people.problems(keys),
            *self._uncertain(counted),
        )
        return BundleReading(
            records=tuple(self._people.record(key, sessions.get(key, [])) for key in keys),
            # A condition of several sessions is told once.
            problems=tuple(dict.fromkeys(problems)),
            counts=self._counts(outcomes),
        )

    def _outcomes(self) -> list[tuple[Entry, Outcome]]:
        outcomes = [(entry, self._outcome(entry)) for entry in self._directory.whole]
        parts = (part for _, outcome in outcomes for part in outcome.used)
        used = {id(part) for part in parts if part.kind not in _SESSIONS}
        return [(entry, _MERGED if id(entry) in used else outcome) for entry, outcome in outcomes]

    def _outcome(self, entry: Entry) -> Outcome:
        if entry.kind == PATIENT:
            return Outcome("patient") if self._people.leads(entry) else _MERGED
        if entry.kind == DOSE:
            return self._doses[id(entry)]
        if entry.kind == PROCEDURE:
            return self._procedure(entry)
        return self._mention(entry)

    def _procedure(self, entry: Entry) -> Outcome:
        """A procedure is a session if its code says so, unless a dose is the same session."""
        is_known = self._dictionary.is_session(entry.resource.get("code"))
        own = self._sessions.read(entry, []) if is_known else self._mention(entry)
        # A contained dose is no session of its own, so it is not read.
        read = (self._doses.get(id(dose)) for dose in self._partners.get(id(entry), []))
        return _MERGED if any(_tells(dose, own) for dose in read if dose is not None) else own

    def _mention(self, entry: Entry) -> Outcome:
        """A resource that is not a session is ignored, unless it names a toxin."""
        names_toxin = self._dictionary.names_toxin
        # A contained medication is part of the resource, and searched with it.
        has_drugs = "Medication" in self._directory.kinds
        drugs = self._directory.found(entry, _drugs(entry), "Medication") if has_drugs else ()
        toxins = tuple(drug for drug in drugs if names_toxin(drug.resource))
        if not toxins and not names_toxin(entry.resource):
            return Outcome("ignored")
        items = enumerate(listed(entry.resource, "item"))
        places = [f"item[{number}]" for number, item in items if names_toxin(item)] or [""]
        message = "names a botulinum toxin, and is not counted as a session"
        remarks = [(BundleProblemCode.NAMES_TOXIN, place, message) for place in places]
        lost = may_be_given(entry.resource) and entry.kind not in _NO_EVENTS
        told = pairs(remarks, self._people.keys_about(entry))
        problems = tuple(entry.problem(*each, left_out=lost) for each in told)
        return Outcome("left out", problems, used=toxins)

    def _uncertain(self, counted: set[int]) -> Iterator[BundleProblem]:
        code = BundleProblemCode.UNCERTAIN_VERSION
        for versions in self._directory.uncertain:
            is_gone = any(entry.is_deletion for entry in versions)
            if is_gone or any(id(entry) in counted for entry in versions):
                remark = code, "", _UNCERTAIN_DELETION if is_gone else _UNCERTAIN
                for patient in self._patients_of(versions):
                    yield versions[-1].problem(remark, patient, left_out=is_gone)
        for newest, *versions in self._directory.contradicted:
            if newest.is_deletion or id(newest) in counted:
                for patient in self._patients_of(versions):
                    yield newest.problem((code, "", _CONTRADICTED), patient, left_out=True)

    def _patients_of(self, versions: Iterable[Entry]) -> Sequence[str | None]:
        """The records that versions of a resource are about; a deletion alone does not say it."""
        keys = {key for one in versions for key in self._people.keys_about(one)}
        return sorted(key for key in keys if key is not None) or [None]

    def _counts(self, outcomes: list[tuple[Entry, Outcome]]) -> BundleCounts:
        fates = Counter(outcome.fate for _, outcome in outcomes)
        lost = BundleProblemCode.INVALID_RESOURCE
        unread = sum(problem.code is lost for problem in self._contents.problems)
        read = sum(bool(entry.resource) for entry in self._contents.entries)
        return BundleCounts(
            resources=unread + read,
            patients=fates["patient"],
            sessions=fates["session"],
            merged=fates["merged"] + read - len(outcomes),
            left_out=fates["left out"] + unread,
            ignored=dict(Counter(e.kind for e, o in outcomes if o.fate == "ignored")),
        )


def _partners(directory: Directory) -> dict[int, list[Entry]]:
    """For each dose its procedures, and for each procedure its doses, by ``partOf``."""
    partners: list[tuple[Entry, Entry]] = []
    for entry in directory.whole:
        if entry.kind in _SESSIONS:
            found = directory.found(entry, listed(entry.resource, "partOf"), PROCEDURE)
            partners += [(entry, one) for one in found if {entry.kind, one.kind} == _SESSIONS]
    return grouped([*((id(a), b) for a, b in partners), *((id(b), a) for a, b in partners)])


def _tells(dose: Outcome, procedure: Outcome) -> bool:
    """Whether a dose is the same session as its procedure."""
    told, own = dose.session, procedure.session
    if told is None:
        return False
    if own is None:
        return told.status is SessionStatus.COMPLETED
    is_one_visit = told.administered_on == own.administered_on and dose.key == procedure.key
    counts = told.status is SessionStatus.COMPLETED or own.status is not SessionStatus.COMPLETED
    return is_one_visit and counts


def _drugs(entry: Entry) -> Iterator[Any]:
    """The References to medications, as in R4 and R5."""
    for one in (entry.resource, *listed(entry.resource, "contained")):
        yield from (one.get("medicationReference"), within(one.get("medication"), "reference"))
        for name in ("usedReference", "ingredient"):
            yield from (part.get("itemReference", part) for part in listed(one, name))
