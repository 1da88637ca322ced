"""``botox-schedule report``: a clinic's list as one HTML page.

Examples:
    botox-schedule report export.csv --html worklist.html
    botox-schedule report export.csv --care-ends ends.csv --html worklist.html
"""

from argparse import Namespace

from botox_schedule.cli.arguments import extra
from botox_schedule.cli.exports import clinic_of, export_options
from botox_schedule.cli.output import Answer, Table, noted
from botox_schedule.cli.tracks import DAYS, NOTED, ListedTrack, tracks_answer
from botox_schedule.dates.days import counted
from botox_schedule.engine.worklist import UNREAD
from botox_schedule.files import write_whole

OPTIONS = export_options() | {"--html FILE!": "the page to write"}
"""What the command takes."""
_UNREAD = "rows of the patient could not be read, or may be under a key like it"


def answer(given: Namespace) -> Answer:
    """Write the page."""
    with extra("handout"):
        from botox_schedule.views.report import ReportRow, report_html  # noqa: PLC0415 - an extra

    def row_of(track: ListedTrack) -> ReportRow:
        found, section = track.forecast(), track.place.section.words
        unread = (track.problem or _UNREAD) if track.place == UNREAD else ""
        notes = (*filter(None, (unread, noted(track.row, ("", *NOTED[1:], *DAYS[1:])))),)
        if found is None:
            return ReportRow(patient=track.patient, indication="", section=section, notes=notes)
        row = dict(ReportRow.of(track.patient, found, section, notes))
        is_open = [one for one in found.findings if one.code not in track.row["acknowledged"]]
        return ReportRow(**row | {"findings": is_open})

    clinic = clinic_of(given)
    tracks = clinic.tracks()
    rows = [*map(row_of, tracks)]
    found = tracks_answer(tracks, Table(()), clinic.told)
    summary = f"{'; '.join(found.remarks)}."
    html = report_html(rows, as_of=clinic.rules.as_of, summary=summary, problems=found.problems)
    write_whole(given.html, html, private=True)
    told = f"{counted(len(tracks), 'track')} written to {given.html}"
    return found._replace(text=[told], remarks=[told])
