"""How often somebody may call: counted in the cache by the minute. Without a cache nobody is turned away."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

SECONDS = 60
CALLS = 300
"""Calls of one system in SECONDS: 300,000 records."""

GUESSES = 20
"""Keys that are none, from one network."""


def count(what: str, who: str) -> int:
    """One more; how many there were in this minute."""
    key = _key(what, who)
    try:
        cache.add(key, 0, SECONDS)
        return int(cache.incr(key))
    except Exception:  # a cache that is gone must not stop a base from following its CRM
        return 0


def _key(what: str, who: str) -> str:
    return f"{what}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
