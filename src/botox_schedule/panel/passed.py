"""From which days on an interval has passed on a day: the calendar asked backward, once."""

from datetime import date

from botox_schedule import Interval, ShortMonth
from botox_schedule.errors import CalendarRangeError


def last_start(interval: Interval, day: int, short_month: ShortMonth = ShortMonth.LAST_DAY) -> int:
    """Return the last day from which *interval* has passed on *day*, both as numbers.

    Later starts end later, so that it is a bound for all. 0 where it lies before the calendar.
    """
    start = day - interval.day_bounds[0]
    while start > 0 and not _has_passed(interval, start, day, short_month):
        start -= 1
    return max(start, 0)


def _has_passed(interval: Interval, start: int, day: int, short_month: ShortMonth) -> bool:
    try:
        return interval.after(date.fromordinal(start), short_month=short_month).toordinal() <= day
    except CalendarRangeError:
        return False
