"""Records: what they refuse, what they hide, what their schemas say."""

import json
import logging
import pickle
import traceback
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule.errors import safe_errors
from botox_schedule.testing import days, policies, protocols, records
from snapshots import MODELS, SCHEMAS, schema

MARK = "Zqx7"
SESSION = {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"}
HOLD = {"first": "2026-01-05", "reason": "x"}
OVERRIDE = {
    "indication": "x",
    "first": "2026-01-05",
    "reason": "x",
    "authority": "payer",
    "minimum": "10 weeks",
}
AUTHORIZATION = {
    "indication": "x",
    "product": "Botox",
    "valid": {"first": "2026-01-01", "last": "2026-12-31"},
}


class TestRefusals:
    @pytest.mark.parametrize(
        ("table", "message"),
        [
            ({"sessions": [{**SESSION, "administered_on": "5 Jan"}]}, "not a calendar day"),
            ({"sessions": [{**SESSION, "administered_on": 1735689600}]}, "not a calendar day"),
            ({"sessions": [{**SESSION, "product": "toxin"}]}, "not a product; give one of"),
            (
                {"sessions": [{k: v for k, v in SESSION.items() if k != "product"}]},
                "required|missing",
            ),
            ({"sessions": [{**SESSION, "units": 0}]}, "greater than 0"),
            ({"sessions": [{**SESSION, "units": "NaN"}]}, "finite number; leave out"),
            ({"sessions": [{**SESSION, "units": float("nan")}]}, "leave out what is unknown"),
            ({"sessions": [{**SESSION, "units_discarded": -1}]}, "greater than or equal to 0"),
            ({"sessions": [{**SESSION, "status": "given"}]}, "'completed'"),
            ({"sessions": [{**SESSION, "kind": "half"}]}, "'touch_up'"),
            ({"sessions": [{**SESSION, "indication": "Chronic migraine"}]}, "pattern"),
            ({"sessions": [{**SESSION, "id": ""}]}, "at least 1 character"),
            ({"sessions": [{**SESSION, "note": "x"}]}, "[Uu]nexpected"),
            ({"holds": [{**HOLD, "last": "2026-01-04"}]}, "the hold ends before it starts"),
            ({"holds": [{"first": "2026-01-05"}]}, "required"),
            (
                {"overrides": [{**OVERRIDE, "last": "2026-01-04"}]},
                "the override ends before it starts",
            ),
            (
                {"overrides": [{k: v for k, v in OVERRIDE.items() if k != "minimum"}]},
                "needs minimum, usual or both",
            ),
            ({"overrides": [{**OVERRIDE, "minimum": "- 1 day"}]}, "minimum cannot be negative"),
            (
                {"overrides": [{**OVERRIDE, "usual": "- 1 day"}]},
                "a range of intervals such as '12 to 16 weeks' cannot be negative",
            ),
            ({"overrides": [{**OVERRIDE, "minimum": 70}]}, "valid"),
            ({"weights": [{"measured_on": "2026-01-05", "kilograms": 0}]}, "greater than 0"),
            (
                {"care_ends": [{"on": "2026-01-05", "kind": "deceased", "indication": "x"}]},
                "a death ends all care",
            ),
            (
                {"prior_treatments": [{"indication": "x", "cycles": -1}]},
                "greater than or equal to 0",
            ),
            (
                {
                    "authorizations": [
                        {**AUTHORIZATION, "valid": {"first": "2026-02-01", "last": "2026-01-01"}}
                    ]
                },
                "ends before it starts",
            ),
            (
                {"authorizations": [{**AUTHORIZATION, "minimum_interval": "- 1 day"}]},
                "minimum_interval cannot be negative",
            ),
            ({"born": "2026-01-05"}, "no field has this name; give some of id, sessions"),
        ],
    )
    def test_impossible_input_raises_at_once(self, table: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            bs.PatientRecord.model_validate(table)
        with pytest.raises(ValidationError, match=message):
            bs.PatientRecord.model_validate_json(json.dumps(table))

    def test_brand_names_are_read(self) -> None:
        record = bs.PatientRecord.model_validate(
            {"sessions": [SESSION, {**SESSION, "product": "XEOMIN"}]}
        )
        assert [s.product for s in record.sessions] == ["onabotulinumtoxinA", "incobotulinumtoxinA"]

    def test_every_part_has_a_place(self) -> None:
        record = bs.PatientRecord.model_validate(
            {"sessions": [SESSION], "holds": [HOLD], "overrides": [OVERRIDE], "authorizations": [AUTHORIZATION],
             "weights": [{"measured_on": "2026-01-05", "kilograms": 70.5}], "care_ends": [{"on": "2026-01-05", "kind": "deceased"}],
             "prior_treatments": [{"indication": "x", "cycles": 2}], "born_on": "1980-01-01", "id": "p"}
        )  # fmt: skip
        assert bs.PatientRecord.model_validate_json(record.model_dump_json()) == record
        assert pickle.loads(pickle.dumps(record)) == deepcopy(record) == record
        assert hash(record) == hash(deepcopy(record))


def marked_record() -> dict[str, Any]:
    """A record in which every free text and every key carries the mark."""
    return {
        "id": MARK,
        "sessions": [{**SESSION, "id": f"{MARK}-{n}"} for n in range(2)],
        "holds": [{**HOLD, "reason": MARK}],
        "overrides": [{**OVERRIDE, "reason": MARK}],
        "authorizations": [AUTHORIZATION],
        "weights": [{"measured_on": "2026-01-05", "kilograms": 70}],
        "care_ends": [{"on": "2026-01-06", "kind": "discontinued"}],
        "prior_treatments": [{"indication": "x", "cycles": 2}],
        "born_on": "1980-01-01",
    }


def refusal(validate: Callable[[Any], object], argument: object) -> str | None:
    """The traceback of a refused argument, as a log would show it."""
    try:
        validate(argument)
    except ValidationError as error:
        return "".join(traceback.format_exception(error))
    return None


class TestNothingLeaks:
    def test_reprs_and_texts_of_record_types_hide_everything(self) -> None:
        record = bs.PatientRecord.model_validate(marked_record())
        parts = [record, *record.sessions, *record.holds, *record.overrides, *record.authorizations,
                 *record.weights, *record.care_ends, *record.prior_treatments]  # fmt: skip
        assert len({type(part) for part in parts}) == 8
        for part in parts:
            for text in (repr(part), str(part), f"{part}", repr([part])):
                assert MARK not in text
                assert "2026" not in text
                assert "1980" not in text

    def broken(self) -> list[dict[str, Any]]:
        """Every field of every part set to the mark, and to a marked list."""
        tables: list[dict[str, Any]] = []
        bad: object
        for bad in (MARK, [MARK], {"x": MARK}, f"2026-02-30{MARK}"):
            for key, parts in marked_record().items():
                tables.append({key: bad})
                if isinstance(parts, list):
                    tables += [{key: [{**parts[0], field: bad}]} for field in parts[0]]
        return tables

    def test_validation_errors_show_no_input(self, caplog: pytest.LogCaptureFixture) -> None:
        shown = [
            trace
            for table in self.broken()
            for argument, validate in (
                (table, bs.PatientRecord.model_validate),
                (json.dumps(table), bs.PatientRecord.model_validate_json),
            )
            if (trace := refusal(validate, argument)) is not None
        ]
        assert len(shown) > 200
        assert not [trace for trace in shown if MARK in trace]
        assert caplog.records == []

    @pytest.mark.parametrize(
        "call",
        [
            lambda r, p: bs.forecast(r, p, as_of=MARK),
            lambda r, p: bs.check_date(r, p, on=MARK, as_of="2026-01-05"),
            lambda r, p: bs.check_date(r, p, on="2026-01-04", as_of="2026-01-05"),
            lambda r, p: bs.treatment_cycles(r, p, as_of=MARK),
            lambda r, p: bs.project(r, p, as_of=MARK),
            lambda r, _: bs.exposure(r, product=MARK, window="12 weeks", on="2026-01-05"),
            lambda r, _: bs.exposure(r, product="Botox", window=MARK, on="2026-01-05"),
            lambda r, p: bs.check_dose_limits(r, p, on=MARK),
            lambda r, p: bs.forecast(r, p, as_of="2026-01-07", strict=True),
            lambda _, p: bs.due_dates(MARK, p),
            lambda _, p: bs.response_timeline("2026-01-05", p, MARK),
            lambda _, p: bs.due_status(bs.due_dates("2026-01-05", p), as_of=MARK),
            lambda *_: bs.Interval.parse(MARK),
            lambda *_: bs.IntervalRange.parse(f"3 to {MARK}"),
            lambda *_: TypeAdapter(bs.TreatmentSession).validate_python(dict.fromkeys(SESSION, MARK)),
        ],
    )  # fmt: skip
    def test_errors_of_functions_show_none(
        self, call: Callable[[bs.PatientRecord, bs.TreatmentProtocol], object], capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        record = bs.PatientRecord.model_validate({**marked_record(), "care_ends": []})
        caplog.set_level(logging.DEBUG)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - each raises its own
            call(record, bs.find_protocol("chronic-migraine"))
        messages = [str(caught.value)]
        if isinstance(caught.value, bs.FindingsError):
            messages += map(str, caught.value.exceptions)
        assert all(MARK not in message for message in messages)
        assert (capsys.readouterr().err, caplog.records) == ("", [])


def shapes(table: Any) -> dict[str, Any]:
    """The names of a schema: what every version of pydantic writes alike."""
    parts = {"": table, **table.get("$defs", {})}
    return {
        name: (
            sorted(part.get("properties", {})),
            sorted(part.get("required", [])),
            part.get("enum"),
        )
        for name, part in parts.items()
    }


class TestSchemas:
    @pytest.mark.parametrize("name", MODELS)
    def test_the_shipped_schema_is_that_of_the_model(self, name: str) -> None:
        shipped = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(shipped)
        assert shapes(shipped) == shapes(json.loads(json.dumps(schema(name))))

    def validate(self, name: str, instance: object) -> None:
        shipped = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(
            shipped, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        assert [error.message for error in validator.iter_errors(instance)] == []

    @settings(max_examples=25, deadline=None)
    @given(records(), protocols(), policies(), days(date(2024, 1, 1), date(2027, 12, 31)))
    def test_what_is_written_follows_it(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        self.validate("patient-record", record.model_dump(mode="json"))
        self.validate("treatment-protocol", protocol.model_dump(mode="json"))
        found = bs.forecast(record, protocol, as_of=as_of, policy=policy, planned_units=100)
        self.validate("forecast", found.model_dump(mode="json"))
        check = bs.check_date(record, protocol, on=as_of, as_of=as_of, policy=policy)
        self.validate("date-check", check.model_dump(mode="json"))
        for cycle in bs.treatment_cycles(record, protocol, as_of=as_of, policy=policy):
            self.validate("treatment-cycle", cycle.model_dump(mode="json"))

    def test_every_bundled_protocol_follows_it(self) -> None:
        for protocol in bs.bundled_protocols():
            self.validate("treatment-protocol", protocol.model_dump(mode="json"))
            assert bs.TreatmentProtocol.model_validate_json(protocol.model_dump_json()) == protocol

    def test_a_session_is_described_as_models_are(self) -> None:
        described = TypeAdapter(bs.TreatmentSession).json_schema()
        fields = described["properties"]
        assert described["description"].startswith("Injections given, or planned, on one day")
        assert ">>>" not in described["description"]
        assert fields["units"]["description"] == (
            "Units of the product given, or None where unknown."
        )
        assert all(field.get("description") for field in fields.values())

    def test_a_broken_record_does_not(self) -> None:
        shipped = json.loads((SCHEMAS / "patient-record.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(shipped)
        assert not validator.is_valid({"sessions": [{"administered_on": "2026-01-05"}]})


PUBLIC_MODELS = [
    value
    for name in bs.__all__
    if isinstance(value := getattr(bs, name), type) and issubclass(value, BaseModel)
]


class TestPublicSurface:
    def test_all_is_sorted_and_there(self) -> None:
        assert len(set(bs.__all__)) == len(bs.__all__)
        assert all(hasattr(bs, name) for name in bs.__all__)

    @pytest.mark.parametrize("model", PUBLIC_MODELS, ids=lambda model: model.__name__)
    def test_every_model_is_frozen_and_refuses_strangers(self, model: type[BaseModel]) -> None:
        assert model.model_config.get("frozen")
        assert model.model_config.get("extra") == "forbid"

    def test_a_session_is_frozen_and_slotted(self) -> None:
        session = TypeAdapter(bs.TreatmentSession).validate_python(SESSION)
        with pytest.raises((AttributeError, TypeError)):
            session.units = None  # type: ignore[misc]
        assert not hasattr(session, "__dict__")

    def test_the_names_of_the_contract_are_there(self) -> None:
        contract = """Interval IntervalRange Window day_in_zone ShortMonth DueStatus ResponsePhase CycleTiming
            bundled_protocols find_protocol load_protocols due_dates due_status response_timeline response_phase
            project_dates TreatmentSession Hold IntervalOverride BodyWeight CareEnd PriorTreatment PriorAuthorization
            PatientRecord SchedulingPolicy treatment_cycles forecast check_date project exposure check_dose_limits
            compare_forecasts forecast_all PayerRule find_indication find_product"""
        assert set(contract.split()) <= set(bs.__all__)
        assert len(bs.__all__) <= 50

    def test_the_version_is_one(self) -> None:
        changelog = Path(__file__).parent.parent / "CHANGELOG.md"
        assert f"## {bs.__version__}" in changelog.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sessions": "2026-01-05"}, "sessions: give a list"),
        ({"sessions": [5]}, "sessions.0: give a TreatmentSession, or its fields by name"),
        ({"holds": [5]}, "holds.0: give a Hold, or its fields by name"),
        ({"Jane Doe": 5}, "(unknown key): no field has this name; give some of id, sessions"),
        ({"weights": [{"kg": 70}]}, "weights.0.(unknown key): no field has this name; give some of measured_on"),
        ({"weights": [{"kilograms": "70 kg"}]}, "weights.0.kilograms: give a number, or text such as '155'"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_record_says_what_to_give(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        bs.PatientRecord(**fields)
    told = [".".join(map(str, e["loc"])) + ": " + e["msg"] for e in safe_errors(caught.value)]
    assert any(line.startswith(words) for line in told)
    assert "Jane Doe" not in f"{caught.value}"


@pytest.mark.parametrize("no_interval", [timedelta(days=84), 84, 84.0, None, ["12 weeks"]])
def test_what_is_no_interval_says_what_is_one(no_interval: Any) -> None:
    with pytest.raises(ValidationError, match="give text such as '12 weeks'"):
        bs.SchedulingPolicy(as_needed_grace=no_interval)
