"""Measures of outcomes at their edges."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule import outcomes as out
from botox_schedule.errors import CountError
from botox_schedule.outcomes.figures import ExactDays, ExactWeight
from botox_schedule.testing import record_from_gaps
from samples import MIGRAINE

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


EMPTY = out.HeadacheDiary()


def count(recorded: int, headache: int, migraine: int, days: int = 28) -> out.DiaryCount:
    window = bs.Window(first=date(2026, 1, 1), last=date(2026, 1, 1) + timedelta(days=days - 1))
    return out.DiaryCount(
        window=window, recorded_days=recorded, headache_days=headache, migraine_days=migraine
    )


class TestCounts:
    @pytest.mark.parametrize(
        ("given", "met"),
        [
            (count(28, 15, 8), [True, True]),
            (count(28, 15, 7), [False, True]),
            (count(28, 14, 14), [False, False]),
            (count(28, 15, 0), [False, True]),
            (count(28, 0, 0), [False, False]),
            (count(21, 12, 6), [True, True]),
        ],
    )
    def test_the_criteria_of_chronic_migraine(self, given: out.DiaryCount, met: list[bool]) -> None:
        assert [result.met for result in out.chronic_migraine_criteria(given)] == met

    def test_the_criteria_are_about_a_month(self) -> None:
        month = out.chronic_migraine_criteria(count(31, 31, 31, days=31))
        assert [result.met for result in month] == [True, True]
        with pytest.raises(bs.errors.CountError, match="give at most 31 days"):
            out.chronic_migraine_criteria(count(32, 15, 8, days=32))

    def test_missing_days_can_count_as_free_of_headache(self) -> None:
        free = out.MissingDays.HEADACHE_FREE
        found = out.chronic_migraine_criteria(count(21, 12, 6), missing=free)
        assert [result.met for result in found] == [False, False]
        found = out.chronic_migraine_criteria(count(21, 15, 7), missing=free)
        assert [result.met for result in found] == [False, True]

    def test_weeks_are_whole_and_follow_the_measure(self) -> None:
        days = [
            {"on": date(2026, 1, 5) + timedelta(days=n), "kind": ("migraine", "headache")[n % 2]}
            for n in range(14)
        ]
        diary = out.HeadacheDiary.model_validate({"days": days})
        assert out.weekly_days(diary, "2026-01-05", "2026-01-18") == (7, 7)
        assert out.weekly_days(diary, "2026-01-05", "2026-01-17") == (7,)
        migraine = out.DiaryKind.MIGRAINE
        assert out.weekly_days(diary, "2026-01-05", "2026-01-18", migraine) == (4, 3)

    def test_cycles_end_on_the_eve_of_the_next(self) -> None:
        """28 days of one kind a cycle: a day more or less would show in its last week."""
        days = [
            {
                "on": date(2026, 1, 5) + timedelta(days=n),
                "kind": "none" if n < 27 or n >= 28 else "headache",
            }
            for n in range(56)
        ]
        diary = out.HeadacheDiary.model_validate({"days": days})
        starts = [date(2026, 1, 5), date(2026, 2, 2)]
        found = out.wear_off_across_cycles(
            diary, starts, definition="nadir_rise", as_of="2026-03-01", baseline=5
        )
        assert [cycle.weeks for cycle in found] == [(0, 0, 0, 1), (0, 0, 0, 0)]

    def test_the_baseline_reaches_every_cycle(self) -> None:
        days = [
            {
                "on": date(2026, 1, 5) + timedelta(days=n),
                "kind": "headache" if n % 7 < (1, 1, 4, 4, 4)[n // 7] else "none",
            }
            for n in range(35)
        ]
        diary = out.HeadacheDiary.model_validate({"days": days})
        asked: dict[str, Any] = {"definition": "half_of_benefit_lost", "as_of": "2026-02-08"}
        (with_baseline,) = out.wear_off_across_cycles(
            diary, [date(2026, 1, 5)], baseline=5, **asked
        )
        (without,) = out.wear_off_across_cycles(diary, [date(2026, 1, 5)], **asked)
        assert (with_baseline.is_known, with_baseline.week) == (True, 3)
        assert without.is_known is False


class TestSpasticity:
    def test_goals_say_how_far_they_came(self) -> None:
        goals = out.GoalSet.model_validate(
            {
                "set_on": "2026-01-05",
                "goals": [{"baseline": -1, "achieved": 1}, {"baseline": -2, "achieved": 0}],
            }
        )
        assert out.goal_attainment(goals).change is not None

    def test_a_grade_is_not_less_than_itself(self) -> None:
        grades = list(out.ModifiedAshworth)
        assert not any(grade < grade for grade in grades)  # noqa: PLR0124
        assert all(one < two for one, two in pairwise(grades))


class TestFractions:
    @pytest.mark.parametrize("baseline", [Fraction(1, 2), 1, 0])
    def test_a_count_may_be_nothing_or_less_than_one(self, baseline: Fraction | int) -> None:
        rule = out.find_response_rule("nice-ta260")
        assert out.judge_counts(rule, baseline=baseline, current=0, cycles=2)

    @pytest.mark.parametrize(
        ("kind", "value", "message"),
        [
            (ExactDays, "-1/3", "give a number that is not negative"),
            (ExactWeight, "0", "give a number above 0"),
            (ExactWeight, "-1", "give a number above 0"),
        ],
    )
    def test_days_and_weights_have_a_least_figure(
        self, kind: Any, value: str, message: str
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(kind).validate_python(value)
        assert caught.value.errors()[0]["msg"] == f"Value error, {message}"

    def test_the_longest_text_of_a_number_is_one(self) -> None:
        assert TypeAdapter(ExactDays).validate_python("0" * 39 + "7") == 7
        with pytest.raises(ValidationError):
            TypeAdapter(ExactDays).validate_python("0" * 40 + "7")

    @pytest.mark.parametrize("value", [Fraction(10**40), Fraction(1, 10**40), Fraction(10**400)])
    def test_a_fraction_is_not_longer_than_a_text(self, value: Fraction) -> None:
        with pytest.raises(ValidationError):
            out.GoalScore(weight=value, baseline=0, achieved=1)
        goal = out.GoalScore(weight=Fraction(10**40 - 1), baseline=0, achieved=1)
        assert out.goal_attainment(out.GoalSet(set_on="2026-01-05", goals=[goal])).change == 10

    def test_nothing_and_less_than_one_are_numbers_of_days(self) -> None:
        for value in ("0", "1/2"):
            assert TypeAdapter(ExactDays).validate_python(value) == Fraction(value)
        assert TypeAdapter(ExactWeight).validate_python("1/2") == Fraction(1, 2)


class TestPolicies:
    """What the clinic chose reaches the assessment too."""

    def test_a_longer_minimum_moves_the_end_of_the_last_cycle(self) -> None:
        record = record_from_gaps([84], starts_on=date(2026, 1, 5))
        asked: dict[str, Any] = {"rule": "nice-ta260"}
        longer = bs.SchedulingPolicy(payer_minimum="20 weeks", scheduled_grace="0 days")
        for on, policy, complete in (
            (date(2026, 6, 21), None, 1),
            (date(2026, 6, 22), None, 2),
            (date(2026, 6, 22), longer, 1),
            (date(2026, 8, 16), longer, 1),
            (date(2026, 8, 17), longer, 2),
        ):
            found = out.assess_response(EMPTY, record, MIGRAINE, as_of=on, policy=policy, **asked)
            assert (on, found.complete_cycles) == (on, complete)

    def test_a_longer_minimum_moves_the_reviews(self) -> None:
        record = record_from_gaps([84], starts_on=date(2026, 1, 5))
        longer = bs.SchedulingPolicy(payer_minimum="20 weeks")
        plain, moved = (
            {
                r.on
                for r in out.response_review_dates(
                    record, MIGRAINE, rule="nice-ta260", as_of="2026-04-10", policy=p
                )
            }
            for p in (None, longer)
        )
        assert plain != moved


class TestOutcomes:
    """Rules of outcomes that no test had stated."""

    def test_the_change_of_a_goal_is_what_was_gained(self) -> None:
        goals = out.GoalSet.model_validate(
            {
                "set_on": "2026-01-05",
                "goals": [{"baseline": -2, "achieved": 1}, {"baseline": -1, "achieved": 0}],
            }
        )
        found = out.goal_attainment(goals)
        assert found.achieved is not None
        assert found.change == found.achieved - found.baseline
        assert found.change > 0

    def test_parts_of_one_cycle_are_one_cycle_where_the_policy_says_so(self) -> None:
        record = record_from_gaps([6, 84], starts_on=date(2026, 1, 5))
        week = bs.SchedulingPolicy(group_within_days=7)
        asked: dict[str, Any] = {"rule": "nice-ta260", "as_of": "2026-05-01"}
        plain = out.assess_response(EMPTY, record, MIGRAINE, **asked)
        grouped = out.assess_response(EMPTY, record, MIGRAINE, policy=week, **asked)
        assert (plain.complete_cycles, grouped.complete_cycles) == (2, 1)
        days = [
            [r.on for r in out.response_review_dates(record, MIGRAINE, policy=policy, **asked)]
            for policy in (None, week)
        ]
        assert days[0] != days[1]

    def test_a_cycle_is_complete_when_the_next_is_due_and_not_when_it_is_allowed(self) -> None:
        spasticity = bs.find_protocol("spasticity")
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        found = {
            on: out.assess_response(
                EMPTY, record, spasticity, rule="nice-ta260", as_of=on
            ).complete_cycles
            for on in ("2026-03-30", "2026-04-04", "2026-04-05")
        }
        assert found == {"2026-03-30": 0, "2026-04-04": 0, "2026-04-05": 1}

    def test_a_cycle_of_one_month_has_that_month(self) -> None:
        """28 days from session to session: the last month begins on the session itself."""
        record = record_from_gaps([28, 84], starts_on=date(2026, 1, 5))
        days = [
            {"on": date(2025, 12, 1) + timedelta(days=n), "kind": "headache"} for n in range(70)
        ]
        diary = out.HeadacheDiary.model_validate({"days": days})
        found = out.assess_response(diary, record, MIGRAINE, rule="nice-ta260", as_of="2026-02-10")
        assert found.current is not None
        assert found.current.window == bs.Window(first=date(2026, 1, 5), last=date(2026, 2, 1))
        assert found.baseline is not None
        assert found.baseline.window == bs.Window(first=date(2025, 12, 8), last=date(2026, 1, 4))
        assert found.before_session is not None
        assert found.before_session.window.last == date(2026, 1, 4)

    def test_an_effect_of_the_day_of_a_session_belongs_to_it(self) -> None:
        timelines = [bs.response_timeline(day, MIGRAINE) for day in ("2026-01-05", "2026-03-30")]
        effects = [
            {"name": "a", "first": "2026-01-04"},
            {"name": "b", "first": "2026-01-05"},
            {"name": "c", "first": "2026-03-29"},
            {"name": "d", "first": "2026-03-30"},
        ]
        placed = out.place_side_effects(
            [out.SideEffect.model_validate(effect) for effect in effects], timelines
        )
        assert [(p.name, p.session_number, p.onset_day) for p in placed] == [
            ("a", None, None),
            ("b", 1, 0),
            ("c", 1, 83),
            ("d", 2, 0),
        ]

    def test_adherence_keeps_what_was_asked(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-06-01", "effect": bs.Interval(weeks=12)}
        found = out.adherence(one, MIGRAINE, permissible_gap_days=9, **asked)
        assert found.permissible_gap_days == 9
        with pytest.raises(bs.errors.CountError, match="a whole number that is not below 0"):
            out.adherence(one, MIGRAINE, permissible_gap_days=-1, **asked)

    def test_an_effect_in_months_ends_as_the_policy_says(self) -> None:
        record = record_from_gaps([92], starts_on=date(2025, 11, 30))
        asked: dict[str, Any] = {"as_of": "2026-03-02", "effect": bs.Interval(months=3)}
        last_day = out.adherence(record, MIGRAINE, **asked)
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        first = out.adherence(record, MIGRAINE, policy=policy, **asked)
        assert (last_day.gap_days, first.gap_days) == ((2,), (1,))

    @pytest.mark.parametrize(
        ("as_of", "censored"),
        [("2026-03-30", True), ("2026-03-31", False)],
        ids=["last day", "after"],
    )
    def test_an_episode_that_goes_on_is_censored(self, as_of: str, censored: bool) -> None:
        record = record_from_gaps([], starts_on=date(2026, 1, 5))
        effect = bs.Interval(weeks=12)
        found = out.adherence(record, MIGRAINE, as_of=as_of, effect=effect, permissible_gap_days=0)
        assert found.is_censored is censored

    def test_one_week_decides_where_half_of_the_benefit_is_lost(self) -> None:
        for weeks, week in (([1, 1, 4, 2], 3), ([1, 1, 4, 1], None)):
            found = out.wear_off(
                weeks, definition="half_of_benefit_lost", administered_on="2026-01-05", baseline=5
            )
            assert found.week == week  # it counts from the last of equally low weeks
        none = out.wear_off(
            [5, 5, 5, 5],
            definition="half_of_benefit_lost",
            administered_on="2026-01-05",
            baseline=5,
        )
        assert none.week is None
        late = out.wear_off([1, 2], definition="any_late_rise", administered_on="2026-01-05")
        assert late.week == 2

    def test_a_number_of_numpy_says_how_to_make_one(self) -> None:
        number = pytest.importorskip("numpy", reason="NumPy is not installed").int64(30)
        record = record_from_gaps([], starts_on=date(2026, 1, 5))
        with pytest.raises(CountError, match=r"permissible_gap_days: .* int\(\) makes one"):
            out.adherence(
                record, "chronic-migraine", as_of="2026-03-01", permissible_gap_days=number
            )
        with pytest.raises(CountError, match=r"weeks: .* int\(\) makes one of NumPy's"):
            out.wear_off([number], definition="nadir_rise", administered_on="2026-01-05")

    def test_no_truth_is_no_number(self) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(ExactDays).validate_json("true")
        assert caught.value.errors()[0]["msg"] == (
            "Value error, give a number, or text such as '14', '11.97' or '30/100'"
        )
