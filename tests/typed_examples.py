"""Write every Python example of the documentation as a user's own file, for type checkers.

Each line of an example keeps the number that it has in its page or module; the cells of a
notebook follow each other.
"""

import ast
import doctest
import json
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
_FENCE = re.compile(r"^([ \t]*)(`{3,})(?:python|pycon)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)
_BINDINGS = ast.Import | ast.ImportFrom
_DEFINITIONS = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
_PARSER = doctest.DocTestParser()


class Example(NamedTuple):
    """One file of a user: where its lines come from, and their text by line number from 0."""

    origin: Path
    name: str
    lines: dict[int, str]

    @property
    def text(self) -> str:
        """The file; lines between the examples are empty."""
        return "".join(f"{self.lines.get(number, '')}\n" for number in range(max(self.lines) + 1))


def all_examples() -> list[Example]:
    """Return the files of all pages, notebooks, programs and docstrings."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    programs = sorted((ROOT / "docs" / "examples").glob("*.py"))
    if find_spec("pyspark") is None:
        programs = [path for path in programs if "pyspark" not in path.read_text("utf-8")]
    programs.append(ROOT / "tests" / "test_inputs.py")
    modules = sorted((SOURCES / "botox_schedule").rglob("*.py"))
    return [
        *(page for path in pages if (page := of_page(path)).lines),
        *(_of_notebook(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))),
        *(_whole(path) for path in programs),
        *(example for path in modules for example in of_module(path)),
    ]


def of_page(path: Path) -> Example:
    """Return the Python blocks of a page as one file."""
    text = path.read_text(encoding="utf-8")
    lines: dict[int, str] = {}
    for fence in _FENCE.finditer(text):
        lines |= _code_in(fence[3], text.count("\n", 0, fence.start(3)))
    return Example(path, _name(path), lines)


def _whole(path: Path) -> Example:
    return Example(path, path.stem, dict(enumerate(path.read_text("utf-8").splitlines())))


def _of_notebook(path: Path) -> Example:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return Example(path, _name(path), dict(enumerate(code.splitlines())))


def of_module(path: Path) -> Iterator[Example]:
    """Return each docstring with an example as one file, which imports what the module has."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bound = dict(_bindings(tree, path))
    for node in ast.walk(tree):
        if isinstance(node, _DEFINITIONS | ast.Module) and (found := _docstring(node)):
            lines = _code_in(str(found.value), found.lineno - 1)
            lines[0] = _imports(lines.values(), bound)
            yield Example(path, f"{_name(path)}_{found.lineno}", lines)


def _docstring(node: _DEFINITIONS | ast.Module) -> ast.Constant | None:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.value if ">>>" in str(first.value.value) else None
    return None


def _code_in(text: str, offset: int) -> dict[int, str]:
    if ">>>" not in text:
        return dict(enumerate(text.splitlines(), offset))
    return {
        offset + example.lineno + number: line
        for example in _PARSER.get_examples(text)
        for number, line in enumerate(example.source.splitlines())
    }


def _bindings(tree: ast.Module, path: Path) -> Iterator[tuple[str, str]]:
    """Each name of a module, with the statement by which a user gets it."""
    module = ".".join(path.relative_to(SOURCES).with_suffix("").parts)
    for node in tree.body:
        if isinstance(node, _BINDINGS):
            for alias in node.names:
                one: ast.stmt = ast.Import([alias])
                if isinstance(node, ast.ImportFrom):
                    one = ast.ImportFrom(node.module, [alias], node.level)
                yield alias.asname or alias.name, ast.unparse(one)
        for name in _names_defined_by(node):
            yield name, f"from {module} import {name}"


def _names_defined_by(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _DEFINITIONS):
        yield node.name
    if isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _imports(lines: Iterable[str], bound: dict[str, str]) -> str:
    tree = ast.parse("\n".join(lines))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return "; ".join(sorted({bound[name] for name in used if name in bound}))


def _name(path: Path) -> str:
    return re.sub(r"\W", "_", str(path.relative_to(ROOT).with_suffix("")))
