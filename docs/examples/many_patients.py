"""Forecasts of many patients on all cores: records share nothing, so each process takes a part."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta

import botox_schedule as bs

AS_OF = date(2026, 4, 1)


def answers(part: list[tuple[str, bytes]]) -> list[tuple[str, str, str]]:
    """Status and due day of some patients, each given as the JSON of its record."""
    migraine = bs.find_protocol("chronic-migraine")
    others = bs.bundled_protocols()
    found = []
    for patient, record in part:
        answer = bs.forecast(
            bs.PatientRecord.model_validate_json(record),
            migraine,
            as_of=AS_OF,
            other_protocols=others,
        )
        found.append((patient, str(answer.status), str(answer.dates.due)))
    return found


def made_up(count: int) -> Iterable[tuple[str, bytes]]:
    for number in range(count):
        last = date(2025, 10, 1) + timedelta(days=number % 180)
        session = {
            "administered_on": last,
            "indication": "chronic-migraine",
            "product": "Botox",
            "units": 155,
        }
        yield f"p-{number}", bs.PatientRecord(sessions=[session]).model_dump_json().encode()


def main(count: int = 1000, size: int = 250) -> list[tuple[str, str, str]]:
    patients = list(made_up(count))
    parts = [patients[at : at + size] for at in range(0, count, size)]
    with ProcessPoolExecutor() as pool:
        return [row for part in pool.map(answers, parts) for row in part]


if __name__ == "__main__":
    rows = main()
    print(len(rows), "answers;", sum(status == "overdue" for _, status, _ in rows), "overdue")
