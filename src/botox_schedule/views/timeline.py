"""The cycles of a patient as one dated ribbon, in SVG without any dependency."""

from collections.abc import Iterable, Sequence
from datetime import date

from botox_schedule import (
    CycleTiming,
    DueStatus,
    Forecast,
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    forecast,
    response_timeline,
    treatment_cycles,
)
from botox_schedule.engine import TreatmentCycle
from botox_schedule.views.chart import Band, Lane, Line, Mark, Ribbon, draw
from botox_schedule.views.lanes import due_parts, legend, response_bands


def timeline_svg(
    record: PatientRecord,
    protocols: TreatmentProtocol | Sequence[TreatmentProtocol],
    *,
    as_of: date | str,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    title: str = "Treatment cycles",
    width: int = 860,
) -> str:
    """Return the cycles of a record as an SVG picture, one lane for each treatment.

    It shows sessions and whether they were on time, holds, the expected response to each
    session, the due window, the first overdue day, the booking and the day of the question.
    Neither ids nor free text of the record are in it.

    Args:
        record: What happened.
        protocols: The treatments, from above; each with its own clock.
        as_of: The day up to which records are known.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        title: The accessible name of the picture.
        width: In pixels; it shrinks where less room is left.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> svg = timeline_svg(record, find_protocol("chronic-migraine"), as_of="2026-02-20")
    >>> svg.startswith("<svg "), "due: 2026-03-30 to 2026-04-06" in svg
    (True, True)
    """
    wanted = [protocols] if isinstance(protocols, TreatmentProtocol) else list(protocols)
    others = tuple(other_protocols)
    lanes, sentences = [], []
    day: date | None = None
    for protocol in wanted:
        found = forecast(record, protocol, as_of=as_of, policy=policy, other_protocols=others)
        cycles = treatment_cycles(
            record, protocol, as_of=as_of, policy=policy, other_protocols=others
        )
        lane = _lane(record, protocol, found, cycles, policy)
        lanes.append(lane)
        sentences.append(_sentence(lane.title, found, cycles))
        day = found.as_of
    now = None if day is None else Line(day, f"as of {day}", dashed=False)
    return draw(Ribbon(title, " ".join(sentences), lanes, now, legend(lanes), width))


def _lane(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    found: Forecast,
    cycles: Sequence[TreatmentCycle],
    policy: SchedulingPolicy | None,
) -> Lane:
    bands = [*_holds(record, protocol, found.as_of), *_response(protocol, found, cycles, policy)]
    due, lines = due_parts(found.dates)
    title = f"{protocol.indication.replace('-', ' ')}, {protocol.product}: {_said(found.status)}"
    return Lane(title, bands + due, list(_marks(record, protocol, found, cycles)), lines)


def _said(status: DueStatus) -> str:
    return status.value.replace("_", " ")


def _holds(record: PatientRecord, protocol: TreatmentProtocol, as_of: date) -> Iterable[Band]:
    for hold in record.holds:
        concerned = hold.indication is None or hold.indication in protocol.clock
        if concerned and hold.first <= as_of:
            last = max(hold.last or as_of, hold.first)
            until = hold.last or "open"
            yield Band("held", hold.first, last, f"on hold: {hold.first} to {until}")


def _response(
    protocol: TreatmentProtocol,
    found: Forecast,
    cycles: Sequence[TreatmentCycle],
    policy: SchedulingPolicy | None,
) -> Iterable[Band]:
    """The expected response to each session, as far as the next session leaves it."""
    if found.status is DueStatus.DECEASED:
        return
    for number, cycle in enumerate(cycles):
        following = cycles[number + 1].first_on if number + 1 < len(cycles) else None
        current = found.timeline if following is None else None
        timeline = current or response_timeline(cycle.anchored_on, protocol, policy=policy)
        yield from response_bands(timeline, f", cycle {cycle.number}", following)


def _marks(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    found: Forecast,
    cycles: Sequence[TreatmentCycle],
) -> Iterable[Mark]:
    for cycle in cycles:
        kind = "full"
        if cycle.timing in {CycleTiming.EARLY, CycleTiming.EARLY_WITHIN_TOLERANCE}:
            kind = "early"
        elif cycle.timing is CycleTiming.LATE:
            kind = "late"
        words = "" if cycle.timing is None else f", {_timing(cycle)}"
        yield Mark(kind, cycle.anchored_on, f"cycle {cycle.number}: {cycle.anchored_on}{words}")
    if found.booking is not None:
        yield Mark("booked", found.booking.on, f"booked: {found.booking.on}")
    for session in record.sessions:
        if (
            session.kind == "touch_up"
            and session.status == "completed"
            and session.indication in protocol.clock
            and session.administered_on <= found.as_of
        ):
            yield Mark("touch_up", session.administered_on, f"touch-up: {session.administered_on}")


def _timing(cycle: TreatmentCycle) -> str:
    words = str(cycle.timing).replace("_", " ")
    by = cycle.short_by_days or cycle.late_by_days
    return f"{words} by {by} days" if by else words


def _sentence(title: str, found: Forecast, cycles: Sequence[TreatmentCycle]) -> str:
    dates = found.dates
    parts = [f"{title}, {len(cycles)} cycles"]
    if cycles:
        parts.append(f"last session {cycles[-1].anchored_on}")
    if dates.due is not None:
        parts.append(f"due {dates.due}, overdue from {dates.overdue_from}")
    return "; ".join(parts) + "."
