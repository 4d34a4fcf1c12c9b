"""``manage.py portrait photo.jpg --script text.txt --voice Anna --out out/``: a photograph that speaks, made in this
process, without site, queue or jobs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console

from dubbing.management import shell
from dubbing.requests import ACCEPTED
from vocasync.engines.auto import AUTO, choose, choose_lipsync
from vocasync.engines.registry import stock_voices
from vocasync.languages import language
from vocasync.stages.manuscript import Form, parse_script, read_script, require_writing
from vocasync.types import SpeakerVoice, VoiceKind
from voices.consent import Purpose, may_clone
from voices.models import VoiceProfile
from voices.references import speaker_voice
from work.engines import engine_config, watermark

if TYPE_CHECKING:
    from vocasync.pipelines.portrait import PortraitRequest
    from vocasync.pipelines.script import ScriptRequest

SLOWEST, FASTEST = 5.0, 60.0
MOST_BUFFER = 250
MOST_NAMED = 20
"""Owners of voices of one name that are listed."""


class Command(BaseCommand):
    help = "Make a photograph speak. Run the same command again to go on after an interruption."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("photo", type=Path, help="portrait, seen from the front")
        parser.add_argument("--out", type=Path, required=True, help="folder for the result")
        parser.add_argument("--script", type=Path, help="text file (TXT, Markdown, SRT) with what is to be said")
        parser.add_argument("--voice", default="", help="one of the engine's own voices, or one of the library")
        parser.add_argument("--user", default="", help="whose library the voice is of, where several have one so named")
        parser.add_argument("--reference", type=Path, help="recording of whoever is to be heard, instead of --voice")
        parser.add_argument("--audio", type=Path, help="finished recording, instead of --script")
        parser.add_argument("--language", default="en", help="of what is said (default: en)")
        parser.add_argument("--engine", default=AUTO, help="voice engine")
        parser.add_argument("--emotion", type=Path, help="recording of the tone to speak in")
        parser.add_argument("--strength", type=float, default=1.0, help="how much of that tone, 0 to 1 (default 1)")
        parser.add_argument("--face", type=int, help="which face of several, from 1")
        parser.add_argument("--lipsync", default=AUTO, help="engine that moves the lips")
        parser.add_argument("--fps", type=float, default=25.0, help="frames a second (default 25)")
        parser.add_argument("--buffer", type=int, default=3, help="frames around the sound (default 3)")
        parser.add_argument("--no-motion", action="store_true", help="nothing but the mouth moves")
        parser.add_argument("--no-mark", action="store_true", help="no visible mark that a machine made it")
        parser.add_argument(
            "--workers", type=int, default=settings.WORKERS, help="processes (default: one a processor)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        with shell.failures_told():
            request = request_of(options)
            self._make(request, options["out"], max(1, options["workers"]), console)

    def _make(self, request: PortraitRequest, out: Path, workers: int, console: Console) -> None:
        from vocasync.pipelines.local import Work
        from vocasync.pipelines.portrait import PortraitPipeline

        workspace = shell.workspace_in(out)
        done = shell.run(Work(PortraitPipeline, request, workspace, engine_config()), workers, console)
        if done is not None:
            shell.finish(done.result(), workspace, out, console)


def request_of(options: dict[str, Any]) -> PortraitRequest:
    """The command line as a request; what nothing ready can do is refused before anything is written.

    Raises CommandError or PipelineError."""
    from vocasync.pipelines.portrait import PortraitRequest

    shell.require_files(options, "photo", "script", "reference", "audio", "emotion")
    _require_numbers(options)
    choose_lipsync(options["lipsync"], engine_config())
    return PortraitRequest(
        script=_recorded(options) if options["audio"] else _written(options),
        picture=options["photo"].absolute(),
        picture_name=options["photo"].name,
        face=None if options["face"] is None else options["face"] - 1,
        lipsync=options["lipsync"],
        fps=options["fps"],
        buffer_frames=options["buffer"],
        motion=not options["no_motion"],
        ai_mark=not options["no_mark"],
    )


def _require_numbers(options: dict[str, Any]) -> None:
    if not 0.0 <= options["strength"] <= 1.0:
        raise CommandError("--strength goes from 0 to 1.")
    if not SLOWEST <= options["fps"] <= FASTEST:
        raise CommandError(f"--fps goes from {SLOWEST:g} to {FASTEST:g}.")
    if not 0 <= options["buffer"] <= MOST_BUFFER:
        raise CommandError(f"--buffer goes from 0 to {MOST_BUFFER}.")
    if options["face"] is not None and options["face"] < 1:
        raise CommandError("--face counts from 1.")


def _recorded(options: dict[str, Any]) -> ScriptRequest:
    """A finished recording: nothing is spoken."""
    from vocasync.pipelines.script import ScriptRequest

    if options["script"] or options["voice"] or options["reference"]:
        raise CommandError("Give either --audio or --script with a voice, not both.")
    code = language(options["language"]).code
    sound: Path = options["audio"]
    return ScriptRequest("", code, sound=sound.absolute(), sound_name=sound.name, limits=ACCEPTED)


def _written(options: dict[str, Any]) -> ScriptRequest:
    """A text, and a voice for it."""
    from vocasync.pipelines.script import ScriptRequest

    if options["script"] is None:
        raise CommandError("Say what is to be spoken: --script FILE with --voice or --reference, or --audio SPEECH.")
    if bool(options["voice"]) == bool(options["reference"]):
        raise CommandError("Give either --voice or --reference.")
    text, form = read_script(options["script"], options["script"].name)
    code = language(options["language"]).code
    _require_words(text, form, options["script"].name, code)
    engine = choose(code, code, engine_config(), voice=options["engine"], has_translation=True).voice
    return ScriptRequest(
        text,
        code,
        name=options["script"].name,
        form=form,
        voice=voice_named(options["voice"], options["user"], engine),
        reference=shell.absolute(options["reference"]),
        reference_name=shell.name_of(options["reference"]),
        voice_engine=options["engine"],
        emotion=shell.absolute(options["emotion"]),
        emotion_name=shell.name_of(options["emotion"]),
        emotion_strength=options["strength"],
        watermark=watermark(),
    )


def _require_words(text: str, form: Form, name: str, code: str) -> None:
    require_writing(parse_script(text, form, name), code)


# --- the voice --------------------------------------------------------------------------------------------------------
def voice_named(name: str, user: str, engine: str) -> SpeakerVoice:
    """One of the engine's own voices, which need no library, else one of the library by its name, ``user``'s where that
    is given; "" for the engine's default.

    Raises CommandError for a name that nobody or several have, and as :func:`voices.consent.may_clone` says."""
    own = [one.name for one in stock_voices(engine, engine_config())]
    if not name or (name in own and not user):
        return SpeakerVoice(VoiceKind.STOCK, stock=name)
    voices = _in_library(name, user)
    if not voices:
        brought = f"; the engine's own are {', '.join(own)}" if own else ""
        raise CommandError(f"There is no voice named “{name}”{brought}.")
    if len(voices) > 1:
        owners = ", ".join(voice.owner.get_username() for voice in voices)
        raise CommandError(f"There are several voices named “{name}”. Say with --user whose it is: {owners}.")
    may_clone(voices[0].owner, voices[0], Purpose.JOB).require()
    return speaker_voice(voices[0], engine)


def _in_library(name: str, user: str) -> list[VoiceProfile]:
    found = VoiceProfile.objects.select_related("owner").filter(name__iexact=name)
    if user:
        found = found.filter(owner__username=user)
    try:
        return list(found.order_by("owner__username")[:MOST_NAMED])
    except DatabaseError:
        raise CommandError("There is no library of voices here yet: run `manage.py migrate` first.") from None
