"""The figures for outcomes, read once from their data file."""

from collections.abc import Mapping
from typing import Any

from botox_schedule.protocols.catalog import bundled_tables


def outcome_tables() -> Mapping[str, Any]:
    """Return the tables of the bundled outcome data."""
    return bundled_tables("outcomes.toml")


def month_days() -> int:
    """Return how many days a month of the diary has."""
    return int(outcome_tables()["diary"]["month_days"])
