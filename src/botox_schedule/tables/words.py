"""The words of exports: names of columns and of values, from the data file."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from unicodedata import combining, normalize

LONGEST_NAME = 500
"""A longer text is a note: it is no name, whatever it begins with."""


def folded(text: str) -> str:
    """Return *text* without what makes no difference between names.

    >>> folded("Date of  Service"), folded("PatientID"), folded("Präparat")
    ('dateofservice', 'patientid', 'praparat')
    """
    name = re.sub(r"[\W_]+", "", _bare(text[:LONGEST_NAME]))
    return name if len(text) <= LONGEST_NAME else f"{name}…"


def _bare(text: str) -> str:
    """Return *text* without accents, in small letters."""
    apart = normalize("NFKD", text).casefold()
    return apart if apart.isascii() else "".join(c for c in apart if not combining(c))


@cache
def _tables() -> dict[str, Any]:
    text = (files("botox_schedule.tables") / "aliases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def column_names(table: str) -> dict[str, list[str]]:
    """Return the names of each column of a table; the first is the one that messages use."""
    columns = _tables()["columns"]
    return {**columns["shared"], **columns[table]}


@cache
def header_words() -> frozenset[str]:
    """Return the folded names of all columns of all tables, and of others that exports have."""
    tables = _tables()
    names = (
        name for table in tables["columns"].values() for names in table.values() for name in names
    )
    return frozenset(map(folded, [*names, *tables["other"]["columns"]]))


def is_about_death(name: str) -> bool:
    """Return whether the name of a column speaks of death.

    >>> is_about_death("Cause of Death"), is_about_death("Deadline")
    (True, False)
    """
    plain = folded(name).replace("deadline", "")
    known = names_by_column("sessions", dict.fromkeys(("died_on", "deceased")))
    return plain in known or any(stem in plain for stem in _tables()["other"]["death_stems"])


def is_about_birth(name: str) -> bool:
    """Return whether the name of a column speaks of birth.

    >>> is_about_birth("PAT_BIRTH_DATE"), is_about_birth("Date")
    (True, False)
    """
    return _has_stem(name, "birth_stems")


def is_about_pause(name: str) -> bool:
    """Return whether the name of a column speaks of a hold or a discharge.

    >>> is_about_pause("On hold?"), is_about_pause("Discharge date")
    (True, False)
    """
    return _has_stem(name, "pause_stems")


def is_about_interval(name: str) -> bool:
    """Return whether the name of a column speaks of an interval.

    >>> is_about_interval("Min days between visits"), is_about_interval("Visits")
    (True, False)
    """
    return _has_stem(name, "interval_stems")


def _has_stem(name: str, stems: str) -> bool:
    plain = folded(name)
    return any(stem in plain for stem in _tables()["other"][stems])


@cache
def _death_words() -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(_tables()['other']['death_words'])})\b")


def speaks_of_death(text: str) -> bool:
    """Return whether a name or a reason may say that a patient has died.

    >>> speaks_of_death("DOE JANE (DECEASED)"), speaks_of_death("Diedrich, Jane")
    (True, False)
    """
    return _death_words().search(_bare(text)) is not None


def is_word_of_death(text: str) -> bool:
    """Return whether a text is a word of death and nothing else.

    >>> is_word_of_death("Deceased"), is_word_of_death("mother deceased")
    (True, False)
    """
    return _death_words().fullmatch(_bare(text).strip()) is not None


def may_tell_of_death(name: str) -> bool:
    """Return whether a column of that name holds names, reasons or a status.

    >>> may_tell_of_death("Last Name"), may_tell_of_death("Notes")
    (True, False)
    """
    return _has_stem(name, "stems_of_telling_columns")


@cache
def _values(name: str) -> dict[str, str]:
    words = _tables()["words"][name]
    return {folded(word): value for value, names in words.items() for word in names}


def find_value(name: str, text: str) -> str | None:
    """Return the value that a word stands for, or None.

    >>> find_value("status", "No-Show"), find_value("status", "maybe")
    ('no_show', None)
    """
    return _values(name).get(folded(text))


def examples(name: str) -> str:
    """Return the values that a message names.

    >>> examples("kind")
    'full, touch up'
    """
    return ", ".join(value.replace("_", " ") for value in _tables()["words"][name])


def names_by_column(table: str, columns: Mapping[str, Any]) -> dict[str, str]:
    """Return the column that each folded name stands for, as far as the table has it."""
    known = column_names(table)
    return {folded(name): column for column in columns for name in (column, *known[column])}
