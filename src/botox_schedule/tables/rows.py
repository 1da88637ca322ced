"""Reads the rows of any table: each is read, reported, or blank, and the counts add up."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum, unique
from functools import lru_cache, partial
from typing import Any, NamedTuple

from botox_schedule.tables.cells import Cell, CellReader, Parsed, text_of
from botox_schedule.tables.header import ColumnNames, Line
from botox_schedule.tables.source import TableSource, open_table
from botox_schedule.tables.words import column_names


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
        fallback: The value where a cell cannot be read and the row counts.
        fallback_words: How the row counts then.
    """

    read: Callable[[CellReader, Cell], Parsed]
    is_required: bool = False
    is_number: bool = False
    if_unreadable: IfUnreadable = IfUnreadable.LEFT_OUT
    default: Any = None
    fallback: Any = None
    fallback_words: str = "without it"


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
        read: The lines of the table but the header and titles.
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
        fault: Why it counts for nothing, or nothing.
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
    """All rows of a table, and how many lines were blank."""

    rows: Sequence[RowValues]
    blank: int


def read_rows(
    source: TableSource,
    table: str,
    columns: Mapping[str, Column],
    cells: CellReader,
    *,
    chosen: Mapping[str, str] | None,
    encoding: str | None,
    sheet: str | None,
) -> RowsRead:
    """Return every row of a table.

    Raises:
        TableError: When it is no such table.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.
    """
    required = [name for name, column in columns.items() if column.is_required]
    names = ColumnNames(table, columns, required, chosen or {})
    found = open_table(source, names, encoding, sheet)
    reader = _RowReader(table, columns, found.columns, found.width, cells)
    rows = [*_before_header(found.titles, required)]
    blank = 0
    for line in found.lines:
        if line.is_blank:
            blank += 1
        else:
            rows.append(reader.read(line))
    return RowsRead(rows, blank)


def _before_header(titles: Sequence[Line], required: Collection[str]) -> Iterator[RowValues]:
    """A title has few cells; a line with as many as a row needs may be one."""
    for line in titles:
        if line.fault or len([cell for cell in line.cells if text_of(cell)]) >= len(required):
            fault = line.fault or "before the header; rows are read after it"
            yield RowValues(line.number, {}, fault=fault)


class _RowReader:
    """Reads the rows of one table."""

    def __init__(
        self,
        table: str,
        columns: Mapping[str, Column],
        places: Mapping[str, int],
        width: int,
        cells: CellReader,
    ) -> None:
        self.table = table
        self.columns = columns
        self.places = places
        self.width = width
        self.cells = cells
        # Most cells of a column repeat: days, names and words are read once.
        self.readers = {name: lru_cache(_REMEMBERED)(partial(self._read, name)) for name in columns}

    def read(self, line: Line) -> RowValues:
        """Return the values of a line, and what is wrong with it."""
        if line.fault:
            return RowValues(line.number, {}, fault=line.fault)
        is_too_long = len(line.cells) > self.width and any(map(text_of, line.cells[self.width :]))
        parsed = {name: self._parsed(name, line.cells, is_too_long) for name in self.columns}
        values = {name: self._value(name, one) for name, one in parsed.items()}
        told = [(name, one) for name, one in parsed.items() if one.note]
        faults = [self._words(name, one) for name, one in told if self._leaves_out(name, one)]
        notes = [self._words(name, one) for name, one in told]
        if is_too_long:
            notes.append(_TOO_LONG)
        return RowValues(line.number, values, notes, next(iter(faults), ""))

    def _parsed(self, name: str, cells: Sequence[Cell], is_too_long: bool) -> Parsed:  # noqa: FBT001
        index = self.places.get(name, len(cells))
        parsed = self.readers[name](cells[index] if index < len(cells) else None)
        if is_too_long and self.columns[name].is_number and parsed.value is not None:
            return Parsed(None, _MAY_BE_CUT, is_readable=False)
        return parsed

    def _read(self, name: str, cell: Cell) -> Parsed:
        column = self.columns[name]
        if name not in self.places and column.default:
            return Parsed(column.default)
        if isinstance(cell, str) and "\n" in cell.strip():
            return Parsed(None, _LINE_BREAK, is_readable=False)
        parsed = column.read(self.cells, cell)
        is_missing = column.is_required and parsed == _NOTHING
        return Parsed(None, "missing", is_readable=False) if is_missing else parsed

    def _value(self, name: str, parsed: Parsed) -> Any:
        column = self.columns[name]
        is_unknown = not parsed.is_readable and not self._leaves_out(name, parsed)
        return column.fallback if is_unknown else parsed.value

    def _leaves_out(self, name: str, parsed: Parsed) -> bool:
        leaves_out = self.columns[name].if_unreadable is IfUnreadable.LEFT_OUT
        return leaves_out and not parsed.is_readable

    def _words(self, name: str, parsed: Parsed) -> str:
        known_as = column_names(self.table)[name][0]
        if parsed.is_readable or self._leaves_out(name, parsed):
            return f"{known_as}: {parsed.note}"
        return f"{known_as}: {parsed.note}; the row counts {self.columns[name].fallback_words}"


_NOTHING = Parsed(None)
_REMEMBERED = 65_536
_LINE_BREAK = "a line break was found; a quotation mark may be open"
_MAY_BE_CUT = "cells beyond the header may belong to it, as in 1,000"
_TOO_LONG = "cells were found beyond the header"
