"""Reads files within limits, and writes them whole or not at all."""

import csv
import os
import re
import stat
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from errno import ENOENT
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from itertools import repeat
from operator import add
from os import PathLike
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol, TypeVar
from zipfile import BadZipFile, ZipFile

from botox_schedule.errors import ExchangeError, FileLimitError, OutputError

MEBIBYTE = 1024 * 1024
_LONGEST_LINE = MEBIBYTE
_MOST_LINES = 10_000_000
_GZIP = b"\x1f\x8b"
_GZIP_MEMBER = b"\x1f\x8b\x08"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How workbooks begin: the newer ones, and those before them."""
_ZIP_ENTRY = b"PK\x01\x02"
# Text compresses to a tenth; what grows two hundredfold was made to fill a machine's memory. Of
# 16 MiB alone, 3,000,000 rows that cannot be read would take gigabytes.
_MOST_GROWTH = 200
_ALWAYS_EXPANDED = MEBIBYTE
# Programs that write many members put 64 KiB in each.
_MOST_MEMBERS = 10_000
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_END_OF_FILE = "\x1a"
# Characters that are read once more, because the row before them has no end.
_MOST_AGAIN = 64 * MEBIBYTE
_DAY = re.compile(
    r"[0-9]{1,4}([-/.\s]+([0-9]{1,2}|[^\W\d_]{3,9})[-/.\s]+|[^\W\d_]{3})[0-9]{1,4}([T\s].*)?"
    r"|[0-9]{6,8}|[^\W\d_]{3,9}[-/.\s]+[0-9]{1,2}[,\s]+[0-9]{2,4}.*"
)
"""A day in any format; a number that may be one is kept too."""
# A line of a note has fewer delimiters next to a day.
_FEW = 3
_A_DOCUMENT = "a page or a document, not a table; save it as CSV or .xlsx"
_AT_LINE = re.compile(r"(.*?)\bline ([0-9]{1,18}): (.+)", re.DOTALL)
_ONE_BY_ONE = 3
HEADER_AGAIN = "the header again; the rows after it are read"
_DOCUMENT = re.compile(r"\s*(%PDF|<[!?a-zA-Z]|\{|\[\s*\{)")
_PRIVATE = 0o600
_SHARED = 0o666

FileName = str | PathLike[str]
_Read_co = TypeVar("_Read_co", covariant=True)


class Stream(Protocol[_Read_co]):
    """An open file, or anything else that is read like one."""

    def read(self, size: int, /) -> _Read_co:
        """Return at most so much of what is left; nothing at the end."""


def content_of(
    source: FileName | bytes | Stream[bytes | str], called: str, most: int
) -> tuple[bytes | str, str]:
    """Return what a source holds, decompressed where it is gzip, and its name.

    Args:
        source: A file's name, its bytes, or an open file; one of text gives its text.
        called: The name of what has none.
        most: How many bytes it may have, also after decompression.

    Raises:
        FileLimitError: When it has more, or is a text with lines that no table has.
        OSError: When it cannot be opened.
        TypeError: When *source* is none of these.
    """
    if isinstance(source, (str, PathLike)):
        return read_within(source, most), Path(source).name
    if not isinstance(source, bytes) and not hasattr(source, "read"):
        raise TypeError("source: give a path, bytes or an open file")
    held: bytes | str = source if isinstance(source, bytes) else _read(source, called, most)
    content = held.encode("utf-8", "surrogatepass") if isinstance(held, str) else held
    if len(content) > most:
        raise _too_large(called, most)
    if isinstance(held, bytes):
        return expand(held, called, most), called
    check_lines(content, called)
    return held.removeprefix("\ufeff"), called


def read_within(source: FileName | Stream[bytes], most: int) -> bytes:
    """Return a file's content, decompressed where it is gzip.

    Args:
        source: The file's name, or a binary stream. A name is never a pattern or an address.
        most: How many bytes it may have, also after decompression.

    Raises:
        FileLimitError: When it has more; no more than that is read.
        OSError: When it cannot be opened.
    """
    if not isinstance(source, (str, PathLike)):
        return expand(_read(source, "the stream", most), "the stream", most)
    file = _as_path(source)
    with file.open("rb") as stream:
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size > most:
            raise _too_large(file.name, most)
        return expand(_read(stream, file.name, most), file.name, most)


def _as_path(name: FileName) -> Path:
    """Return a name as a path; a name that no file can have is not found.

    Text given in place of a name may be about patients, so the error does not hold it.
    """
    if len(os.fspath(name).splitlines()) > 1:
        told = "a name has one line; to read text, give io.StringIO(text)"
        raise FileNotFoundError(ENOENT, told)
    try:
        is_possible = b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), os.fspath(name))
    return Path(name)


def _read(stream: Stream[Any], name: str, most: int) -> Any:
    """Return what a stream holds; one that is not buffered gives it in parts."""
    parts, left = [], most + 1
    while left > 0 and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise _too_large(name, most)
    return part[:0].join(parts)


def expand(content: bytes, name: str, most: int) -> bytes:
    """Return *content*, decompressed if it is gzip.

    Args:
        content: The bytes of a file.
        name: The file's name for the message.
        most: How many bytes it may have after decompression.

    Raises:
        FileLimitError: When it has more, or grows in a way that no table or text does.
    """
    if not content.startswith(_GZIP):
        return content
    if content.count(_GZIP_MEMBER) > _MOST_MEMBERS:
        raise FileLimitError(f"{name}: a gzip file of more than {_MOST_MEMBERS:,} parts")
    try:
        with GzipFile(fileobj=BytesIO(content)) as file:
            # Counted first and kept after, so that a refused file never fills the memory.
            size = 0
            while part := file.read(MEBIBYTE):
                size += len(part)
                if size > most:
                    raise _too_large(name, most)
                check_growth(size, content, name)
            file.seek(0)
            return file.read()
    except (BadGzipFile, EOFError, zlib.error):
        raise FileLimitError(f"{name}: a gzip file that is damaged or cut short") from None


def check_growth(size: int, content: bytes, name: str) -> None:
    """Refuse a file that grows as no table or text does.

    Args:
        size: How many bytes, or how many cells, it becomes.
        content: The file.
        name: Its name for the message.

    Raises:
        FileLimitError: When it grows more than 200-fold, and beyond 1 MiB.
    """
    if size > _room(content):
        raise FileLimitError(f"{name}: grows more than {_MOST_GROWTH}-fold when expanded")


def _room(content: bytes) -> int:
    return max(_ALWAYS_EXPANDED, _MOST_GROWTH * len(content))


def zip_entries(content: bytes, name: str, most: int) -> dict[str, bytes]:
    """Return the content of a zip file by the names of its entries.

    The sizes that a zip file states can be false. No entry becomes longer than it states. The
    number of entries can be false too, so their marks are counted.

    Args:
        content: The zip file.
        name: Its name for the message.
        most: How many bytes its entries may have together.

    Raises:
        FileLimitError: When they have more, grow as no table does, are more than 10,000, or the
            file is damaged.
    """
    if content.count(_ZIP_ENTRY) > _MOST_MEMBERS:
        raise FileLimitError(f"{name}: a zip file of more than {_MOST_MEMBERS:,} parts")
    try:
        with ZipFile(BytesIO(content)) as file:
            entries = file.infolist()
            size = sum(entry.file_size for entry in entries)
            if size <= min(most, _room(content)):
                return {entry.filename: file.read(entry) for entry in entries}
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise FileLimitError(f"{name}: a zip file that is damaged or encrypted") from None
    check_growth(size, content, name)
    raise _too_large(name, most)


def check_lines(content: bytes, name: str) -> None:
    """Refuse a text with lines longer than 1 MiB, which no table has, or with too many lines.

    Raises:
        FileLimitError: When a line is longer; the message names it. When there are more than
            10,000,000 lines: empty ones are small in a file, and large in memory.
    """
    if max(map(content.count, (b"\n", b"\r"))) > _MOST_LINES:
        raise FileLimitError(f"{name}: more than {_MOST_LINES:,} lines; export it in parts")
    start, line = 0, 1
    while len(content) - start > _LONGEST_LINE:
        end = content.rfind(b"\n", start, start + _LONGEST_LINE)
        if end < 0:
            end = content.rfind(b"\r", start, start + _LONGEST_LINE)
        if end < 0:
            raise FileLimitError(f"{name}: line {line} is longer than 1 MiB")
        line += content.count(b"\n", start, end + 1)
        start = end + 1


def decoded(content: bytes, name: str, encoding: str | None) -> str:
    """Return the text of a table in a file; a letter that cannot be read is never replaced.

    Args:
        content: The bytes of the file.
        name: The file's name for the message.
        encoding: Its encoding; None means UTF-8. A mark at the beginning goes before it: tables
            that are read together have encodings of their own.

    Raises:
        ExchangeError: When it is not text in that encoding, or is a page instead of a table.
        FileLimitError: When a line is longer than 1 MiB, or there are more than 10,000,000.
    """
    check_lines(content, name)
    by_mark = next((kind for mark, kind in _MARKS.items() if content.startswith(mark)), None)
    used = by_mark or encoding or "utf-8"
    try:
        text = content.decode(used)
    except (ValueError, LookupError, TypeError):  # what no encoding can be called included
        told = _A_DOCUMENT if content.startswith(b"%PDF") else _why_not(by_mark, encoding)
        raise ExchangeError(told) from None
    if "\0" in text:
        raise ExchangeError(_with_nulls(text, used))
    if _DOCUMENT.match(text):
        raise ExchangeError(_A_DOCUMENT)
    return text.lstrip("\ufeff").removesuffix(_END_OF_FILE)


def _with_nulls(text: str, encoding: str) -> str:
    """Say why a text has null characters: it is UTF-16, or damaged."""
    if 4 * text.count("\0") > len(text):
        other = "utf-16-be" if text.startswith("\0") else "utf-16-le"
        told = f"give encoding={other!r} (--encoding {other})"
        return f"not a text file in {encoding}; it may be UTF-16 without a mark: {told}"
    line = text.count("\n", 0, text.index("\0")) + 1
    return f"line {line}: a null character was found; mend the line, or export the file again"


def _why_not(by_mark: str | None, encoding: str | None) -> str:
    if by_mark is not None:
        return f"not text in {by_mark}, which a mark at its beginning states; export it again"
    if encoding is not None:
        told = "give another encoding, such as utf-8, or cp1252 for ANSI of Windows"
        return f"not text in {encoding!r}; {told}"
    return (
        "not text in UTF-8; name its encoding with encoding= (--encoding): cp1252 for files of "
        "Windows programs in western Europe and America, utf-16-le or utf-16-be for UTF-16"
    )


def with_own_names(content: bytes, name: object) -> bytes:
    """Return JSON in UTF-8; refused where an object has two elements of one name.

    A reader keeps the last of them and silently drops the others. What else is wrong with the
    content is for the reader to say.

    Args:
        content: The bytes of a file.
        name: The file's name for the message.

    Raises:
        ExchangeError: When an object has two elements of one name, or it is no text.
    """
    import json  # noqa: PLC0415 - only where JSON is read

    try:
        # The shells of Windows write UTF-16.
        text = content.decode(json.detect_encoding(content))
        content = text.encode()
        json.loads(text, object_pairs_hook=object_of)
    except ExchangeError as error:
        raise ExchangeError(f"{name}: {error}") from None
    except UnicodeDecodeError:
        raise ExchangeError(f"{name}: not text in UTF-8; save it as UTF-8") from None
    except (ValueError, RecursionError):
        pass
    return content


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON.

    Raises:
        ExchangeError: When it has two elements of one name.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ExchangeError("an object has two elements of one name; give each its own")
    return found


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, whatever system wrote it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def records(
    lines: Sequence[str], delimiter: str, start: int = 0
) -> Iterator[tuple[int, list[str], str]]:
    """Yield each record of a table: its first line, its cells, and what is wrong with it.

    A broken one has what delimiters part: the cells before the fault are right.

    An unclosed quotation mark costs its own line, not the rest of the file, nor the rows before
    the next mark: a column of notes may hold two of them, as ditto marks.

    Args:
        lines: The lines of the table.
        delimiter: What separates cells.
        start: The index of the line with which to begin.

    Raises:
        FileLimitError: When so many marks are unclosed that reading would not end.
    """
    again, widest = 0, [""]
    while start < len(lines):
        rest = map(add, map(lines.__getitem__, range(start, len(lines))), repeat("\n"))
        table = csv.reader(rest, delimiter=delimiter, skipinitialspace=True, strict=True)
        done = 0
        try:
            for cells in table:
                end = table.line_num
                if end > done + 1 and _has_rows(cells, delimiter, widest):
                    raise csv.Error("a quotation mark may be open")  # noqa: TRY301 - read on below
                yield start + done + 1, cells, ""
                done, widest = end, cells if len(cells) >= len(widest) else widest
        except csv.Error as error:
            cells = lines[start + done].split(delimiter)
            yield start + done + 1, cells, f"not a row of a table: {error}"
            done += 1
            again += sum(map(len, lines[start + done : start + table.line_num]))
        if again > _MOST_AGAIN:
            raise FileLimitError("too many quotation marks are unclosed; export the file again")
        start += done


def _has_rows(cells: Sequence[str], delimiter: str, widest: Sequence[str]) -> bool:
    """Whether a cell goes on through other rows: a line of it has several cells, and a day.

    Where this row or the *widest* before has days, the line has one in the same place. Of two
    rows the cell may hold the end of one and the beginning of the other. Where that is less than
    a row, the cells around it are more than any row before has, and the lines are rows.
    """
    if len(cells) > len(widest) > 1:
        # A column without a header, such as one of notes, gives a row more cells too. Of a row
        # an empty last cell may be missing.
        lines = delimiter.join(cells).split("\n")
        first, last = (line.split(delimiter) for line in (lines[0], lines[-1]))
        if min(len(first), len(last)) >= len(widest) - 1 and _days(last):
            return True
    most = len(cells) - 1
    for place, cell in enumerate(cells):
        if "\n" not in cell:
            continue
        first, *others = (line.split(delimiter) for line in cell.split("\n"))
        told = [_days(line) for line in others if len(line) > min(most, _FEW)]
        if len(first) + len(others[-1]) > most + 1:
            told.append(_days(others[-1]) | {place + after for after in _days(first)})
        days = _days(cells) | _days(widest) if told else set()
        if any(found & (days or found) for found in told):
            return True
    return False


def _days(cells: Sequence[str]) -> set[int]:
    return {place for place, cell in enumerate(cells) if _DAY.fullmatch(cell.strip(' "'))}


def write_whole(path: FileName, data: bytes | str, *, private: bool = False) -> None:
    """Write a file so that it holds either all of *data* or what it held before.

    The data go to a new file in the same folder, reach the disk, and take the name in one step.
    A link keeps its place, and the file it leads to is replaced. A device or a pipe is written
    to directly.

    Args:
        path: The file's name.
        data: Its content; text becomes UTF-8 without any change of line ends.
        private: Whether only the owner may read it, as files with patients' rows.

    Raises:
        OSError: When it cannot be written; it names the file, which is as it was before.
    """
    content = data.encode() if isinstance(data, str) else data
    name = _as_path(path)
    try:
        # Asked of the name as given: the pipe behind /dev/stdout has no path of its own.
        if name.exists() and not name.is_file():
            with name.open("wb") as stream:
                stream.write(content)
        else:
            _replace(Path(os.path.realpath(name)), content, private=private)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _replace(target: Path, content: bytes, *, private: bool) -> None:
    part = target.parent / f".{token_hex(8)}.part"
    try:
        _write_to_disk(part, content, _PRIVATE if private else _SHARED)
        if target.exists() and not private:
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _write_to_disk(part: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(part, flags, mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest[:MEBIBYTE]) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the rename durable where the system can open a folder; the data are safe anyway."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_outputs(outputs: Sequence[FileName], inputs: Collection[FileName]) -> None:
    """Refuse to write over a file that is read, or twice to one file.

    Args:
        outputs: The names of what will be written.
        inputs: The names of what is read.

    Raises:
        OutputError: When an output is an input or another output, by any name or link.
    """
    for number, output in enumerate(outputs):
        if any(_is_same(output, name) for name in inputs):
            raise OutputError("an output is one of the inputs; give it another name")
        if any(_is_same(output, name) for name in outputs[:number]):
            raise OutputError("two outputs are one file; give each its own name")


def _is_same(one: FileName, other: FileName) -> bool:
    first, second = _as_path(one), _as_path(other)
    if first.exists() and second.exists():
        return first.is_file() and first.samefile(second)
    return os.path.realpath(one) == os.path.realpath(other)


def _too_large(name: str, most: int) -> FileLimitError:
    return FileLimitError(f"{name}: larger than {most // MEBIBYTE} MiB")


def together(problems: Iterable[str]) -> Iterator[str]:
    """Yield problems for a reader; what more than three lines say alike is said once.

    >>> [*together([*(f"line {n}: no day" for n in (2, 3, 4, 9)), "births: line 5: no day"])]
    ['lines 2 to 4, 9: no day', 'births: line 5: no day']
    """
    told = [(problem, _AT_LINE.fullmatch(problem)) for problem in problems]
    lines: dict[tuple[str, ...], list[int]] = {}
    for _, match in told:
        if match:
            lines.setdefault(match.group(1, 3), []).append(int(match[2]))
    few = {alike for alike, each in lines.items() if len(each) <= _ONE_BY_ONE}
    for problem, match in told:
        alike = match.group(1, 3) if match else ()
        if not match or alike in few:
            yield problem
        elif alike in lines:
            table, words = alike
            yield f"{table}lines {_in_words(lines.pop(alike))}: {words}"


def _in_words(lines: Iterable[int]) -> str:
    runs: list[tuple[int, int]] = []
    for line in lines:
        first, last = runs.pop() if runs else (line, line - 1)
        runs += [(first, line)] if line == last + 1 else [(first, last), (line, line)]
    return ", ".join(f"{first} to {last}" if first < last else str(first) for first, last in runs)
