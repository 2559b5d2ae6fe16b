"""Passwords and addresses: every page of signing in is ours, in both languages, light and dark, small and wide."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.browser.test_pages import AXE, CONTRAST, objections, too_wide
from tests.browser.turning import turned
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Any]
SignIn = Callable[[Any, str], None]


@pytest.fixture
def camille(program: Any) -> lives.Life:
    return lives.member(program, datetime.now(UTC).replace(microsecond=0))


def looked_at(page: Any, said: str) -> None:
    """The page says so in its heading, in our own clothes, and stands up to axe and to a small screen."""
    assert page.locator("h1").inner_text() == said
    assert page.locator(".brandmark").is_visible()
    assert objections(page, AXE) == []
    assert too_wide(page, (360, 1280)) == []
    page.emulate_media(color_scheme="dark")
    assert objections(page, CONTRAST, again=True) == []
    page.emulate_media(color_scheme="light")


def test_a_forgotten_password_is_replaced_with_a_code(visit: Visit, camille: lives.Life, mailoutbox: list[Any]) -> None:
    page = visit(width=360)
    page.goto("/demo/account/password/reset/")
    looked_at(page, "Un nouveau mot de passe")
    page.locator("input[type=email]").fill("camille@example.com")
    turned(page, page.get_by_role("button", name="Recevoir mon code").click)
    looked_at(page, "Votre code")
    found = re.search(r"\b[A-Z0-9]{4,}-?[A-Z0-9]{4,}\b|\b\d{6}\b", mailoutbox[-1].body)
    assert found, mailoutbox[-1].body
    page.locator("input[name=code]").fill(found.group())
    turned(page, page.get_by_role("button", name="Continuer").click)
    looked_at(page, "Un nouveau mot de passe")
    for field in page.locator("input[type=password]").all():
        field.fill("gants de jardin 2026")
    turned(page, page.get_by_role("button", name="Enregistrer ce mot de passe").click)
    looked_at(page, "Votre mot de passe est changé")
    turned(page, page.get_by_role("link", name="Se connecter avec ce mot de passe").click)
    page.locator("input[type=email]").fill("camille@example.com")
    page.locator("input[type=password]").fill("gants de jardin 2026")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/demo/")


@pytest.mark.parametrize(
    ("language", "headings"),
    [
        ("fr", ("Choisir un mot de passe", "Un autre mot de passe", "Contact et adresse")),
        ("en", ("Choose a password", "Another password", "Contact and address")),
    ],
)
def test_a_member_who_is_signed_in_keeps_password_and_addresses(
    visit: Visit, sign_in: SignIn, camille: lives.Life, language: str, headings: tuple[str, ...]
) -> None:
    from identity.models import User

    choose, change, addresses = headings
    page = visit(width=360, language=language)
    sign_in(page, "camille@example.com")
    page.goto("/demo/account/password/change/")  # without one, it is chosen first
    looked_at(page, choose)
    page.goto("/demo/account/email/")  # changed where the old address is told and spending waits
    assert page.url.endswith("/demo/me/contact/") and page.locator("h1").inner_text() == addresses
    user = User.objects.get(email="camille@example.com")
    user.set_password("gants de jardin 2026")
    user.save()  # ends the sessions before
    page.evaluate("fetch('/demo/card/offline/', { redirect: 'manual' })")  # as a worker does: late, with the old cookie
    assert "sessionid" in {cookie["name"] for cookie in page.context.cookies()}  # it might be the new session's by now
    sign_in(page, "camille@example.com")
    page.goto("/demo/account/password/change/")
    looked_at(page, change)


@pytest.mark.parametrize("name", ["verification_sent", "verified_email_required"])
@pytest.mark.parametrize(("language", "said"), [("fr", "Confirmez votre adresse"), ("en", "Confirm your address")])
def test_pages_that_ask_for_a_confirmed_address_are_ours_as_well(
    program: Any, rf: Any, name: str, language: str, said: str
) -> None:
    from django.template.loader import render_to_string
    from django.utils import translation

    request = rf.get("/demo/account/confirm-email/")
    request.program, request.user = program, None
    with translation.override(language):
        shown = render_to_string(f"account/{name}.html", request=request)
    assert f"<h1>{said}</h1>" in shown
