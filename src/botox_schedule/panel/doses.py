"""Patients whose units come near a limit: the record engine adds up what counts on a day."""

from itertools import compress, count

import polars as pl

from botox_schedule.panel.asking import PRODUCTS, Asking
from botox_schedule.protocols.model import DoseLimit
from botox_schedule.terms import LimitPer


def near_a_limit(
    rows: pl.DataFrame, names: tuple[str, ...], asking: Asking, weights: pl.DataFrame
) -> pl.DataFrame:
    """Return the patients whose units given could exceed a limit on the day or later.

    These are more patients than exceed one: everybody who comes within a unit of a maximum on the
    first possible day, by the lowest weight on record.

    Args:
        rows: The completed sessions.
        names: The indications by number.
        asking: What the answer rests on.
        weights: The body weights.
    """
    kilograms = weights.group_by("patient").agg(pl.col("kilograms").cast(pl.Float64).min())
    # Many protocols repeat a limit; each is looked at once.
    limits = {
        (p.product, limit, tuple(limit.may_count(name, asked=p.indication) for name in names))
        for p in asking.known
        for limit in p.limits
    }
    near = [rows.select("patient").clear()]
    for product, limit, counted in limits:
        counts = (pl.lit(asking.as_of) - pl.col("day")).dt.total_days() < _days(limit, asking)
        counts &= pl.col("indication").is_in([*compress(count(), counted)])
        given = rows.filter(counts & (pl.col("product") == PRODUCTS.index(product)))
        near.append(_near(given, limit, kilograms))
    return pl.concat(near)


def _days(limit: DoseLimit, asking: Asking) -> int:
    """The longest time for which a dose counts; one session can go on for a few days."""
    if limit.per is LimitPer.WINDOW:
        return max(window.window.day_bounds[1] for window in limit.windows)
    return 1 + max(policy.group_within_days for policy in asking.policies.each)


def _near(given: pl.DataFrame, limit: DoseLimit, kilograms: pl.DataFrame) -> pl.DataFrame:
    total = given.group_by("patient").agg(pl.col("units").sum())
    maximum = pl.lit(limit.units, pl.Float64)
    if limit.units_per_kilogram is not None:
        total = total.join(kilograms, on="patient", how="left")
        by_weight = float(limit.units_per_kilogram) * pl.col("kilograms")
        maximum = pl.min_horizontal(maximum, by_weight)
    return total.filter(pl.col("units") > maximum - 1).select("patient")
