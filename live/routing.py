"""Addresses of the live sockets."""

from __future__ import annotations

from django.urls import re_path

from live.consumers import LiveConsumer

ID = r"[A-Za-z0-9_-]{8,64}"

websocket_urlpatterns = [
    re_path(rf"^ws/(?P<connection_id>{ID})/(?P<session_id>{ID})/?\Z", LiveConsumer.as_asgi()),
]
