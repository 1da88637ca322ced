"""The days on which a clinic is open, and the deadlines before a visit."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, field_serializer, field_validator

from botox_schedule.dates.days import (
    Day,
    DayInput,
    OpenDay,
    as_day,
    opening_days,
    shifted,
    yes_or_no,
)
from botox_schedule.dates.intervals import Interval, Window
from botox_schedule.errors import CalendarRangeError, PlanningError, UnknownCountryError
from botox_schedule.values import PatientValue, Rows, Several, Value


@unique
class Weekday(StrEnum):
    """A day of the week by name, because systems number weekdays differently."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEKDAYS = tuple(Weekday)
_WORKING = _WEEKDAYS[:5]
_MOST_CLOSED_DAYS = 366


def _as_window(value: Any) -> Any:
    """Turn a single day, as a date or as text, into a window of one day."""
    if isinstance(value, date | str):
        return {"first": value, "last": value}
    return value


WindowInput = Annotated[Window, BeforeValidator(_as_window)]
"""Consecutive days, both ends included; a single day counts as a window of one."""


class _Windows(PatientValue, frozen=True):
    days: tuple[WindowInput, ...]


def as_windows(days: Iterable[Any]) -> tuple[Window, ...]:
    """Return *days* as windows; each is a window or a single day, and so may *days* itself be.

    Raises:
        TypeError: When they are neither.
        ValidationError: When one of them is neither.
    """
    one = isinstance(days, date | str | Window | Mapping)
    if not one and not isinstance(days, Iterable):
        raise TypeError("away: give days and windows, such as ['2026-06-01', Window(...)]")
    return _Windows(days=(days,) if one else tuple(days)).days


class ClinicCalendar(Value, frozen=True):
    """The days on which a clinic is open; call it with a day to learn whether it is open.

    Attributes:
        open_weekdays: The weekdays on which the clinic is normally open; by default Monday to
            Friday.
        closures: Days and windows, both ends included, on which it is closed.
        predicate: A further condition: the clinic is closed where it returns False. A calendar
            with a predicate cannot be written as JSON.

    >>> calendar = ClinicCalendar(
    ...     closures=["2026-05-25", {"first": "2026-12-24", "last": "2027-01-01"}]
    ... )
    >>> calendar.is_open("2026-05-25"), calendar.is_open("2026-05-26"), calendar.is_open("2026-05-30")
    (False, True, False)
    """

    open_weekdays: frozenset[Weekday] = frozenset(_WORKING)
    closures: Several[WindowInput] = ()
    predicate: Annotated[OpenDay | None, WithJsonSchema({"type": "null"})] = Field(
        default=None, repr=False
    )

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            open_weekdays: Iterable[Weekday | str] = _WORKING,
            closures: Rows[Window | DayInput] = (),
            predicate: OpenDay | None = None,
        ) -> None: ...

    @field_validator("open_weekdays")
    @classmethod
    def _opens_at_all(cls, weekdays: frozenset[Weekday]) -> frozenset[Weekday]:
        if not weekdays:
            raise ValueError("a clinic without an open weekday never opens; name at least one")
        return weekdays

    @field_serializer("open_weekdays", when_used="json")
    def _in_order(self, weekdays: frozenset[Weekday]) -> list[Weekday]:
        return sorted(weekdays, key=_WEEKDAYS.index)

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

        It needs the extra ``holidays``. Governments announce public holidays year by year; the
        calendar has those that the installed release of the package has.

        Args:
            country: An ISO 3166 code such as ``US``.
            subdivision: A part of the country, such as ``CA``.
            open_weekdays: The weekdays on which the clinic is normally open.
            closures: Further days and windows, both ends included, on which it is closed.

        Raises:
            UnknownCountryError: When the package does not know the country or subdivision.
            ImportError: When the extra is not installed.
        """
        return cls(
            open_weekdays=frozenset(open_weekdays),
            closures=tuple(closures),
            predicate=_working_days(country, subdivision),
        )

    def is_open(self, day: DayInput) -> bool:
        """Return whether the clinic is open on *day*.

        Raises:
            DayError: When *day* is not a calendar day.
            CalendarRangeError: When the public holidays of its year are unknown.
            TypeError: When the predicate answers neither True nor False.
        """
        return self(day)

    def __call__(self, day: DayInput) -> bool:
        """Return whether the clinic is open on *day*; see :meth:`is_open`."""
        asked = as_day(day)
        return (
            _WEEKDAYS[asked.weekday()] in self.open_weekdays
            and not any(asked in closure for closure in self.closures)
            and (self.predicate is None or yes_or_no(self.predicate(asked), "predicate"))
        )


def _working_days(country: str, subdivision: str | None) -> OpenDay:
    """Return a function that returns whether a day is not a public holiday.

    The function raises ``CalendarRangeError`` for a year that the package does not cover.
    """
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415 - an extra

    place = country if subdivision is None else f"{country}, {subdivision}"
    told = f"no public holidays are known for {place}; give codes such as 'US' and 'CA'"
    if not isinstance(country, str) or not isinstance(subdivision, str | None):
        raise UnknownCountryError(told)
    # The package knows stock exchanges by codes too, which are closed on other days.
    if country.upper() not in list_supported_countries(include_aliases=True):
        raise UnknownCountryError(told)
    try:
        table = country_holidays(country.upper(), subdiv=subdivision)
    except NotImplementedError:
        raise UnknownCountryError(told) from None
    first, last = table.start_year, table.end_year

    def is_working_day(day: date) -> bool:
        if not first <= day.year <= last:
            raise CalendarRangeError(
                f"the public holidays of {country} are known for the years {first} to {last}"
            )
        return day not in table

    return is_working_day


Leads = Mapping[str, Interval | str] | Iterable[tuple[str, Interval | str]]


class CountdownStep(Value, frozen=True):
    """The last day for one task.

    Attributes:
        name: The task.
        on: The last open day for it, included.
        lead: How long before the visit, or before the next task.
        moved_days: By how many days closed days make it earlier.
    """

    name: str
    on: Day
    lead: Interval
    moved_days: int


def countdown(
    target: DayInput, leads: Leads, *, serial: bool = False, calendar: OpenDay | None = None
) -> tuple[CountdownStep, ...]:
    """Return the deadline of each task before a visit, the earliest first.

    Args:
        target: The day of the visit.
        leads: The tasks, each with its lead, such as ``{"order": "28 days"}``.
        serial: Whether each task must be done before the next can begin. The tasks are then in
            the order of the work; each lead counts back from the day of the next task, and the
            last one from the visit. Otherwise every lead counts back from the visit.
        calendar: Returns whether a day is open; None means every day. A closed day makes a task
            earlier and, in a serial countdown, all tasks before it too.

    Raises:
        DayError: When *target* is not a calendar day.
        IntervalError: When a lead given as text is not an interval.
        PlanningError: When *leads* are no pairs, a lead is negative, or the calendar has no open
            day in the 366 days before a task.
        CalendarRangeError: When a task would be before the year 1.

    >>> leads = {"submit": "28 days", "order": "21 days", "drug in clinic": "7 days"}
    >>> [(step.name, str(step.on)) for step in countdown("2026-06-22", leads, serial=True)]
    [('submit', '2026-04-27'), ('order', '2026-05-25'), ('drug in clinic', '2026-06-15')]
    >>> [(step.name, str(step.on)) for step in countdown("2026-06-22", leads)]
    [('submit', '2026-05-25'), ('order', '2026-06-01'), ('drug in clinic', '2026-06-15')]
    """
    anchor = visit = as_day(target, "target")
    is_open = opening_days(calendar, "calendar")
    steps: list[CountdownStep] = []
    for name, lead in reversed([(name, _lead(name, lead)) for name, lead in _pairs(leads)]):
        by = lead.before(anchor)
        on = by if is_open is None else _open_before(by, is_open)
        steps.append(CountdownStep(name=name, on=on, lead=lead, moved_days=(by - on).days))
        anchor = on if serial else visit
    steps.reverse()
    return tuple(sorted(steps, key=lambda step: step.on))


def _pairs(leads: Leads) -> list[tuple[str, Interval | str]]:
    given = leads.items() if isinstance(leads, Mapping) else leads
    try:
        return [(name, lead) for name, lead in given]
    except (TypeError, ValueError):
        raise PlanningError(
            "leads: give names and intervals, such as {'order': '28 days'}"
        ) from None


def _lead(name: str, lead: Interval | str) -> Interval:
    interval = lead if isinstance(lead, Interval) else Interval.parse(lead)
    if interval.day_bounds[0] < 0:
        raise PlanningError(f"the lead of {name!r} is negative; give how long before the visit")
    return interval


def _open_before(day: date, is_open: OpenDay) -> date:
    """The last open day up to *day*, included, and at most 366 days before it."""
    for back in range(_MOST_CLOSED_DAYS + 1):
        if day.toordinal() <= back:
            raise CalendarRangeError("no open day before the calendar begins")
        if is_open(candidate := shifted(day, -back)):
            return candidate
    raise PlanningError(
        f"the calendar is closed on the {_MOST_CLOSED_DAYS} days before a step; give one that opens"
    )
