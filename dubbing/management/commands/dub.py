"""``manage.py dub talk.mp4 --from en --to es --out out/``: a dub in this process, without site, queue or database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from dubbing.casting import MOST_SPEAKERS
from dubbing.management import shell
from dubbing.requests import ACCEPTED
from vocasync.engines.auto import AUTO, choose_for
from vocasync.languages import DETECT
from vocasync.media import subtitles
from vocasync.pipelines.base import DubRequest
from vocasync.stages.glossary import parse as parse_glossary
from vocasync.types import Match, Transcript
from work.engines import engine_config, watermark


class Command(BaseCommand):
    help = "Dub a video or recording. Run the same command again to go on after an interruption."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="video or recording")
        parser.add_argument("--from", dest="spoken", default=DETECT, help="language that is spoken (default: detect)")
        parser.add_argument("--to", dest="target", required=True, help="language to dub into")
        parser.add_argument("--out", type=Path, required=True, help="folder for the result")
        parser.add_argument("--emotion", type=Path, help="recording of the tone to speak in, for a second track")
        parser.add_argument("--strength", type=float, default=1.0, help="how much of that tone, 0 to 1 (default 1)")
        parser.add_argument("--subtitles", type=Path, help="SRT or VTT with the words, instead of recognition")
        parser.add_argument("--subtitles-are", choices=("source", "target"), default="source")
        parser.add_argument("--transcript", type=Path, help="text file with the words, aligned to the sound")
        parser.add_argument("--glossary", type=Path, help="text file with lines like: word = translation (or CSV, TSV)")
        parser.add_argument("--speakers", type=int, help="how many people speak (default: find out)")
        parser.add_argument("--recognizer", default=AUTO)
        parser.add_argument("--model-size", default="", help="size of the recogniser's model, where it has sizes")
        parser.add_argument("--translator", default=AUTO)
        parser.add_argument("--voice", default=AUTO, help="voice engine")
        parser.add_argument("--match", choices=[match.value for match in Match], default=Match.CLOSE.value)
        parser.add_argument("--lipsync", default="", help="engine that moves the lips in the picture, or auto")
        parser.add_argument("--no-mark", action="store_true", help="no visible mark on pictures with moved lips")
        parser.add_argument("--review", action="store_true", help="stop before anything is spoken")
        parser.add_argument("--yes", action="store_true", help="speak doubtful words too")
        parser.add_argument(
            "--workers", type=int, default=settings.WORKERS, help="processes (default: one a processor)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        with shell.failures_told():
            self._dub(request_of(options), options["out"], max(1, options["workers"]), console)

    def _dub(self, request: DubRequest, out: Path, workers: int, console: Console) -> None:
        from vocasync.pipelines.dub import DubPipeline
        from vocasync.pipelines.local import Work

        config = engine_config(request.model_size)
        check(request)
        workspace = shell.workspace_in(out)
        done = shell.run(Work(DubPipeline, request, workspace, config), workers, console)
        if done is None:
            heard = DubPipeline(request, workspace, config).transcript()
            raise CommandError(for_review(heard, request, out))
        shell.finish(done.result(), workspace, out, console)


def request_of(options: dict[str, Any]) -> DubRequest:
    """The command line as a request. Raises CommandError for files that are not there."""
    shell.require_files(options, "source", "emotion", "subtitles", "transcript", "glossary")
    if not 0.0 <= options["strength"] <= 1.0:
        raise CommandError("--strength goes from 0 to 1.")
    if options["speakers"] is not None and not 1 <= options["speakers"] <= MOST_SPEAKERS:
        raise CommandError(f"--speakers goes from 1 to {MOST_SPEAKERS}.")
    if options["subtitles"] and options["transcript"]:
        raise CommandError("Give either --subtitles or --transcript, not both.")
    return DubRequest(
        source=options["source"].absolute(),
        source_name=options["source"].name,
        target_language=options["target"],
        source_language=options["spoken"],
        emotion=shell.absolute(options["emotion"]),
        emotion_name=shell.name_of(options["emotion"]),
        emotion_strength=options["strength"],
        subtitles=shell.absolute(options["subtitles"]),
        subtitles_name=shell.name_of(options["subtitles"]),
        subtitles_are=options["subtitles_are"],
        transcript=shell.text_of(options["transcript"]),
        glossary=parse_glossary(shell.text_of(options["glossary"])),
        recognizer=options["recognizer"],
        model_size=options["model_size"],
        translator=options["translator"],
        voice_engine=options["voice"],
        match=Match(options["match"]),
        speaker_count=options["speakers"],
        review=options["review"],
        reviewed=options["yes"],
        watermark=watermark(),
        lipsync=options["lipsync"],
        ai_mark=not options["no_mark"],
        limits=ACCEPTED,
    )


def check(request: DubRequest) -> None:
    """Refuse what nothing ready can do, before anything is written. Raises PipelineError or CommandError."""
    own_words = request.transcript.strip() or (request.subtitles and request.subtitles_are == "source")
    if own_words and request.source_language == DETECT:
        raise CommandError("Say with --from which language your text is in.")
    choose_for(request, engine_config(request.model_size))


def for_review(heard: Transcript | None, request: DubRequest, out: Path) -> str:
    """Write down what was heard and what would be spoken; the sentence that says how to go on."""
    if heard is None:
        return "There is nothing to review."
    stem, target = Path(request.source_name).stem, request.target_language
    spoken = out / f"{stem}.{heard.language}.srt"
    dubbed = out / f"{stem}.{target}.srt"
    spoken.write_text(subtitles.srt(heard.segments, subtitles.original), encoding="utf-8")
    dubbed.write_text(subtitles.srt(heard.segments, subtitles.translated), encoding="utf-8")
    doubt = "" if request.review else "Most words are doubtful, so nothing was spoken. "
    return (
        f"{doubt}Read and correct the words in {spoken} and run the command again with --subtitles {spoken} "
        f"--from {heard.language}, or the translation in {dubbed} with --subtitles {dubbed} --subtitles-are target; "
        f"or run it again with --yes to speak them as they are."
    )
