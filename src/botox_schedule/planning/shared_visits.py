"""One visit for several tracks of a patient, whose clocks stay their own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from botox_schedule import (
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    TreatmentSession,
    Window,
    check_dose_limits,
)
from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine import LimitCheck
from botox_schedule.planning.authorizations import AuthorizationCheck, planned_dose
from botox_schedule.planning.bookable_days import Search, in_order, search, window_of
from botox_schedule.planning.booking import Desk, open_desk
from botox_schedule.planning.clinic_calendar import OpenDay
from botox_schedule.planning.errors import PlanningError
from botox_schedule.planning.terms import BookingConstraint
from botox_schedule.protocols import ProtocolRef
from botox_schedule.values import Value


class SharedTrack(Value, frozen=True):
    """One track of a shared visit.

    Attributes:
        protocol: The planned treatment.
        window: The days that fit this track by itself; both ends belong to it.
        own_day: The day it would take by itself; None where it has none.
        days_given_up: Days from *own_day* to the shared visit: positive where this track
            waits, negative where it comes sooner. None without both days.
        days_from_due: Days from the track's due day to the visit; None without both.
        limit_checks: The dose limits on the day of the visit, with what is planned for the
            other tracks counted as given.
        authorization: The authorization that serves the day best; None where there is none.
    """

    protocol: ProtocolRef
    window: Window
    own_day: Day | None
    days_given_up: int | None
    days_from_due: int | None
    limit_checks: tuple[LimitCheck, ...]
    authorization: AuthorizationCheck | None


class SharedVisit(Value, frozen=True):
    """One visit for several tracks, or what left no day for it.

    Attributes:
        on: The day; None where no day fits all tracks.
        as_of: The day up to which records are known.
        window: The days that lie in the windows of all tracks; None where there are none.
        emptied_by: What left no day; ``other_track`` where the windows have no common day.
        refused: How many days of the common window each constraint refuses.
        closed_days_cost: How many days later the visit is than without the clinic's closed days.
        tracks: What the visit means for each track, in the order they were given.
    """

    on: Day | None
    as_of: Day
    window: Window | None
    emptied_by: BookingConstraint | None
    refused: dict[BookingConstraint, int]
    closed_days_cost: int | None
    tracks: tuple[SharedTrack, ...]

    def explain(self) -> str:
        """Return what the visit means for each track, as text that can be quoted."""
        lines = [f"{self.on}: fits every track" if self.on else f"no day: {self.emptied_by}"]
        for track in self.tracks:
            window = f"{track.window.first} to {track.window.last}"
            lines.append(f"{track.protocol}: {window}, by itself {track.own_day or 'no day'}")
            if track.days_given_up is not None:
                lines.append(f"  days given up: {track.days_given_up}")
            lines += [_exceeded(check) for check in track.limit_checks if check.exceeded]
        return "\n".join(lines)


def _exceeded(check: LimitCheck) -> str:
    reading = f" ({check.reading})" if check.reading else ""
    return f"  {check.total:f} U exceed {check.limit}{reading}"


def find_shared_visit(
    record: PatientRecord,
    protocols: Sequence[TreatmentProtocol],
    *,
    as_of: DayInput,
    calendar: OpenDay | None = None,
    away: Iterable[Any] = (),
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    planned_units: Mapping[str, Decimal | int] | None = None,
) -> SharedVisit:
    """Return one day for two or more tracks of a patient; each keeps its own clock.

    A day fits when every track could be booked on it. The order: the latest of the tracks'
    due days (``earliest`` where none is due), then each later day; only if none of them fits,
    the days before, the latest first.

    Args:
        record: What happened, and what was approved.
        protocols: The planned treatments, one for each track.
        as_of: The day up to which records are known; no earlier day is offered.
        calendar: Answers whether the clinic is open on a day; None means on every day.
        away: Days and windows, both ends included, on which the patient cannot come.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        planned_units: Units to be given, by indication.

    Raises:
        PlanningError: When fewer than two treatments are given, or one indication twice.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[
    ...     {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"},
    ...     {"administered_on": "2026-01-12", "indication": "spasticity", "product": "Botox"},
    ... ])
    >>> tracks = [find_protocol("chronic-migraine"), find_protocol("spasticity")]
    >>> visit = find_shared_visit(record, tracks, as_of="2026-03-01")
    >>> str(visit.window), str(visit.on), [track.days_given_up for track in visit.tracks]
    ('2026-04-06 to 2026-04-06', '2026-04-06', [7, -6])
    """
    known_until = as_day(as_of, "as_of")
    _check_tracks(protocols)
    units = {name: Decimal(number) for name, number in (planned_units or {}).items()}
    others = tuple(other_protocols)
    away = tuple(away)
    desks = [
        open_desk(
            record,
            protocol,
            known_until,
            calendar=calendar,
            away=away,
            policy=policy,
            other_protocols=others,
            dose=planned_dose(units.get(protocol.indication)),
        )
        for protocol in protocols
    ]
    windows = [window_of(desk) for desk in desks]
    common = _common(windows)
    found = _search(desks, common)
    return SharedVisit(
        on=found.on,
        as_of=known_until,
        window=common,
        emptied_by=found.emptied_by,
        refused=found.refused,
        closed_days_cost=found.closed_days_cost,
        tracks=tuple(
            _track(desk, window, found.on, units, desks)
            for desk, window in zip(desks, windows, strict=True)
        ),
    )


def _check_tracks(protocols: Sequence[TreatmentProtocol]) -> None:
    indications = {protocol.indication for protocol in protocols}
    if len(protocols) < 2 or len(indications) < len(protocols):
        raise PlanningError("a shared visit needs two or more treatments of different indications")


def _common(windows: Sequence[Window]) -> Window | None:
    first = max(window.first for window in windows)
    last = min(window.last for window in windows)
    return Window(first=first, last=last) if first <= last else None


def _search(desks: Sequence[Desk], common: Window | None) -> Search:
    if common is None:
        return Search(None, BookingConstraint.OTHER_TRACK, {}, None)

    def constraints(day: date) -> list[BookingConstraint]:
        found = {constraint for desk in desks for constraint in desk.constraints(day)}
        return [constraint for constraint in BookingConstraint if constraint in found]

    return search(common, _latest_due(desks), constraints)


def _latest_due(desks: Sequence[Desk]) -> date | None:
    dates = [desk.situation.due_dates() for desk in desks]
    return max((day for each in dates if (day := each.due or each.earliest)), default=None)


def _track(
    desk: Desk,
    window: Window,
    on: date | None,
    units: Mapping[str, Decimal],
    desks: Sequence[Desk],
) -> SharedTrack:
    due = desk.situation.due_dates().due
    own_day = next((day for day in in_order(window, due) if not desk.constraints(day)), None)
    return SharedTrack(
        protocol=desk.situation.protocol.ref,
        window=window,
        own_day=own_day,
        days_given_up=None if on is None or own_day is None else (on - own_day).days,
        days_from_due=None if on is None or due is None else (on - due).days,
        limit_checks=() if on is None else _combined_checks(desk, on, units, desks),
        authorization=None if on is None else desk.authorizations.check(on, desk.dose),
    )


def _combined_checks(
    desk: Desk, on: date, units: Mapping[str, Decimal], desks: Sequence[Desk]
) -> tuple[LimitCheck, ...]:
    """The limits of one track, with the other tracks' planned sessions counted as given."""
    record, own = desk.situation.record, desk.situation.protocol
    others = tuple(
        TreatmentSession(
            administered_on=on,
            indication=other.situation.protocol.indication,
            product=other.situation.protocol.product,
            units=units.get(other.situation.protocol.indication),
        )
        for other in desks
        if other is not desk
    )
    known = tuple(desk.situation.history.completed)
    planned = record.model_copy(update={"sessions": known + others})
    policy = desk.situation.policy
    return check_dose_limits(planned, own, on=on, units=units.get(own.indication), policy=policy)
