"""Catalogs of the words that pages show."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from string import Formatter
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from botox_schedule.errors import HandoutError
from botox_schedule.protocols.loader import faults, tables_in, tables_of
from botox_schedule.values import Value

_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
_LISTS = {"months": 12, "months_short": 12, "weekdays": 7}


class Messages(Value, frozen=True):
    """The words of a page in one language.

    Attributes:
        language: The language's code, such as ``en`` or ``es-MX``.
        reviewed: Whether somebody who knows the language and the field has read them; where
            not, the page says so.
        words: The texts by key; every key of the English catalog, with the same braces.
        treatments: What an indication is called; others are shown by their slug.
    """

    language: _Language
    reviewed: bool
    words: dict[str, str]
    treatments: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = list(_problems(self.words, _bundled_words("en")["words"]))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _problems(words: dict[str, str], english: dict[str, str]) -> list[str]:
    found = [f"words.{key} is missing" for key in english if key not in words]
    found += [f"words.{key} is not a key of the catalog" for key in words if key not in english]
    for key in english.keys() & words.keys():
        expected = _braces(english[key])
        given = _braces(words[key])
        if given is None or not given <= (expected or set()):
            allowed = ", ".join(f"{{{name}}}" for name in sorted(expected or ())) or "none"
            found.append(f"words.{key} has other braces than {allowed}")
        if key in _LISTS and len(words[key].split()) != _LISTS[key]:
            found.append(f"words.{key} needs {_LISTS[key]} words")
    return sorted(found)


def _braces(text: str) -> set[str] | None:
    """The names in braces; None where a brace stands alone or holds more than a name."""
    try:
        fields = [(name, spec, how) for _, name, spec, how in Formatter().parse(text)]
    except ValueError:
        return None
    names = {name for name, _, _ in fields if name is not None}
    plain = all(
        name is None or (name.isidentifier() and not spec and not how) for name, spec, how in fields
    )
    return names if plain else None


def _folder() -> Traversable:
    return files("botox_schedule.views") / "catalogs"


@cache
def _bundled_words(language: str) -> dict[str, Any]:
    name = f"{language}.toml"
    return tables_in((_folder() / name).read_text(encoding="utf-8"), name)


@cache
def bundled_messages(language: str) -> Messages:
    """Return a bundled catalog: ``en``, or ``es``, which nobody has reviewed yet.

    Raises:
        HandoutError: When there is none in that language.

    >>> bundled_messages("en").words["call"], bundled_messages("es").reviewed
    ('When to call the clinic', False)
    """
    known = sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir())
    if language not in known:
        raise HandoutError(f"no words are bundled in that language; known: {', '.join(known)}")
    return Messages.model_validate(_bundled_words(language))


def load_messages(path: str | PathLike[str]) -> Messages:
    """Return a clinic's own catalog from a TOML file with the keys of the bundled ones.

    Raises:
        ProtocolFileError: When it is not TOML.
        HandoutError: When a key is missing or unknown, or braces differ.
        OSError: When it cannot be opened.
    """
    name, tables = tables_of(path)
    try:
        return Messages.model_validate(tables)
    except ValidationError as error:
        raise HandoutError("\n".join(f"{name}: {fault}" for fault in faults(error))) from None
