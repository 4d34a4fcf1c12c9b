"""eSpeak NG through ctypes, on the library and data that the espeakng-loader wheel ships (no system package).

The library keeps one global state and is not thread-safe, so there is one :class:`Espeak` a process (:func:`shared`),
in synchronous mode (which starts no threads), behind a lock that is also held across a fork: a child inherits a library
that is whole, never one in the middle of a sentence. It is loaded anew for every utterance, so that the same request
always sounds the same. Interface: ``speak_lib.h`` of eSpeak NG 1.52.
"""

from __future__ import annotations

import _ctypes
import bisect
import ctypes as c
import os
import re
import tempfile
import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vocasync.engines.tts.voices import definition
from vocasync.types import Audio, Speech, SpeechMark

NATURAL_RATE = 175
"""Words a minute at which the voices were tuned; 80 to 450 is what the library takes."""

_SHORT = "/tmp"  # noqa: S108 (files in it are made by tempfile: nobody else's is ever opened)
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA, _DONT_EXIT = 0x1, 0x2, 0x8000
_UTF8 = 1
_IPA = 0x02
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_END_OF_LIST, _WORD, _SENTENCE, _END, _PHONEME = 0, 1, 2, 5, 7

_CHINESE_OR_JAPANESE = r"\u3040-\u30ff\u3400-\u9fff"  # written without spaces: every character counts as a word
_TOKEN = re.compile(rf"[{_CHINESE_OR_JAPANESE}]|[^\s{_CHINESE_OR_JAPANESE}]+")
_PUNCTUATION = ".,;:!?¡¿…\"“”„«»‘’'()[]{}<>|–—-।॥،؛؟。、！？"


def _short_folder() -> str | None:
    """Where a file for the library may be: it cuts off paths at some 60 characters, and a system's own folder for
    temporary files may be longer than that. None for that one, where there is no other."""
    return _SHORT if os.access(_SHORT, os.W_OK | os.X_OK) else None


class _Id(c.Union):
    _fields_ = [("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8)]


class _Event(c.Structure):
    _fields_ = [
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    ]


_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class _Heard:
    """An event of the library. sample: position in the sound. position: of a word in the text, in characters from 1.

    word: as written, once it is known."""

    kind: int
    sample: int
    position: int
    phoneme: str
    word: str = ""


class Espeak:
    """The library, loaded and initialised. Use :func:`shared`: a second one in a process would share its state."""

    def __init__(self) -> None:
        self._blocks: list[Any] = []
        self._events: list[_Heard] = []
        self._callback = _Callback(self._receive)  # kept: the library calls it for as long as it lives
        self._load()

    def _load(self) -> None:
        import espeakng_loader

        self._lib = _declare(c.CDLL(espeakng_loader.get_library_path()))
        data = os.fsencode(espeakng_loader.get_data_path())
        flags = _PHONEME_EVENTS | _PHONEME_IPA | _DONT_EXIT
        self.rate: int = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, data, flags)
        if self.rate <= 0:
            raise RuntimeError(f"eSpeak NG could not read its data in {os.fsdecode(data)}")
        self._lib.espeak_SetSynthCallback(self._callback)

    def _restart(self) -> None:
        """Unload the library and load it again (half a millisecond), so that it remembers nothing.

        Some of its state cannot be put back by any call: where a trilled r of one utterance stopped in its pulses is
        where that of the next one goes on, and the same words would sound different in another worker."""
        handle = self._lib._handle
        self._lib.espeak_Terminate()
        _ctypes.dlclose(handle)
        self._load()

    def synthesize(
        self,
        text: str,
        voice: str = "en-us",
        rate_wpm: int = NATURAL_RATE,
        pitch: int = 50,
        pitch_range: int = 50,
        word_gap: int = 0,
        volume: int = 100,
    ) -> Speech:
        """Say ``text``.

        voice: a name such as ``en-us``, with a variant ``en-us+f5``. rate_wpm: 80 to 450. pitch, pitch_range: 0 to
        100, 50 is the voice's own. word_gap: extra pause between words, in 10 ms. volume: 0 to 200.
        Returns float32 sound at 22,050 Hz (empty when there is nothing to say) and word and phoneme marks (IPA).
        Raises ValueError for a voice that is not there.
        """
        said = text.replace("\0", " ")
        encoded = said.encode("utf-8", "ignore") + b"\0"
        settings = {_RATE: rate_wpm, _VOLUME: volume, _PITCH: pitch, _RANGE: pitch_range, _WORD_GAP: word_gap}
        with _lock:
            self._restart()
            self._set_voice(voice)
            for name, value in settings.items():
                self._lib.espeak_SetParameter(name, int(value), 0)
            self._blocks, self._events = [], []
            status = self._lib.espeak_Synth(encoded, len(encoded), 0, 1, 0, _UTF8, None, None)
            blocks, events = self._blocks, self._events
        if status != 0:
            raise RuntimeError(f"eSpeak NG failed with status {status}")
        pcm = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
        samples = pcm.astype(np.float32) / np.float32(32768)
        marks = _marks(said, events, len(samples), self.rate)
        return Speech(Audio(samples, self.rate), marks)

    def phonemize(self, text: str, voice: str = "en-us") -> str:
        """The text's pronunciation in IPA with stress marks, clauses joined by a space.

        Raises ValueError for a voice that is not there.
        """
        buffer = c.create_string_buffer(text.replace("\0", " ").encode("utf-8", "ignore"))
        rest = c.c_void_p(c.addressof(buffer))
        clauses = []
        with _lock:
            self._set_voice(voice)
            while rest.value:
                clause = self._lib.espeak_TextToPhonemes(c.byref(rest), _UTF8, _IPA)
                clauses.append((clause or b"").decode("utf-8", "replace").strip())
        return " ".join(clause for clause in clauses if clause)

    def _set_voice(self, voice: str) -> None:
        """Load a voice, and start its random numbers where they always start."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="espeak-voice-", dir=_short_folder()) as file:
            file.write(definition(voice))
            file.flush()
            status = self._lib.espeak_ng_SetVoiceByFile(os.fsencode(file.name))
        if status != 0:
            raise RuntimeError(f"eSpeak NG could not load the voice “{voice}” (status {status:#x})")
        self._lib.espeak_ng_SetRandSeed(1)

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != _END_OF_LIST:
            event = events[index]
            phoneme = event.id.string.decode("utf-8", "ignore") if event.type == _PHONEME else ""
            self._events.append(_Heard(event.type, event.sample, event.text_position, phoneme))
            index += 1
        return 0


def _declare(library: c.CDLL) -> c.CDLL:
    library.espeak_Initialize.argtypes = [c.c_int, c.c_int, c.c_char_p, c.c_int]
    library.espeak_ng_SetVoiceByFile.argtypes = [c.c_char_p]
    library.espeak_ng_SetRandSeed.argtypes = [c.c_long]
    library.espeak_SetParameter.argtypes = [c.c_int, c.c_int, c.c_int]
    library.espeak_Synth.argtypes = [
        c.c_char_p, c.c_size_t, c.c_uint, c.c_int, c.c_uint, c.c_uint, c.POINTER(c.c_uint), c.c_void_p,
    ]  # fmt: skip
    library.espeak_TextToPhonemes.argtypes = [c.POINTER(c.c_void_p), c.c_int, c.c_int]
    library.espeak_TextToPhonemes.restype = c.c_char_p
    return library


def _marks(text: str, events: list[_Heard], samples: int, rate: int) -> tuple[SpeechMark, ...]:
    """Words and phonemes with times, in order; a word before its phonemes."""
    phonemes = [
        SpeechMark("phoneme", event.phoneme, start / rate, end / rate)
        for event, start, end in _spans(events, {_PHONEME, _END}, samples)
        if event.phoneme.strip("_: ") and end > start
    ]
    words = []
    for event, start, end in _spans(_whole_words(text, events), {_WORD, _SENTENCE, _END}, samples):
        if event.kind == _WORD and end > start:
            words.append(SpeechMark("word", event.word, *_sounding(phonemes, start / rate, end / rate)))
    return tuple(sorted(words + phonemes, key=lambda mark: (mark.start, mark.kind != "word")))


def _whole_words(text: str, events: list[_Heard]) -> list[_Heard]:
    """The events with one a written word: numbers and contractions ("42", "m'appelle") are announced in parts."""
    tokens = [(match.end(), match[0]) for match in _TOKEN.finditer(text)]
    ends = [end for end, _ in tokens]
    kept: list[_Heard] = []
    last = -1
    for event in events:
        if event.kind == _WORD:
            token = bisect.bisect_right(ends, event.position - 1)
            if token <= last or token == len(tokens):
                continue
            last = token
            event = replace(event, word=tokens[token][1].strip(_PUNCTUATION) or tokens[token][1])
        kept.append(event)
    return kept


def _spans(events: list[_Heard], kinds: set[int], samples: int) -> list[tuple[_Heard, int, int]]:
    """Each event of ``kinds`` with its first sample and that of the next one."""
    chosen = [event for event in events if event.kind in kinds]
    edges = [min(event.sample, samples) for event in chosen] + [samples]
    return [(event, edges[i], edges[i + 1]) for i, event in enumerate(chosen)]


def _sounding(phonemes: list[SpeechMark], start: float, end: float) -> tuple[float, float]:
    """Where a word that owns ``start`` to ``end`` is heard: the pause after it is not part of it.

    Word events come up to some ms before their first phoneme, so a phoneme belongs where its middle lies."""
    own = [mark for mark in phonemes if start <= (mark.start + mark.end) / 2 < end]
    return (own[0].start, own[-1].end) if own else (start, end)


_lock = threading.Lock()
_shared: Espeak | None = None
_shared_guard = threading.Lock()


def shared() -> Espeak:
    """The process's one :class:`Espeak`, initialised on first use; a forked child goes on with what it inherited."""
    global _shared
    with _shared_guard:
        if _shared is None:
            _shared = Espeak()
        return _shared


def _before_fork() -> None:
    _shared_guard.acquire()
    _lock.acquire()


def _after_fork() -> None:
    _lock.release()
    _shared_guard.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
