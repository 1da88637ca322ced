"""A dated ribbon as SVG: lanes of bands and marks over one axis of days.

It draws what it is given and knows nothing of treatments. Colors are those of Okabe and Ito;
each kind of band has a hatching of its own, so that nothing rests on color.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from html import escape
from typing import NamedTuple
from zlib import crc32

_LEFT, _RIGHT = 8, 8
_AXIS, _LANE, _ROW = 30, 74, 15
_CHAR = 6.2
_SMALLEST = 3.0
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12_000)
_STYLES = {
    # kind: fill, stroke, hatching
    "held": ("#BBBBBB", "#555555", "cross"),
    "onset": ("#56B4E9", "#1B6C9C", "dots"),
    "peak": ("#0072B2", "#004A75", "solid"),
    "wear_off": ("#E69F00", "#8A5F00", "rising"),
    "due": ("#D55E00", "#8C3E00", "falling"),
}
_HATCHINGS = {
    "cross": '<path d="M0 0L6 6M6 0L0 6" stroke="{s}" stroke-width=".8"/>',
    "dots": '<circle cx="3" cy="3" r="1.1" fill="{s}"/>',
    "solid": "",
    "rising": '<path d="M0 6L6 0" stroke="{s}" stroke-width="1.2"/>',
    "falling": '<path d="M0 0L6 6" stroke="{s}" stroke-width="1.6"/>',
}
_SHAPES = {
    "full": '<circle cx="{x}" cy="{y}" r="4.5" fill="#222"/>',
    "early": '<circle cx="{x}" cy="{y}" r="4" fill="#fff" stroke="#222" stroke-width="2"/>',
    "late": '<path d="M{x} {y}m-4.5 -4.5h9v9h-9z" fill="#222"/>',
    "touch_up": '<path d="M{x} {y}m0 -4l4 7h-8z" fill="#222"/>',
    "booked": '<path d="M{x} {y}m0 -5l5 5l-5 5l-5 -5z" fill="#fff" stroke="#222" stroke-width="1.6"/>',
}


class Band(NamedTuple):
    """Days of one kind, both ends included; *row* 0 lies on the line, 1 below it."""

    kind: str
    first: date
    last: date
    label: str
    row: int = 0


class Mark(NamedTuple):
    """Something that happened on one day."""

    kind: str
    on: date
    label: str


class Line(NamedTuple):
    """A day across all lanes, or across one."""

    on: date
    label: str
    dashed: bool = True


class Lane(NamedTuple):
    """One track."""

    title: str
    bands: Sequence[Band] = ()
    marks: Sequence[Mark] = ()
    lines: Sequence[Line] = ()


class Ribbon(NamedTuple):
    """Everything on one axis.

    Attributes:
        title: What the picture shows, in a few words.
        description: The same as a sentence or two, for those who do not see it.
        lanes: The tracks, from above.
        as_of: The line across all lanes, or None.
        legend: The words for each kind of band and mark that is shown.
        width: In pixels.
        months: The twelve months of the axis, with spaces between them.
    """

    title: str
    description: str
    lanes: Sequence[Lane]
    as_of: Line | None
    legend: dict[str, str]
    width: int = 860
    months: str = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"


class _Axis:
    """Where a day lies."""

    def __init__(self, first: date, last: date, width: int) -> None:
        self.first, self.last = first, last
        self.origin = first.toordinal()
        self.scale = (width - _LEFT - _RIGHT) / max((last - first).days + 1, 1)

    def at(self, day: date) -> float:
        """The left edge of *day*."""
        return round(_LEFT + (day.toordinal() - self.origin) * self.scale, 1)

    def middle(self, day: date) -> float:
        """The middle of *day*."""
        return round(_LEFT + (day.toordinal() - self.origin + 0.5) * self.scale, 1)


def draw(ribbon: Ribbon) -> str:
    """Return the ribbon as an SVG element that can stand in a page beside others."""
    axis = _axis(ribbon)
    height = _AXIS + _LANE * len(ribbon.lanes) + (_ROW + 8 if ribbon.legend else 4)
    body: list[str] = list(_ticks(axis, _AXIS + _LANE * len(ribbon.lanes), ribbon.months.split()))
    for number, lane in enumerate(ribbon.lanes):
        body += _lane(lane, _AXIS + _LANE * number, axis, ribbon.width)
    if ribbon.as_of is not None:
        body += _now(ribbon.as_of, axis, _AXIS + _LANE * len(ribbon.lanes), ribbon.width)
    body += _legend(ribbon.legend, height - 8)
    text = "".join(body)
    key = f"r{crc32(f'{ribbon.title}{ribbon.description}{text}'.encode()):08x}"
    kinds = [kind for kind in _STYLES if f"url(#KEY{kind})" in text]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{key}t {key}d" '
        f'viewBox="0 0 {ribbon.width} {height}" width="{ribbon.width}" height="{height}" '
        'style="max-width:100%;height:auto;background:#fff" '
        'font-family="system-ui,sans-serif" font-size="11" fill="#222">'
        f'<title id="{key}t">{escape(ribbon.title)}</title>'
        f'<desc id="{key}d">{escape(ribbon.description)}</desc>'
        f"<defs>{''.join(_pattern(kind, key) for kind in kinds)}</defs>"
        f"{text.replace('url(#KEY', f'url(#{key}')}</svg>"
    )


def _axis(ribbon: Ribbon) -> _Axis:
    days = [day for lane in ribbon.lanes for day in _days(lane)]
    if ribbon.as_of is not None:
        days.append(ribbon.as_of.on)
    days = days or [date(2000, 1, 1)]
    room = max((max(days) - min(days)).days // 40, 3)
    first = max(min(days).toordinal() - room, 1)
    last = min(max(days).toordinal() + room, date.max.toordinal())
    return _Axis(date.fromordinal(first), date.fromordinal(last), ribbon.width)


def _days(lane: Lane) -> Iterable[date]:
    for band in lane.bands:
        yield band.first
        yield band.last
    yield from (mark.on for mark in lane.marks)
    yield from (line.on for line in lane.lines)


def _pattern(kind: str, key: str) -> str:
    fill, stroke, hatching = _STYLES[kind]
    return (
        f'<pattern id="{key}{kind}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{fill}"/>{_HATCHINGS[hatching].format(s=stroke)}</pattern>'
    )


def _ticks(axis: _Axis, bottom: int, names: Sequence[str]) -> Iterable[str]:
    """The months of the axis, as close as their words leave room for."""
    months = (axis.last - axis.first).days / 30
    step = next((step for step in _STEPS if months / step <= 14), _STEPS[-1])
    room = _LEFT + (axis.last - axis.first).days * axis.scale
    index = axis.first.year * 12 + axis.first.month  # the month after the first day's
    index += -index % step
    while (day := _first_of(index)) is not None and day <= axis.last:
        words = f"{day.year}" if step >= 12 else f"{names[day.month - 1]} {day.year}"
        x = axis.at(day)
        yield f'<path d="M{x} 18V{bottom}" stroke="#ddd"/>'
        if x < room - _CHAR * len(words):
            yield f'<text x="{x + 2}" y="14" fill="#555">{words}</text>'
        index += step


def _first_of(index: int) -> date | None:
    year, month = divmod(index, 12)
    return date(year, month + 1, 1) if 1 <= year <= date.max.year else None


def _lane(lane: Lane, top: int, axis: _Axis, width: int) -> Iterable[str]:
    line = top + 34
    yield f'<text x="{_LEFT}" y="{top + 12}" font-weight="600">{escape(lane.title)}</text>'
    yield f'<path d="M{_LEFT} {line}H{width - _RIGHT}" stroke="#999"/>'
    for band in lane.bands:
        yield from _band(band, top, axis)
    for extra in lane.lines:
        yield from _dashed(extra, top, axis, width)
    for mark in lane.marks:
        shape = _SHAPES[mark.kind].format(x=axis.middle(mark.on), y=line)
        yield f"<g><title>{escape(mark.label)}</title>{shape}</g>"


def _band(band: Band, top: int, axis: _Axis) -> Iterable[str]:
    x = axis.at(band.first)
    wide = round(max(axis.at(band.last + _ONE_DAY) - x, 1.0), 1)
    if band.row and wide < _SMALLEST:
        return
    y, high = (top + 24, 20) if band.row == 0 else (top + 48, 10)
    stroke = _STYLES[band.kind][1]
    yield (
        f'<g><title>{escape(band.label)}</title><rect x="{x}" y="{y}" width="{wide}" '
        f'height="{high}" fill="url(#KEY{band.kind})" stroke="{stroke}"/>'
    )
    words = escape(band.label.partition(":")[0])
    if len(words) * _CHAR <= wide:
        halo = "" if band.row else ' paint-order="stroke" stroke="#fff" stroke-width="3"'
        yield f'<text x="{x + 3}" y="{top + 70 if band.row else top + 38}"{halo}>{words}</text>'
    yield "</g>"


_ONE_DAY = timedelta(days=1)


def _dashed(line: Line, top: int, axis: _Axis, width: int) -> Iterable[str]:
    x = axis.at(line.on)
    words = line.label.partition(":")[0]
    anchor = ' text-anchor="end"' if x + len(words) * _CHAR > width - _RIGHT else ""
    shift = -3 if anchor else 3
    yield (
        f'<g><title>{escape(line.label)}</title><path d="M{x} {top + 16}V{top + 60}" '
        f'stroke="#8C3E00" stroke-width="1.6" stroke-dasharray="4 3"/>'
        f'<text x="{x + shift}" y="{top + 22}" fill="#8C3E00"{anchor}>{escape(words)}</text></g>'
    )


def _now(line: Line, axis: _Axis, bottom: int, width: int) -> Iterable[str]:
    x = axis.middle(line.on)
    end = ' text-anchor="end"' if x > width / 2 else ""
    shift = -4 if end else 4
    yield (
        f'<g><title>{escape(line.label)}</title><path d="M{x} 20V{bottom}" stroke="#000" '
        f'stroke-width="2"/><text x="{x + shift}" y="27" font-weight="600"{end}>'
        f"{escape(line.label)}</text></g>"
    )


def _legend(legend: dict[str, str], baseline: int) -> Iterable[str]:
    x = _LEFT
    for kind, words in legend.items():
        if kind in _STYLES:
            stroke = _STYLES[kind][1]
            yield (
                f'<rect x="{x}" y="{baseline - 9}" width="14" height="10" '
                f'fill="url(#KEY{kind})" stroke="{stroke}"/>'
            )
        else:
            yield _SHAPES[kind].format(x=x + 7, y=baseline - 4)
        yield f'<text x="{x + 19}" y="{baseline}">{escape(words)}</text>'
        x += round(34 + len(words) * _CHAR)
