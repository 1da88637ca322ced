"""The whole answer for one track on a day."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import chain

from pydantic import Field

from botox_schedule.dates.days import Day, days_text, shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.engine.cycles import judged_findings
from botox_schedule.engine.dates import DueDates, due_dates_of, unbroken
from botox_schedule.engine.findings import next_look, track_findings
from botox_schedule.engine.limits import (
    LimitCheck,
    is_clear,
    limit_answers,
    limits_in_words,
    touch_up_findings,
)
from botox_schedule.engine.reasons import DateReason, date_reasons
from botox_schedule.engine.response import (
    FEWEST_CYCLES,
    ObservedResponse,
    ResponseTimeline,
    phase_on,
    timeline_of,
)
from botox_schedule.engine.track import (
    AnyTrack,
    Track,
    day_in_question,
    last_treatment,
)
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import ProtocolRef
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.model import TreatmentSession
from botox_schedule.terms import DueStatus, FindingCode, FindingNeeds, Product, ResponsePhase
from botox_schedule.values import Value, made, notebook_html, of_kind

_OTHER_SESSIONS_DAYS = 112


class Booking(Value, frozen=True):
    """The next booked session of the track.

    Attributes:
        on: The booked day.
        session_id: Its id.
    """

    on: Day
    session_id: str | None = Field(default=None, repr=False)


class OtherSession(Value, frozen=True):
    """A session of another clock of the patient.

    Attributes:
        on: Its day.
        indication: What was treated.
        product: What was given; None where unknown.
        units: Units given; None where unknown.
    """

    on: Day
    indication: str
    product: Product | None
    units: Decimal | None


class ForecastSummary(Value, frozen=True):
    """A forecast as one flat table, made for JSON interfaces.

    Attributes:
        as_of: The day for which the question was asked.
        indication: What is treated.
        product: The planned product; None where no protocol is known.
        protocol_id: The protocol of the planned treatment.
        protocol_version: Its version.
        status: Where the day falls among the four dates, or what precedes them.
        phase: What is expected of the response on the day.
        earliest: First allowed day.
        due: First allowed day of the usual range.
        last_due_on: Last due day before ``overdue_from``, a hold, a discharge or the end of what the
            rules allow; None where nothing ends the due days. Stored answers of 0.1.0 lack it.
        overdue_from: First overdue day.
        lapsed_from: First day on which the patient counts as lapsed.
        typical_on: The day of one statistic or duration; it makes nobody due.
        resumes_on: First day after the hold that the track is on.
        last_session_on: The day that the dates count from.
        days_since_last: Days since that day.
        days_to_due: Days until the due day, 0 on it; None once it has passed.
        days_since_due: Days since the due day, 0 on it; None before it.
        cycle_number: The cycle that the last session opened.
        booked_on: The next booked day.
        clear: Whether the booked day, else the due or earliest day (never before *as_of*), is
            allowed and every recorded limit was checked with units and met; None where a person
            must decide, a limit was not checked, or none is recorded.
        findings: The codes of the findings.
        today: The codes of the findings that need a person today.
    """

    as_of: Day
    indication: str
    product: str | None
    protocol_id: str | None
    protocol_version: str | None
    status: DueStatus
    phase: ResponsePhase | None
    earliest: Day | None
    due: Day | None
    last_due_on: Day | None = None
    overdue_from: Day | None
    lapsed_from: Day | None
    typical_on: Day | None
    resumes_on: Day | None
    last_session_on: Day | None
    days_since_last: int | None
    days_to_due: int | None
    days_since_due: int | None
    cycle_number: int | None
    booked_on: Day | None
    clear: bool | None
    findings: tuple[FindingCode, ...]
    today: tuple[FindingCode, ...]


class Forecast(Value, frozen=True):
    """Where a track stands on a day, and why.

    Attributes:
        as_of: The day for which the question was asked.
        indication: What is treated.
        protocol: The protocol of the planned treatment; None where none is known.
        policy: What the clinic or payer chose.
        status: Where the day falls among the four dates, or what precedes them.
        dates: The four dates; on a hold with a known end those of the first day after it.
        due_window: The days from ``due`` to the day before ``overdue_from`` that nothing breaks:
            no hold, no discharge, no end of what the rules allow. None without both ends.
        resumes_on: The first day after the hold that the track is on; None off hold or on an open
            hold.
        review_on: When somebody should review the hold that the track is on.
        cycle_number: The cycle that the last session opened; None without a session.
        last_session_on: The anchor of that cycle.
        days_since_last: Days since the anchor.
        days_to_due: Days until the due day, 0 on it; None once it has passed.
        days_since_due: Days since the due day, 0 on it; None before it.
        booking: The next booked session, or None.
        timeline: The expected response to the last session.
        phase: What is expected on the day; from the second cycle on ``latent`` does not mean
            that there is no effect.
        observed: The patient's own response, where it was given; it moves no date.
        clear: Whether the booking's day, else the due or earliest day (never before *as_of*), is
            allowed and every recorded limit was checked with units and met; None where a person
            must decide, a limit was not checked, or none is recorded.
        limit_checks: The dose limits on that day.
        other_sessions: Sessions of the patient's other clocks in the last 16 weeks.
        findings: What a person should look at.
        reasons: Why each of the four dates is what it is, by its name.
    """

    as_of: Day
    indication: str = ""
    protocol: ProtocolRef | None
    policy: SchedulingPolicy
    status: DueStatus
    dates: DueDates
    due_window: Window | None = None
    resumes_on: Day | None = None
    review_on: Day | None = None
    cycle_number: int | None = None
    last_session_on: Day | None = None
    days_since_last: int | None = None
    days_to_due: int | None = None
    days_since_due: int | None = None
    booking: Booking | None = None
    timeline: ResponseTimeline | None = None
    phase: ResponsePhase | None = None
    observed: ObservedResponse | None = None
    clear: bool | None = None
    limit_checks: tuple[LimitCheck, ...] = ()
    other_sessions: tuple[OtherSession, ...] = ()
    findings: tuple[Finding, ...] = ()
    reasons: dict[str, DateReason]

    def __hash__(self) -> int:
        """Equal forecasts have one hash; a table of reasons has none."""
        return hash((self.as_of, self.protocol, self.policy, self.dates, self.findings))

    def _repr_html_(self) -> str:
        """Return a picture and a table for a notebook."""
        return notebook_html("forecast_html", self)

    def explain(self) -> str:
        """Return why each date is what it is, as text that can be quoted."""
        lines, dates = [f"status {self.status} as of {self.as_of}"], self.dates
        if self.resumes_on is not None:
            dated = "the dates are those of" if any(dates.boundaries) else "nothing is dated for"
            lines.append(f"on hold; {dated} {self.resumes_on}, the first day after it")
        lines += [str(reason) for reason in self.reasons.values()]
        if (days := broken_days(self.due_window, dates)) is not None:
            lines.append(f"due days that nothing breaks: {days}")
        if dates.typical_on is not None:
            typical = f"typical day {dates.typical_on}: {dates.typical_words}"
            lines.append(f"{typical}; it makes nobody due")
        lines += _late_booking(self.booking, dates)
        lines += _own_response(self.observed, self.timeline)
        if self.protocol is not None and not self.status.ends_care:
            lines.append(f"units: {limits_in_words(self.limit_checks, self.protocol.product)}")
        lines += [f"finding {finding}" for finding in self.findings]
        return "\n".join(lines)

    __str__ = explain

    def summary(self) -> ForecastSummary:
        """Return the answer as one flat table, for a JSON interface."""
        protocol, booking = self.protocol, self.booking
        known = dict(self.dates) | dict(self)
        known |= {
            "product": None if protocol is None else protocol.product,
            "protocol_id": None if protocol is None else protocol.id,
            "protocol_version": None if protocol is None else protocol.version,
            "booked_on": None if booking is None else booking.on,
            "last_due_on": None if self.due_window is None else self.due_window.last,
            "findings": [finding.code for finding in self.findings],
            "today": [f.code for f in self.findings if f.needs is FindingNeeds.TODAY],
        }
        return ForecastSummary(**{name: known[name] for name in ForecastSummary.model_fields})


def forecast_of(
    track: AnyTrack,
    planned: Decimal | None = None,
    besides: tuple[Finding, ...] = (),
    observed: ObservedResponse | None = None,
) -> Forecast:
    """Return where a track stands on its day.

    Args:
        track: The track.
        planned: Units planned for the next session; by default those of the booking.
        besides: Findings about how the question was asked.
        observed: The patient's own response.
    """
    dates, booked, timeline = dates_of(track), track.next_booking, timeline_of_track(track)
    day, as_of = day_in_question(track, booked), track.as_of
    checks, told = limit_answers(track, day, planned)
    return made(
        Forecast,
        as_of=as_of,
        indication=track.indication,
        protocol=track.ref,
        policy=track.policy,
        status=track.status,
        dates=dates,
        due_window=due_window(track),
        resumes_on=track.resumes_on,
        review_on=next_look(track),
        cycle_number=track.cycle_number,
        last_session_on=track.anchor,
        days_since_last=_days_between(track.anchor, as_of),
        days_to_due=_days_between(as_of, dates.due),
        days_since_due=_days_between(dates.due, as_of),
        booking=_booking_of(booked),
        timeline=timeline,
        phase=None if timeline is None else phase_on(timeline, as_of),
        observed=observed,
        clear=is_clear(track, day, checks),
        limit_checks=checks,
        other_sessions=_other_sessions(track),
        findings=_findings(track, besides, told, observed),
        reasons=date_reasons(track),
    )


def _findings(
    track: AnyTrack,
    besides: Iterable[Finding],
    about_limits: Iterable[Finding],
    observed: ObservedResponse | None,
) -> tuple[Finding, ...]:
    """All findings of a forecast, each once."""
    of_track = track_findings(track, judged_findings(track))
    found = (of_track, about_limits, touch_up_findings(track))
    return tuple(dict.fromkeys(chain(besides, *found, _early_ends(observed, track))))


_OBSERVED = "observed: give an ObservedResponse, as outcomes.observed_response returns it"


def broken_days(days: Window | None, dates: DueDates) -> Window | None:
    """The due days where something breaks them: those who read the four dates would not know."""
    if days is None or dates.due is None:
        return None
    is_whole = days.first == dates.due and shifted(days.last, 1) == dates.overdue_from
    return None if is_whole else days


def _late_booking(booking: Booking | None, dates: DueDates) -> list[str]:
    """How late a booking is from the first overdue day on; nothing before."""
    due, overdue_from = dates.due, dates.overdue_from
    if booking is None or due is None or overdue_from is None or booking.on < overdue_from:
        return []
    return [f"booked for {booking.on}, {days_text((booking.on - due).days)} after the due day"]


def _own_response(
    observed: ObservedResponse | None, timeline: ResponseTimeline | None
) -> Iterator[str]:
    """The patient's own days next to the window that the protocol states."""
    for name in ("onset", "wear_off"):
        days = getattr(observed, name, None)
        if days is not None:
            stated = getattr(timeline, name, None) or "nothing"
            yield f"{name.replace('_', '-')}: the protocol states {stated}; {days}"


def _days_between(first: date | None, last: date | None) -> int | None:
    """The days from *first* to *last*; None where one is unknown or they are not in that order."""
    return None if first is None or last is None or first > last else (last - first).days


def _booking_of(session: TreatmentSession | None) -> Booking | None:
    if session is None:
        return None
    return made(Booking, on=session.administered_on, session_id=session.id)


def _early_ends(observed: ObservedResponse | None, track: AnyTrack) -> Iterator[Finding]:
    """Yield a finding if the effect ended before the interval in several cycles."""
    if observed is None:
        return
    wear_off = of_kind(observed, ObservedResponse, _OBSERVED).wear_off
    interval = _interval_days(track)
    if wear_off is None or interval is None:
        return
    short = [interval - days for days in wear_off.days if days < interval]
    if len(short) >= FEWEST_CYCLES:
        span = days_text(min(short), max(short))
        message = f"the effect ended {span} before the interval in {len(short)} cycles"
        yield make_finding(FindingCode.EFFECT_ENDS_EARLY, message)


def _interval_days(track: AnyTrack) -> int | None:
    """Days from the last session to the first usual day, else to the minimum; holds ignored."""
    dates, anchor = track.dates, track.anchor
    if dates is None or anchor is None:
        return None
    if dates.window is not None:
        return (dates.window.first - anchor).days
    deciding = dates.rules.deciding
    return None if deciding is None else (deciding.gives - anchor).days


def dates_of(track: AnyTrack) -> DueDates:
    """Return the dates of a track as an answer."""
    if track.dates is None or not isinstance(track, Track):
        return DueDates(protocol=track.ref)
    return due_dates_of(track.dates, track.protocol)


def due_window(track: AnyTrack) -> Window | None:
    """Return the due days that nothing breaks, around the due day or, once it is past, today."""
    dates = track.dates
    if dates is None or dates.due is None:
        return None
    last = date.max if dates.overdue_from is None else shifted(dates.overdue_from, -1)
    day = max(dates.due, track.resumes_on or track.as_of)
    days = unbroken(track.rules, track.holds, dates.due, last, day)
    return None if days.last == date.max else days


def _other_sessions(track: AnyTrack) -> tuple[OtherSession, ...]:
    as_of = track.as_of
    return tuple(
        made(
            OtherSession,
            on=s.administered_on,
            indication=s.indication,
            product=s.product,
            units=s.units,
        )
        for s in track.history.completed
        if s.indication not in track.clock
        and (as_of - s.administered_on).days < _OTHER_SESSIONS_DAYS
    )


def timeline_of_track(track: AnyTrack) -> ResponseTimeline | None:
    """Return the expected response to the last session; None without one or after a death.

    It is that of the product and the indication given, in the version in force on that day.
    """
    given = last_treatment(track)
    return given and timeline_of(*given, course_start(track), track.policy)


def course_start(track: AnyTrack) -> date | None:
    """Return the course's first day: elsewhere or here, None where that is unknown."""
    first_here = track.cycles[0].first_on if track.cycles else None
    if not track.prior.cycles and not track.prior.last_sessions:
        return first_here
    started_on = track.prior.started_on
    if started_on is None or first_here is None:
        return started_on
    return min(started_on, first_here)
