"""The tracks of many records in the sections of a worklist: one row for each track."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from botox_schedule import DueStatus, Forecast, PatientRecord, Population, SchedulingPolicy
from botox_schedule.cli.output import NOT_ADVICE, Answer, Row, Table
from botox_schedule.engine.forecast import dates_of, day_in_question, forecast_in
from botox_schedule.engine.limits import checks_on, is_clear
from botox_schedule.engine.standing import Phases, Standing, standing_of
from botox_schedule.engine.track import Reading, Track, read_record
from botox_schedule.engine.tracks import RecordTrack, tracks_of
from botox_schedule.engine.verdict import judge_day
from botox_schedule.engine.worklist import (
    Place,
    Waiting,
    WorklistReason,
    WorklistSection,
    call_by,
    place_of,
    today_of,
    waiting_of,
)
from botox_schedule.protocols.collection import ProtocolSet

LEAD_DAYS = 7
"""How many days before the due day a patient is called, unless said otherwise."""
COLUMNS = (
    *("section", "reason", "patient", "indication", "product", "status", "phase"),
    *("last_session_on", "earliest", "due", "overdue_from", "lapsed_from", "typical_on"),
    *("days_to_go", "booked_on", "call_by", "last_chance_on", "next_look_on", "clear"),
    *("cycle_number", "protocol_id", "protocol_version", "today"),
)
"""The columns of a track: the same in every list, in CSV and in JSON."""
_REASONS = tuple(WorklistReason)
_SECTIONS = tuple(WorklistSection)


class Rules(NamedTuple):
    """By which rules tracks are judged, and on which day.

    Attributes:
        as_of: The day of the question.
        policy: What the clinic or payer chose.
        known: The protocols.
        region: Where they hold.
        population: Decides instead of the age.
        lead_days: How many days before the due day a patient is called.
        is_open: Whether the clinic calls on a day; None means on every day.
    """

    as_of: date
    policy: SchedulingPolicy
    known: ProtocolSet
    region: str = "us"
    population: Population | None = None
    lead_days: int = LEAD_DAYS
    is_open: Callable[[date], bool] | None = None


class ListedTrack(NamedTuple):
    """A track in its place in a list.

    Attributes:
        patient: The key of the patient.
        place: Its section, and why.
        row: What the list says of it.
        reading: What is known of the patient; None where no row could be read.
        found: The track; None without a session.
    """

    patient: str
    place: Place
    row: Row
    reading: Reading | None = None
    found: RecordTrack | None = None

    def forecast(self) -> Forecast | None:
        """Return the whole answer for the track; None where no row could be read."""
        if self.reading is None or self.found is None:
            return None
        return forecast_in(self.reading, self.found)


def listed_tracks(
    records: Iterable[PatientRecord], rules: Rules, incomplete: frozenset[str] = frozenset()
) -> list[ListedTrack]:
    """Return every track of the records in the order in which a list is worked through.

    Args:
        records: What happened, each with the patient's key as its id.
        rules: By which rules.
        incomplete: The patients of whom something could not be read: a person looks first.
    """
    phases = Phases()
    tracks = [
        track for record in records for track in _of_record(record, rules, phases, incomplete)
    ]
    listed = {track.patient for track in tracks}
    tracks += [_unread(patient) for patient in incomplete - listed]
    return sorted(tracks, key=_order)


def _of_record(
    record: PatientRecord, rules: Rules, phases: Phases, incomplete: frozenset[str]
) -> Iterator[ListedTrack]:
    patient = str(record.id)
    reading = read_record(record, rules.as_of, rules.policy, rules.known)
    for found in tracks_of(reading, rules.region, rules.population):
        standing = standing_of(reading, found, phases)
        waits = standing.booked_on is None and standing.status is not DueStatus.ON_HOLD
        call = call_by(standing.due, rules.lead_days, rules.is_open)
        waiting = waiting_of(standing, rules.as_of, call)
        place = place_of(waiting._replace(left_out=patient in incomplete))
        row = _row(patient, place, standing, rules.as_of)
        row |= {"call_by": call if waits else None, "clear": _clear(found.track)}
        yield ListedTrack(patient, place, row, reading, found)


def _clear(track: Track | None) -> bool | None:
    """Whether the next day in question is clear, as a forecast says it."""
    if track is None:
        return None
    day = day_in_question(track, dates_of(track), track.next_booking)
    checks = () if track.care.status is not None else checks_on(track, day, _booked_units(track))
    return is_clear(judge_day(track, day).allowed, checks)


def _booked_units(track: Track) -> Any:
    booked = track.next_booking
    same = booked is not None and booked.product is track.protocol.product
    return booked.units if booked is not None and same else None


def _row(patient: str, place: Place, standing: Standing, as_of: date) -> dict[str, Any]:
    next_on = standing.due or standing.earliest
    known = standing._asdict() | {
        "section": place.section,
        "reason": place.reason,
        "patient": patient,
        "days_to_go": None if next_on is None else (next_on - as_of).days,
        "next_look_on": standing.review_on or standing.resumes_on,
        "today": tuple(sorted(today_of(standing.codes))),
    }
    return {name: known.get(name) for name in COLUMNS}


def _unread(patient: str) -> ListedTrack:
    """A patient none of whose rows could be read: no list may lose them."""
    facts = (False, False, False, False, False, True)
    place = place_of(Waiting(None, frozenset(), *facts))
    row = dict.fromkeys(COLUMNS) | {
        "section": place.section,
        "reason": place.reason,
        "patient": patient,
    }
    return ListedTrack(patient, place, row)


def _order(track: ListedTrack) -> tuple[int, int, date, str, str]:
    section, reason = track.place
    days = (track.row[name] for name in ("next_look_on", "due", "typical_on", "earliest"))
    day = next(filter(None, days), date.max)
    named = (track.patient, str(track.row["indication"] or ""))
    return _SECTIONS.index(section), _REASONS.index(reason), day, *named


def section_counts(tracks: Sequence[ListedTrack]) -> dict[str, int]:
    """Return how many tracks each section has; they add up to all tracks."""
    found = Counter(track.place.section for track in tracks)
    return {section.value: found[section] for section in WorklistSection}


def in_sections(tracks: Sequence[ListedTrack]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each section that has any, under its title."""
    found: dict[WorklistSection, list[Row]] = {}
    for track in tracks:
        found.setdefault(track.place.section, []).append(track.row)
    return [
        (f"{section.words.capitalize()} ({len(found[section])})", found[section])
        for section in WorklistSection
        if section in found
    ]


def list_answer(
    tracks: Sequence[ListedTrack],
    *,
    columns: Sequence[str],
    spare: Sequence[str],
    summary: dict[str, Any],
    head: Sequence[str],
    problems: Sequence[str],
) -> Answer:
    """Return a list of tracks in all forms.

    Args:
        tracks: The tracks in order.
        columns: The columns that text shows.
        spare: Those that a narrow terminal leaves out, the least important first.
        summary: What was read.
        head: The same in sentences.
        problems: What is wrong with the input.
    """
    counts = section_counts(tracks)
    told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n)
    lines = [*head, f"{len(tracks)} tracks: {told or 'none'}"]
    rows = [track.row for track in tracks]
    return Answer(
        rows=rows,
        text=[*lines, Table(columns, in_sections(tracks), spare, "today"), "", NOT_ADVICE],
        data={**summary, "sections": counts, "tracks": rows, "problems": problems},
        columns=COLUMNS,
        problems=problems,
        remarks=lines,
    )
