"""What voice engines compute of voices and of tones: once a voice and version of the engine, for everybody.

It lies in a folder of the voice (or of the emotion reference), so that dubs, previews and all workers find it there; a
file's name says what it was made from. Two workers that want it at once make it twice, each a whole file, and both are
the same. What an older version of the engine made, or what was made from other samples, goes when it is made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines.base import VoiceEngine
from vocasync.engines.cache import EngineCache
from vocasync.progress import Progress
from vocasync.types import SpeakerVoice, VoiceReference

_LOADED = EngineCache(capacity=24)
"""Those that were read lately."""

Prepare = Callable[[VoiceReference, Path, Progress], None]


class Listening(Protocol):
    """What hears voices: a voice engine, a converter."""

    name: str
    version: str

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None: ...
    def load(self, path: Path) -> Any: ...


class VoiceConditions:
    """The conditionings of voices that one engine has."""

    def __init__(self, engine: Listening) -> None:
        self._engine = engine

    def has_voice(self, voice: SpeakerVoice, folder: Path) -> bool:
        """Whether a voice of the library is there for this engine."""
        return Workspace(folder).has(*self._name("voice", voice.mark))

    def voice(self, voice: SpeakerVoice | None, folder: Path, progress: Progress) -> Any | None:
        """The conditioning of a voice of the library, made where it is not there; None for one without a reference.

        Raises ``reference_too_short``."""
        if voice is None or voice.reference is None:
            return None
        return self._found("voice", voice.mark, voice.reference, folder, self._engine.prepare, progress)

    def load(self, path: Path, mark: str) -> Any:
        """A conditioning that a job has for itself, read once a process."""
        return _LOADED.get((str(path), mark), lambda: self._engine.load(path))

    def _name(self, kind: str, mark: str) -> tuple[str, str]:
        """The file's name, and what it is made from."""
        engine = self._engine
        whole = fingerprint("condition", 1, kind, mark, engine.name, engine.version)
        return f"{engine.name}-{kind}-{whole[:16]}", whole

    def _found(
        self, kind: str, mark: str, reference: VoiceReference, folder: Path, prepare: Prepare, progress: Progress
    ) -> Any:
        name, whole = self._name(kind, mark)

        def read() -> Any:
            try:
                return self._engine.load(folder / name)
            except FileNotFoundError:  # the voice changed, or went, since somebody looked
                _make(reference, folder, name, whole, prepare, progress)
                return self._engine.load(folder / name)

        if not Workspace(folder).has(name, whole):
            _make(reference, folder, name, whole, prepare, progress)
        return _LOADED.get((self._engine.name, whole), read)


class Conditions(VoiceConditions):
    """Those of voices and of tones."""

    def __init__(self, engine: VoiceEngine) -> None:
        super().__init__(engine)
        self._voice_engine = engine

    def has_emotion(self, reference: VoiceReference, folder: Path) -> bool:
        """Whether the tone of an emotion reference is there for this engine."""
        return Workspace(folder).has(*self._name("emotion", _emotion_mark(reference)))

    def emotion(self, reference: VoiceReference | None, folder: Path, progress: Progress) -> Any | None:
        """The tone of an emotion reference, made where it is not there. Raises ``reference_too_short``."""
        if reference is None:
            return None
        mark = _emotion_mark(reference)
        return self._found("emotion", mark, reference, folder, self._voice_engine.prepare_emotion, progress)


def _make(reference: VoiceReference, folder: Path, name: str, whole: str, prepare: Prepare, progress: Progress) -> None:
    with Workspace(folder).writing(name, whole) as path:
        prepare(reference, path, progress)
    for old in folder.glob(f"{name.rsplit('-', 1)[0]}-*"):
        if old.name.removesuffix(".mark") != name:
            old.unlink(missing_ok=True)


def _emotion_mark(reference: VoiceReference) -> str:
    return fingerprint(file_sha256(reference.audio), reference.regions)
