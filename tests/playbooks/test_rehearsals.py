"""The runner itself: strict reading, every error with its place, books that do not see each other, an end to all."""

import json
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks import rehearsals
from playbooks.problems import InvalidPlaybook
from playbooks.rehearsals import reading, running, scratch, sharing
from playbooks.rehearsals.format import STEPS
from playbooks.rehearsals.outcome import Outcome

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example" / "rehearsal.yaml"
BOOK = """\
version: 1
name: a book
playbook:
  version: 1
  program: {code: demo}
  banners: [{code: b}]
  markets: [{code: FR, currency: EUR, languages: [fr], timezone: Europe/Paris}]
  stores: [{code: s1, banner: b, market: FR}]
  currencies: [{code: points}]
  rules: [{code: base, trigger: purchase, earn: {per_amount: {points: 1}}}]
members: [{id: anna}]
steps:
"""
BUY = (
    "  - {at: 2026-01-10T10:00:00+01:00, purchase: {id: R1, member: anna, store: s1,"
    " lines: [{sku: a, gross: 10.00}]}, expect: {points: %s}}\n"
)


NO_MOMENT = "must be a moment with its offset, such as 2026-01-31T10:00:00+01:00, between 1990 and 2150"
NO_NUMBER = "must be a plain number below 10^15, such as 12 or 1.50"
GIFT = "  rewards: [{code: g, kind: gift}]\n"
CHALLENGE = "  challenges: [{code: c, count: {of: visit}, target: 1, prize: {fixed: 1}}]\n"


def problems(text):
    with pytest.raises(InvalidPlaybook) as invalid:
        reading.read_text(text, "book.yaml")
    return [str(problem).removeprefix("book.yaml:") for problem in invalid.value.problems]


def step(text):
    return f"  - {{at: 2026-01-10T10:00:00+01:00, {text}}}\n"


REWARD = "  rewards: [{code: r, kind: voucher, cost: {points: 1}, value: {amount: 1}}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (step("confirm: {of: one}"), ["14: steps[0].confirm.of: no hold before this one is named 'one'"]),
        (step("as: one, hold: {member: anna, reward: r}") + step("as: one, release: {of: one}"),
         ["15: steps[1].as: 'one' is used twice"]),
        (step("as: one, hold: {member: anna, reward: r}") + step("use_voucher: {code_of: one}"),
         ["15: steps[1].use_voucher.code_of: no redeem or confirm before this one is named 'one'"]),
        (step("as: one, redeem: {member: anna, reward: r}") + step("use_voucher: {code_of: one, receipt: R1}"),
         ["15: steps[1].use_voucher.receipt: is not built yet: a voucher is used at a till, which names no receipt"]),
        (step("join: {member: anna, household_of: anna}"),
         ["14: steps[0].join.household_of: a household needs two members"]),
        (step("merge: {kept: anna, gone: ana}"), ["14: steps[0].merge.gone: no member is called 'ana'"]),
        (step("block_card: {card: Z9}"), ["14: steps[0].block_card.card: no card is called 'Z9'"]),
        (step("redeem: {member: anna, reward: r, market: CH}"),
         ["14: steps[0].redeem.market: no market is called 'CH'"]),
    ],
)  # fmt: skip
def test_what_later_steps_name_is_there(text, expected):
    assert problems(BOOK.replace("members:", REWARD + "members:") + text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOOK.replace("version: 1\nname", "name") + step("clock: true"), ["1: version: is required"]),
        (BOOK + "extra: 1\n", ["12: steps: is empty: write a value, or leave it out"]),
        (BOOK.replace("steps:", "steps: []\nextra: 1"), ["13: extra: unknown key"]),
        (BOOK + step("clock: true, expect: {challenge: {three: 1}}"),
         ["13: steps[0].expect.challenge: challenge is not built yet"]),
        (BOOK + step("clock: true, expect: {balances: {points: 1}}"), ["13: steps[0].expect.balances: unknown key"]),
        (BOOK + step("clock: true, redeem: {}"), ["13: steps[0]: is both clock and redeem",
                                                  "13: steps[0].redeem.member: is required",
                                                  "13: steps[0].redeem.reward: is required"]),
        (BOOK + step("expect: {points: 1}"), [f"13: steps[0]: needs exactly one of {', '.join(STEPS)}"]),
        (BOOK + step("clock: yes"), ["13: steps[0].clock: must be true"]),
        (BOOK + step("adjust: {member: bo, amount: 1.5}"),
         ["13: steps[0].adjust.amount: must be a whole number, such as 12"]),
        (BOOK + step("adjust: {member: bo, amount: 5, currency: gems}"),
         ["13: steps[0].adjust.currency: no currency is called 'gems'",
          "13: steps[0].adjust.member: no member is called 'bo'"]),
        (BOOK + step("clock: true, member: anna, expect: {awards: {basis: 1}, tier: gold, vouchers: [five]}"),
         ["13: steps[0].expect.awards.basis: no rule is called 'basis'",
          "13: steps[0].expect.tier: no step of the ladder is called 'gold'",
          "13: steps[0].expect.vouchers[0]: no reward is called 'five'"]),
        (BOOK + BUY % 1 + "  - {at: 2026-01-10T09:59:59+01:00, clock: true}\n",
         ["14: steps[1].at: is earlier than the step before; late activity says `occurred`"]),
        (BOOK + "  - {at: 2026-01-10, clock: true}\n",
         ["13: steps[0].at: " + NO_MOMENT]),
        (BOOK.replace("per_amount: {points: 1}", "per_amount: {points: x}") + step("clock: true"),
         ["10: playbook.rules[0].earn.per_amount.points: " + NO_NUMBER]),
        (BOOK + step("publish: {rules: [{code: base, trigger: purchase, earn: {fixed: x}}]}"),
         ["13: steps[0].publish.rules[0].earn.fixed: " + NO_NUMBER]),
        (BOOK.replace("playbook:\n", "playbook: ../../etc/passwd\nold:\n") + step("clock: true"),
         ["3: playbook: must stand inline here", "4: old: unknown key"]),
        (BOOK.replace("members:", CHALLENGE + "members:") + step("clock: true"),
         ["11: playbook.challenges: is not built yet"]),
        (BOOK.replace("{id: anna}", "{id: anna}, {id: bo}") + step("clock: true, expect: {balance: {points: 0}}"),
         ["13: steps[0].expect.balance: is of nobody: write `member`"]),
        (BOOK + step("quote: {card: Z9, lines: []}"), ["13: steps[0].quote.card: no card is called 'Z9'"]),
        (BOOK + step("quote: {lines: [], tenders: []}"), ["13: steps[0].quote.tenders: unknown key"]),
        (BOOK.replace("members:", GIFT + CHALLENGE + "members:") + step("clock: true"),
         ["11: playbook.rewards[0].kind: rewards of kind gift are not built yet",
          "12: playbook.challenges: is not built yet"]),
        (BOOK + step("adjust: {member: anna, amount: 1}, expect: {quarantined: InvalidField}"),
         ["13: steps[0].expect.quarantined: only activity can be that; another step is `refused`"]),
        (BOOK + step("purchase: {id: R1, lines: []}, expect: {refused: OutOfStock}"),
         ["13: steps[0].expect.refused: activity is never refused: it is `quarantined` or `waiting`",
          "13: steps[0].purchase: needs a member or a card"]),
        (BOOK + step("clock: true, expect: {refused: Tired}").replace("clock", "clock"), None),
    ],
)  # fmt: skip
def test_every_error_is_named_with_its_place(text, expected):
    found = problems(text)
    if expected is None:
        assert found[0].startswith("13: steps[0].expect.refused: must be 'MembershipClosed'")
    else:
        assert sorted(found) == sorted(expected)


def test_a_book_names_a_file_beside_it_only(tmp_path):
    (tmp_path / "book.yaml").write_text(
        BOOK.replace("playbook:\n", "playbook: ../other.yaml\nold:\n") + step("clock: true")
    )
    with pytest.raises(InvalidPlaybook) as invalid:
        reading.read_path(tmp_path / "book.yaml")
    assert "playbook: must be a file beside the book" in str(invalid.value)


KEYS = "at hold expect member id lines sku gross amount balance lots left expires refused waiting tier rules as of"
VALUES = "anna R1 points 1 0 -1 1e9 true null from to 2026-01-10T10:00:00+01:00"
WORDS = st.sampled_from([*STEPS, *KEYS.split(), *VALUES.split()])  # fmt: skip


def _flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]" if isinstance(value, list) else value


TREES = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4))


@settings(max_examples=150)
@given(st.lists(st.dictionaries(WORDS, TREES, min_size=1, max_size=4), min_size=1, max_size=3))
def test_any_steps_are_read_or_refused_with_their_places(steps):
    try:
        reading.read_text(BOOK + "".join(f"  - {_flow(one)}\n" for one in steps), "book.yaml")
    except InvalidPlaybook as invalid:
        assert all(problem.line >= 1 and problem.message for problem in invalid.problems)


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), scratch.opened():
        yield


def play(text, **more):
    read = reading.read_text(text, "book.yaml")
    return running.play(read, Outcome("book.yaml", read.name), **more)


def test_books_do_not_see_each_other(stage):
    for _ in range(2):
        outcome = play(BOOK + BUY % 10)
        assert [str(line) for line in outcome.lines] == ["ok   2026-01-10T10:00:00+01:00 purchase R1: points is 10"]
    from programs.models import Program

    assert not Program.objects.filter(code="demo").exists()


def test_what_is_not_met_says_what_was_found(stage):
    [line] = play(BOOK + BUY % 11).lines
    assert str(line) == "FAIL 2026-01-10T10:00:00+01:00 purchase R1: points: expected 11, found 10"
    assert (line.step, line.line) == (1, 13)


def test_a_step_that_is_refused_or_left_waiting_fails_unless_it_says_so(stage):
    outcome = play(
        BOOK
        + step("adjust: {member: anna, amount: -5}")
        + step("purchase: {id: R2, card: Z9, store: s1, lines: [{sku: a, gross: 1}]}")
        + step("purchase: {id: R3, member: anna, store: nowhere, lines: [{sku: a, gross: 1}]}")
        + step("adjust: {member: anna, amount: 5}, expect: {refused: InsufficientPoints}")
    )
    assert [(line.field, line.expected, line.found) for line in outcome.lines if not line.passed] == [
        ("refused", "nothing", "InsufficientPoints"),
        ("waiting", "nothing", "UnknownMember"),
        ("quarantined", "nothing", "InvalidField"),
        ("refused", "InsufficientPoints", "nothing"),
        ("changed", "nothing", "something"),
    ]


def test_a_book_that_takes_too_long_ends(stage):
    outcome = play(BOOK + BUY % 10 + step("clock: true"), seconds=0)
    assert [line.found for line in outcome.lines] == ["the book takes too long"]


def test_a_member_who_cannot_join_ends_the_book(stage):
    outcome = play(BOOK.replace("{id: anna}", "{id: anna, birth_date: 2020-01-01}") + BUY % 10)
    assert [line.found for line in outcome.lines] == ["member anna cannot join: Members are 18 or older."]


def test_the_example_does_what_it_says(stage):
    outcome = running.play(reading.read_path(EXAMPLE), Outcome("rehearsal.yaml", "example"))
    assert outcome.good, "\n".join(outcome.sentences())
    assert outcome.passed == 9


@pytest.fixture
def unblocked(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def made():
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE strpos(datname, %s) > 0", [f"_run_{os.getpid()}_"])
        return sorted(cursor.fetchall())


def test_run_gives_plain_lines_and_leaves_no_database(unblocked):
    name, before = connection.settings_dict["NAME"], made()
    outcome = rehearsals.run(BOOK + BUY % 10)
    assert outcome.good
    assert connection.settings_dict["NAME"] == name
    assert made() == before
    assert rehearsals.run("nothing").problems


def rehearse(*arguments):
    out, err = StringIO(), StringIO()
    try:
        call_command("rehearse", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_the_command_ends_as_it_promises(unblocked, tmp_path):
    good, bad, broken = (tmp_path / f"{name}.yaml" for name in ("good", "bad", "broken"))
    good.write_text(BOOK + BUY % 10)
    bad.write_text(BOOK + BUY % 11)
    broken.write_text(BOOK + step("clock: true, expect: {challenge: {a: 1}}"))
    code, out, _ = rehearse(good, bad)
    assert (code, out.splitlines()[-1]) == (1, "1 passed, 1 failed")
    code, out, err = rehearse(good, broken)
    assert (code, out) == (2, "")
    assert err == "broken.yaml:13: steps[0].expect.challenge: challenge is not built yet\n"
    code, out, _ = rehearse(good, bad, "--json")
    assert [document["lines"][0]["passed"] for document in json.loads(out)] == [True, False]


def test_so_many_processes_as_books_are_worth():
    assert sharing.processes_for(3) == 1
    assert sharing.processes_for(10_000) >= 1


def test_a_book_cannot_publish_without_end():
    rules = "publish: {rules: [{code: base, trigger: purchase, earn: {fixed: 1}}]}"
    assert problems(BOOK + step(rules) * (reading.MOST_PUBLISHED + 1)) == [
        "63: steps[50].publish: is more than 50 rulebooks"
    ]


@pytest.mark.parametrize(
    "what", ["adjust: {member: bo, amount: 5}", "transfer: {from: anna, to: bo, amount: 5}", "rescore: {member: bo}"]
)
def test_who_has_not_joined_yet_is_given_and_gives_nothing(stage, what):
    outcome = play(BOOK.replace("{id: anna}", "{id: anna}, {id: bo, joined: 2026-02-01}") + step(what))
    assert [line.found for line in outcome.lines] == ["bo is no member yet: joins on 2026-02-01"]
