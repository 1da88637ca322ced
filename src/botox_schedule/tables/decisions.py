"""Reads the tables next to the sessions: holds, ends of care, authorizations and others."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar, Unpack
from unicodedata import normalize

from pydantic import ValidationError

from botox_schedule.dates import Day, Interval, IntervalRange, Window
from botox_schedule.records import (
    BodyWeight,
    CareEnd,
    Hold,
    IntervalOverride,
    PriorAuthorization,
    PriorTreatment,
)
from botox_schedule.tables import cells, deaths
from botox_schedule.tables.cells import CellReader, Column, Parsed
from botox_schedule.tables.lines import Cell, Problem, unread_column
from botox_schedule.tables.rows import RowCounts, RowsRead, RowValues, TableOptions, read_rows
from botox_schedule.tables.source import TableSource
from botox_schedule.tables.words import is_word_of_death, parts_of, speaks_of_death
from botox_schedule.terms import Authority, CareEndKind
from botox_schedule.values import PatientValue

_Fact = TypeVar("_Fact")


class Contact(PatientValue, frozen=True):
    """A call or letter to a patient about the next session.

    Attributes:
        day: The day of it.
        outcome: What came of it, such as ``no answer``.
        next_try_on: The day of the next try.
    """

    day: Day
    outcome: str | None = None
    next_try_on: Day | None = None


class FactRow(NamedTuple, Generic[_Fact]):
    """A row that gives a fact about a patient.

    Attributes:
        line: The row's first line.
        patient: The key of its patient.
        fact: What the row says.
        values: The same by column, without the patient.
    """

    line: int
    patient: str
    fact: _Fact
    values: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"FactRow(line={self.line})"


@dataclass(frozen=True, kw_only=True)
class FactReading(Generic[_Fact]):
    """What a table next to the sessions holds; its repr shows counts only.

    Attributes:
        fact_rows: The rows that give a fact, in the table's order.
        problems: What is wrong, by line.
        counts: How many rows came in, and what became of them.
        unreadable: The patients with a row that counts for nothing, or whose row is followed by one
            without a patient.
        sheet: The number of the sheet that was read; 0 where the file has none.
    """

    fact_rows: tuple[FactRow[_Fact], ...]
    problems: tuple[Problem, ...]
    counts: RowCounts
    unreadable: frozenset[str]
    sheet: int = 0

    def __repr__(self) -> str:
        return f"FactReading(counts={self.counts}, problems={len(self.problems)})"

    @property
    def by_patient(self) -> dict[str, tuple[_Fact, ...]]:
        """The facts by patient, as :class:`~botox_schedule.PatientRecord` takes them."""
        return by_patient((row.patient, row.fact) for row in self.fact_rows)

    def rows(self) -> list[dict[str, Any]]:
        """Return plain rows, as :mod:`botox_schedule.panel` takes them."""
        return [
            {"patient": row.patient, **{name: _plain(told) for name, told in row.values.items()}}
            for row in self.fact_rows
        ]

    def unmatched(self, patients: Collection[str]) -> tuple[Problem, ...]:
        """Return a problem for each row whose patient is not among *patients*.

        Keys are compared as they are: ``12`` and ``0012`` are two patients. The problem says
        where only zeros, case or blanks make the difference.
        """
        known = frozenset(patients)
        others = [row for row in self.fact_rows if row.patient not in known]
        alike = look_alikes([*known, *(row.patient for row in others)])
        return tuple(
            Problem(row.line, _ALIKE if alike.get(row.patient) in known else _NOBODY)
            for row in others
        )


def by_patient(pairs: Iterable[tuple[str, _Fact]]) -> dict[str, tuple[_Fact, ...]]:
    """Return what each patient has, in order."""
    found: dict[str, list[_Fact]] = defaultdict(list)
    for patient, fact in pairs:
        found[patient].append(fact)
    return {patient: tuple(facts) for patient, facts in found.items()}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, (Interval, IntervalRange)) else value


_NOBODY = "patient: no session has this key"
_ALIKE = "patient: no session has this key; one differs only in zeros, case, blanks, hyphens, accents or alphabet"


def look_alikes(keys: Iterable[str]) -> dict[str, str]:
    """Return the keys that look like an earlier one, each with that one.

    Programs change zeros, case, blanks, hyphens and accents, keyboards the alphabet. Keys with
    hyphens in other places are others.

    >>> look_alikes(["0012", "12.00", "AB-1 2", "ab12", "1-11", "11-1", "Zoé", "ZOE"])
    {'12.00': '0012', 'ab12': 'AB-1 2', 'ZOE': 'Zoé'}
    """
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for key in dict.fromkeys(keys):
        plain = key.casefold()
        if not key.isascii():
            plain = normalize("NFC", normalize("NFKD", key).casefold().translate(_LATIN))
        # A program that read the keys as numbers writes 12.0.
        apart = plain if plain.isalnum() else _APART.sub("-", _DECIMALS.sub("", plain)).strip("-")
        parts = apart.lstrip("0-")
        letters = parts.replace("-", "")
        marked = f"-{letters}"
        joined = letters if parts != letters else marked
        other = first.get(parts, first.get(joined, key))
        if other != key:
            found[key] = found.get(other, other)
        first.setdefault(parts, key)
        first.setdefault(marked, key)
    return found


def _outcome(reader: CellReader, cell: Cell) -> Parsed:
    """What came of a contact; that the patient has died is no end of care by itself."""
    found = cells.text(reader, cell)
    return found._replace(note=MAY_HAVE_DIED) if speaks_of_death(found.value or "") else found


def _reason(reader: CellReader, cell: Cell) -> Parsed:
    """Why somebody decided; a hold and an override need a reason."""
    found = cells.text(reader, cell)
    # Treatment waits after a death in the family, too.
    has_died = any(map(is_word_of_death, parts_of(found.value or "")))
    return Parsed(found.value or "not stated", MAY_HAVE_DIED if has_died else "")


MAY_HAVE_DIED = "may say that the patient has died; give a death in a table of care ends"


_LATIN: dict[int, int | None] = {
    **str.maketrans("авекмнорстухіјѕαβεζηικμνορτυχ", "abekmhopctyxijsabezhikmnoptyx"),
    **dict.fromkeys(range(0x300, 0x370)),
}
"""Letters of Cyrillic and Greek that look like Latin ones, at least as capitals; no accents."""
_DECIMALS = re.compile("[.,]0+$")
_APART = re.compile(r"[\W_]+")
_DAY = Column(CellReader.day)
_NEEDED_DAY = Column(CellReader.day, is_required=True)
_BINDING_DAY = Column(CellReader.day, counts="without it")
_KEY = Column(cells.key)
_PATIENT = {"patient": Column(cells.key, is_required=True)}
_TEXT = Column(cells.text, is_text=True)
_REASON = Column(_reason, is_text=True)
_COUNT = Column(cells.count, is_number=True)
_TREATMENT = {**_PATIENT, "indication": Column(CellReader.indication, is_required=True)}
_INTERVAL = Column(cells.interval)
_DECISION = {"id": _KEY, "recorded_on": _DAY, "withdrawn_on": Column(CellReader.withdrawal)}
_IN_FORCE = Column(cells.in_force, default=True, words="in_force")
# In these tables a word such as "ended" says too little, so the caller must choose the column.
_IF_CHOSEN = {"record_status": _IN_FORCE}
# A hold or an end of care with an unreadable cell still binds: too long is better than not at all.
_BINDING = {
    "reason": _REASON,
    "indication": Column(CellReader.indication, counts="for all"),
    "id": _KEY,
    "recorded_on": _BINDING_DAY,
    "withdrawn_on": Column(CellReader.withdrawal, counts="without it"),
    **_IF_CHOSEN,
}
_DEATHS = ("died_on", "deceased", "vital_status")
_TABLES: Mapping[str, Mapping[str, Column]] = {
    "holds": {
        **_PATIENT,
        "first": _NEEDED_DAY,
        "last": _BINDING_DAY._replace(counts="as open"),
        "review_on": _BINDING_DAY,
        **_BINDING,
    },
    "care_ends": {
        **_PATIENT,
        "on": _BINDING_DAY._replace(counts="with the day unknown"),
        "died_on": Column(deaths.day_of_death),
        "deceased": Column(deaths.deceased),
        "vital_status": Column(
            deaths.vital_status, counts="for what else it says", fallback=deaths.Death.DOUBTFUL
        ),
        # A list of deaths needs no kind.
        "kind": Column(
            cells.word("care_end", CareEndKind),
            is_required=True,
            default=CareEndKind.DECEASED,
            or_else=frozenset(_DEATHS),
            words="care_end",
        ),
        **_BINDING,
        "reason": _TEXT,
    },
    "overrides": {
        **_TREATMENT,
        "first": _NEEDED_DAY,
        "last": _DAY,
        "minimum": _INTERVAL,
        "usual": Column(cells.interval_range),
        "authority": Column(cells.word("authority", Authority), is_required=True),
        "reason": _REASON,
        "status": _IN_FORCE,
        **_DECISION,
    },
    "births": {
        **_PATIENT,
        "born_on": Column(CellReader.birth_day, is_required=True),
        **_IF_CHOSEN,
    },
    "weights": {
        **_PATIENT,
        "measured_on": _NEEDED_DAY,
        "kilograms": Column(cells.kilograms, is_required=True, is_number=True),
        "unit": Column(cells.weight_unit),
        **_IF_CHOSEN,
    },
    "prior_treatments": {
        **_TREATMENT,
        "cycles": _COUNT._replace(is_required=True),
        "started_on": _BINDING_DAY,
        "last_on": _BINDING_DAY,
        "product": Column(CellReader.product_name, counts="with an unknown product"),
        **_IF_CHOSEN,
    },
    "authorizations": {
        **_TREATMENT,
        "product": Column(CellReader.product_name, is_required=True),
        "first": _NEEDED_DAY,
        "last": _NEEDED_DAY,
        "sessions": _COUNT,
        "units": Column(cells.units, is_number=True),
        "minimum_interval": _INTERVAL,
        "status": _IN_FORCE,
        **_DECISION,
    },
    "contacts": {
        **_PATIENT,
        "day": _NEEDED_DAY,
        "outcome": Column(_outcome, is_text=True),
        "next_try_on": _BINDING_DAY,
    },
    "acknowledged": {**_PATIENT, "key": Column(cells.finding_key, is_required=True)},
}


class Facts(TypedDict, total=False):
    """What is known of patients next to their sessions, by the field of the record."""

    holds: FactReading[Hold]
    care_ends: FactReading[CareEnd]
    overrides: FactReading[IntervalOverride]
    weights: FactReading[BodyWeight]
    prior_treatments: FactReading[PriorTreatment]
    authorizations: FactReading[PriorAuthorization]


def read_holds(source: TableSource, **options: Unpack[TableOptions]) -> FactReading[Hold]:
    r"""Read a table of holds: patient, first, and where known last, reason, indication, review on.

    A hold whose last day cannot be read counts as open, and says so.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of holds.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> holds = read_holds(b"MRN,from,until,reason\n0012,2026-11-01,2026-12-15,surgery\n")
    >>> holds.by_patient["0012"][0].last
    datetime.date(2026, 12, 15)
    >>> [problem.line for problem in holds.unmatched({"12"})]
    [2]
    """
    return _read(source, "holds", Hold, options)


def read_care_ends(source: TableSource, **options: Unpack[TableOptions]) -> FactReading[CareEnd]:
    r"""Read a table of ends of care: patient, on, kind, and where known reason, indication.

    A death whose day cannot be read counts as one on an unknown day, and says so. A list of
    deaths has ``date of death`` or ``deceased`` instead of kind; a row without one says nothing.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of ends of care.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> ends = read_care_ends(b"MRN,date,kind\n0012,2026-02-01,died\n")
    >>> ends.by_patient["0012"][0].kind
    <CareEndKind.DECEASED: 'deceased'>
    """
    return _read(source, "care_ends", CareEnd, options)


def read_overrides(
    source: TableSource, **options: Unpack[TableOptions]
) -> FactReading[IntervalOverride]:
    r"""Read a table of overrides: patient, indication, first, authority, minimum and/or usual.

    A row whose status, if there is such a column, is not approved or active is left out.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of overrides.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> table = b"MRN,dx,from,authority,minimum\n1,migraine,2026-01-05,clinician,10 weeks\n"
    >>> str(read_overrides(table).by_patient["1"][0].minimum)
    '10 weeks'
    """
    return _read(source, "overrides", IntervalOverride, options)


def read_births(source: TableSource, **options: Unpack[TableOptions]) -> FactReading[date]:
    r"""Read a table of days of birth: patient, born on. Two that differ are reported.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of days of birth.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> read_births(b"MRN,DOB\n0012,1980-01-01\n").by_patient["0012"]
    (datetime.date(1980, 1, 1),)
    """
    reading = _read(source, "births", lambda born_on: born_on, options)
    _, conflicts = births_of((row.line, row.patient, row.fact) for row in reading.fact_rows)
    return replace(reading, problems=tuple(sorted([*reading.problems, *conflicts])))


def births_of(
    stated: Iterable[tuple[int, str | None, date | None]],
) -> tuple[dict[str, date], list[Problem]]:
    """Return the day of birth of each patient by lines; of two that differ neither counts."""
    days: dict[str, date] = {}
    problems: dict[str, Problem] = {}
    for line, patient, day in stated:
        if patient and day is not None and days.setdefault(patient, day) != day:
            problems.setdefault(patient, Problem(line, _TWO_BIRTHS, left_out=False))
    known = {patient: day for patient, day in days.items() if patient not in problems}
    return known, list(problems.values())


_TWO_BIRTHS = "birth date: another row of the patient states another; neither counts"


def read_weights(source: TableSource, **options: Unpack[TableOptions]) -> FactReading[BodyWeight]:
    r"""Read a table of body weights in kilograms: patient, measured on, kilograms.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of weights.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> read_weights(b"MRN,date,kg\n0012,2026-01-05,25.5\n").by_patient["0012"][0].kilograms
    Decimal('25.5')
    """
    return _read(source, "weights", BodyWeight, options)


def read_prior_treatments(
    source: TableSource, **options: Unpack[TableOptions]
) -> FactReading[PriorTreatment]:
    r"""Read a table of cycles given elsewhere: patient, indication, cycles, and where known days.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of prior treatments.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> table = b"MRN,dx,cycles,last on,drug\n0012,migraine,4,2026-01-05,Botox\n"
    >>> read_prior_treatments(table).by_patient["0012"][0].cycles
    4
    """
    return _read(source, "prior_treatments", PriorTreatment, options)


def read_authorizations(
    source: TableSource, **options: Unpack[TableOptions]
) -> FactReading[PriorAuthorization]:
    r"""Read a table of authorizations: patient, indication, product, first and last.

    An authorization with a cell that cannot be read is left out: it must not cover too much. So
    is one whose status, if there is such a column, is not approved or active.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of authorizations.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> table = b"MRN,dx,drug,from,until,visits\n0012,migraine,Botox,2026-01-01,2026-12-31,4\n"
    >>> read_authorizations(table).by_patient["0012"][0].sessions
    4
    """
    return _read(source, "authorizations", _authorization, options)


def read_contacts(source: TableSource, **options: Unpack[TableOptions]) -> FactReading[Contact]:
    r"""Read a table of contacts: patient, day, and where known outcome, next try on.

    Its ``rows()`` make a frame for ``contacts`` of :func:`botox_schedule.panel.worklist`.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of contacts.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> table = b"MRN,called on,outcome,next try\n0012,2026-11-20,no answer,2026-11-27\n"
    >>> read_contacts(table).by_patient["0012"][0].next_try_on
    datetime.date(2026, 11, 27)
    """
    return _read(source, "contacts", Contact, options)


def read_acknowledged(source: TableSource, **options: Unpack[TableOptions]) -> FactReading[str]:
    r"""Read a table of findings that somebody has acknowledged: patient, and the finding's key.

    A key that cannot be read is left out, so that its finding is still shown.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file.
        options: See :class:`TableOptions`.

    Raises:
        TableError: When it is not a table of acknowledged findings.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.

    >>> table = b"MRN,finding key\n0012,hold_ended-0123456789abcdef\n"
    >>> read_acknowledged(table).by_patient["0012"]
    ('hold_ended-0123456789abcdef',)
    """
    return _read(source, "acknowledged", lambda key: key, options)


def _read(
    source: TableSource, table: str, make: Callable[..., _Fact], options: TableOptions
) -> FactReading[_Fact]:
    found = read_rows(source, table, _TABLES[table], options)
    every = [_decided(row, found.columns) for row in found.rows]
    rows = [row for row in every if not _is_silent(row, found.columns)]
    settle = _ending_all if table == "care_ends" else _in_force
    made = [_made(row, make, settle) for row in rows]
    settled = found._replace(
        lines=[row.line for row in rows],
        told={place: row for place, (row, _) in enumerate(made) if row.notes or row.fault},
        blank=found.blank + len(found.lines) - len(rows),
    )
    faulty = [row for row in settled.faulty if not (_is_void(row) or row.fault in _NOTHING_STATED)]
    return FactReading(
        fact_rows=tuple(fact for _, fact in made if fact is not None),
        problems=settled.problems(
            _unread_discharges(found) if table == "care_ends" else _hidden_deaths(found, table)
        ),
        counts=settled.counts,
        unreadable=found.unreadable(faulty),
        sheet=found.sheet,
    )


def _is_silent(row: RowValues, columns: Collection[str]) -> bool:
    """Whether a row of a list of deaths states none; in a list of patients most have no day."""
    return _is_of_deaths(columns) and not row.fault and _died_on(row.values) is None


def _decided(row: RowValues, columns: Collection[str]) -> RowValues:
    """A row of a list of deaths that may state one, by a code alone, counts for nothing."""
    if not _is_of_deaths(columns) or _died_on(row.values) is not deaths.Death.DOUBTFUL:
        return row
    return row._replace(fault=row.fault or row.notes[0])


def _is_of_deaths(columns: Collection[str]) -> bool:
    return "kind" not in columns and not {*_DEATHS}.isdisjoint(columns)


def _unread_discharges(found: RowsRead) -> Iterator[Problem]:
    """Report days in a list of deaths that are none: they may be discharges."""
    days = (row.values["on"] for row in found.rows if _is_silent(row, found.columns))
    if any(days):
        yield Problem(found.header.number, _A_DISCHARGE, left_out=False)


_A_DISCHARGE = "some rows have a day and no death; if they are discharges, add a column for kind"


def _hidden_deaths(found: RowsRead, table: str) -> Iterator[Problem]:
    """Report columns that may say who has died; births are a list of all patients."""
    by_name = deaths.death_columns(found.header) if table == "births" else ()
    for place in sorted({*by_name, *found.deaths}):
        yield unread_column(found.header, place, "say who has died", _AS_CARE_ENDS)


_AS_CARE_ENDS = "give the table as care ends too"
_NOTHING_STATED = frozenset({"birth date: missing", "kilograms: missing"})
"""The faults of rows in lists of all patients, or of all visits, that say nothing of the patient."""


def _is_void(row: RowValues) -> bool:
    """Whether a row says itself that it counts for nothing."""
    return any(row.values.get(name) is False for name in _STATUSES)


def _made(
    row: RowValues,
    make: Callable[..., _Fact],
    settle: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> tuple[RowValues, FactRow[_Fact] | None]:
    """Return a row and its fact; if it cannot be one, the row has a fault."""
    if row.fault:
        return row, None
    values = settle(row.values)
    patient = values.pop("patient")
    try:
        return row, FactRow(row.line, patient, make(**values), values)
    except ValidationError as error:
        # Only the words of the rule: the rest of a validation error can hold what was given.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return row._replace(fault=found[0]["msg"].removeprefix("Value error, ")), None


def _in_force(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose status or unit says anything else was left out."""
    return {name: value for name, value in values.items() if name not in _NO_FIELDS}


_STATUSES = frozenset({"status", "record_status"})
_NO_FIELDS = {*_STATUSES, *_DEATHS, "unit"}


def _ending_all(values: Mapping[str, Any]) -> dict[str, Any]:
    """A death ends all care, whatever the row was about."""
    settled, died = _in_force(values), _died_on(values)
    if died not in {None, deaths.Death.DOUBTFUL}:
        # The day of a discharge is none of a death.
        day = settled["on"] if settled["kind"] is CareEndKind.DECEASED else None
        settled["kind"] = CareEndKind.DECEASED
        settled["on"] = died if isinstance(died, date) else day
    if settled["kind"] is CareEndKind.DECEASED:
        settled["indication"] = None
    return settled


def _died_on(values: Mapping[str, Any]) -> Any:
    """The day of a death, or that there was one; None where there was none."""
    return next((values[name] for name in _DEATHS if values[name] is not None), None)


def _authorization(*, first: date, last: date, **fields: Any) -> PriorAuthorization:
    return PriorAuthorization(valid=Window(first=first, last=last), **fields)
