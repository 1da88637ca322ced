"""The core: rules at their edges that a change of the code once passed unseen."""

import re
from datetime import date
from decimal import Decimal
from inspect import Parameter, signature
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.dates.intervals import positive_interval
from botox_schedule.dates.patterns import day_by_pattern
from botox_schedule.engine.adherence import (
    CourseCycle,
    EpisodeEnd,
    FollowUp,
    course_cycles,
    course_of,
    effect_days,
    follow_up_of,
)
from botox_schedule.engine.forecast import forecast_in
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.engine.response import phases_until
from botox_schedule.engine.standing import Phases, clear_of, last_chance_on, standing_of
from botox_schedule.engine.tracks import RecordTrack, tracks_of
from botox_schedule.engine.worklist import Waiting, call_by, is_long_ago, place_of, waiting_of
from botox_schedule.errors import UNKNOWN_KEY
from botox_schedule.protocols import ProtocolSet
from botox_schedule.protocols.catalog import region_named
from botox_schedule.protocols.collection import newness, version_on
from botox_schedule.protocols.indications import (
    find_indication,
    find_product,
    is_other_diagnosis,
    suggested_indications,
)
from botox_schedule.protocols.loader import protocols_in
from botox_schedule.questions import ask
from botox_schedule.values import Value
from samples import (
    ADVISED,
    ARM,
    DAY,
    FIRST_OF_NEXT,
    GIVEN,
    LEG,
    MIGRAINE,
    OWN,
    allowed,
    codes,
    override,
    protocol,
    reading_of,
    record,
    rule,
)


class TestUnits:
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
        for given, available in ((300, 100), (500, 0)):
            rows = [{**GIVEN, "units": given}]
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
            record("2026-01-05"),
            own,
            on="2026-03-30",
            as_of="2026-02-01",
            planned_units=155,
            other_protocols=(),
        )
        assert check.clear is None
        assert "does not say the dose is safe" not in check.explain()


class TestForecasts:
    def test_sessions_of_other_clocks_are_shown_for_sixteen_weeks(self) -> None:
        given = [
            {**GIVEN, "indication": "spasticity", "administered_on": day}
            for day in ("2025-10-12", "2025-10-13")
        ]
        sweat = {**GIVEN, "indication": "hemifacial-spasm"}
        answers = bs.forecast_all(bs.PatientRecord(sessions=[*given, sweat]), as_of="2026-02-01")
        (found,) = [answer for answer in answers if answer.indication == "hemifacial-spasm"]
        assert [session.on for session in found.other_sessions] == [date(2025, 10, 13)]

    @pytest.mark.parametrize(
        ("prior", "by"),
        [
            ({"cycles": 1, "started_on": "2026-01-20"}, date(2026, 7, 5)),
            ({"cycles": 0, "last_on": "2025-06-02"}, None),
        ],
    )
    def test_the_course_starts_with_its_first_session_wherever(
        self, prior: dict[str, Any], by: date | None
    ) -> None:
        priors = [{"indication": "chronic-migraine", **prior}]
        given = record("2026-01-05", "2026-04-06", prior_treatments=priors)
        timeline = bs.forecast(given, MIGRAINE, as_of="2026-05-01").timeline
        assert timeline is not None
        assert timeline.full_benefit_by == by

    def test_only_what_needs_a_person_today_is_called_so(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": "Dysport", "units": 1}])
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        summary = found.summary()
        assert "product_switch" in summary.findings
        assert summary.today == tuple(f.code for f in found.findings if f.needs == "today")
        assert "product_switch" not in summary.today


class TestStandings:
    def standing(
        self, given: bs.PatientRecord, as_of: date, *, seen: frozenset[str] = frozenset()
    ) -> Any:
        reading = reading_of(given, as_of)
        (track,) = tracks_of(reading, "us", None)
        return standing_of(reading, track, Phases(), seen, with_limits=True)

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
        track = next(t for t in tracks_of(reading, "us", None) if t.track is not None)
        code = bs.FindingCode.UNRECOGNIZED_INDICATION
        none = standing_of(reading, track, Phases())
        keys = sorted(key for key in none.today_keys if key.startswith(code))
        assert len(keys) == 2
        one = standing_of(reading, track, Phases(), frozenset(keys[:1]))
        assert (code in one.acknowledged, keys[1] in one.today_keys) == (False, True)
        both = standing_of(reading, track, Phases(), frozenset(keys))
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
                date(2026, 4, 20),
                id="the last authorization that covers the first day",
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


class TestCourses:
    def course(
        self, *cycles: CourseCycle, days: int, gap: int | None = None, carries: bool = True
    ) -> Any:
        until = FollowUp(date(2026, 1, 5) + days * DAY)
        return course_of(cycles, NO_HOLDS, until, permissible_gap_days=gap, carries_over=carries)

    @staticmethod
    def at(day: int, effect: int = 84, *, later: int = 0, held: bool = False) -> CourseCycle:
        first = date(2026, 1, 5) + day * DAY
        return CourseCycle(first, first + later * DAY, effect, held)

    def test_a_discharge_is_an_event_and_a_death_is_none(self) -> None:
        assert [end.value for end in EpisodeEnd if end.is_event] == ["gap", "discontinued"]

    def test_what_is_left_is_carried_unless_the_cycle_was_held(self) -> None:
        for held, covered in ((False, 102), (True, 84)):
            found = self.course(self.at(0), self.at(50), self.at(150, held=held), days=300)
            assert found.intervals[-1].covered_days == covered

    def test_nothing_is_left_after_a_gap_and_nothing_is_owed(self) -> None:
        assert self.course(self.at(0), self.at(200), days=300).intervals[-1].covered_days == 84

    def test_a_gap_ends_with_the_first_part_of_the_next_cycle(self) -> None:
        for permitted, count in ((31, 1), (30, 2)):
            found = self.course(self.at(0), self.at(115, later=3), days=130, gap=permitted)
            assert len(found.episodes) == count

    def test_an_episode_without_any_effect_ends_with_its_session(self) -> None:
        (episode,) = self.course(self.at(0, 0), days=60, gap=30).episodes
        assert episode.last == date(2026, 1, 5)


class TestWorklist:
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
        open_ = standing_of(reading, track, Phases())
        seen = standing_of(reading, track, Phases(), frozenset(open_.today_keys))
        found = [waiting_of(each, date(2026, 2, 1), None).pressing for each in (open_, seen)]
        assert found == [{"booking_unresolved"}, frozenset()]

    def test_a_typical_day_has_passed_the_day_after(self) -> None:
        stated = {"kind": "as_needed", "typical": "20 weeks", "typical_statistic": "median"}
        track = ask(record("2026-01-05"), protocol(retreatment=stated), date(2026, 2, 1)).track
        standing = standing_of(track.reading, RecordTrack("chronic-migraine", track), Phases())
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


class TestFollowUp:
    DAY_OF_BOTH = date(2026, 2, 2)

    def follow_up(self, **rows: Any) -> FollowUp:
        return follow_up_of(ask(bs.PatientRecord(**rows), MIGRAINE, date(2026, 6, 1)).track)

    def test_a_discharge_on_the_day_of_the_last_session_ends_it(self) -> None:
        session = {**GIVEN, "administered_on": self.DAY_OF_BOTH}
        end = {"on": self.DAY_OF_BOTH, "kind": "discontinued"}
        found = self.follow_up(sessions=[session], care_ends=[end])
        assert found == FollowUp(self.DAY_OF_BOTH, bs.CareEndKind.DISCONTINUED)

    def test_on_one_day_the_discharge_precedes_the_death(self) -> None:
        ends = [{"on": self.DAY_OF_BOTH, "kind": kind} for kind in ("deceased", "discontinued")]
        found = self.follow_up(sessions=[GIVEN], care_ends=ends)
        assert found.ended_by == "discontinued"

    def test_a_touch_up_after_a_discharge_reopens_it(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-03-02", "kind": "touch_up"}
        end = {"on": "2026-02-02", "kind": "discontinued"}
        found = self.follow_up(sessions=[GIVEN, touch_up], care_ends=[end])
        assert found == FollowUp(date(2026, 6, 1))

    def test_an_effect_is_longer_than_nothing_after_every_session(self) -> None:
        with pytest.raises(bs.errors.IntervalError):
            positive_interval("1 month - 30 days", "an effect")
        assert (
            effect_days(
                date(2025, 11, 30),
                positive_interval("3 months", "an effect"),
                bs.ShortMonth.LAST_DAY,
            )
            == 90
        )
        assert (
            effect_days(
                date(2025, 11, 30),
                positive_interval("3 months", "an effect"),
                bs.ShortMonth.FIRST_OF_NEXT,
            )
            == 91
        )


class TestPhases:
    def test_windows_that_may_begin_out_of_order_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="in that order"):
            protocol(response={"onset": "1 month", "peak": "30 days"})

    def test_a_share_belongs_to_a_window_of_some_patients(self) -> None:
        some = {"onset": "1 week", "onset_for_whom": "some", "onset_share": "9 of 10"}
        assert protocol(response=some).response.onset_share == "9 of 10"
        for name in ("onset_for_whom", "onset_share"):
            with pytest.raises(ValidationError, match="onset"):
                protocol(response={k: v for k, v in some.items() if k != name})

    def phases(self, **response: Any) -> list[tuple[str, str]]:
        timeline = bs.response_timeline("2026-01-05", protocol(response=response))
        return [(phase.value, str(first)) for phase, first, _ in phases_until(timeline)]

    def test_a_peak_of_some_patients_changes_the_words_alone(self) -> None:
        some = {"peak_for_whom": "some", "peak_share": "90 of 143"}
        assert self.phases(peak="4 to 6 weeks", **some) == self.phases(peak="4 to 6 weeks")

    def test_after_an_onset_alone_nothing_is_stated(self) -> None:
        assert self.phases(onset="1 to 2 weeks") == [
            ("latent", "2026-01-05"),
            ("onset", "2026-01-12"),
            ("not_stated", "2026-01-20"),
        ]

    def test_a_phase_that_another_overtakes_has_no_days(self) -> None:
        assert self.phases(onset="1 to 2 weeks", peak="1 to 3 weeks") == [
            ("latent", "2026-01-05"),
            ("peak", "2026-01-12"),
            ("not_stated", "2026-01-27"),
        ]


class TestReasonsForDates:
    def earliest(self, own: Any, as_of: str = "2026-02-01", **rows: Any) -> Any:
        policy = rows.pop("policy", None)
        given = record("2026-01-05", **rows)
        return bs.forecast(given, own, as_of=as_of, policy=policy).reasons["earliest"]

    @pytest.mark.parametrize(
        ("payer", "outcomes"),
        [
            ("10 weeks", {"label": "decides", "payer": "gives way"}),
            ("20 weeks", {"label": "advises", "payer": "decides"}),
        ],
    )
    def test_the_latest_decides_even_where_it_only_advises(
        self, payer: str, outcomes: dict[str, str]
    ) -> None:
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
        found = self.earliest(own, policy=bs.SchedulingPolicy(payer_minimum=payer))
        assert {c.rule: c.outcome for c in found.candidates} == outcomes

    def test_what_ended_is_weighed_even_where_no_minimum_decides(self) -> None:
        own = protocol(retreatment=rule(minimum=None))
        ended = override(minimum="4 weeks", last="2026-02-10")
        found = self.earliest(own, as_of="2026-02-11", overrides=[ended])
        assert [c.outcome for c in found.candidates] == ["expired"]
        assert "also weighed" in str(found)

    def test_nothing_is_said_to_be_open_for_the_dead_or_for_who_was_treated_elsewhere(self) -> None:
        ahead = {"indication": "chronic-migraine", "cycles": 0, "last_on": "2026-06-01"}
        texts = {
            bs.forecast(given, MIGRAINE, as_of="2026-02-01").reasons["due"].rule
            for given in (
                bs.PatientRecord(),
                bs.PatientRecord(prior_treatments=[ahead]),
                bs.PatientRecord(care_ends=[{"on": "2026-01-20", "kind": "deceased"}]),
            )
        }
        assert len(texts) == 3

    def test_a_comparison_names_new_inputs_alone(self) -> None:
        before = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01")
        policy = bs.SchedulingPolicy(payer_minimum="13 weeks")
        after = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01", policy=policy)
        changes = bs.compare_forecasts(before, after).changes
        assert changes
        assert not [line for change in changes for line in change.why if line.startswith("new")]


class TestSetsOfProtocols:
    def test_a_given_protocol_hides_others_for_its_treatment(self) -> None:
        own = protocol(retreatment=rule(minimum="8 weeks"))
        other = protocol(id="other", retreatment=rule(minimum="20 weeks"))
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        for others in ([other], [own, other]):
            found = bs.forecast(given, own, as_of="2026-02-01", other_protocols=others)
            assert found.dates.earliest == date(2026, 3, 2)

    def test_clocks_differ_by_region(self) -> None:
        known = ProtocolSet(
            [
                protocol(id="us", indication=ARM),
                protocol(id="uk", indication=ARM, region="uk", shares_clock_with=[LEG]),
            ]
        )
        adult = bs.Population.ADULT
        assert known.clock(ARM, adult, "us") == {ARM}
        assert known.clock(ARM, adult, "uk") == {ARM, LEG}

    def test_a_track_follows_the_version_of_the_day(self) -> None:
        known = [
            protocol(in_force={"last": "2026-02-28"}),
            protocol(version="2", in_force={"first": "2026-03-01"}),
        ]
        for as_of, version in (("2026-02-28", "1"), ("2026-03-01", "2")):
            (found,) = bs.forecast_all(record("2026-01-05"), as_of=as_of, protocols=known)
            assert found.protocol is not None
            assert found.protocol.version == version
        # Of two products the stricter on the day is followed.
        strict = [
            protocol(id="d", product="Dysport", retreatment=rule(minimum="14 weeks")),
            *known,
            protocol(
                version="3", retreatment=rule(minimum="20 weeks"), in_force={"first": "2026-06-01"}
            ),
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        for as_of, followed in (("2026-05-31", "d"), ("2026-06-01", "own")):
            (found,) = bs.forecast_all(given, as_of=as_of, protocols=strict)
            assert found.protocol is not None
            assert found.protocol.id == followed

    def test_an_age_decides_only_where_both_are_known_and_none_was_asked_for(self) -> None:
        def unknown(name: str, **asked: Any) -> bool:
            given = bs.PatientRecord(
                sessions=[{**GIVEN, "indication": name}], born_on=asked.pop("born_on", None)
            )
            (found,) = bs.forecast_all(given, as_of="2026-02-01", **asked)
            return "age_unknown" in codes(found)

        assert unknown(ARM)
        assert not unknown(ARM, population="adult")
        assert not unknown(ARM, born_on="1980-01-01")
        assert not unknown("chronic-migraine")

    def test_an_unknown_product_among_others_may_be_any(self) -> None:
        known = [
            protocol(id="a", product="Botox", retreatment=rule(minimum="8 weeks")),
            protocol(id="b", product="Dysport", retreatment=rule(minimum="20 weeks")),
        ]
        sessions = [{**GIVEN, "product": product} for product in ("Botox", None)]
        given = bs.PatientRecord(sessions=sessions)
        (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
        assert found.protocol is not None
        assert found.protocol.id == "b"

    def test_without_a_session_botox_is_followed_and_any_protocol_may_know_the_age(self) -> None:
        strict = rule(minimum="20 weeks")
        known = [protocol(id="a"), protocol(id="b", product="Dysport", retreatment=strict)]
        booked = {**GIVEN, "status": "booked"}
        given = bs.PatientRecord(sessions=[booked], born_on="2018-01-01")
        (found,) = bs.forecast_all(given, as_of="2026-01-01", protocols=known)
        assert found.protocol is not None
        assert found.protocol.id == "a"
        children = [
            protocol(id="c", population="pediatric", retreatment=strict),
            protocol(id="d", population="pediatric", product="Dysport", ages={"last": 17}),
        ]
        (found,) = bs.forecast_all(given, as_of="2026-01-01", protocols=[*known, *children])
        assert found.protocol is not None
        assert found.protocol.id == "c"

    def test_a_version_ahead_is_none_and_of_past_ones_the_last_is_it(self) -> None:
        ahead = protocol(in_force={"first": "2027-01-01", "last": "2028-01-01"})
        assert version_on((ahead,), date(2026, 1, 5)) is None
        assert version_on((ahead, ahead), date(2026, 12, 31)) is None
        newer = protocol(version="2", in_force={"last": "2010-01-01"})
        later = protocol(version="1", in_force={"last": "2020-01-01"})
        for versions in ((newer, later), (later, newer)):
            assert version_on(versions, date(2026, 1, 5)) is later

    def test_no_minimum_is_the_strictest(self) -> None:
        known = [
            protocol(id="a", retreatment={"kind": "as_needed"}),
            protocol(id="b", product="Dysport", retreatment=rule(minimum="20 weeks")),
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
        assert found.protocol is not None
        assert found.protocol.id == "a"

    def test_what_holds_for_the_clock_in_general_binds_each_of_its_indications(self) -> None:
        own = protocol(indication="own-limb", shares_clock_with=[ARM, "spasticity"])
        general = protocol(id="g", indication="spasticity", retreatment=rule(minimum="16 weeks"))
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        asked: dict[str, Any] = {"protocol": own, "other_protocols": [general]}
        assert allowed(given, "2026-04-26", "2026-04-27", **asked) == [False, True]

    def test_a_clock_reaches_as_far_as_any_protocol_connects(self) -> None:
        names = ("one", "two", "three", "four")
        pairs = list(pairwise(names))
        for order in (pairs, pairs[::-1], [pairs[0], pairs[2], pairs[1]]):
            known = ProtocolSet(
                protocol(id=name, indication=name, shares_clock_with=[other], product=product)
                for (name, other), product in zip(
                    order, ("Botox", "Dysport", "Xeomin"), strict=True
                )
            )
            clocks = {known.clock(name, bs.Population.ADULT, "us") for name in names}
            assert clocks == {frozenset(names)}

    def test_a_child_is_not_treated_as_an_adult_where_only_the_child_has_an_age(self) -> None:
        known = [
            protocol(id="adult"),
            protocol(id="child", population="pediatric", ages={"last": 17}),
        ]
        for born_on, expected in (("2018-01-01", "child"), ("1980-01-01", "adult")):
            given = record("2026-01-05", born_on=born_on)
            (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
            assert found.protocol is not None
            assert found.protocol.id == expected

    def test_a_limit_over_several_indications_reaches_each_of_them(self) -> None:
        both = {"scope": "indications", "indications": [ARM, LEG], "per": "session", "units": 300}
        arm, leg, other = (
            protocol(id=name, indication=name, limits=limits)
            for name, limits in ((ARM, [both]), (LEG, []), ("spasticity", []))
        )
        known = ProtocolSet([arm, leg, other])
        found = [len(known.limits(each, date(2026, 2, 1))) for each in (arm, leg, other)]
        assert found == [1, 1, 0]

    def test_limits_are_those_of_the_version_of_the_day(self) -> None:
        limits = {"scope": "product", "per": "session"}
        old = protocol(limits=[{**limits, "units": 300}], in_force={"last": "2026-02-28"})
        new = protocol(
            version="2", limits=[{**limits, "units": 400}], in_force={"first": "2026-03-01"}
        )
        other = protocol(id="other", indication="spasticity", limits=())
        for asked in (old, other):
            known = ProtocolSet([old, new, other])
            found = [
                {limit.units for limit in known.limits(asked, day)}
                for day in (date(2026, 2, 28), date(2026, 3, 1))
            ]
            assert found == [{300}, {400}]


class TestProtocolFiles:
    ROW: ClassVar[Any] = OWN | {"retreatment": {"kind": "scheduled", "minimum": "12 weeks"}}

    def read(self, *rows: dict[str, Any], **tables: Any) -> tuple[bs.TreatmentProtocol, ...]:
        whole = [{**self.ROW, **row} for row in rows]
        return protocols_in({"protocols": whole, **tables}, "own.toml", {})

    @pytest.mark.parametrize(
        ("minimum", "usual", "fits"),
        [
            ("12 weeks", "12 weeks", True),
            ("12 weeks", "83 days", False),
            # From some days on three months are 89 days, from others 92.
            ("90 days", "3 months", False),
            ("3 months", "90 days", False),
            ("3 months", "3 months", True),
            ("89 days", "3 months", True),
        ],
    )
    def test_a_usual_range_begins_with_the_minimum_from_every_day(
        self, minimum: str, usual: str, *, fits: bool
    ) -> None:
        stated = {"kind": "scheduled", "minimum": minimum, "usual": usual}
        if fits:
            assert len(self.read({"retreatment": stated})) == 1
            return
        with pytest.raises(bs.errors.ProtocolFileError):
            self.read({"retreatment": stated})

    def test_two_versions_are_compared_whatever_lies_between_them(self) -> None:
        first = {"version": "1", "in_force": {"last": date(2026, 1, 31)}}
        other = {"id": "leg", "indication": LEG}
        for again in (
            {"version": "1", "in_force": {"first": date(2026, 3, 1)}},
            {"version": "one"},
        ):
            with pytest.raises(bs.errors.ProtocolFileError, match="version"):
                self.read(first, other, again)

    @pytest.mark.parametrize("key", ["indication", "shares_clock_with"])
    def test_another_name_of_an_indication_is_refused_everywhere(self, key: str) -> None:
        alias = {"indication": "migraine", "shares_clock_with": ["migraine"]}[key]
        row = {"indication": ARM} if key == "shares_clock_with" else {}
        with pytest.raises(bs.errors.ProtocolFileError, match="another name"):
            self.read({**row, key: alias})

    def test_sharing_is_two_sided_among_those_of_one_product(self) -> None:
        arm = {"id": "arm", "indication": ARM, "shares_clock_with": [LEG]}
        leg = {"id": "leg", "indication": LEG}
        with pytest.raises(bs.errors.ProtocolFileError, match="shares_clock_with"):
            self.read(arm, leg)
        assert len(self.read(arm, {**leg, "product": "Dysport"})) == 2

    def test_limits_of_a_file_hold_in_their_region_beside_the_protocols_own(self) -> None:
        limit = {"scope": "product", "per": "session"}
        shared = [{**limit, "units": 300, "region": "us"}, {**limit, "units": 200, "region": "uk"}]
        (own,) = self.read({"limits": [{**limit, "units": 100}]}, limits=shared)
        assert [found.units for found in own.limits] == [300, 100]

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            (({}, {"id": "x"}), "; expected one id for both"),
            (({}, {"indication": ARM}), "; expected the same"),
            (({}, {"version": "one"}), "; expected different numbers such as 1.2"),
            (({"title": "a\x07"},), r"protocols\[1\]\.title"),
        ],
    )
    def test_a_conflict_says_what_is_expected(
        self, rows: tuple[dict[str, Any], ...], words: str
    ) -> None:
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            self.read(*rows)
        assert any(re.search(rf"{words}($|:)", line) for line in str(caught.value).splitlines())

    def test_a_limit_over_several_indications_names_them(self) -> None:
        limit = {"scope": "indications", "indications": [ARM, LEG], "per": "session", "units": 300}
        (own,) = self.read({"limits": [limit]})
        assert str(own.limits[0]) == f"300 U per session, {ARM}, {LEG}"

    def test_a_source_that_is_cited_too_is_known(self) -> None:
        cited = {"key": "k", "place": "p", "verification": "clinic", "checked_on": date(2026, 1, 5)}
        stated = {"kind": "scheduled", "minimum": {"value": "12 weeks", **cited, "also": ["l"]}}
        with pytest.raises(bs.errors.ProtocolFileError, match="no source is called 'l'"):
            self.read({"retreatment": stated}, sources={"k": {"title": "t"}})
        known = {"k": {"title": "t"}, "l": {"title": "u"}}
        assert len(self.read({"retreatment": stated}, sources=known)) == 1


class TestNames:
    @pytest.mark.parametrize(
        "text", ["Botox not given", "Botox or Dysport", "Botox, Relfydess", "x" * 200 + " Botox"]
    )
    def test_a_product_is_named_only_where_it_is_certain(self, text: str) -> None:
        assert find_product("Botox") is bs.Product.ONABOTULINUMTOXIN_A
        assert find_product(text) is None

    def test_a_code_that_may_stand_for_several_indications_names_none(self) -> None:
        system, code = "ICD-10-CM", "I69.351"
        assert suggested_indications(system, code)
        assert find_indication(system, code) is None

    def test_only_a_diagnosis_can_be_another_one(self) -> None:
        found = [
            is_other_diagnosis(system, "00000") for system in ("ICD-10-CM", "CPT", "unheard of")
        ]
        assert found == [True, False, False]


def test_an_advised_minimum_is_called_advice() -> None:
    rules = []
    for strength in ("should", "may"):
        stated = ADVISED | {"strength": strength}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01")
        rules.append(found.reasons["earliest"].rule)
    assert ["advises" in text for text in rules] == [False, True]


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


class TestSummary:
    def test_it_has_each_field_of_its_answer(self) -> None:
        booked = GIVEN | {"administered_on": "2026-04-20", "status": "booked"}
        given = bs.PatientRecord(sessions=[GIVEN, booked])
        found = bs.forecast(given, MIGRAINE, as_of="2026-03-01")
        flat = found.summary()
        for name in ("earliest", "due", "overdue_from", "lapsed_from", "typical_on"):
            assert getattr(flat, name) == getattr(found.dates, name)
        for name in ("as_of", "status", "phase", "last_session_on", "cycle_number", "clear"):
            assert getattr(flat, name) == getattr(found, name)
        assert (flat.protocol_id, flat.protocol_version) == (MIGRAINE.id, MIGRAINE.version)
        assert flat.overdue_from == date(2026, 4, 7)
        assert flat.booked_on == date(2026, 4, 20)

    def test_without_a_protocol_it_names_none_and_keeps_the_policy(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        unknown = bs.PatientRecord(sessions=[GIVEN | {"indication": "tennis-elbow"}])
        (found,) = bs.forecast_all(unknown, as_of="2026-03-01", policy=policy)
        assert found.summary().protocol_version is None
        assert found.policy == policy
        reading = reading_of(unknown, date(2026, 3, 1))
        (track,) = tracks_of(reading, "us", None)
        assert standing_of(reading, track, Phases()).last_session_on == date(2026, 1, 5)


class TestAdvice:
    def test_a_cycle_before_an_advisory_minimum_has_the_words_of_its_source(self) -> None:
        advised = rule(minimum=ADVISED)
        own = protocol(retreatment=advised)
        given = record("2026-01-05", "2026-03-02")
        _, second = bs.treatment_cycles(given, own, as_of="2026-03-02", other_protocols=())
        assert second.advice == "before the 12 weeks that its source advises: may"


class TestUncheckedLimits:
    def test_a_check_that_was_not_made_keeps_the_planned_units(self) -> None:
        checks = bs.check_dose_limits(
            record("2026-01-05"), MIGRAINE, units=155, on="2026-03-30", as_of="2026-03-30"
        )
        assert {check.planned for check in checks} == {Decimal(155)}


class TestCareThatWasResumed:
    def test_a_discharge_before_the_last_session_ends_no_day(self) -> None:
        ends = [{"on": "2025-06-01", "kind": "discontinued"}]
        given = record("2025-01-06", "2026-01-05", care_ends=ends)
        assert allowed(given, "2026-03-30", as_of="2026-03-01") == [True]
        known = bs.forecast(given, MIGRAINE, as_of="2026-03-01")
        assert known.dates.overdue_from == date(2026, 4, 7)


class TestFollowed:
    """Which protocol a track of a name follows."""

    def followed(self, *protocols: bs.TreatmentProtocol, product: str) -> Any:
        known = ProtocolSet(protocols)
        given = (bs.Product(product),)
        return known.followed(
            "chronic-migraine",
            given,
            born_on=None,
            on=date(2026, 3, 1),
            region="us",
            population=None,
        )

    def test_a_product_of_its_own_is_followed(self) -> None:
        assert self.followed(protocol(), product="onabotulinumtoxinA").is_own

    def test_another_product_is_judged_by_the_strictest_for_the_same_people(self) -> None:
        children = protocol(
            id="child", population="pediatric", retreatment=rule(minimum="30 weeks")
        )
        longer = protocol(id="x", product="Xeomin", retreatment=rule(minimum="14 weeks"))
        found = self.followed(protocol(), longer, children, product="abobotulinumtoxinA")
        assert (found.protocol.id, found.is_own) == ("x", False)

    def test_where_no_version_is_in_force_the_last_one_judges(self) -> None:
        old = protocol(version="1", in_force={"last": "2024-12-31"})
        new = protocol(version="2", in_force={"first": "2025-01-01", "last": "2025-12-31"})
        found = self.followed(old, new, product="onabotulinumtoxinA")
        assert found.protocol.version == "2"

    @pytest.mark.parametrize("given", [(), (None,)])
    def test_without_a_known_product_other_people_are_not_followed(self, given: Any) -> None:
        xeomin = protocol(id="x", product="Xeomin")
        children = protocol(
            id="child",
            product="Dysport",
            population="pediatric",
            retreatment=rule(minimum="30 weeks"),
        )
        found = ProtocolSet([xeomin, children]).followed(
            "chronic-migraine",
            given,
            born_on=None,
            on=date(2026, 3, 1),
            region="us",
            population=bs.Population.ADULT,
        )
        assert (found.protocol.id, found.is_own) == ("x", True)

    def test_the_nearest_names_are_told(self) -> None:
        with pytest.raises(bs.UnknownProtocolError, match="did you mean chronic-migraine"):
            ask(record("2026-01-05"), "chronic-migrane", date(2026, 3, 1))


class TestNothingStated:
    def test_without_an_effect_a_cycle_lasts_no_day(self) -> None:
        cycles = bs.treatment_cycles(record("2026-01-05"), MIGRAINE, as_of="2026-03-01")
        (cycle,) = course_cycles(cycles, None, bs.ShortMonth.LAST_DAY)
        assert cycle.effect_days == 0

    def test_without_a_typical_day_there_are_no_words_for_it(self) -> None:
        typical = {"kind": "as_needed", "typical": "3 months", "typical_statistic": "median"}
        own = protocol(retreatment=typical)
        given = record("2026-01-05")
        asked: dict[str, Any] = {"as_of": "2026-02-01", "other_protocols": ()}
        assert bs.forecast(given, own, **asked).dates.typical_words is not None
        gone = record("2026-01-05", care_ends=[{"on": "2026-01-20", "kind": "discontinued"}])
        assert bs.forecast(gone, own, **asked).dates.typical_words is None


class TestComparisons:
    def test_units_are_those_of_the_chosen_reading(self) -> None:
        # On the due day a session has left the 12 weeks, and is still in the 3 months.
        for reading, expected in (("twelve_weeks", set()), ("three_months", {"units"})):
            policy = bs.SchedulingPolicy(limit_reading=reading)
            before, after = (
                bs.forecast(
                    bs.PatientRecord(sessions=[{**GIVEN, "units": units}]),
                    MIGRAINE,
                    as_of="2026-02-01",
                    policy=policy,
                )
                for units in (100, 155)
            )
            changes = bs.compare_forecasts(before, after).changes
            assert {change.name for change in changes} == expected

    def test_a_forecast_is_hashed_by_what_it_says(self) -> None:
        found = {
            hash(bs.forecast(record(day), MIGRAINE, as_of="2026-02-01"))
            for day in ("2026-01-05", "2026-01-06")
        }
        assert len(found) == 2

    def test_what_was_computed_is_set(self) -> None:
        found = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01")
        assert found.model_fields_set == set(bs.Forecast.model_fields)


class TestReasonsOfTheUndated:
    def rules(self, given: bs.PatientRecord, own: bs.TreatmentProtocol = MIGRAINE) -> list[str]:
        found = bs.forecast(given, own, as_of="2026-02-01")
        return [found.reasons[name].rule for name in ("earliest", "due")]

    def test_without_a_protocol_each_date_has_the_same_reason(self) -> None:
        unheard = {**GIVEN, "indication": "chronic-migrane"}
        (found,) = bs.forecast_all(bs.PatientRecord(sessions=[unheard]), as_of="2026-02-01")
        assert set(found.reasons) == {"earliest", "due", "overdue_from", "lapsed_from"}
        assert len({reason.rule for reason in found.reasons.values()}) == 1

    def test_without_a_session_no_reason_says_that_nothing_forbids_a_day_on_hold(self) -> None:
        first, undated = "no earlier session is recorded", "sessions were given elsewhere"
        on_hold = "the track is on hold without a known end"
        prior = {"indication": "chronic-migraine", "cycles": 2}
        for holds, elsewhere, expected in (
            ([], [], first),
            ([], [prior], undated),
            ([{"last": None}], [], on_hold),
            ([{"last": None}], [prior], on_hold),
            # The day in question is the first one after the hold.
            ([{"last": "2026-02-20"}], [], first),
            ([{"last": "2026-02-20"}], [prior], undated),
        ):
            rows = [{"first": "2026-01-20", "reason": "x", **hold} for hold in holds]
            given = bs.PatientRecord(holds=rows, prior_treatments=elsewhere)
            assert all(rule.startswith(expected) for rule in self.rules(given))

    def test_an_open_hold_after_the_first_allowed_day_leaves_the_rest_undated(self) -> None:
        own = protocol(id="own-8", retreatment=rule(minimum="8 weeks"))
        held = record("2026-01-05", holds=[{"first": "2026-03-10", "reason": "x"}])
        earliest, due = self.rules(held, own)
        assert "gives 2026-03-02" in earliest
        assert due.endswith("; an open hold leaves it undated")

    def test_of_two_versions_without_interval_the_one_in_force_has_the_words(self) -> None:
        old, new = (
            protocol(
                version=version, in_force=days, retreatment={"kind": "as_needed", "wording": words}
            )
            for version, days, words in (
                ("1", {"last": "2026-12-31"}, "when symptoms return"),
                ("2", {"first": "2027-01-01"}, "as the clinician decides"),
            )
        )
        found = bs.forecast(record("2026-01-05"), new, as_of="2026-02-01", other_protocols=[old])
        assert found.reasons["earliest"].rule.endswith("recorded here: when symptoms return")

    def test_equal_usual_ranges_in_other_words_have_one_order(self) -> None:
        stated = [override(minimum=None, usual=usual) for usual in ("84 days", "12 weeks")]
        due = {
            self.rules(record("2026-01-05", overrides=rows))[1] for rows in (stated, stated[::-1])
        }
        assert len(due) == 1


class TestCoursesElsewhere:
    def test_two_that_ended_on_one_day_both_count(self) -> None:
        ended = {"indication": "chronic-migraine", "cycles": 2, "last_on": "2026-01-05"}
        rows = [{**ended, "product": product} for product in ("Botox", "Xeomin")]
        found = [
            bs.forecast(bs.PatientRecord(prior_treatments=given), MIGRAINE, as_of="2026-02-01")
            for given in (rows, rows[::-1])
        ]
        assert found[0].dates == found[1].dates
        assert found[0].dates.earliest == date(2026, 3, 30)


class TestErrors:
    """What is refused, in the words and at the place that help."""

    def test_bytes_are_no_day(self) -> None:
        with pytest.raises(ValidationError):
            bs.TreatmentSession(**{**GIVEN, "administered_on": b"2026-01-05"})

    def test_a_text_that_names_no_product_is_refused(self) -> None:
        for text in ("nothing known", "x" * 1_000):
            with pytest.raises(ValidationError, match="not a product"):
                bs.TreatmentSession(**{**GIVEN, "product": text})
        with pytest.raises(bs.UnknownProtocolError, match="may say that the product was not given"):
            bs.find_protocol("chronic-migraine", product="Botox not given")

    def test_units_that_are_no_number_are_refused(self) -> None:
        with pytest.raises(bs.errors.UnitsError, match="above 0"):
            bs.check_dose_limits(record(), MIGRAINE, on="2026-01-05", units="many")

    def test_a_field_that_cannot_be_deleted_is_named(self) -> None:
        given = bs.Hold(first="2026-01-05", reason="x")
        with pytest.raises(ValidationError) as caught:
            del given.last
        assert [fault["loc"] for fault in caught.value.errors()] == [("last",)]

    def test_an_unknown_key_changes_nothing_else_of_an_error(self) -> None:
        row: dict[str, Any] = {"indication": "chronic-migraine", "cycles": -1, "Zzyzx": 1}
        with pytest.raises(ValidationError) as caught:
            bs.PriorTreatment(**row)
        faults = {fault["type"]: fault for fault in caught.value.errors()}
        assert faults["greater_than_equal"]["ctx"] == {"ge": 0}
        assert caught.value.title == "PriorTreatment"
        assert "Zzyzx" not in str(caught.value)
        assert "-1" not in str(caught.value)

    @pytest.mark.parametrize("kind", [bs.PriorTreatment, bs.TreatmentSession])
    def test_an_unknown_key_alone_is_hidden(self, kind: Any) -> None:
        fields = GIVEN if kind is bs.TreatmentSession else {"indication": "spasticity", "cycles": 1}
        with pytest.raises(ValidationError) as caught:
            kind.model_validate({**fields, "Zzyzx": 1}) if kind is bs.PriorTreatment else kind(
                **fields, Zzyzx=1
            )
        assert "Zzyzx" not in repr(caught.value)
        assert caught.value.title == kind.__name__

    def test_a_population_has_two_names(self) -> None:
        with pytest.raises(bs.UnknownProtocolError, match=r"^population: give adult or pediatric$"):
            bs.find_protocol("chronic-migraine", population="both")

    def test_a_signature_has_the_defaults_and_the_types(self) -> None:
        parameters = signature(bs.TreatmentSession).parameters
        assert parameters["status"].default is bs.SessionStatus.COMPLETED
        assert parameters["administered_on"].default is Parameter.empty
        assert parameters["units_discarded"].default is None
        assert parameters["status"].annotation is bs.SessionStatus
        policy = signature(bs.SchedulingPolicy).parameters
        assert (policy["group_within_days"].default, policy["usual"].default) == (3, ())

    def test_a_region_is_one_of_the_bundled_or_of_the_given_protocols(self) -> None:
        known = ProtocolSet([protocol(region="zz")])
        assert [region_named(name, known) for name in ("UK", "zz")] == ["uk", "zz"]
        with pytest.raises(bs.UnknownProtocolError, match="give one of"):
            region_named("qq", known)


class TestJudgedBy:
    """What judges a cycle whose protocol was not in force, or where several were."""

    def timing(self, own: bs.TreatmentProtocol, *besides: bs.TreatmentProtocol) -> Any:
        usual = override(first="2026-01-01", minimum=None, usual="12 weeks")
        given = record("2026-01-05", "2026-04-10", overrides=[usual])
        cycles = bs.treatment_cycles(given, own, as_of="2026-04-10", other_protocols=besides)
        return cycles[1].timing

    def test_the_grace_is_that_of_the_version_in_force(self) -> None:
        # Eleven days after the usual range: late when scheduled, on time as needed.
        for kind, other, expected in (
            ("scheduled", "as_needed", "late"),
            ("as_needed", "scheduled", "on_time"),
        ):
            old = protocol(version="1", in_force={"last": "2026-12-31"}, retreatment={"kind": kind})
            new = protocol(
                version="2", in_force={"first": "2027-01-01"}, retreatment={"kind": other}
            )
            assert self.timing(new, old) == expected

    def test_without_a_version_in_force_that_of_the_protocol(self) -> None:
        for kind, expected in (("scheduled", "late"), ("as_needed", "on_time")):
            ahead = protocol(in_force={"first": "2027-01-01"}, retreatment={"kind": kind})
            assert self.timing(ahead) == expected

    def test_a_childs_bladder_has_two_clocks_and_an_adults_one(self) -> None:
        names = ("overactive-bladder", "neurogenic-detrusor-overactivity")
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": name} for name in names])
        tracks = {
            people: len(bs.forecast_all(given, as_of="2026-02-01", population=people))
            for people in bs.Population
        }
        assert tracks == {"adult": 1, "pediatric": 2}

    def test_of_several_the_one_with_the_latest_minimum(self) -> None:
        # The leg states no usual range, so a late session is on time; the arm's would be late.
        arm = protocol(
            id="arm",
            indication=ARM,
            shares_clock_with=[LEG],
            retreatment=rule(minimum="8 weeks", usual="12 weeks"),
        )
        leg = protocol(
            id="leg",
            indication=LEG,
            shares_clock_with=[ARM],
            retreatment={"kind": "scheduled", "minimum": "14 weeks"},
        )
        given = bs.PatientRecord(
            sessions=[
                {**GIVEN, "indication": name, "administered_on": day}
                for day in ("2026-01-05", "2026-04-27")
                for name in (ARM, LEG)
            ]
        )
        for own, other in ((arm, leg), (leg, arm)):
            cycles = bs.treatment_cycles(given, own, as_of="2026-05-01", other_protocols=[other])
            assert cycles[1].timing == "on_time"

    def test_a_product_without_protocol_takes_the_strictest_of_the_clock(self) -> None:
        def shared(name: str, **more: Any) -> bs.TreatmentProtocol:
            others = sorted({ARM, LEG, "spasticity"} - {name})
            return protocol(id=name, indication=name, shares_clock_with=others, **more)

        arm, leg = (
            shared(ARM),
            shared(LEG, product="Xeomin", retreatment=rule(minimum="20 weeks", usual="20 weeks")),
        )
        given = bs.PatientRecord(
            sessions=[{**GIVEN, "indication": "spasticity", "product": "Dysport"}]
        )
        found = bs.forecast(given, arm, as_of="2026-02-01", other_protocols=[leg])
        assert found.dates.earliest == date(2026, 5, 25)

    def test_an_unknown_session_where_nothing_states_a_minimum(self) -> None:
        own = protocol(retreatment={"kind": "scheduled", "usual": "12 weeks"})
        unheard = {**GIVEN, "indication": "chronic-migrane", "administered_on": "2026-01-20"}
        given = bs.PatientRecord(sessions=[GIVEN, unheard])
        assert allowed(given, "2026-03-29", protocol=own, other_protocols=()) == [None]


class TestPayers:
    def test_a_rule_is_in_force_from_its_first_day_to_its_last(self) -> None:
        stated = bs.PayerRule(minimum="14 weeks", first="2026-02-01", last="2026-02-28")
        days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))
        assert [stated.is_in_force(day) for day in days] == [False, True, True, False]

    def test_a_rule_about_the_product_holds_after_one_session_too(self) -> None:
        policy = bs.SchedulingPolicy(payer=[{"product": "Botox", "minimum": "3 months"}])
        other = bs.SchedulingPolicy(payer=[{"product": "Xeomin", "minimum": "3 months"}])
        # From December on three months are 90 days, from June on 92.
        for day, expected in (("2025-12-05", "2026-03-05"), ("2026-06-05", "2026-09-05")):
            found = bs.due_dates(day, protocol(), policy)
            assert str(found.earliest) == expected
            assert bs.due_dates(day, protocol(), other) == bs.due_dates(day, protocol())


class TestTargets:
    def test_a_minimum_in_months_ends_as_the_policy_says_every_time(self) -> None:
        own = protocol(retreatment=rule(minimum="3 months", usual="3 months"))
        found = bs.project_dates("2025-08-31", own, count=2, policy=FIRST_OF_NEXT)
        assert [str(session.window.first) for session in found] == ["2025-12-01", "2026-03-01"]

    def test_after_a_change_of_the_range_they_count_from_the_last_target(self) -> None:
        old = protocol(version="1", in_force={"last": "2026-05-31"})
        new = protocol(
            version="2",
            in_force={"first": "2026-06-01"},
            retreatment=rule(usual="16 to 40 weeks"),
        )
        found = bs.project(
            record("2026-01-05"), new, as_of="2026-01-05", count=4, other_protocols=[old]
        )
        gaps = [(b.target - a.target).days // 7 for a, b in pairwise(found)]
        assert str(found[0].target) == "2026-03-30"
        assert gaps == [16, 16, 16]

    def test_after_a_hold_they_count_from_the_day_it_moved_one_to(self) -> None:
        held = record(
            "2026-01-05", holds=[{"first": "2026-06-15", "last": "2026-06-30", "reason": "x"}]
        )
        own = protocol(retreatment=rule(usual="12 to 30 weeks"))
        found = bs.project(held, own, as_of="2026-01-05", count=3, other_protocols=[])
        assert [str(s.target) for s in found] == ["2026-03-30", "2026-07-01", "2026-09-23"]


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


class TestNothingButWhatWasAsked:
    def test_the_shortest_effect_lasts_a_day(self) -> None:
        assert positive_interval("1 day", "an effect") == bs.Interval(days=1)
        with pytest.raises(bs.errors.IntervalError, match="longer than nothing"):
            positive_interval("0 days", "an effect")

    def test_a_product_is_a_text(self) -> None:
        for given in (b"Botox", None):
            with pytest.raises(ValidationError, match="not a product"):
                protocol(product=given)

    def test_all_protocols_of_a_region_may_be_given(self) -> None:
        own = protocol(region="zz")
        (found,) = bs.forecast_all(
            record("2026-01-05"), as_of="2026-02-01", region="zz", protocols=[own]
        )
        assert found.protocol is not None
        assert found.protocol.region == "zz"

    def test_who_and_where_are_named_when_no_protocol_is_known(self) -> None:
        known = ProtocolSet([protocol()])
        with pytest.raises(
            bs.UnknownProtocolError, match=r"with adult, zz; .* for adult, zz there"
        ):
            known.followed("chronic-migraine", (), born_on=None, on=date(2026, 1, 5), region="zz")

    def test_two_systems_that_are_close_are_both_named(self) -> None:
        with pytest.raises(bs.errors.UnknownCodeSystemError, match=r"give CPT or HCPCS$"):
            find_indication("CPTS", "64615")

    def test_fields_are_shown_before_the_class_is_built(self) -> None:
        class Fresh(Value, frozen=True):
            """A value.

            Attributes:
                days: How many.
            """

            days: int = 3

        shown = signature(Fresh).parameters
        assert [(name, given.default) for name, given in shown.items()] == [("days", 3)]

    def test_a_key_that_is_data_is_hidden_and_its_field_is_not(self) -> None:
        class Keyed(Value, frozen=True):
            """A value.

            Attributes:
                by_name: How many of each.
                rows: Some of them.
            """

            by_name: dict[str, int]
            rows: tuple[int, ...] = ()

        with pytest.raises(ValidationError) as caught:
            Keyed.model_validate({"by_name": {"rows": "x"}, "rows": ["y"]})
        assert [fault["loc"] for fault in caught.value.errors()] == [
            ("by_name", UNKNOWN_KEY),
            ("rows", 0),
        ]


class TestLaterEdges:
    def test_an_interval_may_say_every(self) -> None:
        for text in ("every 12 weeks", "q12 weeks", "Every 12 weeks"):
            assert bs.Interval.parse(text) == bs.Interval(weeks=12)

    def test_bare_numbers_need_a_unit_that_is_known(self) -> None:
        assert str(bs.IntervalRange.parse("3-4 months").first) == "3 months"
        with pytest.raises(bs.errors.IntervalError, match="not an interval"):
            bs.IntervalRange.parse("3 to 4 moons")

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

    def test_one_day_before_a_discharge_is_a_day(self) -> None:
        leaves = [{"on": "2026-03-31", "kind": "discontinued"}]
        found = bs.forecast(record("2026-01-05", care_ends=leaves), MIGRAINE, as_of="2026-02-01")
        assert found.dates.earliest == date(2026, 3, 30)
        leaves = [{"on": "2026-03-30", "kind": "discontinued"}]
        found = bs.forecast(record("2026-01-05", care_ends=leaves), MIGRAINE, as_of="2026-02-01")
        assert found.dates.earliest is None

    def test_the_grace_of_a_clinics_range_is_that_of_the_protocol_ahead(self) -> None:
        policy = bs.SchedulingPolicy(usual={"chronic-migraine": "12 weeks"})
        overdue = []
        for kind in ("scheduled", "as_needed"):
            ahead = protocol(in_force={"first": "2027-01-01"}, retreatment={"kind": kind})
            found = bs.forecast(
                record("2026-01-05"), ahead, as_of="2026-02-01", policy=policy, other_protocols=()
            )
            overdue.append(str(found.dates.overdue_from))
        assert overdue == ["2026-04-07", "2026-04-28"]

    def test_a_course_elsewhere_that_ended_today_names_the_track(self) -> None:
        ended = {"indication": ARM, "cycles": 1, "last_on": "2026-02-01", "product": "Botox"}
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}], prior_treatments=[ended])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [ARM]

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

    def test_a_booking_is_not_late_where_nothing_is_overdue(self) -> None:
        booked = {**GIVEN, "administered_on": "2026-04-01", "status": "booked"}
        given = bs.PatientRecord(
            sessions=[GIVEN, booked], care_ends=[{"on": "2026-04-03", "kind": "discontinued"}]
        )
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert (found.dates.due, found.dates.overdue_from) == (date(2026, 3, 30), None)
        assert "after the due day" not in found.explain()

    @pytest.mark.parametrize(
        ("text", "pattern"),
        [("2026-01-05", "mdy"), ("5/1/2026", "%Y-%m-%d"), ("1052026", "%d%m%Y")],
    )
    def test_a_text_that_no_pattern_fits_is_called_that(self, text: str, pattern: str) -> None:
        with pytest.raises(bs.errors.DayError, match=r"^not a day by that pattern$"):
            day_by_pattern(text, pattern)

    def test_the_order_of_decisions_changes_no_answer(self) -> None:
        rows = [override(minimum=each, reason=each) for each in ("13 weeks", "14 weeks")]
        found = [
            bs.forecast(record("2026-01-05", overrides=given), MIGRAINE, as_of="2026-02-01")
            for given in (rows, rows[::-1])
        ]
        assert found[0].dates == found[1].dates
        assert found[0].findings == found[1].findings
        assert found[0].reasons == found[1].reasons

    def test_of_two_texts_of_one_version_the_stricter_is_the_newer(self) -> None:
        short, long = (protocol(retreatment=rule(minimum=each)) for each in ("8 weeks", "12 weeks"))
        assert max((long, short), key=newness) is long
        assert max((protocol(retreatment={"kind": "as_needed"}), short), key=newness) is short
