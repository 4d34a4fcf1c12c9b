"""Who may clone which voice for what: every combination, and the query says the same as the predicate."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from vocasync.errors import CATALOGUE, PipelineError
from voices.consent import Purpose, clonable, may_clone, snapshot
from voices.models import ConsentRecord, VoiceProfile, VoiceShare

Consent = VoiceProfile.Consent
USE = (Purpose.PREVIEW, Purpose.JOB)
GIVE = (Purpose.SHARE, Purpose.PUBLISH)
ENDED = {Consent.WITHDRAWN: "voice_withdrawn", Consent.REFUSED: "voice_refused"}

pytestmark = pytest.mark.django_db


def voice_of(owner: Any, **fields: Any) -> VoiceProfile:
    return VoiceProfile.objects.create(**{"owner": owner, "name": "A voice", "whose": "own"} | fields)


def verdicts(user: Any, voice: VoiceProfile) -> dict[Purpose, str]:
    return {purpose: may_clone(user, voice, purpose).code for purpose in Purpose}


def same(use: str, give: str) -> dict[Purpose, str]:
    return dict.fromkeys(USE, use) | dict.fromkeys(GIVE, give)


@pytest.mark.parametrize(
    ("consent", "use", "give"),
    [
        (Consent.NONE, "", "consent_needed"),
        (Consent.PENDING, "", "consent_needed"),
        (Consent.VERIFIED, "", ""),
        (Consent.REFUSED, "voice_refused", "voice_refused"),
        (Consent.WITHDRAWN, "voice_withdrawn", "voice_withdrawn"),
    ],
)
@pytest.mark.parametrize("whose", VoiceProfile.Whose.values)
def test_owner(alice: Any, consent: str, use: str, give: str, whose: str) -> None:
    assert verdicts(alice, voice_of(alice, consent=consent, whose=whose)) == same(use, give)


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("consent", Consent.values)
def test_somebody_else(alice: Any, bob: Any, charlie: Any, consent: str, shared: bool, public: bool) -> None:
    voice = voice_of(alice, consent=consent, is_public=public)
    VoiceShare.objects.create(voice=voice, user=bob if shared else charlie)
    ended = ENDED.get(Consent(consent))
    seen = shared or public
    use = "" if seen and consent == Consent.VERIFIED else "voice_unverified" if seen else "voice_not_shared"
    assert verdicts(bob, voice) == same(ended or use, ended or "voice_not_shared")


@pytest.mark.parametrize(
    ("stop", "owner", "other"),
    [
        ("taken down", "voice_taken_down", "voice_taken_down"),
        ("owner suspended", "suspended", "voice_owner_suspended"),
        ("other suspended", "", "suspended"),
    ],
)
def test_stops_come_before_everything(alice: Any, bob: Any, stop: str, owner: str, other: str) -> None:
    now = timezone.now()
    alice.suspended_at = now if stop == "owner suspended" else None
    bob.suspended_at = now if stop == "other suspended" else None
    voice = voice_of(alice, consent=Consent.VERIFIED, taken_down_at=now if stop == "taken down" else None)
    VoiceShare.objects.create(voice=voice, user=bob)
    assert verdicts(alice, voice) == same(owner, owner)
    assert {may_clone(bob, voice, purpose).code for purpose in USE} == {other}


def test_nobody_signed_in(alice: Any) -> None:
    voice = voice_of(alice, consent=Consent.VERIFIED, is_public=True)
    assert set(verdicts(AnonymousUser(), voice).values()) == {"voice_not_shared"}
    assert not clonable(AnonymousUser()).exists()


def test_query_agrees_with_predicate(alice: Any, bob: Any, charlie: Any) -> None:
    """Every voice there can be, for every person there can be, for every purpose."""
    now = timezone.now()
    for person in (bob, charlie):
        person.suspended_at = now if person is charlie else None
        person.save()
    for owner, consent, public, down, friends in itertools.product(
        (alice, bob, charlie), Consent.values, (False, True), (None, now), ((), (alice,), (bob,), (alice, bob, charlie))
    ):
        voice = voice_of(owner, consent=consent, is_public=public, taken_down_at=down)
        VoiceShare.objects.bulk_create(VoiceShare(voice=voice, user=user) for user in friends if user != owner)
    voices = list(VoiceProfile.objects.select_related("owner"))
    answers = set()
    for user, purpose in itertools.product((alice, bob, charlie), Purpose):
        allowed = {voice.pk for voice in voices if may_clone(user, voice, purpose)}
        assert set(clonable(user, purpose).values_list("pk", flat=True)) == allowed, (user, purpose)
        answers.add((purpose in USE, bool(allowed)))
    assert answers == {(True, True), (True, False), (False, True), (False, False)}
    assert len(voices) == 240


def test_a_voice_is_found_once_however_it_came(alice: Any, bob: Any) -> None:
    voice = voice_of(alice, consent=Consent.VERIFIED, is_public=True)
    VoiceShare.objects.create(voice=voice, user=bob)
    assert list(clonable(bob)) == [voice]


def test_refusals_are_said_with_the_voices_name(alice: Any, bob: Any) -> None:
    voice = voice_of(alice, name="Narrator", consent=Consent.WITHDRAWN)
    verdict = may_clone(bob, voice, Purpose.JOB)
    assert not verdict
    with pytest.raises(PipelineError, match="Narrator") as caught:
        verdict.require()
    assert caught.value.code == "voice_withdrawn"
    assert verdict.code in CATALOGUE
    may_clone(alice, voice_of(alice), Purpose.JOB).require()
    alice.suspended_at, alice.suspended_reason = timezone.now(), "Spam"
    with pytest.raises(PipelineError, match="“Spam”"):
        may_clone(alice, voice, Purpose.JOB).require()


def test_snapshot_names_the_record_that_the_consent_rests_on(alice: Any) -> None:
    voice = voice_of(alice)
    nothing = {"id": None, "kind": None, "status": "none", "whose": "own", "since": None}
    assert snapshot(voice) == nothing
    decided = timezone.now()
    spoken = ConsentRecord.objects.create(voice=voice, kind="spoken", status="verified", decided_at=decided)
    ConsentRecord.objects.create(voice=voice, kind="statement", status="pending")
    voice.consent = Consent.VERIFIED
    assert snapshot(voice) == {
        "id": str(spoken.pk),
        "kind": "spoken",
        "status": "verified",
        "whose": "own",
        "since": decided.isoformat(),
    }
