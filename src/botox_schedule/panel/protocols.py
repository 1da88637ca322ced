"""The protocols of a population as numbers that expressions can choose from.

A family is a protocol with its versions; a clock is a set of indications that count from one
anchor; a cell is an indication of a clock with a product, given or not.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import Interval, TreatmentProtocol
from botox_schedule.panel.amounts import Amount, amount_of
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.errors import PanelError

MOST_INDICATIONS = 64
"""Of one clock: the order of sessions is kept in one whole number."""


class Family(NamedTuple):
    """A protocol and its other versions, the newest first."""

    versions: tuple[TreatmentProtocol, ...]

    @property
    def newest(self) -> TreatmentProtocol:
        """The version that names the family."""
        return self.versions[0]


class Book:
    """The protocols of one population in one region.

    Attributes:
        families: In the order of indication and product; the place is the family's number.
        clocks: The sets of indications, each in order; the place is the clock's number.
        products: The products of the protocols; the place is the product's number, followed by
            one for any other product and one for an unknown product.
        indications: All indications of the clocks; the place is the indication's number.

    Raises:
        PanelError: When the protocols are of several regions or populations, when one indication
            and product has two protocols, when a clock has more than 64 indications, or when
            there is none.
    """

    def __init__(self, protocols: Iterable[TreatmentProtocol]) -> None:
        self.families = _families(tuple(protocols))
        self.clocks = sorted({_clock(family) for family in self.families})
        if max(map(len, self.clocks)) > MOST_INDICATIONS:
            raise PanelError(f"protocols: a clock has more than {MOST_INDICATIONS} indications")
        self.products = sorted({family.newest.product.value for family in self.families})
        self.indications = sorted({name for clock in self.clocks for name in clock})
        self.other_product = len(self.products)
        self.unknown_product = self.other_product + 1
        self.kinds = self.other_product + 2
        self._number = {
            (family.newest.indication, family.newest.product.value): at
            for at, family in enumerate(self.families)
        }

    @property
    def cells(self) -> range:
        """The numbers of cells that a clock can have."""
        return range(self.kinds * max(len(clock) for clock in self.clocks))

    def family_at(self, clock: int, cell: int) -> int | None:
        """Return the family of a cell, or None where no protocol was given."""
        place, product = divmod(cell, self.kinds)
        if place >= len(self.clocks[clock]) or product >= self.other_product:
            return None
        return self._number.get((self.clocks[clock][place], self.products[product]))

    @property
    def found_cells(self) -> list[int]:
        """The cells that have a protocol in one of the clocks."""
        clocks = range(len(self.clocks))
        return [c for c in self.cells if any(self.family_at(k, c) is not None for k in clocks)]

    def layers(self) -> list[list[int]]:
        """Return the clocks in groups within which no indication is in two of them."""
        layers: list[list[int]] = []
        for number, clock in enumerate(self.clocks):
            for layer in layers:
                if not any(set(clock) & set(self.clocks[other]) for other in layer):
                    layer.append(number)
                    break
            else:
                layers.append([number])
        return layers

    def family(self, indication: str, product: str) -> nw.Expr:
        """Return the family's number by the numbers of indication and product, else null."""
        cases = [
            (
                (nw.col(indication) == self.indications.index(name))
                & (nw.col(product) == self.products.index(given)),
                number,
            )
            for (name, given), number in self._number.items()
        ]
        return chosen(cases)

    def product(self, column: str, names: Sequence[str]) -> nw.Expr:
        """Return a product's number here by its place in *names*; unknown is one place more."""
        numbers = [
            self.products.index(name) if name in self.products else self.other_product
            for name in names
        ]
        return by_number(column, [*numbers, self.unknown_product])

    def own_clock(self, family: str) -> nw.Expr:
        """Return the number of a family's own clock."""
        return by_number(family, [self.clocks.index(_clock(one)) for one in self.families])

    def in_clock(self, indication: str, clock: str) -> nw.Expr:
        """Whether an indication, given by its number, belongs to a clock."""
        belongs = nw.lit(value=False)
        for number, names in enumerate(self.clocks):
            own = nw.col(indication).is_in([self.indications.index(name) for name in names])
            belongs |= (nw.col(clock) == number) & own
        return belongs

    def place(self, indication: str, clock: str) -> nw.Expr:
        """Return the place of an indication in a clock."""
        cases = [
            (
                (nw.col(clock) == number) & (nw.col(indication) == self.indications.index(name)),
                place,
            )
            for number, names in enumerate(self.clocks)
            for place, name in enumerate(names)
        ]
        return chosen(cases)

    def places(self, family: str) -> nw.Expr:
        """Return the place of a family's indication in its own clock."""
        numbers = [_clock(one).index(one.newest.indication) for one in self.families]
        return by_number(family, numbers)

    def product_of(self, family: str) -> nw.Expr:
        """Return the number of a family's product."""
        numbers = [self.products.index(one.newest.product.value) for one in self.families]
        return by_number(family, numbers)

    def word(self, family: str, read: Callable[[TreatmentProtocol], str]) -> nw.Expr:
        """Return a word about the newest version of a family."""
        return by_number(family, [read(one.newest) for one in self.families])

    def has_versions(self) -> bool:
        """Whether the day decides which version holds."""
        return any(len(family.versions) > 1 for family in self.families)

    def change_days(self) -> list[date]:
        """Return the days on which another version comes into force."""
        days = set()
        for family in self.families:
            for version in family.versions:
                if version.in_force.first is not None:
                    days.add(version.in_force.first)
                if version.in_force.last is not None and version.in_force.last < date.max:
                    days.add(date.fromordinal(version.in_force.last.toordinal() + 1))
        return sorted(days)

    def versions_on(self, number: int, day: str) -> list[tuple[nw.Expr | None, TreatmentProtocol]]:
        """Return the versions of a family, each with when it holds; the last holds otherwise."""
        versions = self.families[number].versions
        if len(versions) == 1:
            return [(None, versions[0])]
        held: list[tuple[nw.Expr | None, TreatmentProtocol]] = []
        for version in sorted(versions, key=_newness, reverse=True):
            period = version.in_force
            holds = nw.lit(value=True)
            if period.first is not None:
                holds &= nw.col(day) >= period.first.toordinal()
            if period.last is not None:
                holds &= nw.col(day) <= period.last.toordinal()
            held.append((holds, version))
        return [*held, (None, versions[0])]

    def apart(self, number: int, day: str) -> list[tuple[nw.Expr, TreatmentProtocol]]:
        """Return the versions of a family, each with when it holds and none before it does."""
        free, found = nw.lit(value=True), []
        for holds, version in self.versions_on(number, day):
            own = free if holds is None else free & holds.fill_null(value=False)
            found.append((own, version))
            free = free & ~own
        return found

    def whether(self, family: str, day: str, read: Callable[[TreatmentProtocol], bool]) -> nw.Expr:
        """Whether something is so of the version in force of a family, given by its number."""
        always, found = [], nw.lit(value=False)
        for number, one in enumerate(self.families):
            answers = {read(version) for version in one.versions}
            if answers == {True}:
                always.append(number)
            elif len(answers) > 1:
                cases = [(own, read(version)) for own, version in self.apart(number, day)]
                found |= (nw.col(family) == number) & chosen(cases)
        return (found | nw.col(family).is_in(always)).fill_null(value=False)

    def amount(  # noqa: PLR0917 - what is chosen, by what, and where it goes
        self,
        sheet: Sheet,
        out: str,
        family: str,
        day: str,
        read: Callable[[TreatmentProtocol], Interval | None],
        times: int = 1,
    ) -> tuple[Amount, bool]:
        """Choose an interval for each row.

        Args:
            sheet: Where to put columns, where the choice differs between rows.
            out: How the columns begin.
            family: The column of the number of the family that judges.
            day: The column of the day that decides on the version.
            read: What to read of a version.
            times: How many times the interval.

        Returns:
            The amount, and whether any row can be without one: those have null.
        """
        alike: dict[Amount | None, list[int]] = {}
        found: list[tuple[nw.Expr, Amount | None]] = []
        for number, one in enumerate(self.families):
            amounts = {_amount(read(version), times) for version in one.versions}
            if len(amounts) == 1:
                alike.setdefault(amounts.pop(), []).append(number)
                continue
            found += [
                ((nw.col(family) == number) & own, _amount(read(version), times))
                for own, version in self.apart(number, day)
            ]
        found += [(nw.col(family).is_in(numbers), amount) for amount, numbers in alike.items()]
        return put_chosen(sheet, out, found)


def _amount(interval: Interval | None, times: int) -> Amount | None:
    return None if interval is None else amount_of(interval, times)


def put_chosen(
    sheet: Sheet, out: str, found: Sequence[tuple[nw.Expr, Amount | None]]
) -> tuple[Amount, bool]:
    """Return the amount of the first case that holds, and whether any case has none.

    Columns that begin with *out* are put only where the cases differ.
    """
    stated = {amount for _, amount in found if amount is not None}
    if not stated:
        return Amount(0, 0), True
    if len(stated) == 1 and all(amount is not None for _, amount in found):
        return stated.pop(), False
    months: int | str = 0
    if any(amount.months for amount in stated):
        months = f"{out}_n"
        sheet.put(**{months: chosen([(c, None if a is None else a.months) for c, a in found])})
    days = f"{out}_k"
    sheet.put(**{days: chosen([(c, None if a is None else a.days) for c, a in found])})
    return Amount(months, days), any(amount is None for _, amount in found)


def chosen(cases: Sequence[tuple[nw.Expr, Any]]) -> nw.Expr:
    """Return the value of the first case that holds, null where none does."""
    kind = _type_of(cases)
    if not cases:
        return nw.lit(None, kind)
    chain: Any = nw
    for condition, one in cases:
        chain = chain.when(condition).then(nw.lit(one, kind))
    found: nw.Expr = chain
    return found


def any_of(conditions: Sequence[nw.Expr]) -> nw.Expr:
    """Whether any condition holds."""
    found = nw.lit(value=False)
    for condition in conditions:
        found |= condition
    return found


def by_number(column: str, values: Sequence[Any]) -> nw.Expr:
    """Return the value at the place that a column states."""
    if len(set(values)) == 1:
        return nw.when(nw.col(column) >= 0).then(nw.lit(values[0]))
    return chosen([(nw.col(column) == at, one) for at, one in enumerate(values)])


def _type_of(cases: Sequence[tuple[nw.Expr, Any]]) -> Any:
    for _, one in cases:
        if isinstance(one, bool):
            return nw.Boolean
        if isinstance(one, str):
            return nw.String
    return nw.Int64


def _clock(family: Family) -> tuple[str, ...]:
    return tuple(sorted(family.newest.clock))


def _newness(version: TreatmentProtocol) -> tuple[str, str]:
    return str(version.in_force.first or ""), version.version


def _families(protocols: tuple[TreatmentProtocol, ...]) -> list[Family]:
    if not protocols:
        raise PanelError("protocols: expected at least one")
    if len({(p.region, p.population) for p in protocols}) > 1:
        raise PanelError(
            "protocols: expected those of one population in one region; ask once for each"
        )
    alike: dict[tuple[str, str], dict[str, TreatmentProtocol]] = {}
    for protocol in protocols:
        versions = alike.setdefault((protocol.indication, protocol.product.value), {})
        versions.setdefault(protocol.version, protocol)
        if len({version.id for version in versions.values()}) > 1:
            raise PanelError(
                f"protocols: two for {protocol.indication} with {protocol.product}; give one"
            )
        if len({version.clock for version in versions.values()}) > 1:
            raise PanelError(f"protocols: the versions of {protocol.id} share other clocks")
    return [
        Family(tuple(sorted(alike[key].values(), key=_newness, reverse=True)))
        for key in sorted(alike)
    ]
