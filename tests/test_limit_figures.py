"""Limits at their very figure."""

from datetime import date
from decimal import Decimal

import botox_schedule as bs
from botox_schedule.engine import LimitCheck
from botox_schedule.testing import record_from_gaps
from samples import MIGRAINE, messages, protocol, record

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


class TestLimits:
    def test_a_touch_up_after_the_session_is_not_of_it(self) -> None:
        per_session = {"scope": "product", "per": "session", "units": 400}
        own = protocol(limits=[per_session])
        given = {"indication": "chronic-migraine", "product": "Botox", "units": 100}
        sessions = [
            given | {"administered_on": "2026-01-05"},
            given | {"administered_on": "2026-01-09", "kind": "touch_up"},
        ]
        both = bs.PatientRecord(sessions=sessions)
        checks = bs.check_dose_limits(
            both, own, on="2026-01-06", units=50, as_of="2026-02-01", other_protocols=()
        )
        assert [check.total for check in checks] == [150]
        again = bs.SchedulingPolicy(group_within_days=4)
        checks = bs.check_dose_limits(
            both,
            own,
            on="2026-01-06",
            units=50,
            as_of="2026-02-01",
            policy=again,
            other_protocols=(),
        )
        assert [check.total for check in checks] == [250]

    def test_how_old_a_weight_may_be_is_said(self) -> None:
        by_weight = {"scope": "product", "per": "session", "units_per_kilogram": 8}
        weights = [{"measured_on": "2025-01-01", "kilograms": 30}]
        found = bs.forecast(
            record("2026-01-05", weights=weights),
            protocol(limits=[by_weight]),
            as_of="2026-02-01",
            planned_units=100,
        )
        assert messages(found, "stale_weight") == ["the last body weight is more than 180 days old"]


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

    def checks(self, units: int, on: str = "2026-02-02") -> list[LimitCheck]:
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
