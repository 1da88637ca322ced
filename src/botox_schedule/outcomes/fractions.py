"""Exact numbers: a share meets a threshold or it does not, and nothing is rounded before."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

_EXPECTED = "give a number, or text such as '14', '11.97' or '30/100'"


def _exact(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError(_EXPECTED)  # noqa: TRY004 - pydantic turns only this into its error
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(_EXPECTED) from None


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
"""A fraction; a decimal such as 18.95 is taken as it is written."""

ExactDays = Annotated[Exact, AfterValidator(_not_negative)]
"""A number of days, not negative."""

ExactWeight = Annotated[Exact, AfterValidator(_positive)]
"""A weight above 0."""
