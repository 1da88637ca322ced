"""Compares every date with the oracle's over many records: ``python compare_oracle.py COUNT SEED``.

The records are drawn by a seeded generator, with everything that moves a date: touch-ups, split
sessions, holds, overrides, ends of care, policies, calendars and authorizations.
"""

import random
import sys
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import botox_schedule as bs
from botox_schedule.planning import ClinicCalendar, Weekday, bookable_days
from oracle import Oracle, add

DAY = timedelta(days=1)
START = date(2023, 1, 1).toordinal()
SPASTICITY = bs.find_protocol("spasticity")


def a_day(draw: random.Random, span: int = 1400) -> date:
    """A day; month ends come up often."""
    day = date.fromordinal(START + draw.randrange(span))
    if draw.random() < 0.25:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY
    return day


def an_interval(draw: random.Random, least: int = 1) -> dict[str, int]:
    """Weeks, months, days, or a sum of them."""
    kind = draw.randrange(4)
    return [
        {"weeks": draw.randint(least, 20)},
        {"months": draw.randint(least, 5)},
        {"days": draw.randint(7 * least, 120)},
        {"months": draw.randint(least, 3), "days": draw.randint(0, 10)},
    ][kind]


def a_protocol(draw: random.Random) -> bs.TreatmentProtocol:
    """A protocol with or without a usual range."""
    minimum = bs.Interval(**an_interval(draw))
    usual = None
    if draw.random() < 0.8:
        first = bs.Interval(
            months=minimum.months, weeks=minimum.weeks, days=minimum.days + draw.randrange(20)
        )
        last = bs.Interval(
            months=first.months, weeks=first.weeks, days=first.days + draw.randint(4, 40)
        )
        usual = bs.IntervalRange(first=first, last=last if draw.random() < 0.5 else first)
    return bs.TreatmentProtocol(
        id="drawn",
        version="1",
        region="us",
        indication="chronic-migraine",
        product="Botox",
        population="adult",
        retreatment=bs.protocols.RetreatmentRule(
            kind=draw.choice(["scheduled", "as_needed"]), minimum=minimum, usual=usual
        ),
    )


def a_policy(draw: random.Random) -> bs.SchedulingPolicy:
    """What a clinic could choose."""
    fields: dict[str, Any] = {
        "group_within_days": draw.randrange(8),
        "touch_up_moves_earliest": draw.random() < 0.5,
        "short_month": draw.choice(list(bs.ShortMonth)),
        "scheduled_grace": bs.Interval(days=draw.randrange(20)),
    }
    if draw.random() < 0.3:
        fields["payer_minimum"] = bs.Interval(**an_interval(draw))
    if draw.random() < 0.3:
        fields["lapsed_after"] = bs.Interval(**an_interval(draw))
    return bs.SchedulingPolicy(**fields)


def a_record(draw: random.Random) -> bs.PatientRecord:
    """Sessions of all sorts, holds, overrides, ends of care."""
    sessions = [
        {
            "id": None if draw.random() < 0.5 else str(draw.randrange(12)),
            "administered_on": a_day(draw),
            "indication": draw.choice(["chronic-migraine", "chronic-migraine", "spasticity"]),
            "product": "Botox",
            "units": draw.choice([None, 100, 155]),
            "status": draw.choice(["completed"] * 4 + list(bs.SessionStatus)),
            "kind": draw.choice(["full", "full", "full", "touch_up"]),
        }
        for _ in range(draw.randint(0, 9))
    ]
    holds = []
    for _ in range(draw.choice([0, 0, 1, 2])):
        first = a_day(draw)
        last = None if draw.random() < 0.2 else first + timedelta(days=draw.randrange(120))
        holds.append({"first": first, "last": last, "reason": "x"})
    overrides = []
    for _ in range(draw.choice([0, 0, 1, 2])):
        first = a_day(draw)
        overrides.append(
            {
                "indication": "chronic-migraine",
                "first": first,
                "last": None
                if draw.random() < 0.3
                else first + timedelta(days=draw.randrange(400)),
                "minimum": bs.Interval(**an_interval(draw)),
                "reason": "x",
                "authority": draw.choice(["clinician", "payer"]),
            }
        )
    ends = [
        {"on": a_day(draw), "kind": draw.choice(list(bs.CareEndKind))}
        for _ in range(draw.choice([0, 0, 0, 0, 1]))
    ]
    return bs.PatientRecord.model_validate(
        {"sessions": sessions, "holds": holds, "overrides": overrides, "care_ends": ends}
    )


def compare(draw: random.Random) -> str:
    """Compare one record's dates, some days around them, and the days that can be booked."""
    record, protocol, policy = a_record(draw), a_protocol(draw), a_policy(draw)
    given = [session.administered_on for session in record.sessions] or [a_day(draw)]
    as_of = draw.choice(given) + timedelta(days=draw.randrange(250))
    oracle = Oracle(record, protocol, as_of, policy)
    asked: dict[str, Any] = {"as_of": as_of, "policy": policy}
    found = bs.forecast(record, protocol, **asked)
    expected = tuple(oracle.answer())
    assert (found.status.value, *found.dates.boundaries) == expected, (
        record.model_dump_json(),
        as_of,
    )
    allowed = {}
    for ahead in range(0, 140, 7):
        on = as_of + timedelta(days=ahead + draw.randrange(7))
        check = bs.check_date(record, protocol, on=on, **asked)
        allowed[on] = check.allowed
        if oracle.ended():
            assert check.allowed is False
        elif oracle.anchor is not None and oracle.first_allowed_by_rule(on) is not None:
            assert check.allowed is oracle.allowed(on), (record.model_dump_json(), as_of, on)
    calendar = ClinicCalendar(open_weekdays=draw.sample(list(Weekday), draw.randint(1, 7)))
    offered = {
        day.on
        for day in bookable_days(
            record, protocol, calendar=calendar, until=as_of + timedelta(days=150), **asked
        )
    }
    earliest = found.dates.earliest or as_of
    for on, verdict in allowed.items():
        assert (on in offered) is (verdict is True and calendar.is_open(on) and on >= earliest), on
    _compare_cycles(record, protocol, policy, as_of, oracle)
    _compare_one_session(draw, protocol, policy)
    return found.status.value


def _compare_cycles(
    record: bs.PatientRecord,
    protocol: bs.TreatmentProtocol,
    policy: bs.SchedulingPolicy,
    as_of: date,
    oracle: Oracle,
) -> None:
    """Each cycle's days, number and interval; the sum of units over a window."""
    cycles = bs.treatment_cycles(record, protocol, as_of=as_of, policy=policy)
    groups = oracle.groups
    assert [cycle.anchored_on for cycle in cycles] == [group[-1] for group in groups]
    assert [cycle.first_on for cycle in cycles] == [group[0] for group in groups]
    assert [cycle.number for cycle in cycles] == list(range(1, len(groups) + 1))
    gaps = [None, *((two[0] - one[-1]).days for one, two in pairwise(groups))]
    assert [cycle.interval_days for cycle in cycles] == gaps[: len(cycles)]


def _compare_one_session(
    draw: random.Random, protocol: bs.TreatmentProtocol, policy: bs.SchedulingPolicy
) -> None:
    """Dates, projections and response of one session, by plain addition."""
    day = a_day(draw)
    rule, short = protocol.retreatment, policy.short_month.value
    assert rule.minimum is not None
    minimums = [m for m in (rule.minimum, policy.payer_minimum) if m is not None]
    dates = bs.due_dates(day, protocol, policy)
    assert dates.earliest == max(add(day, m, short) for m in minimums)
    if rule.usual is not None:
        assert dates.due == max(dates.earliest, add(day, rule.usual.first, short))
    for session in bs.project_dates(day, protocol, count=3, policy=policy):
        assert rule.usual is not None
        first = max(add(day, m, short, session.number) for m in minimums)
        target = max(first, add(day, rule.usual.first, short, session.number))
        last = max(target, add(day, rule.usual.last, short, session.number))
        assert (session.target, session.window) == (target, bs.Window(first=first, last=last))
    timeline = bs.response_timeline(day, SPASTICITY, policy=policy)
    for name in ("onset", "peak", "wear_off"):
        stated, window = getattr(SPASTICITY.response, name), getattr(timeline, name)
        assert window.first == add(day, stated.first, short)
        assert window.last == add(day, stated.last, short)
    phases = [
        bs.response_phase(timeline, as_of=day + timedelta(days=n)).value for n in range(0, 200, 9)
    ]
    assert phases == [_phase(timeline, day + timedelta(days=n)) for n in range(0, 200, 9)]


def _phase(timeline: Any, day: date) -> str:
    """The last boundary that was passed names the phase."""
    named = [
        (timeline.administered_on, "latent"),
        (timeline.onset.first, "onset"),
        (timeline.onset.last + DAY, "building"),
        (timeline.peak.first, "peak"),
        (timeline.peak.last + DAY, "sustained"),
        (timeline.wear_off.first, "wearing_off"),
        (timeline.wear_off.last + DAY, "worn_off"),
    ]
    return [phase for boundary, phase in named if boundary <= day][-1]


def main() -> None:
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    seen: Counter[str] = Counter()
    for number in range(count):
        seen[compare(random.Random(f"{seed}-{number}"))] += 1
    print(f"{count} records, seed {seed}: no difference; {dict(seen.most_common())}")


if __name__ == "__main__":
    main()
