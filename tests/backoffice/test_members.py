"""Finding a member and seeing her at a glance."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.rights import Scope
from tests.web import lives
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().replace("\u202f", " ").replace("\u00a0", " ").split())


def test_the_box_finds_by_card_number_address_and_name(desk: Desk, camille: Life) -> None:
    client, there = desk("call_centre"), f"/desk/members/{camille.membership.public_id}/"
    card = camille.membership.cards.get().number
    for exact in (card, f"{card[:4]} {card[4:]}", camille.membership.number, "camille@example.com"):
        assert client.get("/desk/", {"q": exact}).headers["location"] == there
    page = client.get("/desk/", {"q": "camile"}).content.decode()
    assert there in page and "ca…@example.com" in page and "camille@example.com" not in page


def test_nobody_found_offers_to_enrol(desk: Desk, camille: Life) -> None:
    assert "Nobody found" in text_of(desk("call_centre"), "/desk/?q=zebedee")


def test_whom_one_opened_last_is_among_the_recents(desk: Desk, camille: Life) -> None:
    client = desk("call_centre")
    client.get(f"/desk/members/{camille.membership.public_id}/")
    assert "Recently opened" in text_of(client, "/desk/")


def test_the_glance_shows_pots_cards_and_movements(desk: Desk, camille: Life) -> None:
    today = datetime.now(UTC)
    lives.receipt(camille, today - timedelta(days=2), points=[1240])
    lives.receipt(camille, today - timedelta(hours=1), points=[169], pending_until=today + timedelta(days=13))
    page = text_of(desk("call_centre", language="fr"), f"/desk/members/{camille.membership.public_id}/")
    assert "1 240" in page and "169" in page and "En attente" in page and "aucune dette" in page
    assert camille.membership.cards.get().number[:4] in page and page.count("Achat") == 2


def test_a_movement_unfolds_without_a_script(desk: Desk, camille: Life) -> None:
    activity_id = lives.receipt(camille, datetime.now(UTC) - timedelta(hours=1))
    client, there = desk("call_centre"), f"/desk/members/{camille.membership.public_id}/"
    assert 'aria-expanded="false"' in text_of(client, there)
    unfolded = text_of(client, f"{there}?why={activity_id}")
    assert 'aria-expanded="true"' in unfolded and 'colspan="4"' in unfolded


def test_older_movements_are_on_the_next_page(desk: Desk, camille: Life) -> None:
    lives.receipt(camille, datetime(2026, 2, 3, 10, tzinfo=UTC), points=[77])
    client, there = desk("call_centre"), f"/desk/members/{camille.membership.public_id}/"
    first = text_of(client, there)
    assert "+77" not in first
    assert "?before=2026-02#movements" in first
    assert "+77" in text_of(client, f"{there}?before=2026-02")


def test_what_is_not_yours_is_404(desk: Desk, camille: Life) -> None:
    there = f"/desk/members/{camille.membership.public_id}/"
    assert desk("store_staff", Scope(store="s1")).get(there).status_code == 200
    assert desk("store_manager", Scope(store="s2")).get(there).status_code == 404
    assert desk("marketing").get(there).status_code == 404
    assert desk().get(there).status_code == 404
    assert camille.client().get(there).status_code == 404


def test_who_is_not_signed_in_is_asked_to_and_comes_back(client: Client, program: Any) -> None:
    assert client.get("/desk/?q=x").headers["location"] == "/account/login/code/?next=/desk/%3Fq%3Dx"


@pytest.mark.parametrize(
    ("role", "scope", "places"),
    [
        ("store_staff", Scope(store="s1"), {"Members", "Enrol"}),
        ("call_centre", Scope(), {"Members", "Enrol", "Quarantine", "Imports"}),
        ("finance", Scope(), {"Imports"}),
    ],
)
def test_the_menu_has_what_one_may_do_and_the_rest_is_404(
    desk: Desk, role: str, scope: Scope, places: set[str]
) -> None:
    client = desk(role, scope)
    answers = {
        "Members": client.get("/desk/"),
        "Enrol": client.get("/desk/enrol/"),
        "Quarantine": client.get("/desk/quarantine/"),
        "Imports": client.get("/desk/imports/"),
    }
    assert {name for name, response in answers.items() if response.status_code == 200} == places
    assert {response.status_code for name, response in answers.items() if name not in places} <= {404}


def test_lists_are_as_many_queries_with_twenty_rows_as_with_ten(desk: Desk, camille: Life, program: Any) -> None:
    client, today = desk("call_centre"), datetime.now(UTC)
    there, counts = f"/desk/members/{camille.membership.public_id}/", []
    for total in (10, 20):
        for number in range(total - 10, total):
            lives.receipt(camille, today - timedelta(hours=number))
            lives.member(program, today, email=f"zoe{number}@example.com", first_name="Zoé")
        found = []
        for path in (there, "/desk/?q=zoe"):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1], counts
    assert max(counts[1]) <= 64, counts
