"""What a Spark frame needs: days as numbers and back, checkpoints, small frames."""

from collections.abc import Iterable
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as spark

__all__ = ["dated", "day_numbers", "settled", "small"]

_KINDS = {"Int64": "bigint", "Float64": "double", "String": "string", "Date": "date"}


def day_numbers(native: Any, names: Iterable[str], epoch: int) -> Any:
    """Turn dates into numbers of days."""
    return native.withColumns({n: (spark.unix_date(n) + epoch).cast("bigint") for n in names})


def dated(native: Any, names: Iterable[str], epoch: int) -> Any:
    """Turn numbers of days into dates."""
    days = {n: spark.date_from_unix_date((spark.col(n) - epoch).cast("int")) for n in names}
    return native.withColumns(days)


def settled(native: Any) -> Any:
    """Cut the plan: Spark plans long ones over and over, and computes each branch again.

    A checkpoint keeps its plan's estimated size, and joins multiply sizes: after some dozens the
    number alone fills the memory. The rows are taken over as a frame that has none.
    """
    kept = native.localCheckpoint(eager=False)._jdf  # noqa: SLF001 - nothing public does this
    session = native.sparkSession
    make = session._jsparkSession.internalCreateDataFrame  # noqa: SLF001
    is_stream = False
    return DataFrame(make(kept.queryExecution().logical().rdd(), kept.schema(), is_stream), session)


def small(root: Any, answer: Any) -> Any:
    """Make a Spark frame of a small Polars frame."""
    schema = ", ".join(f"{name} {_KINDS[str(kind)]}" for name, kind in answer.schema.items())
    return root.sparkSession.createDataFrame(answer.rows(), schema)
