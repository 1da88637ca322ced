"""Reads a headache diary from CSV: one day a row."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from botox_schedule.cli.readers import ExportError, Problem
from botox_schedule.dates.days import as_day
from botox_schedule.errors import DayError
from botox_schedule.files import MEBIBYTE, check_lines, read_within
from botox_schedule.outcomes import DiaryDay, DiaryKind, HeadacheDiary

_MOST_BYTES = 16 * MEBIBYTE
_WORDS = {
    "": DiaryKind.UNKNOWN,
    "0": DiaryKind.NONE,
    "no": DiaryKind.NONE,
    "1": DiaryKind.HEADACHE,
    "yes": DiaryKind.HEADACHE,
    **{kind.value: kind for kind in DiaryKind},
}


def read_diary(path: Path, as_of: date) -> tuple[HeadacheDiary, list[Problem]]:
    """Return the diary of a file, and what was wrong with it, line by line.

    The columns are ``date`` and ``kind`` (none, headache, migraine, unknown; empty is unknown).
    A day that two rows contradict each other about is unknown.

    Raises:
        ExportError: When the file is no diary.
        FileLimitError: When it is larger than 16 MiB, or a line longer than 1 MiB.
        OSError: When it cannot be opened.
    """
    content = read_within(path, _MOST_BYTES)
    check_lines(content, path.name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ExportError("not text in UTF-8") from None
    lines = text.replace("\0", "?").replace("\r\n", "\n").replace("\r", "\n")
    table = csv.reader(io.StringIO(lines))
    header = _header(table)
    days: dict[date, tuple[int, DiaryKind]] = {}
    problems: list[Problem] = []
    for line, cells in _rows(table, problems):
        values = dict(zip(header, map(str.strip, cells), strict=False))
        _take(line, values, as_of, days, problems)
    kept = tuple(DiaryDay(on=day, kind=kind) for day, (_, kind) in sorted(days.items()))
    return HeadacheDiary(days=kept), sorted(problems)


def _header(table: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip().lower() for name in next(table, [])]
    except csv.Error:
        header = []
    if not {"date", "kind"} <= set(header):
        raise ExportError("line 1: expected the columns date and kind")
    return header


def _rows(table: Iterable[list[str]], problems: list[Problem]) -> Iterable[tuple[int, list[str]]]:
    rows = iter(table)
    line = 2
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(line, f"not a row of a table: {error}"))
        else:
            if any(cell.strip() for cell in cells):
                yield line, cells
        line = rows.line_num + 1  # type: ignore[attr-defined]


def _take(
    line: int,
    values: dict[str, str],
    as_of: date,
    days: dict[date, tuple[int, DiaryKind]],
    problems: list[Problem],
) -> None:
    try:
        day = as_day(values.get("date", ""))
    except DayError:
        problems.append(Problem(line, "date: expected YYYY-MM-DD"))
        return
    kind = _WORDS.get(values.get("kind", "").lower())
    if kind is None:
        problems.append(Problem(line, f"kind: expected {', '.join(DiaryKind)}"))
    elif day > as_of:
        problems.append(Problem(line, "date: lies after the day asked for"))
    elif day not in days:
        days[day] = (line, kind)
    else:
        first, known = days[day]
        if known is kind:
            problems.append(Problem(line, f"the same day as line {first}", left_out=False))
        else:
            days[day] = (first, DiaryKind.UNKNOWN)
            problems.append(Problem(line, f"contradicts line {first}; the day is unknown"))
