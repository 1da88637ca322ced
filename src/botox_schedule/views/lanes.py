"""What records and forecasts look like in a notebook: a ribbon and a small table.

It reads attributes only, so that the values themselves can use it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any

from botox_schedule.views.chart import Band, Lane, Line, Mark, Ribbon, draw

_ONE_DAY = timedelta(days=1)
_WINDOWS = ("onset", "peak", "wear_off")
WORDS = {
    "held": "on hold",
    "onset": "onset",
    "peak": "peak",
    "wear_off": "wear-off",
    "due": "due",
    "full": "session",
    "early": "early",
    "late": "late",
    "touch_up": "touch-up",
    "booked": "booked",
    "overdue": "overdue",
    "allowed": "allowed",
    "window": "{first} to {last}",
    "from": "from {first} on",
}
"""The words of a ribbon; what stands in braces is replaced by days."""


def due_parts(dates: Any, words: Mapping[str, str] = WORDS) -> tuple[list[Band], list[Line]]:
    """Return the due window and the overdue line, or where the allowed days begin."""
    if dates.due is not None and dates.overdue_from is not None:
        last = dates.overdue_from - _ONE_DAY
        window = words["window"].format(first=dates.due, last=last)
        after = words["from"].format(first=dates.overdue_from)
        due = Band("due", dates.due, last, f"{words['due']}: {window}")
        return [due], [Line(dates.overdue_from, f"{words['overdue']}: {after}")]
    if dates.earliest is not None:
        after = words["from"].format(first=dates.earliest)
        return [], [Line(dates.earliest, f"{words['allowed']}: {after}")]
    return [], []


def response_bands(
    timeline: Any, note: str = "", before: Any = None, words: Mapping[str, str] = WORDS
) -> Iterable[Band]:
    """Yield the windows of the response, as far as the day *before* leaves them."""
    for name in _WINDOWS:
        window = getattr(timeline, name)
        if window is None or (before is not None and window.first >= before):
            continue
        last = window.last if before is None else min(window.last, before - _ONE_DAY)
        days = words["window"].format(first=window.first, last=window.last)
        yield Band(name, window.first, last, f"{words[name]}: {days}{note}", row=1)


def legend(lanes: Sequence[Lane], words: Mapping[str, str] = WORDS) -> dict[str, str]:
    """Return the words for what the lanes show."""
    shown = {band.kind for lane in lanes for band in lane.bands}
    shown |= {mark.kind for lane in lanes for mark in lane.marks}
    return {kind: words[kind] for kind in words if kind in shown}


def forecast_html(found: Any) -> str:
    """Return a forecast as a ribbon and a table; without ids."""
    bands, lines = due_parts(found.dates)
    marks = []
    if found.last_session_on is not None:
        words = f"cycle {found.cycle_number}: {found.last_session_on}"
        marks.append(Mark("full", found.last_session_on, words))
    if found.booking is not None:
        marks.append(Mark("booked", found.booking.on, f"booked: {found.booking.on}"))
    if found.timeline is not None:
        bands += response_bands(found.timeline)
    title = f"{found.protocol.indication.replace('-', ' ')}, {found.protocol.product}"
    lane = Lane(f"{title}: {_said(found.status)}", bands, marks, lines)
    rows: list[tuple[str, object]] = [("status", _said(found.status))]
    names = ("earliest", "due", "overdue_from", "lapsed_from")
    rows += [(_said(name), getattr(found.dates, name)) for name in names]
    rows += [("cycle", found.cycle_number), ("last session", found.last_session_on)]
    rows += [("phase", None if found.phase is None else _said(found.phase))]
    rows += [("finding", str(finding)) for finding in found.findings]
    description = "; ".join(f"{name} {value}" for name, value in rows if value is not None)
    now = Line(found.as_of, f"as of {found.as_of}")
    return _page(Ribbon(title, description, [lane], now, legend([lane])), ("", ""), rows)


def record_html(record: Any) -> str:
    """Return a record as a ribbon and a table; without ids and free text."""
    by_indication: dict[str, list[Any]] = {}
    for session in sorted(record.sessions, key=lambda s: s.administered_on):
        by_indication.setdefault(session.indication, []).append(session)
    lanes = [
        Lane(name.replace("-", " "), _holds(record.holds, name), list(_marks(sessions)))
        for name, sessions in sorted(by_indication.items())
    ]
    rows = [(name, *_counts(sessions)) for name, sessions in sorted(by_indication.items())]
    header = ("indication", "completed", "first", "last", "booked")
    description = f"{len(record.sessions)} sessions of {len(lanes)} indications"
    ribbon = Ribbon("A patient's sessions", description, lanes, None, legend(lanes))
    return _page(ribbon, header, rows)


def _said(word: object) -> str:
    return str(word).replace("_", " ")


def _holds(holds: Iterable[Any], indication: str) -> list[Band]:
    return [
        Band("held", hold.first, hold.last or hold.first, f"on hold: from {hold.first}")
        for hold in holds
        if hold.indication in {None, indication}
    ]


def _marks(sessions: Iterable[Any]) -> Iterable[Mark]:
    for session in sessions:
        kind = "booked" if session.status == "booked" else str(session.kind)
        if session.status in {"completed", "booked"}:
            yield Mark(kind, session.administered_on, f"{WORDS[kind]}: {session.administered_on}")


def _counts(sessions: Sequence[Any]) -> tuple[object, ...]:
    given = [s.administered_on for s in sessions if s.status == "completed"]
    booked = [s.administered_on for s in sessions if s.status == "booked"]
    first, last = (given[0], given[-1]) if given else (None, None)
    return len(given), first, last, len(booked)


def _page(ribbon: Ribbon, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header) if any(header) else ""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div>{draw(ribbon)}{table}</div>"


def _cell(value: object) -> str:
    return f"<td>{'–' if value is None else escape(str(value))}</td>"  # noqa: RUF001 - a dash
