"""Programs, notebooks and pictures of the documentation, run as they stand."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
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
    example = ROOT / "docs" / "examples" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, str(example)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected


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


def test_the_ribbon_of_the_readme_is_what_the_library_draws() -> None:
    spec = importlib.util.spec_from_file_location(
        "pictures", ROOT / "docs" / "pictures" / "draw.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    picture = ROOT / "docs" / "pictures" / "ribbon.svg"
    assert picture.read_text(encoding="utf-8") == module.ribbon()
