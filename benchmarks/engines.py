"""What the engine layer costs and gains: beside the bare call of the library, and beside its own high-level function
called for each segment; and whether engines that take turns stay within their budget of memory.

``python -m benchmarks.engines`` runs on models of the published sizes with random weights
(:mod:`benchmarks.published`), on the GPU where there is one.
"""

from __future__ import annotations

import gc
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile
import torch

from benchmarks import inputs, published
from benchmarks.table import CONSOLE, machine, show
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.cache import ENGINES
from vocasync.engines.devices import device
from vocasync.media import audio
from vocasync.progress import Silent
from vocasync.types import SpeechRequest, VoiceReference

SEGMENTS, ROUNDS = 20, 5
REFERENCE_SECONDS = 12
LINES = (
    "Good morning.",
    "We met at noon by the river.",
    "The train leaves in ten minutes.",
    "Nobody knew where the road would lead them.",
    "It was a long and quiet evening in the north.",
)


def main() -> None:
    """All tables."""
    warnings.simplefilter("ignore")  # the libraries' own
    torch.manual_seed(0)
    CONSOLE.print(f"{machine()}; models on {device('auto')}")
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        place = Place(Path(name))
        show(
            "The engine layer beside the bare call of the library",
            ("", "library (baseline)", "engine", "added"),
            [added(*pair) for pair in (yourtts(place), xtts(place))],
            f"Medians of {ROUNDS} pairs of calls, in turn.",
        )
        show(
            f"{SEGMENTS} segments in one voice",
            ("", "library, call by call (baseline)", "engine", "gain"),
            [gained(place, "xtts", xtts_calls), gained(place, "yourtts", yourtts_calls)],
            f"The library's high-level function is given the voice as a recording of {REFERENCE_SECONDS} s each time; "
            "the engine's figure has computing the voice once in it.",
        )
        show("Engines that take turns", ("", "budget", "highest", "loaded", "time"), taking_turns(place))


class Place:
    """A models folder that fills when a model is asked for, and a recording to speak like."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = folder / "models"
        source, _ = inputs.narration(folder)
        self.sound = audio.read_slice(source, 0.0, REFERENCE_SECONDS)
        self.recording = folder / "reference.wav"
        soundfile.write(self.recording, self.sound.samples, self.sound.rate)
        self._built: set[str] = set()

    def config(self, *names: str, memory_mb: int = 0) -> EngineConfig:
        """Where these models of :mod:`benchmarks.published` are ready."""
        for name in names:
            if name not in self._built:
                self._built.add(name)
                getattr(published, name)(self.models)
        return EngineConfig(models=self.models, cache=self.folder / "cache", network=False, memory_mb=memory_mb)


# --- what the layer adds ----------------------------------------------------------------------------------------------
Pair = tuple[str, Callable[[], object], Callable[[], object]]


def added(what: str, bare: Callable[[], object], ours: Callable[[], object]) -> list[str]:
    """A row. The two are timed in turn, so that whatever else the machine does falls on both."""
    bare(), ours()
    spent = [(timed(bare), timed(ours)) for _ in range(ROUNDS)]
    library, engine = (float(np.median(one)) for one in zip(*spent, strict=True))
    share = float(np.median([mine / theirs - 1 for theirs, mine in spent]))
    return [what, f"{library:.3f} s", f"{engine:.3f} s", f"{share:+.1%}"]


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    act()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def yourtts(place: Place) -> Pair:
    """A line said by YourTTS, from the vector of a voice to the sound."""
    engine, voice = prepared(place, "yourtts")
    model = engine.model
    # Without chance in its rhythm: the two must say the line in the same time. What is set stays set in the network.
    request = SpeechRequest(LINES[3], "en", options=(("rhythm", 0.0),))
    line = engine._line(request, LINES[3])

    def bare() -> object:
        tokens = torch.tensor([model._tokens(line)], device=model.device)
        given = {
            "x_lengths": torch.tensor([tokens.shape[1]], device=model.device),
            "d_vectors": torch.from_numpy(voice.arrays["speaker"])[None].to(model.device),
            "language_ids": torch.zeros(1, dtype=torch.long, device=model.device),
        }
        with torch.inference_mode():
            return model._network.inference(tokens, given)["model_outputs"].cpu().numpy()

    return "YourTTS, one line", bare, lambda: engine.synthesize(request, voice)


def xtts(place: Place) -> Pair:
    """A line said by XTTS, from what it knows of a voice to the sound."""
    engine, voice = prepared(place, "xtts")
    network = engine.model._network
    told = [torch.from_numpy(voice.arrays[name]).to(engine.model.device) for name in ("latents", "speaker")]

    def bare() -> object:
        return network.inference(LINES[3], "en", *told)

    return "XTTS, one line", bare, lambda: engine.synthesize(SpeechRequest(LINES[3], "en"), voice)


def prepared(place: Place, name: str) -> tuple[Any, Any]:
    """A voice engine, and the recording's voice as it knows it."""
    engine = registry.load("tts", name, place.config(name))
    path = place.folder / f"{name}.npz"
    engine.prepare(VoiceReference(place.recording), path, Silent())
    return engine, engine.load(path)


# --- what it gains ----------------------------------------------------------------------------------------------------
def gained(place: Place, name: str, calls: Callable[[Place, list[str]], object]) -> list[str]:
    """A row: all segments, by the library's high-level function and by the engine."""
    texts = [LINES[number % len(LINES)] for number in range(SEGMENTS)]
    requests = [SpeechRequest(text, "en", seed=number) for number, text in enumerate(texts)]
    engine = registry.load("tts", name, place.config(name))
    engine.synthesize_many(requests[:1], prepared(place, name)[1])  # what only the first call pays is not counted

    def ours() -> object:
        engine, voice = prepared(place, name)
        return engine.synthesize_many(requests, voice)

    library, engine_time = timed(partial(calls, place, texts)), timed(ours)
    return [
        registry.spec("tts", name).label,
        f"{library:.1f} s",
        f"{engine_time:.1f} s",
        f"{library / engine_time:.1f} ×",
    ]


def xtts_calls(place: Place, texts: list[str]) -> object:
    """``Xtts.synthesize`` with a recording."""
    engine = registry.load("tts", "xtts", place.config("xtts"))
    network = engine.model._network
    spoken = [network.synthesize(text, speaker_wav=[str(place.recording)], language="en") for text in texts]
    return len(spoken)


def yourtts_calls(place: Place, texts: list[str]) -> object:
    """``Synthesizer.tts`` with a recording."""
    from TTS.utils.synthesizer import Synthesizer

    folder = place.models / published.YOURTTS
    names = ("model_file.pth", "config.json", "model_se.pth", "config_se.json")
    voice, told, encoder, encoder_told = (str(folder / name) for name in names)
    library = Synthesizer(
        tts_checkpoint=voice,
        tts_config_path=told,
        encoder_checkpoint=encoder,
        encoder_config=encoder_told,
        use_cuda=_on_gpu(),
    )
    recording = str(place.recording)
    return [library.tts(text, speaker_name=None, language_name="en", speaker_wav=recording) for text in texts]


def _on_gpu() -> bool:
    return device("auto").startswith("cuda")


# --- memory -----------------------------------------------------------------------------------------------------------
def taking_turns(place: Place) -> list[list[str]]:
    """Rows: three engines asked for in turn, with room for all of them (the baseline) and for the largest alone."""
    names = (("tts", "yourtts"), ("tts", "xtts"))
    place.config("yourtts", "xtts")
    largest = (place.models / published.XTTS / "model.pth").stat().st_size >> 20
    return [
        _turns(place, names, what, budget)
        for what, budget in (("room for all (baseline)", 0), ("room for the largest", largest + 64))
    ]


def _turns(place: Place, names: tuple[tuple[Any, str], ...], what: str, budget: int) -> list[str]:
    ENGINES.clear()
    gc.collect()
    process, highest, loaded, began = psutil.Process(), 0.0, 0, time.perf_counter()
    before = process.memory_info().rss
    known: dict[str, int] = {}
    for _ in range(3):
        for stage, name in names:
            engine = registry.load(stage, name, place.config(memory_mb=budget))
            # Weights are mapped from their file: they are in memory once something is said with them.
            engine.synthesize(SpeechRequest(LINES[0], "en"), engine.load(place.folder / f"{name}.npz"))
            loaded += known.get(name) != id(engine)
            known[name] = id(engine)
            highest = max(highest, (process.memory_info().rss - before) / 2**20)
            del engine
    shown = f"{budget} MiB" if budget else "half of the machine"
    return [what, shown, f"{highest:.0f} MiB", f"{loaded} ×", f"{time.perf_counter() - began:.1f} s"]


if __name__ == "__main__":
    main()
