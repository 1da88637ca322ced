"""``botox-schedule workload``: how many sessions each week is to expect.

Examples:
    botox-schedule workload export.csv --holds none --care-ends none
    botox-schedule workload sessions.parquet --holds holds.csv --care-ends ends.csv --weeks 26 --capacity 40 --csv
"""

from argparse import ArgumentParser, Namespace
from typing import Any

from botox_schedule.cli.arguments import add_options, missing_extra, region_of
from botox_schedule.cli.exports import Clinic, add_export, clinic_of
from botox_schedule.cli.output import NOT_ADVICE, Answer, Table, plain
from botox_schedule.cli.schedule import head_of
from botox_schedule.errors import CountError

_OPTIONS = {
    "--weeks COUNT": "how many weeks (default: 12)",
    "--capacity COUNT": "visits a week; what does not fit is carried on",
    "--population POPULATION": "whom the protocols are for (default: the patient's age decides)",
}


def add_arguments(command: ArgumentParser) -> None:
    """Add what the command takes."""
    add_export(command, needed=("holds", "care_ends"))
    add_options(command, _OPTIONS, weeks=12)


def answer(given: Namespace) -> Answer:
    """Return the weeks."""
    try:
        import polars as pl  # noqa: PLC0415 - an extra

        from botox_schedule.panel import workload  # noqa: PLC0415 - an extra
    except ImportError:
        raise missing_extra("panel") from None
    if not 1 <= given.weeks <= 520:
        raise CountError("--weeks: give a number from 1 to 520")
    clinic = clinic_of(given)
    frames: dict[str, Any] = {
        name: pl.DataFrame(rows, infer_schema_length=None) if rows else None
        for name, rows in _tables(clinic).items()
    }
    found = workload(
        frames.pop("sessions"),
        clinic.known,
        as_of=clinic.as_of,
        policy=clinic.policy,
        region=region_of(given),
        population=given.population,
        weeks=given.weeks,
        capacity=given.capacity,
        **frames,
    )
    rows = found.to_dicts()
    head = head_of(clinic, sum(record.born_on is None for record in clinic.records))
    return Answer(
        rows=rows,
        text=[*head, "", Table(found.columns, [("", rows)]), "", NOT_ADVICE],
        data={"as_of": clinic.as_of, "weeks": rows, "problems": clinic.problems},
        columns=found.columns,
        problems=clinic.problems,
        remarks=head,
    )


def _tables(clinic: Clinic) -> dict[str, list[dict[str, Any]]]:
    """The records as the tables that the panel takes."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in (*_FACTS, "births")}
    tables["sessions"] = [_flat(row.pop("patient"), plain(row)) for row in clinic.reading.rows()]
    for record in clinic.records:
        for name in _FACTS:
            tables[name] += [_flat(record.id, plain(fact)) for fact in getattr(record, name)]
        if record.born_on is not None:
            tables["births"].append({"patient": record.id, "born_on": record.born_on})
    return tables


_FACTS = ("holds", "care_ends", "overrides", "authorizations", "prior_treatments")
_NUMBERS = ("units", "units_discarded")


def _flat(patient: str | None, fact: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"patient": patient, **fact}
    for name in _NUMBERS:
        if found.get(name) is not None:
            found[name] = float(found[name])
    if "administered_on" in found:
        found["session_id"] = found.pop("id")
    found |= found.pop("valid", {})
    return found
