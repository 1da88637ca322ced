"""Reads Parquet files, as the panel takes them."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from operator import index
from typing import Any

from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.files import MEBIBYTE, check_growth
from botox_schedule.tables.lines import MOST_CELLS, Cell, Line, refusing, typed_cell

PARQUET = b"PAR1"
_MOST_BYTES = 128 * MEBIBYTE
# The fields of Parquet's file metadata and of its row groups, by their numbers.
_SCHEMA, _ROWS, _ROW_GROUPS, _GROUP_COLUMNS, _GROUP_BYTES = 2, 3, 4, 1, 2
_COLUMN_METADATA, _COLUMN_VALUES = 3, 5
_DEEPEST = 16
_WIDEST = 63
_MOST_METADATA = 8 * MEBIBYTE
_CATEGORIES = b"ARROW:schema"
"""The name of what says that a text is a category."""


def parquet_lines(content: bytes, name: str) -> list[Line]:
    """Return the column names as line 1, and the rows.

    Raises:
        FileLimitError: When the file states more than 128 MiB or 5,000,000 cells.
        TableError: When it cannot be read, or the extra ``panel`` is missing.
    """
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError:
        raise TableError(
            "Parquet needs one more package: pip install 'botox-schedule[panel]'"
        ) from None
    _check_size(content, name)
    with refusing("Parquet file"):
        # A text that many rows share is written once; as cells there are as many as rows. As
        # categories they would be compared with each other, which can take minutes.
        plain = content.replace(_CATEGORIES, bytes(len(_CATEGORIES)))
        size = pl.read_parquet(BytesIO(plain)).estimated_size()
    if size > _MOST_BYTES:
        raise _too_large(name)
    with refusing("Parquet file"):
        frame = pl.read_parquet(BytesIO(content))
        # Databases have days such as infinity; as no day they cost a cell, not the file.
        day = pl.col(pl.Date)
        frame = frame.with_columns(pl.when(day.is_between(date.min, date.max)).then(day))
        rows = [[*map(_cell, row)] for row in frame.iter_rows()]
    return [Line(1, frame.columns), *(Line(number, row) for number, row in enumerate(rows, 2))]


def _cell(value: Any) -> Cell:
    """Return a whole number as text: unlike a spreadsheet's, it has all its digits."""
    return str(value) if type(value) is int else typed_cell(value)


def _check_size(content: bytes, name: str) -> None:
    """Refuse a file by what its metadata state, before anything is expanded."""
    length = int.from_bytes(content[-8:-4], "little")
    if _MOST_METADATA < length < len(content):
        raise FileLimitError(f"{name}: more than {_MOST_METADATA // MEBIBYTE} MiB of metadata")
    with refusing("Parquet file"):
        metadata = _Compact(content[-8 - length : -8]).struct()
        rows, columns = index(metadata[_ROWS]), len(metadata[_SCHEMA]) - 1
        groups = metadata[_ROW_GROUPS]
        size = sum(index(group[_GROUP_BYTES]) for group in groups)
        parts = (part[_COLUMN_METADATA] for group in groups for part in group[_GROUP_COLUMNS])
        values = sum(index(part[_COLUMN_VALUES]) for part in parts)
    cells = max(rows * columns, values)
    if size > _MOST_BYTES or cells > MOST_CELLS:
        raise _too_large(name)
    check_growth(max(size, cells), content, name)


def _too_large(name: str) -> FileLimitError:
    return FileLimitError(
        f"{name}: more than {_MOST_BYTES // MEBIBYTE} MiB or {MOST_CELLS:,} cells; "
        "give a table of this size to botox_schedule.panel"
    )


class _Compact:
    """Reads Thrift's compact protocol, in which Parquet writes its metadata.

    https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
    """

    def __init__(self, content: bytes) -> None:
        self._byte: Callable[[], int] = iter(content).__next__

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Return the fields of a struct by their numbers."""
        if depth > _DEEPEST:
            raise ValueError
        fields: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._integer()
            fields[number] = self._value(kind & 15, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        """Return a value by the protocol's number of its kind."""
        readers: dict[int, Callable[[], Any]] = {
            1: lambda: True,
            2: lambda: False,
            3: self._byte,
            4: self._integer,
            5: self._integer,
            6: self._integer,
            7: lambda: self._raw(8),
            8: lambda: self._raw(self._unsigned()),
            9: lambda: self._list(depth),
            10: lambda: self._list(depth),
            12: lambda: self.struct(depth + 1),
        }
        return readers[kind]()

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 != 15 else self._unsigned()
        return [self._element(head & 15, depth) for _ in range(count)]

    def _element(self, kind: int, depth: int) -> Any:
        return self._byte() if kind in {1, 2} else self._value(kind, depth)

    def _integer(self) -> int:
        zigzag = self._unsigned()
        return (zigzag >> 1) ^ -(zigzag & 1)

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > _WIDEST:
                raise ValueError
        return value | byte << shift

    def _raw(self, length: int) -> bytes:
        return bytes([self._byte() for _ in range(length)])
