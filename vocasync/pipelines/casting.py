"""Who is dubbed with which voice, and which of the recording's speech a speaker's own voice is cut from.

An own voice is cut from what the diarization gave somebody, not from what hand edits left them: to move one segment
to somebody else must cost one take, not all takes of two people. Hand edits count where they say something about the
voice itself. Who was given *all* of another's segments was taken for two people, and may draw on both. Who lost
several segments, a third of their speech or more, was taken for one with somebody else, and keeps what is left. Whom
the diarization did not know has only what they were given by hand.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vocasync.artifacts import fingerprint
from vocasync.types import JSON, Region, Segment, SpeakerVoice, Turn, VoiceKind

MOST_LOST = 1 / 3
"""Share of their speech that a speaker may lose to hand edits before their voice is cut anew."""

Pairs = Sequence[tuple[Segment, Segment]]
"""Segments as the diarization left them, each with what hand edits made of it."""


@dataclass(frozen=True, slots=True)
class Role:
    """How a speaker is dubbed. name: of the files of the voice ("" where an engine's own one speaks).

    regions: of the recording, what an own voice is cut from. alone: nobody else speaks in it.
    """

    speaker: int
    voice: SpeakerVoice
    name: str = ""
    regions: tuple[Region, ...] = ()
    alone: bool = False

    @property
    def made_from(self) -> JSON:
        """What decides how the voice sounds, beside the engine and, for an own voice, the recording."""
        if self.voice.kind is VoiceKind.OWN:
            return {"regions": self.regions, "alone": self.alone}
        return {"profile": self.voice.mark} if self.voice.kind is VoiceKind.PROFILE else {"stock": self.voice.stock}


def roles(
    found: Sequence[Segment], edited: Sequence[Segment], turns: Sequence[Turn], voices: Mapping[int, SpeakerVoice]
) -> dict[int, Role]:
    """Everybody who speaks, by number.

    found: segments as the diarization left them; edited: the same after hand edits. turns: in order, apart. voices: as
    in ``DubRequest``.
    """
    drawn_on = pools(list(zip(found, edited, strict=True)))
    alone = len(drawn_on) == 1
    return {
        speaker: _role(speaker, voices.get(speaker, SpeakerVoice()), segments, turns, alone)
        for speaker, segments in drawn_on.items()
    }


def _role(speaker: int, voice: SpeakerVoice, segments: Sequence[Segment], turns: Sequence[Turn], alone: bool) -> Role:
    if voice.kind is VoiceKind.STOCK:
        return Role(speaker, voice)
    if voice.kind is VoiceKind.PROFILE:
        return Role(speaker, voice, f"voice/profile-{fingerprint(voice.mark)[:16]}")
    regions = tuple(region for segment in segments for region in _undisturbed(segment, turns))
    return Role(speaker, voice, f"voice/speaker-{speaker}", regions, alone)


def pools(pairs: Pairs) -> dict[int, list[Segment]]:
    """By speaker, the segments that their own voice is cut from, in order.

    Their ``speaker`` is whom the diarization heard in them, -1 where it heard them wrong."""
    heirs = _heirs(pairs)
    found = {}
    for speaker in sorted({after.speaker for _, after in pairs}):
        concerned = [pair for pair in pairs if speaker in (pair[0].speaker, pair[1].speaker)]
        found[speaker] = _pool(speaker, concerned, heirs)
    return found


def _pool(speaker: int, pairs: Pairs, heirs: Mapping[int, int]) -> list[Segment]:
    """pairs: those that were or are the speaker's."""
    kept = [before for before, after in pairs if before.speaker == after.speaker]
    lost = [before for before, after in pairs if after.speaker != speaker]
    if kept and (len(lost) < 2 or _seconds(lost) < MOST_LOST * _seconds([*kept, *lost])):
        kept += lost
    given = [before for before, after in pairs if after.speaker == speaker and heirs.get(before.speaker) == speaker]
    by_hand = [replace(after, speaker=-1) for _, after in pairs if after.speaker == speaker]
    return sorted(kept + given, key=lambda segment: segment.index) or by_hand


def _heirs(pairs: Pairs) -> dict[int, int]:
    """Of those who have no segment of their own any more, who has most of their speech."""
    times: dict[int, Counter[int]] = {}
    for before, after in pairs:
        times.setdefault(before.speaker, Counter())[after.speaker] += round(before.duration * 1000)
    return {number: time.most_common(1)[0][0] for number, time in times.items() if number not in time}


def _undisturbed(segment: Segment, turns: Sequence[Turn]) -> list[Region]:
    """Where in a segment its speaker has the turn; all of it where no turn of theirs is known.

    A subtitle that could not be split holds what somebody else says too."""
    parts = []
    for turn in turns[bisect_right(turns, segment.start, key=lambda one: one.end) :]:
        if turn.start >= segment.end:
            break
        if turn.speaker == segment.speaker:
            parts.append(Region(max(turn.start, segment.start), min(turn.end, segment.end)))
    return parts or [Region(segment.start, segment.end)]


def _seconds(segments: Sequence[Segment]) -> float:
    return sum(segment.duration for segment in segments)
