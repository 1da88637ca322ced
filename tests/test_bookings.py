"""Booked and missed visits: which one is the next, and why it should not be booked."""

from datetime import date
from functools import partial
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.engine.standing import clear_of
from botox_schedule.questions import ask
from samples import GIVEN, MIGRAINE, codes, override, protocol, rule


def visit(day: str, status: str, **more: Any) -> dict[str, Any]:
    """A visit for chronic migraine that did not take place, or not yet."""
    return {**GIVEN, "administered_on": day, "status": status, **more}


AS_OF = date(2026, 4, 6)


class TestVisits:
    def test_a_missed_visit_alone_asks_for_another_day(self) -> None:
        missed = {**GIVEN, "administered_on": "2026-03-30", "status": "cancelled"}
        found = bs.forecast(
            bs.PatientRecord(sessions=[GIVEN, missed]), MIGRAINE, as_of="2026-04-01"
        )
        assert "not_rebooked" in codes(found)

    def test_a_booking_before_the_last_session_is_settled(self) -> None:
        old = {**GIVEN, "administered_on": "2025-12-20", "status": "booked"}
        found = bs.forecast(bs.PatientRecord(sessions=[GIVEN, old]), MIGRAINE, as_of="2026-02-01")
        assert "booking_unresolved" not in codes(found)

    def test_of_two_rows_with_one_id_the_larger_counts(self) -> None:
        for units in ((90, 155), (155, 90)):
            rows = [{**GIVEN, "id": "s", "units": each} for each in units]
            found = bs.exposure(
                bs.PatientRecord(sessions=rows), product="Botox", window="12 weeks", on="2026-02-01"
            )
            assert found.units == 155

    def test_a_booking_is_not_late_where_nothing_is_overdue(self) -> None:
        booked = {**GIVEN, "administered_on": "2026-04-01", "status": "booked"}
        given = bs.PatientRecord(
            sessions=[GIVEN, booked], care_ends=[{"on": "2026-04-03", "kind": "discontinued"}]
        )
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert (found.dates.due, found.dates.overdue_from) == (date(2026, 3, 30), None)
        assert "after the due day" not in found.explain()


class TestVisitsOnAnUnknownDay:
    """Before, a visit of 9999-12-31 was the next one, and one of 1900-01-01 was never told."""

    @pytest.mark.parametrize("status", ["booked", "no_show", "cancelled"])
    @pytest.mark.parametrize("none", ["0001-01-01", "1900-01-01", "9999-01-01", "9999-12-31"])
    @pytest.mark.parametrize("given", [[], [GIVEN]])
    def test_the_row_is_told_and_books_nothing(self, none: str, status: str, given: Any) -> None:
        plain = bs.PatientRecord(sessions=given)
        record = bs.PatientRecord(sessions=[*given, visit(none, status)])
        found, without = (bs.forecast(each, MIGRAINE, as_of=AS_OF) for each in (record, plain))
        assert codes(found) == {*codes(without), "session_day_unknown"}
        assert (found.booking, found.dates, found.status) == (None, without.dates, without.status)
        assert len(bs.project(record, MIGRAINE, as_of=AS_OF)) == (5 if given else 0)
        (one,) = bs.forecast_all(record, as_of=AS_OF)
        assert "session_day_unknown" in codes(one)

    def test_a_draft_or_a_day_next_to_it_is_not_told(self) -> None:
        for row in (visit("1900-01-01", "draft"), visit("9998-12-31", "booked")):
            record = bs.PatientRecord(sessions=[GIVEN, row])
            assert "session_day_unknown" not in codes(bs.forecast(record, MIGRAINE, as_of=AS_OF))

    def test_the_panel_looks_at_the_record(self) -> None:
        pl = pytest.importorskip("polars")
        columns = {"patient": "a", "indication": "chronic-migraine", "product": "Botox"}
        rows = [
            {**columns, "administered_on": date(2026, 1, 5), "status": "completed"},
            {**columns, "administered_on": date(9999, 12, 31), "status": "booked"},
        ]
        panel = pytest.importorskip("botox_schedule.panel")
        found = panel.worklist(pl.DataFrame(rows), as_of=AS_OF, holds=None, care_ends=None)
        assert found["section"].to_list() == ["check_the_record_first"]


class TestFindingsAboutBookings:
    @pytest.mark.parametrize(
        ("missed", "booked", "asks"),
        [
            ("2026-04-06", "2026-04-06", False),
            ("2026-04-06", "2026-04-07", False),
            ("2026-04-20", "2026-04-06", False),
            ("2026-04-20", "2026-04-05", True),
        ],
    )
    def test_a_visit_on_the_missed_day_or_from_today_on_replaces_it(
        self, missed: str, booked: str, *, asks: bool
    ) -> None:
        rows = [GIVEN, visit(missed, "cancelled"), visit(booked, "booked")]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of=AS_OF)
        assert ("not_rebooked" in codes(found)) is asks

    def test_a_visit_missed_on_the_day_of_the_last_session_is_settled(self) -> None:
        for day, settled in (("2026-01-05", True), ("2026-01-06", False)):
            rows = [GIVEN, visit(day, "no_show", id="m")]
            found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of=AS_OF)
            assert ("not_rebooked" not in codes(found)) is settled

    def test_a_booking_for_the_day_of_the_last_session_is_settled(self) -> None:
        for day, settled in (("2026-01-05", True), ("2026-01-06", False)):
            rows = [GIVEN, visit(day, "booked", product="Dysport")]
            found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of=AS_OF)
            assert ("booking_unresolved" not in codes(found)) is settled

    def test_a_day_in_doubt_is_not_clear(self) -> None:
        """Nothing states an interval, so nobody can say that the booked day is allowed."""
        limit = {"scope": "indication", "per": "session", "units": 200}
        own = protocol(retreatment={"kind": "as_needed"}, limits=[limit])
        rows = [GIVEN, visit("2026-06-01", "booked", units=155)]
        given = bs.PatientRecord(sessions=rows)
        track = ask(given, own, AS_OF, other_protocols=()).track
        assert clear_of(track) is None


class TestBookings:
    BOOKED: ClassVar[Any] = {**GIVEN, "status": "booked"}

    def found(self, *days: str, as_of: str = "2026-02-01", **rows: Any) -> bs.Forecast:
        booked = [{**self.BOOKED, "administered_on": day, "id": day} for day in days]
        given = bs.PatientRecord(sessions=[GIVEN, *booked, *rows.pop("sessions", ())], **rows)
        return bs.forecast(given, MIGRAINE, as_of=as_of)

    def test_one_of_today_is_the_next(self) -> None:
        booking = self.found("2026-04-01", as_of="2026-04-01").booking
        assert booking is not None
        assert booking.on == date(2026, 4, 1)

    def test_one_of_the_sessions_day_is_settled(self) -> None:
        assert "booking_unresolved" not in codes(self.found("2026-01-05"))

    def test_all_that_lie_ahead_are_judged(self) -> None:
        hold = {"first": "2026-07-01", "last": "2026-07-10", "reason": "x"}
        found = self.found("2026-03-30", "2026-07-01", holds=[hold])
        assert [f.record_ids for f in found.findings if f.code == "booking_in_hold"] == [
            ("2026-07-01",)
        ]

    def test_the_rules_of_its_own_day_judge_it(self) -> None:
        early = override(first="2026-03-01", last="2026-03-10")
        for day, expected in (("2026-03-10", False), ("2026-03-11", True)):
            assert ("booking_too_early" in codes(self.found(day, overrides=[early]))) is expected

    def test_in_a_hold_after_a_discharge_both_are_told(self) -> None:
        end = {"on": "2026-01-20", "kind": "discontinued"}
        hold = {"first": "2026-03-25", "reason": "x"}
        found = codes(self.found("2026-03-30", care_ends=[end], holds=[hold]))
        assert {"booking_after_care_end", "booking_in_hold"} <= found

    @pytest.mark.parametrize("kind", ["discontinued", "deceased"])
    def test_on_the_day_of_the_last_session_another_treatment_is_judged(self, kind: str) -> None:
        """It is the next booking, so the end of care on that day is told."""
        other = {**self.BOOKED, "administered_on": "2026-01-05", "product": "Xeomin", "id": "b"}
        end = {"on": "2026-01-05", "kind": kind}
        record = bs.PatientRecord(sessions=[GIVEN, other], care_ends=[end])
        found = bs.forecast(record, MIGRAINE, as_of="2026-01-05")
        assert found.booking is not None
        assert "booking_after_care_end" in codes(found)
        without = record.model_copy(update={"care_ends": ()})
        needed = bs.forecast(without, MIGRAINE, as_of="2026-01-05").findings
        assert not [finding.code for finding in needed if finding.needs == "today"]

    def of_others(
        self, *booked: str, weeks: dict[str, str], ask: Any = bs.forecast, **stated: Any
    ) -> Any:
        """Botox was given, and other products are booked for thirteen weeks later."""
        later = {**self.BOOKED, "administered_on": "2026-04-06"}
        rows = [later | {"product": product, "id": product} for product in booked]
        known = [
            protocol(id=product, product=product, retreatment=rule(minimum=minimum))
            for product, minimum in weeks.items()
        ]
        given, own = bs.PatientRecord(sessions=[GIVEN, *rows]), protocol(retreatment=rule(**stated))
        return ask(given, own, as_of="2026-02-01", other_protocols=known)

    @pytest.mark.parametrize(
        ("booked", "weeks", "early"),
        [
            (["Dysport"], {"Dysport": "8 weeks", "Xeomin": "20 weeks"}, []),
            (["Xeomin"], {"Dysport": "8 weeks", "Xeomin": "20 weeks"}, ["Xeomin"]),
            (["Daxxify"], {"Dysport": "8 weeks", "Xeomin": "20 weeks"}, ["Daxxify"]),
            (["Daxxify"], {"Dysport": "20 weeks", "Xeomin": "8 weeks"}, ["Daxxify"]),
            (["Dysport", "Xeomin"], {"Dysport": "8 weeks", "Xeomin": "20 weeks"}, ["Xeomin"]),
        ],
        ids=str,
    )
    def test_the_rules_of_what_is_booked_judge_it_too(
        self, booked: list[str], weeks: dict[str, str], early: list[str]
    ) -> None:
        findings = self.of_others(*booked, weeks=weeks).findings
        ids = [list(f.record_ids) for f in findings if f.code == "booking_too_early"]
        assert ids == ([early] if early else [])

    def test_what_one_of_them_forbids_is_forbidden(self) -> None:
        weeks = {"Xeomin": "20 weeks"}
        assert self.of_others("Xeomin", weeks=weeks, minimum=None, usual=None).clear is False

    @pytest.mark.parametrize("units", [None, 100])
    def test_a_check_of_that_day_says_so_whatever_units_are_planned(
        self, units: int | None
    ) -> None:
        ask = partial(bs.check_date, on="2026-04-06", planned_units=units)
        found = self.of_others("Xeomin", weeks={"Xeomin": "20 weeks"}, ask=ask)
        assert (found.allowed, found.clear) == (True, False)

    @pytest.mark.parametrize(
        ("missed", "booked", "rebook"),
        [
            pytest.param(
                ["2026-03-02", "2026-04-01"], "2026-03-16", "2026-04-01", id="the last one"
            ),
            pytest.param(
                ["2026-03-02"], "2026-03-16", None, id="booked since, on a day that passed"
            ),
            pytest.param(
                ["2026-04-20"], "2026-04-15", None, id="cancelled ahead, booked before it"
            ),
            pytest.param(["2026-04-20"], "2026-04-09", "2026-04-20", id="cancelled ahead"),
        ],
    )
    def test_a_missed_visit_without_a_later_booking(
        self, missed: list[str], booked: str, rebook: str | None
    ) -> None:
        rows = [
            {**GIVEN, "administered_on": d, "status": "cancelled", "id": f"m{d}"} for d in missed
        ]
        found = self.found(booked, as_of="2026-04-10", sessions=rows)
        ids = [f.record_ids for f in found.findings if f.code == "not_rebooked"]
        assert ids == ([] if rebook is None else [(f"m{rebook}",)])
