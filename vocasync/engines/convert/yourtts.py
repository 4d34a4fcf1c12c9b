"""YourTTS as a converter: the same network that speaks (:mod:`vocasync.engines.tts.yourtts`), loaded once for both."""

from __future__ import annotations

from pathlib import Path

from vocasync.engines.base import EngineConfig
from vocasync.engines.tts.neural import Conditioning
from vocasync.engines.tts.yourtts import YourTtsVoice
from vocasync.progress import Progress
from vocasync.types import Audio, Match, VoiceReference


class YourTtsConverter:
    """A :class:`vocasync.engines.base.VoiceConverter`. Its conditionings are those of the voice engine."""

    memory_bytes = 0  # counted where the voice engine is loaded

    def __init__(self, voice: YourTtsVoice) -> None:
        self._voice = voice
        self.name, self.version, self.sample_rate = voice.name, voice.version, voice.sample_rate

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """See the protocol. Raises ``reference_too_short``."""
        self._voice.prepare(reference, path, progress)

    def load(self, path: Path) -> Conditioning:
        """Read what :meth:`prepare` wrote."""
        return self._voice.load(path)

    def convert(
        self, audio: Audio, source: Conditioning, voice: Conditioning, progress: Progress, match: Match = Match.CLOSE
    ) -> Audio:
        """See the protocol. The network knows no trade between words and likeness: ``match`` changes nothing."""
        return self._voice.convert(audio, voice, progress, source)


def create(config: EngineConfig) -> YourTtsConverter:
    """The voice engine, loaded where it is not yet. Raises ``weights_unsafe``, ``weights_damaged``."""
    from vocasync.engines import registry  # which has this module's row

    return YourTtsConverter(registry.load("tts", "yourtts", config))
