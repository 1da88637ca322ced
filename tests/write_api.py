"""Writes the public names with their signatures to ``api.txt``: what a change must not break."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

TARGET = Path(__file__).with_name("api.txt")
MODULES = (
    "",
    ".planning",
    ".outcomes",
    ".ical",
    ".fhir",
    ".handout",
    ".timeline_svg",
    ".panel",
    ".plots",
    ".testing",
    ".errors",
)


def api() -> str:
    """Return one line for each public name, and one for each of its members."""
    package: Any = griffe.load("botox_schedule", resolve_aliases=True)
    lines: list[str] = []
    for module in MODULES:
        found = package[module.lstrip(".")] if module else package
        for name in sorted(str(export) for export in found.exports or ()):
            lines += _lines(f"botox_schedule{module}.{name}", found[name])
    return "\n".join(lines) + "\n"


def _lines(path: str, item: Any) -> Iterator[str]:
    item = item.final_target if item.is_alias else item
    if item.is_function:
        yield f"{path}({', '.join(map(_parameter, item.parameters))}) -> {item.returns}"
    elif item.is_class:
        yield f"class {path}({', '.join(map(str, item.bases))})"
        for name, member in sorted(item.members.items()):
            if not name.startswith("_") and not member.is_alias:
                yield from (f"    {line}" for line in _lines(name, member))
    else:
        yield f"{path}: {item.annotation}" if item.annotation else path


def _parameter(parameter: Any) -> str:
    star = {"keyword-only": "*, ", "variadic positional": "*", "variadic keyword": "**"}
    mark = star.get(parameter.kind.value, "")
    default = "" if parameter.default is None else "=..."
    return f"{mark}{parameter.name}{default}"


if __name__ == "__main__":
    TARGET.write_text(api(), encoding="utf-8")
