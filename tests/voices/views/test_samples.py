"""Samples on a voice's page."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.voices.recordings import toned, upload
from tests.voices.rows import vector, voice_of
from tests.voices.views.pages import JSON, browser, html
from voices.models import Errand, VoiceProfile, VoiceSample


@pytest.fixture
def voice(alice: User) -> VoiceProfile:
    return voice_of(alice)


@pytest.fixture
def sample(voice: VoiceProfile) -> VoiceSample:
    """One that was measured."""
    return VoiceSample.objects.create(
        voice=voice, name="take.wav", size=9, sha256="a" * 64, status="flagged", source="recording", seconds=12.0,
        speech_seconds=10.25, snr=31.4, clipping=0.0012, bandwidth=7900.0, speakers=1, agreement=0.875, language="en",
        peaks=[0.1, 0.9], embedding=vector(), transcript="What was heard.", chosen=True,
        problems=[{"code": "noise", "severity": "warn", "text": "There is noise.", "advice": "Close the window."}],
    )  # fmt: skip


def test_several_come_in_and_each_bad_one_says_why(voice: VoiceProfile, alice: User) -> None:
    files = [upload(toned(2.0), "a.wav"), upload(b"", "b.wav")]
    answer = browser(alice).post(f"/voices/{voice.pk}/samples/", {"sample": files, "source": "recording"}, headers=JSON)
    assert answer.status_code == 201
    row = VoiceSample.objects.get(voice=voice)
    assert row.source == "recording"
    errand = Errand.objects.get(kind="sample", subject=str(row.pk))
    assert answer.json()["samples"] == [
        {"id": str(row.pk), "name": "a.wav", "url": f"/voices/{voice.pk}/samples/{row.pk}/", "errand": str(errand.pk)}
    ]
    assert answer.json()["refused"] == [
        "“b.wav” is empty (0 bytes). Choose the file again; the copy or download may have failed."
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Dear diary", "is not a video or audio file"),
        (b"", "is empty (0 bytes)"),
        (toned(0.5), "is only 0.5 s long"),
    ],
)
def test_one_that_is_refused_says_why_at_its_place(
    content: bytes, words: str, voice: VoiceProfile, alice: User
) -> None:
    client = browser(alice)
    answer = client.post(f"/voices/{voice.pk}/samples/", {"sample": upload(content, "x.wav")}, headers=JSON)
    assert answer.status_code == 422
    assert words in answer.json()["fields"]["sample"][0]
    page = client.post(f"/voices/{voice.pk}/samples/", {"sample": upload(content, "x.wav")})
    assert page.status_code == 422
    assert words in html(page).split('id="id_sample-errors"')[1].split("</ul>")[0]
    assert not VoiceSample.objects.exists()


def test_the_same_file_twice(voice: VoiceProfile, alice: User) -> None:
    client = browser(alice)
    client.post(f"/voices/{voice.pk}/samples/", {"sample": upload(toned(2.0), "a.wav")}, headers=JSON)
    answer = client.post(f"/voices/{voice.pk}/samples/", {"sample": upload(toned(2.0), "b.wav")}, headers=JSON)
    assert answer.json()["fields"]["sample"][0].startswith("“b.wav” is in this voice already, as “a.wav”")


def test_nothing_chosen(voice: VoiceProfile, alice: User) -> None:
    answer = browser(alice).post(f"/voices/{voice.pk}/samples/", headers=JSON)
    assert answer.json()["fields"] == {"sample": ["Choose a recording, or record one."]}


def test_a_row_says_what_was_measured(sample: VoiceSample, alice: User) -> None:
    row = html(browser(alice).get(f"/voices/{sample.voice_id}/samples/{sample.pk}/"))
    for words in ("10.2 s", "31 dB", "0.12 %", "7.9 kHz", "0.88", "There is noise.", "Close the window."):
        assert words in row
    assert "Recorded in the browser" in row
    assert "engines use it" in row
    assert ">What was heard.</textarea>" in row


def test_a_row_that_is_being_measured_names_the_work(voice: VoiceProfile, alice: User) -> None:
    client = browser(alice)
    given = client.post(f"/voices/{voice.pk}/samples/", {"sample": upload()}, headers=JSON).json()["samples"][0]
    assert f'data-errand="{given["errand"]}"' in html(client.get(given["url"]))
    assert f'data-errand="{given["errand"]}"' in html(client.get(f"/voices/{voice.pk}/"))


def test_the_transcript_is_corrected_in_its_place(sample: VoiceSample, alice: User) -> None:
    client, address = browser(alice), f"/voices/{sample.voice_id}/samples/{sample.pk}/"
    answer = client.post(address, {"transcript": "What was said."}, headers=JSON)
    assert answer.json() == {"wanted": True, "transcript": "What was said.", "errand": None}
    sample.refresh_from_db()
    assert (sample.transcript, sample.transcript_edited, sample.wanted) == ("What was said.", True, True)
    answer = client.post(address, {"transcript": "x" * 20_001}, headers=JSON)
    assert answer.status_code == 422
    plain = client.post(address, {"transcript": "Once more."})
    assert plain.headers["Location"] == f"/voices/{sample.voice_id}/#sample-{sample.pk}"


def test_a_sample_is_left_out_and_taken_back(sample: VoiceSample, alice: User) -> None:
    client, address = browser(alice), f"/voices/{sample.voice_id}/samples/{sample.pk}/"
    answer = client.post(address, {"wanted": "off"}, headers=JSON).json()
    errand = Errand.objects.get(kind="portrait", subject=str(sample.voice_id))
    assert (answer["wanted"], answer["errand"]) == (False, str(errand.pk))
    assert "sample-off" in html(client.get(address))
    assert client.post(address, {"wanted": "on"}, headers=JSON).json()["wanted"] is True
    sample.refresh_from_db()
    assert sample.transcript == "What was heard.", "what was not sent stays"


def test_a_sample_is_deleted(sample: VoiceSample, alice: User) -> None:
    address = f"/voices/{sample.voice_id}/samples/{sample.pk}/delete/"
    answer = browser(alice).post(address, headers=JSON).json()
    assert answer == {"errand": str(Errand.objects.get(kind="portrait").pk)}
    assert not VoiceSample.objects.exists()
