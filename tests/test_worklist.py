"""Lists of many tracks: where each stands, what it is waiting for, and when to call."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.engine.forecast import forecast_of
from botox_schedule.engine.reading import read_record
from botox_schedule.engine.response import phase_after
from botox_schedule.engine.standing import clear_of, last_chance_on, standing_of
from botox_schedule.engine.track import Asked, tracks_of
from botox_schedule.engine.worklist import Waiting, call_by, is_long_ago, place_of, waiting_of
from botox_schedule.policy import policy_or_default
from botox_schedule.protocols import ProtocolSet
from botox_schedule.questions import ask
from samples import (
    ARM,
    DAY,
    FIRST_OF_NEXT,
    GIVEN,
    MIGRAINE,
    held,
    override,
    protocol,
    reading_of,
    record,
    track_on,
)


class TestStandings:
    def standing(
        self, given: bs.PatientRecord, as_of: date, *, seen: frozenset[str] = frozenset()
    ) -> Any:
        reading = reading_of(given, as_of)
        (track,) = tracks_of(reading, "us", None)
        return standing_of(track, seen, with_limits=True)

    def test_how_the_protocol_was_chosen_and_what_limits_say_is_among_the_codes(self) -> None:
        booked = {**GIVEN, "administered_on": "2026-06-01", "status": "booked", "units": 900}
        rows = [{**row, "indication": ARM} for row in (GIVEN, booked)]
        found = self.standing(bs.PatientRecord(sessions=rows), date(2026, 2, 1))
        assert {"age_unknown", "limit_exceeded"} <= found.codes
        found = self.standing(bs.PatientRecord(sessions=rows[:1]), date(2026, 2, 1))
        assert "limit_exceeded" not in found.codes

    def test_a_code_is_acknowledged_when_all_its_findings_are(self) -> None:
        rows = [{**GIVEN, "administered_on": day, "indication": name, "id": name}
                for name, day in (("migrane", "2026-01-06"), ("chronic-migrane", "2026-01-07"))]  # fmt: skip
        reading = reading_of(bs.PatientRecord(sessions=[GIVEN, *rows]), date(2026, 2, 1))
        track = next(t for t in tracks_of(reading, "us", None) if t.track.ref is not None)
        code = bs.FindingCode.UNRECOGNIZED_INDICATION
        none = standing_of(track)
        keys = sorted(key for key in none.today_keys if key.startswith(code))
        assert len(keys) == 2
        one = standing_of(track, frozenset(keys[:1]))
        assert (code in one.acknowledged, keys[1] in one.today_keys) == (False, True)
        both = standing_of(track, frozenset(keys))
        assert (code in both.acknowledged, both.today_keys) == (True, ())

    def test_the_booked_day_is_the_one_that_is_clear(self) -> None:
        booked = {**GIVEN, "status": "booked", "units": 155}
        for day, clear in (("2026-03-29", False), ("2026-03-30", True)):
            rows = [{**GIVEN, "units": 155}, {**booked, "administered_on": day}]
            track = ask(bs.PatientRecord(sessions=rows), MIGRAINE, date(2026, 2, 1)).track
            assert clear_of(track) is clear
            # Without limits nothing was checked.
            assert clear_of(track, with_limits=False) is (False if clear is False else None)

    VALID: ClassVar[Any] = {"indication": "chronic-migraine", "product": "Botox"}

    @pytest.mark.parametrize(
        ("rows", "as_of", "last"),
        [
            pytest.param({}, "2026-02-01", None, id="nothing ends"),
            pytest.param(
                {"holds": [{"first": "2026-05-01", "reason": "x"}]},
                "2026-02-01",
                date(2026, 4, 30),
                id="the eve of a hold",
            ),
            pytest.param(
                {"holds": [{"first": "2026-04-05", "last": "2026-04-10", "reason": "x"}]},
                "2026-04-20",
                None,
                id="a hold that is over",
            ),
            pytest.param(
                {"overrides": [override(last="2026-03-10")]},
                "2026-02-01",
                date(2026, 3, 10),
                id="the end of an override",
            ),
            pytest.param(
                {"overrides": [override(last="2026-03-10")],
                 "care_ends": [{"on": "2026-05-01", "kind": "discontinued"}]},
                "2026-03-11",
                date(2026, 4, 30),
                id="a discharge after an override",
            ),
            pytest.param(
                {"authorizations": [
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-03-01"}},
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-04-10"}},
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-04-20"}},
                    {**VALID, "valid": {"first": "2026-04-21", "last": "2026-12-31"}},
                ]},
                "2026-02-01",
                date(2026, 12, 31),
                id="an authorization that continues the one that covers the first day",
            ),
            pytest.param(
                {"authorizations": [
                    {**VALID, "valid": {"first": "2026-04-22", "last": "2026-12-31"}},
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-04-20"}},
                ]},
                "2026-02-01",
                date(2026, 4, 20),
                id="a day between two authorizations",
            ),
            pytest.param(
                {"authorizations": [
                    {**VALID, "valid": {"first": "2026-04-01", "last": "9999-12-31"}},
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-04-20"}},
                ]},
                "2026-02-01",
                None,
                id="a renewal without an end",
            ),
            pytest.param(
                {"authorizations": [
                    {**VALID, "valid": {"first": "2025-01-01", "last": "2025-12-31"}},
                    {**VALID, "valid": {"first": "2026-02-01", "last": "2026-06-30"}},
                ]},
                "2026-02-01",
                date(2026, 6, 30),
                id="an authorization that is over",
            ),
            pytest.param(
                {"authorizations": [{**VALID, "valid": {"first": "2026-05-01", "last": "2026-12-31"}}]},
                "2026-02-01",
                None,
                id="an authorization that begins after the first day",
            ),
            pytest.param(
                {"authorizations": [{**VALID, "valid": {"first": "2026-01-01", "last": "2026-06-20"}}],
                 "holds": [{"first": "2026-05-01", "reason": "x"}]},
                "2026-02-01",
                date(2026, 4, 30),
                id="whatever ends first",
            ),
        ],
    )  # fmt: skip
    def test_the_last_chance(self, rows: dict[str, Any], as_of: str, last: date | None) -> None:
        track = ask(record("2026-01-05", **rows), MIGRAINE, date.fromisoformat(as_of)).track
        assert last_chance_on(track) == last


class TestPlaces:
    """Every track is in one section, for one reason."""

    @pytest.mark.parametrize(
        ("status", "more", "place"),
        [
            ("overdue", {"left_out": True}, ("check_the_record_first", "rows_left_out")),
            ("on_hold", {"pressing": {"hold_needs_review"}}, ("on_hold", "hold_needs_review")),
            ("due", {"pressing": {"hold_needs_review"}}, ("check_the_record_first", "findings")),
            ("discontinued", {}, ("ended", "discontinued")),
            ("deceased", {}, ("ended", "deceased")),
            ("overdue", {}, ("to_call", "overdue")),
            ("overdue", {"is_booked": True}, ("booked", "booked")),
            (
                "due",
                {"is_booked": True, "pressing": {"booking_after_overdue"}},
                ("to_call", "booked_after_overdue"),
            ),
            ("due", {"pressing": {"hold_ended"}}, ("to_call", "hold_ended")),
            ("due", {"is_booked": True, "pressing": {"hold_ended"}}, ("booked", "booked")),
            ("due", {}, ("to_call", "due")),
            ("due", {"is_booked": True}, ("booked", "booked")),
            ("too_early", {"is_soon": True}, ("to_call", "due_soon")),
            ("too_early", {"is_soon": True, "is_booked": True}, ("booked", "booked")),
            ("allowed", {}, ("too_early", "allowed_before_due")),
            ("allowed", {"has_due": False}, ("may_be_treated_without_a_due_day", "no_due_day")),
            (
                "allowed",
                {"has_due": False, "typical_passed": True},
                ("may_be_treated_without_a_due_day", "typical_day_passed"),
            ),
            ("lapsed", {}, ("lapsed", "lapsed")),
            ("lapsed", {"is_long": True}, ("lapsed_over_12_months", "lapsed")),
        ],
        ids=str,
    )
    def test_its_place(self, status: str, more: dict[str, Any], place: tuple[str, str]) -> None:
        pressing = frozenset(bs.FindingCode(code) for code in more.get("pressing", ()))
        fields: dict[str, Any] = {
            **dict.fromkeys(("is_booked", "is_soon", "typical_passed", "is_long"), False),
            "has_due": True,
            **more,
            "pressing": pressing,
        }
        assert place_of(Waiting(bs.DueStatus(status), **fields)) == place

    def test_what_was_acknowledged_presses_no_more(self) -> None:
        booked = {**GIVEN, "id": "b", "administered_on": "2026-01-20", "status": "booked"}
        reading = reading_of(bs.PatientRecord(sessions=[GIVEN, booked]), date(2026, 2, 1))
        (track,) = tracks_of(reading, "us", None)
        open_ = standing_of(track)
        seen = standing_of(track, frozenset(open_.today_keys))
        found = [waiting_of(each, date(2026, 2, 1), None).pressing for each in (open_, seen)]
        assert found == [{"booking_unresolved"}, frozenset()]

    def test_a_typical_day_has_passed_the_day_after(self) -> None:
        stated = {"kind": "as_needed", "typical": "20 weeks", "typical_statistic": "median"}
        track = ask(record("2026-01-05"), protocol(retreatment=stated), date(2026, 2, 1)).track
        standing = standing_of(Asked(track))
        days = (date(2026, 5, 25), date(2026, 5, 26))
        assert [waiting_of(standing, day, None).typical_passed for day in days] == [False, True]

    def test_long_ago_is_more_than_twelve_months(self) -> None:
        days = (date(2027, 1, 5), date(2027, 1, 6))
        assert [is_long_ago(date(2026, 1, 5), day) for day in days] == [False, True]

    def test_the_day_to_call_by_is_the_last_open_one(self) -> None:
        due = date(2026, 3, 30)
        for closed, expected in (((), date(2026, 3, 23)), ((23, 22), date(2026, 3, 21))):
            open_days = [date(2026, 3, day) for day in range(1, 32) if day not in closed]
            assert call_by(due, 7, open_days.__contains__) == expected


def test_a_patient_is_to_be_called_from_the_day_to_call_on() -> None:
    reading = reading_of(record("2026-01-05"), date(2026, 2, 1))
    (track,) = tracks_of(reading, "us", None)
    standing = standing_of(track)
    call_by = date(2026, 3, 23)
    reasons = [
        place_of(waiting_of(standing, call_by + n * DAY, call_by)).reason for n in (-1, 0, 1)
    ]
    assert reasons == ["too_early", "due_soon", "due_soon"]


def test_a_list_of_tracks_checks_planned_units() -> None:
    reading = reading_of(record("2026-01-05"), date(2026, 2, 1))
    (track,) = tracks_of(reading, "us", None)
    checks = forecast_of(track.track, Decimal(155), track.findings).limit_checks
    assert {check.planned for check in checks} == {155}


class TestRowsOfAWorklist:
    def standing(self, given: bs.PatientRecord, as_of: str, **asked: Any) -> Any:
        reading = reading_of(given, date.fromisoformat(as_of))
        (track,) = tracks_of(reading, "us", None)
        return standing_of(track, **asked)

    def test_limits_are_told_only_where_they_are_asked_about(self) -> None:
        booked = {**GIVEN, "administered_on": "2026-06-01", "status": "booked", "units": 9000}
        given = bs.PatientRecord(sessions=[GIVEN, booked])
        assert "limit_exceeded" not in self.standing(given, "2026-02-01").codes
        assert "limit_exceeded" in self.standing(given, "2026-02-01", with_limits=True).codes

    def test_a_hold_says_when_the_patient_can_come_again(self) -> None:
        for as_of, resumes_on in (("2026-03-10", date(2026, 3, 11)), ("2026-03-11", None)):
            given = record("2026-01-05", holds=[held("2026-02-01", "2026-03-10")])
            assert self.standing(given, as_of).resumes_on == resumes_on

    def test_a_phase_is_that_of_the_policy(self) -> None:
        own = protocol(response={"onset": "1 month"})
        session, as_of = date(2026, 1, 31), date(2026, 2, 28)
        found = [
            phase_after(session, own, policy, as_of)
            for policy in (policy_or_default(None), FIRST_OF_NEXT, policy_or_default(None))
        ]
        assert found == ["onset", "latent", "onset"]

    @pytest.mark.parametrize(
        ("pressing", "reason"),
        [((), "on_hold"), (("hold_needs_review",), "hold_needs_review")],
    )
    def test_a_hold_needs_a_review_only_once_it_is_due_for_one(
        self, pressing: tuple[str, ...], reason: str
    ) -> None:
        found = frozenset(bs.FindingCode(code) for code in pressing)
        others = dict.fromkeys(
            ("is_booked", "has_due", "is_soon", "typical_passed", "is_long"), False
        )
        waiting = Waiting(bs.DueStatus.ON_HOLD, found, **others)
        assert place_of(waiting) == ("on_hold", reason)

    def test_what_places_a_track(self) -> None:
        booked = {**GIVEN, "administered_on": "2027-03-01", "status": "booked"}
        own = {"kind": "as_needed", "minimum": "12 weeks"}
        rows = (
            (record("2026-01-05"), MIGRAINE, (False, True)),
            (bs.PatientRecord(sessions=[GIVEN, booked]), MIGRAINE, (True, True)),
            (record("2026-01-05"), protocol(retreatment=own), (False, False)),
        )
        for given, followed, expected in rows:
            track = track_on("2027-01-05", given, followed)
            standing = standing_of(Asked(track))
            for as_of, is_long in ((date(2027, 1, 5), False), (date(2027, 1, 6), True)):
                found = waiting_of(standing, as_of, None)
                assert (found.is_booked, found.has_due) == expected
                assert found.is_long is is_long


class TestTracksWithoutDates:
    def test_a_minimum_of_the_payer_keeps_them_too_early(self) -> None:
        own = protocol(retreatment={"kind": "as_needed"})
        policy = bs.SchedulingPolicy(payer_minimum="16 weeks")
        free = "may_be_treated_without_a_due_day"
        for as_of, section in ((date(2026, 4, 26), "too_early"), (date(2026, 4, 27), free)):
            reading = read_record(record("2026-01-05"), as_of, policy, ProtocolSet((own,)))
            (found,) = tracks_of(reading, "us", None)
            standing = standing_of(found)
            waiting = waiting_of(standing, as_of, None)
            assert place_of(waiting).section.value == section, as_of
