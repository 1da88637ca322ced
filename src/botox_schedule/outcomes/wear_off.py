"""When the effect wore off, by named definitions. It is a signal and never moves a date."""

from collections.abc import Iterator, Sequence
from enum import StrEnum, unique
from fractions import Fraction
from functools import partial
from itertools import product
from math import inf

from botox_schedule.dates.days import Day, DayInput, as_day, shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.outcomes.diary import DiaryKind, HeadacheDiary, a_diary
from botox_schedule.outcomes.figures import WEEK, Exact, Number, days_within, outcome_tables, whole
from botox_schedule.protocols import SourceRef
from botox_schedule.protocols.catalog import cited
from botox_schedule.terms import word_of
from botox_schedule.values import Value, a_list

_MOST_UNKNOWN = 2
"""The most unknown weeks to try out: with more, almost any week is possible."""


@unique
class WearOffDefinition(StrEnum):
    """Definitions of wearing off."""

    NADIR_RISE = "nadir_rise"
    """The first of two weeks in a row with at least one day more than the lowest week. Of several
    equally low weeks the last counts."""
    HALF_OF_BENEFIT_LOST = "half_of_benefit_lost"
    """The first week after the lowest in which at least half of the benefit is lost."""
    ANY_LATE_RISE = "any_late_rise"
    """The first of the last six weeks with more days than the week before it."""
    CLINICIANS_NOTE = "clinicians_note"
    """The week that a clinician noted."""


class WearOff(Value, frozen=True):
    """Whether and when the effect wore off in one cycle.

    Attributes:
        definition: The definition of wearing off.
        week: The first week of wearing off, 1 for the seven days from the session on. None where
            the effect did not wear off, or where that is unknown.
        on: The first day of that week; None without one.
        is_known: Whether the weeks are enough to tell: no value of an unknown week changes the
            answer.
        by_week: The latest possible first week of wearing off, whatever the unknown weeks were;
            None where it may not have worn off.
        weeks: Days a week, from the session on; None where too few days were recorded.
        source: Source of the definition.
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

    Raises:
        DayError: When a day is not a calendar day.
        UnknownWordError: When *measure* is not ``headache`` or ``migraine``.

    >>> from datetime import date
    >>> from botox_schedule.outcomes import DiaryDay
    >>> bad = [DiaryDay(on=date(2026, 1, n), kind=DiaryKind.HEADACHE) for n in (5, 6, 7, 8)]
    >>> weekly_days(HeadacheDiary(days=tuple(bad)), "2026-01-05", "2026-01-18")
    (Fraction(7, 1), None)
    """
    start, end = as_day(administered_on, "administered_on"), as_day(last, "last")
    a_diary(diary)
    least = int(outcome_tables()["wear_off"]["least_recorded_days"])
    firsts = (shifted(start, WEEK * n) for n in range(((end - start).days + 1) // WEEK))
    weeks = [diary.count(Window(first=day, last=shifted(day, WEEK - 1))) for day in firsts]
    rates = (w.rate(measure, per_days=WEEK) if w.recorded_days >= least else None for w in weeks)
    return tuple(rates)


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
        definition: The definition of wearing off; there is no default.
        administered_on: The day of the session.
        baseline: Days a week before the course, for ``half_of_benefit_lost``.
        noted_week: The week that a clinician noted, from 1, for ``clinicians_note``.

    Raises:
        CountError: When a week or the baseline is not a number of days from 0 to 7, or the noted
            week is not a whole number above 0.
        DayError: When *administered_on* is not a calendar day.
        UnknownWordError: When *definition* is not one of the known words.

    >>> weeks = [5, 4, 3, 2, 2, 2, 2, 2, 3, 4, 5, 5]
    >>> wear_off(weeks, definition="nadir_rise", administered_on="2026-01-05").week
    9
    >>> wear_off(weeks, definition="half_of_benefit_lost", administered_on="2026-01-05",
    ...          baseline="5.5").week
    10
    """
    start = as_day(administered_on, "administered_on")
    wanted = word_of(WearOffDefinition, definition, "definition")
    a_list(weeks, "weeks: give a list of days a week, such as [5, 4, None]")
    known = tuple(None if week is None else days_within(week, "weeks", WEEK) for week in weeks)
    before = None if baseline is None else days_within(baseline, "baseline", WEEK)
    possible: set[int | None]
    if wanted is WearOffDefinition.CLINICIANS_NOTE:
        possible = set() if noted_week is None else {whole(noted_week, "noted_week", 1)}
    else:
        possible = _possible_weeks(wanted, known, before)
    # An effect that may not have worn off is later than every week.
    by_week = max(possible, key=lambda week: week or inf, default=None)
    is_known = len(possible) == 1
    week = by_week if is_known else None
    return WearOff(
        definition=wanted,
        week=week,
        on=None if week is None else shifted(start, WEEK * (week - 1)),
        is_known=is_known,
        by_week=by_week,
        weeks=known,
        source=cited(outcome_tables()["wear_off"]["source"]),
    )


def _possible_weeks(
    definition: WearOffDefinition, weeks: Sequence[Fraction | None], baseline: Fraction | None
) -> set[int | None]:
    """The weeks that some value of the unknown weeks gives; empty where any is possible."""
    half = definition is WearOffDefinition.HALF_OF_BENEFIT_LOST
    if not weeks or (half and baseline is None) or weeks.count(None) > _MOST_UNKNOWN:
        return set()
    return {_week_of(definition, filled, baseline or Fraction(0)) for filled in _filled(weeks)}


def _filled(weeks: Sequence[Fraction | None]) -> Iterator[list[Fraction]]:
    """Yield the weeks with each combination of days that the unknown ones may have had."""
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
    # Of equally low weeks the last counts: an early one may precede the effect.
    after = len(weeks) - list(reversed(weeks)).index(lowest)
    if definition is WearOffDefinition.NADIR_RISE:
        rise, length = int(figures["nadir_rise"]), int(figures["nadir_weeks"])
        return first_run(weeks[after:], lowest + rise, length, after)
    if baseline <= lowest:
        return None
    lost = lowest + (baseline - lowest) * Fraction(figures["benefit_lost"])
    return first_run(weeks[after:], lost, 1, after)


def first_run(
    weeks: Sequence[Fraction], level: Fraction, length: int, after: int = 0
) -> int | None:
    """Return the first of *length* weeks in a row at *level* or above, or None.

    The first of *weeks* has the number *after* + 1.
    """
    for number in range(len(weeks) - length + 1):
        if all(week >= level for week in weeks[number : number + length]):
            return after + number + 1
    return None


def _late_rise(weeks: Sequence[Fraction]) -> int | None:
    """The first of the last weeks with more days than the week before it; None without one."""
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

    A cycle lasts until the day before the next session. The last one lasts until *as_of* or the
    last recorded day, whichever is earlier, that day included: while it goes on, later weeks can
    change its answer.

    Args:
        diary: Days with headache.
        sessions: The days of the sessions, in any order; several on one day open one cycle. Later
            ones than *as_of* are ignored.
        definition: The definition of wearing off; there is no default.
        as_of: The day of the question.
        baseline: Days a week before the course, for ``half_of_benefit_lost``.

    Raises:
        CountError: When the baseline is not a number of days from 0 to 7.
        DayError: When a day is not a calendar day.
        UnknownWordError: When *definition* is not one of the known words.

    >>> found = wear_off_across_cycles(HeadacheDiary(), ["2026-01-05", "2026-03-30"],
    ...                                definition="nadir_rise", as_of="2026-05-01")
    >>> [(wear.week, wear.is_known, len(wear.weeks)) for wear in found]
    [(None, False, 12), (None, False, 4)]
    """
    day = as_day(as_of, "as_of")
    a_list(sessions, "sessions: give a list of days, such as ['2026-01-05']")
    days = sorted({as_day(session, "sessions") for session in sessions})
    starts = [start for start in days if start <= day]
    known_until = min(day, a_diary(diary).last_recorded_on or day)
    lasts = [*(shifted(start, -1) for start in starts[1:]), known_until]
    judged = partial(wear_off, definition=definition, baseline=baseline)
    cycles = zip(starts, lasts, strict=False)
    return tuple(judged(weekly_days(diary, *cycle), administered_on=cycle[0]) for cycle in cycles)
