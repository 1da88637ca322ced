"""Every finding: a record that provokes it, and its neighbor that must not."""

import logging
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import pytest

import samples
from botox_schedule import (
    FindingCode,
    FindingNeeds,
    FindingsError,
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    check_date,
    exposure,
    find_protocol,
    forecast,
    forecast_all,
)
from botox_schedule.engine import ObservedResponse
from botox_schedule.errors import FindingError
from botox_schedule.records import Finding

FINDINGS = Path(__file__).parent / "stored" / "findings.txt"
MIGRAINE: dict[str, Any] = {"indication": "chronic-migraine", "product": "Botox", "units": 155}
AS_OF = "2026-06-01"


def at(day: str, key: str = "a", **changes: Any) -> dict[str, Any]:
    return {"id": key, "administered_on": day, **MIGRAINE, **changes}


def codes(
    record: dict[str, Any],
    *,
    protocol: TreatmentProtocol | None = None,
    as_of: str = AS_OF,
    others: bool = True,
    **changes: Any,
) -> set[str]:
    found = forecast(
        PatientRecord.model_validate(record),
        protocol or find_protocol("chronic-migraine"),
        as_of=as_of,
        other_protocols=None if others else (),
        **changes,
    )
    return {finding.code.value for finding in found.findings}


PEDIATRIC_ARM = find_protocol("upper-limb-spasticity", population="pediatric")
ARM = find_protocol("upper-limb-spasticity")
ONE = {"sessions": [at("2026-04-06")]}
HELD = {"first": "2026-04-01", "reason": "infection"}


def override(**changes: Any) -> dict[str, Any]:
    return {
        "indication": "chronic-migraine",
        "first": "2026-01-01",
        "reason": "agreed",
        "authority": "clinician",
        **changes,
    }


BOOKED_155 = at("2026-06-15", "c", status="booked")

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "conflicting_records",
        {"sessions": [at("2026-04-06"), at("2026-04-06", units=195)]},
        {"sessions": [at("2026-04-06"), at("2026-04-06")]},
    ),
    (
        "probable_duplicate",
        {"sessions": [at("2026-04-06", units=200, indication="cervical-dystonia"),
                      at("2026-04-06", "b", units=200, indication="cervical-dystonia"), BOOKED_155]},
        {"sessions": [at("2026-04-06", units=200, indication="cervical-dystonia"),
                      at("2026-04-06", "b", units=201, indication="cervical-dystonia"), BOOKED_155]},
    ),
    (
        "probable_duplicate_across_days",
        {"sessions": [at("2026-04-06"), at("2026-04-07", "b")]},
        {"sessions": [at("2026-04-06"), at("2026-04-10", "b")]},
    ),
    (
        "future_completed_session",
        {"sessions": [at("2026-04-06"), at("2026-06-02", "b")]},
        {"sessions": [at("2026-04-06"), at("2026-07-02", "b", status="booked")]},
    ),
    (
        "session_day_unknown",
        {"sessions": [at("2026-04-06"), at("1900-01-01", "b")]},
        {"sessions": [at("2026-04-06"), at("1900-01-02", "b")]},
    ),
    (
        "session_before_birth",
        {**ONE, "born_on": "2026-04-07"},
        {**ONE, "born_on": "1980-04-07"},
    ),
    (
        "session_after_death",
        {**ONE, "care_ends": [{"on": "2026-04-05", "kind": "deceased"}]},
        {**ONE, "care_ends": [{"on": "2026-04-06", "kind": "deceased"}]},
    ),
    (
        "care_resumed",
        {**ONE, "care_ends": [{"on": "2026-04-05", "kind": "discontinued"}]},
        {**ONE, "care_ends": [{"on": "2026-04-06", "kind": "discontinued"}]},
    ),
    (
        "session_during_hold",
        {**ONE, "holds": [{**HELD, "last": "2026-04-06"}]},
        {**ONE, "holds": [{**HELD, "last": "2026-04-05"}]},
    ),
    (
        "hold_needs_review",
        {**ONE, "holds": [{**HELD, "first": "2026-05-04"}]},
        {**ONE, "holds": [{**HELD, "first": "2026-05-05"}]},
    ),
    (
        "hold_needs_review",
        {**ONE, "holds": [{**HELD, "last": "2027-04-01", "review_on": AS_OF}]},
        {**ONE, "holds": [{**HELD, "last": "2027-04-01", "review_on": "2026-06-02"}]},
    ),
    (
        "hold_ended",
        {**ONE, "holds": [{**HELD, "last": "2026-05-31"}]},
        {**ONE, "holds": [{**HELD, "last": "2026-04-05"}]},
    ),
    (
        "conflicting_decisions",
        {**ONE, "holds": [{**HELD, "id": "h", "last": "2026-05-01"}, {**HELD, "id": "h", "last": "2026-05-02"}]},
        {**ONE, "holds": [{**HELD, "id": "h", "last": "2026-05-01"},
                          {**HELD, "id": "h", "last": "2026-05-02", "recorded_on": "2026-04-20"}]},
    ),
    (
        "death_in_the_future",
        {**ONE, "care_ends": [{"on": "2026-06-02", "kind": "deceased"}]},
        {**ONE, "care_ends": [{"on": "2026-06-01", "kind": "deceased"}]},
    ),
    (
        "unrecognized_indication",
        {"sessions": [at("2026-04-06", indication="chronic-migrane")]},
        {"sessions": [at("2026-04-06", indication="cervical-dystonia")]},
    ),
    (
        "unrecognized_indication",
        {**ONE, "holds": [{**HELD, "indication": "migrane"}]},
        {**ONE, "holds": [{**HELD, "indication": "spasticity"}]},
    ),
    (
        "last_session_elsewhere_unknown",
        {"prior_treatments": [{"indication": "chronic-migraine", "cycles": 2}]},
        {"prior_treatments": [{"indication": "chronic-migraine", "cycles": 2, "last_on": "2026-04-01"}]},
    ),
    (
        "prior_treatments_counted_once",
        {"prior_treatments": [{"indication": "chronic-migraine", "cycles": 2},
                              {"indication": "chronic-migraine", "cycles": 3}]},
        {"prior_treatments": [
            {"indication": "chronic-migraine", "cycles": 2, "started_on": "2020-01-01", "last_on": "2021-01-01"},
            {"indication": "chronic-migraine", "cycles": 3, "started_on": "2023-01-01"}]},
    ),
    (
        "override_below_payer",
        {**ONE, "overrides": [override(minimum="10 weeks"), override(minimum="14 weeks", authority="payer")]},
        {**ONE, "overrides": [override(minimum="14 weeks"), override(minimum="10 weeks", authority="payer")]},
    ),
    (
        "booking_after_care_end",
        {"sessions": [at("2026-04-06"), at("2026-07-01", "b", status="booked")],
         "care_ends": [{"on": "2026-07-01", "kind": "discontinued"}]},
        {"sessions": [at("2026-04-06"), at("2026-07-01", "b", status="booked")],
         "care_ends": [{"on": "2026-07-02", "kind": "discontinued"}]},
    ),
    (
        "hold_ended",
        {**ONE, "holds": [{**HELD, "last": "2026-05-20"}]},
        {**ONE, "holds": [{**HELD, "last": "2026-05-20"}],
         "care_ends": [{"on": "2026-05-25", "kind": "deceased"}]},
    ),
    (
        "hold_needs_review",
        {**ONE, "holds": [{**HELD, "first": "2026-05-01"}]},
        {**ONE, "holds": [{**HELD, "first": "2026-05-01"}],
         "care_ends": [{"on": "2026-05-25", "kind": "discontinued"}]},
    ),
    (
        "future_completed_session",
        {**ONE, "prior_treatments": [{"indication": "chronic-migraine", "cycles": 2, "last_on": "2026-06-02"}]},
        {**ONE, "prior_treatments": [{"indication": "chronic-migraine", "cycles": 2, "last_on": "2026-06-01"}]},
    ),
    (
        "unrecognized_indication",
        {"sessions": [at("2026-04-06"), at("2026-07-06", "b", indication="migrane", status="booked")]},
        {"sessions": [at("2026-04-06"), at("2026-07-06", "b", indication="migrane", status="entered_in_error")]},
    ),
    (
        "unrecognized_indication",
        {"sessions": [at("2026-04-06"), at("2026-05-06", "b", indication="migrane", status="no_show")]},
        {"sessions": [at("2026-04-06"), at("2026-05-06", "b", indication="chronic-migraine", status="no_show")]},
    ),
    (
        "unrecognized_indication",
        {**ONE, "policy": SchedulingPolicy(payer=[{"minimum": "20 weeks", "indication": "migrane"}])},
        {**ONE, "policy": SchedulingPolicy(payer=[{"minimum": "20 weeks", "indication": "spasticity"}])},
    ),
    (
        "unrecognized_indication",
        {**ONE, "policy": SchedulingPolicy(usual={"migrane": "12 weeks"})},
        {**ONE, "policy": SchedulingPolicy(usual={"chronic-migraine": "12 weeks"})},
    ),
    (
        "override_below_payer",
        {**ONE, "overrides": [override(minimum="10 weeks")], "policy": SchedulingPolicy(payer_minimum="12 weeks")},
        {**ONE, "overrides": [override(minimum="10 weeks", authority="payer")],
         "policy": SchedulingPolicy(payer_minimum="12 weeks")},
    ),
    (
        "booking_after_care_end",
        {"sessions": [at("2026-04-06"), at("2026-06-15", "b", status="booked")],
         "care_ends": [{"on": "2026-05-01", "kind": "deceased"}]},
        {"sessions": [at("2026-04-06"), at("2026-05-15", "b", status="booked")],
         "care_ends": [{"on": "2026-05-01", "kind": "deceased"}]},
    ),
    (
        "booking_after_overdue",
        {"sessions": [at("2026-04-06"), at("2026-07-07", "b", status="booked")]},
        {"sessions": [at("2026-04-06"), at("2026-07-06", "b", status="booked")]},
    ),
    (
        # The earlier visit is no plan that holds: it comes too early.
        "booking_after_overdue",
        {"sessions": [at("2026-04-06"), at("2026-06-28", "b", status="booked"),
                      at("2026-09-21", "c", status="booked")]},
        {"sessions": [at("2026-04-06"), at("2026-06-29", "b", status="booked"),
                      at("2026-09-21", "c", status="booked")]},
    ),
    (
        "booking_of_second_part",
        {"sessions": [at("2026-05-31"), at("2026-06-03", "b", status="booked")]},
        {"sessions": [at("2026-05-31"), at("2026-06-04", "b", status="booked")]},
    ),
    (
        "not_rebooked",
        {"sessions": [at("2026-02-06"), at("2026-05-20", "b", status="no_show")]},
        {"sessions": [at("2026-02-06"), at("2026-05-20", "b", status="no_show"),
                      at("2026-06-10", "c", status="booked")]},
    ),
    (
        "not_rebooked",
        {"sessions": [at("2026-02-06"), at("2026-06-20", "b", status="cancelled")]},
        {"sessions": [at("2026-06-20"), at("2026-05-20", "b", status="cancelled"), at("2026-05-28", "c")]},
    ),
    (
        "override_below_payer",
        {**ONE, "overrides": [override(minimum="10 weeks")],
         "authorizations": [{"indication": "chronic-migraine", "product": "Botox", "minimum_interval": "12 weeks",
                             "valid": {"first": "2026-01-01", "last": "2026-12-31"}}]},
        {**ONE, "overrides": [override(minimum="12 weeks")],
         "authorizations": [{"indication": "chronic-migraine", "product": "Botox", "minimum_interval": "12 weeks",
                             "valid": {"first": "2026-01-01", "last": "2026-12-31"}}]},
    ),
    (
        "unknown_units",
        {"sessions": [at("2026-04-06", units=None)]},
        ONE,
    ),
    (
        "unknown_product",
        {"sessions": [at("2026-04-06", product=None)]},
        ONE,
    ),
    (
        "product_switch",
        {"sessions": [at("2026-04-06", product="Dysport")]},
        ONE,
    ),
    (
        "mixed_products",
        {"sessions": [at("2026-04-06"), at("2026-04-07", "b", product="Dysport")]},
        {"sessions": [at("2026-04-06"), at("2026-04-10", "b", product="Dysport")]},
    ),
    (
        "judged_by_another_protocol",
        {"sessions": [at("2026-01-06", product="Dysport"), at("2026-04-06", "b", product="Dysport")]},
        {"sessions": [at("2026-01-06"), at("2026-04-06", "b")]},
    ),
    (
        "early_session",
        {"sessions": [at("2026-01-13"), at("2026-04-06", "b")]},
        {"sessions": [at("2026-01-12"), at("2026-04-06", "b")]},
    ),
    (
        "override_below_label",
        {**ONE, "overrides": [override(minimum="11 weeks")]},
        {**ONE, "overrides": [override(minimum="12 weeks")]},
    ),
    (
        "expired_override",
        {**ONE, "overrides": [override(minimum="10 weeks", last="2026-06-14")]},
        {**ONE, "overrides": [override(minimum="10 weeks", last="2026-06-15")]},
    ),
    (
        "booking_unresolved",
        {"sessions": [at("2026-02-06"), at("2026-05-29", "b", status="booked")]},
        {"sessions": [at("2026-02-06"), at("2026-05-30", "b", status="booked")]},
    ),
    (
        "booking_unresolved",
        {"sessions": [at("2026-05-29", "b", status="booked")]},
        {"sessions": [at("2026-02-06"), at("2026-02-05", "b", status="booked")]},
    ),
    (
        "booking_too_early",
        {"sessions": [at("2026-04-06"), at("2026-06-28", "b", status="booked")]},
        {"sessions": [at("2026-04-06"), at("2026-06-29", "b", status="booked")]},
    ),
    (
        "booking_in_hold",
        {"sessions": [at("2026-02-06"), at("2026-07-01", "b", status="booked")],
         "holds": [{"first": "2026-05-01", "last": "2026-07-01", "reason": "travel"}]},
        {"sessions": [at("2026-02-06"), at("2026-07-02", "b", status="booked")],
         "holds": [{"first": "2026-05-01", "last": "2026-07-01", "reason": "travel"}]},
    ),
    (
        "limit_exceeded",
        {"sessions": [at("2026-05-06", units=246, indication="cervical-dystonia"), BOOKED_155]},
        {"sessions": [at("2026-05-06", units=245, indication="cervical-dystonia"), BOOKED_155]},
    ),
    (
        "limit_indeterminate",
        {"sessions": [at("2026-05-06", units=None, indication="cervical-dystonia"), BOOKED_155]},
        {"sessions": [at("2026-05-06", units=None, indication="cervical-dystonia", product="Dysport"), BOOKED_155]},
    ),
    (
        "touch_up_without_session",
        {"sessions": [at("2026-04-06", kind="touch_up")]},
        {"sessions": [at("2026-04-06"), at("2026-04-16", "b", kind="touch_up")]},
    ),
    (
        "age_outside_protocol",
        {**ONE, "born_on": "2010-01-01"},
        {**ONE, "born_on": "1990-01-01"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "provokes", "does_not"), CASES, ids=[case[0] for case in CASES])
def test_a_record_provokes_it_and_its_neighbor_does_not(
    code: str, provokes: dict[str, Any], does_not: dict[str, Any]
) -> None:
    for given, is_provoked in ((provokes, True), (does_not, False)):
        record = {name: value for name, value in given.items() if name != "policy"}
        assert (code in codes(record, policy=given.get("policy"))) is is_provoked


class TestFindingsOfProtocols:
    def test_the_previous_products_protocol_is_missing(self) -> None:
        arm = {"indication": "upper-limb-spasticity"}
        record = {"sessions": [at("2026-04-06", product="Dysport", **arm)]}
        assert "judged_by_another_protocol" in codes(record, protocol=ARM, others=False)
        assert "judged_by_another_protocol" not in codes(record, protocol=ARM)

    def test_no_version_is_in_force(self) -> None:
        table = find_protocol("chronic-migraine").model_dump(mode="json")
        ended = TreatmentProtocol.model_validate({**table, "in_force": {"last": "2026-06-28"}})
        held = TreatmentProtocol.model_validate({**table, "in_force": {"last": "2026-06-29"}})
        assert "judged_by_another_protocol" in codes(ONE, protocol=ended, others=False)
        assert "judged_by_another_protocol" not in codes(ONE, protocol=held, others=False)

    def test_a_cycle_was_judged_by_a_version_not_in_force(self) -> None:
        table = find_protocol("chronic-migraine").model_dump(mode="json")
        own = TreatmentProtocol.model_validate({**table, "in_force": {"first": "2026-05-01"}})
        record = {"sessions": [at("2026-01-01"), at("2026-04-06", "b")]}
        assert "judged_by_another_protocol" in codes(record, protocol=own, others=False)

    def test_content_is_unverified(self) -> None:
        leg = {"indication": "lower-limb-spasticity"}
        record = {"sessions": [at("2026-04-06", **leg)]}
        assert "unverified_content" in codes(
            record, protocol=find_protocol("lower-limb-spasticity", population="pediatric")
        )
        assert "unverified_content" not in codes(record, protocol=ARM)

    @pytest.mark.parametrize(
        ("source", "words"),
        [("onset", "onset"), ("peak", "peak"), ("wear_off", "wear-off")],
    )
    def test_a_phase_rests_on_figures_too(self, source: str, words: str) -> None:
        table = ARM.model_dump(mode="json")
        table["response"][f"{source}_source"]["verification"] = "unverified"
        own = TreatmentProtocol.model_validate(table | {"id": "own"})
        given = PatientRecord(sessions=[at("2026-04-06", indication=ARM.indication)])
        found = forecast(given, own, as_of=AS_OF)
        (told,) = (f for f in found.findings if f.code == "unverified_content")
        assert told.message == f"figures of the protocol were not read in any source: {words}"
        assert told.needs == "information"
        dead = {"care_ends": [{"on": AS_OF, "kind": "deceased"}]}
        gone = forecast(given.model_copy(update=dead), own, as_of=AS_OF)
        assert (gone.phase, gone.findings) == (None, ())

    def test_a_limit_that_nobody_read_says_so_where_it_is_checked(self) -> None:
        table = ARM.model_dump(mode="json")
        total, _, session, _ = table["limits"]
        total["source"] = None
        session["source"]["verification"] = "unverified"
        own = TreatmentProtocol.model_validate(table | {"id": "own"})
        given = PatientRecord(sessions=[at("2026-01-05", indication=ARM.indication)])
        for units, expected in ((None, 0), (100, 2)):
            check = check_date(given, own, on=AS_OF, as_of=AS_OF, planned_units=units)
            told = [f for f in check.findings if f.code == "unverified_content"]
            assert len({f.key for f in told}) == len(told) == expected
            assert all("the limit of 400 U " in f.message for f in told)

    def test_the_effect_ends_before_the_interval_in_three_cycles(self) -> None:
        def observed(*days: int) -> ObservedResponse:
            wear_off = {"days": days, "median": 70, "smallest": min(days), "largest": max(days),
                        "definition": "noted", "left_out": 0}  # fmt: skip
            return ObservedResponse.model_validate({"wear_off": wear_off})

        assert "effect_ends_early" in codes(ONE, observed=observed(70, 83, 72))
        assert "effect_ends_early" not in codes(ONE, observed=observed(70, 84, 72))
        # Without a usual range the minimum is the interval; without both there is none.
        for minimum, finds in (("12 weeks", True), ("10 weeks", False), (None, False)):
            rule = {"kind": "as_needed", "minimum": minimum, "wording": "as needed"}
            found = codes(
                ONE, protocol=samples.protocol(retreatment=rule), observed=observed(70, 83, 72)
            )
            assert ("effect_ends_early" in found) is finds

    def test_an_age_is_unknown_where_it_decides(self) -> None:
        assert "age_unknown" in codes({}, protocol=PEDIATRIC_ARM)
        assert "age_unknown" not in codes({"born_on": "2018-05-01"}, protocol=PEDIATRIC_ARM)
        assert "age_unknown" not in codes({})
        assert "age_unknown" in codes({}, protocol=find_protocol("glabellar-lines", "Dysport"))

    def test_a_protocol_without_ages_asks_for_none(self) -> None:
        table = PEDIATRIC_ARM.model_dump(mode="json")
        own = TreatmentProtocol.model_validate({**table, "ages": None})
        assert "age_unknown" not in codes({}, protocol=own)

    def test_a_weight_is_missing_or_stale(self) -> None:
        child: dict[str, Any] = {"born_on": "2018-05-01"}
        assert "missing_weight" in codes(child, protocol=PEDIATRIC_ARM, planned_units=50)
        assert "missing_weight" not in codes(child, protocol=PEDIATRIC_ARM)
        old = {**child, "weights": [{"measured_on": "2025-12-02", "kilograms": 20}]}
        new = {**child, "weights": [{"measured_on": "2025-12-03", "kilograms": 20}]}
        assert "stale_weight" in codes(old, protocol=PEDIATRIC_ARM, planned_units=50)
        fresh = codes(new, protocol=PEDIATRIC_ARM, planned_units=50)
        assert not {"stale_weight", "missing_weight"} & fresh
        assert not {"stale_weight", "missing_weight"} & codes({})

    def test_a_weight_measured_later_does_not_count(self) -> None:
        child = {
            "born_on": "2018-05-01",
            "weights": [{"measured_on": "2026-06-02", "kilograms": 20}],
        }
        assert "missing_weight" in codes(child, protocol=PEDIATRIC_ARM, planned_units=50)

    def test_a_tolerated_session_is_no_finding(self) -> None:
        record = {"sessions": [at("2026-01-13"), at("2026-04-06", "b")]}
        policy = SchedulingPolicy(validity_tolerance="1 day")
        assert "early_session" not in codes(record, policy=policy)

    def test_every_code_is_provoked_in_this_file(self) -> None:
        provoked = {case[0] for case in CASES} | {
            "unverified_content", "age_unknown", "missing_weight", "stale_weight", "effect_ends_early"
        }  # fmt: skip
        provoked |= {"diary_not_current"}  # the tests of outcomes provoke it
        assert provoked == {code.value for code in FindingCode}


class TestQuietRecords:
    def test_an_ordinary_record_has_no_finding(self) -> None:
        record = {
            "sessions": [
                at("2026-01-12"),
                at("2026-04-06", "b"),
                at("2026-06-29", "c", status="booked"),
            ]
        }
        assert codes(record) == set()

    def test_the_dead_get_no_alarm_but_their_own(self) -> None:
        record = {
            "sessions": [at("2026-01-12"), at("2026-05-01", "b", status="booked")],
            "care_ends": [{"on": "2026-04-05", "kind": "deceased"}],
        }
        assert codes(record) == set()

    def test_an_old_early_session_rings_once_and_not_forever(self) -> None:
        record = {"sessions": [at("2025-11-01"), at("2026-01-12", "b"), at("2026-04-06", "c")]}
        assert codes(record) == set()


class TestTheDayInQuestion:
    """A check looks at the patient's age on the day it is about."""

    @pytest.mark.parametrize(("on", "is_outside"), [("2026-08-31", True), ("2026-09-01", False)])
    def test_who_comes_of_age_by_then_is_not_outside(self, on: str, is_outside: bool) -> None:
        record = PatientRecord.model_validate({**ONE, "born_on": "2008-09-01"})
        protocol = find_protocol("chronic-migraine")
        found = check_date(record, protocol, on=on, as_of=AS_OF).findings
        assert ("age_outside_protocol" in {finding.code for finding in found}) is is_outside


class TestCoursesElsewhere:
    def test_a_last_day_counts_whatever_the_number_of_cycles(self) -> None:
        prior = {
            "indication": "chronic-migraine",
            "product": "Botox",
            "cycles": 0,
            "last_on": "2026-04-06",
        }
        record = PatientRecord.model_validate({"prior_treatments": [prior]})
        found = forecast(record, "chronic-migraine", as_of=AS_OF)
        assert (str(found.status), str(found.dates.earliest)) == ("too_early", "2026-06-29")

    def test_one_under_an_unknown_word_that_ends_ahead_leaves_days_open(self) -> None:
        prior = {"indication": "migrane", "cycles": 2, "last_on": "2026-06-02"}
        record = PatientRecord.model_validate({**ONE, "prior_treatments": [prior]})
        # The longest minimum of all counts from its latest day: 16 weeks.
        verdicts = [
            check_date(record, "chronic-migraine", on=on, as_of=AS_OF).allowed
            for on in ("2026-09-21", "2026-09-22")
        ]
        assert verdicts == [None, True]


class TestPolicies:
    def test_a_payers_rule_under_an_unknown_indication_is_advice_on_every_clock(self) -> None:
        record = PatientRecord.model_validate(ONE)
        policy = SchedulingPolicy(payer=[{"minimum": "20 weeks", "indication": "migrane"}])
        verdicts = [
            check_date(record, "chronic-migraine", on=on, as_of=AS_OF, policy=policy).allowed
            for on in ("2026-08-23", "2026-08-24")
        ]
        assert verdicts == [None, True]


class TestStrict:
    def test_all_findings_are_raised_together(self) -> None:
        record = PatientRecord.model_validate(
            {"sessions": [at("2026-05-06", "secret", units=246), at("2026-05-29", "b", status="booked"),
                          at("2026-06-15", "secret-2", status="booked")]}
        )  # fmt: skip
        with pytest.raises(FindingsError) as caught:
            forecast(record, find_protocol("chronic-migraine"), as_of=AS_OF, strict=True)
        assert {error.code for error in caught.value.exceptions if isinstance(error, FindingError)} == {
            "booking_unresolved", "booking_too_early", "limit_exceeded"
        }  # fmt: skip
        assert "secret" not in "".join(map(str, caught.value.exceptions))

    def test_a_quiet_record_is_answered(self) -> None:
        record = PatientRecord.model_validate(ONE)
        protocol = find_protocol("chronic-migraine")
        strict = forecast(record, protocol, as_of=AS_OF, strict=True)
        assert strict == forecast(record, protocol, as_of=AS_OF)

    def test_a_group_can_be_split_like_any_other(self) -> None:
        record = PatientRecord.model_validate({"sessions": [at("2026-06-02")]})
        handled = []
        try:
            forecast(record, find_protocol("chronic-migraine"), as_of=AS_OF, strict=True)
        except* FindingError as group:
            handled = list(group.exceptions)
        assert handled


class TestConflictingRecords:
    """Of several contents under one id one wins, whatever their order."""

    ORDER = ("draft", "no_show", "completed", "entered_in_error")

    @pytest.mark.parametrize(("loser", "winner"), list(combinations(ORDER, 2)))
    def test_the_status_decides_first(self, loser: str, winner: str) -> None:
        later_loser = at("2026-04-20", status=loser)
        contents = [at("2026-04-06", status=winner), later_loser]
        for sessions in (contents, contents[::-1]):
            record = PatientRecord.model_validate({"sessions": sessions})
            answer = forecast(record, find_protocol("chronic-migraine"), as_of=AS_OF)
            expected = date(2026, 4, 6) if winner == "completed" else None
            assert answer.last_session_on == expected

    @pytest.mark.parametrize(("one", "other"), [("booked", "draft"), ("cancelled", "no_show")])
    def test_between_equals_the_later_day_does(self, one: str, other: str) -> None:
        contents = [at("2026-06-06", status=one), at("2026-06-05", status=other)]
        for sessions in (contents, contents[::-1]):
            record = PatientRecord.model_validate({"sessions": sessions})
            answer = forecast(record, find_protocol("chronic-migraine"), as_of=AS_OF)
            assert (answer.booking is not None) is (one == "booked")

    def test_then_the_larger_units(self) -> None:
        for units in ((155, 195), (195, 155), (None, 195)):
            sessions = [at("2026-05-06", units=number) for number in units]
            record = PatientRecord.model_validate({"sessions": sessions})
            total = exposure(record, product="Botox", window="12 weeks", on=AS_OF)
            assert (total.units, total.indeterminate) == (Decimal(195), False)


class TestKeys:
    """A clinic's software keeps what was acknowledged by the key of a finding."""

    def found(self, record: dict[str, Any], code: str, as_of: str = AS_OF) -> Any:
        answer = forecast(PatientRecord.model_validate(record), "chronic-migraine", as_of=as_of)
        (finding,) = [f for f in answer.findings if f.code == code]
        return finding

    def test_the_same_finding_keeps_its_key_as_days_pass(self) -> None:
        record = {"sessions": [at("2026-02-06"), at("2026-05-20", "b", status="booked")]}
        first = self.found(record, "booking_unresolved")
        assert self.found(record, "booking_unresolved", "2026-06-20").key == first.key
        assert "b" not in first.key.removeprefix("booking_unresolved").strip("-abcdef0123456789")

    def test_another_row_gets_another_key(self) -> None:
        one = {"sessions": [at("2026-02-06"), at("2026-05-20", "b", status="booked")]}
        other = {"sessions": [at("2026-02-06"), at("2026-05-20", "c", status="booked")]}
        keys = {self.found(record, "booking_unresolved").key for record in (one, other)}
        assert len(keys) == 2

    def test_rows_without_an_id_are_told_apart_by_their_day(self) -> None:
        def record(day: str) -> dict[str, Any]:
            return {"sessions": [at("2026-02-06"), {**at(day, status="booked"), "id": None}]}

        keys = {
            self.found(record(d), "booking_unresolved").key for d in ("2026-05-20", "2026-05-21")
        }
        assert len(keys) == 2

    def test_units_above_a_limit_are_another_fact_on_another_day(self) -> None:
        def record(day: str) -> dict[str, Any]:
            return {"sessions": [at("2026-02-06"), at(day, "b", status="booked", units=900)]}

        days = ("2026-06-20", "2026-09-20")
        assert len({self.found(record(day), "limit_exceeded").key for day in days}) == 2

    @pytest.mark.parametrize("key", ["b", None])
    def test_a_row_that_moved_is_another_fact(self, key: str | None) -> None:
        last = at("2026-02-06")

        def booked(day: str) -> dict[str, Any]:
            return {"sessions": [last, at(day, status="booked") | {"id": key}]}

        def held(day: str) -> dict[str, Any]:
            hold = {"id": key, "first": "2026-03-01", "reason": "x", "review_on": day}
            return {"sessions": [last], "holds": [hold]}

        for code, record in (("booking_too_early", booked), ("hold_needs_review", held)):
            days = ("2026-04-09", "2026-04-10")
            keys = {self.found(record(day), code, day).key for day in days}
            assert len(keys) == 2

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("chronic-migraine", "spasticity"), "last_session_elsewhere_unknown"),
            (("migrane", "spastcity"), "unrecognized_indication"),
        ],
    )
    def test_courses_elsewhere_have_a_key_each(self, words: tuple[str, ...], code: str) -> None:
        record = PatientRecord.model_validate(
            {"prior_treatments": [{"indication": word, "cycles": 2} for word in words]}
        )
        found = {f for answer in forecast_all(record, as_of=AS_OF) for f in answer.findings}
        assert len({f.key for f in found if f.code == code}) == 2

    def test_a_finding_without_needs_reads_as_its_code_says(self) -> None:
        read = Finding.model_validate({"code": "early_session", "message": "early"})
        assert (read.needs, read.key) == (FindingNeeds.INFORMATION, "")


def test_a_booking_for_today_is_judged_too() -> None:
    record = {"sessions": [at("2026-04-06"), at(AS_OF, "b", status="booked")]}
    assert codes(record) == {"booking_too_early"}


def test_a_check_of_a_silent_track_asks_for_no_age() -> None:
    record = PatientRecord.model_validate({**ONE, "born_on": "2015-01-01", "holds": [HELD]})
    check = check_date(record, find_protocol("chronic-migraine"), on=AS_OF, as_of=AS_OF)
    found = {finding.code.value for finding in check.findings}
    assert "session_during_hold" in found
    assert "age_outside_protocol" not in found


def test_findings_name_sessions_in_a_field_and_never_in_their_words() -> None:
    record = PatientRecord.model_validate({"sessions": [at("2026-04-06", "key-17", units=None)]})
    (finding,) = [
        f
        for f in forecast(record, find_protocol("chronic-migraine"), as_of=AS_OF).findings
        if f.code is FindingCode.UNKNOWN_UNITS
    ]
    assert finding.record_ids == ("key-17",)
    assert "key-17" not in f"{finding} {finding!r}"


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        codes({"sessions": [at("2026-04-06", units=None)], "born_on": date(2027, 1, 1)})
    assert caplog.records == []


def findings_in_words() -> str:
    """Each case with the findings of its record: code, sentence and the ids of its sessions."""
    lines = []
    for code, provokes, _ in CASES:
        given = dict(provokes)
        keys = ("protocol", "as_of", "others", "policy")
        changes = {key: given.pop(key) for key in keys if key in given}
        others = changes.pop("others", True)
        found = forecast(
            PatientRecord.model_validate(given),
            changes.pop("protocol", None) or find_protocol("chronic-migraine"),
            as_of=changes.pop("as_of", AS_OF),
            other_protocols=None if others else (),
            **changes,
        )
        lines += [
            f"{code} | {finding.code} | {finding.message} | {' '.join(finding.record_ids)}"
            for finding in found.findings
        ]
    return "\n".join(lines) + "\n"


def test_the_findings_say_what_they_said() -> None:
    assert findings_in_words() == FINDINGS.read_text(encoding="utf-8")


class TestKeysOfLimits:
    """Each limit and each dose has a key of its own: to acknowledge one says nothing of another."""

    CHILD: ClassVar[Any] = {
        "born_on": "2018-05-01",
        "weights": [{"measured_on": "2026-01-01", "kilograms": 25}],
        "sessions": [
            {
                "administered_on": "2026-01-05",
                "indication": "upper-limb-spasticity",
                "product": "Dysport",
                "units": 300,
            }
        ],
    }

    def keys(self, units: Any) -> list[str]:
        child = PatientRecord.model_validate(self.CHILD)
        found = forecast(child, "upper-limb-spasticity", as_of="2026-03-01", planned_units=units)
        return [f.key for f in found.findings if f.code == "limit_exceeded"]

    def test_two_limits_have_two_keys(self) -> None:
        assert len(set(self.keys(760))) == 2

    def test_another_dose_has_other_keys(self) -> None:
        assert not set(self.keys(760)) & set(self.keys(900))

    def test_a_dose_has_one_key_however_it_is_written(self) -> None:
        assert self.keys(500) == self.keys("500.00") == self.keys(500.0)

    @pytest.mark.parametrize("changed", [{"administered_on": "2026-02-06"}, {"units": 500}])
    def test_another_session_under_an_unknown_name_has_another_key(
        self, changed: dict[str, Any]
    ) -> None:
        given: dict[str, Any] = {"product": "Botox", "administered_on": "2026-01-05"}
        migraine = {**given, "indication": "chronic-migraine", "units": 155}
        later = {**given, "administered_on": "2026-02-05"}
        other = {**later, "indication": "migrane", "units": 400, "id": "u"}

        def finding(**more: Any) -> Finding:
            record = PatientRecord.model_validate({"sessions": [migraine, {**other, **more}]})
            answer = check_date(
                record, "chronic-migraine", on="2026-03-30", as_of="2026-03-30", planned_units=155
            )
            return next(f for f in answer.findings if f.code == "limit_exceeded")

        assert finding().record_ids == ("u",)
        assert finding().key != finding(**changed).key

    def test_each_unknown_name_of_a_policy_has_its_key(self) -> None:
        rules = [{"indication": name, "minimum": "12 weeks"} for name in ("migrane", "spastcity")]
        policy = SchedulingPolicy.model_validate({"payer": rules})
        child = PatientRecord.model_validate(self.CHILD)
        found = forecast(child, "upper-limb-spasticity", as_of="2026-03-01", policy=policy)
        keys = [f.key for f in found.findings if f.code == "unrecognized_indication"]
        assert len(set(keys)) == len(keys) == 2
