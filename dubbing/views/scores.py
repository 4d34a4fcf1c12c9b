"""Similarities as a person can read them: on a scale between two baselines, and in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from web.scales import placed

TITLES = {
    ("voice", "speaker"): ("Original-voice track", "against the original speaker"),
    ("voice", "emotion"): ("Original-voice track", "against the emotion reference"),
    ("emotion", "speaker"): ("Emotion track", "against the original speaker"),
    ("emotion", "emotion"): ("Emotion track", "against the emotion reference"),
}
GIVEN = "against the voice that was chosen"
"""What the sound of a script is compared with, where a recording's is with its speaker."""

CEILINGS = {"speaker": "self", "emotion": "emotion_self"}
VERDICTS = (
    (0.10, "No closer than an untreated synthetic voice"),
    (0.35, "A little closer than an untreated synthetic voice"),
    (0.65, "About half-way to the real speaker"),
    (0.90, "Close to the real speaker"),
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a track of a conversion is, as cosines. label: of the track. voice: to the voice that was chosen;
    original: to whoever speaks in the recording, None for the recording itself. The ``_x`` are the same in per cent."""

    track: str
    label: str
    voice: float
    original: float | None

    @property
    def voice_x(self) -> float:
        return 100 * max(0.0, self.voice)

    @property
    def original_x(self) -> float:
        return 100 * max(0.0, self.original or 0.0)


def comparison(scores: dict[str, Any], labels: dict[str, str]) -> list[Likeness]:
    """The recording and what was made of it, side by side; [] where nothing was compared with whoever speaks.

    labels: the tracks in order, by name."""
    tracks, before = scores.get("tracks", {}), _number(scores.get("baselines", {}).get("recording"))
    if before is None:
        return []
    found = [Likeness("original", labels["original"], before, None)]
    for track, label in labels.items():
        own = tracks.get(track, {})
        voice, original = _number(own.get("speaker")), _number(own.get("original"))
        if voice is not None and original is not None:
            found.append(Likeness(track, label, voice, original))
    return found


@dataclass(frozen=True, slots=True)
class Scale:
    """A measured similarity (cosine, at most 1) between its baselines.

    low: an untreated synthetic voice. high: the reference against itself. The ``_x`` are places in per cent of the
    drawn width. share: of the way from low to high, in per cent; None where a baseline is missing.
    """

    track: str
    title: str
    against: str
    value: float
    low: float | None
    high: float | None
    value_x: float
    low_x: float
    high_x: float
    share: int | None
    verdict: str


def scales(scores: dict[str, Any], *, against_speaker: bool = True) -> list[Scale]:
    """The scales of ``JobDetail.scores``, tracks in order, against the speaker first. against_speaker: of a recording;
    else a voice was chosen."""
    tracks, baselines = scores.get("tracks", {}), scores.get("baselines", {})
    found = [
        _scale(track, against, float(tracks[track][against]), baselines)
        for track, against in TITLES
        if isinstance(tracks.get(track, {}).get(against), int | float)
    ]
    return found if against_speaker else [_of_script(scale) for scale in found]


def _of_script(scale: Scale) -> Scale:
    title = "In the tone of the reference" if scale.track == "emotion" else "The voice"
    return replace(scale, title=title, against=GIVEN if "speaker" in scale.against else scale.against)


def speaker_scale(scores: dict[str, Any], number: int) -> Scale | None:
    """How alike one speaker's dubbed voice is to the voice that they were to have; None where that is not known."""
    found = scores.get("speakers", {}).get(str(number), {})
    value = found.get("tracks", {}).get("voice", {}).get("speaker")
    return _scale("voice", "speaker", float(value), found.get("baselines", {})) if _number(value) is not None else None


def _scale(track: str, against: str, value: float, baselines: dict[str, Any]) -> Scale:
    low = _number(baselines.get("untreated" if against == "speaker" else "emotion_untreated"))
    high = _number(baselines.get(CEILINGS[against]))
    title, words = TITLES[track, against]
    place = placed(value, low, high)
    return Scale(
        track=track,
        title=title,
        against=words,
        value=value,
        low=low,
        high=high,
        value_x=place.value_x,
        low_x=place.low_x,
        high_x=place.high_x,
        share=place.share,
        verdict=_verdict(place.share, against),
    )


def _verdict(share: int | None, against: str) -> str:
    if share is None:
        return ""
    for limit, words in VERDICTS:
        if share < 100 * limit:
            return words if against == "speaker" else words.replace("the real speaker", "the reference")
    return "As alike as the speaker is to themself" if against == "speaker" else "As alike as the reference to itself"


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
