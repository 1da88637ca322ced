"""Rows of tracks in an order: what stands before each row."""

from typing import Any, Self

import narwhals.stable.v2 as nw

from botox_schedule.panel._engine import Engine, Frame

__all__ = ["CYCLE", "TRACK", "Ordered"]

TRACK = ("track",)
CYCLE = ("cycle",)
_KEYS = 1 << 63


class Ordered:
    """Sessions with the columns ``track`` and ``key``, in the order of their keys.

    Polars sorts them once and looks at neighbors; DuckDB has windows. Which of equal sessions
    comes first is left open.
    """

    def __init__(self, engine: Engine, frame: Frame) -> None:
        self.engine = engine
        if engine.name == "polars":
            import polars as pl  # noqa: PLC0415 - only where it does the work

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
            frame = engine.settled(nw.from_native(native))
        self.frame = frame

    def only(self, condition: nw.Expr) -> "Ordered":
        """Return the rows for which a condition holds, in their order."""
        kept = object.__new__(Ordered)
        kept.engine, kept.frame = self.engine, self.frame.filter(condition)
        return kept

    def put(self, **columns: nw.Expr) -> Self:
        """Add or replace columns."""
        self.frame = self.frame.with_columns(**columns)
        return self

    def put_previous(self, out: str, column: str) -> Self:
        """Put what the row before in the track has; null in the first."""
        if self.engine.name == "polars":
            pl, native, first = self._neighbors()
            return self._take(native, **{out: pl.when(~first).then(pl.col(column).shift(1))})
        before = nw.col(column).shift(1).over(*TRACK, order_by="key")
        return self.put(**{out: before})

    def put_known(self, out: str, column: str) -> Self:
        """Put the latest value up to the row; null before there is one in the track."""
        if self.engine.name == "polars":
            pl, native, _ = self._neighbors()
            value = pl.col(column)
            owner = pl.when(value.is_not_null()).then(pl.col("track")).forward_fill()
            known = pl.when(owner == pl.col("track")).then(value.forward_fill())
            return self._take(native, **{out: known})
        known = nw.col(column).fill_null(strategy="forward").over(*TRACK, order_by="key")
        return self.put(**{out: known})

    def put_running(self, out: str, column: str) -> Self:
        """Put the sum up to the row; of equal rows those that add more come first."""
        if self.engine.name == "polars":
            pl, native, first = self._neighbors()
            whole = pl.col(column).cum_sum()
            before = pl.when(first).then(whole - pl.col(column)).forward_fill()
            return self._take(native, **{out: whole - before})
        self.put(_less=-nw.col(column))
        total = nw.col(column).cum_sum().over(*TRACK, order_by=("key", "_less"))
        return self.put(**{out: total.cast(nw.Int64)})

    def settle(self, *columns: str) -> Self:
        """Compute what was put, and keep only some columns."""
        self.frame = self.engine.settled(self.frame.select(*columns))
        return self

    def _neighbors(self) -> tuple[Any, Any, Any]:
        """Return Polars, its frame, and whether a row is the first of its track."""
        import polars as pl  # noqa: PLC0415 - only where it does the work

        first = (pl.col("track") != pl.col("track").shift(1)).fill_null(value=True)
        return pl, self.frame.to_native(), first

    def _take(self, native: Any, **columns: Any) -> Self:
        self.frame = nw.from_native(native.with_columns(**columns))
        return self
