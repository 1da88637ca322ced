"""Small protocols and records that several test files share."""

from datetime import date
from typing import Any

import botox_schedule as bs
from botox_schedule.testing import record_from_gaps

MIGRAINE = bs.find_protocol("chronic-migraine")
TWELVE = {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks"}


def protocol(**changed: Any) -> bs.TreatmentProtocol:
    """A protocol of chronic migraine with Botox, unless *changed* says otherwise."""
    given: dict[str, Any] = {
        "id": "own",
        "version": "1",
        "region": "us",
        "indication": "chronic-migraine",
        "product": "Botox",
        "population": "adult",
        "retreatment": TWELVE,
    }
    return bs.TreatmentProtocol(**(given | changed))


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
