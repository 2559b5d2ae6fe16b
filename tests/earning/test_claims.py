"""The claim protocol: nobody scores beside another, a dead worker's work goes on, poison hurts nobody else."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from earning import batches, claims, difference, journey
from earning.marks import BUCKETS
from earning.models import Award, Claim, Mark
from tests.earning import world

LEASE = timedelta(seconds=60)


def taken(now, limit=1000):
    return claims.claim(now=now, first_bucket=0, limit=limit)


def buying(now, *members):
    club = world.make(world.BASE, now=now, members=members)
    for member in members:
        club.buy(f"R-{member}", "2026-11-19T12:00:00", ("a", "10.00"), member=member, now=now)
    return club


@pytest.mark.django_db
def test_a_claim_leases_holders_and_a_second_worker_finds_none(now):
    club = buying(now, "anna", "bo")
    mine = taken(now)
    assert mine.holder_ids == sorted(club.holders.values())
    assert taken(now) is None
    assert taken(now + LEASE - timedelta(microseconds=1)) is None
    assert claims.fence(mine.token) == mine.holder_ids


@pytest.mark.django_db
def test_a_lease_that_ran_out_is_taken_over_and_the_slow_worker_stops(now):
    club = buying(now, "anna", "bo")
    slow = taken(now)
    fast = taken(now + LEASE)
    assert (fast.holder_ids, claims.fence(slow.token)) == (slow.holder_ids, [])
    assert journey._score(slow, now=now + LEASE, limit=10) == journey.Worked()
    assert (Award.objects.count(), Mark.objects.count()) == (0, 2)
    assert journey._score(fast, now=now + LEASE, limit=10).activities == 2
    claims.finish(slow.token)
    assert (Award.objects.count(), Mark.objects.count(), Claim.objects.count()) == (2, 0, 0)
    assert [club.balances(member, now)["points"] for member in ("anna", "bo")] == [10, 10]


@pytest.mark.django_db
def test_a_batch_takes_about_as_many_marks_as_it_may(now):
    buying(now, *(f"m{number}" for number in range(9)))
    assert len(taken(now, limit=4).holder_ids) == 4
    assert len(taken(now, limit=4).holder_ids) == 4
    assert len(taken(now, limit=4).holder_ids) == 1
    assert taken(now, limit=4) is None


@pytest.mark.django_db
def test_a_worker_that_begins_further_on_comes_round_to_the_first_bucket(now):
    club = buying(now, "anna")
    bucket = club.holders["anna-0001"] % BUCKETS
    assert claims.claim(now=now, first_bucket=min(bucket + 1, BUCKETS), limit=10).holder_ids


def poisoned(monkeypatch, holder):
    """Scoring raises for one holder."""
    posted = difference.posted

    def posted_or_not(cursor):
        standing = posted(cursor)
        if world.rows("SELECT 1 FROM work WHERE holder_id = %s", [holder]):
            raise ArithmeticError("this member's receipts cannot be read")
        return standing

    monkeypatch.setattr(difference, "posted", posted_or_not)


@pytest.mark.django_db
def test_poison_is_tried_alone_and_set_aside_while_innocent_ones_are_scored(now, monkeypatch):
    members = [f"m{number}" for number in range(6)]
    club = buying(now, *members)
    holder = club.holders["m3-0001"]
    poisoned(monkeypatch, holder)
    moment, failures, sizes = now, 0, []
    for _ in range(60):
        done = journey.work(now=moment, first_bucket=0, limit=100)
        if done is None:
            if Claim.objects.filter(quarantined_reason__isnull=False).exists():
                break
            moment = min(Claim.objects.values_list("lease_until", flat=True))
        elif done.failed:
            failures += done.failed != "set aside"
            sizes.append(done.holders)
    assert failures == claims.MOST_ATTEMPTS
    assert sizes[:2] == [6, 6]
    assert set(sizes[2:-1]) == {1}, "from the third attempt on alone"
    claim = Claim.objects.get()
    assert (claim.holder_id, claim.attempts) == (holder, claims.MOST_ATTEMPTS + 1)
    assert claim.quarantined_reason == "failed 10 times: ArithmeticError: this member's receipts cannot be read"
    others = [club.balances(member, now)["points"] for member in members if member != "m3"]
    assert (others, Mark.objects.count()) == ([10] * 5, 1)
    assert journey.work(now=moment + timedelta(days=30)) is None, "set aside until somebody looks"

    monkeypatch.undo()
    claims.release(holder)
    assert world.drained(moment) == 1
    assert (club.balances("m3", now)["points"], Claim.objects.count()) == (10, 0)


@pytest.mark.django_db
def test_a_worker_that_dies_each_time_is_told_so(now):
    buying(now, "anna")
    moment, lone = now, None
    while lone is None or lone.set_aside is None:
        lone = taken(moment)
        assert lone is not None
        moment += LEASE
    assert Claim.objects.get().quarantined_reason == "failed 10 times: its worker died each time"


@pytest.mark.django_db
def test_release_frees_only_what_was_set_aside(now):
    club = buying(now, "anna")
    taken(now)
    claims.release(club.holders["anna-0001"])
    assert Claim.objects.count() == 1


@pytest.mark.django_db
def test_an_error_gives_holders_back_later_each_time(now):
    buying(now, "anna")
    mine = taken(now)
    claims.fail(mine.token, now=now, error=ValueError("x" * 900))
    claim = Claim.objects.get()
    assert (claim.lease_until, len(claim.last_error)) == (now + timedelta(seconds=2), 500)
    assert taken(now + timedelta(seconds=1.9)) is None
    assert taken(now + timedelta(seconds=2)).token != mine.token


def at_once(acts):
    """Each act in a thread with a connection of its own; their answers."""
    answers = [None] * len(acts)

    def run(place, act):
        try:
            answers[place] = act()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return answers


def race(now, monkeypatch, workers=4):
    """Members scored by several workers at once, a slow one among them; (activities scored, awards, points)."""
    members = [f"m{number}" for number in range(12)]
    club = buying(now, *members)

    def work():
        total = 0
        while done := journey.work(now=now, limit=3):
            assert not done.failed, done.failed
            total += done.activities
        return total

    monkeypatch.setattr(journey, "_products", batches.Products())  # nothing is known yet: all read at once
    answers = at_once([work] * workers)
    assert all(isinstance(answer, int) for answer in answers), answers
    return sum(answers), Award.objects.count(), sum(club.balances(member, now)["points"] for member in members)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_share_the_work_and_none_of_it_is_done_twice(now, monkeypatch):
    assert race(now, monkeypatch) == (12, 12, 120)
    assert (Mark.objects.count(), Claim.objects.count()) == (0, 0)


def beside(now, monkeypatch):
    """A slow worker in the middle of its work, its lease run out, and a second one. What each of the two did."""
    buying(now, "anna")
    inside, go_on = threading.Event(), threading.Event()
    desired = journey._desired
    first = threading.current_thread()

    def slowly(*args):
        if threading.current_thread() is not first and not inside.is_set():
            inside.set()
            go_on.wait(20)
        return desired(*args)

    monkeypatch.setattr(journey, "_desired", slowly)
    done = []
    thread = threading.Thread(target=lambda: (done.append(journey.work(now=now)), connection.close()))
    thread.start()
    assert inside.wait(20)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '300ms'")
        try:
            other = journey.work(now=now + LEASE)
        except Exception as error:
            other = error
            transaction.set_rollback(True)
    go_on.set()
    thread.join(20)
    return done[0], other


@pytest.mark.django_db(transaction=True)
def test_a_slow_worker_holds_its_holders_so_nobody_works_beside_it(now, monkeypatch):
    slow, other = beside(now, monkeypatch)
    assert other is None, "what the slow one still holds is passed over, without waiting"
    assert (slow.activities, slow.failed, Award.objects.count()) == (1, "", 1)


@pytest.mark.django_db(transaction=True)
def test_without_the_fences_lock_somebody_works_beside_it_and_it_shows(now, monkeypatch):
    def unlocked(token):
        return [holder for (holder,) in world.rows("SELECT holder_id FROM claim WHERE token = %s", [token])]

    monkeypatch.setattr(claims, "fence", unlocked)
    slow, other = beside(now, monkeypatch)
    assert isinstance(other, journey.Worked)
    # the unique keys of ledger and awards hold the line: the slow one fails instead of posting twice
    assert slow.failed
    assert Award.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_fence_a_worker_that_lost_its_lease_scores_and_it_shows(now, monkeypatch):
    buying(now, "anna")
    slow, fast = taken(now), taken(now + LEASE)
    monkeypatch.setattr(claims, "fence", lambda token: slow.holder_ids)
    with transaction.atomic():
        assert journey._score(slow, now=now, limit=10).activities == 1, "the stories above would see it"
    assert fast.holder_ids == slow.holder_ids


@pytest.mark.django_db
def test_without_the_lease_a_claim_is_taken_from_a_living_worker_and_it_shows(now, monkeypatch):
    leaseless = claims._CLAIM_AGAIN.replace("lease_until <= %(now)s AND", "")
    assert leaseless.count("lease_until <=") == 0
    monkeypatch.setattr(claims, "_CLAIM_AGAIN", leaseless)
    buying(now, "anna")
    assert taken(now) is not None
    assert taken(now) is not None, "the first story above would see it"


@pytest.mark.django_db
def test_finishing_an_unknown_token_harms_nobody(now):
    buying(now, "anna")
    taken(now)
    claims.finish(uuid.uuid4())
    assert Claim.objects.count() == 1
