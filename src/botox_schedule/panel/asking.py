"""What every answer about a population rests on: the day, protocols, policies and region."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.dates.days import age_on, is_placeholder_day
from botox_schedule.engine.reading import Reading, read_record
from botox_schedule.engine.track import Track, tracks_of
from botox_schedule.errors import CountError, PanelError
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.collection import ProtocolSet, age_cuts
from botox_schedule.records.history import NO_DECISIONS, Decisions, History
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import Population, Product, SessionKind
from botox_schedule.values import is_whole

PRODUCTS = (None, *sorted(Product))
"""Products by number; 0 is an unknown one and sorts first."""
KINDS = tuple(SessionKind)
"""Kinds by number: a full session comes before the touch-up of its day."""
TOUCH_UP = KINDS.index(SessionKind.TOUCH_UP)
TREATMENTS = len(PRODUCTS)
"""How many there are: a treatment's number is its indication's times this, plus its product's."""
EPOCH = date(1970, 1, 1).toordinal()
"""The day that Polars counts from."""


def whole(number: int, name: str, least: int = 0, most: int = 10**9) -> int:
    """Return a whole number from *least* to *most*.

    Raises:
        CountError: For anything else, True included.
    """
    if not is_whole(number, least) or number > most:
        raise CountError(f"{name}: give a whole number from {least:,} to {most:,}")
    return number


class Policies(NamedTuple):
    """The policies of a population; without keys there is one for all."""

    each: tuple[SchedulingPolicy, ...]
    keys: tuple[str, ...] = ()

    @classmethod
    def given(
        cls, policy: SchedulingPolicy | None, policies: Mapping[str, SchedulingPolicy] | None
    ) -> "Policies":
        """Return what the caller gave.

        Raises:
            PanelError: When both were given, or no policy under any key.
            TypeError: When something else is given as a policy.
        """
        if policies is None:
            return cls((policy_or_default(policy),))
        if policy is not None or not policies or not isinstance(policies, Mapping):
            raise PanelError("give policy, or policies for the values of the column policy_key")
        return cls(tuple(map(policy_or_default, policies.values())), tuple(policies))


class Asking(NamedTuple):
    """What every answer rests on.

    Attributes:
        as_of: The day of the question.
        known: The known protocols.
        policies: The policies by number.
        region: Where the protocols hold.
        population: Decides instead of the age.
        with_limits: Whether booked units are checked against limits: where weights were given.
    """

    as_of: date
    known: ProtocolSet
    policies: Policies
    region: str
    population: Population | None
    with_limits: bool = False

    def read(self, record: PatientRecord, policy: int) -> Reading:
        """Return what is known of a patient on the day."""
        return read_record(record, self.as_of, self.policies.each[policy], self.known)

    def reading(
        self,
        sessions: Sequence[TreatmentSession],
        born_on: date | None,
        policy: SchedulingPolicy,
        decisions: Decisions = NO_DECISIONS,
    ) -> Reading:
        """Return the reading of completed sessions that were found to count."""
        history = History([*sessions], [], [], [], [], [], [], [], [], [], ())
        record = _NOBODY if born_on is None else PatientRecord(born_on=born_on)
        return Reading(record, self.as_of, policy, self.known, decisions, history)

    def track_of(
        self, indication: str, born_on: date | None, policy: SchedulingPolicy
    ) -> Track | None:
        """Return a track of an indication, for its clock; None where no protocol is known."""
        if indication in policy.other_indications:
            return None
        # A clock is the same after every session; after one on the first day intervals have room.
        reading = self.reading([session_of(date.min, indication, 0)], born_on, policy)
        if not reading.recognizes(indication):
            return None
        track = tracks_of(reading, self.region, self.population)[0].track
        return track if isinstance(track, Track) else None


_NOBODY = PatientRecord()


class Ages(NamedTuple):
    """The ages of patients as far as protocols tell them apart.

    Attributes:
        groups: ``patient``, ``age`` (the number of the group) and ``born_on``.
        born: For each group the birth day of one of its patients; group 0 has none.
    """

    groups: pl.DataFrame | None
    born: tuple[date | None, ...]

    def born_of(self, patients: Iterable[Any]) -> dict[Any, date]:
        """The birth days of some patients, as far as they are known."""
        wanted = list(patients)
        if self.groups is None or not wanted:
            return {}
        known = self.groups.filter(pl.col("patient").is_in(wanted))
        return dict(known.select("patient", "born_on").iter_rows())


def ages_of(births: pl.DataFrame | None, asking: Asking) -> Ages:
    """Return the age groups of patients; all of a group get the same answers."""
    if births is None:
        return Ages(None, (None,))
    day = pl.col("born_on")
    # Of two days of birth that differ neither counts.
    births = births.group_by("patient").agg(pl.when(day.min() == day.max()).then(day.min()))
    cuts = age_cuts(asking.known)
    days = [day for day in births["born_on"].drop_nulls().unique() if not is_placeholder_day(day)]
    groups = [1 + sum(age_on(day, asking.as_of) >= cut for cut in cuts) for day in days]
    born: list[date | None] = [None] * (len(cuts) + 2)
    for day, group in zip(days, groups, strict=True):
        born[group] = day
    table = pl.DataFrame({"born_on": days, "age": groups}, {"born_on": pl.Date, "age": pl.Int8})
    return Ages(births.join(table, on="born_on", how="left"), tuple(born))


def session_of(day: date, indication: str, product: int, **more: Any) -> TreatmentSession:
    """Return a completed session with a product by its number."""
    return TreatmentSession(
        administered_on=day, indication=indication, product=PRODUCTS[product], **more
    )
