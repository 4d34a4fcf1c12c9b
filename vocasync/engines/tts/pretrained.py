"""Folders in the format of ``transformers``: loaded without the network, without running code, and only when whole."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vocasync.engines.devices import device, halves
from vocasync.weights import safe

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_OPTIONS: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def model(kind: Any, folder: Path, wanted: str) -> Any:
    """A model with its weights, ready to generate. kind: a model class of ``transformers``. wanted: the device as of
    :class:`vocasync.engines.base.EngineConfig`; on NVIDIA GPUs it is loaded in half precision.

    Raises ``weights_unsafe``, ``weights_damaged``.
    """
    import torch

    place = device(wanted)
    path = next((folder / name for name in _WEIGHTS if (folder / name).is_file()), folder / _WEIGHTS[0])
    with quiet(), failing(path):
        config = kind.config_class.from_pretrained(str(folder), **_OPTIONS)
        loaded, found = kind.from_pretrained(
            None,
            config=config,
            state_dict=safe.load_checkpoint(path),
            dtype=torch.float16 if halves(place) else torch.float32,
            output_loading_info=True,
        )
    if lacking := [*found["missing_keys"], *found["mismatched_keys"]]:
        raise safe.damaged(path, f"“{next(iter(sorted(map(str, lacking))))}” is missing or of another shape")
    with quiet(), failing(folder / "generation_config.json"):
        loaded.generation_config = _generation(folder, config)
    return loaded.eval().to(place)


def language_model(folder: Path, wanted: str) -> Any:
    """:func:`model` for a language model of whatever kind its folder says."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig

    with quiet(), failing(folder / "config.json"):
        kind = MODEL_FOR_CAUSAL_LM_MAPPING[type(AutoConfig.from_pretrained(str(folder), **_OPTIONS))]
    return model(kind, folder, wanted)


def tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder. Raises ``weights_damaged``."""
    from transformers import AutoTokenizer

    with quiet(), failing(folder / "tokenizer.json"):
        return AutoTokenizer.from_pretrained(str(folder), **_OPTIONS)


@contextlib.contextmanager
def failing(path: Path) -> Iterator[None]:
    """What libraries raise of a file that is cut off or not what it should be, as ``weights_damaged``."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError) as error:
        raise safe.damaged(path, _line(error)) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what ``transformers`` prints and warns of while it loads and generates."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _generation(folder: Path, config: Any) -> Any:
    from transformers import GenerationConfig

    if not (folder / "generation_config.json").is_file():
        return GenerationConfig.from_model_config(config)
    return GenerationConfig.from_pretrained(str(folder), **_OPTIONS)


def _line(error: BaseException) -> str:
    """The first line of an exception, short, without a full stop."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".:")[:160]
