"""Tables and listings as plain text."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


def word(value: object) -> str:
    """Return a cell: unknown things are a dash.

    >>> word(None), word("2026-01-05"), word(3)
    ('-', '2026-01-05', '3')
    """
    return "-" if value is None or value == "" else str(value)


class TextTable(NamedTuple):
    """A table that has not been laid out yet.

    Attributes:
        header: The names of the columns.
        rows: The rows.
        spare: The columns that a narrow terminal may leave away, in that order.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    spare: Sequence[str] = ()


Lines = Sequence[str | TextTable]
"""The lines of an answer, tables among them."""


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], spare: Sequence[str] = ()
) -> Lines:
    """Return a table, as one item among the lines of an answer."""
    return [TextTable(header, list(rows), spare)]


def laid_out(lines: Iterable[str | TextTable]) -> list[str]:
    """Return plain lines; the columns of a table are as wide as their widest cell.

    >>> for line in laid_out(["On", *table(["day", "n"], [["2026-01-05", 1]])]):
    ...     print(line)
    On
    day         n
    ----------  -
    2026-01-05  1
    """
    return [
        text for line in lines for text in ([line] if isinstance(line, str) else _columns(line))
    ]


def _columns(plain: TextTable) -> list[str]:
    cells = [list(plain.header), *([word(value) for value in row] for row in plain.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def listing(pairs: Iterable[tuple[str, object]]) -> list[str]:
    """Return the lines of named values, aligned.

    >>> listing([("due", "2026-03-30"), ("earliest", None)])
    ['due       2026-03-30', 'earliest  -']
    """
    known = [(name, word(value)) for name, value in pairs]
    width = max((len(name) for name, _ in known), default=0)
    return [f"{name:{width}}  {value}" for name, value in known]
