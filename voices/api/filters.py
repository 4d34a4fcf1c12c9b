"""What the library can be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from rest_framework.exceptions import ValidationError

from vocasync.types import FloatArray
from voices import selectors
from voices.models import SoundQuery, VoiceProfile
from voices.selectors import Anyone, Listing

GRADES = [choice for choice in VoiceProfile.Grade.choices if choice[0]]


class VoiceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?scope=mine&text=warm&language=es&grade=B&order=-quality``, or ``?like=<voice or clip>``, most alike first."""

    scope = django_filters.ChoiceFilter(choices=[(name, name) for name in selectors.SCOPES])
    text = django_filters.CharFilter(label="Words in the name, person, description, tags or languages.")
    language = django_filters.CharFilter(label="A code from /api/languages.")
    tag = django_filters.CharFilter(label="A tag, whole.")
    grade = django_filters.ChoiceFilter(choices=GRADES, label="This grade or better.")
    favourite = django_filters.BooleanFilter(label="Only those that you marked.")
    like = django_filters.UUIDFilter(label="A voice, or a clip that was sent to /api/voices/search-by-sound.")
    order = django_filters.ChoiceFilter(choices=[(name, name) for name in selectors.ORDERS])

    class Meta:
        model = VoiceProfile
        fields = ()

    def filter_queryset(self, queryset: Any) -> Listing:
        """The library does it itself: its pages ask the same."""
        asked = {name: value for name, value in self.form.cleaned_data.items() if value}
        like = asked.pop("like", None)
        user: Anyone = self.request.user
        return selectors.library(user, like=_vector(user, like) if like else None, **asked)


def _vector(user: Anyone, wanted: Any) -> FloatArray:
    """What a voice that the person may look at, or a clip of theirs, sounds like."""
    try:
        found: FloatArray | None = selectors.voice_of(user, wanted).embedding
    except VoiceProfile.DoesNotExist:
        try:
            found = selectors.query_of(user, wanted).embedding
        except SoundQuery.DoesNotExist:
            raise ValidationError(
                {"like": ["There is no such voice, and no such clip (clips are kept a day)."]}
            ) from None
    if found is None:
        raise ValidationError({"like": ["It is not measured yet. Follow its errand, then ask again."]})
    return found
