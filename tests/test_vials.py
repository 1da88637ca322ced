"""The fewest vials for a dose, and their billing units."""

from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import PlanningError


class TestVials:
    @settings(max_examples=200)
    @given(
        st.integers(1, 1500),
        st.lists(
            st.sampled_from([50, 100, 120, 200, 300, 500]), min_size=1, max_size=3, unique=True
        ),
    )
    def test_equal_a_search_over_all_choices(self, units: int, sizes: list[int]) -> None:
        found = plan.fewest_vials(units, "Botox", sizes=sizes)
        count = sum(vial.count for vial in found.vials)
        best = next(
            (number, min(fitting) - units)
            for number in range(1, 40)
            if (
                fitting := [
                    t
                    for c in combinations_with_replacement(sizes, number)
                    if (t := sum(c)) >= units
                ]
            )
        )
        assert (count, found.discarded) == best
        assert (
            found.opened == sum(v.units * v.count for v in found.vials) == units + found.discarded
        )

    def test_parts_of_units_stay_exact(self) -> None:
        found = plan.fewest_vials(Decimal("487.5"), "Dysport")
        assert [str(line.billing_units) for line in found.billing] == ["97.5", "2.5"]

    def test_sizes_of_the_caller_rest_on_no_source(self) -> None:
        found = plan.fewest_vials(100, "Dysport", sizes=[125])
        assert (found.unverified, found.discarded) == ((), 25)

    def test_sizes_of_the_caller_that_are_bundled_too_rest_on_no_source(self) -> None:
        bundled = plan.fewest_vials(250, "Dysport")
        own = plan.fewest_vials(250, "Dysport", sizes=[300])
        assert (bundled.vials, own.unverified) == (own.vials, ())
        assert len(bundled.sources) == len(own.sources) + 1

    def test_sizes_that_nobody_read_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (known,) = (size for size in plan.vial_sizes("Dysport") if size.units == 300)
        for verification, unverified in (("unverified", ("vial of 300 U",)), ("secondary", ())):
            source = known.source.model_copy(update={"verification": verification})
            size = known.model_copy(update={"source": source})
            monkeypatch.setattr("botox_schedule.planning.vials.vial_sizes", lambda _, s=size: (s,))
            assert plan.fewest_vials(300, "Dysport").unverified == unverified

    def test_a_product_without_known_vials_needs_sizes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("botox_schedule.planning.vials.vial_sizes", lambda _: ())
        with pytest.raises(PlanningError, match="name them with sizes"):
            plan.fewest_vials(10, "Letybo")

    def test_a_product_without_a_code_is_not_billed(self) -> None:
        assert plan.fewest_vials(100, "Letybo", sizes=[100]).billing == ()

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"units": 0, "product": "Botox"}, "more than 0"),
            ({"units": 100_001, "product": "Botox"}, "at most 100,000"),
            ({"units": 10, "product": "toxin"}, "no known product is named; give one of"),
            ({"units": 10, "product": "Botox", "sizes": [0]}, "at least 1 unit"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(PlanningError, match=message):
            plan.fewest_vials(**given)

    def test_every_size_and_code_names_its_source(self) -> None:
        assert all(size.source.title for size in plan.vial_sizes())
        assert {s.product for s in plan.vial_sizes()} == set(bs.Product)

    @pytest.mark.parametrize(
        ("code", "units"), [("J0585", 1), ("J0586", 5), ("J0587", 100), ("J0588", 1), ("J0589", 1)]
    )
    def test_a_billing_unit_is_what_the_list_says(self, code: str, units: int) -> None:
        rule = plan.billing_rule(code.lower())
        assert (rule.code, rule.units) == (code, units)
        assert rule.product_units(30) == 30 * units
        assert rule.billing_units(units * 7) == 7

    def test_an_unknown_code_is_refused(self) -> None:
        with pytest.raises(PlanningError, match="known codes: J0585"):
            plan.billing_rule("J9999")


class TestEdges:
    def test_vials_of_one_unit_and_doses_of_the_most(self) -> None:
        assert plan.fewest_vials(3, "Botox", sizes=[1]).opened == 3
        assert plan.fewest_vials(100_000, "Botox").discarded == 0

    def test_own_sizes_take_the_place_of_the_bundled_ones(self) -> None:
        found = plan.fewest_vials(155, "Botox", sizes=[120])
        assert [(v.units, v.count) for v in found.vials] == [(120, 2)]
        billed = plan.billing_rule("Botox").source
        assert found.sources == (billed,)
        both = plan.fewest_vials(300, "Botox")
        bundled = tuple(size.source for size in plan.vial_sizes("Botox"))
        assert both.sources == (*bundled, billed)
        assert plan.fewest_vials(300, "Botox", pharmacy_supplied=True).sources == both.sources[:2]
        assert plan.fewest_vials(1, "Letybo", sizes=[100]).sources == ()

    def test_billing_units_are_plain_numbers(self) -> None:
        rule = plan.billing_rule("Dysport")
        assert [str(rule.billing_units(units)) for units in (5000, 487)] == ["1000", "97.4"]
        assert rule is plan.billing_rule("J0586")
        assert plan.billing_rule("Xeomin").code == "J0588"


class TestVialsOfImpossibleUnits:
    @pytest.mark.parametrize(
        "units",
        [-1, True, False, None, "x", Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 100_001],
    )
    def test_are_refused(self, units: Any) -> None:
        with pytest.raises(PlanningError, match="more than 0 and at most 100,000"):
            plan.fewest_vials(units, "Botox")

    @pytest.mark.parametrize("size", [0, -1, True, "x", Decimal("NaN"), Decimal("Infinity")])
    def test_sizes_are_refused_too(self, size: Any) -> None:
        with pytest.raises(PlanningError, match="at least 1 unit"):
            plan.fewest_vials(155, "Botox", sizes=[100, size])

    @pytest.mark.parametrize("units", [-1, True, Decimal("NaN"), Decimal("Infinity")])
    def test_so_are_billing_units(self, units: Any) -> None:
        rule = plan.billing_rule("Botox")
        for question in (rule.billing_units, rule.product_units):
            with pytest.raises(bs.errors.UnitsError, match="from 0 to 1000000"):
                question(units)
        assert rule.billing_units(0) == rule.product_units(0) == 0


def test_very_many_vials_of_almost_one_size_are_counted() -> None:
    found = plan.fewest_vials(100_000, "Botox", sizes=["1.000001", "1"])
    assert [(vial.units, vial.count) for vial in found.vials] == [(Decimal(1), 100_000)]
    assert found.discarded == 0


class TestVialsOfOneProduct:
    rule = plan.billing_rule("Dysport")

    def test_a_refusal_names_what_was_given(self) -> None:
        assert self.rule is not None
        with pytest.raises(
            bs.errors.UnitsError, match=r"^units must be a number from 0 to 1000000$"
        ):
            self.rule.billing_units(-1)
        with pytest.raises(bs.errors.UnitsError, match=r"^billing units must be"):
            self.rule.product_units(-1)
        with pytest.raises(bs.errors.UnitsError, match=r"^planned discarded units must be"):
            plan.check_booking(
                bs.PatientRecord(),
                "chronic-migraine",
                on="2026-03-02",
                as_of="2026-03-02",
                planned_discarded=Decimal(-1),
            )

    def test_two_products_are_not_one(self) -> None:
        with pytest.raises(plan.PlanningError, match="names two products"):
            plan.fewest_vials(100, "Botox or Dysport")
