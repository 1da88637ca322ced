"""Whether a visit can be booked on a day, and what speaks against it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import BookingConstraint as Constraint
from planning_samples import MIGRAINE, MIGRAINE_ROW, approved, never, one, record_of


class TestCheckBooking:
    def test_says_all_that_speaks_against_a_day(self) -> None:
        offer = plan.check_booking(
            one,
            MIGRAINE,
            on="2026-03-28",
            as_of="2026-03-01",
            calendar=plan.ClinicCalendar(),
            away=["2026-03-28"],
        )
        assert offer.constraints == (Constraint.TOO_EARLY, Constraint.CLOSED, Constraint.AWAY)
        assert offer.days_from_due == -2
        text = offer.explain()
        for words in ("cannot be booked", "2 days early", "clinic is closed", "patient is away"):
            assert words in text

    def test_a_day_that_fits_says_so(self) -> None:
        offer = plan.check_booking(one, MIGRAINE, on="2026-03-30", as_of="2026-03-01")
        assert offer.bookable
        assert offer.authorization is None
        assert offer.explain().startswith("2026-03-30: can be booked")

    @pytest.mark.parametrize(
        ("units", "verdict"),
        [(400, "can be booked"), (401, "can be booked, but the units exceed a limit")],
    )
    def test_a_day_that_fits_with_too_many_units_says_so(self, units: int, verdict: str) -> None:
        offer = plan.check_booking(
            one, MIGRAINE, on="2026-03-30", as_of="2026-03-01", planned_units=units
        )
        assert offer.bookable
        assert offer.explain().split("\n")[0] == f"2026-03-30: {verdict}"

    def test_a_day_before_as_of_is_refused(self) -> None:
        with pytest.raises(bs.errors.OrderError, match="on lies before as_of"):
            plan.check_booking(one, MIGRAINE, on="2026-02-01", as_of="2026-03-01")

    def test_planned_units_reach_the_limits(self) -> None:
        offer = plan.check_booking(
            one, MIGRAINE, on="2026-03-30", as_of="2026-03-01", planned_units=401
        )
        assert any(check.exceeded for check in offer.check.limit_checks)

    @pytest.mark.parametrize("name", ["planned_units", "planned_discarded"])
    @pytest.mark.parametrize(
        "units", [-1, True, False, "x", Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 10**9]
    )
    def test_impossible_units_are_refused(self, name: str, units: Any) -> None:
        given: dict[str, Any] = {name: units}
        asked: dict[str, Any] = {"as_of": "2026-03-01", **given}
        for question in (
            lambda: plan.check_booking(one, MIGRAINE, on="2026-03-30", **asked),
            lambda: plan.first_bookable_day(one, MIGRAINE, **asked),
            lambda: plan.bookable_days(one, MIGRAINE, **asked),
            lambda: plan.plan_authorizations(one, MIGRAINE, **asked),
        ):
            with pytest.raises(bs.errors.UnitsError, match=name.replace("_", " ")):
                question()

    def test_nothing_may_be_discarded_and_something_must_be_given(self) -> None:
        asked: dict[str, Any] = {"on": "2026-03-30", "as_of": "2026-03-01"}
        for none in (0, Decimal(0), Decimal("0.0")):
            assert plan.check_booking(one, MIGRAINE, planned_discarded=none, **asked).bookable
            with pytest.raises(bs.errors.UnitsError, match="above 0"):
                plan.check_booking(one, MIGRAINE, planned_units=none, **asked)

    def test_a_malformed_window_is_refused_without_its_days(self) -> None:
        away = [{"first": "2026-04-10", "last": "2026-04-01"}]
        with pytest.raises(ValidationError, match="ends before it starts") as caught:
            plan.check_booking(one, MIGRAINE, on="2026-03-30", as_of="2026-03-01", away=away)
        assert "2026-04" not in str(caught.value)


class TestWords:
    """The words of each answer, in full."""

    def test_of_a_booking(self) -> None:
        offer = plan.check_booking(
            one, MIGRAINE, on="2026-03-29", as_of="2026-03-29", calendar=never
        )
        first, second, *_, last = offer.explain().split("\n")
        assert (first, second, last) == (
            "2026-03-29: cannot be booked",
            "2026-03-29: the day is not allowed",
            "the clinic is closed",
        )
        assert plan.check_booking(one, MIGRAINE, on="2026-03-30", as_of="2026-03-30").bookable


class TestWhereAPersonMustDecide:
    """What the rules leave open is not offered, and each reason has a word of its own."""

    def constraints(self, record: bs.PatientRecord, on: str, as_of: str) -> list[str]:
        offer = plan.check_booking(record, MIGRAINE, on=on, as_of=as_of)
        return [str(constraint) for constraint in offer.constraints]

    @pytest.mark.parametrize(
        ("on", "constraints"),
        [
            ("2026-11-25", ["same_session"]),
            ("2026-11-26", ["same_session"]),
            ("2026-11-27", ["too_early"]),
        ],
    )
    def test_a_second_part_is_for_a_person_to_book(self, on: str, constraints: list[str]) -> None:
        rows = [
            {"administered_on": "2026-11-23"},
            {"administered_on": "2026-11-25", "status": "booked"},
        ]
        assert self.constraints(record_of(*rows), on, "2026-11-24") == constraints

    def test_a_second_part_uses_no_minimum_of_the_payer(self) -> None:
        approval = approved(minimum_interval="12 weeks")
        record = record_of({"administered_on": "2026-11-23"}, authorizations=[approval])
        offer = plan.check_booking(record, MIGRAINE, on="2026-11-25", as_of="2026-11-24")
        assert offer.authorization is not None
        assert offer.authorization.covers is True

    @pytest.mark.parametrize(
        ("on", "constraints"),
        [("2026-09-20", ["unrecognized_session"]), ("2026-11-20", [])],
    )
    def test_a_session_under_an_unknown_indication(self, on: str, constraints: list[str]) -> None:
        rows = [{"administered_on": "2026-03-01"}]
        unknown = {**MIGRAINE_ROW, "indication": "chronic-migrane", "administered_on": "2026-07-01"}
        record = bs.PatientRecord.model_validate(
            {"sessions": [*record_of(*rows).sessions, unknown]}
        )
        assert self.constraints(record, on, "2026-08-01") == constraints

    def test_a_session_under_an_unknown_indication_is_no_first_treatment(self) -> None:
        unknown = {**MIGRAINE_ROW, "indication": "chronic-migrane"}
        record = bs.PatientRecord.model_validate({"sessions": [unknown]})
        # 16 weeks are the longest minimum of all; from then on it can have forbidden nothing.
        for as_of in ("2026-02-01", "2026-04-26"):
            found = plan.first_bookable_day(record, MIGRAINE, as_of=as_of)
            assert found.on == date(2026, 4, 27)
        assert self.constraints(record, "2026-04-26", "2026-02-01") == ["unrecognized_session"]
        assert self.constraints(record, "2026-04-27", "2026-02-01") == []
        assert plan.plan_authorizations(record, MIGRAINE, as_of="2026-02-01").sessions == ()

    def test_a_minimum_in_force_counts_from_a_session_under_an_unknown_indication(self) -> None:
        unknown = {**MIGRAINE_ROW, "indication": "chronic-migrane"}
        override = {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "minimum": "20 weeks",
            "reason": "x",
            "authority": "clinician",
        }
        for decisions in (
            {"overrides": [override]},
            {"authorizations": [approved(minimum_interval="20 weeks")]},
        ):
            record = bs.PatientRecord.model_validate({"sessions": [unknown], **decisions})
            found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-02-01")
            assert found.on == date(2026, 5, 25)

    def test_an_undated_course_under_an_unknown_indication_leaves_every_day_open(self) -> None:
        prior = [{"indication": "chronic-migrane", "cycles": 2}]
        for record in (record_of({}, prior_treatments=prior), record_of(prior_treatments=prior)):
            found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01")
            assert (found.on, found.emptied_by) == (None, Constraint.UNRECOGNIZED_SESSION)

    def test_an_undated_course_elsewhere_is_no_first_treatment(self) -> None:
        record = record_of(prior_treatments=[{"indication": "chronic-migraine", "cycles": 2}])
        assert plan.bookable_days(record, MIGRAINE, as_of="2026-03-01") == ()
        assert plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01").sessions == ()

    def test_a_minimum_that_is_advice(self) -> None:
        rows = [
            {"administered_on": "2026-02-03", "indication": limb, "product": "Dysport"}
            for limb in ("lower-limb-spasticity", "upper-limb-spasticity")
        ]
        record = bs.PatientRecord.model_validate({"born_on": "2019-01-01", "sessions": rows})
        lower = bs.find_protocol("lower-limb-spasticity", product="Dysport", population="pediatric")
        for on, constraints in (
            ("2026-04-27", [Constraint.TOO_EARLY]),
            ("2026-05-25", [Constraint.ADVISORY]),
            ("2026-05-26", []),
        ):
            offer = plan.check_booking(record, lower, on=on, as_of="2026-04-01")
            assert list(offer.constraints) == constraints

    def test_each_reason_that_keeps_a_day_closed_has_a_constraint_of_its_name(self) -> None:
        closed = set(bs.terms.DayReasonCode) - {"allowed", "no_history"}
        assert {code.value for code in closed} <= {constraint.value for constraint in Constraint}

    def test_no_interval(self) -> None:
        bare = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled"), "version": "99"}
        )
        found = plan.first_bookable_day(one, bare, as_of="2026-03-01")
        assert (found.on, found.emptied_by) == (None, Constraint.NO_INTERVAL)

    def test_what_is_allowed_is_not_cleared(self) -> None:
        """155 U of 400 U are left by the label's limit over all indications, and 290 are used."""
        neck = {"administered_on": "2026-10-15", "indication": "cervical-dystonia", "units": 290}
        record = record_of({"administered_on": "2026-09-01", "units": 155}, neck)
        offer = plan.check_booking(
            record, MIGRAINE, on="2026-11-24", as_of="2026-11-01", planned_units=155
        )
        assert (offer.bookable, offer.check.clear) == (True, False)
        assert "the interval allows the day" in offer.explain()


class TestTheBookedDay:
    def test_the_age_on_the_booked_day_decides(self) -> None:
        session = {"administered_on": "2026-01-05", "indication": "spasticity", "product": "Botox"}
        child = bs.PatientRecord(born_on="2008-05-01", sessions=[session])
        before, after = (
            plan.check_booking(child, "spasticity", on=day, as_of="2026-04-01")
            for day in ("2026-04-30", "2026-05-01")
        )
        assert "pediatric" in str(before.check.protocol)
        assert "adult" in str(after.check.protocol)

    def test_it_says_how_the_protocol_was_found(self) -> None:
        session = {"administered_on": "2026-01-05", "indication": "spasticity", "product": "Botox"}
        ageless = bs.PatientRecord(sessions=[session])
        found = plan.check_booking(ageless, "spasticity", on="2026-05-01", as_of="2026-04-01")
        codes = {finding.code for finding in found.check.findings}
        assert bs.FindingCode.AGE_UNKNOWN in codes
