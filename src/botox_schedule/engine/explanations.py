"""The reasons of a forecast's four dates."""

from datetime import date

from botox_schedule.engine.reasons import (
    DateReason,
    candidates_of,
    days_text,
    gives,
    usual_source,
    usual_words,
)
from botox_schedule.engine.rules import RulesInForce
from botox_schedule.engine.track import Situation
from botox_schedule.engine.windows import TrackDates
from botox_schedule.terms import DueStatus, RetreatmentKind, Verification

__all__ = ["DATE_NAMES", "date_reasons", "silence_reason"]

DATE_NAMES = ("earliest", "due", "overdue_from", "lapsed_from")
_SILENCES = {
    DueStatus.DECEASED: "the patient has died; nothing is dated",
    DueStatus.DISCONTINUED: "care was discontinued; nothing is dated",
    DueStatus.ON_HOLD: "the track is on hold; nothing is dated until the hold ends",
    DueStatus.NO_HISTORY: "there is no completed session to count from",
}


def silence_reason(status: DueStatus) -> str:
    """Return why a status leaves every date away."""
    return _SILENCES[status]


def date_reasons(
    situation: Situation, found: TrackDates | None, status: DueStatus
) -> dict[str, DateReason]:
    """Return why each date is what it is, by its name; also where there is none."""
    if found is None:
        return _undated(situation, _SILENCES[status])
    if found.earliest is None:
        return _undated(situation, _no_minimum(found.rules))
    reasons = {"earliest": _earliest(situation, found)}
    if found.usual is None:
        sentence = "the source states a minimum and no usual range"
        return reasons | {
            name: _undated_reason(situation, name, sentence) for name in DATE_NAMES[1:]
        }
    return reasons | _usual_reasons(situation, found)


def _undated(situation: Situation, sentence: str) -> dict[str, DateReason]:
    return {name: _undated_reason(situation, name, sentence) for name in DATE_NAMES}


def _undated_reason(situation: Situation, name: str, sentence: str) -> DateReason:
    return DateReason(date_name=name, on=None, rule=sentence, protocol=situation.protocol.ref)


def _no_minimum(rules: RulesInForce) -> str:
    if rules.minimums:
        return "the rules in force end before the day that their minimum gives"
    wording = rules.protocol.retreatment.wording
    stated = f": {wording}" if wording else ""
    return f"no label, payer or override states a minimum{stated}"


def _counted_from(situation: Situation) -> tuple[str, ...]:
    anchor, book = situation.anchor, situation.book
    inputs = [f"last session on {anchor}"]
    if book is not None and book.counted_from != anchor:
        inputs.append(f"touch-up on {book.counted_from}, from which the minimum counts")
    return tuple(inputs)


def _earliest(situation: Situation, found: TrackDates) -> DateReason:
    rules, book = found.rules, situation.book
    deciding = rules.deciding
    assert deciding is not None
    assert book is not None
    sentence = gives(deciding)
    if found.allowed_from != deciding.gives:
        sentence += f"; the rules allow it from {found.allowed_from}"
    if found.earliest != found.allowed_from:
        sentence += f"; moved past a hold to {found.earliest}"
    expired = book.expired(found.earliest, situation.track.groups[-1].anchored_on)
    protocol = deciding.protocol
    source = None if protocol is None else protocol.retreatment.minimum_source
    return DateReason(
        date_name="earliest",
        on=found.earliest,
        rule=sentence,
        inputs=_counted_from(situation),
        candidates=candidates_of(rules, expired),
        source=source,
        verification=_verification(source, stated=protocol is not None),
        protocol=(protocol or rules.protocol).ref,
    )


def _verification(source: object, *, stated: bool) -> str | None:
    """How well a figure was read; a stated figure without a source is unverified."""
    verification = getattr(source, "verification", None)
    if verification is None and stated:
        return Verification.UNVERIFIED.value
    return None if verification is None else str(verification.value)


def _usual_reasons(situation: Situation, found: TrackDates) -> dict[str, DateReason]:
    rules, usual, held = found.rules, found.usual, found.held
    assert usual is not None
    assert rules.usual is not None
    policy = situation.policy
    kind = rules.protocol.retreatment.kind
    words = usual_words(rules.usual, kind, overridden=rules.usual_override is not None)
    scheduled = kind is RetreatmentKind.SCHEDULED
    grace = policy.scheduled_grace if scheduled else policy.as_needed_grace
    lapse = policy.lapsed_after
    lapse_words = f"{lapse} after the last session" if lapse else "twice the end of the usual range"
    limit = ", but not before overdue_from," if usual.lapsed_from == usual.overdue_from else ""
    moved = f", slid by {days_text(usual.slide)} with earliest" if usual.slide else ""
    sentences = {
        "due": (held.due, usual.due, f"{words} begins on {usual.due}{moved}"),
        "overdue_from": (
            held.overdue_from,
            usual.overdue_from,
            (
                f"{words} ends on {usual.last}{moved}; "
                f"{usual.overdue_from} is the first day after {grace} of grace"
            ),
        ),
        "lapsed_from": (
            held.lapsed_from,
            usual.lapsed_from,
            f"{lapse_words}{limit} gives {usual.lapsed_from}{moved}",
        ),
    }
    return {
        name: _usual_reason(situation, rules, name, on, sentence + _held(on, unmoved))
        for name, (on, unmoved, sentence) in sentences.items()
    }


def _held(on: date | None, unmoved: date) -> str:
    if on is None or on == unmoved:
        return ""
    by = days_text((on - unmoved).days)
    return f"; days on hold do not count, which moves it by {by} to {on}"


def _usual_reason(
    situation: Situation, rules: RulesInForce, name: str, on: date | None, sentence: str
) -> DateReason:
    source = usual_source(rules)
    return DateReason(
        date_name=name,
        on=on,
        rule=sentence,
        inputs=_counted_from(situation)[:1],
        source=source,
        verification=_verification(source, stated=rules.usual_override is None),
        protocol=rules.protocol.ref,
    )
