"""What happened to a patient, and which entries count."""

from botox_schedule.records.findings import Finding
from botox_schedule.records.model import (
    BodyWeight,
    CareEnd,
    Hold,
    IntervalOverride,
    PatientRecord,
    PriorAuthorization,
    PriorTreatment,
    TreatmentSession,
)

__all__ = [
    "BodyWeight",
    "CareEnd",
    "Finding",
    "Hold",
    "IntervalOverride",
    "PatientRecord",
    "PriorAuthorization",
    "PriorTreatment",
    "TreatmentSession",
]
