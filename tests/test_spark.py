"""Spark answers as the record does: one small population with everything, in local mode."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="the extra spark is not installed")
if shutil.which("java") is None:
    pytest.skip("Java is not on this machine", allow_module_level=True)

from pyspark.sql import SparkSession

from botox_schedule import panel
from test_panel import BESIDE, Case, forecast_row

_KINDS = {"Int64": "bigint", "Float64": "double", "String": "string", "Date": "date"}


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A session of two local threads."""
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "America/New_York")
        .getOrCreate()
    )
    yield session
    session.stop()


def spark_frame(session: SparkSession, frame: Any) -> Any:
    """A Polars frame as a Spark one."""
    schema = ", ".join(f"{name} {_KINDS[str(kind)]}" for name, kind in frame.schema.items())
    return session.createDataFrame(frame.rows(), schema)


@pytest.mark.filterwarnings("ignore")
def test_spark_answers_as_the_record_does(spark: SparkSession) -> None:
    case = Case(5, "limbs", 60)
    frames = {name: spark_frame(spark, frame) for name, frame in case.tables.items()}
    answer = panel.forecast(
        frames["sessions"],
        case.protocols,
        as_of=case.as_of,
        policy=case.policy,
        **{name: frames[name] for name in BESIDE},
    )
    rows = [row.asDict() for row in answer.collect()]
    assert len(rows) > 20
    for row in rows:
        assert row == forecast_row(case, row)
    # What Spark takes the size of the answer to be: it grew with every join, up to no memory.
    size = answer._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()
    assert len(str(size)) < 400


@pytest.mark.filterwarnings("ignore")
def test_weekly_load_comes_back_as_a_spark_frame(spark: SparkSession) -> None:
    case = Case(6, "migraine", 40)
    given: dict[str, Any] = {
        "as_of": case.as_of - timedelta(days=200),
        "weeks": 3,
        "capacity": 2,
        "holds": None,
        "care_ends": None,
    }
    expected = panel.load(case.tables["sessions"], case.protocols, **given)
    answer = panel.load(spark_frame(spark, case.tables["sessions"]), case.protocols, **given)
    assert [tuple(row) for row in answer.collect()] == expected.rows()
