"""Reads the sheets of a spreadsheet: ``.xlsx``, ``.xls`` and ``.ods``."""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO, StringIO
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.files import MEBIBYTE, zip_entries
from botox_schedule.tables.lines import Line, typed_cell
from botox_schedule.tables.typed import MOST_CELLS, refusing

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
_MOST_BYTES = 64 * MEBIBYTE
_BOOK = re.compile(r"xl/|content\.xml\Z")
"""Part of each spreadsheet, in Office Open XML or in OpenDocument."""
_ERROR = re.compile(rb"""(<(?:\w+:)?c\b[^>]*\bt=["'])e(["'])""")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]*)["']""")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_PLACED = re.compile(rb"<(?:\w+:)?c\b")
_REPEATED = re.compile(rb"""-repeated=["']([0-9]{1,9})["']""")
_CELL = re.compile(rb"<(?:\w+:)?(?:covered-)?table-cell\b([^>]*)>")


def sheets(content: bytes, name: str) -> dict[str, list[Line]]:
    """Return the lines of each sheet by the sheet's name.

    Raises:
        FileLimitError: When the file, or a sheet of it, is too large.
        TableError: When it cannot be read, or the extra ``excel`` is missing.
    """
    if len(content) > _MOST_BYTES:
        raise FileLimitError(f"{name}: larger than {_MOST_BYTES // MEBIBYTE} MiB")
    try:
        return _new_sheets(content, name) if content.startswith(ZIP) else _old_sheets(content)
    except ImportError:
        raise TableError(
            "a spreadsheet needs more packages: pip install 'botox-schedule[excel]'"
        ) from None


def _new_sheets(content: bytes, name: str) -> dict[str, list[Line]]:
    """Read Office Open XML or OpenDocument, after refusing what would crash the reader in Rust."""
    import python_calamine as calamine  # noqa: PLC0415 - an extra

    entries = zip_entries(content, name, _MOST_BYTES)
    if not any(map(_BOOK.match, entries)):
        raise TableError("a zip file without a spreadsheet; unpack it, and give the file in it")
    _check_entries(entries, name)
    with refusing("spreadsheet"):
        book = calamine.load_workbook(_stored(entries))
        found = [one.name for one in book.sheets_metadata if "WorkSheet" in str(one.typ)]
        return {
            title: _lines(book.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for title in found
        }


def _old_sheets(content: bytes) -> dict[str, list[Line]]:
    """Read the binary format in Python: readers in Rust end the process at a false count."""
    import xlrd  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    with refusing("spreadsheet"):
        book = xlrd.open_workbook(file_contents=content, logfile=StringIO(), ragged_rows=True)

        def value_of(cell: Any) -> Any:
            if cell.ctype == xlrd.XL_CELL_DATE:
                return xlrd.xldate_as_datetime(cell.value, book.datemode)
            # The number behind an error, true or false is not one that somebody wrote.
            is_written = cell.ctype not in {xlrd.XL_CELL_ERROR, xlrd.XL_CELL_BOOLEAN}
            return cell.value if is_written else f"#{cell.value}"

        return {
            sheet.name: _lines(map(value_of, row) for row in sheet.get_rows())
            for sheet in book.sheets()
        }


def _lines(rows: Iterable[Iterable[Any]]) -> list[Line]:
    return [Line(number, [*map(typed_cell, row)]) for number, row in enumerate(rows, 1)]


def _check_entries(entries: Mapping[str, bytes], name: str) -> None:
    """Refuse broken markup, and a sheet whose corners lie far apart.

    A reader makes all the cells between the corners, and may never end where a tag is missing.
    """
    for entry, content in entries.items():
        if not entry.endswith((".xml", ".rels")):
            continue
        with refusing("spreadsheet"):
            expat.ParserCreate().Parse(content, True)  # noqa: FBT003 - its own argument
        measure = _open_document_cells if entry == "content.xml" else _cells
        if measure(content) > MOST_CELLS:
            raise FileLimitError(f"{name}: a sheet has more than {MOST_CELLS:,} cells")


def _stored(entries: Mapping[str, bytes]) -> BytesIO:
    """Return the entries uncompressed; an error such as #N/A becomes text, not an empty cell."""
    stored = BytesIO()
    with ZipFile(stored, "w") as book:
        for entry, content in entries.items():
            book.writestr(entry, _ERROR.sub(rb"\1str\2", content))
    stored.seek(0)
    return stored


def _cells(xml: bytes) -> int:
    """Return the product of the last row and the last column of a sheet in Office Open XML.

    Cells need no place: then they follow each other. A place that no sheet has is refused,
    because a reader's count of it overflows.
    """
    rows = columns = 0
    for place in _PLACE.finditer(xml):
        letters, digits = place.groups()
        if len(letters) > 3 or len(digits) > 7:
            return MOST_CELLS + 1
        rows = max(rows, int(digits or 0))
        columns = max(columns, _column(letters.upper()))
    widths = (len(_PLACED.findall(row)) for row in _ROW.split(xml)[1:])
    return rows * max(columns, max(widths, default=0))


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
