"""NeuTTS Air (Neuphonic): a small language model that continues a clip's codes with those of a text.

Written from its published prompt and file formats, on ``transformers`` or llama.cpp and ONNX Runtime; its own package
cannot be installed beside the other engines. A voice is told by the codes of a clip and its words. Where a clip cannot
be encoded, or nobody knows its words, the nearest of the voices that are there speaks, and is coloured to match.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import pretrained, profile, prosody, recolour
from vocasync.engines.tts.neural import Arrays, Line, NeuralVoice
from vocasync.engines.tts.neutts_backbones import Backbone, LlamaBackbone, Prompt, TorchBackbone
from vocasync.engines.tts.neutts_codec import CODES, PER_SECOND, RATE, Codes, Decoder, Encoder
from vocasync.engines.tts.neutts_voices import CODEC, LANGUAGES, SETTINGS, encodes, voices_in
from vocasync.engines.tts.phones import phones
from vocasync.engines.tts.profile import Profile
from vocasync.engines.watermark import perth, perth_parts
from vocasync.languages import language
from vocasync.types import Audio, FloatArray, Region, VoiceReference, Word
from vocasync.weights import safe, store

_MOST_CHARS = 180
_CHARS_A_SECOND = 14.0  # of English, as people read
_SLOWER = 1.5  # times as long may a line take as its text should, when it is asked whether there is room for it
_LONGEST = 2.0  # times as long, and so many seconds more, is what it gets
_FRAME = (
    "user: Convert the text to speech:<|TEXT_PROMPT_START|>{}<|TEXT_PROMPT_END|>\nassistant:<|SPEECH_GENERATION_START|>"
)
_FRAME_TOKENS = 40  # at most
_SHORTEST = 2.0  # seconds of a clip that is worth encoding
_LONGEST_CLIP = 15.0  # as the publisher advises
_BEFORE, _AFTER = 0.05, 0.1  # seconds of sound kept around the words of a clip


@dataclass(frozen=True, slots=True)
class Told:
    """A voice, as the model is told it: codes of somebody speaking, and what they say, as phones."""

    codes: Codes
    phones: str


class NeuTTS:
    """The published networks as a :class:`vocasync.engines.tts.neural.Model`."""

    languages = LANGUAGES
    sample_rate = RATE
    seeded = True
    paced = False

    def __init__(self, name: str, config: EngineConfig, backbone: Backbone) -> None:
        self.name = name
        self._folder = store.folder(name, config.models)
        self._backbone = backbone
        self._decoder = Decoder(self._folder / "decoder.onnx")
        self._encoder = Encoder(store.folder(CODEC, config.models), config.device) if encodes(config) else None
        self._perth = None if perth_parts.missing(config) else perth.create(config)
        self._told = lru_cache(maxsize=32)(self._read)
        self._palette = recolour.Palette(self.heard)
        codec = store.mark(CODEC, config.models) if self._encoder else "none"
        self.version = f"1-{store.mark(name, config.models)}-{codec}"
        self.batch, self.device = backbone.batch, backbone.device
        self.stocks = frozenset(voice.name for voice in voices_in(self._folder))
        self.styled = self._encoder is not None  # elsewhere a tone cannot be told by a clip
        encoder = self._encoder.memory_bytes if self._encoder else 0
        self.memory_bytes = backbone.memory_bytes + self._decoder.memory_bytes + encoder

    def most_chars(self, code: str) -> int:
        """See the protocol; :meth:`too_long` is stricter."""
        return _MOST_CHARS

    def too_long(self, text: str, code: str) -> bool:
        """Whether a text and its sound would not fit into half of the context; the other half is the voice's."""
        tokens = self._backbone.count(_said(text, code)) + _FRAME_TOKENS
        return tokens + _SLOWER * _seconds(text) * PER_SECOND > self._backbone.context / 2

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        """The colour of the voice, and its codes and words where both can be had."""
        arrays = dict(recolour.arrays_of(reference))
        found = self._excerpt(clip, reference) if self._encoder else None
        if self._encoder is None or found is None:
            return arrays
        sound, text = found
        spoken = _said(text, reference.language or "en")
        return arrays | {"codes": self._encoder.codes(sound), "phones": np.asarray(spoken)}

    def mark(self, audio: Audio) -> Audio:
        """With Perth's watermark, as its publisher has it, where that can be loaded."""
        return self._perth.mark(audio) if self._perth else audio

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        """See the protocol. Raises ``weights_damaged`` where a voice's files are not what they should be, or where no
        voice is there at all."""
        line = lines[0]
        if emotion is None or line.strength <= 0:
            return [audio.samples for audio in self._in_voice(lines, voice)]
        tone = Profile.of_arrays(emotion).style
        if "codes" not in emotion:
            return [prosody.lay(audio, tone, line.strength).samples for audio in self._in_voice(lines, voice)]
        # The clip's own voice speaks in its tone; whoever is to speak is laid on that.
        wanted = recolour.arrays_of_audio(self.heard(self._stock(line))) if voice is None else voice
        spoken = Profile.of_arrays(emotion)
        return [
            self._palette.lay_on(audio, spoken, wanted, line.match, (tone, min(line.strength, 1.0))).samples
            for audio in self._continued(lines, _told(emotion))
        ]

    def heard(self, name: str) -> Audio:
        """The clip that a voice of the folder was made from."""
        return Audio(self._decoder.sound(self._told(name).codes), RATE)

    def _in_voice(self, lines: Sequence[Line], voice: Arrays | None) -> list[Audio]:
        line = lines[0]
        if voice is None:
            return self._continued(lines, self._told(self._stock(line)))
        if "codes" in voice:
            return self._continued(lines, _told(voice))
        stock = self._palette.nearest(voice, sorted(self.stocks) or [self._stock(line)])
        return [
            self._palette.lay(audio, stock, voice, line.match) for audio in self._continued(lines, self._told(stock))
        ]

    def _stock(self, line: Line) -> str:
        """Who speaks when nobody was given: the one that was chosen, else the first that there is."""
        name = line.stock or min(self.stocks, default="")
        if not name:
            raise safe.damaged(self._folder / "voices", "it holds no voice")
        return name

    def _continued(self, lines: Sequence[Line], told: Told) -> list[Audio]:
        """The lines in the voice of a clip; what has no sound in the language is silence."""
        texts = [_said(line.text, line.language) for line in lines]
        prompts = {
            number: self._prompt(line, text, told)
            for number, (line, text) in enumerate(zip(lines, texts, strict=True))
            if any(char.isalpha() for char in text)
        }
        answers = self._backbone.answer(list(prompts.values()), SETTINGS[0].value(lines[0].options)) if prompts else []
        found = dict(zip(prompts, answers, strict=True))
        return [Audio(self._decoder.sound(found.get(number, [])), RATE) for number in range(len(lines))]

    def _prompt(self, line: Line, text: str, told: Told) -> Prompt:
        codes = "".join(f"<|speech_{code}|>" for code in told.codes)
        prompt = _FRAME.format(f"{told.phones} {text}") + codes
        room = self._backbone.context - self._backbone.count(prompt)
        return Prompt(
            prompt, max(1, min(room, math.ceil(_LONGEST * (_seconds(line.text) + 1) * PER_SECOND))), line.seed
        )

    def _read(self, name: str) -> Told:
        """A voice of the folder. Raises ``weights_unsafe``, ``weights_damaged``."""
        path = self._folder / "voices" / f"{name}.pt"
        found = safe.load_checkpoint(path)
        words = path.with_suffix(".txt")
        with pretrained.failing(path):
            codes = np.asarray(found).reshape(-1)
            if codes.dtype.kind not in "iu" or not len(codes) or codes.min() < 0 or codes.max() >= CODES:
                raise ValueError("it does not hold the codes of a voice")
        with pretrained.failing(words):
            spoken = _said(words.read_text(encoding="utf-8").strip(), "en")
        tokens = len(codes) + self._backbone.count(spoken)
        if tokens > self._backbone.context / 2:
            raise safe.damaged(path, f"it is too long: {tokens} of {self._backbone.context // 2} tokens at most")
        return Told(codes.astype(np.int32), spoken)

    def _excerpt(self, clip: Audio, reference: VoiceReference) -> tuple[Audio, str] | None:
        """As much of a clip as is of use, with the words in it; None where these are not known."""
        most = min(_LONGEST_CLIP, 0.6 * self._backbone.context / 2 / PER_SECOND)
        if reference.words:
            regions, text = worded(reference, most)
            sound = profile.clip(replace(reference, regions=regions)) if regions else Audio(clip.samples[:0], clip.rate)
            return (sound, text) if sound.duration >= _SHORTEST else None
        return (clip, reference.transcript) if reference.transcript and clip.duration <= most else None


def create(config: EngineConfig) -> NeuralVoice:
    """The published model. Raises ``weights_unsafe``, ``weights_damaged``."""
    backbone = TorchBackbone(store.folder("neutts-air", config.models) / "backbone", config.device)
    return NeuralVoice(NeuTTS("neutts-air", config, backbone))


def create_gguf(config: EngineConfig) -> NeuralVoice:
    """Its edition for llama.cpp. Raises ``weights_damaged``."""
    backbone = LlamaBackbone(store.folder("neutts-air-gguf", config.models) / "backbone.gguf", config.device)
    return NeuralVoice(NeuTTS("neutts-air-gguf", config, backbone))


def worded(reference: VoiceReference, most: float) -> tuple[tuple[Region, ...], str]:
    """Stretches of a reference that hold whole words only, together ``most`` seconds at most, and these words."""
    chosen: list[Region] = []
    words: list[Word] = []
    left = most
    for region in reference.regions or (Region(0.0, math.inf),):
        inside = [word for word in reference.words if region.start <= (word.start + word.end) / 2 <= region.end]
        fitting = [word for word in inside if word.end + _AFTER - inside[0].start + _BEFORE <= left]
        if fitting:
            chosen.append(_around(fitting, region))
            words += fitting
            left -= chosen[-1].duration
        if len(fitting) < len(inside):
            break
    return tuple(chosen), " ".join(word.text for word in words)


def _around(words: Sequence[Word], region: Region) -> Region:
    return Region(
        max(region.start, words[0].start - _BEFORE, 0.0), max(words[-1].end, min(region.end, words[-1].end + _AFTER))
    )


def _told(arrays: Arrays) -> Told:
    return Told(arrays["codes"], str(arrays["phones"]))


def _said(text: str, code: str) -> str:
    return phones(text, language(code).espeak)


def _seconds(text: str) -> float:
    return len(text) / _CHARS_A_SECOND
