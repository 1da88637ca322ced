"""Every reader as a function of bytes: only documented errors may come out."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.cli.clinic_schedule import clinic_schedule
from botox_schedule.cli.planned import Shelf
from botox_schedule.cli.readers import read_export
from botox_schedule.cli.record_file import read_record
from botox_schedule.cli.schedule_answer import schedule_answer
from botox_schedule.outcomes import read_diary

AS_OF = date(2026, 3, 16)
MIGRAINE = bs.find_protocol("chronic-migraine")
SHELF = Shelf(bs.bundled_protocols(), "us")
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
    """A clinic's export, and the schedule of what was read; the rows add up."""
    found = read_export(_file("export.csv", data), product=bs.Product.ONABOTULINUMTOXIN_A)
    left_out = len({problem.line for problem in found.problems if problem.left_out})
    assert len(found.rows) + left_out >= found.row_count or found.months
    schedule_answer(clinic_schedule(found, SHELF, AS_OF, bs.SchedulingPolicy())).text()


def record(data: bytes) -> None:
    """A record's JSON, and a forecast of what was read."""
    found = read_record(_file("record.json", data))
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
    """A table of sessions, and what of it cannot be read, by either engine of the commands."""
    import polars as pl  # noqa: PLC0415 - an extra

    from botox_schedule import panel  # noqa: PLC0415 - an extra
    from botox_schedule.cli import panel_commands as populations  # noqa: PLC0415

    file = _file("population.csv", data)
    for engine in ("polars", "duckdb"):
        with suppress(*DOCUMENTED):
            table = populations._table(file, engine)
            with populations._reading(file):
                populations._whole(pl, panel.findings(table, [MIGRAINE]))


READERS: dict[str, Callable[[bytes], None]] = {
    "interval": interval,
    "protocols": protocols,
    "export": export,
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
