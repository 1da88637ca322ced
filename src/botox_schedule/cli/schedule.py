"""``botox-schedule schedule``: the status of every patient in a clinic's export.

Examples:
    botox-schedule schedule export.csv --as-of 2026-03-16
    botox-schedule schedule export.csv --care-ends ends.csv --date-format mdy
    botox-schedule schedule export.xlsx --column date='Svc Dt' --csv
    botox-schedule schedule - --json < export.csv
"""

from argparse import Namespace

from botox_schedule.cli.exports import Clinic, clinic_of, export_options
from botox_schedule.cli.output import Answer, Table
from botox_schedule.cli.tracks import tracks_answer

OPTIONS = export_options()
"""What the command takes."""
_TABLE = Table(
    columns=(
        *("patient", "indication", "product", "last_session_on", "earliest", "due"),
        *("overdue_from", "lapsed_from", "typical_on", "status", "phase", "days_to_go"),
        *("booked_on", "clear"),
    ),
    spare=(
        *("clear", "phase", "lapsed_from", "product", "earliest", "last_session_on"),
        *("overdue_from", "typical_on", "booked_on"),
    ),
)


def answer(given: Namespace) -> Answer:
    """Return the status and the dates of every track."""
    return schedule_answer(clinic_of(given))


def schedule_answer(clinic: Clinic) -> Answer:
    """Return the list of a clinic's tracks, with what was read."""
    return tracks_answer(clinic.tracks(), _TABLE, clinic.told)
