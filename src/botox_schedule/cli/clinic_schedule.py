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
from botox_schedule.cli.planned import Shelf, planned_tracks
from botox_schedule.cli.readers import Export, MonthOnly, Problem, Row
from botox_schedule.cli.standings import Plan, Standing, standings
from botox_schedule.engine.session import DueDates
from botox_schedule.protocols.model import ProtocolRef

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


def clinic_schedule(
    export: Export, shelf: Shelf, as_of: date, policy: SchedulingPolicy
) -> ClinicSchedule:
    """Return where every track of every patient stands on *as_of*."""
    problems = [*export.problems, *_unknown_indications(export.rows, shelf)]
    problems = _with_month_bounds(problems, export.months, shelf, as_of, policy)
    known = people(export, problems)
    tracks = sorted(_rows(known, shelf, as_of, policy), key=_place)
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


def _rows(
    known: Iterable[Person], shelf: Shelf, as_of: date, policy: SchedulingPolicy
) -> Iterable[TrackRow]:
    plans: list[Plan] = []
    persons: list[Person] = []
    for person in known:
        for session, product, protocol in planned_tracks(person.record, shelf, as_of):
            if protocol is None:
                yield _unplanned(person, session, product)
            else:
                plans.append(Plan(person.record, protocol))
                persons.append(person)
    phases = _Phases(as_of, policy)
    found = standings(plans, shelf, as_of, policy)
    for person, plan, standing in zip(persons, plans, found, strict=True):
        yield _track_row(person, plan.protocol, standing, phases)


class _Phases:
    """The phase of a day, asked once for each protocol and anchor."""

    def __init__(self, as_of: date, policy: SchedulingPolicy) -> None:
        self.as_of = as_of
        self._policy = policy
        self._known: dict[tuple[date, ProtocolRef], ResponsePhase] = {}

    def on(self, anchor: date | None, protocol: TreatmentProtocol) -> ResponsePhase | None:
        """Return the phase after a session on *anchor*; none without a session."""
        if anchor is None:
            return None
        key = (anchor, protocol.ref)
        if key not in self._known:
            timeline = response_timeline(anchor, protocol, policy=self._policy)
            self._known[key] = response_phase(timeline, as_of=self.as_of)
        return self._known[key]


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


def _track_row(
    person: Person, protocol: TreatmentProtocol, standing: Standing, phases: _Phases
) -> TrackRow:
    as_of, dates = phases.as_of, standing.dates
    due, earliest = dates.due, dates.earliest
    unverified = ("unverified interval",) if dates.unverified else ()
    return TrackRow(
        person.patient,
        protocol.indication,
        protocol.product.value,
        standing.anchor,
        dates,
        standing.status,
        phases.on(standing.anchor, protocol),
        None if due is None else (due - as_of).days,
        None if earliest is None else (earliest - as_of).days,
        standing.booked_on,
        (*unverified, *person.notes),
    )


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
