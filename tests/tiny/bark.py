"""Bark with one layer of 16 dimensions in each of its three networks, a narrow EnCodec, and all its presets."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vocasync.engines.tts.pretrained import quiet

NAME = "bark"
LEVEL = 0.1  # RMS of its sound
TOKENS = 40  # of meaning at most, a line: 0.8 s
PROMPT = 60  # tokens of meaning in a preset: 1.2 s
_WIDTH = 16
_LETTERS = string.ascii_lowercase + "0123456789" + "".join(map(chr, range(0x0900, 0x0980)))


def build(models: Path) -> None:
    """Write ``bark``, the folder as it is published, weights as safetensors; ``bark-small`` is the same."""
    folder = models / NAME
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        with quiet():
            network().save_pretrained(folder)
    words(folder)
    presets(folder)
    (models / f"{NAME}-small").symlink_to(NAME)


def network() -> Any:
    """The model with random weights and the published vocabularies, as loud as speech."""
    import transformers

    kinds: Any = transformers
    sounds = {"input_vocab_size": 12_096, "output_vocab_size": 12_096}
    size = {"num_layers": 1, "num_heads": 2, "hidden_size": _WIDTH, "block_size": 1024, "bias": False}
    config = kinds.BarkConfig(
        semantic_config=kinds.BarkSemanticConfig(input_vocab_size=129_600, output_vocab_size=10_048, **size).to_dict(),
        coarse_acoustics_config=kinds.BarkCoarseConfig(**sounds, **size).to_dict(),
        fine_acoustics_config=kinds.BarkFineConfig(
            input_vocab_size=1056, output_vocab_size=1056, n_codes_total=8, n_codes_given=1, **size
        ).to_dict(),
        codec_config=kinds.EncodecConfig(
            hidden_size=_WIDTH,
            num_filters=2,
            codebook_size=1024,
            codebook_dim=_WIDTH,
            upsampling_ratios=[8, 5, 4, 2],
            target_bandwidths=[1.5, 3.0, 6.0],
            num_lstm_layers=1,
        ).to_dict(),
    )
    model = kinds.BarkModel(config).eval()
    # BarkGenerationConfig cannot be saved (its base class is not initialised); the published one reads as this.
    model.generation_config = kinds.GenerationConfig(
        semantic_config={
            "do_sample": True,
            "temperature": 0.7,
            "max_new_tokens": TOKENS,
            "eos_token_id": 10_000,
            "pad_token_id": 10_000,
        },
        coarse_acoustics_config={"do_sample": True, "temperature": 0.7},
        fine_acoustics_config={"temperature": 0.5, "max_fine_input_length": 256, "max_fine_history_length": 128},
        sample_rate=24_000,
        codebook_size=1024,
    )
    _speech_like(model)
    return model


@torch.no_grad()
def _speech_like(model: Any) -> None:
    """As loud as speech, and as decided in its choices as a trained one."""
    for module in (model.semantic, model.coarse_acoustics, model.fine_acoustics):
        for part in module.modules():
            if isinstance(part, torch.nn.Linear | torch.nn.Embedding):
                part.weight.normal_(std=0.5)
    codec = model.codec_model
    for layer in codec.quantizer.layers:
        layer.codebook.embed.normal_()
    for module in codec.decoder.modules():
        if isinstance(module, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            module.bias = torch.nn.Parameter(torch.zeros(module.out_channels))
    sound = model.codec_decode(torch.randint(0, 1024, (1, 8, 60)))
    codec.decoder.layers[-1].conv.parametrizations.weight.original0 *= LEVEL / sound.std()


def words(folder: Path) -> None:
    """The tokenizer: letters of the Latin and the Devanagari script, one by one."""
    from transformers import BertTokenizer

    inside = (f"##{letter}" for letter in _LETTERS)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS, *inside, *"[]♪.,!?-'…"]
    BertTokenizer(vocab={word: at for at, word in enumerate(vocabulary)}).save_pretrained(folder)


def presets(folder: Path) -> None:
    """All 130 voices, with the list of them."""
    rng = np.random.default_rng(0)
    frames = PROMPT * 75 // 50
    table: dict[str, Any] = {"repo_or_path": "suno/bark"}
    (folder / "speaker_embeddings" / "v2").mkdir(parents=True, exist_ok=True)
    for code in ("de", "en", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh"):
        for number in range(10):
            name = f"v2/{code}_speaker_{number}"
            arrays = {
                "semantic_prompt": rng.integers(0, 10_000, PROMPT),
                "coarse_prompt": rng.integers(0, 1024, (2, frames)),
                "fine_prompt": rng.integers(0, 1024, (8, frames)),
            }
            for kind, array in arrays.items():
                np.save(folder / "speaker_embeddings" / f"{name}_{kind}.npy", array)
            table[name] = {kind: f"speaker_embeddings/{name}_{kind}.npy" for kind in arrays}
    (folder / "speaker_embeddings_path.json").write_text(json.dumps(table))
