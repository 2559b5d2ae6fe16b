"""A purchase becomes points: landed, marked, scored, posted, spendable; and nothing becomes points twice."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from activity import attribution
from activity.models import Attribution
from earning import journey, marks
from earning.models import Award, Claim, Mark
from ledger import queries as pots
from programs import queries as programs
from rules_engine import rulebooks
from tests.earning import world

pytestmark = pytest.mark.django_db

R152 = (("123", "12.00"), ("000", "100.00"), ("0001", "40.00"))
PRODUCTS = 'products: [{sku: "123", tags: [red]}, {sku: "000", tags: [blue]}, {sku: "0001", tags: [delivery]}]'
FIRST = (
    "- {code: first, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: true}, earn: {fixed: 5}}"
)
FOUR = "{code: base, trigger: purchase, earn: {per_amount: {points: 4}}%s}"


def four(condition: str = "") -> str:
    return "- " + FOUR % (f", when: {condition}" if condition else "")


BASE_FOUR = four()
PLUS = '{code: plus, trigger: purchase, scope: line, earn: {%s}, when: {fact: line.sku, eq: "123"}}'
TEN = "{code: ten, trigger: purchase, earn: {per_amount: {points: 10}}}"
STOP = """
- {code: one, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: stop, trigger: purchase, when: {fact: receipt.gross, ge: 1000000}, earn: {fixed: 9}, combine: {stop: true}}
- {code: two, trigger: purchase, earn: {per_amount: {points: 2}}}
"""
ROUNDED = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 0.660526}}, limits: [{max: 100, overflow: reject}]}
"""


@pytest.mark.parametrize(
    ("name", "rules", "points"),
    [
        ("four per euro", four(), 608),
        ("without sku 000", four('{not: {fact: line.sku, eq: "000"}}'), 208),
        ("only red", four("{fact: line.tag, eq: red}"), 48),
        ("plus fixed 100 for sku 123", f"{BASE_FOUR}\n- {PLUS % 'fixed: 100'}", 708),
        ("plus x3 on sku 123", f"{BASE_FOUR}\n- {PLUS % 'multiply: 3'}", 704),
        ("two base rules", f"{BASE_FOUR}\n- {TEN}", 2128),
        ("minimum receipt 300", four("{fact: receipt.gross, ge: 300}"), 0),
        ("a stop that does not apply", STOP, 456),
        ("a limit that rejects looks at the rounded number", ROUNDED, 100),
    ],
)
def test_r152_from_the_file_of_rules_to_the_pot(now, name, rules, points):
    club = world.make(rules, now=now, bottom=PRODUCTS)
    bought = club.buy("R152", "2026-11-19T18:00:00", *R152, now=now)
    assert world.drained(now) == 1
    assert sum(world.given(club, bought).values()) == points, name
    assert club.balances("anna", now).get("points", 0) == points
    found = world.rows("SELECT coalesce(sum(amount), 0)::bigint, count(*) FROM ledger_entry")
    assert found == [(points, 1 if points else 0)]


def test_x3_on_ninety_cents_gives_one_point(now):
    rules = world.BASE + "\n- {code: thrice, trigger: purchase, scope: line, earn: {multiply: 3}}"
    club = world.make(rules, now=now)
    club.buy("R1", "2026-11-19T18:00:00", ("123", "0.90"), now=now)
    world.drained(now)
    assert world.given(club) == {"thrice": 1}


def test_working_again_and_marking_again_post_nothing(now):
    club = world.make(world.BASE, now=now)
    bought = club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), now=now)
    assert (Mark.objects.count(), Claim.objects.count()) == (1, 0)
    assert world.drained(now) == 1
    assert (Mark.objects.count(), Claim.objects.count()) == (0, 0)
    before = [world.count(table) for table in ("ledger_posting", "ledger_entry", "ledger_lot", "award")]
    assert journey.work(now=now) is None
    with connection.cursor() as cursor:
        marks.mark_holders(cursor, club.holders.values(), reason="again", now=now)
    done = journey.work(now=now)
    assert (done.activities, done.awards, done.moves, done.failed) == (1, 0, 0, "")
    assert [world.count(table) for table in ("ledger_posting", "ledger_entry", "ledger_lot", "award")] == before
    assert Award.objects.get().activity_id == bought


def test_the_same_receipt_sent_again_leaves_no_mark(now):
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    with pytest.raises(AssertionError, match="duplicate"):
        club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), now=now)
    assert Mark.objects.count() == 0


def test_days_of_lots_pending_and_dying(now):
    rules = world.BASE + "\n- {code: back, trigger: purchase, earn: {percent: 5, currency: pot}}"
    club = world.make(rules, now=now)
    club.buy("R1", "2026-11-18T18:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    currencies = {currency.code: currency.id for currency in programs.currencies_of(club.program.pk)}
    [points], [pot] = (pots.lots(club.holders["anna-0001"], [currencies[code]], now) for code in ("points", "pot"))
    assert (points.remaining, points.available_at) == (10, datetime(2026, 11, 18, 17, tzinfo=UTC))
    # lives through 18 November of next year, gone at the Paris midnight after it
    assert points.expires_at == datetime(2027, 11, 18, 23, tzinfo=UTC)
    # two nights after the purchase: the midnight that begins 20 November in Paris
    assert (pot.remaining, pot.expires_at) == (50, None)
    assert pot.available_at == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert club.balances("anna", datetime(2026, 11, 19, 22, tzinfo=UTC))["pot"] == 0
    assert club.balances("anna", datetime(2026, 11, 20, 0, tzinfo=UTC))["pot"] == 50
    assert club.balances("anna", datetime(2027, 11, 19, 0, tzinfo=UTC))["points"] == 0


def test_points_that_come_late_live_some_days_more(now):
    club = world.make(world.BASE, now=now, late=30)
    club.buy("R1", "2025-06-01T18:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    points = programs.currencies_of(club.program.pk)[0]
    [lot] = pots.lots(club.holders["anna-0001"], [points.id], now)
    assert lot.expires_at == datetime(2026, 12, 20, 23, tzinfo=UTC)  # 30 whole days of Paris after 20 November


def test_two_versions_judge_by_date(now):
    club = world.make(world.BASE, now=now)
    world.publish(world.BASE.replace("points: 1", "points: 3"), now=now, top="valid_from: 2026-11-10")
    old = club.buy("R1", "2026-11-09T23:59:59", ("123", "10.00"), now=now)
    new = club.buy("R2", "2026-11-10T00:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    assert (world.given(club, old), world.given(club, new)) == ({"base": 10}, {"base": 30})
    versions = {award.activity_id: award.rulebook_id for award in Award.objects.all()}
    assert versions[old] != versions[new]


def test_a_market_has_its_own_rules(now):
    bottom = "markets_override: {US: {rules: {base: {earn: {per_amount: {points: 2}}}}}}"
    club = world.make(world.BASE, now=now, bottom=bottom)
    paris = club.buy("R1", "2026-11-09T12:00:00", ("123", "10.00"), now=now)
    york = club.buy("R2", "2026-11-09T12:00:00", ("123", "10.00"), now=now, store="u1")
    world.drained(now)
    assert (world.given(club, paris), world.given(club, york)) == ({"base": 10}, {"base": 20})


def test_a_stopped_rule_is_not_met_by_activity_from_that_moment_on(now):
    club = world.make(world.BASE + "\n- {code: hello, trigger: purchase, earn: {fixed: 5}}", now=now)
    rulebooks.stop_rule(program=club.program, code="hello", now=now, by="test", reason="a slip")
    before = club.buy("R1", "2026-11-20T10:59:59", ("123", "10.00"), now=now)  # now is 11:00 in Paris
    after = club.buy("R2", "2026-11-20T11:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    assert world.given(club, before) == {"base": 10, "hello": 5}
    assert world.given(club, after) == {"base": 10}


def test_a_resumed_rule_is_met_again_but_not_by_what_happened_while_it_was_stopped(now):
    club = world.make(world.BASE + "\n- {code: hello, trigger: purchase, earn: {fixed: 5}}", now=now)
    rulebooks.stop_rule(program=club.program, code="hello", now=now, by="test", reason="a slip")
    during = club.buy("R1", "2026-11-20T12:59:59", ("123", "10.00"), now=now)  # now is 11:00 in Paris
    later = now + timedelta(hours=2)
    rulebooks.resume_rule(program=club.program, code="hello", now=later, by="test", reason="mended")
    late = club.buy("R2", "2026-11-20T11:00:00", ("123", "10.00"), now=later)
    after = club.buy("R3", "2026-11-20T13:00:00", ("123", "10.00"), now=later)
    world.drained(later)
    assert world.given(club, during) == {"base": 10}, "it happened while the rule was stopped"
    assert world.given(club, late) == {"base": 10}, "it arrived after, it happened before"
    assert world.given(club, after) == {"base": 10, "hello": 5}
    with connection.cursor() as cursor:
        marks.mark_holders(cursor, club.holders.values(), reason="again", now=later)
    world.drained(later)
    assert world.given(club, during) == {"base": 10}, "scoring again does not make up for it"


def test_an_unknown_card_waits_and_is_scored_once_it_is_known(now):
    club = world.make(world.BASE, now=now, members=())
    bought = club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), member="nina", now=now)
    assert Attribution.objects.get().reason == "UnknownMember"
    assert (Mark.objects.count(), world.drained(now)) == (0, 0)
    club.enrol("nina-0001", now=now)
    assert attribution.rematch(club.program, now) == 1
    assert world.drained(now) == 1
    assert attribution.rematch(club.program, now) == 0
    assert world.given(club, bought) == {"base": 10}
    assert club.balances("nina", now)["points"] == 10


@pytest.mark.parametrize(("before", "points"), [("true", 10), ("false", 0)])
def test_what_was_bought_before_joining(now, before, points):
    club = world.make(world.BASE, now=now, before=before, members=())
    club.enrol("anna-0001", now=now, joined_at=datetime(2026, 11, 19, 17, 0, 1, tzinfo=UTC))
    club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), now=now)
    club.buy("R2", "2026-11-19T18:00:01", ("123", "1.00"), now=now)
    world.drained(now)
    assert sum(world.given(club).values()) == points + 1


def test_anonymous_activity_is_kept_and_gives_nothing(now):
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), member=None, now=now)
    assert (world.count("activity"), Mark.objects.count(), world.drained(now)) == (1, 0, 0)


def test_hours_are_those_of_the_stores_wall_clock(now):
    nights = "{weekly: [{days: [mon], from: '00:00', to: '02:00'}]}"
    club = world.make(f"- {{code: hello, trigger: visit, earn: {{fixed: 5}}, valid: {nights}}}", now=now)
    midnight = "2026-11-16T00:30:00+01:00"  # a Monday in Paris, still Sunday in New York
    paris = club.buy("V1", midnight, kind="visit", now=now)
    york = club.buy("V2", midnight, kind="visit", store="u1", now=now)
    later = club.buy("V3", "2026-11-16T00:30:00-05:00", kind="visit", store="u1", now=now)
    world.drained(now)
    assert [world.given(club, one) for one in (paris, york, later)] == [{"hello": 5}, {}, {"hello": 5}]


def test_facts_are_kept_and_read_back_when_scored_again(now):
    rules = FIRST
    club = world.make(rules, now=now)
    noon = club.buy("R1", "2026-11-19T12:00:00", ("123", "1.00"), now=now)
    world.drained(now)
    assert Award.objects.get().facts == {"receipt.first_of_day": True}
    morning = club.buy("R0", "2026-11-19T08:00:00", ("123", "1.00"), now=now)
    world.drained(now)
    with connection.cursor() as cursor:
        marks.mark_holders(cursor, club.holders.values(), reason="again", now=now)
    world.drained(now)
    # the one at noon was the first when it was judged; what came late was the first of its moment too
    assert (world.given(club, noon), world.given(club, morning)) == ({"first": 5}, {"first": 5})


def test_a_product_counts_as_it_was_when_it_was_bought(now):
    rules = four("{fact: line.tag, eq: red}")
    club = world.make(rules, now=now, bottom="products: [{sku: '123', tags: [red]}]")
    club.buy("R1", "2026-11-18T12:00:00", ("123", "10.00"), now=now)
    world.publish(rules, now=now, bottom="products: [{sku: '123', tags: [blue]}]")
    club.buy("R2", "2026-11-19T12:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    assert [award[0] for award in world.awards()] == ["R1"]


def test_what_is_no_longer_the_holders_is_taken_back(now):
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    Attribution.objects.update(ended_at=now)
    with connection.cursor() as cursor:
        marks.mark_holders(cursor, club.holders.values(), reason="ended", now=now)
    world.drained(now)
    assert Award.objects.get().posted == 0
    assert club.balances("anna", now)["points"] == 0


def test_a_corrected_rulebook_moves_one_currency_up_and_the_other_down(now):
    rules = (
        "- {code: p, trigger: purchase, earn: {fixed: %s}}\n"
        "- {code: s, trigger: purchase, earn: {fixed: %s, currency: status}}"
    )
    club = world.make(rules % (10, 20), now=now, top="valid_from: 2026-11-01")
    club.buy("R1", "2026-11-19T18:00:00", ("123", "10.00"), now=now)
    world.drained(now)
    for p, s, revision in ((15, 5, 2), (15, 25, 3)):
        world.publish(rules % (p, s), now=now, top="valid_from: 2026-11-01")
        with connection.cursor() as cursor:
            marks.mark_holders(cursor, club.holders.values(), reason="corrected", now=now)
        world.drained(now)
        assert world.given(club) == {"p": p, "s": s}
        assert club.balances("anna", now) == {"points": p, "status": s}
        assert max(award.revision for award in Award.objects.all()) == revision
    assert Award.objects.first().occurred_on == date(2026, 11, 19)
