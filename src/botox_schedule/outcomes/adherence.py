"""Was the patient treated on time, and how long did treatment go on."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from botox_schedule import (
    CycleTiming,
    Interval,
    PatientRecord,
    SchedulingPolicy,
    ShortMonth,
    TreatmentProtocol,
    Window,
    treatment_cycles,
)
from botox_schedule.dates import Day
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.engine import TreatmentCycle
from botox_schedule.outcomes.fractions import Exact
from botox_schedule.values import Value

_ONE_DAY = timedelta(days=1)


class Adherence(Value, frozen=True):
    """How regularly a track was treated. Held cycles are left out.

    Attributes:
        as_of: The day up to which it was looked at.
        effect: How long one session's effect is expected to last.
        permissible_gap_days: Days without expected effect that do not end an episode; None
            where no gap was stated, and so no episode was looked for.
        carries_over: Whether days of effect left over at an early session are added to the next.
        cycles: How many cycles there are, held ones included.
        held_cycles: How many are held, and so left out.
        intervals: Days between sessions, cycle by cycle, held ones left out.
        on_time: How many of the judged intervals were on time or within the tolerance.
        early: How many were early.
        late: How many were late.
        on_time_share: The share on time; None without a judged interval.
        gap_days: Days without expected effect, interval by interval.
        covered_between: The proportion of days from the first to the last session covered by
            expected effect: CMA5 of Vollmer 2012 as AdhereR implements it where days carry over,
            the same without carry-over otherwise. None without a closed interval.
        covered_to_end: The same up to *as_of*, that day left out: CMA6. None without a session.
        interval_ratio: Expected days over observed days between the first and the last session,
            which can exceed 1: CMA1. None without a closed interval.
        episodes: Runs of treatment without a longer gap, to the end of their last effect.
        persistent_days: Days of the first episode.
        is_censored: Whether the first episode was still going on at *as_of*.
    """

    as_of: Day
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
    is_censored: bool | None


class _Span(NamedTuple):
    """A session, the day the next one came (None for the open last one), its effect in days."""

    start: date
    following: date | None
    effect_days: int
    held: bool


def adherence(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    as_of: DayInput,
    permissible_gap_days: int | None = None,
    effect: Interval | None = None,
    carries_over: bool = False,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
) -> Adherence:
    """Return how regularly a track was treated up to a day.

    Args:
        record: The sessions.
        protocol: The track, and what on time is.
        as_of: The day up to which it is looked at.
        permissible_gap_days: Days without expected effect that do not end an episode. Every
            study chooses its own: without one, no episode is looked for.
        effect: How long one session's effect lasts; None means until the end of the protocol's
            wear-off, else its minimum interval.
        carries_over: Off by default, because an early session banks nothing.
        policy: What the clinic or payer chose.
        other_protocols: As for a forecast.

    >>> from botox_schedule import find_protocol
    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([84, 105], starts_on=date(2026, 1, 5))
    >>> found = adherence(record, find_protocol("chronic-migraine"), as_of="2026-08-01",
    ...                   permissible_gap_days=30)
    >>> found.intervals, str(found.on_time_share), found.gap_days, str(found.covered_between)
    ((84, 105), '1/2', (0, 21), '8/9')
    """
    day = as_day(as_of, "as_of")
    if permissible_gap_days is not None and permissible_gap_days < 0:
        raise ValueError("permissible_gap_days cannot be negative")
    cycles = treatment_cycles(
        record, protocol, as_of=day, policy=policy, other_protocols=other_protocols
    )
    short_month = ShortMonth.LAST_DAY if policy is None else policy.short_month
    lasting = effect or _expected(protocol)
    spans = _spans(cycles, lasting, short_month)
    closed = [span for span in spans if span.following is not None and not span.held]
    judged = [c for c in cycles[1:] if not c.held and c.timing is not None]
    early = sum(c.timing is CycleTiming.EARLY for c in judged)
    late = sum(c.timing is CycleTiming.LATE for c in judged)
    covered = _covered(spans, day, carries_over=carries_over)
    gap = permissible_gap_days
    episodes = [] if lasting is None or gap is None else _episodes(spans, gap)
    days = sum(_length(span) for span in closed)
    return Adherence(
        as_of=day,
        effect=lasting,
        permissible_gap_days=permissible_gap_days,
        carries_over=carries_over,
        cycles=len(cycles),
        held_cycles=sum(c.held for c in cycles),
        intervals=tuple(_length(span) for span in closed),
        on_time=len(judged) - early - late,
        early=early,
        late=late,
        on_time_share=Fraction(len(judged) - early - late, len(judged)) if judged else None,
        gap_days=tuple(max(0, _length(s) - s.effect_days) for s in closed) if lasting else (),
        covered_between=Fraction(covered.between, days) if days and lasting else None,
        covered_to_end=_to_end(spans, covered, days, day) if lasting else None,
        interval_ratio=Fraction(sum(s.effect_days for s in closed), days)
        if days and lasting
        else None,
        episodes=tuple(episodes),
        persistent_days=episodes[0].days if episodes else None,
        is_censored=_is_censored(episodes, day, gap or 0),
    )


def _expected(protocol: TreatmentProtocol) -> Interval | None:
    wear_off = protocol.response.wear_off
    return protocol.retreatment.minimum if wear_off is None else wear_off.last


def _spans(
    cycles: Sequence[TreatmentCycle], effect: Interval | None, short_month: ShortMonth
) -> list[_Span]:
    """One span a cycle, from anchor to anchor; the next cycle says whether it was held."""
    spans = []
    for index, cycle in enumerate(cycles):
        following = cycles[index + 1] if index + 1 < len(cycles) else None
        start = cycle.anchored_on
        lasts = 0 if effect is None else (effect.after(start, short_month=short_month) - start).days
        end = None if following is None else following.anchored_on
        spans.append(_Span(start, end, lasts, following is not None and following.held))
    return spans


def _length(span: _Span) -> int:
    return (span.following - span.start).days if span.following is not None else 0


class _Covered(NamedTuple):
    between: int
    after: int


def _covered(spans: Sequence[_Span], day: date, *, carries_over: bool) -> _Covered:
    """Covered days between the sessions, and after the last one up to *day*, *day* left out."""
    between, after, carried = 0, 0, 0
    for span in spans:
        supply = span.effect_days + carried
        if span.following is None:
            after = min(supply, (day - span.start).days)
        elif span.held:
            carried = 0
            continue
        else:
            between += min(supply, _length(span))
        carried = max(0, supply - _length(span)) if carries_over else 0
    return _Covered(between, after)


def _to_end(spans: Sequence[_Span], covered: _Covered, days: int, day: date) -> Fraction | None:
    total = days + ((day - spans[-1].start).days if spans else 0)
    return Fraction(covered.between + covered.after, total) if total else None


def _episodes(spans: Sequence[_Span], permissible_gap_days: int) -> list[Window]:
    """Runs of sessions; a held interval ends no episode."""
    episodes: list[Window] = []
    first: date | None = None
    for span in spans:
        first = first or span.start
        ends_after = span.start + timedelta(days=span.effect_days)
        gap = None if span.following is None else (span.following - ends_after).days
        if gap is None or (gap > permissible_gap_days and not span.held):
            last = max(span.start, ends_after - _ONE_DAY)
            episodes.append(Window(first=first, last=last))
            first = None
    return episodes


def _is_censored(episodes: Sequence[Window], day: date, permissible_gap_days: int) -> bool | None:
    """Only the last episode can be going on: nobody knows yet whether it ended."""
    if not episodes:
        return None
    ends = episodes[0].last + timedelta(days=permissible_gap_days + 1)
    return len(episodes) == 1 and day <= ends
