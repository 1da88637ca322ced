"""The command that makes a patient's page."""

import argparse
from pathlib import Path

from botox_schedule.cli.arguments import (
    Commands,
    add_record,
    midnight,
    missing_extra,
    new_command,
    policy_of,
    shelf_of,
)
from botox_schedule.cli.output import Answer
from botox_schedule.cli.record_file import planned_protocols, read_record
from botox_schedule.cli.text import Lines
from botox_schedule.errors import HandoutError
from botox_schedule.files import MEBIBYTE, read_within


def add_handout(commands: Commands) -> None:
    """Add the command ``handout``."""
    command = new_command(commands, "handout", "a patient's page as HTML (extra 'handout')")
    add_record(command)
    command.add_argument(
        "--when-to-call",
        type=Path,
        required=True,
        metavar="FILE.txt",
        help="the clinic's own text; there is none by default",
    )
    command.add_argument("--html", type=Path, required=True, metavar="OUT.html")
    command.add_argument("--key", required=True, help="the patient's key: it makes the UIDs")
    command.add_argument("--language", default="en", help="en (default) or es, not yet reviewed")
    command.add_argument(
        "--messages", type=Path, metavar="FILE.toml", help="the clinic's own words"
    )
    command.add_argument("--patient", help="what the patient is called on the page")
    command.add_argument("--clinic", help="the clinic's name and telephone")
    command.set_defaults(run=_handout)


def _text(path: Path) -> str:
    try:
        return read_within(path, MEBIBYTE).decode()
    except UnicodeDecodeError:
        raise HandoutError(f"{path.name}: expected text in UTF-8") from None


def _handout(given: argparse.Namespace) -> Answer:
    try:
        from botox_schedule.views.handout import handout_html, load_messages  # noqa: PLC0415 - an extra
    except ImportError:
        raise missing_extra("handout") from None
    record, known = read_record(given.file), shelf_of(given)
    (protocol, *_) = planned_protocols(record, known, given.as_of, given.indication, given.product)
    html = handout_html(
        record,
        protocol,
        as_of=given.as_of,
        when_to_call=_text(given.when_to_call),
        key=given.key,
        stamped_at=midnight(given.as_of),
        language=given.language if given.messages is None else load_messages(given.messages),
        patient=given.patient,
        clinic=given.clinic,
        policy=policy_of(given),
        other_protocols=known.others(protocol),
    )
    given.html.write_text(html, encoding="utf-8")
    header, row = ("protocol", "html"), (protocol.id, given.html)

    def text() -> Lines:
        return [f"the page for {protocol.indication} was written to {given.html}"]

    return Answer(
        text, lambda: {"protocol": protocol.id, "html": str(given.html)}, header, lambda: [row]
    )
