"""The moderators' pages: who gets in, what they see and hear, and what the buttons do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from tests.voices.rows import PDF, WAV, face_row, moderator, upload, verified_voice, voice_of
from voices import consent, files, moderation
from voices.admin.cards import DECIDE
from voices.admin.deciding import DEEDS
from voices.admin.urls import urlpatterns
from voices.models import (
    Appeal,
    ConsentAttempt,
    ConsentRecord,
    Decision,
    Preview,
    PublicRequest,
    Report,
    VoiceProfile,
    VoiceSample,
)
from voices.moderation.groups import JUDGE, LOOK, MODERATORS

pytestmark = pytest.mark.django_db

QUEUE = "/admin/moderation/"


@pytest.fixture
def mona(db: None) -> User:
    return moderator()


@pytest.fixture
def as_mona(mona: User) -> Client:
    return signed_in(mona)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_sample(voice: VoiceProfile, content: bytes = WAV) -> VoiceSample:
    sample = VoiceSample.objects.create(
        voice=voice, name="take.wav", size=1, sha256=str(voice.pk), status="good", chosen=True
    )
    path = files.sample_sound(sample)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return sample


def with_preview(voice: VoiceProfile, owner: User | None = None) -> Preview:
    owner = owner or voice.owner
    preview = Preview.objects.create(
        owner=owner,
        voice=voice,
        engine="espeak",
        language="en",
        text="Good day.",
        fingerprint=str(owner.pk),
        seconds=1.0,
    )
    path = files.preview_sound(preview.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(WAV)
    return preview


def asked(owner: User, **fields: Any) -> PublicRequest:
    return moderation.publish_request(voice=verified_voice(owner, **fields), by=owner)


def brought(owner: User, content: bytes = PDF, name: str = "letter.pdf") -> ConsentRecord:
    voice = voice_of(owner, whose="other", person_name="Ann")
    return consent.statement_submit(likeness=voice, by=owner, upload=upload(content, name), person_name="Ann")


def reported(owner: User, reporter: User) -> Report:
    return moderation.report_create(
        reporter=reporter, voice=verified_voice(owner, is_public=True), reason="abuse", details="It insults."
    )


def appealed(owner: User, judge: User) -> Appeal:
    voice = verified_voice(owner, name="Taken")
    decision = moderation.voice_takedown(voice=voice, moderator=judge, reason="Stolen.")
    return moderation.appeal_create(decision=decision, user=owner, text="It is mine.")


# --- the group --------------------------------------------------------------------------------------------------------
def test_the_group_has_its_permissions_and_no_others() -> None:
    group = Group.objects.get(name=MODERATORS)
    names = {f"{row.content_type.app_label}.{row.codename}" for row in group.permissions.select_related("content_type")}
    assert names == {*JUDGE, *LOOK}


def test_migrating_gives_back_what_the_group_needs() -> None:
    Group.objects.get(name=MODERATORS).permissions.clear()
    call_command("migrate", verbosity=0)
    assert Group.objects.get(name=MODERATORS).permissions.count() == len(JUDGE) + len(LOOK)


def test_moderators_see_in_the_admin_what_they_judge_by(as_mona: Client) -> None:
    page = as_mona.get("/admin/").content.decode()
    assert "Moderation queue" in page
    shown = set(re.findall(r'href="/admin/(\w+/\w+)/"', page))
    assert shown == {
        "accounts/auditentry",
        "voices/appeal",
        "voices/consentattempt",
        "voices/consentrecord",
        "voices/decision",
        "voices/faceprofile",
        "voices/publicrequest",
        "voices/report",
        "voices/voiceprofile",
    }
    assert "/add/" not in page
    for name in ("accounts/user", "dubbing/job", "accounts/apikey"):
        assert as_mona.get(f"/admin/{name}/").status_code == 403


@pytest.mark.parametrize("model", ["publicrequest", "consentrecord", "consentattempt", "report", "decision", "appeal"])
def test_lists_and_rows_are_read_and_not_edited(
    model: str, alice: User, bob: User, mona: User, as_mona: Client, settings: Any
) -> None:
    settings.CONSENT_SENTENCES = ["The quiet river."]
    consent.attempt_issue(voice=voice_of(alice), user=alice)
    rows = {
        "publicrequest": asked(alice),
        "consentrecord": brought(alice),
        "report": reported(alice, bob),
        "appeal": appealed(alice, mona),
        "decision": Decision.objects.get(),
        "consentattempt": ConsentAttempt.objects.get(),
    }
    row = rows[model]
    assert as_mona.get(f"/admin/voices/{model}/?q=a").status_code == 200
    page = as_mona.get(f"/admin/voices/{model}/{row.pk}/change/").content.decode()
    assert 'name="_save"' not in page
    assert as_mona.post(f"/admin/voices/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert as_mona.get(f"/admin/voices/{model}/add/").status_code == 403
    type(row).objects.get(pk=row.pk)


# --- who gets in ------------------------------------------------------------------------------------------------------
def test_only_staff_that_judges_gets_in(alice: User, mona: User) -> None:
    desk = User.objects.create_user("desk", "desk@example.org", "a long pass phrase 7", is_staff=True)
    assert signed_in(mona).get(QUEUE).status_code == 200
    assert signed_in(desk).get(QUEUE).status_code == 403
    for client in (Client(), signed_in(alice)):
        assert client.get(QUEUE).status_code == 302
    assert "Moderation queue" not in signed_in(desk).get("/admin/").content.decode()


def test_every_address_is_closed_to_others(alice: User, bob: User, as_mona: Client) -> None:
    """Every one of the URL configuration, for nobody, for somebody, and for staff that judges nothing."""
    record = brought(alice)
    sample, preview, face = with_sample(record.voice), with_preview(record.voice), face_row(alice)
    arguments = {
        "queue": [],
        "voice": [record.voice.pk],
        "sample": [sample.pk],
        "preview": [preview.pk],
        "reading": [record.pk],
        "statement": [record.pk],
        "face": [face.pk],
        "picture": [face.pk],
        "decide": ["consent", record.pk],
    }
    assert {pattern.name for pattern in urlpatterns} == set(arguments), "say who may do what there"
    desk = User.objects.create_user("desk", "desk@example.org", "a long pass phrase 7", is_staff=True)
    for name, given in arguments.items():
        address = reverse(f"moderation:{name}", args=given)
        ask = "post" if name == "decide" else "get"
        data = {"action": "grant", "reason": "x"} if name == "decide" else {}
        for client in (Client(), signed_in(alice), signed_in(bob)):
            answer = getattr(client, ask)(address, data)
            assert answer["Location"].startswith("/admin/login/"), name
        assert getattr(signed_in(desk), ask)(address, data).status_code in (403, 404), name
    record.refresh_from_db()
    assert record.status == "pending"
    assert as_mona.post(reverse("moderation:queue")).status_code == 405


def test_another_site_cannot_press_the_buttons(alice: User, mona: User) -> None:
    request = asked(alice)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mona)
    address = reverse("moderation:decide", args=["public", request.pk])
    assert strict.post(address, {"action": "grant"}).status_code == 403
    request.refresh_from_db()
    assert request.status == "pending"


def test_each_button_needs_its_permission(alice: User, bob: User, admin_user: User) -> None:
    """For every button: nobody without its permission, though they have all the others."""
    rows: dict[str, Any] = {
        "public": asked(alice),
        "consent": brought(alice),
        "report": reported(alice, bob),
        "appeal": appealed(alice, admin_user),
        "voice": verified_voice(alice),
        "face": face_row(alice),
        "decision": Decision.objects.get(),
    }
    from django.contrib.auth.models import Permission

    for (kind, name), (action, _deed) in DEEDS.items():
        clerk = User.objects.create_user(f"{kind}-{name}", f"{kind}{name}@example.org", "a long pass", is_staff=True)
        others = [permission.partition(".")[2] for permission in JUDGE if permission != action.permission]
        clerk.user_permissions.set(Permission.objects.filter(codename__in=others))
        address = reverse("moderation:decide", args=[kind, rows[kind].pk])
        assert signed_in(clerk).post(address, {"action": name, "reason": "x"}).status_code == 403, (kind, name)
    assert not AuditEntry.objects.filter(actor__username__contains="-").exists()


# --- the queue --------------------------------------------------------------------------------------------------------
def test_what_waits_is_shown_oldest_first(alice: User, bob: User, mona: User, as_mona: Client) -> None:
    rows = [asked(alice, name="First"), brought(alice), reported(alice, bob), appealed(alice, mona)]
    page = as_mona.get(QUEUE)
    assert [card.kind for card in page.context["cards"]] == ["public", "consent", "report", "appeal"]
    assert [card.key for card in page.context["cards"]] == [str(row.pk) for row in rows]
    assert {tab.kind: tab.count for tab in page.context["tabs"]} == {
        "": 4,
        "public": 1,
        "consent": 1,
        "report": 1,
        "appeal": 1,
    }
    text = page.content.decode()
    for words in ("First", "letter.pdf", "It insults.", "It is mine.", "Stolen.", "bob writes"):
        assert words in text
    only = as_mona.get(QUEUE, {"kind": "report"})
    assert [card.kind for card in only.context["cards"]] == ["report"]
    assert [card.kind for card in as_mona.get(QUEUE, {"kind": "nonsense"}).context["cards"]] == [
        card.kind for card in page.context["cards"]
    ]
    assert "4 waiting" in as_mona.get("/admin/").content.decode()


def test_many_cost_no_more_queries_than_few(
    alice: User, bob: User, mona: User, as_mona: Client, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            for row in (asked(alice), brought(alice), reported(alice, bob), appealed(alice, mona)):
                voice = row.decision.voice if isinstance(row, Appeal) else row.voice
                assert voice is not None
                with_sample(voice)

    fill(1)
    with django_assert_max_num_queries(60) as few:
        as_mona.get(QUEUE)
    fill(3)
    with django_assert_max_num_queries(len(few)):
        assert len(as_mona.get(QUEUE).context["cards"]) == 15


def test_pages_follow_each_other(alice: User, as_mona: Client) -> None:
    for number in range(17):
        asked(alice, name=f"Voice {number}")
    first = as_mona.get(QUEUE, {"kind": "public"})
    second = as_mona.get(QUEUE, {"kind": "public", "page": 2})
    names = [card.name for page in (first, second) for card in page.context["cards"]]
    assert names == [f"Voice {number}" for number in range(17)]
    assert "kind=public&amp;page=2" in first.content.decode()


def test_nothing_waits(as_mona: Client) -> None:
    assert "Nothing waits here." in as_mona.get(QUEUE).content.decode()


def test_what_people_write_is_text(alice: User, bob: User, as_mona: Client) -> None:
    moderation.report_create(
        reporter=bob,
        voice=verified_voice(alice, is_public=True, name="<script>alert(1)</script>"),
        reason="abuse",
        details="<img src=x onerror=alert(1)>",
    )
    page = as_mona.get(QUEUE).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_pages_keep_to_the_policy(alice: User, as_mona: Client) -> None:
    """No style and no script of its own in the page: the policy would refuse it."""
    request = asked(alice)
    for address in (QUEUE, reverse("moderation:voice", args=[request.voice.pk]), "/admin/"):
        answer = as_mona.get(address)
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        page = answer.content.decode()
        assert not re.search(r"<(script|style)(?![^>]*\b(src|type=.application/json))[^>]*>", page)
        assert not re.search(r"\s(style|on\w+)=", page)


# --- the buttons ------------------------------------------------------------------------------------------------------
def press(client: Client, kind: str, row: Any, action: str, reason: str = "", **data: Any) -> str:
    address = reverse("moderation:decide", args=[kind, row.pk])
    answer = client.post(address, {"action": action, "reason": reason, **data}, follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


def test_buttons_of_a_request(alice: User, as_mona: Client) -> None:
    first, second, third = asked(alice), asked(alice), asked(alice)
    assert "done" in press(as_mona, "public", first, "grant")
    assert "Give the reason" in press(as_mona, "public", second, "refuse")
    assert "done" in press(as_mona, "public", second, "refuse", "Noisy.")
    assert "done" in press(as_mona, "public", third, "takedown", "Stolen.")
    for row in (first, second, third):
        row.refresh_from_db()
        row.voice.refresh_from_db()
    assert [row.status for row in (first, second, third)] == ["granted", "refused", "dropped"]
    assert [row.voice.is_public for row in (first, second, third)] == [True, False, False]
    assert third.voice.taken_down_at is not None
    assert "decided already" in press(as_mona, "public", first, "refuse", "Too late.")


def test_buttons_of_a_consent_a_report_and_an_appeal(alice: User, bob: User, mona: User, as_mona: Client) -> None:
    record, refused = brought(alice), brought(alice)
    press(as_mona, "consent", record, "grant")
    press(as_mona, "consent", refused, "refuse", "Not signed.")
    report, nothing = reported(alice, bob), reported(alice, bob)
    press(as_mona, "report", report, "grant", "It insults.")
    press(as_mona, "report", nothing, "refuse", "It does not.")
    appeal = appealed(alice, mona)
    press(as_mona, "appeal", appeal, "grant")
    for row in (record, refused, report, nothing, appeal):
        row.refresh_from_db()
    assert [row.status for row in (record, refused, report, nothing, appeal)] == [
        "verified",
        "refused",
        "granted",
        "refused",
        "granted",
    ]
    voice = appeal.decision.voice
    assert voice is not None
    voice.refresh_from_db()
    assert voice.taken_down_at is None


def test_suspending_and_restoring(alice: User, as_mona: Client) -> None:
    request = asked(alice)
    press(as_mona, "public", request, "suspend", "Spam.")
    alice.refresh_from_db()
    assert alice.is_suspended
    page = as_mona.get(QUEUE)
    assert "In force" in page.content.decode()
    decision = Decision.objects.get()
    assert "done" in press(as_mona, "decision", decision, "unsuspend")
    alice.refresh_from_db()
    assert not alice.is_suspended
    assert "not suspended" in press(as_mona, "decision", decision, "unsuspend")
    assert "In force" not in as_mona.get(QUEUE).content.decode()


def test_buttons_of_a_voice(alice: User, as_mona: Client) -> None:
    voice = verified_voice(alice)
    for action, field, expected in (
        ("takedown", "taken_down_at", True),
        ("restore", "taken_down_at", False),
        ("withdraw", "consent", "withdrawn"),
    ):
        assert "done" in press(as_mona, "voice", voice, action, "The person wrote to us.")
        voice.refresh_from_db()
        value = getattr(voice, field)
        assert value == expected if isinstance(expected, str) else bool(value) is expected
    page = as_mona.get(reverse("moderation:voice", args=[voice.pk])).content.decode()
    assert "consent.withdraw" in page
    assert 'value="withdraw"' not in page, "there is nothing left to end"


def test_after_a_button_the_moderator_is_where_they_were(alice: User, as_mona: Client) -> None:
    address = reverse("moderation:decide", args=["public", asked(alice).pk])
    inside = as_mona.post(address, {"action": "grant", "next": f"{QUEUE}?kind=public"})
    assert inside["Location"] == f"{QUEUE}?kind=public"
    outside = as_mona.post(address, {"action": "grant", "next": "https://evil.example/"})
    assert outside["Location"] == QUEUE


@pytest.mark.parametrize(
    ("kind", "key", "action"),
    [
        ("public", "999", "grant"),
        ("public", "x", "grant"),
        ("consent", "not-a-uuid", "grant"),
        ("report", "5b9c2e38-52a1-4d0c-9a5e-000000000000", "grant"),
        ("voice", "not-a-uuid", "takedown"),
        ("decision", "x", "restore"),
        ("public", "1", "explode"),
        ("cat", "1", "grant"),
    ],
)
def test_what_is_not_there_is_404(as_mona: Client, kind: str, key: str, action: str) -> None:
    answer = as_mona.post(reverse("moderation:decide", args=[kind, key]), {"action": action, "reason": "x"})
    assert answer.status_code == 404


def test_every_kind_that_waits_has_its_two_buttons(alice: User, bob: User, mona: User, as_mona: Client) -> None:
    asked(alice), brought(alice), reported(alice, bob), appealed(alice, mona)
    for card in as_mona.get(QUEUE).context["cards"]:
        assert card.actions[:2] == DECIDE[card.kind]
        for action in card.actions:
            assert (card.kind, action.name) in DEEDS


# --- listening --------------------------------------------------------------------------------------------------------
def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def heard(mona: User) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(actor=mona, action__startswith="moderation.").order_by("pk")
    return [(row.action, row.object_type) for row in rows]


def test_private_voices_are_heard_only_where_they_are_in_question(alice: User, mona: User, as_mona: Client) -> None:
    voice = verified_voice(alice)
    sample = with_sample(voice)
    address = reverse("moderation:sample", args=[sample.pk])
    assert as_mona.get(address).status_code == 404
    assert heard(mona) == []
    page = as_mona.get(reverse("moderation:voice", args=[voice.pk]))
    assert page.context["card"]["sounds"] == ()
    moderation.publish_request(voice=voice, by=alice)
    assert body(as_mona.get(address)) == WAV
    assert len(as_mona.get(reverse("moderation:voice", args=[voice.pk])).context["card"]["sounds"]) == 1


def test_listening_is_written_down_once_for_many_ranges(alice: User, mona: User, as_mona: Client) -> None:
    sample = with_sample(asked(alice).voice)
    address = reverse("moderation:sample", args=[sample.pk])
    part = as_mona.get(address, headers={"range": "bytes=4-7"})
    assert (part.status_code, body(part)) == (206, WAV[4:8])
    body(as_mona.get(address))
    assert heard(mona) == [("moderation.listen", "voices.voicesample")]


def test_a_public_voice_is_no_secret(alice: User, mona: User, as_mona: Client) -> None:
    voice = verified_voice(alice, is_public=True)
    preview = with_preview(voice)
    assert body(as_mona.get(reverse("moderation:preview", args=[preview.pk]))) == WAV
    assert heard(mona) == []


def test_what_others_had_spoken_in_it_is_theirs(alice: User, bob: User, as_mona: Client) -> None:
    voice = verified_voice(alice, is_public=True)
    preview = with_preview(voice, bob)
    assert as_mona.get(reverse("moderation:preview", args=[preview.pk])).status_code == 404


def test_a_reading_is_heard(alice: User, mona: User, as_mona: Client, settings: Any) -> None:
    settings.CONSENT_SENTENCES = ["The quiet river."]
    voice = voice_of(alice)
    attempt = consent.attempt_issue(voice=voice, user=alice)
    record = ConsentRecord.objects.create(voice=voice, kind="spoken", status="verified", attempt=attempt)
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="verified")
    voice.refresh_from_db()
    moderation.publish_request(voice=voice, by=alice)
    path = files.consent_recording(attempt.pk)
    path.parent.mkdir(parents=True)
    path.write_bytes(WAV)
    address = reverse("moderation:reading", args=[record.pk])
    assert address in as_mona.get(QUEUE).content.decode()
    assert body(as_mona.get(address)) == WAV
    assert heard(mona) == [("moderation.listen", "voices.consentrecord")]
    statement = ConsentRecord.objects.create(voice=voice, kind="statement", status="pending")
    assert as_mona.get(reverse("moderation:reading", args=[statement.pk])).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "mime", "shown"),
    [
        (PDF, "letter.pdf", "application/pdf", False),
        (b"\x89PNG\r\n\x1a\n...", "scan.png", "image/png", True),
        (b"<script>alert(1)</script>", "letter.html", "text/plain", True),
        (WAV, "said.wav", "audio/wav", True),
    ],
)
def test_statements_are_sent_safely(
    alice: User, mona: User, as_mona: Client, content: bytes, name: str, mime: str, shown: bool
) -> None:
    record = brought(alice, content, name)
    answer = as_mona.get(reverse("moderation:statement", args=[record.pk]))
    assert body(answer) == content
    assert answer["Content-Type"] == mime
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert heard(mona) == [("moderation.read", "voices.consentrecord")]


def test_a_statement_that_is_lost_is_404(alice: User, as_mona: Client) -> None:
    record = brought(alice)
    files.remove(files.consent_root(record.pk))
    assert as_mona.get(reverse("moderation:statement", args=[record.pk])).status_code == 404
