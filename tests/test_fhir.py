"""FHIR bundles in, a proposed ServiceRequest out, checked by validators that others wrote."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

import botox_schedule as bs
from botox_schedule.testing import days, policies, protocols, record_from_gaps, records
from exchange import node

pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.servicerequest import ServiceRequest

from botox_schedule.fhir import (
    EARLIEST_EXTENSION,
    MEDICATION_ADMINISTRATION_STATUSES,
    OVERDUE_FROM_EXTENSION,
    PROCEDURE_STATUSES,
    UNIT_CODES,
    UNKNOWN_INDICATION,
    records_from_bundle,
    service_request_from_forecast,
)
from fhir_samples import (
    CPT,
    ICD,
    MIGRAINE_REASON,
    PATIENT,
    UCUM,
    ZONE,
    adds_up,
    bundle,
    codes,
    concept,
    given_dose,
    only,
    person,
    procedure,
    read,
)

MIGRAINE = bs.find_protocol("chronic-migraine")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"


class TestMedicationAdministration:
    def test_a_whole_one_is_a_session(self) -> None:
        reading = read(person(birthDate="1980-02-29"), given_dose())
        assert reading.problems == ()
        (record,) = reading.records
        assert (record.id, record.born_on) == ("Patient/1", date(1980, 2, 29))
        expected = bs.PatientRecord(
            sessions=[
                {
                    "id": "MedicationAdministration/m1",
                    "administered_on": "2026-01-05",
                    "indication": "chronic-migraine",
                    "product": "Botox",
                    "units": 155,
                }
            ]
        )
        assert record.sessions == expected.sessions

    @pytest.mark.parametrize("status", [*MEDICATION_ADMINISTRATION_STATUSES, "unknown"])
    def test_every_status_has_a_meaning_or_is_a_problem(self, status: str) -> None:
        reading = read(given_dose(status=status))
        if status == "unknown":
            assert codes(reading) == ["unknown_status"]
            assert reading.problems[0].session_left_out
            assert reading.records == ()
        else:
            assert only(reading).status is MEDICATION_ADMINISTRATION_STATUSES[status]
            is_begun = status in {"stopped", "in-progress", "on-hold"}
            assert codes(reading) == ["partly_given"] * is_begun

    @pytest.mark.parametrize(
        ("status", "is_missed"),
        [("in-progress", True), ("on-hold", True), ("stopped", False), ("completed", False)],
    )
    def test_what_has_begun_may_have_been_given(self, status: str, *, is_missed: bool) -> None:
        """Nobody may close it for months, and without it the patient seems to be due."""
        for begun in (given_dose(status=status), procedure(status=status)):
            reading = read(person(), begun)
            assert bool(reading.unreadable) is is_missed
        assert read(person(), procedure(status="preparation")).unreadable == frozenset()

    def test_a_completed_session_that_says_why_it_was_not_done_is_told(self) -> None:
        reason = {"text": "patient refused"}
        for make, why in ((given_dose, [reason]), (procedure, reason)):
            assert "partly_given" not in codes(read(make()))
            reading = read(make(statusReason=why))
            assert ("partly_given" in codes(reading), len(reading.records[0].sessions)) == (True, 1)
            assert "partly_given" not in codes(read(make(status="not-done", statusReason=why)))

    def test_what_did_not_happen_moves_nothing(self) -> None:
        for status in ("not-done", "on-hold", "in-progress", "entered-in-error"):
            (record,) = read(given_dose(status=status)).records
            assert bs.forecast(record, MIGRAINE, as_of="2026-02-01").status == "no_history"

    @pytest.mark.parametrize("code", sorted(UNIT_CODES))
    def test_units_are_read_in_their_codes(self, code: str) -> None:
        dose = {"value": 155.5, "system": UCUM, "code": code}
        assert only(read(given_dose(dosage={"dose": dose}))).units == Decimal("155.5")

    @pytest.mark.parametrize("unit", ["units", "Unit", "[USP'U]"])
    def test_a_unit_in_words_is_read_where_there_is_no_code(self, unit: str) -> None:
        assert only(read(given_dose(dosage={"dose": {"value": 155, "unit": unit}}))).units == 155

    @pytest.mark.parametrize(
        "dose",
        [
            {"value": 1, "system": UCUM, "code": "mL"},
            {"value": 155, "system": "http://example.org", "code": "U"},
            {"value": 0, "code": "U"},
            {"value": -5, "code": "U"},
            {"value": 1_000_001, "code": "U"},
            {"code": "U"},
            {"value": 155},
            {"value": 155, "unit": "vials"},
            {"value": 1.55, "unit": "mL", "system": UCUM, "code": "U"},
            {"value": 155, "system": UCUM, "code": "{unit}"},
            {"value": 155, "comparator": "<", "code": "U"},
        ],
    )
    def test_other_units_are_unknown_and_not_zero(self, dose: dict[str, Any]) -> None:
        reading = read(given_dose(dosage={"dose": dose}))
        assert only(reading).units is None
        assert codes(reading) == ["unknown_units"]
        assert not reading.problems[0].session_left_out

    @pytest.mark.parametrize(
        "dosage",
        [{"text": "155 U in 31 sites"}, {"rateQuantity": {"value": 155, "unit": "U"}}],
    )
    def test_an_amount_that_is_not_read_is_said(self, dosage: dict[str, Any]) -> None:
        reading = read(given_dose(dosage=dosage))
        assert (only(reading).units, codes(reading)) == (None, ["unknown_units"])

    @pytest.mark.parametrize("element", ["implicitRules", "modifierExtension"])
    def test_a_rule_that_may_change_what_it_says_is_a_problem(self, element: str) -> None:
        rule: Any = "http://a.example/rules"
        rule = rule if element == "implicitRules" else [{"url": rule, "valueBoolean": True}]
        for one in (given_dose(**{element: rule}), person(**{element: rule})):
            reading = read(one)
            assert [(p.code, p.where) for p in reading.problems] == [
                ("unknown_modifier", f"entry[0].{element}")
            ]
            assert (len(reading.records), adds_up(reading)) == (1, True)

    def test_a_patient_record_that_is_not_in_use_is_told(self) -> None:
        reading = read(person(active=False), given_dose())
        assert [(p.code, p.where) for p in reading.problems] == [
            ("unknown_modifier", "entry[0].active")
        ]
        link = [{"other": {"reference": "Patient/2"}, "type": "replaced-by"}]
        assert codes(read(person(active=False, link=link), person(id="2"), given_dose())) == []
        assert codes(read(person(active=True), given_dose())) == []

    def test_a_rule_about_a_part_is_a_problem_too(self) -> None:
        rule = [{"url": "http://a.example/rules", "valueBoolean": True}]
        dosage = {"dose": {"value": 155, "unit": "U"}, "modifierExtension": rule}
        link = {"other": {"reference": "Patient/1"}, "type": "seealso", "modifierExtension": rule}
        reading = read(given_dose(dosage=dosage), person(link=[link]))
        assert [(p.code, p.where) for p in reading.problems] == [
            ("unknown_modifier", "entry[0].dosage.modifierExtension"),
            ("unknown_modifier", "entry[1].link.modifierExtension"),
        ]

    def test_so_is_a_rule_about_the_entry_that_holds_it(self) -> None:
        content = bundle(given_dose(), person())
        for held in content["entry"]:
            held["modifierExtension"] = [{"url": "http://a.example/rules", "valueBoolean": True}]
        assert [p.where for p in records_from_bundle(content, zone=ZONE).problems] == [
            "entry[0].modifierExtension",
            "entry[1].modifierExtension",
        ]

    def test_so_is_a_rule_about_the_whole_bundle(self) -> None:
        content = bundle(given_dose(), person()) | {"implicitRules": "http://a.example/rules"}
        reading = records_from_bundle(content, zone=ZONE)
        assert [(p.code, p.where) for p in reading.problems] == [
            ("unknown_modifier", "implicitRules")
        ]

    def test_so_is_a_rule_about_what_a_session_refers_to(self) -> None:
        """It may say that the condition was ruled out; one of several sessions is told once."""
        rule = [{"url": "http://hl7.org/fhir/StructureDefinition/condition-ruledOut"}]
        reason: dict[str, Any] = {"resourceType": "Condition", "id": "c", "subject": PATIENT}
        reason |= {"code": MIGRAINE_REASON[0], "modifierExtension": rule}
        dose = given_dose(reasonCode=None, reasonReference=[{"reference": "Condition/c"}])
        reading = read(dose, dose | {"id": "m2", "effectiveDateTime": "2026-04-05"}, reason)
        assert [p.where for p in reading.problems] == ["entry[2].modifierExtension"]
        assert reading.counts.sessions == 2

    def test_no_dose_leaves_the_units_unknown(self) -> None:
        reading = read(given_dose(dosage=None))
        assert (only(reading).units, codes(reading)) == (None, [])

    @pytest.mark.parametrize(
        ("moment", "day"),
        [
            ("2026-01-05", "2026-01-05"),
            ("2026-01-06T04:59:59Z", "2026-01-05"),
            ("2026-01-06T05:00:00Z", "2026-01-06"),
            ("2026-01-05T23:30:00-05:00", "2026-01-05"),
            ("2026-07-06T03:30:00.250+00:00", "2026-07-05"),
            ("1900-01-02", "1900-01-02"),
        ],
    )
    def test_an_instant_falls_on_the_clinics_day(self, moment: str, day: str) -> None:
        assert str(only(read(given_dose(effectiveDateTime=moment))).administered_on) == day

    @pytest.mark.parametrize(
        ("moment", "code"),
        [
            ("2026", "partial_day"),
            ("2026-01", "partial_day"),
            ("2026-01-05T10:00:00", "invalid_resource"),
            ("2026-02-30", "invalid_resource"),
            ("5 January", "invalid_resource"),
            (20260105, "no_day"),
            ("0001-01-01T00:00:00Z", "no_day"),
            ("0001-01-01", "no_day"),
            ("1900-01-01", "no_day"),
            ("9999-01-01", "no_day"),
        ],
    )
    def test_what_is_no_day_is_left_out_and_said(self, moment: str | int, code: str) -> None:
        reading = read(given_dose(effectiveDateTime=moment))
        assert codes(reading) == [code]
        (problem,) = reading.problems
        assert problem.session_left_out
        assert problem.patient == "Patient/1"
        assert "2026" not in str(problem)
        assert "a session may be missing" in str(problem)

    def test_a_period_counts_from_its_first_day(self) -> None:
        period = {"start": "2026-01-05T23:00:00-05:00", "end": "2026-01-06T00:10:00-05:00"}
        reading = read(given_dose(effectiveDateTime=None, effectivePeriod=period))
        assert str(only(reading).administered_on) == "2026-01-05"

    @pytest.mark.parametrize(("end", "said"), [("2026-01-06", []), ("2026-01-07", ["partial_day"])])
    def test_a_period_of_days_is_a_problem(self, end: str, said: list[str]) -> None:
        period = {"start": "2026-01-05", "end": end}
        reading = read(given_dose(effectiveDateTime=None, effectivePeriod=period))
        assert (str(only(reading).administered_on), codes(reading)) == ("2026-01-05", said)

    @pytest.mark.parametrize(
        ("period", "code"),
        [
            ({"end": "2026-01-05"}, "no_day"),
            ({"start": "2026-01"}, "partial_day"),
            ({"start": "2026-01-05", "end": "2026-01-04"}, "no_day"),
        ],
    )
    def test_a_period_that_names_no_day(self, period: dict[str, str], code: str) -> None:
        reading = read(given_dose(effectiveDateTime=None, effectivePeriod=period))
        assert codes(reading) == [code]

    def test_a_period_whose_end_is_partial_is_read(self) -> None:
        period = {"start": "2026-01-05", "end": "2026-01"}
        reading = read(given_dose(effectiveDateTime=None, effectivePeriod=period))
        assert (str(only(reading).administered_on), codes(reading)) == ("2026-01-05", [])

    def test_a_period_that_ends_in_another_month_lasts_several_days(self) -> None:
        period = {"start": "2026-01-05", "end": "2026-03"}
        reading = read(given_dose(effectiveDateTime=None, effectivePeriod=period))
        assert (str(only(reading).administered_on), codes(reading)) == (
            "2026-01-05",
            ["partial_day"],
        )

    @pytest.mark.parametrize(
        ("changed", "is_lost"),
        [
            ({"status": "entered-in-error", "effectiveDateTime": None}, False),
            ({"status": "not-done", "medicationCodeableConcept": {"text": "Aspirin"}}, False),
            ({"status": "not-done", "subject": {"display": "Smith"}}, False),
            ({"status": "unknown"}, True),
            ({"status": "completed", "effectiveDateTime": None}, True),
        ],
    )
    def test_what_was_not_given_leaves_no_session_out(
        self, changed: dict[str, Any], *, is_lost: bool
    ) -> None:
        (problem,) = read(given_dose(**changed)).problems
        assert problem.session_left_out is is_lost

    @pytest.mark.parametrize(
        ("medication", "product", "code"),
        [
            (
                concept("http://www.nlm.nih.gov/research/umls/rxnorm", "860189"),
                "onabotulinumtoxinA",
                None,
            ),
            (concept("http://hl7.org/fhir/sid/ndc", "0023-1145-01"), "onabotulinumtoxinA", None),
            (
                concept("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J0586"),
                "abobotulinumtoxinA",
                None,
            ),
            ({"coding": [{"display": "Dysport"}]}, "abobotulinumtoxinA", None),
            (concept("http://www.whocc.no/atc", "M03AX01"), None, "unknown_product"),
            ({"text": "Botulinum toxin injection, product unknown"}, None, "unknown_product"),
            ({"coding": [{"display": "Dysport"}], "text": "Botox"}, None, "ambiguous_product"),
            (
                {
                    "coding": [
                        {
                            "system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
                            "code": "J0586",
                        }
                    ],
                    "text": "Botox",
                },
                None,
                "ambiguous_product",
            ),
        ],
    )
    def test_the_product_is_what_the_codes_name(
        self, medication: dict[str, Any], product: str | None, code: str | None
    ) -> None:
        reading = read(given_dose(medicationCodeableConcept=medication))
        assert only(reading).product == product
        assert codes(reading) == ([code] if code else [])

    def test_another_medication_is_no_session(self) -> None:
        """A tablet for the same migraine must not move the next date."""
        reading = read(given_dose(medicationCodeableConcept={"text": "topiramate 25 mg"}))
        assert reading.records == ()
        assert codes(reading) == ["unknown_product"]
        assert reading.problems[0].where == "entry[0].medication"
        assert reading.problems[0].session_left_out

    @pytest.mark.parametrize(
        ("medication", "may_be"),
        [
            (concept(RXNORM, "313782", text="Acetaminophen 325 MG"), False),
            ({"coding": [{"system": RXNORM, "code": "1", "display": "lidocaine"}]}, False),
            (concept(RXNORM, "313782"), True),
            (concept("HCPCS", "J3590", text="Unclassified biologics"), True),
            (concept("ATC", "N02BE01", text="paracetamol"), False),
            (concept("NDC", "50580-449-05", text="Tylenol"), False),
            (concept("http://fhir.de/CodeSystem/bfarm/atc", "N02BE01", text="Ben-u-ron"), False),
            (concept("http://fhir.de/CodeSystem/bfarm/atc", "N02BE01"), True),
            (concept("CPT", "90749", text="unlisted"), True),
            (concept("urn:clinic", "7", text="Stock 7"), True),
            ({"text": "Stock 7"}, True),
            ({"coding": [{"display": "Stock 7"}]}, True),
        ],
    )
    @pytest.mark.parametrize("is_referred_to", [False, True])
    def test_a_code_with_its_name_tells_another_drug_for_sure(
        self, medication: dict[str, Any], *, may_be: bool, is_referred_to: bool
    ) -> None:
        """Who had an anesthetic too is not to be checked first for ever."""
        dose = given_dose(medicationCodeableConcept=medication)
        drug = {"resourceType": "Medication", "id": "d", "code": medication}
        if is_referred_to:
            reference = {"reference": "Medication/d"}
            dose = given_dose(medicationCodeableConcept=None, medicationReference=reference)
        reading = read(dose, drug, person())
        assert codes(reading) == ["unknown_product"]
        assert reading.unreadable == frozenset({"Patient/1"} if may_be else ())

    @pytest.mark.parametrize("name", ["chronic-migraine", "Chronic migraine", "migraine"])
    def test_a_local_code_can_be_named(self, name: str) -> None:
        local = concept("urn:clinic", "BTX")
        reading = read(
            given_dose(medicationCodeableConcept=local, reasonCode=[concept("urn:clinic", "MIG")]),
            products={("urn:clinic", "BTX"): "Botox"},
            indications={("urn:clinic", "MIG"): name},
        )
        assert (only(reading).indication, reading.problems) == ("chronic-migraine", ())

    @pytest.mark.parametrize("place", ["contained", "entry", "address"])
    def test_a_referenced_medication_is_followed(self, place: str) -> None:
        inner = {"resourceType": "Medication", "id": "x", "code": {"text": "Xeomin"}}
        reference = {"contained": "#x", "entry": "Medication/x", "address": "urn:uuid:7"}[place]
        dose = given_dose(
            medicationCodeableConcept=None, medicationReference={"reference": reference}
        )
        if place == "contained":
            reading = read({**dose, "contained": [inner]})
        else:
            content = bundle(dose, inner)
            content["entry"][1]["fullUrl"] = "urn:uuid:7"
            reading = records_from_bundle(content, zone=ZONE)
        assert only(reading).product == "incobotulinumtoxinA"

    @pytest.mark.parametrize("reference", ["#gone", "Medication/gone"])
    def test_a_reference_to_nothing_is_unknown(self, reference: str) -> None:
        dose = given_dose(
            medicationCodeableConcept=None, medicationReference={"reference": reference}
        )
        assert codes(read(dose)) == ["unknown_product"]

    @pytest.mark.parametrize(
        ("reasons", "code"),
        [
            (None, "unknown_indication"),
            ([concept(ICD, "Z99.9")], "unknown_indication"),
            ([concept(ICD, "G43.909", text="Migraine")], "unknown_indication"),
            ([concept(ICD, "G43.709"), concept(ICD, "G24.3")], "ambiguous_indication"),
        ],
    )
    def test_without_an_indication_the_units_still_count(
        self, reasons: list[Any] | None, code: str
    ) -> None:
        reading = read(given_dose(reasonCode=reasons))
        assert codes(reading) == [code]
        assert only(reading).indication == UNKNOWN_INDICATION
        (record,) = reading.records
        found = bs.exposure(record, product="Botox", window="12 weeks", on="2026-01-05")
        assert found.units == 155

    @pytest.mark.parametrize(
        ("reasons", "indication"),
        [
            ([{"text": "Chronic migraine"}], "chronic-migraine"),
            ([{"text": "upper limb spasticity"}, {"text": "spasticity"}], "upper-limb-spasticity"),
            ([concept(ICD, "I69.351", text="arm spasticity")], "upper-limb-spasticity"),
            ([concept(SNOMED, "1", text="OAB")], "overactive-bladder"),
            ([{"text": "upper limb spasticity"}, {"text": "leg spasticity"}], "spasticity"),
        ],
    )
    def test_a_name_of_an_indication_is_read_where_there_is_no_code(
        self, reasons: list[Any], indication: str
    ) -> None:
        reading = read(given_dose(reasonCode=reasons))
        assert (only(reading).indication, reading.problems) == (indication, ())

    def test_words_that_contradict_a_code_are_ambiguous(self) -> None:
        other = {"text": "cervical dystonia"}
        for reasons in ([*MIGRAINE_REASON, other], [{**MIGRAINE_REASON[0], **other}]):
            assert codes(read(given_dose(reasonCode=reasons))) == ["ambiguous_indication"]

    def test_words_may_be_more_precise_than_a_code(self) -> None:
        reason = concept(ICD, "G81.11", text="Upper limb spasticity")
        reading = read(given_dose(reasonCode=[reason]))
        assert (only(reading).indication, codes(reading)) == ("upper-limb-spasticity", [])

    def test_an_unknown_code_system_is_an_unknown_code(self) -> None:
        other = concept("urn:oid:1.2.3", "G43.709")
        dose = given_dose(medicationCodeableConcept={**other, "text": "Botox"}, reasonCode=[other])
        assert codes(read(dose)) == ["unknown_indication"]

    @pytest.mark.parametrize(
        ("medication", "reason"),
        [
            (concept("http://hl7.org/fhir/sid/ndc", "00023114501"), MIGRAINE_REASON[0]),
            (concept("http://hl7.org/fhir/sid/ndc", "0023-1145-01"), MIGRAINE_REASON[0]),
            (
                concept("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J0585"),
                concept(ICD, "G43.709"),
            ),
            (
                concept("urn:oid:2.16.840.1.113883.6.88", "860189"),
                concept("urn:oid:2.16.840.1.113883.6.90", "G43.709"),
            ),
        ],
    )
    def test_code_systems_are_known_by_all_their_addresses(
        self, medication: dict[str, Any], reason: dict[str, Any]
    ) -> None:
        reading = read(given_dose(medicationCodeableConcept=medication, reasonCode=[reason]))
        assert only(reading).product == "onabotulinumtoxinA"
        assert (only(reading).indication, reading.problems) == ("chronic-migraine", ())

    @pytest.mark.parametrize(
        "ingredient",
        [
            {"itemCodeableConcept": {"text": "onabotulinumtoxinA"}},
            {"itemReference": {"reference": "Medication/inner"}},
        ],
    )
    def test_an_ingredient_names_the_product(self, ingredient: dict[str, Any]) -> None:
        kit = {"resourceType": "Medication", "id": "kit", "ingredient": [ingredient]}
        inner = {"resourceType": "Medication", "id": "inner", "code": {"text": "Botox"}}
        dose = given_dose(
            medicationCodeableConcept=None, medicationReference={"reference": "Medication/kit"}
        )
        reading = read(dose, kit, inner)
        assert only(reading).product == "onabotulinumtoxinA"
        assert adds_up(reading)

    def test_a_display_names_the_product(self) -> None:
        dose = given_dose(medicationCodeableConcept=None, medicationReference={"display": "Botox"})
        assert only(read(dose)).product == "onabotulinumtoxinA"

    @pytest.mark.parametrize("text", ["Botox or Dysport", "toxina botulínica", "BoNT"])
    def test_a_toxin_of_no_certain_product_counts(self, text: str) -> None:
        reading = read(given_dose(medicationCodeableConcept={"text": text}))
        assert (only(reading).product, codes(reading)) == (None, ["unknown_product"])

    def test_a_condition_gives_the_reason(self) -> None:
        condition = {
            "resourceType": "Condition",
            "id": "c",
            "subject": PATIENT,
            "code": concept(ICD, "G24.3"),
        }
        dose = given_dose(reasonCode=None, reasonReference=[{"reference": "Condition/c"}])
        assert only(read(dose, condition)).indication == "cervical-dystonia"

    @pytest.mark.parametrize(
        ("subject", "indication", "said"),
        [
            (PATIENT, "cervical-dystonia", []),
            (None, "cervical-dystonia", []),
            ({"display": "somebody"}, "cervical-dystonia", []),
            (
                {"reference": "Patient/2"},
                "unknown-indication",
                ["conflicting_patients", "unknown_indication"],
            ),
        ],
    )
    def test_a_condition_of_another_patient_gives_none_and_is_told(
        self, subject: dict[str, str] | None, indication: str, said: list[str]
    ) -> None:
        condition = {"resourceType": "Condition", "id": "c", "code": concept(ICD, "G24.3")}
        condition |= {"subject": subject} if subject else {}
        dose = given_dose(reasonCode=None, reasonReference=[{"reference": "Condition/c"}])
        reading = read(dose, condition)
        assert (only(reading).indication, codes(reading)) == (indication, said)
        assert adds_up(reading)

    @pytest.mark.parametrize("reason", [None, MIGRAINE_REASON])
    def test_a_procedure_of_another_patient_gives_none_and_is_told(self, reason: Any) -> None:
        other = procedure(subject={"reference": "Patient/2"}, code=concept(CPT, "64616"))
        dose = given_dose(reasonCode=reason, partOf=[{"reference": "Procedure/p1"}])
        reading = read(dose, other)
        found = {record.id: record.sessions[0].indication for record in reading.records}
        told = "chronic-migraine" if reason else "unknown-indication"
        assert found == {"Patient/1": told, "Patient/2": "cervical-dystonia"}
        assert "conflicting_patients" in codes(reading)

    @pytest.mark.parametrize("status", ["entered-in-error", "refuted"])
    def test_a_diagnosis_that_was_taken_back_gives_none(self, status: str) -> None:
        condition = {"resourceType": "Condition", "id": "c1", "code": MIGRAINE_REASON[0]}
        condition["verificationStatus"] = concept("http://a.example/verification", status)
        reference = [{"reference": "Condition/c1"}]
        reading = read(given_dose(reasonCode=None, reasonReference=reference), condition)
        assert codes(reading) == ["unknown_indication"]
        assert adds_up(reading)

    def test_a_reference_to_no_condition_gives_none(self) -> None:
        dose = given_dose(reasonCode=None, reasonReference=[{"reference": "Condition/c"}])
        assert codes(read(dose)) == ["unknown_indication"]


class TestProcedure:
    def test_a_code_of_several_indications_takes_that_of_its_reason(self) -> None:
        shot = procedure(code=concept(CPT, "64612"), reasonCode=[concept(ICD, "G24.5")])
        assert only(read(shot)).indication == "blepharospasm"
        assert codes(read(procedure(code=concept(CPT, "64612")))) == [
            "unknown_product",
            "unknown_indication",
        ]

    def test_by_itself_it_is_a_session_of_an_unknown_product(self) -> None:
        reading = read(procedure())
        session = only(reading)
        assert (session.indication, session.product, session.units) == (
            "chronic-migraine",
            None,
            None,
        )
        assert codes(reading) == ["unknown_product"]

    @pytest.mark.parametrize("status", [*PROCEDURE_STATUSES, "unknown"])
    def test_every_status_has_a_meaning_or_is_a_problem(self, status: str) -> None:
        reading = read(procedure(status=status))
        if status == "unknown":
            assert codes(reading) == ["unknown_status"]
        else:
            assert only(reading).status is PROCEDURE_STATUSES[status]

    def test_another_procedure_is_not_asked(self) -> None:
        reading = read(procedure(code=concept(CPT, "27447")), procedure(code=None))
        assert (reading.records, reading.problems) == ((), ())
        assert reading.ignored == {"Procedure": 2}

    @pytest.mark.parametrize("side", ["dose", "procedure"])
    def test_the_dose_and_its_procedure_are_one_session(self, side: str) -> None:
        dose, whole = given_dose(reasonCode=None), procedure()
        if side == "dose":
            dose["partOf"] = [{"reference": "Procedure/p1"}]
        else:
            whole["partOf"] = [{"reference": "MedicationAdministration/m1"}]
        reading = read(whole, dose)
        assert (only(reading).indication, only(reading).units) == ("chronic-migraine", 155)
        assert reading.problems == ()

    @pytest.mark.parametrize(
        "dose",
        [
            given_dose(medicationCodeableConcept={"text": "lidocaine cream"}),
            given_dose(status="unknown"),
            given_dose(status="not-done"),
            given_dose(subject={"display": "Smith"}),
            given_dose(id="x" * 201),
        ],
        ids=["another drug", "no session", "cancelled", "nobody's", "no id"],
    )
    def test_a_procedure_counts_unless_its_dose_does(self, dose: dict[str, Any]) -> None:
        part = {**dose, "partOf": [{"reference": "Procedure/p1"}]}
        reading = read(procedure(), part)
        (record,) = reading.records
        completed = [s for s in record.sessions if s.status == "completed"]
        assert [s.id for s in completed] == ["Procedure/p1"]
        assert adds_up(reading)

    def test_a_dose_and_a_procedure_on_two_days_are_two_sessions(self) -> None:
        dose = given_dose(partOf=[{"reference": "Procedure/p1"}])
        reading = read(procedure(performedDateTime="2026-01-07"), dose)
        assert len(reading.records[0].sessions) == 2

    @pytest.mark.parametrize("status", ["not-done", "unknown"])
    def test_what_is_wrong_with_a_procedure_is_no_matter_where_its_dose_counts(
        self, status: str
    ) -> None:
        reading = read(procedure(status=status), given_dose(partOf=[{"reference": "Procedure/p1"}]))
        assert (only(reading).status, reading.problems) == ("completed", ())
        assert (reading.counts.merged, adds_up(reading)) == (1, True)

    def test_a_procedure_of_any_code_belongs_to_its_dose(self) -> None:
        whole = procedure(code={"text": "injection"}, reasonCode=MIGRAINE_REASON)
        dose = given_dose(reasonCode=None, partOf=[{"reference": "Procedure/p1"}])
        reading = read(whole, dose)
        assert (only(reading).indication, reading.ignored) == ("chronic-migraine", {})

    def test_a_dose_that_the_procedure_contains_is_no_second_session(self) -> None:
        inner = given_dose(id="m")
        reading = read(procedure(contained=[inner], partOf=[{"reference": "#m"}]))
        assert (only(reading).id, only(reading).units) == ("Procedure/p1", None)
        assert (codes(reading), adds_up(reading)) == (["unknown_product"], True)

    def test_a_part_of_another_dose_may_count_twice_and_is_told(self) -> None:
        part = given_dose(id="m2", partOf=[{"reference": "MedicationAdministration/m1"}])
        reading = read(given_dose(), part)
        assert [(p.code, p.where) for p in reading.problems] == [
            ("unknown_units", "entry[1].partOf")
        ]
        assert reading.counts.sessions == 2
        assert read(given_dose(), part | {"dosage": {"text": "5 U"}}).problems[0].where == (
            "entry[1].dosage.dose"
        )

    def test_a_part_of_something_else_stays_a_session(self) -> None:
        dose = given_dose(partOf=[{"reference": "Procedure/gone"}])
        assert only(read(dose)).units == 155

    def test_a_period_counts_from_its_first_day(self) -> None:
        period = {"start": "2026-01-05", "end": "2026-01-06"}
        reading = read(procedure(performedDateTime=None, performedPeriod=period))
        assert str(only(reading).administered_on) == "2026-01-05"

    def test_the_product_of_the_file_is_taken_where_none_is_named(self) -> None:
        reading = read(procedure(), product="Botox")
        assert (only(reading).product, reading.problems) == ("onabotulinumtoxinA", ())
        assert only(read(procedure(), product=bs.Product.ABOBOTULINUMTOXIN_A)).product == (
            "abobotulinumtoxinA"
        )
        assert only(read(given_dose(), product="Dysport")).product == "onabotulinumtoxinA"

    def test_an_unknown_product_of_the_file_is_refused(self) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="product: no known product is named"):
            read(procedure(), product="Smith")

    @pytest.mark.parametrize(
        "used",
        [
            {
                "usedCode": [
                    concept("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J0585")
                ]
            },
            {"usedReference": [{"reference": "Medication/x"}]},
            {"usedReference": [{"display": "BOTOX 100 U"}]},
        ],
    )
    def test_what_was_used_names_the_product(self, used: dict[str, Any]) -> None:
        drug = {"resourceType": "Medication", "id": "x", "code": {"text": "Botox"}}
        reading = read(procedure(**used), drug)
        assert only(reading).product == "onabotulinumtoxinA"
        assert adds_up(reading)

    def test_a_day_in_words_is_no_day(self) -> None:
        reading = read(procedure(performedDateTime=None, performedString="last spring"))
        assert codes(reading) == ["no_day"]


def german_disposition(code: str) -> dict[str, Any]:
    system = "http://fhir.de/CodeSystem/dkgev/EntlassungsgrundErsteUndZweiteStelle"
    said = {"url": "ErsteUndZweiteStelle", "valueCoding": {"system": system, "code": code}}
    url = "http://fhir.de/StructureDefinition/Entlassungsgrund"
    return {"extension": [{"url": url, "extension": [said, {"url": "DritteStelle"}]}]}


class TestPatient:
    def test_patients_are_kept_apart(self) -> None:
        other = given_dose(id="m2", subject={"reference": "Patient/2"})
        reading = read(given_dose(), other, person())
        assert [record.id for record in reading.records] == ["Patient/1", "Patient/2"]
        assert codes(reading) == ["unknown_subject"]

    def test_a_full_url_names_a_patient_too(self) -> None:
        content = bundle(person(), given_dose(subject={"reference": "urn:uuid:1"}))
        content["entry"][0]["fullUrl"] = "urn:uuid:1"
        reading = records_from_bundle(content, zone=ZONE)
        assert [record.id for record in reading.records] == ["Patient/1"]

    def test_a_patient_without_an_id_is_named_by_its_place(self) -> None:
        assert read({"resourceType": "Patient"}).records[0].id == "entry[0]"

    def test_without_a_patient_the_session_is_left_out(self) -> None:
        reading = read(given_dose(subject={"display": "Smith"}))
        assert codes(reading) == ["no_subject"]
        assert reading.problems[0].session_left_out

    @pytest.mark.parametrize(
        ("died", "on", "problems"),
        [
            ({"deceasedDateTime": "2026-02-01"}, "2026-02-01", []),
            ({"deceasedDateTime": "2026-02-01T03:00:00Z"}, "2026-01-31", []),
            ({"deceasedDateTime": "2026-02"}, "None", ["partial_day", "deceased_without_day"]),
            ({"deceasedBoolean": True}, "None", ["deceased_without_day"]),
            ({"deceasedBoolean": 1}, "None", ["deceased_without_day"]),
            ({"deceasedBoolean": "yes"}, "None", ["deceased_without_day"]),
            (
                {"deceasedBoolean": "dead"},
                "None",
                ["invalid_resource", "deceased_without_day"],
            ),
            (
                {"_deceasedDateTime": {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}},
                "None",
                ["deceased_without_day"],
            ),
        ],
    )
    def test_nobody_calls_the_dead(
        self, died: dict[str, Any], on: str, problems: list[str]
    ) -> None:
        reading = read(person(**died), given_dose())
        (record,) = reading.records
        assert [str(end.on) for end in record.care_ends] == [on]
        assert codes(reading) == problems
        answer = bs.forecast(record, MIGRAINE, as_of="2026-03-01")
        assert (answer.status, answer.dates.due) == ("deceased", None)

    @pytest.mark.parametrize(
        ("when", "on", "is_told"),
        [
            ("2026-01-05T00:00:00Z", "2026-01-04", True),
            ("2026-01-05T00:00:00.000+00:00", "2026-01-04", True),
            ("2026-01-05T00:00:00-05:00", "2026-01-05", False),
            ("2026-01-05T00:01:00Z", "2026-01-04", False),
        ],
    )
    def test_midnight_may_stand_for_a_day(self, when: str, on: str, *, is_told: bool) -> None:
        """Programs write a day without its time so; counted a day early, the next one is too."""
        period = {"effectivePeriod": {"start": when}, "effectiveDateTime": None}
        for dose in (given_dose(effectiveDateTime=when), given_dose(**period)):
            reading = read(person(), dose)
            assert str(reading.records[0].sessions[0].administered_on) == on
            assert codes(reading) == ["partial_day"] * is_told

    @pytest.mark.parametrize("born", [{"birthDate": "1980-01-01"}, {}])
    def test_a_death_without_day_or_session_silences_too(self, born: dict[str, str]) -> None:
        (record,) = read(person(deceasedBoolean=True, **born)).records
        assert bs.forecast(record, MIGRAINE, as_of="2026-03-01").status == "deceased"

    @pytest.mark.parametrize(
        "alive",
        [
            {"deceasedBoolean": False},
            {"deceasedBoolean": "false"},
            {"deceasedBoolean": 0},
            {"deceasedBoolean": "no"},
            {"deceasedBoolean": None},
            {"deceasedDateTime": None},
        ],
    )
    def test_the_living_are_not_silenced(self, alive: dict[str, Any]) -> None:
        (record,) = read(person(**alive), given_dose()).records
        assert record.care_ends == ()

    @pytest.mark.parametrize(
        ("disposition", "is_told"),
        [
            ({"coding": [{"system": "urn:x", "code": "exp"}]}, True),
            ({"text": "Died in hospital"}, True),
            (concept("https://www.nubc.org/CodeSystem/PatDischargeStatus", "20"), True),
            (concept("https://www.nubc.org/CodeSystem/PatDischargeStatus", "01"), False),
            (concept("urn:x", "20"), False),
            ({"coding": [{"code": "home", "display": "Home"}], "text": "Expected"}, False),
            (concept(SNOMED, "371828006"), True),
            (german_disposition("07"), True),
            (german_disposition("01"), False),
        ],
    )
    @pytest.mark.parametrize("name", ["hospitalization", "admission"])
    def test_who_left_an_encounter_dead_is_looked_at(
        self, name: str, disposition: dict[str, Any], *, is_told: bool
    ) -> None:
        """No day is made of it: the encounter may be an error, or another patient's."""
        encounter = {
            "resourceType": "Encounter",
            "status": "finished",
            "subject": PATIENT,
            name: {"dischargeDisposition": disposition},
        }
        reading = read(person(), given_dose(), encounter)
        assert codes(reading) == ["may_be_deceased"] * is_told
        assert reading.unreadable == frozenset({"Patient/1"} if is_told else ())
        assert reading.records[0].care_ends == ()
        mistaken = encounter | {"status": "entered-in-error"}
        assert codes(read(person(), given_dose(), mistaken)) == []
        known = read(person(deceasedDateTime="2026-02-01"), given_dose(), encounter)
        assert (codes(known), known.unreadable) == ([], frozenset())

    @pytest.mark.parametrize(
        ("kind", "code", "is_told"),
        [
            ("Condition", {"text": "Dead"}, True),
            ("Flag", {"coding": [{"code": "x", "display": "Patient deceased"}]}, True),
            ("Observation", {"text": "Date of death"}, True),
            ("Condition", {"text": "Fear of death"}, False),
            ("FamilyMemberHistory", {"text": "Dead"}, False),
            ("Condition", {"text": "Dead (finding)"}, True),
            ("Observation", {"text": "Cause of Death [US Standard Certificate of Death]"}, True),
        ],
    )
    def test_a_death_that_another_resource_states_is_looked_at(
        self, kind: str, code: dict[str, Any], *, is_told: bool
    ) -> None:
        stated = {"resourceType": kind, "subject": PATIENT, "code": code}
        reading = read(person(), given_dose(), stated)
        assert codes(reading) == ["may_be_deceased"] * is_told
        assert bool(reading.unreadable) is is_told

    @pytest.mark.parametrize(
        ("kind", "element", "system", "code", "is_told"),
        [
            ("Condition", "code", SNOMED, "419099009", True),
            ("Condition", "code", "", "419099009", True),
            ("Observation", "code", SNOMED, "419620001", True),
            ("Condition", "category", "http://loinc.org", "79378-6", True),
            ("Condition", "code", "http://hl7.org/fhir/sid/icd-10-cm", "R99", True),
            ("Condition", "code", "http://clinic.example/rooms", "R99", False),
            ("Condition", "code", "urn:oid:2.16.840.1.113883.6.90", "G93.82", True),
            ("Observation", "code", "http://loinc.org", "69449-7", True),
            ("Observation", "code", "http://loinc.org", "81956-5", True),
            ("Observation", "code", "http://loinc.org", "81954-0", True),
            ("Observation", "code", "http://loinc.org", "8480-6", False),
            ("Observation", "value", "http://snomed.info/sct|2026", "419099009", True),
            ("Observation", "value", SNOMED, "438949009", False),
            ("Observation", "value", "https://clinic.example/CodeSystem/Vitalstatus", "T", True),
            ("Observation", "value", "https://clinic.example/CodeSystem/Vitalstatus", "L", False),
            ("Observation", "value", "https://clinic.example/CodeSystem/Temperature", "T", False),
            ("Procedure", "code", SNOMED, "308646001", True),
            ("Encounter", "type", SNOMED, "308646001", True),
            ("DiagnosticReport", "code", "http://loinc.org", "69409-1", True),
            ("DocumentReference", "type", "http://loinc.org", "64297-5", True),
            ("FamilyMemberHistory", "code", SNOMED, "419099009", False),
        ],
    )
    def test_a_death_that_only_a_code_states_is_looked_at(
        self, kind: str, element: str, system: str, code: str, *, is_told: bool
    ) -> None:
        told: dict[str, Any] = {element: concept(system, code)}
        if element in {"category", "type"} and kind != "DocumentReference":
            told = {element: [concept(system, code)]}
        elif element == "value":
            told = {"code": {"text": "Vital status"}, "valueCodeableConcept": concept(system, code)}
        stated = {"resourceType": kind, "subject": PATIENT, **told}
        reading = read(person(), given_dose(), stated)
        assert codes(reading) == ["may_be_deceased"] * is_told
        assert reading.unreadable == frozenset({"Patient/1"} if is_told else ())
        assert reading.records[0].care_ends == ()
        for void in (
            {"status": "entered-in-error"},
            {"verificationStatus": concept("urn:x", "refuted")},
            {"verificationStatus": concept("urn:x", "entered-in-error")},
        ):
            assert codes(read(person(), given_dose(), stated | void)) == []

    @pytest.mark.parametrize(
        ("category", "status", "is_told"),
        [("discharge-status", "20", True), ("discharge-status", "01", False), ("x", "20", False)],
    )
    def test_a_claim_that_ends_with_a_death_is_looked_at(
        self, category: str, status: str, *, is_told: bool
    ) -> None:
        said = concept("https://www.nubc.org/CodeSystem/PatDischargeStatus", status)
        claim = {
            "resourceType": "ExplanationOfBenefit",
            "status": "active",
            "patient": PATIENT,
            "supportingInfo": [{"category": concept("urn:x", category), "code": said}],
        }
        reading = read(person(), given_dose(), claim)
        assert [problem.where for problem in reading.problems] == (
            ["entry[2].supportingInfo[0].code"] * is_told
        )
        assert bool(reading.unreadable) is is_told

    @pytest.mark.parametrize(
        "text",
        ["Date and time of death", "Date+time of death", "Manner of death", "Brain death"],
    )
    def test_other_words_for_a_death_are_looked_at(self, text: str) -> None:
        for kind, more, is_told in (
            ("Observation", {}, True),
            ("Condition", {"verificationStatus": concept("urn:x", "refuted")}, False),
        ):
            stated = {"resourceType": kind, "subject": PATIENT, "code": {"text": text}, **more}
            assert bool(read(person(), given_dose(), stated).unreadable) is is_told
        ruled_out = {"resourceType": "Condition", "code": {"text": f"{text} ruled out"}}
        assert codes(read(person(), given_dose(), ruled_out | {"subject": PATIENT})) == []

    @pytest.mark.parametrize(
        ("code", "more", "is_told"),
        [
            ("Deceased", {"valueBoolean": True}, True),
            ("Deceased", {"valueBoolean": False}, False),
            ("Deceased", {"valueCodeableConcept": {"coding": [{"code": "LA32-8"}]}}, True),
            ("Deceased", {"valueCodeableConcept": {"text": "No"}}, False),
            ("Date of death", {"dataAbsentReason": {"coding": [{"code": "unknown"}]}}, True),
            ("Date of death", {"dataAbsentReason": concept("urn:x", "not-applicable")}, False),
            ("Manner of death", {"valueString": "N/A"}, False),
            ("Vital status", {"valueString": "Alive"}, False),
            ("Vital status", {"valueCodeableConcept": {"text": "Dead"}}, True),
            ("Patient status", {"valueString": "Deceased"}, True),
            ("Outcome", {"valueString": "Died"}, True),
            ("Assertion", {"valueCodeableConcept": concept(SNOMED, "419099009")}, True),
            ("Assertion", {"valueCodeableConcept": concept(SNOMED, "438949009")}, False),
            ("Tooth vitality", {"valueString": "Dead"}, False),
            ("Dead", {"verificationStatus": concept("urn:x", "refuted")}, False),
            ("Dead", {"verificationStatus": concept("urn:x", "confirmed")}, True),
        ],
    )
    def test_a_value_or_a_status_can_say_that_nobody_died(
        self, code: str, more: dict[str, Any], *, is_told: bool
    ) -> None:
        kind = "Condition" if "verificationStatus" in more else "Observation"
        stated = {"resourceType": kind, "subject": PATIENT, "code": {"text": code}, **more}
        assert bool(read(person(), given_dose(), stated).unreadable) is is_told

    @pytest.mark.parametrize(
        ("name", "is_told"),
        [
            ({"text": "DOE, JANE (DECEASED)"}, True),
            ({"family": "Doe \u2020", "given": ["Jane"]}, True),
            ({"family": "Diedrich", "given": ["Dee", "Death"]}, False),
        ],
    )
    def test_a_name_that_tells_of_a_death_is_looked_at(
        self, name: dict[str, Any], *, is_told: bool
    ) -> None:
        reading = read(person(name=[name]), given_dose())
        assert codes(reading) == ["may_be_deceased"] * is_told

    @pytest.mark.parametrize(
        ("said", "place"),
        [
            ({"code": concept("http://loinc.org", "81956-5")}, "component[1].code"),
            (
                {"code": {"text": "Vital status"}, "valueCodeableConcept": {"text": "Dead"}},
                "component[1].code",
            ),
            ({"code": {"text": "Vital status"}, "valueString": "Alive"}, None),
            ({"valueString": "Dead"}, None),
        ],
    )
    def test_a_death_in_a_part_of_an_observation_is_looked_at(
        self, said: dict[str, Any], place: str | None
    ) -> None:
        panel = {
            "resourceType": "Observation",
            "subject": PATIENT,
            "code": {"text": "Status"},
            "component": [{"code": {"text": "Weight"}}, said],
        }
        reading = read(person(), given_dose(), panel)
        assert [p.where for p in reading.problems] == ([f"entry[2].{place}"] if place else [])
        assert bool(reading.unreadable) is bool(place)

    @pytest.mark.parametrize("subject", [None, PATIENT, {"display": "Smith"}])
    def test_a_death_in_what_is_contained_is_its_patients(self, subject: Any) -> None:
        death = {"resourceType": "Observation", "id": "o", "code": {"text": "Date of death"}}
        if subject is not None:
            death["subject"] = subject
        report = {"resourceType": "DiagnosticReport", "subject": PATIENT, "contained": [death]}
        reading = read(person(), given_dose(), report)
        assert [p.where for p in reading.problems] == ["entry[2].contained[0].code"]
        assert reading.unreadable == frozenset({"Patient/1"})

    @pytest.mark.parametrize(
        ("subject", "patient"),
        [
            (None, None),
            ({"display": "Smith"}, None),
            ({"identifier": {"value": "7"}}, None),
            ({"reference": "Group/1"}, None),
            ({"reference": "Patient/9"}, "Patient/9"),
        ],
    )
    def test_a_death_of_nobody_here_is_told(self, subject: Any, patient: str | None) -> None:
        death = {"resourceType": "Observation", "code": {"text": "Date of death"}}
        if subject is not None:
            death["subject"] = subject
        reading = read(person(), given_dose(), death)
        assert [(p.code, p.patient) for p in reading.problems] == [("may_be_deceased", patient)]
        assert adds_up(reading)

    def test_without_patients_the_dead_of_others_are_not_told(self) -> None:
        """An export of sessions and of all that a hospital saw: most of it is about others."""
        death = {"resourceType": "Observation", "code": {"text": "Date of death"}}
        assert codes(read(given_dose(), death | {"subject": {"reference": "Patient/9"}})) == []
        assert codes(read(given_dose(), death | {"subject": PATIENT})) == ["may_be_deceased"]

    @pytest.mark.parametrize(
        ("kind", "reason", "is_told"),
        [
            ("Appointment", {"cancelationReason": {"text": "Patient: Deceased"}}, True),
            (
                "Appointment",
                {
                    "cancelationReason": concept(
                        "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason",
                        "pat-dec",
                    )
                },
                True,
            ),
            ("Appointment", {"cancellationReason": {"text": "Death in the family"}}, False),
            ("Appointment", {"cancellationReason": {"text": "deceased"}}, True),
            ("Task", {"statusReason": {"text": "patient died"}}, True),
            ("MedicationRequest", {"statusReason": {"text": "order expired"}}, False),
            ("Task", {"statusReason": {"text": "Expired"}}, False),
            ("Task", {"statusReason": {"text": "Patient expired"}}, True),
            ("Procedure", {"statusReason": concept(SNOMED, "397709008")}, True),
            ("Procedure", {"outcome": {"text": "Death"}}, True),
            ("AdverseEvent", {"outcome": concept("urn:x", "fatal")}, True),
            ("AdverseEvent", {"outcome": [concept("urn:x", "resolved")]}, False),
            ("ClaimResponse", {"outcome": "complete"}, False),
        ],
    )
    def test_a_reason_or_an_outcome_that_is_a_death_is_looked_at(
        self, kind: str, reason: dict[str, Any], *, is_told: bool
    ) -> None:
        element = {"Appointment": "participant", "Task": "for"}.get(kind, "subject")
        about = [{"actor": PATIENT}] if kind == "Appointment" else PATIENT
        stated = {"resourceType": kind, "status": "cancelled", element: about, **reason}
        reading = read(person(), given_dose(), stated)
        assert codes(reading) == ["may_be_deceased"] * is_told
        assert reading.unreadable == frozenset({"Patient/1"} if is_told else ())
        assert codes(read(person(), given_dose(), stated | {"status": "entered-in-error"})) == []

    @pytest.mark.parametrize(
        ("stated", "is_told"),
        [
            ({"deceased": True}, True),
            ({"deceased": False}, False),
            ({"deceasedDate": "2026-02-01"}, True),
            ({"extension": [{"url": "urn:x:deceased", "valueBoolean": True}]}, True),
            ({"extension": [{"url": "urn:x:deceased", "valueBoolean": False}]}, False),
            ({"extension": [{"url": "urn:x:sex", "valueCode": "F"}, {"url": "urn:death"}]}, False),
            (
                {
                    "extension": [
                        {
                            "url": "urn:x:DeathNotification",
                            "valueCodeableConcept": concept("urn:x", "U", text="Removed"),
                        }
                    ]
                },
                False,
            ),
            (
                {
                    "extension": [
                        {
                            "url": "urn:x:DeathNotification",
                            "extension": [{"url": "deathStatus", "valueCode": "2"}],
                        }
                    ]
                },
                True,
            ),
        ],
    )
    def test_an_element_of_another_release_or_profile_tells_of_a_death(
        self, stated: dict[str, Any], *, is_told: bool
    ) -> None:
        reading = read(person(**stated), given_dose())
        assert reading.unreadable == frozenset({"Patient/1"} if is_told else ())
        assert codes(reading).count("may_be_deceased") == is_told

    @pytest.mark.parametrize(
        "stated", [{"name": [{"text": "Smith (deceased)"}]}, {"deceasedBoolean": True}]
    )
    def test_a_person_tells_it_of_its_patients(self, stated: dict[str, Any]) -> None:
        alone = {"resourceType": "Person", "id": "p", **stated}
        linked = alone | {"link": [{"target": PATIENT}]}
        assert read(person(), given_dose(), linked).unreadable == frozenset({"Patient/1"})
        assert [p.patient for p in read(person(), given_dose(), alone).problems] == [None]

    @pytest.mark.parametrize("empty", ["", " ", "none"])
    def test_an_empty_day_of_death_silences_nobody(self, empty: str) -> None:
        reading = read(person(deceasedDateTime=empty), given_dose())
        assert reading.records[0].care_ends == ()
        assert "no_day" in codes(reading)

    def test_a_record_that_is_not_in_use_is_told_however_it_is_written(self) -> None:
        for stated in (False, "false"):
            assert codes(read(person(active=stated), given_dose())) == ["unknown_modifier"]

    @pytest.mark.parametrize("none", ["1900-01-01", "1899-12-30T00:00:00Z", "9999-12-31", "1900"])
    def test_a_day_that_stands_for_none_is_looked_at(self, none: str) -> None:
        reading = read(person(deceasedDateTime=none, birthDate=none[:10]), given_dose())
        (record,) = reading.records
        assert (record.care_ends, record.born_on) == ((), None)
        assert {"may_be_deceased", "no_day"} <= {*codes(reading)}
        assert reading.unreadable == frozenset({"Patient/1"})
        dead = read(person(deceasedDateTime=none, deceasedBoolean=True), given_dose())
        assert len(dead.records[0].care_ends) == 1

    def test_an_instant_is_no_birth_date(self) -> None:
        reading = read(person(birthDate="1980-01-01T00:00:00Z"), given_dose())
        assert (reading.records[0].born_on, codes(reading)) == (None, ["invalid_resource"])

    def test_a_partial_birth_date_is_a_problem(self) -> None:
        reading = read(person(birthDate="1980"), given_dose())
        assert (codes(reading), reading.records[0].born_on) == (["partial_day"], None)

    def test_an_invalid_patient_is_said_and_read_as_far_as_it_goes(self) -> None:
        reading = read(person(gender=["Smith"], birthDate="1980-01-01"), given_dose())
        assert codes(reading) == ["invalid_resource"]
        assert "birth date and death may be missing" in str(reading.problems[0])
        assert "Smith" not in str(reading)
        assert reading.records[0].born_on == date(1980, 1, 1)

    def test_problems_are_found_by_their_record(self) -> None:
        reading = read(given_dose(status="unknown"), given_dose(id="m2", reasonCode=None))
        (record,) = reading.records
        assert reading.problems_of(record) == reading.problems


class TestBadBundles:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("{", "line 1, column 2"),
            ('{"resourceType": "Bundle",\n "entry": nope}', "line 2, column 11"),
            (b"\xff\xfe\x00", "text in UTF-8|not JSON"),
            ("", "not JSON"),
            (None, "not a FHIR bundle: give JSON, or one mapping or model"),
            ([person()], "not a FHIR bundle: give JSON, or one mapping or model"),
            ('{"resourceType": 5}', "expected an object with resourceType 'Bundle'"),
            ('{"resourceType": "Bundle", "entry": [], "entry": []}', "two elements of one name"),
            ("[]", "expected an object"),
            ('{"resourceType": "Bundle", "entry": {}}', "expected a list"),
            ('{"resourceType": "Bundle", "total": NaN}', "a number is not one of JSON"),
            ('{"a":' + "[" * 100_000, "nested too deeply|not JSON"),
        ],
    )
    def test_what_is_no_bundle_is_one_clear_error(self, content: Any, message: str) -> None:
        with pytest.raises(bs.errors.ExchangeError, match=message):
            records_from_bundle(content, zone=ZONE)

    def test_what_only_json_can_nest_is_one_clear_error(self) -> None:
        seen = set()
        for depth in range(300, 1200):
            nested = '{"extension":[' * depth + "{}" + "]}" * depth
            content = f'{{"resourceType":"Claim","extension":[{nested}]}}'
            try:
                seen.add(str(records_from_bundle(content, zone=ZONE).counts))
            except bs.errors.ExchangeError as error:
                seen.add(str(error))
        whole = "resources 1: patients 0, sessions 0, merged 0, left out 0, ignored 1 (Claim 1)"
        # Other versions of Python may nest deeper than this test does.
        assert {whole} <= seen <= {whole, "the bundle is nested too deeply"}

    @pytest.mark.parametrize("entry", [None, 5, {}, {"resource": 5}, {"resource": {"id": "1"}}])
    def test_an_entry_without_a_resource_is_a_problem(self, entry: Any) -> None:
        content = bundle(given_dose())
        content["entry"].insert(0, entry)
        reading = records_from_bundle(json.dumps(content), zone=ZONE)
        assert codes(reading) == ["invalid_resource"]
        assert reading.problems[0].where == "entry[0]"
        assert only(reading).units == 155

    @pytest.mark.parametrize(
        ("broken", "where"),
        [
            (given_dose(dosage=[1]), "dosage"),
            (given_dose(favorite="Smith"), "an element that FHIR R4 does not know"),
            (given_dose(Smith="x"), "an element that FHIR R4 does not know"),
            (given_dose(status=None), "status"),
            (given_dose(contained=[{"resourceType": "Smith"}]), "contained"),
            (given_dose(contained=[{"resourceType": 5}]), "contained"),
            (given_dose(effectivePeriod={"start": "2026-01-05"}), "the resource"),
        ],
    )
    def test_a_broken_resource_costs_only_itself(self, broken: dict[str, Any], where: str) -> None:
        reading = read({**broken, "id": "bad"}, given_dose())
        assert codes(reading) == ["invalid_resource"]
        assert where in reading.problems[0].message
        assert "Smith" not in str(reading.problems[0])
        assert only(reading).id == "MedicationAdministration/m1"

    def test_an_id_that_is_too_long_is_a_problem(self) -> None:
        reading = read(given_dose(id="x" * 201))
        assert codes(reading) == ["invalid_resource"]

    def test_a_patient_whose_id_is_too_long_is_named_by_its_place(self) -> None:
        reading = read(
            {**person(), "id": "x" * 201}, given_dose(subject={"reference": f"Patient/{'x' * 201}"})
        )
        assert [record.id for record in reading.records] == ["entry[0]"]
        assert codes(read(given_dose(subject={"reference": "x" * 201}))) == ["no_subject"]

    def test_a_slug_of_the_caller_that_is_none_is_a_problem(self) -> None:
        reading = read(given_dose(), indications={(ICD, "G43.709"): "Jaw Pain"})
        assert codes(reading) == ["invalid_resource"]
        assert reading.problems[0].session_left_out

    def test_an_unknown_zone_is_refused(self) -> None:
        with pytest.raises(bs.errors.DayError, match="IANA name"):
            read(given_dose(), zone="Mars/Olympus")

    def test_other_resources_are_counted(self) -> None:
        reading = read(given_dose(), {"resourceType": "Observation", "id": "o"})
        assert reading.ignored == {"Observation": 1}

    @pytest.mark.parametrize(
        "code", [5, {"coding": None}, {"coding": [None, {}, {"system": 1, "code": 64615}]}]
    )
    def test_a_malformed_code_is_no_code(self, code: Any) -> None:
        assert read(procedure(code=code)).ignored == {"Procedure": 1}

    def test_half_a_character_is_a_problem(self) -> None:
        reading = read(given_dose(id="\ud800"), given_dose())
        assert codes(reading) == ["invalid_resource"]
        assert only(reading).units == 155

    def test_a_number_that_is_none_is_unknown(self) -> None:
        dose = given_dose(dosage={"dose": {"value": float("nan"), "code": "U"}})
        reading = records_from_bundle(bundle(dose), zone=ZONE)
        assert set(codes(reading)) & {"unknown_units", "invalid_resource"}

    def test_a_content_may_hold_decimals_and_days(self) -> None:
        dose = given_dose(
            effectiveDateTime="2026-01-05",
            dosage={"dose": {"value": Decimal("155.5"), "code": "U"}},
        )
        claim = {"resourceType": "Claim", "created": date(2026, 1, 5)}
        reading = records_from_bundle(bundle(dose, claim), zone=ZONE)
        assert (only(reading).units, reading.problems) == (Decimal("155.5"), ())

    def test_a_number_beyond_all_bounds_is_a_problem(self) -> None:
        text = json.dumps(bundle(given_dose())).replace("155", "1e99999999999999999999")
        reading = records_from_bundle(text, zone=ZONE)
        assert (codes(reading), adds_up(reading)) == (["invalid_resource"], True)

    def test_an_endless_content_is_a_problem(self) -> None:
        dose = given_dose()
        dose["extension"] = [dose]
        assert codes(records_from_bundle(bundle(dose), zone=ZONE)) == ["invalid_resource"]

    def test_an_empty_bundle_holds_nothing(self) -> None:
        assert records_from_bundle({"resourceType": "Bundle"}, zone=ZONE).records == ()

    def test_a_model_of_the_library_is_a_bundle_too(self) -> None:
        model = Bundle.model_validate(bundle(given_dose()))
        assert only(records_from_bundle(model, zone=ZONE)).units == 155

    def test_the_order_of_the_entries_means_nothing(self) -> None:
        rows = [
            person(birthDate="1980-01-01"),
            given_dose(),
            procedure(performedDateTime="2026-03-30"),
        ]
        forward, backward = read(*rows), read(*reversed(rows))
        answers = {
            bs.forecast(reading.records[0], MIGRAINE, as_of="2026-04-01").model_dump_json()
            for reading in (forward, backward)
        }
        assert len(answers) == 1


FORECAST = bs.forecast(
    record_from_gaps([84], starts_on=date(2026, 1, 5), units=155), MIGRAINE, as_of="2026-04-10"
)


def proposal(forecast: bs.Forecast = FORECAST, **options: Any) -> dict[str, Any]:
    request = service_request_from_forecast(forecast, **{"subject": "Patient/1", **options})
    content: dict[str, Any] = json.loads(request.model_dump_json())
    return content


def silenced(**fields: Any) -> bs.Forecast:
    sessions = record_from_gaps([84], starts_on=date(2026, 1, 5)).sessions
    record = bs.PatientRecord.model_validate({"sessions": sessions, **fields})
    return bs.forecast(record, MIGRAINE, as_of="2026-04-10")


class TestServiceRequest:
    def test_a_proposal_that_is_read_again_leaves_no_session_out(self) -> None:
        """A server that keeps them gives them with the next export."""
        for is_proposed in (True, False):
            kept = proposal() | {"subject": PATIENT}
            kept["intent"] = "proposal" if is_proposed else "order"
            reading = read(person(), given_dose(), kept)
            assert codes(reading) == ["names_toxin"]
            assert reading.unreadable == frozenset(() if is_proposed else {"Patient/1"})

    def test_holds_the_due_window_and_the_two_other_days(self) -> None:
        found = proposal(id="x", identifier=("urn:clinic", "k-1"))
        assert found["intent"] == "proposal"
        assert found["status"] == "active"
        assert found["occurrencePeriod"] == {"start": "2026-06-22", "end": "2026-06-29"}
        assert {e["url"]: e["valueDate"] for e in found["extension"]} == {
            EARLIEST_EXTENSION: "2026-06-22",
            OVERDUE_FROM_EXTENSION: "2026-06-30",
        }
        assert found["identifier"] == [{"system": "urn:clinic", "value": "k-1"}]
        assert "gives 2026-06-22" in found["note"][0]["text"]
        assert "coding" not in found["code"]

    @pytest.mark.parametrize(
        ("silence", "status"),
        [
            ({"holds": [{"first": "2026-04-05", "reason": "pregnancy"}]}, "on-hold"),
            ({"care_ends": [{"on": "2026-04-05", "kind": "deceased"}]}, "revoked"),
            ({"care_ends": [{"on": "2026-04-05", "kind": "discontinued"}]}, "revoked"),
        ],
    )
    def test_silence_takes_the_days_away(self, silence: dict[str, Any], status: str) -> None:
        found = proposal(silenced(**silence))
        assert found["status"] == status
        assert "occurrencePeriod" not in found
        assert "extension" not in found

    def test_without_a_usual_range_only_the_earliest_day_is_proposed(self) -> None:
        xeomin = bs.find_protocol("sialorrhea", product="Xeomin")
        record = record_from_gaps(
            [], starts_on=date(2026, 1, 5), indication="sialorrhea", product="Xeomin"
        )
        found = proposal(bs.forecast(record, xeomin, as_of="2026-02-01"))
        assert "occurrencePeriod" not in found
        assert [e["url"] for e in found["extension"]] == [EARLIEST_EXTENSION]

    def test_a_hold_with_an_end_keeps_the_days_after_it(self) -> None:
        hold = {"first": "2026-04-05", "last": "2026-07-31", "reason": "surgery"}
        found = proposal(silenced(holds=[hold]))
        assert (found["status"], found["occurrencePeriod"]["start"]) == ("on-hold", "2026-08-01")

    @pytest.mark.parametrize(
        ("more", "period"),
        [
            pytest.param(
                {"care_ends": [{"on": "2026-06-25", "kind": "discontinued"}]},
                {"start": "2026-06-22", "end": "2026-06-24"},
                id="discharge",
            ),
            pytest.param(
                {"holds": [{"first": "2026-06-26", "reason": "surgery"}]},
                {"start": "2026-06-22", "end": "2026-06-25"},
                id="open hold",
            ),
            pytest.param(
                {"holds": [{"first": "2026-06-24", "last": "2026-07-10", "reason": "surgery"}]},
                {"start": "2026-06-22", "end": "2026-06-23"},
                id="hold",
            ),
            pytest.param(
                {
                    "overrides": [
                        {
                            "indication": "chronic-migraine",
                            "first": "2026-01-01",
                            "last": "2026-06-10",
                            "minimum": "10 weeks",
                            "usual": "10 weeks",
                            "reason": "wear-off",
                            "authority": "clinician",
                        }
                    ]
                },
                {"start": "2026-06-08", "end": "2026-06-10"},
                id="end of an override",
            ),
        ],
    )
    def test_what_is_decided_cuts_the_period_short(
        self, more: dict[str, Any], period: dict[str, str]
    ) -> None:
        assert proposal(silenced(**more))["occurrencePeriod"] == period

    def test_a_stored_answer_without_the_window_has_the_two_days(self) -> None:
        stored = FORECAST.model_copy(update={"due_window": None})
        assert proposal(stored) == proposal()
        open_end = stored.dates.model_copy(update={"overdue_from": None})
        found = proposal(stored.model_copy(update={"dates": open_end}))
        assert found["occurrencePeriod"] == {"start": "2026-06-22"}

    def test_a_track_without_a_protocol_is_named_in_general(self) -> None:
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication="x")
        (found,) = bs.forecast_all(record, as_of="2026-04-10")
        answer = found.model_copy(update={"status": bs.DueStatus.DECEASED})
        assert proposal(answer)["code"] == {"text": "Treatment with botulinum toxin"}

    def test_what_fhir_does_not_take_is_refused_without_its_value(self) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="does not take this: id") as caught:
            proposal(id="Smith, J")
        assert "Smith" not in str(caught.value)

    @pytest.mark.parametrize(
        ("given", "wrong"),
        [
            ({"subject": None}, "subject"),
            ({"subject": " "}, "subject"),
            ({"subject": 7}, "subject"),
            ({"identifier": "ab"}, "identifier"),
            ({"identifier": ("urn:x",)}, "identifier"),
            ({"identifier": ("urn:x", 5j)}, "identifier"),
            ({"subject": None, "id": ""}, "subject, id"),
        ],
    )
    def test_a_proposal_is_for_somebody(self, given: dict[str, Any], wrong: str) -> None:
        with pytest.raises(bs.errors.ExchangeError, match=f"does not take this: {wrong};"):
            proposal(**given)
        assert proposal(identifier=["urn:x", "1"])["identifier"][0]["value"] == "1"

    def test_an_id_has_at_most_64_characters(self) -> None:
        assert proposal(id="x" * 64)["id"] == "x" * 64
        for key in ("x" * 65, ""):
            with pytest.raises(bs.errors.ExchangeError, match="does not take this: id"):
                proposal(id=key)

    def test_where_nothing_is_dated_nothing_is_proposed(self) -> None:
        with pytest.raises(bs.errors.ExchangeError, match="the status is no_history"):
            proposal(bs.forecast(bs.PatientRecord(), MIGRAINE, as_of="2026-04-10"))

    @settings(max_examples=60, deadline=None)
    @given(records(), protocols(), policies(), days(date(2024, 1, 1), date(2027, 6, 30)))
    def test_the_period_is_in_order_and_holds_the_due_days(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        """No validator at hand checks the order of a period."""
        answer = bs.forecast(record, protocol, as_of=as_of, policy=policy)
        if answer.status in {"no_history", "no_interval"}:
            return
        period = proposal(answer).get("occurrencePeriod")
        assert (period is None) is (answer.dates.due is None)
        if period is not None and answer.dates.overdue_from is None:
            assert period == {"start": str(answer.dates.due)}
        elif period is not None and answer.dates.overdue_from is not None:
            assert str(answer.dates.due) <= period["start"] <= period["end"]
            assert period["end"] < str(answer.dates.overdue_from)


def _good() -> list[dict[str, Any]]:
    return [
        proposal(),
        proposal(id="x", identifier=("urn:clinic", "k-1")),
        proposal(silenced(holds=[{"first": "2026-04-05", "reason": "pregnancy"}])),
        proposal(silenced(care_ends=[{"on": "2026-04-05", "kind": "deceased"}])),
        given_dose(),
        procedure(),
        bundle(person(), given_dose(), procedure(), proposal()),
    ]


def _broken() -> dict[str, dict[str, Any]]:
    whole = proposal()
    return {
        "missing subject": {k: v for k, v in whole.items() if k != "subject"},
        "missing intent": {k: v for k, v in whole.items() if k != "intent"},
        "extra element": {**whole, "due": "2026-06-22"},
        "bad date": {**whole, "authoredOn": "2026-13-01"},
        "a day of the wrong form": {**whole, "occurrencePeriod": {"start": "22.06.2026"}},
        "list for one": {**whole, "subject": [whole["subject"]]},
        "one for a list": {**whole, "note": whole["note"][0]},
        "two of value[x]": {**whole, "occurrenceDateTime": "2026-06-22"},
        "empty string": {**whole, "authoredOn": ""},
        "status not in its value set": {**whole, "status": "planned"},
        "intent not in its value set": {**whole, "intent": "wish"},
        "wrong type of reference": {**whole, "subject": {"reference": "Medication/1"}},
        "extension without url": {**whole, "extension": [{"valueDate": "2026-06-22"}]},
    }


class TestValidators:
    def said(self, resources: list[dict[str, Any]]) -> list[list[str]]:
        """What each validator finds wrong in each resource."""
        node_says = node("validate-fhir.mjs", json.dumps(resources))
        return [
            [f"medplum: {m}" for m in found["medplum"]] + [f"fhir: {m}" for m in found["fhir"]]
            for found in node_says
        ]

    def test_what_is_written_passes_all_of_them(self) -> None:
        assert self.said(_good()) == [[]] * len(_good())
        for resource in _good()[:4]:
            ServiceRequest.model_validate(resource)

    def test_they_catch_broken_resources(self) -> None:
        broken = _broken()
        found = dict(zip(broken, self.said(list(broken.values())), strict=True))
        for name, resource in broken.items():
            try:
                ServiceRequest.model_validate(resource)
            except ValueError:
                found[name].append("fhir.resources: refused")
        assert [name for name, said in found.items() if not said] == []
        assert any(said[0].startswith("fhir: Code") for said in found.values())
        assert any(said[-1].startswith("fhir.resources") for said in found.values())
