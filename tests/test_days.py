"""What is a calendar day, in fields and in functions."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule import day_in_zone, due_dates, find_protocol
from botox_schedule.dates import Day, as_day
from botox_schedule.dates.days import day_by_pattern
from botox_schedule.errors import DayError
from botox_schedule.testing import days


def field() -> TypeAdapter[date]:
    """A field of the type, built anew so that each test builds its schema too."""
    return TypeAdapter(Day)


class Timestamp(datetime):
    """A stand-in for pandas' Timestamp, which is a datetime too."""


class Birthday(date):
    """A date of another class."""


NO_DAYS = [
    pytest.param(datetime(2026, 1, 5), id="midnight"),  # noqa: DTZ001
    pytest.param(datetime(2026, 1, 5, 9, tzinfo=UTC), id="aware"),
    pytest.param(Timestamp(2026, 1, 5), id="Timestamp"),
    pytest.param(1735689600, id="seconds"),
    pytest.param(1735689600.5, id="float"),
    pytest.param("1735689600", id="seconds as text"),
    pytest.param("2026-1-5", id="no leading zeros"),
    pytest.param("01/05/2026", id="US date"),
    pytest.param("2026-01-05T00:00:00", id="ISO datetime"),
    pytest.param("20260105", id="basic ISO"),
    pytest.param(" 2026-01-05", id="space"),
    pytest.param("2026-01-05\n", id="line end"),
    pytest.param("\u0662\u0660\u0662\u0666-01-05", id="other digits"),
    pytest.param(b"2026-01-05", id="bytes"),
    pytest.param(True, id="bool"),
    pytest.param(None, id="None"),
    pytest.param([2026, 1, 5], id="list"),
]


class TestDay:
    @pytest.mark.parametrize("value", NO_DAYS)
    def test_fields_refuse_what_is_no_day_and_say_what_to_give(self, value: object) -> None:
        with pytest.raises(ValidationError, match=r"give a date, or text such as '2026-01-05'"):
            field().validate_python(value)

    def test_an_impossible_day_is_called_that_and_not_a_wrong_format(self) -> None:
        with pytest.raises(ValidationError, match="the calendar has no such day"):
            field().validate_python("2026-02-30")
        with pytest.raises(DayError, match="administered_on: the calendar has no such day"):
            due_dates("2026-02-29", find_protocol("chronic-migraine"))

    @pytest.mark.parametrize("value", NO_DAYS)
    def test_functions_refuse_it_too(self, value: object) -> None:
        with pytest.raises(DayError, match=r"administered_on: give a date, or text such as"):
            due_dates(value, find_protocol("chronic-migraine"))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "text", ["1735689600", '"1735689600"', '"2026-01-05T00:00:00"', "null"]
    )
    def test_json_takes_only_the_text_form(self, text: str) -> None:
        with pytest.raises(ValidationError, match="not a calendar day"):
            field().validate_json(text)

    def test_a_datetime_is_pointed_to_the_helper(self) -> None:
        with pytest.raises(DayError, match="day_in_zone"):
            due_dates(datetime(2026, 1, 5), find_protocol("chronic-migraine"))  # noqa: DTZ001

    def test_the_error_is_a_type_error_and_a_value_error(self) -> None:
        assert issubclass(DayError, TypeError)
        assert issubclass(DayError, ValueError)

    def test_the_error_does_not_show_the_value(self) -> None:
        with pytest.raises(DayError) as caught:
            due_dates("1931-02-03 Smith", find_protocol("chronic-migraine"))
        assert "Smith" not in str(caught.value)

    @given(days(date.min, date.max))
    def test_dates_and_their_text_are_days(self, day: date) -> None:
        text = day.isoformat()
        assert field().validate_python(day) == field().validate_python(text) == day
        assert field().validate_json(f'"{text}"') == day

    def test_another_class_of_date_becomes_a_plain_one(self) -> None:
        dates = due_dates(Birthday(2026, 1, 5), find_protocol("chronic-migraine"))
        assert type(dates.earliest) is date

    def test_its_json_schema_is_a_date(self) -> None:
        assert field().json_schema() == {"type": "string", "format": "date"}


class Nowhere(tzinfo):
    """A time zone without an offset."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> None:
        return None


class TestDayInZone:
    def test_the_clinic_is_still_on_the_day_before(self) -> None:
        moment = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
        assert day_in_zone(moment, "America/Los_Angeles") == date(2026, 3, 7)

    def test_the_clinic_is_already_on_the_day_after(self) -> None:
        moment = datetime(2026, 7, 5, 21, tzinfo=UTC)
        assert day_in_zone(moment, "Pacific/Auckland") == date(2026, 7, 6)

    @given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001
    def test_a_fixed_offset_only_shifts_the_clock(self, moment: datetime, hours: int) -> None:
        zone = timezone(timedelta(hours=hours))
        aware = moment.replace(tzinfo=UTC)
        assert day_in_zone(aware, zone) == (moment + timedelta(hours=hours)).date()

    @pytest.mark.parametrize("moment", [date(2026, 1, 5), "2026-01-05T09:00Z", 0, None])
    def test_only_a_datetime_has_a_day_in_a_zone(self, moment: object) -> None:
        with pytest.raises(DayError, match="give an aware datetime"):
            day_in_zone(moment, "UTC")  # type: ignore[arg-type]

    def test_the_missing_moment_of_pandas_is_none(self) -> None:
        missing = pytest.importorskip("pandas", reason="pandas is not installed").NaT
        with pytest.raises(DayError, match=r"moment: give an aware datetime$"):
            day_in_zone(missing, "UTC")
        with pytest.raises(DayError, match=r"a NaTType is not a calendar day$"):
            as_day(missing)

    @pytest.mark.parametrize("tz", [None, Nowhere()])
    def test_a_naive_datetime_is_refused(self, tz: tzinfo | None) -> None:
        with pytest.raises(DayError, match="no time zone"):
            day_in_zone(datetime(2026, 1, 5, tzinfo=tz), "UTC")

    @pytest.mark.parametrize(
        "zone", ["", "Los Angeles", "../etc/passwd", "/etc/localtime", "Europe", 5, None]
    )
    def test_an_unknown_zone_is_refused(self, zone: object) -> None:
        with pytest.raises(DayError, match="give an IANA name"):
            day_in_zone(datetime(2026, 1, 5, tzinfo=UTC), zone)  # type: ignore[arg-type]


class TestPatterns:
    @pytest.mark.parametrize(
        ("text", "pattern"),
        [("2026-01-05", "mdy"), ("5/1/2026", "%Y-%m-%d"), ("1052026", "%d%m%Y")],
    )
    def test_a_text_that_no_pattern_fits_is_called_that(self, text: str, pattern: str) -> None:
        with pytest.raises(bs.errors.DayError, match=r"^not a day by that pattern$"):
            day_by_pattern(text, pattern)
