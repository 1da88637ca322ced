"""Exact numbers: a share meets a threshold or it does not, and nothing is rounded before."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

__all__ = ["Exact"]

_EXPECTED = "give a number, or text such as '14', '11.97' or '30/100'"


def _exact(value: Any) -> Any:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError(_EXPECTED)  # noqa: TRY004 - pydantic turns only this into its error
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(_EXPECTED) from None


Exact = Annotated[
    Fraction,
    BeforeValidator(_exact),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["14", "3/10"]}),
]
"""A fraction; a decimal such as 18.95 is taken as it is written."""
