"""A clinic's worklist as one page that works without a network."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup

from botox_schedule import DueStatus
from botox_schedule.cli.answers import NOT_ADVICE
from botox_schedule.cli.clinic_schedule import ClinicSchedule, TrackRow
from botox_schedule.cli.schedule_answer import track_cells, track_columns
from botox_schedule.views.pages import render

_REACH = timedelta(days=200)
_WIDTH, _HEIGHT = 240, 22
_MOST_RIBBONS = 2000
_ORDER = [
    DueStatus.OVERDUE,
    DueStatus.DUE,
    DueStatus.ALLOWED,
    DueStatus.TOO_EARLY,
    DueStatus.LAPSED,
    DueStatus.ON_HOLD,
    DueStatus.DISCONTINUED,
    DueStatus.DECEASED,
    DueStatus.NO_INTERVAL,
    DueStatus.NO_HISTORY,
]
_NO_PROTOCOL = "no protocol"
_BEFORE_RIBBON = ("patient", "indication", "status", "days_to_go")
_AFTER_RIBBON = (
    "due",
    "overdue_from",
    "booked",
    "last_session",
    "earliest",
    "product",
    "phase",
    "lapsed_from",
    "notes",
)
_NOT_PRINTED = ("earliest", "product", "phase", "lapsed_from")


class _Cell(NamedTuple):
    text: str
    rank: int | None


class _Row(NamedTuple):
    before: Sequence[_Cell]
    ribbon: Markup
    after: Sequence[_Cell]


def report_html(schedule: ClinicSchedule) -> str:
    """Return the page: counts by status, a sortable table, a ribbon for each track."""
    as_of = schedule.as_of
    with_ribbons = len(schedule.tracks) <= _MOST_RIBBONS
    summary = schedule.summary
    not_counted = sum(summary.not_counted.values())
    return render(
        "report.html",
        title=f"Worklist as of {as_of}",
        as_of=as_of,
        first=as_of - _REACH,
        last=as_of + _REACH,
        summary=(
            f"{summary.rows} rows read, {not_counted} of them not counted; "
            f"{summary.patients} patients, {len(schedule.tracks)} tracks."
        ),
        counts=_counts(schedule.tracks),
        before=_BEFORE_RIBBON,
        after=_AFTER_RIBBON,
        spare=_NOT_PRINTED,
        rows=[_row(track, as_of, with_ribbons=with_ribbons) for track in schedule.tracks],
        ribbons=with_ribbons,
        problems=list(map(str, schedule.problems)),
        not_advice=NOT_ADVICE,
    )


def _row(track: TrackRow, as_of: date, *, with_ribbons: bool) -> _Row:
    values = dict(zip(track_columns(), track_cells(track), strict=True))
    ribbon = _ribbon(track, as_of) if with_ribbons else Markup()
    before, after = (
        [_cell(name, values[name]) for name in names] for names in (_BEFORE_RIBBON, _AFTER_RIBBON)
    )
    return _Row(before, ribbon, after)


def _counts(tracks: Iterable[TrackRow]) -> list[tuple[str, int]]:
    found = Counter(track.status for track in tracks)
    named = [(_said(status), found[status]) for status in _ORDER if found[status]]
    return named + ([(_NO_PROTOCOL, found[None])] if found[None] else [])


def _said(status: DueStatus) -> str:
    return status.value.replace("_", " ")


def _cell(column: str, value: object) -> _Cell:
    text = "" if value is None else str(value)
    if column == "status":
        rank = _ORDER.index(DueStatus(text)) if text else len(_ORDER)
        return _Cell(text.replace("_", " ") or _NO_PROTOCOL, rank)
    if column == "phase":
        text = text.replace("_", " ")
    return _Cell(text, value if isinstance(value, int) else None)


def _ribbon(track: TrackRow, as_of: date) -> Markup:
    """A small picture of the days around the day of the list; it repeats what the row says."""
    start = as_of - _REACH
    parts = [f'<path d="M0 11H{_WIDTH}" stroke="#999"/>']
    dates = track.dates
    if dates.due is not None and dates.overdue_from is not None:
        x, end = _at(dates.due, start), _at(dates.overdue_from, start)
        parts.append(
            f'<rect x="{x}" y="4" width="{max(end - x, 1):.1f}" height="14" fill="url(#due)"/>'
            f'<path d="M{end} 0V{_HEIGHT}" stroke="#8C3E00" stroke-width="1.5" stroke-dasharray="3 2"/>'
        )
    if track.last_session_on is not None:
        parts.append(
            f'<circle cx="{_at(track.last_session_on, start)}" cy="11" r="4" fill="#222"/>'
        )
    if track.booked_on is not None:
        x = _at(track.booked_on, start)
        parts.append(
            f'<path d="M{x} 6l5 5l-5 5l-5 -5z" fill="#fff" stroke="#222" stroke-width="1.5"/>'
        )
    parts.append(f'<path d="M{_at(as_of, start)} 0V{_HEIGHT}" stroke="#000" stroke-width="2"/>')
    return Markup(  # noqa: S704 - days and numbers only
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true">{"".join(parts)}</svg>'
    )


def _at(day: date, start: date) -> float:
    share = (day - start).days / (2 * _REACH.days)
    return round(min(max(share, -0.1), 1.1) * _WIDTH, 1)
