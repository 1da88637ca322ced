"""The whole answer for one track of a record on a day."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, Field

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine.concerns import track_findings
from botox_schedule.engine.explanations import date_reasons
from botox_schedule.engine.limits import LimitCheck, checks_on
from botox_schedule.engine.reasons import DateReason
from botox_schedule.engine.response import ResponseTimeline, response_phase, response_timeline
from botox_schedule.engine.session import DueDates, due_status
from botox_schedule.engine.track import SILENT, Situation
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.records.findings import Finding, raise_findings
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import DueStatus, ResponsePhase

__all__ = ["Booking", "Forecast", "forecast"]


class Booking(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """The next booked session of the track."""

    on: Day
    session_id: str | None = Field(default=None, repr=False)


class Forecast(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Where a track stands on a day, and why.

    Attributes:
        as_of: The day for which the question was asked.
        protocol: The protocol of the planned treatment.
        policy: What the clinic or payer chose.
        status: Where the day falls among the four dates, or what silences them.
        dates: The four dates; all None while on hold, after the end of care, without history.
        cycle_number: The cycle that the last session opened; None without a session.
        last_session_on: The anchor of that cycle.
        days_since_last: Days since the anchor.
        days_to_due: Days until the due day, 0 on it; None once it has passed.
        days_since_due: Days since the due day, 0 on it; None before it.
        booking: The next booked session, or None.
        timeline: The expected response to the last session.
        phase: What is expected on the day; from the second cycle on ``latent`` does not mean
            that there is no effect.
        limit_checks: The dose limits on the booking's day, else on the due day.
        findings: What a person should look at.
        reasons: Why each of the four dates is what it is, by its name.
    """

    as_of: Day
    protocol: ProtocolRef
    policy: SchedulingPolicy
    status: DueStatus
    dates: DueDates
    cycle_number: int | None = None
    last_session_on: Day | None = None
    days_since_last: int | None = None
    days_to_due: int | None = None
    days_since_due: int | None = None
    booking: Booking | None = None
    timeline: ResponseTimeline | None = None
    phase: ResponsePhase | None = None
    limit_checks: tuple[LimitCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
    reasons: dict[str, DateReason]

    def _repr_html_(self) -> str:
        """Return a ribbon and a table for a notebook."""
        from botox_schedule.views.lanes import forecast_html  # noqa: PLC0415 - only notebooks draw

        return forecast_html(self)

    def explain(self) -> str:
        """Return why each date is what it is, as text that can be quoted."""
        lines = [f"status {self.status} as of {self.as_of}"]
        lines += [str(reason) for reason in self.reasons.values()]
        lines += [f"finding {finding}" for finding in self.findings]
        return "\n".join(lines)


def forecast(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    planned_units: Decimal | int | None = None,
    strict: bool = False,
) -> Forecast:
    """Return where the protocol's track of a record stands on a day.

    Args:
        record: What happened; the order of its sessions means nothing.
        protocol: The planned treatment.
        as_of: The day for which the question is asked; later records are left out.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        planned_units: Units planned for the next session; by default those of the booking.
        strict: Whether findings are raised together instead of returned.

    Raises:
        DayError: When *as_of* is not a calendar day.
        FindingsError: In strict mode, when there is a finding.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine",
    ...     "product": "Botox", "units": 155,
    ... }])
    >>> answer = forecast(record, find_protocol("chronic-migraine"), as_of="2026-02-20")
    >>> str(answer.status), str(answer.dates.earliest), answer.days_to_due
    ('too_early', '2026-03-30', 38)
    >>> answer.reasons["earliest"].rule
    'the 12-week minimum gives 2026-03-30'
    """
    day = as_day(as_of, "as_of")
    situation = Situation(record, protocol, day, policy_or_default(policy), other_protocols)
    found = situation.found
    dates = situation.due_dates()
    status = situation.silence or due_status(dates, as_of=day)
    booked = situation.next_booking
    checks = _limit_checks(situation, dates, booked, planned_units)
    findings = track_findings(situation, found, status, checks)
    if strict:
        raise_findings(findings)
    timeline = _timeline(situation)
    anchor = situation.anchor
    due = dates.due
    return Forecast(
        as_of=day,
        protocol=protocol.ref,
        policy=situation.policy,
        status=status,
        dates=dates,
        cycle_number=_cycle_number(situation),
        last_session_on=anchor,
        days_since_last=None if anchor is None else (day - anchor).days,
        days_to_due=(due - day).days if due is not None and day <= due else None,
        days_since_due=(day - due).days if due is not None and day >= due else None,
        booking=None
        if booked is None
        else Booking(on=booked.administered_on, session_id=booked.id),
        timeline=timeline,
        phase=None if timeline is None else response_phase(timeline, as_of=day),
        limit_checks=checks,
        findings=findings,
        reasons=date_reasons(situation, found, status),
    )


def _limit_checks(
    situation: Situation,
    dates: DueDates,
    booked: TreatmentSession | None,
    planned_units: Decimal | int | None,
) -> tuple[LimitCheck, ...]:
    if situation.silence in SILENT:
        return ()
    planned = Decimal(0)
    if planned_units is not None:
        planned = Decimal(planned_units)
    elif booked is not None and booked.units is not None:
        planned = booked.units if booked.product is situation.protocol.product else planned
    day: date = situation.as_of
    target = dates.due or dates.earliest
    if booked is not None:
        day = booked.administered_on
    elif target is not None:
        day = max(day, target)
    return checks_on(situation.known, situation.protocol, day, planned)


def _cycle_number(situation: Situation) -> int | None:
    groups = situation.track.groups
    return situation.prior_cycles + len(groups) if groups else None


def _timeline(situation: Situation) -> ResponseTimeline | None:
    """The expected response to the last session; the dead get none."""
    anchor = situation.anchor
    if anchor is None or situation.silence is DueStatus.DECEASED:
        return None
    last = situation.track.groups[-1].parts[-1]
    product = last.product or situation.protocol.product
    versions = situation.shelf.find(last.indication, product) or situation.shelf.versions
    started_on = _course_start(situation)
    return response_timeline(
        anchor, versions[0], course_started_on=started_on, policy=situation.policy
    )


def _course_start(situation: Situation) -> date | None:
    """The course's first session: a prior treatment's, None where that is not known."""
    clock = situation.protocol.clock
    prior = [p for p in situation.record.prior_treatments if p.indication in clock and p.cycles]
    first = situation.track.groups[0].first_on
    if not prior:
        return first
    starts = [p.started_on for p in prior]
    if None in starts:
        return None
    return min(first, *(day for day in starts if day is not None))
