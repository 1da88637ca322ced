"""``botox-schedule handout``: a patient's page."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from botox_schedule.cli.arguments import midnight, missing_extra
from botox_schedule.cli.output import Answer, write_file
from botox_schedule.cli.record_files import add_record, with_protocol
from botox_schedule.errors import HandoutError, UnknownProtocolError
from botox_schedule.files import MEBIBYTE, read_within

EXAMPLES = (
    "record.json --key 7f3a --when-to-call call.txt --html page.html",
    "record.json --key 7f3a --when-to-call call.txt --html page.html --language es --patient Ana",
)


def add_arguments(command: ArgumentParser) -> None:
    """Add what the command takes."""
    add_record(command)
    command.add_argument(
        "--when-to-call",
        type=Path,
        required=True,
        metavar="FILE.txt",
        help="the clinic's own text on when to call; there is none by default",
    )
    command.add_argument(
        "--html", type=Path, required=True, metavar="OUT.html", help="the page to write"
    )
    words = "the clinic's key of the patient: it makes the ids of the calendar entries"
    command.add_argument("--key", required=True, metavar="KEY", help=words)
    words = "en (default), or es, which nobody has reviewed yet"
    command.add_argument("--language", default="en", metavar="LANGUAGE", help=words)
    words = "the clinic's own words for the page, in TOML"
    command.add_argument("--messages", type=Path, metavar="FILE", help=words)
    command.add_argument("--patient", metavar="NAME", help="what the patient is called on the page")
    command.add_argument("--clinic", metavar="TEXT", help="the clinic's name and telephone")


def answer(given: Namespace) -> Answer:
    """Write the page."""
    try:
        from botox_schedule.views.handout import handout_html  # noqa: PLC0415 - an extra
        from botox_schedule.views.messages import load_messages  # noqa: PLC0415 - with it
    except ImportError:
        raise missing_extra("handout") from None
    question = with_protocol(given)
    if len(question.protocols) > 1:
        raise UnknownProtocolError(
            "the record has several treatments; a page is about one: name it with --indication"
        )
    protocol = question.protocols[0]
    html = handout_html(
        question.record,
        protocol,
        as_of=given.as_of,
        when_to_call=_text(given.when_to_call),
        key=given.key,
        stamped_at=midnight(given.as_of),
        language=given.language if given.messages is None else load_messages(given.messages),
        patient=given.patient,
        clinic=given.clinic,
        policy=question.reading.policy,
        other_protocols=question.reading.known,
    )
    write_file(given.html, html)
    told = f"the page for {protocol.indication} was written to {given.html}"
    row = {"protocol": protocol.id, "html": given.html}
    return Answer(rows=[row], text=[told], data=row, problems=question.problems)


def _text(path: Path) -> str:
    try:
        return read_within(path, MEBIBYTE).decode()
    except UnicodeDecodeError:
        raise HandoutError(f"{path.name}: expected text in UTF-8") from None
