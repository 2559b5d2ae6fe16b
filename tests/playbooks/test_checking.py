"""The whole format is known; what is wrong or not built yet is refused by name, with its line."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks import checking, reading
from playbooks.format import Playbook
from playbooks.problems import InvalidPlaybook
from rules_engine.core.conditions import OPERATORS
from rules_engine.core.rules import EFFECTS

SMALL = """\
version: 1
program: {code: club, name: {en: Club, fr: Le club}}
banners: [{code: maison, name: Maison}]
markets:
  - {code: FR, currency: EUR, languages: [fr, en], timezone: Europe/Paris}
stores: [{code: s1, banner: maison, market: FR}]
currencies:
  - {code: points, name: {en: points, fr: points}, expiry: {months: 12}}
"""
RULES = """\
rules:
  - code: base
    name: {en: Base, fr: Base}
    trigger: purchase
    earn: {per_amount: {points: 1, every: 1.00}}
"""
REWARD = "rewards: [{code: r, kind: voucher, cost: {points: 5}, value: {amount: 1}}]\n"


def check(text):
    return checking.check(reading.read(text.encode(), "club.yaml"))


def problems(text):
    with pytest.raises(InvalidPlaybook) as invalid:
        check(text)
    return [str(problem).removeprefix("club.yaml:") for problem in invalid.value.problems]


def test_a_small_playbook_has_every_default():
    checked = check(SMALL + RULES)
    assert not checked.warnings
    assert checked.playbook.settings.basis == "net"
    assert checked.playbook.markets[0].week_start == "mon"
    [rule] = checked.rulebooks[None].rules
    assert rule.earn.per_amount.every == Decimal("1.00")
    assert list(checked.rulebooks) == [None]


def test_text_is_taken_as_written_and_numbers_are_exact():
    text = SMALL.replace("FR", "NO").replace("Maison}", "NO}") + (
        "rules:\n  - {code: n, trigger: purchase, when: {fact: line.sku, in: [0001, 08]},"
        " earn: {per_amount: {points: 1.1, every: 0.3}}}\n"
        "products: [{sku: 0001, name: NO, attributes: {deal: true, said: 'true', size: 3, code: 03}}]\n"
    )
    checked = check(text)
    assert checked.playbook.markets[0].code == "NO"
    [product] = checked.playbook.products
    assert (product.sku, product.name) == ("0001", "NO")
    assert product.attributes == {"deal": True, "said": "true", "size": 3, "code": "03"}
    [rule] = checked.rulebooks[None].rules
    assert rule.when.value == ("0001", "08")
    assert rule.earn.per_amount.points / rule.earn.per_amount.every == Decimal("1.1") / Decimal("0.3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- 1", ["1: must be a mapping"]),
        (SMALL.replace("version: 1", "version: 2"), ["1: version: must be 1"]),
        (SMALL.replace("version: 1\n", ""), ["1: version: is required"]),
        (SMALL + "valid_from: 0001-01-01\n", ["9: valid_from: must be between the years 1900 and 2999"]),
        (SMALL + "valid_from: 2026-02-29\n", ["9: valid_from: must be a day, such as 2026-01-31"]),
        (SMALL + "colour: blue\n", ["9: colour: unknown key"]),
        (SMALL.replace("expiry: {months: 12}", "expires: 3"), ["8: currencies[0].expires: unknown key"]),
        (SMALL.replace("code: club", "code: my club"),
         ["2: program.code: must be a code: up to 40 letters, digits, - or _"]),
        (SMALL.replace("name: {en: Club, fr: Le club}", "name: {english: [Club]}"),
         ["2: program.name.english: must be a language, such as fr or pt-BR", "2: program.name.english: must be text"]),
        (SMALL.replace("{months: 12}", "soon"), ["8: currencies[0].expiry: must be 'never'"]),
        (SMALL.replace("{months: 12}", "{}"), ["8: currencies[0].expiry.days: is required"]),
        (SMALL.replace("EUR", "EUX"), ["5: markets[0].currency: EUX is no money (ISO 4217)"]),
        (SMALL.replace("Europe/Paris", "../../etc/passwd"),
         ["5: markets[0].timezone: is no time zone: write an IANA name such as Europe/Paris"]),
        (SMALL.replace("banner: maison", "banner: halles"), ["6: stores[0].banner: no banner is called 'halles'"]),
        (SMALL.replace("market: FR", "market: PL"), ["6: stores[0].market: no market is called 'PL'"]),
        (SMALL.replace("months: 12", "months: 1.5"),
         ["8: currencies[0].expiry.months: must be a whole number, such as 12"]),
        (SMALL.replace("months: 12", "table: [{earned_from: 01-01, earned_to: 11-30, dies_on: 03-01, years_later: 1}]"),
         ["8: currencies[0].expiry: 12-01 is in no rows: each day of the year must be in exactly one"]),
        (SMALL.replace("months: 12", "table: [{earned_from: 01-01, earned_to: 12-31, dies_on: 03-01}]"),
         ["8: currencies[0].expiry.table[0]: points would die before the last of them is earned: raise years_later"]),
        (SMALL + "  - {code: pot, kind: cash, money: EUR, scale: 3}\n", ["9: currencies[1].scale: EUR has 2 decimals"]),
        (SMALL + "  - {code: points}\n", ["9: currencies[1].code: 'points' is used twice"]),
        (SMALL.replace("points, name", "points, unit_value: {PL: 0.01}, name"),
         ["8: currencies[0].unit_value.PL: no market is called 'PL'"]),
        (SMALL + "markets_override: {FR: {rewards: {minus5: {cost: {points: 400}}}}}\n",
         ["9: markets_override.FR.rewards.minus5: no reward is called 'minus5'"]),
        (SMALL + RULES + "markets_override: {FR: {order: [base, b, base], rules: {c: {}}}}\n",
         ["14: markets_override.FR.order[1]: no rule is called 'b'",
          "14: markets_override.FR.order[2]: 'base' is used twice",
          "14: markets_override.FR.rules.c: no rule is called 'c'"]),
        (SMALL + RULES + "markets_override: {FR: {order: [only], rules: {only: {earn: {fixed: 1}}}}}\n",
         ["14: markets_override.FR.rules.only.trigger: is required"]),
        (SMALL + REWARD + "markets_override: {FR: {rewards: {r: {cost: {gold: 4}, stock: 5}}}}\n",
         ["10: markets_override.FR.rewards.r.stock: unknown key"]),
        (SMALL + REWARD + "markets_override: {FR: {rewards: {r: {cost: {gold: 4}}}}}\n",
         ["10: markets_override.FR.rewards.r.cost.gold: no currency is called 'gold'"]),
        (SMALL.replace("points, name", "points, unit_value: 0, name"),
         ["8: currencies[0].unit_value: must be more than zero"]),
        (SMALL + "rules:\n  - {code: a, trigger: event:review, earn: {fixed: 1}}",
         ["10: rules[0].trigger: no event type is called 'review'"]),
        (SMALL + RULES.replace("points: 1,", "points: 1e3,"),
         ["13: rules[0].earn.per_amount.points: must be a plain number below 10^15, such as 12 or 1.50"]),
        (SMALL + RULES + "    when: {fact: line.nothing.much, eq: 1, ne: 2}\n",
         [f"14: rules[0].when: a comparison needs exactly one of {', '.join(OPERATORS)}"]),
        (SMALL + RULES + "    earns: 3\n", ["14: rules[0].earns: unknown key"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_line_and_field(text, expected):
    assert problems(text) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("rewards: [{code: mug, kind: gift, cost: {points: 500}, value: {amount: 5.00}}]\n",
         "14: rewards[0].kind: rewards of kind gift are not built yet"),
        ("rewards: [{code: auto5, kind: voucher, automatic: {every: 500}, value: {amount: 5.00}}]\n",
         "14: rewards[0].automatic: is not built yet"),
        ("challenges: [{code: three, count: {of: visit}, target: 3, prize: {fixed: 50}}]\n",
         "14: challenges: is not built yet"),
        ("    when: {not: {fact: member.segment, eq: gold}}\n",
         "14: rules[0].when.not.fact: member.segment is not built yet"),
        (REWARD.replace("}]", ", when: {fact: member.segment, eq: a}}]"),
         "14: rewards[0].when.fact: member.segment is not built yet"),
    ],
)  # fmt: skip
def test_what_is_not_built_yet_is_refused_by_name(more, expected):
    assert problems(SMALL + RULES + more) == [expected]


def test_points_may_wait_for_an_event_and_live_by_activity():
    text = SMALL.replace("expiry: {months: 12}", "pending: {until: delivered}, expiry: {inactivity: {months: 12}}")
    [currency] = check(text).playbook.currencies
    assert currency.pending.until == "delivered"
    assert currency.expiry.inactivity.renewed_by == ["purchase"]


def test_unbuilt_parts_are_checked_all_the_same():
    assert problems(SMALL + "challenges: [{code: a, count: {of: visit}, target: 3, prize: {}, aim: 3}]\n") == [
        "9: challenges: is not built yet",
        "9: challenges[0].aim: unknown key",
    ]
    assert problems(SMALL + "tiers: {steps: []}\n") == [
        "9: tiers.measure: is required",
        "9: tiers.steps: must not be empty",
    ]


def test_cash_takes_the_money_all_markets_share():
    [_, pot] = check(SMALL + "  - {code: pot, kind: cash}\n").rulebooks[None].currencies
    assert (pot.money, pot.scale) == ("EUR", 2)
    several = SMALL.replace(
        "stores:", "  - {code: JP, currency: JPY, languages: [fr, en], timezone: Asia/Tokyo}\nstores:"
    )
    assert problems(several + "  - {code: pot, kind: cash}\n") == [
        "10: currencies[1].money: is required: the markets have several moneys"
    ]
    assert check(several + "  - {code: pot, kind: cash, money: JPY}\n").rulebooks[None].currencies[1].scale == 0


TWO_MARKETS = SMALL.replace(
    "stores:", "  - {code: PL, currency: PLN, languages: [fr, en], timezone: Europe/Warsaw}\nstores:"
)


def test_a_market_rewrites_key_by_key_and_replaces_lists_and_values():
    more = "    when: {fact: line.sku, in: [a, b]}\n"
    override = (
        "markets_override:\n  PL:\n    rules:\n"
        "      base: {earn: {per_amount: {every: 4.00}}, when: {in: [c]}, name: {pl: Baza}}\n"
    )
    checked = check(TWO_MARKETS + RULES + more + override)
    [everywhere], [poland] = checked.rulebooks[None].rules, checked.rulebooks["PL"].rules
    assert (everywhere.earn.per_amount.every, poland.earn.per_amount.every) == (1, 4)
    assert poland.earn.per_amount.points == 1
    assert (everywhere.when.value, poland.when.value) == (("a", "b"), ("c",))
    assert poland.name == {"en": "Base", "fr": "Base", "pl": "Baza"}
    assert checked.rulebooks["PL"].overridden == ("base",)
    assert checked.rulebook_of("FR") == checked.rulebooks[None]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("tiers: {measure: {balance: gems}, steps: [{code: basic, from: 0}]}\n",
         "14: tiers.measure.balance: no currency is called 'gems'"),
        ("rewards: [{code: minus5, kind: voucher, cost: {gems: 500}, value: {amount: 5.00}}]\n",
         "14: rewards[0].cost.gems: no currency is called 'gems'"),
        ("rewards: [{code: minus5, kind: voucher, cost: {points: 500}, value: {amount: 5.001}}]\n",
         "14: rewards[0].value.amount: EUR has 2 decimals"),
        ("settings: {join_asks: shoe_size}\n", "14: settings.join_asks: must be 'birth_date' or 'phone'"),
    ],
)  # fmt: skip
def test_promises_name_what_the_program_has(more, expected):
    assert problems(SMALL + RULES + more) == [expected]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("{PL: {rules: {none: {}}}}", "15: markets_override.PL.rules.none: no rule is called 'none'"),
        ("{DE: {}}", "15: markets_override.DE: no market is called 'DE'"),
        ("{PL: {rules: {base: {code: other}}}}", "15: markets_override.PL.rules.base.code: a rule keeps its code"),
        ("{PL: {rules: {base: {earn: {fixed: 4}}}}}",
         f"15: markets_override.PL.rules.base.earn: needs exactly one of {', '.join(EFFECTS)}"),
        ("{PL: {stores: []}}", "15: markets_override.PL.stores: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_override_is_named_where_it_stands(override, expected):
    assert problems(TWO_MARKETS + RULES + f"markets_override: {override}\n") == [expected]


def test_a_market_with_another_week_has_a_rulebook_of_its_own():
    text = TWO_MARKETS.replace("Europe/Warsaw", "Europe/Warsaw, week_start: sun") + RULES
    assert {place: book.week_start for place, book in check(text).rulebooks.items()} == {None: "mon", "PL": "sun"}


def test_a_missing_language_is_a_warning_never_a_refusal():
    text = SMALL.replace(", fr: Le club", "") + RULES.replace("name: {en: Base, fr: Base}", "name: {fr: Base}")
    assert [str(warning) for warning in check(text).warnings] == [
        "club.yaml:2: program.name: has no text in fr",
        "club.yaml:11: rules[0].name: has no text in en",
    ]


VOCABULARY = (
    "version program code name population banners markets stores currencies rules settings earn when fact all any not "
    "lines where in eq ge between per_amount points every limits max per valid weekly days from until expiry months "
    "table pending until tiers rewards challenges markets_override FR PL base fixed exclude true false 1 0 -1 1.5 08 "
    "1e400 .inf .nan 0x10 2026-02-30 2026-01-31 NO line.sku line.colour purchase visit event:x null <<"
)
WORDS = st.sampled_from(VOCABULARY.split(" "))
SCALARS = st.one_of(WORDS, st.text(max_size=8), st.integers().map(str), st.decimals(allow_nan=True).map(str))


def _flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value


TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5))


@given(st.dictionaries(WORDS, TREES, max_size=6))
def test_any_document_is_checked_or_refused_with_its_places(tree):
    lines = SMALL + "".join(f"{key}: {_flow(value)}\n" for key, value in tree.items() if f"\n{key}:" not in SMALL)
    try:
        checked = check(lines)
    except InvalidPlaybook as invalid:
        assert all(problem.line >= 1 and problem.message for problem in invalid.problems)
    else:
        assert checked.rulebooks


PARTS = tuple(Playbook.model_fields)


@given(st.sampled_from(PARTS), TREES)
def test_any_part_may_hold_anything(part, tree):
    kept = "".join(
        line for line in SMALL.splitlines(keepends=True) if not line.startswith((f"{part}:", " ")) or "-" in line
    )
    try:
        check(f"{part}: {_flow(tree)}\n{kept}")
    except InvalidPlaybook as invalid:
        assert invalid.problems


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    try:
        document = reading.read(data, "club.yaml")
    except InvalidPlaybook as invalid:
        assert invalid.problems
    else:
        assert document.tree is not None
