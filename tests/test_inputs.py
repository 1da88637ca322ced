"""What users may give to a value; their type checkers read this file as one of their own."""

from datetime import date

import botox_schedule as bs
from botox_schedule import outcomes, planning, protocols


class TestWhatIsTaken:
    """Each input is held as the field says."""

    def test_rows_come_as_any_iterable_and_are_held_as_a_tuple(self) -> None:
        session = bs.TreatmentSession(
            administered_on="2026-01-05",
            indication="chronic-migraine",
            product="onabotulinumtoxinA",
            units=155,
        )
        row = {"administered_on": "2026-04-08", "indication": "chronic-migraine", "product": None}
        given: list[bs.TreatmentSession | dict[str, str | None]] = [session, row]
        for rows in (given, tuple(given), iter(given)):
            sessions = bs.PatientRecord(sessions=rows).sessions
            assert isinstance(sessions, tuple)
            assert [type(held) for held in sessions] == [bs.TreatmentSession] * 2

    def test_numbers_come_as_text_too(self) -> None:
        weights = [
            bs.BodyWeight(measured_on="2026-01-05", kilograms=given) for given in (7.5, "7.5")
        ]
        assert weights[0] == weights[1]

    def test_a_policy_takes_text_for_intervals_and_a_mapping_for_usual(self) -> None:
        chosen = bs.SchedulingPolicy(
            payer_minimum="12 weeks + 1 day",
            payer=[{"sessions": 4, "per": "1 year"}],
            usual={"chronic-migraine": "12 to 13 weeks"},
        )
        pairs = [("chronic-migraine", bs.IntervalRange.parse("12 to 13 weeks"))]
        assert chosen.usual == bs.SchedulingPolicy(usual=pairs).usual
        assert chosen.payer_minimum == bs.Interval(weeks=12, days=1)
        assert isinstance(chosen.payer, tuple)

    def test_a_window_comes_as_a_mapping(self) -> None:
        approved = bs.PriorAuthorization(
            indication="chronic-migraine",
            product="Botox",
            valid={"first": "2026-06-01", "last": "2027-05-31"},
        )
        assert approved.valid.days == 365

    def test_days_come_as_text(self) -> None:
        due = bs.DueDates(earliest="2026-03-30", due="2026-03-30", overdue_from="2026-04-07")
        assert bs.due_status(due, as_of="2026-04-06") is bs.DueStatus.DUE
        assert bs.Window(first="2026-03-30", last=date(2026, 4, 6)).days == 8
        effect = outcomes.SideEffect(name="weakness", first="2026-02-03", last="2026-02-09")
        note = outcomes.ResponseNote(on="2026-03-12", what="onset", session_on="2026-01-05")
        assert (effect.first, note.on) == (date(2026, 2, 3), date(2026, 3, 12))

    def test_a_range_comes_as_two_texts(self) -> None:
        own = bs.IntervalRange(first="12 weeks", last=bs.Interval(weeks=13))
        assert own == bs.IntervalRange.parse("12 to 13 weeks")

    def test_what_becomes_of_a_short_month_comes_as_a_word(self) -> None:
        month = bs.Interval(months=1)
        assert month.after("2026-01-31", short_month="first_of_next") == date(2026, 3, 1)
        assert month.before("2026-03-31", short_month="last_day") == date(2026, 2, 28)
        several = bs.IntervalRange.parse("1 month").after("2026-01-31", short_month="last_day")
        assert several.last == date(2026, 2, 28)

    def test_a_calendar_takes_weekdays_days_and_windows(self) -> None:
        closures: list[bs.Window | date | str | dict[str, str]] = [
            bs.Window(first="2026-12-24", last="2027-01-01"),
            date(2026, 5, 25),
            "2026-05-26",
            {"first": "2026-05-27", "last": "2026-05-28"},
        ]
        calendar = planning.ClinicCalendar(
            open_weekdays=["monday", "tuesday", planning.Weekday.FRIDAY], closures=closures
        )
        days = [f"2026-05-{number}" for number in (22, 25, 26, 28, 29)]
        assert [calendar.is_open(day) for day in days] == [True, False, False, False, True]

    def test_a_diary_takes_rows_and_numbers(self) -> None:
        rows: list[outcomes.DiaryDay | dict[str, str]] = [
            outcomes.DiaryDay(on="2026-01-05", kind="migraine"),
            {"on": "2026-01-06", "kind": "headache"},
        ]
        before = outcomes.Baseline(headache_days=20, migraine_days="12.5")
        diary = outcomes.HeadacheDiary(days=rows, baseline=before)
        january = {"first": "2026-01-01", "last": "2026-01-31"}
        count = outcomes.DiaryCount(
            window=january, recorded_days=2, headache_days=2, migraine_days=1
        )
        assert diary.baseline == before
        assert diary.count(count.window) == count

    def test_scores_take_text_and_numbers(self) -> None:
        tone = outcomes.AshworthAssessment(on="2026-01-05", joint="elbow", score="1+")
        assert tone.score is outcomes.ModifiedAshworth.ONE_PLUS
        goals: list[outcomes.GoalScore | dict[str, int]] = [
            outcomes.GoalScore(weight=2.5, baseline=-1, achieved=0),
            {"baseline": -2},
        ]
        held = outcomes.GoalSet(set_on="2026-01-05", goals=goals).goals
        assert [float(goal.weight) for goal in held] == [2.5, 1]

    def test_a_protocol_takes_text_and_mappings(self) -> None:
        source = {
            "key": "own",
            "place": "page 3",
            "verification": "clinic",
            "checked_on": "2026-01-05",
        }
        rule = protocols.RetreatmentRule(
            kind="scheduled", minimum="12 weeks", minimum_source=source, usual="12 to 13 weeks"
        )
        limit = protocols.DoseLimit(
            scope="product", per="window", windows=[{"window": "12 weeks"}], units=400.5
        )
        own = bs.TreatmentProtocol(
            id="own",
            version="1",
            region="us",
            indication="bruxism",
            product="Botox",
            population="adult",
            in_force={"first": "2026-01-01"},
            ages={"first": 18},
            retreatment=rule,
            response={"onset": "3 to 7 days"},
            limits=[limit],
            codes=[{"system": "own", "code": "1", "meaning": "bruxism"}],
            notes=["made up"],
        )
        assert bs.due_dates("2026-01-05", own).earliest == date(2026, 3, 30)
        assert own == bs.TreatmentProtocol.model_validate(own.model_dump(mode="json"))

    def test_a_response_rule_takes_numbers_and_text(self) -> None:
        criterion = outcomes.ResponseCriterion(
            name="own",
            kind="months_below",
            below_days="14.5",
            months=3,
            source=bs.find_protocol("chronic-migraine").retreatment.minimum_source or {},
        )
        rule = outcomes.ResponseRule(id="own", version="1", title="Own", criteria=[criterion])
        assert rule.criteria[0].below_days == 14.5
