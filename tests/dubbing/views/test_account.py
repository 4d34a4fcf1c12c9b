"""The account page."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.limits import take_audio
from accounts.models import ApiKey, User
from dubbing.models import Job
from tests.dubbing.conftest import make_job

KEY = {"name": "laptop", "scopes": ["read", "jobs"]}


def test_the_name_is_saved(alice: User, as_alice: Client) -> None:
    as_alice.post(reverse("dubbing:account"), {"first_name": "Alice", "last_name": "Liddell"})
    alice.refresh_from_db()
    assert alice.get_full_name() == "Alice Liddell"
    assert as_alice.post(reverse("dubbing:account"), {"first_name": "x" * 200}).status_code == 422


def test_a_key_is_shown_once(as_alice: Client) -> None:
    answer = as_alice.post(reverse("dubbing:key-create"), KEY)
    secret = answer.context["secret"]
    assert f'value="{secret}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    later = as_alice.get(reverse("dubbing:account")).content.decode()
    assert secret not in later
    assert ApiKey.objects.get().prefix in later
    opened = Client().get("/api/me", headers={"authorization": f"Bearer {secret}"})
    assert opened.status_code == 200


def test_a_key_needs_a_name(as_alice: Client) -> None:
    assert as_alice.post(reverse("dubbing:key-create"), KEY | {"name": " "}).status_code == 422
    assert not ApiKey.objects.exists()


def test_only_the_owner_revokes(as_alice: Client, as_charlie: Client) -> None:
    as_alice.post(reverse("dubbing:key-create"), KEY)
    key = ApiKey.objects.get()
    address = reverse("dubbing:key-revoke", args=[key.pk])
    assert as_charlie.post(address).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
    assert "Revoked" in as_alice.post(address, follow=True).content.decode()


def test_a_key_may_do_what_was_chosen(as_alice: Client) -> None:
    page = as_alice.get(reverse("dubbing:account")).text
    for scope in ApiKey.Scope:
        assert f'value="{scope.value}"' in page
        assert scope.label in page
    shown = as_alice.post(reverse("dubbing:key-create"), KEY).text
    assert ApiKey.objects.get().scopes == ["read", "jobs"]
    assert '<li class="badge">jobs</li>' in shown
    assert '<li class="badge">voices</li>' not in shown
    for scopes in ([], ["everything"]):
        refused = as_alice.post(reverse("dubbing:key-create"), KEY | {"scopes": scopes})
        assert refused.status_code == 422
    assert ApiKey.objects.count() == 1


def test_limits_are_shown_with_what_is_used(alice: User, as_alice: Client) -> None:
    alice.max_audio_minutes_day, alice.max_storage_mb, alice.plan = 60, 2048, "studio"
    alice.save()
    take_audio(alice, 1800.0)
    job = make_job(alice)
    Job.objects.filter(pk=job.pk).update(upload_bytes=2 * 2**30)
    answer = as_alice.get(reverse("dubbing:account"))
    audio, storage, jobs, voices = answer.context["meters"]
    assert (audio.text, audio.share) == ("30 of 60 minutes", 0.5)
    assert (storage.text, storage.share) == ("2.0 GB of 2.0 GB", 1.0)
    assert (jobs.text, jobs.share) == ("1 of 20", 0.05)
    assert (voices.text, voices.share) == ("0 of 2,000", 0.0)
    assert answer.text.count("<meter") == 4
    assert "Studio" in answer.text


def test_a_limit_of_nothing_is_full(alice: User, as_alice: Client) -> None:
    User.objects.filter(pk=alice.pk).update(max_voices=0)
    assert as_alice.get(reverse("dubbing:account")).context["meters"][3].share == 1.0


def test_who_is_suspended_makes_no_key(alice: User, bob: User, as_alice: Client) -> None:
    services.suspend(user=alice, by=bob, reason="Somebody else's voice.")
    refused = as_alice.post(reverse("dubbing:key-create"), KEY)
    assert refused.status_code == 422
    assert not ApiKey.objects.exists()
    assert "no new key can be made" in as_alice.get(reverse("dubbing:account")).text
