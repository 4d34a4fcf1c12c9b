"""``manage.py models``: the models folder from the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.weights import fetch, licences, store
from vocasync.weights.catalogue import MODELS, Model, model
from vocasync.weights.words import amount
from work.engines import engine_config

STATES = {
    "ready": "[green]ready[/]",
    "licence": "[yellow]terms not accepted[/]",
    "half": "[yellow]half there[/]",
    "absent": "[dim]not here[/]",
}


class Command(BaseCommand):
    """List, fetch, verify, remove models."""

    help = "The models that engines need: list them, fetch them (again to go on), verify their files, remove them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="every model: state, size, licence")
        listing.add_argument("--json", action="store_true", help="for programs")
        fetching = actions.add_parser("fetch", help="fetch what is missing of a model; again, to go on")
        fetching.add_argument("name")
        fetching.add_argument("--accept-licence", action="store_true", help="accept its terms; needs --by")
        fetching.add_argument("--by", default="", metavar="NAME", help="in whose name they are accepted")
        verifying = actions.add_parser("verify", help="compare the files of a model, or of all, with their checksums")
        verifying.add_argument("name", nargs="?", default="")
        removing = actions.add_parser("remove", help="delete the files of a model")
        removing.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        act = {"list": _list, "fetch": _fetch, "verify": _verify, "remove": _remove}[options["action"]]
        try:
            act(console, engine_config(), options)
        except PipelineError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the same command again to go on.", returncode=130) from None


# --- list -------------------------------------------------------------------------------------------------------------
def _list(console: Console, config: EngineConfig, options: dict[str, Any]) -> None:
    states = [store.state(name, config.models) for name in MODELS]
    if options["json"]:
        rows = [{**asdict(state), "missing": store.missing(state.name, config.models)} for state in states]
        console.file.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table("model", "state", "size", "licence", "accepted")
    for state in states:
        row = model(state.name)
        size = amount(row.size if state.status == "absent" else state.size)
        size += f" of about {amount(row.size)}" if state.status == "half" else ""
        badge = "" if row.licence.commercial else "\n[red]non-commercial[/]"
        given = state.acceptance
        table.add_row(
            escape(f"{state.name}"),
            STATES[state.status],
            size,
            escape(row.licence.name) + badge,
            escape(f"{given.by}, {given.at[:10]}") if given else "",
        )
    console.print(table)
    console.print(f"They lie in {config.models}.")


# --- fetch ------------------------------------------------------------------------------------------------------------
def _fetch(console: Console, config: EngineConfig, options: dict[str, Any]) -> None:
    row = model(options["name"])
    if licences.lacking(row.name, config.models):
        licences.accept(row.name, config.models, _consent(console, row, options))
    with _bar(console, row) as progress:
        state = fetch.fetch(
            row.name, config.models, progress, mirror=config.option("models_mirror"), network=config.network
        )
    console.print(f"[green]{row.name} is whole[/]: {amount(state.size)} in {config.models / row.folder}.")


def _consent(console: Console, row: Model, options: dict[str, Any]) -> str:
    """In whose name the terms are accepted. Raises CommandError where nobody accepts them."""
    if options["accept_licence"]:
        if not options["by"].strip():
            raise CommandError("Say in whose name with --by: it is written down.")
        return str(options["by"])
    if not sys.stdin.isatty():
        raise CommandError(
            f"The terms of {row.label} ({row.licence.name}, {row.licence.url}) have to be accepted first: read them, "
            f"then run `manage.py models fetch {row.name} --accept-licence --by YOUR-NAME`."
        )
    terms = f"{escape(row.licence.summary)}\n\nThe text that counts: {row.licence.url}"
    console.print(Panel(terms, title=escape(f"{row.label}: {row.licence.name}"), width=min(100, console.width)))
    name = console.input("To accept these terms, type your name; it is written down. Anything else, just Enter: ")
    if not name.strip():
        raise CommandError("The terms were not accepted, so nothing was fetched.")
    return name


class _Shown:
    """What is told of the work, on a bar; on a line a tenth where the output is no terminal."""

    def __init__(self, console: Console, bar: Progress, label: str) -> None:
        self._console = console
        self._bar = bar
        self._task = bar.add_task(label, total=1.0)
        self._tenth = 0

    def report(self, fraction: float, note: str = "") -> None:
        self._bar.update(self._task, completed=fraction, description=escape(note))
        if not self._console.is_terminal and int(fraction * 10) > self._tenth:
            self._tenth = int(fraction * 10)
            self._console.print(f"{fraction:4.0%}  {escape(note)}")

    def check(self) -> None:
        """Ctrl+C stops it by itself."""


@contextmanager
def _bar(console: Console, row: Model) -> Iterator[_Shown]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield _Shown(console, bar, escape(row.label))


# --- verify, remove ---------------------------------------------------------------------------------------------------
def _verify(console: Console, config: EngineConfig, options: dict[str, Any]) -> None:
    """Raises CommandError where a file is not right."""
    here = [name for name in MODELS if store.state(name, config.models).size]
    names = [options["name"]] if options["name"] else here
    wrong = []
    for name in names:
        with _bar(console, model(name)) as progress:
            found = store.verify(name, config.models, progress)
        for one in found:
            mark = (
                "[green]right[/]" if one.right and one.known else "[yellow]unknown[/]" if one.right else "[red]WRONG[/]"
            )
            console.print(f"{mark}  {name}/{escape(one.file)}: {escape(one.about)}")
        wrong += [name] if not all(one.right for one in found) else []
    if wrong:
        remedies = ", ".join(f"`manage.py models fetch {name}`" for name in wrong)
        raise CommandError(f"Not every file is right. To fetch what is not: {remedies}.")
    if not names:
        console.print(f"There is no model in {config.models}.")


def _remove(console: Console, config: EngineConfig, options: dict[str, Any]) -> None:
    freed = store.remove(options["name"], config.models)
    console.print(f"{options['name']} is removed: {amount(freed)} are free again.")
