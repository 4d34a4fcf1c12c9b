"""The third thread's work: what was translated, aloud, as long as it comes in time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.live.booth import Booth
from vocasync.pipelines.live.events import Delays, Sound, Spoken, VoiceState
from vocasync.pipelines.live.playout import Plan
from vocasync.pipelines.live.said import Worded
from vocasync.pipelines.live.speakers import Speakers
from vocasync.pipelines.live.wardrobe import Dressed
from vocasync.types import Audio, FloatArray

ENDED = "The session ended before this could be spoken."
NOTHING = "There is nothing in it to be spoken."

_LEAD = 0.4  # seconds until the first sound of a clause, before that was measured
_LEARNS = 0.2  # weight of the last clause in what is expected of the next one


@dataclass(slots=True)
class _Given:
    """Of a clause's sound, so far. first: when it began, None while there is none."""

    pieces: list[FloatArray] = field(default_factory=list)
    rate: int = 1
    first: float | None = None

    @property
    def audio(self) -> Audio:
        return Audio(np.concatenate([np.zeros(0, np.float32), *self.pieces]), self.rate)


class Voicing:
    """Tells a clause's sound, and that it was spoken. One thread uses it."""

    def __init__(self, booth: Booth, speakers: Speakers) -> None:
        self._booth, self._speakers = booth, speakers
        self._lead = _LEAD

    def take(self, worded: Worded, *, idle: bool) -> None:
        """Speak a clause, or tell why not. idle: whether no other one waits. Raises Cancelled once the session is
        closed."""
        booth, said = self._booth, worded.said
        booth.check()
        scene = said.scene
        dressed = scene.wardrobe.dress(worded.speaker, scene.manner.preserve_voice)
        plan = booth.playout.plan(said.ended, booth.clock() + self._lead, said.silence)
        reason = worded.reason or self._unspoken(worded, plan)
        if reason:
            booth.say(Spoken(said.number, worded.speaker, dressed.state, 0.0, 0.0, None, reason))
            return
        given = self._speak(worded, plan, dressed)
        if idle:
            self._compare(worded, given, dressed.state)

    def _unspoken(self, worded: Worded, plan: Plan) -> str:
        """Why it is to be text alone, "" if it is not."""
        if not worded.text.strip():
            return NOTHING
        if self._booth.hurry.is_set():
            self._booth.tally.drop("clauses")
            return ENDED
        if not plan.late:
            return ""
        self._booth.tally.drop("clauses")
        self._booth.press(plan.wait, 0.0)
        return str(PipelineError("clause_late", lag=plan.wait))

    def _speak(self, worded: Worded, plan: Plan, dressed: Dressed) -> _Given:
        booth, said = self._booth, worded.said
        given = _Given()
        begun, reason = booth.clock(), ""
        try:
            self._sound(worded, plan, dressed, given)
        except Cancelled:
            raise
        except Exception as error:  # of whatever kind a voice engine's is
            reason = str(booth.trouble(error, said.number))
        seconds, delays = given.audio.duration, None
        if given.first is not None:
            self._lead += _LEARNS * (given.first - begun - self._lead)
            delays = _delays(worded, given.first)
            booth.tally.delays(delays)
            booth.tally.drop("pauses", plan.shortened)
            booth.say(Sound(said.number, np.zeros(0, np.float32), given.rate, last=True))
        booth.tally.add(spoken=seconds)
        booth.say(Spoken(said.number, worded.speaker, dressed.state, seconds, plan.rate, delays, reason))
        return given

    def _sound(self, worded: Worded, plan: Plan, dressed: Dressed, given: _Given) -> None:
        """Tell the sound while it is made."""
        booth, said, scene = self._booth, worded.said, worded.said.scene
        tone = scene.speaking.tone_of(said.sound, worded.speaker)
        pieces = scene.speaking.say(worded.text, scene.target, dressed, scene.manner, rate=plan.rate, tone=tone)
        for piece in pieces:
            booth.check()
            now = booth.clock()
            pause = 0.0
            if given.first is None:
                given.first, given.rate, pause = now, piece.rate, plan.pause
                booth.playout.begin(said.ended, now, plan)
            booth.playout.give(piece.duration, now)
            given.pieces.append(piece.samples)
            booth.say(Sound(said.number, piece.samples, piece.rate, last=False, pause=pause))

    def _compare(self, worded: Worded, given: _Given, state: VoiceState) -> None:
        """How alike a voice that was made of somebody is to them."""
        if state not in ("own", "given") or not given.pieces:
            return
        try:
            alike = worded.said.scene.speaking.similarity(given.audio, self._speakers.of(worded.speaker))
        except Cancelled:
            raise
        except Exception as error:  # of whatever kind an encoder's is
            self._booth.trouble(error, worded.said.number)
            return
        if alike is not None:
            self._booth.tally.alike(alike)


def _delays(worded: Worded, first: float) -> Delays:
    said = worded.said
    return Delays(
        recognition=max(0.0, said.known - said.ended),
        translation=worded.translated - said.known,
        synthesis=first - worded.translated,
    )
