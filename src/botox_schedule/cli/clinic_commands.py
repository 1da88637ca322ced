"""The commands about a clinic"s export."""

import argparse
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

from botox_schedule import SchedulingPolicy, SessionStatus, bundled_protocols, find_protocol
from botox_schedule.cli.answers import timeline_answer
from botox_schedule.cli.arguments import (
    Commands,
    add_export,
    export_of,
    missing_extra,
    new_command,
    policy_of,
    shelf_of,
)
from botox_schedule.cli.clinic_schedule import clinic_schedule
from botox_schedule.cli.outcome_answers import adherence_answer, export_adherence
from botox_schedule.cli.output import Answer
from botox_schedule.cli.planned import Shelf
from botox_schedule.cli.readers import read_export
from botox_schedule.cli.schedule_answer import schedule_answer

_DEMO_DAY = date(2026, 3, 16)
_DEMO_PATIENT = "P1035"


def add_demo(commands: Commands) -> None:
    """Add the command ``demo``."""
    text = "the schedule of a made-up clinic, and one patient's timeline"
    command = new_command(commands, "demo", text)
    command.set_defaults(run=_demo)


def _demo(_: argparse.Namespace) -> Answer:
    resource = files("botox_schedule.cli") / "demo" / "clinic-export.csv"
    with as_file(resource) as path:
        export = read_export(path)
    policy = SchedulingPolicy()
    found = clinic_schedule(export, Shelf(bundled_protocols(), "us"), _DEMO_DAY, policy)
    schedule = schedule_answer(found)
    days = [
        row.session.administered_on
        for row in export.rows
        if row.patient == _DEMO_PATIENT and row.session.status is SessionStatus.COMPLETED
    ]
    migraine = find_protocol("chronic-migraine")
    timeline = timeline_answer(migraine, max(days), min(days), _DEMO_DAY, policy)
    return schedule._replace(
        text=lambda: [
            "A made-up clinic: the export stands in the package as data/demo/clinic-export.csv",
            *schedule.text(),
            "",
            f"What patient {_DEMO_PATIENT} may expect",
            *timeline.text(),
        ],
        data=lambda: {"schedule": schedule.data(), "timeline": timeline.data()},
    )


def add_schedule(commands: Commands) -> None:
    """Add the command ``schedule``."""
    text = "where every patient of a clinic's export stands"
    command = new_command(commands, "schedule", text)
    add_export(command)
    command.set_defaults(run=_schedule)


def _schedule(given: argparse.Namespace) -> Answer:
    shelf = shelf_of(given)
    return schedule_answer(clinic_schedule(export_of(given), shelf, given.as_of, policy_of(given)))


def add_adherence(commands: Commands) -> None:
    """Add the command ``adherence``."""
    command = new_command(
        commands, "adherence", "how regularly each track of an export was treated"
    )
    add_export(command)
    command.add_argument(
        "--gap-days",
        type=int,
        metavar="DAYS",
        help="days without expected effect that do not end an episode (without it: no episodes)",
    )
    command.set_defaults(run=_adherence)


def _adherence(given: argparse.Namespace) -> Answer:
    as_of = given.as_of
    found, problems = export_adherence(
        export_of(given), shelf_of(given), as_of, policy_of(given), given.gap_days
    )
    return adherence_answer(found, problems, as_of)


def add_report(commands: Commands) -> None:
    """Add the command ``report``."""
    text = "a clinic's worklist as one HTML page (extra 'handout')"
    command = new_command(commands, "report", text)
    add_export(command)
    command.add_argument("--html", type=Path, required=True, metavar="OUT.html")
    command.set_defaults(run=_report)


def _report(given: argparse.Namespace) -> Answer:
    try:
        from botox_schedule.views.report import report_html  # noqa: PLC0415 - an extra
    except ImportError:
        raise missing_extra("handout") from None
    found = clinic_schedule(export_of(given), shelf_of(given), given.as_of, policy_of(given))
    given.html.write_text(report_html(found), encoding="utf-8")
    schedule = schedule_answer(found)
    written = f"{len(found.tracks)} tracks written to {given.html}"
    return schedule._replace(text=lambda: [written, *schedule.problems])
