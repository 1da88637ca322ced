"""Public holidays, from the extra ``holidays``."""

from collections.abc import Callable
from datetime import date

from holidays import country_holidays

from botox_schedule.errors import CalendarRangeError
from botox_schedule.planning.errors import UnknownCountryError


def opens_on(country: str, subdivision: str | None) -> Callable[[date], bool]:
    """Return what says whether a day is no public holiday.

    Raises:
        UnknownCountryError: When the package knows no such country or subdivision.
        CalendarRangeError: By the answer, for a year that the package does not cover.
    """
    try:
        table = country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        raise UnknownCountryError(f"{error}; give codes such as 'US' and 'CA'") from None
    first, last = table.start_year, table.end_year

    def is_working_day(day: date) -> bool:
        if not first <= day.year <= last:
            raise CalendarRangeError(
                f"the public holidays of {country} are known for the years {first} to {last}"
            )
        return day not in table

    return is_working_day
