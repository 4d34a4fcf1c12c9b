"""Whether a voice may be cloned, and how somebody agrees to it and takes it back."""

from voices.consent.ending import withdraw
from voices.consent.rules import Purpose, Verdict, clonable, may_clone, snapshot
from voices.consent.spoken import attempt_answer, attempt_issue
from voices.consent.statements import statement_submit

__all__ = [
    "Purpose",
    "Verdict",
    "attempt_answer",
    "attempt_issue",
    "clonable",
    "may_clone",
    "snapshot",
    "statement_submit",
    "withdraw",
]
