"""What the tests of the command line share: runs of commands, exports and records."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from botox_schedule import PatientRecord
from botox_schedule.cli import main as cli
from botox_schedule.testing import record_from_gaps

HEADER = "Patient ID,Session date,Indication,Product,Units,Status,Birth date"
GOOD = "P1,2026-01-05,chronic-migraine,Botox,155,completed,1980-01-01"
MIGRAINE_RECORD = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)
OWN = (
    '[[protocols]]\nid = "own"\nversion = "1"\nregion = "us"\nindication = "chronic-migraine"\n'
    'product = "Botox"\npopulation = "adult"\nresponse = { onset = "1 week" }\n'
    'retreatment = { kind = "scheduled", minimum = "13 weeks" }\n'
)
Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    """Run a command: its exit status, what it printed, and its errors."""
    status = cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def text(capsys: Capture, *arguments: object) -> str:
    """What a command printed, without its line breaks."""
    return " ".join(run(capsys, *arguments)[1].split())


def as_json(capsys: Capture, *arguments: object) -> Any:
    return json.loads(run(capsys, *arguments, "--json")[1])


def as_rows(capsys: Capture, *arguments: object) -> list[dict[str, str]]:
    status, out, err = run(capsys, *arguments, "--csv")
    assert status < 2, err
    return [*csv.DictReader(io.StringIO(out))]


def refused(capsys: Capture, *arguments: object) -> str:
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    return " ".join(capsys.readouterr().err.split())


def file_of(folder: Path, content: str | bytes, name: str = "file") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def export(folder: Path, *rows: str, header: str = HEADER) -> Path:
    return file_of(folder, "\n".join((header, *rows)), "export.csv")


def record_file(folder: Path, record: PatientRecord | str) -> Path:
    content = record if isinstance(record, str) else record.model_dump_json()
    return file_of(folder, content, "record.json")
