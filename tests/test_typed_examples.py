"""Every Python example passes the type checkers of users, who have no plugin of pydantic."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from typed_examples import ROOT, SOURCES, Example, all_examples

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not here"
)
_MYPY = f"""[mypy]
strict = True
mypy_path = {SOURCES}
untyped_calls_exclude = IPython
[mypy-botox_schedule.*]
follow_imports = silent
[mypy-ipywidgets.*]
ignore_missing_imports = True
# Marimo writes the cells of a notebook itself, without annotations.
[mypy-docs_how_to_notebook]
allow_untyped_defs = True
allow_incomplete_defs = True
"""
_TY = f"""[environment]
extra-paths = ["{SOURCES}"]
python = "{sys.prefix}"
"""
CHECKERS = {
    "mypy": ["-m", "mypy", "--config-file=mypy.ini", "--no-incremental", "."],
    "pyright": ["-m", "pyright", f"--pythonpath={sys.executable}", "--level=error"],
    "ty": ["-m", "ty", "check", "--project=.", "--output-format=concise"],
}
_WRONG = """\
import botox_schedule as bs
bs.due_dates(3, "chronic-migraine")
bs.PatientRecord(sessions=3)
"""
"""What each checker must refuse: proof that it ran and found the library's types."""
_PLACE = re.compile(r"^\s*(?:.*/)?(\w+)\.py:(\d+)(?::\d+)?:? -? ?(error.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return all_examples()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    folder = tmp_path_factory.mktemp("user")
    (folder / "mypy.ini").write_text(_MYPY, encoding="utf-8")
    (folder / "ty.toml").write_text(_TY, encoding="utf-8")
    paths = f'{{"extraPaths": ["{SOURCES}"]}}'
    (folder / "pyrightconfig.json").write_text(paths, encoding="utf-8")
    (folder / "wrong.py").write_text(_WRONG, encoding="utf-8")
    for example in examples:
        (folder / f"{example.name}.py").write_text(example.text, encoding="utf-8")
    return folder


def test_pages_programs_and_docstrings_have_examples(examples: list[Example]) -> None:
    suffixes = [example.origin.suffix for example in examples]
    assert suffixes.count(".md") >= 10
    assert suffixes.count(".py") >= 80


def test_each_notebook_is_checked(examples: list[Example]) -> None:
    checked = {example.origin for example in examples}
    assert set((ROOT / "notebooks").glob("*.ipynb")) <= checked


def test_each_page_with_a_prompt_is_checked(examples: list[Example]) -> None:
    checked = {example.origin for example in examples}
    prompted = {path for path in (ROOT / "docs").rglob("*.md") if ">>> " in path.read_text("utf-8")}
    assert prompted <= checked


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_users_type_checker_accepts_every_example(
    checker: str, folder: Path, examples: list[Example]
) -> None:
    if find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed")
    done = subprocess.run(
        [sys.executable, *CHECKERS[checker]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    origins = {example.name: example.origin.relative_to(ROOT) for example in examples}
    found = _PLACE.findall(done.stdout)
    errors = [f"{origins[name]}:{line}: {what}" for name, line, what in found if name in origins]
    assert not errors, "\n".join(errors)
    refused = {line for name, line, _ in found if name == "wrong"}
    assert refused == {"2", "3"}, done.stdout + done.stderr


def test_every_public_type_is_stated(tmp_path: Path) -> None:
    """Pyright trusts a package that has a marker; that of fhir.resources lies a folder too deep."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    _mark_as_typed("fhir", tmp_path)
    command = [sys.executable, "-m", "pyright", f"--pythonpath={sys.executable}", "--outputjson"]
    done = subprocess.run(
        [*command, "--verifytypes=botox_schedule", "--ignoreexternal"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{SOURCES}"},
        capture_output=True,
        text=True,
        check=False,
    )
    found_types = json.loads(done.stdout)["typeCompleteness"]
    vague = [s["name"] for s in found_types["symbols"] if s["isExported"] and not s["isTypeKnown"]]
    assert vague == []
    assert len(found_types["symbols"]) > 1000
    assert found_types["completenessScore"] == 1


def _mark_as_typed(package: str, folder: Path) -> None:
    found = find_spec(package)
    if found is not None:
        (folder / package).mkdir()
        (folder / package / "py.typed").touch()
        for part in Path(str(found.origin)).parent.iterdir():
            (folder / package / part.name).symlink_to(part)
