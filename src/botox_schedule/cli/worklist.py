"""``botox-schedule worklist``: whom to call, and where everybody else is.

Examples:
    botox-schedule worklist export.csv --holds holds.csv --care-ends ends.csv
    botox-schedule worklist a.csv --holds none --care-ends none --contacts b.csv
    botox-schedule worklist a.parquet --holds none --care-ends ends.csv --csv
    botox-schedule worklist a.csv --holds none --care-ends none --html list.html
"""

from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from botox_schedule.cli.arguments import CALENDAR, calendar_of
from botox_schedule.cli.exports import clinic_of, export_options
from botox_schedule.cli.output import Answer, write_file
from botox_schedule.cli.printed_list import list_html, list_xlsx
from botox_schedule.cli.schedule import rules_of, schedule_answer
from botox_schedule.cli.tracks import LEAD_DAYS, in_sections, listed_tracks

OPTIONS = (
    export_options(needed=("holds", "care_ends"))
    | CALENDAR
    | {
        f"--ahead DAYS:{LEAD_DAYS}": f"how many days before the due day a patient is called (default: {LEAD_DAYS})",
        "--population POPULATION": "whom the protocols are for (default: the patient's age decides)",
        "--html FILE": "a list to print and tick, as a page",
        "--xlsx FILE": "a list to print and tick, as a spreadsheet (extra 'excel')",
    }
)
"""What the command takes."""
_SHOWN = (
    *("patient", "indication", "reason", "last_session_on", "due", "days_to_go", "call_by"),
    *("last_chance_on", "typical_on", "next_look_on", "booked_on"),
)
_SPARE = ("last_session_on", "last_chance_on", "days_to_go", "typical_on", "booked_on", "call_by")


def answer(given: Namespace) -> Answer:
    """Return every track in the section of the day's work that it belongs to."""
    clinic = clinic_of(given)
    asked = any((given.open, given.closed, given.country, given.subdivision))
    rules = rules_of(clinic, given)._replace(
        population=given.population,
        lead_days=given.ahead,
        is_open=calendar_of(given) if asked else None,
    )
    tracks = listed_tracks(clinic.records, rules, clinic.incomplete)
    found = schedule_answer(clinic, tracks, _SHOWN, _SPARE)
    outputs: Sequence[tuple[Path | None, Callable[..., bytes | str]]] = [
        (given.html, list_html),
        (given.xlsx, list_xlsx),
    ]
    sections = in_sections(tracks)
    for path, make in outputs:
        if path is not None:
            write_file(path, make(sections, clinic.as_of, clinic.problems))
    told = [f"written to {path}" for path, _ in outputs if path is not None]
    return found._replace(text=[*told, *found.text], remarks=[*told, *found.remarks])
