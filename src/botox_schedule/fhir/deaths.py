"""What a resource says of a patient's death."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
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
from botox_schedule.protocols.bundled import bundled_tables

_NO = frozenset({"none", "false", "no", "n", "f", "off", "0", "0.0", ""})
"""How files write that nobody died; ``none`` is a missing element."""
_DIED = re.compile(r"\b(exp|expired|died|dead|deceased|death)\b")
_VOID = frozenset({"cancelled", "entered-in-error", "not-done", "retracted"})
"""The statuses of what did not happen, or should not have been written."""
_PATIENT, _DISPOSITION = "Patient", "dischargeDisposition"
_STAYS = frozenset({"Claim", "Encounter", "ExplanationOfBenefit"})
_DISCHARGE = frozenset({"discharge", "discharge-status"})
"""The categories of what a claim says of a discharge."""
_FINDINGS = frozenset(
    {"Composition", "Condition", "DiagnosticReport", "DocumentReference", "Encounter", "Flag"}
    | {"Observation", "Procedure"}
)
_SAID_IN = ("code", "category", "type")
_DEATH = re.compile(
    r"((patient (has )?|((patient|vital|discharge) )?(status|outcome) )?(is )?(dead( on arrival)?|died|deceased|expired|death)"
    r"|(unknown )?(manner|cause|date|time|date( and |\+)time) (of death|pronounced dead)"
    r"|brain death|death (certificate|certification|diagnosis))( \(\w+\)| \[.*\])?"
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
    if text_of(entry.resource, "status") in _VOID or is_taken_back(entry.resource):
        return ""
    if entry.kind == _PATIENT:
        names = [text for name in listed(entry.resource, "name") for text in name.values()]
        return "name" if _MARKED.search(" ".join(map(str, names)).lower()) else ""
    if entry.kind in _STAYS and (place := _discharged_dead(entry.resource)):
        return place
    said = [name for name in _SAID_IN if name in entry.resource and entry.kind in _FINDINGS]
    return next((name for name in said if _states_death(entry.resource, name)), "")


def _states_death(finding: Mapping[str, Any], element: str) -> bool:
    """Whether a code says it, alone or with its value; a value such as "no" says it of nobody."""
    stated = [v for k, v in finding.items() if k.startswith("value") or k == "dataAbsentReason"]
    values = {text for value in stated for text in _words(value)}
    concepts = listed(finding, element) or [finding[element]]
    names = [text for concept in concepts for text in _words(concept)]
    # A word such as "dead" may be a tooth's; a code of a death is a patient's.
    coded = (meaning for value in stated for meaning in _meanings_in(value))
    told = [*names, *coded, *(f"{name} {value}" for name in names for value in values)]
    return values.isdisjoint(_ALIVE) and any(map(_DEATH.fullmatch, told))


def _words(value: Any) -> list[str]:
    """The texts, codes and meanings of codes of a concept, or a plain value as text."""
    found = [*texts_in(value), *(code for _, code in codings(value)), *_meanings_in(value)]
    return [text.strip().lower() for text in found or [f"{value}"]]


def _meanings_in(concept: Any) -> Iterator[str]:
    for system, code in codings(concept):
        parts, meaning = _meanings().get(code, ((), ""))
        if any(part in system.lower() for part in parts):
            yield meaning


@cache
def _meanings() -> Mapping[str, tuple[Sequence[str], str]]:
    """For each code of a death what an address of its system holds, and what it means."""
    tables = bundled_tables("deaths.toml")
    known = ((tables["systems"][row["system"]], row) for row in tables["codes"])
    return {code: (parts, row["meaning"]) for parts, row in known for code in row["codes"]}


def _discharged_dead(resource: Mapping[str, Any]) -> str:
    """The element in which an encounter, as R4 and R5 name it, or a claim ends with a death."""
    stated = {
        f"{name}.{_DISPOSITION}": within(resource.get(name), _DISPOSITION)
        for name in ("hospitalization", "admission")
    }
    for number, one in enumerate(listed(resource, "supportingInfo")):
        if not _DISCHARGE.isdisjoint(_words(one.get("category"))):
            stated[f"supportingInfo[{number}].code"] = one.get("code")
    return next((name for name, one in stated.items() if any(map(_DIED.search, _words(one)))), "")
