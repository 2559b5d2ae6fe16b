"""Every address of every door, tried by somebody unknown and by somebody without any right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from identity.models import User

pytestmark = pytest.mark.django_db

# what anybody may open: the name says why
ANYBODY = {
    "metrics", "web:language", "web:theme", "admin:jsi18n", "admin:login", "admin:logout",
    "portal:home", "portal:join", "portal:join_done",
    "portal:manifest", "portal:worker",  # what a browser asks for before anybody signs in: names and colours
    "portal:claim", "portal:claim_done",  # a card from a store is typed before joining, and bound to nobody till then
    "portal:household_linked",  # the link of an invitation: says whose it is to whoever has it, else that it is over
}  # fmt: skip
OF_ANY_LOGIN = {"portal:confirm"}  # whose it is proves it again, a member or not
CLOSED = {404, 405}
# the search finds only what the person may see; the last one leads from an old address to the page itself
OF_ALL_STAFF = {
    "admin:index", "admin:password_change", "admin:password_change_done", "admin:search", "admin:<path:object_id>/",
}  # fmt: skip
LOCKED = ("admin:", "backoffice:", "portal:", "studio:")


def addresses(resolver: URLResolver, names: str = "", before: str = "/") -> Iterator[tuple[str, str]]:
    """(namespaced name or route, address with every argument filled in)."""
    for pattern in resolver.url_patterns:
        route = str(pattern.pattern)
        filled = before + _filled(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{names}{pattern.namespace}:" if pattern.namespace else names
            yield from addresses(pattern, inner, filled)
        elif isinstance(pattern, URLPattern):
            yield f"{names}{pattern.name or route}", filled


def _filled(pattern: URLPattern | URLResolver) -> str:
    route = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        value = "7" if isinstance(converter, IntConverter) else "something"
        for spelling in (f"<{name}>", *(f"<{kind}:{name}>" for kind in ("int", "slug", "path", "str", "uuid"))):
            route = route.replace(spelling, value)
    return (
        route.replace("(?P<app_label>identity|members)/$", "members/").removeprefix("^").removesuffix("$")
        if "(?P<" not in route or "<app_label>" in route
        else "something/"
    )


def locked() -> list[tuple[str, str]]:
    return [
        (name, address)
        for name, address in addresses(get_resolver())
        if name.startswith(LOCKED) and name not in ANYBODY and "(?P" not in address
    ]


def test_the_sweep_finds_the_doors():
    names = {name for name, _ in locked()}
    assert {"backoffice:member", "backoffice:quarantined", "portal:receipt", "portal:card", "admin:index"} <= names
    assert len(names) > 60
    assert [address for _, address in locked() if "<" in address] == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_unknown_is_sent_to_sign_in_or_finds_nothing(program, method):
    opened, client = [], Client()
    for name, address in locked():
        prefix = "/demo" if name.startswith("portal:") else ""
        answer = getattr(client, method)(prefix + address)
        to = answer.headers.get("location", "")
        if answer.status_code not in {302, 404, 405} or (answer.status_code == 302 and not _is_sign_in(to)):
            opened.append((name, address, answer.status_code, to))
    assert opened == []


def _is_admins_sign_in(answer) -> bool:
    """Who is no staff at all is asked to sign in as somebody else."""
    return answer.status_code == 302 and "/admin/login/" in answer.headers["location"]


def _is_sign_in(place: str) -> bool:
    return "/account/" in place or "/admin/login/" in place or place.endswith("/join/") or place == "/demo/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_no_right_finds_nothing(program, method):
    client = Client()
    client.force_login(User.objects.create_user("nobody@example.com"), "django.contrib.auth.backends.ModelBackend")
    opened = []
    for name, address in locked():
        if name.startswith("portal:"):
            continue  # a login without a membership may join: told below
        answer = getattr(client, method)(address)
        if answer.status_code not in CLOSED and not _is_admins_sign_in(answer):
            opened.append((name, address, answer.status_code, answer.headers.get("location", "")))
    assert opened == []


def test_staff_without_any_grant_open_the_admins_first_page_and_nothing_behind_it(program):
    client, user = Client(), User.objects.create_user("new@example.com", is_staff=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    opened = set()
    for name, address in locked():
        if name.startswith("admin:"):
            answer = client.get(address)
            if answer.status_code not in {403, *CLOSED} and answer.headers.get("location") != "/admin/":
                opened.add(name)
    assert opened <= OF_ALL_STAFF, opened


def test_a_login_without_a_membership_sees_no_members_page(program):
    client = Client()
    client.force_login(User.objects.create_user("nobody@example.com"), "django.contrib.auth.backends.ModelBackend")
    for name, address in locked():
        if name.startswith("portal:") and name not in OF_ANY_LOGIN:
            answer = client.get("/demo" + address)
            assert answer.status_code in CLOSED or _is_sign_in(answer.headers.get("location", "")), (name, answer)
