"""Measures the structure of the package: ``python benchmarks/house.py``.

Code lines leave out blank lines, comments and docstrings. An edge is an import of one module of
the package by another, imports inside functions, below ``TYPE_CHECKING`` and by name included, but
for the one door by which a notebook gets a value as a table. A chain is the longest path of such
imports; imports that go round in a circle are named.
"""

import ast
import io
import statistics
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "src" / "botox_schedule"
CORE = (
    "dates",
    "protocols",
    "records",
    "engine",
    "policy",
    "terms",
    "errors",
    "values",
    "files",
    "questions",
    "__init__",
)
NOTEBOOK_DOOR = "values"
BUDGETS = {
    "core": 4000, "panel": 2200, "cli": 2000, "tables + fhir + ical": 1900,
    "outcomes": 1300, "planning": 1050, "views": 1050, "testing": 300,
}  # fmt: skip
_LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip


@cache
def modules() -> dict[str, Path]:
    """The modules by their dotted name below the package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts)] = path
    return found


def code_lines(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    docs: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            docs |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - docs)


def imports(name: str) -> set[str]:
    """The modules of the package that a module imports."""
    known = modules()
    tree = ast.parse(known[name].read_text(encoding="utf-8"))
    found = set() if name == NOTEBOOK_DOOR else by_name(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("botox_schedule"):
            base = (node.module or "").removeprefix("botox_schedule").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                target = next(
                    (
                        t
                        for t in (full, f"{full}.__init__", base, f"{base}.__init__".lstrip("."))
                        if t in known
                    ),
                    None,
                )
                if target is not None and target != name:
                    found.add(target)
    return found


def by_name(tree: ast.Module) -> set[str]:
    """The modules whose names a module gives to ``import_module``."""
    return {
        node.args[0].value.removeprefix("botox_schedule.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("import_module")
        and isinstance(node.args[0], ast.Constant)
    } & modules().keys()


@cache
def graph() -> dict[str, frozenset[str]]:
    return {name: frozenset(imports(name)) for name in modules()}


def circles() -> list[list[str]]:
    """Groups of modules that import each other."""
    reach: dict[str, set[str]] = {}
    for start in graph():
        seen: set[str] = set()
        waiting = list(graph()[start])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += graph()[name]
        reach[start] = seen
    groups = {frozenset(b for b in reach[a] if a in reach[b]) for a in reach if a in reach[a]}
    return [sorted(group) for group in groups if group]


def longest(names: set[str]) -> list[str]:
    """The longest chain of imports among *names*."""

    @cache
    def below(name: str) -> tuple[str, ...]:
        following = [below(other) for other in graph()[name] if other in names]
        return (name, *max(following, key=len, default=()))

    return list(max((below(name) for name in names), key=len, default=()))


def bodies() -> list[int]:
    found = []
    for path in modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                last = node.end_lineno or node.lineno
                found.append(last - body[0].lineno + 1 if body else 0)
    return sorted(found)


def room(name: str) -> str:
    top = name.split(".", maxsplit=1)[0]
    if top in CORE:
        return "core"
    return "tables + fhir + ical" if top in {"tables", "fhir", "ical"} else top


def main() -> None:
    lines: dict[str, int] = {}
    for name, path in modules().items():
        lines[room(name)] = lines.get(room(name), 0) + code_lines(path)
    print(f"{len(modules())} modules, {sum(lines.values())} code lines")
    for place, count in sorted(lines.items(), key=lambda item: -item[1]):
        print(f"  {place:22} {count:6}   budget {BUDGETS.get(place, '-')}")
    core = {name for name in modules() if room(name) == "core"}
    edges = sum(len(graph()[name]) for name in graph())
    print(f"edges for each module: {edges / len(modules()):.1f}")
    print(f"circles: {circles() or 'none'}")
    if not circles():
        print(
            f"longest chain: {len(longest(set(modules())))}  {' > '.join(longest(set(modules())))}"
        )
        folders = {name.split(".", maxsplit=1)[0] for name in modules() if "." in name}
        for folder in sorted(folders):
            chain = longest({name for name in modules() if name.startswith(f"{folder}.")})
            print(f"  within {folder}: {len(chain)}  {' > '.join(chain)}")
    sizes = bodies()
    print(
        f"function bodies: median {statistics.median(sizes):.0f}, 90th percentile {sizes[int(0.9 * len(sizes))]}, longest {sizes[-1]}"
    )
    text = (ROOT / "__init__.py").read_text(encoding="utf-8")
    names = next(
        n.value
        for n in ast.parse(text).body
        if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"
    )
    print(f"root names: {len(ast.literal_eval(names))}")
    print(f"core modules: {len(core)}")


if __name__ == "__main__":
    main()
