"""The configuration file: defaults that a clinic writes down once."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from botox_schedule.errors import ExchangeError
from botox_schedule.protocols.loader import tables_of

NAME = "botox-schedule.toml"
_PATHS = ("protocols", "policy")
_KINDS: dict[str, tuple[Any, str]] = {
    "region": (str, "text"),
    "protocols": (str, "the name of a file"),
    "policy": (str | dict, "the name of a file, or a table"),
    "columns": (dict, "a table with the name in the file as text"),
}


def use_configuration(given: Namespace) -> str:
    """Fill in what the command line leaves open; return which file was used for what.

    Keys are ``region``, ``protocols`` (a file), ``policy`` (a file, or a table with its fields)
    and ``columns`` (a table: the library's name and the file's). Files are looked for next to
    the configuration.

    Raises:
        ExchangeError: When a key is unknown or its value of the wrong kind.
        ProtocolFileError: When the file is not TOML.
        OSError: When a file that was named cannot be opened.
    """
    named = getattr(given, "config", None)
    file = named or Path(NAME)
    if not hasattr(given, "config") or (named is None and not file.exists()):
        return ""
    given.config = file  # so that no output is written over it
    _, settings = tables_of(file)
    _check(file.name, settings)
    used = [name for name in settings if _use(given, name, _placed(file, name, settings[name]))]
    return f"using {file}: {', '.join(used) or 'nothing that this command needs'}"


def _check(name: str, settings: dict[str, Any]) -> None:
    for key, value in settings.items():
        if key not in _KINDS:
            raise ExchangeError(f"{name}: {key}: unknown key; known are {', '.join(_KINDS)}")
        kind, words = _KINDS[key]
        texts = value.values() if kind is dict and isinstance(value, dict) else ()
        if not isinstance(value, kind) or not all(isinstance(one, str) for one in texts):
            raise ExchangeError(f"{name}: {key}: expected {words}")


def _placed(file: Path, name: str, value: Any) -> Any:
    return file.parent / value if name in _PATHS and isinstance(value, str) else value


def _use(given: Namespace, name: str, value: Any) -> bool:
    """Whether the value was used; what the command line says comes first."""
    if name == "columns" and hasattr(given, "column"):
        told = dict(given.column)
        given.column = [*(one for one in value.items() if one[0] not in told), *given.column]
        return True
    if getattr(given, name, value) is not None:
        return False
    setattr(given, name, value)
    return True
