"""Treatment cycles as an iCalendar file (RFC 5545 and 7986), with the extra ``ical``.

Everything is an all-day event, one for each cycle and one for each window of the response. No
summary says who is treated, with what, or for what.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum, unique
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid5

from icalendar import Alarm, Calendar, Event, vDuration, vText, vUri
from icalendar.parser import Contentlines
from pydantic import BaseModel, Field, StringConstraints

from botox_schedule import (
    DayError,
    DueStatus,
    ExchangeError,
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

__all__ = ["CalendarEvent", "EventKind", "EventStatus", "events_from_record", "ical_from_events"]

_PRODUCER = "-//botox_schedule//treatment cycles//EN"
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


class CalendarEvent(BaseModel, frozen=True, extra="forbid", defer_build=True):
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


class _Options(BaseModel, frozen=True, hide_input_in_errors=True, defer_build=True):
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
        _trigger(alarm)
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


def ical_from_events(
    events: Iterable[CalendarEvent],
    *,
    stamped_at: datetime,
    sequence: int = 0,
    previous: bytes | str | None = None,
    name: str | None = None,
    color: str | None = None,
    refresh_every: timedelta | None = None,
    source: str | None = None,
) -> bytes:
    """Return an iCalendar file of the events; the same input gives the same bytes.

    With the *previous* export, an event that did not change stays as it was, byte for byte; one
    that did gets the new stamp and a higher SEQUENCE; one that is gone is cancelled.

    Args:
        events: Such as those of ``events_from_record``; of one patient or of many.
        stamped_at: The moment of the export, an aware datetime; written in UTC.
        sequence: The revision of new and changed events, from 0 on; a changed event gets at
            least one more than it had.
        previous: The file of the last export.
        name: The calendar's name (RFC 7986).
        color: A color name of CSS 3 (RFC 7986).
        refresh_every: How often to look for a newer file (RFC 7986).
        source: Where the file is found (RFC 7986).

    Raises:
        DayError: When *stamped_at* has no time zone.
        ExchangeError: When two events have one UID, or *previous* is not such a file.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> events = events_from_record(
    ...     record, find_protocol("chronic-migraine"), key="k-1", as_of="2026-02-01"
    ... )
    >>> text = ical_from_events(events, stamped_at=datetime(2026, 2, 1, tzinfo=UTC)).decode()
    >>> [line for line in text.splitlines() if line.startswith("DT")][-3:]
    ['DTSTART;VALUE=DATE:20260330', 'DTEND;VALUE=DATE:20260407', 'DTSTAMP:20260201T000000Z']
    """
    stamp = _stamp(stamped_at)
    if sequence < 0:
        raise ExchangeError("sequence is negative; give a number from 0 on")
    calendar = _calendar(name, color, refresh_every, source)
    known = {} if previous is None else _known_events(previous)
    seen: set[str] = set()
    for event in events:
        if event.uid in seen:
            raise ExchangeError("two events have one UID; give each patient a key of its own")
        seen.add(event.uid)
        calendar.add_component(_revised(event, stamp, sequence, known.get(event.uid)))
    for uid, old in known.items():
        if uid not in seen:
            calendar.add_component(_taken_back(uid, old, stamp, sequence))
    return bytes(calendar.to_ical())


def _stamp(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise DayError("stamped_at: give an aware datetime; this one has no time zone")
    return moment.astimezone(UTC).replace(microsecond=0)


def _calendar(
    name: str | None, color: str | None, refresh_every: timedelta | None, source: str | None
) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name is not None:
        calendar["NAME"] = calendar["X-WR-CALNAME"] = vText(name)
    if color is not None:
        calendar["COLOR"] = vText(color)
    if refresh_every is not None:
        calendar["REFRESH-INTERVAL"] = _typed(vDuration(refresh_every), "DURATION")
    if source is not None:
        calendar["SOURCE"] = _typed(vUri(source), "URI")
    return calendar


def _typed(value: Any, kind: str) -> Any:
    """RFC 7986 asks for the type of these values beside them."""
    value.params["VALUE"] = kind
    return value


def _vevent(event: CalendarEvent, stamp: datetime, sequence: int) -> Event:
    """Return the VEVENT; its DTEND is exclusive, our windows are not."""
    found = Event()
    found["UID"] = vText(event.uid)
    found.add("dtstamp", stamp)
    found.add("dtstart", event.window.first)
    found.add("dtend", event.window.last + _ONE_DAY)
    found.add("sequence", sequence)
    found["SUMMARY"] = vText(event.summary)
    found["STATUS"] = vText(event.status)
    found["TRANSP"] = vText("TRANSPARENT")
    found["CLASS"] = vText("PRIVATE")
    for alarm in event.alarms:
        found.add_component(_alarm(event.summary, alarm))
    return found


def _alarm(summary: str, before: Interval) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm["DESCRIPTION"] = vText(summary)
    alarm["TRIGGER"] = vDuration(-_trigger(before))
    return alarm


def _trigger(before: Interval) -> timedelta:
    shortest, longest = before.day_bounds
    if shortest != longest or shortest < 0:
        raise ExchangeError("an alarm is given in weeks and days, such as '2 weeks'")
    return timedelta(days=shortest)


class _Known(NamedTuple):
    """An event of an earlier export."""

    window: Window
    stamp: datetime
    sequence: int
    summary: str
    is_cancelled: bool
    written: bytes
    component: Any


def _revised(event: CalendarEvent, stamp: datetime, sequence: int, old: _Known | None) -> Event:
    """The event as it was, if nothing changed; else with the new stamp and a higher sequence."""
    if old is None:
        return _vevent(event, stamp, sequence)
    if event.status is EventStatus.CANCELLED:
        event = event.model_copy(update={"window": old.window})
    as_before = _vevent(event, old.stamp, old.sequence)
    if as_before.to_ical() == old.written:
        return as_before
    return _vevent(event, stamp, max(sequence, old.sequence + 1))


def _taken_back(uid: str, old: _Known, stamp: datetime, sequence: int) -> Any:
    if old.is_cancelled:
        return old.component
    event = CalendarEvent(
        uid=uid,
        kind=EventKind.DUE,
        window=old.window,
        status=EventStatus.CANCELLED,
        summary=old.summary,
    )
    return _vevent(event, stamp, max(sequence, old.sequence + 1))


def _known_events(previous: bytes | str) -> dict[str, _Known]:
    """The events of an earlier export, by UID.

    Raises:
        ExchangeError: When it is not an export of ours; the message names the line.
    """
    try:
        calendar: Any = Calendar.from_ical(previous)
        ours = calendar.get("PRODID") == _PRODUCER
        events = {str(event["UID"]): _known(event) for event in calendar.walk("VEVENT")}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        where = _where(previous)
        raise ExchangeError(f"the previous export is not an iCalendar file: {where}") from None
    if not ours:
        raise ExchangeError("the previous export was not written by botox_schedule: see PRODID")
    return events


def _known(event: Any) -> _Known:
    return _Known(
        window=Window(first=event["DTSTART"].dt, last=event["DTEND"].dt - _ONE_DAY),
        stamp=_stamp(event["DTSTAMP"].dt),
        sequence=int(event.get("SEQUENCE", 0)),
        summary=str(event.get("SUMMARY", "")),
        is_cancelled=event.get("STATUS") == EventStatus.CANCELLED,
        written=bytes(event.to_ical()),
        component=event,
    )


def _where(text: bytes | str) -> str:
    for number, fault in enumerate(_faults(text), start=1):
        if fault:
            return f"line {number} is not 'NAME:value'"
    return "expected BEGIN:VCALENDAR, and in each VEVENT a UID, DTSTAMP, and DTSTART and DTEND as dates"


def _faults(text: bytes | str) -> Iterator[bool]:
    for line in Contentlines.from_ical(text):  # type: ignore[no-untyped-call]
        try:
            if line:
                line.parts()
        except ValueError:
            yield True
        else:
            yield False
