"""What is asked of XTTS and YourTTS before either is loaded: languages, limits, settings, voices of their own (light to
import), and what both need of ``coqui-tts``."""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from vocasync.engines.base import EngineConfig, SettingSpec, StockVoice
from vocasync.errors import PipelineError
from vocasync.weights import safe, store

XTTS = "xtts-v2"
YOURTTS = "your-tts"
"""Names of the models."""

PACKAGES = ("TTS", "torch", "torchaudio", "torchcodec", "transformers")

# --- languages --------------------------------------------------------------------------------------------------------
XTTS_CHARS = {
    "en": 250,
    "es": 239,
    "fr": 273,
    "de": 253,
    "it": 213,
    "pt": 203,
    "pl": 224,
    "tr": 226,
    "ru": 182,
    "nl": 251,
    "cs": 186,
    "ar": 166,
    "zh": 82,
    "hu": 224,
    "ko": 95,
    "ja": 71,
    "hi": 150,
}
"""XTTS's languages, and how many characters of each it says without losing the thread (its own figures)."""

_WRITTEN_OUT = {"zh": "pypinyin", "ja": "cutlet"}
"""Packages that turn a script into the letters that XTTS reads."""

YOURTTS_LANGUAGES = {"en": "en", "fr": "fr-fr", "pt": "pt-br"}
"""YourTTS's languages, by our codes."""


def xtts_languages() -> frozenset[str]:
    """Codes that XTTS speaks here."""
    return frozenset(code for code in XTTS_CHARS if find_spec(_WRITTEN_OUT.get(code, "json")) is not None)


_WAYS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: re.sub(r"\d+", r" \g<0> ", text),
    lambda text: re.sub(r"\d", r" \g<0> ", text),
)
"""How a text is given to the library, until it can read it: as it is, numbers apart from signs (it knows no ordinals in
Czech), digits apart (it counts no further than some)."""


def readable(text: str, read: Callable[[str], object]) -> str:
    """The text so that the library can write out its numbers. read: what the library does with a text, which raises
    where it cannot."""
    for way in _WAYS:
        written = way(text)
        with contextlib.suppress(OverflowError, NotImplementedError, ValueError, IndexError, KeyError):
            read(written)
            return written
    return re.sub(r"\d", " ", text)


# --- settings ---------------------------------------------------------------------------------------------------------
XTTS_SETTINGS = (
    SettingSpec(
        "temperature",
        "Temperature",
        0.1,
        1.0,
        0.75,
        "How freely the voice varies: low is even and keeps to the text, high is livelier and slips more often.",
    ),
    SettingSpec(
        "repetition_penalty",
        "Repetition penalty",
        1.0,
        15.0,
        5.0,
        "Raise it when the voice stutters or drags sounds out; lower it when it swallows words.",
    ),
)

YOURTTS_SETTINGS = (
    SettingSpec(
        "variation",
        "Variation",
        0.0,
        1.0,
        0.3,
        "How much the sound of a take differs from the plainest one: 0 is always the same, 1 is rough.",
    ),
    SettingSpec(
        "rhythm",
        "Variation of the rhythm",
        0.0,
        1.0,
        0.3,
        "How much the lengths of sounds and pauses differ from the plainest ones.",
    ),
)


Known = TypeVar("Known")


# --- voices of their own ----------------------------------------------------------------------------------------------
def own(speakers: Mapping[str, Known], stock: str, file: str) -> Known:
    """What a model knows of its voice ``stock`` ("" for its first). file: where its voices are from. Raises
    ``stock_unknown``."""
    name = stock or next(iter(speakers), "")
    if name not in speakers:
        raise PipelineError("stock_unknown", name=name or file)
    return speakers[name]


def xtts_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """The speakers of ``speakers_xtts.pth``."""
    return tuple(StockVoice(name, name) for name in _listed(store.folder(XTTS, config.models) / "speakers_xtts.pth"))


def yourtts_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """The speakers of ``speakers.json``; of those that differ in nothing but blanks, the first."""
    found: dict[str, StockVoice] = {}
    for name in _listed(store.folder(YOURTTS, config.models) / "speakers.json"):
        sex = name.partition("-")[0]
        found.setdefault(name, StockVoice(name, name, sex if sex in ("female", "male") else ""))
    return tuple(found.values())


_UNREADABLE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, IndexError, RuntimeError, StopIteration),
    *(zipfile.BadZipFile, pickle.UnpicklingError),
)


def _listed(path: Path) -> tuple[str, ...]:
    """The names in a file of speakers; of one that is not there or cannot be read, none: loading tells what is wrong
    with it."""
    try:
        about = path.stat()
        return _names(path, about.st_mtime_ns, about.st_size)
    except _UNREADABLE:
        return ()


@lru_cache(maxsize=8)
def _names(path: Path, changed: int, size: int) -> tuple[str, ...]:
    if path.suffix == ".json":
        return tuple(str(clip["name"]).strip() for clip in json.loads(path.read_bytes()).values())
    with zipfile.ZipFile(path) as archive:
        program = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(program) as stream:
            return tuple(map(str, _Outline(stream).load()))


class _Outline(pickle.Unpickler):
    """What is in a checkpoint apart from its tensors, without PyTorch: no function that a pickle names is ever fetched,
    so that nothing in it can run."""

    def find_class(self, module: str, name: str) -> Any:
        """Stands for whatever was asked for."""
        return _Blank

    def persistent_load(self, pid: Any) -> Any:
        """Stands for a tensor's bytes."""
        return _Blank()


class _Blank:
    """Takes whatever a pickle does with an object, and does nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> _Blank:
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        return None

    def __setitem__(self, key: Any, value: Any) -> None:
        return None


# --- loading ----------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what ``coqui-tts`` and ``transformers`` warn of, which says nothing to whoever runs the site."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def hush() -> None:
    """Have the library log nothing short of an error: its warnings quote what people have spoken."""
    logging.getLogger("TTS").setLevel(logging.ERROR)


def settings_of(path: Path) -> dict[str, Any]:
    """What a model's JSON file says. Raises ``weights_damaged``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise safe.damaged(path, "it is not there") from None
    except (OSError, ValueError) as error:
        raise safe.damaged(path, "it is no JSON file, or cut off") from error
    if not isinstance(found, dict):
        raise safe.damaged(path, "it holds no table of settings")
    return found


def unfilled() -> contextlib.AbstractContextManager[Any]:
    """Inside, new layers are not filled with random numbers: that takes seconds, and a checkpoint replaces them all."""
    from torch.overrides import TorchFunctionMode

    class Unfilled(TorchFunctionMode):
        """Passes over what fills a tensor by chance."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(func, "__name__", "") in ("normal_", "uniform_", "xavier_uniform_", "kaiming_normal_"):
                return args[0] if args else kwargs["tensor"]
            return func(*args, **(kwargs or {}))

    mode: contextlib.AbstractContextManager[Any] = Unfilled()
    return mode
