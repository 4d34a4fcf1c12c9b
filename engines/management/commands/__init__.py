"""Commands of the engines app."""
