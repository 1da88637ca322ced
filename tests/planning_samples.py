"""What the tests of planning share: records, decisions, calendars, and a second way to judge a day."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.testing import days, record_from_gaps

MIGRAINE = bs.find_protocol("chronic-migraine")
SPASTICITY = bs.find_protocol("spasticity")
ONA = bs.Product.ONABOTULINUMTOXIN_A
DAY = timedelta(days=1)
WHEN = days(date(2024, 1, 1), date(2027, 6, 30))
one = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)


def never(_: date) -> bool:
    """A clinic that is closed every day."""
    return False


@st.composite
def authorizations(draw: st.DrawFn) -> bs.PriorAuthorization:
    first, last = sorted((draw(WHEN), draw(WHEN)))
    return bs.PriorAuthorization(
        indication="chronic-migraine",
        product=draw(st.sampled_from([ONA, ONA, bs.Product.ABOBOTULINUMTOXIN_A])),
        valid=bs.Window(first=first, last=last),
        sessions=draw(st.none() | st.integers(0, 4)),
        units=draw(st.none() | st.integers(1, 1000).map(Decimal)),
        minimum_interval=draw(st.none() | st.just(bs.Interval(weeks=12))),
    )


@st.composite
def calendars(draw: st.DrawFn) -> plan.ClinicCalendar:
    weekdays = draw(st.frozensets(st.sampled_from(plan.Weekday), min_size=1))
    first = draw(WHEN)
    closure = bs.Window(first=first, last=first + timedelta(days=draw(st.integers(0, 200))))
    return plan.ClinicCalendar(open_weekdays=weekdays, closures=(closure,))


def clock_of(protocol: bs.TreatmentProtocol) -> frozenset[str]:
    known = bs.protocols.ProtocolSet(bs.bundled_protocols()).with_given(protocol)
    return known.clock(protocol.indication, protocol.population, protocol.region)


def authorized(
    record: bs.PatientRecord, protocol: bs.TreatmentProtocol, as_of: date, day: date, units: Decimal
) -> bool | None:
    """Whether an authorization covers an allowed day, by counting anew.

    Its minimum is among the rules that allowed the day; what was discarded is never recorded.
    """
    clock = clock_of(protocol)
    answers = set()
    for approval in record.authorizations:
        inside = [
            s
            for s in _completed(record, as_of)
            if s.indication in clock
            and approval.valid.first <= s.administered_on <= approval.valid.last
        ]
        own = [s for s in inside if s.product == approval.product]
        unsure = approval.units is not None
        fits = approval.product == protocol.product and day in approval.valid
        if approval.sessions is not None:
            visits = {s.administered_on for s in own}
            possible = {s.administered_on for s in inside if s.product in (None, approval.product)}
            fits = fits and len(visits) < approval.sessions
            unsure = unsure or len(possible) >= approval.sessions
        if approval.units is not None:
            used = sum((s.units or 0) for s in own)
            fits = fits and used + units <= approval.units and used < approval.units
        answers.add(None if fits and unsure else fits)
    if not answers or True in answers:
        return True
    return None if None in answers else False


def _completed(record: bs.PatientRecord, as_of: date) -> list[bs.TreatmentSession]:
    deaths = [e.on for e in record.care_ends if e.kind == "deceased" and e.on is not None]
    return [
        s
        for s in record.sessions
        if s.status == "completed"
        and s.administered_on <= as_of
        and not (deaths and s.administered_on > min(deaths))
    ]


def is_first_treatment(check: bs.engine.DateCheck) -> bool:
    """Whether a day is open only because nothing was given yet."""
    return check.allowed is None and [r.code.value for r in check.reasons] == ["no_history"]


def fits(
    record: bs.PatientRecord,
    protocol: bs.TreatmentProtocol,
    as_of: date,
    policy: bs.SchedulingPolicy,
    calendar: plan.ClinicCalendar,
) -> Callable[[date], bool]:
    """Whether a day can be booked, by asking each rule separately."""

    def answer(day: date) -> bool:
        # A calendar is asked quicker than the rules.
        if not calendar.is_open(day):
            return False
        check = bs.check_date(record, protocol, on=day, as_of=as_of, policy=policy)
        allowed = check.allowed is True or is_first_treatment(check)
        return allowed and authorized(record, protocol, as_of, day, Decimal(100)) is not False

    return answer


def preferred(found: list[date], due: date | None) -> list[date]:
    if due is None:
        return sorted(found)
    return sorted(found, key=lambda day: (day < due, abs((day - due).days)))


YEAR = {"first": "2026-01-01", "last": "2026-12-31"}


APPROVED: dict[str, Any] = {"indication": "chronic-migraine", "product": "Botox", "valid": YEAR}


GIVEN: dict[str, Any] = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}


def approved(**given: Any) -> dict[str, Any]:
    year = {"first": "2026-01-01", "last": "2026-12-31"}
    return {"indication": "chronic-migraine", "product": "Botox", "valid": year, **given}


def with_approval(*sessions: dict[str, Any], **given: Any) -> bs.PatientRecord:
    rows = [{"indication": "chronic-migraine", "product": "Botox", **s} for s in sessions]
    return bs.PatientRecord.model_validate(
        {"sessions": rows, "authorizations": [approved(**given)]}
    )


MIGRAINE_ROW = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}


def record_of(*rows: dict[str, Any], **fields: Any) -> bs.PatientRecord:
    """A record of migraine sessions with BOTOX, and whatever else is given."""
    sessions_given = [{**MIGRAINE_ROW, **row} for row in rows]
    return bs.PatientRecord.model_validate({"sessions": sessions_given, **fields})


@st.composite
def decisions(draw: st.DrawFn) -> dict[str, Any]:
    """A hold or a discharge."""
    first = draw(WHEN)
    if draw(st.booleans()):
        return {"care_ends": (bs.CareEnd(on=first, kind="discontinued"),)}
    last = draw(st.none() | st.integers(0, 200).map(lambda count: first + count * DAY))
    return {"holds": (bs.Hold(first=first, last=last, reason="surgery"),)}


def two_treatments() -> bs.PatientRecord:
    """A record of one session for migraine and one for spasticity, a week apart."""
    return bs.PatientRecord(
        sessions=[
            {
                "administered_on": "2026-01-05",
                "indication": "chronic-migraine",
                "product": "Botox",
                "units": 155,
            },
            {
                "administered_on": "2026-01-12",
                "indication": "spasticity",
                "product": "Botox",
                "units": 200,
            },
        ]
    )
