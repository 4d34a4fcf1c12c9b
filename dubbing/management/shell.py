"""What the commands that make something in this process have in common: files in, progress, files out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from vocasync.artifacts import Workspace
from vocasync.errors import PipelineError
from vocasync.pipelines.base import Outcome
from work.processes import share_processors

if TYPE_CHECKING:
    from vocasync.pipelines.local import Reviewed, Work

    P = TypeVar("P", bound=Reviewed)
R = TypeVar("R")

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
    "convert": "Converting",
    "prepare": "Looking at the picture",
    "lipsync": "Moving the lips",
    "mux": "Writing the files",
}
WORKSPACE = ".vocasync"


@contextmanager
def failures_told() -> Iterator[None]:
    """What goes wrong is said in a sentence."""
    try:
        yield
    except PipelineError as error:
        raise CommandError(str(error)) from error
    except BrokenProcessPool as error:
        raise CommandError("A worker process was lost. Run the same command again to go on.") from error
    except KeyboardInterrupt:
        raise CommandError("Stopped. Run the same command again to go on.", returncode=130) from None


# --- in ---------------------------------------------------------------------------------------------------------------
def require_files(options: dict[str, Any], *names: str) -> None:
    """Raise CommandError for files that are not there."""
    for name in names:
        path: Path | None = options[name]
        if path is not None and not path.is_file():
            raise CommandError(f"There is no file {path}.")


def absolute(path: Path | None) -> Path | None:
    """The path from the root."""
    return None if path is None else path.absolute()


def name_of(path: Path | None) -> str:
    """How the person calls it."""
    return "" if path is None else path.name


def text_of(path: Path | None) -> str:
    """What is in a text file. Raises CommandError."""
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None


def workspace_in(out: Path) -> Workspace:
    """Where the work on what comes into a folder is kept."""
    return Workspace((out / WORKSPACE).absolute())


# --- the work ---------------------------------------------------------------------------------------------------------
def run(work: Work[R, P], workers: int, console: Console) -> P | None:
    """Do it, with a bar; None where somebody has to look before it goes on."""
    from vocasync.pipelines import local

    share_processors(workers)
    with watched(console) as watch:
        return local.run(work, watch, workers)


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


# --- out --------------------------------------------------------------------------------------------------------------
def finish(result: Outcome, workspace: Workspace, out: Path, console: Console) -> None:
    """Put the files where the person wants them, and say what there is."""
    deliver(result, workspace, out)
    tell(result, out, console)


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
