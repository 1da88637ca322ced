"""The days on hold of one clock."""

from collections.abc import Iterable
from datetime import date

from botox_schedule.dates.days import Period, is_within, joined, near, shifted
from botox_schedule.dates.intervals import Interval
from botox_schedule.records.model import Hold
from botox_schedule.terms import ShortMonth


class HoldCalendar:
    """Days on hold; holds that touch or overlap are one.

    Args:
        holds: The holds of the clock.
    """

    __slots__ = ("known", "spans")

    def __init__(self, holds: Iterable[Hold]) -> None:
        self.known: tuple[Hold, ...] = tuple(sorted(holds, key=lambda hold: hold.first))
        self.spans: tuple[Period, ...] = tuple(joined(Period(h.first, h.last) for h in self.known))

    def covers(self, day: date) -> bool:
        """Whether *day* is on hold."""
        return self.next_free(day) != day

    def touches(self, first: date, last: date) -> bool:
        """Whether a day from *first* to *last*, both included, is on hold."""
        return first <= last and any(
            begin <= last and (end is None or end >= first) for begin, end in self.spans
        )

    def free_days(self, after: date, until: date) -> int:
        """How many days after *after*, up to and including *until*, are not on hold."""
        held = sum(
            (min(until, last or until) - max(after, near(first, -1))).days
            for first, last in self.spans
            if first <= until and (last is None or last > after)
        )
        return (until - after).days - held

    def next_free(self, day: date) -> date | None:
        """The first day on or after *day* that is not on hold; None on an open hold."""
        for first, last in self.spans:
            if is_within(first, day, last):
                return None if last is None else shifted(last, 1)
        return day

    def advance(self, day: date, count: int) -> date | None:
        """The day *count* days off hold after *day*; None if an open hold comes first."""
        free = self.next_free(day)
        for first, last in self.spans:
            if free is None or first <= free:
                continue
            ahead = (first - free).days
            if count < ahead:
                break
            count -= ahead
            free = None if last is None else shifted(last, 1)
        return None if free is None else shifted(free, count)

    def after_return(
        self, boundary: date | None, grace: Interval, short_month: ShortMonth
    ) -> date | None:
        """The first overdue day, for a patient who returns from a hold.

        Where a hold begins on or before *boundary*, the patient is not overdue before the first
        day after the hold plus the grace; None if that hold is open.
        """
        for first, last in self.spans:
            if boundary is None or first > boundary:
                break
            if last is None:
                return None
            boundary = max(boundary, grace.added_to(shifted(last, 1), short_month))
        return boundary


NO_HOLDS = HoldCalendar(())
"""A calendar without any hold."""
