"""Mouths that go with speech: a track of visemes, frame by frame."""

from vocasync.stages.visemes.track import mouths

__all__ = ["mouths"]
