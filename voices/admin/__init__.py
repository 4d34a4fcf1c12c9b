"""The library in the admin: what waits for moderators, what they decided, and the trail of it."""

from voices.admin import lists

__all__ = ["lists"]
