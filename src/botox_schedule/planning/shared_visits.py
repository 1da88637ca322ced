"""One visit for several tracks of a patient, each with its own clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

from botox_schedule.dates import Window
from botox_schedule.dates.days import Day, DayInput, OpenDay, as_day
from botox_schedule.engine.limits import LimitCheck, limit_checks, limit_question, planned_units
from botox_schedule.engine.track import Asked, Track, opens_cycle
from botox_schedule.errors import PlanningError
from botox_schedule.planning.authorizations import (
    AuthorizationCheck,
    Authorizations,
    planned_session,
    total,
)
from botox_schedule.planning.booking import (
    BookingConstraint,
    BookingRules,
    Search,
    booking_rules,
    exceeding,
    first_fit,
    in_order,
    search,
    window_of,
)
from botox_schedule.planning.clinic_calendar import as_windows
from botox_schedule.planning.vials import PlannedDose
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import ProtocolRef, ProtocolSet, TreatmentProtocol
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.values import NumberInput, Value, a_list


class SharedTrack(Value, frozen=True):
    """One track of a shared visit.

    Attributes:
        protocol: The planned treatment.
        window: The days searched for this track alone, both ends included.
        own_day: The day to book for this track alone; None where no day fits.
        days_given_up: Days from *own_day* to the shared visit: positive where this track
            waits, negative where it comes sooner. None without both days.
        days_from_due: Days from the track's due day to the visit, negative before it; None
            without both.
        limit_checks: The dose limits on the day of the visit; the sessions planned for the other
            tracks count as given.
        authorization: The answer of the best authorization, or of a stricter payer's rule; None
            without either.
    """

    protocol: ProtocolRef
    window: Window
    own_day: Day | None
    days_given_up: int | None
    days_from_due: int | None
    limit_checks: tuple[LimitCheck, ...]
    authorization: AuthorizationCheck | None


class SharedVisit(Value, frozen=True):
    """One visit for several tracks, or why there is no day for it.

    Attributes:
        on: The day; None where no day fits all tracks.
        as_of: The last day on which records are known.
        window: The days in the windows of all tracks, both ends included; None for no such day.
        emptied_by: The constraint that removed the last day, where no day is left;
            ``other_track`` where the windows have no day in common.
        refused: How many days of the common window each constraint refuses.
        closed_days_cost: Days that the clinic's closed days move the visit, negative where it is
            earlier because of them; None without a day.
        tracks: What the visit means for each track, in the order given.
        first_late_on: The first day that fits every track though one of them is overdue, where no
            day fits before.
    """

    on: Day | None
    as_of: Day
    window: Window | None
    emptied_by: BookingConstraint | None
    refused: dict[BookingConstraint, int]
    closed_days_cost: int | None
    tracks: tuple[SharedTrack, ...]
    first_late_on: Day | None = None

    def __hash__(self) -> int:
        """Equal visits have one hash; a table of counts has none."""
        return hash((self.on, self.as_of, self.tracks))

    def explain(self) -> str:
        """Return what the visit means for each track, as text that can be quoted."""
        lines = [f"{self.on}: fits every track" if self.on else f"no day: {self.emptied_by}"]
        lines[0] += exceeding(check for track in self.tracks for check in track.limit_checks)
        if self.first_late_on is not None:
            lines.append(f"the first day that fits after: {self.first_late_on}")
        for track in self.tracks:
            window = f"{track.window.first} to {track.window.last}"
            lines.append(f"{track.protocol}: {window}; alone: {track.own_day or 'no day'}")
            if track.days_given_up is not None:
                lines.append(f"  days given up: {track.days_given_up}")
            if track.authorization is not None:
                lines.append(f"  {track.authorization}")
            exceeded = (check for check in track.limit_checks if check.exceeded)
            lines += [f"  {check.total:f} U exceed {check.limit_in_words}" for check in exceeded]
        return "\n".join(lines)

    __str__ = explain


def find_shared_visit(
    record: PatientRecord,
    protocols: Sequence[TreatmentProtocol | str],
    *,
    as_of: DayInput,
    calendar: OpenDay | None = None,
    away: Iterable[Any] = (),
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: Mapping[str, NumberInput] | None = None,
) -> SharedVisit:
    """Return one day for two or more tracks of a patient; each keeps its own clock.

    A day fits when every track can be booked on it. The order: the latest of the tracks' due
    days (``earliest`` for a track without one), then each later day. Only if none of them fits:
    the days before, the latest first.

    Args:
        record: The patient's record, with any authorizations.
        protocols: The planned treatments, each a protocol or the name of an indication.
        as_of: The last day on which records are known; no earlier day is offered.
        calendar: Returns whether the clinic is open on a day; None means open every day.
        away: Days and windows, both ends included, on which the patient cannot come.
        policy: The policy of the clinic or payer; None means the default.
        other_protocols: Older versions and other products' protocols that the history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units of the product to be given, by indication.

    Raises:
        DayError: When *as_of* is not a calendar day.
        PlanningError: When fewer than two treatments are given, or one indication twice, or
            units for an indication that is not planned, or not by indication.
        UnknownProtocolError: When no known protocol has one of the names.
        UnitsError: When planned units are not a number above 0.

    >>> record = PatientRecord(sessions=[
    ...     {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"},
    ...     {"administered_on": "2026-01-12", "indication": "spasticity", "product": "Botox"},
    ... ])
    >>> visit = find_shared_visit(record, ["chronic-migraine", "spasticity"], as_of="2026-03-01")
    >>> str(visit.window), str(visit.on), [track.days_given_up for track in visit.tracks]
    ('2026-04-06 to 2026-04-06', '2026-04-06', [7, -6])
    """
    day, away = as_day(as_of, "as_of"), as_windows(away)
    if isinstance(protocols, TreatmentProtocol | str):
        protocols = [protocols]
    a_list(protocols, "protocols: give two or more treatments in a list")
    given = [protocol for protocol in protocols if isinstance(protocol, TreatmentProtocol)]
    known = reduce(ProtocolSet.with_given, given, known_protocols(other_protocols))
    asked = [ask(record, each, day, policy=policy, other_protocols=known) for each in protocols]
    units = _units_by_indication(planned_units or {}, _indications(asked), known)
    doses = [PlannedDose(units.get(each.track.protocol.indication)) for each in asked]
    tracks = [booking_rules(*each, calendar, away) for each in zip(asked, doses, strict=True)]
    windows = [window_of(rules) for rules in tracks]
    common = _common(windows)
    joint = [_jointly(rules, tracks) for rules in tracks]
    # Together they may need more than is left, and so may one of them alone.
    every = [*tracks, *(rules for rules in joint if rules not in tracks)]
    found = _search(every, common)
    return SharedVisit(
        **found._asdict(),
        as_of=day,
        window=common,
        tracks=tuple(
            _track(rules, found.on, tracks, together.authorizations)
            for rules, together in zip(tracks, joint, strict=True)
        ),
        first_late_on=None if found.on else first_fit(max(w.first for w in windows), every),
    )


def _indications(asked: Sequence[Asked[Track]]) -> set[str]:
    indications = {each.track.protocol.indication for each in asked}
    if len(asked) < 2 or len(indications) < len(asked):
        raise PlanningError("a shared visit needs two or more treatments of different indications")
    return indications


def _units_by_indication(
    given: Mapping[str, NumberInput], planned: set[str], known: ProtocolSet
) -> dict[str, Decimal | None]:
    if not isinstance(given, Mapping):
        raise PlanningError("planned_units: give them by indication, as in {'spasticity': 300}")
    units = {_planned(name, planned, known): planned_units(dose) for name, dose in given.items()}
    if len(units) < len(given):
        raise PlanningError("planned_units names an indication twice; give its units once")
    return units


def _planned(name: str, planned: set[str], known: ProtocolSet) -> str:
    """The planned indication that a name or alias refers to."""
    slug = name if name in planned else known.indication_named(name)
    if slug not in planned:
        names = ", ".join(sorted(planned))
        raise PlanningError(f"planned_units names what is not planned; planned are {names}")
    return slug


def _common(windows: Sequence[Window]) -> Window | None:
    first = max(window.first for window in windows)
    last = min(window.last for window in windows)
    return Window(first=first, last=last) if first <= last else None


def _search(tracks: Sequence[BookingRules], common: Window | None) -> Search:
    if common is None:
        return Search(None, BookingConstraint.OTHER_TRACK, {}, None)

    def constraints(day: date) -> set[BookingConstraint]:
        return {constraint for rules in tracks for constraint in rules.constraints(day)}

    days = (rules.dates.due or rules.dates.earliest for rules in tracks)
    return search(common, max(filter(None, days), default=None), constraints)


def _jointly(rules: BookingRules, tracks: Sequence[BookingRules]) -> BookingRules:
    """The rules of a track, with the dose of all its clock's tracks with the same product."""
    protocol, clock = rules.track.protocol, rules.track.clock
    alike = (other for other in tracks if other.track.protocol.product is protocol.product)
    doses = [other.dose.units for other in alike if other.track.protocol.indication in clock]
    if len(doses) == 1:
        return rules
    # What is booked for one track says nothing about the units of the others.
    together = Authorizations(rules.track, PlannedDose(total(doses)), of_bookings=False)
    return rules._replace(authorizations=together)


def _track(
    rules: BookingRules,
    on: date | None,
    tracks: Sequence[BookingRules],
    authorizations: Authorizations,
) -> SharedTrack:
    window = window_of(rules)
    days = in_order(window, rules.dates.due)
    own_day = next((day for day in days if not rules.constraints(day)), None)
    return SharedTrack(
        protocol=rules.track.protocol.ref,
        window=window,
        own_day=own_day,
        days_given_up=None if on is None or own_day is None else (on - own_day).days,
        days_from_due=rules.days_from_due(on),
        limit_checks=() if on is None else _combined_checks(rules, on, tracks),
        authorization=None if on is None else authorizations.check(on),
    )


def _combined_checks(
    rules: BookingRules, on: date, tracks: Sequence[BookingRules]
) -> tuple[LimitCheck, ...]:
    """The limits of one track, with the other tracks' planned sessions counted as given."""
    track = rules.track
    others = (other for other in tracks if other is not rules)
    planned = (planned_session(other.track.protocol, on, other.dose) for other in others)
    history = track.history._replace(completed=[*track.history.completed, *planned])
    reading = track.reading._replace(history=history)
    question = limit_question(track, on, rules.dose.units)
    visit = {name for each in tracks for name in each.track.clock}
    besides = tuple(s for s in question.booked if s.indication not in visit or not opens_cycle(s))
    return limit_checks(question._replace(reading=reading, booked=besides))
