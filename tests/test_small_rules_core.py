"""The core: rules at their edges that a change of the code once passed unseen."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.engine.forecast import forecast_in
from botox_schedule.engine.standing import Phases, standing_of
from botox_schedule.engine.track import Reading, read_record
from botox_schedule.engine.tracks import tracks_of
from botox_schedule.engine.worklist import place_of, waiting_of
from botox_schedule.policy import policy_or_default
from botox_schedule.protocols.catalog import known_protocols
from samples import MIGRAINE, codes, override, protocol, record

FIRST_OF_NEXT = bs.SchedulingPolicy(short_month="first_of_next")
GIVEN: dict[str, Any] = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}
DAY = timedelta(1)
ARM, LEG = "upper-limb-spasticity", "lower-limb-spasticity"


def allowed(given: bs.PatientRecord, *days: str, **asked: Any) -> list[bool | None]:
    """Whether the days are allowed for a patient with chronic migraine."""
    asked = {"as_of": "2026-02-01", "protocol": MIGRAINE, **asked}
    own = asked.pop("protocol")
    return [bs.check_date(given, own, on=day, **asked).allowed for day in days]


def rule(**changed: Any) -> dict[str, Any]:
    return {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks", **changed}


class TestShortMonths:
    """The policy says what becomes of a day that a month does not have, wherever months count."""

    def test_in_a_minimum(self) -> None:
        own = protocol(retreatment=rule(minimum="3 months", usual="3 months"))
        given = record("2025-11-30")
        days = ("2026-02-28", "2026-03-01")
        assert allowed(given, *days, protocol=own) == [True, True]
        assert allowed(given, *days, protocol=own, policy=FIRST_OF_NEXT) == [False, True]

    def test_in_the_end_of_a_usual_range(self) -> None:
        own = protocol(retreatment=rule(usual="3 to 4 months"))
        found = bs.forecast(record("2025-10-31"), own, as_of="2025-12-01", policy=FIRST_OF_NEXT)
        # The range ends on 2026-03-01 and not on 2026-02-28; 7 days of grace follow.
        assert found.dates.overdue_from == date(2026, 3, 9)

    def test_in_which_of_two_overrides_is_the_longer(self) -> None:
        overrides = [override(first="2025-11-30", minimum=text) for text in ("3 months", "90 days")]
        found = bs.forecast(
            record("2025-11-30", overrides=overrides),
            MIGRAINE,
            as_of="2026-01-01",
            policy=FIRST_OF_NEXT,
        )
        assert found.dates.earliest == date(2026, 3, 1)


class TestProjection:
    def test_months_are_counted_from_the_last_session_and_never_chained(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="3 months"))
        found = bs.project(record("2026-11-30"), own, as_of="2026-12-01", count=2)
        assert [session.target for session in found] == [date(2027, 2, 28), date(2027, 5, 30)]

    def test_a_target_that_would_be_overdue_is_the_due_day(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        for ends in ((), [{"on": "2026-03-30", "kind": "discontinued"}]):
            found = bs.project(
                record("2025-12-31", care_ends=ends),
                own,
                as_of="2026-01-01",
                count=3,
                policy=bs.SchedulingPolicy(scheduled_grace="0 days"),
            )
            # After 28 February the patient is due on 28 March and overdue from the 29th on.
            assert [session.target for session in found] == [
                date(2026, 1, 31),
                date(2026, 2, 28),
                date(2026, 3, 28),
            ]


class TestVersions:
    def test_the_one_in_force_says_whether_treatment_is_scheduled(self) -> None:
        old = protocol(retreatment=rule(), in_force={"last": "2026-01-31"})
        new = protocol(
            version="2", retreatment=rule(kind="as_needed"), in_force={"first": "2026-02-01"}
        )
        for given, others in ((old, [new]), (new, [old])):
            found = bs.forecast(
                record("2026-01-05"), given, as_of="2026-02-01", other_protocols=others
            )
            # What is given as needed has four weeks of grace, and not one.
            assert found.dates.overdue_from == date(2026, 4, 28)

    def test_before_the_first_one_the_clinics_usual_range_still_has_reasons(self) -> None:
        own = protocol(in_force={"first": "2027-01-01"})
        policy = bs.SchedulingPolicy(usual={"chronic-migraine": "13 to 14 weeks"})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01", policy=policy)
        assert found.dates.due == date(2026, 4, 6)
        assert [r.protocol for r in found.reasons.values()] == [own.ref] * 4


class TestJudges:
    def test_of_two_indications_the_one_with_a_minimum_judges(self) -> None:
        stating = protocol(indication=ARM, id="arm", shares_clock_with=[LEG])
        silent = protocol(
            indication=LEG, id="leg", shares_clock_with=[ARM], retreatment={"kind": "as_needed"}
        )
        both = [
            {**GIVEN, "administered_on": "2026-06-01", "indication": name} for name in (ARM, LEG)
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}, *both])
        for own, other, timing in ((stating, silent, "late"), (silent, stating, "late")):
            _, cycle = bs.treatment_cycles(given, own, as_of="2026-07-01", other_protocols=[other])
            assert cycle.timing == timing
        mute = stating.model_copy(update={"retreatment": silent.retreatment})
        _, cycle = bs.treatment_cycles(given, mute, as_of="2026-07-01", other_protocols=[silent])
        assert cycle.timing is None

    def test_without_any_interval_a_cycle_still_says_who_judges(self) -> None:
        past = protocol(retreatment={"kind": "as_needed"}, in_force={"last": "2026-02-01"})
        given = record("2026-01-05", "2026-04-06")
        _, cycle = bs.treatment_cycles(given, past, as_of="2026-05-01", other_protocols=[])
        assert (cycle.timing, codes(cycle)) == (
            None,
            {"unknown_units", "judged_by_another_protocol"},
        )

    def test_for_an_unknown_product_the_strictest_protocol_is_followed(self) -> None:
        known = [
            protocol(id="a", product="Dysport", retreatment=rule(minimum="20 weeks", usual=None)),
            protocol(id="b", product="Xeomin", retreatment=rule(minimum="8 weeks", usual=None)),
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
        assert found.dates.earliest == date(2026, 5, 25)
        assert found.protocol is not None
        assert found.protocol.id == "a"


class TestCoursesElsewhere:
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


class TestDoubt:
    """What stands under an unknown indication leaves days open, as long as it may and no longer."""

    def test_an_override_counts_on_its_days(self) -> None:
        doubtful = override(
            indication="migrane", minimum="20 weeks", first="2026-04-10", last="2026-04-20"
        )
        given = record("2026-01-05", overrides=[doubtful])
        days = ("2026-04-09", "2026-04-10", "2026-04-20", "2026-04-21")
        assert allowed(given, *days) == [True, None, None, True]

    def test_a_session_that_may_be_part_of_the_last_one_counts_from_its_end(self) -> None:
        # The longest known minimum is 16 weeks; from 4 days on it is surely another session.
        own = protocol(retreatment=rule(minimum="16 weeks", usual=None))
        policy = bs.SchedulingPolicy(touch_up_moves_earliest=False)
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        for day, expected in (("2026-01-02", [None, None, True]), ("2026-01-01", [True] * 3)):
            unknown = {**GIVEN, "administered_on": day, "indication": "migrane"}
            given = bs.PatientRecord(sessions=[GIVEN, touch_up, unknown])
            days = ("2026-04-27", "2026-05-11", "2026-05-12")
            assert allowed(given, *days, protocol=own, policy=policy) == expected


class TestFindings:
    def test_a_booking_under_an_unknown_name_that_moved_is_another_fact(self) -> None:
        keys = set()
        for day in ("2026-04-06", "2026-04-07"):
            booked = {**GIVEN, "administered_on": day, "indication": "migrane", "status": "booked"}
            found = bs.forecast(
                bs.PatientRecord(sessions=[GIVEN, booked]), MIGRAINE, as_of="2026-02-01"
            )
            keys |= {f.key for f in found.findings if f.code == "unrecognized_indication"}
        assert len(keys) == 2


def test_an_advised_minimum_is_called_advice() -> None:
    source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
    rules = []
    for strength in ("should", "may"):
        stated = {"value": "12 weeks", **source, "strength": strength}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01")
        rules.append(found.reasons["earliest"].rule)
    assert ["advises" in text for text in rules] == [False, True]


def reading_of(given: bs.PatientRecord, as_of: date) -> Reading:
    return read_record(given, as_of, policy_or_default(None), known_protocols(None))


def test_a_patient_is_to_be_called_from_the_day_to_call_on() -> None:
    reading = reading_of(record("2026-01-05"), date(2026, 2, 1))
    (track,) = tracks_of(reading, "us", None)
    standing = standing_of(reading, track, Phases())
    call_by = date(2026, 3, 23)
    reasons = [
        place_of(waiting_of(standing, call_by + n * DAY, call_by)).reason for n in (-1, 0, 1)
    ]
    assert reasons == ["too_early", "due_soon", "due_soon"]


def test_a_list_of_tracks_checks_planned_units() -> None:
    reading = reading_of(record("2026-01-05"), date(2026, 2, 1))
    (track,) = tracks_of(reading, "us", None)
    checks = forecast_in(reading, track, Decimal(155)).limit_checks
    assert {check.planned for check in checks} == {155}


def test_rows_of_one_day_with_and_without_units_have_one_order() -> None:
    rows = [{**GIVEN, "units": units} for units in (None, 100, None)]
    answers = {
        str(bs.treatment_cycles(bs.PatientRecord(sessions=order), MIGRAINE, as_of="2026-02-01"))
        for order in (rows, rows[::-1])
    }
    assert len(answers) == 1
