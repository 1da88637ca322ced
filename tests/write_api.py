"""Writes the public names with their signatures to ``api.txt``: what a change must not break."""

import inspect
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("api.txt")
MODULES = (
    "",
    ".planning",
    ".outcomes",
    ".ical",
    ".fhir",
    ".views.handout",
    ".views.timeline",
    ".panel",
    ".views.plots",
    ".testing",
    ".errors",
)


def api() -> str:
    """Return one line for each public name, and one for each of its members."""
    lines: list[str] = []
    for module in MODULES:
        found = import_module(f"botox_schedule{module}")
        for name in sorted(found.__all__):
            lines += _lines(f"botox_schedule{module}.{name}", getattr(found, name))
    return "\n".join(lines) + "\n"


def _lines(path: str, item: Any) -> Iterator[str]:
    if isinstance(item, type):
        yield f"class {path}({', '.join(base.__name__ for base in item.__bases__)})"
        yield from (f"    {line}" for line in _members(item))
    elif callable(item):
        yield _signature(path, item)
    else:
        yield path


def _members(item: type) -> Iterator[str]:
    if issubclass(item, Enum):
        yield from sorted(member.name for member in item)
        return
    for name in sorted(
        {*vars(item), *item.__annotations__} if item.__annotations__ else vars(item)
    ):
        member = vars(item).get(name)
        if name.startswith("_") or name == "model_config":
            continue
        if inspect.isfunction(member) or isinstance(member, classmethod | staticmethod):
            yield _signature(name, getattr(item, name))
        else:
            yield name


def _signature(path: str, item: Any) -> str:
    parameters = inspect.signature(item).parameters.values()
    return f"{path}({', '.join(map(_parameter, parameters))})"


def _parameter(parameter: inspect.Parameter) -> str:
    mark = {"KEYWORD_ONLY": "*, ", "VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(
        parameter.kind.name, ""
    )
    default = "" if parameter.default is parameter.empty else "=..."
    return f"{mark}{parameter.name}{default}"


if __name__ == "__main__":
    TARGET.write_text(api(), encoding="utf-8")
