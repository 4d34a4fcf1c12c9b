from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.recordings import silence, written
from vocasync.engines.base import Recognition
from vocasync.errors import PipelineError
from vocasync.media.subtitles import Cue, parse
from vocasync.progress import Progress, Silent
from vocasync.stages.transcribe import (
    assemble,
    from_cues,
    mostly_doubtful,
    recognition_units,
    recognize,
    recognize_each,
)
from vocasync.types import Audio, Region, Segment, Transcript, Word


def heard(*fragments: Sequence[tuple[str, float, float]], confidence: float | None = 0.9) -> Recognition:
    """A recognition of one segment a fragment of (word, start, end)."""
    segments = []
    for index, fragment in enumerate(fragments):
        words = tuple(Word(text, start, end, confidence) for text, start, end in fragment)
        text = " ".join(word.text for word in words)
        segments.append(Segment(index, words[0].start, words[-1].end, text, words, confidence))
    return Recognition(tuple(segments), "en")


def evenly(text: str, start: float = 0.0, pace: float = 0.4, gap: float = 0.05) -> list[tuple[str, float, float]]:
    words = text.split()
    return [(word, start + i * pace, start + (i + 1) * pace - gap) for i, word in enumerate(words)]


def built(*found: Recognition, punctuates: bool = False, max_chars: int = 300) -> Transcript:
    return assemble(found, engine="test", punctuates=punctuates, max_chars=max_chars, language="en")


def test_fragments_with_a_short_pause_become_one_sentence() -> None:
    found = heard(evenly("we went to the"), evenly("market today", start=1.8))
    assert [segment.text for segment in built(found).segments] == ["We went to the market today."]


def test_a_long_pause_ends_a_sentence() -> None:
    transcript = built(heard(evenly("we went home")), heard(evenly("what did you do", start=3.0)))
    assert [segment.text for segment in transcript.segments] == ["We went home.", "What did you do?"]
    assert [segment.index for segment in transcript.segments] == [0, 1]
    assert transcript.segments[1].start == 3.0


def test_sentences_of_a_recogniser_that_punctuates_are_kept() -> None:
    text = "Mr. Brown went home. He was tired, and the U.S. was far away! Was it really so?"
    transcript = built(heard(evenly(text)), punctuates=True)
    assert [segment.text for segment in transcript.segments] == [
        "Mr. Brown went home.",
        "He was tired, and the U.S. was far away!",
        "Was it really so?",
    ]


def test_sentences_split_over_regions_are_joined() -> None:
    found = heard(evenly("He was tired,"), evenly("and went home.", start=1.5))
    assert [segment.text for segment in built(found, punctuates=True).segments] == ["He was tired, and went home."]


def test_long_sentences_are_split_at_clauses() -> None:
    text = "When the long winter was over at last, the people of the village came down to the river to wash."
    transcript = built(heard(evenly(text)), punctuates=True, max_chars=70)
    assert [segment.text for segment in transcript.segments] == [
        "When the long winter was over at last,",
        "the people of the village came down to the river to wash.",
    ]


def test_nothing_is_longer_than_allowed() -> None:
    rng = np.random.default_rng(3)
    words = ["".join(rng.choice(list("abcdefgh"), size=rng.integers(1, 12))) for _ in range(400)]
    transcript = built(heard(evenly(" ".join(words))), max_chars=82)
    assert max(len(segment.text) for segment in transcript.segments) <= 82
    assert max(segment.duration for segment in transcript.segments) <= 15.0
    assert " ".join(s.text for s in transcript.segments).lower().rstrip(".") == " ".join(words)
    assert all(segment.end > segment.start for segment in transcript.segments)


def test_text_without_spaces_is_split_by_characters() -> None:
    text = "天" * 100
    found = Recognition((Segment(0, 0.0, 10.0, text),), "zh")
    transcript = assemble([found], engine="test", punctuates=True, max_chars=30, language="zh")
    assert max(len(segment.text) for segment in transcript.segments) <= 30
    assert "".join(segment.text for segment in transcript.segments) == text


def test_doubtful_words_are_said_to_be() -> None:
    sure, unsure = heard(evenly("we went home")), heard(evenly("or did they", start=5), confidence=0.3)
    transcript = built(sure, unsure)
    assert [segment.flags for segment in transcript.segments] == [(), ("low_confidence",)]
    assert transcript.confidence == pytest.approx(0.6)
    assert not mostly_doubtful(transcript)
    assert mostly_doubtful(built(unsure))


def test_silence_makes_an_empty_transcript() -> None:
    transcript = built(Recognition((), "en"))
    assert transcript.segments == ()
    assert transcript.confidence is None
    assert not mostly_doubtful(transcript)


def test_the_language_is_what_was_heard() -> None:
    found = [Recognition((), "auto"), heard(evenly("we went home"))]
    assert assemble(found, engine="t", punctuates=True, max_chars=99, language="auto").language == "en"


def test_units_hold_about_as_much_as_asked() -> None:
    regions = [Region(10.0 * i, 10.0 * i + 8.0) for i in range(20)]
    units = recognition_units(regions, Ear(1), unit_seconds=60.0)
    assert [region for unit in units for region in unit] == regions
    assert max(sum(region.duration for region in unit) for unit in units) <= 60.0
    assert len(units) == 3
    assert recognition_units([], Ear(1)) == ()


def test_units_hold_what_a_recogniser_does_at_once() -> None:
    regions = [Region(10.0 * i, 10.0 * i + 8.0) for i in range(20)]
    assert [len(unit) for unit in recognition_units(regions, Ear(4), unit_seconds=10.0)] == [5, 5, 5, 5]


class Ear:
    """A recogniser that says what it was given: the level of each region, as a word in its middle."""

    name = "ear"
    region_seconds = 10.0
    punctuates = False

    def __init__(self, together: int) -> None:
        self.together = together
        self.asked: list[tuple[str, int]] = []

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        self.asked.append((language, len(regions)))
        return Recognition(tuple(self._heard(audio, region) for region in regions), "fr")

    def _heard(self, audio: Audio, region: Region) -> Segment:
        inside = audio.samples[round(region.start * audio.rate) : round(region.end * audio.rate)]
        middle = (region.start + region.end) / 2
        word = Word(f"{inside.mean():.1f}", middle, middle + 0.1)
        return Segment(0, word.start, word.end, word.text, (word,))


@pytest.mark.parametrize(
    ("together", "asked"), [(1, [("auto", 1), ("fr", 1), ("fr", 1)]), (4, [("auto", 1), ("fr", 2)])]
)
def test_regions_are_heard_in_media_time(together: int, asked: list[tuple[str, int]], tmp_path: Path) -> None:
    sound = np.concatenate([silence(2) + 0.1, silence(2) + 0.5, silence(3) + 0.9])
    ear = Ear(together)
    found = recognize(
        written(sound, tmp_path / "a.wav"),
        [Region(0.5, 1.5), Region(2.2, 3.8), Region(5.0, 7.0)],
        ear,
        "auto",
        Silent(),
    )
    assert [(s.index, s.text, s.start, s.words[0].start) for s in found.segments] == [
        (0, "0.1", 1.0, 1.0),
        (1, "0.5", 3.0, 3.0),
        (2, "0.9", 6.0, 6.0),
    ]
    assert ear.asked == asked  # detected once
    assert found.language == "fr"


def test_each_region_has_its_own_words(tmp_path: Path) -> None:
    sound = np.concatenate([silence(1) + level / 10 for level in range(6)])
    regions = [Region(0.0, 1.0), Region(2.0, 3.0), Region(3.0, 4.0), Region(5.0, 6.0)]
    found = list(recognize_each(written(sound, tmp_path / "a.wav"), regions, Ear(8), "fr", Silent()))
    assert [[(s.text, s.start) for s in one.segments] for one in found] == [
        [("0.0", 0.5)],
        [("0.2", 2.5)],
        [("0.3", 3.5)],
        [("0.5", 5.5)],
    ]


CUES = [
    Cue(0.0, 1.5, "This is a sentence that"),
    Cue(1.6, 3.0, "runs over two cues."),
    Cue(3.1, 4.0, "And this one"),
    Cue(6.0, 7.0, "waits too long."),
    Cue(7.1, 8.0, "Who speaks?", "Anna"),
]


def test_cues_that_run_on_are_joined() -> None:
    transcript = from_cues(CUES, language="en", duration=9.0, name="a.srt")
    assert [(s.start, s.end, s.text, s.speaker) for s in transcript.segments] == [
        (0.0, 3.0, "This is a sentence that runs over two cues.", 0),
        (3.1, 4.0, "And this one", 0),
        (6.0, 7.0, "waits too long.", 0),
        (7.1, 8.0, "Who speaks?", 1),
    ]
    assert transcript.confidence is None


def test_cues_of_two_people_are_not_joined() -> None:
    cues = [Cue(0.0, 1.5, "And then she"), Cue(1.5, 2.5, "What?", turn=True), Cue(2.6, 3.0, "came in", "Anna")]
    said = from_cues(cues, language="en", duration=9.0, name="a.srt").segments
    assert [segment.text for segment in said] == ["And then she", "What?", "came in"]


def test_a_cue_may_end_a_little_late() -> None:
    assert from_cues(CUES, language="en", duration=7.5, name="a.srt").segments[-1].end == 7.5


@pytest.mark.parametrize("duration", [7.05, 5.0, 0.5])
def test_cues_beyond_the_end_are_refused(duration: float) -> None:
    with pytest.raises(PipelineError) as caught:
        from_cues(CUES, language="en", duration=duration, name="a.srt")
    assert caught.value.code == "subtitles_beyond"
    assert "a.srt" in str(caught.value)


def test_cues_without_text_are_refused() -> None:
    with pytest.raises(PipelineError) as caught:
        from_cues([Cue(0, 1, "  ")], language="en", duration=9, name="a.srt")
    assert caught.value.code == "subtitles_empty"


@pytest.mark.parametrize("language", ["hi", "es", "en"])
def test_real_subtitles(language: str, shared_media: Path) -> None:
    path = shared_media / f"ableplayer/deadline_captions_{language}.vtt"
    cues = parse(path, path.name).cues
    transcript = from_cues(cues, language=language, duration=cues[-1].end, name=path.name)
    starts = {cue.start for cue in cues}
    assert len(transcript.segments) <= len(cues)
    assert all(segment.start in starts for segment in transcript.segments)
    assert all(a.start <= b.start for a, b in pairwise(transcript.segments))
    spoken = " ".join(" ".join(cue.text.split()) for cue in cues if cue.text.strip())
    assert " ".join(segment.text for segment in transcript.segments) == spoken
    assert len({segment.speaker for segment in transcript.segments}) == len({cue.speaker for cue in cues})
