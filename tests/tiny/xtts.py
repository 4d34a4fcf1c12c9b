"""XTTS with two layers of 64 dimensions, a narrow vocoder, and speakers of its own."""

from __future__ import annotations

import math
import string
import warnings
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.nn.utils.parametrize import is_parametrized

from vocasync.weights import licences

NAME = "xtts-v2"
SPEAKERS = ("Ana Tiny", "Bela Tiny", "Čedo Tiny")
WIDTH = 64
FRAMES = 46  # of sound at most, a line: 2 s
LEVEL = 0.1  # RMS of its sound
LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "zh-cn", "hu", "ko", "ja", "hi")
_SPECIAL = ("[STOP]", "[UNK]", "[SPACE]", "[START]", *(f"[{code}]" for code in LANGUAGES))
_SCRIPTS = ((0x00C0, 0x0180), (0x0430, 0x0460), (0x0620, 0x0653), (0x0900, 0x0980))
_CODES = 64  # sounds that the model knows, beside the signs for start and stop


def build(models_folder: Path) -> None:
    """Write model.pth, config.json, vocab.json and speakers_xtts.pth of ``xtts-v2``."""
    folder = models_folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    size = _vocabulary(folder / "vocab.json")
    config = configuration(size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        state = network(config).state_dict()
        speakers = {name: _speaker() for name in SPEAKERS}
    torch.save({"model": state, "config": config.to_dict()}, folder / "model.pth")
    torch.save(speakers, folder / "speakers_xtts.pth")
    config.save_json(str(folder / "config.json"))
    licences.accept(NAME, models_folder, "tests")


def configuration(size: int) -> Any:
    """The configuration of a tiny model. size: of the vocabulary."""
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig

    return XttsConfig(
        model_args=XttsArgs(
            gpt_layers=2,
            gpt_n_model_channels=WIDTH,
            gpt_n_heads=2,
            gpt_use_perceiver_resampler=True,
            gpt_max_audio_tokens=FRAMES,
            gpt_number_text_tokens=size,
            gpt_start_text_token=_SPECIAL.index("[START]"),
            gpt_stop_text_token=_SPECIAL.index("[STOP]"),
            gpt_num_audio_tokens=_CODES + 2,
            gpt_start_audio_token=_CODES,
            gpt_stop_audio_token=_CODES + 1,
            decoder_input_dim=WIDTH,
        )
    )


def network(config: Any) -> Any:
    """The model with random weights, whose vocoder is as narrow as the library allows and as loud as speech."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from TTS.tts.layers.xtts.hifigan_decoder import HifiDecoder
        from TTS.tts.models.xtts import Xtts

        model = Xtts(config)
    model.hifigan_decoder = HifiDecoder(decoder_input_dim=WIDTH, upsample_initial_channel_decoder=16)
    _speech_like(model)
    return model


@torch.no_grad()
def _speech_like(model: Any) -> None:
    """As loud as speech, and long enough to be taken for some: it hardly ever ends a line by itself."""
    model.gpt.mel_head.bias[model.args.gpt_stop_audio_token] -= 4.0
    vocoder = model.hifigan_decoder.waveform_decoder
    refill(vocoder)
    sound = model.hifigan_decoder(torch.randn(1, 20, WIDTH), g=_speaker()["speaker_embedding"])
    vocoder.conv_post.weight *= LEVEL / sound.std()


@torch.no_grad()
def refill(vocoder: Any) -> None:
    """Weights that keep the level: the library's own are so small that its biases are all that is heard."""
    for module in vocoder.modules():
        if not isinstance(module, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            continue
        weight = torch.nn.init.xavier_normal_(torch.empty_like(module.weight))
        if is_parametrized(module, "weight"):
            module.weight = weight
        else:
            module.weight.copy_(weight)
        if module.bias is not None:
            module.bias.zero_()


def _vocabulary(path: Path) -> int:
    letters = [chr(code) for low, high in _SCRIPTS for code in range(low, high)]
    words = list(dict.fromkeys([*_SPECIAL, *string.ascii_lowercase, *"0123456789'\".,!?-…।", *letters]))
    tokenizer = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(words)}, merges=[], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.save(str(path))
    return len(words)


def _speaker() -> dict[str, torch.Tensor]:
    vector = torch.randn(1, 512, 1)
    return {"gpt_cond_latent": torch.randn(1, 32, WIDTH), "speaker_embedding": vector / math.sqrt(512)}
