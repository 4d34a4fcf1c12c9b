"""``manage.py dub talk.mp4 --from en --to es --out out/``: a dub in this process, without site, queue or database."""

from __future__ import annotations

import os
import shutil
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from dubbing.casting import MOST_SPEAKERS
from dubbing.requests import ACCEPTED
from vocasync.artifacts import Workspace
from vocasync.engines.auto import AUTO, choose_for
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.media import subtitles
from vocasync.pipelines.base import DubRequest, Outcome
from vocasync.stages.glossary import parse as parse_glossary
from vocasync.types import Match, Transcript
from work.engines import engine_config, watermark

STAGES = {
    "ingest": "Looking at the file",
    "transcribe": "Recognising",
    "diarize": "Telling the speakers apart",
    "translate": "Translating",
    "review": "Review",
    "voice": "Learning the voice",
    "synthesize": "Speaking",
    "stitch": "Stitching",
    "score": "Scoring",
    "mux": "Writing the files",
}
WORKSPACE = ".vocasync"


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
        parser.add_argument("--review", action="store_true", help="stop before anything is spoken")
        parser.add_argument("--yes", action="store_true", help="speak doubtful words too")
        parser.add_argument(
            "--workers", type=int, default=settings.WORKERS, help="processes (default: one a processor)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        try:
            self._dub(request_of(options), options["out"], max(1, options["workers"]), console)
        except PipelineError as error:
            raise CommandError(str(error)) from error
        except BrokenProcessPool as error:
            raise CommandError("A worker process was lost. Run the same command again to go on.") from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the same command again to go on.", returncode=130) from None

    def _dub(self, request: DubRequest, out: Path, workers: int, console: Console) -> None:
        from vocasync.pipelines.dub import DubPipeline
        from vocasync.pipelines.local import Work, run

        config = engine_config(request.model_size)
        check(request)
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))  # for the processes
        workspace = Workspace((out / WORKSPACE).absolute())
        with watched(console) as watch:
            done = run(Work(DubPipeline, request, workspace, config), watch, workers)
        if done is None:
            heard = DubPipeline(request, workspace, config).transcript()
            raise CommandError(for_review(heard, request, out))
        result = done.result()
        deliver(result, workspace, out)
        tell(result, out, console)


def request_of(options: dict[str, Any]) -> DubRequest:
    """The command line as a request. Raises CommandError for files that are not there."""
    for name in ("source", "emotion", "subtitles", "transcript", "glossary"):
        path: Path | None = options[name]
        if path is not None and not path.is_file():
            raise CommandError(f"There is no file {path}.")
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
        emotion=_absolute(options["emotion"]),
        emotion_name=_name(options["emotion"]),
        emotion_strength=options["strength"],
        subtitles=_absolute(options["subtitles"]),
        subtitles_name=_name(options["subtitles"]),
        subtitles_are=options["subtitles_are"],
        transcript=_text(options["transcript"]),
        glossary=parse_glossary(_text(options["glossary"])),
        recognizer=options["recognizer"],
        model_size=options["model_size"],
        translator=options["translator"],
        voice_engine=options["voice"],
        match=Match(options["match"]),
        speaker_count=options["speakers"],
        review=options["review"],
        reviewed=options["yes"],
        watermark=watermark(),
        limits=ACCEPTED,
    )


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()


def _name(path: Path | None) -> str:
    return "" if path is None else path.name


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None


def check(request: DubRequest) -> None:
    """Refuse what nothing ready can do, before anything is written. Raises PipelineError or CommandError."""
    own_words = request.transcript.strip() or (request.subtitles and request.subtitles_are == "source")
    if own_words and request.source_language == DETECT:
        raise CommandError("Say with --from which language your text is in.")
    choose_for(request, engine_config(request.model_size))


@contextmanager
def watched(console: Console) -> Iterator[Any]:
    """A bar with stage, per cent and time left; a line a stage where the output is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    last = ""
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def watch(stage: str, fraction: float, whole: float) -> None:
            nonlocal last
            if stage != last and not console.is_terminal:
                console.print(f"{whole:4.0%}  {STAGES.get(stage, stage)}")
            last = stage
            bar.update(task, description=STAGES.get(stage, stage), completed=whole)

        yield watch


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


def deliver(result: Outcome, workspace: Workspace, out: Path) -> None:
    """Copy the artifacts from the workspace to where the person wants them."""
    for artifact in result.artifacts:
        final = out / artifact.path
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(workspace.root / "out" / artifact.path, final)


def tell(result: Outcome, out: Path, console: Console) -> None:
    """Print files, scores and notes."""
    table = Table("file", "kind", "MB", box=None)
    for artifact in result.artifacts:
        table.add_row(str(out / artifact.path), artifact.kind, f"{artifact.size / 1e6:.1f}")
    console.print(table)
    for name, value in flat(result.scores):
        console.print(f"  {name}: {value:.3f}")
    for step, engine in result.engines.items():
        console.print(f"  {step}: {engine}")
    for note in result.notes:
        console.print(f"• {note}", soft_wrap=True)


def flat(scores: dict[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of nested scores, with their names; lists (a number a segment) are left to the files."""
    for name, value in scores.items():
        here = f"{path} {name}".strip()
        if isinstance(value, dict):
            yield from flat(value, here)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield here, float(value)
