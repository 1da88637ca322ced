"""Finds the header of a table, and which of its columns means what."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from shlex import quote

from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.tables.lines import MOST_COLUMNS, Cell, Line, text_of
from botox_schedule.tables.words import (
    LONGEST_NAME,
    column_names,
    folded,
    header_words,
    names_by_column,
)


class ColumnNames:
    """The names under which one kind of table knows its columns.

    Attributes:
        table: The table, such as ``sessions``.
        required: The columns without which it cannot be read, and what can replace each.
        chosen: Columns that the caller named, by the folded name in the file.
    """

    def __init__(
        self,
        table: str,
        columns: Collection[str],
        required: Mapping[str, Collection[str]],
        chosen: Mapping[str, str],
    ) -> None:
        if not isinstance(chosen, Mapping):
            raise TableError("columns: give a dictionary such as {'Svc Dt': 'date'}")
        self.table = table
        self.required = required
        self._known = names_by_column(table, columns)
        self._given = chosen
        self.chosen: dict[str, str] = {
            folded(name): self._column(name, means) for name, means in chosen.items()
        }
        if len(self.chosen) < len(chosen):
            raise TableError("columns: one column of the file is there twice; give it one meaning")

    def _column(self, name: str, means: str) -> str:
        """Return the column that a caller names, by any of its names."""
        if found := self._known.get(folded(means)):
            return found
        first = {names[0]: column for column, names in column_names(self.table).items()}
        if folded(name) in self._known and not get_close_matches(means.casefold(), first):
            raise TableError(
                f"columns: give the name in the file first, such as {{{means!r}: {name!r}}}; "
                f"in a command it comes last: --column {quote(f'{name}={means}')}"
            )
        nearest = get_close_matches(means.casefold(), list(first), n=1, cutoff=0)
        raise TableError(
            f"columns: {means!r} is no column of {self.table}; did you mean {nearest[0]!r}?"
        )

    def score(self, line: Line) -> int:
        """Return how many columns *line* names; a muscle or a side makes no table."""
        return len(self._places(line).keys() - PLACES)

    def means(self, name: str) -> str | None:
        """Return the column that a name stands for."""
        return self._meaning(folded(name))

    def first(self, column: str) -> str:
        """Return the name of a column that messages use."""
        return column_names(self.table)[column][0]

    def is_whole(self, line: Line) -> bool:
        """Return whether *line* names all required columns."""
        return not self._missing(self._places(line))

    def is_header(self, line: Line) -> bool:
        """Return whether *line* is a header of this table, or of another one about patients."""
        return self.is_whole(line) or self.is_list_of_patients(line, least=2)

    def is_list_of_patients(self, line: Line, least: int = 1) -> bool:
        """Return whether *line* names the patient, and at least so many known columns in all."""
        # A legend explains one name by another.
        names_patient = len(self._places(line).get("patient", ())) == 1
        return names_patient and self._is_mostly_known(self._names(line), least)

    def _is_mostly_known(self, names: Iterable[str], least: int = 2) -> bool:
        words = [name for name in names if name]
        known = [name for name in words if name in self.chosen or name in header_words()]
        return len(known) >= least and len(words) < 2 * len(known)

    def _missing(self, found: Collection[str]) -> list[str]:
        return [
            self.first(name)
            for name, instead in self.required.items()
            if not {name, *instead}.intersection(found)
        ]

    def _places(self, line: Line) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for index, name in enumerate(self._names(line)):
            if column := self._meaning(name):
                places.setdefault(column, []).append(index)
        return places

    def _names(self, line: Line) -> list[str]:
        """The names of columns without formats and units, except those that the caller gave whole."""
        cells = line.cells[: MOST_COLUMNS + 1]  # a wider one is refused
        whole = [folded(text_of(cell)[: LONGEST_NAME + 1]) for cell in cells]
        given = self.chosen.keys() & {*whole}
        bare = map(_bare_name, cells)
        return [
            w if given and not given.isdisjoint((w, b)) else b
            for w, b in zip(whole, bare, strict=True)
        ]

    def find(self, line: Line) -> dict[str, int]:
        """Return the position of each column in a header.

        Raises:
            TableError: When a required column is missing, or one is there twice.
            FileLimitError: When the table is wider than 1,000 columns.
        """
        if line.fault:
            raise TableError(f"line {line.number}: {line.fault}")
        if len(line.cells) > MOST_COLUMNS:
            raise FileLimitError(f"line {line.number}: more than {MOST_COLUMNS:,} columns")
        if _LINE_END.search("".join(map(text_of, line.cells))):
            raise TableError(f"line {line.number}: line ends of an unknown kind; save it with \\n")
        self._check_chosen(line)
        places = self._places(line)
        self._check_single(line, places)
        self._check_required(line, places)
        return {column: found[0] for column, found in places.items()}

    def _meaning(self, name: str) -> str | None:
        """What the caller named wins over the same column under a known name."""
        known = self._known.get(name)
        return self.chosen.get(name) or (None if known in self.chosen.values() else known)

    def _check_chosen(self, line: Line) -> None:
        names = self._names(line)
        absent = [given for given in self._given if folded(given) not in names]
        if absent:
            named = ", ".join(map(repr, absent))
            raise TableError(f"line {line.number}: no column is called {named}")

    def _check_single(self, line: Line, places: Mapping[str, Sequence[int]]) -> None:
        for column, found in places.items():
            if len(found) > 1 and column not in PLACES:
                both = " and ".join(repr(text_of(line.cells[index])) for index in found)
                raise TableError(
                    f"line {line.number}: {both} both mean {self.first(column)}; choose one with "
                    f"columns={{'...': '{self.first(column)}'}} (--column {quote(self.first(column))}=...)"
                )

    def _check_required(self, line: Line, places: Collection[str]) -> None:
        missing = self._missing(places)
        if missing:
            raise TableError(
                f"line {line.number}: no column for {', '.join(missing)}; {self._found(line)}; "
                f"name one with columns={{'...': '{missing[0]}'}} (--column {quote(missing[0])}=...)"
            )

    def _found(self, line: Line) -> str:
        """The columns by name only where the line is a header: cells of a row are never shown."""
        names = self._names(line)
        if len(names) == 1:
            return "1 column was found; separate columns by commas, semicolons, tabs or bars"
        if not self._is_mostly_known(names):
            return f"{len(names)} columns were found"
        return f"the columns are {', '.join(filter(None, map(text_of, line.cells)))}"


PLACES = ("muscle", "side")
"""Columns that only tell rows apart: of two the first is enough."""
STATING_DEATHS = frozenset({"died_on", "deceased", "vital_status", "patient_status"})
"""The columns of sessions that are read for a death."""
_LINE_END = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _bare_name(cell: Cell) -> str:
    """Return the folded name of a column, without the format or unit that may follow it."""
    return folded(_FORMAT.sub("", text_of(cell)[: LONGEST_NAME + 1]))


_FORMAT = re.compile(
    r"(?i)[(\[]([dmyjta/.\s-]*[ymdjta]{2,4}[/.\s-]+[dmyjta/.\s-]+|units?|[ui]?u|u?i|i?e)[)\]]$"
)


def another_header(line: Line) -> TableError:
    """Return the error of a second table in one."""
    return TableError(f"line {line.number}: another header; give each table in its own file")


def check_above(titles: Sequence[Line], header: Line, names: ColumnNames) -> None:
    """Refuse a table above the header: one with fewer columns would pass as titles.

    Directly above, a header of patients names groups of columns.

    Raises:
        TableError: When a header among the titles has rows of its own.
    """
    place = next((i for i, line in enumerate(titles, 1) if names.is_header(line)), len(titles))
    if any(len([*filter(text_of, line.cells)]) > 1 for line in titles[place:]):
        raise another_header(header)


def header_place(lines: Sequence[Line], names: ColumnNames) -> int:
    """Return where the header is: the first of the lines that name the most columns."""
    scores = [names.score(line) for line in lines]
    if not any(scores):
        return next((i for i, line in enumerate(lines) if not line.is_blank), 0)
    return scores.index(max(scores))
