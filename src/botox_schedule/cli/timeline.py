"""``botox-schedule timeline``: the expected response to a session.

Examples:
    botox-schedule timeline spasticity 2026-01-05
    botox-schedule timeline migraine 2026-01-05 --course-started-on 2025-07-14
"""

from argparse import Namespace
from collections.abc import Iterator
from datetime import date

from botox_schedule import TreatmentProtocol, response_phase, response_timeline
from botox_schedule.cli.arguments import TREATMENT, policy_of, protocol_of
from botox_schedule.cli.due import title
from botox_schedule.cli.output import NOT_ADVICE, Answer, flat, listing, word
from botox_schedule.cli.protocols import sources
from botox_schedule.engine import ResponseTimeline

OPTIONS = TREATMENT | {
    "--course-started-on DATE": "the course's first session: full benefit counts from it"
}
"""What the command takes."""
_SHOWN = ("onset", "peak", "wear_off", "full_benefit_by")


def answer(given: Namespace) -> Answer:
    """Return the windows of the response, and the phase of a day."""
    protocol, on = protocol_of(given), given.administered_on
    timeline = response_timeline(on, protocol, given.course_started_on, policy_of(given))
    return timeline_answer(protocol, title(protocol, on), timeline, given.as_of)


def timeline_answer(
    protocol: TreatmentProtocol, title: str, timeline: ResponseTimeline, as_of: date
) -> Answer:
    """Return what a timeline says on a day."""
    phase = response_phase(timeline, as_of=as_of) if as_of >= timeline.administered_on else None
    text = [title, "", *_windows(timeline, protocol), f"phase on {as_of}: {word(phase)}"]
    if timeline.unverified:
        text += ["", f"unverified: {', '.join(timeline.unverified)}"]
    text += ["", *sources(protocol, "onset", "peak", "wear_off", "full_benefit"), NOT_ADVICE]
    row = {**flat(timeline, "administered_on", *_SHOWN), "as_of": as_of, "phase": phase}
    return Answer([row], text, {"as_of": as_of, "phase": phase, "timeline": timeline})


def _windows(timeline: ResponseTimeline, protocol: TreatmentProtocol) -> Iterator[str]:
    """The response as dated lines, with what the source says."""
    said = {
        found.stage.name: f"{found.window}  ({getattr(protocol.response, found.stage.name)}"
        f"{_for_whom(found.for_whom, found.share)})"
        for found in timeline.windows()
    }
    if timeline.full_benefit_by is not None:
        said["full benefit of the course by"] = str(timeline.full_benefit_by)
    yield from listing(said) if said else ["the sources state no expected response"]


def _for_whom(whom: str, share: str | None) -> str:
    of = f", {share}" if share else ""
    return "" if whom == "typical" else f"; {whom} patients{of}"
