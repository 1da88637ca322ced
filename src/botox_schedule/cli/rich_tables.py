"""Tables for a terminal, with the extra ``cli``."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from botox_schedule.cli.text import TextTable, word

_STYLES = {"overdue": "bold red", "lapsed": "red", "due": "bold yellow", "allowed": "green"}


def show(lines: Iterable[str | TextTable]) -> None:
    """Print the lines of an answer; nothing in them is taken for markup."""
    console = Console(highlight=False)
    for line in lines:
        if isinstance(line, str):
            console.print(Text(line))
        else:
            for part in _fitting(line, console):
                console.print(part)


def _fitting(plain: TextTable, console: Console) -> Iterable[Table | Text]:
    """The table, without its spare columns as far as the terminal has no room for them."""
    left_out: list[str] = []
    spare = list(plain.spare)
    while spare and _width(plain, left_out) > console.width:
        left_out.append(spare.pop(0))
    yield _table(plain, left_out)
    if left_out:
        yield Text(f"without {', '.join(left_out)}: a wider terminal or --csv shows them\n", "dim")


def _width(plain: TextTable, left_out: Iterable[str]) -> int:
    rows = [plain.header, *([word(value) for value in row] for row in plain.rows)]
    columns = zip(*rows, strict=True)
    shown = [column for column in columns if column[0] not in set(left_out)]
    return sum(max(map(len, column)) + 3 for column in shown)


def _table(plain: TextTable, left_out: Iterable[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown = [number for number, name in enumerate(plain.header) if name not in set(left_out)]
    for number in shown:
        table.add_column(plain.header[number].replace("_", " "), overflow="fold")
    for row in plain.rows:
        cells = (row[number] for number in shown)
        table.add_row(*(Text(word(value), style=_STYLES.get(str(value), "")) for value in cells))
    return table
