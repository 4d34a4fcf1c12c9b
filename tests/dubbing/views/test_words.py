"""Scores and fits in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dubbing.models import Take
from dubbing.views.engine_cards import better_engines, engine_groups, made_by
from dubbing.views.results import fit_words
from dubbing.views.scores import scales
from vocasync.engines.base import Price
from web.templatetags.ui import clock, language_name, text_direction
from work.engines import EngineRow

BASELINES = {"self": 0.95, "untreated": 0.55}


def test_a_scale_lies_between_its_baselines() -> None:
    (scale,) = scales({"tracks": {"voice": {"speaker": 0.75}}, "baselines": BASELINES})
    assert scale.share == 50
    assert scale.low_x < scale.value_x < scale.high_x <= 97.0
    assert scale.value_x == pytest.approx((scale.low_x + scale.high_x) / 2, abs=0.2)
    assert scale.verdict == "About half-way to the real speaker"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "No closer"), (0.56, "No closer"), (0.65, "A little"), (0.86, "Close to"), (0.96, "As alike")],
)
def test_verdicts(value: float, words: str) -> None:
    (scale,) = scales({"tracks": {"voice": {"speaker": value}}, "baselines": BASELINES})
    assert scale.verdict.startswith(words)


def test_scores_without_baselines_and_no_scores() -> None:
    (scale,) = scales({"tracks": {"emotion": {"emotion": 0.6}}, "baselines": {}})
    assert (scale.low, scale.high, scale.share, scale.verdict) == (None, None, None, "")
    assert 3.0 <= scale.value_x <= 97.0
    assert scales({}) == []
    assert scales({"tracks": {"voice": {"speaker": None}}}) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fit": "natural"}, "Fits as spoken"),
        ({"fit": "rate", "rate": 1.2}, "Spoken faster"),
        ({"fit": "rate", "rate": 0.8}, "Spoken slower"),
        ({"fit": "stretch", "stretch": 0.9}, "Squeezed 10 %"),
        ({"fit": "stretch", "stretch": 1.1}, "Stretched 10 %"),
        ({"fit": "borrow", "borrowed": 0.42}, "Runs 0.4 s into the silence"),
        ({"fit": "overflow", "overflow": 1.26}, "1.3 s too long"),
    ],
)
def test_fits(fields: dict[str, float], words: str) -> None:
    assert fit_words(Take(**fields)) == words


def engine(name: str, quality: int, ready: bool, stage: str = "asr") -> EngineRow:
    return EngineRow(
        name=name,
        label=name.title(),
        stage=stage,
        kind="neural",
        ready=ready,
        missing="" if ready else "weights",
        licence="MIT",
        tried="",
        about="",
        quality=quality,
        languages=(),
        sizes=(),
        commercial=True,
        weights="",
        service="",
        price=None,
    )


def test_better_engines_are_the_ones_missing_above_what_was_used() -> None:
    table = [engine("whisper", 50, False), engine("sphinx", 10, True), engine("google", 50, False, "translate")]
    assert [row.name for row in better_engines(table, {"recognition": "sphinx 5.0"})] == ["whisper"]
    assert better_engines(table, {"recognition": "whisper 1"}) == []
    assert better_engines(table, {}) == []


def test_what_made_it_is_said_by_its_label() -> None:
    table = [engine("sphinx", 10, True)]
    assert made_by(table, {"recognition": "sphinx 5.0"}) == [("Recognition", "Sphinx 5.0", "")]
    assert made_by(table, {"recognition": "subtitles"}) == [("Recognition", "Your subtitles", "")]
    assert made_by(table, {"voice": "gone 2"}) == [("Voice", "gone 2", "")]


def test_an_engine_that_must_not_be_used_for_money_is_told_apart() -> None:
    row = replace(engine("xtts", 60, True, "tts"), commercial=False, licence="CPML", weights="xtts-v2")
    assert made_by([row], {"voice": "xtts 0.28-1a2b"}) == [("Voice", "Xtts 0.28-1a2b", "CPML")]
    assert row.shown == "Xtts (non-commercial use only)"


def test_cards_say_where_the_licence_is_to_be_read_and_what_it_costs() -> None:
    price = Price(0.1, 1000, "characters", "2026-06")
    rows = [
        replace(engine("xtts", 60, True, "tts"), licence="CPML", weights="xtts-v2"),
        replace(engine("espeak", 10, True, "tts"), licence="GPL-3.0-or-later (eSpeak NG)"),
        replace(engine("eleven", 70, True, "tts"), licence="Their terms", price=price),
    ]
    (group,) = engine_groups(rows)
    assert [card.licence_url for card in group.cards] == [
        "https://tts-hub.github.io/cpml",
        "https://www.gnu.org/licenses/gpl-3.0.html",
        "",
    ]
    assert [card.price for card in group.cards] == ["", "", "0.1 USD for 1,000 characters"]


def test_engine_groups_keep_the_order_of_the_steps() -> None:
    groups = engine_groups([engine("google", 5, False, "translate"), engine("sphinx", 10, True)])
    assert [(group.title, group.ready) for group in groups] == [("Recognition", True), ("Translation", False)]


def test_filters() -> None:
    assert [clock(value) for value in (None, 5.9, 75, 3675)] == ["", "0:05", "1:15", "1:01:15"]
    assert (language_name("ur"), language_name("auto"), language_name("xx")) == ("Urdu", "Detected", "xx")
    assert (text_direction("ur"), text_direction("en")) == ("rtl", "ltr")
