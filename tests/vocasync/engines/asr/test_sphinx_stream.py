from __future__ import annotations

import _ctypes
import gc
import threading
from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np
import pytest

from tests.vocasync.engines.asr.test_pocketsphinx import JFK, NARRATION
from tests.vocasync.engines.asr.test_streaming_contract import final_words, heard, pieces
from tests.vocasync.recordings import analysis_of, loaded, plain_words, said, silence
from vocasync.engines import registry
from vocasync.engines.asr import pocketsphinx, sphinx_c, sphinx_stream
from vocasync.engines.asr.pocketsphinx import PocketSphinx
from vocasync.engines.asr.sphinx_stream import Decoders
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.stages.segment import merge_regions, speech_regions
from vocasync.types import ANALYSIS_RATE, FloatArray


@pytest.fixture(scope="module")
def engine() -> PocketSphinx:
    return pocketsphinx.create(EngineConfig())


@pytest.fixture(scope="module")
def sentence() -> tuple[FloatArray, tuple[float, float]]:
    sound, (span,) = said(["We went to the market."], pause=0.4)
    return sound, span


def test_words_lie_where_they_are_said(engine: PocketSphinx, sentence: tuple[FloatArray, tuple[float, float]]) -> None:
    sound, (start, end) = sentence
    words = final_words(heard(engine.open("en"), [sound]))
    assert len(words) >= 4
    assert words[0].start == pytest.approx(start, abs=0.25)
    assert words[-1].end == pytest.approx(end, abs=0.25)
    assert all(word.confidence is not None and 0 < word.confidence <= 1 for word in words)
    later = final_words(heard(engine.open("en"), [silence(1.0), sound[: len(sound) // 2], sound]))
    assert later[-1].end == pytest.approx(1.0 + len(sound) // 2 / ANALYSIS_RATE + end, abs=0.25)


def test_partial_results_grow(engine: PocketSphinx, sentence: tuple[FloatArray, tuple[float, float]]) -> None:
    session = engine.open("en")
    lengths = [len(one.segment.words) for piece in pieces(sentence[0], 64) for one in session.feed(piece)]
    session.close()
    assert lengths[0] <= 2
    assert lengths[-1] >= 4


def test_how_loud_it_is_makes_no_difference(
    engine: PocketSphinx, sentence: tuple[FloatArray, tuple[float, float]]
) -> None:
    texts = [
        [word.text for word in final_words(heard(engine.open("en"), [sentence[0] * level]))] for level in (1.0, 1 / 16)
    ]
    assert texts[0] == texts[1]


def test_a_voice_that_grows_loud_is_not_clipped_for_long(
    engine: PocketSphinx, sentence: tuple[FloatArray, tuple[float, float]]
) -> None:
    sound, _ = sentence
    quiet = np.random.default_rng(0).normal(0, 1e-4, ANALYSIS_RATE).astype(np.float32)
    words = final_words(heard(engine.open("en"), [np.concatenate([quiet, sound])]))
    assert {"market", "we", "went", "to", "the"} & {word.text for word in words}


def test_speech_without_a_pause_ends_at_last(
    engine: PocketSphinx,
    sentence: tuple[FloatArray, tuple[float, float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sphinx_stream, "_LONGEST", 2.0)
    session = engine.open("en")
    found = [one for _ in range(2) for piece in pieces(sentence[0], 100) for one in session.feed(piece)]
    session.close()
    assert any(partial.final for partial in found)
    assert all(one.end <= other.start + 0.02 for one, other in pairwise(final_words(found)))


def test_what_is_no_number_is_silence(engine: PocketSphinx) -> None:
    sound = np.array([np.nan, np.inf, -np.inf, 0.1] * 3_000, dtype=np.float32)
    for partial in heard(engine.open("en"), [sound]):
        assert 0 <= partial.segment.start <= partial.segment.end <= 0.76


def test_decoders_are_used_again_and_remember_nothing(sentence: tuple[FloatArray, tuple[float, float]]) -> None:
    engine = pocketsphinx.create(EngineConfig())
    first = heard(engine.open("en"), [sentence[0]])
    kept = list(engine._live._idle)
    assert len(kept) == 1
    session = engine.open("en")
    session.feed(np.random.default_rng(0).normal(0, 0.3, 10_000).astype(np.float32))
    assert engine._live._idle == []
    session.close()
    assert engine._live._idle == kept
    assert heard(engine.open("en"), [sentence[0]]) == first
    engine.close()
    assert engine._live._idle == []


def test_an_abandoned_stream_lets_its_decoder_go() -> None:
    engine = pocketsphinx.create(EngineConfig())
    session = engine.open("en")
    session.feed(np.ones(16_000, dtype=np.float32) * 0.1)
    del session
    gc.collect()
    assert len(engine._live._idle) == 1
    engine.close()


def test_no_more_than_two_are_kept() -> None:
    decoders = Decoders()
    taken = [decoders.take() for _ in range(3)]
    for decoder in taken:
        decoders.give(decoder)
    assert len(decoders._idle) == 2
    late = decoders.take()
    decoders.close()
    decoders.give(late)
    assert decoders._idle == []


def test_it_may_be_closed_from_another_thread(engine: PocketSphinx) -> None:
    session = engine.open("en")
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    feeding = threading.Thread(target=lambda: [session.feed(piece) for piece in pieces(noise, 100)])
    feeding.start()
    session.close()
    session.close()
    feeding.join()
    assert session.feed(noise[:1600]) == session.pause() == session.finish() == []


def test_a_package_without_the_functions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    row = registry.spec("asr", "pocketsphinx")
    assert registry.dotted(row.live)(EngineConfig()) == ""
    for place in (Path(_ctypes.__file__), Path(__file__), None):
        monkeypatch.setattr(sphinx_c, "_path", lambda place=place: place)
        assert "make setup" in sphinx_c.missing(EngineConfig())
        with pytest.raises(PipelineError) as caught:
            Decoders().take()
        assert caught.value.code == "engine_not_ready"


def utterances(path: Path) -> list[FloatArray]:
    """A recording, cut where its speaker pauses."""
    sound = loaded(path).samples
    regions = merge_regions(speech_regions(path, Silent()), 15.0)
    cuts = [round((one.end + other.start) / 2 * ANALYSIS_RATE) for one, other in pairwise(regions)]
    return list(np.split(sound, cuts))


@pytest.mark.slow
def test_accuracy_on_real_speech(engine: PocketSphinx, shared_media: Path, tmp_path: Path) -> None:
    rates = {}
    readings = [analysis_of(shared_media / name, tmp_path) for name in NARRATION]
    speech = [analysis_of(shared_media / "whisper/jfk.flac", tmp_path)]
    for reference, paths in ((" ".join(NARRATION.values()), readings), (JFK, speech)):
        words = final_words(heard(engine.open("en"), [sound for path in paths for sound in utterances(path)]))
        rates[reference] = jiwer.wer(plain_words(reference), " ".join(word.text for word in words))
        print(f"{reference}: WER {rates[reference]:.2f}")
    assert rates[" ".join(NARRATION.values())] <= 0.4
    assert rates[JFK] <= 0.65
