"""``botox-schedule fhir``: the status of each patient in a FHIR R4 bundle.

Examples:
    botox-schedule fhir bundle.json --zone America/New_York
    botox-schedule fhir bundle.json --zone America/New_York --out proposals.json
"""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence

from botox_schedule.cli.arguments import AS_OF, POPULATION, RULES, content_of, extra
from botox_schedule.cli.output import ADULT_ASSUMED, Answer, Row, Table, Told
from botox_schedule.cli.tracks import ListedTrack, listed_tracks, rules_of, tracks_answer
from botox_schedule.dates.days import counted
from botox_schedule.engine.worklist import UNREAD
from botox_schedule.errors import ExchangeError
from botox_schedule.files import MEBIBYTE, write_whole

OPTIONS = {
    "file FILE": "a bundle, a resource, or lines of resources, also in gzip; - for standard input",
    "--zone ZONE!": "the clinic's time zone, such as America/New_York: it decides the day of an instant",
    "--product PRODUCT": "the product of sessions whose resources name none",
    **POPULATION,
    "--out FILE": "write the next sessions there, as a bundle of proposed ServiceRequests",
    **AS_OF,
    **RULES,
}
"""What the command takes."""
_MOST_BYTES = 512 * MEBIBYTE
_TABLE = Table(
    columns=(
        *("patient", "indication", "status", "last_session_on", "earliest", "due"),
        *("overdue_from", "days_to_go"),
    ),
    spare=("earliest", "overdue_from", "last_session_on", "days_to_go", "status"),
)
_WITHHELD = "none for tracks without a date, nor for patients with a resource to check first"


def answer(given: Namespace) -> Answer:
    """Return the tracks of every patient, and what became of each resource."""
    with extra("fhir"):
        from botox_schedule.fhir import records_from_bundle  # noqa: PLC0415 - an extra
    content = content_of(given.file, _MOST_BYTES)
    try:
        reading = records_from_bundle(content, zone=given.zone, product=given.product)
    except ExchangeError as error:
        raise ExchangeError(f"{given.file}: {error}") from None
    tracks = listed_tracks(reading.records, rules_of(given), reading.unreadable)
    unaged = [one for one in reading.records if one.sessions and one.born_on is None]
    adults = 0 if given.population else len(unaged)
    head = [f"as of {given.as_of}", str(reading.counts), f"{adults} {ADULT_ASSUMED}"]
    data = {"as_of": given.as_of, "adult_assumed": adults, "unread": reading.problems}
    data |= {"counts": reading.counts, "ignored": reading.ignored}
    if given.out is not None:
        entries = [*_proposals(tracks)]
        bundle = {"resourceType": "Bundle", "type": "collection"}
        proposed = json.dumps(bundle | ({"entry": entries} if entries else {}), indent=2)
        write_whole(given.out, proposed, private=True)
        data["proposals"] = len(entries)
        head.append(f"{counted(len(entries), 'proposal')} written to {given.out}; {_WITHHELD}")
    return tracks_answer(tracks, _TABLE, Told(head, data, [*map(str, reading.problems)]))


def _proposals(tracks: Sequence[ListedTrack]) -> Iterator[Row]:
    from botox_schedule.fhir import writer  # noqa: PLC0415 - an extra

    for track in tracks:
        # Who receives them does not see the list: a session may be missing, or a death.
        found = None if track.place == UNREAD else track.forecast()
        if found is not None and found.status not in writer.NOTHING_DUE:
            request = writer.service_request_from_forecast(found, subject=track.patient)
            yield {"resource": json.loads(request.model_dump_json())}
