"""A recall list every morning: rows of a database in, patients to call out."""

import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import ValidationError

import botox_schedule as bs

TABLES = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, patient TEXT NOT NULL, administered_on DATE NOT NULL,
    indication TEXT NOT NULL, product TEXT, units NUMERIC, status TEXT NOT NULL
);
CREATE TABLE holds (
    patient TEXT NOT NULL, first_day DATE NOT NULL, last_day DATE, reason TEXT NOT NULL
);
CREATE TABLE care_ends (patient TEXT NOT NULL, ended_on DATE, kind TEXT NOT NULL);
"""
QUERIES = {
    "sessions": """
        SELECT patient, CAST(id AS TEXT) AS id, administered_on, indication, product, units, status
        FROM sessions""",
    "holds": "SELECT patient, first_day AS first, last_day AS last, reason FROM holds",
    "care_ends": 'SELECT patient, ended_on AS "on", kind FROM care_ends',
}
CALL = {bs.DueStatus.DUE: "due", bs.DueStatus.OVERDUE: "overdue", bs.DueStatus.LAPSED: "lapsed"}
SECTIONS = ("check first", "overdue", "due", "lapsed")


def patients(connection: Any) -> dict[str, dict[str, Any]]:
    """Read every row, none filtered: a row that is left out dates the next session too early."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {part: [] for part in QUERIES})
    for part, query in QUERIES.items():
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            values = dict(zip(names, row, strict=True))
            found[values.pop("patient")][part].append(values)
    return found


def lines(connection: Any, today: date) -> Iterator[tuple[int, str, str]]:
    """Yield the section, the patient and what to do."""
    for patient, rows in patients(connection).items():
        try:
            record = bs.PatientRecord.model_validate(rows)
        except ValidationError as error:
            faults = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
            yield 0, patient, f"cannot be read: {faults}"
            continue
        for found in bs.forecast_all(record, as_of=today):
            urgent = [finding.code for finding in found.findings if finding.needs == "today"]
            if urgent:
                yield 0, patient, f"{found.status.label}; look at {', '.join(urgent)}"
            elif found.status in CALL and found.booking is None and found.dates.due is not None:
                section = SECTIONS.index(CALL[found.status])
                yield section, patient, f"due since {found.dates.due}"


def print_list(connection: Any, today: date) -> None:
    """Print the list, the most urgent section first."""
    for section, patient, words in sorted(lines(connection, today)):
        print(f"{SECTIONS[section]:12}{patient:8}{words}")


def demonstration() -> sqlite3.Connection:
    """Return a database in memory with made-up rows."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    given = [
        ("ann", "2025-12-01", "chronic-migraine", "Botox", 155, "completed"),
        ("bob", "2025-12-20", "chronic-migraine", "Botox", 155, "completed"),
        ("cleo", "2025-11-24", "chronic-migraine", "Botox", 155, "completed"),
        ("dan", "2025-12-15", "spasticity", "Xeomin", 300, "completed"),
        ("dan", "2026-03-20", "spasticity", "Xeomin", 300, "booked"),
        ("eve", "2025-12-01", "chronic-migraine", "Botox", 155, "done"),
        ("fay", "2025-11-10", "chronic-migrane", "Botox", 155, "completed"),
    ]
    connection.executemany(
        "INSERT INTO sessions (patient, administered_on, indication, product, units, status)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        given,
    )
    connection.execute("INSERT INTO holds VALUES ('cleo', '2026-01-10', NULL, 'pregnancy')")
    return connection


if __name__ == "__main__":
    path, day = sys.argv[1:] or (None, "2026-03-16")
    database = demonstration() if path is None else sqlite3.connect(path)
    print_list(database, date.fromisoformat(day))
