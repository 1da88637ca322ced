"""Profiles of Hypothesis: ``--hypothesis-profile=mutants`` looks for a failure and no further."""

import os
from collections.abc import Generator
from importlib.util import find_spec

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import HealthCheck, Phase, settings

from botox_schedule import bundled_protocols
from botox_schedule.protocols.bundled import bundled_tables

_NEEDS = {
    "test_extremes.py": ("icalendar", "fhir", "jinja2", "polars"),
    "test_files.py": ("polars", "xlsxwriter"),
    "test_privacy.py": ("icalendar", "fhir", "jinja2", "polars"),
    "test_tables.py": ("polars", "python_calamine", "xlrd"),
    "test_tables_decisions.py": ("polars",),
    "test_tables_spreadsheets.py": ("polars", "python_calamine", "xlrd", "xlsxwriter"),
}
"""Modules whose tests need extras from their first line on."""
_MISSING = {
    file: [module for module in modules if find_spec(module) is None]
    for file, modules in _NEEDS.items()
}
collect_ignore = [file for file, modules in _MISSING.items() if modules]


def pytest_report_header() -> list[str]:
    """Say what is not run."""
    return [
        f"{file} is not run: {', '.join(modules)} is not installed"
        for file, modules in _MISSING.items()
        if modules
    ]


# The width of the caller's terminal is none of the tests' business.
os.environ["COLUMNS"] = "80"

# A busy machine is slow, which is not the code's fault, so no example is timed.
settings.register_profile("untimed", deadline=None)
# The same examples each time: a line is covered or it is not, and a change lands or it does not.
settings.register_profile("covered", derandomize=True, database=None, deadline=None)
settings.load_profile("covered" if os.environ.get("CI") else "untimed")
settings.register_profile(
    "mutants",
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.differing_executors, HealthCheck.too_slow),
    database=None,
    derandomize=True,
    deadline=None,
)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """A module of tests that cannot be imported is an error.

    The collector of doctests would skip it, and the tests in it would be gone without a word.
    """
    return [found for found in (yield) if not isinstance(found, DoctestModule)]


_READS_THE_DATA = {"test_catalogue"}
_forgotten = False


@pytest.fixture(autouse=True)
def _nothing_remembered(request: pytest.FixtureRequest) -> None:
    """A mutant starts in a process that has already read the data: it must read them again.

    The tests of the catalogue read it anew each time, so that each of them counts as a test of
    the reading; the others once, because reading takes longer than most of them.
    """
    global _forgotten  # noqa: PLW0603 - once for each process
    if os.environ.get("MUTANT_UNDER_TEST") and (
        not _forgotten or request.module.__name__.rpartition(".")[2] in _READS_THE_DATA
    ):
        _forgotten = True
        bundled_tables.cache_clear()
        bundled_protocols.cache_clear()
