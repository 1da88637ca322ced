"""A value of the wrong type is refused in words that say what to give, in every public function."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import outcomes, planning, tables, testing
from botox_schedule.views.messages import load_messages
from botox_schedule.views.timeline import timeline_svg

MIGRAINE = "chronic-migraine"
RECORD = bs.PatientRecord(
    sessions=[{"administered_on": "2026-01-05", "indication": MIGRAINE, "product": "Botox"}]
)
FORECAST = bs.forecast(RECORD, MIGRAINE, as_of="2026-02-01")
TIMELINE = bs.response_timeline("2026-01-05", MIGRAINE)
INTERVAL, RANGE = bs.Interval.parse("12 weeks"), bs.IntervalRange.parse("3 to 4 months")
SHARED = [MIGRAINE, "spasticity"]
ASKED: dict[str, Any] = {"as_of": "2026-02-01"}
WEAR_OFF: dict[str, Any] = {"definition": "nadir_rise", **ASKED}
NADIR: dict[str, Any] = {"definition": "nadir_rise"}
RULE = outcomes.find_response_rule("nice-ta260")
DIARY, DAY = outcomes.HeadacheDiary(), date(2026, 2, 1)
CASES: list[tuple[str, Callable[[Any], object]]] = [
    ("before", lambda wrong: bs.compare_forecasts(wrong, FORECAST)),
    ("after", lambda wrong: bs.compare_forecasts(FORECAST, wrong)),
    ("dates", lambda wrong: bs.due_status(wrong, as_of="2026-02-01")),
    ("observed", lambda wrong: bs.forecast(RECORD, MIGRAINE, observed=wrong, **ASKED)),
    ("observed", lambda wrong: timeline_svg(RECORD, MIGRAINE, observed=wrong, **ASKED)),
    ("timeline", lambda wrong: bs.response_phase(wrong, as_of="2026-02-01")),
    ("record", lambda wrong: bs.check_date(wrong, MIGRAINE, on="2026-04-01", **ASKED)),
    ("policy", lambda wrong: bs.project(RECORD, MIGRAINE, policy=wrong, **ASKED)),
    ("calendar", lambda wrong: planning.bookable_days(RECORD, MIGRAINE, calendar=wrong, **ASKED)),
    ("calendar", lambda wrong: planning.find_shared_visit(RECORD, SHARED, calendar=wrong, **ASKED)),
    ("calendar", lambda wrong: planning.countdown("2026-02-01", {"a": "1 day"}, calendar=wrong)),
    ("leads", lambda wrong: planning.countdown("2026-02-01", wrong)),
    (
        "planned_units",
        lambda wrong: planning.find_shared_visit(RECORD, SHARED, planned_units=wrong, **ASKED),
    ),
    ("count", outcomes.chronic_migraine_criteria),
    ("window", DIARY.count),
    ("windows", lambda wrong: DIARY.recorded_in([wrong])),
    ("day", DIARY.until),
    ("before", outcomes.ModifiedAshworth("1").steps_from),
    ("diary", lambda wrong: outcomes.weekly_days(wrong, "2026-01-05", "2026-02-01")),
    ("diary", lambda wrong: outcomes.wear_off_across_cycles(wrong, ["2026-01-05"], **WEAR_OFF)),
    ("diary", lambda wrong: outcomes.observed_response(RECORD, MIGRAINE, diary=wrong, **ASKED)),
    (
        "diary",
        lambda wrong: outcomes.assess_response(
            wrong, RECORD, MIGRAINE, rule="nice-ta260", as_of="2026-02-01"
        ),
    ),
    ("notes", lambda wrong: outcomes.observed_response(RECORD, MIGRAINE, notes=[wrong], **ASKED)),
    ("rule", lambda wrong: outcomes.judge_counts(wrong, baseline=20, current=14, cycles=2)),
    ("results", lambda wrong: outcomes.decide([wrong])),
    ("timeline", lambda wrong: outcomes.ashworth_change([], wrong)),
    ("assessments", lambda wrong: outcomes.ashworth_change([wrong], TIMELINE)),
    ("goals", outcomes.goal_attainment),
    ("timeline", lambda wrong: outcomes.place_side_effects([], [wrong])),
    ("effects", lambda wrong: outcomes.place_side_effects([wrong], [TIMELINE])),
    ("placed", lambda wrong: outcomes.side_effect_counts([wrong])),
    ("columns", lambda wrong: tables.read_sessions(b"MRN,DOS\n", columns=wrong)),
    ("other", bs.Window(first="2026-01-05", last="2026-01-06").intersection),
    ("short_month", lambda wrong: INTERVAL.after("2026-01-05", short_month=wrong)),
    ("short_month", lambda wrong: INTERVAL.before("2026-01-05", short_month=wrong)),
    ("short_month", lambda wrong: RANGE.after("2026-01-05", short_month=wrong)),
    ("language", lambda wrong: timeline_svg(RECORD, MIGRAINE, language=wrong, **ASKED)),
]
"""The name of the input, and a call with it."""


def report(*rows: Any, **options: Any) -> object:
    """The report of a clinic, where what writes pages is installed."""
    pages = pytest.importorskip("botox_schedule.views.report")
    return pages.report_html(*rows, **ASKED, **options)


def events(**options: Any) -> object:
    """The events of a calendar, where what writes them is installed."""
    ical = pytest.importorskip("botox_schedule.ical")
    return ical.events_from_record(RECORD, MIGRAINE, key="k", **ASKED, **options)


@pytest.mark.parametrize(("name", "call"), CASES)
@pytest.mark.parametrize("wrong", [5, ["mon"], object()], ids=["number", "list", "object"])
def test_is_named_with_what_to_give(
    name: str, call: Callable[[Any], object], wrong: object
) -> None:
    with pytest.raises((TypeError, bs.BotoxScheduleError), match=rf"{name}: give "):
        call(wrong)


@pytest.mark.parametrize("wrong", [5, None, object()])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("sizes", lambda wrong: planning.fewest_vials(155, "Botox", sizes=wrong)),
        ("protocols", lambda wrong: planning.find_shared_visit(RECORD, wrong, **ASKED)),
        ("notes", lambda wrong: outcomes.observed_response(RECORD, MIGRAINE, notes=wrong, **ASKED)),
        ("protocols", lambda wrong: timeline_svg(RECORD, wrong, **ASKED)),
        ("assessments", lambda wrong: outcomes.ashworth_change(wrong, TIMELINE)),
        ("results", outcomes.decide),
        ("effects", lambda wrong: outcomes.place_side_effects(wrong, [TIMELINE])),
        ("timelines", lambda wrong: outcomes.place_side_effects([], wrong)),
        ("placed", outcomes.side_effect_counts),
        ("weeks", lambda wrong: outcomes.wear_off(wrong, administered_on="2026-01-05", **NADIR)),
        (
            "sessions",
            lambda wrong: outcomes.wear_off_across_cycles(DIARY, wrong, as_of=DAY, **NADIR),
        ),
        (
            "months",
            lambda wrong: outcomes.judge_counts(
                RULE, baseline=20, current=14, cycles=2, months=wrong
            ),
        ),
        (
            "failures",
            lambda wrong: outcomes.assess_response(
                DIARY, RECORD, MIGRAINE, rule="lcd-l34635", failures=wrong, **ASKED
            ),
        ),
        ("rows", report),
        ("problems", lambda wrong: report([], problems=wrong)),
        ("gaps", lambda wrong: testing.record_from_gaps(wrong, starts_on=DAY)),
        ("alarms", lambda wrong: events(alarms=wrong)),
    ],
)
def test_what_is_no_list_is_named(name: str, call: Callable[[Any], object], wrong: Any) -> None:
    with pytest.raises(TypeError, match=rf"{name}: give "):
        call(wrong)


@pytest.mark.parametrize("wrong", [5, None, object()])
def test_a_country_is_a_code(wrong: Any) -> None:
    pytest.importorskip("holidays", reason="the extra 'holidays' is not installed")
    with pytest.raises(planning.UnknownCountryError, match="give codes such as 'US'"):
        planning.ClinicCalendar.for_country(wrong)


@pytest.mark.parametrize("wrong", [5, ["2026-01-05"], object()])
def test_the_inputs_of_a_calendar_file_are_named(wrong: Any) -> None:
    ical = pytest.importorskip("botox_schedule.ical.file", reason="the extra 'ical' is missing")
    stamp: dict[str, Any] = {"stamped_at": datetime(2026, 2, 1, tzinfo=UTC)}
    with pytest.raises(TypeError, match="events: give a list of events"):
        ical.ical_from_events(wrong, **stamp)
    for name in ("previous", "refresh_every", "name", "color", "source"):
        with pytest.raises(TypeError, match=f"{name}: give "):
            ical.ical_from_events([], **stamp, **{name: wrong})


def test_the_missing_moment_of_pandas_stamps_no_file() -> None:
    ical = pytest.importorskip("botox_schedule.ical.file", reason="the extra 'ical' is missing")
    missing = pytest.importorskip("pandas").NaT
    with pytest.raises(bs.errors.DayError, match="stamped_at: give an aware datetime"):
        ical.ical_from_events([], stamped_at=missing)


def test_a_text_is_no_list() -> None:
    with pytest.raises(TypeError, match="sizes: give a list"):
        planning.fewest_vials(155, "Botox", sizes="55")
    with pytest.raises(TypeError, match="rows: give a list"):
        report("x")
    with pytest.raises(TypeError, match="weeks: give a list"):
        outcomes.wear_off("5432", administered_on="2026-01-05", **NADIR)


def test_a_mapping_is_no_list_of_its_keys() -> None:
    """One vial of 50 and one of 100 would be any number of each, and weeks the days in them."""
    with pytest.raises(TypeError, match="sizes: give a list"):
        planning.fewest_vials(155, "Botox", sizes={50: 1, 100: 1})
    days: Any = {1: 20, 2: 19}
    with pytest.raises(TypeError, match="weeks: give a list"):
        outcomes.wear_off(days, administered_on="2026-01-05", **NADIR)
    rule = outcomes.find_response_rule("nice-ta260")
    with pytest.raises(TypeError, match="months: give a list"):
        outcomes.judge_counts(rule, baseline=20, current=10, cycles=2, months=days)


@pytest.mark.parametrize("wrong", [5, None, b"clinic.toml", ["clinic.toml"]])
@pytest.mark.parametrize("load", [bs.load_protocols, outcomes.load_response_rules, load_messages])
def test_a_path_is_the_name_of_a_file(load: Callable[[Any], object], wrong: object) -> None:
    with pytest.raises(TypeError, match="path: give the name of a file"):
        load(wrong)


@pytest.mark.parametrize("wrong", [5, ["dmy"], b"dmy"])
def test_a_file_is_read_by_a_pattern_and_an_encoding_in_words(wrong: Any) -> None:
    diary, sessions = b"date;kind\n2026-01-05;none\n", b"MRN,DOS\n1,2026-01-05\n"
    for read, file in ((outcomes.read_diary, diary), (tables.read_sessions, sessions)):
        with pytest.raises(bs.BotoxScheduleError, match=r"date.format.+pattern"):
            read(file, date_format=wrong)
        with pytest.raises(bs.BotoxScheduleError, match="give another encoding"):
            read(file, encoding=wrong)


@pytest.mark.parametrize("wrong", ["no", 0, None])
def test_what_is_neither_true_nor_false_is_refused(wrong: Any) -> None:
    """A text such as ``no`` would count as true: no line of a claim."""
    with pytest.raises(TypeError, match="pharmacy_supplied: give True or False"):
        planning.fewest_vials(155, "Botox", pharmacy_supplied=wrong)
    with pytest.raises(TypeError, match="carries_over: give True or False"):
        outcomes.adherence(RECORD, MIGRAINE, carries_over=wrong, **ASKED)


def test_an_age_takes_days_in_any_form() -> None:
    assert bs.dates.age_on("2008-02-29", "2026-02-28") == 17
    with pytest.raises(bs.errors.DayError, match="born_on: give a date"):
        bs.dates.age_on(datetime(2008, 2, 29), DAY)  # noqa: DTZ001 - what is refused


def test_a_calendar_is_asked_for_a_day_in_any_form() -> None:
    calendar = planning.ClinicCalendar(closures=["2026-01-05"])
    assert [calendar(day) for day in ("2026-01-05", date(2026, 1, 6))] == [False, True]
    for wrong in (5, "monday", datetime(2026, 1, 6)):  # noqa: DTZ001 - what is refused
        with pytest.raises(bs.errors.DayError, match="give a date"):
            calendar(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["2", 2.0, True, None])
def test_an_interval_is_taken_a_whole_number_of_times(wrong: Any) -> None:
    assert INTERVAL.times(-2) == bs.Interval(weeks=-24)
    with pytest.raises(bs.errors.CountError, match="count: give a whole number"):
        INTERVAL.times(wrong)


def test_the_panel_names_what_is_no_list_and_no_number() -> None:
    panel, pl = pytest.importorskip("botox_schedule.panel"), pytest.importorskip("polars")
    asked = {**ASKED, "holds": None, "care_ends": None}
    sessions = pl.DataFrame({"patient": [], "administered_on": [], "indication": [], "product": []})
    with pytest.raises(TypeError, match="by: give a column"):
        panel.adherence(sessions, by=5, **ASKED)
    with pytest.raises(TypeError, match="delays: give a list"):
        panel.simulate(sessions, seed=1, delays=5, **asked)
    wrong: Any
    for wrong in ("", [], False):
        with pytest.raises(bs.errors.CountError, match="capacity: give a whole number"):
            panel.workload(sessions, capacity=wrong, **asked)
        with pytest.raises(bs.errors.CountError, match="capacity: give a whole number"):
            panel.simulate(sessions, seed=1, capacity=wrong, **asked)


@pytest.mark.parametrize("wrong", [["mon"], "mon", 5])
def test_the_days_of_a_clinic_are_asked_of_a_function(wrong: Any) -> None:
    panel, pl = pytest.importorskip("botox_schedule.panel"), pytest.importorskip("polars")
    asked = {**ASKED, "holds": None, "care_ends": None, "is_open": wrong}
    sessions = pl.DataFrame({"patient": [], "administered_on": [], "indication": [], "product": []})
    with pytest.raises(TypeError, match="is_open: give a ClinicCalendar, or a function of a day"):
        panel.worklist(sessions, **asked)
    with pytest.raises(TypeError, match="is_open: give a ClinicCalendar, or a function of a day"):
        panel.simulate(sessions, seed=1, **asked)


HOLD = bs.Hold(first="2026-01-05", reason="infection")


@pytest.mark.parametrize(
    ("model", "name", "row"),
    [
        (bs.PatientRecord, "holds", HOLD),
        (bs.SchedulingPolicy, "payer", bs.PayerRule(sessions=4)),
        (bs.SchedulingPolicy, "payer", {"sessions": 4}),
        (bs.SchedulingPolicy, "payer", None),
        (bs.SchedulingPolicy, "other_indications", "bruxism"),
        (planning.ClinicCalendar, "closures", bs.Window(first="2026-01-05", last="2026-01-06")),
        (outcomes.HeadacheDiary, "days", outcomes.DiaryDay(on="2026-01-05", kind="none")),
    ],
)
def test_one_row_without_a_list_is_refused_in_one_sentence(
    model: Callable[..., object], name: str, row: object
) -> None:
    """Its fields were taken for rows: there was an error for each."""
    with pytest.raises(ValueError, match=rf"{name}\n  give a list") as caught:
        model(**{name: row})
    assert "1 validation error" in str(caught.value)


def test_a_usual_range_belongs_to_an_indication() -> None:
    with pytest.raises(ValueError, match="usual\n  Value error, give ranges by indication"):
        bs.SchedulingPolicy(usual="12 weeks")  # type: ignore[arg-type]


def test_days_away_are_days() -> None:
    with pytest.raises(TypeError, match="away: give days and windows"):
        planning.bookable_days(RECORD, MIGRAINE, away=5, as_of="2026-02-01")  # type: ignore[arg-type]


def test_one_treatment_is_no_shared_visit_by_its_name_alone() -> None:
    for one in (MIGRAINE, bs.find_protocol(MIGRAINE)):
        with pytest.raises(bs.errors.BotoxScheduleError, match="needs two or more treatments"):
            planning.find_shared_visit(RECORD, one, as_of="2026-02-01")  # type: ignore[arg-type]


def test_known_indications_are_a_list_of_names() -> None:
    with pytest.raises(bs.errors.BotoxScheduleError, match="indications: give a list of names"):
        tables.read_sessions(b"MRN,DOS\n", indications="bruxism")


def test_a_diary_is_read_from_bytes_and_from_nothing_that_cannot_be_read() -> None:
    assert outcomes.read_diary(b"date,kind\n2026-01-05,none\n").taken == 1
    with pytest.raises(TypeError, match="source: give a path, bytes or an open file"):
        outcomes.read_diary(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["products", "indications"])
@pytest.mark.parametrize("wrong", [{"X1": "Botox"}, {"http://x|X1": "Botox"}, "Botox", ["X1"]])
def test_a_clinics_own_codes_have_their_system(name: str, wrong: object) -> None:
    """A code of two letters was taken for a system and a code, and found nothing."""
    fhir = pytest.importorskip("botox_schedule.fhir")
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": []}
    with pytest.raises(bs.BotoxScheduleError, match=f"{name}: give names by system and code"):
        fhir.records_from_bundle(bundle, zone="UTC", **{name: wrong})


@pytest.mark.parametrize("per", ["calendar year", "Calendar-Year", "calendar_year"])
def test_a_payers_period_may_be_a_calendar_year(per: str) -> None:
    assert bs.PayerRule(sessions=4, per=per).per == "calendar_year"


@pytest.mark.parametrize("per", ["yearly", 5, None])
def test_another_period_is_refused_in_one_sentence(per: Any) -> None:
    with pytest.raises(ValueError, match="give 'calendar_year', or an interval such as") as caught:
        bs.PayerRule(sessions=4, per=per)
    assert "1 validation error" in str(caught.value)


@pytest.mark.parametrize("answer", ["closed", None, 1, []])
def test_a_clinic_that_is_neither_open_nor_closed_is_refused(answer: object) -> None:
    told = "give a function that returns True or False for a day"

    def calendar(_: date) -> Any:
        return answer

    with pytest.raises(TypeError, match=f"calendar: {told}"):
        planning.first_bookable_day(RECORD, MIGRAINE, calendar=calendar, **ASKED)
    with pytest.raises(TypeError, match=f"predicate: {told}"):
        planning.ClinicCalendar(predicate=calendar).is_open("2026-01-05")


def test_the_panel_asks_for_days_a_function_that_answers() -> None:
    panel, pl = pytest.importorskip("botox_schedule.panel"), pytest.importorskip("polars")
    row = {"patient": "p", "administered_on": "2026-01-05", "indication": "spasticity"}
    sessions = pl.DataFrame([{**row, "product": "Botox"}])
    asked: dict[str, Any] = {**ASKED, "holds": None, "care_ends": None}
    told = "is_open: give a function that returns True or False"
    with pytest.raises(TypeError, match=told):
        panel.simulate(sessions, seed=1, is_open=lambda _: "closed", **asked)
    with pytest.raises(TypeError, match=told):
        panel.worklist(sessions, is_open=lambda _: "closed", **asked)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"payer_minimun": "12 weeks"}, "no field has this name; give payer_minimum"),
        ({"payer": [{"minimun": "12 weeks"}]}, "no field has this name; give minimum"),
        ({"maximum": "12 weeks"}, "no field has this name; give some of payer_minimum, payer, "),
    ],
)
def test_an_unknown_field_of_a_policy_shows_the_nearest(fields: Any, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        bs.SchedulingPolicy(**fields)
    (fault,) = caught.value.errors()
    assert fault["msg"].startswith(told)
    assert fault["loc"][-1] in {*fields, "minimun"}
