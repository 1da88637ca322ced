"""The bundled figures: what they say, where they were read, and what they do to dates and limits."""

import calendar
import json
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from itertools import groupby
from itertools import product as pairs
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import Interval, PatientRecord, TreatmentProtocol
from botox_schedule.engine import LimitCheck
from botox_schedule.errors import UnknownProtocolError
from botox_schedule.protocols import DoseLimit, bundled_edition
from botox_schedule.protocols.bundled import data_folder
from botox_schedule.terms import (
    ForWhom,
    LimitPer,
    LimitReading,
    LimitScope,
    Population,
    Product,
    ResponsePhase,
    RetreatmentKind,
    Verification,
)

STORED = Path(__file__).parent / "stored" / "0.1.0"
FIGURES = ("minimum", "usual", "typical", "wording", "onset", "peak", "wear_off", "full_benefit")
STARTS = [
    date(2026, 1, 5),
    date(2026, 1, 31),
    date(2024, 2, 29),
    date(2026, 2, 28),
    date(2025, 11, 30),
    date(2026, 8, 31),
    date(2026, 12, 31),
]
BUNDLED = bs.bundled_protocols()
ADULT_US = [p for p in BUNDLED if (p.region, p.population) == ("us", Population.ADULT)]
each_protocol = pytest.mark.parametrize("protocol", BUNDLED, ids=lambda p: p.id)


def protocol_of(
    indication: str, product: str = "Botox", population: str = "adult", region: str = "us"
) -> TreatmentProtocol:
    return bs.find_protocol(indication, product, population, region)


def record(*sessions: dict[str, Any], **more: Any) -> PatientRecord:
    return PatientRecord.model_validate({"sessions": sessions, **more})


def session(
    day: date | str, protocol: TreatmentProtocol, units: Decimal | int | None, **more: Any
) -> dict[str, Any]:
    treated = {"indication": protocol.indication, "product": protocol.product}
    return {"administered_on": day, "units": units} | treated | more


class TestWhatIsKnown:
    """The library's two questions: when is the next session, and what is to be felt now."""

    def test_there_are_28_protocols_for_adults_in_the_us(self) -> None:
        assert len(ADULT_US) == 28

    def test_most_give_a_due_or_a_typical_day(self) -> None:
        rules = [protocol.retreatment for protocol in ADULT_US]
        assert sum(rule.usual is not None for rule in rules) == 9
        assert sum(rule.typical is not None for rule in rules) == 11
        assert sum(bool(rule.usual or rule.typical) for rule in rules) >= 18

    def test_most_state_a_window_of_the_response(self) -> None:
        responses = [protocol.response for protocol in ADULT_US]
        assert sum(bool(r.onset or r.peak or r.wear_off) for r in responses) >= 15

    @pytest.mark.parametrize("protocol", ADULT_US, ids=lambda p: p.id)
    def test_the_answer_has_that_day(self, protocol: TreatmentProtocol) -> None:
        dates = bs.due_dates("2026-01-05", protocol)
        rule = protocol.retreatment
        assert (dates.due is not None) is (rule.usual is not None)
        assert (dates.typical_on is not None) is (rule.typical is not None)
        assert dates.typical_words == rule.typical_statistic

    @each_protocol
    def test_a_typical_day_makes_nobody_overdue(self, protocol: TreatmentProtocol) -> None:
        if protocol.retreatment.typical is not None:
            dates = bs.due_dates("2026-01-05", protocol)
            assert (dates.due, dates.overdue_from, dates.lapsed_from) == (None, None, None)

    @each_protocol
    def test_where_nothing_is_known_a_note_says_what_was_looked_for(
        self, protocol: TreatmentProtocol
    ) -> None:
        rule, response = protocol.retreatment, protocol.response
        states = rule.usual or rule.typical or rule.wording
        window = response.onset or response.peak or response.wear_off
        assert states or window or response.notes or protocol.notes or rule.minimum

    def test_migraine_is_as_this_library_began(self) -> None:
        for region in ("us", "uk", "eu"):
            protocol = protocol_of("chronic-migraine", region=region)
            response = protocol.response
            assert str(protocol.retreatment.usual) == "12 weeks"
            assert (str(response.onset), response.peak) == ("2 to 3 weeks", None)
            assert str(response.full_benefit) == "6 months"
            assert any("week 1" in note for note in response.notes)

    def test_spasticity_is_as_this_library_began(self) -> None:
        for indication in ("spasticity", "upper-limb-spasticity", "lower-limb-spasticity"):
            protocol = protocol_of(indication)
            response = protocol.response
            assert str(protocol.retreatment.usual) == "3 to 4 months"
            windows = [str(response.onset), str(response.peak), str(response.wear_off)]
            assert windows == ["1 to 2 weeks", "4 to 6 weeks", "3 to 6 months"]
            assert any("89.4 days" in note for note in response.notes)
            assert any("3 to 4 months" in note for note in response.notes)

    def test_nobody_with_migraine_is_told_that_it_wore_off(self) -> None:
        """Some people notice it, in some cycles; the average patient has effect at week 12."""
        protocol = protocol_of("chronic-migraine")
        assert protocol.response.wear_off_for_whom is ForWhom.SOME
        assert protocol.response.wear_off_share == "90 of 143"
        timeline = bs.response_timeline("2026-01-05", protocol)
        phases = {
            bs.response_phase(timeline, as_of=date(2026, 1, 5) + timedelta(days=n))
            for n in range(200)
        }
        assert ResponsePhase.WORN_OFF not in phases
        assert ResponsePhase.WEARING_OFF not in phases
        assert bs.response_phase(timeline, as_of="2026-03-01") is ResponsePhase.EFFECT
        assert bs.response_phase(timeline, as_of="2026-03-02") is ResponsePhase.MAY_BE_WEARING_OFF
        assert bs.response_phase(timeline, as_of="2026-03-16") is ResponsePhase.MAY_BE_WEARING_OFF
        assert bs.response_phase(timeline, as_of="2026-03-17") is ResponsePhase.NOT_STATED

    def test_a_paralysis_that_resolves_is_no_wear_off(self) -> None:
        response = protocol_of("strabismus").response
        assert (str(response.onset), str(response.peak)) == ("1 to 2 days", "4 to 7 days")
        assert response.wear_off is None
        assert any("2 to 6 weeks" in note for note in response.notes)

    @pytest.mark.parametrize(
        ("indication", "product", "population", "words"),
        [
            ("lower-limb-spasticity", "Dysport", "pediatric", "16 to 22 weeks"),
            ("glabellar-lines", "Jeuveau", "adult", "3 treatments"),
            ("upper-facial-lines", "Xeomin", "adult", "more than 5 months"),
            ("sialorrhea", "Xeomin", "adult", "week 16"),
            ("lower-limb-spasticity", "Dysport", "adult", "studies of the arm"),
        ],
    )
    def test_what_is_not_shipped_is_a_note(
        self, indication: str, product: str, population: str, words: str
    ) -> None:
        protocol = protocol_of(indication, product, population)
        assert (protocol.retreatment.usual, protocol.retreatment.typical) == (None, None)
        assert protocol.response.wear_off is None
        assert any(words in note for note in (*protocol.notes, *protocol.response.notes))

    def test_the_medians_of_two_doses_are_no_range(self) -> None:
        rule = protocol_of("cervical-dystonia", "Daxxify").retreatment
        assert rule.usual is None
        assert str(rule.typical) == "142 days"
        assert rule.typical_source is not None
        assert "24.0 weeks at 125 U" in str(rule.typical_source.note)

    def test_a_contradicted_duration_is_about_some(self) -> None:
        response = protocol_of("cervical-dystonia", "Dysport").response
        assert (str(response.wear_off), response.wear_off_for_whom) == (
            "14 to 18 weeks",
            ForWhom.SOME,
        )

    @pytest.mark.parametrize("protocol", BUNDLED, ids=lambda p: p.id)
    def test_a_usual_range_is_no_duration(self, protocol: TreatmentProtocol) -> None:
        source = protocol.retreatment.usual_source
        assert source is None or source.basis != "read from a duration"


class TestStrengthOfMinimums:
    @pytest.mark.parametrize(
        ("indication", "product", "region", "advisory"),
        [
            ("blepharospasm", "Botox", "us", True),
            ("blepharospasm", "Botox", "uk", True),
            ("hemifacial-spasm", "Botox", "uk", True),
            ("glabellar-lines", "Botox", "us", True),
            ("upper-facial-lines", "Botox", "us", True),
            ("platysma-bands", "Botox", "us", True),
            ("glabellar-lines", "Dysport", "us", False),
            ("upper-facial-lines", "Xeomin", "us", False),
            ("chronic-migraine", "Botox", "us", False),
            ("overactive-bladder", "Botox", "us", False),
            ("cervical-dystonia", "Botox", "uk", False),
        ],
    )
    def test_may_not_evaluated_and_durations_advise(
        self, indication: str, product: str, region: str, advisory: bool
    ) -> None:
        rule = protocol_of(indication, product, region=region).retreatment
        assert rule.minimum_is_advisory is advisory

    def test_before_an_advisory_minimum_a_day_is_open(self) -> None:
        protocol = protocol_of("blepharospasm")
        treated = record(session("2026-01-05", protocol, 20))
        for day, allowed in (("2026-04-04", None), ("2026-04-05", True)):
            check = bs.check_date(treated, protocol, on=day, as_of="2026-02-01")
            assert check.allowed is allowed

    def test_a_payers_figure_says_so(self) -> None:
        payers = {
            protocol.id.removesuffix("-us")
            for protocol in BUNDLED
            if protocol.retreatment.minimum_source is not None
            and protocol.retreatment.minimum_source.basis == "payer"
        }
        assert payers == {
            "onabotulinumtoxinA-cervical-dystonia-adult",
            "abobotulinumtoxinA-lower-limb-spasticity-adult",
            "incobotulinumtoxinA-blepharospasm-adult",
            "incobotulinumtoxinA-upper-limb-spasticity-pediatric",
            "daxibotulinumtoxinA-cervical-dystonia-adult",
            "rimabotulinumtoxinB-cervical-dystonia-adult",
        }

    @pytest.mark.parametrize("indication", ["upper-limb-spasticity", "lower-limb-spasticity"])
    def test_spasticity_is_generally_no_sooner(self, indication: str) -> None:
        source = protocol_of(indication).retreatment.minimum_source
        assert source is not None
        assert source.strength == "generally"

    @pytest.mark.parametrize(
        ("indication", "product", "region", "minimum", "words"),
        [
            ("axillary-hyperhidrosis", "Dysport", "uk", "16 weeks", "12 weeks"),
            ("axillary-hyperhidrosis", "Dysport", "eu", "16 weeks", "12 weeks"),
            ("sialorrhea", "Myobloc", "us", "3 months", "12 weeks"),
            ("glabellar-lines", "Dysport", "uk", "3 months", "12 weeks"),
        ],
    )
    def test_a_contradiction_is_visible_and_the_stricter_counts(
        self, indication: str, product: str, region: str, minimum: str, words: str
    ) -> None:
        rule = protocol_of(indication, product, region=region).retreatment
        assert str(rule.minimum) == minimum
        assert rule.minimum_source is not None
        assert words in str(rule.minimum_source.note)


def raw_tables() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table of today's data that states a figure, with where it is."""
    folder = data_folder() / "protocols"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        for number, limit in enumerate(tables.get("limits", ()), start=1):
            yield f"{file.name}: limits {number}", limit["source"]
        for protocol in tables["protocols"]:
            yield f"{protocol['id']}: ages", protocol["ages"]["source"]
            yield from _raw_figures(protocol)
    for name in ("deaths.toml", "indications.toml", "vials.toml"):
        tables = tomllib.loads((data_folder() / name).read_text(encoding="utf-8"))
        rows = [
            row for key in ("codes", "groups", "classes", "vials") for row in tables.get(key, ())
        ]
        yield from ((f"{name}: {row.get('code', row)}", row["source"]) for row in rows)


def _raw_figures(protocol: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in ("retreatment", "response"):
        for name, figure in protocol.get(part, {}).items():
            if name not in {"kind", "notes"}:
                assert name in FIGURES
                yield f"{protocol['id']}: {name}", figure
    for number, limit in enumerate(protocol.get("limits", ()), start=1):
        yield f"{protocol['id']}: limit {number}", limit["source"]


RAW = dict(raw_tables())
each_figure = pytest.mark.parametrize("figure", RAW.values(), ids=list(RAW))
SOURCES = tomllib.loads((data_folder() / "sources.toml").read_text(encoding="utf-8"))


class TestSources:
    @each_figure
    def test_no_figure_without_source_place_verification_and_day(
        self, figure: dict[str, Any]
    ) -> None:
        assert figure["key"] in SOURCES
        assert figure["place"]
        assert figure["verification"] in set(Verification)
        assert date(2026, 11, 22) <= figure["checked_on"] <= date(2026, 11, 28)
        assert set(figure.get("also", ())) <= set(SOURCES)
        assert figure["key"] not in figure.get("also", ())

    @pytest.mark.parametrize("key", SOURCES)
    def test_a_source_has_a_title_and_where_it_is(self, key: str) -> None:
        assert SOURCES[key]["title"]
        assert SOURCES[key].get("address") or key == "not-read"

    @each_figure
    def test_a_clinics_page_for_patients_is_secondary(self, figure: dict[str, Any]) -> None:
        if figure["key"] in {"presidio-pain-relief", "homerton-nhs"}:
            assert figure["verification"] == "secondary"

    @each_figure
    def test_what_a_manufacturer_says_is_called_so(self, figure: dict[str, Any]) -> None:
        """The title says who wrote it; a company's text elsewhere is a copy."""
        title = SOURCES[figure["key"]]["title"]
        if figure["verification"] == "manufacturer":
            assert "manufacturer" in title
        assert not (figure["verification"] == "secondary" and "(manufacturer)" in title)

    def test_an_unverified_figure_says_so_in_its_dates(self) -> None:
        for protocol in BUNDLED:
            expected = protocol.unverified_retreatment
            assert bs.due_dates("2026-01-05", protocol).unverified == expected


class TestEditions:
    """An answer that a clinic kept can be given again, whatever the catalog says today."""

    def stored(self, name: str) -> Any:
        return json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))

    def first(self, protocol_id: str) -> TreatmentProtocol:
        (found,) = [p for p in bundled_edition("1.0") if p.id == protocol_id]
        return found

    def asked(self) -> tuple[PatientRecord, dict[str, Any]]:
        record = PatientRecord.model_validate(self.stored("patient-record"))
        return record, {"as_of": "2026-04-10", "other_protocols": bundled_edition("1.0")}

    def test_the_first_edition_is_whole(self) -> None:
        first = bundled_edition("1.0")
        assert len(first) == 48
        assert {p.version for p in first} == {"1.0"}
        assert {p.id for p in first} <= {p.id for p in BUNDLED}

    def test_todays_protocols_are_of_one_edition_and_newer(self) -> None:
        assert {p.version for p in BUNDLED} == {"2.0"}
        for protocol in bundled_edition("1.0"):
            today = bs.find_protocol(
                protocol.indication, protocol.product, protocol.population, protocol.region
            )
            assert today.id == protocol.id
            assert today.version_key > protocol.version_key

    @each_protocol
    def test_the_changelog_has_a_line_for_each(self, protocol: TreatmentProtocol) -> None:
        text = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
        clinical = text.partition("### Clinical data")[2].partition("\n## ")[0]
        first = protocol.id in {p.id for p in bundled_edition("1.0")}
        assert f"- {protocol.id}{'' if first else ' (new)'}: " in clinical

    def test_an_edition_that_is_not_kept_is_refused(self) -> None:
        with pytest.raises(
            UnknownProtocolError, match=r"no such edition is kept; give one of 1\.0"
        ):
            bundled_edition("0.9")

    def test_a_stored_protocol_is_that_of_the_edition(self) -> None:
        stored = self.stored("treatment-protocol")
        assert within(stored, self.first(stored["id"]).model_dump(mode="json"))

    @pytest.mark.parametrize("name", ["chronic-migraine", "spasticity"])
    def test_a_stored_forecast_is_given_again(self, name: str) -> None:
        stored = self.stored(f"forecast-{name.removeprefix('chronic-')}")
        stored.pop("reasons")  # the sentences were written anew; the dates were not
        record, asked = self.asked()
        protocol = self.first(stored["protocol"]["id"])
        assert within(stored, bs.forecast(record, protocol, **asked).model_dump(mode="json"))

    def test_other_stored_answers_are_given_again(self) -> None:
        record, asked = self.asked()
        migraine = self.first("onabotulinumtoxinA-chronic-migraine-adult-us")
        spasticity = self.first("onabotulinumtoxinA-spasticity-adult-us")
        answers = {
            "date-check": bs.check_date(record, spasticity, on="2026-05-10", **asked),
            "due-dates": bs.due_dates("2026-01-05", migraine),
            "response-timeline": bs.response_timeline("2026-01-05", spasticity),
            "treatment-cycle": bs.treatment_cycles(record, migraine, **asked)[-1],
        }
        for name, answer in answers.items():
            assert within(self.stored(name), answer.model_dump(mode="json")), name

    def test_a_name_finds_the_protocol_of_the_edition_that_is_given(self) -> None:
        record, asked = self.asked()
        answer = bs.forecast(record, "Migraine", **asked)
        assert answer.protocol is not None
        assert answer.protocol.version == "1.0"

    def test_the_editions_answer_differently(self) -> None:
        """What was wrong in the first edition is why there is a second."""
        old = self.first("onabotulinumtoxinA-chronic-migraine-adult-us")
        new = protocol_of("chronic-migraine")
        day = date(2026, 1, 5) + timedelta(weeks=13)
        phases = [
            bs.response_phase(bs.response_timeline("2026-01-05", each), as_of=day)
            for each in (old, new)
        ]
        assert phases == [ResponsePhase.WORN_OFF, ResponsePhase.NOT_STATED]


def within(stored: Any, found: Any) -> bool:
    """Whether *found* has all that was stored, and perhaps fields that came later."""
    if isinstance(stored, dict):
        return all(key in found and within(value, found[key]) for key, value in stored.items())
    if isinstance(stored, list):
        return len(stored) == len(found) and all(map(within, stored, found))
    return bool(stored == found)


def plus(interval: Interval, day: date) -> date:
    """The calendar once more, without the library: a month too short ends on its last day."""
    month = day.month - 1 + interval.months
    year, month = day.year + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(
        days=7 * interval.weeks + interval.days
    )


class TestDates:
    @each_protocol
    @pytest.mark.parametrize("start", STARTS, ids=str)
    def test_from_any_day_the_dates_are_those_of_the_figures(
        self, protocol: TreatmentProtocol, start: date
    ) -> None:
        rule, dates = protocol.retreatment, bs.due_dates(start, protocol)
        minimum = None if rule.minimum is None else plus(rule.minimum, start)
        usual = None if rule.usual is None else plus(rule.usual.first, start)
        assert dates.earliest == (minimum or usual)
        if rule.usual is not None and usual is not None:
            scheduled = rule.kind is RetreatmentKind.SCHEDULED
            grace = timedelta(days=7 if scheduled else 28)
            assert dates.due == max(usual, minimum or usual)
            slid = dates.due - usual
            last = plus(rule.usual.last, start)
            assert dates.overdue_from == last + grace + slid + timedelta(days=1)
        if rule.typical is not None:
            typical = plus(rule.typical, start)
            assert dates.typical_on == max(typical, minimum or typical)

    @each_protocol
    @pytest.mark.parametrize("start", STARTS, ids=str)
    def test_from_any_day_the_response_is_that_of_the_figures(
        self, protocol: TreatmentProtocol, start: date
    ) -> None:
        timeline = bs.response_timeline(start, protocol)
        for name in ("onset", "peak", "wear_off"):
            stated, window = getattr(protocol.response, name), getattr(timeline, name)
            assert (stated is None) == (window is None)
            if stated is not None:
                assert (window.first, window.last) == (
                    plus(stated.first, start),
                    plus(stated.last, start),
                )

    @each_protocol
    @pytest.mark.parametrize("start", STARTS, ids=str)
    def test_the_day_before_a_binding_minimum_is_forbidden(
        self, protocol: TreatmentProtocol, start: date
    ) -> None:
        rule = protocol.retreatment
        if rule.minimum is None:
            return
        first = plus(rule.minimum, start)
        treated = record(session(start, protocol, None))
        asked: dict[str, Any] = {"as_of": start + timedelta(days=10)}
        eve = first - timedelta(days=1)
        before = bs.check_date(treated, protocol, on=eve, **asked).allowed
        assert before is (None if rule.minimum_is_advisory else False)
        assert bs.check_date(treated, protocol, on=first, **asked).allowed is True


BORN = {Population.ADULT: date(1980, 2, 29), Population.PEDIATRIC: date(2018, 6, 1)}
DAY = date(2026, 1, 31)
GRAM = Decimal("0.001")
HEAVY = Decimal(120)


def holds_for(protocol: TreatmentProtocol, limit: DoseLimit) -> bool:
    years = 45 if protocol.population is Population.ADULT else 7
    return limit.ages is None or years in limit.ages


LIMITS = [
    (protocol, limit)
    for protocol in BUNDLED
    for limit in protocol.limits
    if holds_for(protocol, limit)
]
ADDED_UP = [(p, x) for p, x in LIMITS if x.per in {LimitPer.WINDOW, LimitPer.SESSION}]
BY_WEIGHT = [(p, x) for p, x in ADDED_UP if x.units_per_kilogram is not None]


def each_of(limits: list[tuple[TreatmentProtocol, DoseLimit]]) -> pytest.MarkDecorator:
    names = [f"{protocol.id}: {limit}" for protocol, limit in limits]
    return pytest.mark.parametrize(("protocol", "limit"), limits, ids=names)


each_limit = each_of(ADDED_UP)
each_by_weight = each_of(BY_WEIGHT)


def patient(
    protocol: TreatmentProtocol, *sessions: dict[str, Any], kilograms: Decimal = HEAVY
) -> PatientRecord:
    return record(
        *sessions,
        born_on=BORN[protocol.population],
        weights=[{"measured_on": DAY, "kilograms": kilograms}],
    )


def checks_of(
    limit: DoseLimit,
    protocol: TreatmentProtocol,
    treated: PatientRecord,
    on: date = DAY,
    units: Decimal | int = 1,
) -> list[LimitCheck]:
    return [
        check
        for check in bs.check_dose_limits(treated, protocol, on=on, units=units)
        if check.limit == limit
    ]


def maximum_at(limit: DoseLimit, kilograms: Decimal) -> Decimal:
    bounds = [limit.units]
    if limit.units_per_kilogram is not None:
        bounds.append(limit.units_per_kilogram * kilograms)
    return min(bound for bound in bounds if bound is not None)


class TestLimits:
    @each_limit
    def test_the_maximum_itself_is_met_and_a_hundredth_more_is_not(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        most = maximum_at(limit, HEAVY)
        for units, exceeded in ((most, False), (most + Decimal("0.01"), True)):
            checks = checks_of(limit, protocol, patient(protocol), units=units)
            assert checks
            assert {check.exceeded for check in checks} == {exceeded}

    @each_by_weight
    def test_a_gram_decides(self, protocol: TreatmentProtocol, limit: DoseLimit) -> None:
        assert limit.units is not None
        assert limit.units_per_kilogram is not None
        even = limit.units / limit.units_per_kilogram
        even = even.quantize(GRAM, rounding="ROUND_UP")
        for kilograms, exceeded in ((even, False), (even - GRAM, True), (even + GRAM, False)):
            treated = patient(protocol, kilograms=kilograms)
            checks = checks_of(limit, protocol, treated, units=limit.units)
            assert {check.exceeded for check in checks} == {exceeded}
            assert {check.maximum for check in checks} == {maximum_at(limit, kilograms)}

    @each_by_weight
    def test_without_a_weight_the_answer_is_open(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        treated = record(born_on=BORN[protocol.population])
        for check in checks_of(limit, protocol, treated):
            assert (check.exceeded, check.indeterminate, check.is_met) == (False, True, None)

    @each_limit
    def test_a_dose_counts_until_and_not_on_the_end_of_its_window(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        given = patient(protocol, session(DAY, protocol, maximum_at(limit, HEAVY)))
        for window in limit.windows:
            end = plus(window.window, DAY)
            for day, exceeded in ((end - timedelta(days=1), True), (end, False)):
                checks = checks_of(limit, protocol, given, on=day)
                (check,) = [each for each in checks if each.reading == window.reading]
                assert (check.window, check.exceeded) == (window.window, exceeded)

    @each_limit
    def test_the_parts_of_one_session_add_up(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        if limit.per is not LimitPer.SESSION:
            return
        given = patient(protocol, session(DAY, protocol, maximum_at(limit, HEAVY)))
        for days, exceeded in ((0, True), (1, True), (3, True), (4, False)):
            day = DAY + timedelta(days=days)
            (check,) = checks_of(limit, protocol, given, on=day)
            assert check.exceeded is exceeded

    @each_limit
    def test_what_adds_up_is_what_the_source_says(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        others = {p.indication for p in BUNDLED} - {protocol.indication}
        for other in others:
            elsewhere = session(DAY, protocol, maximum_at(limit, HEAVY), indication=other)
            adds_up = limit.scope is LimitScope.PRODUCT or other in limit.indications
            for check in checks_of(limit, protocol, patient(protocol, elsewhere)):
                assert check.exceeded is adds_up, other

    @each_limit
    def test_units_of_another_product_never_add_up(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        for other in set(Product) - {protocol.product}:
            foreign = session(DAY, protocol, maximum_at(limit, HEAVY), product=other)
            for check in checks_of(limit, protocol, patient(protocol, foreign)):
                assert not check.exceeded
                assert check.total == 1

    @each_of(LIMITS)
    def test_what_a_record_does_not_say_is_not_checked(
        self, protocol: TreatmentProtocol, limit: DoseLimit
    ) -> None:
        for check in checks_of(limit, protocol, patient(protocol)):
            assert check.not_checked is (limit.per not in {LimitPer.WINDOW, LimitPer.SESSION})

    def test_both_readings_of_three_months_are_shown(self) -> None:
        (limit, *_) = protocol_of("chronic-migraine").limits
        assert [window.reading for window in limit.windows] == list(LimitReading)


LIMBS = {"spasticity", "upper-limb-spasticity", "lower-limb-spasticity"}
EYELIDS = {"blepharospasm", "hemifacial-spasm"}


def limits_of(*treatment: str) -> set[tuple[str, str, float | None, float | None]]:
    """The limits that bear on a treatment, of whichever protocol: scope, over what, units, per kg."""
    protocol = protocol_of(*treatment)
    checks = bs.check_dose_limits(patient(protocol), protocol, on=DAY)
    return {
        (
            "+".join(sorted(limit.indications)) or limit.scope.value,
            limit.per.value,
            None if limit.units is None else float(limit.units),
            None if limit.units_per_kilogram is None else float(limit.units_per_kilogram),
        )
        for limit in (check.limit for check in checks)
    }


class TestScopeOfLimits:
    """Each figure with the scope of its source's words."""

    BOTOX = ("product", "window", 400, None)
    BOTOX_CHILD = ("product", "window", 340, 10)
    ARM_AND_LEG = ("+".join(sorted(LIMBS)), "session", 1500, None)
    DYSPORT_CHILD = ("product", "session", 1000, 30)
    XEOMIN = ("product", "session", 400, None)
    EYES = ("+".join(sorted(EYELIDS)), "window", 100, None)

    @pytest.mark.parametrize(
        ("treatment", "limits"),
        [
            (("chronic-migraine",), {BOTOX}),
            (("glabellar-lines",), {BOTOX}),
            (("axillary-hyperhidrosis",), {BOTOX}),
            (("platysma-bands",), {BOTOX}),
            (("upper-facial-lines",), {BOTOX, ("indication", "session", 64, None)}),
            (("overactive-bladder",), {BOTOX, ("indication", "session", 100, None)}),
            (("neurogenic-detrusor-overactivity",), {BOTOX, ("indication", "session", 200, None)}),
            (("strabismus",), {BOTOX, ("indication", "muscle", 25, None)}),
            (("cervical-dystonia",), {BOTOX, ("indication", "site", 50, None)}),
            (("blepharospasm",), {BOTOX, ("indication", "window", 200, None)}),
            (("upper-limb-spasticity",), {BOTOX, ("indication", "session", 400, None), ("indication", "site", 50, None)}),
            (("lower-limb-spasticity",), {BOTOX, ("indication", "session", 400, None)}),
            (("upper-limb-spasticity", "Botox", "child"), {BOTOX_CHILD, ("indication", "session", 200, 6)}),
            (("lower-limb-spasticity", "Botox", "child"), {BOTOX_CHILD, ("indication", "session", 300, 8)}),
            (("spasticity", "Botox", "child"), {BOTOX_CHILD}),
            (("neurogenic-detrusor-overactivity", "Botox", "child"), {BOTOX_CHILD, ("indication", "session", 200, 6)}),
            (("chronic-migraine", "Botox", "adult", "uk"), {BOTOX}),
            (("blepharospasm", "Botox", "adult", "uk"), {BOTOX, EYES}),
            (("hemifacial-spasm", "Botox", "adult", "uk"), {BOTOX, EYES}),
            (("overactive-bladder", "Botox", "adult", "uk"), {BOTOX}),
            (("upper-limb-spasticity", "Dysport"), {ARM_AND_LEG, ("indication", "session", 1000, None)}),
            (("lower-limb-spasticity", "Dysport"), {ARM_AND_LEG}),
            (("cervical-dystonia", "Dysport"), {("indication", "session", 1000, None)}),
            (("glabellar-lines", "Dysport"), set()),
            (("upper-limb-spasticity", "Dysport", "child"), {DYSPORT_CHILD, ("indication", "session", 640, 16)}),
            (("lower-limb-spasticity", "Dysport", "child"), {DYSPORT_CHILD, ("indication", "limb", 1000, 15), ("indication", "session", 1000, 30)}),
            (("spasticity", "Dysport", "child"), {DYSPORT_CHILD}),
            (("spasticity", "Dysport", "adult", "uk"), {ARM_AND_LEG}),
            (("spasticity", "Dysport", "adult", "eu"), {ARM_AND_LEG}),
            (("upper-limb-spasticity", "Dysport", "child", "uk"), {("indication", "limb", 640, 16), ("indication", "session", 840, 21)}),
            (("lower-limb-spasticity", "Dysport", "child", "eu"), {("indication", "limb", None, 15), ("indication", "session", 1000, 30)}),
            (("upper-limb-spasticity", "Xeomin"), {XEOMIN}),
            (("sialorrhea", "Xeomin"), {XEOMIN, ("indication", "session", 100, None)}),
            (("blepharospasm", "Xeomin"), {XEOMIN, ("indication", "session", 100, None), ("indication", "side", 50, None)}),
            (("upper-facial-lines", "Xeomin"), {XEOMIN, ("indication", "session", 64, None)}),
            (("upper-limb-spasticity", "Xeomin", "child"), {XEOMIN, ("indication", "limb", 200, 8), ("indication", "session", 400, 16)}),
            (("sialorrhea", "Xeomin", "child"), {XEOMIN, ("indication", "session", 75, None)}),
            (("glabellar-lines", "Daxxify"), {("indication", "session", 40, None)}),
            (("cervical-dystonia", "Xeomin"), {XEOMIN}),
            (("cervical-dystonia", "Daxxify"), {("indication", "session", 250, None)}),
            (("sialorrhea", "Myobloc"), {("indication", "session", 3500, None)}),
            (("cervical-dystonia", "Myobloc"), set()),
            (("glabellar-lines", "Jeuveau"), set()),
            (("glabellar-lines", "Letybo"), set()),
            (("glabellar-lines", "Letybo", "adult", "uk"), set()),
        ],
    )  # fmt: skip
    def test_the_limits_are_those_of_the_sources(
        self, treatment: tuple[str, ...], limits: set[tuple[str, str, float | None, float | None]]
    ) -> None:
        assert limits_of(*treatment) == limits

    @pytest.mark.parametrize(
        ("treatment", "dose"),
        [
            (("chronic-migraine",), "155 U"),
            (("glabellar-lines",), "20 U is the dose"),
            (("glabellar-lines", "Dysport"), "50 U is the dose"),
            (("axillary-hyperhidrosis",), "50 U for each axilla"),
            (("overactive-bladder", "Botox", "adult", "uk"), "100 U over 20 sites"),
            (("cervical-dystonia", "Xeomin"), "120 U is the dose to start with"),
            (("cervical-dystonia", "Myobloc"), "payer allows 5,000 U"),
        ],
    )
    def test_a_recommended_dose_is_no_limit(self, treatment: tuple[str, ...], dose: str) -> None:
        assert any(dose in note for note in protocol_of(*treatment).notes)


class TestReportedFaults:
    def test_a_session_of_the_clock_counts_though_its_product_has_no_protocol_for_it(self) -> None:
        plan = protocol_of("upper-limb-spasticity", "Dysport")
        treated = record(session("2026-11-20", plan, 900, indication="spasticity"))
        assert bs.find_indication("ICD-10-CM", "G81.11") == "spasticity"
        check = bs.check_date(treated, plan, on="2026-11-27", as_of="2026-11-26")
        assert (check.allowed, check.next_allowed_on) == (False, date(2027, 2, 12))
        there = bs.check_date(treated, plan, on="2027-02-12", as_of="2026-11-26")
        assert there.allowed is True

    @pytest.mark.parametrize("indication", sorted(LIMBS))
    def test_a_childs_arm_and_leg_of_one_day_add_up(self, indication: str) -> None:
        plan = protocol_of(indication, "Dysport", "child")
        parts = [("upper-limb-spasticity", 300), ("lower-limb-spasticity", 700)]
        given = patient(
            plan,
            *(session(DAY, plan, units, indication=name) for name, units in parts),
            kilograms=Decimal(25),
        )
        checks = bs.check_dose_limits(given, plan, on=DAY)
        (total,) = [each for each in checks if each.limit.scope is LimitScope.PRODUCT]
        assert total.exceeded
        assert [total.total, total.maximum] == [1000, 750]

    @pytest.mark.parametrize("indication", ["upper-limb-spasticity", "blepharospasm", "sialorrhea"])
    def test_xeomin_adds_up_over_any_indication(self, indication: str) -> None:
        plan = protocol_of(indication, "Xeomin")
        parts = [("upper-limb-spasticity", 400), ("blepharospasm", 90)]
        given = patient(
            plan, *(session(DAY, plan, units, indication=name) for name, units in parts)
        )
        checks = bs.check_dose_limits(given, plan, on=DAY)
        (total,) = [each for each in checks if each.limit.scope is LimitScope.PRODUCT]
        assert total.exceeded
        assert [total.total, total.maximum] == [490, 400]

    def test_dysport_of_an_adults_neck_does_not_count_for_the_limbs(self) -> None:
        plan = protocol_of("upper-limb-spasticity", "Dysport")
        parts = [("upper-limb-spasticity", 900), ("cervical-dystonia", 800)]
        given = patient(
            plan, *(session(DAY, plan, units, indication=name) for name, units in parts)
        )
        checks = bs.check_dose_limits(given, plan, on=DAY)
        assert [check.exceeded for check in checks] == [False, False]

    @pytest.mark.parametrize(("arm", "leg", "exceeded"), [(600, 900, False), (600, 901, True)])
    def test_dysport_of_an_adults_arm_and_leg_adds_up(
        self, arm: int, leg: int, exceeded: bool
    ) -> None:
        plan = protocol_of("lower-limb-spasticity", "Dysport")
        given = patient(
            plan,
            session(DAY, plan, arm, indication="upper-limb-spasticity"),
            session(DAY + timedelta(days=2), plan, leg),
        )
        (check,) = bs.check_dose_limits(given, plan, on=DAY + timedelta(days=2))
        assert check.total == arm + leg
        assert check.exceeded is exceeded

    @pytest.mark.parametrize("region", ["us", "uk"])
    def test_bladder_sessions_count_for_each_other(self, region: str) -> None:
        names = ("overactive-bladder", "neurogenic-detrusor-overactivity")
        for given, planned in pairs(names, names):
            plan = protocol_of(planned, region=region)
            treated = record(session("2026-01-05", plan, 100, indication=given))
            check = bs.check_date(treated, plan, on="2026-03-01", as_of="2026-02-01")
            assert check.allowed is False


DOCS = Path(__file__).parents[1] / "docs"


def catalog() -> ModuleType:
    """The writer of the catalog page, which lies next to the documentation."""
    path = DOCS / "catalog.py"
    spec = spec_from_file_location("catalog_of_the_documentation", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not here")
class TestCatalogPage:
    CATALOG: Any = catalog() if DOCS.is_dir() else None
    PAGE: str = CATALOG.catalog_page(BUNDLED) if CATALOG else ""

    @each_protocol
    def test_every_protocol_has_an_overview_and_its_sources(
        self, protocol: TreatmentProtocol
    ) -> None:
        assert self.PAGE.count(f"### {protocol.id}\n") == 1
        assert self.PAGE.count(f"({protocol.id.lower()})=\n") == 1
        heading = f"## {protocol.indication.replace('-', ' ').capitalize()}\n"
        assert self.PAGE.index(heading) < self.PAGE.index(f"### {protocol.id}\n")

    def test_a_row_shows_figures_with_how_well_they_were_read(self) -> None:
        link = "(#onabotulinumtoxina-overactive-bladder-adult-us)"
        row = next(line for line in self.PAGE.splitlines() if "169 days" in line)
        assert row == (
            f"| onabotulinumtoxinA | adult, US | 12 weeks [M]{link} "
            f"| typical: 169 days (median to the next treatment) [M]{link} | unknown "
            f"| 400 U in 12 weeks or 3 months, any indication [S]{link}; 100 U a session [M]{link} |"
        )

    def test_a_figure_links_to_its_source(self) -> None:
        assert (
            "[BOTOX ONE: strabismus dosing (manufacturer)](https://botoxone.com/strabismus/dosing)"
            in self.PAGE
        )
        assert "](https://public" not in self.PAGE

    def test_what_is_unverified_advised_or_a_payers_is_seen_at_a_glance(self) -> None:
        assert (
            "[**U**](#onabotulinumtoxina-neurogenic-detrusor-overactivity-pediatric-us)"
            in self.PAGE
        )
        assert "3 months (advised) [M](#onabotulinumtoxina-blepharospasm-adult-us)" in self.PAGE
        assert "12 weeks (payer) [S](#rimabotulinumtoxinb-cervical-dystonia-adult-us)" in self.PAGE
        assert "wear-off 8 to 10 weeks (some: 90 of 143)" in self.PAGE

    def test_a_table_says_what_is_not_known(self) -> None:
        table = self.PAGE.partition("## What is unknown\n")[2]
        row = next(line for line in table.splitlines() if "platysma" in line)
        assert "| usual range or typical day, onset, peak, wear-off |  |  |" in row
        missing = self.CATALOG.missing(protocol_of("chronic-migraine"))
        assert missing == ["peak"]
        assert self.CATALOG.missing(protocol_of("spasticity")) == []

    def test_a_table_has_as_many_cells_in_each_row(self) -> None:
        blocks = groupby(self.PAGE.splitlines(), key=lambda line: line.startswith("|"))
        tables = [[line.count("|") for line in lines] for is_table, lines in blocks if is_table]
        assert len(tables) > len(BUNDLED)
        assert all(len(set(counts)) == 1 for counts in tables)
