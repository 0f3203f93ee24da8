"""All settings, read from the environment; the README lists them. Safe without any."""

import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config.databases import databases
from config.mailing import mailer
from towns import own

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
(VAR_DIR / "build").mkdir(parents=True, exist_ok=True)
(VAR_DIR / "mail").mkdir(mode=0o700, exist_ok=True)  # invitations lie there until there is a mail server

env = environ.Env()
env.ENVIRON = own.environment()  # of this process; of a municipality, where there are many


def kept_secret() -> str:
    """A key made on first use and kept beside the database; production sets SECRET_KEY."""
    path = VAR_DIR / "secret-key"
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(60))
    except FileExistsError:
        pass
    return path.read_text()


DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret()

# Where people find this site. Plain http is for a machine's own browser only: it turns off
# everything below that needs TLS.
BASE_URL = env.str("BASE_URL", "https://localhost").rstrip("/")
BASE_HOST = urlsplit(BASE_URL).hostname or "localhost"
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[BASE_HOST, "localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Whether municipalities are served by their host names, each from its own schema: see towns/.
MUNICIPALITIES = env.bool("MUNICIPALITIES", False)

# ---------------------------------------------------------------- the town
TOWN_NAME = env.str("TOWN_NAME", "Zaanstad")
PROGRAMME_NAME = env.str("PROGRAMME_NAME", "Be on Track")
SCHOOL_HOLIDAY_REGION = env.str("SCHOOL_HOLIDAY_REGION", "Noord")
AGE_BANDS = env.list("AGE_BANDS", default=["0-9", "10-12", "13-15", "16-18", "19-23", "24+"])
# Days from a week's Sunday until it is closed, and from then until its check-ins are destroyed.
CLOSE_AFTER_DAYS = env.int("CLOSE_AFTER_DAYS", 14)
CHECK_INS_KEPT_DAYS = env.int("CHECK_INS_KEPT_DAYS", 14)
# From when on the periodic work, which is done every hour, is said to be late.
HOUSEKEEPING_LATE_MINUTES = env.int("HOUSEKEEPING_LATE_MINUTES", 180)
# How long it is kept who changed what: five years.
AUDIT_KEPT_DAYS = env.int("AUDIT_KEPT_DAYS", 1826)
# Between two locations for which no journey is written down; minutes.
TRAVEL_MINUTES = env.int("TRAVEL_MINUTES", 30)
# Whether calendars are also taken in, and subscribers told, over http and inside the own network; without, on the
# internet only.
INTAKE_TRUSTS_LOCAL = env.bool("INTAKE_TRUSTS_LOCAL", False)
CONTACT_NAME = env.str("CONTACT_NAME", "Inloop team")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", "inloop@example.org")
# Where the municipality's signed accessibility statement stands, in the national register.
ACCESSIBILITY_REGISTER = env.str("ACCESSIBILITY_REGISTER", "")
# A class of the theme and its stylesheet, laid over our own (see config/style/base.css).
THEME_CLASS = env.str("THEME_CLASS", "")
THEME_STYLESHEET = env.str("THEME_STYLESHEET", "")


def colour(name: str, default: str) -> str:
    value: str = env.str(name, default).lower()
    if not re.fullmatch("#[0-9a-f]{6}", value):
        raise ImproperlyConfigured(f"{name} is a colour such as {default}")
    return value


# The same theme on paper: posters, stickers and passes. What is written on these colours follows by itself.
PRINT_BRAND = colour("PRINT_BRAND", "#0b5d57")
PRINT_ACCENT = colour("PRINT_ACCENT", "#f2a93b")

# ---------------------------------------------------------------- Django
INSTALLED_APPS = [
    # Before ours, so that ours can say which of its tables the administration shows.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks_db",  # before ours, whose administration leaves its page out
    "schools",
    "activities",
    "attendance",
    "api",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "config.proxies.TrustedProxies",
    "config.metrics.Answers",
    "config.watching.Watching",
    "django.middleware.security.SecurityMiddleware",
    "activities.feeds.middleware.Feeds",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "schools.unchanged.Unchanged",
    "schools.signin.sessions.Stored",
    "django.middleware.locale.LocaleMiddleware",
    "api.middleware.ApiHeaders",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "schools.signin.sessions.Sessions",
    "schools.acting.Acting",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# Paths have one spelling, without a slash at the end (NL API Design Rules, no-trailing-slash).
APPEND_SLASH = False
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
                "schools.context.town",
            ]
        },
    }
]

PGBOUNCER = env.bool("PGBOUNCER", False)
DATABASES = databases(env, folder=VAR_DIR)
# Copies that follow the database; what everybody may read is read there (config/replicas.py).
REPLICA_LAG_SECONDS = env.int("REPLICA_LAG_SECONDS", 10)
REPLICAS = [name for name in DATABASES if name != "default"]
WORKERS = env.int("WORKERS", 1)  # processes that answer, each with so many threads:
WEB_THREADS = max(2, 4 // WORKERS)
if REPLICAS:
    DATABASE_ROUTERS = ["config.replicas.Router"]
    MIDDLEWARE.insert(MIDDLEWARE.index("config.watching.Watching") + 1, "config.replicas.Replicas")
if MUNICIPALITIES:
    INSTALLED_APPS.insert(0, "towns")
    after = MIDDLEWARE.index("config.watching.Watching") + 1
    MIDDLEWARE[after:after] = ["api.middleware.ApiHeaders", "towns.middleware.Towns"]
    # Read once, for all of them; a form comes from the host that it is sent to.
    CSRF_TRUSTED_ORIGINS = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "schools.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "schools.signin.passwords.NoWordOfTheTown"},
]
if STOLEN_PASSWORDS := env.str("STOLEN_PASSWORDS", ""):
    stolen = {"NAME": "schools.signin.passwords.NotStolen", "OPTIONS": {"path": STOLEN_PASSWORDS}}
    AUTH_PASSWORD_VALIDATORS.append(stolen)
LOGIN_URL = "desk:login"
LOGIN_REDIRECT_URL = "desk:home"
LOGOUT_REDIRECT_URL = "desk:login"

# ---------------------------------------------------------------- signing in
# Who has to take a second step: nobody, coordinators (and administrators), or everybody.
REQUIRE_SECOND_FACTOR = env.str("REQUIRE_SECOND_FACTOR", "coordinators" if HTTPS else "nobody")
if REQUIRE_SECOND_FACTOR not in {"nobody", "coordinators", "everybody"}:
    raise ImproperlyConfigured("REQUIRE_SECOND_FACTOR is nobody, coordinators or everybody")
SESSION_HOURS = env.int("SESSION_HOURS", 12)
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", 120)
# The municipality's own accounts; without an issuer there is no such way in.
OIDC_ISSUER = env.str("OIDC_ISSUER", "").rstrip("/")
if OIDC_ISSUER and not OIDC_ISSUER.startswith(("https://", "http://localhost:", "http://127.0.0.1:")):
    raise ImproperlyConfigured("OIDC_ISSUER is asked over https only: what it answers is believed")
OIDC_ROLE_CLAIM = env.str("OIDC_ROLE_CLAIM", "roles")
OIDC_ROLES = env.str("OIDC_ROLES", "")
OIDC_ACR = env.list("OIDC_ACR", default=[])  # how somebody has to have signed in there, any of these

ACCOUNT_ADAPTER = "schools.signin.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # who works here was invited by somebody
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Wrong passwords and codes, of one account and from one address: a school has one for all of its people.
ACCOUNT_RATE_LIMITS = {"login_failed": "8/15m/key", "failed_from": "60/15m/ip", "reauthenticate": "8/15m/user"}
MFA_ADAPTER = "schools.signin.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "schools.signin.forms.StepForm",
    "reauthenticate": "schools.signin.forms.ConfirmStepForm",
    "activate_totp": "schools.signin.forms.AppForm",
    "add_webauthn": "schools.signin.forms.PasskeyForm",
}
ACCOUNT_FORMS = {"reauthenticate": "schools.signin.forms.ConfirmForm"}
SOCIALACCOUNT_ADAPTER = "schools.signin.adapters.MunicipalityAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "municipality",
                "name": TOWN_NAME,
                "client_id": env.str("OIDC_CLIENT_ID", ""),
                "secret": env.str("OIDC_CLIENT_SECRET", ""),
                "settings": {
                    "server_url": OIDC_ISSUER,
                    # All that we ask stands in the token, which comes from the issuer itself.
                    "fetch_userinfo": False,
                    "auth_params": {"response_mode": "form_post"},
                },
            }
        ],
    }
}
# What is counted and may be used once is so for all processes together; under digests, see counting.py.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "schools_cache",
        "KEY_FUNCTION": "schools.signin.counting.digested",
        # So many that nobody pushes a count out by making others.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English")), ("tr", _("Turkish")), ("bg", _("Bulgarian"))]
STAFF_LANGUAGES = LANGUAGES[:2]  # of the desk, the door, letters, the API
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
# Everything here happens on the clock on the wall in the Netherlands.
TIME_ZONE = "Europe/Amsterdam"

FONTS_DIR = VAR_DIR / "fonts"  # what PDFs are set in, the same on every machine
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static", VAR_DIR / "build"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# ---------------------------------------------------------------- security
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
if THEME_STYLESHEET.startswith("https://"):
    SECURE_CSP["style-src"] = [CSP.SELF, THEME_STYLESHEET]


def WHITENOISE_ADD_HEADERS_FUNCTION(headers: dict[str, str], path: str, url: str) -> None:
    """A worker obeys the policy of its own answer: only the decoder may run WebAssembly."""
    if url.startswith("/static/door/decoder"):
        headers["Content-Security-Policy"] = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"


SECURE_SSL_REDIRECT = HTTPS
# A program is not led on but refused (api/middleware.py): else nobody notices that its token went over plain http.
SECURE_REDIRECT_EXEMPT = ["^api/"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000) if HTTPS else 0
# What is below a name of one's own, such as inloop.town.example; a whole domain is the municipality's to pin, not ours.
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and BASE_HOST.count(".") > 1 and not MUNICIPALITIES
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    # Browsers take these from this very host alone, over TLS: nothing beside us in the domain can plant one.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
# Pages hand the token to who needs it: no script reads the cookie.
CSRF_COOKIE_HTTPONLY = True
# Sentences for the next page outlive a session that ends: they are in a cookie of their own.
MESSAGE_STORAGE = "schools.sentences.InHostCookie"
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
# Not no-referrer: browsers then post forms with "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
# Whose word about how a request came in is taken; nobody else's is (config/proxies.py).
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=["127.0.0.1", "::1"])
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whether a whole domain may be pinned to TLS is the municipality's to decide, not ours.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# That letters stay in files where there is no mail server is said at the desk, on the page with the letters.
SILENCED_SYSTEM_CHECKS += ["mail.E001"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# ---------------------------------------------------------------- mail, tasks, logs and figures of the machine
# Without EMAIL_URL what would be sent is laid down in files, one for each letter: nothing leaves this machine.
EMAIL_FROM = env.str("EMAIL_FROM", f"Inloop <{CONTACT_EMAIL}>")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM
_letters = VAR_DIR / "mail" / own.environment().get("MUNICIPALITY", "")  # where there are many
EMAIL_URL = env.str("EMAIL_URL", "consolemail://" if DEBUG else f"filemail://{_letters}")
SENDS_MAIL = EMAIL_URL.startswith("smtp")
MAILERS = {"default": mailer(EMAIL_URL)}
# What is queued is a row like any other: of the transaction that queues it, and seen by the worker once that is over.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# No addresses, no query strings, no bodies, no tokens: a log must not say who was where. See config/logs.py.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}, "json": {"()": "config.logs.JsonLine"}},
    "filters": {"watching": {"()": "config.logs.NotForWatching"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": env.str("LOG_FORMAT", "line")}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Its lines hold the whole path; refusals are ordinary here.
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False, "filters": ["watching"]},
        # Three lines for each task, where it went well.
        "django.tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
    },
}
# With this as a bearer token /metrics is told from elsewhere; without it only to this machine.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
# Where several processes on one machine keep their counts together; the library reads its own variable.
METRICS_DIR = env.str("METRICS_DIR", "")
if METRICS_DIR:
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR

# ---------------------------------------------------------------- the API
API_VERSION = "1.4.0"
# Of one token, or of one address without; each process of the server counts for itself.
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", 6_000)
# The same, for CSV and spreadsheets: a large one takes seconds to write.
API_FILES_PER_MINUTE = env.int("API_FILES_PER_MINUTE", 20)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.IsStaff"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttles.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.BoundedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["api.filters.Filters"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "api.schema.Described",
    "EXCEPTION_HANDLER": "api.problems.answer_problem",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Inloop",
    "VERSION": API_VERSION,
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": _("After-school activities, check-ins at the door and weekly totals."),
    "CONTACT": {"name": CONTACT_NAME, "email": CONTACT_EMAIL, "url": BASE_URL},
    "LICENSE": {"name": "EUPL-1.2"},
    "SERVERS": [{"url": f"{BASE_URL}/api/v1"}],
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "LevelEnum": "activities.models.Level.values",
        "HolderLevelEnum": "attendance.passes.levels_of_a_holder",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.responses.describe_answers",
        "api.examples.explain_fields",
        "api.schema.give_examples",
        "api.webhooks.describe_webhooks",
    ],
}
