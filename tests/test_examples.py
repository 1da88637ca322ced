"""Programs, notebooks and pictures of the documentation, run as they stand."""

import importlib.util
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import FindingCode, FindingNeeds
from botox_schedule.outcomes import judge_counts, load_response_rules

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not here"
)


@pytest.mark.parametrize(
    ("name", "needs", "expected"),
    [
        ("sqlalchemy_rows", "sqlalchemy", "[(1, datetime.date(2026, 3, 30))]"),
        ("django_rows", "django", "[(1, datetime.date(2026, 3, 30))]"),
        ("many_patients", None, "1000 answers; 456 overdue"),
    ],
)
def test_the_examples_run(name: str, needs: str | None, expected: str) -> None:
    if needs is not None and importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    assert _printed(EXAMPLES / f"{name}.py") == expected


def _printed(program: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(program), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class TestFilesOfAClinic:
    """The files that pages show are read as they are."""

    def shown(self, page: str, blocks: slice, file: Path) -> Path:
        text = (DOCS / "how-to" / page).read_text(encoding="utf-8")
        found = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        file.write_text("".join(found[blocks]), encoding="utf-8")
        return file

    def test_a_response_rule(self, tmp_path: Path) -> None:
        (rule,) = load_response_rules(self.shown("response.md", slice(1), tmp_path / "own.toml"))
        outcomes = [
            str(judge_counts(rule, baseline=20, current=days, cycles=2)[0].outcome)
            for days in (12, "12.1")
        ]
        assert outcomes == ["met", "not_met"]

    def test_a_protocol(self, tmp_path: Path) -> None:
        """The page begins with a protocol, and goes on with what it may have."""
        file = self.shown("own-protocol.md", slice(3), tmp_path / "own.toml")
        (protocol,) = bs.load_protocols(file)
        assert str(protocol.retreatment.minimum) == "12 weeks + 1 day"
        assert str(protocol.retreatment.typical) == "169 days"
        assert str(protocol.response.wear_off) == "8 to 10 weeks"


class TestTheRecallList:
    """The program of the page reads SQLite, and PostgreSQL by the same queries."""

    program = EXAMPLES / "recall_list.py"

    def test_prints_what_its_page_shows(self) -> None:
        pytest.importorskip("polars", reason="polars is not installed")
        page = (DOCS / "how-to" / "recall-list.md").read_text(encoding="utf-8")
        printed = [line.rstrip() for line in _printed(self.program).splitlines()]
        assert "```text\n{}\n```".format("\n".join(printed)) in page

    @pytest.mark.parametrize(
        ("day", "section"), [("2026-03-22", "too_early"), ("2026-03-23", "to_call")]
    )
    def test_reads_the_rows_of_a_file(self, tmp_path: Path, day: str, section: str) -> None:
        pytest.importorskip("polars", reason="polars is not installed")
        file = tmp_path / "clinic.db"
        connection = sqlite3.connect(file)
        connection.executescript(_module(self.program).TABLES)
        connection.execute(
            "INSERT INTO sessions (patient, administered_on, indication, product, status)"
            " VALUES ('gil', '2026-01-05', 'chronic-migraine', NULL, 'completed')"
        )
        connection.commit()
        connection.close()
        assert _printed(self.program, str(file), day).split()[0] == section

    def test_a_misspelled_file_is_an_error_and_not_a_new_one(self, tmp_path: Path) -> None:
        pytest.importorskip("polars", reason="polars is not installed")
        file = tmp_path / "clinik.db"
        with pytest.raises(sqlite3.OperationalError, match="unable to open"):
            _module(self.program).connect(str(file))
        assert not file.exists()


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _texts(notebook: Any) -> list[str]:
    """What each cell printed or showed as text; what is printed can come in several pieces."""
    return [
        "".join(
            out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_outputs_of_the_notebooks_are_real(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(fresh, timeout=120, kernel_name="python3").execute()
    assert _texts(fresh) == _texts(stored)


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("name", ["ribbon.svg", "ribbon-phone.svg", "layers.svg"])
def test_the_pictures_are_what_the_program_draws(name: str) -> None:
    pictures = _module(DOCS / "pictures" / "draw.py").PICTURES
    assert (DOCS / "pictures" / name).read_text(encoding="utf-8") == pictures[name]()


class TestTheReference:
    """Its pages name every public name once, and only public ones."""

    entries = re.compile(r"^\.\. (?:auto|py:)(?:class|function|data):: (\S+)$", re.MULTILINE)
    packages = ("protocols", "records", "dates", "engine", "planning", "outcomes", "tables")
    extras = ("ical", "fhir", "views", "panel")

    def paths(self) -> list[str]:
        pages = sorted((DOCS / "reference").glob("*.md"))
        return [path for page in pages for path in self.entries.findall(page.read_text("utf-8"))]

    def test_has_no_name_twice(self) -> None:
        assert sorted(self.paths()) == sorted(set(self.paths()))

    @pytest.mark.parametrize("package", ["", *packages, *extras])
    def test_has_every_public_name(self, package: str) -> None:
        path = f"botox_schedule.{package}".rstrip(".")
        module = pytest.importorskip(path, reason="the extra is not installed")
        shown = [getattr(*_found(entry)) for entry in self.paths() if _is_here(entry)]
        missing = [
            name
            for name in module.__all__
            if f"{path}.{name}" not in self.paths()
            and not any(getattr(module, name) is value for value in shown)
        ]
        assert missing == []

    @pytest.mark.parametrize("module", ["terms", "errors"])
    def test_has_every_term_and_every_error(self, module: str) -> None:
        path = f"botox_schedule.{module}"
        classes = {
            f"{path}.{name}"
            for name, value in vars(importlib.import_module(path)).items()
            if isinstance(value, type) and value.__module__ == path
        }
        assert classes <= set(self.paths())

    @pytest.mark.parametrize("package", [*packages, *extras, "terms", "errors", "testing"])
    def test_the_page_of_what_stays_names_every_public_package(self, package: str) -> None:
        page = (DOCS / "explanation" / "compatibility.md").read_text(encoding="utf-8")
        (public,) = [line for line in page.splitlines() if line.startswith("**Public**")]
        assert f"`.{package}`" in public

    def test_names_nothing_that_is_not_there(self) -> None:
        gone = [entry for entry in self.paths() if _is_here(entry) and not hasattr(*_found(entry))]
        assert gone == []


def _is_here(entry: str) -> bool:
    try:
        _found(entry)
    except ModuleNotFoundError:
        return False
    return True


def _found(entry: str) -> tuple[Any, str]:
    module, _, name = entry.rpartition(".")
    return importlib.import_module(module), name


@pytest.mark.parametrize("needs", list(FindingNeeds))
def test_the_page_of_findings_has_each_code_under_its_need(needs: FindingNeeds) -> None:
    page = (DOCS / "reference" / "findings.md").read_text(encoding="utf-8")
    heads = {"today": "Today", "next_visit": "At the next visit", "information": "Information"}
    section = page.partition(f"## {heads[needs]}\n")[2].partition("\n## ")[0]
    codes = [word for line in section.splitlines() for word in re.findall(r"`(\w+)`", _cell(line))]
    assert sorted(codes) == sorted(code for code in FindingCode if code.needs is needs)


def _cell(line: str) -> str:
    return line.split("|")[1] if line.startswith("| `") else ""


class TestTheNotebookPage:
    """Its two programs run in a kernel, and as marimo runs them."""

    page = DOCS / "how-to" / "notebook.md"

    def block(self, word: str) -> str:
        text = self.page.read_text(encoding="utf-8")
        (block,) = [
            block
            for block in re.findall(r":caption: .*?\n\n(.*?)```", text, re.DOTALL)
            if word in block
        ]
        return str(block)

    @pytest.mark.filterwarnings("default")
    def test_the_slider_of_ipywidgets_shows_the_forecast(self) -> None:
        pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
        nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
        nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
        cell = nbformat.v4.new_code_cell(self.block("ipywidgets"))
        notebook = nbformat.v4.new_notebook(cells=[cell])
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        assert "application/vnd.jupyter.widget-view+json" in str(notebook.cells[0].outputs)

    def test_marimo_shows_the_forecast(self, tmp_path: Path) -> None:
        if importlib.util.find_spec("marimo") is None:
            pytest.skip("marimo is not installed")
        program = tmp_path / "explore.py"
        program.write_text(self.block("marimo"), encoding="utf-8")
        page = tmp_path / "page.html"
        subprocess.run(
            [sys.executable, "-m", "marimo", "export", "html", str(program), "-o", str(page)],
            check=True,
            capture_output=True,
        )
        assert "2026-03-30" in page.read_text(encoding="utf-8")
