"""The whole of a dub on real recordings: what is heard, when it is said again, and how alike the voice is."""

from __future__ import annotations

from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile
import soxr

from tests import factory
from tests.vocasync.pipelines.conftest import RATE, Dub
from tests.vocasync.pipelines.test_dub import LATE, onset

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CLIPS = {
    "LJ001-0004.flac": "produced the block books, which were the immediate predecessors of the true printed book,",
    "LJ001-0006.flac": "And it is worth mention in passing that, as an example of fine typography,",
    "LJ001-0002.flac": "in being comparatively modern.",
}
PAUSE = 0.9
PLAIN = jiwer.Compose([jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.RemoveMultipleSpaces(), jiwer.Strip()])


def reading(folder: Path, clips: Path) -> Path:
    """The clips one after another, with pauses, under a test picture."""
    pieces = [np.zeros(int(PAUSE * RATE), np.float32)]
    for name in CLIPS:
        samples, rate = soundfile.read(clips / name, dtype="float32")
        pieces += [soxr.resample(samples, rate, RATE), np.zeros(int(PAUSE * RATE), np.float32)]
    sound = np.concatenate(pieces) + np.random.default_rng(0).normal(0, 3e-4, sum(map(len, pieces))).astype(np.float32)
    audio = factory.write(folder / "reading.wav", sound)
    return factory.video(folder / "reading.mp4", audio, len(sound) / RATE)


def test_a_real_reading(dub: Dub, shared_media: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = reading(tmp_path, shared_media / "TTS")
    result = dub(source=talk, source_name="reading.mp4", subtitles=None, subtitles_name="").result()
    heard = " ".join(segment.text for segment in result.transcript.segments)
    wrong = jiwer.wer(PLAIN(" ".join(CLIPS.values())), PLAIN(heard))
    likeness = result.scores["tracks"]["voice"]["speaker"]
    untreated, ceiling = (result.scores["baselines"][name] for name in ("untreated", "self"))
    with capsys.disabled():
        print(
            f"\nword error rate {wrong:.2f}; likeness {likeness:.3f}, untreated {untreated:.3f}, themself {ceiling:.3f}"
        )
    assert wrong < 0.35
    assert untreated + 0.12 < likeness < ceiling
    for take in result.takes:
        track = tmp_path / "work" / "tracks" / "voice.wav"
        assert onset(track, take.start) == pytest.approx(take.start, abs=LATE)


def test_a_real_clip_with_its_subtitles(dub: Dub, shared_media: Path) -> None:
    """Three people in a film scene: no reading, so the words are the captions'."""
    folder = shared_media / "shared-assets"
    given = {"source": folder / "friday.mp4", "source_name": "friday.mp4"}
    result = dub(**given, subtitles=folder / "friday.vtt", subtitles_name="friday.vtt", target_language="fr").result()
    assert "lord of the universe" in " ".join(segment.text for segment in result.transcript.segments)
    assert all(segment.translation for segment in result.transcript.segments)
    assert result.media.video is not None
    assert {artifact.path for artifact in result.artifacts} >= {"dubbed.mp4", "voice.wav", "everything.zip"}


@pytest.mark.parametrize("name", ["bbaf2n.mpg", "pwij3p.mpg"])
def test_a_talking_head_of_three_seconds(dub: Dub, shared_media: Path, name: str) -> None:
    words = "Bin blue at F two now." if name.startswith("bbaf") else "Place white in J three please."
    given = {"source": shared_media / "LipNet" / name, "source_name": name, "subtitles": None, "subtitles_name": ""}
    result = dub(**given, transcript=words, target_language="es").result()
    assert len(result.transcript.segments) == 1
    assert any("encoded again" in note for note in result.notes), "MPEG-1 is not for MP4"
