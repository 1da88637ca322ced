"""``botox-schedule ics``: a record's cycles as an iCalendar file."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime
from pathlib import Path

from botox_schedule.cli.arguments import count, interval, midnight, missing_extra
from botox_schedule.cli.output import Answer, Table, flat, write_file
from botox_schedule.cli.record_files import add_record, with_protocol
from botox_schedule.files import MEBIBYTE, read_within

EXAMPLES = (
    "record.json --key 7f3a --out patient.ics",
    "record.json --key 7f3a --out patient.ics --previous patient.ics --alarm '2 weeks'",
)
_COLUMNS = ("first", "last", "kind", "status", "uid")
_SPARE = ("uid",)
_MOST_BYTES = 64 * MEBIBYTE


def add_arguments(command: ArgumentParser) -> None:
    """Add what the command takes."""
    add_record(command)
    words = "the clinic's key of the patient: it makes the ids of the entries"
    command.add_argument("--key", required=True, metavar="KEY", help=words)
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE.ics", help="the calendar to write"
    )
    words = "the last export: only changes are new; it may be the file to write"
    command.add_argument("--previous", type=Path, metavar="FILE.ics", help=words)
    words = "how many sessions ahead (default: 1)"
    command.add_argument("--count", type=count, default=1, metavar="COUNT", help=words)
    command.add_argument(
        "--alarm",
        type=interval,
        action="append",
        default=[],
        metavar="INTERVAL",
        help="when to remind before a session ahead, such as '2 weeks'; may be repeated",
    )
    command.add_argument("--name", metavar="TEXT", help="the calendar's name")
    words = "the revision of new and changed entries (default: 0)"
    command.add_argument("--sequence", type=count, default=0, metavar="NUMBER", help=words)
    words = "the moment of the export (default: the day asked for, 0:00 UTC)"
    command.add_argument("--stamped-at", type=_stamp, metavar="MOMENT", help=words)


def _stamp(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise ArgumentTypeError("expected a moment such as 2026-02-01T09:00:00Z")
    return moment


def answer(given: Namespace) -> Answer:
    """Write the calendar, and list its entries."""
    try:
        from botox_schedule.ical import (  # noqa: PLC0415 - an extra
            events_from_record,
            ical_from_events,
        )
    except ImportError:
        raise missing_extra("ical") from None
    question = with_protocol(given)
    events = [
        event
        for protocol in question.protocols
        for event in events_from_record(
            question.record,
            protocol,
            key=given.key,
            as_of=given.as_of,
            count=given.count,
            policy=question.reading.policy,
            other_protocols=question.reading.known,
            alarms=given.alarm,
        )
    ]
    content = ical_from_events(
        events,
        stamped_at=given.stamped_at or midnight(given.as_of),
        sequence=given.sequence,
        previous=None if given.previous is None else read_within(given.previous, _MOST_BYTES),
        name=given.name,
    )
    write_file(given.out, content)
    rows = [
        {"first": e.window.first, "last": e.window.last, **flat(e, "kind", "status", "uid")}
        for e in events
    ]
    text: list[str | Table] = [Table(_COLUMNS, [("", rows)], _SPARE), "", f"written to {given.out}"]
    return Answer(rows, text, events, _COLUMNS, question.problems)
