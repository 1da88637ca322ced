"""Units over a rolling window, for every patient at once."""

from datetime import date
from typing import Any

import polars as pl

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.dates.intervals import IntervalInput, positive_interval
from botox_schedule.engine.limits import given_doses, in_window, undated_doses
from botox_schedule.panel.asking import PRODUCTS, Asking, session_of
from botox_schedule.panel.columns import mapped
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, RulesAndCare, ask
from botox_schedule.panel.happened import COMPLETED
from botox_schedule.panel.standings import Population, population_of
from botox_schedule.policy import SchedulingPolicy, policy_or_default

_DOSE = ("patient", "day", "product", "units")


def exposure(
    sessions: Frame,
    *,
    window: IntervalInput,
    on: DayInput,
    as_of: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
    care_ends: Any = None,
    prior_treatments: Any = None,
) -> Frame:
    """Return the units of each product that count on a day, over all indications.

    A dose counts on its day and until, but not on, that day plus the window. Products are never
    added. A patient has a row for each product given in the window; the row without a product says
    that one was unknown, which leaves every total of that patient open.

    Args:
        sessions: A frame as for ``forecast``; any indication counts.
        window: Such as ``12 weeks``.
        on: The day on which the doses count; a dose of that day counts.
        as_of: The day up to which records are known; None means *on*.
        policy: Only its ``short_month`` matters here.
        care_ends: A frame as for ``forecast``: sessions after a death are not used.
        prior_treatments: A frame as for ``forecast``: the last session of a course elsewhere
            counts with unknown units.

    Returns:
        A frame of the same kind, in no order, with ``patient``, ``product``, ``units`` (a lower
        bound where ``indeterminate``), ``units_if_one`` (if sessions on one day with equal
        units are one), ``indeterminate``. A row that could not be read may be a dose, of unknown
        units, unless its status says otherwise, or its day that it is outside the window.

    Raises:
        DayError: When a day is not a calendar day.
        IntervalError: When the window is not an interval, or not longer than 0 days.
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
    day = as_day(on, "on")
    known_until = day if as_of is None else as_day(as_of, "as_of")
    length = positive_interval(window, "a window")
    short_month = policy_or_default(policy).short_month

    def counts(given_on: date) -> bool:
        return bool(in_window([session_of(given_on, "any", 0)], length, day, short_month))

    def answer(frames: Frames, asking: Asking) -> pl.DataFrame:
        given = _given(population_of(frames, asking), day)
        return _totals(given.filter(mapped(given["day"], counts, pl.Boolean)))

    given: RulesAndCare = {"care_ends": care_ends, "prior_treatments": prior_treatments}
    given["policy"] = policy
    return ask(sessions, None, known_until, answer, **given)


def _given(population: Population, on: date) -> pl.DataFrame:
    """All doses that were given, or may have been, whatever the indication."""
    rows = []
    for patient, reading in population.records.readings(population.asking):
        given = [(session.administered_on, session) for session in given_doses(reading)]
        undated = [(on, session) for session in undated_doses(reading)]  # any window may hold it
        for day, session in (*given, *undated):
            units = None if session.units is None else float(session.units)
            rows.append((patient, day, PRODUCTS.index(session.product), units))
    what = population.happened
    plain, unread = what.done.select(_DOSE), what.unread.rows.drop_nulls("patient")
    unread = unread.filter(pl.col("status").fill_null(COMPLETED) == COMPLETED)
    doubtful = unread.select("patient", pl.col("day").fill_null(on), "product", units=None)
    apart = pl.DataFrame(rows, schema=plain.schema, orient="row")
    return pl.concat([plain, apart, doubtful.cast(plain.schema)])


def _totals(given: pl.DataFrame) -> pl.DataFrame:
    key, unknown = ["patient", "product"], pl.col("units").is_null() | (pl.col("product") == 0)
    given = given.with_columns(open=unknown, known=pl.when(~unknown).then("units").otherwise(0.0))
    total = pl.col("known").sum()
    ones = given.unique([*key, "day", "known"]).group_by(key).agg(units_if_one=total)
    totals = given.group_by(key).agg(units=total, open=pl.col("open").any())
    return totals.join(ones, on=key).select(
        "patient",
        pl.col("product").replace_strict(range(len(PRODUCTS)), PRODUCTS, return_dtype=pl.String),
        "units",
        "units_if_one",
        indeterminate=pl.col("open") | (pl.col("product") == 0).any().over("patient"),
    )
