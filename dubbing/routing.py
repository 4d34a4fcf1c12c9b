"""Addresses of the sockets."""

from __future__ import annotations

from django.urls import path

from dubbing.consumers import JobFollower, JobsFollower

websocket_urlpatterns = [
    path("ws/jobs/", JobsFollower.as_asgi()),
    path("ws/jobs/<uuid:job_id>/", JobFollower.as_asgi()),
]
