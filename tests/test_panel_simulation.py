"""A population's days to come, drawn from a seed."""

from datetime import date, timedelta
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.errors import CalendarRangeError, CountError, PanelError
from botox_schedule.protocols import RetreatmentRule

pl = pytest.importorskip("polars", reason="the extra panel is not installed")

from botox_schedule import panel  # noqa: E402 - it needs the extra

DAY = timedelta(days=1)
MIGRAINE = bs.find_protocol("chronic-migraine")
COUNT = 40


def sessions() -> Any:
    """One session of each patient, on 28 days in a row."""
    return pl.DataFrame(
        {
            "patient": range(COUNT),
            "administered_on": [date(2026, 1, 1) + number % 28 * DAY for number in range(COUNT)],
            "indication": ["chronic-migraine"] * COUNT,
            "product": ["Botox"] * COUNT,
        }
    )


def drawn(frame: Any = None, **changed: Any) -> dict[str, tuple[float, float, float]]:
    """Mean, low and high of each metric."""
    given: dict[str, Any] = {
        "as_of": "2026-02-01",
        "holds": None,
        "care_ends": None,
        "seed": 3,
        "replicates": 5,
    }
    answer = panel.simulate(sessions() if frame is None else frame, **(given | changed))
    return {row[0]: row[1:] for row in answer.rows()}


class TestTheDaysToCome:
    def test_without_delay_everybody_comes_on_the_due_day(self) -> None:
        found = drawn(days=336)
        assert found["sessions"] == (160, 160, 160)
        assert found["drift_days"] == found["backlog"] == (0, 0, 0)
        assert found["cycles_per_year"][0] == pytest.approx(4 / (336 / 365.25))

    @pytest.mark.parametrize(("days", "count"), [(51, 0), (52, 2), (53, 4)])
    def test_the_last_day_belongs_to_them(self, days: int, count: int) -> None:
        """The first two patients are due on 26 March, 84 days after 1 January."""
        assert drawn(as_of="2026-02-02", days=days)["sessions"] == (count, count, count)

    def test_the_seed_decides(self) -> None:
        found = drawn(delays=(0, 7, 28))
        assert found == drawn(delays=(0, 7, 28))
        assert found != drawn(delays=(0, 7, 28), seed=4)
        assert found == drawn(delays=pl.Series([0, 7, 28])) == drawn(delays=iter((0, 7, 28)))
        mean, low, high = found["drift_days"]
        assert 0 < low <= mean <= high < 28

    def test_the_order_of_rows_does_not_matter(self) -> None:
        assert drawn(sessions().reverse(), delays=(0, 7)) == drawn(delays=(0, 7))

    def test_without_room_there_is_a_backlog(self) -> None:
        assert drawn(capacity=0)["backlog"] == (COUNT, COUNT, COUNT)

    def test_who_waits_longest_comes_first(self) -> None:
        """On each of 12 days two are due, on 16 more one; one comes each day, 40 on 40 days."""
        found = drawn(capacity=1, days=92)
        assert found["sessions"] == (40, 40, 40)
        waits = [n - n // 2 for n in range(24)] + [12] * 16
        assert found["drift_days"][0] == pytest.approx(sum(waits) / 40)

    def test_a_closed_day_waits(self) -> None:
        found = drawn(is_open=lambda day: day.weekday() < 5)
        assert 0 < found["drift_days"][0] < 3

    def test_holds_and_ends_of_care_keep_tracks_out(self) -> None:
        ends = pl.DataFrame({"patient": [0], "on": ["2026-01-20"], "kind": ["deceased"]})
        holds = pl.DataFrame({"patient": [1], "first": ["2026-01-20"]})
        found = drawn(care_ends=ends, holds=holds, days=91)
        assert found["sessions"] == (38, 38, 38)

    def test_a_hold_with_an_end_is_over_by_then(self) -> None:
        """Day 91 is 3 May; the patient is due long before and comes on the first day after."""
        for last, count in (("2026-05-02", 40), ("2026-05-03", 39)):
            holds = pl.DataFrame({"patient": [1], "first": ["2026-01-20"], "last": [last]})
            assert drawn(holds=holds, days=91)["sessions"] == (count, count, count)

    def test_nobody(self) -> None:
        found = drawn(sessions().clear())
        assert set(found.values()) == {(0, 0, 0)}

    def test_protocols_may_come_one_by_one(self) -> None:
        assert drawn(protocols=iter([MIGRAINE])) == drawn(protocols=MIGRAINE) == drawn()

    def test_a_lazy_frame_stays_lazy(self) -> None:
        given: dict[str, Any] = {"as_of": "2026-02-01", "holds": None, "care_ends": None, "seed": 3}
        answer = panel.simulate(sessions().lazy(), **given)
        assert isinstance(answer, pl.LazyFrame)
        assert answer.collect().rows() == panel.simulate(sessions(), **given).rows()


class TestAnotherProtocol:
    def test_it_gives_the_due_days_to_come(self) -> None:
        longer = MIGRAINE.retreatment.model_copy(
            update={"minimum": bs.Interval(weeks=24), "usual": bs.IntervalRange.parse("24 weeks")}
        )
        slow = MIGRAINE.model_copy(update={"retreatment": longer, "version": "slow"})
        assert drawn(days=336, instead=[slow])["sessions"] == (80, 80, 80)
        assert drawn(days=336, instead=slow) == drawn(days=336, instead=iter([slow]))

    def test_without_an_interval_nobody_comes_again(self) -> None:
        never = RetreatmentRule(kind="as_needed")
        found = drawn(instead=[MIGRAINE.model_copy(update={"retreatment": never})])
        assert (found["sessions"][0], found["backlog"][0]) == (COUNT, 0)

    def test_it_takes_a_known_ones_place(self) -> None:
        other = bs.find_protocol("cervical-dystonia")
        with pytest.raises(PanelError, match="instead: a protocol takes no known one's place"):
            drawn(protocols=[MIGRAINE], instead=[other])


class TestRefused:
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"days": 0}, "days: give a whole number from 1 to 1,000,000,000"),
            ({"days": 1.5}, "days: give a whole number from 1 to 1,000,000,000"),
            ({"replicates": 0}, "replicates: give a whole number from 1 to 100,000"),
            ({"replicates": 10**12}, "replicates: give a whole number from 1 to 100,000"),
            (
                {"seed": -(10**5000)},
                "seed: give a whole number from -18,446,744,073,709,551,616 to",
            ),
            ({"delays": ()}, "delays: give a whole number from 0 to 1,000,000,000"),
            ({"delays": (-1,)}, "delays: give a whole number from 0 to 1,000,000,000"),
            ({"delays": (0, 0.5)}, "delays: give a whole number from 0 to 1,000,000,000"),
            ({"capacity": -1}, "capacity: give a whole number from 0 to 1,000,000,000"),
        ],
    )
    def test_numbers_that_make_no_sense(self, wrong: dict[str, Any], words: str) -> None:
        with pytest.raises(CountError, match=words):
            drawn(**wrong)

    def test_days_that_no_calendar_has(self) -> None:
        for wrong in ({"days": 10**9}, {"as_of": "9999-12-01", "is_open": bool, "days": 31}):
            with pytest.raises(CalendarRangeError):
                drawn(**wrong)

    def test_several_policies(self) -> None:
        with pytest.raises(PanelError, match="policies: give one policy"):
            drawn(policies={"a": bs.SchedulingPolicy()})
