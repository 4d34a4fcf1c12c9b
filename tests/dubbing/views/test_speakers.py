"""Speakers, sharing, withdrawn voices and takedowns on a job's page; and voice management."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dubbing.models import DubbingJob, Job, JobShare, Segment, Speaker, VoiceUse
from tests.dubbing.conftest import make_job, make_voice
from voices import actors
from voices.models import Actor, Decision, Errand, VoiceProfile

JSON = {"accept": "application/json"}


@pytest.fixture
def talk(finished: Job) -> Job:
    """Alice's finished dub, in which two people speak."""
    Segment.objects.filter(job=finished, index=1).update(speaker=1, speaker_found=1)
    for number in (0, 1):
        embedding = np.eye(256, dtype=np.float32)[number]
        Speaker.objects.create(
            job=finished, number=number, seconds=1.5, embedding=embedding, sample_start=0.5, sample_end=2.0
        )
    speaker = {"tracks": {"voice": {"speaker": 0.66}}, "baselines": {"self": 0.9, "untreated": 0.5}}
    finished.dubbing.scores = {**finished.dubbing.scores, "speakers": {"1": speaker}}
    finished.dubbing.save()
    return finished


def page(client: Client, job: Job, status: int = 200) -> str:
    answer = client.get(reverse("dubbing:job", args=[job.pk]))
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def send(client: Client, what: str, job: Job, /, *rest: object, **sent: Any) -> Any:
    return client.post(reverse(f"dubbing:{what}", args=[job.pk, *rest]), sent, headers=JSON)


def speaker(job: Job, number: int) -> Speaker:
    return Speaker.objects.get(job=job, number=number)


# --- the panel --------------------------------------------------------------------------------------------------------
def test_everybody_who_speaks_is_shown(talk: Job, alice: User, as_alice: Client) -> None:
    voice = make_voice(alice, "Deep & calm")
    html = page(as_alice, talk)
    assert html.count('class="speaker"') == 2
    assert f'<option value="profile:{voice.pk}" >Deep &amp; calm</option>' in html
    assert '<option value="own" selected>Their own voice</option>' in html
    assert '<optgroup label="The engine&#x27;s own">' in html
    assert 'data-start="0.500" data-end="2.000"' in html
    assert html.count("data-chip ") == 2, "a chip at each sentence"
    assert "0.66" in html, "how alike each one is"
    assert "40 % of the way" in html


def test_one_person_alone_needs_no_chips(talk: Job, as_alice: Client) -> None:
    Segment.objects.filter(job=talk).update(speaker=0)
    speaker(talk, 1).delete()
    html = page(as_alice, talk)
    assert html.count('class="speaker"') == 1
    assert "data-chip" not in html


def test_names_and_voices_are_saved(talk: Job, alice: User, as_alice: Client) -> None:
    voice = make_voice(alice)
    answer = send(as_alice, "speaker", talk, 1, name="<b>Guest</b>", voice=f"profile:{voice.pk}")
    assert answer.json() == {"title": "<b>Guest</b>", "stale_count": 1}
    row = speaker(talk, 1)
    assert (row.voice, row.voice_chosen) == (voice, True)
    html = page(as_alice, talk)
    assert "&lt;b&gt;Guest&lt;/b&gt;" in html
    assert "<b>Guest</b>" not in html
    assert f'<option value="profile:{voice.pk}" selected>Deep</option>' in html
    plain = as_alice.post(reverse("dubbing:speaker", args=[talk.pk, 1]), {"name": ""})
    assert plain["Location"] == f"{reverse('dubbing:job', args=[talk.pk])}#speakers"
    assert str(speaker(talk, 1)) == "Speaker 2"


def test_a_voice_that_may_not_be_used_is_refused_in_words(talk: Job, bob: User, as_alice: Client) -> None:
    theirs = make_voice(bob, consent="verified")
    for voice in (f"profile:{theirs.pk}", "profile:", "profile:x", "stock:nobody", "nonsense"):
        refused = send(as_alice, "speaker", talk, 1, name="Changed", voice=voice)
        assert refused.status_code == 422, voice
        assert refused.json()["message"]
    assert (str(speaker(talk, 1)), speaker(talk, 1).voice_kind) == ("Speaker 2", "own")
    assert (
        "toast-error"
        in as_alice.post(
            reverse("dubbing:speaker", args=[talk.pk, 1]), {"voice": "nonsense"}, follow=True
        ).content.decode()
    )
    assert send(as_alice, "speaker", talk, 9, name="x").status_code == 404


def test_the_question_whether_it_is_anna(talk: Job, alice: User, as_alice: Client) -> None:
    anna = actors.actor_create(owner=alice, name="Anna", voice=make_voice(alice))
    Speaker.objects.filter(job=talk, number=1).update(actor=anna, actor_state="asked", actor_similarity=0.743)
    html = page(as_alice, talk)
    assert "Is this Anna?" in html
    assert "0.74" in html
    assert "1 to confirm" in html
    assert "From 0.80 on Vocasync is sure" in html
    assert "Yes dubs them with Anna's voice, Deep." in html
    answer = send(as_alice, "speaker-actor", talk, 1, answer="yes")
    assert answer.json() == {"title": "Anna", "stale_count": 1}
    html = page(as_alice, talk)
    assert "Is this Anna?" not in html
    assert reverse("voices:actor", args=[anna.pk]) in html
    send(as_alice, "speaker-actor", talk, 1, answer="no")
    assert speaker(talk, 1).actor_state == "declined"


def test_somebody_else_by_name_or_of_the_list(talk: Job, alice: User, bob: User, as_alice: Client) -> None:
    assert send(as_alice, "speaker-actor", talk, 0, new_actor="Ben", answer="no").json()["title"] == "Ben"
    ben = Actor.objects.get()
    assert ben.appearances.count() == 1
    assert send(as_alice, "speaker-actor", talk, 1, actor=str(ben.pk)).status_code == 422, "he is the other one"
    carla = actors.actor_create(owner=alice, name="Carla")
    assert send(as_alice, "speaker-actor", talk, 1, actor=str(carla.pk)).json()["title"] == "Carla"
    foreign = actors.actor_create(owner=bob, name="Dan")
    for wrong in (str(foreign.pk), "nonsense"):
        assert send(as_alice, "speaker-actor", talk, 1, actor=wrong).status_code == 404
    assert send(as_alice, "speaker-actor", talk, 1, actor="").status_code == 422
    assert str(speaker(talk, 1)) == "Carla"


def test_sentences_change_hands(talk: Job, as_alice: Client) -> None:
    answer = send(as_alice, "reassign", talk, segments=["0", "1"], speaker="new").json()
    assert (answer["title"], answer["number"], answer["stale_count"]) == ("Speaker 3", 2, 2)
    assert {row.speaker for row in talk.segments.all()} == {2}
    for segments, who in ((["0"], "7"), (["9"], "2"), ([], "2"), (["x"], "2"), (["0"], "")):
        assert send(as_alice, "reassign", talk, segments=segments, speaker=who).status_code == 422


def test_merged_and_told_apart_anew(talk: Job, as_alice: Client) -> None:
    assert send(as_alice, "merge", talk, into="0", others=["1"]).json() == {"stale_count": 2}
    assert [row.number for row in talk.speakers.all()] == [0]
    assert send(as_alice, "merge", talk, into="0", others=["0"]).status_code == 422
    assert send(as_alice, "recount", talk, count="99").status_code == 422
    as_alice.post(reverse("dubbing:recount", args=[talk.pk]), {"count": "2"})
    talk.refresh_from_db()
    detail = DubbingJob.objects.get(job=talk)
    assert (talk.status, detail.speaker_count, detail.recount) == ("queued", 2, True)


def test_a_voice_for_the_library(talk: Job, as_alice: Client) -> None:
    answer = send(as_alice, "speaker-library", talk, 1, name="Guest", whose="other", person_name="Gina").json()
    voice, errand = VoiceProfile.objects.get(), Errand.objects.get()
    assert answer == {"voice": str(voice.pk), "errand": str(errand.pk)}
    assert errand.params["speaker"] == 1
    assert send(as_alice, "speaker-library", talk, 1, name="", whose="own").status_code == 422
    assert send(as_alice, "speaker-library", talk, 1, name="x", whose="nobody").status_code == 422


def test_nothing_can_be_changed_while_a_worker_has_it(talk: Job, as_alice: Client) -> None:
    Job.objects.filter(pk=talk.pk).update(status="running", stage="synthesize")
    html = page(as_alice, talk)
    assert "data-speakers-form" not in html
    assert "data-chip" not in html
    assert send(as_alice, "speaker", talk, 0, name="x").status_code == 409


def test_the_review_shows_who_says_what(waiting: Job, as_alice: Client) -> None:
    Segment.objects.filter(job=waiting, index=1).update(speaker=1)
    for number in (0, 1):
        Speaker.objects.create(job=waiting, number=number, seconds=1.5)
    html = page(as_alice, waiting)
    assert html.count('class="speaker"') == 2
    assert html.count("data-chip ") == 2
    send(as_alice, "speaker", waiting, 1, name="Guest")
    assert "Guest" in page(as_alice, waiting)


# --- voices that may not be used any more -----------------------------------------------------------------------------
def test_a_job_that_stopped_for_its_voice_offers_another(alice: User, as_alice: Client) -> None:
    voice, other = make_voice(alice, consent="withdrawn"), make_voice(alice, "Other")
    job = make_job(alice, status="failed", error_code="voice_withdrawn", error_params={"name": "Deep"}, voice=voice)
    html = page(as_alice, job)
    assert "The consent to use the voice “Deep” was withdrawn" in html
    assert "Voice of the main speaker" in html
    assert send(as_alice, "retry", job).status_code == 409
    assert send(as_alice, "main-voice", job, voice="nonsense").status_code == 422
    send(as_alice, "main-voice", job, voice=str(other.pk))
    assert send(as_alice, "retry", job).json() == {"status": "queued"}


def test_a_result_with_a_withdrawn_voice_says_so(talk: Job, as_alice: Client) -> None:
    VoiceUse.objects.create(
        job=talk, speaker=1, voice_name="Deep", ended_at=timezone.now(), ended_reason="She asked for it."
    )
    html = page(as_alice, talk)
    assert "The voice “Deep” may not be used any more." in html
    assert "She asked for it." in html


def test_a_taken_down_result_shows_its_owner_the_reason_and_nothing_else(
    talk: Job, alice: User, bob: User, as_alice: Client, as_bob: Client
) -> None:
    JobShare.objects.create(job=talk, user=bob)
    Job.objects.filter(pk=talk.pk).update(taken_down_at=timezone.now(), takedown_reason="It deceives.")
    decision = Decision.objects.create(
        user=alice, kind="takedown_job", job_id=talk.pk, subject_name="A talk", reason="It deceives."
    )
    html = page(as_alice, talk)
    assert "It deceives." in html
    assert reverse("voices:decision", args=[decision.pk]) in html
    for gone in ("player-data", "Hola", 'class="speaker"', reverse("dubbing:retry", args=[talk.pk])):
        assert gone not in html
    assert reverse("dubbing:delete", args=[talk.pk]) in html
    assert as_alice.get(reverse("dubbing:artifact", args=[talk.pk, "voice.mp3"])).status_code == 404
    page(as_bob, talk, 404)
    assert "Taken down" in as_alice.get(reverse("dubbing:dashboard")).content.decode()


# --- sharing ----------------------------------------------------------------------------------------------------------
def test_bob_sees_a_shared_result_and_can_only_report_it(
    talk: Job, alice: User, bob: User, as_alice: Client, as_bob: Client
) -> None:
    anna = actors.actor_create(owner=alice, name="Anna")
    voice = make_voice(alice, "Secret voice")
    Speaker.objects.filter(job=talk, number=1).update(
        actor=anna, actor_state="chosen", voice=voice, voice_kind="profile"
    )
    page(as_bob, talk, 404)
    as_alice.post(reverse("dubbing:share", args=[talk.pk]), {"name": "bob"})
    html = page(as_bob, talk)
    assert "shared by alice" in html
    assert f"{reverse('voices:report')}?job={talk.pk}" in html
    assert reverse("dubbing:artifact", args=[talk.pk, "dubbed.mp4"]) in html
    for name in ("delete", "retry", "cancel", "share", "merge", "recount", "reassign"):
        assert f'action="{reverse(f"dubbing:{name}", args=[talk.pk])}"' not in html
    for secret in ("Anna", "Secret voice", "data-edit", "data-chip"):
        assert secret not in html
    report = as_bob.get(f"{reverse('voices:report')}?job={talk.pk}")
    assert report.status_code == 200


def test_shared_with_me(talk: Job, bob: User, as_alice: Client, as_bob: Client) -> None:
    dashboard = reverse("dubbing:dashboard")
    assert "Shared with me" not in as_bob.get(dashboard).content.decode()
    JobShare.objects.create(job=talk, user=bob)
    own, shared = (as_bob.get(dashboard, query).content.decode() for query in ({}, {"tab": "shared"}))
    assert "Shared with me" in own
    assert str(talk.pk) not in own
    assert str(talk.pk) in shared
    assert "by alice" in shared
    assert str(talk.pk) not in as_alice.get(dashboard, {"tab": "shared"}).content.decode()


def test_shared_and_taken_back_on_the_page(talk: Job, bob: User, as_alice: Client) -> None:
    answer = send(as_alice, "share", talk, name="bob")
    assert answer.json() == {"username": "bob"}
    html = page(as_alice, talk)
    assert "Stop sharing with bob" in html
    refused = send(as_alice, "share", talk, name="nobody at all")
    assert refused.status_code == 409
    assert "nobody at all" in refused.json()["message"]
    as_alice.post(reverse("dubbing:unshare", args=[talk.pk, bob.pk]))
    assert not JobShare.objects.exists()
    assert as_alice.post(reverse("dubbing:unshare", args=[talk.pk, bob.pk])).status_code == 404


# --- voice management -------------------------------------------------------------------------------------------------
def tab(client: Client, name: str = "") -> str:
    answer = client.get(reverse("dubbing:voice-management"), {"tab": name} if name else {})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_four_tabs(alice: User, as_alice: Client) -> None:
    actors.actor_create(owner=alice, name="Anna")
    make_voice(alice, "Ready", consent="verified")
    make_voice(alice, "Unverified")
    assert "Anna" in tab(as_alice)
    assert "Anna" in tab(as_alice, "nonsense"), "what is not known is the first"
    library = tab(as_alice, "library")
    assert "Ready" in library
    assert "Unverified" in library
    create = tab(as_alice, "create")
    assert "Unverified" in create
    assert "Ready" not in create
    assert reverse("voices:new") in create
    assert "Nothing to answer" in tab(as_alice, "speakers")


def test_open_questions_are_answered_there(talk: Job, alice: User, bob: User, as_alice: Client, as_bob: Client) -> None:
    anna = actors.actor_create(owner=alice, name="Anna")
    Speaker.objects.filter(job=talk, number=1).update(actor=anna, actor_state="asked", actor_similarity=0.74)
    JobShare.objects.create(job=talk, user=bob)
    html = tab(as_alice, "speakers")
    assert "Is this Anna?" in html
    assert "Nobody known" in html, "the other one, whom nobody has named"
    assert "#t=0.50,2.00" in html
    assert "Is this Anna?" not in tab(as_bob, "speakers"), "what is shared is not his to answer"
    answer = as_alice.post(
        reverse("dubbing:speaker-actor", args=[talk.pk, 1]), {"answer": "yes", "back": "voice-management"}
    )
    assert answer["Location"] == f"{reverse('dubbing:voice-management')}?tab=speakers"
    assert "Is this Anna?" not in tab(as_alice, "speakers")
    Job.objects.filter(pk=talk.pk).update(status="running")
    assert "Nothing to answer" in tab(as_alice, "speakers"), "not while a worker has it"
