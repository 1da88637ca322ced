"""Where planned tracks stand: of many patients the panel is asked, with the same answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any, NamedTuple

from botox_schedule import DueStatus, PatientRecord, SchedulingPolicy, TreatmentProtocol
from botox_schedule.cli.planned import Shelf
from botox_schedule.engine.session import DueDates, due_status
from botox_schedule.engine.track import Situation
from botox_schedule.terms import Population

_MANY = 200_000
_COLUMNS = (
    "patient",
    "session_id",
    "administered_on",
    "indication",
    "product",
    "units",
    "status",
    "kind",
)


class Plan(NamedTuple):
    """A patient's record, and the protocol of one of its tracks."""

    record: PatientRecord
    protocol: TreatmentProtocol


class Standing(NamedTuple):
    """Where a track stands on a day.

    Attributes:
        anchor: The day of the last session.
        dates: The four dates.
        status: Where the day falls among them.
        booked_on: The next booked day.
    """

    anchor: date | None
    dates: DueDates
    status: DueStatus
    booked_on: date | None


def standings(
    plans: Sequence[Plan], shelf: Shelf, as_of: date, policy: SchedulingPolicy, *, many: int = _MANY
) -> list[Standing]:
    """Return where each plan stands.

    Args:
        plans: Which tracks, and the protocol of each.
        shelf: Where protocols for history are found.
        as_of: The day for which the question is asked.
        policy: What the clinic chose.
        many: From how many sessions on the panel is asked, where its extra is installed.
    """
    sessions = sum(len(plan.record.sessions) for plan in plans)
    if sessions >= many and shelf.has_one_each() and _has_panel():
        return _by_panel(plans, shelf, as_of, policy)
    return [_by_record(plan, shelf, as_of, policy) for plan in plans]


def _by_record(plan: Plan, shelf: Shelf, as_of: date, policy: SchedulingPolicy) -> Standing:
    others = shelf.others(plan.protocol)
    situation = Situation(plan.record, plan.protocol, as_of, policy, others)
    dates, booked = situation.due_dates(), situation.next_booking
    return Standing(
        situation.anchor,
        dates,
        situation.silence or due_status(dates, as_of=as_of),
        None if booked is None else booked.administered_on,
    )


def _has_panel() -> bool:
    return all(find_spec(name) is not None for name in ("narwhals", "polars"))


def _by_panel(
    plans: Sequence[Plan], shelf: Shelf, as_of: date, policy: SchedulingPolicy
) -> list[Standing]:
    found: dict[int, Standing] = {}
    for population in Population:
        numbered = {
            number: plan
            for number, plan in enumerate(plans)
            if plan.protocol.population is population
        }
        if numbered:
            protocols = shelf.of(population)
            found |= _of_population(numbered, protocols, as_of, policy)
    return [found[number] for number in range(len(plans))]


def _of_population(
    plans: Mapping[int, Plan],
    protocols: Iterable[TreatmentProtocol],
    as_of: date,
    policy: SchedulingPolicy,
) -> dict[int, Standing]:
    import polars as pl  # noqa: PLC0415 - an extra

    from botox_schedule.panel.planned import planned_forecast  # noqa: PLC0415 - an extra

    patients: dict[int, tuple[int, PatientRecord]] = {}
    for plan in plans.values():
        patients.setdefault(id(plan.record), (len(patients), plan.record))
    planned = [
        (patients[id(plan.record)][0], plan.protocol.indication, plan.protocol.product.value)
        for plan in plans.values()
    ]
    # A column that is empty throughout has no type of its own.
    overrides = {"session_id": pl.String, "product": pl.String, "units": pl.Float64}
    answer = planned_forecast(
        pl.DataFrame(_sessions(patients.values()), schema_overrides=overrides),
        protocols,
        pl.DataFrame(planned, schema=["patient", "indication", "product"], orient="row"),
        as_of,
        policy,
    )
    rows = {(row["patient"], row["indication"]): row for row in answer.iter_rows(named=True)}
    return {
        number: _standing_of(rows.get((patients[id(plan.record)][0], plan.protocol.indication)))
        for number, plan in plans.items()
    }


def _sessions(patients: Iterable[tuple[int, PatientRecord]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for number, record in patients:
        for session in record.sessions:
            values = (
                number,
                session.id,
                session.administered_on,
                session.indication,
                None if session.product is None else session.product.value,
                None if session.units is None else float(session.units),
                session.status.value,
                session.kind.value,
            )
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    return columns


def _standing_of(row: Mapping[str, Any] | None) -> Standing:
    if row is None:  # another session took the id of the track's only one
        return Standing(None, DueDates(), DueStatus.NO_HISTORY, None)
    unverified = tuple(row["unverified"].split(", ")) if row["unverified"] else ()
    dates = DueDates(
        earliest=row["earliest"],
        due=row["due"],
        overdue_from=row["overdue_from"],
        lapsed_from=row["lapsed_from"],
        unverified=unverified,
    )
    return Standing(row["last_session_on"], dates, DueStatus(row["status"]), row["booked_on"])
