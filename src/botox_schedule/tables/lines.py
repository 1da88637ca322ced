"""A table as its file has it: lines of cells."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from unicodedata import normalize

Cell = str | date | datetime | Decimal | None
"""A cell as its file has it: text, or what a spreadsheet states as a day or a number."""
HEADER_LINES = 30
"""How many lines are looked through for a header: titles may come before it."""
MOST_COLUMNS = 1000
_INVISIBLE = re.compile(r"^[\s\ufeff\u200b]+|[\s\ufeff\u200b]+$")


class Line(NamedTuple):
    """A line of a table: its cells, or why it is none."""

    number: int
    cells: Sequence[Cell]
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in it."""
        return not self.fault and not any(map(text_of, self.cells))


def text_of(cell: Cell) -> str:
    """Return a cell as text, without blanks around it, its letters composed (NFC)."""
    if isinstance(cell, str):
        return cell.strip() if cell.isascii() else normalize("NFC", _INVISIBLE.sub("", cell))
    if isinstance(cell, Decimal):
        return str(int(cell)) if cell == cell.to_integral_value() else str(cell)
    return "" if cell is None else str(cell)


def typed_cell(value: Any) -> Cell:
    """Return a day as a day and a number as a number; anything else as text."""
    if value is None or isinstance(value, (str, date)):
        return value
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = Decimal(str(value))
        return number if number.is_finite() else None
    return str(value)
