"""The command ``schedule``: of a large file the panel is asked, and the answer is the same."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule.cli import clinic_schedule as schedule
from botox_schedule.cli import standings as module
from botox_schedule.cli.clinic_schedule import clinic_schedule
from botox_schedule.cli.planned import Shelf, planned_tracks
from botox_schedule.cli.readers import read_export
from botox_schedule.cli.schedule_answer import track_cells
from botox_schedule.cli.standings import Plan, standings
from botox_schedule.testing import record_from_gaps
from population import LIMBS, Draw, versions

pytest.importorskip("polars", reason="the extra panel is not installed")
pytest.importorskip("narwhals", reason="the extra panel is not installed")

INDICATIONS = [*LIMBS, "chronic-migraine", "cervical-dystonia", "overactive-bladder", "unheard-of"]
SHELF = Shelf(bs.bundled_protocols(), "us")


def both(
    plans: list[Plan], shelf: Shelf, as_of: date, policy: bs.SchedulingPolicy
) -> tuple[list[Any], list[Any]]:
    """The answers of the panel and of the record functions; which version judged is left out."""
    answers = [
        [
            standing._replace(dates=standing.dates.model_copy(update={"protocol": None}))
            for standing in standings(plans, shelf, as_of, policy, many=many)
        ]
        for many in (0, 10**9)
    ]
    return answers[0], answers[1]


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 1_000_000))
@example(1028)
def test_the_panel_gives_the_records_answer(seed: int) -> None:
    draw = Draw(seed, draw_some(seed))
    policy, as_of = draw.policy(), draw.day()
    plans = []
    for number in range(40):
        drawn = draw.record(number)
        born = draw.random.choice([None, date(1980, 1, 5), date(2015, 6, 1), date(2008, 2, 29)])
        record = bs.PatientRecord(sessions=drawn.sessions, born_on=born)
        plans += [
            Plan(record, track.protocol)
            for track in planned_tracks(record, SHELF, as_of)
            if track.protocol is not None
        ]
    by_panel, by_record = both(plans, SHELF, as_of, policy)
    assert by_panel == by_record


def draw_some(seed: int) -> list[str]:
    """Some indications, in another order for each seed."""
    turn = seed % len(INDICATIONS)
    return [*INDICATIONS[turn:], *INDICATIONS[:turn]][: 2 + seed % 5]


def test_an_export_of_a_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(bs.__file__).parent / "cli" / "demo" / "clinic-export.csv"
    ask = (read_export(file), SHELF, date(2026, 3, 16), bs.SchedulingPolicy())
    by_record = clinic_schedule(*ask)
    monkeypatch.setattr(schedule, "standings", partial(standings, many=0))
    by_panel = clinic_schedule(*ask)
    assert list(map(track_cells, by_panel.tracks)) == list(map(track_cells, by_record.tracks))
    assert by_panel.problems == by_record.problems
    assert len(by_panel.tracks) > 10


def test_where_a_day_decides_between_versions_the_records_are_asked() -> None:
    shelf = Shelf(versions(), "us")
    record = record_from_gaps([84, 84, 84], starts_on=date(2024, 5, 1))
    plans = [
        Plan(record, track.protocol)
        for track in planned_tracks(record, shelf, date(2025, 3, 1))
        if track.protocol is not None
    ]
    assert SHELF.has_one_each()
    assert not shelf.has_one_each()
    by_record = standings(plans, shelf, date(2025, 3, 1), bs.SchedulingPolicy(), many=0)
    assert [
        standing.dates.protocol and standing.dates.protocol.version for standing in by_record
    ] == ["3"]


def test_without_the_extra_the_records_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    plan = Plan(
        record_from_gaps([84], starts_on=date(2026, 1, 5)), bs.find_protocol("chronic-migraine")
    )
    found = standings([plan], SHELF, date(2026, 6, 1), bs.SchedulingPolicy(), many=0)
    assert found[0].dates.protocol is not None


def test_a_track_whose_only_session_is_another_one_by_now() -> None:
    session = {"id": "1", "product": "Botox", "indication": "chronic-migraine"}
    record = bs.PatientRecord(
        sessions=[
            session | {"administered_on": "2026-01-05"},
            session | {"administered_on": "2026-02-05", "indication": "unheard-of"},
        ]
    )
    plan = Plan(record, bs.find_protocol("chronic-migraine"))
    by_panel, by_record = both([plan], SHELF, date(2026, 6, 1), bs.SchedulingPolicy())
    assert by_panel == by_record
    assert by_panel[0].status is bs.DueStatus.NO_HISTORY


def test_nobody_at_all() -> None:
    assert standings([], SHELF, date(2026, 1, 5), bs.SchedulingPolicy(), many=0) == []
