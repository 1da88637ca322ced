"""Profiles of Hypothesis: ``--hypothesis-profile=mutants`` looks for a failure and no further."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.differing_executors, HealthCheck.too_slow),
    database=None,
    derandomize=True,
    deadline=None,
)
