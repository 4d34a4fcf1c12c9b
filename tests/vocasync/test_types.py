"""What flows between the stages."""

from __future__ import annotations

import pytest

from vocasync.types import Word, mean_confidence


@pytest.mark.parametrize(
    ("given", "mean"), [((), None), ((None, None), None), ((0.5, None, 1.0), 0.75), ((0.2, 0.2, 0.9), 0.433)]
)
def test_words_without_a_posterior_do_not_count(given: tuple[float | None, ...], mean: float | None) -> None:
    assert mean_confidence(Word("so", 0.0, 0.1, one) for one in given) == mean
