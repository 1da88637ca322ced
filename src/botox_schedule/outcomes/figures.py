"""Exact numbers, and the bundled tables of rules and definitions."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

from botox_schedule.errors import CountError
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.values import is_whole

LONGEST_MONTH = 31
WEEK = 7
_V = TypeVar("_V")
_LONGEST_NUMBER = 40
_MOST = 10**_LONGEST_NUMBER
_HUGE = re.compile(r"[eE][+-]?[0-9]{3}")
_EXPECTED = "give a number, or text such as '14', '11.97' or '30/100'"


def outcome_tables() -> Mapping[str, Any]:
    """Return the tables of the bundled outcome data."""
    return bundled_tables("outcomes.toml")


def month_days() -> int:
    """Return the length in days of a diary month."""
    return int(outcome_tables()["diary"]["month_days"])


def _exact(value: Any) -> Fraction:
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) < _MOST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction | str):
        raise ValueError(f"{_EXPECTED}{_hint(value)}")  # noqa: TRY004 - pydantic turns only this into its error
    if len(text := str(value)) > _LONGEST_NUMBER or _HUGE.search(text):
        raise ValueError(_EXPECTED)
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(_EXPECTED) from None


def _hint(value: object) -> str:
    """How to make a number of one of NumPy's, which otherwise looks like what is wanted."""
    is_numpy = hasattr(value, "__index__") and not isinstance(value, int)
    return "; int() makes one of NumPy's" if is_numpy else ""


def _not_negative(value: Fraction) -> Fraction:
    if value < 0:
        raise ValueError("give a number that is not negative")
    return value


def _positive(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError("give a number above 0")
    return value


Exact = Annotated[
    Fraction,
    PlainValidator(_exact),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["14", "3/10"]}),
]
"""An exact fraction; a decimal such as 18.95 is taken as written."""

ExactDays = Annotated[Exact, AfterValidator(_not_negative)]
"""A number of days, at least 0."""

ExactWeight = Annotated[Exact, AfterValidator(_positive)]
"""A weight above 0."""

Number = Fraction | Decimal | float | int | str
"""A number of days as a function argument; it is never rounded."""


def days_within(value: Number, name: str, most: int) -> Fraction:
    """Return an exact number of days from 0 to *most*, both included.

    Raises:
        CountError: For anything else, NaN and True included.
    """
    try:
        days = _not_negative(_exact(value))
    except ValueError as error:
        raise CountError(f"{name}: {error}") from None
    if days > most:
        raise CountError(f"{name}: give at most {most} days")
    return days


def before_unknown(values: Iterable[_V | None]) -> list[_V]:
    """Return the values before the first unknown one."""
    known = []
    for value in values:
        if value is None:
            break
        known.append(value)
    return known


def whole(value: int, name: str, least: int = 0) -> int:
    """Return a whole number that is at least *least*.

    Raises:
        CountError: For anything else, True included.
    """
    if not is_whole(value, least):
        hint = _hint(value)
        raise CountError(f"{name}: give a whole number that is not below {least}{hint}")
    return value
