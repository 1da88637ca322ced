"""The days by which something must be done before a visit."""

from collections.abc import Iterable, Mapping

from botox_schedule import Interval
from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.planning.clinic_calendar import OpenDay, open_before
from botox_schedule.planning.errors import PlanningError
from botox_schedule.values import Value

Leads = Mapping[str, Interval | str] | Iterable[tuple[str, Interval | str]]


class CountdownStep(Value, frozen=True):
    """The last day on which one thing can be done.

    Attributes:
        name: What is to be done.
        on: The last open day for it.
        lead: How long before the visit, or before the next step.
        moved_days: How many days closed days move it back in time.
    """

    name: str
    on: Day
    lead: Interval
    moved_days: int


def countdown(
    target: DayInput,
    leads: Leads,
    *,
    serial: bool = False,
    calendar: OpenDay | None = None,
) -> tuple[CountdownStep, ...]:
    """Return by when each thing must be done before a visit, the earliest first.

    Args:
        target: The day of the visit.
        leads: What is to be done, each with its lead, such as ``{"order": "28 days"}``.
        serial: Whether one thing must be finished before the next can begin. The leads then
            stand in the order of the work, each is counted from the day of the next, and the
            last from the visit. Otherwise each is counted from the visit.
        calendar: Answers whether a day is open; a closed day moves a step back in time, and
            with it, in a serial countdown, all before it.

    Raises:
        PlanningError: When a lead is negative, or the calendar never opens.

    >>> leads = {"submit": "28 days", "order": "21 days", "drug in clinic": "7 days"}
    >>> [(step.name, str(step.on)) for step in countdown("2026-06-22", leads, serial=True)]
    [('submit', '2026-04-27'), ('order', '2026-05-25'), ('drug in clinic', '2026-06-15')]
    >>> [(step.name, str(step.on)) for step in countdown("2026-06-22", leads)]
    [('submit', '2026-05-25'), ('order', '2026-06-01'), ('drug in clinic', '2026-06-15')]
    """
    visit = as_day(target, "target")
    pairs = leads.items() if isinstance(leads, Mapping) else leads
    steps: list[CountdownStep] = []
    anchor = visit
    for name, lead in reversed([(name, _lead(name, lead)) for name, lead in pairs]):
        by = lead.before(anchor)
        on = by if calendar is None else open_before(by, calendar)
        steps.append(CountdownStep(name=name, on=on, lead=lead, moved_days=(by - on).days))
        anchor = on if serial else visit
    steps.reverse()
    return tuple(sorted(steps, key=lambda step: step.on))


def _lead(name: str, lead: Interval | str) -> Interval:
    interval = lead if isinstance(lead, Interval) else Interval.parse(lead)
    if interval.day_bounds[0] < 0:
        raise PlanningError(f"the lead of {name!r} is negative; give how long before the visit")
    return interval
