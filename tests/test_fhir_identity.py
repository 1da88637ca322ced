"""Who is who in a bundle: references, servers, versions of references, links."""

import json
from datetime import date
from typing import Any

import pytest

import botox_schedule as bs

pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")

from botox_schedule.fhir import BundleReading
from fhir_samples import (
    PATIENT,
    adds_up,
    bundle_of,
    codes,
    entry,
    given_dose,
    only,
    person,
    procedure,
    read,
    read_entries,
    read_text,
    sessions_of,
)

DIED = "2026-02-01"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
A, B = "http://a.example/fhir", "https://b.example/fhir"
MRN = {"system": "http://clinic.example/mrn", "value": "12"}


def dead(**changed: Any) -> dict[str, Any]:
    return person(deceasedDateTime=DIED, **changed)


def dose_for(reference: Any, **changed: Any) -> dict[str, Any]:
    subject = {"reference": reference} if isinstance(reference, str) else reference
    return given_dose(**{"subject": subject, **changed})


def is_one_dead_patient(reading: BundleReading) -> bool:
    (record,) = reading.records
    assert len(record.sessions) == 1
    assert adds_up(reading)
    return [end.on for end in record.care_ends] == [date(2026, 2, 1)] and reading.problems == ()


class TestReferences:
    @pytest.mark.parametrize(
        ("url", "reference"),
        [
            (None, "Patient/1"),
            (None, "Patient/1/_history/3"),
            (None, "/Patient/1"),
            (None, f"{A}/Patient/1"),
            (None, f"{A}/Patient/1/_history/3"),
            (f"{A}/Patient/1", "Patient/1"),
            (f"{A}/Patient/1", f"{A}/Patient/1/"),
            (f"{A}/Patient/1", "https://A.EXAMPLE:443/fhir/Patient/1"),
            (f"{A}/Patient/1", "//a.example/fhir/Patient/1"),
            (f"{A}/Patient/1/_history/2", f"{A}/Patient/1"),
            (f"urn:uuid:{UUID}", f"urn:uuid:{UUID.upper()}"),
            (f"URN:UUID:{UUID.upper()}", f"urn:uuid:{UUID}"),
            (f"urn:uuid:{UUID}", "Patient/1"),
            ("urn:oid:1.2.3", "URN:OID:1.2.3"),
            ("http://a.example/people?key=1", "https://a.example/people?key=1"),
            (None, "Patient/1#name"),
            (None, "Patient/1?_format=json"),
            (f"{A}/Patient/1", f"{A}/Patient/1/_history/2?_pretty=true#x"),
        ],
    )
    def test_each_way_to_name_a_patient_finds_it(self, url: str | None, reference: str) -> None:
        assert is_one_dead_patient(read_entries(entry(dead(), url), entry(dose_for(reference))))

    def test_an_id_that_is_a_uuid_is_found_by_its_urn(self) -> None:
        reading = read(dead(id=UUID), dose_for(f"urn:uuid:{UUID.upper()}"))
        assert is_one_dead_patient(reading)

    @pytest.mark.parametrize(
        "subject",
        [
            {"identifier": MRN},
            {"identifier": {**MRN, "system": "https://clinic.example/mrn"}},
            {"reference": "Patient/gone", "identifier": MRN},
            {"reference": f"Patient?identifier={MRN['system']}|12"},
            {"reference": f"Patient?active=true&identifier={MRN['system']}|12&_count=1"},
            {"reference": "Patient?identifier=http%3A%2F%2Fclinic.example%2Fmrn%7C12"},
            {"reference": f"{A}/Patient?identifier={MRN['system']}|12"},
            {"reference": "Patient/1", "identifier": MRN},
            {"reference": "Patient/1", "identifier": {**MRN, "value": "13"}},
        ],
    )
    def test_a_logical_identifier_finds_its_patient(self, subject: dict[str, Any]) -> None:
        assert is_one_dead_patient(read(dead(identifier=[MRN]), dose_for(subject)))

    def test_an_identifier_in_an_address_is_escaped_in_utf_8(self) -> None:
        named = {"system": MRN["system"], "value": "Ü-12"}
        subject = {"reference": f"Patient?identifier={MRN['system']}|%C3%9C-12"}
        assert is_one_dead_patient(read(dead(identifier=[named]), dose_for(subject)))
        lost = {"reference": f"Patient?identifier={MRN['system']}|%DC-12"}
        reading = read(dead(identifier=[{**named, "value": "\ufffd-12"}]), dose_for(lost))
        assert codes(reading) == ["unknown_subject"]

    def test_a_logical_identifier_names_a_patient_who_is_not_here(self) -> None:
        reading = read(
            dose_for({"identifier": MRN}),
            dose_for({"identifier": MRN}, id="m2", effectiveDateTime="2026-03-30"),
        )
        assert list(sessions_of(reading).values()) == [["2026-01-05", "2026-03-30"]]
        assert reading.problems == ()

    @pytest.mark.parametrize(
        "form", ["{}", "{}/_history/2", A + "/{}", "https://a.example/fhir/{}/"]
    )
    def test_every_reference_is_followed_in_the_same_way(self, form: str) -> None:
        def to(name: str) -> dict[str, str]:
            return {"reference": form.format(name)}

        dose = given_dose(
            subject=to("Patient/1"),
            medicationCodeableConcept=None,
            medicationReference=to("Medication/d"),
            reasonCode=None,
            reasonReference=[to("Condition/c")],
            partOf=[to("Procedure/p1")],
        )
        told = [
            {"resourceType": "Medication", "id": "d", "code": {"text": "Botox"}},
            {"resourceType": "Condition", "id": "c", "code": {"text": "migraine"}},
            procedure(subject=to("Patient/1"), code={"text": "injection"}),
        ]
        reading = read_entries(
            entry(dead(), f"{A}/Patient/1"),
            entry(dose, f"{A}/MedicationAdministration/m1"),
            *(entry(one, f"{A}/{one['resourceType']}/{one['id']}") for one in told),
        )
        assert is_one_dead_patient(reading)
        assert (reading.counts.merged, reading.ignored) == (3, {})
        (session,) = reading.records[0].sessions
        assert (session.product, session.indication) == ("onabotulinumtoxinA", "chronic-migraine")

    @pytest.mark.parametrize(
        ("subject", "said"),
        [
            ({"display": "Smith"}, "a display alone names nobody"),
            ({"identifier": {"value": "12"}}, "an identifier with its system"),
            ({"reference": "#gone"}, "expected a reference"),
            ({"reference": "http://"}, "expected a reference"),
            ({"reference": " / "}, "expected a reference"),
            (None, "expected a reference"),
            ({"reference": "x" * 2001}, "of at most 200 characters"),
        ],
    )
    def test_what_names_nobody_is_a_problem_that_says_so(self, subject: Any, said: str) -> None:
        reading = read(procedure(subject=subject) if subject else procedure(subject={}))
        assert codes(reading) == ["no_subject"] if subject else ["invalid_resource"]
        assert said in str(reading.problems[0]) or not subject
        assert "Smith" not in repr(reading)
        assert (reading.records, reading.counts.left_out) == ((), 1)

    def test_an_identifier_without_its_system_may_be_anybodys_who_has_it(self) -> None:
        """The session is left out, and nobody who may have had it is simply due."""
        others = [{"value": "7"}, {"system": "http://clinic.example/mrn"}]
        people = [
            person(identifier=[MRN]),
            person(id="2", identifier=[*others, {"value": "12"}]),
            person(id="3", identifier=others),
        ]
        for identifier, patients in (
            ({"value": "12"}, {"Patient/1", "Patient/2"}),
            ({"value": "7"}, {"Patient/2", "Patient/3"}),
            ({"value": "8"}, frozenset[str]()),
            ({}, frozenset[str]()),
        ):
            reading = read(*people, dose_for({"identifier": identifier}))
            assert codes(reading) == ["no_subject"] * (len(patients) or 1)
            assert reading.unreadable == patients
            assert reading.counts.left_out == 1

    @pytest.mark.parametrize("url", ["https://", "/"])
    def test_an_address_that_says_nothing_is_nobodys(self, url: str) -> None:
        lost, given = dose_for({"display": "Smith"}, id="m2"), dose_for("Patient/1")
        reading = read_entries(entry(person(), url), entry(lost), entry(given, url))
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
        assert codes(reading) == ["no_subject"]
        assert adds_up(reading)

    def test_an_identifier_that_contradicts_the_address_is_a_problem(self) -> None:
        reading = read(
            dead(identifier=[MRN]),
            person(id="2"),
            dose_for({"reference": "Patient/2", "identifier": MRN}),
        )
        assert codes(reading) == ["ambiguous_subject"] * 2
        assert reading.unreadable == {"Patient/1", "Patient/2"}
        assert adds_up(reading)
        assert (reading.problems[0].session_left_out, adds_up(reading)) == (True, True)

    def test_two_names_of_one_linked_person_are_no_contradiction(self) -> None:
        reading = read(
            person(id="1", identifier=[MRN]),
            linked("2", "Patient/1", "seealso"),
            dose_for({"reference": "Patient/2", "identifier": MRN}),
        )
        assert (sessions_of(reading), reading.problems) == ({"Patient/1": ["2026-01-05"]}, ())

    def test_without_patients_a_fragment_makes_no_second_person(self) -> None:
        reading = read(dose_for("Patient/1#a"), dose_for("Patient/1", id="m2"))
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"] * 2}

    def test_a_subject_that_is_not_among_the_patients_is_a_problem(self) -> None:
        reading = read(person(), dose_for("Patient/2"))
        assert sessions_of(reading) == {"Patient/1": [], "Patient/2": ["2026-01-05"]}
        assert codes(reading) == ["unknown_subject"]
        assert reading.problems[0].patient == "Patient/2"
        assert reading.problems[0].session_left_out

    def test_without_patients_a_subject_needs_none(self) -> None:
        assert read(dose_for("Patient/2")).problems == ()

    @pytest.mark.parametrize(
        "subject",
        [
            {"reference": "Group/1"},
            {"reference": f"{A}/Device/1"},
            {"reference": "urn:uuid:9", "type": "Group"},
            {"display": "herd", "type": "Group"},
            {"reference": "Group/here"},
        ],
    )
    def test_a_group_or_a_device_is_no_patient(self, subject: dict[str, Any]) -> None:
        group = {"resourceType": "Group", "id": "here", "type": "person", "actual": True}
        reading = read(person(), group, dose_for(subject))
        assert codes(reading) == ["other_subject"]
        assert (reading.problems[0].session_left_out, adds_up(reading)) == (True, True)


class TestServers:
    def test_two_servers_are_two_people(self) -> None:
        reading = read_entries(
            entry(dead(), f"{A}/Patient/1"),
            entry(person(), f"{B}/Patient/1"),
            entry(dose_for("Patient/1"), f"{A}/MedicationAdministration/m1"),
            entry(
                dose_for("Patient/1", effectiveDateTime="2026-03-30"),
                f"{B}/MedicationAdministration/m1",
            ),
        )
        assert sessions_of(reading) == {
            f"{A}/Patient/1": ["2026-01-05"],
            f"{B}/Patient/1": ["2026-03-30"],
        }
        assert [len(record.care_ends) for record in reading.records] == [1, 0]
        assert reading.problems == ()
        ids = {session.id for record in reading.records for session in record.sessions}
        assert ids == {f"{url}/MedicationAdministration/m1" for url in (A, B)}

    def test_a_name_that_two_servers_have_is_ambiguous(self) -> None:
        reading = read_entries(
            entry(dead(), f"{A}/Patient/1"),
            entry(person(), f"{B}/Patient/1"),
            entry(dose_for("Patient/1")),
        )
        assert codes(reading) == ["ambiguous_subject"] * 2
        assert reading.unreadable == {f"{A}/Patient/1", f"{B}/Patient/1"}

    def test_what_names_a_toxin_may_be_about_each_of_them(self) -> None:
        order = {"resourceType": "MedicationRequest", "subject": PATIENT, "note": "Botox"}
        people = (entry(person(), f"{url}/Patient/1") for url in (A, B))
        reading = read_entries(*people, entry(order))
        assert codes(reading) == ["names_toxin"] * 2
        assert reading.unreadable == {f"{A}/Patient/1", f"{B}/Patient/1"}
        assert reading.counts.left_out == 1

    def test_a_name_that_one_server_has_is_found(self) -> None:
        reading = read_entries(
            entry(dead(), f"{A}/Patient/1"),
            entry(person(id="2"), f"{B}/Patient/2"),
            entry(dose_for("Patient/1")),
        )
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"], "Patient/2": []}

    def test_a_server_that_is_stated_is_not_another_one(self) -> None:
        reading = read_entries(entry(dead(), f"{A}/Patient/1"), entry(dose_for(f"{B}/Patient/1")))
        assert sessions_of(reading) == {"Patient/1": [], f"{B}/Patient/1": ["2026-01-05"]}
        assert codes(reading) == ["unknown_subject"]

    def test_two_temporary_addresses_are_two_people_whatever_their_ids(self) -> None:
        reading = read_entries(
            entry(dead(), f"urn:uuid:{UUID}"),
            entry(person(), "urn:uuid:2"),
            entry(dose_for("urn:uuid:2")),
        )
        assert [len(r.sessions) for r in reading.records] == [0, 1]

    @pytest.mark.parametrize("url", ["urn:uuid:0", A, f"{A}/Bundle/1"])
    def test_an_address_that_all_entries_have_makes_them_no_versions(self, url: str) -> None:
        doses = [
            given_dose(id=key, effectiveDateTime=on, meta={"lastUpdated": f"{on}T12:00:00Z"})
            for key, on in (("m1", "2026-01-05"), ("m2", "2026-03-30"))
        ]
        reading = read_entries(entry(person(), url), *(entry(dose, url) for dose in doses))
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05", "2026-03-30"]}
        assert reading.problems == ()

    def test_the_order_of_the_entries_changes_nothing(self) -> None:
        entries = [
            entry(dead(), f"{A}/Patient/1"),
            entry(person(), f"{B}/Patient/1"),
            entry(dose_for(f"{A}/Patient/1")),
            entry(dose_for(f"{B}/Patient/1", id="m2")),
        ]
        assert sessions_of(read_entries(*entries)) == sessions_of(read_entries(*entries[::-1]))


class TestContained:
    def test_a_contained_patient_is_one_of_its_resource_only(self) -> None:
        doses = [
            dose_for("#p", id=key, contained=[{"resourceType": "Patient", "id": "p", **more}])
            for key, more in (("m1", {"deceasedDateTime": DIED}), ("m2", {}))
        ]
        reading = read(*doses)
        assert sessions_of(reading) == {
            "MedicationAdministration/m1#p": ["2026-01-05"],
            "MedicationAdministration/m2#p": ["2026-01-05"],
        }
        assert [len(record.care_ends) for record in reading.records] == [1, 0]
        assert (reading.problems, adds_up(reading)) == ((), True)

    def test_another_resource_cannot_refer_to_it(self) -> None:
        inner = [{"resourceType": "Patient", "id": "p"}]
        doses = [
            dose_for("#p", contained=inner),
            dose_for("MedicationAdministration/m1#p", id="m2"),
        ]
        reading = read(*doses)
        assert (codes(reading), reading.counts.sessions) == (["other_subject"], 1)

    def test_it_is_one_of_its_resource_without_an_id_too(self) -> None:
        inner = [{"resourceType": "Patient", "id": "p"}]
        reading = read(*[dose_for("#p", id=None, contained=inner)] * 2)
        assert len(reading.records) == 2

    def test_a_contained_condition_and_medication_are_read(self) -> None:
        reading = read(
            given_dose(
                medicationCodeableConcept=None,
                medicationReference={"reference": "#d"},
                reasonCode=None,
                reasonReference=[{"reference": "#c"}],
                contained=[
                    {
                        "resourceType": "Medication",
                        "id": "d",
                        "ingredient": [{"itemReference": {"reference": "#i"}}],
                    },
                    {"resourceType": "Medication", "id": "i", "code": {"text": "Botox"}},
                    {
                        "resourceType": "Condition",
                        "id": "c",
                        "subject": {"reference": "Patient/1"},
                        "code": {"text": "migraine"},
                    },
                ],
            )
        )
        assert (only(reading).product, only(reading).indication) == (
            "onabotulinumtoxinA",
            "chronic-migraine",
        )
        assert reading.counts.resources == 1

    def test_a_contained_patient_may_be_linked_to_one_of_the_bundle(self) -> None:
        link = [{"other": {"reference": "Patient/1"}, "type": "seealso"}]
        inner = [{"resourceType": "Patient", "id": "p", "link": link}]
        reading = read(dead(), dose_for("#p", contained=inner))
        (record,) = reading.records
        assert (record.id, len(record.sessions)) == ("Patient/1", 1)
        assert [str(end.kind) for end in record.care_ends] == ["deceased"]

    def test_who_is_contained_and_has_no_session_has_no_record(self) -> None:
        reading = read({"resourceType": "Coverage", "contained": [dead()]})
        assert (reading.records, reading.ignored) == ((), {"Coverage": 1})

    def test_an_identifier_that_two_patients_share_is_a_problem(self) -> None:
        inner = [{"resourceType": "Patient", "id": "p", "identifier": [MRN]}]
        reading = read(dead(identifier=[MRN]), dose_for("#p", contained=inner))
        assert codes(reading) == ["shared_identifier"] * 2
        assert all(problem.session_left_out for problem in reading.problems)


def linked(key: str, other: Any, kind: str, **more: Any) -> dict[str, Any]:
    target = {"reference": other} if isinstance(other, str) else other
    return person(id=key, link=[{"other": target, "type": kind}], **more)


class TestLinks:
    @pytest.mark.parametrize(
        ("patients", "leader"),
        [
            ([linked("1", "Patient/2", "replaced-by"), person(id="2")], "Patient/2"),
            ([linked("1", "Patient/2", "refer"), person(id="2")], "Patient/2"),
            ([person(id="1"), linked("2", "Patient/1", "replaces")], "Patient/2"),
            ([linked("1", "Patient/2", "seealso"), person(id="2")], "Patient/1"),
            (
                [linked("1", {"identifier": MRN}, "refer"), person(id="2", identifier=[MRN])],
                "Patient/2",
            ),
            ([linked("1", "Patient/2", "refer"), linked("2", "Patient/1", "refer")], "Patient/1"),
        ],
    )
    def test_linked_patients_are_one_person(
        self, patients: list[dict[str, Any]], leader: str
    ) -> None:
        patients[0]["deceasedDateTime"] = DIED
        reading = read(
            *patients,
            dose_for("Patient/1"),
            dose_for("Patient/2", id="m2", effectiveDateTime="2025-10-06"),
        )
        assert sessions_of(reading) == {leader: ["2025-10-06", "2026-01-05"]}
        (record,) = reading.records
        assert bs.forecast(record, "chronic-migraine", as_of="2026-03-01").status == "deceased"
        assert reading.problems == ()
        assert (reading.counts.patients, reading.counts.merged, adds_up(reading)) == (1, 1, True)

    @pytest.mark.parametrize(
        "statement",
        [
            {
                "resourceType": "Person",
                "link": [
                    {"target": {"reference": "Patient/1"}},
                    {"target": {"reference": "Patient/2"}},
                    {"target": {"reference": "Practitioner/1"}},
                ],
            },
            {
                "resourceType": "Linkage",
                "item": [
                    {"type": "source", "resource": {"reference": "Patient/1"}},
                    {"type": "alternate", "resource": {"reference": "Patient/2"}},
                ],
            },
        ],
    )
    def test_other_resources_link_patients_too(self, statement: dict[str, Any]) -> None:
        reading = read({"id": "0", **statement}, person(), dead(id="2"), dose_for("Patient/1"))
        assert is_one_dead_patient(reading)
        assert reading.records[0].id == "Patient/1"
        assert reading.ignored == {statement["resourceType"]: 1}

    def test_a_related_person_leads_nobody(self) -> None:
        role = {
            "resourceType": "RelatedPerson",
            "id": "r",
            "patient": {"reference": "urn:uuid:9"},
        }
        reading = read_entries(
            entry(linked("1", "urn:uuid:5", "seealso"), "urn:uuid:9"),
            entry(role, "urn:uuid:5"),
            entry(dose_for("urn:uuid:9")),
        )
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}

    def test_a_chain_of_links_is_followed(self) -> None:
        reading = read(
            linked("1", "Patient/2", "replaced-by"),
            linked("2", "Patient/3", "replaced-by"),
            person(id="3"),
            dose_for("Patient/1"),
        )
        assert sessions_of(reading) == {"Patient/3": ["2026-01-05"]}

    def test_a_link_to_nobody_here_is_followed_and_reported(self) -> None:
        reading = read(linked("1", "Patient/2", "replaced-by"), dose_for("Patient/2"))
        assert sessions_of(reading) == {"Patient/2": ["2026-01-05"]}
        assert codes(reading) == ["linked_patient"]
        assert reading.problems[0].session_left_out

    @pytest.mark.parametrize("kind", ["replaced-by", "refer", "replaces", "seealso"])
    @pytest.mark.parametrize(
        "other", [f"Patient/{'z' * 230}", {"identifier": {**MRN, "value": "z" * 230}}]
    )
    def test_a_link_to_a_name_too_long_for_a_record_costs_only_itself(
        self, other: Any, kind: str
    ) -> None:
        reading = read(linked("1", other, kind), dose_for("Patient/1"))
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
        assert codes(reading) == ["linked_patient"]
        assert reading.unreadable == {"Patient/1"}
        reading = read(linked("1", other, kind), linked("2", other, kind), dose_for("Patient/2"))
        assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}  # one person still

    @pytest.mark.parametrize("other", [{"display": "Smith"}, None])
    def test_a_link_that_names_nobody_is_reported(self, other: Any) -> None:
        reading = read(linked("1", other, "refer"))
        assert "linked_patient" in codes(reading)
        assert "Smith" not in str(reading.problems)

    def test_a_related_person_is_another_role(self) -> None:
        assert read(linked("1", "RelatedPerson/1", "seealso")).problems == ()

    def test_a_death_without_a_day_is_told_where_it_stands(self) -> None:
        link = [{"other": {"reference": "Patient/2"}, "type": "seealso"}]
        reading = read(person(deceasedBoolean=True, link=link), person(id="2"))
        assert [p.where for p in reading.problems] == ["entry[0].deceased"]

    def test_two_birth_dates_of_one_person_are_a_problem(self) -> None:
        reading = read(
            linked("1", "Patient/2", "refer", birthDate="1980-01-01"),
            person(id="2", birthDate="1980-01-02"),
        )
        assert codes(reading) == ["conflicting_patients"]
        assert reading.records[0].born_on is None


class TestVersions:
    def test_the_newer_version_counts_wherever_it_is(self) -> None:
        older = given_dose(effectiveDateTime="2026-01-02", meta={"versionId": "9"})
        newer = given_dose(meta={"versionId": "10"})
        for pair in ([older, newer], [newer, older]):
            reading = read(*pair)
            assert sessions_of(reading) == {"Patient/1": ["2026-01-05"]}
            assert (reading.problems, reading.counts.merged) == ((), 1)

    @pytest.mark.parametrize("place", ["request", "fullUrl"])
    def test_a_version_may_stand_in_an_address_alone(self, place: str) -> None:
        def stated(resource: dict[str, Any], version: int) -> dict[str, Any]:
            url = f"{A}/MedicationAdministration/m1/_history/{version}"
            at = {"request": {"method": "PUT", "url": url}} if place == "request" else {}
            return entry(resource, url if place == "fullUrl" else None, **at)

        older = stated(given_dose(effectiveDateTime="2026-01-02"), 9)
        newer = stated(given_dose(), 10)
        for pair in ([older, newer], [newer, older]):
            reading = read_entries(*pair)
            assert [*sessions_of(reading).values()] == [["2026-01-05"]]
            assert "uncertain_version" not in codes(reading)

    def test_without_a_version_the_last_change_decides(self) -> None:
        older = given_dose(
            effectiveDateTime="2026-01-02", meta={"lastUpdated": "2026-01-06T23:30:00+00:00"}
        )
        newer = given_dose(meta={"lastUpdated": "2026-01-06T23:00:00-05:00"})
        assert sessions_of(read(older, newer)) == {"Patient/1": ["2026-01-05"]}

    @pytest.mark.parametrize("changed", ["0001-01-01T00:00:00+14:00", None])
    def test_where_nothing_decides_each_counts_with_a_problem(self, changed: str | None) -> None:
        meta = {"meta": {"lastUpdated": changed}} if changed else {}
        reading = read(given_dose(effectiveDateTime="2026-01-02", **meta), given_dose())
        assert sessions_of(reading) == {"Patient/1": ["2026-01-02", "2026-01-05"]}
        assert codes(reading) == ["uncertain_version"]

    @pytest.mark.parametrize("changed", ["yesterday", "2026-01-06T23:30:00", 5])
    def test_a_change_at_no_moment_decides_nothing(self, changed: Any) -> None:
        reading = read(
            dead(meta={"lastUpdated": changed}),
            person(meta={"lastUpdated": "2026-02-02T00:00:00Z"}),
        )
        assert "uncertain_version" in codes(reading)
        assert reading.records[0].care_ends[0].on == date(2026, 2, 1)

    def test_versions_of_an_unnamed_server_are_compared_with_none(self) -> None:
        reading = read_entries(
            entry(dead(meta={"versionId": "1"}), f"{A}/Patient/1"),
            entry(person(meta={"versionId": "2"})),
        )
        assert codes(reading) == ["uncertain_version"]
        assert len(reading.records[0].care_ends) == 1

    def test_two_accounts_of_a_patient_are_a_problem_and_a_death_counts(self) -> None:
        reading = read(person(), dead(), given_dose())
        assert codes(reading) == ["uncertain_version"]
        assert reading.records[0].care_ends[0].on == date(2026, 2, 1)
        assert adds_up(reading)

    def test_versions_of_two_patients_are_told_of_both(self) -> None:
        reading = read(given_dose(), dose_for("Patient/2", effectiveDateTime="2026-02-01"))
        assert codes(reading) == ["uncertain_version"] * 2
        assert {problem.patient for problem in reading.problems} == {"Patient/1", "Patient/2"}

    def test_identical_copies_are_one(self) -> None:
        reading = read(given_dose(), given_dose(), person(), person())
        assert (len(reading.records[0].sessions), reading.problems) == (1, ())
        assert (reading.counts.merged, adds_up(reading)) == (2, True)


class TestNothingLeaks:
    def test_no_message_shows_an_id_a_name_or_a_date(self) -> None:
        marks = ["zzid", "Zzname", "2031-07-09"]
        resources = [
            person(
                id="zzid",
                name=[{"family": "Zzname"}],
                Zzname=1,
                birthDate="2031-07",
                link=[{"other": {"reference": "Patient/zzid2"}, "type": "refer"}],
            ),
            dose_for("Patient/zzid", id="zzid", status="Zzname"),
            dose_for({"display": "Zzname"}, id="zzid3"),
            dose_for("Patient/zzid4", id="zzid5", medicationCodeableConcept={"text": "Zzname"}),
            dose_for("Patient/zzid4", id="zzid6", effectiveDateTime="2031-07-09T10:00:00"),
            {"resourceType": "Zzname", "id": "zzid"},
            {
                "resourceType": "Claim",
                "Zzname": {"text": "Botox"},
                "patient": {"reference": "Patient/zzid"},
            },
        ]
        reading = read_text(json.dumps(bundle_of(*map(entry, resources))))
        assert len(reading.problems) >= len(resources)
        shown = "".join([*map(str, reading.problems), repr(reading.problems), str(reading.counts)])
        assert [mark for mark in marks if mark in shown] == []
