"""A forecast as a proposed ServiceRequest."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import ValidationError

from botox_schedule.dates.days import shifted
from botox_schedule.engine.forecast import Forecast
from botox_schedule.errors import ExchangeError
from botox_schedule.terms import DueStatus
from botox_schedule.values import of_kind

EARLIEST_EXTENSION = "urn:botox-schedule:fhir:earliest"
"""The extension with the first allowed day, as ``valueDate``."""
OVERDUE_FROM_EXTENSION = "urn:botox-schedule:fhir:overdue-from"
"""The extension with the first overdue day, as ``valueDate``."""

NOTHING_DUE = frozenset({DueStatus.NO_HISTORY, DueStatus.NO_INTERVAL})
"""The statuses of tracks that have no day to propose."""
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def service_request_from_forecast(
    forecast: Forecast,
    *,
    subject: str,
    id: str | None = None,  # noqa: A002 - FHIR's own word
    identifier: tuple[str, str] | None = None,
) -> ServiceRequest:
    """Return the next session as a ServiceRequest with the intent ``proposal``.

    ``occurrencePeriod`` is the due window, from ``due`` to the day before ``overdue_from``, both
    included, cut short by a hold, a discharge or the end of an override. The extensions hold
    ``earliest`` and ``overdue_from``. On hold the status is ``on-hold``, and any dates are those
    after the hold. After the end of care the status is ``revoked``, without dates. The treatment
    is named in words, without a code.

    Args:
        forecast: The forecast of the track.
        subject: The reference to the patient, such as ``Patient/1``.
        id: The id of the resource.
        identifier: System and value by which the receiver recognizes the proposal.

    Raises:
        ExchangeError: When the status is ``no_history`` or ``no_interval``, or when FHIR does not
            accept *subject*, *id* or *identifier*.

    >>> from botox_schedule import PatientRecord, find_protocol, forecast
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> answer = forecast(record, find_protocol("chronic-migraine"), as_of="2026-02-01")
    >>> request = service_request_from_forecast(answer, subject="Patient/1")
    >>> period = request.occurrencePeriod
    >>> request.intent, period and (str(period.start), str(period.end))
    ('proposal', ('2026-03-30', '2026-04-06'))
    """
    of_kind(forecast, Forecast, "forecast: give a Forecast, as forecast returns it")
    if forecast.status in NOTHING_DUE:
        raise ExchangeError(f"nothing is due to propose: the status is {forecast.status}")
    _check(subject, id, identifier)
    dates = forecast.dates
    extensions = {EARLIEST_EXTENSION: dates.earliest, OVERDUE_FROM_EXTENSION: dates.overdue_from}
    known = [{"url": u, "valueDate": d.isoformat()} for u, d in extensions.items() if d is not None]
    content: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": _status(forecast.status),
        "intent": "proposal",
        "code": {"text": _named(forecast)},
        "subject": {"reference": subject},
        "authoredOn": forecast.as_of.isoformat(),
        "note": [{"text": forecast.explain()}],
        "id": id,
        "identifier": identifier and [{"system": identifier[0], "value": identifier[1]}],
        "occurrencePeriod": dates.due and _period(forecast, dates.due),
        "extension": known or None,
    }
    return _resource({name: value for name, value in content.items() if value is not None})


def _check(subject: object, key: object, identifier: object) -> None:
    """Refuse what the models take, and no server: a proposal for nobody, say."""
    is_pair = isinstance(identifier, tuple | list) and len(identifier) == 2
    fits = {
        "subject": isinstance(subject, str) and subject.strip(),
        "id": key is None or _ID.fullmatch(str(key)),
        "identifier": identifier is None or is_pair,
    }
    if wrong := [name for name, is_fit in fits.items() if not is_fit]:
        raise _refusal(wrong)


def _resource(content: dict[str, Any]) -> ServiceRequest:
    """Return the resource; the model's own error would show the patient's reference."""
    try:
        return ServiceRequest.model_validate(content)
    except ValidationError as error:
        wrong = sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
    raise _refusal(wrong)


def _refusal(wrong: Iterable[str]) -> ExchangeError:
    return ExchangeError(
        f"FHIR does not take this: {', '.join(wrong)}; give a reference such as 'Patient/1', "
        "an id of at most 64 letters, digits, - and ., and an identifier as system and value"
    )


def _period(forecast: Forecast, due: date) -> dict[str, str]:
    """The due days that nothing breaks, both ends included; without an end where none is known."""
    window, overdue_from = forecast.due_window, forecast.dates.overdue_from
    if window is not None:
        return {"start": window.first.isoformat(), "end": window.last.isoformat()}
    # An answer stored by an earlier version has no window.
    end = {} if overdue_from is None else {"end": shifted(overdue_from, -1).isoformat()}
    return {"start": due.isoformat(), **end}


def _status(status: DueStatus) -> str:
    if status.ends_care:
        return "revoked"
    return "on-hold" if status is DueStatus.ON_HOLD else "active"


def _named(forecast: Forecast) -> str:
    protocol = forecast.protocol
    if protocol is None:
        return "Treatment with botulinum toxin"
    return f"Treatment with {protocol.product}: {protocol.indication.replace('-', ' ')}"
