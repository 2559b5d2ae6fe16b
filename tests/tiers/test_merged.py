"""Two members became one: what both did counts for the one that stands for them."""

from __future__ import annotations

import pytest

from earning import standing
from earning.models import Award
from tests.earning.test_successors import merge
from tests.tiers.ladders import bring_back, buy, course, holder, local, make, step, steps
from tests.tiers.test_rounds import RULES
from tiers import standing as hands
from tiers.models import TierPlan, TierStanding

pytestmark = pytest.mark.django_db
MEASURES = [({"currency": "status"}, 1), ({"spend": True}, 1), ({"visits": True}, 25), ({"balance": "points"}, 1)]


@pytest.mark.parametrize(("measure", "a_visit"), MEASURES, ids=str)
def test_what_a_merged_member_did_counts_for_its_successor(measure, a_visit):
    here = make(
        rules=RULES, measure=measure, steps=steps(basic=0, silver=100 // a_visit, gold=1000), members=("anna", "bo")
    )
    for day in (10, 11):
        buy(here, f"2026-01-{day}T10:00", 30)
        buy(here, f"2026-01-{day}T12:00", 25, member="bo")
    if a_visit > 1:  # the same days count once
        buy(here, "2026-01-12T10:00", 1)
        buy(here, "2026-01-13T10:00", 1)
    assert step(here, "2026-02-01T10:00", "bo") == "basic"
    merge(here, local("2026-02-01T12:00"))
    standing.follow_holders(here.program.pk, [holder(here)], local("2026-02-01T12:00"))
    assert step(here, "2026-02-01T12:00", "bo") == "silver"


def test_receipts_of_the_merged_one_go_on_with_the_step_of_its_successor():
    here = make(rules=RULES, steps=steps(basic=0, silver=100, gold=300), members=("anna", "bo"))
    first = buy(here, "2026-01-10T10:00", 60)
    second = buy(here, "2026-01-12T10:00", 20)
    buy(here, "2026-01-11T10:00", 50, member="bo")
    merge(here, local("2026-02-01T12:00"))
    buy(here, "2026-01-20T10:00", 40, now=local("2026-02-02T10:00"))
    assert Award.objects.filter(facts__contains={"member.tier": "silver"}).exists()
    buy(here, "2026-02-03T10:00", 120, member="bo")
    assert step(here, "2026-02-03T10:00", "bo") == "gold"
    bring_back(here, "2026-02-10T10:00", second, 20)
    assert step(here, "2026-02-10T10:01", "bo") == "gold", "60 + 50 + 40 + 30 + 120 + 30 are left"
    bring_back(here, "2026-02-11T10:00", first, 60)
    assert step(here, "2026-02-11T10:01", "bo") == "silver"
    assert course(here, "bo")[-2:][0][2] == "returned"


def test_the_floor_of_the_merged_one_holds_for_its_successor_and_nothing_is_planned_for_the_gone():
    here = make(steps=steps(basic=0, silver=100), members=("anna", "bo"))
    buy(here, "2026-01-10T10:00", 120)
    hands.assign_floor(
        holder_id=holder(here, "bo"), program=here.program, step=None, now=local("2026-01-11T10:00"), by="t"
    )
    hands.assign_floor(
        holder_id=holder(here), program=here.program, step="silver", now=local("2026-01-12T10:00"), by="t"
    )
    merge(here, local("2026-02-01T12:00"))
    now = local("2026-02-01T12:01")
    standing.follow_holders(here.program.pk, [holder(here)], now)
    assert step(here, "2027-06-01T00:00", "bo") == "silver"
    assert not TierPlan.objects.filter(holder_id=holder(here)).exists()
    assert TierStanding.objects.filter(holder_id=holder(here), superseded_at=None).exists(), "where it stood stays"
    assert standing.close_windows(program=here.program, now=local("2028-01-01T00:00")) == 0


def test_a_merge_behind_a_bookmark_is_seen(monkeypatch):
    from tiers import bookmarks

    monkeypatch.setattr(bookmarks, "LONG", 4)
    here = make(steps=steps(basic=0, silver=100), members=("anna", "bo"))
    for day in range(1, 29):
        buy(here, f"2026-01-{day:02}T10:00", 2, member="bo")
    buy(here, "2026-01-03T12:00", 60)
    merge(here, local("2026-02-01T12:00"))
    standing.follow_holders(here.program.pk, [holder(here)], local("2026-02-01T12:00"))
    assert course(here, "bo")[0] == ("silver", "2026-01-20 10:00", "reached")
