"""Where the tracks of many records stand: what is asked once holds for each of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.engine.reading import read_record
from botox_schedule.engine.standing import Standings, clear_of, standing_of
from botox_schedule.engine.track import tracks_of
from botox_schedule.protocols.catalog import known_protocols

AS_OF = date(2026, 3, 16)
FAR = bs.SchedulingPolicy(payer_minimum="11 years", other_indications=["bruxism"])


def course(*days: str, born_on: str | None = "1970-01-01", **more: Any) -> bs.PatientRecord:
    """Sessions of one treatment on these days."""
    row = {"indication": "spasticity", "product": "Botox", "units": 300} | more
    sessions = [{"administered_on": day, **row, "id": f"{day} {more}"} for day in days]
    return bs.PatientRecord(sessions=sessions, born_on=born_on)


def twin(record: bs.PatientRecord) -> bs.PatientRecord:
    """Another patient with the same course: the rows have other ids."""
    sessions = [replace(session, id=f"twin {session.id}") for session in record.sessions]
    return record.model_copy(update={"sessions": sessions})


class TestStandingsThatPatientsShare:
    """What is asked once for many patients is what each of them would be told."""

    RECORDS = (
        course("2026-01-05"),
        course("2025-10-06", "2026-01-05"),
        course("2025-11-06", "2026-01-05"),
        course("2025-12-06", "2026-01-05"),
        course("2025-10-06", "2026-01-05", "2026-05-05"),
        course("2025-09-06", "2025-12-20", "2025-12-22", "2026-01-05"),
        course("2026-03-10", units=600),
        course("2025-12-24", "2026-03-10", units=250),
        course("2025-06-02", "2025-12-24", "2026-03-10", units=250),
        course("2026-01-05", units=None),
        course("2026-01-05", kind="touch_up"),
        course("2026-01-05", product=None),
        course("2026-01-05", born_on=None),
        course("2026-01-05", born_on="2008-06-01"),
        course("2026-01-05", born_on="2008-03-17"),
        course("2026-01-05", born_on="2020-03-17"),
        course("2026-01-05", status="booked"),
        course("2026-01-05", indication="bruxism"),
        course("2026-01-05", indication="chronic-migraine"),
        course("2026-01-05", indication="unknown-name"),
        course("2026-01-05", "2026-05-05", indication="axillary-hyperhidrosis"),
        course(),
    )

    @pytest.mark.parametrize("policy", [bs.SchedulingPolicy(), FAR], ids=["own", "far"])
    @pytest.mark.parametrize("order", [1, -1])
    def test_each_is_told_what_it_is_told_alone(
        self, policy: bs.SchedulingPolicy, order: int
    ) -> None:
        known = known_protocols(None)
        standings = Standings(AS_OF, policy, known, "us", None)
        for record in (*self.RECORDS, *map(twin, self.RECORDS))[::order]:
            reading = read_record(record, AS_OF, policy, known)
            found = standings.of(record, frozenset())
            alone = [
                (standing_of(track, with_limits=True), clear_of(track.track))
                for track in tracks_of(reading, "us", None)
            ]
            assert alone == [
                (placed.standing._replace(today_keys=placed.today_keys), placed.clear)
                for placed in found
            ]
            assert not any(placed.standing.today_keys for placed in found)

    @pytest.mark.parametrize(
        ("days", "units", "born_on", "clear"),
        [
            (["2026-03-10"], 600, "1961-12-01", False),
            (["2026-03-10"], 600, "1961-05-01", None),  # too old on the day of the next session
            (["2026-03-10"], 600, "1961-01-01", None),
            (["2026-03-10"], 600, "1960-01-01", None),
            (["2026-03-10"], 250, "1961-12-01", None),
            (["2025-12-24", "2026-03-10"], 250, "1961-12-01", False),
            (["2025-06-02", "2025-12-24", "2026-03-10"], 250, "1961-12-01", False),
            (["2025-06-02", "2025-09-01", "2026-03-10"], 250, "1961-12-01", None),
        ],
    )
    def test_a_limit_of_months_counts_earlier_cycles_for_its_ages(
        self, days: list[str], units: int, born_on: str, clear: bool | None
    ) -> None:
        protocol = bs.find_protocol("spasticity")
        half_a_year = [{"window": "6 months", "reading": None}]
        ages = {"first": 18, "last": 64}
        limit = protocol.limits[0].model_copy(update={"windows": half_a_year, "ages": ages})
        known = known_protocols([protocol.model_copy(update={"limits": [limit]})])
        standings = Standings(AS_OF, bs.SchedulingPolicy(), known, "us", None)
        asked = course(*days, units=units, born_on=born_on)
        # Others with the same last session, of each age, are asked about before.
        *earlier, last = asked.sessions
        less = [*(replace(session, units=Decimal(1)) for session in earlier), last]
        others = [
            asked.model_copy(update={"sessions": less, "born_on": born})
            for born in ("1961-12-01", "1961-05-01", "1961-01-01", "1960-01-01")
        ]
        *_, found = [
            placed for one in (*others, asked) for placed in standings.of(one, frozenset())
        ]
        assert found.clear is clear

    def test_protocols_without_a_limit_can_be_all_that_is_known(self) -> None:
        known = known_protocols([bs.find_protocol("spasticity").model_copy(update={"limits": ()})])
        standings = Standings(AS_OF, bs.SchedulingPolicy(), known, "us", None)
        (found,) = standings.of(course("2025-10-06", "2026-01-05"), frozenset())
        assert found.standing.cycle_number == 2

    def test_a_finding_about_a_row_is_acknowledged_by_its_own_key(self) -> None:
        standings = Standings(AS_OF, bs.SchedulingPolicy(), known_protocols(None), "us", None)
        one = course("2026-01-05", kind="touch_up")
        for each in (one, twin(one)):
            told = bs.forecast(each, "spasticity", as_of=AS_OF).findings
            (key,) = [finding.key for finding in told if finding.record_ids]
            (found,) = standings.of(each, frozenset({key}))
            assert len(found.standing.acknowledged) == 1

    def test_those_who_stand_alike_share_one_standing(self) -> None:
        standings = Standings(AS_OF, bs.SchedulingPolicy(), known_protocols(None), "us", None)
        one = course("2025-10-06", "2026-01-05", "2026-05-05")
        (first,), (second,) = (standings.of(each, frozenset()) for each in (one, twin(one)))
        assert first.standing is second.standing
        assert first.today_keys != second.today_keys

    def test_what_somebody_has_acknowledged_is_nobody_elses(self) -> None:
        standings = Standings(AS_OF, bs.SchedulingPolicy(), known_protocols(None), "us", None)
        one, other = course("2026-01-05", "2026-05-05"), course("2026-01-05", "2026-05-06")
        (open_,) = standings.of(one, frozenset())
        (seen,) = standings.of(one, frozenset(open_.today_keys))
        (another,) = standings.of(other, frozenset(open_.today_keys))
        assert seen.standing.acknowledged == {bs.FindingCode.FUTURE_COMPLETED_SESSION}
        assert another.standing.acknowledged == frozenset()
