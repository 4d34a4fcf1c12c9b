"""What every speaker encoder promises, tried on each one that is ready here."""

from __future__ import annotations

import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder
from vocasync.engines.speaker.resemblyzer import Resemblyzer
from vocasync.errors import PipelineError
from vocasync.types import Audio

CONFIG = EngineConfig(network=False)
READY = [spec.name for spec in registry.specs("speaker") if registry.readiness(spec, CONFIG).ready]


@pytest.fixture(scope="module", params=READY)
def encoder(request: pytest.FixtureRequest) -> SpeakerEncoder:
    loaded = registry.load("speaker", request.param, CONFIG)
    assert isinstance(loaded, SpeakerEncoder)
    return loaded


def test_an_encoder_is_ready_without_downloads() -> None:
    assert "resemblyzer" in READY


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_a_unit_vector_at_any_rate(encoder: SpeakerEncoder, rate: int) -> None:
    vector = encoder.embed(Audio(talk("en-us", 2.5, rate), rate))
    assert vector.shape == (encoder.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(32_000), np.full(32_000, 1e-7), np.ones(100)])
def test_no_sound_no_voice(encoder: SpeakerEncoder, samples: np.ndarray) -> None:
    with pytest.raises(PipelineError) as caught:
        encoder.embed(Audio(samples.astype(np.float32), 16_000))
    assert caught.value.code == "no_speech"


def test_level_and_silence_around_hardly_matter(encoder: SpeakerEncoder) -> None:
    speech = talk("en-us", 3.0, 16_000)
    silence = np.zeros(16_000, np.float32)
    plain = encoder.embed(Audio(speech, 16_000))
    padded = encoder.embed(Audio(np.concatenate([silence, 0.1 * speech, silence]), 16_000))
    assert float(plain @ padded) > 0.95


def test_the_same_voice_is_nearer_than_another(encoder: SpeakerEncoder) -> None:
    low, low_again, high = (
        encoder.embed(Audio(part, 16_000))
        for part in (
            talk("en-us+m3", 3.0, 16_000),
            talk("en-us+m3", 8.0, 16_000)[48_000:],
            talk("en-us+f5", 3.0, 16_000),
        )
    )
    assert float(low @ low_again) > float(low @ high) + 0.1


def test_a_long_recording_is_heard_in_windows(encoder: SpeakerEncoder) -> None:
    speech = talk("en-us", 10.0, 16_000)
    short, long = encoder.embed(Audio(speech, 16_000)), encoder.embed(Audio(np.tile(speech, 30), 16_000))
    assert float(short @ long) > 0.97


def test_nothing_is_printed(encoder: SpeakerEncoder, capfd: pytest.CaptureFixture[str]) -> None:
    encoder.embed(Audio(talk("en-us", 2.0, 16_000), 16_000))
    assert capfd.readouterr() == ("", "")


def test_several_together_are_as_one_by_one() -> None:
    encoder: Resemblyzer = registry.load("speaker", "resemblyzer", CONFIG)
    audios = [Audio(talk(voice, seconds, 16_000), 16_000) for voice, seconds in (("en-us", 2.0), ("en-us+f5", 5.0))]
    for one, together in zip(audios, encoder.embed_many(audios), strict=True):
        assert np.allclose(encoder.embed(one), together, atol=1e-5)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_windows_are_in_the_time_of_the_recording(encoder: SpeakerEncoder, rate: int) -> None:
    silence = np.zeros(3 * rate, np.float32)
    sound = np.concatenate([silence, talk("en-us", 4.0, rate)])
    times, vectors = encoder.windows(Audio(sound, rate), 4)
    assert vectors.shape == (len(times), encoder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(np.diff(times), 0.25, atol=1e-3)
    assert 0 < times[0] < 1
    assert 6 < times[-1] < 7  # nothing was cut out


def test_a_piece_has_the_windows_of_the_whole(encoder: SpeakerEncoder) -> None:
    sound = np.concatenate([talk("en-us", 20.0, 16_000), 0.05 * talk("en-us+f5", 10.0, 16_000)])
    whole_times, whole = encoder.windows(Audio(sound, 16_000), 4)
    times, vectors = encoder.windows(Audio(sound[16_000 * 15 :], 16_000), 4)
    same = np.abs(whole_times[:, None] - (times[None] + 15)) < 1e-3
    assert same.any(axis=0).all()
    likeness = (whole @ vectors.T)[same]
    assert likeness[1:-1].min() > 0.9999
    assert likeness.min() > 0.99  # at the edges the frames differ that see past them


def test_windows_follow_the_speakers_at_any_level(encoder: SpeakerEncoder) -> None:
    low, high = talk("en-us+m3", 6.0, 16_000), talk("en-us+f5", 6.0, 16_000)
    times, vectors = encoder.windows(Audio(np.concatenate([low, 0.03 * high, 0.1 * low]), 16_000), 4)
    inside = [(times > start + 0.8) & (times < start + 5.2) for start in (0, 6, 12)]
    first, second, third = (vectors[one].mean(axis=0) for one in inside)
    assert float(first @ third) > float(first @ second) + 0.1
    assert float(first @ third) > float(second @ third) + 0.1


@pytest.mark.parametrize("samples", [1, 100, 8_000, 25_600])
def test_short_sound_gives_one_window_at_its_middle(encoder: SpeakerEncoder, samples: int) -> None:
    times, vectors = encoder.windows(Audio(talk("en-us", 2.0, 16_000)[:samples], 16_000), 4)
    assert times == pytest.approx([samples / 32_000])
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-4)


def test_windows_of_nothing_and_of_silence(encoder: SpeakerEncoder) -> None:
    times, vectors = encoder.windows(Audio(np.zeros(0, np.float32), 16_000), 4)
    assert (times.shape, vectors.shape) == ((0,), (0, encoder.dimensions))
    assert np.isfinite(encoder.windows(Audio(np.zeros(40_000, np.float32), 16_000), 4)[1]).all()


@pytest.mark.slow
def test_windows_need_little_memory_beside_the_sound(encoder: SpeakerEncoder) -> None:
    peaks = []
    for seconds in (60, 600):
        audio = Audio(np.tile(talk("en-us", 10.0, 16_000), seconds // 10), 16_000)
        tracemalloc.start()
        encoder.windows(audio, 1)
        peaks.append(tracemalloc.get_traced_memory()[1] - 2 * audio.samples.nbytes)
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["TTS/LJ001-0004.flac", "speech-emotion-recognition/03a05Fc.wav", "whisper/jfk.flac"])
def test_the_front_end_is_the_package_s_own(shared_media: Path, name: str) -> None:
    """Ours starts in no time; the package's, on librosa, must give the same vector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from resemblyzer import VoiceEncoder, preprocess_wav

        samples, rate = soundfile.read(shared_media / name, dtype="float32", always_2d=True)
        sound = samples.mean(axis=1)
        theirs = VoiceEncoder("cpu", verbose=False).embed_utterance(preprocess_wav(sound, rate))
    ours = registry.load("speaker", "resemblyzer", CONFIG).embed(Audio(sound, rate))
    assert float(ours @ theirs) > 0.999
