"""The commands about a whole population: large files, answered by the panel."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botox_schedule import BotoxScheduleError, Population, bundled_protocols, load_protocols
from botox_schedule.cli.arguments import (
    Commands,
    add_as_of,
    add_rules,
    missing_extra,
    new_command,
    policy_of,
)
from botox_schedule.cli.output import Answer
from botox_schedule.cli.text import Lines, table
from botox_schedule.errors import FileLimitError
from botox_schedule.files import MEBIBYTE

_ALIASES = {
    "patient_id": "patient",
    "mrn": "patient",
    "date": "administered_on",
    "session_date": "administered_on",
    "id": "session_id",
}
_ENGINES = ("polars", "narwhals", "duckdb", "_duckdb", "pyarrow")
_MOST_COLUMNS = 1000


def add_worklist(commands: Commands) -> None:
    """Add the command ``worklist``."""
    command = new_command(commands, "worklist", "whom to call, of a large file of sessions")
    _add_population(command)
    command.add_argument(
        "--ahead",
        type=_count,
        default=7,
        metavar="DAYS",
        help="days before the due day (default: 7)",
    )
    command.set_defaults(run=_worklist)


def _worklist(given: argparse.Namespace) -> Answer:
    return _answer(given, "worklist", ahead_days=given.ahead)


def add_load(commands: Commands) -> None:
    """Add the command ``load``."""
    command = new_command(commands, "load", "sessions by week, of a large file of sessions")
    _add_population(command)
    command.add_argument("--weeks", type=_count, default=12, help="how many weeks (default: 12)")
    command.add_argument("--capacity", type=_count, metavar="VISITS", help="visits a week")
    command.set_defaults(run=_load)


def _load(given: argparse.Namespace) -> Answer:
    return _answer(given, "load", weeks=max(1, given.weeks), capacity=given.capacity)


def add_simulate(commands: Commands) -> None:
    """Add the command ``simulate``."""
    command = new_command(commands, "simulate", "what if, drawn for a large file of sessions")
    _add_population(command)
    command.add_argument("--seed", type=int, required=True, help="of the random numbers")
    command.add_argument("--days", type=_count, default=365, help="days ahead (default: 365)")
    command.add_argument("--replicates", type=_count, default=20, help="default: 20")
    command.add_argument(
        "--delays", default="0", metavar="D,D,…", help="days after the due day, drawn (default: 0)"
    )
    command.add_argument("--capacity", type=_count, metavar="SESSIONS", help="sessions a day")
    command.set_defaults(run=_simulate)


def _simulate(given: argparse.Namespace) -> Answer:
    try:
        delays = [int(part) for part in given.delays.split(",")]
    except ValueError:
        raise BotoxScheduleError("--delays: expected numbers of days such as 0,7,14") from None
    with _progress(given.form) as told:
        return _answer(
            given,
            "simulate",
            seed=given.seed,
            days=max(1, given.days),
            replicates=max(1, given.replicates),
            delays=delays,
            capacity=given.capacity,
            progress=told,
        )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("expected a number that is not negative")
    return int(text)


def _add_population(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, metavar="SESSIONS.(csv|parquet)")
    command.add_argument("--engine", choices=["polars", "duckdb"], default="polars")
    for name in ("holds", "care-ends"):
        command.add_argument(
            f"--{name}",
            required=True,
            metavar="FILE",
            help="a table, or none to say there are none",
        )
    command.add_argument("--population", choices=list(Population), default="adult")
    add_as_of(command)
    add_rules(command)


class _progress:  # noqa: N801 - used like a function
    """A bar on standard error where a terminal shows it and the extra ``cli`` is there."""

    def __init__(self, form: str) -> None:
        self._bar: Any = None
        if form == "text" and sys.stderr.isatty():
            try:
                from rich.console import Console  # noqa: PLC0415 - an extra
                from rich.progress import Progress  # noqa: PLC0415
            except ImportError:
                return
            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("replicates", total=None)

    def __enter__(self) -> Callable[[int, int], None]:
        if self._bar is not None:
            self._bar.start()
        return self._told

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _told(self, done: int, whole: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=whole)


def _answer(given: argparse.Namespace, question: str, **asked: Any) -> Answer:
    """Ask the panel, and say which rows could not be read."""
    try:
        import polars as pl  # noqa: PLC0415 - an extra

        from botox_schedule import panel  # noqa: PLC0415 - an extra
    except ImportError:
        raise missing_extra("panel") from None
    sessions = _table(given.file, given.engine)
    protocols = _protocols(given)
    beside = {
        "holds": _beside(given.holds, given.engine),
        "care_ends": _beside(given.care_ends, given.engine),
    }
    with _reading(given.file):
        answer = _whole(
            pl,
            getattr(panel, question)(
                sessions, protocols, as_of=given.as_of, policy=policy_of(given), **beside, **asked
            ),
        )
        problems = _problems(_whole(pl, panel.findings(sessions, protocols)))
    rows = [[_shown(value) for value in row] for row in answer.rows()]

    def text() -> Lines:
        return [*table(answer.columns, rows), "", *problems]

    return Answer(
        text=text,
        data=lambda: [dict(zip(answer.columns, row, strict=True)) for row in rows],
        header=answer.columns,
        rows=lambda: rows,
        exit_status=1 if problems else 0,
        problems=problems,
    )


def _problems(findings: Any) -> list[str]:
    """What is wrong with how many rows; what is left out first."""
    counts = findings.group_by("left_out", "code").len()
    counts = counts.sort("left_out", "code", descending=[True, False])
    return [
        f"{count} rows {'left out' if out else 'used with a doubt'}: {code}"
        for out, code, count in counts.rows()
    ]


def _shown(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def _protocols(given: argparse.Namespace) -> list[Any]:
    """The clinic's own protocols, and the bundled ones for what it has none for."""
    own = load_protocols(given.protocols) if given.protocols else ()
    wanted = [
        p
        for p in (*own, *bundled_protocols())
        if p.region == given.region and p.population == given.population
    ]
    ids: dict[tuple[str, str], str] = {}
    for protocol in wanted:
        ids.setdefault((protocol.indication, protocol.product), protocol.id)
    return [p for p in wanted if ids[p.indication, p.product] == p.id]


def _beside(name: str, engine: str) -> Any:
    return None if name == "none" else _table(Path(name), engine)


def _table(file: Path, engine: str) -> Any:
    """Return a file as a frame; of a CSV file every column is text but units and cycles."""
    _refuse_hostile(file)
    with _reading(file):
        return _in_duckdb(file) if engine == "duckdb" else _in_polars(file)


def _refuse_hostile(file: Path) -> None:
    """Refuse what no table is, before an engine takes the whole of it into memory.

    A stretch of 1 MiB without the end of a line is looked for in the text of CSV files only.
    """
    if file.suffix == ".parquet":
        return
    with file.open("rb") as source:
        if source.readline(MEBIBYTE).count(b",") >= _MOST_COLUMNS:
            raise FileLimitError(f"{file.name}: more than {_MOST_COLUMNS} columns")
        source.seek(0)
        while stretch := source.read(MEBIBYTE):
            if len(stretch) == MEBIBYTE and b"\n" not in stretch:
                raise FileLimitError(f"{file.name}: a line is longer than 1 MiB")


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Name the file in an engine's own error, and not what stands in it."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _ENGINES:
            raise
        kind = "Parquet" if file.suffix == ".parquet" else "comma-separated values"
        name = type(error).__name__
        raise BotoxScheduleError(f"{file.name}: not a table: expected {kind} ({name})") from None


def _in_polars(file: Path) -> Any:
    import polars as pl  # noqa: PLC0415 - an extra

    if file.suffix == ".parquet":
        return pl.scan_parquet(file).rename(_renamed(pl.scan_parquet(file).collect_schema()))
    frame = pl.scan_csv(file, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    names = list(frame.collect_schema())
    frame = frame.rename(_renamed(names))
    if "units" in frame.collect_schema():
        number = pl.col("units").str.strip_chars().cast(pl.Float64, strict=False)
        known = pl.col("units").fill_null("").str.strip_chars() != ""
        frame = frame.with_columns(units=pl.when(known).then(number.fill_null(-1.0)))
    return frame


def _in_duckdb(file: Path) -> Any:
    try:
        import duckdb  # noqa: PLC0415 - an engine of the user's own
    except ImportError:
        raise missing_extra("panel") from None
    if file.suffix == ".parquet":
        relation = duckdb.read_parquet(str(file))
    else:
        relation = duckdb.read_csv(str(file), all_varchar=True, header=True)
    renamed = _renamed(relation.columns)
    columns = []
    for name in relation.columns:
        column = duckdb.ColumnExpression(name)
        if renamed.get(name, name) == "units" and file.suffix != ".parquet":
            given = duckdb.SQLExpression(
                f"CASE WHEN trim(\"{name}\") <> '' "
                f'THEN coalesce(try_cast("{name}" AS DOUBLE), -1) END'
            )
            column = given
        columns.append(column.alias(renamed.get(name, name)))
    return relation.select(*columns)


def _renamed(names: Any) -> dict[str, str]:
    """The names of the panel for those that exports use."""
    plain = {name: name.strip().lower().replace(" ", "_") for name in names}
    found = {name: _ALIASES.get(word, word) for name, word in plain.items()}
    twice = sorted({word for word, count in Counter(found.values()).items() if count > 1})
    if twice:
        raise BotoxScheduleError(f"two columns mean {twice[0]}; expected one")
    return found


def _whole(pl: Any, frame: Any) -> Any:
    """An answer of any engine as a Polars frame."""
    if hasattr(frame, "collect"):
        return frame.collect()
    return pl.from_arrow(frame.to_arrow_table())
