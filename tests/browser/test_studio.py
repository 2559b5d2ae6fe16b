"""A marketer who never read JSON writes a rule by clicking and typing, a colleague approves it, and it scores right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from identity import staff
from identity.rights import EVERYWHERE
from rules_engine import queries
from rules_engine.core import scoring
from rules_engine.core.facts import PURCHASE, Facts
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import DraftRule, RulebookDraft
from tests.browser.turning import turned

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def studio(club: Any, buys: Callable[..., None]) -> Any:
    """The club with garden furniture on its shelves, silver and gold members, and two people of marketing."""
    from programs.models import Product, ProductState
    from tiers import ladders
    from tiers.terms import Tiers

    now = datetime.now(UTC)
    for number, category in enumerate(("Jardin/Mobilier", "Jardin/Outils", "Maison/Mobilier")):
        product = Product.objects.create(catalogue=club.population, sku=f"f-{number}")
        state = ProductState.objects.create(product=product, sku=product.sku, category=category, since=now)
        Product.objects.filter(pk=product.pk).update(current=state)
    ladders.put(
        program=club,
        document=Tiers.model_validate(
            {
                "ladder": "main", "measure": {"balance": "points"}, "window": "lifetime",
                "downgrade": {"policy": "none"},
                "steps": [{"code": "silver", "from": 500}, {"code": "gold", "from": 2000}],
            }
        ),
        now=now, by="test",
    )  # fmt: skip
    for email, name in (("nadia@example.com", "Nadia"), ("remi@example.com", "Rémi")):
        staff.create_staff(email, name, [("marketing", EVERYWHERE)], now=now, by="test", admin=True)
    return club


@pytest.fixture
def bought(studio: Any, buys: Callable[..., None]) -> None:
    """A member's receipt of last month."""
    from tests.web import lives

    now = datetime.now(UTC)
    card = lives.member(studio, now - timedelta(days=60)).membership.cards.get()
    last_month = datetime.combine(now.date().replace(day=1) - timedelta(days=3), datetime.min.time(), UTC)
    buys(card.number, last_month + timedelta(hours=10))


def kept(page: Any, act: Callable[[], Any]) -> None:
    """Do something, and wait until the server has kept it and answered."""
    page.locator("#rule").evaluate("form => { form.dataset.state = ''; }")
    act()
    page.wait_for_function("document.getElementById('rule').dataset.state === 'saved'")
    page.wait_for_timeout(50)


def at(page: Any, place: str) -> None:
    """Wait until this field has the focus."""
    page.wait_for_function("id => document.activeElement.id === id", arg=place)


def press_until(page: Any, letter: str, value: str) -> None:
    """Choose in the list that has the focus by pressing a letter again and again, as a list goes from one to the next.

    A typed word would depend on how fast its letters come: a browser begins anew after a second without one.
    """
    place = page.evaluate("document.activeElement.id")
    for _press in range(12):
        if page.evaluate("document.activeElement.value") == value:
            return
        kept(page, lambda: page.keyboard.press(letter))
        at(page, place)  # the field drawn anew has the focus again
    raise AssertionError(f"{letter} leads to no {value}")


def build(page: Any) -> None:
    """Triple points on garden furniture on Saturday mornings for silver and gold, at most 300 a month."""
    page.goto("/admin/studio/club/")
    turned(page, page.get_by_role("button", name="Begin a draft").click)
    turned(page, page.get_by_role("button", name="New rule").click)
    kept(page, lambda: page.get_by_label("Name in English").fill("Garden Saturdays"))
    kept(page, lambda: page.get_by_label("Name in Français").fill("Les samedis du jardin"))
    kept(page, lambda: page.get_by_label("Condition 1: what").select_option(label="Department"))
    value = page.get_by_label("Condition 1: value")
    value.click()
    page.get_by_role("option", name="Jardin", exact=False).first.wait_for()
    value.press_sequentially("mobi", delay=20)
    page.get_by_role("option", name="Mobilier").first.wait_for()
    kept(page, lambda: page.get_by_role("option", name="Mobilier Jardin", exact=False).first.click())
    kept(page, lambda: page.get_by_role("button", name="Condition", exact=True).click())
    kept(page, lambda: page.get_by_label("Condition 2: what").select_option(label="Status"))
    kept(page, lambda: page.get_by_label("Silver").check())
    kept(page, lambda: page.get_by_label("Gold").check())
    kept(page, lambda: page.get_by_label("What members earn").select_option(label="Multiply base points by"))
    kept(page, lambda: page.get_by_label("Factor").fill("3"))
    kept(page, lambda: page.get_by_role("button", name="Limit", exact=True).click())
    kept(page, lambda: page.get_by_label("At most").fill("300"))
    kept(page, lambda: page.get_by_role("button", name="Hours of the week").click())
    kept(page, lambda: page.locator("#valid").get_by_label("Sat").check())
    kept(page, lambda: page.get_by_label("To hour").fill("12:00"))


def test_a_marketer_builds_a_rule_and_a_colleague_publishes_it(
    visit: Any, sign_in: Any, studio: Any, shoot: Any
) -> None:
    page = visit(width=1280, language="en")
    sign_in(page, "nadia@example.com")
    build(page)
    said = page.locator(".sentence").inner_text()
    assert "×3" in said and "Mobilier" in said and "Silver and Gold" in said, said
    assert "Saturday from 0:00 to 12:00" in said and "at most 300" in said and "month" in said, said
    assert page.locator("#lint .is-bad, #lint .is-todo").count() == 0, page.locator("#lint").inner_text()
    shoot(page, "studio-rule")
    page.reload()
    assert page.locator(".sentence").inner_text() == said, "nothing is lost by loading the page again"
    turned(page, page.get_by_role("link", name="Done").click)
    page.get_by_label("What for").fill("Spring")
    turned(page, page.get_by_role("button", name="Ask for approval").click)
    assert page.get_by_role("button", name="Approve").count() == 0, "not by herself"

    other = visit(width=1280, language="en")
    sign_in(other, "remi@example.com")
    other.goto(page.url)
    turned(other, other.get_by_role("button", name="Approve").click)
    turned(other, other.get_by_role("button", name="Publish").click)
    other.get_by_text("is in force from now on").first.wait_for()
    assert RulebookDraft.objects.get().state == "published"
    version = queries.in_force(queries.rulebooks_for(studio.pk), None, datetime.now(UTC) + timedelta(minutes=1))
    assert version is not None and version.version == 2
    _scores_right(Rulebook.from_document(version.document))


def _scores_right(rulebook: Rulebook) -> None:
    """A chair of 100.00 and a spade of 10.00 on a Saturday at 10:00: 110 base, and 200 more for the chair; twice."""
    morning = datetime(2026, 5, 2, 10, 0, tzinfo=UTC)
    cases = [
        (1, "silver", morning), (2, "silver", morning + timedelta(days=7)), (3, "basic", morning),
        (4, "gold", morning + timedelta(hours=3)), (5, "gold", morning + timedelta(days=1)),
    ]  # fmt: skip
    activities = pl.DataFrame(
        {
            "activity_id": [case[0] for case in cases],
            "holder_id": [1, 1, 3, 4, 5],
            "kind": pl.Series([PURCHASE] * 5, dtype=pl.UInt8),
            "event_type": pl.Series([None] * 5, dtype=pl.String),
            "occurred_at": pl.Series([case[2] for case in cases], dtype=pl.Datetime("us", "UTC")),
            "local_at": pl.Series([case[2].replace(tzinfo=None) for case in cases], dtype=pl.Datetime("us")),
            "local_date": [case[2].date() for case in cases],
            "store": pl.Series([0] * 5, dtype=pl.UInt32),
            "channel": ["store"] * 5, "currency": ["EUR"] * 5, "gross": [11000] * 5, "net": [11000] * 5,
            "member.tier": [case[1] for case in cases],
            "receipt.first_of_day": [False] * 5,
        }
    )  # fmt: skip
    lines = pl.DataFrame(
        {
            "activity_id": [case[0] for case in cases for _ in range(2)],
            "line": pl.Series([1, 2] * 5, dtype=pl.Int32),
            "product": pl.Series([0, 1] * 5, dtype=pl.UInt32),
            "quantity": [1000] * 10, "gross": [10000, 1000] * 5, "net": [10000, 1000] * 5,
        }
    )  # fmt: skip
    products = pl.DataFrame(
        {"sku": ["chair", "spade"], "category": ["Jardin/Mobilier", "Jardin/Outils"], "brand": ["a", "a"],
         "tags": pl.Series([[], []], dtype=pl.List(pl.String))}
    )  # fmt: skip
    stores = pl.DataFrame({"code": ["atlantis"], "kind": ["supermarket"], "banner": ["maison"], "market": ["FR"]})
    without_base = rulebook.model_copy()
    awards = scoring.score(without_base, Facts(activities, lines, products, stores)).awards
    ours = awards.filter(pl.col("rule") == "garden-saturdays").sort("activity_id")
    # 200 the first Saturday; of the next 200 only 100 are left of the month
    assert ours.select("activity_id", "granted").rows() == [(1, 200), (2, 100)]


def test_the_builder_works_by_keyboard_alone(visit: Any, sign_in: Any, studio: Any) -> None:
    page = visit(width=1280, language="en")
    sign_in(page, "nadia@example.com")
    page.goto("/admin/studio/club/")
    turned(page, lambda: page.get_by_role("button", name="Begin a draft").press("Enter"))
    turned(page, lambda: page.get_by_role("button", name="New rule").press("Enter"))
    first = page.get_by_label("Condition 1: what")
    first.focus()
    press_until(page, "b", "line.brand")
    at(page, "f-when-0")
    kept(page, lambda: page.keyboard.press("Enter"))
    at(page, "f-when-1")
    press_until(page, "w", "calendar.weekday")
    kept(page, lambda: page.keyboard.press("Alt+ArrowUp"))
    at(page, "f-when-0")
    assert page.get_by_label("Condition 1: what").input_value() == "calendar.weekday"
    kept(page, lambda: page.keyboard.press("Alt+Delete"))
    rule = DraftRule.objects.get(origin__isnull=True)
    assert [part["fact"] for part in rule.sketch["when"]["parts"]] == ["line.brand"]


def test_rules_are_put_in_order_by_keyboard_alone(visit: Any, sign_in: Any, studio: Any) -> None:
    page = visit(width=1280, language="en")
    sign_in(page, "nadia@example.com")
    page.goto("/admin/studio/club/")
    turned(page, lambda: page.get_by_role("button", name="Begin a draft").press("Enter"))
    turned(page, lambda: page.get_by_role("link", name="Order").press("Enter"))
    turned(page, lambda: page.get_by_role("button", name="Move First visit of the day down").press("Enter"))
    page.wait_for_function("document.activeElement.value === 'down'")
    assert "First visit" in page.evaluate("document.activeElement.ariaLabel"), "the same button has the focus again"
    codes = list(DraftRule.objects.values_list("code", flat=True))
    assert codes.index("basket-100") < codes.index("first-of-day")
    turned(page, lambda: page.keyboard.press("Alt+ArrowUp"))
    page.wait_for_function("document.activeElement.value === 'up'")
    codes = list(DraftRule.objects.values_list("code", flat=True))
    assert codes.index("first-of-day") < codes.index("basket-100")
    turned(page, lambda: page.get_by_role("link", name="Done").press("Enter"))
    assert page.get_by_text("Nothing yet: the rules are those of the version it is based on.").count() == 1


def test_a_rule_is_stopped_and_resumed(visit: Any, sign_in: Any, studio: Any) -> None:
    page = visit(width=360, language="fr")
    sign_in(page, "nadia@example.com")
    page.goto("/admin/studio/club/")
    for verb, why in (("Arrêter", "compté deux fois"), ("Reprendre", "réparé")):
        page.locator("summary").filter(has_text=f"{verb} Le jardin compte double").click()
        page.get_by_label("Pourquoi").filter(visible=True).fill(why)
        now = page.get_by_role("button", name=f"{verb} cette règle maintenant").filter(visible=True)
        turned(page, now.click)
    told = page.locator("section", has=page.get_by_role("heading", name="Arrêts et reprises")).inner_text()
    assert "compté deux fois" in told and "réparé" in told, told
    [version] = queries.rulebooks_for(studio.pk)
    assert [stop.ends_at is not None for stop in version.stops["garden"]] == [True]


def test_the_studio_is_accessible_in_both_lights(visit: Any, sign_in: Any, studio: Any, bought: None) -> None:
    page = visit(width=1280, language="en")
    sign_in(page, "nadia@example.com")
    build(page)
    rule = page.url
    draft = rule.partition("rules/")[0]
    wrong: list[str] = []
    for path in ("/admin/studio/club/", draft, rule, f"{draft}order/", f"{draft}rehearse/"):
        for width, dark in ((1280, True), (360, False)):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if dark else "light")
            page.goto(path)
            if path in (draft, rule):
                page.get_by_role("button", name="Try it").click()
                page.locator(".is-tried").wait_for()
            for summary in page.locator("details.kill > summary").all():
                summary.click()
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            wrong += [f"{path} {width} {one['id']}: {node['target']}" for one in found for node in one["nodes"]]
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wrong += [f"{path} is {over} px too wide at {width}"] * (over > 0)
    assert wrong == []


def test_a_rehearsal_shows_how_far_it_is(visit: Any, sign_in: Any, studio: Any) -> None:
    """A worker ends the book while the page is open: the page finds out by itself."""
    from rules_engine import draft_rehearsals

    page = visit(width=1280, language="en")
    sign_in(page, "nadia@example.com")
    page.goto("/admin/studio/club/")
    turned(page, page.get_by_role("button", name="Begin a draft").click)
    turned(page, page.get_by_role("link", name="Run a book").click)
    page.get_by_label("The book").fill("version: 1\nplaybook: draft\n")
    turned(page, page.get_by_role("button", name="Run the book").click)
    assert "The book waits for its turn." in page.locator("#rehearsed").inner_text()
    now = datetime.now(UTC)
    row = draft_rehearsals.take(now=now)
    assert row is not None and "rules:" in row.playbook
    done = {"name": "hello", "lines": [], "problems": [], "passed": 3, "failed": 0, "why": ""}
    assert draft_rehearsals.keep(row=row, result=done, now=now)
    page.get_by_text("All 3 lines pass.").first.wait_for()
    assert page.locator("#rehearsed[hx-get]").count() == 0, "it asks no more"


def test_a_draft_is_tried_on_what_members_did(visit: Any, sign_in: Any, studio: Any, bought: None) -> None:
    page = visit(width=1280, language="en")
    sign_in(page, "nadia@example.com")
    page.goto("/admin/studio/club/")
    turned(page, page.get_by_role("button", name="Begin a draft").click)
    turned(page, page.get_by_role("link", name="Garden counts double").click)
    kept(page, lambda: page.get_by_label("Factor").fill("4"))
    page.get_by_role("button", name="Try it").click()
    page.locator(".is-tried").wait_for()
    told = page.locator("#try").inner_text()
    # soil 17.80, secateurs 24.90 and bulbs 7.50 count four times instead of twice
    assert "Garden counts double" in told and "+100" in told, told
