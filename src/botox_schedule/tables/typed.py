"""What spreadsheets and Parquet share: a limit, and libraries in Rust that can fail."""

from collections.abc import Iterator
from contextlib import contextmanager

from botox_schedule.errors import TableError

MOST_CELLS = 5_000_000
"""The most cells of a table; larger ones belong to the panel."""


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
