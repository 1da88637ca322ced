"""Units over a rolling window, for every patient at once."""

from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import Interval, SchedulingPolicy, ShortMonth
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.errors import IntervalError
from botox_schedule.panel.amounts import add_amount, amount_of
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import usable
from botox_schedule.panel.dispatch import answered
from botox_schedule.panel.frames import Frame, Source
from botox_schedule.panel.protocols import by_number
from botox_schedule.panel.reading import COMPLETED, PRODUCTS, Policies, read_sessions
from botox_schedule.panel.tables import Tables, before_death, deaths, read_table


def exposure(
    sessions: Any,
    *,
    window: Interval | str,
    on: DayInput,
    as_of: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
    care_ends: Any = None,
) -> Any:
    """Return the units of each product that count on a day, over all indications.

    A dose counts until, and not on, the day its date plus the window. Products are never added.
    A patient has a row for each product given in the window; the row without a product says that
    one was not known, which leaves every total of that patient open.

    Args:
        sessions: A frame as for ``forecast``; any indication counts.
        window: Such as ``12 weeks``.
        on: The day on which the doses count; a dose of that day counts.
        as_of: The day up to which records are known; None means *on*.
        policy: Only its ``short_month`` matters here.
        care_ends: A frame as for ``forecast``: sessions after a death are not used.

    Returns:
        A frame of the same kind with ``patient``, ``product``, ``units`` (a lower bound where
        ``indeterminate``), ``units_if_one`` (if sessions of one day with equal units are one),
        ``indeterminate``.

    Raises:
        IntervalError: When the window is not longer than nothing.
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"], "administered_on": ["2026-01-05"], "units": [155],
    ...     "indication": ["chronic-migraine"], "product": ["Botox"],
    ... })
    >>> exposure(sessions, window="12 weeks", on="2026-03-29").select("units").rows()
    [(155.0,)]
    >>> exposure(sessions, window="12 weeks", on="2026-03-30").height
    0
    """
    day = as_day(on, "on").toordinal()
    until = day if as_of is None else as_day(as_of, "as_of").toordinal()
    length = window if isinstance(window, Interval) else Interval.parse(window)
    if length.day_bounds[0] <= 0:
        raise IntervalError("a window must be longer than nothing; give for example '12 weeks'")
    chosen = policy or SchedulingPolicy()

    def compute(native: Any, tables: Tables) -> Source:
        policies = Policies.given(chosen, None)
        reading = read_sessions(native, (), policies, keep=("indication",))
        kept = usable(reading)
        if tables.care_ends is not None:
            ends = read_table(tables.care_ends, "care_ends", reading)
            kept = before_death(kept, deaths(ends, until))
        counted = (nw.col("status") == COMPLETED) & (nw.col("day") <= min(day, until))
        sheet = Sheet(reading.engine, kept.filter(counted), ("patient",))
        later = chosen.short_month is ShortMonth.FIRST_OF_NEXT
        add_amount(sheet, "ends", "day", amount_of(length), first_of_next=later)
        inside = reading.engine.settled(sheet.frame.filter(nw.col("ends") > day))
        return Source(_totals(inside), reading.engine)

    return answered(sessions, Tables(care_ends=care_ends), compute)


def _totals(inside: Frame) -> Frame:
    key = ("patient", "product_number")
    unknown = (nw.col("milli") < 0) | (nw.col("product_number") == len(PRODUCTS))
    known = nw.when(unknown).then(0).otherwise(nw.col("milli"))
    inside = inside.with_columns(_open=unknown.cast(nw.Int64), _known=known)
    once = inside.unique(subset=["patient", "product_number", "day", "indication", "_known"])
    ones = once.group_by(*key).agg(nw.col("_known").sum().alias("_one"))
    totals = inside.group_by(*key).agg(nw.col("_known").sum(), nw.col("_open").max())
    totals = totals.join(ones, on=list(key), how="left")
    nameless = nw.col("product_number") == len(PRODUCTS)
    totals = totals.with_columns(_nameless=nameless.cast(nw.Int64))
    anyone = nw.col("_nameless").max().over("patient")
    return totals.with_columns(_any=anyone).select(
        "patient",
        product=by_number("product_number", [*PRODUCTS, None]),
        units=nw.col("_known") / 1000,
        units_if_one=nw.col("_one") / 1000,
        indeterminate=(nw.col("_open") > 0) | (nw.col("_any") > 0),
    )
