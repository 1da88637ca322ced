"""Populations: every row of the panel is the answer of the record functions."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import outcomes
from botox_schedule.cli import main as cli
from botox_schedule.engine.forecast import forecast_of
from botox_schedule.engine.reading import read_record
from botox_schedule.engine.standing import standing_of
from botox_schedule.engine.track import booking_verdict, tracks_of
from botox_schedule.engine.worklist import call_by, place_of, waiting_of
from botox_schedule.protocols.catalog import known_protocols
from population import BESIDE, LIMBS, Draw, tables, versions

pl = pytest.importorskip("polars", reason="the extra panel is not installed")

from botox_schedule import panel  # noqa: E402 - it needs the extra

DAY = timedelta(days=1)
KINDS = {
    "everything": [
        "chronic-migraine",
        "spasticity",
        "upper-limb-spasticity",
        "cervical-dystonia",
        "lower-limb-spasticity",
        "overactive-bladder",
        "unheard-of",
        "bruxism",
    ],
    "versions": ["chronic-migraine", "spasticity", "bruxism"],
    "limbs": [*LIMBS],
}
LIMITS = {
    "limit_exceeded",
    "limit_indeterminate",
    "missing_weight",
    "stale_weight",
    "probable_duplicate",
}
"""The findings about limits, which the panel looks for only where weights are given."""


def duck(frame: Any) -> Any:
    """The frame as a DuckDB relation."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    return duckdb.from_arrow(frame.to_arrow())


def pandas(frame: Any) -> Any:
    """The frame as a pandas one, whose days are datetime64."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    return frame.to_pandas()


ENGINES: dict[str, Callable[[Any], Any]] = {
    "polars": lambda frame: frame,
    "lazy": lambda frame: frame.lazy(),
    "pandas": pandas,
    "pyarrow": lambda frame: frame.to_arrow(),
    "duckdb": duck,
}


def polars_of(answer: Any) -> Any:
    """An answer of any kind as a Polars frame."""
    kind = type(answer).__module__.partition(".")[0].lstrip("_")
    if kind == "polars":
        return answer.lazy().collect()
    if kind == "pandas":
        return pl.from_pandas(answer).with_columns(pl.col(pl.Datetime).cast(pl.Date))
    return pl.from_arrow(answer if kind == "pyarrow" else answer.to_arrow_table())


class Case:
    """A drawn population with its protocols, policy and day."""

    def __init__(self, seed: int, kind: str, count: int = 60, touched: float = 0.2) -> None:
        draw = Draw(seed, KINDS[kind], touched)
        self.protocols = versions() if kind == "versions" else None
        self.people = "pediatric" if seed % 5 == 0 and kind == "limbs" else None
        self.records = {f"p-{number}": draw.record(number) for number in range(count)}
        self.policy = draw.policy()
        self.as_of = draw.day() + 100 * DAY
        self.tables = tables(self.records.values())

    @property
    def rules(self) -> dict[str, Any]:
        """What the panel's questions share."""
        return {"as_of": self.as_of, "policy": self.policy, "population": self.people}

    def beside(
        self, convert: Callable[[Any], Any] = ENGINES["polars"], leave: Sequence[str] = ("weights",)
    ) -> dict[str, Any]:
        """The tables next to the sessions."""
        return {name: convert(self.tables[name]) for name in BESIDE if name not in leave}

    def forecasts(self, patient: str, without: set[str] | None = None) -> list[dict[str, Any]]:
        """The rows of a patient by the record function."""
        answers = bs.forecast_all(
            self.records[patient],
            as_of=self.as_of,
            policy=self.policy,
            protocols=self.protocols,
            population=self.people,
        )
        return [forecast_row(patient, answer, without) for answer in answers]

    def read_tracks(self) -> list[tuple[str, Any]]:
        """The tracks of all records, each with the reading of its record."""
        known = known_protocols(self.protocols)
        people = None if self.people is None else bs.Population(self.people)
        found = []
        for patient, record in self.records.items():
            reading = read_record(record, self.as_of, self.policy, known)
            found += [(patient, each) for each in tracks_of(reading, "us", people)]
        return found

    def tracks(self) -> list[tuple[str, bs.PatientRecord, Any]]:
        """The tracks that a protocol is known for."""
        return [
            (patient, each.track.record, each.track)
            for patient, each in self.read_tracks()
            if each.track.ref is not None
        ]


def forecast_row(patient: str, answer: Any, without: set[str] | None = None) -> dict[str, Any]:
    """A forecast in the columns of the panel, without some findings."""
    left_out = LIMITS if without is None else without
    row = answer.summary().model_dump(mode="python")
    codes = {finding.code.value for finding in answer.findings} - left_out
    today = {f.code.value for f in answer.findings if f.needs == "today"} - left_out
    row |= {
        "patient": patient,
        "review_on": answer.review_on,
        "findings": ", ".join(sorted(codes)),
        "today": ", ".join(sorted(today)),
    }
    del row["as_of"], row["last_due_on"]
    if without is None:
        # Without weights the panel looks at no limit; ``clear`` is compared separately then.
        del row["clear"]
    return {name: value.value if hasattr(value, "value") else value for name, value in row.items()}


def judged(track: Any) -> bool | None:
    """False where the next day in question is forbidden; nothing more is known without limits."""
    if track is None:
        return None
    answer = forecast_of(track)
    dates, booked = answer.dates, answer.booking
    ahead = max(track.as_of, dates.due or dates.earliest or track.as_of)
    day = booked.on if booked is not None else ahead
    return False if booking_verdict(track, day) is False else None


def sorted_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in an order of their own."""
    return sorted(rows, key=lambda row: tuple(str(value) for value in row.values()))


def rows_like(answer: Any, expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of an answer, in the columns of the expected ones."""
    rows: list[dict[str, Any]] = polars_of(answer).select(list(expected[0])).to_dicts()
    return sorted_rows(rows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
class TestTheRecordFunctionsAnswer:
    """Each answer of the panel against the function for one record."""

    def case(self, seed: int, kind: str) -> Case:
        return Case(seed, kind, touched=[0.2, 0.0, 0.05][seed % 3])

    def test_forecasts(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        answer = panel.forecast(
            case.tables["sessions"], case.protocols, **case.rules, **case.beside()
        )
        expected = [row for patient in case.records for row in case.forecasts(patient)]
        assert rows_like(answer, expected) == sorted_rows(expected)

    def test_forecasts_with_limits(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        answer = panel.forecast(
            case.tables["sessions"], case.protocols, **case.rules, **case.beside(leave=())
        )
        expected = [row for p in case.records for row in case.forecasts(p, without=set())]
        assert rows_like(answer, expected) == sorted_rows(expected)

    def test_no_day_that_is_forbidden_is_clear(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        answer = panel.forecast(
            case.tables["sessions"], case.protocols, **case.rules, **case.beside()
        )
        expected = [
            {"patient": patient, "indication": each.track.indication, "clear": judged(each.track)}
            for patient, each in case.read_tracks()
        ]
        assert rows_like(answer, expected) == sorted_rows(expected)

    def test_cycles(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        answer = panel.cycles(
            case.tables["sessions"], case.protocols, **case.rules, **case.beside()
        )
        expected = []
        for patient, record, track in case.tracks():
            found = bs.treatment_cycles(
                record,
                track.protocol,
                as_of=case.as_of,
                policy=case.policy,
                other_protocols=case.protocols,
            )
            expected += [cycle_row(patient, track, cycle) for cycle in found]
        assert rows_like(answer, expected) == sorted_rows(expected)

    def test_episodes(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        effect = None if seed % 2 else bs.Interval(weeks=14)
        answer = panel.persistence(
            case.tables["sessions"],
            case.protocols,
            permissible_gap_days=30,
            effect=effect,
            **case.rules,
            **case.beside(),
        )
        expected = []
        for patient, record, track in case.tracks():
            found = outcomes.adherence(
                record,
                track.protocol,
                as_of=case.as_of,
                permissible_gap_days=30,
                effect=effect,
                policy=case.policy,
                other_protocols=case.protocols,
            )
            if found.persistent_days is not None and found.ended_by is not None:
                expected.append(
                    {
                        "patient": patient,
                        "indication": track.protocol.indication,
                        "product": track.protocol.product.value,
                        "time": found.persistent_days,
                        "event": not found.is_censored,
                        "reason": found.ended_by.value,
                    }
                )
        assert rows_like(answer, expected) == sorted_rows(expected)

    def test_exposure(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        ends = case.tables["care_ends"]
        window = bs.Interval(months=3)
        answer = polars_of(
            panel.exposure(
                case.tables["sessions"],
                window=window,
                on=case.as_of,
                policy=case.policy,
                care_ends=ends,
            )
        )
        found = {
            (row["patient"], row["product"]): row
            for row in answer.to_dicts()
            if row["product"] is not None
        }
        for patient, record in case.records.items():
            for product in bs.Product:
                total = bs.exposure(
                    record, product=product, window=window, on=case.as_of, policy=case.policy
                )
                row = found.pop((patient, product.value), None)
                units, if_one = total.units, total.units_if_one
                if row is None:
                    assert units == 0
                else:
                    assert (row["units"], row["units_if_one"]) == (float(units), float(if_one))
                    assert row["indeterminate"] == total.indeterminate
        assert not found

    def test_every_row_is_counted(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        sessions = case.tables["sessions"]
        counts = panel.row_counts(sessions, case.protocols, **case.rules, **case.beside(leave=()))
        by_table = dict(counts.group_by("table").agg(pl.col("rows").sum()).iter_rows())
        heights = {name: frame.height for name, frame in case.tables.items() if frame.height}
        assert by_table == heights

    def test_every_track_is_in_one_section(self, seed: int, kind: str) -> None:
        case = self.case(seed, kind)
        sessions = case.tables["sessions"]
        tracks = panel.forecast(sessions, case.protocols, **case.rules, **case.beside())
        work = panel.worklist(sessions, case.protocols, **case.rules, **case.beside())
        key = ["patient", "indication"]
        assert work.select(key).sort(key).equals(tracks.select(key).sort(key))
        assert work["section"].null_count() == 0
        found = {(row["patient"], row["indication"]): row for row in work.to_dicts()}
        for patient, each in case.read_tracks():
            standing = standing_of(each)
            calls = call_by(standing.due, 7, None)
            place = place_of(waiting_of(standing, case.as_of, calls))
            row = found[patient, standing.indication]
            assert (row["section"], row["reason"]) == (place.section.value, place.reason.value)
            assert row["last_chance_on"] == standing.last_chance_on


COMPARED = {
    *("section", "reason", "product", "status", "last_session_on", "typical_on", "due"),
    *("overdue_from", "booked_on", "call_by", "last_chance_on", "next_look_on"),
    *("contacted_on", "outcome", "next_try_on"),
}
"""What a worklist of the command line and one of the panel both have."""


@pytest.mark.parametrize("seed", range(3))
def test_the_command_line_lists_what_the_panel_lists(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case(seed, "everything", touched=0.4)
    calls = [
        {"patient": f"p-{n % 50}", "day": case.as_of - n % 3 * DAY, "outcome": f"said {n % 7}"}
        for n in range(120)
    ]
    side = {name: case.tables[name] for name in BESIDE} | {"contacts": pl.DataFrame(calls)}
    asked = ["worklist", f"{tmp_path}/sessions.csv", "--as-of", str(case.as_of), "--json"]
    for name, table in side.items():
        table.write_csv(f"{tmp_path}/{name}.csv")
        asked += [f"--{name.replace('_', '-')}", f"{tmp_path}/{name}.csv"]
    case.tables["sessions"].write_csv(f"{tmp_path}/sessions.csv")
    assert cli.main(asked) in {0, 1}
    ours = json.loads(capsys.readouterr().out)["tracks"]
    rules: dict[str, Any] = {"as_of": case.as_of, "population": case.people}
    theirs = panel.worklist(case.tables["sessions"], **rules, **side).to_dicts()
    keys = [(row["patient"], row["indication"]) for row in ours]
    assert keys == [(row["patient"], row["indication"]) for row in theirs]
    for our, their in zip(ours, theirs, strict=True):
        said = {name: None if their[name] is None else str(their[name]) for name in COMPARED}
        assert {name: our[name] for name in COMPARED} == said
        assert (", ".join(our["today"]), our["patient"]) == (their["findings"], their["patient"])


def cycle_row(patient: str, track: Any, cycle: Any) -> dict[str, Any]:
    """A cycle in the columns of the panel."""
    units = list(cycle.units.items())
    known = len(units) == 1 and units[0][0] != "unknown" and units[0][1] is not None
    return {
        "patient": patient,
        "indication": track.protocol.indication,
        "product": track.protocol.product.value,
        "cycle_number": cycle.number,
        "first_on": cycle.first_on,
        "anchored_on": cycle.anchored_on,
        "units": float(units[0][1]) if known else None,
        "interval_days": cycle.interval_days,
        "timing": None if cycle.timing is None else cycle.timing.value,
        "short_by_days": cycle.short_by_days,
        "late_by_days": cycle.late_by_days,
        "held": cycle.held,
        "is_open": cycle.is_open,
    }


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "polars"])
class TestEveryKindOfFrame:
    """Each kind of frame gives the answer of Polars, as a frame of its kind."""

    CASE = Case(2, "everything")

    def asked(self, engine: str, question: Callable[..., Any], **more: Any) -> Any:
        convert = ENGINES[engine]
        sessions = self.CASE.tables["sessions"]
        expected = question(sessions, **self.CASE.rules, **self.CASE.beside(), **more)
        answer = question(convert(sessions), **self.CASE.rules, **self.CASE.beside(convert), **more)
        assert type(answer) is type(convert(sessions))
        assert polars_of(answer).columns == expected.columns
        return polars_of(answer), expected

    @pytest.mark.parametrize("name", ["forecast", "cycles"])
    def test_rows(self, engine: str, name: str) -> None:
        answer, expected = self.asked(engine, getattr(panel, name))
        assert answer.sort(expected.columns).rows() == expected.sort(expected.columns).rows()

    def test_lists_in_their_order(self, engine: str) -> None:
        answer, expected = self.asked(engine, panel.worklist, lead_days=30)
        assert answer.rows() == expected.rows()

    def test_weeks(self, engine: str) -> None:
        answer, expected = self.asked(engine, panel.workload, weeks=9, capacity=2)
        assert answer.rows() == expected.rows()

    def test_sums(self, engine: str) -> None:
        answer, expected = self.asked(engine, panel.adherence, by=["indication", "year"])
        assert answer.sort(expected.columns).rows() == expected.sort(expected.columns).rows()

    def test_counts(self, engine: str) -> None:
        answer, expected = self.asked(engine, panel.row_counts)
        assert answer.rows() == expected.rows()


class TestATouchUpOfAnotherProduct:
    """It belongs to the cycle before, and its minimum bears on the next session."""

    SESSIONS = (
        (date(2026, 1, 5), "Botox", "full"),
        (date(2026, 1, 26), "Daxxify", "touch_up"),
        (date(2026, 4, 6), "Botox", "full"),
    )

    def record(self) -> bs.PatientRecord:
        return bs.PatientRecord(
            sessions=[
                {"administered_on": day, "indication": "spasticity", "product": name, "kind": kind}
                for day, name, kind in self.SESSIONS
            ]
        )

    def frame(self) -> Any:
        names = ["administered_on", "product", "kind"]
        frame = pl.DataFrame(self.SESSIONS, schema=names, orient="row")
        return frame.with_columns(patient=pl.lit("p-1"), indication=pl.lit("spasticity"))

    def test_forecast(self) -> None:
        expected = [
            forecast_row("p-1", answer)
            for answer in bs.forecast_all(self.record(), as_of=date(2026, 5, 1))
        ]
        assert "judged_by_another_protocol" in expected[0]["findings"]
        answer = panel.forecast(self.frame(), as_of=date(2026, 5, 1))
        assert rows_like(answer, expected) == expected

    def test_cycles(self) -> None:
        record, day = self.record(), date(2026, 5, 1)
        expected = bs.treatment_cycles(record, "spasticity", as_of=day)
        answer = panel.cycles(self.frame(), as_of=day).sort("cycle_number")
        found = answer.select("timing", "short_by_days", "late_by_days").rows()
        assert found == [(c.timing, c.short_by_days, c.late_by_days) for c in expected]


def test_a_childs_session_can_count_for_two_clocks() -> None:
    """Only the label for the bladder of adults has both names, and one of them is for children."""
    rows = [
        ("overactive-bladder", date(2026, 1, 5)),
        ("neurogenic-detrusor-overactivity", date(2026, 4, 20)),
    ]
    record = bs.PatientRecord(
        born_on=date(2016, 1, 5),
        sessions=[
            {"administered_on": day, "indication": name, "product": "Botox"} for name, day in rows
        ],
    )
    expected = [forecast_row("p-1", one) for one in bs.forecast_all(record, as_of="2026-05-01")]
    assert [row["last_session_on"] for row in expected] == [date(2026, 4, 20)] * 2
    frame = pl.DataFrame(rows, schema=["indication", "administered_on"], orient="row")
    frame = frame.with_columns(patient=pl.lit("p-1"), product=pl.lit("Botox"))
    births = pl.DataFrame({"patient": ["p-1"], "born_on": [record.born_on]})
    answer = panel.forecast(frame, as_of="2026-05-01", births=births)
    assert rows_like(answer, expected) == sorted_rows(expected)


@pytest.mark.parametrize("reading", ["twelve_weeks", "three_months"])
@pytest.mark.parametrize("units", [400, Decimal("400.01"), 155])
def test_a_day_is_not_clear_while_units_given_exceed_a_limit(
    reading: str, units: int | Decimal
) -> None:
    """The due day, 84 days later, is within 3 months of a session on 1 January."""
    session = {
        "administered_on": date(2026, 1, 1),
        "indication": "chronic-migraine",
        "product": "Botox",
        "units": units,
    }
    policy = bs.SchedulingPolicy(limit_reading=reading)
    record = bs.PatientRecord(sessions=[session])
    (expected,) = bs.forecast_all(record, as_of=date(2026, 2, 1), policy=policy)
    assert expected.clear is (False if reading == "three_months" and units > 400 else None)
    frame = pl.DataFrame([{**session, "patient": "p-1", "units": float(units)}])
    weights = pl.DataFrame({"patient": ["p-1"], "measured_on": [None], "kilograms": [1.0]}).clear()
    answer = panel.forecast(frame, as_of=date(2026, 2, 1), policy=policy, weights=weights)
    assert answer["clear"].to_list() == [expected.clear]


def test_a_limit_for_each_kilogram_takes_the_weight_of_each_patient() -> None:
    born_on, day = date(2017, 5, 1), date(2026, 1, 1)
    protocol = bs.find_protocol("upper-limb-spasticity", population="pediatric")
    policy = bs.SchedulingPolicy(limit_reading="three_months", payer_minimum="1 week")
    given: dict[str, Any] = {"as_of": date(2026, 2, 1), "policy": policy, "protocols": [protocol]}
    session = {
        "administered_on": day,
        "indication": protocol.indication,
        "product": protocol.product,
        "units": 200,
    }
    for kilograms, clear in ((15, False), (60, None)):
        weight = bs.BodyWeight(measured_on=day, kilograms=kilograms)
        record = bs.PatientRecord(sessions=[session], weights=[weight], born_on=born_on)
        (expected,) = bs.forecast_all(record, **given)
        assert expected.clear is clear
        frame = pl.DataFrame([{**session, "patient": 1}])
        weights = pl.DataFrame({"patient": [1], "measured_on": [day], "kilograms": [kilograms]})
        births = pl.DataFrame({"patient": [1], "born_on": [born_on]})
        answer = panel.forecast(frame, weights=weights, births=births, **given)
        assert answer["clear"].to_list() == [clear]


def test_policies_by_key_are_those_of_the_last_session() -> None:
    case = Case(4, "everything", 80)
    policies = {f"k{number}": Draw(number, KINDS["everything"]).policy() for number in range(3)}
    sessions = case.tables["sessions"]
    keys = [f"k{int(patient[2:]) % 3}" for patient in sessions["patient"]]
    answer = panel.forecast(
        sessions.with_columns(policy_key=pl.Series(keys)),
        as_of=case.as_of,
        policies=policies,
        births=case.tables["births"],
    )
    expected = []
    for number, (patient, record) in enumerate(case.records.items()):
        bare = bs.PatientRecord(sessions=record.sessions, born_on=record.born_on)
        answers = bs.forecast_all(bare, as_of=case.as_of, policy=policies[f"k{number % 3}"])
        expected += [forecast_row(patient, one) for one in answers]
    assert rows_like(answer, expected) == sorted_rows(expected)


def test_adherence_counts_the_cycles() -> None:
    case = Case(7, "limbs", 100)
    given = {**case.rules, **case.beside()}
    cycles = panel.cycles(case.tables["sessions"], **given)
    found = panel.adherence(case.tables["sessions"], by=["product"], **given)
    assert found["cycles"].sum() == cycles.height
    judged = cycles.filter(~pl.col("held") & (pl.col("timing") != "first"))
    assert found["judged"].sum() == judged.height
    on_time = judged["timing"].is_in(["on_time", "early_within_tolerance"]).sum()
    assert found["on_time"].sum() == on_time
    assert Decimal(found["early"].sum()) == (judged["timing"] == "early").sum()
    assert found["product"].is_sorted()
    assert panel.adherence(case.tables["sessions"], by="product", **given).equals(found)


def test_only_patients_with_rare_rows_are_answered_one_by_one() -> None:
    frame = regular_sessions(400)
    asking = panel_asking(date(2026, 6, 1))
    from botox_schedule.panel.standings import population_of  # noqa: PLC0415 - an extra

    assert population_of({"sessions": frame}, asking).happened.apart.is_empty()
    odd = frame.head(1).with_columns(indication=pl.lit("unheard-of"))
    apart = population_of({"sessions": pl.concat([frame, odd])}, asking).happened.apart
    assert apart["patient"].unique().to_list() == ["p-0"]


def panel_asking(as_of: date) -> Any:
    """A question without any choice."""
    from botox_schedule.panel.asking import Asking, Policies  # noqa: PLC0415 - an extra

    return Asking(as_of, known_protocols(None), Policies.given(None, None), "us", None)


def regular_sessions(patients: int) -> Any:
    """Three sessions of each patient, touch-ups, missed and booked visits among them."""
    rows = []
    for number in range(patients):
        day = date(2025, 9, 1) + timedelta(days=number % 90)
        for place in range(3):
            kind = "touch_up" if (number + place) % 20 == 19 else "full"
            status = "cancelled" if (number + 5 * place) % 50 == 0 else "completed"
            rows.append((f"p-{number}", day, kind, status))
            day += timedelta(days=84 + number % 9)
        rows.append((f"p-{number}", day, "full", "booked"))
    schema = ["patient", "administered_on", "kind", "status"]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    odd = pl.DataFrame(
        [("p-0", date(2026, 1, 5), "full", "no_such_status")], schema=schema, orient="row"
    )
    return pl.concat([frame, odd]).with_columns(
        indication=pl.lit("chronic-migraine"), product=pl.lit("Botox"), units=pl.lit(155)
    )


class TestBookingsOfAnotherTreatment:
    @pytest.mark.parametrize(
        ("product", "early"), [("Myobloc", False), ("Xeomin", True), (None, False)]
    )
    def test_the_panel_judges_them_as_the_record_does(
        self, product: str | None, early: bool
    ) -> None:
        rows = [
            {"administered_on": date(2026, 1, 5), "product": "Myobloc", "status": "completed"},
            {"administered_on": date(2026, 4, 26), "product": product, "status": "booked"},
        ]
        sessions = pl.DataFrame(rows).with_columns(
            patient=pl.lit("p"), indication=pl.lit("sialorrhea")
        )
        (found,) = panel.forecast(sessions, as_of=date(2026, 3, 1)).to_dicts()
        assert ("booking_too_early" in found["today"].split(", ")) is early
        assert found["clear"] is (False if early else None)


class TestATouchUpThatWasBookedAndGiven:
    """Two rows of one day: the given one fulfills the booked one, if it is the same treatment."""

    @pytest.mark.parametrize("product", ["Botox", "Dysport", None])
    @pytest.mark.parametrize("kind", ["full", "touch_up"])
    def test_the_panel_tells_what_the_record_does(self, product: str | None, kind: str) -> None:
        rows = [
            ("2026-01-05", "Botox", "full", "completed"),
            ("2026-01-19", "Botox", "touch_up", "no_show"),
            ("2026-02-02", product, kind, "booked"),
            ("2026-02-02", "Botox", "touch_up", "completed"),
        ]
        names = ["administered_on", "product", "kind", "status"]
        sessions = [
            dict(zip(names, row, strict=True), indication="chronic-migraine") for row in rows
        ]
        (answer,) = bs.forecast_all(bs.PatientRecord(sessions=sessions), as_of=date(2026, 3, 15))
        expected = [forecast_row("p-1", answer)]
        frame = pl.DataFrame(sessions).with_columns(patient=pl.lit("p-1"))
        assert rows_like(panel.forecast(frame, as_of=date(2026, 3, 15)), expected) == expected


class TestPatientsWithoutSessions:
    """Who is known only from a table next to the sessions is listed if it names an indication."""

    def test_a_hold_that_names_an_indication_is_listed(self) -> None:
        day, named = date(2026, 1, 5), ["chronic-migraine", "chronic-migraine", None]
        sessions = pl.DataFrame(
            {
                "patient": ["treated"],
                "administered_on": [day],
                "indication": named[:1],
                "product": ["Botox"],
            }
        )
        patients = ["treated", "paused", "unnamed"]
        holds = pl.DataFrame({"patient": patients, "indication": named}).with_columns(
            first=pl.lit(day), reason=pl.lit("pregnant")
        )
        found = panel.forecast(sessions, as_of=date(2026, 2, 2), holds=holds)
        rows = sorted(found.select("patient", "status").iter_rows())
        assert rows == [("paused", "on_hold"), ("treated", "on_hold")]


PAIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "months": ("spasticity", {}),
    "rules that begin and end": ("chronic-migraine", {"protocols": versions()}),
    "a hold": (
        "spasticity",
        {"holds": {"first": "2024-12-10", "last": "2024-12-20", "reason": "infection"}},
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_equally_far_apart_is_not_always_alike(name: str) -> None:
    """Months differ, rules begin and end, and a hold does; only what is equal is judged once."""
    treated, given = PAIRS[name]
    protocols, hold = given.get("protocols"), given.get("holds")
    as_of, rows, expected = date(2026, 12, 31), [], []
    starts = [date(2023, 10, 28) + timedelta(days=9 * n) for n in range(60)]
    pairs = [(start, gap) for start in starts for gap in (83, 91, 100, 147, 151)]
    for number, (start, gap) in enumerate(pairs):
        mine = [
            {"administered_on": day, "indication": treated, "product": "Botox"}
            for day in (start, start + timedelta(days=gap))
        ]
        rows += [row | {"patient": number} for row in mine]
        record = bs.PatientRecord(sessions=mine, holds=[hold] if hold else [])
        found = bs.treatment_cycles(record, treated, as_of=as_of, other_protocols=protocols)
        expected += [(number, c.timing, c.short_by_days, c.late_by_days, c.held) for c in found]
    holds = pl.DataFrame([hold | {"patient": n} for n in range(len(pairs))]) if hold else None
    answer = panel.cycles(pl.DataFrame(rows), protocols, as_of=as_of, holds=holds)
    answer = answer.sort("patient", "cycle_number")
    compared = ("patient", "timing", "short_by_days", "late_by_days", "held")
    assert answer.select(compared).rows() == expected
