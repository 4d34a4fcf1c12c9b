"""What continues a prompt of NeuTTS: its language model in PyTorch, or in llama.cpp."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vocasync.engines.devices import device, weight_of
from vocasync.engines.tts import pretrained
from vocasync.engines.tts.sampling import seeded

CONTEXT = 2048
"""Tokens that the model was trained on: prompt and answer together."""

END = "<|SPEECH_GENERATION_END|>"
FEWEST = 50
"""Codes that every line has: a second of sound."""

_CODE = re.compile(r"<\|speech_(\d+)\|>")
_TOP = 50


@dataclass(frozen=True, slots=True)
class Prompt:
    """text: with the codes of a reference at its end. most: tokens of an answer."""

    text: str
    most: int
    seed: int


class Backbone(Protocol):
    """A language model that speaks in codes."""

    context: int
    batch: int
    device: str
    memory_bytes: int

    def count(self, text: str) -> int:
        """How many tokens a text takes."""

    def answer(self, prompts: Sequence[Prompt], temperature: float) -> list[list[int]]:
        """The codes after each prompt, at most ``batch`` of them."""


class TorchBackbone:
    """The published model through ``transformers``."""

    batch = 8

    def __init__(self, folder: Path, wanted: str) -> None:
        self._model = pretrained.language_model(folder, wanted)
        self._tokenizer = pretrained.tokenizer(folder)
        self._one = threading.Lock()  # its settings are set for every text: two at once raise "Already borrowed"
        self._end = _token(self._tokenizer, folder)
        self.context = min(CONTEXT, self._model.config.max_position_embeddings)
        self.device = str(self._model.device)
        self.memory_bytes = weight_of(self._model)

    def count(self, text: str) -> int:
        """See the protocol."""
        with self._one:
            return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def answer(self, prompts: Sequence[Prompt], temperature: float) -> list[list[int]]:
        """See the protocol. Shorter prompts are filled up on their left, where the model does not look."""
        import torch

        given = self._given(prompts)
        most = max(prompt.most for prompt in prompts)
        with torch.inference_mode(), pretrained.quiet(), seeded([one.seed for one in prompts], self.device):
            answers = self._model.generate(
                **given,
                do_sample=True,
                temperature=temperature,
                top_k=_TOP,
                min_new_tokens=min(FEWEST, most),
                max_new_tokens=most,
                eos_token_id=self._end,
                pad_token_id=self._tokenizer.pad_token_id,
            )[:, given["input_ids"].shape[1] :]
        with self._one:
            return [
                codes_in(self._tokenizer.decode(answer[: prompt.most], skip_special_tokens=False))
                for answer, prompt in zip(answers, prompts, strict=True)
            ]

    def _given(self, prompts: Sequence[Prompt]) -> Any:
        with self._one:
            return self._tokenizer(
                [prompt.text for prompt in prompts],
                add_special_tokens=False,
                padding=True,
                padding_side="left",
                return_tensors="pt",
                return_token_type_ids=False,
            ).to(self._model.device)


class LlamaBackbone:
    """The quantized model through llama.cpp, one prompt after the other."""

    batch = 1

    def __init__(self, path: Path, wanted: str) -> None:
        from llama_cpp import Llama

        place = device(wanted)
        with pretrained.failing(path):
            self._model: Any = Llama(str(path), n_ctx=CONTEXT, n_gpu_layers=0 if place == "cpu" else -1, verbose=False)
            self._end, *rest = self._tokens(END)
            if rest:
                raise ValueError(f"it does not know {END}, so it is not NeuTTS's")
        self.context = min(CONTEXT, int(self._model.n_ctx()))
        self.device = place
        self.memory_bytes = path.stat().st_size

    def count(self, text: str) -> int:
        """See the protocol."""
        return len(self._tokens(text))

    def answer(self, prompts: Sequence[Prompt], temperature: float) -> list[list[int]]:
        """See the protocol."""
        return [self._answer(prompt, temperature) for prompt in prompts]

    def _answer(self, prompt: Prompt, temperature: float) -> list[int]:
        self._model.reset()  # what it remembers of the prompt before would change the last digits of this one
        self._model.set_seed(prompt.seed)
        found: list[int] = []
        for token in self._model.generate(self._tokens(prompt.text), top_k=_TOP, temp=temperature):
            if token == self._end or len(found) == prompt.most:
                break
            found.append(token)
        return codes_in(self._model.detokenize(found, special=True).decode("utf-8", "replace"))

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self._model.tokenize(text.encode(), add_bos=False, special=True)
        return found


def codes_in(text: str) -> list[int]:
    """The codes that a text names, up to its end mark."""
    return [int(code) for code in _CODE.findall(text.partition(END)[0])]


def _token(tokenizer: Any, folder: Path) -> int:
    with pretrained.failing(folder / "tokenizer.json"):
        found = tokenizer.convert_tokens_to_ids(END)
        if found is None or found == tokenizer.unk_token_id or tokenizer.pad_token_id is None:
            raise ValueError(f"it does not know {END}, so it is not NeuTTS's")
    return int(found)
