"""Opens a table whatever its kind: its lines, and where its header is."""

import sys
from collections.abc import Iterable, Sequence
from io import TextIOBase
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple

from botox_schedule.errors import ExchangeError, FileLimitError, TableError
from botox_schedule.files import MEBIBYTE, FileName, check_lines, decoded, expand, read_within
from botox_schedule.tables.excel import OLE, ZIP, sheets
from botox_schedule.tables.header import ColumnNames, header_place
from botox_schedule.tables.lines import HEADER_LINES, Line
from botox_schedule.tables.parquet import PARQUET, parquet_lines
from botox_schedule.tables.text import text_lines

_MOST_BYTES = 512 * MEBIBYTE
TableSource = FileName | bytes | BinaryIO | TextIOBase
"""A file's name, ``-`` for standard input, bytes, or an open file."""


class Table(NamedTuple):
    """A table with its header found.

    Attributes:
        columns: The position of each known column, from 0.
        width: How many columns the header has.
        lines: The lines after the header.
        titles: The lines before it.
        header: The line of the header.
    """

    columns: dict[str, int]
    width: int
    lines: Iterable[Line]
    titles: Sequence[Line]
    header: Line


def open_table(
    source: TableSource, names: ColumnNames, encoding: str | None, sheet: str | None
) -> Table:
    """Return a table and the columns that its header names.

    Raises:
        TableError: When it is not a table of the kind wanted.
        FileLimitError: When it is too large.
        OSError: When it cannot be opened.
    """
    lines = iter(_lines(source, names, encoding, sheet))
    head = [*islice(lines, HEADER_LINES)] or [Line(1, ())]
    place = header_place(head, names)
    header = head[place]
    return Table(
        names.find(header),
        _width(header),
        chain(head[place + 1 :], lines),
        head[:place],
        header,
    )


def _width(header: Line) -> int:
    filled = [index for index, cell in enumerate(header.cells, 1) if cell not in {None, ""}]
    return max(filled, default=0)


def _lines(
    source: TableSource, names: ColumnNames, encoding: str | None, sheet: str | None
) -> Iterable[Line]:
    content, name = _content(source)
    if isinstance(content, str):
        return text_lines(content, names.score)
    if content.startswith((ZIP, OLE)):
        return _one_sheet(sheets(content, name), names, sheet)
    if sheet is not None:
        raise TableError("only a spreadsheet has sheets; leave sheet= out")
    if content.startswith(PARQUET):
        return parquet_lines(content, name)
    try:
        return text_lines(decoded(content, name, encoding), names.score)
    except ExchangeError as error:
        raise TableError(str(error)) from None


def _content(source: TableSource) -> tuple[bytes | str, str]:
    if isinstance(source, bytes):
        return expand(source, "the table", _MOST_BYTES), "the table"
    if source == "-":
        return read_within(sys.stdin.buffer, _MOST_BYTES), "standard input"
    if isinstance(source, TextIOBase):
        return _checked(source.read(_MOST_BYTES + 1)), "the table"
    if isinstance(source, (str, PathLike)):
        return read_within(source, _MOST_BYTES), Path(source).name
    if not hasattr(source, "read"):
        raise TableError("no table; give a file's name, its bytes or an open file")
    return read_within(source, _MOST_BYTES), "the table"


def _checked(text: str) -> str:
    """Return a text that was decoded already, within the same limits."""
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > _MOST_BYTES:
        raise FileLimitError(f"the table: larger than {_MOST_BYTES // MEBIBYTE} MiB")
    check_lines(content, "the table")
    return text.removeprefix("\ufeff")


def _one_sheet(found: dict[str, list[Line]], names: ColumnNames, wanted: str | None) -> list[Line]:
    """Return the sheet the caller named, or the one that has the columns."""
    if wanted is not None:
        if wanted not in found:
            raise TableError(f"no sheet is called {wanted!r}; {len(found)} sheets were found")
        return found[wanted]
    tables = [lines for lines in found.values() if _has_table(lines, names)]
    if len(tables) > 1:
        raise TableError(
            f"{len(tables)} sheets hold such a table; name one with sheet=, or save it as a file"
        )
    return tables[0] if tables else next(iter(found.values()), [])


def _has_table(lines: list[Line], names: ColumnNames) -> bool:
    head = lines[:HEADER_LINES] or [Line(1, ())]
    return names.is_whole(head[header_place(head, names)])
