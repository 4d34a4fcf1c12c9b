"""Lips that move to what is heard, in stills and in video."""
