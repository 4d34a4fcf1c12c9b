"""``manage.py engines``: which engines are ready here, and what each of the others needs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vocasync.engines.devices import device
from vocasync.engines.terms import priced
from work.engines import EngineRow, engine_config, engine_table

STAGES = {
    "asr": "Recognition",
    "align": "Alignment",
    "translate": "Translation",
    "tts": "Voice",
    "speaker": "Measure",
    "watermark": "Watermark",
}


class Command(BaseCommand):
    """The table of engines."""

    help = "List the engines: ready, or what is missing; licence, price, device."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = engine_table()
        if options["json"]:
            plain = [{**asdict(row), "device": _device(row)} for row in rows]
            self.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2))
            return
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        console.print(_table(rows))
        ready = sum(row.ready for row in rows)
        console.print(f"{ready} of {len(rows)} engines are ready. `manage.py models list` shows the models.")


def _table(rows: list[EngineRow]) -> Table:
    table = Table("stage", "engine", "state", "licence", "price", "device", show_lines=False, expand=False)
    before = ""
    for row in rows:
        if before and row.stage != before:
            table.add_section()
        table.add_row(
            "" if row.stage == before else STAGES.get(row.stage, row.stage),
            escape(f"{row.label}\n{row.name}"),
            "[green]ready[/]" if row.ready else f"[yellow]{escape(row.missing)}[/]",
            escape(row.licence) + ("" if row.commercial else "\n[red]non-commercial[/]"),
            priced(row.price) or "free",
            _device(row),
        )
        before = row.stage
    return table


def _device(row: EngineRow) -> str:
    """Where it would run. Only of an engine that is ready, since finding out what the machine has takes PyTorch."""
    if row.kind == "cloud":
        return "service"
    if row.kind == "neural":
        return device(engine_config().device) if row.ready else ""
    return "cpu"
