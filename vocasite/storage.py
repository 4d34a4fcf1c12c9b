"""How static files are kept: compressed, under names that change with their content."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise's bases are untyped
    """Modules that a script imports get hashed names as well, so that no browser mixes old and new ones."""

    support_js_module_import_aggregation = True
