"""Who calls: a system, known by the key it shows. A key opens its own system's addresses and no other's."""

from __future__ import annotations

from django.http import HttpRequest

from api import limits
from api.problems import Problem
from identity import throttling
from replication import systems
from replication.models import System

_SCHEME = "bearer "


def system_of(request: HttpRequest, code: str) -> System:
    """The system of this address, called with its own key. Raises Problem 401, 404 or 429."""
    said = request.headers.get("Authorization", "")
    if not said.lower().startswith(_SCHEME):
        raise Problem(401, "A key is needed", WWW_Authenticate="Bearer")
    system = systems.of_key(said[len(_SCHEME) :].strip())
    if system is None:  # counted after it was looked up: whoever guesses keeps nobody out who has a key
        if limits.count("api-key", throttling.network(request)) > limits.GUESSES:
            raise _slower("Too many keys that are none")
        raise Problem(401, "This key is not known", WWW_Authenticate="Bearer")
    if system.code != code:
        raise Problem(404, "There is nothing here")
    if limits.count("api-calls", system.code) > limits.CALLS:
        raise _slower("Too many calls")
    return system


def _slower(title: str) -> Problem:
    return Problem(429, title, f"Try again in {limits.SECONDS} seconds.", Retry_After=str(limits.SECONDS))
