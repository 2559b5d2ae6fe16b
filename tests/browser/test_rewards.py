"""The page of rewards and the desk's list of vouchers in a real browser: a voucher is taken with the keyboard."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity import staff
from identity.rights import EVERYWHERE
from ledger import posting
from rewards import catalogue
from tests.browser.test_pages import AXE, CONTRAST, objections, too_wide
from tests.browser.turning import turned
from tests.rewards import shop
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def camille(program: Any) -> lives.Life:
    now = datetime.now(UTC).replace(microsecond=0)
    made = lives.member(program, now - timedelta(days=400))
    points = shop.currency_id(program.pk, "points")
    posting.earn(holder_id=made.holder_id, currency_id=points, amount=1_680, key="gift", now=now, actor="test")
    catalogue.put(
        program=program, now=now, by="test",
        documents=[
            shop.reward(name={"en": "€5 off your next basket", "fr": "5 € sur votre prochain panier"}, stock=12),
            shop.reward(
                code="minus10", name={"en": "€10 off garden", "fr": "10 € au jardin"}, cost={"points": 900},
                value={"amount": "10.00"}, valid_days=5,
            ),
            shop.reward(
                code="minus25", name={"en": "€25 off anything", "fr": "25 € sur tout"}, cost={"points": 2_000},
                value={"amount": "25.00"},
            ),
        ],
    )  # fmt: skip
    staff.create_staff("sofia@example.com", "Sofia", [("call_centre", EVERYWHERE)], now=now, by="test")
    return made


def test_a_voucher_is_taken_by_keyboard_and_is_in_hand(
    visit: Callable[..., Any], sign_in: Callable[[Any, str], None], camille: lives.Life
) -> None:
    page = visit(language="fr", script=False)
    sign_in(page, "camille@example.com")
    page.goto("/demo/rewards/")
    button = page.get_by_role("button", name="Prendre pour 900")
    button.focus()
    turned(page, lambda: page.keyboard.press("Enter"))
    page.get_by_text("C’est à vous.").wait_for()
    assert page.locator(".ticket").count() == 1
    assert "10 € au jardin" in page.locator(".ticket").inner_text()
    assert page.get_by_role("button", name="Prendre pour 900").count() == 0, "780 points are left"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_pages_are_accessible_and_fit_every_screen(
    visit: Callable[..., Any],
    sign_in: Callable[[Any, str], None],
    shoot: Callable[[Any, str], None],
    camille: lives.Life,
    language: str,
) -> None:
    shop.Member(camille.membership.pk, camille.holder_id, camille.program.pk).redeem("minus10", now=datetime.now(UTC))
    wrong: list[str] = []
    desk = f"/desk/members/{camille.membership.public_id}/"
    for email, path, name in (
        ("camille@example.com", "/demo/rewards/", "rewards"),
        ("sofia@example.com", desk, "rewards-desk"),
    ):
        for width, dark in ((390, False), (1440, True)):
            page = visit(width=width, dark=dark, language=language)
            sign_in(page, email)
            page.goto(path)
            shoot(page, f"{name}-{language}-{width}-{'dark' if dark else 'light'}")
            wrong += objections(page, CONTRAST if dark else AXE)
        wrong += too_wide(page, (360, 768, 1440))
    assert wrong == []
