"""Where a question about a population is answered: here, or on Spark's workers part by part.

A part holds all rows of its patients, so that most answers are those of the parts side by side.
"""

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule.panel.frames import Frame, Source
from botox_schedule.panel.tables import Tables

Compute = Callable[[Any, Tables], Source]


def answered(
    sessions: Any,
    tables: Tables,
    compute: Compute,
    whole: Callable[[Frame], Frame] | None = None,
) -> Any:
    """Return an answer as the kind of frame that came in, lazy where the frame is lazy.

    Args:
        sessions: The caller's frame.
        tables: What is known beside it.
        compute: Answers for the patients of a part.
        whole: Makes one answer of those of the parts, where they do not stand side by side.
    """
    if is_spark(sessions):
        parts = _spark().parts(sessions, tables, compute)
        return parts if whole is None else whole(nw.from_native(parts)).to_native()

    def ask(native: Any) -> Any:
        frame, engine = compute(native, tables)
        return engine.back(frame if whole is None else whole(frame))

    return _deferred(sessions, ask)


def summed_up(
    sessions: Any, tables: Tables, compute: Compute, summary: Callable[[Any], Any]
) -> Any:
    """Return a small answer as the kind of frame that came in, lazy where the frame is lazy.

    Args:
        sessions: The caller's frame.
        tables: What is known beside it.
        compute: Answers for the patients of a part.
        summary: Makes a Polars frame of a few rows of the answers of all parts, a Polars frame.
    """
    if is_spark(sessions):
        parts = _spark().parts(sessions, tables, compute)
        return _spark().small(sessions, summary(_spark().collected(parts)))

    def ask(native: Any) -> Any:
        frame, engine = compute(native, tables)
        return engine.small(summary(frame.collect(backend="polars").to_native()))

    return _deferred(sessions, ask)


def is_spark(native: Any) -> bool:
    """Whether a caller's frame is one of PySpark."""
    frame = nw.from_native(native, pass_through=True)
    if not isinstance(frame, nw.LazyFrame):
        return False
    kind = frame.implementation
    return kind.is_pyspark() or kind.is_pyspark_connect()


def _deferred(sessions: Any, ask: Callable[[Any], Any]) -> Any:
    """Ask at once, but of a lazy Polars frame only when the answer is collected.

    An empty frame says which columns come out, and finds faults early.
    """
    is_polars = type(sessions).__module__.startswith("polars")
    if not is_polars or not hasattr(sessions, "collect"):
        return ask(sessions)
    import polars as pl  # noqa: PLC0415 - only where a Polars frame came in

    schema = ask(pl.DataFrame(schema=sessions.collect_schema())).schema
    return pl.defer(lambda: ask(sessions), schema=schema, validate_schema=False)


def _spark() -> Any:
    """What only Spark can do, imported where a Spark frame came in."""
    from botox_schedule.panel import spark as module  # noqa: PLC0415 - it needs its extra

    return module
