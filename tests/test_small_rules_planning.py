"""Planning: rules at their edges that a change of the code once passed unseen."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import AuthorizationProblem as Problem

YEAR = {"first": "2026-01-01", "last": "2026-12-31"}
APPROVED: dict[str, Any] = {"indication": "chronic-migraine", "product": "Botox", "valid": YEAR}
GIVEN: dict[str, Any] = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}


def use_of(*sessions: dict[str, Any], **approved: Any) -> plan.AuthorizationUse:
    record = bs.PatientRecord(sessions=sessions, authorizations=[APPROVED | approved])
    (used,) = plan.plan_authorizations(record, "chronic-migraine", as_of="2026-07-01").uses
    return used


class TestAuthorizationUse:
    def test_a_visit_with_another_product_is_surely_none_of_an_approval(self) -> None:
        used = use_of(GIVEN | {"product": "Dysport"}, sessions=2)
        assert (used.sessions_used, used.sessions_unknown) == (0, False)

    def test_one_visit_with_an_unknown_product_leaves_it_open(self) -> None:
        used = use_of(GIVEN, GIVEN | {"administered_on": "2026-04-06", "product": None}, sessions=2)
        assert (used.sessions_used, used.sessions_unknown) == (1, True)

    def test_units_of_two_visits_that_are_all_named_are_known(self) -> None:
        named = GIVEN | {"units": 155, "units_discarded": 45}
        used = use_of(named, named | {"administered_on": "2026-04-06"}, units=600)
        assert (used.units_used, used.units_unknown) == (Decimal(400), False)


def test_a_payers_minimum_counts_from_the_planned_session_before() -> None:
    approval = APPROVED | {"product": "Dysport", "minimum_interval": "14 weeks"}
    record = bs.PatientRecord(sessions=[GIVEN], authorizations=[approval])
    ahead = plan.plan_authorizations(record, "chronic-migraine", as_of="2026-02-01", count=2)
    both = (Problem.OTHER_PRODUCT, Problem.PAYER_MINIMUM)
    checks = [session.check for session in ahead.sessions]
    assert [check and check.problems for check in checks] == [both, both]
    assert [check and check.payable_from for check in checks] == [
        date(2026, 4, 13),
        date(2026, 7, 6),
    ]


class TestBookableDays:
    record = bs.PatientRecord(sessions=[GIVEN])

    def test_closed_days_are_not_among_them(self) -> None:
        found = plan.bookable_days(
            self.record,
            "chronic-migraine",
            as_of="2026-03-01",
            until="2026-03-31",
            calendar=plan.ClinicCalendar(closures=["2026-03-30"]),
        )
        assert [day.on for day in found] == [date(2026, 3, 31)]

    def test_each_is_authorized_where_nothing_must_be(self) -> None:
        found = plan.bookable_days(self.record, "chronic-migraine", as_of="2026-03-01")
        assert found
        assert all(day.authorized is True for day in found)


class TestCheckBooking:
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


class TestSharedVisit:
    def test_without_any_history_the_first_day_counts(self) -> None:
        names = ["chronic-migraine", "spasticity"]
        visit = plan.find_shared_visit(bs.PatientRecord(), names, as_of="2026-03-02")
        assert visit.on == date(2026, 3, 2)

    def test_a_second_name_of_an_indication_is_refused(self) -> None:
        units = {"chronic-migraine": 155, "migraine": 155}
        with pytest.raises(plan.PlanningError) as caught:
            plan.find_shared_visit(
                bs.PatientRecord(),
                ["chronic-migraine", "spasticity"],
                as_of="2026-03-02",
                planned_units=units,
            )
        assert str(caught.value) == ("planned_units names an indication twice; give its units once")


class TestVials:
    rule = plan.billing_rule("Dysport")

    def test_a_refusal_names_what_was_given(self) -> None:
        assert self.rule is not None
        with pytest.raises(
            bs.errors.UnitsError, match=r"^units must be a number from 0 to 1000000$"
        ):
            self.rule.billing_units(-1)
        with pytest.raises(bs.errors.UnitsError, match=r"^billing units must be"):
            self.rule.product_units(-1)
        with pytest.raises(bs.errors.UnitsError, match=r"^planned discarded units must be"):
            plan.check_booking(
                bs.PatientRecord(),
                "chronic-migraine",
                on="2026-03-02",
                as_of="2026-03-02",
                planned_discarded=Decimal(-1),
            )

    def test_two_products_are_not_one(self) -> None:
        with pytest.raises(plan.PlanningError, match="names two products"):
            plan.fewest_vials(100, "Botox or Dysport")


@pytest.mark.parametrize(("product", "bookable"), [("Dysport", True), ("Botox", False)])
def test_a_payers_rule_about_visits_with_one_product_limits_no_other(
    product: str, bookable: bool
) -> None:
    rule = {"sessions": 1, "per": "calendar_year", "product": product}
    found = plan.check_booking(
        bs.PatientRecord(sessions=[GIVEN]),
        "chronic-migraine",
        on="2026-06-01",
        as_of="2026-05-01",
        policy=bs.SchedulingPolicy(payer=[rule]),
    )
    assert found.bookable is bookable
