"""A second opinion on the four dates: plain loops over days, nothing clever, no code of the library.

It reads the same records and policies, and answers from the written rules: which day is allowed
is asked of each day by itself.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

import botox_schedule as bs

DAY = timedelta(days=1)
HORIZON = 1900


class Answer(NamedTuple):
    """What the loops found."""

    status: str
    earliest: date | None = None
    due: date | None = None
    overdue_from: date | None = None
    lapsed_from: date | None = None


def add(day: date, interval: bs.Interval, short_month: str, times: int = 1) -> date:
    """Add months, then weeks and days."""
    months = interval.months * times
    index = day.year * 12 + day.month - 1 + months
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


class Oracle:
    """One track of one record as of one day, for one protocol without other versions."""

    def __init__(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        as_of: date,
        policy: bs.SchedulingPolicy,
    ) -> None:
        self.record, self.protocol, self.as_of, self.policy = record, protocol, as_of, policy
        self.short_month = policy.short_month.value
        self.groups = self._groups()
        self.anchor = self.groups[-1][-1] if self.groups else None
        self.base = self._base()

    def _counted(self) -> list[bs.TreatmentSession]:
        rank = {"entered_in_error": 3, "completed": 2, "cancelled": 1, "no_show": 1}
        best: dict[str, bs.TreatmentSession] = {}
        kept: list[bs.TreatmentSession] = []
        for session in self.record.sessions:
            if session.id is None:
                kept.append(session)
                continue
            known = best.get(session.id)

            def key(s: bs.TreatmentSession) -> tuple[object, ...]:
                units = -1 if s.units is None else s.units
                return (
                    rank.get(s.status.value, 0),
                    s.administered_on,
                    units,
                    s.kind.value,
                    s.indication,
                )

            if known is None or key(session) > key(known):
                best[session.id] = session
        death = self.death()
        return [
            s
            for s in [*kept, *best.values()]
            if s.status.value == "completed"
            and s.administered_on <= self.as_of
            and (death is None or s.administered_on <= death)
            and s.indication in {self.protocol.indication, *self.protocol.shares_clock_with}
        ]

    def _groups(self) -> list[list[date]]:
        groups: list[list[date]] = []
        self.touch_ups: list[date] = []
        full = sorted(s.administered_on for s in self._counted() if s.kind.value == "full")
        touch = sorted(s.administered_on for s in self._counted() if s.kind.value == "touch_up")
        if touch and (not full or touch[0] < full[0]):
            full = [touch[0], *full]
            touch = touch[1:]
        for day in full:
            if groups and (day - groups[-1][0]).days <= self.policy.group_within_days:
                groups[-1].append(day)
            else:
                groups.append([day])
        self.touch_ups = touch
        return groups

    def _base(self) -> date | None:
        if self.anchor is None:
            return None
        after = [day for day in self.touch_ups if day > self.anchor]
        return max(after) if after and self.policy.touch_up_moves_earliest else self.anchor

    def death(self) -> date | None:
        days = [
            e.on for e in self.record.care_ends if e.kind.value == "deceased" and e.on <= self.as_of
        ]
        return min(days) if days else None

    def held(self, day: date) -> bool:
        return any(
            hold.first <= self.as_of
            and hold.first <= day
            and (hold.last is None or day <= hold.last)
            for hold in self.record.holds
        )

    def _override(
        self, day: date, wanted: Callable[[bs.IntervalOverride], bs.Interval | None]
    ) -> bs.IntervalOverride | None:
        assert self.base is not None
        best = None
        for override in self.record.overrides:
            interval = wanted(override)
            if interval is None or day < override.first or (override.last and day > override.last):
                continue
            if best is None:
                best = override
                continue
            old = wanted(best)
            assert old is not None
            mine = (override.first, add(self.base, interval, self.short_month))
            theirs = (best.first, add(self.base, old, self.short_month))
            if mine > theirs:
                best = override
        return best

    def first_allowed_by_rule(self, day: date) -> date | None:
        """The day that the minimums in force on *day* give."""
        assert self.base is not None
        label, payer = self.protocol.retreatment.minimum, self.policy.payer_minimum
        override = self._override(day, lambda o: o.minimum)
        intervals = [label, payer]
        if override is not None:
            intervals = [override.minimum]
            if override.authority.value == "clinician":
                intervals.append(payer)
        days = [add(self.base, i, self.short_month) for i in intervals if i is not None]
        return max(days) if days else None

    def allowed(self, day: date) -> bool:
        first = self.first_allowed_by_rule(day)
        return first is not None and day >= first and not self.held(day)

    def _rule_allows(self, day: date) -> bool:
        first = self.first_allowed_by_rule(day)
        return first is not None and day >= first

    def ended(self) -> str | None:
        if self.death() is not None:
            return "deceased"
        ends = [e.on for e in self.record.care_ends if e.on <= self.as_of]
        if not ends:
            return None
        sessions = [s.administered_on for s in self._counted()]
        return None if any(day > max(ends) for day in sessions) else "discontinued"

    def answer(self) -> Answer:
        silence = self.ended()
        if silence:
            return Answer(silence)
        if self.held(self.as_of):
            return Answer("on_hold")
        if self.anchor is None:
            return Answer("no_history")
        earliest, stretch_first = self._earliest(self.anchor)
        if earliest is None or stretch_first is None:
            return Answer("no_interval")
        dates = self._usual(earliest, stretch_first)
        return Answer(self._status(earliest, *dates), earliest, *dates)

    def _earliest(self, anchor: date) -> tuple[date | None, date | None]:
        """Walk the days: the stretch that contains as_of, else the next one."""
        runs: list[list[date]] = []
        day = anchor
        for _ in range(HORIZON):
            if self._rule_allows(day):
                if runs and runs[-1][-1] == day - DAY:
                    runs[-1].append(day)
                else:
                    runs.append([day])
            day += DAY
        for run in runs:
            if run[-1] < self.as_of:
                continue
            free = next((day for day in run if not self.held(day)), None)
            if free is not None:
                return free, run[0]
        return None, None

    def _usual(
        self, earliest: date, stretch_first: date
    ) -> tuple[date | None, date | None, date | None]:
        assert self.anchor is not None
        override = self._override(earliest, lambda o: o.usual.first if o.usual else None)
        usual = override.usual if override else self.protocol.retreatment.usual
        if usual is None:
            return None, None, None
        first = add(self.anchor, usual.first, self.short_month)
        last = add(self.anchor, usual.last, self.short_month)
        slide = timedelta(days=max(0, (stretch_first - first).days))
        scheduled = self.protocol.retreatment.kind.value == "scheduled"
        grace = self.policy.scheduled_grace if scheduled else self.policy.as_needed_grace
        overdue = add(last, grace, self.short_month) + DAY + slide
        if self.policy.lapsed_after is None:
            lapsed = add(self.anchor, usual.last, self.short_month, times=2)
        else:
            lapsed = add(self.anchor, self.policy.lapsed_after, self.short_month)
        lapsed = max(lapsed + slide, overdue)
        return (
            self._free(first + slide, first + slide),
            self._free(first + slide, overdue),
            self._free(first + slide, lapsed),
        )

    def _free(self, due: date, boundary: date) -> date:
        """Count the days from due to the boundary, leaving out those on hold."""
        to_pass = (boundary - due).days
        day = due
        while self.held(day):
            day += DAY
        for _ in range(to_pass):
            day += DAY
            while self.held(day):
                day += DAY
        return day

    def _status(
        self, earliest: date, due: date | None, overdue: date | None, lapsed: date | None
    ) -> str:
        status = "too_early"
        for boundary, name in (
            (earliest, "allowed"),
            (due, "due"),
            (overdue, "overdue"),
            (lapsed, "lapsed"),
        ):
            if boundary is not None and self.as_of >= boundary:
                status = name
        return status


def bounded(record: bs.PatientRecord, as_of: date) -> bs.PatientRecord:
    """Leave out open holds that began: the loops would not end."""
    holds: Iterable[bs.Hold] = (h for h in record.holds if h.last is not None or h.first > as_of)
    return record.model_copy(update={"holds": tuple(holds)})
