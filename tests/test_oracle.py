"""A few hundred of the comparisons with the oracle; ``make oracle`` runs as many as one likes."""

import random

import pytest

from compare_oracle import compare


@pytest.mark.parametrize("seed", range(8))
def test_no_date_differs_from_the_oracles(seed: int) -> None:
    seen = {compare(random.Random(f"test-{seed}-{number}")) for number in range(60)}
    assert {"too_early", "on_hold", "no_history"} & seen
