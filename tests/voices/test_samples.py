"""Samples as they come in: whole or not at all, counted, private, and gone when they are deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.limits import audio_used
from accounts.models import Usage, User
from tests import factory
from tests.dubbing.conftest import hints
from tests.voices.recordings import toned, upload
from tests.voices.rows import voice_of
from vocasync.errors import PipelineError
from voices import errands, files, selectors, services
from voices.models import Errand, VoiceProfile, VoiceSample
from voices.services import samples as sample_services
from web.uploads import FILES_AT_ONCE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def voice(alice: User) -> VoiceProfile:
    return voice_of(alice)


def on_disk(media_root: Path) -> list[Path]:
    return [path for path in media_root.rglob("*") if path.is_file()]


def code_of(voice: VoiceProfile, content: bytes, name: str = "a.wav") -> str:
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=upload(content, name))
    assert caught.value.params["field"] == "sample"
    return caught.value.code


def test_taken_in_under_a_name_of_our_own(voice: VoiceProfile, media_root: Path) -> None:
    sample = services.sample_add(voice=voice, upload=upload(name="../../etc/passwd.wav"), source="recording")
    assert (sample.name, sample.source, sample.status) == ("passwd.wav", "recording", "measuring")
    assert on_disk(media_root) == [media_root / "voices" / str(voice.pk) / "samples" / str(sample.pk) / "original"]
    assert files.sample_original(sample).read_bytes() == toned(2.0)
    assert files.sample_original(sample).stat().st_mode & 0o077 == 0
    errand = Errand.objects.get()
    assert (errand.kind, errand.subject, errand.owner) == ("sample", str(sample.pk), voice.owner)
    assert hints() == [("run_errand", str(errand.pk))]
    assert audio_used(voice.owner) == pytest.approx(2.0, abs=0.01)
    assert sample.size == len(toned(2.0)) + 2 * 24_000 * 2


def test_words_of_ones_own(voice: VoiceProfile) -> None:
    sample = services.sample_add(voice=voice, upload=upload(), transcript=" Hello. ", language="en")
    assert (sample.transcript, sample.transcript_edited, sample.language) == ("Hello.", True, "en")
    plain = services.sample_add(voice=voice, upload=upload(toned(3.0)))
    assert (plain.transcript, plain.transcript_edited, plain.language) == ("", False, "")


def test_the_same_file_twice(voice: VoiceProfile, media_root: Path) -> None:
    services.sample_add(voice=voice, upload=upload(name="first.wav"))
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=upload(name="second.wav"))
    assert caught.value.code == "sample_known"
    assert "already, as “first.wav”" in str(caught.value)
    assert VoiceSample.objects.count() == 1
    assert len(on_disk(media_root)) == 1
    assert audio_used(voice.owner) == pytest.approx(2.0, abs=0.01)
    services.sample_add(voice=voice_of(voice.owner, name="Another"), upload=upload())


def test_what_is_no_recording_leaves_nothing(voice: VoiceProfile, media_root: Path, tmp_path: Path) -> None:
    silent = factory.video(tmp_path / "silent.mp4", None, 2.0).read_bytes()
    playlist = factory.hls_playlist(tmp_path / "list.m3u8", "http://127.0.0.1/a.ts").read_bytes()
    assert code_of(voice, b"") == "empty_file"
    assert code_of(voice, b"Dear diary. " * 100) == "not_media"
    assert code_of(voice, playlist, "a.mp3") == "disguised_playlist"
    assert code_of(voice, silent) == "no_audio"
    assert code_of(voice, toned(1.0)) == "too_short"
    assert on_disk(media_root) == []
    assert not VoiceSample.objects.exists()
    assert not Errand.objects.exists()
    assert not Usage.objects.exists()


def test_an_hour_is_too_long(voice: VoiceProfile, media_root: Path, tmp_path: Path) -> None:
    hour = tmp_path / "hour.opus"
    factory.ffmpeg("-f", "lavfi", "-i", "sine=r=8000", "-t", "3600", "-c:a", "libopus", "-b:a", "6k", str(hour))
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=upload(hour.read_bytes(), "hour.opus"))
    assert "60 minutes long; your limit is 10 minutes" in str(caught.value)
    assert on_disk(media_root) == []


def test_a_file_beyond_the_limit_is_not_even_written(
    voice: VoiceProfile, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload()
    monkeypatch.setattr(file, "size", 201 * 2**20)
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=file)
    assert caught.value.code == "too_large"
    assert not media_root.exists()


@pytest.mark.parametrize(
    ("limit", "code"), [("max_audio_minutes_day", "audio_limit"), ("max_storage_mb", "storage_limit")]
)
def test_the_limits_of_the_person(voice: VoiceProfile, media_root: Path, limit: str, code: str) -> None:
    setattr(voice.owner, limit, 0)
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=upload())
    assert caught.value.code == code
    assert on_disk(media_root) == []
    assert not VoiceSample.objects.exists()


def test_somebody_suspended_adds_nothing(voice: VoiceProfile) -> None:
    voice.owner.suspended_at = voice.created_at
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=upload())
    assert caught.value.code == "suspended"


def test_fields_that_cannot_be(voice: VoiceProfile, media_root: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        services.sample_add(voice=voice, upload=upload(), language="tlh")
    assert (caught.value.code, caught.value.params["field"]) == ("unknown_language", "language")
    for fields in ({"transcript": "x" * 20_001}, {"source": "thin air"}):
        with pytest.raises(ValidationError):
            services.sample_add(voice=voice, upload=upload(), **fields)
    assert on_disk(media_root) == []


def test_several_at_once_each_by_itself(voice: VoiceProfile) -> None:
    brought = [upload(name="a.wav"), upload(b"no sound", "b.wav"), upload(name="c.wav"), upload(toned(3.0), "d.wav")]
    added, refused = services.samples_add(voice=voice, uploads=brought)
    assert [sample.name for sample in added] == ["a.wav", "d.wav"]
    assert [(one.name, one.error.code) for one in refused] == [("b.wav", "not_media"), ("c.wav", "sample_known")]
    assert Errand.objects.count() == 2


def test_too_many_at_once_and_none_is_taken_in(voice: VoiceProfile, media_root: Path) -> None:
    brought = [upload(name=f"{number}.wav") for number in range(FILES_AT_ONCE + 1)]
    with pytest.raises(PipelineError) as caught:
        services.samples_add(voice=voice, uploads=brought)
    assert (caught.value.code, caught.value.params["limit"]) == ("too_many_files", 20)
    assert on_disk(media_root) == []


def test_a_voice_is_full_at_fifty(voice: VoiceProfile, media_root: Path) -> None:
    rows = [VoiceSample(voice=voice, name=f"{n}.wav", size=1, sha256=f"{n:064}") for n in range(49)]
    VoiceSample.objects.bulk_create(rows)
    added, refused = services.samples_add(voice=voice, uploads=[upload(), upload(toned(3.0))])
    assert (len(added), [one.error.code for one in refused]) == (1, ["too_many_samples"])
    assert VoiceSample.objects.count() == sample_services.MAX_SAMPLES
    assert len(on_disk(media_root)) == 1


def test_a_transcript_is_corrected(voice: VoiceProfile) -> None:
    sample = services.sample_add(voice=voice, upload=upload())
    VoiceSample.objects.update(transcript="Helo.")
    sample.refresh_from_db()
    services.sample_update(sample=sample, transcript="Helo.")
    assert not sample.transcript_edited
    services.sample_update(sample=sample, transcript="Hello.\n")
    sample.refresh_from_db()
    assert (sample.transcript, sample.transcript_edited) == ("Hello.", True)
    services.sample_update(sample=sample, transcript="")
    assert (sample.transcript, sample.transcript_edited) == ("", True)


def test_switched_off_and_the_portrait_is_asked_for_once(voice: VoiceProfile) -> None:
    sample = services.sample_add(voice=voice, upload=upload())
    services.sample_update(sample=sample, wanted=True)
    assert errands.open_errand("portrait", voice.pk) is None
    services.sample_update(sample=sample, wanted=False)
    services.sample_update(sample=sample, wanted=True)
    assert Errand.objects.filter(kind="portrait", subject=str(voice.pk)).count() == 1


def test_what_disagreed_with_a_sample_is_heard_again_without_it(voice: VoiceProfile) -> None:
    wrong = services.sample_add(voice=voice, upload=upload())
    rows = {
        "another_person": VoiceSample.Status.REFUSED,
        "disagrees": VoiceSample.Status.FLAGGED,
        "noisy": VoiceSample.Status.REFUSED,
    }
    for number, (code, status) in enumerate(rows.items()):
        problems = [{"code": code, "severity": "flag", "text": "", "advice": ""}]
        VoiceSample.objects.create(
            voice=voice, name=code, size=1, sha256=f"{number:064}", status=status, problems=problems
        )
    services.sample_update(sample=wrong, wanted=False)
    status = dict(VoiceSample.objects.exclude(pk=wrong.pk).values_list("name", "status"))
    assert status == {"another_person": "measuring", "disagrees": "measuring", "noisy": "refused"}
    heard = VoiceSample.objects.filter(name__in=["another_person", "disagrees"])
    waiting = Errand.objects.filter(kind="sample").exclude(subject=str(wrong.pk)).values_list("subject", flat=True)
    assert set(waiting) == {str(sample.pk) for sample in heard}
    services.sample_delete(sample=wrong)
    assert Errand.objects.filter(kind="sample").count() == 2, "they wait already"


def test_deleted_with_its_files(voice: VoiceProfile, media_root: Path) -> None:
    sample = services.sample_add(voice=voice, upload=upload())
    files.sample_sound(sample).write_bytes(b"x")
    services.sample_delete(sample=sample)
    assert on_disk(media_root) == []
    assert not VoiceSample.objects.exists()
    assert [errand.kind for errand in Errand.objects.all()] == ["portrait"]
    services.sample_add(voice=voice, upload=upload())


def test_only_the_owner_finds_them(voice: VoiceProfile, bob: User) -> None:
    sample = services.sample_add(voice=voice, upload=upload())
    other = voice_of(bob)
    assert selectors.sample_of(voice.owner, str(voice.pk), str(sample.pk)) == sample
    for who, of, wanted in (
        (bob, voice.pk, sample.pk),
        (bob, other.pk, sample.pk),
        (voice.owner, other.pk, sample.pk),
        (voice.owner, "nonsense", sample.pk),
        (voice.owner, voice.pk, "nonsense"),
    ):
        with pytest.raises(VoiceSample.DoesNotExist):
            selectors.sample_of(who, of, wanted)
