"""The expected response: the windows, the phases of a day, and what is remembered of them."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.engine.adherence import course_cycles
from botox_schedule.engine.response import ObservedDays, phase_after, phases_until
from samples import MIGRAINE, protocol, record


class TestPhases:
    def test_windows_that_may_begin_out_of_order_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="in that order"):
            protocol(response={"onset": "1 month", "peak": "30 days"})

    def test_a_share_belongs_to_a_window_of_some_patients(self) -> None:
        some = {"onset": "1 week", "onset_for_whom": "some", "onset_share": "9 of 10"}
        assert protocol(response=some).response.onset_share == "9 of 10"
        for name in ("onset_for_whom", "onset_share"):
            with pytest.raises(ValidationError, match="onset"):
                protocol(response={k: v for k, v in some.items() if k != name})

    def phases(self, **response: Any) -> list[tuple[str, str]]:
        timeline = bs.response_timeline("2026-01-05", protocol(response=response))
        return [(phase.value, str(first)) for phase, first, _ in phases_until(timeline)]

    def test_a_peak_of_some_patients_changes_the_words_alone(self) -> None:
        some = {"peak_for_whom": "some", "peak_share": "90 of 143"}
        assert self.phases(peak="4 to 6 weeks", **some) == self.phases(peak="4 to 6 weeks")

    def test_after_an_onset_alone_nothing_is_stated(self) -> None:
        assert self.phases(onset="1 to 2 weeks") == [
            ("latent", "2026-01-05"),
            ("onset", "2026-01-12"),
            ("not_stated", "2026-01-20"),
        ]

    def test_a_phase_that_another_overtakes_has_no_days(self) -> None:
        assert self.phases(onset="1 to 2 weeks", peak="1 to 3 weeks") == [
            ("latent", "2026-01-05"),
            ("peak", "2026-01-12"),
            ("not_stated", "2026-01-27"),
        ]


class TestNothingStated:
    def test_without_an_effect_a_cycle_lasts_no_day(self) -> None:
        cycles = bs.treatment_cycles(record("2026-01-05"), MIGRAINE, as_of="2026-03-01")
        (cycle,) = course_cycles(cycles, None, bs.ShortMonth.LAST_DAY)
        assert cycle.effect_days == 0

    def test_without_a_typical_day_there_are_no_words_for_it(self) -> None:
        typical = {"kind": "as_needed", "typical": "3 months", "typical_statistic": "median"}
        own = protocol(retreatment=typical)
        given = record("2026-01-05")
        asked: dict[str, Any] = {"as_of": "2026-02-01", "other_protocols": ()}
        assert bs.forecast(given, own, **asked).dates.typical_words is not None
        gone = record("2026-01-05", care_ends=[{"on": "2026-01-20", "kind": "discontinued"}])
        assert bs.forecast(gone, own, **asked).dates.typical_words is None


class TestObservedDays:
    def test_the_words_name_the_smallest_and_the_largest(self) -> None:
        days = ObservedDays(
            days=(70, 61, 66), median=66, smallest=61, largest=70, definition="x", left_out=0
        )
        assert "61 to 70 days" in str(days)


class TestRememberedPhases:
    def test_what_is_remembered_of_a_protocol_is_said_of_no_other(self) -> None:
        policy = bs.SchedulingPolicy()
        quick, slow = (
            phase_after(
                date(2026, 1, 5), protocol(response={"onset": onset}), policy, date(2026, 1, 20)
            )
            for onset in ("3 days", "30 days")
        )
        assert quick != slow
