"""Why a date is what it is: rule, inputs, candidates that lost, source."""

from pydantic import BaseModel

from botox_schedule.dates.days import Day
from botox_schedule.dates.intervals import Interval, IntervalRange
from botox_schedule.engine.rules import Minimum, RulesInForce
from botox_schedule.protocols.model import ProtocolRef, SourceRef
from botox_schedule.terms import RetreatmentKind

__all__ = ["DateReason", "RuleCandidate", "candidates_of", "gives", "in_words", "usual_source"]

_OWNERS = {
    "label": "the",
    "previous product": "the previous product's",
    "payer": "the payer's",
    "override": "the override's",
    "expired override": "the expired override's",
}


class RuleCandidate(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """A minimum that was weighed.

    Attributes:
        rule: Who states it: label, previous product, payer, override or expired override.
        interval: What it states.
        gives: The day it gives.
        outcome: ``decides``, ``gives way`` (to a later day), ``replaced`` (by an override) or
            ``expired``.
        source: Where it stands, for a label's.
        protocol: The protocol that states it, for a label's.
    """

    rule: str
    interval: Interval
    gives: Day
    outcome: str
    source: SourceRef | None = None
    protocol: ProtocolRef | None = None

    def __str__(self) -> str:
        owner = _OWNERS[self.rule]
        return f"{owner} {in_words(self.interval)} minimum gives {self.gives} ({self.outcome})"


class DateReason(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Why one of the four dates is what it is.

    Attributes:
        date_name: ``earliest``, ``due``, ``overdue_from`` or ``lapsed_from``.
        on: The date, or None where there is none.
        rule: The rule in a neutral sentence.
        inputs: What the rule was applied to.
        candidates: The minimums that were weighed.
        source: Where the deciding figure stands; None where clinic, payer or policy state it.
        verification: How well it was read, where a source states it.
        protocol: The protocol with its version and region.
    """

    date_name: str
    on: Day | None
    rule: str
    inputs: tuple[str, ...] = ()
    candidates: tuple[RuleCandidate, ...] = ()
    source: SourceRef | None = None
    verification: str | None = None
    protocol: ProtocolRef

    def __str__(self) -> str:
        lines = [f"{self.date_name} {self.on or 'not dated'}: {self.rule}"]
        lines += [f"  {given}" for given in self.inputs]
        lines += [f"  also weighed: {c}" for c in self.candidates if c.outcome != "decides"]
        if self.verification is not None:
            lines.append(f"  source: {self.source or 'none is given'}")
        if self.verification == "unverified":
            lines.append("  this figure is unverified: check it against the current label")
        lines.append(f"  protocol: {self.protocol}")
        return "\n".join(lines)


def in_words(interval: Interval) -> str:
    """Return *interval* as an adjective, such as ``12-week``."""
    text = str(interval)
    count, _, unit = text.partition(" ")
    return f"{count}-{unit.removesuffix('s')}" if count.isdecimal() and " " not in unit else text


def gives(minimum: Minimum) -> str:
    """Return the sentence of a deciding minimum."""
    return f"{_OWNERS[minimum.rule]} {in_words(minimum.interval)} minimum gives {minimum.gives}"


def candidates_of(rules: RulesInForce, expired: list[Minimum]) -> tuple[RuleCandidate, ...]:
    """Return all minimums that were weighed, the deciding one first."""
    deciding = rules.deciding
    weighed = [(m, "decides" if m is deciding else "gives way") for m in rules.minimums]
    weighed += [(m, "replaced") for m in rules.replaced]
    weighed += [(m, "expired") for m in expired]
    weighed.sort(key=lambda item: item[1] != "decides")
    return tuple(_candidate(minimum, outcome) for minimum, outcome in weighed)


def _candidate(minimum: Minimum, outcome: str) -> RuleCandidate:
    protocol = minimum.protocol
    return RuleCandidate(
        rule=minimum.rule,
        interval=minimum.interval,
        gives=minimum.gives,
        outcome=outcome,
        source=None if protocol is None else protocol.retreatment.minimum_source,
        protocol=None if protocol is None else protocol.ref,
    )


def usual_source(rules: RulesInForce) -> SourceRef | None:
    """Return where the usual range stands; None where an override states it."""
    if rules.usual_override is not None:
        return None
    return rules.protocol.retreatment.usual_source


def usual_words(usual: IntervalRange, kind: RetreatmentKind, *, overridden: bool) -> str:
    """Return what states the usual range."""
    owner = "the override's usual range" if overridden else "the usual range"
    schedule = "scheduled" if kind is RetreatmentKind.SCHEDULED else "as needed"
    return f"{owner} of {usual} ({schedule})"


def days_text(count: int) -> str:
    """Return a count of days in words."""
    return "1 day" if count == 1 else f"{count} days"
