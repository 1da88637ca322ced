"""The end of care: from which day nothing is allowed, and what reopens it."""

from datetime import date
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.questions import ask
from samples import GIVEN, MIGRAINE, allowed, codes, ended, record, track_on


class TestCareThatWasResumed:
    def test_a_discharge_before_the_last_session_ends_no_day(self) -> None:
        ends = [{"on": "2025-06-01", "kind": "discontinued"}]
        given = record("2025-01-06", "2026-01-05", care_ends=ends)
        assert allowed(given, "2026-03-30", as_of="2026-03-01") == [True]
        known = bs.forecast(given, MIGRAINE, as_of="2026-03-01")
        assert known.dates.overdue_from == date(2026, 4, 7)

    def test_one_day_before_a_discharge_is_a_day(self) -> None:
        leaves = [{"on": "2026-03-31", "kind": "discontinued"}]
        found = bs.forecast(record("2026-01-05", care_ends=leaves), MIGRAINE, as_of="2026-02-01")
        assert found.dates.earliest == date(2026, 3, 30)
        leaves = [{"on": "2026-03-30", "kind": "discontinued"}]
        found = bs.forecast(record("2026-01-05", care_ends=leaves), MIGRAINE, as_of="2026-02-01")
        assert found.dates.earliest is None


class TestTheEndOfCare:
    """A session after a discharge, and only after it, reopens care."""

    @pytest.mark.parametrize(
        ("ends", "sessions", "as_of", "found"),
        [
            pytest.param(
                [ended("2026-02-02")], ["2026-01-05"], "2026-02-02", ("discontinued", None),
                id="a discharge of the day lies not ahead",
            ),
            pytest.param(
                [ended("2026-02-02"), ended("2026-08-03")], ["2026-01-05"], "2026-03-02",
                ("discontinued", date(2026, 8, 3)), id="another discharge ahead",
            ),
            pytest.param(
                [ended("2026-01-05")], ["2026-01-05"], "2026-02-01", ("discontinued", None),
                id="a session on the day of the discharge",
            ),
            pytest.param(
                [ended(None, "deceased"), ended("2026-08-03")], ["2026-01-05"], "2026-03-02",
                ("deceased", date(2026, 8, 3)), id="a death without a day",
            ),
            pytest.param(
                [ended("2026-02-02"), ended("2026-08-03")], ["2026-01-05", "2026-03-02"],
                "2026-03-02", (None, date(2026, 8, 3)), id="reopened until the next discharge",
            ),
        ],
    )  # fmt: skip
    def test_when_it_ends(
        self,
        ends: list[dict[str, Any]],
        sessions: list[str],
        as_of: str,
        found: tuple[str | None, date | None],
    ) -> None:
        care = track_on(as_of, record(*sessions, care_ends=ends)).care
        assert (care.status, care.ends_on) == found

    def test_no_day_is_allowed_from_a_discharge_on_even_where_care_was_reopened(self) -> None:
        ends = [ended("2026-02-02"), ended("2026-08-03")]
        given = record("2026-01-05", "2026-03-02", care_ends=ends)
        assert allowed(given, "2026-08-02", "2026-08-03", as_of="2026-03-02") == [True, False]

    @pytest.mark.parametrize(
        ("end", "sessions", "by"),
        [
            pytest.param(
                "2026-01-05", [("2026-01-05", "full"), ("2026-04-06", "full")], "2026-04-06",
                id="a session of the day came before the discharge",
            ),
            pytest.param(
                "2026-02-02", [("2026-04-06", "full"), ("2026-04-20", "touch_up")], "2026-04-06",
                id="the first of several",
            ),
            pytest.param(
                "2026-02-02",
                [("2026-04-06", "full"), ("2026-07-06", "full")],
                None,
                id="two cycles later nobody is told",
            ),
            pytest.param(
                "2026-01-05",
                [("2026-01-05", "full"), ("2026-01-06", "touch_up"), ("2026-01-07", "full")],
                "2026-01-06",
                id="the first day, whatever was given",
            ),
        ],
    )  # fmt: skip
    def test_the_session_that_reopened_it_is_told(
        self, end: str, sessions: list[tuple[str, str]], by: str | None
    ) -> None:
        rows = [
            {**GIVEN, "id": day, "administered_on": day, "kind": kind} for day, kind in sessions
        ]
        given = bs.PatientRecord(sessions=rows, care_ends=[ended(end)])
        found = bs.forecast(given, MIGRAINE, as_of="2026-07-20").findings
        told = [finding.record_ids for finding in found if finding.code == "care_resumed"]
        assert told == ([] if by is None else [(by,)])

    @pytest.mark.parametrize("none", ["1899-12-30", "1900-01-01", "9999-01-01", "9999-12-31"])
    def test_on_an_unknown_day_it_is_told_whatever_came_since(self, none: str) -> None:
        never = bs.forecast(record(care_ends=[ended(none)]), MIGRAINE, as_of="2026-02-01")
        assert never.status == "discontinued"
        for days in (["2026-01-05"], ["2025-06-02", "2025-10-06", "2026-01-05"]):
            given = record(*days, care_ends=[ended(none)])
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
            assert found.status == "too_early"
            assert "care_resumed" in codes(found)

    def test_the_next_day_is_a_day(self) -> None:
        given = record("2025-10-06", "2026-01-05", care_ends=[ended("1900-01-02")])
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert "care_resumed" not in codes(found)


class TestEndOfCare:
    END: ClassVar[Any] = {"on": "2026-04-10", "kind": "discontinued"}

    def test_its_day_is_forbidden_and_the_eve_is_not(self) -> None:
        given = record("2026-01-05", care_ends=[self.END])
        assert allowed(given, "2026-04-09", "2026-04-10") == [True, False]
        statuses = [
            bs.forecast(given, MIGRAINE, as_of=d).status for d in ("2026-04-09", "2026-04-10")
        ]
        assert statuses == ["overdue", "discontinued"]

    def test_the_day_of_a_death_or_discharge_is_kept(self) -> None:
        for kind in ("deceased", "discontinued"):
            given = record("2026-01-05", care_ends=[{**self.END, "kind": kind}])
            track = ask(given, MIGRAINE, date(2026, 5, 1)).track
            assert track.care.ended_on == date(2026, 4, 10)

    def test_of_several_ahead_the_first_counts(self) -> None:
        later = {**self.END, "on": "2026-05-10"}
        for ends in ([self.END, later], [later, self.END]):
            assert allowed(record("2026-01-05", care_ends=ends), "2026-04-10") == [False]

    def test_a_touch_up_after_it_reopens_care(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-04-11", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up], care_ends=[self.END])
        assert bs.forecast(given, MIGRAINE, as_of="2026-05-01").status == "too_early"

    def test_it_comes_before_a_hold(self) -> None:
        hold = {"first": "2026-03-01", "reason": "x"}
        given = record("2026-01-05", care_ends=[self.END], holds=[hold])
        assert bs.forecast(given, MIGRAINE, as_of="2026-05-01").status == "discontinued"

    def test_without_a_protocol_a_session_after_it_reopens_care_too(self) -> None:
        for name in ("hemifacial-spasm", "unheard-of"):
            sessions = [
                {**GIVEN, "indication": name, "administered_on": day}
                for day in ("2026-01-05", "2026-04-20")
            ]
            for rows, status in ((sessions, "no_interval"), (sessions[:1], "discontinued")):
                given = bs.PatientRecord(sessions=rows, care_ends=[self.END])
                (found,) = bs.forecast_all(given, as_of="2026-05-01")
                assert found.status == status
                assert found.last_session_on == date.fromisoformat(rows[-1]["administered_on"])

    def test_a_hold_ahead_leaves_the_status(self) -> None:
        hold = {"first": "2026-02-02", "reason": "x"}
        found = bs.forecast(record("2026-01-05", holds=[hold]), MIGRAINE, as_of="2026-02-01")
        assert (found.status, found.resumes_on) == ("too_early", None)
        assert bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01").resumes_on is None
