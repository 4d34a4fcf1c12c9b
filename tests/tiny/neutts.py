"""NeuTTS Air with one layer of 32 dimensions, 256 codes whose sound is a table, and two voices."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from tests.tiny.onnx import lookup
from vocasync.engines.tts.pretrained import quiet

NAME = "neutts-air"
CODES = 256
CONTEXT = 720  # tokens
VOICES = {"dave": "So I said this.", "jo": "And that was it!"}
_WIDTH = 32
_IPA = "əɪʊɛɔʌæɑθðʃʒŋɹɾɡɐɚɜɒᵻɬʔː ˈˌ"
_HOP = 480  # samples of a code
_MARKS = (
    "SPEECH_REPLACE",
    "SPEECH_GENERATION_START",
    "SPEECH_GENERATION_END",
    "TEXT_REPLACE",
    "TEXT_PROMPT_START",
    "TEXT_PROMPT_END",
)


def build(models_folder: Path) -> None:
    """Write ``neutts-air``: backbone, decoder.onnx and voices."""
    folder = models_folder / NAME
    (folder / "voices").mkdir(parents=True, exist_ok=True)
    words = tokenizer()
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(1)
        words.save_pretrained(folder / "backbone")
        network(words).save_pretrained(folder / "backbone")
        for name, text in VOICES.items():
            torch.save(torch.randint(0, CODES, (100,), dtype=torch.int32), folder / "voices" / f"{name}.pt")
            (folder / "voices" / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "decoder.onnx").write_bytes(lookup(sounds()))


def tokenizer() -> Any:
    """Characters one by one, the codes, and the marks."""
    import transformers

    kinds: Any = transformers
    characters = ["<unk>", "<pad>", *string.ascii_letters, *" :\n.,!?;'-…\"()", *_IPA]
    words = Tokenizer(
        models.BPE(vocab={one: at for at, one in enumerate(dict.fromkeys(characters))}, merges=[], unk_token="<unk>")
    )
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    words.decoder = decoders.Fuse()
    found = kinds.PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", pad_token="<pad>")
    found.add_tokens([AddedToken(f"<|speech_{code}|>", normalized=False) for code in range(CODES)])
    special = [AddedToken(mark, special=True, normalized=False) for mark in marks()]
    found.add_tokens(special, special_tokens=True)
    return found


@torch.no_grad()
def network(words: Any) -> Any:
    """A language model with random weights that hardly says anything but codes, and comes to an end."""
    import transformers

    kinds: Any = transformers
    model = kinds.Qwen2ForCausalLM(
        kinds.Qwen2Config(
            vocab_size=len(words),
            hidden_size=_WIDTH,
            intermediate_size=_WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=False,
        )
    )
    for weight in model.parameters():
        if weight.ndim > 1:
            weight.normal_(std=0.3)
    model.model.embed_tokens.weight.normal_(std=6.0)
    # One dimension is the same in every state: by it some tokens are likely always, others never.
    model.model.embed_tokens.weight[:, 0] = 30.0
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight[0] = layer.mlp.down_proj.weight[0] = 0.0
    chances = model.lm_head.weight[:, 0]
    chances.fill_(-2.0)
    chances[words.convert_tokens_to_ids("<|speech_0|>") :][:CODES] = 0.0
    chances[words.convert_tokens_to_ids("<|SPEECH_GENERATION_END|>")] = 0.8
    return model.eval()


def marks() -> list[str]:
    """The tokens that stand between the parts of a prompt."""
    return [f"<|{mark}|>" for mark in _MARKS]


def sounds() -> NDArray[np.float32]:
    """A twentieth of a second of sound for every code: tones between 100 and 400 Hz with some overtones."""
    rng = np.random.default_rng(0)
    time = np.arange(_HOP) / _HOP
    periods = rng.integers(2, 9, (CODES, 1))
    overtones = np.arange(1, 12)
    strengths = rng.uniform(0.1, 1.0, (CODES, len(overtones))) / overtones
    waves = np.sin(2 * np.pi * periods[..., None] * overtones[None, :, None] * time)
    table = np.einsum("co,cot->ct", strengths, waves)
    return np.asarray(0.1 * table / table.std(axis=1, keepdims=True), np.float32)
