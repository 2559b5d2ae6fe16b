"""What comes late must not sign out who came in meanwhile."""

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def stale(camille_client):
    """A browser whose session has ended, as it does for every device when a password is changed."""
    user = camille_client.user
    user.set_password("gants de jardin 2026")
    user.save()
    return camille_client


@pytest.fixture
def camille_client(program, now):
    from tests.web.lives import member

    life = member(program, now)
    client = life.client()
    client.user = life.user if hasattr(life, "user") else life.membership.member.login.user
    return client


@pytest.mark.parametrize(
    ("mode", "cleared"), [("navigate", True), ("cors", False), ("same-origin", False), (None, True)]
)
def test_only_a_page_somebody_goes_to_may_clear_the_cookie_of_a_session(stale, mode, cleared):
    said = {"sec-fetch-mode": mode} if mode else {}
    answer = stale.get("/demo/card/offline/", headers=said)
    assert answer.status_code == 302  # nobody is signed in by it, either way
    assert (settings.SESSION_COOKIE_NAME in answer.cookies) is cleared


def test_who_signs_in_by_a_request_of_a_script_gets_the_cookie(client, program):
    answer = client.post("/demo/cards/claim/", {"number": "1", "proof": "2"}, headers={"sec-fetch-mode": "cors"})
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value
