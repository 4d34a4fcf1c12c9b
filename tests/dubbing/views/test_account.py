"""The account page."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, User


def test_the_name_is_saved(alice: User, as_alice: Client) -> None:
    as_alice.post(reverse("dubbing:account"), {"first_name": "Alice", "last_name": "Liddell"})
    alice.refresh_from_db()
    assert alice.get_full_name() == "Alice Liddell"
    assert as_alice.post(reverse("dubbing:account"), {"first_name": "x" * 200}).status_code == 422


def test_a_key_is_shown_once(as_alice: Client) -> None:
    answer = as_alice.post(reverse("dubbing:key-create"), {"name": "laptop"})
    secret = answer.context["secret"]
    assert f'value="{secret}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    later = as_alice.get(reverse("dubbing:account")).content.decode()
    assert secret not in later
    assert ApiKey.objects.get().prefix in later
    opened = Client().get("/api/me", headers={"authorization": f"Bearer {secret}"})
    assert opened.status_code == 200


def test_a_key_needs_a_name(as_alice: Client) -> None:
    assert as_alice.post(reverse("dubbing:key-create"), {"name": " "}).status_code == 422
    assert not ApiKey.objects.exists()


def test_only_the_owner_revokes(as_alice: Client, as_charlie: Client) -> None:
    as_alice.post(reverse("dubbing:key-create"), {"name": "laptop"})
    key = ApiKey.objects.get()
    address = reverse("dubbing:key-revoke", args=[key.pk])
    assert as_charlie.post(address).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
    assert "Revoked" in as_alice.post(address, follow=True).content.decode()
