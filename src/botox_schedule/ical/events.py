"""The events of a record: past cycles, the next sessions, the expected response."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Annotated, NamedTuple
from uuid import UUID, uuid5

from pydantic import Field, StringConstraints

from botox_schedule.dates import Interval, Window
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.engine import Track
from botox_schedule.engine.forecast import due_window, timeline_of_track
from botox_schedule.engine.project import projected_sessions
from botox_schedule.engine.response import STAGES
from botox_schedule.engine.track import is_held_open, is_second_part, judge_day
from botox_schedule.errors import ExchangeError
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.terms import DayReasonCode, ForWhom
from botox_schedule.values import PatientValue, Value, a_list

_NAMESPACE = UUID("5f6d1c1e-3f0b-5b8e-9d27-6c2a2f4b7f10")
_REMOVES = frozenset({DayReasonCode.IN_HOLD, DayReasonCode.CARE_ENDED})
_NOT_NEXT = _REMOVES | {DayReasonCode.SAME_SESSION}
_LONGEST_ALARM = 3660
"""How many days before an event an alarm can ring."""


@unique
class EventKind(StrEnum):
    """What an event of the calendar represents."""

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


SUMMARIES = {
    EventKind.SESSION: "Appointment",
    EventKind.BOOKING: "Appointment",
    EventKind.DUE: "Appointment due",
    EventKind.EARLIEST: "Appointment possible from this day on",
    EventKind.ONSET: "The effect may begin",
    EventKind.PEAK: "The effect may be at its peak",
    EventKind.WEAR_OFF: "The effect may wear off",
}
SUMMARIES_FOR_SOME = {
    EventKind.ONSET: "Some may notice that the effect begins",
    EventKind.PEAK: "Some may notice the full effect",
    EventKind.WEAR_OFF: "Some may notice that the effect wears off",
}


class CalendarEvent(Value, frozen=True):
    """One all-day event.

    Attributes:
        uid: The same for the same key, clock, cycle and kind of event, whatever its days; a session
            keeps it when it is booked and given.
        kind: What it represents.
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
    """What a caller chooses.

    Attributes:
        key: The caller's key of the patient.
        summaries: Texts in place of the neutral ones.
        alarms: When to remind before a session ahead.
        count: How many sessions ahead.
    """

    key: _Text
    summaries: dict[EventKind, _Text]
    alarms: tuple[Interval, ...]
    count: Annotated[int, Field(ge=1, le=100, strict=True)]


def events_from_record(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    key: str,
    as_of: DayInput,
    count: int = 1,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    summaries: Mapping[EventKind | str, str] | None = None,
    alarms: Iterable[Interval | str] | Interval = (),
) -> tuple[CalendarEvent, ...]:
    """Return the events of one track: past cycles, the next sessions, the expected response.

    The next session is its booking where it has one, else the days from ``due`` to the day before
    ``overdue_from``, cut short by a hold, a discharge or the end of an override. On an open hold and after the end of care
    everything ahead is cancelled; on a hold with a known end the events are those of the day after
    it. A typical day makes no event, and neither does a touch-up.

    Args:
        record: What happened.
        protocol: The planned treatment: a protocol, or the name of an indication.
        key: The caller's key of the patient; with the clock and the cycle it makes each UID.
            Give one that says nothing to others: who knows the key can make the same UID.
        as_of: The day up to which records are known.
        count: How many sessions ahead, from 1 to 100.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need;
            None means the bundled ones, anything else exactly those.
        summaries: Texts in place of the neutral English ones, by kind.
        alarms: When to remind before a session ahead, such as ``"2 weeks"``.

    Raises:
        DayError: When *as_of* is not a calendar day.
        ExchangeError: When an alarm is given in months, is negative or longer than 3,660 days.
        UnknownProtocolError: When no known protocol has that name.
        ValidationError: When key, count, summaries or the text of an alarm are invalid.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> events = events_from_record(record, "chronic-migraine", key="k-1", as_of="2026-02-01")
    >>> [(str(event.kind), str(event.window)) for event in events]
    [('session', '2026-01-05 to 2026-01-05'), ('onset', '2026-01-19 to 2026-01-26'), ('wear_off', '2026-03-02 to 2026-03-16'), ('due', '2026-03-30 to 2026-04-06')]
    """
    several = (alarms,) if isinstance(alarms, str | Interval) else alarms
    reminders = tuple(a_list(several, "alarms: give a list of intervals, such as ['2 weeks']"))
    texts = {} if summaries is None else summaries
    given = {"key": key, "summaries": texts, "alarms": reminders, "count": count}
    options = _Options.model_validate(given)
    for alarm in options.alarms:
        trigger_of(alarm)
    day = as_day(as_of, "as_of")
    track = ask(record, protocol, day, policy=policy, other_protocols=other_protocols).track
    entries = [*_given(track), *_response(track), *_ahead(track, options.count)]
    events = [_event(entry, options, min(track.clock)) for entry in entries]
    return tuple(sorted(events, key=lambda event: (event.window.first, event.uid)))


class _Entry(NamedTuple):
    """One event before it has words.

    Attributes:
        cycle: The number of its cycle.
        kind: What it represents.
        window: Its days.
        part: Its part in the cycle; with the cycle it makes the UID.
        is_cancelled: Whether it takes an earlier export's event back.
        is_for_some: Whether it is about some patients only.
    """

    cycle: int
    kind: EventKind
    window: Window
    part: str = "session"
    is_cancelled: bool = False
    is_for_some: bool = False


def _event(entry: _Entry, options: _Options, clock: str) -> CalendarEvent:
    words = SUMMARIES_FOR_SOME if entry.is_for_some else SUMMARIES
    status = EventStatus.CONFIRMED if entry.kind in _SURE else EventStatus.TENTATIVE
    reminds = entry.kind in _AHEAD and not entry.is_cancelled
    return CalendarEvent(
        uid=str(uuid5(_NAMESPACE, f"{options.key}|{clock}|{entry.cycle}|{entry.part}")),
        kind=entry.kind,
        window=entry.window,
        status=EventStatus.CANCELLED if entry.is_cancelled else status,
        summary=options.summaries.get(entry.kind, words[entry.kind]),
        alarms=options.alarms if reminds else (),
    )


_SURE = frozenset({EventKind.SESSION, EventKind.BOOKING})
_AHEAD = frozenset({EventKind.BOOKING, EventKind.DUE, EventKind.EARLIEST})


def _given(track: Track) -> Iterator[_Entry]:
    for number, cycle in enumerate(track.cycles, start=track.prior.cycles + 1):
        days = Window(first=cycle.first_on, last=cycle.anchored_on)
        yield _Entry(number, EventKind.SESSION, days)


def _is_suppressed(track: Track) -> bool:
    """Whether nothing lies ahead: care has ended, or the end of the hold is unknown."""
    return track.status.ends_care or is_held_open(track)


def _response(track: Track) -> Iterator[_Entry]:
    """The windows of the response to the last session, or what cancels them."""
    cycle, timeline = track.cycle_number, timeline_of_track(track)
    if cycle is None:
        return
    is_cancelled = _is_suppressed(track)
    if timeline is None:
        for stage in STAGES:
            if getattr(track.protocol.response, stage.name) is not None:
                yield _Entry(cycle, EventKind(stage.name), _today(track), stage.name, is_cancelled)
        return
    for stage, window, for_whom, _ in timeline.windows():
        some, kind = for_whom is ForWhom.SOME, EventKind(stage.name)
        yield _Entry(cycle, kind, window, stage.name, is_cancelled, is_for_some=some)


def _ahead(track: Track, count: int) -> Iterator[_Entry]:
    """The sessions ahead; those that a hold or the end of care removes are cancelled."""
    # Also where the day of the last one is unknown: no session ahead takes the UID of one given.
    last = track.prior.cycles + len(track.cycles)
    found = {} if _is_suppressed(track) else _sessions_ahead(track, count)
    for number in range(1, count + 1):
        if number in found:
            yield _Entry(last + number, *found[number])
        elif _ends(track):
            yield _Entry(last + number, EventKind.DUE, _today(track), is_cancelled=True)
    booked = ((day, codes) for day, codes in _bookings(track) if is_second_part(track, day))
    parts = [(not _REMOVES.isdisjoint(codes), day) for day, codes in booked]
    if parts:
        is_cancelled, day = min(parts)  # the next that nothing removes, else the next
        yield _Entry(last, EventKind.BOOKING, _one_day(day), "second_part", is_cancelled)


def _ends(track: Track) -> bool:
    """Whether the sessions ahead end: care does, or a hold has no known last day."""
    open_hold = any(last is None for _, last in track.holds.spans)
    return track.status.ends_care or track.care.ends_on is not None or open_hold


def _today(track: Track) -> Window:
    return _one_day(track.as_of)


def _one_day(day: date) -> Window:
    return Window(first=day, last=day)


def _sessions_ahead(track: Track, count: int) -> dict[int, tuple[EventKind, Window]]:
    """The kind and the days of each session ahead, by its number."""
    # The next booking that no hold and no end of care removes.
    kept = (day for day, codes in _bookings(track) if _NOT_NEXT.isdisjoint(codes))
    booked_on = next(kept, None)
    ahead = projected_sessions(track, count, booked_on)
    found = {s.number: (EventKind.DUE, Window(first=s.target, last=s.window.last)) for s in ahead}
    following = _next(track, booked_on)
    return found if following is None else found | {1: following}


def _next(track: Track, booked_on: date | None) -> tuple[EventKind, Window] | None:
    if booked_on is not None:
        return EventKind.BOOKING, _one_day(booked_on)
    dates = track.dates
    if dates is None or dates.earliest is None:
        return None
    if dates.due is None:
        return EventKind.EARLIEST, _one_day(dates.earliest)
    return EventKind.DUE, due_window(track) or Window(first=dates.due, last=date.max)


def _bookings(track: Track) -> Iterator[tuple[date, Collection[DayReasonCode]]]:
    """The days of the bookings ahead, each with its codes."""
    days = (booked.administered_on for booked in track.bookings)
    return ((day, judge_day(track, day).codes) for day in days if day >= track.as_of)


def trigger_of(before: Interval) -> timedelta:
    """Return how long before an event an alarm rings.

    Raises:
        ExchangeError: When it is given in months, is negative or longer than 3,660 days.
    """
    shortest, longest = before.day_bounds
    if shortest != longest or not 0 <= shortest <= _LONGEST_ALARM:
        raise ExchangeError(
            "an alarm is given in weeks and days, such as '2 weeks', at most 3,660 days"
        )
    return timedelta(days=shortest)
