"""Windows of a speech's spectrogram."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vocasync.engines.lipsync.makers import talk
from vocasync.engines.lipsync.hearing import WIDTH, Hearing
from vocasync.engines.mel import LOUDEST, mel
from vocasync.types import Audio

LONG = np.tile(talk(), 12)  # about half a minute, so that it is not worked out at once


def test_windows_are_those_of_the_whole_spectrogram() -> None:
    hearing, whole = Hearing(Audio(LONG, 16_000)), mel(Audio(LONG, 16_000))
    assert hearing.columns == len(whole) > 2100
    for start in (0, 1, 2040, 2048, 2050, 7, 2040):
        assert np.allclose(hearing.window(start), whole[start : start + WIDTH].T, atol=1e-4)


def test_the_last_window_is_the_last_sixteen_columns() -> None:
    hearing, whole = Hearing(Audio(talk(), 16_000)), mel(Audio(talk(), 16_000))
    for start in (len(whole) - WIDTH + 1, len(whole), 10**6):
        assert np.allclose(hearing.window(start), whole[-WIDTH:].T, atol=1e-4)


@pytest.mark.parametrize("samples", [0, 1, 399, 2500])
def test_behind_what_is_shorter_there_is_silence(samples: int) -> None:
    window = Hearing(Audio(talk()[:samples], 16_000)).window(0)
    assert window.shape == (80, WIDTH)
    assert (window[:, 1 + samples // 200 :] == -LOUDEST).all()


def test_what_is_no_number_is_silence() -> None:
    broken = talk().copy()
    broken[3000:4000] = np.nan
    broken[5000] = np.inf
    hearing = Hearing(Audio(broken, 16_000))
    assert np.isfinite(np.concatenate([hearing.window(start) for start in range(0, 40, 4)])).all()
    assert hearing.window(2).max() > 0
