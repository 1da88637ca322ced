"""The bundled data files, each read once."""

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any


def data_folder() -> Traversable:
    """Return the folder of the bundled data files."""
    return files("botox_schedule.protocols") / "data"


@cache
def bundled_tables(name: str) -> dict[str, Any]:
    """Return the tables of a bundled TOML file; its decimal numbers stay exact."""
    text = (data_folder() / name).read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)
