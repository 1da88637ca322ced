"""A second reading of the written rules: plain loops over days, no code of the engine.

Each day is judged separately; the four dates are found by walking over days.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

import botox_schedule as bs
from botox_schedule.protocols.indications import bundled_indications, general_indication

DAY = timedelta(days=1)
FOREVER = date(9000, 1, 1)
NO_DAY = date(1900, 1, 1)  # a withdrawal on it takes nothing back
_Decision = TypeVar("_Decision", bs.Hold, bs.IntervalOverride, bs.CareEnd, bs.PriorAuthorization)


class Answer(NamedTuple):
    """What the loops found."""

    status: str
    earliest: date | None = None
    due: date | None = None
    overdue_from: date | None = None
    lapsed_from: date | None = None
    resumes_on: date | None = None


class Span(NamedTuple):
    """Days, both ends included."""

    first: date
    last: date

    def has(self, day: date) -> bool:
        return self.first <= day <= self.last


class Minimum(NamedTuple):
    """An interval that forbids (binding) or only advises."""

    interval: bs.Interval
    binding: bool


class Given(NamedTuple):
    """What the last cycle gave: an indication and a product, None where unknown."""

    indication: str
    product: bs.Product | None


class Course(NamedTuple):
    """From where the next session counts: sessions that happened, or a projected one."""

    anchor: date
    counts_from: date
    first_part: date | None
    last_full: date
    last_injection: date
    given: tuple[Given, ...]


def add(day: date, interval: bs.Interval, short_month: str, times: int = 1) -> date:
    """Add months, then weeks and days."""
    index = day.year * 12 + day.month - 1 + interval.months * times
    year, month, number = index // 12, index % 12 + 1, day.day
    rolled = False
    while True:
        try:
            target = date(year, month, number)
            break
        except ValueError:
            number -= 1
            rolled = True
    if rolled and short_month == "first_of_next":
        target += DAY
    return target + timedelta(days=(interval.weeks * 7 + interval.days) * times)


def numbers(version: str) -> list[int]:
    """The parts of a version as numbers."""
    return [int(part) for part in version.split(".")]


def bounds_of(usual: bs.IntervalRange | None) -> list[bs.Interval | None]:
    """Both bounds of a range."""
    return [usual.first, usual.last] if usual else []


class Oracle:
    """One track of one record as of one day."""

    def __init__(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        as_of: date,
        policy: bs.SchedulingPolicy,
        other_protocols: Sequence[bs.TreatmentProtocol] | None = None,
    ) -> None:
        self.record, self.protocol, self.as_of, self.policy = record, protocol, as_of, policy
        self.product, self.indication = protocol.product, protocol.indication
        self.everything = self._known_protocols(other_protocols)
        self.known = [
            p
            for p in self.everything
            if (p.population, p.region) == (protocol.population, protocol.region)
        ]
        self.clock = self._clock()
        bundled = {p.indication for p in bs.bundled_protocols()}
        self.words = {*bundled_indications(), *bundled, *(p.indication for p in self.everything)}
        self.words |= set(policy.other_indications)
        self._read_decisions()
        self._read_sessions()
        self._read_discharges()
        self.course = self._course()
        self.change_days = self._change_days()
        self._rules: dict[tuple[Course, int], tuple[list[Minimum], bool]] = {}

    # What is known

    def _known_protocols(
        self, others: Sequence[bs.TreatmentProtocol] | None
    ) -> list[bs.TreatmentProtocol]:
        mine = self.protocol
        if others is not None:
            return [mine, *(p for p in others if p != mine)]
        about = (mine.indication, mine.product, mine.population, mine.region)
        return [
            mine,
            *(
                p
                for p in bs.bundled_protocols()
                if p != mine
                and not (
                    (p.indication, p.product, p.population, p.region) == about and p.id != mine.id
                )
            ),
        ]

    def _clock(self) -> set[str]:
        clock = {self.indication}
        grown = True
        while grown:
            grown = False
            for protocol in self.known:
                together = {protocol.indication, *protocol.shares_clock_with}
                if together & clock and not together <= clock:
                    clock |= together
                    grown = True
        return clock

    def recognized(self, word: str) -> bool:
        return word in self.words

    def concerns(self, word: str | None) -> bool:
        """Whether a hold or an end of care is about the track; doubt is strict."""
        return word is None or word in self.clock or not self.recognized(word)

    def _latest(self, rows: Iterable[_Decision]) -> list[_Decision]:
        """Rows recorded by now; of one id those recorded last."""
        known = [r for r in rows if r.recorded_on is None or r.recorded_on <= self.as_of]
        kept = []
        for row in known:
            mine = row.recorded_on or date.min
            newer = [
                r
                for r in known
                if row.id is not None and r.id == row.id and (r.recorded_on or date.min) > mine
            ]
            if not newer:
                kept.append(row)
        return kept

    def _span(self, first: date, last: date | None, withdrawn_on: date | None) -> Span | None:
        end = last or FOREVER
        if withdrawn_on is not None and NO_DAY < withdrawn_on <= self.as_of:
            end = min(end, withdrawn_on - DAY)
        return Span(first, end) if first <= end else None

    def _read_decisions(self) -> None:
        self.holds: list[Span] = []
        for hold in self._latest(self.record.holds):
            span = self._span(hold.first, hold.last, hold.withdrawn_on)
            if span and self.concerns(hold.indication):
                self.holds.append(span)
        self.strange: list[tuple[Span, bs.Interval]] = []
        self._read_overrides()
        self._read_authorizations()
        self._read_payer_rules()
        self._read_care_ends()

    def _read_overrides(self) -> None:
        self.overrides: list[tuple[Span, bs.IntervalOverride]] = []
        for override in self._latest(self.record.overrides):
            span = self._span(override.first, override.last, override.withdrawn_on)
            if span and override.indication in self.clock:
                self.overrides.append((span, override))
            elif span and not self.recognized(override.indication):
                usual = override.usual and override.usual.first
                self.strange += [(span, stated) for stated in (override.minimum, usual) if stated]

    def _read_authorizations(self) -> None:
        self.authorized: list[tuple[Span, bs.Interval]] = []
        for paper in self._latest(self.record.authorizations):
            span = self._span(paper.valid.first, paper.valid.last, paper.withdrawn_on)
            if not span or not paper.minimum_interval:
                continue
            if paper.indication in self.clock and paper.product is self.product:
                self.authorized.append((span, paper.minimum_interval))
            elif not self.recognized(paper.indication):
                self.strange.append((span, paper.minimum_interval))

    def _read_payer_rules(self) -> None:
        for rule in self.policy.payer:
            if rule.indication and rule.minimum and not self.recognized(rule.indication):
                span = Span(rule.first or date.min, rule.last or FOREVER)
                self.strange.append((span, rule.minimum))

    def _read_care_ends(self) -> None:
        """Deaths and discharges; one withdrawn is a hold until then."""
        self.deaths: list[date | None] = []
        self.discharges: list[date] = []
        for end in self._latest(self.record.care_ends):
            if not self.concerns(end.indication):
                continue
            if end.withdrawn_on is not None and NO_DAY < end.withdrawn_on <= self.as_of:
                if end.on is not None and end.on < end.withdrawn_on:
                    self.holds.append(Span(end.on, end.withdrawn_on - DAY))
            elif end.kind.value == "deceased":
                self.deaths.append(end.on)
            elif end.on is not None:
                self.discharges.append(end.on)

    def _is_known(self, row: bs.TreatmentSession) -> bool:
        """Completed by now; or not completed, and recorded by now."""
        if row.status.value == "completed":
            return row.administered_on <= self.as_of
        return row.recorded_on is None or row.recorded_on <= self.as_of

    def _read_sessions(self) -> None:
        """Cut off the future first, then settle what is under one id."""
        known = [row for row in self.record.sessions if self._is_known(row)]
        counted = [s for s in known if s.id is None]
        for key in {s.id for s in known if s.id is not None}:
            counted += self._settled([s for s in known if s.id == key])
        dead_on = min((on for on in self.deaths if on is not None), default=FOREVER)
        done = [
            s for s in counted if s.status.value == "completed" and s.administered_on <= dead_on
        ]
        self.track = [s for s in done if s.indication in self.clock]
        self.strangers = [s.administered_on for s in done if not self.recognized(s.indication)]
        self.booked = sorted(
            (s.administered_on, s.indication, s.product or self.product, s.kind.value)
            for s in counted
            if s.status.value == "booked"
            and s.indication in self.clock
            and s.administered_on >= self.as_of
        )
        self._read_priors()

    def _read_priors(self) -> None:
        priors = [p for p in self.record.prior_treatments if p.cycles or p.last_on]
        self.prior = [p for p in priors if p.indication in self.clock and p.last_on]
        strange = [p for p in priors if not self.recognized(p.indication)]
        self.strangers += [p.last_on for p in strange if p.last_on]
        self.all_open = any(p.last_on is None for p in strange)

    @staticmethod
    def _settled(rows: list[bs.TreatmentSession]) -> list[bs.TreatmentSession]:
        if any(s.status.value == "entered_in_error" for s in rows):
            return []
        done = [s for s in rows if s.status.value == "completed"]
        if done:
            best: dict[tuple[object, ...], bs.TreatmentSession] = {}
            for s in done:
                about = (s.indication, s.product, s.kind)
                size = (s.administered_on, s.units or 0)
                old = best.get(about)
                if old is None or size > (old.administered_on, old.units or 0):
                    best[about] = s
            return list(best.values())
        rank = {"cancelled": 2, "no_show": 2, "booked": 1, "draft": 0}
        return [
            max(
                rows,
                key=lambda s: (
                    s.recorded_on or date.min,
                    s.administered_on,
                    rank[s.status.value],
                ),
            )
        ]

    def _read_discharges(self) -> None:
        given = [s.administered_on for s in self.track]
        self.discharges = [on for on in self.discharges if not any(day > on for day in given)]

    # Cycles and the course

    def _parts(self) -> tuple[list[bs.TreatmentSession], list[bs.TreatmentSession]]:
        """Full sessions and touch-ups; a touch-up without a full session before it is one."""
        ordered = sorted(self.track, key=lambda s: (s.administered_on, s.kind.value != "full"))
        full: list[bs.TreatmentSession] = []
        touch: list[bs.TreatmentSession] = []
        for session in ordered:
            if session.kind.value == "full" or not full:
                full.append(session)
            else:
                touch.append(session)
        return full, touch

    def groups(self) -> list[list[bs.TreatmentSession]]:
        """The full sessions of each cycle, and after them its touch-ups."""
        full, touch = self._parts()
        groups: list[list[bs.TreatmentSession]] = []
        for session in full:
            near = (
                groups
                and (session.administered_on - groups[-1][0].administered_on).days
                <= self.policy.group_within_days
            )
            if near:
                groups[-1].append(session)
            else:
                groups.append([session])
        self.anchors = [group[-1].administered_on for group in groups]
        self.firsts = [group[0].administered_on for group in groups]
        for session in touch:
            place = max(
                n for n, first in enumerate(self.firsts) if first <= session.administered_on
            )
            groups[place].append(session)
        return groups

    def _course(self) -> Course | None:
        groups = self.groups()
        elsewhere = max(self.prior, key=lambda p: p.last_on or date.min, default=None)
        anchor = self.anchors[-1] if groups else None
        if elsewhere and elsewhere.last_on and (anchor is None or elsewhere.last_on > anchor):
            day = elsewhere.last_on
            same_day = [p for p in self.prior if p.last_on == day]
            touch = [
                s for s in self.track if s.administered_on >= day and s.kind.value == "touch_up"
            ]
            given = (*(Given(p.indication, p.product) for p in same_day), *self._given(touch))
            last = self._last_injection(day, touch)
            return Course(day, self._counts_from(day, last), None, day, last, given)
        if anchor is None:
            return None
        parts = groups[-1]
        touch = [s for s in parts if s.administered_on > anchor]
        last = self._last_injection(anchor, touch)
        return Course(
            anchor,
            self._counts_from(anchor, last),
            self.firsts[-1],
            # A touch-up that only counts as a full session leaves open what came before it.
            anchor if any(part.kind.value == "full" for part in parts) else date.min,
            last,
            self._given(parts),
        )

    @staticmethod
    def _given(sessions: Iterable[bs.TreatmentSession]) -> tuple[Given, ...]:
        return tuple(Given(s.indication, s.product) for s in sessions)

    def _counts_from(self, anchor: date, last_injection: date) -> date:
        return last_injection if self.policy.touch_up_moves_earliest else anchor

    @staticmethod
    def _last_injection(anchor: date, touch: list[bs.TreatmentSession]) -> date:
        return max([anchor, *(s.administered_on for s in touch)])

    def add(self, day: date, interval: bs.Interval, times: int = 1) -> date:
        return add(day, interval, self.policy.short_month.value, times)

    # Rules in force on a day

    def in_force(self, key: str, day: date) -> bs.TreatmentProtocol | None:
        """The newest version of a protocol that holds on a day."""
        versions = [
            p
            for p in self.known
            if p.id == key
            and (p.in_force.first is None or p.in_force.first <= day)
            and (p.in_force.last is None or day <= p.in_force.last)
        ]
        return max(versions, key=lambda p: numbers(p.version), default=None)

    def protocols_of(
        self, indication: str, product: bs.Product | None, day: date
    ) -> list[bs.TreatmentProtocol]:
        keys = {
            p.id for p in self.known if p.indication == indication and product in (None, p.product)
        }
        found = [self.in_force(key, day) for key in keys]
        return [p for p in found if p is not None]

    def minimum_of(self, protocol: bs.TreatmentProtocol) -> list[Minimum]:
        rule = protocol.retreatment
        if rule.minimum is None:
            return []
        source = rule.minimum_source
        strength, basis = (source.strength or "", source.basis) if source else ("", None)
        advice = strength.startswith(("may", "not evaluated")) or basis == "read from a duration"
        return [Minimum(rule.minimum, not advice)]

    def strictest(self, course: Course, minimums: list[Minimum]) -> list[Minimum]:
        """The longest binding one and the longest advisory one."""
        kept = []
        for binding in (True, False):
            those = [m for m in minimums if m.binding is binding]
            if those:
                kept.append(max(those, key=lambda m: self.add(course.counts_from, m.interval)))
        return kept

    def _of_session(self, course: Course, given: Given, day: date) -> list[Minimum]:
        """The minimums that a session of the last cycle sets for the next one."""
        found: list[Minimum] = []
        known = {p.product for p in self.known if p.indication == given.indication}
        for product in known if given.product is None else {given.product}:
            if (product, given.indication) == (self.product, self.indication):
                continue
            own = self.protocols_of(given.indication, product, day)
            if not own:
                own = self.protocols_of(given.indication, None, day)
            asked = self.strictest(course, [m for p in own for m in self.minimum_of(p)])
            if not own:
                asked = self._strictest_of_clock(course, day)
            if given.product is self.product:
                asked = [Minimum(m.interval, binding=False) for m in asked]
            found += asked
        if given.product is None and not self.protocols_of(given.indication, None, day):
            found += self._strictest_of_clock(course, day)
        if given.product in (None, self.product) and given.indication != self.indication:
            for general in {general_indication(w) for w in self.clock} - {None}:
                for p in self.protocols_of(str(general), self.product, day):
                    found += self.minimum_of(p)
        return found

    def _strictest_of_clock(self, course: Course, day: date) -> list[Minimum]:
        everywhere = [p for word in self.clock for p in self.protocols_of(word, None, day)]
        return self.strictest(course, [m for p in everywhere for m in self.minimum_of(p)])

    def chosen(
        self, course: Course, day: date, what: str, authority: str | None = None
    ) -> bs.IntervalOverride | None:
        """Of several valid overrides the one that starts last, the longer, the clinician's."""
        valid = [
            o
            for span, o in self.overrides
            if span.has(day)
            and getattr(o, what) is not None
            and authority in (None, o.authority.value)
        ]

        def key(o: bs.IntervalOverride) -> tuple[object, ...]:
            bounds = [o.minimum] if what == "minimum" else bounds_of(o.usual)
            lengths = [self.add(course.anchor, bound) for bound in bounds if bound]
            return (o.first, *lengths, o.authority.value == "clinician")

        return max(valid, key=key, default=None)

    def usual_on(self, course: Course, day: date) -> bs.IntervalRange | None:
        override = self.chosen(course, day, "usual")
        if override is not None:
            return override.usual
        for word, usual in self.policy.usual:
            if word == self.indication:
                return usual
        version = self.in_force(self.protocol.id, day)
        return version.retreatment.usual if version else None

    def _change_days(self) -> list[date]:
        """The days on which another rule may begin to hold."""
        spans = [span for span, _ in [*self.overrides, *self.strange, *self.authorized]]
        days = {s.first for s in spans} | {s.last + DAY for s in spans}
        ends = [(p.in_force.first, p.in_force.last) for p in self.known]
        ends += [(rule.first, rule.last) for rule in self.policy.payer]
        days |= {first for first, _ in ends if first} | {last + DAY for _, last in ends if last}
        return sorted(days)

    def rules(self, course: Course, day: date) -> tuple[list[Minimum], bool]:
        """The minimums in force on a day, and whether label or override states one."""
        segment = sum(change <= day for change in self.change_days)
        if (course, segment) not in self._rules:
            self._rules[course, segment] = self._rules_of(course, day)
        return self._rules[course, segment]

    def _rules_of(self, course: Course, day: date) -> tuple[list[Minimum], bool]:
        clinician = self.chosen(course, day, "minimum", "clinician")
        payer = self.chosen(course, day, "minimum", "payer")
        version = self.in_force(self.protocol.id, day)
        own = self.minimum_of(version) if version else []
        minimums = [Minimum(o.minimum, binding=True) for o in (clinician, payer) if o and o.minimum]
        if clinician is None and payer is None:
            minimums += own
            for given in course.given:
                minimums += self._of_session(course, given, day)
        if payer is None:
            minimums += self._payers(day)
        minimums += [Minimum(m, binding=False) for span, m in self.strange if span.has(day)]
        return minimums, bool(own or clinician or payer)

    def _payers(self, day: date) -> list[Minimum]:
        found = [self.policy.payer_minimum] if self.policy.payer_minimum else []
        found += [
            rule.minimum for rule in self.policy.payer if rule.minimum and self.pays(rule, day)
        ]
        found += [minimum for span, minimum in self.authorized if span.has(day)]
        return [Minimum(m, binding=True) for m in found]

    def pays(self, rule: bs.PayerRule, day: date) -> bool:
        """Whether a payer's rule is about the track on a day."""
        return (
            Span(rule.first or date.min, rule.last or FOREVER).has(day)
            and (rule.indication is None or rule.indication in self.clock)
            and rule.product in (None, self.product)
        )

    # Days

    def held(self, day: date) -> bool:
        return any(span.has(day) for span in self.holds)

    def dead(self) -> bool:
        return bool(self.deaths)

    def discharged(self, day: date) -> bool:
        return any(on <= day for on in self.discharges)

    def first_bound(self, course: Course, day: date) -> date | None:
        """The day that the latest binding minimum gives."""
        minimums, _ = self.rules(course, day)
        days = [self.add(course.counts_from, m.interval) for m in minimums if m.binding]
        return max(days, default=None)

    def _is_part(self, course: Course, day: date) -> bool:
        """Whether a session on a day would belong to the last one."""
        first, apart = course.first_part, timedelta(days=self.policy.group_within_days)
        return first is not None and first <= day <= first + apart

    def by_rule(self, course: Course, day: date) -> bool | None:
        """Whether the rules allow a day, apart from holds and ends of care."""
        if self._is_part(course, day):
            return None
        minimums, stated = self.rules(course, day)
        bound = self.first_bound(course, day)
        if bound is not None and day < bound:
            return False
        if any(day < self.add(course.counts_from, m.interval) for m in minimums):
            return None
        if self.in_doubt(course, day):
            return None
        if not stated:
            usual = self.usual_on(course, day)
            if usual is None or day < self.add(course.anchor, usual.first):
                return None
        return True

    def in_doubt(self, course: Course, day: date) -> bool:
        """Whether a session under an unknown indication may have been one of this track."""
        if self.all_open:
            return True
        lengths = [m.interval for m in self.rules(course, day)[0]]
        lengths += [p.retreatment.minimum for p in self.everything if p.retreatment.minimum]
        for stranger in self.strangers:
            start = stranger
            if course.last_full <= stranger + timedelta(days=self.policy.group_within_days):
                start = max(stranger, course.last_injection)
            if any(day < self.add(start, length) for length in lengths):
                return True
        return False

    def allowed(self, day: date) -> bool | None:
        """What check_date says."""
        if self.dead() or self.discharged(day) or self.held(day):
            return False
        return self.by_rule(self.course, day) if self.course else None

    def days_from_earliest(self, day: date) -> int | None:
        if self.course is None:
            return None
        bound = self.first_bound(self.course, day)
        return (day - bound).days if bound else None

    def horizon(self, course: Course) -> date:
        """From this day on nothing changes any more."""
        days = [self.as_of, course.last_injection, *self.change_days, *self.strangers]
        days += [span.last + DAY for span in self.holds]
        lengths = [p.retreatment.minimum for p in self.everything]
        lengths += [self.policy.payer_minimum, *(r.minimum for r in self.policy.payer)]
        lengths += [o.minimum for _, o in self.overrides]
        lengths += [m for _, m in [*self.authorized, *self.strange]]
        ranges = [p.retreatment.usual for p in self.known]
        ranges += [u for _, u in self.policy.usual] + [o.usual for _, o in self.overrides]
        lengths += [r.first for r in ranges if r]
        longest = max((m.day_bounds[1] for m in lengths if m), default=0)
        return max(day for day in days if day < FOREVER) + timedelta(days=longest + 400)

    def next_allowed(self, day: date) -> date | None:
        if self.course is None or self.dead():
            return None
        end = max(self.horizon(self.course), day + timedelta(days=400))
        while day <= end:
            if self.allowed(day) is True:
                return day
            day += DAY
        return None

    # The dates

    def answer(self) -> Answer:
        if self.dead():
            return Answer("deceased")
        if self.discharged(self.as_of):
            return Answer("discontinued")
        on_hold = self.held(self.as_of)
        resumes = self._after_hold(self.as_of) if on_hold else None
        if self.course is None:
            return Answer("on_hold" if on_hold else "no_history", resumes_on=resumes)
        if on_hold and resumes is None:
            return Answer("on_hold")
        ends = min(self.discharges, default=FOREVER)
        dates = self.dates(self.course, resumes or self.as_of, self.holds, ends)
        status = "on_hold" if on_hold else self._status()
        kept = [None if day and self.discharged(day) else day for day in dates]
        return Answer(status, kept[0], kept[1], kept[2], kept[3], resumes)

    def _status(self) -> str:
        """The status as it would be without what lies ahead."""
        assert self.course is not None
        begun = [span for span in self.holds if span.first <= self.as_of]
        dates = self.dates(self.course, self.as_of, begun)
        status = "no_interval" if dates[0] is None else "too_early"
        names = ("allowed", "due", "overdue", "lapsed")
        for day, name in zip(dates, names, strict=True):
            if day is not None and self.as_of >= day:
                status = name
        return status

    def _after_hold(self, day: date) -> date | None:
        while self.held(day):
            if any(span.has(day) and span.last == FOREVER for span in self.holds):
                return None
            day += DAY
        return day

    def dates(
        self, course: Course, as_of: date, holds: list[Span], ends: date = FOREVER
    ) -> tuple[date | None, date | None, date | None, date | None]:
        nothing = (None, None, None, None)
        earliest = self._earliest(course, as_of, holds, ends)
        if earliest is None:
            return nothing
        usual = self.usual_on(course, earliest)
        if usual is None:
            return (earliest, None, None, None)
        first = self.add(course.anchor, usual.first)
        due = self._first_allowed(course, max(earliest, first), holds)
        if due is None:
            return (earliest, None, None, None)
        grace = self._grace(earliest)
        last = self.add(course.anchor, usual.last)
        until_overdue = (self.add(last, grace) + DAY - first).days
        overdue = self._walk(due, until_overdue, holds)
        overdue = self._after_holds(overdue, grace, holds)
        lapse = self.policy.lapsed_after
        lapsed_day = (
            self.add(course.anchor, lapse) if lapse else self.add(course.anchor, usual.last, 2)
        )
        lapsed = self._walk(due, (lapsed_day - first).days, holds)
        if overdue is None or lapsed is None:
            return (earliest, due, overdue, None)
        return (earliest, due, overdue, max(lapsed, overdue))

    def _earliest(
        self, course: Course, as_of: date, holds: list[Span], ends: date = FOREVER
    ) -> date | None:
        """The first day outside a hold of the first stretch with such a day from as_of on."""
        first_free = None
        day = course.anchor
        end = max(self.horizon(course), as_of + timedelta(days=400))
        while day <= end and day < ends:
            if self.by_rule(course, day) is True:
                if not any(span.has(day) for span in holds):
                    first_free = first_free or day
                    if day >= as_of:
                        return first_free
            else:
                first_free = None
            day += DAY
        return None

    def _first_allowed(self, course: Course, day: date, holds: list[Span]) -> date | None:
        end = max(self.horizon(course), day + timedelta(days=400))
        while day <= end:
            if self.by_rule(course, day) is True and not any(span.has(day) for span in holds):
                return day
            day += DAY
        return None

    def _grace(self, earliest: date) -> bs.Interval:
        version = self.in_force(self.protocol.id, earliest) or self.protocol
        scheduled = version.retreatment.kind.value == "scheduled"
        return self.policy.scheduled_grace if scheduled else self.policy.as_needed_grace

    @staticmethod
    def _walk(day: date, count: int, holds: list[Span]) -> date | None:
        """Count days from a day on, leaving out those on hold."""
        while count > 0:
            day += DAY
            inside = [span for span in holds if span.has(day)]
            if any(span.last == FOREVER for span in inside):
                return None
            if not inside:
                count -= 1
        return day

    def _after_holds(
        self, overdue: date | None, grace: bs.Interval, holds: list[Span]
    ) -> date | None:
        moved = True
        while moved and overdue is not None:
            moved = False
            for span in holds:
                if span.first > overdue:
                    continue
                if span.last == FOREVER:
                    return None
                back = self.add(span.last + DAY, grace)
                if back > overdue:
                    overdue, moved = back, True
        return overdue

    # Projection

    def project(self, count: int) -> list[date]:
        """The days of the next sessions, if every visit comes on its target."""
        resumes = self._after_hold(self.as_of)
        if self.course is None or self.dead() or self.discharged(self.as_of) or not resumes:
            return []
        ends = min(self.discharges, default=FOREVER)
        earliest, due, _, _ = self.dates(self.course, resumes, self.holds, ends)
        usual = self.usual_on(self.course, earliest or self.as_of)
        if usual is None:
            return []
        base, times = self.course.anchor, 1
        candidate, target = self.add(base, usual.first), self._first_target(self.course, due)
        targets: list[date] = []
        while target is not None and not self.discharged(target) and len(targets) < count:
            targets.append(target)
            if target != candidate:
                base, times = target, 0
            given = (Given(self.indication, self.product),)
            course = Course(target, target, target, target, target, given)
            dates = self.dates(course, target, self.holds)
            following = self.usual_on(course, dates[0]) if dates[0] else None
            if dates[1] is None or following is None:
                break
            if following != usual:
                base, times, usual = target, 0, following
            times += 1
            candidate = self.add(base, usual.first, times)
            target = self._first_allowed(course, max(candidate, dates[1]), self.holds)
            if target and dates[2] and target >= dates[2]:
                target = dates[1]
        return targets

    def _first_target(self, course: Course, due: date | None) -> date | None:
        """The next booking where it may be kept, else the first day from due and as_of on."""
        full = [day for day, _, _, kind in self.booked if kind == "full"]
        ahead = [day for day in full if not self._is_part(course, day)]
        if ahead and self._may_keep(ahead[0]):
            return ahead[0]
        return due and self._first_allowed(course, max(due, self.as_of), self.holds)

    def _may_keep(self, day: date) -> bool:
        """Whether no protocol of what is booked for a day forbids it, the planned one included."""
        booked = {(word, product) for on, word, product, _ in self.booked if on == day}
        judges = [self]
        for word, product in booked - {(self.indication, self.product)}:
            about = [p for p in self.known if p.indication == word]
            own = [p for p in about if p.product == product] or about
            newest = {p.id: p for p in sorted(own, key=lambda p: numbers(p.version))}
            judges += [
                Oracle(self.record, p, self.as_of, self.policy, self.everything)
                for p in newest.values()
            ]
        return all(judge.allowed(day) is not False for judge in judges)
