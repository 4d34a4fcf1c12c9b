"""Sessions are opened, assigned, stopped, lost and forgotten; everybody has their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.services import api_key_create, api_key_revoke
from live import selectors, services
from live.models import LiveSession, LiveUpload, LiveWorker
from vocasync.errors import PipelineError

pytestmark = pytest.mark.django_db


def opened(owner: User, session_id: str = "session-one", **fields: Any) -> LiveSession:
    session = services.session_open(owner=owner, session_id=session_id, connection_id="connection-1")
    LiveSession.objects.filter(pk=session.pk).update(**fields)
    session.refresh_from_db()
    return session


def worker(name: str, **fields: Any) -> LiveWorker:
    return LiveWorker.objects.create(name=name, address=f"unix:/{name}", **{"room": 2, **fields})


def code_of(call: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        call()
    return caught.value.code


def test_whoever_comes_back_has_the_same_session(alice: User, bob: User) -> None:
    first = opened(alice, state="running", worker="one")
    again = services.session_open(owner=alice, session_id="session-one", connection_id="connection-2", origin="page")
    assert (again.pk, again.state, again.worker) == (first.pk, "running", "one")
    assert (again.connection_id, again.origin) == ("connection-2", "program")  # who opened it first
    assert opened(bob).pk != first.pk


@pytest.mark.parametrize(
    "over",
    [
        {"state": "stopped", "ended_at": timezone.now()},
        {"state": "running", "seen_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_one_that_is_over_begins_anew(alice: User, over: dict[str, Any]) -> None:
    first = opened(alice, worker="one", clauses=9, **over)
    again = opened(alice)
    assert again.pk != first.pk
    assert (again.state, again.worker, again.clauses, again.ended_at) == ("waiting", "", 0, None)
    assert LiveSession.objects.count() == 1


def test_a_strange_origin_is_a_programs(alice: User) -> None:
    session = services.session_open(
        owner=alice, session_id="session-one", connection_id="connection-1", origin="<script>"
    )
    assert session.origin == "program"


def test_no_more_than_one_may_have(alice: User, bob: User, settings: Any) -> None:
    settings.LIVE_SESSIONS_PERSON = 2
    opened(alice)
    old = opened(alice, "session-two")
    assert code_of(lambda: opened(alice, "session-six")) == "too_many_sessions"
    opened(bob, "session-six")
    services.session_stop(session=old)
    opened(alice, "session-six")
    LiveSession.objects.filter(owner=alice).update(seen_at=timezone.now() - timedelta(hours=1))
    opened(alice, "session-ten")  # what nobody does any more does not count


def test_one_that_was_left_makes_room(alice: User, settings: Any) -> None:
    settings.LIVE_SESSIONS_PERSON = 2
    connected, left = opened(alice), opened(alice, "session-two")
    services.session_left(session=left, connection_id="connection-0")  # another connection, closed late
    assert code_of(lambda: opened(alice, "session-six")) == "too_many_sessions"
    services.session_left(session=left, connection_id="connection-1")
    opened(alice, "session-six")
    states = dict(LiveSession.objects.values_list("session_id", "state"))
    assert states == {connected.session_id: "waiting", "session-two": "stopped", "session-six": "waiting"}


def test_the_suspended_open_none(alice: User) -> None:
    alice.suspended_at = timezone.now()
    alice.save()
    assert code_of(lambda: opened(alice)) == "suspended"
    assert not LiveSession.objects.exists()


def test_whether_one_may_go_on(alice: User) -> None:
    key, _secret = api_key_create(owner=alice, name="script", scopes=["live"])

    def check(key_id: int | None = None) -> None:
        services.check_allowed(owner_id=alice.pk, key_id=key_id)

    check()
    check(key.pk)
    api_key_revoke(key=key)
    assert code_of(lambda: check(key.pk)) == "not_signed_in"
    User.objects.update(suspended_at=timezone.now())
    assert code_of(check) == "suspended"
    User.objects.update(is_active=False)
    assert code_of(check) == "not_signed_in"


def test_the_least_busy_worker_with_room_does_it(alice: User) -> None:
    session = opened(alice)
    assert selectors.worker_for(session) is None
    worker("full", sessions=2)
    worker("dead", seen_at=timezone.now() - timedelta(seconds=11))
    assert selectors.worker_for(session) is None
    worker("busy", sessions=1)
    worker("free")
    assert [str(selectors.worker_for(session, without)) for without in ((), ("free",))] == ["free", "busy"]
    services.session_assign(session=session, worker=LiveWorker.objects.get(name="full"))
    assert str(selectors.worker_for(session)) == "full"  # it has the session already
    LiveWorker.objects.filter(name="full").delete()
    assert str(selectors.worker_for(session)) == "free"


def test_one_that_nobody_could_do_is_forgotten_and_no_other(alice: User) -> None:
    begun, alone = opened(alice, worker="one"), opened(alice, "session-two")
    for session in (begun, alone):
        services.session_discard(session=session)
    assert list(LiveSession.objects.all()) == [begun]


def test_what_is_swept(alice: User, settings: Any) -> None:
    now = timezone.now()
    settings.LIVE_NUMBERS_DAYS = 90
    going = opened(alice, state="running")
    lost = opened(alice, "session-two", state="running", seen_at=now - timedelta(hours=1))
    kept = opened(alice, "session-six", state="stopped", ended_at=now - timedelta(days=89))
    opened(alice, "session-old", state="stopped", ended_at=now - timedelta(days=91))
    worker("one")
    worker("long ago", seen_at=now - timedelta(hours=2))
    assert services.sweep() == 3
    states = dict(LiveSession.objects.values_list("pk", "state"))
    assert states == {going.pk: "running", lost.pk: "lost", kept.pk: "stopped"}
    assert list(LiveWorker.objects.values_list("name", flat=True)) == ["one"]
    assert services.sweep() == 0


def test_what_is_kept_counts_as_its_owners(alice: User, bob: User) -> None:
    for size in (7, 5):
        LiveUpload.objects.create(owner=alice, name="a", file="live/a", size=size, expires_at=timezone.now())
    assert (selectors.storage_of(alice), selectors.storage_of(bob)) == (12, 0)
    assert not selectors.uploads_of(alice).exists()  # their time is over, and they are swept soon


# --- in the admin -----------------------------------------------------------------------------------------------------
@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss", "boss@example.org", "a long pass phrase 7"))
    return client


def test_staff_look_and_do_not_edit(staff: Client, alice: User) -> None:
    upload = LiveUpload.objects.create(owner=alice, name="a", file="live/a", expires_at=timezone.now())
    for model, row in (("livesession", opened(alice)), ("liveworker", worker("one")), ("liveupload", upload)):
        for path in ("", "?q=alice", f"{row.pk}/change/"):
            assert staff.get(f"/admin/live/{model}/{path}", follow=True).status_code == 200
        assert staff.get(f"/admin/live/{model}/add/").status_code == 403
        assert staff.post(f"/admin/live/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert staff.post(f"/admin/live/{model}/{row.pk}/change/", {"name": "x"}).status_code == 403


def test_staff_stop_sessions(staff: Client, alice: User) -> None:
    going, over = opened(alice, state="running"), opened(alice, "session-two", state="lost", ended_at=timezone.now())
    chosen = {"action": "stop", "_selected_action": [str(going.pk), str(over.pk)]}
    answer = staff.post("/admin/live/livesession/", chosen, follow=True)
    assert "1 session is stopped" in answer.content.decode()
    assert dict(LiveSession.objects.values_list("pk", "state")) == {going.pk: "stopped", over.pk: "lost"}
    assert AuditEntry.objects.filter(action="live.stopped", object_id=str(going.pk)).count() == 1
