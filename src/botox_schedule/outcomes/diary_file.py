"""Reads headache diaries as people keep them: by day, by attack, or as a grid of months."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from unicodedata import combining, normalize

from pydantic import Field

from botox_schedule.dates.days import (
    OTHER_ORDER,
    DayInput,
    as_day,
    day_by_pattern,
    is_day_pattern,
    other_order,
    shifted,
)
from botox_schedule.errors import (
    CalendarRangeError,
    DayError,
    ExchangeError,
    FileLimitError,
    OrderError,
)
from botox_schedule.files import (
    HEADER_AGAIN,
    MEBIBYTE,
    OLE,
    ZIP,
    FileName,
    Stream,
    content_of,
    decoded,
    lines_of,
    records,
)
from botox_schedule.outcomes.diary import (
    LONGEST_ATTACK,
    DiaryDay,
    DiaryKind,
    HeadacheDiary,
    MissingDays,
    attack_span,
    days_through,
    worst_of,
)
from botox_schedule.outcomes.figures import outcome_tables
from botox_schedule.terms import word_of
from botox_schedule.values import PatientValue, Value

DiarySource = FileName | bytes | Stream[bytes | str]
"""What a diary is read from: the name of a file, bytes, or an open file."""

_MOST_BYTES = 16 * MEBIBYTE
_MOST_ENTRIES = 50_000
_HEADER_WITHIN = 20
_DELIMITERS = ",;\t|"
_TIME = re.compile(r"(?i)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]0+)?)?(?: ?([ap])\.?m\.?)?")
_MOMENT = re.compile(rf"(?i)(.*[^T ])[T ]+({_TIME.pattern.removeprefix('(?i)')})")
_MONTH = re.compile(r"\d{4}-\d{2}")
_OTHER_DAY = re.compile(r"\d{1,2}[^\d:]|\d{4}[^\d-]")
_ZONED = re.compile(r":\d{2}(?:[.,]\d+)? ?(?:[Zz]|[+-]\d{2}:?\d{2})$")
_NOON = 12
_HYPHEN = re.compile(r"-(?! *\d)|(?<=\w)-")
_BETWEEN = re.compile(r"(\d{1,2})[.,]0*[1-9]\d*")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")

_BEYOND = "the row has more cells than the header; they are not read"
_NO_END = "the attack has no end; its first day counts"
_UNREAD_END = "the end is no day and no time of day; the attack's first day counts"
_NOT_FREE = (
    "the kind is none, but an attack counts as headache; in a diary by day call the column date"
)
_NONE_FREE = "no entry says that a day was free; if all others were, give missing='headache_free'"
_FREE_OF_MIGRAINE = "free of migraine is not free of headache; the day counts as unknown"
_WITHOUT_KIND = "no column says which attacks were migraine; all count as headache"
_DURATION = "the column of durations is not read; give the day of the end of each attack"
_WITHIN_A_DAY = re.compile(
    r"(?i)(1?[0-9]|2[0-3])([.,][0-9]+)?\s*(h|:[0-5][0-9]).*|[0-9]{1,3}\s*min.*"
)
"""A duration that the times of day of an attack tell too."""


class DiaryProblem(Value, frozen=True):
    """A problem with an entry or a column, without its content.

    Attributes:
        line: The line in the file; the first line is line 1.
        reason: What is wrong, and what was expected.
        left_out: Whether the entry was left out.
    """

    line: int
    reason: str
    left_out: bool = True

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class DiaryReading(PatientValue, frozen=True):
    """A diary that was read, and the problems of its file; its repr shows counts only.

    Each entry was taken or left out: ``entries == taken + left_out``.

    Attributes:
        diary: The diary.
        entries: The number of entries: rows, or filled cells of a grid.
        taken: How many entries were taken.
        left_out: How many entries were left out; each has a problem.
        problems: The problems, in order of the lines.
    """

    diary: HeadacheDiary
    entries: int = Field(ge=0)
    taken: int = Field(ge=0)
    left_out: int = Field(ge=0)
    problems: tuple[DiaryProblem, ...] = ()

    def __repr_str__(self, _between: str, /) -> str:
        counts = f"entries={self.entries}, taken={self.taken}, left_out={self.left_out}"
        return f"{counts}, problems={len(self.problems)}"


class _Entry(NamedTuple):
    """One entry of a file: its days and what it says about them.

    With a fault it is left out; its days, where they could be read, are not free of headache.
    """

    line: int
    span: tuple[date, date] | None = None
    kind: DiaryKind = DiaryKind.UNKNOWN
    fault: str | None = None
    remark: str | None = None

    def days(self) -> Iterator[date]:
        """The days of the entry; none for an empty one."""
        return iter(()) if self.span is None else days_through(*self.span)


class _Table(NamedTuple):
    line: int
    header: list[str]
    rows: list[tuple[int, list[str]]]
    date_format: str | None

    def meanings(self) -> list[str]:
        """The meaning of each column, or its own name where that is unknown."""
        meanings = _named("columns")
        found = [meanings.get(_word(name), _word(name)) for name in self.header]
        if {"kind", "start"}.intersection(found):
            return found
        scale = [_is_scale(name) for name in self.header]
        return ["kind" if pain else name for name, pain in zip(found, scale, strict=True)]


def read_diary(
    source: DiarySource,
    *,
    as_of: DayInput | None = None,
    date_format: str | None = None,
    encoding: str | None = None,
    missing: MissingDays | str = MissingDays.SCALE,
) -> DiaryReading:
    r"""Return the diary of a CSV file, and the problems found in it.

    The delimiter may be a comma, a semicolon, a tab or a vertical bar. The file has one of three
    layouts:

    - One day a row: ``date`` and ``kind``, or ``date`` with ``headache`` and ``migraine``. A
      column such as ``severity`` is the kind where none has a better name; a number above 0 on
      such a scale is a headache. With an ``end`` column a headache may last until another day.
    - One attack a row: ``start`` and ``end``, each a day or a date and time. With a ``date``
      column they may be times of day, and an attack may end after midnight. Where start and end
      are both midnight, they are days, as spreadsheets write them.
    - A grid: ``month`` and the days 1 to 31, or ``day`` and the months.

    Of several entries for one day the worst counts. An empty cell is not an entry for
    its day. A file with several patients is refused.

    Args:
        source: A path, bytes, or an open file.
        as_of: Days after it are left out, with a problem; None leaves out nothing.
        date_format: How days are written: ``mdy`` (01/31/2026), ``dmy``, or a pattern such as
            ``%d.%m.%Y``; by default YYYY-MM-DD.
        encoding: By default UTF-8, or UTF-16 where the file says so.
        missing: ``headache_free`` counts every day without an entry, from the first to the last
            entry, as free of headache. A list of attacks needs it; otherwise the other days stay
            unknown.

    Raises:
        DayError: When *as_of* is not a calendar day.
        ExchangeError: When the file is not a diary, or *date_format* is not a pattern of a whole
            day; the message says what was expected.
        FileLimitError: When the file is larger than 16 MiB, has more than 50,000 entries or
            days, or a line longer than 1 MiB.
        UnknownWordError: When *missing* is not one of the known words.
        OSError: When the file cannot be opened.
        TypeError: When *source* is none of these.

    >>> from io import StringIO
    >>> file = StringIO("date;kind\n2026-01-05;none\n2026-01-05;Migraine\n2026-01-06;maybe\n")
    >>> reading = read_diary(file)
    >>> reading.entries, reading.taken, [str(problem) for problem in reading.problems]
    (3, 2, ['line 4: kind: expected none, headache, migraine or unknown'])
    """
    day = None if as_of is None else as_day(as_of, "as_of")
    pattern = None if date_format == "iso" else date_format
    # Otherwise every line of the file would fail.
    if pattern is not None and not is_day_pattern(pattern):
        raise ExchangeError("date_format: give a pattern of a whole day, such as '%d.%m.%Y'")
    table = _table(_text(source, encoding), pattern)
    entries = [_until(entry, day) for entry in islice(_entries(table), _MOST_ENTRIES + 1)]
    _check_size(len(entries), "entries")
    _check_size(sum(_length(*entry.span) for entry in entries if entry.span), "days")
    taken = [entry for entry in entries if entry.fault is None]
    days, contradictions = _merged(taken)
    problems = [DiaryProblem(line=e.line, reason=e.fault) for e in entries if e.fault is not None]
    problems += [_told(e.line, e.remark) for e in taken if e.remark is not None]
    problems += contradictions
    problems += [_told(table.line, remark) for remark in _remarks(table, entries)]
    if word_of(MissingDays, missing, "missing") is MissingDays.HEADACHE_FREE:
        unread = {day for entry in entries if entry.fault is not None for day in entry.days()}
        days = _with_free_days(days, unread)
    elif days and all(entry.kind is not DiaryKind.NONE for entry in taken):
        problems.append(_told(table.line, _NONE_FREE))
    return DiaryReading(
        diary=HeadacheDiary(days=[DiaryDay(on=on, kind=days[on]) for on in sorted(days)]),
        entries=len(entries),
        taken=len(taken),
        left_out=len(entries) - len(taken),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def _check_size(count: int, what: str) -> None:
    if count > _MOST_ENTRIES:
        raise FileLimitError(f"the diary: more than {_MOST_ENTRIES} {what}")


def _length(first: date, last: date) -> int:
    return (last - first).days + 1


def _told(line: int, reason: str) -> DiaryProblem:
    return DiaryProblem(line=line, reason=reason, left_out=False)


def _text(source: DiarySource, encoding: str | None) -> str:
    content, name = content_of(source, "the diary", _MOST_BYTES)
    if isinstance(content, str):
        return content.replace("\0", "?")
    if content.startswith((ZIP, OLE)):
        raise ExchangeError(f"{name}: a workbook or an archive is not read; save the sheet as CSV")
    return decoded(content, name, encoding)


def _table(text: str, date_format: str | None) -> _Table:
    """The header, which may follow a title, and the rows that are not empty."""
    lines = lines_of(text)
    for number, line in enumerate(lines[:_HEADER_WITHIN]):
        delimiter = max(_DELIMITERS, key=line.count)
        header = next((cells for _, cells in _rows([line], delimiter, 0)), [])
        table = _Table(number + 1, header, [], date_format)
        if _reader_of(table) is not None:
            table.rows.extend(_rows(lines, delimiter, number + 1))
            return _unambiguous(table)
    raise ExchangeError("no header; expected the columns date and kind, start and end, or month")


def _unambiguous(table: _Table) -> _Table:
    meanings = table.meanings()
    for meaning in ("date", "start", "end"):
        names = [table.header[place] for place, m in enumerate(meanings) if m == meaning]
        if len(names) > 1:
            raise ExchangeError(f"{' and '.join(names)} both mean the {meaning}; keep one of them")
    keys = {cell.casefold() for cell in _cells(table, "patient")}
    if sum(_named("columns").get(_word(key)) != "patient" for key in keys) > 1:
        raise ExchangeError("the diary is of several patients; give each one's in its own file")
    return table


def _rows(lines: Sequence[str], delimiter: str, start: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with its line; a broken row has no cells."""
    for line, given, fault in records(lines, delimiter, start):
        cells = [_UNSEEN.sub("", cell).strip() for cell in given if not fault]
        if fault or any(cells):
            yield line, cells


def _remarks(table: _Table, entries: Iterable[_Entry]) -> Iterator[str]:
    """What a person should know about the columns."""
    meanings = set(table.meanings())
    unread = meanings - {"", *_named("columns").values()}
    if _reader_of(table) is _attack and unread and not meanings & {"kind", "migraine"}:
        yield _WITHOUT_KIND
    ends, lasting = ([*_cells(table, name)] for name in ("end", "duration"))
    is_short = bool(ends) and all(map(_WITHIN_A_DAY.fullmatch, lasting))
    if "duration" in meanings and not is_short and not any(_is_day(end, table) for end in ends):
        yield _DURATION
    if swapped := other_order(table.date_format or "iso"):
        other = table._replace(date_format=swapped)
        doubtful = {entry.line for entry in entries if entry.fault or entry.remark}
        rows = [row for row in table.rows if row[0] in doubtful]
        days = _cells(table._replace(rows=rows), "date", "start", "end")
        if any(_is_day(cell, other) for cell in days if not _is_day(cell, table)):
            yield OTHER_ORDER


def _cells(table: _Table, *names: str) -> Iterator[str]:
    """Yield the filled cells of the columns with these meanings."""
    places = [place for place, name in enumerate(table.meanings()) if name in names]
    return (row[at] for _, row in table.rows for at in places if at < len(row) and row[at])


def _is_day(text: str, table: _Table) -> bool:
    """Whether a cell states a day, with or without a time."""
    with suppress(DayError):
        return bool(_moment(text, table))
    return False


@cache
def _named(table: str) -> dict[str, str]:
    """Map each word of one of the diary's tables to its meaning."""
    tables = outcome_tables()["diary"][table]
    return {_word(word): name for name, words in tables.items() for word in words}


def _word(text: str) -> str:
    """Normalize a word: case, accents, hyphens, and periods, colons and asterisks at its end."""
    apart = normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in apart if not combining(letter))
    # The minus of -9, which files write where they have no value, is none of these hyphens.
    return "_".join(_HYPHEN.sub(" ", plain.rstrip(".:* ")).split()) or text.strip()


def _is_scale(name: str) -> bool:
    """Whether a column is a scale of pain, such as ``Severity (0-10)``."""
    return _named("scale").get(_word(name.partition("(")[0])) == "columns"


def _reader_of(table: _Table) -> Any:
    """The function that reads the rows, by the meaning of the columns; None without a header."""
    meanings = set(table.meanings())
    if "start" in meanings:
        return _attack
    if "date" in meanings and meanings & {"kind", "migraine"}:
        return _day
    names = [name for name, _ in _grid_columns(table)]
    first = table.meanings()[:1]
    by_month = first == ["month"] and all(name.isdecimal() for name in names)
    by_day = first == ["date"] and all(_MONTH.fullmatch(name) for name in names)
    return _grid_row if names and (by_month or by_day) else None


def _grid_columns(table: _Table) -> list[tuple[str, int]]:
    """The columns of a grid and their places, except the first, totals and empty names."""
    columns = enumerate(zip(table.header, table.meanings(), strict=True))
    return [(name, at) for at, (name, meaning) in columns if at and meaning not in {"", "total"}]


def _entries(table: _Table) -> Iterator[_Entry]:
    read = _reader_of(table)
    columns = [*zip(table.meanings(), map(_is_scale, table.header), strict=True)]
    for line, cells in table.rows:
        row = [*_row_entries(read, table, columns, line, cells)]
        is_header = any(entry.fault for entry in row) and _is_header(table, cells)
        yield from [_header_again(table, line, cells)] if is_header else row


def _row_entries(
    read: Any, table: _Table, columns: Iterable[tuple[str, bool]], line: int, cells: list[str]
) -> Iterator[_Entry]:
    """The entries of a row: many in a grid, else that of a day or of an attack."""
    if not cells:
        yield _Entry(line, fault="not a row of a table; check its quotes")
    elif read is _grid_row:
        yield from _grid_row(table, line, cells)
    else:
        row: dict[str, list[str]] = {}
        for (meaning, is_scale), cell in zip(columns, cells, strict=False):
            row.setdefault(meaning, []).append(_on_scale(cell) if is_scale else cell)
        entry = _guarded(read, table, line, row)
        beyond = any(cells[len(table.header) :]) and entry.remark is None
        yield entry._replace(remark=_BEYOND) if beyond else entry


def _on_scale(cell: str) -> str:
    """What a cell of a scale of pain says; between two points, such as 6.5, it is the higher."""
    between = _BETWEEN.fullmatch(cell)
    point = cell if between is None else str(int(between[1]) + 1)
    return "headache" if _named("scale").get(_word(point)) == "pains" else point


def _is_header(table: _Table, cells: list[str]) -> bool:
    is_header = _reader_of(table._replace(header=cells)) is not None
    # Where the day is missing, a note such as "start" makes no header of the row.
    days = _cells(table._replace(rows=[(0, cells)]), "date", "start", "month")
    return is_header and any(days) and not any(_is_day(cell, table) for cell in cells)


def _header_again(table: _Table, line: int, cells: list[str]) -> _Entry:
    """Report the header of a further diary in the file; one of other columns is refused."""
    if table._replace(header=cells).meanings() == table.meanings():
        return _Entry(line, fault=HEADER_AGAIN)
    raise ExchangeError(f"line {line}: another header; give each diary in its own file")


def _guarded(read: Any, table: _Table, line: int, row: dict[str, list[str]]) -> _Entry:
    try:
        return read(table, line, row)  # type: ignore[no-any-return]
    except (DayError, CalendarRangeError):
        return _Entry(line, fault=f"date: no day of the calendar; expected {_expected(table, row)}")
    except OrderError:
        begun = _guarded(read, table, line, row | {"end": []})
        return begun._replace(fault=begun.fault or "the attack ends before it starts")
    except KeyError:
        unread = _guarded(read, table, line, row | {"kind": ["?"], "migraine": []})
        fault = unread.fault or "kind: expected none, headache, migraine or unknown"
        return unread._replace(fault=fault)


def _expected(table: _Table, row: dict[str, list[str]]) -> str:
    given = next((cells[0] for name in ("date", "start") if (cells := row.get(name))), "")
    if _ZONED.search(given):
        return "the local time, without a time zone"
    is_other = table.date_format is None and _OTHER_DAY.match(given)
    hint = "; name another format with date_format= (--date-format), such as mdy for 01/31/2026"
    return (table.date_format or "YYYY-MM-DD") + (hint if is_other else "")


def _worst(row: dict[str, list[str]]) -> DiaryKind | None:
    """The worst kind in the cells of a row; None where all are empty."""
    # The same word, such as "yes", means migraine in the column for migraine.
    own = {DiaryKind.MIGRAINE if k is DiaryKind.HEADACHE else k for k in _kinds(row, "migraine")}
    kinds = _kinds(row, "kind") | own
    return worst_of(kinds) if kinds else None


def _kinds(row: dict[str, list[str]], column: str) -> set[DiaryKind]:
    """What the filled cells of a column say."""
    words = _named("words")
    return {DiaryKind(words[_word(cell)]) for cell in row.get(column, ()) if cell}


def _day(table: _Table, line: int, row: dict[str, list[str]]) -> _Entry:
    day = _date_of(_moment(row.get("date", [""])[0], table))
    kind = _worst(row)
    if kind in {DiaryKind.HEADACHE, DiaryKind.MIGRAINE} and any(row.get("end", ())):
        return _attack(table, line, row)
    if kind is DiaryKind.NONE and _kinds(row, "kind") <= {DiaryKind.UNKNOWN}:
        return _Entry(line, (day, day), remark=_FREE_OF_MIGRAINE)
    return _Entry(line) if kind is None else _Entry(line, (day, day), kind)


def _attack(table: _Table, line: int, row: dict[str, list[str]]) -> _Entry:
    on, start, end = (next(iter(row.get(name, ())), "") for name in ("date", "start", "end"))
    begin, stated = _moment(start or on, table, on), _worst(row) or DiaryKind.HEADACHE
    kind = worst_of((stated, DiaryKind.HEADACHE))
    remark = _NOT_FREE if stated is DiaryKind.NONE else None
    until = _end(begin, end, table)
    if until is None:
        span = (_date_of(begin), _date_of(begin))
        return _Entry(line, span, kind, remark=remark or (_UNREAD_END if end else _NO_END))
    if _is_midnight(begin) and _is_midnight(until):
        begin, until = _date_of(begin), _date_of(until)
    span = attack_span(begin, until)
    if _length(*span) > LONGEST_ATTACK:
        fault = f"the attack lasts more than {LONGEST_ATTACK} days"
        return _Entry(line, (span[0], span[0]), fault=fault)
    return _Entry(line, span, kind, remark=remark)


def _end(begin: date, text: str, table: _Table) -> date | None:
    """The end of an attack; a time of day alone, earlier than the start, is on the next day."""
    found = _TIME.fullmatch(text)
    if found is None:
        with suppress(DayError):
            return _moment(text, table)
        return None
    first, clock = _date_of(begin), _clock(*found.groups())
    is_later = isinstance(begin, datetime) and clock < begin.time()
    return datetime.combine(shifted(first, 1) if is_later else first, clock)


def _moment(text: str, table: _Table, on: str = "") -> date:
    """The day of a cell, or its day and time; a time of day alone is on the day *on*."""
    found = _MOMENT.fullmatch(f"{on} {text}" if _TIME.fullmatch(text) else text)
    written, pattern = text if found is None else found[1], table.date_format
    day = as_day(written) if pattern is None else day_by_pattern(written, pattern)
    return day if found is None else datetime.combine(day, _clock(*found.groups()[2:]))


def _clock(hour: str, minute: str, second: str | None, half: str | None) -> time:
    """The time of day of the parts of ``_TIME``; a twelve-hour clock may call noon 0 or 12."""
    hours = int(hour)
    if half and hours <= _NOON:
        hours = hours % _NOON + (_NOON if half.casefold() == "p" else 0)
    try:
        return time(hours, int(minute), int(second or 0))
    except ValueError:
        raise DayError("not a time of day") from None


def _is_midnight(moment: date) -> bool:
    """Whether it may be a day that a spreadsheet wrote as its midnight."""
    return isinstance(moment, datetime) and moment.time() == time.min


def _date_of(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _grid_row(table: _Table, line: int, cells: Sequence[str]) -> Iterator[_Entry]:
    """One entry for each filled cell; months are rows and days are columns, or the reverse."""
    for name, place in _grid_columns(table):
        cell = cells[place] if place < len(cells) else ""
        month, number = (cells[0], name) if name.isdecimal() else (name, cells[0])
        if cell and not _MONTH.fullmatch(month):
            yield _Entry(line, fault="month: expected YYYY-MM")
        elif cell:
            row = {"date": [f"{month}-{number:0>2}"], "kind": [cell]}
            yield _guarded(_day, table._replace(date_format=None), line, row)


def _until(entry: _Entry, as_of: date | None) -> _Entry:
    """The entry without days after *as_of*."""
    if as_of is None or entry.span is None or entry.span[1] <= as_of:
        return entry
    first, _ = entry.span
    if first > as_of:
        return _Entry(entry.line, fault="date: lies after as_of")
    remark = "the attack goes on after as_of; its days until then count"
    return entry._replace(span=(first, as_of), remark=remark)


def _merged(entries: Iterable[_Entry]) -> tuple[dict[date, DiaryKind], list[DiaryProblem]]:
    """The worst of each day, and the entries that disagree on whether a day is unknown."""
    days: dict[date, DiaryKind] = {}
    contradictions: dict[int, DiaryProblem] = {}
    for entry in entries:
        for day in entry.days():
            known = days.get(day, entry.kind)
            if (known is DiaryKind.UNKNOWN) != (entry.kind is DiaryKind.UNKNOWN):
                reason = "one entry fills a day that another calls missing; the filled one counts"
                contradictions[entry.line] = _told(entry.line, reason)
            days[day] = worst_of((known, entry.kind))
    return days, list(contradictions.values())


def _with_free_days(days: dict[date, DiaryKind], unread: set[date]) -> dict[date, DiaryKind]:
    """Fill days without an entry, from the first to the last entry, as free of headache.

    The days of an entry that was left out stay unknown.
    """
    if not days:
        return days
    span = min(days), max(days)
    _check_size(_length(*span), "days from the first to the last entry; look at their years")
    free = dict.fromkeys(days_through(*span), DiaryKind.NONE)
    return {day: kind for day, kind in free.items() if day not in unread} | days
