"""YourTTS with networks a dozen channels wide, a speaker encoder of 6,000 parameters, and speakers named like the
published ones: some with a line break at the end."""

from __future__ import annotations

import json
import string
import warnings
from pathlib import Path
from typing import Any

import torch

from tests.tiny.xtts import refill
from vocasync.weights import licences

NAME = "your-tts"
SPEAKERS = ("female-en-5", "female-en-5\n", "female-pt-4\n", "male-en-2", "male-en-2\n", "male-pt-3\n")
VECTOR = 32  # dimensions of a speaker
LEVEL = 0.1  # RMS of its sound
_ELSEWHERE = "/home/somebody/who/trained/it"
_AUDIO = {"sample_rate": 16_000, "fft_size": 1024, "win_length": 1024, "hop_length": 256, "num_mels": 80}


def build(models: Path) -> None:
    """Write the six files of ``your-tts``; the paths inside them are those of the machine that it was trained on."""
    folder = models / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "language_ids.json").write_text(json.dumps({"en": 0, "fr-fr": 1, "pt-br": 2}))
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(2)
        _encoder(folder)
        _speakers(folder)
        _voice(folder)
    licences.accept(NAME, models, "tests")


def _encoder(folder: Path) -> None:
    from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig
    from TTS.encoder.utils.generic_utils import setup_encoder_model

    config = SpeakerEncoderConfig(num_loader_workers=0, num_classes_in_batch=1, num_utter_per_class=1)
    config.audio.update(
        {
            "fft_size": 512,
            "win_length": 400,
            "hop_length": 160,
            "sample_rate": 16_000,
            "preemphasis": 0.97,
            "num_mels": 64,
        }
    )
    config.model_params = {
        "model_name": "lstm",
        "input_dim": 64,
        "proj_dim": VECTOR,
        "lstm_dim": 16,
        "num_lstm_layers": 1,
        "use_lstm_with_projection": True,
        "use_torch_spec": True,
    }
    torch.save({"model": setup_encoder_model(config).state_dict(), "step": 0}, folder / "model_se.pth")
    config.save_json(str(folder / "config_se.json"))


def _speakers(folder: Path) -> None:
    clips = {
        f"clip_{number}.wav": {"name": name, "embedding": torch.randn(VECTOR).tolist()}
        for number, name in enumerate((*SPEAKERS, *SPEAKERS))
    }
    (folder / "speakers.json").write_text(json.dumps(clips))


def _voice(folder: Path) -> None:
    config = configuration(folder)
    network = _network(config)
    state = network.state_dict() | {"disc.nets.0.bias": torch.zeros(2)}
    for name in ("d_vector_file", "language_ids_file", "speaker_encoder_model_path", "speaker_encoder_config_path"):
        config.model_args[name] = f"{_ELSEWHERE}/{name}"
    config.model_args["d_vector_file"] = [f"{_ELSEWHERE}/speakers.json"]
    config.model_args.init_discriminator = True
    config.model_args.use_speaker_encoder_as_loss = True
    torch.save({"model": state, "config": config.to_dict()}, folder / "model_file.pth")
    config.save_json(str(folder / "config.json"))


def configuration(folder: Path) -> Any:
    """The configuration of a tiny voice, whose files lie in ``folder``."""
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig

    characters = CharactersConfig(
        characters_class="TTS.tts.models.vits.VitsCharacters",
        pad="_",
        eos="&",
        bos="*",
        blank=None,
        characters=f"{string.ascii_lowercase}àâãçéêíóôõú",
        punctuations="!'(),-.:;? ",
        phonemes=None,
        is_unique=True,
        is_sorted=True,
    )
    args = VitsArgs(
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=16,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=2,
        upsample_initial_channel_decoder=32,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3]],
        init_discriminator=False,
        use_d_vector_file=True,
        d_vector_file=[str(folder / "speakers.json")],
        d_vector_dim=VECTOR,
        use_language_embedding=True,
        language_ids_file=str(folder / "language_ids.json"),
    )
    return VitsConfig(
        model_args=args,
        characters=characters,
        text_cleaner="multilingual_cleaners",
        use_phonemes=False,
        add_blank=True,
        audio=BaseAudioConfig(**_AUDIO),
    )


@torch.no_grad()
def _network(config: Any) -> Any:
    """The voice with random weights, as loud as speech and about as slow."""
    from TTS.tts.models.vits import Vits

    network = Vits(config)
    network.duration_predictor.flows[0].translation[0] -= 1.0  # of the logarithm, the other way round
    vocoder = network.waveform_decoder
    refill(vocoder)
    sound = vocoder(torch.randn(1, 16, 40), g=torch.randn(1, VECTOR, 1) / VECTOR**0.5)
    vocoder.conv_post.weight *= LEVEL / sound.std()
    return network
