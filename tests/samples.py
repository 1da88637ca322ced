"""Small protocols and records that several test files share."""

from datetime import date, timedelta
from typing import Any

import botox_schedule as bs
from botox_schedule.engine.reading import Reading, read_record
from botox_schedule.policy import policy_or_default
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.questions import ask
from botox_schedule.testing import record_from_gaps

CHRONIC_MIGRAINE = "chronic-migraine"
MIGRAINE = bs.find_protocol(CHRONIC_MIGRAINE)
ALONE: dict[str, Any] = {"other_protocols": ()}
"""What is asked where no other protocol is known."""
TWELVE = {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks"}
FIRST_OF_NEXT = bs.SchedulingPolicy(short_month="first_of_next")
GIVEN: dict[str, Any] = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}
ADVISED = {
    "value": "12 weeks",
    "strength": "may",
    "key": "k",
    "place": "p",
    "verification": "clinic",
    "checked_on": "2026-01-05",
}
"""A minimum that its source only advises."""
DAY = timedelta(1)
ARM, LEG = "upper-limb-spasticity", "lower-limb-spasticity"


OWN: dict[str, Any] = {
    "id": "own",
    "version": "1",
    "region": "us",
    "indication": "chronic-migraine",
    "product": "Botox",
    "population": "adult",
    "retreatment": TWELVE,
}
"""The row of a clinic's own protocol."""


def protocol(**changed: Any) -> bs.TreatmentProtocol:
    """A protocol of chronic migraine with Botox, unless *changed* says otherwise."""
    return bs.TreatmentProtocol(**(OWN | changed))


def record(*days: str, **more: Any) -> bs.PatientRecord:
    """Sessions of chronic migraine with Botox."""
    sessions = [
        {
            "id": f"s-{number}",
            "administered_on": day,
            "indication": "chronic-migraine",
            "product": "Botox",
        }
        for number, day in enumerate(days)
    ]
    return bs.PatientRecord(sessions=sessions, **more)


def messages(found: Any, code: str) -> list[str]:
    """The sentences of the findings with a code."""
    return [finding.message for finding in found.findings if finding.code == code]


def codes(found: Any) -> set[str]:
    """The codes of the findings."""
    return {finding.code.value for finding in found.findings}


def override(**changed: Any) -> dict[str, Any]:
    """An override of the minimum by a clinician, from January on."""
    given = {
        "indication": "chronic-migraine",
        "first": "2026-01-01",
        "minimum": "8 weeks",
        "reason": "asked for",
        "authority": "clinician",
    }
    return given | changed


def overridden(*overrides: dict[str, Any]) -> bs.PatientRecord:
    base = {"indication": "chronic-migraine", "first": "2026-01-01", "authority": "clinician"}
    return bs.PatientRecord.model_validate(
        {
            "sessions": record_from_gaps([], starts_on=date(2026, 1, 5), units=155).sessions,
            "overrides": [{**base, "reason": str(n), **o} for n, o in enumerate(overrides)],
        }
    )


def allowed(given: bs.PatientRecord, *days: str, **asked: Any) -> list[bool | None]:
    """Whether the days are allowed for a patient with chronic migraine."""
    asked = {"as_of": "2026-02-01", "protocol": MIGRAINE, **asked}
    own = asked.pop("protocol")
    return [bs.check_date(given, own, on=day, **asked).allowed for day in days]


def rule(**changed: Any) -> dict[str, Any]:
    """When to treat again: every 12 weeks, unless *changed* says otherwise."""
    return {**TWELVE, **changed}


def reading_of(given: bs.PatientRecord, as_of: date) -> Reading:
    """What the engine reads of a record with the bundled protocols and the default policy."""
    return read_record(given, as_of, policy_or_default(None), known_protocols(None))


def held(first: str, last: str | None = None) -> dict[str, Any]:
    """A hold."""
    return {"first": first, "last": last, "reason": "x"}


def ended(on: str | None, kind: str = "discontinued") -> dict[str, Any]:
    """An end of care."""
    return {"on": on, "kind": kind}


def track_on(as_of: str, given: bs.PatientRecord, own: Any = MIGRAINE, **asked: Any) -> Any:
    """The track of a protocol on a day."""
    return ask(given, own, date.fromisoformat(as_of), **asked).track
