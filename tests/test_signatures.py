"""The signatures of values: what a person, an editor and a type checker are shown."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import policy
from botox_schedule.records import model
from botox_schedule.values import PatientValue

TYPED = [
    bs.TreatmentSession,
    bs.Hold,
    bs.IntervalOverride,
    bs.BodyWeight,
    bs.CareEnd,
    bs.PriorTreatment,
    bs.PriorAuthorization,
    bs.PatientRecord,
    bs.PayerRule,
    bs.SchedulingPolicy,
]
"""What users build by hand; the signature in the source says what each field takes."""

_EMPTY = inspect.Parameter.empty


def _signatures(module: Any) -> Iterator[tuple[str, dict[str, ast.expr | None]]]:
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                    names = [argument.arg for argument in inner.args.kwonlyargs]
                    yield node.name, dict(zip(names, inner.args.kw_defaults, strict=True))


STATED = dict(_signatures(model)) | dict(_signatures(policy))


def _fields(kind: Any) -> dict[str, Any]:
    return dict(kind.model_fields if hasattr(kind, "model_fields") else kind.__pydantic_fields__)


class TestTheSignatureForTypeCheckers:
    def test_it_stands_at_every_value_that_users_build_by_hand(self) -> None:
        assert set(STATED) == {kind.__name__ for kind in TYPED}

    @pytest.mark.parametrize("kind", TYPED)
    def test_it_has_the_fields_in_their_order(self, kind: Any) -> None:
        assert list(STATED[kind.__name__]) == list(_fields(kind))

    @pytest.mark.parametrize("kind", TYPED)
    def test_it_requires_what_the_fields_require(self, kind: Any) -> None:
        required = [name for name, default in STATED[kind.__name__].items() if default is None]
        assert required == [name for name, field in _fields(kind).items() if field.is_required()]

    @pytest.mark.parametrize("kind", TYPED)
    def test_it_has_the_fields_defaults(self, kind: Any) -> None:
        names = vars(model) | vars(policy)
        for name, default in STATED[kind.__name__].items():
            if default is not None:
                stated = eval(ast.unparse(default), names)  # noqa: S307 - our own source
                held = _fields(kind)[name].get_default(call_default_factory=True, validated_data={})
                assert str(stated) == str(held), name


class TestInspect:
    @pytest.mark.parametrize("kind", TYPED)
    def test_it_shows_every_field_as_a_parameter(self, kind: Any) -> None:
        assert list(inspect.signature(kind).parameters) == list(_fields(kind))

    def test_it_shows_them_before_the_first_value_is_built(self) -> None:
        class Unused(PatientValue, frozen=True):
            needed: int
            optional: int = 3
            made: tuple[int, ...] = policy._interval("1 day")

        shown = inspect.signature(Unused).parameters
        assert {name: parameter.default for name, parameter in shown.items()} == {
            "needed": _EMPTY,
            "optional": 3,
            "made": ...,
        }
        assert {parameter.kind for parameter in shown.values()} == {inspect.Parameter.KEYWORD_ONLY}


class TestWhatTheSignaturesPromise:
    """Each input that a type checker lets through is taken, and held as the field says."""

    def test_rows_come_as_any_iterable_and_are_held_as_a_tuple(self) -> None:
        session = bs.TreatmentSession(
            administered_on="2026-01-05",
            indication="chronic-migraine",
            product="onabotulinumtoxinA",
            units=155,
        )
        row = {"administered_on": "2026-04-08", "indication": "chronic-migraine", "product": None}
        given: list[bs.TreatmentSession | dict[str, str | None]] = [session, row]
        for rows in (given, tuple(given), iter(given)):
            sessions = bs.PatientRecord(sessions=rows).sessions
            assert isinstance(sessions, tuple)
            assert [type(held) for held in sessions] == [bs.TreatmentSession] * 2

    def test_numbers_come_as_text_too(self) -> None:
        weights = [
            bs.BodyWeight(measured_on="2026-01-05", kilograms=given) for given in (7.5, "7.5")
        ]
        assert weights[0] == weights[1]

    def test_a_policy_takes_text_for_intervals_and_a_mapping_for_usual(self) -> None:
        chosen = bs.SchedulingPolicy(
            payer_minimum="12 weeks + 1 day",
            payer=[{"sessions": 4, "per": "1 year"}],
            usual={"chronic-migraine": "12 to 13 weeks"},
        )
        pairs = [("chronic-migraine", bs.IntervalRange.parse("12 to 13 weeks"))]
        assert chosen.usual == bs.SchedulingPolicy(usual=pairs).usual
        assert chosen.payer_minimum == bs.Interval(weeks=12, days=1)
        assert isinstance(chosen.payer, tuple)

    def test_a_window_comes_as_a_mapping(self) -> None:
        approved = bs.PriorAuthorization(
            indication="chronic-migraine",
            product="Botox",
            valid={"first": "2026-06-01", "last": "2027-05-31"},
        )
        assert approved.valid.days == 365
