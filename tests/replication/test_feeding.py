"""Facts back to the CRM: what changed, in an order that loses nothing."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from ledger import posting
from replication import feeding
from tests import waiting
from tests.replication.conftest import lot, person
from tests.replication.test_landing import _id, holder


def told(system, after=0):
    return [(row["external_id"], row["balances"][0]["available"] if row["balances"] else None)
            for row in feeding.page(system, after=after)]  # fmt: skip


@pytest.mark.django_db
def test_only_what_changed_comes_after_the_cursor(crm, load, now):
    load(crm, [person("C1", lots=[lot("L1")]), person("C2", lots=[lot("L2", 70)]), person("C3")])
    assert feeding.look(system=crm, now=now) == 3 and feeding.look(system=crm, now=now) == 0
    assert told(crm) == [("C1", 500), ("C2", 70), ("C3", None)]
    posting.spend(holder_id=holder("C1"), currency_id=_id("points"), amount=20, key="k", now=now, actor="test")
    assert feeding.look(system=crm, now=now) == 1
    assert told(crm, after=3) == [("C1", 480)] and [row[0] for row in told(crm)] == ["C2", "C3", "C1"]


@pytest.mark.django_db
def test_what_time_alone_changes_is_told_too(crm, load, now):
    load(crm, [person("C1", lots=[lot("L1", expires_on="2027-03-01")])])
    feeding.look(system=crm, now=now)
    assert feeding.look(system=crm, now=now + timedelta(days=200)) == 1
    assert told(crm, after=1) == [("C1", 0)]


@pytest.mark.django_db
def test_the_command_writes_lines(crm, load, now, tmp_path):
    load(crm, [person("C1", lots=[lot("L1")])])
    call_command("replicate", "feed", "--system", "crm", "--to", str(tmp_path / "feed.ndjson"))
    [line] = (tmp_path / "feed.ndjson").read_text().splitlines()
    facts = json.loads(line)
    assert (facts["cursor"], facts["external_id"], facts["status"], facts["tier"]) == (1, "C1", "active", None)
    assert facts["balances"][0]["available"] == 500


@pytest.mark.django_db(transaction=True)
def test_a_second_pass_waits_for_the_first_so_that_no_number_shows_late(crm, load, now):
    load(crm, [person("C1", lots=[lot("L1")])])
    seen = []

    def second():
        seen.append(feeding.look(system=crm, now=now))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        assert feeding.look(system=crm, now=now) == 1
        thread.start()
        waiting.until_somebody_waits()
    thread.join(20)
    assert seen == [0] and told(crm) == [("C1", 500)]
