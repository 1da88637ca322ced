"""Which decisions are known on a day, and which days they cover."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeVar

from botox_schedule.dates.days import shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.model import (
    CareEnd,
    Decision,
    Hold,
    IntervalOverride,
    PatientRecord,
    PriorAuthorization,
    is_known,
)
from botox_schedule.terms import CareEndKind, FindingCode
from botox_schedule.values import in_order

_D = TypeVar("_D", bound=Decision)


class Decisions(NamedTuple):
    """The decisions of a record that are known on a day, with withdrawals applied.

    Attributes:
        holds: The holds. A withdrawn care end counts as a hold until the day before.
        overrides: The interval overrides.
        authorizations: The prior authorizations.
        discharges: Care ends of the kind ``discontinued``.
        deaths: Care ends of the kind ``deceased``.
        findings: Conflicts between decisions with the same id.
    """

    holds: tuple[Hold, ...]
    overrides: tuple[IntervalOverride, ...]
    authorizations: tuple[PriorAuthorization, ...]
    discharges: tuple[CareEnd, ...]
    deaths: tuple[CareEnd, ...]
    findings: tuple[Finding, ...]

    @property
    def died_on(self) -> date | None:
        """The earliest stated day of death, or None where none is stated."""
        return min((end.on for end in self.deaths if end.on is not None), default=None)

    @property
    def about_clocks(self) -> tuple[Hold | IntervalOverride | PriorAuthorization | CareEnd, ...]:
        """All decisions except deaths, which concern every clock."""
        return (*self.holds, *self.overrides, *self.authorizations, *self.discharges)


NO_DECISIONS = Decisions((), (), (), (), (), ())


def known_decisions(record: PatientRecord, as_of: date) -> Decisions:
    """Return the decisions known on *as_of*, whatever days they cover.

    Of several decisions with the same id, the one recorded last counts; of several recorded last
    on the same day, all do. Identical copies are one. From its ``withdrawn_on`` on, a decision
    counts as ended the day before.
    """
    if not (record.holds or record.overrides or record.authorizations or record.care_ends):
        return NO_DECISIONS
    conflicts: list[Decision] = []
    holds = _current(record.holds, as_of, conflicts)
    overrides = _current(record.overrides, as_of, conflicts)
    authorizations = _current(record.authorizations, as_of, conflicts)
    ends = _current(record.care_ends, as_of, conflicts)
    withdrawn = [end for end in ends if _is_withdrawn(end, as_of)]
    standing = [end for end in ends if not _is_withdrawn(end, as_of)]
    waiting = [hold for end in withdrawn if (hold := _as_hold(end)) is not None]
    message = "two decisions under one id were recorded on one day; both count"
    return Decisions(
        holds=(*_shortened(holds, as_of), *waiting),
        overrides=tuple(_shortened(overrides, as_of)),
        authorizations=tuple(_shortened(authorizations, as_of)),
        discharges=tuple(end for end in standing if end.kind is CareEndKind.DISCONTINUED),
        deaths=tuple(end for end in standing if end.kind is CareEndKind.DECEASED),
        findings=(
            (make_finding(FindingCode.CONFLICTING_DECISIONS, message, conflicts),)
            if conflicts
            else ()
        ),
    )


def _current(rows: Iterable[_D], as_of: date, conflicts: list[Decision]) -> list[_D]:
    known = [row for row in rows if is_known(row, as_of)]
    by_id: dict[str, list[_D]] = {}
    for row in known:
        if row.id is not None:
            by_id.setdefault(row.id, []).append(row)
    found = [row for row in known if row.id is None]
    for same in by_id.values():
        latest = max(row.recorded_on or date.min for row in same)
        last = [row for row in same if (row.recorded_on or date.min) == latest]
        distinct = list(dict.fromkeys(last))
        conflicts += distinct if len(distinct) > 1 else []
        found += distinct
    return in_order(found)


def _is_withdrawn(decision: Decision, as_of: date) -> bool:
    return decision.withdrawn_on is not None and decision.withdrawn_on <= as_of


_Period = TypeVar("_Period", Hold, IntervalOverride, PriorAuthorization)


def _shortened(periods: Iterable[_Period], as_of: date) -> Iterable[_Period]:
    """Yield what stands: what was withdrawn ended the day before, or never was."""
    for period in periods:
        on = period.withdrawn_on
        days = period.valid if isinstance(period, PriorAuthorization) else period
        if on is None or not _is_withdrawn(period, as_of):
            yield period
        elif on > days.first:
            last = min(days.last or date.max, shifted(on, -1))
            ended = (
                {"last": last} if days is period else {"valid": Window(first=days.first, last=last)}
            )
            yield period.model_copy(update=ended)


def _as_hold(end: CareEnd) -> Hold | None:
    """The days of a withdrawn care end as a hold: the patient could not be treated on them."""
    if end.on is None or end.withdrawn_on is None or end.withdrawn_on <= end.on:
        return None
    return Hold(
        first=end.on,
        last=shifted(end.withdrawn_on, -1),
        reason="care had ended",
        indication=end.indication,
        id=end.id,
    )
