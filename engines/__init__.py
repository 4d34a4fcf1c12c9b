"""Engines as a site has them: people's keys for services, what was spent on them, and the models on its disk."""
