"""The words that patients and staff read, in one catalog for each language."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from string import Formatter
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from botox_schedule.dates.days import shifted
from botox_schedule.engine.cycles import TreatmentCycle
from botox_schedule.engine.forecast import Forecast
from botox_schedule.engine.limits import LimitCheck
from botox_schedule.engine.response import ObservedDays, ResponseTimeline, phases_until
from botox_schedule.errors import HandoutError
from botox_schedule.protocols.loader import faults, tables_in, tables_of
from botox_schedule.terms import DueStatus, FindingNeeds, ForWhom, ResponsePhase
from botox_schedule.values import Fact, of_kind

_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
_LISTS = {"months": 12, "months_short": 12, "weekdays": 7}
_MIDDLE_OF_A_WEEK = 3
_SOME = {
    "onset": {ResponsePhase.ONSET},
    "peak": {ResponsePhase.PEAK},
    "wear_off": {ResponsePhase.MAY_BE_WEARING_OFF},
}
"""The phases whose words change where a window is about some patients only."""


class Stretch(NamedTuple):
    """The days of one phase of the response.

    Attributes:
        weeks: The weeks, counted from the session; empty where the phase has no middle of a week.
        first: The first day.
        last: The last day.
        effect: What to expect.
    """

    weeks: str
    first: date
    last: date
    effect: str


class Messages(Fact, frozen=True):
    """The words of pages, pictures and lists in one language.

    Attributes:
        language: The language's code, such as ``en`` or ``es-MX``.
        reviewed: Whether somebody who knows the language and the field has reviewed them; if not,
            the page says so.
        words: The texts by key, with every key and the same braces as the English catalog.
        treatments: The names of indications; others are shown by their slug.
        shares: The shares of patients that protocols state; others are shown as stated.
        statistics: What the typical days of protocols are; others are shown as stated.
    """

    language: _Language
    reviewed: bool
    words: dict[str, str]
    treatments: dict[str, str] = Field(default_factory=dict)
    shares: dict[str, str] = Field(default_factory=dict)
    statistics: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = list(_problems(self.words, _bundled_words("en")["words"]))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def say(self, key: str, **values: object) -> str:
        """Return the text of a key with its braces replaced.

        >>> bundled_messages("en").say("chart_from", first="2026-03-30")
        'from 2026-03-30 on'
        """
        return self.words[key].format(**values)

    def day(self, day: date, form: str = "date") -> str:
        """Return a day in words; *form* is the key of a text, ``date`` or ``short_date``."""
        return self.say(
            form,
            weekday=self.words["weekdays"].split()[day.weekday()],
            day=day.day,
            month=self.words["months"].split()[day.month - 1],
            month_short=self.words["months_short"].split()[day.month - 1],
            year=day.year,
        )

    def days(self, first: str, last: str) -> str:
        """Return a span of days, or the one day; *first* and *last* are already in words."""
        return first if first == last else self.say("day_range", first=first, last=last)

    def treatment(self, indication: str) -> str:
        """Return the name of an indication."""
        return self.treatments.get(indication, indication.replace("-", " "))

    def share(self, stated: str | None) -> str | None:
        """Return the share of patients that a window is about; None where it is about most.

        >>> bundled_messages("es").share("90 of 143")
        '90 de 143'
        """
        return None if stated is None else self.shares.get(stated, stated)

    def status(self, status: DueStatus | None, resumes_on: date | None = None) -> str:
        """Return a status in words, with the last day of a hold; None means no protocol, or no readable row."""
        words = self.words[f"status_{'unknown' if status is None else status.value}"]
        if resumes_on is None:
            return words
        return self.say("resumes", status=words, last=shifted(resumes_on, -1))

    def headline(self, found: Forecast) -> str:
        """Return the indication, product and status, and the number of findings for today."""
        title = self.treatment(found.indication)
        if found.protocol is not None:
            title += f", {found.protocol.product}"
        title += f": {self.status(found.status, found.resumes_on)}"
        today = sum(finding.needs is FindingNeeds.TODAY for finding in found.findings)
        return f"{title}; {self.say('chart_today', count=today)}" if today else title

    def interval(self, value: object) -> str:
        """Return an interval or a range of intervals in this language.

        >>> from botox_schedule import IntervalRange
        >>> bundled_messages("es").interval(IntervalRange.parse("3 to 4 months"))
        '3 a 4 meses'
        """
        return re.sub("[a-z]+", lambda word: self.words[f"interval_{word[0]}"], str(value))

    def cycle(self, cycle: TreatmentCycle) -> str:
        """Return a cycle's days and timing."""
        first, last = cycle.first_on, cycle.anchored_on
        days = f"{last}" if first == last else self.say("chart_parts", first=first, last=last)
        told = f"{self.say('chart_cycle', number=cycle.number)}: {days}"
        if cycle.timing is None:
            return told
        timing = self.words[f"timing_{cycle.timing.value}"]
        by = cycle.short_by_days or cycle.late_by_days
        key = "timing_by_one" if by == 1 else "timing_by"
        return f"{told}, {self.say(key, timing=timing, days=by) if by else timing}"

    def stretches(self, timeline: ResponseTimeline, *, is_first: bool) -> Iterator[Stretch]:
        """Yield the phases of a response up to the end of its last window.

        Each week belongs to the phase that has its middle.
        """
        end = max((staged.window.last for staged in timeline.windows()), default=None)
        for phase, first, last in phases_until(timeline):
            if end is not None and first <= end:
                effect = self.phase(phase, timeline, is_first=is_first)
                weeks = self._weeks(timeline.administered_on, first, last or end)
                yield Stretch(weeks, first, last or end, effect)

    def _weeks(self, anchor: date, first: date, last: date) -> str:
        begin = ((first - anchor).days - _MIDDLE_OF_A_WEEK + 6) // 7 + 1
        end = ((last - anchor).days - _MIDDLE_OF_A_WEEK) // 7 + 1
        if end < begin:
            return ""
        return self.say("week" if begin == end else "week_range", first=begin, last=end)

    def phase(self, phase: ResponsePhase, timeline: ResponseTimeline, *, is_first: bool) -> str:
        """Return what is expected of the response in a phase, as a sentence.

        Args:
            phase: The phase.
            timeline: The response windows, each for typical or for some patients.
            is_first: Whether it is the first cycle: then no earlier effect can remain.
        """
        if phase is ResponsePhase.LATENT and not is_first:
            return self.words["phase_latent_again"]
        share, key = None, f"phase_{phase.value}"
        for staged in timeline.windows():
            if staged.for_whom is ForWhom.SOME and phase in _SOME[staged.stage.name]:
                share = self.share(staged.share)
                key = key if phase is ResponsePhase.MAY_BE_WEARING_OFF else f"{key}_some"
        return self.say(key, share=share)

    def observed(
        self, days: ObservedDays, key: str = "days_observed", who: str = "chart_observed"
    ) -> str:
        """Return one patient's own days with the text of *key*; *who* is the key of the patient's name."""
        same = "_same" if days.smallest == days.largest else ""
        return self.say(
            f"{key}{same}",
            who=self.words[who],
            smallest=days.smallest,
            largest=days.largest,
            cycles=len(days.days),
        )

    def limits(self, checks: Sequence[LimitCheck], product: str) -> str:
        """Return the result of the limit checks, without claiming more than was checked."""
        met = [check.is_met for check in checks if check.chosen]
        if not met:
            return self.say("no_limit", product=product)
        if False in met:
            return self.words["limits_exceeded"]
        key = "limits_unknown" if None in met else "limits_met"
        return self.say(key, count=len(met))


def _problems(words: dict[str, str], english: dict[str, str]) -> list[str]:
    found = [f"words.{key} is missing" for key in english if key not in words]
    found += [f"words.{key} is not a key of the catalog" for key in words if key not in english]
    for key in english.keys() & words.keys():
        expected = _braces(english[key]) or set()
        # Without its day a sentence would still read well, and say nothing.
        if _braces(words[key]) != expected:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(expected)) or "none"
            found.append(f"words.{key} has other braces than {allowed}")
        if key in _LISTS and len(words[key].split()) != _LISTS[key]:
            found.append(f"words.{key} needs {_LISTS[key]} words")
    return sorted(found)


def _braces(text: str) -> set[str] | None:
    """The names in braces; None where a brace has no partner or contains more than a name."""
    try:
        parsed = [*Formatter().parse(text)]
    except ValueError:
        return None
    fields = [(name, spec, how) for _, name, spec, how in parsed if name is not None]
    is_plain = all(name.isidentifier() and not spec and not how for name, spec, how in fields)
    return {name for name, _, _ in fields} if is_plain else None


def _folder() -> Traversable:
    return files("botox_schedule.views") / "catalogs"


@cache
def _bundled_words(language: str) -> dict[str, Any]:
    name = f"{language}.toml"
    return tables_in((_folder() / name).read_text(encoding="utf-8"), name)


@cache
def bundled_messages(language: str) -> Messages:
    """Return a bundled catalog: ``en``, or ``es``, which nobody has reviewed yet.

    Raises:
        HandoutError: When there is none in that language.

    >>> bundled_messages("en").words["call"], bundled_messages("es").reviewed
    ('When to call the clinic', False)
    """
    known = sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir())
    if language not in known:
        raise HandoutError(f"no words are bundled in that language; known: {', '.join(known)}")
    return Messages.model_validate(_bundled_words(language))


def messages_in(language: str | Messages) -> Messages:
    """Return the bundled catalog of a language, or a catalog as it was given.

    Raises:
        TypeError: When it is neither.
    """
    if isinstance(language, str):
        return bundled_messages(language)
    return of_kind(language, Messages, "language: give 'en', 'es' or Messages of your own")


def load_messages(path: str | PathLike[str]) -> Messages:
    """Return a clinic's own catalog from a TOML file with the keys of the bundled ones.

    Raises:
        ProtocolFileError: When it is not TOML.
        HandoutError: When a key is missing or unknown, or braces differ.
        OSError: When it cannot be opened.

    >>> load_messages("no-such-file.toml")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no-such-file.toml'
    """
    name, tables = tables_of(path)
    try:
        return Messages.model_validate(tables)
    except ValidationError as error:
        raise HandoutError("\n".join(f"{name}: {fault}" for fault in faults(error))) from None
