"""Whether a payer's authorization covers a visit, and what is left of it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import BookingConstraint as Constraint
from planning_samples import (
    APPROVED,
    DAY,
    GIVEN,
    MIGRAINE,
    ONA,
    SPASTICITY,
    YEAR,
    approved,
    authorizations,
    one,
    record_of,
    with_approval,
)


def use_of(*sessions: dict[str, Any], **approved: Any) -> plan.AuthorizationUse:
    record = bs.PatientRecord(sessions=sessions, authorizations=[APPROVED | approved])
    (used,) = plan.plan_authorizations(record, "chronic-migraine", as_of="2026-07-01").uses
    return used


def checked_by(
    record: bs.PatientRecord, limits: dict[str, Any], *, by_rule: bool
) -> plan.BookingCheck:
    """Check a booking by the record's authorization, or by a payer's rule with the same limits."""
    rule = bs.SchedulingPolicy()
    if by_rule:
        record = record.model_copy(update={"authorizations": ()})
        rule = bs.SchedulingPolicy(payer=[limits | {"product": "Botox"}])
    asked: dict[str, Any] = {"planned_units": 155, "planned_discarded": 45, "policy": rule}
    return plan.check_booking(record, MIGRAINE, on="2026-12-01", as_of="2026-06-01", **asked)


class TestAuthorizations:
    def check(self, record: bs.PatientRecord, on: str, **given: Any) -> plan.AuthorizationCheck:
        found = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-02-01", **given)
        assert found.authorization is not None
        return found.authorization

    @pytest.mark.parametrize(
        ("on", "problems"),
        [
            pytest.param("2026-04-30", ["not_started"], id="eve of the first day"),
            pytest.param("2026-05-01", [], id="first day"),
            pytest.param("2026-12-31", [], id="last day"),
            pytest.param("2027-01-01", ["ended"], id="day after the last"),
        ],
    )
    def test_both_ends_are_covered(self, on: str, problems: list[str]) -> None:
        valid = {"first": "2026-05-01", "last": "2026-12-31"}
        record = with_approval({"administered_on": "2026-01-05"}, valid=valid)
        check = self.check(record, on)
        assert list(check.problems) == problems
        assert check.covers is (not problems)

    def test_another_product_is_not_covered(self) -> None:
        record = with_approval({"administered_on": "2026-01-05"}, product="Dysport")
        check = self.check(record, "2026-03-30")
        assert (check.covers, list(check.problems)) == (False, ["other_product"])

    @pytest.mark.parametrize(
        ("on", "covers"), [("2026-04-06", False), ("2026-04-07", True)], ids=["day 91", "day 92"]
    )
    def test_the_payers_own_minimum_counts_from_the_last_session(
        self, on: str, covers: bool
    ) -> None:
        record = with_approval({"administered_on": "2026-01-05"}, minimum_interval="92 days")
        check = self.check(record, on)
        assert check.covers is covers
        assert check.payable_from == date(2026, 4, 7)

    @pytest.mark.parametrize(
        ("on", "payable_from"),
        [
            pytest.param("2026-06-28", "2026-01-01", id="too close: the booking must be moved"),
            pytest.param("2026-06-29", "2026-06-29", id="13 weeks after the booking"),
        ],
    )
    def test_the_payers_own_minimum_counts_from_a_booked_first_treatment(
        self, on: str, payable_from: str
    ) -> None:
        booked = {"administered_on": "2026-03-30", "status": "booked"}
        check = self.check(with_approval(booked, minimum_interval="13 weeks"), on)
        assert (check.covers, str(check.payable_from)) == (True, payable_from)

    @pytest.mark.parametrize(
        ("booked", "on", "used"),
        [
            pytest.param(["2026-03-30"], "2026-03-30", 1, id="the booked day itself"),
            pytest.param(
                ["2026-03-30"], "2026-06-21", 1, id="too close to the booking to follow it"
            ),
            pytest.param(["2026-03-30"], "2026-06-22", 2, id="the next cycle"),
            pytest.param(
                ["2026-03-30", "2026-06-22"], "2026-06-22", 2, id="the second of a series"
            ),
            pytest.param(["2026-03-30", "2026-06-22"], "2026-09-14", 3, id="after a series"),
            pytest.param(
                ["2026-03-30", "2026-05-01"], "2026-09-14", 2, id="one of two is too close"
            ),
            pytest.param(["2026-03-01"], "2026-06-22", 1, id="a booking that must be moved"),
            pytest.param(
                ["2026-03-01", "2026-03-30"], "2026-06-22", 2, id="after one that must be moved"
            ),
            pytest.param(["2026-01-20"], "2026-06-22", 1, id="a booking that has passed"),
        ],
    )
    def test_visits_booked_before_the_day_are_used(
        self, booked: list[str], on: str, used: int
    ) -> None:
        visits = [{"administered_on": day, "status": "booked"} for day in booked]
        record = with_approval({"administered_on": "2026-01-05"}, *visits, sessions=used)
        check = self.check(record, on)
        assert (check.use.sessions_used, list(check.problems)) == (used, ["no_sessions_left"])
        enough = with_approval({"administered_on": "2026-01-05"}, *visits, sessions=used + 1)
        assert self.check(enough, on).covers is True

    @pytest.mark.parametrize(
        ("on", "used"), [("2026-01-08", 1), ("2026-04-01", 2)], ids=["moved there", "later"]
    )
    def test_a_booked_second_part_uses_a_visit(self, on: str, used: int) -> None:
        part = {"administered_on": "2026-01-07", "status": "booked"}
        record = with_approval({"administered_on": "2026-01-05"}, part, sessions=3)
        check = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-01-05").authorization
        assert check is not None
        assert check.use.sessions_used == used

    @pytest.mark.parametrize(
        ("limits", "prior", "covers"),
        [
            pytest.param({"sessions": 2}, {}, None, id="the last visit may be used"),
            pytest.param({"sessions": 3}, {}, True, id="one is left in any case"),
            pytest.param({"sessions": 1}, {}, False, id="none is left in any case"),
            pytest.param({"units": 900}, {}, None, id="its units are unknown"),
            pytest.param({"sessions": 2}, {"product": None}, None, id="an unknown product"),
            pytest.param({"sessions": 2}, {"product": "Dysport"}, True, id="another product"),
            pytest.param({"sessions": 2}, {"last_on": "2025-12-31"}, True, id="another period"),
            pytest.param({"sessions": 2}, {"indication": "spasticity"}, True, id="another track"),
            pytest.param({"sessions": 2}, {"indication": "mgr"}, None, id="an unknown track"),
            pytest.param({"sessions": 2}, {"last_on": "2026-05-05"}, True, id="recorded too"),
        ],
    )
    @pytest.mark.parametrize("by_rule", [True, False], ids=["rule", "authorization"])
    def test_a_session_elsewhere_may_have_used_a_visit(
        self, limits: dict[str, Any], prior: dict[str, Any], covers: bool | None, *, by_rule: bool
    ) -> None:
        own = {"administered_on": "2026-05-05", "units": 155, "units_discarded": 45}
        given = with_approval(own, **limits)
        course = {"indication": "chronic-migraine", "cycles": 2, "product": "Botox"} | prior
        elsewhere = bs.PriorTreatment.model_validate({"last_on": "2026-02-10"} | course)
        record = given.model_copy(update={"prior_treatments": (elsewhere,)})
        check = checked_by(record, limits, by_rule=by_rule)
        assert check.authorization is not None
        assert check.authorization.covers is covers

    @pytest.mark.parametrize(
        ("limits", "more", "covers"),
        [
            pytest.param({"sessions": 2}, {}, None, id="one of two visits"),
            pytest.param({"sessions": 3}, {}, True, id="one of three visits"),
            pytest.param({"sessions": 3}, {"id": "b"}, None, id="two of three visits"),
            pytest.param({"sessions": 1}, {}, False, id="none left anyway"),
            pytest.param({"units": 1000}, {}, None, id="units"),
            pytest.param({"sessions": 2}, {"indication": "sialorrhea"}, True, id="another clock"),
        ],
    )
    @pytest.mark.parametrize("by_rule", [True, False], ids=["rule", "authorization"])
    def test_a_session_on_an_unknown_day_may_have_used_a_visit(
        self, limits: dict[str, Any], more: dict[str, Any], covers: bool | None, *, by_rule: bool
    ) -> None:
        own = {"administered_on": "2026-05-05", "units": 155, "units_discarded": 45}
        undated = own | {"administered_on": "1900-01-01"}
        rows = [undated | {"id": "a"} | more, *([undated | {"id": "a"}] if "id" in more else [])]
        check = checked_by(with_approval(own, *rows, **limits), limits, by_rule=by_rule)
        assert check.authorization is not None
        assert check.authorization.covers is covers

    def test_a_booking_of_another_product_uses_no_visit(self) -> None:
        other = {"administered_on": "2026-03-30", "status": "booked", "product": "Dysport"}
        record = with_approval({"administered_on": "2026-01-05"}, other, sessions=2)
        assert self.check(record, "2026-06-22").use.sessions_used == 1

    def test_a_booking_of_another_product_uses_a_visit_of_a_rule_for_any(self) -> None:
        """The plan and the check of its days count it alike, with its own units."""
        other = {"administered_on": "2026-03-30", "status": "booked", "product": "Dysport"}
        record = with_approval({"administered_on": "2026-01-05"}, other)
        asked: dict[str, Any] = {"planned_units": 155, "planned_discarded": 45}
        asked |= {"as_of": "2026-02-01", "policy": bs.SchedulingPolicy(payer=[{"sessions": 2}])}
        planned = plan.plan_authorizations(record, MIGRAINE, **asked).sessions[1]
        checked = plan.check_booking(record, MIGRAINE, on=planned.on, **asked).authorization
        assert checked == planned.check
        assert checked is not None
        assert (checked.use.rule is not None, checked.use.sessions_used) == (True, 2)

    def test_a_booked_visit_counts_with_its_own_units_in_a_plan_too(self) -> None:
        visit = {"administered_on": "2026-03-30", "status": "booked", "units": 300}
        record = with_approval({"administered_on": "2026-01-05", "units": 45}, visit, units=400)
        asked: dict[str, Any] = {"as_of": "2026-02-01", "planned_units": 100}
        planned = plan.plan_authorizations(record, MIGRAINE, **asked).sessions[1]
        assert planned.check is not None
        assert planned.check.use.units_used == 345
        assert planned.check.covers is False
        checked = plan.check_booking(record, MIGRAINE, on=planned.on, **asked)
        assert checked.authorization == planned.check

    @pytest.mark.parametrize(
        ("on", "used"),
        [
            pytest.param("2026-03-30", 0, id="the first part"),
            pytest.param("2026-04-01", 1, id="the second part"),
            pytest.param("2026-04-02", 0, id="a day to which the visit would be moved"),
            pytest.param("2026-06-29", 2, id="the visit after it"),
        ],
    )
    def test_a_booked_visit_in_two_parts_uses_both(self, on: str, used: int) -> None:
        parts = [
            {"administered_on": day, "status": "booked", "units": 150, "units_discarded": 0}
            for day in ("2026-03-30", "2026-04-01")
        ]
        given = {"administered_on": "2026-01-05", "units": 1}
        record = with_approval(given, *parts, units=400, minimum_interval="12 weeks")
        check = self.check(record, on)
        assert check.use.sessions_used == 1 + used
        assert check.use.units_used == 1 + 150 * used
        assert "payer_minimum" not in check.problems

    @pytest.mark.parametrize(
        ("on", "used"),
        [("2026-03-30", 0), ("2026-06-21", 0), ("2026-06-22", 1), ("2026-09-14", 2)],
    )
    def test_a_series_booked_before_the_first_session_is_used_too(self, on: str, used: int) -> None:
        days = ("2026-03-30", "2026-06-22")
        visits = [{"administered_on": day, "status": "booked"} for day in days]
        check = self.check(with_approval(*visits, sessions=2), on)
        assert (check.use.sessions_used, check.covers) == (used, used < 2)

    def test_a_booked_series_is_covered_as_the_plan_says(self) -> None:
        rule = bs.SchedulingPolicy(payer=[{"sessions": 4, "per": "calendar_year"}])
        given = with_approval({"administered_on": "2026-01-05"}, sessions=3)
        asked: dict[str, Any] = {"as_of": "2026-02-01", "policy": rule}
        planned = plan.plan_authorizations(given, MIGRAINE, **asked).sessions
        visits = [{"administered_on": s.on, "status": "booked"} for s in planned]
        booked = with_approval({"administered_on": "2026-01-05"}, *visits, sessions=3)
        checks = [plan.check_booking(booked, MIGRAINE, on=s.on, **asked) for s in planned]
        assert [c.authorization for c in checks] == [s.check for s in planned]
        (on, *_) = (
            day.on for day in plan.bookable_days(booked, MIGRAINE, until="2026-09-14", **asked)
        )
        assert on == date(2026, 3, 30)

    @given(
        st.lists(authorizations(), max_size=2),
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.sampled_from([ONA, bs.Product.ABOBOTULINUMTOXIN_A, None]),
                st.none() | st.integers(1, 500),
            ),
            min_size=1,
            max_size=3,
        ),
        st.none() | st.integers(1, 500),
        st.none() | st.integers(1, 500),
    )
    def test_the_plan_and_the_check_of_a_day_agree(
        self,
        approvals: list[bs.PriorAuthorization],
        booked: list[tuple[int, bs.Product | None, int | None]],
        planned: int | None,
        left: int | None,
    ) -> None:
        """Whatever is booked for the next visit, and for a second part of it."""
        record = record_of(
            {"units": 155, "units_discarded": 45},
            *(
                {
                    "administered_on": date(2026, 3, 30) + later * DAY,
                    "status": "booked",
                    "product": product,
                    "units": units,
                }
                for later, product, units in booked
            ),
            authorizations=approvals,
        )
        rules = [{"units": left, "sessions": 3}, {"sessions": 4, "product": "Botox"}]
        policy = bs.SchedulingPolicy.model_validate({"payer": rules})
        asked: dict[str, Any] = {"as_of": "2026-02-01", "policy": policy, "planned_units": planned}
        sessions = plan.plan_authorizations(record, MIGRAINE, count=2, **asked).sessions
        for session in sessions:
            checked = plan.check_booking(record, MIGRAINE, on=session.on, **asked)
            assert checked.authorization == session.check

    def test_several_injections_of_a_day_are_one_visit(self) -> None:
        left, right = ({"administered_on": "2026-01-05", "id": side} for side in "lr")
        use = self.check(with_approval(left, right, sessions=2), "2026-03-30").use
        assert (use.sessions_used, use.sessions_left) == (1, 1)
        assert use.session_ids == ("l", "r")

    def test_a_touch_up_uses_a_visit(self) -> None:
        touch_up = {"administered_on": "2026-01-19", "kind": "touch_up"}
        record = with_approval({"administered_on": "2026-01-05"}, touch_up, sessions=2)
        assert list(self.check(record, "2026-04-13").problems) == ["no_sessions_left"]

    def test_what_did_not_happen_uses_nothing(self) -> None:
        rows = [
            {"administered_on": "2026-01-05"},
            {"administered_on": "2026-01-20", "status": "cancelled"},
            {"administered_on": "2026-03-30", "status": "booked"},
        ]
        assert self.check(with_approval(*rows, sessions=2), "2026-03-30").use.sessions_used == 1

    def test_an_unknown_product_leaves_the_visits_open(self) -> None:
        record = with_approval({"administered_on": "2026-01-05", "product": None}, sessions=1)
        check = self.check(record, "2026-03-30")
        assert (check.covers, list(check.problems)) == (None, ["sessions_unknown"])
        assert "leaves it open: sessions_unknown" in str(check)
        offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of="2026-02-01")
        assert str(check) in offer.explain()

    def test_the_rest_of_the_units_may_be_used_to_the_last(self) -> None:
        given = {"administered_on": "2026-01-05", "units": 155, "units_discarded": 45}
        record = with_approval(given, units=400)
        for discarded, covers in ((45, True), (46, False)):
            check = self.check(record, "2026-03-30", planned_units=155, planned_discarded=discarded)
            assert check.covers is covers

    def test_units_that_are_used_up_cover_nothing_more(self) -> None:
        given = {"administered_on": "2026-01-05", "units": 155, "units_discarded": 45}
        check = self.check(with_approval(given, units=200), "2026-03-30")
        assert list(check.problems) == ["no_units_left"]

    def test_of_several_the_one_that_covers_answers(self) -> None:
        ended = approved(valid={"first": "2025-01-01", "last": "2026-02-01"})
        open_one = approved(units=1000)
        record = bs.PatientRecord.model_validate(
            {"sessions": one.sessions, "authorizations": [ended, open_one, approved()]}
        )
        assert self.check(record, "2026-03-30").covers is True
        record = bs.PatientRecord.model_validate(
            {"sessions": one.sessions, "authorizations": [ended, open_one]}
        )
        assert self.check(record, "2026-03-30").covers is None

    def test_another_clocks_authorization_is_not_asked(self) -> None:
        record = with_approval({"administered_on": "2026-01-05"}, indication="spasticity")
        found = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of="2026-02-01")
        assert (found.bookable, found.authorization) == (True, None)

    def test_a_clock_shares_its_authorizations(self) -> None:
        rows = [{"administered_on": "2026-01-05", "indication": "upper-limb-spasticity"}]
        record = with_approval(*rows, indication="spasticity", sessions=1)
        found = plan.check_booking(record, SPASTICITY, on="2026-04-13", as_of="2026-02-01")
        assert found.constraints == (Constraint.NOT_AUTHORIZED,)

    def test_an_authorization_that_ends_before_it_starts_is_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"authorizations\.0\.valid"):
            with_approval(valid={"first": "2026-02-01", "last": "2026-01-01"})

    def test_a_payers_override_replaces_the_minimum_of_an_authorization(self) -> None:
        override = {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "last": "2026-04-05",
            "minimum": "12 weeks",
            "reason": "agreed",
            "authority": "payer",
        }
        record = bs.PatientRecord.model_validate(
            {
                "sessions": one.sessions,
                "overrides": [override],
                "authorizations": [approved(minimum_interval="95 days")],
            }
        )
        for on, allowed in (("2026-03-30", True), ("2026-04-05", True), ("2026-04-06", False)):
            offer = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-02-01")
            assert offer.bookable is allowed
            assert offer.authorization is not None
            assert offer.authorization.covers is allowed

    def test_no_patient_data_in_the_repr_of_what_was_approved(self) -> None:
        record = with_approval({"administered_on": "2026-01-05", "id": "Smith-1"})
        check = self.check(record, "2026-03-30")
        assert "Smith" not in repr(check)
        assert "2026-12-31" not in repr(check.use)


class TestDoses:
    def test_planned_units_and_what_is_discarded_decide_the_authorization(self) -> None:
        given = {"administered_on": "2026-01-05", "units": 155, "units_discarded": 45}
        record = with_approval(given, units=400)
        for units, discarded, covers in (
            (155, 45, True),
            (156, 45, False),
            (155, 46, False),
            (None, 45, None),
            (155, None, None),
        ):
            asked: dict[str, Any] = {
                "as_of": "2026-03-01",
                "planned_units": units,
                "planned_discarded": discarded,
            }
            first = plan.first_bookable_day(record, MIGRAINE, **asked)
            assert first.check.authorization is not None
            assert first.check.authorization.covers is covers
            listed = plan.bookable_days(record, MIGRAINE, **asked)
            assert {day.authorized for day in listed} == (set() if covers is False else {covers})

    def test_each_planned_session_uses_its_dose(self) -> None:
        given = {"administered_on": "2026-01-05", "units": 155, "units_discarded": 45}
        record = with_approval(given, units=400)
        found = plan.plan_authorizations(
            record, MIGRAINE, as_of="2026-03-01", planned_units=100, planned_discarded=0
        )
        assert [s.check.covers for s in found.sessions if s.check] == [True] * 2 + [False] * 3


class TestWords:
    """The words of each answer, in full."""

    def test_of_an_authorization(self) -> None:
        record = with_approval({"administered_on": "2026-01-05"}, sessions=1, units=100)
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        checks = {
            on: plan.check_booking(record, MIGRAINE, on=on, **asked).authorization
            for on in ("2026-03-30", "2027-03-30")
        }
        assert [str(check) for check in checks.values()] == [
            "the authorization does not cover the day: no_sessions_left, units_unknown; its dates and interval allow 2026-01-01 to 2026-12-31",
            "the authorization does not cover the day: ended, no_sessions_left, units_unknown; its dates and interval allow 2026-01-01 to 2026-12-31",
        ]
        open_one = with_approval({"administered_on": "2026-01-05"})
        check = plan.check_booking(open_one, MIGRAINE, on="2026-03-30", **asked).authorization
        assert (
            str(check)
            == "the authorization covers the day; its dates and interval allow 2026-01-01 to 2026-12-31"
        )


class TestWhatAnAuthorizationLeaves:
    """Each amount to the last unit, and which of several authorizations answers."""

    @pytest.mark.parametrize(
        ("given", "covers"),
        [
            ({"units": 155, "units_discarded": 45}, True),
            ({"units": 155}, None),
            ({"units_discarded": 45}, None),
            ({}, None),
            ({"product": None, "units": 155}, None),
        ],
    )
    def test_unknown_units_of_the_past_leave_the_units_open(
        self, given: dict[str, Any], covers: bool | None
    ) -> None:
        record = with_approval({"administered_on": "2026-01-05", **given}, units=800)
        found = plan.check_booking(
            record,
            MIGRAINE,
            on="2026-03-30",
            as_of="2026-03-01",
            planned_units=155,
            planned_discarded=45,
        )
        assert found.authorization is not None
        assert found.authorization.covers is covers
        assert found.authorization.use.units_unknown is (covers is None)

    def test_one_unit_that_is_left_is_left(self) -> None:
        given = {"administered_on": "2026-01-05", "units": 155, "units_discarded": 45}
        record = with_approval(given, units=201)
        for units, covers in ((1, True), (2, False)):
            found = plan.check_booking(
                record,
                MIGRAINE,
                on="2026-03-30",
                as_of="2026-03-01",
                planned_units=units,
                planned_discarded=0,
            )
            assert found.authorization is not None
            assert found.authorization.covers is covers

    def test_the_best_authorization_answers(self) -> None:
        """One that covers, else one that leaves it open, else the fewest problems, else the last."""

        def best(*approvals: dict[str, Any]) -> plan.AuthorizationCheck:
            sessions = [
                {
                    "administered_on": "2026-01-05",
                    "indication": "chronic-migraine",
                    "product": "Botox",
                }
            ]
            record = bs.PatientRecord.model_validate(
                {"sessions": sessions, "authorizations": approvals}
            )
            check = plan.check_booking(
                record, MIGRAINE, on="2026-03-30", as_of="2026-03-01"
            ).authorization
            assert check is not None
            return check

        covering, open_one = approved(), approved(units=1000)
        refused = approved(sessions=1)
        worse = approved(
            sessions=1, product="Dysport", valid={"first": "2025-01-01", "last": "2025-06-30"}
        )
        later = approved(sessions=1, valid={"first": "2026-01-01", "last": "2027-12-31"})
        for order in (1, -1):
            assert best(*[covering, open_one, refused][::order]).covers is True
            assert best(*[open_one, refused][::order]).covers is None
            assert list(best(*[refused, worse][::order]).problems) == ["no_sessions_left"]
            longest = best(*[refused, later][::order]).use.authorization
            assert longest is not None
            assert longest.valid.last == date(2027, 12, 31)

    def test_a_payers_months_end_as_the_policy_says(self) -> None:
        record = with_approval({"administered_on": "2025-11-30"}, minimum_interval="3 months")
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        found = plan.check_booking(
            record, MIGRAINE, on="2026-03-30", as_of="2026-01-01", policy=policy
        )
        assert found.authorization is not None
        assert found.authorization.payable_from == date(2026, 3, 1)


class TestDoubtThatCannotMatter:
    @pytest.mark.parametrize(("visits", "covers"), [(5, True), (3, True), (2, None), (1, False)])
    def test_enough_visits_remain_whatever_it_was(self, visits: int, covers: bool | None) -> None:
        unknown = {"administered_on": "2026-03-30", "product": None}
        record = record_of({}, unknown, authorizations=[approved(sessions=visits)])
        offer = plan.check_booking(record, MIGRAINE, on="2026-06-22", as_of="2026-04-01")
        assert offer.authorization is not None
        assert offer.authorization.covers is covers

    def test_an_unknown_product_on_the_day_of_a_visit_uses_no_other(self) -> None:
        rows = [{}, {"product": None}]
        record = record_of(*rows, authorizations=[approved(sessions=2)])
        use = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of="2026-02-01")
        assert use.authorization is not None
        assert use.authorization.covers is True

    @pytest.mark.parametrize(("units", "covers"), [(400, True), (399, None)])
    def test_enough_units_remain_whatever_it_was(self, units: int, covers: bool | None) -> None:
        row = {"product": None, "units": 155, "units_discarded": 45}
        record = record_of(row, authorizations=[approved(units=units)])
        offer = plan.check_booking(
            record,
            MIGRAINE,
            on="2026-04-20",
            as_of="2026-02-01",
            planned_units=155,
            planned_discarded=45,
        )
        assert offer.authorization is not None
        assert offer.authorization.covers is covers

    @pytest.mark.parametrize(("visits", "covers"), [(3, True), (2, None), (1, False)])
    def test_a_session_under_an_unknown_indication_may_have_used_a_visit(
        self, visits: int, covers: bool | None
    ) -> None:
        unknown = {"administered_on": "2026-02-01", "indication": "chronic-migrane"}
        record = record_of({}, unknown, authorizations=[approved(sessions=visits)])
        offer = plan.check_booking(record, MIGRAINE, on="2026-12-01", as_of="2026-03-01")
        assert offer.authorization is not None
        assert offer.authorization.covers is covers


class TestFewestVialsExceedTheUnits:
    @pytest.mark.parametrize(
        ("used", "problems"),
        [
            pytest.param(205, ["units_unknown", "fewest_vials_exceed_units"], id="195 are left"),
            pytest.param(200, ["units_unknown"], id="200 are left"),
            pytest.param(246, ["no_units_left"], id="154 are left"),
        ],
    )
    def test_is_said_where_the_waste_is_unnamed(self, used: int, problems: list[str]) -> None:
        row = {"units": used, "units_discarded": 0}
        record = record_of(row, authorizations=[approved(units=400)])
        offer = plan.check_booking(
            record, MIGRAINE, on="2026-03-30", as_of="2026-02-01", planned_units=155
        )
        assert offer.authorization is not None
        assert [str(problem) for problem in offer.authorization.problems] == problems
        assert offer.authorization.covers is (False if "no_units_left" in problems else None)

    @pytest.mark.parametrize(
        ("units", "discarded", "is_said"),
        [(399, None, True), (400, None, False), (399, 44, False), (355, 0, False), (354, 0, True)],
    )
    def test_counts_the_vials_of_earlier_visits_too(
        self, units: int, discarded: int | None, *, is_said: bool
    ) -> None:
        """Two visits of 155 U open two vials of 200 U; the rows of one day share theirs."""
        first, second = ({"units": u, "units_discarded": d} for u, d in ((100, discarded), (55, 0)))
        record = record_of(first, second, authorizations=[approved(units=units)])
        offer = plan.check_booking(
            record, MIGRAINE, on="2026-03-30", as_of="2026-02-01", planned_units=155
        )
        assert offer.authorization is not None
        assert ("fewest_vials_exceed_units" in offer.authorization.problems) is is_said

    def test_is_not_said_of_more_units_than_vials_are_counted_for(self) -> None:
        record = record_of({}, authorizations=[approved(units=1_000_000)])
        offer = plan.check_booking(
            record, MIGRAINE, on="2026-03-30", as_of="2026-02-01", planned_units=100_001
        )
        assert offer.authorization is not None
        assert list(offer.authorization.problems) == ["units_unknown"]

    def test_is_not_said_where_no_vial_is_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("botox_schedule.planning.authorizations.vial_sizes", lambda _: ())
        record = record_of(
            {"units": 205, "units_discarded": 0}, authorizations=[approved(units=400)]
        )
        offer = plan.check_booking(
            record, MIGRAINE, on="2026-03-30", as_of="2026-02-01", planned_units=155
        )
        assert offer.authorization is not None
        assert list(offer.authorization.problems) == ["units_unknown"]


class TestAuthorizationUnderAnUnknownIndication:
    """It may be this track's: it covers nothing for sure, and still refuses what it would refuse."""

    @pytest.mark.parametrize(
        ("given", "covers", "problems"),
        [
            ({}, None, ["unrecognized_indication"]),
            ({"sessions": 1}, False, ["unrecognized_indication", "no_sessions_left"]),
            (
                {"valid": {"first": "2026-01-01", "last": "2026-03-29"}},
                False,
                ["ended", "unrecognized_indication"],
            ),
        ],
    )
    def test_is_doubt(
        self, given: dict[str, Any], covers: bool | None, problems: list[str]
    ) -> None:
        approval = approved(indication="chronic-migrane", **given)
        record = record_of({}, authorizations=[approval])
        offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of="2026-02-01")
        assert offer.authorization is not None
        assert (offer.authorization.covers, list(offer.authorization.problems)) == (
            covers,
            problems,
        )
        assert offer.bookable is (covers is None)

    @pytest.mark.parametrize(
        ("rule", "covers", "problems"),
        [
            ({"sessions": 2}, None, ["unrecognized_indication"]),
            ({"sessions": 1}, False, ["unrecognized_indication", "no_sessions_left"]),
        ],
    )
    def test_a_payers_rule_is_doubt_too(
        self, rule: dict[str, Any], covers: bool | None, problems: list[str]
    ) -> None:
        policy = bs.SchedulingPolicy(payer=[{"indication": "chronic-migrane", **rule}])
        asked: dict[str, Any] = {"on": "2026-03-30", "as_of": "2026-02-01", "policy": policy}
        offer = plan.check_booking(record_of({}), MIGRAINE, **asked)
        assert offer.authorization is not None
        assert offer.authorization.covers is covers
        assert list(offer.authorization.problems) == problems
        assert offer.bookable is (covers is None)

    @pytest.mark.parametrize(
        "rule",
        [{"product": "Dysport"}, {"last": "2026-03-29"}, {"indication": "cervical-dystonia"}],
    )
    def test_a_payers_rule_about_something_else_is_none(self, rule: dict[str, Any]) -> None:
        given = {"indication": "chronic-migrane", "sessions": 1} | rule
        policy = bs.SchedulingPolicy(payer=[given])
        asked: dict[str, Any] = {"on": "2026-03-30", "as_of": "2026-02-01", "policy": policy}
        assert plan.check_booking(record_of({}), MIGRAINE, **asked).authorization is None

    def test_a_known_one_that_covers_answers(self) -> None:
        approvals = [approved(indication="chronic-migrane"), approved()]
        record = record_of({}, authorizations=approvals)
        offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of="2026-02-01")
        assert offer.authorization is not None
        assert offer.authorization.covers is True

    def test_another_indication_that_the_policy_names_is_another_track(self) -> None:
        record = record_of({}, authorizations=[approved(indication="bruxism", sessions=0)])
        policy = bs.SchedulingPolicy(other_indications=["bruxism"])
        offer = plan.check_booking(
            record, MIGRAINE, on="2026-03-30", as_of="2026-02-01", policy=policy
        )
        assert (offer.bookable, offer.authorization) == (True, None)


@pytest.mark.parametrize(
    ("last", "told"),
    [("2026-03-29", ""), ("2026-03-30", "its dates and interval allow 2026-03-30 to 2026-03-30")],
)
def test_an_approval_that_ends_before_its_interval_does_promises_no_day(
    last: str, told: str
) -> None:
    approved = {**APPROVED, "valid": {**YEAR, "last": last}, "minimum_interval": "12 weeks"}
    record = bs.PatientRecord(sessions=[GIVEN], authorizations=[approved])
    asked: dict[str, Any] = {"on": "2026-03-30", "as_of": "2026-03-01"}
    check = plan.check_booking(record, "chronic-migraine", **asked).authorization
    assert check is not None
    assert str(check).partition("; ")[2] == told


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


class TestUnitsOfTheBooking:
    """Without planned units the booking's own are needed on its day, as in a check of the day."""

    def covers(self, booked: dict[str, Any], on: str = "2026-03-30", **given: Any) -> bool | None:
        row = {"administered_on": "2026-03-30", "status": "booked", **booked}
        record = record_of(
            {"units": 155, "units_discarded": 45}, row, authorizations=[approved(units=400)]
        )
        found = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-02-01", **given)
        assert found.authorization is not None
        return found.authorization.covers

    @pytest.mark.parametrize(
        ("booked", "covers"),
        [
            pytest.param({"units": 201}, False, id="more than is left"),
            pytest.param({"units": 200}, None, id="what is left, the waste unnamed"),
            pytest.param({"units": 155, "units_discarded": 45}, True, id="both named"),
            pytest.param({"units": 155, "units_discarded": 46}, False, id="too much waste"),
            pytest.param({}, None, id="no units"),
            pytest.param({"units": 201, "product": None}, False, id="product unknown"),
            pytest.param({"units": 201, "product": "Dysport"}, None, id="another product"),
        ],
    )
    def test_decide_on_its_day(self, booked: dict[str, Any], covers: bool | None) -> None:
        assert self.covers(booked) is covers

    def test_give_way_to_those_that_the_caller_names(self) -> None:
        assert self.covers({"units": 201}, planned_units=155, planned_discarded=45) is True

    @pytest.mark.parametrize("on", ["2026-03-31", "2026-04-20", "2026-06-21"])
    def test_are_those_of_the_visit_that_is_moved(self, on: str) -> None:
        assert self.covers({"units": 201}, on=on) is False

    def test_are_not_those_of_a_visit_that_is_kept(self) -> None:
        assert self.covers({"units": 10, "units_discarded": 0}, on="2026-06-22") is None
        assert self.covers({"units": 199, "units_discarded": 1}, on="2026-06-22") is False

    def test_of_the_nearest_visit_that_is_moved(self) -> None:
        rows = [{"administered_on": "2026-03-10", "status": "booked", "units": 10}] + [
            {"administered_on": day, "status": "booked", "units": 401}
            for day in ("2026-04-10", "2026-07-20")
        ]
        record = record_of({"units": 0.5}, *rows, authorizations=[approved(units=400)])
        for on, covers in (("2026-03-20", None), ("2026-04-01", False)):
            found = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-02-01")
            assert found.authorization is not None
            assert found.authorization.covers is covers

    @pytest.mark.parametrize(
        ("on", "covers"), [("2026-04-27", None), ("2026-04-28", False)], ids=["kept", "moved"]
    )
    def test_are_not_those_of_a_visit_that_may_stay_after_the_day(
        self, on: str, covers: bool | None
    ) -> None:
        assert self.covers({"administered_on": "2026-07-20", "units": 201}, on=on) is covers

    def test_of_another_limb_are_not_those_of_the_planned_one(self) -> None:
        rows = [
            {"administered_on": on, "indication": f"{limb}-limb-spasticity", "units": units}
            for on, limb, units in (("2026-04-06", "upper", 250), ("2026-04-20", "lower", 301))
        ]
        record = record_of(
            *({**row, "status": "booked"} for row in rows),
            authorizations=[approved(indication="spasticity", units=300)],
        )
        for limb, covers in (("upper", None), ("lower", False)):
            found = plan.check_booking(
                record, f"{limb}-limb-spasticity", on="2026-04-18", as_of="2026-02-01"
            )
            assert found.authorization is not None
            assert found.authorization.covers is covers

    def test_make_every_day_refused_where_they_are_too_many(self) -> None:
        row = {"administered_on": "2026-03-30", "status": "booked", "units": 201}
        record = record_of(
            {"units": 155, "units_discarded": 45}, row, authorizations=[approved(units=400)]
        )
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-02-01")
        assert (found.on, str(found.emptied_by)) == (None, "not_authorized")

    def test_of_two_treatments_of_one_day_are_added(self) -> None:
        rows = [
            {"administered_on": "2026-03-30", "indication": f"{limb}-limb-spasticity"}
            for limb in ("upper", "lower")
        ]
        record = record_of(
            *({**row, "status": "booked", "units": 200} for row in rows),
            authorizations=[approved(indication="spasticity", units=300)],
        )
        found = plan.check_booking(
            record, "upper-limb-spasticity", on="2026-03-30", as_of="2026-02-01"
        )
        assert found.authorization is not None
        assert found.authorization.covers is False

    @pytest.mark.parametrize(
        ("booked", "covers"),
        [
            pytest.param({"units": 155, "units_discarded": 45}, False, id="no room"),
            pytest.param({"units": 155}, False, id="the same, the waste unnamed"),
            pytest.param({}, False, id="as the caller plans"),
            pytest.param({"units": 10, "units_discarded": 0}, True, id="less than planned"),
            pytest.param({"units": 10}, None, id="less, the waste unnamed"),
        ],
    )
    def test_are_used_up_by_a_later_day(self, booked: dict[str, Any], covers: bool | None) -> None:
        given = {"planned_units": 155, "planned_discarded": 35}
        assert self.covers(booked, on="2026-06-22", **given) is covers

    def test_decide_in_a_plan(self) -> None:
        row = {"administered_on": "2026-03-30", "status": "booked", "units": 201}
        record = record_of(
            {"units": 155, "units_discarded": 45}, row, authorizations=[approved(units=400)]
        )
        found = plan.plan_authorizations(record, MIGRAINE, as_of="2026-02-01")
        assert str(found.first_uncovered_on) == "2026-03-30"
        assert str(found.warning) == "next_session_not_covered"
