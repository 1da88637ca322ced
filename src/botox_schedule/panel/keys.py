"""The order of a track's sessions, as one whole number from which they can be read again.

Sessions are ordered as the record functions order them: by day, units (not known ones first),
kind, indication and product.
"""

import narwhals.stable.v2 as nw

from botox_schedule.panel.months import whole
from botox_schedule.panel.protocols import MOST_INDICATIONS
from botox_schedule.panel.reading import KINDS, dose_order, product_order

_DOSES = 2_100_000_000
_PRODUCTS = 16
_STEP = _PRODUCTS * MOST_INDICATIONS
"""A power of two, by which whole numbers of 62 bits are divided without a rest."""
assert KINDS <= _PRODUCTS  # noqa: S101 - one number holds them


def key_of(place: nw.Expr) -> nw.Expr:
    """Return the key of a session by its columns and the place of its indication in the clock."""
    return dose_on(nw.col("day").cast(nw.Int64)) * _STEP + place * _PRODUCTS + product_order()


def dose_on(day: nw.Expr) -> nw.Expr:
    """Return what orders sessions by a number of days, then by units and kind."""
    return day * _DOSES + dose_order()


def day_of(key: str) -> nw.Expr:
    """Return the day of a key."""
    return whole(_dose_of(key), _DOSES)


def milli_of(key: str) -> nw.Expr:
    """Return the units of a key in thousandths, -1000 where they are not known."""
    return whole(_dose_of(key) % _DOSES, 2) - 1000


def touch_of(key: str) -> nw.Expr:
    """Return 1 for the key of a touch-up, else 0."""
    return _dose_of(key) % 2


def place_of(key: str) -> nw.Expr:
    """Return the place of a key's indication in its clock."""
    return whole(nw.col(key) % _STEP, _PRODUCTS)


def product_of(key: str) -> nw.Expr:
    """Return the number of a key's product."""
    return (nw.col(key) % _PRODUCTS + KINDS - 1) % KINDS


def _dose_of(key: str) -> nw.Expr:
    return whole(nw.col(key) - nw.col(key) % _STEP, _STEP)
