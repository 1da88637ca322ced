"""A booked touch-up starts no cycle: it is not the booking of the next session."""

from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import planning
from botox_schedule.engine.reading import read_record
from botox_schedule.engine.standing import clear_of, standing_of
from botox_schedule.engine.track import tracks_of
from botox_schedule.engine.worklist import placed
from botox_schedule.protocols.catalog import known_protocols

MIGRAINE = "chronic-migraine"
DUE_ON = "2026-04-01"


def visit(day: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{day} {sorted(more.items())}",
        "administered_on": day,
        "indication": MIGRAINE,
        "product": "Botox",
        "units": 155,
        "status": "completed",
        "kind": "full",
        **more,
    }


def touch_up(day: str, **more: Any) -> dict[str, Any]:
    return visit(day, **{"kind": "touch_up", "status": "booked", "units": 20, **more})


GIVEN = visit("2026-01-05")


def record(*visits: dict[str, Any], **more: Any) -> bs.PatientRecord:
    return bs.PatientRecord(sessions=[GIVEN, *visits], **more)


def found(*visits: dict[str, Any], as_of: str = DUE_ON) -> bs.Forecast:
    return bs.forecast(record(*visits), MIGRAINE, as_of=as_of)


def codes(*visits: dict[str, Any], as_of: str = DUE_ON) -> set[str]:
    return {finding.code.value for finding in found(*visits, as_of=as_of).findings}


def place(*visits: dict[str, Any], as_of: str = DUE_ON) -> tuple[str, str]:
    """Section and reason of the one track, which record and panel must agree on."""
    pl = pytest.importorskip("polars", reason="the extra 'panel' is not installed")
    from botox_schedule import panel  # noqa: PLC0415 - it needs the extra

    day, policy, known = found(as_of=as_of).as_of, bs.SchedulingPolicy(), known_protocols(None)
    reading = read_record(record(*visits), day, policy, known)
    (track,) = tracks_of(reading, "us", None)
    standing = standing_of(track, with_limits=False)
    own = placed(standing, reading.as_of, None, left_out=False)
    rows = [{"patient": "p", "session_id": each["id"], **each} for each in (GIVEN, *visits)]
    listed = panel.worklist(
        pl.DataFrame(rows).drop("id"), as_of=as_of, holds=None, care_ends=None, lead_days=0
    ).row(0, named=True)
    assert (listed["section"], listed["reason"]) == (own.section.value, own.reason.value)
    assert listed["booked_on"] == standing.booked_on
    assert clear_of(track.track) is found(*visits, as_of=as_of).clear
    return own.section.value, own.reason.value


class TestNextBooking:
    def test_is_a_full_session(self) -> None:
        booked = found(touch_up("2026-04-06"), visit("2026-04-07", status="booked")).booking
        assert booked is not None
        assert str(booked.on) == "2026-04-07"

    @pytest.mark.parametrize(
        ("visits", "expected"),
        [
            ((), ("to_call", "due")),
            ((touch_up("2026-04-06"),), ("to_call", "due")),
            ((touch_up("2026-04-06"), visit("2026-04-05", status="booked")), ("booked", "booked")),
            ((visit("2026-03-30", status="no_show"),), ("to_call", "not_rebooked")),
            (
                (visit("2026-03-30", status="no_show"), touch_up("2026-04-06")),
                ("to_call", "not_rebooked"),
            ),
            (
                (touch_up("2026-04-06"), visit("2026-05-05", status="booked")),
                ("to_call", "booked_after_overdue"),
            ),
        ],
    )
    def test_places_the_patient(
        self, visits: tuple[dict[str, Any], ...], expected: tuple[str, str]
    ) -> None:
        assert place(*visits) == expected

    def test_is_the_first_target_of_the_projection(self) -> None:
        booked = record(touch_up("2026-04-06"), visit("2026-04-07", status="booked"))
        targets = bs.project(booked, MIGRAINE, as_of=DUE_ON, count=2)
        assert [str(each.target) for each in targets] == ["2026-04-07", "2026-06-30"]
        without = bs.project(record(touch_up("2026-04-06")), MIGRAINE, as_of=DUE_ON, count=1)
        assert [str(each.target) for each in without] == ["2026-04-01"]

    def test_is_not_made_a_later_one_by_a_touch_up(self) -> None:
        # The touch-up lies on an allowed day; the next session still comes too late.
        late = visit("2026-05-05", status="booked")
        assert "booking_after_overdue" in codes(late)
        assert "booking_after_overdue" in codes(touch_up("2026-04-06"), late)
        assert "booking_after_overdue" not in codes(touch_up("2026-05-05"))


class TestFindingsAboutBookedTouchUps:
    def test_a_forbidden_day_is_told(self) -> None:
        assert "booking_too_early" in codes(touch_up("2026-02-02"), as_of="2026-01-20")
        held = record(
            touch_up("2026-04-06"), holds=[{"first": "2026-04-03", "reason": "infection"}]
        )
        answer = bs.forecast(held, MIGRAINE, as_of=DUE_ON)
        assert "booking_in_hold" in {finding.code.value for finding in answer.findings}

    def test_what_became_of_it_is_asked(self) -> None:
        assert "booking_unresolved" in codes(touch_up("2026-03-20"))
        given = touch_up("2026-03-20", status="completed")
        assert "booking_unresolved" not in codes(touch_up("2026-03-20"), given)

    def test_a_full_session_is_not_given_by_a_touch_up(self) -> None:
        given = touch_up("2026-03-20", status="completed")
        assert "booking_unresolved" in codes(visit("2026-03-20", status="booked"), given)

    @pytest.mark.parametrize(
        ("missed", "later", "asked"),
        [
            (touch_up("2026-03-20", status="no_show"), (), True),
            (touch_up("2026-03-20", status="no_show"), (touch_up("2026-04-06"),), False),
            (
                touch_up("2026-03-20", status="no_show"),
                (visit("2026-04-06", status="booked"),),
                False,
            ),
            (visit("2026-03-20", status="cancelled"), (touch_up("2026-04-06"),), True),
            (
                visit("2026-03-20", status="cancelled"),
                (touch_up("2026-03-25", status="no_show"), touch_up("2026-04-06")),
                True,
            ),
        ],
    )
    def test_a_missed_visit_is_booked_again_by_its_kind(
        self, missed: dict[str, Any], later: tuple[dict[str, Any], ...], *, asked: bool
    ) -> None:
        assert ("not_rebooked" in codes(missed, *later)) is asked

    def test_its_units_are_checked_before_those_of_the_next_session(self) -> None:
        much = touch_up("2026-03-29", units=300)
        late = visit("2026-04-20", status="booked")
        for visits in ((much,), (much, late)):
            assert "limit_exceeded" in codes(*visits, as_of="2026-03-28")
        assert "limit_exceeded" not in codes(touch_up("2026-03-29"), as_of="2026-03-28")


class TestLimits:
    """A booked touch-up is not moved to the day that is asked about, so its units count on it."""

    @pytest.mark.parametrize(
        ("units", "exceeded"), [(245, False), (246, True)], ids=["400 of 400", "401 of 400"]
    )
    def test_its_units_count_on_a_later_day(self, units: int, *, exceeded: bool) -> None:
        booked = record(touch_up("2026-04-02", units=units))
        asked: dict[str, Any] = {"as_of": DUE_ON, "planned_units": 155}
        check = bs.check_date(booked, MIGRAINE, on="2026-04-06", **asked)
        assert check.clear is not exceeded
        offered = planning.first_bookable_day(booked, MIGRAINE, **asked)
        assert str(offered.on) == DUE_ON
        assert offered.check.check.clear is True

    @pytest.mark.parametrize(("units", "exceeded"), [(45, False), (46, True)])
    def test_its_units_count_at_a_shared_visit(self, units: int, *, exceeded: bool) -> None:
        neck = visit("2026-01-12", indication="cervical-dystonia")
        shared = planning.find_shared_visit(
            record(neck, touch_up("2026-04-02", units=units)),
            [MIGRAINE, "cervical-dystonia"],
            as_of=DUE_ON,
            planned_units={MIGRAINE: 155, "cervical-dystonia": 200},
        )
        assert str(shared.on) == "2026-04-06"
        assert any(c.exceeded for c in shared.tracks[0].limit_checks if c.chosen) is exceeded

    @pytest.mark.parametrize("status", ["booked", "completed"])
    @pytest.mark.parametrize(("on", "exceeded"), [("2026-06-08", False), ("2026-06-11", True)])
    def test_it_begins_no_session_whose_limit_counts_it(
        self, on: str, status: str, *, exceeded: bool
    ) -> None:
        arm: dict[str, Any] = {"indication": "upper-limb-spasticity", "product": "Xeomin"}
        rows = [
            visit("2026-01-05", units=300, **arm),
            visit("2026-06-10", units=390, status=status, **arm),
            touch_up(on, units=20, status=status, **arm),
        ]
        given, xeomin = bs.PatientRecord(sessions=rows), bs.find_protocol(**arm)
        if status == "booked":
            checks = bs.check_date(given, xeomin, on="2026-06-10", as_of=DUE_ON).limit_checks
        else:
            checks = bs.check_dose_limits(given, xeomin, on="2026-06-10", as_of="2026-07-01")
        assert any(check.exceeded for check in checks) is exceeded


class TestAuthorizations:
    APPROVED = (
        {
            "indication": MIGRAINE,
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "sessions": 3,
        },
    )

    @pytest.mark.parametrize(
        ("visits", "left"),
        [
            ((), 2),
            ((touch_up("2026-04-02"),), 1),
            ((touch_up("2026-04-02"), visit("2026-04-07", status="booked")), 0),
            ((touch_up("2026-08-02"), visit("2026-04-07", status="booked")), 1),
        ],
    )
    def test_a_booked_touch_up_uses_a_visit(
        self, visits: tuple[dict[str, Any], ...], left: int
    ) -> None:
        booked = record(*visits, authorizations=self.APPROVED)
        check = planning.check_booking(booked, MIGRAINE, on="2026-07-06", as_of=DUE_ON)
        assert check.authorization is not None
        assert check.authorization.use.sessions_left == left
        assert check.authorization.covers is (left > 0)
