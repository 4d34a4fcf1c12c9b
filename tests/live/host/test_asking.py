"""What a session is made of: its manner, whom its owner knows, the voices that may be used, and what is charged."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts import limits
from accounts.models import User
from engines.models import Spending
from live.host.account import Account
from live.host.asking import asked_of, changed, manner_of
from live.host.rows import Watched, verdicts
from live.models import LiveSession
from tests.dubbing.conftest import make_voice
from tests.voices.rows import vector
from vocasync.errors import PipelineError
from vocasync.pipelines.live.request import Manner
from vocasync.spending import spend
from voices.models import Actor, VoiceProfile

pytestmark = pytest.mark.django_db

START = {"type": "start_dubbing", "target_language": "es", "source_language": "en"}
WITHDRAWN = VoiceProfile.Consent.WITHDRAWN


def test_what_a_client_leaves_out_is_as_the_site_has_it(settings: Any) -> None:
    settings.LIVE_VOICE_STABILITY = 0.25
    manner = manner_of({**START, "voice_clarity": 1.0, "partials": False})
    assert manner == Manner("es", "en", stability=0.25, clarity=1.0, partials=False)
    assert changed(manner, {"type": "settings", "sound": False}).sound is False
    assert manner_of({"type": "start_dubbing", "target_language": "es"}).source_language == "auto"


def test_the_owners_actors_are_known_with_the_voices_that_may_be_used(alice: User, bob: User) -> None:
    mine, theirs = make_voice(alice, "Mine"), make_voice(bob, "Theirs")
    gone = make_voice(alice, "Gone", consent=WITHDRAWN)
    for number, voice in enumerate((mine, theirs, gone, None)):
        Actor.objects.create(owner=alice, name=f"Actor {number}", voice=voice, embedding=vector(number))
    Actor.objects.create(owner=alice, name="Never heard")
    Actor.objects.create(owner=bob, name="Somebody else's", embedding=vector(9))
    asked = asked_of(alice, START)
    known = {one.name: one.voice for one in asked.request.known}
    assert sorted(known) == ["Actor 0", "Actor 1", "Actor 2", "Actor 3"]
    assert {name for name, voice in known.items() if voice is not None} == {"Actor 0"}
    assert asked.voices == {mine.pk}
    assert asked_of(alice, {**START, "preserve_voice": False}).request.known == ()


def test_a_voice_of_the_library_speaks_for_everybody(alice: User, bob: User) -> None:
    voice = make_voice(alice)
    asked = asked_of(alice, {**START, "voice": str(voice.pk)})
    assert asked.request.voice is not None
    assert asked.request.voice.reference is not None
    assert asked.request.voice.reference.of == str(voice.pk)
    assert asked.voices == {voice.pk}
    for stranger, wanted in ((bob, str(voice.pk)), (alice, str(uuid.uuid4())), (alice, "no id")):
        with pytest.raises(PipelineError) as caught:
            asked_of(stranger, {**START, "voice": wanted})
        assert (caught.value.code, caught.value.params["field"]) == ("voice_not_shared", "voice")


def test_a_withdrawn_voice_a_suspended_owner_and_an_ended_session_are_seen(alice: User, bob: User) -> None:
    mine, gone, deleted = make_voice(alice, "Mine"), make_voice(alice, "Gone"), uuid.uuid4()
    rows = [LiveSession.objects.create(owner=one, session_id="session-one", worker="w") for one in (alice, bob)]
    watched = [
        Watched(rows[0].pk, alice.pk, frozenset({mine.pk, gone.pk, deleted})),
        Watched(rows[1].pk, bob.pk),
        Watched(uuid.uuid4(), bob.pk),
    ]
    VoiceProfile.objects.filter(pk=gone.pk).update(consent=WITHDRAWN)
    first, second, third = verdicts("w", watched).values()
    assert set(first.withdrawn) == {gone.pk, deleted}
    assert first.withdrawn[gone.pk].code == "voice_withdrawn"
    assert (first.over, second.over, third.over) == (False, False, True)
    assert verdicts("another", watched)[rows[0].pk].over
    User.objects.filter(pk=bob.pk).update(suspended_at=timezone.now())
    error = verdicts("w", watched)[rows[1].pk].error
    assert error is not None
    assert error.code == "suspended"


# --- money and minutes ------------------------------------------------------------------------------------------------
def test_what_is_heard_and_spent_is_counted_once(alice: User) -> None:
    session = uuid.uuid4()
    account = Account(alice, session)
    account.made(lambda: spend("tts", "elevenlabs", 1000))
    account.write(2.0)
    account.write(5.0)
    account.write(5.0)
    account.made(lambda: spend("tts", "elevenlabs", 500))
    account.close()
    assert limits.audio_used(alice) == 5.0
    row = Spending.objects.get()
    assert (row.job, row.amount) == (str(session), 1500)


def test_who_has_spent_their_limit_cannot_begin_or_go_on_with_what_costs_money(alice: User, settings: Any) -> None:
    settings.ENGINES = {**settings.ENGINES, "keys": {"elevenlabs": "x" * 32}, "network": True}
    User.objects.filter(pk=alice.pk).update(max_usd_month=1)
    asked_of(alice, {**START, "voice_engine": "elevenlabs"})
    account = Account(alice, uuid.uuid4())
    account.made(lambda: spend("tts", "elevenlabs", 1_000_000))
    for attempt in (lambda: account.write(1.0), lambda: asked_of(alice, {**START, "voice_engine": "elevenlabs"})):
        with pytest.raises(PipelineError) as caught:
            attempt()
        assert caught.value.code == "live_spending"
    account.close()
    asked_of(alice, START)  # what costs nothing can be had
