"""What is known of a patient on a day, whatever the track."""

from datetime import date
from typing import NamedTuple

from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.collection import ProtocolSet
from botox_schedule.records.history import Decisions, History, known_decisions, read_history
from botox_schedule.records.model import PatientRecord
from botox_schedule.values import of_kind


class Reading(NamedTuple):
    """What is known of a patient on a day, whatever the track.

    Attributes:
        record: What happened.
        as_of: The day up to which it is known.
        policy: What clinic or payer chose.
        known: The known protocols.
        decisions: The decisions known on the day.
        history: The sessions that count.
    """

    record: PatientRecord
    as_of: date
    policy: SchedulingPolicy
    known: ProtocolSet
    decisions: Decisions
    history: History

    def recognizes(self, indication: str) -> bool:
        """Whether an indication is known, or the policy names it."""
        return self.known.recognizes(indication) or indication in self.policy.other_indications

    def is_known_name(self, indication: str | None) -> bool:
        """Whether a policy rule names a known indication, even one without a known protocol."""
        return indication is None or self.recognizes(indication)


def read_record(
    record: PatientRecord, as_of: date, policy: SchedulingPolicy, known: ProtocolSet
) -> Reading:
    """Return what is known of a patient on a day.

    Raises:
        TypeError: When *record* is anything but a record.
    """
    advice = "record: give a PatientRecord, such as PatientRecord(sessions=[...])"
    of_kind(record, PatientRecord, advice)
    decisions = known_decisions(record, as_of)
    others = policy.other_indications

    def recognizes(indication: str) -> bool:
        return known.recognizes(indication) or indication in others

    history = read_history(record, as_of, died_on=decisions.died_on, recognizes=recognizes)
    return Reading(record, as_of, policy, known, decisions, history)


def concerns(reading: Reading, indication: str | None, clock: frozenset[str]) -> bool:
    """Whether a hold or care end binds a clock; under an unknown indication it binds all."""
    return indication is None or indication in clock or not reading.recognizes(indication)
