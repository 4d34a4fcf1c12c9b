"""The table of models."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest

from vocasync.engines.asr.whisper_weights import SIZES
from vocasync.engines.registry import specs
from vocasync.errors import PipelineError
from vocasync.weights.catalogue import MODELS, Model, model, name_of

ROWS = pytest.mark.parametrize("row", MODELS.values(), ids=list(MODELS))


@ROWS
def test_a_row_is_whole(row: Model) -> None:
    names = [name for file in row.files for name in file.names]
    assert any(file.needed for file in row.files)
    assert row.size > 1_000_000
    assert row.about.endswith(".")
    assert row.licence.asks == (not row.licence.commercial)
    for name in (*names, row.folder):
        assert not PurePosixPath(name).is_absolute()
        assert ".." not in PurePosixPath(name).parts
    for url in [file.url for file in row.files if file.url] + [row.source, row.licence.url]:
        assert urlsplit(url).scheme == "https"
    for file in row.files:
        assert re.fullmatch(r"[0-9a-f]{0,64}", file.sha256)


@ROWS
def test_a_model_is_known_by_the_place_of_its_files(row: Model) -> None:
    for file in row.files:
        assert name_of(Path("/srv/models", row.folder, file.name)) == row.name


def test_an_unknown_file_in_a_models_folder_belongs_to_it() -> None:
    assert name_of(Path("/srv/models/bark/notes.txt")) == "bark"
    assert name_of(Path("/srv/other/notes.txt")) == ""


def test_whisper_is_there_in_every_size_with_the_checksum_of_its_address() -> None:
    for size in SIZES:
        (file,) = model(f"whisper-{size}").files
        assert len(file.sha256) == 64
        assert f"/{file.sha256}/" in file.url
        assert model(f"faster-whisper-{size}").folder == f"faster-whisper-{size}"


def test_whispers_addresses_are_those_of_its_library() -> None:
    whisper = pytest.importorskip("whisper")
    for size in SIZES:
        assert model(f"whisper-{size}").files[0].url == whisper._MODELS[size]


def test_bark_has_130_voices() -> None:
    prompts = [file for file in model("bark").files if file.name.startswith("speaker_embeddings/")]
    assert len(prompts) == 130 * 3
    assert "speaker_embeddings/v2/hi_speaker_5_semantic_prompt.npy" in {file.name for file in prompts}


def test_every_model_that_an_engine_needs_is_there() -> None:
    for spec in specs():
        if spec.needs.weights:
            assert model(spec.needs.weights).licence.commercial == spec.commercial


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(PipelineError) as caught:
        model("nothing")
    assert caught.value.code == "weights_unknown"
