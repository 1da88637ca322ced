"""The core stays light: it loads no extra, reads no clock, and answers alike everywhere."""

import ast
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

import botox_schedule as bs
from botox_schedule.testing import record_from_gaps

SOURCE = Path(bs.__file__).parent
HEAVY = [
    "numpy",
    "pandas",
    "polars",
    "narwhals",
    "icalendar",
    "fhir",
    "matplotlib",
    "hypothesis",
    "rich",
    "holidays",
]
ANSWER = """
from datetime import date
import botox_schedule as bs
record = bs.PatientRecord(sessions=[
    {"id": str(n), "administered_on": day, "indication": "chronic-migraine", "product": "Botox", "units": units}
    for n, (day, units) in enumerate([("2026-01-05", 155), ("2026-03-20", None), ("2026-03-20", 155)])
])
protocol = bs.find_protocol("chronic-migraine")
print(bs.forecast(record, protocol, as_of="2026-04-01", other_protocols=bs.bundled_protocols()).model_dump_json())
"""


def fresh(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_importing_the_core_loads_no_extra() -> None:
    loaded = fresh(
        "import sys, botox_schedule, botox_schedule.cli.runner; print(*sys.modules)"
    ).split()
    assert not [name for name in HEAVY if name in loaded]
    assert "pydantic" in loaded


def test_importing_the_core_loads_no_reader_of_files_or_names() -> None:
    loaded = fresh("import sys; from botox_schedule import forecast; print(*sys.modules)").split()
    assert "botox_schedule.protocols.loader" in loaded
    assert {"tomllib", "difflib"}.isdisjoint(loaded)


@pytest.mark.parametrize("module", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.name)
def test_only_the_command_line_reads_a_clock(module: Path) -> None:
    calls = [
        node.attr
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    ]
    clocks = {"today", "now", "utcnow", "fromtimestamp", "perf_counter", "environ", "getenv"} & set(
        calls
    )
    assert clocks == ({"today"} if module.parts[-2:] == ("cli", "main.py") else set())


def test_every_process_gives_the_same_bytes() -> None:
    answers = {
        fresh(ANSWER, PYTHONHASHSEED=seed, TZ=zone)
        for seed, zone in (("0", "UTC"), ("1", "Pacific/Auckland"), ("2", "America/Los_Angeles"))
    }
    assert len(answers) == 1


def test_every_thread_gives_the_same_answer() -> None:
    record = record_from_gaps([84, 70, 98], starts_on=date(2026, 1, 5), units=155)
    protocol = bs.find_protocol("chronic-migraine")

    def ask(_: int) -> bs.Forecast:
        return bs.forecast(record, protocol, as_of="2026-10-01")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(repr, threads.map(ask, range(64))))) == 1
