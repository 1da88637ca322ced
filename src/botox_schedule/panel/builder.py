"""A frame to which columns are added one after another."""

from collections.abc import Mapping
from typing import Any, Self

import narwhals.stable.v2 as nw

from botox_schedule.panel.frames import Engine, Frame


class Sheet:
    """A frame under work: each step adds columns, and names that begin with ``_`` are scratch.

    Columns are added in small steps because engines plan nested expressions badly.
    """

    def __init__(self, engine: Engine, frame: Frame, keys: tuple[str, ...]) -> None:
        self.engine = engine
        self.frame = frame
        self.keys = keys
        self._known: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether *name* was put here, and not tidied away."""
        return name in self._known

    def put(self, **columns: Any) -> Self:
        """Add or replace columns; numbers and texts stand for themselves in every row."""
        self.frame = self.frame.with_columns(
            **{
                name: column if isinstance(column, nw.Expr) else nw.lit(column)
                for name, column in columns.items()
            }
        )
        for name in columns:
            self._known.discard(f"_{name}_t")
        self._known.update(columns)
        return self

    def meet(self, other: Frame, on: tuple[str, ...] | None = None) -> Self:
        """Add the columns of *other* where it has a row of the same keys, else null."""
        self.frame = self.frame.join(other, on=list(on or self.keys), how="left")
        return self

    def flag(self, out: str, found: Frame, on: tuple[str, ...] | None = None) -> Self:
        """Put whether *found* has a row of the same keys."""
        return self.flags({out: found}, on)

    def flags(self, found: Mapping[str, Frame], on: tuple[str, ...] | None = None) -> Self:
        """Put for each name whether its frame has a row of the same keys."""
        keys = on or self.keys
        rows = [
            frame.select(*keys, **{name: nw.lit(int(name == own), nw.Int8) for name in found})
            for own, frame in found.items()
        ]
        whole = rows[0] if len(rows) == 1 else nw.concat(rows, how="vertical")
        self.meet(whole.group_by(*keys).agg(*(nw.col(name).max() for name in found)), keys)
        return self.put(**{name: nw.col(name).fill_null(0) == 1 for name in found})

    def tidy(self) -> Self:
        """Drop scratch columns and settle the rest: the plan stays short."""
        names = self.frame.collect_schema().names()
        kept = [name for name in names if not name.startswith("_")]
        self.frame = self.engine.settled(self.frame.select(*kept))
        self._known = {name for name in self._known if name in kept}
        return self
