"""The tracks of a record: one for each clock, with the protocol that each follows."""

from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from botox_schedule.engine.reading import Reading, course_of
from botox_schedule.engine.track import Track, track_in
from botox_schedule.errors import UnknownProtocolError
from botox_schedule.protocols.collection import Followed, ProtocolSet
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.terms import FindingCode, Population


class RecordTrack(NamedTuple):
    """A track of a record; without a known protocol ``track`` is None.

    Attributes:
        indication: What was treated last.
        track: The track, or None.
        findings: Findings about how the protocol was chosen.
    """

    indication: str
    track: Track | None
    findings: tuple[Finding, ...] = ()


class Asked(NamedTuple):
    """A track, and findings about how its protocol was chosen."""

    track: Track
    findings: tuple[Finding, ...] = ()


def tracks_of(reading: Reading, region: str, population: Population | None) -> list[RecordTrack]:
    """Return all tracks of a record, in order of their indications."""
    # Of each clock, the last of its names in :func:`_indications`.
    names = {clock_of(reading, n, region, population): n for n in _indications(reading)}
    return [_track(reading, name, region, population) for name in sorted(names.values())]


def _track(reading: Reading, name: str, region: str, population: Population | None) -> RecordTrack:
    if _first_protocol(reading, name, region, population) is None:
        return RecordTrack(name, None)
    return RecordTrack(name, *track_named(reading, name, reading.as_of, region, population))


def track_named(
    reading: Reading, name: str, on: date, region: str, population: Population | None = None
) -> Asked:
    """Return the track of an indication with the protocol for the product given last.

    Args:
        reading: What is known of the patient.
        name: A slug, title or alias.
        on: The day whose age and versions decide.
        region: The region of the protocol.
        population: Decides instead of the age.

    Raises:
        UnknownProtocolError: When no protocol is known for the indication.
    """
    known, born_on = reading.known, reading.record.born_on
    slug = known.indication_named(name)
    asked = {"born_on": born_on, "on": on, "region": region, "population": population}
    first = _followed(known, slug, (), **asked)
    course = course_of(reading, known.clock(slug, first.protocol.population, region))
    last = [] if course.last is None else course.last.full_sessions
    followed = _followed(known, slug, tuple([session.product for session in last]), **asked)
    track = track_in(reading, followed.protocol, course)
    return Asked(track, followed_findings(followed))


_followed = lru_cache(maxsize=4096)(ProtocolSet.followed)


def followed_findings(followed: Followed) -> tuple[Finding, ...]:
    """Return the findings about how a protocol was chosen."""
    found = []
    if not followed.is_own:
        message = "no protocol is known for the product given last; the strictest other one judges"
        found.append(make_finding(FindingCode.JUDGED_BY_ANOTHER_PROTOCOL, message))
    if followed.age_decides:
        message = (
            "the age, which decides between protocols, is unknown; the patient counts as adult"
        )
        found.append(make_finding(FindingCode.AGE_UNKNOWN, message))
    return tuple(found)


def _indications(reading: Reading) -> list[str]:
    """The indications of a record's rows; what was completed last comes last."""
    history, others = reading.history, reading.policy.other_indications
    # Row order must not matter.
    unused = (*history.missed, *history.other, *history.later)
    planned = sorted((s.administered_on, s.indication) for s in unused)
    priors = [prior for prior in reading.record.prior_treatments if prior.was_given]
    dated = [(p.last_on, p.indication) for p in priors if p.last_on and p.last_on <= reading.as_of]
    given = sorted(dated) + [(s.administered_on, s.indication) for s in history.completed]
    rows = [
        *sorted(prior.indication for prior in priors),
        *(indication for _, indication in planned),
        *(s.indication for s in history.booked),
        *(s.indication for s in (*history.after_death, *history.unrecognized)),
        # A session here comes after a course elsewhere that ended on its day.
        *(indication for _, indication in sorted(given, key=itemgetter(0))),
    ]
    # A declared indication has no track of its own, unless it is known or there is no other.
    own = [name for name in rows if name not in others or reading.known.recognizes(name)]
    return own or [*_decided(reading), *rows]


def _decided(reading: Reading) -> list[str]:
    """The indications that decisions name: a patient who was never treated has no other."""
    decided = [row.indication for row in reading.decisions.about_clocks if row.indication]
    return sorted([*decided, *(prior.indication for prior in reading.record.prior_treatments)])


def clock_of(
    reading: Reading, name: str, region: str, population: Population | None
) -> frozenset[str]:
    """Return the clock of an indication for the patient; without a protocol the indication alone."""
    first = _first_protocol(reading, name, region, population)
    if first is None:
        return frozenset({name})
    return reading.known.clock(name, first.population, region)


def _first_protocol(
    reading: Reading, name: str, region: str, population: Population | None
) -> TreatmentProtocol | None:
    """A protocol for the indication of a row, whatever was given; None where none is known."""
    if not reading.known.recognizes(name):
        return None  # An alias in a row is no known name: its sessions belong to no clock.
    on, born_on = reading.as_of, reading.record.born_on
    asked = {"born_on": born_on, "on": on, "region": region, "population": population}
    try:
        return _followed(reading.known, name, (), **asked).protocol
    except UnknownProtocolError:
        return None
