"""Addresses of the voice library's REST interface, under ``/api/``."""

from __future__ import annotations

from voices.api import actors, consent, emotions, errands, faces, moderation, previews, samples, sharing, voices
from web.api.routes import Route, patterns

app_name = "voices_api"

ROUTES: tuple[Route, ...] = (
    ("voices", voices.VoiceList, "voices"),
    ("voices/search-by-sound", previews.SearchBySound, "search-by-sound"),
    ("voices/<uuid:voice_id>", voices.VoiceDetail, "voice"),
    ("voices/<uuid:voice_id>/audio", voices.VoiceAudio, "voice-audio"),
    ("voices/<uuid:voice_id>/samples", samples.SampleList, "samples"),
    ("voices/<uuid:voice_id>/samples/<uuid:sample_id>", samples.SampleDetail, "sample"),
    ("voices/<uuid:voice_id>/samples/<uuid:sample_id>/audio", samples.SampleAudio, "sample-audio"),
    ("voices/<uuid:voice_id>/preview", previews.VoicePreview, "voice-preview"),
    ("voices/<uuid:voice_id>/similar", voices.VoiceSimilar, "voice-similar"),
    ("voices/<uuid:voice_id>/share", sharing.ShareList, "voice-shares"),
    ("voices/<uuid:voice_id>/share/<str:username>", sharing.ShareDetail, "voice-share"),
    ("voices/<uuid:voice_id>/favourite", voices.VoiceFavourite, "voice-favourite"),
    ("voices/<uuid:voice_id>/settings/<slug:engine>", voices.VoiceSettings, "voice-settings"),
    ("previews", previews.PreviewList, "previews"),
    ("previews/<uuid:preview_id>", previews.PreviewDetail, "preview"),
    ("previews/<uuid:preview_id>/audio", previews.PreviewAudio, "preview-audio"),
    ("emotions", emotions.EmotionList, "emotions"),
    ("emotions/<uuid:emotion_id>", emotions.EmotionDetail, "emotion"),
    ("emotions/<uuid:emotion_id>/audio", emotions.EmotionAudio, "emotion-audio"),
    ("faces", faces.FaceList, "faces"),
    ("faces/<uuid:face_id>", faces.FaceDetail, "face"),
    ("faces/<uuid:face_id>/choose", faces.FaceChoose, "face-choose"),
    ("faces/<uuid:face_id>/picture", faces.FacePicture, "face-picture"),
    ("faces/<uuid:face_id>/statement", faces.FaceStatement, "face-statement"),
    ("faces/<uuid:face_id>/withdraw", faces.FaceWithdraw, "face-withdraw"),
    ("errands/<uuid:errand_id>", errands.ErrandDetail, "errand"),
    ("actors", actors.ActorList, "actors"),
    ("actors/<uuid:actor_id>", actors.ActorDetail, "actor"),
    ("actors/<uuid:actor_id>/appearances", actors.ActorAppearances, "actor-appearances"),
    ("actors/<uuid:actor_id>/merge", actors.ActorMerge, "actor-merge"),
    ("voices/<uuid:voice_id>/consent", consent.VoiceConsent, "voice-consent"),
    ("voices/<uuid:voice_id>/consent/<uuid:attempt_id>", consent.VoiceConsentAttempt, "voice-consent-attempt"),
    ("voices/<uuid:voice_id>/statement", consent.VoiceStatement, "voice-statement"),
    ("voices/<uuid:voice_id>/withdraw", consent.VoiceWithdraw, "voice-withdraw"),
    ("voices/<uuid:voice_id>/publish", consent.VoicePublish, "voice-publish"),
    ("reports", moderation.ReportList, "reports"),
    ("decisions", moderation.DecisionList, "decisions"),
    ("decisions/<uuid:decision_id>/appeal", moderation.DecisionAppeal, "decision-appeal"),
)

urlpatterns = patterns(ROUTES)
