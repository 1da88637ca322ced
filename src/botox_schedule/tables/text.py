"""Reads tables in text: their encoding, their delimiter, and each record with its line."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from botox_schedule.errors import TableError
from botox_schedule.files import check_lines
from botox_schedule.tables.lines import HEADER_LINES, MOST_COLUMNS, Line

_DELIMITERS = ",;\t|"
_STATED = re.compile(r'"?sep=(.)"?')
_MARKS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_DOCUMENT = re.compile(r"\s*(<[!?a-zA-Z]|\{|\[\s*\{)")
_END_OF_FILE = "\x1a"


def decoded(content: bytes, name: str, encoding: str | None) -> str:
    """Return the text of a file; a letter that cannot be read is never replaced.

    Raises:
        TableError: When it is not text in *encoding*, by default UTF-8.
        FileLimitError: When a line is longer than 1 MiB.
    """
    check_lines(content, name)
    by_mark = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding or by_mark)
    except (ValueError, LookupError):  # a name that no encoding can have included
        raise TableError(_why_not(encoding)) from None
    if "\0" in text:
        raise TableError(_with_nulls(text, encoding or by_mark))
    text = text.lstrip("\ufeff").removesuffix(_END_OF_FILE)
    if _DOCUMENT.match(text):
        raise TableError("a page or a document, not a table; save it as CSV or .xlsx")
    return text


def _with_nulls(text: str, encoding: str) -> str:
    """Say why a text has null characters: it is UTF-16, or damaged."""
    nulls = text.count("\0")
    if 4 * nulls > len(text):
        other = "utf-16-be" if text.startswith("\0") else "utf-16-le"
        return (
            f"not a text file in {encoding}; it may be UTF-16 without a mark: "
            f"give encoding={other!r} (--encoding {other})"
        )
    line = text.count("\n", 0, text.index("\0")) + 1
    return f"line {line}: a null character was found; mend the line, or export the file again"


def _why_not(encoding: str | None) -> str:
    if encoding is not None:
        return f"not text in {encoding!r}; give the encoding of the file"
    return (
        "not text in UTF-8; name its encoding with encoding= (--encoding): cp1252 for files of "
        "Windows programs in western Europe and America, utf-16-le or utf-16-be for UTF-16"
    )


def text_lines(text: str, score: Callable[[Line], int]) -> Iterator[Line]:
    """Return the records of a table; the delimiter is that of the line with the best score."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    if lines and (stated := _STATED.fullmatch(lines[0].strip(" "))):
        return _records(lines, stated[1], start=1)
    return _records(lines, _delimiter(lines, score))


def _delimiter(lines: Sequence[str], score: Callable[[Line], int]) -> str:
    head = lines[:HEADER_LINES]
    first = next(filter(str.strip, head), "")

    def fit(delimiter: str) -> tuple[int, int]:
        scores = map(score, _records(head, delimiter))
        return max(scores, default=0), first.count(delimiter)

    return max(_DELIMITERS, key=fit)


def _records(lines: Sequence[str], delimiter: str, start: int = 0) -> Iterator[Line]:
    """Yield each record with its first line.

    A quotation mark that is not closed costs its own line and not the rest of the file.
    """
    while start < len(lines):
        table = csv.reader(
            (f"{line}\n" for line in islice(lines, start, None)),
            delimiter=delimiter,
            skipinitialspace=True,
            strict=True,
        )
        done = 0
        try:
            for cells in table:
                yield Line(start + done + 1, cells[: MOST_COLUMNS + 1])
                done = table.line_num
        except csv.Error as error:
            yield Line(start + done + 1, (), f"not a row of a table: {error}")
            done += 1
        start += done
