"""The parts of ``mutants.sh`` that read and write the files of mutmut."""

import hashlib
import json
import os
import re
import shlex
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

SLOW = 3.0
"""Seconds above which a test is left out; searches with a second implementation take minutes."""
SAMPLE, SEED = 300, 20
APART = (
    "test_cli_output.py::TestFiles",
    "test_cli_output.py::TestStreams",
    "test_cli.py::TestMain::test_help_and_version_import_nothing_heavy",
    "test_cli.py::TestForecast::test_standard_input_is_read",
    "test_cli.py::TestCompletion::test_bash_takes_the_script",
)
"""Tests that start processes of their own, in which no change is."""
STATS = Path("mutants/mutmut-stats.json")
TRIED = Path("mutants/tried.txt")
"""The verdicts of ``forked_mutants.py`` that mutmut does not have yet."""
LEFT_OUT = Path("mutants/slow-tests")
"""Options of pytest for the tests that are left out."""
STATUS: dict[int | None, str] = {
    0: "survived",
    1: "noticed",
    3: "noticed",
    5: "no test",
    33: "no test",
    34: "not drawn",
}
TIMED_OUT = {36, 24, -24, 152, 255}


class Part(NamedTuple):
    """What is changed, and the tests that judge it."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


STORED = ("cases", "stability", "compatibility", "fields")
TABLES = (
    "tables", "tables_cells", "tables_columns", "tables_deaths", "tables_decisions", "tables_keys",
    "tables_spreadsheets", "tables_text", "tables_unread",
)  # fmt: skip
PARTS = {
    "core": Part(
        (
            "values.py", "terms.py", "policy.py", "questions.py",
            "dates/*", "protocols/*", "records/*", "engine/*",
        ),
        (
            *STORED, "adherence", "bookings", "care_ends", "catalogue", "content", "content_names",
            "courses_elsewhere", "cycles", "days", "exceptions", "findings", "findings_of_rows", "forecast",
            "history", "holds", "intervals", "limit_figures", "limits", "names", "observed", "projection",
            "protocol_files", "protocol_sets", "questions", "reasons", "records", "response", "rules",
            "rules_of_values", "schedule", "track_dates", "tracks", "unknown_indications", "worklist",
            "cli_lists", "panel", *TABLES, "diary_file", "laws", "populations", "standings",
            "booked_touch_ups", "inputs", "timeline", "wrong_types",
        ),
    ),
    "planning": Part(
        ("planning/*",),
        (
            *STORED, "planning", "bookable_days", "check_booking", "authorizations", "authorization_plan",
            "payer_rules", "shared_visits", "clinic_calendar", "vials", "codes", "exceptions",
        ),
    ),
    "outcomes": Part(
        ("outcomes/*",),
        (
            *STORED, "outcomes", "outcome_measures", "adherence", "diary_file", "observed", "catalogue", "extremes",
        ),
    ),
    "files": Part(
        ("tables/*", "fhir/*", "ical/*"),
        (
            *TABLES, "fhir", "fhir_bundles", "fhir_conservation", "fhir_identity", "ical", "workbooks",
            "wrong_types", "exceptions", "cli_lists",
        ),
    ),
    "sample": Part(
        ("panel/*", "tables/*", "fhir/*", "cli/*"),
        (
            "panel", "populations", *TABLES, "fhir", "fhir_bundles", "fhir_conservation", "fhir_identity",
            "cli", "cli_lists", "cli_output", "diary_file", "exceptions", "adherence", "ical", "workbooks",
        ),
    ),
}  # fmt: skip


def configure(part: str) -> None:
    """Print the settings of mutmut for a part."""
    files, names = PARTS[part]
    tests = [file for name in names if Path(file := f"tests/test_{name}.py").exists()]
    settings: dict[str, Any] = {
        "source_paths": ["src/"],
        "only_mutate": [f"src/botox_schedule/{file}" for file in files],
        # It runs where Spark is.
        "do_not_mutate": ["src/botox_schedule/panel/spark.py"],
        "also_copy": ["docs", "README.md", "CHANGELOG.md", "notebooks", "conformance"],
        # A process that has used Polars cannot be forked: its threads are gone, and it waits for them.
        "process_isolation": "forkserver",
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": [
            "-p", "no:cacheprovider",
            *(f"--deselect=tests/{name}" for name in APART),
            "-o", "addopts=--strict-markers --import-mode=importlib --hypothesis-profile=mutants",
        ],
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    numbers = ["track_dependencies = false", "timeout_multiplier = 6", "timeout_constant = 2"]
    print("", "[tool.mutmut]", *lines, *numbers, 'on_dependency_change = "ignore"', sep="\n")


def tests(part: str) -> None:
    """Print what pytest is told for a part."""
    configured = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    chosen = configured["pytest_add_cli_args_test_selection"]
    print(shlex.join(chosen + configured["pytest_add_cli_args"]), LEFT_OUT.read_text())


def again(part: str) -> None:
    """Take the verdicts in, and let what survived or took too long be tried again."""
    took: dict[str, float] = json.loads(STATS.read_text())["duration_by_test"]
    _leave_out(test for test, seconds in took.items() if seconds >= SLOW)
    take(part)
    drawn = int(os.environ.get("DRAW") or (SAMPLE if part == "sample" else 0))
    if drawn:
        _draw(drawn)
    _change(lambda _, code: None if code in {0, 5, 33, *TIMED_OUT} else code)


def take(part: str) -> None:
    """Take in the verdicts of a run."""
    lines = TRIED.read_text().splitlines() if TRIED.exists() else []
    found = {name: int(code) for code, name in map(str.split, lines)}
    _change(found.get)
    TRIED.unlink(missing_ok=True)


def _leave_out(tests: Iterable[str]) -> None:
    before = shlex.split(LEFT_OUT.read_text()) if LEFT_OUT.exists() else []
    options = {*before, *(f"--deselect={test}" for test in tests)}
    LEFT_OUT.write_text(shlex.join(sorted(options)))


def _verdicts() -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(Path("mutants/src").rglob("*.meta")):
        yield file, json.loads(file.read_text())


def _change(verdict: Callable[[str, int | None], int | None]) -> None:
    for file, meta in _verdicts():
        codes = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {name: verdict(name, code) for name, code in codes.items()}
        file.write_text(json.dumps(meta))


def _draw(count: int) -> None:
    """Draw some changes by their names: a function that changes moves no other's."""
    names = [name for _, meta in _verdicts() for name in meta["exit_code_by_key"]]
    drawn = set(sorted(names, key=_lot)[:count])
    _change(lambda name, code: 34 if name not in drawn else None if code == 34 else code)


def _lot(name: str) -> bytes:
    return hashlib.sha256(f"{SEED} {name}".encode()).digest()


def survivors(part: str, file: Path, commit: str) -> None:
    """Write what survived, with the answers that the list gave before."""
    answers = dict(_answers(file))
    codes = Counter(
        "timed out" if code in TIMED_OUT else STATUS.get(code, "not tried")
        for _, meta in _verdicts()
        for code in meta["exit_code_by_key"].values()
    )
    all_of_them = codes.total()
    del codes["not drawn"]
    total, noticed = codes.total(), codes["noticed"] + codes["timed out"]
    day = datetime.now().astimezone().date()
    lines = [
        f"# Changes of {part} that no test notices; written by tests/mutants.sh, answers by hand.",
        f"# {day}, {commit[:12]}: {total} of {all_of_them} changes tried, {noticed / total:.2%} noticed",
        f"# {', '.join(f'{count} {what}' for what, count in codes.most_common())}",
    ]
    for file_, meta in _verdicts():
        for name, code in meta["exit_code_by_key"].items():
            if code in {0, 5, 33}:
                change = _shown(name, file_)
                lines += ["", change, f"    answer: {answers.get(_key(change), 'none')}"]
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", "utf-8")
    print(*lines[1:3], sep="\n")


def _answers(file: Path) -> Iterator[tuple[str, str]]:
    text = file.read_text("utf-8") if file.exists() else ""
    for block in text.split("\n\n")[1:]:
        change, _, answer = block.partition("\n    answer: ")
        yield _key(change), answer.strip()


def _key(change: str) -> str:
    """A change without its line's number, which moves."""
    return re.sub(r":\d+ ", " ", change, count=1)


def _shown(name: str, meta: Path) -> str:
    """Module, line, function, and the lines of the change."""
    module = str(meta).removeprefix("mutants/").removesuffix(".meta")
    diff: str = import_module("mutmut.mutation.diff_apply").get_diff_for_mutant(name, path=module)
    function = re.sub(r"^.*\.x_?|__mutmut_\d+$", "", name).replace("ǁ", ".").strip(".")
    body = diff.splitlines()
    start = next(place for place, line in enumerate(body) if line.startswith("@@"))
    offset, shown = int(re.findall(r"\d+", body[start])[0]) - 1, []
    first = 0
    for line in body[start + 1 :]:
        if line[:1] in "-+" and line.strip():
            first = first or offset + 1
            shown.append(f"    {line[0]} {line[1:].strip()}")
        offset += line[:1] != "+"
    return "\n".join(
        [
            f"{module.removeprefix('src/')}:{_line_of(module, function) + first - 1} {function}",
            *shown,
        ]
    )


def _line_of(module: str, function: str) -> int:
    """The line on which a function starts."""
    short = function.rpartition(".")[2]
    lines = Path(module).read_text("utf-8").splitlines()
    owner, _, _ = function.rpartition(".")
    inside = not owner
    for number, line in enumerate(lines, 1):
        inside = inside or line.startswith(f"class {owner}")
        if inside and re.match(rf"\s*(async )?def {re.escape(short)}\b", line):
            return number
    return 0


if __name__ == "__main__":
    verb, part = sys.argv[1:3]
    if verb == "list":
        survivors(part, Path(sys.argv[3]), sys.argv[4])
    else:
        {"configure": configure, "tests": tests, "again": again, "take": take}[verb](part)
