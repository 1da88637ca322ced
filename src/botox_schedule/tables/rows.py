"""Reads the rows of any table: each is read, reported, or blank, and the counts add up."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import chain, repeat
from operator import getitem, itemgetter
from typing import Any, NamedTuple, TypedDict

from botox_schedule.errors import TableError
from botox_schedule.protocols.indications import ProductInput
from botox_schedule.tables.cells import CellReader, Read
from botox_schedule.tables.header import ColumnNames
from botox_schedule.tables.lines import Cell, Line, text_of
from botox_schedule.tables.source import Table, TableSource, open_table
from botox_schedule.tables.words import (
    column_names,
    find_value,
    folded,
    is_about_birth,
    is_about_interval,
    is_about_pause,
    is_word_of_death,
    may_tell_of_death,
    speaks_of_death,
)


class Column(NamedTuple):
    """How a column is read.

    Attributes:
        read: What reads its cells.
        is_required: Whether the table must have it, and each row a value.
        is_number: Whether a comma in it can make a row too long.
        counts: How a row counts whose cell cannot be read; if empty, it is left out.
        fallback: The value of the cell in a row that counts.
        default: The value where the table has no such column.
        or_else: The column that can replace this one, where it is required.
        words: What its words are called. Where it is missing and a column that is not read has
            such words, the default may be false.
    """

    read: Read
    is_required: bool = False
    is_number: bool = False
    counts: str = ""
    fallback: Any = None
    default: Any = None
    or_else: str = ""
    words: str = ""


class Problem(NamedTuple):
    """What is wrong with a row, without what is in it.

    Attributes:
        line: The row's first line; the first line of the file is line 1.
        reason: What is wrong, and what was expected.
        left_out: Whether the row counts for nothing.
    """

    line: int
    reason: str
    left_out: bool = True

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class RowCounts(NamedTuple):
    """How many rows came in, and what became of them: ``read == used + left_out + blank``.

    Attributes:
        read: The lines of the table except the header and titles.
        used: Rows that give a value.
        left_out: Rows that count for nothing; each has a problem.
        blank: Rows without anything in them.
    """

    read: int
    used: int
    left_out: int
    blank: int


class RowValues(NamedTuple):
    """A row as far as it could be read.

    Attributes:
        line: Its first line.
        values: The value of each column.
        notes: What a person should know although the row counts.
        fault: Why it counts for nothing; empty if it counts.
    """

    line: int
    values: Mapping[str, Any]
    notes: Sequence[str] = ()
    fault: str = ""

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the row."""
        if self.fault:
            return [Problem(self.line, self.fault)]
        return [Problem(self.line, note, left_out=False) for note in self.notes]


class RowsRead(NamedTuple):
    """All rows of a table.

    Attributes:
        rows: The rows.
        blank: How many lines were blank.
        header: The header.
        columns: The columns found in it.
        unread: What columns that are not read may say.
        deaths: The places of columns that are not read and in which a cell speaks of death.
    """

    rows: Sequence[RowValues]
    blank: int
    header: Line
    columns: Collection[str]
    unread: Sequence[Problem]
    deaths: frozenset[int]

    @property
    def counts(self) -> RowCounts:
        """How many rows came in, and what became of them."""
        used = sum(not row.fault for row in self.rows)
        return RowCounts(len(self.rows) + self.blank, used, len(self.rows) - used, self.blank)

    def problems(self, *told: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems of the rows and those given, sorted by line."""
        of_rows = (row.problems for row in self.rows if row.notes or row.fault)
        return tuple(sorted(chain(self.unread, *told, *of_rows)))

    def unreadable(self, lost: Iterable[RowValues], *others: Iterable[str]) -> frozenset[str]:
        """Return the patients whose rows are lost, or are followed by one without a patient."""
        known = filter(None, (row.values.get("patient") for row in lost))
        return frozenset(known).union(_patients_above(self.rows), *others)


class TableOptions(TypedDict, total=False):
    """How a table is read; each means the same as in :func:`read_sessions`."""

    columns: Mapping[str, str] | None
    date_format: str | None
    product: ProductInput | None
    encoding: str | None
    sheet: str | None
    indications: Iterable[str]


def read_rows(
    source: TableSource, table: str, columns: Mapping[str, Column], options: TableOptions
) -> RowsRead:
    """Return every row of a table.

    Raises:
        TableError: When it is not such a table.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.
        TypeError: When an option has no meaning.
    """
    known = TableOptions.__optional_keys__
    if unknown := sorted(options.keys() - known):
        raise TypeError(
            f"unexpected: {', '.join(unknown)}; give some of {', '.join(sorted(known))}"
        )
    cells = CellReader(
        options.get("date_format"), options.get("product"), options.get("indications", ())
    )
    required = {name: column.or_else for name, column in columns.items() if column.is_required}
    names = ColumnNames(table, columns, required, options.get("columns") or {})
    found = open_table(source, names, options.get("encoding"), options.get("sheet"))
    reader = _RowReader(names, columns, found, cells)
    lines = [*_before_header(found.titles, required), *reader.read(found.lines)]
    rows = [row for row in lines if row is not None]
    unread = [*_unread(columns, found, reader.unread, cells)]
    if table == "sessions":
        unread += _unread_pauses(found, reader.unread, cells)
        unread += _unread_ages(found, reader.unread)
    blank = len(lines) - len(rows)
    return RowsRead(rows, blank, found.header, found.columns, unread, reader.places_of_death())


def _unread(
    columns: Mapping[str, Column],
    found: Table,
    unread: Mapping[int, Iterable[Cell]],
    reader: CellReader,
) -> Iterator[Problem]:
    """Report columns that are not read and may be one that the table lacks.

    Without a last day what has ended goes on; without a day of birth a child counts as adult.
    """
    absent = [name for name in columns if name not in found.columns]
    for place, told in unread.items():
        header = text_of(found.header.cells[place])
        for name in absent:
            column, what = columns[name], _LIMITING.get(name, name.replace("_", " "))
            may_say = bool(column.words) and _may_say(column, header, told)
            is_meant = name in _LIMITING and is_about_birth(header) is (name == "born_on")
            limits = is_meant and any(
                column.read(reader, cell).value or _is_bare_interval(name, header, cell)
                for cell in told
            )
            if may_say or limits:
                yield unread_column(found.header, place, f"say the {what}", chosen(name))


def _may_say(column: Column, header: str, told: Iterable[Cell]) -> bool:
    """Whether most cells are words of a column, not only its default; or its header is one.

    Under such a header, as in ``No Show (Y/N)``, only yes and no are expected. One that speaks
    against a row, as in ``Cancel reason``, says so by any text. Under that of another status, as
    in ``Claim Status``, one word is enough.
    """
    texts = [*filter(None, map(text_of, told))]
    asked = _ASKS.sub("", header)
    is_asked = find_value(column.words, asked) or find_value("asked", asked) == column.words
    if is_asked and any(find_value("flag", t) for t in texts):
        return True
    is_against = find_value("status", _DETAILS.sub("", header)) in _AGAINST
    if texts and is_against and column.words in _STATUSES:
        return True
    found = [find_value(column.words, text) for text in texts]
    others = {*found} - {None, column.default, "yes"}
    is_status = find_value("statuses", header) == column.words
    if is_status and any(find_value("statuses", text) == "against" for text in texts):
        return True
    return bool(others) and (is_status or 2 * found.count(None) <= len(found))


def _is_bare_interval(name: str, header: str, cell: Cell) -> bool:
    """Whether a number may be an interval whose unit only the name of its column says."""
    is_meant = name in _INTERVALS and is_about_interval(header)
    return is_meant and _WHOLE.fullmatch(text_of(cell)) is not None


def _unread_pauses(
    found: Table, unread: Mapping[int, Iterable[Cell]], reader: CellReader
) -> Iterator[Problem]:
    """Report columns that may say that a patient is on hold or discharged."""
    for place, told in unread.items():
        is_meant = is_about_pause(text_of(found.header.cells[place]))
        if is_meant and any(reader.day(c).value or _is_yes(c) for c in told):
            yield unread_column(found.header, place, "say who is on hold or discharged", _AS_TABLES)


def _unread_ages(found: Table, unread: Mapping[int, Iterable[Cell]]) -> Iterator[Problem]:
    """Report columns that say that a patient is a child, if no column is the day of birth."""
    for place, told in unread.items() if "born_on" not in found.columns else ():
        header = text_of(found.header.cells[place])
        if any(_says_child(header, text_of(cell)) for cell in told):
            yield unread_column(found.header, place, "say who is a child", "give birth dates")


def _says_child(header: str, text: str) -> bool:
    """Whether a cell is a child's age or a word for one, or a year of birth."""
    if find_value("aged", header) is None:
        return is_about_birth(header) and _YEAR.fullmatch(text) is not None
    years = _WHOLE.match(text)
    return find_value("child", years[0] if years else text) is not None


def _is_yes(cell: Cell) -> bool:
    return "yes" in {find_value("flag", text_of(cell)), find_value("pause", text_of(cell))}


_YEAR = re.compile("(19|20)[0-9]{2}")
_WHOLE = re.compile("[0-9]+")
_INTERVALS = frozenset({"minimum", "minimum_interval"})
_AS_TABLES = "give it as a table of holds or care ends"
_LIMITING = {
    "born_on": "day of birth",
    "last": "last day",
    "last_on": "last day",
    "minimum": "minimum",
    "minimum_interval": "minimum interval",
}
_STATUSES = frozenset({"status", "in_force"})
_AGAINST = frozenset({"cancelled", "no_show", "entered_in_error"})
_DETAILS = re.compile(r"(?i)[\W_]+(on|at|by|date|dt|day|time|reason|code|comment|notes?)[\W_]*$")
_ASKS = re.compile(r"(?i)^(is|was)[\W_]+|[\W_]+(y[\W_]?n|flag|ind|indicator)[\W_]*$")


def chosen(name: str) -> str:
    """Return the advice to name a column of the file."""
    return f"say so with columns={{'...': {name!r}}} (--column {name!r}=...)"


def unread_column(header: Line, place: int, what: str, advice: str) -> Problem:
    """Return the problem of a column that may say something and is not read."""
    reason = f"column {place + 1} may {what} and is not read; {advice}"
    return Problem(header.number, reason, left_out=False)


def _before_header(titles: Sequence[Line], required: Collection[str]) -> Iterator[RowValues]:
    """Report lines before the header that may be rows; a title has fewer cells than a row needs."""
    for line in titles:
        if line.fault or len([cell for cell in line.cells if text_of(cell)]) >= len(required):
            fault = line.fault or "before the header; rows are read after it"
            yield RowValues(line.number, {}, fault=fault)


def _patients_above(rows: Iterable[RowValues]) -> Iterator[str]:
    """Yield the patients above dated rows without one: a report may name each patient only once."""
    above: str | None = None
    for row in rows:
        patient = row.values.get("patient")
        if above and not patient and any(isinstance(one, date) for one in row.values.values()):
            yield above
        above = patient or above


class _Note(NamedTuple):
    """What is wrong with a cell."""

    words: str
    leaves_out: bool = False


_NOTHING = _Note("")


class _Cells(dict[Cell, Any]):
    """The values of a column's cells: most cells repeat, so each distinct one is read once."""

    def __init__(self, known_as: str, column: Column, reader: CellReader, noted: set[Cell]) -> None:
        super().__init__()
        self.known_as = known_as
        self.column = column
        self.notes: dict[Cell, _Note] = {}
        self._noted = noted
        self._reader = reader

    def __missing__(self, cell: Cell) -> Any:
        value, note = self._read(cell)
        if note.words:
            self.notes[cell] = note
            self._noted.add(cell)
        if len(self) < _REMEMBERED:
            self[cell] = value
        return value

    def _read(self, cell: Cell) -> tuple[Any, _Note]:
        if isinstance(cell, str) and "\n" in cell.strip():
            return self.unreadable(_LINE_BREAK)
        value, note, is_readable = self.column.read(self._reader, cell)
        if value is None and is_readable and not note and self.column.is_required:
            return self.unreadable("missing")
        if not is_readable:
            return self.unreadable(note, value)
        return value, _Note(f"{self.known_as}: {note}") if note else _NOTHING

    def unreadable(self, note: str, value: Any = None) -> tuple[Any, _Note]:
        """Return the value of a cell that cannot be read, and what becomes of the row."""
        words = f"{self.known_as}: {note}"
        if not self.column.counts or value is False:
            return value, _Note(words, leaves_out=True)
        return self.column.fallback, _Note(f"{words}; the row counts {self.column.counts}")


class _RowReader:
    """Reads the rows of one table."""

    def __init__(
        self, names: ColumnNames, columns: Mapping[str, Column], found: Table, reader: CellReader
    ) -> None:
        self._is_header = names.is_whole
        self.width = found.width
        self.header = _folded(found.header, found.width)
        known_as = column_names(names.table)
        self.noted: set[Cell] = set()
        every = {
            name: _Cells(known_as[name][0], column, reader, self.noted)
            for name, column in columns.items()
        }
        self.absent = {
            name: columns[name].default or every[name][None]
            for name in columns
            if name not in found.columns
        }
        self.absent_notes = [note for name in self.absent for note in every[name].notes.values()]
        self.names = [name for name in columns if name in found.columns]
        self.pick = itemgetter(*(found.columns[name] for name in self.names))
        self.unread: dict[int, set[Cell]] = {
            place: set() for place in {*range(found.width)} - {*found.columns.values()}
        }
        titles = [*map(text_of, found.header.cells)]
        self.telling = [place for place in self.unread if may_tell_of_death(titles[place])]
        self.deaths: set[int] = set()
        self._speaks_of_death = cache(lambda cell: speaks_of_death(text_of(cell)))
        self.columns = [every[name] for name in self.names]

    def read(self, lines: Iterable[Line]) -> Iterator[RowValues | None]:
        """Yield the values of each line, and what is wrong with it; None where it is blank."""
        absent, names, columns, noted = self.absent, self.names, self.columns, self.noted
        for line in lines:
            number, cells, fault = line
            if fault:
                yield RowValues(number, {}, fault=fault)
                continue
            if len(cells) < self.width:
                cells = [*cells, *repeat(None, self.width - len(cells))]
            if self.unread:
                self._notice(cells)
            picked = self.pick(cells)
            values = absent | dict(zip(names, map(getitem, columns, picked), strict=False))
            if noted.isdisjoint(picked) and len(cells) == self.width and not self.absent_notes:
                yield RowValues(number, values)
            else:
                yield self._with_notes(line, values, cells, picked)

    def _with_notes(
        self, line: Line, values: dict[str, Any], cells: Sequence[Cell], picked: Sequence[Cell]
    ) -> RowValues | None:
        told = zip(self.columns, picked, strict=True)
        notes = self.absent_notes + [column.notes[c] for column, c in told if c in column.notes]
        if len(cells) > self.width and any(map(text_of, cells[self.width :])):
            notes += self._cut(values)
        if not notes:
            return RowValues(line.number, values)
        fault = next((note.words for note in notes if note.leaves_out), "")
        if fault and line.is_blank:
            return None
        if fault and self._is_header(line):
            return self._header_again(line)
        if fault and notes[-1].words == _TOO_LONG:
            fault = f"{fault}; {_TOO_LONG}"
        return RowValues(line.number, values, [note.words for note in notes], fault)

    def _cut(self, values: dict[str, Any]) -> Iterator[_Note]:
        """Tell that a row is too long, and which of its values a comma may have cut."""
        for name, cells in zip(self.names, self.columns, strict=True):
            if cells.column.is_number and values[name] is not None:
                values[name], note = cells.unreadable(_MAY_BE_CUT)
                yield note
        yield _Note(_TOO_LONG)

    def _notice(self, cells: Sequence[Cell]) -> None:
        """Keep what the columns that are not read may say."""
        for place, told in self.unread.items():
            if len(told) < _MOST_WORDS:
                told.add(cells[place])
        for place in self.telling:
            if self._speaks_of_death(cells[place]):
                self.deaths.add(place)

    def places_of_death(self) -> frozenset[int]:
        """Return the columns that are not read and in which a cell speaks of death."""
        unread = self.unread.items()
        words = (at for at, told in unread if any(map(is_word_of_death, map(text_of, told))))
        return frozenset(self.deaths.union(words))

    def _header_again(self, line: Line) -> RowValues:
        """Report the header of a further page, or refuse a table of other columns below."""
        if _folded(line, self.width) == self.header:
            return RowValues(line.number, {}, fault=_HEADER_AGAIN)
        raise TableError(f"line {line.number}: another header; give each table in its own file")


def _folded(line: Line, width: int) -> list[str]:
    return [folded(text_of(cell)) for cell in line.cells[:width]]


_REMEMBERED = 65_536
# A column with more texts has no words that come up again.
_MOST_WORDS = 100
_LINE_BREAK = "a line break was found; a quotation mark may be open"
_MAY_BE_CUT = "cells beyond the header may belong to it, as in 1,000"
_HEADER_AGAIN = "the header again; the rows after it are read"
_TOO_LONG = "cells were found beyond the header"
