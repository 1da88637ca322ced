"""Records: rules at their edges that a change of the code once passed unseen."""

from datetime import date
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.engine.rules import longest_minimums
from botox_schedule.engine.standing import Phases, standing_of
from botox_schedule.engine.tracks import tracks_of
from botox_schedule.protocols import ProtocolSet
from botox_schedule.questions import ask
from samples import (
    ADVISED,
    ARM,
    DAY,
    FIRST_OF_NEXT,
    GIVEN,
    LEG,
    MIGRAINE,
    allowed,
    codes,
    messages,
    override,
    protocol,
    reading_of,
    record,
    rule,
)


class TestLastSession:
    """The session that dates count from: here or elsewhere, with its touch-ups."""

    PRIOR: ClassVar[Any] = {"indication": "chronic-migraine", "cycles": 2, "product": "Botox"}
    STRICT = protocol(id="d", product="Dysport", retreatment=rule(minimum="20 weeks", usual=None))
    TOUCH_UP: ClassVar[Any] = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}

    def found(self, as_of: str = "2026-02-01", **rows: Any) -> bs.Forecast:
        given = bs.PatientRecord.model_validate(rows)
        return bs.forecast(given, MIGRAINE, as_of=as_of, other_protocols=[self.STRICT])

    def test_the_latest_of_several_courses_counts(self) -> None:
        priors = [{**self.PRIOR, "last_on": day} for day in ("2026-01-05", "2025-06-02")]
        assert self.found(prior_treatments=priors).last_session_on == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("last_on", "status"), [("2026-02-01", "too_early"), ("2026-02-02", "no_history")]
    )
    def test_a_last_day_elsewhere_counts_once_it_has_come(self, last_on: str, status: str) -> None:
        assert self.found(prior_treatments=[{**self.PRIOR, "last_on": last_on}]).status == status

    def test_of_several_courses_without_a_last_day_the_latest_start_counts(self) -> None:
        starts = ("2020-01-06", "2026-01-20")
        priors = [{**self.PRIOR, "started_on": day} for day in starts]
        for rows in (priors, priors[::-1]):
            assert self.found(sessions=[GIVEN], prior_treatments=rows).status == "no_history"
        for start, status in (("2026-01-05", "too_early"), ("2026-01-06", "no_history")):
            row = {**self.PRIOR, "started_on": start}
            assert self.found(sessions=[GIVEN], prior_treatments=[row]).status == status

    def test_the_course_starts_with_the_first_of_several(self) -> None:
        spans = (("2020-01-06", "2020-06-01"), ("2022-01-06", "2022-06-01"))
        priors = [{**self.PRIOR, "started_on": first, "last_on": last} for first, last in spans]
        timeline = self.found(sessions=[GIVEN], prior_treatments=priors).timeline
        assert timeline is not None
        assert timeline.full_benefit_by == date(2020, 7, 6)

    def test_a_session_here_comes_after_one_elsewhere_of_its_day(self) -> None:
        prior = {**self.PRIOR, "product": "Dysport", "last_on": "2026-01-05"}
        assert self.found(sessions=[GIVEN], prior_treatments=[prior]).dates.earliest == date(
            2026, 3, 30
        )

    def test_nothing_joins_a_session_elsewhere(self) -> None:
        given = bs.PatientRecord(prior_treatments=[{**self.PRIOR, "last_on": "2026-01-05"}])
        assert allowed(given, "2026-01-07", as_of="2026-01-07") == [False]

    def test_touch_ups_here_belong_to_a_later_session_elsewhere(self) -> None:
        prior = {**self.PRIOR, "last_on": "2026-01-05"}
        old = {**GIVEN, "administered_on": "2025-06-02"}
        found = self.found(sessions=[old, self.TOUCH_UP], prior_treatments=[prior])
        assert found.dates.earliest == date(2026, 4, 14)
        same_day = {**GIVEN, "kind": "touch_up", "product": "Dysport"}
        found = self.found(sessions=[old, same_day], prior_treatments=[prior])
        assert found.dates.earliest == date(2026, 5, 25)

    def test_the_product_of_a_touch_up_counts(self) -> None:
        touch_up = {**self.TOUCH_UP, "administered_on": "2026-01-06", "product": "Dysport"}
        found = self.found(sessions=[GIVEN, touch_up])
        assert found.dates.earliest == date(2026, 5, 26)
        assert "product_switch" in codes(found)
        later = {**GIVEN, "administered_on": "2026-05-01"}
        _, cycle = bs.treatment_cycles(
            bs.PatientRecord(sessions=[GIVEN, touch_up, later]),
            MIGRAINE,
            as_of="2026-06-01",
            other_protocols=[self.STRICT],
        )
        assert cycle.short_by_days == 25

    def test_nothing_given_elsewhere_is_no_course(self) -> None:
        found = self.found(prior_treatments=[{**self.PRIOR, "cycles": 0}])
        assert (found.status, codes(found)) == ("no_history", set())

    def test_the_response_is_that_of_its_indication_and_of_its_day(self) -> None:
        def version(number: str, name: str, onset: str, **period: str) -> bs.TreatmentProtocol:
            other = LEG if name == ARM else ARM
            return protocol(
                id=name,
                version=number,
                indication=name,
                shares_clock_with=[other],
                response={"onset": onset},
                in_force=period,
            )

        arm = version("1", ARM, "1 to 2 weeks")
        old, new = (
            version("1", LEG, "3 to 4 weeks", last="2026-01-31"),
            version("2", LEG, "5 to 6 weeks", first="2026-02-01"),
        )
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}])
        found = bs.forecast(given, arm, as_of="2026-02-01", other_protocols=[old, new])
        assert found.timeline is not None
        assert str(found.timeline.onset) == "2026-01-26 to 2026-02-02"


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


class TestOtherNames:
    """Decisions about another clock, under a declared or an unknown name."""

    VALID: ClassVar[Any] = {"first": "2026-04-10", "last": "2026-04-20"}
    DAYS = ("2026-04-09", "2026-04-10", "2026-04-20", "2026-04-21")

    def test_an_authorization_of_another_clock_binds_nothing(self) -> None:
        approved = {"product": "Botox", "valid": self.VALID, "minimum_interval": "20 weeks"}
        for name, expected in (
            ("spasticity", True),
            ("migrane", None),
            ("chronic-migraine", False),
        ):
            given = record("2026-01-05", authorizations=[{**approved, "indication": name}])
            assert allowed(given, *self.DAYS) == [True, expected, expected, True]

    def test_a_payers_rule_under_an_unknown_name_advises_on_its_days(self) -> None:
        payer = {"minimum": "20 weeks", "indication": "migrane", **self.VALID}
        policy = bs.SchedulingPolicy.model_validate({"payer": [payer]})
        assert allowed(record("2026-01-05"), *self.DAYS, policy=policy) == [True, None, None, True]

    @pytest.mark.parametrize(
        ("stated", "opens"),
        [
            ({"minimum": None, "usual": "20 to 21 weeks"}, "2026-05-25"),
            ({"minimum": "4 weeks", "usual": "20 to 21 weeks"}, "2026-05-25"),
            ({"minimum": "20 weeks", "usual": "20 to 21 weeks"}, "2026-05-25"),
        ],
    )
    def test_an_override_under_an_unknown_name_advises_its_longest(
        self, stated: dict[str, Any], opens: str
    ) -> None:
        given = record("2026-01-05", overrides=[override(indication="migrane", **stated)])
        assert allowed(given, "2026-05-24", opens) == [None, True]

    def test_what_the_clinic_declares_is_no_doubt(self) -> None:
        policy = bs.SchedulingPolicy(other_indications=("bruxism",))
        given = record(
            "2026-01-05",
            overrides=[override(indication="bruxism", minimum="20 weeks")],
            holds=[{"first": "2026-03-01", "reason": "x", "indication": "bruxism"}],
        )
        assert allowed(given, "2026-03-30") == [False]
        assert allowed(given, "2026-03-30", policy=policy) == [True]

    def test_nothing_given_under_an_unknown_name_is_no_doubt(self) -> None:
        for cycles, expected in ((0, True), (1, None)):
            prior = {"indication": "migrane", "cycles": cycles}
            given = record("2026-01-05", prior_treatments=[prior])
            assert allowed(given, "2026-12-01") == [expected]


class TestUnknownSessions:
    """A session under an unknown name may have been one of the track."""

    UNKNOWN: ClassVar[Any] = {**GIVEN, "administered_on": "2026-01-20", "indication": "migrane"}

    def days(self, *days: str, sessions: Any = (GIVEN, UNKNOWN), **asked: Any) -> list[bool | None]:
        return allowed(bs.PatientRecord(sessions=sessions, **asked.pop("rows", {})), *days, **asked)

    def test_the_longest_known_minimum_counts_from_it(self) -> None:
        assert self.days("2026-05-11", "2026-05-12") == [None, True]
        silent = protocol(retreatment=rule(minimum=None))
        assert self.days("2026-05-11", "2026-05-12", protocol=silent) == [None, True]
        given = bs.PatientRecord(sessions=[GIVEN, self.UNKNOWN])
        earliest = bs.forecast(given, silent, as_of="2026-02-01").dates.earliest
        assert earliest == date(2026, 5, 12)

    def test_a_longer_one_in_force_does_too(self) -> None:
        payer = bs.SchedulingPolicy(payer_minimum="20 weeks")
        assert self.days("2026-06-08", "2026-06-09", policy=payer) == [None, True]
        misspelled = {"overrides": [override(indication="migrane", minimum="20 weeks")]}
        assert self.days("2026-06-08", "2026-06-09", rows=misspelled) == [None, True]

    def test_its_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="3 months", usual=None))
        sessions = [
            {**GIVEN, "administered_on": "2025-11-01"},
            {**self.UNKNOWN, "administered_on": "2025-11-30"},
        ]
        asked: dict[str, Any] = {"protocol": own, "other_protocols": (), "sessions": sessions}
        assert self.days("2026-02-28", **asked) == [True]
        assert self.days("2026-02-28", "2026-03-01", policy=FIRST_OF_NEXT, **asked) == [None, True]

    def test_the_longest_differs_by_the_day_it_counts_from(self) -> None:
        known = ProtocolSet(
            protocol(id=name, product=name, retreatment=rule(minimum=text, usual=None))
            for name, text in (
                ("Botox", "90 days"),
                ("Dysport", "3 months"),
                ("Xeomin", "10 weeks"),
            )
        )
        assert set(map(str, longest_minimums(known))) == {"90 days", "3 months"}

    def test_a_touch_up_alone_says_nothing_about_what_came_before(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        sessions = [touch_up, {**self.UNKNOWN, "administered_on": "2026-01-01"}]
        assert self.days("2026-05-11", "2026-05-12", sessions=sessions) == [None, True]

    @pytest.mark.parametrize(
        ("asked", "ends"),
        [
            ({}, "2026-05-12"),
            ({"policy": {"payer_minimum": "20 weeks"}}, "2026-06-09"),
            ({"policy": {"payer": [{"minimum": "20 weeks"}]}}, "2026-06-09"),
            (
                {"policy": {"payer_minimum": "4 months", "short_month": "first_of_next"}},
                "2026-05-20",
            ),
            ({"overrides": [override(minimum="20 weeks")]}, "2026-06-09"),
            ({"overrides": [override(minimum="20 weeks", last="2026-03-01")]}, "2026-05-12"),
            ({"overrides": [override(minimum="20 weeks", indication="spasticity")]}, "2026-05-12"),
            ({"authorizations": [("chronic-migraine", "2026-12-31")]}, "2026-06-09"),
            ({"authorizations": [("chronic-migraine", "2026-03-01")]}, "2026-05-12"),
            ({"authorizations": [("spasticity", "2026-12-31")]}, "2026-05-12"),
        ],
        ids=str,
    )
    def test_without_history_the_reason_ends_with_the_longest_in_force(
        self, asked: dict[str, Any], ends: str
    ) -> None:
        rows = dict(asked)
        policy = bs.SchedulingPolicy.model_validate(rows.pop("policy", {}))
        rows["authorizations"] = [
            {
                "indication": name,
                "product": "Botox",
                "valid": {"first": "2026-01-01", "last": last},
                "minimum_interval": "20 weeks",
            }
            for name, last in rows.get("authorizations", ())
        ]
        given = bs.PatientRecord(sessions=[self.UNKNOWN], **rows)
        last = date.fromisoformat(ends)
        reasons = [
            {
                r.code
                for r in bs.check_date(
                    given, MIGRAINE, on=on, as_of="2026-02-01", policy=policy
                ).reasons
            }
            for on in (last - DAY, last)
        ]
        assert reasons == [{"no_history", "unrecognized_session"}, {"no_history"}]

    def test_without_history_its_months_end_as_the_policy_says(self) -> None:
        given = bs.PatientRecord(sessions=[{**self.UNKNOWN, "administered_on": "2025-10-31"}])
        for short_month, last in (("last_day", "2026-02-27"), ("first_of_next", "2026-02-28")):
            policy = bs.SchedulingPolicy(payer_minimum="4 months", short_month=short_month)
            for on, count in ((date.fromisoformat(last), 2), (date.fromisoformat(last) + DAY, 1)):
                check = bs.check_date(given, MIGRAINE, on=on, as_of="2026-02-01", policy=policy)
                assert len(check.reasons) == count

    def test_a_course_without_a_last_day_never_ends_it(self) -> None:
        given = bs.PatientRecord(prior_treatments=[{"indication": "migrane", "cycles": 2}])
        check = bs.check_date(given, MIGRAINE, on="2036-01-01", as_of="2026-02-01")
        assert {reason.code for reason in check.reasons} == {"no_history", "unrecognized_session"}


class TestChecks:
    def test_an_advised_day_has_that_reason_alone(self) -> None:
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
        policy = bs.SchedulingPolicy(payer_minimum="10 weeks")
        for on, code, is_cited in (
            ("2026-03-15", "too_early", False),
            ("2026-03-16", "advisory", True),
        ):
            check = bs.check_date(
                record("2026-01-05"), own, on=on, as_of="2026-02-01", policy=policy
            )
            assert [(r.code, r.source is not None) for r in check.reasons] == [(code, is_cited)]

    def test_the_dead_are_not_called_discharged(self) -> None:
        given = record("2026-01-05", care_ends=[{"on": "2026-01-20", "kind": "deceased"}])
        check = bs.check_date(given, MIGRAINE, on="2026-04-01", as_of="2026-02-01")
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert check.reasons[0].rule == found.reasons["earliest"].rule

    def test_a_name_takes_the_population_of_the_age_on_the_day_in_question(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}], born_on="2008-09-01")
        for on, people in (("2026-08-31", "pediatric"), ("2026-09-01", "adult")):
            found = bs.check_date(given, ARM, on=on, as_of="2026-02-01").protocol
            assert found is not None
            assert found.population == people

    @pytest.mark.parametrize(
        ("indication", "born_on"),
        [
            (ARM, "2026-01-05"),
            (ARM, "2024-02-02"),
            ("neurogenic-detrusor-overactivity", "2022-02-02"),
            ("sialorrhea", "2025-06-01"),
        ],
    )
    def test_who_is_too_young_for_every_protocol_is_a_child(
        self, indication: str, born_on: str
    ) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": indication}], born_on=born_on)
        (found,) = bs.forecast_all(given, as_of="2026-02-01")
        assert found.protocol is not None
        assert (found.protocol.population, "age_outside_protocol" in codes(found)) == (
            "pediatric",
            True,
        )

    def test_without_a_protocol_for_children_a_child_is_judged_as_an_adult(self) -> None:
        found = bs.forecast(
            record("2026-01-05", born_on="2020-01-01"), MIGRAINE, as_of="2026-02-01"
        )
        (named,) = bs.forecast_all(record("2026-01-05", born_on="2020-01-01"), as_of="2026-02-01")
        assert (found.dates, "age_outside_protocol" in codes(named)) == (named.dates, True)

    def test_how_the_protocol_was_chosen_is_told(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        check = bs.check_date(given, ARM, on="2026-04-01", as_of="2026-02-01")
        (listed,) = bs.forecast_all(given, as_of="2026-02-01")
        assert "age_unknown" in codes(check) & codes(listed)


class TestTracksOfARecord:
    def test_region_and_population_are_those_asked_for(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        for region, people, expected in (
            ("uk", None, ("uk", "adult")),
            ("us", "child", ("us", "pediatric")),
        ):
            (found,) = bs.forecast_all(given, as_of="2026-02-01", region=region, population=people)
            assert found.protocol is not None
            assert (found.protocol.region, found.protocol.population) == expected

    def test_a_name_takes_the_product_given_last_anywhere_in_the_clock(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG, "product": "Dysport"}])
        found = bs.forecast(given, ARM, as_of="2026-02-01")
        assert found.protocol is not None
        assert found.protocol.product == "abobotulinumtoxinA"

    def test_of_two_products_given_last_the_stricter_is_followed(self) -> None:
        known = [
            protocol(id=product, product=product, retreatment=rule(minimum=minimum))
            for product, minimum in (("Botox", "10 weeks"), ("Dysport", "20 weeks"))
        ]
        for products in (("Botox", "Dysport"), ("Dysport", "Botox")):
            sessions = [
                {**GIVEN, "product": product, "administered_on": day}
                for product, day in zip(products, ("2026-01-05", "2026-01-06"), strict=True)
            ]
            (found,) = bs.forecast_all(
                bs.PatientRecord(sessions=sessions), as_of="2026-02-01", protocols=known
            )
            assert found.protocol is not None
            assert found.protocol.id == "Dysport"

    def test_a_track_is_named_for_what_was_given_last(self) -> None:
        old = {**GIVEN, "indication": ARM}
        new = {**GIVEN, "indication": LEG, "administered_on": "2026-01-20"}
        ahead = {"indication": ARM, "cycles": 1, "last_on": "2026-06-01"}
        given = bs.PatientRecord(sessions=[old, new], prior_treatments=[ahead])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [LEG]

    @pytest.mark.parametrize(
        "status", ["draft", "booked", "cancelled", "no_show", "entered_in_error", "completed"]
    )
    def test_a_patient_with_one_row_of_any_kind_is_listed(self, status: str) -> None:
        row = {**GIVEN, "administered_on": "2026-03-02", "status": status}
        (found,) = bs.forecast_all(bs.PatientRecord(sessions=[row]), as_of="2026-02-01")
        assert (found.indication, found.status) == ("chronic-migraine", "no_history")

    def test_of_tracks_alike_the_one_that_is_due_first_comes_first(self) -> None:
        later = {**GIVEN, "administered_on": "2026-01-08"}
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": "spasticity"}, later])
        found = bs.forecast_all(given, as_of="2026-02-01")
        assert [answer.indication for answer in found] == ["chronic-migraine", "spasticity"]
        assert found[0].dates.earliest == date(2026, 4, 2)
        assert found[1].dates.earliest == date(2026, 3, 30)

    def test_a_course_of_nothing_is_no_track_of_its_own(self) -> None:
        nothing = {"indication": "spasticity", "cycles": 0}
        given = record("2026-01-05", prior_treatments=[nothing])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [
            "chronic-migraine"
        ]

    def test_clocks_are_those_of_the_patients_age(self) -> None:
        known = [
            protocol(id=f"{name}-{people}", indication=name, population=people, **changed)
            for name, other in ((ARM, LEG), (LEG, ARM))
            for people, changed in (
                ("adult", {"ages": {"first": 18}}),
                ("pediatric", {"ages": {"last": 17}, "shares_clock_with": [other]}),
            )
        ]
        sessions = [{**GIVEN, "indication": name} for name in (ARM, LEG)]
        for born_on, tracks in (("2018-01-01", 1), ("1980-01-01", 2)):
            given = bs.PatientRecord(sessions=sessions, born_on=born_on)
            assert len(bs.forecast_all(given, as_of="2026-02-01", protocols=known)) == tracks


class TestCoursesElsewhere:
    """Accounts of one course count once, the larger; other courses are added."""

    @pytest.mark.parametrize(
        ("one", "other", "cycles"),
        [
            pytest.param({"cycles": 3}, {"cycles": 5}, 5, id="nothing is dated"),
            pytest.param(
                {"cycles": 3, "last_on": "2021-05-01"},
                {"cycles": 5, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="they share a day",
            ),
            pytest.param(
                {"cycles": 5, "last_on": "2021-05-01"},
                {"cycles": 3, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="they share a day, and the larger comes first",
            ),
            pytest.param(
                {"cycles": 5, "started_on": "2020-05-01"},
                {"cycles": 3, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="the end of the earlier one is unknown",
            ),
            pytest.param(
                {"cycles": 3, "last_on": "2021-04-30"},
                {"cycles": 5, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                8,
                id="one ends on the eve of the other",
            ),
            pytest.param(
                {"cycles": 3, "last_on": "2021-04-30"},
                {"cycles": 5, "last_on": "2022-05-01"},
                5,
                id="the start of the later one is unknown",
            ),
        ],
    )
    def test_only_courses_that_surely_differ_are_added(
        self, one: dict[str, Any], other: dict[str, Any], cycles: int
    ) -> None:
        for rows in ((one, other), (other, one)):
            priors = [{"indication": "chronic-migraine", **row} for row in rows]
            given = record("2026-01-05", prior_treatments=priors)
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
            assert found.cycle_number == cycles + 1
            assert ("prior_treatments_counted_once" in codes(found)) is (cycles == 5)


class TestDoubt:
    """What stands under an unknown indication leaves days open, as long as it may and no longer."""

    def test_an_override_counts_on_its_days(self) -> None:
        doubtful = override(
            indication="migrane", minimum="20 weeks", first="2026-04-10", last="2026-04-20"
        )
        given = record("2026-01-05", overrides=[doubtful])
        days = ("2026-04-09", "2026-04-10", "2026-04-20", "2026-04-21")
        assert allowed(given, *days) == [True, None, None, True]

    def test_a_session_that_may_be_part_of_the_last_one_counts_from_its_end(self) -> None:
        # The longest known minimum is 16 weeks; from 4 days on it is surely another session.
        own = protocol(retreatment=rule(minimum="16 weeks", usual=None))
        policy = bs.SchedulingPolicy(touch_up_moves_earliest=False)
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        for day, expected in (("2026-01-02", [None, None, True]), ("2026-01-01", [True] * 3)):
            unknown = {**GIVEN, "administered_on": day, "indication": "migrane"}
            given = bs.PatientRecord(sessions=[GIVEN, touch_up, unknown])
            days = ("2026-04-27", "2026-05-11", "2026-05-12")
            assert allowed(given, *days, protocol=own, policy=policy) == expected


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

    def of_others(self, *booked: str, weeks: dict[str, str], **stated: Any) -> bs.Forecast:
        """Botox was given, and other products are booked for thirteen weeks later."""
        later = {**self.BOOKED, "administered_on": "2026-04-06"}
        rows = [later | {"product": product, "id": product} for product in booked]
        known = [
            protocol(id=product, product=product, retreatment=rule(minimum=minimum))
            for product, minimum in weeks.items()
        ]
        given, own = bs.PatientRecord(sessions=[GIVEN, *rows]), protocol(retreatment=rule(**stated))
        return bs.forecast(given, own, as_of="2026-02-01", other_protocols=known)

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


class TestJudgedCycles:
    def cycle(self, own: Any, *days: str, **rows: Any) -> Any:
        policy = rows.pop("policy", None)
        given = record(*days, **rows)
        return bs.treatment_cycles(given, own, as_of="2026-12-31", policy=policy)[-1]

    def test_parts_are_compared_from_the_last_to_the_first(self) -> None:
        days = ("2026-01-05", "2026-01-06", "2026-03-30", "2026-03-31")
        cycle = self.cycle(MIGRAINE, *days)
        assert (cycle.interval_days, cycle.timing, cycle.short_by_days) == (83, "early", 1)
        # A rule that begins with the second part makes the cycle neither early nor late.
        policy = bs.SchedulingPolicy.model_validate(
            {"payer": [{"minimum": "20 weeks", "first": "2026-04-01"}]}
        )
        cycle = self.cycle(MIGRAINE, "2026-01-05", "2026-03-31", "2026-04-01", policy=policy)
        assert cycle.timing == "on_time"
        past = protocol(in_force={"last": "2026-03-31"})
        cycle = self.cycle(past, "2026-01-05", "2026-03-31", "2026-04-01")
        assert "judged_by_another_protocol" not in codes(cycle)

    @pytest.mark.parametrize(("begins", "held"), [("2026-04-06", True), ("2026-04-07", False)])
    def test_a_hold_between_its_parts_does_not_hold_it(self, begins: str, *, held: bool) -> None:
        hold = {"first": begins, "last": begins, "reason": "x"}
        days = ("2026-01-05", "2026-04-06", "2026-04-07")
        assert self.cycle(MIGRAINE, *days, holds=[hold]).held is held

    def test_without_a_usual_range_it_is_held_from_the_minimum_on(self) -> None:
        own = protocol(retreatment=rule(usual=None))
        for last, held in (("2026-03-29", False), ("2026-03-30", True)):
            hold = {"first": "2026-03-20", "last": last, "reason": "x"}
            assert self.cycle(own, "2026-01-05", "2026-06-01", holds=[hold]).held is held

    def test_days_late_count_from_the_end_of_the_usual_range(self) -> None:
        own = protocol(retreatment=rule(usual="12 to 14 weeks"))
        assert self.cycle(own, "2026-01-05", "2026-05-01").late_by_days == 18

    def test_advice_is_told_until_the_eve_of_its_day(self) -> None:
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
        found = [self.cycle(own, "2026-01-05", day).advice for day in ("2026-03-29", "2026-03-30")]
        assert [advice is None for advice in found] == [False, True]

    def test_the_payer_of_the_cycles_own_product_counts(self) -> None:
        approved = {
            "indication": "chronic-migraine",
            "product": "Dysport",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "minimum_interval": "20 weeks",
        }
        days = ("2026-01-05", "2026-04-06")
        sessions = [{**GIVEN, "product": "Dysport", "administered_on": day} for day in days]
        given = bs.PatientRecord(sessions=sessions, authorizations=[approved])
        _, cycle = bs.treatment_cycles(given, MIGRAINE, as_of="2026-05-01")
        assert cycle.short_by_days == 49

    def test_a_list_judges_the_second_cycle_too(self) -> None:
        reading = reading_of(record("2026-01-05", "2026-03-29"), date(2026, 4, 1))
        (track,) = tracks_of(reading, "us", None)
        judgment = standing_of(reading, track, Phases()).judgment
        assert judgment is not None
        assert judgment.timing == "early"


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
