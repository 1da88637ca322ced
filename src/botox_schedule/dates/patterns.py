"""Days written by a pattern: ``mdy``, ``dmy``, or one such as ``%d.%m.%Y``."""

import re
from datetime import date, datetime

from botox_schedule.dates.days import NO_SUCH_DAY
from botox_schedule.errors import DayError

_ORDERS = {"mdy": "%m/%d/", "dmy": "%d/%m/"}
_NUMERIC_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})")
_TOUCHING = re.compile("%[dmjyYGuVHMS]%[dmjyYGuVHMS]")
_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
# Day, month and year all differ, so that a swapped day and month shows.
_SAMPLE = date(2001, 2, 3)


def is_day_pattern(pattern: str) -> bool:
    """Return whether *pattern* has a year and gives back the whole day that it writes."""
    if pattern in _ORDERS:
        return True
    # Without a year, strptime assumes 1900 and will stop doing so.
    if not {"Y", "y", "G"}.intersection(_DIRECTIVE.findall(pattern)):
        return False
    try:
        return day_by_pattern(_SAMPLE.strftime(pattern), pattern) == _SAMPLE
    except (ValueError, re.error, OverflowError):
        return False


def day_by_pattern(text: str, pattern: str) -> date:
    """Return the day that *text* states in *pattern*, which `is_day_pattern` accepts.

    Raises:
        DayError: When the text does not follow the pattern, or there is no such day.
    """
    if order := _ORDERS.get(pattern):
        parts = _NUMERIC_DAY.fullmatch(text)
        if parts is None:
            raise DayError("not a day by that pattern")
        text = "/".join(parts.groups())
        pattern = order + ("%Y" if len(parts[3]) == 4 else "%y")
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        # What else strptime refuses follows the pattern, and no month has that day.
        is_other = re.search("does not match|unconverted", str(error))
        raise DayError("not a day by that pattern" if is_other else NO_SUCH_DAY) from None
    # A spreadsheet makes 1052026 of 01052026, and strptime the tenth of May of that.
    if _TOUCHING.search(pattern) and moment.strftime(pattern) != text:
        raise DayError("not a day by that pattern")
    return moment.date()
