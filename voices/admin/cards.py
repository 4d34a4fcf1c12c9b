"""What waits, as the queue shows it: plain values for the template."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.models import User
from vocasync.languages import LANGUAGES
from voices.consent.ending import of
from voices.consent.rules import ENDED
from voices.consent.statements import SUFFIXES
from voices.models import Appeal, ConsentRecord, Decision, FaceProfile, Likeness, PublicRequest, Report, VoiceProfile
from voices.moderation import jobs
from voices.moderation.jobs import JobSubject, Sound
from voices.moderation.waiting import Waiting, face_in_question, in_question, rows_of

SOUNDS = frozenset(suffix for mime, suffix in SUFFIXES.items() if mime.startswith("audio/"))
PICTURES = frozenset(suffix for mime, suffix in SUFFIXES.items() if mime.startswith("image/"))
TITLES = {
    "public": "To be public",
    "consent": "Consent to review",
    "report": "Reported",
    "appeal": "Appeal",
}


@dataclass(frozen=True, slots=True)
class Action:
    """A button. reasoned: it goes against somebody, so that it asks for the reason. tone: good, bad or plain."""

    name: str
    label: str
    permission: str
    reasoned: bool = False
    tone: str = "plain"


TAKE_DOWN = Action("takedown", "Take down", "voices.take_down", True, "bad")
RESTORE = Action("restore", "Restore", "voices.take_down")
WITHDRAW = Action("withdraw", "End the consent", "voices.review_consent", True, "bad")
SUSPEND = Action("suspend", "Suspend the owner", "accounts.suspend_user", True, "bad")
UNSUSPEND = Action("unsuspend", "Lift the suspension", "accounts.suspend_user")
DECIDE: dict[str, tuple[Action, Action]] = {
    "public": (
        Action("grant", "Make it public", "voices.review_public", tone="good"),
        Action("refuse", "Refuse", "voices.review_public", True),
    ),
    "consent": (
        Action("grant", "Accept the consent", "voices.review_consent", tone="good"),
        Action("refuse", "Refuse", "voices.review_consent", True, "bad"),
    ),
    "report": (
        Action("grant", "Take down", "voices.decide_report", True, "bad"),
        Action("refuse", "Nothing is wrong", "voices.decide_report", True),
    ),
    "appeal": (
        Action("grant", "Reverse the decision", "voices.decide_appeal", tone="good"),
        Action("refuse", "The decision stands", "voices.decide_appeal", True),
    ),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A statement. picture, sound: whether it can be shown in the page."""

    name: str
    url: str
    picture: bool
    sound: bool


@dataclass(frozen=True, slots=True)
class Card:
    """Something that waits. owner: whose it is; past: decisions against them before. facts: (name, value).
    quote: what somebody wrote, and who."""

    kind: str
    key: str
    title: str
    name: str
    owner: User | None
    at: datetime
    past: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    quoted: str = ""
    sounds: tuple[Sound, ...] = ()
    papers: tuple[Paper, ...] = ()
    voice: VoiceProfile | None = None
    face: FaceProfile | None = None
    gone: bool = False
    actions: tuple[Action, ...] = field(default=())


# --- a page of the queue ----------------------------------------------------------------------------------------------
def cards(user: User, page: Iterable[Waiting]) -> list[Card]:
    """In the order of the page, in as many queries for many as for one."""
    wanted = list(page)
    rows = {
        Waiting(kind, key): row
        for kind in {one.kind for one in wanted}
        for key, row in rows_of(kind, [one.key for one in wanted if one.kind == kind]).items()
    }
    found = [(one.kind, rows[same]) for one in wanted if (same := Waiting(one.kind, _dashed(one))) in rows]
    results = jobs.many({job for _, row in found if (job := _job_id(row)) is not None})
    past = _past(found)
    return [_card(user, kind, row, results, past) for kind, row in found]


def _dashed(one: Waiting) -> str:
    """The key as Python writes it: SQLite gives UUIDs without their dashes."""
    return one.key if one.kind in ("public", "appeal") else str(uuid.UUID(one.key))


def _job_id(row: Any) -> uuid.UUID | None:
    about = row.decision if isinstance(row, Appeal) else row
    found: uuid.UUID | None = getattr(about, "job_id", None)
    return found


def _past(found: list[tuple[str, Any]]) -> Counter[int]:
    owners = {owner.pk for _, row in found if (owner := owner_of(row)) is not None}
    return Counter(Decision.objects.filter(user__in=owners, reversed_at=None).values_list("user_id", flat=True))


def owner_of(row: Any) -> User | None:
    """Whom a decision about it concerns."""
    if isinstance(row, Appeal):
        return row.decision.user
    if isinstance(row, Report):
        return row.voice.owner if row.voice else row.subject_owner
    owner: User = _likeness_of(row).owner
    return owner


def _likeness_of(row: Any) -> Likeness:
    found: Likeness = row.likeness if isinstance(row, ConsentRecord) else row.voice
    return found


def _card(user: User, kind: str, row: Any, results: dict[uuid.UUID, JobSubject], past: Counter[int]) -> Card:
    owner = owner_of(row)
    job_id = _job_id(row)
    given = {
        "kind": kind,
        "key": str(row.pk),
        "title": TITLES[kind],
        "owner": owner,
        "past": past[owner.pk] if owner else 0,
        "at": row.created_at,
    }
    shown = BUILDERS[kind](row, results.get(job_id) if job_id else None)
    about = shown.get("voice") or shown.get("face")
    return Card(**{**given, **shown, "actions": _actions(user, kind, owner, about)})


def _actions(user: User, kind: str, owner: User | None, about: Likeness | None) -> tuple[Action, ...]:
    wanted = [*DECIDE[kind]]
    if kind in ("public", "consent") and about is not None and about.taken_down_at is None:
        wanted.append(TAKE_DOWN)
    if owner is not None and kind != "appeal" and not owner.is_suspended:
        wanted.append(SUSPEND)
    return tuple(action for action in wanted if user.has_perm(action.permission))


def likeness_actions(user: User, likeness: Likeness) -> tuple[Action, ...]:
    """What can be done to a voice or a face, and to its owner, at any time."""
    wanted = [
        TAKE_DOWN if likeness.taken_down_at is None else RESTORE,
        *(() if likeness.consent in ENDED else (WITHDRAW,)),
        UNSUSPEND if likeness.owner.is_suspended else SUSPEND,
    ]
    return tuple(action for action in wanted if user.has_perm(action.permission))


def decision_actions(user: User, decision: Decision) -> tuple[Action, ...]:
    """How a decision that stands is reversed without an appeal."""
    lasting = {
        Decision.Kind.TAKEDOWN_VOICE: RESTORE,
        Decision.Kind.TAKEDOWN_FACE: RESTORE,
        Decision.Kind.TAKEDOWN_JOB: RESTORE,
        Decision.Kind.SUSPEND: UNSUSPEND,
    }
    action = lasting.get(Decision.Kind(decision.kind))
    return (action,) if action and user.has_perm(action.permission) else ()


# --- what is particular to a kind -------------------------------------------------------------------------------------
def _public(row: PublicRequest, _job: JobSubject | None) -> dict[str, Any]:
    return {
        **_of_voice(row.voice),
        "quote": row.note,
        "quoted": "The owner writes",
    }


def _consent(row: ConsentRecord, _job: JobSubject | None) -> dict[str, Any]:
    about = row.likeness
    shown = _of_face(about, [row]) if isinstance(about, FaceProfile) else _of_voice(about)
    return {**shown, "quote": row.declaration, "quoted": "The owner declares"}


def _report(row: Report, job: JobSubject | None) -> dict[str, Any]:
    shown = _of_voice(row.voice) if row.voice else _of_job(row.subject_name, job)
    who = row.reporter.get_username() if row.reporter else "somebody who left"
    facts = (("Why", row.get_reason_display()), *shown["facts"])
    return {**shown, "facts": facts, "quote": row.details, "quoted": f"{who} writes"}


def _appeal(row: Appeal, job: JobSubject | None) -> dict[str, Any]:
    decision = row.decision
    shown = _of_voice(decision.voice) if decision.voice else _of_job(decision.subject_name, job)
    if decision.face is not None:
        shown = _of_face(decision.face, list(of(decision.face)))
    if decision.kind == Decision.Kind.SUSPEND:
        shown = {"name": decision.subject_name}
    moderator = decision.moderator.get_username() if decision.moderator else "a moderator who left"
    facts = (
        ("Decision", decision.get_kind_display()),
        ("Reason", decision.reason),
        ("By", f"{moderator}, {decision.at:%-d %B %Y}"),
        *shown.get("facts", ()),
    )
    return {**shown, "facts": facts, "quote": row.text, "quoted": f"{decision.user.get_username()} writes"}


BUILDERS: dict[str, Callable[[Any, JobSubject | None], dict[str, Any]]] = {
    "public": _public,
    "consent": _consent,
    "report": _report,
    "appeal": _appeal,
}


# --- a voice, a result ------------------------------------------------------------------------------------------------
def of_voice(voice: VoiceProfile) -> dict[str, Any]:
    """Facts, sounds and papers of a voice as :func:`voices.moderation.waiting.voice_of` loads it."""
    shown = _of_voice(voice)
    return shown if in_question(voice) else {**shown, "sounds": (), "papers": ()}


def _of_voice(voice: VoiceProfile) -> dict[str, Any]:
    whose = voice.person_name or voice.get_whose_display()
    languages = ", ".join(LANGUAGES[row.code].name for row in voice.language_rows.all() if row.code in LANGUAGES)
    facts = (
        ("Whose voice", whose),
        ("Consent", voice.get_consent_display()),
        ("Languages", languages),
        ("Quality", f"{voice.grade} · {voice.seconds:.0f} s of speech" if voice.grade else ""),
        ("Description", voice.description),
    )
    return {
        "name": voice.name,
        "voice": voice,
        "facts": tuple((name, value) for name, value in facts if value),
        "sounds": (*_samples(voice), *_previews(voice), *_readings(voice)),
        "papers": tuple(_paper(row) for row in voice.shown_consents if row.file_name),  # type: ignore[attr-defined]
    }


def of_face(face: FaceProfile) -> dict[str, Any]:
    """Facts, picture and papers of a face."""
    shown = _of_face(face, list(of(face)))
    return shown if face_in_question(face) else {**shown, "papers": ()}


def _of_face(face: FaceProfile, records: list[ConsentRecord]) -> dict[str, Any]:
    facts = (
        ("Whose face", face.person_name or face.get_whose_display()),
        ("Consent", face.get_consent_display()),
        ("Picture", f"{face.width} × {face.height} pixels" if face.width else ""),
    )
    picture = Paper("The picture", reverse("moderation:picture", args=[face.pk]), picture=True, sound=False)
    return {
        "name": face.name,
        "face": face,
        "facts": tuple((name, value) for name, value in facts if value),
        "papers": (*((picture,) if face.width else ()), *(_paper(row) for row in records if row.file_name)),
    }


def _samples(voice: Any) -> Iterable[Sound]:
    return (
        Sound(f"Sample: {row.name}{_length(row.seconds)}", reverse("moderation:sample", args=[row.pk]))
        for row in voice.shown_samples
    )


def _previews(voice: Any) -> Iterable[Sound]:
    return (
        Sound(f"Preview: “{row.text}”{_length(row.seconds)}", reverse("moderation:preview", args=[row.pk]))
        for row in voice.shown_previews
    )


def _length(seconds: float | None) -> str:
    """A player does not say it before it is pressed."""
    return "" if seconds is None else f" · {seconds:.0f} s"


def _readings(voice: Any) -> Iterable[Sound]:
    read = (row for row in voice.shown_consents if row.attempt_id is not None)
    return (Sound("The sentence, read aloud", reverse("moderation:reading", args=[row.pk])) for row in read)


def _paper(row: ConsentRecord) -> Paper:
    suffix = row.file_name[row.file_name.rfind(".") :]
    url = reverse("moderation:statement", args=[row.pk])
    return Paper(row.file_name, url, suffix in PICTURES, suffix in SOUNDS)


def _of_job(name: str, job: JobSubject | None) -> dict[str, Any]:
    if job is None:
        return {"name": name, "facts": (), "gone": True}
    state = (("State", "Taken down"),) if job.is_taken_down else ()
    return {"name": job.title, "facts": state, "sounds": job.sounds}
