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
from botox_schedule import questions
from botox_schedule.dates.intervals import positive_interval
from botox_schedule.engine.adherence import (
    CourseCycle,
    FollowUp,
    course_of,
    effect_days,
    follow_up_of,
)
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.errors import CountError, IntervalError
from botox_schedule.outcomes import Adherence, EpisodeEnd, adherence
from botox_schedule.questions import ask as ask_about
from botox_schedule.testing import record_from_gaps
from samples import DAY, GIVEN, record

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


def walked_gaps(gaps: list[int], supply: int, *, carries_over: bool) -> tuple[int, ...]:
    """Days without supply in each interval."""
    stock, empty = 0, []
    for gap in gaps:
        stock = supply + (stock if carries_over else 0)
        empty.append(max(0, gap - stock))
        stock = max(0, stock - gap)
    return tuple(empty)


def ask(gaps: list[int], tail: int = 0, **changes: Any) -> Adherence:
    record = changes.pop("record", record_from_gaps(gaps, starts_on=START))
    as_of = START + timedelta(days=sum(gaps) + tail)
    return adherence(record, changes.pop("protocol", MIGRAINE), as_of=as_of, **changes)


AS_OF = date(2026, 4, 6)


@settings(max_examples=800, deadline=None)
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
    assert found.gap_days == walked_gaps(gaps, supply, carries_over=carries)
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

    def test_the_calendars_first_day_ends_no_answer(self) -> None:
        # Programs write it where they have no day.
        given = record_from_gaps([84], starts_on=date(2026, 1, 5)).model_dump()
        first = {**given["sessions"][0], "administered_on": "0001-01-01", "id": None}
        held = {"first": "0001-01-01", "last": "0001-01-05", "reason": "none"}
        for more in ({"sessions": [first, *given["sessions"]]}, {"holds": [held]}):
            record = bs.PatientRecord(**{**given, **more})
            found = adherence(
                record, "chronic-migraine", as_of="2026-06-01", permissible_gap_days=30
            )
            # A session on no day makes no cycle, and no interval of 2,025 years.
            assert (found.cycles, found.late) == (2, 0)

    def test_an_effect_can_be_given_as_text(self) -> None:
        assert ask([84, 100], effect="12 weeks") == ask([84, 100], effect=bs.Interval(weeks=12))

    @pytest.mark.parametrize("effect", [bs.Interval(), bs.Interval(weeks=-1), "0 days"])
    def test_an_effect_is_longer_than_nothing(self, effect: bs.Interval | str) -> None:
        with pytest.raises(IntervalError, match="an effect must be longer than nothing"):
            ask([84], effect=effect)

    def test_held_cycles_are_left_out(self) -> None:
        hold = bs.Hold(
            first=START + timedelta(days=80), last=START + timedelta(days=200), reason="x"
        )
        record = record_from_gaps([220, 84], starts_on=START).model_copy(update={"holds": (hold,)})
        found = ask([220, 84], record=record, permissible_gap_days=30)
        assert (found.cycles, found.held_cycles, found.intervals) == (3, 1, (84,))
        assert found.on_time_share == 1
        assert found.covered_between == 1
        assert len(found.episodes) == 1

    @pytest.mark.parametrize(("gap", "episodes"), [(231, 1), (232, 2)])
    def test_a_gap_counts_the_days_that_are_not_on_hold(self, gap: int, episodes: int) -> None:
        # The effect ends on day 84, in the hold; from day 201 on the gap counts.
        hold = bs.Hold(
            first=START + timedelta(days=80), last=START + timedelta(days=200), reason="x"
        )
        record = record_from_gaps([gap], starts_on=START).model_copy(update={"holds": (hold,)})
        found = ask([gap], record=record, permissible_gap_days=30)
        assert len(found.episodes) == episodes

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
        for tail, censored, days in (
            (0, True, 85), (84, True, 169), (114, True, 199), (115, False, 168)
        ):  # fmt: skip
            found = ask([84], tail, permissible_gap_days=30)
            assert found.is_censored is censored
            assert found.persistent_days == days

    def test_an_open_last_interval_leaves_days_on_hold_out(self) -> None:
        hold = bs.Hold(
            first=START + timedelta(days=60), last=START + timedelta(days=159), reason="x"
        )
        record = record_from_gaps([], starts_on=START).model_copy(update={"holds": (hold,)})
        for day, end in ((190, "ongoing"), (191, "gap")):
            found = ask([day], record=record, permissible_gap_days=30)
            assert found.ended_by == end
        # 60 days of effect and 31 without, the 100 days on hold not counted.
        assert found.covered_to_end == Fraction(60, 91)

    def test_a_first_episode_that_ended_is_not(self) -> None:
        found = ask([84, 200], permissible_gap_days=30)
        assert [str(e) for e in found.episodes] == [
            "2026-01-05 to 2026-06-21",
            "2026-10-16 to 2026-10-16",
        ]
        assert (found.persistent_days, found.is_censored, found.ended_by) == (168, False, "gap")

    def test_without_a_stated_gap_no_episode_is_looked_for(self) -> None:
        found = ask([84, 200])
        assert (found.episodes, found.persistent_days, found.is_censored) == ((), None, None)

    @pytest.mark.parametrize("gap", [-1, True, 1.5])
    def test_an_impossible_gap_is_refused(self, gap: Any) -> None:
        with pytest.raises(CountError, match="permissible_gap_days: give a whole number"):
            ask([84], permissible_gap_days=gap)

    def test_a_name_is_enough(self) -> None:
        assert ask([84], protocol="migraine") == ask([84])

    def test_the_effect_is_that_of_the_protocol(self) -> None:
        assert str(ask([84]).effect) == "12 weeks"
        for response, effect in (
            ({"wear_off": "10 to 14 weeks"}, "14 weeks"),
            ({"wear_off": "8 to 10 weeks", "wear_off_for_whom": "some", "wear_off_share": "1 of 2"}, "12 weeks"),
            ({}, "12 weeks"),
        ):  # fmt: skip
            protocol = MIGRAINE.model_copy(update={"response": response})
            assert str(ask([84], protocol=protocol).effect) == effect

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


def ended(kind: str, on: date | str | None, **more: Any) -> bs.CareEnd:
    return bs.CareEnd.model_validate({"kind": kind, "on": on, **more})


def course(*days: str, **more: Any) -> bs.PatientRecord:
    sessions = [
        {"administered_on": day, "indication": "chronic-migraine", "product": "Botox"}
        for day in days
    ]
    return bs.PatientRecord.model_validate({"sessions": sessions, **more})


def persist(record: bs.PatientRecord, as_of: date | str, **more: Any) -> tuple[int | None, Any]:
    found = adherence(record, MIGRAINE, as_of=as_of, permissible_gap_days=30, **more)
    return found.persistent_days, found.ended_by


class TestCycles:
    def test_two_days_of_one_visit_are_one_cycle(self) -> None:
        record = course("2026-03-18", "2026-06-17", "2026-06-18")
        found = adherence(record, MIGRAINE, as_of="2026-06-18")
        assert (found.cycles, found.intervals, found.on_time, found.late) == (2, (91,), 1, 0)


class TestCarryOver:
    RECORD = course("2026-01-05", "2026-03-06", "2026-06-22")

    def test_leftovers_reach_gaps_and_episodes(self) -> None:
        # AdhereR 0.8.1: 60 and 108 days with 84 days of supply each leave no gap.
        found = adherence(
            self.RECORD, MIGRAINE, as_of="2026-06-22", permissible_gap_days=0,
            effect=bs.Interval(weeks=12), carries_over=True,
        )  # fmt: skip
        assert (found.gap_days, len(found.episodes)) == ((0, 0), 1)
        assert found.covered_between == 1

    def test_without_it_they_are_lost(self) -> None:
        found = adherence(
            self.RECORD, MIGRAINE, as_of="2026-06-22", permissible_gap_days=0,
            effect=bs.Interval(weeks=12),
        )  # fmt: skip
        assert (found.gap_days, len(found.episodes)) == ((0, 24), 2)

    @pytest.mark.parametrize(("days", "end"), [(109, "ongoing"), (110, "gap")])
    def test_an_episode_lasts_as_long_as_what_was_carried(self, days: int, end: str) -> None:
        record = course("2026-01-05", "2026-03-06")
        day = date(2026, 3, 6) + timedelta(days=days)
        found = adherence(
            record, MIGRAINE, as_of=day, permissible_gap_days=1, carries_over=True,
            effect=bs.Interval(weeks=12),
        )  # fmt: skip
        assert found.ended_by == end
        assert found.persistent_days == (170 if end == "ongoing" else 168)


class TestFollowUp:
    TWO = ("2025-01-06", "2025-03-31")

    def test_an_episode_that_goes_on_ends_with_the_day_of_the_question(self) -> None:
        found = adherence(
            course("2026-01-05"), MIGRAINE, as_of="2026-01-10", permissible_gap_days=30
        )
        assert (found.persistent_days, found.is_censored) == (6, True)

    @pytest.mark.parametrize("as_of", ["2025-07-01", "2025-07-23", "2025-07-24", "2026-12-01"])
    def test_a_death_censors_whenever_it_is_asked(self, as_of: str) -> None:
        record = course(*self.TWO, care_ends=(ended("deceased", "2025-07-01"),))
        found = adherence(record, MIGRAINE, as_of=as_of, permissible_gap_days=30)
        assert (found.persistent_days, found.ended_by) == (177, EpisodeEnd.DECEASED)
        assert (found.is_censored, found.followed_until) == (True, date(2025, 7, 1))

    def test_the_living_have_a_gap_then(self) -> None:
        assert persist(course(*self.TWO), "2025-07-23") == (199, "ongoing")
        assert persist(course(*self.TWO), "2025-07-24") == (168, "gap")

    def test_a_death_ends_nothing_before_its_day(self) -> None:
        record = course(*self.TWO, care_ends=(ended("deceased", "2025-07-01"),))
        assert persist(record, "2025-06-30") == (176, "ongoing")

    def test_an_undated_death_ends_it_at_the_last_session(self) -> None:
        record = course(*self.TWO, care_ends=(ended("deceased", None),))
        assert persist(record, "2025-12-01") == (85, "deceased")

    def test_a_gap_before_the_death_stays_one(self) -> None:
        record = course(*self.TWO, care_ends=(ended("deceased", "2025-09-01"),))
        assert persist(record, "2025-12-01") == (168, "gap")

    @pytest.mark.parametrize("as_of", ["2025-06-01", "2025-09-01", "2026-12-01"])
    def test_a_discharge_ends_treatment(self, as_of: str) -> None:
        record = course(*self.TWO, care_ends=(ended("discontinued", "2025-06-01"),))
        assert persist(record, as_of) == (147, "discontinued")
        found = adherence(record, MIGRAINE, as_of=as_of, permissible_gap_days=30)
        assert found.covered_to_end == 1

    def test_a_discharge_ahead_ends_nothing_yet(self) -> None:
        record = course(*self.TWO, care_ends=(ended("discontinued", "2025-06-01"),))
        assert persist(record, "2025-05-31") == (146, "ongoing")

    def test_a_discharge_that_was_reopened_ends_nothing(self) -> None:
        record = course(*self.TWO, "2025-07-01", care_ends=(ended("discontinued", "2025-06-01"),))
        assert persist(record, "2025-07-01") == (177, "ongoing")

    def test_a_later_death_or_discharge_leaves_the_first_discharge_alone(self) -> None:
        for later in (ended("deceased", "2025-07-01"), ended("discontinued", "2025-07-01")):
            record = course(*self.TWO, care_ends=(ended("discontinued", "2025-06-01"), later))
            assert persist(record, "2025-12-01") == (147, "discontinued")

    def test_a_discharge_from_another_track_ends_nothing(self) -> None:
        end = ended("discontinued", "2025-06-01", indication="spasticity")
        assert persist(course(*self.TWO, care_ends=(end,)), "2025-07-01") == (177, "ongoing")

    def test_without_a_session_a_death_counts_on_its_day(self) -> None:
        day = date(2026, 1, 1)
        for died_on, until in ((None, day), (date(2025, 1, 1), date(2025, 1, 1))):
            given = bs.PatientRecord(care_ends=[{"on": died_on, "kind": "deceased"}])
            assert follow_up_of(questions.ask(given, MIGRAINE, day).track).until == until


@settings(max_examples=300, deadline=None)
@given(
    gaps=gap_lists,
    effect=st.integers(4, 150),
    gap=st.integers(0, 60),
    hold=st.none() | st.tuples(st.integers(0, 900), st.none() | st.integers(0, 300)),
    end=st.none() | st.tuples(st.sampled_from(["deceased", "discontinued"]), st.integers(0, 1200)),
    days=st.lists(st.integers(0, 2500), min_size=2, max_size=12).map(sorted),
    carries=st.booleans(),
)
def test_an_event_stays_whenever_it_is_asked(
    gaps: list[int],
    effect: int,
    gap: int,
    hold: tuple[int, int | None] | None,
    end: tuple[str, int] | None,
    days: list[int],
    *,
    carries: bool,
) -> None:
    record = record_from_gaps(gaps, starts_on=START)
    last = sum(gaps)
    if hold is not None:
        first = START + timedelta(days=hold[0])
        until = None if hold[1] is None else first + timedelta(days=hold[1])
        holds = (bs.Hold(first=first, last=until, reason="x"),)
        record = record.model_copy(update={"holds": holds})
    if end is not None:
        care_end = ended(end[0], START + timedelta(days=last + end[1]))
        record = record.model_copy(update={"care_ends": (care_end,)})
    event: tuple[int | None, EpisodeEnd] | None = None
    for day in days:
        found = adherence(
            record, MIGRAINE, as_of=START + timedelta(days=day), permissible_gap_days=gap,
            effect=bs.Interval(days=effect), carries_over=carries,
        )  # fmt: skip
        assert found.ended_by is not None
        if event is not None:
            assert (found.persistent_days, found.ended_by) == event
        elif found.ended_by.is_event:
            event = (found.persistent_days, found.ended_by)
        assert found.followed_until is not None
        assert found.followed_until <= found.as_of


class TestEpisodes:
    def course(
        self, *cycles: CourseCycle, days: int, gap: int | None = None, carries: bool = True
    ) -> Any:
        until = FollowUp(date(2026, 1, 5) + days * DAY)
        return course_of(cycles, NO_HOLDS, until, permissible_gap_days=gap, carries_over=carries)

    @staticmethod
    def at(day: int, effect: int = 84, *, later: int = 0, held: bool = False) -> CourseCycle:
        first = date(2026, 1, 5) + day * DAY
        return CourseCycle(first, first + later * DAY, effect, held)

    def test_a_discharge_is_an_event_and_a_death_is_none(self) -> None:
        assert [end.value for end in EpisodeEnd if end.is_event] == ["gap", "discontinued"]

    def test_what_is_left_is_carried_unless_the_cycle_was_held(self) -> None:
        for held, covered in ((False, 102), (True, 84)):
            found = self.course(self.at(0), self.at(50), self.at(150, held=held), days=300)
            assert found.intervals[-1].covered_days == covered

    def test_nothing_is_left_after_a_gap_and_nothing_is_owed(self) -> None:
        assert self.course(self.at(0), self.at(200), days=300).intervals[-1].covered_days == 84

    def test_a_gap_ends_with_the_first_part_of_the_next_cycle(self) -> None:
        for permitted, count in ((31, 1), (30, 2)):
            found = self.course(self.at(0), self.at(115, later=3), days=130, gap=permitted)
            assert len(found.episodes) == count

    def test_an_episode_without_any_effect_ends_with_its_session(self) -> None:
        (episode,) = self.course(self.at(0, 0), days=60, gap=30).episodes
        assert episode.last == date(2026, 1, 5)


class TestWhenFollowUpEnds:
    DAY_OF_BOTH = date(2026, 2, 2)

    def follow_up(self, **rows: Any) -> FollowUp:
        return follow_up_of(ask_about(bs.PatientRecord(**rows), MIGRAINE, date(2026, 6, 1)).track)

    def test_a_discharge_on_the_day_of_the_last_session_ends_it(self) -> None:
        session = {**GIVEN, "administered_on": self.DAY_OF_BOTH}
        end = {"on": self.DAY_OF_BOTH, "kind": "discontinued"}
        found = self.follow_up(sessions=[session], care_ends=[end])
        assert found == FollowUp(self.DAY_OF_BOTH, bs.CareEndKind.DISCONTINUED)

    def test_on_one_day_the_discharge_precedes_the_death(self) -> None:
        ends = [{"on": self.DAY_OF_BOTH, "kind": kind} for kind in ("deceased", "discontinued")]
        found = self.follow_up(sessions=[GIVEN], care_ends=ends)
        assert found.ended_by == "discontinued"

    def test_a_touch_up_after_a_discharge_reopens_it(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-03-02", "kind": "touch_up"}
        end = {"on": "2026-02-02", "kind": "discontinued"}
        found = self.follow_up(sessions=[GIVEN, touch_up], care_ends=[end])
        assert found == FollowUp(date(2026, 6, 1))

    def test_an_effect_is_longer_than_nothing_after_every_session(self) -> None:
        with pytest.raises(bs.errors.IntervalError):
            positive_interval("1 month - 30 days", "an effect")
        assert (
            effect_days(
                date(2025, 11, 30),
                positive_interval("3 months", "an effect"),
                bs.ShortMonth.LAST_DAY,
            )
            == 90
        )
        assert (
            effect_days(
                date(2025, 11, 30),
                positive_interval("3 months", "an effect"),
                bs.ShortMonth.FIRST_OF_NEXT,
            )
            == 91
        )


class TestCourses:
    def test_an_open_interval_says_what_is_covered_and_what_is_not(self) -> None:
        first = date(2026, 1, 5)
        cycle = CourseCycle(first, first, 84, held=False)
        course = course_of(
            [cycle],
            NO_HOLDS,
            FollowUp(first + 100 * DAY),
            permissible_gap_days=30,
            carries_over=True,
        )
        (interval,) = course.intervals
        assert (interval.effect_days, interval.covered_days, interval.gap_days) == (84, 84, 16)

    def test_nobody_has_died_unless_it_is_said(self) -> None:
        found = follow_up_of(ask_about(record("2026-01-05"), MIGRAINE, AS_OF).track)
        assert (found.until, found.ended_by) == (AS_OF, None)

    def test_cycles_on_other_days_have_other_hashes(self) -> None:
        given = record("2025-10-06", "2026-01-05")
        found = bs.treatment_cycles(given, MIGRAINE, as_of=AS_OF)
        assert len({hash(cycle) for cycle in found}) == 2
