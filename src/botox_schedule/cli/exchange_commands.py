"""The commands that write and read the files of other systems: ics, fhir."""

import argparse
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botox_schedule import DueStatus, Forecast, PatientRecord, forecast
from botox_schedule.cli.answers import NOT_ADVICE
from botox_schedule.cli.arguments import (
    Commands,
    add_as_of,
    add_record,
    add_rules,
    interval,
    midnight,
    missing_extra,
    new_command,
    policy_of,
    shelf_of,
)
from botox_schedule.cli.output import Answer
from botox_schedule.cli.planned import Shelf, planned_tracks
from botox_schedule.cli.record_file import planned_protocols, read_record
from botox_schedule.cli.text import Lines, table
from botox_schedule.errors import ExchangeError
from botox_schedule.files import MEBIBYTE, read_within

if TYPE_CHECKING:
    from botox_schedule.fhir import BundleReading
    from botox_schedule.ical import CalendarEvent


def _stamp(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise argparse.ArgumentTypeError("expected a moment such as 2026-02-01T09:00:00Z")
    return moment


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def add_ics(commands: Commands) -> None:
    """Add the command ``ics``."""
    parser = new_command(commands, "ics", "a record's cycles as an iCalendar file (extra 'ical')")
    add_record(parser)
    parser.add_argument("--key", required=True, help="the patient's key: it makes the UIDs")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.ics")
    parser.add_argument(
        "--previous", type=Path, metavar="FILE.ics", help="the last export: only changes are new"
    )
    parser.add_argument("--count", type=int, default=1, help="how many sessions ahead (default: 1)")
    parser.add_argument("--alarm", type=interval, action="append", default=[], metavar="INTERVAL")
    parser.add_argument("--name", help="the calendar's name")
    parser.add_argument("--sequence", type=int, default=0, help="the revision (default: 0)")
    parser.add_argument(
        "--stamped-at",
        type=_stamp,
        metavar="MOMENT",
        help="the moment of the export (default: the day asked for, 0:00 UTC)",
    )
    parser.set_defaults(run=_ics)


def _ics(given: argparse.Namespace) -> Answer:
    try:
        from botox_schedule.ical import (  # noqa: PLC0415 - an extra
            events_from_record,
            ical_from_events,
        )
    except ImportError:
        raise missing_extra("ical") from None
    record, known = read_record(given.file), shelf_of(given)
    protocols = planned_protocols(record, known, given.as_of, given.indication, given.product)
    events = [
        event
        for protocol in protocols
        for event in events_from_record(
            record,
            protocol,
            key=given.key,
            as_of=given.as_of,
            count=given.count,
            policy=policy_of(given),
            other_protocols=known.others(protocol),
            alarms=given.alarm,
        )
    ]
    content = ical_from_events(
        events,
        stamped_at=given.stamped_at or midnight(given.as_of),
        sequence=given.sequence,
        previous=None if given.previous is None else read_within(given.previous, 64 * MEBIBYTE),
        name=given.name,
    )
    _write(given.out, content)
    return _ics_answer(events, given.out)


def _ics_answer(events: "Sequence[CalendarEvent]", out: Path) -> Answer:
    header = ("first", "last", "kind", "status", "uid")

    def rows() -> list[tuple[object, ...]]:
        return [(e.window.first, e.window.last, e.kind, e.status, e.uid) for e in events]

    def text() -> Lines:
        return [*table(header, rows()), "", f"written to {out}"]

    return Answer(text, lambda: [e.model_dump(mode="json") for e in events], header, rows)


def add_fhir(commands: Commands) -> None:
    """Add the command ``fhir``."""
    text = "where the patients of a FHIR R4 bundle stand (extra 'fhir')"
    parser = new_command(commands, "fhir", text)
    parser.add_argument("file", type=Path, metavar="BUNDLE.json")
    parser.add_argument(
        "--zone", required=True, help="the clinic's time zone, such as America/New_York"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.json", help="write the proposed ServiceRequests there"
    )
    add_as_of(parser)
    add_rules(parser)
    parser.set_defaults(run=_fhir)


def _fhir(given: argparse.Namespace) -> Answer:
    try:
        from botox_schedule.fhir import records_from_bundle  # noqa: PLC0415 - an extra
    except ImportError:
        raise missing_extra("fhir") from None
    try:
        reading = records_from_bundle(read_within(given.file, 512 * MEBIBYTE), zone=given.zone)
    except ExchangeError as error:
        raise ExchangeError(f"{given.file}: {error}") from None
    known = shelf_of(given)
    found = [
        (record, answer)
        for record in reading.records
        for answer in _forecasts(record, known, given)
    ]
    if given.out is not None:
        _write(given.out, _proposals(found))
    return _fhir_answer(reading, found)


def _forecasts(record: PatientRecord, known: Shelf, given: argparse.Namespace) -> list[Forecast]:
    return [
        forecast(
            record,
            track.protocol,
            as_of=given.as_of,
            policy=policy_of(given),
            other_protocols=known.others(track.protocol),
        )
        for track in planned_tracks(record, known, given.as_of, None)
        if track.protocol is not None
    ]


def _proposals(found: Sequence[tuple[PatientRecord, Forecast]]) -> bytes:
    from botox_schedule.fhir import service_request_from_forecast  # noqa: PLC0415 - an extra

    undated = {DueStatus.NO_HISTORY, DueStatus.NO_INTERVAL}
    entries = [
        {
            "resource": json.loads(
                service_request_from_forecast(answer, subject=str(record.id)).model_dump_json()
            )
        }
        for record, answer in found
        if answer.status not in undated
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if entries:
        bundle["entry"] = entries
    return json.dumps(bundle, indent=2).encode()


def _fhir_answer(
    reading: "BundleReading", found: Sequence[tuple[PatientRecord, Forecast]]
) -> Answer:
    header = ("patient", "indication", "status", "last_session", "earliest", "due", "overdue_from")
    problems = [str(problem) for problem in reading.problems]

    def rows() -> list[tuple[object, ...]]:
        return [
            (
                record.id,
                f.protocol.indication,
                f.status,
                f.last_session_on,
                f.dates.earliest,
                f.dates.due,
                f.dates.overdue_from,
            )
            for record, f in found
        ]

    def text() -> Lines:
        sessions = sum(len(record.sessions) for record in reading.records)
        first = f"patients {len(reading.records)}, sessions {sessions}, problems {len(problems)}"
        found_rows = [*table(header, rows()), ""] if found else []
        return [first, "", *found_rows, *(f"problem {problem}" for problem in problems), NOT_ADVICE]

    def data() -> Any:
        return {
            "forecasts": [
                {"patient": record.id, "forecast": f.model_dump(mode="json")} for record, f in found
            ],
            "problems": [problem.model_dump(mode="json") for problem in reading.problems],
            "ignored": reading.ignored,
        }

    return Answer(text, data, header, rows, int(bool(problems)), problems)
