"""Spark answers as the record does, and as Polars: what is drawn is cut into several parts."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

pytest.importorskip("pyspark", reason="the extra spark is not installed")
if shutil.which("java") is None:
    pytest.skip("Java is not on this machine", allow_module_level=True)

from pyspark.sql import SparkSession

from botox_schedule import panel
from botox_schedule.panel import PanelError
from test_panel import BESIDE, MIGRAINE, Case, forecast_row, frame_of

pytestmark = pytest.mark.filterwarnings("ignore")


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


@pytest.mark.parametrize(("seed", "kind"), [(5, "limbs"), (7, "versions")])
def test_spark_answers_as_the_record_does(
    seed: int, kind: str, convert: Callable[[Any], Any]
) -> None:
    case = Case(seed, kind, 60)
    answer = panel.forecast(
        convert(case.tables["sessions"]),
        case.protocols,
        as_of=case.as_of,
        policy=case.policy,
        **case.beside(convert, *BESIDE),
    )
    rows = rows_of(answer)
    assert len(rows) > 20
    for row in rows:
        assert row == forecast_row(case, row)


CASE = Case(6, "limbs", 60)
DAY = CASE.as_of
QUESTIONS: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[str, ...]]] = {
    "cycles": (panel.cycles, {"as_of": DAY}, BESIDE[:4]),
    "worklist": (panel.worklist, {"as_of": DAY, "ahead_days": 90}, BESIDE[:3]),
    "load": (panel.load, {"as_of": DAY, "weeks": 9, "capacity": 2}, BESIDE[:3]),
    "persistence": (
        panel.persistence,
        {"as_of": DAY, "permissible_gap_days": 30},
        BESIDE[:2],
    ),
    "tally": (panel.tally, {"as_of": DAY}, ("care_ends",)),
    "findings": (panel.findings, {}, ()),
    "status_on": (panel.status_on, {"days": [DAY, DAY + timedelta(days=50)]}, BESIDE[:3]),
    "simulate": (panel.simulate, {"as_of": DAY, "seed": 7, "replicates": 3}, BESIDE[:2]),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered_as_on_polars(name: str, convert: Callable[[Any], Any]) -> None:
    ask, given, beside = QUESTIONS[name]
    sessions = CASE.tables["sessions"]
    expected = ask(sessions, CASE.protocols, **given, **CASE.beside(lambda one: one, *beside))
    answer = ask(convert(sessions), CASE.protocols, **given, **CASE.beside(convert, *beside))
    in_order = name in {"worklist", "load", "tally", "simulate"}
    assert expected.height
    assert rows_of(answer, in_order=in_order) == rows_of(expected, in_order=in_order)
    assert tuple(answer.columns) == tuple(expected.columns)


def test_so_are_groups_and_exposure(convert: Callable[[Any], Any]) -> None:
    sessions = CASE.tables["sessions"]
    patients = sessions["patient"].unique().sort()
    clinics = pl.DataFrame({"patient": patients, "clinic": [n % 3 for n in range(len(patients))]})
    given: dict[str, Any] = {"as_of": DAY, "by": ["clinic", "year"]}
    expected = panel.adherence(sessions, CASE.protocols, **given, groups=clinics)
    answer = panel.adherence(convert(sessions), CASE.protocols, **given, groups=convert(clinics))
    assert rows_of(answer) == rows_of(expected)
    window: dict[str, Any] = {"window": "12 weeks", "on": DAY}
    ends = CASE.tables["care_ends"]
    expected = panel.exposure(sessions, **window, care_ends=ends)
    answer = panel.exposure(convert(sessions), **window, care_ends=convert(ends))
    assert rows_of(answer) == rows_of(expected)


def test_nothing_is_read_before_the_answer_is(convert: Callable[[Any], Any]) -> None:
    from pyspark.sql import functions  # noqa: PLC0415 - as a user writes it

    sessions = convert(frame_of(administered_on=["2026-01-05"]))
    failing = functions.raise_error(functions.lit("read")).cast("string")
    answer = panel.forecast(sessions.withColumn("product", failing), [MIGRAINE], as_of="2026-06-01")
    assert answer.columns[0] == "patient"
    with pytest.raises(Exception, match="read"):
        answer.collect()


def test_no_rows_give_no_rows(convert: Callable[[Any], Any]) -> None:
    sessions = convert(frame_of(administered_on=["2026-01-05"]).clear())
    ends = convert(CASE.tables["care_ends"])
    answer = panel.forecast(sessions, [MIGRAINE], as_of="2026-06-01", care_ends=ends)
    assert answer.collect() == []
    week = panel.load(sessions, [MIGRAINE], as_of=DAY, weeks=1, holds=None, care_ends=ends)
    assert [row["visits"] for row in week.collect()] == [0]


def test_columns_of_other_kinds_do_not_matter(convert: Callable[[Any], Any]) -> None:
    frame = frame_of(patient=[7, 8], administered_on=[date(2026, 1, 5), None])
    sessions = convert(frame).selectExpr("*", "map('note', 'none') AS notes", "NULL AS nil")
    answer = panel.forecast(sessions, [MIGRAINE], as_of="2026-06-01")
    found = [(r["patient"], r["status"], r["session_left_out"]) for r in rows_of(answer)]
    assert found == [(7, "overdue", False)]


@pytest.mark.parametrize(
    ("table", "rows", "words"),
    [
        ("holds", {"patient": ["p-1", "p-2"], "first": ["soon", "x"]}, "first in 2 rows"),
        ("holds", {"patient": ["p-1"]}, "first is missing"),
        ("holds", {"patient": [1], "first": ["2026-01-05"]}, "patient: expected String as in"),
        (
            "overrides",
            {
                "patient": ["p-1"],
                "indication": ["chronic-migraine"],
                "first": ["2026-01-05"],
                "authority": ["payer"],
                "minimum": ["twelve weeks"],
            },
            "minimum: expected intervals",
        ),
    ],
)
def test_a_table_is_used_whole_or_not_at_all(
    table: str, rows: dict[str, Any], words: str, convert: Callable[[Any], Any]
) -> None:
    sessions = convert(frame_of(administered_on=["2026-01-05"]))
    given = {table: convert(pl.DataFrame(rows))}
    with pytest.raises(PanelError, match=words):
        panel.forecast(sessions, [MIGRAINE], as_of="2026-06-01", **given)


@pytest.mark.parametrize(
    ("holds", "words"), [(pl.DataFrame(), "same kind as the sessions"), ([], "not list")]
)
def test_tables_are_spark_frames_too(holds: Any, words: str, convert: Callable[[Any], Any]) -> None:
    sessions = convert(frame_of(administered_on=["2026-01-05"]))
    with pytest.raises(PanelError, match=words):
        panel.forecast(sessions, [MIGRAINE], as_of="2026-06-01", holds=holds)
