"""``botox-schedule handout``: a patient's page.

Examples:
    botox-schedule handout r.json --key 7f3a --when-to-call a.txt --html a.html
"""

from argparse import Namespace
from pathlib import Path

from botox_schedule.cli.arguments import content_of, extra, midnight
from botox_schedule.cli.output import Answer
from botox_schedule.cli.record_files import RECORD, with_protocol
from botox_schedule.errors import HandoutError, UnknownProtocolError
from botox_schedule.files import MEBIBYTE, write_whole

OPTIONS = RECORD | {
    "--indication INDICATION": "the planned treatment (needed where the record has several)",
    "--when-to-call FILE!": "the clinic's own text on when to call; there is none by default",
    "--html FILE!": "the page to write",
    "--key KEY!": "the clinic's key of the patient: it makes the ids of the calendar entries",
    "--language LANGUAGE:en": "en (default), or es, which nobody has reviewed yet",
    "--messages FILE": "the clinic's own words for the page, in TOML",
    "--patient NAME": "what the patient is called on the page",
    "--clinic TEXT": "the clinic's name and telephone",
}
"""What the command takes."""
_SEVERAL = "the record has several treatments; a page is about one: name it with --indication"


def answer(given: Namespace) -> Answer:
    """Write the page."""
    with extra("handout"):
        from botox_schedule.views.handout import handout_html  # noqa: PLC0415 - an extra
        from botox_schedule.views.messages import load_messages  # noqa: PLC0415 - with it
    question = with_protocol(given)
    if len(question.protocols) > 1:
        raise UnknownProtocolError(_SEVERAL)
    protocol = question.protocols[0]
    html = handout_html(
        question.record,
        protocol,
        when_to_call=_text(given.when_to_call),
        key=given.key,
        stamped_at=midnight(given.as_of),
        language=given.language if given.messages is None else load_messages(given.messages),
        patient=given.patient,
        clinic=given.clinic,
        **question.rules,
    )
    write_whole(given.html, html, private=True)
    told = f"the page for {protocol.indication} was written to {given.html}"
    row = {"protocol": protocol.id, "html": given.html}
    return Answer(rows=[row], text=[told], data=row, problems=question.problems)


def _text(path: Path) -> str:
    try:
        return content_of(path, MEBIBYTE).decode()
    except UnicodeDecodeError:
        raise HandoutError(f"{path.name}: expected text in UTF-8") from None
