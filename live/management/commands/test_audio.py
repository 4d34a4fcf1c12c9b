"""``manage.py test_audio [FILE]``: whether this machine can dub live, and how long each step takes; without a site."""

from __future__ import annotations

import tempfile
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from live.management import recordings
from vocasync.errors import PipelineError
from vocasync.types import Audio
from work.engines import engine_config, watermark

if TYPE_CHECKING:
    from vocasync.pipelines.live.events import Event, Numbers


class Command(BaseCommand):
    help = (
        "Dub a recording live in this process, as fast as it is spoken, and print what is heard, what is said, and how "
        "long after the end of each clause. Without a file a short talk is made."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        recordings.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tempfile.TemporaryDirectory() as name:
                sound = recordings.sound_of(options["file"], Path(name))
            self._dub(sound, options["source"], options["target"])
        except PipelineError as error:
            raise CommandError(str(error)) from None

    def _dub(self, sound: Audio, source: str, target: str) -> None:
        from vocasync.pipelines.live import background
        from vocasync.pipelines.live.request import LiveRequest, Manner
        from vocasync.pipelines.live.session import LiveSession

        told = Told(self.stdout)
        manner = Manner(target, source)
        session = LiveSession(LiveRequest(manner, watermark=watermark()), engine_config(), told.take)
        try:
            session.start()
            told.began.wait()
            if told.fatal:
                raise CommandError(told.fatal)
            self._play(sound, session.feed)
            session.stop()
        finally:
            session.close()
            background.finish()
        self._sum_up(session.numbers())

    def _play(self, sound: Audio, feed: Any) -> None:
        """As a microphone gives it."""
        began, size = time.monotonic(), settings.LIVE_CHUNK_SIZE
        for at in range(0, len(sound.samples), size):
            time.sleep(max(0.0, began + (at + size) / sound.rate - time.monotonic()))
            feed(sound.samples[at : at + size], time.monotonic())

    def _sum_up(self, numbers: Numbers) -> None:
        self.stdout.write(f"\n{numbers.clauses} clauses in {numbers.heard:.0f} s. Delays in ms:")
        for name, found in numbers.delays.items():
            p50, p95, p99 = (1000 * value for value in (found.p50, found.p95, found.p99))
            self.stdout.write(f"  {name:<12} p50 {p50:5.0f}   p95 {p95:5.0f}   p99 {p99:5.0f}")
        if not numbers.clauses:
            raise CommandError("No speech was recognised. Check that the recording is in the language of --from.")


class Told:
    """Prints what a session tells. began: set when it is ready, or never will be. fatal: why not, "" otherwise."""

    def __init__(self, out: Any) -> None:
        self._out = out
        self.began = threading.Event()
        self.fatal = ""

    def take(self, event: Event) -> None:
        """One event."""
        note = getattr(self, f"_{type(event).__name__.lower()}", None)
        if note is not None:
            note(event)

    def _ready(self, event: Any) -> None:
        engines = ", ".join(f"{step}: {name}" for step, name in event.engines.items() if name)
        self._out.write(f"Ready ({engines}).")
        self.began.set()

    def _trouble(self, event: Any) -> None:
        self._out.write(f"! {event.message}")
        if event.fatal:
            self.fatal = event.message
            self.began.set()

    def _transcript(self, event: Any) -> None:
        if event.final:
            self._out.write(f"[{event.start:6.1f} s] {event.text}")

    def _translation(self, event: Any) -> None:
        self._out.write(f"           {event.text}")

    def _spoken(self, event: Any) -> None:
        if event.delays is None:
            self._out.write(f"           (not spoken: {event.reason})")
        else:
            heard = f"heard {1000 * event.delays.total:.0f} ms after its end"
            self._out.write(f"           {heard}, {event.seconds:.1f} s in the {event.voice} voice")
