"""Reads a record from a JSON file, and finds its tracks."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from botox_schedule import PatientRecord, TreatmentProtocol, UnknownProtocolError
from botox_schedule.cli.arguments import (
    AS_OF,
    RULES,
    content_of,
    faults_in,
    known_of,
    policy_of,
    region_of,
)
from botox_schedule.cli.output import NOT_ADVICE, Answer, flat
from botox_schedule.engine import AnyTrack, Track
from botox_schedule.engine.limits import planned_units
from botox_schedule.engine.reading import Reading, read_record
from botox_schedule.engine.track import Asked, followed_findings, track_in, track_named, tracks_of
from botox_schedule.errors import ExchangeError, FileLimitError
from botox_schedule.files import MEBIBYTE, with_own_names

_MOST_BYTES = 64 * MEBIBYTE
_MOST_VALUES = 100_000
_TOO_LONG = f"more than {_MOST_VALUES:,} values; give one patient's record"

_Found = TypeVar("_Found")


class Question(NamedTuple):
    """A record, its tracks in question, and the rules for them."""

    record: PatientRecord
    reading: Reading
    tracks: Sequence[Asked[AnyTrack]]
    planned_units: Decimal | None

    @property
    def protocols(self) -> list[TreatmentProtocol]:
        """The protocols of the tracks that have one."""
        return [found.track.protocol for found in self.tracks if isinstance(found.track, Track)]

    @property
    def rules(self) -> dict[str, Any]:
        """The day, the policy and the protocols, as the library's functions take them."""
        reading = self.reading
        return {"as_of": reading.as_of, "policy": reading.policy, "other_protocols": reading.known}

    def ask(self, function: Callable[..., _Found], **more: Any) -> list[tuple[Any, _Found]]:
        """Return each of the protocols with the answer of a function about the record."""
        return [
            (protocol, function(self.record, protocol, **self.rules, **more))
            for protocol in self.protocols
        ]

    @property
    def problems(self) -> list[str]:
        """What to say of tracks without a protocol, where an answer needs one."""
        return [_WITHOUT for found in self.tracks if not isinstance(found.track, Track)]


def explained(
    question: Question, found: Sequence[tuple[Any, Any]], name: str, fields: Sequence[str]
) -> Answer:
    """Return the answers of :meth:`Question.ask` in all forms.

    Args:
        question: The question.
        found: The protocols and the answers.
        name: What JSON calls an answer.
        fields: The fields of it that a row has.
    """
    lines = [line for p, one in found for line in (str(p.ref), *one.explain().splitlines(), "")]
    return Answer(
        rows=[{"protocol": protocol.id, **flat(one, *fields)} for protocol, one in found],
        text=[*lines, NOT_ADVICE],
        data=[{"protocol": protocol.ref, name: one} for protocol, one in found],
        problems=question.problems,
    )


RECORD = {
    "file FILE": "a patient's record, in JSON; - for standard input",
    "--indication INDICATION": "the planned treatment (default: every track)",
    "--product PRODUCT": "the planned product (default: the last)",
    **AS_OF,
    **RULES,
}
"""What reads a record and names the planned treatment."""
PLANNED = RECORD | {
    "--planned-units UNITS": "units planned for the next session of one treatment (default: those of its booking)"
}
"""The same for an answer about units."""
_NOT_JSON = "; a record is a JSON file, and 'botox-schedule schedule' reads a table"
_NO_SESSION = "the record has no session to ask about; name a treatment with --indication"
_NO_PROTOCOL = "no protocol is known for the record; name one with --indication and --product"
_NO_PRODUCT = "no protocol is known for that product; 'botox-schedule protocols' lists them"
_SEVERAL = "units are planned for one treatment of the record; name it with --indication"
_WITHOUT = "a treatment of the record has no protocol; 'botox-schedule forecast' shows which"


def read_record_file(file: Path) -> PatientRecord:
    """Return the record that a JSON file holds.

    Raises:
        ExchangeError: When it holds none; the message has no value of the file.
        FileLimitError: When it is larger than 64 MiB, or has more than 100,000 values.
        OSError: When it cannot be opened.
    """
    content = content_of(file, _MOST_BYTES)
    if content.count(b",") >= _MOST_VALUES:  # each could become an error of 2 kB
        raise FileLimitError(f"{file}: {_TOO_LONG}")
    try:
        return PatientRecord.model_validate_json(with_own_names(content, file))
    except ValidationError as error:
        told = f"{file}: {faults_in(error)}"
        hint = _NOT_JSON if error.errors()[0]["type"] == "json_invalid" else ""
        raise ExchangeError(f"{told}{hint}") from None


def question_of(given: Namespace) -> Question:
    """Return the record of the arguments and the tracks that they ask about.

    Raises:
        UnknownProtocolError: When no protocol is known for the treatment that was named, the
            record has no track, or several for the units planned.
    """
    record = read_record_file(given.file)
    reading = read_record(record, given.as_of, policy_of(given), known_of(given))
    tracks: Sequence[Asked[AnyTrack]]
    if given.indication is not None:
        tracks = [_named(reading, given.indication, given)]
    else:
        tracks = tracks_of(reading, region_of(given, reading.known), None)
        if given.product is not None:
            tracks = [_named(reading, found.track.indication, given) for found in tracks]
    if not tracks:
        raise UnknownProtocolError(_NO_SESSION)
    units = getattr(given, "planned_units", None)
    if len(tracks) > 1 and (units or getattr(given, "planned_discarded", None)):
        raise UnknownProtocolError(_SEVERAL)
    return Question(record, reading, tracks, planned_units(units))


def with_protocol(given: Namespace) -> Question:
    """Return the same, where no answer is possible without a protocol.

    Raises:
        UnknownProtocolError: When no track has one.
    """
    question = question_of(given)
    if not question.protocols:
        raise UnknownProtocolError(_NO_PROTOCOL)
    return question


def _named(reading: Reading, name: str, given: Namespace) -> Asked[Track]:
    region = region_of(given, reading.known)
    if given.product is None:
        return track_named(reading, name, reading.as_of, region)
    followed = reading.known.followed(
        name, [given.product], born_on=reading.record.born_on, on=reading.as_of, region=region
    )
    if not followed.is_own:
        raise UnknownProtocolError(_NO_PRODUCT)
    return Asked(track_in(reading, followed.protocol), followed_findings(followed))
