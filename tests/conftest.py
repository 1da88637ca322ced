"""Profiles of Hypothesis: ``--hypothesis-profile=mutants`` looks for a failure and no further."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from botox_schedule import bundled_protocols
from botox_schedule._catalogue import bundled_tables

settings.register_profile(
    "mutants",
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.differing_executors, HealthCheck.too_slow),
    database=None,
    derandomize=True,
    deadline=None,
)


@pytest.fixture(autouse=True, scope="session")
def _nothing_remembered() -> None:
    """A mutant starts in a process that has read the data already: it must read it again."""
    if os.environ.get("MUTANT_UNDER_TEST"):
        bundled_tables.cache_clear()
        bundled_protocols.cache_clear()
