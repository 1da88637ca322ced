"""What would become of a cohort: seeded what-if over the days to come."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, TreatmentProtocol, due_dates
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.answers import forecasts
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import summed_up
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.forecast import SILENT
from botox_schedule.panel.frames import Frame, Source
from botox_schedule.panel.protocols import Book
from botox_schedule.panel.tables import Tables

if TYPE_CHECKING:
    import numpy as np

_YEAR = 365.25


class _Plan(NamedTuple):
    """What is asked of each replicate."""

    start: int
    days: int
    open_days: "np.ndarray[Any, Any]"
    delays: "np.ndarray[Any, Any]"
    capacity: int | None
    due_after: "np.ndarray[Any, Any]"


def simulate(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    holds: Any,
    care_ends: Any,
    seed: int,
    days: int = 365,
    delays: Sequence[int] = (0,),
    capacity: int | None = None,
    is_open: Callable[[date], bool] | None = None,
    instead: Iterable[TreatmentProtocol] = (),
    replicates: int = 20,
    policy: SchedulingPolicy | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Any:
    """Return what a cohort's days to come would look like, with intervals from replicates.

    Every dated track goes on: its next session comes on its due day and a drawn delay, on an
    open day with room, those who wait longest first; the next due day counts from it. Nobody
    joins, leaves or is put on hold. It shows what rules and room do, not what will happen.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols of one population in one region.
        as_of: The day before the first simulated one.
        holds: A frame as for ``forecast``, or None to say that there are none.
        care_ends: A frame as for ``forecast``, or None to say that there are none.
        seed: Of the random numbers: the same seed, the same answer.
        days: How many days are simulated.
        delays: Days from the due day to the day wished for, not negative; one is drawn for each
            session, each as likely as it is listed.
        capacity: Sessions on an open day, or None without a limit.
        is_open: Whether the clinic works on a day; None means every day.
        instead: Protocols that judge the sessions to come in place of those given, by their
            indication and product.
        replicates: How many times the cohort is drawn.
        policy: What the clinic or payer chose.
        progress: Called after each replicate with how many are done and how many there are.

    Returns:
        A frame of the same kind: for each ``metric`` its ``mean``, and ``low`` and ``high``, the
        5th and 95th percentile over the replicates. ``cycles_per_year`` is sessions per track and
        year, ``drift_days`` the mean of days after the due day, ``backlog`` the sessions that are
        past the day wished for on the last day, ``sessions`` their number.

    Raises:
        ValueError: When a number makes no sense.
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"], "administered_on": ["2026-01-05"],
    ...     "indication": ["chronic-migraine"], "product": ["Botox"],
    ... })
    >>> found = simulate(sessions, [find_protocol("chronic-migraine")], as_of="2026-01-05",
    ...                  holds=None, care_ends=None, seed=1, days=336, replicates=2)
    >>> found.filter(pl.col("metric") == "sessions").rows()
    [('sessions', 4.0, 4.0, 4.0)]
    """
    if days < 1 or replicates < 1 or not delays or min(delays) < 0:
        raise ValueError("expected at least one day, one replicate and one delay, none negative")
    if capacity is not None and capacity < 0:
        raise ValueError("capacity cannot be negative")
    known, day = tuple(protocols), as_day(as_of, "as_of")
    changed = {(p.indication, p.product): p for p in instead}

    book = Book(known)
    _check_changed(changed.values(), book)
    families = [
        changed.get((f.newest.indication, f.newest.product), f.newest) for f in book.families
    ]

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, None, tables)
        return Source(_cohort(population), population.engine)

    def summary(cohort: Any) -> Any:
        import numpy as np  # noqa: PLC0415 - only simulations draw

        cohort = cohort.sort("patient", "_on", "family")
        due, family = (cohort[name].to_numpy().astype("int64") for name in ("_on", "family"))
        works = is_open or _every_day
        span = [day + timedelta(days=n + 1) for n in range(days)]
        plan = _Plan(
            day.toordinal() + 1,
            days,
            np.array([works(one) for one in span]),
            np.array(delays),
            capacity,
            _due_after(families, day, days, policy),
        )
        found = []
        for number in range(replicates):
            random = np.random.default_rng([seed, number])
            found.append(_replicate(plan, due, family, random))
            if progress is not None:
                progress(number + 1, replicates)
        return _summary(found)

    return summed_up(sessions, Tables(holds, care_ends), compute, summary)


def _every_day(_: date) -> bool:
    return True


def _cohort(population: Population) -> Frame:
    """Return the due day and the family of every track that goes on."""
    frame = forecasts(population)[0].frame
    target = nw.when(nw.col("due").is_null()).then(nw.col("earliest")).otherwise(nw.col("due"))
    frame = frame.with_columns(_on=target).filter(
        ~nw.col("status").is_in(SILENT) & ~nw.col("_on").is_null()
    )
    return frame.select("patient", "_on", "family")


def _due_after(
    families: Sequence[TreatmentProtocol], day: date, days: int, policy: SchedulingPolicy | None
) -> "np.ndarray[Any, Any]":
    """Return the due day after a session, by family and simulated day; 0 where none is given."""
    import numpy as np  # noqa: PLC0415 - only simulations draw

    table = np.zeros((len(families), days), dtype=np.int64)
    for at, protocol in enumerate(families):
        for number in range(days):
            found = due_dates(day + timedelta(days=number + 1), protocol, policy)
            target = found.due or found.earliest
            table[at, number] = 0 if target is None else target.toordinal()
    return table


def _replicate(
    plan: _Plan,
    due: "np.ndarray[Any, Any]",
    family: "np.ndarray[Any, Any]",
    random: "np.random.Generator",
) -> dict[str, float]:
    import numpy as np  # noqa: PLC0415 - only simulations draw

    due = due.copy()
    wished = due + random.choice(plan.delays, size=due.size)
    order = random.permutation(due.size)
    given, drift = 0, 0
    for number in range(plan.days):
        today = plan.start + number
        if not plan.open_days[number]:
            continue
        waiting = np.flatnonzero(wished <= today)
        if plan.capacity is not None and waiting.size > plan.capacity:
            longest = np.lexsort((order[waiting], wished[waiting]))
            waiting = waiting[longest[: plan.capacity]]
        given += waiting.size
        drift += int((today - due[waiting]).sum())
        following = plan.due_after[family[waiting], number]
        due[waiting] = following
        later = following + random.choice(plan.delays, size=waiting.size)
        wished[waiting] = np.where(following > 0, later, np.iinfo(np.int64).max)
    end = plan.start + plan.days - 1
    tracks = max(1, due.size)
    return {
        "sessions": float(given),
        "cycles_per_year": given / tracks / (plan.days / _YEAR),
        "drift_days": drift / given if given else 0.0,
        "backlog": float((wished <= end).sum()),
    }


def _summary(found: Sequence[dict[str, float]]) -> Any:
    import numpy as np  # noqa: PLC0415 - only simulations draw
    import polars as pl  # noqa: PLC0415 - small answers are made with it

    rows = []
    for metric in found[0]:
        values = np.array([one[metric] for one in found])
        low, high = np.percentile(values, [5, 95])
        rows.append((metric, float(values.mean()), float(low), float(high)))
    numbers = dict.fromkeys(("mean", "low", "high"), pl.Float64())
    return pl.DataFrame(rows, schema={"metric": pl.String(), **numbers}, orient="row")


def _check_changed(protocols: Iterable[TreatmentProtocol], book: Book) -> None:
    """Refuse protocols that judge nobody here."""
    own = {(f.newest.indication, f.newest.product) for f in book.families}
    for protocol in protocols:
        if (protocol.indication, protocol.product) not in own:
            raise PanelError(f"instead: {protocol.id} takes no given protocol's place")
