"""Populations for the tests of the panel: drawn records, as frames and as they are."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import botox_schedule as bs

DAY = timedelta(days=1)
LIMBS = ("spasticity", "upper-limb-spasticity", "lower-limb-spasticity")
SPELT = {"onabotulinumtoxinA": "Botox", "abobotulinumtoxinA": "DYSPORT"}


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
    """Draws records from a seed; everything that moves a date comes up, and comes close.

    Args:
        seed: Of the random numbers.
        indications: What is treated; the first are the most frequent.
        touched: The share of patients that a kind of decision touches.
        start: The first day.
        span: How many days after it sessions begin.
    """

    def __init__(
        self,
        seed: int,
        indications: Sequence[str],
        touched: float = 0.2,
        start: date = date(2024, 1, 1),
        span: int = 900,
    ) -> None:
        self.random = random.Random(seed)
        self.indications = indications
        self.touched = touched
        self.start = start
        self.span = span
        self.products: Sequence[str | None] = ("Botox", "Dysport", "Xeomin", "Daxxify", None)
        self._intervals = [(self.interval(), self.usual()) for _ in range(6)]

    def day(self, after: date | None = None, most: int | None = None) -> date:
        """A day; month ends come up often."""
        begin = after or self.start
        day = begin + timedelta(days=self.random.randrange(most or self.span))
        if self.random.random() < 0.2:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY
        return day

    def sometimes(self, share: float, make: Callable[[], Any]) -> Any:
        """A drawn thing, or None."""
        return make() if self.random.random() < share else None

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
            "lapsed_after": self.sometimes(0.4, self.interval),
            "other_indications": ("bruxism",) if draw.random() < 0.5 else (),
            "usual": {self.indications[0]: self.usual()} if draw.random() < 0.3 else {},
        }
        if draw.random() < 0.4:
            fields["payer_minimum"] = self.interval()
        if draw.random() < 0.4:
            fields["payer"] = [self.payer() for _ in range(2)]
        return bs.SchedulingPolicy(**fields)

    def payer(self) -> dict[str, Any]:
        """A payer's rule that is in force for some time."""
        first = self.day()
        return {
            "minimum": self.interval(),
            "first": first,
            "last": self.sometimes(0.5, lambda: self.day(first) + DAY * 31),
            "indication": self.sometimes(0.4, lambda: self.random.choice(self.indications)),
            "product": self.sometimes(0.4, lambda: "Botox"),
        }

    def sessions(self) -> list[dict[str, Any]]:
        """Sessions that follow each other: some days, or some months, apart."""
        draw = self.random
        day, rows = self.day(), []
        habit = draw.choice(self.products)
        odd = draw.random() < 0.3
        for _ in range(draw.randrange(9)):
            rows.append(
                {
                    "id": str(draw.randrange(6)) if odd and draw.random() < 0.4 else None,
                    "administered_on": day,
                    "indication": draw.choice(self.indications[: draw.choice([1, 1, 3, 99])]),
                    "product": draw.choice(self.products) if draw.random() < 0.2 else habit,
                    "units": draw.choice([None, 20, 100, 155, 155, 155, 200, 400]),
                    "status": draw.choice(["completed"] * 12 + list(bs.SessionStatus)),
                    "kind": draw.choice(["full"] * 6 + ["touch_up"]),
                    "recorded_on": day if odd and draw.random() < 0.2 else None,
                }
            )
            gap = draw.choice([0, 1, 2, 3, 4, 14, 70, 83, 84, 84, 85, 90, 100, 130, 200])
            day += timedelta(days=gap)
        draw.shuffle(rows)
        return rows

    def record(self, number: int) -> bs.PatientRecord:
        """A record with all that moves a date, each in some."""
        draw, share = self.random, self.touched

        def some(make: Callable[[], Any], often: float = share) -> list[Any]:
            return [make() for _ in range(draw.randint(1, 3))] if draw.random() < often else []

        return bs.PatientRecord(
            id=f"p-{number}",
            sessions=self.sessions(),
            holds=some(self.hold),
            overrides=some(self.override),
            care_ends=some(self.care_end),
            authorizations=some(self.authorization),
            prior_treatments=some(self.prior),
            weights=some(self.weight, 0.5),
            born_on=self.sometimes(0.7, lambda: self.day(date(1950, 1, 1), 25_000)),
        )

    def decision(self) -> dict[str, Any]:
        """When it was recorded, and withdrawn."""
        recorded_on = self.sometimes(0.3, self.day)
        later = recorded_on or self.start
        return {
            "id": self.sometimes(0.3, lambda: str(self.random.randrange(3))),
            "recorded_on": recorded_on,
            "withdrawn_on": self.sometimes(0.2, lambda: self.day(later) + DAY * 31),
        }

    def hold(self) -> dict[str, Any]:
        """A hold, open or not, of one track or of all."""
        first = self.day()
        return self.decision() | {
            "first": first,
            "last": self.sometimes(0.8, lambda: first + timedelta(days=self.random.randrange(120))),
            "reason": "drawn",
            "indication": self.random.choice([None, *self.indications]),
            "review_on": self.sometimes(0.3, self.day),
        }

    def override(self) -> dict[str, Any]:
        """An override of minimum, usual range or both."""
        what = self.random.randrange(3)
        first = self.day()
        minimum, usual = self.random.choice(self._intervals)
        return self.decision() | {
            "indication": self.random.choice(self.indications),
            "first": first,
            "last": self.sometimes(0.6, lambda: self.day(first, 300) + DAY * 31),
            "minimum": minimum if what != 1 else None,
            "usual": usual if what != 0 else None,
            "reason": "drawn",
            "authority": self.random.choice(["clinician", "payer"]),
        }

    def care_end(self) -> dict[str, Any]:
        """A death, or a discontinuation of one track or of all."""
        if self.random.random() < 0.4:
            return self.decision() | {"on": self.sometimes(0.8, self.day), "kind": "deceased"}
        indication = self.random.choice([None, *self.indications])
        return self.decision() | {
            "on": self.day(),
            "kind": "discontinued",
            "indication": indication,
        }

    def authorization(self) -> dict[str, Any]:
        """What a payer approved for half a year or so."""
        first = self.day()
        return self.decision() | {
            "indication": self.random.choice(self.indications),
            "product": "Botox",
            "valid": bs.Window(first=first, last=first + DAY * self.random.randrange(300)),
            "minimum_interval": self.sometimes(0.5, self.interval),
        }

    def prior(self) -> dict[str, Any]:
        """Cycles given elsewhere."""
        cycles = self.random.randrange(5)
        last_on = self.sometimes(0.6, self.day) if cycles else None
        return {
            "indication": self.random.choice(self.indications),
            "cycles": cycles,
            "started_on": None if last_on is None else last_on - DAY * self.random.randrange(400),
            "last_on": last_on,
            "product": self.random.choice(self.products),
        }

    def weight(self) -> dict[str, Any]:
        """A body weight."""
        return {"measured_on": self.day(), "kilograms": self.random.randint(5, 90)}


_DECISION = {"id": "s", "recorded_on": "d", "withdrawn_on": "d"}
_SCHEMAS: dict[str, dict[str, str]] = {
    "sessions": {
        "patient": "s",
        "session_id": "s",
        "administered_on": "d",
        "indication": "s",
        "product": "s",
        "units": "f",
        "status": "s",
        "kind": "s",
        "recorded_on": "d",
    },
    "holds": {
        "patient": "s",
        "first": "d",
        "last": "d",
        "reason": "s",
        "indication": "s",
        "review_on": "d",
        **_DECISION,
    },
    "care_ends": {"patient": "s", "on": "d", "kind": "s", "indication": "s", **_DECISION},
    "overrides": {
        "patient": "s",
        "indication": "s",
        "first": "d",
        "last": "d",
        "minimum": "s",
        "usual": "s",
        "reason": "s",
        "authority": "s",
        **_DECISION,
    },
    "authorizations": {
        "patient": "s",
        "indication": "s",
        "product": "s",
        "first": "d",
        "last": "d",
        "minimum_interval": "s",
        **_DECISION,
    },
    "births": {"patient": "s", "born_on": "d"},
    "weights": {"patient": "s", "measured_on": "d", "kilograms": "f"},
    "prior_treatments": {
        "patient": "s",
        "indication": "s",
        "cycles": "i",
        "started_on": "d",
        "last_on": "d",
        "product": "s",
    },
}
BESIDE = tuple(name for name in _SCHEMAS if name != "sessions")
"""The tables next to the sessions."""


def _row(one: Any) -> dict[str, Any]:
    """A value of a record as plain text, days and numbers."""
    row: dict[str, Any] = {
        "administered_on" if name == "day" else name: getattr(one, name)
        for name in one.__pydantic_fields__
    }
    row |= {"session_id": row.get("id")}
    if "valid" in row:
        row |= {"first": one.valid.first, "last": one.valid.last}
    for name in ("minimum", "usual", "minimum_interval", "product", "indication"):
        if row.get(name) is not None:
            row[name] = SPELT.get(str(row[name]), str(row[name]))
    for name in ("units", "kilograms"):
        if row.get(name) is not None:
            row[name] = float(row[name])
    return row


def tables(records: Iterable[bs.PatientRecord]) -> dict[str, Any]:
    """The records as Polars frames: the sessions, and the tables next to them."""
    import polars as pl  # noqa: PLC0415 - an extra

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}
    for record in records:
        for name in _SCHEMAS:
            values = [] if name == "births" else getattr(record, name)
            rows[name] += [{"patient": record.id} | _row(one) for one in values]
        if record.born_on is not None:
            rows["births"].append({"patient": record.id, "born_on": record.born_on})
    kinds = {"s": pl.String, "d": pl.Date, "f": pl.Float64, "i": pl.Int64}
    return {
        name: pl.DataFrame(
            [[row.get(column) for column in schema] for row in rows[name]],
            schema={column: kinds[kind] for column, kind in schema.items()},
            orient="row",
        )
        for name, schema in _SCHEMAS.items()
    }
