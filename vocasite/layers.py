"""What pushes progress from the workers to whoever follows it."""

from __future__ import annotations

from typing import Any

REDIS_SECONDS = 30.0
"""How long an answer of Redis is waited for. The layer asks it to wait 5 seconds for news, as long as the client's own
limit is by default: whoever followed a job on which nothing happened was cut off."""


def channel_layer(redis_url: str) -> dict[str, Any]:
    """The settings of Channels' layer: through Redis, or within this process where there is none."""
    if not redis_url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    host = {"address": redis_url, "socket_timeout": REDIS_SECONDS}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}
