"""Promises that later versions must keep: names, stored answers, copies."""

import json
import pickle
import tomllib
from collections import Counter
from collections.abc import Iterator
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
import drawn
from botox_schedule.protocols import bundled_edition
from snapshots import FOLDER, answers, texts

HERE = Path(__file__).parent
ANSWERS = answers()
EARLIER = answers(bundled_edition("1.0"))
STORED = sorted(FOLDER.glob("*/*.json"))
DIFFERENCES: dict[str, str] = tomllib.loads(
    (FOLDER / "differences.toml").read_text(encoding="utf-8")
)


def test_the_public_names_are_those_that_were_promised() -> None:
    """A missing name breaks somebody's code; a new one belongs in the changelog."""
    for extra in ("icalendar", "fhir.resources", "jinja2", "narwhals", "polars", "matplotlib"):
        pytest.importorskip(extra, reason=f"{extra} is not installed")
    from snapshots import API, api  # noqa: PLC0415 - it imports every extra

    assert api() == API.read_text(encoding="utf-8")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of a JSON document with its path; the members of a list share one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


def told(value: Any) -> Counter[tuple[str, str]]:
    return Counter((path, json.dumps(leaf)) for path, leaf in leaves(value))


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_an_earlier_version_stored_is_read(path: Path) -> None:
    """Nothing that was stored is lost in reading; what is new is added."""
    model, _ = ANSWERS[path.stem]
    text = path.read_text(encoding="utf-8")
    value = model.model_validate_json(text)
    assert not told(json.loads(text)) - told(value.model_dump(mode="json"))


def changed(path: Path) -> set[str]:
    """The paths at which today's answer on the same content is not the stored one."""
    edition = "1.0" if path.parent.name == "0.1.0" else None
    again = ANSWERS if edition is None else EARLIER
    _, value = again[path.stem]
    stored = json.loads(path.read_text(encoding="utf-8"))
    gone = told(stored) - told(value.model_dump(mode="json"))
    return {f"{path.stem}: {where}" for where, _ in gone}


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_same_content_gives_the_stored_answer_again(path: Path) -> None:
    """An answer of an earlier version may differ only where a rule says why."""
    allowed = set(DIFFERENCES) if path.parent.name == "0.1.0" else set()
    assert changed(path) <= allowed


def test_every_named_difference_is_one() -> None:
    found = {one for path in STORED if path.parent.name == "0.1.0" for one in changed(path)}
    assert found == set(DIFFERENCES)
    assert all(DIFFERENCES.values())


def test_every_answer_says_what_it_said() -> None:
    """Explanations are quoted to payers: a changed word is a change that somebody must want."""
    assert texts() == (FOLDER / bs.__version__ / "texts.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("first", range(0, drawn.COUNT, drawn.PART))
def test_drawn_records_have_the_stored_answers(first: int) -> None:
    """Each line has a number; ``python drawn.py NUMBER`` shows what is behind it."""
    stored = drawn.STORED.read_text(encoding="utf-8").splitlines()
    part = slice(first, first + drawn.PART)
    assert drawn.lines(range(drawn.COUNT)[part]) == stored[part]


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
    again = bs.forecast(
        record, protocol, as_of=stored.as_of, policy=stored.policy, other_protocols=()
    )
    assert again.dates == stored.dates
    assert again.status is stored.status
    assert again.protocol == stored.protocol
