"""The fraud desk: a planted cashier is found among honest ones; pots are frozen and released with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from activity.models import Activity, Kind
from audit.models import AccessEvent, AuditEvent
from earning import vigilance
from identity.rights import Scope
from ledger import freezing, posting
from ledger.models import Wallet
from tests.backoffice.test_members import text_of
from tests.web import lives
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


@pytest.fixture
def bought(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Receipts with a cashier and a till, as tills that send them do."""
    plain = Activity.objects.create

    def make(
        life: Life, times: int, *, cashier: str, till: str = "1", kind: int = Kind.PURCHASE, at: Any = None
    ) -> None:
        marks = {"cashier": cashier, "till": till}
        monkeypatch.setattr(Activity.objects, "create", lambda **values: plain(**values, attributes=marks))
        for number in range(times):
            lives.receipt(life, (at or datetime.now(UTC)) - timedelta(minutes=number), points=[10], kind=kind)
        monkeypatch.setattr(Activity.objects, "create", plain)

    return make


@pytest.fixture
def shop(program: Any, camille: Life, bought: Callable[..., None]) -> list[Life]:
    """Three customers, served by Ana and Bo fairly; Eve puts her friend's card (Camille's) on others' sales."""
    now = datetime.now(UTC)
    others = [lives.member(program, now, email=f"m{n}@example.com", first_name=f"Member{n}") for n in range(6)]
    yesterday = now - timedelta(days=1)
    for one in others:
        bought(one, 2, cashier="ana", at=yesterday)
        bought(one, 2, cashier="bo", at=yesterday - timedelta(days=1))
        bought(one, 1, cashier="eve", at=yesterday)
    for days in range(2, 7):
        bought(camille, 2, cashier="eve", at=now - timedelta(days=days))
    return others


def days_of(life: Life, **values: Any) -> vigilance.Days:
    today = datetime.now(UTC).date()
    return vigilance.Days(life.program.pk, today - timedelta(days=30), today + timedelta(days=1), **values)


def test_the_planted_cashier_is_found_and_the_honest_are_not(shop: list[Life], camille: Life) -> None:
    currencies = [camille.program.currencies.get(code="points").pk]
    [eve] = vigilance.cashiers(days_of(camille), currency_ids=currencies, least=8, share=25)
    assert (eve.cashier, eve.receipts, eve.members, eve.membership_id) == ("eve", 16, 7, camille.membership.pk)
    assert (eve.top, eve.share, eve.points) == (10, 62, 160)
    assert vigilance.cashiers(days_of(camille, store_ids=[]), currency_ids=currencies, least=8, share=25) == []
    assert vigilance.cashiers(days_of(camille), currency_ids=currencies, least=11, share=25) == []


def test_who_brings_back_most_of_it_is_found(shop: list[Life], camille: Life) -> None:
    bought = 10 * (1780 + 2490)
    for number in range(7):
        lives.receipt(camille, datetime.now(UTC) - timedelta(hours=number), nets=[4270], points=[], kind=Kind.RETURN)
    [found] = vigilance.returners(days_of(camille), least=2, share=60)
    assert (found.membership_id, found.returns, found.bought, found.returned) == (
        camille.membership.pk,
        7,
        bought,
        29890,
    )
    assert found.ratio == 70
    assert vigilance.returners(days_of(camille), least=8, share=60) == []


def test_a_card_used_too_often_and_a_till_of_too_many_cards(shop: list[Life], camille: Life, bought: Any) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=50) - timedelta(days=10)
    bought(camille, 7, cashier="ana", till="9", at=noon)
    [busy] = vigilance.busy_cards(days_of(camille), least=6)
    assert (busy.membership_id, busy.receipts, busy.stores) == (camille.membership.pk, 7, 1)
    for one in shop:
        bought(one, 1, cashier="ana", till="9", at=noon)
    [crowd] = [one for one in vigilance.crowded_tills(days_of(camille), least=7) if one.till == "9"]
    assert (crowd.till, crowd.members) == ("9", 7)


def test_the_desk_shows_them_to_a_manager_of_the_store_alone(desk: Desk, shop: list[Life], camille: Life) -> None:
    page = text_of(desk("store_manager", Scope(store="s1"), language="fr"), "/desk/fraud/")
    assert "eve" in page and "62 %" in page, page[-3000:]
    assert f"/desk/members/{camille.membership.public_id}/" in page
    assert AccessEvent.objects.filter(membership_id=camille.membership.pk, page="search").count() == 1
    assert "Rien d’étrange" in text_of(desk("store_manager", Scope(store="s2"), language="fr"), "/desk/fraud/")
    assert "Nothing odd" in text_of(desk("auditor"), "/desk/fraud/?share=90&receipts=1000")
    assert desk("store_staff", Scope(store="s1")).get("/desk/fraud/").status_code == 404


def test_frozen_pots_refuse_to_spend_and_released_ones_do_not(desk: Desk, camille: Life, now: datetime) -> None:
    lives.receipt(camille, now - timedelta(days=2), points=[500])
    client, there = desk("call_centre"), f"/desk/members/{camille.membership.public_id}/freeze/"
    pot = camille.program.currencies.get(code="points").pk

    def spend(key: str) -> None:
        posting.spend(holder_id=camille.holder_id, currency_id=pot, amount=10, now=now, actor="t", key=("t", key))

    assert client.post(there, {"act": "freeze", "reason": " "}).status_code == 422
    assert client.post(there, {"act": "freeze", "reason": "Eve’s friend"}).status_code == 302
    frozen = Wallet.objects.filter(holder_id=camille.holder_id).values_list("frozen_reason", flat=True)
    assert list(frozen) == ["Eve’s friend"] * 3, "pots to come are frozen too"
    with pytest.raises(posting.WalletFrozen):
        spend("a")
    assert "Frozen: Eve’s friend" in text_of(client, there)
    client.post(there, {"act": "freeze", "reason": "Eve’s friend"})
    with pytest.raises(posting.WalletFrozen):
        spend("a")  # pressed by two at once, it stays frozen
    assert 'value="release"' in text_of(client, there)
    client.post(there, {"act": "release", "reason": "All is well"})
    spend("b")
    told = [(event.action, event.data["reason"]) for event in AuditEvent.objects.filter(action__startswith="wallets.")]
    assert told == [("wallets.frozen", "Eve’s friend"), ("wallets.released", "All is well")]


def test_nobody_freezes_their_own_pots(desk: Desk, camille: Life) -> None:
    from identity import staff

    staff.create_staff("camille@example.com", "C", [("call_centre", Scope())], now=datetime.now(UTC), by="test")
    client, there = camille.client(), f"/desk/members/{camille.membership.public_id}/freeze/"
    assert "somebody else decides" in text_of(client, there)
    assert client.post(there, {"act": "freeze", "reason": "mine"}).status_code == 404
    assert freezing.reason_of(holder_id=camille.holder_id, currency_ids=[1, 2, 3]) == ""


def test_freezing_needs_a_reason(camille: Life, now: datetime) -> None:
    for act in (freezing.freeze, freezing.release):
        with pytest.raises(freezing.NoReason):
            act(holder_id=camille.holder_id, currency_ids=[1], reason=" ", now=now, by="t")
