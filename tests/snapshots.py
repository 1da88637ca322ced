"""What must not change unnoticed, written by one script: ``make snapshots``.

Public names, JSON Schemas, the answers of this version, what answers and findings say.
"""

import inspect
import json
from collections.abc import Iterator, Sequence
from datetime import date
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

import botox_schedule as bs
import drawn
from botox_schedule import outcomes, planning
from casebook import asks, explained, is_explained
from test_findings import FINDINGS, findings_in_words

FOLDER = Path(__file__).parent / "stored"
AS_OF = "2026-04-10"
RECORD: dict[str, Any] = {
    "id": "p-1",
    "born_on": "1980-02-29",
    "sessions": [
        {
            "id": f"s-{number}",
            "administered_on": day,
            "indication": indication,
            "product": "onabotulinumtoxinA",
            "units": "155",
            "units_discarded": "45",
        }
        for number, (day, indication) in enumerate(
            [
                ("2025-10-06", "chronic-migraine"),
                ("2026-01-05", "chronic-migraine"),
                ("2026-02-02", "spasticity"),
            ]
        )
    ],
    "holds": [{"first": "2025-11-01", "last": "2025-11-10", "reason": "infection"}],
    "overrides": [
        {
            "indication": "spasticity",
            "first": "2026-01-01",
            "minimum": "14 weeks",
            "reason": "agreed",
            "authority": "clinician",
        }
    ],
    "weights": [{"measured_on": "2026-01-01", "kilograms": "70.5"}],
    "authorizations": [
        {
            "indication": "chronic-migraine",
            "product": "onabotulinumtoxinA",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "sessions": 4,
            "units": "800",
            "minimum_interval": "12 weeks",
        }
    ],
    "prior_treatments": [
        {"indication": "chronic-migraine", "cycles": 2, "started_on": "2025-04-01"}
    ],
}


def answers(
    protocols: Sequence[bs.TreatmentProtocol] | None = None,
) -> dict[str, tuple[type[BaseModel], BaseModel]]:
    """Return one value of each kind that an application may store.

    Args:
        protocols: The content that they rest on; None means today's.
    """
    record = bs.PatientRecord.model_validate(RECORD)
    known = bs.bundled_protocols() if protocols is None else protocols
    migraine, spasticity = _of(known, "chronic-migraine"), _of(known, "spasticity")
    asked: dict[str, Any] = {"as_of": AS_OF, "other_protocols": known}
    found: dict[str, BaseModel] = {
        "patient-record": record,
        "treatment-protocol": migraine,
        "scheduling-policy": bs.SchedulingPolicy(payer_minimum="12 weeks + 1 day"),
        "forecast-migraine": bs.forecast(record, migraine, **asked),
        "forecast-spasticity": bs.forecast(record, spasticity, **asked),
        "date-check": bs.check_date(record, spasticity, on="2026-05-10", **asked),
        "treatment-cycle": bs.treatment_cycles(record, migraine, **asked)[-1],
        "due-dates": bs.due_dates(date(2026, 1, 5), migraine),
        "response-timeline": bs.response_timeline(date(2026, 1, 5), spasticity),
        "exposure": bs.exposure(record, product="Botox", window="12 weeks", on=AS_OF),
        "limit-check": bs.check_dose_limits(
            record, migraine, on=AS_OF, units=155, other_protocols=known
        )[0],
        "first-bookable-day": planning.first_bookable_day(record, spasticity, **asked),
        "authorization-plan": planning.plan_authorizations(record, migraine, **asked),
        "shared-visit": planning.find_shared_visit(record, [migraine, spasticity], **asked),
        "vial-plan": planning.fewest_vials(155, "Botox"),
        "adherence": outcomes.adherence(record, migraine, as_of=AS_OF),
    }
    return {name: (type(value), value) for name, value in found.items()}


def _of(protocols: Sequence[bs.TreatmentProtocol], indication: str) -> bs.TreatmentProtocol:
    return next(
        p
        for p in protocols
        if (p.indication, p.product, p.population, p.region)
        == (indication, bs.Product.ONABOTULINUMTOXIN_A, bs.Population.ADULT, "us")
    )


def texts() -> str:
    """Return what each answer says in words, and what changed where something did."""
    record = bs.PatientRecord.model_validate(RECORD)
    migraine = bs.find_protocol("chronic-migraine")
    asked: dict[str, Any] = {"as_of": AS_OF, "other_protocols": bs.bundled_protocols()}
    values = dict(answers())
    parts = []
    for name, (_, value) in values.items():
        said = value.explain() if hasattr(value, "explain") else str(value)
        if name in {"patient-record", "treatment-protocol"}:
            continue
        parts.append(f"## {name}\n{said}")
    before = bs.forecast(record, migraine, **asked)
    other = bs.SchedulingPolicy(payer_minimum="13 weeks", lapsed_after="8 months")
    again = bs.SchedulingPolicy(payer_minimum="14 weeks", lapsed_after="8 months")
    for name, one, two in (
        ("another policy", before, bs.forecast(record, migraine, policy=other, **asked)),
        (
            "a changed policy",
            bs.forecast(record, migraine, policy=other, **asked),
            bs.forecast(record, migraine, policy=again, **asked),
        ),
        ("another day", before, bs.forecast(record, migraine, **{**asked, "as_of": "2026-04-20"})),
        ("nothing", before, before),
        ("no history", bs.forecast(bs.PatientRecord(), migraine, **asked), before),
    ):
        parts.append(f"## compared: {name}\n{bs.compare_forecasts(one, two).explain()}")
    kinds = ["migraine", "headache", "none", "none"]
    diary = outcomes.HeadacheDiary.model_validate(
        {
            "days": [
                {
                    "on": date.fromordinal(date(2025, 9, 1).toordinal() + n),
                    "kind": kinds[n % (2 if n < 40 else 4)],
                }
                for n in range(230)
            ]
        }
    )
    for rule in outcomes.bundled_response_rules():
        assessment = outcomes.assess_response(
            diary, record, migraine, rule=rule, as_of=AS_OF, failures=(True, True)
        )
        reviews = outcomes.response_review_dates(record, migraine, rule=rule, as_of=AS_OF)
        said = [assessment.explain(), *(f"review {r.on}: {r.why}" for r in reviews)]
        parts.append("\n".join([f"## response rule {rule.id}", *said]))
    return "\n\n".join(parts) + "\n"


EXPLANATIONS = FOLDER / "explanations.txt"


def explanations() -> str:
    """Return what the library says about each record of the worked cases."""
    said = {name: explained(ask) for name, ask in asks() if is_explained(ask)}
    return "\n".join(f"## {name}\n{text}\n" for name, text in said.items())


API = Path(__file__).with_name("api.txt")
MODULES = (
    "",
    ".planning",
    ".outcomes",
    ".ical",
    ".fhir",
    ".dates",
    ".protocols",
    ".records",
    ".engine",
    ".views",
    ".panel",
    ".tables",
    ".errors",
    ".terms",
    ".testing",
)


def api() -> str:
    """Return one line for each public name, and one for each of its members."""
    lines: list[str] = []
    for module in MODULES:
        found = import_module(f"botox_schedule{module}")
        for name in sorted(getattr(found, "__all__", None) or _own_names(found)):
            lines += _lines(f"botox_schedule{module}.{name}", getattr(found, name))
    return "\n".join(lines) + "\n"


def _own_names(module: ModuleType) -> list[str]:
    """What a module that is one file defines itself."""
    return [
        name
        for name, item in vars(module).items()
        if not name.startswith("_") and getattr(item, "__module__", None) == module.__name__
    ]


def _lines(path: str, item: Any) -> Iterator[str]:
    if isinstance(item, type):
        yield f"class {path}({', '.join(base.__name__ for base in item.__bases__)})"
        yield from (f"    {line}" for line in _members(item))
    elif callable(item):
        yield _signature(path, item)
    else:
        yield path


def _members(item: type) -> Iterator[str]:
    if issubclass(item, Enum):
        yield from sorted(member.name for member in item)
        return
    for name in sorted(
        {*vars(item), *item.__annotations__} if item.__annotations__ else vars(item)
    ):
        member = vars(item).get(name)
        if name.startswith("_") or name == "model_config":
            continue
        if inspect.isfunction(member) or isinstance(member, classmethod | staticmethod):
            yield _signature(name, getattr(item, name))
        else:
            yield name


def _signature(path: str, item: Any) -> str:
    parameters = inspect.signature(item).parameters.values()
    return f"{path}({', '.join(map(_parameter, parameters))})"


def _parameter(parameter: inspect.Parameter) -> str:
    mark = {"KEYWORD_ONLY": "*, ", "VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(
        parameter.kind.name, ""
    )
    default = "" if parameter.default is parameter.empty else "=..."
    return f"{mark}{parameter.name}{default}"


SCHEMAS = Path(bs.__file__).parent / "schemas"
MODELS: dict[str, tuple[type[BaseModel], JsonSchemaMode]] = {
    "patient-record": (bs.PatientRecord, "validation"),
    "treatment-protocol": (bs.TreatmentProtocol, "validation"),
    "forecast": (bs.Forecast, "serialization"),
    "date-check": (bs.engine.DateCheck, "serialization"),
    "treatment-cycle": (bs.engine.TreatmentCycle, "serialization"),
}


def schema(name: str) -> dict[str, object]:
    """The schema as pydantic writes it, named and dated by its own version."""
    model, mode = MODELS[name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:botox-schedule:schema:{name}:1",
        **model.model_json_schema(mode=mode),
    }


def main() -> None:
    folder = FOLDER / bs.__version__
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, value) in answers().items():
        text = json.dumps(value.model_dump(mode="json"), indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    (folder / "texts.txt").write_text(texts(), encoding="utf-8")
    FINDINGS.write_text(findings_in_words(), encoding="utf-8")
    EXPLANATIONS.write_text(explanations(), encoding="utf-8")
    drawn.STORED.write_text("\n".join(drawn.lines(range(drawn.COUNT))) + "\n", encoding="utf-8")
    API.write_text(api(), encoding="utf-8")
    for name in MODELS:
        text = json.dumps(schema(name), indent=2) + "\n"
        (SCHEMAS / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
