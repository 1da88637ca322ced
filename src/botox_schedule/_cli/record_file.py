"""Reads a record from a JSON file, and finds the protocols of its tracks."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from botox_schedule import (
    PatientRecord,
    Product,
    SessionStatus,
    TreatmentProtocol,
    UnknownProtocolError,
)
from botox_schedule._ages import age_on
from botox_schedule._cli.schedule import Shelf
from botox_schedule.errors import BotoxScheduleError

__all__ = ["RecordFileError", "planned_protocols", "read_record"]


class RecordFileError(BotoxScheduleError, ValueError):
    """The file holds no record; the message says where and what was expected."""


def read_record(path: Path) -> PatientRecord:
    """Return the record that a JSON file holds.

    Raises:
        RecordFileError: When it holds none; no value of the file is in the message.
        OSError: When it cannot be opened.
    """
    try:
        return PatientRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        lines = [f"{_place(fault['loc'])}: {fault['msg']}" for fault in faults[:20]]
        more = [f"and {len(faults) - 20} more"] if len(faults) > 20 else []
        raise RecordFileError("; ".join([*lines, *more])) from None


def _place(path: Sequence[int | str]) -> str:
    return ".".join(map(str, path)) or "the file"


def planned_protocols(
    record: PatientRecord, shelf: Shelf, as_of: date, indication: str | None, product: str | None
) -> list[TreatmentProtocol]:
    """Return the protocol of each track, or of the planned treatment that the caller names.

    Raises:
        UnknownProtocolError: When none is known.
    """
    age = None if record.born_on is None else age_on(record.born_on, as_of)
    if indication is not None:
        wanted = product or _last_product(record, indication) or Product.ONABOTULINUMTOXIN_A.value
        found = [shelf.find(indication, wanted, age, as_of)]
    else:
        found = [
            shelf.find(name, product or _last_product(record, name) or "", age, as_of)
            for name in _indications(record)
        ]
    known = [protocol for protocol in found if protocol is not None]
    if not known:
        raise UnknownProtocolError(
            "no protocol is known for the record's tracks; name one with --indication and --product"
        )
    return list(_once_per_clock(known))


def _indications(record: PatientRecord) -> list[str]:
    """The indications of the record, that of the latest session first."""
    latest: dict[str, date] = {}
    for session in record.sessions:
        if session.status in (SessionStatus.COMPLETED, SessionStatus.BOOKED):
            known = latest.get(session.indication, session.administered_on)
            latest[session.indication] = max(known, session.administered_on)
    return sorted(latest, key=lambda name: (-latest[name].toordinal(), name))


def _last_product(record: PatientRecord, indication: str) -> str | None:
    known = [
        (session.administered_on, session.product.value)
        for session in record.sessions
        if session.indication == indication and session.product is not None
    ]
    return max(known)[1] if known else None


def _once_per_clock(protocols: Iterable[TreatmentProtocol]) -> Iterable[TreatmentProtocol]:
    covered: set[str] = set()
    for protocol in protocols:
        if protocol.indication not in covered:
            covered |= protocol.clock
            yield protocol
