"""Populations for the tests of the panel: drawn records, as frames and as they are."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import botox_schedule as bs
from botox_schedule.records import history as _history

DAY = timedelta(days=1)
US = [p for p in bs.bundled_protocols() if p.region == "us"]
ADULT = [p for p in US if p.population is bs.Population.ADULT]
PEDIATRIC = [p for p in US if p.population is bs.Population.PEDIATRIC]
LIMBS = ("spasticity", "upper-limb-spasticity", "lower-limb-spasticity")


def only(
    protocols: Iterable[bs.TreatmentProtocol], *indications: str
) -> list[bs.TreatmentProtocol]:
    """The protocols for some indications."""
    return [p for p in protocols if p.indication in indications]


def versions() -> list[bs.TreatmentProtocol]:
    """A protocol whose versions change its minimum, and another that shares its clock."""
    rules = [
        ("1", None, "2024-06-30", "10 weeks", "3 to 4 months"),
        ("2", "2024-07-01", "2025-02-28", "3 months", "3 to 4 months"),
        ("3", "2025-03-01", None, "12 weeks", None),
    ]
    made = [
        bs.TreatmentProtocol(
            id="changed",
            version=version,
            region="us",
            indication="chronic-migraine",
            product="Botox",
            population="adult",
            shares_clock_with=["spasticity"],
            in_force={"first": first, "last": last},
            retreatment={"kind": "scheduled", "minimum": minimum, "usual": usual},
        )
        for version, first, last, minimum, usual in rules
    ]
    other = bs.TreatmentProtocol(
        id="other",
        version="1",
        region="us",
        indication="spasticity",
        product="Dysport",
        population="adult",
        shares_clock_with=["chronic-migraine"],
        in_force={"first": "2024-03-01"},
        retreatment={"kind": "as_needed", "minimum": "1 month", "usual": "2 to 3 months"},
        response={"onset": "1 to 2 weeks", "wear_off": "2 to 3 months"},
    )
    return [*made, other]


class Draw:
    """Draws records from a seed; everything that moves a date comes up, and comes close."""

    def __init__(
        self,
        seed: int,
        indications: Sequence[str],
        start: date = date(2024, 1, 1),
        span: int = 900,
        products: Sequence[str | None] = ("Botox", "Dysport", "Xeomin", "Daxxify", None),
    ) -> None:
        self.random = random.Random(seed)
        self.indications = indications
        self.start = start
        self.span = span
        self.products = products
        self._intervals = [(self.interval(), self.usual()) for _ in range(6)]

    def day(self, after: date | None = None, most: int | None = None) -> date:
        """A day; month ends come up often."""
        begin = after or self.start
        day = begin + timedelta(days=self.random.randrange(most or self.span))
        if self.random.random() < 0.2:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY
        return day

    def interval(self, least: int = 0) -> bs.Interval:
        """Weeks, months, days, or a sum of them."""
        draw = self.random
        return [
            bs.Interval(weeks=draw.randint(least, 20)),
            bs.Interval(months=draw.randint(least, 5)),
            bs.Interval(days=draw.randint(7 * least, 120)),
            bs.Interval(months=draw.randint(least, 3), days=draw.randint(0, 10)),
        ][draw.randrange(4)]

    def usual(self) -> bs.IntervalRange:
        """A range that is sure to be in order."""
        first = self.interval(1)
        last = bs.Interval(
            months=first.months, weeks=first.weeks, days=first.days + self.random.randint(4, 40)
        )
        return bs.IntervalRange(first=first, last=last if self.random.random() < 0.5 else first)

    def policy(self) -> bs.SchedulingPolicy:
        """What a clinic could choose."""
        draw = self.random
        fields: dict[str, Any] = {
            "group_within_days": draw.choice([0, 1, 3, 3, 10, 40]),
            "touch_up_moves_earliest": draw.random() < 0.7,
            "short_month": draw.choice(list(bs.ShortMonth)),
            "scheduled_grace": self.interval(),
            "as_needed_grace": self.interval(),
            "validity_tolerance": bs.Interval(months=draw.randrange(2), days=draw.randrange(4)),
        }
        if draw.random() < 0.4:
            fields["payer_minimum"] = self.interval()
        if draw.random() < 0.4:
            fields["lapsed_after"] = self.interval()
        return bs.SchedulingPolicy(**fields)

    def sessions(self) -> list[dict[str, Any]]:
        """Sessions that follow each other: some days, or some months, apart."""
        draw = self.random
        day, rows = self.day(), []
        habit = draw.choice(self.products)
        for _ in range(draw.randrange(9)):
            rows.append(
                {
                    "id": str(draw.randrange(6)) if draw.random() < 0.15 else None,
                    "administered_on": day,
                    "indication": draw.choice(self.indications[: draw.choice([1, 1, 9])]),
                    "product": draw.choice(self.products) if draw.random() < 0.3 else habit,
                    "units": draw.choice([None, 20, 100, 155, 200, 400]),
                    "status": draw.choice(["completed"] * 8 + list(bs.SessionStatus)),
                    "kind": draw.choice(["full"] * 5 + ["touch_up"]),
                }
            )
            gap = draw.choice([0, 1, 2, 3, 4, 14, 70, 83, 84, 85, 90, 100, 130, 200])
            day += timedelta(days=gap)
        draw.shuffle(rows)
        return rows

    def record(self, number: int) -> bs.PatientRecord:
        """A record with all that moves a date, each in some."""
        draw = self.random

        def sometimes(share: float, make: Callable[[], Any]) -> list[Any]:
            return [make() for _ in range(draw.randint(1, 3))] if draw.random() < share else []

        return bs.PatientRecord(
            id=f"p-{number}",
            sessions=self.sessions(),
            holds=sometimes(0.3, self.hold),
            overrides=sometimes(0.3, self.override),
            care_ends=sometimes(0.2, self.care_end),
            prior_treatments=sometimes(0.2, self.prior),
            weights=sometimes(0.5, self.weight),
            born_on=self.day(date(1950, 1, 1), 25_000) if draw.random() < 0.7 else None,
        )

    def hold(self) -> dict[str, Any]:
        """A hold, open or not, of one track or of all."""
        first = self.day()
        last = first + timedelta(days=self.random.randrange(120))
        return {
            "first": first,
            "last": last if self.random.random() < 0.8 else None,
            "reason": "drawn",
            "indication": self.random.choice([None, *self.indications]),
            "review_on": self.day() if self.random.random() < 0.3 else None,
        }

    def override(self) -> dict[str, Any]:
        """An override of minimum, usual range or both."""
        what = self.random.randrange(3)
        first = self.day()
        minimum, usual = self.random.choice(self._intervals)
        return {
            "indication": self.random.choice(self.indications),
            "first": first,
            "last": self.day(first, 300) + DAY * 31 if self.random.random() < 0.6 else None,
            "minimum": minimum if what != 1 else None,
            "usual": usual if what != 0 else None,
            "reason": "drawn",
            "authority": self.random.choice(["clinician", "payer"]),
        }

    def care_end(self) -> dict[str, Any]:
        """A death, or a discontinuation of one track or of all."""
        if self.random.random() < 0.4:
            return {"on": self.day(), "kind": "deceased"}
        indication = self.random.choice([None, *self.indications])
        return {"on": self.day(), "kind": "discontinued", "indication": indication}

    def prior(self) -> dict[str, Any]:
        """Cycles given elsewhere."""
        return {
            "indication": self.random.choice(self.indications),
            "cycles": self.random.randrange(5),
        }

    def weight(self) -> dict[str, Any]:
        """A body weight."""
        return {"measured_on": self.day(), "kilograms": self.random.randint(5, 90)}


_SCHEMAS = {
    "sessions": {
        "patient": "s",
        "session_id": "s",
        "administered_on": "d",
        "indication": "s",
        "product": "s",
        "units": "f",
        "status": "s",
        "kind": "s",
    },
    "holds": {"patient": "s", "first": "d", "last": "d", "indication": "s", "review_on": "d"},
    "care_ends": {"patient": "s", "on": "d", "kind": "s", "indication": "s"},
    "overrides": {
        "patient": "s",
        "indication": "s",
        "first": "d",
        "last": "d",
        "minimum": "s",
        "usual": "s",
        "reason": "s",
        "authority": "s",
    },
    "births": {"patient": "s", "born_on": "d"},
    "weights": {"patient": "s", "measured_on": "d", "kilograms": "f"},
    "prior_treatments": {"patient": "s", "indication": "s", "cycles": "i"},
}


def tables(records: Iterable[bs.PatientRecord]) -> dict[str, Any]:
    """The records as Polars frames: the sessions, and what stands beside them."""
    import polars as pl  # noqa: PLC0415 - an extra

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}
    for record in records:
        key = {"patient": record.id}
        rows["sessions"] += [
            key
            | {
                "session_id": s.id,
                "administered_on": s.administered_on,
                "indication": s.indication,
                "product": s.product and s.product.value,
                "units": None if s.units is None else float(s.units),
                "status": s.status.value,
                "kind": s.kind.value,
            }
            for s in record.sessions
        ]
        for name in ("holds", "care_ends", "overrides", "prior_treatments", "weights"):
            for one in getattr(record, name):
                dumped = {k: v for k, v in one.model_dump().items() if k in _SCHEMAS[name]}
                if name == "weights":
                    dumped["kilograms"] = float(dumped["kilograms"])
                rows[name].append(key | dumped)
        if record.born_on is not None:
            rows["births"].append(key | {"born_on": record.born_on})
    kinds = {"s": pl.String, "d": pl.Date, "f": pl.Float64, "i": pl.Int64}
    return {
        name: pl.DataFrame(
            rows[name], schema={column: kinds[kind] for column, kind in _SCHEMAS[name].items()}
        )
        for name in _SCHEMAS
    }


def planned_tracks(
    record: bs.PatientRecord, protocols: Sequence[bs.TreatmentProtocol], as_of: date
) -> dict[frozenset[str], bs.TreatmentProtocol]:
    """The tracks of a record and the protocol of each, by plain loops."""
    given: dict[tuple[str, str], bs.TreatmentProtocol] = {}
    for protocol in sorted(protocols, key=lambda p: str(p.in_force.first or "")):
        given[protocol.indication, protocol.product.value] = protocol
    order = sorted(given)
    known = {name for protocol in protocols for name in protocol.clock}
    used = _history.read_history(record, as_of)
    merged = _history._merged(record.sessions, [])
    found = {}
    for clock in {protocol.clock for protocol in protocols}:
        in_clock = [s for s in merged if s.indication in clock and s.indication in known]
        done = [s for s in used.completed if s.indication in clock]
        for sessions in (done, in_clock):
            kinds = [
                (s.administered_on, order.index((s.indication, s.product)))
                for s in sessions
                if s.product is not None and (s.indication, s.product.value) in given
            ]
            if kinds:
                planned = given[order[max(kinds)[1]]]
                if planned.clock == clock:
                    found[clock] = planned
                break
    return found
