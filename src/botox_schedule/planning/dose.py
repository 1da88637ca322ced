"""The units that a caller names for a planned session."""

from decimal import Decimal
from typing import NamedTuple

from botox_schedule.engine.limits import planned_units
from botox_schedule.errors import UnitsError


class PlannedDose(NamedTuple):
    """Units of a planned session, as far as the caller names them.

    Attributes:
        units: Units to be given; None where unknown.
        discarded: Units of opened vials that will be left; None where unknown.
    """

    units: Decimal | None = None
    discarded: Decimal | None = None


def planned_dose(
    units: Decimal | int | None, discarded: Decimal | int | None = None
) -> PlannedDose:
    """Return the dose that a caller names.

    Raises:
        UnitsError: When the units are no number above 0, or what is left none of at least 0.
    """
    left = None if discarded is None else units_or_zero(discarded, "planned discarded units")
    return PlannedDose(planned_units(units), left)


def units_or_zero(units: Decimal | int, what: str) -> Decimal:
    """Return units of which there may be none, as an exact number.

    Raises:
        UnitsError: Unless they are finite, at least 0 and no more than a session can have.
    """
    if (type(units) is int and units == 0) or (isinstance(units, Decimal) and units.is_zero()):
        return Decimal(0)
    try:
        exact = planned_units(units)
    except UnitsError:
        exact = None
    if exact is None:
        raise UnitsError(f"{what} must be a number of at least 0")
    return exact
