"""Alice owns it; for Bob and Charlie it does not exist; who is not signed in is asked to."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dubbing.models import Job

READS = [("job", []), ("source", []), ("artifact", ["voice.mp3"])]
WRITES = [("cancel", []), ("retry", []), ("delete", []), ("approve", []), ("rerun", []), ("segment", [0])]


def body(answer: Any) -> bytes:
    """All of it; reading to the end is what closes a streamed answer."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize(("name", "rest"), READS)
def test_only_the_owner_reads(
    name: str, rest: list[object], finished: Job, as_alice: Client, as_bob: Client, as_charlie: Client
) -> None:
    address = reverse(f"dubbing:{name}", args=[finished.pk, *rest])
    answer = as_alice.get(address)
    assert (answer.status_code, bool(body(answer))) == (200, True)
    assert as_bob.get(address).status_code == 404
    assert as_charlie.get(address).status_code == 404
    assert Client().get(address)["Location"] == f"{reverse('account_login')}?next={address}"


@pytest.mark.parametrize(("name", "rest"), WRITES)
def test_only_the_owner_writes(
    name: str, rest: list[object], finished: Job, as_alice: Client, as_bob: Client, as_charlie: Client
) -> None:
    address = reverse(f"dubbing:{name}", args=[finished.pk, *rest])
    before = Job.objects.values().get(pk=finished.pk)
    for stranger in (as_bob, as_charlie):
        assert stranger.post(address, {"text": "mine"}).status_code == 404
    assert Client().post(address)["Location"].startswith(reverse("account_login"))
    assert as_alice.get(address).status_code == 405
    assert Job.objects.values().get(pk=finished.pk) == before
    assert not finished.segments.filter(text="mine").exists()


def test_the_dashboard_shows_own_jobs_only(finished: Job, as_alice: Client, as_charlie: Client) -> None:
    address = reverse("dubbing:dashboard")
    assert str(finished.pk) in as_alice.get(address).content.decode()
    stranger = as_charlie.get(address).content.decode()
    assert str(finished.pk) not in stranger
    assert "Nothing made yet" in stranger


def test_files_come_in_ranges_and_under_a_telling_name(finished: Job, as_alice: Client) -> None:
    address = reverse("dubbing:artifact", args=[finished.pk, "dubbed.mp4"])
    part = as_alice.get(address, headers={"range": "bytes=2-4"})
    assert (part.status_code, body(part)) == (206, b"234")
    saved = as_alice.get(address, {"download": ""})
    assert body(saved) == b"0123456789"
    assert saved["Content-Disposition"] == 'attachment; filename="A talk.dubbed.mp4"'
    assert as_alice.get(reverse("dubbing:artifact", args=[finished.pk, "secret.txt"])).status_code == 404
