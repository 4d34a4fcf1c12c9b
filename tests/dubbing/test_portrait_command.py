"""``manage.py portrait``."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from tests import factory
from tests.voices.rows import verified_voice, voice_of
from vocasync.pipelines.library import build_reference
from vocasync.types import Region
from voices import files
from voices.models import VoiceProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(shared_media: Path) -> Path:
    return shared_media / "derived" / "grid_id2_vcd_swwp2s.portrait.png"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("Mama, papa. The boat was on the river.", encoding="utf-8")
    return path


def portrait(*arguments: object) -> str:
    out = io.StringIO()
    call_command("portrait", *map(str, arguments), "--workers", "1", stdout=out)
    return out.getvalue()


def refusal(*arguments: object) -> str:
    with pytest.raises(CommandError) as caught:
        portrait(*arguments)
    return str(caught.value)


def sounding(voice: VoiceProfile, folder: Path) -> VoiceProfile:
    """The voice with speech that engines read."""
    clip = factory.speech(f"{factory.ENGLISH} " * 3, folder / "sample.wav", "en+f4", 24_000)
    path = files.reference(voice.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    build_reference([(clip, [Region(0.0, 18.0)])], path)
    VoiceProfile.objects.filter(pk=voice.pk).update(fingerprint="f" * 64)
    return voice


def test_a_photograph_speaks_from_the_shell(photo: Path, script: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = (photo, "--script", script, "--voice", "f2", "--fps", "12.5", "--no-motion", "--out", out)
    said = portrait(*asked)
    assert "Moving the lips" in said
    assert "lipsync: warp" in said
    told = subprocess.check_output(["ffprobe", "-v", "error", "-show_streams", "-of", "json", out / "portrait.mp4"])
    picture = next(one for one in json.loads(told)["streams"] if one["codec_type"] == "video")
    assert picture["avg_frame_rate"] == "25/2"
    first = (out / "voice.wav").read_bytes()
    takes = {path: path.stat().st_mtime_ns for path in (out / ".vocasync").rglob("takes/**/*.wav")}
    assert takes
    portrait(*asked)
    assert (out / "voice.wav").read_bytes() == first
    assert {path: path.stat().st_mtime_ns for path in takes} == takes, "what was spoken is not spoken again"


def test_a_finished_recording(photo: Path, tmp_path: Path) -> None:
    sound = factory.speech("Please open the window.", tmp_path / "note.wav")
    assert "lipsync: warp" in portrait(photo, "--audio", sound, "--fps", 10, "--out", tmp_path / "out")
    assert (tmp_path / "out" / "portrait.mp4").stat().st_size > 10_000
    assert not list((tmp_path / "out" / ".vocasync").rglob("takes/**/*.wav"))


@pytest.mark.slow
def test_a_voice_of_the_library_speaks(photo: Path, script: Path, alice: User, tmp_path: Path) -> None:
    sounding(verified_voice(alice, name="Anna"), tmp_path)
    said = portrait(photo, "--script", script, "--voice", "anna", "--fps", 10, "--out", tmp_path / "out")
    assert "voice speaker: 0." in said


@pytest.mark.slow
def test_a_clip_speaks(photo: Path, script: Path, tmp_path: Path) -> None:
    clip = factory.speech(f"{factory.ENGLISH} " * 2, tmp_path / "clip.wav", "en+f4", 24_000)
    said = portrait(photo, "--script", script, "--reference", clip, "--fps", 10, "--out", tmp_path / "out")
    assert "voice speaker: 0." in said


def test_voices_that_may_not_be_used_are_refused(
    photo: Path, script: Path, alice: User, bob: User, tmp_path: Path
) -> None:
    asked = (photo, "--script", script, "--out", tmp_path / "out", "--voice")
    assert "no voice named “Nobody”" in refusal(*asked, "Nobody")
    sounding(voice_of(alice, name="Gone", consent="withdrawn"), tmp_path)
    assert "withdrawn" in refusal(*asked, "Gone")
    for owner in (alice, bob):
        verified_voice(owner, name="Anna")
    assert "--user" in refusal(*asked, "Anna")
    assert "no sample" in refusal(*asked, "Anna", "--user", "bob")
    assert not (tmp_path / "out").exists(), "nothing is written before it is known that it can be done"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--script", "SCRIPT"), "either --voice or --reference"),
        (("--voice", "f2"), "Say what is to be spoken"),
        (("--audio", "SCRIPT", "--script", "SCRIPT"), "not both"),
        (("--script", "SCRIPT", "--voice", "f2", "--strength", "2"), "--strength"),
        (("--script", "SCRIPT", "--voice", "f2", "--fps", "500"), "--fps"),
        (("--script", "SCRIPT", "--voice", "f2", "--buffer", "-1"), "--buffer"),
        (("--script", "SCRIPT", "--voice", "f2", "--face", "0"), "--face"),
        (("--script", "SCRIPT", "--voice", "f2", "--language", "ru"), "Latin letters"),
        (("--script", "SCRIPT", "--voice", "f2", "--lipsync", "wav2lip"), "not ready"),
        (("--script", "nowhere.txt", "--voice", "f2"), "There is no file"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    arguments: tuple[str, ...], words: str, photo: Path, script: Path, tmp_path: Path
) -> None:
    given = (str(script) if one == "SCRIPT" else one for one in arguments)
    assert words in refusal(photo, "--out", tmp_path / "out", *given)
    assert not (tmp_path / "out").exists()


def test_a_cat_is_refused(shared_media: Path, script: Path, tmp_path: Path) -> None:
    cat = shared_media / "scikit-image" / "chelsea.png"
    assert "cannot be made to speak" in refusal(cat, "--script", script, "--voice", "f2", "--out", tmp_path / "out")
