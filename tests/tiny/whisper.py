"""A Whisper checkpoint whose weights are written so that it says a known text, whatever it hears."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

SCRIPT = "We went to the market. It was closed!"

WIDTH = 48
"""Tokens, and the width of the residual stream: one direction a position."""


def build(models: Path) -> None:
    """Write ``whisper/tiny.pt``, which says :data:`SCRIPT`."""
    folder = models / "whisper"
    folder.mkdir(parents=True, exist_ok=True)
    scripted_whisper(folder / "tiny.pt", SCRIPT)


def scripted_whisper(path: Path, text: str, language: str = "en", start: float = 0.0, end: float = 2.0) -> Path:
    """A Whisper checkpoint of about 10 MB that says ``text`` from ``start`` to ``end`` whatever it hears.

    All that attention and the layers after it add is zero, so that only the position speaks: position ``t`` of the
    residual stream points in a direction that means the ``t``-th token of the script. Dimensions that the library
    fixes (80 mels, 1,500 frames, the multilingual vocabulary) are kept, all others are tiny.
    """
    import torch
    from whisper.model import ModelDimensions, Whisper

    script = tokens_of(text, language, start, end)
    dimensions = ModelDimensions(
        n_mels=80, n_audio_ctx=1500, n_audio_state=WIDTH, n_audio_head=2, n_audio_layer=1, n_vocab=51865,
        n_text_ctx=WIDTH, n_text_state=WIDTH, n_text_head=2, n_text_layer=1,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Whisper(dimensions)
    with torch.no_grad():
        _say(model, script)
    torch.save({"dims": dataclasses.asdict(dimensions), "model_state_dict": model.state_dict()}, path)
    return path


def tokens_of(text: str, language: str, start: float, end: float) -> list[int]:
    """What the decoder says, position by position: its first answer is to the token that starts a transcript."""
    from whisper.tokenizer import get_tokenizer

    tokenizer = get_tokenizer(True, num_languages=99)
    begin = tokenizer.timestamp_begin
    script = [
        tokenizer.to_language_token(language),
        tokenizer.transcribe,
        begin + round(start / 0.02),
        *tokenizer.encode(" " + text),
        begin + round(end / 0.02),
        tokenizer.eot,
    ]
    if len(script) >= WIDTH:
        raise ValueError(f"{len(script)} tokens do not fit into {WIDTH}")
    return script


def _say(model: Any, script: list[int]) -> None:
    for block in model.decoder.blocks:
        for layer in (block.attn.out, block.cross_attn.out, block.mlp[2]):
            layer.weight.zero_()
            layer.bias.zero_()
    model.decoder.positional_embedding.zero_()
    model.decoder.token_embedding.weight.normal_(std=0.001)
    for position, token in enumerate(script):
        model.decoder.positional_embedding[position, position] = 100.0
        model.decoder.token_embedding.weight[token, position] = 10.0
