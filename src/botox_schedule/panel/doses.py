"""Patients whose units come near a limit: the record engine adds up what counts on a day."""

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from botox_schedule.dates.days import shifted
from botox_schedule.panel.asking import PRODUCTS, Asking
from botox_schedule.protocols.model import DoseLimit
from botox_schedule.terms import LimitPer


class _Most(NamedTuple):
    """A limit as far as it can be compared with the units of many patients.

    Attributes:
        product: The product by number.
        indications: The indications that add up, by number.
        days: For how long a dose counts at most.
        units: The maximum in units.
        per_kilogram: The maximum for each kilogram.
    """

    product: int
    indications: tuple[int, ...]
    days: int
    units: float | None
    per_kilogram: float | None


def near_a_limit(
    rows: pl.DataFrame, names: tuple[str, ...], asking: Asking, weights: pl.DataFrame
) -> pl.DataFrame:
    """Return the patients whose units given could exceed a limit on the day or later.

    More patients than those that exceed one: whoever comes within a unit of a maximum, on the
    first day that can be in question, by the lowest weight on record.

    Args:
        rows: The completed sessions.
        names: The indications by number.
        asking: What the answer rests on.
        weights: The body weights.
    """
    kilograms = weights.group_by("patient").agg(pl.col("kilograms").cast(pl.Float64).min())
    near = [_near(rows, most, asking, kilograms) for most in set(_limits(names, asking))]
    return pl.concat([rows.select("patient").clear(), *near])


def _limits(names: tuple[str, ...], asking: Asking) -> Iterator[_Most]:
    for protocol in asking.known:
        for limit in protocol.limits:
            asked = protocol.indication
            counted = [n for n, name in enumerate(names) if limit.counts(name, asked=asked)]
            units, by_weight = limit.units, limit.units_per_kilogram
            yield _Most(
                PRODUCTS.index(protocol.product),
                tuple(counted),
                _days(limit, asking),
                None if units is None else float(units),
                None if by_weight is None else float(by_weight),
            )


def _days(limit: DoseLimit, asking: Asking) -> int:
    """The longest time for which a dose counts; one session can go on for a few days."""
    if limit.per is LimitPer.WINDOW:
        return max(window.window.day_bounds[1] for window in limit.windows)
    return 1 + max(policy.group_within_days for policy in asking.policies.each)


def _near(rows: pl.DataFrame, most: _Most, asking: Asking, kilograms: pl.DataFrame) -> pl.DataFrame:
    counts = pl.col("day") > shifted(asking.as_of, -most.days)
    counts &= (pl.col("product") == most.product) & pl.col("indication").is_in(most.indications)
    total = rows.filter(counts).group_by("patient").agg(pl.col("units").sum())
    maximum = pl.lit(most.units, pl.Float64)
    if most.per_kilogram is not None:
        total = total.join(kilograms, on="patient", how="left")
        maximum = pl.min_horizontal(maximum, most.per_kilogram * pl.col("kilograms"))
    return total.filter(pl.col("units") > maximum - 1).select("patient")
