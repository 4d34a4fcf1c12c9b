"""Text in, speech out: what a person wrote, spoken from its beginning to its end in one voice."""

from vocasync.pipelines.script.pipeline import ScriptPipeline
from vocasync.pipelines.script.request import FORMATS, Margins, ScriptRequest

__all__ = ["FORMATS", "Margins", "ScriptPipeline", "ScriptRequest"]
