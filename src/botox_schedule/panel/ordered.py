"""Rows of tracks in an order: what stands before each row."""

from collections.abc import Mapping
from typing import Any, Self

import narwhals.stable.v2 as nw
import polars as pl

from botox_schedule.panel.frames import Engine, Frame

TRACK = ("track",)
CYCLE = ("cycle",)
_KEYS = 1 << 63


_BEGINS = (pl.col("track") != pl.col("track").shift(1)).fill_null(value=True)


class Ordered:
    """Sessions with the columns ``track`` and ``key``, in the order of their keys.

    Polars looks at neighbors, DuckDB has windows. Which of equal sessions comes first is left open.
    """

    def __init__(self, engine: Engine, frame: Frame) -> None:
        self.engine = engine
        self.frame = frame

    @classmethod
    def sorted(cls, engine: Engine, frame: Frame) -> Self:
        """Bring rows into order, where it is kept."""
        if engine.name != "polars":
            return cls(engine, frame)
        # One number that holds both is sorted in a third of the time.
        both = pl.col("track").cast(pl.Int128) * _KEYS + pl.col("key")
        rest = pl.exclude("track", "key")
        native = frame.to_native().select(both.alias("_both"), rest).sort("_both")
        track, key = pl.col("_both") // _KEYS, pl.col("_both") % _KEYS
        native = native.select(
            track.cast(pl.Int64).alias("track"),
            key.cast(pl.Int64).alias("key"),
            pl.exclude("_both"),
        )
        return cls(engine, engine.settled(nw.from_native(native)))

    def only(self, condition: nw.Expr) -> "Ordered":
        """Return the rows for which a condition holds, in their order."""
        return Ordered(self.engine, self.frame.filter(condition))

    def put(self, **columns: nw.Expr) -> Self:
        """Add or replace columns."""
        self.frame = self.frame.with_columns(**columns)
        return self

    def put_before(self, before: Mapping[str, str], first: Mapping[str, str] | None = None) -> Self:
        """Put what stands before each row in its track, and what its track begins with.

        Args:
            before: New columns, each with the column whose latest value before the row it has;
                null before there is one.
            first: New columns, each with the column whose first value it has.
        """
        starts = (first or {}).items()
        if self.engine.name == "polars":
            found = {out: pl.when(_BEGINS).then(pl.col(c)).forward_fill() for out, c in starts}
            found |= {out: _before(column) for out, column in before.items()}
            return self._take(self.frame.to_native().with_columns(**found))
        over = "OVER (PARTITION BY track ORDER BY key"
        above = f"{over} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        windows = [f"last_value({c} IGNORE NULLS) {above} AS {out}" for out, c in before.items()]
        windows += [f"first_value({c}) {over}) AS {out}" for out, c in starts]
        return self._take(self.frame.to_native().project(f"*, {', '.join(windows)}"))

    def put_running(self, out: str, total: str, column: str) -> Self:
        """Put the sum up to the row, of equal rows those that add more first, and the track's sum."""
        if self.engine.name == "polars":
            whole = pl.col(column).cum_sum()
            before = pl.when(_BEGINS).then(whole - pl.col(column)).forward_fill()
            native = self.frame.to_native().with_columns((whole - before).alias(out))
            ends = _BEGINS.shift(-1).fill_null(value=True)
            last = pl.when(ends).then(pl.col(out)).backward_fill()
            return self._take(native.with_columns(last.alias(total)))
        over = f"sum({column}) OVER (PARTITION BY track ORDER BY key, {column} DESC ROWS BETWEEN"
        up_to = f"{over} UNBOUNDED PRECEDING AND CURRENT ROW)::BIGINT AS {out}"
        in_all = f"{over} UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)::BIGINT AS {total}"
        return self._take(self.frame.to_native().project(f"*, {up_to}, {in_all}"))

    def settle(self, *columns: str) -> Self:
        """Compute what was put, and keep only some columns."""
        self.frame = self.engine.settled(self.frame.select(*columns))
        return self

    def _take(self, native: Any) -> Self:
        self.frame = nw.from_native(native)
        return self


def _before(column: str) -> pl.Expr:
    """Return the latest value that stands before a row of the same track."""
    value = pl.col(column)
    owner = pl.when(value.is_not_null()).then(pl.col("track")).forward_fill()
    same = owner.shift(1) == pl.col("track")
    return pl.when(same).then(value.forward_fill().shift(1))
