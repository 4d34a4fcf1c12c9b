"""Sound as NeuCodec's codes, fifty a second: decoded by ONNX Runtime, encoded by the ``neucodec`` package where that
and its weights are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.devices import device, weight_of
from vocasync.engines.tts import pretrained
from vocasync.media.audio import resample
from vocasync.types import Audio, FloatArray
from vocasync.weights import safe

RATE = 24_000
PER_SECOND = 50
CODES = 65_536

_HEARS = 16_000  # Hz that the encoder is given
_SEMANTIC = "w2v-bert-2.0"

Codes = NDArray[np.int32]


class Decoder:
    """Codes to sound."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self.memory_bytes = path.stat().st_size if path.is_file() else 0
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        with pretrained.failing(path):
            try:
                self._session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
            except Exception as error:  # its errors have no class in common
                raise ValueError(str(error)) from error
            self._input = self._session.get_inputs()[0].name

    def sound(self, codes: Sequence[int] | Codes) -> FloatArray:
        """Float32 at ``RATE``; nothing of no codes."""
        if not len(codes):
            return np.zeros(0, np.float32)
        given = np.asarray(codes, np.int32)[None, None]
        found: FloatArray = self._session.run(None, {self._input: given})[0].reshape(-1)
        return found


class Encoder:
    """Sound to codes."""

    def __init__(self, folder: Path, wanted: str) -> None:
        with pretrained.quiet():
            self._model = _codec(folder).eval().to(device(wanted))
        self.memory_bytes = weight_of(self._model)

    def codes(self, audio: Audio) -> Codes:
        """The codes of speech at any rate."""
        import torch

        sound = torch.from_numpy(resample(audio, _HEARS).samples)[None, None]
        with torch.inference_mode(), pretrained.quiet():
            found: Codes = self._model.encode_code(sound).cpu().numpy().reshape(-1).astype(np.int32)
        return found


def _codec(folder: Path) -> Any:
    """NeuCodec from files, which its own way of loading fetches by name from the network instead."""
    from neucodec.model import AutoFeatureExtractor, CodecDecoderVocos, CodecEncoder, NeuCodec, SemanticEncoder
    from torch import nn
    from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel

    path = folder / "pytorch_model.bin"
    semantic = folder / _SEMANTIC

    class Local(NeuCodec):  # type: ignore[misc]  # the package has no types
        def __init__(self) -> None:
            nn.Module.__init__(self)
            self.sample_rate, self.hop_length = RATE, RATE // PER_SECOND
            config = Wav2Vec2BertConfig.from_pretrained(str(semantic), output_hidden_states=True)
            self.semantic_model = Wav2Vec2BertModel(config)
            self.feature_extractor = AutoFeatureExtractor.from_pretrained(str(semantic), local_files_only=True)
            self.SemanticEncoder_module = SemanticEncoder(1024, 1024, 1024)
            self.CodecEnc = CodecEncoder()
            self.generator = CodecDecoderVocos(hop_length=self.hop_length)
            self.fc_prior = nn.Linear(2048, 2048)
            self.fc_post_a = nn.Linear(2048, 1024)

    with pretrained.failing(semantic / "config.json"):
        model = Local()
    state = safe.load_checkpoint(path)
    if (semantic / "model.safetensors").is_file():
        heard = safe.load_checkpoint(semantic / "model.safetensors")
        state = {f"semantic_model.{name}": tensor for name, tensor in heard.items()} | dict(state)
    with pretrained.failing(path):
        lacking = model.load_state_dict(state, strict=False).missing_keys
    if lacking:
        raise safe.damaged(path, f"“{lacking[0]}” is missing")
    return model
