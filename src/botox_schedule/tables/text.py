"""Finds the delimiter of a table in text."""

import re
from collections.abc import Callable, Iterator, Sequence

from botox_schedule.files import lines_of, records
from botox_schedule.tables.lines import HEADER_LINES, Line

_DELIMITERS = ",;\t|"
_STATED = re.compile(r'"?sep=(.)"?')


def text_lines(text: str, score: Callable[[Line], int]) -> Iterator[Line]:
    """Return the records of a table; the delimiter is that of the line with the best score."""
    lines = lines_of(text)
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
    """Yield the records; a broken one has what delimiters part, as the key before it is right."""
    for number, cells, fault in records(lines, delimiter, start):
        yield Line(number, lines[number - 1].split(delimiter) if fault else cells, fault)
