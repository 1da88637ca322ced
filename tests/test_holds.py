"""Days on hold: what they cover, and what is counted around them."""

from datetime import date

import botox_schedule as bs
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.records.model import Hold
from botox_schedule.testing import record_from_gaps
from samples import MIGRAINE, record

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


class TestHolds:
    def calendar(self, *spans: tuple[str, str | None]) -> HoldCalendar:
        holds = [Hold(first=first, last=last, reason="drawn") for first, last in spans]
        return HoldCalendar(holds)

    def test_one_day_can_be_touched(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.touches(date(2026, 2, 1), date(2026, 2, 1))
        assert not calendar.touches(date(2026, 2, 2), date(2026, 2, 1))

    def test_a_hold_that_begins_on_the_last_day_takes_it(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.free_days(date(2026, 1, 30), date(2026, 2, 1)) == 1

    def test_counting_that_ends_on_a_hold_goes_on_behind_it(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.advance(date(2026, 1, 30), 1) == date(2026, 1, 31)
        assert calendar.advance(date(2026, 1, 30), 2) == date(2026, 2, 11)


class TestWhatAHoldConcerns:
    def test_a_review_in_months_follows_the_rule_for_short_months(self) -> None:
        hold = {"first": "2026-01-31", "reason": "r"}
        for rule, review_on in (
            ("last_day", date(2026, 2, 28)),
            ("first_of_next", date(2026, 3, 1)),
        ):
            policy = bs.SchedulingPolicy.model_validate(
                {"hold_review_after": "1 month", "short_month": rule}
            )
            found = bs.forecast(
                record("2026-01-05", holds=[hold]), MIGRAINE, as_of="2026-02-02", policy=policy
            )
            assert found.review_on == review_on

    def test_a_discharge_that_was_withdrawn_holds_its_own_indication_alone(self) -> None:
        end = {"on": "2026-02-01", "withdrawn_on": "2026-05-01", "kind": "discontinued"}
        for about, due in (
            ("spasticity", date(2026, 3, 30)),
            (MIGRAINE.indication, date(2026, 5, 1)),
        ):
            ends = [{**end, "indication": about}]
            found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-05-02")
            assert found.dates.due == due

    def test_without_a_protocol_only_what_concerns_the_indication_counts(self) -> None:
        unknown = {"administered_on": "2026-01-05", "indication": "unheard-of", "product": "Botox"}
        migraine = {**unknown, "administered_on": "2026-02-05", "indication": "chronic-migraine"}
        hold = {"first": "2026-02-10", "reason": "r", "indication": "chronic-migraine"}
        both = bs.PatientRecord.model_validate({"sessions": [unknown, migraine], "holds": [hold]})
        (found,) = [
            f for f in bs.forecast_all(both, as_of="2026-03-01") if f.indication == "unheard-of"
        ]
        assert (found.status, found.last_session_on) == ("no_interval", date(2026, 1, 5))
        assert found.days_since_last == 55
