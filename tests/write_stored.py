"""Writes answers of this version to ``stored/VERSION``: later versions must read them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import botox_schedule as bs
from botox_schedule import outcomes, planning

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


def answers() -> dict[str, tuple[type[BaseModel], BaseModel]]:
    """Return one value of each kind that an application may store."""
    record = bs.PatientRecord.model_validate(RECORD)
    migraine, spasticity = bs.find_protocol("chronic-migraine"), bs.find_protocol("spasticity")
    asked: dict[str, Any] = {"as_of": AS_OF, "other_protocols": bs.bundled_protocols()}
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
        "limit-check": bs.check_dose_limits(record, migraine, on=AS_OF, units=155)[0],
        "first-bookable-day": planning.first_bookable_day(record, spasticity, **asked),
        "authorization-plan": planning.plan_authorizations(record, migraine, **asked),
        "shared-visit": planning.find_shared_visit(record, [migraine, spasticity], **asked),
        "vial-plan": planning.fewest_vials(155, "Botox"),
        "adherence": outcomes.adherence(record, migraine, as_of=AS_OF),
    }
    return {name: (type(value), value) for name, value in found.items()}


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


def main() -> None:
    folder = FOLDER / bs.__version__
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, value) in answers().items():
        text = json.dumps(value.model_dump(mode="json"), indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    (folder / "texts.txt").write_text(texts(), encoding="utf-8")


if __name__ == "__main__":
    main()
