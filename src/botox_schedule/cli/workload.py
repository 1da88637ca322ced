"""``botox-schedule workload``: how many sessions to expect each week.

Examples:
    botox-schedule workload export.csv --holds none --care-ends none
    botox-schedule workload a.csv --holds none --care-ends none --capacity 40
"""

from argparse import Namespace
from typing import Any

from botox_schedule.cli.arguments import extra
from botox_schedule.cli.exports import Clinic, clinic_of, export_options
from botox_schedule.cli.output import Answer, Table, Told, list_answer
from botox_schedule.dates.days import counted

OPTIONS = export_options(needed=("holds", "care_ends"), notes={}) | {
    "--weeks COUNT:12": "how many weeks (default: 12)",
    "--capacity COUNT": "visits a week; what does not fit is carried on",
}
"""What the command takes."""
_RULES = ("as_of", "policy", "region", "population")
_NEEDED = ("patient", "administered_on", "indication", "product")
_NEXT_ONLY = "a track counts once, by its next visit; not if lapsed, held open, ended or undated"


def answer(given: Namespace) -> Answer:
    """Return the weeks."""
    with extra("panel"):
        import polars as pl  # noqa: PLC0415 - an extra

        from botox_schedule.panel import workload  # noqa: PLC0415 - an extra
    clinic = clinic_of(given)
    frames: dict[str, Any] = {
        name: pl.DataFrame(rows, infer_schema_length=None) if rows else None
        for name, rows in _tables(clinic).items()
    }
    sessions = frames.pop("sessions")
    found = workload(
        pl.DataFrame(schema=_NEEDED) if sessions is None else sessions,
        clinic.rules.known,
        **{name: getattr(clinic.rules, name) for name in _RULES},
        weeks=given.weeks,
        capacity=given.capacity,
        **frames,
    )
    rows = found.to_dicts()
    tracks, coming = len(clinic.tracks()), sum(row["tracks"] for row in rows)
    read = clinic.told
    data = {**read.data, "tracks": tracks, "coming": coming, "weeks": rows}
    said = f"{counted(tracks, 'track')}: {coming} in these weeks, {tracks - coming} later or never"
    told = Told([*read.head, said, _NEXT_ONLY], data, read.problems)
    return list_answer(rows, Table(found.columns, [("", rows)]), told)._replace(failed=not tracks)


def _tables(clinic: Clinic) -> dict[str, list[dict[str, Any]]]:
    """The tables as the panel takes them; a death in the sessions is an end of care."""
    reading = clinic.reading
    found = {name: facts.rows() for name, facts in clinic.facts.items()}
    deaths = [{"patient": p, **dict(end)} for p, ends in reading.care_ends.items() for end in ends]
    return found | {
        "sessions": reading.rows(),
        "holds": found.get("holds", []),
        "care_ends": [*found.get("care_ends", []), *deaths],
        "births": [{"patient": name, "born_on": day} for name, day in reading.births.items()],
    }
