"""Why a date is what it is: the rule, its inputs, the other minimums, the source."""

from datetime import date
from typing import Any

from botox_schedule.dates.days import Day, days_text
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.dates import TrackDates, first_allowed
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.engine.rules import Minimum, RulesOn, UsualRange, UsualWindow
from botox_schedule.engine.track import AnyTrack, Track, is_held_open
from botox_schedule.protocols.model import (
    FROM_A_PAYER,
    READ_FROM_A_SCHEDULE,
    ProtocolRef,
    SourceRef,
    TreatmentProtocol,
)
from botox_schedule.terms import (
    CandidateOutcome,
    DateName,
    DueStatus,
    MinimumKind,
    RetreatmentKind,
    UsualOwner,
    Verification,
)
from botox_schedule.values import Value, made

_OWNERS = {
    MinimumKind.LABEL: "the",
    MinimumKind.PREVIOUS_PRODUCT: "the previous product's",
    MinimumKind.OTHER_INDICATION: "the last indication's",
    MinimumKind.IN_GENERAL: "the clock's general",
    MinimumKind.PAYER: "the payer's",
    MinimumKind.AUTHORIZATION: "the authorization's",
    MinimumKind.OVERRIDE: "the override's",
    MinimumKind.EXPIRED_OVERRIDE: "the expired override's",
    MinimumKind.UNRECOGNIZED: "the",
}
_NOUNS = {READ_FROM_A_SCHEDULE: "scheduled interval", FROM_A_PAYER: "payer minimum"}
"""What to call a minimum that does not come from a label."""
_USUAL_OWNERS = {
    UsualOwner.LABEL: "the usual range",
    UsualOwner.CLINIC: "the clinic's own usual range",
    UsualOwner.OVERRIDE: "the override's usual range",
}
_SUPPRESSED = {
    DueStatus.DECEASED: "the patient has died; nothing is dated",
    DueStatus.DISCONTINUED: "care was discontinued; nothing is dated",
    DueStatus.ON_HOLD: "the track is on hold without a known end; nothing is dated until it ends",
    DueStatus.NO_HISTORY: (
        "no earlier session is recorded; for a first treatment nothing forbids the day"
    ),
}
_ELSEWHERE = "sessions were given elsewhere, and the day of the last one is unknown"


class RuleCandidate(Value, frozen=True):
    """A minimum that was weighed.

    Attributes:
        rule: Who states it.
        interval: What it states.
        gives: The day it gives.
        outcome: What became of it.
        source: The place in the source, for a protocol's minimum.
        protocol: The protocol that states it, for a protocol's minimum.
    """

    rule: MinimumKind
    interval: Interval
    gives: Day
    outcome: CandidateOutcome
    source: SourceRef | None = None
    protocol: ProtocolRef | None = None

    def __str__(self) -> str:
        owner = _OWNERS[self.rule]
        return f"{owner} {in_words(self.interval)} minimum gives {self.gives} ({self.outcome})"


class DateReason(Value, frozen=True):
    """Why one of the four dates is what it is.

    Attributes:
        date_name: Which date it is.
        on: The date, or None where there is none.
        rule: The rule in a neutral sentence.
        inputs: What the rule was applied to.
        candidates: The minimums that were weighed.
        source: The source of the deciding figure; None where clinic, payer or policy state it.
        verification: How well the figure was verified; None where no protocol states it.
        protocol: The protocol with its version and region; None where no protocol is known.
    """

    date_name: DateName
    on: Day | None
    rule: str
    inputs: tuple[str, ...] = ()
    candidates: tuple[RuleCandidate, ...] = ()
    source: SourceRef | None = None
    verification: str | None = None
    protocol: ProtocolRef | None

    def __str__(self) -> str:
        lines = [f"{self.date_name} {self.on or 'not dated'}: {self.rule}"]
        lines += [f"  {given}" for given in self.inputs]
        others = [c for c in self.candidates if c.outcome is not CandidateOutcome.DECIDES]
        lines += [f"  also weighed: {candidate}" for candidate in others]
        if self.verification is not None:
            lines.append(f"  source: {self.source or 'none is given'}")
        if self.verification == Verification.UNVERIFIED:
            lines.append("  this figure is unverified: check it against the current label")
        if self.protocol is not None:
            lines.append(f"  protocol: {self.protocol}")
        return "\n".join(lines)


def in_words(interval: Interval) -> str:
    """Return *interval* as an adjective, such as ``12-week``."""
    text = str(interval)
    count, _, unit = text.partition(" ")
    return f"{count}-{unit.removesuffix('s')}" if count.isdecimal() and " " not in unit else text


def minimum_sentence(minimum: Minimum) -> str:
    """Return what a minimum gives; one read from a schedule is called an interval."""
    basis = None if minimum.source is None else minimum.source.basis
    noun = _NOUNS.get(basis or "", "minimum")
    return f"{_OWNERS[minimum.kind]} {in_words(minimum.interval)} {noun} gives {minimum.gives}"


def suppressed_reason(track: Track) -> str:
    """Return why the status suppresses all dates."""
    if track.care.status is not None or is_held_open(track):
        return _SUPPRESSED[track.status]
    return _ELSEWHERE if track.prior.is_undated else _SUPPRESSED[DueStatus.NO_HISTORY]


def date_reasons(track: AnyTrack) -> dict[str, DateReason]:
    """Return why each of the four dates is what it is, by name; a missing date has a reason too."""
    dates = track.dates
    if not isinstance(track, Track):
        return _undated(track, "no protocol is known for this indication")
    if dates is None:
        return _undated(track, suppressed_reason(track))
    if dates.earliest is None:
        return _undated(track, _why_never(track, dates.rules))
    inputs = _counted_from(track)
    earliest = {DateName.EARLIEST.value: _earliest(track, dates, inputs)}
    if dates.window is None:
        return _undated(track, _without_usual(track, dates.earliest)) | earliest
    return earliest | _usual_reasons(track, dates, dates.window, inputs[:1])


def _undated(track: AnyTrack, sentence: str) -> dict[str, DateReason]:
    return {
        name.value: made(DateReason, date_name=name, on=None, rule=sentence, protocol=track.ref)
        for name in DateName
    }


def _why_never(track: Track, rules: RulesOn) -> str:
    """Why no day ahead is allowed."""
    if is_held_open(track):
        return _SUPPRESSED[DueStatus.ON_HOLD]
    if rules.opens_on is None:
        wording = (rules.protocol or track.protocol).retreatment.wording
        stated = f": {wording}" if wording else "; the clinician decides"
        return f"no minimum and no usual range are recorded here{stated}"
    if rules.opens_on == date.max:
        return "a course elsewhere under an unknown indication leaves every day open"
    if track.care.ends_on is not None:
        return "the track is discharged before a day is allowed"
    if track.holds.next_free(rules.opens_on) is None:
        return "an open hold begins before a day is allowed"
    return "the rules in force end before the day that their minimum gives"


def _without_usual(track: Track, earliest: date) -> str:
    """Why no usual range makes the patient due; one that begins later waits for a session."""
    later = None if track.rules is None else next(track.rules.usual_from(earliest), None)
    if later is None:
        return "no usual range is recorded here"
    return f"no usual range is in force on the first allowed day{_waits(later)}"


def _changed_by_now(track: Track, dates: TrackDates, usual: UsualRange) -> str:
    """Another usual range in force by now: the first allowed day decides which one dates a cycle."""
    now = max(track.as_of, dates.earliest or track.as_of)
    later = None if track.rules is None else track.rules.on(now).usual
    return "" if later is None or later.interval == usual.interval else _waits(later)


def _waits(later: UsualRange) -> str:
    return f"; {usual_words(later)}, in force later, counts after the next session"


def _counted_from(track: Track) -> tuple[str, ...]:
    is_elsewhere = track.last is not None and track.last.is_elsewhere
    where = "latest day of the last session elsewhere" if is_elsewhere else "last session on"
    inputs = [f"{where} {track.anchor}"]
    if track.rules is not None and track.rules.facts.counted_from != track.anchor:
        counted = track.rules.facts.counted_from
        inputs.append(f"touch-up on {counted}, from which the minimum counts")
    return tuple(inputs)


def _earliest(track: Track, dates: TrackDates, inputs: tuple[str, ...]) -> DateReason:
    rules = dates.rules
    deciding = rules.latest
    sentence = _opening_sentence(deciding) + _opened_later(dates, deciding)
    if dates.earliest != dates.allowed_from:
        sentence += f"; moved past a hold to {dates.earliest}"
    protocol = None if deciding is None else deciding.protocol
    source = None if deciding is None else deciding.source
    version = protocol or rules.protocol or track.protocol
    return made(
        DateReason,
        date_name=DateName.EARLIEST,
        on=dates.earliest,
        rule=sentence,
        inputs=inputs,
        candidates=_candidates(track, dates, deciding),
        **_basis(source, version, stated=protocol is not None),
    )


def _opening_sentence(deciding: Minimum | None) -> str:
    if deciding is None:
        return "no minimum is recorded here; the first usual day decides"
    sentence = minimum_sentence(deciding)
    return sentence if deciding.binds else f"{sentence}, which its source advises"


def _opened_later(dates: TrackDates, deciding: Minimum | None) -> str:
    """Why the first allowed day is not the one that the deciding minimum gives."""
    allowed_from, rules, window = dates.allowed_from, dates.rules, dates.window
    begins = None if rules.states_own or window is None else window.first
    if allowed_from == (begins if deciding is None else deciding.gives):
        return ""
    if allowed_from == rules.doubtful_until:
        return f"; a session under an unknown indication leaves the days before {allowed_from} open"
    what = "the usual range begins on" if allowed_from == begins else "the rules allow it from"
    return f"; {what} {allowed_from}"


def _candidates(
    track: Track, dates: TrackDates, deciding: Minimum | None
) -> tuple[RuleCandidate, ...]:
    """Return all minimums that were weighed, the deciding one first."""
    expired = [] if track.rules is None else track.rules.expired(dates.earliest)
    weighed = [(m, _outcome(m, deciding)) for m in dates.rules.minimums]
    weighed += [(m, CandidateOutcome.REPLACED) for m in dates.rules.replaced]
    weighed += [(m, CandidateOutcome.EXPIRED) for m in expired]
    weighed.sort(key=lambda item: item[1] is not CandidateOutcome.DECIDES)
    return tuple(
        made(
            RuleCandidate,
            rule=minimum.kind,
            interval=minimum.interval,
            gives=minimum.gives,
            outcome=outcome,
            source=minimum.source,
            protocol=None if minimum.protocol is None else minimum.protocol.ref,
        )
        for minimum, outcome in weighed
    )


def _outcome(minimum: Minimum, deciding: Minimum | None) -> CandidateOutcome:
    if minimum is deciding:
        return CandidateOutcome.DECIDES
    return CandidateOutcome.GIVES_WAY if minimum.binds else CandidateOutcome.ADVISES


def _basis(source: SourceRef | None, version: TreatmentProtocol, *, stated: bool) -> dict[str, Any]:
    """Where a figure comes from; a stated figure without a source is unverified."""
    unread = Verification.UNVERIFIED.value if stated else None
    verification = unread if source is None else source.verification.value
    return {"source": source, "verification": verification, "protocol": version.ref}


def _usual_reasons(
    track: Track, dates: TrackDates, window: UsualWindow, inputs: tuple[str, ...]
) -> dict[str, DateReason]:
    usual, lapse = window.usual, track.policy.lapsed_after
    words = usual_words(usual)
    lapsed = f"{lapse} after the last session" if lapse else "twice the end of the usual range"
    limit = ", but not before overdue_from," if window.lapsed_from == window.overdue_from else ""
    begins = f"{words} begins on {window.first}"
    late = f"{window.overdue_from} is the first day after {window.grace} of grace"
    ends = f"{words} ends on {window.last}; {late}"
    lapses = f"{lapsed}{limit} gives {window.lapsed_from}"
    dated = (
        (DateName.DUE, dates.due, window.first, begins),
        (DateName.OVERDUE_FROM, dates.overdue_from, window.overdue_from, ends),
        (DateName.LAPSED_FROM, dates.lapsed_from, window.lapsed_from, lapses),
    )
    slide, waits = _slide(track, dates, window.first), _changed_by_now(track, dates, usual)
    version, own = dates.rules.protocol or track.protocol, usual.owner is UsualOwner.LABEL
    basis = _basis(version.retreatment.usual_source if own else None, version, stated=own)
    return {
        name.value: made(
            DateReason,
            date_name=name,
            on=on,
            rule=f"{sentence}{_moved(track, on, unmoved, slide)}{waits}",
            inputs=inputs,
            **basis,
        )
        for name, on, unmoved, sentence in dated
    }


def usual_words(usual: UsualRange) -> str:
    """Return what states the usual range."""
    schedule = "scheduled" if usual.kind is RetreatmentKind.SCHEDULED else "as needed"
    return f"{_USUAL_OWNERS[usual.owner]} of {usual.interval} ({schedule})"


def _moved(track: Track, on: date | None, unmoved: date, slide: int) -> str:
    """What moved a date away from the day that the usual range alone gives."""
    if on is None:
        ends_on = track.care.ends_on
        if ends_on is not None:
            return f"; nothing is dated from the discharge on {ends_on} on"
        open_hold = any(last is None for _, last in track.holds.spans)
        why = "an open hold leaves it undated" if open_hold else "the rules allow no later day"
        return f"; {why}"
    held = (on - unmoved).days - slide
    words = f"; slid by {days_text(slide)} with the first allowed day" if slide else ""
    if held:
        words += f"; holds move it by {days_text(held)}"
    return f"{words} to {on}" if words else ""


def _slide(track: Track, dates: TrackDates, first: date) -> int:
    """How many days the rules move the first usual day, holds ignored."""
    begins = max(first, dates.allowed_from or first)
    day = None if track.rules is None else first_allowed(track.rules, NO_HOLDS, begins)
    return 0 if day is None else (day - first).days
