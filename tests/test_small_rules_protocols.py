"""Protocols, policies and questions: rules at their edges that a change of the code once passed."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule.errors import DayError, ProtocolFileError, UnknownCodeSystemError
from botox_schedule.protocols import ProtocolSet, collection
from botox_schedule.protocols.bundled import data_digests
from botox_schedule.protocols.catalog import known_protocols, region_named
from botox_schedule.protocols.collection import newness, version_on
from botox_schedule.protocols.indications import (
    Indication,
    ProductName,
    is_other_diagnosis,
    nearest_indications,
    suggested_indications,
)
from botox_schedule.protocols.loader import protocols_in, tables_in
from samples import ARM, GIVEN, LEG, protocol, record, rule

ADULT, CHILD = bs.Population.ADULT, bs.Population.PEDIATRIC
FUTURE: dict[str, Any] = {"in_force": {"first": "2027-01-01"}}
LIMIT: dict[str, Any] = {"scope": "product", "per": "session", "units": 400}


def refusal(ask: Any, *given: Any, **named: Any) -> str:
    """What a question says that finds nothing."""
    with pytest.raises(LookupError) as caught:
        ask(*given, **named)
    return str(caught.value)


class TestBundled:
    """The data are read once; here they are read anew."""

    def test_codes_are_those_of_region_product_and_indication_with_their_sources(self) -> None:
        read = {protocol.id: protocol.codes for protocol in bs.bundled_protocols.__wrapped__()}
        found = {name: {f"{c.system} {c.code}" for c in codes} for name, codes in read.items()}
        given = found["onabotulinumtoxinA-upper-limb-spasticity-adult-us"]
        assert {"HCPCS J0585", "ICD-10-CM G81.11", "ICD-10-CM I69.351"} <= given
        assert not {"HCPCS J0586", "ICD-10-CM G43.709"} & given
        elsewhere = [codes for name, codes in found.items() if not name.endswith("-us")]
        assert not any("HCPCS" in code for codes in elsewhere for code in codes)
        assert all(code.source is not None for codes in read.values() for code in codes)

    def test_the_codes_of_an_earlier_edition_are_no_protocols(self) -> None:
        read = bs.protocols.bundled_edition.__wrapped__("1.0")
        assert {p.version for p in read} == {"1.0"}
        assert any(p.codes for p in read)

    def test_a_folder_without_digests_has_those_of_its_files(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "own.toml").write_text("", encoding="utf-8")
        monkeypatch.setattr("botox_schedule.protocols.bundled.data_folder", lambda: tmp_path)
        assert "own.toml" in data_digests()


class TestKnownProtocols:
    def test_one_protocol_is_a_collection_of_itself(self) -> None:
        own = protocol()
        assert list(known_protocols(own)) == [own]  # type: ignore[arg-type]

    def test_protocols_that_differ_have_different_hashes(self) -> None:
        assert hash(protocol()) == hash(protocol())
        assert hash(protocol()) != hash(protocol(version="2")) != hash(protocol(id="b"))

    def test_an_unknown_indication_shares_its_clock_with_nothing(self) -> None:
        assert ProtocolSet([protocol()]).clock("bruxism", ADULT, "us") == {"bruxism"}

    def test_any_minimum_is_stricter_than_none_in_two_texts_of_one_version(self) -> None:
        none, one_day = (
            protocol(retreatment={"kind": "as_needed"}),
            protocol(retreatment=rule(minimum="1 day", usual=None)),
        )
        for texts in ((none, one_day), (one_day, none)):
            assert version_on(texts, date(2026, 1, 5)) is one_day
            assert max(texts, key=newness) is one_day

    def test_a_child_is_followed_where_only_children_have_a_protocol(self) -> None:
        known = ProtocolSet([protocol(population=CHILD)])
        assert self.followed(known, "2026-01-05").population is CHILD

    def test_before_the_first_day_of_all_versions_the_newest_is_followed(self) -> None:
        (one, two) = (protocol(version=version, **FUTURE) for version in ("1", "2"))
        assert self.followed(ProtocolSet([one]), "2026-01-05") is one
        assert self.followed(ProtocolSet([two, one]), "2026-01-05") is two

    @staticmethod
    def followed(known: ProtocolSet, on: str) -> bs.TreatmentProtocol:
        asked: dict[str, Any] = {"born_on": None, "on": date.fromisoformat(on), "region": "us"}
        return known.followed("chronic-migraine", [], **asked).protocol


class TestGivenProtocol:
    """A protocol that is given with a question, among those that are known."""

    def test_hides_another_for_the_same_treatment(self) -> None:
        one, other = protocol(id="a"), protocol(id="b")
        for known in (ProtocolSet([one, other]), ProtocolSet([other])):
            assert list(known.with_given(one)) == [one]

    def test_replaces_another_text_of_its_version(self) -> None:
        given, other = protocol(), protocol(retreatment=rule(minimum="8 weeks"))
        assert list(ProtocolSet([other]).with_given(given)) == [given]

    def test_leaves_the_collection_that_has_it(self) -> None:
        own = protocol()
        known = ProtocolSet([own, protocol(indication=ARM, id="arm")])
        assert known.with_given(own) is known

    def test_makes_its_collection_once(self) -> None:
        known, one, other = ProtocolSet([]), protocol(id="a"), protocol(id="b")
        found = known.with_given(one), known.with_given(other)
        assert [list(each) for each in found] == [[one], [other]]
        assert known.with_given(one) is found[0]
        assert known.with_given(other) is found[1]

    def test_is_forgotten_after_many_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(collection, "_MOST_REMEMBERED", 2)
        known, (one, two, three) = ProtocolSet([]), (protocol(id=name) for name in "abc")
        first, second = known.with_given(one), known.with_given(two)
        assert (known.with_given(one), known.with_given(two)) == (first, second)
        known.with_given(three)
        assert known.with_given(one) is not first

    def test_finds_its_limits_once_for_all_days(self) -> None:
        own = protocol(limits=[LIMIT])
        known = ProtocolSet([own])
        found = known.limits(own, date(2026, 1, 5))
        assert [limit.units for limit in found] == [400]
        assert known.limits(own, date(2026, 1, 6)) is found

    def test_forgets_the_limits_of_many_days(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(collection, "_MOST_REMEMBERED", 2)
        own = protocol(limits=[LIMIT], in_force={"first": "2020-01-01"})
        known, days = ProtocolSet([own]), [date(2026, 1, day) for day in (5, 6, 7)]
        first = known.limits(own, days[0])
        known.limits(own, days[1])
        assert known.limits(own, days[0]) is first
        known.limits(own, days[2])
        assert known.limits(own, days[0]) is not first


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


class TestFields:
    @pytest.mark.parametrize("name", ["Chronic Migraine", "-a", "a-", "a--b", "x" * 65])
    def test_an_indication_is_a_slug(self, name: str) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Indication).validate_python(name)
        (fault,) = caught.value.errors()
        assert fault["type"] == "slug_pattern_mismatch"
        assert all(word in fault["msg"] for word in ("'chronic-migraine'", "find_protocol(name)"))

    @pytest.mark.parametrize("given", [None, b"Botox", "toxin", f"Botox{' ' * 196}"])
    def test_a_product_is_a_short_text_that_names_one(self, given: Any) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(ProductName).validate_python(given)
        (fault,) = caught.value.errors()
        assert fault["type"] == "product"
        assert "onabotulinumtoxinA" in fault["msg"]
        assert TypeAdapter(ProductName).validate_python(f"Botox{' ' * 195}")

    def test_the_order_of_usual_ranges_does_not_matter(self) -> None:
        pairs = [(ARM, "12 weeks"), (LEG, "13 weeks")]
        assert bs.SchedulingPolicy(usual=pairs) == bs.SchedulingPolicy(usual=pairs[::-1])

    def test_a_policy_without_choices_has_these_intervals(self) -> None:
        own = bs.SchedulingPolicy()
        stated = (own.validity_tolerance, own.scheduled_grace, own.as_needed_grace)
        assert [str(each) for each in stated] == ["0 days", "7 days", "4 weeks"]
        assert str(own.hold_review_after) == "4 weeks"


class TestFiles:
    """What is wrong with a protocol file, by its place."""

    @pytest.mark.parametrize(
        ("tables", "place"),
        [
            ({"a\x1b": 1}, "the file"),
            ({"protocols": [{"a\x1b": 1}]}, "protocols[1]"),
            ({"protocols": [{"notes": ["a", "b\x1b"]}]}, "protocols[1].notes[2]"),
            ({"sources": {"a\x1bb": {"title": "\x07"}}}, "sources.a?b.title"),
        ],
    )
    def test_a_control_character(self, tables: dict[str, Any], place: str) -> None:
        with pytest.raises(ProtocolFileError) as caught:
            protocols_in(tables, "own.toml")
        assert f"own.toml: {place}: " in str(caught.value)
        assert "\x1b" not in str(caught.value)

    @pytest.mark.parametrize("text", [f"a{'.a' * 33} = 1", f"a = 1e{'9' * 30}", "a = "])
    def test_what_is_no_toml(self, text: str) -> None:
        with pytest.raises(ProtocolFileError, match=r"^own\.toml: not a TOML file: "):
            tables_in(text, "own.toml")


class TestQuestions:
    @pytest.mark.parametrize("usual", ["12 weeks", None])
    def test_of_two_tracks_the_one_with_the_earlier_day_is_first(self, usual: str | None) -> None:
        days = {ARM: "2026-01-05", LEG: "2026-01-06"}
        own = [
            protocol(id=name, indication=name, retreatment=rule(usual=usual)) for name in (ARM, LEG)
        ]
        assert self.tracks(days, protocols=own) == [ARM, LEG]

    @staticmethod
    def tracks(days: dict[str, str], **asked: Any) -> list[str]:
        """The tracks of sessions on days, in the order of the answer."""
        sessions = [
            {**GIVEN, "administered_on": day, "indication": name} for name, day in days.items()
        ]
        found = bs.forecast_all(bs.PatientRecord(sessions=sessions), as_of="2026-02-01", **asked)
        assert len({answer.status for answer in found}) == 1
        return [answer.indication for answer in found]

    def test_the_age_on_the_planned_day_chooses_whose_limits_count(self) -> None:
        own = [
            protocol(id=people, population=people, ages=ages, limits=[{**LIMIT, "units": units}])
            for people, ages, units in ((ADULT, {"first": 18}, 400), (CHILD, {"last": 17}, 340))
        ]
        given = record("2026-01-05", born_on="2008-03-02")
        for on, units in (("2026-03-01", 340), ("2026-03-02", 400)):
            (check,) = bs.check_dose_limits(
                given, "chronic-migraine", on=on, as_of="2026-02-01", other_protocols=own
            )
            assert check.limit.units == units

    def test_a_dose_may_count_on_its_day_alone(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "units": 155}])
        units = [
            bs.exposure(given, product="Botox", window="1 day", on=day).units
            for day in ("2026-01-05", "2026-01-06")
        ]
        assert units == [155, 0]
        with pytest.raises(bs.errors.IntervalError):
            bs.exposure(given, product="Botox", window="0 days", on="2026-01-05")

    def test_a_day_that_is_none_is_named_by_its_argument(self) -> None:
        with pytest.raises(DayError, match=r"^as_of: "):
            bs.forecast_all(record(), as_of="today")
