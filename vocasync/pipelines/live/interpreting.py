"""What is said in a live session, in the target language: clause by clause, within a deadline."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any

from vocasync.engines.base import Translated, Translator
from vocasync.engines.translate.keeping import lost
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.stages.glossary import Term, put_in

TTL = 3600.0
"""Seconds for which a translation is remembered."""

MOST = 2_000
"""Translations that are remembered: the least recently used go first."""

DEADLINE = 3.0
"""Seconds that a clause may take to be translated: the talk goes on meanwhile."""

WARMING = 15.0
"""The same for the first one, which starts what the engine needs."""

CONTEXT = 3
"""Clauses before this one that a contextual engine is shown."""

_LATE = 4  # calls that were given up and still run, before no new one is begun
_WORDS = "water"  # no formula of the kind that is looked up rather than translated


class Interpreter:
    """Translates for one session. One thread uses it.

    translator: None where nothing is to be translated. glossary: see :mod:`vocasync.stages.glossary`. ttl: seconds for
    which a translation is remembered, in memory alone. deadline: seconds that a translation may take.
    """

    def __init__(
        self,
        translator: Translator | None,
        glossary: Sequence[Term] = (),
        ttl: float = TTL,
        *,
        deadline: float = DEADLINE,
    ) -> None:
        self._translator = translator
        self._glossary = tuple(glossary)
        self._deadline = deadline
        self._kept = Remembered(ttl, MOST)
        self._before: deque[tuple[str, str]] = deque(maxlen=CONTEXT)  # language, text
        self._running = threading.Semaphore(_LATE)

    def translate(self, text: str, source: str, target: str) -> Translated:
        """A clause in the target language; with no translator, or into the same language, the text as it is.

        unsure: the engine did not know some word, or one of the glossary got lost. Raises ``translation_failed`` when
        the engine breaks or does not answer in time, and what the engine raises: then nothing is to be spoken.
        """
        if self._translator is None or source == target or not text.strip():
            return Translated(text)
        before = self._context(source)
        self._before.append((source, text.strip()))
        marked = put_in(self._glossary, text.strip())
        key = (marked, source, target, before)
        found = self._kept.get(key)
        if found is None:
            found = self._asked(marked, source, target, before)
            self._kept.put(key, found)
        return found

    def warm(self, source: str, target: str) -> None:
        """Start what the engine starts with its first text; best while the session is being prepared. Raises what no
        other try would change, such as ``pair_unsupported``."""
        if self._translator is None or source == target:
            return
        try:
            self._within(lambda: self._call(_WORDS, source, target, ""), WARMING)
        except PipelineError as error:
            if error.permanent:
                raise

    def _context(self, source: str) -> str:
        """What was said just before in the same language, where the engine makes use of it."""
        if self._translator is None or not self._translator.contextual:
            return ""
        return " ".join(text for language, text in self._before if language == source)

    def _asked(self, text: str, source: str, target: str, before: str) -> Translated:
        made: Translated = self._within(lambda: self._call(text, source, target, before), self._deadline)
        return Translated(made.text, made.unsure or lost(text, made.text))

    def _call(self, text: str, source: str, target: str, before: str) -> Translated:
        if self._translator is None:
            raise ValueError("there is no translator")
        return self._translator.translate([text], source, target, Silent(), (before, ""))[0]

    def _within(self, call: Callable[[], Any], deadline: float) -> Any:
        """What a call gives before so many seconds. One that does not end is left to itself, on a thread of its own;
        while several do not end, no further one is begun."""
        if not self._running.acquire(blocking=False):
            raise self._failed("it has not answered for some time.")
        answer: SimpleQueue[tuple[Any] | BaseException] = SimpleQueue()

        def work() -> None:
            try:
                answer.put((call(),))
            except BaseException as error:  # whatever it is, it is the caller's
                answer.put(error)
            finally:
                self._running.release()

        # A copy of this context: what is spent there is counted here.
        threading.Thread(target=copy_context().run, args=(work,), name="translate", daemon=True).start()
        try:
            found = answer.get(timeout=deadline)
        except Empty:
            raise self._failed(f"it did not answer within {deadline:g} seconds.") from None
        if isinstance(found, (PipelineError, Cancelled)):
            raise found
        if isinstance(found, BaseException):
            raise self._failed(f"{type(found).__name__}: {found}") from found
        return found[0]

    def _failed(self, reason: str) -> PipelineError:
        return PipelineError("translation_failed", label=getattr(self._translator, "name", ""), reason=reason)


class Remembered:
    """Answers in memory: each for ``ttl`` seconds, ``most`` of them at most."""

    def __init__(self, ttl: float, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl, self._most, self._clock = ttl, most, clock
        self._kept: OrderedDict[Any, tuple[float, Translated]] = OrderedDict()

    def get(self, key: Any) -> Translated | None:
        """What was remembered and is not too old."""
        until, found = self._kept.get(key, (0.0, None))
        if found is None or self._clock() >= until:
            self._kept.pop(key, None)
            return None
        self._kept.move_to_end(key)
        return found

    def put(self, key: Any, value: Translated) -> None:
        """Remember; what was not used for longest goes where there is no room."""
        self._kept[key] = (self._clock() + self._ttl, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
