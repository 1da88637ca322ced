"""The patient's page and the worklist page, read as text and seen in a browser."""

import base64
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.cli import main as cli
from botox_schedule.testing import record_from_gaps
from exchange import browse

pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
pytest.importorskip("icalendar", reason="the extra 'handout' is not installed")

from botox_schedule.views.handout import (
    Messages,
    bundled_messages,
    handout_html,
    load_messages,
)

MIGRAINE = bs.find_protocol("chronic-migraine")
SPASTICITY = bs.find_protocol("spasticity")
STAMP = datetime(2026, 1, 5, 9, tzinfo=UTC)
CALL = "Call 555-0100 on weekdays.\n\nAt night call the hospital."
one = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)
DEMO = Path(bs.__file__).parent / "cli" / "demo" / "clinic-export.csv"


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
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.findall(r"<td>(.*?)</td>", row) for row in body.split("</tr>")[:-1]]


def following(html: str) -> str:
    return str(re.findall(r'<p class="next">(.*?)</p>', html)[0])


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
        assert "Not before" not in page()

    def test_says_what_to_expect_week_by_week(self) -> None:
        assert rows(page()) == [
            ["1 to 2", "January 5, 2026 to January 18, 2026", "No effect is expected yet."],
            ["3 to 4", "January 19, 2026 to January 26, 2026", "The effect may begin."],
            ["4 to 8", "January 27, 2026 to March 1, 2026", "The effect may grow."],
            ["9 to 13", "March 2, 2026 to March 30, 2026", "The effect may wear off."],
        ]

    def test_from_the_second_cycle_on_latent_does_not_mean_no_effect(self) -> None:
        given = record_from_gaps([84], starts_on=date(2026, 1, 5))
        assert rows(page(given, as_of="2026-03-30"))[0][2] == (
            "The new treatment is not expected to act yet; the one before may still do."
        )

    def test_the_weeks_are_those_of_the_phases(self) -> None:
        """Each row's days have the phase that the library names for them."""
        given = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        timeline = bs.response_timeline("2026-01-05", SPASTICITY)
        found = rows(page(given, protocol=SPASTICITY))
        assert [row[0] for row in found] == [
            "1",
            "2 to 3",
            "3 to 4",
            "5 to 7",
            "7 to 13",
            "13 to 26",
        ]
        phases = [
            bs.response_phase(timeline, as_of=day)
            for day in (
                "2026-01-11",
                "2026-01-12",
                "2026-01-20",
                "2026-02-02",
                "2026-02-17",
                "2026-07-05",
            )
        ]
        assert phases == ["latent", "onset", "building", "peak", "sustained", "wearing_off"]

    def test_names_its_sources_and_how_they_were_read(self) -> None:
        html = page()
        assert (
            "shortest interval 12 weeks: Epocrates: Botox, chronic migraine (read in a summary)"
            in html
        )
        assert "Protocol onabotulinumtoxinA-chronic-migraine-adult-us, version 1.0" in html

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
        html = page(protocol=bare)
        assert "shortest interval 12 weeks: not read in any source" in html
        assert "The sources say nothing about when the effect begins or ends." in html
        assert following(html) == (
            "Your next treatment is possible from Monday, March 30, 2026 on. "
            "No source says when it is due."
        )

    def test_a_treatment_without_any_interval(self) -> None:
        bare = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled"), "version": "2"}
        )
        html = page(protocol=bare)
        assert following(html) == "The clinic will tell you the day of your next treatment."
        assert "data:text/calendar" not in html

    def test_the_first_allowed_day_is_said_where_it_is_not_the_due_day(self) -> None:
        given = record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity")
        assert "Not before Monday, March 30, 2026." in page(given, protocol=SPASTICITY)
        assert "Not before" not in page(given, protocol=SPASTICITY, as_of="2026-03-30")

    def test_a_booking_is_the_next_visit(self) -> None:
        html = page(booked("2026-04-01"))
        assert following(html) == "Your next visit is booked for Wednesday, April 1, 2026."
        assert "Not before" not in html

    def test_a_single_due_day(self) -> None:
        policy = bs.SchedulingPolicy(scheduled_grace="0 days")
        assert (
            following(page(policy=policy))
            == "Your next treatment is due on Monday, March 30, 2026."
        )

    def test_an_overdue_patient_is_asked_to_call(self) -> None:
        html = page(as_of="2026-04-20")
        assert following(html) == (
            "Your next treatment was due by Monday, April 6, 2026. Please ask the clinic for a day."
        )
        assert "data:text/calendar" not in html

    def test_the_full_benefit_is_said_while_it_lies_ahead(self) -> None:
        given = record_from_gaps([84, 84], starts_on=date(2026, 1, 5))
        assert "full benefit may take until Sunday, July 5, 2026" in page(given, as_of="2026-06-22")
        assert "full benefit may" not in page(given, as_of="2026-07-06")

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
            (bs.PatientRecord(), "nothing was given yet"),
            (booked("2026-03-29"), "booked day is not allowed"),
        ],
        ids=["on hold", "discontinued", "deceased", "no history", "booked too early"],
    )
    def test_is_refused_with_the_reason(self, given: bs.PatientRecord, reason: str) -> None:
        with pytest.raises(bs.errors.HandoutError, match=reason) as caught:
            page(given)
        assert "Smith" not in str(caught.value)

    def test_everything_passed_in_is_escaped(self) -> None:
        nasty = "<script>alert('x')</script>&\"'"
        html = page(when_to_call=nasty, patient=nasty, clinic=nasty, key=nasty)
        assert "<script" not in html
        assert html.count("&lt;script&gt;") == 3

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
        assert "Este texto aún no ha sido revisado por un traductor médico." in html
        assert following(html) == (
            "Su próximo tratamiento corresponde entre el lunes, 30 de marzo de 2026 "
            "y el lunes, 6 de abril de 2026."
        )
        assert "migraña crónica" in html
        assert "not been reviewed" not in page()

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_every_indication_that_is_bundled_has_a_name(self, language: str) -> None:
        known = {protocol.indication for protocol in bs.bundled_protocols()}
        assert known <= set(bundled_messages(language).treatments)

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


def report(
    folder: Path, capsys: pytest.CaptureFixture[str], source: Path = DEMO
) -> tuple[int, Path]:
    out = folder / "report.html"
    status = cli.main(["report", str(source), "--html", str(out), "--as-of", "2026-03-16"])
    assert "tracks written to" in capsys.readouterr().out
    return status, out


class TestReport:
    def test_counts_are_those_of_the_schedule(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, out = report(tmp_path, capsys)
        html = out.read_text(encoding="utf-8")
        counts = dict(re.findall(r"<li><strong>(\d+)</strong> ([a-z ]+)</li>", html))
        assert status == 0
        assert {name: int(number) for number, name in counts.items()} == {
            "overdue": 5,
            "due": 9,
            "allowed": 6,
            "too early": 19,
            "lapsed": 2,
            "no interval": 3,
        }
        assert html.count("<tr>") - 1 == sum(map(int, counts))

    def test_bad_rows_are_listed_and_escaped(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "export.csv"
        file.write_text(
            "patient,date,indication,product,status\n"
            "<b>P1</b>,2026-01-05,chronic-migraine,Botox,completed\n"
            "P2,soon,chronic-migraine,Botox,completed\n"
            "P3,2026-01-05,chronic-migraine,Letybo,completed\n"
            "P4,2026-04-05,chronic-migraine,Botox,booked\n",
            encoding="utf-8",
        )
        status, out = report(tmp_path, capsys, file)
        html = out.read_text(encoding="utf-8")
        assert status == 1
        assert "Problems (1)" in html
        assert "<b>" not in html
        assert "<strong>1</strong> no protocol" in html

    def test_a_long_list_has_no_ribbons(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "export.csv"
        lines = [f"P{n},2026-01-05,chronic-migraine,Botox" for n in range(2001)]
        file.write_text("\n".join(["patient,date,indication,product", *lines]), encoding="utf-8")
        html = report(tmp_path, capsys, file)[1].read_text(encoding="utf-8")
        assert "Ribbons are left out of a list this long" in html
        assert html.count("<svg") == 1


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
            clinic="Clinic, 555-0100",
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

    def test_the_worklist(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        _, out = report(tmp_path, capsys)
        seen = browse(out, sort=["days to go", "days to go", "booked", "patient", "status"])
        assert (seen["consoleErrors"], seen["violations"]) == ([], [])
        assert seen["requests"] == [f"file://{out}"]
        assert seen["pages"] == {"A4": 1, "Letter": 1}
        up, down, by_booking, by_patient, by_status = seen["sorted"]
        numbers = [int(value) for value in up["values"] if value]
        assert (up["aria"], down["aria"]) == ("ascending", "descending")
        assert numbers == sorted(numbers)
        assert [int(value) for value in down["values"] if value] == sorted(numbers, reverse=True)
        assert up["values"][-3:] == down["values"][-3:] == ["", "", ""]
        days = [value for value in by_booking["values"] if value]
        assert days == sorted(days)
        assert by_patient["values"] == sorted(by_patient["values"])
        order = ["overdue", "due", "allowed", "too early", "lapsed", "no interval"]
        assert by_status["values"] == sorted(by_status["values"], key=order.index)

    def test_the_check_finds_what_is_wrong(self, tmp_path: Path) -> None:
        """A page without a language, with a broken script and a picture from elsewhere."""
        file = tmp_path / "bad.html"
        file.write_text(
            "<html><body><img src='https://127.0.0.1:9/x.png'><script>nope()</script></body></html>",
            encoding="utf-8",
        )
        seen = browse(file)
        assert any(v.startswith("html-has-lang") for v in seen["violations"])
        assert any(v.startswith("image-alt") for v in seen["violations"])
        assert any("nope" in error for error in seen["consoleErrors"])
        assert len(seen["requests"]) == 2
