"""The moderators' pages, under ``/admin/moderation/``: for staff, as everything of the admin is."""

from __future__ import annotations

from django.contrib.admin import site
from django.urls import path

from voices.admin import evidence, queue

app_name = "moderation"
urlpatterns = [
    path("", site.admin_view(queue.queue), name="queue"),
    path("voices/<uuid:voice_id>/", site.admin_view(queue.voice), name="voice"),
    path("faces/<uuid:face_id>/", site.admin_view(queue.face), name="face"),
    path("faces/<uuid:face_id>/picture/", site.admin_view(evidence.picture), name="picture"),
    path("samples/<uuid:sample_id>/", site.admin_view(evidence.sample), name="sample"),
    path("previews/<uuid:preview_id>/", site.admin_view(evidence.preview), name="preview"),
    path("readings/<uuid:record_id>/", site.admin_view(evidence.reading), name="reading"),
    path("statements/<uuid:record_id>/", site.admin_view(evidence.statement), name="statement"),
    path("decide/<str:kind>/<str:key>/", site.admin_view(queue.decide), name="decide"),
]
