"""A headache diary, its counts, and whether a month meets a definition of chronic migraine."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from enum import StrEnum, unique
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from botox_schedule.dates.days import Day, DayInput, as_day, is_moment, shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.errors import CountError, DayError, OrderError, UnknownWordError
from botox_schedule.outcomes.figures import (
    LONGEST_MONTH,
    ExactDays,
    Number,
    month_days,
    outcome_tables,
    whole,
)
from botox_schedule.protocols import SourceRef
from botox_schedule.protocols.catalog import cited
from botox_schedule.terms import word_of
from botox_schedule.values import Fields, PatientValue, Rows, Several, Value, all_of_kind, of_kind

LONGEST_ATTACK = 100
"""The most days an attack may cover: more are a mistake in the dates."""
_Count = Annotated[int, Field(ge=0, strict=True)]


@unique
class DiaryKind(StrEnum):
    """What a diary entry says, from unknown to worst."""

    UNKNOWN = "unknown"
    NONE = "none"
    HEADACHE = "headache"
    MIGRAINE = "migraine"
    """A migraine day is a headache day too."""


_SEVERITY = {kind: place for place, kind in enumerate(DiaryKind)}


@unique
class MissingDays(StrEnum):
    """How to treat unrecorded days."""

    SCALE = "scale"
    """Unrecorded days are assumed to be like the recorded ones."""
    HEADACHE_FREE = "headache_free"
    """Unrecorded days count as days without headache."""


class DiaryDay(PatientValue, frozen=True):
    """One entry of the diary.

    Attributes:
        on: The day.
        kind: What the entry says about it.
    """

    on: Day
    kind: DiaryKind

    if TYPE_CHECKING:

        def __init__(self, *, on: DayInput, kind: DiaryKind | str) -> None: ...


def attack_days(
    start: date | str, end: date | str, kind: DiaryKind | str = DiaryKind.HEADACHE
) -> tuple[DiaryDay, ...]:
    """Return one entry for each day of an attack.

    Args:
        start: The day, or the local date and time, of its start.
        end: The last day, included, or the local date and time of its end. An attack that ends at
            midnight does not count on the day that begins then.
        kind: What the attack was.

    Raises:
        DayError: When either is neither a day nor a local date and time.
        OrderError: When the attack ends before it starts.
        CountError: When it covers more than 100 days, both ends included.
        UnknownWordError: When *kind* is not one of the known words.

    >>> from datetime import datetime
    >>> days = attack_days(datetime(2026, 1, 5, 22), datetime(2026, 1, 6, 2), "migraine")
    >>> [str(day.on) for day in days]
    ['2026-01-05', '2026-01-06']
    """
    first, last = attack_span(start, end)
    if (last - first).days >= LONGEST_ATTACK:
        raise CountError(f"an attack lasts at most {LONGEST_ATTACK} days; give it in parts")
    word = word_of(DiaryKind, kind, "kind")
    return tuple(DiaryDay(on=day, kind=word) for day in days_through(first, last))


def attack_span(start: date | str, end: date | str) -> tuple[date, date]:
    """Return the first and the last day of an attack, both included; see :func:`attack_days`."""
    first, last = _day_of(start, "start"), _day_of(end, "end")
    if first > last or (isinstance(start, datetime) and isinstance(end, datetime) and start > end):
        raise OrderError("the attack ends before it starts; give start <= end")
    ends_at_midnight = isinstance(end, datetime) and end.time() == time.min
    return first, shifted(last, -1) if ends_at_midnight and first < last else last


def _day_of(moment: date | str, name: str) -> date:
    if not is_moment(moment):
        return as_day(moment, name)
    if moment.tzinfo is not None:
        raise DayError(f"{name}: give the local time, without a time zone")
    return moment.date()


class Baseline(PatientValue, frozen=True):
    """Days a month before the course, for a diary that starts later.

    Attributes:
        headache_days: Headache days in *per_days* days, migraine days included.
        migraine_days: Migraine days in *per_days* days, or None where unknown.
        per_days: The length of that month in days.
    """

    headache_days: ExactDays
    migraine_days: ExactDays | None = None
    per_days: int = Field(default=28, ge=1, le=LONGEST_MONTH, strict=True)

    if TYPE_CHECKING:

        def __init__(
            self, *, headache_days: Number, migraine_days: Number | None = None, per_days: int = 28
        ) -> None: ...

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.headache_days > self.per_days:
            raise ValueError("headache_days cannot exceed per_days")
        if self.migraine_days is not None and self.migraine_days > self.headache_days:
            raise ValueError("migraine_days cannot exceed headache_days, which include them")
        return self


class DiaryCount(Value, frozen=True):
    """Raw counts of a diary over some days.

    Attributes:
        window: The days counted, both ends included.
        recorded_days: Days with an entry other than unknown.
        headache_days: Days with headache, migraine days included.
        migraine_days: Days with migraine.
    """

    window: Window
    recorded_days: _Count
    headache_days: _Count
    migraine_days: _Count

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            window: Window | Fields,
            recorded_days: int,
            headache_days: int,
            migraine_days: int,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        counts = (self.migraine_days, self.headache_days, self.recorded_days, self.window.days)
        if list(counts) != sorted(counts):
            raise ValueError(
                "give migraine_days <= headache_days <= recorded_days <= the days of the window"
            )
        return self

    @property
    def completeness(self) -> Fraction:
        """The share of days that were recorded."""
        return Fraction(self.recorded_days, self.window.days)

    @property
    def is_sufficient(self) -> bool:
        """Whether it is at most a month and has enough recorded days to judge (more than 20)."""
        few = int(outcome_tables()["diary"]["too_few_days"])
        return self.recorded_days > few and self.window.days <= LONGEST_MONTH

    @property
    def is_calendar_month(self) -> bool:
        """Whether the window is exactly one calendar month."""
        first, after = self.window.first, shifted(self.window.last, 1)
        return first.day == after.day == 1 and self.window.days <= LONGEST_MONTH

    def rate(
        self,
        measure: DiaryKind | str = DiaryKind.HEADACHE,
        *,
        per_days: int = 28,
        missing: MissingDays | str = MissingDays.SCALE,
    ) -> Fraction | None:
        """Return days per *per_days* days, exact; None where nothing was recorded.

        Args:
            measure: ``headache`` or ``migraine``.
            per_days: The number of days that the rate is for, at least 1.
            missing: How to treat unrecorded days.

        Raises:
            CountError: When *per_days* is not a whole number above 0.
            UnknownWordError: When *measure* is not ``headache`` or ``migraine``, or *missing* is
                not one of the known words.

        >>> window = Window(first=date(2026, 1, 1), last=date(2026, 1, 31))
        >>> count = DiaryCount(window=window, recorded_days=25, headache_days=15, migraine_days=0)
        >>> count.rate(), count.rate(per_days=30)
        (Fraction(84, 5), Fraction(18, 1))
        >>> count.rate(missing=MissingDays.HEADACHE_FREE)
        Fraction(420, 31)
        """
        days = whole(per_days, "per_days", 1) * self._days(word_of(DiaryKind, measure, "measure"))
        scaled = word_of(MissingDays, missing, "missing") is MissingDays.SCALE
        if not self.recorded_days:
            return None
        return Fraction(days, self.recorded_days if scaled else self.window.days)

    def _days(self, measure: DiaryKind) -> int:
        counts = {DiaryKind.HEADACHE: self.headache_days, DiaryKind.MIGRAINE: self.migraine_days}
        if measure not in counts:
            raise UnknownWordError(f"measure: give one of {', '.join(counts)}")
        return counts[measure]


class HeadacheDiary(PatientValue, frozen=True):
    """Days with headache, migraine or neither; a day without an entry is unknown.

    Of several entries for one day the worst counts.

    Attributes:
        days: The entries, in any order.
        baseline: Days a month before the course, for a diary that starts later.

    >>> monday = date(2026, 1, 5)
    >>> diary = HeadacheDiary(days=(DiaryDay(on=monday, kind=DiaryKind.NONE),
    ...                             DiaryDay(on=monday, kind=DiaryKind.MIGRAINE)))
    >>> diary.count(Window(first=monday, last=date(2026, 1, 11))).migraine_days
    1
    """

    days: Several[DiaryDay] = ()
    baseline: Baseline | None = None

    if TYPE_CHECKING:

        def __init__(
            self, *, days: Rows[DiaryDay] = (), baseline: Baseline | Fields | None = None
        ) -> None: ...

    @cached_property
    def _kinds(self) -> dict[date, DiaryKind]:
        worst_last = sorted(self.days, key=lambda entry: _SEVERITY[entry.kind])
        worst = {entry.on: entry.kind for entry in worst_last}
        return {day: worst[day] for day in sorted(worst) if worst[day] is not DiaryKind.UNKNOWN}

    @cached_property
    def _recorded(self) -> list[date]:
        return list(self._kinds)

    @property
    def last_recorded_on(self) -> date | None:
        """The last recorded day, or None without one."""
        return max(self._kinds, default=None)

    def until(self, day: DayInput) -> Self:
        """Return the diary up to *day*, that day included, with its baseline.

        Raises:
            DayError: When *day* is not a calendar day.
        """
        last = as_day(day, "day")
        days = tuple(entry for entry in self.days if entry.on <= last)
        return type(self)(days=days, baseline=self.baseline)

    def count(self, window: Window) -> DiaryCount:
        """Return the counts for the days of *window*, both ends included.

        Raises:
            TypeError: When *window* is not a :class:`~botox_schedule.Window`.
        """
        of_kind(window, Window, "window: give a Window, such as Window(first=..., last=...)")
        kinds = [self._kinds[day] for day in self._days_in(window)]
        return DiaryCount(
            window=window,
            recorded_days=len(kinds),
            headache_days=len(kinds) - kinds.count(DiaryKind.NONE),
            migraine_days=kinds.count(DiaryKind.MIGRAINE),
        )

    def recorded_in(self, windows: Iterable[Window]) -> int:
        """Return how many recorded days are in any of *windows*; a day in two counts once.

        Raises:
            TypeError: When one is not a :class:`~botox_schedule.Window`.
        """
        given = all_of_kind(windows, Window, "windows: give a list of Window(first=..., last=...)")
        return len({day for window in given for day in self._days_in(window)})

    def _days_in(self, window: Window) -> list[date]:
        """The recorded days of a window, in order."""
        days = self._recorded
        return days[bisect_left(days, window.first) : bisect_right(days, window.last)]


def a_diary(diary: HeadacheDiary) -> HeadacheDiary:
    """Return *diary*.

    Raises:
        TypeError: When it is anything else.
    """
    advice = "diary: give a HeadacheDiary; read_diary(...).diary is one"
    return of_kind(diary, HeadacheDiary, advice)


def days_through(first: date, last: date) -> Iterator[date]:
    """Yield the days from *first* to *last*, both included."""
    return (shifted(first, number) for number in range((last - first).days + 1))


def month_until(last: date) -> Window:
    """Return the diary month that ends on a day, that day included."""
    return Window(first=shifted(last, 1 - month_days()), last=last)


def worst_of(kinds: Iterable[DiaryKind]) -> DiaryKind:
    """Return the worst of several entries for one day."""
    return max(kinds, key=_SEVERITY.__getitem__)


class CriteriaResult(Value, frozen=True):
    """Whether a month meets one definition of chronic migraine.

    Attributes:
        criteria: ``ichd-3`` or ``us-label``.
        title: The definition.
        met: Whether the days meet it; None where too few days were recorded.
        missing: How unrecorded days were treated.
        source: Its source, and the place in it.
    """

    criteria: str
    title: str
    met: bool | None
    missing: MissingDays
    source: SourceRef


def chronic_migraine_criteria(
    count: DiaryCount, *, missing: MissingDays | str = MissingDays.SCALE
) -> tuple[CriteriaResult, ...]:
    """Return whether a month meets each definition of chronic migraine.

    ICHD-3 and NICE require headache on at least 15 days a month and migraine on at least 8. The
    US label, as read here, counts headache days alone. A calendar month is judged by its own
    length; any other window is scaled to 28 days.

    Args:
        count: A month of the diary.
        missing: How to treat unrecorded days.

    Raises:
        CountError: When the window is longer than 31 days.
        UnknownWordError: When *missing* is not one of the known words.

    >>> from botox_schedule import Window
    >>> month = Window(first=date(2026, 1, 1), last=date(2026, 1, 28))
    >>> count = DiaryCount(window=month, recorded_days=28, headache_days=15, migraine_days=7)
    >>> [(r.criteria, r.met) for r in chronic_migraine_criteria(count)]
    [('ichd-3', False), ('us-label', True)]
    """
    of_kind(count, DiaryCount, "count: give a DiaryCount, as HeadacheDiary.count returns it")
    if count.window.days > LONGEST_MONTH:
        raise CountError(f"the criteria are about a month; give at most {LONGEST_MONTH} days")
    word = word_of(MissingDays, missing, "missing")
    length = count.window.days if count.is_calendar_month else month_days()
    headache = count.rate(per_days=length, missing=word)
    migraine = count.rate(DiaryKind.MIGRAINE, per_days=length, missing=word)
    return tuple(
        CriteriaResult(
            criteria=name,
            title=table["title"],
            met=_is_met(table, headache, migraine) if count.is_sufficient else None,
            missing=word,
            source=cited(table["source"]),
        )
        for name, table in outcome_tables()["criteria"].items()
    )


def _is_met(table: dict[str, int], headache: Fraction | None, migraine: Fraction | None) -> bool:
    least = table.get("migraine_days", 0)
    return (headache or 0) >= table["headache_days"] and (migraine or 0) >= least
