"""The pages of the voice library."""
