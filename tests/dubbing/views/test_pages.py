"""Pages that everybody sees, and what holds for all pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from dubbing.models import Job
from dubbing.views.stages import STAGES
from tests.conftest import ROOT

OPEN = ["landing", "dubbing:engines", "account_login", "account_signup", "account_reset_password"]
OWN = ["dubbing:dashboard", "dubbing:new", "dubbing:account", "account_email", "account_change_password"]
INLINE = re.compile(r"<[^>]+\s(?:style|on[a-z]+)\s*=|<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style", re.I)


@pytest.mark.parametrize("name", OPEN)
def test_open_pages(name: str, db: None) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 200
    check(answer)


@pytest.mark.parametrize("name", [*OWN, "account_logout"])
def test_own_pages(name: str, as_alice: Client) -> None:
    answer = as_alice.get(reverse(name))
    assert answer.status_code == 200
    check(answer)


def test_job_pages(finished: Job, waiting: Job, as_alice: Client) -> None:
    for job in (finished, waiting):
        check(as_alice.get(reverse("dubbing:job", args=[job.pk])))


def check(answer: Any) -> None:
    """The page keeps to its own policy: nothing inline that the browser would refuse."""
    html = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    found = INLINE.search(html)
    assert found is None, found
    assert html.count("<h1") == 1
    assert '<main id="main"' in html


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "413.html", "500.html"])
def test_error_pages(name: str, db: None) -> None:
    assert "<h1" in render_to_string(name)


def test_not_found_is_ours(db: None) -> None:
    answer = Client().get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_words(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "alice"})
    assert answer.status_code == 403
    assert "fresh page" in answer.content.decode()


def test_every_icon_is_in_the_sprite() -> None:
    pattern = re.compile(r"""icon\s*[=(:]?\s*["']([a-z0-9-]+)["']""")
    sprite = (ROOT / "static" / "vendor" / "lucide" / "icons.svg").read_text()
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/**/*.js"), *ROOT.glob("dubbing/**/*.py")]
    used = {name for path in sources for name in pattern.findall(path.read_text())}
    assert used
    assert {name for name in used if f'id="{name}"' not in sprite} == set(), "run scripts/vendor"


def test_stages_are_those_of_the_pipeline() -> None:
    from vocasync.artifacts import Workspace
    from vocasync.engines.base import EngineConfig
    from vocasync.pipelines.base import DubRequest
    from vocasync.pipelines.dub import DubPipeline

    request = DubRequest(source=ROOT / "talk.mp4", source_name="talk.mp4", target_language="es")
    pipeline = DubPipeline(request, Workspace(ROOT / "nowhere"), EngineConfig())
    assert tuple(stage.name for stage in STAGES if stage.name in pipeline.stages) == pipeline.stages
