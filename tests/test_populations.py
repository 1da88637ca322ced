"""The commands about populations: worklist, load, simulate."""

import json
from pathlib import Path
from typing import Any

import pytest

from botox_schedule.cli.main import main
from botox_schedule.cli.panel_commands import _table

pytest.importorskip("polars", reason="the extra panel is not installed")

ROWS = """Patient ID,Session date,Indication,Product,Units,Status
p-1,2026-01-05,chronic-migraine,Botox,155,completed
p-2,2026-01-20,chronic-migraine,Botox,,completed
p-3,2026-01-05,chronic-migraine,Botox,155,completed
p-4,soon,chronic-migraine,Botox,155,completed
p-5,2026-01-05,chronic-migraine,Botox,lots,completed
"""
NONE = ["--holds", "none", "--care-ends", "none"]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export with two rows that cannot be read."""
    file = tmp_path / "sessions.csv"
    file.write_text(ROWS)
    return file


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_whom_to_call(export: Path, capsys: pytest.CaptureFixture[str], engine: str) -> None:
    pytest.importorskip("duckdb", reason="DuckDB is not installed")
    ends = export.with_name("ends.csv")
    ends.write_text("patient,on,kind\np-3,2026-02-01,deceased\n")
    beside = ["--holds", "none", "--care-ends", str(ends), "--engine", engine]
    status, out, err = asked(
        capsys, "worklist", str(export), "--as-of", "2026-04-10", "--json", *beside
    )
    found = [(row["patient"], row["reason"]) for row in json.loads(out)]
    assert found == [
        ("p-1", "overdue_unbooked"),
        ("p-5", "overdue_unbooked"),
        ("p-2", "due_soon_unbooked"),
    ]
    assert err == "1 rows left out: not_a_day\n1 rows used with a doubt: not_units\n"
    assert status == 1


def test_parquet_is_read(export: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import polars as pl  # noqa: PLC0415 - an extra

    file = tmp_path / "sessions.parquet"
    frame = pl.read_csv(export, n_rows=3).rename({"Session date": "Date"})
    frame.with_columns(pl.col("Units").cast(pl.Float64)).write_parquet(file)
    arguments = ["load", str(file), "--as-of", "2026-03-30", "--weeks", "1", "--csv", *NONE]
    status, out, err = asked(capsys, *arguments, "--capacity", "1")
    assert (status, err) == (0, "")
    assert out.splitlines()[1] == "2026-W14,2026-03-30,0,2,2,2,1,1"
    pytest.importorskip("duckdb", reason="DuckDB is not installed")
    assert _table(file, "duckdb").fetchall() == _table(file, "polars").collect().rows()
    assert _table(file, "duckdb").columns[:2] == ["patient", "administered_on"]


def test_a_simulation_is_drawn(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["simulate", str(export), "--as-of", "2026-02-01", "--seed", "1", *NONE]
    status, out, _ = asked(capsys, *arguments, "--days", "336", "--delays", "0,7")
    words = dict(line.split()[:2] for line in out.splitlines() if line[:1].isalpha())
    assert float(words["sessions"]) > 10
    assert "2 rows" not in out
    assert out.endswith("1 rows left out: not_a_day\n1 rows used with a doubt: not_units\n")
    assert status == 1
    status, _, err = asked(capsys, *arguments, "--delays", "often")
    assert (status, "expected numbers of days" in err) == (2, True)


def test_a_terminal_shows_progress(
    export: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rich", reason="the extra cli is not installed")
    arguments = ["simulate", str(export), "--as-of", "2026-02-01", "--seed", "1", *NONE]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    status, out, _ = asked(capsys, *arguments, "--replicates", "2")
    assert (status, "cycles_per_year" in out) == (1, True)
    monkeypatch.setitem(__import__("sys").modules, "rich.progress", None)
    status, out, _ = asked(capsys, *arguments, "--replicates", "2")
    assert (status, "cycles_per_year" in out) == (1, True)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("name", ["sessions.parquet", "sessions.csv"])
def test_what_is_no_table_is_one_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(b"" if name.endswith("csv") else b"not parquet at all")
    status, _, err = asked(
        capsys, "worklist", str(file), "--as-of", "2026-04-10", "--engine", engine, *NONE
    )
    assert status == 2
    assert err.startswith(f"botox-schedule: {name}: not a table")


def test_a_line_without_an_end_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "long.csv"
    file.write_bytes(b"x" * (1024 * 1024 + 2))
    status, _, err = asked(capsys, "worklist", str(file), "--as-of", "2026-04-10", *NONE)
    assert (status, "longer than 1 MiB" in err) == (2, True)


def test_a_long_line_in_the_middle_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "long.csv"
    file.write_text(ROWS)
    with file.open("ab") as out:
        out.truncate(10**9)
    status, _, err = asked(capsys, "worklist", str(file), "--as-of", "2026-04-10", *NONE)
    assert (status, err) == (2, "botox-schedule: long.csv: a line is longer than 1 MiB\n")


def test_too_many_columns_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wide.csv"
    file.write_text("patient," * 1000 + "x\n")
    status, _, err = asked(capsys, "worklist", str(file), "--as-of", "2026-04-10", *NONE)
    assert (status, err) == (2, "botox-schedule: wide.csv: more than 1000 columns\n")


def test_two_columns_of_one_meaning_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("MRN,Patient ID,date,indication,product\n1,2,3,4,5\n")
    for engine in ("polars", "duckdb"):
        status, _, err = asked(
            capsys, "worklist", str(file), "--as-of", "2026-04-10", "--engine", engine, *NONE
        )
        assert (status, err) == (2, "botox-schedule: two columns mean patient; expected one\n")


def test_an_engines_own_error_does_not_show_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "quote.csv"
    file.write_text(ROWS.replace("p-1,", '"p-1,', 1))
    status, out, err = asked(capsys, "worklist", str(file), "--as-of", "2026-04-10", *NONE)
    assert (status, out) == (2, "")
    assert err == (
        "botox-schedule: quote.csv: not a table: expected comma-separated values (ComputeError)\n"
    )


def test_bytes_that_are_no_text_leave_the_other_rows(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export.write_bytes(export.read_bytes().replace(b"p-3", b"p-\xff"))
    status, out, _ = asked(
        capsys, "worklist", str(export), "--as-of", "2026-04-10", "--json", *NONE
    )
    assert [row["patient"] for row in json.loads(out)] == ["p-1", "p-5", "p-\ufffd", "p-2"]
    assert status == 1


def test_a_fault_of_our_own_is_not_taken_for_one_of_the_file(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a fault of our own")

    monkeypatch.setattr("botox_schedule.panel.worklist", broken)
    with pytest.raises(KeyError):
        main(["worklist", str(export), "--as-of", "2026-04-10", *NONE])


def test_a_column_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "few.csv"
    file.write_text("patient,product\np-1,Botox\n")
    status, _, err = asked(capsys, "worklist", str(file), "--as-of", "2026-04-10", *NONE)
    assert status == 2
    assert "administered_on is missing; indication is missing" in err


def test_holds_and_ends_must_be_spoken_of(export: Path) -> None:
    with pytest.raises(SystemExit):
        main(["worklist", str(export), "--as-of", "2026-04-10"])


def test_numbers_are_not_negative(export: Path) -> None:
    with pytest.raises(SystemExit):
        main(["load", str(export), "--as-of", "2026-04-10", "--weeks", "-1", *NONE])


@pytest.mark.parametrize(("module", "engine"), [("polars", "polars"), ("duckdb", "duckdb")])
def test_what_to_install_is_said(
    export: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    engine: str,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    status, _, err = asked(
        capsys, "worklist", str(export), "--as-of", "2026-04-10", "--engine", engine, *NONE
    )
    assert status == 2
    assert "pip install" in err


def test_a_clinics_own_protocol_comes_first(
    export: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
[[protocols]]
id = "own"
version = "1"
region = "us"
indication = "chronic-migraine"
product = "Botox"
population = "adult"
retreatment = {kind = "scheduled", minimum = "20 weeks", usual = "20 weeks"}
"""
    )
    status, out, _ = asked(
        capsys,
        "worklist",
        str(export),
        "--as-of",
        "2026-05-20",
        "--protocols",
        str(own),
        "--json",
        *NONE,
    )
    rows: list[dict[str, Any]] = json.loads(out)
    assert {row["due"] for row in rows} == {"2026-05-25"}
    assert status == 1
