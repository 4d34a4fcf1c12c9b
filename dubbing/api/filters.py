"""What the list of jobs can be narrowed by."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from dubbing.models import Job, Speaker


class JobFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?whose=shared&status=queued&status=running&kind=dubbing&order=-created_at``."""

    whose = django_filters.ChoiceFilter(
        choices=(("mine", "mine"), ("shared", "shared with me"), ("all", "both")), method="already_chosen"
    )
    status = django_filters.MultipleChoiceFilter(choices=Job.Status.choices)
    kind = django_filters.MultipleChoiceFilter(choices=Job.Kind.choices)
    batch = django_filters.UUIDFilter(field_name="batch_id")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    order = django_filters.OrderingFilter(fields=("created_at", "finished_at", "title", "status"))

    class Meta:
        model = Job
        fields = ("status", "kind")

    def already_chosen(self, jobs: QuerySet[Job], name: str, value: str) -> QuerySet[Job]:
        """The view starts from these jobs; here the value is checked, and told of in the schema."""
        return jobs


class SpeakerFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?job=<uuid>&actor_state=asked``."""

    job = django_filters.UUIDFilter(field_name="job_id")
    actor = django_filters.UUIDFilter(field_name="actor_id")
    actor_state = django_filters.MultipleChoiceFilter(choices=Speaker.ActorState.choices)

    class Meta:
        model = Speaker
        fields = ()
