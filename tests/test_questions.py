"""The questions of the root: names are resolved, days are named, and ages choose."""

from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.errors import DayError
from samples import ARM, GIVEN, LEG, protocol, record, rule

ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC


ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC


LIMIT: dict[str, Any] = {"scope": "product", "per": "session", "units": 400}


class TestQuestions:
    @pytest.mark.parametrize("usual", ["12 weeks", None])
    def test_of_two_tracks_the_one_with_the_earlier_day_is_first(self, usual: str | None) -> None:
        days = {ARM: "2026-01-05", LEG: "2026-01-06"}
        own = [
            protocol(id=name, indication=name, retreatment=rule(usual=usual)) for name in (ARM, LEG)
        ]
        assert self.tracks(days, protocols=own) == [ARM, LEG]

    @staticmethod
    def tracks(days: dict[str, str], **asked: Any) -> list[str]:
        """The tracks of sessions on days, in the order of the answer."""
        sessions = [
            {**GIVEN, "administered_on": day, "indication": name} for name, day in days.items()
        ]
        found = bs.forecast_all(bs.PatientRecord(sessions=sessions), as_of="2026-02-01", **asked)
        assert len({answer.status for answer in found}) == 1
        return [answer.indication for answer in found]

    def test_the_age_on_the_planned_day_chooses_whose_limits_count(self) -> None:
        own = [
            protocol(id=people, population=people, ages=ages, limits=[{**LIMIT, "units": units}])
            for people, ages, units in ((ADULT, {"first": 18}, 400), (CHILD, {"last": 17}, 340))
        ]
        given = record("2026-01-05", born_on="2008-03-02")
        for on, units in (("2026-03-01", 340), ("2026-03-02", 400)):
            (check,) = bs.check_dose_limits(
                given, "chronic-migraine", on=on, as_of="2026-02-01", other_protocols=own
            )
            assert check.limit.units == units

    def test_a_dose_may_count_on_its_day_alone(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "units": 155}])
        units = [
            bs.exposure(given, product="Botox", window="1 day", on=day).units
            for day in ("2026-01-05", "2026-01-06")
        ]
        assert units == [155, 0]
        with pytest.raises(bs.errors.IntervalError):
            bs.exposure(given, product="Botox", window="0 days", on="2026-01-05")

    def test_a_day_that_is_none_is_named_by_its_argument(self) -> None:
        with pytest.raises(DayError, match=r"^as_of: "):
            bs.forecast_all(record(), as_of="today")
