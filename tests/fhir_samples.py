"""Resources of FHIR as the tests write them."""

import json
from typing import Any

import botox_schedule as bs
from botox_schedule.fhir import BundleReading, records_from_bundle

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
CPT = "http://www.ama-assn.org/go/cpt"
ZONE = "America/New_York"
PATIENT = {"reference": "Patient/1"}


def concept(system: str, code: str, **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **more}


MIGRAINE_REASON = [concept(ICD, "G43.709")]


def given_dose(**changed: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "MedicationAdministration",
        "id": "m1",
        "status": "completed",
        "subject": PATIENT,
        "medicationCodeableConcept": {"text": "BOTOX"},
        "reasonCode": MIGRAINE_REASON,
        "effectiveDateTime": "2026-01-05",
        "dosage": {"dose": {"value": 155, "unit": "U", "system": UCUM, "code": "U"}},
        **changed,
    }
    return {name: value for name, value in resource.items() if value is not None}


def procedure(**changed: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "Procedure",
        "id": "p1",
        "status": "completed",
        "subject": PATIENT,
        "code": concept(CPT, "64615"),
        "performedDateTime": "2026-01-05",
        **changed,
    }
    return {name: value for name, value in resource.items() if value is not None}


def person(**changed: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "1", **changed}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def read(*resources: dict[str, Any], **options: Any) -> BundleReading:
    content = json.dumps(bundle(*resources))
    return records_from_bundle(content, zone=options.pop("zone", ZONE), **options)


def only(reading: BundleReading) -> bs.TreatmentSession:
    ((session,),) = (record.sessions for record in reading.records)
    return session


def codes(reading: BundleReading) -> list[str]:
    return [problem.code.value for problem in reading.problems]


def entry(resource: dict[str, Any], url: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an entry of a bundle."""
    found = {"resource": resource, "fullUrl": url, **more}
    return {name: value for name, value in found.items() if value is not None}


def bundle_of(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a bundle of entries."""
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries), **more}


def read_entries(*entries: dict[str, Any], **more: Any) -> BundleReading:
    return records_from_bundle(json.dumps(bundle_of(*entries, **more)), zone=ZONE)


def read_text(content: str | bytes, **options: Any) -> BundleReading:
    return records_from_bundle(content, zone=ZONE, **options)


def sessions_of(reading: BundleReading) -> dict[str | None, list[str]]:
    """The days of the sessions of each record."""
    return {r.id: sorted(str(s.administered_on) for s in r.sessions) for r in reading.records}


def adds_up(reading: BundleReading) -> bool:
    counts = reading.counts
    parts = counts.patients + counts.sessions + counts.merged + counts.left_out
    return counts.resources == parts + sum(counts.ignored.values())
