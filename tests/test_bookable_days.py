"""The days on which a visit can be booked, and the first of them."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import BookingConstraint as Constraint
from botox_schedule.testing import policies, protocols, record_from_gaps, records
from planning_samples import (
    DAY,
    GIVEN,
    MIGRAINE,
    MIGRAINE_ROW,
    ONA,
    SPASTICITY,
    WHEN,
    authorizations,
    calendars,
    fits,
    is_first_treatment,
    never,
    one,
    preferred,
)

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


class TestWords:
    """The words of each answer, in full."""

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
