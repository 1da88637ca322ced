"""What a bundle holds: the answer of the reader."""

from botox_schedule import PatientRecord
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode
from botox_schedule.values import Value


class BundleCounts(Value, frozen=True):
    """What became of each resource: the other numbers add up to *resources*.

    Resources in bundles within the bundle are counted, the bundles are not; neither is what a
    resource contains.

    Attributes:
        resources: How many came in.
        patients: Patients that have a record.
        sessions: Those that became a session each.
        merged: Those that are a part of something counted: the procedure of a dose, a
            medication or a reason that a session refers to, a linked patient, an older version,
            a copy, and what was deleted.
        left_out: Those that were not read; each has a problem.
        ignored: How many of each type were not looked at for sessions.
    """

    resources: int
    patients: int
    sessions: int
    merged: int
    left_out: int
    ignored: dict[str, int]

    def __str__(self) -> str:
        counted = ("patients", "sessions", "merged", "left_out")
        parts = [f"{name.replace('_', ' ')} {getattr(self, name)}" for name in counted]
        types = ", ".join(f"{kind} {count}" for kind, count in sorted(self.ignored.items()))
        parts.append(f"ignored {sum(self.ignored.values())}" + (f" ({types})" if types else ""))
        return f"resources {self.resources}: {', '.join(parts)}"


class BundleReading(Value, frozen=True):
    """What a bundle holds.

    Attributes:
        records: One record for each patient, in the order of the bundle.
        problems: What could not be read as it stands.
        counts: What became of each resource.
    """

    records: tuple[PatientRecord, ...]
    problems: tuple[BundleProblem, ...]
    counts: BundleCounts

    @property
    def ignored(self) -> dict[str, int]:
        """How many resources of each type were not looked at for sessions."""
        return self.counts.ignored

    def problems_of(self, record: PatientRecord) -> tuple[BundleProblem, ...]:
        """Return the problems that concern one record; a missing page concerns every one."""
        return tuple(
            problem
            for problem in self.problems
            if problem.patient == record.id or problem.code is BundleProblemCode.INCOMPLETE
        )
