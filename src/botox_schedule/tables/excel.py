"""Reads the sheets of a spreadsheet: ``.xlsx``, ``.xls`` and ``.ods``."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from io import BytesIO, StringIO
from itertools import zip_longest
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.files import MEBIBYTE, ZIP, check_growth, zip_entries
from botox_schedule.tables.lines import MOST_CELLS, Line, refusing, typed_cell
from botox_schedule.tables.months import with_months

_MOST_BYTES = 64 * MEBIBYTE
_BOOK = re.compile(r"xl/|content\.xml\Z")
"""Part of each spreadsheet, in Office Open XML or in OpenDocument."""
_BINARY_BOOK = "xl/workbook.bin"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The part of an old workbook's container that holds a new one with a password."""
_MOST_TEXT = 128 * MEBIBYTE
_READ = (".xml", ".rels", "mimetype")
_PREFIX = rb"<(?:[^\s<>/]+:)?"
_ERROR = re.compile(rb"(" + _PREFIX + rb"""c\b[^>]*\bt=["'])e(["'])""")
_FORMULAS = [
    re.compile(
        rb"(<((?:[^\s<>/]+:)?)c\b(?![^>]*\st\s*=)[^>]*)(>\s*<\2f\b(?:[^>]*/>|[^>]*>[^<]*</\2f>))"
        rb"\s*(?:<\2v\s*/>|<\2v\s*>" + unsaved + rb"</\2v>)?\s*(</\2c>)"
    )
    for unsaved in (b"", b"0?")
]
"""A formula without a saved value: programs that write workbooks do not compute."""
_FILLED = re.compile(rb"value|formula")
_OPEN_FORMULA = re.compile(
    rb"(<table:table-cell\b(?![^>]*\boffice:value-type)[^>]*\btable:formula=[^>]*?)(/?>)"
)
"""The same in OpenDocument."""
_UNCOMPUTED = re.compile(rb"""\bfullCalcOnLoad\s*=\s*["'](1|true)["']""")
"""That the values of formulas are still to be computed: then a 0 is none either."""
_STATED = re.compile(rb"\buniqueCount(?=\s*=)")
"""How many texts a workbook says that it shares: the reader takes memory for all at once."""
_HIDING = re.compile(
    rb"""=\s*(?:"[^"<>]*>[^"<]*"|'[^'<>]*>[^'<]*')"""
    rb"|<(?:!--(?:(?!-->)[^<])*|!\[CDATA\[(?:(?!\]\]>)[^<])*|\?(?:(?!\?>)[^<])*)<"
)
"""A bracket in a value of an attribute or in a comment: the patterns here would see a tag."""
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]*)["']""")
_ROW, _SHARED, _OPEN_ROW = rb"row", rb"si", rb"table-row(?![\w-])"
_CELL = rb"(?:covered-)?table-cell"
_PLACED = re.compile(_PREFIX + rb"c\b")
_REPEATED = re.compile(rb"""-repeated\s*=\s*["'](?:([0-9]{1,9})["'])?""")
_BLANKS = re.compile(_PREFIX + rb"""s\b[^>]*?\bc\s*=\s*["'](?:([0-9]{1,9})["'])?""")
_VALUE = re.compile(
    _PREFIX + rb"v(?:>([0-9]{1,18})</|>(-?[0-9]+[.eE-]|[^0-9&+\s<])|>(?!</)|\s(?!\s*/>))"
)
"""A value: the number of a text, what no reader takes for one but 0, or written otherwise."""
_UNPLAIN = -1


def sheets(content: bytes, name: str) -> dict[str, list[Line]]:
    """Return the lines of each sheet by the sheet's name.

    Raises:
        FileLimitError: When the file, or a sheet of it, is too large.
        TableError: When it cannot be read, or the extra ``excel`` is missing.
    """
    if len(content) > _MOST_BYTES:
        raise FileLimitError(f"{name}: larger than {_MOST_BYTES // MEBIBYTE} MiB")
    if _ENCRYPTED in content:
        raise TableError("the workbook has a password; save it without one")
    try:
        return _new_sheets(content, name) if content.startswith(ZIP) else _old_sheets(content)
    except ImportError:
        raise TableError(
            "a spreadsheet needs more packages: pip install 'botox-schedule[excel]'"
        ) from None


def _new_sheets(content: bytes, name: str) -> dict[str, list[Line]]:
    """Read Office Open XML or OpenDocument, after refusing what would crash the reader in Rust."""
    import python_calamine as calamine  # noqa: PLC0415 - an extra

    found = zip_entries(content, name, _MOST_BYTES)
    if _BINARY_BOOK in found:
        raise TableError("an .xlsb workbook is not read; save it as .xlsx")
    if not any(map(_BOOK.match, found)):
        raise TableError("a zip file without a spreadsheet; unpack it, and give the file in it")
    # Pictures and macros are not read; a sheet of another name would be read unchecked.
    entries = {entry: found[entry] for entry in found if entry.lower().endswith(_READ)}
    check_growth(_check_entries(entries, name), content, name)
    with refusing("spreadsheet"):
        book = calamine.load_workbook(_stored(entries))
        titles = [one.name for one in book.sheets_metadata if "WorkSheet" in str(one.typ)]
        return {
            title: _lines(book.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for title in titles
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


def _check_entries(entries: Mapping[str, bytes], name: str) -> int:
    """Return how many cells all sheets have; refuse broken markup and corners far apart.

    A reader makes all the cells between the corners, and may never end where a tag is missing.
    """
    cells = repeated = 0
    for entry, content in entries.items():
        if entry == "mimetype":
            continue
        with refusing("spreadsheet"):
            expat.ParserCreate().Parse(content, True)  # noqa: FBT003 - its own argument
            if _HIDING.search(content):
                raise ValueError
            if entry == "content.xml":
                found, repeated = _open_document_sizes(content)
            else:
                found = _cells(content)
        cells += found
        if cells > MOST_CELLS:
            raise FileLimitError(f"{name}: more than {MOST_CELLS:,} cells in its sheets")
    with refusing("spreadsheet"):
        shared = _shared_bytes(entries.values())
    if max(shared, repeated) > _MOST_TEXT:
        raise FileLimitError(f"{name}: more than {_MOST_TEXT // MEBIBYTE} MiB of text in cells")
    return cells


def _stored(entries: Mapping[str, bytes]) -> BytesIO:
    """Return the entries uncompressed; an error such as #N/A becomes text, not an empty cell.

    So does a formula that was never computed.
    """
    stored = BytesIO()
    formula = _FORMULAS[bool(_UNCOMPUTED.search(entries.get("xl/workbook.xml", b"")))]
    with ZipFile(stored, "w") as book:
        for entry, content in with_months(entries).items():
            told = _ERROR.sub(rb"\1str\2", content)
            told = formula.sub(rb'\1 t="str"\3<\2v>#VALUE!</\2v>\4', told)
            told = _OPEN_FORMULA.sub(
                rb'\1 office:value-type="string" office:string-value="#VALUE!"\2', told
            )
            book.writestr(entry, _STATED.sub(b"stated", told))
    stored.seek(0)
    return stored


def _parts(name: bytes, xml: bytes) -> list[bytes]:
    """Return the attributes and the content of each element of a name.

    Raises:
        ValueError: When one holds another, as none in a spreadsheet does: it would seem small.
    """
    end = re.compile(rb"</(?:[^\s<>/]+:)?" + name + rb"\b")
    return [_until(end, part) for part in re.split(_PREFIX + name + rb"\b", xml)[1:]]


def _until(end: re.Pattern[bytes], part: bytes) -> bytes:
    head = part.partition(b">")[0]
    if head.endswith(b"/"):
        return head
    own, _ = end.split(part, 1)
    return own


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
    widths = (len(_PLACED.findall(row)) for row in _parts(_ROW, xml))
    return rows * max(columns, max(widths, default=0))


def _column(letters: bytes) -> int:
    return sum(26**place * (letter - 64) for place, letter in enumerate(reversed(letters)))


def _open_document_sizes(xml: bytes) -> tuple[int, int]:
    """Return the same in OpenDocument, where equal rows and cells are written once, and the bytes.

    Empty rows and cells count only where a filled one follows: readers drop the last ones. A text
    counts as often as it is repeated.
    """
    rows = empty = width = size = 0
    for row in _parts(_OPEN_ROW, xml):
        head, _, body = row.partition(b">")
        cells, repeated = _parts(_CELL, body), _repeated(head)
        filled = _filled_width(cells)
        size += repeated * sum(map(_cell_bytes, cells))
        empty += repeated
        rows, empty = (rows + empty, 0) if filled else (rows, empty)
        width = max(width, filled)
    return rows * width, size


def _filled_width(cells: Iterable[bytes]) -> int:
    width = filled = 0
    for cell in cells:
        head = cell.partition(b">")[0]
        width += _repeated(head)
        filled = filled if head.endswith(b"/") and not _FILLED.search(head) else width
    return filled


def _shared_bytes(xmls: Collection[bytes]) -> int:
    """Return the size of the texts that cells name by a number; each text is written once.

    A number that is not plainly written counts as the longest text, what is no number as the
    first.
    """
    sizes = ([*map(len, _parts(_SHARED, xml))] for xml in xmls)
    texts = dict(enumerate(map(max, zip_longest(*sizes, fillvalue=0))))
    longest = max(texts.values(), default=0)
    if longest * sum(xml.count(b"<") for xml in xmls) <= _MOST_TEXT:
        return 0
    texts[_UNPLAIN] = longest
    values = (found for xml in xmls for found in _VALUE.finditer(xml))
    named = Counter(int(v[1] or 0) if v.lastindex else _UNPLAIN for v in values)
    return sum(times * texts.get(text, 0) for text, times in named.items())


def _cell_bytes(cell: bytes) -> int:
    head, _, text = cell.partition(b">")
    return _repeated(head) * (len(text) + _blanks(text) + len(head) * (b"string-value" in head))


def _blanks(text: bytes) -> int:
    """Return how many blanks stand for themselves as a number; one of no plain form is too many."""
    return sum(int(found or _MOST_TEXT) for found in _BLANKS.findall(text))


def _repeated(attributes: bytes) -> int:
    """Return how often a row or a cell is there; a number of no plain form is too large."""
    counts = (int(found or MOST_CELLS + 1) for found in _REPEATED.findall(attributes))
    return max(counts, default=1)
