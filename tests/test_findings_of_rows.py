"""Findings that name rows: what is odd about them, and the keys by which they are acknowledged."""

from datetime import date
from typing import Any

import pytest

import botox_schedule as bs
from samples import GIVEN, MIGRAINE, allowed, codes, messages, override, protocol, record

AS_OF = date(2026, 4, 6)


def finding(given: bs.PatientRecord, code: str, as_of: date = AS_OF) -> Any:
    """The only finding with a code."""
    (found,) = [
        f
        for answer in bs.forecast_all(given, as_of=as_of)
        for f in answer.findings
        if f.code.value == code
    ]
    return found


class TestWordsAndKeys:
    def test_every_finding_has_words(self) -> None:
        child = protocol(id="c", population="pediatric", ages={"first": 2, "last": 17})
        ended = protocol(in_force={"last": "2026-01-31"})
        xeomin = [{**GIVEN, "product": "Xeomin"}]
        told = [
            *bs.forecast(record("2026-01-05"), child, as_of="2026-02-01").findings,
            *bs.check_date(
                record("2026-01-05"), ended, on="2026-06-01", as_of="2026-02-01", other_protocols=()
            ).findings,
            *bs.forecast_all(bs.PatientRecord(sessions=xeomin), as_of="2026-02-01")[0].findings,
        ]
        assert {"age_unknown", "judged_by_another_protocol"} <= {found.code for found in told}
        assert all(isinstance(found.message, str) and found.message for found in told)

    def test_a_duplicate_is_another_one_with_other_units(self) -> None:
        keys = set()
        for units in (210, 220):
            rows = [{**GIVEN, "units": units, "id": name} for name in ("a", "b")]
            found = bs.check_date(
                bs.PatientRecord(sessions=rows),
                MIGRAINE,
                on="2026-02-10",
                as_of="2026-02-01",
                planned_units=100,
            )
            told = [f.key for f in found.findings if f.code == "probable_duplicate"]
            keys.update(told)
        assert len(keys) == 2


class TestKeys:
    """What is acknowledged is one fact: another day or another course has another key."""

    def test_of_a_death_that_is_ahead(self) -> None:
        keys = {
            finding(
                record("2026-01-05", care_ends=[{"kind": "deceased", "on": day}]),
                "death_in_the_future",
            ).key
            for day in ("2026-05-01", "2026-05-02")
        }
        assert len(keys) == 2

    def test_of_courses_elsewhere(self) -> None:
        def counted_once(last_on: str, other_on: str) -> str:
            course = {"indication": "chronic-migraine", "started_on": "2025-01-06"}
            rows = [
                course | {"cycles": 2, "last_on": "2025-10-06"},
                course | {"cycles": 3, "last_on": last_on},
                {"indication": "spasticity", "cycles": 1, "last_on": other_on},
            ]
            given = record("2026-01-05", prior_treatments=rows)
            return str(finding(given, "prior_treatments_counted_once").key)

        known = counted_once("2025-10-06", "2025-10-06")
        assert counted_once("2025-10-07", "2025-10-06") != known
        assert counted_once("2025-10-06", "2025-10-07") == known

    def test_of_a_course_elsewhere_under_an_unknown_name(self) -> None:
        course = {"indication": "migrane", "cycles": 2}
        keys = {
            finding(
                bs.PatientRecord(prior_treatments=[{**course, "last_on": day}]),
                "unrecognized_indication",
            ).key
            for day in ("2025-10-06", "2025-10-07")
        }
        assert len(keys) == 2


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

    @pytest.mark.parametrize(
        "rows",
        [
            {"holds": [{"first": "2026-09-01", "reason": "x"}]},
            {"overrides": [override(first="2026-09-01")]},
            {"care_ends": [{"on": "2026-09-01", "kind": "discontinued"}]},
            {
                "authorizations": [
                    {"product": "Botox", "valid": {"first": "2026-09-01", "last": "2026-09-30"}}
                ]
            },
        ],
        ids=lambda rows: next(iter(rows)),
    )
    def test_each_decision_under_an_unknown_name_is_named(self, rows: dict[str, Any]) -> None:
        named = {
            part: [{**row, "indication": "migrane", "id": "d-1"} for row in some]
            for part, some in rows.items()
        }
        found = bs.forecast(record("2026-01-05", **named), MIGRAINE, as_of="2026-02-01")
        ids = [f.record_ids for f in found.findings if f.code == "unrecognized_indication"]
        assert ids == [("d-1",)]

    def test_decisions_under_other_ids_all_count(self) -> None:
        holds = [
            {"id": f"h-{number}", "first": day, "last": day, "reason": "x"}
            for number, day in enumerate(("2026-09-01", "2026-10-01"))
        ]
        given = record("2026-01-05", holds=holds)
        assert allowed(given, "2026-09-01", "2026-09-02", "2026-10-01") == [False, True, False]

    @pytest.mark.parametrize(
        ("rows", "code", "message", "ids"),
        [
            (
                [{"kind": "touch_up"}],
                "touch_up_without_session",
                "a touch-up has no full session before it; it counts as one",
                ("s-0",),
            ),
            (
                [{"kind": "touch_up"}, {"administered_on": "2026-01-07"}],
                "touch_up_without_session",
                "a touch-up has no full session before it; it counts as one",
                ("s-0",),
            ),
            (
                [{}],
                "unknown_units",
                "a session's units are unknown; totals are a lower bound",
                ("s-0",),
            ),
            (
                [{"administered_on": "2026-01-15"}],
                "session_during_hold",
                "a session was given during a hold",
                ("s-0",),
            ),
            (
                [{"units": 155}, {"units": 155, "administered_on": "2026-01-06"}],
                "probable_duplicate_across_days",
                "equal product and units a few days apart; both count, they may be one",
                ("s-0", "s-1"),
            ),
        ],
    )
    def test_rows_of_a_cycle(
        self, rows: list[dict[str, Any]], code: str, message: str, ids: tuple[str, ...]
    ) -> None:
        sessions = [{**GIVEN, "id": f"s-{number}", **row} for number, row in enumerate(rows)]
        holds = [{"first": "2026-01-15", "last": "2026-01-15", "reason": "x"}]
        given = bs.PatientRecord(sessions=sessions, holds=holds)
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01").findings
        told = [(f.message, f.record_ids) for f in found if f.code == code]
        assert told == [(message, ids)]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("chronic-migrane", "; the nearest known: chronic-migraine"),
            ("qqqq", "; no known name is near"),
        ],
    )
    def test_an_unknown_name_is_told_with_those_near_it(self, name: str, words: str) -> None:
        given = bs.PatientRecord(sessions=[GIVEN, {**GIVEN, "indication": name}])
        (told,) = messages(
            bs.forecast(given, MIGRAINE, as_of="2026-02-01"), "unrecognized_indication"
        )
        assert told.endswith(words)

    @pytest.mark.parametrize(("as_of", "found"), [("2026-04-01", False), ("2026-04-02", True)])
    def test_a_booking_is_unresolved_from_the_third_day_on(
        self, as_of: str, *, found: bool
    ) -> None:
        booked = {**GIVEN, "administered_on": "2026-03-30", "status": "booked"}
        given = bs.PatientRecord(sessions=[GIVEN, booked])
        assert ("booking_unresolved" in codes(bs.forecast(given, MIGRAINE, as_of=as_of))) is found

    def test_a_death_ahead_is_told(self) -> None:
        ends = [{"on": "2026-09-01", "kind": "deceased"}]
        found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-02-01")
        (told,) = messages(found, "death_in_the_future")
        assert told == "a death is dated in the future; correct its day"

    def test_two_decisions_under_one_id_are_told(self) -> None:
        holds = [
            {"id": "h-1", "first": first, "reason": "x", "recorded_on": "2026-01-10"}
            for first in ("2026-09-01", "2026-10-01")
        ]
        for rows, expected in ((holds[:1], 0), (holds, 1)):
            found = bs.forecast(record("2026-01-05", holds=rows), MIGRAINE, as_of="2026-02-01")
            told = messages(found, "conflicting_decisions")
            assert (
                told
                == ["two decisions under one id were recorded on one day; both count"][:expected]
            )

    def test_a_session_ahead_is_told_whatever_its_name(self) -> None:
        declared = bs.SchedulingPolicy(other_indications=("spasticity",))
        for name, policy, expected in (
            ("chronic-migraine", None, True),
            ("migrane", None, True),
            ("spasticity", None, False),
            # What the clinic declares has no track of its own, so that every track tells it.
            ("spasticity", declared, True),
        ):
            ahead = {**GIVEN, "administered_on": "2026-03-02", "indication": name}
            given = bs.PatientRecord(sessions=[GIVEN, ahead])
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01", policy=policy)
            assert ("future_completed_session" in codes(found)) is expected
        keys = set()
        for day in ("2026-03-02", "2026-03-03"):
            prior = {"indication": "chronic-migraine", "cycles": 1, "last_on": day}
            given = record("2026-01-05", prior_treatments=[prior])
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
            keys |= {f.key for f in found.findings if f.code == "future_completed_session"}
        assert len(keys) == 2

    def test_on_a_hold_with_a_known_end_rules_are_still_told(self) -> None:
        hold = {"first": "2026-01-20", "last": "2026-02-20", "reason": "x"}
        given = record("2026-01-05", holds=[hold])
        assert "unverified_content" in codes(bs.forecast(given, protocol(), as_of="2026-02-01"))

    def test_while_another_hold_runs_none_has_ended(self) -> None:
        ended = {"first": "2026-01-20", "last": "2026-02-20", "reason": "x"}
        running = {"first": "2026-03-01", "reason": "y", "review_on": "2026-12-01"}
        for holds, expected in (([ended], True), ([ended, running], False)):
            found = bs.forecast(record("2026-01-05", holds=holds), MIGRAINE, as_of="2026-03-10")
            assert ("hold_ended" in codes(found)) is expected

    def test_a_hold_is_looked_at_after_its_end_and_the_first_of_several_first(self) -> None:
        short = {"first": "2026-01-20", "last": "2026-02-20", "reason": "x"}
        long = {**short, "last": "2026-03-20"}
        for holds in ([short, long], [long, short]):
            found = bs.forecast(record("2026-01-05", holds=holds), MIGRAINE, as_of="2026-02-01")
            assert found.review_on == date(2026, 2, 21)

    def test_what_is_odd_about_a_touch_up_is_told(self) -> None:
        given: dict[str, Any] = {**GIVEN, "units": 155}
        touch_up = {**given, "administered_on": "2026-01-20", "kind": "touch_up"}
        hold = {"first": "2026-01-20", "last": "2026-01-20", "reason": "x"}
        for changed, holds, code in (
            ({"units": None}, [], "unknown_units"),
            ({"product": None}, [], "unknown_product"),
            ({"product": "Dysport"}, [], "mixed_products"),
            ({}, [hold], "session_during_hold"),
        ):
            rows = [given, {**touch_up, **changed}]
            found = bs.forecast(
                bs.PatientRecord(sessions=rows, holds=holds), MIGRAINE, as_of="2026-02-01"
            )
            assert code in codes(found)

    def test_the_latest_of_two_overrides_is_compared_with_the_label(self) -> None:
        overrides = [override(minimum="10 weeks"), override(minimum="14 weeks", authority="payer")]
        found = bs.forecast(record("2026-01-05", overrides=overrides), MIGRAINE, as_of="2026-02-01")
        assert "override_below_label" not in codes(found)

    def test_each_pair_of_rows_that_may_be_one_is_told(self) -> None:
        rows = [
            {**GIVEN, "id": f"{day}-{units}", "administered_on": day, "units": units}
            for day in ("2026-01-05", "2026-01-06")
            for units in (100, 55)
        ]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        alike = [f for f in found.findings if f.code == "probable_duplicate_across_days"]
        assert len(alike) == 2
