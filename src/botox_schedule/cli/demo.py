"""``botox-schedule demo``: the schedule of a made-up clinic, and one patient's timeline.

Examples:
    botox-schedule demo
"""

from argparse import Namespace
from datetime import date
from importlib.resources import as_file, files

from botox_schedule import SchedulingPolicy, SessionStatus, find_protocol, response_timeline
from botox_schedule.cli.due import title
from botox_schedule.cli.exports import Clinic
from botox_schedule.cli.output import Answer
from botox_schedule.cli.schedule import schedule_answer
from botox_schedule.cli.timeline import timeline_answer
from botox_schedule.cli.tracks import Rules
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.tables import read_sessions

OPTIONS: dict[str, str] = {}
"""What the command takes."""
_DAY = date(2026, 3, 16)
_PATIENT = "P1035"


def answer(given: Namespace) -> Answer:  # noqa: ARG001 - every command takes its arguments
    """Return both; the day is that of the made-up clinic."""
    clinic = _clinic()
    schedule, timeline = schedule_answer(clinic), _timeline(clinic)
    return schedule._replace(
        text=[
            "A made-up clinic: its export is the file cli/demo/clinic-export.csv of the package",
            *schedule.text,
            "",
            f"What patient {_PATIENT} may expect",
            *timeline.text,
        ],
        data={"schedule": schedule.data, "timeline": timeline.data},
    )


def _clinic() -> Clinic:
    with as_file(files("botox_schedule.cli") / "demo" / "clinic-export.csv") as path:
        reading = read_sessions(path)
    return Clinic(reading, {}, (), Rules(_DAY, SchedulingPolicy(), known_protocols(None)))


def _timeline(clinic: Clinic) -> Answer:
    sessions = next(record for record in clinic.records if record.id == _PATIENT).sessions
    days = [s.administered_on for s in sessions if s.status is SessionStatus.COMPLETED]
    protocol = find_protocol("chronic-migraine")
    timeline = response_timeline(max(days), protocol, min(days))
    return timeline_answer(protocol, title(protocol, max(days)), timeline, _DAY)
