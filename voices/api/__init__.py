"""The voice library over REST."""
