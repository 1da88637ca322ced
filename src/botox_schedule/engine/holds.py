"""The days on hold of one clock, as far as they are known on a day."""

from collections.abc import Iterable
from datetime import date, timedelta

from botox_schedule.records.model import Hold

__all__ = ["HoldCalendar"]

_ONE_DAY = timedelta(days=1)


class HoldCalendar:
    """Days on hold; holds that touch or overlap are one."""

    __slots__ = ("known", "spans")

    def __init__(self, holds: Iterable[Hold], clock: frozenset[str], as_of: date) -> None:
        self.known = [
            hold
            for hold in holds
            if hold.first <= as_of and (hold.indication is None or hold.indication in clock)
        ]
        self.spans: list[tuple[date, date | None]] = []
        for hold in sorted(self.known, key=lambda hold: hold.first):
            self._add(hold.first, hold.last)

    def _add(self, first: date, last: date | None) -> None:
        if self.spans:
            before, until = self.spans[-1]
            if until is None:
                return
            if first <= until + _ONE_DAY:
                self.spans[-1] = (before, None if last is None else max(until, last))
                return
        self.spans.append((first, last))

    def covers(self, day: date) -> bool:
        """Whether *day* is on hold."""
        return any(first <= day and (last is None or day <= last) for first, last in self.spans)

    def touches(self, first: date, last: date) -> bool:
        """Whether a day from *first* to *last*, both included, is on hold."""
        return any(
            begin <= last and (end is None or end >= first) and first <= last
            for begin, end in self.spans
        )

    def free_days(self, after: date, until: date) -> int:
        """How many days after *after*, up to and with *until*, are not on hold."""
        held = sum(
            (min(until, last or until) - max(after, first - _ONE_DAY)).days
            for first, last in self.spans
            if first <= until and (last is None or last > after)
        )
        return (until - after).days - held

    def next_free(self, day: date) -> date | None:
        """The first day from *day* on that is not on hold; None behind an open hold."""
        for first, last in self.spans:
            if first <= day and (last is None or day <= last):
                return None if last is None else last + _ONE_DAY
        return day

    def advance(self, day: date, count: int) -> date | None:
        """The day *count* days after *day*, days on hold not counted; None behind an open hold."""
        free = self.next_free(day)
        for first, last in self.spans:
            if free is None or first <= free:
                continue
            ahead = (first - free).days
            if count < ahead:
                break
            count -= ahead
            free = None if last is None else last + _ONE_DAY
        return None if free is None else free + timedelta(days=count)
