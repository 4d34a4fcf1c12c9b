"""What a live session works with: engines that are loaded and warm, who speaks, and everybody's voices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from vocasync.pipelines.live.booth import Booth
from vocasync.pipelines.live.events import Loading
from vocasync.pipelines.live.interpreting import Interpreter
from vocasync.pipelines.live.parts import Choice, Parts, expects
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.pipelines.live.said import Scene
from vocasync.pipelines.live.speakers import Speakers
from vocasync.pipelines.live.speaking import Speaking
from vocasync.pipelines.live.voicing import Voicing
from vocasync.pipelines.live.wardrobe import Wardrobe
from vocasync.pipelines.live.wording import Wording


class Chooser(Protocol):
    """Who chooses and loads engines, see :class:`.parts.Workshop`."""

    def choose(self, manner: Manner) -> Choice: ...
    def load(self, choice: Choice, told: Callable[[str, float], None]) -> Parts: ...


class Furnishing:
    """Makes the scenes of one session, and keeps what they have in common. One thread at a time makes one."""

    def __init__(self, booth: Booth, request: LiveRequest, workshop: Chooser) -> None:
        self._booth, self._request, self._workshop = booth, request, workshop
        self._company: tuple[Speakers, Wording, Voicing] | None = None
        self._wardrobes: list[Wardrobe] = []
        self._withdrawn: list[str] = []
        self._parts: list[Parts] = []
        self._making = threading.Lock()

    def choose(self, manner: Manner) -> Choice:
        """See :meth:`.parts.Workshop.choose`."""
        return self._workshop.choose(manner)

    def scene(self, choice: Choice, manner: Manner, before: Scene | None, wanted: Callable[[], bool]) -> Scene | None:
        """Load what is needed, and have everything there that the first words take. before: what is in force. wanted:
        asked when it is this one's turn, and again when all is there: None where it is not any more. Raises what
        loading raises."""
        with self._making:
            if not wanted():
                return None
            parts = self._workshop.load(choice, self._loading)
            self._parts.append(parts)
            interpreter = Interpreter(parts.translator, self._request.glossary, self._request.cache_seconds)
            speaking = Speaking(parts.voice, parts.mark, parts.encoder)
            if expects(choice):
                interpreter.warm(expects(choice), choice.target)
            speaking.warm(choice.target)
            scene = Scene(manner, parts, interpreter, speaking, self._wardrobe(parts, before))
            return scene if wanted() else None

    def _loading(self, stage: str, done: float) -> None:
        self._booth.check()
        self._booth.say(Loading(stage, done))

    def _wardrobe(self, parts: Parts, before: Scene | None) -> Wardrobe:
        """The voices in an engine; those that were made in it stay as long as it brings the same itself."""
        if before is not None and before.parts.voice is parts.voice and before.parts.stocks == parts.stocks:
            return before.wardrobe
        speakers, wording, _ = self.company(parts)
        wardrobe = Wardrobe(
            parts.voice,
            speakers,
            stock=self._request.stock,
            everybody=self._request.voice,
            changed=wording.changed,
            stocks=parts.stocks,
            failed=wording.failed,
        )
        self._wardrobes.append(wardrobe)
        for of in list(self._withdrawn):
            wardrobe.withdraw(of)
        return wardrobe

    def withdraw(self, of: str) -> None:
        """No clause is spoken in this voice of the library any more, also in engines that are loaded later."""
        self._withdrawn.append(of)
        for wardrobe in list(self._wardrobes):
            wardrobe.withdraw(of)

    def company(self, parts: Parts) -> tuple[Speakers, Wording, Voicing]:
        """Who speaks in this session, and who tells what they say."""
        if self._company is None:
            speakers = Speakers(parts.encoder, self._request.known, self._request.manner.similarity)
            self._company = speakers, Wording(self._booth, speakers), Voicing(self._booth, speakers)
        return self._company

    def forget(self, parts: Parts) -> None:
        """Nothing said before is under way any more: only these engines are needed yet."""
        with self._making:
            for old in [one for one in self._parts[:-1] if one is not parts]:
                self._parts.remove(old)
                old.close()

    def close(self) -> None:
        """Let go of everything; waits for a voice that is being made."""
        with self._making:
            for wardrobe in self._wardrobes:
                wardrobe.close()
            for parts in self._parts:
                parts.close()
            self._parts.clear()
