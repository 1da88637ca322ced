"""What values refuse, show and hand on, each rule at its edge."""

from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.response import phases_until
from botox_schedule.protocols import (
    DataFileFault,
    DoseLimit,
    ExpectedResponse,
    ProtocolSet,
    RetreatmentRule,
)
from botox_schedule.testing import record_from_gaps
from samples import MIGRAINE, record

SPASTICITY = bs.find_protocol("spasticity")
MAY = date(2026, 5, 1)
RECORD = record_from_gaps([84], starts_on=date(2025, 11, 3), units=155)


AS_OF = date(2026, 4, 6)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("kind", "fields", "message"),
        [
            (bs.PayerRule, {"minimum": "-1 day"}, "minimum cannot be negative"),
            (
                bs.PayerRule,
                {"sessions": 4, "first": "2026-02-01", "last": "2026-01-31"},
                "the rule ends before it starts",
            ),
            (bs.PayerRule, {"sessions": 4, "per": "0 days"}, "per must be longer than nothing"),
            (
                bs.SchedulingPolicy,
                {"usual": [["x", "12 weeks"], ["x", "13 weeks"]]},
                "usual names an indication twice",
            ),
            (
                RetreatmentRule,
                {"kind": "as_needed", "typical": "-1 day", "typical_statistic": "median"},
                "typical cannot be negative",
            ),
            (
                ExpectedResponse,
                {"onset": "1 week", "onset_for_whom": "some"},
                "onset: a window about some patients has their share, and no other",
            ),
            (
                DoseLimit,
                {"scope": "indications", "per": "session", "units": 1},
                "a limit over indications names them",
            ),
        ],
    )
    def test_each_says_what_is_missing(self, kind: Any, fields: Any, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            kind.model_validate(fields)


class TestVocabularies:
    def test_no_word_has_two_names(self) -> None:
        kinds = [k for k in StrEnum.__subclasses__() if k.__module__.startswith("botox_schedule.")]
        assert {bs.Product, bs.FindingCode, DataFileFault} <= {*kinds}
        assert [kind for kind in kinds if len(kind) < len(kind.__members__)] == []


class TestWhatANotebookShows:
    def test_every_answer_is_html(self) -> None:
        record = RECORD
        shown: list[Any] = [
            bs.due_dates("2026-01-05", MIGRAINE),
            bs.response_timeline("2026-01-05", MIGRAINE),
            bs.treatment_cycles(record, MIGRAINE, as_of=MAY)[0],
            bs.project(record, MIGRAINE, as_of=MAY, count=1)[0],
            MIGRAINE,
        ]
        for value in shown:
            assert value._repr_html_().startswith("<")


class TestCopies:
    def test_a_copy_without_a_change_is_equal(self) -> None:
        assert MIGRAINE.model_copy() == MIGRAINE

    def test_the_fields_of_a_value_make_it_again(self) -> None:
        bs.forecast(RECORD, MIGRAINE, as_of=MAY)  # it asks for what is computed from the fields
        for value in (MIGRAINE, MIGRAINE.retreatment):
            assert type(value)(**dict(value)) == value

    def test_a_check_without_a_protocol_says_nothing_of_units(self) -> None:
        check = bs.check_date(RECORD, MIGRAINE, on=MAY, as_of=MAY)
        assert "units: " in check.explain()
        assert "units: " not in check.model_copy(update={"protocol": None}).explain()


class TestProtocolSets:
    @pytest.mark.parametrize("names", [["chronic-migraine"], "chronic-migraine"])
    def test_names_where_protocols_belong_are_refused_with_words(self, names: Any) -> None:
        record = bs.PatientRecord()
        with pytest.raises(bs.UnknownProtocolError, match="such as find_protocol returns"):
            bs.forecast_all(record, as_of="2026-06-01", protocols=names)
        with pytest.raises(bs.UnknownProtocolError, match="such as find_protocol returns"):
            bs.forecast(record, MIGRAINE, as_of="2026-06-01", other_protocols=names)

    def test_one_protocol_given_twice_is_one(self) -> None:
        known = ProtocolSet([MIGRAINE, MIGRAINE])
        assert known.versions(MIGRAINE) == (MIGRAINE,)

    def test_a_protocol_outside_the_set_is_its_only_version(self) -> None:
        named = MIGRAINE.model_copy(update={"id": "of-a-clinic"})
        assert ProtocolSet([MIGRAINE]).versions(named) == (named,)
        assert ProtocolSet([]).versions(MIGRAINE) == (MIGRAINE,)


class TestProjectionsBeforeWhatIsKnown:
    def test_no_target_lies_in_a_hold_without_an_end(self) -> None:
        record = bs.PatientRecord(
            sessions=RECORD.sessions[-1:],
            holds=[{"first": "2027-06-01", "reason": "a move"}],
        )
        last = record.sessions[0].administered_on
        found = bs.project(record, MIGRAINE, as_of=last, count=20)
        assert 0 < len(found) < 20
        assert found[-1].target < date(2027, 6, 1)

    def test_a_target_that_would_come_late_is_the_due_day(self) -> None:
        """The day of the plan is forbidden by an override, the due day before it is not."""
        record = bs.PatientRecord(
            sessions=[
                {"administered_on": "2025-11-30", "indication": "spasticity", "product": "Botox"}
            ],
            overrides=[
                {
                    "indication": "spasticity",
                    "first": "2026-05-29",
                    "minimum": "12 months",
                    "reason": "agreed",
                    "authority": "clinician",
                }
            ],
        )
        found = bs.project(record, SPASTICITY, as_of="2025-12-01", count=2)
        assert [str(session.target) for session in found] == ["2026-02-28", "2026-05-28"]

    def test_a_booking_before_a_hold_without_an_end_has_a_window_without_a_due_day(self) -> None:
        one = {"indication": "spasticity", "product": "Botox"}
        record = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    {"administered_on": "2026-01-05", **one},
                    {"administered_on": "2026-04-01", "status": "booked", **one},
                ],
                "holds": [{"first": "2026-04-03", "reason": "a move"}],
            }
        )
        found = bs.project(record, SPASTICITY, as_of="2026-02-01", count=2)
        assert [str(session.window) for session in found] == ["2026-03-30 to 2026-04-01"]

    def test_nobody_returns_from_an_open_hold(self) -> None:
        calendar = HoldCalendar([bs.Hold(first="2026-03-01", reason="a move")])
        grace, month = bs.Interval(days=7), bs.ShortMonth.LAST_DAY
        assert calendar.after_return(date(2026, 3, 1), grace, month) is None
        assert calendar.after_return(date(2026, 2, 28), grace, month) == date(2026, 2, 28)


class TestPhases:
    @pytest.mark.parametrize("protocol", bs.bundled_protocols(), ids=lambda p: p.id)
    def test_each_follows_the_one_before(self, protocol: bs.TreatmentProtocol) -> None:
        phases = list(phases_until(bs.response_timeline("2026-01-31", protocol)))
        assert phases[-1][2] is None
        for (_, first, last), (_, following, _) in pairwise(phases):
            assert last is not None
            assert first <= last
            assert (following - last).days == 1


class TestNotebooks:
    def test_a_checked_day_is_a_table(self) -> None:
        check = bs.check_date(record("2026-01-05"), MIGRAINE, on=AS_OF, as_of=AS_OF)
        assert "2026-04-06" in (check._repr_html_() or "")
