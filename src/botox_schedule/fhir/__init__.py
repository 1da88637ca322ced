"""Reads FHIR R4 into records and lists what it could not read; writes a ServiceRequest.

It needs the extra ``fhir``. It uses the R4B models, which equal R4 in every element used here.
"""

from botox_schedule.fhir.elements import (
    MEDICATION_ADMINISTRATION_STATUSES,
    PROCEDURE_STATUSES,
    UNIT_CODES,
)
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode
from botox_schedule.fhir.reader import BundleCounts, BundleReading, records_from_bundle
from botox_schedule.fhir.sessions import UNKNOWN_INDICATION
from botox_schedule.fhir.writer import (
    EARLIEST_EXTENSION,
    OVERDUE_FROM_EXTENSION,
    service_request_from_forecast,
)

__all__ = [
    "EARLIEST_EXTENSION",
    "MEDICATION_ADMINISTRATION_STATUSES",
    "OVERDUE_FROM_EXTENSION",
    "PROCEDURE_STATUSES",
    "UNIT_CODES",
    "UNKNOWN_INDICATION",
    "BundleCounts",
    "BundleProblem",
    "BundleProblemCode",
    "BundleReading",
    "records_from_bundle",
    "service_request_from_forecast",
]
