"""Checks resources against FHIR R4."""

from collections.abc import Iterator, Mapping
from typing import Any

from fhir.resources.R4B.medicationadministration import MedicationAdministration
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.procedure import Procedure
from pydantic import BaseModel, ValidationError

from botox_schedule.fhir.bundle import Entry, as_json
from botox_schedule.fhir.elements import listed, within
from botox_schedule.fhir.problems import UNKNOWN_RULE, BundleProblemCode, Remark

_MODELS: Mapping[str, type[BaseModel]] = {
    "MedicationAdministration": MedicationAdministration,
    "Patient": Patient,
    "Procedure": Procedure,
}
_MOST_FAULTS = 5
# These do not describe a session, so a fault in them must not lose one.
_UNREAD = frozenset({"meta", "text"})


class Validator:
    """Checks resources; an element that many of them share is checked once."""

    def __init__(self) -> None:
        self._checked: dict[tuple[str, str, str], Any] = {}

    def faults(self, entry: Entry) -> list[str]:
        """Return the faults of the resource, at most five, without its values."""
        content = {name: v for name, v in entry.resource.items() if name not in _UNREAD}
        parts = ((name, v) for name, v in content.items() if isinstance(v, dict | list))
        keys = {name: (entry.kind, name, as_json(value)) for name, value in parts}
        known = {name: self._checked[key] for name, key in keys.items() if key in self._checked}
        try:
            model = _MODELS[entry.kind].model_validate(content | known)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            return [*dict.fromkeys(_said(f["type"], f["loc"]) for f in faults[:_MOST_FAULTS])]
        except Exception:  # noqa: BLE001 - for odd content the models raise all kinds of errors
            return ["the resource, or one contained in it, is not as FHIR R4 states it"]
        for name in keys.keys() - known:
            if (value := getattr(model, name, None)) is not None:
                self._checked[keys[name]] = value
        return []


def modifiers_of(entry: Entry) -> Iterator[Remark]:
    """Yield a problem for each element that may change the meaning of the resource."""
    resource = entry.resource
    places = [name for name in ("implicitRules", _MODIFIER) if resource.get(name)]
    places += [f"{name}.{_MODIFIER}" for name in resource if _has_modified_parts(resource, name)]
    # The entry of a bundle can have one too.
    places += [_MODIFIER] * bool(within(entry.envelope, _MODIFIER) and _MODIFIER not in places)
    for element in places:
        yield BundleProblemCode.UNKNOWN_MODIFIER, element, UNKNOWN_RULE


def _has_modified_parts(resource: Mapping[str, Any], name: str) -> bool:
    """Whether parts of an element, such as the dosage, have such a rule of their own."""
    return name != "contained" and any(part.get(_MODIFIER) for part in listed(resource, name))


_MODIFIER = "modifierExtension"
_SAID = {
    "missing": "is missing",
    "model_field_validation.missing": "is missing",
    "extra_forbidden": "has an element that FHIR R4 does not know",
}


def _said(kind: str, location: tuple[int | str, ...]) -> str:
    # The name of an unknown element comes from the file and may be a patient's name.
    known = location[:-1] if kind == "extra_forbidden" else location
    path = ".".join(str(part) for part in known if str(part).isidentifier())
    return f"{path or 'the resource'} {_SAID.get(kind, 'is not as FHIR R4 states it')}"
