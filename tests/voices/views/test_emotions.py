"""Emotion references."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.voices.recordings import toned, upload
from tests.voices.rows import verified_voice
from tests.voices.views.pages import JSON, browser, html
from voices.models import EmotionReference, Errand
from voices.views.emotions import bars

RELATIVE = {"f0_median": 4.0, "f0_range": -8.0, "energy": 0.1, "pace": 1.25, "tilt": -30.0}


def emotion(owner: User, **fields: Any) -> EmotionReference:
    given = {"name": "Laugh", "label": "happy", "file_name": "a.wav", "size": 1, "sha256": "a" * 64}
    return EmotionReference.objects.create(owner=owner, **{"status": "ready", **given, **fields})


def test_the_page_is_there_to_begin_with(alice: User, bob: User) -> None:
    emotion(bob, name="Of Bob")
    page = html(browser(alice).get("/emotions/"))
    assert "No tone yet" in page
    assert "Of Bob" not in page


def test_a_tone_is_added(alice: User) -> None:
    client = browser(alice)
    answer = client.post("/emotions/", {"clip": upload(toned(3.0), "laugh.wav"), "label": "happy"}, headers=JSON)
    assert answer.status_code == 201
    row = EmotionReference.objects.get(owner=alice)
    errand = Errand.objects.get(kind="emotion", subject=str(row.pk))
    assert answer.json() == {"url": f"/emotions/{row.pk}/", "errand": str(errand.pk)}
    assert (row.name, row.label) == ("laugh", "happy")
    assert f'data-errand="{errand.pk}"' in html(client.get(f"/emotions/{row.pk}/"))
    plain = client.post("/emotions/", {"clip": upload(toned(3.5), "b.wav"), "label": "other", "words": "In a hurry"})
    assert plain.headers["Location"] == "/emotions/"
    assert EmotionReference.objects.filter(owner=alice, label="in a hurry").exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label": "happy"}, "clip"),
        ({"label": "other", "words": " ", "clip": toned(3.0)}, "words"),
        ({"label": "blue", "clip": toned(3.0)}, "label"),
        ({"label": "happy", "clip": b"Dear diary"}, "clip"),
        ({"label": "happy", "clip": toned(0.5)}, "clip"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(given: dict[str, Any], field: str, alice: User) -> None:
    sent = {name: upload(value) if isinstance(value, bytes) else value for name, value in given.items()}
    answer = browser(alice).post("/emotions/", sent, headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    assert not EmotionReference.objects.exists()


def test_bars_lie_on_their_side_of_neutral(alice: User) -> None:
    found = {bar.name: bar for bar in bars(emotion(alice, relative=RELATIVE))}
    assert (found["f0_median"].x, found["f0_median"].width, found["f0_median"].words) == (50.0, 16.7, "higher")
    assert (found["f0_range"].x, found["f0_range"].width, found["f0_range"].words) == (0.0, 50.0, "flatter")
    assert found["energy"].words == "neutral"
    assert (found["pace"].value, found["pace"].words) == ("+25 %", "faster")
    assert (found["tilt"].x, found["tilt"].width) == (0.0, 50.0), "beyond the reach it ends at the edge"


def test_a_refused_clip_says_what_to_bring_instead(alice: User) -> None:
    problem = {"code": "singing", "severity": "bad", "text": "Somebody sings.", "advice": "Bring speech."}
    row = emotion(alice, status="refused", problems=[problem])
    card = html(browser(alice).get(f"/emotions/{row.pk}/"))
    assert "Somebody sings." in card
    assert "Bring speech." in card
    assert "Try it" not in card


def test_a_tone_is_tried_on_a_voice_that_may_be_used(alice: User, bob: User) -> None:
    row = emotion(alice)
    mine = verified_voice(alice, name="Mine", fingerprint="f" * 64)
    verified_voice(alice, name="Without a sample")
    foreign = verified_voice(bob, name="Foreign", fingerprint="f" * 64)
    client = browser(alice)
    page = html(client.get("/emotions/"))
    assert ">Mine</option>" in page
    assert "Without a sample" not in page
    assert "Foreign" not in page
    assert 'id="try"' in page
    went = client.get(f"/emotions/{row.pk}/try/?voice={mine.pk}")
    assert went.headers["Location"] == f"/voices/{mine.pk}/?emotion={row.pk}#lab"
    assert client.get(f"/emotions/{row.pk}/try/?voice={foreign.pk}").status_code == 404
    assert client.get(f"/emotions/{row.pk}/try/").status_code == 404


def test_a_tone_is_deleted(alice: User) -> None:
    row = emotion(alice)
    assert browser(alice).post(f"/emotions/{row.pk}/delete/", headers=JSON).json() == {"deleted": True}
    assert not EmotionReference.objects.exists()
