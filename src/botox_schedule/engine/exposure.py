"""Units of one product over a rolling window."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, Field

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.dates.intervals import Interval
from botox_schedule.errors import IntervalError, UnknownProtocolError
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.products import ProductName
from botox_schedule.records.history import read_history
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import Product, ShortMonth, find_product

__all__ = ["Exposure", "Total", "add_up", "exposure", "inside"]

_ZERO = Decimal(0)


class Exposure(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """What a patient got of one product in a window that ends on a day.

    Attributes:
        product: The product; products are never added or converted.
        on: The last day of the window, included.
        window: A dose counts until, and not on, the day this long after it.
        units: The known units: a lower bound where *indeterminate*.
        units_if_one: The same, if sessions of one day with equal units are one.
        indeterminate: Whether units or products in the window are not known.
        session_ids: The sessions inside the window, as far as they have an id.
    """

    product: ProductName
    on: Day
    window: Interval
    units: Decimal
    units_if_one: Decimal
    indeterminate: bool
    session_ids: tuple[str, ...] = Field(repr=False)


class Total(NamedTuple):
    """The units of one product inside a window."""

    units: Decimal
    units_if_one: Decimal
    indeterminate: bool
    sessions: list[TreatmentSession]


def exposure(
    record: PatientRecord,
    *,
    product: str | Product,
    window: Interval | str,
    on: DayInput,
    as_of: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
) -> Exposure:
    """Return the units of a product that count on a day, over all indications.

    The window is half-open: a dose counts until, and not on, the day its date plus the window.

    Args:
        record: What happened.
        product: A nonproprietary name or a brand name.
        window: Such as ``12 weeks``.
        on: The day on which the doses count; a dose of that day counts.
        as_of: The day up to which records are known; None means *on*.
        policy: Only its ``short_month`` matters here.

    Raises:
        IntervalError: When the window is not longer than nothing.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine",
    ...     "product": "Botox", "units": 155,
    ... }])
    >>> [exposure(record, product="Botox", window="12 weeks", on=day).units
    ...  for day in ("2026-03-29", "2026-03-30")]
    [Decimal('155'), Decimal('0')]
    """
    day = as_day(on, "on")
    known_until = day if as_of is None else as_day(as_of, "as_of")
    wanted = find_product(str(product))
    if wanted is None:
        raise UnknownProtocolError("no product is called so; give a nonproprietary or brand name")
    length = window if isinstance(window, Interval) else Interval.parse(window)
    if length.day_bounds[0] <= 0:
        raise IntervalError("a window must be longer than nothing; give for example '12 weeks'")
    completed = read_history(record, known_until).completed
    short_month = policy_or_default(policy).short_month
    total = add_up(inside(completed, length, day, short_month), wanted)
    return Exposure(
        product=wanted,
        on=day,
        window=length,
        units=total.units,
        units_if_one=total.units_if_one,
        indeterminate=total.indeterminate,
        session_ids=tuple(s.id for s in total.sessions if s.id is not None),
    )


def inside(
    sessions: Iterable[TreatmentSession], window: Interval, day: date, short_month: ShortMonth
) -> list[TreatmentSession]:
    """Return the sessions whose doses count on *day*.

    The calendar is asked only near the window's end: elsewhere the number of days decides.
    """
    shortest, longest = window.day_bounds
    today = day.toordinal()
    found = []
    for session in sessions:
        age = today - session.administered_on.toordinal()
        if 0 <= age < longest and (
            age < shortest or day < window.after(session.administered_on, short_month=short_month)
        ):
            found.append(session)
    return found


def add_up(sessions: Iterable[TreatmentSession], product: Product) -> Total:
    """Return the units of *product*; a session of an unknown product may hold some of it."""
    concerned = [s for s in sessions if s.product is product or s.product is None]
    units = if_one = _ZERO
    indeterminate = False
    seen: set[tuple[date, str, Decimal]] = set()
    for session in concerned:
        if session.product is None or session.units is None:
            indeterminate = True
            continue
        units += session.units
        key = (session.administered_on, session.indication, session.units)
        if key not in seen:
            if_one += session.units
            seen.add(key)
    return Total(units, if_one, indeterminate, concerned)
