"""What many members share: given to whoever comes first, never more than there is, and given back with the goods."""

import pytest

from earning import auditing, journey
from earning.models import Award, RuleUsage
from tests.earning import world
from tests.earning.test_claims import at_once
from tests.earning.test_returns import bought, bring_back

TEN = "- {code: gift, trigger: purchase, scope: receipt, earn: {fixed: 10}, %s}"
AT = "2026-11-19T12:00:00"


def club_of(rule, now, *members, **more):
    return world.make(TEN % rule, now=now, members=members, **more)


def shopping(club, now, *members, receipt="R", **fields):
    for place, member in enumerate(members):
        club.buy(f"{receipt}{place}-{member}", AT, ("a", "10.00"), member=member, now=now, **fields)


def points(club, now, *members):
    return [club.balances(member, now).get("points", 0) for member in members]


def used():
    return list(
        RuleUsage.objects.order_by("whose", "key", "period_kind").values_list("whose", "key", "points", "times")
    )


@pytest.mark.django_db
def test_a_budget_ends_for_everybody(now):
    club = club_of("budget: {points: 25}", now, "anna", "bo", "cy")
    shopping(club, now, "anna", "bo", "cy")
    assert world.drained(now) == 3
    assert sum(points(club, now, "anna", "bo", "cy")) == 25
    assert used() == [("program", "", 25, 3)]
    shopping(club, now, "anna", receipt="S")
    world.drained(now)
    assert sum(points(club, now, "anna", "bo", "cy")) == 25
    assert list(Award.objects.order_by("target").values_list("wanted", "target")) == [
        (10, 0),
        (10, 5),
        (10, 10),
        (10, 10),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 100])
def test_batches_of_any_size_share_it(now, limit):
    members = [f"m{number}" for number in range(7)]
    club = club_of("limits: [{max: 3, of: times, per: week, for: program}]", now, *members)
    shopping(club, now, *members)
    world.drained(now, limit=limit)
    assert sorted(points(club, now, *members)) == [0, 0, 0, 0, 10, 10, 10]
    assert used() == [("program", "", 30, 3)]


@pytest.mark.django_db
def test_a_banner_counts_its_own(now):
    club = club_of("limits: [{max: 15, per: month, for: banner}]", now, "anna", "bo")
    shopping(club, now, "anna", "bo")
    shopping(club, now, "anna", receipt="S", store="u1")  # of the same banner, in another country
    world.drained(now)
    assert sum(points(club, now, "anna", "bo")) == 15
    assert used() == [("banner", "maison", 15, 2)]


@pytest.mark.django_db
def test_what_comes_back_is_there_again_for_who_comes_next(now):
    club = club_of("budget: {points: 20, times: 2}", now, "anna", "bo", "cy")
    bought(club, "R1", ("a", 1, "10.00"), now=now)
    shopping(club, now, "bo", "cy")
    world.drained(now)
    assert (points(club, now, "anna", "bo", "cy"), used()) == ([10, 10, 0], [("program", "", 20, 2)])
    bring_back(club, "R1b", "R1", ("a", 1), now=now)
    world.drained(now)
    assert (points(club, now, "anna", "bo", "cy"), used()) == ([0, 10, 0], [("program", "", 10, 1)])
    shopping(club, now, "cy", receipt="S")
    world.drained(now)
    assert (points(club, now, "anna", "bo", "cy"), used()) == ([0, 10, 10], [("program", "", 20, 2)])


@pytest.mark.django_db
def test_the_same_again_takes_nothing_more(now):
    club = club_of("budget: {points: 15}", now, "anna", "bo")
    shopping(club, now, "anna", "bo")
    world.drained(now)
    before = used(), world.awards()
    from django.db import connection

    from earning import marks

    with connection.cursor() as cursor:
        marks.mark_holders(cursor, club.holders.values(), reason="replay", now=now)
    world.drained(now)
    assert (used(), world.awards()) == before


@pytest.mark.django_db
def test_a_rule_without_a_budget_holds_nothing(now):
    club = club_of("limits: [{max: 15, per: month}]", now, "anna")
    shopping(club, now, "anna", "anna")
    world.drained(now)
    assert (points(club, now, "anna"), used()) == ([15], [])


@pytest.mark.django_db
def test_the_members_of_a_household_share_or_do_not(now):
    from members.models import MembershipHolder

    rules = (TEN % "limits: [{max: 15, per: year, for: household}]") + "\n" + (
        (TEN % "limits: [{max: 15, per: year}]").replace("gift", "own")
    )  # fmt: skip
    club = world.make(rules, now=now, members=["anna", "bo"])
    anna = club.holders["anna-0001"]
    MembershipHolder.objects.exclude(holder_id=anna).update(holder_id=anna)
    club.holders["bo-0001"] = anna
    for member in ("anna", "bo", "anna", "bo"):
        shopping(club, now, member, receipt=f"R{Award.objects.count()}")
        world.drained(now)
    assert world.given(club) == {"gift": 15, "own": 30}


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_never_give_more_than_there_is(now):
    members = [f"m{number}" for number in range(24)]
    rules = "\n".join(
        (TEN % budget).replace("gift", f"gift{place}")
        for place, budget in enumerate(("budget: {points: 95}", "limits: [{max: 7, of: times, per: day, for: banner}]"))
    )
    club = world.make(rules, now=now, members=members)
    shopping(club, now, *members)

    def work():
        total = 0
        while done := journey.work(now=now, limit=2):
            assert not done.failed, done.failed
            total += done.activities
        return total

    answers = at_once([work] * 3)
    assert sum(answers) == 24, answers
    assert world.given(club) == {"gift0": 95, "gift1": 70}
    assert used() == [("banner", "maison", 70, 7), ("program", "", 95, 10)]
    assert auditing.run(now=now).differences == []
