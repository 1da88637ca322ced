"""What spreadsheets and Parquet share: cells with types, read by libraries in Rust."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from botox_schedule.errors import TableError
from botox_schedule.tables.cells import Cell

MOST_CELLS = 5_000_000
"""More cells than a clinic's table has; larger ones belong to the panel."""


def typed_cell(value: Any) -> Cell:
    """Return a day as a day and a number as a number; anything else as text."""
    if value is None or isinstance(value, (str, date)):
        return value
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = Decimal(str(value))
        return number if number.is_finite() else None
    return str(value)


@contextmanager
def refusing(kind: str) -> Iterator[None]:
    """Refuse a damaged file with one error, whatever the library that reads it raises.

    A panic in Rust comes as an exception that only ``BaseException`` catches, and whose class
    cannot be imported.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise TableError(f"the {kind} is damaged, encrypted or of an unknown kind") from None
        raise
