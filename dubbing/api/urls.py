"""Addresses of the REST interface, each with and without a slash at its end.

A redirect between the two would lose the body of a POST. The form without is the documented one.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from dubbing.api import engines, jobs, keys, results

app_name = "api"

ROUTES: tuple[tuple[str, Any, str], ...] = (
    ("jobs", jobs.JobList, "jobs"),
    ("jobs/dubbing", jobs.DubbingCreate, "jobs-dubbing"),
    ("jobs/<uuid:job_id>", jobs.JobDetail, "job"),
    ("jobs/<uuid:job_id>/cancel", jobs.JobCancel, "job-cancel"),
    ("jobs/<uuid:job_id>/retry", jobs.JobRetry, "job-retry"),
    ("jobs/<uuid:job_id>/approve", jobs.JobApprove, "job-approve"),
    ("jobs/<uuid:job_id>/rerun", jobs.JobRerun, "job-rerun"),
    ("jobs/<uuid:job_id>/events", jobs.JobEvents, "job-events"),
    ("jobs/<uuid:job_id>/source", results.SourceFile, "job-source"),
    ("jobs/<uuid:job_id>/segments", results.SegmentList, "segments"),
    ("jobs/<uuid:job_id>/segments/<int:index>", results.SegmentDetail, "segment"),
    ("jobs/<uuid:job_id>/artifacts", results.ArtifactList, "artifacts"),
    ("jobs/<uuid:job_id>/artifacts/<str:path>", results.ArtifactFile, "artifact"),
    ("engines", engines.EngineList, "engines"),
    ("languages", engines.LanguageList, "languages"),
    ("check", engines.Check, "check"),
    ("keys", keys.KeyList, "keys"),
    ("keys/<int:key_id>", keys.KeyDetail, "key"),
    ("me", keys.Me, "me"),
)


def both_forms(route: str, view: Any, name: str) -> list[URLPattern]:
    """The named address without a slash at its end, and the same with one."""
    function = view.as_view()
    return [path(route, function, name=name), path(f"{route}/", function)]


urlpatterns = [pattern for row in ROUTES for pattern in both_forms(*row)]


def documented(endpoints: list[tuple[Any, ...]], **kwargs: Any) -> list[tuple[Any, ...]]:
    """For the OpenAPI schema: each address once."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]
