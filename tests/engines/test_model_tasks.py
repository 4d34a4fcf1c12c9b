"""Models that staff have fetched, verified and removed; and the page that they press the buttons on."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, User
from dubbing.reaper import HINTS, reap
from engines import model_tasks, tasks
from engines.models import ModelTask
from tests.conftest import make_user
from tests.vocasync.weights.conftest import MAKES
from tests.vocasync.weights.shelf import Shelf
from vocasync.errors import PipelineError, message
from vocasync.weights import licences, store
from vocasync.weights.catalogue import CPML, File
from work import leases, shutdown

pytestmark = pytest.mark.django_db

BODY = os.urandom(300_000)
FETCH, VERIFY = ModelTask.Act.FETCH, ModelTask.Act.VERIFY
PAGE = "/admin/models/"


@pytest.fixture(autouse=True)
def models(root: Path, settings: Settings) -> Path:
    """The site's models folder."""
    settings.ENGINES = settings.ENGINES | {"models": str(root), "network": True}
    return root


@pytest.fixture
def olga(db: None) -> User:
    """Staff who may manage models, and nothing else."""
    user = make_user("olga", is_staff=True, first_name="Olga", last_name="Operator")
    user.user_permissions.add(Permission.objects.get(codename="manage_models"))
    return user


@pytest.fixture
def desk(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def toy(shelf: Shelf, made: MAKES) -> Shelf:
    """A model whose terms ask, on the shelf."""
    shelf.put("/a.pt", BODY)
    made(File("a.pt", shelf.url("/a.pt")), licence=CPML)
    return shelf


def trail() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("actor_name", "action", "object_id"))


# --- workers ----------------------------------------------------------------------------------------------------------
def test_a_worker_fetches_and_verifies(olga: User, toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    tasks.run_model_task(str(task.pk))

    task.refresh_from_db()
    assert (task.status, task.progress, task.error_code) == ("done", 1.0, "")
    assert task.finished_at is not None
    assert (root / "toy" / "a.pt").read_bytes() == BODY

    check = model_tasks.task_start(by=olga, name="toy", act=VERIFY)
    tasks.run_model_task(str(check.pk))
    check.refresh_from_db()
    assert check.result == {"checked": 1, "wrong": []}
    (root / "toy" / "a.pt").write_bytes(b"worse")
    check = model_tasks.task_start(by=olga, name="toy", act=VERIFY)
    tasks.run_model_task(str(check.pk))
    check.refresh_from_db()
    assert check.result == {"checked": 1, "wrong": [["a.pt", "another checksum than it had"]]}
    assert trail() == [("olga", "model.fetch", "toy"), ("olga", "model.verify", "toy"), ("olga", "model.verify", "toy")]


def test_what_goes_wrong_is_written_to_the_task(olga: User, toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    toy.items["/a.pt"].statuses = [403]
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    model_tasks.run(task.pk)

    task.refresh_from_db()
    assert (task.status, task.error_code) == ("failed", "weights_refused")
    assert "it answers 403" in message(task.error_code, task.error_params)
    assert model_tasks.task_start(by=olga, name="toy", act=FETCH).pk != task.pk


def test_terms_come_before_fetching(olga: User, toy: Shelf) -> None:
    with pytest.raises(PipelineError) as caught:
        model_tasks.task_start(by=olga, name="toy", act=FETCH)
    assert caught.value.code == "weights_licence"
    assert not ModelTask.objects.exists()
    assert trail() == []


def test_one_thing_at_a_time_is_done_with_a_model(olga: User, toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    model_tasks.task_start(by=olga, name="toy", act=FETCH)
    for act in (FETCH, VERIFY):
        with pytest.raises(PipelineError) as caught:
            model_tasks.task_start(by=olga, name="toy", act=act)
        assert caught.value.code == "weights_busy"
    with pytest.raises(PipelineError) as caught:
        model_tasks.model_remove(by=olga, name="toy")
    assert caught.value.code == "weights_busy"
    assert len(trail()) == 1
    with pytest.raises(IntegrityError):
        ModelTask.objects.create(model="toy", act=FETCH)


def test_an_unknown_model_is_refused(olga: User) -> None:
    for act in (model_tasks.licence_accept, model_tasks.model_remove):
        with pytest.raises(PipelineError):
            act(by=olga, name="nothing")
    with pytest.raises(PipelineError):
        model_tasks.task_start(by=olga, name="nothing", act=FETCH)
    assert not AuditEntry.objects.exists()


def test_an_act_that_there_is_not_is_refused(olga: User, toy: Shelf) -> None:
    with pytest.raises(ValidationError):
        model_tasks.task_start(by=olga, name="toy", act="burn")  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_what_is_stopped_stops_and_goes_on_later(
    olga: User, toy: Shelf, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "FLUSH_SECONDS", 0.02)
    monkeypatch.setattr(leases, "WATCH_SECONDS", 0.02)
    licences.accept("toy", root, "Olga")
    toy.items["/a.pt"].slow = 0.2
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    worker = threading.Thread(target=_work, args=(task,))
    worker.start()
    while not ModelTask.objects.filter(pk=task.pk, progress__gt=0, stage__startswith="a.pt:").exists():
        assert worker.is_alive()

    assert model_tasks.task_cancel(by=olga, name="toy")
    worker.join()
    task.refresh_from_db()
    assert (task.status, task.lease_token) == ("cancelled", "")
    have = (root / "toy" / "a.pt.part").stat().st_size
    assert 0 < have < len(BODY)
    assert not model_tasks.task_cancel(by=olga, name="toy")

    toy.items["/a.pt"].slow = 0.0
    again = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    model_tasks.run(again.pk)
    assert (root / "toy" / "a.pt").read_bytes() == BODY
    assert toy.gets("/a.pt")[-1].range == f"bytes={have}-"
    assert [action for _, action, _ in trail()] == ["model.fetch", "model.cancel", "model.fetch"]


def _work(task: ModelTask) -> None:
    from django.db import connections

    try:
        model_tasks.run(task.pk)
    finally:
        connections.close_all()


def test_a_worker_that_is_told_to_stop_hands_it_back(olga: User, toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    shutdown.request()
    model_tasks.run(task.pk)
    tasks.run_model_task(str(task.pk))

    task.refresh_from_db()
    assert (task.status, task.attempt, task.lease_token) == ("queued", 0, "")


def test_a_lost_worker_s_task_is_queued_again(olga: User, toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    assert leases.claim(ModelTask, task.pk) is not None
    ModelTask.objects.update(lease_token="elsewhere:1:1:a", lease_until=timezone.now() - leases.LEASE)

    assert reap() == 1
    task.refresh_from_db()
    assert task.status == "queued"
    assert ModelTask in dict(HINTS)
    model_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.status, task.attempt) == ("done", 2)


def test_old_tasks_are_forgotten(olga: User, toy: Shelf, root: Path) -> None:
    licences.accept("toy", root, "Olga")
    ModelTask.objects.bulk_create(
        [ModelTask(model="toy", act=VERIFY, status="done") for _ in range(model_tasks.KEPT + 3)]
    )
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    model_tasks.run(task.pk)

    assert ModelTask.objects.count() == model_tasks.KEPT
    assert ModelTask.objects.filter(pk=task.pk).exists()


# --- at once ----------------------------------------------------------------------------------------------------------
def test_accepting_and_removing_are_written_down(olga: User, toy: Shelf, root: Path) -> None:
    given = model_tasks.licence_accept(by=olga, name="toy")
    assert given.by == "Olga Operator"
    task = model_tasks.task_start(by=olga, name="toy", act=FETCH)
    model_tasks.run(task.pk)
    assert model_tasks.model_remove(by=olga, name="toy") == len(BODY)

    assert store.state("toy", root).status == "absent"
    assert [action for _, action, _ in trail()] == ["model.accept", "model.fetch", "model.remove"]
    assert AuditEntry.objects.get(action="model.accept").after["licence"] == CPML.name
    with pytest.raises(PipelineError, match="nothing to do"):
        model_tasks.model_remove(by=olga, name="toy")
    assert len(trail()) == 3


# --- the page ---------------------------------------------------------------------------------------------------------
def _text(client: Client) -> str:
    return " ".join(client.get(PAGE).content.decode().split())


def test_only_staff_with_the_permission_get_in(alice: User, olga: User) -> None:
    visitor, member, plain = Client(), Client(), Client()
    member.force_login(alice)
    plain.force_login(make_user("paul", is_staff=True))
    for client, status in ((visitor, 302), (member, 302), (plain, 403)):
        assert client.get(PAGE).status_code == status
        assert client.get(f"{PAGE}progress/").status_code == status
        assert client.post(f"{PAGE}bark/", {"action": "fetch"}).status_code == status
    assert not ModelTask.objects.exists()
    assert "What engines run on" not in plain.get("/admin/").content.decode()


def test_the_page_shows_every_model(desk: Client) -> None:
    text = _text(desk)
    for words in ("Whisper tiny", "faster-whisper turbo", "XTTS v2", "Diff2Lip", "Coqui Public Model License 1.0.0"):
        assert words in text
    assert "data-progress" not in text
    assert "What engines run on" in desk.get("/admin/").content.decode()


def _press(client: Client, name: str, **data: Any) -> list[str]:
    answer = client.post(f"{PAGE}{name}/", data, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}#{name}", 302)]
    return [str(one) for one in answer.context["messages"]]


def test_terms_are_accepted_with_a_tick(desk: Client, root: Path) -> None:
    assert "tick that you have read" in _press(desk, "xtts-v2", action="accept")[0]
    assert licences.accepted("xtts-v2", root) is None
    assert "Olga Operator accepted the terms" in _press(desk, "xtts-v2", action="accept", agreed="yes")[0]
    assert "terms accepted by Olga Operator" in _text(desk)


def test_a_button_starts_a_task_that_the_page_follows(desk: Client) -> None:
    assert "A worker fetches it" in _press(desk, "bark-small", action="fetch")[0]
    task = ModelTask.objects.get()
    assert (task.model, task.act) == ("bark-small", "fetch")
    assert desk.get(f"{PAGE}progress/").json() == {"bark-small": {"percent": 0, "stage": "Waiting for a worker"}}
    text = _text(desk)
    assert f'data-progress="{PAGE}progress/"' in text
    assert 'data-busy="bark-small"' in text

    ModelTask.objects.update(status="running", progress=0.42, stage="pytorch_model.bin: 700 MB of 1.69 GB")
    assert desk.get(f"{PAGE}progress/").json() == {
        "bark-small": {"percent": 42, "stage": "pytorch_model.bin: 700 MB of 1.69 GB"}
    }
    assert 'value="0.420"' in _text(desk)
    assert "Stopped" in _press(desk, "bark-small", action="cancel")[0]
    assert "nothing to stop" in _press(desk, "bark-small", action="cancel")[0]
    assert desk.get(f"{PAGE}progress/").json() == {}


def test_what_is_refused_is_said(desk: Client) -> None:
    assert "terms of XTTS v2" in _press(desk, "xtts-v2", action="fetch")[0]
    assert "nothing to do" in _press(desk, "bark", action="remove")[0]


def test_what_went_wrong_last_is_on_the_page(desk: Client) -> None:
    params = {"host": "huggingface.co", "reason": "the connection fails"}
    ModelTask.objects.create(
        model="bark", act="fetch", status="failed", error_code="weights_unreachable", error_params=params
    )
    ModelTask.objects.create(model="sv2tts", act="verify", status="done", result={"checked": 3, "wrong": [["a", "b<"]]})
    text = _text(desk)
    assert "huggingface.co cannot be reached (the connection fails)" in text
    assert "Not right when it was last verified: a (b&lt;)" in text


def test_there_are_no_other_buttons(desk: Client) -> None:
    assert desk.post(f"{PAGE}bark/", {"action": "burn"}).status_code == 404
    assert desk.post(f"{PAGE}bark/").status_code == 404
    assert desk.post(f"{PAGE}nothing/", {"action": "fetch"}).status_code == 404
    assert desk.get(f"{PAGE}bark/").status_code == 405
    assert desk.post(PAGE).status_code == 405
