"""A recording on its way into a voice, with the real embedded engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.vocasync.pipelines.conftest import LINES, SECONDS, Dub
from tests.vocasync.pipelines.test_dub import streams
from vocasync.errors import PipelineError
from vocasync.pipelines.base import DubRequest
from vocasync.pipelines.dub import DubPipeline
from vocasync.types import SpeakerVoice, Track, VoiceKind, VoiceReference, Ways

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STOCK = SpeakerVoice(VoiceKind.STOCK, stock="f5")


def another(folder: Path, mark: str = "one") -> SpeakerVoice:
    """A voice of a library, higher than the talk's."""
    said = factory.speech(factory.ENGLISH, folder / "voice.wav", "en+f4")
    return SpeakerVoice(VoiceKind.PROFILE, VoiceReference(said), mark, folder=folder / "conditions")


def times(folder: Path, track: str) -> dict[str, int]:
    """When each take was written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.glob(f"takes/{track}/*.wav"))}


def test_both_ways_stand_side_by_side(dub: Dub, tmp_path: Path) -> None:
    asked = {"target_language": "en", "ways": Ways.BOTH, "voices": {0: STOCK}, "speaker_count": 1}
    done = dub(**asked, voice_engine="espeak")
    result, work = done.result(), tmp_path / "work"
    assert done.stages.index("convert") == done.stages.index("stitch") - 1
    assert sum(done.weights.values()) == pytest.approx(1.0)
    assert [segment.translation for segment in result.transcript.segments] == [text for _, text in LINES]
    assert [one["codec_type"] for one in streams(work / "out" / "dubbed.mp4")].count("audio") == 3
    for track in ("voice", "converted"):
        assert soundfile.info(work / "out" / f"{track}.wav").duration == pytest.approx(SECONDS, abs=0.05)
    tracks, before = result.scores["tracks"], result.scores["baselines"]["recording"]
    assert tracks["converted"]["speaker"] > before + 0.05
    assert set(tracks["voice"]) == {"speaker", "original"}
    assert result.engines["conversion"].startswith("match")
    converted = [take for take in result.takes if take.track is Track.CONVERTED]
    assert [take.index for take in converted] == [0, 1, 2]
    assert all(set(take.similarity) == {"speaker", "original"} for take in converted)
    first, spoken = times(work, "converted"), times(work, "voice")
    dub(**asked | {"voices": {0: another(tmp_path)}}, voice_engine="espeak")
    assert times(work, "converted").keys() == first.keys()
    assert all(when > first[name] for name, when in times(work, "converted").items())
    assert all(when > spoken[name] for name, when in times(work, "voice").items())


def test_sound_alone_takes_no_words(dub: Dub, tmp_path: Path) -> None:
    asked = {"subtitles": None, "target_language": "en", "ways": Ways.CONVERT}
    done = dub(**asked, voices={0: another(tmp_path)})
    assert done.stages == ("ingest", "convert", "stitch", "score", "mux")
    result, work = done.result(), tmp_path / "work"
    assert (result.transcript.segments, result.takes) == ((), ())
    assert {artifact.kind for artifact in result.artifacts} == {"video", "audio", "peaks", "manifest", "archive"}
    assert set(result.engines) == {"conversion", "similarity"}
    assert set(result.scores["tracks"]) == {"converted"}
    first = times(work, "converted")
    dub(**asked, voices={0: another(tmp_path)})
    assert times(work, "converted") == first
    dub(**asked, voices={0: another(tmp_path, "two")})
    assert times(work, "converted") != first


def test_what_cannot_be_converted_is_said(dub: Dub, tmp_path: Path) -> None:
    said = factory.speech_samples("Yes, of course.")
    moment = factory.write(tmp_path / "yes.wav", np.concatenate([said, np.zeros(32_000, np.float32)]))
    asked = {"source": moment, "source_name": "yes.wav", "subtitles": None, "target_language": "en"}
    for changes, code in (
        ({"voices": {0: STOCK}, "voice_engine": "espeak"}, "recording_too_short"),
        ({"voices": {}}, "voice_gone"),
        ({"voices": {0: STOCK}, "converter": "yourtts"}, "engine_not_ready"),
        ({"voices": {0: STOCK}, "converter": "nobody"}, "engine_unknown"),
    ):
        with pytest.raises(PipelineError) as told:
            dub(**asked, **changes, ways=Ways.CONVERT)
        assert told.value.code == code


def test_a_dub_has_no_such_step(talk: Path) -> None:
    from vocasync.artifacts import Workspace
    from vocasync.engines.base import EngineConfig

    request = DubRequest(talk, "talk.mp4", "es", voices={0: STOCK})
    assert "convert" not in DubPipeline(request, Workspace(talk.parent / "none"), EngineConfig()).stages
