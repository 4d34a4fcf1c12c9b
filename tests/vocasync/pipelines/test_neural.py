"""Dubs by engines that speak in a voice of their own, coloured to match, with tiny checkpoints of random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests import factory
from tests.tiny import put
from tests.vocasync.pipelines.conftest import LINES, SECONDS, Dub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize(("engine", "model", "target"), [("bark", "bark", "hi"), ("neutts-air", "neutts", "en")])
def test_a_talk_comes_out_in_its_own_voice_and_in_a_tone(
    dub: Dub, tmp_path: Path, subtitles: Path, engine: str, model: str, target: str
) -> None:
    put(model, tmp_path / "models")
    words = subtitles.read_text(encoding="utf-8")
    if target == "hi":
        for (_, text), said in zip(LINES, ("सुप्रभात।", "बच्चे बगीचे में खेल रहे हैं।", "कल मिलते हैं।"), strict=True):
            words = words.replace(text, said)
    spoken = tmp_path / "spoken.srt"
    spoken.write_text(words, encoding="utf-8")
    tone = factory.speech("What a day! I have never been so happy in my life!", tmp_path / "tone.wav", "en+f4")
    result = dub(
        voice_engine=engine,
        target_language=target,
        subtitles=spoken,
        subtitles_name="spoken.srt",
        subtitles_are="target",
        emotion=tone,
        emotion_name="tone.wav",
    ).result()
    assert result.engines["voice"].startswith(engine)
    assert {take.index for take in result.takes} == {0, 1, 2}
    out = tmp_path / "work" / "out"
    for track in ("voice", "emotion"):
        assert soundfile.info(out / f"{track}.wav").duration == pytest.approx(SECONDS, abs=0.05)
    assert (out / "voice.wav").read_bytes() != (out / "emotion.wav").read_bytes()
