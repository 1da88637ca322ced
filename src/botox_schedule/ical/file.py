"""Events as an iCalendar file, as a revision of an earlier one where there is one."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Alarm, Calendar, Event, vDuration, vText, vUri
from icalendar.parser import Contentlines

from botox_schedule.dates import Interval, Window
from botox_schedule.dates.days import is_moment, shifted
from botox_schedule.errors import CalendarRangeError, DayError, ExchangeError
from botox_schedule.ical.events import (
    SUMMARIES,
    SUMMARIES_FOR_SOME,
    CalendarEvent,
    EventKind,
    EventStatus,
    trigger_of,
)
from botox_schedule.values import all_of_kind, is_whole, of_kind

_PRODUCER = "-//botox_schedule//treatment cycles//EN"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE_END = re.compile(r"\r?\n")
_MOST_SEQUENCE = 2**31 - 1
_EVENTS = "events: give a list of events, as events_from_record returns them"
_PREVIOUS = "previous: give the content of the last export, as ical_from_events returned it"
_REFRESH = "refresh_every: give a timedelta, such as timedelta(days=1)"


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
        previous: The file of the last export. Only what this library writes is copied from it,
            never the summary of somebody else's event.
        name: The calendar's name (RFC 7986).
        color: A color name of CSS 3 (RFC 7986).
        refresh_every: How often to look for a newer file (RFC 7986); Outlook reads it too.
        source: Where the file is found (RFC 7986).

    Raises:
        DayError: When *stamped_at* has no time zone.
        ExchangeError: When two events have one UID, *previous* is not such a file or was cut
            short, a text has control characters, or a number is out of range.
        CalendarRangeError: When an event ends on the last day of the calendar.
        TypeError: When an event, *previous* or *refresh_every* is of another type.

    >>> from botox_schedule import PatientRecord
    >>> from botox_schedule.ical import events_from_record
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> events = events_from_record(record, "chronic-migraine", key="k-1", as_of="2026-02-01")
    >>> text = ical_from_events(events, stamped_at=datetime(2026, 2, 1, tzinfo=UTC)).decode()
    >>> [line for line in text.splitlines() if line.startswith("DT")][-3:]
    ['DTSTART;VALUE=DATE:20260330', 'DTEND;VALUE=DATE:20260407', 'DTSTAMP:20260201T000000Z']
    """
    stamp = _stamp(stamped_at)
    if not is_whole(sequence, 0) or sequence > _MOST_SEQUENCE:
        raise ExchangeError(
            f"sequence is negative or no number; give one from 0 to {_MOST_SEQUENCE}"
        )
    calendar = _calendar(name, color, refresh_every, source)
    known = {} if previous is None else _known_events(previous)
    given: dict[str, CalendarEvent] = {}
    for event in all_of_kind(events, CalendarEvent, _EVENTS):
        if event.uid in given:
            raise ExchangeError(
                "two events have one UID; give each patient a key of its own, and each clock once"
            )
        given[event.uid] = event
        calendar.add_component(_revised(event, stamp, sequence, known.get(event.uid)))
    own = {*SUMMARIES.values(), *SUMMARIES_FOR_SOME.values(), *(e.summary for e in given.values())}
    for uid, old in known.items():
        if uid not in given:
            calendar.add_component(_taken_back(uid, old, own, stamp, sequence))
    return bytes(calendar.to_ical())


def _stamp(moment: datetime) -> datetime:
    if not is_moment(moment) or moment.utcoffset() is None:
        raise DayError("stamped_at: give an aware datetime; this one has no time zone")
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise CalendarRangeError("stamped_at lies outside the calendar in UTC") from None


def _calendar(
    name: str | None, color: str | None, refresh_every: timedelta | None, source: str | None
) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name is not None:
        calendar["NAME"] = calendar["X-WR-CALNAME"] = _text(name, "name")
    if color is not None:
        calendar["COLOR"] = _text(color, "color")
    if refresh_every is not None:
        if of_kind(refresh_every, timedelta, _REFRESH) < timedelta(seconds=1):
            raise ExchangeError("refresh_every is shorter than a second; give a longer one")
        calendar["REFRESH-INTERVAL"] = _typed(vDuration(refresh_every), "DURATION")
        calendar["X-PUBLISHED-TTL"] = vDuration(refresh_every)
    if source is not None:
        calendar["SOURCE"] = _typed(vUri(_text(source, "source", allowed="")), "URI")
    return calendar


def _text(text: str, what: str, allowed: str = "\t\n") -> vText:
    """Return a text without control characters, which no calendar file can hold."""
    of_kind(text, str, f"{what}: give text")
    if any(_CONTROL.match(mark) or (mark in "\t\n" and mark not in allowed) for mark in text):
        raise ExchangeError(f"{what} has control characters; leave them out")
    return vText(text)


def _typed(value: Any, kind: str) -> Any:
    """RFC 7986 wants the type of these values next to them."""
    value.params["VALUE"] = kind
    return value


def _vevent(event: CalendarEvent, stamp: datetime, sequence: int) -> Event:
    """Return the VEVENT; its DTEND is exclusive, our windows are not."""
    found = Event()
    found["UID"] = _text(event.uid, "uid")
    found.add("dtstamp", stamp)
    found.add("dtstart", event.window.first)
    found.add("dtend", shifted(event.window.last, 1))
    found.add("sequence", sequence)
    found["SUMMARY"] = _text(event.summary, "summary")
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
    alarm["TRIGGER"] = vDuration(-trigger_of(before))
    return alarm


class _Known(NamedTuple):
    """An event of an earlier export."""

    window: Window
    stamp: datetime
    sequence: int
    summary: str
    is_cancelled: bool
    written: bytes


def _revised(event: CalendarEvent, stamp: datetime, sequence: int, old: _Known | None) -> Event:
    """The event as it was, if nothing changed; else with the new stamp and a higher sequence."""
    if old is None:
        return _vevent(event, stamp, sequence)
    if event.status is EventStatus.CANCELLED:
        event = event.model_copy(update={"window": old.window})
    as_before = _vevent(event, old.stamp, old.sequence)
    if as_before.to_ical() == old.written:
        return as_before
    return _vevent(event, stamp, _next(old, sequence))


def _next(old: _Known, sequence: int) -> int:
    if old.sequence >= _MOST_SEQUENCE:
        raise ExchangeError("the previous export has the highest sequence; begin a new file")
    return max(sequence, old.sequence + 1)


def _taken_back(uid: str, old: _Known, own: set[str], stamp: datetime, sequence: int) -> Event:
    """The event, cancelled; only what this library writes is copied from an earlier file."""
    event = CalendarEvent(
        uid=uid,
        kind=EventKind.DUE,
        window=old.window,
        status=EventStatus.CANCELLED,
        summary=old.summary if old.summary in own else SUMMARIES[EventKind.DUE],
    )
    if old.is_cancelled:
        return _vevent(event, old.stamp, old.sequence)
    return _vevent(event, stamp, _next(old, sequence))


def _known_events(previous: bytes | str) -> dict[str, _Known]:
    """The events of an earlier export, by UID.

    Raises:
        ExchangeError: When it is not an export of ours; the message names the line.
    """
    if not isinstance(previous, bytes | str):
        raise TypeError(_PREVIOUS)
    _check_whole(previous)
    try:
        calendar: Any = Calendar.from_ical(previous)
        ours = calendar.get("PRODID") == _PRODUCER
        # An event with two UIDs has a list of them, which cannot be stripped.
        found = [(_known(event), event["UID"].strip()) for event in calendar.walk("VEVENT")]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        where = _where(previous)
        raise ExchangeError(f"the previous export is not an iCalendar file: {where}") from None
    if not ours:
        raise ExchangeError("the previous export was not written by botox_schedule: see PRODID")
    # Of several revisions of one event the latest counts, wherever it is.
    latest = {uid: known for known, uid in sorted(found, key=lambda one: one[0].sequence)}
    return {uid: latest[uid] for _, uid in found}


def _check_whole(previous: bytes | str) -> None:
    """Refuse a file that begins as a calendar and was cut short: its events would be cancelled."""
    text = previous if isinstance(previous, str) else previous.decode(errors="replace")
    lines = [line.strip().upper() for line in _LINE_END.split(_FOLD.sub("", text)) if line.strip()]
    begun, ended = (sum(line.startswith(word) for line in lines) for word in ("BEGIN:V", "END:V"))
    if "BEGIN:VCALENDAR" in lines and (begun != ended or lines[-1] != "END:VCALENDAR"):
        raise ExchangeError("the previous export was cut short; give the whole file")


def _known(event: Any) -> _Known:
    return _Known(
        window=Window(first=event["DTSTART"].dt, last=shifted(event["DTEND"].dt, -1)),
        stamp=_stamp(event["DTSTAMP"].dt),
        sequence=min(max(int(event.get("SEQUENCE", 0)), 0), _MOST_SEQUENCE),
        summary=str(event.get("SUMMARY", "")),
        is_cancelled=str(event.get("STATUS", "")) == EventStatus.CANCELLED,
        written=bytes(event.to_ical()),
    )


def _where(text: bytes | str) -> str:
    """Name the faulty line, or what the file lacks."""
    for number, line in enumerate(Contentlines.from_ical(text), start=1):  # type: ignore[no-untyped-call]
        try:
            if line:
                line.parts()
        except ValueError:
            return f"line {number} is not 'NAME:value'"
    return "expected BEGIN:VCALENDAR, and in each VEVENT a UID, DTSTAMP, and DTSTART and DTEND as dates"
