"""What the codes of FHIR mean here."""

from types import MappingProxyType

from botox_schedule import SessionStatus

_SHARED = {
    "completed": SessionStatus.COMPLETED,
    # What was stopped had begun: it counts, and a person must look at the units.
    "stopped": SessionStatus.COMPLETED,
    "in-progress": SessionStatus.DRAFT,
    "on-hold": SessionStatus.DRAFT,
    "not-done": SessionStatus.CANCELLED,
    "entered-in-error": SessionStatus.ENTERED_IN_ERROR,
}

MEDICATION_ADMINISTRATION_STATUSES = MappingProxyType(_SHARED)
"""The status of a session for each status of a MedicationAdministration; ``unknown`` has none."""

PROCEDURE_STATUSES = MappingProxyType({**_SHARED, "preparation": SessionStatus.DRAFT})
"""The status of a session for each status of a Procedure; ``unknown`` has none."""

UNIT_CODES = frozenset({"U", "[U]", "[USP'U]"})
"""The codes of UCUM that are read as units of the product; nothing is converted."""
