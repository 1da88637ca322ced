"""Rules at their edges, each in the smallest case that shows it: what mutants once passed."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule.dates.days import _DaySchema
from botox_schedule.dates.intervals import _LONGEST_TEXT
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.reasons import candidates_of
from botox_schedule.engine.rules import RuleBook, Stretch, _version_on
from botox_schedule.policy import _interval
from botox_schedule.protocols.loader import protocols_in, tables_in
from botox_schedule.protocols.products import _ProductSchema
from botox_schedule.records.history import read_history
from botox_schedule.records.model import Hold
from test_small_print import MIGRAINE, TWELVE, messages, protocol, record

JAN = date(2026, 1, 5)


def codes(found: Any) -> set[str]:
    """The codes of the findings."""
    return {finding.code.value for finding in found.findings}


def override(**changed: Any) -> dict[str, Any]:
    """An override of the minimum by a clinician, from January on."""
    given = {
        "indication": "chronic-migraine",
        "first": "2026-01-01",
        "minimum": "8 weeks",
        "reason": "asked for",
        "authority": "clinician",
    }
    return given | changed


class TestHolds:
    def calendar(self, *spans: tuple[str, str | None]) -> HoldCalendar:
        holds = [Hold(first=first, last=last, reason="drawn") for first, last in spans]
        return HoldCalendar(holds, frozenset(), date(2026, 12, 31))

    def test_one_day_can_be_touched(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.touches(date(2026, 2, 1), date(2026, 2, 1))
        assert not calendar.touches(date(2026, 2, 2), date(2026, 2, 1))

    def test_a_hold_that_begins_on_the_last_day_takes_it(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.free_days(date(2026, 1, 30), date(2026, 2, 1)) == 1

    def test_counting_that_ends_on_a_hold_goes_on_behind_it(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.advance(date(2026, 1, 30), 1) == date(2026, 1, 31)
        assert calendar.advance(date(2026, 1, 30), 2) == date(2026, 2, 11)


class TestHistory:
    def test_a_death_on_the_day_of_the_question_is_known(self) -> None:
        ends = [{"on": "2026-02-01", "kind": "deceased"}]
        found = bs.forecast(
            record("2026-01-05", "2026-02-02", care_ends=ends), MIGRAINE, as_of="2026-02-01"
        )
        assert found.status is bs.DueStatus.DECEASED
        assert "session_after_death" in codes(found)
        assert "future_completed_session" not in codes(found)

    def test_a_death_outweighs_a_later_discontinuation(self) -> None:
        ends = [
            {"on": "2026-02-01", "kind": "deceased"},
            {"on": "2026-03-01", "kind": "discontinued"},
        ]
        found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-04-01")
        assert found.status is bs.DueStatus.DECEASED

    def test_who_is_born_on_the_day_of_a_session_is_born(self) -> None:
        for born, expected in (("2026-01-05", False), ("2026-01-06", True)):
            found = bs.forecast(record("2026-01-05", born_on=born), MIGRAINE, as_of="2026-02-01")
            assert ("session_before_birth" in codes(found)) is expected

    def test_the_order_of_the_records_means_nothing_on_one_day(self) -> None:
        sessions = [
            {
                "administered_on": JAN,
                "indication": "chronic-migraine",
                "product": "Botox",
                "units": units,
            }
            for units in (200, 100)
        ]
        for order in (sessions, sessions[::-1]):
            found = read_history(bs.PatientRecord(sessions=order), JAN).completed
            assert [session.units for session in found] == [100, 200]


class TestCycles:
    def test_a_touch_up_without_a_session_is_named_alone(self) -> None:
        sessions = [
            {
                "id": f"s-{day}",
                "administered_on": f"2026-01-0{day}",
                "indication": "chronic-migraine",
                "product": "Botox",
                "kind": kind,
            }
            for day, kind in ((5, "touch_up"), (6, "full"))
        ]
        found = bs.forecast(bs.PatientRecord(sessions=sessions), MIGRAINE, as_of="2026-02-01")
        finding = next(f for f in found.findings if f.code == "touch_up_without_session")
        assert finding.record_ids == ("s-5",)

    def test_equal_units_on_the_first_and_the_last_day_of_three(self) -> None:
        sessions = [
            {
                "administered_on": day,
                "indication": "chronic-migraine",
                "product": "Botox",
                "units": 100,
            }
            for day in ("2026-01-05", "2026-01-05", "2026-01-07")
        ]
        found = bs.forecast(bs.PatientRecord(sessions=sessions), MIGRAINE, as_of="2026-02-01")
        assert "probable_duplicate_across_days" in codes(found)

    def test_a_session_on_hold_before_its_minimum_is_not_called_held(self) -> None:
        holds = [{"first": "2026-02-25", "last": "2026-03-05", "reason": "drawn"}]
        cycles = bs.treatment_cycles(
            record("2026-01-05", "2026-03-01", holds=holds), MIGRAINE, as_of="2026-04-01"
        )
        assert (cycles[1].timing, cycles[1].held) == (bs.CycleTiming.EARLY, False)


class TestForecasts:
    def test_limits_are_judged_on_the_due_day(self) -> None:
        given = {"administered_on": JAN, "indication": "spasticity", "product": "Botox"}
        found = bs.forecast(
            bs.PatientRecord(sessions=[given]), bs.find_protocol("spasticity"), as_of=JAN
        )
        assert found.dates.earliest != found.dates.due
        assert {check.on for check in found.limit_checks} == {found.dates.due}

    def test_without_history_the_protocol_is_named_all_the_same(self) -> None:
        found = bs.forecast(bs.PatientRecord(), MIGRAINE, as_of=JAN)
        assert found.dates.protocol == MIGRAINE.ref

    def test_a_day_before_nothing_is_dated_projects_nothing(self) -> None:
        free = protocol(retreatment={"kind": "scheduled", "wording": "when needed"})
        assert bs.project(record("2026-01-05"), free, as_of="2026-02-01") == ()

    def test_what_an_override_states_is_not_unverified(self) -> None:
        given = override(minimum=None, usual="12 to 14 weeks")
        plain = bs.forecast(record("2026-01-05"), protocol(), as_of="2026-02-01")
        assert plain.dates.unverified == ("minimum", "usual")
        found = bs.forecast(record("2026-01-05", overrides=[given]), protocol(), as_of="2026-02-01")
        assert found.dates.unverified == ("minimum",)

    def test_a_booking_on_the_day_of_the_last_session_is_settled(self) -> None:
        given = {"indication": "chronic-migraine", "product": "Botox", "administered_on": JAN}
        both = bs.PatientRecord(sessions=[given, given | {"status": "booked"}])
        assert "booking_too_early" not in codes(bs.forecast(both, MIGRAINE, as_of=JAN))

    def test_only_the_minimum_counts_from_a_touch_up(self) -> None:
        given = {"indication": "chronic-migraine", "product": "Botox"}
        sessions = [
            given | {"administered_on": "2026-01-05"},
            given | {"administered_on": "2026-01-20", "kind": "touch_up"},
        ]
        found = bs.forecast(bs.PatientRecord(sessions=sessions), MIGRAINE, as_of="2026-02-01")
        assert len(found.reasons["earliest"].inputs) == 2
        assert found.reasons["due"].inputs == ("last session on 2026-01-05",)

    def test_a_clock_of_another_product_does_not_overlap(self) -> None:
        wide = protocol(shares_clock_with=["spasticity"])
        given = {"administered_on": JAN, "indication": "spasticity", "product": "Botox"}
        both = bs.PatientRecord(sessions=[given])
        for product, expected in (("Botox", True), ("Dysport", False)):
            other = protocol(
                id="other",
                indication="sialorrhea",
                product=product,
                shares_clock_with=["spasticity"],
            )
            found = bs.forecast(both, wide, as_of="2026-02-01", other_protocols=[other])
            assert ("overlapping_tracks" in codes(found)) is expected

    def test_a_check_says_what_a_forecast_says(self) -> None:
        check = bs.check_date(record("2026-01-05"), protocol(), on="2026-04-01", as_of="2026-02-01")
        assert "unverified_content" in codes(check)

    def test_a_comparison_names_the_moved_question_first(self) -> None:
        before = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-01-10")
        after = bs.forecast(record("2026-01-05", "2026-04-01"), MIGRAINE, as_of="2026-06-30")
        compared = bs.compare_forecasts(before, after)
        moved = "the day of the question moved from 2026-01-10 to 2026-06-30"
        answers = [change.why for change in compared.changes if moved in change.why]
        assert answers
        for why in answers:
            assert why[0] == moved
            assert len(why) > 1


class TestOverrides:
    def test_an_ended_one_that_gave_a_later_day_is_not_weighed(self) -> None:
        late = override(minimum="30 weeks", last="2026-02-01")
        early = override(minimum="6 weeks", last="2026-02-01", reason="sooner")
        for given, expected in ((late, False), (early, True)):
            found = bs.forecast(
                record("2026-01-05", overrides=[given]), MIGRAINE, as_of="2026-03-01"
            )
            outcomes = [c.outcome for c in found.reasons["earliest"].candidates]
            assert ("expired" in outcomes) is expected
            assert outcomes[0] == "decides"

    def test_one_that_holds_on_the_earliest_day_has_not_ended(self) -> None:
        given = override(minimum="8 weeks", last="2026-03-10")
        hold = {"first": "2026-03-01", "last": "2026-03-09", "reason": "drawn"}
        found = bs.forecast(
            record("2026-01-05", overrides=[given], holds=[hold]), MIGRAINE, as_of="2026-03-10"
        )
        assert found.dates.earliest == date(2026, 3, 10)
        assert "expired_override" not in codes(found)

    def test_below_the_previous_products_label(self) -> None:
        short = protocol(retreatment={"kind": "scheduled", "minimum": "4 weeks"})
        before = protocol(id="before", product="Dysport")
        given = {"administered_on": JAN, "indication": "chronic-migraine", "product": "Dysport"}
        found = bs.forecast(
            bs.PatientRecord(sessions=[given], overrides=[override(minimum="6 weeks")]),
            short,
            as_of="2026-02-01",
            other_protocols=[before],
        )
        assert "override_below_label" in codes(found)

    def test_the_longer_usual_range_wins_among_those_of_one_day(self) -> None:
        short = override(minimum=None, usual="13 to 14 weeks", last="2026-12-31")
        long = override(minimum=None, usual="15 to 16 weeks", last="2026-06-30")
        for order in ([short, long], [long, short]):
            found = bs.forecast(record("2026-01-05", overrides=order), MIGRAINE, as_of="2026-02-01")
            assert found.dates.due == date(2026, 4, 20)

    def test_each_figure_is_weighed_by_itself(self) -> None:
        one = override(minimum="14 weeks", usual="15 to 16 weeks")
        other = override(minimum="13 weeks", usual="17 to 18 weeks")
        for order in ([one, other], [other, one]):
            found = bs.forecast(record("2026-01-05", overrides=order), MIGRAINE, as_of="2026-02-01")
            assert found.dates.earliest == date(2026, 4, 13)
            assert found.dates.due == date(2026, 5, 4)

    def test_among_equals_the_order_means_nothing(self) -> None:
        pairs = [
            (override(minimum=None, usual="14 to 15 weeks"), {"usual": "14 to 16 weeks"}),
            (override(minimum="13 weeks"), {"minimum": "91 days"}),
            (override(minimum="13 weeks"), {"authority": "payer"}),
        ]
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        for one, changed in pairs:
            answers = []
            for order in ([one, one | changed], [one | changed, one]):
                found = bs.forecast(
                    record("2026-01-05", overrides=order),
                    MIGRAINE,
                    as_of="2026-02-01",
                    policy=policy,
                )
                answers.append((found.dates, found.reasons))
            assert answers[0] == answers[1]

    def test_one_without_an_end_outlasts_one_with(self) -> None:
        opened = override(minimum="13 weeks", authority="clinician")
        ended = override(minimum="13 weeks", authority="payer", last="2027-01-01")
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        for order in ([opened, ended], [ended, opened]):
            found = bs.forecast(
                record("2026-01-05", overrides=order), MIGRAINE, as_of="2026-02-01", policy=policy
            )
            # The clinician's leaves the payer's minimum, the payer's replaces it.
            assert found.dates.earliest == date(2026, 5, 25)

    def test_one_until_the_end_of_the_calendar(self) -> None:
        found = bs.forecast(
            record("2026-01-05", overrides=[override(last="9999-12-31")]),
            MIGRAINE,
            as_of="2026-02-01",
        )
        assert found.dates.earliest == date(2026, 3, 2)


class TestVersions:
    def book(self, *versions: bs.TreatmentProtocol) -> RuleBook:
        return RuleBook([versions], [], [], bs.SchedulingPolicy(), JAN)

    def version(self, name: str, first: str | None, last: str | None, minimum: str | None) -> Any:
        period = {"first": first, "last": last}
        rule = {"kind": "as_needed", "minimum": minimum, "wording": "as needed"}
        return protocol(version=name, in_force=period, retreatment=rule)

    def test_where_none_is_in_force_the_first_judges(self) -> None:
        old = self.version("1", None, "2020-01-01", "8 weeks")
        older = self.version("0", None, "2010-01-01", "9 weeks")
        assert _version_on([old, older], JAN) is old

    def test_the_newest_is_the_one_that_began_last(self) -> None:
        later = self.version("a", "2025-01-01", None, "8 weeks")
        sooner = self.version("b", "2024-01-01", None, "9 weeks")
        for order in ([later, sooner], [sooner, later]):
            assert _version_on(order, JAN) is later

    def test_the_given_one_stands_for_its_version(self) -> None:
        given = self.version("1", None, None, "8 weeks")
        twin = self.version("1", "2024-01-01", None, "20 weeks")
        found = bs.forecast(record("2026-01-05"), given, as_of="2026-02-01", other_protocols=[twin])
        assert found.dates.earliest == date(2026, 3, 2)

    def test_a_version_without_a_minimum_is_followed_by_one_with(self) -> None:
        book = self.book(
            self.version("1", None, "2026-02-28", None),
            self.version("2", "2026-03-01", None, "12 weeks"),
        )
        assert book.stretches(JAN) == [Stretch(date(2026, 3, 30), None)]

    def test_stretches_that_touch_are_one_until_the_rules_change(self) -> None:
        book = self.book(
            self.version("1", None, "2026-02-28", "1 week"),
            self.version("2", "2026-03-01", "2026-03-31", "2 weeks"),
            self.version("3", "2026-04-01", None, "20 weeks"),
        )
        assert book.stretches(JAN) == [
            Stretch(date(2026, 1, 12), date(2026, 3, 31)),
            Stretch(date(2026, 5, 25), None),
        ]

    def test_the_previous_products_version_of_the_day_judges(self) -> None:
        versions = [
            self.version("1", None, "2026-03-31", "10 weeks"),
            self.version("2", "2026-04-01", None, "20 weeks"),
        ]
        planned = self.version("1", None, None, "4 weeks")
        book = RuleBook([[planned]], [versions], [], bs.SchedulingPolicy(), JAN)
        deciding = [book.on(day).deciding for day in (date(2026, 3, 31), date(2026, 4, 1))]
        assert [minimum and minimum.gives for minimum in deciding] == [
            date(2026, 3, 16),
            date(2026, 5, 25),
        ]
        candidates = candidates_of(book.on(JAN), [])
        assert [(c.rule, c.outcome) for c in candidates] == [
            ("previous product", "decides"),
            ("label", "gives way"),
        ]
        assert candidates[0].protocol == versions[0].ref


class TestResponses:
    def test_windows_that_touch_keep_their_phases(self) -> None:
        own = protocol(response={"onset": "1 to 2 weeks", "peak": "2 to 3 weeks"})
        timeline = bs.response_timeline(JAN, own)
        phases = [
            bs.response_phase(timeline, as_of=day).value
            for day in ("2026-01-18", "2026-01-19", "2026-01-20", "2026-01-26", "2026-01-27")
        ]
        assert phases == ["onset", "peak", "peak", "peak", "not_stated"]

    def test_full_benefit_counts_in_the_policys_months(self) -> None:
        own = protocol(response={"onset": "1 to 2 weeks", "full_benefit": "1 month"})
        days = [
            bs.response_timeline(
                "2026-02-10",
                own,
                course_started_on="2026-01-31",
                policy=bs.SchedulingPolicy(short_month=short_month),
            ).full_benefit_by
            for short_month in bs.ShortMonth
        ]
        assert days == [date(2026, 2, 28), date(2026, 3, 1)]

    def test_the_words_of_refusals(self) -> None:
        timeline = bs.response_timeline(JAN, MIGRAINE)
        with pytest.raises(bs.errors.OrderError) as caught:
            bs.response_phase(timeline, as_of="2026-01-04")
        assert str(caught.value) == (
            "as_of lies before the session; give the session's day or a later one"
        )
        with pytest.raises(bs.errors.OrderError) as caught:
            bs.response_timeline(JAN, MIGRAINE, course_started_on="2026-01-06")
        assert str(caught.value) == (
            "course_started_on lies after administered_on; give an earlier day"
        )
        with pytest.raises(bs.errors.OrderError) as caught:
            bs.check_date(record("2026-01-05"), MIGRAINE, on="2026-01-06", as_of="2026-01-07")
        assert str(caught.value) == "on lies before as_of; give a day from as_of on"

    def test_the_grace_counts_in_the_policys_months(self) -> None:
        own = protocol(retreatment=TWELVE | {"minimum": "30 days", "usual": "30 days"})
        days = [
            bs.due_dates(
                "2026-01-01",
                own,
                bs.SchedulingPolicy(scheduled_grace="1 month", short_month=short_month),
            ).overdue_from
            for short_month in bs.ShortMonth
        ]
        assert days == [date(2026, 3, 1), date(2026, 3, 2)]


class TestLimits:
    def test_a_touch_up_after_the_session_is_not_of_it(self) -> None:
        per_session = {"scope": "product", "per": "session", "units": 400}
        own = protocol(limits=[per_session])
        given = {"indication": "chronic-migraine", "product": "Botox", "units": 100}
        sessions = [
            given | {"administered_on": "2026-01-05"},
            given | {"administered_on": "2026-01-09", "kind": "touch_up"},
        ]
        both = bs.PatientRecord(sessions=sessions)
        checks = bs.check_dose_limits(both, own, on="2026-01-06", units=50, as_of="2026-02-01")
        assert [check.total for check in checks] == [150]
        again = bs.SchedulingPolicy(group_within_days=4)
        checks = bs.check_dose_limits(
            both, own, on="2026-01-06", units=50, as_of="2026-02-01", policy=again
        )
        assert [check.total for check in checks] == [250]

    def test_how_old_a_weight_may_be_is_said(self) -> None:
        by_weight = {"scope": "product", "per": "session", "units_per_kilogram": 8}
        weights = [{"measured_on": "2025-01-01", "kilograms": 30}]
        found = bs.forecast(
            record("2026-01-05", weights=weights), protocol(limits=[by_weight]), as_of="2026-02-01"
        )
        assert messages(found, "stale_weight") == ["the last body weight is more than 180 days old"]


class TestWordsForIntervals:
    def test_units_of_one_kind_add_up(self) -> None:
        assert bs.Interval.parse("1 week + 2 weeks") == bs.Interval(weeks=3)

    def test_texts_have_a_longest_length(self) -> None:
        padded = "12 weeks".ljust(_LONGEST_TEXT)
        assert bs.Interval.parse(padded) == bs.Interval(weeks=12)
        with pytest.raises(bs.errors.IntervalError):
            bs.Interval.parse(padded + " ")
        longest = "3 to 4 months".ljust(2 * _LONGEST_TEXT)
        assert str(bs.IntervalRange.parse(longest)) == "3 to 4 months"
        with pytest.raises(bs.errors.IntervalError):
            bs.IntervalRange.parse(longest + " ")

    def test_a_sum_keeps_its_units_in_a_range(self) -> None:
        ranges = [
            ("12 weeks + 1 day", "100 days", "12 weeks + 1 day to 100 days"),
            ("10 days", "3 months + 5 days", "10 days to 3 months + 5 days"),
        ]
        for first, last, text in ranges:
            assert str(bs.IntervalRange(first=first, last=last)) == text

    def test_beyond_the_calendar(self) -> None:
        with pytest.raises(bs.errors.CalendarRangeError) as caught:
            bs.Interval(weeks=12).after("9999-12-01")
        assert str(caught.value) == (
            "the date would leave the calendar; it must lie in the years 1 to 9999"
        )

    def test_a_rule_that_ends_before_its_minimum(self) -> None:
        own = protocol(in_force={"last": "2026-01-31"})
        after = protocol(
            version="2",
            in_force={"first": "2026-02-01"},
            retreatment={"kind": "as_needed", "wording": "as needed"},
        )
        rules = [
            bs.forecast(record("2026-01-05"), after, as_of=day, other_protocols=[own])
            .reasons["earliest"]
            .rule
            for day in ("2026-01-10", "2026-02-10")
        ]
        assert rules == [
            "the rules in force end before the day that their minimum gives",
            "no label, payer or override states a minimum: as needed",
        ]


class TestFields:
    def test_a_day(self) -> None:
        day: TypeAdapter[Any] = TypeAdapter(Annotated[date, _DaySchema])
        assert day.validate_python("2026-01-05") == day.validate_python(JAN) == JAN
        with pytest.raises(ValidationError) as caught:
            day.validate_python(5)
        fault = caught.value.errors()[0]
        assert fault["type"] == "day"
        assert fault["msg"].endswith("; day_in_zone makes a day of a datetime and a time zone")

    def test_a_product(self) -> None:
        product: TypeAdapter[Any] = TypeAdapter(Annotated[bs.Product, _ProductSchema])
        assert product.validate_python("Botox".rjust(64)) is bs.Product.ONABOTULINUMTOXIN_A
        for wrong in ("Botox".rjust(65), None, 5):
            with pytest.raises(ValidationError):
                product.validate_python(wrong)

    def test_an_interval_of_the_policy(self) -> None:
        assert _interval("2 weeks").get_default(call_default_factory=True) == bs.Interval(weeks=2)


SOURCES = {"leaflet": {"title": "The leaflet", "address": "in the drawer"}}
SOURCE = {
    "key": "leaflet",
    "place": "page 1",
    "verification": "clinic",
    "checked_on": date(2026, 1, 5),
}


class TestProtocolFiles:
    def row(self, **changed: Any) -> dict[str, Any]:
        given = {
            "id": "own",
            "version": "1",
            "region": "us",
            "indication": "chronic-migraine",
            "product": "onabotulinumtoxinA",
            "population": "adult",
            "retreatment": TWELVE,
        }
        return given | changed

    def read(self, *rows: dict[str, Any], codes: Any = (), **tables: Any) -> Any:
        return protocols_in({"protocols": list(rows), **tables}, "own.toml", SOURCES, codes)

    def faults(self, *rows: dict[str, Any], **tables: Any) -> list[str]:
        with pytest.raises(bs.errors.ProtocolFileError) as caught:
            self.read(*rows, **tables)
        return str(caught.value).splitlines()

    def test_figures_are_exact(self) -> None:
        assert tables_in("a = 1.1", "own.toml") == {"a": Decimal("1.1")}

    def test_every_faulty_protocol_is_named(self) -> None:
        nameless = {key: value for key, value in self.row().items() if key != "id"}
        found = self.faults(self.row(population="nobody"), nameless)
        assert found[0].startswith("own.toml: [[protocols]] 1 (own): population: ")
        assert found[1].startswith("own.toml: [[protocols]] 2: id: ")

    def test_limits_of_file_and_protocol_hold_together(self) -> None:
        shared = {"scope": "product", "per": "session", "units": 400, "region": "us"}
        own = {"scope": "indication", "per": "session", "units": 200}
        (found,) = self.read(self.row(limits=[own]), limits=[shared, shared | {"region": "uk"}])
        assert [limit.units for limit in found.limits] == [400, 200]

    def test_codes_of_file_and_protocol_hold_together(self) -> None:
        code = {"system": "CPT", "meaning": "ours", "source": SOURCE}
        given = [
            code | {"code": "1", "product": "onabotulinumtoxinA"},
            code | {"code": "2", "product": "abobotulinumtoxinA"},
            code | {"code": "3", "indications": ["chronic-migraine"]},
            code | {"code": "4", "indications": ["spasticity"]},
            code | {"code": "5", "region": "uk"},
        ]
        (found,) = self.read(self.row(codes=[code | {"code": "own"}]), codes=given)
        assert [one.code for one in found.codes] == ["1", "3", "own"]
        assert {one.source.address for one in found.codes} == {"in the drawer"}

    def test_a_citation_in_part_is_a_fault_and_no_crash(self) -> None:
        for part in ({"place": "page 1"}, {"key": "leaflet"}):
            found = self.faults(self.row(retreatment=TWELVE | {"minimum_source": part}))
            assert all("retreatment.minimum_source" in fault for fault in found)

    def test_an_unknown_source_is_named_where_it_stands(self) -> None:
        unknown = SOURCE | {"key": "hearsay"}
        limit = {"scope": "product", "per": "session", "units": 400}
        found = self.faults(
            self.row(
                retreatment=TWELVE | {"minimum_source": unknown},
                limits=[limit, limit | {"source": unknown}],
            )
        )
        expected = (
            "key: no source is called 'hearsay'; "
            "expected a key of [sources] or of the bundled sources"
        )
        where = "own.toml: [[protocols]] 1 (own): "
        assert found == [
            f"{where}retreatment.minimum_source.{expected}",
            f"{where}limits[2].source.{expected}",
        ]

    def test_also_is_a_list(self) -> None:
        found = self.faults(self.row(retreatment=TWELVE | {"minimum_source": SOURCE | {"also": 5}}))
        assert "also" in found[0]
