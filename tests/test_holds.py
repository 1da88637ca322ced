"""Days on hold: what they cover, and what is counted around them."""

from datetime import date

from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.records.model import Hold
from botox_schedule.testing import record_from_gaps

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
