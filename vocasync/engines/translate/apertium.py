"""Apertium: rule-based translation with the Debian packages' language pairs, offline, on persistent processes."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence

from vocasync.engines.base import EngineConfig, Translated
from vocasync.engines.translate import apertium_text as stream
from vocasync.engines.translate.keeping import bare, kept
from vocasync.engines.translate.nullflush import ModePipeline
from vocasync.engines.translate.pairs import unsupported
from vocasync.engines.translate.phrases import phrase
from vocasync.engines.translate.routes import modes_folder, route
from vocasync.errors import PipelineError
from vocasync.progress import Progress

LABEL = "Apertium"
MODES = 4
"""Pipelines kept running: each is about ten processes and up to 200 MB."""


class ApertiumTranslator:
    """One pipeline a mode, started on first use and kept until :meth:`close`; safe in threads and across a fork."""

    name = "apertium"
    version = "1"
    contextual = False

    def __init__(self) -> None:
        self._pipelines: dict[str, ModePipeline] = {}
        self._guard = threading.Lock()
        _LIVE.add(self)
        weakref.finalize(self, _close_all, self._pipelines)

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        progress: Progress,
        around: tuple[str, str] = ("", ""),
    ) -> list[Translated]:
        """See :class:`vocasync.engines.base.Translator`. ``unsure``: Apertium did not know some word.

        Raises ``pair_unsupported``, and ``translation_failed`` when its processes cannot be kept alive.
        """
        chain = route(source, target)
        if not chain:
            raise unsupported(source, target)
        done: list[Translated] = []
        for text in texts:
            progress.check()
            done.append(self._text(text, chain, source, target))
            progress.report(len(done) / len(texts))
        return done

    def close(self) -> None:
        """End all processes."""
        _close_all(self._pipelines)

    def pids(self) -> tuple[int, ...]:
        """Of all running processes."""
        return tuple(pid for pipeline in self._pipelines.values() for pid in pipeline.pids)

    def forget(self) -> None:
        """In a forked child: start afresh, with nothing shared with the parent."""
        self._guard = threading.Lock()
        for pipeline in self._pipelines.values():
            pipeline.forget()

    def _text(self, text: str, chain: tuple[str, ...], source: str, target: str) -> Translated:
        """Formulae from the table, everything between them through the modes, in one piece."""
        pieces: list[Translated] = []
        for run, known in _runs(text, source, target):
            pieces.append(Translated(known) if known else self._run(run, chain))
        joined = " ".join(piece.text for piece in pieces)
        finished = stream.spanish_marks(joined) if target == "es" else joined
        return Translated(finished, any(piece.unsure for piece in pieces))

    def _run(self, text: str, chain: tuple[str, ...]) -> Translated:
        words, tail = stream.split_tail(stream.hide(text))
        if not words:
            return Translated(bare(" ".join(text.split())))
        closed = words if stream.TERMINAL.intersection(words[-4:]) else f"{words}."
        unsure = False
        result = closed
        for mode in chain:
            result, marked = stream.unwrap(self._ask(mode, stream.wrap(result)))
            unsure = unsure or marked
        if closed is not words:
            result = result.rstrip("".join(stream.TERMINAL) + " ")
        return Translated(bare(stream.show(stream.lowered(words, result) + tail)), unsure)

    def _ask(self, mode: str, text: str) -> str:
        with self._guard:
            pipeline = self._pipelines.pop(mode, None) or ModePipeline(modes_folder() / f"{mode}.mode")
            self._pipelines[mode] = pipeline  # the last in the dictionary is the last used
            idle = [self._pipelines.pop(next(iter(self._pipelines))) for _ in range(len(self._pipelines) - MODES)]
        for old in idle:
            old.close()
        try:
            return pipeline.ask(text)
        except OSError as error:
            raise PipelineError("translation_failed", label=LABEL, reason=f"{error}. Press Retry.") from error


def _runs(text: str, source: str, target: str) -> list[tuple[str, str]]:
    """The text in order as (sentences, translation): one formula with its translation, or neighbours without any."""
    runs: list[tuple[str, str]] = []
    for sentence in stream.sentences(text):
        known = "" if kept(sentence) else phrase(sentence, source, target)
        if not known and runs and not runs[-1][1]:
            runs[-1] = (f"{runs[-1][0]} {sentence}", "")
        else:
            runs.append((sentence, known))
    return runs


def _close_all(pipelines: dict[str, ModePipeline]) -> None:
    for pipeline in pipelines.values():
        pipeline.close()


_LIVE: weakref.WeakSet[ApertiumTranslator] = weakref.WeakSet()


def _after_fork() -> None:
    for translator in _LIVE:
        translator.forget()


os.register_at_fork(after_in_child=_after_fork)


def create(_config: EngineConfig) -> ApertiumTranslator:
    """The engine; its processes start with the first text of a pair."""
    return ApertiumTranslator()
