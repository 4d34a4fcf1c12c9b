"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from dubbing.views import (
    account,
    artifacts,
    batches,
    conversions,
    create,
    jobs,
    pages,
    portraits,
    speakers,
    speech,
    verify,
    voice_management,
)

app_name = "dubbing"

urlpatterns = [
    path("dubs/", pages.dashboard, name="dashboard"),
    path("dubs/new/", create.new, name="new"),
    path("dubs/<uuid:job_id>/", jobs.detail, name="job"),
    path("dubs/<uuid:job_id>/cancel/", jobs.cancel, name="cancel"),
    path("dubs/<uuid:job_id>/retry/", jobs.retry, name="retry"),
    path("dubs/<uuid:job_id>/delete/", jobs.delete, name="delete"),
    path("dubs/<uuid:job_id>/approve/", jobs.approve, name="approve"),
    path("dubs/<uuid:job_id>/rerun/", jobs.rerun, name="rerun"),
    path("dubs/<uuid:job_id>/segments/<int:index>/", jobs.segment, name="segment"),
    path("dubs/<uuid:job_id>/segments/reassign/", speakers.reassign, name="reassign"),
    path("dubs/<uuid:job_id>/speakers/merge/", speakers.merge, name="merge"),
    path("dubs/<uuid:job_id>/speakers/recount/", speakers.recount, name="recount"),
    path("dubs/<uuid:job_id>/speakers/<int:number>/", speakers.speaker, name="speaker"),
    path("dubs/<uuid:job_id>/speakers/<int:number>/actor/", speakers.actor, name="speaker-actor"),
    path("dubs/<uuid:job_id>/speakers/<int:number>/library/", speakers.library, name="speaker-library"),
    path("dubs/<uuid:job_id>/voice/", speakers.main_voice, name="main-voice"),
    path("dubs/<uuid:job_id>/share/", speakers.share, name="share"),
    path("dubs/<uuid:job_id>/share/<int:user_id>/remove/", speakers.unshare, name="unshare"),
    path("dubs/<uuid:job_id>/source/", artifacts.source, name="source"),
    path("dubs/<uuid:job_id>/files/<str:path>", artifacts.artifact, name="artifact"),
    path("convert/", conversions.new, name="convert"),
    path("convert/hear/", conversions.hear, name="convert-hear"),
    path("speech/", speech.page, name="speech"),
    path("speech/<uuid:utterance_id>/", speech.card, name="spoken"),
    path("speech/<uuid:utterance_id>/delete/", speech.delete, name="spoken-delete"),
    path("portraits/new/", portraits.new, name="portrait-new"),
    path("portraits/several/", portraits.several, name="portraits-several"),
    path("batches/<uuid:batch_id>/", batches.detail, name="batch"),
    path("batches/<uuid:batch_id>/archive/", batches.archive, name="batch-archive"),
    path("voice-management/", voice_management.voice_management, name="voice-management"),
    path("engines/", pages.engines, name="engines"),
    path("verify/", verify.verify, name="verify"),
    path("account/", account.account, name="account"),
    path("account/keys/", account.key_create, name="key-create"),
    path("account/keys/<int:key_id>/revoke/", account.key_revoke, name="key-revoke"),
    path("account/engine-keys/<slug:service>/", account.engine_key_set, name="engine-key-set"),
    path("account/engine-keys/<slug:service>/delete/", account.engine_key_delete, name="engine-key-delete"),
]
