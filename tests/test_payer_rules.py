"""A payer's rules about visits and units."""

from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import BookingConstraint as Constraint
from planning_samples import GIVEN, MIGRAINE, SPASTICITY, approved, record_of, two_treatments

FOUR = [
    {"administered_on": day} for day in ("2026-01-05", "2026-03-30", "2026-06-22", "2026-09-14")
]


class TestPayerRules:
    """Visits and units of a payer's rule bind like an authorization over its period."""

    def check(
        self, record: bs.PatientRecord, on: str, *rules: dict[str, Any], **asked: Any
    ) -> plan.BookingCheck:
        policy = bs.SchedulingPolicy.model_validate({"payer": rules})
        return plan.check_booking(
            record, MIGRAINE, on=on, as_of="2026-11-01", policy=policy, **asked
        )

    @pytest.mark.parametrize(
        ("on", "bookable"), [("2026-12-31", False), ("2027-01-01", True)], ids=["eve", "new year"]
    )
    def test_of_a_calendar_year(self, on: str, bookable: bool) -> None:
        offer = self.check(record_of(*FOUR), on, {"sessions": 4})
        assert offer.bookable is bookable
        assert offer.authorization is not None
        assert offer.authorization.payable_from is None
        used = 4 if on < "2027" else 0
        assert offer.authorization.use.sessions_used == used
        assert self.check(record_of(*FOUR), on, {"sessions": 5}).bookable

    @pytest.mark.parametrize(
        ("on", "bookable"), [("2027-01-04", False), ("2027-01-05", True)], ids=["eve", "a year on"]
    )
    def test_of_a_rolling_year(self, on: str, bookable: bool) -> None:
        offer = self.check(record_of(*FOUR), on, {"sessions": 4, "per": "1 year"})
        assert offer.bookable is bookable
        assert (offer.constraints == (Constraint.NOT_AUTHORIZED,)) is not bookable

    @pytest.mark.parametrize(("product", "bookable"), [("Botox", False), ("Dysport", True)])
    def test_of_the_product_that_is_given(self, product: str, *, bookable: bool) -> None:
        offer = self.check(record_of(*FOUR), "2026-12-31", {"sessions": 4, "product": product})
        assert offer.bookable is bookable

    def test_of_units_given_and_discarded(self) -> None:
        rows = [{**row, "units": 155, "units_discarded": 45} for row in FOUR]
        for units, covers in ((1000, True), (999, False)):
            offer = self.check(
                record_of(*rows),
                "2026-12-07",
                {"units": units},
                planned_units=155,
                planned_discarded=45,
            )
            assert offer.authorization is not None
            assert offer.authorization.covers is covers

    @pytest.mark.parametrize(
        ("on", "bookable"),
        [("2026-12-09", True), ("2026-12-10", False), ("2026-12-20", False), ("2026-12-21", True)],
    )
    def test_it_concerns_the_days_on_which_it_is_in_force(self, on: str, bookable: bool) -> None:
        rule = {"sessions": 4, "first": "2026-12-10", "last": "2026-12-20"}
        assert self.check(record_of(*FOUR), on, rule).bookable is bookable

    @pytest.mark.parametrize(
        ("named", "bookable"),
        [
            ({}, False),
            ({"indication": "chronic-migraine"}, False),
            ({"indication": "spasticity"}, True),
            ({"product": "Botox"}, False),
            ({"product": "Dysport"}, True),
        ],
    )
    def test_it_concerns_the_tracks_that_it_names(
        self, named: dict[str, str], bookable: bool
    ) -> None:
        assert (
            self.check(record_of(*FOUR), "2026-12-07", {"sessions": 4, **named}).bookable
            is bookable
        )

    def test_without_a_product_each_visit_of_the_track_counts(self) -> None:
        record = record_of(*FOUR[:3], {"administered_on": "2026-09-14", "product": None})
        for named, covers in (({}, False), ({"product": "Botox"}, None)):
            offer = self.check(record, "2026-12-20", {"sessions": 4, **named})
            assert offer.authorization is not None
            assert offer.authorization.covers is covers

    def test_every_rule_must_be_met_and_one_authorization_is_enough(self) -> None:
        record = record_of(
            *FOUR, authorizations=[approved(sessions=4), approved(sessions=5), approved(units=9000)]
        )
        assert self.check(record, "2026-12-07", {"sessions": 5}).bookable
        refused = self.check(record, "2026-12-07", {"sessions": 5}, {"sessions": 4})
        assert refused.constraints == (Constraint.NOT_AUTHORIZED,)
        assert refused.authorization is not None
        assert refused.authorization.use.rule == bs.PayerRule(sessions=4)
        words = "the payer's rule does not cover the day: no_sessions_left"
        assert str(refused.authorization) == words
        assert refused.explain().endswith("the payer does not cover the day")

    def test_planned_sessions_use_its_visits(self) -> None:
        policy = bs.SchedulingPolicy(
            payer=[{"sessions": 2, "per": "1 year"}, {"minimum": "13 weeks"}]
        )
        record = record_of({"administered_on": "2026-09-14"})
        found = plan.plan_authorizations(
            record, MIGRAINE, as_of="2026-11-01", count=5, policy=policy
        )
        covered = [(str(s.on), s.check.covers) for s in found.sessions if s.check]
        assert covered == [
            ("2026-12-14", True),
            ("2027-03-15", False),
            ("2027-06-14", False),
            ("2027-09-13", False),
            ("2027-12-13", False),
        ]
        assert found.warning is plan.AuthorizationWarning.LAST_COVERED_SESSION_AHEAD
        assert [use.rule and use.rule.sessions for use in found.uses] == [2]

    def test_it_binds_a_shared_visit(self) -> None:
        policy = bs.SchedulingPolicy(payer=[{"sessions": 1, "indication": "spasticity"}])
        record = two_treatments()
        visit = plan.find_shared_visit(
            record, [MIGRAINE, SPASTICITY], as_of="2026-03-01", policy=policy
        )
        assert (visit.on, visit.emptied_by) == (None, Constraint.NOT_AUTHORIZED)


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
