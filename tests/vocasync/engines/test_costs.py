"""What a dub is about to cost."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from vocasync.engines.auto import Plan
from vocasync.engines.base import Price
from vocasync.engines.costs import CHARACTERS_A_SECOND, Cost, estimate, line_cost, parse_prices, price_of
from vocasync.engines.registry import spec, specs

PAID = Plan("", "", "elevenlabs")
FREE = Plan("pocketsphinx", "apertium", "espeak")
LIST = spec("tts", "elevenlabs").price


def test_what_is_free_costs_nothing() -> None:
    found = estimate(FREE, seconds=3600.0)
    assert (found.lines, found.usd, found.basis) == ((), 0, "")


def test_a_guess_from_the_length() -> None:
    found = estimate(PAID, seconds=100.0)
    assert LIST is not None
    amount = 100.0 * CHARACTERS_A_SECOND
    assert found.lines == (
        Cost("tts", "elevenlabs", spec("tts", "elevenlabs").label, "elevenlabs", amount, "characters", found.usd),
    )
    assert found.usd == pytest.approx(amount * LIST.usd / LIST.per)
    assert "1:40 minutes of recording, 15 characters a second" in found.basis
    assert estimate(PAID, seconds=100.0, tracks=2).usd == pytest.approx(2 * found.usd)


def test_a_text_that_is_there_is_counted() -> None:
    found = estimate(PAID, seconds=100.0, characters=250, tracks=2)
    assert [line.amount for line in found.lines] == [500]
    assert "1:40 minutes of recording, 250 characters of text" in found.basis
    assert "0:00" not in estimate(PAID, seconds=0.0, characters=250).basis


@pytest.mark.parametrize("seconds", [0.0, -5.0, math.nan, math.inf])
def test_a_recording_without_a_length_costs_nothing(seconds: float) -> None:
    assert estimate(PAID, seconds=seconds).usd == 0
    assert estimate(PAID, seconds=seconds, characters=0).usd == 0


def test_an_engine_that_is_paid_by_the_second() -> None:
    row = replace(spec("tts", "elevenlabs"), price=Price(0.36, 3600, "seconds", "2026-01"))
    found = line_cost(row, 150, {})
    assert [(line.amount, line.unit) for line in found.lines] == [(10.0, "seconds")]
    assert found.usd == pytest.approx(0.001)


def test_every_price_has_its_month_and_is_above_nothing() -> None:
    for row in specs():
        if row.price is not None:
            assert row.price.usd > 0
            assert row.price.per >= 1
            assert len(row.price.of) == 7


def test_a_sites_own_prices() -> None:
    own = parse_prices({"tts:elevenlabs": {"usd": 0.05}, "tts:elevenlabs-flash": 0})
    assert estimate(PAID, seconds=0.0, characters=1000, prices=own).usd == pytest.approx(0.05)
    assert estimate(Plan("", "", "elevenlabs-flash"), seconds=9.0, prices=own).usd == 0
    assert price_of(spec("tts", "espeak"), own) is None
    assert parse_prices({"tts:elevenlabs": {"usd": 1, "per": 10}})["tts:elevenlabs"].per == 10


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "an object"),
        ("x", "an object"),
        ({"elevenlabs": 1}, "no engine that costs anything"),
        ({"tts:espeak": 1}, "no engine that costs anything"),
        ({"tts:elevenlabs": {}}, "from 0 on"),
        ({"tts:elevenlabs": "cheap"}, "from 0 on"),
        ({"tts:elevenlabs": True}, "from 0 on"),
        ({"tts:elevenlabs": -1}, "from 0 on"),
        ({"tts:elevenlabs": math.nan}, "from 0 on"),
        ({"tts:elevenlabs": {"usd": 1, "per": 0}}, "from 1 on"),
        ({"tts:elevenlabs": None}, "from 0 on"),
    ],
)
def test_prices_that_make_no_sense(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_prices(given)
