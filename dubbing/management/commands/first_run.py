"""``manage.py first_run``: a small talk to try things out with, and the next step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.pipelines import sample
from work.engines import engine_config


class Command(BaseCommand):
    help = "Make the sample video (once), and say what to do next."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.VAR) / "sample"
        try:
            made = sample.make(folder, engine_config())
        except PipelineError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"A sample to try: {made.talk} (words: {made.subtitles.name}, tone: {made.emotion.name})")
        if not User.objects.exists():
            self.stdout.write("Next step: sign up in the browser, then drop the sample on “New dub”.")
