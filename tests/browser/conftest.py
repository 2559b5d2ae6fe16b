"""A real Chromium, driven from the tests. Without one they are skipped, saying so; where CI=true they must run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser import turning

FOLDER = Path(__file__).parent
SHOTS = FOLDER / "shots"
LATENCY_MS = int(os.environ.get("BROWSER_LATENCY_MS", "0"))
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
ARTICLES = [
    ("Terreau universel 50 L", "Jardin/Terreaux", "2", "17.80"),
    ("Sécateur lame franche", "Jardin/Outils", "1", "24.90"),
    ("Bulbes de tulipes, 25", "Jardin/Bulbes", "1", "7.50"), ("Ampoule LED E27", "Éclairage", "3", "14.70"),
    ("Peinture mate blanche 2,5 L", "Peinture", "1", "34.90"),
]  # fmt: skip


def pytest_configure() -> None:
    # Playwright's loop lives in the thread of the tests, which is no reason to refuse them the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A machine under load may let a browser wait longer than it gives up after. Only that is tried once more, and the
    # report counts it ("1 rerun"); whatever a page says wrongly fails at once.
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI=true and no chromium: install it, the browser tests must run here")
        pytest.skip("no chromium here: the browser tests did not run (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """A page of a new browser: visit(width=390, dark=False, language="fr", script=True)."""
    opened: list[Any] = []

    def open_page(*, width: int = 390, dark: bool = False, language: str = "fr", script: bool = True) -> Any:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844 if width < 800 else 900},
            color_scheme="dark" if dark else "light",
            locale=language,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        opened.append(context)
        page = context.new_page()
        return turning.slowed(page, LATENCY_MS) if LATENCY_MS else page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Any, str], None]:
    """Put a person's session into the browser of a page: sign_in(page, email); "" is a visitor."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from identity.models import User

    def put(page: Any, email: str) -> None:
        if not email:
            return
        user, session = User.objects.get(email=email), SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        page.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": live_server.url}])

    return put


@pytest.fixture
def club(transactional_db: None) -> Any:
    """The program of club.yaml, published."""
    from playbooks import importing
    from programs.models import Program, Source

    importing.import_file(FOLDER / "club.yaml", now=datetime.now(UTC) - timedelta(days=400), by="command:test")
    program = Program.objects.get(code="club")
    source, _new = Source.objects.get_or_create(code="tills", defaults={"catalogue": program.population})
    source.programs.add(program)
    return program


@pytest.fixture
def buys(club: Any) -> Callable[..., None]:
    """A receipt lands for a card and is scored, the way a till's would be: buys(card, at)."""
    from activity import single
    from earning import journey
    from programs.models import Source

    def land(card: str, at: datetime, receipt_id: str = "T1", articles: int = 5) -> None:
        rows = [
            {
                "receipt_id": receipt_id, "kind": "purchase", "store": "atlantis", "card": card, "currency": "EUR",
                "occurred_at": at.isoformat(), "sku": f"sku-{number}", "product_name": name, "category": category,
                "quantity": quantity, "gross": net, "net": net,
            }
            for number, (name, category, quantity, net) in enumerate(ARTICLES[:articles])
        ]  # fmt: skip
        outcome = single.land_one(rows, source=Source.objects.get(code="tills"), program=club, now=datetime.now(UTC))
        assert outcome.state == "landed", outcome
        while journey.work(now=datetime.now(UTC)) is not None:
            pass

    return land


@pytest.fixture
def shoot() -> Callable[[Any, str], None]:
    """Keep a picture of the page in the ignored folder shots/."""

    def take(page: Any, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")

    return take
