"""Fixtures every room shares. Databases are real, and the tests run in the app's role unless they ask for the owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings
from psycopg import sql

SOAK = bool(os.environ.get("SOAK"))
settings.register_profile(
    "house",
    deadline=None,
    derandomize=not SOAK,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
settings.load_profile("house")


def pytest_configure() -> None:
    """A cache of each worker's own: clearing it empties a whole Redis database."""
    from django.conf import settings as django_settings

    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    cache = django_settings.CACHES["default"]
    cache["LOCATION"] = f"{cache['LOCATION'].rpartition('/')[0]}/{number}"


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """A database of this worker's own, made and migrated by the owner, used as the app. Workers share one migration."""
    worker, run = os.environ.get("PYTEST_XDIST_WORKER", "main"), os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    original = connection.settings_dict["NAME"]
    name = f"test_{original}_{worker}"
    with django_db_blocker.unblock():
        connection.close_pool()
        connection.settings_dict["OPTIONS"].pop("pool", None)
        if run:
            _recreate(original, name, template=_migrated_once(original, run[:8]))
        else:
            _recreate(original, name)
        connection.settings_dict["NAME"] = name
        if not run:
            call_command("migrate", verbosity=0)
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = original


def _migrated_once(original: str, run: str) -> str:
    """The name of this run's migrated database, which workers copy; whoever comes first makes it, the others wait."""
    from loyalty import owner
    from loyalty.embedded.home import Home

    template = f"test_{original}_template_{run}"
    with Home().locked(), owner.connect(original) as owning:
        left = [name for (name,) in owning.execute("SELECT datname FROM pg_database WHERE datname LIKE %s",
                                                   [f"test_{original}_template_%"])]  # fmt: skip
        if template in left:
            return template
        for name in left:
            owning.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        _recreate(original, f"{template}_new")
        connection.settings_dict["NAME"] = f"{template}_new"
        call_command("migrate", verbosity=0)
        connection.close()
        owning.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(f"{template}_new"), sql.Identifier(template)
            )
        )
    return template


def _recreate(original: str, name: str, *, template: str = "template1") -> None:
    from loyalty import owner

    with owner.connect(original) as owning:
        owning.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        owning.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


@pytest.fixture(autouse=True)
def language_of_nobody() -> Iterator[None]:
    """A request leaves its language and its zone to the thread, and so to whatever test comes next."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def owner_cursor(db: None) -> Iterator[Any]:
    """A cursor of the tables' owner, outside the test's transaction."""
    from loyalty import owner

    with owner.connect() as owning:
        yield owning.cursor()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def program(db: None) -> Any:
    """Program "demo": banners maison and halles, markets FR and US, three stores, three currencies."""
    from programs.models import Banner, Currency, Market, Population, Program, Store

    population = Population.objects.create(code="demo", names={"en": "Demo"})
    made = Program.objects.create(code="demo", names={"en": "Demo club", "fr": "Club démo"}, population=population)
    banners = [
        Banner.objects.create(code=code, names={"en": code.title()}, theme=code) for code in ("maison", "halles")
    ]
    made.banners.set(banners)
    Market.objects.create(
        program=made, code="FR", currency="EUR", languages=["fr", "en"], timezone="Europe/Paris", position=0
    )
    Market.objects.create(
        program=made, code="US", currency="USD", languages=["en"], timezone="America/New_York", position=1
    )
    for code, banner, market in (("s1", 0, "FR"), ("s2", 1, "FR"), ("u1", 0, "US")):
        Store.objects.create(banner=banners[banner], code=code, market_code=market, names={"en": f"Store {code}"})
    Currency.objects.create(
        program=made, code="points", names={"en": "points", "fr": "points"}, kind="redeemable",
        expiry={"months": 12}, position=0,
    )  # fmt: skip
    Currency.objects.create(program=made, code="status", names={"en": "status"}, kind="status", position=1)
    Currency.objects.create(
        program=made,
        code="pot",
        names={"en": "cash pot", "fr": "cagnotte"},
        kind="cash",
        money="EUR",
        scale=2,
        position=2,
    )
    return made


@pytest.fixture(autouse=True)
def products_are_forgotten_when_the_database_is_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Emptying restarts the numbers of product states, which a process otherwise may remember for ever."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and (marker.kwargs.get("transaction") or "transactional_db" in request.fixturenames):
        from earning import batches, journey

        journey._products = batches.Products()
