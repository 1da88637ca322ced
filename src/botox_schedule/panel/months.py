"""Months as whole numbers, counted from March of the year 0: the leap day ends a year."""

import narwhals.stable.v2 as nw

MARCH_SHIFT = 305


def whole(value: nw.Expr, by: int | nw.Expr) -> nw.Expr:
    """Return *value* divided by *by*, rounded down: ``//`` means other things elsewhere."""
    return (value / by).floor().cast(nw.Int64)


def month_number(year: nw.Expr, month: nw.Expr) -> nw.Expr:
    """Return the months since March of the year 0."""
    return year * 12 + month - 3


def first_of_month(month: nw.Expr, year: nw.Expr) -> nw.Expr:
    """Return the ordinal of a month's first day.

    Args:
        month: Months since March of the year 0.
        year: ``month`` divided by 12, rounded down.
    """
    before = whole((month - year * 12) * 153 + 2, 5)
    leap_days = whole(year, 4) - whole(year, 100) + whole(year, 400)
    return year * 365 + leap_days + before - MARCH_SHIFT
