"""The decisions that touch patients; patients with equal ones share their answers."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.records.history import NO_DECISIONS, Decisions, known_decisions
from botox_schedule.records.model import PatientRecord

SHARED = ("holds", "overrides", "authorizations")
"""The decisions that bind days whatever the sessions are."""


class Decided(NamedTuple):
    """What was decided for patients.

    Attributes:
        numbers: ``patient`` and ``decided``, the place in *each*.
        each: The decisions as they count on the day; 0 has none.
    """

    numbers: pl.DataFrame
    each: tuple[Decisions, ...]

    def numbered(self, tracks: pl.DataFrame) -> pl.DataFrame:
        """Add the number of what was decided for the patient of each track."""
        found = tracks.join(self.numbers, on="patient", how="left")
        return found.with_columns(pl.col("decided").fill_null(0))


def decided_of(
    values: Mapping[str, Mapping[Any, Iterable[Any]]], like: pl.DataFrame, as_of: date
) -> Decided:
    """Return what was decided for patients, as far as it does not depend on their sessions.

    Args:
        values: The values of each table by patient.
        like: A frame with keys as those of the sessions.
        as_of: The day of the question.
    """
    fields: dict[Any, tuple[tuple[str, Any], ...]] = {}
    for name in SHARED:
        for patient, found in values.get(name, {}).items():
            fields[patient] = (*fields.get(patient, ()), (name, tuple(found)))
    places = {key: place for place, key in enumerate(dict.fromkeys(fields.values()), start=1)}
    numbers = pl.DataFrame(
        {"patient": list(fields), "decided": [places[key] for key in fields.values()]},
        schema={"patient": like.schema["patient"], "decided": pl.Int32},
    )
    each = [known_decisions(PatientRecord(**dict(key)), as_of) for key in places]
    return Decided(numbers, (NO_DECISIONS, *each))
