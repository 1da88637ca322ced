"""``botox-schedule schema``: the JSON Schema of records and answers.

Examples:
    botox-schedule schema patient-record
    botox-schedule schema forecast --csv
"""

import json
from argparse import Namespace
from importlib.resources import files

from botox_schedule.cli.output import Answer, Line

_NAMES = ("patient-record", "forecast", "date-check", "treatment-cycle", "treatment-protocol")
OPTIONS = {
    f"name {'|'.join(_NAMES)}?:{_NAMES[0]}": f"what the schema describes (default: {_NAMES[0]})"
}
"""What the command takes."""
_COLUMNS = ("field", "required", "description")


def answer(given: Namespace) -> Answer:
    """Return a schema; its fields as rows."""
    resource = files("botox_schedule") / "schemas" / f"{given.name}.json"
    text = resource.read_text(encoding="utf-8").rstrip()
    schema = json.loads(text)
    required = schema.get("required", ())
    rows = [
        {"field": name, "required": name in required, "description": field.get("description")}
        for name, field in schema["properties"].items()
    ]
    return Answer(rows, [*map(Line, text.splitlines())], schema, _COLUMNS)
