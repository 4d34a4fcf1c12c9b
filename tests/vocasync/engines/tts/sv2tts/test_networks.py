"""The three networks, with random weights: what is promised of them whatever the weights are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from tests.tiny import sv2tts as weights
from tests.tiny import tiny
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.base import EngineConfig
from vocasync.engines.mel import LOUDEST, filters
from vocasync.engines.mel import mel as spectrogram_of
from vocasync.engines.speaker.resemblyzer import Resemblyzer, create
from vocasync.engines.tts.sv2tts import encoder, integers, mel, synthesizer, vocoder
from vocasync.engines.tts.sv2tts.chance import Chance
from vocasync.engines.tts.sv2tts.synthesizer import Tacotron
from vocasync.engines.tts.sv2tts.text import symbols
from vocasync.engines.tts.sv2tts.vocoder import OVERLAP, TARGET, WaveRnn, folds_of
from vocasync.errors import Cancelled
from vocasync.types import Audio

TEXTS = ("Hello.", "The children are playing in the garden behind the old house.", "A test, and another one!")


@pytest.fixture(scope="module")
def folder() -> Path:
    return tiny("sv2tts") / "sv2tts"


@pytest.fixture(scope="module")
def tacotron(folder: Path) -> Tacotron:
    return synthesizer.built(folder / "synthesizer.pt", exact=True)


@pytest.fixture(scope="module")
def wavernn(folder: Path) -> WaveRnn:
    return vocoder.built(folder / "vocoder.pt", exact=True)


def nothing(done: float) -> None:
    return None


def read(net: Tacotron, texts: Sequence[str], seeds: Sequence[int] | None = None, voice: int = 0) -> list[Tensor]:
    embedding = torch.rand(16, generator=torch.Generator().manual_seed(voice))
    chances = [Chance(seed, text) for seed, text in zip(seeds or [0] * len(texts), texts, strict=True)]
    return net.say([symbols(text) for text in texts], embedding, chances, nothing)


def noise(frames: int, seed: int = 0) -> Tensor:
    """A spectrogram of nothing in particular."""
    source = torch.Generator().manual_seed(seed)
    return (torch.randn(frames, 80, generator=source) * 2).clamp(-4, 4)


# --- the synthesizer --------------------------------------------------------------------------------------------------
def test_several_lines_are_read_as_each_alone(tacotron: Tacotron) -> None:
    together = read(tacotron, TEXTS, (1, 2, 3))
    for number, text in enumerate(TEXTS):
        (alone,) = read(tacotron, [text], [number + 1])
        assert together[number].shape == alone.shape
        assert torch.allclose(together[number], alone, atol=1e-4)


def test_lines_that_stop_at_different_times(folder: Path, tmp_path: Path) -> None:
    """With a stop that depends on what was said, every line still ends where it ends alone."""
    state = weights.state("synthesizer", weights.narrow)
    state["decoder.r"].fill_(2)
    state["decoder.stop_proj.weight"].normal_(generator=torch.Generator().manual_seed(3))
    state["decoder.stop_proj.bias"].fill_(1.5)  # between what it mostly says and what it sometimes says
    torch.save({"model_state": state}, tmp_path / "synthesizer.pt")
    net = synthesizer.built(tmp_path / "synthesizer.pt", exact=True)
    texts = [f"{text} {number}" for number in range(4) for text in TEXTS]
    together = read(net, texts)
    assert len({len(one) for one in together}) > 3
    for made, text in zip(together, texts, strict=True):
        (alone,) = read(net, [text])
        assert len(made) == len(alone)
        assert torch.allclose(made, alone, atol=1e-3)


def test_a_line_that_never_stops_ends_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesizer, "MOST_FRAMES", 50)
    state = weights.state("synthesizer", weights.narrow)
    state["decoder.stop_proj.bias"].fill_(-9.0)
    torch.save({"model_state": state}, tmp_path / "synthesizer.pt")
    (made,) = read(synthesizer.built(tmp_path / "synthesizer.pt", exact=True), ["Hello."])
    assert 48 <= len(made) <= 60


def test_chance_voice_and_words_are_heard(tacotron: Tacotron) -> None:
    (plain,) = read(tacotron, ["Hello there."])
    assert torch.equal(plain, read(tacotron, ["Hello there."])[0])
    for (other,) in (
        read(tacotron, ["Hello there."], [1]),
        read(tacotron, ["Hello there."], voice=1),
        read(tacotron, ["Hello where."]),
    ):
        assert not torch.allclose(plain, other[: len(plain)], atol=1e-2)


def test_silence_at_the_end_is_cut_and_nothing_else(tacotron: Tacotron) -> None:
    loud, faint = torch.zeros(3, 80), torch.full((5, 80), -3.9)
    assert len(tacotron._spoken(torch.cat([faint, loud, faint]))) == 8
    assert len(tacotron._spoken(faint)) == 0


def test_frames_a_step_are_those_of_the_checkpoint(tmp_path: Path) -> None:
    for step in (1, 2, 20):
        state = weights.state("synthesizer", weights.narrow)
        state["decoder.r"].fill_(step)
        torch.save({"model_state": state}, tmp_path / f"{step}.pt")
        net = synthesizer.built(tmp_path / f"{step}.pt", exact=True)
        assert net.decoder.mel_proj.out_features == 80 * step
        (made,) = read(net, ["Hello."])
        last = step * math.ceil(11 / step)  # the first step at which a stop is believed
        assert len(made) == last + step


# --- the vocoder ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("frames", [1, 3, TARGET, TARGET + 2 * OVERLAP, TARGET + 2 * OVERLAP + 1, 200])
def test_folds_cover_a_line(frames: int) -> None:
    folds = folds_of(0, frames)
    assert folds[0].start == 0
    assert folds[-1].start + folds[-1].frames == frames
    for one, following in pairwise(folds):
        assert following.start == one.start + one.frames - OVERLAP
    assert all(0 < fold.frames <= TARGET + 2 * OVERLAP for fold in folds)


@pytest.mark.parametrize("frames", [0, 1, 2, 30, 60])
def test_a_line_is_as_long_as_its_frames(wavernn: WaveRnn, frames: int) -> None:
    (made,) = wavernn.sound([noise(frames)], [Chance(0, "")], nothing)
    assert len(made) == max(0, frames - 1) * 200
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert np.abs(made).max(initial=0.0) <= 0.9
    assert not len(made) or abs(made[-1]) < 1e-6, "faded out"


def test_several_lines_sound_as_each_alone(wavernn: WaveRnn) -> None:
    mels = [noise(20, 1), noise(60, 2), noise(0), noise(8, 3)]
    together = wavernn.sound(mels, [Chance(number, "") for number in range(4)], nothing)
    for number, spectrogram in enumerate(mels):
        (alone,) = wavernn.sound([spectrogram], [Chance(number, "")], nothing)
        assert np.mean(np.abs(together[number] - alone) > 1e-4) < 0.01 if len(alone) else not len(together[number])


def test_upsampled_a_few_frames_at_a_time_as_at_once(wavernn: WaveRnn) -> None:
    spectrogram = noise(30)
    told = vocoder._Told(wavernn.upsample, wavernn.pad, [spectrogram], folds_of(0, 30))
    with torch.inference_mode():
        pieces = torch.cat([told.block(start, 200)[0] for start in range(0, 28, 4)])[:, 0]
        padded = torch.nn.functional.pad(spectrogram.T[None] / LOUDEST, (2, 2))
        whole = wavernn.upsample(padded)[0, :, 400:-400].T
    assert torch.allclose(pieces, whole[: len(pieces)], atol=1e-6)


def test_the_likeliest_class_is_drawn_most(wavernn: WaveRnn) -> None:
    scores = torch.log(torch.tensor([0.1, 0.6, 0.3])).repeat(3000, 1)
    drawn = wavernn._drawn(scores, Chance(1, "").uniform(3000))
    shares = [float((drawn == 2.0 * at / (wavernn.classes - 1) - 1.0).float().mean()) for at in range(3)]
    assert shares == pytest.approx([0.1, 0.6, 0.3], abs=0.03)


def test_the_law_of_quiet_sound_is_undone(wavernn: WaveRnn) -> None:
    straight = np.linspace(-1, 1, 101)
    most = wavernn.classes - 1
    bent = np.sign(straight) * np.log1p(most * np.abs(straight)) / np.log1p(most)
    assert np.allclose(wavernn._straight(bent), straight, atol=1e-6)


def test_folds_are_joined_with_equal_power() -> None:
    rise, fall = vocoder._fades(800)
    assert np.allclose(rise**2 + fall**2, 1.0, atol=1e-6)
    assert not rise[:400].any()
    assert (fall[:400] == 1).all()


def test_it_can_be_ended_at_any_time(wavernn: WaveRnn, tacotron: Tacotron) -> None:
    told: list[float] = []

    def tick(done: float) -> None:
        told.append(done)
        if len(told) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        wavernn.sound([noise(60)], [Chance(0, "")], tick)
    assert told == sorted(told)
    assert told[-1] < 0.5


def test_threads_are_left_as_they_were(wavernn: WaveRnn, tacotron: Tacotron) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        wavernn.sound([noise(3)], [Chance(0, "")], nothing)
        read(tacotron, ["Hello."])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# --- integers ---------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(not integers.supported(), reason="this processor's PyTorch reckons in floating point alone")
def test_integers_are_near_to_what_they_stand_for() -> None:
    torch.manual_seed(1)
    net = torch.nn.ModuleDict(
        {"linear": torch.nn.Linear(64, 32), "gru": torch.nn.GRUCell(64, 32), "lstm": torch.nn.LSTMCell(64, 32)}
    ).requires_grad_(False)
    given, state, cell = torch.randn(5, 64), torch.randn(5, 32), torch.randn(5, 32)
    exact = [net["linear"](given), net["gru"](given, state), *net["lstm"](given, (state, cell))]
    integers.reckon(net, "linear", "gru", "lstm")
    made = [net["linear"](given), net["gru"](given, state), *net["lstm"](given, (state, cell))]
    for one, other in zip(exact, made, strict=True):
        assert one.shape == other.shape
        assert float((one - other).std() / one.std()) < 0.03
    assert integers.bytes_of(net) == 64 * 32 + 3 * 32 * (64 + 32) + 4 * 32 * (64 + 32)


@pytest.mark.skipif(not integers.supported(), reason="this processor's PyTorch reckons in floating point alone")
def test_a_vocoder_in_integers_has_much_the_same_to_say(folder: Path, wavernn: WaveRnn) -> None:
    small = vocoder.built(folder / "vocoder.pt", exact=False)
    inputs = (torch.rand(8, 1), torch.randn(8, 80), tuple(torch.randn(8, 2) for _ in range(4)))
    states = (torch.randn(8, wavernn.hidden), torch.randn(8, wavernn.hidden))
    with torch.inference_mode():
        exact, near = (torch.log_softmax(net(*inputs, states)[0], dim=1) for net in (wavernn, small))
    assert float((exact.exp() * (exact - near)).sum(dim=1).mean()) < 0.01


# --- the encoder ------------------------------------------------------------------------------------------------------
def test_the_published_encoder_is_resemblyzers(shared_media: Path) -> None:
    """Our module with the published weights, strictly loaded, against the package's own on real recordings."""
    ours, theirs = Resemblyzer(encoder.built(encoder.packaged())), create(EngineConfig())
    paths = sorted(shared_media.rglob("*.wav"))[:8]
    assert len(paths) == 8
    for path in paths:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True, stop=16 * 48_000)
        sound = Audio(np.ascontiguousarray(samples.mean(axis=1)), rate)
        assert np.abs(ours.embed(sound) - theirs.embed(sound)).max() < 1e-6, path.name


@pytest.mark.slow
def test_as_the_package_hears_it(shared_media: Path) -> None:
    """The whole way, from the file on, against the package's own front end."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from resemblyzer import VoiceEncoder, preprocess_wav

    ours, theirs = Resemblyzer(encoder.built(encoder.packaged())), VoiceEncoder("cpu", verbose=False)
    for path in sorted(shared_media.rglob("*.wav"))[:4]:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        sound = np.ascontiguousarray(samples.mean(axis=1))[: 20 * rate]
        expected = theirs.embed_utterance(preprocess_wav(sound, source_sr=rate))
        assert float(ours.embed(Audio(sound, rate)) @ expected) > 0.9999, path.name


# --- the spectrogram --------------------------------------------------------------------------------------------------
def test_sound_to_spectrogram_and_back() -> None:
    speech = talk("en-us", 3.0, 16_000)
    spectrogram = spectrogram_of(Audio(speech, 16_000))
    assert spectrogram.shape == (1 + len(speech) // 200, 80)
    assert -4 <= spectrogram.min() < spectrogram.max() <= 4
    again = spectrogram_of(Audio(mel.griffin_lim(torch.from_numpy(spectrogram), Chance(0, "")), 16_000))
    length = min(len(again), len(spectrogram))
    loud = spectrogram[:length] > 0
    correlation = np.corrcoef(again[:length][loud], spectrogram[:length][loud])[0, 1]
    assert correlation > 0.9


@pytest.mark.parametrize("frames", [0, 1])
def test_too_short_for_any_sound(frames: int) -> None:
    assert not len(mel.griffin_lim(torch.zeros(frames, 80), Chance(0, "")))


def test_a_spectrogram_of_a_tone_has_it_in_its_place() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    heard = spectrogram_of(Audio(tone, 16_000))[10:-10]
    band = int(heard.mean(axis=0).argmax())
    low, high = (filters()[band].nonzero()[0][place] * 20.0 for place in (0, -1))
    assert low <= 1000 <= high
