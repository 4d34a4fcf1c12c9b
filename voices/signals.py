"""What other apps may want to hear of. Receivers are one line that calls a service."""

from __future__ import annotations

from django.dispatch import Signal

consent_ended = Signal()
"""Nobody may clone the voice any more. Sent inside the transaction with ``voice`` (VoiceProfile), ``reason`` (text)."""

face_ended = Signal()
"""Nobody may have the face speak any more. Sent inside the transaction, while it is still there, with ``face``
(FaceProfile), ``reason`` (text)."""

job_taken_down = Signal()
"""A moderator took a job's result down. Sent with ``job_id`` (UUID), ``reason`` (text)."""

job_restored = Signal()
"""The takedown of a job's result was reversed. Sent with ``job_id`` (UUID)."""

user_suspended = Signal()
"""A moderator stopped an account. Sent inside the transaction with ``user`` (User), ``reason`` (text)."""

utterance_spoken = Signal()
"""A text was spoken. Sent inside the transaction with ``made`` (the files' SHA-256 by their media type)."""
