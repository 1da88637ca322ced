"""Compares answers with the oracle's over many records: ``python compare_oracle.py COUNT SEED``.

The records are drawn from a seed, with everything that moves a date: decisions recorded, replaced
and withdrawn, unknown words and products, limbs, versions, payer rules, prior treatments. The
first differences are printed with the least record that still shows them.
"""

import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import botox_schedule as bs
from oracle import Oracle

DAY = timedelta(days=1)
START = date(2024, 1, 1)
LIMBS = ("spasticity", "upper-limb-spasticity", "lower-limb-spasticity")
STRANGE = ("chronic-migrane", "facial-tic")
OTHER = "bruxism"
PRODUCTS = ("Botox", "Botox", "Dysport", "Xeomin", None)
DECISIONS = ("holds", "overrides", "care_ends", "authorizations")
MOST_SHOWN = 5


class Case(NamedTuple):
    """One question: a record, a protocol, a policy, what else is known, a day."""

    record: bs.PatientRecord
    protocol: bs.TreatmentProtocol
    policy: bs.SchedulingPolicy
    others: tuple[bs.TreatmentProtocol, ...] | None
    as_of: date

    def show(self) -> str:
        """Return Python that asks the question again."""
        others = "None"
        if self.others is not None:
            parts = (_again("TreatmentProtocol", p) for p in self.others)
            others = f"({''.join(f'{part}, ' for part in parts)})"
        return "\n".join(
            [
                f"record = {_again('PatientRecord', self.record)}",
                f"protocol = {_again('TreatmentProtocol', self.protocol)}",
                f"policy = {_again('SchedulingPolicy', self.policy)}",
                f"others = {others}",
                f"as_of = date.fromisoformat('{self.as_of}')",
            ]
        )


def _again(name: str, value: Any) -> str:
    text = value.model_dump_json(exclude_defaults=True)
    return f"bs.{name}.model_validate_json({text!r})"


class Drawer:
    """Draws one case from a seed; everything comes close to everything."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        migraine = self.random.random() < 0.45
        self.words: tuple[str, ...] = ("chronic-migraine",) if migraine else LIMBS

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def a_day(self, span: int = 900) -> date:
        """A day; month ends come up often."""
        day = START + timedelta(days=self.random.randrange(span))
        if self.chance(0.25):
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY
        return day

    def an_interval(self) -> bs.Interval:
        draw = self.random
        return draw.choice(
            [
                bs.Interval(weeks=draw.randint(1, 18)),
                bs.Interval(months=draw.randint(1, 4)),
                bs.Interval(days=draw.randint(7, 110)),
                bs.Interval(months=draw.randint(1, 3), days=draw.randint(0, 9)),
            ]
        )

    def a_range(self, least: bs.Interval | None = None) -> bs.IntervalRange:
        least = least or self.an_interval()
        first = bs.Interval(
            months=least.months,
            weeks=least.weeks,
            days=least.days + self.random.choice([0, 0, self.random.randrange(30)]),
        )
        if self.chance(0.5):
            return bs.IntervalRange(first=first, last=first)
        last = bs.Interval(
            months=first.months, weeks=first.weeks, days=first.days + self.random.randint(4, 40)
        )
        return bs.IntervalRange(first=first, last=last)

    def a_rule(self) -> dict[str, Any]:
        minimum = self.an_interval() if self.chance(0.8) else None
        usual = self.a_range(minimum) if self.chance(0.7) else None
        rule: dict[str, Any] = {
            "kind": self.random.choice(["scheduled", "as_needed"]),
            "minimum": minimum,
            "usual": usual,
        }
        if minimum and self.chance(0.25):
            rule["minimum_source"] = {
                "key": "drawn",
                "place": "drawn",
                "verification": "secondary",
                "checked_on": "2026-01-01",
                "strength": self.random.choice(["may", "not evaluated", "should"]),
                "basis": self.random.choice([None, "read from a duration"]),
            }
        if self.chance(0.3):
            rule |= {"typical": self.an_interval(), "typical_statistic": "median"}
        return rule

    def a_protocol(self, word: str, product: str, key: str) -> list[bs.TreatmentProtocol]:
        """A protocol, in one version or in several that follow each other."""
        starts: list[date | None] = [None]
        if self.chance(0.3):
            days = sorted({self.a_day(), self.a_day()})
            starts = [None, *days] if self.chance(0.8) else [*days]
        ends = [*(start - DAY for start in starts[1:] if start), None]
        shares = [w for w in self.words if w != word and self.chance(0.7)]
        return [
            bs.TreatmentProtocol.model_validate(
                {
                    "id": key,
                    "version": str(number + 8),
                    "region": "us",
                    "indication": word,
                    "product": product,
                    "population": "adult",
                    "shares_clock_with": shares,
                    "in_force": {"first": first, "last": last},
                    "retreatment": self.a_rule(),
                }
            )
            for number, (first, last) in enumerate(zip(starts, ends, strict=True))
        ]

    def protocols(self) -> tuple[bs.TreatmentProtocol, tuple[bs.TreatmentProtocol, ...] | None]:
        """The planned protocol and the other ones; None where the bundled ones are meant."""
        word = self.random.choice(self.words)
        if self.chance(0.4):
            bundled = [
                p
                for p in bs.bundled_protocols()
                if p.region == "us" and p.population.value == "adult"
            ]
            if self.chance(0.5):
                bundled = [p for p in bundled if p.indication in self.words]
            chosen = self.random.choice(bundled)
            self.words = (chosen.indication, *chosen.shares_clock_with)
            return chosen, None if self.chance(0.9) else ()
        mine = self.a_protocol(word, "Botox", "drawn")
        if self.chance(0.4) and len(mine) == 1:
            return mine[0], None
        others = list(mine)
        for other in self.words:
            for product in ("Botox", "Dysport", "Xeomin"):
                if (other, product) != (word, "Botox") and self.chance(0.4):
                    others += self.a_protocol(other, product, f"drawn-{other}-{product}")
        self.random.shuffle(others)
        return self.random.choice(mine), tuple(others)

    def a_word(self) -> str:
        if self.chance(0.06):
            return self.random.choice([*STRANGE, OTHER, "cervical-dystonia"])
        return self.random.choice(self.words)

    def decision(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Add an id, the day it was recorded, the day it was withdrawn."""
        if self.chance(0.4):
            fields["id"] = str(self.random.randrange(2))
        days = sorted([self.a_day(), self.a_day()])
        if self.chance(0.4):
            fields["recorded_on"] = days[0]
        if self.chance(0.3):
            fields["withdrawn_on"] = days[1]
        return fields

    def span(self, most: int, *, open_share: float) -> dict[str, Any]:
        first = self.a_day()
        last = first + timedelta(days=self.random.randrange(most))
        return {"first": first, "last": None if self.chance(open_share) else last}

    def maybe_a_word(self) -> str | None:
        return self.a_word() if self.chance(0.4) else None

    def several(self, make: Callable[[], dict[str, Any]], *counts: int) -> list[dict[str, Any]]:
        return [make() for _ in range(self.random.choice(counts))]

    def a_session(self) -> dict[str, Any]:
        return {
            "id": str(self.random.randrange(12)) if self.chance(0.4) else None,
            "administered_on": self.a_day(),
            "indication": self.a_word(),
            "product": self.random.choice(PRODUCTS),
            "units": self.random.choice([None, 100, 155]),
            "status": self.random.choice(["completed"] * 6 + list(bs.SessionStatus)),
            "kind": self.random.choice(["full", "full", "full", "touch_up"]),
            "recorded_on": self.a_day() if self.chance(0.15) else None,
        }

    def sessions(self) -> list[dict[str, Any]]:
        rows = self.several(self.a_session, 0, 1, 1, 2, 3, 5, 8)
        for row in list(rows):
            if self.chance(0.15):
                near = row["administered_on"] + timedelta(days=self.random.randint(0, 4))
                rows.append(self.a_session() | {"administered_on": near})
            if self.chance(0.08):
                rows.append(row)
        return rows

    def a_hold(self) -> dict[str, Any]:
        return self.decision(
            {"reason": "x", "indication": self.maybe_a_word()} | self.span(120, open_share=0.1)
        )

    def an_override(self) -> dict[str, Any]:
        minimum = self.an_interval() if self.chance(0.7) else None
        usual = self.a_range() if minimum is None or self.chance(0.4) else None
        return self.decision(
            {
                "indication": self.a_word(),
                "minimum": minimum,
                "usual": usual,
                "reason": "x",
                "authority": self.random.choice(["clinician", "payer"]),
            }
            | self.span(300, open_share=0.3)
        )

    def a_care_end(self) -> dict[str, Any]:
        if self.chance(0.2):
            on = None if self.chance(0.2) else self.a_day()
            return self.decision({"on": on, "kind": "deceased"})
        word = self.maybe_a_word()
        return self.decision({"on": self.a_day(), "kind": "discontinued", "indication": word})

    def an_authorization(self) -> dict[str, Any]:
        span = self.span(300, open_share=0)
        return self.decision(
            {
                "indication": self.a_word(),
                "product": self.random.choice(["Botox", "Botox", "Dysport"]),
                "valid": span,
                "minimum_interval": self.an_interval() if self.chance(0.7) else None,
            }
        )

    def a_prior(self, before: date) -> dict[str, Any]:
        last = before - timedelta(days=self.random.randrange(200))
        cycles = self.random.randint(0, 5)
        return {
            "indication": self.a_word(),
            "cycles": cycles,
            "last_on": last if cycles and self.chance(0.7) else None,
            "product": self.random.choice(PRODUCTS),
        }

    def a_payer_rule(self) -> dict[str, Any]:
        first, last = sorted([self.a_day(), self.a_day()])
        return {
            "minimum": self.an_interval(),
            "first": first if self.chance(0.6) else None,
            "last": last if self.chance(0.5) else None,
            "indication": self.maybe_a_word(),
            "product": self.random.choice([None, None, "Botox", "Dysport"]),
        }

    def policy(self) -> bs.SchedulingPolicy:
        fields: dict[str, Any] = {}
        if self.chance(0.5):
            fields = {
                "group_within_days": self.random.choice([0, 1, 3, 7, 30]),
                "touch_up_moves_earliest": self.chance(0.5),
                "short_month": self.random.choice(list(bs.ShortMonth)),
                "scheduled_grace": bs.Interval(days=self.random.randrange(20)),
            }
        if self.chance(0.2):
            fields["payer_minimum"] = self.an_interval()
        if self.chance(0.2):
            fields["lapsed_after"] = self.an_interval()
        if self.chance(0.2):
            fields["payer"] = self.several(self.a_payer_rule, 1, 2)
        if self.chance(0.2):
            fields["usual"] = {self.random.choice(self.words): self.a_range()}
        if self.chance(0.5):
            fields["other_indications"] = [OTHER]
        return bs.SchedulingPolicy(**fields)

    def case(self) -> Case:
        protocol, others = self.protocols()
        sessions = self.sessions()
        days = [s["administered_on"] for s in sessions] or [self.a_day()]
        as_of = self.random.choice(days) + timedelta(days=self.random.randrange(200))
        record = bs.PatientRecord.model_validate(
            {
                "sessions": sessions,
                "holds": self.several(self.a_hold, 0, 0, 1, 2),
                "overrides": self.several(self.an_override, 0, 0, 1, 2, 3),
                "care_ends": self.several(self.a_care_end, 0, 0, 0, 0, 1, 2),
                "authorizations": self.several(self.an_authorization, 0, 0, 1),
                "prior_treatments": self.several(
                    lambda: self.a_prior(self.random.choice([as_of, min(days), min(days)])),
                    0, 0, 0, 1, 2,
                ),
            }
        )  # fmt: skip
        return Case(record, protocol, self.policy(), others, as_of)


def differences(case: Case, draw: random.Random) -> Iterator[tuple[str, object, object]]:
    """Yield what was asked, what the library says and what the oracle says, where they differ."""
    oracle = Oracle(case.record, case.protocol, case.as_of, case.policy, case.others)
    asked: dict[str, Any] = {
        "as_of": case.as_of,
        "policy": case.policy,
        "other_protocols": case.others,
    }
    found = bs.forecast(case.record, case.protocol, **asked)
    mine, theirs = (found.status.value, *found.dates.boundaries, found.resumes_on), oracle.answer()
    names = ("status", "earliest", "due", "overdue_from", "lapsed_from", "resumes_on")
    for name, one, two in zip(names, mine, theirs, strict=True):
        if one != two:
            yield f"forecast.{name}", one, two
    ahead = sorted({0, *(draw.randrange(400) for _ in range(12)), *range(80, 95, 4)})
    days = {case.as_of + timedelta(days=n) for n in ahead}
    near = [day for day in (*mine[1:5], *theirs[1:5]) if isinstance(day, date)]
    days |= {day + timedelta(days=n) for day in near for n in (-1, 0)}
    for on in sorted(day for day in days if day >= case.as_of):
        check = bs.check_date(case.record, case.protocol, on=on, **asked)
        if check.allowed is not oracle.allowed(on):
            yield f"check_date({on}).allowed", check.allowed, oracle.allowed(on)
        if check.days_from_earliest != oracle.days_from_earliest(on) and not oracle.dead():
            counted = oracle.days_from_earliest(on)
            yield f"check_date({on}).days_from_earliest", check.days_from_earliest, counted
    for on in (case.as_of, case.as_of + timedelta(days=draw.randrange(120))):
        check = bs.check_date(case.record, case.protocol, on=on, **asked)
        if check.next_allowed_on != oracle.next_allowed(on):
            yield (
                f"check_date({on}).next_allowed_on",
                check.next_allowed_on,
                oracle.next_allowed(on),
            )
    projected = bs.project(case.record, case.protocol, count=4, **asked)
    targets = [session.target for session in projected]
    if targets != oracle.project(4):
        yield "project", [str(t) for t in targets], [str(t) for t in oracle.project(4)]
    oracle.groups()
    cycles = bs.treatment_cycles(case.record, case.protocol, **asked)
    anchors = [cycle.anchored_on for cycle in cycles]
    if anchors != oracle.anchors or [cycle.first_on for cycle in cycles] != oracle.firsts:
        yield "treatment_cycles", anchors, oracle.anchors


def kinds(case: Case, seed: str) -> dict[str, tuple[str, object, object]]:
    """Return the first difference of each kind: a kind is a question without its day."""
    found: dict[str, tuple[str, object, object]] = {}
    try:
        for difference in differences(case, random.Random(seed)):
            before, _, after = difference[0].partition("(")
            found.setdefault(before + after.partition(")")[2], difference)
    except Exception as error:  # noqa: BLE001 - a crash is a difference too
        found["error"] = ("error", repr(error), traceback.format_exc())
    return found


def least(case: Case, kind: str, seed: str) -> Case:
    """Leave out what the difference does not need."""
    again = True
    while again:
        again = False
        for smaller in _smaller(case):
            if kind in kinds(smaller, seed):
                case, again = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with one row, choice, protocol or field less."""
    record, policy = case.record, case.policy
    for name, rows in record:
        for place in range(len(rows) if isinstance(rows, tuple) else 0):
            less = {name: rows[:place] + rows[place + 1 :]}
            yield case._replace(record=record.model_copy(update=less))
    for name, value in bs.SchedulingPolicy():
        if getattr(policy, name) != value:
            yield case._replace(policy=policy.model_copy(update={name: value}))
    for key in {p.id for p in case.others or ()} - {case.protocol.id}:
        yield case._replace(others=tuple(p for p in case.others or () if p.id != key))
    for name in DECISIONS:
        for simpler in _simpler(getattr(record, name)):
            yield case._replace(record=record.model_copy(update={name: simpler}))


def _simpler(rows: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for place, row in enumerate(rows):
        for field in ("id", "recorded_on", "withdrawn_on"):
            if getattr(row, field) is not None:
                plain = row.model_copy(update={field: None})
                yield (*rows[:place], plain, *rows[place + 1 :])


def main() -> None:
    """Compare COUNT records of SEED and print the first differences of each kind."""
    count, seed = int(sys.argv[1]), sys.argv[2]
    seen: Counter[str] = Counter()
    for number in range(count):
        key = f"{seed}-{number}"
        case = Drawer(key).case()
        found = kinds(case, key)
        kind = next(iter(found), None)
        if kind is not None and seen[kind] < MOST_SHOWN:
            case = least(case, kind, key)
            print(f"# {key}: {kinds(case, key)[kind]}\n{case.show()}\n", flush=True)
        seen.update(found.keys())
    print(f"{count} records, seed {seed}: {dict(seen) or 'no difference'}")
    sys.exit(1 if seen else 0)


if __name__ == "__main__":
    main()
