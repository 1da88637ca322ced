"""Side effects by cycle and phase: counted, never judged."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from botox_schedule.dates.days import Day, DayInput, LastDay, check_order
from botox_schedule.engine.response import ResponseTimeline, a_timeline, response_phase
from botox_schedule.terms import ResponsePhase
from botox_schedule.values import PatientValue, Value, a_list, all_of_kind


class SideEffect(PatientValue, frozen=True):
    """A side effect.

    Attributes:
        name: Its name.
        first: Its first day, included.
        last: Its last day, included; None, or a day from 9999-01-01 on, while it lasts.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    first: Day
    last: LastDay = None

    if TYPE_CHECKING:

        def __init__(self, *, name: str, first: DayInput, last: DayInput | None = None) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        check_order(self.first, self.last, "the side effect")
        return self


class PlacedSideEffect(Value, frozen=True):
    """A side effect and its place in a cycle.

    Attributes:
        name: Its name.
        session_number: The session it followed, 1 for the first; None before any session.
        onset_day: Days from that session to its first day, 0 for the same day; None before any
            session.
        lasted_days: How many days it lasted, both ends included; None while it lasts.
        phase: The response phase on its first day; None before any session or where unknown.
    """

    name: str = Field(repr=False)
    session_number: int | None
    onset_day: int | None
    lasted_days: int | None
    phase: ResponsePhase | None


def place_side_effects(
    effects: Iterable[SideEffect], timelines: Iterable[ResponseTimeline]
) -> tuple[PlacedSideEffect, ...]:
    """Return each side effect with the session it followed and its first day's phase.

    The result is in order of the first days. A side effect on the day of a session follows it.

    >>> from botox_schedule import find_protocol, response_timeline
    >>> from datetime import date
    >>> timeline = response_timeline("2026-01-05", find_protocol("spasticity"))
    >>> weakness = SideEffect(name="weakness", first=date(2026, 2, 3))
    >>> (placed,) = place_side_effects([weakness], [timeline])
    >>> str(placed.phase), placed.onset_day, placed.lasted_days
    ('peak', 29, None)
    """
    a_list(timelines, "timelines: give a list of what response_timeline returns")
    ordered = sorted(map(a_timeline, timelines), key=lambda timeline: timeline.administered_on)
    told = all_of_kind(effects, SideEffect, "effects: give each as a SideEffect")
    by_days = sorted(told, key=lambda e: (e.first, e.name, e.last or date.max))
    return tuple(_placed(effect, ordered) for effect in by_days)


def _placed(effect: SideEffect, timelines: list[ResponseTimeline]) -> PlacedSideEffect:
    before = [timeline for timeline in timelines if timeline.administered_on <= effect.first]
    followed = before[-1] if before else None
    return PlacedSideEffect(
        name=effect.name,
        session_number=len(before) or None,
        onset_day=followed and (effect.first - followed.administered_on).days,
        lasted_days=effect.last and (effect.last - effect.first).days + 1,
        phase=followed and response_phase(followed, as_of=effect.first),
    )


def side_effect_counts(
    placed: Iterable[PlacedSideEffect],
) -> dict[tuple[str, ResponsePhase | None], int]:
    """Return how often each side effect began in each phase, by name and phase.

    >>> side_effect_counts([])
    {}
    """
    advice = "placed: give what place_side_effects returns"
    found = all_of_kind(placed, PlacedSideEffect, advice)
    return dict(Counter((effect.name, effect.phase) for effect in found))
