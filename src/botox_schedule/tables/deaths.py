"""What a cell says about a death: its day, or whether there was one."""

import re
from datetime import date
from enum import Enum, auto

from botox_schedule import CareEndKind
from botox_schedule.tables.cells import TOO_EARLY, CellReader, Parsed
from botox_schedule.tables.lines import Cell, text_of
from botox_schedule.tables.words import find_value


class Death(Enum):
    """What a cell says about a death, without the day."""

    DAY_UNKNOWN = auto()
    DOUBTFUL = auto()


def day_of_death(reader: CellReader, cell: Cell) -> Parsed:
    """The day of a death, or whether there was one.

    A patient with an unreadable day counts as deceased: nobody must call the dead.
    """
    text = text_of(cell)
    word = find_value("deceased", text)
    if word in {"yes", "no"} or not re.search("[^0/. :-]", text):
        return Parsed(Death.DAY_UNKNOWN if word == "yes" else None)
    day = reader.day(cell)
    if day.note == TOO_EARLY or getattr(day.value, "year", 0) == date.max.year:
        return Parsed(None, "a placeholder for a missing day", is_readable=False)
    if isinstance(day.value, date):
        return day
    if not re.search("[1-9]", text):
        return Parsed(None, "expected a day, yes or no", is_readable=False)
    note = f"{day.note}; the patient counts as deceased, the day unknown"
    return Parsed(Death.DAY_UNKNOWN, note)


def deceased(reader: CellReader, cell: Cell) -> Parsed:
    """The same for a column in which most systems write ``unknown`` for the living."""
    is_unsure = find_value("deceased", text_of(cell)) == "unsure"
    return Parsed(None) if is_unsure else day_of_death(reader, cell)


def patient_status(cell: Cell) -> Parsed:
    """Whether a column with a patient's status, such as ``active``, says deceased."""
    is_death = find_value("care_end", text_of(cell)) == CareEndKind.DECEASED
    return Parsed(Death.DAY_UNKNOWN if is_death else None)
