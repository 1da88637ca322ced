"""The panel's door, its columns and tables, and the lists that it makes."""

import gc
import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.engine import standing
from botox_schedule.engine.worklist import (
    Waiting,
    WorklistReason,
    WorklistSection,
    call_by,
    place_of,
)
from botox_schedule.errors import (
    CalendarRangeError,
    CountError,
    DayError,
    IntervalError,
    PanelError,
)
from botox_schedule.terms import DueStatus, FindingCode

pl = pytest.importorskip("polars", reason="the extra panel is not installed")

from botox_schedule import panel  # noqa: E402 - it needs the extra
from botox_schedule.panel import standings  # noqa: E402 - it needs the extra
from botox_schedule.panel.tables import TABLES  # noqa: E402 - it needs the extra

AS_OF = "2026-06-01"


def frame_of(**columns: Sequence[Any]) -> Any:
    """Sessions of chronic migraine with Botox, unless the columns say otherwise."""
    height = len(columns["administered_on"])
    given = {
        "patient": [f"p-{number}" for number in range(height)],
        "indication": ["chronic-migraine"] * height,
        "product": ["Botox"] * height,
    }
    return pl.DataFrame(given | columns, strict=False)


def placed(frame: Any, as_of: str = AS_OF, **more: Any) -> dict[str, tuple[str, str]]:
    """The section and reason of each patient with one track."""
    given = {"holds": None, "care_ends": None} | more
    rows = panel.worklist(frame, as_of=as_of, **given)
    return {row["patient"]: (row["section"], row["reason"]) for row in rows.to_dicts()}


class TestTypesOfColumns:
    """Whatever a column's type, the answer is the same, or an error names the column."""

    DAYS = ("2026-01-05", "2026-03-02")

    def expected(self) -> Any:
        return panel.forecast(frame_of(administered_on=self.DAYS, units=[155, 100]), as_of=AS_OF)

    def answer(self, frame: Any) -> Any:
        found = panel.forecast(frame, as_of=AS_OF)
        return found.sort("patient")

    @pytest.mark.parametrize(
        "kind", [pl.Date, pl.Datetime("ns"), pl.Datetime("ms"), pl.Categorical]
    )
    def test_days(self, kind: Any) -> None:
        days = pl.Series(self.DAYS)
        typed = days.cast(kind) if kind == pl.Categorical else days.str.to_date().cast(kind)
        frame = frame_of(administered_on=typed, units=[155, 100])
        assert self.answer(frame).equals(self.expected().sort("patient"))

    @pytest.mark.parametrize("kind", [pl.Float32, pl.Int16, pl.Decimal(10, 2)])
    def test_units(self, kind: Any) -> None:
        frame = frame_of(administered_on=self.DAYS, units=pl.Series([155, 100]).cast(kind))
        assert self.answer(frame).equals(self.expected().sort("patient"))

    def test_words_as_categories_and_enums(self) -> None:
        frame = frame_of(administered_on=self.DAYS, units=[155, 100]).with_columns(
            pl.col("patient", "product").cast(pl.Categorical),
            pl.col("indication").cast(pl.Enum(["chronic-migraine"])),
            status=pl.lit("completed").cast(pl.Categorical),
        )
        assert self.answer(frame).equals(self.expected().sort("patient"))

    def test_columns_without_a_value(self) -> None:
        frame = frame_of(administered_on=self.DAYS).with_columns(
            units=pl.lit(None), session_id=pl.lit(None), recorded_on=pl.lit(None)
        )
        found = self.answer(frame)
        assert found["findings"].to_list() == ["unknown_units"] * 2
        nothing = frame.with_columns(administered_on=pl.lit(None))
        assert panel.forecast(nothing, as_of=AS_OF)["status"].to_list() == [None, None]

    def test_unrelated_columns_are_not_looked_at(self) -> None:
        frame = frame_of(administered_on=self.DAYS, units=[155, 100], note=[object(), object()])
        assert self.answer(frame).equals(self.expected().sort("patient"))

    @pytest.mark.parametrize("keys", [[7, 8], [2**40, 3]])
    def test_keys_may_be_numbers(self, keys: list[int]) -> None:
        found = panel.forecast(frame_of(patient=keys, administered_on=self.DAYS), as_of=AS_OF)
        assert found["patient"].to_list() == unordered(keys, found["patient"].to_list())

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"administered_on": [datetime(2026, 1, 5, tzinfo=UTC)]}, "administered_on: give days"),
            ({"administered_on": [20260105]}, "administered_on: give dates"),
            ({"administered_on": ["2026-01-05"], "units": ["many"]}, "units: give numbers"),
            (
                {"administered_on": ["2026-01-05"], "patient": [1.5]},
                "patient: give text or whole numbers; found Float64",
            ),
            ({"administered_on": ["2026-01-05"], "product": [3]}, "product: give text"),
            (
                {"administered_on": ["2026-01-05"], "product": [{"Jane Doe": 1}]},
                "product: give text; found Struct$",
            ),
            (
                {
                    "administered_on": ["2026-01-05"],
                    "units": pl.Series(["Jo"], dtype=pl.Enum(["Jo"])),
                },
                "units: give numbers; found Enum$",
            ),
            ({"administered_on": ["2026-01-05"], "status": [True]}, "status: give text"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, columns: dict[str, Any], words: str) -> None:
        for frame in (frame_of(**columns), frame_of(**columns).lazy()):
            with pytest.raises(PanelError, match=words):
                panel.forecast(frame, as_of=AS_OF)

    @pytest.mark.parametrize(
        "text", ["+026-01-05", "2026- 1-05", " 2026-1-05", "0000-01-01", "-026-01-05", "2026-01-5 "]
    )
    def test_text_is_a_day_as_a_record_reads_it(self, text: str) -> None:
        with pytest.raises(DayError):
            bs.due_dates(text, bs.find_protocol("chronic-migraine"))
        frame = frame_of(administered_on=["2026-01-05", text])
        assert panel.row_problems(frame)["code"].to_list() == ["not_a_day"]
        assert panel.forecast(frame, as_of=AS_OF)["session_left_out"].sum() == 1

    def test_a_figure_across_a_missing_session_says_so(self) -> None:
        days = ["2025-08-26", "2025-08-26", "2026-02-10", "2026-02-10", "soon"]
        frame = frame_of(patient=[*"ababa"], administered_on=days)
        told = [("a", True), ("a", True), ("b", False), ("b", False)]
        every = panel.cycles(frame, as_of=AS_OF).sort("patient", "cycle_number")
        assert every.select("patient", "session_left_out").rows() == told
        episodes = panel.persistence(frame, as_of=AS_OF, permissible_gap_days=30).sort("patient")
        assert episodes.select("patient", "session_left_out").rows() == told[1:3]
        figures = panel.adherence(frame, as_of=AS_OF, by="session_left_out")
        assert figures.select("session_left_out", "cycles", "late").rows() == [
            (False, 2, 1),
            (True, 2, 1),
        ]

    def test_no_day_is_clear_where_a_dose_may_be_missing(self) -> None:
        days = ["2026-01-05", "2026-01-05", "2026-04-06", "2026-04-06", "soon"]
        frame = frame_of(
            patient=[*"ababa"],
            administered_on=days,
            units=[155] * 5,
            status=["completed", "completed", "booked", "booked", "completed"],
        )
        weights = pl.DataFrame({"patient": ["a"], "measured_on": ["2026-01-05"], "kilograms": [70]})
        found = panel.forecast(frame, as_of="2026-04-01", weights=weights).sort("patient")
        assert found.select("clear", "session_left_out").rows() == [(None, True), (True, False)]

    @pytest.mark.parametrize("days", [-719_163, 2_932_897])
    @pytest.mark.parametrize("kind", [pl.Date, pl.Datetime("ms")])
    def test_a_day_outside_the_years_1_to_9999_is_no_day(self, days: int, kind: Any) -> None:
        outside = pl.Series([0, days], dtype=pl.Int32).cast(pl.Date).cast(kind)
        frame = frame_of(administered_on=outside)
        assert panel.forecast(frame, as_of=AS_OF)["session_left_out"].sum() == 1
        holds = pl.DataFrame({"patient": ["p-0"], "first": outside[1:]})
        with pytest.raises(PanelError, match="holds: first cannot be read"):
            panel.forecast(frame, as_of=AS_OF, holds=holds)

    def test_a_missing_column_is_named(self) -> None:
        frame = frame_of(administered_on=self.DAYS).drop("product", "patient")
        with pytest.raises(PanelError, match="sessions: missing: patient, product"):
            panel.forecast(frame, as_of=AS_OF)


def unordered(keys: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    """The keys in the order of an answer that has none."""
    return sorted(keys, key=list(found).index)


class TestOtherLibraries:
    """Types that only other libraries have."""

    def test_pandas(self) -> None:
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = pd.DataFrame(
            {
                "patient": pd.Series(["p-1", "p-2"], dtype="category"),
                "administered_on": pd.to_datetime(["2026-01-05", "2026-03-02"]),
                "indication": pd.Series(["chronic-migraine"] * 2, dtype="string[pyarrow]"),
                "product": [None, None],
                "units": [Decimal(155), None],
                "note": [object(), {}],
            }
        ).set_axis([7, 7])
        found = panel.forecast(frame, as_of=AS_OF)
        assert isinstance(found, pd.DataFrame)
        assert sorted(found["last_session_on"].astype(str)) == ["2026-01-05", "2026-03-02"]
        days = [date(2026, 1, 5), date(2026, 3, 2)]
        again = panel.forecast(frame.assign(administered_on=days), as_of=AS_OF)
        assert sorted(again["status"]) == sorted(found["status"])

    @pytest.mark.parametrize("values", [["p-1", 2], [object(), object()]])
    def test_a_pandas_column_of_several_kinds_is_named(self, values: list[Any]) -> None:
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = frame_of(administered_on=["2026-01-05"] * 2).to_pandas()
        with pytest.raises(PanelError, match="sessions: patient: "):
            panel.forecast(frame.assign(patient=pd.Series(values)), as_of=AS_OF)

    @pytest.mark.parametrize("kind", [float, object, "Int64", "datetime64[ns]", "category"])
    @pytest.mark.parametrize("height", [0, 1])
    def test_a_pandas_column_without_a_value_has_no_type(self, kind: Any, height: int) -> None:
        """A file in which every hold is open has a column of floats for their last days."""
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = frame_of(administered_on=["2026-01-05"]).to_pandas()
        holds = pandas.DataFrame({"patient": ["p-0"], "first": ["2026-01-05"]})
        empty = pandas.Series([None], dtype=kind)
        holds = holds.assign(last=empty, reason=empty, indication=empty, id=empty).head(height)
        found = panel.forecast(frame.assign(session_id=empty), as_of=AS_OF, holds=holds)
        assert [*found["status"]] == ["on_hold" if height else "overdue"]

    def test_whole_numbers_are_those_that_pandas_made_floats_of(self) -> None:
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = frame_of(patient=[12, None], administered_on=["2026-01-05"] * 2).to_pandas()
        assert frame["patient"].dtype == float
        approved = {"indication": "chronic-migraine", "product": "Botox", "first": "2026-01-01"}
        rows = [{"patient": 12, "sessions": number} for number in (4, None)]
        table = pandas.DataFrame(rows).assign(**approved, last="2026-12-31")
        found = panel.forecast(frame, as_of=AS_OF, authorizations=table)
        assert sorted(found["session_left_out"]) == [False, True]
        with pytest.raises(PanelError, match="authorizations: sessions: "):
            panel.forecast(frame, as_of=AS_OF, authorizations=table.replace(4, 4.5))

    @pytest.mark.parametrize("key", [1.5, 2.0**53, float("inf")])
    def test_keys_that_floats_cannot_tell_apart_are_refused(self, key: float) -> None:
        pytest.importorskip("pandas", reason="pandas is not installed")
        frame = frame_of(patient=[key], administered_on=["2026-01-05"]).to_pandas()
        with pytest.raises(PanelError, match="patient: give text or whole numbers"):
            panel.forecast(frame, as_of=AS_OF)

    def test_a_frame_of_a_callers_own_class_is_one_of_its_library(self) -> None:
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        own = type("Export", (pandas.DataFrame,), {})
        frame = own(frame_of(administered_on=["2026-01-05"]).to_dict(as_series=False))
        assert [*panel.forecast(frame, as_of=AS_OF)["status"]] == ["overdue"]

    def test_a_pandas_period_is_named(self) -> None:
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = frame_of(administered_on=["2026-01-05"] * 2).to_pandas()
        days = pd.period_range("2026-01-05", periods=2, freq="D")
        with pytest.raises(PanelError, match="sessions: administered_on: "):
            panel.forecast(frame.assign(administered_on=days), as_of=AS_OF)

    def test_a_column_that_arrow_has_no_type_for_is_named(self) -> None:
        pytest.importorskip("pandas", reason="pandas is not installed")
        frame = frame_of(administered_on=["2026-01-05"]).to_pandas()
        with pytest.raises(PanelError, match="sessions: units: Polars cannot read"):
            panel.forecast(frame.assign(units=[155 + 0j]), as_of=AS_OF)

    def test_what_makes_polars_panic_is_named(self) -> None:
        pa = pytest.importorskip("pyarrow", reason="PyArrow is not installed")
        table = frame_of(administered_on=["2026-01-05"]).to_arrow()
        units = pa.array([Decimal("155.00")], type=pa.decimal256(50, 2))
        try:
            said = panel.forecast(table.append_column("units", units), as_of=AS_OF)["status"][0]
        except PanelError as error:
            said = str(error).partition(" (")[0]
        assert str(said) in {"overdue", "sessions: units: Polars cannot read the column"}

    def test_a_column_that_comes_twice_is_named(self) -> None:
        pa = pytest.importorskip("pyarrow", reason="PyArrow is not installed")
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        table = frame_of(administered_on=["2026-01-05"]).to_arrow()
        again = table.append_column("product", table["product"])
        for frame in (again, duckdb.from_arrow(table).project("*, product AS product")):
            with pytest.raises(PanelError, match="sessions: product: give each column once"):
                panel.forecast(frame, as_of=AS_OF)
        unrelated = table.append_column("x", table["product"]).append_column("x", table["product"])
        assert panel.forecast(unrelated, as_of=AS_OF)["status"].to_pylist() == ["overdue"]
        assert isinstance(unrelated, pa.Table)

    def test_arrow_dictionaries(self) -> None:
        pa = pytest.importorskip("pyarrow", reason="PyArrow is not installed")
        table = frame_of(administered_on=["2026-01-05"]).to_arrow()
        coded = table["product"].dictionary_encode()
        found = panel.forecast(table.set_column(2, "product", coded), as_of=AS_OF)
        assert isinstance(found, pa.Table)
        assert found["status"].to_pylist() == ["overdue"]

    def test_two_long_keys_of_pandas_stay_two_next_to_a_missing_one(self) -> None:
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        keys = pandas.Series([2**53, 2**53 + 1, None], dtype="Int64")
        days = ["2026-01-05", "2026-02-05", "2026-02-05"]
        frame = frame_of(administered_on=days).to_pandas().assign(patient=keys)
        found = panel.forecast(frame, as_of=AS_OF).sort_values("due")
        assert [*found["patient"]] == [2**53, 2**53 + 1, None]
        short = panel.forecast(frame.assign(patient=[1, 2, None]), as_of=AS_OF)
        assert short["patient"].dtype == short["cycle_number"].dtype == float

    @pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "pyarrow", "duckdb"])
    def test_a_frame_with_no_known_column_is_missing_all(self, kind: str) -> None:
        if kind in {"pandas", "duckdb"}:
            pytest.importorskip(kind, reason=f"{kind} is not installed")
        frame = pl.DataFrame({"other": [1]})
        convert: dict[str, Callable[[], Any]] = {
            "polars": lambda: frame,
            "lazy": frame.lazy,
            "pandas": frame.to_pandas,
            "pyarrow": frame.to_arrow,
            "duckdb": lambda: importlib.import_module("duckdb").from_arrow(frame.to_arrow()),
        }
        with pytest.raises(PanelError, match="sessions: missing: patient, administered_on, ind"):
            panel.forecast(convert[kind](), as_of=AS_OF)

    def test_duckdb_answers_on_the_same_connection(self) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        connection = duckdb.connect()
        connection.execute(
            "CREATE TABLE given AS SELECT 'p-1' AS patient, DATE '2026-01-05' AS administered_on, "
            "'chronic-migraine' AS indication, 'Botox' AS product, [1, 2] AS other"
        )
        found = panel.forecast(connection.table("given"), as_of=AS_OF)
        assert found.filter("status = 'overdue'").count("*").fetchall() == [(1,)]
        assert connection.sql("SELECT status FROM found").fetchall() == [("overdue",)]
        assert [row[2] for row in connection.sql("SHOW ALL TABLES").fetchall()] == ["given"]

    def test_what_duckdb_adds_up_is_a_whole_number(self) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        connection = duckdb.connect()
        given = connection.sql(
            "SELECT 12::HUGEINT AS patient, DATE '2026-05-05' AS administered_on, "
            "'chronic-migraine' AS indication, 'Botox' AS product"
        )
        course = connection.sql(
            "SELECT 12 AS patient, 'chronic-migraine' AS indication, sum(one) AS cycles "
            "FROM (VALUES (1), (1)) AS given (one)"
        )
        found = panel.forecast(given, as_of=AS_OF, prior_treatments=course)
        assert found.select("patient", "cycle_number").fetchall() == [(12, 3)]

    @pytest.mark.parametrize("name", ["found", "answer", "sessions", "holds", "relation", "frame"])
    def test_a_table_of_the_caller_is_not_taken_for_the_answer(self, name: str) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        connection = duckdb.connect()
        connection.execute(f"CREATE TABLE {name} AS SELECT 'p-9' AS patient, 'due' AS status")
        sessions = connection.from_arrow(frame_of(administered_on=["2026-01-05"]).to_arrow())
        found = panel.forecast(sessions, as_of=AS_OF).select("patient", "status").fetchall()
        assert found == [("p-0", "overdue")]

    @pytest.mark.parametrize("own", [False, True], ids=["one connection", "a cursor for each"])
    def test_duckdb_in_threads_answers_rightly_or_says_what_to_do(self, own: bool) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        connection = duckdb.connect()
        connection.execute(
            "CREATE TABLE given AS SELECT 'p-' || i AS patient, DATE '2026-01-05' AS administered_on, "
            "'chronic-migraine' AS indication, 'Botox' AS product FROM range(500) r(i)"
        )
        expected = panel.forecast(connection.table("given").pl(), as_of=AS_OF).sort("patient")
        relations = [(connection.cursor() if own else connection).table("given") for _ in range(12)]

        def said(relation: Any) -> str:
            try:
                found = panel.forecast(relation, as_of=AS_OF)
            except PanelError as error:
                return str(error).partition("; ")[2]
            return "right" if not own or found.pl().sort("patient").equals(expected) else "wrong"

        with ThreadPoolExecutor(4) as pool:
            answers = set(pool.map(said, relations))
        what_to_do = (
            "mend the query that makes the relation, "
            "or give each thread its own connection.cursor()"
        )
        assert answers <= ({"right"} if own else {"right", what_to_do})
        assert "right" in answers

    def test_a_relation_whose_connection_is_busy_is_refused_from_its_columns_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        relation = duckdb.connect().sql("SELECT 'p-1' AS patient")

        def busy(_: Any) -> Any:
            raise duckdb.Error("busy with Jane Doe")

        monkeypatch.setattr(type(relation), "columns", property(busy))
        with pytest.raises(PanelError, match=r"own connection\.cursor") as caught:
            panel.forecast(relation, as_of=AS_OF)
        assert "Jane" not in str(caught.value)

    def test_what_duckdb_says_of_a_value_is_not_repeated(self) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        connection = duckdb.connect()
        relation = connection.sql(
            "SELECT 'p-1' AS patient, CAST(day AS DATE) AS administered_on, "
            "'chronic-migraine' AS indication, 'Botox' AS product FROM (VALUES ('Jane Doe')) v(day)"
        )
        with pytest.raises(
            PanelError, match=r"^sessions: DuckDB gives no rows \(Conversion"
        ) as told:
            panel.forecast(relation, as_of=AS_OF)
        assert "Doe" not in str(told.value)

    def test_duckdb_moments_with_a_zone_are_named(self) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        pytest.importorskip("pytz", reason="DuckDB needs pytz for zones")
        relation = duckdb.sql(
            "SELECT 'p-1' AS patient, TIMESTAMPTZ '2026-01-05 00:00:00+00' AS administered_on, "
            "'chronic-migraine' AS indication, 'Botox' AS product"
        )
        with pytest.raises(PanelError, match="administered_on: give days"):
            panel.forecast(relation, as_of=AS_OF)

    @pytest.mark.parametrize("given", [[], {"patient": []}, None, "sessions.csv"])
    def test_what_is_no_frame_is_refused(self, given: Any) -> None:
        with pytest.raises(PanelError, match="sessions: give a Polars"):
            panel.forecast(given, as_of=AS_OF)

    def test_a_lazy_frame_is_read_when_the_answer_is(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        read: list[int] = []

        def source() -> Any:
            read.append(1)
            return frame

        answer = panel.forecast(pl.defer(source, schema=frame.schema), as_of=AS_OF)
        assert isinstance(answer, pl.LazyFrame)
        assert answer.collect_schema()["due"] == pl.Date
        assert read == []
        assert answer.collect()["status"].to_list() == ["overdue"]
        assert read == [1]

    def test_what_a_lazy_query_says_of_a_value_is_not_repeated(self) -> None:
        query = frame_of(administered_on=["Jane Doe"]).lazy()
        day = pl.col("administered_on").str.to_date("%Y-%m-%d")
        answer = panel.forecast(query.with_columns(day), as_of=AS_OF)
        # Older versions of Polars put the error of a Python source into their own.
        errors = (PanelError, pl.exceptions.ComputeError)
        with pytest.raises(errors, match="sessions: Polars gives no rows") as failed:
            answer.collect()
        assert "Jane" not in str(failed.value)

    def test_a_lazy_query_that_fails_is_named_at_once(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        query = frame.lazy().select("patient", "first")
        with pytest.raises(PanelError, match="holds: Polars gives no rows"):
            panel.forecast(frame, as_of=AS_OF, holds=query)


class TestRows:
    """What cannot be read is left out by name, and its patients are not lost."""

    def test_each_problem_and_each_doubt_has_a_code(self) -> None:
        frame = frame_of(
            patient=["", None, "a", "b", "c", "d", "e", "f", "g"],
            administered_on=["2026-01-05", "2026-01-05", "2026-1-5"] + ["2026-01-05"] * 6,
            indication=["chronic-migraine"] * 3
            + ["Chronic Migraine"]
            + ["chronic-migraine"] * 4
            + ["tremor"],
            status=["completed"] * 4 + ["done"] + ["completed"] * 4,
            kind=["full"] * 5 + ["half"] + ["full"] * 3,
            units=[1.0] * 6 + [-5.0, 1.0, 1.0],
            product=["Botox"] * 7 + ["Botoks", "Botox"],
        )
        found = panel.row_problems(frame)
        assert found.select("code", "left_out").rows() == [
            ("no_patient", True),
            ("no_patient", True),
            ("not_a_day", True),
            ("not_an_indication", True),
            ("unknown_status", True),
            ("unknown_kind", False),
            ("not_units", False),
            ("unknown_product", False),
            ("unrecognized_indication", False),
        ]

    def test_a_kind_that_is_not_stated_is_no_doubt(self) -> None:
        days = ["2026-01-05", "2026-01-19", "2026-03-30", "2026-06-22"]
        frame = frame_of(administered_on=days, kind=["half", "", None, "touch_up"])
        found = panel.row_problems(frame)
        assert found.select("administered_on", "code").rows() == [("2026-01-05", "unknown_kind")]

    def test_ids_have_a_length_and_copies_are_counted(self) -> None:
        frame = frame_of(
            patient=["a"] * 3,
            administered_on=["2026-01-05", "2026-01-05", "2026-03-30"],
            session_id=["x", "x", "y"],
            units_discarded=[0, 0, 5],
        )
        counts = panel.row_counts(frame, as_of=AS_OF).rows()
        assert counts == [("sessions", "copy", 1), ("sessions", "used", 2)]
        once = frame.unique("session_id")
        assert panel.row_counts(once, as_of=AS_OF).rows() == [("sessions", "used", 2)]
        with pytest.raises(PanelError, match="at most 200 characters"):
            panel.forecast(frame.with_columns(session_id=pl.lit("x" * 201)), as_of=AS_OF)

    def test_a_day_of_recording_that_is_none_is_said_and_the_row_counts(self) -> None:
        recorded = ["2026-01-05", "soon", None, " "]
        frame = frame_of(administered_on=["2026-01-05"] * 4, recorded_on=recorded)
        found = panel.row_problems(frame)
        assert found.select("patient", "code", "left_out").rows() == [
            ("p-1", "recorded_on_not_a_day", False)
        ]
        counts = panel.row_counts(frame, as_of=AS_OF).rows()
        assert counts == [("sessions", "used", 4)]

    def test_a_null_product_and_an_unknown_policy(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"] * 2, product=[None, "Botox"]).with_columns(
            policy_key=pl.Series(["a", "b"])
        )
        found = panel.row_problems(frame, policies={"a": bs.SchedulingPolicy()})
        assert found["code"].to_list() == ["product_not_stated", "unknown_policy_key"]

    def test_who_has_no_session_that_names_a_policy_is_looked_at_first(self) -> None:
        frame = frame_of(patient=["a"], administered_on=["2026-01-05"])
        priors = pl.DataFrame(
            {"patient": ["b"], "indication": ["chronic-migraine"], "cycles": [1]}
            | {"product": ["Botox"], "last_on": ["2026-01-05"]}
        )
        policies = {"x": bs.SchedulingPolicy(), "y": bs.SchedulingPolicy(payer_minimum="20 weeks")}
        found = panel.forecast(
            frame.with_columns(policy_key=pl.lit("x")),
            as_of=AS_OF,
            policies=policies,
            prior_treatments=priors,
        )
        assert found.sort("patient")["session_left_out"].to_list() == [False, True]
        one = panel.forecast(frame, as_of=AS_OF, prior_treatments=priors)
        assert not one["session_left_out"].any()

    def test_who_has_unread_rows_is_said_and_nobody_is_lost(self) -> None:
        frame = frame_of(
            patient=["a", "a", "b", None],
            administered_on=["2026-01-05", "soon", "soon", "2026-01-05"],
        )
        found = panel.forecast(frame, as_of=AS_OF).sort("patient", nulls_last=True)
        rows = found.select("patient", "status", "session_left_out").rows()
        assert rows == [("a", "overdue", True), ("b", None, True), (None, None, True)]
        counts = panel.row_counts(frame, as_of=AS_OF).rows()
        assert counts == [
            ("sessions", "no_patient", 1),
            ("sessions", "not_a_day", 2),
            ("sessions", "used", 1),
        ]
        check = ("check_the_record_first", "rows_left_out")
        assert placed(frame) == {"a": check, "b": check, None: check}

    def test_a_day_that_no_calendar_has_costs_nobody_the_list(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = standing.standing_of

        def standing_of(found: Any, *given: Any, **more: Any) -> Any:
            if any(session.id == "far" for session in found.track.record.sessions):
                raise CalendarRangeError("the date would leave the calendar")
            return known(found, *given, **more)

        monkeypatch.setattr(standings, "standing_of", standing_of)
        frame = frame_of(
            administered_on=["2026-01-05", "2026-01-05"],
            indication=["chronic-migraine", "unheard-of"],
            session_id=["near", "far"],
        )
        assert placed(frame) == {
            "p-0": ("to_call", "overdue"),
            "p-1": ("check_the_record_first", "rows_left_out"),
        }
        found = panel.forecast(frame, as_of=AS_OF).sort("patient")
        assert found.select("status", "session_left_out").rows() == [
            ("overdue", False),
            (None, True),
        ]

    def test_a_moment_within_a_day_is_no_day(self) -> None:
        midnight = datetime(2026, 1, 5)  # noqa: DTZ001 - a day as other libraries give it
        frame = frame_of(administered_on=[midnight.replace(hour=9), midnight])
        assert panel.row_problems(frame)["code"].to_list() == ["not_a_day"]

    @pytest.mark.parametrize(
        "text", ["-379-01-05", "+026-01-05", "0000-01-05", " 2026-1-05", "2026- 1-05", "+2026-1-05"]
    )
    def test_a_text_that_is_no_day_is_none(self, text: str) -> None:
        frame = frame_of(administered_on=["0001-01-01", text, "9999-12-31"])
        assert panel.row_problems(frame)["administered_on"].to_list() == [text]
        assert panel.row_counts(frame, as_of=AS_OF)["rows"].sum() == 3

    @pytest.mark.parametrize("day", [-(2**31), -719163, 2932897, 2**31 - 1])
    def test_a_day_outside_the_calendar_is_none(self, day: int) -> None:
        days = pl.Series([-719162, day, 2932896]).cast(pl.Int32).cast(pl.Date)
        frame = frame_of(administered_on=["2026-01-05"] * 3).with_columns(administered_on=days)
        assert panel.row_problems(frame)["code"].to_list() == ["not_a_day"]
        found = panel.forecast(frame, as_of=AS_OF)
        assert set(found["patient"]) == {"p-0", "p-1", "p-2"}
        holds = pl.DataFrame({"patient": ["p-1"], "first": days[1:2], "reason": ["other"]})
        with pytest.raises(PanelError, match="first cannot be read"):
            panel.forecast(frame, as_of=AS_OF, holds=holds)

    def test_policies_need_their_column_and_one_kind(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        policy = bs.SchedulingPolicy()
        with pytest.raises(PanelError, match="missing: policy_key"):
            panel.forecast(frame, as_of=AS_OF, policies={"a": policy})
        wrongs: list[Any] = [{"policy": policy, "policies": {"a": policy}}, {"policies": {}}]
        for wrong in wrongs:
            with pytest.raises(PanelError, match="give policy, or policies"):
                panel.forecast(frame, as_of=AS_OF, **wrong)

    @pytest.mark.parametrize("policy", [{}, {"payer_minimum": "13 weeks"}, "", "13 weeks", 0])
    def test_what_is_no_policy_is_not_the_default_one(self, policy: Any) -> None:
        frame = frame_of(administered_on=["2026-01-05"], policy_key=["a"])
        for given in ({"policy": policy}, {"policies": {"a": policy}}):
            with pytest.raises(TypeError, match="policy: give a SchedulingPolicy, such as"):
                panel.forecast(frame, as_of=AS_OF, **given)

    def test_a_region_is_one_that_a_protocol_is_for(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        found = panel.forecast(frame, as_of=AS_OF, region=" US ")
        assert found["status"].to_list() == ["overdue"]
        with pytest.raises(bs.UnknownProtocolError, match="region: "):
            panel.forecast(frame, as_of=AS_OF, region="usa")

    def test_what_nobody_knows_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"unexpected: hold; give some of .*holds.* policy"):
            panel.forecast(frame_of(administered_on=["2026-01-05"]), as_of=AS_OF, hold=None)  # type: ignore[call-arg]

    @pytest.mark.parametrize("name", ["contacts", "acknowledged", "groups"])
    def test_what_an_answer_does_not_use_is_refused(self, name: str) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        for ask in (panel.forecast, panel.cycles):
            with pytest.raises(TypeError, match=f"unexpected: {name}; give some of authorizations"):
                ask(frame, as_of=AS_OF, **{name: frame})
        with pytest.raises(TypeError, match=r"unexpected: contact; give .*, contacts, holds"):
            panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None, contact=frame)  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        "name",
        [
            *("date_of_death", "Deceased", "is_dead", "pat_dod", "vital status", "is_alive"),
            *(
                "living_status",
                "PassedAway",
                "fecha_fallecimiento",
                "d\N{LATIN SMALL LETTER E WITH ACUTE}c\N{LATIN SMALL LETTER E WITH GRAVE}s",
            ),
        ],
    )
    def test_a_column_about_deaths_is_not_ignored(self, name: str) -> None:
        frame = frame_of(administered_on=["2026-01-05"], **{name: ["2026-02-01"]})
        for each in (frame, frame.lazy(), frame.to_arrow()):
            with pytest.raises(PanelError, match=f"'{name}' is not read; give deaths as care_ends"):
                panel.worklist(each, as_of=AS_OF, holds=None, care_ends=None)
        ends = pl.DataFrame({"patient": ["p-0"], "on": ["2026-02-01"], "kind": ["deceased"]})
        found = panel.forecast(frame, as_of=AS_OF, care_ends=ends)
        assert found["status"].to_list() == ["deceased"]
        for other in ("predecessor_id", "studied_limb", "deadline"):
            assert placed(frame_of(administered_on=["2026-01-05"], **{other: ["x"]}))

    @pytest.mark.parametrize(
        "name",
        [
            "muscles_studied",
            "dead_space_ml",
            "predecessor_id",
            "photodescription",
            "mortality_risk",
            "missed_doses",
        ],
    )
    def test_a_part_of_another_word_is_about_no_death(self, name: str) -> None:
        frame = frame_of(administered_on=["2026-01-05"], **{name: ["2"]})
        assert panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None).height == 1

    @pytest.mark.parametrize(
        "name", ["cancelled", "Canceled_at", "no_show", "is_deleted", "voided", "not given"]
    )
    def test_a_column_that_says_which_sessions_were_none_is_not_ignored(self, name: str) -> None:
        frame = frame_of(administered_on=["2026-01-05"], **{name: [True]})
        with pytest.raises(PanelError, match=f"sessions: '{name}' is not read; give a status"):
            panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None)
        frame = frame.with_columns(status=pl.lit("cancelled"))
        assert placed(frame) == {"p-0": ("to_call", "not_rebooked")}
        assert placed(frame_of(administered_on=["2026-01-05"], no_show_fee=[5]))

    def test_nor_is_one_in_a_table_of_decisions(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        holds = pl.DataFrame(
            {"patient": ["p-0"], "first": ["2026-01-05"], "reason": ["x"], "deceased": ["Y"]}
        )
        with pytest.raises(PanelError, match="holds: 'deceased' is not read; give deaths as"):
            panel.worklist(frame, as_of=AS_OF, holds=holds, care_ends=None)

    def test_nor_is_one_in_births(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        births = pl.DataFrame({"patient": ["p-0"], "born_on": ["1980-01-01"], "died": ["Y"]})
        with pytest.raises(PanelError, match="births: 'died' is not read; give deaths as"):
            panel.forecast(frame, as_of=AS_OF, births=births)

    @pytest.mark.parametrize("name", ["holds", "care_ends", "overrides", "authorizations"])
    def test_a_decision_that_may_have_been_denied_is_not_counted(self, name: str) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        denied = pl.DataFrame({"patient": ["p-0"], "Status": ["denied"]})
        for each in (denied, denied.lazy(), denied.to_pandas()):
            with pytest.raises(PanelError, match=f"{name}: 'Status': give only rows in force"):
                panel.forecast(frame, as_of=AS_OF, **{name: each})

    @pytest.mark.parametrize(
        ("name", "column"),
        [
            ("holds", "until"),
            ("care_ends", "treatment"),
            ("overrides", "end"),
            ("authorizations", "min interval"),
            ("prior_treatments", "last"),
        ],
    )
    def test_a_decision_is_not_read_without_a_column_that_may_end_it(
        self, name: str, column: str
    ) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        needed = ["patient", *TABLES[name].required]
        decided = pl.DataFrame({each: ["p-0"] for each in (*needed, column)})
        told = f"{name}: column {len(needed) + 1} is not read; leave it out, or name it as one of"
        for each in (decided, decided.lazy(), decided.to_pandas(), decided.to_arrow()):
            with pytest.raises(PanelError, match=f"{told} {', '.join(needed)}") as found:
                panel.forecast(frame, as_of=AS_OF, **{name: each})
            assert column not in str(found.value).partition("one of")[0]

    def test_equal_bookings_are_added_up(self) -> None:
        frame = frame_of(
            patient=["a"] * 3,
            administered_on=["2026-03-02", "2026-06-02", "2026-06-02"],
            units=[155, 250, 250],
            status=["completed", "booked", "booked"],
        )
        weights = pl.DataFrame({"patient": ["a"], "measured_on": ["2026-05-01"], "kilograms": [70]})
        (row,) = panel.forecast(frame, as_of=AS_OF, weights=weights).to_dicts()
        assert (row["clear"], "limit_exceeded" in row["findings"]) == (False, True)

    @pytest.mark.parametrize("name", ["Status", " status", "STATUS", "Session ID"])
    def test_a_column_is_not_overlooked_for_its_case(self, name: str) -> None:
        meant = name.strip().lower().replace(" ", "_")
        frame = frame_of(administered_on=["2026-01-05"], **{name: ["no_show"]})
        for each in (frame, frame.lazy()):
            with pytest.raises(PanelError, match=f"sessions: '{name}': write it as '{meant}'"):
                panel.forecast(each, as_of=AS_OF)
        both = frame.with_columns(pl.lit("cancelled").alias(meant))
        assert panel.forecast(both, as_of=AS_OF).height == 1
        for own in ("id", "ID"):
            with pytest.raises(PanelError, match=f"sessions: '{own}': write it as 'session_id'"):
                panel.forecast(
                    frame_of(administered_on=["2026-01-05"], **{own: ["7"]}), as_of=AS_OF
                )
        holds = pl.DataFrame({"patient": ["p-0"], "first": ["2026-01-05"], "Last": ["2026-01-06"]})
        with pytest.raises(PanelError, match="holds: 'Last': write it as 'last'"):
            panel.forecast(frame.drop(name), as_of=AS_OF, holds=holds)

    def test_any_number_of_indications_is_read(self) -> None:
        names = [f"typed-{number}" for number in range(40_000)]
        found = panel.row_problems(
            frame_of(administered_on=["2026-01-05"] * 40_000, indication=names)
        )
        assert found["code"].unique().to_list() == ["unrecognized_indication"]
        assert found["indication"].to_list() == names

    def test_an_unknown_region_is_refused_as_for_one_record(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        with pytest.raises(bs.UnknownProtocolError, match="did you mean us"):
            panel.forecast(frame, as_of=AS_OF, region="usa")
        assert panel.forecast(frame, as_of=AS_OF, region=" US ")["status"].item() == "overdue"

    @pytest.mark.parametrize("unseen", ["\ufeff", "\u200b", "\u00ad", "\u00a0", "\ufeff \u200e"])
    def test_what_nobody_sees_around_a_key_is_none_of_it(self, unseen: str) -> None:
        keys = [f"{unseen}p-1", "p-1", unseen]
        frame = frame_of(patient=keys, administered_on=["2026-01-05", "2026-03-30", "2026-01-05"])
        ends = pl.DataFrame(
            {"patient": [f"p-1{unseen}"], "on": ["2026-04-01"], "kind": ["deceased"]}
        )
        found = panel.forecast(frame, as_of=AS_OF, care_ends=ends).sort("patient")
        rows = found.select("patient", "status", "session_left_out").rows()
        assert rows == [(None, None, True), ("p-1", "deceased", False)]

    def test_keys_are_stripped_and_composed(self) -> None:
        composed, apart = "Jos\u00e9", "Jose\u0301"
        frame = frame_of(
            patient=[f" {composed}", apart], administered_on=["2026-01-05", "2026-03-30"]
        )
        ends = pl.DataFrame({"patient": [f"{apart} "], "on": ["2026-04-01"], "kind": ["deceased"]})
        found = panel.forecast(frame, as_of=AS_OF, care_ends=ends)
        assert found.select("patient", "status").rows() == [(composed, "deceased")]


class TestTables:
    """A table next to the sessions is used whole or not at all."""

    FRAME = frame_of(patient=["0012"], administered_on=["2026-01-05"])

    @pytest.mark.parametrize(
        ("table", "rows", "words"),
        [
            ("holds", {"patient": ["0012"]}, "holds: missing: first"),
            ("holds", {"patient": ["0012"], "first": ["soon"]}, "holds: first cannot be read"),
            ("holds", {"patient": ["0012"], "first": [None]}, "holds: first cannot be read"),
            (
                "holds",
                {"patient": ["0012"], "first": ["2026-01-05"], "last": ["2026-01-04"]},
                "the hold ends before it starts",
            ),
            ("holds", {"patient": [12], "first": ["2026-01-05"]}, "the same kind of keys"),
            ("holds", {"patient": [None], "first": ["2026-01-05"]}, "patient cannot be read"),
            (
                "care_ends",
                {"patient": ["0012"], "on": ["2026-01-05"], "kind": ["gone"]},
                "care_ends: kind: ",
            ),
            (
                "overrides",
                {
                    "patient": ["0012"],
                    "indication": ["chronic-migraine"],
                    "first": ["2026-01-05"],
                    "authority": ["payer"],
                    "minimum": ["twelve weeks"],
                },
                "overrides: minimum: ",
            ),
            (
                "holds",
                {"patient": ["0012"], "first": ["2026-01-05"], "last": ["soon"]},
                "holds: last cannot be read",
            ),
            ("births", {"patient": ["0012"], "born_on": ["1980-13-01"]}, "births: born_on"),
            (
                "weights",
                {"patient": ["0013"], "measured_on": ["2026-01-05"], "kilograms": [-1]},
                "weights: kilograms: ",
            ),
            (
                "weights",
                {"patient": ["0012"], "measured_on": ["2026-01-05"], "kilograms": ["many"]},
                "weights: kilograms: give numbers",
            ),
            (
                "prior_treatments",
                {"patient": ["0012"], "indication": ["chronic-migraine"], "cycles": [[2]]},
                "prior_treatments: cycles: give numbers",
            ),
        ],
    )
    def test_a_row_that_cannot_be_read_is_an_error(
        self, table: str, rows: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(PanelError, match=words):
            panel.forecast(self.FRAME, as_of=AS_OF, **{table: pl.DataFrame(rows)})

    @pytest.mark.parametrize("blank", ["", " ", None])
    def test_an_empty_day_is_none(self, blank: str | None) -> None:
        holds = pl.DataFrame({"patient": ["0012"], "first": ["2026-05-05"], "last": [blank]})
        found = panel.forecast(self.FRAME, as_of=AS_OF, holds=holds)
        assert found["status"].to_list() == ["on_hold"]

    def test_a_row_that_meets_nobody_is_counted(self) -> None:
        ends = pl.DataFrame(
            {"patient": ["12", "0012 "], "on": ["2026-02-01"] * 2, "kind": ["deceased"] * 2}
        )
        counts = panel.row_counts(self.FRAME, as_of=AS_OF, care_ends=ends)
        assert ("care_ends", "meets_nobody", 1) in counts.rows()
        calls = pl.DataFrame({"patient": ["12", "0012"], "day": ["2026-02-01"] * 2})
        seen = pl.DataFrame({"patient": ["12"], "key": ["x"]})
        found = panel.row_counts(self.FRAME, as_of=AS_OF, contacts=calls, acknowledged=seen).rows()
        assert {each for each in found if each[0] != "sessions"} == {
            ("acknowledged", "meets_nobody", 1),
            ("contacts", "meets_nobody", 1),
            ("contacts", "used", 1),
        }
        found = panel.forecast(self.FRAME, as_of=AS_OF, care_ends=ends)
        assert found["status"].to_list() == ["deceased"]

    @pytest.mark.parametrize("key", [-1, 300, 2**63])
    def test_a_key_too_large_for_the_sessions_is_refused_and_not_shown(self, key: int) -> None:
        frame = frame_of(patient=pl.Series([1], dtype=pl.UInt8), administered_on=["2026-01-05"])
        holds = pl.DataFrame({"patient": [key], "first": ["2026-01-05"]})
        with pytest.raises(PanelError, match="holds: patient: give keys of the type") as caught:
            panel.forecast(frame, as_of=AS_OF, holds=holds)
        assert str(key) not in str(caught.value)

    def test_of_two_days_of_birth_that_differ_neither_counts(self) -> None:
        frame = frame_of(
            patient=["0012"], administered_on=["2026-01-05"], indication=["upper-limb-spasticity"]
        )
        births = pl.DataFrame({"patient": ["0012"] * 2, "born_on": ["1980-01-01", "2018-01-01"]})
        found = panel.forecast(frame, as_of=AS_OF, births=births)
        assert "age_unknown" in found["findings"].item()
        again = pl.concat([births[1:], births[1:]])
        found = panel.forecast(frame, as_of=AS_OF, births=again)
        assert found["protocol_id"].item().endswith("pediatric-us")

    def test_a_course_elsewhere_alone_is_a_track(self) -> None:
        elsewhere = pl.DataFrame(
            {
                "patient": ["p-9"],
                "indication": ["chronic-migraine"],
                "cycles": [2],
                "last_on": ["2026-01-05"],
            }
        )
        born = pl.DataFrame({"patient": ["p-9"], "born_on": ["1980-01-05"]})
        found = panel.forecast(self.FRAME, as_of=AS_OF, prior_treatments=elsewhere, births=born)
        rows = found.sort("patient").select("patient", "status", "cycle_number").rows()
        assert rows == [("0012", "overdue", 1), ("p-9", "overdue", 2)]

    def test_one_patient_without_a_dated_course_is_listed(self) -> None:
        elsewhere = pl.DataFrame(
            {"patient": ["p-9"], "indication": ["chronic-migraine"], "cycles": [2]}
        )
        found = panel.forecast(self.FRAME.clear(), as_of=AS_OF, prior_treatments=elsewhere)
        assert found.select("patient", "status").rows() == [("p-9", "no_history")]

    def test_tables_may_be_of_another_kind_than_the_sessions(self) -> None:
        ends = pl.DataFrame({"patient": ["0012"], "on": ["2026-02-01"], "kind": ["deceased"]})
        found = panel.forecast(self.FRAME.lazy(), as_of=AS_OF, care_ends=ends)
        assert isinstance(found, pl.LazyFrame)
        assert found.collect()["status"].to_list() == ["deceased"]

    def test_other_indications_move_nothing(self) -> None:
        frame = frame_of(
            patient=["a", "a", "b"],
            administered_on=["2026-01-05", "2026-05-05", "2026-05-05"],
            indication=["chronic-migraine", "tremor", "tremor"],
        )
        policy = bs.SchedulingPolicy(other_indications=["tremor"])
        found = panel.forecast(frame, as_of=AS_OF, policy=policy)
        rows = found.sort("patient").select("patient", "indication", "status").rows()
        assert rows == [("a", "chronic-migraine", "overdue"), ("b", "tremor", "no_interval")]
        counts = panel.row_counts(frame, as_of=AS_OF, policy=policy)
        assert counts.rows() == [("sessions", "used", 3)]


class TestSeriesOfBookings:
    @pytest.mark.parametrize(
        ("first", "found"),
        [
            ("2026-03-29", {"booking_after_overdue", "booking_too_early"}),
            ("2026-03-30", set()),
            ("2026-04-06", set()),
            ("2026-04-07", {"booking_after_overdue"}),
        ],
    )
    def test_after_a_visit_that_is_booked_well_a_later_one_is_of_the_next_cycle(
        self, first: str, found: set[str]
    ) -> None:
        frame = frame_of(
            patient=["p-1"] * 3,
            administered_on=["2026-01-05", first, "2026-06-22"],
            status=["completed", "booked", "booked"],
        )
        answer = panel.forecast(frame, as_of="2026-02-01")
        assert {*answer["today"][0].split(", ")} - {""} == found


class TestFulfilledBookings:
    def test_the_visit_of_today_is_not_booked_ahead_once_it_was_given(self) -> None:
        days = [AS_OF, AS_OF, "2026-08-24", AS_OF, AS_OF]
        frame = frame_of(
            patient=["given", "given", "given", "waits", "done"],
            administered_on=days,
            status=["completed", "booked", "booked", "booked", "completed"],
        )
        found = panel.forecast(frame, as_of=AS_OF).select("patient", "booked_on").rows()
        assert dict(found) == {
            "given": date(2026, 8, 24),
            "waits": date(2026, 6, 1),
            "done": None,
        }


class TestSections:
    """Where a track is on the day's worklist."""

    def test_a_year_of_one_treatment(self) -> None:
        days = {
            "called": "2026-02-25",
            "due": "2026-03-09",
            "soon": "2026-03-16",
            "early": "2026-03-17",
            "lapsed": "2025-07-01",
            "long": "2025-05-31",
        }
        frame = frame_of(patient=list(days), administered_on=list(days.values()))
        assert placed(frame) == {
            "called": ("to_call", "overdue"),
            "due": ("to_call", "due"),
            "soon": ("to_call", "due_soon"),
            "early": ("too_early", "too_early"),
            "lapsed": ("lapsed", "lapsed"),
            "long": ("lapsed_over_12_months", "lapsed"),
        }

    def test_what_has_no_due_day_is_listed(self) -> None:
        """An unusual answer does not take a patient off the list."""
        frame = frame_of(
            patient=["neck", "arm"],
            administered_on=["2025-01-01", "2025-01-01"],
            indication=["cervical-dystonia", "upper-limb-spasticity"],
            product=["Botox", "Dysport"],
        )
        found = placed(frame, "2026-11-26")
        assert {section for section, _ in found.values()} <= {
            "may_be_treated_without_a_due_day",
            "to_call",
            "lapsed_over_12_months",
        }
        assert set(found) == {"neck", "arm"}

    def test_a_booking_hides_nobody_who_comes_too_late(self) -> None:
        rows = [
            ("late", "2026-02-02", "completed"),
            ("late", "2026-11-02", "booked"),
            ("gone", "2026-03-02", "completed"),
            ("gone", "2026-05-25", "no_show"),
            ("fine", "2026-03-16", "completed"),
            ("fine", "2026-06-08", "booked"),
        ]
        frame = frame_of(
            patient=[row[0] for row in rows],
            administered_on=[row[1] for row in rows],
            status=[row[2] for row in rows],
        )
        assert placed(frame) == {
            "late": ("to_call", "booked_after_overdue"),
            "gone": ("to_call", "not_rebooked"),
            "fine": ("booked", "booked"),
        }

    def test_holds_and_ends(self) -> None:
        days = ["2026-01-05"] * 5
        frame = frame_of(patient=["held", "look", "back", "dead", "left"], administered_on=days)
        holds = pl.DataFrame(
            {
                "patient": ["held", "look", "back"],
                "first": ["2026-05-20", "2026-02-01", "2026-02-01"],
                "last": [None, None, "2026-05-31"],
            }
        )
        ends = pl.DataFrame(
            {
                "patient": ["dead", "left"],
                "on": ["2026-02-01"] * 2,
                "kind": ["deceased", "discontinued"],
            }
        )
        given = {"holds": holds, "care_ends": ends}
        assert placed(frame, **given) == {
            "held": ("on_hold", "on_hold"),
            "look": ("on_hold", "hold_needs_review"),
            "back": ("to_call", "hold_ended"),
            "dead": ("ended", "deceased"),
            "left": ("ended", "discontinued"),
        }
        rows = panel.worklist(frame, as_of=AS_OF, **given)
        looks = dict(rows.select("patient", "next_look_on").iter_rows())
        assert looks["held"] == date(2026, 6, 17)
        assert looks["dead"] is None

    def test_a_minimum_without_any_date_keeps_a_track_waiting(self) -> None:
        frame = frame_of(
            patient=["a", "b"],
            administered_on=["2026-02-09", "2026-02-10"],
            indication=["axillary-hyperhidrosis"] * 2,
        )
        policy = bs.SchedulingPolicy(payer_minimum="16 weeks")
        asked: dict[str, Any] = {"as_of": "2026-06-01", "policy": policy}
        rows = panel.worklist(frame, holds=None, care_ends=None, **asked)
        assert rows.select("patient", "section", "status", "next_look_on").rows() == [
            ("a", "may_be_treated_without_a_due_day", "no_interval", None),
            ("b", "too_early", "no_interval", date(2026, 6, 2)),
        ]

    def test_the_record_is_checked_first_until_somebody_has(self) -> None:
        frame = frame_of(
            patient=["a", "a"],
            administered_on=["2026-01-05", "2026-01-20"],
            indication=["chronic-migraine", "migrane"],
        )
        section, _ = placed(frame)["a"]
        assert section == "check_the_record_first"
        record = bs.PatientRecord(
            sessions=[
                {"administered_on": d, "indication": i, "product": "Botox"}
                for d, i in frame.select("administered_on", "indication").iter_rows()
            ]
        )
        answers = bs.forecast_all(record, as_of=AS_OF)
        keys = {f.key for answer in answers for f in answer.findings if f.needs == "today"}
        seen = pl.DataFrame({"patient": ["a"] * len(keys), "key": sorted(keys)})
        rows = panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None, acknowledged=seen)
        assert rows["acknowledged"].to_list() == ["unrecognized_indication"] * 2
        assert rows["findings"].to_list() == ["", ""]
        assert "check_the_record_first" not in rows["section"].to_list()

    def test_contacts_are_shown(self) -> None:
        frame = frame_of(patient=["a", "b"], administered_on=["2026-01-05"] * 2)
        contacts = pl.DataFrame(
            {
                "patient": ["a", "a", "a"],
                "day": ["2026-05-01", "2026-05-20", "2026-06-02"],
                "outcome": ["no answer", "will call back", "later"],
                "next_try_on": [None, "2026-06-03", None],
            }
        )
        rows = panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None, contacts=contacts)
        shown = rows.select("patient", "contacted_on", "outcome", "next_try_on").sort("patient")
        assert shown.rows() == [
            ("a", date(2026, 5, 20), "will call back", date(2026, 6, 3)),
            ("b", None, None, None),
        ]
        few = panel.worklist(
            frame,
            as_of=AS_OF,
            holds=None,
            care_ends=None,
            contacts=contacts.select("patient", "day"),
        )
        assert few["outcome"].to_list() == [None, None]

    def test_contacts_of_one_day_are_all_shown_in_any_order(self) -> None:
        contacts = pl.DataFrame(
            {
                "patient": ["p-0"] * 3,
                "day": ["2026-05-20"] * 3,
                "outcome": ["no answer", None, "busy"],
                "next_try_on": ["2026-06-09", None, "2026-06-05"],
            }
        )
        frame = frame_of(administered_on=["2026-01-05"])
        for each in (contacts, contacts.reverse()):
            found = panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None, contacts=each)
            row = found.select("contacted_on", "outcome", "next_try_on").row(0)
            assert row == (date(2026, 5, 20), "busy; no answer", date(2026, 6, 5))

    def test_calls_are_made_on_days_the_clinic_is_open(self) -> None:
        frame = frame_of(administered_on=["2026-03-15"])
        rows = panel.worklist(
            frame,
            as_of="2026-05-01",
            holds=None,
            care_ends=None,
            is_open=lambda day: day.weekday() < 5,
        )
        # Due on Sunday 7 June; a week before is a Sunday too.
        assert rows["call_by"].to_list() == [date(2026, 5, 29)]

    @pytest.mark.parametrize(
        ("given", "last_chance_on"),
        [
            (
                {"holds": pl.DataFrame({"patient": ["p-0"], "first": ["2026-06-20"]})},
                date(2026, 6, 19),
            ),
            (
                {
                    "care_ends": pl.DataFrame(
                        {"patient": ["p-0"], "on": ["2026-07-01"], "kind": ["discontinued"]}
                    )
                },
                date(2026, 6, 30),
            ),
            (
                {
                    "authorizations": pl.DataFrame(
                        {
                            "patient": ["p-0"],
                            "indication": ["chronic-migraine"],
                            "product": ["Botox"],
                            "first": ["2026-01-01"],
                            "last": ["2026-06-30"],
                        }
                    )
                },
                date(2026, 6, 30),
            ),
            (
                {
                    "policy": bs.SchedulingPolicy(
                        payer=[{"minimum": "6 months", "first": "2026-06-10", "last": "2026-12-31"}]
                    )
                },
                date(2026, 6, 9),
            ),
            ({}, None),
        ],
    )
    def test_the_last_chance_is_said(self, given: dict[str, Any], last_chance_on: Any) -> None:
        frame = frame_of(administered_on=["2026-02-02"])
        rows = panel.worklist(frame, as_of=AS_OF, **({"holds": None, "care_ends": None} | given))
        assert rows["last_chance_on"].to_list() == [last_chance_on]

    def test_sections_come_in_their_order(self) -> None:
        frame = frame_of(administered_on=["2025-01-05", "2026-05-05", "2026-01-05", "2026-03-02"])
        found = panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None)["section"].to_list()
        order = [section.value for section in WorklistSection]
        assert found == sorted(found, key=order.index)
        assert WorklistSection.CHECK_THE_RECORD.words == "check the record first"


def waiting(status: DueStatus | None, *codes: FindingCode, **facts: bool) -> Waiting:
    """What places a track, all facts false unless given."""
    names = ("is_booked", "has_due", "is_soon", "typical_passed", "is_long", "left_out")
    return Waiting(status, frozenset(codes), *(facts.get(name, False) for name in names))


class TestPlaces:
    """The rule of the sections, without any frame."""

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            (waiting(DueStatus.ALLOWED), WorklistReason.NO_DUE_DAY),
            (waiting(DueStatus.ALLOWED, typical_passed=True), WorklistReason.TYPICAL_DAY_PASSED),
            (waiting(DueStatus.NO_INTERVAL), WorklistReason.NO_INTERVAL),
            (waiting(DueStatus.NO_HISTORY), WorklistReason.NO_HISTORY),
            (waiting(DueStatus.ALLOWED, has_due=True), WorklistReason.ALLOWED_BEFORE_DUE),
            (
                waiting(DueStatus.ALLOWED, has_due=True, is_soon=True),
                WorklistReason.DUE_SOON,
            ),
            (
                waiting(DueStatus.DUE, FindingCode.HOLD_ENDED, has_due=True, is_booked=True),
                WorklistReason.BOOKED,
            ),
            (
                waiting(DueStatus.OVERDUE, FindingCode.NOT_REBOOKED, has_due=True),
                WorklistReason.OVERDUE,
            ),
            (
                waiting(DueStatus.DECEASED, FindingCode.BOOKING_AFTER_CARE_END),
                WorklistReason.FINDINGS,
            ),
            (
                waiting(DueStatus.ON_HOLD, FindingCode.BOOKING_IN_HOLD),
                WorklistReason.FINDINGS,
            ),
            (waiting(DueStatus.DUE, left_out=True), WorklistReason.ROWS_LEFT_OUT),
        ],
    )
    def test_the_reason(self, given: Waiting, reason: WorklistReason) -> None:
        assert place_of(given).reason is reason

    @pytest.mark.parametrize("status", [None, *DueStatus])
    def test_every_track_has_a_place(self, status: DueStatus | None) -> None:
        for code in FindingCode:
            for booked in (False, True):
                place = place_of(waiting(status, code, is_booked=booked, has_due=True))
                assert place.section in WorklistSection

    def test_the_dead_are_never_called(self) -> None:
        for code in FindingCode:
            assert (
                place_of(waiting(DueStatus.DECEASED, code)).section is not WorklistSection.TO_CALL
            )

    def test_a_clinic_that_never_opens_leaves_the_day(self) -> None:
        day = date(2026, 3, 30)
        assert call_by(day, 7, lambda _: False) == date(2026, 3, 23)
        assert call_by(None, 7, None) is None

    def test_who_is_called_long_after_the_known_holidays_costs_nobody_the_list(self) -> None:
        def is_open(asked: date) -> bool:
            if not 1777 <= asked.year <= 2100:
                raise CalendarRangeError("public holidays are known for the years 1777 to 2100")
            return True

        holds = pl.DataFrame({"patient": ["p-0"], "first": ["2026-02-01"], "last": ["2999-12-31"]})
        days = ["2026-01-05", "0001-01-05", "2026-01-05"]
        found = panel.worklist(
            frame_of(administered_on=days),
            as_of=AS_OF,
            holds=holds,
            care_ends=None,
            lead_days=400,
            is_open=is_open,
        )
        assert sorted(found.select("patient", "section", "call_by").rows()) == [
            ("p-0", "on_hold", None),
            ("p-1", "check_the_record_first", None),
            ("p-2", "to_call", date(2025, 2, 23)),
        ]
        assert call_by(date(3000, 1, 8), 7, is_open) == date(3000, 1, 1)


def test_the_last_chance_of_a_track_that_never_opens_is_unknown() -> None:
    frame = frame_of(administered_on=["2026-02-02"])
    holds = pl.DataFrame({"patient": ["p-0"], "first": ["2026-03-01"]})
    rows = panel.worklist(frame, as_of=AS_OF, holds=holds, care_ends=None)
    assert rows["last_chance_on"].to_list() == [None]


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        panel.forecast(frame_of(administered_on=["2026-02-02"]), as_of=AS_OF)
        assert not gc.isenabled()
    finally:
        gc.enable()
    panel.forecast(frame_of(administered_on=["2026-02-02"]), as_of=AS_OF)
    assert gc.isenabled()


class TestSums:
    """Weeks, groups, windows."""

    def test_a_track_without_a_known_effect_has_no_episode(self) -> None:
        """Strabismus has neither wear-off nor minimum interval; a given effect is one."""
        frame = frame_of(patient=["a"], administered_on=["2026-01-05"], indication=["strabismus"])
        asked: Any = {"as_of": AS_OF, "permissible_gap_days": 30}
        assert panel.persistence(frame, **asked).rows() == []
        found = panel.persistence(frame, effect=bs.Interval(weeks=12), **asked)
        assert found["patient"].to_list() == ["a"]

    def test_a_track_counts_in_one_week(self) -> None:
        frame = frame_of(
            patient=["a", "b", "b", "c", "lapsed"],
            administered_on=["2026-03-16", "2026-03-16", "2026-06-10", "2026-01-05", "2025-01-05"],
            status=["completed", "completed", "booked", "completed", "completed"],
        )
        found = panel.workload(frame, as_of=AS_OF, holds=None, care_ends=None, weeks=2, capacity=1)
        assert found.select("week", "booked", "expected", "visits", "backlog").rows() == [
            ("2026-W23", 0, 1, 1, 0),
            ("2026-W24", 1, 1, 2, 1),
        ]
        open_ = panel.workload(frame, as_of=AS_OF, holds=None, care_ends=None, weeks=1)
        assert open_.select("capacity", "backlog").rows() == [(None, None)]
        some = {"2026-W24": 5}
        by_week = panel.workload(
            frame, as_of=AS_OF, holds=None, care_ends=None, weeks=2, capacity=some
        )
        assert by_week["capacity"].to_list() == [0, 5]

    def test_a_track_on_hold_counts_after_it(self) -> None:
        """As in a forecast: on a hold with a known end the dates are those of the first day after."""
        frame = frame_of(
            patient=["ends", "open", "booked", "booked"],
            administered_on=["2026-01-05", "2026-01-05", "2026-01-05", "2026-06-17"],
            status=["completed", "completed", "completed", "booked"],
        )
        holds = pl.DataFrame(
            {
                "patient": ["ends", "open", "booked"],
                "first": ["2026-05-01"] * 3,
                "last": ["2026-06-09", None, "2026-06-09"],
                "reason": ["travel"] * 3,
            }
        )
        found = panel.workload(frame, as_of=AS_OF, holds=holds, care_ends=None, weeks=3)
        assert found.select("week", "booked", "expected").rows() == [
            ("2026-W23", 0, 0),
            ("2026-W24", 0, 1),
            ("2026-W25", 1, 0),
        ]

    @pytest.mark.parametrize("weeks", [0, True, 1.5])
    def test_weeks_are_counted(self, weeks: Any) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        with pytest.raises(CountError):
            panel.workload(frame, as_of=AS_OF, holds=None, care_ends=None, weeks=weeks)

    def test_weeks_end_with_the_calendar(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        asked: dict[str, Any] = {"as_of": "9999-12-18", "holds": None, "care_ends": None}
        assert panel.workload(frame, weeks=3, **asked)["monday"].max() == date(9999, 12, 27)
        for weeks in (4, 10**9):
            with pytest.raises(CalendarRangeError):
                panel.workload(frame, weeks=weeks, **asked)

    @pytest.mark.parametrize("capacity", [-1, "5", 2.5, {"2026-W24": -1}, 10**400])
    def test_room_is_counted(self, capacity: Any) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        with pytest.raises(
            CountError, match="capacity: give a whole number from 0 to 1,000,000,000"
        ):
            panel.workload(frame, as_of=AS_OF, holds=None, care_ends=None, capacity=capacity)

    @pytest.mark.parametrize(
        "week", ["2026-W5", "2026W05", "2026-W05-1", "2025-W53", "2026-02-02", "", 5, None]
    )
    def test_room_is_for_a_week(self, week: Any) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        asked: dict[str, Any] = {"as_of": AS_OF, "holds": None, "care_ends": None}
        with pytest.raises(PanelError, match="name each week as ISO 8601 does, such as 2026-W05"):
            panel.workload(frame, capacity={"2026-W24": 5, week: 3}, **asked)

    @pytest.mark.parametrize("lead", [-1, "7", 1.5])
    def test_the_days_ahead_are_counted(self, lead: Any) -> None:
        with pytest.raises(
            CountError, match="lead_days: give a whole number from 0 to 1,000,000,000"
        ):
            placed(frame_of(administered_on=["2026-01-05"]), lead_days=lead)

    @pytest.mark.parametrize("by", ["indication", ["indication", "indication"]])
    def test_a_grouping_named_alone_or_twice_is_one(self, by: Any) -> None:
        found = panel.adherence(frame_of(administered_on=["2026-01-05"]), as_of=AS_OF, by=by)
        assert found.select("indication", "cycles").rows() == [("chronic-migraine", 1)]

    @pytest.mark.parametrize("gap", [-1, True, 1.5])
    def test_gaps_are_counted(self, gap: Any) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        with pytest.raises(CountError):
            panel.persistence(frame, as_of=AS_OF, permissible_gap_days=gap)

    def test_groups_are_patients_once(self) -> None:
        frame = frame_of(
            patient=["a", "a", "b", "b"],
            administered_on=["2026-01-05", "2026-03-30", "2026-01-05", "2026-03-01"],
        )
        clinics = pl.DataFrame({"patient": ["a", "b "], "clinic": ["x", "y"]})
        found = panel.adherence(frame, as_of=AS_OF, by=["clinic", "year"], groups=clinics)
        assert found.sort("clinic").select("clinic", "year", "on_time", "early").rows() == [
            ("x", 2026, 1, 0),
            ("y", 2026, 0, 1),
        ]
        with pytest.raises(PanelError, match="give each patient once"):
            panel.adherence(frame, as_of=AS_OF, groups=pl.concat([clinics, clinics]))
        unknown: list[Any] = ["colour", 7]
        with pytest.raises(PanelError, match="not colour, 7"):
            panel.adherence(frame, as_of=AS_OF, by=unknown)
        with pytest.raises(PanelError, match="by: give some of"):
            panel.adherence(frame, as_of=AS_OF, by="")

    def test_an_object_is_no_group(self) -> None:
        groups = pl.DataFrame([{"patient": "p-0"}]).with_columns(pl.Series("clinic", [object()]))
        with pytest.raises(PanelError, match="groups: clinic: give text or numbers"):
            panel.adherence(
                frame_of(administered_on=["2026-01-05"]), as_of=AS_OF, by=["clinic"], groups=groups
            )

    @pytest.mark.parametrize("name", ["product", "held", "cycles", "on_time"])
    def test_a_grouping_has_a_name_of_its_own(self, name: str) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        groups = pl.DataFrame({"patient": ["p-0"], name: ["x"], "clinic": ["y"]})
        groups = groups.with_columns(pl.lit("z").alias(f"{name}_right"))
        found = panel.adherence(frame, as_of=AS_OF, by=["clinic"], groups=groups)
        assert found.select("clinic", "cycles").rows() == [("y", 1)]
        with pytest.raises(PanelError, match=f"groups: {name}: give text or numbers, under a name"):
            panel.adherence(frame, as_of=AS_OF, by=[name], groups=groups)

    def test_a_pandas_column_whose_name_is_no_text_is_named(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"]).to_pandas()
        groups = frame[["patient", "product"]].rename(columns={"product": 0})
        with pytest.raises(PanelError, match="groups: 0: Polars cannot read the column"):
            panel.adherence(frame, as_of=AS_OF, by=["0"], groups=groups)

    def test_groups_have_keys_as_the_sessions_have(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        groups = pl.DataFrame({"patient": [1], "clinic": ["x"]})
        with pytest.raises(PanelError, match="groups: patient: give the same kind of keys"):
            panel.adherence(frame, as_of=AS_OF, by=["clinic"], groups=groups)

    def test_a_window_has_a_length(self) -> None:
        with pytest.raises(IntervalError):
            panel.exposure(frame_of(administered_on=["2026-01-05"]), window="0 days", on=AS_OF)

    def test_an_unknown_product_leaves_every_total_open(self) -> None:
        frame = frame_of(
            patient=["a"] * 3,
            administered_on=["2026-05-01"] * 3,
            product=["Botox", "Botox", None],
            units=[100, 100, 50],
        )
        found = panel.exposure(frame, window="12 weeks", on=AS_OF).sort("product")
        rows = found.select("product", "units", "units_if_one", "indeterminate").rows()
        assert rows == [(None, 0.0, 0.0, True), ("onabotulinumtoxinA", 200.0, 100.0, True)]

    def test_a_row_that_cannot_be_read_leaves_the_total_of_its_product_open(self) -> None:
        day = "2026-05-01"
        unread = [
            ("a", "soon", "Botox", "completed", "chronic-migraine"),
            ("b", day, "Xeomin", "done", "chronic-migraine"),
            ("c", "soon", None, "completed", "chronic-migraine"),
            ("d", "2020-01-01", "Botox", "done", "chronic-migraine"),
            ("e", "soon", "Botox", "cancelled", "chronic-migraine"),
            ("f", day, "Dysport", "completed", ""),
            (None, day, "Botox", "completed", "chronic-migraine"),
        ]
        given = [(patient, day, "Botox", "completed", "chronic-migraine") for patient in "abcde"]
        names = ["patient", "administered_on", "product", "status", "indication"]
        columns = dict(zip(names, map(list, zip(*given, *unread, strict=True)), strict=True))
        frame = frame_of(**columns, units=[100] * 12)
        found = panel.exposure(frame, window="12 weeks", on=AS_OF).sort("patient", "product")
        assert found.select("patient", "product", "units", "indeterminate").rows() == [
            ("a", "onabotulinumtoxinA", 100.0, True),
            ("b", "incobotulinumtoxinA", 0.0, True),
            ("b", "onabotulinumtoxinA", 100.0, False),
            ("c", None, 0.0, True),
            ("c", "onabotulinumtoxinA", 100.0, True),
            ("d", "onabotulinumtoxinA", 100.0, False),
            ("e", "onabotulinumtoxinA", 100.0, False),
            ("f", "abobotulinumtoxinA", 0.0, True),
        ]

    def test_the_last_session_elsewhere_counts_with_unknown_units(self) -> None:
        frame = frame_of(patient=["a"], administered_on=["2026-05-01"], units=[100])
        elsewhere = pl.DataFrame(
            {
                "patient": ["a", "b", "c"],
                "indication": ["chronic-migraine"] * 3,
                "cycles": [2] * 3,
                "last_on": ["2026-05-20", "2026-05-20", "2025-05-20"],
                "product": ["Botox", None, "Botox"],
            }
        )
        window: dict[str, Any] = {"window": "12 weeks", "on": AS_OF}
        found = panel.exposure(frame, prior_treatments=elsewhere, **window).sort("patient")
        rows = found.select("patient", "product", "units", "indeterminate").rows()
        assert rows == [("a", "onabotulinumtoxinA", 100.0, True), ("b", None, 0.0, True)]


def test_two_patients_whose_keys_share_a_number_stay_apart(monkeypatch: Any) -> None:
    from botox_schedule.panel import happened  # noqa: PLC0415 - an extra

    rows = pl.DataFrame({"patient": ["b", "a", "b"], "clock": [0, 0, 0], "day": [1, 2, 3]})
    monkeypatch.setattr(pl.Expr, "hash", lambda _: pl.lit(0, pl.UInt64))
    assert happened._in_order(rows)["patient"].to_list() == ["a", "b", "b"]


def test_days_that_systems_write_for_none_are_unknown_as_in_a_record() -> None:
    days = ["1900-01-01", "1900-01-02", "0001-01-01"]
    frame = frame_of(administered_on=days)
    none = ["1900-01-01", "1900-01-01", "9999-12-31"]
    births = pl.DataFrame({"patient": ["p-0", "p-1", "p-2"], "born_on": none})
    found = panel.forecast(frame, as_of=AS_OF, births=births).sort("patient")
    assert found["status"].to_list() == ["no_history", "lapsed", "no_history"]
    told = panel.worklist(frame, as_of=AS_OF, holds=None, care_ends=None, births=births)
    assert told["section"].to_list().count("check_the_record_first") == 2
    counts = dict(panel.row_counts(frame, as_of=AS_OF).select("outcome", "rows").rows())
    assert counts == {"day_unknown": 2, "used": 1}
    doses = panel.exposure(frame.with_columns(units=100.0), window="12 weeks", on=AS_OF)
    totals = doses.sort("patient").select("patient", "units", "indeterminate").rows()
    assert totals == [("p-0", 0.0, True), ("p-2", 0.0, True)]


def test_a_day_of_birth_that_systems_write_for_none_is_unknown() -> None:
    frame = frame_of(administered_on=["2026-01-05"] * 3).with_columns(
        indication=pl.lit("lower-limb-spasticity")
    )
    none = ["1900-01-01", "9999-12-31", None]
    births = pl.DataFrame({"patient": ["p-0", "p-1", "p-2"], "born_on": none})
    found = panel.forecast(frame, as_of=AS_OF, births=births.drop_nulls()).sort("patient")
    assert len(set(found.select("due", "findings").rows())) == 1
    assert "age_unknown" in found["findings"][0]
