"""The page "Try it" of the documentation, as far as CPython answers it."""

import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import botox_schedule as bs

DOCS = Path(__file__).parents[1] / "docs"
pytestmark = pytest.mark.skipif(
    not (DOCS / "try-it").is_dir(), reason="the documentation's sources are not here"
)


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """Return the module that answers the page."""
    sys.path.insert(0, str(DOCS / "try-it"))
    yield __import__("answer")
    sys.path.remove(str(DOCS / "try-it"))


def ask(page: Any, **changes: object) -> Any:
    return json.loads(page.answer(json.dumps(page.FIRST_QUESTION | changes)))


def session(day: str, units: str = "", kind: str = "given") -> dict[str, str]:
    return {"day": day, "units": units, "kind": kind}


class TestAnswer:
    def test_the_first_question_has_an_answer_in_every_part(self, page: Any) -> None:
        parts = ask(page)["parts"]
        assert parts["headline"] == "chronic migraine, onabotulinumtoxinA: too early"
        assert "Monday, June 22, 2026" in parts["dates"]
        assert all(parts.values())

    def test_each_status_falls_on_its_day(self, page: Any) -> None:
        found = {
            day: ask(page, as_of=day)["parts"]["headline"].rpartition(": ")[2]
            for day in ("2026-06-21", "2026-06-22", "2026-06-29", "2026-06-30")
        }
        assert list(found.values()) == ["too early", "due", "due", "overdue"]

    def test_the_weeks_are_those_of_the_patients_page(self, page: Any) -> None:
        """The windows are weeks 3 and 9 to 10 of the source: both pages count alike."""
        found = re.findall("<td>(Week.*?)</td>", ask(page)["parts"]["response"])
        assert found == ["Weeks 1 to 2", "Week 3", "Weeks 4 to 8", "Weeks 9 to 10"]

    def test_each_protocol_has_an_answer(self, page: Any) -> None:
        assert len(page.protocols()) == len(bs.bundled_protocols())
        for protocol in page.protocols():
            assert "parts" in ask(page, protocol=protocol), protocol

    def test_the_sliders_day_is_the_day_as_entered(self, page: Any) -> None:
        slid = page.FIRST_QUESTION | {"first": "2026-01-05", "offset": "140"}
        del slid["as_of"]
        assert json.loads(page.answer(json.dumps(slid))) == ask(page, as_of="2026-05-25")

    @pytest.mark.parametrize(
        ("as_of", "first"), [("2025-12-31", "2025-12-31"), ("2028-01-01", "2026-01-05")]
    )
    def test_the_slider_reaches_the_day_of_the_question(
        self, page: Any, as_of: str, first: str
    ) -> None:
        found = ask(page, as_of=as_of)
        assert found["first"] == first
        assert 0 <= found["offset"] <= found["days"]

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"sessions": [session("")]}, "session 1: enter its day, or remove the session"),
            ({"sessions": [session("2026-02-30")]}, "session 1: enter a day that the calendar has"),
            (
                {"sessions": [session("2026-01-05", "0")]},
                "session 1: units: Input should be greater than 0",
            ),
            ({"as_of": ""}, "enter a day that the calendar has"),
        ],
    )
    def test_without_an_answer_it_says_why(
        self, page: Any, changes: dict[str, object], problem: str
    ) -> None:
        found = ask(page, **changes)
        assert found["problem"].startswith(problem)
        assert found.keys() == {"problem"}

    def test_a_session_on_a_placeholder_day_is_a_finding(self, page: Any) -> None:
        for day in ("0001-01-01", "9999-12-31"):
            found = ask(page, as_of="9999-12-31", sessions=[session(day)])["parts"]
            assert "has a placeholder for its day" in found["findings"]


class TestPython:
    @pytest.mark.parametrize(
        "sessions",
        [
            [],
            [session("2026-01-05", "155"), session("2026-01-19", "7.5", "touch-up")],
            [session("2026-01-05"), session("2026-08-31", "1e2", "booked")],
        ],
    )
    def test_the_program_gives_the_same_answer(
        self, page: Any, sessions: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        parts = ask(page, sessions=sessions)["parts"]
        names: dict[str, Any] = {}
        exec(unescape(parts["python"]), names)  # noqa: S102 - a reader runs it too
        assert f"status {names['answer'].status} as of 2026-05-18" in capsys.readouterr().out
        reasons = names["answer"].reasons.values()
        assert re.findall("<h3>.*?: (.*?)</h3>", parts["reasons"]) == [
            str(reason.on or "no date") for reason in reasons
        ]


class TestBuilder:
    def test_the_page_holds_the_first_answer_and_all_protocols(
        self, page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(DOCS))
        builder = __import__("try_it_build")
        monkeypatch.setattr(builder, "CACHE", tmp_path)
        monkeypatch.setattr(builder, "PAGE", tmp_path / "page.html")
        builder.write_page()
        text = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert all(part in text for part in ask(page)["parts"].values())
        assert text.count("data-indication=") == len(bs.bundled_protocols())
        assert text.count("</li>") > len(page.FIRST_QUESTION["sessions"])

    def test_a_failed_download_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(DOCS))
        builder = __import__("try_it_build")
        monkeypatch.setattr(builder, "CACHE", tmp_path)
        monkeypatch.setattr(builder, "FOLDER", tmp_path / "folder")
        monkeypatch.setenv("PATH", "")
        with pytest.raises(builder.UnavailableError, match="npm is not installed"):
            builder.build_folder()

    def test_the_documentation_is_built_without_it_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.syspath_prepend(str(DOCS))
        builder = __import__("try_it_build")
        for name in ("CACHE", "FOLDER", "PAGE"):
            monkeypatch.setattr(builder, name, tmp_path / name)
        monkeypatch.setenv("PATH", "")
        hooks: dict[str, Any] = {}
        app = SimpleNamespace(connect=hooks.__setitem__, builder=SimpleNamespace(format="html"))
        builder.setup(app)
        hooks["builder-inited"](app)
        assert "shows its first answer only" in capsys.readouterr().err
        assert (tmp_path / "PAGE").is_file()
