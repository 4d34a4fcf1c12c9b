"""NeuCodec with random weights: only its semantic part can be made small, so this takes 1.5 GB and half a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from vocasync.engines.tts.pretrained import quiet

NAME = "neucodec"


def build(models: Path) -> None:
    """Write ``neucodec``: pytorch_model.bin as the package itself names its tensors, and w2v-bert-2.0."""
    from transformers import SeamlessM4TFeatureExtractor, Wav2Vec2BertConfig, Wav2Vec2BertModel

    semantic = models / NAME / "w2v-bert-2.0"
    semantic.mkdir(parents=True, exist_ok=True)
    kinds: Any = Wav2Vec2BertModel
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        config = Wav2Vec2BertConfig(
            hidden_size=1024,
            num_hidden_layers=17,
            num_attention_heads=4,
            intermediate_size=16,
            feature_projection_input_dim=160,
            conv_depthwise_kernel_size=3,
        )
        heard = kinds(config)
        heard.save_pretrained(semantic)
        ears: Any = SeamlessM4TFeatureExtractor()
        ears.save_pretrained(semantic)
        codec = _library(heard, ears)
    state = {name: tensor for name, tensor in codec.state_dict().items() if not name.startswith("semantic_model.")}
    torch.save(state, models / NAME / "pytorch_model.bin")


def _library(heard: Any, ears: Any) -> Any:
    """The package's own model, which asks the network for its semantic part by name."""
    from neucodec import model as library

    with (
        patch.object(library.Wav2Vec2BertModel, "from_pretrained", return_value=heard),
        patch.object(library.AutoFeatureExtractor, "from_pretrained", return_value=ears),
    ):
        return library.NeuCodec(24_000, 480)
