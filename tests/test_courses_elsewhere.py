"""Courses that were given elsewhere: which count, from which day, and under which product."""

from datetime import date
from itertools import permutations
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule import planning
from botox_schedule.engine.doubts import doubt_ends_on
from botox_schedule.engine.reading import course_of
from samples import (
    ALONE,
    ARM,
    CHRONIC_MIGRAINE,
    GIVEN,
    LEG,
    MIGRAINE,
    allowed,
    codes,
    override,
    protocol,
    reading_of,
    record,
    rule,
    track_on,
)


def elsewhere(
    first: str | None, last: str | None, *, cycles: int = 4, **more: Any
) -> dict[str, Any]:
    return {
        "indication": CHRONIC_MIGRAINE,
        "cycles": cycles,
        "started_on": first,
        "last_on": last,
        **more,
    }


class TestCoursesOfOneDay:
    def test_two_that_ended_on_one_day_both_count(self) -> None:
        ended = {"indication": "chronic-migraine", "cycles": 2, "last_on": "2026-01-05"}
        rows = [{**ended, "product": product} for product in ("Botox", "Xeomin")]
        found = [
            bs.forecast(bs.PatientRecord(prior_treatments=given), MIGRAINE, as_of="2026-02-01")
            for given in (rows, rows[::-1])
        ]
        assert found[0].dates == found[1].dates
        assert found[0].dates.earliest == date(2026, 3, 30)

    def test_a_course_elsewhere_that_ended_today_names_the_track(self) -> None:
        ended = {"indication": ARM, "cycles": 1, "last_on": "2026-02-01", "product": "Botox"}
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}], prior_treatments=[ended])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [ARM]


class TestCoursesElsewhere:
    def prior(self, *rows: dict[str, Any], as_of: str = "2026-02-01") -> Any:
        return track_on(as_of, bs.PatientRecord(prior_treatments=rows)).prior

    @pytest.mark.parametrize(
        ("rows", "cycles"),
        [
            pytest.param(
                [
                    elsewhere("2020-01-01", "2020-12-31", cycles=5),
                    elsewhere("2022-01-01", "2022-12-31", cycles=4),
                    elsewhere("2022-06-01", "2022-11-30", cycles=3),
                ],
                9,
                id="an account of the second course alone",
            ),
            pytest.param(
                [
                    elsewhere("2022-01-01", "2022-10-31"),
                    elsewhere("2022-02-01", "2022-03-31"),
                    elsewhere("2022-05-01", "2022-08-31"),
                ],
                4,
                id="the account that begins first",
            ),
            pytest.param(
                [
                    elsewhere("2022-01-01", "2022-10-31"),
                    elsewhere("2022-01-01", "2022-03-31"),
                    elsewhere("2022-05-01", "2022-08-31"),
                ],
                8,
                id="of those the one that ends first",
            ),
        ],
    )
    def test_accounts_that_overlap_count_once_in_any_order(
        self, rows: list[dict[str, Any]], cycles: int
    ) -> None:
        assert {self.prior(*order).cycles for order in permutations(rows)} == {cycles}

    def test_a_course_that_ends_today_has_a_last_day(self) -> None:
        rows = [elsewhere("2026-01-05", "2026-02-01")]
        assert not self.prior(*rows).is_undated
        assert self.prior(*rows, as_of="2026-01-31").is_undated

    def test_a_course_that_begins_today_may_be_the_last_treatment(self) -> None:
        for as_of, anchor in (("2026-01-31", date(2026, 1, 5)), ("2026-02-01", None)):
            given = record("2026-01-05", prior_treatments=[elsewhere("2026-02-01", None)])
            assert track_on(as_of, given).anchor == anchor

    def test_of_one_day_each_product_counts_in_any_order(self) -> None:
        rows = [elsewhere(None, "2026-01-05", product=name) for name in ("Dysport", None, "Botox")]
        for order in permutations(rows):
            reading = reading_of(bs.PatientRecord(prior_treatments=order), date(2026, 2, 1))
            last = course_of(reading, frozenset({CHRONIC_MIGRAINE})).last
            assert last is not None
            assert [session.product for session in last.full_sessions] == [
                None,
                "abobotulinumtoxinA",
                "onabotulinumtoxinA",
            ]

    def test_a_minimum_that_begins_later_leaves_no_day_before_it_open(self) -> None:
        unknown = {**GIVEN, "indication": "migrane"}
        ahead = override(first="2027-01-01", minimum="3 years")
        given = bs.PatientRecord(sessions=[unknown], overrides=[ahead])
        track = track_on("2026-02-01", given, protocol(), **ALONE)
        days = (date(2026, 12, 31), date(2027, 1, 1))
        found = [doubt_ends_on(track.reading, track.clock, day) for day in days]
        assert found == [date(2026, 3, 30), date(2029, 1, 5)]


class TestLastSession:
    """The session that dates count from: here or elsewhere, with its touch-ups."""

    PRIOR: ClassVar[Any] = {"indication": "chronic-migraine", "cycles": 2, "product": "Botox"}
    STRICT = protocol(id="d", product="Dysport", retreatment=rule(minimum="20 weeks", usual=None))
    TOUCH_UP: ClassVar[Any] = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}

    def found(self, as_of: str = "2026-02-01", **rows: Any) -> bs.Forecast:
        given = bs.PatientRecord.model_validate(rows)
        return bs.forecast(given, MIGRAINE, as_of=as_of, other_protocols=[self.STRICT])

    def test_the_latest_of_several_courses_counts(self) -> None:
        priors = [{**self.PRIOR, "last_on": day} for day in ("2026-01-05", "2025-06-02")]
        assert self.found(prior_treatments=priors).last_session_on == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("last_on", "status"), [("2026-02-01", "too_early"), ("2026-02-02", "no_history")]
    )
    def test_a_last_day_elsewhere_counts_once_it_has_come(self, last_on: str, status: str) -> None:
        assert self.found(prior_treatments=[{**self.PRIOR, "last_on": last_on}]).status == status

    def test_of_several_courses_without_a_last_day_the_latest_start_counts(self) -> None:
        starts = ("2020-01-06", "2026-01-20")
        priors = [{**self.PRIOR, "started_on": day} for day in starts]
        for rows in (priors, priors[::-1]):
            assert self.found(sessions=[GIVEN], prior_treatments=rows).status == "no_history"
        for start, status in (("2026-01-05", "too_early"), ("2026-01-06", "no_history")):
            row = {**self.PRIOR, "started_on": start}
            assert self.found(sessions=[GIVEN], prior_treatments=[row]).status == status

    def test_the_course_starts_with_the_first_of_several(self) -> None:
        spans = (("2020-01-06", "2020-06-01"), ("2022-01-06", "2022-06-01"))
        priors = [{**self.PRIOR, "started_on": first, "last_on": last} for first, last in spans]
        timeline = self.found(sessions=[GIVEN], prior_treatments=priors).timeline
        assert timeline is not None
        assert timeline.full_benefit_by == date(2020, 7, 6)

    def test_a_session_here_comes_after_one_elsewhere_of_its_day(self) -> None:
        prior = {**self.PRIOR, "product": "Dysport", "last_on": "2026-01-05"}
        assert self.found(sessions=[GIVEN], prior_treatments=[prior]).dates.earliest == date(
            2026, 3, 30
        )

    def test_nothing_joins_a_session_elsewhere(self) -> None:
        given = bs.PatientRecord(prior_treatments=[{**self.PRIOR, "last_on": "2026-01-05"}])
        assert allowed(given, "2026-01-07", as_of="2026-01-07") == [False]

    def test_touch_ups_here_belong_to_a_later_session_elsewhere(self) -> None:
        prior = {**self.PRIOR, "last_on": "2026-01-05"}
        old = {**GIVEN, "administered_on": "2025-06-02"}
        found = self.found(sessions=[old, self.TOUCH_UP], prior_treatments=[prior])
        assert found.dates.earliest == date(2026, 4, 14)
        same_day = {**GIVEN, "kind": "touch_up", "product": "Dysport"}
        found = self.found(sessions=[old, same_day], prior_treatments=[prior])
        assert found.dates.earliest == date(2026, 5, 25)

    def test_the_product_of_a_touch_up_counts(self) -> None:
        touch_up = {**self.TOUCH_UP, "administered_on": "2026-01-06", "product": "Dysport"}
        found = self.found(sessions=[GIVEN, touch_up])
        assert found.dates.earliest == date(2026, 5, 26)
        assert "product_switch" in codes(found)
        later = {**GIVEN, "administered_on": "2026-05-01"}
        _, cycle = bs.treatment_cycles(
            bs.PatientRecord(sessions=[GIVEN, touch_up, later]),
            MIGRAINE,
            as_of="2026-06-01",
            other_protocols=[self.STRICT],
        )
        assert cycle.short_by_days == 25

    def test_nothing_given_elsewhere_is_no_course(self) -> None:
        found = self.found(prior_treatments=[{**self.PRIOR, "cycles": 0}])
        assert (found.status, codes(found)) == ("no_history", set())

    def test_the_last_session_is_one_of_the_cycles(self) -> None:
        prior = {**self.PRIOR, "cycles": 0, "last_on": "2026-01-05"}
        assert self.found(prior_treatments=[prior]).cycle_number == 1

    def test_the_response_is_that_of_its_indication_and_of_its_day(self) -> None:
        def version(number: str, name: str, onset: str, **period: str) -> bs.TreatmentProtocol:
            other = LEG if name == ARM else ARM
            return protocol(
                id=name,
                version=number,
                indication=name,
                shares_clock_with=[other],
                response={"onset": onset},
                in_force=period,
            )

        arm = version("1", ARM, "1 to 2 weeks")
        old, new = (
            version("1", LEG, "3 to 4 weeks", last="2026-01-31"),
            version("2", LEG, "5 to 6 weeks", first="2026-02-01"),
        )
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}])
        found = bs.forecast(given, arm, as_of="2026-02-01", other_protocols=[old, new])
        assert found.timeline is not None
        assert str(found.timeline.onset) == "2026-01-26 to 2026-02-02"


class TestCoursesThatDiffer:
    """Accounts of one course count once, the larger; other courses are added."""

    @pytest.mark.parametrize(
        ("one", "other", "cycles"),
        [
            pytest.param({"cycles": 3}, {"cycles": 5}, 5, id="nothing is dated"),
            pytest.param(
                {"cycles": 3, "last_on": "2021-05-01"},
                {"cycles": 5, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="they share a day",
            ),
            pytest.param(
                {"cycles": 5, "last_on": "2021-05-01"},
                {"cycles": 3, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="they share a day, and the larger comes first",
            ),
            pytest.param(
                {"cycles": 5, "started_on": "2020-05-01"},
                {"cycles": 3, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="the end of the earlier one is unknown",
            ),
            pytest.param(
                {"cycles": 3, "last_on": "2021-04-30"},
                {"cycles": 5, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                8,
                id="one ends on the eve of the other",
            ),
            pytest.param(
                {"cycles": 3, "last_on": "2021-04-30"},
                {"cycles": 5, "last_on": "2022-05-01"},
                5,
                id="the start of the later one is unknown",
            ),
        ],
    )
    def test_only_courses_that_surely_differ_are_added(
        self, one: dict[str, Any], other: dict[str, Any], cycles: int
    ) -> None:
        for rows in ((one, other), (other, one)):
            priors = [{"indication": "chronic-migraine", **row} for row in rows]
            given = record("2026-01-05", prior_treatments=priors)
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
            assert found.cycle_number == cycles + 1
            assert ("prior_treatments_counted_once" in codes(found)) is (cycles == 5)


class TestSessionsOnAnUnknownDay:
    """Before, a session of 1900-01-01 was the last one, and every day since 1900 was allowed."""

    def found(self, *days: str, as_of: str = "2026-02-01", **rows: Any) -> bs.Forecast:
        return bs.forecast(record(*days, **rows), MIGRAINE, as_of=as_of)

    @pytest.mark.parametrize("none", ["1900-01-01", "1899-12-30", "0001-01-01"])
    def test_no_day_is_promised_after_one_alone(self, none: str) -> None:
        found = self.found(none)
        assert found.status == "no_history"
        assert codes(found) == {"last_session_elsewhere_unknown", "session_day_unknown"}
        given = record(none)
        assert allowed(given, "2026-02-01", "2027-02-01") == [None, None]
        offer = planning.first_bookable_day(given, MIGRAINE, as_of="2026-02-01")
        assert (offer.on, offer.emptied_by) == (None, "no_interval")

    def test_the_dates_count_from_a_session_with_a_day(self) -> None:
        found, plain = self.found("1900-01-01", "2026-01-05"), self.found("2026-01-05")
        assert found.dates == plain.dates
        assert found.cycle_number == 2
        assert codes(found) - codes(plain) == {"session_day_unknown"}
        assert "session_day_unknown" not in codes(self.found("1900-01-02", "2026-01-05"))

    def test_no_day_is_clear_and_no_total_is_whole(self) -> None:
        """It may have been given last week, and its units may count."""
        on = "2026-04-06"
        for days, is_known in ((["2026-01-05"], True), (["1900-01-01", "2026-01-05"], False)):
            given = bs.PatientRecord(
                sessions=[{**GIVEN, "administered_on": day, "units": 155} for day in days]
            )
            found = bs.check_date(given, CHRONIC_MIGRAINE, on=on, as_of=on, planned_units=155)
            assert (found.allowed, found.clear) == (True, True if is_known else None)
            checks = {check.clears_on is not None for check in found.limit_checks}
            assert checks == {is_known}
            total = bs.exposure(given, product="Botox", window="12 weeks", on="2026-02-01")
            assert total.units == 155
            assert total.indeterminate is not is_known

    def test_a_limit_of_one_session_leaves_no_day_clear_either(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "administered_on": "1900-01-01"}, GIVEN])
        limit = {"scope": "product", "per": "session", "units": 400}
        on = "2026-04-06"
        own = protocol(limits=[limit])
        found = bs.check_date(given, own, on=on, as_of=on, planned_units=155, other_protocols=[own])
        assert [(c.is_met, str(c.clears_on)) for c in found.limit_checks] == [(True, on)]
        assert (found.allowed, found.clear) == (True, None)

    def test_a_dose_of_another_product_keeps_no_limit_from_being_met(self) -> None:
        other = {**GIVEN, "administered_on": "1900-01-01", "product": "Xeomin"}
        given = bs.PatientRecord(sessions=[other, {**GIVEN, "units": 155}])
        on = "2026-04-06"
        checks = bs.check_dose_limits(given, CHRONIC_MIGRAINE, on=on, units=155)
        assert {(check.is_met, str(check.clears_on)) for check in checks} == {(True, on)}

    def test_a_row_of_its_id_that_has_a_day_counts(self) -> None:
        rows = [
            {**GIVEN, "id": "a", "administered_on": day} for day in ("1900-01-01", "2026-01-05")
        ]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        assert found.cycle_number == 1
        assert codes(found) >= {"conflicting_records"}
        assert "session_day_unknown" not in codes(found)

    @pytest.mark.parametrize("rows", [(), ("2026-01-05",)])
    @pytest.mark.parametrize("indication", [CHRONIC_MIGRAINE, "migrane"])
    def test_a_last_day_elsewhere_such_as_that_is_unknown(
        self, rows: tuple[str, ...], indication: str
    ) -> None:
        found, unknown, known = (
            self.found(
                *rows,
                prior_treatments=[{"indication": indication, "cycles": 2, "last_on": last_on}],
            )
            for last_on in ("1900-01-01", None, "1900-01-02")
        )
        assert found == unknown
        # After a session here a course elsewhere is an earlier one, whatever its day.
        assert (found == known) is (bool(rows) and indication == CHRONIC_MIGRAINE)

    @pytest.mark.parametrize("none", ["1900-01-01", "9999-12-31"])
    def test_a_day_of_birth_such_as_that_is_unknown(self, none: str) -> None:
        rows = [{**GIVEN, "indication": LEG}]
        found, unknown = (
            bs.forecast(bs.PatientRecord(sessions=rows, born_on=born_on), LEG, as_of="2026-02-01")
            for born_on in (none, None)
        )
        assert found == unknown
        assert "age_unknown" in codes(found)
