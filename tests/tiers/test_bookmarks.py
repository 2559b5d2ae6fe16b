"""Following from a bookmark comes to what following from the beginning comes to, whatever arrives in whatever order."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from earning import measures, standing
from tests.conftest import SOAK
from tests.earning import world
from tests.tiers import ladders
from tests.tiers.ladders import bring_back, course, holder, local, make, step, steps
from tests.tiers.test_rounds import RULES
from tiers import bookmarks
from tiers import standing as hands
from tiers.models import TierFollowed

pytestmark = pytest.mark.django_db
WINDOWS = ["calendar_year", "anniversary", "lifetime", {"rolling_months": 2}, {"days": 20}]
DOWN = [
    {"policy": "deserved", "at": "at_once"},
    {"policy": "one_step", "grace_months": 1},
    {"policy": "deserved", "at": {"every_days": 9}},
]


@pytest.fixture
def eager(monkeypatch):
    """Bookmarks after a few changes and up to the day before; how often a walk went on from one."""
    monkeypatch.setattr(bookmarks, "LONG", 4)
    monkeypatch.setattr(bookmarks, "LATE_AT_MOST", timedelta(days=1))
    real, used = measures.gather, []

    def gather(*args):
        found = real(*args)
        used.extend(found.after)
        return found

    monkeypatch.setattr(measures, "gather", gather)
    return used


def forget(here, name: str) -> None:
    """This member is followed from the beginning."""
    TierFollowed.objects.filter(holder_id=holder(here, name)).update(bookmark=None)


@pytest.mark.parametrize("seed", range(15 if SOAK else 3))
def test_with_and_without_bookmarks_members_stand_alike(eager, seed):
    chance = random.Random(seed)
    first = {
        "window": WINDOWS[seed % 5],
        "downgrade": DOWN[seed % 3],
        "steps": steps(basic=0, silver=(100, 60), gold=300),
    }
    second = {
        "window": WINDOWS[(seed + 2) % 5],
        "downgrade": DOWN[seed % 2],
        "steps": steps(basic=0, silver=80, gold=250),
    }
    here = make(rules=RULES, members=("anna", "bo"), **first)
    names, bought, pairs, now = ("anna", "bo"), [], [], local("2026-01-02T10:00")
    for turn in range(40):
        now += timedelta(days=chance.randrange(6), hours=chance.randrange(6))
        dice = chance.random()
        at = now - timedelta(days=chance.choice([0, 0, 0, 1, 3, 30]), minutes=5)
        when, day = f"{at:%Y-%m-%dT%H:%M}", f"{now:%Y-%m-%dT%H:%M}"
        if dice < 0.75:
            amount = chance.randint(5, 90)
            pair = []
            for name in names:
                forget(here, "bo")
                pair.append(ladders.buy(here, when, amount, member=name, now=now))
            bought.append((pair, amount))
            pairs.append(pair)
        elif dice < 0.85 and bought:
            pair, amount = bought.pop(chance.randrange(len(bought)))
            for name, receipt in zip(names, pair, strict=True):
                forget(here, "bo")
                bring_back(here, day, receipt, amount, member=name)
        elif dice < 0.92:
            code = chance.choice(["silver", "gold", None])
            for name in names:
                forget(here, "bo")
                hands.assign_floor(holder_id=holder(here, name), program=here.program, step=code, now=now, by="test")
        else:
            ladders.put(here, now=now, **(second if turn % 2 else first))
            forget(here, "bo")
            standing.close_windows(program=here.program, now=now)
        assert course(here, "anna") == course(here, "bo"), (turn, day)
    assert eager.count(holder(here, "anna")) >= 8, "bookmarks were gone on from"
    assert holder(here, "bo") not in eager
    awards = world.awards()
    for one, other in pairs:
        assert [row[1:] for row in awards if row[0] == one] == [row[1:] for row in awards if row[0] == other] != []


def test_a_bookmark_is_put_only_where_there_is_much_to_leave_out():
    here = make(steps=steps(basic=0, silver=100))
    for day in range(1, 29):
        ladders.buy(here, f"2026-01-{day:02}T10:00", 2)
    assert TierFollowed.objects.get().bookmark is None
    for day in range(1, 15):
        ladders.buy(here, f"2026-02-{day:02}T10:00", 2)
    kept = bookmarks.Bookmark.loaded(TierFollowed.objects.get().bookmark)
    assert local("2026-01-20T00:00") <= kept.since <= local("2026-02-07T00:00")
    ladders.buy(here, "2026-02-15T10:00", 15)
    assert step(here, "2026-02-15T10:00") == "basic"
    ladders.buy(here, "2026-02-16T10:00", 1)
    assert step(here, "2026-02-16T10:00") == "silver"


def test_what_changes_behind_a_bookmark_is_seen(eager):
    """A lot that matures otherwise, written by nobody whom this room knows, changes the digest."""
    from ledger.models import Lot

    here = make(window={"days": 40}, steps=steps(basic=0, silver=100))
    for day in range(1, 13):
        ladders.buy(here, f"2026-01-{day:02}T10:00", 10)
    kept = bookmarks.Bookmark.loaded(TierFollowed.objects.get().bookmark)
    first = Lot.objects.order_by("available_at").first()
    Lot.objects.filter(pk=first.pk).update(available_at=kept.since - timedelta(hours=30))
    eager.clear()
    standing.follow_holders(here.program.pk, [holder(here)], local("2026-01-13T10:00"))
    assert eager == [], "walked from the beginning"
    standing.follow_holders(here.program.pk, [holder(here)], local("2026-01-13T11:00"))
    assert eager == [holder(here)], "and bookmarked anew"


def test_a_step_given_behind_a_bookmark_is_seen(eager):
    here = make(steps=steps(basic=0, silver=100))
    for day in range(1, 13):
        ladders.buy(here, f"2026-01-{day:02}T10:00", 5)
    assert TierFollowed.objects.get().bookmark is not None
    hands.reached(
        holder_id=holder(here), program=here.program, step="silver", at=local("2026-01-02T09:00"),
        now=local("2026-01-13T09:00"), by="test",
    )  # fmt: skip
    assert course(here)[0] == ("silver", "2026-01-02 09:00", "given")
