"""What users test with: strategies, and records that can be seen in failing tests."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import DueStatus, PatientRecord, SchedulingPolicy, SessionStatus, forecast
from botox_schedule.errors import CalendarRangeError, CountError, DayError, UnknownWordError
from botox_schedule.planning import ClinicCalendar
from botox_schedule.testing import (
    RecordPart,
    days,
    intervals,
    policies,
    protocols,
    pytest_runtest_setup,
    pytest_runtest_teardown,
    record_from_gaps,
    records,
    reveal_records,
)

MIGRAINE = "chronic-migraine"
AS_OF = date(2026, 12, 31)
quick = settings(
    max_examples=100,
    # What comes up in so few examples must not be left to chance.
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


_V = TypeVar("_V")


def drawn(strategy: st.SearchStrategy[_V]) -> list[_V]:
    seen: list[_V] = []

    @quick
    @given(strategy)
    def see(value: _V) -> None:
        seen.append(value)

    see()
    return seen


def one_with(strategy: st.SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    """An example for which a condition holds, as it was drawn: making it smaller takes seconds."""
    return find(strategy, condition, settings=settings(quick, max_examples=2000))


@pytest.fixture(scope="module")
def plain_records() -> list[PatientRecord]:
    return drawn(records())


class TestRecords:
    def test_by_default_at_most_one_in_ten_has_no_due_day(
        self, plain_records: list[PatientRecord]
    ) -> None:
        dates = [forecast(r, MIGRAINE, as_of=AS_OF).dates.due for r in plain_records]
        assert dates.count(None) <= len(dates) / 10

    def test_a_patient_has_a_history_soon_after_the_first_day(
        self, plain_records: list[PatientRecord]
    ) -> None:
        statuses = Counter(forecast(r, MIGRAINE, as_of="2024-01-29").status for r in plain_records)
        assert not statuses.keys() & {DueStatus.NO_HISTORY, DueStatus.DECEASED}

    @pytest.mark.parametrize("part", list(RecordPart)[:5])
    def test_a_part_comes_when_it_is_asked_for(
        self, plain_records: list[PatientRecord], part: RecordPart
    ) -> None:
        assert not any(getattr(record, part) for record in plain_records)
        assert any(getattr(record, part) for record in drawn(records(also=[part.value])))

    def test_unknown_words_come_when_they_are_asked_for(self) -> None:
        words = {
            session.indication
            for record in drawn(records(also=[RecordPart.UNKNOWN_WORDS]))
            for session in record.sessions
        }
        assert words > {MIGRAINE}

    def test_decisions_are_recorded_replaced_and_withdrawn(self) -> None:
        parts = [RecordPart.HOLDS, RecordPart.CHANGED_DECISIONS]
        strategy = records(also=parts)
        holds = [hold for record in drawn(strategy) for hold in record.holds]
        ids = (None, "1", "2")
        assert {hold.id for hold in holds} <= {*ids}
        for wanted in ids:

            def has_it(record: PatientRecord, wanted: str | None = wanted) -> bool:
                return wanted in {hold.id for hold in record.holds}

            assert one_with(strategy, has_it)
        assert all(hold.recorded_on for hold in holds)
        assert {hold.withdrawn_on is None for hold in holds} == {True, False}

    def test_only_a_history_is_only_that(self) -> None:
        for record in drawn(records(also=list(RecordPart), only_history=True)):
            assert {s.status for s in record.sessions} == {SessionStatus.COMPLETED}
            assert record == PatientRecord(sessions=record.sessions)

    def test_several_indications_come_up(self) -> None:
        both = ("spasticity", "upper-limb-spasticity")
        seen = {s.indication for r in drawn(records(indications=both)) for s in r.sessions}
        assert seen == set(both)

    @pytest.mark.parametrize(
        ("how", "said"),
        [
            ({"also": "holds"}, "also: give a list of holds, "),
            ({"also": ["hold"]}, "also: give one of holds, "),
            ({"indications": "spasticity"}, r"indications: give a list of names, such as \['spas"),
        ],
    )
    def test_a_wrong_choice_is_named(self, how: dict[str, Any], said: str) -> None:
        """A text was read letter by letter."""
        with pytest.raises((TypeError, UnknownWordError), match=said):
            one_with(records(**how), bool)

    def test_no_other_row_unmakes_the_first_session(self) -> None:
        for record in drawn(records()):
            first, *others = record.sessions
            assert first.id is None or first.id not in {s.id for s in others}


class TestDays:
    def test_bounds_can_be_text_as_everywhere_else(self) -> None:
        assert record_from_gaps([84], starts_on="2026-01-05", units="155") == record_from_gaps(
            [84], starts_on=date(2026, 1, 5), units=155
        )
        assert one_with(days("2026-02-28", "2026-02-28"), bool) == date(2026, 2, 28)
        found = one_with(records(first="2026-02-28", last="2026-02-28"), bool)
        assert found.sessions[0].administered_on == date(2026, 2, 28)
        with pytest.raises(DayError, match="starts_on: give a date"):
            record_from_gaps([], starts_on="5 January")

    @pytest.mark.parametrize("gap", [84.5, "84", True, None])
    def test_a_gap_is_a_whole_number_of_days(self, gap: Any) -> None:
        with pytest.raises(CountError, match="gaps: give a list of whole days"):
            record_from_gaps([84, gap], starts_on="2026-01-05")

    @pytest.mark.parametrize("most", [0, 6, 7, 31, 150])
    def test_an_interval_has_at_most_so_many_days(self, most: int) -> None:
        longest = max(found.day_bounds[1] for found in drawn(intervals(most_days=most)))
        assert longest <= most

    def test_stay_in_the_calendar(self) -> None:
        last = drawn(records(first="9999-12-31", last="9999-12-31"))
        assert {s.administered_on for record in last for s in record.sessions} == {date.max}
        eve = record_from_gaps([1], starts_on="9999-12-30")
        assert eve.sessions[-1].administered_on == date.max
        for gap in (2, 10**12, -(10**12)):
            with pytest.raises(CalendarRangeError):
                record_from_gaps([gap], starts_on="9999-12-30")


class TestPolicies:
    def test_payer_rules_come_when_they_are_asked_for(self) -> None:
        def has_a_period(policy: SchedulingPolicy) -> bool:
            return any(rule.first and rule.last for rule in policy.payer)

        assert one_with(policies(payer_rules=True), has_a_period).payer
        assert one_with(policies(), bool).payer == ()


class TestProtocols:
    @pytest.mark.parametrize("wanted", [True, False])
    def test_a_usual_range_is_drawn_or_not(self, wanted: bool) -> None:
        protocol = one_with(protocols(with_usual=wanted), bool)
        assert (protocol.retreatment.usual is not None) is wanted


RECORD = PatientRecord(
    id="p-1",
    sessions=record_from_gaps([84], starts_on=date(2026, 1, 5), units=155).sessions,
    holds=[{"first": "2026-02-01", "reason": "x"}],
)


class TestRevealing:
    @pytest.mark.parametrize(
        "value",
        [
            RECORD,
            RECORD.sessions[0],
            RECORD.holds[0],
            bs.SchedulingPolicy(payer_minimum="85 days", short_month="first_of_next"),
            bs.Interval(months=3),
            bs.IntervalRange.parse("3 to 4 months"),
            bs.find_protocol(MIGRAINE),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_is_shown_makes_the_value_again(self, value: object) -> None:
        with reveal_records():
            shown = repr(value)
        assert eval(shown, vars(bs)) == value  # noqa: S307 - this is what a person pastes

    def test_a_function_that_no_text_can_show_is_left_out(self) -> None:
        calendar = ClinicCalendar(closures=["2026-05-26"], predicate=lambda day: day.day != 1)
        with reveal_records():
            shown = repr(calendar)
        assert eval(shown) == calendar.model_copy(update={"predicate": None})  # noqa: S307 - as above

    def test_afterwards_records_are_hidden_again(self) -> None:
        with reveal_records():
            assert "p-1" in repr(RECORD)
        for shown in (repr, str):
            assert shown(RECORD) == "PatientRecord(...)"
            assert shown(RECORD.sessions[0]) == "TreatmentSession(...)"
        assert [*RECORD.__repr_args__()] == []

    def test_after_a_failure_too(self) -> None:
        with pytest.raises(ValueError, match="on purpose"), reveal_records():
            raise ValueError("on purpose")
        assert repr(RECORD) == "PatientRecord(...)"

    def test_nested_blocks_end_one_by_one(self) -> None:
        with reveal_records():
            with reveal_records():
                pass
            assert "p-1" in repr(RECORD)
        assert repr(RECORD) == "PatientRecord(...)"

    def test_as_a_plugin_it_reveals_until_the_end_of_a_test(self) -> None:
        pytest_runtest_setup()
        shown = repr(RECORD)
        pytest_runtest_teardown()
        assert ("p-1" in shown, "p-1" in repr(RECORD)) == (True, False)

    def test_a_failing_test_shows_an_example_that_can_be_run_again(self, tmp_path: Path) -> None:
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["botox_schedule.testing"]\n')
        (tmp_path / "test_it.py").write_text(
            "from hypothesis import given, settings\n"
            "from botox_schedule.testing import records\n"
            "@settings(database=None)\n"
            "@given(records())\n"
            "def test_it(record):\n"
            "    assert not record.sessions\n"
        )
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "PatientRecord(sessions=[{'administered_on': '2024-01-01'" in run.stdout
