"""Diaries, response rules, wear-off, scores, side effects."""

import io
import pickle
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import botox_schedule as bs
from botox_schedule import UnknownProtocolError, Window, outcomes
from botox_schedule import outcomes as out
from botox_schedule.engine.response import ObservedResponse
from botox_schedule.errors import (
    BotoxScheduleError,
    CountError,
    ProtocolFileError,
    UnknownWordError,
)
from botox_schedule.outcomes import (
    AshworthAssessment,
    Baseline,
    DiaryKind,
    GoalSet,
    HeadacheDiary,
    MissingDays,
    ModifiedAshworth,
    ResponseRule,
    RuleOutcome,
    SideEffect,
    WearOffDefinition,
    ashworth_change,
    assess_response,
    bundled_response_rules,
    chronic_migraine_criteria,
    decide,
    find_response_rule,
    goal_attainment,
    judge_counts,
    load_response_rules,
    place_side_effects,
    response_review_dates,
    side_effect_counts,
    wear_off,
    wear_off_across_cycles,
    weekly_days,
)
from botox_schedule.testing import record_from_gaps

MIGRAINE = bs.find_protocol("chronic-migraine")
START = date(2026, 1, 5)
JANUARY = Window(first=date(2026, 1, 1), last=date(2026, 1, 31))


def diary(*parts: tuple[date, str], baseline: Baseline | None = None) -> HeadacheDiary:
    """A diary of letters from a day on: h headache, m migraine, - none, ? unknown."""
    kinds = {"h": "headache", "m": "migraine", "-": "none", "?": "unknown"}
    days = [
        {"on": first + timedelta(days=number), "kind": kinds[letter]}
        for first, letters in parts
        for number, letter in enumerate(letters)
    ]
    return HeadacheDiary.model_validate({"days": days, "baseline": baseline})


def month(headache: int, migraine: int = 0, *, recorded: int = 28) -> str:
    """28 days with so many headache days."""
    plain = "m" * migraine + "h" * (headache - migraine) + "-" * (recorded - headache)
    return plain + "?" * (28 - recorded)


def course(before: int, *months: int, start: date = START) -> HeadacheDiary:
    """The month before the course, and months of it."""
    parts = [(start - timedelta(days=28), month(before))]
    parts += [(start + timedelta(days=28 * n), month(days)) for n, days in enumerate(months)]
    return diary(*parts)


TWO = record_from_gaps([84], starts_on=START)
DONE = START + timedelta(days=168)


EMPTY = out.HeadacheDiary()


ONE = record_from_gaps([], starts_on=START)


CHRONIC_MIGRAINE = "chronic-migraine"


FOUR = record_from_gaps([84, 84, 84], starts_on=START)


def observed(record: bs.PatientRecord = FOUR, **asked: Any) -> ObservedResponse:
    return out.observed_response(record, CHRONIC_MIGRAINE, **{"as_of": "2026-12-01", **asked})


def read(text: str | bytes, **how: Any) -> out.DiaryReading:
    stream = io.BytesIO(text) if isinstance(text, bytes) else io.StringIO(text, newline="")
    return out.read_diary(stream, **how)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "missing days of an assessment": (
        lambda: out.assess_response(EMPTY, ONE, CHRONIC_MIGRAINE, rule="nice-ta260", as_of="2026-02-01", missing="x"),
        "missing: give one of",
    ),
    "missing days of the criteria": (
        lambda: out.chronic_migraine_criteria(
            EMPTY.count(bs.Window(first=START, last=START + timedelta(days=27))), missing="x"
        ),
        "missing: give one of",
    ),
    "failures": (
        lambda: out.assess_response(
            EMPTY, ONE, CHRONIC_MIGRAINE, rule="lcd-l34635", as_of="2026-02-01", failures=["x"]  # type: ignore[list-item]
        ),
        "failures: ",
    ),
    "a note before its session": (
        lambda: observed(notes=[out.ResponseNote(on=START, session_on=START + timedelta(days=84))]),
        "notes: days since the session",
    ),
    "a kind of attack": (lambda: out.attack_days("2026-01-05", "2026-01-05", "x"), "kind: give one of"),
    "missing days of a file": (lambda: read("date,kind\n", missing="x"), "missing: give one of"),
    "the day of a file": (lambda: read("date,kind\n", as_of="x"), "as_of: "),
    "the day of a response": (lambda: observed(as_of="x"), "as_of: "),
    "the definition of a response": (lambda: observed(definition="x"), "definition: give one of"),
    "the session of a note": (lambda: observed(notes=[("x", 3)]), "notes: "),
    "a definition": (
        lambda: out.wear_off([1], definition="x", administered_on=START),
        "definition: give one of",
    ),
    "a noted week": (
        lambda: out.wear_off([], definition="clinicians_note", administered_on=START, noted_week=0),
        "noted_week: ",
    ),
    "sessions": (
        lambda: out.wear_off_across_cycles(EMPTY, ["x"], definition="nadir_rise", as_of="2026-02-01"),
        "sessions: ",
    ),
    "an attack": (lambda: out.attack_days("2026-01-06", "2026-01-05"), "the attack ends before it starts"),
    "a note before every session": (
        lambda: observed(notes=[out.ResponseNote(on="2026-01-04", what="wear_off")]),
        "notes: no session lies before one of them; give the day the effect ended",
    ),
    "a note about no cycle": (lambda: observed(notes=[(9, 3)]), "notes: one is about no cycle of the record"),
    "a file without a header": (
        lambda: read("x\n"),
        "no header; expected the columns date and kind, start and end, or month",
    ),
    "a pattern": (
        lambda: read("date,kind\n", date_format="%d"),
        "date_format: give a pattern of a whole day, such as '%d.%m.%Y'",
    ),
    "an encoding": (lambda: read(b"\xff\n"), "not text in UTF-8; name its encoding with encoding="),
}  # fmt: skip


def diary_of(*weeks: int, first: date = START) -> out.HeadacheDiary:
    """A diary that has so many days with headache at the start of each week."""
    return out.HeadacheDiary(
        days=[
            {
                "on": first + timedelta(days=7 * week + day),
                "kind": "headache" if day < n else "none",
            }
            for week, n in enumerate(weeks)
            for day in range(7)
        ]
    )


def days(reading: out.DiaryReading) -> dict[str, str]:
    return {str(day.on): day.kind.value for day in reading.diary.days}


class TestHeadacheDiary:
    def test_counts_keep_the_raw_days(self) -> None:
        count = diary((START, "hm-?h")).count(Window(first=START, last=START + timedelta(days=6)))
        assert (count.recorded_days, count.headache_days, count.migraine_days) == (4, 3, 1)
        assert count.completeness == Fraction(4, 7)
        assert count.rate() == 21
        assert count.rate(DiaryKind.MIGRAINE) == 7
        assert count.rate(missing=MissingDays.HEADACHE_FREE) == 12
        assert count.rate(per_days=1) == Fraction(3, 4)

    def test_nothing_recorded_has_no_rate(self) -> None:
        count = diary((START, "??")).count(Window(first=START, last=START))
        assert count.rate() is None
        assert not count.is_sufficient

    @pytest.mark.parametrize(("recorded", "enough"), [(20, False), (21, True)])
    def test_more_than_twenty_days_are_enough(self, recorded: int, *, enough: bool) -> None:
        count = diary((START, month(5, recorded=recorded))).count(
            Window(first=START, last=START + timedelta(days=27))
        )
        assert count.is_sufficient is enough

    @pytest.mark.parametrize(
        ("entries", "counts"),
        [
            ("-h", (1, 1, 0)), ("hm", (1, 1, 1)), ("m-", (1, 1, 1)), ("--", (1, 0, 0)),
            ("?h", (1, 1, 0)), ("?-", (1, 0, 0)), ("??", (0, 0, 0)),
        ],
    )  # fmt: skip
    def test_of_several_entries_of_a_day_the_worst_counts(
        self, entries: str, counts: tuple[int, int, int]
    ) -> None:
        for order in (entries, entries[::-1]):
            known = diary(*[(START, letter) for letter in order])
            count = known.count(Window(first=START, last=START))
            assert (count.recorded_days, count.headache_days, count.migraine_days) == counts

    def test_what_came_later_was_not_known(self) -> None:
        known = diary((START, "hhh"))
        assert known.until(START).last_recorded_on == START
        assert HeadacheDiary().last_recorded_on is None

    def test_a_day_in_two_windows_counts_once(self) -> None:
        week = Window(first=START, last=START + timedelta(days=6))
        assert diary((START, "h" * 10)).recorded_in([week, week]) == 7

    def test_it_hides_its_days(self) -> None:
        known = diary((START, "h"), baseline=Baseline.model_validate({"headache_days": 20}))
        for part in (known, known.days[0], known.baseline):
            assert "2026" not in repr(part)
            assert "20" not in str(part)

    def test_it_reads_back(self) -> None:
        known = diary((START, "hm-?"), baseline=Baseline.model_validate({"headache_days": "18.95"}))
        assert HeadacheDiary.model_validate_json(known.model_dump_json()) == known
        assert pickle.loads(pickle.dumps(known)) == known

    @pytest.mark.parametrize("number", [True, "many", "1/0", None, [1], -1, float("inf")])
    def test_a_baseline_is_a_number(self, number: object) -> None:
        with pytest.raises(ValidationError):
            Baseline.model_validate({"headache_days": number})

    @pytest.mark.parametrize(
        "days",
        [
            {"headache_days": 40}, {"headache_days": 29}, {"headache_days": 14, "migraine_days": 15},
            {"headache_days": 1, "per_days": True}, {"headache_days": float("nan")},
        ],
    )  # fmt: skip
    def test_an_impossible_baseline_is_refused(self, days: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Baseline.model_validate(days)

    def test_a_full_baseline_is_possible(self) -> None:
        full = Baseline.model_validate({"headache_days": 28, "migraine_days": 28})
        assert full.headache_days == full.migraine_days == 28

    @pytest.mark.parametrize(
        ("recorded", "headache", "migraine", "possible"),
        [
            (20, 25, 0, False), (20, 20, 0, True), (20, 10, 11, False), (20, 10, 10, True),
            (29, 0, 0, False), (28, 0, 0, True), (-1, 0, 0, False), (True, 0, 0, False),
        ],
    )  # fmt: skip
    def test_impossible_counts_are_refused(
        self, recorded: int, headache: int, migraine: int, *, possible: bool
    ) -> None:
        table = {
            "window": Window(first="2026-01-01", last="2026-01-28"),
            "recorded_days": recorded, "headache_days": headache, "migraine_days": migraine,
        }  # fmt: skip
        if possible:
            assert outcomes.DiaryCount.model_validate(table).recorded_days == recorded
        else:
            with pytest.raises(ValidationError):
                outcomes.DiaryCount.model_validate(table)

    @given(st.text("hm-?", min_size=28, max_size=28), st.integers(1, 4))
    def test_whole_blocks_scale_without_changing_a_rate(self, letters: str, times: int) -> None:
        one = diary((START, letters)).count(Window(first=START, last=START + timedelta(days=27)))
        many = diary((START, letters * times)).count(
            Window(first=START, last=START + timedelta(days=28 * times - 1))
        )
        for missing in MissingDays:
            assert many.rate(missing=missing) == one.rate(missing=missing)


IMPOSSIBLE: tuple[Any, ...] = (-5, 32, float("nan"), float("inf"), True, "many")


class TestImpossibleCounts:
    @pytest.mark.parametrize("number", IMPOSSIBLE)
    @pytest.mark.parametrize("name", ["baseline", "current"])
    def test_impossible_days_are_refused(self, name: str, number: Any) -> None:
        counts: dict[str, Any] = {"baseline": 20, "current": 14, name: number}
        with pytest.raises(CountError, match=f"{name}: give"):
            judge_counts(find_response_rule("nice-ta260"), cycles=2, **counts)

    @pytest.mark.parametrize("number", IMPOSSIBLE)
    def test_impossible_months_are_refused(self, number: Any) -> None:
        rule = find_response_rule("nice-ta260")
        with pytest.raises(CountError, match="months: give"):
            judge_counts(rule, baseline=20, current=14, cycles=2, months=[number])

    @pytest.mark.parametrize("cycles", [-1, True, 1.5])
    def test_impossible_cycles_are_refused(self, cycles: Any) -> None:
        rule = find_response_rule("nice-ta260")
        with pytest.raises(CountError, match="cycles: give a whole number"):
            judge_counts(rule, baseline=20, current=14, cycles=cycles)

    def test_the_most_a_month_has_is_possible(self) -> None:
        rule = find_response_rule("preempt-50")
        (found,) = judge_counts(rule, baseline=31, current=0, cycles=1)
        assert found.outcome is RuleOutcome.MET


class TestCriteria:
    @pytest.mark.parametrize(
        ("headache", "migraine", "ichd", "label"),
        [(15, 8, True, True), (14, 14, False, False), (15, 7, False, True), (20, 8, True, True)],
    )
    def test_days_decide(self, headache: int, migraine: int, *, ichd: bool, label: bool) -> None:
        count = diary((START, month(headache, migraine))).count(
            Window(first=START, last=START + timedelta(days=27))
        )
        assert [result.met for result in chronic_migraine_criteria(count)] == [ichd, label]

    def test_too_few_days_decide_nothing(self) -> None:
        count = diary((START, month(15, 15, recorded=20))).count(
            Window(first=START, last=START + timedelta(days=27))
        )
        assert [result.met for result in chronic_migraine_criteria(count)] == [None, None]

    @pytest.mark.parametrize(
        ("last", "headache", "met"),
        [
            ("2026-01-31", 16, True), ("2026-01-31", 15, True), ("2026-01-31", 14, False),
            ("2026-01-30", 16, False), ("2026-01-30", 17, True),
        ],
    )  # fmt: skip
    def test_a_calendar_month_counts_its_own_days(
        self, last: str, headache: int, *, met: bool
    ) -> None:
        window = Window(first="2026-01-01", last=last)
        letters = "m" * headache + "-" * (window.days - headache)
        count = diary((window.first, letters)).count(window)
        assert [result.met for result in chronic_migraine_criteria(count)] == [met, met]

    def test_a_word_counts_as_the_member_it_names(self) -> None:
        count = diary((START, "hmm-----------")).count(JANUARY)
        assert count.rate("migraine", per_days=31) == count.rate(DiaryKind.MIGRAINE, per_days=31)
        for missing in MissingDays:
            assert count.rate(missing=missing.value) == count.rate(missing=missing)
            asked = [chronic_migraine_criteria(count, missing=m) for m in (missing, missing.value)]
            assert asked[0] == asked[1]

    @pytest.mark.parametrize(
        ("asked", "error", "message"),
        [
            ({"measure": "none"}, UnknownWordError, "measure: give one of headache, migraine"),
            ({"measure": "pain"}, UnknownWordError, "measure: give one of"),
            ({"missing": "skip"}, UnknownWordError, "missing: give one of scale, headache_free"),
            ({"per_days": 0}, CountError, "per_days: give a whole number"),
            ({"per_days": -28}, CountError, "per_days: give a whole number"),
        ],
    )
    def test_what_no_rate_can_be_about_is_refused(
        self, asked: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        nothing = diary().count(JANUARY)
        with pytest.raises(error, match=message):
            nothing.rate(**asked)

    def test_more_than_a_month_is_refused(self) -> None:
        year = diary((START, "m" * 365)).count(Window(first="2026-01-05", last="2026-02-05"))
        assert not year.is_sufficient
        with pytest.raises(CountError, match="give at most 31 days"):
            chronic_migraine_criteria(year)
        month = diary((START, "m" * 365)).count(Window(first="2026-01-05", last="2026-02-04"))
        assert month.is_sufficient
        assert all(result.met for result in chronic_migraine_criteria(month))

    def test_missing_days_can_count_as_free(self) -> None:
        count = diary((START, month(13, 13, recorded=24))).count(
            Window(first=START, last=START + timedelta(days=27))
        )
        free = chronic_migraine_criteria(count, missing=MissingDays.HEADACHE_FREE)
        assert [result.met for result in chronic_migraine_criteria(count)] == [True, True]
        assert [result.met for result in free] == [False, False]


class TestAssessResponse:
    def test_a_response_continues(self) -> None:
        found = assess_response(
            course(22, 20, 20, 18, 16, 16, 15), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE
        )
        assert (found.outcome, found.complete_cycles, found.recorded_days) == ("continue", 2, 196)
        assert found.current is not None
        assert found.current.window == Window(
            first=DONE - timedelta(days=28), last=DONE - timedelta(days=1)
        )
        assert "rule nice-ta260, 1.2 negative stop, gives: continue" in found.explain()
        assert "headache days 22 became 15: about 31.82 % fewer" in found.explain()

    def test_less_than_thirty_percent_stops(self) -> None:
        found = assess_response(
            course(22, 20, 20, 18, 16, 16, 17), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE
        )
        assert found.outcome is RuleOutcome.STOP
        assert "headache days 22 became 17: about 22.73 % fewer" in found.explain()

    def test_three_months_below_fifteen_stop_too(self) -> None:
        found = assess_response(
            course(22, 20, 20, 18, 14, 14, 14), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE
        )
        assert [r.outcome.value for r in found.results] == ["continue", "stop"]
        assert found.outcome is RuleOutcome.STOP

    def test_all_months_of_the_cycle_are_shown_with_the_answer(self) -> None:
        found = assess_response(
            course(22, 20, 20, 18, 14, 8, 17), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE
        )
        assert found.outcome is RuleOutcome.STOP
        assert [month.headache_days for month in found.cycle_months] == [14, 8, 17]
        assert found.cycle_months[-1] == found.current
        shown = "months of the last complete cycle: 14 of 28, 8 of 28 and 17 of 28 recorded"
        assert shown in found.explain()

    @pytest.mark.parametrize(("late", "finding"), [(28, False), (29, True)])
    def test_the_answer_says_through_which_day_it_judges(self, late: int, *, finding: bool) -> None:
        known = course(22, 20, 20, 18, 16, 16, 17)
        last = DONE - timedelta(days=1)
        found = assess_response(
            known, TWO, MIGRAINE, rule="nice-ta260", as_of=last + timedelta(days=late)
        )
        assert found.judged_through == last
        assert f"judged by a diary through {last}" in found.explain()
        codes = [f.code.value for f in found.findings]
        assert codes == (["diary_not_current"] if finding else [])
        assert ("diary_not_current" in found.explain()) is finding
        assert outcomes.ResponseAssessment.model_validate_json(found.model_dump_json()) == found

    def test_without_a_recorded_day_it_is_judged_by_none(self) -> None:
        found = assess_response(HeadacheDiary(), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE)
        assert (found.judged_through, found.findings) == (None, ())
        assert "through no recorded day" in found.explain()

    def test_missing_days_can_count_as_free_of_headache(self) -> None:
        parts = [(START - timedelta(days=28), month(20))]
        parts += [(START + timedelta(days=28 * n), month(14, recorded=21)) for n in range(6)]
        for missing, now in (("scale", "18 2/3"), ("headache_free", "14")):
            found = assess_response(
                diary(*parts), TWO, MIGRAINE, rule="preempt-50", as_of=DONE, missing=missing
            )
            share = found.results[0].reduction
            expected = {"18 2/3": 1 - Fraction(56, 60), "14": Fraction(6, 20)}[now]
            assert (share, found.missing) == (expected, missing)

    def test_a_name_is_enough(self) -> None:
        known = course(22, 20, 20, 18, 16, 16, 15)
        by_name, by_protocol = (
            assess_response(known, TWO, protocol, rule="nice-ta260", as_of=DONE)
            for protocol in ("Migraine", MIGRAINE)
        )
        assert by_name == by_protocol

    @pytest.mark.parametrize(("on", "cycles"), [("2026-06-21", 1), ("2026-06-22", 2)])
    @pytest.mark.parametrize("kind", ["deceased", "discontinued"])
    def test_no_cycle_completes_after_the_end_of_care(
        self, kind: str, on: str, cycles: int
    ) -> None:
        end = bs.CareEnd.model_validate({"on": on, "kind": kind})
        record = TWO.model_copy(update={"care_ends": (end,)})
        found = assess_response(
            HeadacheDiary(), record, MIGRAINE, rule="nice-ta260", as_of="2026-12-01"
        )
        assert found.complete_cycles == cycles

    def test_one_cycle_is_insufficient(self) -> None:
        one = record_from_gaps([], starts_on=START)
        found = assess_response(
            course(22, 20, 20, 18), one, MIGRAINE, rule="nice-ta260", as_of="2026-03-30"
        )
        assert (found.outcome, found.complete_cycles) == ("insufficient_data", 1)

    def test_a_cycle_is_complete_when_the_next_is_due(self) -> None:
        one = record_from_gaps([], starts_on=START)
        for day, count in (("2026-03-29", 0), ("2026-03-30", 1)):
            found = assess_response(
                course(22, 20, 20, 18), one, MIGRAINE, rule="preempt-50", as_of=day
            )
            assert found.complete_cycles == count

    def test_or_when_the_next_one_began(self) -> None:
        early = record_from_gaps([80], starts_on=START)
        found = assess_response(
            course(22, 20, 20, 18), early, MIGRAINE, rule="preempt-50", as_of="2026-04-01"
        )
        assert found.complete_cycles == 1
        assert found.current is not None
        assert found.current.window.last == START + timedelta(days=79)

    def test_cycles_given_elsewhere_count(self) -> None:
        record = record_from_gaps([], starts_on=START).model_copy(
            update={
                "prior_treatments": (bs.PriorTreatment(indication="chronic-migraine", cycles=1),)
            }
        )
        known = course(22, 20, 20, 17)
        without = assess_response(known, record, MIGRAINE, rule="nice-ta260", as_of="2026-03-30")
        assert (without.outcome, without.baseline) == ("insufficient_baseline", None)
        given_one = Baseline.model_validate({"headache_days": 24, "per_days": 30})
        with_one = diary(
            *[(START + timedelta(days=28 * n), month(d)) for n, d in enumerate((20, 20, 17))],
            baseline=given_one,
        )
        found = assess_response(with_one, record, MIGRAINE, rule="nice-ta260", as_of="2026-03-30")
        assert (found.outcome, found.complete_cycles) == ("stop", 2)
        assert found.results[0].reduction == Fraction(24 * 28, 30 * 1) * 0 + 1 - Fraction(
            17 * 30, 24 * 28
        )

    def test_cycles_of_another_track_leave_the_baseline_alone(self) -> None:
        prior = bs.PriorTreatment(indication="spasticity", cycles=3)
        record = TWO.model_copy(update={"prior_treatments": (prior,)})
        known = course(22, 20, 20, 18, 16, 16, 15)
        found = assess_response(known, record, MIGRAINE, rule="nice-ta260", as_of=DONE)
        assert (found.outcome, found.complete_cycles) == ("continue", 2)

    def test_without_any_baseline_it_says_so(self) -> None:
        known = diary(*[(START + timedelta(days=28 * n), month(16)) for n in range(6)])
        found = assess_response(known, TWO, MIGRAINE, rule="nice-ta260", as_of=DONE)
        assert found.outcome is RuleOutcome.INSUFFICIENT_BASELINE

    def test_a_baseline_without_headache_is_none(self) -> None:
        found = assess_response(
            course(0, 0, 0, 0, 0, 0, 0), TWO, MIGRAINE, rule="preempt-50", as_of=DONE
        )
        assert found.outcome is RuleOutcome.INSUFFICIENT_BASELINE

    def test_migraine_days_are_judged_where_the_rule_says_so(self) -> None:
        parts = [
            (START - timedelta(days=28), month(20, 12)),
            *[(START + timedelta(days=28 * n), month(18, 6)) for n in range(6)],
        ]
        found = assess_response(diary(*parts), TWO, MIGRAINE, rule="evicore", as_of=DONE)
        assert found.outcome is RuleOutcome.MET
        given_one = Baseline.model_validate({"headache_days": 20})
        unknown = assess_response(
            diary(*parts[1:], baseline=given_one), TWO, MIGRAINE, rule="evicore", as_of=DONE
        )
        assert unknown.outcome is RuleOutcome.INSUFFICIENT_BASELINE
        both = Baseline.model_validate({"headache_days": 20, "migraine_days": 11})
        missed = assess_response(
            diary(*parts[1:], baseline=both), TWO, MIGRAINE, rule="evicore", as_of=DONE
        )
        assert missed.outcome is RuleOutcome.NOT_MET

    def test_any_reduction_is_enough_for_a_rule_without_a_number(self) -> None:
        for now, outcome in ((20, "met"), (22, "not_met"), (23, "not_met")):
            known = course(22, 22, 22, 22, 22, 22, now)
            assert (
                assess_response(known, TWO, MIGRAINE, rule="payer-84-days", as_of=DONE).outcome
                == outcome
            )

    def test_the_federation_asks_for_a_recheck_after_stopping(self) -> None:
        end = bs.CareEnd(on=date(2026, 7, 1), kind=bs.CareEndKind.DISCONTINUED)
        record = TWO.model_copy(update={"care_ends": (end,)})
        known = course(22, 9, 9, 9, 9, 9, 9)
        early = assess_response(known, record, MIGRAINE, rule="ehf-2018", as_of="2026-10-31")
        later = assess_response(known, record, MIGRAINE, rule="ehf-2018", as_of="2026-11-01")
        assert [len(early.results), len(later.results)] == [2, 3]
        assert later.results[2].outcome is RuleOutcome.RECHECK
        assert "look again from 2026-11-01 to 2026-12-01" in later.explain()
        (*_, recheck) = response_review_dates(record, MIGRAINE, rule="ehf-2018", as_of="2026-10-31")
        assert recheck.on == date(2026, 11, 1)
        for day, on in (("2026-06-30", None), ("2026-07-01", date(2026, 11, 1))):
            (*_, recheck) = response_review_dates(record, MIGRAINE, rule="ehf-2018", as_of=day)
            assert recheck.on == on

    def test_a_gap_in_the_diary_breaks_the_months_in_a_row(self) -> None:
        parts = [(START - timedelta(days=28), month(22))]
        parts += [
            (START + timedelta(days=28 * n), month(14, recorded=20 if n == 4 else 28))
            for n in range(6)
        ]
        found = assess_response(diary(*parts), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE)
        assert [r.outcome.value for r in found.results] == ["continue", "insufficient_data"]
        assert found.outcome is RuleOutcome.CONTINUE

    def test_a_last_month_shorter_than_28_days_is_not_judged(self) -> None:
        short = record_from_gaps([20, 90], starts_on=START)
        found = assess_response(
            course(22, 20, 20), short, MIGRAINE, rule="preempt-50", as_of=START + timedelta(days=21)
        )
        assert found.current is None

    def test_the_months_around_a_session_are_shown_and_decide_nothing(self) -> None:
        known = diary(
            (
                START,
                "h" * 14 + "-" * 14 + "h" * 8 + "-" * 20 + "h" * 17 + "-" * 11 + "h" * 6 + "-" * 22,
            )
        )
        day = START + timedelta(days=112)
        found = assess_response(known, TWO, MIGRAINE, rule="ehf-2018", as_of=day)
        assert found.before_session is not None
        assert found.after_session is not None
        assert (found.before_session.headache_days, found.after_session.headache_days) == (17, 6)
        assert "17 of 28 and 6 of 28 recorded" in found.explain()
        eve = assess_response(known, TWO, MIGRAINE, rule="ehf-2018", as_of=day - timedelta(days=1))
        assert eve.after_session is not None
        assert eve.after_session.window.first == START
        none = assess_response(known, TWO, MIGRAINE, rule="ehf-2018", as_of=START)
        assert (none.before_session, none.after_session) == (None, None)
        assert "from the last session" not in none.explain()

    def test_no_session_is_insufficient(self) -> None:
        found = assess_response(
            course(22, 20), bs.PatientRecord(), MIGRAINE, rule="preempt-50", as_of=DONE
        )
        assert (found.outcome, found.complete_cycles) == ("insufficient_baseline", 0)
        assert (
            response_review_dates(bs.PatientRecord(), MIGRAINE, rule="nice-ta260", as_of=DONE)[0].on
            is None
        )

    def test_without_an_interval_the_last_cycle_never_completes(self) -> None:
        sweat = bs.find_protocol("axillary-hyperhidrosis")
        record = record_from_gaps([100], starts_on=START, indication="axillary-hyperhidrosis")
        found = assess_response(course(22, 20), record, sweat, rule="preempt-50", as_of=DONE)
        assert found.complete_cycles == 1
        reviews = response_review_dates(record, sweat, rule="nice-ta260", as_of=DONE)
        assert reviews[0].on is None
        given = record_from_gaps([100, 90], starts_on=START, indication="axillary-hyperhidrosis")
        again = START + timedelta(days=190)
        reviews = response_review_dates(given, sweat, rule="nice-ta260", as_of=again)
        assert reviews[0].on == again

    @pytest.mark.parametrize(("gap", "day"), [(70, 154), (84, 168), (90, 168)])
    def test_a_review_is_dated_on_the_day_the_cycle_became_complete(
        self, gap: int, day: int
    ) -> None:
        record, on = record_from_gaps([84, gap], starts_on=START), START + timedelta(days=day)
        for as_of in (on, DONE, "2026-12-01"):
            negative, positive = response_review_dates(
                record, MIGRAINE, rule="nice-ta260", as_of=as_of
            )
            assert (negative.on, positive.on) == (on, START + timedelta(days=84))
            assert negative.why == "2 complete cycles"
        judged = [
            assess_response(HeadacheDiary(), record, MIGRAINE, rule="nice-ta260", as_of=as_of)
            for as_of in (on - timedelta(days=1), on)
        ]
        assert [answer.complete_cycles for answer in judged] == [1, 2]

    @pytest.mark.parametrize(
        ("gaps", "usual", "weeks"),
        [([84], "16 weeks", 28), ([70], "10 weeks", 20), ([], "16 weeks", 32), ([], "10 weeks", 20)],
    )  # fmt: skip
    def test_a_cycle_lasts_as_long_as_the_patients_own_interval(
        self, gaps: list[int], usual: str, weeks: int
    ) -> None:
        own = bs.IntervalOverride(
            indication="chronic-migraine", first=START, minimum="10 weeks", usual=usual,
            reason="r", authority="clinician",
        )  # fmt: skip
        given = record_from_gaps(gaps, starts_on=START)
        record = given.model_copy(update={"overrides": (own,)})
        on, last_on = START + timedelta(weeks=weeks), given.sessions[-1].administered_on
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of=last_on)
        assert review.on == on
        judged = [
            assess_response(HeadacheDiary(), record, MIGRAINE, rule="nice-ta260", as_of=as_of)
            for as_of in (on - timedelta(days=1), on)
        ]
        assert not gaps or [answer.complete_cycles for answer in judged] == [1, 2]

    @pytest.mark.parametrize(
        ("last", "on", "why"),
        [
            # The third session waits for the end of the hold; the cycle after it does not.
            ("2026-08-31", "2026-11-24", "3 complete cycles"),
            (None, "None", "3 complete cycles; session 3 is neither given nor planned"),
        ],
    )
    def test_each_session_ahead_waits_for_the_end_of_a_hold(
        self, last: str | None, on: str, why: str
    ) -> None:
        thrice = find_response_rule("preempt-50").model_dump()
        thrice["criteria"][0]["after_cycles"] = 3
        hold = bs.Hold(first="2026-06-20", last=last, reason="r")
        record = self.ONE.model_copy(update={"holds": (hold,)})
        rule = ResponseRule.model_validate(thrice)
        (review,) = response_review_dates(record, MIGRAINE, rule=rule, as_of="2026-02-01")
        assert (str(review.on), review.why) == (on, why)

    def test_without_a_usual_range_the_earliest_day_ends_a_cycle(self) -> None:
        own = MIGRAINE.model_dump() | {"id": "own", "retreatment": {"minimum": "12 weeks", "kind": "as_needed"}}  # fmt: skip
        plan, record = (
            bs.TreatmentProtocol.model_validate(own),
            record_from_gaps([84], starts_on=START),
        )
        assert response_review_dates(record, plan, rule="nice-ta260", as_of=DONE)[0].on == DONE
        found = assess_response(HeadacheDiary(), record, plan, rule="nice-ta260", as_of=DONE)
        assert found.complete_cycles == 2

    def test_cycles_given_elsewhere_bring_the_review_forward(self) -> None:
        for cycles, on in (
            (0, DONE),
            (1, START + timedelta(days=84)),
            (5, START + timedelta(days=84)),
        ):
            prior = bs.PriorTreatment(indication="chronic-migraine", cycles=cycles)
            record = record_from_gaps([], starts_on=START).model_copy(
                update={"prior_treatments": (prior,)}
            )
            assert (
                response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of=START)[0].on == on
            )

    ONE = record_from_gaps([], starts_on=date(2026, 1, 16))

    @pytest.mark.parametrize(
        ("as_of", "on"),
        [("2026-02-01", "2026-07-03"), ("2026-04-17", "2026-07-03"), ("2026-04-18", None), ("2026-09-01", None)],
    )  # fmt: skip
    def test_a_review_waits_for_a_session_that_is_overdue(self, as_of: str, on: str | None) -> None:
        review, _ = response_review_dates(self.ONE, MIGRAINE, rule="nice-ta260", as_of=as_of)
        assert str(review.on) == str(on)
        waits = "2 complete cycles; session 2 is neither given nor planned"
        assert review.why == ("2 complete cycles" if on else waits)

    def booked(self, **more: Any) -> bs.PatientRecord:
        booking = {
            "administered_on": "2026-09-10", "indication": "chronic-migraine", "product": "Botox",
            "status": "booked",
        }  # fmt: skip
        table = self.ONE.model_dump() | more
        return bs.PatientRecord.model_validate(table | {"sessions": [*self.ONE.sessions, booking]})

    def test_a_booked_session_dates_the_review(self) -> None:
        review, _ = response_review_dates(
            self.booked(), MIGRAINE, rule="nice-ta260", as_of="2026-09-01"
        )
        assert (review.on, review.why) == (date(2026, 12, 3), "2 complete cycles")

    def test_after_a_discharge_no_booking_dates_it(self) -> None:
        end = {"on": "2026-08-01", "kind": "discontinued"}
        record = self.booked(care_ends=[end])
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of="2026-09-01")
        assert review.on is None

    def test_a_review_that_needs_no_further_session_stays_dated(self) -> None:
        (review,) = response_review_dates(self.ONE, MIGRAINE, rule="preempt-50", as_of="2026-09-01")
        assert review.on == date(2026, 4, 10)

    @pytest.mark.parametrize(
        ("died_on", "on"), [("2026-04-09", None), ("2026-04-10", "2026-04-10")]
    )
    def test_a_cycle_that_care_did_not_outlast_is_never_judged(
        self, died_on: str, on: str | None
    ) -> None:
        end = bs.CareEnd.model_validate({"on": died_on, "kind": "deceased"})
        record = self.ONE.model_copy(update={"care_ends": (end,)})
        (review,) = response_review_dates(record, MIGRAINE, rule="preempt-50", as_of="2026-09-01")
        assert str(review.on) == str(on)
        assert review.why == "1 complete cycle" + ("" if on else "; care ended before")

    @pytest.mark.parametrize(("last", "on"), [("2026-04-20", "2026-07-31"), (None, None)])
    def test_an_open_hold_of_all_usual_days_leaves_no_review(
        self, last: str | None, on: str | None
    ) -> None:
        # The clinic's own usual range starts two weeks after the earliest day, in the hold.
        policy = bs.SchedulingPolicy(usual=[("chronic-migraine", "14 weeks")])
        hold = bs.Hold.model_validate({"first": "2026-04-15", "last": last, "reason": "r"})
        record = self.ONE.model_copy(update={"holds": (hold,)})
        review, _ = response_review_dates(
            record, MIGRAINE, rule="nice-ta260", as_of="2026-02-01", policy=policy
        )
        assert str(review.on) == str(on)

    def test_a_booking_precedes_the_target(self) -> None:
        table = self.ONE.model_dump()
        booking = {
            **table["sessions"][0],
            "id": "b",
            "administered_on": "2026-04-20",
            "status": "booked",
        }
        record = bs.PatientRecord.model_validate({"sessions": [*self.ONE.sessions, booking]})
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of="2026-02-01")
        assert review.on == date(2026, 7, 13)

    @pytest.mark.parametrize(
        ("ahead", "on"),
        [
            ({}, "2026-07-03"),
            # The next session cannot come before a hold ends, so never on an open one.
            ({"holds": [{"first": "2026-04-01", "last": "2026-04-30", "reason": "r"}]}, "2026-07-24"),
            ({"holds": [{"first": "2026-04-01", "reason": "r"}]}, None),
            # A discharge ahead ends follow-up: on its day a cycle can still be complete.
            ({"care_ends": [{"on": "2026-04-10", "kind": "discontinued"}]}, None),
            ({"care_ends": [{"on": "2026-07-02", "kind": "discontinued"}]}, None),
            ({"care_ends": [{"on": "2026-07-03", "kind": "discontinued"}]}, "2026-07-03"),
        ],
    )  # fmt: skip
    def test_what_lies_ahead_moves_or_takes_the_review(
        self, ahead: dict[str, Any], on: str | None
    ) -> None:
        record = bs.PatientRecord.model_validate({"sessions": self.ONE.sessions, **ahead})
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of="2026-02-01")
        assert str(review.on) == str(on)

    @pytest.mark.parametrize(
        ("first", "as_of", "on"),
        [
            *(("2026-02-10", day, "2026-08-24") for day in ("2026-02-09", "2026-02-10", "2026-05-31", "2026-06-01")),
            ("2026-04-17", "2026-04-20", "2026-08-24"),
            ("2026-04-19", "2026-04-20", None),  # overdue before the hold, so without a target
        ],
    )  # fmt: skip
    def test_a_hold_with_a_known_end_dates_the_review_on_each_day(
        self, first: str, as_of: str, on: str | None
    ) -> None:
        hold = bs.Hold.model_validate({"first": first, "last": "2026-05-31", "reason": "r"})
        record = self.ONE.model_copy(update={"holds": (hold,)})
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of=as_of)
        assert str(review.on) == str(on)

    @pytest.mark.parametrize(
        ("booked_on", "as_of", "on"),
        [
            ("2026-01-18", "2026-01-17", "2026-07-03"),  # a second part of the first session
            ("2026-04-09", "2026-02-01", "2026-07-03"),  # a day before the minimum
            ("2026-04-10", "2026-02-01", "2026-07-03"),
            ("2026-04-11", "2026-02-01", "2026-07-04"),
        ],
    )
    def test_only_a_booking_that_may_be_kept_dates_the_review(
        self, booked_on: str, as_of: str, on: str
    ) -> None:
        booking = {
            "administered_on": booked_on, "indication": "chronic-migraine", "product": "Botox",
            "status": "booked",
        }  # fmt: skip
        record = bs.PatientRecord.model_validate({"sessions": [*self.ONE.sessions, booking]})
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of=as_of)
        assert str(review.on) == on

    def test_after_cycles_elsewhere_the_next_session_is_planned(self) -> None:
        prior = {"indication": "chronic-migraine", "cycles": 3, "last_on": "2026-01-16"}
        record = bs.PatientRecord.model_validate({"prior_treatments": [prior]})
        review, _ = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of="2026-02-01")
        assert (review.on, review.why) == (date(2026, 7, 3), "2 complete cycles")

    @pytest.mark.parametrize(
        ("kind", "ends_on", "on", "why"),
        [
            ("deceased", "2026-04-09", None, "; care ended before"),
            ("deceased", "2026-04-10", "2026-04-10", ""),
            ("discontinued", "2026-09-02", "2026-04-10", ""),
        ],
    )
    def test_months_in_a_row_end_with_care(
        self, kind: str, ends_on: str, on: str | None, why: str
    ) -> None:
        end = {"on": ends_on, "kind": kind}
        record = bs.PatientRecord.model_validate(
            {"sessions": self.ONE.sessions, "care_ends": [end]}
        )
        _, months = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of="2026-09-01")
        assert str(months.on) == str(on)
        assert months.why == f"3 months of 28 days since the first session{why}"

    def test_months_in_a_row_need_a_session(self) -> None:
        _, months = response_review_dates(
            bs.PatientRecord(), MIGRAINE, rule="nice-ta260", as_of="2026-09-01"
        )
        waits_for = "3 months of 28 days since the first session"
        assert (months.on, months.why) == (None, f"{waits_for}; no session is recorded here")

    @pytest.mark.parametrize("kind", ["deceased", "discontinued"])
    def test_an_end_of_care_ahead_ends_months_in_a_row(self, kind: str) -> None:
        end = {"on": "2026-04-09", "kind": kind}
        record = bs.PatientRecord.model_validate(
            {"sessions": self.ONE.sessions, "care_ends": [end]}
        )
        _, months = response_review_dates(record, MIGRAINE, rule="nice-ta260", as_of="2026-02-01")
        assert (months.on, months.why[-18:]) == (None, "; care ends before")

    @pytest.mark.parametrize("failures", [["no", "no"], [None, True], [1, 0]])
    def test_a_failure_is_true_or_false(self, failures: Any) -> None:
        with pytest.raises(CountError, match="give True or False for each treatment"):
            assess_response(
                HeadacheDiary(), TWO, MIGRAINE, rule="lcd-l34635", as_of=DONE, failures=failures
            )

    def test_a_discharge_taken_back_asks_for_no_recheck(self) -> None:
        for more, on in (({}, date(2026, 11, 1)), ({"withdrawn_on": "2026-07-10"}, None)):
            end = bs.CareEnd.model_validate({"on": "2026-07-01", "kind": "discontinued", **more})
            record = TWO.model_copy(update={"care_ends": (end,)})
            (*_, recheck) = response_review_dates(
                record, MIGRAINE, rule="ehf-2018", as_of="2026-08-01"
            )
            assert recheck.on == on

    def test_an_unknown_rule_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(UnknownProtocolError, match="known: nice-ta260, ehf-2018"):
            assess_response(HeadacheDiary(), TWO, MIGRAINE, rule="best", as_of=DONE)

    def test_answers_read_back(self) -> None:
        found = assess_response(
            course(22, 20, 20, 18, 16, 16, 16), TWO, MIGRAINE, rule="nice-ta260", as_of=DONE
        )
        assert outcomes.ResponseAssessment.model_validate_json(found.model_dump_json()) == found

    def test_words_are_neutral(self) -> None:
        for rule in bundled_response_rules():
            text = assess_response(
                course(22, 20, 20, 18, 16, 16, 16), TWO, MIGRAINE, rule=rule, as_of=DONE
            ).explain()
            assert "should" not in text
            assert text.startswith(f"rule {rule.id} gives: ")


OWN = """
[sources.house]
title = "Our house rules"

[[rules]]
id = "house"
version = "1"
title = "House rule"

[[rules.criteria]]
name = "a third fewer"
kind = "reduction"
below = "1/3"
after_cycles = 1
below_gives = "not_met"
otherwise = "met"
source = { key = "house", place = "2", verification = "clinic", checked_on = 2026-01-01 }
"""


class TestRules:
    def test_every_criterion_names_its_source(self) -> None:
        assert [rule.id for rule in bundled_response_rules()] == [
            "nice-ta260", "ehf-2018", "preempt-50", "evicore", "payer-84-days", "lcd-l34635", "lcd-l33646"
        ]  # fmt: skip
        assert all(c.source.title for rule in bundled_response_rules() for c in rule.criteria)

    def test_a_clinics_own_rule_has_the_same_schema(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_text(OWN, encoding="utf-8")
        (rule,) = load_response_rules(file)
        for now, outcome in ((14, "met"), (15, "not_met")):
            assert decide(judge_counts(rule, baseline=21, current=now, cycles=1)) == outcome

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('kind = "reduction"', 'kind = "guess"', r"own\.toml: \[\[rules\]\] 1: criteria\.0\.kind: Input should be"),
            ('below = "1/3"\n', "", "criteria.0: a criterion of kind reduction needs below"),
            ('below = "1/3"', 'below = "a third"', "give a number, or text such as '14'"),
            ('below = "1/3"', 'below = 30', "criteria.0: below is a share from 0 to 1, such as '30/100' for 30 %"),
            ('below = "1/3"', 'below = "-1/3"', "criteria.0: below is a share from 0 to 1"),
            ('below = "1/3"', 'below = "1/3"\nmeasure = "none"', "criteria.0: measure is headache or migraine"),
            ('after_cycles = 1', 'after_cycles = true', "criteria.0.after_cycles: Input should be a valid integer"),
            ('after_cycles = 1', 'after_cycles = 1\nfinal_after_cycles = 2', "give final_after_cycles and below_early_gives together"),
            ('key = "house"', 'key = "home"', "no such source"),
            ('source = {', 'sauce = {', "no such source"),
            ('[[rules]]', '[[rule]]', r"no \[\[rules\]\] table"),
            ('[[rules]]', '[[rules]', "not a TOML file"),
        ],
    )  # fmt: skip
    def test_a_malformed_file_says_where(
        self, tmp_path: Path, old: str, new: str, message: str
    ) -> None:
        file = tmp_path / "own.toml"
        file.write_text(OWN.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ProtocolFileError, match=message):
            load_response_rules(file)

    @pytest.mark.parametrize(
        ("figure", "value", "is_possible"),
        [
            ("below", 0, True), ("below", 1, True), ("below", "1.01", False), ("below", -1, False),
            ("below_days", "0.5", True), ("below_days", 31, True),
            ("below_days", 0, False), ("below_days", "31.5", False),
        ],
    )  # fmt: skip
    def test_a_figure_that_everybody_or_nobody_meets_is_refused(
        self, figure: str, value: Any, *, is_possible: bool
    ) -> None:
        kind = {"below": "reduction", "below_days": "months_below"}[figure]
        source = find_response_rule("nice-ta260").criteria[0].source
        criterion = {"name": "own", "kind": kind, "months": 3, figure: value, "source": source}
        with nullcontext() if is_possible else pytest.raises(ValidationError, match=figure):
            outcomes.ResponseCriterion.model_validate(criterion)

    def test_each_problem_of_a_file_has_a_line_that_says_where(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        broken = OWN.replace('key = "house"', 'key = "home"')
        rule = broken[broken.index("[[rules]]") :]
        file.write_text(broken + "\n" + rule, encoding="utf-8")
        with pytest.raises(ProtocolFileError) as caught:
            load_response_rules(file)
        places = [line.split(": criteria")[0] for line in str(caught.value).splitlines()]
        assert places == ["own.toml: [[rules]] 1", "own.toml: [[rules]] 2"]

    def test_two_rules_of_one_id_are_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_text(OWN + OWN[OWN.index("[[rules]]") :], encoding="utf-8")
        with pytest.raises(
            ProtocolFileError, match=r"^own\.toml: id house has 2 rules; expected one$"
        ):
            load_response_rules(file)

    def test_a_rule_of_rechecks_alone_waits(self) -> None:
        (*_, recheck) = find_response_rule("ehf-2018").criteria
        rule = outcomes.ResponseRule(id="own", version="1", title="Own", criteria=(recheck,))
        found = assess_response(HeadacheDiary(), TWO, MIGRAINE, rule=rule, as_of=DONE)
        assert (found.outcome, found.results) == ("insufficient_data", ())


class TestWearOff:
    WEEKS = (5, 4, 3, 2, 2, 2, 2, 2, 3, 4, 5, 5)

    def find(self, definition: str, weeks: Any = WEEKS, **changes: Any) -> tuple[int | None, bool]:
        found = wear_off(weeks, definition=definition, administered_on=START, **changes)
        return found.week, found.is_known

    def test_the_definition_decides(self) -> None:
        assert self.find("nadir_rise") == (9, True)
        assert self.find("half_of_benefit_lost", baseline=Fraction(11, 2)) == (10, True)
        assert self.find("any_late_rise") == (9, True)
        assert self.find("clinicians_note", noted_week=8) == (8, True)

    def test_what_is_not_said_is_not_known(self) -> None:
        assert self.find("half_of_benefit_lost") == (None, False)
        assert self.find("clinicians_note") == (None, False)
        for definition in ("nadir_rise", "any_late_rise"):
            assert self.find(definition, [None] * 12) == (None, False)

    def test_a_steady_effect_does_not_wear_off(self) -> None:
        steady = [5, 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2]
        assert self.find("nadir_rise", steady) == (None, True)
        assert self.find("any_late_rise", steady) == (None, True)
        assert self.find("half_of_benefit_lost", steady, baseline=5) == (None, True)

    def test_a_single_bad_week_is_no_rise_from_the_nadir(self) -> None:
        assert self.find("nadir_rise", [5, 2, 3, 2, 2, 2, 2, 2]) == (None, True)
        assert self.find("nadir_rise", [5, 2, 2, 2, 2, 2, 2, 3]) == (None, True)

    def test_no_benefit_cannot_be_lost(self) -> None:
        assert self.find("half_of_benefit_lost", [6, 6, 6], baseline=5) == (None, True)

    @pytest.mark.parametrize(
        ("weeks", "week", "known", "by_week"),
        [
            ([2, *[None] * 11], None, False, None),
            ([5, 4, 3, 2, 2, 2, 2, 2, 3, None, 4, 5], None, False, 11),
            ([5, 4, 3, 2, 2, 2, 2, 2, 3, 3, None, 5], None, False, None),
            ([None, 4, 3, 0, 0, 0, 0, 0, 3, 3, 4, 5], 9, True, 9),
            ([5, 4, 3, 0, 0, 0, 0, 0, 3, 3, 4, None], None, False, None),
            ([None, None, None, 0, 0, 3, 3], None, False, None),
            ([], None, False, None),
        ],
    )
    def test_an_unknown_week_leaves_open_what_it_could_change(
        self, weeks: list[int | None], week: int | None, by_week: int | None, *, known: bool
    ) -> None:
        found = wear_off(weeks, definition="nadir_rise", administered_on=START)
        assert (found.week, found.is_known, found.by_week) == (week, known, by_week)

    @pytest.mark.parametrize(
        ("weeks", "week"),
        [
            ([2, 4, 4, 2, 2, 2, 2, 2, 2, 3, 4, 4], 10),
            ([2, 4, 4, 3, 3, 3, 3, 3, 3, 3, 4, 4], 2),
            ([3, 4, 4, 2, 2, 2, 2, 2, 2, 2, 3, 3], 11),
            ([2, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2], None),
        ],
    )
    def test_of_equally_low_weeks_the_last_is_the_lowest(
        self, weeks: list[int], week: int | None
    ) -> None:
        assert self.find("nadir_rise", weeks) == (week, True)

    def test_a_rise_that_an_unknown_week_hides_is_not_known(self) -> None:
        assert self.find("any_late_rise", [5, 2, None, 3, 2, 2]) == (None, False)
        assert self.find("half_of_benefit_lost", [5, 2, None, 3], baseline=6) == (None, False)

    @pytest.mark.parametrize("number", [-1, 8, float("nan"), True, "many"])
    def test_impossible_weeks_are_refused(self, number: Any) -> None:
        with pytest.raises(CountError, match="weeks: give"):
            self.find("nadir_rise", [number])
        with pytest.raises(CountError, match="baseline: give"):
            self.find("half_of_benefit_lost", baseline=number)

    @pytest.mark.parametrize("week", [0, True, 1.5])
    def test_an_impossible_note_is_refused(self, week: Any) -> None:
        with pytest.raises(CountError, match="noted_week"):
            self.find("clinicians_note", noted_week=week)

    def test_the_last_cycle_is_judged_through_the_last_recorded_day(self) -> None:
        known = diary((START, "hhhhh--" + "hh-----" * 3 + "hhhh---" * 3))
        (found,) = wear_off_across_cycles(
            known, [START], definition="nadir_rise", as_of=START + timedelta(days=300)
        )
        assert (found.week, len(found.weeks)) == (5, 7)

    def test_weeks_come_from_the_diary(self) -> None:
        known = diary((START, "hhh----" + "h??????" + "hh--???" + "hhhh"))
        weeks = weekly_days(known, START, START + timedelta(days=24))
        assert weeks == (3, None, Fraction(7, 2))
        assert weekly_days(known, START, START + timedelta(days=5)) == ()

    def test_each_cycle_is_looked_at(self) -> None:
        letters = "hhhhh--" + "hh-----" * 3 + "hhhh---" * 3
        known = diary((START, letters), (START + timedelta(days=49), letters))
        second = START + timedelta(days=49)
        found = wear_off_across_cycles(
            known,
            [second, START],
            definition=WearOffDefinition.NADIR_RISE,
            as_of=START + timedelta(days=97),
        )
        assert [(wear.week, wear.on) for wear in found] == [
            (5, START + timedelta(days=28)), (5, second + timedelta(days=28))
        ]  # fmt: skip
        assert wear_off_across_cycles(known, [second], definition="nadir_rise", as_of=START) == ()

    def test_a_cycle_ends_on_the_eve_of_the_next(self) -> None:
        starts = [START, START + timedelta(days=82)]
        found = wear_off_across_cycles(
            HeadacheDiary(), starts, definition="nadir_rise", as_of=starts[1]
        )
        assert [len(wear.weeks) for wear in found] == [11, 0]

    def test_two_sessions_on_one_day_open_one_cycle(self) -> None:
        starts = [START, START, START + timedelta(days=84)]
        found = wear_off_across_cycles(
            HeadacheDiary(), starts, definition="nadir_rise", as_of=starts[2]
        )
        assert [len(wear.weeks) for wear in found] == [12, 0]

    def test_it_never_moves_a_date(self) -> None:
        before = bs.forecast(TWO, MIGRAINE, as_of="2026-04-20")
        self.find("nadir_rise")
        assert bs.forecast(TWO, MIGRAINE, as_of="2026-04-20") == before


class TestSpasticityScores:
    TIMELINE = bs.response_timeline(START, bs.find_protocol("spasticity"))

    def test_the_scale_is_ordered(self) -> None:
        scores = [ModifiedAshworth(text) for text in ("4", "1+", "0", "2", "1", "3")]
        assert [str(score) for score in sorted(scores)] == ["0", "1", "1+", "2", "3", "4"]
        assert ModifiedAshworth.ONE_PLUS >= ModifiedAshworth.ONE
        with pytest.raises(TypeError):
            _ = ModifiedAshworth.ONE < 2

    @pytest.mark.parametrize("text", ["5", "1.5", "", 1])
    def test_other_scores_are_refused(self, text: object) -> None:
        with pytest.raises(ValidationError):
            AshworthAssessment.model_validate({"on": START, "joint": "elbow", "score": text})

    def assess(self, *scores: tuple[int, str, str]) -> list[AshworthAssessment]:
        return [
            AshworthAssessment.model_validate(
                {"on": START + timedelta(days=day), "joint": joint, "score": score}
            )
            for day, joint, score in scores
        ]

    def test_the_change_is_that_at_the_peak(self) -> None:
        scores = self.assess((-30, "elbow", "4"), (0, "elbow", "3"), (14, "elbow", "2"), (28, "elbow", "1+"),
                             (42, "elbow", "1"), (43, "elbow", "0"))  # fmt: skip
        (change,) = ashworth_change(reversed(scores), self.TIMELINE)
        assert (str(change.before), str(change.at_peak), change.at_peak_day, change.steps) == (
            "3",
            "1+",
            28,
            -2,
        )

    def test_of_several_scores_on_one_day_the_highest_counts(self) -> None:
        scores = self.assess((0, "elbow", "2"), (0, "elbow", "3"), (28, "elbow", "1"), (28, "elbow", "1+"))  # fmt: skip
        for ordered in (scores, scores[::-1]):
            (change,) = ashworth_change(ordered, self.TIMELINE)
            assert (str(change.before), str(change.at_peak), change.steps) == ("3", "1+", -2)

    def test_what_was_not_assessed_is_not_guessed(self) -> None:
        elbow, wrist = ashworth_change(
            self.assess((43, "elbow", "1"), (0, "wrist", "2")), self.TIMELINE
        )
        assert (elbow.before, elbow.at_peak, elbow.steps) == (None, None, None)
        assert (wrist.at_peak, wrist.steps) == (None, None)
        bladder = bs.response_timeline(START, bs.find_protocol("overactive-bladder"))
        assert ashworth_change(self.assess((30, "elbow", "1")), bladder)[0].at_peak is None

    def goals(self, *scores: tuple[str, int, int | None], judged_on: date | None = None) -> GoalSet:
        goals = [{"weight": w, "baseline": b, "achieved": a} for w, b, a in scores]
        return GoalSet.model_validate({"set_on": START, "judged_on": judged_on, "goals": goals})

    def test_goals_met_as_set_score_fifty(self) -> None:
        found = goal_attainment(self.goals(("1", -1, 0), ("3", -2, 0)))
        assert found.achieved == 50
        assert found.change is not None
        assert found.change > 0

    def test_the_formula_is_the_published_one(self) -> None:
        found = goal_attainment(self.goals(("1", -2, 1), ("2", -1, -1)), self.TIMELINE)
        spread = (0.7 * (1 + 4) + 0.3 * 9) ** 0.5
        assert found.baseline == pytest.approx(50 + 10 * (-2 - 2) / spread)
        assert found.achieved == pytest.approx(50 + 10 * (1 - 2) / spread)
        assert found.source.verification == "unverified"

    def test_a_single_goal_is_ten_a_level(self) -> None:
        for level in range(-2, 3):
            assert goal_attainment(self.goals(("5", -1, level))).achieved == 50 + 10 * level

    def test_goals_not_yet_judged_have_no_score(self) -> None:
        found = goal_attainment(self.goals(("1", -1, 0), ("1", -1, None)))
        assert (found.achieved, found.change, found.judged_on_day) == (None, None, None)

    def test_the_day_is_that_of_the_cycle(self) -> None:
        goals = self.goals(("1", -1, 0), judged_on=START + timedelta(days=35))
        assert goal_attainment(goals, self.TIMELINE).judged_on_day == 35
        assert goal_attainment(goals).judged_on_day is None

    @pytest.mark.parametrize(
        "goal", [{"baseline": 3}, {"baseline": 0, "weight": 0}, {"baseline": "0"}]
    )
    def test_impossible_goals_are_refused(self, goal: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            GoalSet.model_validate({"set_on": START, "goals": [goal]})

    def test_goals_are_judged_after_they_are_set(self) -> None:
        assert self.goals(("1", -1, 0), judged_on=START).judged_on == START
        with pytest.raises(ValidationError, match="give set_on <= judged_on"):
            self.goals(("1", -1, 0), judged_on=START - timedelta(days=1))


class TestSideEffects:
    @pytest.mark.parametrize(("last", "open_end"), [("9998-12-31", False), ("9999-01-01", True)])
    def test_an_end_at_the_end_of_the_calendar_is_open(self, last: str, *, open_end: bool) -> None:
        effect = SideEffect.model_validate({"name": "x", "first": "2026-01-05", "last": last})
        assert (effect.last is None) is open_end

    def test_the_order_given_decides_nothing(self) -> None:
        effects = [
            SideEffect.model_validate({"name": "x", "first": START, "last": last})
            for last in (None, "2026-01-06", "2026-01-05")
        ]
        placed = place_side_effects(effects, [])
        assert [effect.lasted_days for effect in placed] == [1, 2, None]
        assert placed == place_side_effects(reversed(effects), [])

    def test_each_is_placed_in_its_cycle(self) -> None:
        spasticity = bs.find_protocol("spasticity")
        timelines = [bs.response_timeline(day, spasticity) for day in (date(2026, 5, 4), START)]
        effects = [
            SideEffect.model_validate({"name": name, "first": first, "last": last})
            for name, first, last in (
                ("weakness", "2026-05-10", None),
                ("weakness", "2026-02-03", "2026-02-09"),
                ("dry mouth", "2026-01-01", "2026-01-02"),
            )
        ]
        placed = place_side_effects(effects, timelines)
        assert [
            (p.name, p.session_number, p.onset_day, p.lasted_days, p.phase) for p in placed
        ] == [
            ("dry mouth", None, None, 2, None),
            ("weakness", 1, 29, 7, "peak"),
            ("weakness", 2, 6, None, "latent"),
        ]
        assert side_effect_counts(placed) == {
            ("dry mouth", None): 1, ("weakness", "peak"): 1, ("weakness", "latent"): 1
        }  # fmt: skip

    def test_an_end_before_the_start_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="give first <= last"):
            SideEffect.model_validate({"name": "x", "first": "2026-01-02", "last": "2026-01-01"})


@pytest.mark.parametrize(
    "model",
    [
        m
        for name in outcomes.__all__
        if isinstance(m := getattr(outcomes, name), type) and issubclass(m, BaseModel)
    ],
    ids=lambda model: model.__name__,
)
def test_every_model_is_frozen_and_refuses_strangers(model: type[BaseModel]) -> None:
    assert model.model_config.get("frozen")
    assert model.model_config.get("extra") == "forbid"


def test_models_of_a_patient_hide_what_they_hold() -> None:
    mark = "Zqx7"
    for model, table in (
        (SideEffect, {"name": mark, "first": "2026-01-01"}),
        (AshworthAssessment, {"on": "2026-01-01", "joint": mark, "score": "1"}),
    ):
        assert mark not in repr(model.model_validate(table))
        with pytest.raises(ValidationError) as caught:
            model.model_validate({**table, "on": mark, "first": mark})
        assert mark not in str(caught.value)
    goals = GoalSet.model_validate({"set_on": "2026-01-01", "goals": [{"baseline": -1}]})
    assert "2026" not in repr(goals)


def test_answers_keep_the_free_text_of_a_patient_out_of_their_repr() -> None:
    mark, timeline = "Zqx7", bs.response_timeline(START, bs.find_protocol("spasticity"))
    effect = SideEffect.model_validate({"name": mark, "first": START})
    score = AshworthAssessment.model_validate({"on": START, "joint": mark, "score": "1"})
    answers = (place_side_effects([effect], [timeline]), ashworth_change([score], timeline))
    assert (answers[0][0].name, answers[1][0].joint) == (mark, mark)
    assert mark not in repr(answers)


def own_rule(**criterion: Any) -> outcomes.ResponseRule:
    """NICE's rule with its last criterion changed."""
    rule = find_response_rule("nice-ta260")
    changed = rule.criteria[-1].model_copy(update=criterion)
    return rule.model_copy(update={"criteria": (changed,)})


class TestFiguresBehindAnAnswer:
    def test_the_numbers_behind_an_answer(self) -> None:
        rule = find_response_rule("nice-ta260")
        judged = judge_counts(rule, baseline=20, current=15, cycles=2, months=[14])
        assert [result.numbers for result in judged] == [
            (
                "headache days 20 became 15: 25 % fewer",
                "threshold 30 %",
                "2 complete cycles; judged after 2",
            ),
            ("1 of 3 months in a row below 15",),
        ]
        assert str(judged[0]).splitlines()[1:4] == [f"  {line}" for line in judged[0].numbers]
        (waits, _) = judge_counts(rule, baseline=20, current=15, cycles=1)
        assert waits.numbers == ("1 complete cycle; judged after 2",)

    @pytest.mark.parametrize(
        ("baseline", "current", "told"),
        [
            (None, 15, "headache days before the course: unknown"),
            (0, 15, "headache days before the course: none"),
            (20, None, "headache days in the last month of the cycle: unknown"),
            (20, 22, "headache days 20 became 22: 10 % more"),
            (20, 20, "headache days 20 became 20: 0 % fewer"),
        ],
    )
    def test_what_is_missing_is_named_and_a_rise_is_called_one(
        self, baseline: int | None, current: int | None, told: str
    ) -> None:
        rule = find_response_rule("preempt-50")
        (judged,) = judge_counts(rule, baseline=baseline, current=current, cycles=1)
        assert judged.numbers[0] == told
        assert "1 complete cycle; judged after 1" in judged.numbers

    def test_a_baseline_counts_the_rules_own_measure(self) -> None:
        parts = [
            (START - timedelta(days=28), month(20, 12)),
            *[(START + timedelta(days=28 * n), month(18, 9)) for n in range(6)],
        ]
        found = assess_response(diary(*parts), TWO, MIGRAINE, rule="evicore", as_of=DONE)
        assert found.outcome is RuleOutcome.NOT_MET

    def test_months_count_the_rules_own_measure(self) -> None:
        parts = [(START + timedelta(days=28 * n), month(18, 11)) for n in range(6)]
        for measure, outcome in (("headache", "continue"), ("migraine", "stop")):
            rule = own_rule(measure=DiaryKind(measure))
            found = assess_response(diary(*parts), TWO, MIGRAINE, rule=rule, as_of=DONE)
            assert found.outcome == outcome

    def test_of_three_cycles_the_second_is_the_last_complete_one(self) -> None:
        three = record_from_gaps([84, 84], starts_on=START)
        known = course(22, *range(10, 17))
        found = assess_response(
            known, three, MIGRAINE, rule="nice-ta260", as_of=DONE + timedelta(days=1)
        )
        assert found.current is not None
        assert found.current.window.last == DONE - timedelta(days=1)
        assert found.complete_cycles == 2

    @pytest.mark.parametrize(
        ("failures", "outcome"),
        [
            ([True, True], "coverage_may_end"), ([False, True, True], "coverage_may_end"),
            ([True, True, False], "continue"), ([True, False], "continue"),
        ],
    )  # fmt: skip
    def test_the_last_treatments_count(self, failures: list[bool], outcome: str) -> None:
        found = assess_response(
            HeadacheDiary(), TWO, MIGRAINE, rule="lcd-l34635", as_of=DONE, failures=failures
        )
        assert found.outcome == outcome

    def test_too_few_judged_failures_say_how_many(self) -> None:
        found = assess_response(
            HeadacheDiary(), TWO, MIGRAINE, rule="lcd-l34635", as_of=DONE, failures=[True]
        )
        assert found.results[0].outcome is RuleOutcome.INSUFFICIENT_DATA
        assert found.results[0].numbers == (
            "1 of the last 2 treatments were judged to have failed",
        )

    def test_the_end_of_another_tracks_treatment_asks_for_no_recheck(self) -> None:
        for indication, on in (("chronic-migraine", date(2026, 11, 1)), ("spasticity", None)):
            end = bs.CareEnd(on=date(2026, 7, 1), kind="discontinued", indication=indication)
            record = TWO.model_copy(update={"care_ends": (end,)})
            ask: dict[str, Any] = {"rule": "ehf-2018", "as_of": "2026-11-01"}
            (*_, recheck) = response_review_dates(record, MIGRAINE, **ask)
            assert recheck.on == on
            found = assess_response(HeadacheDiary(), record, MIGRAINE, **ask)
            assert (len(found.results) == 3) is (on is not None)

    def test_a_number_is_no_object_that_looks_like_one(self) -> None:
        class Three:
            def __str__(self) -> str:
                return "3"

        with pytest.raises(ValidationError):
            Baseline.model_validate({"headache_days": Three()})

    def test_one_fault_of_a_criterion_is_one_line(self, tmp_path: Path) -> None:
        file = tmp_path / "rules.toml"
        file.write_text(OWN.replace('below = "1/3"', "below = 30", 1), encoding="utf-8")
        with pytest.raises(ProtocolFileError) as caught:
            load_response_rules(file)
        assert len(str(caught.value).splitlines()) == 1

    def test_a_rule_needs_a_criterion(self) -> None:
        with pytest.raises(ValidationError, match="criteria: give at least one"):
            ResponseRule(id="own", version="1", title="t", criteria=())

    def test_every_faulty_rule_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "rules.toml"
        file.write_text('[[rules]]\nid = "A"\ncriteria = []\n[[rules]]\nid = "B"\ncriteria = []\n')
        with pytest.raises(ProtocolFileError) as caught:
            load_response_rules(file)
        assert "[[rules]] 1: " in str(caught.value)
        assert "[[rules]] 2: " in str(caught.value)

    def test_a_score_has_ten_places(self) -> None:
        goals = [
            {"weight": "2", "baseline": -1, "achieved": 1},
            {"weight": "3", "baseline": -1, "achieved": 0},
        ]
        found = GoalSet.model_validate({"set_on": START, "goals": goals})
        score = goal_attainment(found).achieved
        assert score is not None
        assert score == round(score, 10)
        assert score != round(score, 9)

    def test_older_versions_judge_older_cycles(self) -> None:
        rule = {"kind": "scheduled", "minimum": "8 weeks", "usual": "8 to 12 weeks"}
        old = bs.TreatmentProtocol.model_validate(
            MIGRAINE.model_dump()
            | {"version": "0.9", "retreatment": rule, "in_force": {"last": "2026-03-31"}}
        )
        new = MIGRAINE.model_copy(update={"in_force": bs.protocols.InForce(first=date(2026, 4, 1))})
        record = record_from_gaps([60, 84], starts_on=START)
        judged = [
            outcomes.adherence(record, new, as_of=DONE, other_protocols=others).on_time
            for others in ((), (old,))
        ]
        assert judged == [1, 2]


def test_a_rule_of_another_kind_is_refused_with_the_known_ones() -> None:
    wrong: Any = None
    with pytest.raises(bs.UnknownProtocolError, match="known: nice-ta260"):
        outcomes.response_review_dates(
            bs.PatientRecord(), "chronic-migraine", rule=wrong, as_of="2026-07-01"
        )


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_begins_with_what_was_given(name: str) -> None:
    ask, message = REFUSED[name]
    with pytest.raises(BotoxScheduleError) as caught:
        ask()
    assert str(caught.value).startswith(message)


class TestWearOffWeekByWeek:
    def week(
        self, *weeks: int | str | None, definition: str = "nadir_rise", **how: Any
    ) -> out.WearOff:
        return out.wear_off(weeks, definition=definition, administered_on=START, **how)

    def test_a_rise_that_does_not_last_is_none(self) -> None:
        assert self.week(5, 1, 2, 1, 2).week is None

    def test_a_rise_by_half_a_day_is_none(self) -> None:
        assert self.week(5, 1, "1.5", "1.5").week is None
        assert self.week(5, 1, 2, 2).week == 3

    def test_no_benefit_is_lost_where_the_best_week_is_the_baseline(self) -> None:
        lost = "half_of_benefit_lost"
        assert self.week(2, 3, definition=lost, baseline=2).week is None
        assert self.week(0, 0, 1, definition=lost, baseline=0).week is None

    def test_the_clinic_may_note_the_first_week(self) -> None:
        found = self.week(definition="clinicians_note", noted_week=1)
        assert (found.week, found.by_week) == (1, 1)

    def test_an_unknown_week_may_have_had_seven_days_with_headache(self) -> None:
        lost = "half_of_benefit_lost"
        assert not self.week(5, None, definition=lost, baseline=7).is_known
        assert self.week(5, 5, definition=lost, baseline=7).is_known

    def test_no_week_has_eight(self) -> None:
        found = self.week(7, None, None)
        assert (found.week, found.is_known) == (None, True)

    def test_two_unknown_weeks_are_tried_and_three_are_too_many(self) -> None:
        def is_known(unknown: int) -> bool:
            weeks = (5, *[None] * unknown)
            return self.week(*weeks, definition="half_of_benefit_lost", baseline=0).is_known

        assert is_known(2)
        assert not is_known(3)


class TestAssessment:
    def assess(self, *weeks: int, as_of: str, record: bs.PatientRecord = ONE) -> Any:
        return out.assess_response(
            diary_of(*weeks), record, CHRONIC_MIGRAINE, rule="nice-ta260", as_of=as_of
        )

    def test_a_month_of_27_days_is_none(self) -> None:
        assert len(self.assess(3, 3, 3, 3, as_of="2026-02-01").months) == 1
        assert self.assess(3, 3, 3, 3, as_of="2026-01-31").months == ()

    def test_one_month_is_listed_alone(self) -> None:
        record = record_from_gaps([28], starts_on=START)
        text = self.assess(1, 1, 1, 1, 0, as_of="2026-02-08", record=record).explain()
        assert "months of the last complete cycle: 4 of 28 recorded" in text

    def test_who_died_has_not_stopped_treatment(self) -> None:
        rules = [r for r in out.bundled_response_rules() if any(c.recheck for c in r.criteria)]
        assert rules
        for rule in rules:
            for kind, stopped in (("deceased", False), ("discontinued", True)):
                end = {"on": "2026-03-02", "kind": kind}
                record = ONE.model_copy(update={"care_ends": (bs.CareEnd.model_validate(end),)})
                found = out.response_review_dates(
                    record, CHRONIC_MIGRAINE, rule=rule, as_of="2026-06-01"
                )
                days = [r.on for r in found if r.why == "treatment must have been stopped"]
                assert [day is not None for day in days] == [stopped]

    def test_without_a_usual_range_no_session_is_dated(self) -> None:
        own = bs.TreatmentProtocol(
            id="own",
            version="1",
            region="us",
            indication=CHRONIC_MIGRAINE,
            product="Botox",
            population="adult",
            retreatment={"kind": "as_needed", "minimum": "12 weeks"},
        )
        found = out.response_review_dates(ONE, own, rule="nice-ta260", as_of="2026-02-01")
        ends = [r.why for r in found if r.on is None]
        assert ends
        assert all(
            why.endswith("complete cycles; no usual range dates the next session") for why in ends
        )


class TestCalendarMonths:
    def test_a_month_of_the_calendar_counts_its_own_days(self) -> None:
        first = date(2026, 1, 1)
        kinds = ["migraine"] * 8 + ["headache"] * 7 + ["none"] * 16
        diary = out.HeadacheDiary(
            days=[{"on": first + timedelta(days=n), "kind": kind} for n, kind in enumerate(kinds)]
        )
        count = diary.count(bs.Window(first=first, last=date(2026, 1, 31)))
        met = {found.criteria: found.met for found in out.chronic_migraine_criteria(count)}
        assert met["ichd-3"] is True
