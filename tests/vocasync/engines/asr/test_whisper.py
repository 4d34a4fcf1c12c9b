from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import put
from tests.tiny.whisper import SCRIPT, scripted_whisper
from vocasync.engines import registry
from vocasync.engines.asr import whisper, whisper_weights
from vocasync.engines.asr.whisper_weights import missing, on_disk, wanted_size
from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, Region

SOUND = Audio(np.random.default_rng(0).normal(0, 0.05, 9 * ANALYSIS_RATE).astype(np.float32), ANALYSIS_RATE)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    whisper_weights._answers.clear()
    yield
    whisper_weights._answers.clear()


def offline(models: Path, size: str = "") -> EngineConfig:
    return EngineConfig(models=models, network=False, size=size)


def test_it_says_what_its_weights_say(scripted: whisper.Whisper) -> None:
    found = scripted.recognize(SOUND, [Region(1.0, 4.0), Region(5.0, 8.0)], "en", Silent())
    assert [segment.text for segment in found.segments] == [SCRIPT, SCRIPT]
    assert 1.0 <= found.segments[0].start < found.segments[0].end <= 4.0
    assert 5.0 <= found.segments[1].start < found.segments[1].end <= 8.0


@pytest.mark.parametrize(("code", "text"), [("hi", "नमस्ते"), ("ur", "سلام دنیا"), ("es", "¿Qué tal estás?")])
def test_the_language_is_detected(code: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "whisper").mkdir()
    scripted_whisper(tmp_path / "whisper" / "base.pt", text, code)
    found = whisper.create(offline(tmp_path)).recognize(SOUND, [Region(0.0, 3.0)], "auto", Silent())
    assert found.language == code
    assert found.segments[0].text == text


def test_it_leaves_the_number_of_threads_as_it_was(scripted: whisper.Whisper) -> None:
    before = torch.get_num_threads()
    scripted.recognize(Audio(np.zeros(ANALYSIS_RATE, np.float32), ANALYSIS_RATE), [Region(0.0, 1.0)], "en", Silent())
    assert torch.get_num_threads() == before


def test_a_language_it_does_not_know_is_refused(scripted: whisper.Whisper) -> None:
    with pytest.raises(PipelineError) as caught:
        scripted.recognize(SOUND, [Region(0.0, 3.0)], "eo", Silent())
    assert caught.value.code == "recognition_unsupported"
    assert "Esperanto" in str(caught.value)


def test_the_best_size_on_disk_is_the_default(tmp_path: Path) -> None:
    folder = tmp_path / "whisper"
    folder.mkdir()
    assert wanted_size(offline(tmp_path)) == "base"
    (folder / "tiny.pt").touch()
    assert wanted_size(offline(tmp_path)) == "tiny"
    (folder / "large-v3.pt").touch()  # the name that openai-whisper downloads "large" under
    assert wanted_size(offline(tmp_path)) == "large"
    assert on_disk("large", offline(tmp_path)) == folder / "large-v3.pt"
    assert wanted_size(offline(tmp_path, "tiny")) == "tiny"
    assert missing(offline(tmp_path, "tiny")) == ""


def test_missing_weights_name_the_remedy(tmp_path: Path) -> None:
    assert "`manage.py models fetch whisper-small`" in missing(offline(tmp_path, "small"))
    row = registry.spec("asr", "whisper")
    assert registry.readiness(row, offline(tmp_path)).missing == missing(offline(tmp_path))
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(tmp_path))
    assert caught.value.code == "engine_not_ready"


def test_a_host_that_answers_makes_it_ready(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        config = EngineConfig(models=tmp_path, options=(("whisper_host", address),))
        assert missing(config) == ""
        assert "whisper-base" in missing(offline(tmp_path))
    assert missing(config) == ""  # remembered
    whisper_weights._answers.clear()
    assert "whisper-base" in missing(config)


def test_an_unknown_size_is_refused(weights: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(weights, "enormous"))
    assert caught.value.code == "engine_not_ready"
    assert "enormous" in str(caught.value)
    assert "tiny" in str(caught.value)


@pytest.mark.parametrize("bytes_left", [20, 4_000_000])
def test_a_broken_file_is_said_to_be_broken(bytes_left: int, weights: Path, tmp_path: Path) -> None:
    put("whisper", tmp_path)
    path = tmp_path / "whisper" / "tiny.pt"
    os.truncate(path, bytes_left)
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(tmp_path))
    assert caught.value.code == "weights_damaged"
    assert caught.value.permanent
    assert "whisper/tiny.pt" in str(caught.value)
    assert "`manage.py models verify whisper-tiny`" in str(caught.value)


@pytest.mark.parametrize(
    "checkpoint",
    [{"dims": {}}, {"dims": {"n_mels": 80}, "model_state_dict": {}}, [1, 2], {"model_state_dict": {}}],
)
def test_another_checkpoint_is_not_taken_for_whisper(checkpoint: Any, tmp_path: Path) -> None:
    import torch

    (tmp_path / "whisper").mkdir()
    torch.save(checkpoint, tmp_path / "whisper" / "tiny.pt")
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(tmp_path))
    assert caught.value.code == "weights_damaged"


def test_code_in_a_checkpoint_does_not_run(tmp_path: Path) -> None:
    import torch

    (tmp_path / "whisper").mkdir()
    torch.save({"dims": Trap(tmp_path / "ran")}, tmp_path / "whisper" / "tiny.pt")
    with pytest.raises(PipelineError) as caught:
        whisper.create(offline(tmp_path))
    assert caught.value.code == "weights_unsafe"
    assert not (tmp_path / "ran").exists()


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_eight_bits_say_the_same(scripted: whisper.Whisper, weights: Path) -> None:
    config = EngineConfig(models=weights, network=False, device="cpu", options=(("whisper_precision", "int8"),))
    small = whisper.create(config)
    region = [Region(1.0, 4.0)]
    assert small.recognize(SOUND, region, "en", Silent()) == scripted.recognize(SOUND, region, "en", Silent())
    assert small.memory_bytes < scripted.memory_bytes


@pytest.mark.parametrize("size", ["tiny", "base"])
def test_weights_of_the_published_shapes_load(size: str, tmp_path: Path) -> None:
    import torch
    from whisper.model import ModelDimensions
    from whisper.model import Whisper as Network

    layers, heads = whisper.PUBLISHED_DECODERS[size]
    dimensions = {"n_mels": 80, "n_vocab": 51865, "n_audio_ctx": 1500, "n_text_ctx": 448} | {
        f"n_{side}_{what}": value
        for side in ("audio", "text")
        for what, value in (("state", 64 * heads), ("head", heads), ("layer", layers))
    }
    state = {
        name: torch.zeros(1, dtype=torch.float16).expand(tensor.shape)  # one number in the file, whatever the shape
        for name, tensor in Network(ModelDimensions(**dimensions)).state_dict().items()
    }
    path = tmp_path / f"{size}.pt"
    torch.save({"dims": dimensions, "model_state_dict": state}, path)
    network = whisper.load(path, size)
    assert network.alignment_heads.shape == (layers, heads)
    followed = network.alignment_heads.to_dense()
    assert 0 < followed.sum() < followed.numel() / 2  # the published ones, not half of all as the library guesses
    state.pop("decoder.ln.bias")
    torch.save({"dims": dimensions, "model_state_dict": state}, path)
    with pytest.raises(PipelineError) as caught:
        whisper.load(path, size)
    assert caught.value.code == "weights_damaged"


def test_the_published_decoders_fit_their_alignment_heads() -> None:
    import base64
    import gzip

    import whisper as library

    for size, (layers, heads) in whisper.PUBLISHED_DECODERS.items():
        packed = library._ALIGNMENT_HEADS[size]
        assert len(gzip.decompress(base64.b85decode(packed))) == layers * heads
