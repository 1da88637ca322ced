"""The worked cases, boundaries and month tables as JSON that a program in any language can read.

``python conformance.py`` in this folder writes ``conformance/*.json`` from the case files and the
published tables.
"""

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import botox_schedule as bs
from casebook import asks

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conformance"
VECTORS = Path(__file__).parent / "vectors"
AREAS = {
    "intervals": ["interval", "multiples"],
    "sessions": [
        "day_in_zone",
        "due_dates",
        "phases",
        "project_dates",
        "response_timeline",
        "statuses",
    ],
    "records": [
        "check_date",
        "check_dose_limits",
        "exposure",
        "forecast",
        "limits",
        "project",
        "treatment_cycles",
    ],
    "planning": [
        "check_booking",
        "countdown",
        "find_shared_visit",
        "fewest_vials",
        "first_bookable_day",
        "plan_authorizations",
    ],
    "outcomes": [
        "adherence",
        "assess_response",
        "diary_rates",
        "judge_counts",
        "observed_response",
        "qualifies",
        "read_diary",
        "review_dates",
        "wear_off",
    ],
}
"""Which questions stand in which file; a claim names the files."""
_WITHOUT_PROTOCOL = {
    "interval",
    "multiples",
    "exposure",
    "judge_counts",
    "diary_rates",
    "qualifies",
    "wear_off",
    "read_diary",
    "countdown",
    "fewest_vials",
    "find_shared_visit",
}
_ABSENT = {"none", "unknown"}
_ALL_WORDS = {"read_diary"}
"""Questions in whose answers ``none`` is a word of the diary."""


def cases() -> Iterator[dict[str, Any]]:
    """Yield every case: what is asked about what, and the answer."""
    yield from _month_table()
    yield from _date_rules()
    for name, ask in asks():
        yield _case(name, ask["intent"], ask)
    yield from _boundaries()


def files() -> dict[str, str]:
    """Return the files of the suite by name, as text."""
    found = list(cases())
    written = {}
    for area, questions in AREAS.items():
        rows = [case for case in found if case["question"] in questions]
        head = {"$schema": "schema.json", "suite": bs.__version__, "area": area}
        written[f"{area}.json"] = _text({**head, "cases": rows})
    return written


def _text(suite: dict[str, Any]) -> str:
    return json.dumps(suite, indent=1, ensure_ascii=False, default=str) + "\n"


def _case(name: str, intent: str, ask: dict[str, Any]) -> dict[str, Any]:
    apart = ("question", "record", "expect", "intent", "protocol")
    given = {key: value for key, value in ask.items() if key not in apart}
    if ask["question"] not in _WITHOUT_PROTOCOL and "own_protocols" not in ask:
        given["protocol"] = _protocol(ask)
    case = {"id": name, "intent": intent, "question": ask["question"]}
    if ask.get("record"):
        case["record"] = ask["record"]
    case |= {"given": given, "answer": ask["expect"]}
    absent = set() if ask["question"] in _ALL_WORDS else _ABSENT
    return _neutral(case, absent)  # type: ignore[no-any-return]


def _protocol(ask: dict[str, Any]) -> dict[str, str]:
    wanted = {"indication": "chronic-migraine", **ask.get("protocol", {})}
    ref = bs.find_protocol(**wanted).ref
    named = ("indication", "product", "population", "region")
    return {name: str(getattr(ref, name)) for name in named}


def _neutral(value: Any, absent: set[str]) -> Any:
    """Write a missing value as null and a day as text."""
    if isinstance(value, dict):
        return {key: _neutral(inner, absent) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_neutral(inner, absent) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, str) and value in absent else value


def _rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _month_table() -> Iterator[dict[str, Any]]:
    columns = {
        "last_day": "clamp_dateutil_4_0_0",
        "first_of_next": "first_of_next_month_CDSi",
    }
    intent = "A month that is too short ends on its last day, or goes on to the first of the next."
    for number, row in enumerate(_rows("month_overflow.csv"), start=1):
        for rule, column in columns.items():
            ask = {
                "question": "interval",
                "start": row["start"],
                "text": f"{row['months']} months",
                "short_month": rule,
                "expect": {"after": row[column]},
            }
            yield _case(f"M{number:02}-{rule}", intent, ask)


def _date_rules() -> Iterator[dict[str, Any]]:
    rows = [row for row in _rows("cdsi_date_rules.csv") if "DISPUTED" not in row["rule"]]
    for number, row in enumerate(rows, start=1):
        ask = {
            "question": "interval",
            "start": row["start"],
            "text": row["offset"],
            "short_month": "first_of_next",
            "expect": {"after": row["expected"]},
        }
        intent = f"A date rule of the CDC for immunizations: {row['rule_text_short']}."
        yield _case(f"D{number:02}", intent, ask)


def _boundaries() -> Iterator[dict[str, Any]]:
    intent = "A published boundary: with 4 days of tolerance the session is early or it is not."
    for row in _rows("cdsi_interval_boundary_cases.csv"):
        if row["use_as_oracle"] == "yes":
            yield _case(f"CDC-{row['cdc_test_id']}", intent, _boundary(row))


def _boundary(row: dict[str, str]) -> dict[str, Any]:
    treatment = {"indication": "chronic-migraine", "product": "Botox"}
    days = (row["reference_date"], row["administered_date"])
    own = {
        "id": "own",
        "version": "1",
        "region": "us",
        "population": "adult",
        **treatment,
        "retreatment": {"kind": "scheduled", "minimum": row["interval_in_title"]},
    }
    return {
        "question": "treatment_cycles",
        "own_protocols": [own],
        "record": {"sessions": [{"administered_on": day, **treatment} for day in days]},
        "as_of": days[1],
        "policy": {
            "validity_tolerance": "4 days",
            "short_month": "first_of_next",
            "group_within_days": 0,
        },
        "expect": {"early": [False, row["expected_status"] != "Valid"]},
    }


if __name__ == "__main__":
    for file, text in files().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
