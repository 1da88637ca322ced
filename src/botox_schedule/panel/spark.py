"""Spark's part: it brings each patient's rows together, and its workers ask Polars."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pyarrow as pa
from pyspark.sql import functions as spark
from pyspark.sql.pandas.types import from_arrow_schema

from botox_schedule.panel.dispatch import Compute, is_spark
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.frames import opened
from botox_schedule.panel.reading import SESSION_COLUMNS
from botox_schedule.panel.tables import (
    TABLE_COLUMNS,
    Tables,
    fault_counts,
    intervals_stated,
    numbered_table,
    refuse,
)

_ROWS_OF_A_BATCH = 100_000
_COLUMNS = {"sessions": SESSION_COLUMNS, **TABLE_COLUMNS}


def parts(sessions: Any, tables: Tables, compute: Compute) -> Any:
    """Return the answers of all parts as a Spark frame; nothing of the sessions is read yet.

    Tables beside the sessions are looked through at once: what silences patients is used whole
    or not at all.
    """
    given = {name: table for name, table in tables._asdict().items() if table is not None}
    for name, table in given.items():
        if not is_spark(table):
            opened(table, name)
            raise PanelError(f"{name}: expected a frame of the same kind as the sessions")
    frames = {"sessions": sessions, **given}
    empty = {name: _empty(name, frame) for name, frame in frames.items()}
    answer = _arrow(_asked(compute, empty)).schema
    for name, table in tables.stated.items():
        _look_through(name, table)
    shuffled = _together({name: _needed(name, frame) for name, frame in frames.items()})
    return shuffled.mapInArrow(partial(_part, compute, list(frames)), from_arrow_schema(answer))


def collected(native: Any) -> pl.DataFrame:
    """Return a Spark frame of a few rows as a Polars frame."""
    return pl.DataFrame(pl.from_arrow(native.toArrow()))


def small(sessions: Any, answer: pl.DataFrame) -> Any:
    """Return a Polars frame of a few rows as a Spark frame."""
    return sessions.sparkSession.createDataFrame(_arrow(answer))


def _empty(name: str, native: Any) -> pl.DataFrame:
    """Return a Polars frame with the columns of a Spark frame; types are of those looked at."""
    schema = nw.from_native(native).collect_schema()
    known = _COLUMNS.get(name, schema)
    return pl.DataFrame(
        schema={
            column: _polars_type(dtype) if column in known else pl.Null
            for column, dtype in schema.items()
        }
    )


def _polars_type(dtype: Any) -> Any:
    return pl.Null if dtype == nw.Unknown else nw.Schema({"": dtype}).to_polars()[""]


def _needed(name: str, native: Any) -> Any:
    known = _COLUMNS.get(name, native.columns)
    return native.select(*(column for column in native.columns if column in known))


def _together(frames: Mapping[str, Any]) -> Any:
    """Return the rows of all frames, each in a struct of its own, a patient's in one partition."""
    rows = [
        frame.select(spark.col("patient").alias("_patient"), spark.struct("*").alias(name))
        for name, frame in frames.items()
    ]
    whole = rows[0]
    for more in rows[1:]:
        whole = whole.unionByName(more, allowMissingColumns=True)
    return whole.repartition("_patient").select(*frames)


def _part(
    compute: Compute, names: list[str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Answer for the patients of a partition; it runs on a worker."""
    rows = list(batches)
    if rows:
        whole = pl.DataFrame(pl.from_arrow(pa.Table.from_batches(rows)))
        frames = {
            name: whole.filter(pl.col(name).is_not_null()).select(name).unnest(name)
            for name in names
        }
        answer = _arrow(_asked(compute, frames))
        yield from answer.to_batches(max_chunksize=_ROWS_OF_A_BATCH)


def _asked(compute: Compute, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    beside = {name: frame for name, frame in frames.items() if name != "sessions"}
    frame, _ = compute(frames["sessions"], Tables(**beside))
    answer: pl.DataFrame = frame.collect(backend="polars").to_native()
    return answer


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _look_through(name: str, native: Any) -> None:
    counts = _arrow(_counted(name, _empty(name, native))).schema
    looked = _needed(name, native).mapInArrow(partial(_looked, name), from_arrow_schema(counts))
    refuse(name, collected(looked).sum().row(0, named=True))
    if name == "overrides":
        intervals_stated(nw.from_native(native))


def _looked(name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
        yield from _arrow(_counted(name, rows)).to_batches()


def _counted(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    counts = fault_counts(numbered_table(rows, name).frame, name).collect(backend="polars")
    answer: pl.DataFrame = counts.to_native()
    return answer
