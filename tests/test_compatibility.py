"""What a version does with the JSON of another one: the newer reads the older, not the reverse."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import botox_schedule as bs
from botox_schedule.errors import UNKNOWN_KEY, safe_errors
from snapshots import FOLDER, answers

ANSWERS = answers()
STORED = sorted(FOLDER.glob("*/*.json"))
NAMES = sorted(ANSWERS)


def stored(name: str) -> tuple[type[BaseModel], dict[str, Any]]:
    model, value = ANSWERS[name]
    return model, value.model_dump(mode="json")


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_newer_version_reads_what_an_older_one_stored(path: Any) -> None:
    model, _ = ANSWERS[path.stem]
    assert model.model_validate_json(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
class TestAnOlderVersion:
    def test_refuses_an_answer_with_a_field_that_it_does_not_know(self, name: str) -> None:
        """As if a newer version had added the field: nothing is read in part, nothing is lost."""
        model, data = stored(name)
        with pytest.raises(ValidationError) as caught:
            model.model_validate_json(json.dumps(data | {"added_later": 1}))
        (fault,) = safe_errors(caught.value)
        assert fault["loc"][-1] == UNKNOWN_KEY

    def test_writes_only_fields_that_it_reads_itself(self, name: str) -> None:
        model, data = stored(name)
        assert model.model_validate_json(json.dumps(data)).model_dump(mode="json") == data


class TestAWordThatIsNew:
    @pytest.mark.parametrize(
        ("field", "value"), [("status", "new_word"), ("phase", "new_word"), ("status", 5)]
    )
    def test_is_refused_by_an_older_version(self, field: str, value: Any) -> None:
        _, data = stored("forecast-migraine")
        with pytest.raises(ValidationError) as caught:
            bs.Forecast.model_validate_json(json.dumps(data | {field: value}))
        assert [fault["loc"] for fault in safe_errors(caught.value)] == [(field,)]

    def test_so_is_a_finding_of_a_kind_that_is_new(self) -> None:
        _, data = stored("forecast-migraine")
        finding = {"code": "found_later", "message": "x", "needs": "today"}
        for found in (finding, {"code": "found_later", "message": "x"}):
            with pytest.raises(ValidationError) as caught:
                bs.Forecast.model_validate_json(json.dumps(data | {"findings": [found]}))
            places = {fault["loc"] for fault in safe_errors(caught.value)}
            assert ("findings", 0, "code") in places


class TestAnOlderAnswer:
    def test_may_lack_what_is_new(self) -> None:
        """A finding of 0.1.0 says neither what it needs nor its key."""
        _, data = stored("forecast-migraine")
        data["findings"] = [{"code": "early_session", "message": "x", "record_ids": []}]
        (finding,) = bs.Forecast.model_validate_json(json.dumps(data)).findings
        assert finding.needs is finding.code.needs
        assert finding.key == ""

    def test_is_no_change_where_it_lacks_the_due_days(self) -> None:
        _, data = stored("forecast-migraine")
        now = bs.Forecast.model_validate_json(json.dumps(data))
        del data["due_window"]
        before = bs.Forecast.model_validate_json(json.dumps(data))
        assert str(bs.compare_forecasts(before, now)) == "nothing changed"

    def test_lacks_nothing_that_was_always_there(self) -> None:
        _, data = stored("forecast-migraine")
        del data["status"]
        with pytest.raises(ValidationError, match="status"):
            bs.Forecast.model_validate_json(json.dumps(data))
