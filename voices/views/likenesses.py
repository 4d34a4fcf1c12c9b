"""What is done about the consent of a voice and of a face alike: a statement brought, a consent taken back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from voices import consent
from voices.models import ConsentRecord, FaceProfile, VoiceProfile
from voices.petitions import FaceStatementForm, StatementForm, WithdrawForm
from voices.views.answers import refused, submitted
from web.people import person, wants_json


def statement_sent(
    request: HttpRequest,
    likeness: VoiceProfile | FaceProfile,
    form: StatementForm | FaceStatementForm,
    again: Callable[[], HttpResponse],
    back: str,
) -> HttpResponse:
    """Give another person's statement to the moderators. again: the page with the form, for what is wrong with it."""

    def submit() -> ConsentRecord:
        given = form.cleaned_data
        return consent.statement_submit(
            likeness=likeness, by=person(request), upload=given["statement"], person_name=given["person_name"]
        )

    if submitted(form, submit) is None:
        return refused(form) if wants_json(request) else again()
    messages.success(request, "The statement waits for a moderator. You are told as soon as it is decided.")
    return redirect(back)


def consent_withdrawn(
    request: HttpRequest, likeness: VoiceProfile | FaceProfile, consequence: str, back: str
) -> HttpResponse:
    """Take the consent back. consequence: what that means, a sentence."""
    form = WithdrawForm(request.POST)

    def end() -> bool:
        consent.withdraw(likeness=likeness, by=person(request), reason=form.cleaned_data["reason"])
        return True

    if submitted(form, end) is None:
        messages.error(request, " ".join(str(text) for errors in form.errors.values() for text in errors))
    else:
        messages.success(request, f"The consent for “{likeness.name}” is withdrawn. {consequence}")
    return redirect(back)
