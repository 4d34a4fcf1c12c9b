from __future__ import annotations

import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.recordings import analysis_of, said, silence, written
from vocasync.errors import Cancelled
from vocasync.progress import Silent
from vocasync.stages.segment import merge_regions, speech_regions
from vocasync.types import ANALYSIS_RATE, FloatArray, Region

TEXTS = ("Nobody knows where the money went.", "My brother bought a new car in the city.")


def seconds(count: float) -> FloatArray:
    return (np.arange(int(count * ANALYSIS_RATE)) / ANALYSIS_RATE).astype(np.float32)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(silence(4), id="silence"),
        pytest.param(silence(0), id="nothing at all"),
        pytest.param(np.random.default_rng(0).normal(0, 0.1, 64_000).astype(np.float32), id="noise"),
        pytest.param(np.random.default_rng(0).normal(0, 1e-4, 64_000).astype(np.float32), id="hiss"),
        pytest.param((0.3 * np.sin(2 * np.pi * 440 * seconds(4))).astype(np.float32), id="tone"),
        pytest.param((0.1 * np.sign(np.sin(2 * np.pi * 60 * seconds(4)))).astype(np.float32), id="hum"),
    ],
)
def test_no_speech_where_nobody_speaks(sound: FloatArray, tmp_path: Path) -> None:
    assert speech_regions(written(sound, tmp_path / "a.wav"), Silent()) == ()


@pytest.mark.parametrize("level", [1.0, 0.01])
def test_speech_is_found_loud_or_quiet(level: float, tmp_path: Path) -> None:
    sound, spans = said(TEXTS)
    found = speech_regions(written(sound * np.float32(level), tmp_path / "a.wav"), Silent())
    merged = merge_regions(found, 10.0)
    assert len(merged) == len(spans)
    for region, (start, end) in zip(merged, spans, strict=True):
        assert region.start == pytest.approx(start, abs=0.25)
        assert region.end == pytest.approx(end, abs=0.45)  # the synthetic sentence ends in a pause


def test_a_block_boundary_changes_nothing(tmp_path: Path) -> None:
    sound, _ = said(TEXTS)
    once = speech_regions(written(sound, tmp_path / "a.wav"), Silent())
    shift = 15.9  # the speech now runs over the 16.4 s border of the blocks that are read
    moved = speech_regions(written(np.concatenate([silence(shift), sound]), tmp_path / "b.wav"), Silent())
    assert len(moved) == len(once)
    for one, other in zip(once, moved, strict=True):
        assert other.start - shift == pytest.approx(one.start, abs=0.1)
        assert other.end - shift == pytest.approx(one.end, abs=0.1)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros((100, 2)), 44_100)
    with pytest.raises(ValueError, match="mono at 16000"):
        speech_regions(tmp_path / "a.wav", Silent())


class Impatient:
    def report(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1

    def check(self) -> None:
        raise Cancelled


def test_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        speech_regions(written(silence(2), tmp_path / "a.wav"), Impatient())


def spans(regions: tuple[Region, ...]) -> list[tuple[float, float]]:
    return [(round(region.start, 3), round(region.end, 3)) for region in regions]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([(0, 2), (2.3, 4)], [(0, 4)], id="a pause within a sentence"),
        pytest.param([(0, 2), (2.55, 4)], [(0, 2), (2.55, 4)], id="a pause between sentences"),
        pytest.param([(0, 2), (2.45, 4)], [(0, 4)], id="a pause between, while short"),
        pytest.param([(0, 6.5), (6.95, 9)], [(0, 6.5), (6.95, 9)], id="a pause between, when long"),
        pytest.param([(0, 6.5), (6.8, 9)], [(0, 9)], id="never at a short pause"),
        pytest.param([(0, 2), (2.9, 3.4)], [(0, 3.4)], id="a fragment joins"),
        pytest.param([(0, 0.4), (1.2, 3)], [(0, 3)], id="a fragment at the start joins"),
        pytest.param([(0, 2), (3.2, 3.5)], [(0, 2), (3.2, 3.5)], id="a fragment far off does not"),
        pytest.param([(0, 5), (5.1, 8), (8.3, 14)], [(0, 8), (8.3, 14)], id="too long: at the widest pause"),
        pytest.param([(0, 24)], [(0, 8), (8, 16), (16, 24)], id="too long without a pause"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_regions_merge_by_the_rule(given: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
    assert spans(merge_regions([Region(*span) for span in given], 10.0)) == expected


def test_no_region_is_longer_than_asked() -> None:
    rng = np.random.default_rng(1)
    edges = np.cumsum(rng.uniform(0.1, 3.0, 400))
    given = [Region(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    for longest in (5.0, 10.0, 28.0):
        merged = merge_regions(given, longest)
        assert max(region.duration for region in merged) <= longest + 1e-6
        assert all(a.end <= b.start for a, b in pairwise(merged))
        assert merged[0].start == given[0].start
        assert merged[-1].end == given[-1].end


@pytest.mark.slow
def test_memory_is_flat_in_the_length(tmp_path: Path) -> None:
    sound, _ = said(TEXTS)
    peaks = []
    for repeats in (12, 120):  # one minute, ten minutes
        path = written(np.tile(sound, repeats), tmp_path / f"{repeats}.wav")
        tracemalloc.start()
        speech_regions(path, Silent())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_real_speech_is_found(shared_media: Path, tmp_path: Path) -> None:
    found = speech_regions(analysis_of(shared_media / "falcon/test.wav", tmp_path), Silent())
    expected = [(1.70, 3.90), (6.20, 11.10), (12.80, 18.00)]
    assert len(found) == len(expected)
    for region, (start, end) in zip(found, expected, strict=True):
        assert region.start == pytest.approx(start, abs=0.3)
        assert region.end == pytest.approx(end, abs=0.3)
