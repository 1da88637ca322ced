"""What the command line writes: forms, widths, colors, files; and how it ends when others fail."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botox_schedule import DueStatus
from botox_schedule.cli import main as cli
from botox_schedule.cli import output
from botox_schedule.cli.output import (
    Answer,
    Line,
    Table,
    escaped,
    plain,
    print_answer,
    text_lines,
)
from botox_schedule.dates.days import counted
from cli_runs import (
    GOOD,
    MIGRAINE_RECORD,
    Capture,
    as_json,
    export,
    file_of,
    record_file,
    run,
)

DEMO = Path(cli.__file__).parent / "demo" / "clinic-export.csv"
NOBODY_ELSE = ("--holds", "none", "--care-ends", "none")
ROWS = [
    {"patient": "P1", "n": 5, "day": "2026-01-05", "status": DueStatus.OVERDUE, "more": ()},
    {"patient": "P20", "n": 125, "day": None, "status": DueStatus.DUE, "more": ("a b", "c")},
]
TABLE = Table(("patient", "n", "day", "status"), [("One", ROWS[:1]), ("Two", ROWS[1:])],
              ("status", "day"), ("more",))  # fmt: skip


_KILLED_AT = """
import os, signal, sys
from pathlib import Path
from botox_schedule.cli import main
left = int(sys.argv[1])
def counted(function):
    def call(*arguments):
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return call
os.write = counted(os.write)
Path.replace = counted(Path.replace)
from botox_schedule import files
files.os.fsync = counted(os.fsync)
sys.exit(main.main(sys.argv[2:]))
"""
"""Runs a command, and kills it at the given step of writing a file."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def lines(answer: Answer, width: int = 80) -> list[str]:
    return [line.text for line in text_lines(answer, width)]


def printed(capsys: Capture, answer: Answer, form: str) -> str:
    print_answer(answer, form)
    return capsys.readouterr().out


class TestForms:
    ANSWER = Answer([{"a": "x", "b": None}], ["said"], {"a": DueStatus.DUE}, ("a", "b"))

    def test_one_answer_in_each_form(self, capsys: Capture) -> None:
        assert printed(capsys, self.ANSWER, "text") == "said\n"
        assert printed(capsys, self.ANSWER, "json") == '{\n  "a": "due"\n}\n'
        assert printed(capsys, self.ANSWER, "csv") == "a,b\nx,\n"
        assert printed(capsys, self.ANSWER, "jsonl") == '{"a": "x", "b": null}\n'
        assert json.loads(printed(capsys, Answer([{"a": 1}], []), "json")) == [{"a": 1}]

    def test_json_has_plain_values(self) -> None:
        day = MIGRAINE_RECORD.sessions[0].administered_on
        given = {"day": day, "units": Decimal("1.50"), "path": Path("a"), "all": (1, {2})}
        assert plain(given) == {"day": "2026-01-05", "units": "1.50", "path": "a", "all": [1, [2]]}
        assert plain(Line("a")) == {"text": "a", "style": ""}

    @pytest.mark.parametrize(
        "cell",
        ["=1", "+1", "-1", "@x", " =1", "\ufeff=1", "\t=1", "\r=1", "\u200b@x", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", "\ufe661", "\ufe621", "\ufe631", "\ufe6bx", "\u22121", "\xad=1", "\u202e=1", "\x01=1", "\x7f@x", "\x9f=1", "\u061c=1", "\u180e-1"],
    )  # fmt: skip
    def test_a_cell_is_never_a_formula(self, capsys: Capture, cell: str) -> None:
        out = printed(capsys, Answer([{"a": cell, "b": -1, "c": (cell,)}], []), "csv")
        assert f"'{cell}" in out
        assert ",-1," in out

    def test_lists_guard_patients_keys(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("P1", "\uff1d1+1"))
        assert "'\uff1d1+1," in run(capsys, "schedule", file, "--csv")[1]

    @pytest.mark.parametrize("shown", [False, True], ids=["file", "terminal"])
    def test_a_terminal_obeys_no_cell(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, shown: bool
    ) -> None:
        """A file keeps what was given."""
        monkeypatch.setattr(sys.stdout, "isatty", lambda: shown)
        out = printed(capsys, Answer([{"a": "P\x1b[2J\u202e1"}], []), "csv")
        assert out == ("a\nP\\x1b[2J\\u202e1\n" if shown else "a\nP\x1b[2J\u202e1\n")

    def test_nothing_left_is_no_row(self, capsys: Capture) -> None:
        assert printed(capsys, Answer([], [], columns=("a",)), "csv") == "a\n"


class TestText:
    def test_numbers_are_on_the_right_and_words_below_their_row(self) -> None:
        assert lines(Answer([], [TABLE])) == [
            "",
            "One",
            "patient    n  day         status",
            "-------  ---  ----------  -------",
            "P1         5  2026-01-05  overdue",
            "",
            "Two",
            "patient    n  day         status",
            "-------  ---  ----------  -------",
            "P20      125  -           due",
            "    a b, c",
        ]

    def test_values_that_are_equal_keep_their_own_words(self) -> None:
        rows = [{"n": each} for each in (Decimal("1.0"), Decimal(1), True, (1,), (True,))]
        answer = Answer(rows=rows, text=[Table(("n",), [("", rows)])])
        found = [line.text.strip() for line in text_lines(answer, 80)]
        assert found[-5:] == ["1.0", "1", "yes", "1", "yes"]

    def test_columns_are_aligned_by_what_a_terminal_shows(self) -> None:
        rows = [{"patient": name, "n": 1} for name in ("山田太郎", "e\u0301", "P1")]
        table = Table(("patient", "n"), [("", rows)], (), ())
        assert lines(Answer([], [table], {}, ()))[2:] == [
            "山田太郎  1",
            "e\u0301         1",
            "P1        1",
        ]

    def test_the_least_important_columns_go_first_in_all_sections(self) -> None:
        found = lines(Answer([], [TABLE]), 25)
        assert found.count("patient    n  day") == 2
        assert " ".join(found[-3:]) == (
            "Not shown for lack of width: status; --csv and --json have them."
        )
        assert lines(Answer([], [TABLE]), 12).count("patient    n") == 2

    def test_a_column_that_says_nothing_goes_before_one_that_does(self) -> None:
        rows = [{"patient": "P1", "day": None, "status": DueStatus.DUE}]
        table = Table(("patient", "day", "status"), [("", rows)], ("status", "day"))
        assert "P1       due" in lines(Answer([], [table]), 16)

    def test_a_terminal_that_is_narrower_still_has_a_line_for_each_cell_with_words(self) -> None:
        assert lines(Answer([], [TABLE]), 11)[6:] == [
            "status:",
            "  overdue",
            "",
            "Two",
            "patient:",
            "  P20",
            "n: 125",
            "status: due",
            "a b, c",
        ]
        both = TABLE._replace(sections=[("", ROWS)])
        assert lines(Answer([], [both]), 11)[4:8] == ["status:", "  overdue", "", "patient:"]

    def test_a_column_that_every_list_must_show_goes_below_its_row(self) -> None:
        table = TABLE._replace(spare=("day", "status"), below=("more", "day"))
        assert lines(Answer([], [table]), 25)[2:6] == [
            "patient    n  status",
            "-------  ---  -------",
            "P1         5  overdue",
            "    day: 2026-01-05",
        ]
        assert lines(Answer([], [table])) == lines(Answer([], [TABLE]))
        assert lines(Answer([], [table]), 11) == lines(Answer([], [TABLE]), 11)

    def test_one_thing_is_no_several(self) -> None:
        assert (counted(0, "row"), counted(1, "row")) == ("0 rows", "1 row")

    def test_an_id_is_never_broken(self) -> None:
        row = {"patient": "P" * 100, "n": 1}
        table = Table(("patient", "n"), [("", [row])], ("n", "absent"))
        assert "P" * 100 in lines(Answer([row], [table]), 100)
        assert "  " + "P" * 100 in lines(Answer([row], [table]))

    def test_sentences_are_wrapped_and_lines_are_not(self) -> None:
        long = "word " * 30
        found = lines(Answer([], ["  " + long, Line(long), ""]))
        assert [line.startswith("  word") for line in found] == [True, True, False, False]
        assert found[-2:] == [long, ""]

    def test_problems_come_last(self) -> None:
        answer = Answer([], ["said"], problems=["line 3: wrong", "line 4: worse"])
        assert lines(answer) == ["said", "", "Problems (2)", "line 3: wrong", "line 4: worse"]
        assert answer.exit_status == 1
        assert Answer([], [], failed=True).exit_status == 1

    def test_what_many_lines_say_alike_is_said_once(self) -> None:
        alike = [f"line {number}: no day" for number in (2, 3, 5, 6, 7)]
        answer = Answer([], [], problems=[*alike, "line 4: no units"])
        said = ["lines 2 to 3, 5 to 7: no day", "line 4: no units"]
        assert lines(answer) == ["", "Problems (6)", *said]

    @given(st.text())
    def test_nothing_that_a_terminal_obeys_is_printed(self, text: str) -> None:
        shown = escaped(text)
        assert all(mark.isprintable() or mark.isspace() for mark in shown)
        assert "\x1b" not in shown
        assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200f\x9b\x7f")

    def test_data_reach_the_terminal_as_escapes(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("P1", "P\x1b[31m\u202e1"))
        out = run(capsys, "schedule", file)[1]
        # What shows nothing is no part of a key; the rest is written out.
        assert r"P\x1b[31m1" in out
        track = as_json(capsys, "schedule", file)["tracks"][0]
        assert track["patient"] == "P\x1b[31m1"
        err = run(capsys, "schedule", "no\x1b[31m.csv")[2]
        assert r"no\x1b[31m.csv: No such file" in err


class TestTerminal:
    """What a terminal shows, with the extra ``cli`` and without it."""

    def shown(
        self,
        capsys: Capture,
        monkeypatch: pytest.MonkeyPatch,
        columns: int,
        *arguments: object,
    ) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        status, out, _ = run(capsys, *arguments)
        assert status == 0
        return out

    @pytest.mark.parametrize("columns", [40, 80, 300])
    def test_colors_tell_the_status_at_every_width(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, columns: int
    ) -> None:
        pytest.importorskip("rich", reason="the extra 'cli' is not installed")
        out = self.shown(capsys, monkeypatch, columns, "demo")
        assert re.search(r"\x1b\[1;31m(patient: )?P1025", out)
        assert re.search(r"\x1b\[1;33m(patient: )?P1010", out)
        plain_out = re.sub(r"\x1b\[[0-9;]*m", "", out)
        monkeypatch.setitem(sys.modules, "rich.console", None)
        assert plain_out == self.shown(capsys, monkeypatch, columns, "demo")

    def test_a_wide_terminal_shows_every_column(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = self.shown(capsys, monkeypatch, 300, "demo")
        assert "lapsed from" in out
        assert "Not shown" not in out

    def test_nothing_is_taken_for_markup(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = export(tmp_path, GOOD.replace("P1", "[bold]P1[/bold]"))
        assert "[bold]P1[/bold]" in self.shown(capsys, monkeypatch, 300, "schedule", file)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("schedule", DEMO, "--as-of", "2026-03-16"),
            ("worklist", DEMO, *NOBODY_ELSE, "--as-of", "2026-03-16"),
            ("adherence", DEMO, "--as-of", "2026-03-16"),
            ("workload", DEMO, *NOBODY_ELSE, "--as-of", "2026-03-16"),
            ("protocols",),
            ("protocols", "migraine"),
            ("timeline", "chronic-migraine", "2026-01-05"),
            ("due", "chronic-migraine", "2026-01-05"),
        ],
        ids=lambda arguments: arguments[0],
    )
    def test_every_list_fits_80_columns(
        self, capsys: Capture, arguments: tuple[object, ...]
    ) -> None:
        if arguments[0] == "workload":
            pytest.importorskip("polars", reason="the extra 'panel' is not installed")
        out = run(capsys, *arguments)[1]
        assert max(map(len, out.splitlines())) <= 80


class TestFiles:
    def test_an_output_that_is_an_input_is_refused(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD)
        before = file.read_bytes()
        linked = tmp_path / "link.html"
        linked.symlink_to(file)
        for page in (file, linked):
            asked = ("worklist", file, *NOBODY_ELSE, "--html", page)
            status, _, err = run(capsys, *asked)
            assert (status, "an output is one of the inputs" in err) == (2, True)
        assert file.read_bytes() == before

    @pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="the system has no such name")
    @pytest.mark.parametrize(
        ("stream", "source", "told"),
        [
            (0, "-", "an output is one of the inputs"),
            (1, "export.csv", "two outputs are one file"),
        ],
    )
    def test_so_is_one_that_the_shell_reads_or_writes(
        self, capsys: Capture, tmp_path: Path, stream: int, source: str, told: str
    ) -> None:
        export(tmp_path, GOOD)
        with Path("export.csv" if stream == 0 else "list.html").open("a+b") as file:
            before = os.dup(stream)
            os.dup2(file.fileno(), stream)
            asked = ("worklist", source, *NOBODY_ELSE, "--html", tmp_path / file.name)
            status, _, err = run(capsys, *asked)
            os.dup2(before, stream)
            os.close(before)
        assert (status, told in err) == (2, True)

    @pytest.mark.parametrize("named", [True, False])
    def test_a_configuration_is_an_input_and_so_are_its_files(
        self, capsys: Capture, tmp_path: Path, named: bool
    ) -> None:
        config = file_of(tmp_path, 'policy = "policy.toml"\n', "botox-schedule.toml")
        policy = file_of(tmp_path, 'scheduled_grace = "1 day"\n', "policy.toml")
        os.link(policy, tmp_path / "hard-link")
        option = ("--config", config) if named else ()
        for page in ("botox-schedule.toml", tmp_path / "botox-schedule.toml", policy, "hard-link"):
            ask = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE, *option, "--html", page)
            status, _, err = run(capsys, *ask)
            assert (status, "an output is one of the inputs" in err) == (2, True)
        assert config.read_text(encoding="utf-8") == 'policy = "policy.toml"\n'

    def test_killed_at_any_write_each_output_is_whole_or_as_it_was(self, tmp_path: Path) -> None:
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        file, written = export(tmp_path, GOOD), [tmp_path / "a.html", tmp_path / "a.xlsx"]
        files = [part for one in written for part in (f"--{one.suffix[1:]}", str(one))]
        command = ["worklist", str(file), *NOBODY_ELSE, "--as-of", "2026-02-20", *files]
        assert cli.main(command) == 0
        whole = [one.read_bytes() for one in written]
        statuses = []
        for number in range(1, 10):
            for one in written:
                one.write_bytes(b"as it was")
            done = subprocess.run(
                [sys.executable, "-c", _KILLED_AT, str(number), *command],
                capture_output=True,
                check=False,
            )
            statuses.append(done.returncode)
            for one, new in zip(written, whole, strict=True):
                assert one.read_bytes() in {b"as it was", new}
        assert statuses == [-signal.SIGKILL] * 8 + [0]

    @pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit")
    def test_with_a_limit_on_sizes_the_file_is_named_and_as_it_was(self, tmp_path: Path) -> None:
        rows = [GOOD.replace("P1", f"P{number}") for number in range(200)]
        file, page = export(tmp_path, *rows), file_of(tmp_path, "as it was", "list.html")
        command = f'ulimit -f 4; "{sys.executable}" -m botox_schedule worklist "{file}" {" ".join(NOBODY_ELSE)} --html "{page}"'
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
        assert (done.returncode, done.stderr) == (2, f"botox-schedule: {page}: File too large\n")
        assert page.read_text(encoding="utf-8") == "as it was"
        assert not [*tmp_path.glob(".*.part")]

    def test_two_outputs_are_two_files_and_not_the_terminal(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        ask = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE)
        assert "two outputs are one file" in run(capsys, *ask, "--html", "a", "--xlsx", "a")[2]
        assert "give its name instead of -" in run(capsys, *ask, "--html", "-")[2]

    def test_an_output_is_whole_or_as_it_was(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        page = file_of(tmp_path, "as it was", "list.html")

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        ask = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE, "--html", page)
        status, _, err = run(capsys, *ask)
        assert (status, err) == (2, f"botox-schedule: {page}: No space left on device\n")
        assert page.read_text(encoding="utf-8") == "as it was"
        assert not [*tmp_path.glob(".*.part")]

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
    def test_a_full_disk_is_named(self, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD)
        command = [sys.executable, "-m", "botox_schedule"]
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            done = subprocess.run(
                [*command, "schedule", str(file), "--as-of", "2026-02-20"],
                stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        told = "botox-schedule: standard output: No space left on device\n"
        assert (done.returncode, done.stderr) == (2, told)
        done = subprocess.run(
            [*command, "worklist", str(file), *NOBODY_ELSE, "--html", "/dev/full"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        told = "botox-schedule: /dev/full: No space left on device\n"
        assert (done.returncode, done.stderr) == (2, told)

    def test_paths_that_are_no_utf_8_are_read_and_named(self, tmp_path: Path) -> None:
        folder = os.fsencode(tmp_path)
        for name, status in ((b"e\xff.csv", 0), (b"none\xff.csv", 2)):
            if status == 0:
                with open(os.path.join(folder, name), "wb") as file:  # noqa: PTH118, PTH123
                    file.write(export(tmp_path, GOOD).read_bytes())
            done = subprocess.run(
                [sys.executable, "-m", "botox_schedule", "schedule", os.path.join(folder, name),  # noqa: PTH118
                 "--as-of", "2026-02-20"],
                capture_output=True, check=False,
            )  # fmt: skip
            assert done.returncode == status, done.stderr
            assert b"Traceback" not in done.stderr


class TestStreams:
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
    def test_what_an_encoding_has_not_is_replaced(self, tmp_path: Path, encoding: str) -> None:
        file = export(tmp_path, GOOD.replace("P1", "Łukasz☃"))
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "botox_schedule",
                "schedule",
                str(file),
                "--as-of",
                "2026-02-20",
            ],
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"ukasz" in done.stdout

    @pytest.mark.parametrize(("encoding", "is_told"), [("cp1252", True), ("utf-8", False)])
    def test_a_key_that_an_encoding_has_not_is_told(
        self, capsys: Capture, tmp_path: Path, encoding: str, *, is_told: bool
    ) -> None:
        file = export(tmp_path, GOOD.replace("P1", "Łukasz"))
        with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding=encoding)):
            assert cli.main(["schedule", str(file), "--csv", "--as-of", "2026-02-20"]) == 0
        assert ("set PYTHONUTF8=1" in capsys.readouterr().err) is is_told

    def test_an_output_of_another_kind_is_written_too(self) -> None:
        with redirect_stdout(io.StringIO()) as out:
            assert cli.main(["countdown", "2026-06-22", "--lead", "a=1 day"]) == 0
        assert "friday" in out.getvalue()

    def test_a_reader_that_stops_is_no_error(self) -> None:
        command = f'"{sys.executable}" -m botox_schedule protocols --json | head -1'
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
        assert (done.stdout, done.stderr) == ("[\n", "")

    @pytest.mark.parametrize(
        ("error", "status", "told"),
        [
            (BrokenPipeError(), 0, ""),
            (OSError(28, "No space left"), 2, "botox-schedule: standard output: No space left\n"),
        ],
    )
    def test_a_stream_that_takes_no_more_ends_quietly(
        self,
        capsys: Capture,
        monkeypatch: pytest.MonkeyPatch,
        error: OSError,
        status: int,
        told: str,
    ) -> None:
        class Full(io.StringIO):
            def flush(self) -> None:
                raise error

            def fileno(self) -> int:
                return 1

        redirected: list[int] = []
        monkeypatch.setattr("os.dup2", lambda _, number: redirected.append(number))
        with redirect_stdout(Full()):
            assert cli.main(["protocols"]) == status
        assert capsys.readouterr().err == told
        assert redirected == [1]

    @pytest.mark.parametrize(
        ("arguments", "closed", "status", "told"),
        [
            ("schedule -", "<&-", 2, "-: line 1: no column"),
            ("forecast -", "<&-", 2, "Invalid JSON"),
            ("schedule file", ">&-", 2, "standard output is closed"),
            ("schedule file --csv", "2>&-", 1, ""),
            ("schedule none", "2>&-", 2, ""),
            ("schedule file --csv", "2>/dev/full", 1, ""),
            ("schedule none", "2>/dev/full", 2, ""),
            ("shedule", "2>/dev/full", 2, ""),
            ("", "| true; exit ${PIPESTATUS[0]}", 0, ""),
            ("due --help", "| true; exit ${PIPESTATUS[0]}", 0, ""),
            ("schedule file", "| true; exit ${PIPESTATUS[0]}", 1, ""),
        ],
    )
    @pytest.mark.skipif(
        not Path("/dev/full").exists() or not Path("/bin/bash").exists(),
        reason="the system has no /dev/full or no bash",
    )
    def test_the_exit_status_is_right_whatever_is_closed_or_full(
        self, tmp_path: Path, arguments: str, closed: str, status: int, told: str
    ) -> None:
        export(tmp_path, GOOD, "P2,soon,chronic-migraine,Botox,155,completed,").rename("file")
        command = f'"{sys.executable}" -m botox_schedule {arguments} {closed}'
        done = subprocess.run(
            ["/bin/bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False,
            # What Python keeps until its end could fail there, with a status of its own.
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )  # fmt: skip
        assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr
        assert "Exception ignored" not in done.stderr
        assert told in done.stderr
        if closed == "2>&-":
            assert "botox-schedule:" not in done.stdout

    def test_a_program_without_streams_refuses_or_goes_on(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As one that a window system started."""
        monkeypatch.setattr(sys, "stdin", None)
        assert run(capsys, "schedule", "-")[0] == 2
        sys.stdin.close()
        with monkeypatch.context() as closed:
            closed.setattr(sys, "stdout", None)
            assert cli.main(["due", "migraine", "2026-01-05"]) == 2
            sys.stdout.close()
        assert capsys.readouterr().err == "botox-schedule: standard output is closed\n"

    def test_ctrl_c_ends_with_130_and_no_traceback(self) -> None:
        # What a shell starts in the background ignores the signal, and so would the command.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            [sys.executable, "-m", "botox_schedule", "schedule", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        signal.signal(signal.SIGINT, before)
        assert process.stdin is not None
        # More than a pipe holds: once it is written, the command is reading.
        process.stdin.write(b"patient,date,indication,product\n" + b"\n" * 500_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (130, b"")


class TestErrors:
    def test_errors_show_no_cell_no_id_and_no_date(self, capsys: Capture, tmp_path: Path) -> None:
        marked = "Zaphod,1999-09-09,Zaphod,Zaphod,Zaphod,Zaphod,Zaphod"
        file = export(tmp_path, marked, GOOD)
        record = record_file(tmp_path, '{"id": "Zaphod", "sessions": [{"Zaphod": "1999-09-09"}]}')
        holds = file_of(tmp_path, "patient,first\nZaphod,1999-09-09\n", "h.csv")
        for arguments in (
            ("schedule", file, "--holds", holds, "--jsonl"),
            ("worklist", file, "--holds", holds, "--care-ends", holds),
            ("adherence", file, "--csv"),
            ("forecast", record),
            ("fhir", record, "--zone", "UTC"),
            ("response", file, record, "--rule", "nice-ta260"),
        ):
            _, _, err = run(capsys, *arguments)
            assert "Zaphod" not in err, arguments
            assert "1999" not in err, arguments

    @pytest.mark.parametrize("name", ["Zaphod", "-Zaphod", "\x1b[31mZaphod\u202e.csv"])
    def test_an_argument_too_many_can_be_a_part_of_a_name_and_is_not_shown(
        self, capsys: Capture, name: str
    ) -> None:
        with pytest.raises(SystemExit):
            cli.main(["due", "migraine", "2026-01-05", name])
        err = capsys.readouterr().err
        assert "due: more arguments than it takes; put text with spaces in quotation marks; " in err
        assert ("Zaphod" in err, err.count("\n")) == (False, 1)

    def test_nor_is_one_in_place_of_a_command(self, capsys: Capture) -> None:
        with pytest.raises(SystemExit):
            cli.main(["-\x1b[31m\u202e"])
        assert "unrecognized arguments: -\\x1b[31m\\u202e\n" in capsys.readouterr().err

    def test_several_faults_of_a_file_are_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        own = file_of(tmp_path, "[[protocols]]\nid = 1\nversion = 1\n", "own.toml")
        status, _, err = run(capsys, "protocols", "--protocols", own)
        assert (status, err.count("\n"), "\\n" in err) == (2, 1, False)
        assert err.count("; own.toml: ") > 1

    def test_a_fault_of_a_value_is_one_line(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from botox_schedule import PatientRecord  # noqa: PLC0415
        from botox_schedule.cli import schema  # noqa: PLC0415 - as the runner imports it

        def wrong(_: Any) -> Answer:
            return Answer([], [str(PatientRecord.model_validate({"born_on": "Zaphod"}))])

        monkeypatch.setattr(schema, "answer", wrong)
        status, _, err = run(capsys, "schema")
        assert (status, len(err.splitlines()), "Zaphod" in err) == (2, 1, False)


def test_styles_are_those_of_statuses() -> None:
    assert set(output._STYLES) <= {status.value for status in DueStatus}
