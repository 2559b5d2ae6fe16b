"""The report of a run, a question answered, and paper forms entered with the keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from identity import staff
from identity.rights import EVERYWHERE
from members.models import Member, Membership
from tests.browser.turning import turned
from tests.replication import scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_report_is_read_and_its_question_answered(visit: Any, sign_in: Any, program: Any) -> None:
    page = visit(language="en")
    now = datetime.now(UTC).replace(microsecond=0)
    _run, conflict = scene.played(program, now)
    staff.create_staff("ada@example.com", "Ada", [("administrator", EVERYWHERE)], now=now, by="test", admin=True)
    sign_in(page, "ada@example.com")
    page.goto("/desk/replication/")
    turned(page, lambda: page.get_by_role("link", name="changes.ndjson").click())
    page.goto(f"/desk/replication/questions/{conflict.pk}/")
    turned(page, lambda: page.get_by_role("button", name="Take what Maison CRM says").click())
    assert Member.objects.get(first_name="Ida").phone == "+33633333333"
    page.goto("/desk/enrol/post/")
    keys = page.keyboard
    page.wait_for_function("document.activeElement.tagName === 'INPUT'")
    keys.type("B-7")
    for name in ("Zoe", "Tom"):
        if name == "Zoe":
            page.get_by_label("Signed on").fill(now.date().isoformat())
            page.get_by_label("First name").focus()
        page.wait_for_function("document.activeElement.name === 'first_name'")
        keys.type(name)
        keys.press("Tab")
        keys.type("Papier")
        page.get_by_label("E-mail").focus()
        keys.type(f"{name.lower()}@example.org")
        page.get_by_label("The form is signed").focus()
        keys.press("Space")
        turned(page, lambda: keys.press("Enter"))
    assert set(Membership.objects.filter(channel="post").values_list("member__first_name", flat=True)) == {"Zoe", "Tom"}
    page.wait_for_function("document.activeElement.name === 'first_name'")
