"""The picture of cycles: what it shows, that it is whole, and that nothing of a patient leaks."""

import locale
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule.engine import ObservedDays, ObservedResponse
from botox_schedule.testing import days, policies, protocols, record_from_gaps, records
from botox_schedule.views import chart, notebook
from botox_schedule.views.chart import Band, Chart, Lane, Line, Mark, draw
from botox_schedule.views.markup import clean, escaped
from botox_schedule.views.messages import bundled_messages
from botox_schedule.views.timeline import timeline_svg
from made_up import MIGRAINE

SVG = "{http://www.w3.org/2000/svg}"
one = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)
MONTHS = bundled_messages("en").words["months_short"].split()
AS_NEEDED = bs.TreatmentProtocol(
    id="own-bladder",
    version="1",
    region="us",
    indication="overactive-bladder",
    product="Botox",
    population="adult",
    retreatment={
        "kind": "as_needed",
        "minimum": "12 weeks",
        "typical": "169 days",
        "typical_statistic": "median to the next request",
    },
    response={
        "onset": "2 to 3 weeks",
        "wear_off": "18 to 26 weeks",
        "wear_off_for_whom": "some",
        "wear_off_share": "90 of 143",
    },
)
OWN_DAYS = ObservedDays(
    days=(68, 70, 72, 75),
    median=Decimal(71),
    smallest=68,
    largest=75,
    definition="first worse week",
    left_out=0,
)
OBSERVED = ObservedResponse(wear_off=OWN_DAYS)


def titles(svg: str) -> list[str]:
    """What a pointer shows, in order."""
    root = ET.fromstring(svg)
    return [
        str(title.text) for group in root.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")
    ]


def texts(svg: str) -> list[str]:
    """What is written, in order."""
    return [str(text.text) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def record(**fields: Any) -> bs.PatientRecord:
    return bs.PatientRecord.model_validate({"sessions": one.sessions, **fields})


def session(day: str, **more: Any) -> dict[str, Any]:
    return {"administered_on": day, "indication": "chronic-migraine", "product": "Botox", **more}


def bladder() -> bs.PatientRecord:
    return record_from_gaps([], starts_on=date(2026, 1, 5), indication="overactive-bladder")


class TestTimeline:
    def test_shows_session_response_due_and_today(self) -> None:
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20")
        assert titles(svg) == [
            "due: 2026-03-30 to 2026-04-06",
            "onset: 2026-01-19 to 2026-01-26, cycle 1",
            "wear-off: 2026-03-02 to 2026-03-30, cycle 1",
            "overdue: from 2026-04-07 on",
            "as of 2026-02-20",
            "cycle 1: 2026-01-05, first",
        ]

    def test_a_page_from_right_to_left_does_not_turn_it(self) -> None:
        # There the words would begin at their right end and cover the drawing.
        assert '<svg xmlns="http://www.w3.org/2000/svg" direction="ltr" ' in timeline_svg(
            one, MIGRAINE, as_of="2026-02-20"
        )

    def test_words_from_right_to_left_keep_their_order_around_a_product(self) -> None:
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20")
        (ruled,) = re.findall(r"\.(c\w+ink)\{unicode-bidi:plaintext\}", svg)
        assert f'<text class="{ruled}" ' in svg

    def test_a_name_takes_the_protocol_of_what_was_given(self) -> None:
        bundled = bs.find_protocol("chronic-migraine")
        assert timeline_svg(one, "chronic-migraine", as_of="2026-02-20") == timeline_svg(
            one, [bundled], as_of="2026-02-20"
        )

    def test_says_what_it_shows_to_those_who_do_not_see_it(self) -> None:
        root = ET.fromstring(timeline_svg(one, MIGRAINE, as_of="2026-02-20", title="My cycles"))
        assert root.get("role") == "img"
        named = {element.get("id"): element.text for element in root}
        first, second = (named[key] for key in str(root.get("aria-labelledby")).split())
        assert first == "My cycles"
        assert second == (
            "chronic migraine, onabotulinumtoxinA: too early; cycle 1: 2026-01-05, first; "
            "due: 2026-03-30 to 2026-04-06; overdue: from 2026-04-07 on."
        )

    @pytest.mark.parametrize(
        ("as_of", "words"),
        [
            ("2026-03-29", "too early"),
            ("2026-03-30", "due"),
            ("2026-04-07", "overdue"),
            ("2026-06-22", "long past the usual interval"),
        ],
    )
    def test_the_status_is_said_in_words(self, as_of: str, words: str) -> None:
        assert f"chronic migraine, onabotulinumtoxinA: {words}" in texts(
            timeline_svg(one, MIGRAINE, as_of=as_of)
        )

    def test_early_and_late_sessions_have_shapes_of_their_own(self) -> None:
        given = record_from_gaps([70, 100], starts_on=date(2025, 6, 2))
        svg = timeline_svg(given, MIGRAINE, as_of="2025-12-20")
        assert [t for t in titles(svg) if t.startswith("cycle")] == [
            "cycle 1: 2025-06-02, first",
            "cycle 2: 2025-08-11, early by 14 days",
            "cycle 3: 2025-11-19, late by 16 days",
        ]
        assert {"session", "early session", "late session"} <= set(texts(svg))

    @pytest.mark.parametrize(("language", "words"), [("en", "early by 1 day"), ("es", ": 1 día")])
    def test_one_day_is_one_day(self, language: str, words: str) -> None:
        given = record_from_gaps([83], starts_on=date(2025, 6, 2))
        svg = timeline_svg(given, MIGRAINE, as_of="2025-12-20", language=language)
        assert any(title.endswith(words) for title in titles(svg))

    def test_a_cycle_in_two_parts_names_both_days(self) -> None:
        given = record(sessions=[session("2026-01-05"), session("2026-01-07")])
        assert "cycle 1: 2026-01-05 and 2026-01-07, first" in titles(
            timeline_svg(given, MIGRAINE, as_of="2026-02-20")
        )

    def test_bookings_touch_ups_and_holds_are_shown_those_ahead_too(self) -> None:
        given = record(
            sessions=[
                session("2026-01-05"),
                session("2026-01-19", kind="touch_up"),
                session("2026-04-13", status="booked"),
                session("2026-07-13", status="booked"),
                session("2026-05-13", status="cancelled"),
                session("2026-06-13", kind="touch_up"),
            ],
            holds=[
                {"first": "2026-02-01", "last": "2026-02-10", "reason": "Smith"},
                {"first": "2026-05-15", "last": "2026-05-20", "reason": "Smith"},
                {"first": "2026-02-01", "reason": "other", "indication": "spasticity"},
            ],
        )
        svg = timeline_svg(given, MIGRAINE, as_of="2026-02-20")
        found = titles(svg)
        for expected in (
            "on hold: 2026-02-01 to 2026-02-10",
            "on hold: 2026-05-15 to 2026-05-20",
            "booked: 2026-04-13",
            "booked: 2026-07-13",
            "touch-up: 2026-01-19",
        ):
            assert found.count(expected) == 1
        assert not any("05-13" in t or "06-13" in t for t in found)
        assert "on hold: 2026-05-15 to 2026-05-20" in texts(svg)
        assert "on hold: 2026-02-01 to 2026-02-10" not in texts(svg)

    def test_an_open_hold_reaches_to_the_end(self) -> None:
        given = record(holds=[{"first": "2026-02-15", "reason": "open"}])
        svg = timeline_svg(given, MIGRAINE, as_of="2026-02-20")
        assert "on hold: from 2026-02-15 on" in texts(svg)
        (band,) = [
            group.find(f"{SVG}rect")
            for group in ET.fromstring(svg).iter(f"{SVG}g")
            if str(group.findtext(f"{SVG}title")).startswith("on hold")
        ]
        assert band is not None
        assert round(float(band.get("x", 0)) + float(band.get("width", 0))) == 852
        assert not any(t.startswith("due") for t in titles(svg))

    def test_a_hold_with_an_end_says_until_when_and_dates_what_comes_after(self) -> None:
        given = record(holds=[{"first": "2026-02-15", "last": "2026-04-30", "reason": "x"}])
        svg = timeline_svg(given, MIGRAINE, as_of="2026-02-20")
        assert "chronic migraine, onabotulinumtoxinA: on hold until 2026-04-30" in texts(svg)
        assert "due: 2026-05-01 to 2026-05-08" in texts(svg)

    def test_a_booking_does_not_hide_the_due_days(self) -> None:
        given = record(sessions=[session("2026-01-05"), session("2026-04-01", status="booked")])
        found = texts(timeline_svg(given, MIGRAINE, as_of="2026-02-20"))
        assert {"due: 2026-03-30 to 2026-04-06", "booked: 2026-04-01"} <= set(found)

    def test_a_typical_day_is_drawn_where_no_day_is_due(self) -> None:
        svg = timeline_svg(bladder(), AS_NEEDED, as_of="2026-02-20")
        assert "typical day: 2026-06-23, median to the next request" in texts(svg)
        assert "the interval allows: from 2026-03-30 on" in texts(svg)
        assert "typical day: 2026-06-23" in str(ET.fromstring(svg).findtext(f"{SVG}desc"))
        assert not any(words.startswith("due") for words in texts(svg))

    def test_a_window_about_some_people_is_drawn_differently_with_words(self) -> None:
        svg = timeline_svg(bladder(), AS_NEEDED, as_of="2026-02-20")
        label = "wear-off, some people (90 of 143): 2026-05-11 to 2026-07-06, cycle 1"
        (band,) = [
            group.find(f"{SVG}rect")
            for group in ET.fromstring(svg).iter(f"{SVG}g")
            if group.findtext(f"{SVG}title") == label
        ]
        assert band is not None
        assert band.get("stroke-dasharray") == "3 2"
        (own,) = [p for p in ET.fromstring(svg).iter(f"{SVG}pattern") if "_some" in p.get("id", "")]
        assert band.get("fill") == f"url(#{own.get('id')})"
        assert own.find(f"{SVG}rect") is None, (
            "the ground is open: print ignores a pattern's opacity"
        )
        assert label in texts(svg)

    def test_an_earlier_window_about_some_people_is_in_the_legend(self) -> None:
        given = record_from_gaps([200], starts_on=date(2025, 6, 2), indication="overactive-bladder")
        svg = timeline_svg(given, AS_NEEDED, as_of="2025-12-25")
        assert {"wear-off, some people", "onset"} <= set(texts(svg))
        assert "wear-off" not in texts(svg)

    @pytest.mark.parametrize("observed", [OBSERVED, {"chronic-migraine": OBSERVED}])
    def test_the_patients_own_days_lie_beside_the_labels(self, observed: Any) -> None:
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20", observed=observed)
        assert "wear-off, this patient: 68 to 75 days in 4 cycles" in texts(svg)
        assert titles(svg).count("wear-off: 2026-03-02 to 2026-03-30, cycle 1") == 1

    def test_own_days_of_another_treatment_are_not_shown(self) -> None:
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20", observed={"spasticity": OBSERVED})
        assert "this patient" not in svg
        nobody = timeline_svg(bs.PatientRecord(), MIGRAINE, as_of="2026-02-20", observed=OBSERVED)
        assert "this patient" not in nobody

    def test_several_treatments_share_one_axis(self) -> None:
        given = record(
            sessions=[session("2026-01-05"), session("2026-02-02", indication="spasticity")]
        )
        svg = timeline_svg(given, [MIGRAINE, "spasticity"], as_of="2026-02-20")
        due = [t for t in titles(svg) if t.startswith("due")]
        assert due == ["due: 2026-03-30 to 2026-04-06", "due: 2026-05-02 to 2026-06-30"]
        rects = {
            str(group.findtext(f"{SVG}title")): group.find(f"{SVG}rect")
            for group in ET.fromstring(svg).iter(f"{SVG}g")
        }
        left, right = (rects[name] for name in due)
        assert left is not None
        assert right is not None
        assert float(left.get("x", 0)) < float(right.get("x", 0))
        assert float(left.get("y", 0)) < float(right.get("y", 0))

    def test_the_response_ends_where_the_next_session_begins(self) -> None:
        given = record_from_gaps([70], starts_on=date(2026, 1, 5))
        svg = timeline_svg(given, MIGRAINE, as_of="2026-04-01")
        bands = [
            group.find(f"{SVG}rect")
            for group in ET.fromstring(svg).iter(f"{SVG}g")
            if "cycle 1" in str(group.findtext(f"{SVG}title"))
            and group.find(f"{SVG}rect") is not None
        ]
        last = bands[-1]
        assert last is not None
        width = float(last.get("width", 0)) / _scale(svg, "2026-01-05", "2026-03-16")
        assert round(width) == (date(2026, 3, 16) - date(2026, 3, 2)).days

    def test_a_window_after_the_next_session_is_left_out(self) -> None:
        given = record_from_gaps([40], starts_on=date(2026, 1, 5))
        found = titles(timeline_svg(given, MIGRAINE, as_of="2026-02-20"))
        assert not any(t.startswith("wear-off") and "cycle 1" in t for t in found)

    def test_a_sessions_response_is_that_of_the_version_in_force_then(self) -> None:
        """B7: the order of the protocols given does not matter."""
        old = MIGRAINE.model_copy(
            update={
                "version": "0.9",
                "in_force": {"last": "2025-12-31"},
                "response": {"onset": "5 to 6 weeks"},
            }
        )
        new = MIGRAINE.model_copy(update={"in_force": {"first": "2026-01-01"}})
        given = record_from_gaps([84], starts_on=date(2025, 11, 3))
        pictures = {
            timeline_svg(given, new, as_of="2026-02-20", other_protocols=others)
            for others in ([old, new], [new, old])
        }
        (svg,) = pictures
        assert "onset: 2025-12-08 to 2025-12-15, cycle 1" in titles(svg)
        assert "onset: 2026-02-09 to 2026-02-16, cycle 2" in titles(svg)

    @pytest.mark.parametrize("kind", ["deceased", "discontinued"])
    def test_the_dead_have_no_response_ahead(self, kind: str) -> None:
        given = record(care_ends=[{"on": "2026-02-01", "kind": kind}])
        found = titles(timeline_svg(given, MIGRAINE, as_of="2026-02-20"))
        assert any(t.startswith("wear-off") for t in found) is (kind == "discontinued")
        assert not any(t.startswith(("due", "overdue")) for t in found)
        assert "care ends: from 2026-02-01 on" in found

    def test_a_discharge_ahead_is_drawn(self) -> None:
        given = record(care_ends=[{"on": "2026-03-01", "kind": "discontinued"}])
        found = titles(timeline_svg(given, MIGRAINE, as_of="2026-02-20"))
        assert "care ends: from 2026-03-01 on" in found

    @pytest.mark.parametrize(
        "fields",
        [
            {"care_ends": [{"on": "2026-04-03", "kind": "discontinued"}]},
            {"holds": [{"first": "2026-04-03", "reason": "x"}]},
            {"holds": [{"first": "2026-04-03", "last": "2026-04-04", "reason": "x"}]},
            {
                "holds": [{"first": "2026-04-03", "reason": "x"}],
                "care_ends": [{"on": "2026-05-03", "kind": "discontinued"}],
            },
        ],
    )
    def test_what_lies_ahead_ends_the_due_days(self, fields: dict[str, Any]) -> None:
        found = titles(timeline_svg(record(**fields), MIGRAINE, as_of="2026-02-20"))
        assert "due: 2026-03-30 to 2026-04-02" in found

    def test_after_a_hold_the_due_days_begin_when_it_ends(self) -> None:
        held = record(holds=[{"first": "2026-04-01", "last": "2026-04-04", "reason": "x"}])
        found = bs.forecast(held, MIGRAINE, as_of="2026-04-06").due_window
        assert str(found) == "2026-04-05 to 2026-04-11"
        assert f"due: {found}" in titles(timeline_svg(held, MIGRAINE, as_of="2026-04-06"))

    def test_a_notebook_names_the_due_days_that_nothing_breaks(self) -> None:
        held = record(holds=[{"first": "2026-04-03", "reason": "x"}])
        html = notebook.forecast_html(bs.forecast(held, MIGRAINE, as_of="2026-02-20"))
        assert "due days that nothing breaks</th>" in html
        assert "2026-03-30 to 2026-04-02</td>" in html
        assert "nothing breaks" not in notebook.forecast_html(
            bs.forecast(record(), MIGRAINE, as_of="2026-02-20")
        )

    def test_the_due_days_end_with_an_override(self) -> None:
        override = {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "last": "2026-03-18",
            "minimum": "10 weeks",
            "usual": "10 weeks",
            "reason": "wear-off",
            "authority": "clinician",
        }
        overridden = record(overrides=[override])
        found = texts(timeline_svg(overridden, MIGRAINE, as_of="2026-02-20"))
        assert "due: 2026-03-16 to 2026-03-18" in found
        answer = bs.forecast(overridden, MIGRAINE, as_of="2026-02-20")
        assert str(answer.due_window) == "2026-03-16 to 2026-03-18"
        assert "due: 2026-03-16 to 2026-03-18" in notebook.forecast_html(answer)

    def test_a_last_session_elsewhere_is_a_mark_of_its_own(self) -> None:
        given = bs.PatientRecord(
            prior_treatments=[
                {"indication": "chronic-migraine", "cycles": 3, "last_on": "2026-01-05"}
            ]
        )
        svg = timeline_svg(given, MIGRAINE, as_of="2026-02-20")
        assert "last session elsewhere: 2026-01-05" in texts(svg)

    def test_a_session_under_an_unknown_indication_is_not_lost(self) -> None:
        given = record(
            sessions=[session("2026-01-05"), session("2026-01-20", indication="chronic-migrane")]
        )
        svg = timeline_svg(given, MIGRAINE, as_of="2026-02-20")
        assert "unrecognized indication: 2026-01-20" in texts(svg)
        assert any("to review today: 1" in words for words in texts(svg))

    def test_an_empty_record_is_a_picture_too(self) -> None:
        svg = timeline_svg(bs.PatientRecord(), MIGRAINE, as_of="2026-02-20")
        assert titles(svg) == ["as of 2026-02-20"]
        assert any("no earlier session is recorded" in words for words in texts(svg))
        assert ET.fromstring(timeline_svg(one, [], as_of="2026-02-20")).get("role") == "img"

    def test_a_treatment_without_dates_says_so(self) -> None:
        bare = MIGRAINE.model_copy(update={"retreatment": {"kind": "scheduled"}, "version": "2"})
        given = record_from_gaps([84], starts_on=date(2025, 9, 1))
        svg = timeline_svg(given, bare, as_of="2026-02-20", other_protocols=[])
        assert "cycle 2: 2025-11-24" in titles(svg)
        assert any("no interval is recorded here" in words for words in texts(svg))

    @pytest.mark.parametrize("width", [360, 860])
    def test_ten_years_stay_small_and_readable(self, width: int) -> None:
        given = record_from_gaps([84] * 42, starts_on=date(2016, 1, 4), units=155)
        svg = timeline_svg(given, MIGRAINE, as_of="2025-11-20", width=width)
        assert len(svg.encode()) <= 30_000
        years = [int(words) for words in texts(svg) if words.isdigit()]
        assert len(years) >= 4
        assert set(years) <= set(range(2016, 2026))
        assert any(words.startswith("due: ") for words in texts(svg))

    def test_nothing_of_the_patient_leaks(self) -> None:
        given = record(
            id="Smith",
            sessions=[session("2026-01-05", id="Smith-1")],
            holds=[{"first": "2026-02-01", "reason": "Smith"}],
            care_ends=[{"on": "2026-05-01", "kind": "discontinued", "reason": "Smith"}],
        )
        shown = timeline_svg(given, MIGRAINE, as_of="2026-02-20") + given._repr_html_()
        shown += bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_()
        assert "Smith" not in shown

    def test_what_a_caller_says_is_escaped(self) -> None:
        nasty = "<script>&\x00\u202e\x85"
        messages = bundled_messages("en")
        words = {
            key: nasty + text if key.startswith(("chart_", "status_")) else text
            for key, text in messages.words.items()
        }
        words["months_short"] = " ".join(f"<{name}&\u202e" for name in MONTHS)
        own = messages.model_copy(
            update={"words": words, "treatments": {"chronic-migraine": nasty}}
        )
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20", title=nasty, language=own)
        assert "<script>" not in svg
        assert not set(svg) & set("\x00\u202e\x85")
        assert ET.fromstring(svg).findtext(f"{SVG}title") == "<script>&\ufffd\ufffd"

    def test_spanish_words_are_taken(self) -> None:
        found = texts(timeline_svg(one, MIGRAINE, as_of="2026-02-20", language="es"))
        assert "migraña crónica, onabotulinumtoxinA: demasiado pronto" in found
        assert "corresponde: 2026-03-30 a 2026-04-06" in found
        assert any(words.startswith("feb") for words in found)

    def test_a_typical_day_says_in_spanish_what_it_is(self) -> None:
        given = record(sessions=[session("2026-01-05", indication="overactive-bladder")])
        found = titles(timeline_svg(given, "overactive-bladder", as_of="2026-03-01", language="es"))
        assert "día típico: 2026-06-23, mediana hasta el siguiente tratamiento" in found

    def test_a_picture_in_spanish_has_no_english_words(self) -> None:
        english, spanish = (bundled_messages(language).words for language in ("en", "es"))
        given = record(
            sessions=[
                *(session(day) for day in ("2025-08-04", "2025-10-13", "2025-10-15")),
                *(session(day) for day in ("2026-02-02", "2026-02-20")),
                session("2026-05-20", status="booked"),
            ],
            holds=[{"first": "2026-03-01", "last": "2026-03-05", "reason": "x"}],
        )
        svg = timeline_svg(given, MIGRAINE, as_of="2026-02-20", language="es", title="x")
        assert "ciclo 2: 2025-10-13 y 2025-10-15, antes de tiempo: 14 días" in titles(svg)
        own = {word for text in spanish.values() for word in re.findall("[a-z]{4,}", text)}
        foreign = {word for text in english.values() for word in re.findall("[a-z]{4,}", text)}
        told = " ".join([*titles(svg), *texts(svg), str(ET.fromstring(svg).findtext(f"{SVG}desc"))])
        assert not set(re.findall("[a-z]{4,}", told)) & (foreign - own)

    @pytest.mark.parametrize("width", [239, 10_001, 360.0, True])
    def test_a_width_that_is_no_such_number_is_refused(self, width: Any) -> None:
        with pytest.raises(bs.errors.CountError, match="from 240 to 10000"):
            timeline_svg(one, MIGRAINE, as_of="2026-02-20", width=width)

    def test_the_same_input_gives_the_same_bytes_in_every_locale(self) -> None:
        first = timeline_svg(one, MIGRAINE, as_of="2026-02-20")
        known = [name for name in ("C.UTF-8", "de_DE.UTF-8", "C") if _has(name)]
        before = locale.setlocale(locale.LC_TIME)
        for name in known:
            locale.setlocale(locale.LC_TIME, name)
            assert timeline_svg(one, MIGRAINE, as_of="2026-02-20") == first
        locale.setlocale(locale.LC_TIME, before)
        assert "Feb 2026" in first

    @settings(max_examples=60, deadline=None)
    @given(
        records(),
        protocols(),
        policies(),
        days(date(2024, 1, 1), date(2027, 6, 30)),
        st.sampled_from([240, 360, 860, 1240]),
    )
    def test_every_record_is_a_whole_picture(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        as_of: date,
        width: int,
    ) -> None:
        svg = timeline_svg(record, protocol, as_of=as_of, policy=policy, width=width)
        root = ET.fromstring(svg)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)
        for rect in root.iter(f"{SVG}rect"):
            assert -0.2 <= float(rect.get("x", 0)) <= width + 0.2
            assert float(rect.get("width", 0)) > 0
        assert_no_words_cross(svg, width)
        found = titles(svg)
        dates = bs.forecast(record, protocol, as_of=as_of, policy=policy).dates
        assert any(t.startswith("due:") for t in found) is (dates.due is not None)
        booked = {s.administered_on for s in record.sessions if s.status == "booked"}
        assert {t.removeprefix("booked: ") for t in found if t.startswith("booked")} <= {
            str(day) for day in booked
        }
        for html in (
            record._repr_html_(),
            bs.forecast(record, protocol, as_of=as_of)._repr_html_(),
        ):
            ET.fromstring(html)


def boxes(root: ET.Element, size: float) -> list[tuple[float, float, float, str]]:
    """Left, right and baseline of all words; letters as wide as a wide sans serif's."""
    return [
        (x, x + len(str(text.text)) * size * 0.57, float(text.get("y", 0)), str(text.text))
        for text in root.iter(f"{SVG}text")
        if (x := float(text.get("x", 0))) >= 0
    ]


def assert_no_words_cross(svg: str, width: int) -> None:
    """No words overlap, leave the picture, or are crossed by the line of the day."""
    root = ET.fromstring(svg)
    found = boxes(root, float(root.get("font-size", 0)))
    height = float(root.get("height", 0))
    for number, (left, right, y, words) in enumerate(found):
        assert 10 <= y <= height
        assert right <= width or " " not in words
        for other_left, other_right, other_y, _ in found[number + 1 :]:
            assert abs(y - other_y) >= 11 or right <= other_left or other_right <= left
    lines = [
        tuple(map(float, re.findall(r"[\d.]+", str(path.get("d")))))
        for group in root.iter(f"{SVG}g")
        if str(group.findtext(f"{SVG}title")).startswith("as of")
        for path in group.findall(f"{SVG}path")
    ]
    for x, top, bottom in lines:
        for left, right, y, _ in found:
            assert not (left <= x <= right and top < y and y - 10 < bottom)


def _scale(svg: str, first: str, last: str) -> float:
    places = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        moved = re.match(r"translate\(([\d.]+)", str(group.get("transform")))
        if moved and group.find(f"{SVG}title") is not None:
            day = str(group.findtext(f"{SVG}title")).split(",")[0].split(": ")[-1]
            places[day] = float(moved[1])
    gap = places[last] - places[first]
    return gap / (date.fromisoformat(last) - date.fromisoformat(first)).days


def _has(name: str) -> bool:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_TIME, before)
    return True


def cells(html: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", html)


def table(html: str) -> dict[str, str]:
    """The rows that their first cell names."""
    return dict(re.findall(r'<th scope="row">(.*?)</th><td[^>]*>(.*?)</td>', html))


class TestNotebook:
    def test_a_record_shows_sessions_and_counts_every_one(self) -> None:
        given = record(
            sessions=[
                session("2026-01-05"),
                session("2026-01-19", kind="touch_up"),
                session("2026-04-13", status="booked"),
                session("2026-02-13", status="draft"),
            ],
            holds=[{"first": "2026-02-01", "reason": "x"}],
        )
        html = given._repr_html_()
        for words in ("session: 2026-01-05", "touch-up: 2026-01-19", "booked: 2026-04-13"):
            assert words in html
        assert "02-13" not in html
        assert cells(html) == ["chronic-migraine", "2", "2026-01-05", "2026-01-19", "1", "1"]

    @pytest.mark.parametrize("sessions", [[], [session("2026-01-05", status="cancelled")]])
    def test_a_record_without_days_has_no_axis(self, sessions: list[dict[str, Any]]) -> None:
        html = record(sessions=sessions)._repr_html_()
        assert ("<svg" in html, "not given" in html) == (False, True)

    def test_a_record_says_what_else_it_has(self) -> None:
        more: dict[str, Any] = {
            "holds": [{"first": "2026-04-13", "reason": "r"}],
            "care_ends": [{"on": None, "kind": "deceased"}],
            "prior_treatments": [{"indication": "chronic-migraine", "cycles": 2}] * 2,
        }
        html = record(**more)._repr_html_()
        assert html.endswith("<p>holds: 1; prior treatments: 2; care ends: 1</p>")
        assert "<p>" not in record()._repr_html_()

    def test_a_record_without_completed_sessions(self) -> None:
        html = record(sessions=[session("2026-04-13", status="booked")])._repr_html_()
        assert cells(html)[1:] == ["0", "–", "–", "1", "0"]  # noqa: RUF001 - a dash

    def test_a_forecast_shows_its_dates_and_findings(self) -> None:
        given = record(sessions=[session("2026-01-05"), session("2026-04-13", status="booked")])
        rows = table(bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_())
        assert rows["status"] == "too early"
        assert (rows["due"], rows["booked"]) == ("2026-03-30", "2026-04-13")
        assert rows["response"] == "The effect may last."
        assert "unknown_units" in rows["finding (information)"]

    def test_a_forecast_without_history(self) -> None:
        html = bs.forecast(bs.PatientRecord(), MIGRAINE, as_of="2026-02-20")._repr_html_()
        assert table(html)["status"] == "no earlier session is recorded"

    def test_a_checked_day_says_what_forbids_it(self) -> None:
        given = record(sessions=[session("2026-01-05", id="s-1"), session("2026-01-06", id="s-1")])
        asked: Any = {"as_of": "2026-02-20"}
        rows = table(bs.check_date(given, MIGRAINE, on="2026-03-30", **asked)._repr_html_())
        assert rows["2026-03-30"] == "the day is not allowed"
        assert rows["too early"] == ("the 12-week minimum gives 2026-03-31; the day is 1 day early")
        assert rows["next allowed day"] == "2026-03-31"
        assert "conflicting_records" in rows["finding (today)"]
        assert "limits recorded here" in rows["limits"]
        allowed = bs.check_date(given, MIGRAINE, on="2026-03-31", **asked)
        assert "next allowed day" not in table(allowed._repr_html_())

    def test_after_the_end_of_care_a_checked_day_has_no_limits(self) -> None:
        end = {"kind": "discontinued", "on": "2026-02-01"}
        given = record(sessions=[session("2026-01-05")], care_ends=[end])
        check = bs.check_date(given, MIGRAINE, on="2026-03-31", as_of="2026-02-20")
        rows = table(check._repr_html_())
        assert "care ended" in rows
        assert "limits" not in rows

    def test_an_open_hold_says_why_there_is_no_date(self) -> None:
        given = record(holds=[{"first": "2026-02-01", "reason": "x"}])
        rows = table(bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_())
        assert rows["due"] == "–"  # noqa: RUF001 - a dash
        assert rows["why there is no date"] == (
            "the track is on hold without a known end; nothing is dated until it ends"
        )
        assert rows["look at the hold on"] == "2026-03-01"

    def test_an_open_hold_ahead_says_why_nothing_is_overdue(self) -> None:
        given = record(holds=[{"first": "2026-04-03", "reason": "x"}])
        rows = table(bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_())
        assert (rows["due"], rows["overdue from"]) == ("2026-03-30", "–")  # noqa: RUF001 - a dash
        assert "an open hold leaves it undated" in rows["why there is no date"]

    def test_a_hold_with_an_end_has_dates(self) -> None:
        given = record(holds=[{"first": "2026-02-01", "last": "2026-03-01", "reason": "x"}])
        rows = table(bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_())
        assert rows["status"] == "on hold until 2026-03-01"
        assert "why there is no date" not in rows
        assert rows["due"] == "2026-03-30"

    def test_where_nothing_is_due_it_says_what_is_recorded_here(self) -> None:
        rows = table(bs.forecast(bladder(), AS_NEEDED, as_of="2026-02-20")._repr_html_())
        assert rows["why there is no date"] == "no usual range is recorded here"
        assert rows["typical day"] == (
            "may be treated when symptoms return; typical day 2026-06-23 "
            "(median to the next request)"
        )

    def test_own_days_are_shown_beside_the_labels(self) -> None:
        found = bs.forecast(one, MIGRAINE, as_of="2026-02-20", observed=OBSERVED)
        html = found._repr_html_()
        assert table(html)["observed wear-off"] == "this patient: 68 to 75 days in 4 cycles"
        assert "observed onset" not in table(html)

    @pytest.mark.parametrize("units", [155, 500, None])
    def test_limits_claim_no_more_than_was_checked(self, units: int | None) -> None:
        found = bs.forecast(one, MIGRAINE, as_of="2026-02-20", planned_units=units)
        met = [check.is_met for check in found.limit_checks if check.chosen]
        words = table(found._repr_html_())["limits"]
        if False in met:
            assert words == "above a limit recorded here"
        elif None in met:
            assert words == "not all limits recorded here could be checked"
        else:
            assert words == (
                f"within the limits recorded here ({len(met)} checked); "
                "this does not say the dose is safe"
            )

    def test_where_no_limit_is_recorded_it_says_so(self) -> None:
        bare = MIGRAINE.model_copy(update={"limits": (), "version": "2"})
        found = bs.forecast(one, bare, as_of="2026-02-20", other_protocols=[])
        words = table(found._repr_html_())["limits"]
        assert words == "no limit is recorded for onabotulinumtoxinA"

    def test_a_treatment_that_nobody_knows(self) -> None:
        given = bs.PatientRecord(sessions=[session("2026-01-05", indication="no-such-thing")])
        (found,) = bs.forecast_all(given, as_of="2026-02-20")
        rows = table(found._repr_html_())
        assert rows["status"] == "no interval is recorded here"
        assert rows["why there is no date"] == "no protocol is known for this indication"
        assert "limits" not in rows

    def test_the_dead_have_no_limits(self) -> None:
        given = record(care_ends=[{"on": "2026-02-01", "kind": "deceased"}])
        assert "limits" not in table(bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_())

    def test_dates(self) -> None:
        rows = table(notebook.dates_html(bs.due_dates("2026-01-05", MIGRAINE)))
        assert list(rows.values()) == ["2026-03-30", "2026-03-30", "2026-04-07", "2026-06-22"]
        typical = notebook.dates_html(bs.due_dates("2026-01-05", AS_NEEDED))
        assert "typical day: 2026-06-23" in typical
        nothing = notebook.dates_html(bs.DueDates())
        assert "<svg" not in nothing
        assert table(nothing)["usual range"] == "no usual range is recorded here"

    def test_a_timeline_has_a_row_for_each_phase(self) -> None:
        timeline = bs.response_timeline("2026-01-05", AS_NEEDED)
        found = cells(notebook.timeline_html(timeline))
        days = ["2026-01-05", "2026-01-19", "2026-01-27", "2026-05-11", "2026-07-07"]
        assert found[::3] == [*days, "–"]  # noqa: RUF001 - a dash
        assert found[2::3] == [
            "Most people notice nothing new yet.",
            "Most people notice the first effect.",
            "The effect may last.",
            "Some people notice that the effect fades (90 of 143); others do not.",
            "Nothing is recorded here about these days.",
            "unverified: onset, wear_off",
        ]
        whole = bs.response_timeline("2026-01-05", MIGRAINE, "2026-01-05")
        assert "full benefit of the course, about" in notebook.timeline_html(whole)

    def test_a_timeline_without_any_window(self) -> None:
        bare = MIGRAINE.model_copy(update={"response": {}, "version": "2"})
        html = notebook.timeline_html(bs.response_timeline("2026-01-05", bare))
        assert "Nothing is recorded here about when the effect begins or ends." in html

    def test_cycles(self) -> None:
        given = record_from_gaps([70, 84], starts_on=date(2025, 6, 2))
        several = bs.treatment_cycles(given, MIGRAINE, as_of="2026-02-20")
        found = [cells(cycle._repr_html_()) for cycle in several]
        assert found[1] == ["2", "2025-08-11", "2025-08-11", "70", "early", "14"]
        assert [row[4:] for row in found] == [
            ["first", "–"],  # noqa: RUF001 - a dash
            ["early", "14"],
            ["on time", "–"],  # noqa: RUF001 - a dash
        ]
        bare = MIGRAINE.model_copy(update={"retreatment": {"kind": "scheduled"}, "version": "2"})
        unjudged = bs.treatment_cycles(given, bare, as_of="2026-02-20", other_protocols=[])
        assert cells(unjudged[1]._repr_html_())[4] == "–"  # noqa: RUF001 - a dash

    def test_projected_sessions(self) -> None:
        several = bs.project_dates("2026-01-05", MIGRAINE, count=2)
        assert [cells(session._repr_html_()) for session in several] == [
            ["1", "2026-03-30", "2026-03-30", "2026-03-30"],
            ["2", "2026-06-22", "2026-06-22", "2026-06-22"],
        ]

    def test_a_protocol_names_sources_and_what_is_not_recorded(self) -> None:
        html = notebook.protocol_html(MIGRAINE)
        found = cells(html)
        assert found[:2] == ["minimum", "12 weeks"]
        assert found[2:4] == ["secondary", "A made-up compendium, chronic migraine"]
        assert "not recorded here" in found
        assert "not recorded here" in notebook.protocol_html(AS_NEEDED)
        assert "no source is given" in notebook.protocol_html(AS_NEEDED)
        ET.fromstring(f"<div>{html}</div>")

    def test_the_repr_still_hides_the_days(self) -> None:
        assert repr(one) == "PatientRecord(...)"


WORDS = {**dict.fromkeys(["full", "due", "onset", "held"], "word"), "some": "some people"}


def plain(**changed: Any) -> Chart:
    lane = Lane("a lane", [Band("due", date(2026, 3, 30), date(2026, 4, 6), "due: x")])
    fields: dict[str, Any] = {
        "title": "t",
        "description": "d",
        "lanes": [lane],
        "as_of": None,
        "words": WORDS,
        "width": 860,
        "months": MONTHS,
    }
    return Chart(**{**fields, **changed})


class TestDrawing:
    def test_every_kind_has_a_hatching_and_a_shape_of_its_own(self) -> None:
        """In gray the colors are one: hatching and words must tell the kinds apart."""
        hatchings = [hatching for *_, hatching in chart._KINDS.values()]
        assert len(set(hatchings)) == len(hatchings)
        assert len(set(chart._SHAPES.values())) == len(chart._SHAPES)
        assert len(set(chart._DASHES.values())) == len(chart._DASHES)

    def test_two_pictures_of_a_page_share_no_id(self) -> None:
        one, other = draw(plain()), draw(plain(title="u"))
        ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, other)]
        assert ids[0].isdisjoint(ids[1])

    def test_it_follows_the_scheme_of_the_page_and_as_a_file_the_readers(self) -> None:
        svg = draw(plain())
        assert "svg:root{color-scheme:light dark}" in svg
        assert re.search(r"ink\{fill:#222;fill:light-dark\(#222,#e8e8e8\)\}", svg)
        assert 'fill="#fff"' in svg

    @pytest.mark.parametrize("width", [360, 860, 1240])
    @pytest.mark.parametrize("reach", [20, 400, 1500, 3650, 9000, 90_000])
    def test_the_axis_has_as_many_words_as_it_has_room_for(self, reach: int, width: int) -> None:
        start = date(2026, 3, 15)
        marks = [Mark("full", start, "a"), Mark("full", start + timedelta(days=reach), "b")]
        svg = draw(plain(lanes=[Lane("x", marks=marks)], width=width))
        ticks = [w for w in texts(svg) if re.fullmatch(r"([A-Z][a-z]{2} )?\d{4}", w)]
        assert len(ticks) >= 1
        assert_no_words_cross(svg, width)

    @pytest.mark.parametrize("day", [date.min, date.max])
    def test_the_ends_of_the_calendar_can_be_drawn(self, day: date) -> None:
        lane = Lane("x", [Band("held", day, None, "h")], [Mark("full", day, "a")])
        assert "<circle" in draw(plain(lanes=[lane], as_of=Line("as_of", day, "as of then")))

    @pytest.mark.parametrize("width", [240, 360, 860])
    def test_long_titles_words_and_legends_wrap(self, width: int) -> None:
        words = {kind: f"a rather long name for {kind}" for kind in (*chart._KINDS, "some")}
        bands = [Band(kind, date(2026, 1, 1), date(2026, 3, 1), kind) for kind in chart._KINDS]
        bands.append(
            Band("due", date(2026, 1, 1), date(2026, 2, 1), "long words " * 12, written=True)
        )
        lane = Lane("a title that is far too long for one line " * 3, bands)
        svg = draw(plain(lanes=[lane, lane], words=words, width=width))
        assert_no_words_cross(svg, width)
        joined = " ".join(texts(svg))
        assert all(kind in joined for kind in chart._KINDS)

    def test_wide_letters_count_twice(self) -> None:
        title = "治療の予定と効果の見通し" * 5
        svg = draw(plain(lanes=[Lane(title)], width=360))
        lines = [words for words in texts(svg) if words[0] > "z"]
        assert "".join(lines) == title
        assert max(map(len, lines)) * 2 * 12 * 0.57 <= 344

    @pytest.mark.parametrize("on", [date(2026, 1, 1), date(2026, 7, 1), date(2026, 12, 1)])
    def test_the_words_of_the_day_stay_inside(self, on: date) -> None:
        svg = draw(plain(as_of=Line("as_of", on, "as of then")))
        assert_no_words_cross(svg, 860)

    def test_the_legend_lists_only_what_is_drawn_and_not_yet_named(self) -> None:
        bands = [
            Band("due", date(2026, 1, 1), date(2026, 1, 20), "due: y", written=True),
            Band("held", date(2026, 1, 1), date(2026, 1, 20), "held: y"),
        ]
        words = {"due": "DUE", "held": "HELD", "onset": "ONSET", "some": "S"}
        found = texts(draw(plain(lanes=[Lane("x", bands)], words=words)))
        assert "HELD" in found
        assert not {"DUE", "ONSET"} & set(found)

    def test_a_window_too_narrow_to_see_is_left_out_below_the_line_and_of_the_legend(self) -> None:
        far = Mark("full", date(2046, 1, 1), "a")
        bands = [
            Band("onset", date(2026, 1, 1), date(2026, 1, 3), "onset: x", row=1),
            Band("due", date(2026, 1, 1), date(2026, 1, 1), "due: y"),
        ]
        words = {**WORDS, "onset": "ONSET"}
        svg = draw(plain(lanes=[Lane("x", bands, [far])], words=words))
        assert titles(svg) == ["due: y", "a"]
        assert "ONSET" not in texts(svg)

    def test_marks_that_are_close_are_smaller(self) -> None:
        start = date(2026, 1, 1)
        few = [Mark("full", start + timedelta(days=300 * n), "a") for n in range(3)]
        many = [Mark("full", start + timedelta(days=10 * n), "a") for n in range(300)]
        assert "scale(" not in draw(plain(lanes=[Lane("x", marks=few)]))
        assert "scale(0.5)" in draw(plain(lanes=[Lane("x", marks=many)]))

    def test_nothing_to_show_is_a_picture(self) -> None:
        assert ET.fromstring(draw(plain(lanes=[]))).get("role") == "img"


class TestMarkup:
    @pytest.mark.parametrize("text", ["\x00", "\x0b", "\ud800", "\ufffe", "\uffff"])
    def test_what_xml_cannot_hold_is_dropped(self, text: str) -> None:
        assert clean(f"a{text}b") == "ab"

    @pytest.mark.parametrize("text", ["\x7f", "\x85", "\u200f", "\u202e", "\u2066", "\ufeff"])
    def test_what_steers_a_text_is_replaced_by_a_sign_that_is_seen(self, text: str) -> None:
        assert clean(f"a{text}b") == "a\ufffdb"

    @given(st.text())
    def test_every_text_is_markup(self, text: str) -> None:
        root = ET.fromstring(f"<a>{escaped(text)}</a>")
        expected = clean(text).replace("\r\n", "\n").replace("\r", "\n")
        assert (root.text or "") == expected
