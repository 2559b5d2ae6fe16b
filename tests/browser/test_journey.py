"""The member's story in a real browser: she joins by a code, buys, sees her points, and is told why she has them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from identity import staff
from identity.rights import EVERYWHERE
from members.models import Membership
from tests.browser.turning import turned

Visit = Callable[..., Any]
pytestmark = pytest.mark.django_db(transaction=True)


def test_join_buy_see_the_points_and_understand_them(
    visit: Visit, club: Any, buys: Callable[..., None], shoot: Callable[[Any, str], None], sign_in: Any
) -> None:
    page = visit(language="fr")
    page.goto("/club/")
    shoot(page, "welcome-fr")
    page.get_by_role("link", name="Adhérer").click()
    page.get_by_label("Prénom").fill("Camille")
    page.get_by_label("E-mail", exact=True).fill("camille@example.com")
    page.get_by_label("Date de naissance").fill("1988-05-14")
    page.get_by_role("button", name="Recevoir mon code").click()
    page.get_by_role("heading", name="Votre code").wait_for()
    code = re.match(r"\S+", mail.outbox[-1].subject)
    assert code
    page.get_by_role("textbox").fill(code.group())
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("heading", name="Bonjour Camille").wait_for()
    page.get_by_text("Aucun ticket pour l’instant").wait_for()
    assert page.get_by_text("Bienvenue. La carte est à vous").is_visible()
    assert page.get_by_text("Aucun ticket pour l’instant").is_visible()

    card = Membership.objects.get().cards.get().number
    bought_at = datetime.now(UTC) - timedelta(hours=2)
    buys(card, bought_at)
    page.goto("/club/")
    shoot(page, "home-fr")
    page.get_by_role("link", name="Nantes Atlantis").click()
    page.get_by_role("heading", name="Pourquoi 169 points").wait_for()
    shoot(page, "receipt-fr")

    terms = [int(text) for text in page.locator(".why").first.locator("li:not(.is-sum) b").all_inner_texts()]
    total = int(page.locator(".why").first.locator(".is-sum b").inner_text())
    assert (sum(terms), total) == (169, 169)  # 99.80 once, 50.20 of garden twice, the first visit of the day
    assert page.get_by_text("Le jardin compte double").is_visible()
    assert page.locator(".verdicts .is-near").get_by_text("panier de 100").is_visible()
    assert page.get_by_text("Sécateur lame franche").is_visible()
    assert "à vous le" in page.locator(".why").first.locator(".is-sum").inner_text()

    _the_desk_says_the_same(visit(width=1440, language="fr"), card, sign_in, shoot)


def _the_desk_says_the_same(page: Any, card: str, sign_in: Any, shoot: Callable[[Any, str], None]) -> None:
    """An agent scans the card and reads the same addition."""
    staff.create_staff(
        "sofia@example.com", "Sofia", [("call_centre", EVERYWHERE)], now=datetime.now(UTC), by="test", language="fr"
    )
    sign_in(page, "sofia@example.com")
    page.goto("/desk/")
    page.get_by_role("searchbox").fill(card)
    turned(page, lambda: page.keyboard.press("Enter"))
    page.get_by_role("link", name="Achat").click()
    page.locator(".verdicts .is-hit").first.wait_for()
    shoot(page, "desk-fr")
    assert page.locator(".verdicts .is-hit b").all_inner_texts() == ["+99", "+50", "+20", "+0,99\u00a0€"]


def test_the_same_story_without_a_script(visit: Visit, club: Any) -> None:
    page = visit(language="en", script=False)
    page.goto("/club/join/")
    page.get_by_label("First name").fill("Inès")
    page.get_by_label("E-mail", exact=True).fill("ines@example.com")
    page.get_by_label("Date of birth").fill("1990-01-31")
    turned(page, page.get_by_role("button", name="Receive my code").click)
    code = re.match(r"\S+", mail.outbox[-1].subject)
    assert code
    page.get_by_role("textbox").fill(code.group())
    turned(page, page.get_by_role("button", name="Continue").click)
    turned(page, page.get_by_role("link", name="Show my card").click)
    assert page.get_by_role("heading", name="At the till", exact=True).is_visible()
    turned(page, page.get_by_role("link", name="Me", exact=True).click)
    turned(page, page.get_by_role("button", name="Français").click)
    assert page.get_by_role("heading", name="Moi").is_visible()
    turned(page, page.get_by_role("button", name="Sombre").click)
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    turned(page, page.get_by_role("button", name="Se déconnecter").click)
    assert page.get_by_role("link", name="Adhérer").is_visible()
