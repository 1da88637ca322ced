"""Reads the rows of any table: each is read, reported, or blank, and the counts add up."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain, compress, groupby, islice, repeat
from operator import attrgetter
from typing import Any, NamedTuple, TypedDict

from botox_schedule.dates.days import OTHER_ORDER
from botox_schedule.files import HEADER_AGAIN
from botox_schedule.protocols.indications import ProductInput
from botox_schedule.tables.cells import CellReader, Column
from botox_schedule.tables.deaths import telling_death
from botox_schedule.tables.header import PLACES, ColumnNames, another_header
from botox_schedule.tables.lines import Cell, Line, Problem, Table, text_of
from botox_schedule.tables.source import TableSource, open_table
from botox_schedule.tables.unread import REMEMBERED, UnreadCells, told_by_title
from botox_schedule.tables.words import find_value, folded, is_about, parts_of, speaks_of_death


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
        is_denied: Whether a cell, or a title, may say that nothing was given.
    """

    line: int
    values: Mapping[str, Any]
    notes: Sequence[str] = ()
    fault: str = ""
    is_denied: bool = False

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the row."""
        if self.fault:
            return [Problem(self.line, self.fault)]
        return [Problem(self.line, note, left_out=False) for note in self.notes]


class RowsRead(NamedTuple):
    """All rows of a table.

    Attributes:
        lines: The first line of each row.
        values: The value of each row, by the column's name.
        told: The rows that count for nothing or need a note, by their place among the lines.
        blank: How many lines were blank.
        header: The header.
        columns: The columns found in it.
        unread: What columns that are not read may say.
        deaths: The places of columns that are not read and in which a cell speaks of death.
        sheet: The number of the sheet that was read; 0 where the file has none.
    """

    lines: Sequence[int]
    values: Mapping[str, Sequence[Any]]
    told: Mapping[int, RowValues]
    blank: int
    header: Line
    columns: Collection[str]
    unread: Sequence[Problem]
    deaths: frozenset[int]
    sheet: int

    @property
    def counts(self) -> RowCounts:
        """How many rows came in, and what became of them."""
        rows, left_out = len(self.lines), len(self.faulty)
        return RowCounts(rows + self.blank, rows - left_out, left_out, self.blank)

    @property
    def faulty(self) -> list[RowValues]:
        """The rows that count for nothing."""
        return [row for row in self.told.values() if row.fault]

    @property
    def rows(self) -> list[RowValues]:
        """Each row by itself."""
        plain = zip(self.lines, zip(*self.values.values(), strict=True), strict=True)
        return [
            self.told.get(place) or RowValues(line, dict(zip(self.values, values, strict=True)))
            for place, (line, values) in enumerate(plain)
        ]

    @property
    def used(self) -> Mapping[str, Sequence[Any]]:
        """The values of the rows that count, by column; ``line`` has the first line of each."""
        columns = {"line": self.lines, **self.values}
        left_out = {place for place, row in self.told.items() if row.fault}
        if not left_out:
            return columns
        is_used = [place not in left_out for place in range(len(self.lines))]
        return {name: [*compress(values, is_used)] for name, values in columns.items()}

    def problems(self, *told: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems of the rows and those given, sorted by line."""
        of_rows = (row.problems for row in self.told.values())
        return tuple(sorted(chain(self.unread, *told, *of_rows)))

    def unreadable(self, lost: Iterable[RowValues], *others: Iterable[str]) -> frozenset[str]:
        """Return the patients whose rows are lost, or are followed by one without a patient."""
        known = filter(None, (row.values.get("patient") for row in lost))
        return frozenset(known).union(self._patients_above(), *others)

    def _patients_above(self) -> Iterator[str]:
        """Yield the patients above rows without one: a report may name each patient only once."""
        above: str | None = None
        for place, patient in enumerate(self.values["patient"]):
            if above and not patient and _is_of_somebody(self.told[place].values):
                yield above
            above = patient or above


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
    reader.keep(_before_header(found.titles, required))
    reader.read(found.lines)
    unread = [*reader.unread.problems(columns, names, cells)]
    unread += (Problem(found.header.number, told, left_out=False) for told in reader.swapped())
    unread += reader.above(found.titles)
    absent = {name: [value] * len(reader.lines) for name, value in reader.absent.items()}
    values = absent | reader.values
    deaths = reader.unread.places_of_death(partial(telling_death, cells))
    return RowsRead(
        *(reader.lines, values, reader.told, reader.blank, found.header, found.columns),
        *(unread, deaths, found.sheet),
    )


def _before_header(titles: Sequence[Line], required: Collection[str]) -> Iterator[RowValues]:
    """Report lines before the header that may be rows; a title has fewer cells than a row needs."""
    for line in titles:
        if line.fault or len([cell for cell in line.cells if text_of(cell)]) >= len(required):
            fault = line.fault or "before the header; rows are read after it"
            yield RowValues(line.number, {}, fault=fault)


def _is_of_somebody(values: Mapping[str, Any]) -> bool:
    """Whether a row is no total: it has a day, or a diagnosis or a muscle next to merged cells."""
    treated: str = values.get("indication") or ""
    is_treated = bool(treated) and find_value("missing", treated) is None
    is_placed = any(map(values.get, PLACES))
    return is_treated or is_placed or any(isinstance(one, date) for one in values.values())


class _Note(NamedTuple):
    """What is wrong with a cell."""

    words: str
    leaves_out: bool = False
    is_denied: bool = False


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
        if len(self) < REMEMBERED:
            self[cell] = value
        return value

    def _read(self, cell: Cell) -> tuple[Any, _Note]:
        if isinstance(cell, str) and "\n" in cell.strip() and not self.column.is_text:
            return self.unreadable(_LINE_BREAK)
        value, note, is_readable, is_denied = self.column.read(self._reader, cell)
        if value is None and is_readable and not note and self.column.is_required:
            return self.unreadable("missing")
        if not is_readable:
            is_error = isinstance(cell, str) and _ERROR.fullmatch(cell.strip())
            value, told = self.unreadable(_IN_ERROR if is_error else note, value)
        else:
            told = _Note(f"{self.known_as}: {note}") if note else _NOTHING
        return value, told._replace(is_denied=True) if is_denied else told

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
        self._is_header = names.is_header
        self._reader = reader
        self.width = found.width
        self._found = found
        self.noted: set[Cell] = set()
        every = {
            name: _Cells(names.first(name), column, reader, self.noted)
            for name, column in columns.items()
        }
        self.absent = {
            name: columns[name].default or every[name][None]
            for name in columns
            if name not in found.columns
        }
        absent_notes = [note for name in self.absent for note in every[name].notes.values()]
        self.columns = {name: every[name] for name in columns if name in found.columns}
        self.places = [found.columns[name] for name in self.columns]
        self.unread = UnreadCells(found, reader)
        # An approval must not cover too much; a session, or a day of birth, must not be lost.
        self.leaves_out = names.table not in {"sessions", "births"}
        words = columns["status"].words if "status" in self.absent else ""
        self.told_by_title = partial(told_by_title, words=words, is_of_patients=not self.leaves_out)
        self.absent_notes = self.always = absent_notes
        self.lines: list[int] = []
        self.values: dict[str, list[Any]] = {name: [] for name in self.columns}
        self.told: dict[int, RowValues] = {}
        self.blank = 0

    def read(self, lines: Iterable[Line]) -> None:
        """Keep the values of each line, and what is wrong with it; blank ones are counted."""
        for fault, alike in groupby(lines, attrgetter("fault")):
            while some := [*islice(alike, _AT_ONCE)]:
                if fault:
                    self.keep(map(self._broken, some))
                else:
                    self._read_together(some)

    def keep(self, rows: Iterable[RowValues | None]) -> None:
        """Keep rows that were read one by one."""
        for row in rows:
            if row is None:
                self.blank += 1
                continue
            if row.notes or row.fault:
                self.told[len(self.lines)] = row
            self.lines.append(row.line)
            for name, values in self.values.items():
                values.append(row.values.get(name))

    def _read_together(self, lines: Sequence[Line]) -> None:
        """Read lines column by column, which takes a third of the time of row by row."""
        numbers, given, _ = zip(*lines, strict=True)
        is_short = min(map(len, given)) < self.width
        rows = [*map(self._filled, given)] if is_short else given
        columns = [*zip(*rows, strict=False)]
        picked = [columns[place] for place in self.places]
        read = {
            name: [*map(cells.__getitem__, column)]
            for (name, cells), column in zip(self.columns.items(), picked, strict=True)
        }
        self.unread.notice(columns, read)
        start = 0
        for place, cells in self._peculiar(rows, picked):
            self._keep_plain(numbers, read, start, place)
            values = self.absent | {name: column[place] for name, column in read.items()}
            self.keep([self._with_notes(lines[place], values, rows[place], cells)])
            start = place + 1
        self._keep_plain(numbers, read, start, len(lines))

    def _filled(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        return [*cells, *repeat(None, self.width - len(cells))]

    def _peculiar(
        self, rows: Sequence[Sequence[Cell]], picked: Sequence[Sequence[Cell]]
    ) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield the places and the cells of rows about which something may have to be told."""
        is_even = {*map(len, rows)} == {self.width}
        if is_even and not self.always and all(map(self.noted.isdisjoint, picked)):
            return
        for place, cells in enumerate(zip(*picked, strict=True)):
            # A title among them makes all rows below it such.
            is_long = len(rows[place]) > self.width
            if is_long or self.always or not self.noted.isdisjoint(cells):
                yield place, cells

    def _keep_plain(
        self, numbers: Sequence[int], read: Mapping[str, Sequence[Any]], start: int, end: int
    ) -> None:
        if start < end:
            self.lines += numbers[start:end]
            for name, values in self.values.items():
                values.extend(read[name][start:end])

    def _with_notes(
        self, line: Line, values: dict[str, Any], cells: Sequence[Cell], picked: Sequence[Cell]
    ) -> RowValues | None:
        told = zip(self.columns.values(), picked, strict=True)
        notes = self.always + [column.notes[c] for column, c in told if c in column.notes]
        if len(cells) > self.width and any(map(text_of, cells[self.width :])):
            notes += self._cut(values)
        if not notes:
            return RowValues(line.number, values)
        fault = next((note.words for note in notes if note.leaves_out), "")
        if fault and line.is_blank:
            return None
        if fault and self._is_header(line):
            return self._header_again(line)
        if fault and self._is_title(cells):
            values["patient"] = None
        if fault and notes[-1].words == _TOO_LONG:
            fault = f"{fault}; {_TOO_LONG}"
        is_denied = any(note.is_denied for note in notes)
        return RowValues(line.number, values, [note.words for note in notes], fault, is_denied)

    def _is_title(self, cells: Iterable[Cell]) -> bool:
        """Whether a row is a title such as ``Cancelled:``, or a footer.

        Keep what a title says of the rows below it.
        """
        title, *others = filter(None, map(text_of, cells))
        if others:
            return False
        told = self.told_by_title(title)
        note = _Note(f"{_UNDER_A_TITLE} {told}", self.leaves_out, is_denied=True)
        self.always = [*self.absent_notes, note] if told else self.absent_notes
        return _A_KEY.fullmatch(title) is None and (
            is_about("footer", title) or self._begins_with_a_status(title)
        )

    def _begins_with_a_status(self, title: str) -> bool:
        """Whether a title says first what its rows are; a name next to such a word may be a patient's."""
        first = parts_of(title)[:2][-1]
        is_word = find_value("status", first) or self.told_by_title(first)
        return bool(is_word) and "," not in title and not speaks_of_death(title)

    def above(self, titles: Iterable[Line]) -> Iterator[Problem]:
        """Yield what titles before the header, and that of the sheet, may say of all rows."""
        for line in titles:
            title = ": ".join(filter(None, map(text_of, line.cells)))
            if told := self.told_by_title(title):
                yield Problem(line.number, f"{_OF_ALL_ROWS} {told}", left_out=False)

    def _broken(self, line: Line) -> RowValues:
        """Return a row of which only the patient may be known."""
        at = self.places[[*self.columns].index("patient")]
        cell = self._filled(line.cells)[at]
        patient = self.columns["patient"][text_of(cell).strip('"')]
        values = dict.fromkeys((*self.absent, *self.columns)) | {"patient": patient}
        return RowValues(line.number, values, fault=line.fault)

    def _cut(self, values: dict[str, Any]) -> Iterator[_Note]:
        """Tell that a row is too long, and which of its values a comma may have cut.

        In a spreadsheet somebody wrote next to the table.
        """
        for name, cells in self.columns.items():
            is_cut = cells.column.is_number and not self._found.sheet
            if is_cut and values[name] is not None:
                values[name], note = cells.unreadable(_MAY_BE_CUT)
                yield note
        yield _Note(_TOO_LONG)

    def swapped(self) -> Iterator[str]:
        """Yield a note for each column in which day and month may have changed places.

        A spreadsheet of another country makes dates of those days that it can read so, and leaves
        the others as texts. In a text, days after the 12th tell a wrong format.
        """
        for cells in self.columns.values():
            dates = [cell.day for cell in cells if isinstance(cell, date)]
            texts = [
                day.day
                for cell, day in cells.items()
                if isinstance(cell, str) and isinstance(day, date) and str(day) not in cell
            ]
            if dates and texts and max(dates) <= _MONTHS < min(texts):
                yield f"{cells.known_as}: {_SWAPPED}"
            elif texts and any(map(self._reader.is_swapped, cells.notes)):
                yield f"{cells.known_as}: {OTHER_ORDER}"

    def _header_again(self, line: Line) -> RowValues:
        """Report the header of a further page, or refuse a table of other columns below."""
        if _folded(line, self.width) == _folded(self._found.header, self.width):
            return RowValues(line.number, {}, fault=HEADER_AGAIN)
        raise another_header(line)


def _folded(line: Line, width: int) -> list[str]:
    return [folded(text_of(cell)) for cell in line.cells[:width]]


_AT_ONCE = 512
"""How many lines are read together."""
_UNDER_A_TITLE = "a title above it may say that"
_OF_ALL_ROWS = "a title, or the sheet's name, may say of each row that"
_MONTHS = 12
_SWAPPED = "a spreadsheet may have swapped day and month in some; export the days as YYYY-MM-DD"
_A_KEY = re.compile(r"\S*[0-9]\S*")
_ERROR = re.compile(r"#(N/A|VALUE!|REF!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#+)")
_IN_ERROR = "an error of a spreadsheet, or a formula that it never computed; open it there, mend it, save it"
_LINE_BREAK = "a line break was found; a quotation mark may be open"
_MAY_BE_CUT = "cells beyond the header may belong to it, as in 1,000"
_TOO_LONG = "cells were found beyond the header"
