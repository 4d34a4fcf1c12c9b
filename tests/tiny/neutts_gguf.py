"""NeuTTS Air for llama.cpp: the network of :mod:`tests.tiny.neutts` as GGUF, and a tokenizer of bytes and codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.tiny import neutts, tiny

NAME = "neutts-air-gguf"
_NORMAL, _CONTROL, _OWN = 1, 3, 4
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class Words(list[str]):
    """The tokens, as the network's builder asks for them."""

    def convert_tokens_to_ids(self, word: str) -> int:
        """The place of a token."""
        return self.index(word)


def build(models: Path) -> None:
    """Write ``neutts-air-gguf``: backbone.gguf, and the decoder and the voices of ``neutts-air``."""
    folder = models / NAME
    folder.mkdir(parents=True, exist_ok=True)
    other = tiny("neutts") / neutts.NAME
    for name in ("decoder.onnx", "voices"):
        (folder / name).symlink_to(other / name)
    words = Words([*_bytes(), "th", *(f"<|speech_{code}|>" for code in range(neutts.CODES)), *neutts.marks()])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        _write(folder / "backbone.gguf", words, neutts.network(words))


def _write(path: Path, words: Words, model: Any) -> None:
    import gguf

    config = model.config
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_context_length(neutts.CONTEXT)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(words)
    writer.add_token_types([_kind(word) for word in words])
    writer.add_token_merges(["t h"])
    writer.add_eos_token_id(words.index("<|SPEECH_GENERATION_END|>"))
    for name, tensor in _tensors(model.state_dict(), config.num_hidden_layers):
        writer.add_tensor(name, np.ascontiguousarray(tensor.numpy(), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(state: dict[str, Any], layers: int) -> Iterator[tuple[str, Any]]:
    """Every tensor under the name that llama.cpp has for it."""
    yield "token_embd.weight", state["model.embed_tokens.weight"]
    yield "output_norm.weight", state["model.norm.weight"]
    yield "output.weight", state["lm_head.weight"]
    for layer in range(layers):
        for name, theirs in _LAYER.items():
            for part in ("weight", "bias"):
                tensor = state.get(f"model.layers.{layer}.{theirs}.{part}")
                if tensor is not None:
                    yield f"blk.{layer}.{name}.{part}", tensor


def _kind(word: str) -> int:
    if word.startswith("<|speech_"):
        return _OWN
    return _CONTROL if word.startswith("<|") else _NORMAL


def _bytes() -> Iterator[str]:
    """The 256 bytes as GPT-2 writes them: those that can be shown as they are, the others from U+0100 on."""
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    yield from (chr(byte if byte in shown else next(others)) for byte in range(256))
