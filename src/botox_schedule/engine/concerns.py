"""What a forecast asks a person to look at."""

from collections.abc import Iterable
from datetime import date

from botox_schedule.dates.ages import age_on
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.limits import LimitCheck, limit_findings
from botox_schedule.engine.track import SILENT, Situation
from botox_schedule.engine.windows import TrackDates
from botox_schedule.records.findings import Finding, about
from botox_schedule.records.model import Hold
from botox_schedule.terms import DueStatus, FindingCode, Population

__all__ = ["track_findings"]

_REVIEW_AFTER_MONTHS = 12


def track_findings(
    situation: Situation,
    found: TrackDates | None,
    status: DueStatus,
    checks: Iterable[LimitCheck],
) -> tuple[Finding, ...]:
    """Return the findings of a forecast, each once."""
    findings = [*situation.history.findings, *situation.findings]
    findings += situation.last_findings()
    findings += _later_sessions(situation)
    findings += _overlapping_tracks(situation)
    findings += _holds_to_review(situation)
    if status not in SILENT:
        findings += _age(situation)
        findings += _rules(situation, found)
    if status is not DueStatus.DECEASED:
        findings += _bookings(situation)
    findings += limit_findings(checks, situation.known)
    return tuple(dict.fromkeys(findings))


def _later_sessions(situation: Situation) -> Iterable[Finding]:
    if situation.track.later:
        message = "a completed session lies after the day of the question; it is left out"
        yield about(FindingCode.FUTURE_COMPLETED_SESSION, message, situation.track.later)


def _overlapping_tracks(situation: Situation) -> Iterable[Finding]:
    """Sessions that also belong to another track, whose own sessions do not belong here."""
    clock = situation.protocol.clock
    shared = {i for other in situation.shelf.other_clocks() for i in other & clock}
    both = [s for group in situation.track.groups for s in group.parts if s.indication in shared]
    if both:
        message = "a session belongs to the clocks of two tracks; it moves the dates of both"
        yield about(FindingCode.OVERLAPPING_TRACKS, message, both[-1:])


def _holds_to_review(situation: Situation) -> Iterable[Finding]:
    open_holds = [hold for hold in situation.holds.known if hold.last is None]
    if any(_review_day(hold) <= situation.as_of for hold in open_holds):
        message = "an open hold is due for review; until it ends nothing is dated"
        yield about(FindingCode.HOLD_NEEDS_REVIEW, message)


def _review_day(hold: Hold) -> date:
    return hold.review_on or Interval(months=_REVIEW_AFTER_MONTHS).after(hold.first)


def _age(situation: Situation) -> Iterable[Finding]:
    """An unknown age matters where it decides between people, not for every adult."""
    ages, born_on = situation.protocol.ages, situation.record.born_on
    if ages is None:
        return
    if born_on is None:
        if situation.protocol.population is Population.PEDIATRIC or ages.last is not None:
            message = "the protocol is for certain ages, and the patient's age is not known"
            yield about(FindingCode.AGE_UNKNOWN, message)
    elif age_on(born_on, situation.as_of) not in ages:
        message = "the patient is outside the ages that the protocol is for"
        yield about(FindingCode.AGE_OUTSIDE_PROTOCOL, message)


def _rules(situation: Situation, found: TrackDates | None) -> Iterable[Finding]:
    book, anchor = situation.book, situation.anchor
    if found is None or book is None or anchor is None:
        return
    rules = found.rules
    deciding = rules.deciding
    if found.earliest is not None and found.earliest not in rules.protocol.in_force:
        message = "no given version of the protocol is in force on that day; the given one judges"
        yield about(FindingCode.JUDGED_BY_ANOTHER_PROTOCOL, message)
    labels = [m for m in rules.replaced if m.rule in ("label", "previous product")]
    if deciding and deciding.rule == "override" and any(m.gives > deciding.gives for m in labels):
        message = "an override sets a minimum below the label's"
        yield about(FindingCode.OVERRIDE_BELOW_LABEL, message)
    if book.expired(found.earliest, anchor):
        message = "an override that would have given an earlier day has ended"
        yield about(FindingCode.EXPIRED_OVERRIDE, message)
    unverified = [m.protocol for m in rules.minimums if m.protocol is not None]
    names = {name for protocol in unverified for name in protocol.unverified_retreatment}
    if found.earliest is not None and names:
        message = f"the {' and the '.join(sorted(names))} of the protocol was not read in a source"
        yield about(FindingCode.UNVERIFIED_CONTENT, message)


def _bookings(situation: Situation) -> Iterable[Finding]:
    """Bookings after the last session; those before it are settled."""
    anchor = situation.anchor
    open_bookings = [
        s for s in situation.track.booked if anchor is None or s.administered_on > anchor
    ]
    passed = [s for s in open_bookings if s.administered_on < situation.as_of]
    if passed:
        message = "a booked session's day has passed, and what became of it is not recorded"
        yield about(FindingCode.BOOKING_UNRESOLVED, message, passed)
    ahead = [s for s in open_bookings if s.administered_on >= situation.as_of]
    held = [s for s in ahead if situation.holds.covers(s.administered_on)]
    if held:
        message = "a booked session lies in a hold"
        yield about(FindingCode.BOOKING_IN_HOLD, message, held)
    book = situation.book
    if book is None or situation.silence not in (None, DueStatus.ON_HOLD):
        return
    early = []
    for session in ahead:
        deciding = book.on(session.administered_on).deciding
        if deciding is not None and session.administered_on < deciding.gives:
            early.append(session)
    if early:
        message = "a booked session lies before the day that the rules allow"
        yield about(FindingCode.BOOKING_TOO_EARLY, message, early)
