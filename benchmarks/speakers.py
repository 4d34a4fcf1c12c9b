"""Whose clause it is, as live dubbing tells it: clause by clause, without knowing what comes.

``python -m benchmarks.speakers``: the recordings of the shared media that say who speaks when, single speakers in
clauses, and talks put together of them. What the figures mean is in docs/similarity.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks import people
from benchmarks.diarization import CLIPS, read_rttm
from benchmarks.inputs import MEDIA, sound
from benchmarks.table import CONSOLE, show
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder
from vocasync.media import audio
from vocasync.pipelines.live.speakers import Speakers
from vocasync.types import Audio

LENGTHS = ((0.6, 2.0), (1.5, 4.0), (2.0, 6.0))
"""Seconds of a clause, from and to."""

TALKS = 24
"""Of each number of people."""

_CLAUSES = 30  # of a talk
_LEAST = 6.0  # seconds of a speaker who takes part
_SHORTEST = 0.35  # seconds of a clause
_SEED = 5

Clauses = list[tuple[int, Audio]]
"""Who says them, and how they sound."""


@dataclass(frozen=True, slots=True)
class Found:
    """confused: share of the speech that was put to somebody else, with the mapping that is best. found, true: how many
    people."""

    confused: float
    found: int
    true: int


def told(clauses: Clauses, encoder: SpeakerEncoder) -> Found:
    """What live dubbing makes of clauses, one after the other."""
    speakers = Speakers(encoder)
    numbers = [speakers.place(clause).speaker for _, clause in clauses]
    heard = [speakers.of(number).number for number in numbers]  # some may have turned out to be one
    seconds = np.zeros((max(heard) + 1, max(who for who, _ in clauses) + 1))
    for number, (who, clause) in zip(heard, clauses, strict=True):
        seconds[number, who] += clause.duration
    rows, columns = linear_sum_assignment(seconds, maximize=True)
    right = seconds[rows, columns].sum()
    return Found(float(1 - right / seconds.sum()), len(set(heard)), len({who for who, _ in clauses}))


def cut(voice: Audio, lengths: tuple[float, float], random: np.random.Generator) -> list[Audio]:
    """Somebody's speech in clauses of random lengths."""
    found, at = [], 0.0
    while voice.duration - at > _SHORTEST:
        seconds = float(random.uniform(*lengths))
        found.append(_part(voice, at, at + seconds))
        at += seconds
    return [clause for clause in found if clause.duration > _SHORTEST]


def talk(voices: Sequence[Audio], lengths: tuple[float, float], random: np.random.Generator) -> Clauses:
    """People who speak in turn, one to three clauses at a time."""
    left = [cut(voice, lengths, random) for voice in voices]
    clauses: Clauses = []
    while any(left) and len(clauses) < _CLAUSES:
        who = int(random.choice([number for number, some in enumerate(left) if some]))
        clauses += [(who, left[who].pop(0)) for _ in range(min(int(random.integers(1, 4)), len(left[who])))]
    return clauses[:_CLAUSES]


def main() -> None:
    """Measure and print."""
    if not MEDIA.is_dir():
        CONSOLE.print("Speakers: the folder of real recordings is not here (set VOCASYNC_TEST_MEDIA).")
        return
    encoder = cast(SpeakerEncoder, registry.load("speaker", "resemblyzer", EngineConfig(network=False)))
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        everybody = {
            who: Audio(np.concatenate([one.samples for one in some]), some[0].rate)
            for who, some in people.shared(Path(name)).items()
        }
        _made_up(everybody, encoder)
        _recorded(encoder, Path(name))


def _made_up(everybody: Mapping[str, Audio], encoder: SpeakerEncoder) -> None:
    voices = [voice for voice in everybody.values() if voice.duration >= _LEAST]
    rows: list[list[str]] = []
    for lengths in LENGTHS:
        random = np.random.default_rng(_SEED)
        rows.append(_row(lengths, "1", [told([(0, one) for one in cut(v, lengths, random)], encoder) for v in voices]))
        for count in (2, 3, 4):
            chosen = [random.choice(len(voices), count, replace=False) for _ in range(TALKS)]
            results = [told(talk([voices[place] for place in some], lengths, random), encoder) for some in chosen]
            rows.append(_row(lengths, str(count), results))
    show(
        f"Talks put together of {len(voices)} people's recordings, clause by clause",
        ("clauses", "people", "put to another, %", "number right", "too many", "too few"),
        rows,
    )


def _row(lengths: tuple[float, float], count: str, results: Sequence[Found]) -> list[str]:
    more = sum(one.found > one.true for one in results)
    fewer = sum(one.found < one.true for one in results)
    confused = 100 * np.mean([one.confused for one in results])
    right = f"{len(results) - more - fewer} of {len(results)}"
    return [f"{lengths[0]:g} to {lengths[1]:g} s", count, f"{confused:.1f}", right, str(more), str(fewer)]


def _recorded(encoder: SpeakerEncoder, folder: Path) -> None:
    rows: list[list[str]] = []
    for rttm, media in CLIPS.items():
        whole = audio.read(sound(MEDIA / media, folder))
        turns = sorted(read_rttm(MEDIA / rttm), key=lambda turn: turn.start)
        clauses = [
            (turn.speaker, clause)
            for turn in turns
            for clause in cut(_part(whole, turn.start, turn.end), (4.0, 4.0), np.random.default_rng(_SEED))
        ]
        result = told(clauses, encoder)
        rows.append([media, f"{result.found} of {result.true}", f"{100 * result.confused:.1f}"])
    show("Recordings, each turn in clauses of 4 s at most", ("recording", "found", "put to another, %"), rows)


def _part(voice: Audio, start: float, end: float) -> Audio:
    return Audio(voice.samples[round(start * voice.rate) : round(end * voice.rate)], voice.rate)


if __name__ == "__main__":
    main()
