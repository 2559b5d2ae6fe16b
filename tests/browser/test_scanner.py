"""A scanner of cards at the desk: a very fast typist who ends with Enter, wherever the focus is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from identity import staff
from identity.rights import EVERYWHERE
from tests.browser.turning import turned
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)
AZERTY = str.maketrans("1234567890", "&é\"'(-è_çà")

# Keys in one breath, as no driver of a browser types them on a busy machine; text comes into a field as it would.
SCAN = """([text, where]) => {
  const target = where ? document.querySelector(where) : document.body;
  if (where) target.focus();
  for (const key of [...text, "Enter"]) {
    const said = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    if (target.dispatchEvent(said) && where && key !== "Enter") target.value += key;
  }
}"""


def test_a_scanned_card_opens_its_member_from_anywhere(
    visit: Callable[..., Any], sign_in: Callable[[Any, str], None], program: Any
) -> None:
    now = datetime.now(UTC)
    camille = lives.member(program, now)
    staff.create_staff("sofia@example.com", "Sofia", [("call_centre", EVERYWHERE)], now=now, by="test")
    number, there = camille.membership.cards.get().number, f"/desk/members/{camille.membership.public_id}/"
    page = visit(width=1280, language="fr")
    sign_in(page, "sofia@example.com")
    page.goto("/desk/cases/")
    turned(page, lambda: page.evaluate(SCAN, [number.translate(AZERTY), ""]))
    assert page.url.endswith(there), "digits of a French keyboard without shift"
    page.goto(f"{there}freeze/")
    page.fill("input[name=reason]", "Trop")
    page.evaluate(SCAN, [number, "input[name=reason]"])
    assert page.input_value("input[name=reason]") == "Trop", "the field has what stood there"
    assert page.input_value("[data-seek]") == number
    turned(page, lambda: page.keyboard.press("Enter"))
    assert page.url.endswith(there), "and Enter in the box opens her"
