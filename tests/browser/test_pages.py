"""Every page in a real browser: axe in light and dark, three widths of screen, the strict policy, the keyboard."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from activity import single
from activity.models import Kind, Quarantine
from identity import disowning, staff
from identity.models import Device
from identity.rights import EVERYWHERE, Scope
from members import accepting, batches, cards, change_codes, changing
from members.history import Hand
from messaging import unsubscribing
from programs.asking import TERMS
from programs.models import Store, TermsText
from rules_engine import rulebooks
from rules_engine.core.rulebook import Rulebook
from tests.browser import pictures, together
from tests.care import past
from tests.replication import scene
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Any]
SignIn = Callable[[Any, str], None]


@pytest.fixture
def places(program: Any, settings: Any, tmp_path: Path) -> dict[str, list[str]]:
    """Every page by who sees it: member, staff, visitor."""
    settings.FILES_DIR = tmp_path
    now = datetime.now(UTC).replace(microsecond=0)
    camille = lives.member(program, now - timedelta(days=400))
    rules_of(program, now - timedelta(days=400))
    lives.receipt(camille, now - timedelta(days=40), points=[340], expires_at=now + timedelta(days=70))
    lives.receipt(camille, now - timedelta(days=30), points=[120], expires_at=now + timedelta(days=8))
    bought = lives.receipt(
        camille, now - timedelta(hours=3), points=[42, 50, 20], pending_until=now + timedelta(days=13)
    )
    lives.receipt(camille, now - timedelta(hours=2), nets=[800], points=[], kind=Kind.RETURN)
    row = {"receipt_id": "R1", "store": "s1", "occurred_at": "2026-13-45", "sku": "a", "quantity": "1", "net": "1"}
    single.land_one([row], source=lives.source(program), program=program, now=now)
    waits = Quarantine.objects.get().pk
    held = [(role, EVERYWHERE) for role in ("call_centre", "finance", "auditor")]
    held.append(("store_manager", Scope(store="s1")))
    staff.create_staff("sofia@example.com", "Sofia", held, now=now, by="test", admin=True)
    card, batch = cards_of(camille, now)
    told = Hand("user:1", "store", "dit ici")
    changed = changing.set_by_staff(
        membership=camille.membership, what="phone", wanted="+33612345678", hand=told, now=now
    )  # fmt: skip
    device = Device.objects.create(user=camille.user, digest="d", first_seen_at=now, last_seen_at=now)
    there = f"/desk/members/{camille.membership.public_id}/"
    sent, question = scene.played(program, now, channel="partner")
    marc = staff.create_staff("marc@example.com", "Marc", [("call_centre", EVERYWHERE)], now=now, by="test")
    asked = past.live(camille, bought, marc, now)
    pooled = together.live(camille, now)
    terms_of(program, now)
    accepting.accept(membership=camille.membership, source="web", now=now, by="test")
    return {
        "camille@example.com": [
            "/demo/", "/demo/card/", "/demo/activity/", "/demo/activity/?month=2020-01", f"/demo/activity/{bought}/",
            "/demo/me/profile/", "/demo/me/contact/", "/demo/me/contact/address/", "/demo/me/likes/",
            "/demo/me/consents/",
            "/demo/me/", "/demo/nowhere/", "/demo/cards/", f"/demo/cards/{card.pk}/lost/", "/demo/cards/claim/",
            "/demo/card/offline/", "/demo/me/leave/", "/demo/me/data/", "/demo/me/data/delete/",
            *asked.of_the_member, *pooled["member"],
            "/demo/me/terms/", "/demo/account/2fa/", "/demo/account/sessions/", "/demo/me/confirm/",
        ],
        "sofia@example.com": [
            "/desk/", "/desk/?q=cam", "/desk/?q=nobody", there, f"{there}?why={bought}", "/desk/enrol/",
            "/desk/enrol/?step=identity", "/desk/enrol/?step=consent", "/desk/imports/", "/desk/quarantine/",
            f"/desk/quarantine/{waits}/", "/ui/", "/desk/till/", "/desk/stock/", f"/desk/stock/{batch.code}/",
            f"{there}contact/", f"{there}contact/email/", f"{there}contact/address/", f"{there}person/",
            f"{there}likes/", f"{there}consents/", f"{there}freeze/",
            "/desk/replication/", f"/desk/replication/{sent.pk}/", "/desk/replication/questions/",
            f"/desk/replication/questions/{question.pk}/", "/desk/enrol/post/",
            "/desk/staff/", "/desk/tills/", "/desk/accesses/", "/desk/fraud/",
            f"{there}cards/", f"{there}cards/{card.pk}/receipts/", f"{there}suspend/", f"{there}close/",
            f"{there}data/", *asked.of_the_desk(camille.membership.public_id), *pooled["staff"],
        ],
        "": [f"/demo/unsubscribe/{unsubscribing.token(camille.membership, 'marketing', 'email')}/",
             f"/demo/contact/{change_codes.link_of(changed.uid)}/", f"/demo/not-me/{disowning.link_of(device.pk)}/",
             "/", "/demo/", "/demo/join/", "/demo/account/login/", "/demo/account/login/code/",
             "/demo/account/password/reset/", "/demo/account/signup/", "/demo/terms/"],
    }  # fmt: skip


def rules_of(program: Any, now: datetime) -> None:
    """What the receipts above say they were given for: without rules a receipt has nothing to explain."""
    rules = [
        {
            "code": "rule-0",
            "name": {"fr": "Un point par euro"},
            "trigger": "purchase",
            "earn": {"per_amount": {"points": 1}},
        },
        {"code": "rule-1", "name": {"fr": "Le mois du jardin"}, "trigger": "purchase", "earn": {"fixed": 50}},
        {"code": "rule-2", "name": {"fr": "La visite du jour"}, "trigger": "purchase", "earn": {"fixed": 20}},
    ]
    content = Rulebook.from_document({"currencies": [{"code": "points"}], "rules": rules})
    rulebooks.publish(program=program, content=content, valid_from=None, now=now, by="test")


def terms_of(program: Any, now: datetime) -> None:
    text = "Le programme est *gratuit*.\n\n## Vos points\n\n- Vos achats en donnent.\n- Ils vivent douze mois."
    TermsText.objects.create(program=program, version=TERMS, language="fr", text=text, since=now)


def cards_of(life: lives.Life, now: datetime) -> tuple[Any, Any]:
    """A blocked card with a receipt that waits for a decision, and a batch in a store."""
    card = life.membership.cards.get()
    cards.lose(card=card, reason="lost", now=now - timedelta(days=2), by="test")
    row = {"receipt_id": "B1", "store": "s1", "occurred_at": (now - timedelta(days=1)).isoformat(), "card": card.number,
           "sku": "a", "quantity": "1", "gross": "24.90"}  # fmt: skip
    single.land_one([row], source=lives.source(life.program), program=life.program, now=now)
    store = Store.objects.get(code="s1")
    return card, batches.prepare(program=life.program, count=30, now=now, by="test", store=store)


AXE = {"resultTypes": ["violations"]}
CONTRAST = {**AXE, "runOnly": ["color-contrast"]}


def objections(page: Any, options: dict[str, Any], *, again: bool = False) -> list[str]:
    """What axe finds wrong on the page, a line each; `again` where it was asked before on the same page."""
    if again:
        found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    else:
        found = Axe().run(page, options=options).response["violations"]
    return [f"{page.url} {rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def too_wide(page: Any, widths: tuple[int, ...]) -> list[str]:
    """The widths at which the page has to be pushed sideways."""
    wide = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 850})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wide += [f"{page.url} at {width}: {over} px too wide"] if over > 0 else []
    return wide


@pytest.mark.parametrize("email", ["camille@example.com", "sofia@example.com", ""], ids=["member", "staff", "visitor"])
def test_pages_are_accessible_fit_the_screen_and_keep_the_policy(
    visit: Visit, sign_in: SignIn, places: dict[str, list[str]], email: str, request: pytest.FixtureRequest
) -> None:
    who = request.node.callspec.id
    wrong: list[str] = []
    page = visit(language="fr")
    sign_in(page, email)
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    for path in places[email]:
        page.emulate_media(color_scheme="light")
        page.goto(path)
        wrong += too_wide(page, (360, 768, 1440))
        page.set_viewport_size({"width": 1280 if who == "staff" else 390, "height": 844})
        missing = pictures.keep(page, who, path)
        wrong += [f"docs/screens/{missing} is missing: run script/screens, look at it, commit it"] if missing else []
        page.set_viewport_size({"width": 390, "height": 844})
        wrong += objections(page, AXE)
        page.emulate_media(color_scheme="dark")
        wrong += objections(page, CONTRAST, again=True)
    assert wrong == []


def test_home_asks_about_new_terms_on_a_page_as_good_as_the_others(visit: Visit, sign_in: SignIn, program: Any) -> None:
    now = datetime.now(UTC)
    lives.member(program, now)
    terms_of(program, now)
    page = visit(language="fr")
    sign_in(page, "camille@example.com")
    page.goto("/demo/")
    assert page.get_by_role("heading", level=1).inner_text() == "Nos conditions ont changé"
    wrong = too_wide(page, (360, 768, 1440))
    page.set_viewport_size({"width": 390, "height": 844})
    wrong += objections(page, AXE)
    page.emulate_media(color_scheme="dark")
    assert wrong + objections(page, CONTRAST, again=True) == []


def test_the_ruler_sees_a_page_that_is_too_wide_and_axe_a_button_without_a_name(visit: Visit, program: Any) -> None:
    page = visit()
    page.goto("/demo/")
    page.evaluate("document.querySelector('main').innerHTML = '<button></button><svg width=900 height=9></svg>'")
    assert too_wide(page, (360,)) and any("button-name" in line for line in objections(page, AXE))


@pytest.fixture
def sofia(program: Any) -> None:
    """A person of the call centre, and Camille with a receipt."""
    now = datetime.now(UTC)
    lives.receipt(lives.member(program, now), now - timedelta(hours=3))
    held = [("call_centre", EVERYWHERE), ("auditor", EVERYWHERE)]
    staff.create_staff("sofia@example.com", "Sofia", held, now=now, by="test")


def test_the_desk_works_from_the_keyboard(visit: Visit, sign_in: SignIn, sofia: None) -> None:
    page = visit(width=1440, language="en")
    sign_in(page, "sofia@example.com")
    page.goto("/desk/imports/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("/")
    page.keyboard.type("camille@example.com")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Camille").wait_for()
    fold = page.locator("a.fold").first
    fold.focus()
    page.keyboard.press("Enter")
    page.locator('a.fold[aria-expanded="true"]').wait_for()
    assert page.url.endswith("/") and "why" not in page.url  # unfolded in place, the page was not loaded again


def test_a_slash_typed_in_a_field_stays_there(visit: Visit, sign_in: SignIn, sofia: None) -> None:
    page = visit(width=1440, language="en")
    sign_in(page, "sofia@example.com")
    page.goto("/desk/enrol/?step=identity")
    page.get_by_label("First name").fill("")
    page.keyboard.type("a/b")
    assert page.get_by_label("First name").input_value() == "a/b"
