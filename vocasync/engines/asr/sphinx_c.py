"""PocketSphinx's C functions, called directly: unlike the methods of its Python package they leave the interpreter free
for others while they work, and let what a decoder has learned of the sound be read and set.

They are taken from the library that the package brings. A package that does not show them is refused
(``engine_not_ready``), as far as live speech goes.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.asr import vocabulary
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError

LABEL = "PocketSphinx"

Setting = int | float | bool | str

_POINTER, _INT, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p  # 32 bits wherever this runs
_STEP = math.log(1.0001)  # of the library's logarithms
_OUT = ctypes.POINTER(_INT)
_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "err_set_loglevel_str": (_TEXT, (_TEXT,)),
    "ps_config_init": (_POINTER, (_POINTER,)),
    "ps_config_free": (_INT, (_POINTER,)),
    "ps_config_set_str": (_POINTER, (_POINTER, _TEXT, _TEXT)),
    "ps_config_set_int": (_POINTER, (_POINTER, _TEXT, ctypes.c_long)),
    "ps_config_set_bool": (_POINTER, (_POINTER, _TEXT, _INT)),
    "ps_config_set_float": (_POINTER, (_POINTER, _TEXT, ctypes.c_double)),
    "ps_init": (_POINTER, (_POINTER,)),
    "ps_free": (_INT, (_POINTER,)),
    "ps_start_stream": (_INT, (_POINTER,)),
    "ps_start_utt": (_INT, (_POINTER,)),
    "ps_process_raw": (_INT, (_POINTER, _POINTER, ctypes.c_size_t, _INT, _INT)),
    "ps_end_utt": (_INT, (_POINTER,)),
    "ps_get_cmn": (_TEXT, (_POINTER, _INT)),
    "ps_set_cmn": (_INT, (_POINTER, _TEXT)),
    "ps_seg_iter": (_POINTER, (_POINTER,)),
    "ps_seg_next": (_POINTER, (_POINTER,)),
    "ps_seg_word": (_TEXT, (_POINTER,)),
    "ps_seg_frames": (None, (_POINTER, _OUT, _OUT)),
    "ps_seg_prob": (_INT, (_POINTER, _OUT, _OUT, _OUT)),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A word as the decoder has it, silences and noises too. first, last: frames of 10 ms, both within it. posterior:
    0 to 1, of a word that is final (1 before)."""

    word: str
    first: int
    last: int
    posterior: float


def missing(config: EngineConfig) -> str:
    """What lacks for live speech, a sentence; "" for nothing. ``config`` has no part in it."""
    path = _path()
    if path is None:
        return "its package does not have its library: run `make setup`."
    try:
        _library(path)
    except (OSError, AttributeError):
        return "its package does not show the functions for live speech: run `make setup`."
    return ""


def _path() -> Path | None:
    """Where the library is, which the package also is to Python."""
    package = find_spec("pocketsphinx")
    folders = [Path(folder) for folder in (package.submodule_search_locations or ()) if package] if package else []
    places = (folder / f"_pocketsphinx{suffix}" for folder in folders for suffix in EXTENSION_SUFFIXES)
    return next((place for place in places if place.is_file()), None)


@cache
def _library(path: Path) -> ctypes.CDLL:
    """The library with its functions' types. Raises OSError, and AttributeError where it lacks one."""
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.err_set_loglevel_str(b"FATAL")
    return library


class Decoder:
    """One decoder with its own model, about 90 MB and half a second. Not shared between threads, and let go by
    :meth:`close` alone, which is not to be called while anything else of it runs.

    Raises ``engine_not_ready`` where the package lacks the functions or its model.
    """

    def __init__(self, settings: Mapping[str, Setting]) -> None:
        lack = missing(EngineConfig())
        path = _path()
        if lack or path is None:
            raise PipelineError("engine_not_ready", label=LABEL, missing=lack)
        self._c = _library(path)
        self._decoder = self._made(path.parent / "model" / "en-us", settings)
        if not self._decoder:
            raise PipelineError("engine_not_ready", label=LABEL, missing="its model is damaged: run `make setup`.")
        self._under_way = False

    def _made(self, folder: Path, settings: Mapping[str, Setting]) -> int:
        """0 where the model lacks something."""
        model = {"hmm": str(folder / "en-us"), "lm": str(folder / "en-us.lm.bin")}
        try:
            with vocabulary.written(folder) as words:
                return self._initialised({**model, "dict": str(words), **settings})
        except OSError:
            return 0

    def _initialised(self, settings: Mapping[str, Setting]) -> int:
        config = self._c.ps_config_init(None)
        for name, value in settings.items():
            self._set(config, name, value)
        decoder = self._c.ps_init(config)
        self._c.ps_config_free(config)
        return int(decoder or 0)

    def _set(self, config: int, name: str, value: Setting) -> None:
        kinds = {bool: "bool", int: "int", float: "float"}
        kind = kinds.get(type(value), "str")
        getattr(self._c, f"ps_config_set_{kind}")(
            config, name.encode(), value.encode() if isinstance(value, str) else value
        )

    def begin_stream(self) -> None:
        """Forget what was learned of the noise."""
        self._c.ps_start_stream(self._decoder)

    def start(self) -> None:
        """Begin an utterance."""
        self._done(self._c.ps_start_utt(self._decoder))
        self._under_way = True

    def process(self, sound: NDArray[np.int16]) -> None:
        """More of the utterance, at 16 kHz."""
        whole = np.ascontiguousarray(sound)
        self._done(self._c.ps_process_raw(self._decoder, whole.ctypes.data, len(whole), 0, 0))

    def end(self) -> None:
        """End the utterance: what it holds is final."""
        self._under_way = False
        self._done(self._c.ps_end_utt(self._decoder))

    def set_mean(self, values: Iterable[float]) -> None:
        """The cepstral mean that is taken off from now on; the decoder takes it for that of 500 frames."""
        self._done(self._c.ps_set_cmn(self._decoder, ",".join(f"{value:.3f}" for value in values).encode()))

    def moved_mean(self) -> tuple[float, ...]:
        """The mean moved by all that was heard since it was set, which is taken off from now on."""
        found = self._c.ps_get_cmn(self._decoder, 1).decode()
        return tuple(float(number) for number in found.split(","))

    def words(self) -> Iterator[Heard]:
        """What it hears in the utterance so far, or in the last one, silences and noises too."""
        first, last, unwanted = _INT(), _INT(), _INT()
        found = self._c.ps_seg_iter(self._decoder)
        while found:
            word = self._c.ps_seg_word(found)
            self._c.ps_seg_frames(found, first, last)
            posterior = self._c.ps_seg_prob(found, unwanted, unwanted, unwanted) * _STEP
            yield Heard((word or b"").decode(errors="replace"), first.value, last.value, math.exp(min(posterior, 0.0)))
            found = self._c.ps_seg_next(found)

    def abandon(self) -> None:
        """End the utterance that is under way, if there is one, whatever it holds."""
        if self._under_way:
            self.end()

    def close(self) -> None:
        """Let go of its memory; it is no decoder any more."""
        self._c.ps_free(self._decoder)

    def _done(self, result: int) -> None:
        if result < 0:
            raise PipelineError("recognizer_failed", label=LABEL, reason="the decoder refused the sound")
