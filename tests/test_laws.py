"""Laws: what holds for every record, whatever is in it."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import (
    CareEnd,
    DueStatus,
    FindingCode,
    Forecast,
    Hold,
    PatientRecord,
    PayerRule,
    Product,
    SchedulingPolicy,
    SessionKind,
    SessionStatus,
    TreatmentProtocol,
    TreatmentSession,
    check_date,
    exposure,
    forecast,
    forecast_all,
    project,
    treatment_cycles,
)
from botox_schedule.testing import (
    RecordPart,
    days,
    intervals,
    policies,
    protocols,
    record_from_gaps,
    records,
    sessions,
)

EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "15"))
"""For each law; a longer look is worth it after a change of a rule."""
DAY = timedelta(days=1)
ONA = Product.ONABOTULINUMTOXIN_A
MIGRAINE = "chronic-migraine"
ARM, LEG, LIMBS = "upper-limb-spasticity", "lower-limb-spasticity", "spasticity"
OTHER = "bruxism"
MISSPELLED = "chronic-migrane"
FIRST, LAST = date(2025, 1, 1), date(2026, 6, 30)
WHEN = days(FIRST, date(2026, 12, 31))
DECISIONS = ("holds", "overrides", "care_ends", "authorizations")
NOT_GUESSED = {
    RecordPart.HOLDS,
    RecordPart.OVERRIDES,
    RecordPart.CARE_ENDS,
    RecordPart.AUTHORIZATIONS,
    RecordPart.PRIOR_TREATMENTS,
    RecordPart.CHANGED_DECISIONS,
}
ORDER = [
    DueStatus.TOO_EARLY,
    DueStatus.ALLOWED,
    DueStatus.DUE,
    DueStatus.OVERDUE,
    DueStatus.LAPSED,
]
ADULT = [
    p
    for p in bs.bundled_protocols()
    if (p.region, p.population.value, p.indication)
    in {("us", "adult", x) for x in (ARM, LEG, LIMBS)}
]

laws = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)


def drawn(*words: str, also: Iterable[RecordPart] = RecordPart) -> st.SearchStrategy[PatientRecord]:
    """Draw records in which everything comes up."""
    return records(
        indications=words or (MIGRAINE,), first=FIRST, last=LAST, most_sessions=6, also=tuple(also)
    )


anything = drawn()
limbs = drawn(ARM, LEG, LIMBS)
policy_drawn = policies(payer_rules=True)
planned = st.one_of(protocols(), st.sampled_from(ADULT))


def record_for(protocol: TreatmentProtocol, also: Iterable[RecordPart] = RecordPart) -> Any:
    """Draw a record about what the protocol treats."""
    words = [MIGRAINE] if protocol.indication == MIGRAINE else [ARM, LEG, LIMBS]
    return drawn(*words, also=also)


@st.composite
def questions(
    draw: st.DrawFn, also: Iterable[RecordPart] = RecordPart
) -> tuple[PatientRecord, TreatmentProtocol, dict[str, Any]]:
    """Draw a record, a protocol, and the day and the policy with which they are asked about."""
    protocol = draw(planned)
    asked = {"as_of": draw(WHEN), "policy": draw(policy_drawn)}
    return draw(record_for(protocol, also)), protocol, asked


def with_rows(record: PatientRecord, **rows: Iterable[Any]) -> PatientRecord:
    """Return the record with other rows."""
    return record.model_copy(update={name: tuple(those) for name, those in rows.items()})


def some_days(as_of: date) -> list[date]:
    """A year of days, close together at first."""
    return [as_of + timedelta(days=n) for n in (*range(0, 14, 2), *range(14, 400, 11))]


def allowed_days(
    record: PatientRecord, protocol: TreatmentProtocol | str, asked: dict[str, Any]
) -> set[date]:
    """The days of the next year that are allowed."""
    return {
        on
        for on in some_days(asked["as_of"])
        if check_date(record, protocol, on=on, **asked).allowed
    }


def is_counted(session: TreatmentSession, as_of: date) -> bool:
    """Whether a session was given by then."""
    return session.status is SessionStatus.COMPLETED and session.administered_on <= as_of


class TestConservation:
    @laws
    @given(st.one_of(anything, drawn(ARM, LEG, MIGRAINE, OTHER)), WHEN, st.booleans())
    def test_each_session_is_in_one_place(
        self, record: PatientRecord, as_of: date, declared: bool
    ) -> None:
        """Each session is in exactly one of: a cycle of a track, not completed, after as_of, an
        identical copy, merged under an id, unrecognized, declared, after death.
        """
        named = [
            bs.TreatmentSession(
                **{
                    name: getattr(session, name)
                    for name in TreatmentSession.__dataclass_fields__
                    if name != "id"
                },
                id=f"row-{number}",
            )
            for number, session in enumerate(record.sessions)
        ]
        record = with_rows(record, sessions=named)
        policy = SchedulingPolicy(other_indications=[OTHER] if declared else [])
        answers = forecast_all(record, as_of=as_of, policy=policy)
        tracks = [answer for answer in answers if answer.protocol is not None]
        in_cycles = [
            key
            for track in tracks
            for cycle in treatment_cycles(record, track.indication, as_of=as_of, policy=policy)
            for key in cycle.session_ids
        ]
        told = {
            code: {
                key for a in answers for f in a.findings if f.code is code for key in f.record_ids
            }
            for code in FindingCode
        }
        for session in named:
            places = [
                session.status is not SessionStatus.COMPLETED,
                session.id in told[FindingCode.FUTURE_COMPLETED_SESSION],
                session.id in told[FindingCode.UNRECOGNIZED_INDICATION],
                session.id in told[FindingCode.SESSION_AFTER_DEATH],
                declared
                and session.indication == OTHER
                and is_counted(session, as_of)
                and session.id not in told[FindingCode.SESSION_AFTER_DEATH],
            ]
            assert sum(places) + in_cycles.count(str(session.id)) == 1, places

    @laws
    @given(anything, WHEN)
    def test_of_two_rows_under_one_id_each_is_counted_or_named(
        self, record: PatientRecord, as_of: date
    ) -> None:
        """A row merged under an id is named, unless the id was entered in error."""
        taken_back = {s.id for s in record.sessions if s.status is SessionStatus.ENTERED_IN_ERROR}
        known = [s for s in record.sessions if s.id and is_counted(s, as_of)]
        known = [s for s in known if s.id not in taken_back]
        first = next(iter(known), None)
        assume(first is not None)
        assert first is not None
        later = _changed(first, administered_on=as_of, recorded_on=None)
        assume(later != first)
        found = forecast_all(with_rows(record, sessions=[*record.sessions, later]), as_of=as_of)
        named = {
            key
            for answer in found
            for f in answer.findings
            if f.code is FindingCode.CONFLICTING_RECORDS
            for key in f.record_ids
        }
        assert first.id in named


def _changed(session: TreatmentSession, **fields: Any) -> TreatmentSession:
    kept = {name: getattr(session, name) for name in TreatmentSession.__dataclass_fields__}
    return TreatmentSession(**kept | fields)


def _replaced(rows: tuple[Any, ...], place: int, row: Any) -> tuple[Any, ...]:
    return (*rows[:place], row, *rows[place + 1 :])


class TestDanger:
    """A mistake in the record makes no day allowed that was not."""

    @laws
    @given(questions(), st.data())
    def test_a_misspelled_session_opens_no_day(self, question: Any, data: st.DataObject) -> None:
        """Misspell the indication of a counted session: no day becomes allowed."""
        self._spoil_a_session(question, data, lambda s: _changed(s, indication=MISSPELLED))

    @laws
    @given(questions(), st.data())
    def test_an_unknown_product_opens_no_day(self, question: Any, data: st.DataObject) -> None:
        """Make a counted session's product unknown: no day becomes allowed."""
        self._spoil_a_session(question, data, lambda s: _changed(s, product=None))

    @laws
    @given(questions(), st.data())
    def test_a_sibling_indication_opens_no_day(self, question: Any, data: st.DataObject) -> None:
        """Move a session of the planned indication to a sibling with no shorter minimum."""
        record, protocol, asked = question
        siblings = [
            p.indication
            for p in ADULT
            if p.product is protocol.product
            and p.indication in protocol.shares_clock_with
            and protocol.retreatment.minimum
            and p.retreatment.minimum == protocol.retreatment.minimum
        ]
        assume(siblings and protocol in ADULT)
        moved = data.draw(st.sampled_from(siblings))

        def move(s: TreatmentSession) -> TreatmentSession:
            return _changed(s, indication=moved) if s.indication == protocol.indication else s

        self._spoil_a_session((record, protocol, asked), data, move)

    @laws
    @given(questions(), st.data())
    def test_a_foreign_id_opens_no_day(self, question: Any, data: st.DataObject) -> None:
        """Put a row under a foreign id without an entered-in-error row."""
        record, protocol, asked = question
        wrong = {s.id for s in record.sessions if s.status is SessionStatus.ENTERED_IN_ERROR}
        keys = sorted({s.id for s in record.sessions if s.id} - wrong)
        assume(keys)
        key = data.draw(st.sampled_from(keys))

        def under_it(s: TreatmentSession) -> TreatmentSession:
            return s if s.id in wrong and s.id else _changed(s, id=key)

        self._spoil_a_session((record, protocol, asked), data, under_it)

    @staticmethod
    def _spoil_a_session(
        question: Any, data: st.DataObject, spoil: Callable[[TreatmentSession], TreatmentSession]
    ) -> None:
        record, protocol, asked = question
        places = [n for n, s in enumerate(record.sessions) if is_counted(s, asked["as_of"])]
        assume(places)
        place = data.draw(st.sampled_from(places))
        rows = _replaced(record.sessions, place, spoil(record.sessions[place]))
        spoiled = with_rows(record, sessions=rows)
        by = data.draw(st.sampled_from([protocol, protocol.indication]))
        before = allowed_days(record, by, asked)
        assert allowed_days(spoiled, by, asked) <= before

    @laws
    @given(questions(), st.data())
    def test_a_misspelled_decision_opens_no_day(self, question: Any, data: st.DataObject) -> None:
        """Misspell the indication of any decision: no day becomes allowed."""
        record, protocol, asked = question
        rows = [
            (name, place)
            for name in (*DECISIONS, "prior_treatments")
            for place, row in enumerate(getattr(record, name))
            if row.indication is not None
        ]
        assume(rows)
        name, place = data.draw(st.sampled_from(rows))
        row = getattr(record, name)[place].model_copy(update={"indication": MISSPELLED})
        spoiled = with_rows(record, **{name: _replaced(getattr(record, name), place, row)})
        by = data.draw(st.sampled_from([protocol, protocol.indication]))
        assert allowed_days(spoiled, by, asked) <= allowed_days(record, by, asked)


class TestPlanned:
    """What is planned binds the days it covers."""

    @laws
    @given(questions(), WHEN, st.integers(0, 90))
    def test_a_hold_opens_no_day(self, question: Any, first: date, length: int) -> None:
        """Adding a hold never makes a day allowed that was not; nothing is projected into it."""
        record, protocol, asked = question
        hold = Hold(first=first, last=first + timedelta(days=length), reason="planned")
        held = with_rows(record, holds=[*record.holds, hold])
        after = allowed_days(held, protocol, asked)
        assert after <= allowed_days(record, protocol, asked)
        days_ahead = [s.target for s in project(held, protocol, count=3, **asked)]
        assert not any(hold.first <= on <= (hold.last or on) for on in [*after, *days_ahead])

    @laws
    @given(questions(), WHEN)
    def test_a_discharge_opens_no_day(self, question: Any, on: date) -> None:
        """Adding a discharge never makes a day allowed that was not; nothing comes after it."""
        record, protocol, asked = question
        end = CareEnd(on=on, kind="discontinued")
        ended = with_rows(record, care_ends=[*record.care_ends, end])
        after = allowed_days(ended, protocol, asked)
        assert after <= allowed_days(record, protocol, asked)
        if not any(s.administered_on > on for s in record.sessions):
            targets = [s.target for s in project(ended, protocol, count=3, **asked)]
            assert all(day < on for day in [*after, *targets])

    @laws
    @given(questions(), intervals(most_days=200))
    def test_a_stricter_payer_opens_no_day(self, question: Any, minimum: bs.Interval) -> None:
        """Adding a stricter payer rule never makes a day allowed that was not."""
        record, protocol, asked = question
        policy = asked["policy"]
        stricter = policy.model_copy(update={"payer": (*policy.payer, PayerRule(minimum=minimum))})
        after = allowed_days(record, protocol, asked | {"policy": stricter})
        assert after <= allowed_days(record, protocol, asked)

    @laws
    @given(questions(), WHEN, st.integers(0, 200), st.integers(0, 200))
    def test_a_withdrawn_hold_is_one_that_ended(
        self, question: Any, first: date, length: int, until: int
    ) -> None:
        """From the day of its withdrawal on a hold is one that ended the day before."""
        record, protocol, asked = question
        withdrawn_on = first + timedelta(days=until)
        assume(withdrawn_on <= asked["as_of"])
        last = first + timedelta(days=length)
        hold = Hold(first=first, last=last, withdrawn_on=withdrawn_on, reason="x")
        ended = []
        if withdrawn_on > first:
            ended = [Hold(first=first, last=min(last, withdrawn_on - DAY), reason="x")]
        one, two = (with_rows(record, holds=[*record.holds, *h]) for h in ([hold], ended))
        found, expected = (forecast(r, protocol, **asked) for r in (one, two))
        assert (found.status, found.dates) == (expected.status, expected.dates)
        assert allowed_days(one, protocol, asked) == allowed_days(two, protocol, asked)


def _happenings(record: PatientRecord) -> Iterator[date]:
    """The days on which something was completed, recorded or withdrawn."""
    for session in record.sessions:
        yield session.administered_on
        if session.recorded_on:
            yield session.recorded_on
    for name in DECISIONS:
        for row in getattr(record, name):
            yield from (day for day in (row.recorded_on, row.withdrawn_on) if day)
    yield from (p.last_on for p in record.prior_treatments if p.last_on)


def _begins(record: PatientRecord) -> Iterator[date]:
    """The days on which a hold or a discharge begins."""
    yield from (hold.first for hold in record.holds)
    yield from (end.on for end in record.care_ends if end.on)


class TestTime:
    @laws
    @given(questions(), st.integers(1, 60), st.integers(0, 120))
    def test_a_day_is_judged_alike_from_every_earlier_day(
        self, question: Any, passed: int, ahead: int
    ) -> None:
        """With nothing completed or recorded in between, check_date says the same."""
        record, protocol, asked = question
        before, after = asked["as_of"], asked["as_of"] + timedelta(days=passed)
        assume(not any(before < day <= after for day in _happenings(record)))
        on, policy = after + timedelta(days=ahead), asked["policy"]
        one, two = (
            check_date(record, protocol, on=on, as_of=day, policy=policy) for day in (before, after)
        )
        assert (one.allowed, one.days_from_earliest, one.next_allowed_on) == (
            two.allowed,
            two.days_from_earliest,
            two.next_allowed_on,
        )

    @laws
    @given(questions(), st.integers(1, 40))
    def test_the_dates_stay_while_nothing_happens(self, question: Any, passed: int) -> None:
        """The four dates stay while no stretch ended and no hold or discharge began."""
        record, protocol, asked = question
        before, after = asked["as_of"], asked["as_of"] + timedelta(days=passed)
        assume(not any(before < day <= after for day in [*_happenings(record), *_begins(record)]))
        between = [before + timedelta(days=n) for n in range(passed + 1)]
        verdicts = [
            check_date(record, protocol, on=day, **asked).allowed is True for day in between
        ]
        assume(not any(one and not two for one, two in pairwise(verdicts)))
        one = forecast(record, protocol, **asked).dates
        assert forecast(record, protocol, as_of=after, policy=asked["policy"]).dates == one


class TestOrder:
    @laws
    @given(questions(), st.randoms(use_true_random=False))
    def test_the_order_of_rows_and_protocols_means_nothing(
        self, question: Any, shuffle: Any
    ) -> None:
        """Of sessions, copies, protocols, overrides: no answer changes."""
        record, protocol, asked = question
        fields = [name for name, rows in record if isinstance(rows, tuple)]
        other = with_rows(
            record,
            **{n: shuffle.sample(getattr(record, n), len(getattr(record, n))) for n in fields},
        )
        known = list(bs.bundled_protocols())
        mixed = shuffle.sample(known, len(known))
        by_name = protocol.indication
        for by in (protocol, by_name):
            one = forecast(record, by, other_protocols=known, **asked)
            assert forecast(other, by, other_protocols=mixed, **asked) == one
        cycles = treatment_cycles(record, protocol, **asked)
        assert treatment_cycles(other, protocol, **asked) == cycles
        assert project(other, protocol, **asked) == project(record, protocol, **asked)
        assert forecast_all(other, **asked) == forecast_all(record, **asked)

    @laws
    @given(anything, protocols(), WHEN, st.integers(2, 4))
    def test_identical_copies_change_nothing(
        self, record: PatientRecord, protocol: TreatmentProtocol, as_of: date, times: int
    ) -> None:
        record = with_rows(record, sessions=[s for s in record.sessions if s.id is not None])
        rows = {name: getattr(record, name) * times for name in ("sessions", "weights", *DECISIONS)}
        repeated = with_rows(record, **rows)
        assert forecast(repeated, protocol, as_of=as_of) == forecast(record, protocol, as_of=as_of)


def _known_on(record: PatientRecord, as_of: date) -> PatientRecord:
    """The record as it is known on a day, its decisions as they will stay."""
    rows: dict[str, list[Any]] = {}
    for name in DECISIONS:
        rows[name] = [
            row
            if row.withdrawn_on is None or row.withdrawn_on <= as_of
            else row.model_copy(update={"withdrawn_on": None})
            for row in getattr(record, name)
            if row.recorded_on is None or row.recorded_on <= as_of
        ]
    given = [s for s in record.sessions if is_counted(s, as_of)]
    return with_rows(record, sessions=given, **rows)


class TestProjection:
    @laws
    @given(questions())
    def test_each_target_is_in_the_dates_of_the_target_before(self, question: Any) -> None:
        """Asked as of the target before with the decisions known at the start: each target is
        allowed, not before that forecast's due day and before its overdue day.
        """
        record, protocol, asked = question
        record = _known_on(record, asked["as_of"])
        targets = [s.target for s in project(record, protocol, count=4, **asked)]
        if targets:
            assert check_date(record, protocol, on=targets[0], **asked).allowed
        for before, target in pairwise(targets):
            visit = TreatmentSession(
                administered_on=before, indication=protocol.indication, product=protocol.product
            )
            record = with_rows(record, sessions=[*record.sessions, visit])
            then = {"as_of": before, "policy": asked["policy"]}
            dates = forecast(record, protocol, **then).dates
            assert check_date(record, protocol, on=target, **then).allowed
            assert dates.due is not None
            assert target >= dates.due
            assert dates.overdue_from is None or target < dates.overdue_from

    @laws
    @given(questions())
    def test_a_projection_starts_at_the_due_day(self, question: Any) -> None:
        record, protocol, asked = question
        record = with_rows(record, sessions=[s for s in record.sessions if s.status != "booked"])
        found = forecast(record, protocol, **asked)
        ahead = project(record, protocol, count=3, **asked)
        if found.dates.due is None:
            assert ahead == ()
        elif ahead:
            assert ahead[0].target >= max(found.dates.due, asked["as_of"])
            assert all(session.target in session.window for session in ahead)
            assert sorted({s.target for s in ahead}) == [s.target for s in ahead]


class TestAgreement:
    @settings(laws, max_examples=EXAMPLES // 4)
    @given(questions())
    def test_the_questions_agree_on_every_day(self, question: Any) -> None:
        """For 1,000 days of a record earliest, due, next_allowed_on and check_date agree."""
        record, protocol, asked = question
        start = asked["as_of"]
        checks = [
            check_date(record, protocol, on=start + timedelta(days=n), **asked) for n in range(1000)
        ]
        following: date | None = checks[-1].next_allowed_on
        for check in reversed(checks):
            following = check.on if check.allowed else following
            assert check.next_allowed_on == following
        allowed = {check.on for check in checks if check.allowed}
        found = forecast(record, protocol, **asked)
        for day in (found.dates.earliest, found.dates.due):
            assert day is None or day < start or day in allowed or day > checks[-1].on
        first = min(allowed, default=None)
        if found.dates.earliest is not None and first is not None and found.resumes_on is None:
            assert max(found.dates.earliest, start) <= first
        if found.status is DueStatus.NO_HISTORY:
            assert first is None
            assert found.dates.boundaries == (None, None, None, None)

    @laws
    @given(questions())
    def test_the_earliest_day_is_allowed_and_the_day_before_is_not(self, question: Any) -> None:
        record, protocol, asked = question
        earliest = forecast(record, protocol, **asked).dates.earliest
        if earliest is not None and earliest >= asked["as_of"]:
            assert check_date(record, protocol, on=earliest, **asked).allowed
            if earliest > asked["as_of"]:
                assert not check_date(record, protocol, on=earliest - DAY, **asked).allowed


class TestSessionsAndDates:
    @laws
    @given(
        records(only_history=True, only_product=ONA),
        sessions(only_completed=True, only_product=ONA),
        protocols(),
        policies(),
    )
    def test_one_more_session_never_moves_earliest_earlier(
        self,
        record: PatientRecord,
        extra: TreatmentSession,
        protocol: TreatmentProtocol,
        policy: SchedulingPolicy,
    ) -> None:
        as_of = date(2026, 12, 31)
        touch_ups = any(s.kind is SessionKind.TOUCH_UP for s in (*record.sessions, extra))
        assume(policy.touch_up_moves_earliest or not touch_ups)
        known = [s for s in record.sessions if s.id != extra.id or s.id is None]
        before, after = (
            forecast(with_rows(record, sessions=rows), protocol, as_of=as_of, policy=policy)
            for rows in (known, [*known, extra])
        )
        assert after.dates.earliest is not None
        assert before.dates.earliest is None or after.dates.earliest >= before.dates.earliest

    @settings(laws, max_examples=EXAMPLES // 2)
    @given(protocols(), days(date(2024, 1, 1), date(2025, 1, 1)), st.integers(2, 6))
    def test_a_series_on_its_earliest_days_never_counts_two(
        self, protocol: TreatmentProtocol, start: date, count: int
    ) -> None:
        minimum = protocol.retreatment.minimum
        assume(minimum is not None and minimum.day_bounds[0] > 3)
        assert minimum is not None
        record = record_from_gaps([], starts_on=start, units=100)
        for _ in range(count):
            last = record.sessions[-1]
            day = forecast(record, protocol, as_of=last.administered_on).dates.earliest
            assert day is not None
            following = _changed(last, id=f"on {day}", administered_on=day)
            record = with_rows(record, sessions=[*record.sessions, following])
            assert exposure(record, product=ONA, window=minimum, on=day).units == 100

    @laws
    @given(
        records(only_history=True, last=date(2024, 12, 31)),
        protocols(),
        policies(),
        st.lists(days(date(2025, 1, 1), date(2027, 12, 31)), min_size=2, max_size=6),
    )
    def test_the_status_never_goes_back_as_days_pass(
        self,
        record: PatientRecord,
        protocol: TreatmentProtocol,
        policy: SchedulingPolicy,
        when: list[date],
    ) -> None:
        statuses = [
            ORDER.index(forecast(record, protocol, as_of=day, policy=policy).status)
            for day in sorted(when)
        ]
        assert statuses == sorted(statuses)

    @laws
    @given(questions())
    def test_every_session_of_the_track_is_in_one_cycle(self, question: Any) -> None:
        record, protocol, asked = question
        cycles = treatment_cycles(record, protocol, **asked)
        assert [cycle.is_open for cycle in cycles] == [False] * (len(cycles) - 1) + [True] * bool(
            cycles
        )
        for before, after in pairwise(cycles):
            assert after.number == before.number + 1
            assert (after.first_on - before.first_on).days > asked["policy"].group_within_days
            assert after.interval_days == (after.first_on - before.anchored_on).days

    @laws
    @given(records(only_history=True, only_full=True), protocols(), WHEN)
    def test_what_did_not_happen_moves_nothing(
        self, record: PatientRecord, protocol: TreatmentProtocol, as_of: date
    ) -> None:
        before = forecast(record, protocol, as_of=as_of)
        for status in set(SessionStatus) - {SessionStatus.COMPLETED}:
            session = TreatmentSession(
                id="did-not-happen",
                administered_on=as_of,
                indication=MIGRAINE,
                product=ONA,
                status=status,
            )
            more = with_rows(record, sessions=[*record.sessions, session])
            assert forecast(more, protocol, as_of=as_of).dates == before.dates


class TestAnswers:
    @laws
    @given(questions())
    def test_the_explanation_names_each_date_or_says_why_there_is_none(self, question: Any) -> None:
        record, protocol, asked = question
        found = forecast(record, protocol, **asked)
        text = found.explain()
        for (name, reason), day in zip(found.reasons.items(), found.dates.boundaries, strict=True):
            assert reason.on == day
            assert f"{name} {day or 'not dated'}: {reason.rule}" in text
            assert reason.rule
            assert day is None or str(day) in reason.rule
        assert "recommended" not in text.replace("recommended retreatment schedule", "")
        assert "safe" not in text.replace("this does not say the dose is safe", "")

    @laws
    @given(questions())
    def test_answers_read_back_from_json(self, question: Any) -> None:
        record, protocol, asked = question
        found = forecast(record, protocol, planned_units=100, **asked)
        stored = found.model_dump_json()
        read = Forecast.model_validate_json(stored)
        assert read == found
        # Answers are made without validation, so the order of their fields is tested too.
        assert read.model_dump_json() == stored
        again = PatientRecord.model_validate_json(record.model_dump_json())
        assert again == record
        assert forecast(again, protocol, planned_units=100, **asked) == found
