"""What a member, a colleague and an auditor read of it: why these points, sums, and whether the books add up."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from earning import auditing, bells, journey, queries, summary, tasks
from earning.models import Award, Mark
from tests.earning import world

RULES = """
- {code: base, name: {en: One point per euro, fr: Un point par euro}, trigger: purchase, earn: {per_amount: {points: 1}}}
- code: first
  name: {en: First visit of the day, fr: Première visite du jour}
  trigger: purchase
  scope: receipt
  when: {fact: receipt.first_of_day, eq: true}
  earn: {fixed: 5}
- code: fifty
  name: {en: A basket of 50, fr: Un panier de 50}
  trigger: purchase
  scope: receipt
  when: {fact: receipt.net, ge: 50}
  earn: {fixed: 20}
- {code: capped, name: {en: Up to ten, fr: Jusqu'à dix}, trigger: purchase, earn: {fixed: 8}, limits: [{max: 10, per: day}]}
- {code: back, name: {en: Back, fr: Retour}, trigger: purchase, earn: {percent: 5, currency: pot}}
"""  # noqa: E501


@pytest.fixture
def club(now, db):
    return world.make(RULES, now=now)


def two_receipts(club, now):
    first = club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), ("b", "18.00"), now=now)
    second = club.buy("R2", "2026-11-18T13:00:00", ("a", "4.00"), now=now)
    world.drained(now)
    return first, second


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("One point per euro", "A basket of 50")), ("fr", ("Un point par euro", "Un panier de 50"))],
)
def test_the_parts_of_an_explanation_add_up_to_the_awards(club, now, language, words):
    first, second = two_receipts(club, now)
    holder = club.holders["anna-0001"]
    told = queries.explain(activity_id=first, holder_id=holder, language=language)
    assert {part.rule: part.points for part in told.parts} == {"base": 48, "first": 5, "capped": 8, "back": 240}
    assert told.total == {"points": 61, "pot": 240}
    assert sum(told.total.values()) == sum(award.posted for award in queries.awards_of(first, holder))
    assert [near.rule for near in told.near] == ["fifty"]
    said = " ".join(f"{part.text} {part.detail}" for part in told.parts) + told.near[0].text + told.near[0].missing
    assert all(word in said for word in words), said

    capped = queries.explain(activity_id=second, holder_id=holder, language=language)
    assert {part.rule: part.points for part in capped.parts}["capped"] == 2, "what was left under the cap"
    assert capped.total == {"points": 6, "pot": 20}


def test_the_explanation_keeps_the_facts_of_its_moment(club, now):
    first, _ = two_receipts(club, now)
    club.buy("R0", "2026-11-18T09:00:00", ("a", "1.00"), now=now)  # late, and now the first of that day
    world.drained(now)
    told = queries.explain(activity_id=first, holder_id=club.holders["anna-0001"], language="en")
    assert {part.rule for part in told.parts} >= {"first"}


def test_what_is_not_the_holders_is_not_told(club, now):
    first, _ = two_receipts(club, now)
    other = club.enrol("bo-0001", now=now)
    assert queries.explain(activity_id=first, holder_id=other, language="en") == queries.Explanation()


def test_what_waits_says_so(club, now):
    bought = club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), now=now)
    holder = club.holders["anna-0001"]
    assert queries.is_waiting(bought, holder)
    world.drained(now)
    assert not queries.is_waiting(bought, holder)


def test_the_summary_of_a_program(club, now):
    two_receipts(club, now)
    said = summary.of(club.program, now=now)
    assert (said["members"], said["receipts"], said["returns"], said["lines"]) == (1, 2, 0, 3)
    given = {rule: one["granted"] for rule, one in said["points"]["points"].items()}
    assert given == {"base": 52, "first": 5, "capped": 10}
    assert said["balances"]["points"] == {"available": 67, "pending": 0, "debt": 0}
    assert said["balances"]["pot"] == {"available": 260, "pending": 0, "debt": 0}
    assert said["liability"] == {"FR": 260, "US": 0}


def test_the_summary_command_writes_the_same_and_knows_its_programs(club, now, tmp_path):
    two_receipts(club, now)
    call_command("summary", program="club", json=tmp_path / "said.json")
    assert json.loads((tmp_path / "said.json").read_text())["points"]["points"]["base"]["granted"] == 52
    with pytest.raises(CommandError, match="no program is called 'nowhere'"):
        call_command("summary", program="nowhere")


def test_the_drain_command_scores_what_waits_in_batches_of_any_size(club, now):
    for number in range(3):
        club.buy(f"R{number}", f"2026-11-18T1{number}:00:00", ("a", "1.00"), now=now)
    said = StringIO()
    call_command("drain", batch=1, stdout=said)
    assert "3 activities of" in said.getvalue()
    assert (Mark.objects.count(), Award.objects.filter(posted__gt=0).exists()) == (0, True)


def test_the_drain_command_waits_and_goes_on_when_the_database_does_not_answer(club, now, monkeypatch):
    from django.db import OperationalError

    from earning.management.commands import drain

    answers = iter([OperationalError("gone"), journey.Worked(1, 1), None])

    class Stopping:
        def __init__(self):
            self.waited = []

        def is_set(self):
            return len(self.waited) == 2

        def wait(self, seconds):
            self.waited.append(seconds)

        def set(self):
            raise AssertionError

    def work(**_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    stopping, said = Stopping(), StringIO()
    monkeypatch.setattr(drain.journey, "work", work)
    monkeypatch.setattr(drain.threading, "Event", lambda: stopping)
    monkeypatch.setattr(drain.connection, "close", lambda: None)
    call_command("drain", forever=True, poll=30.0, stdout=said, stderr=StringIO())
    assert stopping.waited == [5, 30.0]
    assert "1 activities of 1 holders scored" in said.getvalue()


def test_the_drain_task_stops_by_itself_and_the_tick_rings_every_bell(club, now, monkeypatch):
    club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), now=now)
    tasks.drain(0)
    assert Mark.objects.count() == 0
    assert journey.drain(clock=lambda: now, until=now) == journey.Worked()
    rung = []
    monkeypatch.setattr(tasks.drain, "apply_async", lambda args, expires: rung.append(args[0]))
    tasks.tick()
    assert rung == [0, 16, 32, 48]


@pytest.mark.django_db(transaction=True)
def test_a_bell_that_cannot_be_rung_is_only_logged(now, monkeypatch):
    from kombu.exceptions import OperationalError

    heard = []

    def down(**_):
        raise OperationalError("Error 111 connecting to redis. Connection refused.")

    monkeypatch.setattr(tasks.drain, "apply_async", down)
    monkeypatch.setattr(bells.log, "warning", lambda event, **said: heard.append((event, said["error"])))
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), now=now)
    assert heard == [("bell not rung", "OperationalError")], "once, not once a bell"
    assert world.drained(now) == 1
    assert club.balances("anna", now)["points"] == 30


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_activity_can_be_found(now, monkeypatch):
    rung = []
    monkeypatch.setattr(bells, "ring", lambda: rung.append((Mark.objects.count(), connection.in_atomic_block)))
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), now=now)
    assert rung == [(1, False)]


DAMAGE = {
    "an award that was never posted": (
        "award",
        "UPDATE award SET posted = posted + 1, target = target + 1",
        "posted of awards = entries of their activity",
    ),
    "a target that was not reached": ("award", "UPDATE award SET target = target + 1", "posted = target"),
    "an award that is gone": ("award", "DELETE FROM award", "posted of awards = entries of their activity"),
    "an entry changed by hand": (
        "ledger_entry",
        "UPDATE ledger_entry SET amount = amount + 1 WHERE entry_id = (SELECT min(entry_id) FROM ledger_entry)",
        "lot remaining = sum of its entries",
    ),
    "a wallet changed by hand": (
        "ledger_wallet",
        "UPDATE ledger_wallet SET total = total + 1",
        "wallet total = sum of its lots",
    ),
}


@pytest.mark.django_db(transaction=True)
def test_the_audit_finds_every_seeded_damage_and_exits_one(now, owner_cursor, tmp_path):
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), now=now)
    world.drained(now)
    said = StringIO()
    call_command("audit", stdout=said)
    assert "1 entries, 1 awards checked: 0 differences" in said.getvalue()
    for name, (table, damage, check) in DAMAGE.items():
        owner_cursor.execute("BEGIN")
        owner_cursor.execute(f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {table}")
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner_cursor.execute(damage)
        owner_cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner_cursor.execute("COMMIT")
        report = tmp_path / "audit.json"
        with pytest.raises(CommandError) as refused:
            call_command("audit", json=report, stdout=StringIO())
        assert refused.value.returncode == 1
        found = {one["check"] for one in json.loads(report.read_text())["differences"]}
        assert check in found, (name, found)
        owner_cursor.execute("BEGIN")
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner_cursor.execute(f"DELETE FROM {table}")
        owner_cursor.execute(f"INSERT INTO {table} SELECT * FROM kept")
        owner_cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner_cursor.execute("DROP TABLE kept")
        owner_cursor.execute("COMMIT")
        assert auditing.run(now=now + timedelta(days=1)).differences == [], name


@pytest.mark.django_db(transaction=True)
def test_posting_the_same_twice_is_one_posting_and_without_the_key_it_shows(now, owner_cursor, monkeypatch):
    """A mutant: the awards are forgotten and the unique key of postings is gone."""
    from earning import difference

    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-18T12:00:00", ("a", "30.00"), now=now)
    world.drained(now)

    def again():
        monkeypatch.setattr(difference, "write", lambda *_: None)
        owner_cursor.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM award")
        owner_cursor.execute("DELETE FROM award")
        owner_cursor.execute(
            "INSERT INTO mark (bucket, holder_id, activity_id, occurred_on, reason, at)"
            " SELECT holder_id % 64, holder_id, activity_id, occurred_on, 'again', at FROM attribution"
        )
        world.drained(now)
        owner_cursor.execute("INSERT INTO award SELECT * FROM kept")
        owner_cursor.execute("DROP TABLE kept")
        return club.balances("anna", now)["points"]

    assert again() == 30, "the key holds the line"
    owner_cursor.execute("ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_once")
    try:
        assert again() == 60
        assert auditing.run(now=now).differences, "the audit sees it"
    finally:
        owner_cursor.execute("SET app.allow_truncate = 'on'")
        owner_cursor.execute("TRUNCATE ledger_posting, ledger_entry, ledger_lot, ledger_wallet, award")
        owner_cursor.execute("ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_once UNIQUE (holder_id, idem)")
