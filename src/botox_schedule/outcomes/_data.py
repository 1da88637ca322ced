"""The figures for outcomes, read once from their data file."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from botox_schedule import SourceRef

__all__ = ["cited", "outcome_tables"]


@cache
def _tables(name: str) -> dict[str, Any]:
    resource = files("botox_schedule") / "data" / name
    return tomllib.loads(resource.read_text(encoding="utf-8"))


def outcome_tables() -> Mapping[str, Any]:
    """Return the tables of the bundled outcome data."""
    return _tables("outcomes.toml")


def cited(source: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> SourceRef:
    """Return *source* with the title and address of the document that it names.

    Raises:
        KeyError: When no document has that key.
    """
    document = {**_tables("sources.toml"), **(own or {})}[source["key"]]
    named = {name: document[name] for name in ("title", "address") if name in document}
    return SourceRef.model_validate({**named, **source})
