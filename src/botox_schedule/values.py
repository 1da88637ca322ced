"""What all values share: they cannot be changed, take nothing unknown, and describe their fields."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import Parameter, Signature, getdoc
from typing import Any, Self

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

_FIELD = re.compile(r"^    (\w+): (.*)$")
_SECTION = re.compile(r"^(Attributes|Args|Raises|Returns):$")


class Value(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """A value that cannot be changed; the fields' descriptions stand in its docstring."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Show the fields as parameters before the class is built, which happens at first use."""
        parameters = [_parameter(name, field) for name, field in cls.model_fields.items()]
        type.__setattr__(cls, "__signature__", Signature(parameters))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy; updated fields are validated, so that no copy can break an answer."""
        if not update:
            return super().model_copy(deep=deep)
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**fields | dict(update))

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
            if name in described.get("properties", {}):
                described["properties"][name]["description"] = words
        return json_schema


class PatientValue(Value, frozen=True, hide_input_in_errors=True):
    """A value about a patient: neither its repr nor a validation error shows what it holds."""

    def __repr_args__(self) -> Any:
        return []


def _parameter(name: str, field: FieldInfo) -> Parameter:
    default = ... if field.default_factory else field.default
    if field.is_required():
        default = Parameter.empty
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=field.annotation)


def _described(doc: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into its text without examples and the words for each field."""
    summary: list[str] = []
    fields: dict[str, str] = {}
    name = ""
    in_fields = False
    for line in _without_examples(doc):
        if section := _SECTION.match(line):
            in_fields = section[1] == "Attributes"
        elif in_fields and (found := _FIELD.match(line)):
            name = found[1]
            fields[name] = found[2]
        elif in_fields and line.startswith("        "):
            fields[name] += f" {line.strip()}"
        elif not in_fields or line.strip():
            summary.append(line)
    return "\n".join(summary).strip(), fields


def _without_examples(doc: str) -> Iterator[str]:
    in_example = False
    for line in doc.splitlines():
        in_example = line.lstrip().startswith(">>>") or (in_example and bool(line.strip()))
        if not in_example:
            yield line


def notebook_html(view: str, value: object) -> str:
    """Return a value as HTML; the views are imported by name, when a notebook asks."""
    module = import_module("botox_schedule.views.notebook")
    return str(getattr(module, view)(value))
