"""Planning: bookable days, authorizations, shared visits, countdowns, vials."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import AuthorizationProblem as Problem
from botox_schedule.planning import BookingConstraint as Constraint
from botox_schedule.planning import PlanningError
from botox_schedule.testing import (
    days,
    intervals,
    policies,
    protocols,
    record_from_gaps,
    records,
    sessions,
)

MIGRAINE = bs.find_protocol("chronic-migraine")
SPASTICITY = bs.find_protocol("spasticity")
ONA = bs.Product.ONABOTULINUMTOXIN_A
DAY = timedelta(days=1)
WHEN = days(date(2024, 1, 1), date(2027, 6, 30))
one = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)


def never(_: date) -> bool:
    """A clinic that is closed every day."""
    return False


@st.composite
def authorizations(draw: st.DrawFn) -> bs.PriorAuthorization:
    first, last = sorted((draw(WHEN), draw(WHEN)))
    return bs.PriorAuthorization(
        indication="chronic-migraine",
        product=draw(st.sampled_from([ONA, ONA, bs.Product.ABOBOTULINUMTOXIN_A])),
        valid=bs.Window(first=first, last=last),
        sessions=draw(st.none() | st.integers(0, 4)),
        units=draw(st.none() | st.integers(1, 1000).map(Decimal)),
        minimum_interval=draw(st.none() | st.just(bs.Interval(weeks=12))),
    )


@st.composite
def calendars(draw: st.DrawFn) -> plan.ClinicCalendar:
    weekdays = draw(st.frozensets(st.sampled_from(plan.Weekday), min_size=1))
    first = draw(WHEN)
    closure = bs.Window(first=first, last=first + timedelta(days=draw(st.integers(0, 200))))
    return plan.ClinicCalendar(open_weekdays=weekdays, closures=(closure,))


def clock_of(protocol: bs.TreatmentProtocol) -> frozenset[str]:
    known = bs.protocols.ProtocolSet(bs.bundled_protocols()).with_given(protocol)
    return known.clock(protocol.indication, protocol.population, protocol.region)


def authorized(
    record: bs.PatientRecord, protocol: bs.TreatmentProtocol, as_of: date, day: date, units: Decimal
) -> bool | None:
    """Whether an authorization covers an allowed day, by counting anew.

    Its minimum is among the rules that allowed the day; what was discarded is never recorded.
    """
    clock = clock_of(protocol)
    answers = set()
    for approval in record.authorizations:
        inside = [
            s
            for s in _completed(record, as_of)
            if s.indication in clock
            and approval.valid.first <= s.administered_on <= approval.valid.last
        ]
        own = [s for s in inside if s.product == approval.product]
        unsure = approval.units is not None
        fits = approval.product == protocol.product and day in approval.valid
        if approval.sessions is not None:
            visits = {s.administered_on for s in own}
            possible = {s.administered_on for s in inside if s.product in (None, approval.product)}
            fits = fits and len(visits) < approval.sessions
            unsure = unsure or len(possible) >= approval.sessions
        if approval.units is not None:
            used = sum((s.units or 0) for s in own)
            fits = fits and used + units <= approval.units and used < approval.units
        answers.add(None if fits and unsure else fits)
    if not answers or True in answers:
        return True
    return None if None in answers else False


def _completed(record: bs.PatientRecord, as_of: date) -> list[bs.TreatmentSession]:
    deaths = [e.on for e in record.care_ends if e.kind == "deceased" and e.on is not None]
    return [
        s
        for s in record.sessions
        if s.status == "completed"
        and s.administered_on <= as_of
        and not (deaths and s.administered_on > min(deaths))
    ]


def is_first_treatment(check: bs.engine.DateCheck) -> bool:
    """Whether a day is open only because nothing was given yet."""
    return check.allowed is None and [r.code.value for r in check.reasons] == ["no_history"]


def fits(
    record: bs.PatientRecord,
    protocol: bs.TreatmentProtocol,
    as_of: date,
    policy: bs.SchedulingPolicy,
    calendar: plan.ClinicCalendar,
) -> Callable[[date], bool]:
    """Whether a day can be booked, by asking each rule separately."""

    def answer(day: date) -> bool:
        check = bs.check_date(record, protocol, on=day, as_of=as_of, policy=policy)
        return (
            (check.allowed is True or is_first_treatment(check))
            and calendar.is_open(day)
            and authorized(record, protocol, as_of, day, Decimal(100)) is not False
        )

    return answer


def preferred(found: list[date], due: date | None) -> list[date]:
    if due is None:
        return sorted(found)
    return sorted(found, key=lambda day: (day < due, abs((day - due).days)))


plain_records = st.builds(
    lambda given, approved: bs.PatientRecord.model_validate(
        {
            **{name: getattr(given, name) for name in ("holds", "overrides", "care_ends")},
            "sessions": [
                {
                    "administered_on": s.administered_on,
                    "indication": s.indication,
                    "product": s.product,
                    "units": s.units,
                    "status": s.status,
                }
                for s in given.sessions
                # A booked visit uses an authorization, which `authorized` does not count.
                if not approved or s.status != "booked"
            ],
            "authorizations": approved,
        }
    ),
    records(only_product=ONA),
    st.lists(authorizations(), max_size=2),
)


YEAR = {"first": "2026-01-01", "last": "2026-12-31"}


APPROVED: dict[str, Any] = {"indication": "chronic-migraine", "product": "Botox", "valid": YEAR}


def use_of(*sessions: dict[str, Any], **approved: Any) -> plan.AuthorizationUse:
    record = bs.PatientRecord(sessions=sessions, authorizations=[APPROVED | approved])
    (used,) = plan.plan_authorizations(record, "chronic-migraine", as_of="2026-07-01").uses
    return used


GIVEN: dict[str, Any] = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}


class TestBookableDays:
    @settings(max_examples=35, deadline=None)
    @given(plain_records, protocols(), policies(), calendars(), WHEN)
    def test_equal_a_search_that_asks_every_day(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        calendar: plan.ClinicCalendar,
        as_of: date,
    ) -> None:
        policy = policy.model_copy(update={"group_within_days": 0})
        dates = bs.forecast(record, protocol, as_of=as_of, policy=policy).dates
        until = as_of + timedelta(days=150)
        first = max(as_of, dates.earliest or as_of)
        can = fits(record, protocol, as_of, policy, calendar)
        expected = [first + n * DAY for n in range((until - first).days + 1)]
        found = plan.bookable_days(
            record,
            protocol,
            as_of=as_of,
            until=until,
            calendar=calendar,
            policy=policy,
            planned_units=100,
        )
        assert [day.on for day in found] == preferred(list(filter(can, expected)), dates.due)

    @settings(max_examples=60, deadline=None)
    @given(plain_records, protocols(), policies(), calendars(), WHEN)
    def test_the_first_is_the_nearest_before_overdue(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        calendar: plan.ClinicCalendar,
        as_of: date,
    ) -> None:
        asked: dict[str, Any] = {
            "as_of": as_of,
            "calendar": calendar,
            "policy": policy,
            "planned_units": 100,
        }
        found = plan.first_bookable_day(record, protocol, **asked)
        listed = plan.bookable_days(record, protocol, **asked)
        assert found.on == (listed[0].on if listed else None)
        assert (found.emptied_by is None) is (found.on is not None)
        assert found.check.bookable is (found.on is not None)
        assert found.check.on == (found.on or found.window.last)
        if found.on is not None:
            assert calendar.is_open(found.on)
            check = found.check.check
            assert check.allowed is True or is_first_treatment(check)
            assert found.closed_days_cost is not None
        if found.first_late_on is not None:
            assert found.on is None
            assert found.first_late_on > found.window.last

    def test_an_overdue_patient_is_offered_the_next_open_day(self) -> None:
        found = plan.first_bookable_day(
            one, MIGRAINE, as_of="2026-04-18", calendar=plan.ClinicCalendar()
        )
        assert (found.on, found.days_from_due) == (date(2026, 4, 20), 21)
        assert found.explain().startswith("2026-04-20, 21 days after the due day")

    def test_a_first_visit_has_no_due_day(self) -> None:
        found = plan.first_bookable_day(bs.PatientRecord(), MIGRAINE, as_of="2026-04-18")
        assert (found.on, found.days_from_due) == (date(2026, 4, 18), None)
        assert "no due day is known" in found.explain()

    @pytest.mark.parametrize(
        ("changed", "emptied_by"),
        [
            ({"care_ends": [{"on": "2026-02-01", "kind": "deceased"}]}, Constraint.CARE_ENDED),
            ({"holds": [{"first": "2026-02-01", "reason": "pregnancy"}]}, Constraint.IN_HOLD),
            (
                {
                    "prior_treatments": [{"indication": "chronic-migraine", "cycles": 2}],
                    "sessions": (),
                },
                Constraint.NO_INTERVAL,
            ),
        ],
        ids=["deceased", "on hold", "nothing to judge by"],
    )
    def test_no_day_names_what_left_none(
        self, changed: dict[str, Any], emptied_by: Constraint
    ) -> None:
        record = bs.PatientRecord.model_validate({"sessions": one.sessions, **changed})
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01")
        assert (found.on, found.emptied_by, found.first_late_on) == (None, emptied_by, None)
        assert found.explain().startswith("no day from 2026-03-01")

    def test_a_day_after_a_bounded_hold_can_be_booked(self) -> None:
        hold = {"first": "2026-02-01", "last": "2026-05-10", "reason": "infection"}
        record = bs.PatientRecord.model_validate({"sessions": one.sessions, "holds": [hold]})
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01")
        assert found.on == date(2026, 5, 11)

    def test_what_left_no_day_is_the_last_to_refuse(self) -> None:
        """The authorization leaves three days; the closed clinic takes them."""
        approval = {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-04-01"},
        }
        record = bs.PatientRecord.model_validate(
            {"sessions": one.sessions, "authorizations": [approval]}
        )
        closed = plan.ClinicCalendar(closures=[{"first": "2026-03-30", "last": "2026-04-10"}])
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01", calendar=closed)
        assert found.emptied_by is Constraint.CLOSED
        assert found.refused == {Constraint.NOT_AUTHORIZED: 5, Constraint.CLOSED: 8}

    def test_the_closed_days_are_counted_and_said(self) -> None:
        closed = plan.ClinicCalendar(closures=[{"first": "2026-03-30", "last": "2026-03-31"}])
        found = plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01", calendar=closed)
        assert (found.closed_days_cost, found.first_late_on) == (2, None)
        assert "closed days move it by 2 days" in found.explain()
        assert "closed refuses 4 days" in found.explain()

    def test_the_words_for_the_day(self) -> None:
        on_time = plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01")
        assert on_time.explain().startswith("2026-03-30, the due day")
        away = [{"first": "2026-03-20", "last": "2026-04-12"}]
        late = plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01", away=away)
        assert "the first day that fits after: 2026-04-13" in late.explain()

    def test_any_answer_to_is_it_open_serves_as_calendar(self) -> None:
        found = plan.first_bookable_day(
            one, MIGRAINE, as_of="2026-03-01", calendar=lambda day: day.day == 1
        )
        assert found.on == date(2026, 4, 1)

    def test_a_calendar_that_never_opens_ends_in_an_answer(self) -> None:
        found = plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01", calendar=never)
        assert (found.on, found.emptied_by) == (None, Constraint.CLOSED)
        assert found.first_late_on is None

    def test_until_may_lie_before_the_first_allowed_day(self) -> None:
        assert plan.bookable_days(one, MIGRAINE, as_of="2026-03-01", until="2026-03-20") == ()

    def test_until_before_as_of_is_refused(self) -> None:
        with pytest.raises(bs.errors.OrderError, match="until lies before as_of"):
            plan.bookable_days(one, MIGRAINE, as_of="2026-03-01", until="2026-02-20")

    def test_the_end_of_the_calendar_is_no_fault(self) -> None:
        found = plan.bookable_days(bs.PatientRecord(), MIGRAINE, as_of="9999-12-30")
        assert [str(day.on) for day in found] == ["9999-12-30", "9999-12-31"]

    def test_a_year_at_the_end_of_an_override_judges_each_day_by_itself(self) -> None:
        """Ten weeks are valid until 20 March; from the 21st on the label's twelve count."""
        override = {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "last": "2026-03-20",
            "minimum": "10 weeks",
            "reason": "approval",
            "authority": "clinician",
        }
        record = bs.PatientRecord.model_validate(
            {"sessions": one.sessions, "overrides": [override]}
        )
        found = plan.bookable_days(record, MIGRAINE, as_of="2026-03-15", until="2026-03-31")
        assert sorted(day.on.day for day in found) == [16, 17, 18, 19, 20, 30, 31]


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


def approved(**given: Any) -> dict[str, Any]:
    year = {"first": "2026-01-01", "last": "2026-12-31"}
    return {"indication": "chronic-migraine", "product": "Botox", "valid": year, **given}


def with_approval(*sessions: dict[str, Any], **given: Any) -> bs.PatientRecord:
    rows = [{"indication": "chronic-migraine", "product": "Botox", **s} for s in sessions]
    return bs.PatientRecord.model_validate(
        {"sessions": rows, "authorizations": [approved(**given)]}
    )


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
        rule = bs.SchedulingPolicy()
        if by_rule:
            record = record.model_copy(update={"authorizations": ()})
            rule = bs.SchedulingPolicy(payer=[limits | {"product": "Botox"}])
        asked: dict[str, Any] = {"planned_units": 155, "planned_discarded": 45, "policy": rule}
        check = plan.check_booking(record, MIGRAINE, on="2026-12-01", as_of="2026-06-01", **asked)
        assert check.authorization is not None
        assert check.authorization.covers is covers

    def test_a_booking_of_another_product_uses_no_visit(self) -> None:
        other = {"administered_on": "2026-03-30", "status": "booked", "product": "Dysport"}
        record = with_approval({"administered_on": "2026-01-05"}, other, sessions=2)
        assert self.check(record, "2026-06-22").use.sessions_used == 1

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

    def test_no_patient_data_in_the_repr_of_what_was_approved(self) -> None:
        record = with_approval({"administered_on": "2026-01-05", "id": "Smith-1"})
        check = self.check(record, "2026-03-30")
        assert "Smith" not in repr(check)
        assert "2026-12-31" not in repr(check.use)


class TestSharedVisit:
    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(
            sessions(
                indications=["chronic-migraine", "spasticity"],
                only_completed=True,
                only_product=ONA,
            ),
            max_size=6,
        ),
        protocols(),
        protocols(indication="spasticity"),
        calendars(),
        WHEN,
    )
    def test_equals_a_search_over_days(
        self,
        given_sessions: list[bs.TreatmentSession],
        one: bs.TreatmentProtocol,
        other: bs.TreatmentProtocol,
        calendar: plan.ClinicCalendar,
        as_of: date,
    ) -> None:
        record = bs.PatientRecord(sessions=tuple(given_sessions))
        windows, targets, tests = [], [], []
        for protocol in (one, other):
            answer = bs.forecast(record, protocol, as_of=as_of)
            first = max(as_of, answer.dates.earliest or as_of)
            overdue_from = answer.dates.overdue_from
            ahead = overdue_from is not None and first < overdue_from
            last = overdue_from - DAY if ahead and overdue_from else first + 366 * DAY
            windows.append((first, last))
            targets += [answer.dates.due or answer.dates.earliest]
            tests.append(fits(record, protocol, as_of, bs.SchedulingPolicy(), calendar))
        span = [as_of + n * DAY for n in range(1200)]
        possible = [
            day
            for day in span
            if all(first <= day <= last for first, last in windows)
            and all(can(day) for can in tests)
        ]
        target = max((day for day in targets if day), default=None)
        expected = next(iter(preferred(possible, target)), None)
        visit = plan.find_shared_visit(record, [one, other], as_of=as_of, calendar=calendar)
        assert visit.on == expected
        assert (visit.emptied_by is None) is (expected is not None)
        assert [t.window for t in visit.tracks] == [
            bs.Window(first=first, last=last) for first, last in windows
        ]

    def record(self) -> bs.PatientRecord:
        return bs.PatientRecord(
            sessions=[
                {
                    "administered_on": "2026-01-05",
                    "indication": "chronic-migraine",
                    "product": "Botox",
                    "units": 155,
                },
                {
                    "administered_on": "2026-01-12",
                    "indication": "spasticity",
                    "product": "Botox",
                    "units": 200,
                },
            ]
        )

    def test_the_clocks_stay_their_own(self) -> None:
        visit = plan.find_shared_visit(self.record(), [MIGRAINE, SPASTICITY], as_of="2026-03-01")
        own = [
            plan.first_bookable_day(self.record(), p, as_of="2026-03-01").on
            for p in (MIGRAINE, SPASTICITY)
        ]
        assert [track.own_day for track in visit.tracks] == own
        assert [track.days_from_due for track in visit.tracks] == [7, -6]
        assert "days given up: 7" in visit.explain()

    def test_the_units_of_both_count_together(self) -> None:
        units = {"chronic-migraine": 195, "spasticity": 206}
        visit = plan.find_shared_visit(
            self.record(), [MIGRAINE, SPASTICITY], as_of="2026-03-01", planned_units=units
        )
        totals = {
            c.total for t in visit.tracks for c in t.limit_checks if c.chosen and c.maximum == 400
        }
        assert totals == {Decimal(401)}
        assert "401 U exceed 400 U per window, product (twelve_weeks)" in visit.explain()

    def test_unknown_units_of_the_other_leave_the_limit_open(self) -> None:
        visit = plan.find_shared_visit(
            self.record(),
            [MIGRAINE, SPASTICITY],
            as_of="2026-03-01",
            planned_units={"chronic-migraine": 155},
        )
        checks = [c for c in visit.tracks[0].limit_checks if c.chosen and c.maximum == 400]
        assert [c.indeterminate for c in checks] == [True]

    def test_a_session_that_is_not_yet_known_does_not_count(self) -> None:
        later = {
            "administered_on": "2026-03-20",
            "indication": "cervical-dystonia",
            "product": "Botox",
            "units": 300,
        }
        record = bs.PatientRecord.model_validate({"sessions": [*self.record().sessions, later]})
        units = {"chronic-migraine": 100, "spasticity": 100}
        visit = plan.find_shared_visit(
            record, [MIGRAINE, SPASTICITY], as_of="2026-03-01", planned_units=units
        )
        assert not any(c.exceeded for t in visit.tracks for c in t.limit_checks if c.chosen)

    def test_each_track_knows_the_protocol_of_the_other(self) -> None:
        """A clinic's own indication is recognized in both tracks."""
        own = SPASTICITY.model_copy(
            update={"id": "own", "indication": "bruxism", "shares_clock_with": ()}
        )
        rows = [
            {"administered_on": "2026-01-05", "indication": "chronic-migraine"},
            {"administered_on": "2026-01-12", "indication": "bruxism"},
        ]
        record = bs.PatientRecord(sessions=[{"product": "Botox", **row} for row in rows])
        orders: list[list[bs.TreatmentProtocol | str]] = [[MIGRAINE, own], [own, "migraine"]]
        for tracks in orders:
            visit = plan.find_shared_visit(record, tracks, as_of="2026-03-01")
            assert visit.on == date(2026, 4, 6)

    def test_windows_without_a_common_day_are_named(self) -> None:
        record = record_from_gaps([], starts_on=date(2026, 1, 5))
        late = {"administered_on": "2026-02-20", "indication": "spasticity", "product": "Botox"}
        record = bs.PatientRecord.model_validate({"sessions": [*record.sessions, late]})
        visit = plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], as_of="2026-03-01")
        assert (visit.on, visit.window, visit.emptied_by) == (None, None, Constraint.OTHER_TRACK)
        assert [track.own_day is None for track in visit.tracks] == [False, False]
        assert visit.explain().startswith("no day: other_track")

    @pytest.mark.parametrize("tracks", [[MIGRAINE], [MIGRAINE, MIGRAINE], []])
    def test_two_different_treatments_are_needed(self, tracks: list[bs.TreatmentProtocol]) -> None:
        with pytest.raises(PlanningError, match="two or more treatments"):
            plan.find_shared_visit(one, tracks, as_of="2026-03-01")


class TestClinicCalendar:
    def test_is_open_on_weekdays_as_a_rule(self) -> None:
        calendar = plan.ClinicCalendar()
        assert [calendar.is_open(date(2026, 3, 2) + n * DAY) for n in range(7)] == [True] * 5 + [
            False
        ] * 2

    def test_the_predicate_closes_further_days(self) -> None:
        calendar = plan.ClinicCalendar(predicate=lambda day: day.day != 3)
        assert (calendar.is_open("2026-03-03"), calendar.is_open("2026-03-04")) == (False, True)

    def test_a_closure_includes_both_ends(self) -> None:
        calendar = plan.ClinicCalendar(closures=[{"first": "2026-03-03", "last": "2026-03-04"}])
        assert [calendar.is_open(f"2026-03-0{n}") for n in (2, 3, 4, 5)] == [
            True,
            False,
            False,
            True,
        ]

    def test_without_an_open_weekday_it_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="never opens"):
            plan.ClinicCalendar(open_weekdays=())

    def test_a_weekday_has_a_name_and_no_number(self) -> None:
        with pytest.raises(ValidationError, match="open_weekdays"):
            plan.ClinicCalendar.model_validate({"open_weekdays": [0]})

    def test_a_datetime_is_refused(self) -> None:
        with pytest.raises(bs.errors.DayError):
            plan.ClinicCalendar().is_open("5 March")

    def test_round_trip_without_a_predicate(self) -> None:
        calendar = plan.ClinicCalendar(closures=["2026-03-03"], open_weekdays=["monday"])
        assert plan.ClinicCalendar.model_validate_json(calendar.model_dump_json()) == calendar

    def test_json_names_the_weekdays_in_their_order(self) -> None:
        calendar = plan.ClinicCalendar(open_weekdays=reversed(plan.Weekday))
        written = calendar.model_dump(mode="json")["open_weekdays"]
        assert written == [str(weekday) for weekday in plan.Weekday]


class TestHolidays:
    """Only what the package cannot change: a day that is a holiday in every release."""

    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("holidays", reason="the extra 'holidays' is not installed")

    def test_public_holidays_close_the_clinic(self) -> None:
        calendar = plan.ClinicCalendar.for_country("US", subdivision="CA", closures=["2026-12-24"])
        assert [calendar.is_open(day) for day in ("2026-12-23", "2026-12-24", "2026-12-25")] == [
            True,
            False,
            False,
        ]
        found = plan.first_bookable_day(
            record_from_gaps([], starts_on=date(2026, 10, 2)),
            MIGRAINE,
            as_of="2026-12-01",
            calendar=calendar,
        )
        assert (found.on, found.closed_days_cost) == (date(2026, 12, 28), 3)

    @pytest.mark.parametrize(
        ("country", "subdivision"),
        [
            ("XX", None),
            ("US", "QQ"),
            ("mon", None),
            ("Public", None),
            pytest.param("NYSE", None, id="a stock exchange"),
            pytest.param("xecb", None, id="a bank"),
        ],
    )
    def test_unknown_places_are_refused(self, country: str, subdivision: str | None) -> None:
        with pytest.raises(plan.UnknownCountryError, match="give codes such as"):
            plan.ClinicCalendar.for_country(country, subdivision=subdivision)

    def test_a_country_has_several_codes(self) -> None:
        days = {
            country: plan.ClinicCalendar.for_country(country).is_open("2026-07-03")
            for country in ("US", "usa", "UK", "GB", "GBR")
        }
        assert days == {"US": False, "usa": False, "UK": True, "GB": True, "GBR": True}

    def test_a_year_without_data_is_an_error_and_no_open_day(self) -> None:
        calendar = plan.ClinicCalendar.for_country("us")
        with pytest.raises(bs.errors.CalendarRangeError, match="are known for the years"):
            calendar.is_open("9999-12-31")


class TestCountdown:
    def test_closed_days_move_each_step_back(self) -> None:
        steps = plan.countdown("2026-06-22", {"order": "8 days"}, calendar=plan.ClinicCalendar())
        assert [(str(s.on), s.moved_days, str(s.lead)) for s in steps] == [
            ("2026-06-12", 2, "8 days")
        ]

    def test_a_serial_step_counts_from_the_moved_day(self) -> None:
        leads = {"submit": "7 days", "order": "8 days"}
        steps = plan.countdown("2026-06-22", leads, serial=True, calendar=plan.ClinicCalendar())
        assert [(s.name, str(s.on)) for s in steps] == [
            ("submit", "2026-06-05"),
            ("order", "2026-06-12"),
        ]

    def test_steps_of_one_day_keep_the_callers_order(self) -> None:
        steps = plan.countdown("2026-06-22", [("b", "7 days"), ("a", "7 days")])
        assert [s.name for s in steps] == ["b", "a"]

    def test_months_count_back_from_the_visit(self) -> None:
        (step,) = plan.countdown("2026-03-31", {"renew": bs.Interval(months=1)})
        assert step.on == date(2026, 2, 28)

    def test_a_negative_lead_is_refused(self) -> None:
        with pytest.raises(PlanningError, match="'order' is negative"):
            plan.countdown("2026-06-22", {"order": "- 4 days"})

    def test_a_calendar_that_never_opens_is_refused(self) -> None:
        with pytest.raises(PlanningError, match="closed on the 366 days before"):
            plan.countdown("2026-06-22", {"order": "4 days"}, calendar=never)

    def test_the_last_day_within_reach_counts(self) -> None:
        opens = date(2026, 6, 18) - 366 * DAY
        (step,) = plan.countdown("2026-06-22", {"order": "4 days"}, calendar=lambda d: d == opens)
        assert (step.on, step.moved_days) == (opens, 366)

    def test_before_the_first_year_there_is_no_day(self) -> None:
        with pytest.raises(bs.errors.CalendarRangeError):
            plan.countdown("0001-01-05", {"order": "1 day"}, calendar=never)


class TestVials:
    @settings(max_examples=200)
    @given(
        st.integers(1, 1500),
        st.lists(
            st.sampled_from([50, 100, 120, 200, 300, 500]), min_size=1, max_size=3, unique=True
        ),
    )
    def test_equal_a_search_over_all_choices(self, units: int, sizes: list[int]) -> None:
        found = plan.fewest_vials(units, "Botox", sizes=sizes)
        count = sum(vial.count for vial in found.vials)
        best = next(
            (number, min(fitting) - units)
            for number in range(1, 40)
            if (
                fitting := [
                    t
                    for c in combinations_with_replacement(sizes, number)
                    if (t := sum(c)) >= units
                ]
            )
        )
        assert (count, found.discarded) == best
        assert (
            found.opened == sum(v.units * v.count for v in found.vials) == units + found.discarded
        )

    def test_parts_of_units_stay_exact(self) -> None:
        found = plan.fewest_vials(Decimal("487.5"), "Dysport")
        assert [str(line.billing_units) for line in found.billing] == ["97.5", "2.5"]

    def test_sizes_of_the_caller_rest_on_no_source(self) -> None:
        found = plan.fewest_vials(100, "Dysport", sizes=[125])
        assert (found.unverified, found.discarded) == ((), 25)

    def test_sizes_of_the_caller_that_are_bundled_too_rest_on_no_source(self) -> None:
        bundled = plan.fewest_vials(250, "Dysport")
        own = plan.fewest_vials(250, "Dysport", sizes=[300])
        assert (bundled.vials, own.unverified) == (own.vials, ())
        assert len(bundled.sources) == len(own.sources) + 1

    def test_sizes_that_nobody_read_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (known,) = (size for size in plan.vial_sizes("Dysport") if size.units == 300)
        for verification, unverified in (("unverified", ("vial of 300 U",)), ("secondary", ())):
            source = known.source.model_copy(update={"verification": verification})
            size = known.model_copy(update={"source": source})
            monkeypatch.setattr("botox_schedule.planning.vials.vial_sizes", lambda _, s=size: (s,))
            assert plan.fewest_vials(300, "Dysport").unverified == unverified

    def test_a_product_without_known_vials_needs_sizes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("botox_schedule.planning.vials.vial_sizes", lambda _: ())
        with pytest.raises(PlanningError, match="name them with sizes"):
            plan.fewest_vials(10, "Letybo")

    def test_a_product_without_a_code_is_not_billed(self) -> None:
        assert plan.fewest_vials(100, "Letybo", sizes=[100]).billing == ()

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"units": 0, "product": "Botox"}, "more than 0"),
            ({"units": 100_001, "product": "Botox"}, "at most 100,000"),
            ({"units": 10, "product": "toxin"}, "no known product is named; give one of"),
            ({"units": 10, "product": "Botox", "sizes": [0]}, "at least 1 unit"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(PlanningError, match=message):
            plan.fewest_vials(**given)

    def test_every_size_and_code_names_its_source(self) -> None:
        assert all(size.source.title for size in plan.vial_sizes())
        assert {s.product for s in plan.vial_sizes()} == set(bs.Product)

    @pytest.mark.parametrize(
        ("code", "units"), [("J0585", 1), ("J0586", 5), ("J0587", 100), ("J0588", 1), ("J0589", 1)]
    )
    def test_a_billing_unit_is_what_the_list_says(self, code: str, units: int) -> None:
        rule = plan.billing_rule(code.lower())
        assert (rule.code, rule.units) == (code, units)
        assert rule.product_units(30) == 30 * units
        assert rule.billing_units(units * 7) == 7

    def test_an_unknown_code_is_refused(self) -> None:
        with pytest.raises(PlanningError, match="known codes: J0585"):
            plan.billing_rule("J9999")


class TestCodes:
    def test_migraine_with_aura_is_with_aura(self) -> None:
        """A payer's text calls G43.E09 'without aura'."""
        meanings = {c.code: c.meaning for c in MIGRAINE.codes}
        assert meanings["G43.E09"] == "chronic migraine with aura"
        assert meanings["G43.709"] == "chronic migraine without aura"
        assert bs.find_indication("ICD-10-CM", "G43.E09") == "chronic-migraine"

    @pytest.mark.parametrize(
        ("system", "code", "indication"),
        [
            ("icd-10-cm", "G24.3", "cervical-dystonia"),
            ("ICD-10-CM", "n3281", "overactive-bladder"),
            ("http://snomed.info/sct", "221360009", "spasticity"),
            ("CPT", "64615", "chronic-migraine"),
            ("HCPCS", "J0585", None),
            ("ICD-10-CM", "G35", None),
        ],
    )
    def test_a_code_names_its_indication(
        self, system: str, code: str, indication: str | None
    ) -> None:
        assert bs.find_indication(system, code) == indication

    def test_an_unknown_system_is_refused(self) -> None:
        with pytest.raises(bs.BotoxScheduleError, match="no coding system has that name"):
            bs.find_indication("ICD-9", "G24.3")

    def test_every_code_is_found_again(self) -> None:
        for protocol in bs.bundled_protocols():
            for code in protocol.codes:
                by_code = bs.find_indication(code.system, code.code)
                assert by_code in {None, "spasticity", *clock_of(protocol)}

    def test_a_class_of_products_is_none_of_them(self) -> None:
        for system, code in (("ATC", "M03AX01"), ("RxNorm", "1712")):
            assert bs.protocols.find_product_by_code(system, code) is None
            assert bs.protocols.names_toxin(system, code)
        assert bs.protocols.find_product_by_code("NDC", "0023-1145-01") is ONA
        assert not bs.protocols.names_toxin("RxNorm", "1")


class TestDaysAreNamed:
    """A value that is not a day is named by its argument."""

    @pytest.mark.parametrize(
        ("call", "name"),
        [
            (lambda: plan.check_booking(one, MIGRAINE, on="x", as_of="2026-03-01"), "on"),
            (lambda: plan.check_booking(one, MIGRAINE, on="2026-03-01", as_of="x"), "as_of"),
            (lambda: plan.first_bookable_day(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: plan.bookable_days(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: plan.bookable_days(one, MIGRAINE, as_of="2026-03-01", until="x"), "until"),
            (lambda: plan.plan_authorizations(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: plan.find_shared_visit(one, [MIGRAINE, SPASTICITY], as_of="x"), "as_of"),
            (lambda: plan.countdown("x", {}), "target"),
        ],
    )
    def test_in_the_error(self, call: Callable[[], object], name: str) -> None:
        with pytest.raises(bs.errors.DayError, match=f"^{name}: give a date"):
            call()


STRICT = bs.SchedulingPolicy(payer_minimum="13 weeks")


class TestPolicyCounts:
    """What the clinic chose reaches every answer."""

    def test_in_each_function(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01", "policy": STRICT}
        late = date(2026, 4, 6)
        assert plan.first_bookable_day(one, MIGRAINE, **asked).on == late
        assert plan.bookable_days(one, MIGRAINE, **asked)[0].on == late
        assert plan.check_booking(one, MIGRAINE, on="2026-04-05", **asked).bookable is False
        found = plan.plan_authorizations(
            with_approval({"administered_on": "2026-01-05"}), MIGRAINE, count=1, **asked
        )
        assert [s.on for s in found.sessions] == [late]
        xeomin = bs.find_protocol("sialorrhea", product="Xeomin")
        record = record_from_gaps(
            [], starts_on=date(2026, 1, 5), indication="sialorrhea", product="Xeomin"
        )
        longer: dict[str, Any] = {
            "as_of": "2026-03-01",
            "policy": bs.SchedulingPolicy(payer_minimum="20 weeks"),
        }
        found = plan.plan_authorizations(record, xeomin, **longer)
        assert found.sessions[0].on == date(2026, 5, 25)
        both = TestSharedVisit().record()
        visit = plan.find_shared_visit(both, [MIGRAINE, SPASTICITY], **asked)
        assert visit.on == date(2026, 4, 13)
        months = bs.SchedulingPolicy(limit_reading="three_months")
        visit = plan.find_shared_visit(
            both, [MIGRAINE, SPASTICITY], as_of="2026-03-01", policy=months
        )
        chosen = {c.reading for t in visit.tracks for c in t.limit_checks if c.chosen and c.reading}
        assert chosen == {bs.terms.LimitReading.THREE_MONTHS}

    def test_other_protocols_do(self) -> None:
        """The previous product's minimum counts after a switch, where its protocol is known."""
        dysport = bs.find_protocol("cervical-dystonia", product="Dysport")
        own = dysport.model_copy(
            update={
                "id": "own",
                "product": bs.Product.LETIBOTULINUMTOXIN_A,
                "retreatment": bs.protocols.RetreatmentRule(
                    kind="scheduled", minimum="20 weeks", usual="20 weeks"
                ),
            }
        )
        planned = dysport.model_copy(
            update={
                "retreatment": bs.protocols.RetreatmentRule(
                    kind="scheduled", minimum="12 weeks", usual="12 weeks"
                )
            }
        )
        record = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    {
                        "administered_on": "2026-01-05",
                        "indication": "cervical-dystonia",
                        "product": "Letybo",
                    }
                ],
                "authorizations": [
                    {
                        "indication": "cervical-dystonia",
                        "product": "Dysport",
                        "valid": {"first": "2026-01-01", "last": "2026-12-31"},
                    }
                ],
            }
        )
        asked: dict[str, Any] = {"as_of": "2026-03-01", "other_protocols": [own]}
        switched = date(2026, 5, 25)
        assert plan.first_bookable_day(record, planned, **asked).on == switched
        assert plan.bookable_days(record, planned, **asked)[0].on == switched
        assert plan.check_booking(record, planned, on="2026-05-24", **asked).bookable is False
        assert (
            plan.plan_authorizations(record, planned, count=1, **asked).sessions[0].on == switched
        )
        visit = plan.find_shared_visit(record, [planned, MIGRAINE], **asked)
        assert visit.on == switched


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

    def test_of_the_first_day(self) -> None:
        away = [{"first": "2026-04-06", "last": "2026-06-30"}]
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        found = plan.first_bookable_day(
            record, SPASTICITY, as_of="2026-03-01", away=[*away, "2026-04-05"]
        )
        assert found.explain().split("\n")[:3] == [
            "2026-04-04, 1 day before the due day",
            "away refuses 59 days",
            "2026-04-04: can be booked",
        ]
        closed = plan.ClinicCalendar(open_weekdays=list(plan.Weekday), closures=["2026-03-30"])
        found = plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01", calendar=closed)
        assert found.explain().split("\n")[:3] == [
            "2026-03-31, 1 day after the due day",
            "closed refuses 1 day",
            "closed days move it by 1 day",
        ]
        nobody = plan.first_bookable_day(bs.PatientRecord(), MIGRAINE, as_of="2026-03-01")
        assert nobody.explain().split("\n")[0] == "2026-03-01, no due day is known"

    def test_of_a_shared_visit(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01", "planned_units": {"chronic-migraine": 401}}
        record = TestSharedVisit().record()
        visit = plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], **asked)
        refs = [str(protocol.ref) for protocol in (MIGRAINE, SPASTICITY)]
        assert visit.explain().split("\n") == [
            "2026-04-06: fits every track",
            f"{refs[0]}: 2026-03-30 to 2026-04-06; alone: 2026-03-30",
            "  days given up: 7",
            "  401 U exceed 400 U per window, product (twelve_weeks)",
            "  601 U exceed 400 U per window, product (three_months)",
            f"{refs[1]}: 2026-04-06 to 2026-06-09; alone: 2026-04-12",
            "  days given up: -6",
            "  401 U exceed 400 U per window, product (twelve_weeks)",
            "  601 U exceed 400 U per window, product (three_months)",
        ]
        gone = plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], calendar=never, **asked)
        assert gone.explain().split("\n") == [
            "no day: closed",
            f"{refs[0]}: 2026-03-30 to 2026-04-06; alone: no day",
            f"{refs[1]}: 2026-04-06 to 2026-06-09; alone: no day",
        ]

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (
                lambda: plan.fewest_vials(1, "x"),
                "product: no known product is named; give one of onabotulinumtoxinA, abobotulinumtoxinA, incobotulinumtoxinA, daxibotulinumtoxinA, rimabotulinumtoxinB, prabotulinumtoxinA, letibotulinumtoxinA, or a brand name",
            ),
            (
                lambda: plan.fewest_vials(1, "Botox", sizes=[Decimal("0.5")]),
                "a vial holds at least 1 unit",
            ),
            (
                lambda: plan.billing_rule("x"),
                "no billing code is known for that product; known codes: J0585, J0586, J0587, J0588, J0589",
            ),
            (
                lambda: plan.find_shared_visit(one, [], as_of="2026-03-01"),
                "a shared visit needs two or more treatments of different indications",
            ),
            (
                lambda: plan.countdown("0001-01-05", {"order": "1 day"}, calendar=never),
                "no open day before the calendar begins",
            ),
            (
                lambda: plan.check_booking(one, MIGRAINE, on="2026-01-01", as_of="2026-03-01"),
                "on lies before as_of; give a day from as_of on",
            ),
            (
                lambda: plan.countdown("2026-06-22", {"a": "1 day"}, calendar=never),
                "the calendar is closed on the 366 days before a step; give one that opens",
            ),
        ],
    )
    def test_of_errors(self, call: Callable[[], object], message: str) -> None:
        with pytest.raises(bs.BotoxScheduleError) as caught:
            call()
        assert str(caught.value) == message


class TestEdges:
    def test_a_countdown_is_not_serial_unless_said(self) -> None:
        leads = {"a": "7 days", "b": "7 days"}
        assert {step.on for step in plan.countdown("2026-06-22", leads)} == {date(2026, 6, 15)}

    def test_a_lead_that_can_be_negative_is_refused(self) -> None:
        with pytest.raises(PlanningError, match="negative"):
            plan.countdown("2026-06-22", {"a": "1 month - 30 days"})

    def test_the_calendar_may_be_closed_for_366_days_and_no_more(self) -> None:
        opens = date(2026, 6, 18) - 367 * DAY
        with pytest.raises(PlanningError):
            plan.countdown("2026-06-22", {"order": "4 days"}, calendar=lambda d: d == opens)

    def test_vials_of_one_unit_and_doses_of_the_most(self) -> None:
        assert plan.fewest_vials(3, "Botox", sizes=[1]).opened == 3
        assert plan.fewest_vials(100_000, "Botox").discarded == 0

    def test_own_sizes_take_the_place_of_the_bundled_ones(self) -> None:
        found = plan.fewest_vials(155, "Botox", sizes=[120])
        assert [(v.units, v.count) for v in found.vials] == [(120, 2)]
        billed = plan.billing_rule("Botox").source
        assert found.sources == (billed,)
        both = plan.fewest_vials(300, "Botox")
        bundled = tuple(size.source for size in plan.vial_sizes("Botox"))
        assert both.sources == (*bundled, billed)
        assert plan.fewest_vials(300, "Botox", pharmacy_supplied=True).sources == both.sources[:2]
        assert plan.fewest_vials(1, "Letybo", sizes=[100]).sources == ()

    def test_billing_units_are_plain_numbers(self) -> None:
        rule = plan.billing_rule("Dysport")
        assert [str(rule.billing_units(units)) for units in (5000, 487)] == ["1000", "97.4"]
        assert rule is plan.billing_rule("J0586")
        assert plan.billing_rule("Xeomin").code == "J0588"

    def test_a_shared_visit_shows_its_window_and_what_closed_days_cost(self) -> None:
        record = TestSharedVisit().record()
        closed = plan.ClinicCalendar(open_weekdays=list(plan.Weekday), closures=["2026-03-30"])
        approvals = [approved(), approved(indication="spasticity")]
        given = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    record.sessions[0],
                    {
                        "administered_on": "2026-01-01",
                        "indication": "spasticity",
                        "product": "Botox",
                    },
                ],
                "authorizations": approvals,
            }
        )
        visit = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-03-01", calendar=closed
        )
        assert visit.window == bs.Window(first=date(2026, 3, 30), last=date(2026, 4, 6))
        assert (visit.on, visit.closed_days_cost) == (date(2026, 4, 1), 0)
        assert visit.refused == {Constraint.CLOSED: 1}
        assert [t.authorization is not None and t.authorization.on for t in visit.tracks] == [
            visit.on
        ] * 2
        assert [t.authorization is not None and t.authorization.covers for t in visit.tracks] == [
            True
        ] * 2
        later = plan.ClinicCalendar(
            open_weekdays=list(plan.Weekday),
            closures=[{"first": "2026-04-01", "last": "2026-04-02"}],
        )
        visit = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-03-01", calendar=later
        )
        assert (visit.on, visit.closed_days_cost) == (date(2026, 4, 3), 2)
        gone = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-03-01", calendar=never
        )
        assert (gone.window, [t.authorization for t in gone.tracks]) == (visit.window, [None, None])

    @pytest.mark.parametrize(("left", "covers"), [(400, None), (399, False)])
    def test_limbs_of_one_clock_share_the_units_of_an_authorization(
        self, left: int, covers: bool | None
    ) -> None:
        rows = [
            {"administered_on": "2026-01-05", "indication": limb, "product": "Botox"}
            for limb in ("upper-limb-spasticity", "lower-limb-spasticity")
        ]
        valid = {"first": "2026-02-01", "last": "2026-12-31"}
        approval = approved(indication="spasticity", units=left, valid=valid)
        record = bs.PatientRecord.model_validate({"sessions": rows, "authorizations": [approval]})
        limbs = [row["indication"] for row in rows]
        units = dict.fromkeys(limbs, 200)
        visit = plan.find_shared_visit(record, limbs, as_of="2026-03-01", planned_units=units)
        assert (visit.on is None) is (covers is False)
        assert {t.authorization and t.authorization.covers for t in visit.tracks} == {None}
        assert [track.own_day is None for track in visit.tracks] == [False, False]

    def test_the_planned_units_of_each_track_decide_its_authorization(self) -> None:
        approvals = [approved(units=100), approved(indication="spasticity", units=300)]
        given = bs.PatientRecord.model_validate(
            {
                "sessions": TestSharedVisit().record().sessions,
                "authorizations": [
                    {**a, "valid": {"first": "2026-02-01", "last": "2026-12-31"}} for a in approvals
                ],
            }
        )
        for units, on in ((100, date(2026, 4, 6)), (101, None)):
            visit = plan.find_shared_visit(
                given,
                [MIGRAINE, SPASTICITY],
                as_of="2026-03-01",
                planned_units={"chronic-migraine": units, "spasticity": 300},
            )
            assert visit.on == on

    def test_the_years_of_public_holidays_include_both_ends(self) -> None:
        pytest.importorskip("holidays", reason="the extra 'holidays' is not installed")
        from holidays import country_holidays  # noqa: PLC0415 - an extra

        table = country_holidays("US")
        calendar = plan.ClinicCalendar.for_country("US")

        def monday(year: int) -> date:
            first = date(year, 6, 1)
            return first + timedelta(days=-first.weekday() % 7)

        for year in (table.start_year, table.end_year):
            assert calendar.is_open(monday(year)) is True
        for year in (table.start_year - 1, table.end_year + 1):
            with pytest.raises(
                bs.errors.CalendarRangeError, match="the public holidays of US are known"
            ):
                calendar.is_open(monday(year))


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


class TestTheDaysOnOffer:
    def test_bookable_days_say_how_far_from_due_they_are(self) -> None:
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        found = plan.bookable_days(record, SPASTICITY, as_of="2026-04-03", until="2026-04-07")
        assert [(day.on.day, day.days_from_due) for day in found] == [
            (5, 0),
            (6, 1),
            (7, 2),
            (4, -1),
            (3, -2),
        ]

    def test_until_may_be_the_first_day_itself(self) -> None:
        for as_of in ("2026-03-30", "2026-03-01"):
            found = plan.bookable_days(one, MIGRAINE, as_of=as_of, until="2026-03-30")
            assert [day.on for day in found] == [date(2026, 3, 30)]
        with pytest.raises(bs.errors.OrderError) as caught:
            plan.bookable_days(one, MIGRAINE, as_of="2026-03-30", until="2026-03-29")
        assert str(caught.value) == "until lies before as_of; give a day from as_of on"

    def test_on_the_first_overdue_day_the_patient_is_overdue(self) -> None:
        found = plan.first_bookable_day(one, MIGRAINE, as_of="2026-04-07")
        assert (found.on, found.window.first) == (date(2026, 4, 7), date(2026, 4, 7))
        assert found.window.last == date(2026, 4, 7) + 366 * DAY


class TestLimitsOfASharedVisit:
    def test_a_limit_of_one_reading_names_none(self) -> None:
        """Blepharospasm has a limit over 30 days, which has one reading only."""
        blepharospasm = bs.find_protocol("blepharospasm")
        record = bs.PatientRecord(
            sessions=[
                {
                    "administered_on": "2026-01-05",
                    "indication": "blepharospasm",
                    "product": "Botox",
                    "units": 100,
                }
            ]
        )
        units = {"blepharospasm": 201}
        visit = plan.find_shared_visit(
            record, [blepharospasm, MIGRAINE], as_of="2026-04-20", planned_units=units
        )
        exceeded = [line for line in visit.explain().split("\n") if "exceed" in line]
        assert exceeded == ["  201 U exceed 200 U per window, indication"]


MIGRAINE_ROW = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}


def record_of(*rows: dict[str, Any], **fields: Any) -> bs.PatientRecord:
    """A record of migraine sessions with BOTOX, and whatever else is given."""
    sessions_given = [{**MIGRAINE_ROW, **row} for row in rows]
    return bs.PatientRecord.model_validate({"sessions": sessions_given, **fields})


class TestNamesOfIndications:
    """A name does what the protocol does."""

    def test_in_each_function(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        for name in ("chronic-migraine", "Migraine"):
            assert plan.first_bookable_day(one, name, **asked) == plan.first_bookable_day(
                one, MIGRAINE, **asked
            )
            assert plan.bookable_days(one, name, **asked) == plan.bookable_days(
                one, MIGRAINE, **asked
            )
            assert plan.plan_authorizations(one, name, **asked) == plan.plan_authorizations(
                one, MIGRAINE, **asked
            )
            assert plan.check_booking(one, name, on="2026-03-30", **asked) == plan.check_booking(
                one, MIGRAINE, on="2026-03-30", **asked
            )
        record = TestSharedVisit().record()
        assert plan.find_shared_visit(
            record, ["migraine", "spasticity"], **asked
        ) == plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], **asked)

    def test_units_of_a_shared_visit_are_named_as_the_treatments_are(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        both = [MIGRAINE, SPASTICITY]
        record = TestSharedVisit().record()
        named = plan.find_shared_visit(record, both, planned_units={"Migraine": 155}, **asked)
        assert named == plan.find_shared_visit(
            record, both, planned_units={"chronic-migraine": 155}, **asked
        )

    @pytest.mark.parametrize(
        ("units", "message"),
        [
            ({"cervical-dystonia": 100}, "not planned; planned are chronic-migraine, spasticity"),
            ({"migraine": 100, "Migraine": 100}, "an indication twice"),
            ({"chronic-migraine": 100, "migraine": 100}, "an indication twice"),
        ],
    )
    def test_units_that_no_treatment_takes_are_refused(
        self, units: dict[str, int], message: str
    ) -> None:
        with pytest.raises(PlanningError, match=message):
            plan.find_shared_visit(
                one, [MIGRAINE, SPASTICITY], as_of="2026-03-01", planned_units=units
            )

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(bs.UnknownProtocolError, match="did you mean chronic-migraine"):
            plan.find_shared_visit(
                one,
                [MIGRAINE, SPASTICITY],
                as_of="2026-03-01",
                planned_units={"chronic-migrane": 155},
            )
        with pytest.raises(bs.UnknownProtocolError):
            plan.first_bookable_day(one, "chronic-migrane", as_of="2026-03-01")


class TestWhatIsPlannedIsKnown:
    """Holds, discharges and authorizations bind from the day they are recorded."""

    def test_a_planned_hold_moves_the_day(self) -> None:
        hold = {"first": "2027-01-01", "last": "2027-02-28", "reason": "surgery"}
        record = record_of({"administered_on": "2026-10-22"}, holds=[hold])
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-11-26")
        assert found.on == date(2027, 3, 1)
        for on, constraints in (("2027-02-28", (Constraint.IN_HOLD,)), ("2027-03-01", ())):
            offer = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-11-26")
            assert offer.constraints == constraints

    @pytest.mark.parametrize(
        ("decision", "as_of", "on"),
        [
            pytest.param({"recorded_on": "2026-03-02"}, "2026-03-01", "2026-03-30", id="eve"),
            pytest.param({"recorded_on": "2026-03-02"}, "2026-03-02", "2026-04-21", id="recorded"),
            pytest.param({"withdrawn_on": "2026-03-02"}, "2026-03-01", "2026-04-21", id="stands"),
            pytest.param(
                {"withdrawn_on": "2026-03-02"}, "2026-03-02", "2026-03-30", id="withdrawn"
            ),
        ],
    )
    def test_a_hold_binds_while_it_is_known(
        self, decision: dict[str, str], as_of: str, on: str
    ) -> None:
        hold = {"first": "2026-03-20", "last": "2026-04-20", "reason": "surgery", **decision}
        found = plan.first_bookable_day(record_of({}, holds=[hold]), MIGRAINE, as_of=as_of)
        assert str(found.on) == on

    @pytest.mark.parametrize(("on", "on_offer"), [("2026-03-31", True), ("2026-03-30", False)])
    def test_nothing_is_offered_from_a_discharge_on(self, on: str, on_offer: bool) -> None:
        record = record_of({}, care_ends=[{"on": on, "kind": "discontinued"}])
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01")
        assert (found.on == date(2026, 3, 30)) is on_offer
        assert found.refused[Constraint.CARE_ENDED] > 0
        planned = plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01")
        assert [str(s.on) for s in planned.sessions] == ["2026-03-30"] * on_offer

    def test_an_open_hold_leaves_nothing_to_plan(self) -> None:
        record = record_of({}, holds=[{"first": "2026-03-20", "reason": "pregnancy"}])
        assert plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01").sessions == ()
        first = bs.PatientRecord.model_validate({"holds": record.holds})
        assert plan.plan_authorizations(first, MIGRAINE, as_of="2026-03-21").sessions == ()

    def test_a_hold_before_a_first_treatment_is_waited_for(self) -> None:
        hold = {"first": "2026-03-01", "last": "2026-03-20", "reason": "infection"}
        record = bs.PatientRecord.model_validate({"holds": [hold]})
        assert plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01").on == date(2026, 3, 21)
        planned = plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01")
        assert [s.on for s in planned.sessions] == [date(2026, 3, 21)]

    @pytest.mark.parametrize(
        ("decision", "as_of", "covers"),
        [
            ({"withdrawn_on": "2026-03-02"}, "2026-03-01", True),
            ({"withdrawn_on": "2026-03-02"}, "2026-03-02", False),
            ({"recorded_on": "2026-03-02"}, "2026-03-01", None),
            ({"recorded_on": "2026-03-02"}, "2026-03-02", True),
        ],
    )
    def test_an_authorization_counts_while_it_is_known(
        self, decision: dict[str, str], as_of: str, covers: bool | None
    ) -> None:
        record = record_of({}, authorizations=[approved(**decision)])
        offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of=as_of)
        found = None if offer.authorization is None else offer.authorization.covers
        assert found is covers

    def test_the_authorization_recorded_last_counts(self) -> None:
        old = approved(id="a", sessions=1, recorded_on="2026-01-01")
        new = approved(id="a", sessions=2, recorded_on="2026-03-02")
        record = record_of({}, authorizations=[old, new])
        for as_of, bookable in (("2026-03-01", False), ("2026-03-02", True)):
            offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of=as_of)
            assert offer.bookable is bookable


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
        record = TestSharedVisit().record()
        visit = plan.find_shared_visit(
            record, [MIGRAINE, SPASTICITY], as_of="2026-03-01", policy=policy
        )
        assert (visit.on, visit.emptied_by) == (None, Constraint.NOT_AUTHORIZED)


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


class TestHorizon:
    @pytest.mark.parametrize("as_of", ["2026-03-01", "2026-06-01"])
    def test_of_366_days(self, as_of: str) -> None:
        day = date.fromisoformat(as_of)
        found = plan.bookable_days(one, MIGRAINE, as_of=day, until=day + 366 * DAY)
        assert max(offered.on for offered in found) == day + 366 * DAY
        with pytest.raises(bs.errors.CountError, match="more than 366 days after as_of"):
            plan.bookable_days(one, MIGRAINE, as_of=day, until=day + 367 * DAY)

    def test_a_hold_of_thousands_of_years_ends_the_search(self) -> None:
        hold = {"first": "2026-04-06", "last": "9998-12-31", "reason": "unknown"}
        rows = [{**MIGRAINE_ROW, "indication": "spasticity", "administered_on": "2026-01-10"}]
        record = bs.PatientRecord.model_validate({"sessions": rows, "holds": [hold]})
        found = plan.first_bookable_day(record, SPASTICITY, as_of="2026-03-01")
        assert (found.on, found.window.days) == (date(2026, 4, 5), 3661)

    def test_a_calendar_that_never_opens_at_the_end_of_all_days(self) -> None:
        found = plan.first_bookable_day(
            bs.PatientRecord(), MIGRAINE, as_of="9999-12-30", calendar=never
        )
        assert (found.on, found.emptied_by) == (None, Constraint.CLOSED)


class TestVialsOfImpossibleUnits:
    @pytest.mark.parametrize(
        "units",
        [-1, True, False, None, "x", Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 100_001],
    )
    def test_are_refused(self, units: Any) -> None:
        with pytest.raises(PlanningError, match="more than 0 and at most 100,000"):
            plan.fewest_vials(units, "Botox")

    @pytest.mark.parametrize("size", [0, -1, True, "x", Decimal("NaN"), Decimal("Infinity")])
    def test_sizes_are_refused_too(self, size: Any) -> None:
        with pytest.raises(PlanningError, match="at least 1 unit"):
            plan.fewest_vials(155, "Botox", sizes=[100, size])

    @pytest.mark.parametrize("units", [-1, True, Decimal("NaN"), Decimal("Infinity")])
    def test_so_are_billing_units(self, units: Any) -> None:
        rule = plan.billing_rule("Botox")
        for question in (rule.billing_units, rule.product_units):
            with pytest.raises(bs.errors.UnitsError, match="from 0 to 1000000"):
                question(units)
        assert rule.billing_units(0) == rule.product_units(0) == 0


anybody = records(only_product=ONA)
"""Records of one product: sessions of all sorts, holds, overrides and ends of care."""


@st.composite
def decisions(draw: st.DrawFn) -> dict[str, Any]:
    """A hold or a discharge."""
    first = draw(WHEN)
    if draw(st.booleans()):
        return {"care_ends": (bs.CareEnd(on=first, kind="discontinued"),)}
    last = draw(st.none() | st.integers(0, 200).map(lambda count: first + count * DAY))
    return {"holds": (bs.Hold(first=first, last=last, reason="surgery"),)}


@st.composite
def nasty_records(draw: st.DrawFn) -> bs.PatientRecord:
    """Records with words that nobody knows and decisions that are taken back."""
    record = draw(anybody)
    misspelled = draw(st.sets(st.integers(0, 7), max_size=2))
    given_sessions = [
        replace(s, indication="chronic-migrane") if n in misspelled else s
        for n, s in enumerate(record.sessions)
    ]
    marks = st.none() | WHEN
    holds = []
    for hold in record.holds:
        recorded, withdrawn = draw(marks), draw(marks)
        if recorded and withdrawn and withdrawn < recorded:
            recorded, withdrawn = withdrawn, recorded
        update = {"recorded_on": recorded, "withdrawn_on": withdrawn}
        holds.append(hold.model_copy(update=update))
    return record.model_copy(update={"sessions": tuple(given_sessions), "holds": tuple(holds)})


@st.composite
def changing(draw: st.DrawFn) -> tuple[bs.TreatmentProtocol, bs.TreatmentProtocol]:
    """Two versions of one protocol, the second in force from a day on."""
    first, second, day = draw(protocols()), draw(protocols()), draw(WHEN)
    old = first.model_copy(update={"in_force": {"last": day - DAY}})
    return old, second.model_copy(update={"version": "2", "in_force": {"first": day}})


@st.composite
def payers(draw: st.DrawFn) -> bs.SchedulingPolicy:
    """A policy with a payer's minimum that is in force for a while."""
    first, last = sorted((draw(WHEN), draw(WHEN)))
    rule = bs.PayerRule(minimum=draw(intervals(most_days=150)), first=first, last=last)
    return draw(policies()).model_copy(update={"payer": (rule,)})


class TestLaws:
    @settings(max_examples=60, deadline=None)
    @given(anybody, protocols(), decisions(), WHEN)
    def test_nothing_planned_lies_inside_a_hold_or_after_a_discharge(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        decision: dict[str, Any],
        as_of: date,
    ) -> None:
        fields = {name: (*getattr(record, name), *rows) for name, rows in decision.items()}
        bound = record.model_copy(update=fields)
        asked: dict[str, Any] = {"as_of": as_of}
        offered = {day.on for day in plan.bookable_days(bound, protocol, **asked)}
        offered |= {s.on for s in plan.plan_authorizations(bound, protocol, **asked).sessions}
        visit = plan.find_shared_visit(bound, [protocol, SPASTICITY], **asked)
        offered |= {day for day in (visit.on, *(t.own_day for t in visit.tracks)) if day}
        for hold in bound.holds:
            assert not any(
                hold.first <= day and (hold.last is None or day <= hold.last) for day in offered
            )
        for end in decision.get("care_ends", ()):
            assert not any(day >= end.on > as_of for day in offered)
        assert all(day >= as_of for day in offered)

    @settings(max_examples=60, deadline=None)
    @given(anybody, protocols(), decisions(), policies(), WHEN)
    def test_a_decision_makes_no_day_bookable(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        decision: dict[str, Any],
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        asked: dict[str, Any] = {"as_of": as_of, "until": as_of + 200 * DAY}
        before = {day.on for day in plan.bookable_days(record, protocol, policy=policy, **asked)}
        fields = {name: (*getattr(record, name), *rows) for name, rows in decision.items()}
        bound = record.model_copy(update=fields)
        stricter = policy.model_copy(
            update={"payer": (*policy.payer, bs.PayerRule(sessions=2, per="1 year"))}
        )
        first = bs.forecast(record, protocol, as_of=as_of, policy=policy).dates.earliest
        for changed, chosen in ((bound, policy), (record, stricter)):
            after = {
                day.on for day in plan.bookable_days(changed, protocol, policy=chosen, **asked)
            }
            # Without a decision the first stretch of allowed days may be left out as too short.
            assert {day for day in after if first is None or day >= first} <= before

    @settings(max_examples=80, deadline=None)
    @given(nasty_records(), changing(), policies() | payers(), WHEN)
    def test_planning_agrees_with_the_dates(
        self,
        record: bs.PatientRecord,
        versions: tuple[bs.TreatmentProtocol, bs.TreatmentProtocol],
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        protocol = versions[0]
        asked: dict[str, Any] = {"as_of": as_of, "policy": policy, "other_protocols": versions}
        answer = bs.forecast(record, protocol, **asked)
        check = bs.check_date(record, protocol, on=as_of, **asked)
        found = plan.first_bookable_day(record, protocol, **asked)
        listed = [day.on for day in plan.bookable_days(record, protocol, **asked)]
        assert found.on == (listed[0] if listed else None)
        if answer.last_session_on is None:
            opened = [
                day
                for count in range(367)
                if is_first_treatment(
                    bs.check_date(record, protocol, on=(day := as_of + count * DAY), **asked)
                )
            ]
            assert (listed, check.next_allowed_on) == (opened, None)
            return
        if check.next_allowed_on is None:
            assert listed == []
        elif listed:
            assert min(listed) == check.next_allowed_on
        due = answer.dates.due
        if due is not None and due >= as_of:
            assert found.on == due
        for day in listed[:5]:
            offer = bs.check_date(record, protocol, on=day, **asked)
            assert (offer.allowed, offer.next_allowed_on) == (True, day)

    @settings(max_examples=60, deadline=None)
    @given(
        anybody,
        st.lists(authorizations(), min_size=1, max_size=2),
        st.data(),
        days(date(2025, 1, 1), date(2026, 6, 30)),
    )
    def test_a_misspelled_word_makes_no_day_bookable(
        self,
        record: bs.PatientRecord,
        approvals: list[bs.PriorAuthorization],
        data: st.DataObject,
        as_of: date,
    ) -> None:
        right = record.model_copy(update={"authorizations": tuple(approvals)})
        index = data.draw(st.integers(0, len(approvals) - 1))
        misspelled = [
            a.model_copy(update={"indication": "chronic-migrane"}) if n == index else a
            for n, a in enumerate(approvals)
        ]
        wrong = right.model_copy(update={"authorizations": tuple(misspelled)})
        asked: dict[str, Any] = {"as_of": as_of, "until": as_of + 150 * DAY}
        before, after = (
            {day.on for day in plan.bookable_days(each, MIGRAINE, **asked)}
            for each in (right, wrong)
        )
        assert after <= before


def test_equal_answers_of_a_search_have_one_hash() -> None:
    searches = [plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01") for _ in range(2)]
    both = ["chronic-migraine", "cervical-dystonia"]
    visits = [plan.find_shared_visit(one, both, as_of="2026-03-01") for _ in range(2)]
    assert (len(set(searches)), len(set(visits))) == (1, 1)


@pytest.mark.parametrize(
    "away", ["2026-03-30", date(2026, 3, 30), bs.Window(first="2026-03-30", last="2026-03-30")]
)
def test_a_single_day_away_needs_no_list(away: Any) -> None:
    found = plan.first_bookable_day(one, MIGRAINE, as_of="2026-03-01", away=away)
    assert str(found.on) == "2026-03-31"
    shared = plan.find_shared_visit(one, [MIGRAINE, SPASTICITY], as_of="2026-03-01", away=away)
    assert shared.refused[plan.BookingConstraint.AWAY] == 1


def test_very_many_vials_of_almost_one_size_are_counted() -> None:
    found = plan.fewest_vials(100_000, "Botox", sizes=["1.000001", "1"])
    assert [(vial.units, vial.count) for vial in found.vials] == [(Decimal(1), 100_000)]
    assert found.discarded == 0


class TestBookingsOfAVisit:
    def test_the_visit_takes_the_place_of_its_bookings(self) -> None:
        given = bs.PatientRecord(
            sessions=[
                {
                    "administered_on": day,
                    "indication": indication,
                    "product": "Botox",
                    "units": units,
                    "status": status,
                }
                for indication, units in (
                    ("chronic-migraine", 155),
                    ("spasticity", 200),
                    ("cervical-dystonia", 40),
                )
                for day, status in (("2026-01-05", "completed"), ("2026-04-06", "booked"))
            ]
        )
        units = {"chronic-migraine": 155, "spasticity": 205}
        visit = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-04-06", planned_units=units
        )
        assert visit.on == date(2026, 4, 6)
        totals = {
            c.total for t in visit.tracks for c in t.limit_checks if c.chosen and c.maximum == 400
        }
        assert Decimal(400) in totals
        assert max(totals) == Decimal(400)


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


class TestEachBookableDay:
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


class TestTheSharedDay:
    def test_without_any_history_the_first_day_counts(self) -> None:
        names = ["chronic-migraine", "spasticity"]
        visit = plan.find_shared_visit(bs.PatientRecord(), names, as_of="2026-03-02")
        assert visit.on == date(2026, 3, 2)

    def test_units_booked_for_the_day_are_planned_as_in_the_check_of_that_day(self) -> None:
        given = [GIVEN, {**GIVEN, "administered_on": "2026-01-12", "indication": "spasticity"}]
        booked = {**GIVEN, "administered_on": "2026-04-06", "status": "booked", "units": 155}
        record = bs.PatientRecord(sessions=[*given, booked])
        visit = plan.find_shared_visit(
            record, ["chronic-migraine", "spasticity"], as_of="2026-03-01"
        )
        assert visit.on == date(2026, 4, 6)
        checked = bs.check_date(record, "chronic-migraine", on=visit.on, as_of="2026-03-01")
        planned = {check.planned for check in visit.tracks[0].limit_checks}
        assert planned == {check.planned for check in checked.limit_checks} == {155}

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


class TestVialsOfOneProduct:
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
