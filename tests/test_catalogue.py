"""The bundled content as facts, and the reader of protocol files."""

import hashlib
import json
import shutil
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

import botox_schedule as bs
from botox_schedule import (
    Population,
    TreatmentProtocol,
    UnknownProtocolError,
    bundled_protocols,
    due_dates,
    find_product,
    find_protocol,
    load_protocols,
)
from botox_schedule.errors import ProtocolFileError
from botox_schedule.protocols import (
    DataFileFault,
    SourceRef,
    bundled,
    bundled_edition,
    verify_bundled,
)
from botox_schedule.protocols.bundled import data_digests
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.terms import LimitScope, Verification

DIGESTS = Path(__file__).parent / "content_digests.toml"
STARTS = [date(2023, 1, 1) + timedelta(days=n) for n in range(0, 1500, 1)]


def all_versions() -> list[TreatmentProtocol]:
    """Today's protocols and those of the earlier editions."""
    return [*bundled_edition("1.0"), *bundled_protocols()]


each_version = pytest.mark.parametrize(
    "protocol", all_versions(), ids=lambda p: f"{p.id}-{p.version}"
)
each_protocol = pytest.mark.parametrize("protocol", bundled_protocols(), ids=lambda p: p.id)


def digest(protocol: TreatmentProtocol) -> str:
    table = json.dumps(protocol.model_dump(mode="json"), sort_keys=True, default=str)
    return hashlib.sha256(table.encode()).hexdigest()[:16]


def sources_of(protocol: TreatmentProtocol) -> list[SourceRef | None]:
    figures = [
        getattr(part, f"{name}_source")
        for part, names in (
            (protocol.retreatment, ("minimum", "usual", "typical", "wording")),
            (protocol.response, ("onset", "peak", "wear_off", "full_benefit")),
        )
        for name in names
        if getattr(part, name) is not None
    ]
    ages = [protocol.ages.source] if protocol.ages else []
    limits = [limit.source for limit in protocol.limits]
    return [*figures, *ages, *limits, *(code.source for code in protocol.codes)]


@pytest.fixture
def data_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data files, which the package takes for its own."""
    copy = tmp_path / "data"
    shutil.copytree(str(bundled.data_folder()), copy)
    monkeypatch.setattr(bundled, "data_folder", lambda: copy)
    return copy


class TestVerifyBundled:
    def test_the_files_are_those_released(self) -> None:
        assert verify_bundled() == {}

    def test_each_file_that_differs_is_named(self, data_copy: Path) -> None:
        with (data_copy / "products.toml").open("ab") as file:
            file.write(b" ")
        (data_copy / "vials.toml").unlink()
        (data_copy / "editions" / "more.toml").write_text("")
        assert verify_bundled() == {
            "editions/more.toml": DataFileFault.ADDED,
            "products.toml": DataFileFault.CHANGED,
            "vials.toml": DataFileFault.MISSING,
        }

    @pytest.mark.parametrize("name", ["tables/aliases.toml", "views/catalogs/en.toml"])
    def test_words_are_compared_too(self, data_copy: Path, name: str) -> None:
        digests = data_copy / bundled.DIGESTS
        known = digests.read_text(encoding="utf-8")
        digests.write_text(known.replace(f'"{name}" = "', f'"{name}" = "0'), encoding="utf-8")
        assert verify_bundled() == {name: DataFileFault.CHANGED}

    @pytest.mark.parametrize("content", [b"no table", b"\xff"])
    def test_digests_that_cannot_be_read_are_no_proof(
        self, data_copy: Path, content: bytes
    ) -> None:
        (data_copy / bundled.DIGESTS).write_bytes(content)
        assert verify_bundled() == {bundled.DIGESTS: DataFileFault.CHANGED}

    def test_without_digests_nothing_is_proved(self, data_copy: Path) -> None:
        (data_copy / bundled.DIGESTS).unlink()
        assert verify_bundled() == {bundled.DIGESTS: DataFileFault.MISSING}


class TestBundledContent:
    @each_version
    def test_a_changed_figure_needs_a_new_version(self, protocol: TreatmentProtocol) -> None:
        known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))
        assert known[protocol.id][protocol.version] == digest(protocol), (
            "the content of this version changed: give it a new version, a changelog line under "
            "'Clinical data', and its digest"
        )

    @each_protocol
    def test_every_figure_names_its_source(self, protocol: TreatmentProtocol) -> None:
        for source in sources_of(protocol):
            assert source is not None
            assert source.title
            assert source.place
            assert source.checked_on <= date(2026, 11, 26)

    @each_protocol
    def test_the_minimum_is_not_longer_than_the_usual(self, protocol: TreatmentProtocol) -> None:
        rule = protocol.retreatment
        for start in STARTS:
            if rule.minimum is not None and rule.usual is not None:
                assert rule.minimum.after(start) <= rule.usual.last.after(start)

    @each_protocol
    def test_the_response_begins_in_order(self, protocol: TreatmentProtocol) -> None:
        response = protocol.response
        stated = [w for w in (response.onset, response.peak, response.wear_off) if w]
        for start in (date(2026, 1, 31), date(2024, 2, 29), date(2026, 8, 31)):
            firsts = [window.after(start).first for window in stated]
            assert firsts == sorted(firsts)

    @each_protocol
    def test_there_is_a_rule_or_the_words_of_the_source(self, protocol: TreatmentProtocol) -> None:
        rule = protocol.retreatment
        assert (rule.minimum is None) == (rule.wording is not None)
        assert (rule.usual is None) or (rule.typical is None)

    @each_protocol
    def test_the_children_of_a_protocol_are_children(self, protocol: TreatmentProtocol) -> None:
        assert protocol.ages is not None
        child = protocol.population is Population.PEDIATRIC
        assert (protocol.ages.last == 17) is child

    def test_ids_are_unique(self) -> None:
        ids = [(protocol.id, protocol.version) for protocol in bundled_protocols()]
        assert len(ids) == len(set(ids))

    def test_it_is_read_once(self) -> None:
        assert bundled_protocols() is bundled_protocols()

    @pytest.mark.parametrize(
        ("indication", "product", "population", "region", "minimum", "usual", "typical"),
        [
            ("chronic-migraine", "Botox", "adult", "us", "12 weeks", "12 weeks", None),
            ("spasticity", "Botox", "adult", "us", "12 weeks", "3 to 4 months", None),
            ("upper-limb-spasticity", "Botox", "adult", "us", "12 weeks", "3 to 4 months", None),
            ("lower-limb-spasticity", "Botox", "adult", "us", "12 weeks", "3 to 4 months", None),
            ("spasticity", "Botox", "pediatric", "us", "12 weeks", None, None),
            ("upper-limb-spasticity", "Botox", "pediatric", "us", "12 weeks", None, None),
            ("lower-limb-spasticity", "Botox", "pediatric", "us", "12 weeks", None, None),
            ("cervical-dystonia", "Botox", "adult", "us", "12 weeks", None, "93 days"),
            ("blepharospasm", "Botox", "adult", "us", "3 months", None, "3 months"),
            ("strabismus", "Botox", "adult", "us", None, None, None),
            ("overactive-bladder", "Botox", "adult", "us", "12 weeks", None, "169 days"),
            ("neurogenic-detrusor-overactivity", "Botox", "adult", "us", "12 weeks", None, "295 days"),
            ("neurogenic-detrusor-overactivity", "Botox", "pediatric", "us", "12 weeks", None, None),
            ("axillary-hyperhidrosis", "Botox", "adult", "us", None, None, "201 days"),
            ("glabellar-lines", "Botox", "adult", "us", "3 months", None, "3 months"),
            ("upper-facial-lines", "Botox", "adult", "us", "3 months", None, "3 months"),
            ("platysma-bands", "Botox", "adult", "us", "3 months", None, None),
            ("chronic-migraine", "Botox", "adult", "uk", "12 weeks", "12 weeks", None),
            ("chronic-migraine", "Botox", "adult", "eu", "12 weeks", "12 weeks", None),
            ("upper-limb-spasticity", "Botox", "adult", "uk", None, None, None),
            ("axillary-hyperhidrosis", "Botox", "adult", "uk", "16 weeks", None, "4 months"),
            ("cervical-dystonia", "Botox", "adult", "uk", "10 weeks", None, None),
            ("blepharospasm", "Botox", "adult", "uk", "3 months", None, "3 months"),
            ("hemifacial-spasm", "Botox", "adult", "uk", "3 months", None, "3 months"),
            ("overactive-bladder", "Botox", "adult", "uk", "3 months", None, "6 months"),
            ("neurogenic-detrusor-overactivity", "Botox", "adult", "uk", "3 months", None, "9 months"),
            ("upper-limb-spasticity", "Dysport", "adult", "us", "12 weeks", "12 to 16 weeks", None),
            ("lower-limb-spasticity", "Dysport", "adult", "us", "12 weeks", None, None),
            ("upper-limb-spasticity", "Dysport", "pediatric", "us", "16 weeks", None, None),
            ("lower-limb-spasticity", "Dysport", "pediatric", "us", "12 weeks", None, None),
            ("spasticity", "Dysport", "pediatric", "us", "3 months", None, None),
            ("cervical-dystonia", "Dysport", "adult", "us", "12 weeks", "12 to 16 weeks", None),
            ("glabellar-lines", "Dysport", "adult", "us", "3 months", "3 to 4 months", None),
            ("spasticity", "Dysport", "adult", "uk", None, None, None),
            ("upper-limb-spasticity", "Dysport", "pediatric", "uk", "16 weeks", None, None),
            ("lower-limb-spasticity", "Dysport", "pediatric", "uk", "12 weeks", None, None),
            ("axillary-hyperhidrosis", "Dysport", "adult", "uk", "16 weeks", None, None),
            ("spasticity", "Dysport", "adult", "eu", None, None, None),
            ("upper-limb-spasticity", "Dysport", "pediatric", "eu", "16 weeks", None, None),
            ("lower-limb-spasticity", "Dysport", "pediatric", "eu", "12 weeks", None, None),
            ("axillary-hyperhidrosis", "Dysport", "adult", "eu", "16 weeks", None, None),
            ("glabellar-lines", "Dysport", "adult", "uk", "3 months", None, None),
            ("upper-limb-spasticity", "Xeomin", "adult", "us", "12 weeks", "12 to 14 weeks", None),
            ("sialorrhea", "Xeomin", "adult", "us", "16 weeks", None, None),
            ("sialorrhea", "Xeomin", "adult", "uk", "16 weeks", None, None),
            ("cervical-dystonia", "Xeomin", "adult", "us", "12 weeks", None, None),
            ("cervical-dystonia", "Xeomin", "adult", "eu", "10 weeks", None, None),
            ("upper-facial-lines", "Xeomin", "adult", "us", "3 months", None, None),
            ("blepharospasm", "Xeomin", "adult", "us", "12 weeks", None, "20 weeks"),
            ("upper-limb-spasticity", "Xeomin", "pediatric", "us", "12 weeks", None, None),
            ("sialorrhea", "Xeomin", "pediatric", "us", "16 weeks", None, None),
            ("upper-facial-lines", "Xeomin", "adult", "uk", "3 months", None, None),
            ("glabellar-lines", "Daxxify", "adult", "us", "3 months", None, "24 weeks"),
            ("cervical-dystonia", "Daxxify", "adult", "us", "3 months", None, "142 days"),
            ("cervical-dystonia", "Myobloc", "adult", "us", "12 weeks", None, "12 weeks"),
            ("sialorrhea", "Myobloc", "adult", "us", "3 months", "3 months to 15 weeks", None),
            ("glabellar-lines", "Jeuveau", "adult", "us", "3 months", None, None),
            ("glabellar-lines", "Letybo", "adult", "us", "3 months", None, None),
            ("glabellar-lines", "Letybo", "adult", "uk", "3 months", None, None),
        ],
    )  # fmt: skip
    def test_the_intervals_are_those_of_the_sources(
        self,
        indication: str,
        product: str,
        population: str,
        region: str,
        minimum: str | None,
        usual: str | None,
        typical: str | None,
    ) -> None:
        rule = find_protocol(indication, product, population, region).retreatment
        found = (rule.minimum, rule.usual, rule.typical)
        assert tuple(value and str(value) for value in found) == (minimum, usual, typical)

    def test_the_table_of_intervals_is_whole(self) -> None:
        """Each bundled protocol has a row above: a new one needs one too."""
        assert len(bundled_protocols()) == 59

    def test_what_nobody_read_is_unverified(self) -> None:
        unverified = {
            protocol.id for protocol in bundled_protocols() if protocol.unverified_retreatment
        }
        assert unverified == {
            "onabotulinumtoxinA-lower-limb-spasticity-pediatric-us",
            "onabotulinumtoxinA-neurogenic-detrusor-overactivity-pediatric-us",
        }
        for protocol in bundled_protocols():
            if protocol.id in unverified:
                assert "minimum" in due_dates("2026-01-05", protocol).unverified

    def test_the_total_of_a_child_has_been_read(self) -> None:
        protocol = find_protocol("upper-limb-spasticity", population="pediatric")
        (total,) = [limit for limit in protocol.limits if limit.units == 340]
        assert total.scope is LimitScope.PRODUCT
        assert total.source is not None
        assert total.source.verification is Verification.SECONDARY
        assert total.source.note is not None
        assert "lower limbs together" in total.source.note

    def test_codes_with_aura_are_with_aura(self) -> None:
        codes = {code.code: code.meaning for code in find_protocol("chronic-migraine").codes}
        assert codes["G43.E09"] == "chronic migraine with aura"
        assert codes["G43.709"] == "chronic migraine without aura"
        assert codes["64615"].startswith("nerve block")
        assert codes["J0585"] == "onabotulinumtoxinA, 1 unit"
        assert not {code for code in codes if code.startswith("64646")}

    def test_us_codes_stay_in_the_us(self) -> None:
        systems = {code.system for code in find_protocol("chronic-migraine", region="uk").codes}
        assert systems == {"SNOMED CT", "RxNorm", "ATC"}

    @pytest.mark.parametrize("population", list(Population))
    def test_the_limbs_of_one_person_share_a_clock(self, population: Population) -> None:
        """Too early is the worse mistake; and the clock is whatever the product."""
        limbs = {"spasticity", "upper-limb-spasticity", "lower-limb-spasticity"}
        for limb in limbs:
            assert known_protocols(None).clock(limb, population, "us") == limbs

    @pytest.mark.parametrize("region", ["us", "uk"])
    def test_the_bladder_has_one_clock(self, region: str) -> None:
        bladder = {"overactive-bladder", "neurogenic-detrusor-overactivity"}
        for indication in bladder:
            assert known_protocols(None).clock(indication, Population.ADULT, region) == bladder


class TestFindProtocol:
    @pytest.mark.parametrize(
        "name", ["Botox", "BOTOX", "botox cosmetic", "onabotulinumtoxinA", "OnabotulinumtoxinA"]
    )
    def test_brands_and_names_are_one_product(self, name: str) -> None:
        assert find_protocol("chronic-migraine", name) is find_protocol("chronic-migraine")

    def test_an_unknown_product_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(
            UnknownProtocolError, match=r"product: no known product is named; give one of ona"
        ):
            find_protocol("chronic-migraine", "toxin")

    def test_nothing_known_is_said_so(self) -> None:
        with pytest.raises(LookupError, match="region: no protocol is known for it; give one of"):
            find_protocol("chronic-migraine", region="fr")
        with pytest.raises(LookupError, match="there are: none"):
            find_protocol("chronic-migraine", "Daxxify", region="eu")

    def test_a_day_chooses_the_version(self) -> None:
        assert find_protocol("chronic-migraine", on="2026-01-05").version == "2.0"

    @pytest.mark.parametrize("name", ["", "toxin", "botoxx", "onabotulinumtoxinA-abcde"])
    def test_other_names_are_no_product(self, name: str) -> None:
        assert find_product(name) is None


OWN = """
[sources.house]
title = "Our house rules"

[[limits]]
scope = "product"
per = "window"
windows = [{ window = "12 weeks" }]
units = 360
source = { key = "house", place = "3", verification = "clinic", checked_on = 2026-01-01 }

[[protocols]]
id = "own-migraine"
version = "1"
region = "us"
indication = "chronic-migraine"
product = "Botox"
population = "adult"

[protocols.retreatment]
kind = "scheduled"
usual = { value = "13 weeks", key = "house", place = "1", verification = "clinic", checked_on = 2026-01-01 }

[protocols.retreatment.minimum]
value = "12 weeks + 1 day"
key = "epocrates-botox"
place = "chronic migraine"
verification = "secondary"
checked_on = 2026-01-01
also = ["house"]
"""


class TestLoadProtocols:
    def write(self, folder: Path, text: str) -> Path:
        file = folder / "own.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def test_a_clinics_own_file_has_the_same_schema(self, tmp_path: Path) -> None:
        (protocol,) = load_protocols(self.write(tmp_path, OWN))
        assert str(due_dates("2026-01-05", protocol)).startswith(
            "earliest 2026-03-31, due 2026-04-06"
        )
        usual, minimum = protocol.retreatment.usual_source, protocol.retreatment.minimum_source
        assert usual is not None
        assert minimum is not None
        assert (usual.title, minimum.title) == ("Our house rules", "Epocrates: Botox")
        assert protocol.unverified_retreatment == ()
        assert [str(limit) for limit in protocol.limits] == ["360 U per window, product"]

    def test_a_figure_without_a_source_is_unverified(self, tmp_path: Path) -> None:
        plain = OWN.split("[protocols.retreatment.minimum]", maxsplit=1)[0].replace(
            'kind = "scheduled"', 'kind = "scheduled"\nminimum = "12 weeks"'
        )
        (protocol,) = load_protocols(self.write(tmp_path, plain))
        assert due_dates("2026-01-05", protocol).unverified == ("minimum",)

    def test_limits_of_another_region_are_left_out(self, tmp_path: Path) -> None:
        elsewhere = OWN.replace('scope = "product"', 'scope = "product"\nregion = "uk"')
        (protocol,) = load_protocols(self.write(tmp_path, elsewhere))
        assert protocol.limits == ()

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('"12 weeks + 1 day"', '"12 moons"', r"own\.toml: \[\[protocols\]\] 1 \(own-migraine\): retreatment\.minimum: not an interval; give text such as '12 weeks'.*; found '12 moons'"),
            ('"12 weeks + 1 day"', "84", r"retreatment\.minimum: .*found '84'"),
            ('"12 weeks + 1 day"', '"- 1 day"', "minimum cannot be negative"),
            ('"13 weeks"', '"- 1 day"', "a range of intervals such as '12 to 16 weeks' cannot be negative"),
            ('kind = "scheduled"', 'kind = "monthly"', r"retreatment\.kind: Input should be 'scheduled' or 'as_needed'; found 'monthly'"),
            ('kind = "scheduled"', 'kind = "scheduled"\nmaximum = 3', r"retreatment\.maximum: no field has this name; give some of kind, .*; found '3'"),
            ('product = "Botox"', 'product = "Toxin"', r"product: not a product; give one of onabotulinumtoxinA"),
            ('indication = "chronic-migraine"', 'indication = "Chronic migraine"', r"indication: give a slug such as"),
            ('version = "1"\n', "", r"version: Field required"),
            ("checked_on = 2026-01-01\nalso", 'checked_on = "January"\nalso', r"retreatment\.minimum_source\.checked_on: not a calendar day; give a date"),
            ("checked_on = 2026-01-01\nalso", "checked_on = 2026-01-01T00:00:00\nalso", r"checked_on: not a calendar day; give a date"),
            ('key = "epocrates-botox"', 'key = "epocrats"', r"retreatment\.minimum\.key: no source is called 'epocrats'"),
            ('also = ["house"]', 'also = ["home"]', r"no source is called 'home'"),
            ("[[protocols]]", "[[protocol]]", r"own\.toml: \[protocol\]: unknown table; expected \[\[protocols\]\]"),
            ("[[protocols]]", "[protocols]", r"own\.toml: protocols: expected \[\[protocols\]\] tables"),
            ("[sources.house]", "[sources]", r"own\.toml: sources: expected \[sources\.KEY\] tables"),
            ("[[protocols]]", "[[protocols]", r"own\.toml: not a TOML file: .*line"),
            ("units = 360", "units = 0", r"limits\.0\.units: Input should be greater than 0"),
            ("units = 360\n", "", "a limit needs units"),
            ('windows = [{ window = "12 weeks" }]', "", "a limit per window needs windows"),
            ('windows = [{ window = "12 weeks" }]', 'windows = [{ window = "0 days" }]', "longer than nothing"),
            ('windows = [{ window = "12 weeks" }]', 'windows = [{ window = "12 weeks" }, { window = "3 months" }]', "names each one's reading once"),
        ],
    )  # fmt: skip
    def test_a_malformed_file_names_file_table_key_and_what_is_expected(
        self, tmp_path: Path, old: str, new: str, message: str
    ) -> None:
        assert old in OWN
        with pytest.raises(ProtocolFileError, match=message):
            load_protocols(self.write(tmp_path, OWN.replace(old, new)))

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            ("ages = { first = 18, last = 2 }", "the age range ends before it starts"),
            (
                "in_force = { first = 2026-02-01, last = 2026-01-01 }",
                "in_force ends before it starts",
            ),
            ('response = { onset = "2 to 3 weeks", peak = "1 week" }', "must begin in that order"),
            (
                'response = { onset = "- 1 day" }',
                "a range of intervals such as '12 to 16 weeks' cannot be negative",
            ),
        ],
    )
    def test_impossible_tables_are_refused(self, tmp_path: Path, table: str, message: str) -> None:
        text = OWN.replace('population = "adult"', f'population = "adult"\n{table}')
        with pytest.raises(ProtocolFileError, match=message):
            load_protocols(self.write(tmp_path, text))

    def test_a_value_in_place_of_a_table_is_refused(self, tmp_path: Path) -> None:
        text = OWN.split("[protocols.retreatment]", maxsplit=1)[0] + "retreatment = 5"
        with pytest.raises(ProtocolFileError, match=r"\(own-migraine\): retreatment: .*found '5'"):
            load_protocols(self.write(tmp_path, text))

    def test_a_usual_range_may_have_no_minimum(self, tmp_path: Path) -> None:
        text = OWN.split("[protocols.retreatment.minimum]", maxsplit=1)[0]
        (protocol,) = load_protocols(self.write(tmp_path, text))
        assert due_dates("2026-01-05", protocol).earliest == date(2026, 4, 6)

    def test_all_faults_of_a_file_come_together(self, tmp_path: Path) -> None:
        text = OWN.replace('"12 weeks + 1 day"', '"12 moons"').replace('"adult"', '"senior"')
        with pytest.raises(ProtocolFileError) as caught:
            load_protocols(self.write(tmp_path, text))
        assert len(str(caught.value).splitlines()) == 2

    def test_no_protocol_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ProtocolFileError, match="expected at least one"):
            load_protocols(self.write(tmp_path, "[sources.house]\ntitle = 'x'\n"))

    def test_a_mark_of_utf_8_is_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_text(OWN, encoding="utf-8-sig")
        assert len(load_protocols(file)) == 1

    def test_bytes_are_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_bytes(b"\xff\xfe")
        with pytest.raises(ProtocolFileError, match="expected UTF-8"):
            load_protocols(file)

    def second(self, changes: dict[str, str]) -> str:
        table = OWN[OWN.index("[[protocols]]") :]
        for old, new in changes.items():
            table = table.replace(old, new)
        return OWN + table

    def test_versions_may_not_overlap(self, tmp_path: Path) -> None:
        text = self.second({'version = "1"': 'version = "2"'})
        with pytest.raises(ProtocolFileError, match="in_force of versions 1 and 2 overlaps"):
            load_protocols(self.write(tmp_path, text))

    def test_versions_may_follow_each_other(self, tmp_path: Path) -> None:
        text = self.second({'version = "1"': 'version = "2"\nin_force = { first = 2026-02-01 }'})
        text = text.replace('version = "1"', 'version = "1"\nin_force = { last = 2026-01-31 }')
        assert len(load_protocols(self.write(tmp_path, text))) == 2

    def test_versions_share_their_indication(self, tmp_path: Path) -> None:
        text = self.second({'"chronic-migraine"': '"spasticity"'})
        with pytest.raises(
            ProtocolFileError,
            match=r"own\.toml: .* 2 \(own-migraine\): id: versions share indication, product",
        ):
            load_protocols(self.write(tmp_path, text))

    def test_a_shared_clock_is_mutual(self, tmp_path: Path) -> None:
        text = self.second(
            {'"chronic-migraine"': '"episodic-migraine"', '"own-migraine"': '"other"'}
        )
        text = text.replace(
            'population = "adult"',
            'population = "adult"\nshares_clock_with = ["episodic-migraine"]',
            1,
        )
        one_sided = (
            r"\(own-migraine\): shares_clock_with: names episodic-migraine, "
            "but other does not name chronic-migraine; expected both or none$"
        )
        with pytest.raises(ProtocolFileError, match=one_sided):
            load_protocols(self.write(tmp_path, text))

    def test_one_treatment_has_one_id(self, tmp_path: Path) -> None:
        text = self.second({'"own-migraine"': '"another"'})
        message = r"own\.toml: \[\[protocols\]\] 2 \(another\): id: own-migraine is for the same"
        with pytest.raises(ProtocolFileError, match=message):
            load_protocols(self.write(tmp_path, text))

    @pytest.mark.parametrize("minimum", ["13 weeks + 1 day", "3 months + 1 day", "1 year"])
    def test_a_usual_range_does_not_begin_before_the_minimum(
        self, tmp_path: Path, minimum: str
    ) -> None:
        text = OWN.replace("12 weeks + 1 day", minimum)
        message = (
            r"\[\[protocols\]\] 1 \(own-migraine\): retreatment\.usual: begins before the minimum; "
            "expected the part from the minimum on"
        )
        with pytest.raises(ProtocolFileError, match=message):
            load_protocols(self.write(tmp_path, text))

    @pytest.mark.parametrize("minimum", ["13 weeks", "91 days", "3 months - 1 day"])
    def test_a_usual_range_may_begin_on_the_minimum(self, tmp_path: Path, minimum: str) -> None:
        assert load_protocols(self.write(tmp_path, OWN.replace("12 weeks + 1 day", minimum)))

    @pytest.mark.parametrize(
        "field",
        ['value = "169 days"', 'value = "169 days"\nstatistic = ""', 'statistic = "median"'],
    )
    def test_a_statistic_has_a_name_and_a_value(self, tmp_path: Path, field: str) -> None:
        cited = 'key = "house"\nplace = "1"\nverification = "clinic"\nchecked_on = 2026-01-01'
        text = f"{OWN}\n[protocols.retreatment.typical]\n{field}\n{cited}\n"
        with pytest.raises(ProtocolFileError, match=r"1 \(own-migraine\): retreatment"):
            load_protocols(self.write(tmp_path, text))

    @pytest.mark.parametrize(
        ("one", "two"), [("1", "1"), ("1.0", "1.00"), ("2026-spring", "2026-fall"), ("1", "draft")]
    )
    def test_versions_of_one_protocol_can_be_compared(
        self, tmp_path: Path, one: str, two: str
    ) -> None:
        text = self.second(
            {'version = "1"': f'version = "{two}"\nin_force = {{ first = 2026-02-01 }}'}
        )
        text = text.replace(
            'version = "1"\nregion',
            f'version = "{one}"\nin_force = {{ last = 2026-01-31 }}\nregion',
            1,
        )
        with pytest.raises(
            ProtocolFileError, match=r"2 \(own-migraine\): version: .* cannot be compared"
        ):
            load_protocols(self.write(tmp_path, text))

    @pytest.mark.parametrize(
        ("old", "new", "path"),
        [
            ('title = "Our house rules"', r'title = "Our \u001b[2J rules"', "sources.house.title"),
            ('place = "1"', r'place = "\u0000"', r"protocols\[1\]\.retreatment\.usual\.place"),
            ('id = "own-migraine"', r'id = "own\u0007"', r"protocols\[1\]\.id"),
            ('also = ["house"]', r'also = ["\u0085"]', r"retreatment\.minimum\.also\[1\]"),
            ('id = "own-migraine"', r'id = "own\u202e"', r"protocols\[1\]\.id"),
            ('id = "own-migraine"', r'id = "own\u2028"', r"protocols\[1\]\.id"),
            ("[sources.house]", r'[sources."ho\u2066use"]', "sources: a key"),
            ("[sources.house]", r'[sources."ho\u001buse"]', "sources: a key"),
            ("[sources.house]", '["so\\u001burces".house]', "the file: a key"),
        ],
    )
    def test_control_characters_are_refused(
        self, tmp_path: Path, old: str, new: str, path: str
    ) -> None:
        assert old in OWN
        with pytest.raises(
            ProtocolFileError,
            match=rf"own\.toml: .*{path}.* has a control character; expected plain text$",
        ) as caught:
            load_protocols(self.write(tmp_path, OWN.replace(old, new)))
        assert str(caught.value).isprintable()

    def test_a_text_may_have_several_lines(self, tmp_path: Path) -> None:
        text = OWN.replace('place = "1"', 'place = "page 1\\nof 2"')
        (protocol,) = load_protocols(self.write(tmp_path, text))
        assert protocol.retreatment.usual_source is not None
        assert protocol.retreatment.usual_source.place == "page 1\nof 2"


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
