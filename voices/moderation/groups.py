"""The group whose members moderate: staff with these permissions and no others, not superusers."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed
from django.db.models import Q

MODERATORS = "Moderators"
JUDGE = (
    "voices.review_public",
    "voices.review_consent",
    "voices.decide_report",
    "voices.decide_appeal",
    "voices.take_down",
    "accounts.suspend_user",
)
"""What they decide."""

LOOK = (
    "voices.view_voiceprofile",
    "voices.view_faceprofile",
    "voices.view_publicrequest",
    "voices.view_consentrecord",
    "voices.view_consentattempt",
    "voices.view_report",
    "voices.view_decision",
    "voices.view_appeal",
    "accounts.view_auditentry",
)
"""What they may read of it in the admin's lists."""


def make_group(*, using: str, apps: Apps = installed, **_signal: Any) -> None:
    """After every migration that leaves groups and permissions there: the group, with at least these permissions.

    (``flush`` migrates nothing, and names no apps.)
    """
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    wanted = Q(pk__in=())
    for name in (*JUDGE, *LOOK):
        app, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    group, _made = groups.objects.using(using).get_or_create(name=MODERATORS)
    group.permissions.add(*permissions.objects.using(using).filter(wanted))
