"""Whether a voice may be cloned, and how somebody agrees to it and takes it back."""

from voices.consent.rules import Purpose, Verdict, clonable, may_clone, snapshot

__all__ = ["Purpose", "Verdict", "clonable", "may_clone", "snapshot"]
