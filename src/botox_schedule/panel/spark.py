"""Spark's part: it brings each patient's rows together, and its workers use Polars."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import polars as pl
import pyarrow as pa
from pyspark.sql import functions as spark
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from botox_schedule.errors import PanelError
from botox_schedule.panel.frames import Compute, Given, Summary, as_arrow, read

_ROWS_OF_A_BATCH = 100_000


def answered(given: Sequence[Given], compute: Compute, summary: Summary | None) -> Any:
    """Return the answers of all parts as a Spark frame; it stays lazy unless there is a summary.

    Raises:
        PanelError: When a column is missing or of another type.
    """
    session = given[0].native.sparkSession
    frames = {each.name: _needed(each, session) for each in given}
    schema = as_arrow(compute({name: _emptied(frame) for name, frame in frames.items()})).schema
    work = partial(_part, compute, list(frames))
    parts = _together(frames).mapInArrow(work, from_arrow_schema(schema))
    if summary is None:
        return parts
    whole = pl.DataFrame(pl.from_arrow(parts.toArrow()))
    return session.createDataFrame(as_arrow(summary(whole)))


def _needed(given: Given, session: Any) -> Any:
    """The columns that are read; a frame of another kind becomes one of Spark."""
    names = given.needed()
    if "patient" not in names:
        raise PanelError(f"{given.name}: missing: patient; give every required column")
    if given.kind != "pyspark":
        return session.createDataFrame(as_arrow(read(given)))
    return given.native.select(*(spark.col(f"`{name}`") for name in names))


def _emptied(frame: Any) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(to_arrow_schema(frame.schema).empty_table()))


def _together(frames: dict[str, Any]) -> Any:
    """The rows of all frames, each in a struct of its own, a patient's rows in one partition."""
    rows = [
        frame.select(_place().alias("_place"), spark.struct("*").alias(name))
        for name, frame in frames.items()
    ]
    whole = rows[0]
    for more in rows[1:]:
        whole = whole.unionByName(more, allowMissingColumns=True)
    return whole.repartition("_place").select(*frames)


def _place() -> Any:
    """The partition of a key: spellings that differ in spaces or Unicode form get the same one."""
    key = spark.regexp_replace(spark.col("patient").cast("string"), r"[\s\p{Z}\p{C}]", "")
    spelled = spark.regexp_replace(key, "[^0-9]", "")
    return spark.when(key.rlike(r"[^\x00-\x7F]"), spelled).otherwise(key)


def _part(
    compute: Compute, names: list[str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Answer for the patients of a partition; it runs on a worker."""
    rows = list(batches)
    if rows:
        whole = pl.DataFrame(pl.from_arrow(pa.Table.from_batches(rows)))
        answer = compute({name: _of(whole, name) for name in names})
        yield from as_arrow(answer).to_batches(max_chunksize=_ROWS_OF_A_BATCH)


def _of(whole: pl.DataFrame, name: str) -> Any:
    return whole.filter(pl.col(name).is_not_null()).select(name).unnest(name)
