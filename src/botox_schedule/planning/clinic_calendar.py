"""The days on which a clinic is open."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator

from botox_schedule import Window
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.errors import CalendarRangeError
from botox_schedule.planning.errors import PlanningError
from botox_schedule.planning.terms import Weekday
from botox_schedule.values import PatientValue, Value

OpenDay = Callable[[date], bool]
"""Answers whether the clinic is open on a day; a ``ClinicCalendar`` is one."""

_WEEKDAYS = tuple(Weekday)
_WORKING = _WEEKDAYS[:5]
_MOST_CLOSED_DAYS = 366


def _as_window(value: Any) -> Any:
    """Take a single day, as a date or as text, for a window of one day."""
    if isinstance(value, date | str):
        return {"first": value, "last": value}
    return value


WindowInput = Annotated[Window, BeforeValidator(_as_window)]
"""Consecutive days, both ends included; a single day counts as a window of one."""


class _Windows(PatientValue, frozen=True):
    days: tuple[WindowInput, ...]


def as_windows(days: Iterable[Any]) -> tuple[Window, ...]:
    """Return windows of *days*, each a window or a single day."""
    return _Windows(days=tuple(days)).days


class ClinicCalendar(Value, frozen=True):
    """The days on which a clinic is open; called with a day, it answers whether it is.

    Attributes:
        open_weekdays: The weekdays on which the clinic is open as a rule; Monday to Friday
            unless said otherwise.
        closures: Days and windows, both ends included, on which it is closed.
        predicate: A further condition: a day is open only if it says so. A calendar with one
            cannot be written as JSON.

    >>> calendar = ClinicCalendar(closures=["2026-05-25", {"first": "2026-12-24", "last": "2027-01-01"}])
    >>> calendar.is_open("2026-05-25"), calendar.is_open("2026-05-26"), calendar.is_open("2026-05-30")
    (False, True, False)
    """

    open_weekdays: frozenset[Weekday] = frozenset(_WORKING)
    closures: tuple[WindowInput, ...] = ()
    predicate: OpenDay | None = Field(default=None, repr=False)

    @field_validator("open_weekdays")
    @classmethod
    def _opens_at_all(cls, weekdays: frozenset[Weekday]) -> frozenset[Weekday]:
        if not weekdays:
            raise ValueError("a clinic without an open weekday never opens; name at least one")
        return weekdays

    @classmethod
    def for_country(
        cls,
        country: str,
        *,
        subdivision: str | None = None,
        open_weekdays: Iterable[Weekday | str] = _WORKING,
        closures: Iterable[Any] = (),
    ) -> Self:
        """Return a calendar that is closed on a country's public holidays.

        It needs the extra ``holidays``. Public holidays are announced anew each year: the
        answer is that of the installed release of the package.

        Args:
            country: An ISO 3166 code such as ``US``.
            subdivision: A part of it, such as ``CA``.
            open_weekdays: The weekdays on which the clinic is open as a rule.
            closures: Further days and windows on which it is closed.

        Raises:
            UnknownCountryError: When the package knows no such country or subdivision.
            ImportError: When the extra is not installed.
        """
        from botox_schedule.planning.holidays import opens_on  # noqa: PLC0415 - an extra

        return cls.model_validate(
            {
                "open_weekdays": frozenset(open_weekdays),
                "closures": tuple(closures),
                "predicate": opens_on(country, subdivision),
            }
        )

    def is_open(self, day: DayInput) -> bool:
        """Return whether the clinic is open on *day*.

        Raises:
            DayError: When *day* is not a calendar day.
        """
        return self(as_day(day))

    def __call__(self, day: date) -> bool:
        """Return whether the clinic is open on *day*."""
        return (
            _WEEKDAYS[day.weekday()] in self.open_weekdays
            and not any(day in closure for closure in self.closures)
            and (self.predicate is None or self.predicate(day))
        )


def open_before(day: date, is_open: OpenDay) -> date:
    """Return the last open day up to and with *day*.

    Raises:
        PlanningError: When the clinic is closed on that day and on the 366 days before it.
    """
    try:
        for back in range(_MOST_CLOSED_DAYS + 1):
            candidate = day - timedelta(days=back)
            if is_open(candidate):
                return candidate
    except OverflowError:
        raise CalendarRangeError("no open day before the calendar begins") from None
    raise PlanningError(
        f"the calendar is closed on the {_MOST_CLOSED_DAYS} days before a step; give one that opens"
    )
