"""When the effect wore off, by named definitions; a signal that never moves a date."""

from collections.abc import Iterator, Sequence
from enum import StrEnum, unique
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from botox_schedule import Window
from botox_schedule.dates import Day
from botox_schedule.dates.days import DayInput, as_day, shifted
from botox_schedule.outcomes.diary import DiaryKind, HeadacheDiary
from botox_schedule.outcomes.figures import (
    WEEK,
    Exact,
    Number,
    days_within,
    outcome_tables,
    whole,
)
from botox_schedule.protocols import SourceRef
from botox_schedule.protocols.catalog import cited
from botox_schedule.terms import word_of
from botox_schedule.values import Value

_MOST_UNKNOWN = 2
"""With more unknown weeks than these almost any week is possible."""


@unique
class WearOffDefinition(StrEnum):
    """What is called wearing off."""

    NADIR_RISE = "nadir_rise"
    """From this week on, two weeks are at least one day a week above the lowest week, the last of
    several equally low ones."""
    HALF_OF_BENEFIT_LOST = "half_of_benefit_lost"
    """Half of the way from the lowest week back to the baseline is lost."""
    ANY_LATE_RISE = "any_late_rise"
    """One of the last six weeks has more days than the week before it."""
    CLINICIANS_NOTE = "clinicians_note"
    """A clinician wrote the week down."""


class WearOff(Value, frozen=True):
    """Whether and when the effect wore off in one cycle.

    Attributes:
        definition: What is called wearing off.
        week: The first week of wearing off, 1 for the seven days from the session on; None where
            it did not wear off, or is unknown.
        on: The first day of that week.
        is_known: Whether the weeks are enough to tell: no value of an unknown week changes the
            answer.
        by_week: The week by which it had begun to wear off whatever the unknown weeks were.
        weeks: Days a week, week by week; None where too few days were recorded.
        source: Where the definition comes from.
    """

    definition: WearOffDefinition
    week: int | None
    on: Day | None
    is_known: bool
    by_week: int | None = None
    weeks: tuple[Exact | None, ...]
    source: SourceRef


def weekly_days(
    diary: HeadacheDiary,
    administered_on: DayInput,
    last: DayInput,
    measure: DiaryKind | str = DiaryKind.HEADACHE,
) -> tuple[Fraction | None, ...]:
    """Return days a week for each whole week from a session to *last*, both included.

    A week with fewer than four recorded days is None.

    >>> from datetime import date
    >>> from botox_schedule.outcomes import DiaryDay
    >>> bad = [DiaryDay(on=date(2026, 1, n), kind=DiaryKind.HEADACHE) for n in (5, 6, 7, 8)]
    >>> weekly_days(HeadacheDiary(days=tuple(bad)), "2026-01-05", "2026-01-18")
    (Fraction(7, 1), None)
    """
    start, end = as_day(administered_on, "administered_on"), as_day(last, "last")
    least = int(outcome_tables()["wear_off"]["least_recorded_days"])
    weeks = []
    for number in range(((end - start).days + 1) // WEEK):
        first = shifted(start, WEEK * number)
        count = diary.count(Window(first=first, last=shifted(first, WEEK - 1)))
        enough = count.recorded_days >= least
        weeks.append(count.rate(measure, per_days=WEEK) if enough else None)
    return tuple(weeks)


def wear_off(
    weeks: Sequence[Number | None],
    *,
    definition: WearOffDefinition | str,
    administered_on: DayInput,
    baseline: Number | None = None,
    noted_week: int | None = None,
) -> WearOff:
    """Return whether and when the effect wore off in a cycle.

    Args:
        weeks: Days a week, from the session on; None for an unknown week.
        definition: What is called wearing off; there is no default.
        administered_on: The session.
        baseline: Days a week before the course, for ``half_of_benefit_lost``.
        noted_week: The week that a clinician wrote down, for ``clinicians_note``.

    Raises:
        CountError: When a week has more than 7 days, or no number of days.

    >>> weeks = [5, 4, 3, 2, 2, 2, 2, 2, 3, 4, 5, 5]
    >>> wear_off(weeks, definition="nadir_rise", administered_on="2026-01-05").week
    9
    >>> wear_off(weeks, definition="half_of_benefit_lost", administered_on="2026-01-05",
    ...          baseline="5.5").week
    10
    """
    start = as_day(administered_on, "administered_on")
    wanted = word_of(WearOffDefinition, definition, "definition")
    known = tuple(None if week is None else days_within(week, "weeks", WEEK) for week in weeks)
    before = None if baseline is None else days_within(baseline, "baseline", WEEK)
    if wanted is WearOffDefinition.CLINICIANS_NOTE:
        noted = None if noted_week is None else whole(noted_week, "noted_week", 1)
        found = _Found(noted, noted, is_known=noted is not None)
    else:
        found = _found(wanted, known, before)
    return WearOff(
        definition=wanted,
        week=found.week,
        on=None if found.week is None else shifted(start, WEEK * (found.week - 1)),
        is_known=found.is_known,
        by_week=found.by_week,
        weeks=known,
        source=cited(outcome_tables()["wear_off"]["source"]),
    )


class _Found(NamedTuple):
    week: int | None
    by_week: int | None
    is_known: bool


_UNKNOWN = _Found(None, None, is_known=False)


def _found(
    definition: WearOffDefinition, weeks: Sequence[Fraction | None], baseline: Fraction | None
) -> _Found:
    """The week, where whatever the unknown weeks were gives the same one."""
    half = definition is WearOffDefinition.HALF_OF_BENEFIT_LOST
    if not weeks or (half and baseline is None) or weeks.count(None) > _MOST_UNKNOWN:
        return _UNKNOWN
    possible = {_week_of(definition, filled, baseline or Fraction(0)) for filled in _filled(weeks)}
    if len(possible) == 1:
        (week,) = possible
        return _Found(week, week, is_known=True)
    latest = None if None in possible else max(week for week in possible if week is not None)
    return _Found(None, latest, is_known=False)


def _filled(weeks: Sequence[Fraction | None]) -> Iterator[list[Fraction]]:
    """Yield the weeks with each number of days that the unknown ones may have had."""
    values = {Fraction(days) for days in range(WEEK + 1)} | {w for w in weeks if w is not None}
    for guess in product(sorted(values), repeat=weeks.count(None)):
        guesses = iter(guess)
        yield [next(guesses) if week is None else week for week in weeks]


def _week_of(
    definition: WearOffDefinition, weeks: Sequence[Fraction], baseline: Fraction
) -> int | None:
    if definition is WearOffDefinition.ANY_LATE_RISE:
        return _late_rise(weeks)
    figures = outcome_tables()["wear_off"]
    lowest = min(weeks)
    # Of equally low weeks the last: a low week before the effect begins is no effect.
    after = max(number for number, week in enumerate(weeks, start=1) if week == lowest)
    if definition is WearOffDefinition.NADIR_RISE:
        return first_run(
            weeks[after:], lowest + int(figures["nadir_rise"]), int(figures["nadir_weeks"]), after
        )
    if baseline <= lowest:
        return None
    lost = lowest + (baseline - lowest) * Fraction(figures["benefit_lost"])
    return first_run(weeks[after:], lost, 1, after)


def first_run(
    weeks: Sequence[Fraction], level: Fraction, length: int, after: int = 0
) -> int | None:
    """Return the number of the first week of *length* weeks in a row at *level* or above."""
    for number in range(len(weeks) - length + 1):
        if all(week >= level for week in weeks[number : number + length]):
            return after + number + 1
    return None


def _late_rise(weeks: Sequence[Fraction]) -> int | None:
    """The first of the last weeks that has more days than the one before."""
    late = int(outcome_tables()["wear_off"]["last_weeks"])
    numbers = range(max(1, len(weeks) - late), len(weeks))
    return next((n + 1 for n in numbers if weeks[n] > weeks[n - 1]), None)


def wear_off_across_cycles(
    diary: HeadacheDiary,
    sessions: Sequence[DayInput],
    *,
    definition: WearOffDefinition | str,
    as_of: DayInput,
    baseline: Number | None = None,
) -> tuple[WearOff, ...]:
    """Return whether and when the effect wore off in each cycle that *sessions* opened.

    The last cycle runs to *as_of*, that day included, or to the last recorded day.

    >>> found = wear_off_across_cycles(HeadacheDiary(), ["2026-01-05", "2026-03-30"],
    ...                                definition="nadir_rise", as_of="2026-05-01")
    >>> [(wear.week, wear.is_known, len(wear.weeks)) for wear in found]
    [(None, False, 12), (None, False, 4)]
    """
    day = as_day(as_of, "as_of")
    days = sorted(as_day(session, "sessions") for session in sessions)
    starts = [start for start in days if start <= day]
    known_until = min(day, diary.last_recorded_on or day)
    lasts = [*(shifted(start, -1) for start in starts[1:]), known_until]
    return tuple(
        wear_off(
            weekly_days(diary, start, last),
            definition=definition,
            administered_on=start,
            baseline=baseline,
        )
        for start, last in zip(starts, lasts, strict=False)
    )
