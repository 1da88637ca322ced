"""What callers give in addition to the sessions: the rules, and further tables."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar, Unpack, cast

import polars as pl

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.errors import PanelError
from botox_schedule.garbage import uncollected
from botox_schedule.panel.asking import Asking, Policies
from botox_schedule.panel.door import answered
from botox_schedule.panel.frames import Frames, Given
from botox_schedule.panel.sessions import COLUMNS
from botox_schedule.panel.tables import DECISIONS, TABLES
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.catalog import known_protocols, population_named, region_named
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.terms import Population

Frame = TypeVar("Frame")
"""A caller's frame: the answer is one of the same kind."""
_DEATH = re.compile(
    r"(?i)death|dece(as|dent)|(?<!stu)died|dead(?!line)|vital.?stat|(?<![a-z])(dod|alive)(?![a-z])"
    r"|(?<![a-z])living.?stat|passed.?away|mortality|demise|(ver|ge)storben|todes|fallec|(?<!pre)d[e\u00e9]c[e\u00e8]s"
)
_UNDONE = re.compile(
    r"(?i)((is|was).)?(cancell?ed|no.?show|missed|void(ed)?|deleted|not.given|entered.in.error)(.(on|at|date|flag|reason))?"
)
"""A column that says which sessions were none."""


class Rules(TypedDict, total=False):
    """The rules of an answer, and what is known in addition to sessions; each may be left out.

    A table is a frame with ``patient`` and the columns named here; it is used whole or not at
    all. Decisions may have ``id``, ``recorded_on`` and ``withdrawn_on``. Tables of decisions and
    courses elsewhere have no other columns.

    Attributes:
        policy: What the clinic or payer chose.
        policies: The same by ``policy_key``; a patient has that of the last session.
        region: Where the protocols hold; the default is ``us``.
        population: ``adult`` or ``pediatric``; by default the age decides.
        overrides: ``indication``, ``first``, ``authority``, and ``last``, ``minimum``,
            ``usual``, ``reason``.
        authorizations: ``indication``, ``product``, ``first``, ``last``, and ``sessions``,
            ``units``, ``minimum_interval``.
        prior_treatments: ``indication``, ``cycles``, and ``started_on``, ``last_on``,
            ``product``.
        births: ``born_on``; of two that differ neither counts.
        weights: ``measured_on``, ``kilograms``: booked units are checked against the limits.
            Where no limit is per kilogram a frame without rows will do.
    """

    policy: SchedulingPolicy | None
    policies: Mapping[str, SchedulingPolicy] | None
    region: str
    population: Population | str | None
    overrides: Any
    authorizations: Any
    prior_treatments: Any
    births: Any
    weights: Any


class RulesAndCare(Rules, total=False):
    """The same with holds and ends of care.

    Attributes:
        holds: ``first``, and ``last``, ``reason``, ``indication``, ``review_on``.
        care_ends: ``on``, ``kind``, and ``indication``, ``reason``; needed where a table has a
            column about deaths, which is not read.
    """

    holds: Any
    care_ends: Any


def ask(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None,
    as_of: DayInput,
    answer: Callable[[Frames, Asking], pl.DataFrame],
    summary: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    *,
    own: Mapping[str, Any] = MappingProxyType({}),
    **given: Unpack[RulesAndCare],
) -> Frame:
    """Return an answer as a frame of the caller's kind.

    Args:
        sessions: The caller's frame.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day of the question.
        answer: Answers from frames of Polars, which may hold a part of the patients.
        summary: Sums up the answers of all parts.
        own: Tables that only this answer takes.
        given: The rules, and the tables next to the sessions.

    Raises:
        PanelError: When a table has a column about deaths, and no care ends are given, or sessions
            without a status have one such as ``cancelled_on``.
        TypeError: When something is given that no answer takes.
        UnknownProtocolError: When no protocol is for the region, or the population is unknown.
    """
    names = RulesAndCare.__optional_keys__
    if unknown := ", ".join(sorted(given.keys() - names)):
        raise TypeError(f"unexpected: {unknown}; give some of {', '.join(sorted({*names, *own}))}")
    rules: dict[str, Any] = dict(given)
    policies = Policies.given(rules.pop("policy", None), rules.pop("policies", None))
    people, place = rules.pop("population", None), rules.pop("region", "us")
    population = None if people is None else population_named(str(people))
    day, known = as_day(as_of, "as_of"), known_protocols(protocols)
    region = region_named(place, known)
    asking = Asking(day, known, policies, region, population, rules.get("weights") is not None)
    tables = [
        Given(name, native, TABLES[name].columns or None, name in DECISIONS)
        for name, native in {**rules, **own}.items()
        if native is not None
    ]
    first = Given("sessions", sessions, COLUMNS)
    _refuse_unread(first, tables, has_ends=rules.get("care_ends") is not None)

    def compute(frames: Frames) -> pl.DataFrame:
        # Once for the whole answer: what its parts leave behind is free by then.
        with uncollected():
            return answer(frames, asking)

    return cast("Frame", answered([first, *tables], compute, summary))


def _refuse_unread(first: Given, tables: Sequence[Given], *, has_ends: bool) -> None:
    """Refuse columns that nobody reads and that say who has died, or which sessions were none."""
    every = () if has_ends else (first, *tables)
    dead = [(t.name, name) for t in every for name in t.kind and t.names() if _DEATH.search(name)]
    if dead:
        raise PanelError(f"{dead[0][0]}: {dead[0][1]!r} is not read; give deaths as care_ends")
    undone = [*filter(_UNDONE.fullmatch, first.names())]
    if undone and "status" not in first.names():
        raise PanelError(f"sessions: {undone[0]!r} is not read; give a status, or leave it out")
