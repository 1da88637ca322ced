"""A caller's rows of sessions as the record engine would read them; unreadable rows are counted."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import polars as pl
from pydantic import TypeAdapter, ValidationError

from botox_schedule.errors import PanelError
from botox_schedule.panel.asking import KINDS, PRODUCTS, Policies
from botox_schedule.panel.columns import (
    check_columns,
    coded,
    day_column,
    is_stated,
    key_column,
    mapped,
    number_column,
    units_column,
    word_column,
)
from botox_schedule.protocols.indications import Indication, find_product
from botox_schedule.records.model import MOST_UNITS
from botox_schedule.terms import SessionStatus

REQUIRED = ("patient", "administered_on", "indication", "product")
COLUMNS = (
    *REQUIRED, "session_id", "units", "units_discarded", "status", "kind", "recorded_on", "policy_key",
)  # fmt: skip
"""All columns of a table of sessions that are read."""
STATUSES = tuple(SessionStatus)
_LONGEST_ID = 200
_INDICATION: TypeAdapter[str] = TypeAdapter(Indication)


class Problem(IntEnum):
    """Why a row is left out of every answer."""

    NO_PATIENT = 1
    NOT_A_DAY = 2
    NOT_AN_INDICATION = 3
    UNKNOWN_STATUS = 4
    UNKNOWN_POLICY_KEY = 5


class Doubt(IntEnum):
    """What is odd about a row that counts all the same."""

    UNKNOWN_KIND = 1
    NOT_UNITS = 2
    UNKNOWN_PRODUCT = 3
    PRODUCT_NOT_STATED = 4
    RECORDED_ON_NOT_A_DAY = 5


class Unread(NamedTuple):
    """Rows that could not be read.

    Attributes:
        rows: What of them could be read.
        patients: Their patients; null where a row names none.
        counts: How many there are of each problem.
        height: How many rows there are, including those that could be read.
    """

    rows: pl.DataFrame
    patients: pl.Series
    counts: dict[Problem, int]
    height: int


class Sessions(NamedTuple):
    """Rows of sessions as the engine reads them.

    Attributes:
        rows: Every row with ``patient``, ``day``, ``indication`` (its place in *names*),
            ``product``, ``units``, ``status``, ``kind`` (numbers), ``policy`` and
            ``problem`` (0 without one), and what else was given of ids and days of recording.
        names: The indications, in order.
        policies: The policies, by number.
    """

    rows: pl.DataFrame
    names: tuple[str, ...]
    policies: Policies

    @property
    def readable(self) -> pl.DataFrame:
        """The rows that can be read, without the columns that say so."""
        rows = self.rows if self.is_whole else self.rows.filter(pl.col("problem") == 0)
        return rows.drop("problem")

    @property
    def is_whole(self) -> bool:
        """Whether every row can be read."""
        return self.rows["problem"].max() in {0, None}

    @property
    def unread(self) -> Unread:
        """What could not be read."""
        rows = self.rows.filter(pl.col("problem") > 0)
        counts = rows["problem"].value_counts()
        found = {Problem(problem): count for problem, count in counts.iter_rows()}
        return Unread(rows, rows["patient"].unique(), found, self.rows.height)


def nobody(frame: pl.DataFrame) -> pl.DataFrame:
    """Return an empty frame of patients, with keys as those of the sessions."""
    check_columns(frame, "sessions", REQUIRED)
    return key_column(frame.clear(), "sessions", "patient").to_frame()


def read_sessions(frame: pl.DataFrame, policies: Policies) -> Sessions:
    """Return a caller's rows, none left out.

    Raises:
        PanelError: When a column is missing or of another type.
    """
    key = ("policy_key",) if policies.keys else ()
    check_columns(frame, "sessions", (*REQUIRED, *key))
    words = _words(frame, "indication", "product", "status", "kind", *key)
    slugs = {text: _slug(text.strip()) for text in words["indication"].drop_nulls().unique()}
    names = tuple(sorted({slug for slug in slugs.values() if slug is not None}))
    numbers = {None: None} | {slug: number for number, slug in enumerate(names)}
    columns = {
        "patient": key_column(frame, "sessions", "patient"),
        "day": day_column(frame, "sessions", "administered_on"),
        "indication": mapped(words["indication"], lambda text: numbers[slugs[text]], pl.Int32),
        "product": mapped(words["product"], _product, pl.Int8).fill_null(0),
        "units": _units(frame),
        "status": _worded(words, "status", STATUSES),
        # Leaving a session out for its kind would date the next one too early.
        "kind": _worded(words, "kind", KINDS).fill_null(0),
        "policy": _worded(words, "policy_key", policies.keys, pl.Int32),
    }
    rows = pl.DataFrame([column.alias(name) for name, column in columns.items()])
    problems = {
        Problem.NO_PATIENT: pl.col("patient").is_null(),
        Problem.NOT_A_DAY: pl.col("day").is_null(),
        Problem.NOT_AN_INDICATION: pl.col("indication").is_null(),
        Problem.UNKNOWN_STATUS: pl.col("status").is_null(),
        Problem.UNKNOWN_POLICY_KEY: pl.col("policy").is_null(),
    }
    rows = rows.with_columns(_first_of(problems).alias("problem"), *_of_ids(frame))
    return Sessions(rows, names, policies)


def doubts_of(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Return what is odd about rows that count all the same, by number; 0 without a doubt."""
    given = {n: pl.lit(is_stated(frame, "sessions", n)) for n in COLUMNS if n in frame.columns}
    nothing, recorded = pl.lit(value=False), "recorded_on"
    days = day_column(frame, "sessions", recorded) if recorded in given else rows["day"]
    doubts = {
        Doubt.UNKNOWN_KIND: given.get("kind", nothing)
        & pl.lit(_worded(_words(frame, "product", "kind"), "kind", KINDS)).is_null(),
        Doubt.NOT_UNITS: given.get("units", nothing) & pl.col("units").is_null(),
        Doubt.UNKNOWN_PRODUCT: (pl.col("product") == 0) & given["product"],
        Doubt.PRODUCT_NOT_STATED: pl.col("product") == 0,
        Doubt.RECORDED_ON_NOT_A_DAY: given.get(recorded, nothing) & pl.lit(days).is_null(),
    }
    return rows.select(doubt=_first_of(doubts)).to_series()


def _first_of(cases: Mapping[Problem, pl.Expr] | Mapping[Doubt, pl.Expr]) -> pl.Expr:
    """The first case that holds, else 0."""
    chosen = [pl.when(holds).then(pl.lit(int(case), pl.Int8)) for case, holds in cases.items()]
    return pl.coalesce(*chosen, pl.lit(0, pl.Int8))


def _slug(text: str) -> str | None:
    try:
        return _INDICATION.validate_python(text)
    except ValidationError:
        return None


def _product(text: str) -> int:
    return PRODUCTS.index(find_product(text))


def _units(frame: pl.DataFrame) -> pl.Series:
    if "units" not in frame.columns:
        return pl.Series([None], dtype=pl.Float64).new_from_index(0, frame.height)
    return units_column(frame, "sessions", "units")


def _words(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    given = [name for name in names if name in frame.columns]
    return coded(frame.select(word_column(frame, "sessions", name) for name in given))


def _worded(
    frame: pl.DataFrame, name: str, words: tuple[str, ...], dtype: Any = pl.Int8
) -> pl.Series:
    """The number of each word, null for an unknown one; 0 without the column, or without words."""
    if name not in frame.columns or not words:
        return pl.Series([0], dtype=dtype).new_from_index(0, frame.height)
    numbers = {str(word): number for number, word in enumerate(words)}
    return mapped(frame[name], lambda word: numbers.get(word.strip()), dtype)


def _of_ids(frame: pl.DataFrame) -> list[pl.Series]:
    """What decides between rows of one id, as far as it was given."""
    found = []
    if "session_id" in frame.columns:
        found.append(_ids(frame))
    if "recorded_on" in frame.columns:
        found.append(day_column(frame, "sessions", "recorded_on"))
    if "units_discarded" in frame.columns:
        discarded = number_column(frame, "sessions", "units_discarded").to_frame("units_discarded")
        stated = pl.col("units_discarded").is_between(0, MOST_UNITS)
        found.append(discarded.select(pl.when(stated).then("units_discarded")).to_series())
    return [column for column in found if column.null_count() < len(column)]


def _ids(frame: pl.DataFrame) -> pl.Series:
    ids = key_column(frame, "sessions", "session_id").cast(pl.String)
    longest = ids.str.len_chars().max()
    if isinstance(longest, int) and longest > _LONGEST_ID:
        raise PanelError(f"sessions: session_id: give ids of at most {_LONGEST_ID} characters")
    return ids.alias("id")
