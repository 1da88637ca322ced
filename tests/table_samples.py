"""What the tests of tables share: a header, a good row, and readers of both."""

from pathlib import Path
from typing import Any

from botox_schedule.tables import TableReading, read_sessions

FILES = Path(__file__).with_name("files")
HEADER = "Patient ID,Session date,Indication,Product,Units,Status,Birth date"
GOOD = "P1,2026-01-05,chronic-migraine,Botox,155,completed,1980-01-01"


def read(text: str | bytes, **options: Any) -> TableReading:
    return read_sessions(text if isinstance(text, bytes) else text.encode(), **options)


def one(row: str, *, header: str = HEADER, **options: Any) -> TableReading:
    return read(f"{header}\n{row}\n", **options)


def reasons(reading: TableReading) -> list[str]:
    return [problem.reason for problem in reading.problems]
