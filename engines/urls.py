"""The page of models, under ``/admin/models/``: for staff, as everything of the admin is."""

from __future__ import annotations

from django.contrib.admin import site
from django.urls import path

from engines import model_pages

app_name = "models"
urlpatterns = [
    path("", site.admin_view(model_pages.page), name="page"),
    path("progress/", site.admin_view(model_pages.progress), name="progress"),
    path("<str:name>/", site.admin_view(model_pages.press), name="press"),
]
