"""Whatever goes into the reader of FHIR comes out: as a session, a patient, a problem, a count."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import botox_schedule as bs

pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")

from botox_schedule.fhir import BundleReading, records_from_bundle
from exchange import HERE
from fhir_samples import (
    CPT,
    ICD,
    UCUM,
    ZONE,
    adds_up,
    bundle_of,
    concept,
    entry,
    read_text,
    sessions_of,
)

EXAMPLES = HERE / "node_modules" / "hl7.fhir.r4.examples"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def resources_in(content: Any) -> int:
    """How many resources a content holds, counted without the reader."""
    if content.get("resourceType") != "Bundle":
        return 1
    held = [e["resource"] for e in content.get("entry", []) if "resource" in e]
    return sum(resources_in(resource) for resource in held)


def conserves(reading: BundleReading, resources: int) -> None:
    assert adds_up(reading)
    assert reading.counts.resources == resources
    assert reading.counts.sessions == sum(len(record.sessions) for record in reading.records)
    assert (reading.counts.left_out == 0) or reading.problems
    assert len({record.id for record in reading.records}) == len(reading.records)


def examples() -> list[Path]:
    """The published examples of R4 that say something of patients, and all small bundles."""
    if not EXAMPLES.is_dir():
        pytest.skip("the examples are not installed: npm install --prefix tests/node")
    kinds = ("Bundle", "Medication", "Procedure", "Patient", "Claim", "ExplanationOfBenefit")
    found = [f for f in sorted(EXAMPLES.glob("*.json")) if f.name.startswith(kinds)]
    return [file for file in found if file.stat().st_size < 500_000]


class TestPublishedExamples:
    def test_every_resource_of_every_bundle_is_counted(self) -> None:
        files = examples()
        assert len(files) > 150
        for file in files:
            content = json.loads(file.read_bytes())
            conserves(read_text(file.read_bytes()), resources_in(content))

    def test_all_of_them_as_lines_are_counted(self) -> None:
        contents = [json.loads(file.read_bytes()) for file in examples()]
        reading = read_text("\n".join(map(json.dumps, contents)))
        conserves(reading, sum(map(resources_in, contents)))

    def test_what_they_say_of_pages_patients_and_deaths(self) -> None:
        said = {file.name: read_text(file.read_bytes()) for file in examples()}
        codes = {name: Counter(p.code.value for p in r.problems) for name, r in said.items()}
        assert codes["Bundle-bundle-example.json"]["incomplete"] == 1
        assert codes["Bundle-b248b1b2-1686-4b94-9936-37d7a5f94b51.json"] == {}
        assert len(said["Bundle-b248b1b2-1686-4b94-9936-37d7a5f94b51.json"].records) == 12
        names_toxin = [name for name, found in codes.items() if found["names_toxin"]]
        assert names_toxin == []
        dead = [name for name, r in said.items() if any(p.care_ends for p in r.records)]
        assert dead == DEAD


DEAD = [
    "Bundle-b248b1b2-1686-4b94-9936-37d7a5f94b51.json",
    "Patient-pat3.json",
    "Patient-pat4.json",
]
KINDS = ["Patient", "Encounter", "Condition", "Procedure", "MedicationAdministration", "Claim"]
KINDS.append("DiagnosticReport")


def synthea(number: int, sessions: int, *, died: bool = False) -> dict[str, Any]:
    """A bundle as Synthea writes one for each patient: a transaction of urn:uuid addresses."""

    def urn(kind: str, index: int = 0) -> str:
        return f"urn:uuid:{number:08d}-{index:04d}-4000-8000-{KINDS.index(kind):012d}"

    def posted(resource: dict[str, Any], index: int = 0) -> dict[str, Any]:
        kind = resource["resourceType"]
        url = urn(kind, index)
        whole = {**resource, "id": url.removeprefix("urn:uuid:")}
        return entry(whole, url, request={"method": "POST", "url": kind})

    person: dict[str, Any] = {"resourceType": "Patient", "birthDate": "1980-02-29"}
    if died:
        person["deceasedDateTime"] = "2026-10-01T10:00:00-04:00"
    subject = {"reference": urn("Patient")}
    entries = [posted(person)]
    for index in range(sessions):
        day = str(date(2026, 1, 5) + timedelta(weeks=12 * index))
        visit = {"resourceType": "Encounter", "status": "finished", "subject": subject}
        condition = {
            "resourceType": "Condition",
            "subject": subject,
            "code": concept(ICD, "G43.709", text="Chronic migraine"),
        }
        shot = {
            "resourceType": "Procedure",
            "status": "completed",
            "subject": subject,
            "code": concept(CPT, "64615"),
            "performedPeriod": {"start": f"{day}T09:00:00-05:00", "end": f"{day}T09:15:00-05:00"},
            "reasonReference": [{"reference": urn("Condition", index), "display": "Migraine"}],
        }
        dose = {
            "resourceType": "MedicationAdministration",
            "status": "completed",
            "subject": subject,
            "medicationCodeableConcept": concept(RXNORM, "860189", text="BOTOX 100 UNT"),
            "effectiveDateTime": f"{day}T09:05:00-05:00",
            "dosage": {"dose": {"value": 155, "system": UCUM, "code": "U"}},
            "reasonReference": [{"reference": urn("Condition", index)}],
            "partOf": [{"reference": urn("Procedure", index)}],
        }
        claim = {
            "resourceType": "Claim",
            "status": "active",
            "patient": subject,
            "item": [{"sequence": 1, "productOrService": concept(CPT, "64615", text="Botox")}],
        }
        report = {"resourceType": "DiagnosticReport", "status": "final", "subject": subject}
        entries += [posted(one, index) for one in (visit, condition, shot, dose, claim, report)]
    return bundle_of(*entries, type="transaction")


class TestSynthea:
    def test_a_patient_s_bundle_is_a_record(self) -> None:
        reading = read_text(json.dumps(synthea(1, 3)))
        conserves(reading, 19)
        (record,) = reading.records
        assert [str(s.administered_on) for s in record.sessions] == [
            "2026-01-05",
            "2026-03-30",
            "2026-06-22",
        ]
        assert {(s.product, s.units, s.indication) for s in record.sessions} == {
            (bs.Product.ONABOTULINUMTOXIN_A, Decimal(155), "chronic-migraine")
        }
        assert [p.code for p in reading.problems] == ["names_toxin"] * 3
        assert (reading.counts.merged, reading.ignored) == (
            6,
            {"Encounter": 3, "DiagnosticReport": 3},
        )
        assert str(reading.counts) == (
            "resources 19: patients 1, sessions 3, merged 6, left out 3, "
            "ignored 6 (DiagnosticReport 3, Encounter 3)"
        )

    def test_bundles_of_many_patients_are_lines(self) -> None:
        bundles = [synthea(number, number % 4, died=number % 3 == 0) for number in range(1, 9)]
        reading = read_text("\n".join(map(json.dumps, bundles)))
        conserves(reading, sum(map(resources_in, bundles)))
        assert [len(record.sessions) for record in reading.records] == [n % 4 for n in range(1, 9)]
        assert [len(record.care_ends) for record in reading.records] == [
            n % 3 == 0 for n in range(1, 9)
        ]


KEYS = st.sampled_from(["1", "2", "3"])
BASES = st.sampled_from(["", "http://a.example/", "https://b.example/fhir/"])
MARK = "zzsecret"


@st.composite
def references(draw: st.DrawFn) -> dict[str, Any]:
    """References of every sort, whole and broken."""
    key, base = draw(KEYS), draw(BASES)
    return draw(
        st.sampled_from(
            [
                {"reference": f"{base}Patient/{key}"},
                {"reference": f"{base}Patient/{key}/_history/2"},
                {"reference": f"{base}Patient/{key}?a=b#{MARK}"},
                {"reference": f"MedicationAdministration/{key}#p"},
                {"reference": f"urn:uuid:{MARK}{key}"},
                {"reference": f"Group/{key}"},
                {"reference": "#p"},
                {"identifier": {"system": f"urn:{MARK}", "value": key}},
                {"display": MARK},
            ]
        )
    )


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    """Resources of every sort, whole and broken."""
    subject, key = draw(references()), draw(KEYS)
    kind = draw(
        st.sampled_from(
            [
                "Patient",
                "MedicationAdministration",
                "Procedure",
                "Claim",
                "Encounter",
                "Condition",
                "Person",
                "Linkage",
                MARK,
            ]
        )
    )
    meta = {"versionId": str(draw(st.integers(1, 3)))} if draw(st.booleans()) else {}
    common = {"resourceType": kind, "id": key, "meta": meta, "subject": subject}
    day = draw(st.sampled_from(["2026-01-05", "2026-03-30T10:00:00Z", "2026-02", MARK]))
    status = draw(st.sampled_from(["completed", "not-done", "stopped", MARK]))
    part = [
        {"reference": f"{draw(st.sampled_from(['Procedure', 'MedicationAdministration']))}/{key}"}
    ]
    more: dict[str, dict[str, Any]] = {
        "Patient": {
            "subject": None,
            "birthDate": draw(st.sampled_from(["1980-01-01", "1980", MARK])),
            "deceasedBoolean": draw(st.booleans()),
            "link": [{"other": subject, "type": "replaced-by"}] if draw(st.booleans()) else None,
        },
        "MedicationAdministration": {
            "status": status,
            "effectiveDateTime": day,
            "medicationCodeableConcept": {
                "text": draw(st.sampled_from(["Botox", "Dysport", MARK]))
            },
            "partOf": part if draw(st.booleans()) else None,
            "contained": [{"resourceType": "Patient", "id": "p"}] if draw(st.booleans()) else None,
        },
        "Procedure": {
            "status": status,
            "performedDateTime": day,
            "code": draw(
                st.sampled_from([concept(CPT, "64615"), {"text": "Botox"}, {"text": MARK}])
            ),
            "partOf": part if draw(st.booleans()) else None,
        },
        "Person": {"subject": None, "link": [{"target": subject}, {"target": draw(references())}]},
        "Linkage": {"subject": None, "item": [{"resource": subject}]},
        "Claim": {"item": [{"productOrService": {"text": draw(st.sampled_from(["Botox", MARK]))}}]},
    }
    whole = {**common, **more.get(kind, {})}
    return {name: value for name, value in whole.items() if value is not None}


@st.composite
def bundles(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Bundles of every type, also with bundles in them."""
    inner = resources() if depth == 0 else st.one_of(resources(), resources(), bundles(depth - 1))
    entries = []
    for resource in draw(st.lists(inner, max_size=5)):
        url = draw(st.sampled_from([None, "urn:uuid:" + MARK + "1", "http://a.example/"]))
        if url is not None and url.endswith("/"):
            url = f"{url}{resource['resourceType']}/{resource.get('id', '1')}"
        method = draw(st.sampled_from([None, "PUT", "DELETE"]))
        request = {"method": method, "url": url or "Patient/1"} if method else None
        entries.append(entry(resource, url, request=request))
    kind = draw(st.sampled_from(["collection", "history", "transaction", "searchset"]))
    return bundle_of(*entries, type=kind)


SLOW = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class TestLaws:
    @SLOW
    @given(bundles())
    def test_every_resource_is_counted_once(self, content: dict[str, Any]) -> None:
        reading = records_from_bundle(content, zone=ZONE)
        assert adds_up(reading)
        assert reading.counts.resources == resources_in(content)
        assert reading.counts.sessions == sum(len(record.sessions) for record in reading.records)
        assert len({record.id for record in reading.records}) == len(reading.records)

    @SLOW
    @given(bundles())
    def test_nothing_of_the_bundle_is_shown(self, content: dict[str, Any]) -> None:
        reading = records_from_bundle(content, zone=ZONE)
        shown = [*map(str, reading.problems), repr(reading), str(reading.counts)]
        assert MARK not in "".join(shown)
        assert "2026" not in "".join(shown)

    @SLOW
    @given(st.lists(resources(), max_size=6), st.randoms(use_true_random=False))
    def test_the_order_of_a_collection_changes_nothing(
        self, listed: list[dict[str, Any]], random: Any
    ) -> None:
        shuffled = random.sample(listed, len(listed))
        readings = [
            records_from_bundle(bundle_of(*map(entry, rows)), zone=ZONE)
            for rows in (listed, shuffled)
        ]
        days, turned = map(sessions_of, readings)
        assert days == turned
        assert readings[0].counts == readings[1].counts
        problems = [Counter((p.code, p.patient) for p in r.problems) for r in readings]
        assert sum(problems[0].values()) == sum(problems[1].values())

    @SLOW
    @given(st.lists(resources(), max_size=6))
    def test_lines_are_a_collection(self, listed: list[dict[str, Any]]) -> None:
        together = records_from_bundle(bundle_of(*map(entry, listed)), zone=ZONE)
        if not [one for one in listed if one["resourceType"] != MARK]:
            return
        first = [one for one in listed if one["resourceType"] != MARK]
        lines = read_text("\n".join(map(json.dumps, [*first, {"resourceType": "Encounter"}])))
        assert sessions_of(lines) == sessions_of(together)

    @SLOW
    @given(bundles())
    def test_every_record_can_be_asked(self, content: dict[str, Any]) -> None:
        for record in records_from_bundle(content, zone=ZONE).records:
            answer = bs.forecast(record, "chronic-migraine", as_of="2026-06-01")
            dead = any(end.kind == "deceased" for end in record.care_ends)
            assert (answer.status == "deceased") is dead
