"""Start what is not configured, and stop what nobody uses any more."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from loyalty.embedded.home import Home


@contextlib.contextmanager
def running(home: Home | None = None, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Yield the environment of a process of ours: DATABASE_URL, DATABASE_OWNER_URL, REDIS_URL and a secret key.

    What the caller's environment names is taken as it is; the rest is an embedded server, adopted
    when an earlier start left it running, and stopped by the last process that leaves.
    """
    environment = dict(os.environ)
    wants_postgres = not environment.get("DATABASE_URL")
    wants_redis = not environment.get("REDIS_URL")
    home = home or Home()
    home.prepare()
    environment.setdefault("LOYALTY_HOME", str(home.path))
    environment.setdefault("SECRET_KEY", home.secret("django"))
    if not wants_postgres and not wants_redis:
        yield environment
        return
    with home.locked():
        home.arrive()
    stoppers = []
    try:
        with home.locked():
            if wants_postgres:
                from loyalty.embedded import postgres

                server = postgres.EmbeddedPostgres(home, durable=durable)
                stoppers.append(server.stop)
                found = server.start()
                environment["DATABASE_URL"] = server.url(postgres.APP, found)
                environment["DATABASE_OWNER_URL"] = server.url(postgres.OWNER, found)
            if wants_redis:
                from loyalty.embedded.valkey import EmbeddedValkey

                valkey = EmbeddedValkey(home)
                stoppers.append(valkey.stop)
                environment["REDIS_URL"] = valkey.start()
        yield environment
    finally:
        with home.locked():
            if home.leave():
                for stop in reversed(stoppers):
                    stop()
