"""Calendar arithmetic on numbers of days, the same on every engine.

A day is its proleptic ordinal (1 is 0001-01-01). A month is counted from March of the year 0,
so that the leap day is the last of a year. No engine's own month arithmetic is used: engines
differ in types and in what becomes of 31 January, and whole numbers do not.
"""

from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import Interval
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.months import MARCH_SHIFT, first_of_month, whole

_DAYS_IN_CYCLE = 146_097


class Amount(NamedTuple):
    """An interval: months, then days; each a number, or the name of a column of numbers."""

    months: int | str
    days: int | str


NOTHING = Amount(0, 0)


def amount_of(interval: Interval, times: int = 1) -> Amount:
    """Return an interval as months and days."""
    return Amount(interval.months * times, (7 * interval.weeks + interval.days) * times)


def value(amount: int | str) -> Any:
    """Return a number, or the column that holds it."""
    return nw.col(amount) if isinstance(amount, str) else amount


def add_amount(
    sheet: Sheet, out: str, base: str, amount: Amount, *, first_of_next: bool | str = False
) -> Sheet:
    """Add a column: the day that lies *amount* after the day in *base*.

    Args:
        sheet: Where the columns are.
        out: The column to add.
        base: The column of days to count from.
        amount: Months are applied first, then days.
        first_of_next: What becomes of a day that the target month does not have: False makes it
            the month's last, True the first of the next; or the name of a column that says.
    """
    if amount.months == 0:
        return sheet.put(**{out: nw.col(base) + value(amount.days)})
    _split(sheet, base)
    month = nw.col(f"_{base}_t") + value(amount.months)
    sheet.put(_y=whole(month, 12), _z=whole(month + 1, 12))
    sheet.put(
        _f=first_of_month(month, nw.col("_y")) + nw.col(f"_{base}_d") - 1,
        _n=first_of_month(month + 1, nw.col("_z")),
    )
    short = nw.col("_f") >= nw.col("_n")
    moved: Any = nw.col("_n") - 1
    if first_of_next is True:
        moved = nw.col("_n")
    elif isinstance(first_of_next, str):
        moved = nw.col("_n") - 1 + nw.col(first_of_next)
    target = nw.when(short).then(moved).otherwise(nw.col("_f"))
    return sheet.put(**{out: target + value(amount.days)})


def put_year(sheet: Sheet, out: str, base: str) -> None:
    """Add a column: the year of the day in *base*."""
    _split(sheet, base)
    sheet.put(**{out: whole(nw.col(f"_{base}_t") + 2, 12)})


def _split(sheet: Sheet, base: str) -> None:
    """Take a day apart into its month and the day of that month, once."""
    if sheet.has(f"_{base}_t"):
        return
    day = nw.col("_e")
    since = nw.col(base) + MARCH_SHIFT
    sheet.put(_c=whole(since, _DAYS_IN_CYCLE))
    sheet.put(_e=since - nw.col("_c") * _DAYS_IN_CYCLE)
    sheet.put(_y=whole(day - whole(day, 1460) + whole(day, 36_524) - whole(day, 146_096), 365))
    year = nw.col("_y")
    sheet.put(_r=day - (year * 365 + whole(year, 4) - whole(year, 100)))
    sheet.put(_m=whole(nw.col("_r") * 5 + 2, 153))
    sheet.put(
        **{
            f"_{base}_t": (year + nw.col("_c") * 400) * 12 + nw.col("_m"),
            f"_{base}_d": nw.col("_r") - whole(nw.col("_m") * 153 + 2, 5) + 1,
        }
    )
