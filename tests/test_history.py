"""Which sessions of a record count on a day, and which row of an id."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.questions import ask
from botox_schedule.records.history import known_decisions, read_history
from botox_schedule.testing import record_from_gaps
from samples import GIVEN, MIGRAINE, TWELVE, allowed, codes, override, protocol, record

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


class TestHistory:
    def test_a_death_on_the_day_of_the_question_is_known(self) -> None:
        ends = [{"on": "2026-02-01", "kind": "deceased"}]
        found = bs.forecast(
            record("2026-01-05", "2026-02-02", care_ends=ends), MIGRAINE, as_of="2026-02-02"
        )
        assert found.status is bs.DueStatus.DECEASED
        assert "session_after_death" in codes(found)
        assert "future_completed_session" not in codes(found)

    def test_a_death_outweighs_a_later_discontinuation(self) -> None:
        ends = [
            {"on": "2026-02-01", "kind": "deceased"},
            {"on": "2026-03-01", "kind": "discontinued"},
        ]
        found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-04-01")
        assert found.status is bs.DueStatus.DECEASED

    def test_nobody_is_born_on_the_day_of_a_session_or_later(self) -> None:
        for born, expected in (("2026-01-04", False), ("2026-01-05", True)):
            found = bs.forecast(record("2026-01-05", born_on=born), MIGRAINE, as_of="2026-02-01")
            assert ("session_before_birth" in codes(found)) is expected

    def test_the_order_of_the_records_means_nothing_on_one_day(self) -> None:
        sessions = [
            {
                "administered_on": JAN,
                "indication": "chronic-migraine",
                "product": "Botox",
                "units": units,
            }
            for units in (200, 100)
        ]
        for order in (sessions, sessions[::-1]):
            found = read_history(bs.PatientRecord(sessions=order), JAN).completed
            assert [session.units for session in found] == [100, 200]


class TestTies:
    def test_the_first_death_counts(self) -> None:
        ends = [{"on": day, "kind": "deceased"} for day in ("2026-03-01", "2026-02-01")]
        found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-06-01")
        assert found.status is bs.DueStatus.DECEASED

    def test_the_last_discontinuation_counts(self) -> None:
        days = ["2026-02-01", "2026-05-01"]
        for order in (days, days[::-1]):
            ends = [{"on": day, "kind": "discontinued"} for day in order]
            again = record("2026-01-05", "2026-04-01", care_ends=ends)
            found = bs.forecast(again, MIGRAINE, as_of="2026-06-01")
            assert found.status is bs.DueStatus.DISCONTINUED

    def test_the_session_that_reopens_care_is_a_finding_until_the_next(self) -> None:
        ends = [{"on": "2026-02-01", "kind": "discontinued"}]
        again = record("2026-01-05", "2026-04-01", "2026-07-01", care_ends=ends)
        found = bs.forecast(again, MIGRAINE, as_of="2026-06-30")
        finding = next(f for f in found.findings if f.code == "care_resumed")
        assert finding.record_ids == ("s-1",)
        assert "care_resumed" not in codes(bs.forecast(again, MIGRAINE, as_of="2026-07-01"))

    def test_copies_are_told_apart_by_what_was_discarded(self) -> None:
        given = {
            "id": "a",
            "administered_on": JAN,
            "indication": "chronic-migraine",
            "product": None,
        }
        rows = [given, given, {**given, "units_discarded": 45}]
        found = read_history(bs.PatientRecord.model_validate({"sessions": rows}), JAN)
        assert [s.units_discarded for s in found.completed] == [Decimal(45)]
        assert (len(found.copies), len(found.merged)) == (1, 1)

    def test_a_copy_recorded_again_is_a_copy(self) -> None:
        given = {
            "id": "a",
            "administered_on": JAN,
            "indication": "chronic-migraine",
            "product": None,
        }
        rows = [given, {**given, "recorded_on": "2026-01-09"}]
        found = read_history(bs.PatientRecord.model_validate({"sessions": rows}), JAN)
        assert (len(found.completed), len(found.copies), found.findings) == (1, 1, ())

    def test_a_cycle_early_names_its_first_part(self) -> None:
        parts = record("2026-01-05", "2026-02-01", "2026-02-02")
        cycles = bs.treatment_cycles(parts, MIGRAINE, as_of="2026-03-01")
        finding = next(f for f in cycles[1].findings if f.code == "early_session")
        assert finding.record_ids == ("s-1",)

    def test_the_tolerance_counts_in_the_policys_months(self) -> None:
        late_march = protocol(
            retreatment={"kind": "scheduled", "minimum": "90 days", "usual": "90 days"}
        )
        timings = []
        for short_month in bs.ShortMonth:
            policy = bs.SchedulingPolicy(validity_tolerance="1 month", short_month=short_month)
            # 90 days after 2025-12-31 is 2026-03-31; a month before it there is no 31 February.
            cycles = bs.treatment_cycles(
                record("2025-12-31", "2026-02-28"), late_march, as_of="2026-04-01", policy=policy
            )
            timings.append(cycles[1].timing)
        assert timings == [bs.CycleTiming.EARLY_WITHIN_TOLERANCE, bs.CycleTiming.EARLY]

    def test_a_projection_keeps_the_policy(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="100 days")
        found = bs.project(record("2026-01-05"), MIGRAINE, as_of="2026-02-01", policy=policy)
        assert [str(session.target) for session in found[:2]] == ["2026-04-15", "2026-07-24"]

    def test_the_strictest_of_a_cycles_own_protocols_judges(self) -> None:
        shared = {"shares_clock_with": ["spasticity"]}
        short = protocol(retreatment=TWELVE | {"minimum": "8 weeks", "usual": "8 weeks"}, **shared)
        strict = protocol(
            id="strict",
            indication="spasticity",
            retreatment=TWELVE | {"minimum": "16 weeks", "usual": "20 weeks"},
            shares_clock_with=["chronic-migraine"],
        )
        sessions = [
            {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"},
            {"administered_on": "2026-05-11", "indication": "chronic-migraine", "product": "Botox"},
            {"administered_on": "2026-05-11", "indication": "spasticity", "product": "Botox"},
        ]
        cycles = bs.treatment_cycles(
            bs.PatientRecord(sessions=sessions), short, as_of="2026-06-01", other_protocols=[strict]
        )
        assert cycles[1].timing is bs.CycleTiming.ON_TIME


class TestRowsOfOneId:
    def history(self, *rows: dict[str, Any], as_of: str = "2026-06-01") -> Any:
        base = {"id": "a", "indication": "chronic-migraine", "product": "Botox"}
        given = bs.PatientRecord.model_validate({"sessions": [{**base, **row} for row in rows]})
        answers = {
            str(
                read_history(
                    given.model_copy(update={"sessions": order}), date.fromisoformat(as_of)
                )
            )
            for order in (given.sessions, given.sessions[::-1])
        }
        assert len(answers) == 1
        return read_history(given, date.fromisoformat(as_of))

    def test_a_future_completed_row_is_cut_off_before_the_id_is_settled(self) -> None:
        found = self.history({"administered_on": "2026-01-05"}, {"administered_on": "2027-01-05"})
        assert [s.administered_on for s in found.completed] == [JAN]
        assert [s.administered_on for s in found.later] == [date(2027, 1, 5)]

    @pytest.mark.parametrize(
        "other",
        [{"indication": "spasticity"}, {"product": "Dysport"}, {"kind": "touch_up"}],
        ids=["indication", "product", "kind"],
    )
    def test_completed_rows_that_differ_in_kind_all_count(self, other: dict[str, Any]) -> None:
        found = self.history(
            {"administered_on": "2026-01-05"}, {"administered_on": "2026-01-05", **other}
        )
        assert len(found.completed) == 2
        assert [f.code for f in found.findings] == ["conflicting_records"]

    def test_of_others_the_later_day_then_the_larger_units_count(self) -> None:
        found = self.history(
            {"administered_on": "2026-01-05", "units": 200},
            {"administered_on": "2026-01-06", "units": 100},
            {"administered_on": "2026-01-06", "units": 150},
        )
        assert [(s.administered_on.day, s.units) for s in found.completed] == [(6, Decimal(150))]
        assert len(found.merged) == 2

    def test_an_entry_in_error_takes_its_row_back(self) -> None:
        found = self.history(
            {"administered_on": "2026-01-05"},
            {"administered_on": "2026-01-05", "status": "entered_in_error"},
        )
        assert (found.completed, len(found.other), found.findings) == ([], 1, ())

    def test_a_correction_is_not_known_before_it_is_recorded(self) -> None:
        rows = (
            {"administered_on": "2026-01-05"},
            {
                "administered_on": "2026-01-05",
                "status": "entered_in_error",
                "recorded_on": "2026-02-01",
            },
        )
        assert len(self.history(*rows, as_of="2026-01-31").completed) == 1
        assert self.history(*rows, as_of="2026-02-01").completed == []

    def test_among_the_rest_the_one_recorded_last_counts(self) -> None:
        rows = (
            {"administered_on": "2026-07-06", "status": "booked", "recorded_on": "2026-03-01"},
            {"administered_on": "2026-06-29", "status": "booked", "recorded_on": "2026-04-01"},
        )
        assert [s.administered_on for s in self.history(*rows).booked] == [date(2026, 6, 29)]

    @pytest.mark.parametrize(
        ("winner", "loser"), [("cancelled", "booked"), ("no_show", "booked"), ("booked", "draft")]
    )
    def test_on_one_day_what_became_of_it_counts(self, winner: str, loser: str) -> None:
        rows = [{"administered_on": "2026-06-29", "status": status} for status in (winner, loser)]
        found = self.history(*rows)
        kept = [*found.booked, *found.missed, *found.other]
        assert [s.status for s in kept] == [winner]

    def test_a_visit_booked_anew_on_a_later_day_is_booked(self) -> None:
        found = self.history(
            {"administered_on": "2026-03-30", "status": "cancelled"},
            {"administered_on": "2026-04-06", "status": "booked"},
        )
        assert [s.administered_on for s in found.booked] == [date(2026, 4, 6)]


class TestDecisions:
    """What was decided is known from the day it was recorded, whatever days it covers."""

    def holds(self, *rows: dict[str, Any], as_of: str) -> list[tuple[str, str | None]]:
        base = {"first": "2026-03-01", "last": "2026-03-31", "reason": "x"}
        given = bs.PatientRecord.model_validate({"holds": [{**base, **row} for row in rows]})
        found = known_decisions(given, date.fromisoformat(as_of))
        return sorted((str(h.first), str(h.last) if h.last else None) for h in found.holds)

    def test_it_is_known_from_the_day_it_was_recorded(self) -> None:
        assert self.holds({"recorded_on": "2026-02-01"}, as_of="2026-01-31") == []
        assert len(self.holds({"recorded_on": "2026-02-01"}, as_of="2026-02-01")) == 1

    def test_a_later_row_of_its_id_counts_from_its_day_on(self) -> None:
        rows = ({"id": "h"}, {"id": "h", "last": "2026-04-30", "recorded_on": "2026-03-10"})
        assert self.holds(*rows, as_of="2026-03-09") == [("2026-03-01", "2026-03-31")]
        assert self.holds(*rows, as_of="2026-03-10") == [("2026-03-01", "2026-04-30")]

    def test_copies_without_an_id_are_one(self) -> None:
        assert len(self.holds({}, {}, {"recorded_on": "2026-03-10"}, as_of="2026-03-09")) == 1
        assert len(self.holds({}, {}, {"recorded_on": "2026-03-10"}, as_of="2026-03-10")) == 2

    def test_the_order_of_equal_intervals_means_nothing(self) -> None:
        year = {"first": "2026-01-01", "last": "2026-12-31"}
        base = {"indication": "chronic-migraine", "product": "Botox", "valid": year}
        rows = [{**base, "minimum_interval": given} for given in ("13 weeks", "91 days")]
        one, other = (
            bs.forecast(record("2026-01-05", authorizations=order), MIGRAINE, as_of="2026-02-01")
            for order in (rows, rows[::-1])
        )
        assert one == other

    def test_of_one_day_all_bind(self) -> None:
        rows = ({"id": "h"}, {"id": "h", "last": "2026-04-30"})
        assert len(self.holds(*rows, as_of="2026-03-09")) == 2

    def test_withdrawn_it_ended_the_day_before(self) -> None:
        row = {"last": None, "withdrawn_on": "2026-03-10"}
        assert self.holds(row, as_of="2026-03-09") == [("2026-03-01", None)]
        assert self.holds(row, as_of="2026-03-10") == [("2026-03-01", "2026-03-09")]

    @pytest.mark.parametrize("withdrawn_on", ["2026-02-28", "2026-03-01"])
    def test_withdrawn_on_or_before_its_first_day_it_never_was(self, withdrawn_on: str) -> None:
        assert self.holds({"withdrawn_on": withdrawn_on}, as_of="2026-03-15") == []

    @pytest.mark.parametrize("none", ["1900-01-01", "0001-01-01"])
    def test_a_day_that_stands_for_none_takes_nothing_back(self, none: str) -> None:
        """In a table it is refused and told; the hold counts there too."""
        standing = self.holds({}, as_of="2026-03-15")
        assert len(standing) == 1
        assert self.holds({"withdrawn_on": none}, as_of="2026-03-15") == standing

    def test_withdrawn_after_its_end_nothing_changes(self) -> None:
        row = {"withdrawn_on": "2026-05-01"}
        assert self.holds(row, as_of="2026-06-01") == [("2026-03-01", "2026-03-31")]

    def test_a_withdrawn_discharge_leaves_a_hold(self) -> None:
        ends = [{"on": "2026-03-01", "kind": "discontinued", "withdrawn_on": "2026-03-10"}]
        given = bs.PatientRecord.model_validate({"care_ends": ends})
        before, after = (known_decisions(given, date(2026, 3, day)) for day in (9, 10))
        assert (len(before.discharges), before.holds) == (1, ())
        assert (after.discharges, [(h.first.day, h.last and h.last.day) for h in after.holds]) == (
            (),
            [(1, 9)],
        )

    def test_a_discharge_withdrawn_on_its_day_leaves_nothing(self) -> None:
        ends = [{"on": "2026-03-01", "kind": "discontinued", "withdrawn_on": "2026-03-01"}]
        found = known_decisions(
            bs.PatientRecord.model_validate({"care_ends": ends}), date(2026, 3, 1)
        )
        assert (found.discharges, found.holds) == ((), ())

    def test_an_authorization_is_shortened_too(self) -> None:
        approved = {"indication": "chronic-migraine", "product": "Botox", "withdrawn_on": "2026-03-10",
                    "valid": {"first": "2026-03-01", "last": "2026-12-31"}}  # fmt: skip
        given = bs.PatientRecord.model_validate({"authorizations": [approved]})
        (found,) = known_decisions(given, date(2026, 3, 10)).authorizations
        assert found.valid.last == date(2026, 3, 9)
        never = {**approved, "withdrawn_on": "2026-03-01"}
        given = bs.PatientRecord.model_validate({"authorizations": [never]})
        assert known_decisions(given, date(2026, 3, 10)).authorizations == ()

    @pytest.mark.parametrize("kind", ["death", "day unknown"])
    def test_a_death_in_the_future_or_without_a_day_ends_all(self, kind: str) -> None:
        on = "2026-12-01" if kind == "death" else None
        given = record("2026-01-05", care_ends=[{"on": on, "kind": "deceased"}])
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert found.status is bs.DueStatus.DECEASED
        assert ("death_in_the_future" in codes(found)) is (kind == "death")
        assert bs.check_date(given, MIGRAINE, on="2026-11-30", as_of="2026-02-01").allowed is False

    def test_a_discharge_needs_its_day(self) -> None:
        with pytest.raises(ValidationError, match="needs its day"):
            bs.CareEnd(on=None, kind="discontinued")


class TestRecordedOnAPlaceholder:
    """Before, a decision recorded on 9999-12-31 was never known: the dead were called."""

    @pytest.mark.parametrize("none", ["1900-01-01", "9999-01-01", "9999-12-31"])
    def test_it_is_known_always(self, none: str) -> None:
        death = {"on": "2026-02-01", "kind": "deceased", "recorded_on": none}
        found = bs.forecast(record("2026-01-05", care_ends=[death]), MIGRAINE, as_of="2026-05-01")
        assert found.status == "deceased"
        visit = {**GIVEN, "administered_on": "2026-04-01", "status": "booked", "recorded_on": none}
        given = bs.PatientRecord(sessions=[GIVEN, visit])
        assert bs.forecast(given, MIGRAINE, as_of="2026-03-01").booking is not None

    def test_a_row_with_a_day_is_the_later_one(self) -> None:
        hold = {"id": "h", "first": "2026-03-01", "reason": "r"}
        holds = [
            {**hold, "recorded_on": "9999-12-31"},
            {**hold, "last": "2026-03-10", "recorded_on": "2026-02-01"},
        ]
        given = record("2026-01-05", holds=holds)
        assert allowed(given, "2026-03-30", as_of="2026-03-01") == [True]


class TestDecisionsInAnyOrder:
    def test_a_later_withdrawal_leaves_an_authorization_whole(self) -> None:
        approved = {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "withdrawn_on": "2026-06-01",
            "minimum_interval": "30 weeks",
        }
        given = record("2026-01-05", authorizations=[approved])
        # Until it is withdrawn it holds to its last day, from then on to the eve.
        for as_of, expected in (("2026-02-01", False), ("2026-06-01", True)):
            assert allowed(given, "2026-06-02", as_of=as_of) == [expected]

    def test_the_order_of_decisions_changes_no_answer(self) -> None:
        rows = [override(minimum=each, reason=each) for each in ("13 weeks", "14 weeks")]
        found = [
            bs.forecast(record("2026-01-05", overrides=given), MIGRAINE, as_of="2026-02-01")
            for given in (rows, rows[::-1])
        ]
        assert found[0].dates == found[1].dates
        assert found[0].findings == found[1].findings
        assert found[0].reasons == found[1].reasons


class TestRowsOfARecord:
    def test_touch_ups_count_from_the_last_of_them_and_never_before_the_last_part(self) -> None:
        def counted_from(*rows: tuple[str, str]) -> date:
            sessions = [{**GIVEN, "administered_on": day, "kind": kind} for day, kind in rows]
            track = ask(bs.PatientRecord(sessions=sessions), MIGRAINE, date(2026, 2, 1)).track
            assert track.rules is not None
            return track.rules.facts.counted_from

        full, touch_up = "full", "touch_up"
        found = counted_from(
            ("2026-01-05", full), ("2026-01-12", touch_up), ("2026-01-20", touch_up)
        )
        assert found == date(2026, 1, 20)
        found = counted_from(("2026-01-05", full), ("2026-01-06", touch_up), ("2026-01-07", full))
        assert found == date(2026, 1, 7)

    def test_on_one_day_a_full_session_comes_before_a_touch_up_whatever_their_ids(self) -> None:
        rows = [{**GIVEN, "id": "a", "kind": "touch_up"}, {**GIVEN, "id": "b"}]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        assert "touch_up_without_session" not in codes(found)

    def test_a_copy_that_was_recorded_again_counts_from_its_last_day(self) -> None:
        booked = {**GIVEN, "id": "a", "administered_on": "2026-04-06", "status": "booked"}
        rows = [
            booked | {"recorded_on": "2026-03-02"},
            booked | {"recorded_on": "2026-03-03", "status": "cancelled"},
            booked | {"recorded_on": "2026-03-04"},
        ]
        for order in (rows, rows[::-1]):
            given = bs.PatientRecord(sessions=[GIVEN, *order])
            assert bs.forecast(given, MIGRAINE, as_of="2026-03-03").booking is None
            assert bs.forecast(given, MIGRAINE, as_of="2026-03-04").booking is not None

    def test_a_visit_that_was_booked_and_then_given_is_no_conflict(self) -> None:
        rows = [{**GIVEN, "id": "a"}, {**GIVEN, "id": "a", "status": "booked"}]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        assert "conflicting_records" not in codes(found)

    def test_sessions_after_the_first_of_two_deaths_are_not_used(self) -> None:
        ends = [{"on": day, "kind": "deceased"} for day in ("2026-03-01", "2026-02-01")]
        found = bs.forecast(
            record("2026-01-05", "2026-02-15", care_ends=ends), MIGRAINE, as_of="2026-04-01"
        )
        assert "session_after_death" in codes(found)
        assert found.last_session_on == date(2026, 1, 5)

    def test_a_withdrawn_override_or_authorization_ends_and_is_never_prolonged(self) -> None:
        given = record("2026-01-05", overrides=[override(withdrawn_on="2026-02-01")])
        days = [
            bs.forecast(given, MIGRAINE, as_of=d).dates.earliest
            for d in ("2026-01-31", "2026-02-01")
        ]
        assert days == [date(2026, 3, 2), date(2026, 3, 30)]
        approved = {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-03-31"},
            "minimum_interval": "20 weeks",
            "withdrawn_on": "2026-05-01",
        }
        given = record("2026-01-05", "2026-04-06", authorizations=[approved])
        _, cycle = bs.treatment_cycles(given, MIGRAINE, as_of="2026-06-01")
        assert cycle.timing == "on_time"

    def test_a_line_number_is_no_part_of_a_key(self) -> None:
        keys = set()
        for line in ("line 3", "line 4"):
            booked = {**GIVEN, "id": line, "administered_on": "2026-01-20", "status": "booked"}
            found = bs.forecast(
                bs.PatientRecord(sessions=[GIVEN, booked]), MIGRAINE, as_of="2026-02-01"
            )
            keys |= {f.key for f in found.findings if f.code == "booking_unresolved"}
        assert len(keys) == 1

    def test_a_key_stays_what_it_was(self) -> None:
        booked = {**GIVEN, "id": "a", "administered_on": "2026-01-20", "status": "booked"}
        found = bs.forecast(
            bs.PatientRecord(sessions=[GIVEN, booked, booked | {"id": None}]),
            MIGRAINE,
            as_of="2026-02-01",
        )
        (key,) = [f.key for f in found.findings if f.code == "booking_unresolved"]
        # Clinics keep it: with another key, what they acknowledged would ring again.
        assert key == "booking_unresolved-4bb0e5275be94da1"

    def test_strictly_only_what_needs_a_person_today_is_raised(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": "Dysport", "units": 1}])
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01", strict=True)
        assert "product_switch" in codes(found)


def test_rows_of_one_day_with_and_without_units_have_one_order() -> None:
    rows = [{**GIVEN, "units": units} for units in (None, 100, None)]
    answers = {
        str(bs.treatment_cycles(bs.PatientRecord(sessions=order), MIGRAINE, as_of="2026-02-01"))
        for order in (rows, rows[::-1])
    }
    assert len(answers) == 1
