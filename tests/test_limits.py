"""Units over rolling windows, and against what a source calls a maximum."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import (
    Interval,
    PatientRecord,
    Product,
    SchedulingPolicy,
    SessionKind,
    SessionStatus,
    TreatmentProtocol,
    UnknownProtocolError,
    check_date,
    check_dose_limits,
    exposure,
    find_protocol,
    forecast,
    forecast_all,
)
from botox_schedule.engine import Exposure, LimitCheck
from botox_schedule.errors import IntervalError, UnitsError
from botox_schedule.terms import LimitPer, LimitReading, LimitScope
from botox_schedule.testing import days, intervals, records
from samples import DAY, FIRST_OF_NEXT, GIVEN, MIGRAINE, codes, protocol
from samples import record as migraine_record

ONA = Product.ONABOTULINUMTOXIN_A


def session(
    day: str, units: int | None = 100, indication: str = "chronic-migraine", **changes: Any
) -> dict[str, Any]:
    return {
        "administered_on": day,
        "indication": indication,
        "product": "Botox",
        "units": units,
        **changes,
    }


def record(*sessions: dict[str, Any], **changes: Any) -> PatientRecord:
    return PatientRecord.model_validate({"sessions": sessions, **changes})


class TestExposure:
    @pytest.mark.parametrize(
        ("on", "units"),
        [
            pytest.param("2026-01-04", 0, id="eve of the dose"),
            pytest.param("2026-01-05", 100, id="on the dose"),
            pytest.param("2026-04-04", 100, id="last day of three months"),
            pytest.param("2026-04-05", 0, id="three months later"),
        ],
    )
    def test_a_dose_counts_until_and_not_on_its_end(self, on: str, units: int) -> None:
        found = exposure(record(session("2026-01-05")), product="Botox", window="3 months", on=on)
        assert found.units == units

    def test_month_windows_follow_the_short_month_rule(self) -> None:
        given_on = record(session("2026-01-31"))
        first = SchedulingPolicy(short_month="first_of_next")
        window = {"product": "Botox", "window": "1 month"}
        assert exposure(given_on, on="2026-02-28", **window).units == 0  # type: ignore[arg-type]
        assert exposure(given_on, on="2026-02-28", policy=first, **window).units == 100

    def test_only_completed_sessions_of_the_product_count(self) -> None:
        history = [session("2026-01-05", status=status.value) for status in SessionStatus]
        history += [
            session("2026-01-05", product="Dysport"),
            session("2026-01-06", kind="touch_up", units=7),
        ]
        found = exposure(record(*history), product="Botox", window="12 weeks", on="2026-01-10")
        assert (found.units, found.indeterminate) == (107, False)

    def test_an_unknown_product_leaves_every_total_open(self) -> None:
        history = record(session("2026-01-05"), session("2026-01-06", product=None))
        found = exposure(history, product="Botox", window="12 weeks", on="2026-01-10")
        assert (found.units, found.indeterminate) == (100, True)

    def test_later_records_are_left_out(self) -> None:
        history = record(session("2026-01-05"), session("2026-01-20"))
        found = exposure(
            history, product="Botox", window="12 weeks", on="2026-01-25", as_of="2026-01-10"
        )
        assert found.units == 100

    def test_it_names_the_sessions_inside_and_hides_them_in_its_repr(self) -> None:
        history = record(session("2026-01-05", id="key-1"), session("2025-01-05", id="key-2"))
        found = exposure(history, product="Botox", window="12 weeks", on="2026-01-25")
        assert found.session_ids == ("key-1",)
        assert "key-1" not in repr(found)
        assert Exposure.model_validate_json(found.model_dump_json()) == found

    def test_bad_questions_are_refused(self) -> None:
        with pytest.raises(UnknownProtocolError):
            exposure(record(), product="toxin", window="12 weeks", on="2026-01-25")
        for window in ("0 days", "- 1 day"):
            with pytest.raises(IntervalError, match="longer than nothing"):
                exposure(record(), product="Botox", window=window, on="2026-01-25")

    @settings(deadline=None)
    @given(
        records(), intervals(), days(date(2024, 1, 1), date(2027, 1, 1)), st.sampled_from(Product)
    )
    def test_it_is_the_sum_over_plain_days(
        self, drawn: PatientRecord, window: Interval, on: date, product: Product
    ) -> None:
        if window.day_bounds[0] <= 0:
            window = Interval(days=1)
        unique = {s.id or f"none-{n}": s for n, s in enumerate(drawn.sessions)}
        if len(unique) < len(drawn.sessions) or drawn.care_ends:
            drawn = PatientRecord(sessions=tuple(unique.values()))
        inside = [
            s
            for s in drawn.sessions
            if s.status is SessionStatus.COMPLETED
            and s.administered_on <= on < window.after(s.administered_on)
            and s.product in (product, None)
        ]
        found = exposure(drawn, product=product, window=window, on=on)
        known = [s.units for s in inside if s.product is product and s.units is not None]
        assert found.units == sum(known)
        assert found.indeterminate == (len(known) < len(inside))
        assert found.units_if_one <= found.units


def own(*limits: dict[str, Any], **changes: Any) -> TreatmentProtocol:
    table: dict[str, Any] = {
        "id": "own", "version": "1", "region": "us", "indication": "chronic-migraine", "product": "Botox",
        "population": "adult", "retreatment": {"kind": "scheduled", "minimum": "12 weeks"}, "limits": limits,
        **changes,
    }  # fmt: skip
    return TreatmentProtocol.model_validate(table)


def only(*args: Any, **kwargs: Any) -> LimitCheck:
    (check,) = check_dose_limits(*args, other_protocols=(), **kwargs)
    return check


WINDOW = {"scope": "product", "per": "window", "windows": [{"window": "12 weeks"}], "units": 400}
OWN_ONLY = {**WINDOW, "scope": "indication", "windows": [{"window": "30 days"}], "units": 200}
PER_SESSION = {"scope": "indication", "per": "session", "units": 100}
BY_WEIGHT = {**WINDOW, "units_per_kilogram": 10}


class TestWindowLimits:
    def test_exactly_the_maximum_is_not_exceeded(self) -> None:
        history = record(session("2026-01-05", 245))
        for units, exceeded in ((155, False), (156, True)):
            check = only(history, own(WINDOW), on="2026-01-20", units=units)
            assert check.exceeded is exceeded

    def test_all_indications_count_for_the_product(self) -> None:
        history = record(session("2026-01-05", 300, "masseter"))
        assert only(history, own(WINDOW), on="2026-01-20", units=155).exceeded

    def test_only_its_own_indication_counts_for_an_indication(self) -> None:
        history = record(session("2026-01-05", 150), session("2026-01-05", 300, "spasticity"))
        check = only(history, own(OWN_ONLY), on="2026-01-20", units=50)
        assert (check.total, check.exceeded) == (200, False)

    def test_blepharospasm_has_a_limit_of_thirty_days_of_its_own(self) -> None:
        protocol = find_protocol("blepharospasm")
        history = record(session("2026-01-05", 100, "blepharospasm"), session("2026-01-05", 155))
        checks = {
            c.limit.scope: c
            for c in check_dose_limits(history, protocol, on="2026-01-20", units=101)
            if c.chosen
        }
        assert (checks[LimitScope.INDICATION].total, checks[LimitScope.INDICATION].exceeded) == (
            201,
            True,
        )
        assert checks[LimitScope.INDICATION].clears_on == date(2026, 2, 4)
        assert (checks[LimitScope.PRODUCT].total, checks[LimitScope.PRODUCT].exceeded) == (
            356,
            False,
        )

    def test_its_finding_is_the_same_whether_a_table_numbered_the_rows(self) -> None:
        """Who acknowledged it in a list of a table has acknowledged it for the record."""

        def keys(first: str, *ids: str | None) -> set[str]:
            days = (first, "2026-02-16")
            rows = [session(day, 155, id=key) for day, key in zip(days, ids, strict=True)]
            on = "2026-03-01"
            answer = check_date(record(*rows), MIGRAINE, on=on, as_of=on, planned_units=155)
            return {f.key for f in answer.findings if f.code == "limit_exceeded"}

        found = keys("2026-01-05", None, None)
        assert found == keys("2026-01-05", "line 2", "line 3") != set()
        assert found.isdisjoint(keys("2026-01-12", None, None))

    def test_both_readings_are_shown_and_the_policy_chooses(self) -> None:
        protocol = find_protocol("chronic-migraine")
        history = record(session("2026-01-05", 400, "spasticity"))
        for reading in LimitReading:
            policy = SchedulingPolicy(limit_reading=reading)
            checks = check_dose_limits(history, protocol, on="2026-03-31", units=155, policy=policy)
            assert [c.reading for c in checks] == list(LimitReading)
            assert [c.reading for c in checks if c.chosen] == [reading]

    def test_it_clears_on_the_first_day_that_fits(self) -> None:
        history = record(
            session("2026-01-05", 200), session("2026-01-12", 200), session("2026-01-19", 50)
        )
        for units, clears_on in ((150, "2026-03-30"), (151, "2026-04-06"), (350, "2026-04-06"),
                                 (351, "2026-04-13"), (400, "2026-04-13")):  # fmt: skip
            check = only(history, own(WINDOW), on="2026-02-01", units=units)
            assert str(check.clears_on) == clears_on

    @pytest.mark.parametrize(
        "units", [0, -400, True, float("nan"), float("inf"), Decimal("NaN"), 10**7]
    )
    def test_units_that_no_session_can_have_are_refused(self, units: Any) -> None:
        with pytest.raises(UnitsError, match="above 0"):
            check_dose_limits(
                record(session("2026-01-05", 400)), own(WINDOW), on="2026-01-06", units=units
            )

    def test_a_list_in_lists_is_no_number_of_units(self) -> None:
        units: Any = []
        for _ in range(100_000):
            units = [units]
        with pytest.raises(UnitsError, match="above 0"):
            check_dose_limits(record(), own(WINDOW), on="2026-01-06", units=units)
        while units:  # Python in the browser cannot free them all at once
            units = units.pop()

    @pytest.mark.parametrize("units", [155.1, "155.1", Decimal("155.1")])
    def test_units_count_as_they_are_written(self, units: Any) -> None:
        assert only(record(), own(WINDOW), on="2026-01-06", units=units).planned == Decimal("155.1")

    def test_without_planned_units_the_check_informs(self) -> None:
        check = only(record(session("2026-01-05", 250)), own(WINDOW), on="2026-01-06")
        assert (check.planned, check.total, check.available, check.is_met) == (None, 250, 150, None)

    def test_planned_units_above_the_maximum_never_clear(self) -> None:
        assert only(record(), own(WINDOW), on="2026-02-01", units=401).clears_on is None
        assert only(record(), own(WINDOW), on="2026-02-01", units=400).clears_on == date(2026, 2, 1)

    def test_unknown_units_clear_when_their_dose_does(self) -> None:
        check = only(record(session("2026-01-05", None)), own(WINDOW), on="2026-02-01", units=10)
        assert (check.total, check.exceeded, check.indeterminate) == (10, False, True)
        assert check.clears_on == date(2026, 3, 30)

    def test_a_lower_bound_above_the_maximum_is_exceeded_and_not_open(self) -> None:
        history = record(session("2026-01-05", None), session("2026-01-06", 400))
        check = only(history, own(WINDOW), on="2026-02-01", units=10)
        assert (check.exceeded, check.indeterminate) == (True, False)

    def test_without_planned_units_only_history_counts(self) -> None:
        assert (
            only(record(session("2026-01-05", 400)), own(WINDOW), on="2026-02-01").exceeded is False
        )

    @given(
        st.lists(st.tuples(st.integers(0, 120), st.integers(1, 400)), max_size=6),
        st.integers(1, 400),
    )
    def test_the_first_day_that_fits_is_found_by_trying_each(
        self, doses: list[tuple[int, int]], planned: int
    ) -> None:
        start = date(2026, 1, 5)
        on = start + timedelta(days=121)
        sessions = [session(str(start + timedelta(days=day)), units) for day, units in doses]
        check = only(record(*sessions), own(WINDOW), on=on, units=planned)
        tries = (on + timedelta(days=n) for n in range(200))
        assert check.clears_on == next(
            day for day in tries
            if not only(record(*sessions), own(WINDOW), on=day, as_of=on, units=planned).exceeded
        )  # fmt: skip


class TestSessionLimits:
    def test_the_whole_group_counts(self) -> None:
        history = record(session("2026-01-05", 60))
        for on, total in (("2026-01-05", 110), ("2026-01-08", 110), ("2026-01-09", 50)):
            assert only(history, own(PER_SESSION), on=on, units=50).total == total

    def test_it_clears_on_the_day_after_the_group(self) -> None:
        check = only(record(session("2026-01-05", 60)), own(PER_SESSION), on="2026-01-06", units=50)
        assert (check.exceeded, check.clears_on) == (True, date(2026, 1, 9))
        fits = only(record(session("2026-01-05", 60)), own(PER_SESSION), on="2026-01-06", units=40)
        assert (fits.exceeded, fits.clears_on) == (False, date(2026, 1, 6))
        never = only(record(), own(PER_SESSION), on="2026-01-06", units=101)
        assert (never.exceeded, never.clears_on) == (True, None)

    def test_an_unknown_dose_in_the_group_leaves_it_open(self) -> None:
        check = only(
            record(session("2026-01-05", None)), own(PER_SESSION), on="2026-01-06", units=50
        )
        assert (check.indeterminate, check.clears_on) == (True, date(2026, 1, 9))

    def test_touch_ups_of_the_group_count_and_later_ones_do_not(self) -> None:
        history = record(
            session("2026-01-05", 60),
            session("2026-01-06", 5, kind=SessionKind.TOUCH_UP.value),
            session("2026-01-20", 9, kind=SessionKind.TOUCH_UP.value),
        )
        assert only(history, own(PER_SESSION), on="2026-01-07").total == 65
        assert only(history, own(PER_SESSION), on="2026-01-20").total == 9
        assert only(history, own(PER_SESSION), on="2026-01-21").total == 0

    def test_a_product_limit_counts_both_limbs_and_a_limbs_own_only_one(self) -> None:
        protocol = find_protocol("upper-limb-spasticity", "Dysport")
        history = record(
            session("2026-01-05", 700, "upper-limb-spasticity", product="Dysport"),
            session("2026-01-06", 900, "lower-limb-spasticity", product="Dysport"),
        )
        arm, both = check_dose_limits(history, protocol, on="2026-01-06")
        assert (arm.total, arm.exceeded) == (700, False)
        assert (both.total, both.exceeded) == (1600, True)


class TestWeights:
    def child(self, **weight: Any) -> PatientRecord:
        weights = [{"measured_on": "2026-01-01", "kilograms": 20}] if not weight else [weight]
        return record(session("2026-01-05", 150), weights=weights)

    def test_the_lower_of_both_counts(self) -> None:
        assert only(self.child(), own(BY_WEIGHT), on="2026-01-20", units=60).maximum == 200
        heavy = self.child(measured_on="2026-01-01", kilograms=60)
        assert only(heavy, own(BY_WEIGHT), on="2026-01-20", units=60).maximum == 400

    def test_a_weight_of_the_day_counts_and_one_too_old_does_not(self) -> None:
        for measured, age_limit, known in (("2026-01-20", 0, True), ("2026-01-19", 0, False),
                                           ("2025-07-24", 180, True), ("2025-07-23", 180, False)):  # fmt: skip
            policy = SchedulingPolicy(weight_max_age_days=age_limit)
            child = self.child(measured_on=measured, kilograms=20)
            check = only(child, own(BY_WEIGHT), on="2026-01-20", units=10, policy=policy)
            assert check.indeterminate is not known
            assert check.maximum == (200 if known else 400)

    def test_without_a_weight_the_fixed_units_still_bind(self) -> None:
        check = only(record(session("2026-01-05", 400)), own(BY_WEIGHT), on="2026-01-20", units=1)
        assert (check.exceeded, check.indeterminate, check.clears_on) == (True, False, None)

    def test_a_limit_by_weight_alone_has_no_maximum_without_one(self) -> None:
        alone = {k: v for k, v in BY_WEIGHT.items() if k != "units"}
        check = only(record(session("2026-01-05", 400)), own(alone), on="2026-01-20", units=1)
        assert (check.maximum, check.exceeded, check.indeterminate) == (None, False, True)
        weighed = only(self.child(), own(alone), on="2026-01-20", units=1)
        assert weighed.maximum == 200

    def test_of_two_weights_of_one_day_the_lower_counts(self) -> None:
        weights = [{"measured_on": "2026-01-01", "kilograms": kg} for kg in (30, 20, 25)]
        assert only(record(weights=weights), own(BY_WEIGHT), on="2026-01-20").maximum == 200


class TestWhoseLimit:
    def test_ages_choose_the_limit(self) -> None:
        protocol = find_protocol("blepharospasm")
        for born_on, units in (("2010-06-01", 340), ("2008-01-20", 400), ("2008-01-21", 340)):
            checks = check_dose_limits(record(born_on=born_on), protocol, on="2026-01-20")
            assert {c.limit.units for c in checks if c.limit.scope is LimitScope.PRODUCT} == {
                Decimal(units)
            }

    def test_without_a_birth_date_the_population_does(self) -> None:
        for population, units in (("adult", 400), ("pediatric", 340)):
            protocol = find_protocol("upper-limb-spasticity", population=population)
            checks = check_dose_limits(record(), protocol, on="2026-01-20")
            assert {c.limit.units for c in checks if c.limit.scope is LimitScope.PRODUCT} == {
                Decimal(units)
            }

    def test_what_sessions_do_not_record_is_not_checked(self) -> None:
        protocol = find_protocol("upper-limb-spasticity")
        history = record(session("2026-01-05", 400, "upper-limb-spasticity"))
        (site,) = [
            c
            for c in check_dose_limits(history, protocol, on="2026-01-05")
            if c.limit.per is LimitPer.SITE
        ]
        assert site.not_checked
        assert (site.exceeded, site.clears_on) == (False, None)

    def test_a_protocol_without_limits_has_no_checks(self) -> None:
        assert check_dose_limits(record(), own(), on="2026-01-05", other_protocols=()) == ()

    def test_limits_of_the_whole_product_are_checked_whatever_protocol_is_asked(self) -> None:
        checks = check_dose_limits(
            record(session("2026-01-05", 400)), own(), on="2026-01-06", units=1
        )
        assert {check.exceeded for check in checks if check.limit.units == 400} == {True}

    def test_limits_never_move_a_date(self) -> None:
        history = record(session("2026-01-05", 155), session("2026-02-05", 400, "spasticity"))
        protocol = find_protocol("chronic-migraine")
        answer = forecast(history, protocol, as_of="2026-02-20", planned_units=155)
        assert answer.dates.earliest == date(2026, 3, 30)
        assert answer.findings[-1].code.value == "limit_exceeded"

    def test_a_forecast_checks_the_day_of_the_booking(self) -> None:
        history = record(
            session("2026-01-05", 155),
            session("2026-02-05", 300, "spasticity"),
            session("2026-05-04", 155, status="booked"),
        )
        answer = forecast(history, find_protocol("chronic-migraine"), as_of="2026-02-20")
        assert {(c.on, c.total) for c in answer.limit_checks} == {
            (date(2026, 5, 4), Decimal(155)), (date(2026, 5, 4), Decimal(455))
        }  # fmt: skip

    def test_a_booking_of_another_product_plans_no_units_of_this_one(self) -> None:
        history = record(session("2026-05-04", 500, product="Dysport", status="booked"))
        answer = forecast(history, find_protocol("chronic-migraine"), as_of="2026-02-20")
        assert {c.total for c in answer.limit_checks} == {Decimal(0)}

    def test_checks_read_back_from_json(self) -> None:
        for check in check_dose_limits(
            record(session("2026-01-05")), find_protocol("spasticity"), on="2026-01-20"
        ):
            assert LimitCheck.model_validate_json(check.model_dump_json()) == check


class TestWords:
    """An explanation and a notebook claim no more than was checked."""

    @pytest.mark.parametrize(
        ("treatment", "units", "words", "shown"),
        [
            ("chronic-migraine Botox us", 155, "within the limits recorded here (1 checked); ", "within the limits recorded here (1 checked); "),
            ("chronic-migraine Botox us", 401, "the units exceed a limit recorded here", "above a limit recorded here"),
            ("chronic-migraine Botox us", None, "limits recorded here: 1; checked with units: 0", "not all limits"),
            ("upper-limb-spasticity Botox us", 300, "within the limits recorded here (2 checked); 1 more cannot be checked from a record; ", "not all limits"),
            ("upper-limb-spasticity Botox us", None, "limits recorded here: 3; checked with units: 0", "not all limits"),
            ("blepharospasm Xeomin us", 90, "within the limits recorded here (2 checked); 1 more cannot be checked from a record; ", "not all limits"),
            ("axillary-hyperhidrosis Dysport uk", 90, "limits recorded here: 1; checked with units: 0", "not all limits"),
            ("glabellar-lines Dysport us", 50, "no limit is recorded for abobotulinumtoxinA", "no limit is recorded for abobotulinumtoxinA"),
        ],
    )  # fmt: skip
    def test_they_count_what_a_record_cannot_tell(
        self, treatment: str, units: int | None, words: str, shown: str
    ) -> None:
        indication, product, region = treatment.split()
        protocol = find_protocol(indication, product=product, region=region)
        given = record(session("2026-01-05", None, indication, product=product))
        day = "2026-06-01"
        check = check_date(given, protocol, on=day, as_of=day, planned_units=units)
        found = forecast(given, protocol, as_of=day, planned_units=units)
        assert f"units: {words}" in check.explain()
        assert f"units: {words}" in found.explain()
        assert f">{shown}" in found._repr_html_()

    @pytest.mark.parametrize("kind", ["deceased", "discontinued"])
    def test_after_the_end_of_care_they_say_nothing(self, kind: str) -> None:
        end = {"on": "2026-02-01", "kind": kind}
        given = record(session("2026-01-05"), care_ends=[end])
        found = forecast(given, "chronic-migraine", as_of="2026-03-01")
        check = check_date(given, "chronic-migraine", on="2026-03-30", as_of="2026-03-01")
        for text in (found.explain(), check.explain()):
            assert "units:" not in text

    def test_only_the_chosen_reading_makes_them(self) -> None:
        history = record(
            session("2026-01-05", 300, "cervical-dystonia"), session("2026-01-05", 100)
        )
        found = forecast(history, "chronic-migraine", as_of="2026-03-30", planned_units=155)
        assert [check.exceeded for check in found.limit_checks] == [False, True]
        assert found.clear
        for text in (found.explain(), found._repr_html_()):
            assert "within the limits recorded here (1 checked); this does not say" in text


class TestWhatElseIsBooked:
    BOTH = (
        session("2026-08-01", 155),
        session("2026-08-01", 200, "cervical-dystonia"),
        session("2026-12-01", 155, status="booked"),
        session("2026-12-01", 290, "cervical-dystonia", status="booked"),
    )

    def test_sessions_booked_for_one_day_are_added_up(self) -> None:
        history = record(*self.BOTH)
        for indication in ("chronic-migraine", "cervical-dystonia"):
            answer = forecast(history, indication, as_of="2026-11-20")
            check = answer.limit_checks[0]
            assert (check.total, check.exceeded, answer.clear) == (Decimal(445), True, False)
            assert "limit_exceeded" in {finding.code for finding in answer.findings}

    def test_equal_bookings_are_added_up_though_they_are_one_object(self) -> None:
        booked = session("2026-12-01", 250, status="booked")
        equal = record(session("2026-08-01", 155), booked, booked)
        last, visit, _ = equal.sessions
        for sessions in (equal.sessions, (last, visit, visit)):
            history = equal.model_copy(update={"sessions": sessions})
            answer = forecast(history, "chronic-migraine", as_of="2026-11-20")
            assert (answer.limit_checks[0].total, answer.clear) == (Decimal(500), False)

    def test_arm_and_leg_of_one_visit_are_added_up(self) -> None:
        arm, leg = "upper-limb-spasticity", "lower-limb-spasticity"
        history = record(
            session("2026-12-01", 200, arm, status="booked"),
            session("2026-12-01", 300, leg, status="booked"),
        )
        for indication in (arm, leg):
            checks = forecast(history, indication, as_of="2026-11-20").limit_checks
            totals = {(c.limit.scope, c.planned, c.total) for c in checks if not c.not_checked}
            assert totals == {
                (LimitScope.PRODUCT, Decimal(200 if indication == arm else 300), Decimal(500)),
                (LimitScope.INDICATION, Decimal(200), Decimal(200)),
                (LimitScope.INDICATION, Decimal(300), Decimal(300)),
            }

    @pytest.mark.parametrize(
        ("last", "booked", "units", "exceeded"),
        [
            # A child of 60 kg: 200 U of BOTOX for the arm, 300 U for the leg.
            ({"indication": "lower-limb-spasticity"}, {}, 200, False),
            ({"indication": "lower-limb-spasticity"}, {}, 201, True),
            # Xeomin: 400 U a session.
            ({"indication": "upper-limb-spasticity"}, {"product": "Xeomin"}, 400, False),
            ({"indication": "upper-limb-spasticity"}, {"product": "Xeomin"}, 401, True),
        ],
    )
    def test_a_booking_has_the_limits_of_its_own_treatment(
        self, last: dict[str, Any], booked: dict[str, Any], units: int, exceeded: bool
    ) -> None:
        visit = session("2026-12-01", units, "upper-limb-spasticity", status="booked", **booked)
        child = record(
            session("2026-08-01", 100, **last),
            visit,
            born_on="2016-01-01",
            weights=[{"measured_on": "2026-11-20", "kilograms": 60}],
        )
        (answer,) = forecast_all(child, as_of="2026-11-26")
        found = {f.code.value for f in answer.findings}
        assert ("limit_exceeded" in found, answer.clear is False) == (exceeded, exceeded)
        name = last["indication"]
        check = check_date(child, name, on="2026-12-01", as_of="2026-11-26")
        assert (check.clear is False) is exceeded
        planned = check_date(child, name, on="2026-12-01", as_of="2026-11-26", planned_units=200)
        assert planned.clear is True

    @pytest.mark.parametrize(
        ("neck_on", "as_of", "total"),
        [
            pytest.param("2026-12-02", "2026-11-20", 155, id="the day after"),
            pytest.param("2026-11-30", "2026-11-20", 445, id="the day before"),
            pytest.param("2026-09-09", "2026-09-01", 445, id="last day of the window"),
            pytest.param("2026-09-08", "2026-09-01", 155, id="before the window"),
            # Results come in late: it may have been given. Later the finding asks what became of it.
            pytest.param("2026-11-29", "2026-12-01", 445, id="two days ago"),
            pytest.param("2026-11-28", "2026-12-01", 155, id="three days ago"),
        ],
    )
    def test_another_visit_in_the_window_before_the_day_counts(
        self, neck_on: str, as_of: str, total: int
    ) -> None:
        history = record(self.BOTH[2], self.BOTH[3] | {"administered_on": neck_on})
        answer = forecast(history, "chronic-migraine", as_of=as_of)
        assert answer.limit_checks[0].total == Decimal(total)
        assert ("limit_exceeded" in {f.code for f in answer.findings}) is (total > 400)
        check = check_date(history, "chronic-migraine", on="2026-12-01", as_of=as_of)
        assert check.limit_checks[0].total == Decimal(total)

    @pytest.mark.parametrize(
        ("units", "code", "clear"),
        [
            (155, "limit_indeterminate", None),
            (401, "limit_exceeded", False),
            (None, None, None),
        ],
    )
    def test_a_booking_without_a_product_may_be_of_the_planned_one(
        self, units: int | None, code: str | None, clear: bool | None
    ) -> None:
        visit = session("2026-12-01", units, status="booked", product=None)
        history = record(session("2026-09-01", 155), visit)
        answer = forecast(history, "chronic-migraine", as_of="2026-11-26")
        found = {f.code.value for f in answer.findings if f.code.value.startswith("limit")}
        assert (found, answer.clear) == ({code} - {None}, clear)
        check = check_date(
            history, "chronic-migraine", on="2026-12-01", as_of="2026-11-26", planned_units=155
        )
        assert check.clear is True

    def test_of_two_products_booked_for_a_day_each_has_its_own_limit(self) -> None:
        neck = "cervical-dystonia"
        for units, told in ((400, []), (401, ["limit_exceeded"])):
            answer = forecast(
                record(
                    session("2026-08-01", 100, neck),
                    session("2026-12-01", units, neck, status="booked"),
                    session("2026-12-01", 300, neck, status="booked", product="Xeomin"),
                ),
                neck,
                as_of="2026-11-26",
            )
            assert [f.code for f in answer.findings if f.code == "limit_exceeded"] == told

    @pytest.mark.parametrize("product", ["Botox", None])
    def test_the_booking_of_a_session_that_was_given_is_fulfilled(
        self, product: str | None
    ) -> None:
        given, again = (
            session("2026-12-01", 400, "spasticity", id="given"),
            session("2027-03-01", 400, "spasticity", id="again", status="booked"),
        )
        booked = given | {"id": "booked", "status": "booked", "product": product}
        answer = forecast(record(given, booked, again), "spasticity", as_of="2026-12-01")
        assert answer.booking is not None
        assert answer.booking.on == date(2027, 3, 1)
        assert "limit_exceeded" not in {finding.code for finding in answer.findings}
        later = check_date(
            record(given, booked), "chronic-migraine", on="2026-12-02", as_of="2026-12-01"
        )
        assert later.limit_checks[0].total == Decimal(400)
        leg = booked | {"indication": "lower-limb-spasticity"}
        answer = forecast(record(given, leg, again), "spasticity", as_of="2026-12-01")
        assert answer.booking is not None
        assert answer.booking.on == date(2026, 12, 1)

    def test_a_visit_that_may_be_moved_to_the_day_counts_once(self) -> None:
        arm = session("2026-12-01", 400, "spasticity", status="booked")
        leg = session("2026-12-02", 400, "lower-limb-spasticity", status="booked")
        for history, on, total in (
            (record(arm), "2026-12-02", 300),
            (record(arm, leg), "2026-12-02", 700),
            (record(arm, leg), "2026-12-03", 300),
        ):
            checks = check_date(
                history, "spasticity", on=on, as_of="2026-11-20", planned_units=300
            ).limit_checks
            assert {c.total for c in checks if not c.not_checked} == {Decimal(total)}

    def test_one_that_is_recorded_as_given_counts_once(self) -> None:
        history = record(*self.BOTH, session("2026-12-01", 155))
        check = forecast(history, "cervical-dystonia", as_of="2026-12-01").limit_checks[0]
        assert check.total == Decimal(445)

    def test_a_day_takes_the_units_of_its_booking(self) -> None:
        answer = check_date(
            record(*self.BOTH), "chronic-migraine", on="2026-12-01", as_of="2026-11-20"
        )
        check = answer.limit_checks[0]
        assert (check.planned, check.total, answer.clear) == (Decimal(155), Decimal(445), False)

    def test_planned_units_replace_those_of_the_booking(self) -> None:
        for units, total in ((110, 400), (111, 401)):
            answer = check_date(
                record(*self.BOTH),
                "chronic-migraine",
                on="2026-12-01",
                as_of="2026-11-20",
                planned_units=units,
            )
            assert answer.limit_checks[0].total == Decimal(total)
            assert answer.clear is (total == 400)

    @pytest.mark.parametrize(
        ("second_on", "total"),
        [
            pytest.param("2026-12-04", 600, id="part of the session"),
            pytest.param("2026-12-05", 300, id="another session"),
            pytest.param("9998-12-31", 300, id="a day far ahead"),
        ],
    )
    def test_the_parts_of_a_split_visit_are_one_session(self, second_on: str, total: int) -> None:
        xeomin = {"product": "Xeomin", "indication": "upper-limb-spasticity", "status": "booked"}
        history = record(*(session(day, 300, **xeomin) for day in ("2026-12-01", second_on)))
        protocol = find_protocol("upper-limb-spasticity", "Xeomin")
        for on in ("2026-12-01", second_on):
            answer = check_date(history, protocol, on=on, as_of="2026-11-20")
            (check,) = answer.limit_checks
            assert (check.total, check.exceeded) == (Decimal(total), total > 400)

    def test_a_past_day_is_asked_about_the_session_it_was_part_of(self) -> None:
        xeomin = {"product": "Xeomin", "indication": "upper-limb-spasticity"}
        days = ("2026-01-05", "2026-01-07", "2026-04-20")
        history = record(*(session(day, 200, **xeomin) for day in days))
        for as_of in ("2026-01-07", "2026-06-01"):
            (check,) = check_dose_limits(
                history, "upper-limb-spasticity", on="2026-01-07", units=1, as_of=as_of
            )
            assert (check.total, check.exceeded) == (Decimal(401), True)

    def test_what_was_given_is_told_without_bookings(self) -> None:
        checks = check_dose_limits(
            record(*self.BOTH), "chronic-migraine", on="2026-12-01", as_of="2026-11-20"
        )
        assert {check.total for check in checks} == {Decimal(0)}


class TestUnitsOnADay:
    """Units against limits: what counts on the day, who weighs what, what is surely met."""

    WINDOW: ClassVar[Any] = {
        "scope": "product",
        "per": "window",
        "windows": [{"window": "12 weeks"}],
        "units": 400,
    }
    PER_SESSION: ClassVar[Any] = {"scope": "indication", "per": "session", "units": 100}
    BY_WEIGHT: ClassVar[Any] = {**WINDOW, "units_per_kilogram": 10}

    def checks(self, *limits: Any, given: Any = (), **asked: Any) -> tuple[Any, ...]:
        rows = {name: asked.pop(name, ()) for name in ("weights", "holds")}
        treated = bs.PatientRecord(sessions=given, born_on=asked.pop("born_on", None), **rows)
        own = protocol(limits=limits)
        return bs.check_dose_limits(treated, own, other_protocols=(), **asked)

    def test_the_most_that_a_session_can_have(self) -> None:
        (check,) = self.checks(self.WINDOW, on="2026-02-01", units=1_000_000)
        assert check.planned == 1_000_000

    def test_the_age_on_the_day_of_the_visit_chooses(self) -> None:
        limits = [
            {**self.WINDOW, "ages": {"first": 18}},
            {**self.WINDOW, "ages": {"last": 17}, "units": 340},
        ]
        for on, units in (("2026-08-31", 340), ("2026-09-01", 400)):
            (check,) = self.checks(*limits, on=on, as_of="2026-02-01", born_on="2008-09-01")
            assert check.limit.units == units

    def test_units_under_an_unknown_name_may_count_so_they_do(self) -> None:
        unknown = {**GIVEN, "indication": "migrane", "units": 60}
        known = {**GIVEN, "indication": "spasticity", "units": 60}
        (check,) = self.checks(self.PER_SESSION, given=[unknown, known], on="2026-01-05")
        assert check.total == 60

    def test_doses_after_the_day_do_not_count(self) -> None:
        later = {**GIVEN, "administered_on": "2026-03-02", "units": 60}
        (check,) = self.checks(self.WINDOW, given=[later], on="2026-02-01", as_of="2026-06-01")
        assert check.total == 0

    def test_a_weight_counts_from_its_day_once_it_is_known(self) -> None:
        weights = [{"measured_on": "2026-03-02", "kilograms": 20}]
        for on, as_of, maximum in (
            ("2026-03-02", "2026-03-02", 200),
            ("2026-03-10", "2026-03-01", 400),
            ("2026-03-01", "2026-06-01", 400),
        ):
            (check,) = self.checks(self.BY_WEIGHT, weights=weights, on=on, as_of=as_of)
            assert check.maximum == maximum

    def test_its_age_counts_to_the_day_of_the_visit(self) -> None:
        weights = [{"measured_on": "2026-01-01", "kilograms": 20}]
        for on, maximum in (("2026-06-30", 200), ("2026-07-01", 400)):
            (check,) = self.checks(self.BY_WEIGHT, weights=weights, on=on, as_of="2026-02-01")
            assert check.maximum == maximum

    def test_a_window_in_months_ends_as_the_policy_says(self) -> None:
        limit = {**self.WINDOW, "windows": [{"window": "3 months"}]}
        given = [{**GIVEN, "administered_on": "2025-11-30", "units": 60}]
        for policy, total in ((None, 0), (FIRST_OF_NEXT, 60)):
            (check,) = self.checks(limit, given=given, on="2026-02-28", policy=policy)
            assert check.total == total
        over = [{**given[0], "units": 400}]
        (check,) = self.checks(limit, given=over, on="2026-02-01", units=1, policy=FIRST_OF_NEXT)
        assert check.clears_on == date(2026, 3, 1)

    def test_what_is_available_is_never_below_zero_and_leaves_the_plan_out(self) -> None:
        for units, available in ((300, 100), (500, 0)):
            rows = [{**GIVEN, "units": units}]
            (check,) = self.checks(self.WINDOW, given=rows, on="2026-02-01", units=50)
            assert check.available == available

    def test_it_clears_when_what_is_unknown_has_left_the_window(self) -> None:
        given = [GIVEN, {**GIVEN, "administered_on": "2025-12-01", "units": 380}]
        (check,) = self.checks(self.WINDOW, given=given, on="2026-02-01", units=50)
        assert (check.exceeded, check.clears_on) == (True, date(2026, 3, 30))

    def test_what_nobody_weighed_never_surely_clears(self) -> None:
        limit = {**self.PER_SESSION, "units_per_kilogram": 1}
        (check,) = self.checks(limit, on="2026-02-01", units=50)
        assert (check.indeterminate, check.clears_on) == (True, None)

    def test_a_session_counts_from_its_first_part(self) -> None:
        parts = [{**GIVEN, "administered_on": d, "units": 30} for d in ("2026-01-05", "2026-01-07")]
        totals = [
            self.checks(self.PER_SESSION, given=parts, on=on)[0].total
            for on in ("2026-01-08", "2026-01-09")
        ]
        assert totals == [60, 0]

    def test_equal_units_of_one_day_may_be_one(self) -> None:
        def duplicates(*days: str, units: int) -> bool:
            given = [{**GIVEN, "administered_on": day, "units": 200} for day in days]
            own = protocol(limits=[self.WINDOW])
            check = bs.check_date(
                bs.PatientRecord(sessions=given),
                own,
                on="2026-02-01",
                as_of="2026-02-01",
                planned_units=units,
                other_protocols=(),
            )
            return "probable_duplicate" in codes(check)

        assert duplicates("2026-01-05", "2026-01-05", units=200)
        assert not duplicates("2026-01-05", "2026-01-05", units=201)
        assert not duplicates("2026-01-05", "2026-01-06", units=200)

    def test_a_finding_names_the_sessions_that_count(self) -> None:
        given = [
            {**GIVEN, "id": day, "administered_on": day, "units": 300}
            for day in ("2025-06-02", "2026-01-05")
        ]

        def asked(on: str) -> Any:
            return bs.check_date(
                bs.PatientRecord(sessions=given),
                protocol(limits=[self.WINDOW]),
                on=on,
                as_of="2026-02-01",
                planned_units=200,
                other_protocols=(),
            )

        assert "limit_exceeded" not in codes(asked("2026-03-30"))
        found = asked("2026-03-29")
        (finding,) = [f for f in found.findings if f.code == "limit_exceeded"]
        assert finding.record_ids == ("2026-01-05",)

    @pytest.mark.parametrize(
        ("on", "limited", "units", "clear"),
        [
            ("2026-03-30", True, 155, True),
            ("2026-03-30", True, 401, False),
            ("2026-03-30", True, None, None),
            ("2026-03-30", False, 155, None),
            ("2026-03-29", True, 155, False),
        ],
    )
    def test_clear_means_allowed_and_every_limit_met(
        self, on: str, units: int | None, *, limited: bool, clear: bool | None
    ) -> None:
        own = protocol(limits=[self.WINDOW] if limited else [])
        given = bs.PatientRecord(sessions=[{**GIVEN, "units": 155}])
        asked: dict[str, Any] = {"planned_units": units, "other_protocols": ()}
        check = bs.check_date(given, own, on=on, as_of="2026-02-01", **asked)
        assert check.clear is clear
        assert ("does not say the dose is safe" in check.explain()) is bool(
            limited and units == 155
        )
        if on == "2026-03-30":
            assert bs.forecast(given, own, as_of="2026-02-01", **asked).clear is clear

    def test_what_is_only_partly_checked_is_not_called_within(self) -> None:
        site = {"scope": "indication", "per": "site", "units": 50}
        own = protocol(limits=[self.WINDOW, {**self.BY_WEIGHT, "units": None}, site])
        check = bs.check_date(
            migraine_record("2026-01-05"),
            own,
            on="2026-03-30",
            as_of="2026-02-01",
            planned_units=155,
            other_protocols=(),
        )
        assert check.clear is None
        assert "does not say the dose is safe" not in check.explain()


class TestUncheckedLimits:
    def test_a_check_that_was_not_made_keeps_the_planned_units(self) -> None:
        checks = bs.check_dose_limits(
            migraine_record("2026-01-05"), MIGRAINE, units=155, on="2026-03-30", as_of="2026-03-30"
        )
        assert {check.planned for check in checks} == {Decimal(155)}


class TestWhatFits:
    def test_the_plan_must_fit_with_what_still_counts(self) -> None:
        limit = {"scope": "product", "per": "window", "windows": [{"window": "12 weeks"}]}
        own = protocol(limits=[limit | {"units": 400}])
        rows = [{**GIVEN, "units": 200}, {**GIVEN, "administered_on": "2026-02-02", "units": 300}]
        (check,) = bs.check_dose_limits(
            bs.PatientRecord(sessions=rows), own, on="2026-03-02", units=200, other_protocols=()
        )
        assert check.clears_on == date(2026, 2, 2) + 84 * DAY


class TestClearsOnWithBookings:
    """A day is promised only where what is booked until then leaves room too."""

    @pytest.mark.parametrize(
        ("booked_on", "units", "clears_on"),
        [
            pytest.param("2026-07-15", 245, "2026-08-12", id="it leaves room"),
            pytest.param("2026-07-15", 246, "2026-10-07", id="it leaves none"),
            pytest.param("2026-07-15", None, "2026-10-07", id="its units are unknown"),
            pytest.param("2026-08-12", 246, "2026-11-04", id="on the first day without the other"),
            pytest.param("2026-08-13", 246, "2026-08-12", id="a day later"),
        ],
    )
    def test_later_visits_count(self, booked_on: str, units: int | None, clears_on: str) -> None:
        given = record(
            session("2025-01-05"),
            session("2026-05-20", 300, "cervical-dystonia"),
            session(booked_on, units, "spasticity", status="booked"),
        )

        def check(day: str) -> LimitCheck:
            asked: dict[str, Any] = {"as_of": "2026-06-20", "planned_units": 155}
            return check_date(given, "chronic-migraine", on=day, **asked).limit_checks[0]

        assert check("2026-06-20").exceeded
        assert str(check("2026-06-20").clears_on) == clears_on
        assert check(clears_on).is_met

    @given(
        st.lists(
            st.tuples(
                st.integers(-90, 90),
                st.sampled_from([None, 50, 245, 246, 300]),
                st.sampled_from(["Botox", "Botox", None, "Xeomin"]),
            ),
            max_size=5,
        )
    )
    @example([(-30, 50, "Botox"), (0, 245, "Botox")])  # what is given today counts once
    def test_it_is_the_first_day_that_is_met(
        self, doses: list[tuple[int, int | None, str | None]]
    ) -> None:
        as_of = date(2026, 6, 20)
        rows = [
            session(
                str(as_of + days * DAY),
                units,
                "cervical-dystonia",
                product=product,
                status="booked" if days > 0 else "completed",
                id=f"{number}",
            )
            for number, (days, units, product) in enumerate(doses)
        ]
        given_ = record(session("2025-01-05"), *rows)

        def check(day: date) -> LimitCheck:
            asked: dict[str, Any] = {"as_of": as_of, "planned_units": 155}
            return check_date(given_, "chronic-migraine", on=day, **asked).limit_checks[0]

        days = (as_of + number * DAY for number in range(190))
        assert check(as_of).clears_on == next(day for day in days if check(day).is_met)

    @pytest.mark.parametrize(
        ("units", "clears_on"), [(20, "2026-12-14"), (21, "2026-12-15")], ids=["room", "none"]
    )
    def test_a_limit_of_one_session_counts_the_visits_of_that_day(
        self, units: int, clears_on: str
    ) -> None:
        rows = [
            session(day, number, "blepharospasm", product="Xeomin", status="booked")
            for day, number in (("2026-12-11", 90), ("2026-12-14", units))
        ]
        arm = session("2026-12-10", 380, "upper-limb-spasticity", product="Xeomin", status="booked")
        protocol = find_protocol("upper-limb-spasticity", product="Xeomin")
        first, *_ = forecast(record(arm, *rows), protocol, as_of="2026-12-01").limit_checks
        assert first.exceeded
        assert str(first.clears_on) == clears_on

    def test_a_window_can_clear_on_a_day_that_is_part_of_the_session(self) -> None:
        given_ = record(session("2026-03-30", 300, "cervical-dystonia"), session("2026-06-20", 100))
        asked: dict[str, Any] = {"as_of": "2026-06-21", "planned_units": 155}
        found = check_date(given_, "chronic-migraine", on="2026-06-21", **asked).limit_checks[0]
        assert (found.exceeded, str(found.clears_on)) == (True, "2026-06-22")

    def test_a_course_elsewhere_counts_from_its_last_day_on(self) -> None:
        prior = {"indication": "spasticity", "cycles": 2, "last_on": "2026-06-20"}
        for on, known in (("2026-06-19", True), ("2026-06-20", False)):
            given_ = record(session("2025-01-05"), prior_treatments=[prior])
            asked: dict[str, Any] = {"on": on, "as_of": on, "units": 155}
            first, *_ = check_dose_limits(given_, "chronic-migraine", **asked)
            assert first.indeterminate is not known

    def test_later_sessions_count_where_they_are_known(self) -> None:
        given = record(
            session("2026-02-20", 300, "cervical-dystonia"),
            session("2026-04-15", 300, "spasticity"),
        )
        asked: dict[str, Any] = {"on": "2026-03-01", "units": 155}
        for as_of, clears_on in (("2026-03-01", "2026-05-15"), ("2026-06-01", "2026-07-08")):
            first, *_ = check_dose_limits(given, "chronic-migraine", as_of=as_of, **asked)
            assert str(first.clears_on) == clears_on


class TestClearsOnByWeight:
    """A day is promised only while the weight that gives the maximum counts."""

    @pytest.mark.parametrize(
        ("measured_on", "clears_on"),
        [
            pytest.param("2026-02-13", "2026-08-12", id="180 days old by then"),
            pytest.param("2026-02-12", None, id="181 days old by then"),
        ],
    )
    def test_the_weight_counts_on_that_day(self, measured_on: str, clears_on: str | None) -> None:
        arm = "upper-limb-spasticity"
        child = record(
            session("2026-05-20", 200, arm),
            born_on="2018-01-01",
            weights=[{"measured_on": measured_on, "kilograms": 25}],
        )
        asked: dict[str, Any] = {"units": 100, "as_of": "2026-06-20"}
        first, *_ = check_dose_limits(child, arm, on="2026-06-20", **asked)
        assert (first.exceeded, first.maximum) == (True, 250)
        assert first.clears_on == (None if clears_on is None else date.fromisoformat(clears_on))
        then, *_ = check_dose_limits(child, arm, on="2026-08-12", **asked)
        assert then.is_met is (None if clears_on is None else True)


class TestDosesElsewhere:
    """The last session elsewhere was given too; that nobody knows its units is not zero."""

    NECK: ClassVar[dict[str, Any]] = {
        "indication": "cervical-dystonia",
        "cycles": 3,
        "last_on": "2026-11-10",
        "product": "Botox",
    }
    OWN = session("2026-06-01", 155)

    def check(self, day: str, *sessions: dict[str, Any], **prior: Any) -> bool | None:
        given = record(self.OWN, *sessions, prior_treatments=[self.NECK | prior])
        found = check_date(given, "chronic-migraine", on=day, as_of="2026-11-26", planned_units=155)
        assert found.allowed is True
        return found.clear

    @pytest.mark.parametrize(
        ("day", "prior", "clear"),
        [
            pytest.param("2026-11-26", {}, None, id="in the window"),
            pytest.param("2026-11-26", {"product": None}, None, id="of an unknown product"),
            pytest.param("2026-11-26", {"product": "Dysport"}, True, id="of another product"),
            pytest.param("2027-02-01", {}, None, id="on the last day of the window"),
            pytest.param("2027-02-02", {}, True, id="after the window"),
            pytest.param("2026-11-26", {"cycles": 0}, None, id="without a number of cycles"),
            pytest.param("2026-11-26", {"last_on": "2026-11-27"}, True, id="not given yet"),
        ],
    )
    def test_leave_a_limit_open(self, day: str, prior: dict[str, Any], clear: bool | None) -> None:
        assert self.check(day, **prior) is clear

    def test_count_once_where_they_are_sessions_too(self) -> None:
        same = session("2026-11-10", 200, "cervical-dystonia")
        assert self.check("2026-11-26", same) is True
        assert self.check("2026-11-26", same, last_on="2026-11-11") is None

    def test_clear_after_the_window(self) -> None:
        given = record(self.OWN, prior_treatments=[self.NECK])
        first, _ = check_dose_limits(given, "chronic-migraine", on="2026-11-26", units=155)
        assert (first.indeterminate, first.total, str(first.clears_on)) == (
            True,
            Decimal(155),
            "2027-02-02",
        )

    def test_leave_the_exposure_open(self) -> None:
        given = record(self.OWN, prior_treatments=[self.NECK])

        def found(product: str, on: str) -> bool:
            return exposure(given, product=product, window="12 weeks", on=on).indeterminate

        assert found("Botox", "2027-02-01")
        assert not found("Botox", "2027-02-02")
        assert not found("Botox", "2026-11-09")
        assert not found("Dysport", "2027-02-01")


class TestBookingsOfOneSession:
    """A limit of one session counts what is booked until its last day, whatever the clock."""

    @pytest.mark.parametrize(
        ("eyelids_on", "exceeded"),
        [
            pytest.param("2026-12-10", True, id="on the day"),
            pytest.param("2026-12-13", True, id="on the last day of the session"),
            pytest.param("2026-12-14", False, id="on the day after"),
        ],
    )
    @pytest.mark.parametrize("status", ["booked", "completed"])
    def test_other_clocks_count(self, eyelids_on: str, status: str, *, exceeded: bool) -> None:
        rows = [
            session("2026-12-10", 380, "upper-limb-spasticity", product="Xeomin", status=status),
            session(eyelids_on, 90, "blepharospasm", product="Xeomin", status=status),
        ]
        arm = find_protocol("upper-limb-spasticity", product="Xeomin")
        if status == "booked":
            checks = forecast(record(*rows), arm, as_of="2026-12-01").limit_checks
        else:
            checks = check_dose_limits(record(*rows), arm, on="2026-12-10", as_of="2026-12-20")
        assert any(check.exceeded for check in checks) is exceeded


class TestGeneralIndications:
    """A session for spasticity may have been for the arm: nobody recorded whether it was."""

    def check(self, units: int | None, indication: str, on: str = "2026-04-01") -> LimitCheck:
        given = session("2026-04-01", units, indication, product="Dysport")
        arm = find_protocol("upper-limb-spasticity", product="Dysport")
        checks = check_dose_limits(record(given), arm, on=on, units=600)
        (own,) = [c for c in checks if c.limit.scope is LimitScope.INDICATION]
        assert own.maximum == 1000
        return own

    @pytest.mark.parametrize(
        ("units", "met"), [(400, True), (401, None), (1000, None), (None, None)]
    )
    def test_one_may_count(self, units: int | None, met: bool | None) -> None:
        own = self.check(units, "spasticity")
        assert (own.is_met, own.total, own.exceeded) == (met, 600, False)
        assert str(own.clears_on) == ("2026-04-01" if met else "2026-04-05")

    def test_a_later_day_of_one_session_too(self) -> None:
        assert self.check(600, "spasticity", on="2026-04-03").is_met is None
        assert self.check(600, "spasticity", on="2026-04-05").is_met is True

    def test_another_part_does_not(self) -> None:
        assert self.check(600, "lower-limb-spasticity").is_met is True
        assert self.check(600, "upper-limb-spasticity").is_met is False

    def test_a_part_may_count_for_a_limit_of_the_whole(self) -> None:
        whole = protocol(indication="spasticity", limits=[PER_SESSION | {"units": 400}])
        arm = session("2026-04-01", 300, "upper-limb-spasticity")
        (own,) = check_dose_limits(
            record(arm), whole, on="2026-04-01", units=300, other_protocols=[]
        )
        assert own.is_met is None
        neck = session("2026-04-01", 300, "cervical-dystonia")
        (own,) = check_dose_limits(
            record(neck), whole, on="2026-04-01", units=300, other_protocols=[]
        )
        assert own.is_met is True
