"""``botox-schedule adherence``: how regularly each track of an export was treated.

Examples:
    botox-schedule adherence export.csv
    botox-schedule adherence export.csv --gap-days 30 --care-ends ends.csv --csv
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from botox_schedule.cli.exports import Clinic, clinic_of, export_options
from botox_schedule.cli.output import Answer, Row, Table, Told, flat, list_answer
from botox_schedule.cli.tracks import ListedTrack
from botox_schedule.dates.days import counted
from botox_schedule.engine.track import Track
from botox_schedule.engine.worklist import UNREAD
from botox_schedule.outcomes import Adherence, adherence

OPTIONS = export_options(notes={}) | {
    "--gap-days DAYS": "days without expected effect that do not end an episode (without it: no episodes)"
}
"""What the command takes."""
_FIGURES = (
    *("cycles", "held_cycles", "on_time", "early", "late", "on_time_share"),
    *("covered_between", "covered_to_end", "persistent_days", "is_censored"),
)
_COLUMNS = ("patient", "indication", *_FIGURES, "episodes", "session_left_out")
_SPARE = (
    *("covered_between", "held_cycles", "is_censored", "episodes", "covered_to_end"),
    *("persistent_days", "on_time_share", "session_left_out"),
)
_WITHOUT = "without a protocol, or with rows that could not be read; 'schedule' shows which"


def answer(given: Namespace) -> Answer:
    """Return the figures of each track."""
    clinic = clinic_of(given)
    tracks = clinic.tracks()
    found = [*_judged(clinic, tracks, given.gap_days)]
    rows = [{**row, **_cells(judged)} for row, judged in found]
    without = len(tracks) - len(found)
    read = clinic.told
    data = {**read.data, "tracks": [{**row, "adherence": judged} for row, judged in found]}
    problems = [*read.problems, *[f"{counted(without, 'track')} {_WITHOUT}"][:without]]
    told = Told([*read.head, _gap_words(given.gap_days)], data, problems)
    return list_answer(rows, Table(_COLUMNS, [("", rows)], _SPARE), told)


def _judged(
    clinic: Clinic, tracks: Sequence[ListedTrack], gap_days: int | None
) -> Iterator[tuple[Row, Adherence]]:
    for listed in tracks:
        followed = listed.followed()
        if followed is None or not isinstance(track := followed.track, Track):
            continue
        judged = adherence(
            track.record,
            track.protocol,
            as_of=clinic.rules.as_of,
            permissible_gap_days=gap_days,
            policy=clinic.rules.policy,
            other_protocols=clinic.rules.known,
        )
        # An interval across a session that is missing is too long.
        row = {"patient": listed.patient, "indication": track.indication}
        yield row | {"session_left_out": listed.place == UNREAD}, judged


def _cells(judged: Adherence) -> Row:
    return {**flat(judged, *_FIGURES), "episodes": len(judged.episodes) or None}


def _gap_words(gap: int | None) -> str:
    if gap is None:
        return "no permissible gap was stated, so episodes are not looked for"
    return f"an episode ends after {gap} days without expected effect"
