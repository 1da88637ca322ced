"""Adherence against a reference that walks the days, written from the published definitions.

CMA1: days of supply from the first event to the last (the last one's left out) over the days
between them. CMA5: days between them on which supply is at hand, leftovers carried over. CMA6: the
same up to the end of the observation window. (Vollmer 2012, as AdhereR describes them.)
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule.outcomes import Adherence, adherence
from botox_schedule.testing import record_from_gaps

MIGRAINE = bs.find_protocol("chronic-migraine")
START = date(2026, 1, 5)
gap_lists = st.lists(st.integers(4, 200), max_size=7)


def walk(gaps: list[int], supply: int, tail: int, *, carries_over: bool) -> tuple[int, int]:
    """Covered days between the first and the last event, and after it: one day at a time."""
    events = [0]
    for gap in gaps:
        events.append(events[-1] + gap)
    stock, between, after = 0, 0, 0
    for day in range(events[-1] + tail):
        if day in events:
            stock = supply + (stock if carries_over else 0)
        if stock > 0:
            stock -= 1
            if day < events[-1]:
                between += 1
            else:
                after += 1
    return between, after


def ask(gaps: list[int], tail: int = 0, **changes: Any) -> Adherence:
    record = changes.pop("record", record_from_gaps(gaps, starts_on=START))
    as_of = START + timedelta(days=sum(gaps) + tail)
    return adherence(record, changes.pop("protocol", MIGRAINE), as_of=as_of, **changes)


@settings(max_examples=2500, deadline=None)
@given(gaps=gap_lists, supply=st.integers(1, 150), tail=st.integers(0, 200), carries=st.booleans())
def test_coverage_is_that_of_a_walk_over_days(
    gaps: list[int], supply: int, tail: int, *, carries: bool
) -> None:
    found = ask(gaps, tail, effect=bs.Interval(days=supply), carries_over=carries)
    between, after = walk(gaps, supply, tail, carries_over=carries)
    total = sum(gaps)
    assert found.covered_between == (Fraction(between, total) if total else None)
    assert found.covered_to_end == (
        Fraction(between + after, total + tail) if total + tail else None
    )
    assert found.interval_ratio == (Fraction(supply * len(gaps), total) if total else None)
    assert found.gap_days == tuple(max(0, gap - supply) for gap in gaps)
    for share in (found.covered_between, found.covered_to_end, found.on_time_share):
        assert share is None or 0 <= share <= 1


@settings(max_examples=500, deadline=None)
@given(gap_lists, st.integers(1, 150), st.integers(0, 100), st.integers(0, 100))
def test_a_longer_permissible_gap_never_gives_more_episodes(
    gaps: list[int], supply: int, one: int, other: int
) -> None:
    short, long = sorted((one, other))
    episodes = [
        len(ask(gaps, effect=bs.Interval(days=supply), permissible_gap_days=gap).episodes)
        for gap in (short, long)
    ]
    assert episodes[0] >= episodes[1] >= 1
    assert episodes[0] == 1 + sum(gap - supply > short for gap in gaps)


class TestAdherence:
    def test_intervals_are_judged(self) -> None:
        found = ask([84, 80, 100])
        assert (found.on_time, found.early, found.late) == (1, 1, 1)
        assert found.on_time_share == Fraction(1, 3)

    def test_a_tolerated_interval_is_on_time(self) -> None:
        found = ask([80], policy=bs.SchedulingPolicy(validity_tolerance=bs.Interval(days=4)))
        assert found.on_time == 1

    def test_held_cycles_are_left_out(self) -> None:
        hold = bs.Hold(
            first=START + timedelta(days=80), last=START + timedelta(days=200), reason="x"
        )
        record = record_from_gaps([250, 84], starts_on=START).model_copy(update={"holds": (hold,)})
        found = ask([250, 84], record=record, permissible_gap_days=30)
        assert (found.cycles, found.held_cycles, found.intervals) == (3, 1, (84,))
        assert found.on_time_share == 1
        assert found.covered_between == 1
        assert len(found.episodes) == 1

    def test_leftovers_are_not_carried_through_a_hold(self) -> None:
        hold = bs.Hold(
            first=START + timedelta(days=130), last=START + timedelta(days=300), reason="x"
        )
        gaps = [50, 270, 100]
        record = record_from_gaps(gaps, starts_on=START).model_copy(update={"holds": (hold,)})
        found = ask(gaps, record=record, carries_over=True)
        assert found.held_cycles == 1
        assert found.covered_between == Fraction(50 + 84, 150)

    def test_an_open_last_interval_is_censored(self) -> None:
        for tail, censored in ((0, True), (84, True), (114, True), (115, False)):
            found = ask([84], tail, permissible_gap_days=30)
            assert found.is_censored is censored
            assert found.persistent_days == 168

    def test_a_first_episode_that_ended_is_not(self) -> None:
        found = ask([84, 200], permissible_gap_days=30)
        assert [str(e) for e in found.episodes] == [
            "2026-01-05 to 2026-06-21",
            "2026-10-16 to 2027-01-07",
        ]
        assert (found.persistent_days, found.is_censored) == (168, False)

    def test_without_a_stated_gap_no_episode_is_looked_for(self) -> None:
        found = ask([84, 200])
        assert (found.episodes, found.persistent_days, found.is_censored) == ((), None, None)

    def test_a_negative_gap_is_refused(self) -> None:
        with pytest.raises(ValueError, match="cannot be negative"):
            ask([84], permissible_gap_days=-1)

    def test_the_effect_is_that_of_the_protocol(self) -> None:
        assert str(ask([84]).effect) == "12 weeks"
        arm = record_from_gaps([100], starts_on=START, indication="spasticity")
        assert (
            str(ask([100], record=arm, protocol=bs.find_protocol("spasticity")).effect)
            == "6 months"
        )
        bladder = record_from_gaps([100], starts_on=START, indication="overactive-bladder")
        assert (
            str(ask([100], record=bladder, protocol=bs.find_protocol("overactive-bladder")).effect)
            == "12 weeks"
        )

    def test_without_any_expected_effect_nothing_is_covered(self) -> None:
        sweat = record_from_gaps([100], starts_on=START, indication="axillary-hyperhidrosis")
        found = ask(
            [100],
            record=sweat,
            protocol=bs.find_protocol("axillary-hyperhidrosis"),
            permissible_gap_days=1,
        )
        assert (found.effect, found.covered_between, found.covered_to_end) == (None, None, None)
        assert (found.gap_days, found.episodes, found.on_time_share) == ((), (), None)
        assert found.intervals == (100,)

    def test_no_session_has_nothing(self) -> None:
        found = ask([], record=bs.PatientRecord(), permissible_gap_days=10)
        assert (found.cycles, found.covered_between, found.covered_to_end, found.is_censored) == (
            0,
            None,
            None,
            None,
        )

    def test_it_reads_back(self) -> None:
        found = ask([84, 200], 30, permissible_gap_days=30)
        assert Adherence.model_validate_json(found.model_dump_json()) == found
