"""One day for several treatments."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import BookingConstraint as Constraint
from botox_schedule.planning import PlanningError
from botox_schedule.testing import protocols, record_from_gaps, sessions
from planning_samples import (
    DAY,
    GIVEN,
    MIGRAINE,
    ONA,
    SPASTICITY,
    WHEN,
    approved,
    calendars,
    fits,
    never,
    one,
    preferred,
    two_treatments,
)


class TestSharedVisit:
    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(
            sessions(
                indications=["chronic-migraine", "spasticity"],
                only_completed=True,
                only_product=ONA,
            ),
            max_size=6,
        ),
        protocols(),
        protocols(indication="spasticity"),
        calendars(),
        WHEN,
    )
    def test_equals_a_search_over_days(
        self,
        given_sessions: list[bs.TreatmentSession],
        one: bs.TreatmentProtocol,
        other: bs.TreatmentProtocol,
        calendar: plan.ClinicCalendar,
        as_of: date,
    ) -> None:
        record = bs.PatientRecord(sessions=tuple(given_sessions))
        windows, targets, tests = [], [], []
        for protocol in (one, other):
            answer = bs.forecast(record, protocol, as_of=as_of)
            first = max(as_of, answer.dates.earliest or as_of)
            overdue_from = answer.dates.overdue_from
            ahead = overdue_from is not None and first < overdue_from
            last = overdue_from - DAY if ahead and overdue_from else first + 366 * DAY
            windows.append((first, last))
            targets += [answer.dates.due or answer.dates.earliest]
            tests.append(fits(record, protocol, as_of, bs.SchedulingPolicy(), calendar))
        span = [as_of + n * DAY for n in range(1200)]
        possible = [
            day
            for day in span
            if all(first <= day <= last for first, last in windows)
            and all(can(day) for can in tests)
        ]
        target = max((day for day in targets if day), default=None)
        expected = next(iter(preferred(possible, target)), None)
        visit = plan.find_shared_visit(record, [one, other], as_of=as_of, calendar=calendar)
        assert visit.on == expected
        start = max(first for first, _ in windows)
        late = [start + n * DAY for n in range(367)]
        fitting = (day for day in late if all(can(day) for can in tests))
        assert visit.first_late_on == (None if expected else next(fitting, None))
        assert (visit.emptied_by is None) is (expected is not None)
        assert [t.window for t in visit.tracks] == [
            bs.Window(first=first, last=last) for first, last in windows
        ]

    def test_the_clocks_stay_their_own(self) -> None:
        visit = plan.find_shared_visit(two_treatments(), [MIGRAINE, SPASTICITY], as_of="2026-03-01")
        own = [
            plan.first_bookable_day(two_treatments(), p, as_of="2026-03-01").on
            for p in (MIGRAINE, SPASTICITY)
        ]
        assert [track.own_day for track in visit.tracks] == own
        assert [track.days_from_due for track in visit.tracks] == [7, -6]
        assert "days given up: 7" in visit.explain()

    def test_the_units_of_both_count_together(self) -> None:
        units = {"chronic-migraine": 195, "spasticity": 206}
        visit = plan.find_shared_visit(
            two_treatments(), [MIGRAINE, SPASTICITY], as_of="2026-03-01", planned_units=units
        )
        totals = {
            c.total for t in visit.tracks for c in t.limit_checks if c.chosen and c.maximum == 400
        }
        assert totals == {Decimal(401)}
        assert "401 U exceed 400 U within 12 weeks over all indications" in visit.explain()

    def test_unknown_units_of_the_other_leave_the_limit_open(self) -> None:
        visit = plan.find_shared_visit(
            two_treatments(),
            [MIGRAINE, SPASTICITY],
            as_of="2026-03-01",
            planned_units={"chronic-migraine": 155},
        )
        checks = [c for c in visit.tracks[0].limit_checks if c.chosen and c.maximum == 400]
        assert [c.indeterminate for c in checks] == [True]

    def test_a_session_that_is_not_yet_known_does_not_count(self) -> None:
        later = {
            "administered_on": "2026-03-20",
            "indication": "cervical-dystonia",
            "product": "Botox",
            "units": 300,
        }
        record = bs.PatientRecord.model_validate({"sessions": [*two_treatments().sessions, later]})
        units = {"chronic-migraine": 100, "spasticity": 100}
        visit = plan.find_shared_visit(
            record, [MIGRAINE, SPASTICITY], as_of="2026-03-01", planned_units=units
        )
        assert not any(c.exceeded for t in visit.tracks for c in t.limit_checks if c.chosen)

    def test_each_track_knows_the_protocol_of_the_other(self) -> None:
        """A clinic's own indication is recognized in both tracks."""
        own = SPASTICITY.model_copy(
            update={"id": "own", "indication": "bruxism", "shares_clock_with": ()}
        )
        rows = [
            {"administered_on": "2026-01-05", "indication": "chronic-migraine"},
            {"administered_on": "2026-01-12", "indication": "bruxism"},
        ]
        record = bs.PatientRecord(sessions=[{"product": "Botox", **row} for row in rows])
        orders: list[list[bs.TreatmentProtocol | str]] = [[MIGRAINE, own], [own, "migraine"]]
        for tracks in orders:
            visit = plan.find_shared_visit(record, tracks, as_of="2026-03-01")
            assert visit.on == date(2026, 4, 6)

    def test_windows_without_a_common_day_are_named(self) -> None:
        record = record_from_gaps([], starts_on=date(2026, 1, 5))
        late = {"administered_on": "2026-02-20", "indication": "spasticity", "product": "Botox"}
        record = bs.PatientRecord.model_validate({"sessions": [*record.sessions, late]})
        visit = plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], as_of="2026-03-01")
        assert (visit.on, visit.window, visit.emptied_by) == (None, None, Constraint.OTHER_TRACK)
        assert [track.own_day is None for track in visit.tracks] == [False, False]
        # The first day of the later window; the other track is overdue by then.
        assert visit.first_late_on == visit.tracks[1].window.first == date(2026, 5, 15)
        assert visit.explain().splitlines()[:2] == [
            "no day: other_track",
            "the first day that fits after: 2026-05-15",
        ]
        away = [{"first": "2026-05-01", "last": "2026-06-01"}]
        later = plan.find_shared_visit(
            record, [MIGRAINE, SPASTICITY], as_of="2026-03-01", away=away
        )
        assert later.first_late_on == date(2026, 6, 2)

    @pytest.mark.parametrize("tracks", [[MIGRAINE], [MIGRAINE, MIGRAINE], []])
    def test_two_different_treatments_are_needed(self, tracks: list[bs.TreatmentProtocol]) -> None:
        with pytest.raises(PlanningError, match="two or more treatments"):
            plan.find_shared_visit(one, tracks, as_of="2026-03-01")


class TestWords:
    """The words of each answer, in full."""

    def test_of_a_shared_visit(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01", "planned_units": {"chronic-migraine": 401}}
        record = two_treatments()
        visit = plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], **asked)
        refs = [str(protocol.ref) for protocol in (MIGRAINE, SPASTICITY)]
        assert visit.explain().split("\n") == [
            "2026-04-06: fits every track, but the units exceed a limit",
            f"{refs[0]}: 2026-03-30 to 2026-04-06; alone: 2026-03-30",
            "  days given up: 7",
            "  401 U exceed 400 U within 12 weeks over all indications",
            "  601 U exceed 400 U within 3 months over all indications",
            f"{refs[1]}: 2026-04-06 to 2026-06-09; alone: 2026-04-12",
            "  days given up: -6",
            "  401 U exceed 400 U within 12 weeks over all indications",
            "  601 U exceed 400 U within 3 months over all indications",
        ]
        gone = plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], calendar=never, **asked)
        assert gone.explain().split("\n") == [
            "no day: closed",
            f"{refs[0]}: 2026-03-30 to 2026-04-06; alone: no day",
            f"{refs[1]}: 2026-04-06 to 2026-06-09; alone: no day",
        ]


class TestEdges:
    def test_a_shared_visit_shows_its_window_and_what_closed_days_cost(self) -> None:
        record = two_treatments()
        closed = plan.ClinicCalendar(open_weekdays=list(plan.Weekday), closures=["2026-03-30"])
        approvals = [approved(), approved(indication="spasticity")]
        given = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    record.sessions[0],
                    {
                        "administered_on": "2026-01-01",
                        "indication": "spasticity",
                        "product": "Botox",
                    },
                ],
                "authorizations": approvals,
            }
        )
        visit = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-03-01", calendar=closed
        )
        assert visit.window == bs.Window(first=date(2026, 3, 30), last=date(2026, 4, 6))
        assert (visit.on, visit.closed_days_cost) == (date(2026, 4, 1), 0)
        assert visit.refused == {Constraint.CLOSED: 1}
        assert [t.authorization is not None and t.authorization.on for t in visit.tracks] == [
            visit.on
        ] * 2
        assert [t.authorization is not None and t.authorization.covers for t in visit.tracks] == [
            True
        ] * 2
        later = plan.ClinicCalendar(
            open_weekdays=list(plan.Weekday),
            closures=[{"first": "2026-04-01", "last": "2026-04-02"}],
        )
        visit = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-03-01", calendar=later
        )
        assert (visit.on, visit.closed_days_cost) == (date(2026, 4, 3), 2)
        gone = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-03-01", calendar=never
        )
        assert (gone.window, [t.authorization for t in gone.tracks]) == (visit.window, [None, None])

    @pytest.mark.parametrize(("left", "covers"), [(400, None), (399, False)])
    def test_limbs_of_one_clock_share_the_units_of_an_authorization(
        self, left: int, covers: bool | None
    ) -> None:
        rows = [
            {"administered_on": "2026-01-05", "indication": limb, "product": "Botox"}
            for limb in ("upper-limb-spasticity", "lower-limb-spasticity")
        ]
        valid = {"first": "2026-02-01", "last": "2026-12-31"}
        approval = approved(indication="spasticity", units=left, valid=valid)
        record = bs.PatientRecord.model_validate({"sessions": rows, "authorizations": [approval]})
        limbs = [row["indication"] for row in rows]
        units = dict.fromkeys(limbs, 200)
        visit = plan.find_shared_visit(record, limbs, as_of="2026-03-01", planned_units=units)
        assert (visit.on is None) is (covers is False)
        assert {t.authorization and t.authorization.covers for t in visit.tracks} == {None}
        told = visit.explain().count("  the authorization leaves it open: units_unknown")
        assert told == (2 if visit.on else 0)
        assert [track.own_day is None for track in visit.tracks] == [False, False]

    def test_the_planned_units_of_each_track_decide_its_authorization(self) -> None:
        approvals = [approved(units=100), approved(indication="spasticity", units=300)]
        given = bs.PatientRecord.model_validate(
            {
                "sessions": two_treatments().sessions,
                "authorizations": [
                    {**a, "valid": {"first": "2026-02-01", "last": "2026-12-31"}} for a in approvals
                ],
            }
        )
        for units, on in ((100, date(2026, 4, 6)), (101, None)):
            visit = plan.find_shared_visit(
                given,
                [MIGRAINE, SPASTICITY],
                as_of="2026-03-01",
                planned_units={"chronic-migraine": units, "spasticity": 300},
            )
            assert visit.on == on


class TestLimitsOfASharedVisit:
    def test_a_limit_of_one_reading_names_none(self) -> None:
        """Blepharospasm has a limit over 30 days, which has one reading only."""
        blepharospasm = bs.find_protocol("blepharospasm")
        record = bs.PatientRecord(
            sessions=[
                {
                    "administered_on": "2026-01-05",
                    "indication": "blepharospasm",
                    "product": "Botox",
                    "units": 100,
                }
            ]
        )
        units = {"blepharospasm": 201}
        visit = plan.find_shared_visit(
            record, [blepharospasm, MIGRAINE], as_of="2026-04-20", planned_units=units
        )
        exceeded = [line for line in visit.explain().split("\n")[1:] if "exceed" in line]
        assert exceeded == ["  201 U exceed 200 U within 30 days for the indication"]


class TestNamesOfIndications:
    """A name does what the protocol does."""

    def test_units_of_a_shared_visit_are_named_as_the_treatments_are(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        both = [MIGRAINE, SPASTICITY]
        record = two_treatments()
        named = plan.find_shared_visit(record, both, planned_units={"Migraine": 155}, **asked)
        assert named == plan.find_shared_visit(
            record, both, planned_units={"chronic-migraine": 155}, **asked
        )

    @pytest.mark.parametrize(
        ("units", "message"),
        [
            ({"cervical-dystonia": 100}, "not planned; planned are chronic-migraine, spasticity"),
            ({"migraine": 100, "Migraine": 100}, "an indication twice"),
            ({"chronic-migraine": 100, "migraine": 100}, "an indication twice"),
        ],
    )
    def test_units_that_no_treatment_takes_are_refused(
        self, units: dict[str, int], message: str
    ) -> None:
        with pytest.raises(PlanningError, match=message):
            plan.find_shared_visit(
                one, [MIGRAINE, SPASTICITY], as_of="2026-03-01", planned_units=units
            )


class TestBookingsOfAVisit:
    def test_the_visit_takes_the_place_of_its_bookings(self) -> None:
        given = bs.PatientRecord(
            sessions=[
                {
                    "administered_on": day,
                    "indication": indication,
                    "product": "Botox",
                    "units": units,
                    "status": status,
                }
                for indication, units in (
                    ("chronic-migraine", 155),
                    ("spasticity", 200),
                    ("cervical-dystonia", 40),
                )
                for day, status in (("2026-01-05", "completed"), ("2026-04-06", "booked"))
            ]
        )
        units = {"chronic-migraine": 155, "spasticity": 205}
        visit = plan.find_shared_visit(
            given, [MIGRAINE, SPASTICITY], as_of="2026-04-06", planned_units=units
        )
        assert visit.on == date(2026, 4, 6)
        totals = {
            c.total for t in visit.tracks for c in t.limit_checks if c.chosen and c.maximum == 400
        }
        assert Decimal(400) in totals
        assert max(totals) == Decimal(400)


class TestUnitsOfABookingForOneTrack:
    """They are not those of a visit for several tracks, of which the others may need more."""

    def found(self, named: dict[str, int], booked_units: int = 100) -> plan.SharedVisit:
        row = {"product": "Botox", "units": 100, "units_discarded": 0}
        limbs = [f"{limb}-limb-spasticity" for limb in ("upper", "lower")]
        given = [{**row, "administered_on": "2026-01-05", "indication": limb} for limb in limbs]
        booked = {**given[0], "administered_on": "2026-04-10", "status": "booked"}
        booked |= {"units": booked_units}
        approved = {
            "indication": "spasticity",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2027-12-31"},
            "units": 350,
        }
        record = bs.PatientRecord(sessions=[*given, booked], authorizations=[approved])
        return plan.find_shared_visit(record, limbs, as_of="2026-03-01", planned_units=named)

    @pytest.mark.parametrize("named", [{}, {"upper-limb-spasticity": 100}])
    def test_leave_the_units_of_the_visit_unknown(self, named: dict[str, int]) -> None:
        answers = [track.authorization for track in self.found(named).tracks]
        assert [found.covers for found in answers if found is not None] == [None, None]

    @pytest.mark.parametrize(("units", "fits"), [(150, True), (151, False)])
    def test_more_than_is_left_for_one_alone_is_refused(self, units: int, fits: bool) -> None:
        """Before, the day was offered, and `check_booking` refused it."""
        for visit in (self.found({"upper-limb-spasticity": units}), self.found({}, units)):
            assert (visit.on is not None) is fits
            assert (visit.emptied_by == "not_authorized") is not fits

    @pytest.mark.parametrize(("units", "fits"), [(200, True), (201, False)])
    def test_are_those_of_its_track_where_no_other_shares_the_clock(
        self,
        units: int,
        fits: bool,
    ) -> None:
        row = {"product": "Botox", "units": 100, "units_discarded": 0}
        names = ["chronic-migraine", "spasticity"]
        given = [{**row, "administered_on": "2026-01-05", "indication": name} for name in names]
        booked = {**given[0], "administered_on": "2026-04-10", "status": "booked", "units": units}
        valid = {"first": "2026-03-01", "last": "2027-12-31"}
        approved = {"indication": names[0], "product": "Botox", "valid": valid, "units": 200}
        record = bs.PatientRecord(sessions=[*given, booked], authorizations=[approved])
        visit = plan.find_shared_visit(record, names, as_of="2026-03-01")
        assert (visit.on is not None) is fits
        if visit.on is not None:
            found = visit.tracks[0].authorization
            checked = plan.check_booking(record, names[0], on=visit.on, as_of="2026-03-01")
            assert checked.bookable
            assert found == checked.authorization


class TestTheSharedDay:
    def test_without_any_history_the_first_day_counts(self) -> None:
        names = ["chronic-migraine", "spasticity"]
        visit = plan.find_shared_visit(bs.PatientRecord(), names, as_of="2026-03-02")
        assert visit.on == date(2026, 3, 2)

    def test_units_booked_for_the_day_are_planned_as_in_the_check_of_that_day(self) -> None:
        given = [GIVEN, {**GIVEN, "administered_on": "2026-01-12", "indication": "spasticity"}]
        booked = {**GIVEN, "administered_on": "2026-04-06", "status": "booked", "units": 155}
        record = bs.PatientRecord(sessions=[*given, booked])
        visit = plan.find_shared_visit(
            record, ["chronic-migraine", "spasticity"], as_of="2026-03-01"
        )
        assert visit.on == date(2026, 4, 6)
        checked = bs.check_date(record, "chronic-migraine", on=visit.on, as_of="2026-03-01")
        planned = {check.planned for check in visit.tracks[0].limit_checks}
        assert planned == {check.planned for check in checked.limit_checks} == {155}

    def test_a_second_name_of_an_indication_is_refused(self) -> None:
        units = {"chronic-migraine": 155, "migraine": 155}
        with pytest.raises(plan.PlanningError) as caught:
            plan.find_shared_visit(
                bs.PatientRecord(),
                ["chronic-migraine", "spasticity"],
                as_of="2026-03-02",
                planned_units=units,
            )
        assert str(caught.value) == ("planned_units names an indication twice; give its units once")

    def test_units_of_two_tracks_together_may_be_more_than_a_session_has(self) -> None:
        limbs = ("upper-limb-spasticity", "lower-limb-spasticity")
        approval = approved(indication=limbs[0], units=800)
        record = bs.PatientRecord(authorizations=[approval])
        visit = plan.find_shared_visit(
            record, limbs, as_of="2026-03-01", planned_units=dict.fromkeys(limbs, 600_000)
        )
        assert (visit.on, visit.emptied_by) == (None, Constraint.NOT_AUTHORIZED)
