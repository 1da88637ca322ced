"""The words of exports: names of columns and of values, from the data file."""

import re
import tomllib
from collections.abc import Collection, Iterable
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
    name = _MARKS.sub("", plain(text[:LONGEST_NAME]))
    return name if len(text) <= LONGEST_NAME else f"{name}…"


_MARKS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
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

    >>> is_about_death("Cause of Death"), is_about_death("\N{DAGGER}"), is_about_death("Deadline")
    (True, True, False)
    """
    known = names_by_column("sessions", ("died_on", "deceased", "vital_status"))
    told = _no_death().sub("", folded(name))
    is_word = told == folded(name) and speaks_of_death(name)
    return told in known or is_about("death", told) or is_word


def is_about(subject: str, name: str) -> bool:
    """Return whether the name of a column has a part that is about a subject.

    >>> is_about("birth", "PAT_BIRTH_DATE"), is_about("birth", "Date")
    (True, False)
    >>> is_about("pause", "On hold?"), is_about("pause", "Discharge date")
    (True, False)
    """
    known = f"|{folded(name)}|"
    return any(stem in known for stem in _stems(subject))


@cache
def _stems(subject: str) -> list[str]:
    return [*map(plain, _tables()["other"]["stems"][subject])]


@cache
def _no_death() -> re.Pattern[str]:
    return re.compile("|".join(_tables()["other"]["no_death"]))


@cache
def _death_words() -> re.Pattern[str]:
    words, marks = (_tables()["other"][name] for name in ("death_words", "death_marks"))
    return re.compile(rf"\b({'|'.join(words)})\b|{'|'.join(marks)}")


def speaks_of_death(text: str) -> bool:
    """Return whether a name or a reason may say that a patient has died.

    >>> speaks_of_death("DOE JANE (DECEASED)"), speaks_of_death("Diedrich, Jane")
    (True, False)
    """
    return _death_words().search(plain(text)) is not None


def speaking_of_death(texts: Collection[str]) -> set[str]:
    """Return those of several texts; one look at all takes a tenth of the time of one at each.

    >>> speaking_of_death(["Diedrich, Jane", "DOE JANE (DECEASED)"])
    {'DOE JANE (DECEASED)'}
    """
    return {*filter(speaks_of_death, texts)} if speaks_of_death("\n".join(texts)) else set()


def is_word_of_death(text: str) -> bool:
    """Return whether a text is a word of death and nothing else.

    >>> is_word_of_death("Deceased"), is_word_of_death("mother deceased")
    (True, False)
    """
    return _death_words().fullmatch(plain(text).strip()) is not None


def parts_of(remark: str) -> list[str]:
    """Return a remark, and what it has between marks and numbers.

    >>> parts_of("Pregnant - hold"), parts_of("Pt died in March 2026")
    (['Pregnant - hold', 'pregnant', 'hold'], ['Pt died in March 2026', 'died'])
    """
    lowered = remark[:LONGEST_NAME].lower()
    parts = filter(None, map(str.strip, _BETWEEN.split(lowered)))
    found = (_AROUND_A_WORD.sub("", part) for part in parts)
    return [remark, *(part for part in found if part != lowered)]


def runs_of(title: str) -> list[str]:
    """Return the words of a title, and what up to four of them in a row say.

    >>> runs_of("Patients on hold")
    ['Patients', 'Patients on', 'Patients on hold', 'on', 'on hold', 'hold']
    """
    words = title[:LONGEST_NAME].split()
    places = range(len(words))
    return [
        " ".join(words[at:end]) for at in places for end in range(at + 1, at + 5)[: len(words) - at]
    ]


_BETWEEN = re.compile(r"\s-+\s|[^\w\s'\u2019-]+|[\d_]+")
_AROUND_A_WORD = re.compile(
    r"^(the )?(patient|pt)( has| is| was)? "
    r"|( today)?( (on|in|since|to|until|till|from|for|am|im|seit|bis|le|en))?"
    r"( (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|m\u00e4rz|mai|okt|dez)[^\W\d_]*)?$"
)


@cache
def _values(name: str) -> dict[str, str]:
    words = _tables()["words"][name]
    return {folded(word): value for value, names in words.items() for word in names}


def find_value(name: str, text: str) -> str | None:
    """Return the value that a word stands for, or None.

    >>> find_value("status", "No-Show"), find_value("status", "maybe")
    ('no_show', None)
    """
    return find_values(text, name).pop()


def value_said(name: str, cell: str) -> str | None:
    """Return the value that a cell states; a question mark leaves it open.

    >>> value_said("status", "Completed"), value_said("status", "Completed?")
    ('completed', None)
    """
    return None if "?" in cell or "\uff1f" in cell else find_value(name, cell)


AGAINST = frozenset({"cancelled", "no_show", "entered_in_error"})
"""The statuses of a visit at which nothing was given."""


def is_denial(text: str) -> bool:
    """Return whether a text, or a part of it, says or ends in words that nothing was given yet.

    >>> is_denial("Botox - DNA"), is_denial("Botox planned"), is_denial("Botox as planned")
    (True, True, False)
    """
    parts = [part.split() for part in parts_of(text)]
    ends = [" ".join(words[place:]) for words in parts for place in range(len(words))]
    is_against = any(find_value("status", end) in AGAINST for end in ends)
    ahead = {find_value("ahead", end) for end in ends}
    is_ahead = "yes" in ahead and "no" not in ahead
    return is_against or is_ahead or any(find_value("talk", " ".join(words)) for words in parts)


def find_values(text: str, *names: str) -> set[str | None]:
    """Return what a word stands for in several lists, None where it is in one of them no word."""
    told = folded(text) if len(text) <= _LONGEST_WORD else "…"
    return {_values(name).get(told) for name in names}


_LONGEST_WORD = 60


def examples(name: str) -> str:
    """Return the values that a message names.

    >>> examples("kind")
    'full, touch up'
    """
    return ", ".join(value.replace("_", " ") for value in _tables()["words"][name])


def names_by_column(table: str, columns: Iterable[str]) -> dict[str, str]:
    """Return the column that each folded name stands for, as far as the table has it."""
    known = column_names(table)
    return {folded(name): column for column in columns for name in (column, *known[column])}
