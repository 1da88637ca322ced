"""Whether a patient may be treated on one day; each day is judged separately."""

from datetime import date
from decimal import Decimal

from botox_schedule.dates.days import Day, days_text
from botox_schedule.engine.cycles import judged_findings
from botox_schedule.engine.findings import track_findings
from botox_schedule.engine.limits import LimitCheck, is_clear, limit_answers, limits_in_words
from botox_schedule.engine.reasons import minimum_sentence, suppressed_reason
from botox_schedule.engine.rules import Minimum, RulesOn
from botox_schedule.engine.track import Track, judge_day, next_allowed
from botox_schedule.protocols.model import ProtocolRef, SourceRef
from botox_schedule.records.findings import Finding
from botox_schedule.terms import DayReasonCode
from botox_schedule.values import Value, notebook_html


class DayReason(Value, frozen=True):
    """One reason why a day is allowed or not.

    Attributes:
        code: What it is.
        rule: The rule in a neutral sentence.
        source: The source of the rule; None where clinic, payer or record state it.
        protocol: The protocol with its version and region, where it states the rule.
    """

    code: DayReasonCode
    rule: str
    source: SourceRef | None = None
    protocol: ProtocolRef | None = None

    def __str__(self) -> str:
        cited = f"\n  source: {self.source}" if self.source else ""
        held = f"\n  protocol: {self.protocol}" if self.protocol else ""
        return f"{self.code}: {self.rule}{cited}{held}"


class DateCheck(Value, frozen=True):
    """Whether a day is allowed, and every reason at once.

    Attributes:
        on: The day that is checked.
        as_of: The day up to which records are known.
        protocol: The protocol of the planned treatment.
        allowed: Whether the interval allows the day; None where a person must decide.
        clear: True only when the day is allowed and every recorded limit was checked with units
            and met; False when one of them is not; else None. It does not say the dose is safe.
        days_from_earliest: Days from the first day that the binding minimums in force on *on*
            give: negative when *on* is too early. None where no minimum binds.
        next_allowed_on: The first allowed day on or after *on*; None where none is known.
        limit_checks: The dose limits on *on*.
        findings: What a person should look at.
        reasons: Everything that forbids the day; else everything that leaves it to a person; else
            why it is allowed.
    """

    on: Day
    as_of: Day
    protocol: ProtocolRef | None = None
    allowed: bool | None
    clear: bool | None = None
    days_from_earliest: int | None
    next_allowed_on: Day | None
    limit_checks: tuple[LimitCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
    reasons: tuple[DayReason, ...]

    def _repr_html_(self) -> str:
        """Return a table for a notebook."""
        return notebook_html("check_html", self)

    def explain(self) -> str:
        """Return why the day is allowed or not, as text that can be quoted."""
        lines = [f"{self.on}: {_VERDICTS[self.allowed]}"]
        lines += [str(reason) for reason in self.reasons]
        if self.allowed is not True:
            lines.append(f"next allowed day: {self.next_allowed_on or 'unknown'}")
        product = product_of_limits(self)
        if product is not None:
            lines.append(f"units: {limits_in_words(self.limit_checks, product)}")
        lines += [f"finding {finding}" for finding in self.findings]
        return "\n".join(lines)

    __str__ = explain


def product_of_limits(check: DateCheck) -> str | None:
    """Return the product whose limits were looked at; None where none were."""
    # After the end of care nothing was looked at, which is not the same as none recorded.
    ended = any(reason.code is DayReasonCode.CARE_ENDED for reason in check.reasons)
    if check.protocol is None or (ended and not check.limit_checks):
        return None
    return check.protocol.product


_VERDICTS = {
    True: "the interval allows the day",
    False: "the day is not allowed",
    None: "a person must decide",
}


def check_of(
    track: Track, day: date, planned: Decimal | None, besides: tuple[Finding, ...] = ()
) -> DateCheck:
    """Return the check of a day of a track."""
    verdict = judge_day(track, day)
    checks, told = limit_answers(track, day, planned)
    of_track = track_findings(track, judged_findings(track), on=day)
    deciding = None if verdict.rules is None else verdict.rules.deciding
    return DateCheck(
        on=day,
        as_of=track.as_of,
        protocol=track.protocol.ref,
        allowed=verdict.allowed,
        clear=is_clear(track, day, checks),
        days_from_earliest=None if deciding is None else (day - deciding.gives).days,
        next_allowed_on=next_allowed(track, day),
        limit_checks=checks,
        findings=tuple(dict.fromkeys((*besides, *of_track, *told))),
        reasons=tuple(_reason(track, day, code, verdict.rules) for code in verdict.codes),
    )


_PLAIN = {
    DayReasonCode.IN_HOLD: "the day is on hold",
    DayReasonCode.SAME_SESSION: "the day would be part of the last session",
    DayReasonCode.UNRECOGNIZED_SESSION: (
        "a session under an unknown indication may have been one of this track"
    ),
    DayReasonCode.NO_INTERVAL: "no minimum is recorded for that day; the clinician decides",
}


def _reason(track: Track, day: date, code: DayReasonCode, in_force: RulesOn | None) -> DayReason:
    if code in _PLAIN:
        return DayReason(code=code, rule=_PLAIN[code])
    if code is DayReasonCode.CARE_ENDED and track.care.status is None:
        return DayReason(code=code, rule="the track is discharged by then")
    if code in {DayReasonCode.CARE_ENDED, DayReasonCode.NO_HISTORY} or in_force is None:
        return DayReason(code=code, rule=suppressed_reason(track))
    minimum = in_force.advising if code is DayReasonCode.ADVISORY else in_force.deciding
    if minimum is None:
        return DayReason(code=code, rule="the usual range has begun, and nothing forbids the day")
    return _minimum_reason(day, code, minimum)


def _minimum_reason(day: date, code: DayReasonCode, minimum: Minimum) -> DayReason:
    rule = minimum_sentence(minimum)
    early = days_text((minimum.gives - day).days)
    if code is DayReasonCode.TOO_EARLY:
        rule = f"{rule}; the day is {early} early"
    protocol, source = minimum.protocol, minimum.source
    if code is DayReasonCode.ADVISORY:
        words = "" if source is None else f' ("{source.strength or source.basis}")'
        rule = f"{rule}, which is advice{words}; the day is {early} before it"
    ref = None if protocol is None else protocol.ref
    return DayReason(code=code, rule=rule, source=source, protocol=ref)
