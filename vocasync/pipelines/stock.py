"""An engine's own voice as a voice that others are moved to: some sentences that it says, kept for all jobs."""

from __future__ import annotations

import numpy as np
import soundfile

from vocasync.artifacts import Workspace, fingerprint
from vocasync.engines.base import EngineConfig, StockVoice, VoiceEngine
from vocasync.engines.registry import stock_voices
from vocasync.engines.tts.corpus import sentences
from vocasync.errors import PipelineError
from vocasync.languages import language
from vocasync.progress import Progress
from vocasync.types import Region, SpeakerVoice, SpeechRequest, VoiceReference

_SOUND = "speech.wav"
_ABOUT = "speech.json"
_SENTENCES = 5  # about twenty seconds
_SHORTEST = 0.5  # seconds of a sentence that was said at all


def known_stock(engine: str, name: str, config: EngineConfig) -> StockVoice:
    """The row of an engine's own voice, "" for its default. Raises ``stock_unknown``, ``engine_unknown``."""
    voices = stock_voices(engine, config)
    for row in voices:
        if name in ("", row.name):
            return row
    raise PipelineError("stock_unknown", name=name or engine)


def stock_mark(engine: VoiceEngine, stock: StockVoice, code: str) -> str:
    """What decides how the voice sounds. code: of the language that is wanted."""
    return fingerprint("stock", 1, engine.name, engine.version, stock.name, _spoken(stock, code))


def stock_voice(
    engine: VoiceEngine, stock: StockVoice, code: str, config: EngineConfig, progress: Progress
) -> SpeakerVoice:
    """The voice as one with a reference: in the language ``code`` where it speaks that, else in one of its own."""
    mark = stock_mark(engine, stock, code)
    folder = config.cache / "stock" / mark[:32]
    ws = Workspace(folder)
    if not (ws.has(_ABOUT, mark) and ws.has(_SOUND, mark)):
        _say(engine, stock, _spoken(stock, code), ws, mark, progress)
    return SpeakerVoice(reference=ws.read(_ABOUT, VoiceReference), mark=mark, folder=folder)


def _spoken(stock: StockVoice, code: str) -> str:
    return code if not stock.languages or code in stock.languages else min(stock.languages)


def _say(engine: VoiceEngine, stock: StockVoice, code: str, ws: Workspace, mark: str, progress: Progress) -> None:
    texts = sentences(language(code).espeak)[:_SENTENCES]
    regions: list[Region] = []
    at = 0.0
    with (
        ws.writing(_SOUND, mark) as path,
        soundfile.SoundFile(path, "w", engine.sample_rate, 1, "PCM_16", format="WAV") as file,
    ):
        for number, text in enumerate(texts):
            progress.check()
            said = engine.synthesize(SpeechRequest(text, code, stock=stock.name, seed=number), None).audio
            file.write(np.clip(said.samples, -1.0, 1.0))
            if said.duration >= _SHORTEST:
                regions.append(Region(at, at + said.duration))
            at += said.duration
            progress.report((number + 1) / len(texts))
    ws.save(_ABOUT, VoiceReference(ws.root / _SOUND, tuple(regions), language=code), mark)
