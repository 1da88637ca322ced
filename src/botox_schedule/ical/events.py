"""The events of a record: past cycles, the next sessions, the expected response."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import Field, StringConstraints

from botox_schedule import (
    DueStatus,
    Forecast,
    Interval,
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    Window,
    forecast,
    project,
    treatment_cycles,
)
from botox_schedule.errors import ExchangeError
from botox_schedule.values import PatientValue, Value

_NAMESPACE = UUID("5f6d1c1e-3f0b-5b8e-9d27-6c2a2f4b7f10")
_ONE_DAY = timedelta(days=1)
_SILENT = frozenset({DueStatus.DECEASED, DueStatus.DISCONTINUED, DueStatus.ON_HOLD})
_RESPONSE = ("onset", "peak", "wear_off")


@unique
class EventKind(StrEnum):
    """What an event of the calendar stands for."""

    SESSION = "session"
    """A session that was given."""
    BOOKING = "booking"
    """The next session, on the day it is booked."""
    DUE = "due"
    """The days on which a session is due."""
    EARLIEST = "earliest"
    """The first day on which the next session is allowed, where no due day is stated."""
    ONSET = "onset"
    PEAK = "peak"
    WEAR_OFF = "wear_off"


@unique
class EventStatus(StrEnum):
    """The status of an event, in the words of RFC 5545."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


_SUMMARIES = {
    EventKind.SESSION: "Appointment",
    EventKind.BOOKING: "Appointment",
    EventKind.DUE: "Appointment due",
    EventKind.EARLIEST: "Appointment possible from this day on",
    EventKind.ONSET: "The effect may begin",
    EventKind.PEAK: "The effect may be at its peak",
    EventKind.WEAR_OFF: "The effect may wear off",
}


class CalendarEvent(Value, frozen=True):
    """One all-day event.

    Attributes:
        uid: The same for the same key, clock, cycle and kind of event, whatever its days.
        kind: What it stands for.
        window: Its days; both ends belong to it.
        status: ``CANCELLED`` takes an earlier export's event back.
        summary: What the calendar shows.
        alarms: How long before its first day it reminds, in weeks and days.
    """

    uid: str
    kind: EventKind
    window: Window
    status: EventStatus
    summary: str
    alarms: tuple[Interval, ...] = ()


_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Options(PatientValue, frozen=True):
    key: _Text
    summaries: dict[EventKind, _Text]
    alarms: tuple[Interval, ...]
    count: Annotated[int, Field(ge=1, le=100)]


def events_from_record(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    key: str,
    as_of: date | str,
    count: int = 1,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    summaries: Mapping[EventKind | str, str] | None = None,
    alarms: Iterable[Interval | str] = (),
) -> tuple[CalendarEvent, ...]:
    """Return the events of one track: past cycles, the next sessions, the expected response.

    The next session is its booking where it has one, else the days from ``due`` to the eve of
    ``overdue_from``. While the track is on hold or has ended, what lies ahead is cancelled.

    Args:
        record: What happened.
        protocol: The planned treatment.
        key: The caller's key of the patient; with the clock and the cycle it makes each UID.
            Give one that says nothing to others: who knows the key can make the same UID.
        as_of: The day up to which records are known.
        count: How many sessions ahead, from 1 to 100.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        summaries: Texts in place of the neutral English ones, by kind.
        alarms: When to remind before a session ahead, such as ``"2 weeks"``.

    Raises:
        ExchangeError: When an alarm is given in months or is negative.
        ValidationError: When key, count or summaries are not as said.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> events = events_from_record(
    ...     record, find_protocol("chronic-migraine"), key="k-1", as_of="2026-02-01"
    ... )
    >>> [(str(event.kind), str(event.window)) for event in events]
    [('session', '2026-01-05 to 2026-01-05'), ('onset', '2026-01-19 to 2026-01-26'), ('wear_off', '2026-03-02 to 2026-03-30'), ('due', '2026-03-30 to 2026-04-06')]
    """
    options = _Options.model_validate(
        {"key": key, "summaries": summaries or {}, "alarms": tuple(alarms), "count": count}
    )
    others = tuple(other_protocols)
    for alarm in options.alarms:
        trigger_of(alarm)
    found = forecast(record, protocol, as_of=as_of, policy=policy, other_protocols=others)
    maker = _Maker(options, protocol, found)
    cycles = treatment_cycles(record, protocol, as_of=as_of, policy=policy, other_protocols=others)
    for cycle in cycles:
        days = Window(first=cycle.first_on, last=cycle.anchored_on)
        maker.add(cycle.number, EventKind.SESSION, days)
    maker.add_response()
    sessions = project(
        record, protocol, as_of=as_of, count=count, policy=policy, other_protocols=others
    )
    maker.add_ahead([Window(first=s.target, last=s.window.last) for s in sessions])
    return tuple(sorted(maker.events, key=lambda event: (event.window.first, event.uid)))


class _Maker:
    """Collects the events of one track."""

    def __init__(self, options: _Options, protocol: TreatmentProtocol, found: Forecast) -> None:
        self.options = options
        self.protocol = protocol
        self.clock = min(protocol.clock)
        self.found = found
        self.is_silent = found.status in _SILENT
        self.events: list[CalendarEvent] = []

    def add(self, cycle: int, kind: EventKind, window: Window, *, ahead: bool = False) -> None:
        """Add the event of a cycle; *ahead* says that it has not happened yet."""
        given = kind in {EventKind.SESSION, EventKind.BOOKING}
        status = EventStatus.CONFIRMED if given else EventStatus.TENTATIVE
        if ahead and self.is_silent:
            status = EventStatus.CANCELLED
        part = kind.value if kind.value in _RESPONSE else "session"
        reminds = ahead and part == "session" and not self.is_silent
        self.events.append(
            CalendarEvent(
                uid=str(uuid5(_NAMESPACE, f"{self.options.key}|{self.clock}|{cycle}|{part}")),
                kind=kind,
                window=window,
                status=status,
                summary=self.options.summaries.get(kind, _SUMMARIES[kind]),
                alarms=self.options.alarms if reminds else (),
            )
        )

    def add_response(self) -> None:
        """Add the windows of the response to the last session."""
        cycle, timeline = self.found.cycle_number, self.found.timeline
        if cycle is None:
            return
        for name in _RESPONSE:
            window = None if timeline is None else getattr(timeline, name)
            stated = getattr(self.protocol.response, name) is not None
            if window is None and self.is_silent and stated:
                window = self._today
            if window is not None:
                self.add(cycle, EventKind(name), window, ahead=True)

    def add_ahead(self, projected: list[Window]) -> None:
        """Add the sessions ahead, or what cancels them."""
        last = self.found.cycle_number or 0
        if self.is_silent:
            for number in range(1, self.options.count + 1):
                self.add(last + number, EventKind.DUE, self._today, ahead=True)
            return
        following = self._next()
        if following is not None:
            self.add(last + 1, *following, ahead=True)
        for number, window in enumerate(projected[1:], start=2):
            self.add(last + number, EventKind.DUE, window, ahead=True)

    def _next(self) -> tuple[EventKind, Window] | None:
        dates, booking = self.found.dates, self.found.booking
        if booking is not None:
            return EventKind.BOOKING, Window(first=booking.on, last=booking.on)
        if dates.due is not None and dates.overdue_from is not None:
            return EventKind.DUE, Window(first=dates.due, last=dates.overdue_from - _ONE_DAY)
        if dates.earliest is not None:
            return EventKind.EARLIEST, Window(first=dates.earliest, last=dates.earliest)
        return None

    @property
    def _today(self) -> Window:
        return Window(first=self.found.as_of, last=self.found.as_of)


def trigger_of(before: Interval) -> timedelta:
    """Return how long before an event an alarm rings.

    Raises:
        ExchangeError: When it is given in months or is negative.
    """
    shortest, longest = before.day_bounds
    if shortest != longest or shortest < 0:
        raise ExchangeError("an alarm is given in weeks and days, such as '2 weeks'")
    return timedelta(days=shortest)
