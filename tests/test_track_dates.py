"""The four dates of a track and its typical day, between holds, versions and discharges."""

from datetime import date
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.engine.dates import track_dates, unbroken, usual_window
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.records.model import Hold
from samples import (
    CHRONIC_MIGRAINE,
    FIRST_OF_NEXT,
    GIVEN,
    MIGRAINE,
    ended,
    held,
    override,
    protocol,
    record,
    rule,
    track_on,
)


class TestDatesAndHolds:
    FIVE: ClassVar[Any] = {"first": "2026-04-03", "last": "2026-04-10", "reason": "x"}

    def dates(self, own: Any = MIGRAINE, as_of: str = "2026-02-01", **rows: Any) -> bs.DueDates:
        policy = rows.pop("policy", None)
        given = rows.pop("given", None) or record("2026-01-05", **rows)
        return bs.forecast(given, own, as_of=as_of, policy=policy).dates

    def test_holds_that_touch_are_one(self) -> None:
        holds = [
            {"first": "2026-03-20", "last": "2026-04-04", "reason": "a"},
            {"first": "2026-04-05", "last": "2026-04-09", "reason": "b"},
        ]
        given = record("2026-01-05", holds=holds)
        for as_of in ("2026-02-01", "2026-03-30"):
            found = bs.forecast(given, MIGRAINE, as_of=as_of)
            assert found.dates.earliest == date(2026, 4, 10)
        assert found.resumes_on == date(2026, 4, 10)

    @pytest.mark.parametrize(
        ("begins", "overdue_from"),
        [("2026-04-18", date(2026, 4, 28)), ("2026-04-19", date(2026, 4, 18))],
    )
    def test_a_hold_on_the_day_of_becoming_overdue_gives_the_grace_again(
        self, begins: str, overdue_from: date
    ) -> None:
        second = {"first": begins, "last": "2026-04-20", "reason": "y"}
        assert self.dates(holds=[self.FIVE, second]).overdue_from == overdue_from

    def test_the_grace_after_a_hold_counts_in_the_policys_months(self) -> None:
        hold = {"first": "2026-12-25", "last": "2027-01-30", "reason": "x"}
        for short_month, expected in (
            ("last_day", date(2027, 2, 28)),
            ("first_of_next", date(2027, 3, 1)),
        ):
            policy = bs.SchedulingPolicy(scheduled_grace="1 month", short_month=short_month)
            dates = self.dates(
                given=record("2026-09-07", holds=[hold]), as_of="2026-11-01", policy=policy
            )
            assert dates.overdue_from == expected

    def test_days_on_hold_do_not_make_a_patient_lapse(self) -> None:
        hold = {"first": "2026-05-01", "last": "2026-05-10", "reason": "x"}
        assert self.dates(holds=[hold]).lapsed_from == date(2026, 7, 2)

    def test_nobody_lapses_before_being_overdue(self) -> None:
        policy = bs.SchedulingPolicy(lapsed_after="0 days")
        dates = self.dates(holds=[self.FIVE], policy=policy)
        assert (dates.overdue_from, dates.lapsed_from) == (date(2026, 4, 18),) * 2

    def test_after_a_discharge_or_in_an_open_hold_nobody_lapses(self) -> None:
        end = {"on": "2026-06-01", "kind": "discontinued"}
        hold = {"first": "2026-06-01", "reason": "x"}
        both: tuple[dict[str, Any], ...] = ({"care_ends": [end]}, {"holds": [hold]})
        for rows in both:
            dates = self.dates(**rows)
            assert (dates.overdue_from, dates.lapsed_from) == (date(2026, 4, 7), None)

    def test_twice_the_usual_range_is_counted_once_from_the_session(self) -> None:
        own = protocol(retreatment=rule(usual="3 months"))
        assert bs.due_dates("2026-11-30", own).lapsed_from == date(2027, 5, 30)
        august = bs.due_dates("2026-08-31", own, FIRST_OF_NEXT)
        assert august.lapsed_from == date(2027, 3, 1)
        policy = bs.SchedulingPolicy(lapsed_after="6 months", short_month="first_of_next")
        assert bs.due_dates("2026-08-31", own, policy).lapsed_from == date(2027, 3, 1)

    def test_a_touch_up_moves_the_day_of_lapsing_once(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-19", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up])
        policy = bs.SchedulingPolicy(lapsed_after="20 weeks")
        assert self.dates(given=given, policy=policy).lapsed_from == date(2026, 6, 8)

    def test_the_usual_range_is_that_of_the_version_on_the_earliest_day(self) -> None:
        old = protocol(in_force={"last": "2026-02-28"})
        new = protocol(
            version="2", retreatment=rule(usual="14 weeks"), in_force={"first": "2026-03-01"}
        )
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.due == date(2026, 4, 13)

    def test_due_may_lie_in_a_later_stretch_than_the_earliest_day(self) -> None:
        dates = self.dates(overrides=[override(last="2026-03-10")])
        assert (dates.earliest, dates.due) == (date(2026, 3, 2), date(2026, 3, 30))


class TestTypicalDays:
    """A typical day is counted from the session, and never a day that is not allowed."""

    def typical(self, text: str, minimum: str | None = None, **rows: Any) -> date | None:
        as_of, policy = rows.pop("as_of", "2026-02-01"), rows.pop("policy", None)
        stated = {
            "kind": "as_needed",
            "minimum": minimum,
            "typical": text,
            "typical_statistic": "median",
        }
        given = rows.pop("given", None) or record("2026-01-05", **rows)
        own = protocol(retreatment=stated)
        return bs.forecast(given, own, as_of=as_of, policy=policy).dates.typical_on

    def test_in_the_policys_months(self) -> None:
        given = record("2025-11-30")
        found = [self.typical("3 months", given=given, policy=p) for p in (None, FIRST_OF_NEXT)]
        assert found == [date(2026, 2, 28), date(2026, 3, 1)]

    def test_not_from_a_touch_up(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up])
        assert self.typical("20 weeks", "12 weeks", given=given) == date(2026, 5, 25)

    def test_after_a_hold(self) -> None:
        hold = {"first": "2026-05-20", "last": "2026-06-10", "reason": "x"}
        for minimum in (None, "12 weeks"):
            assert self.typical("20 weeks", minimum, holds=[hold]) == date(2026, 6, 11)

    def test_not_from_a_discharge_on(self) -> None:
        for day, expected in (("2026-05-25", None), ("2026-05-26", date(2026, 5, 25))):
            end = {"on": day, "kind": "discontinued"}
            assert self.typical("20 weeks", care_ends=[end]) == expected

    def test_not_before_the_earliest_day(self) -> None:
        ended = override(last="2026-03-10")
        found = self.typical("9 weeks", "12 weeks", overrides=[ended], as_of="2026-03-20")
        assert found == date(2026, 3, 30)

    def test_in_the_version_in_force_where_nothing_is_allowed(self) -> None:
        def version(number: str, text: str, **period: str) -> bs.TreatmentProtocol:
            stated = {"kind": "as_needed", "typical": text, "typical_statistic": "median"}
            return protocol(version=number, retreatment=stated, in_force=period)

        old, new = (
            version("1", "20 weeks", last="2026-01-31"),
            version("2", "30 weeks", first="2026-02-01"),
        )
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.typical_on == date(2026, 8, 3)


class TestUnverifiedFigures:
    SOURCE: ClassVar[Any] = {"key": "k", "place": "p", "checked_on": "2026-01-05"}

    def unverified(
        self, policy: bs.SchedulingPolicy | None = None, **stated: Any
    ) -> tuple[str, ...]:
        own = protocol(retreatment={"kind": "as_needed", **stated})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01", policy=policy)
        return found.dates.unverified

    def test_an_advised_minimum_that_decides_is_one(self) -> None:
        stated = {**self.SOURCE, "value": "12 weeks", "strength": "may"}
        assert self.unverified(minimum={**stated, "verification": "unverified"}) == ("minimum",)
        assert self.unverified(minimum={**stated, "verification": "clinic"}) == ()

    def test_the_clinics_own_range_is_none(self) -> None:
        policy = bs.SchedulingPolicy(usual={"chronic-migraine": "13 weeks"})
        assert self.unverified(minimum="12 weeks", usual="12 weeks") == ("minimum", "usual")
        assert self.unverified(policy, minimum="12 weeks", usual="12 weeks") == ("minimum",)

    def test_a_typical_day_is_one_even_alone(self) -> None:
        assert self.unverified(typical="20 weeks", typical_statistic="median") == ("typical",)


class TestDatesAfterASession:
    def test_a_discharge_leaves_no_overdue_day_even_where_a_hold_lets_nobody_lapse(self) -> None:
        rows = {"holds": [held("2026-05-01")], "care_ends": [ended("2026-04-03")]}
        dates = bs.forecast(record("2026-01-05", **rows), protocol(), as_of="2026-02-01").dates
        assert dates.due == date(2026, 3, 30)
        assert (dates.overdue_from, dates.lapsed_from) == (None, None)

    def test_a_usual_range_is_that_of_the_rules_in_force(self) -> None:
        versions = [
            protocol(in_force={"last": "2026-04-30"}),
            protocol(version="2", retreatment=rule(usual="20 weeks"), in_force={"first": "2026-05-01"}),
        ]  # fmt: skip
        track = track_on("2026-02-01", record("2026-01-05"), versions[0], other_protocols=versions)
        days = (date(2026, 4, 30), date(2026, 5, 1), date(2026, 4, 30))
        windows = [usual_window(track.rules, track.rules.on(day)) for day in days]
        first = [window and window.first for window in windows]
        assert first == [date(2026, 3, 30), date(2026, 5, 25), date(2026, 3, 30)]
        held_back = HoldCalendar([Hold(first="2026-03-01", last="2026-05-10", reason="x")])
        found = [track_dates(track.rules, holds, days[0]).due for holds in (NO_HOLDS, held_back)]
        assert found == [date(2026, 3, 30), date(2026, 5, 25)]

    def test_dates_of_any_day_are_those_of_that_day_where_a_version_begins(self) -> None:
        own = protocol(in_force={"first": "2020-01-01"})
        policy = bs.SchedulingPolicy(payer_minimum="13 weeks")
        dates = bs.due_dates("2026-01-05", own, policy=policy)
        assert (dates.earliest, dates.due) == (date(2026, 4, 6), date(2026, 4, 6))
        assert dates.protocol == own.ref

    @pytest.mark.parametrize(
        ("kind", "overdue_from"),
        [("scheduled", date(2026, 4, 7)), ("as_needed", date(2026, 4, 28))],
    )
    def test_before_any_version_the_given_one_says_how_long_the_grace_is(
        self, kind: str, overdue_from: date
    ) -> None:
        own = protocol(retreatment=rule(kind=kind), in_force={"first": "2030-01-01"})
        policy = bs.SchedulingPolicy(usual={CHRONIC_MIGRAINE: "12 weeks"})
        assert bs.due_dates("2026-01-05", own, policy=policy).overdue_from == overdue_from

    def test_words_of_a_typical_day_need_that_day(self) -> None:
        stated = {"kind": "as_needed", "typical": "20 weeks", "typical_statistic": "median"}
        own = protocol(retreatment=stated)
        for holds, found in (((), "median"), ([held("2026-03-02")], None)):
            dates = bs.forecast(record("2026-01-05", holds=holds), own, as_of="2026-02-01").dates
            assert dates.typical_words == found
            assert (dates.typical_on is None) is (found is None)

    def test_dates_in_words_name_the_typical_day_if_there_is_one(self) -> None:
        days: dict[str, Any] = {"earliest": "2026-03-30", "typical_on": "2026-05-25"}
        assert "typical day 2026-05-25" in str(bs.DueDates(**days))
        assert "typical" not in str(bs.DueDates(earliest="2026-03-30"))

    def test_dates_in_words_say_which_figures_nobody_read(self) -> None:
        leg = bs.find_protocol("lower-limb-spasticity", population="pediatric")
        found = bs.due_dates("2026-01-05", leg)
        assert str(found).endswith("; unverified: minimum")
        assert '<th scope="row">unverified</th><td style="text-align:left">minimum</td>' in (
            found._repr_html_()
        )

    def test_a_window_without_a_minimum_begins_with_the_usual_range(self) -> None:
        own = protocol(retreatment=rule(minimum=None, usual="12 to 14 weeks"))
        found = bs.project_dates("2026-01-05", own, count=2)
        assert [(s.window.first, s.target, s.window.last) for s in found] == [
            (date(2026, 3, 30), date(2026, 3, 30), date(2026, 4, 13)),
            (date(2026, 6, 22), date(2026, 6, 22), date(2026, 7, 20)),
        ]


class TestDaysThatNothingBreaks:
    """From 10 to 20 March, around 15 March."""

    FIRST, LAST, DAY = date(2026, 3, 10), date(2026, 3, 20), date(2026, 3, 15)

    @pytest.mark.parametrize(
        ("holds", "days"),
        [
            ([], (10, 20)),
            ([("2026-03-20", "2026-03-20")], (10, 19)),
            ([("2026-03-21", None)], (10, 20)),
            ([("2026-03-16", None)], (10, 15)),
            ([("2026-03-15", "2026-03-16")], (17, 20)),
            ([("2026-03-10", "2026-03-10")], (11, 20)),
            ([("2026-03-01", "2026-03-09")], (10, 20)),
            ([("2026-03-01", "2026-03-19")], (20, 20)),
            ([("2026-03-01", "2026-03-20")], (10, 20)),  # no day is left, so it breaks nothing
            ([("2026-03-11", "2026-03-12"), ("2026-03-18", "2026-03-19")], (13, 17)),
        ],
    )
    def test_a_hold_breaks_them(
        self, holds: list[tuple[str, str | None]], days: tuple[int, int]
    ) -> None:
        calendar = HoldCalendar(Hold(**held(*each)) for each in holds)
        found = unbroken(None, calendar, self.FIRST, self.LAST, self.DAY)
        assert (found.first.day, found.last.day) == days

    @pytest.mark.parametrize(
        ("last", "day", "days"),
        [
            ("2026-03-30", "2026-04-02", ("2026-03-30", "2026-03-30")),
            ("2026-03-29", "2026-04-02", ("2026-03-10", "2026-03-29")),
            ("2026-04-09", "2026-04-02", ("2026-03-30", "2026-04-02")),
            ("2026-04-01", "2026-04-01", ("2026-03-30", "2026-04-01")),
            ("2026-04-09", "2026-04-03", ("2026-03-10", "2026-04-09")),  # that day is forbidden
        ],
    )
    def test_days_that_are_not_allowed_break_them(
        self, last: str, day: str, days: tuple[str, str]
    ) -> None:
        given = record("2026-01-05", care_ends=[ended("2026-04-03")])
        rules = track_on("2026-02-01", given).rules
        asked = self.FIRST, *map(date.fromisoformat, (last, day))
        assert unbroken(rules, NO_HOLDS, *asked) == bs.Window(first=days[0], last=days[1])
