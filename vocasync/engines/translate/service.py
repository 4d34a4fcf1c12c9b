"""A translator around a service that is paid by the character: what all of them have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from vocasync.engines.base import Translated
from vocasync.engines.translate.keeping import bare, behind_places
from vocasync.engines.translate.parts import groups, one_line, parts
from vocasync.engines.translate.routes import Pair
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.spending import spend

CONTEXT_CHARS = 2_000
"""Of the neighbours, at most this much on either side is shown as context."""


class Vendor(Protocol):
    """One service, by its documented protocol.

    most: texts in a request. room: of their sizes together. contextual: whether it takes context that it does not
    translate (and does not ask money for).
    """

    name: str
    label: str
    version: str
    most: int
    room: int
    contextual: bool

    def size(self, text: str) -> int:
        """What a text takes of the room."""

    def pair(self, source: str, target: str, progress: Progress) -> Pair:
        """The service's own codes of two languages. Raises ``pair_unsupported`` before anything is spent."""

    def keeps(self, pair: Pair) -> bool:
        """Whether it can be told, in markup, to leave a part of a text alone."""

    def ask(self, texts: Sequence[str], pair: Pair, context: str, progress: Progress) -> list[str]:
        """One request. Where the service keeps what it is told to, texts may have stretches to be kept
        (:mod:`vocasync.engines.translate.keeping`); the answers are plain.

        Raises the ``service_…`` errors of :mod:`vocasync.engines.cloud`."""

    def unreadable(self) -> PipelineError:
        """The error of an answer that is not what is documented."""

    def close(self) -> None:
        """Let go of the connections."""


class ServiceTranslator:
    """See :class:`vocasync.engines.base.Translator`. Each text is translated by itself, in requests of several.

    Raises ``pair_unsupported``, and the ``service_…`` errors of :mod:`vocasync.engines.cloud`.
    """

    def __init__(self, vendor: Vendor) -> None:
        self.name = vendor.name
        self.version = vendor.version
        self.contextual = vendor.contextual
        self._vendor = vendor

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        progress: Progress,
        around: tuple[str, str] = ("", ""),
    ) -> list[Translated]:
        """See :class:`vocasync.engines.base.Translator`."""
        vendor = self._vendor
        progress.check()
        pair = vendor.pair(source, target, progress)
        cut = [parts(one_line(text), vendor.room, vendor.size) for text in texts]
        flat = [part for text in cut for part in text]
        context = _context(texts, around) if vendor.contextual else ""
        answers: list[str] = []
        for group in groups(flat, vendor.most, vendor.room, vendor.size):
            answers += self._group(group, pair, context, progress)
            progress.report(len(answers) / len(flat))
        left = iter(answers)
        return [Translated(_joined(text, left)) for text in cut]

    def close(self) -> None:
        """Let go of the connections."""
        self._vendor.close()

    def _group(self, group: Sequence[str], pair: Pair, context: str, progress: Progress) -> list[str]:
        def ask(texts: Sequence[str]) -> list[str]:
            answers = self._vendor.ask(texts, pair, context, progress)
            spend("translate", self.name, sum(len(bare(text)) for text in texts))
            if len(answers) != len(texts):
                raise self._vendor.unreadable()
            return answers

        return ask(group) if self._vendor.keeps(pair) else behind_places(group, ask)


def _joined(text: Sequence[str], answers: Iterator[str]) -> str:
    return " ".join(" ".join(next(answers).split()) for _ in text)


def _context(texts: Sequence[str], around: tuple[str, str]) -> str:
    """What is said before, in and after the texts: a segment is often half of a sentence."""
    before, after = around
    said = " ".join([before[-CONTEXT_CHARS:], *texts, after[:CONTEXT_CHARS]])
    return bare(one_line(said))[: 4 * CONTEXT_CHARS]
