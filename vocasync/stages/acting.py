"""What a face does while it speaks: the mouth of every sound, and all around it that makes it a person's.

Nothing here knows of pictures: a performance is numbers a frame, that an engine for lip sync draws. Everything begins
and ends with the face as it is in the photograph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.tts import style, world
from vocasync.engines.tts.profile import joined
from vocasync.media.audio import resample
from vocasync.stages.visemes import mouths
from vocasync.stages.visemes.features import STEP, Activity, activity, eased, measure, middles
from vocasync.stages.visemes.inventory import ROUND
from vocasync.types import ANALYSIS_RATE, HEAD, Audio, FloatArray, Performance, SpeechMark

Doubles = NDArray[np.float64]


# --- tone -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Tone:
    """The mood that a face speaks in. brows: -1 frowning to 1 raised. smile: -1 corners down to 1 up. liveliness: how
    far head and brows move, 1 for somebody who reads calmly aloud."""

    brows: float = 0.0
    smile: float = 0.0
    liveliness: float = 1.0

    def at(self, strength: float) -> Tone:
        """As much of the tone as ``strength`` says, 0 (none) to 1 (all)."""
        return Tone(self.brows * strength, self.smile * strength, 1 + (self.liveliness - 1) * strength)


MOODS = {
    "neutral": Tone(),
    "calm": Tone(0.0, 0.12, 0.75),
    "happy": Tone(0.25, 0.60, 1.25),
    "excited": Tone(0.45, 0.50, 1.50),
    "surprised": Tone(0.80, 0.10, 1.20),
    "afraid": Tone(0.60, -0.25, 1.10),
    "sad": Tone(0.15, -0.45, 0.65),
    "angry": Tone(-0.65, -0.30, 1.25),
    "disgusted": Tone(-0.45, -0.35, 0.90),
}
"""The moods that have a face of their own, by the word for them."""

_MEASURED = 24.0  # seconds of a reference
_PIECE = 8.0
_SHORTEST = 0.5
_LEAST_VOICED = 20  # frames

_USUAL = {"f0_range": 8.5, "pace": 4.3}
"""Of people reading aloud (thirteen recordings in eight languages): semitones, energy peaks a second."""
_WEIGHTS = {"f0_range": 1 / 4.5, "pace": 0.1, "f0_median": 1 / 8, "tilt": 0.15}
_AROUSED_BROWS, _AROUSED_MOTION = 0.3, 0.35


def tone_of(audio: Audio, label: str = "", neutral: Audio | None = None) -> Tone:
    """The tone of an emotion reference.

    What can be heard is how aroused somebody is: a wide melody and a quick pace raise the brows and make the head move
    more, a flat and slow voice does the contrary. Whether that is joy or anger can hardly be told from the melody, so
    nothing that is heard makes a face smile or frown. label: what the library calls the tone; one of the words of
    ``MOODS`` gives brows and smile, and the sound only how lively. neutral: the same person speaking as usual; with
    that, how high and how bright the voice is count as well, which otherwise differ more between people than between
    moods. audio, neutral: mono, any rate; the first 24 s count; what is too short or has no melody is neutral.
    """
    face = MOODS.get(label.strip().lower())
    arousal = _arousal(_measures(audio), _measures(neutral) if neutral else {})
    if face is None:
        face = Tone(brows=_AROUSED_BROWS * arousal)
    return Tone(face.brows, face.smile, face.liveliness * (1 + _AROUSED_MOTION * arousal))


def _arousal(heard: dict[str, float], neutral: dict[str, float]) -> float:
    """-1 (asleep) to 1 (beside oneself), 0 for the usual."""
    if not heard:
        return 0.0
    moved = {name: heard[name] - (neutral or _USUAL)[name] for name in _USUAL}
    if neutral:
        moved["tilt"] = heard["tilt"] - neutral["tilt"]
        moved["f0_median"] = 12 * float(np.log2(heard["f0_median"] / neutral["f0_median"]))
    return float(np.tanh(sum(_WEIGHTS[name] * value for name, value in moved.items())))


def _measures(audio: Audio) -> dict[str, float]:
    """What :func:`style.describe_style` tells; {} where there is too little to measure."""
    sound = resample(Audio(audio.samples[: round(_MEASURED * audio.rate)], audio.rate), ANALYSIS_RATE)
    size = round(_PIECE * ANALYSIS_RATE)
    cut = [sound.samples[first : first + size] for first in range(0, len(sound.samples), size)]
    pieces = [Audio(part, ANALYSIS_RATE) for part in cut if len(part) >= _SHORTEST * ANALYSIS_RATE and part.any()]
    if not pieces:
        return {}
    frames = joined(list(world.analyse_all(pieces)))
    return style.describe_style(style.measure(frames)) if frames.voiced.sum() >= _LEAST_VOICED else {}


# --- performance ------------------------------------------------------------------------------------------------------
_SHUT_SECONDS = 0.16  # in which a mouth that is open in the photograph closes
_FADE = 0.5  # seconds at both ends in which head and brows come from the photograph's, and go back
_ROUNDED_SMILE = 0.5  # of a smile goes while lips are rounded: nobody says "blue" with the corners apart
_BASE_LEVEL = 30.0  # dB below loud speech at which a voice counts as nothing


def perform(
    speech: Audio,
    frames: int,
    fps: float,
    *,
    marks: Sequence[SpeechMark] = (),
    text: str = "",
    language: str = "",
    tone: Tone | None = None,
    motion: bool = True,
    seed: int = 0,
) -> Performance:
    """What a face does for ``frames`` frames, ``fps`` a second, while ``speech`` is heard.

    speech: mono, any rate, from the first frame on; it may be shorter than the frames, or longer. marks, text,
    language: as :func:`vocasync.stages.visemes.mouths` takes them; times are those of ``speech``. tone: None for a
    neutral face. motion: without it the mouth alone moves, and nothing else of the picture changes. seed: another one
    blinks and moves otherwise; the same always alike.
    """
    mouth = mouths(speech, frames, fps, marks, text, language)
    times = middles(frames, fps)
    still = np.zeros(frames, np.float32)
    shut = np.clip(_from_ends(frames) / (_SHUT_SECONDS * fps), 0, 1).astype(np.float32)
    if not motion:
        return Performance(mouth, still, np.zeros((frames, len(HEAD)), np.float32), still, still, shut)
    active = activity(measure(speech))
    generator = np.random.default_rng(seed)
    mood = tone or Tone()
    voice = _voice(active, times)
    fade = eased(_from_ends(frames) / (_FADE * fps))
    head = _head(times, fps, voice, generator) * mood.liveliness
    accents = _accents(active, times, generator) * mood.liveliness
    return Performance(
        mouth=mouth,
        blink=_blinks(frames, fps, voice, generator),
        head=(_within_reach(head) * fade[:, None]).astype(np.float32),
        brows=np.clip(fade * (mood.brows + accents), -1, 1).astype(np.float32),
        smile=np.clip(fade * mood.smile * (1 - _ROUNDED_SMILE * mouth[:, ROUND]), -1, 1).astype(np.float32),
        shut=shut,
    )


def _from_ends(frames: int) -> Doubles:
    """How many frames it is to the nearer end, shape (frames,)."""
    counted = np.arange(frames, dtype=np.float64)
    nearer: Doubles = np.minimum(counted, counted[::-1])
    return nearer


def _voice(active: Activity, times: Doubles) -> Doubles:
    """How loud the voice is at these times, 0 (pause) to about 1, shape (frames,)."""
    if not active.speaking.any():
        return np.zeros(len(times))
    loudness = np.clip(1 + (active.level - active.loud) / _BASE_LEVEL, 0, 1.2) * active.speaking
    return np.interp(times, middles(len(loudness), 1 / STEP), loudness, left=0.0, right=0.0)


# --- blinks -----------------------------------------------------------------------------------------------------------
_CLOSES, _STAYS, _OPENS = 0.10, 0.04, 0.20  # seconds; lids fall quicker than they rise
_RAREST, _DENSEST = 6.0, 2.0  # seconds between blinks
_FIRST = (0.8, 3.0)
_CHOICES = 41
_RATHER_IN_PAUSES = 4.0  # times as likely
_DOUBLES, _DOUBLE_AFTER = 0.12, 0.36
_SLOWEST_FPS = 8.0  # below it a frame is longer than a blink


def _blinks(frames: int, fps: float, voice: Doubles, generator: np.random.Generator) -> FloatArray:
    """Lids, 0 open to 1 shut: every blink whole, 2 to 6 s after the one before, rather where the voice pauses."""
    lids = np.zeros(frames)
    last = frames / fps - _STAYS - _OPENS  # when the lids must begin to stay shut, so that the blink is whole
    time = float(generator.uniform(*_FIRST))
    while fps >= _SLOWEST_FPS and time <= last:
        _blink(lids, time, fps)
        double = time + _DOUBLE_AFTER
        if generator.random() < _DOUBLES and double <= last:
            _blink(lids, double, fps)
            time = double
        steps = time + np.linspace(_DENSEST, _RAREST, _CHOICES)
        pausing = voice[np.minimum((steps * fps).astype(np.int64), frames - 1)] == 0
        odds = 1 + (_RATHER_IN_PAUSES - 1) * pausing
        time = float(generator.choice(steps, p=odds / odds.sum()))
    return lids.astype(np.float32)


def _blink(lids: Doubles, time: float, fps: float) -> None:
    """A blink whose lids meet in the frame of ``time``."""
    away = (np.arange(len(lids)) - int(time * fps)) / fps
    lid = np.minimum(eased(1 + away / _CLOSES), eased(1 - (away - _STAYS) / _OPENS))
    np.maximum(lids, lid, out=lids)


# --- head -------------------------------------------------------------------------------------------------------------
_SWAYS = {  # amplitude (radians, inter-ocular distances), slowest and fastest swing in Hz
    "yaw": (0.030, 0.10, 0.42),
    "pitch": (0.018, 0.10, 0.40),
    "roll": (0.010, 0.08, 0.35),
    "right": (0.010, 0.07, 0.30),
    "down": (0.007, 0.08, 0.30),
}
_SWINGS = 5
_NOD = 0.05  # radians for a syllable that is louder than its neighbours by all there is
_NOD_FAST, _NOD_SLOW = 0.16, 1.0  # seconds
_CALM = 0.35  # of the movement stays while nothing is said
_LIVELY_SECONDS = 0.5
_BREATH, _BREATHS = 0.010, 0.24  # inter-ocular distances; a second
_REACH = np.array([0.05, 0.06, 0.03, 0.03, 0.03, 0.02])
"""As far as a head that was photographed once can be turned or moved and still look whole, by ``HEAD``."""


def _head(times: Doubles, fps: float, voice: Doubles, generator: np.random.Generator) -> Doubles:
    """How the head is held, shape (frames, 6): slow swaying, nods with the voice, breath."""
    from scipy.ndimage import gaussian_filter1d

    lively = np.clip(1.6 * gaussian_filter1d(voice, _LIVELY_SECONDS * fps), _CALM, 1.0)
    nods = gaussian_filter1d(voice, _NOD_FAST * fps) - gaussian_filter1d(voice, _NOD_SLOW * fps)
    head = np.zeros((len(times), len(HEAD)))
    for name, (amplitude, slowest, fastest) in _SWAYS.items():
        head[:, HEAD.index(name)] = amplitude * lively * _sway(times, slowest, fastest, generator)
    head[:, HEAD.index("pitch")] += _NOD * nods
    head[:, HEAD.index("breath")] = _BREATH * np.sin(2 * np.pi * _BREATHS * times)
    return head


def _sway(times: Doubles, slowest: float, fastest: float, generator: np.random.Generator) -> Doubles:
    """A smooth movement around 0, of about 1: swings of several lengths that never come together the same way."""
    rates = generator.uniform(slowest, fastest, _SWINGS)
    sizes = generator.uniform(0.5, 1.0, _SWINGS) / np.sqrt(_SWINGS)
    phases = generator.uniform(0, 2 * np.pi, _SWINGS)
    sway = np.zeros(len(times))
    for rate, size, phase in zip(rates, sizes, phases, strict=True):
        sway += size * np.sin(2 * np.pi * rate * times + phase)
    return sway


def _within_reach(head: Doubles) -> Doubles:
    """Held back softly near the limits."""
    held: Doubles = _REACH * np.tanh(head / _REACH)
    return held


# --- brows ------------------------------------------------------------------------------------------------------------
_SYLLABLE = 0.06  # seconds
_APART = 0.9  # seconds between accents
_STANDS_OUT = 4.0  # dB
_ACCENTED = 0.7  # of the syllables that stand out, those that do most
_ACCENT = (0.18, 0.40)
_RISES, _FALLS = 0.16, 0.42  # seconds


def _accents(active: Activity, times: Doubles, generator: np.random.Generator) -> Doubles:
    """Brows that rise with stressed syllables, those that stand out from what is around them; shape (frames,)."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    level = gaussian_filter1d(np.maximum(active.level, active.loud - _BASE_LEVEL), _SYLLABLE / STEP)
    peaks, found = find_peaks(level, distance=round(_APART / STEP), prominence=_STANDS_OUT)
    raised = np.zeros(len(times))
    if not len(peaks):
        return raised
    stressed = found["prominences"] >= np.quantile(found["prominences"], 1 - _ACCENTED)
    for peak in peaks[active.speaking[peaks] & stressed]:
        height = generator.uniform(*_ACCENT)
        away = times - (peak + 0.5) * STEP
        near = slice(*np.searchsorted(away, (-_RISES, _FALLS)))
        rise = np.minimum(eased(1 + away[near] / _RISES), eased(1 - away[near] / _FALLS))
        raised[near] = np.maximum(raised[near], height * rise)
    return raised
