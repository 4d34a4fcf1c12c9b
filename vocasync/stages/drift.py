"""How far what a take says is from what it was to say, as a recogniser hears it.

Both texts are compared by their sounds, as eSpeak NG would pronounce them: "25" is "twenty-five" then, names may be
spelt in many ways, and case, punctuation and accents do not matter. It also tells more than words do, since what a
recogniser mishears mostly sounds alike. Of 108 takes that were right, as PocketSphinx heard them, the median was 0.37
and 4 lay above 0.75; with the texts exchanged 96 % did, with the text said twice all. Word error rates of right and of
exchanged texts overlap by half. To notice that half of a text is missing (0.43 and more) it takes a better recogniser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vocasync.engines.base import Recognizer
from vocasync.engines.tts.espeakng import shared
from vocasync.engines.tts.voices import espeak_languages
from vocasync.languages import language as language_of
from vocasync.media.audio import resample
from vocasync.progress import Progress
from vocasync.stages.words import edits, words_of
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, Segment

_BETWEEN = 0.5  # seconds of silence between two takes


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears takes. language: that they are spoken in. limit: drift above which a take is not right."""

    recognizer: Recognizer
    language: str
    limit: float

    def drifts(self, texts: Sequence[str], takes: Sequence[Audio], progress: Progress) -> list[float]:
        """How far each take is from its text; all are heard in one go. 0 for a text without a sound to be heard."""
        sound, regions = _in_a_row(takes)
        heard = self.recognizer.recognize(sound, regions, self.language, progress).segments
        said = [_within(heard, region) for region in regions]
        return [sound_distance(text, found, self.language) for text, found in zip(texts, said, strict=True)]


def sound_distance(wanted: str, heard: str, language: str) -> float:
    """Sounds to change, put in or take out, for each sound of ``wanted``; letters where nobody knows the language's
    sounds. 0 when there is nothing to say."""
    target, found = _sounds(wanted, language), _sounds(heard, language)
    return edits(target, found) / len(target) if target else 0.0


def _sounds(text: str, language: str) -> str:
    row = language_of(language)
    plain = " ".join(words_of(text, row.code)) if row.code not in espeak_languages() else _spoken(text, row.espeak)
    return "".join(char for char in plain if char.isalnum() and char not in "ːˈˌ")


def _spoken(text: str, voice: str) -> str:
    return shared().phonemize(text.casefold(), voice)


def _in_a_row(takes: Sequence[Audio]) -> tuple[Audio, list[Region]]:
    """The takes one after the other as recognisers want them, and where each of them is."""
    silence = np.zeros(round(_BETWEEN * ANALYSIS_RATE), np.float32)
    parts: list[FloatArray] = [silence]
    regions = []
    at = len(silence)
    for take in takes:
        samples = resample(take, ANALYSIS_RATE).samples
        regions.append(Region(at / ANALYSIS_RATE, (at + len(samples)) / ANALYSIS_RATE))
        parts += [samples, silence]
        at += len(samples) + len(silence)
    return Audio(np.concatenate(parts), ANALYSIS_RATE), regions


def _within(heard: Sequence[Segment], region: Region) -> str:
    return " ".join(one.text for one in heard if region.start <= (one.start + one.end) / 2 <= region.end)
