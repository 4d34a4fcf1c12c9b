"""The scripted Whisper as CTranslate2 has it: the same weights, through transformers' layout and the real converter."""

from __future__ import annotations

import base64
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch

from tests.tiny.whisper import SCRIPT, WIDTH, scripted_whisper

NAME = "faster-whisper-tiny"
_POSITIONS = 448  # the library asks for as many
_RENAMED = (
    ("blocks.", "layers."),
    ("mlp_ln", "final_layer_norm"),
    ("mlp.0", "fc1"),
    ("mlp.2", "fc2"),
    ("cross_attn_ln", "encoder_attn_layer_norm"),
    ("cross_attn", "encoder_attn"),
    ("attn_ln", "self_attn_layer_norm"),
    (".attn.", ".self_attn."),
    (".query.", ".q_proj."),
    (".key.", ".k_proj."),
    (".value.", ".v_proj."),
    (".out.", ".out_proj."),
    ("ln_post", "layer_norm"),
    ("decoder.ln.", "decoder.layer_norm."),
    ("token_embedding", "embed_tokens"),
    ("positional_embedding", "embed_positions.weight"),
)


def build(models: Path) -> None:
    """Write model.bin, config.json, tokenizer.json and vocabulary.json of ``faster-whisper-tiny``."""
    scripted_faster_whisper(models / NAME, SCRIPT)


def scripted_faster_whisper(
    folder: Path, text: str, language: str = "en", start: float = 0.0, end: float = 2.0
) -> Path:
    """A folder that says ``text`` from ``start`` to ``end`` of whatever it hears."""
    from ctranslate2.converters import TransformersConverter

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers deprecates what the converter calls
        place = Path(kept)
        checkpoint = torch.load(scripted_whisper(place / "tiny.pt", text, language, start, end), weights_only=True)
        _transformers(checkpoint["model_state_dict"], place / "transformers")
        converter = TransformersConverter(str(place / "transformers"), copy_files=["tokenizer.json"])
        converter.convert(str(folder), force=True)
    return folder


def _transformers(state: dict[str, torch.Tensor], folder: Path) -> None:
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration, WhisperTokenizer

    tokens = _tokenizer()
    config = WhisperConfig(
        vocab_size=51865, num_mel_bins=80, d_model=WIDTH, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=4 * WIDTH, decoder_ffn_dim=4 * WIDTH,
        max_source_positions=1500, max_target_positions=_POSITIONS,
    )  # fmt: skip
    network = WhisperForConditionalGeneration(config)
    network.load_state_dict({"proj_out.weight": state["decoder.token_embedding.weight"]} | _renamed(state))
    languages = {token: number for token, number in tokens.get_vocab().items() if _is_language(token)}
    network.generation_config = GenerationConfig(
        suppress_tokens=[], begin_suppress_tokens=[], lang_to_id=languages, alignment_heads=[[0, 0], [0, 1]]
    )
    network.save_pretrained(folder)
    WhisperTokenizer(tokenizer_object=tokens).save_pretrained(folder)
    tokens.save(str(folder / "tokenizer.json"))


def _renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    named = {}
    for name, tensor in state.items():
        for old, new in _RENAMED:
            name = name.replace(old, new)
        named[f"model.{name}"] = tensor
    places = "model.decoder.embed_positions.weight"
    named[places] = torch.cat([named[places], torch.zeros(_POSITIONS - len(named[places]), WIDTH)])
    return named


def _is_language(token: str) -> bool:
    from whisper.tokenizer import LANGUAGES

    return token[:2] == "<|" and token[2:-2] in LANGUAGES


def _tokenizer() -> Any:
    """Whisper's own vocabulary, whose merges follow from the order of its tokens."""
    import whisper
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from whisper.tokenizer import get_tokenizer

    own = get_tokenizer(True, num_languages=99)
    lines = (Path(whisper.__file__).parent / "assets" / "multilingual.tiktoken").read_text().split("\n")
    ranks = {base64.b64decode(line.split()[0]): int(line.split()[1]) for line in lines if line}
    merges = [_halves(token, ranks) for token in ranks if len(token) > 1]
    tokenizer = Tokenizer(BPE({_shown(token): rank for token, rank in ranks.items()}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = sorted(own.special_tokens, key=lambda name: own.special_tokens[name])
    words = [name for name in special if own.special_tokens[name] < own.timestamp_begin]
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in words])
    return tokenizer


def _halves(token: bytes, ranks: dict[bytes, int]) -> tuple[str, str]:
    """The two tokens that were merged into one: those that were known earliest."""
    cuts = (cut for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks)
    cut = min(cuts, key=lambda at: max(ranks[token[:at]], ranks[token[at:]]))
    return _shown(token[:cut]), _shown(token[cut:])


def _shown(token: bytes) -> str:
    """Bytes as the letters that byte-level vocabularies write for them."""
    return "".join(_LETTERS[byte] for byte in token)


def _letters() -> dict[int, str]:
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}


_LETTERS = _letters()
