"""What a resource says of a patient's death."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from botox_schedule.fhir.bundle import Entry
from botox_schedule.fhir.days import is_placeholder
from botox_schedule.fhir.elements import codings, is_taken_back, listed, text_of, texts_in, within
from botox_schedule.protocols.bundled import bundled_tables

_NO = frozenset({"none", "false", "no", "n", "f", "off", "0", "0.0", ""})
"""How files write that nobody died; ``none`` is a missing element."""
_DIED = re.compile(r"\b(exp|expired|died|dead|deceased|death)\b")
_VOID = frozenset({"cancelled", "entered-in-error", "not-done", "retracted"})
"""The statuses of what did not happen, or should not have been written."""
_PEOPLE, _DISPOSITION = frozenset({"Patient", "Person"}), "dischargeDisposition"
_STAYS = frozenset({"Claim", "Encounter", "ExplanationOfBenefit"})
_DISCHARGE = frozenset({"discharge", "discharge-status"})
"""The categories of what a claim says of a discharge."""
_FINDINGS = frozenset(
    {"Composition", "Condition", "DiagnosticReport", "DocumentReference", "Encounter", "Flag"}
    | {"Observation", "Procedure"}
)
_SAID_IN = ("code", "category", "type")
_SAID_BY_ANY = ("statusReason", "cancelationReason", "cancellationReason", "outcome")
"""Why something did not happen or how it ended; any resource can say so, in R4 or R5."""
_DEATH = re.compile(
    r"((patient:? (has )?|((patient|vital|discharge) )?(status|outcome) )?(is )?(dead( on arrival)?|died|deceased|expired|death)"
    r"|(unknown )?(manner|cause|date|time|date( and |\+)time) (of death|pronounced dead)"
    r"|brain death|death (certificate|certification|diagnosis)|fatal)( \(\w+\)| \[.*\])?"
)
_ALIVE = _NO | {"alive", "living", "n/a", "not-applicable", "not applicable", "removed"}
"""How the value of an observation about a death says that there is none."""
_MARKED = re.compile(r"\b(deceased|dec'?d|died)\b|[\u2020\u271d]")
"""How a name says it that a system without a field for deaths has."""
_OWN = re.compile(r"death|deceased")
_READ = frozenset({"deceasedBoolean", "deceasedDateTime", "_deceasedBoolean", "_deceasedDateTime"})


def is_dead(person: Entry) -> bool:
    """Return whether a death is stated, also where an extension replaces its day.

    A word that is not clearly a no counts: nobody calls the dead because of a ``1`` or ``"yes"``.
    """
    stated = str(person.resource.get("deceasedBoolean")).strip().lower()
    days = [person.resource.get(name) for name in ("deceasedDateTime", "_deceasedDateTime")]
    told = (day for day in days if str(day).strip().lower() not in _NO)
    return stated not in _NO or not all(map(is_placeholder, told))


def place_of_death(entry: Entry) -> str:
    """Return the element in which a resource says that its patient has died; else nothing."""
    resource, status = entry.resource, text_of(entry.resource, "status")
    if status == "entered-in-error" or is_taken_back(resource):
        return ""
    if entry.kind in _PEOPLE:
        return _place_in_person(entry)
    told = [(name, resource) for name in _SAID_BY_ANY if name in resource]
    if status not in _VOID:
        if entry.kind in _STAYS and (place := _discharged_dead(resource)):
            return place
        if entry.kind in _FINDINGS:
            told += [(name, resource) for name in _SAID_IN if name in resource]
            parts = enumerate(listed(resource, "component"))
            told += [(f"component[{number}].code", part) for number, part in parts]
    return next((place for place, one in told if _states_death(one, place)), "")


def _place_in_person(person: Entry) -> str:
    """Where a name, or an element or extension that is not read, says it."""
    names = [text for name in listed(person.resource, "name") for text in name.values()]
    if _MARKED.search(" ".join(map(str, names)).lower()):
        return "name"
    read = _READ if person.kind == "Patient" else frozenset()
    stated = [(name, value) for name, value in person.resource.items() if name not in read]
    for one in _extensions_in(person.resource):
        values = (value for name, value in one.items() if name.startswith("value"))
        stated += [(text_of(one, "url") or "", value) for value in values]
    told = (value for name, value in stated if _OWN.search(name.lower()))
    return "deceased" if any(_ALIVE.isdisjoint(_words(value)) for value in told) else ""


def _extensions_in(element: Any) -> Iterator[Mapping[str, Any]]:
    for extension in listed(element, "extension"):
        yield extension
        yield from _extensions_in(extension)


def _states_death(finding: Mapping[str, Any], element: str) -> bool:
    """Whether a code says it, alone or with its value; a value such as "no" says it of nobody."""
    stated = [v for k, v in finding.items() if k.startswith("value") or k == "dataAbsentReason"]
    values = {text for value in stated for text in _words(value)}
    name = element.rpartition(".")[2]
    concepts = listed(finding, name) or (finding.get(name),)
    # An order or an approval expires too.
    odd = {"expired"} if element in _SAID_BY_ANY else set()
    names = [text for concept in concepts for text in _words(concept) if text not in odd]
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
    stays = ("hospitalization", "admission")
    stated = {f"{name}.{_DISPOSITION}": within(resource.get(name), _DISPOSITION) for name in stays}
    for number, one in enumerate(listed(resource, "supportingInfo")):
        if not _DISCHARGE.isdisjoint(_words(one.get("category"))):
            stated[f"supportingInfo[{number}].code"] = one.get("code")
    # In Germany the code of a disposition stands in an extension.
    words = {name: [*_words(one), *_words(_coded_in(one))] for name, one in stated.items()}
    return next((name for name, found in words.items() if any(map(_DIED.search, found))), "")


def _coded_in(element: Any) -> Mapping[str, Any]:
    """What the extensions of an element say by code, as a concept."""
    return {"coding": [one.get("valueCoding") for one in _extensions_in(element)]}
