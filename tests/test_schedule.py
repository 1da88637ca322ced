"""One session and a protocol: dates, statuses, phases, projection."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import (
    DueDates,
    DueStatus,
    Interval,
    ResponsePhase,
    SchedulingPolicy,
    TreatmentProtocol,
    Window,
    bundled_protocols,
    due_dates,
    due_status,
    find_protocol,
    project_dates,
    response_phase,
    response_timeline,
)
from botox_schedule.engine import ResponseTimeline
from botox_schedule.errors import CalendarRangeError, CountError, DayError, OrderError
from botox_schedule.questions import checked_count
from botox_schedule.testing import days, policies, protocols
from samples import FIRST_OF_NEXT, protocol, record, rule

MIGRAINE = find_protocol("chronic-migraine")
STATUS_ORDER = [
    DueStatus.TOO_EARLY,
    DueStatus.ALLOWED,
    DueStatus.DUE,
    DueStatus.OVERDUE,
    DueStatus.LAPSED,
]
PHASE_ORDER = [
    ResponsePhase.LATENT,
    ResponsePhase.ONSET,
    ResponsePhase.BUILDING,
    ResponsePhase.EFFECT,
    ResponsePhase.PEAK,
    ResponsePhase.SUSTAINED,
    ResponsePhase.MAY_BE_WEARING_OFF,
    ResponsePhase.WEARING_OFF,
    ResponsePhase.WORN_OFF,
]


class TestDueDates:
    @given(protocols(), policies(), days())
    def test_the_dates_are_in_order(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, day: date
    ) -> None:
        dates = due_dates(day, protocol, policy)
        known = [boundary for boundary in dates.boundaries if boundary is not None]
        assert known == sorted(known)
        assert dates.earliest is not None
        assert (dates.due is None) == (protocol.retreatment.usual is None)

    @given(protocols(), policies(), days(), days())
    def test_a_later_session_never_gives_an_earlier_date(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, a: date, b: date
    ) -> None:
        before, after = (due_dates(day, protocol, policy).boundaries for day in sorted((a, b)))
        assert all(x <= y for x, y in zip(before, after, strict=True) if x and y)

    @given(protocols(), policies(), days())
    def test_json_reads_back(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, day: date
    ) -> None:
        dates = due_dates(day, protocol, policy)
        assert DueDates.model_validate_json(dates.model_dump_json()) == dates

    def test_a_stricter_payer_slides_the_whole_window(self) -> None:
        dates = due_dates("2026-01-05", MIGRAINE, SchedulingPolicy(payer_minimum="13 weeks"))
        assert dates.boundaries == (
            date(2026, 4, 6), date(2026, 4, 6), date(2026, 4, 14), date(2026, 6, 29)
        )  # fmt: skip

    def test_a_looser_payer_changes_nothing(self) -> None:
        loose = SchedulingPolicy(payer_minimum="10 weeks")
        assert due_dates("2026-01-05", MIGRAINE, loose) == due_dates("2026-01-05", MIGRAINE)

    def test_a_payer_alone_forbids_and_never_opens(self) -> None:
        protocol = find_protocol("axillary-hyperhidrosis")
        dates = due_dates("2026-01-05", protocol, SchedulingPolicy(payer_minimum="16 weeks"))
        assert dates.boundaries == (None, None, None, None)

    def test_lapsed_is_never_before_overdue(self) -> None:
        dates = due_dates("2026-01-05", MIGRAINE, SchedulingPolicy(lapsed_after="1 week"))
        assert dates.lapsed_from == dates.overdue_from

    def test_the_cdc_rule_for_short_months_reaches_every_date(self) -> None:
        protocol = find_protocol("spasticity")
        last = due_dates("2025-11-30", protocol)
        first = due_dates("2025-11-30", protocol, SchedulingPolicy(short_month="first_of_next"))
        assert (last.due, first.due) == (date(2026, 2, 28), date(2026, 3, 1))

    def test_unverified_figures_are_named(self) -> None:
        assert due_dates("2026-01-05", MIGRAINE).unverified == ()
        child = find_protocol("lower-limb-spasticity", population="pediatric")
        assert due_dates("2026-01-05", child).unverified == ("minimum",)

    def test_the_protocol_is_named(self) -> None:
        ref = due_dates("2026-01-05", MIGRAINE).protocol
        assert ref is not None
        assert (ref.id, ref.version, ref.region) == (MIGRAINE.id, "2.0", "us")

    def test_days_at_the_end_of_the_calendar_are_a_clear_error(self) -> None:
        with pytest.raises(CalendarRangeError):
            due_dates("9999-12-31", MIGRAINE)
        with pytest.raises(CalendarRangeError):
            due_dates("9999-10-01", MIGRAINE)
        slow = SchedulingPolicy(payer_minimum="20 weeks")
        with pytest.raises(CalendarRangeError):
            due_dates("9999-08-10", MIGRAINE, slow)

    def test_dates_out_of_order_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="earliest <= due"):
            DueDates(earliest=date(2026, 4, 2), due=date(2026, 4, 1))

    def test_its_text_names_what_is_not_dated(self) -> None:
        assert str(DueDates(earliest=date(2026, 4, 1))) == (
            "earliest 2026-04-01, due not dated, overdue from not dated, lapsed from not dated"
        )


class TestDueStatus:
    @given(protocols(), policies(), days(), st.lists(st.integers(-10, 900), min_size=2))
    def test_it_never_goes_back_as_days_pass(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, day: date, offsets: list[int]
    ) -> None:
        dates = due_dates(day, protocol, policy)
        statuses = [
            STATUS_ORDER.index(due_status(dates, as_of=day + timedelta(days=offset)))
            for offset in sorted(offsets)
        ]
        assert statuses == sorted(statuses)

    @given(protocols(with_usual=True), policies(), days())
    def test_the_statuses_partition_the_days(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, day: date
    ) -> None:
        dates = due_dates(day, protocol, policy)
        boundaries = [boundary for boundary in dates.boundaries if boundary]
        for status, (first, following) in zip(STATUS_ORDER[1:], pairwise(boundaries), strict=False):
            if first < following:
                assert due_status(dates, as_of=first) is status
                assert due_status(dates, as_of=following - timedelta(days=1)) is status
        eve = boundaries[0] - timedelta(days=1)
        assert due_status(dates, as_of=eve) is DueStatus.TOO_EARLY
        assert due_status(dates, as_of=boundaries[-1]) is DueStatus.LAPSED

    def test_a_datetime_is_refused(self) -> None:
        with pytest.raises(DayError, match="as_of"):
            due_status(DueDates(), as_of=datetime(2026, 1, 5))  # noqa: DTZ001


class TestResponse:
    @given(st.sampled_from(bundled_protocols()), days(), st.lists(st.integers(0, 400), min_size=2))
    def test_the_phase_never_goes_back_as_days_pass(
        self, protocol: TreatmentProtocol, day: date, offsets: list[int]
    ) -> None:
        timeline = response_timeline(day, protocol)
        phases = [
            response_phase(timeline, as_of=day + timedelta(days=offset))
            for offset in sorted(offsets)
        ]
        stated = [PHASE_ORDER.index(p) for p in phases if p is not ResponsePhase.NOT_STATED]
        assert stated == sorted(stated)

    @given(st.sampled_from(bundled_protocols()), days())
    def test_json_reads_back(self, protocol: TreatmentProtocol, day: date) -> None:
        timeline = response_timeline(day, protocol, day)
        assert ResponseTimeline.model_validate_json(timeline.model_dump_json()) == timeline

    def test_without_any_source_nothing_is_stated(self) -> None:
        timeline = response_timeline("2026-01-05", find_protocol("overactive-bladder"))
        assert response_phase(timeline, as_of="2026-01-05") is ResponsePhase.NOT_STATED
        assert response_phase(timeline, as_of="2027-01-05") is ResponsePhase.NOT_STATED

    def test_after_the_last_boundary_with_a_source_nothing_is_stated(self) -> None:
        timeline = response_timeline("2026-01-05", find_protocol("blepharospasm"))
        assert response_phase(timeline, as_of="2026-01-05") is ResponsePhase.ONSET
        assert response_phase(timeline, as_of="2026-01-19") is ResponsePhase.PEAK
        assert response_phase(timeline, as_of="2026-01-20") is ResponsePhase.NOT_STATED

    def test_without_an_onset_latency_is_not_stated(self) -> None:
        timeline = response_timeline("2026-01-05", find_protocol("cervical-dystonia", "Myobloc"))
        assert response_phase(timeline, as_of="2026-01-06") is ResponsePhase.NOT_STATED
        assert response_phase(timeline, as_of="2026-03-30") is ResponsePhase.WEARING_OFF
        assert response_phase(timeline, as_of="2026-04-28") is ResponsePhase.WORN_OFF

    def test_the_later_phase_wins_from_its_first_day(self) -> None:
        onset = Window(first=date(2026, 1, 12), last=date(2026, 2, 1))
        peak = Window(first=date(2026, 1, 20), last=date(2026, 2, 10))
        timeline = ResponseTimeline(administered_on=date(2026, 1, 5), onset=onset, peak=peak)
        assert response_phase(timeline, as_of="2026-01-19") is ResponsePhase.ONSET
        assert response_phase(timeline, as_of="2026-01-20") is ResponsePhase.PEAK

    def test_a_day_before_the_session_is_an_error(self) -> None:
        timeline = response_timeline("2026-01-05", MIGRAINE)
        with pytest.raises(OrderError, match="before the session"):
            response_phase(timeline, as_of="2026-01-04")

    def test_full_benefit_counts_from_the_start_of_the_course(self) -> None:
        assert response_timeline("2026-03-30", MIGRAINE).full_benefit_by is None
        timeline = response_timeline("2026-03-30", MIGRAINE, course_started_on="2026-01-05")
        assert timeline.full_benefit_by == date(2026, 7, 5)
        spasticity = find_protocol("spasticity")
        assert response_timeline("2026-03-30", spasticity, "2026-01-05").full_benefit_by is None

    def test_a_course_cannot_start_after_its_session(self) -> None:
        with pytest.raises(OrderError, match="course_started_on"):
            response_timeline("2026-01-05", MIGRAINE, course_started_on="2026-01-06")

    def test_unverified_figures_are_named(self) -> None:
        rule = MIGRAINE.model_dump(mode="json")
        rule["response"]["onset_source"] = None
        own = TreatmentProtocol.model_validate(rule)
        assert response_timeline("2026-01-05", own).unverified == ("onset",)


class TestProjectDates:
    @pytest.mark.parametrize("count", [0, -1, 1001, True, 2.0])
    def test_a_count_outside_1_to_1000_is_refused(self, count: int) -> None:
        with pytest.raises(CountError, match="from 1 to 1000"):
            project_dates("2026-01-05", MIGRAINE, count=count)

    @given(protocols(with_usual=True), policies(), days(), st.integers(1, 8))
    def test_each_is_counted_from_the_session(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, day: date, count: int
    ) -> None:
        sessions = project_dates(day, protocol, count=count, policy=policy)
        assert [session.number for session in sessions] == list(range(1, count + 1))
        usual = protocol.retreatment.usual
        assert usual is not None
        for session in sessions:
            assert session.target in session.window
            assert session.target >= usual.first.times(session.number).after(
                day, short_month=policy.short_month
            )

    @given(protocols(with_usual=True), policies(), days())
    def test_the_first_one_is_due(
        self, protocol: TreatmentProtocol, policy: SchedulingPolicy, day: date
    ) -> None:
        (first,) = project_dates(day, protocol, count=1, policy=policy)
        dates = due_dates(day, protocol, policy)
        assert (first.target, first.window.first) == (dates.due, dates.earliest)

    @pytest.mark.parametrize(
        "days",
        [
            pytest.param({"first": "2026-03-01"}, id="begins before the due day"),
            pytest.param({"last": "2026-03-31"}, id="ends after the due day"),
            pytest.param({"first": "2026-03-01", "last": "2026-03-31"}, id="a month"),
        ],
    )
    def test_the_first_one_is_due_under_a_payers_rule_of_some_days(
        self, days: dict[str, str]
    ) -> None:
        rule = {"indication": "chronic-migraine", "minimum": "13 weeks", **days}
        policy = SchedulingPolicy.model_validate({"payer": [rule]})
        (first,) = project_dates("2026-01-05", MIGRAINE, count=1, policy=policy)
        dates = due_dates("2026-01-05", MIGRAINE, policy)
        assert dates.due != date(2026, 3, 30)
        assert (first.target, first.window.first) == (dates.due, dates.earliest)

    def test_the_first_one_is_due_by_a_version_that_begins_later(self) -> None:
        rule = MIGRAINE.model_dump(mode="json") | {"in_force": {"first": "2026-07-01"}}
        new = TreatmentProtocol.model_validate(rule)
        (first,) = project_dates("2026-04-06", new, count=1)
        assert first.target == due_dates("2026-04-06", new).due == date(2026, 7, 1)

    def test_what_moves_the_target_moves_the_whole_window(self) -> None:
        usual = {"chronic-migraine": "12 to 16 weeks"}
        policy = SchedulingPolicy(payer_minimum="16 weeks", usual=usual)
        first, second = project_dates("2026-01-05", MIGRAINE, count=2, policy=policy)
        assert str(first.window) == "2026-04-27 to 2026-05-25"
        assert str(second.window) == "2026-08-17 to 2026-10-12"
        asked: dict[str, Any] = {"as_of": "2026-01-05", "policy": policy}
        assert bs.project(record("2026-01-05"), MIGRAINE, count=1, **asked) == (first,)

    def test_a_minimum_alone_projects_nothing(self) -> None:
        assert project_dates("2026-01-05", find_protocol("overactive-bladder")) == ()

    def test_spasticity_windows_run_from_the_minimum_to_the_usual_end(self) -> None:
        first, second = project_dates("2026-01-05", find_protocol("spasticity"), count=2)
        assert str(first.window) == "2026-03-30 to 2026-05-05"
        assert (str(first.target), str(second.target)) == ("2026-04-05", "2026-07-05")
        assert str(second.window) == "2026-06-22 to 2026-09-05"


@pytest.mark.parametrize(
    "name", ["payer_minimum", "validity_tolerance", "scheduled_grace", "as_needed_grace", "lapsed_after"]
)  # fmt: skip
def test_negative_intervals_of_a_policy_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} cannot be negative"):
        SchedulingPolicy.model_validate({name: "- 1 day"})


@given(policies())
def test_policies_read_back(policy: SchedulingPolicy) -> None:
    assert SchedulingPolicy.model_validate_json(policy.model_dump_json()) == policy


def test_the_default_policy_is_the_documented_one() -> None:
    policy = SchedulingPolicy()
    assert policy.payer_minimum is None
    assert policy.lapsed_after is None
    assert policy.validity_tolerance == Interval()
    assert (str(policy.scheduled_grace), str(policy.as_needed_grace)) == ("7 days", "4 weeks")
    assert (policy.group_within_days, policy.weight_max_age_days) == (3, 180)
    assert policy.touch_up_moves_earliest
    assert (policy.limit_reading.value, policy.short_month.value) == ("twelve_weeks", "last_day")


class TestOneSession:
    """The dates after one session are those of a record with that session alone."""

    @pytest.mark.parametrize(
        ("stated", "policy"),
        [
            ({"typical": "3 months", "typical_statistic": "median"}, {}),
            ({"usual": "12 weeks to 4 months"}, {}),
            ({}, {"lapsed_after": "6 months"}),
            ({}, {"scheduled_grace": "1 month"}),
            ({}, {"payer_minimum": "4 months"}),
            ({}, {"payer": [{"minimum": "20 weeks", "first": "2026-02-01"}]}),
            ({}, {"payer": [{"minimum": "20 weeks", "indication": "spasticity"}]}),
            ({}, {"usual": {"chronic-migraine": "13 weeks"}}),
            ({}, {"usual": {"chronic-migraine": "4 to 5 months"}}),
        ],
        ids=str,
    )
    def test_on_any_day(self, stated: dict[str, Any], policy: dict[str, Any]) -> None:
        own = protocol(retreatment=rule(**stated), shares_clock_with=["spasticity"])
        chosen = bs.SchedulingPolicy.model_validate(policy)
        for day in ("2025-06-02", "2025-11-30"):
            found = bs.forecast(record(day), own, as_of=day, policy=chosen, other_protocols=())
            assert bs.due_dates(day, own, chosen) == found.dates

    def test_each_projected_one_keeps_the_longest_minimum(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="14 weeks")
        found = bs.project_dates("2026-01-05", MIGRAINE, count=2, policy=policy)
        assert [session.target for session in found] == [date(2026, 4, 13), date(2026, 7, 20)]

    def test_as_many_as_a_thousand_can_be_projected(self) -> None:
        assert checked_count(1000) == 1000
        with pytest.raises(bs.errors.CountError):
            checked_count(1001)

    def test_its_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        _, second = bs.project_dates("2025-12-31", own, count=2, policy=FIRST_OF_NEXT)
        assert second.target == date(2026, 3, 1)

    def test_the_version_on_the_earliest_day_is_named(self) -> None:
        old = protocol(in_force={"last": "2026-02-28"})
        new = protocol(version="2", in_force={"first": "2026-03-01"})
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.protocol == new.ref
