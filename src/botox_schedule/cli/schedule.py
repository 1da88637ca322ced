"""``botox-schedule schedule``: where every patient of a clinic's export stands.

Examples:
    botox-schedule schedule export.csv --as-of 2026-03-16
    botox-schedule schedule export.csv --care-ends ends.csv --date-format mdy
    botox-schedule schedule export.xlsx --column date='Svc Dt' --csv
    botox-schedule schedule - --json < export.csv
"""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any, cast

from botox_schedule.cli.arguments import region_of
from botox_schedule.cli.exports import NOTES, Clinic, clinic_of, export_options
from botox_schedule.cli.output import Answer
from botox_schedule.cli.tracks import ListedTrack, Rules, list_answer, listed_tracks

OPTIONS = export_options()
"""What the command takes."""
_SHOWN = (
    *("patient", "indication", "product", "last_session_on", "earliest", "due", "overdue_from"),
    *("lapsed_from", "typical_on", "status", "phase", "days_to_go", "booked_on", "clear"),
)
_SPARE = (
    *("clear", "phase", "lapsed_from", "product", "earliest", "last_session_on", "overdue_from"),
    *("typical_on", "booked_on"),
)


def answer(given: Namespace) -> Answer:
    """Return where every track stands."""
    clinic = clinic_of(given)
    tracks = tracks_of_clinic(clinic, given)
    return schedule_answer(clinic, tracks)


def tracks_of_clinic(clinic: Clinic, given: Namespace) -> list[ListedTrack]:
    """Return the tracks of a clinic, in order."""
    return listed_tracks(clinic.records, rules_of(clinic, given), clinic.incomplete)


def rules_of(clinic: Clinic, given: Namespace) -> Rules:
    """Return by which rules the tracks of a clinic are judged."""
    rules = Rules(clinic.as_of, clinic.policy, clinic.known, region_of(given))
    notes = {name: clinic.noted(name) for name in NOTES}
    return rules._replace(**cast("Any", notes))


def schedule_answer(
    clinic: Clinic,
    tracks: Sequence[ListedTrack],
    columns: Sequence[str] = _SHOWN,
    spare: Sequence[str] = _SPARE,
) -> Answer:
    """Return the list of a clinic's tracks, with what was read."""
    return list_answer(
        tracks,
        columns=columns,
        spare=spare,
        summary={
            "as_of": clinic.as_of,
            "summary": {**clinic.counts, "adult_assumed": clinic.adults_assumed},
        },
        head=head_of(clinic),
        problems=clinic.problems,
    )


def head_of(clinic: Clinic) -> list[str]:
    """Return what was read, in sentences."""
    counts = clinic.counts
    parts = ", ".join(
        f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if name != "rows"
    )
    return [
        f"as of {clinic.as_of}",
        f"{counts['rows']} rows: {parts}",
        f"{len(clinic.reading.patients)} patients; {clinic.adults_assumed} without a birth date count as adults",
    ]
