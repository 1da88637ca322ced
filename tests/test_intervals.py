"""Intervals, ranges and windows: what the values mean."""

import csv
import json
import pickle
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import Interval, IntervalRange, SchedulingPolicy, ShortMonth, Window
from botox_schedule.dates.days import as_day, days_text, is_day_pattern, near
from botox_schedule.dates.intervals import positive_interval
from botox_schedule.errors import CalendarRangeError, DayError, IntervalError
from botox_schedule.testing import days, interval_ranges, intervals
from samples import protocol, rule

VECTORS = Path(__file__).parent / "vectors"


def rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add_months_by_hand(day: date, months: int) -> date:
    """A second opinion: count the months, then step back until the day exists."""
    index = day.year * 12 + day.month - 1 + months
    for number in range(day.day, 0, -1):
        try:
            return date(index // 12, index % 12 + 1, number)
        except ValueError:
            continue
    raise AssertionError


class TestIntervalText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("12 weeks", Interval(weeks=12)),
            ("1 week", Interval(weeks=1)),
            ("3 months", Interval(months=3)),
            ("12 weeks + 1 day", Interval(weeks=12, days=1)),
            ("6 months - 4 days", Interval(months=6, days=-4)),
            ("1 year", Interval(months=12)),
            ("1 year + 6 months", Interval(months=18)),
            ("- 4 days", Interval(days=-4)),
            ("  12  WEEKS ", Interval(weeks=12)),
            ("0 days", Interval()),
            ("P12W", Interval(weeks=12)),
            ("P3M", Interval(months=3)),
            ("P12W1D", Interval(weeks=12, days=1)),
            ("P1Y", Interval(months=12)),
            ("P-4D", Interval(days=-4)),
            ("P0D", Interval()),
        ],
    )
    def test_words_and_iso_8601_are_read(self, text: str, expected: Interval) -> None:
        assert Interval.parse(text) == expected

    @pytest.mark.parametrize(
        "text",
        ["", "12", "weeks", "1.5 weeks", "12 weeks 3 days", "12 weeks +", "PT3M", "P", "P3",
         "p12w", "1 fortnight", "+", "--4 days", "12 weeksweeks", "3 months, 2 days", "\u0661 week",
         "x" * 101, "99999999 weeks", "10q12 weeks", "1every 2 weeks"],
    )  # fmt: skip
    def test_other_text_is_refused_with_an_example(self, text: str) -> None:
        with pytest.raises(IntervalError, match="give text such as '12 weeks'"):
            Interval.parse(text)

    def test_an_interval_that_leaves_the_calendar_is_refused(self) -> None:
        with pytest.raises(IntervalError, match="more than 4000000 units"):
            Interval.parse("4000001 days")
        assert Interval.parse("4000000 days").days == 4_000_000

    def test_a_thing_that_is_no_text_is_refused(self) -> None:
        with pytest.raises(IntervalError):
            Interval.parse(84)  # type: ignore[arg-type]

    @pytest.mark.parametrize("number", [84, 84.0, True, timedelta(days=84)])
    def test_numbers_are_refused_in_fields(self, number: object) -> None:
        with pytest.raises(ValidationError):
            Interval.model_validate(number)

    @pytest.mark.parametrize("count", ["12", 12.0, True])
    def test_counts_are_whole_numbers(self, count: object) -> None:
        with pytest.raises(ValidationError):
            Interval(weeks=count)

    @given(intervals())
    def test_every_form_reads_back(self, interval: Interval) -> None:
        assert Interval.parse(str(interval)) == interval
        assert Interval.parse(interval.isoformat()) == interval
        assert Interval.model_validate_json(interval.model_dump_json()) == interval
        assert eval(repr(interval)) == interval  # noqa: S307 - the repr can be pasted back

    @given(st.integers(-99, 99), st.integers(-99, 99), st.integers(-99, 99))
    def test_negative_parts_read_back_too(self, months: int, weeks: int, extra: int) -> None:
        interval = Interval(months=months, weeks=weeks, days=extra)
        assert Interval.parse(str(interval)) == interval
        assert Interval.parse(interval.isoformat()) == interval

    def test_json_is_the_text_form(self) -> None:
        assert json.loads(Interval(weeks=12, days=1).model_dump_json()) == "12 weeks + 1 day"
        assert Interval.model_json_schema()["type"] == "string"

    def test_a_unit_is_kept_as_it_was_stated(self) -> None:
        assert Interval.parse("12 weeks") != Interval.parse("84 days")


@pytest.mark.parametrize("number", [84, 84.0, True])
def test_a_number_is_told_what_to_give_instead(number: Any) -> None:
    with pytest.raises(ValidationError, match="not an interval; give text such as '12 weeks'"):
        SchedulingPolicy(payer_minimum=number)
    with pytest.raises(ValidationError, match="not a range of intervals; give text such as"):
        SchedulingPolicy(usual={"overactive-bladder": number})


class TestIntervalArithmetic:
    @pytest.mark.parametrize(
        "row", rows("month_overflow.csv"), ids=lambda r: f"{r['start']}+{r['months']}"
    )
    def test_both_short_month_rules_follow_the_published_table(self, row: dict[str, str]) -> None:
        interval = Interval(months=int(row["months"]))
        start = date.fromisoformat(row["start"])
        assert str(interval.after(start)) == row["clamp_dateutil_4_0_0"]
        first_of_next = interval.after(start, short_month=ShortMonth.FIRST_OF_NEXT)
        assert str(first_of_next) == row["first_of_next_month_CDSi"]

    @pytest.mark.parametrize(
        "row",
        [row for row in rows("cdsi_date_rules.csv") if "DISPUTED" not in row["rule"]],
        ids=lambda row: f"{row['start']} {row['offset']}",
    )
    def test_the_date_rules_of_the_cdc_hold(self, row: dict[str, str]) -> None:
        interval = Interval.parse(row["offset"])
        assert (
            str(interval.after(row["start"], short_month=ShortMonth.FIRST_OF_NEXT))
            == row["expected"]
        )

    def test_the_cdc_table_is_complete_but_for_one_row(self) -> None:
        assert sum("DISPUTED" not in row["rule"] for row in rows("cdsi_date_rules.csv")) == 16

    def test_a_case_of_the_cdc_tells_the_two_rules_of_short_months_apart(self) -> None:
        """Case 2023-UC-0058."""
        months = Interval(months=5)
        assert months.after("2021-09-29") == date(2022, 2, 28)
        first = ShortMonth.FIRST_OF_NEXT
        assert months.after("2021-09-29", short_month=first) == date(2022, 3, 1)

    def test_months_come_before_days(self) -> None:
        interval = Interval.parse("1 month + 1 day")
        assert interval.after("2026-01-30") == date(2026, 3, 1)
        assert interval.before("2026-03-31") == date(2026, 2, 27)

    def test_before_rolls_forward_too_under_the_cdc_rule(self) -> None:
        month = Interval(months=1)
        assert month.before("2026-03-31", short_month=ShortMonth.FIRST_OF_NEXT) == date(2026, 3, 1)

    def test_the_rule_can_be_given_as_text(self) -> None:
        month = Interval(months=1)
        short_month = "first_of_next"
        assert month.after("2026-01-31", short_month=short_month) == date(2026, 3, 1)
        with pytest.raises(ValueError, match="short_month: give one of last_day"):
            month.after("2026-01-31", short_month="next")

    def test_chained_months_are_not_multiples(self) -> None:
        quarter = Interval(months=3)
        assert quarter.times(2).after("2026-11-30") == date(2027, 5, 30)
        assert quarter.after(quarter.after("2026-11-30")) == date(2027, 5, 28)

    @pytest.mark.parametrize(
        ("interval", "start"),
        [
            (Interval(weeks=1), date.max),
            (Interval(months=1), date.max),
            (Interval(days=-1), date.min),
            (Interval(months=4_000_000), date(2026, 1, 1)),
            (Interval(weeks=4_000_000), date(2026, 1, 1)),
        ],
    )
    def test_a_date_beyond_the_calendar_is_a_clear_error(
        self, interval: Interval, start: date
    ) -> None:
        with pytest.raises(CalendarRangeError, match="years 1 to 9999"):
            interval.after(start)

    def test_the_last_day_of_the_calendar_can_be_reached(self) -> None:
        assert Interval(weeks=1).after(date(9999, 12, 24)) == date.max
        with pytest.raises(CalendarRangeError):
            Interval(months=1).after(date(9999, 12, 1))

    @pytest.mark.parametrize(
        "start", [datetime(2026, 1, 5, tzinfo=UTC), 20260105, "2026-1-5", "5 Jan 2026", None]
    )
    def test_only_a_day_is_a_start(self, start: object) -> None:
        with pytest.raises(DayError):
            Interval(weeks=12).after(start)  # type: ignore[arg-type]

    @given(intervals(), days(), days())
    def test_a_later_start_never_gives_an_earlier_date(
        self, interval: Interval, a: date, b: date
    ) -> None:
        for short_month in ShortMonth:
            early, late = sorted((a, b))
            assert interval.after(early, short_month=short_month) <= interval.after(
                late, short_month=short_month
            )

    @given(st.integers(-50, 50), days(), st.integers(-400, 400))
    def test_without_months_it_shifts_with_its_start(
        self, weeks: int, day: date, shift: int
    ) -> None:
        interval = Interval(weeks=weeks, days=3)
        by = timedelta(days=shift)
        assert interval.after(day + by) == interval.after(day) + by

    @given(st.integers(0, 60), days())
    def test_months_agree_with_a_second_opinion(self, months: int, day: date) -> None:
        assert Interval(months=months).after(day) == add_months_by_hand(day, months)
        assert Interval(months=months).before(day) == add_months_by_hand(day, -months)

    @given(intervals(), days(), st.integers(0, 6))
    def test_multiples_are_counted_from_one_anchor(
        self, interval: Interval, day: date, k: int
    ) -> None:
        multiple = Interval(
            months=interval.months * k, weeks=interval.weeks * k, days=interval.days * k
        )
        assert interval.times(k).after(day) == multiple.after(day)

    @given(intervals(), days())
    def test_day_bounds_hold_from_every_start(self, interval: Interval, day: date) -> None:
        smallest, largest = interval.day_bounds
        for short_month in ShortMonth:
            assert smallest <= (interval.after(day, short_month=short_month) - day).days <= largest

    @pytest.mark.parametrize("months", [1, 2, 3, 4, 6, 12, 13, -3])
    def test_day_bounds_are_reached(self, months: int) -> None:
        interval = Interval(months=months)
        spans = {
            (interval.after(start) - start).days
            for start in (date(1896, 1, 1) + timedelta(days=n) for n in range(4 * 1461))
        }
        assert interval.day_bounds == (min(spans), max(spans))

    def test_day_bounds_of_whole_calendars(self) -> None:
        assert Interval(months=4800).day_bounds == (146_097, 146_097)
        assert Interval(months=4801).day_bounds == (146_125, 146_128)


class TestIntervalRange:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("3 to 4 months", Interval(months=3), Interval(months=4)),
            ("12 weeks", Interval(weeks=12), Interval(weeks=12)),
            ("12 weeks to 4 months", Interval(weeks=12), Interval(months=4)),
            ("0 to 3 days", Interval(), Interval(days=3)),
            ("P12W to P16W", Interval(weeks=12), Interval(weeks=16)),
            ("  3  to   4  months ", Interval(months=3), Interval(months=4)),
        ],
    )
    def test_text_is_read(self, text: str, first: Interval, last: Interval) -> None:
        assert IntervalRange.parse(text) == IntervalRange(first=first, last=last)

    @pytest.mark.parametrize(
        "text",
        ["", "to", "3 to", "to 4 months", "3 or 4 months", "3 to 4", "x" * 300, "10q12 weeks"],
    )
    def test_other_text_is_refused(self, text: str) -> None:
        with pytest.raises(IntervalError):
            IntervalRange.parse(text)

    def test_a_thing_that_is_no_text_is_refused(self) -> None:
        with pytest.raises(IntervalError, match="3 to 4 months"):
            IntervalRange.parse(3)  # type: ignore[arg-type]

    def test_an_order_that_depends_on_the_start_is_refused(self) -> None:
        with pytest.raises(IntervalError, match="shorter from every start"):
            IntervalRange.parse("3 months to 13 weeks")
        assert str(IntervalRange.parse("3 months to 92 days")) == "3 months to 92 days"
        with pytest.raises(IntervalError):
            IntervalRange.parse("3 months to 91 days")

    def test_a_thousand_years_are_the_most(self) -> None:
        for most in ("1000 years", "365250 days"):
            assert str(IntervalRange.parse(f"3 weeks to {most}").last) == str(Interval.parse(most))
        for more in ("365251 days", "12001 months", "9999 years", "52179 weeks"):
            with pytest.raises(IntervalError, match="longer than 1000 years; check its unit"):
                IntervalRange.parse(f"3 weeks to {more}")

    def test_equal_bounds_are_a_range_of_one_interval(self) -> None:
        months = Interval(months=3)
        assert IntervalRange(first=months, last=months).after("2026-01-31").days == 1

    @given(interval_ranges(), days())
    def test_both_ends_are_in_its_window_and_the_days_around_are_not(
        self, interval_range: IntervalRange, day: date
    ) -> None:
        window = interval_range.after(day)
        assert interval_range.first.after(day) in window
        assert interval_range.last.after(day) in window
        assert window.last + timedelta(days=1) not in window
        assert window.first - timedelta(days=1) not in window

    @given(interval_ranges())
    def test_every_form_reads_back(self, interval_range: IntervalRange) -> None:
        assert IntervalRange.parse(str(interval_range)) == interval_range
        assert IntervalRange.model_validate_json(interval_range.model_dump_json()) == interval_range

    def test_json_schema_is_text(self) -> None:
        assert IntervalRange.model_json_schema()["type"] == "string"


class TestWindow:
    def test_a_window_that_ends_before_it_starts_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="give first <= last"):
            Window(first="2026-03-02", last="2026-03-01")

    def test_one_day_is_a_window(self) -> None:
        assert Window(first=date(2026, 3, 1), last=date(2026, 3, 1)).days == 1

    def test_text_days_are_in_it_and_datetimes_are_refused(self) -> None:
        window = Window(first=date(2026, 3, 1), last=date(2026, 3, 2))
        assert "2026-03-02" in window
        assert "2026-03-03" not in window
        with pytest.raises(DayError):
            _ = datetime(2026, 3, 1) in window  # noqa: DTZ001

    def test_apart_windows_have_no_intersection(self) -> None:
        march = Window(first=date(2026, 3, 1), last=date(2026, 3, 31))
        april = Window(first=date(2026, 4, 1), last=date(2026, 4, 30))
        assert march.intersection(april) is None
        assert march.intersection(march) == march

    def test_its_text_names_both_ends(self) -> None:
        assert (
            str(Window(first=date(2026, 3, 1), last=date(2026, 3, 2))) == "2026-03-01 to 2026-03-02"
        )


@pytest.mark.parametrize(
    "value",
    [
        Interval.parse("12 weeks + 1 day"),
        IntervalRange.parse("3 to 4 months"),
        Window(first=date(2026, 3, 1), last=date(2026, 3, 2)),
    ],
)
def test_values_are_frozen_hashable_and_survive_copies(
    value: Interval | IntervalRange | Window,
) -> None:
    name = next(iter(type(value).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, name, None)
    assert hash(value) == hash(deepcopy(value))
    assert pickle.loads(pickle.dumps(value)) == value
    assert type(value).model_validate_json(value.model_dump_json()) == value
    with pytest.raises(ValidationError):
        type(value).model_validate({"surprise": 1})


class TestRangeTexts:
    """A first bound without a unit takes the last one's, where there is only one."""

    @pytest.mark.parametrize(
        "text", ["3 to 4 months + 1 day", "3 to 4 months+1 week+1 day", "3 to 1 year - 4 days"]
    )
    def test_a_bare_number_before_a_sum_is_refused(self, text: str) -> None:
        with pytest.raises(IntervalError, match="without a unit"):
            IntervalRange.parse(text)

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("3 to 4 months", "3 to 4 months"),
            ("3 to 4months", "3 to 4 months"),
            ("1 to 2 weeks", "1 to 2 weeks"),
            ("3 months to 4 months + 1 day", "3 months to 4 months + 1 day"),
            (
                "3 months + 1 week to 4 months + 1 week",
                "3 months + 1 week to 4 months + 1 week",
            ),
            ("12 weeks to 4 months", "12 weeks to 4 months"),
            ("1 week to 2 weeks", "1 to 2 weeks"),
        ],
    )
    def test_what_is_written_is_read_again(self, text: str, written: str) -> None:
        found = IntervalRange.parse(text)
        assert str(found) == written
        assert IntervalRange.parse(written) == found


class TestTexts:
    def test_the_shortest_effect_lasts_a_day(self) -> None:
        assert positive_interval("1 day", "an effect") == bs.Interval(days=1)
        with pytest.raises(bs.errors.IntervalError, match="longer than nothing"):
            positive_interval("0 days", "an effect")

    def test_an_interval_may_say_every(self) -> None:
        for text in ("every 12 weeks", "q12 weeks", "Every 12 weeks"):
            assert bs.Interval.parse(text) == bs.Interval(weeks=12)

    def test_bare_numbers_need_a_unit_that_is_known(self) -> None:
        assert str(bs.IntervalRange.parse("3-4 months").first) == "3 months"
        with pytest.raises(bs.errors.IntervalError, match="not an interval"):
            bs.IntervalRange.parse("3 to 4 moons")


class TestDaysAndIntervals:
    def test_each_part_of_a_sum_is_multiplied(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="12 weeks + 1 day"))
        found = bs.project_dates("2026-01-05", own, count=2)
        assert [session.target for session in found] == [date(2026, 3, 31), date(2026, 6, 24)]

    def test_bounds_know_the_years_without_a_leap_day(self) -> None:
        assert [bs.Interval(months=n).day_bounds for n in (48, 96)] == [(1460, 1461), (2921, 2922)]

    def test_what_may_be_negative_or_leaves_the_calendar_is_no_interval(self) -> None:
        with pytest.raises(bs.errors.IntervalError):
            bs.IntervalRange.parse("1 month - 30 days to 3 months")
        for text in ("4000001 days", "- 4000001 days"):
            with pytest.raises(bs.errors.IntervalError):
                bs.Interval.parse(text)

    def test_windows_that_share_one_day_share_it(self) -> None:
        one, other = (
            bs.Window(first=date(2026, 1, first), last=date(2026, 1, last))
            for first, last in ((1, 5), (5, 9))
        )
        assert one.intersection(other) == bs.Window(first=date(2026, 1, 5), last=date(2026, 1, 5))

    def test_from_the_first_day_of_the_last_year_a_period_is_open(self) -> None:
        ends = [
            bs.Hold(first="2026-01-05", last=day, reason="x").last
            for day in ("9998-12-31", "9999-01-01")
        ]
        assert ends == [date(9998, 12, 31), None]

    def test_an_argument_without_a_name_is_called_day(self) -> None:
        with pytest.raises(DayError, match=r"^day: "):
            as_day("tomorrow")

    def test_a_window_that_ends_before_it_starts_is_called_that(self) -> None:
        with pytest.raises(ValidationError, match="the window ends before"):
            bs.Window(first="2026-01-02", last="2026-01-01")

    def test_a_moment_may_lie_outside_the_calendar_in_another_zone(self) -> None:
        with pytest.raises(CalendarRangeError, match="1 to 9999"):
            bs.day_in_zone(datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Tokyo")

    @pytest.mark.parametrize(
        ("counts", "text"), [((68, 75), "68 to 75 days"), ((70, 70), "70 days"), ((1,), "1 day")]
    )
    def test_days_in_words(self, counts: tuple[int, ...], text: str) -> None:
        assert days_text(*counts) == text

    def test_near_the_ends_of_the_calendar_is_its_first_or_last_day(self) -> None:
        found = [near(date.min, -1), near(date.min, 1), near(date.max, 1)]
        assert found == [date.min, date(1, 1, 2), date.max]

    @pytest.mark.parametrize(
        "text", ["every 3 to 4 months", "3  months\tto\n4 months", "q3 months to 4 months"]
    )
    def test_a_range_of_intervals_in_other_words(self, text: str) -> None:
        assert bs.IntervalRange.parse(text) == bs.IntervalRange.parse("3 to 4 months")

    def test_both_ends_of_a_range_follow_the_rule_of_short_months(self) -> None:
        found = bs.IntervalRange.parse("1 to 4 months").after(
            "2025-10-31", short_month=bs.ShortMonth.FIRST_OF_NEXT
        )
        assert (found.first, found.last) == (date(2025, 12, 1), date(2026, 3, 1))

    @pytest.mark.parametrize(
        ("pattern", "is_one"), [("%G-W%V-%u", True), ("%d.%m.%y", True), ("%d.%m.", False)]
    )
    def test_a_pattern_of_days_has_a_year_of_any_kind(self, pattern: str, is_one: bool) -> None:
        assert is_day_pattern(pattern) is is_one


class TestOtherSpellings:
    """As clinics write them, and as our own sentences do: "the 12-week minimum"."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("12-week", "12 weeks"),
            ("12\u2011week", "12 weeks"),
            ("3-months", "3 months"),
            ("3 mths", "3 months"),
            ("6-months - 4-days", "6 months - 4 days"),
            ("12-weekly", "12 weeks"),
            ("3 monthly", "3 months"),
            ("each 12 weeks", "12 weeks"),
        ],
    )
    def test_of_an_interval(self, text: str, said: str) -> None:
        assert str(Interval.parse(text)) == said

    @pytest.mark.parametrize(
        "text", ["12\u201416 weeks", "12-16-week", "12 to 16-weeks", "12-16 weekly"]
    )
    def test_of_a_range(self, text: str) -> None:
        assert str(IntervalRange.parse(text)) == "12 to 16 weeks"

    @pytest.mark.parametrize("text", ["12w-16w", "12 weeks - 16 weeks"])
    def test_a_range_between_amounts_is_told_how_to_write_it(self, text: str) -> None:
        with pytest.raises(IntervalError, match="such as '12 to 16 weeks' cannot be negative"):
            IntervalRange.parse(text)

    @pytest.mark.parametrize("text", ["12--week", "12 - week", "-week", "12-", "12-16"])
    def test_what_says_too_little_is_refused(self, text: str) -> None:
        with pytest.raises(IntervalError):
            Interval.parse(text)
