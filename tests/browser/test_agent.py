"""An agent's day in a real browser: a call, a member, a receipt without points, and a gift that takes two persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from earning import journey
from identity import staff
from identity.models import User
from identity.rights import EVERYWHERE
from members import enrolment
from messaging import delivery
from tests.browser.turning import turned
from tests.care import papers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def _people(club: Any, now: datetime) -> None:
    """Camille, whose telephone is known; Sofia, who answers it; and Marc, who approves."""
    User.objects.create_user("camille@example.com")
    enrolment.enrol(
        program=club, channel="web", now=now - timedelta(days=90), by="test", first_name="Camille", market_code="FR",
        email="camille@example.com", email_verified_at=now, phone="06 12 34 56 78", language="en",
        user_id=User.objects.get().pk,
    )  # fmt: skip
    for name, role in (("sofia", "call_centre"), ("marc", "finance")):
        staff.create_staff(f"{name}@example.com", name.title(), [(role, EVERYWHERE)], now=now, by="test")


def test_from_the_call_to_the_points(
    visit: Callable[..., Any], club: Any, buys: Callable[..., None], sign_in: Callable[[Any, str], None],
    shoot: Callable[[Any, str], None], settings: Any, tmp_path: Path,
) -> None:  # fmt: skip
    settings.FILES_DIR = tmp_path
    now = datetime.now(UTC)
    _people(club, now)
    buys("", now - timedelta(hours=2), "R-2041")  # the till was told no card
    desk, hers = visit(width=1280, language="en"), visit(language="en")
    sign_in(desk, "sofia@example.com")
    sign_in(hers, "camille@example.com")

    _opens_a_case_on_the_call(desk)
    assert desk.get_by_role("link", name="Picture 1").is_visible()
    number = desk.url.rstrip("/").rpartition("/")[2]
    _credits_the_receipt(desk, shoot)
    while journey.work(now=datetime.now(UTC)) is not None:
        pass
    delivery.deliver_due(clock=lambda: datetime.now(UTC))
    solved = next(one for one in mail.outbox if "is solved" in one.body)
    assert solved.to == ["camille@example.com"] and f"/club/me/requests/{number}/" in solved.body
    hers.goto(f"/club/me/requests/{number}/")
    assert hers.get_by_text("Solved: the receipt is yours").is_visible()
    assert hers.get_by_text("We found it at the till.").is_visible()
    turned(hers, hers.get_by_role("link", name="Activity", exact=True).click)
    hers.get_by_text("Nantes Atlantis").wait_for()
    assert hers.get_by_text("169").first.is_visible()

    _asks_for_more_than_her_ceiling(desk, number)
    boss = visit(width=1280, language="en")
    sign_in(boss, "marc@example.com")
    _lets_it_be(boss, shoot)
    hers.goto("/club/activity/")
    hers.get_by_text("Goodwill").wait_for()
    assert "+5\u202f000" in hers.locator("main").inner_text()


def _opens_a_case_on_the_call(desk: Any) -> None:
    desk.goto("/desk/call/?from=0612345678")
    desk.get_by_role("heading", name="Camille").wait_for()
    turned(desk, desk.get_by_role("link", name="Open a case").click)
    desk.get_by_label("Number of the receipt").fill("R-2041")
    desk.get_by_label("In the member’s words").fill("I forgot my card on Sunday.")
    picture = {"name": "receipt.jpg", "mimeType": "image/jpeg", "buffer": papers.picture(size=(300, 450))}
    desk.get_by_label("Evidence").set_input_files(picture)
    turned(desk, desk.get_by_role("button", name="Open the case").click)
    desk.get_by_role("heading", name="Missing points").wait_for()


def _credits_the_receipt(desk: Any, shoot: Callable[[Any, str], None]) -> None:
    """The receipt of the case is found and chosen already; what it will give is seen before it is given."""
    turned(desk, desk.get_by_role("link", name="Solve it").click)
    assert desk.get_by_role("radio").is_checked()
    desk.get_by_label("To the member").fill("We found it at the till.")
    turned(desk, desk.get_by_role("button", name="See what will happen").click)
    assert "+169 points" in desk.locator(".notice.is-good").inner_text()
    shoot(desk, "agent-preview")
    turned(desk, desk.get_by_role("button", name="Do it and tell the member").click)
    desk.get_by_text("The case is solved, and the member is told.").wait_for()


def _asks_for_more_than_her_ceiling(desk: Any, number: str) -> None:
    """Found again by the number of the case, as the member says it when she calls back."""
    desk.get_by_role("searchbox").fill(f"case {number}")
    turned(desk, lambda: desk.keyboard.press("Enter"))
    turned(desk, desk.get_by_role("link", name="Camille", exact=True).first.click)
    turned(desk, desk.get_by_role("link", name="Adjust", exact=True).click)
    desk.get_by_label("How much?").fill("5000")
    desk.get_by_label("Why", exact=True).fill("She waited three weeks")
    turned(desk, desk.get_by_role("button", name="Adjust", exact=True).click)
    desk.get_by_text("above your ceiling").wait_for()


def _lets_it_be(boss: Any, shoot: Callable[[Any, str], None]) -> None:
    boss.goto("/desk/approvals/")
    assert boss.locator(".desk-nav .count").inner_text().split()[0] == "1"
    shoot(boss, "approvals")
    turned(boss, boss.get_by_role("link", name="Camille").click)
    assert boss.get_by_text("She waited three weeks").is_visible()
    turned(boss, boss.get_by_role("button", name="Approve and post").click)
    boss.get_by_text("Approved and posted.").wait_for()
