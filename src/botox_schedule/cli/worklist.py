"""``botox-schedule worklist``: who to call, and where everybody else is.

Examples:
    botox-schedule worklist export.csv --holds holds.csv --care-ends ends.csv
    botox-schedule worklist a.csv --holds none --care-ends none --contacts b.csv
    botox-schedule worklist a.parquet --holds none --care-ends ends.csv --csv
    botox-schedule worklist a.csv --holds none --care-ends none --html list.html
"""

from argparse import Namespace

from botox_schedule.cli.arguments import CALENDAR, calendar_of
from botox_schedule.cli.exports import clinic_of, export_options
from botox_schedule.cli.output import Answer, Table
from botox_schedule.cli.printed_list import list_html, list_xlsx
from botox_schedule.cli.tracks import LEAD_DAYS, titled, tracks_answer
from botox_schedule.files import write_whole

OPTIONS = export_options(needed=("holds", "care_ends")) | {
    **CALENDAR,
    "--open WEEKDAYS": "weekdays to call on (default: every day; mon,tue,wed,thu,fri where closed days or a country are given)",
    f"--ahead DAYS:{LEAD_DAYS}": f"how many days before the due day a patient is called (default: {LEAD_DAYS})",
    "--html FILE": "a list to print and tick, as a page",
    "--xlsx FILE": "a list to print and tick, as a spreadsheet (extra 'excel')",
}
"""What the command takes."""
_TABLE = Table(
    columns=(
        *("patient", "indication", "reason", "status", "last_session_on", "due", "days_to_go"),
        *("call_by", "last_chance_on", "typical_on", "next_look_on", "booked_on"),
    ),
    spare=(
        *("last_session_on", "last_chance_on", "days_to_go", "typical_on", "call_by"),
        *("status", "next_look_on", "booked_on"),
    ),
)


def answer(given: Namespace) -> Answer:
    """Return every track in the section of the day's work that it belongs to."""
    clinic = clinic_of(given)
    asked = any((given.open, given.closed, given.country, given.subdivision))
    tracks = clinic.tracks(lead_days=given.ahead, is_open=calendar_of(given) if asked else None)
    found = tracks_answer(tracks, _TABLE, clinic.told)
    papers = ((given.html, list_html), (given.xlsx, list_xlsx))
    listed = titled(tracks), clinic.rules.as_of, found.problems
    # All are made before one is written: a missing extra leaves no list behind.
    made = {path: make(*listed) for path, make in papers if path is not None}
    for path, content in made.items():
        write_whole(path, content, private=True)
    told = [f"written to {path}" for path in made]
    return found._replace(text=[*told, *found.text], remarks=[*told, *found.remarks])
