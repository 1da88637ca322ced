"""The tracks of a record: who has one, under which name, and by which protocol."""

from datetime import date

import pytest

import botox_schedule as bs
from botox_schedule.engine.track import tracks_of
from samples import ARM, CHRONIC_MIGRAINE, GIVEN, LEG, protocol, reading_of, record, rule


class TestTracksOfARecord:
    def test_a_session_here_names_the_track_before_a_course_elsewhere_of_its_day(self) -> None:
        prior = {"indication": ARM, "cycles": 1, "last_on": "2026-01-05"}
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}], prior_treatments=[prior])
        (found,) = bs.forecast_all(given, as_of="2026-02-01")
        assert found.indication == LEG

    def test_each_has_a_name_whether_or_not_a_protocol_is_known(self) -> None:
        rows = [GIVEN, {**GIVEN, "indication": "migrane"}]
        reading = reading_of(bs.PatientRecord(sessions=rows), date(2026, 2, 1))
        found = [
            (each.track.indication, each.track.ref is None)
            for each in tracks_of(reading, "us", None)
        ]
        assert found == [(CHRONIC_MIGRAINE, False), ("migrane", True)]

    @pytest.mark.parametrize(
        ("born_on", "population", "product"),
        [
            (None, None, "onabotulinumtoxinA"),
            (None, "adult", "onabotulinumtoxinA"),
            (None, "pediatric", "abobotulinumtoxinA"),
            ("2018-01-01", None, "abobotulinumtoxinA"),
            ("1980-01-01", None, "onabotulinumtoxinA"),
            ("1980-01-01", "pediatric", "abobotulinumtoxinA"),
        ],
    )
    def test_the_clock_of_the_patients_population_says_what_was_given_last(
        self, born_on: str | None, population: str | None, product: str
    ) -> None:
        known = [
            protocol(
                id=f"{people}-{name}",
                indication=ARM,
                product=name,
                population=people,
                shares_clock_with=[LEG] if people == "pediatric" else [],
                ages={"first": 18} if people == "adult" else {"last": 17},
            )
            for people in ("adult", "pediatric")
            for name in ("Botox", "Dysport")
        ]
        rows = [
            {**GIVEN, "indication": ARM},
            {**GIVEN, "indication": LEG, "product": "Dysport", "administered_on": "2026-01-20"},
        ]
        given = bs.PatientRecord(sessions=rows, born_on=born_on)
        found = bs.forecast_all(given, as_of="2026-02-01", protocols=known, population=population)
        (own,) = [each.protocol for each in found if each.indication == ARM]
        assert own is not None
        assert own.product == product


class TestNamesOfTracks:
    def test_region_and_population_are_those_asked_for(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        for region, people, expected in (
            ("uk", None, ("uk", "adult")),
            ("us", "child", ("us", "pediatric")),
        ):
            (found,) = bs.forecast_all(given, as_of="2026-02-01", region=region, population=people)
            assert found.protocol is not None
            assert (found.protocol.region, found.protocol.population) == expected

    def test_a_name_takes_the_product_given_last_anywhere_in_the_clock(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG, "product": "Dysport"}])
        found = bs.forecast(given, ARM, as_of="2026-02-01")
        assert found.protocol is not None
        assert found.protocol.product == "abobotulinumtoxinA"

    def test_of_two_products_given_last_the_stricter_is_followed(self) -> None:
        known = [
            protocol(id=product, product=product, retreatment=rule(minimum=minimum))
            for product, minimum in (("Botox", "10 weeks"), ("Dysport", "20 weeks"))
        ]
        for products in (("Botox", "Dysport"), ("Dysport", "Botox")):
            sessions = [
                {**GIVEN, "product": product, "administered_on": day}
                for product, day in zip(products, ("2026-01-05", "2026-01-06"), strict=True)
            ]
            (found,) = bs.forecast_all(
                bs.PatientRecord(sessions=sessions), as_of="2026-02-01", protocols=known
            )
            assert found.protocol is not None
            assert found.protocol.id == "Dysport"

    def test_a_track_is_named_for_what_was_given_last(self) -> None:
        old = {**GIVEN, "indication": ARM}
        new = {**GIVEN, "indication": LEG, "administered_on": "2026-01-20"}
        ahead = {"indication": ARM, "cycles": 1, "last_on": "2026-06-01"}
        given = bs.PatientRecord(sessions=[old, new], prior_treatments=[ahead])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [LEG]

    @pytest.mark.parametrize(
        "status", ["draft", "booked", "cancelled", "no_show", "entered_in_error", "completed"]
    )
    def test_a_patient_with_one_row_of_any_kind_is_listed(self, status: str) -> None:
        row = {**GIVEN, "administered_on": "2026-03-02", "status": status}
        (found,) = bs.forecast_all(bs.PatientRecord(sessions=[row]), as_of="2026-02-01")
        assert (found.indication, found.status) == ("chronic-migraine", "no_history")

    def test_of_tracks_alike_the_one_that_is_due_first_comes_first(self) -> None:
        later = {**GIVEN, "administered_on": "2026-01-08"}
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": "spasticity"}, later])
        found = bs.forecast_all(given, as_of="2026-02-01")
        assert [answer.indication for answer in found] == ["chronic-migraine", "spasticity"]
        assert found[0].dates.earliest == date(2026, 4, 2)
        assert found[1].dates.earliest == date(2026, 3, 30)

    def test_a_course_of_nothing_is_no_track_of_its_own(self) -> None:
        nothing = {"indication": "spasticity", "cycles": 0}
        given = record("2026-01-05", prior_treatments=[nothing])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [
            "chronic-migraine"
        ]

    def test_clocks_are_those_of_the_patients_age(self) -> None:
        known = [
            protocol(id=f"{name}-{people}", indication=name, population=people, **changed)
            for name, other in ((ARM, LEG), (LEG, ARM))
            for people, changed in (
                ("adult", {"ages": {"first": 18}}),
                ("pediatric", {"ages": {"last": 17}, "shares_clock_with": [other]}),
            )
        ]
        sessions = [{**GIVEN, "indication": name} for name in (ARM, LEG)]
        for born_on, tracks in (("2018-01-01", 1), ("1980-01-01", 2)):
            given = bs.PatientRecord(sessions=sessions, born_on=born_on)
            assert len(bs.forecast_all(given, as_of="2026-02-01", protocols=known)) == tracks
