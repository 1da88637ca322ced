"""The ribbon: what it shows, that it is whole, and that nothing of a patient leaks into it."""

import locale
import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

import botox_schedule as bs
from botox_schedule.testing import days, policies, protocols, record_from_gaps, records
from botox_schedule.views import chart as _ribbon
from botox_schedule.views.chart import Band, Lane, Line, Mark, Ribbon, draw
from botox_schedule.views.timeline import timeline_svg

MIGRAINE = bs.find_protocol("chronic-migraine")
SPASTICITY = bs.find_protocol("spasticity")
SVG = "{http://www.w3.org/2000/svg}"
one = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)


def titles(svg: str) -> list[str]:
    """The tooltips, in order."""
    root = ET.fromstring(svg)
    return [
        str(title.text) for group in root.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")
    ]


def record(**fields: Any) -> bs.PatientRecord:
    return bs.PatientRecord.model_validate({"sessions": one.sessions, **fields})


def session(day: str, **more: Any) -> dict[str, Any]:
    return {"administered_on": day, "indication": "chronic-migraine", "product": "Botox", **more}


class TestTimeline:
    def test_shows_session_response_due_and_today(self) -> None:
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20")
        assert titles(svg) == [
            "onset: 2026-01-19 to 2026-01-26, cycle 1",
            "wear-off: 2026-03-02 to 2026-03-30, cycle 1",
            "due: 2026-03-30 to 2026-04-06",
            "overdue: from 2026-04-07 on",
            "cycle 1: 2026-01-05, first",
            "as of 2026-02-20",
        ]

    def test_says_what_it_shows_to_those_who_do_not_see_it(self) -> None:
        root = ET.fromstring(timeline_svg(one, MIGRAINE, as_of="2026-02-20", title="My cycles"))
        assert root.get("role") == "img"
        named = {element.get("id"): element.text for element in root}
        first, second = (named[key] for key in str(root.get("aria-labelledby")).split())
        assert first == "My cycles"
        assert second == (
            "chronic migraine, onabotulinumtoxinA: too early, 1 cycles; "
            "last session 2026-01-05; due 2026-03-30, overdue from 2026-04-07."
        )

    def test_early_and_late_sessions_have_shapes_of_their_own(self) -> None:
        given = record_from_gaps([70, 100], starts_on=date(2025, 6, 2))
        svg = timeline_svg(given, MIGRAINE, as_of="2025-12-20")
        assert [t for t in titles(svg) if t.startswith("cycle")] == [
            "cycle 1: 2025-06-02, first",
            "cycle 2: 2025-08-11, early by 14 days",
            "cycle 3: 2025-11-19, late by 16 days",
        ]
        legend = ET.fromstring(svg).findall(f"{SVG}text")
        assert {"session", "early", "late"} <= {text.text for text in legend}

    def test_bookings_touch_ups_and_holds_are_shown(self) -> None:
        given = record(
            sessions=[
                session("2026-01-05"),
                session("2026-01-19", kind="touch_up"),
                session("2026-04-13", status="booked"),
                session("2026-05-13", status="cancelled"),
                session("2026-06-13", kind="touch_up"),
            ],
            holds=[
                {"first": "2026-02-01", "last": "2026-02-10", "reason": "Smith"},
                {"first": "2026-02-15", "reason": "open"},
                {"first": "2026-03-15", "reason": "not yet known"},
                {"first": "2026-02-01", "reason": "other", "indication": "spasticity"},
            ],
        )
        found = titles(timeline_svg(given, MIGRAINE, as_of="2026-02-20"))
        for expected in (
            "on hold: 2026-02-01 to 2026-02-10",
            "on hold: 2026-02-15 to open",
            "booked: 2026-04-13",
            "touch-up: 2026-01-19",
        ):
            assert found.count(expected) == 1
        assert not any("05-13" in t or "06-13" in t or "03-15" in t for t in found)

    def test_several_treatments_share_one_axis(self) -> None:
        given = record(
            sessions=[session("2026-01-05"), session("2026-02-02", indication="spasticity")]
        )
        svg = timeline_svg(given, [MIGRAINE, SPASTICITY], as_of="2026-02-20")
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

    def test_where_nothing_is_due_the_first_allowed_day_is_marked(self) -> None:
        xeomin = bs.find_protocol("sialorrhea", product="Xeomin")
        given = record_from_gaps(
            [], starts_on=date(2026, 1, 5), indication="sialorrhea", product="Xeomin"
        )
        earliest = bs.due_dates("2026-01-05", xeomin).earliest
        assert f"allowed: from {earliest} on" in titles(
            timeline_svg(given, xeomin, as_of="2026-02-20")
        )

    def test_the_response_ends_where_the_next_session_begins(self) -> None:
        given = record_from_gaps([70], starts_on=date(2026, 1, 5))
        svg = timeline_svg(given, MIGRAINE, as_of="2026-04-01")
        bands = [
            g
            for g in ET.fromstring(svg).iter(f"{SVG}g")
            if "cycle 1" in str(g.findtext(f"{SVG}title")) and g.find(f"{SVG}rect") is not None
        ]
        scale = _scale(svg, "2026-01-05", "2026-03-16")
        last = bands[-1].find(f"{SVG}rect")
        assert last is not None
        width = float(last.get("width", 0)) / scale
        assert round(width) == (date(2026, 3, 16) - date(2026, 3, 2)).days

    @pytest.mark.parametrize("kind", ["deceased", "discontinued"])
    def test_the_dead_have_no_response_ahead(self, kind: str) -> None:
        given = record(care_ends=[{"on": "2026-02-01", "kind": kind}])
        found = titles(timeline_svg(given, MIGRAINE, as_of="2026-02-20"))
        assert any(t.startswith("wear-off") for t in found) is (kind == "discontinued")
        assert not any(t.startswith(("due", "overdue")) for t in found)

    def test_an_empty_record_is_a_picture_too(self) -> None:
        svg = timeline_svg(bs.PatientRecord(), MIGRAINE, as_of="2026-02-20")
        assert titles(svg) == ["as of 2026-02-20"]
        assert ET.fromstring(timeline_svg(one, [], as_of="2026-02-20")).get("role") == "img"

    def test_ten_years_stay_small_and_readable(self) -> None:
        given = record_from_gaps([84] * 42, starts_on=date(2016, 1, 4), units=155)
        svg = timeline_svg(given, MIGRAINE, as_of="2025-11-20")
        assert len(svg.encode()) <= 30_000
        words = [t.text for t in ET.fromstring(svg).findall(f"{SVG}text")]
        assert [w for w in words if w and w.isdigit()] == [str(y) for y in range(2016, 2026)]

    def test_nothing_of_the_patient_leaks(self) -> None:
        given = record(
            id="Smith",
            sessions=[session("2026-01-05", id="Smith-1")],
            holds=[{"first": "2026-02-01", "reason": "Smith"}],
        )
        shown = timeline_svg(given, MIGRAINE, as_of="2026-02-20") + given._repr_html_()
        shown += bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_()
        assert "Smith" not in shown

    def test_what_a_caller_says_is_escaped(self) -> None:
        svg = timeline_svg(one, MIGRAINE, as_of="2026-02-20", title="<script>&")
        assert "<script>" not in svg
        assert ET.fromstring(svg).findtext(f"{SVG}title") == "<script>&"

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
    @given(records(), protocols(), policies(), days(date(2024, 1, 1), date(2027, 6, 30)))
    def test_every_record_is_a_whole_picture(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        svg = timeline_svg(record, protocol, as_of=as_of, policy=policy)
        root = ET.fromstring(svg)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)
        width = float(root.get("width", 0))
        for rect in root.iter(f"{SVG}rect"):
            assert -0.2 <= float(rect.get("x", 0)) <= width + 0.2
            assert float(rect.get("width", 0)) > 0
        found = titles(svg)
        dates = bs.forecast(record, protocol, as_of=as_of, policy=policy).dates
        assert any(t.startswith("due:") for t in found) is (dates.due is not None)
        for html in (
            record._repr_html_(),
            bs.forecast(record, protocol, as_of=as_of)._repr_html_(),
        ):
            ET.fromstring(html)


def _scale(svg: str, first: str, last: str) -> float:
    marks = {
        str(g.findtext(f"{SVG}title")).split(",")[0].split(": ")[-1]: g.find(f"{SVG}circle")
        for g in ET.fromstring(svg).iter(f"{SVG}g")
    }
    one_mark, other = marks[first], marks[last]
    assert one_mark is not None
    assert other is not None
    gap = float(other.get("cx", 0)) - float(one_mark.get("cx", 0))
    return gap / (date.fromisoformat(last) - date.fromisoformat(first)).days


def _has(name: str) -> bool:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_TIME, before)
    return True


class TestNotebook:
    def test_a_record_shows_sessions_and_counts(self) -> None:
        given = record(
            sessions=[
                session("2026-01-05"),
                session("2026-04-13", status="booked"),
                session("2026-02-13", status="draft"),
            ],
            holds=[{"first": "2026-02-01", "reason": "x"}],
        )
        html = given._repr_html_()
        assert "session: 2026-01-05" in html
        assert "booked: 2026-04-13" in html
        assert "02-13" not in html
        cells = re.findall(r"<td>(.*?)</td>", html)
        assert cells == ["chronic-migraine", "1", "2026-01-05", "2026-01-05", "1"]

    def test_a_record_without_completed_sessions(self) -> None:
        html = record(sessions=[session("2026-04-13", status="booked")])._repr_html_()
        assert re.findall(r"<td>(.*?)</td>", html)[1:] == ["0", "–", "–", "1"]  # noqa: RUF001

    def test_a_forecast_shows_its_dates_and_findings(self) -> None:
        given = record(sessions=[session("2026-01-05"), session("2026-04-13", status="booked")])
        html = bs.forecast(given, MIGRAINE, as_of="2026-02-20")._repr_html_()
        for words in ("too early", "2026-03-30", "booked: 2026-04-13", "unknown_units"):
            assert words in html

    def test_a_forecast_without_history(self) -> None:
        html = bs.forecast(bs.PatientRecord(), MIGRAINE, as_of="2026-02-20")._repr_html_()
        assert "no history" in html

    def test_the_repr_still_hides_the_days(self) -> None:
        assert repr(one) == "PatientRecord()"


def plain(**changed: Any) -> Ribbon:
    lane = Lane("a lane", [Band("due", date(2026, 3, 30), date(2026, 4, 6), "due: x")])
    fields: dict[str, Any] = {
        "title": "t",
        "description": "d",
        "lanes": [lane],
        "as_of": None,
        "legend": {},
    }
    return Ribbon(**{**fields, **changed})


class TestDrawing:
    def test_every_kind_has_a_hatching_and_a_shape_of_its_own(self) -> None:
        """In gray the colors are one: hatching and words must tell the kinds apart."""
        hatchings = [hatching for _, _, hatching in _ribbon._STYLES.values()]
        assert len(set(hatchings)) == len(hatchings)
        assert len(set(_ribbon._SHAPES.values())) == len(_ribbon._SHAPES)

    def test_two_pictures_of_a_page_share_no_id(self) -> None:
        one, other = draw(plain()), draw(plain(title="u"))
        ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, other)]
        assert ids[0].isdisjoint(ids[1])

    @pytest.mark.parametrize(
        ("reach", "first_word"),
        [(20, "Apr 2026"), (400, "Apr 2026"), (1500, "Jul 2026"), (9000, "2028"), (90_000, "2040")],
    )
    def test_the_axis_has_as_many_words_as_it_has_room_for(
        self, reach: int, first_word: str
    ) -> None:
        start = date(2026, 3, 15)
        lane = Lane(
            "x", marks=[Mark("full", start, "a"), Mark("full", start + timedelta(days=reach), "b")]
        )
        words = [t.text for t in ET.fromstring(draw(plain(lanes=[lane]))).findall(f"{SVG}text")]
        ticks = [w for w in words if w and re.fullmatch(r"([A-Z][a-z]{2} )?\d{4}", w)]
        assert len(ticks) <= 15
        assert first_word in ticks

    @pytest.mark.parametrize("day", [date.min, date.max])
    def test_the_ends_of_the_calendar_can_be_drawn(self, day: date) -> None:
        lane = Lane("x", marks=[Mark("full", day, "a")])
        assert "<circle" in draw(plain(lanes=[lane]))

    def test_a_line_near_the_end_has_its_words_before_it(self) -> None:
        lane = Lane(
            "x", [], [Mark("full", date(2026, 1, 1), "a")], [Line(date(2026, 4, 1), "overdue: x")]
        )
        assert 'text-anchor="end">overdue' in draw(plain(lanes=[lane]))
        early = Lane(
            "x", [], [Mark("full", date(2026, 9, 1), "a")], [Line(date(2026, 1, 1), "overdue: x")]
        )
        assert 'text-anchor="end">overdue' not in draw(plain(lanes=[early]))

    @pytest.mark.parametrize(("on", "end"), [(date(2026, 1, 1), False), (date(2026, 12, 1), True)])
    def test_the_words_of_today_stay_inside(self, on: date, end: bool) -> None:
        svg = draw(plain(as_of=Line(on, "as of then")))
        assert ('text-anchor="end">as of then' in svg) is end

    def test_a_window_too_narrow_to_see_is_left_out_below_the_line(self) -> None:
        far = Mark("full", date(2046, 1, 1), "a")
        bands = [
            Band("onset", date(2026, 1, 1), date(2026, 1, 3), "onset: x", row=1),
            Band("due", date(2026, 1, 1), date(2026, 1, 1), "due: y"),
        ]
        found = titles(draw(plain(lanes=[Lane("x", bands, [far])])))
        assert found == ["due: y", "a"]

    def test_nothing_to_show_is_a_picture(self) -> None:
        assert ET.fromstring(draw(plain(lanes=[]))).get("role") == "img"
