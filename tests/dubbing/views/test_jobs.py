"""A job's page in every state, and what can be done there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from dubbing.files import output_root
from dubbing.models import Artifact, Job
from tests.dubbing.conftest import make_job
from tests.dubbing.views.conftest import SCORES


def page(client: Client, job: Job) -> str:
    return client.get(reverse("dubbing:job", args=[job.pk])).content.decode()


def test_a_result_shows_tracks_transcript_scores_and_downloads(finished: Job, as_alice: Client) -> None:
    html = page(as_alice, finished)
    for name in ("dubbed.mp4", "voice.mp3", "emotion.mp3", "subtitles.target.vtt", "everything.zip"):
        assert reverse("dubbing:artifact", args=[finished.pk, name]) in html
    assert "&lt;b&gt;Hello&lt;/b&gt;" in html
    assert "<b>Hello</b>" not in html
    assert "<mark" in html, "doubtful words are marked"
    assert "0.8 s too long" in html
    assert f"{SCORES['tracks']['voice']['speaker']:.2f}" in html
    assert "the speaker against themself" in html
    assert "Matched voice (eSpeak NG) 1" in html
    assert "Whisper" in html, "what a better engine would need"
    assert "One sentence is longer than its slot." in html


def test_a_running_job_shows_its_stages(alice: User, as_alice: Client) -> None:
    job = make_job(alice, status=Job.Status.RUNNING, stage="translate", progress=0.4, stage_progress=0.25)
    html = " ".join(page(as_alice, job).split())
    assert 'data-stage="transcribe" data-state="done"' in html
    assert 'data-stage="translate" data-state="now" aria-current="step"' in html
    assert 'data-stage="mux" data-state="ahead"' in html
    assert reverse("dubbing:cancel", args=[job.pk]) in html
    assert reverse("dubbing:retry", args=[job.pk]) not in html


def test_a_failure_is_told_in_words_with_a_way_on(alice: User, as_alice: Client) -> None:
    job = make_job(
        alice,
        status=Job.Status.FAILED,
        stage="transcribe",
        error_code="no_speech",
        error_params={"name": "<talk>.mp4"},
    )
    html = page(as_alice, job)
    assert "No speech was found in “&lt;talk&gt;.mp4”" in html
    assert reverse("dubbing:retry", args=[job.pk]) in html


def test_a_review_shows_both_texts_and_saves_before_it_goes_on(waiting: Job, as_alice: Client) -> None:
    html = page(as_alice, waiting)
    assert 'name="text-0"' in html
    assert 'name="translation-1"' in html
    form = {"text-0": "Hello there", "translation-0": "Buenas", "translation-1": "Hola"}
    answer = as_alice.post(reverse("dubbing:approve", args=[waiting.pk]), form)
    assert answer["Location"] == reverse("dubbing:job", args=[waiting.pk])
    waiting.refresh_from_db()
    assert waiting.status == Job.Status.QUEUED
    first, second = waiting.segments.order_by("index")
    assert (first.text, first.translation, first.text_edited) == ("Hello there", "Buenas", True)
    assert (second.translation, second.translation_edited) == ("Hola", False)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("cancel", Job.Status.RUNNING, Job.Status.CANCELLED),
        ("retry", Job.Status.FAILED, Job.Status.QUEUED),
        ("approve", Job.Status.WAITING, Job.Status.QUEUED),
    ],
)
def test_actions_move_the_job(action: str, before: str, after: str, alice: User, as_alice: Client) -> None:
    job = make_job(alice, status=before)
    answer = as_alice.post(reverse(f"dubbing:{action}", args=[job.pk]), follow=True)
    assert answer.status_code == 200
    job.refresh_from_db()
    assert job.status == after


def test_an_action_that_comes_too_late_is_refused_in_words(finished: Job, as_alice: Client) -> None:
    address = reverse("dubbing:cancel", args=[finished.pk])
    assert "toast-error" in as_alice.post(address, follow=True).content.decode()
    refused = as_alice.post(address, headers={"accept": "application/json"})
    assert refused.status_code == 409
    assert "done" in refused.json()["message"]


def test_delete_takes_the_files_too(
    finished: Job, as_alice: Client, media_root: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_alice.post(reverse("dubbing:delete", args=[finished.pk]), follow=True)
    assert "was deleted" in answer.content.decode()
    assert not Job.objects.filter(pk=finished.pk).exists()
    assert not (media_root / "jobs" / str(finished.pk)).exists()


def test_an_edit_makes_the_segment_stale(finished: Job, as_alice: Client) -> None:
    address = reverse("dubbing:segment", args=[finished.pk, 1])
    answer = as_alice.post(address, {"translation": "Buenas tardes"}, headers={"accept": "application/json"})
    assert answer.json() == {
        "text": "<b>Hello</b> there",
        "translation": "Buenas tardes",
        "stale": True,
        "stale_count": 1,
    }
    plain = as_alice.post(address, {"text": "Good evening"})
    assert plain["Location"].endswith("#segment-1")
    assert as_alice.post(reverse("dubbing:segment", args=[finished.pk, 99])).status_code == 404
    assert as_alice.post(reverse("dubbing:rerun", args=[finished.pk])).status_code == 302
    finished.refresh_from_db()
    assert finished.status == Job.Status.QUEUED


def test_the_old_result_stays_while_changes_are_spoken(finished: Job, as_alice: Client) -> None:
    Job.objects.filter(pk=finished.pk).update(status=Job.Status.RUNNING, stage="synthesize")
    html = page(as_alice, finished)
    assert 'id="live-bar"' in html
    assert 'id="player-data"' in html
    assert "data-edit" not in html, "a segment cannot be edited while a worker has the job"


def test_an_edit_of_a_job_at_work_is_refused(finished: Job, as_alice: Client) -> None:
    Job.objects.filter(pk=finished.pk).update(status=Job.Status.RUNNING)
    address = reverse("dubbing:segment", args=[finished.pk, 0])
    assert as_alice.post(address, {"text": "x"}, headers={"accept": "application/json"}).status_code == 409
    assert "toast-error" in as_alice.post(address, {"text": "x"}, follow=True).content.decode()
    assert as_alice.post(address, {"text": "x" * 6000}, headers={"accept": "application/json"}).status_code == 422


def test_a_picture_whose_lips_move_is_offered_by_track(finished: Job, as_alice: Client) -> None:
    assert 'id="synced"' not in page(as_alice, finished)
    (output_root(finished.pk) / "lipsync.emotion.mp4").write_bytes(b"0123")
    row = {
        "path": "lipsync.emotion.mp4",
        "name": "A talk.mp4",
        "kind": "video",
        "mime": "video/mp4",
        "track": "emotion",
    }
    Artifact.objects.create(job=finished, size=4, **row)
    html = page(as_alice, finished)
    assert 'id="synced"' in html
    given = json.loads(html.partition('id="player-data" type="application/json">')[2].partition("</script>")[0])
    assert given["synced"] == {"emotion": reverse("dubbing:artifact", args=[finished.pk, "lipsync.emotion.mp4"])}
    assert (given["own"], given["stand_in"]) == (
        "original",
        reverse("dubbing:artifact", args=[finished.pk, "dubbed.mp4"]),
    )
