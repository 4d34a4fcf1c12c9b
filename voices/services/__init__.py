"""What people do with the library. What cannot be done raises PipelineError or ValidationError, and changes nothing."""

from voices.services.emotions import emotion_create, emotion_delete, emotion_update
from voices.services.faces import face_choose, face_create, face_delete, face_update
from voices.services.previews import preview_ask
from voices.services.profiles import voice_create, voice_delete, voice_update, voice_used
from voices.services.queries import query_ask
from voices.services.samples import Refusal, sample_add, sample_delete, sample_update, samples_add
from voices.services.settings import engine_settings_set
from voices.services.sharing import favourite_set, voice_share, voice_unshare
from voices.services.speech import utterance_ask, utterance_delete

__all__ = [
    "Refusal",
    "emotion_create",
    "emotion_delete",
    "emotion_update",
    "engine_settings_set",
    "face_choose",
    "face_create",
    "face_delete",
    "face_update",
    "favourite_set",
    "preview_ask",
    "query_ask",
    "sample_add",
    "sample_delete",
    "sample_update",
    "samples_add",
    "utterance_ask",
    "utterance_delete",
    "voice_create",
    "voice_delete",
    "voice_share",
    "voice_unshare",
    "voice_update",
    "voice_used",
]
