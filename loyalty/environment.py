"""Reads the environment once, typed; what is missing or wrong stops the start with a sentence that says what to set."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def _text(name: str, why: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set: {why}. For development run script/manage, script/server or script/demo, "
            "which start servers of their own; in production set it (docs/operations.md)."
        )
    return value


def _flag(name: str) -> bool:
    value = os.environ.get(name, "").lower()
    if value not in {"", "0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: write 1 or 0")
    return value in {"1", "true", "yes"}


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number") from None


def _names(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _secret() -> str:
    secret = _text("SECRET_KEY", "it signs sessions and codes")
    if len(secret) < 32:
        raise ImproperlyConfigured("SECRET_KEY is shorter than 32 characters: make a random one of 50")
    return secret


def _voucher_key() -> str:
    key = os.environ.get("VOUCHER_KEY", "")
    if key and len(key) < 32:
        raise ImproperlyConfigured("VOUCHER_KEY is shorter than 32 characters: make a random one of 50")
    return key


def _there(name: str, path: str) -> str:
    """A path that must lead to something where it is given."""
    if path and not os.path.exists(path):
        raise ImproperlyConfigured(f"{name} is {path!r}: there is nothing")
    return path


@dataclass(frozen=True)
class Environment:
    """Everything the settings take from outside."""

    secret_key: str = field(default_factory=_secret, repr=False)
    secret_key_fallbacks: list[str] = field(default_factory=lambda: _names("SECRET_KEY_FALLBACKS"), repr=False)
    voucher_key: str = field(default_factory=_voucher_key, repr=False)
    voucher_key_fallbacks: list[str] = field(default_factory=lambda: _names("VOUCHER_KEY_FALLBACKS"), repr=False)
    database_url: str = field(default_factory=lambda: _text("DATABASE_URL", "PostgreSQL is the only truth"), repr=False)
    database_owner_url: str = field(
        default_factory=lambda: os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL", ""), repr=False
    )
    rehearsal_database_url: str = field(
        default_factory=lambda: os.environ.get("REHEARSAL_DATABASE_URL", ""), repr=False
    )
    redis_url: str = field(default_factory=lambda: _text("REDIS_URL", "it carries the nudges to workers"), repr=False)
    debug: bool = field(default_factory=lambda: _flag("DEBUG"))
    static_from_source: bool = field(default_factory=lambda: _flag("STATIC_FROM_SOURCE"))
    plain_http: bool = field(default_factory=lambda: _flag("PLAIN_HTTP"))
    allowed_hosts: list[str] = field(default_factory=lambda: _names("ALLOWED_HOSTS") or ["localhost", "127.0.0.1"])
    trusted_origins: list[str] = field(default_factory=lambda: _names("CSRF_TRUSTED_ORIGINS"))
    pool_size: int = field(default_factory=lambda: _number("DATABASE_POOL_SIZE", 8))
    email_url: str = field(default_factory=lambda: os.environ.get("EMAIL_URL", "console://"), repr=False)
    email_from: str = field(default_factory=lambda: os.environ.get("EMAIL_FROM", "Fidelio <fidelio@localhost>"))
    files_dir: str = field(default_factory=lambda: os.environ.get("FILES_DIR", ""))
    staff_second_factor: bool = field(default_factory=lambda: _flag("STAFF_SECOND_FACTOR"))
    proxies: int = field(default_factory=lambda: _number("TRUSTED_PROXIES", 0))
    lease_seconds: int = field(default_factory=lambda: _number("CLAIM_LEASE_SECONDS", 60))
    public_url: str = field(default_factory=lambda: os.environ.get("PUBLIC_URL", "http://localhost:8000"))
    apple_wallet_dir: str = field(
        default_factory=lambda: _there("APPLE_WALLET_DIR", os.environ.get("APPLE_WALLET_DIR", ""))
    )
    google_wallet_issuer: str = field(default_factory=lambda: os.environ.get("GOOGLE_WALLET_ISSUER", ""))
    google_wallet_account: str = field(
        default_factory=lambda: _there("GOOGLE_WALLET_ACCOUNT", os.environ.get("GOOGLE_WALLET_ACCOUNT", ""))
    )
    redis_prefix: str = field(default_factory=lambda: os.environ.get("REDIS_PREFIX", "fidelio:"))

    @property
    def has_two_roles(self) -> bool:
        return self.database_owner_url != self.database_url


def database(url: str, *, pool_size: int = 0) -> dict[str, Any]:
    """Django's settings of a `postgresql://user:password@host:port/name?option=value` address."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("a database address looks like postgresql://user:password@host:5432/name")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if pool_size:
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or options.pop("host", ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "ATOMIC_REQUESTS": False,
    }


def email(url: str) -> dict[str, Any]:
    """Django's e-mail settings of `console://`, `file:///folder` or `smtp://user:password@host:25?tls=1`."""
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": parts.path}
    if parts.scheme == "smtp":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname or "localhost",
            "EMAIL_PORT": parts.port or 25,
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": dict(parse_qsl(parts.query)).get("tls") == "1",
            "EMAIL_TIMEOUT": 10,
        }
    raise ImproperlyConfigured(f"EMAIL_URL begins with {parts.scheme!r}: use console://, file:///folder or smtp://host")
