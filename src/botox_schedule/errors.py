"""Every exception that the library raises on purpose."""


class BotoxScheduleError(Exception):
    """The base of all errors of this library."""


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
    """Two days were given in an order that cannot be."""


class UnknownProtocolError(BotoxScheduleError, LookupError):
    """No protocol matches what was asked for."""


class UnknownCodeSystemError(BotoxScheduleError, LookupError):
    """No coding system is known by that name or address; the message names the nearest ones."""


class UnitsError(BotoxScheduleError, ValueError):
    """Units that no session can have were given: not a number, not finite, or not above 0."""


class CountError(BotoxScheduleError, ValueError):
    """A number of sessions or days lies outside what a question takes."""


class ProtocolFileError(BotoxScheduleError, ValueError):
    """A protocol file cannot be read; the message names file, table, key and what was expected."""


class ExchangeError(BotoxScheduleError, ValueError):
    """A file of another system cannot be read or written; the message says where and why."""


class FileLimitError(BotoxScheduleError, ValueError):
    """A file is larger, longer in a line, or wider than a reader takes."""


class PlanningError(BotoxScheduleError, ValueError):
    """Nothing can be planned from the input: no open day, no second track, no vial size."""


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
        super().__init__(f"{code}: {message}")
        self.code = code


class FindingsError(BotoxScheduleError, ExceptionGroup[FindingError]):
    """All findings of a forecast, raised together in strict mode."""


class HandoutError(BotoxScheduleError, ValueError):
    """No page can be made for a patient, or its words are not whole; the message says why."""


class PanelError(BotoxScheduleError, ValueError):
    """A frame or a column is not what is expected; the message names both and what to give."""
