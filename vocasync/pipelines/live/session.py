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

from collections.abc import Callable, Sequence

from vocasync.engines.base import EngineConfig
from vocasync.pipelines.live.events import Event, Numbers
from vocasync.pipelines.live.numbers import Tally
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.types import Audio, FloatArray

DRAIN_SECONDS = 30.0
"""How long a session that is stopped may take to say what was said to it."""


class LiveSession:
    """One person's session. All methods may be called from any thread, and none of them waits for work but ``stop``.

    tell: is given every event, from the session's threads, one at a time; it must not wait, and must not call the
    session back except for ``numbers``. Whatever the session spends on services, and which voices it lends them, is
    counted by who counts where the session is made (``vocasync.spending.counting``, ``vocasync.lending.lending``).
    """

    def __init__(self, request: LiveRequest, config: EngineConfig, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._tally = Tally()

    def start(self) -> None:
        """Choose and load the engines on a thread; then Ready is told, or a fatal Trouble and Stopped. Sound that is
        fed meanwhile waits, as far as there is room."""

    def feed(self, samples: FloatArray, arrived: float) -> None:
        """Take sound: mono at ``ANALYSIS_RATE``. arrived: of its last sample, by ``time.monotonic``."""

    def change(self, manner: Manner) -> None:
        """Go on in another manner, from the next clause on. Other languages may need other engines: those are loaded
        on a thread while the session goes on as it was. Raises what cannot be done (``pair_unsupported``,
        ``voice_unsupported``, ``recognition_unsupported``, ``unknown_language``), and then nothing changes; what fails
        only as it is loaded is told as Trouble."""

    def give_voice(self, speaker: int, sounds: Sequence[Audio]) -> None:
        """Dub a speaker in their own voice as these recordings have it, made in the background. Raises
        ``speaker_unheard``."""

    def stop(self, timeout: float = DRAIN_SECONDS) -> None:
        """No more sound comes. What was said is recognised, translated and spoken to its end, and then Stopped is
        told; after ``timeout`` seconds what is not spoken yet is given as text alone. Returns when all is told."""

    def close(self) -> None:
        """End at once; what is under way is dropped. Stopped is told unless it was."""

    def numbers(self) -> Numbers:
        """How it goes."""
        return self._tally.numbers()

    @property
    def tally(self) -> Tally:
        """The same to be merged with those of other sessions; it goes on counting."""
        return self._tally

    @property
    def heard_seconds(self) -> float:
        """Seconds of sound that were taken."""
        return 0.0
