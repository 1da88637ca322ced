"""What the rules say about one day of a track; each day is judged separately."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from botox_schedule.engine.dates import first_allowed
from botox_schedule.engine.doubts import doubt_ends_on
from botox_schedule.engine.rules import RulesOn
from botox_schedule.engine.track import AnyTrack, Track, planned_otherwise, refusals
from botox_schedule.records.model import TreatmentSession
from botox_schedule.terms import DayReasonCode


class DayVerdict(NamedTuple):
    """What the rules say about one day, without the words.

    Attributes:
        allowed: Whether they allow it; None where a person must decide.
        codes: Why.
        rules: What is in force on the day; None without history.
    """

    allowed: bool | None
    codes: tuple[DayReasonCode, ...]
    rules: RulesOn | None


def judge_day(track: Track, day: date) -> DayVerdict:
    """Return what the rules in force on *day* say about it."""
    in_force = None if track.rules is None else track.rules.on(day)
    forbids = tuple(refusals(track, day))
    if forbids:
        return DayVerdict(allowed=False, codes=forbids, rules=in_force)
    doubts = tuple(_doubts(track, day, in_force))
    if doubts:
        return DayVerdict(allowed=None, codes=doubts, rules=in_force)
    return DayVerdict(allowed=True, codes=(DayReasonCode.ALLOWED,), rules=in_force)


def booking_verdict(track: AnyTrack, day: date) -> bool | None:
    """Return whether a day is allowed, by the rules of everything that is booked for it too."""
    if not isinstance(track, Track):
        return None
    booked = [session for session in track.booked_visits if session.administered_on == day]
    others = [other for session in booked for other in planned_otherwise(track, session)]
    verdicts = {judge_day(each, day).allowed for each in (track, *others)}
    return False if False in verdicts else None if None in verdicts else True


def _doubts(track: Track, day: date, in_force: RulesOn | None) -> Iterable[DayReasonCode]:
    """Why a day that nothing forbids is not simply allowed."""
    if in_force is None or track.rules is None:
        yield DayReasonCode.NO_HISTORY
        if day < doubt_ends_on(track.reading, track.clock, day):
            yield DayReasonCode.UNRECOGNIZED_SESSION
        return
    if track.rules.is_part_of_last_session(day):
        yield DayReasonCode.SAME_SESSION
    if in_force.doubtful_until is not None and day < in_force.doubtful_until:
        yield DayReasonCode.UNRECOGNIZED_SESSION
    if in_force.advising is not None and day < in_force.advising.gives:
        yield DayReasonCode.ADVISORY
    if in_force.opens_on is None or (not in_force.states_own and day < in_force.opens_on):
        yield DayReasonCode.NO_INTERVAL


def next_allowed(track: Track, day: date) -> date | None:
    """Return the first allowed day on or after *day*; None where none is known."""
    if track.care.status is not None or track.rules is None:
        return None
    return first_allowed(track.rules, track.holds, day)


def day_in_question(track: AnyTrack, booked: TreatmentSession | None) -> date:
    """The booking's day, else the due day, else the earliest, never before the question's."""
    if booked is not None:
        return booked.administered_on
    dates = track.dates
    next_on = None if dates is None else dates.due or dates.earliest
    return max(track.as_of, next_on or track.as_of)
