"""Protocol files: what is read, and how every fault is named."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule import find_protocol
from botox_schedule import outcomes as out
from botox_schedule.errors import ProtocolFileError
from botox_schedule.protocols import Code
from botox_schedule.protocols.loader import protocols_in, tables_in
from botox_schedule.testing import record_from_gaps
from botox_schedule.views.messages import load_messages
from samples import ARM, LEG, OWN, TWELVE

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


PROTOCOL = """[[protocols]]
id = "own"
version = "{version}"
region = "us"
indication = "chronic-migraine"
product = "Botox"
population = "adult"
retreatment = {{ kind = "scheduled", minimum = "12 weeks" }}
in_force = {{ {period} }}
"""


SOURCES = {"leaflet": {"title": "The leaflet", "address": "in the drawer"}}
SOURCE = {
    "key": "leaflet",
    "place": "page 1",
    "verification": "clinic",
    "checked_on": date(2026, 1, 5),
}


def code_of(row: dict[str, Any]) -> Code:
    return Code.model_validate(
        {key: row[key] for key in ("system", "code", "meaning", "source") if key in row}
    )


class TestFiles:
    @pytest.mark.parametrize(
        ("one_period", "other", "fits"),
        [
            ("last = 2026-06-30", "first = 2026-07-01", True),
            ("first = 2026-07-01", "last = 2026-06-30", True),
            ("last = 2026-06-30", "first = 2026-06-30", False),
            ("first = 2026-06-30", "last = 2026-06-30", False),
            ("", "first = 2026-07-01", False),
            ("", "last = 2026-06-30", False),
            ("first = 2026-07-01", "", False),
            (
                "first = 2026-01-01, last = 2026-02-01",
                "first = 2026-02-02, last = 2026-03-01",
                True,
            ),
            (
                "first = 2026-02-02, last = 2026-03-01",
                "first = 2026-01-01, last = 2026-02-01",
                True,
            ),
            (
                "first = 2026-01-01, last = 2026-12-31",
                "first = 2026-02-01, last = 2026-03-01",
                False,
            ),
            ("first = 2026-01-01", "first = 2027-01-01", False),
            ("last = 2026-01-01", "last = 2027-01-01", False),
        ],
    )
    def test_the_periods_of_versions_share_no_day(
        self, tmp_path: Path, one_period: str, other: str, fits: bool
    ) -> None:
        file = tmp_path / "own.toml"
        parts = [PROTOCOL.format(version=n, period=p) for n, p in enumerate((one_period, other))]
        file.write_text("\n".join(parts), encoding="utf-8")
        if fits:
            assert len(bs.load_protocols(file)) == 2
            return
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            bs.load_protocols(file)
        assert str(caught.value) == (
            "own.toml: [[protocols]] 2 (own): in_force of versions 0 and 1 overlaps; "
            "expected periods without a common day"
        )

    def test_faults_show_values_and_never_whole_tables(self, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        text = PROTOCOL.format(version="1", period="").replace('"adult"', '"old"')
        file.write_text(text.replace('kind = "scheduled"', 'kind = ["x"]'), encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            bs.load_protocols(file)
        assert str(caught.value).splitlines() == [
            "own.toml: [[protocols]] 1 (own): population: Input should be 'adult' or 'pediatric'; found 'old'",
            "own.toml: [[protocols]] 1 (own): retreatment.kind: Input should be 'scheduled' or 'as_needed'",
        ]

    def test_rules_are_read_or_every_fault_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "rules.toml"
        row = '[[rules]]\nid = "own"\nversion = "1"\ntitle = "t"\n[[rules.criteria]]\nkind = "failures"\nname = "n"\nfailures = 2\nbelow_gives = "stop"\notherwise = "continue"\n'
        source = 'source = { key = "nowhere", place = "p", verification = "clinic", checked_on = 2026-01-05 }\n'
        bad = row + source
        file.write_text(bad + bad.replace('"own"', '"other"'), encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            out.load_response_rules(file)
        fault = "criteria.source.key: no such source; expected a key of [sources] or of the bundled sources"
        assert str(caught.value).splitlines() == [
            f"rules.toml: [[rules]] {number}: {fault}" for number in (1, 2)
        ]
        file.write_text("", encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError):
            out.load_response_rules(file)

    @pytest.mark.parametrize("digit", ["0xf", "0o7", "0b1", "9", "-9"])
    @pytest.mark.parametrize(
        "read",
        [bs.load_protocols, out.load_response_rules, load_messages],
        ids=["protocols", "rules", "words"],
    )
    def test_no_number_is_longer_than_toml_has_them(
        self, tmp_path: Path, digit: str, read: Callable[[Path], object]
    ) -> None:
        """A million binary digits are a number in Python, which then cannot be shown."""
        file = tmp_path / "own.toml"
        long = digit + digit[-1] * 900_000
        file.write_text(f"[[protocols]]\nid = {long}\n[[rules]]\nid = 1\n", encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError, match=r"own.toml: not a TOML file: "):
            read(file)

    def test_a_number_of_64_bits_is_one(self) -> None:
        assert tables_in("a = 0x7fffffffffffffff", "x") == {"a": 2**63 - 1}
        with pytest.raises(bs.errors.ProtocolFileError, match=r"x: .* a number is too large"):
            tables_in("a = [{ b = 0xffffffffffffffff }]", "x")


class TestProtocolFiles:
    def row(self, **changed: Any) -> dict[str, Any]:
        given = {
            "id": "own",
            "version": "1",
            "region": "us",
            "indication": "chronic-migraine",
            "product": "onabotulinumtoxinA",
            "population": "adult",
            "retreatment": TWELVE,
        }
        return given | changed

    def read(self, *rows: dict[str, Any], codes: Any = (), **tables: Any) -> Any:
        return protocols_in(
            {"sources": SOURCES, "protocols": list(rows), **tables}, "own.toml", codes
        )

    def faults(self, *rows: dict[str, Any], **tables: Any) -> list[str]:
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            self.read(*rows, **tables)
        return str(caught.value).splitlines()

    def test_figures_are_exact(self) -> None:
        assert tables_in("a = 1.1", "own.toml") == {"a": Decimal("1.1")}

    def test_every_faulty_protocol_is_named(self) -> None:
        nameless = {key: value for key, value in self.row().items() if key != "id"}
        found = self.faults(self.row(population="nobody"), nameless)
        assert found[0].startswith("own.toml: [[protocols]] 1 (own): population: ")
        assert found[1].startswith("own.toml: [[protocols]] 2: id: ")

    def test_another_name_of_an_indication_is_a_fault(self) -> None:
        rows = (self.row(indication="migraine"), self.row(id="b", shares_clock_with=["oab"]))
        migraine, bladder = self.faults(*rows)
        assert migraine == (
            "own.toml: [[protocols]] 1 (own): indication: migraine is another name of "
            "chronic-migraine; expected chronic-migraine"
        )
        assert bladder == (
            "own.toml: [[protocols]] 2 (b): shares_clock_with: oab is another name of "
            "overactive-bladder; expected overactive-bladder"
        )
        assert self.read(self.row(indication="essential-tremor"))

    def test_a_file_without_a_protocol_is_refused(self) -> None:
        assert self.faults() == ["own.toml: no [[protocols]] table; expected at least one"]

    def test_limits_of_file_and_protocol_hold_together(self) -> None:
        shared = {"scope": "product", "per": "session", "units": 400, "region": "us"}
        own = {"scope": "indication", "per": "session", "units": 200}
        (found,) = self.read(self.row(limits=[own]), limits=[shared, shared | {"region": "uk"}])
        assert [limit.units for limit in found.limits] == [400, 200]

    @pytest.mark.parametrize("key", ["limits", "codes"])
    @pytest.mark.parametrize("value", [5, "none", {}, True])
    def test_what_is_no_list_is_refused_next_to_what_the_file_adds(
        self, key: str, value: object
    ) -> None:
        limit = {"scope": "product", "per": "session", "units": 400}
        code = {"system": "CPT", "code": "1", "meaning": "ours", "product": "onabotulinumtoxinA"}
        with pytest.raises(bs.errors.ProtocolFileError, match=rf"1 \(own\): {key}: "):
            self.read(
                self.row(**{key: value}),
                limits=[limit],
                codes=[(code, code_of(code))],
            )

    def test_codes_of_file_and_protocol_hold_together(self) -> None:
        code = {"system": "CPT", "meaning": "ours", "source": SOURCE}
        given = [
            code | {"code": "1", "product": "onabotulinumtoxinA"},
            code | {"code": "2", "product": "abobotulinumtoxinA"},
            code | {"code": "3", "indications": ["chronic-migraine"]},
            code | {"code": "4", "indications": ["spasticity"]},
            code | {"code": "5", "region": "uk"},
        ]
        rows = [(about, code_of(about)) for about in given]
        (found,) = self.read(self.row(codes=[code | {"code": "own"}]), codes=rows)
        assert [one.code for one in found.codes] == ["1", "3", "own"]
        assert found.codes[-1].source.address == "in the drawer"

    def test_a_citation_in_part_is_a_fault_and_no_crash(self) -> None:
        for part in ({"place": "page 1"}, {"key": "leaflet"}):
            found = self.faults(self.row(retreatment=TWELVE | {"minimum_source": part}))
            assert all("retreatment.minimum_source" in fault for fault in found)

    def test_an_unknown_source_is_named_where_it_stands(self) -> None:
        unknown = SOURCE | {"key": "hearsay"}
        limit = {"scope": "product", "per": "session", "units": 400}
        found = self.faults(
            self.row(
                retreatment=TWELVE | {"minimum_source": unknown},
                limits=[limit, limit | {"source": unknown}],
            )
        )
        expected = (
            "key: no source is called 'hearsay'; "
            "expected a key of [sources] or of the bundled sources"
        )
        where = "own.toml: [[protocols]] 1 (own): "
        assert found == [
            f"{where}retreatment.minimum_source.{expected}",
            f"{where}limits[2].source.{expected}",
        ]

    def test_also_is_a_list(self) -> None:
        found = self.faults(self.row(retreatment=TWELVE | {"minimum_source": SOURCE | {"also": 5}}))
        assert "also" in found[0]


class TestVersions:
    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            ("9", "10"),
            ("1.9", "1.10"),
            ("1.0", "1.0.1"),
            ("0", "1"),
            ("2026.09", "2026.10"),
            ("1." + "9" * 4999, "1.1" + "0" * 4999),
            ("1.x", "1.0"),
            ("1.0.x", "1"),
            ("2.0-draft", "2.0"),
            ("2-draft", "2.0"),
            ("2.0", "2.0.1-draft"),
        ],
    )
    def test_are_compared_as_numbers_of_any_length(self, older: str, newer: str) -> None:
        protocol = find_protocol("chronic-migraine")
        keys = [protocol.model_copy(update={"version": one}).version_key for one in (older, newer)]
        assert keys[0] < keys[1]

    @pytest.mark.parametrize(
        ("one", "same"),
        [("1.01", "1.1"), ("00", "0"), ("2.0", "2"), ("2.00-x", "2-x"), ("0.0", "0")],
    )
    def test_zeros_around_mean_nothing(self, one: str, same: str) -> None:
        protocol = find_protocol("chronic-migraine")
        keys = [protocol.model_copy(update={"version": v}).version_key for v in (one, same)]
        assert keys[0] == keys[1]


class TestWhatAFileStates:
    ROW: ClassVar[Any] = OWN | {"retreatment": {"kind": "scheduled", "minimum": "12 weeks"}}

    def read(self, *rows: dict[str, Any], **tables: Any) -> tuple[bs.TreatmentProtocol, ...]:
        whole = [{**self.ROW, **row} for row in rows]
        return protocols_in({"protocols": whole, **tables}, "own.toml", {})

    @pytest.mark.parametrize(
        ("minimum", "usual", "fits"),
        [
            ("12 weeks", "12 weeks", True),
            ("12 weeks", "83 days", False),
            # From some days on three months are 89 days, from others 92.
            ("90 days", "3 months", False),
            ("3 months", "90 days", False),
            ("3 months", "3 months", True),
            ("89 days", "3 months", True),
        ],
    )
    def test_a_usual_range_begins_with_the_minimum_from_every_day(
        self, minimum: str, usual: str, *, fits: bool
    ) -> None:
        stated = {"kind": "scheduled", "minimum": minimum, "usual": usual}
        if fits:
            assert len(self.read({"retreatment": stated})) == 1
            return
        with pytest.raises(bs.errors.ProtocolFileError):
            self.read({"retreatment": stated})

    def test_two_versions_are_compared_whatever_lies_between_them(self) -> None:
        first = {"version": "1", "in_force": {"last": date(2026, 1, 31)}}
        other = {"id": "leg", "indication": LEG}
        for again in (
            {"version": "1", "in_force": {"first": date(2026, 3, 1)}},
            {"version": "one"},
        ):
            with pytest.raises(bs.errors.ProtocolFileError, match="version"):
                self.read(first, other, again)

    @pytest.mark.parametrize("key", ["indication", "shares_clock_with"])
    def test_another_name_of_an_indication_is_refused_everywhere(self, key: str) -> None:
        alias = {"indication": "migraine", "shares_clock_with": ["migraine"]}[key]
        row = {"indication": ARM} if key == "shares_clock_with" else {}
        with pytest.raises(bs.errors.ProtocolFileError, match="another name"):
            self.read({**row, key: alias})

    def test_sharing_is_two_sided_among_those_of_one_product(self) -> None:
        arm = {"id": "arm", "indication": ARM, "shares_clock_with": [LEG]}
        leg = {"id": "leg", "indication": LEG}
        with pytest.raises(bs.errors.ProtocolFileError, match="shares_clock_with"):
            self.read(arm, leg)
        assert len(self.read(arm, {**leg, "product": "Dysport"})) == 2

    def test_limits_of_a_file_hold_in_their_region_beside_the_protocols_own(self) -> None:
        limit = {"scope": "product", "per": "session"}
        shared = [{**limit, "units": 300, "region": "us"}, {**limit, "units": 200, "region": "uk"}]
        (own,) = self.read({"limits": [{**limit, "units": 100}]}, limits=shared)
        assert [found.units for found in own.limits] == [300, 100]

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            (({}, {"id": "x"}), "; expected one id for both"),
            (({}, {"indication": ARM}), "; expected the same"),
            (({}, {"version": "one"}), "; expected different numbers such as 1.2"),
            (({"title": "a\x07"},), r"protocols\[1\]\.title"),
        ],
    )
    def test_a_conflict_says_what_is_expected(
        self, rows: tuple[dict[str, Any], ...], words: str
    ) -> None:
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            self.read(*rows)
        assert any(re.search(rf"{words}($|:)", line) for line in str(caught.value).splitlines())

    def test_a_limit_over_several_indications_names_them(self) -> None:
        limit = {"scope": "indications", "indications": [ARM, LEG], "per": "session", "units": 300}
        (own,) = self.read({"limits": [limit]})
        assert str(own.limits[0]) == f"300 U per session, {ARM}, {LEG}"
        assert own.limits[0].in_words() == f"300 U per session for {ARM} and {LEG}"

    def test_a_source_that_is_cited_too_is_known(self) -> None:
        cited = {"key": "k", "place": "p", "verification": "clinic", "checked_on": date(2026, 1, 5)}
        stated = {"kind": "scheduled", "minimum": {"value": "12 weeks", **cited, "also": ["l"]}}
        with pytest.raises(bs.errors.ProtocolFileError, match="no source is called 'l'"):
            self.read({"retreatment": stated}, sources={"k": {"title": "t"}})
        known = {"k": {"title": "t"}, "l": {"title": "u"}}
        assert len(self.read({"retreatment": stated}, sources=known)) == 1


class TestTheText:
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
