"""Elements of resources as plain values."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from botox_schedule.fhir.tables import UNIT_CODES

_UCUM = "http://unitsofmeasure.org"
_SPOKEN_UNITS = frozenset({"u", "unit", "units"})
_MOST_UNITS = 1_000_000


def listed(resource: Mapping[str, Any], name: str) -> list[Any]:
    """Return the objects of a list; empty where there is none."""
    value = resource.get(name, [])
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def texts_in(concept: Any) -> Iterator[str]:
    """Yield the texts and displays of a CodeableConcept."""
    if isinstance(concept, Mapping):
        for holder in (concept, *listed(concept, "coding")):
            for name in ("text", "display"):
                if isinstance(holder.get(name), str):
                    yield holder[name]


def units_in(dose: Mapping[str, Any]) -> Decimal | None:
    """Return the units of a dose; None where it is in another unit, or no number above 0."""
    return _number(dose.get("value")) if _is_in_units(dose) else None


def _is_in_units(dose: Mapping[str, Any]) -> bool:
    if "code" in dose:
        return dose["code"] in UNIT_CODES and dose.get("system", _UCUM) == _UCUM
    return str(dose.get("unit", "")).lower() in _SPOKEN_UNITS or dose.get("unit") in UNIT_CODES


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and 0 < number <= _MOST_UNITS else None
