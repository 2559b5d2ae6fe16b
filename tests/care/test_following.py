"""A request made under a membership that was merged is the kept one's, on every screen; undone, it goes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from care import cases, opinions, timeline
from care.models import Adjustment, Case, Opinion
from care.privacy import erasing
from members import merging
from members.models import Membership
from messaging import delivery, outbox
from programs.models import Store
from tests.care.conftest import NOW, person
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def anna(program: Any) -> Life:
    return member(program, NOW, email="anna@example.com", first_name="Anna")


@pytest.fixture
def twin(program: Any) -> Life:
    return member(program, NOW, email="ana@example.com", first_name="Ana")


def open_case(life: Life, words: str = "Twelve points are missing.") -> Case:
    return cases.open(
        membership=life.membership, type="missing_points", channel="web", words=words, now=NOW,
        by=f"member:{life.membership.public_id}",
    )  # fmt: skip


def merge(kept: Life, gone: Life, now: Any = NOW) -> Any:
    return merging.merge(kept_id=kept.membership.pk, gone_id=gone.membership.pk, now=now, by="user:1")


def said(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_agent_and_member_see_the_request_of_the_gone_one_and_undoing_gives_it_back(
    anna: Life, twin: Life, client: Any
) -> None:
    case = open_case(twin)
    there = f"/demo/me/requests/{case.pk}/"
    assert anna.client().get(there).status_code == 404
    done = merge(anna, twin)
    for one in (anna, twin):  # both logins lead to the kept one
        assert "Twelve points are missing." in said(one.client().get(there))
    client.force_login(person("call_centre", "nadia"), backend="django.contrib.auth.backends.ModelBackend")
    page = f"/desk/members/{anna.membership.public_id}/"
    assert f"/desk/cases/{case.pk}/" in said(client.get(page))
    assert "Anna" in said(client.get(f"/desk/cases/{case.pk}/"))
    cases.message(case_id=case.pk, words="Which store?", now=NOW, by="system:test", asks=True)
    assert anna.client().post(there, {"words": "Lyon."}).status_code == 302
    merging.undo(merge_id=done.pk, now=NOW + DAY, by="user:1")
    assert anna.client().get(there).status_code == 404
    assert "Lyon." in said(twin.client().get(there))
    assert f"/desk/cases/{case.pk}/" not in said(client.get(page))


def test_whatever_was_merged_before_goes_along_and_comes_back_one_step_at_a_time(program: Any, anna: Life) -> None:
    bo, cy = (member(program, NOW, email=f"{name}@example.com", first_name=name) for name in ("bo", "cy"))
    case, own = open_case(cy), open_case(anna)
    first = merge(bo, cy)
    merge(anna, bo)

    def whose() -> tuple[int, int | None]:
        case.refresh_from_db()
        return case.membership_id, case.made_under_id

    assert whose() == (anna.membership.pk, cy.membership.pk)
    second = merging.Merge.objects.get(kept=anna.membership)
    merging.undo(merge_id=second.pk, now=NOW, by="t")
    assert whose() == (bo.membership.pk, cy.membership.pk)
    own.refresh_from_db()
    assert (own.membership_id, own.made_under_id) == (anna.membership.pk, None)
    with pytest.raises(merging.TooLate):
        merging.undo(merge_id=first.pk, now=NOW, by="t")


def test_opinions_and_points_by_hand_follow_but_nobody_says_two_things_of_one_visit(
    program: Any, anna: Life, twin: Life
) -> None:
    store, other = Store.objects.order_by("code")[:2]
    for life, rating in ((anna, 9), (twin, 8)):
        opinions.give(
            membership=life.membership, rating=rating, words="", channel="web", store=store, occurred_on=NOW.date(),
            now=NOW, by="t",
        )  # fmt: skip
    opinions.give(
        membership=twin.membership, rating=7, words="", channel="web", store=other, occurred_on=NOW.date(), now=NOW,
        by="t",
    )  # fmt: skip
    currency = program.currencies.get(code="points")
    Adjustment.objects.create(
        program=program, membership=twin.membership, currency=currency, amount=5, value=5, money="EUR", reason="x",
        key="0" * 32, state="waiting", asked_at=NOW, asked_by="t",
    )  # fmt: skip

    def ratings(life: Life) -> list[int]:
        return sorted(Opinion.objects.filter(membership=life.membership).values_list("rating", flat=True))

    done = merge(anna, twin)
    assert (ratings(anna), ratings(twin)) == ([7, 9], [8])
    assert Adjustment.objects.get().membership == anna.membership
    merging.undo(merge_id=done.pk, now=NOW, by="t")
    assert (ratings(anna), ratings(twin)) == ([9], [7, 8])
    assert Adjustment.objects.get().membership == twin.membership


def test_letters_owed_before_reach_the_kept_one_and_the_timeline_has_those_of_both(
    anna: Life, twin: Life, mailoutbox: list[Any], sofia: Any
) -> None:
    delivery.deliver_due(clock=lambda: NOW)
    outbox.owe(membership_id=twin.membership.pk, kind="card_blocked", values={}, now=NOW, key="k")
    merge(anna, twin)
    mailoutbox.clear()
    delivery.deliver_due(clock=lambda: NOW)
    assert [letter.to for letter in mailoutbox if letter.subject == "Votre carte est bloquée"] == [["anna@example.com"]]
    kept = Membership.objects.get(pk=anna.membership.pk)
    told = [one.what for one in timeline.of_member(kept, sofia, now=NOW)]
    assert sum("welcome" in one for one in told) == 2


def test_whoever_was_erased_is_not_made_two_again(anna: Life, twin: Life) -> None:
    done = merge(anna, twin)
    erasing.erase_now(member_id=anna.membership.member_id, reason="own", now=NOW + DAY, by="t")
    with pytest.raises(merging.TooLate):
        merging.undo(merge_id=done.pk, partly=True, now=NOW + DAY, by="t")


def test_a_page_opened_before_the_merge_opens_its_request_for_the_kept_one(anna: Life, twin: Life) -> None:
    merge(anna, twin)
    assert open_case(twin).membership == anna.membership
