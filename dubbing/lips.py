"""The engine that moves lips, as a submission asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from accounts.models import User
from engines.keys import config_for
from vocasync.engines.auto import AUTO, choose_lipsync
from vocasync.engines.lipsync.costs import expected
from vocasync.engines.registry import spec
from voices.services.settings import checked
from web.problems import about


def check(owner: User, engine: str, options: Mapping[str, float]) -> str:
    """The engine that it would be. Raises ``engine_unknown``, ``engine_not_ready``, or ValidationError for a setting
    that the engine has not, or beyond what it allows."""
    with about("lipsync"):
        chosen = choose_lipsync(engine, config_for(owner))
    if engine == AUTO and options:
        raise ValidationError({"lip_options": "Choose an engine to set something of it."})
    try:
        checked(spec("lipsync", chosen), options)
    except ValidationError as error:
        said = [f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
        raise ValidationError({"lip_options": said}) from error
    return chosen


def work_seconds(owner: User, engine: str, options: Mapping[str, float], frames: int) -> float:
    """What so many frames take here, about."""
    return expected(engine, options.items(), frames, config_for(owner).device)
