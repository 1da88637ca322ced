"""Reads files within limits: what is far too large costs a moment and not the machine."""

import stat
from os import PathLike
from pathlib import Path

from botox_schedule.errors import FileLimitError

MEBIBYTE = 1024 * 1024
_LONGEST_LINE = MEBIBYTE


def read_within(path: str | PathLike[str], most: int) -> bytes:
    """Return a file's content.

    Args:
        path: The file.
        most: How many bytes it may have.

    Raises:
        FileLimitError: When it has more; not more than that is read.
        OSError: When it cannot be opened.
    """
    file = Path(path)
    with file.open("rb") as source:
        if stat.S_ISREG(file.stat().st_mode) and file.stat().st_size > most:
            raise _too_large(file, most)
        content = source.read(most + 1)
    if len(content) > most:
        raise _too_large(file, most)
    return content


def check_lines(content: bytes, name: str) -> None:
    """Refuse a text whose lines are longer than 1 MiB: no table has such rows.

    Raises:
        FileLimitError: When a line is longer; the message names it.
    """
    start, line = 0, 1
    while len(content) - start > _LONGEST_LINE:
        end = content.rfind(b"\n", start, start + _LONGEST_LINE)
        if end < 0:
            end = content.rfind(b"\r", start, start + _LONGEST_LINE)
        if end < 0:
            raise FileLimitError(f"{name}: line {line} is longer than 1 MiB")
        line += content.count(b"\n", start, end + 1)
        start = end + 1


def _too_large(file: Path, most: int) -> FileLimitError:
    return FileLimitError(f"{file.name}: larger than {most // MEBIBYTE} MiB")
