"""Whether a month of the diary meets the criteria of chronic migraine."""

from fractions import Fraction

from botox_schedule.outcomes.data import cited, outcome_tables
from botox_schedule.outcomes.diary import DiaryCount, DiaryKind, MissingDays
from botox_schedule.protocols import SourceRef
from botox_schedule.values import Value


class CriteriaResult(Value, frozen=True):
    """Whether one definition's days are met.

    Attributes:
        criteria: ``ichd-3`` or ``us-label``.
        title: The definition.
        met: Whether they are; None where too few days were recorded.
        missing: What became of days that nobody recorded.
        source: Where the definition stands.
    """

    criteria: str
    title: str
    met: bool | None
    missing: MissingDays
    source: SourceRef


def chronic_migraine_criteria(
    count: DiaryCount, *, missing: MissingDays = MissingDays.SCALE
) -> tuple[CriteriaResult, ...]:
    """Return whether a month meets each definition of chronic migraine.

    ICHD-3 and NICE ask for headache on 15 days a month or more and migraine on 8 or more; the US
    label's reading, by headache days alone, stands beside it. Months are of 28 days.

    >>> from botox_schedule import Window
    >>> month = Window(first="2026-01-01", last="2026-01-28")
    >>> count = DiaryCount(window=month, recorded_days=28, headache_days=15, migraine_days=7)
    >>> [(r.criteria, r.met) for r in chronic_migraine_criteria(count)]
    [('ichd-3', False), ('us-label', True)]
    """
    headache = count.rate(missing=missing)
    migraine = count.rate(DiaryKind.MIGRAINE, missing=missing)
    return tuple(
        CriteriaResult(
            criteria=name,
            title=table["title"],
            met=_is_met(table, headache, migraine) if count.is_sufficient else None,
            missing=missing,
            source=cited(table["source"]),
        )
        for name, table in outcome_tables()["criteria"].items()
    )


def _is_met(table: dict[str, int], headache: Fraction | None, migraine: Fraction | None) -> bool:
    return (headache or 0) >= table["headache_days"] and (
        (migraine or 0) >= table.get("migraine_days", 0)
    )
