"""Open days, public holidays and countdowns."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import PlanningError
from botox_schedule.testing import record_from_gaps
from planning_samples import DAY, MIGRAINE, never


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
