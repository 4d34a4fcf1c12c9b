"""Rows of the voice library."""

from typing import TypeAlias

from voices.models.actors import Actor, ActorAppearance
from voices.models.consent import ConsentAttempt, ConsentRecord
from voices.models.emotions import EmotionReference
from voices.models.errands import Errand
from voices.models.faces import FaceProfile
from voices.models.moderation import Appeal, Decision, PublicRequest, Report
from voices.models.previews import Preview, SoundQuery
from voices.models.profiles import EngineSettings, Favourite, VoiceLanguage, VoiceProfile, VoiceShare, VoiceTag
from voices.models.samples import VoiceSample
from voices.models.utterances import Utterance

Likeness: TypeAlias = VoiceProfile | FaceProfile
"""What is somebody's own, and needs their consent: they have ``owner``, ``name``, ``whose``, ``person_name``,
``consent``, ``taken_down_at`` and ``takedown_reason`` alike."""

__all__ = [
    "Actor",
    "ActorAppearance",
    "Appeal",
    "ConsentAttempt",
    "ConsentRecord",
    "Decision",
    "EmotionReference",
    "EngineSettings",
    "Errand",
    "FaceProfile",
    "Favourite",
    "Likeness",
    "Preview",
    "PublicRequest",
    "Report",
    "SoundQuery",
    "Utterance",
    "VoiceLanguage",
    "VoiceProfile",
    "VoiceSample",
    "VoiceShare",
    "VoiceTag",
]
