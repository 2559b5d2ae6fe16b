"""The card on a phone: it opens without network, a lost one is blocked in two taps, and a till takes its code."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity import staff
from identity.rights import Scope
from tests.browser.test_pages import AXE, objections, too_wide
from tests.browser.turning import turned
from tests.rewards import shop
from tests.web import lives

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

KEPT = """async wanted => {
    for (let tries = 0; tries < 200; tries++) {
        if (Boolean(await caches.match("/demo/card/offline/")) === wanted) return;
        await new Promise(later => setTimeout(later, 50));
    }
    throw new Error("after ten seconds the card is " + (wanted ? "not kept" : "kept still"));
}"""


@pytest.fixture
def camille(program: Any) -> lives.Life:
    life = lives.member(program, datetime.now(UTC) - timedelta(days=90))
    shop.Member(life.membership.pk, life.holder_id, program.pk).earn(730, now=datetime.now(UTC) - timedelta(days=3))
    return life


def test_the_card_opens_without_network_and_is_fresh_when_back(
    visit: Callable[..., Any],
    sign_in: Callable[[Any, str], None],
    camille: lives.Life,
    shoot: Callable[[Any, str], None],
) -> None:
    page = visit(language="en")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    sign_in(page, "camille@example.com")
    page.goto("/demo/")
    page.evaluate(KEPT, True)
    page.context.set_offline(True)
    turned(page, lambda: page.get_by_role("link", name="Card", exact=True).click())
    page.get_by_text("There is no network now").wait_for()
    assert "730" in page.get_by_label("What I had").inner_text()
    assert page.locator("svg.qr").count() == 1 and page.locator(".spend-digits").count() == 0
    shoot(page, "card-offline")
    camille_pots = shop.Member(camille.membership.pk, camille.holder_id, camille.program.pk)
    camille_pots.earn(10, now=datetime.now(UTC) - timedelta(minutes=1))
    with page.expect_navigation():
        page.context.set_offline(False)
    page.locator(".spend-digits").wait_for()  # the page itself again, with its code
    turned(page, lambda: page.goto("/demo/"))
    assert "740" in page.locator(".stats-home").inner_text()
    page.context.clear_cookies()
    page.goto("/demo/")  # signed out: the phone forgets the card
    page.evaluate(KEPT, False)
    assert refused == []


def test_a_till_takes_the_code_of_the_phone_and_a_lost_card_two_taps(
    visit: Callable[..., Any],
    sign_in: Callable[[Any, str], None],
    camille: lives.Life,
    shoot: Callable[[Any, str], None],
) -> None:
    shop.offer(camille.program)
    staff.create_staff(
        "lea@example.com", "Léa", [("store_staff", Scope(store="s2"))], now=datetime.now(UTC), by="test"
    )  # fmt: skip
    phone, till = visit(language="fr"), visit(width=1280, language="fr")
    sign_in(phone, "camille@example.com")
    sign_in(till, "lea@example.com")
    phone.goto("/demo/card/")
    shoot(phone, "card-at-the-till")
    till.goto("/desk/till/")
    shoot(till, "till-scan")
    till.keyboard.type(camille.membership.cards.get().number)  # the box has the keyboard, as for a scanner
    turned(till, lambda: till.keyboard.press("Enter"))
    shoot(till, "till-member")
    assert too_wide(till, (360, 768, 1440)) + objections(till, AXE) == []
    till.get_by_label("Code sur le téléphone du membre").focus()
    till.keyboard.type(phone.locator(".spend-digits").inner_text())
    turned(till, lambda: till.keyboard.press("Enter"))
    shoot(till, "till-redeemed")
    till.get_by_text("Déduisez 5,00").wait_for()
    shoot(till, "till-redeemed")
    turned(phone, lambda: phone.get_by_role("link", name="Perdue ou volée").click())
    shoot(phone, "card-lost")
    turned(phone, lambda: phone.get_by_role("button", name="Je l’ai perdue : bloquer").click())
    phone.get_by_text("L’ancienne carte est bloquée.").wait_for()
    assert sorted(camille.membership.cards.values_list("status", flat=True)) == ["active", "blocked"]
