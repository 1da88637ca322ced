"""Promises that later versions must keep: names, stored answers, copies."""

import json
import pickle
from copy import copy, deepcopy
from pathlib import Path

import pytest

import botox_schedule as bs
from snapshots import FOLDER, answers, texts

HERE = Path(__file__).parent
ANSWERS = answers()
STORED = sorted(FOLDER.glob("*/*.json"))


def test_the_public_names_are_those_that_were_promised() -> None:
    """What is missing here broke somebody; what is new belongs into the changelog: ``make api``."""
    for extra in ("icalendar", "fhir.resources", "jinja2", "narwhals", "polars", "matplotlib"):
        pytest.importorskip(extra, reason=f"{extra} is not installed")
    from snapshots import API, api  # noqa: PLC0415 - it imports every extra

    assert api() == API.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_an_earlier_version_stored_is_read(path: Path) -> None:
    model, _ = ANSWERS[path.stem]
    text = path.read_text(encoding="utf-8")
    value = model.model_validate_json(text)
    assert value.model_dump(mode="json") == json.loads(text)


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_same_content_gives_the_stored_answer_again(path: Path) -> None:
    """An answer may change only with a new version of its protocol, never by itself."""
    _, value = ANSWERS[path.stem]
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert value.model_dump(mode="json") == stored


def test_every_answer_says_what_it_said() -> None:
    """Explanations are quoted to payers: a changed word is a change that somebody must want."""
    assert texts() == (FOLDER / "0.1.0" / "texts.txt").read_text(encoding="utf-8")


def test_this_version_has_stored_answers() -> None:
    assert {path.stem for path in STORED if path.parent.name == bs.__version__} == set(ANSWERS)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_copies_and_pickles_are_equal(name: str) -> None:
    _, value = ANSWERS[name]
    for other in (copy(value), deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value
        assert repr(other) == repr(value)


def test_a_stored_protocol_reproduces_a_stored_forecast() -> None:
    """A clinic that kept both can ask again, whatever the catalog says by then."""
    folder = FOLDER / "0.1.0"
    record = bs.PatientRecord.model_validate_json((folder / "patient-record.json").read_bytes())
    protocol = bs.TreatmentProtocol.model_validate_json(
        (folder / "treatment-protocol.json").read_bytes()
    )
    stored = bs.Forecast.model_validate_json((folder / "forecast-migraine.json").read_bytes())
    again = bs.forecast(record, protocol, as_of=stored.as_of, policy=stored.policy)
    assert again.dates == stored.dates
    assert again.status is stored.status
    assert again.protocol == stored.protocol
