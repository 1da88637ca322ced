"""What the library must never do: reach out, run data, leak, or answer by chance."""

import ast
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import outcomes, planning

SOURCE = Path(bs.__file__).parent
# Asks every public question twice; what the second round touches outside memory is written down.
WATCHED = """
import sys, json
sys.path.insert(0, TESTS)
import snapshots
from datetime import UTC, datetime
import botox_schedule as bs
record = bs.PatientRecord.model_validate(snapshots.RECORD)
migraine = bs.find_protocol("chronic-migraine")
pages = []
try:
    from botox_schedule.views.handout import handout_html
    from botox_schedule.ical import events_from_record, ical_from_events
except ImportError:
    pass
else:
    def page():
        events = events_from_record(record, migraine, key="k", as_of="2026-02-10")
        ical_from_events(events, stamped_at=datetime(2026, 2, 10, tzinfo=UTC))
        handout_html(record, migraine, as_of="2026-02-10", when_to_call="x", key="k",
                     stamped_at=datetime(2026, 2, 10, tzinfo=UTC))
    pages.append(page)
from botox_schedule.views.timeline import timeline_svg
pages.append(lambda: timeline_svg(record, migraine, as_of="2026-02-10"))

def ask():
    snapshots.answers()
    for page in pages:
        page()

first, second, seen = set(), set(), None
QUIET = ("object.", "sys._getframe", "marshal.", "gc.", "cpython.", "builtins.id", "array.", "re.")
def hook(event, args):
    if seen is not None and not event.startswith(QUIET):
        shown = str(args[0])[:200] if event in ("open", "import", "exec") and args else ""
        seen.add(f"{event} {shown}")
sys.addaudithook(hook)
seen = first
ask()
seen = second
ask()
seen = None
print(json.dumps([sorted(first), sorted(second)]))
"""
ANSWER = """
import sys
sys.path.insert(0, TESTS)
from snapshots import answers
for name, (_, value) in sorted(answers().items()):
    print(name, value.model_dump_json())
from botox_schedule.views.timeline import timeline_svg
import botox_schedule as bs, snapshots
record = bs.PatientRecord.model_validate(snapshots.RECORD)
print(timeline_svg(record, bs.find_protocol("chronic-migraine"), as_of="2026-04-10"))
"""


def fresh(code: str, **environment: str) -> str:
    text = code.replace("TESTS", repr(str(Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


class TestNothingReachesOut:
    @pytest.fixture(scope="class")
    @staticmethod
    def rounds() -> list[list[str]]:
        found: list[list[str]] = json.loads(fresh(WATCHED))
        return found

    def test_no_answer_touches_a_file_a_process_or_the_network(
        self, rounds: list[list[str]]
    ) -> None:
        """The second round has everything in memory: nothing at all is left to do outside it."""
        assert rounds[1] == []

    def test_the_first_round_reads_only_the_package_and_the_interpreter(
        self, rounds: list[list[str]]
    ) -> None:
        zones = (
            "/usr/share/zoneinfo",
            "/usr/lib/zoneinfo",
            "/etc/zoneinfo",
        )  # icalendar asks for UTC
        allowed = (str(SOURCE), sys.prefix, sys.base_prefix, *zones, *filter(None, sys.path))
        opened = [line.split(" ", 1)[1] for line in rounds[0] if line.startswith("open ")]
        assert [path for path in opened if not path.startswith(allowed)] == []

    def test_not_even_the_first_round_calls_out(self, rounds: list[list[str]]) -> None:
        never = (
            "socket.",
            "subprocess.",
            "os.system",
            "os.exec",
            "pickle.",
            "urllib.",
            "ftplib.",
            "shutil.",
            "os.remove",
            "os.rename",
        )
        assert [line for line in rounds[0] if line.startswith(never)] == []

    def test_the_hook_sees_what_it_is_there_for(self) -> None:
        """The same watch over a file that is opened: the check can fail."""
        code = WATCHED.replace("    snapshots.answers()\n", "    open('/dev/null').close()\n", 1)
        assert json.loads(fresh(code))[1] == ["open /dev/null"]


@pytest.mark.parametrize(
    "module", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_no_module_runs_data_or_opens_a_connection(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not names & {"eval", "exec", "compile", "__import__", "input"}
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    # This one takes the text of an address apart, and opens none.
    assert not {name.split(".")[0] for name in imported - {"urllib.parse"}} & {
        "pickle",
        "marshal",
        "shelve",
        "socket",
        "http",
        "urllib",
        "requests",
        "subprocess",
        "ctypes",
        "logging",
    }


class TestDeterminism:
    def test_every_process_gives_the_same_bytes(self) -> None:
        found = {
            fresh(ANSWER, PYTHONHASHSEED=seed, TZ=zone, LC_ALL=language)
            for seed, zone, language in (
                ("0", "UTC", "C"),
                ("1", "Pacific/Auckland", "C.UTF-8"),
                ("4711", "America/Los_Angeles", "de_DE.UTF-8"),
            )
        }
        assert len(found) == 1

    def test_every_thread_gives_the_same_answers(self) -> None:
        from snapshots import answers  # noqa: PLC0415 - next to the tests

        def ask(_: int) -> str:
            return "".join(value.model_dump_json() for _, value in answers().values())

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(ask, range(24)))) == 1


MARK = "Zzyzx-Patient"
MARKED: dict[str, Any] = {
    "id": MARK,
    "sessions": [
        {
            "id": f"{MARK}-1",
            "administered_on": "2026-01-05",
            "indication": "chronic-migraine",
            "product": "Botox",
        },
        {
            "id": f"{MARK}-1",
            "administered_on": "2026-01-06",
            "indication": "chronic-migraine",
            "product": "Botox",
        },
    ],
    "holds": [{"first": "2025-01-05", "reason": MARK}],
    "overrides": [
        {
            "indication": "chronic-migraine",
            "first": "2020-01-01",
            "last": "2020-06-01",
            "minimum": "10 weeks",
            "reason": MARK,
            "authority": "payer",
        }
    ],
}


class TestPrivacy:
    """A name planted wherever one can be comes out nowhere."""

    def test_in_no_repr_explanation_or_finding(self) -> None:
        record = bs.PatientRecord.model_validate(MARKED)
        protocol = bs.find_protocol("chronic-migraine")
        asked: dict[str, Any] = {"as_of": "2026-04-10"}
        found = [
            record,
            bs.forecast(record, protocol, **asked),
            bs.check_date(record, protocol, on="2026-05-01", **asked),
            bs.treatment_cycles(record, protocol, **asked),
            planning.first_bookable_day(record, protocol, **asked),
            planning.plan_authorizations(record, protocol, **asked),
            outcomes.adherence(record, protocol, **asked),
        ]
        for value in found:
            assert MARK not in repr(value)
            assert MARK not in str(value)
            for words in ("explain", "_repr_html_"):
                if hasattr(value, words):
                    assert MARK not in getattr(value, words)()

    @pytest.mark.parametrize(
        "broken",
        [
            {"id": [MARK]},
            {
                "sessions": [
                    {"administered_on": MARK, "indication": MARK, "product": MARK, "units": MARK}
                ]
            },
            {"holds": [{"first": MARK, "reason": 5}]},
            {
                "overrides": [
                    {"indication": "x", "first": "2026-01-05", "reason": MARK, "authority": MARK}
                ]
            },
            {"weights": [{"measured_on": "2026-01-05", "kilograms": MARK}]},
            {"care_ends": [{"on": "2026-01-05", "kind": MARK}]},
            {
                "authorizations": [
                    {"indication": MARK, "product": MARK, "valid": {"first": MARK, "last": MARK}}
                ]
            },
        ],
    )
    def test_in_no_error(self, broken: dict[str, Any]) -> None:
        adapter: Any = bs.PatientRecord
        for read, data in (
            (adapter.model_validate, broken),
            (adapter.model_validate_json, json.dumps(broken)),
        ):
            with pytest.raises(ValueError, match="PatientRecord") as caught:
                read(data)
            assert MARK not in str(caught.value)
            assert MARK not in repr(caught.value)

    def test_in_no_strict_error(self) -> None:
        record = bs.PatientRecord.model_validate(MARKED)
        with pytest.raises(bs.FindingsError) as caught:
            bs.forecast(
                record, bs.find_protocol("chronic-migraine"), as_of="2026-04-10", strict=True
            )
        assert MARK not in repr(caught.value) + str(caught.value.exceptions)
