"""Where a track stands, as one flat row without sentences, for lists of many tracks."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from botox_schedule.dates.days import is_within, open_end, shifted
from botox_schedule.engine.cycles import CycleJudgment, last_cycle_findings, last_judgment
from botox_schedule.engine.dates import first_allowed
from botox_schedule.engine.findings import next_look, track_findings
from botox_schedule.engine.holds import joined
from botox_schedule.engine.limits import is_clear, limit_answers, touch_up_findings
from botox_schedule.engine.reading import Reading
from botox_schedule.engine.response import phase_on, timeline_of
from botox_schedule.engine.track import AnyTrack, Track, protocol_of_session, without_protocol
from botox_schedule.engine.tracks import RecordTrack
from botox_schedule.engine.verdict import booking_verdict, day_in_question
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.findings import Finding
from botox_schedule.records.model import TreatmentSession
from botox_schedule.terms import DueStatus, FindingCode, FindingNeeds, Product, ResponsePhase


class Standing(NamedTuple):
    """Where a track stands on a day; the fields mean what a forecast's do.

    Attributes:
        indication: What is treated.
        product: The planned product; None where no protocol is known.
        protocol_id: The protocol of the planned treatment.
        protocol_version: Its version.
        status: Where the day falls among the four dates, or what precedes them.
        phase: What is expected of the response.
        earliest: First allowed day.
        due: First allowed day of the usual range.
        overdue_from: First overdue day.
        lapsed_from: First day on which the patient counts as lapsed.
        typical_on: The day of one statistic or duration; it makes nobody due.
        last_chance_on: The last day before a hold, a discharge, a stricter rule or the end of an
            authorization that is known; None where nothing ends.
        resumes_on: First day after the hold that the track is on.
        review_on: When somebody should review that hold.
        not_before: The day before which a minimum forbids a track that has no dates; None where it
            has dates, and from that day on.
        last_session_on: The day that the dates count from.
        cycle_number: The cycle that the last session opened.
        booked_on: The next booked day.
        codes: The codes of the findings; those about limits only if limits were checked.
        acknowledged: Those of them whose findings somebody has acknowledged.
        judgment: How the last recorded cycle compares with the one before.
        today_keys: The keys of findings that need a person today and are not acknowledged.
    """

    indication: str
    product: Product | None
    protocol_id: str | None
    protocol_version: str | None
    status: DueStatus
    phase: ResponsePhase | None
    earliest: date | None
    due: date | None
    overdue_from: date | None
    lapsed_from: date | None
    typical_on: date | None
    last_chance_on: date | None
    resumes_on: date | None
    review_on: date | None
    not_before: date | None
    last_session_on: date | None
    cycle_number: int | None
    booked_on: date | None
    codes: frozenset[FindingCode]
    acknowledged: frozenset[FindingCode] = frozenset()
    judgment: CycleJudgment | None = None
    today_keys: tuple[str, ...] = ()

    @property
    def pressing(self) -> frozenset[FindingCode]:
        """The codes of findings that need a person today and are not acknowledged."""
        return today_of(self.codes - self.acknowledged)


_TODAY = frozenset(code for code in FindingCode if code.needs is FindingNeeds.TODAY)


def today_of(codes: Iterable[FindingCode]) -> frozenset[FindingCode]:
    """Return the codes that need a person today."""
    return _TODAY.intersection(codes)


_Answer = tuple[ResponsePhase, TreatmentProtocol, SchedulingPolicy]


class Phases:
    """The phase of a day after a session; equal questions are answered once."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        # Each answer keeps its protocol and policy alive, so that no id in a key is reused.
        self._known: dict[tuple[int, int, date, date], _Answer] = {}

    def of(self, track: Track) -> ResponsePhase | None:
        """Return what is expected of the response; None without a session or after a death."""
        last = track.last
        if last is None or track.status is DueStatus.DECEASED:
            return None
        protocol = protocol_of_session(track, last.full_sessions[-1])
        return self.after(last.anchored_on, protocol, track.policy, track.as_of)

    def after(
        self, day: date, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
    ) -> ResponsePhase:
        """Return what is expected on *as_of* of a session on *day*."""
        key = id(protocol), id(policy), day, as_of
        if key not in self._known:
            phase = phase_on(timeline_of(day, protocol, None, policy), as_of)
            self._known[key] = phase, protocol, policy
        return self._known[key][0]


def standing_of(
    reading: Reading,
    found: RecordTrack,
    phases: Phases,
    acknowledged: frozenset[str] = frozenset(),
    *,
    with_limits: bool = False,
) -> Standing:
    """Return where a track of a record stands on the day of its reading.

    Args:
        reading: What is known of the patient.
        found: The track.
        phases: The phases computed so far; new ones are added.
        acknowledged: The keys of findings that somebody has acknowledged.
        with_limits: Whether the booked units are checked against the limits.
    """
    planned = found.track
    track = planned or without_protocol(reading, found.indication)
    dates, booked = track.dates, track.next_booking
    judgment = last_judgment(track)
    told = track_findings(track, last_cycle_findings(track, judgment))
    limits = _about_limits(planned) if planned and with_limits else ()
    return Standing(
        indication=found.indication,
        product=None if planned is None else planned.protocol.product,
        protocol_id=None if planned is None else planned.protocol.id,
        protocol_version=None if planned is None else planned.protocol.version,
        status=track.status,
        phase=None if planned is None else phases.of(planned),
        earliest=None if dates is None else dates.earliest,
        due=None if dates is None else dates.due,
        overdue_from=None if dates is None else dates.overdue_from,
        lapsed_from=None if dates is None else dates.lapsed_from,
        typical_on=None if dates is None else dates.typical_on,
        last_chance_on=last_chance_on(track),
        resumes_on=track.resumes_on,
        review_on=next_look(track),
        not_before=_not_before(track),
        last_session_on=track.anchor,
        cycle_number=track.cycle_number,
        booked_on=None if booked is None else booked.administered_on,
        judgment=judgment,
        **found_in((*found.findings, *told, *limits), acknowledged),
    )


def clear_of(
    track: Track | None, planned: TreatmentSession | None = None, *, with_limits: bool = True
) -> bool | None:
    """Return whether the day of what is planned, else the next day in question, is clear.

    Args:
        track: The track; None where no protocol is known for it.
        planned: What is planned; by default the next booking.
        with_limits: Whether limits are checked; without them no day is clear.
    """
    if track is None:
        return None
    booked = planned or track.next_booking
    day = day_in_question(track, booked)
    checks = limit_answers(track, day, None)[0] if with_limits else ()
    return is_clear(booking_verdict(track, day), checks)


def found_in(findings: Sequence[Finding], acknowledged: frozenset[str]) -> dict[str, Any]:
    """Return what a standing says of its findings."""
    codes = frozenset(finding.code for finding in findings)
    open_ = [finding for finding in findings if finding.key not in acknowledged]
    today = {finding.key for finding in open_ if finding.needs is FindingNeeds.TODAY}
    return {
        "codes": codes,
        "acknowledged": codes.difference(finding.code for finding in open_),
        "today_keys": tuple(sorted(today)),
    }


def _about_limits(track: Track) -> tuple[Finding, ...]:
    booked, told = track.next_booking, touch_up_findings(track)
    return told if booked is None else told + limit_answers(track, booked.administered_on, None)[1]


def _not_before(track: AnyTrack) -> date | None:
    if track.rules is None or track.status is not DueStatus.NO_INTERVAL:
        return None
    deciding = track.rules.on(track.as_of).deciding
    return None if deciding is None or deciding.gives <= track.as_of else deciding.gives


def last_chance_on(track: AnyTrack) -> date | None:
    """Return the last day of the next unbroken run of days on which the patient may come.

    A known hold, a discharge, a stricter rule, or the end of the authorization ends it; None
    where nothing does, or no day is allowed.
    """
    if track.rules is None or track.dates is None or track.dates.earliest is None:
        return None
    earliest = track.dates.earliest
    # The run of days that gives the earliest one has a free day from as_of on.
    first = first_allowed(track.rules, track.holds, max(track.as_of, earliest)) or earliest
    period = track.rules.period_of(first)
    last = [] if period is None or period.last is None else [period.last]
    last += [shifted(begin, -1) for begin, _ in track.holds.spans if begin > first]
    # A renewal that begins on the day after continues what it renews.
    approved = [a.valid for a in track.rules.facts.approved]
    covered = joined((valid.first, open_end(valid.last)) for valid in approved)
    last += [end for begin, end in covered if end is not None and is_within(begin, first, end)]
    return min(last, default=None)
