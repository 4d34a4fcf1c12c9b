"""``manage.py engine_keys``: who has keys of their own, and encrypting them anew after the encryption key changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from engines import keys
from engines.models import EngineKey


class Command(BaseCommand):
    """List people's keys for services (their last four characters), or encrypt them anew."""

    help = "List people's own keys for services, or encrypt them anew (--encrypt)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--encrypt", action="store_true", help="encrypt every key with the first of the site's encryption keys"
        )

    def handle(self, *args: Any, encrypt: bool, **options: Any) -> None:
        if encrypt:
            self._encrypt()
            return
        for row in EngineKey.objects.select_related("user").order_by("user__username", "service"):
            self.stdout.write(f"{row.user.get_username():<24} {row.service:<16} …{row.hint}  {row.set_at:%Y-%m-%d}")

    def _encrypt(self) -> None:
        done, lost = keys.encrypt_anew()
        self.stdout.write(f"{done} keys are encrypted with the first encryption key.")
        for row in lost:
            self.stderr.write(
                f"The key of {row.user.get_username()} for {row.service} cannot be read: put the encryption key that "
                "it was encrypted with back into VOCASYNC_ENCRYPTION_KEYS, or ask for the key anew."
            )
