"""Whether a patient may be treated on one day, judged by itself."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine.concerns import track_findings
from botox_schedule.engine.explanations import silence_reason
from botox_schedule.engine.limits import LimitCheck, checks_on
from botox_schedule.engine.reasons import days_text, gives
from botox_schedule.engine.rules import Minimum
from botox_schedule.engine.session import due_status
from botox_schedule.engine.track import Situation
from botox_schedule.errors import OrderError
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import ProtocolRef, SourceRef, TreatmentProtocol
from botox_schedule.records.findings import Finding
from botox_schedule.records.model import PatientRecord
from botox_schedule.terms import DayReasonCode, DueStatus

__all__ = ["DateCheck", "DayReason", "DayVerdict", "check_date", "check_in", "judge_day"]

_ENDED = frozenset({DueStatus.DECEASED, DueStatus.DISCONTINUED})


class DayReason(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """One reason why a day is allowed or not.

    Attributes:
        code: What it is.
        rule: The rule in a neutral sentence.
        source: Where the rule stands; None where clinic, payer or record state it.
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


class DateCheck(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Whether a day is allowed, and every reason at once.

    Attributes:
        on: The day that was asked about.
        as_of: The day up to which records are known.
        allowed: Whether the rules allow the day; None where there is nothing to judge by.
        days_from_earliest: Days from the first day that the rules in force on *on* give:
            negative when *on* is too early. None where no minimum is in force.
        next_allowed_on: The first allowed day from *on* on; None where it is not known.
        limit_checks: The dose limits on *on*.
        findings: What a person should look at.
        reasons: Every reason, the deciding ones of a refusal first.
    """

    on: Day
    as_of: Day
    allowed: bool | None
    days_from_earliest: int | None
    next_allowed_on: Day | None
    limit_checks: tuple[LimitCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
    reasons: tuple[DayReason, ...]

    def explain(self) -> str:
        """Return why the day is allowed or not, as text that can be quoted."""
        verdicts = {True: "allowed", False: "not allowed", None: "nothing to judge by"}
        lines = [f"{self.on}: {verdicts[self.allowed]}"]
        lines += [str(reason) for reason in self.reasons]
        if self.allowed is False:
            lines.append(f"next allowed day: {self.next_allowed_on or 'not known'}")
        lines += [f"finding {finding}" for finding in self.findings]
        return "\n".join(lines)


def check_date(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    on: DayInput,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    planned_units: Decimal | int | None = None,
) -> DateCheck:
    """Return whether the patient may be treated on a day, by the rules in force on that day.

    Args:
        record: What happened.
        protocol: The planned treatment.
        on: The day in question.
        as_of: The day up to which records are known; not after *on*.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        planned_units: Units planned for the day.

    Raises:
        OrderError: When *on* lies before *as_of*.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-03-02", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> protocol = find_protocol("chronic-migraine")
    >>> check = check_date(record, protocol, on="2026-05-24", as_of="2026-05-01")
    >>> check.allowed, check.days_from_earliest, str(check.next_allowed_on)
    (False, -1, '2026-05-25')
    """
    day, known_until = as_day(on, "on"), as_day(as_of, "as_of")
    if day < known_until:
        raise OrderError("on lies before as_of; give a day from as_of on")
    situation = Situation(record, protocol, known_until, policy_or_default(policy), other_protocols)
    return check_in(situation, day, planned_units)


class DayVerdict(NamedTuple):
    """What the rules say of one day, without the words.

    Attributes:
        allowed: Whether they allow it; None where there is nothing to judge by.
        codes: Why.
        deciding: The minimum that gives the latest day, or None.
    """

    allowed: bool | None
    codes: tuple[DayReasonCode, ...]
    deciding: Minimum | None


def judge_day(situation: Situation, day: date) -> DayVerdict:
    """Return what the rules in force on *day* say of it."""
    deciding = None if situation.book is None else situation.book.on(day).deciding
    refusals = tuple(_refusals(situation, day, deciding))
    if refusals:
        return DayVerdict(allowed=False, codes=refusals, deciding=deciding)
    if deciding is not None:
        return DayVerdict(allowed=True, codes=(DayReasonCode.ALLOWED,), deciding=deciding)
    if situation.book is not None:
        return DayVerdict(allowed=None, codes=(DayReasonCode.NO_INTERVAL,), deciding=None)
    allowed = None if situation.prior_cycles > 0 else True
    return DayVerdict(allowed=allowed, codes=(DayReasonCode.NO_HISTORY,), deciding=None)


def check_in(situation: Situation, day: date, planned_units: Decimal | int | None) -> DateCheck:
    """Return the check of a day in a situation that was read already."""
    verdict = judge_day(situation, day)
    deciding = verdict.deciding
    checks = _checks(situation, day, planned_units)
    return DateCheck(
        on=day,
        as_of=situation.as_of,
        allowed=verdict.allowed,
        days_from_earliest=None if deciding is None else (day - deciding.gives).days,
        next_allowed_on=None if verdict.allowed is None else _next_allowed(situation, day),
        limit_checks=checks,
        findings=_findings(situation, checks),
        reasons=tuple(_reason(situation, day, code, deciding) for code in verdict.codes),
    )


def _refusals(situation: Situation, day: date, deciding: Minimum | None) -> Iterable[DayReasonCode]:
    if situation.silence in _ENDED:
        yield DayReasonCode.CARE_ENDED
    if situation.holds.covers(day):
        yield DayReasonCode.IN_HOLD
    if deciding is not None and day < deciding.gives:
        yield DayReasonCode.TOO_EARLY


_PLAIN = {
    DayReasonCode.IN_HOLD: "the day is on hold",
    DayReasonCode.NO_INTERVAL: "no label, payer or override states a minimum for that day",
    DayReasonCode.NO_HISTORY: silence_reason(DueStatus.NO_HISTORY),
}


def _reason(
    situation: Situation, day: date, code: DayReasonCode, deciding: Minimum | None
) -> DayReason:
    if code is DayReasonCode.CARE_ENDED and situation.silence is not None:
        return DayReason(code=code, rule=silence_reason(situation.silence))
    if code in _PLAIN or deciding is None:
        return DayReason(code=code, rule=_PLAIN[code])
    rule = gives(deciding)
    if code is DayReasonCode.TOO_EARLY:
        rule = f"{rule}; the day is {days_text((deciding.gives - day).days)} early"
    protocol = deciding.protocol
    if protocol is None:
        return DayReason(code=code, rule=rule)
    source = protocol.retreatment.minimum_source
    return DayReason(code=code, rule=rule, source=source, protocol=protocol.ref)


def _next_allowed(situation: Situation, day: date) -> date | None:
    if situation.silence in _ENDED:
        return None
    if situation.book is None or situation.anchor is None:
        return situation.holds.next_free(day)
    for stretch in situation.book.stretches(situation.anchor):
        if stretch.last is None or stretch.last >= day:
            free = situation.holds.next_free(max(stretch.first, day))
            if free is not None and (stretch.last is None or free <= stretch.last):
                return free
    return None


def _checks(
    situation: Situation, day: date, planned_units: Decimal | int | None
) -> tuple[LimitCheck, ...]:
    if situation.silence in _ENDED:
        return ()
    planned = Decimal(0) if planned_units is None else Decimal(planned_units)
    return checks_on(situation.known, situation.protocol, day, planned)


def _findings(situation: Situation, checks: tuple[LimitCheck, ...]) -> tuple[Finding, ...]:
    status = situation.silence or due_status(situation.due_dates(), as_of=situation.as_of)
    return track_findings(situation, situation.found, status, checks)
