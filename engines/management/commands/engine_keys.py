"""``manage.py engine_keys``: who has keys of their own, encrypting them anew, and what is on the site's account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from engines import clones, keys
from engines.models import EngineKey
from vocasync.errors import PipelineError


class Command(BaseCommand):
    """List people's keys for services (their last four characters), or encrypt them anew."""

    help = (
        "List people's own keys for services, or encrypt them anew; remove copies of voices from the site's accounts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--encrypt", action="store_true", help="encrypt every key with the first of the site's encryption keys"
        )

        parser.add_argument(
            "--remove-copies",
            action="store_true",
            help="remove the copies of voices that were made on the site's accounts (by the shell, too)",
        )

    def handle(self, *args: Any, encrypt: bool, remove_copies: bool, **options: Any) -> None:
        if remove_copies:
            self._remove_copies()
            return
        if encrypt:
            self._encrypt()
            return
        for row in EngineKey.objects.select_related("user").order_by("user__username", "service"):
            self.stdout.write(f"{row.user.get_username():<24} {row.service:<16} …{row.hint}  {row.set_at:%Y-%m-%d}")

    def _remove_copies(self) -> None:
        try:
            count = clones.remove_all_of_site()
        except PipelineError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} copies of voices were removed. Each is made anew when it is next spoken with.")

    def _encrypt(self) -> None:
        done, lost = keys.encrypt_anew()
        self.stdout.write(f"{done} keys are encrypted with the first encryption key.")
        for row in lost:
            self.stderr.write(
                f"The key of {row.user.get_username()} for {row.service} cannot be read: put the encryption key that "
                "it was encrypted with back into VOCASYNC_ENCRYPTION_KEYS, or ask for the key anew."
            )
