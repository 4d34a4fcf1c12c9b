"""People's own keys for services. A key is encrypted at rest and shown to nobody, its last four characters apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import audit
from accounts.limits import require_active
from accounts.models import User
from engines import formats, vault
from engines.models import EngineKey
from vocasync.engines import services
from vocasync.engines.base import EngineConfig
from vocasync.engines.services import SERVICES, Service
from work.engines import engine_config


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A service, and the person's key for it. hint: its last characters, "" for no key. readable: whether the site can
    still decrypt it. site: whether the site has a key of its own for everybody."""

    service: Service
    hint: str = ""
    set_at: datetime | None = None
    readable: bool = True
    site: bool = False

    @property
    def is_set(self) -> bool:
        """Whether there is a key of the person's."""
        return self.set_at is not None


def keys_of(user: User) -> list[KeptKey]:
    """Every service, in its order, with the person's key for it."""
    rows = {row.service: row for row in EngineKey.objects.filter(user=user)}
    site = engine_config()
    return [_kept(one, rows.get(one.name), bool(site.key(one.name))) for one in SERVICES]


def key_of(user: User, name: str) -> KeptKey:
    """One of :func:`keys_of`. Raises KeyError for a service that there is not."""
    row = EngineKey.objects.filter(user=user, service=name).first()
    return _kept(services.service(name), row, bool(engine_config().key(name)))


def _kept(one: Service, row: EngineKey | None, site: bool) -> KeptKey:
    if row is None:
        return KeptKey(one, site=site)
    return KeptKey(one, row.hint, row.set_at, vault.decrypted(row.secret) is not None, site)


@sensitive_variables()
def config_for(user: User | AnonymousUser | None, size: str = "") -> EngineConfig:
    """The place that engines run in for somebody: their own keys go before the site's. A key that cannot be decrypted
    any more counts as none. size: of a model that comes in sizes."""
    return engine_config(size, _secrets(user))


def own_services(user: User) -> frozenset[str]:
    """The services that the person pays with a key of their own."""
    return frozenset(_secrets(user))


@sensitive_variables()
def _secrets(user: User | AnonymousUser | None) -> Mapping[str, str]:
    if not isinstance(user, User):
        return {}
    opened = ((row.service, vault.decrypted(row.secret)) for row in EngineKey.objects.filter(user=user))
    return {name: secret for name, secret in opened if secret is not None}


@sensitive_variables("key", "secret")
def key_set(*, user: User, service: str, key: str) -> KeptKey:
    """Keep a key, in place of one that there is.

    Raises KeyError for an unknown service, ValidationError (``key``) for what cannot be one, ``suspended``.
    """
    known = services.service(service)
    require_active(user)
    try:
        secret = formats.checked(known, key)
    except ValueError as error:
        raise ValidationError({"key": str(error)}) from None
    shown = formats.hint(known, secret)
    with transaction.atomic():
        old = EngineKey.objects.select_for_update().filter(user=user, service=service).first()
        row, _made = EngineKey.objects.update_or_create(
            user=user,
            service=service,
            defaults={"secret": vault.encrypted(secret), "hint": shown, "set_at": timezone.now()},
        )
        audit.record(user, "engine_key.set", row, before=_trail(old), after=_trail(row))
    return key_of(user, service)


def key_delete(*, user: User, service: str, by: User | None = None) -> bool:
    """Forget the key. by: who does it, None for the person. Returns whether there was one."""
    with transaction.atomic():
        row = EngineKey.objects.select_for_update().filter(user=user, service=service).first()
        if row is None:
            return False
        audit.record(by or user, "engine_key.delete", row, before=_trail(row))
        row.delete()
    return True


def encrypt_anew() -> tuple[int, list[EngineKey]]:
    """Encrypt every key with the site's first encryption key. Returns how many, and the rows that cannot be read."""
    done, lost = 0, []
    with transaction.atomic():
        for row in EngineKey.objects.select_for_update().order_by("pk"):
            secret = vault.decrypted(row.secret)
            if secret is None:
                lost.append(row)
                continue
            EngineKey.objects.filter(pk=row.pk).update(secret=vault.encrypted(secret))
            done += 1
    return done, lost


def _trail(row: EngineKey | None) -> dict[str, str]:
    return {} if row is None else {"service": row.service, "hint": row.hint}
