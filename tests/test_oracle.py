"""A few hundred of the comparisons with the oracle; ``make oracle`` runs as many as you like."""

import pytest

from compare_oracle import Drawer, kinds


@pytest.mark.parametrize("seed", range(8))
def test_no_answer_differs_from_the_oracles(seed: int) -> None:
    for number in range(60):
        key = f"test-{seed}-{number}"
        case = Drawer(key).case()
        assert kinds(case, key) == {}, case.show()
