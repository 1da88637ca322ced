"""Links every public name in the pages to its entry in the reference."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

PACKAGE = "botox_schedule"
_HERE = Path(__file__).parent / "reference"
_ENTRY = re.compile(r"^\.\. (?:auto|py:)(?:class|function|data):: (\S+)", re.MULTILINE)
_LITERAL = re.compile(r"(?:bs\.|botox_schedule\.)?([\w.]+?)(?:\(.*\))?")
_NAME = re.compile(r"\w+(?:\.\w+)?")
_CALLED = re.compile(r"\bbs\.(\w+)")
_TYPE_VARIABLE = re.compile(r"\b_(?=[A-Z][a-z])")
_WRITTEN = re.compile(rf"\b{PACKAGE}(?:\.[a-z_]+)+\._?[A-Z]\w+")
_IMPORTED = re.compile(r"from botox_schedule(?:\.(\w+))?[\w.]* import ([\w, ]+)")


_ELSEWHERE = {
    "ValidationError": "pydantic_core.ValidationError",
    "pydantic_core._pydantic_core.ValidationError": "pydantic_core.ValidationError",
    "pydantic.main.BaseModel": "pydantic.BaseModel",
}
"""Names of other projects that have another address there."""
_ABOUT = {"how-to/populations": "panel", "how-to/recall-list": "panel", "how-to/export": "tables"}
"""The package whose names a page means first."""


def entries() -> dict[str, str]:
    """Return the path of each name in the reference, by the page that has it first."""
    pages = sorted(_HERE.glob("*.md"))
    return {path: page.stem for page in pages for path in _ENTRY.findall(page.read_text("utf-8"))}


ENTRIES = entries()
_ORDER = sorted(ENTRIES, key=lambda path: (path.count("."), ".panel." in path, path))
_BY_NAME = {path.rpartition(".")[2]: path for path in reversed(_ORDER)}


def path_of(name: str, package: str = "") -> str | None:
    """Return the path in the reference that a name in a page means, or None."""
    full, near = f"{PACKAGE}.{name}", f"{PACKAGE}.{package}.{name}"
    return next((path for path in (near, full) if path in ENTRIES), _BY_NAME.get(name))


def public_names() -> Iterator[tuple[str, str]]:
    """Yield the name of each root name, and its path in the reference."""
    for name in sorted(import_module(PACKAGE).__all__, key=lambda name: (name[0].isupper(), name)):
        yield name, path_of(name) or ""


def link_literals(app: Sphinx, doctree: nodes.document) -> None:
    """Make a link of each literal that is a public name; name those used in code at the end."""
    page = app.env.docname
    if page.startswith(("reference/", "index")):
        return
    for literal in list(doctree.findall(nodes.literal)):
        match = _LITERAL.fullmatch(literal.astext())
        path = (
            path_of(match[1], _ABOUT.get(page, "")) if match and _NAME.fullmatch(match[1]) else None
        )
        if path and not isinstance(literal.parent, nodes.reference | pending_xref | nodes.title):
            literal.replace_self(_link(path, literal.deepcopy(), page))
    used = sorted(_used(doctree), key=str.lower)
    sections = list(doctree.findall(nodes.section))
    if used and sections:
        sections[0].append(_see(used, page))


def _used(doctree: nodes.document) -> set[str]:
    found = set()
    for block in doctree.findall(nodes.literal_block):
        text = block.astext()
        found |= {path for name in _CALLED.findall(text) if (path := path_of(name))}
        for package, names in _IMPORTED.findall(text):
            for name in names.replace(",", " ").split():
                path = path_of(f"{package}.{name}" if package else name) or path_of(name)
                found |= {path} if path else set()
    return found


def _see(used: list[str], page: str) -> nodes.Node:
    line = nodes.paragraph("", "In the reference: ", classes=["in-the-reference"])
    for path in used:
        line += [] if len(line.children) == 1 else nodes.Text(", ")
        text = path.removeprefix(f"{PACKAGE}.")
        line += _link(path, nodes.literal(text, text), page)
    return line


def _link(path: str, text: nodes.Node, page: str) -> pending_xref:
    return pending_xref(
        "",
        text,
        refdomain="py",
        reftype="obj",
        reftarget=path,
        refexplicit=True,
        refwarn=True,
        refdoc=page,
    )


def strip_blocks(_app: Sphinx, doctree: nodes.document) -> None:
    """Drop the blank line that ends an example for doctest."""
    for block in doctree.findall(nodes.literal_block):
        if block.astext().endswith("\n"):
            text = block.astext().rstrip("\n")
            block.rawsource = text
            block.children = []
            block.append(nodes.Text(text))


def resolve(app: Sphinx, _env: Any, node: pending_xref, text: nodes.Node) -> nodes.Node | None:
    """Find the entry of a type that an annotation names by the module it is written in."""
    target = str(node.get("reftarget", ""))
    node["reftarget"] = _ELSEWHERE.get(target, target)
    is_ours = target.startswith(PACKAGE) or node.get("reftype") == "func"
    path = path_of(target.rpartition(".")[2]) if is_ours else None
    if path is None or path == target:
        return None
    node["reftarget"] = path
    domain = app.env.get_domain("py")
    builder = app.builder
    return domain.resolve_xref(app.env, node["refdoc"], builder, "obj", path, node, text)


def forget_private_paths(_app: Sphinx, env: Any) -> list[str]:
    """Drop the path of the module in which a class is written: nobody should import from it."""
    objects = env.get_domain("py").objects
    for name in [name for name, entry in objects.items() if entry.aliased]:
        del objects[name]
    return []


def show_public_paths(_app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Show a name alone where autodoc has the module in which it is written, or an underscore."""
    if page.startswith("reference/"):
        for text in list(doctree.findall(nodes.Text)):
            shown = _WRITTEN.sub(lambda found: _public(found[0]), text.astext())
            shown = _TYPE_VARIABLE.sub("", shown)
            if shown != text.astext():
                text.parent.replace(text, nodes.Text(shown))


def _public(written: str) -> str:
    return written if written in ENTRIES else written.rpartition(".")[2]


def type_words(annotation: Any) -> str:
    """Return an annotation as a reader writes it, without modules."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(arguments[0])
    if annotation is type(None):
        return "None"
    if annotation is Ellipsis:
        return "..."
    if not arguments or origin is None:
        name = getattr(annotation, "__name__", str(annotation))
        return f"~{annotation.__module__}.{name}" if _is_elsewhere(annotation) else name
    words = [type_words(argument) for argument in arguments]
    if origin in {Union, UnionType}:
        return " | ".join(dict.fromkeys(words))
    name = getattr(origin, "__name__", str(origin))
    return f"{name}[{', '.join(words)}]" if name != "Literal" else " | ".join(words)


def _is_elsewhere(annotation: Any) -> bool:
    module = getattr(annotation, "__module__", "builtins")
    return module != "builtins" and not module.startswith(PACKAGE)
