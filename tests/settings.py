"""Settings for the tests: everything under a temporary folder, no network."""

import atexit
import os
import shutil
import tempfile

if "VOCASYNC_VAR" not in os.environ:
    os.environ["VOCASYNC_VAR"] = tempfile.mkdtemp(prefix="vocasync-tests-")
    atexit.register(shutil.rmtree, os.environ["VOCASYNC_VAR"], ignore_errors=True)
os.environ["VOCASYNC_NETWORK"] = "false"
os.environ["VOCASYNC_DEBUG"] = "false"

from vocasite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SPEECH_WAIT = 0.0  # nobody works while a test's request waits
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 (collected on deployment; WhiteNoise warns when it is not there)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production: threads and other processes see it, and it locks as a file does.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}  # noqa: F405
