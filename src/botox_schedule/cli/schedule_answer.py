"""What the command ``schedule`` answers."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from botox_schedule import DueStatus
from botox_schedule.cli.answers import NOT_ADVICE
from botox_schedule.cli.clinic_schedule import ClinicSchedule, TrackRow
from botox_schedule.cli.output import Answer
from botox_schedule.cli.text import Lines, TextTable, table
from botox_schedule.engine.explanations import DATE_NAMES

_COLUMNS = (
    "patient",
    "indication",
    "product",
    "last_session",
    *DATE_NAMES,
    "status",
    "phase",
    "days_to_go",
    "booked",
    "notes",
)
_SPARE = (
    "status",
    "lapsed_from",
    "product",
    "phase",
    "notes",
    "earliest",
    "last_session",
    "overdue_from",
)
_TITLES = {
    DueStatus.OVERDUE: "Overdue, the longest first",
    DueStatus.DUE: "Due",
    DueStatus.ALLOWED: "Allowed, not yet due",
    DueStatus.TOO_EARLY: "Too early, the next first",
    DueStatus.LAPSED: "Lapsed",
}
_SILENT = "Without a due day"


def track_columns() -> Sequence[str]:
    """Return the names of the cells of a track."""
    return _COLUMNS


def track_cells(track: TrackRow) -> Sequence[object]:
    """Return the cells of a track, in the order of the columns."""
    to_go = track.days_to_due if track.days_to_due is not None else track.days_to_earliest
    return (
        track.patient,
        track.indication,
        track.product,
        track.last_session_on,
        *track.dates.boundaries,
        None if track.status is None else track.status.value,
        None if track.phase is None else track.phase.value,
        to_go,
        track.booked_on,
        "; ".join(track.notes),
    )


def schedule_answer(schedule: ClinicSchedule) -> Answer:
    """Where every track of an export stands, in the order in which it is worked through."""
    problems = list(map(str, schedule.problems))

    def rows() -> list[Sequence[object]]:
        return [track_cells(track) for track in schedule.tracks]

    def text() -> Lines:
        lines: list[str | TextTable] = [*_header(schedule)]
        for title, tracks in _sections(schedule.tracks):
            lines += [
                "",
                f"{title} ({len(tracks)})",
                *table(_COLUMNS, map(track_cells, tracks), _SPARE),
            ]
        if problems:
            lines += ["", f"Problems ({len(problems)})", *problems]
        return [*lines, "", NOT_ADVICE]

    def data() -> Any:
        return {
            "as_of": str(schedule.as_of),
            "summary": schedule.summary._asdict(),
            "tracks": [dict(zip(_COLUMNS, map(_plain, row), strict=True)) for row in rows()],
            "problems": [problem._asdict() for problem in schedule.problems],
        }

    return Answer(text, data, _COLUMNS, rows, int(bool(problems)), problems)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, date) else value


def _header(schedule: ClinicSchedule) -> list[str]:
    summary = schedule.summary
    outcomes = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in summary.not_counted.items()
    )
    not_counted = sum(summary.not_counted.values())
    rows = f"{summary.rows} rows read: {summary.counted} counted, {not_counted} not counted"
    patients = f"{summary.patients} patients; an adult was assumed for {summary.adult_assumed}"
    return [
        f"as of {schedule.as_of}",
        rows + (f" ({outcomes})" if outcomes else ""),
        f"{patients} without a birth date",
    ]


def _sections(tracks: Iterable[TrackRow]) -> Iterable[tuple[str, list[TrackRow]]]:
    found: dict[str, list[TrackRow]] = {}
    for track in tracks:
        title = _SILENT if track.status is None else _TITLES.get(track.status, _SILENT)
        if title == _TITLES[DueStatus.ALLOWED] and track.dates.due is None:
            title = "Allowed, no usual range stated"
        found.setdefault(title, []).append(track)
    order = [*_TITLES.values()]
    order.insert(3, "Allowed, no usual range stated")
    return [(title, found[title]) for title in (*order, _SILENT) if title in found]
