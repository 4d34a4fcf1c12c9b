"""How the base voices of eSpeak NG speak each language, untreated: reckoned once, and kept for every process after."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from vocasync.artifacts import Workspace, fingerprint
from vocasync.engines.cache import EngineCache
from vocasync.engines.tts import profile, style, world
from vocasync.engines.tts.corpus import sentences
from vocasync.engines.tts.espeakng import shared
from vocasync.engines.tts.matching import Colour
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.style import Style

_VERSION = 1
"""Grows when the same voice would be described otherwise."""

_HELD = 32  # in memory: 1 to 2 MB each

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """How a base voice of eSpeak NG speaks a language, untreated."""

    style: Style
    colour: Colour


class Bases:
    """folder: where they are kept; None for this process alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self._kept = Workspace(folder) if folder else None
        self._held = EngineCache(_HELD)  # two that want the same wait for one

    def of(self, name: str) -> Source:
        """By eSpeak's name of a language and a variant, such as ``es+f3``."""
        found: Source = self._held.get(name, lambda: self._found(name))
        return found

    def _found(self, name: str) -> Source:
        texts = sentences(name.partition("+")[0])
        file, mark = f"{name}.npz", fingerprint("base", _VERSION, version("espeakng-loader"), name, texts)
        if self._kept is not None and self._kept.has(file, mark):
            kept = Profile.load(self._kept.root / file)
            if kept.colour is not None:
                return Source(kept.style, kept.colour)
        described = _described(name, texts)
        self._keep(described, file, mark)
        return described

    def _keep(self, described: Source, file: str, mark: str) -> None:
        if self._kept is None:
            return
        try:
            with self._kept.writing(file, mark) as path:
                Profile(described.style, described.colour).save(path)
        except OSError as error:  # a disk that is full or not ours costs time, no more
            _log.warning("Base voices cannot be kept in %s: %s", self._kept.root, error)


def _described(name: str, texts: tuple[str, ...]) -> Source:
    """From sentences of its language: half a second's work."""
    spoken = [shared().synthesize(text, name).audio for text in texts]
    frames = list(world.analyse_all(spoken))
    return Source(style.measure(profile.joined(frames)), Colour.joined([Colour.of(one) for one in frames]))
