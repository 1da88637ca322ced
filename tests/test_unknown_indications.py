"""Rows under an indication that is not known: how long they leave days open."""

from datetime import date
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.engine.rules import longest_minimums
from botox_schedule.protocols import ProtocolSet
from samples import DAY, FIRST_OF_NEXT, GIVEN, MIGRAINE, allowed, override, protocol, record, rule


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


class TestPlaceholders:
    """A day such as 9999-12-31 stands for none that anybody knows; nothing leaves the calendar."""

    @pytest.mark.parametrize("last_on", [None, "9999-01-01", "9999-12-31"])
    def test_a_course_under_an_unknown_name_that_never_ended_leaves_every_day_open(
        self, last_on: str | None
    ) -> None:
        elsewhere = {"indication": "migrane", "cycles": 2, "last_on": last_on}
        given = record("2026-01-05", prior_treatments=[elsewhere])
        assert allowed(given, "2026-03-29", "2026-03-30", "2029-03-30") == [False, None, None]
        assert bs.forecast(given, MIGRAINE, as_of="2026-02-01").dates.earliest is None

    def test_a_visit_booked_for_such_a_day_leaves_the_day_on_which_units_fit(self) -> None:
        dose = {**GIVEN, "units": 300}
        booked = {**dose, "indication": "cervical-dystonia", "status": "booked"}
        rows = [dose, {**booked, "administered_on": "9999-12-31"}]
        asked: dict[str, Any] = {"on": "2026-03-01", "as_of": "2026-02-01", "planned_units": 155}
        first, *_ = bs.check_date(bs.PatientRecord(sessions=rows), MIGRAINE, **asked).limit_checks
        assert first.clears_on == date(2026, 3, 30)


class TestNamesInAPolicy:
    """Before, another name of a known indication was ignored, or hid the sessions under it."""

    @pytest.mark.parametrize(
        "name", ["chronic-migraine", "migraine", "Migraine", "migraña crónica"]
    )
    def test_any_name_of_an_indication_is_taken(self, name: str) -> None:
        rule = {"minimum": "13 weeks", "indication": name}
        policy = bs.SchedulingPolicy(usual={name: "14 weeks"}, payer=[rule])
        found = bs.due_dates("2026-01-05", "chronic-migraine", policy)
        assert (found.earliest, found.due) == (date(2026, 4, 6), date(2026, 4, 13))
        assert bs.SchedulingPolicy(other_indications=[name]).other_indications == (
            "chronic-migraine",
        )

    @pytest.mark.parametrize("key", ["indication", "shares_clock_with"])
    def test_no_protocol_of_the_clinic_has_such_a_name(self, key: str) -> None:
        """The sessions under both names would count on two clocks: the next one comes too early."""
        name = {"indication": "migraine", "shares_clock_with": ("migraine",)}[key]
        own = MIGRAINE.model_copy(update={key: name, "id": "own"})
        told = "protocols: migraine is another name of chronic-migraine; give chronic-migraine"
        with pytest.raises(bs.errors.UnknownProtocolError, match=told):
            bs.forecast(record("2026-01-05"), own, as_of="2026-02-01")
        with pytest.raises(bs.errors.UnknownProtocolError, match=told):
            bs.forecast_all(record("2026-01-05"), protocols=[own], as_of="2026-02-01")
        with pytest.raises(bs.errors.UnknownProtocolError, match=told):
            bs.due_dates("2026-01-05", own, bs.SchedulingPolicy(usual={"migraine": "14 weeks"}))

    @pytest.mark.parametrize(
        "chosen",
        [
            {"usual": {"chronic-migrane": "14 weeks"}},
            {"payer": [{"minimum": "13 weeks", "indication": "chronic-migrane"}]},
        ],
    )
    def test_an_unknown_one_is_refused_where_no_finding_can_tell_it(self, chosen: Any) -> None:
        policy = bs.SchedulingPolicy(**chosen)
        told = "policy: chronic-migrane is unknown; give chronic-migraine, or name an indication of"
        for ask in (bs.due_dates, bs.project_dates):
            with pytest.raises(bs.errors.UnknownProtocolError, match=told):
                ask("2026-01-05", "chronic-migraine", policy=policy)
            own = MIGRAINE.model_copy(update={"indication": "chronic-migrane", "id": "own"})
            declared = policy.model_copy(update={"other_indications": ("chronic-migrane",)})
            assert ask("2026-01-05", own, policy=policy)
            assert ask("2026-01-05", MIGRAINE, policy=declared)
        with pytest.raises(bs.errors.UnknownProtocolError, match="xyz is unknown; give the name"):
            bs.due_dates("2026-01-05", MIGRAINE, bs.SchedulingPolicy(usual={"xyz": "2 weeks"}))

    def test_two_names_of_one_are_one(self) -> None:
        with pytest.raises(ValueError, match="usual names an indication twice"):
            bs.SchedulingPolicy(usual={"migraine": "12 weeks", "chronic-migraine": "13 weeks"})

    def test_another_name_of_a_known_one_is_no_other_indication(self) -> None:
        named = {"administered_on": "2026-03-30", "indication": "migraine", "product": "Botox"}
        given = bs.PatientRecord(sessions=[*record("2026-01-05").sessions, named])
        policy = bs.SchedulingPolicy(other_indications=["migraine"])
        assert allowed(given, "2026-04-20", as_of="2026-04-20", policy=policy) == [None]
