"""The figures for outcomes, read once from their data file."""

from collections.abc import Mapping
from typing import Any

from botox_schedule import SourceRef
from botox_schedule._catalogue import bundled_tables

__all__ = ["cited", "month_days", "outcome_tables"]


def outcome_tables() -> Mapping[str, Any]:
    """Return the tables of the bundled outcome data."""
    return bundled_tables("outcomes.toml")


def month_days() -> int:
    """Return how many days a month of the diary has."""
    return int(outcome_tables()["diary"]["month_days"])


def cited(source: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> SourceRef:
    """Return *source* with the title and address of the document that it names.

    Raises:
        KeyError: When no document has that key.
    """
    document = {**bundled_tables("sources.toml"), **(own or {})}[source["key"]]
    named = {name: document[name] for name in ("title", "address") if name in document}
    return SourceRef.model_validate({**named, **source})
