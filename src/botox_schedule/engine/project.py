"""The next sessions of a track, if every one comes on its target."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from botox_schedule.dates.days import shifted
from botox_schedule.dates.intervals import IntervalRange, Window
from botox_schedule.engine.dates import (
    ProjectedSession,
    TrackDates,
    first_allowed,
    track_dates,
    unbroken,
)
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.reading import session_on
from botox_schedule.engine.rules import IntervalRules, interval_rules
from botox_schedule.engine.track import Track, booking_verdict, opens_next, rule_facts, visits_ahead
from botox_schedule.records.history import CycleSessions


class _Step(NamedTuple):
    """The rules after a session, and what they give."""

    rules: IntervalRules
    dates: TrackDates

    @property
    def usual(self) -> IntervalRange | None:
        usual = self.dates.rules.usual
        return None if usual is None else usual.interval


def projected_sessions(
    track: Track, count: int, booked_on: date | None = None
) -> tuple[ProjectedSession, ...]:
    """Return the next *count* sessions; fewer if a discharge or an open hold comes first.

    The first target is the next booking if it may be kept, else the first allowed day on or
    after the later of the due day and the day of the question. Further targets are multiples of
    the usual range's first bound, counted from the last session or the last target that something
    moved; each is moved to an allowed day by the rules in force then. Who shows a later booking as
    the next visit gives its day as *booked_on*: it is the first target then.
    """
    if track.rules is None or track.dates is None:
        return ()
    steps = _steps(track, _Step(track.rules, track.dates), booked_on)
    return tuple(
        ProjectedSession(number=number, target=target, window=_window(track.holds, step, target))
        for number, (target, step) in zip(range(1, count + 1), steps, strict=False)
    )


def _steps(track: Track, step: _Step, booked_on: date | None) -> Iterator[tuple[date, _Step]]:
    target = _first_target(track, step)
    if target is not None and booked_on is not None:
        target = max(target, booked_on)
    if target is None or step.usual is None:
        return
    unmoved = None if step.dates.window is None else step.dates.window.first
    moved = step.dates.due != target or step.dates.due != unmoved
    base, times = (target, 0) if moved else (step.rules.facts.anchor, 1)
    usual = step.usual
    while target is not None:
        yield target, step
        rules = rules_after(track, target)
        step = _Step(rules, track_dates(rules, track.holds, target))
        if step.usual is None:
            return
        if step.usual != usual:
            base, times, usual = target, 0, step.usual
        times += 1
        planned = usual.first.times(times).added_to(base, track.policy.short_month)
        target = _next_target(track, step, planned)
        if target is not None and target != planned:
            base, times = target, 0


def _first_target(track: Track, step: _Step) -> date | None:
    booked_on = kept_booking_on(track)
    if booked_on is not None or step.dates.due is None:
        return booked_on
    return first_allowed(step.rules, track.holds, max(step.dates.due, track.as_of))


def kept_booking_on(track: Track) -> date | None:
    """Return the day of the next booking of a new session, if it may be kept: not forbidden."""
    ahead = (s.administered_on for s in visits_ahead(track) if opens_next(track, s))
    booked_on = next(ahead, None)
    if booked_on is None or booking_verdict(track, booked_on) is False:
        return None
    return booked_on


def rules_after(track: Track, target: date) -> IntervalRules:
    """Return the rules after a session on *target* with the planned treatment."""
    planned = track.protocol
    cycle = CycleSessions([session_on(target, planned)], [])
    return interval_rules(rule_facts(track.reading, planned, track.clock, cycle, track.care))


def _next_target(track: Track, step: _Step, planned: date) -> date | None:
    """The first allowed day on or after *planned*, or the due day where that would be overdue."""
    due, overdue_from = step.dates.due, step.dates.overdue_from

    def is_overdue(day: date) -> bool:
        return overdue_from is not None and day >= overdue_from

    if due is None or is_overdue(planned):
        return due
    target = first_allowed(step.rules, track.holds, max(planned, due))
    return due if target is not None and is_overdue(target) else target


def _window(holds: HoldCalendar, step: _Step, target: date) -> Window:
    """The days from the first allowed one to the last of the usual range, as far as they fit."""
    dates = step.dates
    first, last = min(dates.earliest or target, target), target
    if dates.window is not None and dates.due is not None:
        usual_days = (dates.window.last - dates.window.first).days
        last = max(shifted(dates.due, usual_days), target)
    return unbroken(step.rules, holds, first, last, target)
