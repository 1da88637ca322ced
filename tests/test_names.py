"""Names and codes of products and indications."""

import re
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule.errors import UnknownCodeSystemError
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.protocols.catalog import cited, region_named
from botox_schedule.protocols.collection import ProtocolSet
from botox_schedule.protocols.indications import (
    ProductName,
    find_indication,
    find_product,
    is_other_diagnosis,
    names_of,
    nearest_indications,
    suggested_indications,
    why_no_product,
)
from botox_schedule.protocols.loader import faults
from botox_schedule.testing import record_from_gaps
from samples import ARM, GIVEN, LEG, MIGRAINE, protocol, record

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


AS_OF = date(2026, 4, 6)


def refusal(ask: Any, *given: Any, **named: Any) -> str:
    """What a question says that finds nothing."""
    with pytest.raises(LookupError) as caught:
        ask(*given, **named)
    return str(caught.value)


ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC


ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC


class TestProducts:
    @pytest.mark.parametrize("product", list(bs.Product))
    def test_each_is_found_by_its_name_with_and_without_a_suffix(self, product: bs.Product) -> None:
        assert bs.find_product(product.value) is product
        assert bs.find_product(f"{product.value}-abcd") is product
        assert bs.find_product(f"{product.value}-abcde") is None

    def test_codes_name_products(self) -> None:
        assert bs.protocols.find_product_by_code("HCPCS", "J0585") is bs.Product.ONABOTULINUMTOXIN_A
        assert (
            bs.protocols.find_product_by_code(" hcpcs ", " j0585 ")
            is bs.Product.ONABOTULINUMTOXIN_A
        )
        assert bs.protocols.find_product_by_code("HCPCS", "J9999") is None
        assert bs.protocols.find_product_by_code("another", "J0585") is None
        assert bs.protocols.find_product_by_code("ICD-10-CM", "G43.709") is None
        assert bs.protocols.names_toxin("HCPCS", "J0585")
        assert not bs.protocols.names_toxin("another", "J0585")

    def test_a_code_of_a_class_names_none_of_its_products(self) -> None:
        tables = bundled_tables("indications.toml")
        rows = [r for r in (*tables["codes"], *tables["classes"]) if "whole_class" in r]
        assert any("product" in row for row in rows)
        for row in rows:
            assert bs.protocols.find_product_by_code(row["system"], row["code"]) is None
            assert bs.protocols.names_toxin(row["system"], row["code"])

    def test_the_names_of_a_product(self) -> None:
        assert names_of(bs.Product.INCOBOTULINUMTOXIN_A)[:5] == [
            "xeomin", "xeomeen", "bocouture", "incobotulinumtoxina", "incobotulinumtoxin a"
        ]  # fmt: skip

    def test_a_notebook_shows_a_picture(self) -> None:
        one = record("2026-01-05")
        for shown in (one, bs.forecast(one, MIGRAINE, as_of="2026-02-01")):
            assert "<svg" in shown._repr_html_()


class TestCatalogue:
    def test_without_a_day_the_newest_version_is_found(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = protocol(version="9", in_force={"last": "2025-12-31"})
        new = protocol(version="10", in_force={"first": "2026-01-01"})
        later = protocol(version="11", in_force={"first": "2026-01-01"})
        for order in ([old, new], [new, old]):
            known = ProtocolSet(order)
            monkeypatch.setattr(
                "botox_schedule.protocols.catalog.bundled_set", lambda known=known: known
            )
            assert bs.find_protocol("chronic-migraine") is new
            assert bs.find_protocol("chronic-migraine", on="2025-12-31") is old
            assert bs.find_protocol("chronic-migraine", on="2026-01-01") is new
        known = ProtocolSet([new, later])
        monkeypatch.setattr("botox_schedule.protocols.catalog.bundled_set", lambda: known)
        # Versions are numbers: of two that begin on one day the larger number counts.
        assert bs.find_protocol("chronic-migraine") is later

    def test_a_citation_has_the_title_and_address_of_its_document(self) -> None:
        own = {"leaflet": {"title": "The leaflet", "address": "in the drawer"}}
        source = {
            "key": "leaflet",
            "place": "page 1",
            "verification": "clinic",
            "checked_on": date(2026, 1, 5),
        }
        found = cited(source, own)
        assert (found.title, found.address) == ("The leaflet", "in the drawer")
        key = next(iter(bundled_tables("sources.toml")))
        assert cited(source | {"key": key}).title == bundled_tables("sources.toml")[key]["title"]

    def test_a_fault_of_a_whole_table_says_so(self) -> None:
        with pytest.raises(ValidationError) as caught:
            bs.protocols.RetreatmentRule(kind="scheduled", typical="12 weeks")
        expected = [
            "the table: a typical interval needs the name of its statistic, and both or none"
        ]
        assert list(faults(caught.value)) == expected


class TestNames:
    @pytest.mark.parametrize("name", ["Essential Tremor", " ESSENTIAL_TREMOR ", "essential tremor"])
    def test_a_clinics_own_indication_is_found_in_any_case(self, name: str) -> None:
        known = ProtocolSet([MIGRAINE, protocol(indication="essential-tremor")])
        assert known.indication_named(name) == "essential-tremor"

    def test_a_product_that_is_none_is_said(self) -> None:
        products = ", ".join(product.value for product in bs.Product)
        for value in ("toxin", "x" * 201, 5, b"Botox"):
            with pytest.raises(ValidationError) as caught:
                TypeAdapter(ProductName).validate_python(value)
            (fault,) = caught.value.errors()
            assert fault["msg"] == f"not a product; give one of {products}, or a brand name"
            assert fault["type"] == "product"
        for value in ("Botox/Dysport", "Botox declined"):
            with pytest.raises(ValidationError) as caught:
                TypeAdapter(ProductName).validate_json(f'"{value}"')
            (fault,) = caught.value.errors()
            assert fault["msg"] == f"not a product; {why_no_product(value)}"
        assert TypeAdapter(ProductName).validate_python(" Botox ") is bs.Product.ONABOTULINUMTOXIN_A

    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            ("ICD-10-CM", "G43.709", "chronic-migraine"),
            ("icd-10-cm", " g43709 ", "chronic-migraine"),
            ("HTTP://HL7.ORG/FHIR/SID/ICD-10-CM", "G43.709", "chronic-migraine"),
            ("ICD-10-CM", "G80.0", "spasticity"),
            ("HCPCS", "J0585", None),
        ],
    )
    def test_a_code_gives_the_general_indication(
        self, system: str, code: str, expected: str | None
    ) -> None:
        assert bs.find_indication(system, code) == expected

    @pytest.mark.parametrize("given", [None, 5, [], b"Botox"[:2]])
    def test_what_is_no_text_is_an_unknown_name(self, given: Any) -> None:
        for asked in ({"region": given}, {"product": given}, {"population": given}):
            with pytest.raises(bs.UnknownProtocolError):
                bs.find_protocol("chronic-migraine", **asked)
        with pytest.raises(bs.UnknownProtocolError, match="no indication has that name"):
            bs.find_protocol(given)
        with pytest.raises(UnknownCodeSystemError):
            bs.find_indication(given, "64615")
        assert bs.find_indication("CPT", given) is None
        assert bs.find_product(given) is None

    def test_a_code_can_be_a_number(self) -> None:
        assert bs.find_indication("CPT", 64615) == "chronic-migraine"  # type: ignore[arg-type]

    @pytest.mark.parametrize("given", [5, object(), "chronic-migraine", [None]])
    def test_what_is_no_protocol_is_refused(self, given: Any) -> None:
        with pytest.raises(bs.UnknownProtocolError, match="protocols: give protocols, such as"):
            bs.forecast_all(bs.PatientRecord(), as_of="2026-01-05", protocols=given)

    def test_what_is_not_bundled_lists_what_is(self) -> None:
        with pytest.raises(bs.UnknownProtocolError) as caught:
            bs.find_protocol("chronic-migraine", product="toxin")
        assert str(caught.value).startswith("product: no known product is named; give one of ")
        with pytest.raises(bs.UnknownProtocolError) as caught:
            bs.find_protocol("chronic-migraine", region="eu", product="Daxxify")
        assert str(caught.value).endswith("there are: none")
        with pytest.raises(
            bs.UnknownProtocolError, match="there are: blepharospasm, cervical-dystonia, sialorrhea"
        ):
            bs.find_protocol("chronic-migraine", product="Xeomin")
        with pytest.raises(
            bs.UnknownProtocolError,
            match=r"for sialorrhea there are: .*rimabotulinumtoxinB \(adult, us\); ",
        ):
            bs.find_protocol("sialorrhea")
        given = {
            "administered_on": "2026-08-01",
            "indication": "hemifacial-spasm",
            "product": "Botox",
        }
        with pytest.raises(
            bs.UnknownProtocolError, match=r"there are: onabotulinumtoxinA \(adult, uk\); "
        ):
            bs.forecast(bs.PatientRecord(sessions=[given]), "hemifacial-spasm", as_of="2026-11-26")
        with pytest.raises(bs.UnknownProtocolError, match="for chronic-migraine there are: none; "):
            bs.forecast(bs.PatientRecord(), "migraine", as_of="2026-11-26", other_protocols=())
        assert bs.find_protocol("chronic-migraine", on="2026-01-05") == MIGRAINE

    def test_codes_belong_to_region_product_and_indication(self) -> None:
        found = {p.id: {f"{c.system} {c.code}" for c in p.codes} for p in bs.bundled_protocols()}
        botox_us = found["onabotulinumtoxinA-chronic-migraine-adult-us"]
        assert {"ICD-10-CM G43.709", "HCPCS J0585", "CPT 64615", "RxNorm 860189"} <= botox_us
        assert not {"HCPCS J0586", "ICD-10-CM G24.3", "CPT 64642"} & botox_us
        for name, codes in found.items():
            if not name.endswith("-us"):
                assert not any(code.startswith(("ICD", "HCPCS", "CPT")) for code in codes)
            if not name.startswith("onabotulinumtoxinA"):
                assert "HCPCS J0585" not in codes


def test_the_root_lists_its_names_before_any_was_used() -> None:
    assert set(bs.__all__) <= set(dir(bs))
    assert not {"TYPE_CHECKING", "import_module"} & set(dir(bs))


class TestCertainNames:
    @pytest.mark.parametrize(
        "text", ["Botox not given", "Botox or Dysport", "Botox, Relfydess", "x" * 200 + " Botox"]
    )
    def test_a_product_is_named_only_where_it_is_certain(self, text: str) -> None:
        assert find_product("Botox") is bs.Product.ONABOTULINUMTOXIN_A
        assert find_product(text) is None

    def test_a_code_that_may_stand_for_several_indications_names_none(self) -> None:
        system, code = "ICD-10-CM", "I69.351"
        assert suggested_indications(system, code)
        assert find_indication(system, code) is None

    def test_only_a_diagnosis_can_be_another_one(self) -> None:
        found = [
            is_other_diagnosis(system, "00000") for system in ("ICD-10-CM", "CPT", "unheard of")
        ]
        assert found == [True, False, False]

    def test_two_systems_that_are_close_are_both_named(self) -> None:
        with pytest.raises(bs.errors.UnknownCodeSystemError, match=r"give CPT or HCPCS$"):
            find_indication("CPTS", "64615")


class TestNearestNames:
    def test_the_nearest_are_those_of_the_protocols_that_were_given(self) -> None:
        own = protocol(indication="masseter-pain")
        row = {**GIVEN, "indication": "maseter-pain"}
        found = bs.forecast(bs.PatientRecord(sessions=[row]), own, as_of=AS_OF, other_protocols=())
        (message,) = [
            f.message for f in found.findings if f.code.value == "unrecognized_indication"
        ]
        assert "masseter-pain" in message


class TestHints:
    """What a name that finds nothing is told."""

    @pytest.mark.parametrize(
        ("region", "named"), [("uss", {"us"}), ("USA", {"us"}), ("zz", {"eu", "uk", "us"})]
    )
    def test_the_nearest_region_or_all_of_them(self, region: str, named: set[str]) -> None:
        told = refusal(region_named, region)
        assert set(re.findall(r"\b(?:eu|uk|us)\b", told)) == named
        assert "eu, uk, us" in told or len(named) == 1

    def test_the_nearest_indications(self) -> None:
        told = refusal(bs.find_protocol, "lower upper limb spasticity")
        assert f" {ARM}, {LEG}?" in told

    def test_a_clinics_own_indication_is_among_them(self) -> None:
        known = ProtocolSet([protocol(indication="jaw-clenching")])
        assert "jaw-clenching" in refusal(known.indication_named, "jaw-clenchin")

    def test_the_command_that_lists_them_where_none_is_near(self) -> None:
        told = refusal(bs.find_protocol, "zzz")
        assert "; botox-schedule protocols " in told
        assert "did you mean" not in told

    def test_the_products_of_the_indication(self) -> None:
        own = [protocol(id=name, product=name) for name in ("Botox", "Xeomin")]
        told = ProtocolSet(own).why_none("chronic-migraine", CHILD, "us")
        assert "incobotulinumtoxinA (adult, us), onabotulinumtoxinA (adult, us)" in told

    def test_two_coding_systems_at_most(self) -> None:
        with pytest.raises(UnknownCodeSystemError, match=r"CPT or ATC\Z"):
            bs.find_indication("captc", "64615")

    def test_a_name_with_stray_spaces_is_near(self) -> None:
        assert nearest_indications("mi gra ine") == ["chronic-migraine"]


class TestCodes:
    @pytest.mark.parametrize("scheme", ["", "http://", "https://", "HTTPS://"])
    def test_an_address_has_any_scheme(self, scheme: str) -> None:
        found = bs.find_indication(f"{scheme}hl7.org/fhir/sid/icd-10-cm", "G43.709")
        assert found == "chronic-migraine"

    @pytest.mark.parametrize(
        ("code", "is_other"), [("G43.709", False), ("I69.351", False), ("G43.909", True)]
    )
    def test_what_an_indication_has_or_suggests_is_no_other_diagnosis(
        self, code: str, is_other: bool
    ) -> None:
        assert is_other_diagnosis("ICD-10-CM", code) is is_other
        assert (suggested_indications("ICD-10-CM", code) == ()) is is_other
