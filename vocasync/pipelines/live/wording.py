"""The second thread's work: whose a clause is, and what it is in the target language."""

from __future__ import annotations

from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.live.booth import Booth
from vocasync.pipelines.live.events import SpeakerHeard, Transcript, Translation
from vocasync.pipelines.live.said import Said, Scene, Worded
from vocasync.pipelines.live.speakers import Speakers

SILENT = "Nothing is spoken in this session."


class Wording:
    """Tells clauses and their translations, in order. One thread uses it; ``changed`` may come from any."""

    def __init__(self, booth: Booth, speakers: Speakers) -> None:
        self._booth, self._speakers = booth, speakers
        self._scene: Scene | None = None
        self._similar: dict[int, float] = {}
        self._last = 0

    def take(self, said: Said) -> Worded:
        """Tell its text and its translation. Whatever fails is told as well, and costs this clause its sound alone."""
        self._scene = said.scene
        speaker = self._speaker(said)
        self._booth.tally.add(clauses=1)
        self._booth.say(
            Transcript(said.number, True, said.text, said.language, said.start, said.end, speaker, said.confidence)
        )
        try:
            made = said.scene.interpreter.translate(said.text, said.language, said.scene.target)
        except Cancelled:
            raise
        except Exception as error:  # of whatever kind a translator's is
            problem = self._booth.trouble(error, said.number)
            return Worded(said, speaker, "", self._booth.clock(), str(problem))
        self._booth.say(Translation(said.number, made.text, said.scene.target, made.unsure))
        translated = self._booth.clock()
        if not said.scene.manner.sound:
            return Worded(said, speaker, made.text, translated, SILENT)
        self._learn(said, speaker)
        return Worded(said, speaker, made.text, translated)

    def _learn(self, said: Said, speaker: int) -> None:
        """Have a voice made of what was heard, after all text was told: nobody waits for that."""
        preserve = said.scene.manner.preserve_voice
        try:
            said.scene.wardrobe.hear(speaker, said.sound, said.words, said.language, preserve=preserve)
        except Cancelled:
            raise
        except Exception as error:  # of whatever kind an engine's is
            self._booth.trouble(error, said.number)

    def _speaker(self, said: Said) -> int:
        """Whose it is; whoever spoke last where nobody can tell."""
        manner = said.scene.manner
        self._speakers.threshold = manner.similarity
        try:
            placed = self._speakers.place(said.sound, manner.preserve_voice)
            self._last = placed.speaker
            self._similar[placed.speaker] = placed.similarity
            if placed.new or placed.recognised:
                self._booth.say(self._heard(placed.speaker, said.scene, new=placed.new))
        except Cancelled:
            raise
        except Exception as error:  # of whatever kind an encoder's is
            self._booth.trouble(error, said.number)
        return self._last

    def changed(self, number: int) -> None:
        """Tell that somebody has another voice now; a number below zero says that everybody has."""
        scene = self._scene
        if scene is None:
            return
        for speaker in [number] if number >= 0 else sorted(self._similar):
            self._booth.say(self._heard(speaker, scene, new=False))

    def _heard(self, speaker: int, scene: Scene, *, new: bool) -> SpeakerHeard:
        person = self._speakers.of(speaker)
        state = scene.wardrobe.dress(speaker, scene.manner.preserve_voice).state
        similarity = self._similar.get(speaker, 1.0)
        return SpeakerHeard(speaker, person.name, person.key, similarity, state, person.seconds, new)

    def failed(self, _number: int, error: PipelineError) -> None:
        """Tell that a voice could not be made."""
        self._booth.trouble(error)

    def knows(self, speaker: int) -> bool:
        """Whether there is such a speaker."""
        return speaker in self._similar
