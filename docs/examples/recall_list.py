"""A recall list every morning: rows of a database in, patients to call out."""

import sqlite3
import sys
from contextlib import closing
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from botox_schedule import panel

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
SESSIONS = """
SELECT patient, id AS session_id, administered_on, indication, product, units, status
FROM sessions
"""
HOLDS = "SELECT patient, first_day AS first, last_day AS last, reason FROM holds"
CARE_ENDS = 'SELECT patient, ended_on AS "on", kind FROM care_ends'
SHOWN = ("section", "reason", "patient", "indication", "due", "findings")


def recall_list(connection: Any, today: date) -> pl.DataFrame:
    """Return every track in its section, from a connection of SQLite or PostgreSQL."""

    def rows(query: str) -> pl.DataFrame:
        return pl.read_database(query, connection, infer_schema_length=None)

    holds, care_ends = rows(HOLDS), rows(CARE_ENDS)
    found: pl.DataFrame = panel.worklist(
        rows(SESSIONS), as_of=today, holds=holds, care_ends=care_ends
    )
    return found


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


def connect(address: str) -> Any:
    """Open a file of SQLite or a PostgreSQL database, for reading only."""
    if not address.startswith("postgresql:"):
        # A misspelled name is an error; without the mode it would be a new, empty database.
        return sqlite3.connect(f"{Path(address).resolve().as_uri()}?mode=ro", uri=True)
    psycopg = import_module("psycopg")
    return psycopg.connect(address, options="-c default_transaction_read_only=on")


if __name__ == "__main__":
    address, day = sys.argv[1:] or ("", "2026-03-16")
    with closing(connect(address) if address else demonstration()) as database:
        found = recall_list(database, date.fromisoformat(day)).select(SHOWN)
    for section, reason, patient, indication, due, findings in found.iter_rows():
        print(f"{section:24}{reason:20}{patient:6}{indication or '-':18}{due or '-'} {findings}")
