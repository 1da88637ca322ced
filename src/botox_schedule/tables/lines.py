"""A table as its file has it: lines of cells, and what is wrong with a line."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, TypeVar
from unicodedata import normalize

from botox_schedule.errors import TableError

Cell = str | date | datetime | Decimal | None
"""A cell as its file has it: text, or what a spreadsheet states as a day or a number."""
_Tuple = TypeVar("_Tuple", bound=tuple[Any, ...])
HEADER_LINES = 30
"""How many lines are searched for a header: titles may come before it."""
MOST_COLUMNS = 1000
MOST_CELLS = 5_000_000
"""The most cells of a spreadsheet or a Parquet file; larger ones belong to the panel."""
_UNSEEN = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
UNSEEN: re.Pattern[str] = re.compile(f"[{_UNSEEN}]")
"""Invisible characters: two texts that differ only by them look alike."""
_AROUND = re.compile(rf"^[\s{_UNSEEN}]+|[\s{_UNSEEN}]+$")


class Line(NamedTuple):
    """A line of a table: its cells, or what is wrong with it."""

    number: int
    cells: Sequence[Cell]
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in it."""
        return not self.fault and not any(map(text_of, self.cells))


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


class Table(NamedTuple):
    """A table with its header found.

    Attributes:
        columns: The position of each known column, from 0.
        width: How many columns the header has.
        lines: The lines after the header.
        titles: The lines before it; the first is the title of the sheet.
        header: The line of the header.
        sheet: The number of the sheet that is read; 0 where the file has none.
        sheets: The numbers of the sheets that are not read and may hold patients.
    """

    columns: dict[str, int]
    width: int
    lines: Iterable[Line]
    titles: Sequence[Line]
    header: Line
    sheet: int
    sheets: Sequence[int]


def text_of(cell: Cell) -> str:
    """Return a cell as text, without blanks around it, its letters composed (NFC)."""
    if isinstance(cell, str):
        return _bare(cell.strip() if cell.isascii() else normalize("NFC", _AROUND.sub("", cell)))
    if isinstance(cell, Decimal):
        return str(int(cell)) if cell == cell.to_integral_value() else str(cell)
    return "" if cell is None else str(cell)


def _bare(text: str) -> str:
    """Return a text without the marks that keep it text in a spreadsheet: ``="0"`` or ``'0``."""
    if text == "\\N":  # an empty cell of some databases
        return ""
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1].strip()
    return text.strip("'").strip() if text.startswith("'") else text


def maker(kind: type[_Tuple]) -> Callable[[Iterable[Any]], _Tuple]:
    """Return what makes named tuples of their values; of many, in a third of the usual time."""
    return partial(tuple.__new__, kind)


def typed_cell(value: Any) -> Cell:
    """Return a day as a day and a number as a number; anything else as text."""
    if value is None or isinstance(value, (str, date)):
        return value
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        # A program that computes shows 15 digits: 33.3 three times is 99.89999999999999 otherwise.
        number = Decimal(f"{value:.15g}" if isinstance(value, float) else str(value))
        return number if number.is_finite() else None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


@contextmanager
def refusing(kind: str) -> Iterator[None]:
    """Refuse a damaged file with one error, whatever the library that reads it raises.

    A panic in Rust comes as an exception that only ``BaseException`` catches, and whose class
    cannot be imported.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise TableError(f"the {kind} is damaged, encrypted or of an unknown kind") from None
        raise


def chosen(name: str) -> str:
    """Return the advice to name a column of the file."""
    return f"say so with columns={{'...': {name!r}}} (--column {name!r}=...)"


def unread_column(header: Line, place: int, what: str, advice: str) -> Problem:
    """Return the problem of a column that may say something and is not read."""
    reason = f"column {place + 1} may {what} and is not read; {advice}"
    return Problem(header.number, reason, left_out=False)
