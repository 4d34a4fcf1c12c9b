"""What the list of jobs can be narrowed by."""

from __future__ import annotations

import django_filters

from dubbing.models import Job


class JobFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?status=queued&status=running&kind=dubbing&order=-created_at``."""

    status = django_filters.MultipleChoiceFilter(choices=Job.Status.choices)
    kind = django_filters.ChoiceFilter(choices=Job.Kind.choices)
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    order = django_filters.OrderingFilter(fields=("created_at", "finished_at", "title", "status"))

    class Meta:
        model = Job
        fields = ("status", "kind")
