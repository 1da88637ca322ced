"""Every reader as a function of bytes: only documented errors may come out."""

import io
import tempfile
import zipfile
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
from botox_schedule.tables import (
    read_acknowledged,
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_overrides,
    read_prior_treatments,
    read_sessions,
    read_weights,
)

AS_OF = date(2026, 3, 16)
MIGRAINE = bs.find_protocol("chronic-migraine")
RULES = Rules(AS_OF, bs.SchedulingPolicy(), known_protocols(None))
FACTS = (
    read_acknowledged,
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_overrides,
    read_prior_treatments,
    read_weights,
)
BINARY = (b"PK", b"\xd0\xcf", b"PAR1")
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


def facts(data: bytes) -> None:
    """A table of holds, approvals and the rest, by each of their readers; rows add up."""
    for read in FACTS:
        with suppress(*DOCUMENTED):
            counts = read(data).counts
            assert counts.read == counts.used + counts.left_out + counts.blank


def spreadsheet(data: bytes) -> None:
    """A spreadsheet or a Parquet file; other bytes become the sheet of a whole one."""
    content = data if data.startswith(BINARY) else _workbook(data)
    counts = read_sessions(content).counts
    assert counts.read == counts.used + counts.left_out + counts.blank


def _workbook(sheet: bytes) -> bytes:
    """The smallest workbook around the XML of a sheet."""
    office = "http://schemas.openxmlformats.org"
    main, links = f"{office}/spreadsheetml/2006/main", f"{office}/officeDocument/2006/relationships"
    package = f"{office}/package/2006/relationships"
    entries = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{links}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        for name, text in entries.items():
            book.writestr(name, text)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


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


def population(data: bytes) -> None:
    """A frame of sessions as text: every row is counted once, and no patient is lost."""
    import polars as pl  # noqa: PLC0415 - an extra

    from botox_schedule import panel  # noqa: PLC0415 - an extra

    try:
        frame = pl.read_csv(data, infer_schema=False, truncate_ragged_lines=True)
    except pl.exceptions.PolarsError:
        return
    frame = frame.with_columns(pl.col("^units$").cast(pl.Float64, strict=False))
    panel.row_problems(frame)
    assert panel.row_counts(frame, as_of=AS_OF)["rows"].sum() == frame.height
    answered = set(panel.forecast(frame, as_of=AS_OF)["patient"])
    keys = frame["patient"].drop_nulls().str.strip_chars().str.normalize("NFC")
    assert answered >= set(keys) - {""}


READERS: dict[str, Callable[[bytes], None]] = {
    "interval": interval,
    "protocols": protocols,
    "export": export,
    "facts": facts,
    "spreadsheet": spreadsheet,
    "record": record,
    "bundle": bundle,
    "diary": diary,
    "calendar": calendar,
    "population": population,
}


def attempt(name: str, data: bytes) -> None:
    """Read *data*; let only what is not documented out."""
    with suppress(*DOCUMENTED):
        READERS[name](data)
