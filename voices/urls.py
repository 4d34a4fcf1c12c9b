"""The pages of the voice library."""

from __future__ import annotations

from django.urls import path

from voices.views import actors, consent, create, emotions, faces, lab, library, moderation, profile, samples, sounds

app_name = "voices"
urlpatterns = [
    path("voices/", library.library, name="library"),
    path("voices/search/", library.search, name="search"),
    path("voices/new/", create.new, name="new"),
    path("voices/<uuid:voice_id>/", profile.profile, name="profile"),
    path("voices/<uuid:voice_id>/edit/", profile.edit, name="edit"),
    path("voices/<uuid:voice_id>/delete/", profile.delete, name="delete"),
    path("voices/<uuid:voice_id>/favourite/", library.favourite, name="favourite"),
    path("voices/<uuid:voice_id>/sound/", sounds.voice, name="sound"),
    path("voices/<uuid:voice_id>/share/", profile.share, name="share"),
    path("voices/<uuid:voice_id>/share/<int:user_id>/remove/", profile.unshare, name="unshare"),
    path("voices/<uuid:voice_id>/samples/", samples.add, name="sample-add"),
    path("voices/<uuid:voice_id>/samples/<uuid:sample_id>/", samples.sample, name="sample"),
    path("voices/<uuid:voice_id>/samples/<uuid:sample_id>/sound/", sounds.sample, name="sample-sound"),
    path("voices/<uuid:voice_id>/samples/<uuid:sample_id>/delete/", samples.delete, name="sample-delete"),
    path("voices/<uuid:voice_id>/previews/", lab.ask, name="preview-ask"),
    path("voices/<uuid:voice_id>/settings/<slug:engine>/", lab.settings, name="settings"),
    path("voices/<uuid:voice_id>/consent/", consent.page, name="consent"),
    path("voices/<uuid:voice_id>/consent/statement/", consent.statement, name="statement"),
    path("voices/<uuid:voice_id>/consent/withdraw/", consent.withdraw, name="withdraw"),
    path("voices/<uuid:voice_id>/publish/", consent.publish, name="publish"),
    path("voices/<uuid:voice_id>/unpublish/", consent.unpublish, name="unpublish"),
    path("reports/new/", moderation.report, name="report"),
    path("decisions/<uuid:decision_id>/", moderation.decision, name="decision"),
    path("decisions/<uuid:decision_id>/appeal/", moderation.appeal, name="appeal"),
    path("previews/<uuid:preview_id>/", lab.preview, name="preview"),
    path("previews/<uuid:preview_id>/sound/", sounds.preview, name="preview-sound"),
    path("actors/", actors.actors, name="actors"),
    path("actors/<uuid:actor_id>/", actors.actor, name="actor"),
    path("actors/<uuid:actor_id>/delete/", actors.delete, name="actor-delete"),
    path("actors/<uuid:actor_id>/merge/", actors.merge, name="actor-merge"),
    path("actors/<uuid:actor_id>/appearances/<int:appearance_id>/forget/", actors.forget, name="actor-forget"),
    path("faces/", faces.faces, name="faces"),
    path("faces/<uuid:face_id>/", faces.face, name="face"),
    path("faces/<uuid:face_id>/card/", faces.card, name="face-card"),
    path("faces/<uuid:face_id>/picture/", faces.picture, name="face-picture"),
    path("faces/<uuid:face_id>/choose/", faces.choose, name="face-choose"),
    path("faces/<uuid:face_id>/statement/", faces.statement, name="face-statement"),
    path("faces/<uuid:face_id>/withdraw/", faces.withdraw, name="face-withdraw"),
    path("faces/<uuid:face_id>/delete/", faces.delete, name="face-delete"),
    path("emotions/", emotions.emotions, name="emotions"),
    path("emotions/<uuid:emotion_id>/", emotions.emotion, name="emotion"),
    path("emotions/<uuid:emotion_id>/sound/", sounds.emotion, name="emotion-sound"),
    path("emotions/<uuid:emotion_id>/try/", emotions.tryout, name="emotion-try"),
    path("emotions/<uuid:emotion_id>/delete/", emotions.delete, name="emotion-delete"),
]
