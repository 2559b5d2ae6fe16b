"""The one settings file. What varies between places comes from loyalty.environment, typed; the rest is written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONCE, SELF

from adminsite.theme import UNFOLD  # noqa: F401
from loyalty import environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = environment.Environment()

SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = ENVIRONMENT.secret_key_fallbacks
VOUCHER_KEY = ENVIRONMENT.voucher_key  # empty: SECRET_KEY
VOUCHER_KEY_FALLBACKS = ENVIRONMENT.voucher_key_fallbacks
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.trusted_origins
ROOT_URLCONF = "loyalty.urls"
WSGI_APPLICATION = "loyalty.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rules",  # not its autodiscovery, which imports every module called rules: playbooks' brings frames along
    "csp",
    "django_htmx",
    "template_partials",
    "django_structlog",
    "django_prometheus",
    # the house, from the top floor down (docs/architecture.md)
    "loyalty",
    "portal",
    "backoffice",
    "studio",
    "api",
    "web",
    "playbooks",
    "care",
    "replication",
    "earning",
    "rewards",
    "activity",
    "tiers",
    "messaging",
    "members",
    "rules_engine",
    "programs",
    "ledger",
    "identity",
    "audit",
    "adminsite",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "loyalty.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "adminsite.middleware.AdminPolicyMiddleware",
    "web.cookies.CookieMiddleware",  # outside the session's, which writes its cookie on the way out
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.middleware.ProgramMiddleware",  # before whatever reads or makes a path
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.middleware.PrivateMiddleware",
    "identity.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

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
                "django.template.context_processors.i18n",
                "web.context.page",
            ],
        },
    }
]
FORM_RENDERER = "web.forms.Renderer"

# Two roles on one database: the app cannot rewrite what only grows; the owner migrates (loyalty/owner.py).
DATABASES = {"default": environment.database(ENVIRONMENT.database_url, pool_size=ENVIRONMENT.pool_size)}
OWNER_DATABASE = environment.database(ENVIRONMENT.database_owner_url)
# where rehearsals make their databases, in a role that may; by default beside the main one, as its owner
REHEARSAL_DATABASE = (
    environment.database(ENVIRONMENT.rehearsal_database_url) if ENVIRONMENT.rehearsal_database_url else None
)
SILENCED_SYSTEM_CHECKS: list[str] = []

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{ENVIRONMENT.redis_url}/1",  # clear() empties a whole Redis database: never the broker's
        "KEY_PREFIX": ENVIRONMENT.redis_prefix,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1},
    }
}

# reliability: the message is a doorbell; a lost bell is free, a looping one is not
CELERY: dict[str, Any] = {
    "broker_url": f"{ENVIRONMENT.redis_url}/0",
    "task_acks_late": False,
    "task_reject_on_worker_lost": False,
    "worker_disable_prefetch": True,
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_time_limit": 120,
    "task_soft_time_limit": 90,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 400_000,
    "worker_soft_shutdown_timeout": 30,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {
        "visibility_timeout": 600,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": ENVIRONMENT.redis_prefix,
    },
    "task_publish_retry": False,
    "task_default_queue": "score",
    "task_routes": {
        "earning.tasks.*": {"queue": "score"},
        "rewards.tasks.*": {"queue": "score"},
        "care.tasks.*": {"queue": "file"},
        "activity.tasks.*": {"queue": "file"},
        "studio.tasks.*": {"queue": "file"},
        "messaging.tasks.*": {"queue": "file"},  # a slow mail server never keeps points waiting
        "portal.tasks.*": {"queue": "file"},  # nor does Apple or Google
    },
    "worker_hijack_root_logger": False,
    "timezone": "UTC",
    "beat_schedule": {
        "ring every bell": {"task": "earning.tasks.tick", "schedule": 10.0, "options": {"expires": 10}},
        # more often than it acts: once an hour is enough, and a missed beat is made good by the next
        "post what expired": {"task": "earning.tasks.expire", "schedule": 600.0, "options": {"expires": 600}},
        # windows end at the midnights of every market
        "close windows": {"task": "earning.tasks.close_windows", "schedule": 600.0, "options": {"expires": 600}},
        # what was never nudged, and what waits for another attempt
        "deliver messages": {"task": "messaging.tasks.deliver", "schedule": 30.0, "options": {"expires": 30}},
        "make archives": {"task": "care.tasks.archive", "schedule": 60.0, "options": {"expires": 60}},
        "end old requests": {"task": "care.tasks.expire_requests", "schedule": 3600.0, "options": {"expires": 3600}},
        "sweep lost files": {"task": "care.tasks.sweep", "schedule": 3600.0, "options": {"expires": 3600}},
        "ask for opinions": {"task": "care.tasks.ask", "schedule": 900.0, "options": {"expires": 900}},
        "settle and erase": {"task": "care.tasks.leave", "schedule": 600.0, "options": {"expires": 600}},
        # acts once a night for each class; a missed beat is made good by the next
        "keep no longer": {"task": "care.tasks.retain", "schedule": 3600.0, "options": {"expires": 3600}},
        "tell systems what changed": {"task": "replication.tasks.look", "schedule": 300.0, "options": {"expires": 300}},
        # a book that was never nudged, or whose worker was killed
        "rehearse books": {"task": "studio.tasks.rehearse", "schedule": 30.0, "options": {"expires": 30}},
        "tell wallets": {"task": "portal.tasks.wallets", "schedule": 120.0, "options": {"expires": 120}},
        "let holds lapse": {"task": "rewards.tasks.lapse", "schedule": 60.0, "options": {"expires": 60}},
    },
    "beat_schedule_filename": "/tmp/fidelio-celerybeat-schedule",
}
globals().update({f"CELERY_{name.upper()}": value for name, value in CELERY.items()})
CLAIM_LEASE_SECONDS = ENVIRONMENT.lease_seconds

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "portal:home"  # by name: inside the program one is in
ACCOUNT_ADAPTER = "messaging.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = [
    "email*",
    "password1",
]  # closed; without a password here sign-in has none
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900  # seconds: mail may be slow, and the code is long
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True  # no mail of ours has a link to click
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",  # the key is an address from a network: nobody locks an owner out
    "request_login_code": "20/m/ip",
    "wrong_for_address": "40/h/key",  # from all networks together: then a password is good in known browsers alone
    "wrong_in_house": "1000/10m/key",  # and the same for everybody
    "code_to_address": "5/5m/key",
    "reset_password": "20/m/ip",
    "reset_of_address": "5/5m/key",
    "signup": "20/m/ip",
    "confirm_email": "1/3m/key",
    "badge_at_till": "5/15m/key",
    "badges": "40/15m/key",
    "wallet_complains": "20/h/key",
}
ACCOUNT_FORMS = {
    "request_login_code": "identity.throttling.CodeForm",
    "reset_password": "identity.throttling.ResetForm",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds for which a proof of who one is counts as fresh
CONFIRM_BY_CODE_URL = "portal:confirm"
ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.proxies
MFA_ADAPTER = "identity.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or ENVIRONMENT.plain_http
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "add_webauthn": "identity.factors.PasskeyForm",
    "authenticate": "identity.replays.CodeForm",
    "authenticate_webauthn": "identity.replays.KeyForm",
    "reauthenticate": "identity.replays.CodeAgainForm",
    "login_webauthn": "identity.replays.KeyAloneForm",
    "reauthenticate_webauthn": "identity.replays.KeyAgainForm",
}
STAFF_SECOND_FACTOR = ENVIRONMENT.staff_second_factor

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "loyalty/locale"]  # words of ours for what Django calls otherwise
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or ENVIRONMENT.static_from_source
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or ENVIRONMENT.static_from_source

# what members send as evidence: under names of ours, served by no web server, only by views that check who asks
APPLE_WALLET_DIR = ENVIRONMENT.apple_wallet_dir  # empty: not offered
GOOGLE_WALLET_ISSUER = ENVIRONMENT.google_wallet_issuer
GOOGLE_WALLET_ACCOUNT = ENVIRONMENT.google_wallet_account
APPLE_PUSH_URL = "https://api.push.apple.com"
APPLE_PUSH_CA = ""  # empty: the authorities this machine trusts
GOOGLE_WALLET_URL = "https://walletobjects.googleapis.com/walletobjects/v1"
GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token"
FILES_DIR = Path(ENVIRONMENT.files_dir or BASE_DIR / ".files")

SECURE = not (DEBUG or ENVIRONMENT.plain_http)
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # the admin's theme needs eval; its own header stands in adminsite
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": [SELF],
    },
}

globals().update(environment.email(ENVIRONMENT.email_url))
DEFAULT_FROM_EMAIL = ENVIRONMENT.email_from
PUBLIC_URL = ENVIRONMENT.public_url  # where links in messages lead, for programs without a host of their own

LOGGING = logs.configuration(debug=DEBUG)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
PROMETHEUS_EXPORT_MIGRATIONS = False
