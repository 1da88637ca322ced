"""Calendar days and intervals."""

from botox_schedule.dates.days import Day, LastDay, age_on, as_day, day_in_zone
from botox_schedule.dates.intervals import Interval, IntervalRange, Window

__all__ = [
    "Day",
    "Interval",
    "IntervalRange",
    "LastDay",
    "Window",
    "age_on",
    "as_day",
    "day_in_zone",
]
