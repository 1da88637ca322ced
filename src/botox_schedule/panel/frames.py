"""Frames of every kind, read as Polars and written back as the caller's kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.errors import PanelError

Frames = dict[str, pl.DataFrame]
Compute = Callable[[Frames], pl.DataFrame]
"""Answers from the sessions and the tables next to them, each under its name."""
Summary = Callable[[pl.DataFrame], pl.DataFrame]

_KINDS = "a Polars, pandas, PyArrow, DuckDB or PySpark frame"
# Some columns make Polars panic; Arrow raises errors of value and type, and NotImplementedError;
# pandas does not find a column whose name is no text.
_POLARS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_CHANGED = (ArithmeticError, LookupError, ValueError, TypeError, NotImplementedError, *_POLARS)


class Given(NamedTuple):
    """A caller's frame with the columns that are read.

    Attributes:
        name: What the caller calls it: ``sessions``, ``holds``.
        native: The frame.
        columns: The columns that are read; None means all.
        is_decided: Whether it holds decisions: one that is not read as meant could bind for
            longer, or not at all.
    """

    name: str
    native: Any
    columns: Sequence[str] | None
    is_decided: bool = False

    @property
    def kind(self) -> str:
        """The library that the frame is of.

        Raises:
            PanelError: When it is not a frame.
        """
        kind = type(self.native)
        modules = (each.__module__.partition(".")[0].lstrip("_") for each in kind.__mro__)
        module = next((name for name in modules if name in {*_READERS, "pyspark"}), None)
        if module is None or not hasattr(kind, "columns"):
            raise PanelError(f"{self.name}: give {_KINDS}; a {kind.__name__} is none")
        return module

    def names(self) -> list[str]:
        """The names of all columns of the frame."""
        if isinstance(self.native, pl.LazyFrame):
            return self.schema().names()
        with _on_connection(self.name) if self.kind == "duckdb" else nullcontext():
            return [str(name) for name in getattr(self.native, "column_names", self.native.columns)]

    def schema(self) -> pl.Schema:
        """The columns of a lazy frame of Polars."""
        with _collecting(self.name):
            return pl.Schema(self.native.collect_schema())

    def needed(self) -> list[str]:
        """The names of the columns that are read, as far as the frame has them.

        Raises:
            PanelError: When a name comes twice, or is one of them but for case or blanks, or is
                the ``id`` of sessions: without its ``Status`` each would count as given, and
                without their ids one given twice as two. Also when decisions have a ``status``: a
                denied one would count; or another column, such as ``until`` for ``last``.
        """
        names = self.names()
        if self.columns is not None:
            meant = {name.strip().casefold().replace(" ", "_"): name for name in names}
            if "id" in meant:
                meant.setdefault("session_id", meant["id"])
            if self.is_decided and "status" in meant:
                raise PanelError(f"{self.name}: {meant['status']!r}: give only rows in force")
            if wrong := sorted(meant.keys() & {*self.columns} - {*names}):
                raise PanelError(f"{self.name}: {meant[wrong[0]]!r}: write it as {wrong[0]!r}")
            odd = [place for place, name in enumerate(names, 1) if name not in self.columns]
            if self.is_decided and odd:
                told = f"leave it out, or name it as one of {', '.join(self.columns)}"
                raise PanelError(f"{self.name}: column {odd[0]} is not read; {told}")
            names = [name for name in names if name in self.columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PanelError(f"{self.name}: {twice}: give each column once")
        return names


def read(given: Given) -> pl.DataFrame:
    """Return the columns of a frame that are read.

    Raises:
        PanelError: When a column cannot become one of Polars.
    """
    return _READERS[given.kind](given)


def _from_polars(given: Given) -> pl.DataFrame:
    chosen: pl.LazyFrame = given.native.lazy().select(given.needed())
    with _collecting(given.name):
        return chosen.collect()


@contextmanager
def _collecting(name: str) -> Iterator[None]:
    """Say which frame Polars cannot collect; Polars' own message can hold a value of a row."""
    try:
        yield
    except _POLARS as fault:
        what = type(fault).__name__
        message = f"{name}: Polars gives no rows ({what}); mend the query that makes the frame"
        raise PanelError(message) from None


def _from_pandas(given: Given) -> pl.DataFrame:
    return _by_column(given, lambda name: pl.Series(name, pl.from_pandas(given.native[name])))


def _from_arrow(given: Given) -> pl.DataFrame:
    return _by_column(given, lambda name: pl.Series(name, given.native[name]))


def _by_column(given: Given, column: Callable[[str], pl.Series]) -> pl.DataFrame:
    return pl.DataFrame([_changed(given.name, name, column) for name in given.needed()])


def _changed(table: str, name: str, column: Callable[[str], pl.Series]) -> pl.Series:
    try:
        return _as_meant(column(name))
    except _CHANGED as fault:
        told = f"Polars cannot read the column ({type(fault).__name__})"
        raise PanelError(f"{table}: {name}: {told}; give dates, text or numbers") from None


def _as_meant(column: pl.Series) -> pl.Series:
    """Undo what pandas makes of missing values: floats of whole numbers, numbers of nothing.

    DuckDB makes decimals of sums of whole numbers.
    """
    if column.null_count() == len(column) and column.name != "patient":
        return column.cast(pl.Null)
    if not (column.dtype.is_float() or column.dtype.is_decimal()):
        return column
    whole = column.cast(pl.Int64, strict=False)
    # From 2 ** 53 on two keys can have become one float.
    is_whole = whole.eq_missing(column) & whole.abs().lt(2**53).fill_null(value=True)
    return whole if is_whole.all() else column


def _from_duckdb(given: Given) -> pl.DataFrame:
    import duckdb  # noqa: PLC0415 - an extra

    with _on_connection(given.name):
        columns = [*map(duckdb.ColumnExpression, given.needed())]
        # DuckDB selects no fewer than one column; the missing ones are named later.
        chosen = given.native.select(*columns) if columns else given.native.limit(0)
        rows = chosen.to_arrow_table()
    return _from_arrow(given._replace(native=rows))


@contextmanager
def _on_connection(name: str) -> Iterator[None]:
    """Say what to do where DuckDB fails; DuckDB's own message can hold a value of a row."""
    import duckdb  # noqa: PLC0415 - an extra

    try:
        yield
    except duckdb.Error as fault:
        told = f"{name}: DuckDB gives no rows ({type(fault).__name__})"
        cursor = "give each thread its own connection.cursor()"
        raise PanelError(f"{told}; mend the query that makes the relation, or {cursor}") from None


def as_arrow(answer: pl.DataFrame, _: Any = None) -> Any:
    """Return an answer as a PyArrow table with types that every library knows."""
    return answer.to_arrow(compat_level=pl.CompatLevel.oldest())


def _as_pandas(answer: pl.DataFrame, _: Any) -> Any:
    # Next to a missing key pandas makes floats of whole numbers, and of two long keys one.
    whole = [column for column in answer if column.dtype.is_integer() and column.has_nulls()]
    longest: list[Any] = [column.abs().max() or 0 for column in whole]
    return answer.to_pandas(integer_object_nulls=max(longest, default=0) >= 2**53)


def _as_duckdb(answer: pl.DataFrame, relation: Any) -> Any:
    # DuckDB finds it by its name, which no table of the caller should have.
    _botox_schedule_answer = as_arrow(answer)
    with _on_connection("the answer"):
        return relation.query("_botox_schedule_sessions", "FROM _botox_schedule_answer")


def write(answer: pl.DataFrame, like: Given) -> Any:
    """Return an answer as a frame of the kind of *like*."""
    return _WRITERS[like.kind](answer, like.native)


_READERS: Mapping[str, Callable[[Given], pl.DataFrame]] = {
    "polars": _from_polars,
    "pandas": _from_pandas,
    "pyarrow": _from_arrow,
    "duckdb": _from_duckdb,
}
_WRITERS: Mapping[str, Callable[[pl.DataFrame, Any], Any]] = {
    "polars": lambda answer, _: answer,
    "pandas": _as_pandas,
    "pyarrow": as_arrow,
    "duckdb": _as_duckdb,
}
