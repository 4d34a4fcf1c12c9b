"""A live session: sound goes in while it is spoken, and everything of :mod:`.events` comes out, in order.

    session = LiveSession(LiveRequest(Manner("es", "en")), EngineConfig(), tell=print)
    session.start()
    for chunk in chunks:  # 16 kHz mono, as it comes
        session.feed(chunk, time.monotonic())
    session.stop()

Of one clause its Transcript is told first, then its Translation, its Sound piece by piece, and Spoken; clauses come in
their order, each kind for itself, so that a clause's text never waits for the sound of the one before. Numbers are told
about once a second.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import replace

import numpy as np

from vocasync.engines.base import EngineConfig
from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.live import background
from vocasync.pipelines.live.backlog import Backlog
from vocasync.pipelines.live.belt import Belt
from vocasync.pipelines.live.booth import Booth, Clock
from vocasync.pipelines.live.events import Event, Numbers, Ready, Stopped
from vocasync.pipelines.live.furnishing import Chooser, Furnishing
from vocasync.pipelines.live.listening import Listening
from vocasync.pipelines.live.numbers import Tally
from vocasync.pipelines.live.parts import Choice, Workshop
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.pipelines.live.said import Said, Scene, Worded
from vocasync.pipelines.live.voicing import Voicing
from vocasync.pipelines.live.wording import Wording
from vocasync.progress import listening
from vocasync.types import Audio, FloatArray

DRAIN_SECONDS = 30.0
"""How long a session that is stopped may take to say what was said to it."""

TELLING_SECONDS = 10.0
"""How long it may take then to tell the rest as text."""

WORDS_WAITING, CLAUSES_WAITING = 8, 32
"""Clauses that wait to be translated and to be spoken at most: then recognition waits for them."""

_EVERY = 1.0  # seconds between numbers
_TICK = 0.25  # seconds for which sound is waited for
_NICE = 3  # how far speaking gives way to recognising, where both want the same core


class LiveSession:
    """One person's session. All methods may be called from any thread, and none of them waits for work but ``stop``
    and ``wait``.

    tell: is given every event, from the session's threads, one at a time; it must not wait, and must not call the
    session back except for ``numbers``. Whatever the session spends on services, and which voices it lends them, is
    counted by who counts where the session is made (``vocasync.spending.counting``, ``vocasync.lending.lending``).
    workshop: who loads the engines. clock: the one that arrivals are told by.
    """

    def __init__(
        self,
        request: LiveRequest,
        config: EngineConfig,
        tell: Callable[[Event], None],
        *,
        workshop: Chooser | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._request = request
        self._booth = Booth(tell, clock)
        self._furnishing = Furnishing(self._booth, request, workshop or Workshop(request, config))
        self._context = copy_context()
        self._guard = threading.RLock()
        self._threads: list[threading.Thread] = []
        self._begun = False
        self._done = threading.Event()
        self._backlog = Backlog()
        self._words: Belt[Said] = Belt(WORDS_WAITING)
        self._clauses: Belt[Worded] = Belt(CLAUSES_WAITING)
        self._scene: Scene | None = None
        self._wording: Wording
        self._voicing: Voicing
        self._wanted = 0
        self._told = 0.0

    # --- from outside -------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Choose and load the engines on a thread; then Ready is told, or a fatal Trouble and Stopped. Sound that is
        fed meanwhile waits, as far as there is room."""
        with self._guard:
            if not self._begun and not self._done.is_set():
                self._begun = True
                self._spawn("load", self._begin)

    def feed(self, samples: FloatArray, arrived: float) -> None:
        """Take sound: mono at ``ANALYSIS_RATE``, shape (n,). arrived: of its last sample, by ``time.monotonic``."""
        self._backlog.put(np.asarray(samples, np.float32), arrived)
        if self._scene is not None:
            self._press()

    def change(self, manner: Manner) -> None:
        """Go on in another manner, from the next clause on. Other languages may need other engines: those are loaded
        on a thread while the session goes on as it was, and then Ready is told again.

        Raises what cannot be done (``pair_unsupported``, ``voice_unsupported``, ``recognition_unsupported``,
        ``unknown_language``; ``live_unready`` before Ready, ``live_over``), and then nothing changes; what fails only
        as it is loaded is told as Trouble."""
        choice = self._furnishing.choose(manner)
        with self._guard:
            scene = self._running()
            self._wanted += 1
            if choice == scene.parts.choice:
                self._scene = replace(scene, manner=manner)
            else:
                number = self._wanted
                self._spawn("refit", lambda: self._refit(choice, manner, number))

    def give_voice(self, speaker: int, sounds: Sequence[Audio]) -> None:
        """Dub a speaker in their own voice as these recordings have it, made in the background. Raises
        ``speaker_unheard``, ``reference_too_short``, and as :meth:`change` where the session does not run."""
        scene = self._running()
        if not self._wording.knows(speaker):
            raise PipelineError("speaker_unheard", number=speaker)
        scene.wardrobe.give(speaker, sounds)

    def withdraw(self, voice: str) -> None:
        """Nobody is dubbed with a voice of the library any more, from the next clause on. voice: its id, as references
        have it (``VoiceReference.of``)."""
        self._furnishing.withdraw(voice)

    def stop(self, timeout: float = DRAIN_SECONDS) -> None:
        """No more sound comes. What was said is recognised, translated and spoken to its end, and then Stopped is
        told; what is not spoken after ``timeout`` seconds is given as text alone. Returns when all is told."""
        self._backlog.end()
        self._end_unbegun()
        if not self._done.wait(timeout):
            self._booth.hurry.set()
            if not self._done.wait(TELLING_SECONDS):
                self.close()
        self.wait()

    def close(self) -> None:
        """End at once; what is under way is dropped. Stopped is told, unless it was, as soon as whatever an engine is
        at is done; :meth:`wait` waits for that."""
        self._booth.closed.set()
        self._backlog.end(drop=True)
        self._words.end(drop=True)
        self._clauses.end(drop=True)
        self._end_unbegun()

    def wait(self, timeout: float = DRAIN_SECONDS) -> bool:
        """Wait until the session is over and none of its threads is left. Returns whether that is so."""
        until = time.monotonic() + timeout
        self._done.wait(timeout)
        with self._guard:
            threads = [thread for thread in self._threads if thread is not threading.current_thread()]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return self._done.is_set() and not any(thread.is_alive() for thread in threads)

    def numbers(self) -> Numbers:
        """How it goes."""
        waiting = {
            "sound_ms": round(1000 * self._backlog.waiting),
            "recognised": len(self._words),
            "translated": len(self._clauses),
        }
        return self._booth.tally.numbers(self._lag(), waiting)

    @property
    def tally(self) -> Tally:
        """The same to be merged with those of other sessions; it goes on counting."""
        return self._booth.tally

    @property
    def heard_seconds(self) -> float:
        """Seconds of speech that were heard."""
        return self._booth.tally.heard

    def _running(self) -> Scene:
        """What is in force. Raises ``live_unready``, ``live_over``."""
        if self._backlog.ended:
            raise PipelineError("live_over")
        return self._current

    # --- the threads --------------------------------------------------------------------------------------------------
    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        """A thread that sees what this session was made among, and through which engines learn of its end."""

        def run() -> None:
            with listening(self._booth):
                work()

        context = self._context.copy()
        thread = threading.Thread(target=context.run, args=(run,), name=f"live-{name}", daemon=True)
        with self._guard:
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()

    def _begin(self) -> None:
        """Load the engines, then start the threads that use them."""
        manner = self._request.manner
        try:
            choice = self._furnishing.choose(manner)
            scene = self._furnishing.scene(choice, manner, None, lambda: not self._booth.closed.is_set())
        except Cancelled:
            scene = None
        except Exception as error:  # of whatever kind an engine's is
            self._booth.trouble(error, fatal=True)
            scene = None
        if scene is None:
            self._end()
            return
        _, self._wording, self._voicing = self._furnishing.company(scene.parts)
        with self._guard:
            self._install(scene)
            for name, work in (("listen", self._listen), ("word", self._word), ("speak", self._speak)):
                self._spawn(name, work)

    def _refit(self, choice: Choice, manner: Manner, number: int) -> None:
        """Load what a change needs; the one that was asked for last is what is done."""

        def wanted() -> bool:
            return number == self._wanted and not self._booth.closed.is_set()

        try:
            scene = self._furnishing.scene(choice, manner, self._scene, wanted)
        except Cancelled:
            return
        except Exception as error:  # of whatever kind an engine's is
            self._booth.trouble(error)
            return
        with self._guard:
            if scene is not None and wanted():
                self._install(scene)

    def _install(self, scene: Scene) -> None:
        """From now on this is in force."""
        self._scene = scene
        choice = scene.parts.choice
        self._booth.say(Ready(choice.engines, choice.listens, choice.notes))

    def _listen(self) -> None:
        work = Listening(self._booth)
        try:
            while not self._backlog.over:
                pieces = self._backlog.take(_TICK)
                with self._working():
                    said = work.take(pieces, self._current)
                self._pass_on(said)
                self._look()
            with self._working():
                self._pass_on([] if self._booth.closed.is_set() else work.finish())
        except Cancelled:
            pass
        except Exception as error:  # the recogniser is dead; what was said until now is still told
            self._booth.trouble(error, fatal=True)
            self._backlog.end(drop=True)
        finally:
            work.close()
            self._words.end()

    def _pass_on(self, said: Sequence[Said]) -> None:
        for one in said:
            self._words.put(one)

    def _word(self) -> None:
        try:
            while (said := self._words.take()) is not None:
                with self._working():
                    worded = self._wording.take(said)
                self._clauses.put(worded)
        except Cancelled:
            pass
        finally:
            self._words.end(drop=True)
            self._clauses.end()

    def _speak(self) -> None:
        background.give_way(_NICE)
        parts = self._current.parts
        try:
            while (worded := self._clauses.take()) is not None:
                if worded.said.scene.parts is not parts:
                    parts = worded.said.scene.parts
                    self._furnishing.forget(parts)
                with self._working():
                    self._voicing.take(worded, idle=not len(self._clauses))
        except Cancelled:
            pass
        finally:
            self._clauses.end(drop=True)
            self._end()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """Count the work of this thread."""
        before = time.thread_time()
        try:
            yield
        finally:
            self._booth.tally.add(work=time.thread_time() - before)

    @property
    def _current(self) -> Scene:
        scene = self._scene
        if scene is None:
            raise PipelineError("live_unready")
        return scene

    # --- looking after it ---------------------------------------------------------------------------------------------
    def _look(self) -> None:
        """Tell how it goes, about once a second."""
        self._press()
        now = self._booth.clock()
        if now - self._told < _EVERY:
            return
        self._told = now
        dropped = self._backlog.dropped()
        if dropped:
            self._booth.trouble(PipelineError("chunks_dropped", seconds=dropped))
        self._booth.say(self.numbers())

    def _press(self) -> None:
        self._booth.press(self._lag(), self._backlog.waiting)

    def _lag(self) -> float:
        """Seconds by which the dub is late: of what was given last, or of what still waits to be."""
        now = self._booth.clock()
        waiting = [now - one.ended for one in (self._words.first(), self._first_clause()) if one is not None]
        return max(self._booth.playout.lag(now), *waiting, 0.0)

    def _first_clause(self) -> Said | None:
        first = self._clauses.first()
        return None if first is None else first.said

    # --- the end ------------------------------------------------------------------------------------------------------
    def _end_unbegun(self) -> None:
        """End a session that was never started: it has no thread that would."""
        with self._guard:
            begun, self._begun = self._begun, True
        if not begun:
            self._end()

    def _end(self) -> None:
        """The last thing that is done."""
        self._backlog.end(drop=True)
        dropped = self._backlog.dropped()
        if dropped:
            self._booth.trouble(PipelineError("chunks_dropped", seconds=dropped))
        self._booth.say(Stopped(self.numbers()))
        self._booth.closed.set()
        self._furnishing.close()
        self._done.set()
