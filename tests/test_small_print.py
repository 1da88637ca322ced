"""Small things that must not change unnoticed: words, ties, and what only decides between equals."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.protocols.catalog import cited
from botox_schedule.protocols.loader import faults
from botox_schedule.records.history import _contents, _place
from botox_schedule.terms import names_of

MIGRAINE = bs.find_protocol("chronic-migraine")
TWELVE = {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks"}


def protocol(**changed: Any) -> bs.TreatmentProtocol:
    """A protocol of chronic migraine with Botox, unless *changed* says otherwise."""
    given: dict[str, Any] = {
        "id": "own",
        "version": "1",
        "region": "us",
        "indication": "chronic-migraine",
        "product": "Botox",
        "population": "adult",
        "retreatment": TWELVE,
    }
    return bs.TreatmentProtocol(**(given | changed))


def record(*days: str, **more: Any) -> bs.PatientRecord:
    """Sessions of chronic migraine with Botox."""
    sessions = [
        {
            "id": f"s-{number}",
            "administered_on": day,
            "indication": "chronic-migraine",
            "product": "Botox",
        }
        for number, day in enumerate(days)
    ]
    return bs.PatientRecord(sessions=sessions, **more)


def messages(found: Any, code: str) -> list[str]:
    """The sentences of the findings with a code."""
    return [finding.message for finding in found.findings if finding.code == code]


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
        assert names_of(bs.Product.INCOBOTULINUMTOXIN_A) == ["xeomin", "incobotulinumtoxina"]

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
            monkeypatch.setattr(
                "botox_schedule.protocols.catalog.bundled_protocols", lambda o=order: o
            )
            assert bs.find_protocol("chronic-migraine") is new
            assert bs.find_protocol("chronic-migraine", on="2025-12-31") is old
            assert bs.find_protocol("chronic-migraine", on="2026-01-01") is new
        monkeypatch.setattr(
            "botox_schedule.protocols.catalog.bundled_protocols", lambda: [new, later]
        )
        # Versions are texts: of two that begin on one day the later text counts.
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
            bs.protocols.RetreatmentRule(kind="scheduled", usual="12 weeks")
        expected = ["the table: a usual range needs a minimum; give minimum too"]
        assert list(faults(caught.value)) == expected


class TestSentences:
    def test_a_date_beyond_the_calendar(self) -> None:
        slow = protocol(retreatment={"kind": "scheduled", "minimum": "1 day", "usual": "1 day"})
        policy = bs.SchedulingPolicy(payer_minimum="2 days", lapsed_after="0 days")
        with pytest.raises(bs.errors.CalendarRangeError) as caught:
            bs.due_dates("9999-12-29", slow, policy)
        expected = "the date would leave the calendar; it must lie in the years 1 to 9999"
        assert str(caught.value) == expected

    def test_ranges(self) -> None:
        for text in ("4 to 3x", "x" * 201, "3 to 4 months + 1 day"):
            with pytest.raises(bs.errors.IntervalError):
                bs.IntervalRange.parse(text)
        with pytest.raises(bs.errors.IntervalError) as caught:
            bs.IntervalRange.parse("x" * 201)
        assert str(caught.value) == "not a range of intervals; give text such as '3 to 4 months'"
        with pytest.raises(bs.errors.IntervalError) as caught:
            bs.IntervalRange.parse("3 to 4 months + 1 day")
        assert str(caught.value) == (
            "not a range of intervals; a first bound without a unit takes that of a last bound "
            "such as '4 months'"
        )
        assert str(bs.IntervalRange.parse("1 to 2 weeks")) == "1 to 2 weeks"
        assert str(bs.IntervalRange.parse("1 week to 2 months")) == "1 week to 2 months"
        sums = "3 months + 1 day to 4 months + 1 day"
        assert str(bs.IntervalRange.parse(sums)) == sums

    def test_an_age_that_matters_and_is_not_known(self) -> None:
        found = bs.forecast(
            record("2026-01-05"), protocol(ages={"first": 2, "last": 17}), as_of="2026-02-01"
        )
        assert messages(found, "age_unknown") == [
            "the protocol is for certain ages, and the patient's age is not known"
        ]

    def test_a_version_that_is_not_in_force(self) -> None:
        found = bs.forecast(
            record("2026-01-05"), protocol(in_force={"last": "2026-01-31"}), as_of="2026-02-01"
        )
        assert (
            "no given version of the protocol is in force on that day; the given one judges"
            in messages(found, "judged_by_another_protocol")
        )

    def test_figures_that_were_not_read(self) -> None:
        found = bs.forecast(record("2026-01-05"), protocol(), as_of="2026-02-01")
        assert messages(found, "unverified_content") == [
            "the minimum and the usual of the protocol was not read in a source"
        ]

    def test_a_session_on_two_clocks(self) -> None:
        upper = bs.find_protocol("upper-limb-spasticity", population="pediatric")
        sessions = [
            {"id": f"s-{day}", "administered_on": day, "indication": name, "product": "Botox"}
            for day, name in (
                ("2026-01-05", "spasticity"),
                ("2026-01-06", "spasticity"),
                ("2026-04-20", "upper-limb-spasticity"),
                ("2026-07-20", "spasticity"),
            )
        ]
        found = bs.forecast(
            bs.PatientRecord(sessions=sessions),
            upper,
            as_of="2026-08-01",
            other_protocols=bs.bundled_protocols(),
        )
        finding = next(f for f in found.findings if f.code == "overlapping_tracks")
        assert finding.message == (
            "a session belongs to the clocks of two tracks; it moves the dates of both"
        )
        assert finding.record_ids == ("s-2026-07-20",)

    def test_a_reason_without_a_date(self) -> None:
        found = bs.forecast(
            record("2026-01-05"),
            bs.find_protocol("cervical-dystonia").model_copy(
                update={"indication": "chronic-migraine"}
            ),
            as_of="2026-02-01",
        )
        assert str(found.reasons["earliest"]).startswith("earliest not dated: ")

    def test_an_unverified_figure(self) -> None:
        found = bs.forecast(record("2026-01-05"), protocol(), as_of="2026-02-01")
        lines = str(found.reasons["earliest"]).splitlines()
        assert "  this figure is unverified: check it against the current label" in lines


class TestTies:
    def test_the_first_death_counts(self) -> None:
        ends = [{"on": day, "kind": "deceased"} for day in ("2026-03-01", "2026-02-01")]
        found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-06-01")
        assert found.status is bs.DueStatus.DECEASED

    def test_the_last_discontinuation_counts(self) -> None:
        days = ["2026-02-01", "2026-05-01"]
        for order in (days, days[::-1]):
            ends = [{"on": day, "kind": "discontinued"} for day in order]
            again = record("2026-01-05", "2026-04-01", care_ends=ends)
            found = bs.forecast(again, MIGRAINE, as_of="2026-06-01")
            assert found.status is bs.DueStatus.DISCONTINUED

    def test_the_first_session_after_a_discontinuation_reopens_care(self) -> None:
        ends = [{"on": "2026-02-01", "kind": "discontinued"}]
        again = record("2026-01-05", "2026-04-01", "2026-07-01", care_ends=ends)
        found = bs.forecast(again, MIGRAINE, as_of="2026-08-01")
        finding = next(f for f in found.findings if f.code == "care_resumed")
        assert finding.record_ids == ("s-1",)

    def test_copies_are_told_apart_by_what_was_discarded(self) -> None:
        given: dict[str, Any] = {
            "administered_on": "2026-01-05",
            "indication": "chronic-migraine",
            "product": None,
        }
        plain = bs.TreatmentSession(**given)
        some = bs.TreatmentSession(units_discarded=Decimal(45), **given)
        assert _contents(plain) == ("full", "completed", "chronic-migraine", "", -1)
        assert _contents(some)[-1] == 45
        assert _place(plain) == (date(2026, 1, 5), -1, *_contents(plain), "")
        measured = bs.TreatmentSession(units=Decimal(155), id="a", **given)
        assert _place(measured)[1] == 155
        assert _place(measured)[-1] == "a"

    def test_a_cycle_early_names_its_first_part(self) -> None:
        parts = record("2026-01-05", "2026-02-01", "2026-02-02")
        cycles = bs.treatment_cycles(parts, MIGRAINE, as_of="2026-03-01")
        finding = next(f for f in cycles[1].findings if f.code == "early_session")
        assert finding.record_ids == ("s-1",)

    def test_the_tolerance_counts_in_the_policys_months(self) -> None:
        late_march = protocol(
            retreatment={"kind": "scheduled", "minimum": "90 days", "usual": "90 days"}
        )
        timings = []
        for short_month in bs.ShortMonth:
            policy = bs.SchedulingPolicy(validity_tolerance="1 month", short_month=short_month)
            # 90 days after 2025-12-31 is 2026-03-31; a month before it there is no 31 February.
            cycles = bs.treatment_cycles(
                record("2025-12-31", "2026-02-28"), late_march, as_of="2026-04-01", policy=policy
            )
            timings.append(cycles[1].timing)
        assert timings == [bs.CycleTiming.EARLY_WITHIN_TOLERANCE, bs.CycleTiming.EARLY]

    def test_a_projection_keeps_the_policy(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="100 days")
        found = bs.project(record("2026-01-05"), MIGRAINE, as_of="2026-02-01", policy=policy)
        assert [str(session.target) for session in found[:2]] == ["2026-04-15", "2026-07-24"]

    def test_the_strictest_of_a_cycles_own_protocols_judges(self) -> None:
        shared = {"shares_clock_with": ["spasticity"]}
        short = protocol(retreatment=TWELVE | {"minimum": "8 weeks", "usual": "8 weeks"}, **shared)
        strict = protocol(
            id="strict",
            indication="spasticity",
            retreatment=TWELVE | {"minimum": "16 weeks", "usual": "20 weeks"},
            shares_clock_with=["chronic-migraine"],
        )
        sessions = [
            {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"},
            {"administered_on": "2026-05-11", "indication": "chronic-migraine", "product": "Botox"},
            {"administered_on": "2026-05-11", "indication": "spasticity", "product": "Botox"},
        ]
        cycles = bs.treatment_cycles(
            bs.PatientRecord(sessions=sessions), short, as_of="2026-06-01", other_protocols=[strict]
        )
        assert cycles[1].timing is bs.CycleTiming.ON_TIME
