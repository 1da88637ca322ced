"""Ages in completed years."""

from datetime import date

__all__ = ["age_on"]


def age_on(born_on: date, day: date) -> int:
    """Return the completed years on *day*; who was born on 29 February turns on 1 March.

    >>> age_on(date(2008, 2, 29), date(2026, 2, 28)), age_on(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    had_birthday = (day.month, day.day) >= (born_on.month, born_on.day)
    return day.year - born_on.year - (not had_birthday)
