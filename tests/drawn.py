"""Digests of what the library says about drawn records: a change of any answer shows.

``python drawn.py NUMBER`` prints the answers behind one line.
"""

import hashlib
import json
import random
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import botox_schedule as bs
from botox_schedule import outcomes, planning
from compare_oracle import Case, Drawer

STORED = Path(__file__).parent / "stored" / "drawn.txt"
COUNT, PART = 200, 10
_UNITS = (None, 20, "87.5", 155, 300, 450)
_AGES = (900, 4000, 6570, 6580, 15000, 27000)
"""In days; some lie about 2 and 18 years."""


def drawn_case(number: int) -> Case:
    """Return one of the drawn questions: the oracle's, with units, an age and weights."""
    case, draw = Drawer(f"stored-{number}").case(), random.Random(number)
    record = case.record.model_dump()
    for session in record["sessions"]:
        session["units"] = draw.choice(_UNITS)
    if draw.random() < 0.6:
        record["born_on"] = case.as_of - timedelta(days=draw.choice(_AGES))
    if draw.random() < 0.4:
        record["weights"] = [
            {
                "measured_on": case.as_of - timedelta(days=draw.randrange(400)),
                "kilograms": draw.choice([11, 24, 68]),
            }
            for _ in range(2)
        ]
    return case._replace(record=bs.PatientRecord.model_validate(record))


def answers(case: Case) -> dict[str, str]:
    """Return every answer about a record as text."""
    record, protocol, others = case.record, case.protocol, case.others
    asked: dict[str, Any] = {"as_of": case.as_of, "policy": case.policy, "other_protocols": others}
    found = bs.forecast(record, protocol, **asked)
    days = {case.as_of + timedelta(days=n) for n in (0, 40, 90)} | set(
        filter(None, found.dates.boundaries)
    )
    ahead = sorted(day for day in days if day >= case.as_of)
    questions: dict[str, Callable[[], Any]] = {
        "forecast": lambda: [found, found.explain(), [f.message for f in found.findings]],
        "check": lambda: [
            [
                check := bs.check_date(record, protocol, on=day, planned_units=units, **asked),
                check.explain(),
            ]
            for day in ahead
            for units in (None, 300)
        ],
        "cycles": lambda: bs.treatment_cycles(record, protocol, **asked),
        "project": lambda: bs.project(record, protocol, count=4, **asked),
        "all": lambda: bs.forecast_all(record, as_of=case.as_of, policy=case.policy),
        "limits": lambda: bs.check_dose_limits(
            record, protocol, on=case.as_of, units=100, policy=case.policy, other_protocols=others
        ),
        "exposure": lambda: bs.exposure(record, product="Botox", window="12 weeks", on=case.as_of),
        "adherence": lambda: outcomes.adherence(record, protocol, **asked),
        "booking": lambda: planning.first_bookable_day(record, protocol, **asked),
        "authorizations": lambda: planning.plan_authorizations(record, protocol, **asked),
    }
    return {name: _told(question) for name, question in questions.items()}


def _told(question: Callable[[], Any]) -> str:
    try:
        answer = question()
    except bs.errors.BotoxScheduleError as error:
        answer = f"{type(error).__name__}: {error}"
    return json.dumps(_plain(answer), indent=1, sort_keys=True, default=str)


def _plain(value: Any) -> Any:
    """An answer without the protocols that it quotes: those have digests of their own."""
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {
            key: _plain(one)
            for key, one in value.items()
            if not (key == "protocol" and isinstance(one, dict))
        }
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def lines(numbers: Iterable[int]) -> list[str]:
    """Return a line for each number: the question, and a digest of each answer."""
    return [_line(number, drawn_case(number)) for number in numbers]


def _line(number: int, case: Case) -> str:
    parts = [
        f"{name} {hashlib.sha256(text.encode()).hexdigest()[:8]}"
        for name, text in answers(case).items()
    ]
    return f"{number:04} {case.protocol.indication} {case.as_of}: {', '.join(parts)}"


if __name__ == "__main__":
    for name, text in answers(drawn_case(int(sys.argv[1]))).items():
        print(f"## {name}\n{text}")
