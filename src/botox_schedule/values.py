"""What all values share: they cannot be changed, take nothing unknown, and describe their fields."""

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from inspect import Parameter, Signature, getdoc, signature
from typing import Annotated, Any, ParamSpec, Self, TypeVar, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import no_info_wrap_validator_function

from botox_schedule.errors import ABOUT_KEYS, UNKNOWN_KEY, safe_place

_FIELD = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
_EXAMPLE = re.compile(r"^ *>>> (?:.*\S.*\n?)*", re.MULTILINE)

_A_NUMBER = "give a number, or text such as '155' without a unit; int() makes one of NumPy's"
_TO_GIVE = {
    "dataclass_type": "give a {class_name}, or its fields by name",
    "decimal_parsing": _A_NUMBER,
    "decimal_type": _A_NUMBER,
    "finite_number": "give a finite number; leave out what is unknown, which pandas has as NaN",
    "model_type": "give a {class_name}, or its fields by name",
    "tuple_type": "give a list",
}

_HIDDEN = "(hidden)"

_V = TypeVar("_V")


def _listed(value: object) -> object:
    if value is None or isinstance(value, BaseModel | Mapping | str):
        raise PydanticCustomError("tuple_type", _TO_GIVE["tuple_type"])
    return value


_P = ParamSpec("_P")

# Fields take more types than they hold; the signatures for type checkers name all of them.
Fields = Mapping[str, Any]
Several = Annotated[tuple[_V, ...], BeforeValidator(_listed)]
"""The rows of a field; one row alone is refused: pydantic would take a model's fields for rows."""
Rows = Iterable[_V | Fields]
NumberInput = Decimal | float | str

STEERING = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\xad]"
)
"""Invisible characters that steer a text: two names that differ only by them look alike."""


def of_kind(value: object, kind: type[_V], advice: str) -> _V:
    """Return *value*, if it is a *kind*.

    Raises:
        TypeError: When it is anything else; it says *advice*.
    """
    if not isinstance(value, kind):
        raise TypeError(advice)
    return value


def a_list(values: Iterable[_V], advice: str) -> Iterable[_V]:
    """Return *values*, if they are several; a text is one, and a mapping would lose its values.

    Raises:
        TypeError: When they are not; it says *advice*.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(advice)
    return values


def all_of_kind(values: Iterable[object], kind: type[_V], advice: str) -> list[_V]:
    """Return *values* as a list, if each is a *kind*.

    Raises:
        TypeError: When one is not, or they are no list; it says *advice*.
    """
    return [of_kind(each, kind, advice) for each in a_list(values, advice)]


def _parameter(name: str, field: FieldInfo) -> Parameter:
    default = ... if field.default_factory else field.default
    if field.is_required():
        default = Parameter.empty
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=field.annotation)


class Documented:
    """What has errors that say what to give; its docstring describes the fields."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        return _advising(cls, handler(source))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the model and each field with the words of its docstring."""
        json_schema = handler(schema)
        described = handler.resolve_ref_schema(json_schema)
        summary, fields = _described(getdoc(cls) or "")
        described["description"] = summary
        for name, words in fields.items():
            described["properties"][name]["description"] = words
        return json_schema


class Described(Documented, BaseModel, frozen=True, extra="forbid", defer_build=True):
    """A value that cannot be changed."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Show the fields as parameters before the class is built, which happens at first use."""
        parameters = [_parameter(name, field) for name, field in cls.model_fields.items()]
        type.__setattr__(cls, "__signature__", Signature(parameters))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy; updated fields are validated, so that no copy can break an answer."""
        if not update:
            return super().model_copy(deep=deep)
        return type(self)(**dict(self) | dict(update))

    def __iter__(self) -> Generator[tuple[str, Any], None, None]:  # noqa: PYI058 - as pydantic's
        """Yield the fields, so that ``dict()`` gives what makes the value again.

        Pydantic would yield cached properties too, once they were asked for.
        """
        yield from ((name, getattr(self, name)) for name in type(self).model_fields)


class Fact(Described, frozen=True):
    """A value from a file or a clinic, not about a patient: its errors show the input."""


class Value(Described, frozen=True, hide_input_in_errors=True):
    """A value that can rest on patient data: its errors show no input and no unknown key."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise _frozen(self, name)

    def __delattr__(self, name: str) -> None:
        raise _frozen(self, name)


class Stated(Value, frozen=True):
    """A value that facts hold too: what holds it says whether an error shows the input."""


class PatientValue(Value, frozen=True):
    """A value about a patient: its repr does not show what it holds."""

    def __repr_args__(self) -> Any:
        return []

    def __repr_str__(self, _between: str, /) -> str:
        return "..."

    def __str__(self) -> str:
        return repr(self)


_M = TypeVar("_M", bound=BaseModel)


def in_order(values: Iterable[_M]) -> list[_M]:
    """Return values in a fixed order, each once: order and copies may not change an answer."""
    found = list(dict.fromkeys(values))
    return sorted(found, key=BaseModel.model_dump_json) if len(found) > 1 else found


def is_whole(number: object, least: int) -> bool:
    """Return whether something is a whole number that is at least *least*; a bool is not.

    >>> is_whole(1, 1), is_whole(0, 1), is_whole(True, 0), is_whole(1.0, 0)
    (True, False, False, False)
    """
    return isinstance(number, int) and not isinstance(number, bool) and number >= least


def made(model: Callable[_P, _V], *_: _P.args, **fields: _P.kwargs) -> _V:
    """Return a value from fields that the engine has checked, without validating them again.

    To validate input from outside, call the model itself.
    """
    kind: Any = model
    value: _V = object.__new__(kind)
    _set_fields(value, _defaults(kind) | fields)
    _set_given(value, set(fields))
    _set_extra(value, None)
    _set_private(value, None)
    return value


# Pydantic forbids setting a field of a frozen value; these fill the slots that hold the fields.
_set_fields, _set_given, _set_extra, _set_private = (
    BaseModel.__dict__[slot].__set__ for slot in BaseModel.__slots__
)


@cache
def _defaults(model: Any) -> dict[str, Any]:
    """All fields in their order, those that have no default included."""
    return {name: field.get_default() for name, field in model.model_fields.items()}


def _advising(model: type, schema: CoreSchema) -> CoreSchema:
    """Return the schema of a model, with errors that say what to give.

    It is around all validators of the model: one declared on a base class would be inside those
    of the class, and their errors would show the input.
    """

    def read(data: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        return _advised(model, data, handler)

    # The name by which others refer to the model belongs to the outermost schema.
    inner: Any = dict(schema)
    ref = inner.pop("ref", None)
    return no_info_wrap_validator_function(read, inner, ref=ref)


def _advised(model: type, data: Any, read: Callable[[Any], _V]) -> _V:
    """Return what *read* makes of *data*; an error says what to give.

    Pydantic says only what there should be. Where the model is no fact, the error names no key that
    the model does not have.
    """
    try:
        return read(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    better = [_better(fault, model) for fault in faults]
    hides = not issubclass(model, Fact)
    raise ValidationError.from_exception_data(model.__name__, better, hide_input=hides)


def _better(fault: Any, model: type) -> InitErrorDetails:
    kind = PydanticCustomError(fault["type"], _words(fault, model), fault.get("ctx"))
    # The error of a model around this one would show its input.
    given = fault["input"] if issubclass(model, Fact | Stated) else _HIDDEN
    return InitErrorDetails(type=kind, loc=_place(fault, model), input=given)


@cache
def _keyed(model: type) -> frozenset[str]:
    """The fields whose keys are data."""
    fields = getattr(model, "model_fields", {}).items()
    return frozenset(name for name, field in fields if get_origin(field.annotation) is dict)


def _place(fault: Any, model: Any) -> tuple[int | str, ...]:
    if issubclass(model, Fact):
        return tuple(fault["loc"])
    place = safe_place(fault)
    hides = len(place) > 1 and place[0] in _keyed(model)
    return (place[0], UNKNOWN_KEY, *place[2:]) if hides else place


def _words(fault: Any, model: type) -> str:
    if fault["type"] in ABOUT_KEYS and len(fault["loc"]) == 1:
        from difflib import get_close_matches  # noqa: PLC0415 - only where a name is unknown

        known = signature(model).parameters
        near = get_close_matches(str(fault["loc"][0]), known, n=1, cutoff=0.75)
        told = near[0] if near else f"some of {', '.join(known)}"
        return f"no field has this name; give {told}"
    words = _TO_GIVE.get(fault["type"])
    return str(fault["msg"]) if words is None else words.format(**fault.get("ctx", {}))


def _frozen(value: Value, name: str) -> ValidationError:
    """Pydantic's own error shows the value that somebody tried to set."""
    place = name if name in type(value).model_fields else UNKNOWN_KEY
    fault = InitErrorDetails(type="frozen_instance", loc=(place,), input=None)
    return ValidationError.from_exception_data(type(value).__name__, [fault], hide_input=True)


def _described(doc: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into its text without examples and the words for each field."""
    summary, _, attributes = _EXAMPLE.sub("", doc).partition("\nAttributes:\n")
    fields = {name: " ".join(words.split()) for name, words in _FIELD.findall(attributes)}
    return summary.strip(), fields


def notebook_html(view: str, value: object) -> str:
    """Return a value as HTML; the views are imported only when a notebook shows one."""
    module = import_module("botox_schedule.views.notebook")
    return str(getattr(module, view)(value))
