"""What may be done with what engines make, and what they cost, in words."""

from __future__ import annotations

import pytest

from vocasync.engines.base import Price
from vocasync.engines.registry import specs
from vocasync.engines.terms import STEPS, forbids, non_commercial, priced


def test_a_result_names_what_forbids_selling_it() -> None:
    used = {"recognition": "whisper base", "voice": "xtts 0.28.0-1a2b3c4d", "similarity": "resemblyzer"}
    assert non_commercial(used) == {"voice": "Coqui Public Model License 1.0.0 (non-commercial)"}
    assert non_commercial({**used, "voice": "espeak 1.52"}) == {}


def test_the_persons_own_words_and_engines_that_are_gone_forbid_nothing() -> None:
    assert non_commercial({"recognition": "subtitles", "voice": "gone 1", "more": "xtts"}) == {}


def test_every_stage_has_a_step() -> None:
    assert {row.stage for row in specs()} == set(STEPS.values())


def test_only_the_non_commercial_forbid() -> None:
    assert {row.name for row in specs() if forbids(row.stage, row.name)} == {
        row.name for row in specs() if not row.commercial
    }


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (None, ""),
        (Price(20.0, 1_000_000, "characters", "2026-06"), "20 USD for 1,000,000 characters"),
        (Price(0.016, 60, "seconds", "2026-06"), "0.016 USD for 60 seconds"),
        (Price(0.002, 1, "seconds", "2026-06"), "0.002 USD a second"),
    ],
)
def test_prices(price: Price | None, words: str) -> None:
    assert priced(price) == words
