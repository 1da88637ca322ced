"""What a resource says of a patient's death."""

import re
from collections.abc import Mapping
from typing import Any

from botox_schedule.fhir.bundle import Entry
from botox_schedule.fhir.days import is_placeholder
from botox_schedule.fhir.elements import (
    codings,
    is_taken_back,
    listed,
    text_of,
    texts_in,
    within,
)

_NO = frozenset({"none", "false", "no", "n", "f", "off", "0", "0.0", ""})
"""How files write that nobody died; ``none`` is a missing element."""
_DIED = re.compile(r"\b(exp|expired|died|dead|deceased|death)\b")
_DISCHARGED_DEAD = frozenset({"20", "40", "41", "42"})
"""The codes of claims (NUBC) for a discharge by death."""
_ENCOUNTER, _PATIENT = "Encounter", "Patient"
_FINDINGS = frozenset({"Condition", "Flag", "Observation"})
_DEATH = re.compile(
    r"((patient (has )?|vital status )?(is )?(dead|died|deceased|expired|death)"
    r"|(date|cause) of death)( \((finding|event)\)| \[.*\])?"
)
_ALIVE = _NO | {"alive", "living", "not-applicable", "not applicable"}
"""How the value of an observation about a death says that there is none."""
_MARKED = re.compile(r"\b(deceased|dec'?d|died)\b|[\u2020\u271d]")
"""How a name says it that a system without a field for deaths has."""


def is_dead(person: Entry) -> bool:
    """Return whether a death is stated, also where an extension replaces its day.

    A word that is not clearly a no counts: nobody calls the dead because of a ``1`` or ``"yes"``.
    """
    stated = str(person.resource.get("deceasedBoolean")).strip().lower()
    days = [person.resource.get(name) for name in ("deceasedDateTime", "_deceasedDateTime")]
    return stated not in _NO or any(day is not None and not is_placeholder(day) for day in days)


def place_of_death(entry: Entry) -> str:
    """Return the element in which a resource says that its patient has died; else nothing."""
    is_void = text_of(entry.resource, "status") in {"cancelled", "entered-in-error"}
    if is_void or is_taken_back(entry.resource):
        return ""
    if entry.kind == _ENCOUNTER:
        return _discharged_dead(entry)
    if entry.kind == _PATIENT:
        names = [text for name in listed(entry.resource, "name") for text in name.values()]
        return "name" if _MARKED.search(" ".join(map(str, names)).lower()) else ""
    return "code" if entry.kind in _FINDINGS and _states_death(entry.resource) else ""


def _states_death(finding: Mapping[str, Any]) -> bool:
    """Whether a code says it, alone or with its value; a value such as "no" says it of nobody."""
    stated = (v for k, v in finding.items() if k.startswith("value") or k == "dataAbsentReason")
    values = {text for value in stated for text in _words(value)}
    names = _words(finding.get("code"))
    told = [*names, *(f"{name} {value}" for name in names for value in values)]
    return values.isdisjoint(_ALIVE) and any(map(_DEATH.fullmatch, told))


def _words(value: Any) -> list[str]:
    """The texts and codes of a concept, or a plain value as text."""
    found = [*texts_in(value), *(code for _, code in codings(value))]
    return [text.strip().lower() for text in found or [f"{value}"]]


def _discharged_dead(encounter: Entry) -> str:
    """The element in which an encounter ends with a death, as R4 and R5 name it; else nothing."""
    for name in ("hospitalization", "admission"):
        stated = within(encounter.resource.get(name), "dischargeDisposition")
        claims = {code for system, code in codings(stated) if "nubc" in system.lower()}
        if any(map(_DIED.search, _words(stated))) or claims & _DISCHARGED_DEAD:
            return f"{name}.dischargeDisposition"
    return ""
