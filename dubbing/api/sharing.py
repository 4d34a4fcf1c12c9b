"""Whom a job's result is shared with."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from dubbing import selectors, sharing
from dubbing.api.base import CHANGED, NOT_THERE, JobView
from dubbing.models import JobShare


class JobShareSerializer(serializers.ModelSerializer[JobShare]):
    """Somebody whom a result is shared with."""

    username = serializers.CharField(source="user.username", read_only=True)

    class Meta:
        model = JobShare
        fields = ("username", "created_at")
        read_only_fields = fields


class ShareWithSerializer(serializers.Serializer[Any]):
    """Whom to share with."""

    name = serializers.CharField(max_length=254, help_text="A username or an e-mail address.")


class JobShares(JobView):
    """The people with whom a result is shared; for its owner."""

    serializer_class = JobShareSerializer
    pagination_class = None

    @extend_schema(operation_id="jobs_shares", responses={200: JobShareSerializer(many=True), **NOT_THERE})
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(JobShareSerializer(selectors.people_of(self.own_job()), many=True).data)

    @extend_schema(
        operation_id="jobs_share", request=ShareWithSerializer, responses={201: JobShareSerializer, **CHANGED}
    )
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Let somebody look at the result, play it and download it; they change nothing."""
        share = sharing.job_share(job=self.own_job(), **self.checked(ShareWithSerializer))
        return Response(JobShareSerializer(share).data, status=status.HTTP_201_CREATED)


class JobShareDetail(JobView):
    """One of them."""

    serializer_class = JobShareSerializer

    @extend_schema(operation_id="jobs_unshare", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, job_id: uuid.UUID, username: str) -> Response:
        """Stop sharing."""
        job = self.own_job()
        user = User.objects.filter(username=username).first()
        if user is None or not sharing.job_unshare(job=job, user=user):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)
