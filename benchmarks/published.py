"""Models of the published sizes with random weights, made through their libraries: what speed and memory depend on is
the size of a model, not what it learnt."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch

from tests.tiny import tiny
from vocasync.weights import licences

XTTS, YOURTTS = "xtts-v2", "your-tts"
SENTENCE = 70
"""Codes of sound that XTTS says of a line here, about three seconds: random weights know no end of a sentence."""

_ENCODER = {
    "model_name": "resnet",
    "input_dim": 64,
    "proj_dim": 512,
    "layers": [3, 4, 6, 3],
    "num_filters": [32, 64, 128, 256],
    "encoder_type": "ASP",
    "log_input": True,
    "use_torch_spec": True,
}


def yourtts(models: Path) -> Path:
    """The folder of a YourTTS of 87 million parameters."""
    from TTS.encoder.utils.generic_utils import setup_encoder_model
    from TTS.tts.models.vits import Vits

    from tests.tiny.yourtts import configuration

    folder = models / YOURTTS
    shutil.copytree(tiny("yourtts") / YOURTTS, folder)
    clips = json.loads((folder / "speakers.json").read_text())
    for clip in clips.values():
        clip["embedding"] = torch.nn.functional.normalize(torch.randn(512), dim=0).tolist()
    (folder / "speakers.json").write_text(json.dumps(clips))
    config = configuration(folder)
    config.model_args.update(_vits_sizes())
    network = Vits(config)
    with torch.no_grad():
        network.duration_predictor.flows[0].translation[0] -= 1.0  # random weights would be twice as slow as speech
    torch.save({"model": network.state_dict()}, folder / "model_file.pth")
    config.save_json(str(folder / "config.json"))
    told = json.loads((folder / "config_se.json").read_text()) | {"model_params": _ENCODER}
    (folder / "config_se.json").write_text(json.dumps(told))
    torch.save({"model": setup_encoder_model(_as_config(told)).state_dict()}, folder / "model_se.pth")
    licences.accept(YOURTTS, models, "benchmarks")
    return folder


def _vits_sizes() -> dict[str, Any]:
    """Of the published model, where they are not the library's own."""
    from TTS.tts.models.vits import VitsArgs

    usual = VitsArgs()
    names = (
        "hidden_channels",
        "hidden_channels_ffn_text_encoder",
        "num_layers_posterior_encoder",
        "num_layers_flow",
        "upsample_initial_channel_decoder",
        "resblock_kernel_sizes_decoder",
    )
    own = {
        "num_layers_text_encoder": 10,
        "resblock_type_decoder": "2",
        "resblock_dilation_sizes_decoder": [[1, 3], [1, 3], [1, 3]],
        "d_vector_dim": 512,
    }
    return {name: getattr(usual, name) for name in names} | own


def _as_config(told: dict[str, Any]) -> Any:
    from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig

    config = SpeakerEncoderConfig()
    config.from_dict({"model_params": told["model_params"], "audio": told["audio"]})
    return config


def xtts(models: Path) -> Path:
    """The folder of an XTTS of 440 million parameters, whose lines end after :data:`SENTENCE` codes."""
    from TTS.tts.layers.xtts.hifigan_decoder import HifiDecoder
    from TTS.tts.models.xtts import Xtts

    from tests.tiny.xtts import configuration

    folder = models / XTTS
    shutil.copytree(tiny("xtts") / XTTS, folder)
    size = len(json.loads((folder / "vocab.json").read_text())["model"]["vocab"])
    config = configuration(size)
    config.model_args.update(
        {
            "gpt_layers": 30,
            "gpt_n_model_channels": 1024,
            "gpt_n_heads": 16,
            "gpt_max_audio_tokens": SENTENCE,
            "gpt_num_audio_tokens": 1026,
            "gpt_start_audio_token": 1024,
            "gpt_stop_audio_token": 1025,
            "decoder_input_dim": 1024,
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = Xtts(config)
        network.hifigan_decoder = HifiDecoder(decoder_input_dim=1024)
    with torch.no_grad():
        network.gpt.mel_head.bias[1025] -= 10.0
    torch.save({"model": network.state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    (folder / "speakers_xtts.pth").unlink()
    licences.accept(XTTS, models, "benchmarks")
    return folder
