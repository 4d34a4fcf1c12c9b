"""Where models run."""

from __future__ import annotations

import pytest
import torch

from vocasync.engines.devices import device, halves


@pytest.mark.parametrize(
    ("cuda", "mps", "found"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, False, "cuda")]
)
def test_the_best_there_is(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, found: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert device("auto") == found


def test_what_is_told_goes_before_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device("cpu") == "cpu"


def test_half_precision_is_for_nvidia() -> None:
    assert [halves(name) for name in ("cuda", "cuda:1", "mps", "cpu")] == [True, True, False, False]
