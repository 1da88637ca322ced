"""Response rules as data, each criterion with its source."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum, unique
from functools import cache
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from botox_schedule.dates.intervals import IntervalRange, RangeInput
from botox_schedule.errors import ProtocolFileError, UnknownProtocolError
from botox_schedule.outcomes.diary import DiaryKind
from botox_schedule.outcomes.figures import LONGEST_MONTH, Exact, Number, outcome_tables
from botox_schedule.protocols import SourceRef
from botox_schedule.protocols.catalog import cited
from botox_schedule.protocols.loader import faults, tables_of
from botox_schedule.values import Fact, Fields, Rows, Several

_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
_Count = Annotated[int, Field(ge=1, le=100, strict=True)]


@unique
class CriterionKind(StrEnum):
    """How a criterion judges."""

    REDUCTION = "reduction"
    """By the share by which days fell from the baseline."""
    ANY_REDUCTION = "any_reduction"
    """By whether days fell at all."""
    MONTHS_BELOW = "months_below"
    """By whether each of several months in a row has fewer days than a number."""
    FAILURES = "failures"
    """By treatments in a row that a person judged to have failed."""
    RECHECK = "recheck"
    """By the time since treatment was stopped: when to look again."""


@unique
class RuleOutcome(StrEnum):
    """The outcome of a rule, in order of precedence; it is not an instruction."""

    STOP = "stop"
    RECHECK = "recheck"
    COVERAGE_MAY_END = "coverage_may_end"
    NOT_MET = "not_met"
    INSUFFICIENT_BASELINE = "insufficient_baseline"
    INSUFFICIENT_DATA = "insufficient_data"
    MET = "met"
    CONTINUE = "continue"


class ResponseCriterion(Fact, frozen=True):
    """One criterion of a rule.

    Attributes:
        name: Its name in the source.
        kind: How it judges.
        measure: Headache days or migraine days.
        below: A share of the baseline from 0 to 1, such as 3/10. A smaller reduction gives
            *below_gives*; a reduction of exactly this share gives *otherwise*.
        below_days: Months with fewer days than this, that number excluded, give *below_gives*;
            above 0 and at most 31.
        months: How many months in a row are needed.
        after_cycles: How many complete cycles are needed.
        final_after_cycles: With fewer complete cycles than this, *below_early_gives* replaces
            *below_gives*.
        failures: How many failures in a row are needed.
        recheck: When to look again, counted from the end of treatment.
        below_gives: The outcome where the criterion's threshold is missed, or for
            ``months_below`` where every month is below it.
        below_early_gives: The outcome instead of *below_gives* before *final_after_cycles*.
        otherwise: The other outcome.
        source: Its source, and the place in it.
    """

    name: str
    kind: CriterionKind
    measure: DiaryKind = DiaryKind.HEADACHE
    below: Exact | None = None
    below_days: Exact | None = None
    months: _Count | None = None
    after_cycles: _Count = 1
    final_after_cycles: _Count | None = None
    failures: _Count | None = None
    recheck: IntervalRange | None = None
    below_gives: RuleOutcome = RuleOutcome.STOP
    below_early_gives: RuleOutcome | None = None
    otherwise: RuleOutcome = RuleOutcome.CONTINUE
    source: SourceRef

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            name: str,
            kind: CriterionKind | str,
            measure: DiaryKind | str = DiaryKind.HEADACHE,
            below: Number | None = None,
            below_days: Number | None = None,
            months: int | None = None,
            after_cycles: int = 1,
            final_after_cycles: int | None = None,
            failures: int | None = None,
            recheck: RangeInput | None = None,
            below_gives: RuleOutcome | str = RuleOutcome.STOP,
            below_early_gives: RuleOutcome | str | None = None,
            otherwise: RuleOutcome | str = RuleOutcome.CONTINUE,
            source: SourceRef | Fields,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = {
            CriterionKind.REDUCTION: ("below",),
            CriterionKind.ANY_REDUCTION: (),
            CriterionKind.MONTHS_BELOW: ("months", "below_days"),
            CriterionKind.FAILURES: ("failures",),
            CriterionKind.RECHECK: ("recheck",),
        }
        missing = [name for name in needed[self.kind] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a criterion of kind {self.kind} needs {' and '.join(missing)}")
        if (self.final_after_cycles is None) != (self.below_early_gives is None):
            raise ValueError("give final_after_cycles and below_early_gives together")
        return self

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        """Refuse a figure that every patient or none would meet, such as 30 for 30 %."""
        if self.measure not in {DiaryKind.HEADACHE, DiaryKind.MIGRAINE}:
            raise ValueError("measure is headache or migraine")
        if self.below is not None and not 0 <= self.below <= 1:
            raise ValueError("below is a share from 0 to 1, such as '30/100' for 30 %")
        if self.below_days is not None and not 0 < self.below_days <= LONGEST_MONTH:
            raise ValueError(f"below_days is above 0 and at most {LONGEST_MONTH}")
        return self


class ResponseRule(Fact, frozen=True):
    """A named rule for judging whether treatment continues.

    Attributes:
        id: Its id, such as ``nice-ta260``.
        version: The version of its content.
        title: Its title for a reader.
        criteria: Its criteria, at least one.
    """

    id: _Slug
    version: str
    title: str
    criteria: Several[ResponseCriterion]

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str,  # noqa: A002 - the field has that name
            version: str,
            title: str,
            criteria: Rows[ResponseCriterion],
        ) -> None: ...

    @model_validator(mode="after")
    def _has_criteria(self) -> Self:
        # A length of the field would be missed as well where one criterion is refused.
        if not self.criteria:
            raise ValueError("criteria: give at least one")
        return self


def _rules_in(tables: Mapping[str, Any], name: str) -> tuple[ResponseRule, ...]:
    rules, problems = [], []
    rows = tables.get("rules")
    if not isinstance(rows, list) or not rows:
        raise ProtocolFileError(f"{name}: no [[rules]] table; expected at least one")
    for number, row in enumerate(rows, start=1):
        where = f"{name}: [[rules]] {number}"
        try:
            rules.append(ResponseRule.model_validate(_with_sources(row, tables.get("sources"))))
        except ValidationError as error:
            problems += [f"{where}: {fault}" for fault in faults(error)]
        except (KeyError, TypeError, AttributeError):
            problems.append(
                f"{where}: criteria.source.key: no such source; expected a key of [sources] "
                "or of the bundled sources"
            )
    ids = Counter(rule.id for rule in rules)
    problems += [
        f"{name}: id {rule} has {n} rules; expected one" for rule, n in ids.items() if n > 1
    ]
    if problems:
        raise ProtocolFileError("\n".join(problems))
    return tuple(rules)


def _with_sources(row: Mapping[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    criteria = [{**each, "source": cited(each["source"], own)} for each in row["criteria"]]
    return {**row, "criteria": criteria}


@cache
def bundled_response_rules() -> tuple[ResponseRule, ...]:
    """Return the bundled response rules.

    >>> [rule.id for rule in bundled_response_rules()][:3]
    ['nice-ta260', 'ehf-2018', 'preempt-50']
    """
    return _rules_in(outcome_tables(), "outcomes.toml")


def as_rule(rule: str | ResponseRule) -> ResponseRule:
    """Return *rule*, or the bundled rule with that id."""
    return rule if isinstance(rule, ResponseRule) else find_response_rule(rule)


def find_response_rule(rule: str) -> ResponseRule:
    """Return the bundled rule with that id.

    Raises:
        UnknownProtocolError: When no bundled rule has that id.

    >>> find_response_rule("nice-ta260").title
    'NICE TA260'
    """
    return rule_named(rule, bundled_response_rules())


def rule_named(rule: str, rules: Iterable[ResponseRule]) -> ResponseRule:
    """Return the first of *rules* with that id.

    Raises:
        UnknownProtocolError: When none has it; the message names the ids.
    """
    found = [*rules]
    for known in found:
        if known.id == rule:
            return known
    ids = ", ".join(dict.fromkeys(known.id for known in found))
    raise UnknownProtocolError(f"no response rule has that id; known: {ids}")


def load_response_rules(path: str | PathLike[str]) -> tuple[ResponseRule, ...]:
    """Return the response rules of a clinic's own TOML file, in the format of the bundled file.

    Raises:
        ProtocolFileError: When the file is malformed; it names the rule, the key and what was
            expected.
        FileLimitError: When the file is larger than 1 MiB.
        OSError: When the file cannot be opened.

    >>> load_response_rules("no-such-file.toml")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no-such-file.toml'
    """
    name, tables = tables_of(path)
    return _rules_in(tables, name)
