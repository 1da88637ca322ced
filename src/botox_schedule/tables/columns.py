"""What a column of a table is, and how one that is not read is reported."""

from typing import Any, NamedTuple

from botox_schedule.tables.cells import Read
from botox_schedule.tables.lines import Line


class Column(NamedTuple):
    """How a column is read.

    Attributes:
        read: What reads its cells.
        is_required: Whether the table must have it, and each row a value.
        is_number: Whether a comma in it can make a row too long.
        counts: How a row counts whose cell cannot be read; if empty, it is left out.
        fallback: The value of the cell in a row that counts.
        default: The value where the table has no such column.
        or_else: The columns that can replace this one, where it is required.
        words: What its words are called. Where it is missing and a column that is not read has
            such words, the default may be false.
    """

    read: Read
    is_required: bool = False
    is_number: bool = False
    counts: str = ""
    fallback: Any = None
    default: Any = None
    or_else: frozenset[str] = frozenset()
    words: str = ""


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


def chosen(name: str) -> str:
    """Return the advice to name a column of the file."""
    return f"say so with columns={{'...': {name!r}}} (--column {name!r}=...)"


def unread_column(header: Line, place: int, what: str, advice: str) -> Problem:
    """Return the problem of a column that may say something and is not read."""
    reason = f"column {place + 1} may {what} and is not read; {advice}"
    return Problem(header.number, reason, left_out=False)
