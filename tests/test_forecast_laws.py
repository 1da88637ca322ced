"""Laws of forecasts, and a second implementation that walks day by day."""

from datetime import date, timedelta
from itertools import pairwise, permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from botox_schedule import (
    DueStatus,
    Forecast,
    PatientRecord,
    Product,
    SchedulingPolicy,
    SessionKind,
    SessionStatus,
    TreatmentProtocol,
    TreatmentSession,
    check_date,
    exposure,
    forecast,
    project,
    treatment_cycles,
)
from botox_schedule.testing import days, policies, protocols, record_from_gaps, records, sessions
from oracle import Oracle, bounded

ONA = Product.ONABOTULINUMTOXIN_A
WHEN = days(date(2024, 1, 1), date(2027, 12, 31))
ORDER = [
    DueStatus.TOO_EARLY,
    DueStatus.ALLOWED,
    DueStatus.DUE,
    DueStatus.OVERDUE,
    DueStatus.LAPSED,
]
UNDATED = {
    DueStatus.DECEASED,
    DueStatus.DISCONTINUED,
    DueStatus.ON_HOLD,
    DueStatus.NO_HISTORY,
    DueStatus.NO_INTERVAL,
}
one_product = records(only_product=ONA)


@settings(max_examples=150, deadline=None)
@given(one_product, protocols(), policies(), WHEN)
def test_the_dates_are_those_of_a_walk_over_days(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    record = bounded(record, as_of)
    expected = Oracle(record, protocol, as_of, policy).answer()
    found = forecast(record, protocol, as_of=as_of, policy=policy)
    assert (found.status.value, *found.dates.boundaries) == tuple(expected)


@settings(max_examples=60, deadline=None)
@given(one_product, protocols(), policies(), WHEN, st.integers(0, 300))
def test_each_day_is_judged_by_itself(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    policy: SchedulingPolicy,
    as_of: date,
    ahead: int,
) -> None:
    record = bounded(record, as_of)
    oracle = Oracle(record, protocol, as_of, policy)
    on = as_of + timedelta(days=ahead)
    check = check_date(record, protocol, on=on, as_of=as_of, policy=policy)
    if oracle.ended():
        assert check.allowed is False
        assert check.next_allowed_on is None
    elif oracle.anchor is None:
        assert check.allowed is not oracle.held(on)
    elif oracle.first_allowed_by_rule(on) is None:
        assert check.allowed is (False if oracle.held(on) else None)
    else:
        assert check.allowed is oracle.allowed(on)
        ahead_days = (on + timedelta(days=n) for n in range(2000))
        assert check.next_allowed_on == next((d for d in ahead_days if oracle.allowed(d)), None)


@settings(deadline=None)
@given(one_product, protocols(), policies(), WHEN)
def test_the_earliest_day_is_allowed_and_the_day_before_is_not(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    found = forecast(record, protocol, as_of=as_of, policy=policy)
    earliest = found.dates.earliest
    if earliest is None:
        assert found.status in UNDATED
        return
    if earliest >= as_of:
        assert check_date(record, protocol, on=earliest, as_of=as_of, policy=policy).allowed
    eve = earliest - timedelta(days=1)
    if eve >= as_of:
        assert not check_date(record, protocol, on=eve, as_of=as_of, policy=policy).allowed


@settings(max_examples=40, deadline=None)
@given(records(most_sessions=4), protocols(), policies(), WHEN)
def test_the_order_of_the_records_means_nothing(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    expected = forecast(record, protocol, as_of=as_of, policy=policy)
    for shuffled in permutations(record.sessions):
        other = record.model_copy(
            update={
                "sessions": shuffled,
                "holds": record.holds[::-1],
                "overrides": record.overrides[::-1],
                "care_ends": record.care_ends[::-1],
                "weights": record.weights[::-1],
            }
        )
        assert forecast(other, protocol, as_of=as_of, policy=policy) == expected


@settings(deadline=None)
@given(records(), protocols(), WHEN, st.integers(2, 4))
def test_identical_copies_change_nothing(
    record: PatientRecord, protocol: TreatmentProtocol, as_of: date, times: int
) -> None:
    named = tuple(s for s in record.sessions if s.id is not None)
    record = record.model_copy(update={"sessions": named})
    repeated = record.model_copy(update={"sessions": named * times})
    assert forecast(repeated, protocol, as_of=as_of) == forecast(record, protocol, as_of=as_of)


@settings(deadline=None)
@given(
    records(only_history=True, only_product=ONA),
    sessions(only_completed=True, only_product=ONA),
    protocols(),
    policies(),
)
def test_one_more_session_never_moves_earliest_earlier(
    record: PatientRecord,
    extra: TreatmentSession,
    protocol: TreatmentProtocol,
    policy: SchedulingPolicy,
) -> None:
    as_of = date(2026, 12, 31)
    touch_ups = any(s.kind is SessionKind.TOUCH_UP for s in (*record.sessions, extra))
    assume(policy.touch_up_moves_earliest or not touch_ups)
    sessions_ = tuple(s for s in record.sessions if s.id != extra.id or s.id is None)
    record = record.model_copy(update={"sessions": sessions_})
    more = record.model_copy(update={"sessions": (*sessions_, extra)})
    before = forecast(record, protocol, as_of=as_of, policy=policy).dates.earliest
    after = forecast(more, protocol, as_of=as_of, policy=policy).dates.earliest
    assert after is not None
    assert before is None or after >= before


@settings(deadline=None)
@given(protocols(), days(date(2024, 1, 1), date(2025, 1, 1)), st.integers(2, 8))
def test_a_series_on_its_earliest_days_never_counts_two(
    protocol: TreatmentProtocol, start: date, count: int
) -> None:
    minimum = protocol.retreatment.minimum
    assume(minimum is not None and minimum.day_bounds[0] > 3)
    assert minimum is not None
    record = record_from_gaps([], starts_on=start, units=100)
    for number in range(count):
        day = forecast(record, protocol, as_of=record.sessions[-1].administered_on).dates.earliest
        assert day is not None
        session = TreatmentSession(
            id=f"next-{number}",
            administered_on=day,
            indication="chronic-migraine",
            product=ONA,
            units=100,  # type: ignore[arg-type]
        )
        record = record.model_copy(update={"sessions": (*record.sessions, session)})
        assert exposure(record, product=ONA, window=minimum, on=day).units == 100


@settings(deadline=None)
@given(
    records(only_history=True, last=date(2024, 12, 31)),
    protocols(),
    policies(),
    st.lists(days(date(2025, 1, 1), date(2027, 12, 31)), min_size=2, max_size=6),
)
def test_the_status_never_goes_back_as_days_pass(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, when: list[date]
) -> None:
    given_before = record_from_gaps([], starts_on=date(2024, 1, 1)).sessions
    record = record.model_copy(update={"sessions": (*record.sessions, *given_before)})
    statuses = [
        ORDER.index(forecast(record, protocol, as_of=day, policy=policy).status)
        for day in sorted(when)
    ]
    assert statuses == sorted(statuses)


@settings(deadline=None)
@given(records(), protocols(), policies(), WHEN)
def test_the_explanation_names_each_date_or_says_why_there_is_none(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    found = forecast(record, protocol, as_of=as_of, policy=policy)
    text = found.explain()
    for (name, reason), day in zip(found.reasons.items(), found.dates.boundaries, strict=True):
        assert reason.on == day
        assert f"{name} {day or 'not dated'}: {reason.rule}" in text
        assert reason.rule
        assert day is None or str(day) in reason.rule
    assert "recommended" not in text.replace("recommended retreatment schedule", "")
    assert "safe" not in text


@settings(deadline=None)
@given(records(), protocols(), policies(), WHEN)
def test_answers_read_back_from_json(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    found = forecast(record, protocol, as_of=as_of, policy=policy, planned_units=100)
    assert Forecast.model_validate_json(found.model_dump_json()) == found
    again = PatientRecord.model_validate_json(record.model_dump_json())
    assert again == record
    assert forecast(again, protocol, as_of=as_of, policy=policy, planned_units=100) == found


@settings(deadline=None)
@given(one_product, protocols(with_usual=True), policies(), WHEN)
def test_a_projection_starts_at_the_due_day(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    found = forecast(record, protocol, as_of=as_of, policy=policy)
    ahead = project(record, protocol, as_of=as_of, policy=policy, count=3)
    if found.dates.due is None:
        assert ahead == ()
    else:
        assert (ahead[0].target, ahead[0].window.first) == (found.dates.due, found.dates.earliest)
        assert all(session.target in session.window for session in ahead)
        assert sorted(s.target for s in ahead) == [s.target for s in ahead]


@settings(deadline=None)
@given(records(), protocols(), policies(), WHEN)
def test_every_session_of_the_track_is_in_one_cycle(
    record: PatientRecord, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> None:
    cycles = treatment_cycles(record, protocol, as_of=as_of, policy=policy)
    assert [cycle.number for cycle in cycles] == list(range(1, len(cycles) + 1))
    assert [cycle.is_open for cycle in cycles] == [False] * (len(cycles) - 1) + [True] * bool(
        cycles
    )
    ids = [key for cycle in cycles for key in cycle.session_ids]
    assert len(ids) == len(set(ids))
    for before, after in pairwise(cycles):
        assert (after.first_on - before.first_on).days > policy.group_within_days
        assert after.interval_days == (after.first_on - before.anchored_on).days


@settings(deadline=None)
@given(records(only_history=True, only_full=True), protocols(), WHEN)
def test_what_did_not_happen_moves_nothing(
    record: PatientRecord, protocol: TreatmentProtocol, as_of: date
) -> None:
    before = forecast(record, protocol, as_of=as_of)
    for status in SessionStatus:
        if status is SessionStatus.COMPLETED:
            continue
        session = TreatmentSession(
            id="did-not-happen",
            administered_on=as_of,
            indication="chronic-migraine",
            product=ONA,
            status=status,
        )
        more = record.model_copy(update={"sessions": (*record.sessions, session)})
        assert forecast(more, protocol, as_of=as_of).dates == before.dates
