"""Files that only their sound could tell of: listened to in a worker, for a visitor."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import soundfile
from django.core.cache import cache
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from accounts.models import User
from tests import factory
from tests.dubbing.test_verification import upload, wav
from tests.people import meet
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.watermark import perth_parts
from vocasync.types import Audio
from voices import errands
from voices.models import Errand

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNING = tmp_path / "signing"
    cache.clear()


def kept(folder: Path) -> list[str]:
    """Visitors' files that lie there."""
    return [path.name for path in (folder / "verify").glob("*")]


def asked(path: Path) -> Any:
    """What the interface says of a file at once."""
    answer = Client().post("/api/verify", {"file": upload(path)})
    assert answer.status_code == 200
    return answer.json()


def followed(finding: Any) -> Any:
    """What a visitor reads of the errand once a worker was at it."""
    errands.run(uuid.UUID(finding["errand"]))
    return Client().get(f"/api/errands/{finding['errand']}").json()


def marked(path: Path, marks: bool) -> Path:
    plain = Audio(talk("en-us", 4.0, 24_000), 24_000)
    sound = registry.load("watermark", "perth", EngineConfig(network=False)).mark(plain) if marks else plain
    soundfile.write(path, sound.samples, sound.rate)
    return path


def test_what_proves_nothing_leads_to_an_errand_of_nobody(tmp_path: Path, media_root: Path) -> None:
    finding = asked(wav(tmp_path / "a.wav"))
    assert (finding["certainty"], [one["kind"] for one in finding["evidence"]]) == ("unknown", ["hash", "seal", "tag"])
    errand = Errand.objects.get(pk=finding["errand"])
    assert (errand.owner, errand.kind, kept(media_root)) == (None, "watermark", [errand.subject])
    someone = meet("bob")
    for client in (Client(), someone.browser, someone.program):
        assert client.get(f"/api/errands/{errand.pk}").json()["status"] == "queued"
    assert Client().get(f"/api/errands/{uuid.uuid4()}").status_code == 401


def test_a_hash_leads_to_none(db: None) -> None:
    assert Client().get("/api/verify", {"sha256": "0" * 64}).json()["errand"] is None
    assert not Errand.objects.exists()


def test_where_nothing_can_listen_nothing_is_kept(
    tmp_path: Path, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perth_parts, "missing", lambda config: "It is not installed.")
    assert asked(wav(tmp_path / "a.wav"))["errand"] is None
    assert (Errand.objects.count(), kept(media_root)) == (0, [])


def test_not_more_wait_than_can_be_listened_to(
    tmp_path: Path, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dubbing.listening.MOST_WAITING", 1)
    first, second = asked(wav(tmp_path / "a.wav")), asked(wav(tmp_path / "b.wav"))
    assert (bool(first["errand"]), second["errand"], len(kept(media_root))) == (True, None, 1)
    assert "Try again" in second["evidence"][-1]["text"]


def test_what_fails_leaves_no_file_and_says_why(tmp_path: Path, media_root: Path) -> None:
    finding = asked(wav(tmp_path / "a.wav"))
    Errand.objects.update(params={**Errand.objects.get().params, "engine": "gone"})
    body = followed(finding)
    assert (body["status"], body["error"]["code"], kept(media_root)) == ("failed", "engine_unknown", [])
    page = Client().get("/verify/", {"errand": finding["errand"]}).content.decode()
    assert escape(body["error"]["message"]) in page
    assert "data-errand=" not in page


def test_the_page_can_be_asked_for_what_came_of_it(tmp_path: Path) -> None:
    page = Client().post("/verify/", {"file": upload(wav(tmp_path / "a.wav"))}).content.decode()
    errand = Errand.objects.get()
    assert f'data-errand="{errand.pk}"' in page
    assert f"/verify/?errand={errand.pk}" in page
    assert f'data-errand="{errand.pk}"' in Client().get("/verify/", {"errand": str(errand.pk)}).content.decode()
    for other in ("nothing", str(uuid.uuid4())):
        assert Client().get("/verify/", {"errand": other}).status_code == 404


def test_an_errand_of_a_person_is_no_finding(alice: User) -> None:
    errand = errands.start(owner=alice, kind="watermark", subject=uuid.uuid4())
    assert Client().get("/verify/", {"errand": str(errand.pk)}).status_code == 404
    assert Client().get(f"/api/errands/{errand.pk}").status_code == 401


def test_what_nobody_will_listen_to_is_swept(tmp_path: Path, media_root: Path) -> None:
    from dubbing import files

    waiting = Errand.objects.get(pk=asked(wav(tmp_path / "a.wav"))["errand"])
    lost = Errand.objects.get(pk=asked(wav(tmp_path / "b.wav"))["errand"])
    lost.delete()
    assert files.sweep() == 0
    long_ago = time.time() - 7200
    for name in kept(media_root):
        os.utime(media_root / "verify" / name, (long_ago, long_ago))
    assert files.sweep() == 1
    assert kept(media_root) == [waiting.subject]


@pytest.mark.slow
@pytest.mark.parametrize("options", [("a.m4a", "-c:a", "aac", "-b:a", "128k"), ("a.mp3", "-b:a", "64k")])
@pytest.mark.parametrize("marks", [True, False])
def test_a_marked_voice_is_known_after_a_conversion(
    tmp_path: Path, media_root: Path, options: tuple[str, ...], marks: bool
) -> None:
    name, *how = options
    source = marked(tmp_path / "voice.wav", marks)
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *how, tmp_path / name], check=True)
    finding = asked(tmp_path / name)
    result = followed(finding)["result"]
    assert (result["certainty"], result["made_here"]) == ("marked" if marks else "unknown", False)
    assert result["evidence"][:-1] == finding["evidence"]
    assert (result["evidence"][-1]["kind"], result["evidence"][-1]["found"]) == ("watermark", marks)
    assert ("Other sites may use the same kind" in result["evidence"][-1]["text"]) is marks
    assert kept(media_root) == []
    part = Client().get("/verify/", {"errand": finding["errand"]}, headers={"X-Part": "finding"}).content.decode()
    assert f'data-certainty="{result["certainty"]}"' in part
    assert "data-errand=" not in part


@pytest.mark.slow
def test_what_has_no_sound_says_so(tmp_path: Path) -> None:
    result = followed(asked(factory.video(tmp_path / "a.mp4", None, 1.0)))["result"]
    assert result["evidence"][-1] == {
        "kind": "watermark",
        "found": None,
        "text": "It has no sound that could carry a watermark.",
    }


@pytest.mark.slow
def test_a_real_recording_is_not_taken_for_a_machine(shared_media: Path) -> None:
    result = followed(asked(shared_media / "whisper/jfk.flac"))["result"]
    assert (result["certainty"], result["evidence"][-1]["found"]) == ("unknown", False)
