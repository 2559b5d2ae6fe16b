"""What a browser, a cache, a log and another site get of personal pages: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from api import limits
from care.privacy import archives
from identity import disowning
from loyalty import logs
from tests.web import lives

pytestmark = pytest.mark.django_db


def patterns(resolver: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, before + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield before + str(one.pattern), one.callback


def test_every_form_asks_for_its_token_but_what_machines_post() -> None:
    free = {path for path, view in patterns(get_resolver()) if getattr(view, "csrf_exempt", False)}
    machines = {path for path in free if path.startswith(("api/", "wallet/v1/"))}  # a key or a token in each call
    assert free - machines == {"unsubscribe/<str:token>/"}


def test_no_cache_and_no_browser_keeps_what_somebody_signed_in_was_shown(program: Any, now: Any) -> None:
    client = lives.member(program, now).client()
    for path in ("/demo/", "/demo/activity/", "/demo/me/", "/demo/me/profile/", "/demo/cards/", "/demo/me/nowhere/"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path
    assert "Cache-Control" not in Client().get("/demo/").headers, "the welcome page is everybody's"
    assert client.get("/demo/manifest.webmanifest").headers["Cache-Control"] == "max-age=3600"
    stranger = Client().get(f"/demo/not-me/{disowning.link_of(1)}/")
    assert "no-store" in stranger.headers["Cache-Control"]


def test_an_archive_is_the_house_s_alone_on_disk(program: Any, now: Any, settings: Any, tmp_path: Any) -> None:
    settings.FILES_DIR = tmp_path / "files"
    archives.ask(membership_id=lives.member(program, now).membership.pk, now=now, by="test")
    archives.make_due(clock=lambda: now)
    [path] = (tmp_path / "files").rglob("*.zip")
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 401)])
def test_wrong_keys_from_behind_a_proxy_stop_nobody_else(
    settings: Any, monkeypatch: pytest.MonkeyPatch, proxies: int, status: int
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    monkeypatch.setattr(limits, "GUESSES", 2)
    cache.clear()
    statuses = [
        Client(REMOTE_ADDR="10.0.0.1").get(
            "/api/replication/crm/feed/",
            headers={"authorization": f"Bearer fdl_{number}", "x-forwarded-for": f"203.0.113.{number}"},
        ).status_code
        for number in range(3)
    ]  # fmt: skip
    cache.clear()
    assert (statuses[0], statuses[-1]) == (401, status)


@pytest.mark.parametrize("name", ["request", "event"])
def test_no_line_of_the_log_has_a_link_that_acts(name: str) -> None:
    link = disowning.link_of(7)
    line = logs.without_tokens(None, "info", {name: f"POST /demo/not-me/{link}/ at 12:30:45"})
    assert line == {name: "POST /demo/not-me/.../ at 12:30:45"}
    assert logs.without_tokens in logs.configuration(debug=False)["formatters"]["json"]["foreign_pre_chain"]
