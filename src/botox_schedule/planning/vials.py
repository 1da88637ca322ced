"""The vials and billing units for a dose that the caller names."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeVar

from botox_schedule.engine.limits import exact_number, planned_units
from botox_schedule.errors import PlanningError, UnitsError
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.protocols.catalog import cited
from botox_schedule.protocols.indications import find_product, product_named
from botox_schedule.protocols.model import SourceRef, is_unread
from botox_schedule.records.model import MOST_UNITS as MOST_GIVEN
from botox_schedule.terms import Product
from botox_schedule.values import Fact, NumberInput, Value, a_list, of_kind

_ZERO, _ONE = Decimal(0), Decimal(1)
_Fact = TypeVar("_Fact", bound=Fact)
MOST_UNITS = 100_000
"""The largest dose, in units, that vials are counted for."""


class PlannedDose(NamedTuple):
    """Units of a planned session, where the caller names them.

    Attributes:
        units: Units to be given; None where unknown.
        discarded: Units of opened vials that will be discarded; None where unknown.
    """

    units: Decimal | None = None
    discarded: Decimal | None = None


def planned_dose(units: NumberInput | None, discarded: NumberInput | None = None) -> PlannedDose:
    """Return the dose that a caller names.

    Raises:
        UnitsError: When *units* is not a number above 0, or *discarded* not one of at least 0.
    """
    left = None if discarded is None else units_or_zero(discarded, "planned discarded units")
    return PlannedDose(planned_units(units), left)


def units_or_zero(units: NumberInput, what: str) -> Decimal:
    """Return units, which may be 0, as an exact number.

    Raises:
        UnitsError: Unless they are finite, at least 0 and at most what a session may have.
    """
    exact = exact_number(units)
    if not exact.is_finite() or not 0 <= exact <= MOST_GIVEN:
        raise UnitsError(f"{what} must be a number from 0 to {MOST_GIVEN}")
    return exact or _ZERO


class VialSize(Fact, frozen=True):
    """A vial size in which a product is sold.

    Attributes:
        product: The product.
        units: Units of the product in one vial.
        source: Source of the size, and how well it was read.
    """

    product: Product
    units: Decimal
    source: SourceRef


class BillingRule(Fact, frozen=True):
    """How many units of a product make one billing unit of a code.

    Attributes:
        system: The coding system.
        code: The code.
        product: The product.
        units: Units of the product in one billing unit.
        source: Source of that figure.

    >>> rule = billing_rule("Dysport")
    >>> rule.code, rule.units, rule.billing_units(500), rule.product_units(30)
    ('J0586', Decimal('5'), Decimal('100'), Decimal('150'))
    """

    system: str
    code: str
    product: Product
    units: Decimal
    source: SourceRef

    def billing_units(self, units: NumberInput) -> Decimal:
        """Return the billing units for *units* of the product; possibly not a whole number.

        Raises:
            UnitsError: When the units are not a number of at least 0.
        """
        return _plain(units_or_zero(units, "units") / self.units)

    def product_units(self, billing_units: NumberInput) -> Decimal:
        """Return the units of the product in *billing_units*.

        Raises:
            UnitsError: When the billing units are not a number of at least 0.
        """
        return _plain(units_or_zero(billing_units, "billing units") * self.units)


class VialCount(Value, frozen=True):
    """A number of vials of one size.

    Attributes:
        units: Units in one vial.
        count: The number of vials.
    """

    units: Decimal
    count: int


class BillingLine(Value, frozen=True):
    """One line of a claim: billing units of a code, given or discarded.

    Attributes:
        code: The code of the product.
        modifier: ``JW`` for the discarded part, ``JZ`` where nothing is discarded, else None.
        billing_units: The number of billing units, never rounded.
        is_whole: Whether *billing_units* is a whole number; if not, a coder must decide.
    """

    code: str
    modifier: str | None
    billing_units: Decimal
    is_whole: bool


class VialPlan(Value, frozen=True):
    """The vials for a dose.

    Attributes:
        product: The product.
        units: The units to be given.
        vials: The fewest vials that hold them, the largest first.
        opened: The units in those vials.
        discarded: The units left over in those vials.
        billing: The lines of a claim; empty where no code is known for the product, or where a
            pharmacy supplies the vials. The payer decides whether it pays.
        unverified: The vial sizes used that were not read in a source.
        sources: Sources of the vial sizes and the billing unit.
    """

    product: Product
    units: Decimal
    vials: tuple[VialCount, ...]
    opened: Decimal
    discarded: Decimal
    billing: tuple[BillingLine, ...]
    unverified: tuple[str, ...]
    sources: tuple[SourceRef, ...]


def vial_sizes(product: str | Product | None = None) -> tuple[VialSize, ...]:
    """Return the bundled vial sizes, of one product or of all.

    Raises:
        PlanningError: When no product has that name.

    >>> [(int(size.units), str(size.source.verification)) for size in vial_sizes("Botox")]
    [(100, 'secondary'), (200, 'secondary')]
    """
    wanted = None if product is None else product_named(product, PlanningError)
    return tuple(size for size in _bundled_sizes() if wanted in (None, size.product))


@cache
def _bundled_sizes() -> tuple[VialSize, ...]:
    return _facts(VialSize, bundled_tables("vials.toml")["vials"])


@cache
def _billing_rules() -> tuple[BillingRule, ...]:
    codes = bundled_tables("indications.toml")["codes"]
    return _facts(BillingRule, (row for row in codes if "units" in row))


def _facts(kind: type[_Fact], rows: Iterable[Mapping[str, Any]]) -> tuple[_Fact, ...]:
    """The rows of a bundled table, each with its source; what *kind* has no field for is dropped."""
    held = ({name: row[name] for name in kind.model_fields} for row in rows)
    return tuple(kind.model_validate({**row, "source": cited(row["source"])}) for row in held)


def billing_rule(product_or_code: str | Product) -> BillingRule:
    """Return the billing rule of a product, found by its name or by its code.

    Raises:
        PlanningError: When no billing code is known for it.

    >>> str(billing_rule("J0587").product), billing_rule("J0587").units
    ('rimabotulinumtoxinB', Decimal('100'))
    """
    name = str(product_or_code)
    product = find_product(name)
    for rule in _billing_rules():
        if rule.product is product or rule.code == name.strip().upper():
            return rule
    known = ", ".join(rule.code for rule in _billing_rules())
    raise PlanningError(f"no billing code is known for that product; known codes: {known}")


def fewest_vials(
    units: NumberInput,
    product: str | Product,
    *,
    sizes: Iterable[NumberInput] = (),
    pharmacy_supplied: bool = False,
) -> VialPlan:
    """Return the fewest vials that hold a dose, and the units left over in them.

    Of several choices with equally few vials, the one with the least left over is returned.

    Args:
        units: Units of this product to be given; above 0 and at most 100,000.
        product: A nonproprietary name or a brand name.
        sizes: The vial sizes at hand, in units; by default those of the bundled data.
        pharmacy_supplied: Whether a pharmacy supplies the vials; the clinic then bills none.

    Raises:
        PlanningError: When the product or its vial sizes are unknown, or when the units or a
            size are not a number in range: units above 0 and sizes from 1, both at most 100,000.

    >>> plan = fewest_vials(155, "Botox")
    >>> [(int(vial.units), vial.count) for vial in plan.vials], int(plan.discarded)
    ([(200, 1)], 45)
    >>> [(line.code, line.modifier, int(line.billing_units)) for line in plan.billing]
    [('J0585', None, 155), ('J0585', 'JW', 45)]
    """
    wanted = product_named(product, PlanningError)
    needed = _number(units, _ZERO, f"units must be more than 0 and at most {MOST_UNITS:,}")
    a_list(sizes, "sizes: give a list of units, such as [50, 100]")
    of_kind(pharmacy_supplied, bool, "pharmacy_supplied: give True or False")
    own = {_number(size, _ONE, "a vial holds at least 1 unit") for size in sizes}
    known = () if own else vial_sizes(wanted)
    at_hand = sorted(own or {size.units for size in known})
    if not at_hand:
        raise PlanningError(f"no vial sizes are known for {wanted}; name them with sizes")
    vials = _choose(needed, at_hand)
    opened = sum((vial.units * vial.count for vial in vials), _ZERO)
    rule = next((r for r in _billing_rules() if r.product is wanted), None)
    lines = () if rule is None or pharmacy_supplied else _lines(rule, needed, opened - needed)
    used = [size for size in known if any(vial.units == size.units for vial in vials)]
    return VialPlan(
        product=wanted,
        units=needed,
        vials=vials,
        opened=opened,
        discarded=opened - needed,
        billing=lines,
        unverified=tuple(f"vial of {s.units:f} U" for s in used if is_unread(s.source)),
        sources=(*(size.source for size in used), *((rule.source,) if rule and lines else ())),
    )


def _number(units: NumberInput, least: Decimal, fault: str) -> Decimal:
    """A number of units above 0, at least *least* and at most :data:`MOST_UNITS`."""
    exact = exact_number(units)
    if not exact.is_finite() or exact <= 0 or not least <= exact <= MOST_UNITS:
        raise PlanningError(fault)
    return exact


def _choose(needed: Decimal, sizes: list[Decimal]) -> tuple[VialCount, ...]:
    """Take the fewest of the largest vials, then replace some by smaller ones that suffice."""
    largest = sizes[-1]
    whole, rest = divmod(needed, largest)
    count = int(whole) + bool(rest)
    spare = largest * count - needed
    smaller = _smaller(spare, count, [(largest - size, size) for size in sizes[:-1]])
    chosen = Counter([largest] * (count - len(smaller)) + smaller)
    return tuple(VialCount(units=size, count=chosen[size]) for size in sorted(chosen, reverse=True))


def _smaller(spare: Decimal, count: int, savings: list[tuple[Decimal, Decimal]]) -> list[Decimal]:
    """The smaller vials that replace largest ones so that the least is left over.

    It searches all reachable savings breadth-first, so each is reached with the fewest vials.
    """
    reached = {_ZERO: (0, _ZERO, _ZERO)}  # how many vials, the saving before the last, the last
    ahead = deque([_ZERO])
    while ahead:
        saved = ahead.popleft()
        for saving, size in savings:
            total, number = saved + saving, reached[saved][0]
            if total <= spare and total not in reached and number < count:
                reached[total] = number + 1, saved, size
                ahead.append(total)
    chosen, saved = [], max(reached)
    while saved:
        _, saved, size = reached[saved]
        chosen.append(size)
    return chosen


def _lines(rule: BillingRule, given: Decimal, discarded: Decimal) -> tuple[BillingLine, ...]:
    modifiers = bundled_tables("vials.toml")["modifiers"]
    if not discarded:
        return (_line(rule, given, modifiers["nothing_discarded"]["code"]),)
    return (_line(rule, given, None), _line(rule, discarded, modifiers["discarded"]["code"]))


def _line(rule: BillingRule, units: Decimal, modifier: str | None) -> BillingLine:
    number = rule.billing_units(units)
    return BillingLine(
        code=rule.code,
        modifier=modifier,
        billing_units=number,
        is_whole=number == number.to_integral_value(),
    )


def _plain(number: Decimal) -> Decimal:
    """Return the number without trailing zeros after the point."""
    whole = Decimal(int(number))
    return whole if number == whole else number.normalize()
