"""Diff2Lip: S. Mukhopadhyay et al., "Diff2Lip: audio conditioned diffusion models for lip-synchronization", WACV 2024.

The lower half of a face is made out of noise, step by step, by a network that is shown what is there already, the
person's face, and the sound. It is written here from the papers and loads the weights that were published.
"""
