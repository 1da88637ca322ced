"""Tables and listings as plain text."""

from collections.abc import Iterable, Sequence

__all__ = ["listing", "table", "word"]


def word(value: object) -> str:
    """Return a cell: unknown things are a dash.

    >>> word(None), word("2026-01-05"), word(3)
    ('-', '2026-01-05', '3')
    """
    return "-" if value is None or value == "" else str(value)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table with columns as wide as their widest cell.

    >>> for line in table(["day", "n"], [["2026-01-05", 1]]):
    ...     print(line)
    day         n
    ----------  -
    2026-01-05  1
    """
    cells = [list(header), *([word(value) for value in row] for row in rows)]
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
