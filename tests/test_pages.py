"""The patient's page and the worklist page, read as text and seen in a browser."""

import base64
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as whenever
from hypothesis import settings
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import outcomes
from botox_schedule.engine import ObservedDays, ObservedResponse
from botox_schedule.records.findings import make_finding
from botox_schedule.testing import days, protocols, record_from_gaps, records
from exchange import browse
from made_up import MIGRAINE

pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
pytest.importorskip("icalendar", reason="the extra 'handout' is not installed")

from botox_schedule.views.handout import handout_html
from botox_schedule.views.messages import Messages, bundled_messages, load_messages
from botox_schedule.views.report import ReportRow, report_html

SPASTICITY = bs.find_protocol("spasticity")
STAMP = datetime(2026, 1, 5, 9, tzinfo=UTC)
CALL = "Call 555-0100 on weekdays.\n\nAt night call the hospital."
DOCS = Path(__file__).parents[1] / "docs"
one = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)
bladder = record_from_gaps([], starts_on=date(2026, 1, 5), indication="overactive-bladder")
STEERING = "\x00\x1b\x85\u200f\u202e\u2066\ufeff"


def own_days(*given: int) -> ObservedDays:
    return ObservedDays(
        days=given,
        median=Decimal(given[1]),
        smallest=min(given),
        largest=max(given),
        definition="first worse week",
        left_out=0,
    )


def as_needed(**retreatment: Any) -> bs.TreatmentProtocol:
    """A made-up protocol for what is treated when symptoms return."""
    return bs.TreatmentProtocol(
        id="own-bladder",
        version="1",
        region="us",
        indication="overactive-bladder",
        product="Botox",
        population="adult",
        retreatment={"kind": "as_needed", **retreatment},
        response={
            "onset": "2 to 3 weeks",
            "onset_for_whom": "some",
            "onset_share": "3 of 4",
            "wear_off": "18 to 26 weeks",
            "wear_off_for_whom": "some",
            "wear_off_share": "90 of 143",
        },
    )


TYPICAL = {"typical": "169 days", "typical_statistic": "median to the next request"}


def page(record: bs.PatientRecord = one, **changed: Any) -> str:
    asked: dict[str, Any] = {
        "as_of": "2026-01-05",
        "when_to_call": CALL,
        "key": "k",
        "stamped_at": STAMP,
        **changed,
    }
    return handout_html(record, asked.pop("protocol", MIGRAINE), **asked)


def changed(**fields: Any) -> bs.PatientRecord:
    return bs.PatientRecord.model_validate({"sessions": one.sessions, **fields})


def rows(html: str) -> list[list[str]]:
    """Weeks, days and effect of each row."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    pattern = r"<td><span>(.*?)</span> <span class=\"small\">(.*?)</span></td><td>(.*?)</td>"
    return [list(row) for row in re.findall(pattern, body)]


def calendar(html: str) -> str:
    """The calendar file that a page contains."""
    (link,) = re.findall('base64,([^"]+)"', html)
    return base64.b64decode(link).decode()


def following(html: str) -> str:
    return unescape(re.findall(r'<p class="next">(.*?)</p>', html)[0])


def more(html: str) -> list[str]:
    """The sentences below the next visit."""
    below = html.partition('<p class="next">')[2].partition("<h2>")[0]
    return re.findall(r"<p>(.*?)</p>", below)


def visible(html: str) -> str:
    """The words of a page, without its style."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", body))


def booked(day: str) -> bs.PatientRecord:
    booking = {
        "administered_on": day,
        "indication": "chronic-migraine",
        "product": "Botox",
        "status": "booked",
    }
    return changed(sessions=[*one.sessions, booking])


class TestHandout:
    def test_says_the_next_visit_in_words(self) -> None:
        assert following(page()) == (
            "Your next treatment is due between Monday, March 30, 2026 and Monday, April 6, 2026."
        )
        assert more(page()) == []

    def test_a_name_takes_the_protocol_of_what_was_given(self) -> None:
        assert page(protocol="chronic-migraine", other_protocols=[MIGRAINE]) == page(
            other_protocols=[MIGRAINE]
        )

    def test_says_what_to_expect_week_by_week(self) -> None:
        assert rows(page()) == [
            ["Weeks 1 to 2", "Jan 5, 2026 to Jan 18, 2026", "Most people notice nothing new yet."],
            ["Week 3", "Jan 19, 2026 to Jan 26, 2026", "Most people notice the first effect."],
            ["Weeks 4 to 8", "Jan 27, 2026 to Mar 1, 2026", "The effect may last."],
            ["Weeks 9 to 12", "Mar 2, 2026 to Mar 30, 2026", "The effect may fade."],
        ]

    def test_from_the_second_cycle_on_latent_does_not_mean_no_effect(self) -> None:
        given = record_from_gaps([84], starts_on=date(2026, 1, 5))
        assert rows(page(given, as_of="2026-03-30"))[0][2] == (
            "Most people notice nothing new yet; the effect of the session before may remain."
        )

    def test_the_days_are_those_of_the_phases(self) -> None:
        """Each row's days have the phase that the library names for them."""
        given = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        timeline = bs.response_timeline("2026-01-05", SPASTICITY)
        found = rows(page(given, protocol=SPASTICITY))
        assert [row[0] for row in found] == [
            "Week 1",
            "Week 2",
            "Weeks 3 to 4",
            "Weeks 5 to 6",
            "Weeks 7 to 13",
            "Weeks 14 to 26",
        ]
        words = bundled_messages("en")
        for _, span, effect in found:
            for day in (datetime.strptime(d, "%b %d, %Y").date() for d in span.split(" to ")):  # noqa: DTZ007
                phase = bs.response_phase(timeline, as_of=day)
                assert effect == words.phase(phase, timeline, is_first=True)

    @settings(max_examples=60, deadline=None)
    @whenever(protocols())
    def test_weeks_never_overlap(self, protocol: bs.TreatmentProtocol) -> None:
        given = record_from_gaps([], starts_on=date(2026, 1, 5), indication=protocol.indication)
        found = rows(page(given, protocol=protocol, other_protocols=[]))
        weeks = [list(map(int, re.findall(r"\d+", row[0]))) for row in found]
        bounds = [(week[0], week[-1]) for week in weeks if week]
        assert all(one[1] < other[0] for one, other in pairwise(bounds))

    def test_a_phase_of_a_few_days_has_no_week_of_its_own(self) -> None:
        short = MIGRAINE.model_copy(update={"response": {"onset": "14 to 15 days"}, "version": "2"})
        assert [row[0] for row in rows(page(protocol=short, other_protocols=[]))] == [
            "Weeks 1 to 2",
            "",
        ]

    def test_a_phase_of_one_day_names_it_once(self) -> None:
        short = MIGRAINE.model_copy(
            update={"response": {"onset": "1 to 3 days", "wear_off": "8 weeks"}, "version": "2"}
        )
        days = [row[1] for row in rows(page(protocol=short, other_protocols=[]))]
        assert days == [
            "Jan 5, 2026",
            "Jan 6, 2026 to Jan 8, 2026",
            "Jan 9, 2026 to Mar 1, 2026",
            "Mar 2, 2026",
        ]

    @pytest.mark.parametrize("as_of", ["2026-04-07", "2026-06-21", "2026-06-22", "2026-06-30"])
    def test_who_is_late_and_booked_is_not_told_to_call_for_a_day(self, as_of: str) -> None:
        html = page(booked("2026-07-01"), as_of=as_of)
        assert following(html) == "Your next visit is booked for Wednesday, July 1, 2026."
        assert more(html) == []

    def test_windows_about_some_people_say_so(self) -> None:
        effects = [row[2] for row in rows(page(bladder, protocol=as_needed()))]
        assert effects == [
            "Most people notice nothing new yet.",
            "Some people notice the first effect (3 of 4).",
            "The effect may last.",
            "Some people notice that the effect fades (90 of 143); others do not.",
        ]

    def test_names_its_sources_and_how_they_were_read(self) -> None:
        html = page()
        words = "A made-up compendium, chronic migraine (read in a summary)"
        assert f"shortest interval 12 weeks: {words}" in html
        assert f"Protocol {MIGRAINE.id}, version {MIGRAINE.version}" in html

    def test_a_figure_without_a_source_says_so(self) -> None:
        bare = bs.TreatmentProtocol(
            id="own",
            version="1",
            region="us",
            indication="chronic-migraine",
            product="Botox",
            population="adult",
            retreatment={"kind": "scheduled", "minimum": "12 weeks"},
        )
        html = page(protocol=bare, other_protocols=[])
        assert "shortest interval 12 weeks: not read in any source" in html
        assert "Nothing is recorded here about when the effect begins or ends." in html
        assert following(html) == (
            "Your next treatment is possible from Monday, March 30, 2026 on. "
            "The clinic will tell you the day."
        )
        assert more(html) == []

    def test_a_treatment_without_any_interval(self) -> None:
        bare = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled"), "version": "2"}
        )
        html = page(protocol=bare, other_protocols=[])
        assert following(html) == "The clinic will tell you the day of your next treatment."
        assert "data:text/calendar" not in html
        held = changed(holds=[{"first": "2026-02-01", "last": "2026-02-20", "reason": "travel"}])
        paused = page(held, protocol=bare, other_protocols=[], as_of="2026-02-10")
        words = "Your treatment is paused. It can go on from Saturday, February 21, 2026 on."
        assert more(paused) == [words]

    @pytest.mark.parametrize(
        "ahead",
        [
            {"care_ends": [{"on": "2026-03-01", "kind": "discontinued"}]},
            {"holds": [{"first": "2026-03-20", "reason": "pregnancy"}]},
        ],
        ids=["a discharge", "an open hold"],
    )
    def test_a_visit_that_cannot_come_is_nothing_to_add_to_a_calendar(
        self, ahead: dict[str, Any]
    ) -> None:
        html = page(changed(**ahead))
        assert following(html) == "The clinic will tell you the day of your next treatment."
        assert "data:text/calendar" not in html

    @pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n"])
    def test_blank_lines_separate_paragraphs(self, blank: str) -> None:
        html = page(when_to_call=f"Call on weekdays.{blank}At night call the hospital.")
        parts = re.findall(
            r"<p>(.*?)\s*</p>", html.partition("When to call the clinic")[2], re.DOTALL
        )
        assert parts[:2] == ["Call on weekdays.", "At night call the hospital."]

    def test_a_treatment_given_as_needed_says_when_people_ask_again(self) -> None:
        protocol = as_needed(minimum="12 weeks", **TYPICAL)
        html = page(bladder, protocol=protocol)
        assert following(html) == (
            "Many people ask again after about 24 weeks; call us when symptoms return."
        )
        assert more(html) == ["Not before Monday, March 30, 2026."]
        assert more(page(bladder, protocol=protocol, as_of="2026-03-30")) == []
        assert "typical interval 169 days" in html

    @pytest.mark.parametrize(
        "changed",
        [
            {"holds": [{"first": "2026-03-01", "last": "2027-03-01", "reason": "surgery"}]},
            {"overrides": [{"indication": "overactive-bladder", "first": "2026-01-01", "minimum": "40 weeks", "reason": "asked for", "authority": "clinician"}]},
        ],
        ids=["a hold", "a longer minimum"],
    )  # fmt: skip
    def test_what_many_people_do_is_not_moved_with_the_first_allowed_day(
        self, changed: dict[str, Any]
    ) -> None:
        protocol = as_needed(minimum="12 weeks", **TYPICAL)
        given = bladder.model_copy(update=changed)
        html = page(given, protocol=protocol)
        assert following(html).startswith("Many people ask again after about 24 weeks")
        assert "many people ask again: Jun 23, 2026" in html
        dates = bs.forecast(given, protocol, as_of="2026-02-20").dates
        assert dates.typical_on == dates.earliest
        assert dates.typical_words == ("median to the next request, moved to the first allowed day")

    @pytest.mark.parametrize(
        ("decided", "shown"),
        [
            ({"minimum": "16 weeks"}, "shortest interval 16 weeks: decided by the clinic or the payer"),
            ({"usual": "13 to 16 weeks"}, "usual interval 13 to 16 weeks: decided by the clinic or the payer"),
        ],
    )  # fmt: skip
    def test_an_interval_that_somebody_decided_cites_no_label(
        self, decided: dict[str, str], shown: str
    ) -> None:
        chosen = {"indication": "chronic-migraine", "first": "2026-01-01", "reason": "asked for"}
        html = page(changed(overrides=[chosen | {"authority": "clinician"} | decided]))
        assert shown in html
        (name,) = {"shortest interval", "usual interval"} - {shown.partition(" 1")[0]}
        assert f"{name} 12 weeks" in html

    def test_the_response_cites_the_product_that_was_given(self) -> None:
        arm = {"indication": "upper-limb-spasticity", "administered_on": "2026-01-05"}
        given = bs.PatientRecord(sessions=[arm | {"product": "Dysport", "units": 500}])
        html = page(given, protocol=bs.find_protocol("upper-limb-spasticity"))
        assert "usual interval 3 to 4 months: NHS Homerton" in html
        assert "onset 0 days to 2 weeks: Dysport 500 U package leaflet" in html
        assert "peak 4 to 6 weeks" not in html

    def test_the_day_after_a_pause_is_named_once(self) -> None:
        pause = [{"first": "2026-03-01", "last": "2027-03-01", "reason": "surgery"}]
        given = bladder.model_copy(update={"holds": pause})
        html = page(given, protocol=as_needed(minimum="12 weeks"), as_of="2026-04-01")
        assert more(html) == [
            "Your treatment is paused. It can go on from Tuesday, March 2, 2027 on."
        ]

    def test_as_needed_without_a_typical_day(self) -> None:
        html = page(bladder, protocol=as_needed(minimum="12 weeks"))
        assert following(html) == "Call us when symptoms return."
        assert more(html) == ["Not before Monday, March 30, 2026."]

    def test_as_needed_with_a_usual_range_has_its_due_days(self) -> None:
        protocol = as_needed(minimum="12 weeks", usual="24 to 26 weeks", **TYPICAL)
        html = page(bladder, protocol=protocol)
        assert following(html).startswith("Your next treatment is due between")
        assert "many people ask again" not in html
        assert more(html) == ["Not before Monday, March 30, 2026."]

    def test_the_first_allowed_day_is_said_where_it_is_not_the_due_day(self) -> None:
        given = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        assert "Not before Monday, March 30, 2026." in page(given, protocol=SPASTICITY)
        assert "Not before" not in page(given, protocol=SPASTICITY, as_of="2026-03-30")

    def test_who_is_booked_is_not_asked_to_call(self) -> None:
        assert "please call: from Apr 7, 2026 on" in page(as_of="2026-04-10")
        assert "please call" not in page(booked("2026-04-20"), as_of="2026-04-10")

    def test_a_booking_is_the_next_visit_and_does_not_hide_the_due_days(self) -> None:
        html = page(booked("2026-04-01"))
        assert following(html) == "Your next visit is booked for Wednesday, April 1, 2026."
        assert more(html) == [
            "Your next treatment is due between Monday, March 30, 2026 and Monday, April 6, 2026."
        ]

    def test_the_visit_after_a_booked_second_part_is_named_too(self) -> None:
        """The calendar file has both."""
        visits = [*booked("2026-01-07").sessions, *booked("2026-03-31").sessions[1:]]
        html = page(changed(sessions=visits))
        assert following(html) == "Your next visit is booked for Wednesday, January 7, 2026."
        assert more(html)[:1] == ["Appointment: Tuesday, March 31, 2026"]
        assert calendar(html).count("SUMMARY:Appointment\r\n") == 2

    def test_a_booking_of_an_overdue_patient_is_enough(self) -> None:
        html = page(booked("2026-05-01"), as_of="2026-04-20")
        assert following(html) == "Your next visit is booked for Friday, May 1, 2026."
        assert more(html) == []

    def test_who_has_a_visit_after_a_hold_is_not_asked_to_call_for_one(self) -> None:
        """On hold, and overdue since before it."""
        held = {"first": "2026-04-10", "last": "2026-04-30", "reason": "travel"}
        html = page(
            changed(sessions=booked("2026-05-01").sessions, holds=[held]), as_of="2026-04-20"
        )
        assert following(html) == "Your next visit is booked for Friday, May 1, 2026."
        assert more(html) == ["Your treatment is paused. It can go on from Friday, May 1, 2026 on."]

    def test_a_single_due_day(self) -> None:
        policy = bs.SchedulingPolicy(scheduled_grace="0 days")
        assert (
            following(page(policy=policy))
            == "Your next treatment is due on Monday, March 30, 2026."
        )

    def test_an_overdue_patient_is_asked_to_call(self) -> None:
        html = page(as_of="2026-04-20")
        assert following(html) == (
            "Your next treatment was due by Monday, April 6, 2026. "
            "Please call the clinic for a day."
        )
        assert "data:text/calendar" not in html

    @pytest.mark.parametrize("as_of", ["2026-01-05", "2026-04-20", "2026-12-01"])
    @pytest.mark.parametrize(("language", "word"), [("en", "overdue"), ("es", "atrasado")])
    def test_no_patient_is_called_overdue(self, as_of: str, language: str, word: str) -> None:
        shown = visible(page(as_of=as_of, language=language))
        assert word not in shown
        assert bundled_messages(language).words["status_overdue"] == word

    def test_a_hold_with_a_known_end_says_when_it_goes_on(self) -> None:
        given = changed(holds=[{"first": "2026-02-01", "last": "2026-04-30", "reason": "Smith"}])
        html = page(given, as_of="2026-02-20")
        assert following(html) == (
            "Your next treatment is due between Friday, May 1, 2026 and Friday, May 8, 2026."
        )
        assert more(html) == ["Your treatment is paused. It can go on from Friday, May 1, 2026 on."]
        assert "paused: Feb 1, 2026 to Apr 30, 2026" in html
        assert "Smith" not in html

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ({}, ["Your treatment is paused. It can go on from Monday, March 30, 2026 on."]),
            ({"holds": [{"first": "2026-03-25", "reason": "surgery"}]}, []),
        ],
        ids=["the interval", "a further hold"],
    )
    def test_a_hold_that_ends_before_the_treatment_may_come(
        self, rows: dict[str, Any], words: list[str]
    ) -> None:
        travel = {"first": "2026-02-01", "last": "2026-02-20", "reason": "travel"}
        holds = [travel, *rows.get("holds", ())]
        assert more(page(changed(holds=holds), as_of="2026-02-10")) == words
        given = bs.PatientRecord(
            sessions=[
                {"administered_on": "2026-01-05", "indication": "spasticity", "product": None}
            ],
            holds=holds,
        )
        assert more(page(given, protocol=SPASTICITY, as_of="2026-02-10")) == words

    def test_a_hold_that_outlasts_care_goes_on_to_nothing(self) -> None:
        given = changed(
            holds=[{"first": "2026-02-01", "last": "2026-04-30", "reason": "x"}],
            care_ends=[{"on": "2026-04-15", "kind": "discontinued"}],
        )
        assert more(page(given, as_of="2026-02-20")) == []

    def test_a_hold_that_began_when_the_treatment_was_due_moves_the_first_day(self) -> None:
        given = changed(holds=[{"first": "2026-04-03", "last": "2026-05-10", "reason": "x"}])
        assert following(page(given, as_of="2026-04-20")).startswith(
            "Your next treatment is due between Monday, May 11, 2026 and "
        )

    def test_a_hold_ahead_ends_the_days_that_are_named(self) -> None:
        given = changed(holds=[{"first": "2026-04-01", "last": "2026-04-20", "reason": "x"}])
        assert following(page(given, as_of="2026-03-01")) == (
            "Your next treatment is due between Monday, March 30, 2026 and Tuesday, March 31, 2026."
        )

    def test_so_does_the_end_of_an_override(self) -> None:
        shorter = {
            "indication": "chronic-migraine", "first": "2026-01-01", "last": "2026-03-20",
            "minimum": "10 weeks", "usual": "10 weeks", "reason": "r", "authority": "clinician",
        }  # fmt: skip
        given = changed(overrides=[shorter])
        html = page(given, as_of="2026-03-01")
        words = "due between Monday, March 16, 2026 and Friday, March 20, 2026."
        assert following(html) == f"Your next treatment is {words}"
        assert "due: Mar 16, 2026 to Mar 20, 2026" in html
        assert "DTEND;VALUE=DATE:20260321" in calendar(html)
        # From the day after on the label's interval is in force, and the days are its own.
        assert "Monday, March 30, 2026" in following(page(given, as_of="2026-03-21"))

    def test_the_full_benefit_is_said_while_it_lies_ahead(self) -> None:
        given = record_from_gaps([84, 84], starts_on=date(2026, 1, 5))
        words = "the full benefit may come by about Sunday, July 5, 2026"
        assert words in page(given, as_of="2026-06-22")
        assert "full benefit may" not in page(given, as_of="2026-07-06")

    def test_own_days_that_never_differ_are_one_number(self) -> None:
        same = ObservedResponse(wear_off=own_days(70, 70, 70), onset=own_days(7, 7, 7))
        for language, sentences in (
            (
                "en",
                ("you noticed an effect after 7 days, in 3", "effect faded after 70 days, in 3"),
            ),
            (
                "es",
                ("notó un efecto después de 7 días, en 3", "disminuyó después de 70 días, en 3"),
            ),
        ):
            html = page(observed=same, language=language)
            assert all(sentence in html for sentence in sentences)
            assert "70 to 70" not in html
            assert "70 a 70" not in html

    def test_own_days_are_shown_beside_the_labels(self) -> None:
        observed = ObservedResponse(wear_off=own_days(68, 70, 75), onset=own_days(4, 6, 8))
        html = page(observed=observed)
        assert "you noticed an effect after 4 to 8 days, in 3 cycles." in html
        assert "In your own case: the effect faded after 68 to 75 days, in 3 cycles." in html
        assert "effect may fade, in your own case: 68 to 75 days in 3 cycles" in html
        assert "first effect, in your own case: 4 to 8 days in 3 cycles" in html
        only = page(observed=ObservedResponse(wear_off=own_days(68, 70, 75)))
        assert "you noticed an effect" not in only

    def test_the_picture_is_made_for_a_phone(self) -> None:
        assert 'viewBox="0 0 360 ' in page()

    def test_the_clinic_has_lines_of_its_own(self) -> None:
        html = page(patient="A. Example", clinic="Example Clinic\n1 Main Street")
        assert "<p>A. Example</p>" in html
        assert "<p>Example Clinic<br>1 Main Street</p>" in html

    def test_the_calendar_link_holds_the_visit(self) -> None:
        (link,) = re.findall(r'href="data:text/calendar;charset=utf-8;base64,([^"]+)"', page())
        file = base64.b64decode(link).decode()
        assert "DTSTART;VALUE=DATE:20260330" in file
        assert file.count("BEGIN:VEVENT") == 1

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            (changed(holds=[{"first": "2026-01-05", "reason": "Smith"}]), "on hold"),
            (changed(care_ends=[{"on": "2026-01-05", "kind": "discontinued"}]), "discontinued"),
            (changed(care_ends=[{"on": "2026-01-05", "kind": "deceased"}]), "has died"),
            (bs.PatientRecord(), "no session with a known day"),
            (booked("2026-03-29"), "booked day is not allowed"),
            (
                booked("2026-04-01").model_copy(
                    update={"holds": [{"first": "2026-03-31", "last": "2026-04-02", "reason": "x"}]}
                ),
                "on hold then",
            ),
            (
                booked("2026-04-01").model_copy(
                    update={"care_ends": [{"on": "2026-03-31", "kind": "discontinued"}]}
                ),
                "care has ended by then",
            ),
            (
                changed(
                    sessions=[
                        *one.sessions,
                        {
                            "administered_on": "2026-01-05",
                            "indication": "chronic-migrane",
                            "product": "Botox",
                        },
                    ]
                ),
                "unknown indication",
            ),
            (
                changed(
                    sessions=[
                        *one.sessions,
                        {
                            "administered_on": "2026-04-05",
                            "indication": "chronic-migraine",
                            "product": "Botox",
                        },
                    ]
                ),
                "dated after the day of the page",
            ),
            (
                changed(
                    sessions=[
                        *one.sessions,
                        {
                            "administered_on": "1900-01-01",
                            "indication": "chronic-migraine",
                            "product": "Botox",
                        },
                    ]
                ),
                "a session without its day may have been the last one",
            ),
        ],
        ids=[
            "on hold",
            "discontinued",
            "deceased",
            "no history",
            "booked too early",
            "booked in a hold",
            "booked after a discharge",
            "unrecognized",
            "completed in the future",
            "completed on an unknown day",
        ],
    )
    def test_is_refused_with_the_reason(self, given: bs.PatientRecord, reason: str) -> None:
        with pytest.raises(bs.errors.HandoutError, match=reason) as caught:
            page(given)
        assert "Smith" not in str(caught.value)

    def test_a_booking_that_passed_without_a_word_may_have_been_the_last_session(self) -> None:
        given = booked("2026-03-31")
        assert following(page(given, as_of="2026-04-02"))
        with pytest.raises(bs.errors.HandoutError, match="may have been the last session"):
            page(given, as_of="2026-04-03")

    def test_an_older_session_under_an_unknown_indication_is_no_reason(self) -> None:
        older = {
            "administered_on": "2024-01-05",
            "indication": "chronic-migrane",
            "product": "Botox",
        }
        assert following(page(changed(sessions=[*one.sessions, older]))) == following(page())

    def test_a_discharge_ahead_ends_the_due_days(self) -> None:
        given = changed(care_ends=[{"on": "2026-04-02", "kind": "discontinued"}])
        html = page(given)
        assert "due: Mar 30, 2026 to Apr 1, 2026" in html
        words = "due between Monday, March 30, 2026 and Wednesday, April 1, 2026."
        assert following(html) == f"Your next treatment is {words}"

    def test_so_does_a_hold_ahead_whose_end_is_unknown(self) -> None:
        for first, words in (
            ("2026-04-02", "due between Monday, March 30, 2026 and Wednesday, April 1, 2026."),
            ("2026-03-31", "due on Monday, March 30, 2026."),
        ):
            html = page(changed(holds=[{"first": first, "reason": "r"}]))
            assert following(html) == f"Your next treatment is {words}"

    def test_everything_passed_in_is_escaped(self) -> None:
        nasty = "<script>alert('x')</script>&\"'"
        html = page(when_to_call=nasty, patient=nasty, clinic=nasty, key=nasty)
        assert "<script" not in html
        assert html.count("&lt;script&gt;") == 3

    def test_no_character_that_steers_the_text_reaches_the_page(self) -> None:
        nasty = f"a{STEERING}b"
        messages = bundled_messages("en")
        words = {key: text + STEERING for key, text in messages.words.items()}
        lists = {key: messages.words[key] for key in ("months", "months_short", "weekdays")}
        own = messages.model_copy(
            update={"words": {**words, **lists}, "treatments": {"chronic-migraine": nasty}}
        )
        html = page(when_to_call=nasty, patient=nasty, clinic=nasty, language=own)
        assert not set(html) & set(STEERING)
        assert "\ufffd" in html

    @settings(max_examples=40, deadline=None)
    @whenever(records(), protocols(), days(date(2024, 1, 1), date(2027, 6, 30)))
    def test_every_record_is_a_page_or_refused(
        self, record: bs.PatientRecord, protocol: bs.TreatmentProtocol, as_of: date
    ) -> None:
        found = bs.forecast(record, protocol, as_of=as_of)
        try:
            html = page(record, protocol=protocol, as_of=as_of)
        except bs.errors.HandoutError:
            ended_or_held = found.status.ends_care or found.status is bs.DueStatus.ON_HOLD
            assert found.timeline is None or ended_or_held or found.findings
            return
        assert found.timeline is not None
        assert not found.status.ends_care
        assert following(html)
        assert "overdue" not in visible(html)

    @pytest.mark.parametrize("empty", ["", "   ", "x" * 4001])
    def test_the_clinics_own_text_is_needed(self, empty: str) -> None:
        with pytest.raises(ValidationError, match="when_to_call"):
            page(when_to_call=empty)

    def test_is_small_and_needs_nothing_else(self) -> None:
        html = page()
        assert len(html.encode()) < 100_000
        assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
        assert "<script" not in html

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        assert page() == page()


class TestLanguages:
    def test_spanish_says_that_nobody_reviewed_it(self) -> None:
        html = page(language="es")
        assert '<html lang="es">' in html
        assert '<body dir="auto">' in html  # a clinic's own words may run from right to left
        assert "Este texto aún no ha sido revisado por un traductor médico." in html
        assert following(html) == (
            "Su próximo tratamiento corresponde entre el lunes, 30 de marzo de 2026 "
            "y el lunes, 6 de abril de 2026."
        )
        assert "migraña crónica" in html
        assert "not been reviewed" not in page()
        assert "Semanas 1 a 2" in html
        assert "intervalo más corto 12 semanas: " in html
        assert "SUMMARY:Cita pendiente" in calendar(html)
        assert "inicio 2 a 3 semanas: " in html

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_every_indication_that_is_bundled_has_a_name(self, language: str) -> None:
        known = {protocol.indication for protocol in bs.bundled_protocols()}
        assert known <= set(bundled_messages(language).treatments)

    def test_no_spanish_text_is_left_in_english(self) -> None:
        english, spanish = bundled_messages("en"), bundled_messages("es")
        same = [key for key, text in english.words.items() if spanish.words[key] == text]
        assert [re.sub(r"{\w+}|\W", "", english.words[key]) for key in same] == [""] * len(same)
        assert english.treatments.keys() == spanish.treatments.keys()

    def test_every_statistic_of_a_typical_day_is_translated(self) -> None:
        stated = {p.retreatment.typical_statistic for p in bs.bundled_protocols()} - {None}
        assert stated == bundled_messages("es").statistics.keys()

    def test_every_share_that_a_bundled_protocol_states_is_translated(self) -> None:
        windows = [f"{stage}_share" for stage in ("onset", "peak", "wear_off")]
        bundled = bs.bundled_protocols()
        stated = {getattr(p.response, name) for p in bundled for name in windows} - {None}
        assert stated == bundled_messages("es").shares.keys()
        assert bundled_messages("es").share("9 of 10") == "9 of 10"

    def test_an_unknown_language_is_refused(self) -> None:
        with pytest.raises(bs.errors.HandoutError, match="known: en, es"):
            page(language="tlh")

    def own(self, folder: Path, **words: str) -> Path:
        english = bundled_messages("en")
        texts = {**english.words, **words}
        lines = ['language = "en-GB"', "reviewed = false", "[words]"]
        lines += [f"{key} = '''{text}'''" for key, text in texts.items() if text != "drop"]
        file = folder / "words.toml"
        file.write_text("\n".join(lines), encoding="utf-8")
        return file

    def test_a_clinics_own_catalog_takes_its_place(self, tmp_path: Path) -> None:
        own = load_messages(self.own(tmp_path, next="What comes next"))
        html = page(language=own)
        assert "<h2>What comes next</h2>" in html
        assert "Your treatment: chronic migraine" in html
        assert "not been reviewed" in html

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ({"next": "drop"}, "words.next is missing"),
            ({"hello": "x"}, "words.hello is not a key"),
            (
                {"next_due": "{first} {today}"},
                r"words.next_due has other braces than {first}, {last}",
            ),
            (
                {"next_booked": "Your visit is booked."},
                r"words.next_booked has other braces than {day}",
            ),
            ({"next": "{0.__class__}"}, "words.next has other braces than none"),
            ({"next": "{"}, "words.next has other braces"),
            ({"weekdays": "one two"}, "words.weekdays needs 7 words"),
        ],
    )
    def test_a_catalog_that_is_not_whole_is_refused(
        self, tmp_path: Path, words: dict[str, str], message: str
    ) -> None:
        with pytest.raises(bs.errors.HandoutError, match="words.toml: the table: .*" + message):
            load_messages(self.own(tmp_path, **words))

    def test_what_is_no_toml_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "words.toml"
        file.write_text("language", encoding="utf-8")
        with pytest.raises(bs.errors.ProtocolFileError, match="not a TOML file"):
            load_messages(file)

    def test_words_are_a_value(self) -> None:
        messages = bundled_messages("es")
        assert Messages.model_validate_json(messages.model_dump_json()) == messages


def row(patient: str = "P1", **fields: Any) -> ReportRow:
    return ReportRow(patient=patient, indication="chronic-migraine", **fields)


def forecasts(as_of: str = "2026-03-16") -> list[ReportRow]:
    """Rows of several statuses, the most urgent first."""
    starts = ["2025-06-02", "2025-11-03", "2025-12-15", "2025-12-22", "2026-01-05", "2026-02-02"]
    given = [
        ReportRow.of(
            f"P{number}",
            bs.forecast(
                record_from_gaps([], starts_on=date.fromisoformat(day)), MIGRAINE, as_of=as_of
            ),
        )
        for number, day in enumerate(starts)
    ]
    return [
        *given,
        ReportRow.of(
            "P6", bs.forecast(booked("2026-04-01"), MIGRAINE, as_of=as_of), "Booked", ["a note"]
        ),
        ReportRow.of("P7", bs.forecast(bladder, as_needed(**TYPICAL), as_of=as_of)),
        ReportRow.of(
            "P8", bs.forecast(bladder, as_needed(minimum="12 weeks", **TYPICAL), as_of=as_of)
        ),
    ]


def cells(html: str, patient: str) -> dict[str, str]:
    """The words of a patient's row by column."""
    (found,) = [r for r in html.split("<tr ") if f"<div>{patient}<" in r or f"<div>{patient} " in r]
    return {
        name: " ".join(visible(text).split())
        for name, text in re.findall(r'data-label="([^"]+)"[^>]*>(.*?)</td>', found, re.DOTALL)
    }


class TestReport:
    def test_the_picture_shows_the_due_days_that_nothing_breaks(self) -> None:
        """One day is 0.6 wide: 240 for 400 days."""
        hold = {"first": "2026-04-02", "last": "2026-04-30", "reason": "travel"}
        held = bs.PatientRecord.model_validate(
            {
                "sessions": record_from_gaps([], starts_on=date(2026, 1, 5)).sessions,
                "holds": [hold],
            }
        )
        found = ReportRow.of("P1", bs.forecast(held, MIGRAINE, as_of="2026-03-16"))
        assert str(found.due_window) == "2026-03-30 to 2026-04-01"
        html = report_html([found], as_of="2026-03-16")
        (wide,) = re.findall('width="([0-9.]+)" height="14"', html)
        assert float(wide) == pytest.approx(1.8)
        assert cells(html, "P1")["due"] == "2026-03-30 only 2026-03-30 to 2026-04-01"

    def test_counts_are_those_of_the_rows(self) -> None:
        html = report_html(forecasts(), as_of="2026-03-16")
        counts = re.findall(r"<strong>(\d+)</strong> ([^<]+)</button>", html)
        assert counts == [
            ("1", "long past the usual interval"),
            ("1", "overdue"),
            ("2", "due"),
            ("4", "too early"),
            ("1", "no interval is recorded here"),
        ]
        assert html.count("<tr ") == 9
        assert "<p>9 tracks.</p>" in html
        assert "<p>1 track.</p>" in report_html(forecasts()[:1], as_of="2026-03-16")

    def test_each_row_says_where_a_track_stands(self) -> None:
        html = report_html(forecasts(), as_of="2026-03-16")
        assert cells(html, "P6") == {
            "status": "◌ too early Booked",
            "patient": "P6",
            "treatment": "chronic migraine onabotulinumtoxinA",
            "days to go": "14 to due",
            "due": "2026-03-30",
            "overdue from": "2026-04-07",
            "booked": "2026-04-01",
            "last session": "2026-01-05 response: wearing off",
            "to review": "a note",
            "days": "",
        }
        assert cells(html, "P1")["days to go"] == "49 past due"
        assert cells(html, "P7")["due"] == "typical day 2026-06-23"
        assert cells(html, "P7")["days to go"] == ""
        assert cells(html, "P8")["days to go"] == "14 to earliest"

    def test_the_list_does_not_claim_to_be_sorted_by_a_column(self) -> None:
        html = report_html(forecasts(), as_of="2026-03-16")
        assert "aria-sort=" not in re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)

    def test_findings_are_shown_those_for_today_first(self) -> None:
        findings = (
            make_finding(bs.FindingCode.UNKNOWN_UNITS, "units are unknown"),
            make_finding(bs.FindingCode.NOT_REBOOKED, "nothing is booked"),
        )
        html = report_html([row(status="due", findings=findings)], as_of="2026-03-16")
        assert cells(html, "P1")["to review"] == "! today: nothing is booked units are unknown"

    def test_a_hold_says_until_when(self) -> None:
        given = changed(holds=[{"first": "2026-02-01", "last": "2026-04-30", "reason": "x"}])
        found = bs.forecast(given, MIGRAINE, as_of="2026-03-16")
        html = report_html([ReportRow.of("P1", found)], as_of="2026-03-16")
        assert cells(html, "P1")["status"] == "‖ on hold until 2026-04-30"

    def test_what_nobody_knows_is_on_the_list(self) -> None:
        given = bs.PatientRecord(
            sessions=[
                {"administered_on": "2026-01-05", "indication": "no-such-thing", "product": None}
            ]
        )
        (found,) = bs.forecast_all(given, as_of="2026-03-16")
        html = report_html([ReportRow.of("P1", found)], as_of="2026-03-16")
        assert cells(html, "P1")["status"] == "? no protocol, or no readable row"
        assert cells(html, "P1")["treatment"] == "no such thing"
        ended = given.model_copy(update={"care_ends": (bs.CareEnd(on=None, kind="deceased"),)})
        (found,) = bs.forecast_all(ended, as_of="2026-03-16")
        html = report_html([ReportRow.of("P1", found)], as_of="2026-03-16")
        assert cells(html, "P1")["status"] == "† deceased"

    def test_due_days_without_an_end_reach_to_the_edge(self) -> None:
        html = report_html([row(status="due", dates={"due": "2026-03-16"})], as_of="2026-03-16")
        assert 'x="120.0" y="4" width="120.0"' in html
        assert '<path class="overdue"' not in html

    def test_all_statuses_have_words_and_most_an_icon(self) -> None:
        given = [row(f"P{n}", status=status) for n, status in enumerate(bs.DueStatus)]
        html = report_html(given, as_of="2026-03-16")
        words = bundled_messages("en")
        for number, status in enumerate(bs.DueStatus):
            assert cells(html, f"P{number}")["status"].endswith(words.status(status))
            assert f".{status.value}" in html

    def test_what_is_given_is_escaped(self) -> None:
        nasty = f"<b>{STEERING}&"
        html = report_html(
            [row(nasty, section=nasty, notes=[nasty], status="due")],
            as_of="2026-03-16",
            summary=nasty,
            problems=[nasty],
        )
        assert "<b>" not in html
        assert not set(html) & set(STEERING)
        assert "Problems (1)" in html

    def test_what_many_lines_say_alike_is_said_once(self) -> None:
        problems = (f"line {line}: no day" for line in range(2, 7))
        html = report_html([], as_of="2026-03-16", problems=problems)
        assert "Problems (5)" in html
        assert "lines 2 to 6: no day" in html

    def test_problems_of_a_reading_are_lines_too(self) -> None:
        found: Any = outcomes.read_diary(b"date,kind\n2026-01-05,none\nx,none").problems
        told = report_html([], as_of="2026-03-16", problems=found)
        assert told == report_html([], as_of="2026-03-16", problems=map(str, found))
        assert "line 3: date: " in told

    def test_other_words_can_be_given(self) -> None:
        html = report_html([row(status="due")], as_of="2026-03-16", language="es")
        assert cells(html, "P1")["status"] == "● corresponde"
        assert '<html lang="en">' in html
        assert '<span lang="es">corresponde</span>' in html
        messages = bundled_messages("es")
        assert html == report_html([row(status="due")], as_of="2026-03-16", language=messages)

    def test_a_long_list_has_no_pictures(self) -> None:
        given = [row(f"P{n}", status="due") for n in range(2001)]
        html = report_html(given, as_of="2026-03-16")
        assert "Pictures are left out of a list this long" in html
        assert html.count("<svg") == 1

    def test_an_empty_list_is_a_page(self) -> None:
        assert "0 of 0 tracks shown" in report_html([], as_of="2026-03-16")

    def test_a_row_hides_its_patient(self) -> None:
        assert repr(row("Smith", notes=["Smith"])) == "ReportRow(...)"


class TestWords:
    """The page of words has every word that patients and staff read about dates and effects."""

    @pytest.mark.parametrize("group", ["status", "phase", "limits"])
    def test_the_page_has_the_words_of_the_catalog(self, group: str) -> None:
        text = (DOCS / "explanation" / "words.md").read_text(encoding="utf-8")
        words = bundled_messages("en").words
        missing = [k for k, v in words.items() if k.startswith(f"{group}_") and v not in text]
        assert missing == []

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_every_status_phase_and_timing_has_words(self, language: str) -> None:
        words = bundled_messages(language).words
        for status in bs.DueStatus:
            assert words[f"status_{status.value}"]
        for phase in bs.ResponsePhase:
            assert words[f"phase_{phase.value}"]
        for timing in bs.CycleTiming:
            assert words[f"timing_{timing.value}"]

    @pytest.mark.parametrize("status", ["too_early", "due", "overdue", "on_hold", "deceased"])
    def test_plain_statuses_are_called_as_in_the_code(self, status: str) -> None:
        assert bundled_messages("en").words[f"status_{status}"] == status.replace("_", " ")

    def test_nothing_claims_more_than_was_read_or_checked(self) -> None:
        words = bundled_messages("en").words
        assert words["status_allowed"] == "the interval allows"
        assert words["no_usual"] == "no usual range is recorded here"
        for text in words.values():
            assert not re.search(
                r"source states none|no source says|is safe(?<!not say the dose is safe)", text
            )


class TestInABrowser:
    @pytest.mark.parametrize(("language", "protocol"), [("en", MIGRAINE), ("es", SPASTICITY)])
    def test_the_patients_page(
        self, tmp_path: Path, language: str, protocol: bs.TreatmentProtocol
    ) -> None:
        given = record_from_gaps([], starts_on=date(2026, 1, 5), indication=protocol.indication)
        html = page(
            given,
            protocol=protocol,
            language=language,
            patient="A. Example",
            clinic="Clinic\n555-0100",
        )
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        seen = browse(file)
        assert (seen["consoleErrors"], seen["violations"]) == ([], [])
        assert seen["requests"] == [f"file://{file}"]
        assert seen["pages"] == {"A4": 1, "Letter": 1}
        assert (seen["language"], seen["images"]) == (language, 1)
        assert following(html) in seen["text"]
        (link,) = seen["links"]
        assert link["download"] == "visit.ics"
        assert b"BEGIN:VEVENT" in base64.b64decode(link["href"].partition("base64,")[2])
        assert seen["focus"] == link["text"]
        assert seen["overflow"] == {"360": 0, "390": 0, "860": 0, "1240": 0}

    def test_the_worklist(self, tmp_path: Path) -> None:
        given = [
            r.model_copy(update={"patient": f"{r.patient}-{n}"})
            for n in range(4)
            for r in forecasts()
        ]
        given.sort(key=lambda r: [s.value for s in ORDER].index(str(r.status)))
        out = tmp_path / "report.html"
        out.write_text(report_html(given, as_of="2026-03-16"), encoding="utf-8")
        seen = browse(
            out, sort=["days to go", "days to go", "booked", "patient", "status"], filter="overdue"
        )
        assert (seen["consoleErrors"], seen["violations"]) == ([], [])
        assert seen["requests"] == [f"file://{out}"]
        assert max(seen["pages"].values()) <= 2
        up, down, by_booking, by_patient, by_status = seen["sorted"]
        numbers = [signed(value) for value in up["values"] if value]
        assert (up["aria"], down["aria"]) == ("ascending", "descending")
        assert numbers == sorted(numbers)
        assert [signed(v) for v in down["values"] if v] == sorted(numbers, reverse=True)
        assert up["values"][-4:] == down["values"][-4:] == [""] * 4
        booked_days = [value for value in by_booking["values"] if value]
        assert booked_days == sorted(booked_days)
        assert by_patient["values"] == sorted(by_patient["values"])
        words = [value[2:].removesuffix(" Booked") for value in by_status["values"]]
        names = [bundled_messages("en").status(status) for status in ORDER]
        assert words == sorted(words, key=names.index)
        assert seen["filtered"] == {"shown": 4, "text": "4 of 36 tracks shown.", "pressed": 1}
        assert seen["overflow"] == {"360": 0, "390": 0, "860": 0, "1240": 0}

    def test_the_check_finds_what_is_wrong(self, tmp_path: Path) -> None:
        """A page without a language, with a broken script and a picture from elsewhere."""
        file = tmp_path / "bad.html"
        file.write_text(
            "<html><body><img src='https://127.0.0.1:9/x.png' width=2000>"
            "<script>nope()</script></body></html>",
            encoding="utf-8",
        )
        seen = browse(file)
        assert any(v.startswith("html-has-lang") for v in seen["violations"])
        assert any(v.startswith("image-alt") for v in seen["violations"])
        assert any("nope" in error for error in seen["consoleErrors"])
        assert len(seen["requests"]) == 2
        assert seen["overflow"]["390"] > 1000


ORDER = [
    bs.DueStatus.LAPSED,
    bs.DueStatus.OVERDUE,
    bs.DueStatus.DUE,
    bs.DueStatus.ALLOWED,
    bs.DueStatus.NO_INTERVAL,
    bs.DueStatus.TOO_EARLY,
]


def signed(words: str) -> int:
    """The days of a cell such as "3 past due" as a number below zero."""
    days = int(words.split(maxsplit=1)[0])
    return -days if "past" in words else days
