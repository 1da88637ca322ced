"""``botox-schedule due``: the four dates after a session.

Examples:
    botox-schedule due chronic-migraine 2026-01-05
    botox-schedule due cervical-dystonia 2026-01-05 --product Dysport
    botox-schedule due chronic-migraine 2026-01-05 --payer-minimum '85 days'
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from botox_schedule import PatientRecord, TreatmentProtocol, TreatmentSession, due_status
from botox_schedule.cli.arguments import TREATMENT, known_of, policy_of, protocol_of
from botox_schedule.cli.output import NOT_ADVICE, Answer, flat, in_force, listing
from botox_schedule.cli.protocols import sources
from botox_schedule.engine import ProjectedSession
from botox_schedule.engine.forecast import dates_of
from botox_schedule.engine.project import projected_sessions
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import version_on
from botox_schedule.questions import ask

OPTIONS = TREATMENT
"""What the command takes."""
_DATES = ("earliest", "due", "overdue_from", "lapsed_from", "typical_on")


def answer(given: Namespace) -> Answer:
    """Return the four dates, the status of a day, and the sessions that follow."""
    protocol, policy, known = protocol_of(given), policy_of(given), known_of(given)
    on, treated = given.administered_on, protocol.indication
    session = TreatmentSession(administered_on=on, indication=treated, product=protocol.product)
    record = PatientRecord(sessions=(session,))
    rules: dict[str, Any] = {"policy": policy, "other_protocols": known}
    first, track = (ask(record, protocol, d, **rules).track for d in (on, max(on, given.as_of)))
    dates = dates_of(track)
    # Days that were allowed for a while may be over: then the sessions ahead begin later too.
    ahead = projected_sessions(first if dates_of(first) == dates else track, 5)
    status = due_status(dates, as_of=given.as_of)
    # The sources are those of the version that gives the dates.
    protocol = version_on(known.versions(protocol), dates.earliest or on) or protocol
    figures = {**flat(dates, *_DATES), f"status on {given.as_of}": status}
    text = [title(protocol, on), "", *listing(figures)]
    if dates.typical_words:
        text.append(f"typical: {dates.typical_words}; it makes nobody due")
    text += _later(ahead)
    if dates.unverified:
        text += ["", f"unverified: {', '.join(dates.unverified)}"]
    asked = {"administered_on": on, "as_of": given.as_of, "status": status}
    cited = sources(protocol, "minimum", "usual", "typical", "wording")
    cited[-1:-1] = _chosen(protocol, track.clock, policy)
    return Answer(
        rows=[{**asked, **flat(dates, *_DATES, "unverified")}],
        text=[*text, "", *cited, NOT_ADVICE],
        data={**asked, "dates": dates, "projected": ahead},
    )


def title(protocol: TreatmentProtocol, administered_on: date) -> str:
    """Return what was asked, in words."""
    return f"{protocol.indication} with {protocol.product}, session on {administered_on}"


def _chosen(
    protocol: TreatmentProtocol, clock: frozenset[str], policy: SchedulingPolicy
) -> Iterator[str]:
    """What the policy says about the treatment, next to the figures of the sources."""
    for rule in policy.payer_rules(clock, protocol.product):
        if rule.minimum is not None:
            yield f"  payer's minimum {' '.join([str(rule.minimum), *in_force(rule)])}: the policy"
    if (usual := policy.usual_for(protocol.indication)) is not None:
        yield f"  usual {usual}: the clinic's choice, in the policy"


def _later(ahead: Sequence[ProjectedSession]) -> list[str]:
    if not ahead:
        return ["", "no later sessions: the source states no usual range"]
    return ["", "if every session comes on its day:", *(f"  {s.number}. {s.target}" for s in ahead)]
