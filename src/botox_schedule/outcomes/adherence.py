"""Whether a patient was treated on time, and for how long."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.dates.intervals import Interval, Window, positive_interval
from botox_schedule.engine.adherence import (
    Course,
    EpisodeEnd,
    course_cycles,
    course_of,
    expected_effect,
    follow_up_of,
)
from botox_schedule.engine.cycles import TreatmentCycle, judged_cycles
from botox_schedule.outcomes.figures import Exact, whole
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.terms import CycleTiming
from botox_schedule.values import Value, of_kind


class Adherence(Value, frozen=True):
    """How regularly a track was treated; held cycles are excluded.

    Attributes:
        as_of: The day of the question.
        followed_until: The last day of follow-up: the death, a discharge that was not reopened,
            or *as_of*; None in answers stored by 0.1.0.
        effect: How long the effect of one session is expected to last; None where unknown.
        permissible_gap_days: The longest gap, in days without expected effect, that does not end
            an episode; None where no gap was given, so there are no episodes.
        carries_over: Whether days of effect left over at an early session are added to the next.
        cycles: The number of cycles, held ones included.
        held_cycles: The number of held cycles, which are excluded.
        intervals: Days between sessions, cycle by cycle, held cycles excluded.
        on_time: The number of judged intervals that were on time or within the tolerance.
        early: The number of early intervals.
        late: The number of late intervals.
        on_time_share: The share on time; None without a judged interval.
        gap_days: Days without expected effect, for each interval.
        covered_between: The share of days from the first to the last session with expected
            effect. With carry-over it is CMA5 of Vollmer 2012 as AdhereR implements it; otherwise
            the same without carry-over. None without a closed interval or an effect.
        covered_to_end: The same up to *followed_until*, that day excluded: CMA6. Days on hold
            after the last session are excluded. None without a session or an effect.
        interval_ratio: Expected days divided by observed days between the first and the last
            session: CMA1. It can exceed 1. None without a closed interval or an effect.
        episodes: Runs of treatment without a longer gap. An episode ends with its last day of
            effect, or with follow-up.
        persistent_days: Days of the first episode, both ends included; None without one.
        ended_by: How the first episode ended; None without one.
        is_censored: Whether the first episode was still going on at the end of follow-up or at
            the death; None without one.
    """

    as_of: Day
    followed_until: Day | None = None
    effect: Interval | None
    permissible_gap_days: int | None
    carries_over: bool
    cycles: int
    held_cycles: int
    intervals: tuple[int, ...]
    on_time: int
    early: int
    late: int
    on_time_share: Exact | None
    gap_days: tuple[int, ...]
    covered_between: Exact | None
    covered_to_end: Exact | None
    interval_ratio: Exact | None
    episodes: tuple[Window, ...]
    persistent_days: int | None
    ended_by: EpisodeEnd | None = None
    is_censored: bool | None


def adherence(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    permissible_gap_days: int | None = None,
    effect: Interval | str | None = None,
    carries_over: bool = False,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
) -> Adherence:
    """Return how regularly a track was treated up to a day.

    Follow-up ends at the death and at a discharge that was not reopened, whatever *as_of* is.

    Args:
        record: The patient's record.
        protocol: The track and its intervals: a protocol, or the name of an indication.
        as_of: The day of the question, included in an episode that goes on.
        permissible_gap_days: The longest gap, in days without expected effect, that does not end
            an episode; days on hold do not count. Every study chooses its own value. Without one
            there are no episodes.
        effect: How long the effect of one session lasts. None means until the end of the
            protocol's wear-off in a typical patient, or else its minimum interval.
        carries_over: Whether days of effect left over at an early session are added to the next.
            Off by default, because an early session does not extend the effect.
        policy: The policy of the clinic or payer; None means the default.
        other_protocols: Other protocols that the history may need, as for a forecast.

    Raises:
        CountError: When the gap is not a whole number, or is negative.
        DayError: When *as_of* is not a calendar day.
        IntervalError: When *effect* is not an interval, or is not above zero.
        UnknownProtocolError: When no known protocol has that name.

    >>> from datetime import date
    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([84, 105], starts_on=date(2026, 1, 5))
    >>> found = adherence(record, "chronic-migraine", as_of="2026-08-01", permissible_gap_days=30)
    >>> found.intervals, str(found.on_time_share), found.gap_days, str(found.covered_between)
    ((84, 105), '1/2', (0, 21), '8/9')
    """
    day, gap = as_day(as_of, "as_of"), permissible_gap_days
    if gap is not None:
        whole(gap, "permissible_gap_days")
    of_kind(carries_over, bool, "carries_over: give True or False")
    track = ask(record, protocol, day, policy=policy, other_protocols=other_protocols).track
    cycles, follow_up = judged_cycles(track), follow_up_of(track)
    given = None if effect is None else positive_interval(effect, "an effect")
    lasting = given or expected_effect(track.protocol)
    course = course_of(
        course_cycles(cycles, lasting, track.policy.short_month),
        track.holds,
        follow_up,
        permissible_gap_days=None if lasting is None else gap,
        carries_over=carries_over,
    )
    return Adherence(
        as_of=day,
        followed_until=follow_up.until,
        effect=lasting,
        permissible_gap_days=gap,
        carries_over=carries_over,
        cycles=len(cycles),
        held_cycles=sum(cycle.held for cycle in cycles),
        **_timing(cycles),
        **_coverage(course, has_effect=lasting is not None),
        **_episodes(course),
    )


def _timing(cycles: Sequence[TreatmentCycle]) -> dict[str, int | Fraction | None]:
    judged = [c.timing for c in cycles[1:] if not c.held and c.timing is not None]
    early, late = judged.count(CycleTiming.EARLY), judged.count(CycleTiming.LATE)
    on_time = len(judged) - early - late
    share = Fraction(on_time, len(judged)) if judged else None
    return {"on_time": on_time, "early": early, "late": late, "on_time_share": share}


def _coverage(course: Course, *, has_effect: bool) -> dict[str, tuple[int, ...] | Fraction | None]:
    counted = [i for i in course.intervals if not i.held]
    closed = [i for i in counted if not i.is_open]
    days, all_days = sum(i.days for i in closed), sum(i.days for i in counted)
    return {
        "intervals": tuple(i.days for i in closed),
        "gap_days": tuple(i.gap_days for i in closed) if has_effect else (),
        "covered_between": _share(sum(i.covered_days for i in closed), days, has_effect),
        "covered_to_end": _share(sum(i.covered_days for i in counted), all_days, has_effect),
        "interval_ratio": _share(sum(i.effect_days for i in closed), days, has_effect),
    }


def _episodes(course: Course) -> dict[str, Any]:
    windows = tuple(Window(first=e.first, last=e.last) for e in course.episodes)
    end = course.episodes[0].end if windows else None
    return {
        "episodes": windows,
        "persistent_days": windows[0].days if windows else None,
        "ended_by": end,
        "is_censored": None if end is None else not end.is_event,
    }


def _share(part: int, whole_of: int, has_effect: bool) -> Fraction | None:  # noqa: FBT001 - private
    return Fraction(part, whole_of) if whole_of and has_effect else None
