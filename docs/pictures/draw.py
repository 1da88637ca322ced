"""Draws the pictures of the documentation; the picture of the demo is a photograph of its page."""

from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path

import botox_schedule as bs
from botox_schedule.views import timeline_svg

_GIVEN = {
    "chronic-migraine": (date(2025, 6, 30), date(2025, 9, 22), date(2025, 12, 8)),
    "spasticity": (date(2025, 7, 7), date(2025, 10, 20)),
}
_BOOKED = date(2026, 3, 5)

_LAYERS = (
    ("cli", "command line", "the only reader of the clock"),
    ("views", "views", "pictures, pages and their words"),
    (
        "planning outcomes panel tables fhir ical testing",
        "wings",
        "each for one purpose; none imports another",
    ),
    ("botox_schedule", "root: the questions", "forecast, check_date, due_dates and the rest"),
    ("engine", "engine", "rules, holds, cycles, limits, dates, reasons"),
    ("protocols records policy", "the three inputs", "facts, what happened, what was chosen"),
    ("dates", "dates", "days, intervals, windows; the only user of dateutil"),
    ("values terms errors files", "ground", "base models, words, exceptions, reading of files"),
)
_TINTS = ("#eceff1", "#dceefb", "#cfe8d5", "#fbe5cc", "#e6e0f3", "#f7f0c8", "#fde0e0", "#eceff1")
_ROW = 56


def ribbon(width: int = 736) -> str:
    """Return the picture of a made-up patient with two indications."""
    sessions = [_session(day, indication) for indication, given in _GIVEN.items() for day in given]
    hold = bs.Hold(
        first=date(2026, 1, 12),
        last=date(2026, 2, 15),
        reason="surgery",
        indication="spasticity",
    )
    record = bs.PatientRecord(
        sessions=(*sessions, _session(_BOOKED, "chronic-migraine", bs.SessionStatus.BOOKED)),
        holds=(hold,),
        born_on=date(1980, 5, 17),
    )
    title = "A made-up patient with two indications"
    svg = timeline_svg(record, list(_GIVEN), as_of=date(2025, 12, 29), title=title, width=width)
    return svg + "\n"


def _session(
    day: date, indication: str, status: bs.SessionStatus = bs.SessionStatus.COMPLETED
) -> bs.TreatmentSession:
    return bs.TreatmentSession(
        administered_on=day,
        indication=indication,
        product=bs.Product.ONABOTULINUMTOXIN_A,
        units=Decimal(155),
        status=status,
    )


def layers() -> str:
    """Return the picture of the package's layers, the uppermost first."""
    height = 16 + _ROW * len(_LAYERS)
    rows = "".join(_layer(index) for index in range(len(_LAYERS)))
    words = "; ".join(f"{title}: {names}" for names, title, _ in _LAYERS)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" \
font-family="system-ui,sans-serif" role="img" aria-labelledby="t d">\
<title id="t">The layers of the package</title>\
<desc id="d">From top to bottom, each imports only from those below. {escape(words)}.</desc>\
<style>text{{fill:#1b1b1b}}.m{{font-family:ui-monospace,monospace;font-size:13px}}\
@media(prefers-color-scheme:dark){{.a{{stroke:#ccc}}.t{{fill:#ccc}}.h{{fill:#ccc}}}}</style>\
<path class="a" d="M24 14V{height - 14}" stroke="#555" stroke-width="2"/>\
<path class="h" d="M24 {height - 4}l-6-12h12z" fill="#555"/>\
<text class="t" x="14" y="{height / 2}" transform="rotate(-90 14 {height / 2})" \
text-anchor="middle" font-size="13">imports only downward</text>
{rows}</svg>
"""


def _layer(index: int) -> str:
    names, title, words = _LAYERS[index]
    top = 8 + _ROW * index
    return f"""<rect x="42" y="{top}" width="710" height="{_ROW - 6}" rx="4" \
fill="{_TINTS[index]}" stroke="#777"/>\
<text x="56" y="{top + 21}" font-size="15" font-weight="600">{escape(title)}</text>\
<text x="738" y="{top + 21}" text-anchor="end" font-size="13">{escape(words)}</text>\
<text class="m" x="56" y="{top + 40}">{escape(names)}</text>
"""


def phone() -> str:
    """Return the picture of the patient in the layout for phones."""
    return ribbon(360)


PICTURES = {"ribbon.svg": ribbon, "ribbon-phone.svg": phone, "layers.svg": layers}


if __name__ == "__main__":
    for name, draw in PICTURES.items():
        Path(__file__).with_name(name).write_text(draw(), encoding="utf-8")
