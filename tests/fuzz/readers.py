"""Every reader as a function of bytes: only documented errors may come out."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.cli.record_files import read_record_file
from botox_schedule.cli.tracks import Rules, listed_tracks
from botox_schedule.outcomes import read_diary
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.tables import read_sessions

AS_OF = date(2026, 3, 16)
MIGRAINE = bs.find_protocol("chronic-migraine")
RULES = Rules(AS_OF, bs.SchedulingPolicy(), known_protocols(None))
FOLDER = Path(tempfile.mkdtemp())
DOCUMENTED = (bs.BotoxScheduleError, ValidationError)


def _file(name: str, data: bytes) -> Path:
    file = FOLDER / name
    file.write_bytes(data)
    return file


def interval(data: bytes) -> None:
    """Interval and range texts; what was read means the same when it is written and read again."""
    text = data.decode("utf-8", "surrogateescape")
    for kind in (bs.Interval, bs.IntervalRange):
        try:
            found = kind.parse(text)
        except bs.errors.IntervalError:
            continue
        assert kind.parse(str(found)) == found


def protocols(data: bytes) -> None:
    """A protocol file; what was read gives dates or a documented error."""
    for protocol in bs.load_protocols(_file("own.toml", data)):
        bs.due_dates("2026-01-05", protocol)


def export(data: bytes) -> None:
    """A clinic's export, and the tracks of what was read; rows add up, nobody is lost."""
    found = read_sessions(data, product=bs.Product.ONABOTULINUMTOXIN_A)
    counts = found.counts
    assert counts.read == counts.used + counts.left_out + counts.blank
    tracks = listed_tracks(found.records(), RULES, found.unreadable)
    assert {track.patient for track in tracks} >= found.unreadable


def record(data: bytes) -> None:
    """A record's JSON, and a forecast of what was read."""
    found = read_record_file(_file("record.json", data))
    bs.forecast(found, MIGRAINE, as_of=AS_OF, other_protocols=bs.bundled_protocols())
    assert bs.PatientRecord.model_validate_json(found.model_dump_json()) == found


def bundle(data: bytes) -> None:
    """A FHIR bundle, and forecasts of what was read."""
    from botox_schedule.fhir import records_from_bundle  # noqa: PLC0415 - an extra

    for found in records_from_bundle(data, zone="America/New_York").records:
        bs.forecast(found, MIGRAINE, as_of=AS_OF)


def diary(data: bytes) -> None:
    """A headache diary."""
    read_diary(_file("diary.csv", data), as_of=AS_OF)


def calendar(data: bytes) -> None:
    """An earlier iCalendar export."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from botox_schedule.ical import ical_from_events  # noqa: PLC0415 - an extra

    again = ical_from_events([], stamped_at=datetime(2026, 1, 5, tzinfo=UTC), previous=data)
    assert again.startswith(b"BEGIN:VCALENDAR")


READERS: dict[str, Callable[[bytes], None]] = {
    "interval": interval,
    "protocols": protocols,
    "export": export,
    "record": record,
    "bundle": bundle,
    "diary": diary,
    "calendar": calendar,
}


def attempt(name: str, data: bytes) -> None:
    """Read *data*; let only what is not documented out."""
    with suppress(*DOCUMENTED):
        READERS[name](data)
