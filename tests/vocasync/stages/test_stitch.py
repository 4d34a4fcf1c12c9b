from __future__ import annotations

import re
import subprocess
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import factory
from vocasync.errors import Cancelled
from vocasync.progress import Silent
from vocasync.stages import stitch as module
from vocasync.stages.stitch import StitchReport, stitch
from vocasync.types import Take, Track

RATE = 48_000


def lufs(samples: np.ndarray, rate: int = RATE) -> float:
    import pyloudnorm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of clipping, which is not its business here
        return float(pyloudnorm.Meter(rate).integrated_loudness(samples.astype(float)))


class Bench:
    """A folder with an original and takes."""

    def __init__(self, root: Path, seconds: float = 12.0, level: float = 0.1) -> None:
        self.root = root
        self.seconds = seconds
        self.takes: list[Take] = []
        noise = np.random.default_rng(7).normal(0, 1e-4, round(seconds * 16_000))
        self.original = noise.astype(np.float32)
        self.level = level

    def say(
        self, samples: np.ndarray, start: float, rate: int = RATE, slot: float | None = None, said: float | None = None
    ) -> Take:
        """Add a take at ``start``, and speech of the original in its slot, at peak ``said``."""
        index = len(self.takes)
        factory.write(self.root / f"{index}.wav", samples, rate)
        length = len(samples) / rate
        take = Take(index, Track.VOICE, f"{index}.wav", start, length, length if slot is None else slot)
        self.takes.append(take)
        speech = np.resize(factory.speech_samples(), round(take.slot * 16_000))
        first = round(start * 16_000)
        room = self.original[first : first + len(speech)]
        room += speech[: len(room)] * np.float32(self.level if said is None else said)
        return take

    def stitch(self, **options: object) -> tuple[np.ndarray, StitchReport]:
        original = factory.write(self.root / "original.wav", self.original)
        out = self.root / "track.wav"
        report = stitch(self.root, self.takes, self.seconds, original, out, Silent(), **options)  # type: ignore[arg-type]
        about = soundfile.info(out)
        assert (about.channels, about.subtype) == (1, "PCM_16")
        assert about.duration == pytest.approx(report.duration)
        return soundfile.read(out, dtype="float32")[0], report


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def marked(seconds: float, rate: int = RATE, at: float = 0.1) -> np.ndarray:
    """A quiet tone with one loud sample at ``at`` seconds."""
    sound = factory.tone_samples(seconds, 300, rate, 0.02)
    sound[round(at * rate)] = 0.9
    return sound


def true_peak(path: Path) -> float:
    """In dBTP, by ffmpeg's meter."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", told)[-1])


# --- time ----------------------------------------------------------------------------------------------------------
def test_takes_start_at_their_sample(bench: Bench) -> None:
    starts = (0.0, 1.00001, 3.3333333, 7.123456, 9.999999, 11.0 + 1 / RATE)
    for start in starts:
        bench.say(marked(0.9), start)
    bench.takes.reverse()  # the order that they are given in does not matter
    track, report = bench.stitch()
    assert report.duration == pytest.approx(bench.seconds)
    for start in starts:
        expected = round(start * RATE) + round(0.1 * RATE)
        window = np.abs(track[expected - 100 : expected + 100])
        assert int(np.argmax(window)) == 100, start


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100])
def test_takes_at_another_rate_start_at_the_same_time(rate: int, bench: Bench) -> None:
    bench.say(marked(0.9, rate), 2.5, rate)
    track, _ = bench.stitch()
    assert int(np.argmax(np.abs(track))) == pytest.approx(2.6 * RATE, abs=2)


def test_the_block_size_leaves_no_trace(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.level = 2.0  # loud: the limiter works
    for number in range(8):
        bench.say(factory.speech_samples("One two three.", rate=22_050), 0.2 + number * 1.31, 22_050)
    whole, report = bench.stitch()
    monkeypatch.setattr(module, "_BLOCK_SECONDS", 0.371)
    pieces, _ = bench.stitch()
    assert report.limited_db > 0
    assert np.abs(whole - pieces).max() <= 1.01 / 32_768


def test_a_take_that_runs_over_the_end_is_not_cut(bench: Bench) -> None:
    bench.say(marked(1.0, at=0.9), bench.seconds - 0.3)
    track, report = bench.stitch()
    assert report.duration == pytest.approx(bench.seconds + 0.7, abs=1e-4)
    assert int(np.argmax(np.abs(track))) == round((bench.seconds + 0.6) * RATE)


def test_no_takes_give_silence_of_full_length(bench: Bench) -> None:
    track, report = bench.stitch()
    assert len(track) == bench.seconds * RATE
    assert not track.any()
    assert report.loudness is None


# --- seams ---------------------------------------------------------------------------------------------------------
def test_seams_do_not_click(bench: Bench) -> None:
    for number in range(4):  # cosines: each begins and ends at full swing, one against the other
        tone = np.cos(2 * np.pi * 120 * np.arange(RATE) / RATE).astype(np.float32) * 0.3
        bench.say(tone, 1.0 + number)
    track, _ = bench.stitch()
    level = np.abs(track).max()
    ramp = level * np.pi / 2 / (0.006 * RATE)
    steepest_tone = level * 2 * np.pi * 120 / RATE
    assert np.abs(np.diff(track)).max() < 1.05 * (steepest_tone + ramp)
    assert np.abs(track[round(1.5 * RATE) :][: RATE // 4]).max() > 0.9 * level


def test_overlaps_are_summed(bench: Bench) -> None:
    bench.level = 0.05
    bench.say(factory.tone_samples(2, 300, RATE), 1.0)
    bench.say(factory.tone_samples(2, 500, RATE), 2.0)
    track, _ = bench.stitch()
    spectrum = np.abs(np.fft.rfft(track[round(2.2 * RATE) : round(2.8 * RATE)] * np.hanning(round(0.6 * RATE))))
    loudest = spectrum.argsort()[-6:] / 0.6
    assert {round(value, -2) for value in loudest} == {300, 500}


# --- loudness ------------------------------------------------------------------------------------------------------
TEXTS = ("A first sentence to speak.", "The second one is longer than that.", "And here is the third.")


@pytest.mark.parametrize("level", [0.02, 0.1, 0.4])
def test_the_track_is_as_loud_as_the_speech_it_replaces(level: float, bench: Bench) -> None:
    bench.level = level
    for number, text in enumerate(TEXTS):
        loud = factory.speech_samples(text, rate=22_050) * np.float32((0.1, 1.0, 0.4)[number])
        bench.say(loud, 0.5 + 3.7 * number, 22_050)
    track, report = bench.stitch()
    spoken = np.concatenate(
        [bench.original[round(t.start * 16_000) : round((t.start + t.slot) * 16_000)] for t in bench.takes]
    )
    assert lufs(track) == pytest.approx(lufs(spoken, 16_000), abs=1.0)
    # measured as if each segment lay in silence, as the takes do on the track
    assert report.original == pytest.approx(lufs(spoken, 16_000), abs=0.6)
    assert report.loudness == pytest.approx(lufs(track), abs=0.2)


def test_a_whisper_stays_a_whisper(bench: Bench) -> None:
    text = factory.speech_samples(TEXTS[1], rate=22_050)
    bench.say(text, 0.5, 22_050, said=0.2)
    bench.say(text, 5.5, 22_050, said=0.1)
    track, _ = bench.stitch()
    difference = lufs(track[: 5 * RATE]) - lufs(track[5 * RATE :])
    assert difference == pytest.approx(6.0, abs=1.0)


def test_where_the_original_says_nothing_its_other_speech_counts(bench: Bench) -> None:
    text = factory.speech_samples(TEXTS[1], rate=22_050)
    for start, said in ((0.2, 0.1), (3.4, 0.1), (6.6, 0.0)):
        bench.say(text, start, 22_050, said=said)
    track, report = bench.stitch()
    assert report.gains[2] == pytest.approx(report.gains[0], abs=8.1)
    assert lufs(track[round(6.6 * RATE) :]) > lufs(track[: 3 * RATE]) - 8.5


def test_a_silent_take_stays_silent(bench: Bench) -> None:
    bench.say(np.zeros(RATE, np.float32), 1.0)
    track, report = bench.stitch()
    assert not track.any()
    assert report.gains == {0: 0.0}


def test_true_peaks_stay_below_the_ceiling(bench: Bench) -> None:
    bench.level = 3.0
    bench.original = np.clip(bench.original, -1, 1)
    for number in range(4):
        bench.say(factory.speech_samples(TEXTS[1], rate=22_050), 0.3 + 2.0 * number, 22_050)
    bench.original = np.clip(bench.original, -1, 1)
    track, report = bench.stitch()
    assert report.limited_db > 1
    assert np.abs(track).max() > 0.8
    assert true_peak(bench.root / "track.wav") <= -1.0


# --- the bed -------------------------------------------------------------------------------------------------------
def test_the_original_can_lie_under_the_track(bench: Bench, tmp_path: Path) -> None:
    bed = factory.tone(tmp_path / "bed.wav", 10.0, 1000, 44_100, 0.5)
    bench.say(factory.speech_samples(TEXTS[0], rate=22_050), 4.0, 22_050)
    dry, _ = bench.stitch()
    wet, _ = bench.stitch(bed=bed, bed_db=-20.0)
    difference = wet - dry
    expected = factory.tone_samples(10.0, 1000, RATE, 0.05)
    assert np.allclose(difference[1000 : 9 * RATE], expected[1000 : 9 * RATE], atol=2e-3)
    assert np.abs(difference[round(10.1 * RATE) :]).max() < 1e-3


# --- people and machines -------------------------------------------------------------------------------------------
def test_it_stops_when_nobody_wants_it(bench: Bench) -> None:
    class Gone(Silent):
        def check(self) -> None:
            raise Cancelled

    bench.say(marked(1.0), 1.0)
    original = factory.write(bench.root / "original.wav", bench.original)
    with pytest.raises(Cancelled):
        stitch(bench.root, bench.takes, 12.0, original, bench.root / "t.wav", Gone())


def peak_memory(root: Path, seconds: int) -> int:
    root.mkdir()
    factory.speech(TEXTS[1], root / "take.wav", rate=22_050)
    length = soundfile.info(root / "take.wav").duration
    takes = [Take(n, Track.VOICE, "take.wav", 0.5 + 5 * n, length, 3.0) for n in range(seconds // 5)]
    with soundfile.SoundFile(root / "original.wav", "w", 16_000, 1, "PCM_16") as wav:
        for _ in range(seconds // 60):
            wav.write(np.resize(factory.speech_samples(), 60 * 16_000) * np.float32(0.3))
    tracemalloc.start()
    stitch(root, takes, seconds, root / "original.wav", root / "track.wav", Silent())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_memory_is_flat_in_the_length(tmp_path: Path) -> None:
    short, long = peak_memory(tmp_path / "short", 600), peak_memory(tmp_path / "long", 3600)
    assert long < 1.2 * short
    assert long < 100 * 2**20
