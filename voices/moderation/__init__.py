"""What people ask moderators for, and what moderators decide."""

from voices.moderation.appeals import appeal_create, appeal_decide
from voices.moderation.consents import consent_decide
from voices.moderation.people import user_restore, user_suspend
from voices.moderation.publicity import publish_decide, publish_end, publish_request
from voices.moderation.reports import report_create, report_decide
from voices.moderation.takedowns import (
    face_restore,
    face_takedown,
    job_restore,
    job_takedown,
    voice_restore,
    voice_takedown,
)

__all__ = [
    "appeal_create",
    "appeal_decide",
    "consent_decide",
    "face_restore",
    "face_takedown",
    "job_restore",
    "job_takedown",
    "publish_decide",
    "publish_end",
    "publish_request",
    "report_create",
    "report_decide",
    "user_restore",
    "user_suspend",
    "voice_restore",
    "voice_takedown",
]
