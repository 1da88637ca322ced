"""Reads a record from a JSON file, and finds the protocols of its tracks."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from botox_schedule import (
    PatientRecord,
    Product,
    TreatmentProtocol,
    UnknownProtocolError,
)
from botox_schedule.cli.planned import Shelf, last_product, planned_tracks
from botox_schedule.dates.days import age_on
from botox_schedule.errors import BotoxScheduleError
from botox_schedule.files import MEBIBYTE, read_within

_MOST_BYTES = 64 * MEBIBYTE


class RecordFileError(BotoxScheduleError, ValueError):
    """The file holds no record; the message says where and what was expected."""


def read_record(path: Path) -> PatientRecord:
    """Return the record that a JSON file holds.

    Raises:
        RecordFileError: When it holds none; no value of the file is in the message.
        FileLimitError: When it is larger than 64 MiB.
        OSError: When it cannot be opened.
    """
    try:
        return PatientRecord.model_validate_json(read_within(path, _MOST_BYTES))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        lines = [f"{_place(fault['loc'])}: {fault['msg']}" for fault in faults[:20]]
        more = [f"and {len(faults) - 20} more"] if len(faults) > 20 else []
        raise RecordFileError("; ".join([*lines, *more])) from None


def _place(path: Sequence[int | str]) -> str:
    return ".".join(map(str, path)) or "the file"


def planned_protocols(
    record: PatientRecord,
    shelf: Shelf,
    as_of: date,
    indication: str | None,
    product: Product | None,
) -> list[TreatmentProtocol]:
    """Return the protocol of each track, or of the planned treatment that the caller names.

    Raises:
        UnknownProtocolError: When none is known.
    """
    if indication is None:
        found = [track.protocol for track in planned_tracks(record, shelf, as_of, product)]
    else:
        age = None if record.born_on is None else age_on(record.born_on, as_of)
        wanted = product or last_product(record, indication, as_of) or Product.ONABOTULINUMTOXIN_A
        found = [shelf.find(indication, wanted.value, age, as_of)]
    known = [protocol for protocol in found if protocol is not None]
    if not known:
        raise UnknownProtocolError(
            "no protocol is known for the record's tracks; name one with --indication and --product"
        )
    return known
