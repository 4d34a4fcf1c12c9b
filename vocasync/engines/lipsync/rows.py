"""The registry's rows of lip sync."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs
from vocasync.engines.lipsync.settings import DIFF2LIP_SETTINGS, WAV2LIP_SETTINGS

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="warp",
        stage="lipsync",
        label="Drawn lips",
        path="vocasync.engines.lipsync.warp.engine:create",
        kind="embedded",
        quality=10,
        licence="The project's own",
        needs=Needs(packages=("cv2", "scipy")),
        tried="On photographs with mouths shut, parted and smiling, as they are, grey, mirrored, brighter, smaller and "
        "tilted: a face mesh sees lips open as they were told, with a correlation of 0.90 to 0.99 and without a lag.",
        about="Bends the photo itself: jaw, lips, teeth and tongue, blinking, brows, a smile and small movements of "
        "the head. Works offline, faster than the video plays, in the photo's own resolution.",
    ),
    EngineSpec(
        name="diff2lip",
        stage="lipsync",
        label="Diff2Lip",
        path="vocasync.engines.lipsync.diff2lip.engine:create",
        kind="neural",
        quality=70,
        licence="CC BY-NC 4.0 (non-commercial)",
        needs=Needs(packages=("torch", "cv2"), step="make engines", weights="diff2lip"),
        settings=DIFF2LIP_SETTINGS,
        commercial=False,
        tried="Not with published weights. All 632 tensors of the published shapes load, and it runs with random ones, "
        "tiny and of full size; not on a GPU yet.",
        about="Makes the lower half of the face out of noise, at 128 by 128 pixels: sharper than Wav2Lip. For a GPU: "
        "without one a second of video takes a quarter of an hour and more.",
    ),
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
        "without a GPU, and soft in large pictures.",
    ),
)
