"""The signatures of values: what a person, an editor and a type checker are shown."""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, TypeAdapter

import botox_schedule as bs
from botox_schedule import engine, outcomes, planning, protocols, records
from botox_schedule.values import Fact, PatientValue
from typed_examples import ROOT, all_examples

_EMPTY = inspect.Parameter.empty
_PACKAGE = Path(bs.__file__).parent
_PACKAGES = (bs, records, protocols, engine, planning, outcomes)
PUBLIC = {
    name: value
    for package in _PACKAGES
    for name in package.__all__
    if hasattr(value := getattr(package, name), "__pydantic_fields__")
}
_NEED_EXTRAS = {"cli", "fhir", "ical", "panel", "views"}
"""Packages that cannot be imported without an extra; users build no value of theirs."""
COMPUTED = {
    *("ProtocolRef", "VialSize", "BillingRule"),
    *("ObservedDays", "ObservedResponse", "DiaryReading"),
}
"""Facts and values about a patient that the library alone builds."""
TAKEN_AS_HELD = {"Interval"}
"""What takes nothing but what it holds: whole numbers, instead of a text or next to it."""


def _signatures(path: Path) -> Iterator[tuple[Any, dict[str, ast.expr | None]]]:
    """The classes of a module with the parameters, and defaults, that type checkers see."""
    name = ".".join(path.relative_to(_PACKAGE.parent).with_suffix("").parts)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                    names = [argument.arg for argument in inner.args.kwonlyargs]
                    defaults = dict(zip(names, inner.args.kw_defaults, strict=True))
                    yield getattr(import_module(name), node.name), defaults


def _stated() -> Iterator[tuple[Any, dict[str, ast.expr | None]]]:
    for path in sorted(_PACKAGE.rglob("*.py")):
        is_asked = path.relative_to(_PACKAGE).parts[0] not in _NEED_EXTRAS
        if is_asked and "def __init__(" in path.read_text(encoding="utf-8"):
            yield from _signatures(path)


STATED = {kind: of for kind, of in _stated() if hasattr(kind, "__pydantic_fields__")}
"""What users build by hand; the signature in the source says what each field takes."""


def _built_in_examples() -> set[str]:
    """The values that README, pages, programs, notebooks and docstrings build."""
    calls = re.compile(r"\b([A-Z]\w+)\((?=\s*\w+=)")
    texts = [example.text for example in all_examples()]
    return {name for text in texts for name in calls.findall(text)} & PUBLIC.keys()


class TestTheSignatureForTypeCheckers:
    @pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the documentation is not here")
    def test_it_stands_at_every_value_that_an_example_builds(self) -> None:
        stated = {kind.__name__ for kind in STATED}
        assert _built_in_examples() - stated <= TAKEN_AS_HELD

    @pytest.mark.parametrize("base", [Fact, PatientValue])
    def test_it_stands_at_every_fact_and_everything_about_a_patient(self, base: type) -> None:
        missing = {name for name, kind in PUBLIC.items() if issubclass(kind, base)}
        assert missing - {kind.__name__ for kind in STATED} == COMPUTED & missing

    def test_it_stands_at_public_values_alone(self) -> None:
        assert {kind.__name__ for kind in STATED} <= PUBLIC.keys()

    @pytest.mark.parametrize("kind", STATED)
    def test_it_has_the_fields_in_their_order(self, kind: Any) -> None:
        assert list(STATED[kind]) == list(kind.__pydantic_fields__)

    @pytest.mark.parametrize("kind", STATED)
    def test_it_requires_what_the_fields_require(self, kind: Any) -> None:
        required = [name for name, default in STATED[kind].items() if default is None]
        fields = kind.__pydantic_fields__.items()
        assert required == [name for name, field in fields if field.is_required()]

    @pytest.mark.parametrize("kind", STATED)
    def test_it_has_the_fields_defaults(self, kind: Any) -> None:
        names = vars(import_module(kind.__module__))
        for name, default in STATED[kind].items():
            field = kind.__pydantic_fields__[name]
            if default is None:
                continue
            stated = eval(ast.unparse(default), names)  # noqa: S307 - our own source
            if stated is ...:
                assert field.default_factory is not None, name
                continue
            held = field.get_default(call_default_factory=True, validated_data={})
            assert TypeAdapter(field.rebuild_annotation()).validate_python(stated) == held, name


class TestInspect:
    @pytest.mark.parametrize("kind", PUBLIC.values())
    def test_it_shows_every_field_as_a_parameter(self, kind: Any) -> None:
        assert list(inspect.signature(kind).parameters) == list(kind.__pydantic_fields__)

    def test_it_shows_them_before_the_first_value_is_built(self) -> None:
        class Unused(PatientValue, frozen=True):
            needed: int
            optional: int = 3
            made: tuple[int, ...] = Field(default_factory=tuple)

        shown = inspect.signature(Unused).parameters
        assert {name: parameter.default for name, parameter in shown.items()} == {
            "needed": _EMPTY,
            "optional": 3,
            "made": ...,
        }
        assert {parameter.kind for parameter in shown.values()} == {inspect.Parameter.KEYWORD_ONLY}
