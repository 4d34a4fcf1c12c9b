"""A photograph that speaks: a face, and a script or a recording."""

from vocasync.pipelines.portrait.pipeline import PortraitPipeline
from vocasync.pipelines.portrait.request import PortraitRequest

__all__ = ["PortraitPipeline", "PortraitRequest"]
