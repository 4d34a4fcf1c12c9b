"""API keys: made, shown once, used, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from accounts.authentication import ApiKeyAuthentication, key_of
from accounts.models import ApiKey, User
from accounts.services import api_key_create, api_key_revoke


def bearer(value: str) -> tuple[User, ApiKey] | None:
    request = APIRequestFactory().get("/", headers={"Authorization": value})
    return ApiKeyAuthentication().authenticate(request)


def test_a_key_opens_and_is_not_stored(alice: User) -> None:
    row, secret = api_key_create(owner=alice, name=" laptop ")
    assert row.name == "laptop"
    assert secret.startswith(f"voca_{row.prefix}_")
    assert len(secret) > 50
    stored = ApiKey.objects.filter(pk=row.pk).values().get()
    assert secret.removeprefix(f"voca_{row.prefix}_") not in str(stored)  # which may have underscores of its own
    assert bearer(f"Bearer {secret}") == (alice, row)
    assert bearer(f"bearer {secret}") == (alice, row)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_key_needs_a_name(alice: User, name: str) -> None:
    with pytest.raises(ValidationError):
        api_key_create(owner=alice, name=name)
    assert not ApiKey.objects.exists()


def test_wrong_keys_are_refused(alice: User) -> None:
    row, secret = api_key_create(owner=alice, name="laptop")
    other = api_key_create(owner=alice, name="other")[1]
    wrong = [
        secret[:-1],
        secret + "x",
        secret.removeprefix("voca_"),
        f"voca_{row.prefix}_{other.split('_', 2)[2]}",
        f"voca_{row.prefix}_",
        "voca_unknown_" + "a" * 43,
        "",
        row.digest,
        "voca_\xff_é",
    ]
    for value in wrong:
        with pytest.raises(AuthenticationFailed):
            bearer(f"Bearer {value}")


def test_other_schemes_are_left_to_others(alice: User) -> None:
    assert bearer("Basic YWxpY2U6eA==") is None
    assert bearer("") is None


def test_a_revoked_key_opens_nothing(alice: User) -> None:
    row, secret = api_key_create(owner=alice, name="laptop")
    api_key_revoke(key=row)
    first = row.revoked_at
    assert key_of(secret) is None
    api_key_revoke(key=row)
    assert row.revoked_at == first


def test_the_key_of_a_person_who_was_shut_out_opens_nothing(alice: User) -> None:
    secret = api_key_create(owner=alice, name="laptop")[1]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert key_of(secret) is None


def test_last_use_is_noted_once_a_minute(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    row, secret = api_key_create(owner=alice, name="laptop")
    bearer(f"Bearer {secret}")
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        bearer(f"Bearer {secret}")
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    bearer(f"Bearer {secret}")
    row.refresh_from_db()
    assert row.last_used_at > first


def test_the_admin_shows_keys_and_revokes_them(alice: User, admin_client: Client) -> None:
    row, secret = api_key_create(owner=alice, name="laptop")
    page = admin_client.get("/admin/accounts/apikey/")
    assert row.prefix in page.text
    detail = admin_client.get(f"/admin/accounts/apikey/{row.pk}/change/")
    assert row.digest not in detail.text
    assert admin_client.get("/admin/accounts/apikey/add/").status_code == 403
    admin_client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [row.pk]})
    assert key_of(secret) is None
    assert admin_client.get(f"/admin/accounts/user/{alice.pk}/change/").status_code == 200


def test_a_key_opens_what_was_chosen(alice: User) -> None:
    every, _ = api_key_create(owner=alice, name="laptop")
    assert every.scopes == ["read", "jobs", "voices", "live"]
    some, _ = api_key_create(owner=alice, name="player", scopes=["voices", "read", "voices"])
    assert some.scopes == ["read", "voices"]
    assert (some.opens("voices"), some.opens("jobs")) == (True, False)
    for scopes in ([], ["everything"], ["read", "admin"]):
        with pytest.raises(ValidationError, match="read, jobs, voices"):
            api_key_create(owner=alice, name="laptop", scopes=scopes)
