"""Writes the JSON Schemas that the package ships."""

import json
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

import botox_schedule as bs

FOLDER = Path(bs.__file__).parent / "schemas"
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


if __name__ == "__main__":
    for name in MODELS:
        text = json.dumps(schema(name), indent=2) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
