from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vocasync.engines.base import EngineConfig
from vocasync.engines.face.mesh import BlazeMesh, create
from vocasync.types import Picture


@pytest.fixture(scope="session")
def finder() -> BlazeMesh:
    return create(EngineConfig())


@pytest.fixture(scope="session")
def astronaut(shared_media: Path) -> Picture:
    with Image.open(shared_media / "scikit-image/astronaut.png") as image:
        return np.asarray(image.convert("RGB"))
