"""What a basket would give, before it is paid, is what it gives when it is."""

import statistics
import time

import pytest

from earning import quoting
from programs import queries as programs
from rules_engine import rulebooks
from tests.earning import world

pytestmark = pytest.mark.django_db
AT = "2026-11-20T11:00:00"  # now, in Paris
RULES = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: red, trigger: purchase, scope: line, when: {fact: line.tag, eq: red}, earn: {multiply: 3}}
- {code: big, trigger: purchase, scope: line, when: {fact: line.size, eq: XL}, earn: {fixed: 3}}
- {code: first, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: true}, earn: {fixed: 5}}
- {code: often, trigger: purchase, scope: receipt, when: {fact: history.receipts_month, ge: 1}, earn: {fixed: 7}}
- {code: capped, trigger: purchase, earn: {fixed: 60}, limits: [{max: 100, per: month}]}
- {code: back, trigger: purchase, earn: {percent: 5, currency: pot}}
- {code: paris, trigger: purchase, scope: receipt, when: {fact: store.code, eq: s1}, earn: {fixed: 2}}
"""
PRODUCTS = 'products: [{sku: "r", tags: [red], category: Garden}]'
BASKET = [
    {"sku": "r", "quantity": "2", "gross": "20.00", "discount": "1.00"},
    {"sku": "new", "quantity": "1.5", "unit_price": "3.33", "line.size": "XL"},
]


def asked(club, member="anna", lines=BASKET, now=None, **more):
    from members.models import Membership

    who = Membership.objects.get(holders__holder_id=club.holders[f"{member}-0001"]).pk if member else None
    store = programs.store_by_code(club.program.pk, "s1")
    return quoting.quote(
        program=club.program, membership_id=who, store_id=store.id, channel="store", lines=lines, now=now, **more
    )


def paid(club, receipt, now):
    rows = [{"receipt_id": receipt, "occurred_at": AT, "store": "s1", "member": "anna-0001", **line} for line in BASKET]
    from activity import single

    outcome = single.land_one(rows, source=club.source, program=club.program, now=now)
    world.drained(now)
    return world.given(club, outcome.activity_id)


def test_a_quote_is_what_the_purchase_gives_time_and_again(now):
    club = world.make(RULES, now=now, bottom=PRODUCTS)
    for number in range(3):
        before = [world.count(table) for table in ("award", "activity", "product", "ledger_entry")]
        quote = asked(club, now=now)
        assert [world.count(table) for table in ("award", "activity", "product", "ledger_entry")] == before
        assert dict(quote.awards) == paid(club, f"R{number}", now), number
        assert quote.points == {
            "points": sum(quote.awards.values()) - quote.awards["back"],
            "pot": quote.awards["back"],
        }
    assert quote.awards.get("capped") is None
    assert quote.awards["often"] == 7


def test_nobody_known_has_no_history_and_a_basket_its_rules(now):
    club = world.make(RULES, now=now, bottom=PRODUCTS)
    awards = asked(club, None, now=now).awards
    assert awards["base"] == 24
    assert "often" not in awards


def test_why_is_told_when_asked_for(now):
    club = world.make(RULES, now=now, bottom=PRODUCTS)
    assert asked(club, now=now).said == ()
    said = asked(club, now=now, language="fr").said
    assert len(said) >= 6
    assert all(said)


def test_a_change_of_the_program_is_seen_at_once(now):
    club = world.make(RULES, now=now, bottom=PRODUCTS)
    assert asked(club, now=now).awards["paris"] == 2
    rulebooks.stop_rule(program=club.program, code="paris", now=now, by="test", reason="a slip")
    assert "paris" not in asked(club, now=now).awards
    rulebooks.resume_rule(program=club.program, code="paris", now=now, by="test", reason="it was none")
    assert asked(club, now=now).awards["paris"] == 2
    world.publish(RULES.replace("points: 1", "points: 2"), now=now, top="valid_from: 2026-11-20", bottom=PRODUCTS)
    assert asked(club, now=now).awards["base"] == 48


BAD = (
    *({"quantity": "x", "gross": "1"}, {"quantity": "1"}, {"gross": "1.001"}, {"gross": "-1"}, {"gross": "NaN"}),
    *({"gross": "1", "discount": "2"}, {"gross": "1e30"}),
)


@pytest.mark.parametrize("line", BAD)
def test_lines_that_cannot_be_read(now, line):
    club = world.make(RULES, now=now, bottom=PRODUCTS)
    with pytest.raises(quoting.InvalidLine, match="line 1"):
        asked(club, lines=[{"sku": "r", **line}], now=now)


def test_twelve_lines_and_sixty_rules_in_few_statements(now, django_assert_max_num_queries):
    rules = "\n".join(
        f'- {{code: r{n}, trigger: purchase, scope: line, when: {{fact: line.sku, in: ["s{n}", "s{n + 1}"]}},'
        f" earn: {{fixed: {n + 1}}}}}"
        for n in range(60)
    )
    club = world.make(rules, now=now)
    lines = [{"sku": f"s{n}", "quantity": "1", "gross": "9.99"} for n in range(12)]
    asked(club, lines=lines, now=now)
    taken = []
    for _ in range(50):
        begun = time.perf_counter()
        asked(club, lines=lines, now=now)
        taken.append((time.perf_counter() - begun) * 1000)
    print(f"p50 {statistics.median(taken):.1f} ms, worst {max(taken):.1f} ms")
    with django_assert_max_num_queries(14):
        asked(club, lines=lines, now=now)
