"""The audit trail: written, kept by the database, read in the admin."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import audit
from accounts.models import AuditEntry, User


@pytest.fixture
def entry(alice: User, bob: User) -> AuditEntry:
    """Alice, a moderator, changed something of Bob's."""
    before = {"is_public": True, "status": "granted", "same": 1}
    after = {"is_public": False, "same": 1, "note": "<b>hidden</b>"}
    return audit.record(alice, "voice.takedown", bob, before=before, after=after, reason="Not his voice.")


def test_an_entry_names_actor_object_before_and_after(entry: AuditEntry, alice: User, bob: User) -> None:
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name, entry.action) == (alice, "alice", "voice.takedown")
    assert (entry.object_type, entry.object_id, entry.object_name) == ("accounts.user", str(bob.pk), "bob")
    assert entry.reason == "Not his voice."
    assert audit.changes(entry) == [
        ("is_public", True, False),
        ("note", None, "<b>hidden</b>"),
        ("status", "granted", None),
    ]


def test_the_site_itself_may_act(bob: User) -> None:
    assert str(audit.record(None, "consent.lapse", bob)) == "Vocasync consent.lapse accounts.user bob"


def test_the_database_refuses_every_change(entry: AuditEntry, bob: User) -> None:
    rows = AuditEntry.objects.filter(pk=entry.pk)
    for change in (lambda: rows.update(reason=""), rows.delete, lambda: rows._raw_delete("default")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
    assert AuditEntry.objects.get().reason == "Not his voice."
    audit.record(bob, "voice.restore", bob)
    assert AuditEntry.objects.count() == 2


def test_the_trail_outlives_the_account(entry: AuditEntry, alice: User) -> None:
    alice.delete()
    kept = AuditEntry.objects.get()
    assert (kept.actor_id, kept.actor_name) == (entry.actor_id, "alice")


def test_the_admin_deletes_people_and_keeps_the_trail(entry: AuditEntry, bob: User, admin_client: Client) -> None:
    answer = admin_client.post(f"/admin/accounts/user/{bob.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not User.objects.filter(pk=bob.pk).exists()
    assert AuditEntry.objects.get().object_name == "bob"


def test_the_admin_shows_it_and_lets_nobody_write(entry: AuditEntry, admin_client: Client) -> None:
    page = admin_client.get("/admin/accounts/auditentry/").text
    assert "voice.takedown" in page
    assert "alice" in page
    detail = admin_client.get(f"/admin/accounts/auditentry/{entry.pk}/change/").text
    assert "<del>True</del> → <ins>False</ins>" in detail
    assert "&lt;b&gt;hidden&lt;/b&gt;" in detail
    assert "same" not in detail.partition("is_public")[2].partition("</table>")[0]
    assert 'name="_save"' not in detail
    for address in ("add/", f"{entry.pk}/delete/"):
        assert admin_client.post(f"/admin/accounts/auditentry/{address}", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"/admin/accounts/auditentry/{entry.pk}/change/", {"reason": ""}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    admin_client.post("/admin/accounts/auditentry/", chosen)
    assert AuditEntry.objects.get().reason == "Not his voice."


def test_the_admin_filters_it(entry: AuditEntry, bob: User, admin_client: Client) -> None:
    audit.record(bob, "consent.submit", bob)
    audit.record(None, "consent.lapse", bob)

    def shown(query: str) -> list[str]:
        response = admin_client.get(f"/admin/accounts/auditentry/?{query}")
        assert response.status_code == 200
        return [row.action for row in response.context["cl"].result_list]

    assert shown("") == ["consent.lapse", "consent.submit", "voice.takedown"]
    assert shown("actor=alice") == ["voice.takedown"]
    assert shown("action=consent.submit") == ["consent.submit"]
    assert shown("object_type=accounts.user&actor=Vocasync") == ["consent.lapse"]
    assert shown("q=Not+his") == ["voice.takedown"]
    assert shown(f"q={bob.pk}") == ["consent.lapse", "consent.submit", "voice.takedown"]
    assert shown("at__gte=2999-01-01+00:00:00%2B00:00") == []
