"""What the library's filters offer a person, kept for a little while.

Finding which languages and tags the visible voices have takes as long as the rest of a page of a full library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.core.cache import cache

SECONDS = 30
"""How late a filter may offer what others' voices have; a change of one's own shows at once where it was made."""

Choices = tuple[list[str], list[str]]
"""Codes of languages, and tags."""


def kept(user_id: int, find: Callable[[], Choices]) -> Choices:
    """What is kept for the person, else what ``find`` finds."""
    return cast(Choices, cache.get_or_set(_key(user_id), find, SECONDS))


def forget(user_id: int) -> None:
    """The person's own voices changed."""
    cache.delete(_key(user_id))


def _key(user_id: int) -> str:
    return f"voices:offered:{user_id}"
