"""Mouths: what is known of speech decides what is seen of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests import factory
from tests.vocasync.engines.tts.speech import TEXTS, WORDS, talk
from vocasync.engines.asr import allphone
from vocasync.engines.base import EngineConfig
from vocasync.engines.face import mesh
from vocasync.engines.tts.espeakng import shared
from vocasync.languages import LANGUAGES
from vocasync.media.audio import read, resample
from vocasync.stages.visemes import acoustic, alignment, coarticulation, mouths
from vocasync.stages.visemes.features import STEP, activity, measure
from vocasync.stages.visemes.inventory import (
    JAW,
    LOW,
    PRESS,
    ROUND,
    TUCK,
    UP,
    VISEMES,
    WIDE,
    Phone,
    of_arpabet,
    of_ipa,
    spread,
)
from vocasync.types import ANALYSIS_RATE, MOUTH, Audio, Face, FloatArray, Region, Speech, SpeechMark

RATE = ANALYSIS_RATE
FRAME = RATE // 25
JFK = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country."


def _silence(seconds: float, rate: int = RATE) -> FloatArray:
    return np.zeros(round(seconds * rate), np.float32)


def _audio(*parts: FloatArray) -> Audio:
    return Audio(np.concatenate(parts), RATE)


def _say(text: str, voice: str = "en-us", before: float = 0.0, after: float = 0.0) -> Speech:
    """The text in eSpeak NG's voice between silences, with its marks in the time of that."""
    said = shared().synthesize(text, voice)
    sound = resample(said.audio, RATE).samples
    marks = tuple(SpeechMark(m.kind, m.text, m.start + before, m.end + before) for m in said.marks)
    return Speech(_audio(_silence(before), sound, _silence(after)), marks)


def _frames(audio: Audio, fps: float = 25.0) -> int:
    return int(np.ceil(audio.duration * fps))


def _alike(one: FloatArray, other: FloatArray, column: int) -> float:
    return float(np.corrcoef(one[:, column], other[:, column])[0, 1])


# --- inventory --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("phone", "names"),
    [
        ("p", "PP"),
        ("bʰ", "PP"),
        ("ɓ", "PP"),
        ("m̩", "MM"),
        ("f", "FF"),
        ("ʋ", "VV"),
        ("tʃ", "CH"),
        ("dʒ", "CH"),
        ("ts.", "CH"),  # a retroflex, as eSpeak NG writes it in Mandarin
        ("ts", "DD SS"),
        ("kʷ", "KK WW"),
        ("ˈaɪ", "AA IH"),
        ("ˈoʊ", "OW UH"),
        ("ˈã", "AA"),
        ("ã", "AA"),  # in one character
        ("uː", "UW"),
        ("y", "UW"),
        ("ɯ", "EU"),
        ("əl", "AX NN"),
        ("ʲ", "YY"),  # by itself a glide
        ("tʲ", "DD"),
        ("ᵻ", "IH"),
        ("ʘ", "PP"),
        ("5", ""),
        ("(cmn)", ""),
        ("", ""),
        ("\N{SNOWMAN}", ""),
        ("\N{CYRILLIC SMALL LETTER ZHE}", "HH"),
    ],
)
def test_phones_are_classed_by_what_is_seen_of_them(phone: str, names: str) -> None:
    assert " ".join(viseme.name for viseme in of_ipa(phone)) == names


def test_every_language_that_is_read_is_seen() -> None:
    """No phone of any language's sample is without a mouth, and none is taken for something that is not known."""
    samples = {
        **TEXTS,
        "zh": "你好，世界。知识是力量。",
        "ja": "こんにちは、世界。",
        "ko": "안녕하세요, 세계.",
        "ru": "Широкая электрификация южных губерний.",
        "el": "Γειά σου Κόσμε, ξεσκεπάζω.",
        "ar": "مرحبا بالعالم، كيف حالك؟",
        "fa": "سلام دنیا، حال شما چطور است؟",
        "vi": "Xin chào thế giới, bạn có khỏe không?",
    }
    latin = (
        "Quick brown fox jumps over the lazy dog, vexing big Zürich, çà et là, mañana, być może, ještě, şöyle, gyűjtő."
    )
    for code, row in LANGUAGES.items():
        said = shared().synthesize(samples.get(code, latin), row.espeak)
        phones = [mark.text for mark in said.marks if mark.kind == "phoneme" and not mark.text.startswith("(")]
        assert phones, code
        unseen = [phone for phone in phones if not of_ipa(phone) and re.search(r"\w", phone.strip("ˈˌːʔ"))]
        guessed = [p for p in phones if any(v.name == "HH" for v in of_ipa(p)) and not set(p) & set("hɦ")]
        assert not unseen, (code, unseen)
        assert not guessed, (code, guessed)


def test_a_phone_of_two_mouths_passes_through_both() -> None:
    first, second = spread(1.0, 2.0, of_arpabet("AY"))
    assert (first.viseme.name, first.start, first.end) == ("AA", 1.0, 1.5)
    assert (second.viseme.name, second.start, second.end) == ("IH", 1.5, 2.0)
    assert spread(1.0, 2.0, of_arpabet("SIL")) == []


# --- coarticulation ---------------------------------------------------------------------------------------------------
def _phones(names: str, seconds: float = 0.1) -> list[Phone]:
    return [Phone(n * seconds, (n + 1) * seconds, VISEMES[name]) for n, name in enumerate(names.split())]


def _middle(made: np.ndarray, place: int, seconds: float = 0.1) -> np.ndarray:
    """The mouth in the middle of a phone of :func:`_phones`."""
    found: np.ndarray = made[round((place + 0.5) * seconds * coarticulation.RATE)]
    return found


def test_neighbours_shape_a_consonant() -> None:
    """The k of "coo" is rounded already, that of "key" is not; a p closes in both."""
    rounded = coarticulation.blend(_phones("KK UW"), 0, 60)
    spread_ = coarticulation.blend(_phones("KK IY"), 0, 60)
    assert _middle(rounded, 0)[ROUND] > 0.25
    assert _middle(spread_, 0)[ROUND] == pytest.approx(0.0, abs=0.01)
    assert _middle(spread_, 0)[WIDE] > 0.2
    for vowel in ("AA", "UW"):
        pressed = coarticulation.blend(_phones(f"{vowel} PP {vowel}"), 0, 80)
        assert _middle(pressed, 1)[PRESS] > 0.5
        assert _middle(pressed, 1)[JAW] < 0.55 * _middle(pressed, 0)[JAW]


def test_a_mouth_reaches_its_vowels_in_their_order() -> None:
    made = coarticulation.blend(_phones("AA DD IY DD UW", 0.15), 0, 160)
    assert _middle(made, 0, 0.15)[JAW] > 0.7
    assert _middle(made, 2, 0.15)[WIDE] > 0.5
    assert _middle(made, 4, 0.15)[ROUND] > 0.8


def test_pieces_are_as_the_whole() -> None:
    phones = _phones("AA PP IY SS UW MM EH FF OW " * 4)
    whole = coarticulation.blend(phones, 0, 720)
    pieces = np.concatenate([coarticulation.blend(phones, first, 90) for first in range(0, 720, 90)])
    np.testing.assert_allclose(pieces, whole, atol=1e-4)


@pytest.mark.parametrize("fps", [1, 12.5, 23.976, 25, 29.97, 50, 60])
def test_a_frame_is_the_mean_of_its_time(fps: float) -> None:
    count = 10
    samples = int(np.ceil((count + 1) / fps * coarticulation.RATE))
    ramp = np.repeat(np.arange(samples)[:, None] + 0.5, len(MOUTH), axis=1)
    made = coarticulation.to_frames(ramp, 0, range(count), fps)
    centres = (np.arange(count) + 0.5) / fps * coarticulation.RATE
    np.testing.assert_allclose(made[:, 0], centres, atol=0.3)


# --- pauses -----------------------------------------------------------------------------------------------------------
def test_pauses_are_told_from_speech() -> None:
    spoken = talk("en-us", 1.5, RATE)
    spoken = spoken[np.flatnonzero(np.abs(spoken) > 0.05)[0] :]
    found = activity(measure(_audio(_silence(0.5), spoken, _silence(0.7), spoken, _silence(0.3))))
    second = 0.5 + len(spoken) / RATE + 0.7
    long = [pause for pause in found.pauses if pause.duration > 0.25]
    edges = [(0.0, 0.5), (second - 0.7, second), (second + len(spoken) / RATE, second + len(spoken) / RATE + 0.3)]
    assert [(p.start, p.end) for p in long] == [pytest.approx(edge, abs=0.12) for edge in edges]


def test_a_word_in_a_long_silence_is_heard() -> None:
    spoken = talk("en-us", 0.6, RATE)
    found = activity(measure(_audio(_silence(20), spoken, _silence(20))))
    heard = np.flatnonzero(found.speaking) * STEP
    assert 19.9 < heard[0] < 20.3
    assert 20.3 < heard[-1] < 20.7


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_any_rate_gives_the_same_pauses(rate: int) -> None:
    sound = Audio(np.concatenate([_silence(0.5, rate), talk("en-us", 2.0, rate), _silence(0.5, rate)]), rate)
    features = measure(sound)
    assert len(features) == pytest.approx(300, abs=1)
    assert activity(features).pauses[0].end == pytest.approx(0.5, abs=0.1)


def test_stereo_is_refused() -> None:
    with pytest.raises(ValueError, match="mono"):
        mouths(Audio(np.zeros((44_100, 2), np.float32), 44_100), 25, 25)


# --- tracks -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fps", [1, 5, 12.5, 23.976, 25, 29.97, 60])
@pytest.mark.parametrize("known", ["marks", "text", "sound"])
def test_as_many_mouths_as_frames(fps: float, known: str) -> None:
    said = _say("A big map.", before=0.12, after=0.12)
    given = {"marks": (said.marks, "", ""), "text": ((), "A big map.", "en"), "sound": ((), "", "")}[known]
    for frames in (_frames(said.audio, fps), 1, _frames(said.audio, fps) + 40):
        made = mouths(said.audio, frames, fps, *given)
        assert made.shape == (frames, len(MOUTH))
        assert made.dtype == np.float32
        assert made.min() >= 0.0
        assert made.max() <= 1.0
    assert made[:, JAW].max() > 0.1
    np.testing.assert_array_equal(made[_frames(said.audio, fps) + 1 :], 0.0)


@pytest.mark.parametrize("samples", [0, 1, 100, 640])
def test_next_to_nothing_is_silence(samples: int) -> None:
    made = mouths(Audio(np.zeros(samples, np.float32), RATE), 10, 25, (), "Nothing at all.", "en")
    np.testing.assert_array_equal(made, np.zeros((10, len(MOUTH))))


@pytest.mark.parametrize("known", ["marks", "text", "sound"])
def test_a_mouth_rests_in_silence(known: str) -> None:
    one, other = _say("Bring the map.", after=1.0), _say("My big family.", before=1.0)
    audio = _audio(_silence(0.5), one.audio.samples, other.audio.samples, _silence(0.5))
    shift = 0.5 + one.audio.duration
    marks = [SpeechMark(m.kind, m.text, m.start + 0.5, m.end + 0.5) for m in one.marks]
    marks += [SpeechMark(m.kind, m.text, m.start + shift, m.end + shift) for m in other.marks]
    given = {"marks": (marks, "", ""), "text": ((), "Bring the map. My big family.", "en"), "sound": ((), "", "")}
    made = mouths(audio, _frames(audio), 25, *given[known])
    centres = (np.arange(len(made)) + 0.5) / 25
    pause = (shift - 0.75, shift + 0.8)  # well inside what eSpeak NG adds to the two seconds
    np.testing.assert_array_equal(made[centres < 0.3], 0.0)
    np.testing.assert_array_equal(made[(centres > pause[0]) & (centres < pause[1])], 0.0)
    np.testing.assert_array_equal(made[centres > audio.duration - 0.25], 0.0)
    assert made[(centres > 0.6) & (centres < 1.0), JAW].max() > 0.15


def test_marks_in_silence_move_nothing() -> None:
    marks = [SpeechMark("phoneme", "m", 1.0, 1.1), SpeechMark("phoneme", "a", 1.1, 1.3)]
    made = mouths(Audio(_silence(3.0), RATE), 75, 25, marks)
    np.testing.assert_array_equal(made, 0.0)


BILABIAL = {
    "en": "Please bring my big map, Bob. People may remember Pam.",
    "de": "Papa bringt bitte mein Buch. Mama malt ein Bild.",
    "es": "Papá compra un bonito mapa. Mi mamá baila bien.",
    "fr": "Papa porte un beau manteau. Maman mange une pomme.",
    "hi": "पापा बाबा मामा। मेरी किताब बहुत बड़ी है।",
}


@pytest.mark.parametrize("language", BILABIAL)
@pytest.mark.parametrize("fps", [25, 60])
def test_lips_meet_for_every_p_b_and_m(language: str, fps: float) -> None:
    said = _say(BILABIAL[language], LANGUAGES[language].espeak, 0.12, 0.12)
    made = mouths(said.audio, _frames(said.audio, fps), fps, said.marks)
    met = (made[:, PRESS] >= 0.75) & (made[:, [JAW, UP, LOW, TUCK]].max(axis=1) == 0.0)
    times = (np.arange(len(made)) + 0.5) / fps
    bilabials = [m for m in said.marks if m.kind == "phoneme" and m.text[:1] in {"p", "b", "m"}]
    assert len(bilabials) >= 6
    for mark in bilabials:
        # a plosive is marked at its burst, before which the lips are closed
        assert met[(times > mark.start - 0.1) & (times < mark.end)].any(), mark


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_lower_lip_meets_the_teeth_for_every_f_and_v(language: str) -> None:
    text = {"en": "Five very fine vans fly over.", "de": "Fünf feine Vögel fliegen weit fort."}[language]
    said = _say(text, LANGUAGES[language].espeak)
    made = mouths(said.audio, _frames(said.audio), 25, said.marks)
    times = (np.arange(len(made)) + 0.5) / 25
    for mark in said.marks:
        if mark.kind == "phoneme" and mark.text in {"f", "v"}:
            near = (times > mark.start - 0.04) & (times < mark.end + 0.04)
            assert made[near, TUCK].max() >= 0.75, mark
            assert made[near, JAW].min() <= 0.12, mark


def test_lips_are_closed_before_a_plosive_is_heard() -> None:
    """eSpeak NG marks a p when it bursts: by then lips open again."""
    said = _say("a papa", "en-us", 0.2, 0.2)
    made = mouths(said.audio, _frames(said.audio, 60), 60, said.marks)
    bursts = [mark.start for mark in said.marks if mark.text == "p"]
    times = (np.arange(len(made)) + 0.5) / 60
    for burst in bursts:
        closed = times[(made[:, PRESS] >= 0.75) & (np.abs(times - burst) < 0.12)]
        assert -0.1 < closed.mean() - burst < 0.0


def test_slow_pictures_are_not_held_shut() -> None:
    """A frame of half a second in which there is a p is not half a second of closed lips."""
    said = _say("Papa baba mama papa baba mama.")
    made = mouths(said.audio, _frames(said.audio, 2), 2, said.marks)
    assert made[:-1, JAW].min() > 0.05


def test_loud_syllables_open_wider() -> None:
    said = _say("aah, aah", "de", 0.2, 0.2)
    vowels = [mark for mark in said.marks if mark.kind == "phoneme" and of_ipa(mark.text)]
    half = round((vowels[0].end + vowels[-1].start) / 2 * RATE)
    quieter = said.audio.samples.copy()
    quieter[half:] *= 0.25
    made = mouths(Audio(quieter, RATE), _frames(said.audio), 25, said.marks)
    split = round(half / RATE * 25)
    assert made[split:, JAW].max() < 0.85 * made[:split, JAW].max()


# --- what decides -----------------------------------------------------------------------------------------------------
def test_a_text_places_phones_where_they_are_said() -> None:
    """Another voice, slower and with pauses that the reading does not make."""
    slow = shared().synthesize(WORDS, "en-us+f2", rate_wpm=140)
    sound = resample(slow.audio, RATE)
    cut = next(round(b.start * RATE) for a, b in pairwise(slow.marks) if a.kind == "phoneme" and b.text == "went")
    paused = _audio(_silence(0.4), sound.samples[:cut], _silence(0.8), sound.samples[cut:])
    shifted = [
        SpeechMark(m.kind, m.text, *((time + 0.4 + 0.8 * (m.start * RATE >= cut - 1)) for time in (m.start, m.end)))
        for m in slow.marks
    ]
    count = _frames(paused)
    truth, made = mouths(paused, count, 25, shifted), mouths(paused, count, 25, (), WORDS, "en-US")
    for column, floor in ((JAW, 0.85), (WIDE, 0.85), (ROUND, 0.85)):
        assert _alike(truth, made, column) > floor


def test_a_cough_before_and_after_takes_no_words() -> None:
    said = shared().synthesize(WORDS, "en-us+m3", rate_wpm=150)
    generator = np.random.default_rng(2)
    cough = (generator.normal(0, 0.08, RATE // 2) * np.hanning(RATE // 2)).astype(np.float32)
    around = np.concatenate([_silence(0.3), cough, _silence(0.4)])
    audio = _audio(around, resample(said.audio, RATE).samples, around)
    shifted = [SpeechMark(m.kind, m.text, m.start + 1.2, m.end + 1.2) for m in said.marks]
    features = measure(audio, cepstra=True)
    placed = alignment.place(features, activity(features), WORDS, "en", Region(0.0, audio.duration))
    true = alignment.marked(shifted)
    assert placed[0].start == pytest.approx(true[0].start, abs=0.06)
    assert placed[-1].end == pytest.approx(true[-1].end, abs=0.06)


def test_windows_find_what_one_alignment_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join([WORDS] * 3)
    sound = resample(shared().synthesize(text, "en-us+m3", rate_wpm=150).audio, RATE)
    features = measure(sound, cepstra=True)
    active = activity(features)
    whole = alignment.place(features, active, text, "en", Region(0.0, sound.duration))
    monkeypatch.setattr(alignment, "_WINDOW", 500)
    windowed = alignment.place(features, active, text, "en", Region(0.0, sound.duration))
    assert len(whole) == len(windowed)
    apart = np.abs([a.start - b.start for a, b in zip(whole, windowed, strict=True)])
    assert np.percentile(apart, 90) < 0.05


def test_words_are_aligned_within_their_times() -> None:
    """Marks of words, each with a sentence here: nothing of one is placed in the other."""
    one, other = _say("Papa buys a map.", after=0.6), _say("We do not know you.", after=0.3)
    audio = _audio(one.audio.samples, other.audio.samples)
    marks = [
        SpeechMark("word", "Papa buys a map.", 0.0, one.audio.duration - 0.6),
        SpeechMark("word", "We do not know you.", one.audio.duration, audio.duration),
    ]
    truth = [
        *one.marks,
        *(SpeechMark(m.kind, m.text, m.start + one.audio.duration, m.end + one.audio.duration) for m in other.marks),
    ]
    made, wanted = mouths(audio, _frames(audio), 25, marks, "", "en"), mouths(audio, _frames(audio), 25, truth)
    assert _alike(made, wanted, JAW) > 0.9
    assert made[: round(one.audio.duration * 25), PRESS].max() >= 0.75
    assert made[round(one.audio.duration * 25) :, PRESS].max() < 0.3


def test_times_may_lie_outside_the_sound() -> None:
    """Marks of a longer recording, of which this is a part."""
    audio = Audio(talk("en-us", 2.0, RATE), RATE)
    for kind, text in (("word", "Nobody knows where the money went"), ("phoneme", "m")):
        far = [SpeechMark(kind, text, start, start + 0.5) for start in (-9.0, 70.0)]
        np.testing.assert_array_equal(mouths(audio, 50, 25, far, "", "en"), mouths(audio, 50, 25))
    across = [SpeechMark("word", "Nobody knows where the money went", -0.3, 2.4)]
    assert _alike(mouths(audio, 50, 25, across, "", "en"), mouths(audio, 50, 25), JAW) > 0.3


@pytest.mark.parametrize(("text", "language"), [("Hello", "xx"), ("☃☃☃", "en"), ("", "en"), ("Hello there", "")])
def test_what_cannot_be_read_leaves_the_sound(text: str, language: str) -> None:
    audio = Audio(talk("en-us", 2.0, RATE), RATE)
    np.testing.assert_array_equal(mouths(audio, 50, 25, (), text, language), mouths(audio, 50, 25))


def test_a_text_that_is_much_too_long_or_short_is_another_one() -> None:
    audio = Audio(talk("en-us", 3.0, RATE), RATE)
    for text in (" ".join([WORDS] * 4), "No."):
        np.testing.assert_array_equal(mouths(audio, 75, 25, (), text, "en"), mouths(audio, 75, 25))


def test_speech_that_no_mark_tells_of_is_heard() -> None:
    """Marks of the first sentence alone: the mouth goes on in the second."""
    one, other = _say("Bring the map.", after=0.5), _say("My family is large.", after=0.3)
    audio = _audio(one.audio.samples, other.audio.samples)
    made = mouths(audio, _frames(audio), 25, one.marks)
    second = made[round(one.audio.duration * 25) + 3 : -8]
    assert second[:, JAW].max() > 0.2
    told = mouths(one.audio, _frames(one.audio), 25, one.marks)
    first = round((one.audio.duration - 0.4) * 25)
    assert _alike(made[:first], told[:first], JAW) > 0.99


def test_sound_alone_opens_for_vowels_and_shows_teeth_for_hisses() -> None:
    said = _say("sassa sassa sassa", "de", 0.3, 0.3)
    features = measure(said.audio)
    drawn = acoustic.estimate(features, activity(features))
    frames = {kind: np.zeros(len(drawn), bool) for kind in "as"}
    for mark in said.marks:
        if mark.kind == "phoneme":
            kind = "s" if mark.text in "sz" else "a"
            frames[kind][round(mark.start / STEP) + 3 : round(mark.end / STEP) - 2] = True
    assert drawn[frames["a"], JAW].mean() > 2 * drawn[frames["s"], JAW].mean()
    assert drawn[frames["s"], UP].mean() > 2 * drawn[frames["a"], UP].mean()


def test_the_sound_does_without_a_recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allphone, "find_spec", lambda name: None)
    audio = _audio(_silence(0.5), talk("en-us", 3.0, RATE), _silence(0.5))
    made = mouths(audio, 100, 25)
    assert made[15:80, JAW].max() > 0.4
    np.testing.assert_array_equal(made[:8], 0.0)


def test_pieces_of_long_speech_are_as_when_it_is_short() -> None:
    """What is said in the second minute has the mouths that it has by itself."""
    said = _say(WORDS, before=0.3, after=0.4)
    whole = len(said.audio.samples) // FRAME * FRAME  # each repetition begins with a frame
    said = Speech(Audio(said.audio.samples[:whole], RATE), said.marks)
    length = said.audio.duration
    times = 14
    audio = _audio(*[said.audio.samples] * times)
    marks = [
        SpeechMark(m.kind, m.text, m.start + n * length, m.end + n * length) for n in range(times) for m in said.marks
    ]
    assert audio.duration > 60
    count = whole // FRAME
    long, alone = mouths(audio, times * count, 25, marks), mouths(said.audio, count, 25, said.marks)
    for n in (0, 5, times - 1):
        np.testing.assert_allclose(long[n * count : (n + 1) * count], alone, atol=0.01)


def test_the_same_again_is_the_same() -> None:
    audio = Audio(talk("en-us", 2.0, RATE), RATE)
    np.testing.assert_array_equal(mouths(audio, 50, 25), mouths(audio, 50, 25))


# --- real speech ------------------------------------------------------------------------------------------------------
_READ = {
    "whisper/jfk.flac": JFK,
    "TTS/LJ001-0004.flac": "produced the block books, which were the immediate predecessors of the true printed book,",
    "TTS/LJ001-0006.flac": "And it is worth mention in passing that, as an example of fine typography,",
}
_FLOORS = {  # jaw, wide, round: with the text, and from sound alone
    "whisper/jfk.flac": ((0.87, 0.88, 0.90), (0.82, 0.80, 0.80)),
    "TTS/LJ001-0004.flac": ((0.88, 0.78, 0.88), (0.65, 0.75, 0.80)),
    "TTS/LJ001-0006.flac": ((0.88, 0.88, 0.88), (0.80, 0.78, 0.40)),
}


def _forced(audio: Audio, text: str) -> list[Phone]:
    """PocketSphinx's own alignment of a text with its dictionary: another way to the same times."""
    import pocketsphinx

    pocketsphinx.set_loglevel("FATAL")
    decoder = pocketsphinx.Decoder(lm=None)
    known = [word for word in re.findall(r"[a-z']+", text.lower()) if decoder.lookup_word(word)]
    loud = np.clip(audio.samples / np.abs(audio.samples).max() * 0.7, -1, 1)
    pcm = (loud * 32767).astype(np.int16).tobytes()
    decoder.set_align_text(" ".join(known))
    for again in (False, True):
        if again:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
    return [
        phone
        for word in decoder.get_alignment().words()
        for part in word
        for phone in spread(part.start / 100, (part.start + part.duration) / 100, of_arpabet(part.name))
    ]


def _of_phones(audio: Audio, phones: Sequence[Phone], monkeypatch: pytest.MonkeyPatch) -> FloatArray:
    with monkeypatch.context() as patch:
        patch.setattr(alignment, "marked", lambda marks: list(phones))
        return mouths(audio, _frames(audio), 25)


@pytest.mark.slow
@pytest.mark.parametrize("name", _READ)
def test_mouths_agree_with_forced_alignment(shared_media: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = resample(read(shared_media / name), RATE)
    reference = _of_phones(audio, _forced(audio, _READ[name]), monkeypatch)
    with_text = mouths(audio, _frames(audio), 25, (), _READ[name], "en")
    by_sound = mouths(audio, _frames(audio), 25)
    for made, floors in zip((with_text, by_sound), _FLOORS[name], strict=True):
        found = [_alike(made, reference, column) for column in (JAW, WIDE, ROUND)]
        assert all(value > floor for value, floor in zip(found, floors, strict=True)), found


_FILMED = {  # people of the GRID corpus, who read into a camera: how alike their mouths' opening is at least
    "bbaf2n": ("bin blue at f two now", 0.50),
    "id2_vcd_swwp2s": ("set white with p two soon", 0.38),
    "pwij3p": ("place white in j three please", 0.52),
}
_INNER_LIPS = ((13, 14), (82, 87), (312, 317))


def _opening(film: Path) -> FloatArray:
    """How far the lips of who is seen are apart in each frame, in inter-ocular distances."""
    import cv2

    finder = mesh.create(EngineConfig())
    capture = cv2.VideoCapture(str(film))
    apart: list[float] = []
    face: Face | None = None
    while (frame := capture.read()[1]) is not None:
        picture = np.ascontiguousarray(frame[:, :, ::-1])
        face = finder.follow(picture, face) if face else finder.faces(picture)[0]
        assert face is not None
        gaps = [np.linalg.norm(face.landmarks[a, :2] - face.landmarks[b, :2]) for a, b in _INNER_LIPS]
        apart.append(float(np.mean(gaps)) / face.inter_ocular)
    capture.release()
    return np.array(apart, np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", _FILMED)
def test_mouths_open_as_those_of_people_do(shared_media: Path, tmp_path: Path, name: str) -> None:
    text, floor = _FILMED[name]
    film = shared_media / "LipNet" / f"{name}.mpg"
    factory.ffmpeg("-i", str(film), "-af", "aresample=async=1:first_pts=0", "-ac", "1", str(tmp_path / "sound.wav"))
    real = _opening(film)
    made = mouths(read(tmp_path / "sound.wav"), len(real), 25, (), text, "en")
    opened = 0.5 * made[:, JAW] + 0.1 * made[:, LOW] + 0.085 * made[:, UP]
    by_delay = {delay: np.corrcoef(np.roll(opened, delay)[6:-6], real[6:-6])[0, 1] for delay in range(-4, 5)}
    assert by_delay[0] > floor, by_delay
    assert abs(max(by_delay, key=by_delay.__getitem__)) <= 1
