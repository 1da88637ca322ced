"""No error shows what was in a record: not in its text, not as a key, not through its cause."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import botox_schedule as bs
from botox_schedule.engine import TreatmentCycle
from botox_schedule.errors import BotoxScheduleError, ExchangeError, safe_errors
from botox_schedule.fhir import records_from_bundle
from botox_schedule.values import Fact, Stated, Value
from extremes import CALENDARS, CELLS, DIARY, EXPORT, FACTS, Call, calls
from snapshots import answers

MARK = "Zzyzx"
BROKEN: tuple[Any, ...] = (MARK, [MARK], {MARK: MARK}, [{MARK: MARK}], {MARK: {MARK: [MARK]}})
# Names that a caller asks by, and paths of files: none of them is a patient's value.
NAMES = frozenset(
    {
        *("protocol", "protocols", "indication", "product", "product_or_code", "region"),
        *("population", "rule", "language", "edition", "encoding", "sheet", "path", "source"),
        *("columns", "system", "indications", "products"),
    }
)


STATED = {Stated.__name__, *(kind.__name__ for kind in Stated.__subclasses__())}
"""What facts hold too: a program that reads a file of no patient is told what is wrong in it."""


def _inheriting(kind: type[Value]) -> Iterator[type[Value]]:
    for found in kind.__subclasses__():
        yield found
        yield from _inheriting(found)


# Models are known once their module is imported, whatever other tests have imported before.
for _found in walk_packages(bs.__path__, "botox_schedule."):
    with suppress(ImportError):
        if not _found.name.endswith(("__main__", "main")) and ".frozen" not in _found.name:
            import_module(_found.name)
MODELS = sorted(
    {kind for kind in _inheriting(Value) if kind.__module__.startswith("botox_schedule")},
    key=lambda kind: f"{kind.__module__}.{kind.__name__}",
)


def shown(error: BaseException) -> Iterator[str]:
    """All that a log can say of an error and of those it came from."""
    yield from (str(error), repr(error), *traceback.format_exception_only(error))
    if isinstance(error, ValidationError) and error.title not in STATED:
        yield repr(error.errors())
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        if other is not None:
            yield from shown(other)


def errors_of(read: Callable[[], object]) -> list[str]:
    """What is shown of the error that reading raises; nothing where it raises none."""
    try:
        read()
    except Exception as error:  # noqa: BLE001 - whatever comes must not show the mark
        return list(shown(error))
    return []


def leaks(read: Callable[[], object]) -> bool:
    return any(MARK in text for text in errors_of(read))


class TestModels:
    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
    def test_no_field_and_no_key_is_shown(self, model: type[Value]) -> None:
        inputs = [{name: value} for name in [*model.model_fields, MARK] for value in BROKEN]
        kind: Any = model
        # What facts hold too is hidden by a value of a patient that holds it.
        hiding = [] if issubclass(model, Stated) else [TypeAdapter(list[kind])]
        found = []
        for data in inputs:
            reads: list[Callable[[], object]] = [
                partial(model.model_validate, data),
                partial(model.model_validate_json, json.dumps(data)),
                partial(model, **data),
                *(partial(around.validate_python, [data]) for around in hiding),
            ]
            found += [data for read in reads if leaks(read)]
        assert found == []
        assert errors_of(lambda: model.model_validate({MARK: MARK}))

    def test_all_kinds_are_there(self) -> None:
        names = {model.__name__ for model in MODELS}
        assert {"PatientRecord", "Forecast", "Hold", "VialPlan", "HeadacheDiary", "Window"} <= names

    def test_a_session_shows_none_either(self) -> None:
        good: dict[str, Any] = {"administered_on": "2026-01-05", "indication": "x", "product": None}
        for name in (*good, "id", "units", "status", "kind", "recorded_on", MARK):
            for value in BROKEN:
                data = good | {name: value}
                assert not leaks(partial(bs.TreatmentSession, **data))
                assert not leaks(partial(bs.PatientRecord, sessions=[data]))
                around = TypeAdapter(list[bs.TreatmentSession])
                assert not leaks(partial(around.validate_python, [data]))
        assert errors_of(partial(bs.TreatmentSession, **good, **dict[str, Any]({MARK: MARK})))

    def test_what_is_set_or_deleted_is_not_shown(self) -> None:
        for value in (bs.PatientRecord(id="p"), bs.Window(first="2026-01-05", last="2026-01-05")):
            for name in (*type(value).model_fields, MARK):
                for change in (partial(setattr, value, name, MARK), partial(delattr, value, name)):
                    texts = errors_of(change)
                    assert texts
                    assert not any(MARK in text for text in texts)

    def test_a_caller_s_own_model_around_ours_shows_none(self) -> None:
        class Visit(BaseModel):
            hold: bs.Hold
            session: bs.TreatmentSession

        late = {"first": "2026-05-05", "last": "2026-01-01", "reason": MARK}
        for data in (late, {MARK: MARK}, MARK, [MARK]):
            read = partial(Visit.model_validate, {"hold": data, "session": data})
            assert errors_of(read)
            assert not leaks(read)

    def test_a_copy_shows_none(self) -> None:
        record = bs.PatientRecord(id="p")
        for update in ({"id": [MARK]}, {MARK: 1}, {"holds": [{MARK: MARK}]}):
            assert errors_of(partial(record.model_copy, update=update))
            assert not leaks(partial(record.model_copy, update=update))


def _planted(value: Any) -> Iterator[Any]:
    """A document with the mark in the place of each value, and among each object's keys."""
    if isinstance(value, dict):
        yield (value | {MARK: MARK})
        for key in value:
            for inner in _planted(value[key]):
                yield (value | {key: inner})
    elif isinstance(value, list):
        yield ([*value, MARK])
        for index in range(min(len(value), 2)):
            for inner in _planted(value[index]):
                yield [*value[:index], inner, *value[index + 1 :]]
    else:
        yield (MARK)
        yield ([MARK])


ANSWERS = {name: pair for name, pair in answers().items() if not issubclass(pair[0], Fact)}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_no_stored_answer_that_is_read_back_shows_what_is_wrong_in_it(name: str) -> None:
    model, value = ANSWERS[name]
    stored = value.model_dump(mode="json")
    texts = 0
    for data in _planted(stored):
        seen = errors_of(partial(model.model_validate_json, json.dumps(data)))
        assert not any(MARK in text for text in seen)
        texts += len(seen)
    assert texts


@pytest.mark.parametrize("call", calls(), ids=lambda call: call.name)
def test_no_argument_of_a_public_function_is_shown(call: Call) -> None:
    for name in call.good:
        if name in NAMES:
            continue
        for value in (MARK, [MARK], {MARK: MARK}, [(MARK, MARK)]):
            asked = call.good | {name: value}
            assert not leaks(partial(call.function, **asked)), name


def _marked_tables(text: bytes) -> Iterator[bytes]:
    header, row = text.decode().splitlines()
    cells = row.split(",")
    for place in range(len(cells)):
        for cell in (MARK, *(f"{MARK}{cell}" for cell in CELLS)):
            yield f"{header}\n{','.join([*cells[:place], cell, *cells[place + 1 :]])}\n".encode(
                "utf-8", "replace"
            )
    yield f"{MARK}\n{row}\n".encode()
    yield f"{header},{MARK}\n{row}\n".encode()
    yield row.replace("P1", MARK).encode()
    yield f"{header}\n{row}\n".encode() + MARK.encode() + b"\xff\n"


TABLES = [call for call in calls() if call.name.startswith("tables.")]


@pytest.mark.parametrize("call", TABLES, ids=lambda call: call.name)
def test_no_cell_of_a_table_is_shown(call: Call) -> None:
    text = FACTS.get(call.name.rpartition(".")[2], EXPORT)
    for table in _marked_tables(text):
        asked = call.good | {"source": table}
        assert not leaks(partial(call.function, **asked))
        try:
            found = call.function(**asked)
        except BotoxScheduleError:
            continue
        assert MARK not in repr(found) + "".join(map(str, found.problems))


def test_no_entry_of_a_diary_is_shown() -> None:
    (diary,) = (call for call in calls() if call.name == "outcomes.read_diary")
    for table in _marked_tables(DIARY):
        asked = diary.good | {"source": table}
        assert not leaks(partial(diary.function, **asked))


def test_no_line_of_an_earlier_calendar_is_shown() -> None:
    (write,) = (call for call in calls() if call.name == "ical.ical_from_events")
    for text in (calendar for calendar in CALENDARS if isinstance(calendar, str)):
        for marked in (text.replace("u\r", f"{MARK}\r"), f"{MARK}{text}", f"{text}{MARK}"):
            asked = write.good | {"previous": marked}
            assert not leaks(partial(write.function, **asked))


BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": "urn:uuid:1",
            "resource": {
                "resourceType": "Patient",
                "id": "p",
                "birthDate": "1980-01-05",
                "identifier": [{"system": "s", "value": "v"}],
            },
        },
        {
            "resource": {
                "resourceType": "MedicationAdministration",
                "id": "m",
                "status": "completed",
                "subject": {"reference": "Patient/p"},
                "medicationCodeableConcept": {"text": "Botox"},
                "effectiveDateTime": "2026-01-05",
                "dosage": {"dose": {"value": 155, "unit": "U"}},
            }
        },
    ],
}


def test_no_value_and_no_id_of_a_bundle_is_shown() -> None:
    marked = list(_planted(BUNDLE))
    assert len(marked) > 40
    for bundle in marked:
        for given in (bundle, json.dumps(bundle), json.dumps(bundle) + MARK):
            assert not leaks(partial(records_from_bundle, given, zone="UTC"))
        try:
            found = records_from_bundle(bundle, zone="UTC")
        except BotoxScheduleError:
            continue
        assert MARK not in repr(found)
        assert not any(MARK in problem.message for problem in found.problems)


class TestSafeErrors:
    def test_say_where_and_what_without_input_and_unknown_keys(self) -> None:
        with pytest.raises(ValidationError) as caught:
            bs.PatientRecord.model_validate(
                {"id": [MARK], MARK: MARK, "holds": [{"first": MARK, "reason": "x", MARK: 1}]}
            )
        faults = safe_errors(caught.value)
        assert MARK not in repr(faults)
        assert {fault["loc"] for fault in faults} == {
            ("id",),
            ("(unknown key)",),
            ("holds", 0, "first"),
            ("holds", 0, "(unknown key)"),
        }
        assert all(set(fault) == {"loc", "msg"} for fault in faults)

    def test_hold_for_models_around_ours_too(self) -> None:
        adapter = TypeAdapter(dict[str, bs.PatientRecord])
        with pytest.raises(ValidationError) as caught:
            adapter.validate_python({"a": {MARK: MARK, "born_on": MARK}})
        assert MARK not in repr(safe_errors(caught.value))

    @pytest.mark.parametrize(
        ("units", "place"),
        [
            (MARK, ("units",)),
            ({MARK: MARK}, ("units", "(unknown key)")),
            ({(MARK,): None}, ("units", "(unknown key)", "[key]")),
        ],
    )
    def test_name_the_place_without_a_key_that_is_data(
        self, units: Any, place: tuple[str, ...]
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            TreatmentCycle.model_validate({"units": units})
        assert place in [fault["loc"] for fault in safe_errors(caught.value)]

    def test_drop_the_prefix_of_pydantic(self) -> None:
        with pytest.raises(ValidationError) as caught:
            bs.Window(first=date(2026, 1, 2), last=date(2026, 1, 1))
        (fault,) = safe_errors(caught.value)
        assert fault == {
            "loc": (),
            "msg": "the window ends before it starts; give first <= last",
        }


class TestFacts:
    def test_a_file_of_no_patient_is_told_what_is_wrong_in_it(self) -> None:
        with pytest.raises(ValidationError, match="paier") as caught:
            bs.SchedulingPolicy.model_validate({"paier": 1})
        assert safe_errors(caught.value)[0]["loc"] == ("(unknown key)",)


class TestServiceRequests:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("subject", 5), ("id", f"{MARK} {MARK}"), ("identifier", (MARK, [MARK]))],
    )
    def test_what_fhir_does_not_take_is_named(self, field: str, value: Any) -> None:
        (write,) = (call for call in calls() if "service_request" in call.name)
        with pytest.raises(ExchangeError, match=f"does not take this: {field}; give") as caught:
            write.function(**write.good | {field: value})
        assert not any(MARK in text for text in shown(caught.value))
