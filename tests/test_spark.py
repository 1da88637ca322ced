"""Spark answers as Polars does: what is drawn is cut into several parts."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="the extra spark is not installed")
if shutil.which("java") is None:
    pytest.skip("Java is not on this machine", allow_module_level=True)

import polars as pl
from pyspark.sql import SparkSession

from botox_schedule import panel
from botox_schedule.errors import PanelError
from test_populations import Case

pytestmark = pytest.mark.filterwarnings("ignore")
CASE = Case(6, "everything", 80)
SORTED = {"workload", "row_counts"}
QUESTIONS: dict[str, dict[str, Any]] = {
    "forecast": {},
    "cycles": {},
    "adherence": {"by": ["indication", "year"]},
    "persistence": {"permissible_gap_days": 30},
    "worklist": {"lead_days": 90},
    "workload": {"weeks": 9, "capacity": 2},
    "simulate": {"seed": 7, "replicates": 3, "days": 90},
    "row_counts": {},
}


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A session of two local threads, whose workers are this Python; three parts."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.sql.adaptive.coalescePartitions.enabled", "false")
        .config("spark.sql.session.timeZone", "America/New_York")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def convert(spark: SparkSession) -> Callable[[Any], Any]:
    """Makes a Spark frame of a Polars one."""
    return lambda frame: spark.createDataFrame(frame.to_arrow())


def rows_of(answer: Any, *, in_order: bool = False) -> list[dict[str, Any]]:
    """A Spark or Polars answer as rows."""
    frame = answer if isinstance(answer, pl.DataFrame) else pl.from_arrow(answer.toArrow())
    assert isinstance(frame, pl.DataFrame)
    return (frame if in_order else frame.sort(frame.columns)).to_dicts()


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered_as_on_polars(name: str, convert: Callable[[Any], Any]) -> None:
    ask, given = getattr(panel, name), QUESTIONS[name] | CASE.rules
    sessions = CASE.tables["sessions"]
    expected = ask(sessions, **given, **CASE.beside())
    answer = ask(convert(sessions), **given, **CASE.beside(convert))
    assert expected.height
    assert tuple(answer.columns) == tuple(expected.columns)
    in_order = name in SORTED
    assert rows_of(answer, in_order=in_order) == rows_of(expected, in_order=in_order)


def test_forecasts_are_those_of_the_record(convert: Callable[[Any], Any]) -> None:
    answer = panel.forecast(convert(CASE.tables["sessions"]), **CASE.rules, **CASE.beside(convert))
    found = rows_of(
        answer.drop(
            "clear",
            "interval_days",
            "timing",
            "short_by_days",
            "late_by_days",
            "held",
            "session_left_out",
        )
    )
    expected = [row for patient in CASE.records for row in CASE.forecasts(patient)]
    assert len(found) == len(expected) > 80
    key = ("patient", "indication")
    by_key = {tuple(row[name] for name in key): row for row in expected}
    for row in found:
        assert row == {name: by_key[row["patient"], row["indication"]][name] for name in row}


def test_problems_exposure_and_tables_of_other_kinds(convert: Callable[[Any], Any]) -> None:
    sessions = CASE.tables["sessions"]
    assert rows_of(panel.row_problems(convert(sessions))) == rows_of(panel.row_problems(sessions))
    window: dict[str, Any] = {"window": "12 weeks", "on": CASE.as_of}
    ends = CASE.tables["care_ends"]
    expected = panel.exposure(sessions, **window, care_ends=ends)
    answer = panel.exposure(convert(sessions), **window, care_ends=ends)
    assert rows_of(answer) == rows_of(expected)


def test_nothing_is_read_before_the_answer_is(convert: Callable[[Any], Any]) -> None:
    from pyspark.sql import functions  # noqa: PLC0415 - as a user writes it

    failing = functions.raise_error(functions.lit("read")).cast("string")
    sessions = convert(CASE.tables["sessions"]).withColumn("product", failing)
    answer = panel.forecast(sessions, as_of=CASE.as_of)
    assert answer.columns[0] == "patient"
    with pytest.raises(Exception, match="read"):
        answer.collect()


def test_keys_meet_however_they_are_spelled(spark: SparkSession) -> None:
    columns = "patient string, administered_on string, indication string, product string"
    rows = [
        (key, day, "chronic-migraine", "Botox")
        for key in ("Jos\u00e9 1", "Jose\u0301 1", "12", " 12 ", "\u00a012", "\ufeff12")
        for day in ("2026-01-05", "2026-03-30")
    ]
    found = rows_of(panel.forecast(spark.createDataFrame(rows, columns), as_of="2026-06-01"))
    assert [row["patient"] for row in found] == ["12", "Jos\u00e9 1"]


def test_no_rows_give_no_rows(convert: Callable[[Any], Any]) -> None:
    answer = panel.forecast(convert(CASE.tables["sessions"].clear()), as_of=CASE.as_of)
    assert answer.collect() == []


def test_a_missing_key_is_named(convert: Callable[[Any], Any]) -> None:
    sessions = convert(CASE.tables["sessions"])
    with pytest.raises(PanelError, match="births: missing: patient"):
        panel.forecast(sessions, as_of=CASE.as_of, births=sessions.drop("patient"))
    with pytest.raises(PanelError, match="sessions: missing: product"):
        panel.forecast(sessions.drop("product"), as_of=CASE.as_of)
