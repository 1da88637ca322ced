"""Calendar days: what is accepted as one, and how a text or a moment becomes one."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta, tzinfo
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, TypeGuard, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from botox_schedule.errors import CalendarRangeError, DayError

OpenDay = Callable[[date], bool]
"""A function that returns whether the clinic is open on a day, such as a ``ClinicCalendar``."""

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OUTSIDE = "the date would leave the calendar; it must lie in the years 1 to 9999"
_EXPECTED = "give a date, or text such as '2026-01-05' (YYYY-MM-DD)"

NO_SUCH_DAY = "the calendar has no such day"
OTHER_ORDER = (
    "some have day and month in the other order; look whether those that are read are right"
)
LAST_PLACEHOLDER = date(1900, 1, 1)
"""Systems write this day or an earlier one where they have none."""

_ORDERS = {"mdy": "%m/%d/", "dmy": "%d/%m/"}
_SWAP = str.maketrans("dm", "md")
_NUMERIC_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})")
_TOUCHING = re.compile("%[dmjyYGuVHMS]%[dmjyYGuVHMS]")
_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
# Day, month and year all differ, so that a swapped day and month shows.
_SAMPLE = date(2001, 2, 3)

_Place = TypeVar("_Place", date, int)

DayInput = date | str
"""What functions accept as a day: a ``date``, or the text ``YYYY-MM-DD``."""


def _day_schema(_source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
    """Validate days in the core of pydantic, so that a million of them stay cheap."""
    written = core_schema.str_schema(strict=True, pattern=f"^{_ISO_DAY.pattern}$")
    text = core_schema.chain_schema([written, core_schema.date_schema()])
    day = core_schema.date_schema(strict=True)
    either = core_schema.union_schema([day, text], mode="left_to_right")
    given = core_schema.json_or_python_schema(json_schema=text, python_schema=either)
    return core_schema.no_info_wrap_validator_function(_validated, given)


def _validated(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        raise PydanticCustomError("day", f"not a calendar day; {_fault(value)}") from None


Day = Annotated[
    date,
    GetPydanticSchema(_day_schema),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A calendar day, given as a ``date`` or as ``YYYY-MM-DD``; never a datetime or a number."""

OPEN_FROM = date(9999, 1, 1)
"""The end of a period on this day or a later one leaves it open."""


def open_end(day: date | None) -> date | None:
    """Return the last day of a period; None where it leaves the period open."""
    return None if day is not None and day >= OPEN_FROM else day


def is_placeholder_day(day: date) -> bool:
    """Return whether systems write *day* where they have none.

    >>> is_placeholder_day(date(1900, 1, 1)), is_placeholder_day(date(1900, 1, 2))
    (True, False)
    >>> is_placeholder_day(date(9998, 12, 31)), is_placeholder_day(date(9999, 1, 1))
    (False, True)
    """
    return day <= LAST_PLACEHOLDER or day >= OPEN_FROM


def stated_day(day: date | None) -> date | None:
    """Return *day*; None where it is one that systems write where they have none.

    >>> stated_day(date(1900, 1, 2)), stated_day(date(1900, 1, 1)), stated_day(None)
    (datetime.date(1900, 1, 2), None, None)
    """
    return None if day is None or is_placeholder_day(day) else day


LastDay = Annotated[Day | None, AfterValidator(open_end)]
"""The last day of a period, included; None, or a day from 9999-01-01 on, leaves it open."""


def as_day(value: object, name: str = "day") -> date:
    """Return *value* as a plain date.

    Args:
        value: A ``date`` or the text ``YYYY-MM-DD``.
        name: The argument to name in the error.

    Raises:
        DayError: For anything else, a datetime or pandas Timestamp included.

    >>> as_day("2026-01-05")
    datetime.date(2026, 1, 5)
    >>> as_day(20260105, "as_of")
    Traceback (most recent call last):
        ...
    botox_schedule.errors.DayError: as_of: give a date, or text such as '2026-01-05' (YYYY-MM-DD); an int is not a calendar day
    """
    if type(value) is date:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return date(value.year, value.month, value.day)
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise DayError(f"{name}: {_fault(value)}")


def _fault(value: object) -> str:
    """What is wrong with something that is not a day, without repeating it."""
    if isinstance(value, str):
        is_day = _ISO_DAY.fullmatch(value)
        return NO_SUCH_DAY if is_day else f"{_EXPECTED}; this text is not in that form"
    if is_moment(value):
        told = "day_in_zone(moment, 'America/Los_Angeles') makes a day of an aware one"
        return f"{_EXPECTED}; a datetime is not a calendar day; {told}"
    kind = type(value).__name__
    article = "an" if kind[:1].lower() in set("aeiou") else "a"
    return f"{_EXPECTED}; {article} {kind} is not a calendar day"


def is_moment(value: object) -> TypeGuard[datetime]:
    """Return whether *value* is a moment; pandas' missing one, NaT, is a datetime too."""
    return isinstance(value, datetime) and type(value).__name__ != "NaTType"


def is_day_pattern(pattern: str) -> bool:
    """Return whether *pattern* has a year and gives back the whole day that it writes."""
    if not isinstance(pattern, str) or pattern in _ORDERS:
        return isinstance(pattern, str)
    # Without a year, strptime assumes 1900 and will stop doing so.
    if not {"Y", "y", "G"}.intersection(_DIRECTIVE.findall(pattern)):
        return False
    try:
        return day_by_pattern(_SAMPLE.strftime(pattern), pattern) == _SAMPLE
    except (ValueError, re.error, OverflowError):
        return False


def other_order(pattern: str) -> str | None:
    """Return the pattern with day and month in the other order; None where it has no other.

    >>> other_order("mdy"), other_order("%d de %m de %Y"), other_order("%d %b %Y"), other_order("iso")
    ('dmy', '%m de %d de %Y', None, None)
    """
    parts = "[dm]" if pattern in _ORDERS else "%[dm]"
    swapped = re.sub(parts, lambda part: part[0].translate(_SWAP), pattern)
    return swapped if swapped != pattern and is_day_pattern(swapped) else None


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


def day_in_zone(moment: datetime, zone: str | tzinfo) -> date:
    """Return the calendar day on which *moment* falls in *zone*.

    A clinic decides which day a session was on; this is the day that its wall clock shows.

    Args:
        moment: An aware datetime.
        zone: An IANA name such as ``"America/Los_Angeles"``, or a ``tzinfo``.

    Raises:
        DayError: When *moment* is not an aware datetime, or *zone* is unknown.
        CalendarRangeError: When the day there lies outside the years 1 to 9999.

    >>> from datetime import UTC
    >>> day_in_zone(datetime(2026, 3, 8, 7, 30, tzinfo=UTC), "America/Los_Angeles")
    datetime.date(2026, 3, 7)
    >>> day_in_zone(datetime(2026, 3, 7, 23, 30), "America/Los_Angeles")
    Traceback (most recent call last):
        ...
    botox_schedule.errors.DayError: moment: give an aware datetime; this one has no time zone
    """
    if not is_moment(moment):
        raise DayError("moment: give an aware datetime")
    if moment.utcoffset() is None:
        raise DayError("moment: give an aware datetime; this one has no time zone")
    try:
        return moment.astimezone(_zone(zone)).date()
    except OverflowError:
        raise CalendarRangeError(OUTSIDE) from None


def _zone(zone: str | tzinfo) -> tzinfo:
    if isinstance(zone, tzinfo):
        return zone
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError):
        raise DayError(
            "zone: give an IANA name such as 'America/Los_Angeles', or a tzinfo"
        ) from None


def shifted(day: date, count: int) -> date:
    """Return the day *count* days after *day*; all arithmetic with days goes through here.

    Raises:
        CalendarRangeError: When the result would leave the years 1 to 9999.

    >>> shifted(date(2026, 2, 27), 3)
    datetime.date(2026, 3, 2)
    """
    try:
        return day + timedelta(count)
    except OverflowError:
        raise CalendarRangeError(OUTSIDE) from None


def near(day: date, count: int) -> date:
    """Return the day *count* days after *day*, or the nearest one that the calendar has.

    Use it to draw or search around a day; use :func:`shifted` for a date that somebody acts on.

    >>> near(date(2026, 2, 27), 3), near(date.max, 3)
    (datetime.date(2026, 3, 2), datetime.date(9999, 12, 31))
    """
    return date.fromordinal(min(max(day.toordinal() + count, 1), date.max.toordinal()))


def is_within(first: _Place | None, day: _Place, last: _Place | None) -> bool:
    """Return whether *day* lies from *first* to *last*; both belong to it, None is an open end.

    Ages in years are compared the same way.

    >>> is_within(date(2026, 1, 1), date(2026, 1, 1), None), is_within(None, date.max, date.min)
    (True, False)
    """
    return (first is None or first <= day) and (last is None or day <= last)


class Period(NamedTuple):
    """An unbroken run of days; without *last* it does not end."""

    first: date
    last: date | None


def joined(periods: Iterable[Period]) -> list[Period]:
    """Return runs of days in order; those that touch or overlap are one."""
    ordered = sorted(periods, key=attrgetter("first"))
    if len(ordered) < 2:  # as after most sessions
        return ordered
    found: list[Period] = []
    for first, last in ordered:
        begin, until = found.pop() if found else (first, last)
        if until is not None and first > shifted(until, 1):
            found.append(Period(begin, until))
            begin, until = first, last
        found.append(Period(begin, None if until is None or last is None else max(until, last)))
    return found


def check_order(first: _Place | None, last: _Place | None, what: str) -> None:
    """Refuse a period that ends before it starts; ages in years are compared the same way.

    Raises:
        ValueError: When *first* lies after *last*; the message begins with *what*.
    """
    if first is not None and last is not None and first > last:
        raise ValueError(f"{what} ends before it starts; give first <= last")


def opening_days(is_open: OpenDay | None, name: str) -> OpenDay | None:
    """Return what says whether a clinic is open on a day; None means open every day.

    Raises:
        TypeError: When it cannot be asked for a day, as a list of days cannot, or, once it is
            asked, when it answers neither True nor False.
    """
    if is_open is None:
        return None
    if not callable(is_open):
        raise TypeError(f"{name}: give a ClinicCalendar, or a function of a day")
    return lambda day: yes_or_no(is_open(day), name)


def yes_or_no(answer: object, name: str) -> bool:
    """Return the answer of a function; a text such as ``"closed"`` would count as True.

    Raises:
        TypeError: When it is neither True nor False, of Python or of NumPy.
    """
    if type(answer).__name__ not in {"bool", "bool_"}:
        raise TypeError(f"{name}: give a function that returns True or False for a day")
    return bool(answer)


def age_on(born_on: DayInput, day: DayInput) -> int:
    """Return the completed years on *day*; born on 29 February, a person turns on 1 March.

    >>> age_on(date(2008, 2, 29), date(2026, 2, 28)), age_on(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    born_on, day = as_day(born_on, "born_on"), as_day(day)
    had_birthday = (day.month, day.day) >= (born_on.month, born_on.day)
    return day.year - born_on.year - (not had_birthday)


def counted(number: int, name: str) -> str:
    """Return a number of things.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {name}{'' if number == 1 else 's'}"


def days_text(least: int, most: int | None = None) -> str:
    """Return a count of days in words, or the least and the most of several counts.

    >>> days_text(1), days_text(68, 75), days_text(70, 70)
    ('1 day', '68 to 75 days', '70 days')
    """
    if most is not None and most != least:
        return f"{least} to {days_text(most)}"
    return counted(least, "day")
