"""Whose voice is made when, of what, and what they wear meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.local_http import serving
from tests.vocasync.engines.tts.elevenlabs_server import ElevenLabsServer, config
from tests.vocasync.engines.tts.makers import MAKERS
from tests.vocasync.engines.tts.speech import WORDS, talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine
from vocasync.engines.tts import elevenlabs
from vocasync.engines.tts.espeak import EspeakVoice
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.voices import STOCK
from vocasync.errors import PipelineError
from vocasync.lending import Lent, lending
from vocasync.pipelines.live import wardrobe as wardrobe_module
from vocasync.pipelines.live.request import Known, Manner
from vocasync.pipelines.live.speakers import Speakers
from vocasync.pipelines.live.speaking import Speaking
from vocasync.pipelines.live.wardrobe import Wardrobe
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, Audio, Region, SpeakerVoice, SpeechRequest, VoiceKind, VoiceReference, Word

PATIENCE = 60.0


class Watched(EspeakVoice):
    """Notes what it is given. may: whether it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[VoiceReference, float]] = []
        self.began, self.may = threading.Event(), threading.Event()
        self.may.set()

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        self.began.set()
        self.may.wait(PATIENCE)
        self.seen.append((reference, soundfile.info(reference.audio).duration))
        super().prepare(reference, path, progress)


class Told:
    """Whose voice has changed, or could not be made."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.failed: list[tuple[int, str]] = []
        self._news = threading.Condition()

    def changed(self, number: int) -> None:
        with self._news:
            self.numbers.append(number)
            self._news.notify_all()

    def fail(self, number: int, error: PipelineError) -> None:
        with self._news:
            self.failed.append((number, error.code))
            self._news.notify_all()

    def wait(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.numbers) + len(self.failed) >= count, PATIENCE)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analysing speech is what takes time."""
    monkeypatch.setattr(wardrobe_module, "MADE_AT", (2.0, 3.0))
    monkeypatch.setattr(wardrobe_module, "MADE_ONCE_AT", (2.5,))


@pytest.fixture(scope="module")
def man() -> Audio:
    return Audio(talk("en-us+m3", 4.0, ANALYSIS_RATE, pitch=30), ANALYSIS_RATE)


@pytest.fixture(scope="module")
def woman() -> Audio:
    return Audio(talk("en-us+f2", 4.0, ANALYSIS_RATE, pitch=75), ANALYSIS_RATE)


@pytest.fixture(scope="module")
def engine() -> Watched:
    """One for all: how base voices speak is heard once."""
    return Watched()


@pytest.fixture
def speakers(man: Audio, woman: Audio) -> Speakers:
    """A man, 0, and a woman, 1."""
    found = Speakers(registry.load("speaker", "resemblyzer", EngineConfig()))
    for sound in (man, woman):
        found.place(sound)
    return found


@pytest.fixture
def told(engine: Watched) -> Told:
    engine.seen.clear()
    engine.began.clear()
    engine.may.set()
    return Told()


@contextmanager
def opened(engine: VoiceEngine, speakers: Speakers, told: Told, **options: Any) -> Iterator[Wardrobe]:
    asked = {"stock": "", "everybody": None, "stocks": STOCK} | options
    wardrobe = Wardrobe(engine, speakers, changed=told.changed, failed=told.fail, **asked)
    try:
        yield wardrobe
    finally:
        wardrobe.close()


def part(sound: Audio, start: float, seconds: float) -> Audio:
    first = round(start * sound.rate)
    return Audio(sound.samples[first : first + round(seconds * sound.rate)], sound.rate)


def test_stock_near_the_voice_then_their_own_then_a_better_one(
    engine: Watched, speakers: Speakers, told: Told, man: Audio, woman: Audio
) -> None:
    with opened(engine, speakers, told) as wardrobe:
        wardrobe.hear(0, Audio(np.zeros(4_000, np.float32), ANALYSIS_RATE), preserve=False)
        assert wardrobe.dress(0, preserve=True).stock == "", "nobody can tell yet"
        wardrobe.hear(0, part(man, 0, 1.0))
        wardrobe.hear(1, part(woman, 0, 1.0))
        dressed = [wardrobe.dress(number, preserve=True) for number in (0, 1)]
        assert [one.state for one in dressed] == ["building", "building"]
        sexes = {voice.name: voice.sex for voice in STOCK}
        assert [sexes[one.stock] for one in dressed] == ["male", "female"]
        assert not engine.seen
        wardrobe.hear(0, part(man, 1, 1.2))
        told.wait(1)
        own = wardrobe.dress(0, preserve=True)
        assert own.state == "own"
        assert isinstance(own.voice, Profile)
        assert len(engine.synthesize(SpeechRequest("Yes.", "en"), own.voice).audio.samples)
        assert wardrobe.dress(1, preserve=True).state == "building"
        stock = wardrobe.dress(0, preserve=False)
        assert (stock.voice, stock.stock, stock.state) == (None, dressed[0].stock, "stock")
        wardrobe.hear(0, part(man, 2.2, 1.0))
        told.wait(2)
        assert wardrobe.dress(0, preserve=True).voice is not own.voice
        wardrobe.hear(0, man)
    assert told.numbers == [0, 0]
    assert [round(seconds, 1) for _, seconds in engine.seen] == [2.2, 3.2]


def test_sound_is_only_in_memory_and_is_gone_afterwards(
    engine: Watched, speakers: Speakers, told: Told, man: Audio
) -> None:
    with opened(engine, speakers, told) as wardrobe:
        wardrobe.hear(0, part(man, 0, 2))
        told.wait(1)
    path = engine.seen[0][0].audio
    assert str(path).startswith("/proc/")
    assert not path.exists()


def test_while_one_is_made_what_is_said_meanwhile_is_waited_with_once(
    engine: Watched, speakers: Speakers, told: Told, man: Audio, woman: Audio
) -> None:
    engine.may.clear()
    with opened(engine, speakers, told) as wardrobe:
        wardrobe.hear(1, part(woman, 0, 2))
        assert engine.began.wait(PATIENCE)
        for start, seconds in ((0, 2), (2, 0.5), (2.5, 1)):
            wardrobe.hear(0, part(man, start, seconds))
        engine.may.set()
        told.wait(2)
    assert told.numbers == [1, 0]
    assert engine.seen[1][1] == pytest.approx(3.5), "all that was heard until its turn"


def test_too_little_speech_is_tried_again_with_more(
    engine: Watched, speakers: Speakers, told: Told, man: Audio
) -> None:
    quiet = Audio(1e-3 * np.random.default_rng(0).standard_normal(32_000).astype(np.float32), ANALYSIS_RATE)
    with opened(engine, speakers, told) as wardrobe:
        wardrobe.hear(0, quiet)
        assert engine.began.wait(PATIENCE)
        while not engine.seen:
            engine.began.wait(0.01)
        wardrobe.hear(0, part(man, 0, 2))
        told.wait(1)
        assert wardrobe.dress(0, preserve=True).state == "own"
    assert told.numbers == [0]
    assert not told.failed


def test_recordings_that_are_brought_take_the_place_of_what_is_heard(
    engine: Watched, speakers: Speakers, told: Told, man: Audio, woman: Audio
) -> None:
    with opened(engine, speakers, told) as wardrobe:
        with pytest.raises(PipelineError, match="at least 2 s"):
            wardrobe.give(0, [part(man, 0, 1)])
        wardrobe.give(0, [part(woman, 0, 1), part(woman, 1, 1)])
        told.wait(1)
        given = wardrobe.dress(0, preserve=True)
        assert given.state == "given"
        wardrobe.hear(0, man)
        assert wardrobe.dress(0, preserve=True).voice is given.voice
        assert wardrobe.dress(0, preserve=False).state == "stock"
    assert [(round(seconds), len(reference.regions)) for reference, seconds in engine.seen] == [(2, 2)]


def test_somebody_known_wears_their_voice_of_the_library_which_is_kept_with_it(
    engine: Watched, told: Told, man: Audio, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "voice.wav", man.samples, man.rate)
    options = (("clarity", 1.0),)
    voice = SpeakerVoice(
        VoiceKind.PROFILE, VoiceReference(tmp_path / "voice.wav", (Region(0, 2),)), "mark", "", options, tmp_path
    )
    encoder = registry.load("speaker", "resemblyzer", EngineConfig())
    speakers = Speakers(encoder, (Known("a", "Ada", encoder.embed(man), voice),))
    assert speakers.place(part(man, 0, 4)).recognised
    for made in (1, 0):
        engine.seen.clear()
        with opened(engine, speakers, told) as wardrobe:
            assert wardrobe.dress(0, preserve=True).state == "building"
            told.wait(2 - made)
            dressed = wardrobe.dress(0, preserve=True)
            assert (dressed.state, dressed.options) == ("library", options)
            assert isinstance(dressed.voice, Profile)
        assert len(engine.seen) == made, "the second time it is read"


@pytest.mark.parametrize("folder", [True, False])
def test_one_voice_for_everybody(
    engine: Watched, speakers: Speakers, told: Told, man: Audio, woman: Audio, tmp_path: Path, folder: bool
) -> None:
    soundfile.write(tmp_path / "voice.wav", woman.samples, woman.rate)
    reference = VoiceReference(tmp_path / "voice.wav", (Region(0, 2),), of="one")
    voice = SpeakerVoice(VoiceKind.PROFILE, reference, "mark", folder=tmp_path if folder else None)
    with opened(engine, speakers, told, everybody=voice) as wardrobe:
        told.wait(1)
        assert told.numbers[0] < 0, "everybody's"
        wardrobe.hear(0, man)
        dressed = [wardrobe.dress(number, preserve) for number, preserve in ((0, True), (1, False))]
        assert [one.state for one in dressed] == ["library", "library"]
        assert dressed[0].voice is dressed[1].voice
        wardrobe.withdraw("one")
        assert wardrobe.dress(0, preserve=True).state == "building"
        wardrobe.hear(0, part(man, 0, 2.5))
        told.wait(2)
        assert wardrobe.dress(0, preserve=True).state == "own", "as if none had been chosen"
    assert len(engine.seen) == 2
    assert len(list(tmp_path.glob("espeak-*"))) == 2 * folder, "the conditioning and its mark"


def test_a_stock_voice_of_the_library_needs_no_making(engine: Watched, speakers: Speakers, told: Told) -> None:
    voice = SpeakerVoice(VoiceKind.STOCK, stock="f5")
    with opened(engine, speakers, told, everybody=voice) as wardrobe:
        dressed = wardrobe.dress(1, preserve=True)
        assert (dressed.voice, dressed.stock, dressed.state) == (None, "f5", "library")
    with opened(engine, speakers, told, stock="f2") as wardrobe:
        assert wardrobe.dress(0, preserve=False).stock == "f2"
    assert not engine.seen


def test_a_service_gets_one_copy_which_is_said_where_the_wardrobe_was_made(
    speakers: Speakers, told: Told, man: Audio, tmp_path: Path
) -> None:
    with serving(ElevenLabsServer) as server:
        engine = elevenlabs.create(config(server, tmp_path))
        with lending() as lent, opened(engine, speakers, told, stocks=()) as wardrobe:
            wardrobe.hear(0, part(man, 0, 2))
            assert wardrobe.dress(0, preserve=True).state == "building"
            wardrobe.hear(0, part(man, 2, 0.6))
            told.wait(1)
            wardrobe.hear(0, man)
            assert wardrobe.dress(0, preserve=True).state == "own"
        (remote,) = server.copies
        assert lent == [Lent("elevenlabs", remote)]
        engine.close()


def test_what_a_service_refuses_is_told_and_not_asked_again(
    speakers: Speakers, told: Told, man: Audio, tmp_path: Path
) -> None:
    with serving(ElevenLabsServer) as server:
        server.limit = 0
        engine = elevenlabs.create(config(server, tmp_path))
        with opened(engine, speakers, told) as wardrobe:
            wardrobe.hear(0, part(man, 0, 2.6))
            told.wait(1)
            assert told.failed == [(0, "clone_limit")]
            wardrobe.hear(0, man)
            assert wardrobe.dress(0, preserve=True).state == "stock"
        assert len([asked for asked in server.asked if asked.path == "/v1/voices/add"]) == 1
        engine.close()


def test_whoever_closes_is_not_kept_waiting_by_what_waits(
    engine: Watched, speakers: Speakers, told: Told, man: Audio, woman: Audio
) -> None:
    engine.may.clear()
    with opened(engine, speakers, told) as wardrobe:
        wardrobe.hear(0, part(man, 0, 2))
        wardrobe.hear(1, part(woman, 0, 2))
        assert engine.began.wait(PATIENCE)
        threading.Timer(0.1, engine.may.set).start()
    assert not told.numbers, "the first is broken off, the second not begun"
    wardrobe.hear(0, man)
    assert len(engine.seen) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neutts-air", "sv2tts", "xtts", "yourtts"])
def test_engines_hear_a_voice_in_memory_and_speak_in_its_tone(
    name: str, speakers: Speakers, told: Told, man: Audio, tmp_path: Path
) -> None:
    row = registry.spec("tts", name)
    if any(find_spec(package) is None for package in row.needs.packages):
        pytest.skip("not installed")
    engine = registry.load("tts", name, MAKERS[name](tmp_path))
    words = tuple(Word(word, 0.25 * at, 0.25 * at + 0.2) for at, word in enumerate(WORDS.split()))
    with opened(engine, speakers, told, stocks=()) as wardrobe:
        wardrobe.hear(0, man, words, "en")
        told.wait(1)
        assert not told.failed
        dressed = wardrobe.dress(0, preserve=True)
    assert dressed.state == "own"
    speaking = Speaking(engine, lambda sound: sound)
    speaking.tone_of(man)
    tone = speaking.tone_of(man)
    assert tone is not None
    pieces = list(speaking.say("The boat is small.", "en", dressed, Manner("en"), rate=1.2, tone=tone))
    assert sum(piece.duration for piece in pieces) > 0
