"""A headache diary, and what it counts."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum, unique
from fractions import Fraction
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from botox_schedule import Window
from botox_schedule.dates import Day
from botox_schedule.outcomes.data import outcome_tables
from botox_schedule.outcomes.fractions import ExactDays
from botox_schedule.values import PatientValue, Value


@unique
class DiaryKind(StrEnum):
    """What a day of the diary says."""

    NONE = "none"
    HEADACHE = "headache"
    MIGRAINE = "migraine"
    """A migraine day is a headache day too."""
    UNKNOWN = "unknown"


@unique
class MissingDays(StrEnum):
    """What becomes of days that nobody recorded."""

    SCALE = "scale"
    """Recorded days stand for the missing ones."""
    HEADACHE_FREE = "headache_free"
    """Missing days count as days without headache."""


class DiaryDay(PatientValue, frozen=True):
    """One day of the diary."""

    on: Day
    kind: DiaryKind


class Baseline(PatientValue, frozen=True):
    """Days a month before the course, where the diary starts later.

    Attributes:
        headache_days: Headache days in *per_days* days.
        migraine_days: Migraine days likewise, or None where not known.
        per_days: The length of that month in days.
    """

    headache_days: ExactDays
    migraine_days: ExactDays | None = None
    per_days: int = Field(default=28, ge=1, le=31)


class DiaryCount(Value, frozen=True):
    """What the diary says of some days; raw counts are kept.

    Attributes:
        window: The days counted; both ends belong to it.
        recorded_days: Days that somebody recorded.
        headache_days: Days with headache, migraine days included.
        migraine_days: Days with migraine.
    """

    window: Window
    recorded_days: int
    headache_days: int
    migraine_days: int

    @property
    def completeness(self) -> Fraction:
        """The share of days that were recorded."""
        return Fraction(self.recorded_days, self.window.days)

    @property
    def is_sufficient(self) -> bool:
        """Whether enough days were recorded to judge by (more than 20)."""
        return self.recorded_days > int(outcome_tables()["diary"]["too_few_days"])

    def rate(
        self,
        measure: DiaryKind = DiaryKind.HEADACHE,
        *,
        per_days: int = 28,
        missing: MissingDays = MissingDays.SCALE,
    ) -> Fraction | None:
        """Return days per *per_days* days, exact; None where nothing was recorded.

        >>> window = Window(first="2026-01-01", last="2026-01-31")
        >>> count = DiaryCount(window=window, recorded_days=25, headache_days=15, migraine_days=0)
        >>> float(count.rate()), float(count.rate(per_days=30))
        (16.8, 18.0)
        >>> round(float(count.rate(missing=MissingDays.HEADACHE_FREE)), 1)
        13.5
        """
        if not self.recorded_days:
            return None
        days = self.migraine_days if measure is DiaryKind.MIGRAINE else self.headache_days
        scaled = missing is MissingDays.SCALE
        return Fraction(per_days * days, self.recorded_days if scaled else self.window.days)


class HeadacheDiary(PatientValue, frozen=True):
    """Days with headache, migraine or neither; a day that is missing is unknown.

    >>> diary = HeadacheDiary(days=[{"on": "2026-01-05", "kind": "migraine"}])
    >>> diary.count(Window(first="2026-01-05", last="2026-01-11")).headache_days
    1
    """

    days: tuple[DiaryDay, ...] = ()
    baseline: Baseline | None = None

    @model_validator(mode="after")
    def _says_one_thing_a_day(self) -> Self:
        if len({day.on for day in self.days}) < len(self.days):
            raise ValueError("a day stands twice in the diary; give each day once")
        return self

    @cached_property
    def _kinds(self) -> dict[date, DiaryKind]:
        return {day.on: day.kind for day in self.days if day.kind is not DiaryKind.UNKNOWN}

    @property
    def last_recorded_on(self) -> date | None:
        """The last recorded day, or None."""
        return max(self._kinds, default=None)

    def until(self, day: date) -> Self:
        """Return the diary as it was known on *day*, that day included."""
        return type(self)(
            days=tuple(entry for entry in self.days if entry.on <= day), baseline=self.baseline
        )

    def count(self, window: Window) -> DiaryCount:
        """Return what the diary says of the days of *window*, both ends included."""
        kinds = list(self._recorded(window))
        return DiaryCount(
            window=window,
            recorded_days=len(kinds),
            headache_days=len(kinds) - kinds.count(DiaryKind.NONE),
            migraine_days=kinds.count(DiaryKind.MIGRAINE),
        )

    def recorded_in(self, windows: Iterable[Window]) -> int:
        """Return how many recorded days lie in any of *windows*; a day in two counts once."""
        known = list(windows)
        return sum(any(day in window for window in known) for day in self._kinds)

    def _recorded(self, window: Window) -> Iterable[DiaryKind]:
        for number in range(window.days):
            kind = self._kinds.get(window.first + timedelta(days=number))
            if kind is not None:
                yield kind
