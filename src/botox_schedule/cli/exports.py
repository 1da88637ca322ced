"""Reads a clinic's export and the tables next to it into one record for each patient."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast

from botox_schedule import PatientRecord, SessionStatus, tables
from botox_schedule.cli.arguments import AS_OF, POPULATION, RULES
from botox_schedule.cli.output import ADULT_ASSUMED, Told
from botox_schedule.cli.tracks import ListedTrack, Rules, listed_tracks, rules_of
from botox_schedule.dates.days import counted
from botox_schedule.errors import BotoxScheduleError, ExchangeError
from botox_schedule.tables import FactReading, TableReading
from botox_schedule.tables.decisions import look_alikes
from botox_schedule.tables.unread import unread_sheet

SIDE_TABLES = {
    "holds": "pauses: patient, first, last, reason",
    "care_ends": "discharges and deaths: patient, on, kind",
    "overrides": "intervals for one patient: patient, indication, first, authority",
    "births": "birth dates: patient, born on",
    "weights": "body weights: patient, measured on, kilograms",
    "prior_treatments": "cycles given elsewhere: patient, indication, cycles",
    "authorizations": "a payer's approvals: patient, indication, product, first, last",
}
"""Tables about patients next to their sessions; :mod:`botox_schedule.tables` reads them."""
NOTES = {
    "contacts": "calls and letters: patient, day, outcome, next try on",
    "acknowledged": "findings that somebody has acknowledged: patient, key",
}
"""What a clinic noted about the last list; no date depends on it."""
_OF_RECORDS = SIDE_TABLES.keys() - {"births"}
_SESSIONS = "sessions"
_TABLES = (_SESSIONS, *SIDE_TABLES, *NOTES)
NONE = Path("none")


class Clinic(NamedTuple):
    """What the tables of a clinic say, and the rules for its tracks.

    Attributes:
        reading: The sessions as they were read, with the days of birth of all tables.
        facts: What the tables next to them say, by their name.
        problems: What is wrong with the tables.
        rules: The rules for its tracks.
    """

    reading: TableReading
    facts: Mapping[str, FactReading[Any]]
    problems: Sequence[str]
    rules: Rules

    @property
    def records(self) -> Sequence[PatientRecord]:
        """A record for each patient with a session, a course elsewhere or a decision."""
        told = {name: self.facts[name] for name in _OF_RECORDS & self.facts.keys()}
        return self.reading.records(**cast("Any", told))

    @property
    def incomplete(self) -> frozenset[str]:
        """Patients with a row that counts for nothing, or that may be under a key like theirs.

        Notes are not included: they hide nobody.
        """
        tables = [found for name, found in self.facts.items() if name in SIDE_TABLES]
        alike = look_alikes(chain(sorted(self.reading.patients), *(t.by_patient for t in tables)))
        told = (self.facts[name].by_patient for name in _OF_RECORDS & self.facts.keys())
        doubtful = {*alike, *alike.values()}.intersection(self.reading.patients.union(*told))
        return self.reading.unreadable.union(doubtful, *(found.unreadable for found in tables))

    def tracks(self, **changes: Any) -> list[ListedTrack]:
        """Return the tracks in order, with some rules changed."""
        notes = {name: self.facts[name].by_patient for name in NOTES if name in self.facts}
        rules = self.rules._replace(**{**notes, **changes})
        return listed_tracks(self.records, rules, self.incomplete)

    @property
    def told(self) -> Told:
        """What was read, and what became of each row: the others add up to ``rows``."""
        read, reading = self.reading.counts, self.reading
        statuses = Counter(row.session.status for row in reading.session_rows)
        counts = {status.value: statuses[status] for status in SessionStatus if statuses[status]}
        counts |= {"left_out": read.left_out, "blank": read.blank}
        parts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items())
        unaged = {row.patient for row in reading.session_rows} - reading.births.keys()
        adults = 0 if self.rules.population else len(unaged)
        head = [
            f"as of {self.rules.as_of}",
            f"{counted(read.read, 'row')}: {parts}",
            f"{counted(len(reading.patients), 'patient')}; {adults} {ADULT_ASSUMED}",
        ]
        summary = {"rows": read.read, **counts, "adult_assumed": adults}
        return Told(head, {"as_of": self.rules.as_of, "summary": summary}, self.problems)


def export_options(
    *, needed: Sequence[str] = (), notes: Mapping[str, str] = NOTES
) -> dict[str, str]:
    """Return the options that name a clinic's tables.

    Args:
        needed: The tables next to the sessions that must be named; ``none`` means there is none.
        notes: The tables of notes that the command shows.
    """
    named = {
        f"--{name.replace('_', '-')} FILE{'!' if name in needed else ''}": f"a table of {words}"
        + ("; 'none' if there is none" if name in needed else "")
        for name, words in {**SIDE_TABLES, **notes}.items()
    }
    return _SESSIONS_FILE | named | _OPTIONS | AS_OF | RULES


_SESSIONS_FILE = {
    "file FILE": "a table of sessions: CSV, TSV, Excel or Parquet, also in gzip; - for standard input"
}
_OPTIONS = {
    "--column NAME=HEADER*": "what a column is called in the file, such as date='Svc Dt' or holds.first='From'; may be repeated",
    "--sheet TABLE=SHEET*": "which sheet of a spreadsheet holds a table, such as sessions='Visits 2026'; may be repeated",
    "--date-format FORMAT": "iso (default), mdy, dmy, or a pattern such as %%d.%%m.%%Y",
    "--product PRODUCT": "the product of rows that name none",
    "--encoding NAME": "such as latin-1 (default: UTF-8, or UTF-16 by its mark)",
    **POPULATION,
}


def clinic_of(given: Namespace) -> Clinic:
    """Return what the tables of the arguments say.

    Raises:
        TableError: When a table cannot be read as one; the message names the file.
        OSError: When a file cannot be opened.
    """
    named = {*dict(given.sheet), *(name.rpartition(".")[0] for name, _ in given.column)}
    if named - {"", *_TABLES}:
        raise ExchangeError(f"--column, --sheet: no such table; known are {', '.join(_TABLES)}")
    if len(dict(given.sheet)) < len(given.sheet):
        raise ExchangeError("--sheet: name one sheet for each table; join several in one file")
    rules = rules_of(given)
    options = {
        "date_format": given.date_format,
        "product": given.product,
        "encoding": given.encoding,
        "indications": (*rules.known.indications, *rules.policy.other_indications),
    }
    others = ((name, getattr(given, name, None)) for name in _TABLES[1:])
    files = {_SESSIONS: given.file} | {name: f for name, f in others if f not in {None, NONE}}
    read = {name: _read(given, file, name, options) for name, file in files.items()}
    facts = dict(_told_once(read, files))
    reading = facts.pop(_SESSIONS)
    reading, doubts = reading.with_births(facts["births"]) if "births" in facts else (reading, ())
    problems = [*map(str, reading.problems), *_fact_problems(reading, facts)]
    problems += [f"births: {problem}" for problem in doubts]
    return Clinic(reading, facts, problems, rules)


def _columns(given: Namespace, table: str) -> dict[str, str]:
    """The file's headers and what they mean: a column without a table is one of the sessions."""
    named = [(header, *name.rpartition(".")[::2]) for name, header in given.column]
    chosen = {(header, name) for header, of, name in named if (of or _SESSIONS) == table}
    if len(columns := dict(chosen)) < len(chosen):
        raise ExchangeError(f"--column: a column of {table} has two meanings; give it one")
    return columns


def _read(given: Namespace, file: Path, table: str, options: Mapping[str, Any]) -> Any:
    """Read a table; an error names its file, and the option that names its columns."""
    read, columns = getattr(tables, f"read_{table}"), _columns(given, table)
    options = {**options, "columns": columns, "sheet": dict(given.sheet).get(table)}
    try:
        return read(str(file), **options)
    except BotoxScheduleError as error:
        said = str(error).removeprefix(f"{file.name}: ")
        if table != _SESSIONS:
            said = said.replace("--column ", f"--column {table}.")
        raise ExchangeError(f"{file}: {said}") from None
    except FileNotFoundError as error:
        hint = "" if table == _SESSIONS else f"; give '{NONE}' if there is no such table"
        raise OSError(error.errno, f"{error.strerror}{hint}", str(file)) from None


def _told_once(readings: Mapping[str, Any], files: Mapping[str, Path]) -> Iterator[tuple[str, Any]]:
    """Yield the readings by name; a sheet that one of them read is no problem of another."""
    at = {name: file.resolve() for name, file in files.items()}
    read = {(at[name], unread_sheet(found.sheet)) for name, found in readings.items()}
    for name, found in readings.items():
        left = tuple(p for p in found.problems if (at[name], p.reason) not in read)
        yield name, replace(found, problems=left)


def _fact_problems(reading: TableReading, facts: Mapping[str, FactReading[Any]]) -> list[str]:
    return [
        f"{name.replace('_', ' ')}: {problem}".replace("--column ", f"--column {name}.")
        for name, found in facts.items()
        for problem in sorted([*found.problems, *found.unmatched(reading.patients)])
    ]
