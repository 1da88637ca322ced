"""What fields take and refuse, and what values say of themselves."""

from collections.abc import Callable
from datetime import date, datetime
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule import outcomes as out
from botox_schedule.errors import UNKNOWN_KEY
from botox_schedule.protocols import ProtocolSet
from botox_schedule.protocols.catalog import region_named
from botox_schedule.protocols.indications import Indication, ProductName
from botox_schedule.testing import record_from_gaps
from botox_schedule.values import Value
from samples import ARM, GIVEN, LEG, MIGRAINE, protocol, record

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)
EMPTY = out.HeadacheDiary()


class TestDays:
    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (5, "an int is not a calendar day"),
            (5.0, "a float is not a calendar day"),
            (None, "a NoneType is not a calendar day"),
            (
                datetime(2026, 1, 5),  # noqa: DTZ001 - it is refused
                "a datetime is not a calendar day; day_in_zone(moment, 'America/Los_Angeles') makes a day of an aware one",
            ),
            ("x", "this text is not in that form"),
        ],
    )
    def test_what_is_none_is_named(self, value: Any, message: str) -> None:
        with pytest.raises(bs.errors.DayError) as caught:
            bs.due_dates(value, MIGRAINE)
        expected = "administered_on: give a date, or text such as '2026-01-05' (YYYY-MM-DD); "
        assert str(caught.value) == expected + message

    @pytest.mark.parametrize(
        ("call", "name"),
        [
            (
                lambda: out.assess_response(EMPTY, one, MIGRAINE, rule="nice-ta260", as_of="x"),
                "as_of",
            ),
            (
                lambda: out.response_review_dates(one, MIGRAINE, rule="nice-ta260", as_of="x"),
                "as_of",
            ),
            (lambda: out.weekly_days(EMPTY, "x", "2026-01-05"), "administered_on"),
            (lambda: out.weekly_days(EMPTY, "2026-01-05", "x"), "last"),
            (
                lambda: out.wear_off([1], definition="nadir_rise", administered_on="x"),
                "administered_on",
            ),
            (
                lambda: out.wear_off_across_cycles(EMPTY, [], definition="nadir_rise", as_of="x"),
                "as_of",
            ),
            (lambda: out.adherence(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.forecast(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.check_date(one, MIGRAINE, on="x", as_of="2026-01-05"), "on"),
            (lambda: bs.check_date(one, MIGRAINE, on="2026-01-05", as_of="x"), "as_of"),
            (lambda: bs.project(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.treatment_cycles(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: bs.exposure(one, product="Botox", window="12 weeks", on="x"), "on"),
            (
                lambda: bs.exposure(
                    one, product="Botox", window="12 weeks", on="2026-01-05", as_of="x"
                ),
                "as_of",
            ),
            (lambda: bs.check_dose_limits(one, MIGRAINE, on="x"), "on"),
            (lambda: bs.check_dose_limits(one, MIGRAINE, on="2026-01-05", as_of="x"), "as_of"),
            (lambda: bs.find_protocol("chronic-migraine", on="x"), "on"),
            (lambda: bs.project_dates("x", MIGRAINE), "administered_on"),
            (lambda: bs.response_timeline("x", MIGRAINE), "administered_on"),
            (lambda: bs.response_timeline("2026-01-05", MIGRAINE, "x"), "course_started_on"),
            (lambda: bs.due_status(bs.due_dates("2026-01-05", MIGRAINE), as_of="x"), "as_of"),
            (
                lambda: bs.response_phase(bs.response_timeline("2026-01-05", MIGRAINE), as_of="x"),
                "as_of",
            ),
        ],
    )
    def test_each_argument_is_named(self, call: Callable[[], object], name: str) -> None:
        with pytest.raises(bs.errors.DayError, match=f"^{name}: give a date"):
            call()

    @pytest.mark.parametrize(
        ("moment", "zone", "message"),
        [
            (5, "UTC", "moment: give an aware datetime"),
            (
                datetime(2026, 1, 5),  # noqa: DTZ001
                "UTC",
                "moment: give an aware datetime; this one has no time zone",
            ),
            (
                datetime.fromisoformat("2026-01-05T00:00:00Z"),
                "Mars",
                "zone: give an IANA name such as 'America/Los_Angeles', or a tzinfo",
            ),
        ],
    )
    def test_a_moment_and_its_zone(self, moment: Any, zone: str, message: str) -> None:
        with pytest.raises(bs.errors.DayError) as caught:
            bs.day_in_zone(moment, zone)
        assert str(caught.value) == message


class TestFields:
    def test_a_day(self) -> None:
        day: TypeAdapter[Any] = TypeAdapter(bs.dates.Day)
        assert day.validate_python("2026-01-05") == day.validate_python(JAN) == JAN
        with pytest.raises(ValidationError) as caught:
            day.validate_python(5)
        fault = caught.value.errors()[0]
        assert fault["type"] == "day"
        assert fault["msg"].endswith("an int is not a calendar day")

    def test_a_product(self) -> None:
        product: TypeAdapter[Any] = TypeAdapter(ProductName)
        assert product.validate_python("Botox".rjust(200)) is bs.Product.ONABOTULINUMTOXIN_A
        for wrong in ("Botox".rjust(201), None, 5):
            with pytest.raises(ValidationError):
                product.validate_python(wrong)

    def test_an_interval_of_the_policy(self) -> None:
        assert bs.SchedulingPolicy().as_needed_grace == bs.Interval(weeks=4)


class TestValues:
    def test_the_schemas_of_intervals_and_products(self) -> None:
        assert TypeAdapter(bs.Interval).json_schema() == {
            "type": "string",
            "title": "Interval",
            "examples": ["12 weeks", "3 months"],
        }
        assert TypeAdapter(bs.IntervalRange).json_schema() == {
            "type": "string",
            "title": "IntervalRange",
            "examples": ["3 to 4 months"],
        }
        assert TypeAdapter(ProductName).json_schema() == {
            "type": "string",
            "examples": [product.value for product in bs.Product],
        }

    def test_a_source_says_what_it_has(self) -> None:
        bare: dict[str, Any] = {
            "key": "k",
            "place": "p",
            "verification": "clinic",
            "checked_on": "2026-01-05",
        }
        assert str(bs.protocols.SourceRef(**bare)) == "k, p (clinic; checked 2026-01-05)"
        whole = bs.protocols.SourceRef(**bare, title="T", quote="q", basis="b")
        assert str(whole) == 'T, p, "q" (clinic, b; checked 2026-01-05)'

    def test_a_limit_says_what_it_has(self) -> None:
        def limit(**figures: int) -> str:
            return str(
                bs.protocols.DoseLimit.model_validate(
                    {"scope": "product", "per": "session", **figures}
                )
            )

        assert limit(units=400) == "400 U per session, product"
        assert limit(units_per_kilogram=6) == "6 U/kg per session, product"
        assert limit(units=400, units_per_kilogram=6) == "400 U or 6 U/kg per session, product"

    def test_a_limit_in_a_sentence_says_how_long_a_dose_counts(self) -> None:
        product_wide = MIGRAINE.limits[0]
        assert product_wide.in_words() == "400 U within 12 weeks or 3 months over all indications"
        given = record_from_gaps([], starts_on=JAN, units=300)
        check = bs.check_date(given, MIGRAINE, on="2026-03-29", as_of=JAN, planned_units=155)
        (told,) = (f.message for f in check.findings if f.code == "limit_exceeded")
        assert told == "the units exceed the limit of 400 U within 12 weeks over all indications"

    def test_a_reason_says_what_it_has(self) -> None:
        bare = bs.engine.DayReason(code="allowed", rule="a rule")
        assert str(bare) == "allowed: a rule"
        source = bs.protocols.SourceRef(
            key="k", place="p", verification="clinic", checked_on="2026-01-05"
        )
        whole = bs.engine.DayReason(
            code="allowed", rule="a rule", source=source, protocol=MIGRAINE.ref
        )
        assert str(whole) == (
            "allowed: a rule\n  source: k, p (clinic; checked 2026-01-05)\n"
            f"  protocol: {MIGRAINE.ref}"
        )

    def test_a_session_says_nothing(self) -> None:
        assert repr(one.sessions[0]) == str(one.sessions[0]) == "TreatmentSession(...)"

    def test_windows_that_touch_share_a_day(self) -> None:
        left = bs.Window(first=date(2026, 1, 1), last=date(2026, 1, 5))
        right = bs.Window(first=date(2026, 1, 5), last=date(2026, 1, 9))
        assert left.intersection(right) == bs.Window(first=date(2026, 1, 5), last=date(2026, 1, 5))

    def test_findings_are_raised_with_their_sentences(self) -> None:
        later = record_from_gaps([84], starts_on=date(2026, 1, 5), units=155)
        with pytest.raises(bs.FindingsError) as caught:
            bs.forecast(later, MIGRAINE, as_of="2026-02-01", strict=True)
        assert caught.value.message == "the record has findings to review today"
        assert [str(error) for error in caught.value.exceptions] == [
            (
                "future_completed_session: a completed session is dated after the day of the "
                "question; it is left out"
            )
        ]

    def test_a_check_says_no_in_words(self) -> None:
        check = bs.check_date(one, MIGRAINE, on="2026-04-01", as_of="2026-04-01")
        assert check.explain().splitlines()[0] == "2026-04-01: the day is not allowed"

    def test_citations_have_titles_and_addresses(self) -> None:
        (rule, *_) = (r for r in out.bundled_response_rules() if r.id == "nice-ta260")
        source = rule.criteria[0].source
        assert source.title
        assert source.address

    @pytest.mark.parametrize(
        ("system", "code", "known"),
        [("HCPCS", "J0585", True), ("RxNorm", "1712", True), ("ICD-10-CM", "G43.709", False)],
    )
    def test_a_code_of_a_toxin_is_one(self, system: str, code: str, known: bool) -> None:
        assert bs.protocols.names_toxin(system, code) is known
        with pytest.raises(bs.errors.UnknownCodeSystemError):
            bs.find_indication("a system nobody knows", code)


class TestWordsForIntervals:
    def test_units_of_one_kind_add_up(self) -> None:
        assert bs.Interval.parse("1 week + 2 weeks") == bs.Interval(weeks=3)

    def test_texts_have_a_longest_length(self) -> None:
        padded = "12 weeks".ljust(100)
        assert bs.Interval.parse(padded) == bs.Interval(weeks=12)
        with pytest.raises(bs.errors.IntervalError):
            bs.Interval.parse(padded + " ")
        longest = "3 to 4 months".ljust(2 * 100)
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
            "no minimum and no usual range are recorded here: as needed",
        ]


EXTRAS = {".fhir": "fhir.resources", ".ical": "icalendar"}
PACKAGES = ["", ".dates", ".engine", ".outcomes", ".planning", ".protocols", ".records", *EXTRAS]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_field_is_described_without_an_example(name: str) -> None:
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name], reason="an extra is not installed")
    package = import_module(f"botox_schedule{name}")
    public = [getattr(package, each) for each in package.__all__]
    models = [m for m in public if isinstance(m, type) and issubclass(m, BaseModel)]
    # A calendar may hold a function, of which there is no schema.
    schemas = [m.model_json_schema(mode="serialization") for m in models]
    parts = [part for schema in schemas for part in (schema, *schema.get("$defs", {}).values())]
    fields = [(p["title"], *each) for p in parts for each in p.get("properties", {}).items()]
    assert [where for *where, field in fields if not field.get("description")] == []
    assert not any(">>>" in words.get("description", "") for words in parts)


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

    def test_a_product_is_a_text(self) -> None:
        for given in (b"Botox", None):
            with pytest.raises(ValidationError, match="not a product"):
                protocol(product=given)

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


class TestFieldsOfRecords:
    @pytest.mark.parametrize("name", ["Chronic Migraine", "-a", "a-", "a--b", "x" * 65])
    def test_an_indication_is_a_slug(self, name: str) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Indication).validate_python(name)
        (fault,) = caught.value.errors()
        assert fault["type"] == "slug_pattern_mismatch"
        assert all(word in fault["msg"] for word in ("'chronic-migraine'", "find_protocol(name)"))

    @pytest.mark.parametrize("given", [None, b"Botox", "toxin", f"Botox{' ' * 196}"])
    def test_a_product_is_a_short_text_that_names_one(self, given: Any) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(ProductName).validate_python(given)
        (fault,) = caught.value.errors()
        assert fault["type"] == "product"
        assert "onabotulinumtoxinA" in fault["msg"]
        assert TypeAdapter(ProductName).validate_python(f"Botox{' ' * 195}")

    def test_the_order_of_usual_ranges_does_not_matter(self) -> None:
        pairs = [(ARM, "12 weeks"), (LEG, "13 weeks")]
        assert bs.SchedulingPolicy(usual=pairs) == bs.SchedulingPolicy(usual=pairs[::-1])

    def test_a_policy_without_choices_has_these_intervals(self) -> None:
        own = bs.SchedulingPolicy()
        stated = (own.validity_tolerance, own.scheduled_grace, own.as_needed_grace)
        assert [str(each) for each in stated] == ["0 days", "7 days", "4 weeks"]
        assert str(own.hold_review_after) == "4 weeks"
