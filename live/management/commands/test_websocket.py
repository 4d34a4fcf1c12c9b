"""``manage.py test_websocket``: a whole live session over a site's socket, as any program would have it."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiKey, User
from accounts.services import api_key_create, api_key_revoke
from live.client import Closed, LiveClient, paced
from live.management import recordings
from live.messages import Message, Piece
from vocasync.errors import PipelineError
from vocasync.types import ANALYSIS_RATE

KEY_NAME = "test_websocket"
ANSWER_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Dub a recording live over the socket of a running site, and print every message. Without a file a short talk "
        "is made. The key is one of a person's (--key), or made for a person of this site (--user) and revoked again."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        recordings.add_arguments(parser)
        parser.add_argument("--site", default=settings.SITE_URL, help=f"its address (default: {settings.SITE_URL})")
        parser.add_argument("--key", default="", help="API key with the scope live")
        parser.add_argument("--user", default="", help="name of a person of this site, instead of --key")

    def handle(self, *args: Any, **options: Any) -> None:
        start = {
            "type": "start_dubbing",
            "target_language": options["target"],
            "source_language": options["source"],
        }
        try:
            with tempfile.TemporaryDirectory() as name:
                pcm = recordings.pcm_of(options["file"], Path(name))
            with _key(options["key"], options["user"]) as key:
                asyncio.run(self._talk(options["site"], key, start, pcm))
        except PipelineError as error:
            raise CommandError(str(error)) from None
        except (Closed, OSError, TimeoutError) as error:
            raise CommandError(
                f"{options['site']}: {error or 'no answer'}. Is the site running (`make run`)?"
            ) from None

    async def _talk(self, site: str, key: str, start: Message, pcm: bytes) -> None:
        async with LiveClient(site, key) as client:
            self._print(client.ready)
            await client.send(start)
            await asyncio.wait_for(self._until(client, "started"), ANSWER_SECONDS)
            hearing = asyncio.create_task(self._until(client, "stopped"))
            await paced(client, pcm, ANALYSIS_RATE, settings.LIVE_CHUNK_SIZE)
            await client.send({"type": "stop"})
            await asyncio.wait_for(hearing, ANSWER_SECONDS)

    async def _until(self, client: LiveClient, last: str) -> None:
        """Print what comes, up to a message of this type. Raises CommandError for what ends the session."""
        while True:
            told = await client.receive()
            self._print(told)
            if isinstance(told, Piece):
                continue
            if told["type"] == "error" and told["fatal"]:
                raise CommandError(told["message"])
            if told["type"] == last:
                return

    def _print(self, told: Message | Piece) -> None:
        if isinstance(told, Piece):
            seconds = len(told.pcm) / 2 / told.rate
            self.stdout.write(f"(sound)     seq {told.seq}, clause {told.clause}, {seconds:.2f} s at {told.rate} Hz")
        else:
            rest = ", ".join(f"{name} {value}" for name, value in told.items() if name != "type")
            self.stdout.write(f"{told['type']:<11} {rest}")


@contextmanager
def _key(given: str, name: str) -> Iterator[str]:
    """The key to come with."""
    if bool(given) == bool(name):
        raise CommandError("Give either --key (an API key with the scope live) or --user (a person of this site).")
    if given:
        yield given
        return
    owner = User.objects.filter(username=name).first()
    if owner is None:
        raise CommandError(f"There is nobody called “{name}” on this site. Sign up there, or choose another --user.")
    row, secret = api_key_create(owner=owner, name=KEY_NAME, scopes=[ApiKey.Scope.LIVE])
    try:
        yield secret
    finally:
        api_key_revoke(key=row)
