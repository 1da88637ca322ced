"""A dated chart as SVG: lanes of bands, marks and lines over one axis of days.

It knows nothing of treatments. No line crosses a word. Each kind has its own hatching or shape, so
that the picture can be read without color. The colors are those of Okabe and Ito and follow the
page's light or dark scheme.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from textwrap import wrap
from typing import NamedTuple
from unicodedata import east_asian_width
from zlib import crc32

from botox_schedule.dates.days import near
from botox_schedule.views.markup import clean, escaped

_SIDE = 8
_ROW = 15
_PHONE = 520
_SMALLEST = 3.0
_FEWEST_DAYS = 35  # on each side of a lone day, so that the axis names a month
_BOLD = 1.1
_KEY = "\0"  # stands for the picture's key until all of it is known; clean() lets none through
_SOME = "_some"
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 12_000)
_LAST_MONTH = date.max.year * 12 + 11
_ROWS = ((2, 20), (28, 10), (42, 8))
"""Top and height of the bands of each row, counted from the top of a lane's drawing."""

_COLORS = {
    # class: property, light, dark
    "ink": ("fill", "#222", "#e8e8e8"),
    "soft": ("fill", "#555", "#b8bcc2"),
    "paper": ("fill", "#fff", "#15181d"),
    "edge": ("stroke", "#222", "#e8e8e8"),
    "grid": ("stroke", "#ddd", "#3a3f47"),
    "axis": ("stroke", "#888", "#8a9099"),
}
_KINDS = {
    # kind: fill, stroke, stroke on dark, hatching
    "due": ("#D55E00", "#8C3E00", "#ffa366", '<path d="M0 0L6 6" stroke-width="1.6"/>'),
    "held": ("#BBBBBB", "#555555", "#cccccc", '<path d="M0 0L6 6M6 0L0 6" stroke-width=".8"/>'),
    "onset": ("#56B4E9", "#1B6C9C", "#a8d8f3", '<circle cx="3" cy="3" r=".8"/>'),
    "peak": ("#0072B2", "#004A75", "#7fc4ee", ""),
    "wear_off": ("#E69F00", "#8A5F00", "#ffcf70", '<path d="M0 6L6 0" stroke-width="1.2"/>'),
    "observed": ("#009E73", "#00553E", "#66d9b8", '<path d="M0 3H6" stroke-width="1.4"/>'),
}
_SHAPES = {
    "full": '<circle class="\0ink" r="4.5"/>',
    "early": '<circle class="\0paper \0edge" r="4" stroke-width="2"/>',
    "late": '<path class="\0ink" d="M-4.5 -4.5h9v9h-9z"/>',
    "touch_up": '<path class="\0ink" d="M0 -4l4 7h-8z"/>',
    "booked": '<path class="\0paper \0edge" d="M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z" stroke-width="1.6"/>',
    "elsewhere": '<circle class="\0paper \0edge" r="4" stroke-width="1.4" stroke-dasharray="2 1.5"/>',
    "unrecognized": '<path class="\0edge" d="M-4 -4l8 8m0 -8l-8 8" stroke-width="2"/>',
}
DRAWN = (*_SHAPES, *_KINDS)
"""The kinds of marks and bands, in the order of the legend."""
_DASHES = {"overdue": "4 3", "allowed": "6 2 1.5 2", "typical": "1.5 2.5", "end": "none"}


class Band(NamedTuple):
    """Days of one kind, both ends included.

    Attributes:
        kind: The kind of days, which decides the color and the hatching.
        first: The first day.
        last: The last day, or None where the end is open.
        label: The tooltip.
        row: 0 is on the line, 1 and 2 are below it.
        some: Whether the band is about some people only.
        written: Whether the label is also written below the lane.
    """

    kind: str
    first: date
    last: date | None
    label: str
    row: int = 0
    some: bool = False
    written: bool = False


class Mark(NamedTuple):
    """Something that happened on one day, or is booked for it."""

    kind: str
    on: date
    label: str
    written: bool = False


class Line(NamedTuple):
    """A day on which something begins, across its lane; its label is written below."""

    kind: str
    on: date
    label: str


class Lane(NamedTuple):
    """One track."""

    title: str
    bands: Sequence[Band] = ()
    marks: Sequence[Mark] = ()
    lines: Sequence[Line] = ()


class Chart(NamedTuple):
    """Everything on one axis.

    Attributes:
        title: What the picture shows, in a few words.
        description: The same in a sentence or two, for screen readers.
        lanes: The tracks, from top to bottom.
        as_of: The line across all lanes, or None.
        words: The legend's name of each kind of band and mark, and of ``some`` people.
        width: In pixels; below 520 the layout is for phones.
        months: The twelve months of the axis.
    """

    title: str
    description: str
    lanes: Sequence[Lane]
    as_of: Line | None
    words: Mapping[str, str]
    width: int
    months: Sequence[str]


class _Axis:
    """The position of a day, and the width of words."""

    def __init__(self, first: date, last: date, width: int) -> None:
        self.first, self.last = first, last
        self.right = width - _SIDE
        self.is_phone = width < _PHONE
        self.size = 12 if self.is_phone else 11
        self.scale = (self.right - _SIDE) / ((last - first).days + 1)

    def at(self, day: date, part: float = 0) -> float:
        """The left edge of *day*; with *part* 0.5 its middle, with 1 its right edge."""
        return round(_SIDE + ((day - self.first).days + part) * self.scale, 1)

    def wide(self, words: str) -> float:
        """The approximate width of words in pixels; wide East Asian letters count twice."""
        letters = sum(1 + (east_asian_width(letter) in "WF") for letter in words)
        return letters * self.size * 0.57

    def wrapped(self, words: str, room: float) -> list[str]:
        """Words wrapped to *room* pixels."""
        letter = self.wide(words) / max(len(words), 1)
        return wrap(words, max(int(room / max(letter, 1)), 1))


_Drawn = tuple[list[str], int]
"""Markup, and the height or the rows that it takes."""


class _Block(NamedTuple):
    """Lines of words after a sample of what they name."""

    x: float
    wide: float
    sample: str
    lines: Sequence[str]


def draw(chart: Chart) -> str:
    """Return the chart as an SVG element, for a file or for a page with several."""
    axis = _axis(chart)
    top = 22 if chart.as_of is None else 38
    months = list(_months(axis, chart.months))
    body = [f'<text class="\0soft" x="{x + 2}" y="14">{escaped(name)}</text>' for x, name in months]
    body += _as_of_words(chart.as_of, axis)
    for lane in chart.lanes:
        parts, top = _lane(lane, top, axis, [x for x, _ in months], chart.as_of)
        body += parts
    parts, height = _legend(chart, axis, top)
    return _whole(chart, axis, "".join([*body, *parts]), height)


def _whole(chart: Chart, axis: _Axis, body: str, height: int) -> str:
    title, description = escaped(chart.title), escaped(chart.description)
    key = f"c{crc32(f'{title}{description}{body}'.encode()):08x}"
    fills = sorted(set(re.findall("url\\(#\0(\\w+)\\)", body)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" direction="ltr" role="img" aria-labelledby="\0t \0d" '
        f'viewBox="0 0 {chart.width} {height}" width="{chart.width}" height="{height}" '
        f'style="max-width:100%;height:auto" font-family="system-ui,sans-serif" font-size="{axis.size}">'
        f'<title id="\0t">{title}</title><desc id="\0d">{description}</desc>'
        f"<style>{_style(fills)}</style><defs>{''.join(map(_pattern, fills))}</defs>"
        f'<rect class="\0paper" fill="#fff" width="{chart.width}" height="{height}" rx="4"/>'
        f"{body}</svg>"
    ).replace(_KEY, key)


def _style(fills: Iterable[str]) -> str:
    """Colors for both schemes: on a page those of the page, in a file those of the reader.

    Words in Hebrew or Arabic keep their order around the Latin name of a product.
    """
    colors = [(name, *_COLORS[name]) for name in _COLORS]
    kinds = [*(fill.removesuffix(_SOME) for fill in fills), "due"]
    colors += [(kind, "stroke", *_KINDS[kind][1:3]) for kind in kinds]
    rules = [
        f".\0{name}{{{what}:{light};{what}:light-dark({light},{dark})}}"
        for name, what, light, dark in dict.fromkeys(colors)
    ]
    return "svg:root{color-scheme:light dark}.\0ink{unicode-bidi:plaintext}" + "".join(rules)


def _pattern(name: str) -> str:
    """A hatching; about some people only it has no ground, because print drops opacity."""
    kind = name.removesuffix(_SOME)
    fill, stroke, _, hatching = _KINDS[kind]
    ground, drawn = f'<rect width="6" height="6" fill="{fill}"/>', f'stroke="{stroke}"'
    if name != kind:
        ground, drawn = "", f'class="\0{kind}"'
    return (
        f'<pattern id="\0{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f"{ground}<g {drawn}>{hatching}</g></pattern>"
    )


def _filled(kind: str, *, some: bool) -> str:
    """The look of a band; about some people only it has a dashed border."""
    if some:
        return f'class="\0{kind}" fill="url(#\0{kind}{_SOME})" stroke-dasharray="3 2"'
    return f'class="\0{kind}" fill="url(#\0{kind})"'


def _axis(chart: Chart) -> _Axis:
    days = [day for lane in chart.lanes for day in _days(lane)]
    if chart.as_of is not None:
        days.append(chart.as_of.on)
    days = days or [date(2000, 1, 1)]
    span = (max(days) - min(days)).days
    room = max(span // 40, 3, _FEWEST_DAYS - span // 2)
    return _Axis(near(min(days), -room), near(max(days), room), chart.width)


def _days(lane: Lane) -> Iterator[date]:
    for band in lane.bands:
        yield from (band.first, band.last or band.first)
    yield from (mark.on for mark in lane.marks)
    yield from (line.on for line in lane.lines)


def _months(axis: _Axis, names: Sequence[str]) -> Iterator[tuple[float, str]]:
    """The words of the axis with their positions, as close as the room allows."""
    names = [clean(name) for name in names]
    room = max(axis.wide(f"{name} 2000") for name in names) + 10
    step = next((s for s in _STEPS if s * 30.4 * axis.scale >= room), _STEPS[-1])
    following = axis.first.year * 12 + axis.first.month
    for index in range(following + -following % step, _LAST_MONTH + 1, step):
        day = date(index // 12, index % 12 + 1, 1)
        words = f"{day.year}" if step >= 12 else f"{names[day.month - 1]} {day.year}"
        x = axis.at(day)
        if x + axis.wide(words) > axis.right:
            return
        yield x, words


def _as_of_words(line: Line | None, axis: _Axis) -> Iterator[str]:
    if line is None:
        return
    x, words = axis.at(line.on, 0.5), clean(line.label)
    wide = axis.wide(words) * _BOLD
    left = _clamped(x - wide / 2, wide, axis)
    yield f'<text class="\0ink" x="{left}" y="29" font-weight="600">{escaped(words)}</text>'
    yield f'<path class="\0ink" d="M{x} 38l-4 -6h8z"/>'


def _clamped(x: float, wide: float, axis: _Axis) -> float:
    """The left end of words that must stay inside the picture."""
    return round(max(min(x, axis.right - wide), _SIDE), 1)


def _lane(lane: Lane, top: int, axis: _Axis, months: Iterable[float], as_of: Line | None) -> _Drawn:
    """A lane's title, drawing and words, and where the next lane begins."""
    title = axis.wrapped(clean(lane.title), (axis.right - _SIDE) / _BOLD)
    parts = list(_lines(title, _SIDE, top + 13, ' font-weight="600"'))
    top += _ROW * len(title) + 3
    shown = [band for band in lane.bands if _is_shown(band, axis)]
    row_top, high = _ROWS[max((band.row for band in shown), default=0)]
    bottom = top + row_top + high + 2
    parts += [f'<path class="\0grid" d="M{x} {top}V{bottom}"/>' for x in months]
    parts.append(f'<path class="\0axis" d="M{_SIDE} {top + 12}H{axis.right}"/>')
    parts += [_band(band, top, axis) for band in shown]
    parts += [_line(line, top, bottom, axis) for line in lane.lines]
    if as_of is not None:
        x = axis.at(as_of.on, 0.5)
        now = f'<path class="\0edge" d="M{x} {top}V{bottom + 2}" stroke-width="2"/>'
        parts.append(_titled(as_of.label, now))
    parts += _marks(lane.marks, top + 12, axis)
    words, rows = _captions(_written(lane, axis), bottom + 4)
    return [*parts, *words], bottom + _ROW * rows + 14


def _is_shown(band: Band, axis: _Axis) -> bool:
    """Whether a band is drawn: over many years, narrow ones below the line are left out."""
    return band.row == 0 or band.written or _span(band, axis)[1] >= _SMALLEST


def _span(band: Band, axis: _Axis) -> tuple[float, float]:
    x = axis.at(band.first)
    end = axis.at(band.last, 1) if band.last is not None else axis.right
    return x, round(max(end - x, 1.0), 1)


def _band(band: Band, top: int, axis: _Axis) -> str:
    (x, wide), (y, high) = _span(band, axis), _ROWS[band.row]
    place = f'x="{x}" y="{top + y}" width="{wide}" height="{high}"'
    return _titled(band.label, f"<rect {place} {_filled(band.kind, some=band.some)}/>")


def _line(line: Line, top: int, bottom: int, axis: _Axis) -> str:
    return _titled(line.label, _stroke(line.kind, f"M{axis.at(line.on)} {top}V{bottom}"))


def _titled(label: str, drawn: str, moved: str = "") -> str:
    return f"<g{moved}><title>{escaped(label)}</title>{drawn}</g>"


def _stroke(kind: str, path: str) -> str:
    return f'<path class="\0due" d="{path}" stroke-width="1.8" stroke-dasharray="{_DASHES[kind]}"/>'


def _marks(marks: Sequence[Mark], y: int, axis: _Axis) -> Iterator[str]:
    """The marks, smaller where they are close."""
    places = sorted(axis.at(mark.on, 0.5) for mark in marks)
    gaps = [b - a for a, b in pairwise(places) if b > a]
    scale = round(min(max(min(gaps, default=10) / 10, 0.5), 1), 2)
    size = "" if scale == 1 else f" scale({scale})"
    for mark in marks:
        moved = f' transform="translate({axis.at(mark.on, 0.5)} {y}){size}"'
        yield _titled(mark.label, _SHAPES[mark.kind], moved)


def _written(lane: Lane, axis: _Axis) -> list[_Block]:
    """The captions of a lane, in the order of their days."""
    items: list[tuple[date, str, str]] = [
        *((b.first, _sample(b.kind, some=b.some), b.label) for b in lane.bands if b.written),
        *((m.on, _sample(m.kind), m.label) for m in lane.marks if m.written),
        *((n.on, _stroke(n.kind, "M8 -9V1"), n.label) for n in lane.lines),
    ]
    items.sort(key=lambda item: item[0])
    return [
        _block(_SIDE if axis.is_phone else axis.at(day), sample, label, axis)
        for day, sample, label in items
    ]


def _block(x: float, sample: str, words: str, axis: _Axis) -> _Block:
    lines = axis.wrapped(clean(words), axis.right - _SIDE - 19)
    wide = 19 + max(map(axis.wide, lines), default=0)
    return _Block(_clamped(x, wide, axis), wide, sample, lines)


def _sample(kind: str, *, some: bool = False) -> str:
    if kind in _SHAPES:
        return f'<g transform="translate(7 -4)">{_SHAPES[kind]}</g>'
    return f'<rect y="-9" width="14" height="10" {_filled(kind, some=some)}/>'


def _captions(blocks: Iterable[_Block], top: int) -> _Drawn:
    """The words below a lane, each in the first free rows, and the number of rows."""
    ends: list[float] = []
    parts: list[str] = []
    for block in blocks:
        row, count = _free_row(ends, block), len(block.lines)
        ends += [0.0] * (row + count - len(ends))
        ends[row : row + count] = [block.x + block.wide + 12] * count
        parts += _said(block, top + _ROW * row + 11)
    return parts, len(ends)


def _free_row(ends: Sequence[float], block: _Block) -> int:
    count, rows = len(block.lines), range(len(ends) + 1)
    return next(row for row in rows if all(end <= block.x for end in ends[row : row + count]))


def _said(block: _Block, y: int) -> Iterator[str]:
    yield f'<g transform="translate({block.x} {y})">{block.sample}</g>'
    yield from _lines(block.lines, block.x + 19, y)


def _lines(lines: Iterable[str], x: float, y: int, more: str = "") -> Iterator[str]:
    for number, words in enumerate(lines):
        yield (
            f'<text class="\0ink" x="{round(x, 1)}" y="{y + _ROW * number}"{more}>'
            f"{escaped(words)}</text>"
        )


def _legend(chart: Chart, axis: _Axis, top: int) -> _Drawn:
    """The names of the kinds that are drawn, in as many rows as needed."""
    x, y = float(_SIDE), top + 11
    parts: list[str] = []
    for sample, words in _legend_entries(chart, axis):
        block = _block(x, sample, words, axis)
        if x > _SIDE and x + block.wide > axis.right:
            x, y = float(_SIDE), y + _ROW
        parts += _said(block._replace(x=x), y)
        y += _ROW * (len(block.lines) - 1)
        x += round(block.wide + 14, 1)
    return parts, y + (9 if parts else -8)


def _legend_entries(chart: Chart, axis: _Axis) -> Iterator[tuple[str, str]]:
    """The kinds that are drawn and that no caption names."""
    drawn: set[tuple[str, bool]] = set()
    for lane in chart.lanes:
        bands = (band for band in lane.bands if _is_shown(band, axis))
        drawn |= {(band.kind, band.some) for band in bands if not band.written}
        drawn |= {(mark.kind, False) for mark in lane.marks if not mark.written}
    for kind, words in chart.words.items():
        if (kind, False) in drawn:
            yield _sample(kind), words
        if (kind, True) in drawn:
            yield _sample(kind, some=True), f"{words}, {chart.words['some']}"
