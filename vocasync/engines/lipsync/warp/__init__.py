"""Lip sync without a model: the picture itself is bent by the landmarks of its face."""
