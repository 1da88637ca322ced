"""The tracks of many records in the sections of a worklist: one row for each track."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from botox_schedule import DueStatus, Forecast, PatientRecord, Population, SchedulingPolicy
from botox_schedule.cli.arguments import known_of, policy_of, region_of
from botox_schedule.cli.output import Answer, Row, Table, Told, list_answer
from botox_schedule.dates.days import counted
from botox_schedule.engine.forecast import forecast_of
from botox_schedule.engine.standing import Standing, Standings
from botox_schedule.engine.track import AnyTrack, Asked
from botox_schedule.engine.worklist import UNREAD, Place, WorklistSection, call_by, placed
from botox_schedule.errors import CalendarRangeError
from botox_schedule.protocols.collection import ProtocolSet
from botox_schedule.tables import Contact

LEAD_DAYS = 7
"""How many days before the due day a patient is called, unless said otherwise."""
COLUMNS = (
    *("section", "reason", "patient", "indication", "product", "status", "phase"),
    *("last_session_on", "earliest", "due", "overdue_from", "lapsed_from", "typical_on"),
    *("days_to_go", "booked_on", "call_by", "last_chance_on", "next_look_on", "clear"),
    *("cycle_number", "protocol_id", "protocol_version", "today", "today_keys"),
    *("acknowledged", "contacted_on", "outcome", "next_try_on"),
)
"""The columns of a track: the same in every list, in CSV and in JSON."""
NOTED = ("today", "acknowledged", "contacted_on", "outcome", "next_try_on")
"""The columns that a person wrote or reads as words: text has them below the row."""
DAYS = ("typical_on", "last_chance_on", "next_look_on")
"""Days that few rows have, and that a list must show: below the row where there is no room."""
_LISTS = ("today", "today_keys", "acknowledged")
_BLANK = dict.fromkeys(COLUMNS)
_BEYOND = "a patient's day gives dates that no calendar has; correct it, leave an open end empty"
_TOLD = [name for name in COLUMNS if name in Standing._fields]
_told = attrgetter(*_TOLD)


class Rules(NamedTuple):
    """The rules for all tracks of a list, and the day.

    Attributes:
        as_of: The day of the question.
        policy: What the clinic or payer chose.
        known: The protocols.
        region: Where they hold.
        population: Decides instead of the age.
        lead_days: How many days before the due day a patient is called.
        is_open: Whether the clinic calls on a day; None means on every day.
        acknowledged: The keys of findings that somebody has acknowledged, by patient.
        contacts: Who was called when, by patient.
    """

    as_of: date
    policy: SchedulingPolicy
    known: ProtocolSet
    region: str = "us"
    population: Population | None = None
    lead_days: int = LEAD_DAYS
    is_open: Callable[[date], bool] | None = None
    acknowledged: Mapping[str, Sequence[str]] = MappingProxyType({})
    contacts: Mapping[str, Sequence[Contact]] = MappingProxyType({})


def rules_of(given: Namespace) -> Rules:
    """Return the rules of the command line."""
    known = known_of(given)
    return Rules(given.as_of, policy_of(given), known, region_of(given, known), given.population)


class ListedTrack(NamedTuple):
    """A track in its place in a list.

    Attributes:
        patient: The key of the patient.
        place: Its section, and why.
        row: What the list says about it.
        standings: The rules of the list.
        record: What happened; None where no row could be read.
        problem: Why the record has no answer.
    """

    patient: str
    place: Place
    row: Row
    standings: Standings
    record: PatientRecord | None = None
    problem: str = ""

    def followed(self) -> Asked[AnyTrack] | None:
        """Return the track; None where no row could be read."""
        record, name = self.record, self.row["indication"]
        return None if record is None else self.standings.followed(record, name)

    def forecast(self) -> Forecast | None:
        """Return the whole answer for the track; None where no row could be read."""
        found = self.followed()
        return None if found is None else forecast_of(found.track, besides=found.findings)


def listed_tracks(
    records: Iterable[PatientRecord], rules: Rules, incomplete: frozenset[str] = frozenset()
) -> list[ListedTrack]:
    """Return every track of the records, most urgent first.

    Args:
        records: What happened, each with the patient's key as its id.
        rules: The rules for all of them.
        incomplete: Patients with a row that could not be read; a person must check it first.
    """
    standings = Standings(rules.as_of, rules.policy, rules.known, rules.region, rules.population)
    said = cache(partial(_said, rules))
    found = (_of_record(record, rules, standings, said, incomplete) for record in records)
    tracks = [*chain.from_iterable(found)]
    tracks += [_unread(p, rules, standings) for p in incomplete - {t.patient for t in tracks}]
    return sorted(tracks, key=_order)


def _of_record(
    record: PatientRecord,
    rules: Rules,
    standings: Standings,
    said: Callable[..., tuple[Place, dict[str, Any]]],
    incomplete: frozenset[str],
) -> Iterator[ListedTrack]:
    patient = str(record.id)
    try:
        found = standings.of(record, frozenset(rules.acknowledged.get(patient, ())))
    except CalendarRangeError:
        # A placeholder such as 9999-12-31 must not cost everybody the list.
        yield _unread(patient, rules, standings)._replace(problem=_BEYOND)
        return
    called = _last_contact(patient, rules) if patient in rules.contacts else {}
    for standing, clear, keys in found:
        place, shared = said(standing, clear, patient in incomplete)
        row = {**shared, **called, "patient": patient, "today_keys": keys}
        yield ListedTrack(patient, place, row, standings, record)


def _said(
    rules: Rules, standing: Standing, clear: Any, is_left_out: Any
) -> tuple[Place, dict[str, Any]]:
    """The place and the row of all patients whose track stands so."""
    waits = standing.booked_on is None and standing.status is not DueStatus.ON_HOLD
    call = call_by(standing.due, rules.lead_days, rules.is_open)
    place = placed(standing, rules.as_of, call, left_out=is_left_out)
    next_on = standing.due or standing.earliest
    known = {
        **place._asdict(),
        "days_to_go": None if next_on is None else (next_on - rules.as_of).days,
        "call_by": call if waits else None,
        "next_look_on": standing.review_on or standing.resumes_on or standing.not_before,
        # What is missing may be a dose, or a death: no day is surely clear.
        "clear": None if is_left_out and clear else clear,
        "today": tuple(sorted(standing.pressing)),
        "acknowledged": tuple(sorted(standing.acknowledged)),
    }
    return place, _BLANK | dict(zip(_TOLD, _told(standing), strict=True)) | known


def _last_contact(patient: str, rules: Rules) -> dict[str, Any]:
    """The last contact on or before the day of the question; of one day every outcome."""
    made = [contact for contact in rules.contacts.get(patient, ()) if contact.day <= rules.as_of]
    day = max((contact.day for contact in made), default=None)
    last = [contact for contact in made if contact.day == day]
    outcome = "; ".join(sorted({contact.outcome for contact in last if contact.outcome})) or None
    next_on = min((contact.next_try_on for contact in last if contact.next_try_on), default=None)
    return {"contacted_on": day, "outcome": outcome, "next_try_on": next_on}


def _unread(patient: str, rules: Rules, standings: Standings) -> ListedTrack:
    """A patient none of whose rows could be read: no list may lose them."""
    row = _BLANK | dict.fromkeys(_LISTS, ()) | UNREAD._asdict() | {"patient": patient}
    return ListedTrack(patient, UNREAD, row | _last_contact(patient, rules), standings)


def _order(track: ListedTrack) -> tuple[int, int, date, str, str]:
    row = track.row
    day = row["next_look_on"] or row["due"] or row["typical_on"] or row["earliest"] or date.max
    return *track.place.rank, day, track.patient, str(row["indication"] or "")


def in_sections(tracks: Sequence[ListedTrack]) -> dict[WorklistSection, list[Row]]:
    """Return the rows of each section; they add up to all tracks."""
    found: dict[WorklistSection, list[Row]] = {section: [] for section in WorklistSection}
    for track in tracks:
        found[track.place.section].append(track.row)
    return found


def titled(tracks: Sequence[ListedTrack]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each section that has any, under its title."""
    return [
        (f"{section.words.capitalize()} ({len(rows)})", rows)
        for section, rows in in_sections(tracks).items()
        if rows
    ]


def tracks_answer(tracks: Sequence[ListedTrack], table: Table, told: Told) -> Answer:
    """Return a list of tracks in all forms; their rows fill the sections of *table*."""
    counts = {section.value: len(rows) for section, rows in in_sections(tracks).items()}
    parts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n)
    rows = [track.row for track in tracks]
    filled = table._replace(sections=titled(tracks), below=(*NOTED, *DAYS))
    head = [*told.head, f"{counted(len(tracks), 'track')}: {parts or 'none'}"]
    data = {**told.data, "sections": counts, "tracks": rows}
    problems = [*told.problems, *filter(None, (track.problem for track in tracks))]
    return list_answer(rows, filled, Told(head, data, problems))._replace(columns=COLUMNS)
