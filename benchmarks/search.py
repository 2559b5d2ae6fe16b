"""The search box of the desk: how long it takes among very many members, by what is typed.

Members are generated (COPY, the same at every run) into a program of this run's own; then a person at the desk looks
for some of them by card, phone, e-mail, name, name without accents and misspelt name, through the whole page: session,
rights, statement, template. Arguments: --members N (default 1000000), --samples N of each kind (default 200).
"""

from __future__ import annotations

import argparse
import logging
import random
import statistics
import sys
import time
import unicodedata
from collections.abc import Callable
from typing import Any
from uuid import uuid4

LIMIT_MS = 100
CHUNK = 50_000
MEMBER = (
    "(id, public_id, population_id, first_name, last_name, email, email_verified_at, phone, birth_date, language,"
    " created_at)"
)
MEMBERSHIP = (
    "(id, public_id, member_id, program_id, number, status, channel, home_store_id, home_banner_id, market_code,"
    " joined_at)"
)
CARD = "(id, program_id, membership_id, number, kind, status, issued_at, reason)"


def run(arguments: list[str]) -> dict[str, Any]:
    """`{members, load_seconds, kinds: {kind: {p50_ms, p95_ms, max_ms, ...}}, p95_ms, within_limit}`.

    `processor_p50_ms` is what the web process itself worked, without the database and without waiting for a core.
    """
    parser = argparse.ArgumentParser(prog="script/bench search")
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=200)
    options = parser.parse_args(arguments)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    tag = f"b{uuid4().hex[:5]}"
    begun = time.monotonic()
    people, code = _load(tag, options.members)
    loaded = round(time.monotonic() - begun, 1)
    print(f"{options.members} members in {loaded} s", file=sys.stderr)
    client = _client(code)
    kinds = {kind: _measure(client, people, typed, options) for kind, typed in KINDS.items()}
    every = sorted(took for kind in kinds.values() for took in kind.pop("all"))
    p95 = round(every[int(len(every) * 0.95)], 1)
    return {
        "members": options.members, "load_seconds": loaded, "kinds": kinds, "p95_ms": p95, "limit_ms": LIMIT_MS,
        "within_limit": all(kind["p95_ms"] < LIMIT_MS for kind in kinds.values()),
    }  # fmt: skip


def _load(tag: str, count: int) -> tuple[Any, str]:
    from django.db import connection

    from benchmarks.parts.people import People
    from programs.models import Banner, Market, Population, Program, Store

    population = Population.objects.create(code=tag)
    program = Program.objects.create(code=tag, population=population, names={"en": "Bench"})
    banner = Banner.objects.create(code=tag)
    program.banners.add(banner)
    Market.objects.create(program=program, code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    store = Store.objects.create(banner=banner, code=tag, market_code="FR")
    people = People(population=population.pk, program=program.pk, store=store.pk, banner=banner.pk, tag=tag)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 10000000 + greatest((SELECT max(id) FROM member), (SELECT max(id) FROM membership),"
            " (SELECT max(id) FROM card), 0)"  # far from whatever the sequences give out next
        )
        first_id = cursor.fetchone()[0]
        for start in range(0, count, CHUNK):
            _copy(cursor, people, start, min(CHUNK, count - start), first_id + start)
    from loyalty import owner

    with owner.connect() as owning:
        owning.autocommit = True
        owning.execute("VACUUM (ANALYZE) member, membership, card, member_name_word")
    return people, tag


def _copy(cursor: Any, people: Any, start: int, count: int, first_id: int) -> None:
    rows = list(people.rows(start, count, first_id))
    for place, table in enumerate((f"member {MEMBER}", f"membership {MEMBERSHIP}", f"card {CARD}")):
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row[place])


def _client(code: str) -> Any:
    from django.conf import settings
    from django.test import Client

    from audit import clock
    from identity import staff
    from identity.rights import EVERYWHERE

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    held = [("call_centre", EVERYWHERE)]
    user = staff.create_staff(f"{code}@staff.example", "Sofia", held, now=clock.now(), by="bench")
    logging.disable(logging.INFO)  # a line a request is written by whoever serves it, not by the box
    client = Client(headers={"accept-language": "fr"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/desk/program/", {"program": code})
    return client


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)).lower()


def _slip(one: dict[str, Any], dice: random.Random) -> str:
    """A letter changed about, dropped or wrong in the family name, as fast hands write it."""
    name = list(_plain(one["last"]))
    at = dice.randrange(1, max(len(name) - 1, 2))
    match dice.randrange(3):
        case 0 if at + 1 < len(name):
            name[at], name[at + 1] = name[at + 1], name[at]
        case 1 if len(name) > 4:
            del name[at]
        case _:
            name[at] = dice.choice("aeinorst")
    return f"{_plain(one['first'])} {''.join(name)}"


KINDS: dict[str, Callable[[dict[str, Any], random.Random], str]] = {
    "card": lambda one, dice: one["card"],
    "phone": lambda one, dice: f"0{one['phone'][3:]}",
    "email": lambda one, dice: one["email"].upper(),
    "name": lambda one, dice: f"{one['first']} {one['last']}",
    "last_name": lambda one, dice: one["last"],
    "first_name": lambda one, dice: one["first"],
    "without_accents": lambda one, dice: f"{_plain(one['last'])} {_plain(one['first'])}",
    "misspelt": _slip,
}


def _measure(client: Any, people: Any, typed: Callable[..., str], options: Any) -> dict[str, Any]:
    """Each text once, after a few to warm up; an exact hit answers with the way to the member."""
    dice, took, own, found, slowest = random.Random(11), [], [], 0, ("", 0.0)
    for turn in range(options.samples + 5):
        one = people.person(dice.randrange(options.members))
        text = typed(one, dice)
        begun, worked = time.perf_counter(), time.process_time()
        answer = client.get("/desk/", {"q": text})
        spent, busy = (time.perf_counter() - begun) * 1000, (time.process_time() - worked) * 1000
        assert answer.status_code in (200, 302), (answer.status_code, text)
        if turn < 5:
            continue
        took.append(spent)
        own.append(busy)
        found += answer.status_code == 302 or b'class="rows results"' in answer.content
        slowest = max(slowest, (text, spent), key=lambda pair: pair[1])
    ordered = sorted(took)
    return {
        "p50_ms": round(statistics.median(took), 1), "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1),
        "processor_p50_ms": round(statistics.median(own), 1), "max_ms": round(slowest[1], 1), "slowest": slowest[0],
        "found_percent": found * 100 // len(took), "all": took,
    }  # fmt: skip
