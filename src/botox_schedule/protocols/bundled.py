"""The bundled data files, each read once."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

DIGESTS = "digests.toml"
"""The data file with the digests of the others."""
_WORDS = ("tables", "views/catalogs")
"""Folders of the package with words: those of tables decide which sessions were given."""


class DataFileFault(StrEnum):
    """How a bundled data file differs from the one that was released."""

    ADDED = "added"
    CHANGED = "changed"
    MISSING = "missing"


def data_folder() -> Traversable:
    """Return the folder of the bundled data files."""
    return files("botox_schedule.protocols") / "data"


@cache
def bundled_tables(name: str) -> dict[str, Any]:
    """Return the tables of a bundled TOML file; its decimal numbers stay exact."""
    return read_toml((data_folder() / name).read_text(encoding="utf-8"))


def read_toml(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text; its decimal numbers stay exact.

    Raises:
        ValueError: When it is not TOML.
    """
    import tomllib  # noqa: PLC0415 - only where a file is read

    return tomllib.loads(text, parse_float=Decimal)


def verify_bundled() -> dict[str, DataFileFault]:
    """Compare the bundled data files with the digests released with them.

    Returns:
        How each file differs, by its name in the data folder; words that tables and pages use
        have their folder in front. Empty when all data files are those of this version.

    >>> verify_bundled()
    {}
    """
    try:
        known = read_toml((data_folder() / DIGESTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {DIGESTS: DataFileFault.MISSING}
    except ValueError:  # not TOML, or not UTF-8
        return {DIGESTS: DataFileFault.CHANGED}
    found = data_digests()
    faults = dict.fromkeys(found.keys() - known, DataFileFault.ADDED)
    faults |= dict.fromkeys(known.keys() - found, DataFileFault.MISSING)
    changed = (name for name in known.keys() & found if known[name] != found[name])
    faults |= dict.fromkeys(changed, DataFileFault.CHANGED)
    return dict(sorted(faults.items()))


def data_digests() -> dict[str, str]:
    """Return the SHA-256 digest of each bundled data file, by its name."""
    found = dict(_files(data_folder(), ""))
    found.pop(DIGESTS, None)
    for folder in _WORDS:
        words = _files(files("botox_schedule") / folder, f"{folder}/")
        found.update((name, file) for name, file in words if name.endswith(".toml"))
    return {name: sha256(file.read_bytes()).hexdigest() for name, file in sorted(found.items())}


def _files(folder: Traversable, inside: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{inside}{entry.name}/")
        else:
            yield f"{inside}{entry.name}", entry
