"""Which of the next sessions a payer covers."""

from datetime import date
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import AuthorizationProblem as Problem
from planning_samples import (
    APPROVED,
    DAY,
    GIVEN,
    MIGRAINE,
    approved,
    one,
    record_of,
    with_approval,
)


class TestAuthorizations:
    def test_planned_sessions_use_visits_and_units_too(self) -> None:
        given = {"administered_on": "2026-01-05", "units": 155, "units_discarded": 45}
        record = with_approval(given, units=600)
        found = plan.plan_authorizations(
            record, MIGRAINE, as_of="2026-02-01", planned_units=155, planned_discarded=45
        )
        assert [s.check.covers for s in found.sessions if s.check] == [
            True,
            True,
            False,
            False,
            False,
        ]
        assert found.first_uncovered_on == date(2026, 9, 14)
        assert found.warning is None

    @pytest.mark.parametrize("minimum", [85, 88, 90])
    def test_sessions_are_planned_on_days_that_the_payer_allows(self, minimum: int) -> None:
        """The payer's minimum is in the dates, so that no planned session fails it."""
        record = with_approval(
            {"administered_on": "2026-01-05"}, minimum_interval=f"{minimum} days"
        )
        found = plan.plan_authorizations(record, MIGRAINE, as_of="2026-02-01", count=3)
        assert [s.on for s in found.sessions] == [
            date(2026, 1, 5) + n * minimum * DAY for n in (1, 2, 3)
        ]
        assert [(s.check.covers, s.check.payable_from) for s in found.sessions if s.check] == [
            (True, s.on) for s in found.sessions
        ]

    def test_without_an_authorization_nothing_is_said(self) -> None:
        found = plan.plan_authorizations(one, MIGRAINE, as_of="2026-02-01", count=1)
        assert [s.check for s in found.sessions] == [None]
        assert (found.first_uncovered_on, found.warning, found.uses) == (None, None, ())

    def test_without_a_usual_range_the_earliest_day_is_judged(self) -> None:
        protocol = bs.find_protocol("sialorrhea", product="Xeomin")
        assert protocol.retreatment.usual is None
        rows = {"administered_on": "2026-01-05", "indication": "sialorrhea", "product": "Xeomin"}
        record = bs.PatientRecord(sessions=[rows])
        found = plan.plan_authorizations(record, protocol, as_of="2026-02-01", count=3)
        days_on = ["2026-04-27", "2026-08-17", "2026-12-07"]
        assert [str(s.on) for s in found.sessions] == days_on
        assert bs.due_dates("2026-01-05", protocol).earliest == found.sessions[0].on
        assert found.at_earliest is True

    def test_a_first_treatment_is_planned_alone_on_the_day_of_the_question(self) -> None:
        found = plan.plan_authorizations(bs.PatientRecord(), MIGRAINE, as_of="2026-02-01")
        assert [str(s.on) for s in found.sessions] == ["2026-02-01"]
        assert found.at_earliest is True

    def test_where_no_session_can_be_planned_none_is_at_the_earliest_day(self) -> None:
        hold = {"first": "2026-01-20", "reason": "r"}
        record = record_of({"administered_on": "2026-01-05"}, holds=[hold])
        found = plan.plan_authorizations(record, MIGRAINE, as_of="2026-02-01")
        assert (found.sessions, found.at_earliest) == ((), False)


class TestPlan:
    def test_never_on_days_that_have_passed(self) -> None:
        valid = {"first": "2026-01-01", "last": "2026-06-30"}
        record = record_of({}, authorizations=[approved(sessions=4, valid=valid)])
        found = plan.plan_authorizations(record, MIGRAINE, as_of="2026-11-26")
        assert found.sessions[0].on == date(2026, 11, 26)
        assert found.warning is plan.AuthorizationWarning.NEXT_SESSION_NOT_COVERED

    def test_the_second_covered_visit_is_announced_as_the_last(self) -> None:
        for count in (1, 2, 5):
            record = record_of(
                {"administered_on": "2026-10-05", "indication": "overactive-bladder"},
                authorizations=[approved(indication="overactive-bladder", sessions=2)],
            )
            found = plan.plan_authorizations(
                record, "overactive-bladder", as_of="2026-11-26", count=count
            )
            assert [str(s.on) for s in found.sessions[:1]] == ["2026-12-28"]
            assert len(found.sessions) == count
            assert found.at_earliest is True
            assert found.warning is plan.AuthorizationWarning.LAST_COVERED_SESSION_AHEAD

    def test_a_booking_that_may_be_kept_is_planned(self) -> None:
        booked = {
            "administered_on": "2027-01-11",
            "indication": "overactive-bladder",
            "status": "booked",
        }
        given = {"administered_on": "2026-10-05", "indication": "overactive-bladder"}
        for day, expected in (("2027-01-11", "2027-01-11"), ("2026-12-27", "2026-12-28")):
            record = record_of(given, {**booked, "administered_on": day})
            found = plan.plan_authorizations(
                record, "overactive-bladder", as_of="2026-11-26", count=1
            )
            assert [str(s.on) for s in found.sessions] == [expected]

    def test_neither_the_order_of_rows_nor_copies_change_it(self) -> None:
        rows = [approved(sessions=5), approved(sessions=2), approved(sessions=2, units=400)]
        rules: list[dict[str, Any]] = [
            {"sessions": 4},
            {"sessions": 6},
            {"sessions": 6, "product": "Botox"},
        ]

        def planned(
            rows: list[dict[str, Any]], rules: list[dict[str, Any]]
        ) -> plan.AuthorizationPlan:
            policy = bs.SchedulingPolicy.model_validate({"payer": rules})
            record = record_of({}, authorizations=rows)
            return plan.plan_authorizations(record, MIGRAINE, as_of="2026-02-01", policy=policy)

        expected = planned(rows, rules)
        assert len(expected.uses) == 6
        assert planned(rows[::-1], rules[::-1]) == expected
        assert planned([*rows, rows[0]], [rules[2], *rules]) == expected

    @pytest.mark.parametrize("count", [0, -1, 1001, True, 1.5])
    def test_a_count_that_makes_no_sense_is_refused(self, count: Any) -> None:
        with pytest.raises(bs.errors.CountError):
            plan.plan_authorizations(one, MIGRAINE, as_of="2026-03-01", count=count)


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


ENDED = {"first": "2026-01-01", "last": "2026-06-30"}
AHEAD = {"first": "2027-01-01", "last": "2027-06-30"}


class TestWithoutAPlannedDay:
    """Where no minimum is recorded no session has a day; that none can be covered is said."""

    def warning(self, *valid: dict[str, str], as_of: str = "2026-11-26", **more: Any) -> str | None:
        treatment = {"indication": "axillary-hyperhidrosis", "product": "Botox"}
        record = bs.PatientRecord.model_validate(
            {
                "sessions": [{"administered_on": "2026-01-05", **treatment}],
                "authorizations": [{**treatment, "valid": v, "sessions": 2} for v in valid],
                **more,
            }
        )
        found = plan.plan_authorizations(record, "axillary-hyperhidrosis", as_of=as_of)
        assert (found.sessions, found.first_uncovered_on) == ((), None)
        return None if found.warning is None else str(found.warning)

    def test_an_authorization_has_ended(self) -> None:
        assert self.warning(ENDED) == "next_session_not_covered"
        assert self.warning(ENDED, as_of="2026-07-01") == "next_session_not_covered"

    def test_one_has_not(self) -> None:
        assert self.warning() is None
        assert self.warning(ENDED, as_of="2026-06-30") is None
        assert self.warning(AHEAD) is None
        assert self.warning(ENDED, AHEAD) is None

    def test_one_ends_within_a_hold(self) -> None:
        held = {"first": "2026-06-01", "last": "2026-06-30", "reason": "travel"}
        found = self.warning(ENDED, as_of="2026-06-15", holds=[held])
        assert found == "next_session_not_covered"

    def test_nobody_comes(self) -> None:
        end = {"on": "2026-12-24", "kind": "discontinued"}
        assert self.warning(ENDED, holds=[{"first": "2026-11-01", "reason": "travel"}]) is None
        assert self.warning(ENDED, care_ends=[end]) is None
