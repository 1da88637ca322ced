"""The web service of the documentation, called in this process; nothing goes over a network."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import botox_schedule as bs

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "web_service.py"
if not EXAMPLE.is_file():
    pytest.skip("the documentation is not here", allow_module_level=True)
for needed in ("fastapi", "httpx2", "schemathesis"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")

import schemathesis  # noqa: E402 - only where it is installed
from fastapi.testclient import TestClient  # noqa: E402


def _service() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_service", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # FastAPI looks the annotations up there.
    sys.modules["web_service"] = module
    spec.loader.exec_module(module)
    return module


service = _service()
CLIENT = TestClient(service.app, raise_server_exceptions=False)
MARK = "Jane Doe 1980-02-29 MRN-4711"
RECORD: dict[str, Any] = {
    "id": "p-1",
    "born_on": "1980-02-29",
    "sessions": [
        {
            "id": "s-1",
            "administered_on": "2026-01-05",
            "indication": "chronic-migraine",
            "product": "Botox",
            "units": 155,
            "status": "completed",
            "kind": "full",
            "recorded_on": "2026-01-05",
        }
    ],
    "holds": [{"first": "2025-02-01", "last": "2025-03-01", "reason": "pregnancy"}],
    "overrides": [
        {
            "indication": "chronic-migraine",
            "first": "2025-01-01",
            "last": "2025-12-31",
            "minimum": "10 weeks",
            "usual": "10 to 12 weeks",
            "reason": "wears off",
            "authority": "payer",
        }
    ],
    "weights": [{"measured_on": "2026-01-01", "kilograms": 70}],
    "care_ends": [{"on": "2024-03-01", "kind": "discontinued", "withdrawn_on": "2024-06-01"}],
    "prior_treatments": [{"indication": "chronic-migraine", "cycles": 2}],
    "authorizations": [
        {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "sessions": 4,
        }
    ],
}
POLICY = {"payer_minimum": "12 weeks + 1 day", "usual": {"chronic-migraine": "12 to 13 weeks"}}
ASKED: dict[str, Any] = {"record": RECORD, "as_of": "2026-02-20", "policy": POLICY}
TRACK = ASKED | {"protocol": "chronic-migraine"}
VISIT = TRACK | {"on": "2026-03-30", "units": 155}
QUESTIONS: dict[str, dict[str, Any]] = {
    "/forecast": TRACK,
    "/summaries": ASKED,
    "/check-date": VISIT,
    "/check-dose-limits": VISIT,
    "/cycles": TRACK,
    "/project": TRACK,
    "/exposure": ASKED | {"product": "Botox", "window": "12 weeks", "on": "2026-03-01"},
}


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where each value of a question is, those inside of others too."""
    yield place
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(each, (*place, key))


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """The question with something else at a place."""
    if not place:
        return new
    changed = deepcopy(value)
    at = changed
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = new
    return changed


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _spoiled(question: dict[str, Any]) -> Iterator[Any]:
    """Yield the question with the mark as each value, and as a key of each table."""
    for place in _places(question):
        yield _with(question, place, MARK)
        yield _with(question, place, [MARK])
        if isinstance(found := _at(question, place), dict):
            yield _with(question, place, found | {MARK: MARK})


class TestAnswers:
    def test_a_forecast_over_http_is_the_librarys(self) -> None:
        answer = bs.Forecast.model_validate_json(CLIENT.post("/forecast", json=TRACK).content)
        own = bs.forecast(
            bs.PatientRecord.model_validate(RECORD),
            "chronic-migraine",
            as_of="2026-02-20",
            policy=bs.SchedulingPolicy.model_validate(POLICY),
        )
        assert answer == own

    @pytest.mark.parametrize("path", QUESTIONS)
    def test_every_question_is_answered(self, path: str) -> None:
        assert CLIENT.post(path, json=QUESTIONS[path]).status_code == 200

    def test_every_path_has_a_question_here(self) -> None:
        assert set(service.app.openapi()["paths"]) == set(QUESTIONS)

    def test_the_day_after_the_minimum_is_allowed_and_the_day_before_is_not(self) -> None:
        days = ("2026-03-30", "2026-03-31")
        checks = [CLIENT.post("/check-date", json=VISIT | {"on": day}).json() for day in days]
        assert [check["allowed"] for check in checks] == [False, True]


class TestRefusals:
    @pytest.mark.parametrize("path", ["/check-date", "/exposure"])  # they hold every field
    def test_no_error_repeats_what_was_sent(self, path: str) -> None:
        answers = [CLIENT.post(path, json=body) for body in _spoiled(QUESTIONS[path])]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in refused} == {422}
        assert [
            answer.text for answer in refused if "Doe" in answer.text or "4711" in answer.text
        ] == []
        assert all(set(each) == {"loc", "msg"} for a in refused for each in a.json()["detail"])

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b'{"' + MARK.encode(),
            b"\xff" + MARK.encode(),
            json.dumps(MARK).encode(),
            b"[" * 9000,
        ],
        ids=["nothing", "cut short", "no text", "no table", "deep"],
    )
    def test_what_is_no_question_is_refused_without_repeating_it(self, content: bytes) -> None:
        kind = {"Content-Type": "application/json"}
        answer = CLIENT.post("/forecast", content=content, headers=kind)
        assert answer.status_code in {400, 422}
        assert "Doe" not in answer.text

    def test_the_page_shows_a_real_answer(self) -> None:
        page = (EXAMPLE.parents[1] / "how-to" / "web-service.md").read_text(encoding="utf-8")
        shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
        wrong = {"record": {"born_on": "29.02.1980"}, "as_of": "2026-02-20"}
        assert CLIENT.post("/summaries", json=wrong).json() == shown

    def test_a_misspelled_field_is_refused(self) -> None:
        answer = CLIENT.post("/forecast", json=TRACK | {"polcy": POLICY})
        fault = {"loc": ["body", "(unknown key)"], "msg": "Extra inputs are not permitted"}
        assert answer.json() == {"detail": [fault]}

    def test_an_unknown_indication_names_the_nearest(self) -> None:
        answer = CLIENT.post("/forecast", json=TRACK | {"protocol": "chronic-migrane"})
        assert answer.status_code == 422
        assert "chronic-migraine" in answer.json()["detail"][0]["msg"]

    def test_the_end_of_the_calendar_is_refused_or_answered(self) -> None:
        for day in ("0001-01-01", "9999-12-31"):
            session = RECORD["sessions"][0] | {"administered_on": day, "recorded_on": None}
            body = {"record": {"sessions": [session]}, "protocol": "chronic-migraine"}
            assert CLIENT.post("/forecast", json=body | {"as_of": day}).status_code in {200, 422}


with pytest.MonkeyPatch.context() as patch:
    # Its configuration file is looked for in this folder and those above: there is none for us.
    patch.chdir(Path(__file__).parent)
    SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", service.app)


@pytest.mark.filterwarnings("default")
@SCHEMA.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_service_keeps_what_its_openapi_document_says(case: Any) -> None:
    # Not among them: whether generated data are accepted. A schema cannot say that a hold must
    # not end before it starts.
    checks = schemathesis.checks
    case.call_and_validate(
        checks=[
            checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ]
    )
