"""A bundle as it stands: its entries, what they refer to, what is wrong with them."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.medication import Medication
from fhir.resources.R4B.medicationadministration import MedicationAdministration
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.procedure import Procedure
from pydantic import BaseModel, ValidationError

from botox_schedule.errors import ExchangeError
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode

_MODELS: Mapping[str, type[BaseModel]] = {
    "Condition": Condition,
    "Medication": Medication,
    "MedicationAdministration": MedicationAdministration,
    "Patient": Patient,
    "Procedure": Procedure,
}
_MOST_FAULTS = 5


class Entry(NamedTuple):
    """One entry whose resource is an object.

    Attributes:
        where: Its place, such as ``entry[2]``.
        kind: Its resource type.
        resource: Its JSON.
        address: Its ``fullUrl``, or None.
    """

    where: str
    kind: str
    resource: dict[str, Any]
    address: str | None

    @property
    def name(self) -> str | None:
        """The relative reference to it, such as ``Patient/1``; None without an id."""
        key = self.resource.get("id")
        return f"{self.kind}/{key}" if isinstance(key, str) and key else None


def entries_of(
    bundle: bytes | str | Mapping[str, Any] | BaseModel, problems: list[BundleProblem]
) -> list[Entry]:
    """Return the entries that hold a resource.

    Raises:
        ExchangeError: When it is not a bundle in JSON; the message says where.
    """
    content = _content(bundle)
    if not isinstance(content, Mapping) or content.get("resourceType") != "Bundle":
        raise ExchangeError("not a FHIR bundle: expected an object with resourceType 'Bundle'")
    listed = content.get("entry", [])
    if not isinstance(listed, list | tuple):
        raise ExchangeError("not a FHIR bundle: expected a list as 'entry'")
    found = []
    for number, entry in enumerate(listed):
        where = f"entry[{number}]"
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        kind = resource.get("resourceType") if isinstance(resource, Mapping) else None
        if not isinstance(resource, Mapping) or not isinstance(kind, str) or not _is_text(entry):
            message = "expected a resource with a resourceType, in Unicode"
            code = BundleProblemCode.INVALID_RESOURCE
            problems.append(BundleProblem(code=code, where=where, message=message))
            continue
        address = entry.get("fullUrl")
        found.append(
            Entry(where, kind, dict(resource), address if isinstance(address, str) else None)
        )
    return found


def _is_text(entry: Mapping[str, Any]) -> bool:
    """Whether it could be written as JSON in UTF-8: no half characters, no endless nesting."""
    try:
        json.dumps(entry, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _content(bundle: bytes | str | Mapping[str, Any] | BaseModel) -> Any:
    if isinstance(bundle, Mapping):
        return bundle
    text = bundle.model_dump_json() if isinstance(bundle, BaseModel) else bundle
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ExchangeError(f"the bundle is not JSON: {error.msg} at {place}") from None
    except UnicodeDecodeError:
        raise ExchangeError("the bundle is not JSON: expected text in UTF-8") from None
    except RecursionError:
        raise ExchangeError("the bundle is nested too deeply") from None
    except ValueError:
        raise ExchangeError("the bundle is not JSON: a number is not one of JSON") from None


def _refuse(_: str) -> None:
    raise ValueError


def faults_of(entry: Entry) -> Iterator[str]:
    """Yield what the model of the resource finds wrong, without its values."""
    model = _MODELS[entry.kind]
    try:
        model.model_validate(entry.resource)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        for fault in faults[:_MOST_FAULTS]:
            yield f"{_path(fault['loc'])} {_SAID.get(fault['type'], 'is not as FHIR R4 states it')}"
    except (KeyError, TypeError):  # what the models raise for a contained resource of no type
        yield "contained holds a resource that FHIR R4 does not know"


_SAID = {
    "missing": "is missing",
    "model_field_validation.missing": "is missing",
    "extra_forbidden": "is not an element of it",
}


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if str(part).isidentifier()) or "the resource"


def resolve(entries: list[Entry]) -> dict[str, Entry]:
    """Return the entries by every name that a reference may call them."""
    named: dict[str, Entry] = {}
    for entry in entries:
        for name in (entry.name, entry.address):
            if name is not None:
                named.setdefault(name, entry)
    return named


def reference_in(value: Any) -> str | None:
    """Return what a Reference points to."""
    target = value.get("reference") if isinstance(value, Mapping) else None
    return target if isinstance(target, str) and target else None


def codings(concept: Any) -> Iterator[tuple[str, str]]:
    """Yield system and code of each coding of a CodeableConcept."""
    listed = concept.get("coding") if isinstance(concept, Mapping) else None
    for coding in listed if isinstance(listed, list) else ():
        if not isinstance(coding, Mapping):
            continue
        system, code = coding.get("system"), coding.get("code")
        if isinstance(system, str) and isinstance(code, str):
            yield system, code
