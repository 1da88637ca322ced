"""Looks for what columns that are not read may say: a status, a hold, a death's day."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain, compress, islice
from typing import Any, NamedTuple

from botox_schedule.protocols.indications import find_product
from botox_schedule.tables.cells import CellReader, Column, interval, interval_range, units_given
from botox_schedule.tables.header import STATING_DEATHS, ColumnNames
from botox_schedule.tables.lines import Cell, Problem, Table, chosen, text_of, unread_column
from botox_schedule.tables.words import (
    AGAINST,
    find_value,
    find_values,
    is_about,
    parts_of,
    plain,
    runs_of,
    speaking_of_death,
    speaks_of_death,
)
from botox_schedule.terms import SessionStatus

_Told = tuple[str, str]
"""What a column that is not read may say, and what to do."""


class _Subject(NamedTuple):
    """What a column that is not read may be about, by a part of its name.

    Attributes:
        name: The subject.
        tables: The tables in which it matters.
        says: Whether a cell says something.
        told: What it may say, and what to do.
        unless: The column that says it, if it is read.
    """

    name: str
    tables: frozenset[str]
    says: Callable[[CellReader, str], bool]
    told: _Told
    unless: str = ""


REMEMBERED = 65_536
"""How many different cells of a column are kept."""
# A column with more texts has no words that come up again.
_MOST_WORDS = 100
_LONGER_THAN_REMARKS = 80


class UnreadCells:
    """What the cells of the columns that are not read say, as far as it is kept.

    Args:
        found: The table.
        reader: What reads cells.

    Attributes:
        cells: The cells of each column that is not read, by its place.
        given: Those of completed sessions, in the columns that may contradict a row.
        latest: The latest completed session of each patient, where a column may name another.
        earlier: The latest day of each patient in such columns, by their place.
    """

    def __init__(self, found: Table, reader: CellReader) -> None:
        self._found = found
        # Days repeat, so each is read once.
        self._day = lru_cache(REMEMBERED)(lambda cell: reader.day(cell).value)
        self._headers = [*map(text_of, found.header.cells)]
        places = {*range(found.width)} - {*found.columns.values()}
        self.cells: dict[int, set[Cell]] = {place: set() for place in places}
        looked_at = places if "status" in found.columns else ()
        contradicting = {place for place in looked_at if _may_contradict(self._headers[place])}
        self.given: dict[int, set[Cell]] = {place: set() for place in contradicting}
        subjects = ("remark", "standing", "pause", "activity")
        self._remarks: set[int] = set().union(*map(self._about, subjects))
        self._telling = self._about("telling")
        is_of_sessions = "administered_on" in found.columns
        is_asked = is_of_sessions and "status" not in found.columns
        self._arrivals = self._about("arrival") if is_asked else set()
        self.latest: dict[str, date] = {}
        earlier, person = self._about("earlier"), self._about("person")
        self.earlier: dict[int, dict[str, date]] = {p: {} for p in earlier if is_of_sessions}
        # The first name under each key, by column.
        self._named: dict[int, dict[str, Cell]] = {p: {} for p in person if is_of_sessions}
        self._several: set[int] = set()
        self._numbered = {place for place in places if _AGAIN.search(self._headers[place])}
        # Those with another key than the patient's: a join repeats the one that it joins by.
        self._unlike_key: set[int] = set()
        self._gaps: set[int] = set()
        self._deaths: set[int] = set()
        self._stating = [name for name in STATING_DEATHS if name in found.columns]
        # In rows that state no death themselves.
        self._of_living = {place: set[Cell]() for place in places if self._stating}

    def _about(self, subject: str) -> set[int]:
        return {place for place in self.cells if is_about(subject, self._headers[place])}

    def notice(
        self, columns: Sequence[Sequence[Cell]], values: Mapping[str, Sequence[Any]]
    ) -> None:
        """Keep what the cells of rows with these values say."""
        self._keep(self.cells, columns)
        living = columns
        if self._stating:
            living = _without_stated(columns, [values[name] for name in self._stating])
            self._keep(self._of_living, living)
        if self.given or self.earlier:
            self._notice_completed(columns, values)
        self._notice_names(columns, values["patient"])
        self._notice_keys(columns)
        # A total, a title or a blank line has no time of arrival.
        self._gaps |= {
            place
            for place in self._arrivals
            if not all(map(text_of, compress(columns[place], values["administered_on"])))
        }
        self._deaths |= {
            place for place in self._telling if speaking_of_death({*map(text_of, living[place])})
        }

    def _keep(self, kept: Mapping[int, set[Cell]], columns: Sequence[Sequence[Cell]]) -> None:
        for place, told in kept.items():
            for cell in dict.fromkeys(columns[place]):
                is_kept = place in self._remarks and _may_say_more(told, cell)
                if is_kept or len(told) < _MOST_WORDS:
                    told.add(cell)

    def _notice_names(self, columns: Sequence[Sequence[Cell]], patients: Sequence[Any]) -> None:
        for place, named in self._named.items():
            rows = zip(patients, columns[place], strict=True)
            others = ((named.setdefault(key, cell), cell) for key, cell in rows if key and cell)
            if any(first != cell and _are_strangers(first, cell) for first, cell in others):
                self._several.add(place)

    def _notice_keys(self, columns: Sequence[Sequence[Cell]]) -> None:
        keys = columns[self._found.columns["patient"]]
        for place in self._numbered - self._unlike_key:
            pairs = zip(map(text_of, columns[place]), map(text_of, keys), strict=True)
            if any(cell and cell != key for cell, key in pairs):
                self._unlike_key.add(place)

    def _notice_completed(
        self, columns: Sequence[Sequence[Cell]], values: Mapping[str, Sequence[Any]]
    ) -> None:
        """Keep what the rows of completed sessions say, and the latest one of each patient."""
        patients = values["patient"]
        statuses = values.get("status", [SessionStatus.COMPLETED] * len(patients))
        completed = [status is SessionStatus.COMPLETED for status in statuses]
        for place, told in self.given.items():
            given = dict.fromkeys(compress(columns[place], completed))
            told.update(cell for cell in given if _may_say_more(told, cell))
        if self.earlier:
            days = zip(patients, values["administered_on"], strict=True)
            _keep_latest(self.latest, compress(days, completed))
        for place, named in self.earlier.items():
            _keep_latest(named, zip(patients, map(self._day, columns[place]), strict=True))

    @cached_property
    def _texts(self) -> dict[int, list[str]]:
        return {place: self._said(place, cells) for place, cells in self.cells.items()}

    def _said(self, place: int, cells: Iterable[Cell]) -> list[str]:
        """What cells say; a remark has several parts, as in ``pregnant - hold``."""
        texts = filter(None, map(text_of, cells))
        if place not in self._remarks:
            return [*texts]
        return [*dict.fromkeys(chain.from_iterable(map(parts_of, texts)))]

    def places_of_death(self, tells: Callable[[str], Callable[[str], bool]]) -> frozenset[int]:
        """Return the columns in which a cell speaks of death, in a row that states none.

        Args:
            tells: What tells by a column's name whether a cell of it does.
        """
        told = self._texts
        if self._stating:
            told = {place: self._said(place, cells) for place, cells in self._of_living.items()}
        says = (
            place for place, texts in told.items() if any(map(tells(self._headers[place]), texts))
        )
        return frozenset(self._deaths.union(says))

    def problems(
        self, columns: Mapping[str, Column], names: ColumnNames, reader: CellReader
    ) -> Iterator[Problem]:
        """Report columns that may say something, a key that is no key, and other sheets.

        Args:
            columns: The columns of the table.
            names: Their names.
            reader: What reads cells.
        """
        found = self._found
        absent = {name: column for name, column in columns.items() if name not in found.columns}
        for place, texts in self._texts.items():
            header = self._headers[place]
            rules = chain(
                _absent(absent, header, texts, reader),
                _subjects(names.table, found.columns, header, texts, reader),
                _denials(header, self._said(place, self.given.get(place, ()))),
                _keys_again(names, header if place in self._unlike_key else ""),
                self._of_sessions(names, place, texts, reader) if names.table == "sessions" else (),
            )
            for told in islice(rules, 1):
                yield unread_column(found.header, place, *told)
        if is_about("family", self._headers[found.columns["patient"]]):
            yield Problem(found.header.number, _A_FAMILY, left_out=False)
        for number in found.sheets:
            yield Problem(1, unread_sheet(number), left_out=False)

    def _of_sessions(
        self, names: ColumnNames, place: int, texts: Sequence[str], reader: CellReader
    ) -> Iterator[_Told]:
        """Report who may not have come, a child's age, a further session (``Date 2``), and doses."""
        read, header = self._found.columns, self._headers[place]
        if place in self._several:
            yield "name several people under one key", "correct the keys"
        if place in self._gaps and any(map(_has_come, texts)):
            yield "say who did not come", "give the rows a status"
        if "born_on" not in read and any(_says_child(header, text) for text in texts):
            yield WHO_IS_A_CHILD, "give birth dates"
        if texts and (
            self._is_again(names, header, texts, reader)
            or _is_of_a_product(names, header, texts, reader)
            or (_MORE.match(header) and any(_is_dose(reader, header, text) for text in texts))
            or _A_DATE.fullmatch(header)
            or self._names_a_later_one(place)
        ):
            yield "hold a further session or dose", _ONE_A_ROW
        for name, subject in _AMOUNTS.items():
            is_amount = is_about(subject, header) and not is_about("length", header)
            is_meant = name not in read and is_amount
            if is_meant and any(units_given(reader, text).value for text in texts):
                yield f"say the {name.replace('_', ' ')}", chosen(name)

    def _is_again(
        self, names: ColumnNames, header: str, texts: Sequence[str], reader: CellReader
    ) -> bool:
        """Whether a column is a further one of its kind by its number: ``Visit 2 date``."""
        read, bare = self._found.columns, _AGAIN.sub("", header)
        known = {_AGAIN.sub("", self._headers[read[name]]) for name in read.keys() & _DOSE}
        # Second lots and insurances have days too.
        may_be_day = _AT_AN_END.search(header) or is_about("treatment", header)
        return bare != header and (
            bare in known
            or names.means(bare) in _DOSE
            or (bool(may_be_day) and any(_is_day(reader, text) for text in texts))
        )

    def _names_a_later_one(self, place: int) -> bool:
        """Whether a column such as ``Last injection`` has a day after all of the patient's rows."""
        named = self.earlier.get(place, {})
        return any(day > self.latest.get(patient, date.min) for patient, day in named.items())


def _is_of_a_product(
    names: ColumnNames, header: str, texts: Iterable[str], reader: CellReader
) -> bool:
    """Whether a column has the doses or days of a product that its name says: ``Dysport units``.

    Under ``Botox #`` a number is one of visits.
    """
    words = _WORDS.findall(header)
    rest = [word for word in words if find_product(word) is None]
    is_named = len(rest) < len(words) and "#" not in header
    is_meant = is_named and (not rest or names.means(" ".join(rest)) in _GIVEN)
    return is_meant and any(_is_some(reader, text) or _is_day(reader, text) for text in texts)


def _are_strangers(*names: Cell) -> bool:
    """Whether two full names have no word in common; one that changes keeps the first name."""
    texts = [*map(text_of, names)]
    if any(find_value("missing", text) for text in texts):
        return False
    one, other = ({*_LONG_WORDS.findall(plain(text))} for text in texts)
    return min(len(one), len(other)) > 1 and one.isdisjoint(other)


def _keep_latest(latest: dict[str, date], days: Iterable[tuple[str, Any]]) -> None:
    for patient, day in days:
        if isinstance(day, date) and day > latest.get(patient, date.min):
            latest[patient] = day


def unread_sheet(number: int) -> str:
    """Return what is said of another sheet that may hold patients."""
    return f"sheet {number} {_A_SHEET}"


def _without_stated(
    columns: Sequence[Sequence[Cell]], stated: Sequence[Sequence[Any]]
) -> Sequence[Sequence[Cell]]:
    """The columns without the rows that state a death."""
    if not any(map(any, stated)):
        return columns
    is_silent = [not any(values) for values in zip(*stated, strict=True)]
    return [[*compress(column, is_silent)] for column in columns]


def _may_say_more(told: Collection[Cell], cell: Cell) -> bool:
    """Whether a cell is kept next to others of its column: there are few, and it is no letter."""
    is_short = not isinstance(cell, str) or len(cell) < _LONGER_THAN_REMARKS
    return is_short and len(told) < REMEMBERED


def _keys_again(names: ColumnNames, header: str) -> Iterator[_Told]:
    """Report a further column of keys, which programs number: ``MRN.1``."""
    if names.means(_AGAIN.sub("", header)) == "patient":
        yield _ANOTHER_KEY


def _absent(
    absent: Mapping[str, Column], header: str, texts: Sequence[str], reader: CellReader
) -> Iterator[_Told]:
    """Report a column that may be one that the table lacks.

    Without a last day what has ended goes on; without a day of birth a child counts as adult;
    a product stated for the whole file may not be that of a row.
    """
    for name, column in absent.items():
        is_meant = name in _LIMITING and is_about("birth", header) is (name == "born_on")
        limits = is_meant and any(
            column.read(reader, text).value or _is_bare_interval(name, header, text)
            for text in texts
        )
        is_said = column.words and _may_say(column, header, texts)
        is_product = name == "product" and _names_another(reader, header, texts)
        is_treatment = name == "indication" and _names_treatment(reader, header, texts)
        if limits or is_said or is_product or is_treatment:
            yield f"say the {_LIMITING.get(name, name.replace('_', ' '))}", chosen(name)


def _names_another(reader: CellReader, header: str, texts: Sequence[str]) -> bool:
    """Whether most cells name a product, and one another product than that of the file."""
    named = {text: reader.product_name(text).value for text in texts}
    known = [product for product in named.values() if product]
    is_list = 2 * len(known) >= len(texts) and not is_about("remark", header)
    return is_list and any(product is not reader.product for product in known)


def _names_treatment(reader: CellReader, header: str, texts: Sequence[str]) -> bool:
    """Whether a cell names the treatment of a hold or an end of care, which is else for all."""
    return not is_about("remark", header) and any(map(reader.known_indication, texts))


def _subjects(
    table: str, read: Collection[str], header: str, texts: Sequence[str], reader: CellReader
) -> Iterator[_Told]:
    """Report a column that is about a subject and says something about it."""
    for subject in _SUBJECTS:
        matters = table in subject.tables and subject.unless not in read
        is_named = subject.name == "pause" and _names_pause(header)
        is_meant = matters and (is_named or is_about(subject.name, header))
        if is_meant and any(subject.says(reader, text) for text in texts):
            yield subject.told


def _denials(header: str, texts: Sequence[str]) -> Iterator[_Told]:
    """Report a column that says that a completed session was none: its status may be of an order."""
    said = [text for text in texts if find_value("flag", text) != "no"]
    words = set().union(*(find_values(text, "status", "statuses") for text in said))
    is_against = _is_against(_HUMP.sub(" ", header), said)
    if _is_denied(header, texts) or is_against or not words.isdisjoint(AGAINST | {"against"}):
        yield "say that nothing was given", "give such rows a status"


def _may_say(column: Column, header: str, texts: Sequence[str]) -> bool:
    """Whether most cells are words of a column, not only its default; or its header is one.

    Under such a header, as in ``No Show (Y/N)``, only yes and no are expected. One that speaks
    against a row, as in ``Cancel reason``, says so by any text. Under that of a visit's status any
    text but a word for completed is enough, as a code is; under that of its outcome, a code; under
    that of another status, as in ``Claim Status``, or of remarks, one word against the row.
    """
    header = _HUMP.sub(" ", header)
    asked = _ASKS.sub("", header)
    word = find_value(column.words, asked) or find_value("asked", asked) == column.words
    # A yes to "Active", or a no to "Denied", is no doubt about what is in force.
    if word and {find_value("flag", text) for text in texts} - {None, word}:
        return True
    is_against = column.words in _STATUSES and _is_against(header, texts)
    is_of_visits = column.words == "status"
    is_coded = is_about("visit_code", header) and any(map(_is_code, texts))
    if is_against or (is_of_visits and (is_coded or _is_denied(header, texts))):
        return True
    found = [find_value(column.words, text) for text in texts]
    others = {*found} - {None, column.default, "yes"}
    if is_of_visits and is_about("visit_status", header):
        return not {*found} <= {column.default}
    is_status = find_value("statuses", header) == column.words
    if is_status and any(find_value("statuses", text) == "against" for text in texts):
        return True
    if is_of_visits and is_about("remark", header) and others & AGAINST:
        return True
    return bool(others) and (is_status or 2 * found.count(None) <= len(found))


def _is_against(header: str, texts: Iterable[str]) -> bool:
    """Whether a column says by any text that a row does not count, as ``Cancelled on`` does."""
    is_named = find_value("status", _DETAILS.sub("", header)) in AGAINST
    is_said = is_named or is_about("against", header)
    return is_said and any(find_value("flag", text) != "no" for text in texts)


def _is_denied(header: str, texts: Iterable[str]) -> bool:
    """Whether a column asks whether a session was given, and a cell says no."""
    return _asks_whether_given(header) and any(find_value("flag", t) == "no" for t in texts)


def _may_contradict(header: str) -> bool:
    """Whether a column can say that a completed session was none."""
    subjects = ("against", "remark", "visit_status")
    names = {header, _DETAILS.sub("", _HUMP.sub(" ", header)), _AGAIN.sub("", header)}
    is_named = any(find_value(words, name) for words in ("statuses", "status") for name in names)
    return is_named or _asks_whether_given(header) or any(is_about(s, header) for s in subjects)


def _asks_whether_given(header: str) -> bool:
    asked = _ASKS.sub("", _HUMP.sub(" ", header))
    is_asked = find_value("asked", asked) is not None or find_value("status", asked) == "completed"
    return (is_asked or is_about("given", header)) and not is_about("against", header)


def told_by_title(text: str, *, words: str, is_of_patients: bool) -> str:
    """Return what a title may say of the rows below it, and what to do; nothing where it is none.

    Args:
        text: The title.
        words: What the words of their status are called; empty where they have one, or need none.
        is_of_patients: Whether they are about living patients.

    >>> told_by_title("Cancelled appointments (3)", words="status", is_of_patients=True)[:26]
    'the row does not count; gi'
    >>> told_by_title("Denied", words="in_force", is_of_patients=False)[:26]
    'the row does not count; gi'
    >>> told_by_title("Deceased", words="", is_of_patients=True)[:34]
    'the patient has died or is on hold'
    >>> told_by_title("Patients on hold", words="", is_of_patients=True)[:34]
    'the patient has died or is on hold'
    >>> told_by_title("Completed", words="status", is_of_patients=True)
    ''
    """
    parts = [part for part in parts_of(text) if part.lower() != "left"]
    is_pause = any(map(_is_pause, parts)) or (
        not is_about("selection", text) and _names_pause(text)
    )
    if is_of_patients and (speaks_of_death(text) or is_pause):
        return "the patient has died or is on hold; give it as a table of care ends or holds"
    said = {find_value(words, part) for part in parts} if words else set()
    is_ahead = words == "status" and any(find_value("ahead", part) == "yes" for part in parts)
    said_no = words and (is_about("against", text) or said - {None, "completed", "yes"})
    return "the row does not count; give it a status" if is_ahead or said_no else ""


def _is_bare_interval(name: str, header: str, text: str) -> bool:
    """Whether a number may be an interval whose unit only the name of its column says."""
    is_meant = name in _INTERVALS and is_about("interval", header)
    return is_meant and _WHOLE.fullmatch(text) is not None


def _has_come(text: str) -> bool:
    """Whether a cell is a time or a mark; under ``Given at`` a word is a place."""
    return find_value("flag", text) == "yes" or _WHOLE.search(text) is not None


def _says_child(header: str, text: str) -> bool:
    """Whether a cell is a child's age or a word for one, or a year of birth."""
    if find_value("aged", header) is None:
        return is_about("birth", header) and _YEAR.fullmatch(text) is not None
    years = _WHOLE.match(text)
    return find_value("child", years[0] if years else text) is not None


def _is(answer: str, text: str) -> bool:
    """Whether a cell says yes or no to a pause, or is a word for one."""
    return find_value("flag", text) == answer or _is_pause(text)


def _is_pause(text: str) -> bool:
    """Whether a cell is a word for one, a discharge or a wish not to be called."""
    said = find_values(text, "pause", "care_end", "no_contact")
    return not said <= {None, "deceased"}


def _names_pause(text: str) -> bool:
    """Whether a name or a title has words for one, as in ``Pt discharged (Y/N)``."""
    runs = runs_of(" ".join(_WORDS.findall(_HUMP.sub(" ", text))))
    return any(_is_pause(run) and find_value("noun", run) is None for run in runs)


def _is_over(text: str, words: str) -> bool:
    """Whether a cell is no word for a hold or an end of care that still counts."""
    return find_values(text, words, "stands", "in_force", "missing", "flag") == {None}


def _is_dose(reader: CellReader, header: str, text: str) -> bool:
    """Whether a cell names a product, or units or an indication under such a header."""
    is_treatment = _TREATED.search(header) and reader.known_indication(text)
    is_units = is_about("dose", header) and units_given(reader, text).value
    return bool(is_treatment or is_units or reader.product_name(text).value)


def _is_code(text: str) -> bool:
    """Whether a cell is a short code, as of an attendance: ``5``, or ``NS``."""
    return re.fullmatch("[0-9]{1,2}|[A-Z]{1,3}", text) is not None


def _is_day(reader: CellReader, text: str) -> bool:
    return isinstance(reader.day(text).value, date)


def _is_interval(reader: CellReader, text: str) -> bool:
    return any(read(reader, text).value for read in (interval, interval_range))


def _is_text(_: CellReader, text: str) -> bool:
    return find_value("flag", text) != "no" and find_value("missing", text) is None


def _is_amount(_: CellReader, text: str) -> bool:
    return _AMOUNT.fullmatch(text) is not None


def _is_yes(_: CellReader, text: str) -> bool:
    return find_value("flag", text) == "yes"


def _is_no(_: CellReader, text: str) -> bool:
    return find_value("flag", text) == "no"


def _is_few(reader: CellReader, text: str) -> bool:
    """Whether a cell is an amount, and no code of a procedure, which has five digits."""
    return _is_amount(reader, text) and _FIVE_DIGITS.match(text) is None


def _is_some(reader: CellReader, text: str) -> bool:
    """Whether a cell is an amount above 0, and no 1 for a yes."""
    is_amount = _is_amount(reader, text) and text.strip("0.,") != ""
    return is_amount and find_value("flag", text) is None


_PAUSED = (
    "say who is on hold, discharged or not to be called",
    "give it as a table of holds or care ends",
)
_ENDED = ("say that a row ended before its last day", chosen("withdrawn on"))
_HOLD_OVER = ("say which holds are over", "give their last days")
_ANOTHER_KEY = ("say that a patient has another key", "write one key in all rows of a patient")
_TO_WAIT = ("say how long to wait", "give it as a table of overrides")
_OVER = (
    "say which rows no longer count",
    "leave those out, or give the days on which they were withdrawn",
)
_CLOCK = re.compile(r"[T\s]+[0-9]{1,2}:[0-9].*")
_AMOUNT = re.compile(r"[0-9]+([.,][0-9]+)?([\s\xa0]*[^\W\d_]+)?")
_FIVE_DIGITS = re.compile("[0-9]{5}")
_LIMIT = "name it as sessions or units if it is what was approved in all"
_OF_SESSIONS = frozenset({"sessions"})
_OF_HOLDS = frozenset({"holds"})
_OF_LENGTHS = frozenset({"holds", "overrides"})
_OF_ENDS = frozenset({"care_ends"})
_OF_PERIODS = frozenset({"holds", "overrides", "authorizations"})
_APPROVED = frozenset({"authorizations"})
_OF_ALL = frozenset({"sessions", "births", "contacts"})
_SUBJECTS = (
    _Subject(
        "pause",
        _OF_ALL,
        lambda reader, text: bool(reader.day(text).value) or _is("yes", text),
        _PAUSED,
    ),
    _Subject("holding", _OF_HOLDS, _is_no, _HOLD_OVER, unless="record_status"),
    _Subject("release", _OF_HOLDS, _is_yes, _HOLD_OVER, unless="record_status"),
    _Subject("release", _OF_HOLDS, _is_day, _ENDED, unless="withdrawn_on"),
    _Subject("state", _OF_HOLDS, lambda _, text: _is_over(text, "pause"), _OVER, "record_status"),
    _Subject("state", _OF_ENDS, lambda _, text: _is_over(text, "care_end"), _OVER, "record_status"),
    _Subject("paused", _OF_ALL, _is_text, _PAUSED),
    _Subject("standing", _OF_ALL, lambda _, text: _is_pause(text), _PAUSED),
    # There the word is more often a side.
    _Subject(
        "remark", _OF_ALL, lambda _, text: text.lower() != "left" and _is_pause(text), _PAUSED
    ),
    _Subject("activity", _OF_ALL, lambda _, text: _is("no", text), _PAUSED),
    _Subject("key", _OF_ALL, _is_text, _ANOTHER_KEY),
    _Subject("rule", _OF_SESSIONS, _is_text, _TO_WAIT),
    _Subject("cadence", _OF_SESSIONS, _is_interval, _TO_WAIT),
    _Subject(
        "ahead",
        _OF_SESSIONS,
        lambda reader, text: _is_day(reader, _CLOCK.sub("", text)),
        ("say for when a visit is booked", "give it a row of its own with the status booked"),
    ),
    _Subject(
        "visit",
        _OF_SESSIONS,
        lambda _, text: find_value("talk", text) is not None,
        ("say that a visit was a talk without an injection", "leave such rows out"),
    ),
    _Subject(
        "unit",
        _OF_SESSIONS,
        lambda _, text: find_value("other_unit", text) is not None,
        ("say that a dose is not in units", chosen("dose unit")),
        unless="dose_unit",
    ),
    _Subject("sessions", _APPROVED, _is_few, ("limit the sessions", _LIMIT), unless="sessions"),
    _Subject("units", _APPROVED, _is_amount, ("limit the units", _LIMIT), unless="units"),
    _Subject("ending", _OF_PERIODS, _is_day, _ENDED, unless="withdrawn_on"),
    _Subject(
        "length",
        _OF_LENGTHS,
        _is_amount,
        ("say how long a row lasts", "give its last day"),
        unless="last",
    ),
)
_GIVEN = frozenset({"administered_on", "units"})
_DOSE = _GIVEN | {"product"}
_ONE_A_ROW = "give each session and each product a row of its own"
_AT_AN_END = re.compile(r"^[2-9]|[1-9]\)?$")
_AGAIN = re.compile(
    r"(?i)(?<![\s._#(-])(?<!^day)(?<!^wk)(?<!^week)(?<!^month)[\s._#(-]*(?<![0-9])"
    r"(?:[2-9](?:nd|rd|th)|\bsecond|\bthird|(?<!^)[1-9]|^[2-9])"
    r"(?![0-9a-z])(?!\W*(?:days?|weeks?|wks?|months?|years?)\b)\)?[\s._-]*"
)
"""The number of a further session in the name of a column; ``3 month review`` and ``Week 4 visit`` have none."""
_AMOUNTS = {"units_discarded": "discarded", "units": "dose"}
_MORE = re.compile(r"(?i)(other|also|add'?l|additional|extra|second(ary)?|2nd)\b")
_TREATED = re.compile("(?i)indication|treat|inject")
_A_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}")
_YEAR = re.compile("(19|20)[0-9]{2}")
_WHOLE = re.compile("[0-9]+")
_INTERVALS = frozenset({"minimum", "minimum_interval"})
_A_SHEET = "may hold patients and is not read here; give each table in a file of its own"
_A_FAMILY = "patient: several patients may have one family name; choose the column of a number, or join names"
WHO_IS_A_CHILD = "say who is a child"
_LIMITING = {
    "born_on": "day of birth",
    "last": "last day",
    "last_on": "last day",
    "minimum": "minimum",
    "minimum_interval": "minimum interval",
}
_STATUSES = frozenset({"status", "in_force"})
_DETAILS = re.compile(
    r"(?i)^((date|is|was|pt|pat|patient|visit|appt|appointment|session)[\W_]+)+"
    r"|([\W_]+(on|at|by|date|dt|day|time|reason|code|comment|notes?|y[\W_]?n|flag|flg|ind|indicator))+[\W_]*$"
)
_ASKS = re.compile(
    r"(?i)^(?!(record|row|entry)[\W_]+compl)((is|was|hold|pause|auth|authorization|override|record|row|entry)[\W_]+)+"
    r"|[\W_]+(y[\W_]?n|flag|flg|ind|indicator)[\W_]*$"
)
_WORDS = re.compile(r"[^\W\d_]+")
_LONG_WORDS = re.compile(r"[^\W\d_]{2,}")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
