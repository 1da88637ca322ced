"""What is known of patients beside their sessions, as small frames of numbers.

Each function takes the frame as the caller gave it and returns rows of tracks; ``tracks`` has the
columns ``track``, ``patient`` and ``clock``.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import Authority, CareEndKind, Interval, IntervalRange
from botox_schedule.errors import IntervalError
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.frames import Frame, Source, numbered
from botox_schedule.panel.months import whole
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.protocols import Book, chosen
from botox_schedule.panel.reading import Reading, checked

OPEN = 100_000_000
"""Stands for the last day of what is open: later than any day."""

_DAY = "days (dates, or text YYYY-MM-DD)"
_TEXT = "text"
_TEXTS = (nw.String, nw.Categorical)
_Shape = tuple[Mapping[str, str], Mapping[str, str]]
_HOLDS: _Shape = (
    {"patient": "anything", "first": _DAY},
    {"last": _DAY, "indication": _TEXT, "review_on": _DAY},
)
_ENDS = ({"patient": "anything", "on": _DAY, "kind": _TEXT}, {"indication": _TEXT})
_OVERRIDES = (
    {"patient": "anything", "indication": _TEXT, "first": _DAY, "authority": _TEXT},
    {"last": _DAY, "minimum": _TEXT, "usual": _TEXT, "reason": _TEXT},
)
_PRIORS = (
    {"patient": "anything", "indication": _TEXT, "cycles": "numbers"},
    {"started_on": _DAY},
)
_BIRTHS: _Shape = ({"patient": "anything", "born_on": _DAY}, {})
_WEIGHTS: _Shape = ({"patient": "anything", "measured_on": _DAY, "kilograms": "numbers"}, {})
_MOST_KILOGRAMS = 1000
_GRAMS = 10_000_000
_SHAPES: dict[str, _Shape] = {
    "holds": _HOLDS,
    "care_ends": _ENDS,
    "overrides": _OVERRIDES,
    "prior_treatments": _PRIORS,
    "births": _BIRTHS,
    "weights": _WEIGHTS,
}


TABLE_COLUMNS = {name: frozenset((*one, *more)) for name, (one, more) in _SHAPES.items()}
"""All that is looked at of each table."""


class Tables(NamedTuple):
    """What is known beside the sessions, as the caller gave it."""

    holds: Any = None
    care_ends: Any = None
    overrides: Any = None
    births: Any = None
    prior_treatments: Any = None
    weights: Any = None
    groups: Any = None

    @property
    def stated(self) -> dict[str, Any]:
        """Those that state days and numbers; what patients are grouped by states anything."""
        return {
            name: one for name, one in self._asdict().items() if name in _SHAPES and one is not None
        }


def read_table(native: Any, name: str, sessions: Reading) -> Frame:
    """Return a table with all its columns, days as numbers; asks the data.

    Raises:
        PanelError: When a column is missing or of another type, when the frame is of another
            kind than the sessions, or when a row cannot be read.
    """
    required, optional = _SHAPES[name]
    source = numbered_table(native, name)
    if source.engine.name != sessions.engine.name:
        raise PanelError(f"{name}: expected a frame of the same kind as the sessions")
    frame = _with_patients_of(source.frame, name, sessions.frame)
    counts = fault_counts(frame, name).collect(backend="polars").to_native()
    refuse(name, counts.row(0, named=True))
    present = frame.collect_schema()
    for column, kind in optional.items():
        if column not in present:
            dtype = nw.String if kind == _TEXT else nw.Int64
            frame = frame.with_columns(nw.lit(None, dtype).alias(column))
    return frame.select(*required, *optional)


def numbered_table(native: Any, name: str) -> Source:
    """Return a table as it is given, days as numbers, and whether there was anything, in a column that begins with ``_``."""
    required, optional = _SHAPES[name]
    source = checked(native, name, required, optional)
    present = source.frame.collect_schema()
    kinds = {**required, **optional}
    days = [c for c, kind in kinds.items() if kind == _DAY and c in present]
    given = source.frame.select(nw.all(), **{f"_{c}": ~nw.col(c).is_null() for c in days})
    return numbered(Source(given, source.engine), days)


def _with_patients_of(frame: Frame, name: str, sessions: Frame) -> Frame:
    """Refuse patients of another type, which no session would meet; sizes do not matter."""
    own, expected = (one.collect_schema()["patient"] for one in (frame, sessions))
    if own == expected:
        return frame
    numbers = own.is_integer() and expected.is_integer()
    if numbers or (own in _TEXTS and expected in _TEXTS):
        return frame.with_columns(nw.col("patient").cast(expected))
    raise PanelError(f"{name}: patient: expected {expected} as in the sessions, found {own}")


def fault_counts(frame: Frame, name: str) -> Frame:
    """Return one row that says for each column of a numbered table how many cannot be read."""
    required, optional = _SHAPES[name]
    present = frame.collect_schema()
    words = {"kind": [k.value for k in CareEndKind], "authority": [a.value for a in Authority]}
    faults = {}
    for column, kind in {**required, **optional}.items():
        if column not in present or (column in optional and kind != _DAY):
            continue
        fault = nw.col(column).is_null()
        if column in optional:
            fault &= nw.col(f"_{column}")
        if column in words:
            fault |= ~nw.col(column).is_in(words[column])
        if column == "kilograms":
            fault |= ~((nw.col(column) > 0) & (nw.col(column) <= _MOST_KILOGRAMS))
        faults[column] = fault
    counts = {c: fault.fill_null(value=True).cast(nw.Int64) for c, fault in faults.items()}
    counted = frame.select(**counts).select(*(nw.col(c).sum() for c in counts))
    return counted.select(nw.col(c).fill_null(0).cast(nw.Int64) for c in counts)


def refuse(name: str, counts: Mapping[str, int]) -> None:
    """A table that silences patients is used whole or not at all.

    Raises:
        PanelError: When there are rows that cannot be read.
    """
    found = [f"{column} in {count} rows" for column, count in counts.items() if count]
    if found:
        raise PanelError(f"{name}: cannot be read: {', '.join(found)}")


def on_tracks(table: Frame, tracks: Frame, book: Book) -> Frame:
    """Return the rows of a table for each track they concern: of all, without an indication."""
    at = [(nw.col("indication") == name, i) for i, name in enumerate(book.indications)]
    table = table.with_columns(_ind=chosen(at))
    met = tracks.select(*TRACK, "patient", "clock").join(table, on=["patient"], how="inner")
    everywhere = nw.col("indication").is_null()
    return met.filter(everywhere | book.in_clock("_ind", "clock")).drop("_ind")


def held_spans(holds: Frame, tracks: Frame, book: Book, as_of: int) -> Frame:
    """Return the days on hold of each track, as far as they are known; spans do not touch."""
    known = on_tracks(holds.filter(nw.col("first") <= as_of), tracks, book)
    known = known.select(*TRACK, "first", until=nw.col("last").fill_null(OPEN))
    order = ("first", "until")
    known = known.with_columns(_reach=nw.col("until").cum_max().over(*TRACK, order_by=order))
    known = known.with_columns(_before=nw.col("_reach").shift(1).over(*TRACK, order_by=order))
    apart = nw.col("_before").is_null() | (nw.col("first") > nw.col("_before") + 1)
    known = known.with_columns(_new=apart.cast(nw.Int64))
    span = nw.col("_new").cum_sum().over(*TRACK, order_by=order).cast(nw.Int64)
    known = known.with_columns(_span=span)
    merged = known.group_by(*TRACK, "_span").agg(
        nw.col("first").min().alias("h_first"), nw.col("until").max().alias("h_last")
    )
    return merged.drop("_span")


def deaths(ends: Frame, as_of: int) -> Frame:
    """Return the day of death of each patient who has died."""
    known = ends.filter((nw.col("kind") == "deceased") & (nw.col("on") <= as_of))
    return known.group_by("patient").agg(nw.col("on").min().alias("died_on"))


def before_death(rows: Frame, died: Frame) -> Frame:
    """Return the rows that do not lie after the patient's death."""
    return rows.join(died, on=["patient"], how="left").filter(lived())


def lived() -> nw.Expr:
    """Whether the patient of a row lived on its day."""
    return nw.col("died_on").is_null() | (nw.col("day") <= nw.col("died_on"))


def births_of(births: Frame) -> Frame:
    """Return one day of birth of each patient: the earliest that is given."""
    return births.group_by("patient").agg(nw.col("born_on").min())


def ended(ends: Frame, tracks: Frame, book: Book, as_of: int) -> Frame:
    """Return the last day on which the care of each track was discontinued."""
    known = ends.filter((nw.col("kind") == "discontinued") & (nw.col("on") <= as_of))
    known = on_tracks(known, tracks, book)
    return known.group_by(*TRACK).agg(nw.col("on").max().alias("ended_on"))


def known_priors(priors: Frame, tracks: Frame, book: Book) -> Frame:
    """Return how many cycles of each track were given elsewhere."""
    known = on_tracks(priors.filter(~nw.col("indication").is_null()), tracks, book)
    known = known.with_columns(cycles=nw.col("cycles").cast(nw.Int64))
    return known.group_by(*TRACK).agg(nw.col("cycles").sum().alias("prior_cycles"))


def weights_on(weights: Frame, as_of: int) -> Frame:
    """Return each patient's latest weight, kept to grams; the lower of two of one day."""
    known = weights.filter(nw.col("measured_on") <= as_of)
    grams = (nw.col("kilograms").cast(nw.Float64) * 1000).round(0).cast(nw.Int64)
    known = known.with_columns(_latest=nw.col("measured_on") * _GRAMS + (_GRAMS - 1 - grams))
    latest = known.group_by("patient").agg(nw.col("_latest").max())
    return latest.select(
        "patient",
        measured_on=whole(nw.col("_latest"), _GRAMS),
        grams=_GRAMS - 1 - nw.col("_latest") % _GRAMS,
    )


def known_overrides(overrides: Frame, tracks: Frame, book: Book) -> Frame:
    """Return the overrides of each track, their intervals as numbers; asks for the texts used."""
    texts = overrides.with_columns(
        reason=nw.col("reason").fill_null(""), until=nw.col("last").fill_null(OPEN)
    )
    intervals = intervals_stated(overrides)
    minimums, usuals = intervals["minimum"], intervals["usual"]
    texts = texts.with_columns(
        o_text=_read(minimums, "minimum", str).fill_null("None"),
        u_text=_read(usuals, "usual", str).fill_null("None"),
        **_amounts("o", "minimum", minimums),
        **_amounts("uf", "usual", {t: r.first for t, r in usuals.items()}),
        **_amounts("ul", "usual", {t: r.last for t, r in usuals.items()}),
        **_amounts("ut", "usual", {t: r.last.times(2) for t, r in usuals.items()}),
    )
    return on_tracks(texts, tracks, book)


def intervals_stated(overrides: Frame) -> dict[str, dict[str, Any]]:
    """Return what the texts of each column stand for; asks the data.

    Raises:
        PanelError: When one is no interval.
    """
    present = overrides.collect_schema()
    parsers = {"minimum": Interval.parse, "usual": IntervalRange.parse}
    return {c: _texts(overrides, c, parse) for c, parse in parsers.items() if c in present}


def _texts(frame: Frame, column: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    asked = frame.select(column).filter(~nw.col(column).is_null()).unique().collect()
    try:
        return {text: parse(text) for text in sorted(asked[column].to_list())}
    except IntervalError:
        raise PanelError(
            f"overrides: {column}: expected intervals such as '12 weeks', or '3 to 4 months' "
            "for a usual range"
        ) from None


def _read(parsed: Mapping[str, Any], column: str, read: Callable[[Any], Any]) -> nw.Expr:
    cases = [(nw.col(column) == text, read(value)) for text, value in parsed.items()]
    if not cases:
        return nw.lit(None, nw.String)
    return chosen(cases)


def _amounts(out: str, column: str, parsed: Mapping[str, Interval]) -> dict[str, nw.Expr]:
    if not parsed:
        return {f"{out}_n": nw.lit(None, nw.Int64), f"{out}_k": nw.lit(None, nw.Int64)}
    return {
        f"{out}_n": _read(parsed, column, lambda interval: interval.months),
        f"{out}_k": _read(parsed, column, lambda interval: 7 * interval.weeks + interval.days),
    }
