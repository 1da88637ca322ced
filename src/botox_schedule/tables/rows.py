"""Reads the rows of any table: each is read, reported, or blank, and the counts add up."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum, unique
from itertools import repeat
from operator import getitem, itemgetter
from typing import Any, NamedTuple, TypedDict

from botox_schedule.errors import TableError
from botox_schedule.protocols.indications import ProductInput
from botox_schedule.tables.cells import CellReader, Parsed
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


@unique
class IfUnreadable(StrEnum):
    """What becomes of a row when one of its cells cannot be read."""

    LEFT_OUT = "left_out"
    COUNTS = "counts"
    """The row counts as if nothing were in the cell, and says so."""


class Column(NamedTuple):
    """How a column is read.

    Attributes:
        read: What reads its cells.
        is_required: Whether the table must have it, and each row a value.
        is_number: Whether a comma in it can make a row too long.
        if_unreadable: What becomes of the row when a cell cannot be read.
        default: The value where the table has no such column.
        or_else: The column that can replace this one, where it is required.
        fallback: The value where a cell cannot be read and the row counts.
        fallback_words: How the row counts then.
        words: What its words are called. Where it is missing and a column that is not read has
            such words, the default may be false.
    """

    read: Callable[[CellReader, Cell], Parsed]
    is_required: bool = False
    is_number: bool = False
    if_unreadable: IfUnreadable = IfUnreadable.LEFT_OUT
    default: Any = None
    or_else: str = ""
    fallback: Any = None
    fallback_words: str = "without it"
    words: str = ""


def unbound(read: Callable[[Cell], Parsed]) -> Callable[[CellReader, Cell], Parsed]:
    """Return a reader of cells for which the caller's choices make no difference."""
    return lambda _, cell: read(cell)


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
    lines = [*_before_header(found.titles, required), *map(reader.read, found.lines)]
    rows = [row for row in lines if row is not None]
    unread = [
        unread_column(found.header, place, f"say the {name.replace('_', ' ')}", name)
        for name, column in columns.items()
        for place, told in reader.unread.items()
        if column.words and name not in found.columns
        if _may_say(column, text_of(found.header.cells[place]), told)
    ]
    unread += _unread_values(columns, found, reader.unread, cells)
    if table == "sessions":
        unread += [
            *_unread_pauses(found, reader.unread, cells),
            *_unread_ages(found, reader.unread),
        ]
    blank = len(lines) - len(rows)
    deaths = reader.deaths.union(
        place
        for place, told in reader.unread.items()
        if any(map(is_word_of_death, map(text_of, told)))
    )
    return RowsRead(rows, blank, found.header, found.columns, unread, frozenset(deaths))


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


def _unread_values(
    columns: Mapping[str, Column],
    found: Table,
    unread: Mapping[int, Iterable[Cell]],
    reader: CellReader,
) -> Iterator[Problem]:
    """Report columns with days or intervals, where one that limits a row is not read.

    Without a last day what has ended goes on; without a day of birth a child counts as adult.
    """
    for name in _LIMITING.keys() & columns.keys() - found.columns.keys():
        for place, told in unread.items():
            header = text_of(found.header.cells[place])
            is_meant = is_about_birth(header) is (name == "born_on")
            read = columns[name].read
            if is_meant and any(
                read(reader, cell).value or _is_bare_interval(name, header, cell) for cell in told
            ):
                yield unread_column(found.header, place, f"say the {_LIMITING[name]}", name)


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
            reason = f"column {place + 1} may say who is on hold or discharged and is not read"
            yield Problem(found.header.number, f"{reason}; {_AS_TABLES}", left_out=False)


def _unread_ages(found: Table, unread: Mapping[int, Iterable[Cell]]) -> Iterator[Problem]:
    """Report columns that say that a patient is a child, if no column is the day of birth."""
    for place, told in unread.items() if "born_on" not in found.columns else ():
        header = text_of(found.header.cells[place])
        if any(_says_child(header, text_of(cell)) for cell in told):
            reason = f"column {place + 1} may say who is a child and is not read; give birth dates"
            yield Problem(found.header.number, reason, left_out=False)


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


def unread_column(header: Line, place: int, what: str, name: str) -> Problem:
    """Return the problem of a column that may say something and is not read."""
    words = f"say so with columns={{'...': {name!r}}} (--column {name!r}=...)"
    reason = f"column {place + 1} may {what} and is not read; {words}"
    return Problem(header.number, reason, left_out=False)


def _before_header(titles: Sequence[Line], required: Collection[str]) -> Iterator[RowValues]:
    """Report lines before the header that may be rows; a title has fewer cells than a row needs."""
    for line in titles:
        if line.fault or len([cell for cell in line.cells if text_of(cell)]) >= len(required):
            fault = line.fault or "before the header; rows are read after it"
            yield RowValues(line.number, {}, fault=fault)


def patients_above(rows: Iterable[RowValues]) -> Iterator[str]:
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


class _Cells(dict[Cell, Any]):
    """The values of a column's cells: most cells repeat, so each distinct one is read once."""

    def __init__(
        self,
        known_as: str,
        column: Column,
        reader: CellReader,
        notes: dict[tuple[str, Cell], _Note],
    ) -> None:
        super().__init__()
        self.known_as = known_as
        self._column = column
        self._reader = reader
        self._notes = notes

    def __missing__(self, cell: Cell) -> Any:
        value, note = self._read(cell)
        if note.words:
            self._notes[self.known_as, cell] = note
        if len(self) < _REMEMBERED:
            self[cell] = value
        return value

    def _read(self, cell: Cell) -> tuple[Any, _Note]:
        if isinstance(cell, str) and "\n" in cell.strip():
            return self._unreadable(_LINE_BREAK)
        value, note, is_readable = self._column.read(self._reader, cell)
        if value is None and is_readable and not note and self._column.is_required:
            return self._unreadable("missing")
        if not is_readable:
            return self._unreadable(note, value)
        return value, _Note(note and f"{self.known_as}: {note}")

    def _unreadable(self, note: str, value: Any = None) -> tuple[Any, _Note]:
        words = f"{self.known_as}: {note}"
        if self._column.if_unreadable is IfUnreadable.LEFT_OUT or value is False:
            return value, _Note(words, leaves_out=True)
        words = f"{words}; the row counts {self._column.fallback_words}"
        return self._column.fallback, _Note(words)

    def cut(self, value: Any) -> tuple[Any, _Note]:
        """Return the value in a row with cells beyond the header: a comma may have cut it."""
        is_doubtful = self._column.is_number and value is not None
        return self._unreadable(_MAY_BE_CUT) if is_doubtful else (value, _Note(""))


class _RowReader:
    """Reads the rows of one table."""

    def __init__(
        self, names: ColumnNames, columns: Mapping[str, Column], found: Table, reader: CellReader
    ) -> None:
        self._is_header = names.is_whole
        self.width = found.width
        self.header = _folded(found.header, found.width)
        self.notes: dict[tuple[str, Cell], _Note] = {}
        known_as = column_names(names.table)
        every = {
            name: _Cells(known_as[name][0], column, reader, self.notes)
            for name, column in columns.items()
        }
        absent = [name for name in columns if name not in found.columns]
        self.absent = [columns[name].default or every[name][None] for name in absent]
        self.absent_notes = [*self.notes.values()]
        present = [name for name in columns if name in found.columns]
        self.names = (*absent, *present)
        self.pick = itemgetter(*(found.columns[name] for name in present))
        self.unread: dict[int, set[Cell]] = {
            place: set() for place in {*range(found.width)} - {*found.columns.values()}
        }
        titles = [*map(text_of, found.header.cells)]
        self.telling = [place for place in self.unread if may_tell_of_death(titles[place])]
        self.deaths: set[int] = set()
        self.columns = [every[name] for name in present]
        self.known_as = [column.known_as for column in self.columns]

    def read(self, line: Line) -> RowValues | None:
        """Return the values of a line, and what is wrong with it; None where it is blank."""
        if line.fault:
            return RowValues(line.number, {}, fault=line.fault)
        cells = line.cells
        if len(cells) < self.width:
            cells = [*cells, *repeat(None, self.width - len(cells))]
        if self.unread:
            self._notice(cells)
        picked = self.pick(cells)
        found = [*map(getitem, self.columns, picked)]
        notes = self._notes_on(picked) if self.notes else []
        if len(cells) > self.width and any(map(text_of, cells[self.width :])):
            cut = [*map(_Cells.cut, self.columns, found)]
            found = [value for value, _ in cut]
            notes = [*notes, *(note for _, note in cut if note.words), _Note(_TOO_LONG)]
        fault = next((note.words for note in notes if note.leaves_out), "") if notes else ""
        if fault and line.is_blank:
            return None
        if fault and notes[-1].words == _TOO_LONG:
            fault = f"{fault}; {_TOO_LONG}"
        if fault and self._is_header(line):
            return self._header_again(line)
        values = dict(zip(self.names, (*self.absent, *found), strict=True))
        return RowValues(line.number, values, [note.words for note in notes], fault)

    def _notice(self, cells: Sequence[Cell]) -> None:
        """Keep what the columns that are not read may say."""
        for place, told in self.unread.items():
            if len(told) < _MOST_WORDS:
                told.add(cells[place])
        for place in self.telling:
            if speaks_of_death(text_of(cells[place])):
                self.deaths.add(place)

    def _header_again(self, line: Line) -> RowValues:
        """Report the header of a further page, or refuse a table of other columns below."""
        if _folded(line, self.width) == self.header:
            return RowValues(line.number, {}, fault=_HEADER_AGAIN)
        raise TableError(f"line {line.number}: another header; give each table in its own file")

    def _notes_on(self, picked: Sequence[Cell]) -> list[_Note]:
        places = zip(self.known_as, picked, strict=True)
        told = [self.notes[place] for place in places if place in self.notes]
        return [*self.absent_notes, *told]


def _folded(line: Line, width: int) -> list[str]:
    return [folded(text_of(cell)) for cell in line.cells[:width]]


_REMEMBERED = 65_536
# A column with more texts has no words that come up again.
_MOST_WORDS = 100
_LINE_BREAK = "a line break was found; a quotation mark may be open"
_MAY_BE_CUT = "cells beyond the header may belong to it, as in 1,000"
_HEADER_AGAIN = "the header again; the rows after it are read"
_TOO_LONG = "cells were found beyond the header"
