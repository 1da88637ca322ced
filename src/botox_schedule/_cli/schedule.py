"""From the rows of an export to where each patient's tracks stand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from botox_schedule import (
    DueStatus,
    PatientRecord,
    Product,
    ResponsePhase,
    SchedulingPolicy,
    SessionStatus,
    TreatmentProtocol,
    TreatmentSession,
    due_dates,
    response_phase,
    response_timeline,
)
from botox_schedule._ages import age_on
from botox_schedule._cli.export import Export, MonthOnly, Problem, Row
from botox_schedule._schedule import DueDates, due_status
from botox_schedule._situation import Situation
from botox_schedule._terms import Population

__all__ = [
    "ClinicSchedule",
    "Person",
    "PlannedTrack",
    "Shelf",
    "Summary",
    "TrackRow",
    "clinic_schedule",
    "last_product",
    "people",
    "planned_tracks",
]

_SECTIONS = (
    DueStatus.OVERDUE,
    DueStatus.DUE,
    DueStatus.ALLOWED,
    DueStatus.TOO_EARLY,
    DueStatus.LAPSED,
)


class TrackRow(NamedTuple):
    """Where one track of one patient stands.

    Attributes:
        patient: The caller's key.
        indication: The planned treatment: that of the last session.
        product: The product given last, as far as it is known.
        last_session_on: The anchor.
        dates: The four dates.
        status: Where the day falls among them, or None where no protocol is known.
        phase: What is expected of the response.
        days_to_due: Signed: negative when the due day has passed; None without a due day.
        days_to_earliest: Signed likewise.
        booked_on: The next booked day.
        notes: What a reader should know beside it.
    """

    patient: str
    indication: str
    product: str
    last_session_on: date | None
    dates: DueDates
    status: DueStatus | None
    phase: ResponsePhase | None
    days_to_due: int | None
    days_to_earliest: int | None
    booked_on: date | None
    notes: tuple[str, ...]


class Summary(NamedTuple):
    """How many rows were read, counted and not counted, and what was assumed."""

    rows: int
    counted: int
    not_counted: dict[str, int]
    patients: int
    adult_assumed: int


class ClinicSchedule(NamedTuple):
    """The answer for a whole export, in the order in which it is worked through."""

    as_of: date
    tracks: list[TrackRow]
    summary: Summary
    problems: list[Problem]


class Shelf:
    """The protocols at hand, by what a row says; a clinic's own come first."""

    def __init__(self, protocols: Iterable[TreatmentProtocol], region: str) -> None:
        self._by_key: dict[tuple[str, str], list[TreatmentProtocol]] = {}
        for protocol in protocols:
            if protocol.region == region:
                key = (protocol.indication, protocol.product.value)
                self._by_key.setdefault(key, []).append(protocol)
        self._indications = {indication for indication, _ in self._by_key}
        self._alike: dict[tuple[str, str, str], list[TreatmentProtocol]] = {}

    def knows(self, indication: str) -> bool:
        """Whether any product has a protocol for *indication*."""
        return indication in self._indications

    def find(
        self, indication: str, product: str, age: int | None, on: date
    ) -> TreatmentProtocol | None:
        """Return the protocol for a person of that age; an adult's where the age is unknown."""
        known = self._by_key.get((indication, product), [])
        fitting = [p for p in known if _fits(p, age)]
        in_force = [p for p in fitting if on in p.in_force]
        return next(iter(in_force or fitting), None)

    def others(self, protocol: TreatmentProtocol) -> Sequence[TreatmentProtocol]:
        """Return what history may need beside *protocol*: its versions, clock and products."""
        key = (protocol.indication, protocol.product.value, protocol.population.value)
        if key not in self._alike:
            self._alike[key] = [
                other
                for protocols in self._by_key.values()
                for other in protocols
                if other.indication in protocol.clock and other.population is protocol.population
            ]
        return self._alike[key]


def _fits(protocol: TreatmentProtocol, age: int | None) -> bool:
    if age is None:
        return protocol.population is Population.ADULT
    return protocol.ages is None or age in protocol.ages


def clinic_schedule(
    export: Export, shelf: Shelf, as_of: date, policy: SchedulingPolicy
) -> ClinicSchedule:
    """Return where every track of every patient stands on *as_of*."""
    problems = [*export.problems, *_unknown_indications(export.rows, shelf)]
    problems = _with_month_bounds(problems, export.months, shelf, as_of, policy)
    known = people(export, problems)
    tracks = [row for person in known for row in _rows(person, shelf, as_of, policy)]
    tracks.sort(key=_place)
    adult_assumed = sum(person.record.born_on is None for person in known)
    summary = _summary(export, len(known), adult_assumed, as_of)
    return ClinicSchedule(as_of, tracks, summary, sorted(problems))


class Person(NamedTuple):
    """A patient of an export."""

    patient: str
    record: PatientRecord
    notes: tuple[str, ...]


def people(export: Export, problems: list[Problem]) -> list[Person]:
    """Return the patients of an export; what is wrong with one is added to *problems*."""
    rows_of: dict[str, list[Row]] = {}
    for row in export.rows:
        rows_of.setdefault(row.patient, []).append(row)
    found = []
    for patient, rows in rows_of.items():
        sessions = tuple(row.session for row in rows)
        record = PatientRecord(sessions=sessions, born_on=_born_on(rows, problems))
        notes = ("rows not read",) if patient in export.unreadable else ()
        found.append(Person(patient, record, notes))
    return found


def _unknown_indications(rows: Iterable[Row], shelf: Shelf) -> Iterable[Problem]:
    reason = "indication: no protocol is known for it; the session counts for no date"
    for row in rows:
        if not shelf.knows(row.session.indication):
            yield Problem(row.line, reason, left_out=False)


def _with_month_bounds(
    problems: list[Problem],
    months: Iterable[MonthOnly],
    shelf: Shelf,
    as_of: date,
    policy: SchedulingPolicy,
) -> list[Problem]:
    """Say which due days a month allows, instead of guessing one."""
    found = {month.line: _bounds(month, shelf, as_of, policy) for month in months}
    return [p._replace(reason=p.reason + found.get(p.line, "")) for p in problems]


def _bounds(month: MonthOnly, shelf: Shelf, as_of: date, policy: SchedulingPolicy) -> str:
    product = "" if month.product is None else month.product.value
    protocol = shelf.find(month.indication, product, None, as_of)
    if protocol is None:
        return "; give the day"
    first, last = (due_dates(day, protocol, policy) for day in (month.first, month.last))
    name = "earliest" if first.due is None else "due"
    if getattr(first, name) is None:
        return "; give the day"
    return f"; give the day: {name} lies between {getattr(first, name)} and {getattr(last, name)}"


def _born_on(rows: Sequence[Row], problems: list[Problem]) -> date | None:
    """The patient's birth date; one that cannot be is a problem and is not believed."""
    known = {row.born_on: row.line for row in reversed(rows) if row.born_on is not None}
    reason = None
    if len(known) > 1:
        reason = "birth date: another row of the patient has a different one; neither counts"
    elif any(row.session.administered_on < day for day in known for row in rows):
        reason = "birth date: lies after a session of the patient; it does not count"
    if reason is not None:
        problems.append(Problem(max(known.values()), reason, left_out=False))
        return None
    return next(iter(known), None)


class PlannedTrack(NamedTuple):
    """A track: its latest session, the product given last, and the protocol for both."""

    session: TreatmentSession
    product: Product | None
    protocol: TreatmentProtocol | None


def planned_tracks(
    record: PatientRecord, shelf: Shelf, as_of: date, planned: Product | None = None
) -> Iterable[PlannedTrack]:
    """Yield each clock on which a completed session or a booking lies.

    Without a *planned* product it is the one given last.
    """
    age = None if record.born_on is None else age_on(record.born_on, as_of)
    covered: set[str] = set()
    concerned = _latest_first(record.sessions, as_of)
    for session in concerned:
        indication = session.indication
        if indication in covered or not shelf.knows(indication):
            continue
        product = planned or _last_product(concerned, indication)
        protocol = shelf.find(indication, product.value if product else "", age, as_of)
        covered |= {indication} if protocol is None else protocol.clock
        yield PlannedTrack(session, product, protocol)


def _rows(
    person: Person, shelf: Shelf, as_of: date, policy: SchedulingPolicy
) -> Iterable[TrackRow]:
    for session, product, protocol in planned_tracks(person.record, shelf, as_of):
        if protocol is None:
            yield _unplanned(person, session, product)
        else:
            others = shelf.others(protocol)
            yield _track_row(person, Situation(person.record, protocol, as_of, policy, others))


def _latest_first(sessions: Iterable[TreatmentSession], as_of: date) -> list[TreatmentSession]:
    """Completed sessions up to *as_of*, the latest first; bookings where there is nothing else."""
    concerned = [
        (s.status is SessionStatus.COMPLETED, s.administered_on, s.indication, s)
        for s in sessions
        if s.status is SessionStatus.BOOKED
        or (s.status is SessionStatus.COMPLETED and s.administered_on <= as_of)
    ]
    if len(concerned) > 1:
        concerned.sort(key=lambda item: item[:3], reverse=True)
    return [session for *_, session in concerned]


def last_product(record: PatientRecord, indication: str, as_of: date) -> Product | None:
    """Return the product given last for an indication, as far as it is known."""
    return _last_product(_latest_first(record.sessions, as_of), indication)


def _last_product(latest_first: Iterable[TreatmentSession], indication: str) -> Product | None:
    known = (s.product for s in latest_first if s.indication == indication)
    return next((product for product in known if product is not None), None)


def _unplanned(person: Person, session: TreatmentSession, product: Product | None) -> TrackRow:
    known = product is not None
    why = "no protocol for this product and age" if known else "product unknown"
    return TrackRow(
        person.patient,
        session.indication,
        "" if product is None else product.value,
        session.administered_on if session.status is SessionStatus.COMPLETED else None,
        DueDates(),
        None,
        None,
        None,
        None,
        None,
        (why, *person.notes),
    )


def _track_row(person: Person, situation: Situation) -> TrackRow:
    as_of, protocol, anchor = situation.as_of, situation.protocol, situation.anchor
    dates, booked = situation.due_dates(), situation.next_booking
    due, earliest = dates.due, dates.earliest
    unverified = ("unverified interval",) if dates.unverified else ()
    return TrackRow(
        person.patient,
        protocol.indication,
        protocol.product.value,
        anchor,
        dates,
        situation.silence or due_status(dates, as_of=as_of),
        None if anchor is None else _phase(anchor, situation),
        None if due is None else (due - as_of).days,
        None if earliest is None else (earliest - as_of).days,
        None if booked is None else booked.administered_on,
        (*unverified, *person.notes),
    )


def _phase(anchor: date, situation: Situation) -> ResponsePhase:
    timeline = response_timeline(anchor, situation.protocol, policy=situation.policy)
    return response_phase(timeline, as_of=situation.as_of)


def _place(track: TrackRow) -> tuple[int, int, str, str]:
    """Overdue first, the longest first; then due, allowed, too early by days to go."""
    status = track.status
    section = _SECTIONS.index(status) if status in _SECTIONS else len(_SECTIONS)
    to_go = track.days_to_due if track.days_to_due is not None else track.days_to_earliest
    return section, to_go or 0, track.patient, track.indication


def _summary(export: Export, patients: int, adult_assumed: int, as_of: date) -> Summary:
    outcomes: Counter[str] = Counter()
    for row in export.rows:
        session = row.session
        if session.status is not SessionStatus.COMPLETED:
            outcomes[session.status.value] += 1
        elif session.administered_on > as_of:
            outcomes["after the day asked for"] += 1
        else:
            outcomes["counted"] += 1
    unread = export.row_count - len(export.rows)
    counted = outcomes.pop("counted", 0)
    if unread:
        outcomes["not read"] = unread
    return Summary(
        export.row_count, counted, dict(sorted(outcomes.items())), patients, adult_assumed
    )
