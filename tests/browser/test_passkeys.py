"""A member adds a passkey and signs in with it, in a browser whose authenticator is a virtual one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.browser.test_passwords import looked_at
from tests.browser.turning import turned
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def test_a_member_adds_a_passkey_and_signs_in_with_it(
    visit: Callable[..., Any], program: Any, mailoutbox: list[Any], shoot: Callable[..., None]
) -> None:
    from tests.identity.test_signing_in import code_in

    lives.member(program, datetime.now(UTC).replace(microsecond=0))
    page = visit(width=390)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto("/demo/account/login/code/")
    looked_at(page, "Se connecter")
    shoot(page, "sign-in")
    page.locator("input[type=email]").fill("camille@example.com")
    turned(page, page.get_by_role("button", name="Recevoir mon code").click)
    page.locator("input[name=code]").fill(code_in(mailoutbox[-1]))
    turned(page, page.get_by_role("button", name="Continuer").click)
    page.goto("/demo/account/2fa/")
    looked_at(page, "Clés d’accès et codes")
    shoot(page, "factors")
    turned(page, page.get_by_role("link", name="Ajouter une clé d’accès").click)
    looked_at(page, "Ajouter une clé d’accès")
    turned(page, page.get_by_role("button", name="Ajouter cet appareil").click)
    looked_at(page, "Mes codes de secours")
    shoot(page, "recovery")
    page.goto("/demo/account/sessions/")
    looked_at(page, "Où je suis connecté")
    shoot(page, "sessions")
    page.goto("/demo/account/2fa/totp/activate/")
    looked_at(page, "Installer une application")
    shoot(page, "totp")
    page.context.clear_cookies()
    page.goto("/demo/account/login/")
    turned(page, page.get_by_role("button", name="Avec ma clé d’accès").click)
    page.wait_for_url("**/demo/")
    assert page.locator("nav.tabbar").is_visible()
