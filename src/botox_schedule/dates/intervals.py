"""Lengths of time in calendar units, and the windows that they open."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self

from dateutil.relativedelta import relativedelta
from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    Strict,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from botox_schedule.dates.days import OUTSIDE, Day, DayInput, as_day, check_order, counted, shifted
from botox_schedule.errors import CalendarRangeError, CountError, IntervalError, safe_errors
from botox_schedule.terms import ShortMonth, word_of
from botox_schedule.values import Stated, Value, made, of_kind

_LAST_DAY = ShortMonth.LAST_DAY
_MONTHS_PER_YEAR = 12
_MOST = 4_000_000
_LONGEST = 365_250  # days in 1,000 years
_LONGEST_TEXT = 100
_UNIT_NAMES = {
    "years": r"years?|yrs?|y",
    "months": r"months?|monthly|mos?|mths?",
    "weeks": r"weeks?|weekly|wks?|w",
    "days": r"days?|d",
}
_TERM = re.compile(
    r"\s*([+-]?)\s*([0-9]{1,7})(?:\s*|-)(?:"
    + "|".join(f"(?P<{unit}>{names})" for unit, names in _UNIT_NAMES.items())
    + r")\.?(?=\s*(?:[+-]|\Z))",
    re.IGNORECASE,
)
_EVERY = re.compile(r"^(?:every\s+|each\s+|q\s*)(?=[0-9])", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_BARE_RANGE = re.compile(
    r"([0-9]{1,7})\s*(?:-|to)\s*([0-9]{1,7}(?:\s*|-)([a-z]+\.?))", re.IGNORECASE
)
_ISO = re.compile(
    r"P(?=[+-]?[0-9])(?:([+-]?[0-9]{1,7})Y)?(?:([+-]?[0-9]{1,7})M)?"
    r"(?:([+-]?[0-9]{1,7})W)?(?:([+-]?[0-9]{1,7})D)?"
)
_EXPECTED = "give text such as '12 weeks', '3 months', '12 weeks + 1 day' or 'P12W'"
_Count = Annotated[int, Strict(), Field(ge=-_MOST, le=_MOST)]


class Interval(Stated, frozen=True):
    """A length of time in calendar units, kept as the source states it.

    Months are applied first, then weeks, then days. Twelve weeks, three months and ninety days
    are three different intervals:

    >>> start = date(2025, 1, 31)
    >>> Interval(weeks=12).after(start)
    datetime.date(2025, 4, 25)
    >>> Interval(months=3).after(start)
    datetime.date(2025, 4, 30)
    >>> Interval(days=90).after(start)
    datetime.date(2025, 5, 1)

    Attributes:
        months: Calendar months.
        weeks: Weeks of seven days.
        days: Days.
    """

    months: _Count = 0
    weeks: _Count = 0
    days: _Count = 0

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | cls) else _units_in(value)

    @model_serializer
    def _to_text(self) -> str:
        return str(self)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "title": "Interval", "examples": ["12 weeks", "3 months"]}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the interval that *text* states: words, ISO 8601 or clinical shorthand.

        Raises:
            IntervalError: When *text* states no interval of years, months, weeks and days.

        >>> Interval.parse("12 weeks + 1 day")
        Interval(weeks=12, days=1)
        >>> Interval.parse("P1Y") == Interval.parse("12 months")
        True
        >>> str(Interval.parse("q12wk")), str(Interval.parse("3 mo"))
        ('12 weeks', '3 months')
        >>> Interval.parse("12")
        Traceback (most recent call last):
            ...
        botox_schedule.errors.IntervalError: not an interval; give text such as '12 weeks', '3 months', '12 weeks + 1 day' or 'P12W'
        """
        return cls(**_units_in(text))

    def after(self, day: DayInput, *, short_month: ShortMonth | str = _LAST_DAY) -> date:
        """Return the day that lies this interval after *day*.

        Args:
            day: The day to count from.
            short_month: What becomes of a day that the target month does not have.

        Raises:
            DayError: When *day* is not a calendar day.
            UnknownWordError: When *short_month* is unknown.
            CalendarRangeError: When the result would leave the years 1 to 9999.

        >>> Interval.parse("1 month").after("2026-01-31")
        datetime.date(2026, 2, 28)
        >>> Interval.parse("1 month").after("2026-01-31", short_month=ShortMonth.FIRST_OF_NEXT)
        datetime.date(2026, 3, 1)
        """
        return self.added_to(as_day(day), _short_month(short_month))

    def added_to(self, day: date, short_month: ShortMonth = _LAST_DAY, times: int = 1) -> date:
        """Return the same as :meth:`after`, for a plain date that was validated before.

        *times* multiplies the interval first, as :meth:`times` does.
        """
        if self.months:
            day = _add_months(day, times * self.months, short_month)
        return shifted(day, times * (7 * self.weeks + self.days))

    def before(self, day: DayInput, *, short_month: ShortMonth | str = _LAST_DAY) -> date:
        """Return the day that lies this interval before *day*.

        It is not the inverse of :meth:`after`, because months differ in length:

        >>> quarter = Interval.parse("3 months")
        >>> quarter.before(quarter.after("2025-11-30"))
        datetime.date(2025, 11, 28)

        Raises:
            DayError: When *day* is not a calendar day.
            UnknownWordError: When *short_month* is unknown.
            CalendarRangeError: When the result would leave the years 1 to 9999.
        """
        return self.added_to(as_day(day), _short_month(short_month), times=-1)

    def times(self, count: int) -> Self:
        """Return this interval *count* times, to be counted from one anchor.

        Months do not compose, so multiply first and then count once:

        >>> Interval.parse("3 months").times(2).after("2026-11-30")
        datetime.date(2027, 5, 30)

        Raises:
            CountError: When *count* is not a whole number.
        """
        if not isinstance(count, int) or isinstance(count, bool):
            raise CountError("count: give a whole number")
        return type(self)(
            months=self.months * count, weeks=self.weeks * count, days=self.days * count
        )

    @property
    def day_bounds(self) -> tuple[int, int]:
        """The smallest and the largest number of days this interval can span.

        >>> Interval.parse("3 months").day_bounds
        (89, 92)
        >>> Interval.parse("12 weeks").day_bounds
        (84, 84)
        """
        fixed = 7 * self.weeks + self.days
        smallest, largest = _month_bounds(self.months) if self.months else (0, 0)
        return smallest + fixed, largest + fixed

    def isoformat(self) -> str:
        """Return the ISO 8601 form.

        >>> Interval.parse("12 weeks + 1 day").isoformat()
        'P12W1D'
        """
        parts = ((self.months, "M"), (self.weeks, "W"), (self.days, "D"))
        return "P" + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0D")

    def __str__(self) -> str:
        return _in_words(self.months, self.weeks, self.days)

    def __repr_args__(self) -> Any:
        return [(name, n) for name in ("months", "weeks", "days") if (n := getattr(self, name))]


def _short_month(word: ShortMonth | str) -> ShortMonth:
    return word_of(ShortMonth, word, "short_month")


def positive_interval(given: Interval | str, what: str) -> Interval:
    """Return an interval that an argument gives; the error begins with *what*.

    Raises:
        IntervalError: When it is not an interval, or not longer than 0 days.
    """
    interval = given if isinstance(given, Interval) else Interval.parse(given)
    if interval.day_bounds[0] <= 0:
        raise IntervalError(f"{what} must be longer than nothing; give for example '12 weeks'")
    return interval


def _units_in(text: object) -> dict[str, int]:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise IntervalError(f"not an interval; {_EXPECTED}")
    words = _EVERY.sub("", text.strip().translate(_DASHES))
    iso = _ISO.fullmatch(words)
    counts = [int(part or 0) for part in iso.groups()] if iso else _counts_in(words)
    years, months, weeks, days = counts
    units = {"months": _MONTHS_PER_YEAR * years + months, "weeks": weeks, "days": days}
    if max(map(abs, units.values())) > _MOST:
        raise IntervalError(f"an interval of more than {_MOST} units leaves the calendar")
    return units


def _counts_in(words: str) -> Iterable[int]:
    """The years, months, weeks and days of a text in words."""
    counts = dict.fromkeys(_UNIT_NAMES, 0)
    position = 0
    while term := _TERM.match(words, position):
        counts[str(term.lastgroup)] += int(f"{term[1]}{term[2]}")
        position = term.end()
    if not words or position < len(words):
        raise IntervalError(f"not an interval; {_EXPECTED}")
    return counts.values()


@lru_cache(maxsize=256)
def _in_words(months: int, weeks: int, days: int) -> str:
    parts = ((months, "month"), (weeks, "week"), (days, "day"))
    signed = [(("-" if n < 0 else "+"), counted(abs(n), unit)) for n, unit in parts if n]
    text = " ".join(f"{sign} {term}" for sign, term in signed) or "0 days"
    return text.removeprefix("+ ")


@lru_cache(maxsize=16_384)
def _add_months(day: date, count: int, short_month: ShortMonth) -> date:
    try:
        target = day + relativedelta(months=count)
    except (OverflowError, ValueError):
        raise CalendarRangeError(OUTSIDE) from None
    if target.day != day.day and short_month is ShortMonth.FIRST_OF_NEXT:
        return shifted(target, 1)
    return target


_MONTHS_IN_CALENDAR = 4800
_DAYS_IN_CALENDAR = 146_097


@cache
def _first_days() -> tuple[int, ...]:
    """The day number of the first of each month of the 400 years after which dates repeat."""
    return tuple(date(1 + t // 12, 1 + t % 12, 1).toordinal() for t in range(_MONTHS_IN_CALENDAR))


@lru_cache(maxsize=64)
def _month_bounds(count: int) -> tuple[int, int]:
    """Both short-month rules stay within what first days of months span."""
    firsts = _first_days()
    cycles, months = divmod(count, _MONTHS_IN_CALENDAR)
    following = firsts + tuple(day + _DAYS_IN_CALENDAR for day in firsts[: months + 1])
    spans = [following[t + months] - first for t, first in enumerate(firsts)]
    return min(spans) + cycles * _DAYS_IN_CALENDAR, max(spans) + cycles * _DAYS_IN_CALENDAR


def _not_negative(interval: Interval, field: ValidationInfo) -> Interval:
    _check_bounds(interval, f"{field.field_name}")
    return interval


def _check_bounds(interval: Interval, what: str) -> None:
    shortest, longest = interval.day_bounds
    if shortest < 0:
        raise ValueError(f"{what} cannot be negative")
    # One such row of a clinic's table would end every list: no date could be counted from it.
    if longest > _LONGEST:
        raise ValueError(f"{what} cannot be longer than 1000 years; check its unit")


NotNegative = Annotated[Interval, AfterValidator(_not_negative)]
"""An interval from 0 days to 1,000 years, such as a minimum or a grace."""


class Window(Value, frozen=True):
    """Consecutive days; both *first* and *last* belong to it.

    Attributes:
        first: The first day.
        last: The last day.

    >>> window = Window(first=date(2026, 3, 30), last=date(2026, 4, 6))
    >>> date(2026, 4, 6) in window, date(2026, 4, 7) in window
    (True, False)
    >>> window.days
    8
    """

    first: Day
    last: Day

    if TYPE_CHECKING:

        def __init__(self, *, first: DayInput, last: DayInput) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        check_order(self.first, self.last, "the window")
        return self

    def __contains__(self, day: object) -> bool:
        return self.first <= as_day(day) <= self.last

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"

    @property
    def days(self) -> int:
        """The number of days, both ends counted."""
        return (self.last - self.first).days + 1

    def intersection(self, other: "Window") -> "Window | None":
        """Return the days that both windows have, or None if they share none.

        >>> spring = Window(first=date(2026, 3, 1), last=date(2026, 5, 31))
        >>> spring.intersection(Window(first=date(2026, 5, 31), last=date(2026, 6, 30)))
        Window(first=datetime.date(2026, 5, 31), last=datetime.date(2026, 5, 31))
        """
        of_kind(other, Window, "other: give a Window, such as Window(first=..., last=...)")
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Window(first=first, last=last) if first <= last else None


class IntervalRange(Stated, frozen=True):
    """From one interval to another, both included, such as 3 to 4 months.

    A range is refused if it is negative or longer than 1,000 years, or if from some day its first
    bound is longer than its last.

    Attributes:
        first: The shorter bound.
        last: The longer bound, or the same.

    >>> IntervalRange.parse("3 to 4 months").after("2026-01-05")
    Window(first=datetime.date(2026, 4, 5), last=datetime.date(2026, 5, 5))
    """

    first: Interval
    last: Interval

    if TYPE_CHECKING:

        def __init__(self, *, first: Interval | str, last: Interval | str) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | cls) else _bounds_in(value)

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        for bound in (self.first, self.last):
            _check_bounds(bound, "a range of intervals such as '12 to 16 weeks'")
        if self.first != self.last and self.first.day_bounds[1] > self.last.day_bounds[0]:
            wrong = "the range's first interval can be longer than its last"
            raise ValueError(f"{wrong}; give a first that is shorter from every start")
        return self

    @model_serializer
    def _to_text(self) -> str:
        return str(self)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "title": "IntervalRange", "examples": ["3 to 4 months"]}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the range that *text* states; one interval is a range of itself.

        Raises:
            IntervalError: When *text* states no range, or one that is refused.

        >>> IntervalRange.parse("12 weeks")
        IntervalRange(first=Interval(weeks=12), last=Interval(weeks=12))
        """
        try:
            return cls(**_bounds_in(text))
        except ValidationError as error:
            raise IntervalError(safe_errors(error)[0]["msg"]) from None

    def after(self, day: DayInput, *, short_month: ShortMonth | str = _LAST_DAY) -> Window:
        """Return the window that this range opens after *day*; both ends belong to it.

        Raises:
            DayError: When *day* is not a calendar day.
            UnknownWordError: When *short_month* is unknown.
            CalendarRangeError: When an end would leave the years 1 to 9999.
        """
        return self.added_to(as_day(day), _short_month(short_month))

    def added_to(self, day: date, short_month: ShortMonth = _LAST_DAY) -> Window:
        """Return the same as :meth:`after`, for a plain date that was validated before."""
        first = self.first.added_to(day, short_month)
        # The bounds are in order from every start, so the days are too.
        return made(Window, first=first, last=self.last.added_to(day, short_month))

    def __str__(self) -> str:
        first, last = str(self.first), str(self.last)
        if first == last:
            return first
        count, _, unit = first.partition(" ")
        one_unit = last.partition(" ")[2].rstrip("s")
        begin = count if one_unit == unit.rstrip("s") and " " not in one_unit else first
        return f"{begin} to {last}"


IntervalInput = Interval | str
RangeInput = IntervalRange | str | Mapping[str, IntervalInput]


def _bounds_in(text: object) -> dict[str, Interval]:
    if not isinstance(text, str) or len(text) > 2 * _LONGEST_TEXT:
        raise IntervalError("not a range of intervals; give text such as '3 to 4 months'")
    words = _EVERY.sub("", re.sub(r"\s+", " ", text.strip()).translate(_DASHES))
    # A hyphen between bare numbers is a range; between amounts with units it subtracts.
    if bare := _BARE_RANGE.fullmatch(words):
        return {"first": Interval.parse(bare[1] + bare[3]), "last": Interval.parse(bare[2])}
    first, to, last_text = words.partition(" to ")
    if to and first.isdecimal():
        told = "a first bound without a unit takes that of a last bound such as '4 months'"
        raise IntervalError(f"not a range of intervals; {told}")
    interval = Interval.parse(first)
    return {"first": interval, "last": Interval.parse(last_text) if to else interval}
