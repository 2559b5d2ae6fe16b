"""Cases of somebody who works here no more are the queue's again."""

from __future__ import annotations

from typing import Any

import pytest

from care import cases
from care.models import Case
from identity import staff
from identity.models import User
from identity.rights import Scope
from programs.models import Store
from tests.care.conftest import NOW, person
from tests.web.lives import member

pytestmark = pytest.mark.django_db


def test_whoever_is_dismissed_leaves_no_case_behind(program: Any, sofia: User) -> None:
    life, marc = member(program, NOW), person("call_centre", "marc")
    who: Any = {"membership": life.membership, "type": "other", "channel": "phone", "words": "x", "now": NOW}
    open_, waiting, ended = (cases.open(owner=sofia, by="user:0", **who) for _ in range(3))
    cases.message(case_id=waiting.pk, words="When?", asks=True, now=NOW, by="user:0")
    cases.refuse(case_id=ended.pk, words="No", now=NOW, by="user:0")
    marcs = cases.open(owner=marc, by="user:0", **who)
    staff.dismiss(sofia, now=NOW, by="system")
    owners = dict(Case.objects.values_list("pk", "owner__email"))
    assert owners == {open_.pk: None, waiting.pk: None, ended.pk: sofia.email, marcs.pk: marc.email}
    last = Case.objects.get(pk=waiting.pk).events.order_by("pk").last()
    assert last is not None and (last.what, last.by, last.data) == ("taken", "system:left", {"owner": None})
    assert Case.objects.get(pk=waiting.pk).state == "waiting"


def test_whoever_moves_to_another_store_keeps_only_cases_she_may_still_work_on(program: Any) -> None:
    who: Any = {"type": "other", "channel": "phone", "words": "x", "now": NOW, "by": "user:0"}
    here, there = member(program, NOW), member(program, NOW, email="bo@example.com")
    there.membership.home_store = Store.objects.get(code="s2")
    there.membership.save(update_fields=["home_store"])
    lea = person("store_manager", "lea", Scope(store="s1"))
    lost, both = (cases.open(owner=lea, membership=one.membership, **who) for one in (here, there))
    staff.invite(lea.email, "Lea", [("store_manager", Scope(store="s2"))], now=NOW, by="user:0")
    owners = dict(Case.objects.values_list("pk", "owner__email"))
    assert owners == {lost.pk: None, both.pk: lea.email}
