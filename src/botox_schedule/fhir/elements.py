"""Reads elements of resources as plain values: units, statuses, codes and texts."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from botox_schedule.records.model import MOST_UNITS
from botox_schedule.terms import SessionStatus

_SHARED = {
    "completed": SessionStatus.COMPLETED,
    # A stopped session had begun, so it counts; a person must check its units.
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

STATUSES = {
    "MedicationAdministration": MEDICATION_ADMINISTRATION_STATUSES,
    "Procedure": PROCEDURE_STATUSES,
}
"""The same by the type of the resource."""

# These mean that nothing was given; with any other word a session may be missing.
_NOT_GIVEN = frozenset(
    {"cancelled", "draft", "entered-in-error", "noshow", "not-done", "not-taken"}
    | {"proposal", "preauthorization", "predetermination"}
)

UNIT_CODES = frozenset({"U", "[U]", "[USP'U]"})
"""The UCUM codes that are read as units of the product; nothing is converted."""

_UCUM = "unitsofmeasure.org"
_SPOKEN_UNITS = frozenset({"u", "unit", "units"})
# A code that says units next to one of these contradicts it.
_OTHER_UNITS = frozenset({"ml", "l", "mg", "g", "mcg", "ug", "vial", "vials", "ampule", "syringe"})
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def listed(element: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the objects in a list of an object, or the one that stands there without its list."""
    value = within(element, name)
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, dict)]


def within(value: Any, name: str) -> Any:
    """Return an element of an object; None where it is missing, or *value* is not an object."""
    return value.get(name) if isinstance(value, dict) else None


def text_of(value: Any, name: str) -> str | None:
    """Return a text element without surrounding spaces; None where it is missing or empty."""
    text = within(value, name)
    return (text.strip() or None) if isinstance(text, str) else None


def without_scheme(address: str) -> str:
    """Return an address without http or https and without a slash at its end."""
    return _SCHEME.sub("", address.strip()).rstrip("/")


def codings(concept: Any) -> Iterator[tuple[str, str]]:
    """Yield system and code of each coding of a CodeableConcept; the system may be empty."""
    for coding in listed(concept, "coding"):
        code = text_of(coding, "code")
        if code is not None:
            yield text_of(coding, "system") or "", code


def may_be_given(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource may tell of something that was given.

    A proposal, a question to a payer in advance, and an order not to give it do not.
    """
    told = (text_of(resource, name) for name in ("intent", "use", "status"))
    return resource.get("doNotPerform") is not True and _NOT_GIVEN.isdisjoint(told)


def is_taken_back(condition: Mapping[str, Any]) -> bool:
    """Return whether a diagnosis no longer counts as one."""
    status = codings(condition.get("verificationStatus"))
    return any(code in {"entered-in-error", "refuted"} for _, code in status)


def texts_in(concept: Any) -> Iterator[str]:
    """Yield the texts and displays of a CodeableConcept."""
    if isinstance(concept, dict):
        for holder in (concept, *listed(concept, "coding")):
            for name in ("text", "display"):
                if isinstance(holder.get(name), str):
                    yield holder[name]


def units_in(dose: Any) -> Decimal | None:
    """Return the units of a dose; None for another unit, or for an invalid number of units."""
    return _number(within(dose, "value")) if isinstance(dose, dict) and _is_in_units(dose) else None


def _is_in_units(dose: Mapping[str, Any]) -> bool:
    """Whether it is an exact quantity in units; with a comparator it is only a bound."""
    code, unit = text_of(dose, "code"), text_of(dose, "unit") or ""
    if dose.get("comparator") is not None or unit.lower() in _OTHER_UNITS:
        return False
    if dose.get("code") is not None:
        system = str(dose.get("system") or _UCUM)
        return code in UNIT_CODES and without_scheme(system) == _UCUM
    return unit.lower() in _SPOKEN_UNITS or unit in UNIT_CODES


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and 0 < number <= MOST_UNITS else None
