"""The words of errors and values, and the last boundaries that mutants passed unseen."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule import outcomes as out
from botox_schedule.outcomes.figures import ExactDays, ExactWeight
from botox_schedule.protocols.model import ProductName
from botox_schedule.testing import record_from_gaps

MIGRAINE = bs.find_protocol("chronic-migraine")
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)
EMPTY = out.HeadacheDiary()


class TestDays:
    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (5, "an int is not a calendar day"),
            (5.0, "a float is not a calendar day"),
            (None, "a NoneType is not a calendar day"),
            (
                datetime(2026, 1, 5),  # noqa: DTZ001 - it is refused
                "a datetime is not a calendar day; day_in_zone(moment, 'America/Los_Angeles') makes a day of an aware one",
            ),
            ("x", "this text is not in that form"),
            ("2026-02-30", "there is no such day"),
        ],
    )
    def test_what_is_none_is_named(self, value: Any, message: str) -> None:
        with pytest.raises(bs.errors.DayError) as caught:
            bs.due_dates(value, MIGRAINE)
        expected = "administered_on: give a date, or text such as '2026-01-05' (YYYY-MM-DD); "
        assert str(caught.value) == expected + message

    @pytest.mark.parametrize(
        ("call", "name"),
        [
            (
                lambda: out.assess_response(EMPTY, one, MIGRAINE, rule="nice-ta260", as_of="x"),
                "as_of",
            ),
            (
                lambda: out.response_review_dates(one, MIGRAINE, rule="nice-ta260", as_of="x"),
                "as_of",
            ),
            (lambda: out.weekly_days(EMPTY, "x", "2026-01-05"), "administered_on"),
            (lambda: out.weekly_days(EMPTY, "2026-01-05", "x"), "last"),
            (
                lambda: out.wear_off([1], definition="nadir_rise", administered_on="x"),
                "administered_on",
            ),
            (
                lambda: out.wear_off_across_cycles(EMPTY, [], definition="nadir_rise", as_of="x"),
                "as_of",
            ),
            (lambda: out.adherence(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.forecast(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.check_date(one, MIGRAINE, on="x", as_of="2026-01-05"), "on"),
            (lambda: bs.check_date(one, MIGRAINE, on="2026-01-05", as_of="x"), "as_of"),
            (lambda: bs.project(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.treatment_cycles(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.exposure(one, product="Botox", window="12 weeks", on="x"), "on"),
            (
                lambda: bs.exposure(
                    one, product="Botox", window="12 weeks", on="2026-01-05", as_of="x"
                ),
                "as_of",
            ),
            (lambda: bs.check_dose_limits(one, MIGRAINE, on="x"), "on"),
            (lambda: bs.check_dose_limits(one, MIGRAINE, on="2026-01-05", as_of="x"), "as_of"),
            (lambda: bs.find_protocol("chronic-migraine", on="x"), "on"),
            (lambda: bs.project_dates("x", MIGRAINE), "administered_on"),
            (lambda: bs.response_timeline("x", MIGRAINE), "administered_on"),
            (lambda: bs.response_timeline("2026-01-05", MIGRAINE, "x"), "course_started_on"),
            (lambda: bs.due_status(bs.due_dates("2026-01-05", MIGRAINE), as_of="x"), "as_of"),
            (
                lambda: bs.response_phase(bs.response_timeline("2026-01-05", MIGRAINE), as_of="x"),
                "as_of",
            ),
        ],
    )
    def test_each_argument_is_named(self, call: Callable[[], object], name: str) -> None:
        with pytest.raises(bs.errors.DayError, match=f"^{name}: give a date"):
            call()

    @pytest.mark.parametrize(
        ("moment", "zone", "message"),
        [
            (5, "UTC", "moment: give an aware datetime"),
            (
                datetime(2026, 1, 5),  # noqa: DTZ001
                "UTC",
                "moment: give an aware datetime; this one has no time zone",
            ),
            (
                datetime.fromisoformat("2026-01-05T00:00:00Z"),
                "Mars",
                "zone: give an IANA name such as 'America/Los_Angeles', or a tzinfo",
            ),
        ],
    )
    def test_a_moment_and_its_zone(self, moment: Any, zone: str, message: str) -> None:
        with pytest.raises(bs.errors.DayError) as caught:
            bs.day_in_zone(moment, zone)
        assert str(caught.value) == message


class TestValues:
    def test_the_schemas_of_intervals_and_products(self) -> None:
        assert TypeAdapter(bs.Interval).json_schema() == {
            "type": "string",
            "title": "Interval",
            "examples": ["12 weeks", "3 months"],
        }
        assert TypeAdapter(bs.IntervalRange).json_schema() == {
            "type": "string",
            "title": "IntervalRange",
            "examples": ["3 to 4 months"],
        }
        assert TypeAdapter(ProductName).json_schema() == {
            "type": "string",
            "examples": [product.value for product in bs.Product],
        }

    def test_a_source_says_what_it_has(self) -> None:
        bare: dict[str, Any] = {
            "key": "k",
            "place": "p",
            "verification": "clinic",
            "checked_on": "2026-01-05",
        }
        assert str(bs.protocols.SourceRef(**bare)) == "k, p (clinic; checked 2026-01-05)"
        whole = bs.protocols.SourceRef(**bare, title="T", quote="q", basis="b")
        assert str(whole) == 'T, p, "q" (clinic, b; checked 2026-01-05)'

    def test_a_limit_says_what_it_has(self) -> None:
        def limit(**figures: int) -> str:
            return str(
                bs.DoseLimit.model_validate({"scope": "product", "per": "session", **figures})
            )

        assert limit(units=400) == "400 U per session, product"
        assert limit(units_per_kilogram=6) == "6 U/kg per session, product"
        assert limit(units=400, units_per_kilogram=6) == "400 U or 6 U/kg per session, product"

    def test_a_reason_says_what_it_has(self) -> None:
        bare = bs.engine.DayReason(code="allowed", rule="a rule")
        assert str(bare) == "allowed: a rule"
        source = bs.protocols.SourceRef(
            key="k", place="p", verification="clinic", checked_on="2026-01-05"
        )
        whole = bs.engine.DayReason(
            code="allowed", rule="a rule", source=source, protocol=MIGRAINE.ref
        )
        assert str(whole) == (
            "allowed: a rule\n  source: k, p (clinic; checked 2026-01-05)\n"
            "  protocol: onabotulinumtoxinA-chronic-migraine-adult-us version 1.0, region us"
        )

    def test_a_session_says_nothing(self) -> None:
        assert repr(one.sessions[0]) == str(one.sessions[0]) == "TreatmentSession(...)"

    def test_windows_that_touch_share_a_day(self) -> None:
        left = bs.Window(first=date(2026, 1, 1), last=date(2026, 1, 5))
        right = bs.Window(first=date(2026, 1, 5), last=date(2026, 1, 9))
        assert left.intersection(right) == bs.Window(first=date(2026, 1, 5), last=date(2026, 1, 5))

    def test_findings_are_raised_with_their_sentences(self) -> None:
        early = record_from_gaps([70], starts_on=date(2026, 1, 5), units=155)
        with pytest.raises(bs.FindingsError) as caught:
            bs.forecast(early, MIGRAINE, as_of="2026-04-01", strict=True)
        assert caught.value.message == "the record needs a person's look"
        assert [str(error) for error in caught.value.exceptions] == [
            "early_session: the session came before the minimum after the one before; it counts"
        ]

    def test_a_check_says_no_in_words(self) -> None:
        check = bs.check_date(one, MIGRAINE, on="2026-04-01", as_of="2026-04-01")
        assert check.explain().splitlines()[0] == "2026-04-01: not allowed"

    def test_citations_have_titles_and_addresses(self) -> None:
        (rule, *_) = (r for r in out.bundled_response_rules() if r.id == "nice-ta260")
        source = rule.criteria[0].source
        assert source.title
        assert source.address

    @pytest.mark.parametrize(
        ("system", "code", "known"),
        [("HCPCS", "J0585", True), ("RxNorm", "1712", True), ("ICD-10-CM", "G43.709", False)],
    )
    def test_a_code_of_a_toxin_is_one(self, system: str, code: str, known: bool) -> None:
        assert bs.protocols.names_toxin(system, code) is known
        assert bs.find_indication("a system nobody knows", code) is None


PROTOCOL = """[[protocols]]
id = "own"
version = "{version}"
region = "us"
indication = "chronic-migraine"
product = "Botox"
population = "adult"
retreatment = {{ kind = "scheduled", minimum = "12 weeks" }}
in_force = {{ {period} }}
"""


class TestFiles:
    @pytest.mark.parametrize(
        ("one_period", "other", "fits"),
        [
            ("last = 2026-06-30", "first = 2026-07-01", True),
            ("first = 2026-07-01", "last = 2026-06-30", True),
            ("last = 2026-06-30", "first = 2026-06-30", False),
            ("first = 2026-06-30", "last = 2026-06-30", False),
            ("", "first = 2026-07-01", False),
            ("", "last = 2026-06-30", False),
            ("first = 2026-07-01", "", False),
            (
                "first = 2026-01-01, last = 2026-02-01",
                "first = 2026-02-02, last = 2026-03-01",
                True,
            ),
            (
                "first = 2026-02-02, last = 2026-03-01",
                "first = 2026-01-01, last = 2026-02-01",
                True,
            ),
            (
                "first = 2026-01-01, last = 2026-12-31",
                "first = 2026-02-01, last = 2026-03-01",
                False,
            ),
            ("first = 2026-01-01", "first = 2027-01-01", False),
            ("last = 2026-01-01", "last = 2027-01-01", False),
        ],
    )
    def test_the_periods_of_versions_share_no_day(
        self, tmp_path: Path, one_period: str, other: str, fits: bool
    ) -> None:
        file = tmp_path / "own.toml"
        parts = [PROTOCOL.format(version=n, period=p) for n, p in enumerate((one_period, other))]
        file.write_text("\n".join(parts), encoding="utf-8")
        if fits:
            assert len(bs.load_protocols(file)) == 2
            return
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            bs.load_protocols(file)
        assert str(caught.value) == (
            "own.toml: own: in_force of versions 0 and 1 overlaps; "
            "expected periods without a common day"
        )

    def test_faults_show_values_and_never_whole_tables(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        text = PROTOCOL.format(version="1", period="").replace('"adult"', '"old"')
        file.write_text(text.replace('kind = "scheduled"', 'kind = ["x"]'), encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            bs.load_protocols(file)
        assert str(caught.value).splitlines() == [
            "own.toml: [[protocols]] 1 (own): population: Input should be 'adult' or 'pediatric'; found 'old'",
            "own.toml: [[protocols]] 1 (own): retreatment.kind: Input should be 'scheduled' or 'as_needed'",
        ]

    def test_rules_are_read_or_every_fault_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "rules.toml"
        row = '[[rules]]\nid = "own"\nversion = "1"\ntitle = "t"\n[[rules.criteria]]\nkind = "failures"\nname = "n"\nfailures = 2\nbelow_gives = "stop"\notherwise = "continue"\n'
        source = 'source = { key = "nowhere", place = "p", verification = "clinic", checked_on = 2026-01-05 }\n'
        bad = row + source
        file.write_text(bad + bad.replace('"own"', '"other"'), encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            out.load_response_rules(file)
        fault = "criteria.source.key: no such source; expected a key of [sources] or of the bundled sources"
        assert str(caught.value).splitlines() == [
            f"rules.toml: [[rules]] {number}: {fault}" for number in (1, 2)
        ]
        file.write_text("", encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError):
            out.load_response_rules(file)


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
            (count(56, 30, 16, days=56), [True, True]),
            (count(56, 29, 16, days=56), [False, False]),
            (count(56, 30, 15, days=56), [False, True]),
            (count(21, 12, 6), [True, True]),
        ],
    )
    def test_the_criteria_of_chronic_migraine(self, given: out.DiaryCount, met: list[bool]) -> None:
        assert [result.met for result in out.chronic_migraine_criteria(given)] == met

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


def test_a_limit_of_a_session_holds_at_its_very_figure() -> None:
    xeomin = bs.find_protocol("upper-limb-spasticity", product="Xeomin")
    found = {
        units: [
            c.clears_on
            for c in bs.check_dose_limits(bs.PatientRecord(), xeomin, on="2026-01-05", units=units)
            if c.limit.per == "session"
        ]
        for units in (400, 401)
    }
    assert found[400]
    assert all(day == date(2026, 1, 5) for day in found[400])
    assert all(day is None for day in found[401])
    assert Decimal(400) in {limit.units for limit in xeomin.limits}


class TestLimitsAtTheirFigure:
    """A limit is a maximum: what reaches it fits."""

    def checks(self, units: int, on: str = "2026-02-02") -> list[bs.engine.LimitCheck]:
        record = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)
        found = bs.check_dose_limits(record, MIGRAINE, on=on, units=units)
        return [check for check in found if check.reading is not None]

    def test_what_reaches_it_clears_at_once(self) -> None:
        assert {check.clears_on for check in self.checks(245)} == {date(2026, 2, 2)}
        assert [check.clears_on for check in self.checks(246)] == [
            date(2026, 3, 30),
            date(2026, 4, 5),
        ]

    def test_each_reading_names_its_window(self) -> None:
        assert [str(check.window) for check in self.checks(1)] == ["12 weeks", "3 months"]

    def test_a_short_month_ends_as_the_policy_says(self) -> None:
        record = record_from_gaps([], starts_on=date(2025, 11, 30), units=400)
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        found = bs.check_dose_limits(record, MIGRAINE, on="2026-01-05", units=1, policy=policy)
        months = [check for check in found if check.reading == "three_months"]
        assert [check.clears_on for check in months] == [date(2026, 3, 1)]


class TestProjections:
    def test_the_first_window_begins_at_the_earliest_day(self) -> None:
        hold = {"first": "2026-01-20", "last": "2026-04-01", "reason": "x"}
        record = bs.PatientRecord.model_validate(
            {"sessions": record_from_gaps([], starts_on=date(2026, 1, 5)).sessions, "holds": [hold]}
        )
        spasticity = bs.find_protocol("spasticity")
        moved = record.model_copy(
            update={
                "sessions": record_from_gaps(
                    [], starts_on=date(2026, 1, 5), indication="spasticity"
                ).sessions
            }
        )
        first, second = bs.project(moved, spasticity, as_of="2026-04-10", count=2)
        answer = bs.forecast(moved, spasticity, as_of="2026-04-10")
        assert first.window.first == answer.dates.earliest == date(2026, 4, 2)
        assert first.target == answer.dates.due
        assert second.window.first < second.target

    def test_short_months_end_as_the_policy_says(self) -> None:
        protocol = MIGRAINE.model_copy(
            update={
                "retreatment": bs.protocols.RetreatmentRule(
                    kind="scheduled", minimum="12 weeks", usual="3 to 4 months"
                )
            }
        )
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        (session,) = bs.project_dates("2025-10-31", protocol, count=1, policy=policy)
        assert (session.target, session.window.last) == (date(2026, 1, 31), date(2026, 3, 1))

    def test_without_a_minimum_the_dates_still_name_their_protocol(self) -> None:
        bare = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled")}
        )
        only = MIGRAINE.model_copy(
            update={
                "retreatment": bs.protocols.RetreatmentRule(kind="scheduled", minimum="12 weeks")
            }
        )
        for protocol in (bare, only):
            assert bs.due_dates("2026-01-05", protocol).protocol == MIGRAINE.ref

    @pytest.mark.parametrize(
        ("window", "message"),
        [
            ("0 days", "a window must be longer than nothing; give for example '12 weeks'"),
            (
                "1 month - 30 days",
                "a window must be longer than nothing; give for example '12 weeks'",
            ),
        ],
    )
    def test_a_window_of_nothing_is_refused(self, window: str, message: str) -> None:
        with pytest.raises(bs.errors.IntervalError) as caught:
            bs.exposure(one, product="Botox", window=window, on="2026-01-05")
        assert str(caught.value) == message
        with pytest.raises(bs.UnknownProtocolError) as unknown:
            bs.exposure(one, product="x", window="1 day", on="2026-01-05")
        assert str(unknown.value) == "no product is called so; give a nonproprietary or brand name"


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
        with pytest.raises(ValueError, match="permissible_gap_days cannot be negative") as caught:
            out.adherence(one, MIGRAINE, permissible_gap_days=-1, **asked)
        assert str(caught.value) == "permissible_gap_days cannot be negative"

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
        found = out.wear_off(
            [1, 1, 4, 1],
            definition="half_of_benefit_lost",
            administered_on="2026-01-05",
            baseline=5,
        )
        assert found.week == 3
        none = out.wear_off(
            [5, 5, 5, 5],
            definition="half_of_benefit_lost",
            administered_on="2026-01-05",
            baseline=5,
        )
        assert none.week is None
        late = out.wear_off([1, 2], definition="any_late_rise", administered_on="2026-01-05")
        assert late.week == 2

    def test_no_truth_is_no_number(self) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(ExactDays).validate_json("true")
        assert caught.value.errors()[0]["msg"] == (
            "Value error, give a number, or text such as '14', '11.97' or '30/100'"
        )


def overridden(*overrides: dict[str, Any]) -> bs.PatientRecord:
    base = {"indication": "chronic-migraine", "first": "2026-01-01", "authority": "clinician"}
    return bs.PatientRecord.model_validate(
        {
            "sessions": record_from_gaps([], starts_on=date(2026, 1, 5), units=155).sessions,
            "overrides": [{**base, "reason": str(n), **o} for n, o in enumerate(overrides)],
        }
    )


class TestOverridesThatCompete:
    """The one that starts last, then the longer interval."""

    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize(
        ("one_override", "other", "due"),
        [
            ({"minimum": "10 weeks"}, {"minimum": "14 weeks"}, date(2026, 4, 13)),
            (
                {"minimum": "14 weeks"},
                {"minimum": "10 weeks", "first": "2026-01-02"},
                date(2026, 3, 30),
            ),
            ({"usual": "13 weeks"}, {"usual": "15 weeks"}, date(2026, 4, 20)),
            ({"usual": "15 weeks"}, {"usual": "13 weeks", "first": "2026-01-02"}, date(2026, 4, 6)),
            (
                {"usual": "13 weeks", "minimum": "20 days"},
                {"usual": "15 weeks", "minimum": "10 days"},
                date(2026, 4, 20),
            ),
            ({"minimum": "3 months"}, {"minimum": "88 days"}, date(2026, 4, 5)),
        ],
    )
    def test_for_minimum_and_usual(
        self, one_override: dict[str, Any], other: dict[str, Any], due: date, order: int
    ) -> None:
        record = overridden(*[one_override, other][::order])
        assert bs.forecast(record, MIGRAINE, as_of="2026-02-01").dates.due == due

    @pytest.mark.parametrize(
        ("last", "expired"),
        [("2026-01-04", False), ("2026-01-05", True), ("2026-03-28", True), ("2026-03-29", False)],
    )
    def test_an_ended_one_is_named_where_it_ended_after_the_session(
        self, last: str, expired: bool
    ) -> None:
        record = overridden({"minimum": "83 days", "last": last, "first": "2025-01-01"})
        found = bs.forecast(record, MIGRAINE, as_of="2026-03-30" if not expired else "2026-02-01")
        codes = {finding.code for finding in found.findings}
        assert ("expired_override" in codes) is expired

    def test_one_that_gives_the_same_day_is_not_named(self) -> None:
        record = overridden({"minimum": "84 days", "last": "2026-03-01"})
        found = bs.forecast(record, MIGRAINE, as_of="2026-02-01")
        assert "expired_override" not in {finding.code for finding in found.findings}


class TestReasons:
    def test_a_check_names_source_and_protocol(self) -> None:
        for on, code in (("2026-04-01", "too_early"), ("2026-07-01", "allowed")):
            (reason,) = bs.check_date(one, MIGRAINE, on=on, as_of="2026-04-01").reasons
            assert reason.code == code
            assert reason.source == MIGRAINE.retreatment.minimum_source
            assert reason.protocol == MIGRAINE.ref
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        (reason,) = bs.check_date(
            one, MIGRAINE, on="2026-07-01", as_of="2026-04-01", policy=policy
        ).reasons
        assert (reason.source, reason.protocol) == (None, None)

    def test_a_hold_over_an_early_day_gives_both_reasons(self) -> None:
        hold = {"first": "2026-03-31", "last": "2026-04-02", "reason": "x"}
        record = bs.PatientRecord.model_validate({"sessions": one.sessions, "holds": [hold]})
        found = bs.check_date(record, MIGRAINE, on="2026-04-01", as_of="2026-04-01")
        assert [str(reason.rule) for reason in found.reasons] == [
            "the day is on hold",
            "the 12-week minimum gives 2026-06-08; the day is 68 days early",
        ]

    def test_the_candidates_name_theirs(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        reason = bs.forecast(one, MIGRAINE, as_of="2026-04-01", policy=policy).reasons["earliest"]
        payer = next(c for c in reason.candidates if c.outcome == "decides")
        assert (payer.source, payer.protocol) == (None, None)
        label = next(c for c in reason.candidates if c.protocol is not None)
        assert label.source == MIGRAINE.retreatment.minimum_source

    def test_the_end_of_a_stretch_is_allowed_and_the_day_after_is_not(self) -> None:
        record = overridden({"minimum": "10 weeks", "last": "2026-03-20"})
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        last = bs.check_date(record, MIGRAINE, on="2026-03-20", **asked)
        assert (last.allowed, last.next_allowed_on) == (True, date(2026, 3, 20))
        after = bs.check_date(record, MIGRAINE, on="2026-03-21", **asked)
        assert (after.allowed, after.next_allowed_on) == (False, date(2026, 3, 30))
        held = record.model_copy(
            update={"holds": (bs.Hold(first=date(2026, 2, 1), last=date(2026, 3, 19), reason="x"),)}
        )
        found = bs.check_date(held, MIGRAINE, on="2026-03-16", **asked)
        assert found.next_allowed_on == date(2026, 3, 20)

    def test_one_prior_cycle_leaves_nothing_to_judge_by(self) -> None:
        prior = [{"indication": "chronic-migraine", "cycles": 1}]
        record = bs.PatientRecord.model_validate({"prior_treatments": prior})
        assert bs.check_date(record, MIGRAINE, on="2026-04-01", as_of="2026-04-01").allowed is None

    def test_a_check_plans_nothing_unless_told(self) -> None:
        found = bs.check_date(one, MIGRAINE, on="2026-04-01", as_of="2026-04-01")
        assert [c.total for c in found.limit_checks if c.reading == "twelve_weeks"] == [155]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("12 weeks", "12-week"),
            ("1 day", "1-day"),
            ("12 weeks + 1 day", "12 weeks + 1 day"),
            ("3 months", "3-month"),
        ],
    )
    def test_intervals_in_sentences(self, text: str, words: str) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="200 days")
        protocol = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled", minimum=text)}
        )
        reason = bs.forecast(one, protocol, as_of="2026-04-01").reasons["earliest"]
        assert reason.rule.startswith(f"the {words} minimum gives")
        assert bs.forecast(one, protocol, as_of="2026-04-01", policy=policy).reasons


class TestResponseOfTheLastProduct:
    def test_the_timeline_is_that_of_what_was_given(self) -> None:
        """Dysport was given last and Botox is planned: the response expected is Dysport's."""
        arm = "upper-limb-spasticity"
        botox, dysport = bs.find_protocol(arm), bs.find_protocol(arm, product="Dysport")
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication=arm, product="Dysport")
        asked: dict[str, Any] = {"as_of": "2026-02-01", "other_protocols": bs.bundled_protocols()}
        timeline = bs.forecast(record, botox, **asked).timeline
        assert timeline is not None
        assert timeline.protocol == dysport.ref

    def test_its_months_end_as_the_policy_says(self) -> None:
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        spasticity = bs.find_protocol("spasticity")
        record = record_from_gaps([], starts_on=date(2025, 11, 30), indication="spasticity")
        timeline = bs.forecast(record, spasticity, as_of="2026-01-05", policy=policy).timeline
        assert timeline is not None
        assert timeline.wear_off is not None
        assert timeline.wear_off.first == date(2026, 3, 1)


class TestNames:
    def test_a_product_that_is_none_is_said(self) -> None:
        products = ", ".join(product.value for product in bs.Product)
        for value in ("toxin", "x" * 65, 5, b"Botox"):
            with pytest.raises(ValidationError) as caught:
                TypeAdapter(ProductName).validate_python(value)
            (fault,) = caught.value.errors()
            assert fault["msg"] == f"not a product; give one of {products}, or a brand name"
            assert fault["type"] == "product"
        assert TypeAdapter(ProductName).validate_python(" Botox ") is bs.Product.ONABOTULINUMTOXIN_A

    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            ("ICD-10-CM", "G43.709", "chronic-migraine"),
            ("icd-10-cm", " g43709 ", "chronic-migraine"),
            ("HTTP://HL7.ORG/FHIR/SID/ICD-10-CM", "G43.709", "chronic-migraine"),
            ("ICD-10-CM", "G80.0", "spasticity"),
            ("HCPCS", "J0585", None),
        ],
    )
    def test_a_code_gives_the_general_indication(
        self, system: str, code: str, expected: str | None
    ) -> None:
        assert bs.find_indication(system, code) == expected

    def test_what_is_not_bundled_lists_what_is(self) -> None:
        with pytest.raises(bs.UnknownProtocolError) as caught:
            bs.find_protocol("chronic-migraine", product="toxin")
        products = ", ".join(product.value for product in bs.Product)
        assert str(caught.value) == f"no product is called toxin; known: {products}, brand names"
        with pytest.raises(bs.UnknownProtocolError) as caught:
            bs.find_protocol("chronic-migraine", region="eu", product="Daxxify")
        assert str(caught.value).endswith("there are: none")
        with pytest.raises(bs.UnknownProtocolError, match="there are: blepharospasm, sialorrhea"):
            bs.find_protocol("chronic-migraine", product="Xeomin")
        assert bs.find_protocol("chronic-migraine", on="2026-01-05") == MIGRAINE

    def test_codes_belong_to_region_product_and_indication(self) -> None:
        found = {p.id: {f"{c.system} {c.code}" for c in p.codes} for p in bs.bundled_protocols()}
        botox_us = found["onabotulinumtoxinA-chronic-migraine-adult-us"]
        assert {"ICD-10-CM G43.709", "HCPCS J0585", "CPT 64615", "RxNorm 860189"} <= botox_us
        assert not {"HCPCS J0586", "ICD-10-CM G24.3", "CPT 64642"} & botox_us
        for name, codes in found.items():
            if not name.endswith("-us"):
                assert not any(code.startswith(("ICD", "HCPCS", "CPT")) for code in codes)
            if not name.startswith("onabotulinumtoxinA"):
                assert "HCPCS J0585" not in codes
