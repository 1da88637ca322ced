"""Draws the pictures of the README; the picture of the demo is a photograph of its page."""

from pathlib import Path

import botox_schedule as bs
from botox_schedule.views.timeline import timeline_svg

_DAYS = {
    "chronic-migraine": ["2025-06-30", "2025-09-22", "2025-12-08"],
    "spasticity": ["2025-07-07", "2025-10-20"],
}


def ribbon(width: int = 860) -> str:
    """Return the picture of a made-up patient with two indications."""
    sessions = [
        {"administered_on": day, "indication": indication, "product": "Botox", "units": 155}
        for indication, given in _DAYS.items()
        for day in given
    ]
    booking = {
        "administered_on": "2026-03-05",
        "indication": "chronic-migraine",
        "product": "Botox",
        "units": 155,
        "status": "booked",
    }
    hold = {
        "first": "2026-01-12",
        "last": "2026-02-15",
        "reason": "surgery",
        "indication": "spasticity",
    }
    record = bs.PatientRecord(sessions=[*sessions, booking], holds=[hold], born_on="1980-05-17")
    title = "A made-up patient with two indications"
    svg = timeline_svg(record, list(_DAYS), as_of="2025-12-29", title=title, width=width)
    return svg + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("ribbon.svg").write_text(ribbon(), encoding="utf-8")
