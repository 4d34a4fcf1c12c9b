from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from vocasync.engines.base import EngineConfig
from vocasync.engines.face.mesh import BlazeMesh
from vocasync.engines.face.mesh import create as mesh
from vocasync.engines.lipsync.warp.engine import DrawnLips, create
from vocasync.types import Face, Picture

Portrait = tuple[Picture, Face]


@pytest.fixture(scope="session")
def finder() -> BlazeMesh:
    return mesh(EngineConfig())


@pytest.fixture(scope="session")
def lips() -> DrawnLips:
    return create(EngineConfig())


def _read(path: Path) -> Picture:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="session")
def astronaut(shared_media: Path, finder: BlazeMesh) -> Portrait:
    """She smiles, with her teeth to be seen."""
    picture = _read(shared_media / "scikit-image/astronaut.png")[:360, 60:400]
    return picture, finder.faces(picture)[0]


@pytest.fixture(scope="session")
def speaker(shared_media: Path, finder: BlazeMesh) -> Portrait:
    """He is saying something."""
    picture = _read(shared_media / "derived/grid_id2_vcd_swwp2s.portrait.png")
    return picture, finder.faces(picture)[0]


def _grey(picture: Picture) -> Picture:
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def _tilted(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 10, 1)
    return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


VARIANTS: dict[str, Callable[[Picture], Picture]] = {
    "as it is": lambda picture: picture,
    "grey": _grey,
    "mirrored": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
    "brighter": lambda picture: np.clip(picture * 1.25 + 12, 0, 255).astype(np.uint8),
    "smaller": lambda picture: np.asarray(
        cv2.resize(picture, (0, 0), fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA), np.uint8
    ),
    "tilted": _tilted,
}


@pytest.fixture(params=["astronaut", "speaker"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    found: Portrait = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest, portrait: Portrait, finder: BlazeMesh) -> Portrait:
    """A portrait as other people bring theirs."""
    picture = VARIANTS[request.param](portrait[0])
    return picture, finder.faces(picture)[0]
