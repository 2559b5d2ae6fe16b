"""How long joining takes: under a minute on a phone, half a minute in a store.

A browser drives every tap and key; what people take for each is added as a keystroke-level model says (Card, Moran and
Newell 1983; a phone's keyboard after Palin and others 2019), and what the server took as it was measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail

from identity import staff
from identity.rights import Scope
from members import cards
from members.models import Membership
from tests.browser.turning import turned

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
THUMB, TAP, THINK, MAIL = 0.33, 1.1, 1.35, 12.0  # seconds: a letter on a phone, a tap, reading a page, fetching a code
KEY, SCAN = 0.2, 2.0  # a key of a typist at a counter; taking a card and scanning it
SERVER = (
    "() => { const [page] = performance.getEntriesByType('navigation'); return page.responseEnd - page.requestStart }"
)


@dataclass
class Clock:
    """What somebody does on the way: `seconds` of a person, `server` milliseconds, and how much of everything."""

    page: Any
    seconds: float = 0.0
    server: list[int] = field(default_factory=list)
    fields: int = 0
    taps: int = 0
    keys: int = 0

    def turned(self, act: Callable[[], Any], takes: float) -> None:
        turned(self.page, act)
        self.server.append(round(self.page.evaluate(SERVER)))
        self.seconds += takes + THINK

    def told(self) -> str:
        whole = self.seconds + sum(self.server) / 1000
        return (
            f"{whole:.0f} s: {self.fields} fields, {self.taps} taps, {self.keys} keys, {len(self.server)} pages,"
            f" server {sum(self.server)} ms {self.server}"
        )


def test_joining_on_a_phone_takes_less_than_a_minute(
    visit: Callable[..., Any], club: Any, record_property: Callable[[str, Any], None]
) -> None:
    page = visit(width=390, language="fr")
    clock = Clock(page)
    clock.turned(lambda: page.goto("/club/"), TAP)
    clock.taps += 1
    clock.turned(page.get_by_role("link", name="Adhérer").click, TAP)
    shown = page.locator("form :is(input, select):not([type=hidden]):not([type=checkbox])")
    assert shown.count() == 3  # three fields, and a consent
    for label, typed in (("Prénom", "Camille"), ("E-mail", "camille@example.com"), ("Date de naissance", "1988-05-14")):
        page.get_by_label(label, exact=True).fill(typed)
        clock.fields, clock.keys, clock.taps = clock.fields + 1, clock.keys + len(typed), clock.taps + 1
        clock.seconds += TAP + THUMB * len(typed)
    page.get_by_label("Recevoir les offres par e-mail").check()
    clock.taps, clock.seconds = clock.taps + 2, clock.seconds + TAP
    clock.turned(page.get_by_role("button", name="Recevoir mon code").click, TAP)
    code = re.match(r"\S+", mail.outbox[-1].subject)
    assert code
    page.get_by_role("textbox").fill(code.group())
    clock.fields, clock.keys = clock.fields + 1, clock.keys + len(code.group())
    clock.seconds += MAIL + THUMB * len(code.group())
    clock.taps += 1
    clock.turned(page.get_by_role("button", name="Continuer").click, TAP)
    page.get_by_role("heading", name="Bonjour Camille").wait_for()
    record_property("join on a phone", clock.told())
    print(f"\njoining on a phone: {clock.told()}")
    assert (clock.fields, len(clock.server)) == (4, 4)
    assert clock.seconds < 60


def test_joining_in_a_store_takes_half_a_minute_by_keys_and_scanner(
    visit: Callable[..., Any],
    sign_in: Callable[[Any, str], None],
    club: Any,
    record_property: Callable[[str, Any], None],
) -> None:
    now = datetime.now(UTC)
    [blank] = cards.generate_blanks(program=club, count=1, now=now, by="test")
    staff.create_staff("lea@example.com", "Léa", [("store_staff", Scope(store="atlantis"))], now=now, by="test")
    page = visit(width=1280, language="fr")
    sign_in(page, "lea@example.com")
    page.goto("/desk/enrol/")
    clock = Clock(page)
    page.keyboard.type(blank)  # a scanner types
    clock.turned(lambda: page.keyboard.press("Enter"), SCAN)
    for typed, last in (("Inès", "Tab"), ("ines@example.com", "Enter")):
        page.keyboard.type(typed)
        clock.fields, clock.keys = clock.fields + 1, clock.keys + len(typed) + 1
        clock.seconds += KEY * (len(typed) + 1)
        if last == "Tab":
            page.keyboard.press("Tab")
        else:
            clock.turned(lambda: page.keyboard.press("Enter"), 0)
    clock.keys += 1
    clock.turned(lambda: page.keyboard.press("Enter"), KEY + 5 * THINK)  # the customer is asked, and answers
    page.get_by_text("Inès est membre.").wait_for()
    record_property("join in a store", clock.told())
    print(f"\njoining in a store: {clock.told()}")
    joined = Membership.objects.get()
    assert joined.cards.get().number == blank and joined.member.email == "ines@example.com"
    assert (clock.fields, clock.taps, len(clock.server)) == (2, 0, 3)
    assert clock.seconds < 30
