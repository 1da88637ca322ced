"""Reads a clinic's export: one session a row, as dirty as real exports are."""

import calendar
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from botox_schedule import (
    Product,
    SessionKind,
    SessionStatus,
    TreatmentSession,
    find_product,
)
from botox_schedule.errors import BotoxScheduleError, FileLimitError
from botox_schedule.files import MEBIBYTE, check_lines, read_within

_COLUMNS = {
    "patient": ("patient", "patient id", "patientid", "mrn", "patient number"),
    "date": ("date", "session date", "administered on", "treatment date", "date of service"),
    "indication": ("indication",),
    "product": ("product", "toxin", "formulation"),
    "units": ("units", "units given", "dose"),
    "status": ("status", "session status"),
    "kind": ("kind", "session kind"),
    "born": ("birth date", "birthdate", "date of birth", "dob", "born on"),
    "id": ("session id", "id", "encounter id"),
}
_REQUIRED = ("patient", "date", "indication")
_STATUSES = {
    **{status.value.replace("_", " "): status for status in SessionStatus},
    "complete": SessionStatus.COMPLETED,
    "done": SessionStatus.COMPLETED,
    "given": SessionStatus.COMPLETED,
    "scheduled": SessionStatus.BOOKED,
    "planned": SessionStatus.BOOKED,
    "canceled": SessionStatus.CANCELLED,
    "noshow": SessionStatus.NO_SHOW,
    "void": SessionStatus.ENTERED_IN_ERROR,
}
_KINDS = {
    "": SessionKind.FULL,
    "full": SessionKind.FULL,
    "touch up": SessionKind.TOUCH_UP,
    "touchup": SessionKind.TOUCH_UP,
}
_FORMATS = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y"}
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST_UNITS = Decimal(1_000_000)
_LONGEST = 200
_Word = TypeVar("_Word", SessionStatus, SessionKind)


_MOST_BYTES = 512 * MEBIBYTE
_MOST_COLUMNS = 1000


class ExportError(BotoxScheduleError, ValueError):
    """The file as a whole cannot be read."""


class Problem(NamedTuple):
    """What is wrong with a row, without what stands in it.

    Attributes:
        line: The row's first line; the header is line 1.
        reason: What is wrong, and what was expected.
        left_out: Whether the row counts for nothing.
    """

    line: int
    reason: str
    left_out: bool = True

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class Row(NamedTuple):
    """A row that could be read, in whole or but for its units or its product."""

    line: int
    patient: str
    session: TreatmentSession
    born_on: date | None


class MonthOnly(NamedTuple):
    """A row whose date is a month: the two days between which it lies."""

    line: int
    indication: str
    product: Product | None
    first: date
    last: date


class Export(NamedTuple):
    """What an export holds.

    Attributes:
        rows: The rows that could be read.
        problems: What was wrong, in order of the lines.
        months: Rows with a month for a day.
        row_count: How many rows there were, blank ones left out.
        unreadable: The patients of whom a row counts for nothing.
    """

    rows: list[Row]
    problems: list[Problem]
    months: list[MonthOnly]
    row_count: int
    unreadable: set[str]


class _RowError(Exception):
    """A row counts for nothing; the text says why."""


def read_export(
    path: Path,
    *,
    date_format: str = "iso",
    product: Product | None = None,
    encoding: str = "utf-8-sig",
) -> Export:
    """Read an export; bad rows are reported and nothing else is lost.

    Args:
        path: The file.
        date_format: ``iso``, ``mdy`` (01/31/2026), ``dmy``, or a pattern with ``%``. ISO dates
            are always read.
        product: The product of rows that name none.
        encoding: The file's encoding; UTF-16 is known by its mark.

    Raises:
        ExportError: When the file is no table of sessions.
        FileLimitError: When it is larger than 512 MiB, a line longer than 1 MiB, or the table
            wider than 1,000 columns.
        OSError: When it cannot be opened.
    """
    lines = _lines(path, encoding)
    delimiter = max(",;\t|", key=lines[0].count)
    table = _records(lines, delimiter)
    number, header = next(table)
    if isinstance(header, str):
        raise ExportError(f"line {number}: {header}")
    columns = _columns(header)
    reader = _RowReader(columns, _day_reader(date_format), product, decimal_comma=delimiter == ";")
    return reader.read(table)


def _lines(path: Path, encoding: str) -> list[str]:
    data = read_within(path, _MOST_BYTES)
    check_lines(data, path.name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise ExportError(f"not text in {encoding}; name its encoding with --encoding") from None
    if "\0" in text:
        raise ExportError("not a text file; give a table of sessions as CSV")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record with its first line; what is no record becomes a text that says why.

    A quotation mark that is not closed costs its own line and not the rest of the file.
    """
    start = 0
    while start < len(lines):
        table = csv.reader(
            (f"{line}\n" for line in islice(lines, start, None)), delimiter=delimiter, strict=True
        )
        done = 0
        try:
            for cells in table:
                yield start + done + 1, cells
                done = table.line_num
        except csv.Error as error:
            yield start + done + 1, f"not a row of a table: {error}"
            done += 1
        start += done


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Where each known column stands; others are of no concern here."""
    if len(header) > _MOST_COLUMNS:
        raise FileLimitError(f"line 1: more than {_MOST_COLUMNS:,} columns")
    names = {_plain(name): index for index, name in reversed(list(enumerate(header)))}
    found = {
        column: names[alias]
        for column, aliases in _COLUMNS.items()
        for alias in reversed(aliases)
        if alias in names
    }
    missing = [column for column in _REQUIRED if column not in found]
    if missing:
        expected = ", ".join(f"{column} ({_COLUMNS[column][0]!r})" for column in missing)
        raise ExportError(f"line 1: no column for {expected}; {len(header)} columns were found")
    return found


def _plain(text: str) -> str:
    return " ".join(text.strip().lower().replace("_", " ").replace("-", " ").split())


def _day_reader(date_format: str) -> Callable[[str], date]:
    pattern = _FORMATS.get(date_format, date_format)
    if date_format != "iso" and "%" not in pattern:
        raise ExportError("--date-format takes iso, mdy, dmy or a pattern such as %d.%m.%Y")
    expected = "YYYY-MM-DD" if date_format == "iso" else f"YYYY-MM-DD or {date_format}"

    def read(text: str) -> date:
        try:
            if _ISO.fullmatch(text):
                return date.fromisoformat(text)
            if date_format != "iso":
                return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            pass
        hint = (
            ""
            if date_format != "iso" or "/" not in text
            else "; name the format with --date-format"
        )
        raise _RowError(f"expected {expected}{hint}")

    return read


class _RowReader:
    """Turns cells into sessions, and remembers what could not be read."""

    def __init__(
        self,
        columns: dict[str, int],
        read_day: Callable[[str], date],
        product: Product | None,
        *,
        decimal_comma: bool,
    ) -> None:
        self.columns = columns
        self.read_day = read_day
        self.product = product
        self.decimal_comma = decimal_comma
        self.export = Export([], [], [], 0, set())
        self.days: dict[str, date] = {}
        self.products: dict[str, Product | None] = {}
        self.indications: set[str] = set()
        self.seen: dict[tuple[object, ...], int] = {}

    def read(self, records: Iterable[tuple[int, list[str] | str]]) -> Export:
        """Read all records but the header; blank ones do not count."""
        count = 0
        for line, cells in records:
            if isinstance(cells, str):
                count += 1
                self.export.problems.append(Problem(line, cells))
                continue
            values = {
                column: cells[index].strip() if index < len(cells) else ""
                for column, index in self.columns.items()
            }
            if not any(values.values()) and not any(map(str.strip, cells)):
                continue
            count += 1
            try:
                self.export.rows.append(self._row(line, values))
            except _RowError as error:
                self.export.problems.append(Problem(line, str(error)))
                if values["patient"]:
                    self.export.unreadable.add(values["patient"])
        self.export.problems.sort()
        return self.export._replace(row_count=count)

    def _row(self, line: int, values: dict[str, str]) -> Row:
        patient = values["patient"]
        if not patient or len(patient) > _LONGEST:
            raise _RowError(f"patient: expected a key of 1 to {_LONGEST} characters")
        indication = self._indication(values["indication"])
        product = self._product(line, values.get("product", ""))
        day = self._session_day(line, values["date"], indication, product)
        status = _word("status", values.get("status", "completed"), _STATUSES)
        session = TreatmentSession(
            id=self._key(values.get("id", ""), line),
            administered_on=day,
            indication=indication,
            product=product,
            units=self._units(line, values.get("units", "")),
            status=status,
            kind=_word("kind", values.get("kind", ""), _KINDS),
        )
        self._check_duplicate(line, patient, session, has_id=bool(values.get("id")))
        return Row(line, patient, session, self._born_on(line, values.get("born", "")))

    def _key(self, text: str, line: int) -> str:
        if len(text) > _LONGEST:
            raise _RowError(f"session id: expected at most {_LONGEST} characters")
        return text or f"line {line}"

    def _indication(self, text: str) -> str:
        if text in self.indications:
            return text
        slug = _plain(text).replace(" ", "-")
        if not _SLUG.fullmatch(slug) or len(slug) > 64:
            raise _RowError("indication: expected a name such as chronic-migraine")
        self.indications.add(slug)
        return slug

    def _day(self, text: str) -> date:
        if text not in self.days:
            self.days[text] = self.read_day(text)
        return self.days[text]

    def _session_day(self, line: int, text: str, indication: str, product: Product | None) -> date:
        try:
            return self._day(text)
        except _RowError as error:
            if month := _MONTH.fullmatch(text):
                year, number = map(int, month.groups())
                last = date(year or 1, number, calendar.monthrange(year or 1, number)[1])
                self.export.months.append(
                    MonthOnly(line, indication, product, last.replace(day=1), last)
                )
                raise _RowError("date: a month is not a day") from None
            raise _RowError(f"date: {error}") from None

    def _product(self, line: int, text: str) -> Product | None:
        """The product; without a known one the session still counts for the interval."""
        if text not in self.products:
            self.products[text] = find_product(text) if text else self.product
        found = self.products[text]
        if found is None:
            what = "not a known product" if text else "missing; --product states it for the file"
            self._note(line, f"product: {what}; the session counts with an unknown product")
        return found

    def _units(self, line: int, text: str) -> Decimal | None:
        if not text:
            return None
        number = text.removesuffix("U").removesuffix("u").rstrip()
        if self.decimal_comma:
            number = number.replace(",", ".")
        try:
            units = Decimal(number)
        except InvalidOperation:
            units = Decimal(0)
        if units.is_finite() and 0 < units <= _MOST_UNITS:
            return units
        self._note(line, "units: expected a number above 0; the session counts with unknown units")
        return None

    def _born_on(self, line: int, text: str) -> date | None:
        if not text:
            return None
        try:
            return self._day(text)
        except _RowError as error:
            self._note(line, f"birth date: {error}; the session counts without it")
            return None

    def _check_duplicate(
        self, line: int, patient: str, session: TreatmentSession, *, has_id: bool
    ) -> None:
        if has_id or session.status is not SessionStatus.COMPLETED:
            return
        day, units = session.administered_on, session.units
        key = (patient, day, session.indication, session.product, units, session.kind)
        first = self.seen.setdefault(key, line)
        if first != line:
            self._note(line, f"the same as line {first}; both count, they may be one")

    def _note(self, line: int, reason: str) -> None:
        self.export.problems.append(Problem(line, reason, left_out=False))


def _word(column: str, text: str, known: dict[str, _Word]) -> _Word:
    found = known.get(text) or known.get(_plain(text))
    if found is None:
        raise _RowError(f"{column}: expected one of {', '.join(word for word in known if word)}")
    return found
