from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from identity import staff
from identity.rights import EVERYWHERE, Scope
from tests.web.lives import Life, member


@pytest.fixture
def camille(program: Any, now: datetime) -> Life:
    """A member of the program "demo", whose store is s1."""
    return member(program, now)


@pytest.fixture
def desk(program: Any, now: datetime) -> Callable[..., Client]:
    """A browser at the desk: desk("call_centre"), desk("store_staff", Scope(store="s1")), desk() without any right."""

    def sign_in(role: str = "", scope: Scope = EVERYWHERE, language: str = "en") -> Client:
        roles = [(role, scope)] if role else []
        user = staff.create_staff(f"{role or 'nobody'}@example.com", "Sofia", roles, now=now, by="system")
        client = Client(headers={"accept-language": language})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
