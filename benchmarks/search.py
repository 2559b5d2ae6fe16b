"""The search box of the desk: how long it takes among very many members, by what is typed.

Members are generated (COPY, the same at every run) into a program that is kept for the next run; then a person of the
call centre looks for some of them by card, phone, e-mail and names, whole, begun and misspelt, and a person of a store
for people of her store, through the whole page: session, rights, statements, template. Arguments: --members N (default
1000000), --samples N of each kind (default 200).
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
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils.html import escape

LIMIT_MS = 100
STORES = 200
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

    `processor_*_ms` is what the web process and its database connection worked, without waiting for a core.
    """
    parser = argparse.ArgumentParser(prog="script/bench search")
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=200)
    options = parser.parse_args(arguments)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    begun = time.monotonic()
    people, code = _people(options.members)
    loaded = round(time.monotonic() - begun, 1)
    print(f"{options.members} members there after {loaded} s", file=sys.stderr)
    kinds = {}
    for name, (asks, scope) in _desks(code).items():
        client = _client(code, name, scope)
        kinds |= {kind: _measure(client, people, typed, options) for kind, typed in asks.items()}
    every = sorted(took for kind in kinds.values() for took in kind.pop("all"))
    return {
        "members": options.members, "load_seconds": loaded, "kinds": kinds, "p95_ms": round(_share(every, 0.95), 1),
        "limit_ms": LIMIT_MS, "within_limit": all(kind["p95_ms"] < LIMIT_MS for kind in kinds.values()),
    }  # fmt: skip


def _desks(code: str) -> dict[str, Any]:
    from identity.rights import EVERYWHERE, Scope

    return {"call_centre": (KINDS, EVERYWHERE), "store_manager": (OF_A_STORE, Scope(store=f"{code}-0"))}


def _people(count: int) -> tuple[Any, str]:
    """The people of a program that an earlier run left, or new ones."""
    from django.db import connection

    from benchmarks.parts.people import People
    from programs.models import Banner, Program, Store

    code = f"search{count}"
    if not Program.objects.filter(code=code).exists():
        _make_program(code)
    program, banner = Program.objects.get(code=code), Banner.objects.get(code=code)
    stores = list(Store.objects.filter(banner=banner).order_by("pk").values_list("pk", flat=True))
    tag = f"q{count:x}-"
    people = People(population=program.population_id, program=program.pk, stores=stores, banner=banner.pk, tag=tag)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM membership WHERE program_id = %s", [program.pk])
        there = cursor.fetchone()[0]
        if there < count:
            assert there == 0, f"{code} holds {there} members of a run that was cut off: delete the bench's home"
            _load(cursor, people, count)
    return people, code


def _load(cursor: Any, people: Any, count: int) -> None:
    from django.db import transaction

    from loyalty import owner

    cursor.execute(
        "SELECT 10000000 + greatest((SELECT max(id) FROM member), (SELECT max(id) FROM membership),"
        " (SELECT max(id) FROM card), 0)"  # far from whatever the sequences give out next
    )
    first_id = cursor.fetchone()[0]
    with transaction.atomic():
        for start in range(0, count, CHUNK):
            _copy(cursor, people, start, min(CHUNK, count - start), first_id + start)
    with owner.connect() as owning:
        owning.autocommit = True
        owning.execute("VACUUM (ANALYZE) member, membership, card, member_name_word")


def _make_program(code: str) -> None:
    from programs.models import Banner, Market, Population, Program, Store

    population = Population.objects.create(code=code)
    program = Program.objects.create(code=code, population=population, names={"en": "Bench"})
    banner = Banner.objects.create(code=code)
    program.banners.add(banner)
    Market.objects.create(program=program, code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    Store.objects.bulk_create(
        [Store(banner=banner, code=f"{code}-{number}", market_code="FR") for number in range(STORES)]
    )


def _copy(cursor: Any, people: Any, start: int, count: int, first_id: int) -> None:
    rows = list(people.rows(start, count, first_id))
    for place, table in enumerate((f"member {MEMBER}", f"membership {MEMBERSHIP}", f"card {CARD}")):
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row[place])


def _client(code: str, role: str, scope: Any) -> Any:
    from django.conf import settings
    from django.test import Client

    from audit import clock
    from identity import staff

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    email = f"{uuid4().hex[:8]}@staff.example"
    user = staff.create_staff(email, "Sofia", [(role, scope)], now=clock.now(), by="bench")
    logging.disable(logging.INFO)  # a line a request is written by whoever serves it, not by the box
    client = Client(headers={"accept-language": "fr"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/desk/program/", {"program": code})
    return client


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)).lower()


def _misspelt(one: dict[str, Any], dice: random.Random) -> str:
    """The family name as fast hands write it, a letter changed about, missing, twice or wrong, or as ears hear it."""
    name = _plain(one["last"])
    at = dice.randrange(1, max(len(name) - 1, 2))
    slips = [
        name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:] if at < len(name) else name + name[-1],
        name[:at] + dice.choice("aeinorst") + name[at + 1 :],
    ]
    heard = [name.replace(a, b) for a, b in SOUNDS if a in name]
    return f"{_plain(one['first'])} {dice.choice(slips + heard[:1])}"


SOUNDS = (("ph", "f"), ("au", "o"), ("ll", "l"), ("nn", "n"), ("ss", "s"), ("th", "t"), ("ck", "k"), ("qu", "k"),
          ("tt", "t"), ("ai", "e"), ("y", "i"), ("ez", "es"), ("ard", "art"), ("on", "om"), ("an", "en"))  # fmt: skip
KINDS: dict[str, Callable[[dict[str, Any], random.Random], str]] = {
    "card": lambda one, dice: one["card"],
    "phone": lambda one, dice: f"0{one['phone'][3:]}",
    "email": lambda one, dice: one["email"].upper(),
    "name": lambda one, dice: f"{one['first']} {one['last']}",
    "last_name": lambda one, dice: one["last"],
    "first_name": lambda one, dice: one["first"],
    "without_accents": lambda one, dice: f"{_plain(one['last'])} {_plain(one['first'])}",
    "begun": lambda one, dice: f"{_plain(one['last'])[:4]} {_plain(one['first'])[:1]}",
    "misspelt": _misspelt,
    "born": lambda one, dice: f"{_plain(one['last'])} {one['born']:%d/%m/%Y}",
}
OF_A_STORE = {"name_in_a_store": KINDS["name"], "last_name_in_a_store": KINDS["last_name"]}


def _measure(client: Any, people: Any, typed: Callable[..., str], options: Any) -> dict[str, Any]:
    """Each text once, after a few to warm up; an exact hit answers with the way to the member.

    Found is who was meant or a namesake: a full list of people of one name is an answer.
    """
    dice, took, worked, found, slowest = random.Random(11), [], [], 0, ("", 0.0)
    for turn in range(options.samples + 5):
        one = people.person(dice.randrange(options.members // STORES) * STORES)  # of the first store
        text = typed(one, dice)
        begun, busy = time.perf_counter(), _processor_ms()
        answer = client.get("/desk/", {"q": text})
        spent, busy = (time.perf_counter() - begun) * 1000, _processor_ms() - busy
        assert answer.status_code in (200, 302), (answer.status_code, text)
        if turn < 5:
            continue
        took.append(spent)
        worked.append(busy)
        found += answer.status_code == 302 or f">{escape(one['first'])} {escape(one['last'])}</a>" in answer.text
        slowest = max(slowest, (text, spent), key=lambda pair: pair[1])
    return {
        "p50_ms": round(statistics.median(took), 1), "p95_ms": round(_share(took, 0.95), 1),
        "processor_p50_ms": round(statistics.median(worked), 1), "processor_p95_ms": round(_share(worked, 0.95), 1),
        "max_ms": round(slowest[1], 1), "slowest": slowest[0], "found_percent": found * 100 // len(took), "all": took,
    }  # fmt: skip


def _share(values: list[float], part: float) -> float:
    return sorted(values)[int(len(values) * part)]


def _processor_ms() -> float:
    """What this process and its database connection worked so far: it says the same on a busy machine."""
    from django.db import connection

    if connection.connection is None:
        connection.connect()
    there = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return time.process_time() * 1000 + int(there.read_text().split()[0]) / 1e6
