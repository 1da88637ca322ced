"""What the commands about outcomes answer."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from botox_schedule import SchedulingPolicy
from botox_schedule.cli.answers import NOT_ADVICE
from botox_schedule.cli.clinic_schedule import people
from botox_schedule.cli.output import Answer
from botox_schedule.cli.planned import Shelf, planned_tracks
from botox_schedule.cli.readers import Export
from botox_schedule.cli.text import Lines, table, word
from botox_schedule.outcomes import Adherence, ResponseAssessment, ReviewDate, adherence


class TrackAdherence(NamedTuple):
    """One track of one patient."""

    patient: str
    indication: str
    adherence: Adherence


def export_adherence(
    export: Export,
    shelf: Shelf,
    as_of: date,
    policy: SchedulingPolicy,
    permissible_gap_days: int | None,
) -> tuple[list[TrackAdherence], list[str]]:
    """Return the adherence of every track of an export that has a protocol, and the problems."""
    problems = list(export.problems)
    found = [
        TrackAdherence(
            person.patient,
            protocol.indication,
            adherence(
                person.record,
                protocol,
                as_of=as_of,
                permissible_gap_days=permissible_gap_days,
                policy=policy,
                other_protocols=shelf.others(protocol),
            ),
        )
        for person in people(export, problems)
        for _, _, protocol in planned_tracks(person.record, shelf, as_of)
        if protocol is not None
    ]
    return found, list(map(str, sorted(problems)))


def response_answer(
    assessment: ResponseAssessment, reviews: Sequence[ReviewDate], problems: Sequence[str]
) -> Answer:
    """What a rule gives for a patient, and when it can be judged."""
    header = ("rule", "criterion", "outcome", "reduction", "first_judged_on", "source")

    def rows() -> list[Sequence[object]]:
        judged = {result.criterion: result for result in assessment.results}
        return [
            (
                review.rule,
                review.criterion,
                found.outcome.value if (found := judged.get(review.criterion)) else None,
                None if found is None else found.reduction,
                review.on,
                None if found is None else f"{found.source.title}, {found.source.place}",
            )
            for review in reviews
        ]

    def text() -> Lines:
        lines = assessment.explain().splitlines()
        lines += ["", "can be judged from:"]
        lines += [f"  {r.criterion}: {word(r.on)} ({r.why})" for r in reviews]
        if problems:
            lines += ["", f"Problems ({len(problems)})", *problems]
        return [*lines, "", NOT_ADVICE]

    def data() -> Any:
        return {
            "assessment": assessment.model_dump(mode="json"),
            "reviews": [review.model_dump(mode="json") for review in reviews],
            "problems": list(problems),
        }

    return Answer(text, data, header, rows, int(bool(problems)), problems)


_COLUMNS = (
    "patient",
    "indication",
    "cycles",
    "held",
    "on_time",
    "early",
    "late",
    "on_time_share",
    "covered_between",
    "covered_to_end",
    "episodes",
    "persistent_days",
    "censored",
)


def adherence_answer(
    found: Sequence[TrackAdherence], problems: Sequence[str], as_of: date
) -> Answer:
    """How regularly each track of an export was treated."""

    def rows() -> list[Sequence[object]]:
        return [_cells(track) for track in found]

    def text() -> Lines:
        lines = [f"as of {as_of}; {_gap_words(found)}", "", *table(_COLUMNS, rows())]
        if problems:
            lines += ["", f"Problems ({len(problems)})", *problems]
        return [*lines, "", NOT_ADVICE]

    def data() -> Any:
        tracks = [
            {**track._asdict(), "adherence": track.adherence.model_dump(mode="json")}
            for track in found
        ]
        return {"as_of": str(as_of), "tracks": tracks, "problems": list(problems)}

    return Answer(text, data, _COLUMNS, rows, int(bool(problems)), problems)


def _cells(track: TrackAdherence) -> Sequence[object]:
    found = track.adherence
    return (
        track.patient,
        track.indication,
        found.cycles,
        found.held_cycles,
        found.on_time,
        found.early,
        found.late,
        _share(found.on_time_share),
        _share(found.covered_between),
        _share(found.covered_to_end),
        len(found.episodes) or None,
        found.persistent_days,
        found.is_censored,
    )


def _gap_words(found: Sequence[TrackAdherence]) -> str:
    gap = found[0].adherence.permissible_gap_days if found else None
    if gap is None:
        return "no permissible gap was stated, so episodes are not looked for"
    return f"an episode ends after {gap} days without expected effect"


def _share(share: Fraction | None) -> object:
    return None if share is None else round(float(share), 3)
