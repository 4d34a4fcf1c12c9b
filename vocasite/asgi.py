"""The site over ASGI: pages and REST by HTTP, live progress by websockets."""

from __future__ import annotations

import os
import tempfile

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vocasite.settings")
pages = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from accounts.models import ApiKey  # noqa: E402
from dubbing import routing as dubbing  # noqa: E402
from live import routing as live  # noqa: E402
from vocasite.bodylimit import BodyLimit  # noqa: E402
from vocasite.sockets import guarded  # noqa: E402

# Django spools request bodies to the temporary folder: the one with room for uploads, not a small /tmp.
tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)

sockets = [
    *guarded(dubbing.websocket_urlpatterns, ApiKey.Scope.READ),  # they only tell
    *guarded(live.websocket_urlpatterns, ApiKey.Scope.LIVE),
]

application = ProtocolTypeRouter({"http": BodyLimit(pages), "websocket": URLRouter(sockets)})
