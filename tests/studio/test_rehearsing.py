"""A book beside a draft: the page asks, a worker runs it, what it came to is kept and grows stale with the draft."""

import json
import subprocess
from datetime import timedelta

import pytest

from identity.roles import Role
from playbooks import checking, reading
from playbooks.rehearsals import reading as books
from rules_engine import draft_rehearsals, draft_rules, drafts
from rules_engine.models import DraftRehearsal
from studio import drafted, rehearsing
from tests.studio.test_studio import client_of, published  # noqa: F401

pytestmark = pytest.mark.django_db
State = DraftRehearsal.State
BOOK = """\
version: 1
name: ten
playbook: draft
members: [{id: anna}]
steps:
  - {at: 2026-01-10T10:00:00+01:00, clock: true}
"""
LINE = {"step": 1, "line": 6, "at": "2026-01-10T10:00:00+01:00", "did": "clock", "field": "points", "expected": "1",
        "found": "1", "passed": True}  # fmt: skip
WENT_WELL = {"name": "ten", "lines": [LINE], "problems": [], "passed": 1, "failed": 0, "why": ""}


@pytest.fixture
def draft(published, program, now):  # noqa: F811
    return drafts.open_draft(program=program, title="T", now=now, by="user:0")


@pytest.fixture
def ran(monkeypatch):
    """What was run, by its arguments; each book goes well."""
    calls = []
    monkeypatch.setattr(rehearsing, "run", lambda *said: calls.append(said) or WENT_WELL)
    return calls


def ask(draft, now, **more):
    return draft_rehearsals.ask(draft_id=draft.pk, book="b.yaml", text=BOOK, now=now, by="user:1", **more)


def test_the_page_asks_and_a_worker_runs(draft, ran, now, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr(rehearsing, "ring", lambda: rung.append(1))
    client = client_of("nadia@example.com", Role.MARKETING)
    there = f"/admin/studio/demo/drafts/{draft.pk}/rehearse/"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(there, {"text": BOOK}).status_code == 302
    assert rung == [1]
    page = client.get(there).content.decode()
    assert "waits for its turn" in page and 'hx-trigger="every 2s"' in page and "Look again" in page
    again = client.post(there, {"text": BOOK}).content.decode()
    assert "one at a time" in again and DraftRehearsal.objects.count() == 1
    assert rehearsing.work(clock=lambda: now) and not rehearsing.work(clock=lambda: now)
    ((text, name, playbook),) = ran
    assert (text, name) == (BOOK, "written here") and "hello" not in playbook and "rules:" in playbook
    page = client.get(there).content.decode()
    assert "1 line passes" in page and "every 2s" not in page and "was changed since" not in page
    row = draft.rules.first()
    draft_rules.remove_rule(draft_id=draft.pk, rule_id=row.pk, now=now + timedelta(minutes=1), by="user:0")
    assert "was changed since" in client.get(there).content.decode()
    assert "before the draft was changed" in client.get(f"/admin/studio/demo/drafts/{draft.pk}/").content.decode()


def test_a_killed_worker_leaves_the_book_to_the_next_and_three_give_it_up(draft, ran, now):
    ask(draft, now)
    killed = draft_rehearsals.take(now=now)
    assert draft_rehearsals.take(now=now + timedelta(seconds=199)) is None
    later = now + timedelta(seconds=200)
    assert draft_rehearsals.take(now=later).attempts == 2
    assert not draft_rehearsals.keep(row=killed, result=WENT_WELL, now=later), "a worker that lost its lease"
    assert draft_rehearsals.take(now=later + timedelta(minutes=4)).attempts == 3
    assert rehearsing.work(clock=lambda: later + timedelta(minutes=8))
    row = DraftRehearsal.objects.get()
    assert (row.state, ran) == (State.GIVEN_UP, [])
    ask(draft, later + timedelta(minutes=9))
    assert rehearsing.work(clock=lambda: later + timedelta(minutes=9)) and len(ran) == 1


def test_what_breaks_lets_the_book_go(draft, now, monkeypatch):
    ask(draft, now)

    def breaks(*said):
        raise OSError("no room left")

    monkeypatch.setattr(rehearsing, "run", breaks)
    with pytest.raises(OSError, match="no room"):
        rehearsing.work(clock=lambda: now)
    row = DraftRehearsal.objects.get()
    assert (row.state, row.attempts) == (State.WAITING, 1)


def test_twenty_are_kept(draft, ran, now):
    for minute in range(22):
        ask(draft, now + timedelta(minutes=minute))
        rehearsing.work(clock=lambda: now)
    assert DraftRehearsal.objects.count() == 20


def test_a_draft_is_a_playbook_that_a_book_can_stand_on(draft, now, tmp_path):
    text = drafted.playbook_of(draft, now=now)
    checked = checking.check(reading.read(text.encode(), "draft"))
    assert [rule.code for rule in checked.playbook.rules] == [row.code for row in draft.rules.all()]
    (tmp_path / drafted.FILE).write_text(text)
    (tmp_path / "book.yaml").write_text(BOOK)
    assert books.read_path(tmp_path / "book.yaml").checked.playbook.program.code == "demo"
    assert drafted.is_asked_for(BOOK) and not drafted.is_asked_for(BOOK.replace("draft", "drafts"))


def test_what_the_process_says_is_read(monkeypatch):
    def answers(stdout, stderr=""):
        done = subprocess.CompletedProcess([], 0, stdout, stderr)
        monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: done)
        return rehearsing.run(BOOK, "b.yaml")

    outcome = {"file": "book.yaml", "name": "ten", "lines": [LINE, {**LINE, "passed": False}], "problems": []}
    found = answers("warning\n" + json.dumps([outcome]))
    assert (found["name"], found["passed"], found["failed"]) == ("ten", 1, 1)
    assert answers("", "{}\nbook.yaml:3: playbook: is required\n")["problems"] == ["b.yaml:3: playbook: is required"]

    def slow(*args, **kwargs):
        raise subprocess.TimeoutExpired("x", 1)

    monkeypatch.setattr(subprocess, "run", slow)
    assert rehearsing.run(BOOK, "b.yaml")["why"] == rehearsing.TOO_SLOW
