"""What sessions and decisions under an unknown indication leave open on every clock."""

from collections.abc import Iterator
from datetime import date

from botox_schedule.dates.days import is_within, open_end
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.reading import Reading, concerns
from botox_schedule.engine.rules import NO_DOUBTS, Doubts, StatedMinimum, longest_minimums
from botox_schedule.records.history import CycleSessions
from botox_schedule.terms import SessionKind


def doubts_after(reading: Reading, last: CycleSessions) -> Doubts:
    """Return what entries under an unknown indication leave open after the last cycle."""
    decisions, record = reading.decisions, reading.record
    named = decisions.overrides or decisions.authorizations or reading.policy.payer
    if not (named or record.prior_treatments or reading.history.unrecognized):
        return NO_DOUBTS  # Nothing else can name an indication that is unknown.
    days, always = _doubtful_days(reading)
    since = tuple(_counts_from(day, last, reading.policy.group_within_days) for day in days)
    longest = longest_minimums(reading.known) if since else ()
    return Doubts(tuple(_doubtful_minimums(reading)), since, always, longest)


def _doubtful_days(reading: Reading) -> tuple[list[date], bool]:
    """Return the days of sessions, here or elsewhere, under an unknown indication.

    The last day of a course elsewhere counts even where it lies ahead: it is a latest day. Whether
    a course has no last day in the calendar comes second.
    """
    given = (prior for prior in reading.record.prior_treatments if prior.was_given)
    ends = [open_end(p.last_on) for p in given if not reading.recognizes(p.indication)]
    here = (session.administered_on for session in reading.history.unrecognized)
    return sorted([*here, *filter(None, ends)]), None in ends


def doubt_ends_on(reading: Reading, clock: frozenset[str], day: date) -> date:
    """Return the first day that no session under an unknown indication leaves open.

    Nothing else is known of such a session, so any known minimum may count from it, and any that
    a decision in force on *day* states.
    """
    days, always = _doubtful_days(reading)
    doubts = Doubts((), tuple(days), always, longest_minimums(reading.known))
    stated = _stated_minimums(reading, clock, day)
    return doubts.end_on(stated, reading.policy) or date.min


def _stated_minimums(reading: Reading, clock: frozenset[str], day: date) -> Iterator[Interval]:
    """Yield the minimums of payer's rules, and those of decisions about the clock on a day."""
    policy = reading.policy
    yield from filter(None, (policy.payer_minimum, *(rule.minimum for rule in policy.payer)))
    for indication, stated in _decided_minimums(reading):
        in_force = is_within(stated.first, day, stated.last)
        if in_force and concerns(reading, indication, clock):
            yield stated.interval


def _decided_minimums(reading: Reading) -> Iterator[tuple[str, StatedMinimum]]:
    """Yield the indication and the minimum of each override and authorization that states one."""
    for override in reading.decisions.overrides:
        if override.minimum:
            days = override.first, override.last
            yield override.indication, StatedMinimum(*days, override.minimum)
    for approved in reading.decisions.authorizations:
        if approved.minimum_interval:
            days = approved.valid.first, approved.valid.last
            yield approved.indication, StatedMinimum(*days, approved.minimum_interval)


def _counts_from(day: date, last: CycleSessions, within_days: int) -> date:
    """The day from which a session under an unknown indication counts.

    Such a session may have been the last of the track, and touch-ups after it may belong to it:
    it counts from the last injection where no full session came clearly after it.
    """
    # A touch-up that only counts as a full session says nothing about what came before it.
    is_full = last.full_sessions[-1].kind is SessionKind.FULL
    is_before = is_full and (last.anchored_on - day).days > within_days
    return day if is_before else max(day, last.last_injected_on)


def _doubtful_minimums(reading: Reading) -> Iterator[StatedMinimum]:
    """Yield the minimums of decisions and payer's rules under an unknown indication."""
    for indication, stated in _decided_minimums(reading):
        if not reading.recognizes(indication):
            yield stated
    for override in reading.decisions.overrides:
        # A usual range can open days where nothing states a minimum: its first day counts too.
        if override.usual and not reading.recognizes(override.indication):
            yield StatedMinimum(override.first, override.last, override.usual.first)
    unknown = reading.policy.unknown_names(reading.known.indications)
    for rule in reading.policy.payer:
        if rule.minimum and rule.indication in unknown:
            yield StatedMinimum(rule.first, rule.last, rule.minimum)
