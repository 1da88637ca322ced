"""The engine: edges of its rules that a change of the code once passed unseen."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.engine.dates import track_dates, usual_window
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.engine.response import ObservedDays
from botox_schedule.engine.standing import Phases, standing_of
from botox_schedule.engine.track import doubt_ends_on, last_full_sessions
from botox_schedule.engine.tracks import RecordTrack, tracks_of
from botox_schedule.engine.worklist import Waiting, place_of, waiting_of
from botox_schedule.policy import policy_or_default
from botox_schedule.questions import ask
from botox_schedule.records.model import Hold
from samples import (
    ARM,
    FIRST_OF_NEXT,
    GIVEN,
    LEG,
    MIGRAINE,
    allowed,
    codes,
    override,
    protocol,
    reading_of,
    record,
    rule,
)

NAME = "chronic-migraine"
NONE: dict[str, Any] = {"other_protocols": ()}


def held(first: str, last: str | None = None) -> dict[str, Any]:
    return {"first": first, "last": last, "reason": "x"}


def ended(on: str | None, kind: str = "discontinued") -> dict[str, Any]:
    return {"on": on, "kind": kind}


def elsewhere(
    first: str | None, last: str | None, *, cycles: int = 4, **more: Any
) -> dict[str, Any]:
    return {"indication": NAME, "cycles": cycles, "started_on": first, "last_on": last, **more}


def track_on(as_of: str, given: bs.PatientRecord, own: Any = MIGRAINE, **asked: Any) -> Any:
    return ask(given, own, date.fromisoformat(as_of), **asked).track


class TestHoldsOfAClock:
    @pytest.mark.parametrize(
        ("holds", "free", "on_hold"),
        [
            pytest.param(
                [("2026-02-02", "2026-02-10"), ("2026-02-12", "2026-02-20")],
                ["2026-02-11"],
                ["2026-02-10", "2026-02-12"],
                id="one free day parts two holds",
            ),
            pytest.param(
                [("2026-02-02", "2026-02-10"), ("2026-02-11", "2026-02-20")],
                ["2026-02-21"],
                ["2026-02-10", "2026-02-11"],
                id="holds that touch are one",
            ),
            pytest.param(
                [("2026-02-02", "2026-02-10"), ("2026-02-05", None)],
                ["2026-02-01"],
                ["2026-02-11", "2030-01-01"],
                id="an open hold keeps open what it joins",
            ),
            pytest.param(
                [
                    ("2026-02-02", "2026-02-10"),
                    ("2026-03-02", "2026-03-10"),
                    ("2026-03-09", "2026-03-20"),
                ],
                ["2026-02-11", "2026-03-21"],
                ["2026-02-05", "2026-03-05", "2026-03-15"],
                id="earlier holds stay where later ones join",
            ),
        ],
    )
    def test_they_cover_their_days_alone(
        self, holds: list[tuple[str, str | None]], free: list[str], on_hold: list[str]
    ) -> None:
        own = protocol(retreatment=rule(minimum="1 week", usual="1 week"))
        given = record("2026-01-05", holds=[held(*hold) for hold in holds])
        asked: dict[str, Any] = {"as_of": "2026-01-20", "protocol": own, **NONE}
        assert allowed(given, *free, **asked) == [True] * len(free)
        assert allowed(given, *on_hold, **asked) == [False] * len(on_hold)


class TestDatesAfterASession:
    def test_a_discharge_leaves_no_overdue_day_even_where_a_hold_lets_nobody_lapse(self) -> None:
        rows = {"holds": [held("2026-05-01")], "care_ends": [ended("2026-04-03")]}
        dates = bs.forecast(record("2026-01-05", **rows), protocol(), as_of="2026-02-01").dates
        assert dates.due == date(2026, 3, 30)
        assert (dates.overdue_from, dates.lapsed_from) == (None, None)

    def test_a_usual_range_is_that_of_the_rules_in_force(self) -> None:
        versions = [
            protocol(in_force={"last": "2026-04-30"}),
            protocol(version="2", retreatment=rule(usual="20 weeks"), in_force={"first": "2026-05-01"}),
        ]  # fmt: skip
        track = track_on("2026-02-01", record("2026-01-05"), versions[0], other_protocols=versions)
        days = (date(2026, 4, 30), date(2026, 5, 1), date(2026, 4, 30))
        windows = [usual_window(track.rules, track.rules.on(day)) for day in days]
        first = [window and window.first for window in windows]
        assert first == [date(2026, 3, 30), date(2026, 5, 25), date(2026, 3, 30)]
        held_back = HoldCalendar([Hold(first="2026-03-01", last="2026-05-10", reason="x")])
        found = [track_dates(track.rules, holds, days[0]).due for holds in (NO_HOLDS, held_back)]
        assert found == [date(2026, 3, 30), date(2026, 5, 25)]

    def test_dates_of_any_day_are_those_of_that_day_where_a_version_begins(self) -> None:
        own = protocol(in_force={"first": "2020-01-01"})
        policy = bs.SchedulingPolicy(payer_minimum="13 weeks")
        dates = bs.due_dates("2026-01-05", own, policy=policy)
        assert (dates.earliest, dates.due) == (date(2026, 4, 6), date(2026, 4, 6))
        assert dates.protocol == own.ref

    @pytest.mark.parametrize(
        ("kind", "overdue_from"),
        [("scheduled", date(2026, 4, 7)), ("as_needed", date(2026, 4, 28))],
    )
    def test_before_any_version_the_given_one_says_how_long_the_grace_is(
        self, kind: str, overdue_from: date
    ) -> None:
        own = protocol(retreatment=rule(kind=kind), in_force={"first": "2030-01-01"})
        policy = bs.SchedulingPolicy(usual={NAME: "12 weeks"})
        assert bs.due_dates("2026-01-05", own, policy=policy).overdue_from == overdue_from

    def test_words_of_a_typical_day_need_that_day(self) -> None:
        stated = {"kind": "as_needed", "typical": "20 weeks", "typical_statistic": "median"}
        own = protocol(retreatment=stated)
        for holds, found in (((), "median"), ([held("2026-03-02")], None)):
            dates = bs.forecast(record("2026-01-05", holds=holds), own, as_of="2026-02-01").dates
            assert dates.typical_words == found
            assert (dates.typical_on is None) is (found is None)

    def test_dates_in_words_name_the_typical_day_if_there_is_one(self) -> None:
        days: dict[str, Any] = {"earliest": "2026-03-30", "typical_on": "2026-05-25"}
        assert "typical day 2026-05-25" in str(bs.DueDates(**days))
        assert "typical" not in str(bs.DueDates(earliest="2026-03-30"))

    def test_a_window_without_a_minimum_begins_with_the_usual_range(self) -> None:
        own = protocol(retreatment=rule(minimum=None, usual="12 to 14 weeks"))
        found = bs.project_dates("2026-01-05", own, count=2)
        assert [(s.window.first, s.target, s.window.last) for s in found] == [
            (date(2026, 3, 30), date(2026, 3, 30), date(2026, 4, 13)),
            (date(2026, 6, 22), date(2026, 6, 22), date(2026, 7, 20)),
        ]


class TestSessionsAhead:
    """Targets are multiples of the usual range, unless something moves them."""

    def targets(self, given: bs.PatientRecord, own: Any, **asked: Any) -> list[str]:
        asked = {"count": 2, "as_of": "2025-12-01", **NONE, **asked}
        return [str(session.target) for session in bs.project(given, own, **asked)]

    MONTHS: Any = rule(minimum="12 weeks", usual="3 months")

    def test_one_that_a_hold_moves_to_the_first_overdue_day_is_due_before_the_hold(self) -> None:
        own = protocol(retreatment=self.MONTHS)
        given = record("2025-11-30", holds=[held("2026-05-29", "2026-06-10")])
        for grace, second in (("0 days", "2026-05-28"), ("1 day", "2026-06-11")):
            policy = bs.SchedulingPolicy(scheduled_grace=grace)
            assert self.targets(given, own, policy=policy) == ["2026-02-28", second]

    def test_one_on_the_first_overdue_day_is_due_before_rules_end(self) -> None:
        versions = [
            protocol(retreatment=self.MONTHS, in_force={"last": "2026-05-29"}),
            protocol(version="2", retreatment={"kind": "as_needed"}, in_force={"first": "2026-05-30"}),
        ]  # fmt: skip
        policy = bs.SchedulingPolicy(scheduled_grace="1 day")
        found = self.targets(
            record("2025-11-30"), versions[0], policy=policy, other_protocols=versions
        )
        assert found == ["2026-02-28", "2026-05-28"]

    def test_their_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="2 months + 1 day"))
        given = record("2025-10-31")
        asked: dict[str, Any] = {"as_of": "2025-11-05"}
        assert self.targets(given, own, **asked) == ["2026-01-01", "2026-03-02"]
        assert self.targets(given, own, policy=FIRST_OF_NEXT, **asked) == [
            "2026-01-01",
            "2026-03-03",
        ]


class TestRulesOfADay:
    def test_a_payers_override_opens_its_own_day_where_no_label_states_a_minimum(self) -> None:
        own = protocol(retreatment=rule(minimum=None))
        for authority in ("payer", "clinician"):
            row = override(minimum="4 weeks", authority=authority)
            given = record("2026-01-05", overrides=[row])
            asked: dict[str, Any] = {"as_of": "2026-01-20", "protocol": own, **NONE}
            assert allowed(given, "2026-02-01", "2026-02-02", **asked) == [False, True]
            assert bs.forecast(given, own, as_of="2026-01-20", **NONE).dates.earliest == date(
                2026, 2, 2
            )

    def test_days_that_two_rules_allow_in_a_row_end_with_the_discharge(self) -> None:
        rows = {
            "overrides": [override(last="2026-04-30")],
            "care_ends": [ended("2026-06-01")],
        }
        track = track_on("2026-02-01", record("2026-01-05", **rows), protocol(), **NONE)
        assert track.rules.allowed_periods() == [(date(2026, 3, 2), date(2026, 5, 31))]

    @pytest.mark.parametrize(
        ("rows", "gave"),
        [
            pytest.param([("2026-01-01", "2026-01-04", "4 weeks")], [], id="before the session"),
            pytest.param(
                [("2026-01-01", "2026-01-05", "4 weeks")], ["4 weeks"], id="on its day"
            ),
            pytest.param(
                [("2026-01-01", "2026-02-20", "12 weeks"), ("2026-01-02", "2026-02-20", "4 weeks")],
                ["4 weeks"],
                id="one that gave no earlier day",
            ),
        ],
    )  # fmt: skip
    def test_an_ended_override_is_told_if_it_gave_an_earlier_day(
        self, rows: list[tuple[str, str, str]], gave: list[str]
    ) -> None:
        names = ("first", "last", "minimum")
        overrides = [override(**dict(zip(names, row, strict=True))) for row in rows]
        track = track_on("2026-02-25", record("2026-01-05", overrides=overrides))
        expired = track.rules.expired(track.dates.earliest)
        assert [str(minimum.interval) for minimum in expired] == gave

    @pytest.mark.parametrize("reasons", [("a", "b"), ("b", "a")])
    @pytest.mark.parametrize("what", ["minimum", "usual"])
    def test_of_equal_overrides_the_text_of_the_interval_decides_and_no_other(
        self, what: str, reasons: tuple[str, str]
    ) -> None:
        texts = ("56 days", "8 weeks")
        overrides = [
            override(**{"minimum": None, what: text}, reason=reason, id=reason)
            for text, reason in zip(texts, reasons, strict=True)
        ]
        track = track_on("2026-02-01", record("2026-01-05", overrides=overrides))
        in_force = track.rules.on(date(2026, 2, 1))
        found = in_force.deciding if what == "minimum" else in_force.usual
        assert str(found.interval) == "8 weeks"

    @pytest.mark.parametrize("order", list(permutations(["56 days", "8 weeks", "20 weeks"])))
    def test_of_rules_under_an_unknown_name_the_longest_comes_first(
        self, order: tuple[str, ...]
    ) -> None:
        payer = [{"minimum": text, "indication": "migrane"} for text in order]
        policy = bs.SchedulingPolicy(payer=payer)
        track = track_on("2026-02-01", record("2026-01-05"), protocol(), policy=policy, **NONE)
        found = [str(m.interval) for m in track.rules.on(date(2026, 2, 1)).minimums]
        assert found == ["12 weeks", "20 weeks", "8 weeks", "56 days"]

    @pytest.mark.parametrize("strict", ["Botox", "Dysport"])
    def test_of_an_unknown_product_the_strictest_version_says_what_is_late(
        self, strict: str
    ) -> None:
        lax = rule(minimum="8 weeks", usual="8 weeks")
        known = [
            protocol(
                id=name,
                product=name,
                retreatment=rule(minimum="20 weeks", usual="20 to 24 weeks")
                if name == strict
                else lax,
            )
            for name in ("Botox", "Dysport")
        ]
        sessions = [
            {**GIVEN, "administered_on": day, "product": None}
            for day in ("2026-01-05", "2026-06-29", "2026-12-22")
        ]
        found = bs.treatment_cycles(
            bs.PatientRecord(sessions=sessions), known[0], as_of="2026-12-31", other_protocols=known
        )
        assert [cycle.timing for cycle in found] == ["first", "on_time", "late"]

    @pytest.mark.parametrize("stating", ["Botox", "Dysport"])
    @pytest.mark.parametrize("other", [{"kind": "as_needed"}, rule(minimum="8 weeks", usual=None)])
    def test_a_version_without_a_minimum_or_a_usual_range_does_not_say_what_is_late(
        self, stating: str, other: dict[str, Any]
    ) -> None:
        own = rule(minimum="8 weeks", usual="8 weeks")
        known = [
            protocol(id=name, product=name, retreatment=own if name == stating else other)
            for name in ("Botox", "Dysport")
        ]
        days = ("2026-01-05", "2026-03-10")
        rows = [{**GIVEN, "administered_on": day, "product": None} for day in days]
        found = bs.treatment_cycles(
            bs.PatientRecord(sessions=rows), known[0], as_of="2026-11-01", other_protocols=known
        )
        assert [cycle.timing for cycle in found] == ["first", "late"]

    @pytest.mark.parametrize(
        ("clinician", "payer", "won"),
        [
            ("10 to 12 weeks", "8 to 16 weeks", "10 to 12 weeks"),
            ("8 to 16 weeks", "10 to 12 weeks", "10 to 12 weeks"),
            ("8 to 10 weeks", "8 to 12 weeks", "8 to 12 weeks"),
            ("56 days", "8 weeks", "56 days"),
            ("8 weeks", "56 days", "8 weeks"),
        ],
    )
    def test_of_usual_ranges_the_longer_counts_and_of_equal_ones_the_clinicians(
        self, clinician: str, payer: str, won: str
    ) -> None:
        rows = [
            override(minimum=None, usual=text, authority=who)
            for who, text in (("clinician", clinician), ("payer", payer))
        ]
        track = track_on("2026-02-01", record("2026-01-05", overrides=rows))
        assert str(track.rules.on(date(2026, 2, 1)).usual.interval) == won

    @pytest.mark.parametrize("product", ["Dysport", None])
    def test_an_indication_without_a_protocol_is_judged_by_another(
        self, product: str | None
    ) -> None:
        own = protocol(indication=ARM, shares_clock_with=[LEG])
        for name, told in ((LEG, True), (ARM, product == "Dysport")):
            rows = [{**GIVEN, "indication": name, "product": product}]
            found = bs.forecast(bs.PatientRecord(sessions=rows), own, as_of="2026-02-01", **NONE)
            assert ("judged_by_another_protocol" in codes(found)) is told


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


class TestCoursesElsewhere:
    def prior(self, *rows: dict[str, Any], as_of: str = "2026-02-01") -> Any:
        return track_on(as_of, bs.PatientRecord(prior_treatments=rows)).prior

    @pytest.mark.parametrize(
        ("rows", "cycles"),
        [
            pytest.param(
                [
                    elsewhere("2020-01-01", "2020-12-31", cycles=5),
                    elsewhere("2022-01-01", "2022-12-31", cycles=4),
                    elsewhere("2022-06-01", "2022-11-30", cycles=3),
                ],
                9,
                id="an account of the second course alone",
            ),
            pytest.param(
                [
                    elsewhere("2022-01-01", "2022-10-31"),
                    elsewhere("2022-02-01", "2022-03-31"),
                    elsewhere("2022-05-01", "2022-08-31"),
                ],
                4,
                id="the account that begins first",
            ),
            pytest.param(
                [
                    elsewhere("2022-01-01", "2022-10-31"),
                    elsewhere("2022-01-01", "2022-03-31"),
                    elsewhere("2022-05-01", "2022-08-31"),
                ],
                8,
                id="of those the one that ends first",
            ),
        ],
    )
    def test_accounts_that_overlap_count_once_in_any_order(
        self, rows: list[dict[str, Any]], cycles: int
    ) -> None:
        assert {self.prior(*order).cycles for order in permutations(rows)} == {cycles}

    def test_a_course_that_ends_today_has_a_last_day(self) -> None:
        rows = [elsewhere("2026-01-05", "2026-02-01")]
        assert not self.prior(*rows).is_undated
        assert self.prior(*rows, as_of="2026-01-31").is_undated

    def test_a_course_that_begins_today_may_be_the_last_treatment(self) -> None:
        for as_of, anchor in (("2026-01-31", date(2026, 1, 5)), ("2026-02-01", None)):
            given = record("2026-01-05", prior_treatments=[elsewhere("2026-02-01", None)])
            assert track_on(as_of, given).anchor == anchor

    def test_of_one_day_each_product_counts_in_any_order(self) -> None:
        rows = [elsewhere(None, "2026-01-05", product=name) for name in ("Dysport", None, "Botox")]
        for order in permutations(rows):
            reading = reading_of(bs.PatientRecord(prior_treatments=order), date(2026, 2, 1))
            found = [session.product for session in last_full_sessions(reading, frozenset({NAME}))]
            assert found == [None, "abobotulinumtoxinA", "onabotulinumtoxinA"]

    def test_a_minimum_that_begins_later_leaves_no_day_before_it_open(self) -> None:
        unknown = {**GIVEN, "indication": "migrane"}
        ahead = override(first="2027-01-01", minimum="3 years")
        given = bs.PatientRecord(sessions=[unknown], overrides=[ahead])
        track = track_on("2026-02-01", given, protocol(), **NONE)
        days = (date(2026, 12, 31), date(2027, 1, 1))
        found = [doubt_ends_on(track, day) for day in days]
        assert found == [date(2026, 3, 30), date(2029, 1, 5)]


class TestTracksOfARecord:
    def test_a_session_here_names_the_track_before_a_course_elsewhere_of_its_day(self) -> None:
        prior = {"indication": ARM, "cycles": 1, "last_on": "2026-01-05"}
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}], prior_treatments=[prior])
        (found,) = bs.forecast_all(given, as_of="2026-02-01")
        assert found.indication == LEG

    def test_each_has_a_name_whether_or_not_a_protocol_is_known(self) -> None:
        rows = [GIVEN, {**GIVEN, "indication": "migrane"}]
        reading = reading_of(bs.PatientRecord(sessions=rows), date(2026, 2, 1))
        found = [
            (track.indication, track.track is None) for track in tracks_of(reading, "us", None)
        ]
        assert found == [(NAME, False), ("migrane", True)]

    @pytest.mark.parametrize(
        ("born_on", "population", "product"),
        [
            (None, None, "onabotulinumtoxinA"),
            (None, "adult", "onabotulinumtoxinA"),
            (None, "pediatric", "abobotulinumtoxinA"),
            ("2018-01-01", None, "abobotulinumtoxinA"),
            ("1980-01-01", None, "onabotulinumtoxinA"),
            ("1980-01-01", "pediatric", "abobotulinumtoxinA"),
        ],
    )
    def test_the_clock_of_the_patients_population_says_what_was_given_last(
        self, born_on: str | None, population: str | None, product: str
    ) -> None:
        known = [
            protocol(
                id=f"{people}-{name}",
                indication=ARM,
                product=name,
                population=people,
                shares_clock_with=[LEG] if people == "pediatric" else [],
                ages={"first": 18} if people == "adult" else {"last": 17},
            )
            for people in ("adult", "pediatric")
            for name in ("Botox", "Dysport")
        ]
        rows = [
            {**GIVEN, "indication": ARM},
            {**GIVEN, "indication": LEG, "product": "Dysport", "administered_on": "2026-01-20"},
        ]
        given = bs.PatientRecord(sessions=rows, born_on=born_on)
        found = bs.forecast_all(given, as_of="2026-02-01", protocols=known, population=population)
        (own,) = [each.protocol for each in found if each.indication == ARM]
        assert own is not None
        assert own.product == product


class TestRowsOfAWorklist:
    def standing(self, given: bs.PatientRecord, as_of: str, **asked: Any) -> Any:
        reading = reading_of(given, date.fromisoformat(as_of))
        (track,) = tracks_of(reading, "us", None)
        return standing_of(reading, track, Phases(), **asked)

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
        own, phases = protocol(response={"onset": "1 month"}), Phases()
        session, as_of = date(2026, 1, 31), date(2026, 2, 28)
        found = [
            phases.after(session, own, policy, as_of)
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
            standing = standing_of(track.reading, RecordTrack(NAME, track), Phases())
            for as_of, is_long in ((date(2027, 1, 5), False), (date(2027, 1, 6), True)):
                found = waiting_of(standing, as_of, None)
                assert (found.is_booked, found.has_due) == expected
                assert found.is_long is is_long


class TestObservedDays:
    def test_the_words_name_the_smallest_and_the_largest(self) -> None:
        days = ObservedDays(
            days=(70, 61, 66), median=66, smallest=61, largest=70, definition="x", left_out=0
        )
        assert "61 to 70 days" in str(days)
