"""The first thread's work: sound into clauses, whatever becomes of the recogniser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from vocasync.engines.base import StreamingRecognizer
from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.live.backlog import Piece
from vocasync.pipelines.live.booth import Booth
from vocasync.pipelines.live.events import Transcript
from vocasync.pipelines.live.pressure import PARTIALS
from vocasync.pipelines.live.said import Said, Scene
from vocasync.pipelines.live.timeline import Timeline
from vocasync.retries import ATTEMPTS, pause, wait
from vocasync.stages.hearing import Clause, Hearing, Hypothesis
from vocasync.types import ANALYSIS_RATE, Audio

Open = Callable[[StreamingRecognizer, str], Hearing]
Found = Sequence[Clause | Hypothesis]


class Listening:
    """Tells what is under way, and gives what is final. One thread uses it."""

    def __init__(self, booth: Booth, hearing: Open = Hearing) -> None:
        self._booth, self._open = booth, hearing
        self._hearing: Hearing | None = None
        self._scene: Scene | None = None
        self._timeline = Timeline()
        self._base = self._next = 0
        self._speech = 0.0
        self._failed = 0

    def take(self, pieces: Sequence[Piece], scene: Scene) -> list[Said]:
        """What became final with more sound. scene: in force now. Raises ``live_broken`` for a dead recogniser."""
        found = self._turn(scene)
        for piece in pieces:
            self._timeline.add(len(piece.samples), piece.end, piece.arrived)
            self._booth.tally.add(sound=len(piece.samples) / ANALYSIS_RATE)
            found += self._results(partial(Hearing.feed, samples=piece.samples))
        return found

    def finish(self) -> list[Said]:
        """No more sound comes: the rest of what was said. Raises ``live_broken``."""
        found = self._results(Hearing.finish) if self._hearing is not None else []
        self.close()
        return found

    def close(self) -> None:
        """Let go of the recogniser."""
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.close()

    # --- the recogniser -----------------------------------------------------------------------------------------------
    def _turn(self, scene: Scene) -> list[Said]:
        """Go on in this scene: where another recogniser or language is heard with, what was said before is final."""
        before = self._scene
        found: list[Said] = []
        if before is not None and _heard_with(before) != _heard_with(scene):
            found = self.finish()
        self._scene = scene
        return found

    def _results(self, call: Callable[[Hearing], Found]) -> list[Said]:
        try:
            hearing = self._hearing or self._begin()
            hearing.partials = self._current.manner.partials
            found = call(hearing)
        except Cancelled:
            raise
        except Exception as error:  # of whatever kind a recogniser's is: with the next speech it begins anew
            self._fail(error)
            return []
        self._failed = 0 if found else self._failed
        return self._said(hearing, found)

    def _fail(self, error: Exception) -> None:
        """Tell it, and wait a little before the next try: meanwhile sound waits. Raises ``live_broken`` in the end."""
        if self._hearing is not None:
            self._hearing.close()  # of its recogniser's stream, of which the next speech begins another
        if not isinstance(error, PipelineError):
            label, reason = self._current.parts.recognizer.name, f"{type(error).__name__}: {error}."
            error = PipelineError("hearing_failed", label=label, reason=reason)
        self._booth.trouble(error)
        self._failed += 1
        if self._failed >= ATTEMPTS:
            raise PipelineError("live_broken", attempts=self._failed) from error
        wait(pause(self._failed - 1), self._booth.check)

    def _begin(self) -> Hearing:
        parts = self._current.parts
        self._hearing = self._open(parts.recognizer, parts.choice.listens)
        self._timeline = Timeline()
        self._base, self._speech = self._next, 0.0
        return self._hearing

    @property
    def _current(self) -> Scene:
        if self._scene is None:
            raise ValueError("nothing is in force yet")
        return self._scene

    # --- what it hears ------------------------------------------------------------------------------------------------
    def _said(self, hearing: Hearing, found: Found) -> list[Said]:
        now = self._booth.clock()
        self._booth.tally.add(heard=hearing.speech_seconds - self._speech)
        self._speech = hearing.speech_seconds
        said = []
        for one in found:
            if isinstance(one, Clause):
                said.append(self._clause(hearing, one, now))
            else:
                self._partial(one)
        return said

    def _clause(self, hearing: Hearing, clause: Clause, now: float) -> Said:
        end = self._timeline.moment(clause.end)
        number = self._base + clause.number
        self._next = number + 1
        return Said(
            number=number,
            text=clause.text,
            language=clause.language,
            start=self._timeline.moment(clause.start).at,
            end=end.at,
            confidence=clause.confidence,
            words=tuple(
                replace(word, start=word.start - clause.start, end=word.end - clause.start) for word in clause.words
            ),
            silence=clause.silence_before,
            sound=Audio(hearing.sound(clause.start, clause.end), ANALYSIS_RATE),
            ended=end.arrived,
            known=now,
            scene=self._current,
        )

    def _partial(self, heard: Hypothesis) -> None:
        """Tell what is under way, unless there is too much to do for that."""
        if self._booth.level >= PARTIALS:
            self._booth.tally.drop("partials")
            return
        choice = self._current.parts.choice
        start, end = self._timeline.moment(heard.start).at, self._timeline.moment(heard.end).at
        self._booth.say(Transcript(self._base + heard.clause, False, heard.text, choice.listens, start, end))


def _heard_with(scene: Scene) -> tuple[StreamingRecognizer, str]:
    return scene.parts.recognizer, scene.parts.choice.listens
