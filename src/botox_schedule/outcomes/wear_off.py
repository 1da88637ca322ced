"""When the effect wore off, by named definitions; a signal that never moves a date."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum, unique
from fractions import Fraction

from botox_schedule import Window
from botox_schedule.dates import Day
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.outcomes.data import cited, outcome_tables
from botox_schedule.outcomes.diary import DiaryKind, HeadacheDiary
from botox_schedule.outcomes.fractions import Exact
from botox_schedule.protocols import SourceRef
from botox_schedule.values import Value

_WEEK = 7


@unique
class WearOffDefinition(StrEnum):
    """What is called wearing off."""

    NADIR_RISE = "nadir_rise"
    """From this week on, two weeks are at least one day a week above the lowest week."""
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
            it did not wear off, or cannot be told.
        on: The first day of that week.
        is_known: Whether the diary is enough to tell.
        weeks: Days a week, week by week; None where too few days were recorded.
        source: Where the definition comes from.
    """

    definition: WearOffDefinition
    week: int | None
    on: Day | None
    is_known: bool
    weeks: tuple[Exact | None, ...]
    source: SourceRef


def weekly_days(
    diary: HeadacheDiary,
    administered_on: DayInput,
    last: DayInput,
    measure: DiaryKind = DiaryKind.HEADACHE,
) -> tuple[Fraction | None, ...]:
    """Return days a week for each whole week from a session to *last*, both included.

    A week with fewer than four recorded days is None.

    >>> days = [{"on": f"2026-01-{n:02}", "kind": "headache"} for n in (5, 6, 7, 8)]
    >>> weekly_days(HeadacheDiary(days=days), "2026-01-05", "2026-01-18")
    (Fraction(7, 1), None)
    """
    start, end = as_day(administered_on, "administered_on"), as_day(last, "last")
    least = int(outcome_tables()["wear_off"]["least_recorded_days"])
    weeks = []
    for number in range(((end - start).days + 1) // _WEEK):
        first = start + timedelta(days=_WEEK * number)
        count = diary.count(Window(first=first, last=first + timedelta(days=_WEEK - 1)))
        enough = count.recorded_days >= least
        weeks.append(count.rate(measure, per_days=_WEEK) if enough else None)
    return tuple(weeks)


def wear_off(
    weeks: Sequence[Fraction | int | None],
    *,
    definition: WearOffDefinition | str,
    administered_on: DayInput,
    baseline: Fraction | int | None = None,
    noted_week: int | None = None,
) -> WearOff:
    """Return whether and when the effect wore off in a cycle.

    Args:
        weeks: Days a week, from the session on; None for a week that is not known.
        definition: What is called wearing off; none is a default.
        administered_on: The session.
        baseline: Days a week before the course, for ``half_of_benefit_lost``.
        noted_week: The week that a clinician wrote down, for ``clinicians_note``.

    >>> weeks = [5, 4, 3, 2, 2, 2, 2, 2, 3, 4, 5, 5]
    >>> wear_off(weeks, definition="nadir_rise", administered_on="2026-01-05").week
    9
    >>> wear_off(weeks, definition="half_of_benefit_lost", administered_on="2026-01-05",
    ...          baseline=Fraction("5.5")).week
    10
    """
    start = as_day(administered_on, "administered_on")
    wanted = WearOffDefinition(definition)
    known = [None if week is None else Fraction(week) for week in weeks]
    figures = outcome_tables()["wear_off"]
    found: int | None = noted_week
    is_known = noted_week is not None
    if wanted is not WearOffDefinition.CLINICIANS_NOTE:
        is_known = any(week is not None for week in known)
        found = _week_of(wanted, known, None if baseline is None else Fraction(baseline))
        if wanted is WearOffDefinition.HALF_OF_BENEFIT_LOST and baseline is None:
            is_known = False
    return WearOff(
        definition=wanted,
        week=found,
        on=None if found is None else start + timedelta(days=_WEEK * (found - 1)),
        is_known=is_known,
        weeks=tuple(known),
        source=cited(figures["source"]),
    )


def _week_of(
    definition: WearOffDefinition, weeks: Sequence[Fraction | None], baseline: Fraction | None
) -> int | None:
    known = [(number, week) for number, week in enumerate(weeks, start=1) if week is not None]
    if not known:
        return None
    if definition is WearOffDefinition.ANY_LATE_RISE:
        return _late_rise(weeks)
    nadir_week, nadir = min(known, key=lambda item: item[1])
    later = {number: week for number, week in known if number > nadir_week}
    figures = outcome_tables()["wear_off"]
    if definition is WearOffDefinition.NADIR_RISE:
        level, length = nadir + int(figures["nadir_rise"]), int(figures["nadir_weeks"])
    elif baseline is None or baseline <= nadir:
        return None
    else:
        level, length = nadir + (baseline - nadir) * Fraction(figures["benefit_lost"]), 1
    return next(
        (
            number
            for number in later
            if all(later.get(number + n, nadir) >= level for n in range(length))
        ),
        None,
    )


def _late_rise(weeks: Sequence[Fraction | None]) -> int | None:
    """The first of the last weeks that has more days than the one before."""
    late = int(outcome_tables()["wear_off"]["last_weeks"])
    for number in range(max(1, len(weeks) - late), len(weeks)):
        week, before = weeks[number], weeks[number - 1]
        if week is not None and before is not None and week > before:
            return number + 1
    return None


def wear_off_across_cycles(
    diary: HeadacheDiary,
    sessions: Sequence[date],
    *,
    definition: WearOffDefinition | str,
    as_of: DayInput,
    baseline: Fraction | int | None = None,
) -> tuple[WearOff, ...]:
    """Return whether and when the effect wore off in each cycle that *sessions* opened.

    The last cycle runs to *as_of*, that day included.

    >>> from datetime import date
    >>> found = wear_off_across_cycles(HeadacheDiary(), [date(2026, 1, 5), date(2026, 3, 30)],
    ...                                definition="nadir_rise", as_of="2026-05-01")
    >>> [(wear.week, wear.is_known, len(wear.weeks)) for wear in found]
    [(None, False, 12), (None, False, 4)]
    """
    day = as_day(as_of, "as_of")
    starts = sorted(start for start in sessions if start <= day)
    lasts = [*(start - timedelta(days=1) for start in starts[1:]), day]
    return tuple(
        wear_off(
            weekly_days(diary, start, last),
            definition=definition,
            administered_on=start,
            baseline=baseline,
        )
        for start, last in zip(starts, lasts, strict=False)
    )
