"""The patients that the record engine answers for, one by one: rare rows and rare decisions."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.engine.reading import Reading
from botox_schedule.engine.track import AnyTrack, Asked, tracks_of
from botox_schedule.panel.asking import KINDS, PRODUCTS, Asking
from botox_schedule.panel.sessions import STATUSES
from botox_schedule.records.model import PatientRecord, TreatmentSession

_ROW = (
    "patient",
    "day",
    "indication",
    "product",
    "units",
    "status",
    "kind",
    "policy",
    "born_on",
    "id",
    "recorded_on",
    "units_discarded",
)
_ITS_OWN = _ROW.index("policy")


class Records(NamedTuple):
    """The patients that the record engine answers for.

    Attributes:
        rows: Their sessions.
        names: The indications by number.
        values: The values of the other tables, by table and patient.
        keys: The keys of findings that somebody has acknowledged, by patient.
        beside: The patients of other tables who have no plain track.
        born: The birth days of those of them without a session here.
    """

    rows: pl.DataFrame
    names: tuple[str, ...]
    values: Mapping[str, Mapping[Any, list[Any]]]
    keys: Mapping[Any, list[str]]
    beside: frozenset[Any]
    born: Mapping[Any, date]

    def readings(self, asking: Asking) -> Iterator[tuple[Any, Reading]]:
        """Yield what is known of each patient on the day of the question."""
        for patient, record, policy in self.records():
            yield patient, asking.read(record, policy)

    def tracks(self, asking: Asking) -> Iterator[tuple[Any, Asked[AnyTrack]]]:
        """Yield the tracks of each patient."""
        for patient, reading in self.readings(asking):
            for found in tracks_of(reading, asking.region, asking.population):
                yield patient, found

    def records(self) -> Iterator[tuple[Any, PatientRecord, int]]:
        """Yield each patient with the record and the number of the policy."""
        rest = set(self.beside)
        missing = [pl.lit(None).alias(name) for name in _ROW if name not in self.rows.columns]
        rows = self.rows.with_columns(missing).select(_ROW).sort("patient")
        for patient, each in groupby(rows.iter_rows(), key=itemgetter(0)):
            mine = list(each)
            rest.discard(patient)
            policy, born_on = mine[0][_ITS_OWN : _ITS_OWN + 2]
            yield patient, self._record(patient, mine, born_on), policy
        for patient in sorted(rest):
            yield patient, self._record(patient, [], self.born.get(patient)), 0

    def _record(self, patient: Any, rows: list[tuple[Any, ...]], born_on: Any) -> PatientRecord:
        beside: dict[str, Any] = {
            name: tuple(values[patient])
            for name, values in self.values.items()
            if patient in values
        }
        return PatientRecord(
            sessions=tuple(self._session(row) for row in rows), born_on=born_on, **beside
        )

    def _session(self, row: tuple[Any, ...]) -> TreatmentSession:
        _, day, indication, product, units, status, kind, *_, key, recorded_on, discarded = row
        name = self.names[indication]
        return _session_of(day, name, product, units, status, kind, key, recorded_on, discarded)


@lru_cache(maxsize=65_536)
def _session_of(  # noqa: PLR0917 - a row has no names
    day: date,
    indication: str,
    product: int,
    units: float | None,
    status: int,
    kind: int,
    key: str | None,
    recorded_on: date | None,
    discarded: float | None,
) -> TreatmentSession:
    """A session of a row; it is immutable, so patients with equal rows share it."""
    return TreatmentSession(
        administered_on=day,
        indication=indication,
        product=PRODUCTS[product],
        id=key,
        units=None if units is None else Decimal(str(units)),
        units_discarded=None if discarded is None else Decimal(str(discarded)),
        status=STATUSES[status],
        kind=KINDS[kind],
        recorded_on=recorded_on,
    )
