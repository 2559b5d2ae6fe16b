"""The place on the ladder in a real browser: at the member’s home and at the desk, in both languages and lights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from earning import standing
from identity import staff
from identity.rights import EVERYWHERE
from tests.browser.test_pages import AXE, objections, too_wide
from tests.web import lives
from tiers import ladders
from tiers.terms import Tiers

pytestmark = pytest.mark.django_db(transaction=True)

LADDER = {
    "measure": {"currency": "points"},
    "window": {"rolling_months": 2},
    "steps": [
        {"code": "member", "name": {"en": "Member", "fr": "Membre"}, "from": 0},
        {"code": "silver", "name": {"en": "Silver", "fr": "Argent"}, "from": 300},
        {"code": "gold", "name": {"en": "Gold", "fr": "Or"}, "from": 500},
    ],
}


@pytest.mark.parametrize(
    ("language", "home", "desk", "kept"),
    [
        ("fr", "Plus que 40 points pour passer Or", "Encore 40 points pour Or", "Argent jusqu’au"),
        ("en", "40 points more and you are Gold", "40 points more for Gold", "Silver until"),
    ],
)
def test_the_next_step_is_told_everywhere(
    visit: Callable[..., Any], sign_in: Any, shoot: Any, program: Any, language: str, home: str, desk: str, kept: str
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    ladders.put(program=program, document=Tiers.model_validate(LADDER), now=now - timedelta(days=300), by="test")
    camille = lives.member(program, now - timedelta(days=400))
    lives.receipt(camille, now - timedelta(days=40), points=[340], expires_at=now + timedelta(days=70))
    lives.receipt(camille, now - timedelta(days=30), points=[120], expires_at=now + timedelta(days=8))
    standing.close_windows(program=program, now=now)
    staff.create_staff("sofia@example.com", "Sofia", [("call_centre", EVERYWHERE)], now=now, by="test", admin=True)
    there = f"/desk/members/{camille.membership.public_id}/"
    for email, address, says in (("camille@example.com", "/demo/", home), ("sofia@example.com", there, desk)):
        for width, dark in ((390, True), (1440, False)):
            page = visit(width=width, dark=dark, language=language)
            sign_in(page, email)
            page.goto(address)
            climb = page.locator(".climb")
            assert climb.locator("h2").inner_text().replace("\u202f", " ").replace("\u00a0", " ") == says
            assert climb.locator("progress").get_attribute("value") == "80"
            assert kept in climb.inner_text()
            place = "home" if email.startswith("camille") else "desk"
            shoot(page, f"climb-{place}-{language}-{width}-{'dark' if dark else 'light'}")
        assert objections(page, AXE) == []
        assert too_wide(page, (360, 768, 1440)) == []
