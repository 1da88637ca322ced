"""Draws the pictures of the README; the picture of the demo is a photograph of its page."""

from pathlib import Path

import botox_schedule as bs
from botox_schedule.views.timeline import timeline_svg

_DAYS = {
    "chronic-migraine": ["2025-01-06", "2025-03-31", "2025-06-16", "2025-09-22", "2025-12-15"],
    "spasticity": ["2025-02-03", "2025-05-12", "2025-11-10"],
}


def ribbon() -> str:
    """Return the ribbon of a made-up patient with two indications."""
    sessions = [
        {"administered_on": day, "indication": indication, "product": "Botox", "units": 155}
        for indication, given in _DAYS.items()
        for day in given
    ]
    booking = {
        "administered_on": "2026-03-12",
        "indication": "chronic-migraine",
        "product": "Botox",
    }
    record = bs.PatientRecord(
        sessions=[*sessions, {**booking, "status": "booked"}],
        holds=[
            {
                "first": "2025-07-10",
                "last": "2025-10-01",
                "reason": "infection",
                "indication": "spasticity",
            }
        ],
    )
    protocols = [bs.find_protocol(indication) for indication in _DAYS]
    title = "A made-up patient with two indications"
    return timeline_svg(record, protocols, as_of="2026-02-20", title=title) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("ribbon.svg").write_text(ribbon(), encoding="utf-8")
