"""Hostile input: what was found before, a short search for more, and input beyond all limits.

``python tests/test_hostile.py`` prints seconds and peak memory for the input beyond all limits.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule.cli import main as cli
from botox_schedule.cli.record_files import read_record_file
from botox_schedule.files import check_lines, read_within
from botox_schedule.protocols.loader import tables_in

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))

from readers import READERS, attempt
from seeds import seeds

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
EXTRAS = {
    "bundle": "fhir.resources",
    "calendar": "icalendar",
    "population": "polars",
    "spreadsheet": "python_calamine",
}


def _needs(name: str) -> None:
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name], reason=f"{EXTRAS[name]} is not installed")


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_broke_a_reader_once_breaks_none_again(path: Path) -> None:
    _needs(path.parent.name)
    attempt(path.parent.name, path.read_bytes())


def test_something_was_found_and_kept() -> None:
    assert {path.parent.name for path in FOUND} <= set(READERS)
    assert FOUND


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A seed with some of it cut, doubled, replaced or put elsewhere."""
    data = bytearray(draw(st.sampled_from(list(seeds(name)))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        to = draw(st.integers(at, min(len(data), at + 40)))
        part = draw(
            st.sampled_from(
                [
                    b"",
                    bytes(data[at:to]) * 2,
                    b"\x00",
                    b"\xff\xfe",
                    b'"',
                    b"\r",
                    b"[",
                    b"{",
                    b"=",
                    b",",
                ]
            )
            | st.binary(max_size=8)
            | st.integers().map(lambda number: str(number).encode())
        )
        data[at:to] = part
    return bytes(data)


@pytest.mark.parametrize("name", sorted(READERS))
def test_only_documented_errors_come_out(name: str) -> None:
    _needs(name)

    @settings(max_examples=150, deadline=None)
    @given(damaged(name) | st.binary(max_size=200))
    def search(data: bytes) -> None:
        attempt(name, data)

    search()


def _fresh(*arguments: str) -> tuple[int, str, int]:
    """Run a command in a process of its own: exit status, error, and its memory in MiB."""
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from botox_schedule.cli import main as cli\n"
        "status = cli.main(sys.argv[1:])\n"
        "proc = Path('/proc/self/status')\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', proc.read_text()) if proc.exists() else None\n"
        "print(int(peak[1]) // 1024 if peak else 0)\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr, int(done.stdout.split()[-1])


def _huge(file: Path) -> Path:
    """A file of 1 GB in a single line, which takes no room on the disk."""
    with file.open("wb") as out:
        out.truncate(10**9)
    return file


def _monsters(folder: Path) -> Iterator[tuple[str, list[str], str]]:
    deep = folder / "deep.json"
    deep.write_text("[" * 5_000_000, encoding="utf-8")
    deep_toml = folder / "deep.toml"
    deep_toml.write_text("a = " + "[" * 500_000, encoding="utf-8")
    wide = folder / "wide.csv"
    wide.write_text("patient,date,indication" + ",x" * 1_000_000, encoding="utf-8")
    narrow = folder / "narrow.csv"
    narrow.write_text("," * 1_000_000, encoding="utf-8")
    long = folder / "long.csv"
    long.write_bytes(b"patient,date,indication\n" + b"x" * 50_000_000)
    faulty = folder / "faulty.json"
    faulty.write_text('{"sessions": [' + "{}," * 3_000_000 + "{}]}", encoding="utf-8")
    dotted = folder / "dotted.toml"
    dotted.write_text(".".join("a" * 100_000) + " = 1", encoding="utf-8")
    events = folder / "events.ics"
    events.write_bytes(b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 200_000)
    huge = _huge(folder / "huge.bin")
    good = folder / "record.json"
    good.write_text("{}", encoding="utf-8")
    zone = ["--zone", "UTC"]
    yield "a 1 GB line as an export", ["schedule", str(huge)], "larger than 512 MiB"
    yield "a 1 GB record", ["forecast", str(huge)], "larger than 64 MiB"
    yield "a 1 GB bundle", ["fhir", str(huge), *zone], "larger than 512 MiB"
    yield "a 1 GB protocol file", ["protocols", "--protocols", str(huge)], "larger than 1 MiB"
    yield (
        "a 1 GB diary",
        ["response", str(huge), str(good), "--rule", "nice-ta260"],
        "larger than 16 MiB",
    )
    yield "a 50 MB line", ["schedule", str(long)], "line 2 is longer than 1 MiB"
    yield "a million named columns", ["schedule", str(wide)], "line 1 is longer than 1 MiB"
    yield "a million columns", ["schedule", str(narrow)], "more than 1,000 columns"
    yield "a deeply nested record", ["forecast", str(deep)], "recursion limit"
    yield "a deeply nested bundle", ["fhir", str(deep), *zone], "nested too deeply"
    yield "a record of 9,000,000 faults", ["forecast", str(faulty)], "more than 100,000 values"
    yield (
        "a key of 100,000 parts",
        ["protocols", "--protocols", str(dotted)],
        "a key has more than 32 parts",
    )
    yield (
        "an earlier calendar of 200,000 events",
        [
            "ics",
            str(good),
            "--indication",
            "migraine",
            "--key",
            "k",
            "--out",
            "a.ics",
            "--previous",
            str(events),
        ],
        "larger than 1 MiB",
    )
    yield (
        "a deeply nested protocol file",
        ["protocols", "--protocols", str(deep_toml)],
        "not a TOML file",
    )


def test_what_is_far_too_large_ends_in_one_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
    said = {}
    for name, arguments, expected in _monsters(tmp_path):
        status, error, memory = _fresh(*arguments)
        ok = status == 2 and expected in error and len(error) < 400 and memory < 200
        said[name] = "ok" if ok else (status, error[:300], memory)
    assert {name: outcome for name, outcome in said.items() if outcome != "ok"} == {}
    assert len(said) == 14


class TestLimits:
    def test_a_file_may_have_as_many_bytes_as_said(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"x" * 10)
        assert read_within(file, 10) == b"x" * 10
        with pytest.raises(bs.errors.FileLimitError, match="file: larger than 0 MiB"):
            read_within(file, 9)

    def test_what_is_no_plain_file_is_read_no_further_than_said(self) -> None:
        with pytest.raises(bs.errors.FileLimitError):
            read_within("/dev/zero", 1000)

    @pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
    def test_a_line_may_have_a_mebibyte(self, end: bytes) -> None:
        line = b"x" * (1024 * 1024 - len(end)) + end
        check_lines(line * 3 + b"x" * 1024 * 1024, "file")
        with pytest.raises(bs.errors.FileLimitError, match="longer than 1 MiB"):
            check_lines(line + b"xx" + line, "file")

    @pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
    def test_a_table_has_a_most_of_lines(self, end: bytes) -> None:
        check_lines(end * 10_000_000, "file")
        with pytest.raises(bs.errors.FileLimitError, match="file: more than 10,000,000 lines"):
            check_lines(end * 10_000_001, "file")

    def test_the_line_is_named(self) -> None:
        with pytest.raises(bs.errors.FileLimitError, match="file: line 3 is longer"):
            check_lines(b"a\nb\n" + b"x" * 2_000_000, "file")

    def test_a_record_with_two_elements_of_one_name_is_refused(self, tmp_path: Path) -> None:
        # A reader would keep the last list, and the session of the other would be lost.
        file, session = tmp_path / "twice.json", '[{"administered_on": "2026-01-05"}]'
        file.write_text(f'{{"sessions": {session}, "\\u0073essions": []}}', encoding="utf-8")
        status, error, _ = _fresh("forecast", str(file))
        assert (status, "two elements of one name" in error) == (2, True)

    def test_interval_texts_have_a_limit(self) -> None:
        for text in ("1 day" + " + 1 day" * 1000, "9" * 10_000 + " days"):
            with pytest.raises(bs.errors.IntervalError):
                bs.Interval.parse(text)

    def test_a_record_of_many_unknown_names_is_answered(self) -> None:
        sessions = [
            {"administered_on": "2026-01-05", "indication": f"name-{number}", "product": "Botox"}
            for number in range(300)
        ]
        # Looking for the nearest known names anew for each track takes a minute.
        found = bs.forecast_all(bs.PatientRecord(sessions=sessions), as_of="2026-03-01")
        assert len(found) == 300

    def test_a_record_may_have_100_000_values(self, tmp_path: Path) -> None:
        file = tmp_path / "record.json"
        file.write_bytes(b"[" + b"," * 100_000)
        with pytest.raises(bs.errors.FileLimitError, match="more than 100,000 values"):
            read_record_file(file)

    def test_a_key_of_a_protocol_file_may_have_32_parts(self) -> None:
        assert tables_in(".".join("a" * 32) + " = 1", "own.toml")
        with pytest.raises(bs.errors.ProtocolFileError, match="more than 32 parts"):
            tables_in(".".join("a" * 33) + " = 1", "own.toml")

    def test_nested_json_is_refused_by_the_models_too(self) -> None:
        with pytest.raises(ValueError, match="recursion limit"):
            bs.PatientRecord.model_validate_json('{"sessions":' + "[" * 10_000)

    def test_a_bundle_of_many_entries_is_read(self) -> None:
        pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
        from botox_schedule.fhir import records_from_bundle  # noqa: PLC0415

        entries = [{"resource": {"resourceType": "Observation"}}] * 10_000
        content = json.dumps({"resourceType": "Bundle", "entry": entries})
        assert records_from_bundle(content, zone="UTC").ignored == {"Observation": 10_000}


FIRST, LAST = "0001-01-01", "9999-12-31"
_EXPORT = (
    "patient,date,indication,product,units,birth date\n"
    "P1,1850-01-01,chronic-migraine,Botox,155,1850-01-01\n"
    "P2,9999-12-31,spasticity,Botox,1,1850-01-01\n"
    "P3,9998-12-31,overactive-bladder,Botox,1,\n"
)
_RECORD = (
    '{"sessions": [{"administered_on": "9998-12-31", "indication": "chronic-migraine", "product": "Botox"},'
    ' {"administered_on": "0001-01-01", "indication": "spasticity", "product": null}],'
    ' "holds": [{"first": "9999-01-01", "last": "9999-12-31", "reason": "x"}]}'
)
ENDS = {
    "due": ["due", "chronic-migraine", FIRST, "--as-of", LAST],
    "due at the end": ["due", "chronic-migraine", LAST, "--as-of", FIRST],
    "due with a long minimum": ["due", "migraine", "2026-01-05", "--payer-minimum", "99999 days"],
    "due with an endless minimum": ["due", "migraine", "2026-01-05", "--payer-minimum", "999999999 days"],
    "timeline": ["timeline", "spasticity", LAST, "--course-started-on", FIRST, "--as-of", LAST],
    "forecast": ["forecast", "RECORD", "--as-of", LAST, "--explain"],
    "forecast at the start": ["forecast", "RECORD", "--as-of", FIRST],
    "check": ["check", "RECORD", "--on", LAST, "--as-of", FIRST],
    "book": ["book", "RECORD", "--as-of", LAST, "--away", f"{FIRST}/{LAST}", "--closed", LAST],
    "countdown": ["countdown", FIRST, "--lead", "a=1 day"],
    "countdown in months": ["countdown", LAST, "--lead", "a=99999 months"],
    "schedule": ["schedule", "EXPORT", "--as-of", LAST],
    "schedule at the start": ["schedule", "EXPORT", "--as-of", FIRST],
    "worklist": ["worklist", "EXPORT", "--holds", "none", "--care-ends", "none", "--as-of", FIRST, "--ahead", "3660"],
    "adherence": ["adherence", "EXPORT", "--as-of", LAST, "--gap-days", "3660"],
    "workload": ["workload", "EXPORT", "--holds", "none", "--care-ends", "none", "--as-of", LAST],
    "ics": ["ics", "RECORD", "--key", "k", "--out", "a.ics", "--as-of", LAST, "--count", "999999999"],
    "ics with a long alarm": ["ics", "RECORD", "--key", "k", "--out", "a.ics", "--alarm", "99999 weeks"],
    "a policy of 900,000 digits": ["due", "migraine", "2026-01-05", "--policy", "DIGITS"],
    "a configuration of 900,000 digits": ["due", "migraine", "2026-01-05", "--config", "DIGITS"],
    "protocols of 900,000 digits": ["protocols", "--protocols", "DIGITS"],
    "a pattern of the year alone": ["schedule", "EXPORT", "--date-format", "%Y%Y"],
    "an encoding that is none": ["schedule", "EXPORT", "--encoding", "undefined"],
    "a diary's encoding that is none": ["response", "EXPORT", "RECORD", "--rule", "nice-ta260", "--encoding", "undefined"],
    "a record that is a folder": ["forecast", "."],
    "a name with a null": ["forecast", "a\0b"],
    "a name without an end": ["forecast", "a" * 5000],
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_commands_answer_or_refuse_at_the_ends_of_everything(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for module, command in (("icalendar", "ics"), ("polars", "workload")):
        if ENDS[name][0] == command:
            pytest.importorskip(module, reason=f"{module} is not installed")
    monkeypatch.chdir(tmp_path)
    contents = {"RECORD": _RECORD, "EXPORT": _EXPORT, "DIGITS": "a = " + "1" * 900_000}
    for file, content in contents.items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    try:
        status = cli.main(ENDS[name])
    except SystemExit as refused:  # an argument that argparse refuses
        status = int(str(refused.code))
        capsys.readouterr()
    err = capsys.readouterr().err
    assert status in {0, 1, 2}
    assert len(err.splitlines()) <= (1 if status == 2 else 12)


def _measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments, _ in _monsters(Path(folder)):
            started = time.monotonic()
            *_, memory = _fresh(*arguments)
            print(f"{name}: {time.monotonic() - started:.2f} s, {memory} MiB")


if __name__ == "__main__":
    _measure()
