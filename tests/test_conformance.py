"""The suite that others can run, through the library and through the command line."""

import json
import re
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from casebook import answer
from conformance import AREAS, FOLDER, files
from test_cases import plain, rounded

if not FOLDER.is_dir():
    pytest.skip("the suite is not here", allow_module_level=True)

SUITES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
SCHEMA = SUITES.pop("schema")
CASES = [case for suite in SUITES.values() for case in suite["cases"]]
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
BY_COMMAND = {"due_dates", "forecast", "check_date"}
NOT_IN_JSON = {"finds", "explains", "calls_the_dose_safe", "lines"}
"""Names of answers that are about the words of an answer."""


def days_read(value: Any) -> Any:
    """The days and moments of a case, as Python has them."""
    if isinstance(value, dict):
        return {key: days_read(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [days_read(inner) for inner in value]
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    return value


def _id(case: dict[str, Any]) -> str:
    return str(case["id"])


class TestFiles:
    def test_they_are_those_of_the_case_files(self) -> None:
        written = {f"{area}.json": (FOLDER / f"{area}.json").read_text("utf-8") for area in AREAS}
        assert written == files()

    def test_they_follow_the_schema(self) -> None:
        jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
        validator = jsonschema.Draft202012Validator(SCHEMA)
        assert [list(validator.iter_errors(suite)) for suite in SUITES.values()] == [[]] * 5

    def test_every_name_stands_once(self) -> None:
        names = [case["id"] for case in CASES]
        assert len(names) == len(set(names)) > 360

    def test_the_page_explains_every_question(self) -> None:
        page = FOLDER.parent / "docs" / "reference" / "conformance.md"
        text = page.read_text(encoding="utf-8")
        assert [q for area in AREAS.values() for q in area if f"| `{q}`" not in text] == []


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_the_library_conforms(case: dict[str, Any]) -> None:
    given = days_read(case["given"])
    ask = {**given, "question": case["question"], "expect": case["answer"]}
    ask["record"] = days_read(case.get("record", {}))
    assert rounded(plain(answer(ask))) == rounded(plain(case["answer"]))


def _asked_by_command(case: dict[str, Any]) -> bool:
    """Whether a command takes every argument of a case, and its JSON holds the whole answer."""
    return (
        case["question"] in BY_COMMAND
        and "own_protocols" not in case["given"]
        and not NOT_IN_JSON & set(case["answer"])
    )


def toml(value: Any) -> str:
    """A value of a policy as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {toml(each)}' for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def _arguments(case: dict[str, Any], folder: Path) -> list[str]:
    given, question = case["given"], case["question"]
    protocol = given["protocol"]
    policy = folder / "policy.toml"
    policy.write_text(
        "".join(f"{key} = {toml(value)}\n" for key, value in given.get("policy", {}).items()),
        "utf-8",
    )
    shared = ["--product", protocol["product"], "--region", protocol["region"]]
    shared += ["--policy", str(policy), "--json"]
    if question == "due_dates":
        return ["due", protocol["indication"], given["administered_on"], *shared]
    record = folder / "record.json"
    record.write_text(json.dumps(case.get("record", {})), "utf-8")
    command = {"forecast": "forecast", "check_date": "check"}[question]
    asked = [command, str(record), "--indication", protocol["indication"]]
    asked += ["--as-of", given["as_of"], *shared]
    asked += ["--on", given["on"]] if "on" in given else []
    return asked + (
        ["--planned-units", str(given["planned_units"])] if "planned_units" in given else []
    )


def _found(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = None if answer is None else answer[part]
    return answer


def _answer_of(case: dict[str, Any], printed: str) -> dict[str, Any]:
    data = json.loads(printed)
    if case["question"] == "due_dates":
        data = data["dates"]
    elif case["question"] == "check_date":
        data = data[0]["check"]
    else:
        data = data[0]
    found = {path: _found(data, path) for path in case["answer"]}
    if "findings" in found:
        found["findings"] = [finding["code"] for finding in found["findings"]]
    return found


@pytest.mark.parametrize("case", [c for c in CASES if _asked_by_command(c)], ids=_id)
def test_the_command_line_conforms(
    case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = import_module("botox_schedule.cli.main").main
    main(_arguments(case, tmp_path))
    found = _answer_of(case, capsys.readouterr().out)
    assert rounded(plain(found)) == rounded(plain(case["answer"]))


def test_the_command_line_answers_many_cases() -> None:
    assert sum(map(_asked_by_command, CASES)) >= 60
