"""What changed between two forecasts, and why."""

from collections.abc import Iterable
from typing import Any

from botox_schedule.engine.forecast import Forecast
from botox_schedule.terms import DateName
from botox_schedule.values import Value, of_kind

_INPUTS = ("as_of", "last_session_on", "cycle_number", "protocol", "units")
_ANSWERS = ("status", "booking", "phase", "typical_on", "resumes_on", "review_on", "clear")


class ForecastChange(Value, frozen=True):
    """One thing that differs.

    Attributes:
        name: What differs.
        before: What it was, in words.
        after: What it is, in words.
        why: What the difference comes from.
    """

    name: str
    before: str
    after: str
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.before} became {self.after}"]
        return "\n".join(lines + [f"  {reason}" for reason in self.why])


class ForecastComparison(Value, frozen=True):
    """What differs between two forecasts: days, status, units, findings.

    Attributes:
        changes: The differences; empty if there are none.
    """

    changes: tuple[ForecastChange, ...]

    def explain(self) -> str:
        """Return the changes as text."""
        return "\n".join(str(change) for change in self.changes) or "nothing changed"

    __str__ = explain


def compare_forecasts(before: Forecast, after: Forecast) -> ForecastComparison:
    """Return what changed from one forecast to another, and why.

    >>> from botox_schedule import PatientRecord, SchedulingPolicy, find_protocol, forecast
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> protocol = find_protocol("chronic-migraine")
    >>> first = forecast(record, protocol, as_of="2026-02-20")
    >>> payer = SchedulingPolicy(payer_minimum="12 weeks + 1 day")
    >>> second = forecast(record, protocol, as_of="2026-02-20", policy=payer)
    >>> print(compare_forecasts(first, second).changes[0])
    earliest: 2026-03-30 became 2026-03-31
      before: the 12-week scheduled interval gives 2026-03-30
      after: the payer's 12 weeks + 1 day minimum gives 2026-03-31
      the policy's payer_minimum was not set and is 12 weeks + 1 day
    """
    for given, name in ((before, "before"), (after, "after")):
        of_kind(given, Forecast, f"{name}: give a Forecast, as forecast returns it")
    changes = [*_dates(before, after)]
    causes = []
    if before.as_of != after.as_of:
        causes.append(f"the day of the question moved from {before.as_of} to {after.as_of}")
    causes += [f"{date.name} moved from {date.before} to {date.after}" for date in changes]
    # The due days move with their dates, which are told; without them only what breaks them may
    # move. An older version did not store them.
    has_moved = {DateName.DUE, DateName.OVERDUE_FROM} & {date.name for date in changes}
    are_stored = "due_window" in before.model_fields_set & after.model_fields_set
    answers = ("due_window", *_ANSWERS) if are_stored and not has_moved else _ANSWERS
    for name in (*answers, *_INPUTS):
        old, new = _words(_answer(before, name)), _words(_answer(after, name))
        if old != new:
            why = causes if name in answers else ()
            changes.append(_change(name, old, new, why))
    changes += _findings(before, after)
    return ForecastComparison(changes=tuple(changes))


def _answer(forecast: Forecast, name: str) -> Any:
    if name == "units":
        checks = [c for c in forecast.limit_checks if c.chosen and not c.not_checked]
        return "; ".join(f"{check.total:f} of {check.limit_in_words}" for check in checks) or None
    return getattr(forecast.dates if name == "typical_on" else forecast, name)


def _dates(before: Forecast, after: Forecast) -> Iterable[ForecastChange]:
    for name in DateName:
        old, new = before.reasons[name], after.reasons[name]
        if old.on != new.on:
            why = [f"before: {old.rule}", f"after: {new.rule}"] if old.rule != new.rule else []
            why += [f"new: {given}" for given in new.inputs if given not in old.inputs]
            yield _change(name, old.on, new.on, (*why, *_policy_changes(before, after)))


def _change(name: str, old: Any, new: Any, why: Iterable[str]) -> ForecastChange:
    return ForecastChange(name=name, before=_words(old), after=_words(new), why=tuple(why))


def _words(value: Any) -> str:
    return "not set" if value is None else str(getattr(value, "on", value))


def _policy_changes(before: Forecast, after: Forecast) -> Iterable[str]:
    for name in type(before.policy).model_fields:
        old, new = getattr(before.policy, name), getattr(after.policy, name)
        if old != new:
            # Rules and ranges in lists have no words of their own; the reasons name what decides.
            listed = isinstance(new, tuple)
            was = "changed" if listed else f"was {_words(old)} and is {_words(new)}"
            yield f"the policy's {name} {was}"


def _findings(before: Forecast, after: Forecast) -> Iterable[ForecastChange]:
    old, new = _keys(before), _keys(after)
    for code in sorted(new.keys() - old):
        yield _change(f"finding {code}", None, "raised", ())
    for code in sorted(old.keys() - new):
        yield _change(f"finding {code}", "raised", None, ())
    for code in sorted(old.keys() & new):
        was, now = old[code], new[code]
        # Answers stored by 0.1.0 have no keys: only the code tells their findings apart.
        if was != now and "" not in was | now:
            fresh = f", {len(now - was)} new" if now - was else ""
            yield _change(f"finding {code}", f"{len(was)} raised", f"{len(now)} raised{fresh}", ())


def _keys(forecast: Forecast) -> dict[str, set[str]]:
    """The keys of the findings by code."""
    keys: dict[str, set[str]] = {}
    for found in forecast.findings:
        keys.setdefault(found.code.value, set()).add(found.key)
    return keys
