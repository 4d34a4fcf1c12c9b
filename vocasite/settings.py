"""Settings: an embedded default that needs nothing, grown up by environment alone (``VOCASYNC_*``)."""

from __future__ import annotations

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.management.utils import get_random_secret_key
from environs import validate

from vocasite.env import BASE_DIR, env
from vocasite.layers import channel_layer
from vocasync.engines.services import SERVICES

VAR = Path(env.str("VAR", str(BASE_DIR / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", False)
HTTPS = env.bool("HTTPS", False)
"""Whether people reach the site by https: turns on HSTS, secure cookies and the redirect."""


def _secret_key() -> str:
    """The configured key, or one made on first start and kept in a file only this user can read."""
    given = env.str("SECRET_KEY", "")
    if given:
        return given
    path = VAR / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(get_random_secret_key())
    return path.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("TRUSTED_ORIGINS", [])
SITE_ID = 1

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "channels",
    "django_q",
    "accounts",
    "web",
    "engines",
    "voices",
    "dubbing",
    "live",
    "vocasite.apps.VocasiteConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "vocasite.urls"
ASGI_APPLICATION = "vocasite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# --- data -----------------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{VAR / 'db.sqlite3'}")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction that will write takes its lock at the start and waits, instead of failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA mmap_size=268435456;",  # what is read often is read from memory, without a copy
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", "")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
CHANNEL_LAYERS = {"default": channel_layer(REDIS_URL)}

# --- the queue ------------------------------------------------------------------------------------------------------
WORKERS = env.int("WORKERS", max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
TASK_SECONDS = 6 * 3600
Q_CLUSTER = {
    "name": "vocasync",
    "label": "Queue",
    "workers": WORKERS,
    "timeout": TASK_SECONDS,
    # Above the longest task: the broker must not hand out a task twice (leases would refuse the second anyway).
    "retry": TASK_SECONDS + 600,
    "max_attempts": 1,
    "ack_failures": True,
    "queue_limit": WORKERS * 2,
    "bulk": 1,
    "poll": 0.5,
    "catch_up": False,
    "save_limit": 200,
    "recycle": 200,
    # A task may start processes of its own (ffmpeg, Apertium).
    "daemonize_workers": False,
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# --- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(VAR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR / "media")))
MEDIA_URL = ""  # never served by address: media is private, see dubbing.views.artifacts
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "vocasite.storage.StaticStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_TEMP_DIR = VAR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = ["web.uploads.LimitedUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
ACCEL_REDIRECT = env.str("ACCEL_REDIRECT", "")
"""Internal nginx location that maps to MEDIA_ROOT; when set, files are sent by nginx (X-Accel-Redirect)."""

# --- provenance -----------------------------------------------------------------------------------------------------
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
"""How people reach the site; it stands in the provenance of what is made."""
SIGNING = Path(env.str("SIGNING", str(VAR / "signing")))
"""Folder of the site's signing key and certificate, made on first use. Several machines share one."""
ENCRYPTION_KEYS: list[str] = env.list("ENCRYPTION_KEYS", [])
"""What people's keys for services are encrypted with (Fernet keys): the first encrypts, every one decrypts."""
ENCRYPTION_FILE = SIGNING.with_name("encryption_keys")
"""Where such a key is kept where none is configured, made on first use. Several machines share one."""

# --- limits and engines ---------------------------------------------------------------------------------------------


def _plan(prefix: str, **defaults: int | None) -> dict[str, int | None]:
    """A plan's limits (``accounts.limits.Limits``), each from the environment where it is set there."""
    return {name: env.int(f"{prefix}MAX_{name.upper()}", amount) for name, amount in defaults.items()}


PLANS = {
    "standard": _plan(
        "",
        media_minutes=180,
        upload_mb=4096,
        active_jobs=5,
        audio_minutes_day=600,
        storage_mb=51_200,
        voices=100,
        usd_month=None,
    ),
    "studio": _plan(
        "STUDIO_",
        media_minutes=600,
        upload_mb=16_384,
        active_jobs=20,
        audio_minutes_day=6_000,
        storage_mb=512_000,
        voices=2_000,
        usd_month=None,
    ),
}
DEFAULT_PLAN = env.str("DEFAULT_PLAN", "standard")
"""Of everybody who has no other; the admin gives a person another plan, or limits of their own."""

_ENGINE_OPTIONS = (
    "elevenlabs_url",
    "deepl_url",
    "microsoft_url",
    "microsoft_region",
    "libretranslate_url",
    "models_mirror",
    "google_project",
    "google_location",
    "google_speech_endpoint",
    "google_speech_model",
    "google_translate_endpoint",
    "google_glossaries",
    "whisper_precision",
    "xtts_precision",
    "bark_precision",
)
"""Where services are, and what they have to know beside a key; how exactly models reckon; ``VOCASYNC_`` and the name in
capitals sets one."""
ENGINES = {
    "models": env.str("MODELS", str(VAR / "models")),
    "cache": env.str("CACHE", str(VAR / "cache")),
    "network": env.bool("NETWORK", True),
    "device": env.str("DEVICE", "auto"),
    "memory_mb": env.int("ENGINE_MEMORY_MB", 0),
    "options": {
        "google_url": env.str("GOOGLE_TRANSLATE_URL", ""),
        **{name: env.str(name.upper(), "") for name in _ENGINE_OPTIONS},
    },
    "keys": {row.name: env.str(f"{row.name.upper()}_KEY", "") for row in SERVICES},
}
PRICES = env.json("PRICES", {})
"""What the site pays for services where that is not the vendor's list price (``vocasync.engines.costs``)."""
WATERMARK = env.str("WATERMARK", "auto", validate=validate.OneOf(("auto", "off")))
"""``auto``: what is spoken in a dub is marked where an engine for it is ready; ``off``: never."""
ACTOR_SIMILARITY = env.float("ACTOR_SIMILARITY", 0.8)
"""Cosine from which a speaker is taken for an actor without asking; what it means is measured in docs/similarity.md."""
ACTOR_ASK = env.float("ACTOR_ASK", 0.7)
"""Cosine from which a person is asked whether it is the actor."""

# --- speech ----------------------------------------------------------------------------------------------------------
SPEECH_CHARS = env.int("SPEECH_CHARS", 2000)
"""Characters of a text that is spoken at once; a longer one is a job."""
SPEECH_ENGINE_CHARS = dict[str, int](env.dict("SPEECH_ENGINE_CHARS", {}, subcast_values=int))
"""The same for single engines, where it is less: slow ones would keep a worker from what others wait for."""
SPEECH_DAYS = env.int("SPEECH_DAYS", 30)
"""Days for which what was spoken is kept, in its owner's room, unless they delete it before."""
SPEECH_WAIT = env.float("SPEECH_WAIT", 55.0)
"""Seconds for which a request waits for what is spoken, before it is told where to ask; below a proxy's patience."""

# --- live ------------------------------------------------------------------------------------------------------------


def _live(name: str, default: str) -> str:
    """A setting of live dubbing: ``VOCASYNC_<name>``, or the name alone, as other real-time systems have it."""
    return env.str(name, os.environ.get(name, default))


LIVE_SAMPLE_RATE = int(_live("SAMPLE_RATE", "16000"))
"""Of sound that comes in, in Hz, where a session names no other."""
LIVE_CHUNK_SIZE = int(_live("CHUNK_SIZE", "1024"))
"""Samples a chunk that clients are told to send."""
LIVE_MAX_CHUNK_DURATION = float(_live("MAX_CHUNK_DURATION", "1.0"))
"""Seconds of sound that a chunk may hold."""
LIVE_VOICE_SIMILARITY_THRESHOLD = float(_live("VOICE_SIMILARITY_THRESHOLD", "0.8"))
LIVE_VOICE_STABILITY = float(_live("VOICE_STABILITY", "0.5"))
LIVE_VOICE_CLARITY = float(_live("VOICE_CLARITY", "0.75"))
LIVE_MAX_CONCURRENT_REQUESTS = int(_live("MAX_CONCURRENT_REQUESTS", "10"))
"""Sessions that all live workers of a machine take together."""
LIVE_CACHE_TTL = int(_live("CACHE_TTL", "3600"))
"""Seconds for which recordings that were brought for a session's voices are kept, and translations in memory."""
LIVE_WORKERS = env.int("LIVE_WORKERS", max(1, WORKERS // 2))
"""Processes that do live sessions."""
LIVE_SESSIONS_PERSON = env.int("LIVE_SESSIONS_PERSON", 3)
"""Sessions that one person may have at once."""
LIVE_RESUME_SECONDS = env.int("LIVE_RESUME_SECONDS", 120)
"""How long a session waits for its client to connect again."""
LIVE_IDLE_SECONDS = env.int("LIVE_IDLE_SECONDS", 60)
"""How long a socket may stay open on which nothing comes."""
LIVE_NUMBERS_DAYS = env.int("LIVE_NUMBERS_DAYS", 90)
"""Days for which the numbers of sessions that are over are kept."""
LIVE_SOCKETS = Path(env.str("LIVE_SOCKETS", str(VAR / "live")))
"""Folder of the sockets by which the web process reaches the live workers of its machine."""
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
"""What a Prometheus server shows to read /metrics (``Authorization: Bearer``); "" for administrators alone."""

# --- consent and moderation -----------------------------------------------------------------------------------------
CONSENT_SECONDS = env.int("CONSENT_SECONDS", 60)
"""How long somebody has to read the sentence aloud, from when it is shown."""
CONSENT_UPLOAD_SECONDS = 15
"""How much later the recording may arrive: it is sent when the reading is over."""
CONSENT_ATTEMPTS_HOUR = env.int("CONSENT_ATTEMPTS_HOUR", 10)
CONSENT_SENTENCES = list[str](env.json("CONSENT_SENTENCES", []))
"""Sentences to read instead of random ones (a JSON list): for checks with known recordings, never for a real site."""
REPORTS_DAY = env.int("REPORTS_DAY", 20)

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "optional")
ACCOUNT_USERNAME_BLACKLIST = ["admin", "root", "vocasync", "support"]
LOGIN_REDIRECT_URL = "dubbing:dashboard"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("FROM_EMAIL", "Vocasync <noreply@localhost>")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- safety ---------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- REST -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "web.api.permissions.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_PARSER_CLASSES": [
        "web.api.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_RATE", "1200/min"),
        "submit": env.str("API_SUBMIT_RATE", "60/min"),
        "upload": env.str("API_UPLOAD_RATE", "120/min"),
        "preview": env.str("API_PREVIEW_RATE", "120/min"),
        "speech": env.str("API_SPEECH_RATE", "60/min"),
        "verify": env.str("VERIFY_RATE", "30/min"),
    },
    "EXCEPTION_HANDLER": "web.api.errors.handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vocasync",
    "DESCRIPTION": "Dub videos in the speaker's own voice.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # a file is bytes in a request, and an address in an answer
    "PREPROCESSING_HOOKS": ["web.api.routes.documented"],
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "dubbing.models.Job.Status",
        "JobKind": "dubbing.models.Job.Kind",
        "ErrandStatus": "work.models.Leased.Status",
        "SampleStatus": "voices.models.VoiceSample.Status",
        "EmotionStatus": "voices.models.EmotionReference.Status",
        "VoiceConsent": "voices.models.VoiceProfile.Consent",
        "VoiceWhose": "voices.models.VoiceProfile.Whose",
        "FaceWhose": "voices.models.FaceProfile.Whose",
        "ReviewStatus": "voices.models.Report.Status",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- words ----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
