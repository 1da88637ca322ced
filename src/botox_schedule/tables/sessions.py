"""Reads a table of sessions: one session a row."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, Unpack, cast

from botox_schedule.dates.days import as_day
from botox_schedule.garbage import uncollected
from botox_schedule.protocols.indications import ProductInput
from botox_schedule.records import CareEnd, PatientRecord, TreatmentSession
from botox_schedule.records.findings import ROW_ID
from botox_schedule.tables import cells, deaths
from botox_schedule.tables.cells import CellReader, Column, Month
from botox_schedule.tables.deaths import Death
from botox_schedule.tables.decisions import (
    MAY_HAVE_DIED,
    FactReading,
    Facts,
    births_of,
    by_patient,
    look_alikes,
)
from botox_schedule.tables.header import PLACES, STATING_DEATHS
from botox_schedule.tables.lines import Problem, chosen, maker, unread_column
from botox_schedule.tables.rows import RowCounts, RowsRead, RowValues, TableOptions, read_rows
from botox_schedule.tables.source import TableSource
from botox_schedule.tables.unread import WHO_IS_A_CHILD
from botox_schedule.tables.words import speaking_of_death
from botox_schedule.terms import CareEndKind, Product, SessionKind, SessionStatus
from botox_schedule.values import made

_ANOTHER = "another"
"""A dose in another unit."""
_PANEL = {"id": "session_id"}
"""The names by which the panel knows a field."""


_MODIFIERS = ("modifier", "modifier_2", "modifier_3", "modifier_4")
_STATUS = cells.word("status", SessionStatus)
_KIND = cells.word("kind", SessionKind, blank=SessionKind.FULL)
_DEATH = Column(
    deaths.day_of_death, counts="but find out whether the patient has died", fallback=Death.DOUBTFUL
)
_COLUMNS: Mapping[str, Column] = {
    "patient": Column(cells.key, is_required=True),
    "administered_on": Column(CellReader.day, is_required=True),
    "indication": Column(cells.unless_denied(CellReader.indication), is_required=True),
    "product": Column(
        cells.unless_denied(CellReader.product_name), counts="with an unknown product"
    ),
    "units": Column(
        cells.unless_denied(cells.units_given), is_number=True, counts="with unknown units"
    ),
    "units_discarded": Column(
        cells.units_discarded, is_number=True, counts="with unknown units discarded"
    ),
    "dose_unit": Column(cells.dose_unit, counts="with unknown units", fallback=_ANOTHER),
    **dict.fromkeys(_MODIFIERS, Column(cells.modifier)),
    **dict.fromkeys(PLACES, Column(cells.unless_denied(cells.place))),
    "status": Column(_STATUS, default=SessionStatus.COMPLETED, words="status"),
    # Leaving a session out because of its kind would date the next one too early.
    "kind": Column(
        cells.unless_denied(_KIND),
        counts="as a full session",
        fallback=SessionKind.FULL,
        default=SessionKind.FULL,
        words="kind",
    ),
    # Spreadsheets damage whole columns of ids; the sessions were still given.
    "id": Column(cells.key, counts="without it"),
    "recorded_on": Column(CellReader.day, counts="without it"),
    "born_on": Column(CellReader.birth_day, counts="without it"),
    "died_on": _DEATH,
    "deceased": _DEATH._replace(read=deaths.deceased),
    "vital_status": _DEATH._replace(read=deaths.vital_status),
    "patient_status": _DEATH._replace(read=deaths.patient_status),
}
_FIELDS = [name for name in _COLUMNS if name in {one.name for one in fields(TreatmentSession)}]
_PUT = {name: getattr(TreatmentSession, name).__set__ for name in _FIELDS}


class MonthOnly(NamedTuple):
    """A row whose date is a month: its first and last possible day, both included."""

    line: int
    indication: str | None
    product: Product | None
    first: date
    last: date


class SessionRow(NamedTuple):
    """A row that gives a session.

    Attributes:
        line: The row's first line.
        patient: The key of its patient.
        session: The session.
    """

    line: int
    patient: str
    session: TreatmentSession

    def __repr__(self) -> str:
        return f"SessionRow(line={self.line})"


@dataclass(frozen=True, kw_only=True)
class TableReading:
    """What a table of sessions holds; its repr shows counts only.

    Attributes:
        session_rows: The rows that give a session, in the table's order.
        births: The day of birth of each patient, where the table has one.
        care_ends: The death of each patient, where the table has one.
        problems: What is wrong, by line.
        counts: How many rows came in, and what became of them.
        months: Rows with a month where a day is expected; each is also a problem.
        unreadable: The patients with a row that counts for nothing or that leaves open whether
            anything was given or whether they have died, whose key looks like another's, or whose
            row is followed by one without a patient. Check their records before a call.
        sheet: The number of the sheet that was read; 0 where the file has none.
    """

    session_rows: tuple[SessionRow, ...]
    births: Mapping[str, date]
    care_ends: Mapping[str, tuple[CareEnd, ...]]
    problems: tuple[Problem, ...]
    counts: RowCounts
    months: tuple[MonthOnly, ...]
    unreadable: frozenset[str]
    sheet: int = 0

    def __repr__(self) -> str:
        return f"TableReading(counts={self.counts}, problems={len(self.problems)})"

    @property
    def sessions(self) -> dict[str, tuple[TreatmentSession, ...]]:
        """The sessions by patient, as :class:`PatientRecord` takes them."""
        return by_patient(map(attrgetter("patient", "session"), self.session_rows))

    @property
    def patients(self) -> frozenset[str]:
        """The patients who have a session, or a row that could not be read."""
        return frozenset(map(attrgetter("patient"), self.session_rows)) | self.unreadable

    @uncollected()
    def records(
        self, *, births: FactReading[date] | None = None, **facts: Unpack[Facts]
    ) -> tuple[PatientRecord, ...]:
        """Return a record for each patient with a session, a course elsewhere or a decision.

        Args:
            births: Days of birth; of two that differ, here or in the sessions, neither counts.
            facts: What the tables next to the sessions hold; see :class:`Facts`. Rows that
                concern none of the patients are in :meth:`FactReading.unmatched`.

        Raises:
            DayError: When *births* is another table.
            ValidationError: When one of *facts* is.
        """
        tables = cast("dict[str, FactReading[Any]]", facts)
        given = {name: one.by_patient for name, one in tables.items()}
        born = self.births if births is None else self.with_births(births)[0].births
        sessions = self.sessions
        decided: set[str] = set().union(*(given[name] for name in given.keys() - {"weights"}))
        here, ends = self.care_ends, given.get("care_ends", {})
        given["care_ends"] = {p: here.get(p, ()) + ends.get(p, ()) for p in {*here, *ends}}
        # Checked once for all: sessions are values already, and no rule is about two parts.
        PatientRecord.model_validate(
            {name: [row.fact for row in one.fact_rows] for name, one in tables.items()}
        )
        return tuple(
            made(
                PatientRecord,
                id=patient,
                sessions=sessions.get(patient, ()),
                born_on=born.get(patient),
                **{name: one.get(patient, ()) for name, one in given.items()},
            )
            for patient in (*sessions, *sorted(decided - sessions.keys()))
        )

    def with_births(self, births: FactReading[date]) -> tuple["TableReading", tuple[Problem, ...]]:
        """Return the reading with the days of birth of another table, and what contradicts there.

        Of two days that differ, here or there, neither counts. Where each patient with a session
        has one, a column that may say who is a child is no problem any more.

        Raises:
            DayError: When *births* is another table.
        """
        here = ((0, patient, day) for patient, day in self.births.items())
        rows = births.fact_rows
        there = ((row.line, row.patient, as_day(row.fact, "births")) for row in rows)
        days, differing = births_of(chain(here, there))
        told = self.problems
        if days.keys() >= self.sessions.keys():
            told = tuple(problem for problem in told if WHO_IS_A_CHILD not in problem.reason)
        known = frozenset(births.problems)
        new = tuple(problem for problem in differing if problem not in known)
        return replace(self, births=days, problems=told), new

    def rows(self) -> list[dict[str, Any]]:
        """Return the sessions as plain rows, as :mod:`botox_schedule.panel` takes them."""
        return [
            {"patient": row.patient}
            | {_PANEL.get(name, name): getattr(row.session, name) for name in _FIELDS}
            for row in self.session_rows
        ]


def read_sessions(
    source: TableSource,
    *,
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    product: ProductInput | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    indications: Iterable[str] = (),
) -> TableReading:
    r"""Read a table of sessions; bad rows are reported and nothing else is lost.

    Text (commas, semicolons, tabs, bars), spreadsheets (extra ``excel``) and Parquet (extra
    ``panel``) are read, also inside gzip. The content of a file decides its kind, not its name.

    Args:
        source: The file's name, ``-`` for standard input, bytes, or an open file. A name is
            never a pattern or an address.
        columns: What the file's columns mean, such as ``{"DOS": "date"}``, if their names are
            unknown or two mean the same.
        date_format: ``iso`` (the default), ``mdy`` (01/31/2026), ``dmy``, or a pattern with
            ``%``. ISO dates are always read, years of two digits only in a named format.
        product: The product of rows that name none; a brand name will do.
        encoding: The encoding of a text without a byte order mark; by default UTF-8.
        sheet: The sheet of a spreadsheet, if several hold sessions.
        indications: Further indications that the clinic's protocols or policy know.

    Raises:
        TableError: When the file is not a table of sessions, or an option cannot be used.
        FileLimitError: When it is larger than 512 MiB after decompression, a line longer than
            1 MiB, or the table wider than 1,000 columns or longer than 10,000,000 lines.
        OSError: When it cannot be opened.

    >>> reading = read_sessions(b"MRN;DOS;Dx;Drug;Amt\n0012;2026-01-05;G43.709;BOTOX;155 U")
    >>> reading
    TableReading(counts=RowCounts(read=1, used=1, left_out=0, blank=0), problems=0)
    >>> reading.rows()[0]["indication"], str(reading.rows()[0]["units"])
    ('chronic-migraine', '155')
    """
    options: TableOptions = {
        "columns": columns,
        "date_format": date_format,
        "product": product,
        "encoding": encoding,
        "sheet": sheet,
        "indications": indications,
    }
    with uncollected():
        return _reading(read_rows(source, "sessions", _COLUMNS, options))


_Columns = Mapping[str, Sequence[Any]]
"""The value of each row by column."""


def _reading(found: RowsRead) -> TableReading:
    lines, patients = found.lines, found.values["patient"]
    # A row that counts for nothing can still say that its patient has died.
    births, birth_problems = births_of(zip(lines, patients, found.values["born_on"], strict=True))
    first = dict(zip(reversed(patients), reversed(lines), strict=True))
    first.pop(None, None)
    alike = look_alikes(filter(None, patients))
    told = _told_of_deaths(found.values)
    care_ends = _deaths(told)
    doubtful = {patient for patient, said in told if said is Death.DOUBTFUL} - care_ends.keys()
    named = speaking_of_death(first) - care_ends.keys()
    used = found.used
    lost = [*_lost(found.faulty, used), *_doubted(found.told.values(), used)]
    return TableReading(
        session_rows=_session_rows(used),
        births=births,
        care_ends=care_ends,
        problems=found.problems(
            birth_problems,
            _duplicates(used),
            _keys(first, alike, named),
            _unread_deaths(found),
            _all_dead(found.header.number, {*first}, {*care_ends}),
        ),
        counts=found.counts,
        months=tuple(_months(found.faulty)),
        unreadable=found.unreadable(lost, doubtful, named, alike, alike.values()),
        sheet=found.sheet,
    )


def _doubted(told: Iterable[RowValues], used: _Columns) -> Iterator[RowValues]:
    """The rows that may be no sessions; of several muscles of a visit one may have got nothing."""
    rows = [*filter(_is_doubted, told)]
    if not rows:
        return iter(())
    lines = {row.line for row in rows}
    visits = zip(*map(used.__getitem__, _VISIT), strict=True)
    columns = map(used.__getitem__, ("line", "status", *PLACES))
    given = {
        visit
        for visit, line, status, *places in zip(visits, *columns, strict=True)
        if any(places) and line not in lines and status is SessionStatus.COMPLETED
    }
    return (row for row in rows if not (_is_placed(row) and _visit(row.values) in given))


def _is_placed(row: RowValues) -> bool:
    return any(row.values[name] for name in PLACES)


def _is_doubted(row: RowValues) -> bool:
    """Whether a session is completed, and a cell or a title may say that nothing was given."""
    is_given = row.values.get("status") is SessionStatus.COMPLETED
    return row.is_denied and not row.fault and is_given


def _lost(faulty: Sequence[RowValues], used: _Columns) -> list[RowValues]:
    """The rows that may be sessions; waste that is billed at a session is none."""
    given = {*zip(*map(used.__getitem__, _VISIT), strict=True)} if faulty else set()
    return [row for row in faulty if not (_is_waste(row) and _visit(row.values) in given)]


def _is_waste(row: RowValues) -> bool:
    return any(row.values.get(name) is False for name in ("product", *_MODIFIERS))


_VISIT = ("patient", "administered_on")
_visit = itemgetter(*_VISIT)


def _session_rows(used: _Columns) -> tuple[SessionRow, ...]:
    # Each cell was read into what its field holds, and no rule of a session is about two fields.
    # Validating each row again would take a quarter of the time of reading a table.
    lines, doses = used["line"], zip(used["dose_unit"], used["units"], strict=True)
    sessions = [object.__new__(TreatmentSession) for _ in lines]
    columns = {name: used[name] for name in _FIELDS} | {
        "units": [None if unit == _ANOTHER else units for unit, units in doses],
        "id": [given or f"{ROW_ID}{line}" for given, line in zip(used["id"], lines, strict=True)],
    }
    for name, values in columns.items():
        deque(map(_PUT[name], sessions, values), maxlen=0)
    return tuple(map(maker(SessionRow), zip(lines, used["patient"], sessions, strict=True)))


def _months(faulty: Sequence[RowValues]) -> Iterator[MonthOnly]:
    for row in faulty:
        if isinstance(month := row.values.get("administered_on"), Month):
            yield MonthOnly(row.line, row.values["indication"], row.values["product"], *month)


_SAME = ("patient", "administered_on", "indication", "product", "units", "kind", "id")


def _duplicates(used: _Columns) -> Iterator[Problem]:
    """Equal rows without an id both count: a session can be entered twice, or given twice.

    Rows for several muscles are no copies; one that names none may be any of them. With one id
    they count as such all the same: a system may give the id of a visit to each site of injection.
    """
    told = [*zip(*map(used.__getitem__, _SAME), strict=True)]
    if len({*told}) == len(told):
        return  # as in most tables
    places = zip(*map(used.__getitem__, PLACES), strict=True)
    first: dict[Hashable, int] = {}
    for status, line, same, place in zip(used["status"], used["line"], told, places, strict=True):
        if status is not SessionStatus.COMPLETED:
            continue
        is_placed = any(place) and not same[-1]
        earlier = first.get((same, place), first.get((same, ()))) if is_placed else first.get(same)
        first.setdefault(same, line)
        first.setdefault((same, place if is_placed else ()), line)
        if earlier is not None:
            words = _ONE_ID if same[-1] else "both count, they may be one"
            yield Problem(line, f"the same as line {earlier}; {words}", left_out=False)


_ONE_ID = "with one id they count once, and its units once"


def _keys(
    first: Mapping[str, int], alike: Mapping[str, str], named: Iterable[str]
) -> Iterator[Problem]:
    """Keys that look like one patient's count as two, and may name the dead; a person decides."""
    for patient, other in alike.items():
        reason = f"{_ALIKE} on line {first[other]}; they count as two patients"
        yield Problem(first[patient], reason, left_out=False)
    for patient in named:
        yield Problem(first[patient], _NAMED_DEAD, left_out=False)


_NAMED_DEAD = f"patient: {MAY_HAVE_DIED}"
_ALIKE = "patient: differs only in zeros, case, blanks, hyphens, accents or alphabet from the one"


def _unread_deaths(found: RowsRead) -> Iterator[Problem]:
    """Report columns that may say who has died; by name alone where none is read for it."""
    by_name = {*deaths.death_columns(found.header)}
    is_read = not STATING_DEATHS.isdisjoint(found.columns)
    for place in sorted(found.deaths | (set() if is_read else by_name)):
        name = "date of death" if place in by_name else "patient status"
        yield unread_column(found.header, place, "say who has died", chosen(name))


def _all_dead(header: int, patients: set[str], dead: set[str]) -> Iterator[Problem]:
    """Report a table in which nobody lives: its ``DOD`` may be a day of delivery."""
    if len(patients) >= _MANY and patients == dead:
        yield Problem(header, _NOBODY_LIVES, left_out=False)


_MANY = 10
_NOBODY_LIVES = "every patient has died by this table; look whether a column means something else"


def _told_of_deaths(values: _Columns) -> set[tuple[str, Any]]:
    """What the cells say of the death of a patient."""
    return {
        (patient, said)
        for name in STATING_DEATHS
        if any(values[name])
        for patient, said in zip(values["patient"], values[name], strict=True)
        if patient and said
    }


def _deaths(told: Iterable[tuple[str, Any]]) -> dict[str, tuple[CareEnd, ...]]:
    """Each death that the table states; the day is unknown only where no row gives it."""
    said = {
        (patient, value if isinstance(value, date) else None)
        for patient, value in told
        if value is not Death.DOUBTFUL
    }
    dated = {patient for patient, day in said if day is not None}
    return by_patient(
        (patient, CareEnd(on=day, kind=CareEndKind.DECEASED))
        for patient, day in sorted(said, key=lambda one: (one[0], one[1] or date.max))
        if day is not None or patient not in dated
    )
