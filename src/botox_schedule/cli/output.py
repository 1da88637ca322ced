"""The forms of an answer: text, JSON, CSV, and lines of JSON."""

import csv
import io
import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, get_args
from unicodedata import category, combining, east_asian_width

from pydantic import BaseModel

from botox_schedule import FindingNeeds, Window
from botox_schedule.engine import DayReason
from botox_schedule.files import together
from botox_schedule.records import Finding

Row = Mapping[str, Any]
"""A flat row: the same in text, CSV and JSON."""

NOT_ADVICE = "Not medical advice: check each figure against the current label."
ADULT_ASSUMED = "without a birth date, taken to be adult"
_FORMULA = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\ufeff\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f]*"
    r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212]|[\t\r\n]"
)
_UNSHOWN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
_TODAY = FindingNeeds.TODAY
_NARROW = 80
_UNBROKEN: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
_GAP = "  "
_STYLES = {
    "lapsed": "red",
    "overdue": "bold red",
    "due": "bold yellow",
    "allowed": "green",
    "on_hold": "cyan",
    "discontinued": "dim",
    "deceased": "dim",
}


class Line(NamedTuple):
    """A line of text as it is, and how a terminal shows it."""

    text: str
    style: str = ""


class Table(NamedTuple):
    """Rows in sections that have the same columns.

    Attributes:
        columns: The columns, from the left.
        sections: A title, which may be empty, and its rows.
        spare: The columns that a narrow terminal leaves out, the least important first.
        below: The columns whose words come below their row, the first without its title; those
            that are columns too only where there is no room for them.
    """

    columns: Sequence[str]
    sections: Sequence[tuple[str, Sequence[Row]]] = ()
    spare: Sequence[str] = ()
    below: Sequence[str] = ()


class Answer(NamedTuple):
    """One answer for all forms.

    Attributes:
        rows: What CSV and lines of JSON say.
        text: What a reader sees: sentences, which are wrapped, lines as they are, and tables.
        data: What JSON says; None means the rows.
        columns: The columns of CSV, where there may be no row.
        problems: What was wrong with the input.
        remarks: What text and JSON also say, for standard error where only rows are printed.
        failed: Whether the answer is that nothing was found.
    """

    rows: Sequence[Row]
    text: Sequence[str | Line | Table]
    data: Any = None
    columns: Sequence[str] = ()
    problems: Sequence[str] = ()
    remarks: Sequence[str] = ()
    failed: bool = False

    @property
    def exit_status(self) -> int:
        """1 when something of the input was wrong or nothing was found."""
        return int(bool(self.problems) or self.failed)


class Told(NamedTuple):
    """What is said about a list next to its rows.

    Attributes:
        head: What was read, in sentences.
        data: The same as JSON has it.
        problems: What is wrong with the input.
    """

    head: Sequence[str]
    data: Row
    problems: Sequence[str]


def list_answer(rows: Sequence[Row], table: Table, told: Told) -> Answer:
    """Return a list in all forms; one without a row has found nothing."""
    blank = [] if any(title for title, _ in table.sections) else [""]
    return Answer(
        rows=rows,
        text=[*told.head, *blank, table, "", NOT_ADVICE],
        data={**told.data, "problems": told.problems},
        columns=table.columns,
        problems=told.problems,
        remarks=told.head,
        failed=not rows,
    )


def print_answer(answer: Answer, form: str) -> None:
    """Print an answer; a terminal shows colors where the extra ``cli`` is installed."""
    if form == "text":
        _print_lines(text_lines(answer, shutil.get_terminal_size((_NARROW, 24)).columns))
    elif form == "csv":
        print(_as_csv(answer))
    elif form == "jsonl":
        for row in answer.rows:
            print(json.dumps(plain(row)))
    else:
        print(json.dumps(plain(answer.rows if answer.data is None else answer.data), indent=2))
    sys.stdout.flush()


def _print_lines(lines: Sequence[Line]) -> None:
    if sys.stdout.isatty():
        with suppress(ImportError):
            from rich.console import Console  # noqa: PLC0415 - an extra
            from rich.text import Text  # noqa: PLC0415 - an extra

            console = Console(highlight=False)
            for line in lines:
                console.print(Text(line.text, style=line.style), soft_wrap=True)
            return
    for line in lines:
        print(line.text)


def text_lines(answer: Answer, width: int) -> list[Line]:
    """Return the lines of an answer, at most *width* wide unless a word is wider."""
    lines: list[Line] = []
    for block in answer.text:
        if isinstance(block, Table):
            lines += _table_lines(block, width)
        elif isinstance(block, Line):
            lines.append(block)
        else:
            lines += _wrapped(block, width)
    if answer.problems:
        lines += [Line(""), Line(f"Problems ({len(answer.problems)})", "bold")]
        for problem in together(answer.problems):
            lines += _wrapped(problem, width, "  ")
    return lines


def _wrapped(text: str, width: int, hanging: str = "", style: str = "") -> list[Line]:
    indent = text[: len(text) - len(text.lstrip())]
    told = escaped(text)
    if len(told) <= width and told.isascii() and not told.endswith(" "):
        return [Line(told, style)]  # as it would be wrapped, without the search for where
    parts = textwrap.wrap(told, width, subsequent_indent=indent + hanging, **_UNBROKEN)
    return [Line(part, style) for part in parts] or [Line("")]


def escaped(text: str) -> str:
    r"""Return a text with the characters that a terminal obeys or hides as escapes.

    >>> print(escaped("P\x1b[31m1\u202e"))
    P\x1b[31m1\u202e
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        mark.encode("unicode_escape").decode() if category(mark) in _UNSHOWN else mark
        for mark in text
    )


def _table_lines(table: Table, width: int) -> Iterator[Line]:
    rows = [row for _, section in table.sections for row in section]
    names = [*dict.fromkeys((*table.columns, *table.spare, *table.below))]
    # Row by row: in a long list, asking every row again for each column takes longer.
    values = zip(*([*map(row.get, names)] for row in rows), strict=True)
    cells = dict.fromkeys(names, ()) | dict(zip(names, values, strict=False))
    spare = sorted(table.spare, key=lambda name: any(cells[name]))
    columns = _fitting(table._replace(spare=spare), cells, width)
    below = [name for name in table.below if name not in columns]
    below[1:] = [name for name in below[1:] if any(cells[name])]
    fits, start = _sum(columns) <= width, 0
    for title, section in table.sections:
        if title:
            yield from (Line(""), *_wrapped(title, width, style="bold"))
        if fits:
            shown = [_aligned(w, cells[n], start, len(section)) for n, w in columns.items()]
            yield from _section_lines(section, shown, below, width)
        else:
            yield from _stacked_lines(section, table, width)
        start += len(section)
    left_out = [_title(name) for name in spare if name not in (*columns, *table.below)]
    if left_out and fits and rows:
        told = f"Not shown for lack of width: {', '.join(left_out)}; --csv and --json have them."
        yield from (Line(""), *_wrapped(told, width, style="dim"))


_Columns = Mapping[str, Sequence[str]]
"""The title of each column and its words in all rows, of one width."""


def _fitting(table: Table, cells: Mapping[str, Sequence[Any]], width: int) -> _Columns:
    """The columns for which there is room; of the spare ones the last."""
    found = {name: _column(name, cells[name]) for name in table.columns if name not in table.spare}
    for name in reversed(table.spare):
        wider = found | {name: _column(name, cells[name])}
        if _sum(wider) > width:
            break
        found = wider
    return {name: found[name] for name in table.columns if name in found}


def _column(name: str, values: Sequence[Any]) -> list[str]:
    # Equal values of these kinds have one word; 155 and 155.0 have two.
    once = all(issubclass(kind, (str, date, type(None))) for kind in {*map(type, values)})
    said = {value: word(value) for value in {*values}}.__getitem__ if once else word
    words = [_title(name), *map(said, values)]
    size = max(map(shown_width, {*words}))
    wide = {each: each.ljust(size + len(each) - shown_width(each)) for each in {*words}}
    return [*map(wide.__getitem__, words)]


def shown_width(text: str) -> int:
    """Return how many columns of a terminal a text takes; characters of East Asia take two.

    >>> shown_width("P1"), shown_width("山田")
    (2, 4)
    """
    if text.isascii():
        return len(text)
    return sum(not combining(m) and 1 + (east_asian_width(m) in {"W", "F"}) for m in text)


def _sum(columns: _Columns) -> int:
    return sum(shown_width(words[0]) + len(_GAP) for words in columns.values()) - len(_GAP)


def _aligned(words: Sequence[str], values: Sequence[Any], start: int, count: int) -> list[str]:
    """The title of a column and its words in a section; numbers are on the right."""
    kinds = {*map(type, values[start : start + count])} - {type(None)}
    shown = [words[0], *words[start + 1 : start + 1 + count]]
    is_numeric = kinds and kinds <= {int, float, Decimal}
    return [each.rstrip().rjust(len(each)) for each in shown] if is_numeric else shown


def _section_lines(
    rows: Sequence[Row], shown: Sequence[Sequence[str]], below: Sequence[str], width: int
) -> Iterator[Line]:
    title, *lines = [_GAP.join(words).rstrip() for words in zip(*shown, strict=True)]
    yield Line(title)
    yield Line(_GAP.join("-" * shown_width(words[0]) for words in shown))
    for row, line in zip(rows, lines, strict=True):
        style = _STYLES.get(row.get("status", ""), "")
        yield Line(line, style)
        if told := noted(row, below):
            yield from _wrapped(f"    {told}", width, style=style)


def _stacked_lines(rows: Sequence[Row], table: Table, width: int) -> Iterator[Line]:
    """A line for each cell, where the terminal is narrower than the columns that are needed."""
    below = [name for name in table.below if name not in table.columns]
    for number, row in enumerate(rows):
        if number:
            yield Line("")
        said = [f"{_title(n)}: {told}" for n in table.columns if (told := word(row.get(n))) != "-"]
        for cell in filter(None, (*said, noted(row, below))):
            yield from _wrapped(cell, width, _GAP, _STYLES.get(row.get("status", ""), ""))


def in_force(period: Any) -> list[str]:
    """Return the first and the last day of a version or a rule in words, where it has them."""
    return [f"{word} {on}" for word, on in (("from", period.first), ("to", period.last)) if on]


def noted(row: Row, names: Sequence[str]) -> str:
    """Return the words of some columns as one sentence, without those that are empty.

    >>> noted({"today": ("due",), "outcome": "no answer"}, ("today", "contacted_on", "outcome"))
    'due; outcome: no answer'
    """
    said = {name: word(row[name]) for name in names if row.get(name)}
    return "; ".join([w if n == names[0] else f"{_title(n)}: {w}" for n, w in said.items()])


def _title(name: str) -> str:
    return name.removesuffix("_on").replace("_", " ")


def word(value: object) -> str:
    """Return a value as one word of text; an unknown one is a dash.

    >>> word(None), word(True), word(3), word(("due", "overdue"))
    ('-', 'yes', '3', 'due, overdue')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(word, value)) or "-"
    return escaped(str(value)) or "-"


def listing(row: Row) -> list[str]:
    """Return the lines of named values, aligned.

    >>> listing({"due": "2026-03-30", "typical_on": None})
    ['due      2026-03-30', 'typical  -']
    """
    width = max(map(len, map(_title, row)), default=0)
    return [f"{_title(name):{width}}  {word(value)}" for name, value in row.items()]


def flat(model: BaseModel, *names: str) -> dict[str, Any]:
    """Return fields of a model as one flat row; a window has two cells.

    Args:
        model: The model.
        names: The fields, in order; none means all.
    """
    row: dict[str, Any] = {}
    for name in names or type(model).model_fields:
        value = getattr(model, name)
        annotation = type(model).model_fields[name].annotation
        if annotation is Window or Window in get_args(annotation):
            row |= {f"{name}_{edge}": getattr(value, edge, None) for edge in ("first", "last")}
        else:
            row[name] = _cell(value)
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, tuple) and value and isinstance(value[0], Finding | DayReason):
        return tuple(one.code for one in value if getattr(one, "needs", _TODAY) is _TODAY)
    if isinstance(value, Fraction):
        return round(float(value), 3)
    return str(value) if isinstance(value, BaseModel) else value


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, date | Decimal | Path) else value


def _as_csv(answer: Answer) -> str:
    out = io.StringIO()
    columns = answer.columns or [*dict.fromkeys(name for row in answer.rows for name in row)]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(name)) for name in columns] for row in answer.rows)
    return out.getvalue().removesuffix("\n")


def _csv_cell(value: Any) -> Any:
    """Guard text that a spreadsheet would take for a formula; numbers stay."""
    if isinstance(value, tuple | list):
        value = " ".join(str(plain(one)) for one in value)
    value = plain(value)
    if not isinstance(value, str):
        return value
    # A file keeps what was given; a terminal would obey it.
    value = escaped(value) if sys.stdout.isatty() else value
    return f"'{value}" if _FORMULA.match(value) else value
