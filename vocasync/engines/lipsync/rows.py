"""The registry's rows of lip sync."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs
from vocasync.engines.lipsync.settings import WAV2LIP_SETTINGS

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="wav2lip",
        stage="lipsync",
        label="Wav2Lip",
        path="vocasync.engines.lipsync.wav2lip.engine:create",
        kind="neural",
        quality=50,
        licence="Research only (Wav2Lip)",
        needs=Needs(packages=("torch", "cv2"), step="make engines", weights="wav2lip"),
        settings=WAV2LIP_SETTINGS,
        commercial=False,
        tried="Not with published weights. All 352 tensors of the published shapes load, from a checkpoint as from a "
        "TorchScript archive, and it runs with random ones, tiny and of full size.",
        about="Draws the lower half of the face anew, at 96 by 96 pixels, so that it says what is heard: quick even "
        "without a GPU, and soft in large pictures. In a still nothing but the mouth moves.",
    ),
)
