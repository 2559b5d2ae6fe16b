"""Facts back to the CRM: what changed, in an order that loses nothing."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from care import cases, opinions
from care.models import Opinion
from ledger import posting
from members import households, merging
from programs.models import Store
from replication import feeding
from replication.models import Fact, Identity
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
def test_opinions_and_cases_are_told_and_words_are_kept_here_alone(crm, load, now):
    load(crm, [person("C1"), person("C2")])
    ida = Identity.objects.get(external_id="C1").membership
    feeding.look(system=crm, now=now)
    store = Store.objects.get(code="s1")
    opinions.give(membership=ida, rating=2, words="Trop cher", channel="web", now=now, by="member:x", store=store,
                  occurred_on=now.date())  # fmt: skip
    assert feeding.look(system=crm, now=now) == 1
    [row] = feeding.page(crm, after=2)
    [said], [case] = row["opinions"], row["cases"]
    assert (said["rating"], said["words"], said["store"], said["receipt"]) == (2, "Trop cher", "s1", None)
    assert (case["type"], case["state"], case["ended_at"]) == ("opinion", "open", None)
    assert "Trop cher" not in str(Fact.objects.values_list("facts", flat=True))
    Opinion.objects.update(words="")
    assert feeding.page(crm, after=2)[0]["opinions"][0]["words"] == ""
    cases.refuse(case_id=case["number"], words="Non", now=now, by="user:1")
    assert feeding.look(system=crm, now=now) == 1 and feeding.page(crm, after=3)[0]["cases"][0]["state"] == "refused"


@pytest.mark.django_db
def test_a_deletion_a_merge_and_a_shared_pot_are_said(crm, load, now):
    load(crm, [person(one, first_name=one, lots=[lot(one, 10)]) for one in ("C1", "C2", "C3", "C4")])
    feeding.look(system=crm, now=now)
    rows = {one.external_id: one.membership for one in Identity.objects.select_related("membership")}
    load(crm, [person("C1", 2, deleted=True)])
    merging.merge(kept_id=rows["C2"].pk, gone_id=rows["C3"].pk, now=now, by="user:1")
    households.found(membership_id=rows["C4"].pk, now=now, by="member:x")
    assert feeding.look(system=crm, now=now) == 4
    told = {row["external_id"]: row for row in feeding.page(crm, after=4)}
    assert (told["C1"]["deleted"], told["C1"]["status"], told["C1"]["erased"]) == (True, "closed", False)
    assert told["C3"]["merged"] and not told["C2"]["merged"]
    assert told["C3"]["member_number"] == told["C2"]["member_number"] == rows["C2"].number
    assert told["C3"]["balances"] == told["C2"]["balances"] and told["C2"]["balances"][0]["available"] == 20
    assert told["C4"]["household"] and told["C2"]["household"] is None


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
