"""Names and codes under which records know indications and products."""

import pytest

import botox_schedule as bs
from botox_schedule.errors import BotoxScheduleError, UnknownCodeSystemError
from botox_schedule.protocols import (
    find_indication,
    find_product,
    find_product_by_code,
    names_toxin,
    suggested_indications,
)
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.protocols.indications import (
    bundled_indications,
    code_rows,
    find_indication_name,
    names_of,
    nearest_indications,
    why_no_product,
)
from botox_schedule.terms import Product

ONA = Product.ONABOTULINUMTOXIN_A
ABO = Product.ABOBOTULINUMTOXIN_A
INCO = Product.INCOBOTULINUMTOXIN_A
DAX = Product.DAXIBOTULINUMTOXIN_A
RIMA = Product.RIMABOTULINUMTOXIN_B
PRABO = Product.PRABOTULINUMTOXIN_A
LETI = Product.LETIBOTULINUMTOXIN_A
ADDRESSES = [
    (name, address)
    for name, others in bundled_tables("indications.toml")["systems"].items()
    for address in (name, *others)
]
LIMBS = ("spasticity", "upper-limb-spasticity", "lower-limb-spasticity")


class TestProducts:
    @pytest.mark.parametrize(
        ("text", "product"),
        [
            ("Botox®", ONA),
            ("BOTOX 100 unit vial", ONA),
            ("BOTOX 200 UNIT SOLR", ONA),
            ("Botox™ Cosmetic", ONA),
            ("botox-cosmetic", ONA),
            ("OnabotulinumtoxinA (Botox)", ONA),
            ("onabotulinumtoxinA-xxxx", ONA),
            ("onabotulinumtoxin A 155 units", ONA),
            ("onabotulinum toxin type A", ONA),
            ("  VISTABEL 4 U/0.1 ml ", ONA),
            ("Vistabex", ONA),
            ("BOTOX® (onabotulinumtoxinA) for injection, 100 Units/vial", ONA),
            ("\N{FULLWIDTH LATIN CAPITAL LETTER B}otox", ONA),
            ("Azzalure 125 Units", ABO),
            ("Alluzience", ABO),
            ("Dysport 500 U powder for solution", ABO),
            ("abobotulinumtoxin-A", ABO),
            ("Bocouture 50", INCO),
            ("XEOMIN 100 UNITS (incobotulinumtoxinA)", INCO),
            ("Daxxify", DAX),
            ("daxibotulinumtoxinA-lanm", DAX),
            ("Myobloc 2,500 U/0.5 mL", RIMA),
            ("NeuroBloc", RIMA),
            ("rimabotulinumtoxinB", RIMA),
            ("Jeuveau", PRABO),
            ("prabotulinumtoxinA-xvfs", PRABO),
            ("Nuceiva", PRABO),
            ("Letybo 50 U", LETI),
            ("BOTOX100U", ONA),
            ("Botox-200 UNIT", ONA),
            ("dysport500", ABO),
            ("letibotulinumtoxinA-wlbg", LETI),
        ],
    )
    def test_what_records_hold_names_the_product(self, text: str, product: Product) -> None:
        assert find_product(text) is product

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("Botox or Dysport", "two products"),
            ("Xeomin / Bocouture / Botox", "two products"),
            ("no Botox, Dysport instead", "two products"),
            ("Botox not given", "was not given"),
            ("former Botox patient", "was not given"),
            ("Botox declined", "was not given"),
            ("Botox: withheld", "was not given"),
            ("Botox held", "was not given"),
            ("Botox placebo", "was not given"),
            ("Botox biosimilar", "was not given"),
            ("lidocaine cream for Botox", "was not given"),
            ("a cream for Botox", "was not given"),
            ("Botox ointment", "was not given"),
            ("Botox waste", "was not given"),
            ("Botox (wasted)", "was not given"),
            ("Relfydess or Botox", "two products"),
            ("Botox / Nabota", "two products"),
            ("relabotulinumtoxinA, not Botox", "two products"),
            ("Botox - none", "was not given"),
            ("hold Botox", "was not given"),
            ("stop Botox", "was not given"),
            ("Botox discussed", "was not given"),
            ("candidate for Botox", "was not given"),
            ("kein Botox", "was not given"),
            ("Botox annul\u00e9", "was not given"),
            ("Botox-free", "no known product"),
            ("Dysport-like", "no known product"),
            ("allergic to BOTOX®", "was not given"),
            ("botulinum toxin type A", "no known product"),
            ("toxin", "no known product"),
            ("botoxx", "no known product"),
            ("", "no known product"),
            ("Relfydess", "no known product"),
            ("onabotulinumtoxinA-abcde", "no known product"),
            ("lidocaine", "no known product"),
        ],
    )
    def test_what_names_none_says_why_without_the_text(self, text: str, reason: str) -> None:
        assert find_product(text) is None
        assert reason in why_no_product(text)
        for word in text.replace(",", "").split():
            assert len(word) < 6 or word.startswith("botulinum") or word not in why_no_product(text)

    def test_a_long_text_is_read_no_further(self) -> None:
        assert find_product("x " * 99 + "Botox") is None
        assert find_product("x " * 90 + "Botox") is ONA

    @pytest.mark.parametrize("product", list(Product))
    def test_each_name_of_a_product_names_it(self, product: Product) -> None:
        assert product.value.lower() in names_of(product)
        for name in names_of(product):
            assert find_product(name) is product
            assert find_product(f"{name.upper()} 100 U") is product

    def test_a_name_belongs_to_one_product(self) -> None:
        tables = bundled_tables("products.toml")
        names = [
            name
            for part in ("brands", "spellings")
            for those in tables[part].values()
            for name in those
        ]
        assert len(names) == len(set(names))
        assert all(name == name.lower() for name in names)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Migraine", "chronic-migraine"),
            ("CHRONIC  MIGRAINE", "chronic-migraine"),
            ("migraña crónica", "chronic-migraine"),
            ("Migrana cronica", "chronic-migraine"),
            ("espasticidad", "spasticity"),
            ("espasticidad del miembro superior", "upper-limb-spasticity"),
            ("leg spasticity", "lower-limb-spasticity"),
            ("hemifacial spasm", "hemifacial-spasm"),
            ("Hemifacial_Spasm", "hemifacial-spasm"),
            ("espasmo hemifacial", "hemifacial-spasm"),
            ("distonia cervical", "cervical-dystonia"),
            ("blefaroespasmo", "blepharospasm"),
            ("estrabismo", "strabismus"),
            ("OAB", "overactive-bladder"),
            ("vejiga hiperactiva", "overactive-bladder"),
            ("hiperactividad neurógena del detrusor", "neurogenic-detrusor-overactivity"),
            ("hiperhidrosis axilar", "axillary-hyperhidrosis"),
            ("sialorrhoea", "sialorrhea"),
            ("frown lines", "glabellar-lines"),
            ("CM", "chronic-migraine"),
            ("Chronic migraine, intractable", "chronic-migraine"),
            ("CD", "cervical-dystonia"),
            ("Focal dystonia - cervical", "cervical-dystonia"),
            ("Benign essential blepharospasm", "blepharospasm"),
            ("BEB", "blepharospasm"),
            ("HFS", "hemifacial-spasm"),
            ("Post-stroke spasticity", "spasticity"),
            ("Spasticity due to MS", "spasticity"),
            ("ULS", "upper-limb-spasticity"),
            ("Spasticity - upper extremity", "upper-limb-spasticity"),
            ("Post-stroke lower limb spasticity", "lower-limb-spasticity"),
            ("Severe primary axillary hyperhidrosis", "axillary-hyperhidrosis"),
        ],
    )
    def test_titles_aliases_and_what_clinics_write(self, name: str, slug: str) -> None:
        assert find_indication_name(name) == slug

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Left upper extremity spasticity", "upper-limb-spasticity"),
            ("Spasticity, right leg", "lower-limb-spasticity"),
            ("Bilateral axillary hyperhidrosis", "axillary-hyperhidrosis"),
            ("Clonic hemifacial spasm, left", "hemifacial-spasm"),
            ("right palmar hyperhidrosis", None),
            ("left", None),
        ],
    )
    def test_a_side_does_not_matter(self, name: str, slug: str | None) -> None:
        assert find_indication_name(name) == slug

    def test_every_indication_has_both_titles(self) -> None:
        rows = bundled_tables("indications.toml")["indications"]
        assert all(row["title"] and row["title_es"] for row in rows)
        for row in rows:
            for name in (row["slug"], row["title"], row["title_es"], *row.get("aliases", ())):
                assert find_indication_name(name) == row["slug"]

    def test_every_protocol_is_for_a_named_indication(self) -> None:
        assert {p.indication for p in bs.bundled_protocols()} <= bundled_indications()

    def test_an_unknown_name_has_none_but_near_ones(self) -> None:
        assert find_indication_name("bruxism") is None
        assert nearest_indications("hemifacal spasm") == ["hemifacial-spasm"]


class TestCodes:
    @pytest.mark.parametrize(
        ("system", "code", "indication"),
        [
            ("ICD-10-CM", "G43.709", "chronic-migraine"),
            ("ICD-10-CM", "g43e19", "chronic-migraine"),
            ("ICD-10-CM", "G24.3", "cervical-dystonia"),
            ("ICD-10-CM", "G24.5", "blepharospasm"),
            ("ICD-10-CM", "G51.31", "hemifacial-spasm"),
            ("ICD-10-CM", "G51.39", "hemifacial-spasm"),
            ("ICD-10-CM", "G81.11", "spasticity"),
            ("ICD-10-CM", "G11.4", "spasticity"),
            ("ICD-10-CM", "N32.81", "overactive-bladder"),
            ("ICD-10-CM", "N39.46", "overactive-bladder"),
            ("ICD-10-CM", "N31.9", "neurogenic-detrusor-overactivity"),
            ("ICD-10-CM", "L74.510", "axillary-hyperhidrosis"),
            ("ICD-10-CM", "K11.7", "sialorrhea"),
            ("ICD-10-CM", "H50.00", "strabismus"),
            ("CPT", "64615", "chronic-migraine"),
            ("CPT", "64616", "cervical-dystonia"),
            ("CPT", "64611", "sialorrhea"),
            ("CPT", "64644", "spasticity"),
            ("CPT", "64650", "axillary-hyperhidrosis"),
            ("CPT", "67345", "strabismus"),
            ("SNOMED CT", "221360009", "spasticity"),
        ],
    )
    def test_a_code_names_its_indication(self, system: str, code: str, indication: str) -> None:
        assert find_indication(system, code) == indication
        assert indication in suggested_indications(system, code)

    @pytest.mark.parametrize(
        ("system", "code", "suggested"),
        [
            ("ICD-10-CM", "I69.351", LIMBS),
            ("ICD-10-CM", "I69.959", LIMBS),
            ("ICD-10-CM", "I69.331", ("upper-limb-spasticity", "spasticity")),
            ("ICD-10-CM", "I69.349", ("lower-limb-spasticity", "spasticity")),
            ("ICD-10-CM", "G35.A", LIMBS),
            ("ICD-10-CM", "G35.B1", LIMBS),
            ("ICD-10-CM", "G35.D", LIMBS),
            ("ICD-10-CM", "G80.9", LIMBS),
            ("ICD-10-CM", "G82.20", LIMBS),
            ("ICD-10-CM", "G83.10", ("lower-limb-spasticity", "spasticity")),
            ("CPT", "64612", ("blepharospasm", "hemifacial-spasm")),
            ("CPT", "52287", ("overactive-bladder", "neurogenic-detrusor-overactivity")),
            ("CPT", "64617", ()),
            ("CPT", "64647", ()),
            ("SNOMED CT", "32402008", ("hemifacial-spasm",)),
        ],
    )
    def test_what_may_be_several_things_needs_a_choice(
        self, system: str, code: str, suggested: tuple[str, ...]
    ) -> None:
        assert find_indication(system, code) is None
        assert suggested_indications(system, code) == suggested

    @pytest.mark.parametrize(
        ("system", "code"),
        [
            ("ICD-10-CM", "G35"),
            ("ICD-10-CM", "G24.89"),
            ("ICD-10-CM", "N36.44"),
            ("ICD-10-CM", "N31.2"),
            ("ICD-10-CM", "L98.8"),
            ("ICD-10-CM", "L74.519"),
            ("ICD-10-CM", "M62.838"),
            ("ICD-10-CM", ""),
            ("CPT", "31573"),
            ("HCPCS", "J0585"),
        ],
    )
    def test_an_unknown_code_is_none(self, system: str, code: str) -> None:
        assert find_indication(system, code) is None
        assert suggested_indications(system, code) == ()

    @pytest.mark.parametrize("question", [find_indication, suggested_indications])
    @pytest.mark.parametrize("system", ["ICD-9", "", "http://example.org/codes", "urn:oid:1.2.3"])
    def test_an_unknown_system_is_an_error(self, question: object, system: str) -> None:
        """None would read as: the code was looked up, and is none of ours."""
        assert callable(question)
        with pytest.raises(
            UnknownCodeSystemError, match="no coding system has that name"
        ) as caught:
            question(system, "G43.709")
        assert isinstance(caught.value, BotoxScheduleError)
        assert isinstance(caught.value, LookupError)

    def test_the_error_names_what_comes_close_and_not_the_code(self) -> None:
        with pytest.raises(UnknownCodeSystemError) as caught:
            find_indication("icd-10cm", "G43.709")
        assert str(caught.value).endswith("give ICD-10-CM")
        assert "G43" not in str(caught.value)
        with pytest.raises(UnknownCodeSystemError, match="give one of ICD-10-CM, CPT, SNOMED CT"):
            find_indication("local", "G43.709")

    @pytest.mark.parametrize(("name", "address"), ADDRESSES)
    def test_a_system_has_names_and_addresses(self, name: str, address: str) -> None:
        row = next(row for row in code_rows() if row["system"] == name)
        for text in (address, address.upper(), f" {address} ", f"{address}|2026", f"{address}/"):
            assert find_indication(text, row["code"]) == find_indication(name, row["code"])
            assert names_toxin(text, row["code"]) is names_toxin(name, row["code"])

    def test_an_oid_needs_no_scheme(self) -> None:
        assert find_indication("2.16.840.1.113883.6.90", "G43.709") == "chronic-migraine"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_hcpcs_has_both_addresses(self, scheme: str) -> None:
        address = f"{scheme}://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
        assert find_product_by_code(address, "J0585") is ONA

    @pytest.mark.parametrize(
        "edition", ["731000124108", "900000000000207008", "731000124108/version/20240301"]
    )
    def test_an_edition_of_snomed_is_snomed(self, edition: str) -> None:
        row = next(row for row in code_rows() if row["system"] == "SNOMED CT")
        address = f"http://snomed.info/sct/{edition}"
        assert find_indication(address, row["code"]) == find_indication("SNOMED CT", row["code"])
        with pytest.raises(UnknownCodeSystemError):
            find_indication("http://snomed.info/scttwo", row["code"])

    def test_a_system_has_an_object_identifier(self) -> None:
        for name, others in bundled_tables("indications.toml")["systems"].items():
            assert any(address.startswith("urn:oid:") for address in others), name

    @pytest.mark.parametrize(
        ("code", "product"),
        [
            ("0023-1145-01", ONA),
            ("00023-1145-01", ONA),
            ("00023114501", ONA),
            ("0023114501", ONA),
            (" 0023-1145-01 ", ONA),
            ("0023-9232-02", ONA),
            ("15054-0530-6", ABO),
            ("15054-0530-06", ABO),
            ("15054053006", ABO),
            ("1505405306", ABO),
            ("46783-160-01", INCO),
            ("46783-0160-01", INCO),
            ("46783016001", INCO),
            ("72960-112-01", DAX),
            ("72301-595-10", PRABO),
            ("81165-100-01", LETI),
            ("10454-710-10", RIMA),
            ("10454071010", RIMA),
            ("0023-1145-02", None),
            ("0023-1145", None),
            ("23114501", None),
        ],
    )
    def test_an_ndc_is_known_in_10_and_11_digits(self, code: str, product: Product | None) -> None:
        assert find_product_by_code("NDC", code) is product
        assert names_toxin("NDC", code) is (product is not None)

    @pytest.mark.parametrize(
        ("system", "code", "product"),
        [
            ("HCPCS", "J0586", ABO),
            ("HCPCS", "J0587", RIMA),
            ("HCPCS", "j0588", INCO),
            ("HCPCS", "J0589", DAX),
            ("RxNorm", "860189", ONA),
            ("RxNorm", "1789953", ABO),
            ("RxNorm", "2117876", PRABO),
            ("RxNorm", "2689301", LETI),
            ("RxNorm", "1712", None),
            ("ATC", "M03AX01", None),
            ("another system", "J0586", None),
        ],
    )
    def test_a_code_names_its_product(
        self, system: str, code: str, product: Product | None
    ) -> None:
        assert find_product_by_code(system, code) is product

    def test_no_code_stands_twice(self) -> None:
        codes = [(row["system"], row["code"]) for row in code_rows()]
        assert len(codes) == len(set(codes))

    def test_every_code_leads_to_known_indications_or_a_product(self) -> None:
        for row in code_rows():
            named = {*row.get("indications", ()), *row.get("suggests", ())}
            assert named <= bundled_indications()
            about = {"indications", "suggests", "product"} & set(row)
            assert len(about) == 1
            if "product" in row:
                assert Product(row["product"])

    def test_protocols_carry_the_codes_of_their_indication_and_product(self) -> None:
        codes = {code.code for code in bs.find_protocol("blepharospasm").codes}
        assert {"G24.5", "64612", "J0585", "0023-1145-01"} <= codes
        assert not {"64615", "64617", "J0586", "G43.709"} & codes
        assert {c.system for c in bs.find_protocol("hemifacial-spasm", region="uk").codes} == {
            "SNOMED CT",
            "RxNorm",
            "ATC",
        }


class TestVials:
    def test_a_vial_names_its_product_size_and_source(self) -> None:
        vials = bundled_tables("vials.toml")["vials"]
        sizes: dict[str, list[int]] = {}
        for row in vials:
            sizes.setdefault(row["product"], []).append(row["units"])
        assert sizes == {
            ONA: [100, 200],
            ABO: [300, 500],
            INCO: [50, 100, 200],
            DAX: [50, 100],
            PRABO: [100],
            LETI: [100],
            RIMA: [2500],
        }
        assert not [row for row in vials if row["source"]["verification"] == "unverified"]
