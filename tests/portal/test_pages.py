"""The member's pages, read as she reads them. `now` of the pages is the clock's, so pasts are told from it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Kind
from earning.marks import mark_holders
from earning.models import Claim
from tests.web import lives
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
PAGES = ("", "card/", "activity/", "me/")


@pytest.fixture
def today() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().replace("\u202f", " ").replace("\u00a0", " ").split())


def test_a_visitor_is_welcomed_and_members_pages_lead_back_there(client: Client, program: Any) -> None:
    page = text_of(client, "/demo/")
    assert 'href="/demo/join/"' in page and 'href="/demo/account/login/code/"' in page
    assert [client.get(f"/demo/{path}").headers["location"] for path in PAGES[1:]] == ["/demo/"] * 3


def test_the_root_offers_the_programs_and_an_unknown_one_is_404(client: Client, program: Any) -> None:
    assert 'href="/demo/"' in text_of(client, "/")
    assert client.get("/nobody/").status_code == 404
    assert client.get("/activity/").status_code == 404


def test_home_shows_the_card_the_pots_and_what_expires_first(camille: Life, today: datetime) -> None:
    lives.receipt(
        camille, today - timedelta(days=3), points=[120], expires_at=lives.midnight_after(today + timedelta(days=8))
    )
    lives.receipt(camille, today - timedelta(days=2), points=[1240], expires_at=today + timedelta(days=300))
    lives.receipt(camille, today - timedelta(days=1), points=[169], pending_until=today + timedelta(days=13))
    lives.receipt(camille, today - timedelta(days=1), points=[860], currency="pot")
    page = text_of(camille.client("fr"), "/demo/")
    card = camille.membership.cards.get().number
    assert "Bonjour Camille" in page and f"{card[:4]} {card[4:8]}" in page
    assert "<dd>1 360</dd>" in page and "et 169 de plus le" in page and "8,60 €" in page
    assert page.index("<b>120</b>") < page.index("<b>1 240</b>") and "is-soon" in page
    assert 'class="bars"' in page and 'class="qr"' in page


def test_a_new_member_is_told_what_to_do_next(camille: Life) -> None:
    assert "No receipt yet" in text_of(camille.client(), "/demo/")
    assert "Nothing this month" in text_of(camille.client(), "/demo/activity/")


def test_the_statement_is_paged_by_month_and_adds_up(camille: Life) -> None:
    for at, points in (
        (datetime(2026, 9, 30, 21, 30, tzinfo=UTC), 10),
        (datetime(2026, 9, 30, 22, 30, tzinfo=UTC), 32),
    ):
        lives.receipt(camille, at, points=[points])
    september = text_of(camille.client(), "/demo/activity/?month=2026-09")
    october = text_of(camille.client(), "/demo/activity/?month=2026-10")
    assert "+10" in september and "+32" not in september
    assert "+32" in october and "+10" not in october  # half past midnight in Paris
    assert 'href="?month=2026-10"' in september and 'href="?month=2026-09"' in october


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "x", "2026-1-1"])
def test_a_month_that_is_none_is_404(camille: Life, month: str) -> None:
    assert camille.client().get(f"/demo/activity/?month={month}").status_code == 404


def test_a_receipt_shows_its_lines_and_its_place(camille: Life, today: datetime) -> None:
    activity_id = lives.receipt(camille, today - timedelta(days=1), nets=[1780, 2490], points=[42])
    page = text_of(camille.client("fr"), f"/demo/activity/{activity_id}/")
    assert "Terreau universel 50 L" in page and "17,80 €" in page and "42,70 €" in page and "Store s1" in page


def test_a_return_gives_money_back(camille: Life, today: datetime) -> None:
    activity_id = lives.receipt(camille, today - timedelta(hours=1), nets=[800], points=[], kind=Kind.RETURN)
    assert "Return, Store s1" in text_of(camille.client(), "/demo/")
    assert "−8,00 €" in text_of(camille.client(), f"/demo/activity/{activity_id}/")


def test_a_receipt_that_waits_for_its_points_says_so(camille: Life, today: datetime) -> None:
    activity_id = lives.receipt(camille, today - timedelta(hours=1), points=[])
    assert "Being counted" not in text_of(camille.client(), f"/demo/activity/{activity_id}/")
    with connection.cursor() as cursor:
        mark_holders(cursor, [camille.holder_id], reason="test", now=today)
    assert "Being counted" in text_of(camille.client(), f"/demo/activity/{activity_id}/")


def test_a_receipt_of_a_member_whose_counting_stopped_is_not_said_to_be_counted(camille: Life, today: datetime) -> None:
    activity_id = lives.receipt(camille, today - timedelta(hours=1), points=[])
    with connection.cursor() as cursor:
        mark_holders(cursor, [camille.holder_id], reason="test", now=today)
    Claim.objects.create(
        holder_id=camille.holder_id, attempts=10, token=uuid4(), lease_until=today, quarantined_reason="failed"
    )
    page = f"/demo/activity/{activity_id}/"
    for language, said, never in (
        ("en", "We are looking into this receipt", "Being counted"),
        ("fr", "Nous vérifions ce ticket", "apparaissent d"),
    ):
        shown = text_of(camille.client(language), page)
        assert said in shown
        assert never not in shown
    Claim.objects.update(quarantined_reason=None)
    assert "Being counted" in text_of(camille.client(), page)


def test_nobody_reads_the_receipt_of_another(camille: Life, program: Any, today: datetime) -> None:
    theirs = lives.receipt(camille, today - timedelta(days=1))
    ines = lives.member(program, today, email="ines@example.com", first_name="Inès")
    assert ines.client().get(f"/demo/activity/{theirs}/").status_code == 404
    assert camille.client().get("/demo/activity/999/").status_code == 404


def test_pages_are_as_many_queries_with_twenty_receipts_as_with_ten(camille: Life, today: datetime) -> None:
    client = camille.client()
    counts = {}
    for total in (10, 20):
        for day in range(total - 10, total):
            lives.receipt(camille, today - timedelta(hours=day), points=[5])
        for path in PAGES:
            client.get(f"/demo/{path}")  # what is read once for a process is read now
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(f"/demo/{path}")
            counts.setdefault(path, []).append(len(queries))
    assert all(ten == twenty for ten, twenty in counts.values()), counts
    assert max(twenty for _ten, twenty in counts.values()) <= 30, counts


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_content_is_strict_and_pages_keep_it(camille: Life, path: str) -> None:
    response = camille.client().get(f"/demo/{path}")
    policy = response.headers["Content-Security-Policy"]
    assert "style-src 'self'" in policy and "unsafe" not in policy
    assert " style=" not in response.content.decode()


def test_light_or_dark_is_kept_in_a_cookie_and_leads_back_to_the_page(client: Client, program: Any) -> None:
    response = client.post("/demo/theme/", {"theme": "dark", "next": "/demo/"})
    assert response.headers["location"] == "/demo/" and client.cookies["theme"].value == "dark"
    assert 'data-bs-theme="dark"' in text_of(client, "/demo/")
    client.post("/demo/theme/", {"theme": "", "next": "/demo/"})
    assert "data-bs-theme" not in text_of(client, "/demo/")
    assert client.post("/theme/", {"theme": "dark", "next": "https://elsewhere.example/"}).headers["location"] == "/"


def test_the_language_can_be_chosen_without_a_script(client: Client, program: Any) -> None:
    client.post("/demo/language/", {"language": "fr", "next": "/demo/"})
    assert '<html lang="fr"' in text_of(client, "/demo/")


def test_the_gallery_is_for_staff(client: Client, camille: Life) -> None:
    assert client.get("/ui/").status_code == 404
    assert camille.client().get("/ui/").status_code == 404
    camille.user.is_staff = True
    camille.user.save()
    assert "Components" in text_of(camille.client(), "/ui/")
