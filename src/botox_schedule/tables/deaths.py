"""What a cell says about a death: its day, or whether there was one."""

import re
from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from functools import partial

from botox_schedule.dates.days import LAST_PLACEHOLDER, is_placeholder_day
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.tables.cells import TOO_EARLY, CellReader, Parsed, unreadable
from botox_schedule.tables.lines import Cell, Line, chosen, text_of
from botox_schedule.tables.words import (
    find_value,
    is_about,
    is_about_death,
    is_word_of_death,
    value_said,
)
from botox_schedule.terms import CareEndKind


class Death(Enum):
    """What a cell says about a death, without the day."""

    DAY_UNKNOWN = auto()
    DOUBTFUL = auto()


def death_columns(header: Line) -> list[int]:
    """Return the places of the columns whose names speak of death."""
    return [at for at, cell in enumerate(header.cells) if is_about_death(text_of(cell))]


def day_of_death(reader: CellReader, cell: Cell) -> Parsed:
    """The day of a death, or whether there was one.

    A patient with an unreadable day counts as deceased: nobody must call the dead.
    """
    text = text_of(cell)
    word = value_said("deceased", text)
    if word in {"yes", "no"} or not (
        text == _DAY_ZERO or re.search(r"[^0/. :\-\u2013\u2014]", text)
    ):
        return Parsed(Death.DAY_UNKNOWN if word == "yes" else None)
    day = reader.day(cell)
    if isinstance(day.value, date):
        return _PLACEHOLDER if is_placeholder_day(day.value) else day
    if day.note == TOO_EARLY or _is_placeholder(text):
        return _PLACEHOLDER
    # A number without a year may be a registry's code for anything.
    is_word = re.fullmatch("[^1-9]*|[0-9]{1,3}", text)
    if is_word or _speaks_of("deceased", "no", text):
        return unreadable("expected a day, yes or no")
    note = f"{day.note}; the patient counts as deceased, the day unknown"
    return Parsed(Death.DAY_UNKNOWN, note)


_DAY_ZERO = "00:00:00"
"""How a workbook gives the day 0, which it shows, and writes as text, as 1900-01-00."""
_A_CODE = f"expected a word such as alive or deceased; if 1 is a death, {chosen('deceased')}"
_PLACEHOLDER = unreadable("a placeholder for a missing day")


def _is_placeholder(text: str) -> bool:
    """Whether a day in any format is one that systems write where they have none."""
    years = {int(year) for year in re.findall(r"(?<!\d)\d{4}(?!\d)", text)}
    if text == _DAY_ZERO:
        years = {LAST_PLACEHOLDER.year}
    return bool(years) and not any(LAST_PLACEHOLDER.year < y < date.max.year for y in years)


def _speaks_of(name: str, value: str, text: str) -> bool:
    """Whether one of several words, such as ``alive as of``, is a word for *value*.

    Among others "exp" is the end of an approval.
    """
    words = re.findall(r"[^\W\d_]{2,}", text.casefold())
    return any(word != "exp" and find_value(name, word) == value for word in words)


def deceased(reader: CellReader, cell: Cell) -> Parsed:
    """The same for a column in which most systems write ``unknown`` for the living."""
    is_unsure = find_value("deceased", text_of(cell)) == "unsure"
    return Parsed(None) if is_unsure else day_of_death(reader, cell)


def telling_death(reader: CellReader, header: str) -> Callable[[str], bool]:
    """Return what tells whether a cell of a column that is not read may state a death."""
    if is_about_death(header) and not is_about("expiry", header):
        return partial(_states_death, reader, header)
    return _ends_dead if is_about("disposition", header) else is_word_of_death


def _states_death(reader: CellReader, header: str, text: str) -> bool:
    """Whether it says more than that there was none; under ``Alive`` a no does, and no day."""
    answer, said = value_said("flag", text), deceased(reader, text)
    if is_about("alive", header) and (answer or isinstance(said.value, date)):
        return answer == "no"
    return bool(said.value or said.note)


def _ends_dead(text: str) -> bool:
    """Whether a disposition says it by a word, such as "expired", or by a code of claims."""
    rows = bundled_tables("deaths.toml")["codes"]
    codes = (row["codes"] for row in rows if row["system"] == "NUBC")
    return find_value("care_end", text) == CareEndKind.DECEASED or any(text in c for c in codes)


def vital_status(reader: CellReader, cell: Cell) -> Parsed:
    """The same for a column of registries, where 1 is the code of the living or of the dead."""
    if re.fullmatch("[01]([.,]0)?", text_of(cell)):
        return unreadable(_A_CODE)
    return deceased(reader, cell)


def patient_status(_: CellReader, cell: Cell) -> Parsed:
    """Whether a column with a patient's status, such as ``active``, says deceased.

    A discharge and a pause need their days, so words for them are only told.
    """
    text = text_of(cell)
    said = find_value("care_end", text)
    if value_said("care_end", text) == CareEndKind.DECEASED:
        return Parsed(Death.DAY_UNKNOWN)
    if said == CareEndKind.DISCONTINUED:
        return Parsed(None, "says that care has ended; give the day in a table of care ends")
    if find_value("pause", text) is not None:
        return Parsed(None, "says that treatment is paused; give the days in a table of holds")
    answer = value_said("deceased", text)
    if answer == "no":
        return Parsed(None)
    # T is more often a transfer than a yes; "exp?" may say it.
    is_said = said or (answer == "yes" and find_value("flag", text) is None)
    if is_said or _speaks_of("care_end", CareEndKind.DECEASED, text) or is_about_death(text):
        return unreadable("may say that the patient has died")
    return Parsed(None)
