"""What is wrong with a row, and how a column that is not read is reported."""

from typing import NamedTuple

from botox_schedule.tables.lines import Line


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
