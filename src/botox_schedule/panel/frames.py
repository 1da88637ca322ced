"""The boundary to the engines: frames come in, and go out as what they came in.

Inside, days are whole numbers counted as Python's ``date.toordinal`` counts them, on every
engine. pandas and PyArrow frames are computed by Polars, whose windows they lack; so are the
parts of a Spark frame, on its workers.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

import narwhals.stable.v2 as nw

from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.months import first_of_month, month_number, whole

Frame = nw.LazyFrame[Any]

_EPOCH = 719_163
_KINDS = "a Polars, pandas, PyArrow, DuckDB or PySpark frame"


class Engine:
    """Where the work is done, and what kind of frame goes back.

    Attributes:
        name: ``polars`` or ``duckdb``.
        returns: ``lazy``, ``polars``, ``pandas`` or ``pyarrow``.
    """

    def __init__(self, name: str, returns: str, root: Any) -> None:
        self.name = name
        self.returns = returns
        self._root = root
        self._temporary: list[str] = []

    def settled(self, frame: Frame) -> Frame:
        """Return a frame that is used more than once, so that it is computed once.

        Polars computes it here, DuckDB keeps it as a temporary table until the answer is there.
        """
        if self.name == "polars":
            settled: Frame = frame.collect().lazy()
            return settled
        return _frame(self._kept(frame.to_native()))

    def _kept(self, relation: Any) -> Any:
        name = f"botox_schedule_panel_{uuid4().hex}"
        relation.query(f"source_{name}", f"CREATE TEMP TABLE {name} AS FROM source_{name}")
        self._temporary.append(name)
        return self._root.query(f"source_{name}", f"FROM {name}")

    def counted(self, frame: Frame, out: str) -> Frame:
        """Number the rows, in no order."""
        native = frame.to_native()
        if self.name == "polars":
            return _frame(native.with_row_index(out)).with_columns(nw.col(out).cast(nw.Int64))
        return _frame(native.project(f"*, row_number() OVER () AS {out}"))

    def back(self, frame: Frame) -> Any:
        """Return *frame* as the kind of frame that came in."""
        if self.name == "duckdb":
            return self._last(frame.to_native())
        return self.small(frame.collect(backend="polars").to_native())

    def small(self, answer: Any) -> Any:
        """Return a Polars frame of a few rows as the kind of frame that came in."""
        if self.returns == "pandas":
            return answer.to_pandas()
        if self.returns == "pyarrow":
            return answer.to_arrow()
        if self.name == "duckdb":
            return self._last(self._root.query("source", _as_values(answer)))
        return answer

    def _last(self, relation: Any) -> Any:
        """Keep an answer, and nothing else."""
        answer = self._kept(relation)
        for name in self._temporary[:-1]:
            self._root.query(f"source_{name}", f"DROP TABLE {name}")
        self._temporary.clear()
        return answer


def _frame(native: Any) -> Frame:
    frame: Frame = nw.from_native(native)
    return frame


def _as_values(answer: Any) -> str:
    """Return the SQL text that states a frame of numbers, words and days."""
    kinds = {"Int64": "BIGINT", "Float64": "DOUBLE", "String": "VARCHAR", "Date": "DATE"}
    columns = ", ".join(f"CAST({n} AS {kinds[str(t)]}) AS {n}" for n, t in answer.schema.items())
    rows = ", ".join(
        "(" + ", ".join("NULL" if v is None else f"'{v}'" for v in row) + ")"
        for row in answer.rows()
    )
    nothing = ", ".join("NULL" for _ in answer.columns)
    values = f"(VALUES {rows or f'({nothing})'}) AS t({', '.join(answer.columns)})"
    return f"SELECT {columns} FROM {values}{'' if rows else ' WHERE FALSE'}"  # noqa: S608


class Source(NamedTuple):
    """A frame as it is worked on."""

    frame: Frame
    engine: Engine


def opened(native: Any, name: str) -> Source:
    """Return a caller's frame as a lazy one.

    Raises:
        PanelError: When it is no frame, or one of another kind.
    """
    try:
        frame = nw.from_native(native)
    except TypeError:
        raise PanelError(f"{name}: expected {_KINDS}, not {type(native).__name__}") from None
    kind = frame.implementation
    if isinstance(frame, nw.LazyFrame):
        if kind.is_polars():
            return Source(frame, Engine("polars", "polars", native))
        if kind.is_duckdb():
            return Source(frame, Engine("duckdb", "lazy", native))
    elif kind.is_polars() or kind.is_pandas() or kind.is_pyarrow():
        whole = nw.from_native(frame.to_polars())
        return Source(whole.lazy(), Engine("polars", str(kind), native))
    raise PanelError(f"{name}: expected {_KINDS}, not one of {kind}")


def is_day(dtype: Any) -> bool:
    """Whether a column of that type can hold calendar days."""
    naive = isinstance(dtype, nw.Datetime) and dtype.time_zone is None
    return naive or dtype in (nw.Date, nw.String)


def numbered(source: Source, columns: Iterable[str]) -> Source:
    """Turn columns of days into numbers of days; what is no calendar day becomes null."""
    frame, engine = source
    schema = frame.collect_schema()
    names = [name for name in columns if name in schema]
    for name in names:
        if schema[name] == nw.String:
            frame = _from_text(frame, name)
        elif schema[name] != nw.Date:
            day = nw.col(name).cast(nw.Date)
            midnight = day.cast(schema[name]) == nw.col(name)
            frame = frame.with_columns(nw.when(midnight).then(day).alias(name))
    dated = [name for name in names if schema[name] != nw.String]
    return Source(_day_numbers(frame, engine, dated), engine)


def _day_numbers(frame: Frame, engine: Engine, names: list[str]) -> Frame:
    if not names:
        return frame
    if engine.name == "duckdb":
        epoch = nw.lit("1970-01-01").cast(nw.Date)
        return frame.with_columns(
            ((nw.col(name) - epoch).cast(nw.Int64) + _EPOCH).alias(name) for name in names
        )
    return frame.with_columns(
        (nw.col(name).cast(nw.Int32).cast(nw.Int64) + _EPOCH).alias(name) for name in names
    )


def dated(source: Source, columns: Iterable[str]) -> Source:
    """Turn numbers of days into dates."""
    return Source(_dated(source, columns), source.engine)


def _dated(source: Source, columns: Iterable[str]) -> Frame:
    frame, engine = source
    names = list(columns)
    if engine.name == "duckdb":
        import duckdb  # noqa: PLC0415 - only for its own relations

        relation = frame.to_native()
        epoch = duckdb.ConstantExpression("1970-01-01").cast("DATE")
        rest = [duckdb.ColumnExpression(name) for name in relation.columns]
        for at, name in enumerate(relation.columns):
            if name in names:
                number = duckdb.ColumnExpression(name) - duckdb.ConstantExpression(_EPOCH)
                day = duckdb.FunctionExpression("add", epoch, number.cast("INTEGER"))
                rest[at] = day.alias(name)
        return _frame(relation.select(*rest))
    return frame.with_columns(
        (nw.col(name) - _EPOCH).cast(nw.Int32).cast(nw.Date).alias(name) for name in names
    )


def _from_text(frame: Frame, name: str) -> Frame:
    """Read ``YYYY-MM-DD`` by arithmetic alone: no engine's own reading of dates is asked."""
    text = nw.when(nw.col(name).str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(nw.col(name))
    frame = frame.with_columns(_text=text.otherwise(nw.lit("0000-00-00")))
    part = nw.col("_text").str.slice
    frame = frame.with_columns(
        _y=part(0, 4).cast(nw.Int64), _m=part(5, 2).cast(nw.Int64), _d=part(8, 2).cast(nw.Int64)
    )
    frame = frame.with_columns(_t=month_number(nw.col("_y"), nw.col("_m")))
    frame = frame.with_columns(_cy=whole(nw.col("_t"), 12), _ny=whole(nw.col("_t") + 1, 12))
    frame = frame.with_columns(
        _f=first_of_month(nw.col("_t"), nw.col("_cy")),
        _n=first_of_month(nw.col("_t") + 1, nw.col("_ny")),
    )
    real = (
        (nw.col("_y") >= 1)
        & (nw.col("_m") >= 1)
        & (nw.col("_m") <= 12)
        & (nw.col("_d") >= 1)
        & (nw.col("_d") <= nw.col("_n") - nw.col("_f"))
    )
    frame = frame.with_columns(nw.when(real).then(nw.col("_f") + nw.col("_d") - 1).alias(name))
    return frame.drop("_text", "_y", "_m", "_d", "_t", "_cy", "_ny", "_f", "_n")
