"""Settings of the real worker processes that the tests start: the test's database and files, the small text dub."""

from tests.settings import *  # noqa: F403

PIPELINES = {"dubbing": "tests.dubbing.textdub:pipeline"}
