"""What pipelines that speak share: the voice engine, what it computed of voices and tones, takes and their marks."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines import registry
from vocasync.engines.auto import Plan, speaks
from vocasync.engines.base import EngineConfig, SpeakerEncoder, VoiceEngine, Watermarker
from vocasync.pipelines import kept
from vocasync.pipelines.base import ENCODER
from vocasync.pipelines.casting import Role
from vocasync.pipelines.conditions import Conditions
from vocasync.pipelines.kept import take_name
from vocasync.progress import Progress, Silent
from vocasync.stages import reference
from vocasync.stages.drift import Listener
from vocasync.stages.fit import Slot
from vocasync.stages.synthesize import Work
from vocasync.types import Match, Segment, SpeechMark, Take, Track, VoiceKind, VoiceReference


class Spoken(Protocol):
    """What a request says of how it is to be spoken."""

    @property
    def emotion(self) -> Path | None: ...
    @property
    def emotion_name(self) -> str: ...
    @property
    def emotion_strength(self) -> float: ...
    @property
    def emotion_folder(self) -> Path | None: ...
    @property
    def match(self) -> Match: ...


class VoiceContext(ABC):
    """Somebody's words over one workspace."""

    request: Spoken

    def __init__(self, request: Spoken, workspace: Workspace, config: EngineConfig) -> None:
        self.request = request
        self.ws = workspace
        self.config = config

    @property
    @abstractmethod
    def engines(self) -> Plan:
        """The engines that were chosen."""

    @property
    @abstractmethod
    def target(self) -> str:
        """Code of the language that is spoken."""

    @property
    @abstractmethod
    def cast(self) -> Mapping[int, Role]:
        """Who speaks with which voice, by number."""

    @property
    @abstractmethod
    def spoken(self) -> Work:
        """The segments that have something to say, each with its slot."""

    @property
    @abstractmethod
    def tracks(self) -> tuple[Track, ...]:
        """What is made."""

    # --- engines ------------------------------------------------------------------------------------------------------
    @property
    def voice(self) -> VoiceEngine:
        return cast(VoiceEngine, registry.load("tts", self.engines.voice, self.config))

    @property
    def encoder(self) -> SpeakerEncoder:
        return cast(SpeakerEncoder, registry.load("speaker", ENCODER, self.config))

    @property
    def watermarker(self) -> Watermarker | None:
        """What marks everything that is spoken; None for a dub without."""
        name = self.engines.watermark
        return cast("Watermarker | None", registry.load("watermark", name, self.config) if name else None)

    @cached_property
    def listener(self) -> Listener | None:
        """Who hears whether takes say what they should: the best recogniser of the target language that can judge it,
        is here already, and costs nothing; None where there is none, or where a take cannot be said otherwise, or only
        for money.

        Takes do not go stale when there is a better one: what is right stays right.
        """
        if not self.voice.seeded or registry.spec("tts", self.engines.voice).price:
            return None
        here = dataclasses.replace(self.config, network=False)
        for row in registry.specs("asr"):
            free = row.price is None and not row.needs.service
            if row.drift and free and speaks(row, self.target) and registry.readiness(row, here).ready:
                return Listener(registry.load("asr", row.name, self.config), self.target, row.drift)
        return None

    # --- voices -------------------------------------------------------------------------------------------------------
    @cached_property
    def conditions(self) -> Conditions:
        """What the voice engine computed of voices and tones."""
        return Conditions(self.voice)

    def folder_of(self, role: Role) -> Path:
        """Where what is computed of a voice of the library lies: with the voice, where it has a place."""
        return role.voice.folder or self.ws.root / role.name

    def voice_of(self, role: Role) -> Any:
        """The conditioning of a speaker who does not speak with one of the engine's own voices."""
        if role.voice.kind is VoiceKind.PROFILE:
            return self.conditions.voice(role.voice, self.folder_of(role), Silent())
        return self.conditions.load(self.ws.root / f"{role.name}.npz", self.voice_marks[role.speaker])

    def reference(self, role: Role) -> VoiceReference | None:
        """The speech that a speaker's voice is made from; None where one of the engine's own speaks."""
        return role.voice.reference

    def speaks_with(self, speaker: int) -> tuple[Any, str]:
        """Somebody's conditioning, or None and which of the engine's own voices speaks."""
        role = self.cast[speaker]
        if role.voice.kind is VoiceKind.STOCK:
            return None, role.voice.stock
        return self.voice_of(role), ""

    # --- the emotion reference ----------------------------------------------------------------------------------------
    @property
    def emotion_heard(self) -> bool:
        """Whether the emotion reference was looked at; True where there is none."""
        return self.request.emotion is None or self.ws.has(f"{kept.EMOTION}.json", self.emotion_mark)

    def hear_emotion(self, progress: Progress) -> None:
        """Look at the emotion reference. Raises ``no_speech_emotion``, and what a file raises that is no recording."""
        asked, mark = self.request, self.emotion_mark
        if asked.emotion is None:
            raise ValueError("an emotion track needs an emotion reference")
        with self.ws.writing(kept.EMOTION_AUDIO, mark) as path:
            found = reference.emotion_reference(asked.emotion, asked.emotion_name, path, progress)
        found = dataclasses.replace(found, audio=self.ws.root / kept.EMOTION_AUDIO)
        self.ws.save(f"{kept.EMOTION}.json", found, mark)

    @property
    def emotion_clip(self) -> VoiceReference:
        """The speech of the emotion reference; valid once it was heard."""
        return self.ws.read(f"{kept.EMOTION}.json", VoiceReference)

    @property
    def emotion_folder(self) -> Path:
        """Where what is computed of the emotion reference lies: with it, where it is one of the library."""
        return self.request.emotion_folder or self.ws.root / kept.EMOTION

    @cached_property
    def emotion(self) -> Any:
        """The tone of the emotion reference."""
        return self.conditions.emotion(self.emotion_clip, self.emotion_folder, Silent())

    # --- marks and takes ----------------------------------------------------------------------------------------------
    @cached_property
    def voice_marks(self) -> dict[int, str]:
        """The marks of the speakers' voices, by number."""
        engine = (self.engines.voice, self.voice.version)
        return {
            number: fingerprint("voice", 2, role.voice.kind, self._recorded(role), role.made_from, engine)
            for number, role in self.cast.items()
        }

    @property
    def recorded(self) -> str:
        """The mark of the recording that own voices are cut from; "" where there are none."""
        return ""

    def _recorded(self, role: Role) -> str:
        return self.recorded if role.voice.kind is VoiceKind.OWN else ""

    @cached_property
    def emotion_mark(self) -> str:
        """The mark of the emotion reference and its conditioning."""
        return fingerprint("emotion", 1, self._emotion_sha, self.engines.voice, self.voice.version)

    @cached_property
    def _emotion_sha(self) -> str:
        return file_sha256(self.request.emotion) if self.request.emotion else ""

    def take_mark(self, track: Track, segment: Segment, slot: Slot) -> str:
        """A take depends on its own words, slot and voice only: an edit re-speaks one segment, another voice for a
        speaker all of theirs and nobody else's."""
        asked, tone = self.request, track is Track.EMOTION
        return fingerprint(
            "take",
            2,
            self.voice_marks[segment.speaker],
            sorted(self.cast[segment.speaker].voice.options),
            (self.emotion_mark, asked.emotion_strength) if tone else (),
            segment.translation,
            self.target,
            slot,
            asked.match,
            *self._watermark,
        )

    @property
    def watermark_name(self) -> dict[str, str]:
        """What marks the takes, for the names of engines."""
        return {"watermark": self._watermark[0]} if self._watermark else {}

    @cached_property
    def _watermark(self) -> tuple[str, ...]:
        """Name and version, () for a dub without."""
        found = self.watermarker
        return (f"{found.name} {found.version}",) if found else ()

    def takes(self, tracks: Sequence[Track] | None = None) -> tuple[Take, ...]:
        """The takes that were spoken, by track and in order of time."""
        wanted = self.tracks if tracks is None else tracks
        names = [take_name(track, segment) for track in wanted for segment, _ in self.spoken]
        return tuple(self.ws.read(name + ".json", Take) for name in names if (self.ws.root / f"{name}.json").is_file())

    def words_of(self, track: Track) -> tuple[SpeechMark, ...]:
        """When what is said on a track: phonemes where the engine told them, else its lines."""
        takes = {take.index: take for take in self.takes([track])}
        told = [mark for segment, slot in self.spoken for mark in self._told(track, segment, slot, takes)]
        if told:
            return tuple(told)
        texts = {segment.index: segment.translation for segment, _ in self.spoken}
        return tuple(
            SpeechMark("word", texts[take.index], take.start, take.start + take.duration) for take in takes.values()
        )

    def _told(self, track: Track, segment: Segment, slot: Slot, takes: Mapping[int, Take]) -> Iterator[SpeechMark]:
        """The phonemes of a take, at their times on the track."""
        name = f"{take_name(track, segment)}.{kept.MARKS}"
        if segment.index not in takes or not self.ws.has(name, self.take_mark(track, segment, slot)):
            return
        start = takes[segment.index].start
        for mark in self.ws.read(name, tuple[SpeechMark, ...]):
            if mark.kind == "phoneme":
                yield dataclasses.replace(mark, start=mark.start + start, end=mark.end + start)
