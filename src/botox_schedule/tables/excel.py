"""Reads the sheets of a spreadsheet: ``.xlsx``, ``.xls`` and ``.ods``."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.files import MEBIBYTE, checked_zip
from botox_schedule.tables.cells import Cell
from botox_schedule.tables.header import Line

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
MOST_CELLS = 5_000_000
"""More cells than a clinic's table has; larger ones belong to the panel."""
_MOST_BYTES = 64 * MEBIBYTE
_PLACE = re.compile(rb"""\br=["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_REPEATED = re.compile(rb"""-repeated=["']([0-9]{1,9})["']""")
_CELL = re.compile(rb"<(?:\w+:)?(?:covered-)?table-cell\b([^>]*)>")


def sheets(content: bytes, name: str) -> dict[str, list[Line]]:
    """Return the lines of each sheet by the sheet's name.

    Raises:
        FileLimitError: When the file, or a sheet of it, is too large.
        TableError: When it cannot be read, or the extra ``excel`` is missing.
    """
    try:
        import python_calamine as calamine  # noqa: PLC0415 - an extra
    except ImportError:
        raise TableError(
            "a spreadsheet needs one more package: pip install 'botox-schedule[excel]'"
        ) from None
    if content.startswith(ZIP):
        content = checked_zip(content, name, _MOST_BYTES)
        _check_cells(content, name)
    try:
        book = calamine.load_workbook(BytesIO(content))
        return {title: _lines(book.get_sheet_by_name(title)) for title in _titles(book)}
    except (calamine.CalamineError, OSError, ValueError):
        raise TableError("the spreadsheet is damaged, encrypted or of an unknown kind") from None


def _titles(book: Any) -> list[str]:
    return [one.name for one in book.sheets_metadata if "WorkSheet" in str(one.typ)]


def _lines(sheet: Any) -> list[Line]:
    rows = sheet.to_python(skip_empty_area=False)
    return [Line(number, [_cell(value) for value in row]) for number, row in enumerate(rows, 1)]


def _cell(value: Any) -> Cell:
    """Return a day as a day and a number as a number; anything else as text."""
    if isinstance(value, (str, date)):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = Decimal(str(value))
        return number if number.is_finite() else None
    return str(value)


def _check_cells(content: bytes, name: str) -> None:
    """Refuse a sheet whose corners lie far apart: a reader makes all the cells between them."""
    with ZipFile(BytesIO(content)) as book:
        for entry in book.namelist():
            measure = _open_document_cells if entry == "content.xml" else _cells
            if entry.endswith(".xml") and measure(book.read(entry)) > MOST_CELLS:
                raise FileLimitError(f"{name}: a sheet has more than {MOST_CELLS:,} cells")


def _cells(xml: bytes) -> int:
    """Return the product of the last row and the last column of a sheet in Office Open XML."""
    rows = columns = 0
    for place in _PLACE.finditer(xml):
        rows = max(rows, int(place[2]))
        columns = max(columns, _column(place[1].upper()))
    return rows * columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _open_document_cells(xml: bytes) -> int:
    """Return the same in OpenDocument, where equal rows and cells are written once.

    Empty rows and cells count only where a filled one follows: readers drop the last ones.
    """
    rows = empty = width = 0
    for row in re.split(rb"<(?:\w+:)?table-row\b", xml)[1:]:
        head, _, body = row.partition(b">")
        filled = _filled_width(body)
        empty += _repeated(head)
        rows, empty = (rows + empty, 0) if filled else (rows, empty)
        width = max(width, filled)
    return rows * width


def _filled_width(body: bytes) -> int:
    width = filled = 0
    for cell in _CELL.finditer(body):
        width += _repeated(cell[1])
        filled = filled if cell[1].endswith(b"/") else width
    return filled


def _repeated(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found[1]) if found else 1
