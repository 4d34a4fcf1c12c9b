"""Template helpers for the site's pages."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.notices import unread_count
from vocasync.engines.base import Price
from vocasync.engines.terms import priced
from vocasync.languages import DETECT, LANGUAGES
from web.people import person

register = template.Library()

SPRITE = "vendor/lucide/icons.svg"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite. Decorative unless it has a label."""
    return _icon(name, label, sprite_url())


@lru_cache(maxsize=512)
def _icon(name: str, label: str, sprite: str) -> SafeString:
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', label, sprite, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)


@register.simple_tag
def sprite_url() -> str:
    """Address of the icon sprite, for scripts."""
    return static(SPRITE) if settings.DEBUG else _sprite()


@cache
def _sprite() -> str:
    """Looked up once: a page shows an icon a hundred times over."""
    return static(SPRITE)


@register.simple_tag(takes_context=True)
def unread_notices(context: Context) -> int:
    """How many notices the person who asks has not read; counted once a request."""
    request: HttpRequest | None = context.get("request")
    if request is None or not request.user.is_authenticated:
        return 0
    if not hasattr(request, "unread_notices"):
        request.unread_notices = unread_count(person(request))  # type: ignore[attr-defined]
    count: int = request.unread_notices  # type: ignore[attr-defined]
    return count


@register.filter
def megabytes(count: int) -> str:
    """Bytes as ``12.3 MB`` or ``1.2 GB`` (1 MB = 2^20 bytes)."""
    amount = count / 2**20
    if amount >= 1024:
        return f"{amount / 1024:.1f} GB"
    return f"{amount:.0f} MB" if amount >= 100 or amount == int(amount) else f"{amount:.1f} MB"


@register.filter
def usd(amount: float) -> str:
    """US dollars as ``$12.30``; what is less than a cent as that."""
    if 0 < amount < 0.01:
        return "less than $0.01"
    return f"${amount:,.2f}"


@register.filter
def price(asked: Price | None) -> str:
    """What an engine costs, in words; "" for nothing."""
    return priced(asked)


@register.filter
def clock(seconds: float | None) -> str:
    """``75.2`` as ``1:15``; ``3675`` as ``1:01:15``; nothing for None."""
    if seconds is None:
        return ""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


@register.filter
def percent(share: float | None) -> str:
    """``0.42`` as ``42``."""
    return "" if share is None else f"{100 * share:.0f}"


@register.filter
def language_name(code: str) -> str:
    """The English name of a language code; the code itself where it is unknown."""
    if code == DETECT:
        return "Detected"
    row = LANGUAGES.get(code)
    return row.name if row else code


@register.filter
def text_direction(code: str) -> str:
    """``rtl`` or ``ltr``."""
    row = LANGUAGES.get(code)
    return "rtl" if row and row.rtl else "ltr"


@register.filter
def item(mapping: dict[str, Any], key: str) -> Any:
    """``mapping[key]``, or None."""
    return mapping.get(key)


@register.simple_tag
def widget(field: BoundField, **attrs: str) -> SafeString:
    """The field's input in the design's clothes, tied to its help and its errors."""
    given: dict[str, str | bool] = {name.replace("_", "-"): value for name, value in attrs.items()}
    described = [f"{field.id_for_label}-help"] if field.help_text else []
    if field.errors:
        described.append(f"{field.id_for_label}-errors")
        given["aria-invalid"] = "true"
    if described:
        given["aria-describedby"] = " ".join(described)
    given.setdefault("class", "input")
    return field.as_widget(attrs=given)
