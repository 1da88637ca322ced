"""The findings of a track: what a person should look at."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol, TypeVar

from botox_schedule.dates.days import age_on, is_within, shifted, stated_day
from botox_schedule.engine.reading import Reading
from botox_schedule.engine.rules import RulesOn, Treatment
from botox_schedule.engine.track import (
    UNRESOLVED_AFTER_DAYS,
    AnyTrack,
    Track,
    is_held_open,
    is_second_part,
    last_treatment,
    opens_cycle,
    planned_otherwise,
    refusals,
    visits_ahead,
)
from botox_schedule.protocols.indications import nearest_indications
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.model import Hold, TreatmentSession
from botox_schedule.terms import DayReasonCode, DueStatus, FindingCode, MinimumKind, Population


class _Named(Protocol):
    @property
    def indication(self) -> str | None: ...


_Row = TypeVar("_Row", bound=_Named)

_PAYERS = frozenset({MinimumKind.PAYER, MinimumKind.AUTHORIZATION})


def track_findings(
    track: AnyTrack, about_cycle: Iterable[Finding], on: date | None = None
) -> tuple[Finding, ...]:
    """Return the findings of a track, each once; those about limits come with the checks.

    A track without a known protocol has those that need no rule.

    Args:
        track: The track.
        about_cycle: The findings about the last cycle.
        on: The day in question; by default the track's.
    """
    found = [*record_findings(track.reading)]
    found += later_sessions(track.reading, track.clock)
    found += _prior_treatments(track)
    found += _care(track)
    found += _switches(track)
    found += about_cycle
    if track.care.status is None:
        found += _holds(track)
        if not is_held_open(track):
            found += _age(track, on or track.as_of)
            found += _rules(track, on or track.as_of)
    found += _unread(track)
    found += past_booking_findings(track)
    if track.history.booked:
        found += _forbidden_bookings(track, visits_ahead(track))
    return tuple(dict.fromkeys(found))


def record_findings(reading: Reading) -> Iterable[Finding]:
    """Yield the findings that every answer about a record has."""
    yield from reading.history.findings
    yield from reading.decisions.findings
    yield from _unrecognized(reading)
    if reading.decisions.died_on is not None and reading.decisions.died_on > reading.as_of:
        message = "a death is dated in the future; correct its day"
        yield make_finding(FindingCode.DEATH_IN_THE_FUTURE, message, reading.decisions.deaths)


def _unrecognized(reading: Reading) -> Iterable[Finding]:
    """Yield a finding for each unknown indication; it names the nearest known ones only."""
    history, decisions = reading.history, reading.decisions
    rows = _by_unknown_name(reading, (*history.unrecognized, *decisions.about_clocks))
    planned = (*history.booked, *history.missed, *history.undated_visits)
    visits_or_courses: tuple[_Named, ...] = (*planned, *reading.record.prior_treatments)
    besides = _by_unknown_name(reading, visits_or_courses)
    unknown = reading.policy.unknown_names(reading.known.indications)
    if not (rows or besides or unknown):
        return
    for name in sorted({*rows, *besides, *unknown}):
        near = nearest_indications(name, reading.known.indications)
        hint = f"the nearest known: {', '.join(near)}" if near else "no known name is near"
        message = f"an indication is unknown, so days that depend on it are left open; {hint}"
        code = FindingCode.UNRECOGNIZED_INDICATION
        # Rows tell findings apart; without any only the name does.
        figures = "" if name in rows or name in besides else name
        yield make_finding(code, message, rows.get(name, ()), besides.get(name, ()), figures)


def _by_unknown_name(reading: Reading, rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        if row.indication is not None and not reading.recognizes(row.indication):
            found.setdefault(row.indication, []).append(row)
    return found


def later_sessions(reading: Reading, clock: frozenset[str]) -> Iterable[Finding]:
    """Yield the finding about completed sessions of a clock, here or elsewhere, that lie ahead."""
    # Sessions of an unknown or declared indication belong to no track, so each track names them.
    others = reading.policy.other_indications
    later = [
        s
        for s in reading.history.later
        if s.indication in (*clock, *others) or not reading.known.recognizes(s.indication)
    ]
    ahead = [
        prior
        for prior in reading.record.prior_treatments
        if prior.indication in clock and prior.last_on and prior.last_on > reading.as_of
    ]
    if later or ahead:
        message = "a completed session is dated after the day of the question; it is left out"
        yield make_finding(FindingCode.FUTURE_COMPLETED_SESSION, message, later, ahead)


def _prior_treatments(track: AnyTrack) -> Iterable[Finding]:
    courses = [prior for prior in track.record.prior_treatments if prior.indication in track.clock]
    if track.prior.counted_once:
        message = "several accounts of one course elsewhere count once, the larger of them"
        yield make_finding(FindingCode.PRIOR_TREATMENTS_COUNTED_ONCE, message, (), courses)
    if track.last is None and track.prior.is_undated:
        message = "sessions were given elsewhere, and the day of the last one is unknown"
        yield make_finding(FindingCode.LAST_SESSION_ELSEWHERE_UNKNOWN, message, (), courses)


def _care(track: AnyTrack) -> Iterable[Finding]:
    if track.care.resumed_by is not None:
        message = "a completed session is dated after a discharge; it reopens care"
        yield make_finding(FindingCode.CARE_RESUMED, message, [track.care.resumed_by])


def _switches(track: AnyTrack) -> Iterable[Finding]:
    if track.last is None or not isinstance(track, Track):
        return
    planned = track.protocol.product
    switched = [s for s in track.last.sessions if s.product not in {None, planned}]
    if switched:
        message = "the planned product is not the one given last; the stricter minimum counts"
        yield make_finding(FindingCode.PRODUCT_SWITCH, message, switched)
    if track.rules is not None and track.rules.facts.labels.substituted:
        message = "what was given last has no known protocol; the strictest other one judges"
        code = FindingCode.JUDGED_BY_ANOTHER_PROTOCOL
        yield make_finding(code, message, track.last.full_sessions)


def _holds(track: AnyTrack) -> Iterable[Finding]:
    if not track.holds.known:
        return
    due_for_review = [h for h in _running(track) if review_day(track, h) <= track.as_of]
    if due_for_review:
        message = "a hold is due for review"
        yield make_finding(FindingCode.HOLD_NEEDS_REVIEW, message, due_for_review)
    since = track.anchor or date.max
    ended = [h for h in track.holds.known if h.last is not None and since < h.last < track.as_of]
    if ended and not track.holds.covers(track.as_of):
        message = "a hold has ended since the last session; the patient can be booked again"
        yield make_finding(FindingCode.HOLD_ENDED, message, ended)


def next_look(track: AnyTrack) -> date | None:
    """Return the earliest day to review a hold that the track is on; None off hold."""
    if track.status is not DueStatus.ON_HOLD:
        return None
    return min((review_day(track, hold) for hold in _running(track)), default=None)


def _running(track: AnyTrack) -> list[Hold]:
    return [hold for hold in track.holds.known if is_within(hold.first, track.as_of, hold.last)]


def review_day(track: AnyTrack, hold: Hold) -> date:
    """Return the day to review a hold: its own, else the day after its end, else the policy's."""
    if stated := stated_day(hold.review_on):
        return stated
    if hold.last is not None:
        return shifted(hold.last, 1)
    policy = track.policy
    return policy.hold_review_after.added_to(hold.first, policy.short_month)


def _age(track: AnyTrack, on: date) -> Iterable[Finding]:
    """An unknown age matters only where ages decide, not for every adult."""
    if not isinstance(track, Track) or track.protocol.ages is None:
        return
    ages, born_on = track.protocol.ages, track.record.born_on
    if born_on is None:
        if track.protocol.population is Population.PEDIATRIC or ages.last is not None:
            message = "the protocol is for certain ages, and the patient's age is unknown"
            yield make_finding(FindingCode.AGE_UNKNOWN, message)
    elif age_on(born_on, on) not in ages:
        message = "the patient is outside the ages that the protocol is for"
        yield make_finding(FindingCode.AGE_OUTSIDE_PROTOCOL, message)


def _rules(track: AnyTrack, on: date) -> Iterable[Finding]:
    dates, rules = track.dates, track.rules
    if dates is None or rules is None:
        return
    in_force, day = dates.rules, max(on, dates.earliest or on)
    version = rules.on(day).protocol
    if version is None or day not in version.in_force:
        message = "no known version of the protocol is in force on that day; the last one judges"
        yield make_finding(FindingCode.JUDGED_BY_ANOTHER_PROTOCOL, message)
    yield from _overridden(in_force)
    if rules.expired(dates.earliest):
        message = (
            "an override that would have given an earlier day ends before the first allowed day"
        )
        yield make_finding(FindingCode.EXPIRED_OVERRIDE, message)


_FIGURES = {
    "usual": "usual range",
    "typical": "typical day",
    "wear_off": "wear-off",
    "full_benefit": "full benefit",
}


def _unread(track: AnyTrack) -> Iterable[Finding]:
    """Name the figures behind the dates and the phase that nobody read in a source."""
    names = () if track.dates is None else track.dates.unverified
    if (given := last_treatment(track)) is not None:
        names += given[1].unverified_response
    if names:
        figures = ", ".join(_FIGURES.get(name, name) for name in names)
        message = f"figures of the protocol were not read in any source: {figures}"
        yield make_finding(FindingCode.UNVERIFIED_CONTENT, message)


def _overridden(in_force: RulesOn) -> Iterable[Finding]:
    gives = [m.gives for m in in_force.minimums if m.kind is MinimumKind.OVERRIDE]
    if not gives:
        return
    labels = [m.gives for m in in_force.replaced if m.protocol is not None]
    if max(labels, default=date.min) > max(gives):
        message = "an override sets a minimum below the label's"
        yield make_finding(FindingCode.OVERRIDE_BELOW_LABEL, message)
    payers = [m.gives for m in in_force.minimums if m.kind in _PAYERS]
    # The clinician's comes first; a payer's next to it says what the payer accepts.
    clinician, *payer = gives
    if max(payers, default=date.min) > max(gives) or max(payer, default=date.min) > clinician:
        message = "an override sets a minimum below the payer's"
        yield make_finding(FindingCode.OVERRIDE_BELOW_PAYER, message)


_PAST_BOOKINGS = {
    FindingCode.BOOKING_UNRESOLVED: (
        "a booked day has passed, and what became of the booking is not recorded"
    ),
    FindingCode.NOT_REBOOKED: "a visit was cancelled or missed, and no later one is booked",
}


def past_booking_findings(track: AnyTrack) -> Iterable[Finding]:
    """Yield the findings about visits that were booked and did not take place, so far as is known."""
    for code, visits in past_bookings(track):
        yield make_finding(code, _PAST_BOOKINGS[code], visits)


def past_bookings(track: AnyTrack) -> Iterator[tuple[FindingCode, list[TreatmentSession]]]:
    """Yield the codes of those findings, each with its visits; a finding itself takes longer."""
    if not track.history.booked and not track.history.missed:
        return
    since = track.anchor or date.min
    own = [s for s in track.booked_visits if s.administered_on > since]
    settled = [s for s in own if (track.as_of - s.administered_on).days > UNRESOLVED_AFTER_DAYS]
    if settled and track.status is not DueStatus.DECEASED:
        yield FindingCode.BOOKING_UNRESOLVED, settled
    if missed := _missed(track, own):
        yield FindingCode.NOT_REBOOKED, [max(missed, key=lambda s: s.administered_on)]


def _forbidden_bookings(track: AnyTrack, ahead: Sequence[TreatmentSession]) -> Iterable[Finding]:
    others: dict[Treatment, list[Track]] = {}
    if isinstance(track, Track):
        treatments = {(s.indication, s.product): s for s in ahead}
        others = {each: planned_otherwise(track, s) for each, s in treatments.items()}

    def codes_of(session: TreatmentSession) -> Iterable[FindingCode]:
        day = session.administered_on
        yield from booking_codes(track, day)
        for other in others.get((session.indication, session.product), ()):
            yield from _TOO_EARLY.intersection(booking_codes(other, day))

    full = [s for s in ahead if opens_cycle(s)]
    touch_ups = [s for s in ahead if not opens_cycle(s)]
    found = [*zip(full, codes_in_series(map(codes_of, full)), strict=True)]
    found += [(s, codes_of_touch_up(codes_of(s))) for s in touch_ups]
    for code, message in _BOOKINGS.items():
        if told := [session for session, codes in found if code in codes]:
            yield make_finding(code, message, told)


_TOO_EARLY = frozenset({FindingCode.BOOKING_TOO_EARLY})
_OF_THIS_CYCLE = frozenset({FindingCode.BOOKING_AFTER_OVERDUE})
_REFUSED = {
    DayReasonCode.CARE_ENDED: FindingCode.BOOKING_AFTER_CARE_END,
    DayReasonCode.IN_HOLD: FindingCode.BOOKING_IN_HOLD,
    DayReasonCode.TOO_EARLY: FindingCode.BOOKING_TOO_EARLY,
}
_BOOKINGS = {
    FindingCode.BOOKING_AFTER_CARE_END: "a visit is booked for a day after care has ended",
    FindingCode.BOOKING_AFTER_OVERDUE: "the booked visit comes after the patient is overdue",
    FindingCode.BOOKING_IN_HOLD: "a visit is booked for a day on hold",
    FindingCode.BOOKING_OF_SECOND_PART: "the booked visit would be part of the last session",
    FindingCode.BOOKING_TOO_EARLY: "a visit is booked for a day before the rules allow it",
}


def codes_in_series(each: Iterable[Iterable[FindingCode]]) -> Iterator[set[FindingCode]]:
    """Yield why each visit of a series should not be booked, from why each alone should not.

    After a visit that is booked well, a later one belongs to the next cycle.
    """
    is_planned = False
    for codes in each:
        found = set(codes) - _OF_THIS_CYCLE if is_planned else set(codes)
        is_planned = is_planned or not found
        yield found


def codes_of_touch_up(codes: Iterable[FindingCode]) -> set[FindingCode]:
    """Return why a touch-up should not be booked, from why a visit of its day should not.

    It is no visit of a series, and its day says nothing about when the next one comes.
    """
    return set(codes) - _OF_THIS_CYCLE


def booking_codes(track: AnyTrack, day: date) -> Iterator[FindingCode]:
    """Yield why a visit should not be booked for a day ahead."""
    if track.status is DueStatus.DECEASED:
        yield FindingCode.BOOKING_AFTER_CARE_END
        return
    yield from (_REFUSED[reason] for reason in refusals(track, day))
    if is_second_part(track, day):
        yield FindingCode.BOOKING_OF_SECOND_PART
        return
    overdue_from = None if track.dates is None else track.dates.overdue_from
    if overdue_from is not None and day >= overdue_from:
        yield FindingCode.BOOKING_AFTER_OVERDUE


def _missed(track: AnyTrack, bookings: Sequence[TreatmentSession]) -> list[TreatmentSession]:
    """The cancelled or missed visits that have no later booking."""
    if track.care.status is not None:
        return []
    since, own = track.anchor or date.min, track.history.missed
    # A touch-up does not take the place of a full session.
    any_on = max((s.administered_on for s in bookings), default=date.min)
    full_on = max((s.administered_on for s in bookings if opens_cycle(s)), default=date.min)
    return [
        s
        for s in own
        if s.indication in track.clock
        and since < s.administered_on
        and (full_on if opens_cycle(s) else any_on) < min(s.administered_on, track.as_of)
    ]
