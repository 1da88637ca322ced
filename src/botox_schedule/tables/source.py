"""Opens a table whatever its kind: its lines, and where its header is."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice
from os import PathLike

from botox_schedule.errors import ExchangeError, TableError
from botox_schedule.files import (
    MEBIBYTE,
    OLE,
    ZIP,
    FileName,
    Stream,
    content_of,
    decoded,
    lines_of,
    read_within,
    records,
)
from botox_schedule.tables.excel import sheets as sheets_of
from botox_schedule.tables.header import ColumnNames, check_above, header_place
from botox_schedule.tables.lines import HEADER_LINES, Cell, Line, Table, maker, text_of
from botox_schedule.tables.parquet import PARQUET, parquet_lines
from botox_schedule.tables.words import is_about, is_about_death

_MOST_BYTES = 512 * MEBIBYTE
TableSource = FileName | bytes | Stream[bytes | str]
"""A file's name, ``-`` for standard input, bytes, or an open file."""
_DELIMITERS = ",;\t|"
_STATED = re.compile(r'"?sep=(.)"?')


def open_table(
    source: TableSource, names: ColumnNames, encoding: str | None, sheet: str | None
) -> Table:
    """Return a table and the columns that its header names.

    Raises:
        TableError: When it is not a table of the kind wanted.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.
    """
    found, at, sheets, title = _lines(source, names, encoding, sheet)
    lines = iter(found)
    head = [*islice(lines, HEADER_LINES)] or [Line(1, ())]
    place = header_place(head, names)
    header = head[place]
    check_above(head[:place], header, names)
    return Table(
        names.find(header),
        _width(header),
        chain(head[place + 1 :], lines),
        [Line(1, (title,)), *head[:place]],
        header,
        at,
        sheets,
    )


def _width(header: Line) -> int:
    filled = [index for index, cell in enumerate(header.cells, 1) if cell not in {None, ""}]
    return max(filled, default=0)


def _lines(
    source: TableSource, names: ColumnNames, encoding: str | None, sheet: str | None
) -> tuple[Iterable[Line], int, Sequence[int], str]:
    content, name = _content(source)
    if isinstance(content, bytes) and content.startswith((ZIP, OLE)):
        return _one_sheet(sheets_of(content, name), names, sheet)
    if sheet is not None:
        raise TableError("only a spreadsheet has sheets; leave sheet= (--sheet) out")
    if isinstance(content, str):
        return _text_lines(content, names.score), 0, (), ""
    if content.startswith(PARQUET):
        return parquet_lines(content, name), 0, (), ""
    try:
        return _text_lines(decoded(content, name, encoding), names.score), 0, (), ""
    except ExchangeError as error:
        raise TableError(str(error)) from None


def _text_lines(text: str, score: Callable[[Line], int]) -> Iterator[Line]:
    """Return the records of a table; the delimiter is that of the line with the best score."""
    lines = lines_of(text)
    if lines and (stated := _STATED.fullmatch(lines[0].strip(" "))):
        return _records(lines, stated[1], start=1)
    return _records(lines, _delimiter(lines, score))


def _delimiter(lines: Sequence[str], score: Callable[[Line], int]) -> str:
    head = lines[:HEADER_LINES]
    first = next(filter(str.strip, head), "")

    def fit(delimiter: str) -> tuple[int, int]:
        scores = map(score, _records(head, delimiter))
        return max(scores, default=0), first.count(delimiter)

    return max(_DELIMITERS, key=fit)


def _records(lines: Sequence[str], delimiter: str, start: int = 0) -> Iterator[Line]:
    return map(maker(Line), records(lines, delimiter, start))


def _content(source: TableSource) -> tuple[bytes | str, str]:
    if source == "-":
        return read_within(sys.stdin.buffer, _MOST_BYTES), "standard input"
    if not isinstance(source, (str, bytes, PathLike)) and not hasattr(source, "read"):
        raise TableError("no table; give a file's name, its bytes or an open file")
    return content_of(source, "the table", _MOST_BYTES)


def _one_sheet(
    found: dict[str, list[Line]], names: ColumnNames, wanted: str | None
) -> tuple[list[Line], int, Sequence[int], str]:
    """Return the sheet the caller named, or the one that has the columns, and which others may."""
    chosen = _title(found, names, wanted) if found else ""
    at = [*found].index(chosen) + 1 if found else 0
    # Next to the sessions a sheet of any shape may hold patients, such as the deceased.
    is_other = _may_hold_patients if names.table == "sessions" else _has_table
    numbered = enumerate(found.items(), 1)
    others = [n for n, (title, lines) in numbered if n != at and is_other(lines, names, title)]
    return found.get(chosen, []), at, others, chosen


def _title(found: dict[str, list[Line]], names: ColumnNames, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in found:
            raise TableError(f"no sheet is called {wanted!r}; {len(found)} sheets were found")
        return wanted
    tables = [title for title, lines in found.items() if _has_table(lines, names)]
    if len(tables) > 1:
        raise TableError(
            f"{len(tables)} sheets hold such a table; name one with sheet= "
            f"(--sheet {names.table}=NAME), or save it as a file"
        )
    return next(iter(tables or found))


def _may_hold_patients(lines: list[Line], names: ColumnNames, title: str) -> bool:
    """Whether a sheet is a list of patients, has several of the columns, or a day.

    Rows without a header may have a day; a list of keys has only its title.
    """
    head = lines[:HEADER_LINES]
    is_named = is_about_death(title) or is_about("pause", title)
    return any(
        names.score(line) > 1
        or names.is_list_of_patients(line)
        or any(map(_is_day, line.cells))
        or (is_named and not line.is_blank)
        for line in head
    )


def _is_day(cell: Cell) -> bool:
    return isinstance(cell, date) or _DAY.fullmatch(text_of(cell)) is not None


_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _has_table(lines: list[Line], names: ColumnNames, _: str = "") -> bool:
    head = lines[:HEADER_LINES] or [Line(1, ())]
    return names.is_whole(head[header_place(head, names)])
