"""How a course of treatment went: which days the effect covered, and how long treatment went on.

The rule works on plain days, so that records and populations share it.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum, unique
from typing import NamedTuple

from botox_schedule.dates.days import near, shifted
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.cycles import TreatmentCycle
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.reading import concerns
from botox_schedule.engine.track import Track
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.terms import CareEndKind, ForWhom, ShortMonth


@unique
class EpisodeEnd(StrEnum):
    """What became of an episode of treatment."""

    GAP = "gap"
    """Too many days without expected effect."""
    DISCONTINUED = "discontinued"
    """The patient was discharged, and care was not reopened."""
    DECEASED = "deceased"
    """The patient died while treatment went on."""
    ONGOING = "ongoing"

    @property
    def is_event(self) -> bool:
        """Whether treatment ended; otherwise the episode is censored."""
        return self in {EpisodeEnd.GAP, EpisodeEnd.DISCONTINUED}


class CourseCycle(NamedTuple):
    """One cycle of a course.

    Attributes:
        first_on: The day of its first part.
        anchored_on: The day of its last part, from which the effect counts.
        effect_days: How many days its effect is expected to last.
        held: Whether a hold touched the days from the previous due day to the first part.
    """

    first_on: date
    anchored_on: date
    effect_days: int
    held: bool = False


class FollowUp(NamedTuple):
    """The last day of follow-up.

    Attributes:
        until: That day.
        ended_by: The death or discharge that ended it, or None where it is *as_of*.
    """

    until: date
    ended_by: CareEndKind | None = None


class CourseInterval(NamedTuple):
    """The days from one cycle to the next.

    Attributes:
        days: From the anchor to the first part of the next cycle; in the open last interval to
            the end of follow-up, days on hold left out.
        effect_days: How many days the effect of its session is expected to last.
        covered_days: Days with expected effect.
        gap_days: Days without.
        held: Whether a hold touched the days before the next cycle.
        is_open: Whether no later cycle has begun.
    """

    days: int
    effect_days: int
    covered_days: int
    gap_days: int
    held: bool = False
    is_open: bool = False


class Episode(NamedTuple):
    """A run of cycles without a gap longer than permitted; both days belong to it."""

    first: date
    last: date
    end: EpisodeEnd


class Course(NamedTuple):
    """The intervals and the episodes of a course, in order."""

    intervals: tuple[CourseInterval, ...]
    episodes: tuple[Episode, ...]


def course_of(
    cycles: Sequence[CourseCycle],
    holds: HoldCalendar,
    follow_up: FollowUp,
    *,
    permissible_gap_days: int | None,
    carries_over: bool = False,
) -> Course:
    """Return how a course went.

    An episode ends by a gap when more than *permissible_gap_days* days that are not on hold lie
    between the end of the expected effect and the next cycle, or the end of follow-up; its last
    day is then the last day of effect. Otherwise it ends with follow-up. So an end once reached
    stays, whatever comes later.

    Args:
        cycles: The cycles, in order of their days.
        holds: The days on hold.
        follow_up: The last day of follow-up.
        permissible_gap_days: The longest permitted gap; None looks for no episodes.
        carries_over: Whether effect left over at a session is added to that of the session. A
            held interval carries nothing over.
    """
    ends = _effect_ends(cycles, carries_over=carries_over)
    following = [*cycles[1:], None]
    intervals = tuple(
        _interval(cycle, after, end, holds, follow_up.until)
        for cycle, after, end in zip(cycles, following, ends, strict=False)
    )
    if permissible_gap_days is None:
        return Course(intervals, ())
    return Course(intervals, tuple(_episodes(cycles, ends, holds, follow_up, permissible_gap_days)))


def _effect_ends(cycles: Iterable[CourseCycle], *, carries_over: bool) -> list[date]:
    """The first day without expected effect after each cycle."""
    ends: list[date] = []
    for cycle in cycles:
        carries = bool(ends) and carries_over and not cycle.held
        left = max(0, (ends[-1] - cycle.anchored_on).days) if carries else 0
        ends.append(shifted(cycle.anchored_on, cycle.effect_days + left))
    return ends


def _interval(
    cycle: CourseCycle, following: CourseCycle | None, end: date, holds: HoldCalendar, until: date
) -> CourseInterval:
    start = cycle.anchored_on
    if following is None:
        days = _free_days(holds, start, until)
        covered = _free_days(holds, start, min(end, until))
        return CourseInterval(days, cycle.effect_days, covered, days - covered, is_open=True)
    days = (following.first_on - start).days
    covered = min(days, (end - start).days)
    held = following.held
    return CourseInterval(days, cycle.effect_days, covered, days - covered, held=held)


def _free_days(holds: HoldCalendar, first: date, before: date) -> int:
    """How many days from *first* until, and not on, *before* are not on hold."""
    return holds.free_days(near(first, -1), shifted(before, -1)) if first < before else 0


def _episodes(
    cycles: Sequence[CourseCycle],
    ends: Sequence[date],
    holds: HoldCalendar,
    follow_up: FollowUp,
    permissible_gap_days: int,
) -> Iterable[Episode]:
    first: date | None = None
    reaches = [*(cycle.first_on for cycle in cycles[1:]), follow_up.until]
    for cycle, end, reach in zip(cycles, ends, reaches, strict=False):
        first = first or cycle.first_on
        if _free_days(holds, end, reach) > permissible_gap_days:
            yield Episode(first, max(cycle.anchored_on, shifted(end, -1)), EpisodeEnd.GAP)
            first = None
    if first is not None:
        # The ends of an episode include the kinds of care end, under the same words.
        ended_by = EpisodeEnd(follow_up.ended_by or EpisodeEnd.ONGOING)
        yield Episode(first, follow_up.until, ended_by)


def follow_up_of(track: Track) -> FollowUp:
    """Return the end of follow-up: the death, a discharge that was not reopened, or ``as_of``.

    A death or discharge after ``as_of`` does not end follow-up. A session, touch-ups included,
    after a discharge reopens care. A patient whose day of death is unknown was last seen alive at
    the last session.
    """
    reading, decisions = track.reading, track.reading.decisions
    last_on = track.cycles[-1].last_injected_on if track.cycles else None
    own = [end for end in decisions.discharges if concerns(reading, end.indication, track.clock)]
    days = [end.on for end in own if end.on is not None and end.on >= (last_on or date.min)]
    ends = [FollowUp(day, CareEndKind.DISCONTINUED) for day in days]
    died_on = decisions.died_on or (last_on if decisions.deaths else None)
    if died_on is not None:
        ends.append(FollowUp(died_on, CareEndKind.DECEASED))
    past = [end for end in ends if end.until <= track.as_of]
    # On one day a discharge precedes the death, because it was decided while the patient lived.
    past.sort(key=lambda end: (end.until, end.ended_by is CareEndKind.DECEASED))
    return past[0] if past else FollowUp(track.as_of)


def course_cycles(
    cycles: Iterable[TreatmentCycle], effect: Interval | None, short_month: ShortMonth
) -> list[CourseCycle]:
    """Return judged cycles as those of a course."""
    judged = [(each.first_on, each.anchored_on, each.held) for each in cycles]
    return [
        CourseCycle(first, anchor, effect_days(anchor, effect, short_month), held)
        for first, anchor, held in judged
    ]


def effect_days(anchored_on: date, effect: Interval | None, short_month: ShortMonth) -> int:
    """Return how many days an effect that begins on *anchored_on* lasts; without one 0."""
    return 0 if effect is None else (effect.added_to(anchored_on, short_month) - anchored_on).days


def expected_effect(protocol: TreatmentProtocol) -> Interval | None:
    """Return how long the effect is expected to last: to the end of wear-off, else the minimum.

    A wear-off that only some patients notice is not expected of all.
    """
    response = protocol.response
    typical = response.wear_off_for_whom is ForWhom.TYPICAL
    if response.wear_off is not None and typical:
        return response.wear_off.last
    return protocol.retreatment.minimum
