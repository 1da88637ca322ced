"""The commands about one session, and about protocols."""

import argparse
from pathlib import Path

from botox_schedule import UnknownProtocolError, bundled_protocols, load_protocols
from botox_schedule.cli.answers import (
    due_answer,
    protocol_answer,
    protocols_answer,
    timeline_answer,
)
from botox_schedule.cli.arguments import (
    Commands,
    add_treatment,
    day,
    new_command,
    policy_of,
    protocol_of,
)
from botox_schedule.cli.output import Answer


def add_due(commands: Commands) -> None:
    """Add the command ``due``."""
    command = new_command(commands, "due", "the four dates after a session")
    add_treatment(command)
    command.set_defaults(run=_due)


def _due(given: argparse.Namespace) -> Answer:
    return due_answer(protocol_of(given), given.administered_on, given.as_of, policy_of(given))


def add_timeline(commands: Commands) -> None:
    """Add the command ``timeline``."""
    command = new_command(commands, "timeline", "the expected response to a session")
    add_treatment(command)
    command.add_argument("--course-started-on", type=day, metavar="DATE")
    command.set_defaults(run=_timeline)


def _timeline(given: argparse.Namespace) -> Answer:
    return timeline_answer(
        protocol_of(given),
        given.administered_on,
        given.course_started_on,
        given.as_of,
        policy_of(given),
    )


def add_protocols(commands: Commands) -> None:
    """Add the command ``protocols``."""
    command = new_command(commands, "protocols", "the protocols with sources and verification")
    command.add_argument("id", nargs="?", help="one protocol with every figure")
    command.add_argument(
        "--protocols", type=Path, metavar="FILE", help="a file of the clinic's own"
    )
    command.set_defaults(run=_protocols)


def _protocols(given: argparse.Namespace) -> Answer:
    own = load_protocols(given.protocols) if given.protocols else ()
    known = [*own, *bundled_protocols()]
    if given.id is None:
        return protocols_answer(known)
    for protocol in known:
        if protocol.id == given.id:
            return protocol_answer(protocol)
    raise UnknownProtocolError("no protocol has that id; 'botox-schedule protocols' lists them")
