"""The columns of a caller's frame, read into keys, days, numbers and words."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import polars as pl

from botox_schedule.dates.days import as_day
from botox_schedule.errors import DayError, PanelError
from botox_schedule.records.model import MOST_UNITS

_TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Null)
_UNSEEN = " \u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
"""Blanks and invisible characters: two keys that differ only by them around them look alike."""


def key_column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Return keys: whole numbers as they are, text stripped of all unseen, in one Unicode form.

    Raises:
        PanelError: When the column holds neither.
    """
    column = frame[name]
    if column.dtype.is_integer():
        return column
    if column.dtype not in _TEXTS:
        raise _fault(table, name, "text or whole numbers", column.dtype)
    text = text_column(frame, table, name)
    plain = text.str.len_bytes().eq(text.str.len_chars()).all(ignore_nulls=True)
    return text if plain else _stated(text.str.strip_chars(_UNSEEN).str.normalize("NFC"))


def text_column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Return stripped text; what is empty is null.

    Raises:
        PanelError: When the column holds something else.
    """
    return _stated(word_column(frame, table, name).str.strip_chars())


def _stated(text: pl.Series) -> pl.Series:
    return text.to_frame().select(pl.when(pl.first() != "").then(pl.first())).to_series()


def is_stated(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Whether each row has a value; empty text is none."""
    is_text = frame[name].dtype in _TEXTS
    return (text_column(frame, table, name) if is_text else frame[name]).is_not_null()


def word_column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Return text as it is.

    Raises:
        PanelError: When the column holds something else.
    """
    column = frame[name]
    if column.dtype not in _TEXTS:
        raise _fault(table, name, "text", column.dtype)
    return column.cast(pl.String)


def day_column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Return days; what is not a day is null.

    Raises:
        PanelError: When the column holds moments with a time zone, or no days at all.
    """
    column, day = frame[name], pl.col(name)
    if column.dtype in _TEXTS:
        return mapped(coded(column.cast(pl.String).to_frame()).to_series(), _day, pl.Date)
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is not None:
            raise _fault(table, name, "days: a moment has another day in each zone", column.dtype)
        day = pl.when(day.dt.date().cast(column.dtype) == day).then(day.dt.date())
    elif column.dtype != pl.Date:
        raise _fault(table, name, "dates, or text YYYY-MM-DD", column.dtype)
    # Databases have days such as infinity, and years before 1.
    on_calendar = day.is_between(date.min, date.max)
    return frame.select(pl.when(on_calendar).then(day).alias(name)).to_series()


def _day(text: str) -> date | None:
    try:
        return as_day(text)
    except DayError:
        return None


def number_column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Return numbers.

    Raises:
        PanelError: When the column holds something else.
    """
    column = frame[name]
    if not column.dtype.is_numeric() and column.dtype != pl.Null:
        raise _fault(table, name, "numbers", column.dtype)
    return column.cast(pl.Float64)


def units_column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    """Return units; what no session can have is null.

    Raises:
        PanelError: When the column holds no numbers.
    """
    units = number_column(frame, table, name).to_frame(name)
    stated = pl.col(name).is_finite() & (pl.col(name) > 0) & (pl.col(name) <= MOST_UNITS)
    return units.select(pl.when(stated).then(name)).to_series()


def _fault(table: str, name: str, expected: str, dtype: Any) -> PanelError:
    # The whole type of a dictionary or a category holds what is in the rows.
    return PanelError(f"{table}: {name}: give {expected}; found {dtype.base_type()}")


def mapped(column: pl.Series, answer: Callable[[Any], Any], dtype: Any) -> pl.Series:
    """Return an answer for each value of a column; each distinct value is answered once."""
    if isinstance(column.dtype, pl.Enum):
        answers = pl.Series(column.name, [*map(answer, column.dtype.categories)], dtype=dtype)
        return answers.gather(column.to_physical())
    distinct = column.drop_nulls().unique()
    answers = pl.Series([*map(answer, distinct)], dtype=dtype)
    return column.replace_strict(distinct, answers, default=None, return_dtype=dtype)


def coded(texts: pl.DataFrame) -> pl.DataFrame:
    """Return columns of text as codes of their own words; all at once takes half the time."""
    words = texts.select(pl.all().drop_nulls().unique().implode())
    return texts.cast({name: pl.Enum(words[name].item()) for name in words.columns})


def check_columns(frame: pl.DataFrame, table: str, required: Iterable[str]) -> None:
    """Check that a frame has its columns.

    Raises:
        PanelError: When some are missing; all are named.
    """
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise PanelError(f"{table}: missing: {', '.join(missing)}; give every required column")
