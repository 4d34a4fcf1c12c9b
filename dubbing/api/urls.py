"""Addresses of the REST interface, under ``/api/``."""

from __future__ import annotations

from dubbing.api import batches, conversions, engines, jobs, keys, portraits, results, sharing, speakers, speech, verify
from web.api.routes import Route, patterns

app_name = "api"

ROUTES: tuple[Route, ...] = (
    ("jobs", jobs.JobList, "jobs"),
    ("jobs/dubbing", jobs.DubbingCreate, "jobs-dubbing"),
    ("jobs/conversion", conversions.ConversionCreate, "jobs-conversion"),
    ("jobs/portrait", portraits.PortraitCreate, "jobs-portrait"),
    ("jobs/<uuid:job_id>", jobs.JobDetail, "job"),
    ("jobs/<uuid:job_id>/cancel", jobs.JobCancel, "job-cancel"),
    ("jobs/<uuid:job_id>/retry", jobs.JobRetry, "job-retry"),
    ("jobs/<uuid:job_id>/approve", jobs.JobApprove, "job-approve"),
    ("jobs/<uuid:job_id>/rerun", jobs.JobRerun, "job-rerun"),
    ("jobs/<uuid:job_id>/events", jobs.JobEvents, "job-events"),
    ("jobs/<uuid:job_id>/source", results.SourceFile, "job-source"),
    ("jobs/<uuid:job_id>/segments", results.SegmentList, "segments"),
    ("jobs/<uuid:job_id>/segments/<int:index>", results.SegmentDetail, "segment"),
    ("jobs/<uuid:job_id>/artifacts", results.ArtifactList, "artifacts"),
    ("jobs/<uuid:job_id>/artifacts/<str:path>", results.ArtifactFile, "artifact"),
    ("jobs/<uuid:job_id>/share", sharing.JobShares, "job-shares"),
    ("jobs/<uuid:job_id>/share/<str:username>", sharing.JobShareDetail, "job-share"),
    ("jobs/<uuid:job_id>/voice", speakers.JobVoice, "job-voice"),
    ("jobs/<uuid:job_id>/speakers/merge", speakers.SpeakersMerge, "speakers-merge"),
    ("jobs/<uuid:job_id>/speakers/split", speakers.SpeakersSplit, "speakers-split"),
    ("jobs/<uuid:job_id>/speakers/recount", speakers.SpeakersRecount, "speakers-recount"),
    ("batches", batches.BatchList, "batches"),
    ("batches/<uuid:batch_id>", batches.BatchDetail, "batch"),
    ("batches/<uuid:batch_id>/archive", batches.BatchArchive, "batch-archive"),
    ("speakers", speakers.SpeakerList, "speakers"),
    ("speakers/<int:speaker_id>", speakers.SpeakerDetail, "speaker"),
    ("speakers/<int:speaker_id>/library", speakers.SpeakerLibrary, "speaker-library"),
    ("speech", speech.SpeechList, "speech"),
    ("speech/<uuid:utterance_id>", speech.SpeechDetail, "utterance"),
    ("speech/<uuid:utterance_id>/audio", speech.SpeechAudio, "utterance-audio"),
    ("speech/<uuid:utterance_id>/stream", speech.SpeechStream, "utterance-stream"),
    ("engines", engines.EngineList, "engines"),
    ("languages", engines.LanguageList, "languages"),
    ("check", engines.Check, "check"),
    ("check/portrait", portraits.CheckPortrait, "check-portrait"),
    ("keys", keys.KeyList, "keys"),
    ("keys/<int:key_id>", keys.KeyDetail, "key"),
    ("me", keys.Me, "me"),
    ("verify", verify.Verify, "verify"),
)


urlpatterns = patterns(ROUTES)
