"""A voice becomes public: its owner asks, a moderator decides, and its owner may take it back at any time."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, notices
from accounts.models import User
from vocasync.errors import PipelineError
from voices.consent.rules import Purpose, may_clone
from voices.models import Decision, PublicRequest, VoiceProfile
from voices.moderation.decisions import against, not_ones_own, reasoned, settle

Status = PublicRequest.Status


def publish_request(*, voice: VoiceProfile, by: User, note: str = "") -> PublicRequest:
    """Ask for the voice to be public.

    Raises PipelineError (no verified consent, public or asked for already, suspended), ValidationError for the note.
    """
    may_clone(by, voice, Purpose.PUBLISH).require()
    if voice.is_public:
        raise PipelineError("public_already", name=voice.name)
    request = PublicRequest(voice=voice, note=note.strip())
    request.full_clean(exclude=["voice", "decided_by"])
    try:
        with transaction.atomic():
            request.save(force_insert=True)
            audit.record(by, "voice.publish_request", voice, after={"request": request.pk, "note": request.note})
    except IntegrityError as error:
        raise PipelineError("public_waiting", name=voice.name) from error
    return request


def publish_decide(*, request: PublicRequest, moderator: User, granted: bool, reason: str = "") -> None:
    """Granted: everybody may find and use the voice. Refused: the owner reads why, and may appeal.

    Raises PipelineError: refused without a reason, decided already, the consent has ended since.
    """
    reason = reason.strip() if granted else reasoned(reason)
    with transaction.atomic():
        voice = VoiceProfile.objects.select_for_update().select_related("owner").get(pk=request.voice_id)
        not_ones_own(moderator, voice.owner)
        if granted:
            may_clone(voice.owner, voice, Purpose.PUBLISH).require()
        settle(request, moderator=moderator, granted=granted, answer=reason)
        before = {"is_public": voice.is_public, "request": Status.PENDING}
        if granted:
            _show(voice)
        action = "voice.publish" if granted else "voice.publish_refuse"
        after = {"is_public": voice.is_public, "request": request.status}
        audit.record(moderator, action, voice, before=before, after=after, reason=reason)
        if granted:
            notices.tell(voice.owner, f"The voice “{voice.name}” is public now.", f"/voices/{voice.pk}/")
        else:
            _refused(voice, moderator, reason)


def _show(voice: VoiceProfile) -> None:
    voice.is_public, voice.updated_at = True, timezone.now()
    voice.save(update_fields=["is_public", "updated_at"])


def _refused(voice: VoiceProfile, moderator: User, reason: str) -> None:
    against(voice.owner, Decision.Kind.REFUSE_PUBLIC, name=voice.name, reason=reason, moderator=moderator, about=voice)


def publish_end(*, voice: VoiceProfile, by: User) -> None:
    """The owner takes it back, the voice or the request: shares stay, what was made with the voice stays."""
    with transaction.atomic():
        voice = VoiceProfile.objects.select_for_update().get(pk=voice.pk)
        before = {"is_public": voice.is_public}
        dropped = PublicRequest.objects.filter(voice=voice, status=Status.PENDING).update(
            status=Status.DROPPED, decided_by=by, decided_at=timezone.now()
        )
        if not (voice.is_public or dropped):
            return
        voice.is_public, voice.updated_at = False, timezone.now()
        voice.save(update_fields=["is_public", "updated_at"])
        audit.record(by, "voice.unpublish", voice, before=before, after={"is_public": False})
