"""Pages of a list."""

from __future__ import annotations

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    """``?limit=&offset=``; a page is never larger than ``max_limit``."""

    default_limit = 50
    max_limit = 500
