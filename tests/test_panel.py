"""Populations: every row of the panel is the answer of the record functions."""

import itertools
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule.outcomes import adherence as record_adherence
from population import ADULT, LIMBS, PEDIATRIC, Draw, only, planned_tracks, tables, versions

pl = pytest.importorskip("polars", reason="the extra panel is not installed")
pytest.importorskip("narwhals", reason="the extra panel is not installed")

import narwhals.stable.v2 as nw  # noqa: E402 - it needs the extra

from botox_schedule import panel  # noqa: E402
from botox_schedule.panel import PanelError  # noqa: E402
from botox_schedule.panel.amounts import Amount, add_amount, amount_of  # noqa: E402
from botox_schedule.panel.builder import Sheet  # noqa: E402
from botox_schedule.panel.frames import Source, dated, numbered, opened  # noqa: E402
from botox_schedule.panel.keys import (  # noqa: E402
    day_of,
    key_of,
    milli_of,
    place_of,
    product_of,
    touch_of,
)
from botox_schedule.panel.passed import last_start  # noqa: E402
from botox_schedule.panel.protocols import MOST_INDICATIONS  # noqa: E402
from botox_schedule.panel.reading import KINDS as PRODUCT_KINDS  # noqa: E402
from botox_schedule.panel.simulation import _summary  # noqa: E402

DAY = timedelta(days=1)
MIGRAINE = bs.find_protocol("chronic-migraine")
BESIDE = ("holds", "care_ends", "overrides", "prior_treatments", "births", "weights")
FLAGS = (
    "booking_unresolved",
    "booking_in_hold",
    "booking_too_early",
    "early_session",
    "product_switch",
    "future_completed_session",
    "hold_needs_review",
    "age_outside_protocol",
    "age_unknown",
)
LIMIT_FLAGS = ("limit_exceeded", "limit_indeterminate", "stale_weight", "missing_weight")


def duck(frame: Any) -> Any:
    """The frame as a DuckDB relation."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    return duckdb.from_arrow(frame.to_arrow())


def pandas(frame: Any) -> Any:
    """The frame as a pandas one, whose days are datetime64."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return frame.to_pandas()


def arrow(frame: Any) -> Any:
    """The frame as a PyArrow table."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return frame.to_arrow()


ENGINES: dict[str, Callable[[Any], Any]] = {
    "polars": lambda frame: frame,
    "lazy": lambda frame: frame.lazy(),
    "pandas": pandas,
    "pyarrow": arrow,
    "duckdb": duck,
}


def rows_of(answer: Any) -> list[dict[str, Any]]:
    """An answer of any kind as rows."""
    kind = type(answer).__module__.partition(".")[0]
    if kind == "polars":
        whole = answer.lazy().collect()
    elif kind == "pandas":
        whole = pl.from_pandas(answer).with_columns(pl.col(pl.Datetime).cast(pl.Date))
    elif kind == "pyarrow":
        whole = pl.from_arrow(answer)
    else:
        whole = pl.from_arrow(answer.to_arrow_table())
    found: list[dict[str, Any]] = whole.to_dicts()
    return found


def frame_of(**columns: Sequence[Any]) -> Any:
    """Sessions of chronic migraine with Botox, unless the columns say otherwise."""
    height = len(columns["administered_on"])
    given = {
        "patient": ["p-1"] * height,
        "indication": ["chronic-migraine"] * height,
        "product": ["Botox"] * height,
    }
    return pl.DataFrame(given | columns, strict=False)


class Case:
    """A drawn population with its protocols, policy and day."""

    def __init__(self, seed: int, kind: str, count: int = 60) -> None:
        protocols: dict[str, tuple[list[bs.TreatmentProtocol], Sequence[str]]] = {
            "migraine": ([MIGRAINE], ["chronic-migraine", "unheard-of"]),
            "limbs": ([p for p in only(ADULT, *LIMBS) if p.product.startswith("ona")], LIMBS),
            "adults": (ADULT, [*LIMBS, "chronic-migraine", "cervical-dystonia"]),
            "children": (PEDIATRIC, LIMBS),
            "versions": (versions(), ["chronic-migraine", "spasticity"]),
        }
        self.protocols, indications = protocols[kind]
        draw = Draw(seed, indications)
        self.records = {f"p-{n}": draw.record(n) for n in range(count)}
        self.policy = draw.policy()
        self.as_of = draw.day() + 100 * DAY
        self.tables = tables(self.records.values())
        self.known = {name for protocol in self.protocols for name in protocol.clock}
        self.newest_first = sorted(
            self.protocols, key=lambda p: (str(p.in_force.first or ""), p.version), reverse=True
        )

    def beside(self, convert: Callable[[Any], Any], *names: str) -> dict[str, Any]:
        """The tables beside the sessions."""
        return {name: convert(self.tables[name]) for name in names}

    def protocol(self, row: dict[str, Any]) -> bs.TreatmentProtocol:
        """The protocol that a row names."""
        key = (row["protocol_id"], row["protocol_version"])
        return next(p for p in self.protocols if (p.id, p.version) == key)

    def asked(self, row: dict[str, Any]) -> dict[str, Any]:
        """The arguments for the record functions."""
        return {
            "record": self.records[row["patient"]],
            "protocol": self.protocol(row),
            "as_of": self.as_of,
            "policy": self.policy,
            "other_protocols": self.newest_first,
        }


def forecast_row(case: Case, row: dict[str, Any]) -> dict[str, Any]:
    """What the record functions answer for a row of the forecast."""
    asked = case.asked(row)
    found = bs.forecast(**asked)
    codes = {finding.code.value for finding in found.findings}
    last = (bs.treatment_cycles(**asked) or (None,))[-1]
    return {
        "patient": row["patient"],
        "indication": asked["protocol"].indication,
        "product": asked["protocol"].product.value,
        "protocol_id": asked["protocol"].id,
        "protocol_version": asked["protocol"].version,
        "cycle_number": found.cycle_number,
        "last_session_on": found.last_session_on,
        "days_since_last": found.days_since_last,
        "status": found.status.value,
        "earliest": found.dates.earliest,
        "due": found.dates.due,
        "overdue_from": found.dates.overdue_from,
        "lapsed_from": found.dates.lapsed_from,
        "days_to_due": found.days_to_due,
        "days_since_due": found.days_since_due,
        "booked_on": found.booking and found.booking.on,
        "phase": found.phase and found.phase.value,
        "interval_days": last and last.interval_days,
        "timing": last and last.timing and last.timing.value,
        "short_by_days": last and last.short_by_days,
        "late_by_days": last and last.late_by_days,
        "held": last and last.held,
        "unverified": ", ".join(found.dates.unverified),
        **{flag: flag in codes for flag in (*FLAGS, *LIMIT_FLAGS)},
        "session_left_out": any(
            s.indication not in case.known for s in case.records[row["patient"]].sessions
        ),
    }


def check_forecast(case: Case, convert: Callable[[Any], Any]) -> None:
    answer = panel.forecast(
        convert(case.tables["sessions"]),
        case.protocols,
        as_of=case.as_of,
        policy=case.policy,
        **case.beside(convert, *BESIDE),
    )
    rows = rows_of(answer)
    for row in rows:
        assert row == forecast_row(case, row)
    tracks = {(row["patient"], case.protocol(row).clock) for row in rows}
    assert tracks == {
        (record.id, clock)
        for record in case.records.values()
        for clock in planned_tracks(record, case.protocols, case.as_of)
    }
    assert len(rows) == len(tracks)


KINDS = st.sampled_from(["migraine", "limbs", "adults", "children", "versions"])
SEEDS = st.integers(0, 1_000_000)


class TestOneTruth:
    @settings(max_examples=5, deadline=None)
    @given(SEEDS, KINDS)
    @example(1, "versions")
    def test_polars_answers_as_the_record_does(self, seed: int, kind: str) -> None:
        check_forecast(Case(seed, kind), ENGINES["polars"])

    @pytest.mark.parametrize("engine", ["lazy", "pandas", "pyarrow"])
    @settings(max_examples=1, deadline=None)
    @given(SEEDS, KINDS)
    def test_so_do_other_frames(self, engine: str, seed: int, kind: str) -> None:
        check_forecast(Case(seed, kind, 30), ENGINES[engine])

    @settings(max_examples=1, deadline=None)
    @given(SEEDS, st.sampled_from(["migraine", "limbs"]))
    def test_so_does_duckdb(self, seed: int, kind: str) -> None:
        check_forecast(Case(seed, kind, 30), duck)

    @settings(max_examples=2, deadline=None)
    @given(SEEDS, KINDS)
    @example(1, "versions")
    def test_without_tables_nothing_else_is_known(self, seed: int, kind: str) -> None:
        case = Case(seed, kind)
        empty = dict.fromkeys((*BESIDE[:4], "weights"), ())
        case.records = {
            patient: record.model_copy(update=empty) for patient, record in case.records.items()
        }
        answer = panel.forecast(
            case.tables["sessions"], case.protocols, as_of=case.as_of, policy=case.policy
        )
        rows = rows_of(answer)
        for row in rows:
            expected = forecast_row(case, row)
            assert row == {name: expected[name] for name in row}

    def test_two_versions_are_told_apart_by_the_day(self) -> None:
        case = Case(3, "versions", 120)
        newest = [p for p in case.newest_first if p.id == "other" or p.version != "1"]
        case.protocols = case.newest_first = newest
        case.policy = bs.SchedulingPolicy()
        case.records = {
            patient: bs.PatientRecord(id=patient, sessions=record.sessions)
            for patient, record in case.records.items()
        }
        days = {s.administered_on for r in case.records.values() for s in r.sessions}
        case.as_of = max(day for day in days if day < date(2025, 3, 1)) + 80 * DAY
        rows = rows_of(panel.forecast(case.tables["sessions"], newest, as_of=case.as_of))
        for row in rows:
            expected = forecast_row(case, row)
            assert row == {name: expected[name] for name in row}
        assert {row["earliest"] for row in rows if row["status"] == "too_early"}

    @settings(max_examples=6, deadline=None)
    @given(SEEDS, KINDS)
    def test_every_cycle_is_that_of_the_record(self, seed: int, kind: str) -> None:
        case = Case(seed, kind)
        beside = case.beside(ENGINES["polars"], *BESIDE[:4])
        answer = panel.cycles(
            case.tables["sessions"],
            case.protocols,
            as_of=case.as_of,
            policy=case.policy,
            **beside,
        )
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows_of(answer.sort("cycle_number")):
            found.setdefault((row["patient"], row["protocol_id"]), []).append(row)
        for rows in found.values():
            expected = bs.treatment_cycles(**case.asked(rows[0]))
            assert [cycle_row(cycle) for cycle in expected] == [
                {name: row[name] for name in cycle_row(expected[0])} for row in rows
            ]

    @settings(max_examples=8, deadline=None)
    @given(SEEDS, st.sampled_from(["12 weeks", "3 months", "1 day"]))
    def test_exposure_is_that_of_the_record(self, seed: int, window: str) -> None:
        case = Case(seed, "adults")
        answer = panel.exposure(
            case.tables["sessions"],
            window=window,
            on=case.as_of,
            policy=case.policy,
            care_ends=case.tables["care_ends"],
        )
        found = {(row["patient"], row["product"]): row for row in rows_of(answer)}
        for record in case.records.values():
            for product in bs.Product:
                expected = bs.exposure(
                    record, product=product, window=window, on=case.as_of, policy=case.policy
                )
                row = found.get((str(record.id), product.value)) or {
                    "units": 0,
                    "units_if_one": 0,
                    "indeterminate": (record.id, None) in found,
                }
                units = (expected.units, expected.units_if_one, expected.indeterminate)
                assert units == (row["units"], row["units_if_one"], row["indeterminate"])

    @settings(max_examples=4, deadline=None)
    @given(SEEDS)
    def test_adherence_adds_up_that_of_the_records(self, seed: int) -> None:
        case = Case(seed, "migraine")
        answer = panel.adherence(
            case.tables["sessions"],
            case.protocols,
            as_of=case.as_of,
            by=["patient"],
            policy=case.policy,
            **case.beside(ENGINES["polars"], "holds", "care_ends", "overrides"),
        )
        for row in rows_of(answer):
            asked = case.asked(row | {"protocol_id": MIGRAINE.id, "protocol_version": "1.0"})
            expected = record_adherence(**asked)
            names = ("cycles", "held_cycles", "on_time", "early", "late")
            assert [row[name] for name in names] == [getattr(expected, name) for name in names]
            share = expected.on_time_share
            assert row["on_time_share"] == (None if share is None else pytest.approx(float(share)))

    @settings(max_examples=4, deadline=None)
    @given(SEEDS, st.integers(0, 120))
    def test_persistence_is_that_of_the_record(self, seed: int, gap: int) -> None:
        case = Case(seed, "migraine")
        answer = panel.persistence(
            case.tables["sessions"],
            case.protocols,
            as_of=case.as_of,
            permissible_gap_days=gap,
            policy=case.policy,
            holds=case.tables["holds"],
        )
        for row in rows_of(answer):
            record = case.records[row["patient"]].model_copy(
                update={"care_ends": (), "overrides": ()}
            )
            expected = record_adherence(
                record,
                MIGRAINE,
                as_of=case.as_of,
                permissible_gap_days=gap,
                policy=case.policy,
            )
            assert row["event"] is not expected.is_censored
            assert row["reason"] == ("gap" if row["event"] else "ongoing")
            if row["event"]:
                assert row["time"] == expected.persistent_days

    def test_a_version_may_be_in_force_up_to_the_end_of_the_calendar(self) -> None:
        content = MIGRAINE.model_dump()
        old, new = (
            bs.TreatmentProtocol.model_validate(content | {"version": version, "in_force": period})
            for version, period in (
                ("0.9", {"last": "2025-12-31"}),
                ("1.1", {"first": "2026-01-01", "last": "9999-12-31"}),
            )
        )
        frame = frame_of(administered_on=["2026-01-05"])
        answer = panel.forecast(frame, [old, new], as_of="2026-02-01")
        assert answer.select("earliest", "protocol_version").rows() == [(date(2026, 3, 30), "1.1")]

    def test_a_booking_is_too_early_where_somebody_waits_for_it(self) -> None:
        on = "2026-02-01"
        beside: list[dict[str, Any]] = [
            {},
            {"holds": [{"first": on, "reason": "infection"}]},
            {"care_ends": [{"on": on, "kind": "discontinued"}]},
            {"care_ends": [{"on": on, "kind": "deceased"}]},
        ]
        rows = rows_of_each("2026-02-10", [({"2026-03-02": "booked"}, one) for one in beside])
        assert [row["booking_too_early"] for row in rows] == [True, True, False, False]

    @pytest.mark.parametrize(
        ("as_of", "earliest"),
        [("2026-03-20", date(2026, 3, 16)), ("2026-03-21", date(2026, 3, 30))],
    )
    def test_an_override_counts_up_to_its_last_day(self, as_of: str, earliest: date) -> None:
        override = {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "last": "2026-03-20",
            "minimum": "10 weeks",
            "authority": "clinician",
            "reason": "wearing off",
        }
        rows = rows_of_each(as_of, [({}, {"overrides": [override]})])
        assert [row["earliest"] for row in rows] == [earliest]

    def test_days_on_hold_do_not_count(self) -> None:
        cases = {
            (("04-02", "04-10"),): (date(2026, 3, 30), date(2026, 4, 16)),
            (("04-02", "04-03"), ("04-05", "04-09")): (date(2026, 3, 30), date(2026, 4, 14)),
            (("04-06", "04-06"),): (date(2026, 3, 30), date(2026, 4, 8)),
            (("04-07", "04-09"),): (date(2026, 3, 30), date(2026, 4, 10)),
            (("04-08", "04-10"),): (date(2026, 3, 30), date(2026, 4, 7)),
            # Two that touch are one.
            (("03-25", "04-05"), ("04-06", "04-12")): (date(2026, 4, 13), date(2026, 4, 21)),
        }
        holds = [
            [{"first": f"2026-{a}", "last": f"2026-{b}", "reason": "infection"} for a, b in spans]
            for spans in cases
        ]
        rows = rows_of_each("2026-04-20", [({}, {"holds": one}) for one in holds])
        assert [(row["due"], row["overdue_from"]) for row in rows] == list(cases.values())
        given = {"2026-05-11": "completed"}
        late = rows_of_each("2026-05-20", [(given, {"holds": one}) for one in holds])
        assert all(row["held"] and row["late_by_days"] > 0 for row in late)

    @pytest.mark.parametrize(("died", "units"), [("2026-01-05", [155.0]), ("2026-01-04", [])])
    def test_units_of_the_day_of_death_were_given(self, died: str, units: list[float]) -> None:
        frame = frame_of(administered_on=["2026-01-05"], units=[155])
        ends = pl.DataFrame({"patient": ["p-1"], "on": [died], "kind": ["deceased"]})
        answer = panel.exposure(frame, window="12 weeks", on="2026-01-05", care_ends=ends)
        assert answer["units"].to_list() == units

    def test_units_of_a_cycle_are_null_where_any_are_not_known(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"] * 2, units=[100.0, None])
        answer = panel.cycles(frame, [MIGRAINE], as_of="2026-06-01")
        assert answer.select("sessions", "units").rows() == [(2, None)]

    def test_an_unknown_product_is_taken_to_be_the_planned_one(self) -> None:
        def protocol(indication: str, product: str, onset: str) -> bs.TreatmentProtocol:
            return bs.TreatmentProtocol(
                id=f"{indication}-{product}",
                version="1",
                region="us",
                indication=indication,
                product=product,
                population="adult",
                shares_clock_with=[other for other in ("arm", "leg") if other != indication],
                retreatment={"kind": "as_needed", "minimum": "12 weeks"},
                response={"onset": onset},
            )

        protocols = [
            protocol("arm", "Botox", "1 to 2 weeks"),
            protocol("arm", "Dysport", "3 to 4 weeks"),
            protocol("leg", "Botox", "5 to 6 weeks"),
        ]
        sessions: list[dict[str, Any]] = [
            {"administered_on": "2025-09-01", "indication": "arm", "product": "Botox"},
            {"administered_on": "2026-01-05", "indication": "leg", "product": None},
        ]
        record = bs.PatientRecord(sessions=sessions)
        frame = pl.DataFrame([{"patient": "p-1"} | session for session in sessions])
        for weeks, phase in ((1, "latent"), (2, "latent"), (5, "onset"), (7, "not_stated")):
            as_of = date(2026, 1, 5) + weeks * 7 * DAY
            answer = panel.forecast(frame, protocols, as_of=as_of)
            found = bs.forecast(record, protocols[0], as_of=as_of, other_protocols=protocols)
            assert answer["phase"].to_list() == [phase]
            assert found.phase is not None
            assert found.phase.value == phase

    def test_policies_differ_by_key(self) -> None:
        case = Case(5, "migraine", 40)
        draw = Draw(6, ["chronic-migraine"])
        policies = {
            "plan-a": draw.policy(),
            "plan-b": draw.policy(),
            "plan-c": bs.SchedulingPolicy(),
        }
        keys = {patient: list(policies)[n % 3] for n, patient in enumerate(case.records)}
        keyed = case.tables["sessions"].with_columns(
            policy_key=pl.col("patient").replace_strict(keys)
        )
        answer = panel.forecast(
            keyed,
            case.protocols,
            as_of=case.as_of,
            policies=policies,
            **case.beside(ENGINES["polars"], *BESIDE),
        )
        for row in rows_of(answer):
            case.policy = policies[keys[row["patient"]]]
            assert row == forecast_row(case, row)


def rows_of_each(
    as_of: str, given: Sequence[tuple[dict[str, str], dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The rows of patients treated on 2026-01-05, each compared with the record's.

    Each has more sessions, days with their statuses, and what stands beside them.
    """
    session = {"indication": "chronic-migraine", "product": "Botox"}
    case = Case(1, "migraine", 0)
    case.as_of, case.policy = date.fromisoformat(as_of), bs.SchedulingPolicy()
    for number, (more, beside) in enumerate(given):
        days = {"2026-01-05": "completed"} | more
        sessions = [session | {"administered_on": d, "status": s} for d, s in days.items()]
        key = f"p-{number}"
        case.records[key] = bs.PatientRecord(id=key, sessions=sessions, **beside)
    case.tables = tables(case.records.values())
    asked = case.beside(lambda one: one, *BESIDE[:3])
    answer = panel.forecast(case.tables["sessions"], [MIGRAINE], as_of=case.as_of, **asked)
    rows = rows_of(answer.sort("patient"))
    for row in rows:
        expected = forecast_row(case, row)
        assert row == {name: expected[name] for name in row}
    return rows


def cycle_row(cycle: bs.engine.TreatmentCycle) -> dict[str, Any]:
    """A cycle as the panel's row has it."""
    units = list(cycle.units.values())
    known = len(units) == 1 and units[0] is not None and "unknown" not in cycle.units
    return {
        "cycle_number": cycle.number,
        "first_on": cycle.first_on,
        "anchored_on": cycle.anchored_on,
        "units": float(units[0] or 0) if known else None,
        "interval_days": cycle.interval_days,
        "timing": cycle.timing and cycle.timing.value,
        "short_by_days": cycle.short_by_days,
        "late_by_days": cycle.late_by_days,
        "held": cycle.held,
        "is_open": cycle.is_open,
    }


LIMITED = bs.TreatmentProtocol(
    id="limited",
    version="1",
    region="us",
    indication="spasticity",
    product="Xeomin",
    population="adult",
    shares_clock_with=["chronic-migraine"],
    retreatment={"kind": "as_needed", "minimum": "2 weeks", "usual": "2 to 3 weeks"},
    limits=[
        {"scope": "product", "per": "session", "units": 500, "units_per_kilogram": "7.5"},
        {"scope": "indication", "per": "session", "units_per_kilogram": 6},
        {"scope": "product", "per": "window", "windows": [{"window": "1 month"}], "units": 700},
        {"scope": "indication", "per": "side", "units": 1},
        {
            "scope": "indication",
            "per": "window",
            "windows": [{"window": "1 month"}],
            "units": 450,
            "ages": {"first": 40, "last": 59},
        },
    ],
)


def dosed(draw: Draw, number: int, as_of: date) -> bs.PatientRecord:
    """A record whose sessions lie so close that limits are reached, and a booking near."""
    chance = draw.random
    products = ["Botox", "Botox", "Xeomin", "Xeomin", None]
    indications = ["chronic-migraine", "spasticity", "spasticity", "glabellar-lines"]

    def session(status: str) -> dict[str, Any]:
        ahead = status == "booked"
        days = chance.choice([0, 0, 1, 2, 3, 5, 7]) if ahead else -chance.randrange(100)
        return {
            "administered_on": as_of + days * DAY,
            "indication": chance.choice(indications[:3] if ahead else indications),
            "product": chance.choice(products),
            "units": chance.choice([None, 50, 100, "120.5", 200, 400, 400]),
            "status": status,
            "kind": chance.choice(["full", "full", "touch_up"]),
        }

    count = chance.choice([0, 1, 2, 2, 3])
    weights = [
        {
            "measured_on": as_of - chance.choice([-1, 0, 100, 170, 180, 181, 400]) * DAY,
            "kilograms": chance.choice(["10.123", 30, "60.5", 80]),
        }
        for _ in range(chance.choice([0, 1, 2]))
    ]
    born = chance.choice([None, "1960-02-29", "1990-06-01", "2008-03-01", "1985-03-08"])
    return bs.PatientRecord(
        id=f"p-{number}",
        sessions=[session("completed") for _ in range(count)]
        + [session("booked") for _ in range(chance.choice([0, 1, 1, 2]))],
        weights=weights,
        born_on=born,
    )


class TestLimits:
    def case(self, seed: int, count: int) -> Case:
        case = Case(seed, "migraine", 0)
        case.protocols = [MIGRAINE, LIMITED]
        case.newest_first = list(case.protocols)
        case.known = {"chronic-migraine", "spasticity"}
        case.as_of = date(2026, 2, 28)
        draw = Draw(seed, [])
        case.records = {f"p-{n}": dosed(draw, n, case.as_of) for n in range(count)}
        case.tables = tables(case.records.values())
        reading = draw.random.choice(list(bs.terms.LimitReading))
        grouped = draw.random.choice([0, 3, 10])
        case.policy = bs.SchedulingPolicy(limit_reading=reading, group_within_days=grouped)
        return case

    @pytest.mark.parametrize(("engine", "seed"), [("polars", 1), ("duckdb", 3)])
    def test_limits_are_those_of_the_record(self, engine: str, seed: int) -> None:
        case = self.case(seed, 150)
        convert = ENGINES[engine]
        answer = panel.forecast(
            convert(case.tables["sessions"]),
            case.protocols,
            as_of=case.as_of,
            policy=case.policy,
            **case.beside(convert, *BESIDE),
        )
        seen = set()
        for row in rows_of(answer):
            assert row == forecast_row(case, row)
            seen |= {(flag, row[flag]) for flag in LIMIT_FLAGS}
        assert seen == {(flag, answer) for flag in LIMIT_FLAGS for answer in (True, False)}

    def test_of_two_touch_ups_of_a_day_the_first_in_order_is_promoted(self) -> None:
        case = self.case(126, 0)
        touch_up: dict[str, Any] = {
            "administered_on": case.as_of - 90 * DAY,
            "units": 50,
            "kind": "touch_up",
        }
        days: list[list[tuple[str, str | None]]] = [
            [("spasticity", "Botox"), ("spasticity", "Xeomin")],
            [("spasticity", "Dysport"), ("spasticity", "Xeomin")],
            [("spasticity", None), ("spasticity", "Xeomin")],
            [("chronic-migraine", "Xeomin"), ("spasticity", "Botox")],
        ]
        case.records = {
            str(n): bs.PatientRecord(
                id=str(n),
                sessions=[
                    touch_up | {"indication": indication, "product": product}
                    for indication, product in given
                ],
            )
            for n, given in enumerate(days)
        }
        case.policy = bs.SchedulingPolicy()
        case.tables = tables(case.records.values())
        check_forecast(case, ENGINES["polars"])

    def test_payers_read_the_window_differently(self) -> None:
        case = self.case(2, 200)
        case.records = {
            patient: record.model_copy(update={"born_on": None})
            for patient, record in case.records.items()
        }
        policies = {
            reading.value: bs.SchedulingPolicy(
                limit_reading=reading, short_month=short, weight_max_age_days=days
            )
            for reading, short, days in zip(
                bs.terms.LimitReading, bs.ShortMonth, (180, 100), strict=True
            )
        }
        keys = {patient: list(policies)[n % 2] for n, patient in enumerate(case.records)}
        sessions = case.tables["sessions"].with_columns(
            policy_key=pl.col("patient").replace_strict(keys)
        )
        beside = case.beside(ENGINES["polars"], "weights")
        answer = panel.forecast(
            sessions, case.protocols, as_of=case.as_of, policies=policies, **beside
        )
        for row in rows_of(answer):
            case.policy = policies[keys[row["patient"]]]
            expected = forecast_row(case, row)
            assert row == {name: expected[name] for name in row}

    def exceeded(
        self, limit: int, sessions: list[dict[str, Any]], beside: list[dict[str, Any]]
    ) -> list[bool]:
        """Whether one limit is exceeded, by each of what stands beside; as the record says."""
        treated = {"indication": "spasticity", "product": "Xeomin"}
        case = self.case(1, 0)
        case.as_of, case.policy = date(2026, 1, 5), bs.SchedulingPolicy()
        for number, one in enumerate(beside):
            own = [treated | session | one.get("session", {}) for session in sessions]
            rest = {name: value for name, value in one.items() if name != "session"}
            key = f"p-{number:02}"
            case.records[key] = bs.PatientRecord(id=key, sessions=own, **rest)
        case.tables = tables(case.records.values())
        only_one = LIMITED.model_copy(update={"limits": [LIMITED.limits[limit]]})
        case.protocols = case.newest_first = [only_one]
        given = case.beside(lambda frame: frame, "births", "weights")
        answer = panel.forecast(
            case.tables["sessions"], case.protocols, as_of=case.as_of, **given
        ).sort("patient")
        for row in answer.to_dicts():
            assert forecast_row(case, row)["limit_exceeded"] is row["limit_exceeded"]
        found: list[bool] = answer["limit_exceeded"].to_list()
        return found

    def test_limits_are_for_completed_years(self) -> None:
        sessions = [
            {"administered_on": "2025-12-20", "units": 300},
            {"administered_on": "2026-01-05", "units": 200, "status": "booked"},
        ]
        born = ["1986-01-06", "1986-01-05", "1966-01-06", "1966-01-05", "2016-01-05"]
        found = self.exceeded(-1, sessions, [{"born_on": day} for day in born])
        assert found == [False, True, True, False, False]

    def test_weights_count_to_the_gram(self) -> None:
        weights = ["40", "40.001"]
        units = ["299.999", "300", "300.001", "300.006", "300.014"]
        pairs = list(itertools.product(weights, units))
        found = self.exceeded(
            0,
            [{"administered_on": "2026-01-05", "status": "booked"}],
            [
                {
                    "session": {"units": dose},
                    "weights": [{"measured_on": "2026-01-01", "kilograms": weight}],
                }
                for weight, dose in pairs
            ],
        )
        assert found == [Decimal(dose) > Decimal(weight) * Decimal("7.5") for weight, dose in pairs]
        assert found.count(True) == 4

    def test_weights_that_cannot_be_are_refused(self) -> None:
        sessions = frame_of(administered_on=["2026-01-05"])
        for kilograms in (0.0, -3.0, 1001.0, None):
            weights = pl.DataFrame(
                {"patient": ["p-1"], "measured_on": ["2026-01-05"], "kilograms": [kilograms]},
                schema_overrides={"kilograms": pl.Float64},
            )
            with pytest.raises(PanelError, match="weights: cannot be read: kilograms in 1 rows"):
                panel.forecast(sessions, [MIGRAINE], as_of="2026-02-01", weights=weights)

    def test_without_a_limit_no_flag(self) -> None:
        weights = pl.DataFrame(
            {"patient": ["p-1"], "measured_on": ["2026-01-05"], "kilograms": [60]}
        )
        plain = MIGRAINE.model_copy(update={"limits": ()})
        sessions = frame_of(administered_on=["2026-01-05"], units=[10_000])
        answer = panel.forecast(sessions, [plain], as_of="2026-02-01", weights=weights)
        assert answer.select(LIMIT_FLAGS).row(0) == (False,) * 4


class TestCalendar:
    @pytest.mark.parametrize("engine", ["polars", "duckdb"])
    @pytest.mark.parametrize("short_month", list(bs.ShortMonth))
    def test_intervals_are_those_of_the_core(self, engine: str, short_month: bs.ShortMonth) -> None:
        draw = Draw(1, ["chronic-migraine"], start=date(1900, 1, 1), span=300 * 365)
        days = [draw.day() for _ in range(2000)]
        days += [date(year, 2, 28) + DAY for year in (1900, 1904, 2000, 2100, 2196)]
        amounts = [draw.interval() for _ in days]
        frame = pl.DataFrame(
            {
                "day": days,
                "months": [interval.months for interval in amounts],
                "days": [7 * interval.weeks + interval.days for interval in amounts],
            }
        )
        source = opened(ENGINES[engine](frame), "sessions")
        source = numbered(source, ["day"])
        sheet = Sheet(source.engine, source.frame, ("day",))
        later = short_month is bs.ShortMonth.FIRST_OF_NEXT
        add_amount(sheet, "out", "day", Amount("months", "days"), first_of_next=later)
        add_amount(sheet, "back", "day", Amount(-1, 0), first_of_next=later)
        answer = source.engine.back(
            dated(Source(sheet.frame, source.engine), ["day", "out", "back"]).frame
        )
        month = bs.Interval(months=1)
        expected = {
            (day, interval.months, 7 * interval.weeks + interval.days): (
                interval.after(day, short_month=short_month),
                month.before(day, short_month=short_month),
            )
            for day, interval in zip(days, amounts, strict=True)
        }
        rows = rows_of(answer)
        assert len(rows) == len(days)
        for row in rows:
            key = (row["day"], row["months"], row["days"])
            assert (row["out"], row["back"]) == expected[key]

    @given(
        st.builds(bs.Interval, months=st.integers(0, 30), days=st.integers(0, 40)),
        st.dates(date(1900, 1, 1), date(2199, 12, 31)),
        st.sampled_from(bs.ShortMonth),
    )
    @example(bs.Interval(months=12), date(2024, 2, 28), bs.ShortMonth.LAST_DAY)
    @example(bs.Interval(months=12), date(2025, 2, 28), bs.ShortMonth.FIRST_OF_NEXT)
    def test_the_last_start_is_the_last_from_which_an_interval_has_passed(
        self, interval: bs.Interval, day: date, short_month: bs.ShortMonth
    ) -> None:
        start = date.fromordinal(last_start(interval, day.toordinal(), short_month))
        later = [start + n * DAY for n in range(1, 60)]
        assert interval.after(start, short_month=short_month) <= day
        assert all(interval.after(one, short_month=short_month) > day for one in later)

    def test_before_the_calendar_nothing_has_passed(self) -> None:
        assert last_start(bs.Interval(months=3), 80) == 0
        end = date(9999, 9, 30)
        assert last_start(bs.Interval(months=3), date.max.toordinal()) == end.toordinal()

    def test_texts_are_days_only_in_one_form(self) -> None:
        texts: list[str | None] = [
            "2024-02-29",
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "0000-01-01",
            "0001-01-01",
        ]
        texts += ["2024-1-05", "2024-01-05T00:00", "9999-12-31", "٢٠٢٤-01-05", "2024-04-31", None]
        for convert in (ENGINES["polars"], duck):
            frame = convert(pl.DataFrame({"n": list(range(len(texts))), "day": texts}))
            source = numbered(opened(frame, "sessions"), ["day"])
            rows = rows_of(source.engine.back(source.frame.select("n", "day")))
            found = {row["n"]: row["day"] for row in rows if row["day"] is not None}
            assert found == {n: date.fromisoformat(str(texts[n])).toordinal() for n in (0, 5, 8)}

    def test_a_moment_that_is_no_midnight_is_no_day(self) -> None:
        frame = frame_of(administered_on=["2026-01-05 00:00:00", "2026-01-05 09:30:00"])
        frame = frame.with_columns(pl.col("administered_on").str.to_datetime())
        found = panel.findings(frame, [MIGRAINE])
        assert found["code"].to_list() == ["not_a_day"]

    def test_weeks_and_days_are_days(self) -> None:
        assert amount_of(bs.Interval.parse("1 year + 2 weeks - 1 day")) == (12, 13)


class TestKeys:
    @pytest.mark.parametrize("engine", ["polars", "duckdb"])
    def test_a_session_can_be_read_from_its_key(self, engine: str) -> None:
        given = [
            {"day": day, "milli": milli, "touch": touch, "place": place, "product_number": product}
            for day in (1, 738_000, 3_652_059)
            for milli in (-1000, 1, 155_000, 1_000_000_000)
            for touch in (0, 1)
            for place in (0, 1, 4, MOST_INDICATIONS - 1)
            for product in range(PRODUCT_KINDS)
        ]
        source = opened(ENGINES[engine](pl.DataFrame(given)), "sessions")
        frame = source.frame.with_columns(key=key_of(nw.col("place")))
        read = {"day": day_of, "milli": milli_of, "touch": touch_of, "place": place_of}
        answer = frame.select(
            "key",
            product_number=product_of("key"),
            **{name: of("key") for name, of in read.items()},
        )
        rows = sorted(rows_of(source.engine.back(answer)), key=lambda row: row.pop("key"))
        # An unknown product is the last number, and comes first.
        assert rows == sorted(
            given,
            key=lambda r: (
                r["day"],
                r["milli"],
                r["touch"],
                r["place"],
                (r["product_number"] + 1) % PRODUCT_KINDS,
            ),
        )


class TestGroups:
    @pytest.mark.parametrize("engine", ["polars", "duckdb"])
    def test_long_chains_are_cut_as_in_the_record(self, engine: str) -> None:
        offsets = [0, 0, 3, 4, 4, 6, 7, 8, 9, 12, 15, 16, 40, 43, 46]
        days = [date(2026, 1, 1) + offset * DAY for offset in offsets]
        record = bs.PatientRecord(
            sessions=[
                {"administered_on": day, "indication": "chronic-migraine", "product": "Botox"}
                for day in days
            ]
        )
        expected = bs.treatment_cycles(record, MIGRAINE, as_of="2026-12-31")
        frame = ENGINES[engine](frame_of(administered_on=days))
        rows = rows_of(panel.cycles(frame, [MIGRAINE], as_of="2026-12-31"))
        rows.sort(key=lambda row: row["cycle_number"])
        assert [(r["first_on"], r["anchored_on"], r["sessions"]) for r in rows] == [
            (c.first_on, c.anchored_on, sum(c.first_on <= d <= c.anchored_on for d in days))
            for c in expected
        ]
        assert len(rows) == 7


class TestFindings:
    BAD: tuple[dict[str, Any], ...] = (
        {"patient": None},
        {"administered_on": "5 Jan 2026"},
        {"administered_on": None},
        {"indication": "migraine"},
        {"status": "done"},
        {"kind": "half"},
        {"units": 0.0},
        {"units": float("nan")},
        {"units": -5.0},
        {"indication": None},
    )
    CODES = (
        "no_patient",
        "not_a_day",
        "not_a_day",
        "unknown_indication",
        "unknown_status",
        "unknown_kind",
        "not_units",
        "not_units",
        "not_units",
        "no_indication",
    )

    def dirty(self) -> Any:
        good = {
            "patient": "p",
            "session_id": None,
            "administered_on": "2026-01-05",
            "indication": "chronic-migraine",
            "product": "Botox",
            "units": 155.0,
            "status": "completed",
            "kind": "full",
        }
        rows = [good | {"session_id": f"bad-{n}"} | bad for n, bad in enumerate(self.BAD)]
        rows += [good | {"session_id": "typo", "product": "Botoks"}]
        rows += [good | {"session_id": "none", "product": None}]
        rows += [good | {"session_id": "other", "product": "Dysport"}]
        rows += [good | {"session_id": "twice"}] * 2
        rows += [good | {"session_id": "later", "administered_on": "2027-01-05"}]
        rows += [good | {"session_id": "booked", "status": "booked"}]
        return pl.DataFrame(rows)

    @pytest.mark.parametrize("engine", list(ENGINES))
    def test_each_bad_row_is_named_with_its_key(self, engine: str) -> None:
        answer = panel.findings(ENGINES[engine](self.dirty()), [MIGRAINE])
        found = {row["session_id"]: (row["code"], row["left_out"]) for row in rows_of(answer)}
        used = ("unknown_kind", "not_units")
        expected = {f"bad-{n}": (code, code not in used) for n, code in enumerate(self.CODES)}
        if engine == "pandas":
            del expected["bad-7"]  # its way to say that a number is not known
        expected["typo"] = ("unknown_product", False)
        expected["other"] = ("no_protocol", False)
        expected["none"] = ("product_not_stated", False)
        assert found == expected

    @pytest.mark.parametrize(
        ("other", "rows"),
        [
            ({"indication": None}, [(date(2026, 1, 5), True)]),
            ({"status": "done"}, [(date(2026, 1, 5), True)]),
            ({"indication": "unheard-of"}, []),
            ({"indication": "unheard-of", "status": "done"}, [(date(2026, 1, 5), True)]),
        ],
    )
    def test_only_what_can_be_read_takes_the_id_of_another_row(
        self, other: dict[str, Any], rows: list[Any]
    ) -> None:
        good = {
            "patient": "p-1",
            "session_id": "a",
            "administered_on": "2026-01-05",
            "indication": "chronic-migraine",
            "product": "Botox",
            "status": "completed",
        }
        frame = pl.DataFrame([good, good | {"administered_on": "2026-02-05"} | other])
        answer = panel.forecast(frame, [MIGRAINE], as_of="2026-06-01")
        assert answer.select("last_session_on", "session_left_out").rows() == rows

    @pytest.mark.parametrize("engine", ["polars", "duckdb"])
    def test_of_rows_of_one_id_the_same_wins_as_in_a_record(self, engine: str) -> None:
        pairs = list(itertools.product(bs.SessionStatus, repeat=2))
        treated: dict[str, Any] = {"indication": "chronic-migraine", "product": "Botox"}
        case = Case(1, "migraine", 0)
        case.as_of, case.policy = date(2026, 6, 1), bs.SchedulingPolicy()
        days = ("2026-01-05", "2026-02-09")
        rows = [
            {"patient": f"p-{n}", "session_id": "a", "administered_on": day, "status": one.value}
            | treated
            for n, pair in enumerate(pairs)
            for one, day in zip(pair, days, strict=True)
        ]
        for n in range(len(pairs)):
            given = [
                {k: v for k, v in r.items() if k != "patient"} for r in rows[2 * n : 2 * n + 2]
            ]
            sessions = [row | {"id": row.pop("session_id")} for row in given]
            case.records[f"p-{n}"] = bs.PatientRecord(id=f"p-{n}", sessions=sessions)
        answer = panel.forecast(ENGINES[engine](pl.DataFrame(rows)), [MIGRAINE], as_of=case.as_of)
        found = rows_of(answer)
        assert len(found) == len(pairs)
        for row in found:
            expected = forecast_row(case, row)
            assert row == {name: expected[name] for name in row}

    def test_a_session_of_the_day_is_used(self) -> None:
        frame = frame_of(administered_on=["2026-01-05", "2026-01-06"])
        answer = panel.tally(frame, [MIGRAINE], as_of="2026-01-05")
        assert answer.rows() == [("after_as_of", 1), ("used", 1)]

    def test_units_are_at_most_a_million(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"] * 2, units=[1_000_000, 1_000_000.5])
        answer = panel.findings(frame, [MIGRAINE])
        assert answer["code"].to_list() == ["not_units"]

    @pytest.mark.parametrize("engine", list(ENGINES))
    def test_the_counts_add_up(self, engine: str) -> None:
        frame = self.dirty()
        answer = panel.tally(ENGINES[engine](frame), [MIGRAINE], as_of="2026-06-01")
        counts = {row["outcome"]: row["sessions"] for row in rows_of(answer)}
        assert counts == {
            "after_as_of": 1,
            "booked": 1,
            "copy": 1,
            "no_indication": 1,
            "no_patient": 1,
            "not_a_day": 2,
            "unknown_indication": 1,
            "unknown_status": 1,
            "used": 8,
        }
        assert sum(counts.values()) == frame.height

    @settings(max_examples=5, deadline=None)
    @given(SEEDS, KINDS)
    def test_the_counts_add_up_for_any_population(self, seed: int, kind: str) -> None:
        case = Case(seed, kind)
        answer = panel.tally(
            case.tables["sessions"],
            case.protocols,
            as_of=case.as_of,
            care_ends=case.tables["care_ends"],
        )
        assert answer["sessions"].sum() == case.tables["sessions"].height
        assert answer["sessions"].min() > 0

    def test_the_good_rows_are_answered(self) -> None:
        answer = panel.forecast(self.dirty(), [MIGRAINE], as_of="2026-06-01")
        row = ("p", date(2026, 3, 30), True)
        assert answer.select("patient", "due", "session_left_out").rows() == [row]

    @pytest.mark.parametrize("doubtful", [{"units": [0.0]}, {"kind": ["half"]}])
    def test_a_doubtful_session_counts(self, doubtful: dict[str, Any]) -> None:
        answer = panel.forecast(
            frame_of(administered_on=["2026-01-05"], **doubtful), [MIGRAINE], as_of="2026-02-01"
        )
        assert answer["due"].to_list() == [date(2026, 3, 30)]
        assert answer["session_left_out"].to_list() == [False]

    @pytest.mark.parametrize("names", [("administered_on",), ("patient", "product")])
    def test_missing_columns_are_named_with_what_was_found(self, names: tuple[str, ...]) -> None:
        frame = frame_of(administered_on=["2026-01-05"]).drop(*names)
        with pytest.raises(PanelError) as caught:
            panel.forecast(frame, [MIGRAINE], as_of="2026-06-01")
        for name in names:
            assert f"{name} is missing" in str(caught.value)
        assert "the columns are: " in str(caught.value)
        assert "indication" in str(caught.value)

    @pytest.mark.parametrize(
        ("column", "values", "expected"),
        [
            ("administered_on", [20260105], "expected days (dates, or text YYYY-MM-DD)"),
            ("indication", [5], "expected text, found Int64"),
            ("units", ["155"], "expected numbers, found String"),
        ],
    )
    def test_mistyped_columns_are_named(self, column: str, values: Any, expected: str) -> None:
        frame = frame_of(**({"administered_on": ["2026-01-05"]} | {column: values}))
        with pytest.raises(PanelError, match=column) as caught:
            panel.forecast(frame, [MIGRAINE], as_of="2026-06-01")
        assert expected in str(caught.value)

    def test_a_moment_with_a_zone_is_refused(self) -> None:
        frame = frame_of(administered_on=["2026-01-05 00:00:00"]).with_columns(
            pl.col("administered_on").str.to_datetime().dt.replace_time_zone("UTC")
        )
        with pytest.raises(PanelError, match="expected days"):
            panel.forecast(frame, [MIGRAINE], as_of="2026-06-01")

    def test_a_window_is_longer_than_nothing(self) -> None:
        with pytest.raises(bs.errors.IntervalError, match="longer than nothing"):
            panel.exposure(
                frame_of(administered_on=["2026-01-05"]), window="0 days", on="2026-06-01"
            )

    def test_a_frame_of_another_kind_is_refused(self) -> None:
        series = pl.Series("patient", ["p-1"])
        with pytest.raises(PanelError, match="expected a Polars"):
            panel.forecast(series, [MIGRAINE], as_of="2026-06-01")

    def test_an_engine_that_is_not_known_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        frame = pl.DataFrame({"patient": ["p-1"]})
        for engine, convert in (("duckdb", duck), ("pyarrow", arrow)):
            monkeypatch.setattr(nw.Implementation, f"is_{engine}", lambda _: False)
            with pytest.raises(PanelError, match=r"expected a Polars.* not one of"):
                opened(convert(frame), "sessions")

    def test_what_is_no_frame_is_refused(self) -> None:
        with pytest.raises(PanelError, match="expected a Polars, pandas, PyArrow, DuckDB"):
            panel.forecast([{"patient": "p"}], [MIGRAINE], as_of="2026-06-01")

    @pytest.mark.parametrize(
        ("table", "rows", "words"),
        [
            (
                "care_ends",
                {"patient": ["p-1"], "on": ["soon"], "kind": ["deceased"]},
                "on in 1 rows",
            ),
            (
                "care_ends",
                {"patient": ["p-1"], "on": ["2026-01-05"], "kind": ["dead"]},
                "kind in 1",
            ),
            ("holds", {"patient": ["p-1"], "first": ["2026-01-05"], "last": ["x"]}, "last in 1"),
            ("holds", {"patient": ["p-1"]}, "first is missing"),
        ],
    )
    def test_a_table_that_silences_is_used_whole_or_not_at_all(
        self, table: str, rows: dict[str, Any], words: str
    ) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        with pytest.raises(PanelError, match=words):
            panel.forecast(frame, [MIGRAINE], as_of="2026-06-01", **{table: pl.DataFrame(rows)})

    def test_overrides_state_intervals(self) -> None:
        rows = {
            "patient": ["p-1"],
            "indication": ["chronic-migraine"],
            "first": ["2026-01-05"],
            "authority": ["payer"],
            "minimum": ["twelve weeks"],
        }
        with pytest.raises(PanelError, match="minimum: expected intervals such as") as caught:
            panel.forecast(
                frame_of(administered_on=["2026-01-05"]),
                [MIGRAINE],
                as_of="2026-06-01",
                overrides=pl.DataFrame(rows),
            )
        assert "twelve" not in str(caught.value)

    def test_tables_are_of_the_same_kind(self) -> None:
        holds = duck(pl.DataFrame({"patient": ["p-1"], "first": [date(2026, 1, 5)]}))
        frame = frame_of(administered_on=["2026-01-05"])
        with pytest.raises(PanelError, match="the same kind as the sessions"):
            panel.forecast(frame, [MIGRAINE], as_of="2026-06-01", holds=holds)

    def test_patients_are_of_the_same_type(self) -> None:
        frame = frame_of(patient=[7], administered_on=["2026-01-05"])
        ends = pl.DataFrame({"patient": [7], "on": ["2026-02-01"], "kind": ["deceased"]})
        small = ends.with_columns(pl.col("patient").cast(pl.Int16))
        answer = panel.forecast(frame, [MIGRAINE], as_of="2026-06-01", care_ends=small)
        assert answer["status"].to_list() == ["deceased"]
        text = ends.with_columns(pl.col("patient").cast(pl.String))
        for own, beside in ((pl.String, pl.Categorical), (pl.Categorical, pl.String)):
            named = text.with_columns(pl.col("patient").cast(beside))
            sessions = frame.with_columns(pl.col("patient").cast(pl.String).cast(own))
            answer = panel.forecast(sessions, [MIGRAINE], as_of="2026-06-01", care_ends=named)
            assert answer["status"].to_list() == ["deceased"]
        with pytest.raises(PanelError, match="patient: expected Int64 as in the sessions, found S"):
            panel.forecast(frame, [MIGRAINE], as_of="2026-06-01", care_ends=text)

    def test_the_protocols_are_of_one_population(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"])
        child = PEDIATRIC[0]
        twin = MIGRAINE.model_copy(update={"id": "twin", "version": "2"})
        shared = {"version": "2", "shares_clock_with": ["spasticity"]}
        wider = bs.TreatmentProtocol.model_validate(MIGRAINE.model_dump() | shared)
        crowd = {"shares_clock_with": [f"other-{n}" for n in range(64)]}
        many = bs.TreatmentProtocol.model_validate(MIGRAINE.model_dump() | crowd)
        for protocols, words in (
            ([], "at least one"),
            ([MIGRAINE, child], "one population in one region"),
            ([MIGRAINE, twin], "two for chronic-migraine"),
            ([MIGRAINE, wider], "share other clocks"),
            ([many], "more than 64 indications"),
        ):
            with pytest.raises(PanelError, match=words):
                panel.forecast(frame, protocols, as_of="2026-06-01")

    def test_policy_or_policies(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"], policy_key=["plan-z"])
        policy = bs.SchedulingPolicy()
        wrong: list[dict[str, Any]] = [
            {"policy": policy, "policies": {"a": policy}},
            {"policies": {}},
        ]
        for both in wrong:
            with pytest.raises(PanelError, match="give policy, or policies"):
                panel.forecast(frame, [MIGRAINE], as_of="2026-06-01", **both)
        found = panel.findings(frame, [MIGRAINE], policies={"plan-a": policy})
        assert found["code"].to_list() == ["unknown_policy_key"]


class TestFrames:
    @pytest.mark.parametrize("engine", list(ENGINES))
    def test_no_rows_give_no_rows(self, engine: str) -> None:
        empty = frame_of(administered_on=["2026-01-05"]).head(0)
        assert rows_of(panel.forecast(ENGINES[engine](empty), [MIGRAINE], as_of="2026-06-01")) == []

    @pytest.mark.parametrize("engine", list(ENGINES))
    def test_a_frame_comes_back_as_what_it_was(self, engine: str) -> None:
        given = ENGINES[engine](frame_of(administered_on=["2026-01-05"]))
        answers = [
            panel.forecast(given, [MIGRAINE], as_of="2026-06-01"),
            panel.load(given, [MIGRAINE], as_of="2026-06-01", holds=None, care_ends=None),
        ]
        for answer in answers:
            assert type(answer) is type(given)

    def test_a_lazy_frame_is_not_read_when_the_question_is_asked(self) -> None:
        read = []

        def look(frame: Any) -> Any:
            read.append(frame.height)
            return frame

        lazy = frame_of(administered_on=["2026-01-05"]).lazy()
        watched = lazy.map_batches(look, projection_pushdown=False, schema=lazy.collect_schema())
        answer = panel.forecast(watched, [MIGRAINE], as_of="2026-06-01")
        assert 1 not in read
        assert answer.collect()["status"].to_list() == ["overdue"]
        assert 1 in read

    def test_duckdb_keeps_one_table_for_an_answer(self) -> None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        connection = duckdb.connect()
        given = connection.from_arrow(frame_of(administered_on=["2026-01-05"]).to_arrow())
        answer = panel.forecast(given, [MIGRAINE], as_of="2026-06-01")
        assert connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(1,)]
        assert answer.fetchall()

    def test_columns_that_are_not_asked_for_do_not_matter(self) -> None:
        frame = frame_of(administered_on=["2026-01-05"]).with_columns(
            day=pl.lit("x"), clock=pl.lit("y"), number=pl.lit(1.5), _t=pl.lit(2)
        )
        assert panel.forecast(frame, [MIGRAINE], as_of="2026-06-01").height == 1

    def test_products_are_found_by_their_names(self) -> None:
        names = [
            "Botox",
            " BOTOX ",
            "onabotulinumtoxinA",
            "onabotulinumtoxinA-abcd",
            "OnabotulinumtoxinA",
        ]
        frame = frame_of(
            administered_on=["2026-01-05"] * 5, product=names, patient=[str(n) for n in range(5)]
        )
        answer = panel.forecast(frame, [MIGRAINE], as_of="2026-06-01")
        assert answer.height == 5
        assert not answer["product_switch"].any()


class TestFlags:
    def test_of_several_days_of_birth_the_earliest_decides(self) -> None:
        births = pl.DataFrame({"patient": ["p-1"] * 2, "born_on": ["2010-01-01", "1980-01-01"]})
        frame = frame_of(administered_on=["2026-01-05"])
        answer = panel.forecast(frame, [MIGRAINE], as_of="2026-06-01", births=births)
        assert answer["age_outside_protocol"].to_list() == [False]

    @pytest.mark.parametrize("as_of", ["2024-02-29", "2025-02-28", "2025-03-01", "2026-06-15"])
    def test_ages_and_reviews_on_leap_days(self, as_of: str) -> None:
        days = [date(2008, 2, 28) + n * DAY for n in range(3)]
        days += [date(2007, 2, 28), date(2007, 3, 1), date(2008, 6, 15), date(1940, 2, 29)]
        adult = MIGRAINE.model_copy(update={"ages": bs.protocols.AgeRange(first=16, last=80)})
        today = date.fromisoformat(as_of)
        firsts = [date(2023, 2, 28), date(2023, 3, 1), date(2024, 2, 28), date(2024, 2, 29)]
        records = [
            bs.PatientRecord(
                id=f"{n}-{m}",
                sessions=[
                    {
                        "administered_on": "2023-01-05",
                        "indication": "chronic-migraine",
                        "product": "Botox",
                    }
                ],
                holds=[{"first": first, "reason": "drawn"}] if first else [],
                born_on=born,
            )
            for n, born in enumerate(days)
            for m, first in enumerate([None, *firsts])
        ]
        drawn = tables(records)
        answer = panel.forecast(
            drawn["sessions"], [adult], as_of=today, holds=drawn["holds"], births=drawn["births"]
        )
        by_id = {record.id: record for record in records}
        for row in rows_of(answer):
            found = bs.forecast(by_id[row["patient"]], adult, as_of=today).findings
            codes = {finding.code.value for finding in found}
            for flag in ("age_outside_protocol", "hold_needs_review"):
                assert row[flag] is (flag in codes)

    def test_overrides_without_a_usual_range(self) -> None:
        override = {
            "patient": ["p-1"],
            "indication": ["chronic-migraine"],
            "first": ["2026-01-05"],
            "authority": ["payer"],
            "minimum": ["100 days"],
        }
        answer = panel.forecast(
            frame_of(administered_on=["2026-01-05"]),
            [MIGRAINE],
            as_of="2026-02-01",
            overrides=pl.DataFrame(override),
        )
        assert answer["earliest"].to_list() == [date(2026, 4, 15)]
        none = {"minimum": [None], "usual": ["20 weeks"]}
        answer = panel.forecast(
            frame_of(administered_on=["2026-01-05"]),
            [MIGRAINE],
            as_of="2026-02-01",
            overrides=pl.DataFrame(override | none, schema_overrides={"minimum": pl.String}),
        )
        assert answer["due"].to_list() == [date(2026, 5, 25)]


class TestStatusOn:
    def test_each_day_is_asked_by_itself(self) -> None:
        case = Case(11, "migraine", 20)
        days = [case.as_of + n * 50 * DAY for n in range(3)]
        beside = case.beside(ENGINES["polars"], "holds", "care_ends")
        answer = panel.status_on(
            case.tables["sessions"], case.protocols, [*days, days[0]], **beside
        )
        for day in days:
            alone = panel.forecast(
                case.tables["sessions"], case.protocols, as_of=day, **beside
            ).select("patient", "status", "due", "cycle_number")
            together = answer.filter(pl.col("as_of") == day).select(alone.columns)
            assert sorted(together.rows(), key=str) == sorted(alone.rows(), key=str)

    def test_a_day_is_needed(self) -> None:
        with pytest.raises(PanelError, match="at least one"):
            panel.status_on(frame_of(administered_on=["2026-01-05"]), [MIGRAINE], [])


class TestAdherence:
    def test_by_clinic_and_year(self) -> None:
        frame = frame_of(
            patient=["a", "a", "a", "b", "b"],
            administered_on=["2025-01-06", "2025-03-31", "2026-01-05", "2025-06-01", "2025-07-01"],
        )
        groups = pl.DataFrame({"patient": ["a", "b"], "clinic": ["north", "south"]})
        answer = panel.adherence(
            frame, [MIGRAINE], as_of="2026-06-01", by=["clinic", "year"], groups=groups
        )
        names = ("clinic", "year", "cycles", "judged", "on_time", "early", "late", "on_time_share")
        assert answer.select(names).sort("clinic", "year").rows() == [
            ("north", 2025, 2, 1, 1, 0, 0, 1.0),
            ("north", 2026, 1, 1, 0, 0, 1, 0.0),
            ("south", 2025, 2, 1, 0, 1, 0, 0.0),
        ]
        assert answer.filter(pl.col("clinic") == "south")["mean_interval_days"].to_list() == [30.0]

    def test_years_are_those_of_the_calendar(self) -> None:
        days = [
            date(year, month, day)
            for year in (1890, 2000, 2023)
            for month, day in ((1, 1), (2, 28), (3, 1), (12, 31))
        ]
        frame = frame_of(patient=[str(n) for n in range(12)], administered_on=days)
        answer = panel.adherence(frame, [MIGRAINE], as_of="2026-06-01", by=["year"])
        assert answer.select("year", "cycles").sort("year").rows() == [
            (1890, 4),
            (2000, 4),
            (2023, 4),
        ]

    def test_an_unknown_grouping_is_refused(self) -> None:
        with pytest.raises(PanelError, match="by: expected some of patient"):
            panel.adherence(
                frame_of(administered_on=["2026-01-05"]), [MIGRAINE], as_of="2026-06-01", by=["x"]
            )


def called(engine: str) -> list[dict[str, Any]]:
    """A worklist with each reason once, and with tracks that must not be called."""
    day = date(2026, 6, 1)
    ago = {
        "overdue": 100,
        "due": 85,
        "soon": 80,
        "early": 60,
        "lapsed": 400,
        "booked": 100,
        "missed": 100,
        "in-hold": 60,
        "too-early": 60,
        "dead": 100,
        "left": 100,
        "waits": 100,
    }
    rows = [(patient, day - n * DAY, "completed") for patient, n in ago.items()]
    rows += [("booked", day + 3 * DAY, "booked"), ("missed", day - 3 * DAY, "booked")]
    rows += [("in-hold", day + 40 * DAY, "booked"), ("too-early", day + 3 * DAY, "booked")]
    patients, days, statuses = zip(*rows, strict=True)
    sessions = frame_of(patient=patients, administered_on=days, status=statuses)
    holds = pl.DataFrame(
        {
            "patient": ["waits"],
            "first": [day - DAY],
            "last": [None],
        },
        schema_overrides={"last": pl.Date},
    )
    ends = pl.DataFrame(
        {
            "patient": ["dead", "left"],
            "on": [day - DAY] * 2,
            "kind": ["deceased", "discontinued"],
        }
    )
    convert = ENGINES[engine]
    return rows_of(
        panel.worklist(
            convert(sessions),
            [MIGRAINE],
            as_of=day,
            holds=convert(holds),
            care_ends=convert(ends),
        )
    )


class TestWorklist:
    @pytest.mark.parametrize("engine", list(ENGINES))
    def test_who_is_called_and_why(self, engine: str) -> None:
        found = [(row["section"], row["reason"], row["patient"]) for row in called(engine)]
        assert found == [
            ("call", "booking_unresolved", "missed"),
            ("call", "booking_too_early", "too-early"),
            ("call", "overdue_unbooked", "overdue"),
            ("call", "due_unbooked", "due"),
            ("call", "due_soon_unbooked", "soon"),
            ("lapsed", "lapsed_unbooked", "lapsed"),
        ]

    def test_holds_and_ends_must_be_spoken_of(self) -> None:
        with pytest.raises(TypeError, match="holds"):
            panel.worklist(  # type: ignore[call-arg]
                frame_of(administered_on=["2026-01-05"]), [MIGRAINE], as_of="2026-06-01"
            )

    def test_a_booking_in_a_hold_to_come_is_not_known_yet(self) -> None:
        holds = pl.DataFrame({"patient": ["p-1"], "first": ["2026-03-01"], "last": ["2026-05-30"]})
        sessions = frame_of(
            administered_on=["2026-01-05", "2026-04-20"], status=["completed", "booked"]
        )
        ask = {"holds": holds, "care_ends": None}
        assert panel.worklist(sessions, [MIGRAINE], as_of="2026-02-01", **ask).height == 0


class TestLoad:
    @pytest.mark.parametrize("engine", list(ENGINES))
    def test_tracks_and_visits_by_week(self, engine: str) -> None:
        sessions = frame_of(
            patient=["a", "a", "b", "c", "c", "d"],
            administered_on=[
                "2026-01-05",
                "2026-01-06",
                "2026-01-06",
                "2026-01-05",
                "2026-04-15",
                "2024-01-05",
            ],
            indication=["chronic-migraine", "overactive-bladder"] + ["chronic-migraine"] * 4,
            status=["completed"] * 4 + ["booked", "completed"],
        )
        protocols = only(ADULT, "chronic-migraine", "overactive-bladder")
        protocols = [p for p in protocols if p.product.startswith("ona")]
        answer = panel.load(
            ENGINES[engine](sessions),
            protocols,
            as_of="2026-03-25",
            weeks=4,
            capacity={"2026-W14": 1, "2026-W15": 0, "2026-W16": 5},
            holds=None,
            care_ends=None,
        )
        names = ("week", "booked", "expected", "tracks", "visits", "capacity", "backlog")
        assert [tuple(row[name] for name in names) for row in rows_of(answer)] == [
            ("2026-W13", 0, 0, 0, 0, 0, 0),
            ("2026-W14", 0, 3, 3, 2, 1, 1),
            ("2026-W15", 0, 0, 0, 0, 0, 1),
            ("2026-W16", 1, 0, 1, 1, 5, 0),
        ]

    def test_what_is_past_due_is_expected_now(self) -> None:
        sessions = frame_of(administered_on=["2026-01-05"])
        ask: dict[str, Any] = {"as_of": "2026-05-01", "holds": None, "care_ends": None}
        answer = panel.load(sessions, [MIGRAINE], weeks=1, **ask)
        assert answer.row(0)[1:] == (date(2026, 4, 27), 0, 1, 1, 1, None, None)
        with pytest.raises(ValueError, match="at least one"):
            panel.load(sessions, [MIGRAINE], weeks=0, **ask)


class TestSimulation:
    def ask(self, **changed: Any) -> dict[str, tuple[float, float, float]]:
        count = 40
        sessions = frame_of(
            patient=[str(n) for n in range(count)],
            administered_on=[date(2026, 1, 1) + n % 28 * DAY for n in range(count)],
        )
        given: dict[str, Any] = {
            "as_of": "2026-02-01",
            "holds": None,
            "care_ends": None,
            "seed": 3,
            "replicates": 5,
        }
        answer = panel.simulate(sessions, [MIGRAINE], **(given | changed))
        return {row[0]: row[1:] for row in answer.rows()}

    def test_without_delay_everybody_comes_on_the_due_day(self) -> None:
        found = self.ask(days=336)
        assert found["sessions"] == (160, 160, 160)
        assert found["drift_days"] == (0, 0, 0)
        assert found["backlog"] == (0, 0, 0)
        assert found["cycles_per_year"][0] == pytest.approx(4 / (336 / 365.25))

    def test_delays_drift_and_the_seed_decides(self) -> None:
        found = self.ask(delays=(0, 7, 28))
        assert found == self.ask(delays=(0, 7, 28))
        assert found != self.ask(delays=(0, 7, 28), seed=4)
        mean, low, high = found["drift_days"]
        assert 0 < low <= mean <= high < 28

    def test_without_room_there_is_a_backlog(self) -> None:
        assert self.ask(capacity=0)["backlog"] == (40, 40, 40)
        assert self.ask(capacity=1, days=120)["drift_days"][0] > 0

    def test_a_closed_day_waits(self) -> None:
        found = self.ask(is_open=lambda day: day.weekday() < 5)
        assert 0 < found["drift_days"][0] < 3

    def test_another_protocol_changes_the_interval(self) -> None:
        longer = MIGRAINE.retreatment.model_copy(
            update={"minimum": bs.Interval(weeks=24), "usual": bs.IntervalRange.parse("24 weeks")}
        )
        slow = MIGRAINE.model_copy(update={"retreatment": longer, "version": "slow"})
        assert self.ask(days=336, instead=[slow])["sessions"] == (80, 80, 80)
        with pytest.raises(PanelError, match="takes no given protocol's place"):
            self.ask(instead=[PEDIATRIC[0]])

    def test_without_an_interval_nobody_comes_again(self) -> None:
        never = {"retreatment": bs.protocols.RetreatmentRule(kind="as_needed")}
        found = self.ask(instead=[MIGRAINE.model_copy(update=never)])
        assert found["sessions"] == (40, 40, 40)
        assert found["backlog"] == (0, 0, 0)

    def test_one_day_and_one_replicate_will_do(self) -> None:
        found = self.ask(as_of="2026-03-25", days=1, replicates=1)
        assert found["sessions"] == (2, 2, 2)

    def test_intervals_are_of_nine_replicates_in_ten(self) -> None:
        found = _summary([{"sessions": float(number)} for number in range(101)])
        assert found.rows() == [("sessions", 50.0, 5.0, 95.0)]

    def test_progress_is_told(self) -> None:
        told: list[tuple[int, int]] = []
        self.ask(replicates=3, progress=lambda done, all_of: told.append((done, all_of)))
        assert told == [(1, 3), (2, 3), (3, 3)]

    @pytest.mark.parametrize(
        "wrong",
        [{"days": 0}, {"replicates": 0}, {"delays": ()}, {"delays": (-1,)}, {"capacity": -1}],
    )
    def test_numbers_that_make_no_sense_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"expected|negative"):
            self.ask(**wrong)

    def test_nobody_to_simulate(self) -> None:
        empty = frame_of(administered_on=["2026-01-05"]).head(0)
        answer = panel.simulate(
            empty, [MIGRAINE], as_of="2026-02-01", holds=None, care_ends=None, seed=1
        )
        assert dict(answer.select("metric", "mean").rows())["sessions"] == 0


class TestPersistence:
    def test_lifelines_takes_the_rows(self) -> None:
        lifelines = pytest.importorskip("lifelines", reason="lifelines is not installed")
        case = Case(2, "migraine", 80)
        rows = panel.persistence(
            case.tables["sessions"],
            case.protocols,
            as_of=case.as_of,
            permissible_gap_days=30,
            care_ends=case.tables["care_ends"],
        ).to_pandas()
        curve = lifelines.KaplanMeierFitter().fit(rows["time"], rows["event"])
        shares = curve.survival_function_["KM_estimate"]
        assert shares.iloc[0] == 1
        assert shares.is_monotonic_decreasing
        assert 0 <= shares.iloc[-1] < 1

    def test_reasons(self) -> None:
        sessions = frame_of(
            patient=["goes-on", "gap", "left", "dead"], administered_on=["2026-01-05"] * 4
        )
        ends = pl.DataFrame(
            {
                "patient": ["left", "dead"],
                "on": ["2026-02-01", "2026-01-10"],
                "kind": ["discontinued", "deceased"],
            }
        )
        ask = {"permissible_gap_days": 0, "care_ends": ends, "effect": bs.Interval(weeks=12)}
        answer = panel.persistence(sessions, [MIGRAINE], as_of="2026-03-30", **ask)
        rows = {row[0]: row[3:] for row in answer.rows()}
        assert rows == {
            "goes-on": (85, False, "ongoing"),
            "gap": (85, False, "ongoing"),
            "left": (28, True, "discontinued"),
            "dead": (6, False, "deceased"),
        }
        later = panel.persistence(sessions, [MIGRAINE], as_of="2026-03-31", **ask)
        assert {row[0]: row[3:] for row in later.rows()}["gap"] == (84, True, "gap")

    def test_without_any_stated_effect_there_is_no_row(self) -> None:
        dystonia = bs.find_protocol("cervical-dystonia")
        plain = dystonia.model_copy(update={"response": bs.protocols.ExpectedResponse()})
        sessions = frame_of(administered_on=["2026-01-05"], indication=["cervical-dystonia"])
        ask: dict[str, Any] = {"as_of": "2026-06-01", "permissible_gap_days": 30}
        assert panel.persistence(sessions, [plain], **ask).height == 0
        with pytest.raises(ValueError, match="negative"):
            panel.persistence(sessions, [plain], **(ask | {"permissible_gap_days": -1}))


def test_units_keep_three_decimals() -> None:
    frame = frame_of(administered_on=["2026-01-05"], units=[Decimal("12.345")])
    answer = panel.cycles(frame, [MIGRAINE], as_of="2026-06-01")
    assert answer["units"].to_list() == [12.345]
