"""Addresses: the site, its accounts, its REST interface and the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from vocasite import monitoring
from web.api.routes import patterns

admin.site.site_header = admin.site.site_title = "Vocasync"

handler400 = "vocasite.views.bad_request"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", TemplateView.as_view(template_name="landing.html"), name="landing"),
    path("admin/moderation/", include("voices.admin.urls")),
    path("admin/models/", include("engines.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("metrics", monitoring.metrics, name="metrics"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(template_name="api/docs.html"), name="api-docs"),
    *patterns([("api/health", monitoring.Health, "health")]),
    path("api/", include("web.api.urls")),
    path("api/", include("engines.api.urls")),
    path("api/", include("voices.api.urls")),
    path("api/", include("dubbing.api.urls")),
    path("api/", include("live.api.urls")),
    path("", include("web.urls")),
    path("", include("voices.urls")),
    path("", include("dubbing.urls")),
    path("", include("live.urls")),
]
