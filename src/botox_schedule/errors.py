"""Every exception that the library raises on purpose, and what may be shown of one."""

from collections.abc import Sequence
from typing import Any, Self, TypedDict

from pydantic import ValidationError

UNKNOWN_KEY = "(unknown key)"
"""Shown instead of a key that a model does not have: it may be a typo or a patient's name."""

ABOUT_KEYS = frozenset({"extra_forbidden", "unexpected_keyword_argument", "invalid_key"})


_CONTEXT: Any = vars(BaseException)["__context__"]


class BotoxScheduleError(Exception):
    """The base of all errors of this library.

    An error raised ``from None`` gives no access to the error that caused it, which can hold a
    patient's value.
    """

    @property
    def __context__(self) -> BaseException | None:
        """The error during which this one was raised, if it may be shown."""
        return None if self.__suppress_context__ else _CONTEXT.__get__(self)

    @__context__.setter
    def __context__(self, error: BaseException | None) -> None:
        _CONTEXT.__set__(self, error)


class DayError(BotoxScheduleError, TypeError, ValueError):
    """Something that is not a calendar day was given as one.

    It is a ``TypeError`` and a ``ValueError``, because a datetime has the wrong type and
    ``"5 January"`` the wrong text.
    """


class IntervalError(BotoxScheduleError, ValueError):
    """A text is not an interval, or two intervals do not make a range."""


class CalendarRangeError(BotoxScheduleError, OverflowError, ValueError):
    """A date would fall before year 1 or after year 9999."""


class OrderError(BotoxScheduleError, ValueError):
    """Two days were given in an impossible order."""


class UnknownProtocolError(BotoxScheduleError, LookupError):
    """No protocol matches the names given."""


class UnknownCodeSystemError(BotoxScheduleError, LookupError):
    """No coding system is known by that name or address; the message names the nearest ones."""


class UnknownWordError(BotoxScheduleError, ValueError):
    """A word is not one that an argument takes; the message names those."""


class UnitsError(BotoxScheduleError, ValueError):
    """Units that no session can have: not a number, not finite, not above 0, or too many."""


class CountError(BotoxScheduleError, ValueError):
    """A number of sessions, weeks or days is out of range."""


class ProtocolFileError(BotoxScheduleError, ValueError):
    """A protocol file cannot be read; the message names file, table, key and what was expected."""


class ExchangeError(BotoxScheduleError, ValueError):
    """A file of another system cannot be read or written; the message says where and why."""


class FileLimitError(BotoxScheduleError, ValueError):
    """A file is larger, longer in a line, or wider than a reader takes."""


class PlanningError(BotoxScheduleError, ValueError):
    """Nothing can be planned from the input, such as without an open day or a vial size."""


class UnknownCountryError(BotoxScheduleError, LookupError):
    """No public holidays are known for a country or subdivision."""


class OutputError(BotoxScheduleError, ValueError):
    """A file that is read would be written over, or two outputs are one file."""


class TableError(BotoxScheduleError, ValueError):
    """A table as a whole cannot be read; the message names columns and lines, no cell."""


class FindingError(BotoxScheduleError, ValueError):
    """One finding, raised in strict mode.

    Attributes:
        code: The code of the finding.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code

    def __str__(self) -> str:
        return ": ".join(map(str, self.args))


class FindingsError(BotoxScheduleError, ExceptionGroup[FindingError]):
    """The findings of a forecast that need a person today, raised together in strict mode."""

    def derive(self, excs: Sequence[FindingError]) -> Self:  # type: ignore[override]
        """Return a group of the same kind: ``split`` and ``except*`` keep what it is."""
        return type(self)(self.message, excs)


class HandoutError(BotoxScheduleError, ValueError):
    """No page can be made for a patient, or its texts are incomplete; the message says why."""


class PanelError(BotoxScheduleError, ValueError):
    """A frame or a column is not what is expected; the message names both and what to give."""


class SafeError(TypedDict):
    """One fault that may be shown and logged.

    Attributes:
        loc: Where it is: fields and positions in lists.
        msg: What is wrong, without the input.
    """

    loc: tuple[int | str, ...]
    msg: str


def safe_errors(error: ValidationError) -> tuple[SafeError, ...]:
    """Return what is wrong with an input, without the input and without unknown keys.

    ``error.errors()`` of pydantic can carry the input, for example JSON that is cut short, and a
    web framework may answer with it; this may be shown and logged.

    Args:
        error: What a model of this library raised.

    >>> from botox_schedule import PatientRecord
    >>> try:
    ...     PatientRecord.model_validate({"id": 5, "Jane Doe": "x"})
    ... except ValidationError as error:
    ...     for fault in safe_errors(error):
    ...         print(fault["loc"], fault["msg"])
    ('id',) Input should be a valid string
    ('(unknown key)',) no field has this name; give some of id, sessions, holds, overrides, ...
    """
    return tuple(
        SafeError(loc=safe_place(fault), msg=fault["msg"].removeprefix("Value error, "))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    )


def safe_place(fault: Any) -> tuple[int | str, ...]:
    """Return where a fault is, without the key that the model does not have.

    Args:
        fault: One of ``error.errors()``, of pydantic or of a web framework that repeats them.

    >>> safe_place({"type": "extra_forbidden", "loc": ("body", "Jane Doe")})
    ('body', '(unknown key)')
    """
    place: tuple[int | str, ...] = fault["loc"]
    return (*place[:-1], UNKNOWN_KEY) if fault["type"] in ABOUT_KEYS else place
