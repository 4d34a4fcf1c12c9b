"""Speech into the same speech in another voice."""
