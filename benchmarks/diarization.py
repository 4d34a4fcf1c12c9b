"""Diarization error rates on the recordings of the shared media that say who speaks when, against "one speaker always".

The rate is that of NIST's md-eval and of pyannote.metrics: of the time that people speak, the share that was missed,
wrongly found, or given to another (with the mapping of speakers that is best), where time in which several speak counts
for each of them. A quarter of a second on either side of a reference boundary is not looked at.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks import people
from benchmarks.inputs import MEDIA, sound
from benchmarks.table import CONSOLE, machine, show
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder
from vocasync.media import audio
from vocasync.progress import Silent
from vocasync.stages.diarize import diarize
from vocasync.stages.segment import speech_regions
from vocasync.types import Audio, FloatArray, Region, Turn

COLLAR = 0.25
"""Seconds before and after each reference boundary that do not count."""

CLIPS = {"derived/falcon_test.rttm": "falcon/test.wav", "derived/ami_trn08.rttm": "derived/ami_trn08.flac"}
"""References and their recordings: three voices in turn, and a meeting where more than half is overlap."""


_TALKS = 8  # of each number of people
_TURNS = 4  # of each person
_TURN_SECONDS = (2.0, 6.0)
_SEED = 1


@dataclass(frozen=True, slots=True)
class Errors:
    """Seconds: total, of speech in the reference (each speaker's); missed; wrongly found; given to somebody else."""

    total: float = 0.0
    missed: float = 0.0
    found: float = 0.0
    confused: float = 0.0

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            self.total + other.total,
            self.missed + other.missed,
            self.found + other.found,
            self.confused + other.confused,
        )

    @property
    def rate(self) -> float:
        """The error rate; 0 is perfect, above 1 is possible."""
        return (self.missed + self.found + self.confused) / self.total


def errors(reference: Sequence[Turn], hypothesis: Sequence[Turn], collar: float = COLLAR) -> Errors:
    """Compare who speaks when. Exact: time is cut at every boundary, not into frames."""
    counted = list(_moments(reference, hypothesis, collar))
    same = _best_mapping(counted)
    sums = Errors()
    for seconds, said, heard in counted:
        right = len(said & {same[one] for one in heard if one in same})
        sums += Errors(
            total=seconds * len(said),
            missed=seconds * max(0, len(said) - len(heard)),
            found=seconds * max(0, len(heard) - len(said)),
            confused=seconds * (min(len(said), len(heard)) - right),
        )
    return sums


def _moments(
    reference: Sequence[Turn], hypothesis: Sequence[Turn], collar: float
) -> Iterator[tuple[float, set[int], set[int]]]:
    """Stretches of time over which nothing changes: their length, who speaks, and who was found to."""
    bounds = [bound for turn in reference for bound in (turn.start, turn.end)]
    spared = [Region(bound - collar, bound + collar) for bound in bounds] if collar else []
    edges = {*bounds, *(bound for turn in hypothesis for bound in (turn.start, turn.end))}
    edges |= {bound for region in spared for bound in (region.start, region.end)}
    for start, end in pairwise(sorted(edges)):
        middle = (start + end) / 2
        if not any(region.start < middle < region.end for region in spared):
            yield end - start, _speaking(reference, middle), _speaking(hypothesis, middle)


def _speaking(turns: Sequence[Turn], moment: float) -> set[int]:
    return {turn.speaker for turn in turns if turn.start < moment < turn.end}


def _best_mapping(moments: Sequence[tuple[float, set[int], set[int]]]) -> Mapping[int, int]:
    """Speakers that were found to those of the reference, one to one, so that most time is right."""
    said = sorted({one for _, names, _ in moments for one in names})
    heard = sorted({one for _, _, names in moments for one in names})
    together = np.zeros((len(heard), len(said)))
    for seconds, there, here in moments:
        for one in here:
            for other in there:
                together[heard.index(one), said.index(other)] += seconds
    rows, columns = linear_sum_assignment(together, maximize=True)
    return {heard[row]: said[column] for row, column in zip(rows, columns, strict=True)}


def read_rttm(path: Path) -> list[Turn]:
    """The reference in a file of the Rich Transcription Time Marked format; speakers are numbered as they appear."""
    rows = [line.split() for line in path.read_text().splitlines() if line.startswith("SPEAKER")]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(row[7] for row in rows))}
    return [Turn(numbers[row[7]], float(row[3]), float(row[3]) + float(row[4])) for row in rows]


def conversation(voices: Sequence[Audio], path: Path, random: np.random.Generator) -> list[Turn]:
    """Write a talk between people to ``path``, four turns each; returns who speaks when. voices: without pauses."""
    sound: list[FloatArray] = []
    turns: list[Turn] = []
    at = 0.0
    for number in random.permutation(np.repeat(np.arange(len(voices)), _TURNS)):
        voice = voices[number]
        seconds = min(float(random.uniform(*_TURN_SECONDS)), voice.duration)
        first = int(random.uniform(0, voice.duration - seconds) * voice.rate)
        sound += [voice.samples[first : first + round(seconds * voice.rate)], np.zeros(voice.rate // 2, np.float32)]
        turns.append(Turn(int(number), at, at + seconds))
        at += len(sound[-2]) / voice.rate + 0.5
    audio.write(path, Audio(np.concatenate(sound), voices[0].rate))
    return turns


def main() -> None:
    """Measure and print."""
    CONSOLE.print(machine())
    if not MEDIA.is_dir():
        CONSOLE.print("Diarization: the folder of real recordings is not here (set VOCASYNC_TEST_MEDIA).")
        return
    encoder = cast(SpeakerEncoder, registry.load("speaker", "resemblyzer", EngineConfig(network=False)))
    rows: list[list[str]] = []
    sums = [Errors()] * 3
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        for rttm, media in CLIPS.items():
            reference = read_rttm(MEDIA / rttm)
            path = sound(MEDIA / media, Path(name))
            measured, counts, factor = _measured(path, reference, encoder)
            sums = [one + other for one, other in zip(sums, measured, strict=True)]
            speakers = len({turn.speaker for turn in reference})
            rows.append([media, f"{counts} of {speakers}", *_cells(measured), f"{factor:.3f}"])
    rows.append(["both", "", *_cells(sums), ""])
    show(
        "Diarization error rate in %, of it speech of one given to another",
        ("recording", "found", "one speaker always", "number found", "number given", "time factor"),
        rows,
        "0.25 s on either side of a boundary left out, overlap counted; time factor: without voice activity",
    )

    _made_up(encoder)


def _made_up(encoder: SpeakerEncoder) -> None:
    """Talks put together of the recordings of single speakers."""
    random = np.random.default_rng(_SEED)
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        everybody = people.shared(Path(name))
        voices = [Audio(np.concatenate([one.samples for one in some]), some[0].rate) for some in everybody.values()]
        long_enough = [voice for voice in voices if voice.duration >= _TURN_SECONDS[0]]
        for count in (1, 2, 3, 4):
            sums, right = [Errors()] * 3, 0
            for _ in range(_TALKS):
                chosen = [long_enough[place] for place in random.choice(len(long_enough), count, replace=False)]
                path = Path(name) / "talk.wav"
                measured, found, _ = _measured(path, conversation(chosen, path, random), encoder)
                sums = [one + other for one, other in zip(sums, measured, strict=True)]
                right += found == count
            rows.append([str(count), f"{right} of {_TALKS}", *_cells(sums)])
    show(
        f"Talks put together of {len(long_enough)} people's recordings: error rate in %, of it given to another",
        ("people", "number right", "one speaker always", "number found", "number given"),
        rows,
    )


def _measured(path: Path, reference: Sequence[Turn], encoder: SpeakerEncoder) -> tuple[list[Errors], int, float]:
    """The errors of the baseline, with the number found, and with it given; the number found; the real-time factor."""
    regions = speech_regions(path, Silent())
    began = time.perf_counter()
    found = diarize(path, regions, encoder, None, Silent())
    factor = (time.perf_counter() - began) / max(turn.end for turn in found)
    given = diarize(path, regions, encoder, len({turn.speaker for turn in reference}), Silent())
    alone = [replace(turn, speaker=0) for turn in found]
    counts = len({turn.speaker for turn in found})
    return [errors(reference, turns) for turns in (alone, found, given)], counts, factor


def _cells(measured: Sequence[Errors]) -> list[str]:
    return [f"{100 * one.rate:.1f} ({100 * one.confused / one.total:.1f})" for one in measured]


if __name__ == "__main__":
    main()
