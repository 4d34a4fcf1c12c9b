"""Clauses of a live session aloud: how soon, how loud, marked, and in whose tone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.local_http import serving
from tests.vocasync.engines.tts.elevenlabs_server import ElevenLabsServer, config
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import bases, elevenlabs, espeak, world
from vocasync.engines.tts.bases import Source
from vocasync.engines.tts.espeak import EspeakVoice
from vocasync.engines.tts.profile import Profile
from vocasync.errors import PipelineError
from vocasync.media.audio import resample, stretched
from vocasync.media.loudness import loudness
from vocasync.pipelines.live.request import Manner
from vocasync.pipelines.live.speakers import Speakers
from vocasync.pipelines.live.speaking import Speaking
from vocasync.pipelines.live.wardrobe import Dressed
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, Speech, SpeechRequest, VoiceReference

SHORT = "The boat is small."
LONG = (
    "The harbour was quiet before the sun came up, and the fishermen pulled their nets, talking in low voices, while "
    "a dog ran along the pier."
)
STOCK = Dressed(None, "klatt4", "stock")
MANNER = Manner("en", clarity=0.0, stability=0.0)


class Counting(EspeakVoice):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[SpeechRequest] = []

    def synthesize(self, request: SpeechRequest, voice: Profile | None, emotion: Profile | None = None) -> Speech:
        self.asked.append(request)
        return super().synthesize(request, voice, emotion)


@pytest.fixture(scope="module")
def engine() -> Counting:
    return Counting()


@pytest.fixture
def speaking(engine: Counting) -> Speaking:
    engine.asked.clear()
    return Speaking(engine, lambda sound: sound)


@pytest.fixture(scope="module")
def man() -> Audio:
    return Audio(talk("en-us+m3", 6.0, ANALYSIS_RATE, pitch=30), ANALYSIS_RATE)


@pytest.fixture(scope="module")
def own(engine: Counting, man: Audio, tmp_path_factory: pytest.TempPathFactory) -> Dressed:
    """The man's own voice."""
    folder = tmp_path_factory.mktemp("own")
    soundfile.write(folder / "man.wav", man.samples[: 2 * man.rate], man.rate)
    engine.prepare(VoiceReference(folder / "man.wav"), folder / "man.npz", Silent())
    return Dressed(engine.load(folder / "man.npz"), "", "own")


def whole(pieces: Iterator[Audio]) -> Audio:
    found = list(pieces)
    return Audio(np.concatenate([piece.samples for piece in found]), found[0].rate)


def height(sound: Audio) -> float:
    found = world.height(sound)
    assert found is not None
    return found


def raised(sound: Audio, factor: float) -> Audio:
    """The same speech higher, as long: played faster, then drawn out."""
    faster = resample(Audio(sound.samples, round(sound.rate * factor)), sound.rate)
    return stretched(Audio(faster.samples, sound.rate), factor)


def test_a_short_clause_is_one_piece_at_the_sites_loudness(speaking: Speaking, engine: Counting) -> None:
    first, *rest = speaking.say(SHORT, "en", STOCK, MANNER)
    assert first.rate == engine.sample_rate
    assert sum(piece.duration for piece in rest) < 0.05
    assert loudness(first) == pytest.approx(-20.0, abs=1.0)


def test_of_a_long_clause_the_first_words_are_heard_before_the_rest_is_said(
    speaking: Speaking, engine: Counting
) -> None:
    pieces = speaking.say(LONG, "en", STOCK, MANNER)
    assert next(pieces).duration > 0.4
    assert len(engine.asked) == 1
    assert len(engine.asked[0].text) <= 60
    list(pieces)
    assert " ".join(request.text for request in engine.asked) == LONG


def test_every_piece_is_marked(engine: Counting) -> None:
    marked: list[Audio] = []

    def mark(sound: Audio) -> Audio:
        marked.append(sound)
        return Audio(-sound.samples, sound.rate)

    given = list(Speaking(engine, mark).say(LONG, "en", STOCK, MANNER))
    assert len(marked) == len(given) > 1
    assert all(np.array_equal(one.samples, -other.samples) for one, other in zip(given, marked, strict=True))


def test_faster_where_it_has_to_be_within_bounds(speaking: Speaking, engine: Counting) -> None:
    natural, fast = (whole(speaking.say(SHORT, "en", STOCK, MANNER, rate=rate)).duration for rate in (1.0, 1.35))
    assert 1.2 < natural / fast < 1.5
    list(speaking.say(SHORT, "en", STOCK, MANNER, rate=3.0))
    list(speaking.say(SHORT, "en", STOCK, MANNER, rate=0.1))
    assert [request.rate for request in engine.asked[-2:]] == [1.5, 0.8]


def test_clarity_is_the_engines_setting_unless_the_voice_has_one(speaking: Speaking, engine: Counting) -> None:
    list(speaking.say(SHORT, "en", STOCK, replace(MANNER, clarity=0.75)))
    assert dict(engine.asked[-1].options) == {"clarity": 0.75}
    list(speaking.say(SHORT, "en", replace(STOCK, options=(("clarity", 0.1), ("rate", 1.1))), MANNER))
    assert dict(engine.asked[-1].options) == {"clarity": 0.1, "rate": 1.1}


def test_a_clause_that_is_said_higher_is_dubbed_higher_as_far_as_stability_lets_it(
    speaking: Speaking, own: Dressed, man: Audio
) -> None:
    usual = Audio(man.samples[: 2 * man.rate], man.rate)
    assert speaking.tone_of(usual) is None, "nobody knows yet how they mostly speak"
    assert speaking.tone_of(usual) is None
    tone = speaking.tone_of(raised(usual, 1.3))
    assert tone is not None
    plain, lively, steady = (
        height(whole(speaking.say(SHORT, "en", own, replace(MANNER, stability=stability), tone=laid)))
        for laid, stability in ((None, 0.0), (tone, 0.0), (tone, 1.0))
    )
    assert 1.15 < lively / plain < 1.45
    assert steady == pytest.approx(plain, rel=0.02)


def test_who_raises_their_voice_is_dubbed_louder(speaking: Speaking, own: Dressed, man: Audio) -> None:
    usual = Audio(0.2 * man.samples[: 2 * man.rate], man.rate)
    tones = [speaking.tone_of(Audio(factor * usual.samples, man.rate)) for factor in (1, 1, 1, 2, 1e-2)]
    found = [loudness(whole(speaking.say(SHORT, "en", own, MANNER, tone=tone))) for tone in tones]
    assert [round(one - found[0]) for one in found if one and found[0]] == [0, 0, 0, 4, -4]


def test_the_usual_tone_changes_nothing_and_everybody_has_their_own(
    speaking: Speaking, own: Dressed, man: Audio
) -> None:
    usual = Audio(man.samples[: 2 * man.rate], man.rate)
    for _ in range(3):
        tone = speaking.tone_of(usual, 3)
    assert tone is not None
    assert speaking.tone_of(usual, 4) is None
    plain, toned = (height(whole(speaking.say(SHORT, "en", own, MANNER, tone=laid))) for laid in (None, tone))
    assert toned == pytest.approx(plain, rel=0.03)


def test_a_stock_voice_follows_from_its_second_clause_on(speaking: Speaking, man: Audio) -> None:
    usual = Audio(man.samples[: 2 * man.rate], man.rate)
    for _ in range(3):
        speaking.tone_of(usual)
    tone = speaking.tone_of(raised(usual, 1.3))
    unlearned = whole(speaking.say(SHORT, "en", STOCK, MANNER, tone=tone))
    plain = whole(speaking.say(SHORT, "en", STOCK, MANNER))
    assert height(unlearned) == pytest.approx(height(plain), rel=0.01)
    assert height(whole(speaking.say(SHORT, "en", STOCK, MANNER, tone=tone))) > 1.1 * height(plain)


@pytest.mark.parametrize("sound", [np.zeros(32_000), np.zeros(100), 0.1 * np.ones(32_000)])
def test_what_is_no_speech_has_no_tone(speaking: Speaking, sound: Any) -> None:
    assert speaking.tone_of(Audio(sound.astype(np.float32), ANALYSIS_RATE)) is None


def test_one_clause_in_four_is_compared_to_its_speaker(engine: Counting, man: Audio) -> None:
    encoder = registry.load("speaker", "resemblyzer", EngineConfig())
    speakers = Speakers(encoder)
    speaking = Speaking(engine, lambda sound: sound, encoder)
    silence = Audio(np.zeros(48_000, np.float32), ANALYSIS_RATE)
    speakers.place(silence)
    assert speaking.similarity(man, speakers.of(0)) is None, "nothing is known of them"
    speakers.place(man)
    assert speaking.similarity(Audio(man.samples[:1000], man.rate), speakers.of(0)) is None
    found = [speaking.similarity(man, speakers.of(0)) for _ in range(8)]
    assert [number for number, alike in enumerate(found) if alike is not None] == [0, 4]
    assert found[0] == pytest.approx(1.0, abs=0.01)
    assert [speaking.similarity(silence, speakers.of(0)) for _ in range(4)] == [None] * 4
    assert Speaking(engine, lambda sound: sound).similarity(man, speakers.of(0)) is None


def test_what_breaks_is_told(speaking: Speaking, engine: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PipelineError) as caught:
        list(speaking.say(SHORT, "en", Dressed(None, "nobody", "stock"), MANNER))
    assert caught.value.code == "stock_unknown"
    monkeypatch.setattr(engine, "synthesize", lambda *_: 1 / 0)
    with pytest.raises(PipelineError, match="ZeroDivisionError") as caught:
        list(speaking.say(SHORT, "en", STOCK, MANNER))
    assert caught.value.code == "voice_failed"


def test_warming_up_asks_nothing_of_what_costs_money(tmp_path: Path) -> None:
    with serving(ElevenLabsServer) as server:
        paid = elevenlabs.create(config(server, tmp_path))
        Speaking(paid, lambda sound: sound).warm("en")
        assert not server.asked
        stock = next(iter(server.voices))
        speaking = Speaking(paid, lambda sound: sound)
        first, *rest = speaking.say(LONG, "en", Dressed(None, stock, "stock"), replace(MANNER, stability=0.3))
        assert first.duration < 1.0 < sum(piece.duration for piece in rest), "as it streams"
        assert server.spoken()[0].json["voice_settings"]["stability"] == 0.3
        paid.close()


def test_warming_up_hears_the_base_voices_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    hear, heard = bases._described, []

    def noted(name: str, texts: tuple[str, ...]) -> Source:
        heard.append(name)
        return hear(name, texts)

    monkeypatch.setattr(bases, "_described", noted)
    monkeypatch.setattr(espeak, "BASES", ("klatt4",))
    engine = EspeakVoice()
    for _ in range(2):
        Speaking(engine, lambda sound: sound).warm("es")
        for thread in threading.enumerate():
            if thread.name == "warm":
                thread.join(60)
    assert heard == ["en-us+klatt4", "es+klatt4", "es"]
